#!/usr/bin/python3
"""Clients that this project did not write log in to the lab and read it: FreeTDS's tsql and bsqldb,
and python3-tds, which shares no code with FreeTDS. What they read must be the same.
"""
import os
import re
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import OpenSSL.SSL  # noqa: E402
import pytds  # noqa: E402
from client import connect  # noqa: E402
import lab as support  # noqa: E402
from lab import Lab, expect  # noqa: E402
from proxy import read_ini  # noqa: E402

QUERIES = (
    "SELECT name, database_id, state_desc, recovery_model_desc FROM sys.databases ORDER BY name",
    "SELECT name, enabled, date_created FROM msdb.dbo.sysjobs ORDER BY name",
    "SELECT BackupId, MarkName, DatabaseName, BackupFileName FROM"
    " BizTalkMgmtDb.dbo.adm_BackupHistory ORDER BY BackupId",
    "SELECT database_name, type, first_lsn, last_lsn, backup_size, backup_start_date"
    " FROM msdb.dbo.backupset ORDER BY backup_set_id",
)
# What FreeTDS writes into its dump when it does not understand a server.
COMPLAINTS = re.compile(r"unknown (token|marker|type)|unexpected|bogus|invalid token|ignoring",
                        re.I)


class Server:
    """One server of the lab: where it listens and who may log in."""

    def __init__(self, lab, name="SQLA"):
        section = read_ini(lab.ini)[f"server {name}"]
        self.port = int(section["port"])
        self.directory = lab.directory
        self.user, self.password = section["user"], self.read(section["password_file"])
        self.restore = {"user": section["restore_user"],
                        "password": self.read(section["restore_password_file"])}

    def read(self, name):
        with open(os.path.join(self.directory, name), encoding="utf-8") as file:
            return file.readline().rstrip("\n")

    def pytds(self, **options):
        options = {"user": self.user, "password": self.password, "timeout": 20, **options}
        return connect(self.port, **options)

    def environment(self, version, dump):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TDS")}
        environment.update(LC_ALL="C.UTF-8", TDSVER=version)
        if dump:
            environment["TDSDUMP"] = dump
        return environment

    def tsql(self, text, version="7.4", password=None, dump=None):
        return subprocess.run(
            ["tsql", "-o", "fhq", "-t", "\x1f", "-H", "127.0.0.1", "-p", str(self.port),
             "-U", self.user, "-P", password or self.password],
            input=f"{text}\ngo\nexit\n", env=self.environment(version, dump), text=True,
            capture_output=True, timeout=30, check=False)

    def tsql_with(self, text, encryption, authority):
        """tsql that wants this encryption and trusts this authority."""
        conf = os.path.join(self.directory, "freetds.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(f"[lab]\nhost = 127.0.0.1\nport = {self.port}\ntds version = 7.4\n"
                       f"encryption = {encryption}\nca file = {authority}\n")
        environment = self.environment("7.4", None)
        environment["FREETDSCONF"] = conf
        return subprocess.run(
            ["tsql", "-o", "fhq", "-t", "\x1f", "-S", "lab", "-U", self.user, "-P",
             self.password],
            input=f"{text}\ngo\nexit\n", env=environment, text=True, capture_output=True,
            timeout=30, check=False)

    def bsqldb(self, text, password=None):
        script = os.path.join(self.directory, "script.sql")
        with open(script, "w", encoding="utf-8") as file:
            file.write(text + "\ngo\n")
        return subprocess.run(
            ["bsqldb", "-q", "-h", "-t", "\x1f", "-S", f"127.0.0.1:{self.port}", "-U", self.user,
             "-P", password or self.password, "-i", script],
            env=self.environment("7.4", None), text=True, capture_output=True, timeout=30,
            check=False)


def rows_of(output):
    return [line.split("\x1f") for line in output.splitlines() if "\x1f" in line]


def read_all(connection, text):
    cursor = connection.cursor()
    cursor.execute(text)
    rows = cursor.fetchall()
    cursor.close()
    return rows


def three_clients_read_the_same_rows():
    with Lab() as lab:
        server = Server(lab)
        for text in QUERIES:
            with server.pytds() as connection:
                rows = read_all(connection, text)
            expect(rows, f"no rows: {text}")
            for done in (server.tsql(text), server.bsqldb(text)):
                expect("Msg " not in done.stdout + done.stderr, done.stdout + done.stderr)
                read = rows_of(done.stdout)
                expect(len(read) == len(rows), f"{len(read)} rows, not {len(rows)}: {text}")
                for line, row in zip(read, rows):
                    for cell, value in zip(line, row):
                        if isinstance(value, (str, int)) and not isinstance(value, bool):
                            expect(cell.strip() == str(value).strip(),
                                   f"{cell!r} is not {value!r}: {text}")
            print(f"  {len(rows)} rows by each client: {text[:60]}")


def every_protocol_version_logs_in():
    with Lab() as lab:
        server = Server(lab)
        for version in ("7.1", "7.2", "7.3", "7.4"):
            done = server.tsql(QUERIES[0], version)
            expect(len(rows_of(done.stdout)) > 5, f"TDS {version}: {done.stdout}{done.stderr}")
        for version in (pytds.tds_base.TDS71, pytds.tds_base.TDS72, pytds.tds_base.TDS73A,
                        pytds.tds_base.TDS73B, pytds.tds_base.TDS74):
            with server.pytds(tds_version=version) as connection:
                expect(len(read_all(connection, QUERIES[0])) > 5, f"python3-tds {version:x}")


