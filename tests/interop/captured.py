"""What real servers were seen to answer on the wire: a table of facts, in words of this project.

Source: the captures that the repository mirek/msduck on GitHub publishes in its folder
`reference`, made of SQL Server 2022 (16.0.4236) and 2025 (17.0.4065) with a driver that keeps the
tokens. Each chapter names its file. A chapter starts on a fresh lab and runs in its order.

A case is what was sent and what came:

    sets     one (columns, rows) for each COLMETADATA; a column is "name:kind:flags", rows are
             compared value by value, ANY where the capture has none that another server could
             repeat (LSNs, GUIDs, times, sizes); None = rows not compared
    errors   "number.state.class ..." in order; infos the same; a message changes its class to 0
             on the way if it is one of 10
    status   RETURNSTATUS of a call; None = none or not compared
    dones    "status/command" with "/count" where the status counts; p = DONEPROC, i = DONEINPROC;
             captures that kept neither say "more" or "last", with ":count"

Kinds of columns: s256 nvarchar of 256 bytes, sysname the same with the user type 256 (compared in
the chapters that kept user types, KEEPS_USER_TYPES), u2 nchar, c1 char, a2 varchar, v20 varbinary, iN integer of N
bytes that may be NULL, b bit, d datetime, g uniqueidentifier, n25 numeric(25,0) that may be NULL;
INT, TINYINT, SMALLINT, BIGINT, BIT, DATETIME the ones that may not. Flags: 1 may be NULL, 8 a
table's column, 16 identity, 32 computed.
"""


class Any:
    """Equal to every value."""

    def __eq__(self, other):
        return other is not None

    def __repr__(self):
        return "ANY"


ANY = Any()
KINDS = {"b": "bitn(1)", "d": "datetimn(8)", "g": "guid(16)", "INT": "int", "TINYINT": "tinyint",
         "sysname": "nvarchar(256)", "SMALLINT": "smallint", "BIGINT": "bigint", "BIT": "bit", "DATETIME": "datetime"}
FAMILIES = {"s": "nvarchar({})", "u": "nchar({})", "c": "char({})", "a": "varchar({})", "v": "varbinary({})",
            "i": "intn({})", "n": "numericn({},0)/17"}


def columns(text, flags=None):
    """[(name, kind as the wire says it, flags, user type)] of "name:kind[:flags] ..."."""
    out = []
    for word in text.split():
        parts = word.split(":")
        kind = KINDS.get(parts[1]) or FAMILIES[parts[1][0]].format(parts[1][1:])
        out.append(("" if parts[0] == "-" else parts[0], kind,
                    int(parts[2]) if len(parts) > 2 else flags,
                    256 if parts[1] == "sysname" else 0))
    return out


class Case:
    """One statement and its answer. `on`: which connection; orders: the ORDER tokens, None where
    the capture did not keep them; call: sent as sp_executesql, not as a batch."""

    def __init__(self, name, sql, dones="", errors="", infos="", sets=(), on="main", orders=None,
                 call=False, status=None):
        self.call, self.status = call, status
        self.name, self.sql, self.on, self.orders = name, sql, on, orders
        self.dones, self.errors, self.infos = dones.split(), errors.split(), infos.split()
        self.sets = list(sets)


class Step:
    """What a chapter does between statements: open a connection, close one, see one closed."""

    def __init__(self, kind, on, database="", sql="", errors=""):
        self.kind, self.on, self.database, self.sql = kind, on, database, sql
        self.errors = errors.split()


# --- BACKUP and RESTORE: reference/gaps-backup.json (16.0.4236.2) --------------------------------

HEADER = columns(
    "BackupName:s256 BackupDescription:s510 BackupType:i1 ExpirationDate:d Compressed:i1"
    " Position:i2 DeviceType:i1 UserName:s256 ServerName:s256 DatabaseName:s256"
    " DatabaseVersion:i4 DatabaseCreationDate:d BackupSize:i8 FirstLSN:n25 LastLSN:n25"
    " CheckpointLSN:n25 DatabaseBackupLSN:n25 BackupStartDate:d BackupFinishDate:d SortOrder:i2"
    " CodePage:i2 UnicodeLocaleId:i4 UnicodeComparisonStyle:i4 CompatibilityLevel:i1"
    " SoftwareVendorId:i4 SoftwareVersionMajor:i4 SoftwareVersionMinor:i4 SoftwareVersionBuild:i4"
    " MachineName:s256 Flags:i4 BindingID:g RecoveryForkID:g Collation:s256 FamilyGUID:g"
    " HasBulkLoggedData:b IsSnapshot:b IsReadOnly:b IsSingleUser:b HasBackupChecksums:b"
    " IsDamaged:b BeginsLogChain:b HasIncompleteMetaData:b IsForceOffline:b IsCopyOnly:b"
    " FirstRecoveryForkID:g ForkPointLSN:n25 RecoveryModel:s120 DifferentialBaseLSN:n25"
    " DifferentialBaseGUID:g BackupTypeDescription:s256 BackupSetGUID:g CompressedBackupSize:i8"
    " Containment:i1 KeyAlgorithm:s64 EncryptorThumbprint:v20 EncryptorType:s64"
    " LastValidRestoreTime:d TimeZone:i2 CompressionAlgorithm:s64", flags=1)


def header(name, description, compressed, position, database, flags, checksums, copy_only,
           algorithm):
    return [name, description, 1, None, compressed, position, 2, ANY, ANY, database, 957, ANY, ANY,
            ANY, ANY, ANY, ANY, ANY, ANY, 52, 0, 1033, 196609, 160, 4608, 16, 0, 4236, ANY, flags,
            ANY, ANY, "SQL_Latin1_General_CP1_CI_AS", ANY, False, False, False, False, checksums,
            False, False, False, False, copy_only, ANY, None, "SIMPLE", None, None, "Database",
            ANY, ANY, 0, None, None, None, None, ANY, algorithm]


FILELIST = columns(
    "LogicalName:s256 PhysicalName:s520 Type:u2 FileGroupName:s256 Size:i8 MaxSize:i8 FileId:i8"
    " CreateLSN:n25 DropLSN:n25 UniqueId:g ReadOnlyLSN:n25 ReadWriteLSN:n25 BackupSizeInBytes:i8"
    " SourceBlockSize:i4 FileGroupId:i4 LogGroupGUID:g DifferentialBaseLSN:n25"
    " DifferentialBaseGUID:g IsReadOnly:b IsPresent:b TDEThumbprint:v20 SnapshotUrl:s672", flags=1)
