#!/usr/bin/python3
"""Clients of other people against the lab: each logs in with and without TLS, reads every table of
the catalog, sends parameters, prepares, opens and ends transactions, reads NULLs and wide types,
hears of errors with number, severity and state, and cancels. Prints a line a client with what was
done and what that client does not offer. --deep: those that need a Java machine.
"""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import check_clients  # noqa: E402
import clients  # noqa: E402
import lab as support  # noqa: E402
from lab import ROOT, Lab, expect  # noqa: E402

WIDE = (
    ("CAST(9223372036854775807 AS bigint)", "9223372036854775807"),
    ("CAST(1234567890123456789012345 AS numeric(25,0))", "1234567890123456789012345"),
    ("CAST('2026-11-20T12:34:56.120' AS datetime)", "2026"),
    ("CAST('2026-11-20T12:34:56.1234567' AS datetime2(7))", "2026"),
    ("CAST('2026-11-20' AS date)", "2026"),
    ("CAST('12:34:56' AS time(0))", "34"),
    ("CAST('2026-11-20T12:34:56+02:00' AS datetimeoffset(0))", "2026"),
    ("N'\u00e9\u4e2d'", "\u00e9\u4e2d"),
    ("CAST(REPLICATE(N'x', 3000) AS nvarchar(max))", "x" * 3000),
    ("CAST(0x0102 AS varbinary(8))", "0102"),
    ("CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier)", "8b86"),
    ("CAST(1.5 AS float)", "1.5"),
    ("CAST(1 AS bit)", "1"),
    ("SERVERPROPERTY('ServerName')", "SQLA"),
)


