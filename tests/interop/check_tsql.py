#!/usr/bin/python3
"""T-SQL as its documentation has it: a table of statements with the types and rows, or the errors,
that the named page of https://learn.microsoft.com/en-us/sql/ promises, sent over raw TDS. Prints
how many cases there are, from how many pages.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import lab as support  # noqa: E402
import tds  # noqa: E402
from lab import Lab, expect  # noqa: E402
from proxy import read_ini  # noqa: E402

WHOLE = {"1": "tinyint", "2": "smallint", "4": "int", "8": "bigint"}
F, L, Q, S = ("t-sql/functions/", "t-sql/language-elements/", "t-sql/queries/",
              "t-sql/statements/")
ERRORS = "relational-databases/errors-events/database-engine-events-and-errors"

# (page, statement, types, rows of the last result set) or (page, statement, "!", "number severity")
CASES = [
    # numbers
    (F + "abs-transact-sql", "SELECT ABS(-1), ABS(0), ABS(1)", "int int int", [(1, 0, 1)]),
    (F + "abs-transact-sql", "SELECT ABS(CAST(-2147483648 AS int))", "!", "8115 16"),
    (F + "ceiling-transact-sql", "SELECT CEILING(123.45), CEILING(-123.45)",
     "numeric(5,0) numeric(5,0)", [(124, -123)]),
    (F + "floor-transact-sql", "SELECT FLOOR(123.45), FLOOR(-123.45)",
     "numeric(5,0) numeric(5,0)", [(123, -124)]),
    (F + "round-transact-sql", "SELECT ROUND(123.9994, 3), ROUND(123.9995, 3)",
     "numeric(7,4) numeric(7,4)", [(123.999, 124.0)]),
    (F + "round-transact-sql", "SELECT ROUND(748.58, -1), ROUND(150.75, 0, 1)",
     "numeric(5,2) numeric(5,2)", [(750.0, 150.0)]),
    (F + "sign-transact-sql", "SELECT SIGN(-125), SIGN(0), SIGN(564)", "int int int",
     [(-1, 0, 1)]),
    (F + "power-transact-sql", "SELECT POWER(2, 3), POWER(2.0, 3)", "int numeric(38,1)",
     [(8, 8.0)]),
    (L + "modulo-transact-sql", "SELECT 38 / 5 AS i, 38 % 5 AS r", "int int", [(7, 3)]),
    (L + "divide-transact-sql", "SELECT 1/0", "!", "8134 16"),
    (L + "add-transact-sql", "SELECT 1 + CAST(2 AS bigint)", "bigint", [(3,)]),
    (L + "add-transact-sql", "SELECT CAST('12' AS int) + 1", "int", [(13,)]),
    (L + "bitwise-and-transact-sql", "SELECT 170 & 75", "int", [(10,)]),
    (L + "bitwise-or-transact-sql", "SELECT 170 | 75", "int", [(235,)]),
    (L + "bitwise-exclusive-or-transact-sql", "SELECT 170 ^ 75", "int", [(225,)]),
    (L + "bitwise-not-transact-sql", "SELECT ~CAST(170 AS int)", "int", [(-171,)]),
    ("t-sql/data-types/precision-scale-and-length-transact-sql",
     "SELECT CAST(1 AS decimal(5,2)) + CAST(1 AS decimal(5,2))", "numeric(6,2)", [(2.0,)]),
    ("t-sql/data-types/precision-scale-and-length-transact-sql",
     "SELECT CAST(1 AS decimal(5,2)) * CAST(1 AS decimal(5,2))", "numeric(11,4)", [(1.0,)]),
    ("t-sql/data-types/precision-scale-and-length-transact-sql",
     "SELECT CAST(1 AS decimal(5,2)) / CAST(2 AS decimal(5,2))", "numeric(13,8)", [(0.5,)]),
    ("t-sql/data-types/constants-transact-sql", "SELECT 2147483647, 2147483648",
     "int numeric(10,0)", [(2147483647, 2147483648)]),
    ("t-sql/data-types/constants-transact-sql", "SELECT 101.5E5", "float", [(10150000.0,)]),
    ("t-sql/data-types/constants-transact-sql", "SELECT 0x12EF", "varbinary(2)",
     [(b"\x12\xef",)]),
    ("t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql",
     "SELECT CAST(255 AS tinyint), CAST(-32768 AS smallint)", "tinyint smallint",
     [(255, -32768)]),
    ("t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql",
     "SELECT CAST(256 AS tinyint)", "!", "220 16"),
    ("t-sql/data-types/bit-transact-sql", "SELECT CAST('TRUE' AS bit), CAST(5 AS bit)", "bit bit",
     [(True, True)]),
    # text
    (F + "ascii-transact-sql", "SELECT ASCII('A'), ASCII('a')", "int int", [(65, 97)]),
    (F + "char-transact-sql", "SELECT CHAR(65)", "char(1)", [("A",)]),
    (F + "nchar-transact-sql", "SELECT NCHAR(248)", "nchar(1)", [("\u00f8",)]),
    (F + "unicode-transact-sql", "SELECT UNICODE(N'\u00c5kergatan 24')", "int", [(197,)]),
    (F + "charindex-transact-sql", "SELECT CHARINDEX('is', 'This is a string')", "int", [(3,)]),
    (F + "charindex-transact-sql", "SELECT CHARINDEX('is', 'This is a string', 4)", "int",
     [(6,)]),
    (F + "patindex-transact-sql", "SELECT PATINDEX('%ter%', 'interesting data')", "int", [(3,)]),
    (F + "concat-transact-sql", "SELECT CONCAT('Happy ', 'Birthday ', 11, '/', '25')",
     "varchar", [("Happy Birthday 11/25",)]),
    (F + "concat-transact-sql", "SELECT CONCAT('a', NULL, 'b')", "varchar", [("ab",)]),
    (F + "left-transact-sql", "SELECT LEFT('abcdefg', 2)", "varchar", [("ab",)]),
    (F + "right-transact-sql", "SELECT RIGHT('abcdefg', 2)", "varchar", [("fg",)]),
    (F + "substring-transact-sql", "SELECT SUBSTRING('abcdef', 2, 3)", "varchar", [("bcd",)]),
    (F + "len-transact-sql", "SELECT LEN('abc  '), LEN(N'\u00e9')", "int int", [(3, 1)]),
    (F + "datalength-transact-sql", "SELECT DATALENGTH('abc'), DATALENGTH(N'abc')", "int int",
     [(3, 6)]),
    (F + "lower-transact-sql", "SELECT LOWER('SELECT'), UPPER('select')", "varchar(6) varchar(6)",
     [("select", "SELECT")]),
    (F + "ltrim-transact-sql", "SELECT LTRIM('     Five spaces are at the beginning.')",
     "varchar(38)", [("Five spaces are at the beginning.",)]),
    (F + "rtrim-transact-sql", "SELECT RTRIM('Four spaces.    ')", "varchar(16)",
     [("Four spaces.",)]),
    (F + "replace-transact-sql", "SELECT REPLACE('abcdefghicde','cde','xxx')", "varchar(8000)",
     [("abxxxfghixxx",)]),
    (F + "replicate-transact-sql", "SELECT REPLICATE('0', 4)", "varchar(8000)", [("0000",)]),
    (F + "replicate-transact-sql", "SELECT LEN(REPLICATE(CAST('x' AS varchar(max)), 9000)),"
     " LEN(REPLICATE('x', 9000))", None, [(9000, 8000)]),
    (F + "reverse-transact-sql", "SELECT REVERSE(1234)", "varchar(12)", [("4321",)]),
    (F + "stuff-transact-sql", "SELECT STUFF('abcdef', 2, 3, 'ijklmn')", "varchar",
     [("aijklmnef",)]),
    (F + "str-transact-sql", "SELECT STR(123.45, 6, 1)", "varchar", [(" 123.5",)]),
    (F + "quotename-transact-sql", "SELECT QUOTENAME('abc[]def')", "nvarchar(258)",
     [("[abc[]]def]",)]),
    (F + "space-transact-sql", "SELECT 'a' + SPACE(2) + 'b'", None, [("a  b",)]),
    (F + "string-agg-transact-sql", "SELECT STRING_AGG(v, ',') WITHIN GROUP (ORDER BY v) FROM"
     " (VALUES ('b'), ('a')) AS t(v)", "varchar(8000)", [("a,b",)]),
    (L + "string-concatenation-transact-sql", "SELECT N'a' + 'b'", "nvarchar(2)", [("ab",)]),
    (L + "like-transact-sql", "SELECT 1 WHERE 'Cheryl' LIKE '[CS]heryl'", "int", [(1,)]),
    (L + "like-transact-sql", "SELECT 1 WHERE '50%' LIKE '%50!%%' ESCAPE '!'", "int", [(1,)]),
    # conversion, NULL, choice
    (F + "cast-and-convert-transact-sql", "SELECT CAST(10.6496 AS int), CAST(-10.6496 AS int)",
     "int int", [(10, -10)]),
    (F + "cast-and-convert-transact-sql", "SELECT CAST(10.6496 AS numeric)", "numeric(18,0)",
     [(11,)]),
    (F + "cast-and-convert-transact-sql", "SELECT CAST('x' AS int)", "!", "245 16"),
    (F + "cast-and-convert-transact-sql",
     "SELECT CONVERT(varchar(30), CAST('2006-12-30T00:38:54.840' AS datetime), 126)",
     "varchar(30)", [("2006-12-30T00:38:54.840",)]),
    (F + "cast-and-convert-transact-sql",
     "SELECT CONVERT(char(8), CAST('2006-12-30' AS datetime), 112)", "char(8)", [("20061230",)]),
    (F + "cast-and-convert-transact-sql", "SELECT CONVERT(char(8), 0x4E616d65, 0)", "char(8)",
     [("Name    ",)]),
    (F + "cast-and-convert-transact-sql", "SELECT CONVERT(varchar(10), 0x4E616D65, 1)",
     "varchar(10)", [("0x4E616D65",)]),
    (F + "try-convert-transact-sql", "SELECT CASE WHEN TRY_CONVERT(float, 'test') IS NULL THEN"
     " 'Cast failed' ELSE 'Cast succeeded' END", "varchar(14)", [("Cast failed",)]),
    (F + "try-cast-transact-sql", "SELECT TRY_CAST('12' AS int), TRY_CAST('x' AS int)", "int int",
     [(12, None)]),
    (F + "isnull-transact-sql", "SELECT ISNULL(CAST(NULL AS varchar(3)), 'abcdef')",
     "varchar(3)", [("abc",)]),
    (L + "coalesce-transact-sql", "SELECT COALESCE(NULL, NULL, 'third_value')", "varchar(11)",
     [("third_value",)]),
    (L + "nullif-transact-sql", "SELECT NULLIF(4, 4), NULLIF(5, 4)", "int int", [(None, 5)]),
    (F + "logical-functions-iif-transact-sql", "SELECT IIF(45 > 30, 'TRUE', 'FALSE')",
     "varchar(5)", [("TRUE",)]),
    (L + "case-transact-sql", "SELECT CASE 2 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END",
     "varchar(3)", [("two",)]),
    (L + "case-transact-sql", "SELECT CASE WHEN 1 = 2 THEN 1 END", "int", [(None,)]),
    # time
    (F + "dateadd-transact-sql", "SELECT CONVERT(varchar(19), DATEADD(month, 1, CAST("
     "'2006-08-30' AS datetime)), 120)", "varchar(19)", [("2006-09-30 00:00:00",)]),
    (F + "dateadd-transact-sql", "SELECT CONVERT(varchar(10), DATEADD(month, 1, CAST('2006-08-31'"
     " AS date)), 23)", "varchar(10)", [("2006-09-30",)]),
    (F + "datediff-transact-sql", "SELECT DATEDIFF(day, '2005-12-31 23:59:59.9999999',"
     " '2006-01-01 00:00:00.0000000')", "int", [(1,)]),
    (F + "datediff-transact-sql", "SELECT DATEDIFF(year, '2005-12-31', '2006-01-01')", "int",
     [(1,)]),
    (F + "datepart-transact-sql", "SELECT DATEPART(year, '12:10:30.123'), DATEPART(hour,"
     " '12:10:30.123')", "int int", [(1900, 12)]),
    (F + "datename-transact-sql", "SELECT DATENAME(month, '2007-10-30')", "nvarchar(30)",
     [("October",)]),
    (F + "day-transact-sql", "SELECT DAY('2015-04-30'), MONTH('2007-04-30'), YEAR('2010-04-30')",
     "int int int", [(30, 4, 2010)]),
    (F + "eomonth-transact-sql", "SELECT CONVERT(varchar(10), EOMONTH('2011-12-01'), 23)",
     "varchar(10)", [("2011-12-31",)]),
    (F + "datefromparts-transact-sql", "SELECT CONVERT(varchar(10), DATEFROMPARTS(2010, 12, 31),"
     " 23)", "varchar(10)", [("2010-12-31",)]),
    (F + "getdate-transact-sql", "SELECT GETDATE(), GETUTCDATE(), SYSDATETIME()",
     "datetime datetime datetime2(7)", None),
    (F + "sysutcdatetime-transact-sql", "SELECT SYSUTCDATETIME(), SYSDATETIMEOFFSET()",
     "datetime2(7) datetimeoffset(7)", None),
    (F + "isdate-transact-sql", "SELECT ISDATE('2009-05-12 10:19:41.177'), ISDATE('x')",
     "int int", [(1, 0)]),
    # queries
    (Q + "select-transact-sql", "SELECT a.v FROM (VALUES (1), (2), (3)) AS a(v) WHERE a.v > 1"
     " ORDER BY a.v DESC", "int", [(3,), (2,)]),
    (Q + "top-transact-sql", "SELECT TOP (2) v FROM (VALUES (3), (1), (2)) AS t(v) ORDER BY v",
     "int", [(1,), (2,)]),
    (Q + "select-order-by-clause-transact-sql", "SELECT v FROM (VALUES (1), (2), (3)) AS t(v)"
     " ORDER BY v OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY", "int", [(2,)]),
    (Q + "select-group-by-transact-sql", "SELECT v, COUNT(*) FROM (VALUES ('a'), ('b'), ('a')) AS"
     " t(v) GROUP BY v ORDER BY v", "varchar(1) int", [("a", 2), ("b", 1)]),
    (Q + "select-having-transact-sql", "SELECT v FROM (VALUES (1), (1), (2)) AS t(v) GROUP BY v"
     " HAVING COUNT(*) > 1", "int", [(1,)]),
    (Q + "from-transact-sql", "SELECT l.a, r.b FROM (VALUES (1), (2)) AS l(a) LEFT JOIN (VALUES"
     " (2, 'x')) AS r(a, b) ON l.a = r.a ORDER BY l.a", "int varchar(1)",
     [(1, None), (2, "x")]),
    (Q + "from-transact-sql", "SELECT COUNT(*) FROM (VALUES (1), (2)) AS l(a) CROSS JOIN (VALUES"
     " (1), (2), (3)) AS r(b)", "int", [(6,)]),
    (Q + "with-common-table-expression-transact-sql", "WITH n(v) AS (SELECT 1 UNION ALL SELECT"
     " v + 1 FROM n WHERE v < 3) SELECT v FROM n", "int", [(1,), (2,), (3,)]),
    (L + "set-operators-union-transact-sql", "SELECT 1 UNION SELECT 1 UNION SELECT 2", "int",
     [(1,), (2,)]),
    (L + "set-operators-union-transact-sql", "SELECT 1 UNION ALL SELECT 1", "int", [(1,), (1,)]),
    (L + "set-operators-except-and-intersect-transact-sql", "SELECT 1 INTERSECT SELECT 1", "int",
     [(1,)]),
    (L + "set-operators-except-and-intersect-transact-sql", "SELECT 1 EXCEPT SELECT 1", "int", []),
    (L + "exists-transact-sql", "SELECT 1 WHERE EXISTS (SELECT NULL)", "int", [(1,)]),
    (L + "in-transact-sql", "SELECT 1 WHERE 2 IN (1, 2, 3) AND 4 NOT IN (1, 2)", "int", [(1,)]),
    (L + "between-transact-sql", "SELECT 1 WHERE 5 BETWEEN 5 AND 9", "int", [(1,)]),
    (L + "all-transact-sql", "SELECT 1 WHERE 3 > ALL (SELECT 1 UNION SELECT 2)", "int", [(1,)]),
    (Q + "is-null-transact-sql", "SELECT 1 WHERE NULL IS NULL AND 1 IS NOT NULL", "int", [(1,)]),
    (F + "row-number-transact-sql", "SELECT ROW_NUMBER() OVER (ORDER BY v DESC), v FROM (VALUES"
     " (10), (20)) AS t(v) ORDER BY v", "bigint int", [(2, 10), (1, 20)]),
    (F + "count-transact-sql", "SELECT COUNT(v), COUNT(*), COUNT(DISTINCT v) FROM (VALUES (1),"
     " (NULL), (1)) AS t(v)", "int int int", [(2, 3, 1)]),
    (F + "sum-transact-sql", "SELECT SUM(v), SUM(CAST(v AS bigint)) FROM (VALUES (1), (2)) AS"
     " t(v)", "int bigint", [(3, 3)]),
    (F + "avg-transact-sql", "SELECT AVG(v) FROM (VALUES (1), (2)) AS t(v)", "int", [(1,)]),
    (F + "max-transact-sql", "SELECT MAX(v), MIN(v) FROM (VALUES ('a'), ('b')) AS t(v)",
     "varchar(1) varchar(1)", [("b", "a")]),
    # statements
    (S + "create-table-transact-sql", "CREATE TABLE #t (id int IDENTITY(10, 5) PRIMARY KEY, v"
     " nvarchar(9) NULL DEFAULT 'd'); INSERT #t DEFAULT VALUES; INSERT #t (v) VALUES ('e'); SELECT"
     " id, v FROM #t", "int nvarchar(9)", [(10, "d"), (15, "e")]),
    (S + "insert-transact-sql", "DECLARE @t TABLE (a int, b int); INSERT @t (b, a) VALUES (1, 2),"
     " (3, 4); SELECT a, b FROM @t ORDER BY a", "int int", [(2, 1), (4, 3)]),
    (Q + "update-transact-sql", "DECLARE @t TABLE (a int); INSERT @t VALUES (1), (2); UPDATE @t"
     " SET a += 10 WHERE a > 1; SELECT a FROM @t ORDER BY a", "int", [(1,), (12,)]),
    (S + "delete-transact-sql", "DECLARE @t TABLE (a int); INSERT @t VALUES (1), (2); DELETE @t"
     " WHERE a = 1; SELECT a, @@ROWCOUNT FROM @t", "int int", [(2, 1)]),
    (S + "truncate-table-transact-sql", "CREATE TABLE #u (a int); INSERT #u VALUES (1); TRUNCATE"
     " TABLE #u; SELECT COUNT(*) FROM #u", "int", [(0,)]),
    (L + "declare-local-variable-transact-sql", "DECLARE @a int = 1, @b nvarchar(4) = N'x'; SELECT"
     " @a, @b", "int nvarchar(4)", [(1, "x")]),
    (L + "set-local-variable-transact-sql", "DECLARE @a int = 10; SET @a -= 3; SELECT @a", "int",
     [(7,)]),
    (L + "if-else-transact-sql", "IF 1 = 2 SELECT 'a' ELSE SELECT 'b'", "varchar(1)", [("b",)]),
    (L + "while-transact-sql", "DECLARE @i int = 0; WHILE 1 = 1 BEGIN SET @i += 1; IF @i < 3"
     " CONTINUE; BREAK; END; SELECT @i", "int", [(3,)]),
    (L + "try-catch-transact-sql", "BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH SELECT"
     " ERROR_NUMBER(), ERROR_SEVERITY(), ERROR_STATE(), ERROR_LINE() END CATCH",
     "int int int int", [(8134, 16, 1, 1)]),
    (L + "throw-transact-sql", "THROW 51000, 'The record does not exist.', 1", "!", "51000 16"),
    (L + "raiserror-transact-sql", "RAISERROR(N'%s is %d', 16, 1, N'x', 7)", "!", "50000 16"),
    (L + "print-transact-sql", "PRINT N'said'; SELECT 1", "int", [(1,)]),
    (F + "trancount-transact-sql", "BEGIN TRAN; BEGIN TRAN; SELECT @@TRANCOUNT; ROLLBACK", "int",
     [(2,)]),
    (F + "xact-state-transact-sql", "BEGIN TRAN; SELECT XACT_STATE(); ROLLBACK", "smallint",
     [(1,)]),
    (L + "commit-transaction-transact-sql", "COMMIT TRANSACTION", "!", "3902 16"),
    (L + "rollback-transaction-transact-sql", "ROLLBACK TRANSACTION", "!", "3903 16"),
    ("relational-databases/system-stored-procedures/sp-executesql-transact-sql",
     "DECLARE @o int; EXEC sp_executesql N'SET @o = @i * 2', N'@i int, @o int OUTPUT', @i = 21,"
     " @o = @o OUTPUT; SELECT @o", "int", [(42,)]),
    (F + "db-id-transact-sql", "SELECT DB_ID(N'master'), DB_NAME(1)", "smallint nvarchar(128)",
     [(1, "master")]),
    (F + "object-id-transact-sql", "SELECT OBJECT_ID(N'no.such.thing')", "int", [(None,)]),
    (F + "serverproperty-transact-sql", "SELECT SERVERPROPERTY('no such property')",
     "sql_variant", [(None,)]),
    (F + "newid-transact-sql", "SELECT NEWID()", "guid", None),
    (F + "suser-sname-transact-sql", "SELECT SUSER_SNAME()", "nvarchar(128)", None),
    (F + "has-perms-by-name-transact-sql", "SELECT HAS_PERMS_BY_NAME(NULL, NULL,"
     " 'VIEW SERVER STATE')", "int", [(1,)]),
    # errors
    (ERRORS, "SELECT * FORM sys.databases", "!", "102 15"),
    (ERRORS, "SELECT FROM sys.databases", "!", "156 15"),
    (ERRORS, "SELECT no_such_column FROM sys.databases", "!", "207 16"),
    (ERRORS, "SELECT 1 FROM dbo.no_such_table", "!", "208 16"),
    (ERRORS, "SELECT @no_such_variable", "!", "137 15"),
    (ERRORS, "SELECT NO_SUCH_FUNCTION(1)", "!", "195 15"),
    (ERRORS, "EXEC dbo.no_such_procedure", "!", "2812 16"),
    (ERRORS, "USE no_such_database", "!", "911 16"),
    (ERRORS, "SELECT database_id FROM sys.databases, sys.master_files", "!", "209 16"),
    (ERRORS, "SELECT name, COUNT(*) FROM sys.databases", "!", "8120 16"),
    (ERRORS, "SELECT 1 UNION SELECT 1, 2", "!", "205 16"),
    (ERRORS, "DECLARE @t TABLE (a int NOT NULL); INSERT @t VALUES (NULL)", "!", "515 16"),
    (ERRORS, "CREATE TABLE #k (a int PRIMARY KEY); INSERT #k VALUES (1), (1)", "!", "2627 14"),
    (ERRORS, "SELECT CAST('99999999999' AS int)", "!", "248 16"),
    (ERRORS, "INSERT INTO sys.databases (name) VALUES ('x')", "!", "259 16"),
]


def type_of(column):
    """T-SQL's name for a column's type."""
    kind = column.kind
    name, _, rest = kind.partition("(")
    length = rest.split(")")[0]
    if name == "intn":
        return WHOLE[length]
    if name == "fltn":
        return "real" if length == "4" else "float"
    if name in ("nvarchar", "nchar") and length != "max":
        return f"{name}({int(length) // 2})"
    if name in ("numericn", "decimaln"):
        return f"numeric({length})"
    return {"bitn": "bit", "datetimn": "datetime", "guid": "guid"}.get(name, kind)


def same_types(got, wanted):
    """A type without a length stands for every length: the page does not tell it."""
    return len(got.split()) == len(wanted.split()) and all(
        a == b or a.partition("(")[0] == b for a, b in zip(got.split(), wanted.split()))


def differs(reply, types, rows):
    """What is wrong with the answer; None."""
    if types == "!":
        got = " ".join(f"{e.number} {e.severity}" for e in reply.errors[:1])
        return None if got == rows else f"error {got or 'none'}, not {rows}"
    if reply.errors:
        return f"error {reply.errors[0].number}: {reply.errors[0].text}"
    columns, got_rows = reply.sets[-1]
    got_types = " ".join(type_of(column) for column in columns)
    if types is not None and not same_types(got_types, types):
        return f"types {got_types}, not {types}"
    if rows is not None and [tuple(row) for row in got_rows] != rows:
        return f"rows {got_rows}, not {rows}"
    return None


def statements_answer_as_their_pages_say():
    with Lab() as lab:
        server = read_ini(lab.ini)["server SQLA"]
        with open(os.path.join(lab.directory, server["restore_password_file"]),
                  encoding="utf-8") as file:
            password = file.readline().rstrip("\n")
        client = tds.Client(int(server["port"]), server["restore_user"], password)
        wrong = []
        for page, text, types, rows in CASES:
            problem = differs(client.batch(text), types, rows)
            if problem:
                wrong.append(f"{text}\n        {problem}; {page}")
            client.batch("USE master")
        client.close()
        pages = {page for page, *_ in CASES}
        print(f"  T-SQL cases: {len(CASES)}, from {len(pages)} pages, {len(wrong)} answered"
              " otherwise")
        expect(not wrong, "\n    " + "\n    ".join(wrong))


if __name__ == "__main__":
    support.main([statements_answer_as_their_pages_say])