DATA_ROW = ["foo", "/var/opt/mssql/data/foo.mdf", "D", "PRIMARY", ANY, 35184372080640, 1, ANY, ANY,
            ANY, ANY, ANY, ANY, 4096, 1, None, ANY, ANY, False, True, None, None]
LOG_ROW = ["foo_log", "/var/opt/mssql/data/foo_log.ldf", "L", None, ANY, 2199023255552, 2, ANY,
           ANY, ANY, ANY, ANY, ANY, 4096, 0, None, ANY, ANY, False, True, None, None]
MOVED = ("MOVE N'foo' TO N'/var/opt/mssql/data/foo_copy.mdf',"
         " MOVE N'foo_log' TO N'/var/opt/mssql/data/foo_copy.ldf'")
BACKUPSET = columns(
    "backup_set_id:INT:16 backup_set_uuid:g:8 media_set_id:INT:8 first_family_number:i1"
    " first_media_number:i2 last_family_number:i1 last_media_number:i2 catalog_family_number:i1"
    " catalog_media_number:i2 position:i4 expiration_date:d software_vendor_id:i4 name:s256"
    " description:s510 user_name:s256 software_major_version:i1 software_minor_version:i1"
    " software_build_version:i2 time_zone:i2 mtf_minor_version:i1 first_lsn:n25 last_lsn:n25"
    " checkpoint_lsn:n25 database_backup_lsn:n25 database_creation_date:d backup_start_date:d"
    " backup_finish_date:d type:c1 sort_order:i2 code_page:i2 compatibility_level:i1"
    " database_version:i4 backup_size:n20 database_name:s256 server_name:s256 machine_name:s256"
    " flags:i4 unicode_locale:i4 unicode_compare_style:i4 collation_name:s256"
    " is_password_protected:b recovery_model:s120 has_bulk_logged_data:b is_snapshot:b"
    " is_readonly:b is_single_user:b has_backup_checksums:b is_damaged:b begins_log_chain:b"
    " has_incomplete_metadata:b is_force_offline:b is_copy_only:b first_recovery_fork_guid:g"
    " last_recovery_fork_guid:g fork_point_lsn:n25 database_guid:g family_guid:g"
    " differential_base_lsn:n25 differential_base_guid:g compressed_backup_size:n20"
    " key_algorithm:s64 encryptor_thumbprint:v20 encryptor_type:s64 last_valid_restore_time:d"
    " compression_algorithm:s64", flags=9)
FILES = (
    "data_space_id:INT:8 name:s256:33 physical_name:s520:{} state:i1:33 state_desc:s120:9"
    " size:INT:{} max_size:INT:8 growth:INT:8 is_media_read_only:BIT:32 is_read_only:BIT:32"
    " is_sparse:BIT:32 is_percent_growth:BIT:32 is_name_reserved:BIT:32"
    " is_persistent_log_buffer:BIT:32 create_lsn:n25:33 drop_lsn:n25:33 read_only_lsn:n25:33"
    " read_write_lsn:n25:33 differential_base_lsn:n25:33 differential_base_guid:g:9"
    " differential_base_time:d:33 redo_start_lsn:n25:33 redo_start_fork_guid:g:9"
    " redo_target_lsn:n25:33 redo_target_fork_guid:g:9 backup_lsn:n25:33")
DATABASE_FILES = columns("file_id:INT:8 file_guid:g:9 type:TINYINT:8 type_desc:s120:9 "
                         + FILES.format(33, 32))
MASTER_FILES = columns("database_id:INT:8 file_id:INT:8 file_guid:g:9 type:TINYINT:8"
                       " type_desc:s120:9 " + FILES.format(8, 8) + " credential_id:i4:9")