def catalog_tables():
    """Every catalog view of the lab, and the stored tables of msdb and the management database."""
    out = set()
    for path in glob.glob(os.path.join(ROOT, "tests", "lab", "catalog*.c")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        out |= {(schema, name) for schema, name in
                re.findall(r'\.schema = "(\w+)",\s*\.name = "(\w+)"', text)}
    database = {"dbo": "msdb.", "sys": "", "INFORMATION_SCHEMA": ""}
    return {f"{'master.' if name.startswith('lab_') else database[schema]}{schema}.{name}"
            for schema, name in out}


def all_tables(reference):
    names = catalog_tables()
    for database in ("msdb", "BizTalkMgmtDb"):
        names |= {f"{database}.dbo.{row[0]}" for row in
                  reference.rows(f"SELECT name FROM {database}.sys.tables")}
    return sorted(names)


OF_SESSIONS = ("sys.dm_exec_", "sys.dm_tran_")


class Trial:
    """One client's way through everything."""

    def __init__(self, lab, kind, tables, counts):
        self.lab, self.kind, self.tables, self.counts = lab, kind, tables, counts
        self.server = check_clients.Server(lab)
        self.server.user, self.server.password = (self.server.restore["user"],
                                                  self.server.restore["password"])
        self.client = kind(self.server)
        self.done, self.lacks = [], []

    def lack(self, text):
        if str(text) not in self.lacks:
            self.lacks.append(str(text))

    def attempt(self, name, function):
        try:
            detail = function()
            self.done.append(name + (f" {detail}" if detail else ""))
        except clients.NotOffered as lack:
            self.lack(lack)

    def login(self):
        expect(self.client.rows("SELECT 1 AS a, 2 AS b") == [["1", "2"]], "SELECT 1, 2")

    def tls(self):
        authority = check_clients.encrypt(self.lab, "required")
        try:
            rows = self.kind(self.server, authority).rows("SELECT 1 AS a, 2 AS b")
            expect(rows == [["1", "2"]], f"SELECT 1, 2 over TLS: {rows}")
        finally:
            check_clients.encrypt(self.lab, "off")

    def catalog(self):
        read = 0
        texts = [f"SELECT TOP (20) *, 1 AS one_more FROM {table}" for table in self.tables]
        for table, got in zip(self.tables, self.client.counts(texts)):
            if isinstance(got, clients.NotOffered):
                self.lack(got)
                continue
            if not table.startswith(OF_SESSIONS):  # they tell who is connected just now
                expect(got == self.counts[table],
                       f"{table}: {got} rows, not {self.counts[table]}")
            read += 1
        return f"({read} of {len(self.tables)} tables)"

    def parameters(self):
        rows = self.client.parameters("SELECT name, database_id FROM sys.databases WHERE name = ?"
                                      " OR name = ? ORDER BY name", ["master", "msdb"])
        expect([row[0] for row in rows] == ["master", "msdb"], f"two databases: {rows}")

    def prepared(self):
        sets = self.client.prepared("SELECT database_id, name FROM sys.databases WHERE"
                                    " database_id = ?", [[1], [4], [1]])
        expect([rows[0][1] for rows in sets] == ["master", "msdb", "master"], f"{sets}")

    def transactions(self):
        rows = self.client.rows("CREATE TABLE #t (n int, t nvarchar(9)); BEGIN TRANSACTION; INSERT"
                                " #t VALUES (1, 'gone'); ROLLBACK; BEGIN TRANSACTION; INSERT #t"
                                " VALUES (2, 'kept'); COMMIT; SELECT n, t FROM #t")
        expect(rows == [["2", "kept"]], f"what was committed: {rows}")

    def nulls(self):
        rows = self.client.rows("SELECT CAST(NULL AS int) AS a, CAST(NULL AS nvarchar(10)) AS b,"
                                " CAST(NULL AS datetime) AS c, 'x' AS d")
        null = self.client.null()
        expect(rows == [[null] * 3 + ["x"]], f"three NULLs: {rows}")
        rows = self.client.rows("SELECT CAST(NULL AS nvarchar(max)) AS a, 'x' AS b")
        expect(rows == [[null, "x"]], f"a long NULL: {rows}")

    def wide(self):
        shown = 0
        for text, wanted in WIDE:
            try:
                rows = self.client.rows(f"SELECT {text} AS a, 1 AS b")
            except clients.NotOffered as lack:
                self.lack(lack)
                continue
            value = (rows[0][0] or "").lower() if rows else ""
            raw = [kind for kind in self.client.raw if kind in text]
            if raw and re.fullmatch("(0x)?[0-9a-f]+", value):
                self.lack(f"{raw[0]} as other than bytes")
                continue
            if len(wanted) > self.client.longest:
                self.lack(f"values longer than {self.client.longest}")
            expect(wanted.lower()[:self.client.longest] in value, f"{text} = {value[:60]!r}")
            shown += 1
        return f"({shown} of {len(WIDE)})"

    def errors(self):
        told = set()
        for text, number, severity, state in (
                ("SELECT * FROM dbo.no_such_table", 208, 16, 1),
                ("RAISERROR('told', 14, 5)", 50000, 14, 5), ("SELECT * FORM x", 102, 15, 1)):
            try:
                self.client.rows(text)
                expect(False, f"no error: {text}")
            except clients.ServerError as error:
                for what, got, wanted in (("number", error.number, number),
                                          ("severity", error.severity, severity),
                                          ("state", error.state, state)):
                    expect(got in (None, wanted), f"{what} {got}, not {wanted}: {text}")
                    if got is not None:
                        told.add(what)
        silent = [what for what in ("number", "severity", "state") if what not in told]
        if silent:
            self.lack(f"an error's {', '.join(silent)}")

    def cancel(self):
        expect(self.client.cancel("SELECT 3 AS first; WAITFOR DELAY '00:00:20'; SELECT 2 AS never") == [["1"]],
               "the connection goes on")

    def run(self):
        for name, function in (
                ("login", self.login), ("catalog", self.catalog), ("parameters", self.parameters),
                ("prepared", self.prepared), ("transactions", self.transactions),
                ("NULLs", self.nulls), ("wide types", self.wide), ("errors", self.errors),
                ("cancel", self.cancel), ("TLS", self.tls)):
            try:
                self.attempt(name, function)
            except Exception as error:  # named with what it was about
                raise support.Failure(f"{self.kind.name}: {name}: {error}") from error
        print(f"  {self.kind.name}: {', '.join(self.done)}"
              + (f"; not offered by the client: {'; '.join(self.lacks)}" if self.lacks else ""))


def trial(kind):
    def test():
        expect(kind.missing() is None, f"{kind.missing()} is not installed: make deps"
               + ("-deep" if kind in clients.DEEP else ""))
        with Lab(speed=1) as lab:
            server = check_clients.Server(lab)
            server.user, server.password = server.restore["user"], server.restore["password"]
            reference = clients.PythonTds(server)
            tables = all_tables(reference)
            counts = {t: len(reference.rows(f"SELECT TOP (20) * FROM {t}")) for t in tables}
            Trial(lab, kind, tables, counts).run()
            with open(lab.log, encoding="utf-8", errors="replace") as file:
                bad = [line for line in file if "NOT NULL" in line or "connection closed" in line]
            expect(not bad, f"the lab's log: {bad[:3]}")
    test.__name__ = re.sub(r"\W+", "_", kind.name)
    return test


if __name__ == "__main__":
    deep = "--deep" in sys.argv
    if deep:
        sys.argv.remove("--deep")
    support.main([trial(kind) for kind in (clients.DEEP if deep else clients.IN_CHECK)])