def a_wrong_password_is_18456_for_every_client():
    with Lab() as lab:
        server = Server(lab)
        done = server.tsql("SELECT 1", password="wrong")
        expect("18456" in done.stdout + done.stderr, done.stdout + done.stderr)
        done = server.bsqldb("SELECT 1", password="wrong")
        expect(done.returncode != 0 and "Login failed" in done.stdout + done.stderr,
               done.stdout + done.stderr)
        try:
            server.pytds(password="wrong").close()
            expect(False, "python3-tds logged in with a wrong password")
        except pytds.Error as error:
            expect("Login failed" in str(error), repr(error))


def freetds_understands_every_token():
    with Lab() as lab:
        server = Server(lab)
        dump = os.path.join(lab.directory, "dump")
        for text in QUERIES + ("SELECT * FROM sys.databases", "SELECT nonsense",
                               "USE msdb SELECT * FROM dbo.sysjobs"):
            server.tsql(text, dump=dump)
        with open(dump, encoding="utf-8", errors="replace") as file:
            found = [line for line in file if COMPLAINTS.search(line)]
        expect(not found, "".join(found[:5]))


def errors_carry_number_severity_and_state():
    with Lab() as lab:
        with Server(lab).pytds() as connection:
            for text, number in (("SELECT * FROM dbo.no_such_table", 208),
                                 ("SELECT no_such_column FROM sys.databases", 207),
                                 ("SELECT * FORM sys.databases", 102)):
                try:
                    read_all(connection, text)
                    expect(False, f"no error: {text}")
                except pytds.Error as error:
                    expect(error.number == number, f"{error.number}, not {number}: {text}")
                    expect(error.severity in (15, 16), f"severity {error.severity}: {text}")
            expect(read_all(connection, "SELECT 1") == [(1,)], "the connection goes on")


def parameters_reach_the_statement_with_their_types():
    with Lab() as lab:
        with Server(lab).pytds() as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT name FROM sys.databases WHERE name = %s OR database_id = %s",
                           ("msdb", 1))
            expect(sorted(r[0] for r in cursor.fetchall()) == ["master", "msdb"], "two databases")
            values = (2**40, "\u00e9\u4e2d\U0001f600", None, 1.5)
            cursor.execute("SELECT %s, %s, %s, %s", values)
            expect(cursor.fetchall() == [values], "values come back as they went")


def what_is_committed_stays_and_the_rest_goes():
    with Lab() as lab:
        server = Server(lab)
        with server.pytds() as connection:
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE #numbers (n int NOT NULL, t nvarchar(20) NULL)")
            connection.autocommit = False
            cursor.execute("INSERT INTO #numbers (n, t) VALUES (%s, %s)", (1, "one"))
            connection.commit()
            cursor.execute("INSERT INTO #numbers (n, t) VALUES (%s, %s)", (2, None))
            connection.rollback()
            cursor.execute("SELECT n, t FROM #numbers")
            expect(cursor.fetchall() == [(1, "one")], "what was committed stays, the rest goes")
            connection.rollback()


def encrypt(lab, mode, certificate="good"):
    """Makes SQLA encrypt, told over another server; the path of the authority's certificate."""
    other = Server(lab, "DRSQL1")
    with other.pytds(**other.restore) as connection:
        pem = read_all(connection, "EXEC master.dbo.sp_lab_encryption @name = 'SQLA',"
                                   f" @encryption = '{mode}', @certificate = '{certificate}'")
    path = os.path.join(lab.directory, "authority.pem")
    with open(path, "w", encoding="ascii") as file:
        file.write(pem[0][0])
    return path


def clients_log_in_over_tls_in_every_mode():
    with Lab() as lab:
        server = Server(lab)
        for mode in ("login", "on", "required"):
            authority = encrypt(lab, mode)
            for wanted in ("off", "request", "require"):
                done = server.tsql_with(QUERIES[0], wanted, authority)
                may = mode == "login" or wanted != "off"
                expect((len(rows_of(done.stdout)) > 5) == may,
                       f"{mode}, client {wanted}: {done.stdout}{done.stderr}")
            with server.pytds(cafile=authority, validate_host=False) as connection:
                expect(len(read_all(connection, QUERIES[2])) > 1000, f"python3-tds: {mode}")


def clients_refuse_bad_certificates():
    with Lab() as lab:
        server = Server(lab)
        for certificate in ("wrong-host", "expired", "unknown-authority"):
            authority = encrypt(lab, "required", certificate)
            done = server.tsql_with(QUERIES[0], "require", authority)
            expect(not rows_of(done.stdout), f"tsql took a certificate: {certificate}")
            try:
                server.pytds(cafile=authority, validate_host=True).close()
                expect(False, f"python3-tds took a certificate: {certificate}")
            except (pytds.Error, OSError, OpenSSL.SSL.Error):
                pass


def forty_connections_read_at_once():
    failures = []

    def read(server):
        try:
            with server.pytds() as connection:
                for _ in range(3):
                    expect(len(read_all(connection, QUERIES[0])) > 5, "databases")
        except Exception as error:  # pylint: disable=broad-except
            failures.append(repr(error))

    with Lab() as lab:
        server = Server(lab)
        threads = [threading.Thread(target=read, args=(server,)) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    expect(not failures, "; ".join(failures[:3]))


if __name__ == "__main__":
    support.main([
        three_clients_read_the_same_rows,
        every_protocol_version_logs_in,
        a_wrong_password_is_18456_for_every_client,
        freetds_understands_every_token,
        errors_carry_number_severity_and_state,
        parameters_reach_the_statement_with_their_types,
        what_is_committed_stays_and_the_rest_goes,
        clients_log_in_over_tls_in_every_mode,
        clients_refuse_bad_certificates,
        forty_connections_read_at_once,
    ])