BACKUP = [
    Case("server version", "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS"
         " version", "16/193/1", sets=[(columns("version:s256:33"), [["16.0.4236.2"]])]),
    Case("backup format compression", "BACKUP DATABASE foo TO DISK=N'/tmp/foo.bak' WITH FORMAT,"
         " NAME=N'foo', COMPRESSION", "1/228 1/228 0/228", infos="4035.1.0 4035.1.0 3014.1.0"),
    Case("headeronly", "RESTORE HEADERONLY FROM DISK=N'/tmp/foo.bak'", "17/230/1 0/250",
         sets=[(HEADER, [header("foo", None, 1, 1, "foo", 512, False, False, "MS_XPRESS")])]),
    Case("filelistonly", "RESTORE FILELISTONLY FROM DISK=N'/tmp/foo.bak'", "17/230/2 0/376",
         sets=[(FILELIST, [DATA_ROW, LOG_ROW])]),
    Case("restore replace move", "RESTORE DATABASE foo_copy FROM DISK=N'/tmp/foo.bak' WITH REPLACE,"
         f" {MOVED}, RECOVERY, STATS=50", "1/229 1/229 1/229 1/229 0/229",
         infos="3211.1.0 3211.1.0 4035.1.0 4035.1.0 3014.1.0"),
    Case("restored contents", "SELECT id, v FROM foo_copy.dbo.t ORDER BY id", "16/193/2",
         sets=[(columns("id:INT:16 v:s40:8"), [[1, "a"], [2, "b"]])]),
    Case("restore same family without replace", "RESTORE DATABASE foo_copy FROM"
         f" DISK=N'/tmp/foo.bak' WITH {MOVED}", "1/229 1/229 0/229",
         infos="4035.1.0 4035.1.0 3014.1.0"),
    Case("restore other database without replace", "RESTORE DATABASE bar FROM DISK=N'/tmp/foo.bak'"
         " WITH MOVE N'foo' TO N'/var/opt/mssql/data/bar2.mdf',"
         " MOVE N'foo_log' TO N'/var/opt/mssql/data/bar2.ldf'", "2/229",
         errors="3154.4.16 3013.1.16"),
    Case("restore without move onto files in use", "RESTORE DATABASE foo_y FROM"
         " DISK=N'/tmp/foo.bak'", "2/229",
         errors="1834.1.16 3156.4.16 1834.1.16 3156.4.16 3119.1.16 3013.1.16"),
    Case("restore missing file", "RESTORE DATABASE foo_x FROM DISK=N'/tmp/nope.bak'", "2/229",
         errors="3201.2.16 3013.1.16"),
    Case("headeronly missing file", "RESTORE HEADERONLY FROM DISK=N'/tmp/nope.bak'", "2/250",
         errors="3201.2.16 3013.1.16"),
    Case("restore unknown logical file", "RESTORE DATABASE foo_z FROM DISK=N'/tmp/foo.bak' WITH"
         " MOVE N'nope' TO N'/var/opt/mssql/data/z.mdf'", "2/229", errors="3234.2.16 3013.1.16"),
    Case("backup unknown database", "BACKUP DATABASE nosuch TO DISK=N'/tmp/x.bak'", "2/228",
         errors="911.11.16 3013.1.16"),
    Case("backup in transaction", "BEGIN TRAN; BACKUP DATABASE foo TO DISK=N'/tmp/x.bak'; ROLLBACK",
         "1/212 3/228 0/210", errors="3021.0.16 3013.1.16"),
    Case("restore in transaction", "BEGIN TRAN; RESTORE DATABASE foo_copy FROM"
         " DISK=N'/tmp/foo.bak' WITH REPLACE; ROLLBACK", "1/212 3/229 0/210",
         errors="3021.0.16 3013.1.16"),
    Case("backup log simple", "BACKUP LOG bar TO DISK=N'/tmp/barlog.bak'", "2/235",
         errors="4208.1.16 3013.1.16"),
    Case("backup missing directory", "BACKUP DATABASE foo TO DISK=N'/nodir/x.bak'", "2/228",
         errors="3201.1.16 3013.1.16"),
    Case("backup noinit append", "BACKUP DATABASE foo TO DISK=N'/tmp/foo.bak' WITH STATS=50,"
         " DESCRIPTION=N'second', CHECKSUM, COPY_ONLY", "1/228 1/228 1/228 1/228 0/228",
         infos="3211.1.0 3211.1.0 4035.1.0 4035.1.0 3014.1.0"),
    Case("headeronly two sets", "RESTORE HEADERONLY FROM DISK=N'/tmp/foo.bak'", "17/230/2 0/250",
         sets=[(HEADER, [header("foo", None, 1, 1, "foo", 512, False, False, "MS_XPRESS"),
                         header(None, "second", 1, 2, "foo", 1552, True, True, "MS_XPRESS")])]),
    Case("filelistonly file 2", "RESTORE FILELISTONLY FROM DISK=N'/tmp/foo.bak' WITH FILE=2",
         "17/230/2 0/376", sets=[(FILELIST, [DATA_ROW, LOG_ROW])]),
    Case("restore missing position", "RESTORE DATABASE foo_copy FROM DISK=N'/tmp/foo.bak' WITH"
         " FILE=3, REPLACE", "2/229", errors="3287.1.16 3013.1.16"),
    Case("backup init uncompressed", "BACKUP DATABASE bar TO DISK=N'/tmp/bar.bak' WITH INIT",
         "1/228 1/228 0/228", infos="4035.1.0 4035.1.0 3014.1.0"),
    Case("headeronly uncompressed", "RESTORE HEADERONLY FROM DISK=N'/tmp/bar.bak'",
         "17/230/1 0/250",
         sets=[(HEADER, [header(None, None, 0, 1, "bar", 512, False, False, None)])]),
    Case("restore in use by this session", "USE foo_copy; RESTORE DATABASE foo_copy FROM"
         " DISK=N'/tmp/foo.bak' WITH REPLACE", "1/226 2/229", errors="3102.1.16 3013.1.16"),
    Case("back to master", "USE master", "0/226"),
    Step("open", "reader", "foo_copy"),
    Case("restore in use by another session", "RESTORE DATABASE foo_copy FROM"
         " DISK=N'/tmp/foo.bak' WITH REPLACE", "2/229", errors="3101.1.16 3013.1.16"),
    Step("close", "reader"),
    Case("verifyonly", "RESTORE VERIFYONLY FROM DISK=N'/tmp/foo.bak' WITH FILE=2", "0/377",
         infos="3262.1.0"),
    Case("backup unknown option", "BACKUP DATABASE foo TO DISK=N'/tmp/x.bak' WITH BOGUS", "2/253",
         errors="155.1.15"),
    Case("msdb backupmediafamily", "SELECT TOP(1) * FROM msdb..backupmediafamily", "16/193/1",
         sets=[(columns("media_set_id:INT:8 family_sequence_number:TINYINT:8 media_family_id:g:9"
                        " media_count:i4:9 logical_device_name:s256:9 physical_device_name:s520:9"
                        " device_type:i1:9 physical_block_size:i4:9 mirror:TINYINT:8"), None)]),
    Case("msdb backupmediaset", "SELECT TOP(1) * FROM msdb.dbo.backupmediaset", "16/193/1",
         sets=[(columns("media_set_id:INT:16 media_uuid:g media_family_count:i1 name:s256"
                        " description:s510 software_name:s256 software_vendor_id:i4"
                        " MTF_major_version:i1 mirror_count:i1 is_password_protected:b"
                        " is_compressed:b is_encrypted:b", flags=9), None)]),
    Case("msdb backupset", "SELECT TOP(1) * FROM msdb.dbo.backupset ORDER BY backup_set_id",
         "16/193/1", sets=[(BACKUPSET, None)]),
    Case("msdb restorehistory", "SELECT * FROM msdb.dbo.restorehistory ORDER BY"
         " restore_history_id", "16/193/2",
         sets=[(columns("restore_history_id:INT:16 restore_date:d destination_database_name:s256"
                        " user_name:s256 backup_set_id:INT:8 restore_type:c1 replace:b recovery:b"
                        " restart:b stop_at:d device_count:i1 stop_at_mark_name:s256"
                        " stop_before:b", flags=9),
                [[ANY, ANY, "foo_copy", ANY, ANY, "D", True, True, False, None, 1, None, None],
                 [ANY, ANY, "foo_copy", ANY, ANY, "D", False, True, False, None, 1, None,
                  None]])]),
    Case("msdb restorefile", "SELECT * FROM msdb.dbo.restorefile ORDER BY restore_history_id,"
         " file_number", "16/193/4",
         sets=[(columns("restore_history_id:INT:8 file_number:n10:9 destination_phys_drive:s520:9"
                        " destination_phys_name:s520:9"),
                [[ANY, 1, "C:\\", "/var/opt/mssql/data/foo_copy.mdf"],
                 [ANY, 2, "C:\\", "/var/opt/mssql/data/foo_copy.ldf"]] * 2)]),
    Case("database_files", "USE foo_copy; SELECT * FROM sys.database_files ORDER BY file_id;"
         " USE master", "1/226 17/193/2 0/226", sets=[(DATABASE_FILES, None)]),
    Case("master_files", "SELECT * FROM sys.master_files WHERE database_id IN (1, 4,"
         " DB_ID('foo_copy')) ORDER BY database_id, file_id", "16/193/6",
         sets=[(MASTER_FILES, None)]),
    Case("msdb identity", "SELECT DB_ID('msdb') AS id, DB_NAME(4) AS name", "16/193/1",
         sets=[(columns("id:i2:33 name:s256:33"), [[4, "msdb"]])]),
    Case("drop msdb", "DROP DATABASE msdb", "2/253", errors="3708.4.16"),
]

