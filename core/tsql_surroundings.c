/* The statements about what stands around the databases: keys and certificates, logins and users,
 * linked servers, volumes. Each answers in the columns name, detail, database_name, number and
 * flag, those that it has. Catalog views hide rows from a login without the right instead of
 * failing: who reads must look at the rights first. */
#include "core/tsql.h"

#define SERVER_STATE "GRANT VIEW SERVER STATE TO the monitoring login"
#define ANY_DEFINITION "GRANT VIEW ANY DEFINITION TO the monitoring login"
#define MSDB_READER                                                                                \
    "USE msdb; CREATE USER for the monitoring login; ALTER ROLE db_datareader ADD MEMBER it"
#define INSIDE "GRANT CONNECT ANY DATABASE and VIEW ANY DEFINITION TO the monitoring login"

/* detail: thumbprint of what protects the database's key. */
const struct query query_encryption_keys = {
    .name = "encryption keys",
    .text = "SELECT DB_NAME(k.database_id) AS database_name,"
            " CONVERT(nvarchar(100), k.encryptor_thumbprint, 2) AS detail"
            " FROM sys.dm_database_encryption_keys AS k",
    .permission = SERVER_STATE,
    .part = PART_KEYS,
};

/* detail: thumbprint; moment: when it expires; number: days since its private key was backed up
 * here, NULL = never. */
const struct query query_certificates = {
    .name = "certificates",
    .text = "SELECT c.name AS name, CONVERT(nvarchar(100), c.thumbprint, 2) AS detail,"
            " c.expiry_date AS moment,"
            " DATEDIFF(day, c.pvt_key_last_backup_date, GETDATE()) AS number"
            " FROM master.sys.certificates AS c WHERE c.pvt_key_encryption_type <> 'NA'"
            " AND c.name NOT LIKE N'##MS%'",
    .permission = ANY_DEFINITION,
    .part = PART_KEYS,
};

/* detail: thumbprint of what encrypted a backup; since SQL Server 2014. */
const struct query query_backup_keys = {
    .name = "backup keys",
    .text = "SELECT DISTINCT b.database_name AS database_name,"
            " CONVERT(nvarchar(100), b.encryptor_thumbprint, 2) AS detail"
            " FROM msdb.dbo.backupset AS b WHERE b.encryptor_thumbprint IS NOT NULL"
            " AND b.backup_start_date >= $1",
    .permission = MSDB_READER,
    .part = PART_KEYS,
};

const struct query query_credentials = {
    .name = "credentials",
    .text = "SELECT c.name AS name FROM sys.credentials AS c",
    .permission = ANY_DEFINITION,
    .part = PART_KEYS,
};

/* detail: SID; flag: it is disabled; number: 1 SQL Server's own, 2 Windows', 3 a Windows group;
 * database_name: the password's hash, NULL without CONTROL SERVER. Source: sys.sql_logins. */
const struct query query_logins = {
    .name = "logins",
    .text = "SELECT p.name AS name, CONVERT(nvarchar(200), p.sid, 2) AS detail,"
            " p.is_disabled AS flag,"
            " CASE p.type WHEN 'S' THEN 1 WHEN 'U' THEN 2 ELSE 3 END AS number,"
            " CONVERT(nvarchar(600), l.password_hash, 2) AS database_name"
            " FROM sys.server_principals AS p"
            " LEFT JOIN sys.sql_logins AS l ON l.principal_id = p.principal_id"
            " WHERE p.type IN ('S', 'U', 'G')",
    .permission = ANY_DEFINITION,
    .part = PART_LOGINS,
};

/* detail: SID of a user that has, or had, a login. Those below 5 are dbo, guest and the like. */
const struct query query_users = {
    .name = "users",
    .text = "SELECT u.name AS name, CONVERT(nvarchar(200), u.sid, 2) AS detail"
            " FROM $1.sys.database_principals AS u WHERE u.type IN ('S', 'U', 'G')"
            " AND u.principal_id > 4 AND u.sid IS NOT NULL AND u.authentication_type IN (1, 3)",
    .permission = INSIDE,
    .part = PART_INSIDE,
};

