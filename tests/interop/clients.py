"""Clients that this project did not write, each behind the same few calls. A client that has no way
to do something says so (NotOffered): that is printed, never passed over.

A value comes back as text, NULL as None; an error as ServerError with what the client tells of it.
"""
import datetime
import json
import os
import re
import subprocess

import pytds

try:
    import pymssql
except ImportError:
    pymssql = None

HERE = os.path.dirname(os.path.abspath(__file__))
MESSAGE = re.compile(r"Msg (\d+)(?: \(severity|, Level) (\d+),? [Ss]tate (\d+)")
JTDS = "/usr/share/java/jtds.jar"


class NotOffered(Exception):
    """The client has no way to do this."""


class ServerError(Exception):
    """An error of the server; None for what the client does not tell."""

    def __init__(self, number, severity=None, state=None):
        super().__init__(f"{number}, severity {severity}, state {state}")
        self.number, self.severity, self.state = number, severity, state


def text_of(value):
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return str(value)


class Client:
    """What a client may offer; server: check_clients' Server; authority: path of a CA, or None."""

    name = "?"
    longest = 10 ** 6  # characters of a value that the client shows
    raw = ()  # types that it shows as their bytes

    def __init__(self, server, authority=None):
        self.server, self.authority = server, authority

    @staticmethod
    def missing():
        """The Debian package that is not there, or None."""
        return None

    def rows(self, text):
        raise NotOffered

    def count(self, text):
        """How many rows the text gives."""
        return len(self.rows(text))

    def counts(self, texts):
        """count of each; NotOffered itself where it is raised."""
        for text in texts:
            try:
                yield self.count(text)
            except NotOffered as lack:
                yield lack

    def parameters(self, text, values):
        raise NotOffered("values as parameters")

    def prepared(self, text, lists):
        raise NotOffered("prepared statements")

    def cancel(self, text):
        """Sends text, cancels it, and gives the rows of SELECT 1 on the same connection."""
        raise NotOffered("cancelling a statement")

    def null(self):
        """How NULL looks in rows()."""
        return None


# --- command-line tools of FreeTDS and unixODBC ----------------------------------------------------