# --- ALTER DATABASE and sessions: reference/alter-database-sessions.json (17.0.4065.4) -----------

STATE_SQL = ("SELECT name,user_access,user_access_desc,is_read_committed_snapshot_on,"
             "snapshot_isolation_state FROM sys.databases WHERE name=N'{}'")
STATE = columns("name:s256:8 user_access:i1:33 user_access_desc:s120:33"
                " is_read_committed_snapshot_on:b:33 snapshot_isolation_state:i1:33")
SESSIONS = columns(
    "session_id:SMALLINT:8 login_time:DATETIME:8 host_name:s256:9 program_name:s256:9"
    " host_process_id:i4:9 client_version:i4:9 client_interface_name:s64:9 login_name:s256:8"
    " status:s60:8 database_id:SMALLINT:8 is_user_process:BIT:8 original_login_name:s256:8")
ALL_SESSIONS = columns(
    "session_id:SMALLINT:8 login_time:DATETIME:8 host_name:s256:9 program_name:s256:9"
    " host_process_id:i4:9 client_version:i4:9 client_interface_name:s64:9 security_id:v85:8"
    " login_name:s256:8 nt_domain:s256:9 nt_user_name:s256:9 status:s60:8 context_info:v128:9"
    " cpu_time:INT:8 memory_usage:INT:8 total_scheduled_time:INT:8 total_elapsed_time:INT:8"
    " endpoint_id:INT:8 last_request_start_time:DATETIME:8 last_request_end_time:d:9"
    " reads:BIGINT:8 writes:BIGINT:8 logical_reads:BIGINT:8 is_user_process:BIT:8"
    " text_size:INT:8 language:s256:9 date_format:s6:9 date_first:SMALLINT:8"
    " quoted_identifier:BIT:8 arithabort:BIT:8 ansi_null_dflt_on:BIT:8 ansi_defaults:BIT:8"
    " ansi_warnings:BIT:8 ansi_padding:BIT:8 ansi_nulls:BIT:8 concat_null_yields_null:BIT:8"
    " transaction_isolation_level:SMALLINT:8 lock_timeout:INT:8 deadlock_priority:INT:8"
    " row_count:BIGINT:8 prev_error:INT:8 original_security_id:v85:8 original_login_name:s256:8"
    " last_successful_logon:d:9 last_unsuccessful_logon:d:9 unsuccessful_logons:i8:9"
    " group_id:INT:8 database_id:SMALLINT:8 authenticating_database_id:i4:9"
    " open_transaction_count:INT:8 page_server_reads:BIGINT:8"
    " contained_availability_group_id:g:9")
ROLLED_BACK = "5060.2.0 5060.1.0"


def state(name, *values, database="probe_db"):
    rows = [[database, *values]] if values else []
    return Case(name, STATE_SQL.format(database), f"16/193/{len(rows)}", sets=[(STATE, rows)])


def alter(name, what, errors="", infos="", command=215, database="[probe_db]", on="main"):
    return Case(name, f"ALTER DATABASE {database} SET {what}", f"{2 if errors else 0}/{command}",
                errors=errors, infos=infos, on=on)


def one(name, sql, column, value, on="main"):
    return Case(name, sql, "16/193/1", sets=[(columns(column), [[value]])], on=on)


LOCKS = ("SELECT COUNT(*) AS database_locks FROM sys.dm_tran_locks WHERE"
         " resource_database_id=DB_ID(N'probe_db') AND resource_type=N'DATABASE' AND"
         " request_session_id=@@SPID")
OTHERS = ("SELECT COUNT(*) AS sessions FROM sys.dm_exec_sessions WHERE"
          " database_id=DB_ID(N'probe_db') AND session_id<>@@SPID AND is_user_process=1")