/* number: its members. */
const struct query query_backup_role = {
    .name = "backup role",
    .text = "SELECT r.name AS name, COUNT(m.member_principal_id) AS number"
            " FROM $1.sys.database_principals AS r"
            " LEFT JOIN $1.sys.database_role_members AS m"
            " ON m.role_principal_id = r.principal_id"
            " WHERE r.type = 'R' AND r.name = N'BTS_BACKUP_USERS' GROUP BY r.name",
    .permission = INSIDE,
    .part = PART_INSIDE,
};

/* number: rows of MarkLog. Source: sys.partitions counts rows of heap (0) and clustered index (1). */
const struct query query_mark_log_rows = {
    .name = "rows of MarkLog",
    .text = "SELECT SUM(p.rows) AS number FROM $1.sys.partitions AS p"
            " INNER JOIN $1.sys.objects AS o ON o.object_id = p.object_id"
            " WHERE o.name = N'MarkLog' AND p.index_id IN (0, 1)",
    .permission = INSIDE,
    .part = PART_INSIDE,
};

/* name: a feature that binds the database to an edition. */
const struct query query_features = {
    .name = "features",
    .text = "SELECT f.feature_name AS name FROM $1.sys.dm_db_persisted_sku_features AS f",
    .permission = SERVER_STATE,
    .part = PART_INSIDE,
};

/* detail: data source; flag: RPC out; number: data access. */
const struct query query_linked_servers = {
    .name = "linked servers",
    .text = "SELECT s.name AS name, s.data_source AS detail, s.is_rpc_out_enabled AS flag,"
            " CAST(s.is_data_access_enabled AS int) AS number"
            " FROM sys.servers AS s WHERE s.is_linked = 1",
    .permission = ANY_DEFINITION,
    .part = PART_LINKS,
};

/* database_name of SQL Server's own log shipping; detail: on which side. */
const struct query query_native_shipping = {
    .name = "native log shipping",
    .text = "SELECT p.primary_database AS database_name, N'primary' AS detail"
            " FROM msdb.dbo.log_shipping_primary_databases AS p"
            " UNION ALL SELECT s.secondary_database, N'secondary'"
            " FROM msdb.dbo.log_shipping_secondary_databases AS s",
    .permission = MSDB_READER,
    .part = PART_LINKS,
};

/* name: "E:\"; number: bytes free. Since SQL Server 2017. */
const struct query query_volumes = {
    .name = "volumes",
    .text = "SELECT v.fixed_drive_path AS name, v.free_space_in_bytes AS number"
            " FROM sys.dm_os_enumerate_fixed_drives AS v",
    .permission = SERVER_STATE,
    .part = PART_VOLUMES,
};

/* Where BizTalk keeps server names: what UpdateDatabase.vbs changes, and BAM's references. */
const struct query query_reference_columns = {
    .name = "columns with server names",
    .text = "SELECT c.TABLE_NAME AS table_name, c.COLUMN_NAME AS column_name"
            " FROM $1.INFORMATION_SCHEMA.COLUMNS AS c WHERE c.TABLE_NAME IN"
            " (N'adm_Group', N'adm_MessageBox', N'adm_OtherBackupDatabases',"
            " N'adm_OtherDatabases', N'TDDS_Sources', N'TDDS_Destinations',"
            " N'bam_Metadata_ReferencedDatabases')",
    .permission = ANY_DEFINITION,
    .part = PART_REFERENCES,
};

const struct query query_references = {
    .name = "server names",
    .text = "SELECT DISTINCT t.$3 AS detail FROM $1.dbo.$2 AS t WHERE t.$3 <> N''",
    .permission = "in that database: CREATE USER for the monitoring login (a restored user has the "
                  "old login's SID: ALTER USER ... WITH LOGIN), and GRANT SELECT on the table to it",
    .part = PART_REFERENCES,
};