class Tool(Client):
    """A tool that reads a script; one process for each text."""

    separator = "\x1f"
    version = "7.4"

    def freetds_conf(self):
        path = os.path.join(self.server.directory, "clients.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"[global]\ntds version = {self.version}\nclient charset = UTF-8\n"
                       "text size = 1000000\n")
            if self.authority:
                file.write(f"encryption = require\nca file = {self.authority}\n")
            else:
                file.write("encryption = off\n")
            file.write(f"[lab]\nhost = 127.0.0.1\nport = {self.server.port}\n")
        return path

    def environment(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TDS")}
        environment.update(LC_ALL="C.UTF-8", FREETDSCONF=self.freetds_conf())
        return environment

    def script(self, text):
        path = os.path.join(self.server.directory, "client.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\ngo\n")
        return path

    def run(self, command, text=None):
        return subprocess.run(command, input=text, env=self.environment(), text=True,
                              capture_output=True, timeout=60, check=False)

    def read(self, done):
        found = MESSAGE.search(done.stdout + done.stderr)
        if found and int(found.group(2)) > 10:
            raise ServerError(*map(int, found.groups()))
        return [line.split(self.separator) for line in done.stdout.splitlines()
                if self.separator in line]

    def null(self):
        return "NULL"


class Tsql(Tool):
    name = "tsql (freetds-bin)"

    def rows(self, text):
        return self.read(self.run(["tsql", "-o", "fhq", "-t", self.separator, "-S", "lab", "-U",
                                   self.server.user, "-P", self.server.password],
                                  f"{text}\ngo\nexit\n"))


class Bsqldb(Tool):
    name = "bsqldb (freetds-bin)"
    raw = ("nvarchar(max)",)

    def rows(self, text):
        done = self.run(["bsqldb", "-q", "-h", "-t", self.separator, "-S", "lab", "-U",
                         self.server.user, "-P", self.server.password, "-i", self.script(text)])
        unknown = re.search(r"type (\d+) not supported", done.stderr)
        if unknown:
            names = {"36": "uniqueidentifier", "98": "sql_variant"}
            raise NotOffered(f"columns of type {names.get(unknown.group(1), unknown.group(1))}")
        if done.returncode == -11 and "numeric(25" in text:
            raise NotOffered("numeric of 25 digits (it crashes)")
        return self.read(done)


class Fisql(Tool):
    name = "fisql (freetds-bin)"
    separator = "\t"

    def fisql(self, text):
        done = self.run(["fisql", "-n", "-h", "0", "-w", "9000000", "-s", "\t", "-S", "lab", "-U",
                         self.server.user, "-P", self.server.password, "-i", self.script(text)])
        if "Requested data conversion does not exist" in done.stdout:
            raise NotOffered("columns of type sql_variant")
        if "Out of memory" in done.stderr:
            raise NotOffered("columns of type nvarchar(max)")
        return done

    def count(self, text):
        """A value may hold line ends: what fisql itself says it read."""
        done = self.fisql(text)
        self.read(done)
        return int(re.findall(r"\((\d+) rows? affected\)", done.stdout)[-1])

    def rows(self, text):
        done = self.fisql(text)
        rows = self.read(done)
        # a line of dashes stands under the names
        dashes = [i for i, row in enumerate(rows) if all(set(c.strip()) <= {"-"} for c in row)]
        return [[cell.strip() for cell in row] for row in rows[dashes[-1] + 1:]] if dashes else []


class Isql(Tool):
    name = "isql (unixodbc, tdsodbc)"
    separator = "|"
    longest = 300

    @staticmethod
    def missing():
        found = os.path.exists("/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so")
        return None if found else "tdsodbc"

    def rows(self, text):
        string = (f"DRIVER=/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so;SERVERNAME=lab;"
                  f"UID={self.server.user};PWD={self.server.password};TDS_Version=7.4;")
        done = self.run(["isql", "-k", string, "-b", "-v", "-d|", "-m20000"],
                        " ".join(text.split()) + "\n")
        if "[ISQL]ERROR" in done.stdout + done.stderr or "SQL Server]" in done.stdout:
            raise ServerError(None)
        return self.read(done)

    def prepared(self, text, lists):
        """isql prepares every text; it has no parameters."""
        return [self.rows(text.replace("?", str(values[0]))) for values in lists]

    def null(self):
        return ""


# --- libraries of Python ---------------------------------------------------------------------------

class PythonTds(Client):
    name = "python3-tds with python3-openssl"

    def connect(self):
        options = {"cafile": self.authority, "validate_host": False} if self.authority else {}
        return self.server.pytds(**options)

    def rows(self, text):
        with self.connect() as connection:
            cursor = connection.cursor()
            try:
                cursor.execute(text)
                return self.last(cursor)
            except pytds.Error as error:
                raise ServerError(error.number, error.severity, error.state) from error

    @staticmethod
    def last(cursor):
        rows = []
        while True:
            if cursor.description:
                rows = [[text_of(value) for value in row] for row in cursor.fetchall()]
            if not cursor.nextset():
                return rows

    def parameters(self, text, values):
        with self.connect() as connection:
            cursor = connection.cursor()
            cursor.execute(text.replace("?", "%s"), tuple(values))
            return self.last(cursor)

    def cancel(self, text):
        with self.connect() as connection:
            cursor = connection.cursor()
            cursor.execute(text)
            cursor.fetchone()
            cursor.cancel()
            other = connection.cursor()
            other.execute("SELECT 1")
            return self.last(other)


class Pymssql(Tool):
    name = "python3-pymssql"
    raw = ("datetimeoffset", "SERVERPROPERTY")

    @staticmethod
    def missing():
        return None if pymssql else "python3-pymssql"

    def connect(self):
        os.environ["FREETDSCONF"] = self.freetds_conf()
        return pymssql.connect(server="127.0.0.1", port=str(self.server.port), user=self.server.user, password=self.server.password,
                               autocommit=True, login_timeout=10, timeout=20, conn_properties="")

    def rows(self, text):
        return self.execute(text, None)

    def execute(self, text, values):
        connection = self.connect()
        try:
            cursor = connection.cursor()
            cursor.execute(text, values)
            rows = []
            while True:
                if cursor.description:
                    rows = [[text_of(value) for value in row] for row in cursor.fetchall()]
                if not cursor.nextset():
                    return rows
        except pymssql.Error as error:
            raise ServerError(error.args[0] if isinstance(error.args[0], int) else None) from error
        finally:
            connection.close()

    def parameters(self, text, values):
        return self.execute(text.replace("?", "%s"), tuple(values))

    def null(self):
        return None


# --- Perl and Java: a script each, texts in and answers out as JSON --------------------------------

class Scripted(Tool):
    """A program that reads one JSON request a line and answers each with one JSON line."""

    command = ()

    def ask(self, **request):
        done = self.run(list(self.program()), json.dumps(request) + "\n")
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if not lines:
            raise RuntimeError(f"{self.name}: {done.stderr[-400:]}")
        answer = json.loads(lines[-1])
        if "number" in answer:
            raise ServerError(answer["number"], answer.get("severity"), answer.get("state"))
        return answer["rows"]

    def program(self):
        return self.command

    def rows(self, text):
        return self.ask(kind="rows", text=text)

    def counts(self, texts):
        """All over one connection: starting the program takes a while."""
        return self.ask(kind="counts", text="", lists=[[text] for text in texts])

    def prepared(self, text, lists):
        return self.ask(kind="prepared", text=text, lists=lists)

    def parameters(self, text, values):
        return self.ask(kind="prepared", text=text, lists=[values])[0]

    def cancel(self, text):
        return self.ask(kind="cancel", text=text)

    def null(self):
        return None


class DbdSybase(Scripted):
    """Speaks 7.1: it gives a nvarchar(max) of 7.2 a buffer of two gigabytes."""

    name = "libdbd-sybase-perl (7.1)"
    version = "7.1"

    @staticmethod
    def missing():
        done = subprocess.run(["/usr/bin/perl", "-MDBD::Sybase", "-e", "1"], capture_output=True,
                              check=False)
        return None if done.returncode == 0 else "libdbd-sybase-perl"

    def program(self):
        return ("/usr/bin/perl", os.path.join(HERE, "dbd_sybase.pl"), self.server.user,
                self.server.password)


class Jtds(Scripted):
    name = "libjtds-java"

    @staticmethod
    def missing():
        if not os.path.exists(JTDS):
            return "libjtds-java"
        return None if os.path.exists("/usr/bin/javac") else "default-jdk-headless"

    def program(self):
        classes = os.path.join(os.environ.get("BUILD", "build"), "jtds")
        source = os.path.join(HERE, "JtdsClient.java")
        target = os.path.join(classes, "JtdsClient.class")
        if not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source):
            os.makedirs(classes, exist_ok=True)
            subprocess.run(["javac", "-d", classes, source], check=True, capture_output=True)
        return ("java", "-cp", f"{JTDS}:{classes}", "JtdsClient",
                f"jdbc:jtds:sqlserver://127.0.0.1:{self.server.port}/master;TDS=8.0;ssl="
                + ("require" if self.authority else "off"), self.server.user, self.server.password)


IN_CHECK = (Tsql, Bsqldb, Fisql, Isql, PythonTds, Pymssql, DbdSybase)
DEEP = (Jtds,)