OWNER = [
    Case("dm_exec_sessions complete empty", "SELECT * FROM sys.dm_exec_sessions WHERE 1=0",
         "16/193/0", sets=[(ALL_SESSIONS, [])]),
    Case("dm_exec_sessions subset empty", "SELECT session_id,login_time,host_name,program_name,"
         "host_process_id,client_version,client_interface_name,login_name,status,database_id,"
         "is_user_process,original_login_name FROM sys.dm_exec_sessions WHERE 1=0", "16/193/0",
         sets=[(SESSIONS, [])]),
    Case("spid descriptor", "SELECT @@SPID AS spid, @@spid", "16/193/1",
         sets=[(columns("spid:SMALLINT:32 -:SMALLINT:32"), [[ANY, ANY]])]),
    Case("spid is user session", "SELECT CASE WHEN @@SPID>50 THEN 1 ELSE 0 END AS user_range, CASE"
         " WHEN @@SPID=(SELECT session_id FROM sys.dm_exec_sessions WHERE session_id=@@SPID) THEN"
         " 1 ELSE 0 END AS listed", "16/193/1",
         sets=[(columns("user_range:INT:32 listed:INT:32"), [[1, 1]])]),
    one("owner program_name", "select program_name from sys.dm_exec_sessions where session_id ="
        " @@spid;", "program_name:s256:9", "tests"),
    Case("own session values", "SELECT host_name,program_name,client_interface_name,login_name,"
         "original_login_name,status,DB_NAME(database_id) AS database_name,is_user_process,CASE"
         " WHEN login_time<=GETDATE() THEN 1 ELSE 0 END AS logged_in_before_now,CASE WHEN"
         " host_process_id IS NULL THEN 0 ELSE 1 END AS has_host_process FROM"
         " sys.dm_exec_sessions WHERE session_id=@@SPID", "16/193/1",
         sets=[(columns("host_name:s256:9 program_name:s256:9 client_interface_name:s64:9"
                        " login_name:s256:8 original_login_name:s256:8 status:s60:8"
                        " database_name:s256:33 is_user_process:BIT:8 logged_in_before_now:INT:32"
                        " has_host_process:INT:32"),
                [["host", "tests", "raw", ANY, ANY, "running", "master", True, 1, 1]])]),
    state("initial state", 0, "MULTI_USER", False, 0),
    alter("single_user unused", "SINGLE_USER"),
    state("single_user state", 1, "SINGLE_USER", False, 0),
    alter("restricted_user", "RESTRICTED_USER WITH ROLLBACK IMMEDIATE"),
    state("restricted_user state", 2, "RESTRICTED_USER", False, 0),
    alter("multi_user", "MULTI_USER"),
    state("multi_user state", 0, "MULTI_USER", False, 0),
    alter("unknown database", "SINGLE_USER WITH ROLLBACK IMMEDIATE", "5011.5.14 5069.1.16",
          database="[missing_db]"),
    alter("master single_user", "SINGLE_USER WITH ROLLBACK IMMEDIATE", "5058.5.16", command=253,
          database="master"),
    alter("master multi_user", "MULTI_USER", "5058.5.16", command=253, database="master"),
    Case("user transaction single_user", "BEGIN TRANSACTION; ALTER DATABASE [probe_db] SET"
         " SINGLE_USER WITH ROLLBACK IMMEDIATE", "1/212 2/215", errors="226.6.16"),
    Case("user transaction state", "SELECT @@TRANCOUNT AS trancount, XACT_STATE() AS xact_state;"
         " IF @@TRANCOUNT>0 ROLLBACK", "17/193/1 1/192 0/210",
         sets=[(columns("trancount:INT:32 xact_state:i2:33"), [[1, 1]])]),
    Step("open", "inside", "probe_db"),
    Step("open", "neighbour", "probe_db"),
    alter("current single_user", "SINGLE_USER WITH ROLLBACK IMMEDIATE", infos=ROLLED_BACK,
          database="CURRENT", on="inside"),
    state("current state", 1, "SINGLE_USER", ANY, 0),
    alter("current multi_user", "MULTI_USER", database="CURRENT", on="inside"),
    one("current usable", "SELECT DB_NAME() AS database_name", "database_name:s256:33",
        "probe_db", on="inside"),
    Step("close", "inside"),
    Step("open", "idle", "probe_db"),
    Step("open", "busy", "probe_db"),
    Case("busy transaction", "CREATE TABLE dbo.t(id INT); BEGIN TRANSACTION; INSERT INTO dbo.t"
         " VALUES(1)", "1/198 1/212 16/195/1", on="busy"),
    one("others before", OTHERS, "sessions:i4:1", 2),
    alter("single_user no_wait with users", "SINGLE_USER WITH NO_WAIT", "5070.2.16 5069.1.16"),
    state("no_wait with users state", 0, "MULTI_USER", False, 0),
    alter("single_user with users", "SINGLE_USER WITH ROLLBACK IMMEDIATE", infos=ROLLED_BACK),
    state("single_user with users state", 1, "SINGLE_USER", ANY, 0),
    one("others after", OTHERS, "sessions:i4:1", 0),
    Step("closed", "idle"),
    Step("closed", "busy"),
    one("terminated transaction rolled back", "SELECT COUNT(*) AS rows_kept FROM probe_db.dbo.t",
        "rows_kept:i4:1", 0),
    alter("multi_user again", "MULTI_USER"),
    Step("open", "runner", "probe_db"),
    Step("send", "runner", sql="WAITFOR DELAY '00:01:00'"),
    alter("single_user with running request", "SINGLE_USER WITH ROLLBACK IMMEDIATE",
          infos=ROLLED_BACK),
    Case("running request", None, "258/253", errors="596.1.21", on="runner"),
    Step("closed", "runner"),
    one("issuer holds database", LOCKS, "database_locks:i4:1", 1),
    Step("refused", "second", "probe_db", errors="4060.1.11 18456.1.14"),
    Step("open", "other"),
    Case("use refused", "USE [probe_db]", "2/253", errors="924.1.14", on="other"),
    one("use refused database", "SELECT DB_NAME() AS database_name", "database_name:s256:33",
        "master", on="other"),
    Case("drop by other while held", "DROP DATABASE [probe_db]", "2/204", errors="3702.4.16",
         on="other"),
    alter("alter by other while held", "MULTI_USER WITH NO_WAIT", "5064.1.16 5069.1.16",
          on="other"),
    Case("issuer use", "USE [probe_db]; SELECT DB_NAME() AS database_name; USE [master]",
         "1/226 17/193/1 0/226", infos="5701.1.0 5701.1.0",
         sets=[(columns("database_name:s256:33"), [["probe_db"]])]),
    one("issuer still holds database", LOCKS, "database_locks:i4:1", 1),
    Case("owner drop", "drop database [probe_db];", "0/204"),
    state("dropped state"),
]
HOLDER = [
    alter("issuer single_user", "SINGLE_USER"),
    Step("open", "holder", "probe_db"),
    one("holder database", "SELECT DB_NAME() AS database_name", "database_name:s256:33",
        "probe_db", on="holder"),
    Step("refused", "second", "probe_db", errors="4060.1.11 18456.1.14"),
    Case("use refused while held", "USE [probe_db]", "2/253", errors="924.1.14"),
    Case("drop while held", "DROP DATABASE [probe_db]", "2/204", errors="3702.4.16"),
    alter("multi_user no_wait while held", "MULTI_USER WITH NO_WAIT", "5064.1.16 5069.1.16"),
    state("multi_user while held state", 1, "SINGLE_USER", False, 0),
    alter("single_user rollback immediate while held", "SINGLE_USER WITH ROLLBACK IMMEDIATE",
          "5064.1.16 5069.1.16"),
    Step("close", "holder"),
    Case("drop after rollback immediate", "drop database [probe_db];", "0/204"),
]
# Captured, but not sent: what the lab's grammar leaves out because the product never says it.
NOT_SENT = {
    "CREATE DATABASE (DONE 0/203)": 6,
    "READ_COMMITTED_SNAPSHOT and ALLOW_SNAPSHOT_ISOLATION": 18,
    "several options in one ALTER DATABASE": 3,
    "DBCC USEROPTIONS, IDENT_CURRENT, JSON_VALUE": 10,
    "sys.all_columns of a system view": 3,
    "foreign keys, constraints, computed columns, triggers, views, sys.sql_modules": 22,
    "sp_pkeys, sp_fkeys, sp_rename": 16,
}

# --- control of flow: reference/control-completion-tokens.json (17.0.4065.4) ----------------------

