#!/usr/bin/python3
"""At speed 0 the lab is a function of scenario, seed and what clients send: the same script gives
the same bytes, while the clock is moved, jobs run, sets are made and restored, procedures are called and statements
fail. Another seed does not.
"""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import pytds  # noqa: E402
import lab as support  # noqa: E402
from lab import Lab, expect  # noqa: E402
from proxy import read_ini  # noqa: E402

# server, statement and, for a procedure call (sp_executesql), its parameters.
SCRIPT = (
    ("SQLA", "EXEC master.dbo.sp_lab_advance @seconds = 2000"),
    ("SQLA", "SELECT TOP 500 * FROM msdb.dbo.backupset ORDER BY backup_set_id DESC"),
    ("SQLA", "SELECT * FROM BizTalkMgmtDb.dbo.adm_BackupHistory ORDER BY BackupId"),
    ("SQLA", "SELECT NEWID(), SYSUTCDATETIME(), @@SPID"),
    ("DRSQL1", "SELECT * FROM sys.databases ORDER BY database_id"),
    ("DRSQL1", "SELECT * FROM msdb.dbo.restorehistory ORDER BY restore_history_id"),
    ("DRSQL1", "RESTORE DATABASE ContosoOrders WITH RECOVERY"),
    ("SQLA", "SELECT b.database_name, b.last_lsn FROM msdb.dbo.backupset b"
             " WHERE b.database_name = %s AND b.type = %s", ("SSODB", "L")),
    ("SQLA", "BACKUP DATABASE SSODB TO DISK = N'\\\\nas\\same.bak' WITH STATS = 20, CHECKSUM"),
    ("SQLA", "BACKUP LOG SSODB TO DISK = N'\\\\nas\\same.bak'"),
    ("DRSQL1", "RESTORE HEADERONLY FROM DISK = N'\\\\nas\\same.bak'"),
    ("DRSQL1", "RESTORE FILELISTONLY FROM DISK = N'\\\\nas\\same.bak'"),
    ("DRSQL1", "RESTORE DATABASE SameAgain FROM DISK = N'\\\\nas\\same.bak' WITH NORECOVERY,"
               " STATS = 25, MOVE N'SSODB' TO N'D:\\same.mdf', MOVE N'SSODB_log' TO N'D:\\same.ldf'"),
    ("DRSQL1", "RESTORE LOG SameAgain FROM DISK = N'\\\\nas\\same.bak' WITH FILE = 2,"
               " STOPATMARK = N'never set'"),
    ("DRSQL1", "RESTORE LOG SameAgain FROM DISK = N'\\\\nas\\gone.bak'"),
    ("DRSQL1", "SELECT * FROM msdb.dbo.restorehistory h JOIN msdb.dbo.backupset b"
               " ON b.backup_set_id = h.backup_set_id WHERE h.destination_database_name ="
               " N'SameAgain'"),
    ("DRSQL1", "SELECT 1 / 0"),
    ("DRSQL1", "SELECT * FROM sys.dm_exec_sessions"),
)


class Recorder(socket.socket):
    """A socket that keeps what it receives."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.received = bytearray()

    def keep(self, data):
        self.received += data
        return data

    def recv(self, *arguments):
        return self.keep(super().recv(*arguments))

    def recv_into(self, buffer, *arguments):
        count = super().recv_into(buffer, *arguments)
        self.keep(bytes(memoryview(buffer)[:count]))
        return count


def play(seed):
    """What every connection received, one after the other."""
    connections, recorders = [], []
    with Lab(extra=("--seed", str(seed))) as lab:
        servers = read_ini(lab.ini)
        for name, text, *parameters in SCRIPT:
            server = servers[f"server {name}"]
            with open(server["restore_password_file"], encoding="utf-8") as file:
                password = file.readline().strip()
            recorder = Recorder(socket.AF_INET, socket.SOCK_STREAM)
            recorder.connect(("127.0.0.1", int(server["port"])))
            connection = pytds.connect(dsn="127.0.0.1", user=server["restore_user"],
                                       password=password, autocommit=True, timeout=60,
                                       sock=recorder)
            try:
                cursor = connection.cursor()
                cursor.execute(text, *parameters)
                if cursor.description is not None:
                    cursor.fetchall()
                while cursor.nextset():
                    pass
            except pytds.Error:
                pass
            # both stay open: when a session ends is not the script's to say
            connections.append(connection)
            recorders.append(recorder)
        out = [bytes(recorder.received) for recorder in recorders]
        for connection in connections:
            connection.close()
    return out


def the_same_seed_and_script_give_the_same_bytes():
    first, second, other = play(1), play(1), play(2)
    for one, two, (name, text, *_) in zip(first, second, SCRIPT):
        expect(one == two, f"other bytes from {name}: {text}")
    expect(first != other, "another seed changes nothing")
    print(f"  {sum(map(len, first))} bytes, twice")


if __name__ == "__main__":
    support.main([the_same_seed_and_script_give_the_same_bytes])