NOTE, X1, Y2 = "0.1.0", (columns("x:INT:32"), [[1]]), (columns("y:INT:32"), [[2]])
CONTROL = [
    Case("two prints", "PRINT 'a'; PRINT 'b'", "1/247 0/247", infos=f"{NOTE} {NOTE}"),
    Case("if false print", "IF 1=0 PRINT 'skip'; PRINT 'after'", "1/192 0/247", infos=NOTE),
    Case("if true print", "IF 1=1 PRINT 'yes'; PRINT 'after'", "1/192 1/247 0/247",
         infos=f"{NOTE} {NOTE}"),
    Case("if false select", "IF 1=0 SELECT 1 AS x; SELECT 2 AS y", "1/192 16/193/1", sets=[Y2]),
    Case("if true select", "IF 1=1 SELECT 1 AS x; SELECT 2 AS y", "1/192 17/193/1 16/193/1",
         sets=[X1, Y2]),
    Case("if false alone", "IF 1=0 PRINT 'skip'", "0/192"),
    Case("if true alone", "IF 1=1 PRINT 'yes'", "1/192 0/247", infos=NOTE),
    Case("block", "BEGIN PRINT 'a'; PRINT 'b'; END", "1/247 0/247", infos=f"{NOTE} {NOTE}"),
    Case("block with select", "BEGIN SELECT 1 AS x; END", "16/193/1", sets=[X1]),
    Case("if with block", "IF 1=1 BEGIN PRINT 'a'; PRINT 'b'; END; PRINT 'c'",
         "1/192 1/247 1/247 0/247", infos=f"{NOTE} {NOTE} {NOTE}"),
    Case("try without error", "BEGIN TRY PRINT 'a'; END TRY BEGIN CATCH PRINT 'caught'; END CATCH",
         "1/349 1/247 0/351", infos=NOTE),
]

# --- errors and what follows them: reference/error-continuation.json (17.0.4065.4) ----------------

AFTER = (columns("last_error:INT:32 affected:INT:32 after_error:INT:32"))
TAIL = "SELECT @@ERROR AS last_error,@@ROWCOUNT AS affected,42 AS after_error"
BAD = (columns("bad:i4:33"), [])
CONTINUATION = [
    Case("divide by zero", f"SELECT 1/0 AS bad; {TAIL}", "more last:1", errors="8134.1.16",
         sets=[BAD, (AFTER, [[8134, 0, 42]])]),
    Case("abs overflow", f"SELECT ABS(CAST(-2147483648 AS INT)) AS bad; {TAIL}", "more last:1",
         errors="8115.2.16", sets=[BAD, (AFTER, [[8115, 0, 42]])]),
    Case("conversion ends the batch", f"SELECT CAST('bad' AS INT) AS bad; {TAIL}", "last",
         errors="245.1.16", sets=[BAD]),
    Case("raiserror goes on", f"RAISERROR('test',16,1); {TAIL}", "more last:1",
         errors="50000.1.16", sets=[(AFTER, [[50000, 0, 42]])]),
    Case("throw ends the batch", f"THROW 51000,'test',1; {TAIL}", "last", errors="51000.1.16"),
    Case("statements around an error", "CREATE TABLE dbo.continuation_guard(n INT); INSERT INTO"
         " dbo.continuation_guard VALUES(1); SELECT 1/0 AS bad; INSERT INTO dbo.continuation_guard"
         " VALUES(2); SELECT n FROM dbo.continuation_guard ORDER BY n; DROP TABLE"
         " dbo.continuation_guard", "more more:1 more more:1 more:2 last",
         errors="8134.1.16", sets=[BAD, (columns("n:i4:9"), [[1], [2]])]),
]

# --- the same as calls: reference/control-completions-rpc.json, error-continuation-rpc.json,
# catch-return-rpc.json (17.0.4065.4) ---------------------------------------------------------------


def call(name, sql, dones, errors="", infos="", sets=(), status=0):
    return Case(name, sql, dones, errors, infos, sets, call=True, status=status)


def more(count, last="last"):
    return " ".join(["more"] * count + [last])


OOPS = "BEGIN TRY RAISERROR('oops',16,1); END TRY BEGIN CATCH {}; END CATCH"
N50000, Z3 = (columns("n:i4:33"), [[50000]]), (columns("z:INT:32"), [[3]])
CALLS = [
    call("two prints", "PRINT 'a'; PRINT 'b'", more(2), infos=f"{NOTE} {NOTE}"),
    call("if false print", "IF 1=0 PRINT 'skip'; PRINT 'after'", more(2), infos=NOTE),
    call("if true print", "IF 1=1 PRINT 'yes'; PRINT 'after'", more(3), infos=f"{NOTE} {NOTE}"),
    call("if false select", "IF 1=0 SELECT 1 AS x; SELECT 2 AS y", "more more:1 last", sets=[Y2]),
    call("if true select", "IF 1=1 SELECT 1 AS x; SELECT 2 AS y", "more more:1 more:1 last",
         sets=[X1, Y2]),
    call("if false alone", "IF 1=0 PRINT 'skip'", more(1)),
    call("if true alone", "IF 1=1 PRINT 'yes'", more(2), infos=NOTE),
    call("block", "BEGIN PRINT 'a'; PRINT 'b'; END", more(2), infos=f"{NOTE} {NOTE}"),
    call("block with select", "BEGIN SELECT 1 AS x; END", "more:1 last", sets=[X1]),
    call("if with block", "IF 1=1 BEGIN PRINT 'a'; PRINT 'b'; END; PRINT 'c'", more(4),
         infos=f"{NOTE} {NOTE} {NOTE}"),
    call("try without error", "BEGIN TRY PRINT 'a'; END TRY BEGIN CATCH PRINT 'caught'; END CATCH",
         more(3), infos=NOTE),
    call("try with a select", "BEGIN TRY SELECT 1 AS x; END TRY BEGIN CATCH SELECT 2 AS y; END"
         " CATCH", "more more:1 more last", sets=[X1]),
    call("caught print", OOPS.format("PRINT 'caught'"), more(5), infos=NOTE),
    call("caught select", OOPS.format("SELECT ERROR_NUMBER() AS n"), "more more more more:1 more"
         " last", sets=[N50000]),
    call("after what was caught", OOPS.format("PRINT 'caught'") + "; SELECT 3 AS z",
         "more more more more more more:1 last", infos=NOTE, sets=[Z3]),
    call("while false", "WHILE 1=0 PRINT 'skip'; PRINT 'after'", more(2), infos=NOTE),
    call("while", "DECLARE @i INT=0; WHILE @i<2 BEGIN SET @i=@i+1; PRINT 'loop'; END; SELECT @i AS"
         " i", "more:1 more more:1 more more more:1 more more more:1 last",
         infos=f"{NOTE} {NOTE}", sets=[(columns("i:i4:33"), [[2]])]),
    call("nocount print", "SET NOCOUNT ON; IF 1=0 PRINT 'skip'; PRINT 'after'", "last",
         infos=NOTE),
    call("nocount select", "SET NOCOUNT ON; BEGIN TRY SELECT 1 AS x; END TRY BEGIN CATCH PRINT"
         " 'caught'; END CATCH", "more last", sets=[X1]),
    call("divide by zero", f"SELECT 1/0 AS bad; {TAIL}", "more more:1 last", errors="8134.1.16",
         sets=[BAD, (AFTER, [[8134, 0, 42]])]),
    call("divide by zero alone", "SELECT 1/0 AS bad", "more last", errors="8134.1.16", sets=[BAD],
         status=8134),
    call("two errors", "SELECT 1/0 AS first_error; SELECT 2/0 AS second_error; SELECT 42 AS"
         " after_error", "more more more:1 last", errors="8134.1.16 8134.1.16",
         sets=[(columns("first_error:i4:33"), []), (columns("second_error:i4:33"), []),
               (columns("after_error:INT:32"), [[42]])]),
    call("return after a print", "BEGIN TRY RAISERROR('x',16,1); END TRY BEGIN CATCH PRINT"
         " 'before'; RETURN; END CATCH", "i1/349 i1/246 i1/350 i1/247 i1/219 p0/224", infos=NOTE),
    call("return after a select", "BEGIN TRY RAISERROR('x',16,1); END TRY BEGIN CATCH SELECT 1 AS"
         " before_return; RETURN; END CATCH", "i1/349 i1/246 i1/350 i17/193/1 i1/219 p0/224",
         sets=[(columns("before_return:INT:32"), [[1]])]),
    call("return at once", "BEGIN TRY THROW 50003,'x',1; END TRY BEGIN CATCH RETURN; END CATCH",
         "i1/349 i1/246 i1/350 i1/219 p0/224", status=50003),
    call("return a value", "BEGIN TRY RAISERROR('x',16,1); END TRY BEGIN CATCH RETURN 7; END"
         " CATCH", "p2/224", errors="178.1.15", status=178),
]

# --- DDL: reference/ddl-completion.json; savepoints: savepoint.json (17.0.4065.4) ------------------

TWO = (columns("tran_count:INT:32 xact_state:i2:33"))
COUNTS = "SELECT @@TRANCOUNT AS tran_count, XACT_STATE() AS xact_state"
SAVEPOINTS = [
    Case("create table", "CREATE TABLE dbo.ddl_plain(v INT)", "0/198"),
    Case("create table with identity", "CREATE TABLE dbo.ddl_identity(id INT IDENTITY)", "0/198"),
    Case("insert two", "INSERT INTO dbo.ddl_plain VALUES(1),(2)", "16/195/2"),
    Case("setup", "CREATE TABLE dbo.svp_basic(id INT IDENTITY(1,1) PRIMARY KEY, v INT NOT NULL)",
         "0/198"),
    Case("begin", "BEGIN TRANSACTION", "last"),
    Case("begin: state", COUNTS, "last:1", sets=[(TWO, [[1, 1]])]),
    Case("insert 10", "INSERT dbo.svp_basic(v) VALUES (10)", "last:1"),
    Case("save s1", "SAVE TRANSACTION s1", "last"),
    Case("insert 20", "INSERT dbo.svp_basic(v) VALUES (20)", "last:1"),
    Case("data", "SELECT id, v FROM dbo.svp_basic ORDER BY id", "last:2",
         sets=[(columns("id:INT:16 v:INT:8"), [[1, 10], [2, 20]])]),
    Case("rollback s1", "ROLLBACK TRANSACTION s1", "last"),
    Case("rollback s1: state", COUNTS, "last:1", sets=[(TWO, [[1, 1]])]),
    Case("data after rollback", "SELECT id, v FROM dbo.svp_basic ORDER BY id", "last:1",
         sets=[(columns("id:INT:16 v:INT:8"), [[1, 10]])]),
    Case("insert 30", "INSERT dbo.svp_basic(v) VALUES (30)", "last:1"),
    Case("rollback s1 again", "ROLLBACK TRAN s1", "last", errors="6401.1.16"),
    Case("data keeps the gap", "SELECT id, v FROM dbo.svp_basic ORDER BY id", "last:2",
         sets=[(columns("id:INT:16 v:INT:8"), [[1, 10], [3, 30]])]),
    Case("save s2", "SAVE TRAN s2", "last"),
    Case("rollback s2", "ROLLBACK TRAN s2", "last"),
    Case("commit", "COMMIT TRANSACTION", "last"),
    Case("commit: state", COUNTS, "last:1", sets=[(TWO, [[0, 0]])]),
    Case("save outside transaction", "SAVE TRANSACTION s_none", "last", errors="628.0.16"),
]

# --- isolation levels: reference/gaps-transactions.json (16.0.4236.2) ------------------------------

LEVEL_SQL = "SELECT transaction_isolation_level FROM sys.dm_exec_sessions WHERE session_id = @@SPID"


def level(name, value):
    return one(name, LEVEL_SQL, "transaction_isolation_level:SMALLINT:8", value)


ISOLATION = [level("default level", 2)]
for words, number in (("READ UNCOMMITTED", 1), ("REPEATABLE READ", 3), ("SERIALIZABLE", 4),
                      ("SNAPSHOT", 5), ("READ COMMITTED", 2)):
    ISOLATION.append(Case(f"set {words}", f"SET TRANSACTION ISOLATION LEVEL {words}", "last"))
    ISOLATION.append(level(f"level after {words}", number))

# --- sys.databases: reference/sys-databases.json (17.0.4065.4) -------------------------------------

DATABASES = columns(
    "name:s256:8 database_id:INT:8 source_database_id:i4:9 create_date:DATETIME:8"
    " compatibility_level:TINYINT:8 collation_name:s256:33 user_access:i1:33"
    " user_access_desc:s120:33 is_read_only:b:33 state:i1:33 state_desc:s120:33"
    " recovery_model:i1:33 recovery_model_desc:s120:33")
DATABASES_SQL = (
    "SELECT name,database_id,source_database_id,create_date,compatibility_level,collation_name,"
    "user_access,user_access_desc,is_read_only,state,state_desc,recovery_model,"
    "recovery_model_desc FROM sys.databases WHERE database_id={}")
CATALOG = [
    Case("sys.databases empty", DATABASES_SQL.format(-1), "16/193/0", sets=[(DATABASES, [])]),
    Case("sys.databases master", DATABASES_SQL.format(1), "16/193/1",
         sets=[(DATABASES, [["master", 1, None, ANY, ANY, "SQL_Latin1_General_CP1_CI_AS", 0,
                             "MULTI_USER", False, 0, "ONLINE", 3, "SIMPLE"]])]),
]

# --- more of the catalog: reference/gaps-catalog.json (17.0.4065.4) --------------------------------

LISTED = ("file_id:INT:8 type:TINYINT:8 type_desc:s120:9 data_space_id:INT:8 name:s256:33"
          " state:i1:33 state_desc:s120:9 max_size:INT:8 growth:INT:8 is_percent_growth:BIT:32")
MORE_CATALOG = [
    one("version", "SELECT CAST(SERVERPROPERTY('ProductVersion') AS NVARCHAR(128)) AS version",
        "version:s256:33", ANY),
    Case("empty schema database_files", "SELECT TOP(0) * FROM sys.database_files", "16/193/0",
         sets=[(DATABASE_FILES, [])]),
    Case("empty schema procedures", "SELECT TOP(0) * FROM sys.procedures", "16/193/0",
         sets=[(columns(
             "name:sysname:8 object_id:INT:8 principal_id:i4:9 schema_id:INT:8"
             " parent_object_id:INT:8 type:c2:33 type_desc:s120:9 create_date:DATETIME:8"
             " modify_date:DATETIME:8 is_ms_shipped:BIT:32 is_published:BIT:32"
             " is_schema_published:BIT:32 is_auto_executed:BIT:32 is_execution_replicated:b:33"
             " is_repl_serializable_only:b:33 skips_repl_constraints:b:33"), [])]),
    Case("constraint objects", "SELECT name,RTRIM(type) AS type,type_desc,"
         "OBJECT_NAME(parent_object_id) AS parent FROM sys.objects WHERE parent_object_id IN"
         "(OBJECT_ID('dbo.catalog_parent'),OBJECT_ID('dbo.catalog_child')) ORDER BY name",
         "16/193/0", orders=[[1]],
         sets=[(columns("name:sysname:8 type:a2:33 type_desc:s120:9 parent:s256:33"), [])]),
    Case("database files", "SELECT file_id,type,type_desc,data_space_id,name,state,state_desc,"
         "max_size,growth,is_percent_growth FROM sys.database_files ORDER BY file_id",
         "16/193/2", orders=[[1]],
         sets=[(columns(LISTED), [[1, 0, "ROWS", 1, ANY, 0, "ONLINE", -1, 8192, False],
                                  [2, 1, "LOG", 0, ANY, 0, "ONLINE", 268435456, 8192, False]])]),
    Case("setup of the renamed column", "CREATE TABLE dbo.catalog_rename_target(id INT,"
         "renamed_label NVARCHAR(20))", "0/198"),
    Case("renamed column", "SELECT name,column_id,system_type_id,max_length FROM sys.columns WHERE"
         " object_id=OBJECT_ID('dbo.catalog_rename_target') ORDER BY column_id", "16/193/2",
         orders=[[2]],
         sets=[(columns("name:sysname:9 column_id:INT:8 system_type_id:TINYINT:8"
                        " max_length:SMALLINT:8"),
                [["id", 1, 56, 4], ["renamed_label", 2, 231, 40]])]),
]

# --- attention: reference/attention.json, attention-boundaries.json (17.0.4065.4) ------------------

EDGE = columns("edge_marker:INT:32 transaction_count:INT:32 transaction_state:i2:33"
               " first_day:i1:33")
AFTER_ATTENTION = [
    Case("setup", "CREATE TABLE dbo.edge(n int); INSERT dbo.edge VALUES (1); SET DATEFIRST 2",
         "more more:1 last"),
    Case("what follows an idle attention", "SELECT 4242 AS edge_marker, @@TRANCOUNT AS"
         " transaction_count, XACT_STATE() AS transaction_state, @@DATEFIRST AS first_day; SELECT n"
         " FROM dbo.edge ORDER BY n", "17/193/1 16/193/1", orders=[[1]],
         sets=[(EDGE, None), (columns("n:i4:9"), [[1]])]),
]

# (how, in a transaction, XACT_ABORT, in TRY): the tokens of the first message; the second one
# always is DONE 32/253. E = ENVCHANGE 10, the transaction was rolled back.
ATTENTION = {
    ("batch", False, False, False): "17/195/1 2/192",
    ("batch", False, False, True): "1/349 17/195/1 1/192 2/243",
    ("batch", False, True, False): "17/195/1 2/192",
    ("batch", False, True, True): "1/349 17/195/1 1/192 2/243",
    ("batch", True, False, False): "17/195/1 2/192",
    ("batch", True, False, True): "1/349 17/195/1 1/192 2/243",
    ("batch", True, True, False): "17/195/1 1/192 E 2/253",
    ("batch", True, True, True): "1/349 17/195/1 1/192 1/243 E 2/253",
}
for _how in ("rpc", "prepared"):  # the same of both
    ATTENTION |= {
        (_how, False, False, False): "i17/195/1 p2/224",
        (_how, False, False, True): "i1/349 i17/195/1 i1/192 p2/224",
        (_how, False, True, False): "i17/195/1 p2/224",
        (_how, False, True, True): "i1/349 i17/195/1 i1/192 p2/224",
        (_how, True, False, False): "i17/195/1 p2/224",
        (_how, True, False, True): "i1/349 i17/195/1 i1/192 p2/224",
        (_how, True, True, False): "i17/195/1 i1/192 E p2/224",
        (_how, True, True, True): "i1/349 i17/195/1 i1/192 i1/243 E p2/224",
    }

KEEPS_USER_TYPES = {"gaps-catalog"}
CHAPTERS = {
    "gaps-backup": BACKUP,
    "alter-database-sessions": OWNER,
    "alter-database-sessions, held": HOLDER,
    "control-completion-tokens": CONTROL,
    "error-continuation": CONTINUATION,
    "control-completions, error-continuation and catch-return, rpc": CALLS,
    "ddl-completion and savepoint": SAVEPOINTS,
    "gaps-transactions": ISOLATION,
    "sys-databases": CATALOG,
    "gaps-catalog": MORE_CATALOG,
    "attention-boundaries": AFTER_ATTENTION,
}
