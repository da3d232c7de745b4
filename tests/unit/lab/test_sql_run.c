/* T-SQL that runs: a table of statements with the types and rows, or errors, that a real server
 * gives; then transactions, permissions, the log, TRY, procedures. On a small estate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "tests/lab/agent.h"
#include "tests/lab/engine.h"
#include "tests/lab/estate.h"
#include "tests/lab/reply.h"
#include "tests/lab/sql/convert.h"
#include "tests/lab/sql/type.h"

static struct lab *lab;
static struct instance *instance;
static struct database *shop;
static struct session *session;
static struct reply *reply;

/* --- what a batch gives, as text ------------------------------------------------------------ */

struct seen {
    struct str text;
    struct sql_column columns[100];
    size_t columns_count;
};

static void show_type(struct str *out, const struct sql_type *type)
{
    str_add(out, type_name(type->kind));
    if (type_is_string(type->kind) || type_is_bytes(type->kind)) {
        if (type->length == SQL_LENGTH_MAX)
            str_add(out, "(max)");
        else
            str_format(out, "(%d)", type->length);
    } else if (type->kind == SQL_NUMERIC) {
        str_format(out, "(%d,%d)", type->precision, type->scale);
    } else if (type->kind == SQL_DATETIME2 || type->kind == SQL_TIME ||
               type->kind == SQL_DATETIMEOFFSET) {
        str_format(out, "(%d)", type->scale);
    }
    str_add(out, type->nullable ? "?" : "");
}

static void see_columns(void *context, const struct sql_column *columns, size_t count)
{
    struct seen *seen = context;

    seen->columns_count = count;
    memcpy(seen->columns, columns, count * sizeof *columns);
    str_add(&seen->text, "[");
    for (size_t i = 0; i < count; i++) {
        str_format(&seen->text, "%s%s%s", i == 0 ? "" : ",", columns[i].name,
                   *columns[i].name == '\0' ? "" : " ");
        show_type(&seen->text, &columns[i].type);
    }
    str_add(&seen->text, "]");
}

static void see_row(void *context, const struct sql_value *values)
{
    struct seen *seen = context;
    struct sql_type text = type_string(SQL_NVARCHAR, SQL_LENGTH_MAX, true);

    str_add(&seen->text, " ");
    for (size_t i = 0; i < seen->columns_count; i++) {
        const struct sql_type *type = &seen->columns[i].type;
        struct sql_problem problem = {0};
        struct sql_value value;

        assert_true(convert_value(&value, &values[i], type, &text,
                                  type_is_bytes(type->kind)    ? 1
                                  : type->kind == SQL_DATETIME ? 121
                                                               : 0,
                                  &problem));
        str_format(&seen->text, "%s%s", i == 0 ? "" : ",", value.null ? "NULL" : value.bytes);
        sql_value_free(&value);
    }
}

static bool see_error(void *context, int number, int severity, int state, int line,
                      const char *procedure, const char *message)
{
    struct seen *seen = context;

    (void)line, (void)procedure, (void)message;
    str_format(&seen->text, "%s!%d,%d,%d", seen->text.length == 0 ? "" : " ", number, severity,
               state);
    return true;
}

/* Runs a batch; the result is borrowed until the next call. */
static const char *run_as(struct session *who, const char *text)
{
    static struct seen seen;
    const struct reply_observer observer = {
        .error = see_error, .columns = see_columns, .row = see_row, .context = &seen};

    str_clear(&seen.text);
    if (text == NULL) {
        str_free(&seen.text);
        return NULL;
    }
    reply_set_observer(reply, &observer);
    engine_run_batch(who, text, reply);
    reply_set_observer(reply, NULL);
    return str_text(&seen.text);
}

static const char *run(const char *text)
{
    return run_as(session, text);
}

static void expect(const char *text, const char *expected)
{
    const char *got = run(text);

    if (strcmp(got, expected) != 0)
        fail_msg("%s\n  gives    %s\n  expected %s", text, got, expected);
}

/* --- the estate ----------------------------------------------------------------------------- */

static void add_orders(void)
{
    static const struct sql_column columns[] = {
        {.name = "Id", .type = {.kind = SQL_INT}},
        {.name = "Customer",
         .type = {.kind = SQL_NVARCHAR, .length = 20, .nullable = true}},
        {.name = "Amount",
         .type = {.kind = SQL_NUMERIC, .precision = 25, .nullable = true}},
        {.name = "Placed", .type = {.kind = SQL_DATETIME, .nullable = true}},
        {.name = "Open", .type = {.kind = SQL_BIT}}};
    static const char *const rows[] = {
        "1, N'Anna', 1000000000000000000000001, '2026-01-31T10:00:00', 1",
        "2, N'anna ', 1000000000000000000000002, '2026-02-01T10:00:00', 0",
        "3, N'Bob', 9, '2026-02-02', 1", "4, NULL, NULL, NULL, 0"};

    engine_create_table(instance->engine, shop, "dbo", "Orders", columns, 5, 1, -1);
    engine_create_view(instance->engine, shop, "dbo", "OpenOrders",
                       "SELECT o.Id, o.Customer AS Name FROM dbo.Orders AS o WHERE o.[Open] = 1");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = memory_format("INSERT INTO Shop.dbo.Orders VALUES (%s)", rows[i]);

        assert_string_equal(run(text), "");
        free(text);
    }
}

static int set_up(void **state)
{
    (void)state;
    lab_lock();
    lab = lab_new(1, INT64_C(1795177250000)); /* 2026-11-20 12:20:50 UTC */
    instance = lab_add_instance(lab, "SQLA");
    instance->utc_offset_min = 60;
    shop = instance_add_database(instance, "Shop", false);
    reply = reply_new_sink();
    session = session_open_internal(instance, "Shop", "test", reply);
    add_orders();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    run_as(NULL, NULL);
    session_close_internal(session);
    reply_free(reply);
    lab_free(lab);
    lab_unlock();
    return 0;
}

/* --- the table ------------------------------------------------------------------------------ */

static const struct {
    const char *text, *expected;
} cases[] = {
    /* literals and arithmetic */
    {"SELECT 1 AS a, N'x' AS b, 'yy' AS c, 1.50 AS d, 1e0 AS e, 0xAB AS f, NULL AS g",
     "[a int,b nvarchar(1),c varchar(2),d numeric(3,2),e float,f varbinary(1),g int?] "
     "1,x,yy,1.50,1,0xAB,NULL"},
    {"SELECT 7/2, -7/2, 7%3, 7.0/2", "[int?,int?,int?,numeric(7,6)?] 3,-3,1,3.500000"},
    {"SELECT 2147483648", "[numeric(10,0)] 2147483648"},
    {"SELECT 2147483647 + 1", "[int?] !8115,16,2"},
    {"SELECT 1/0", "[int?] !8134,16,1"},
    {"SELECT CAST(9 AS bigint) * 9", "[bigint?] 81"},
    {"SELECT '5' + 3, '5' + '3'", "[int?,varchar(2)] 8,53"},
    {"SELECT 5 & 3, 5 | 3, 5 ^ 3, ~5", "[int?,int?,int?,int] 1,7,6,-6"},
    {"SELECT CAST(99999999999999999999 AS numeric(25,0)) + 1",
     "[numeric(26,0)?] 100000000000000000000"},
    {"SELECT 0.1 + 0.2", "[numeric(2,1)?] 0.3"},
    {"SELECT 'a' + NULL", "[varchar(1)?] NULL"},
    /* conversion */
    {"SELECT CAST('12' AS int), CAST(12.7 AS int), CAST(1 AS bit), CAST(0x0102 AS int)",
     "[int?,int,bit,int] 12,12,1,258"},
    {"SELECT CAST('abc' AS int)", "[int?] !245,16,1"},
    {"SELECT CAST('99999999999' AS int)", "[int?] !248,16,1"},
    {"SELECT CAST(300 AS tinyint)", "[tinyint] !220,16,2"},
    {"SELECT CAST('x' AS bigint)", "[bigint?] !8114,16,5"},
    {"SELECT CAST('x' AS datetime)", "[datetime?] !241,16,1"},
    {"SELECT CAST('x' AS uniqueidentifier)", "[uniqueidentifier?] !8169,16,2"},
    {"SELECT TRY_CAST('x' AS int), TRY_CONVERT(int, '7')", "[int?,int?] NULL,7"},
    {"SELECT CAST('abcdef' AS varchar(3)), CAST(12345 AS varchar(3)), CAST('a' AS char(3)) + '|'",
     "[varchar(3),varchar(3),varchar(4)] abc,*,a  |"},
    {"SELECT CONVERT(varchar(30), CAST('2026-11-20T12:34:56.789' AS datetime), 121)",
     "[varchar(30)?] 2026-11-20 12:34:56.790"},
    {"SELECT CONVERT(varchar(30), CAST('2026-11-20T12:34:56.547' AS datetime), 126)",
     "[varchar(30)?] 2026-11-20T12:34:56.547"},
    {"SELECT CONVERT(varchar(8), CAST('2026-11-20' AS datetime), 112), "
     "CONVERT(varchar(19), CAST('2026-11-20' AS datetime), 120)",
     "[varchar(8)?,varchar(19)?] 20261120,2026-11-20 00:00:00"},
    {"SELECT CAST(CAST('2026-11-20 13:05' AS datetime) AS varchar(30))",
     "[varchar(30)?] Nov 20 2026  1:05PM"},
    {"SELECT CAST('2026-11-20T10:00:00+01:00' AS datetimeoffset)",
     "[datetimeoffset(7)?] 2026-11-20 10:00:00.0000000 +01:00"},
    {"SELECT CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier)",
     "[uniqueidentifier?] 6F9619FF-8B86-D011-B42D-00C04FC964FF"},
    {"SELECT CONVERT(varchar(20), 0x1F2E, 1), CONVERT(varbinary(4), '0x1F', 1)",
     "[varchar(20),varbinary(4)?] 0x1F2E,0x1F"},
    /* strings */
    {"SELECT LEN('ab '), DATALENGTH(N'ab '), LEN(N'\xF0\x9F\x98\x80')", "[int,int,int] 2,6,2"},
    {"SELECT LEFT('hello', 2), RIGHT('hello', 2), SUBSTRING('hello', 2, 3)",
     "[varchar(5),varchar(5),varchar(5)] he,lo,ell"},
    {"SELECT CHARINDEX('L', 'hello'), PATINDEX('%[0-9]%', 'ab3'), REPLACE('aBc', 'b', '-')",
     "[int,int,varchar(8000)] 3,3,a-c"},
    {"SELECT UPPER('aä'), LTRIM('  x '), RTRIM(' x  ') + '|', STUFF('abc', 2, 1, 'XX')",
     "[varchar(2),varchar(4),varchar(5),varchar(8000)] AÄ,x , x|,aXXc"},
    {"SELECT QUOTENAME('a]b'), QUOTENAME('a''b', '''')", "[nvarchar(258)?,nvarchar(258)?] "
                                                         "[a]]b],'a''b'"},
    {"SELECT CONVERT(varchar(64), HASHBYTES('SHA1', 'abc'), 2), HASHBYTES('NONE', 'abc'), "
     "LEFT(CONVERT(varchar(64), HASHBYTES('SHA2_256', N'abc'), 2), 8)",
     "[varchar(64)?,varbinary(8000)?,varchar(64)?] A9993E364706816ABA3E25717850C26C9CD0D89D,NULL,"
     "13E22856"},
    {"SELECT CONCAT('a', NULL, 1), STR(3.14159, 6, 2), REVERSE('abc'), REPLICATE('ab', 2)",
     "[varchar(14),varchar(8000)?,varchar(3),varchar(8000)] a1,  3.14,cba,abab"},
    {"SELECT 1 WHERE 'ABC ' = 'abc' AND 'a' <> 'b' AND N'Ä' = N'ä'", "[int] 1"},
    {"SELECT 1 WHERE 'a' = 'A' COLLATE Latin1_General_CS_AS", "[int]"},
    {"SELECT 1 WHERE 'BTS_1' LIKE 'bts[_]%' AND 'a%b' LIKE 'a!%b' ESCAPE '!' "
     "AND 'x5' LIKE '[a-z][^a-z]' AND 'ab' NOT LIKE 'a'",
     "[int] 1"},
    /* NULL, CASE */
    {"SELECT ISNULL(NULL, 'x'), COALESCE(NULL, 2, 3), NULLIF(1, 1), NULLIF('a', 'b')",
     "[varchar(1),int,int?,varchar(1)?] x,2,NULL,a"},
    {"SELECT CASE WHEN 1 = 2 THEN 'a' WHEN NULL IS NULL THEN N'bb' END, "
     "CASE 3 WHEN 3 THEN 1 ELSE 2.5 END, IIF(1 > 2, 'x', 'y')",
     "[nvarchar(2)?,numeric(11,1),varchar(1)] bb,1.0,y"},
    {"SELECT 1 WHERE NULL = NULL OR NOT (NULL = 1)", "[int]"},
    /* dates */
    {"SELECT GETDATE(), GETUTCDATE(), SYSDATETIMEOFFSET()",
     "[datetime,datetime,datetimeoffset(7)] 2026-11-20 13:20:50.000,2026-11-20 12:20:50.000,"
     "2026-11-20 13:20:50.0000000 +01:00"},
    {"SELECT DATEADD(month, 1, '2026-01-31'), DATEADD(ms, 5, CAST('2026-01-01' AS datetime))",
     "[datetime?,datetime?] 2026-02-28 00:00:00.000,2026-01-01 00:00:00.007"},
    {"SELECT DATEDIFF(day, '2026-01-01T23:59:00', '2026-01-02T00:01:00'), "
     "DATEDIFF(year, '2025-12-31', '2026-01-01'), DATEDIFF(minute, '2026-01-01', '2026-01-02')",
     "[int,int,int] 1,1,1440"},
    {"SELECT DATEPART(hour, '2026-01-01T13:05:00'), DATENAME(weekday, '2026-11-20'), "
     "DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), YEAR('2026-05-04'), MONTH('2026-05-04')",
     "[int,nvarchar(30)?,int,int,int] 13,Friday,60,2026,5"},
    {"SELECT CAST('2026-01-01' AS datetime) + 1.5", "[datetime?] 2026-01-02 12:00:00.000"},
    {"SELECT DATEDIFF(second, '1900-01-01', '2026-01-01')", "[int] !535,16,0"},
    {"SELECT DATEADD(nonsense, 1, GETDATE())", "!155,15,1"},
    /* numbers */
    {"SELECT ABS(-5), ABS(-1.5), ROUND(2.345, 2), ROUND(1250, -2), CEILING(1.2), FLOOR(-1.2)",
     "[int?,numeric(2,1)?,numeric(4,3),int,numeric(2,0),numeric(2,0)] 5,1.5,2.350,1300,2,-2"},
    /* queries */
    {"SELECT Id, Customer FROM Orders WHERE Customer = 'ANNA' ORDER BY Id DESC",
     "[Id int,Customer nvarchar(20)?] 2,anna  1,Anna"},
    {"SELECT o.Id FROM dbo.Orders o WHERE o.Amount > 1000000000000000000000001", "[Id int] 2"},
    {"SELECT MIN(Amount), MAX(Amount), SUM(Amount), COUNT(*), COUNT(Amount) FROM Orders",
     "[numeric(25,0)?,numeric(25,0)?,numeric(38,0)?,int?,int?] "
     "9,1000000000000000000000002,2000000000000000000000012,4,3"},
    {"SELECT AVG(Id), SUM(Id) FROM Orders WHERE Id > 100", "[int?,int?] NULL,NULL"},
    {"SELECT Customer, COUNT(*) AS n FROM Orders GROUP BY Customer HAVING COUNT(*) > 1",
     "[Customer nvarchar(20)?,n int?] Anna,2"},
    {"SELECT DISTINCT Customer FROM Orders WHERE Customer IS NOT NULL ORDER BY Customer DESC",
     "[Customer nvarchar(20)?] Bob Anna"},
    {"SELECT TOP (2) Id FROM Orders ORDER BY Placed", "[Id int] 4 1"},
    {"DECLARE @n int = 1; SELECT TOP (@n + 1) Id FROM Orders ORDER BY Id", "[Id int] 1 2"},
    {"SELECT TOP (-1) Id FROM Orders", "[Id int] !1060,16,1"},
    {"SELECT TOP ('x') Id FROM Orders", "!1060,15,1"},
    {"SELECT Id FROM Orders ORDER BY 1 OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY", "[Id int] 2 3"},
    {"SELECT a.Id, b.Id FROM Orders a LEFT JOIN Orders AS b ON b.Id = a.Id + 2 ORDER BY a.Id",
     "[Id int,Id int?] 1,3 2,4 3,NULL 4,NULL"},
    {"SELECT COUNT(*) FROM Orders a CROSS JOIN Orders b, Orders c", "[int?] 64"},
    {"SELECT a.Id FROM Orders a FULL JOIN (SELECT 7 AS k) b ON b.k = a.Id WHERE a.Id IS NULL",
     "[Id int?] NULL"},
    {"SELECT x.n FROM (SELECT Id * 2 AS n FROM Orders) AS x WHERE x.n BETWEEN 3 AND 6",
     "[n int?] 4 6"},
    {"SELECT v.a, v.b FROM (VALUES (1, 'x'), (2, NULL)) AS v(a, b)",
     "[a int,b varchar(1)?] 1,x 2,NULL"},
    {"WITH big AS (SELECT Id FROM Orders WHERE Id > 2), n(c) AS (SELECT COUNT(*) FROM big) "
     "SELECT c FROM n",
     "[c int?] 2"},
    {"WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i) FROM n",
     "[int?] 10"},
    {"WITH n AS (SELECT 1 AS i UNION ALL SELECT 1 FROM n) SELECT COUNT(*) FROM n",
     "[int?] !530,16,1"},
    {"WITH n AS (SELECT 1 AS i UNION ALL SELECT 5 UNION ALL SELECT n.i + 1 FROM Orders o JOIN n ON "
     "n.i = o.Id) SELECT i FROM n ORDER BY i",
     "[i int?] 1 2 3 4 5 5"},
    {"SELECT Id FROM Orders WHERE Id IN (SELECT MAX(Id) FROM Orders) OR Id IN (1, 9) ORDER BY Id",
     "[Id int] 1 4"},
    {"SELECT Id FROM Orders o WHERE EXISTS (SELECT 1 FROM Orders i WHERE i.Id = o.Id + 3)",
     "[Id int] 1"},
    {"SELECT Id FROM Orders WHERE Id >= ALL (SELECT Id FROM Orders)", "[Id int] 4"},
    {"SELECT (SELECT MAX(Id) FROM Orders) AS m", "[m int?] 4"},
    {"SELECT (SELECT Id FROM Orders) AS m", "[m int?] !512,16,1"},
    {"SELECT 1 UNION SELECT 1 UNION ALL SELECT 2 ORDER BY 1 DESC", "[int] 2 1"},
    {"SELECT COUNT(*) FROM (SELECT 'a' AS x UNION SELECT 'A') AS u", "[int?] 1"},
    {"SELECT Id FROM Orders EXCEPT SELECT 1 INTERSECT SELECT 1", "[Id int] 2 3 4"},
    {"SELECT Id, ROW_NUMBER() OVER (PARTITION BY [Open] ORDER BY Id DESC) AS r FROM Orders "
     "ORDER BY Id",
     "[Id int,r bigint?] 1,2 2,2 3,1 4,1"},
    {"SELECT Id, SUM(Id) OVER (ORDER BY Id), LAG(Id) OVER (ORDER BY Id) FROM Orders ORDER BY Id",
     "[Id int,int?,int?] 1,1,NULL 2,3,1 3,6,2 4,10,3"},
    {"SELECT STRING_AGG(Customer, '/') WITHIN GROUP (ORDER BY Id DESC) FROM Orders",
     "[nvarchar(4000)?] Bob/anna /Anna"},
    {"SELECT * FROM OpenOrders ORDER BY Id", "[Id int,Name nvarchar(20)?] 1,Anna 3,Bob"},
    {"SELECT x = Id, y = 1 FROM Shop..Orders AS [o o] WHERE [o o].Id = 1", "[x int,y int] 1,1"},
    {"SELECT name FROM master.sys.databases WHERE name = N'SHOP'", "[name nvarchar(128)] Shop"},
    {"SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(20)), DB_NAME(), @@SERVERNAME",
     "[nvarchar(20)?,nvarchar(128)?,nvarchar(128)] 16.0.4236.2,Shop,SQLA"},
    /* errors of names and shapes */
    {"SELECT * FROM nosuch", "!208,16,1"},
    {"SELECT nosuch FROM Orders", "!207,16,1"},
    {"SELECT x.Id FROM Orders o", "!4104,16,1"},
    {"SELECT Id FROM Orders a, Orders b", "!209,16,1"},
    {"SELECT Customer, COUNT(*) FROM Orders", "!8120,16,1"},
    {"SELECT Id FROM Orders WHERE COUNT(*) > 1", "!147,15,1"},
    {"SELECT Id FROM Orders WHERE Id IN (SELECT MAX(Id))", "!147,15,1"},
    {"SELECT 1, 2 UNION SELECT 1", "!205,16,1"},
    {"SELECT 1 WHERE 1 IN (SELECT 1, 2)", "!116,16,1"},
    {"SELECT * FROM (SELECT 1) AS x", "!8155,16,2"},
    {"SELECT * FROM (SELECT Id FROM Orders ORDER BY Id) AS x", "!1033,15,1"},
    {"SELECT DISTINCT Id FROM Orders ORDER BY Customer", "!145,15,1"},
    {"SELECT nosuch(1)", "!195,15,10"},
    {"SELECT LEN('a', 'b')", "!174,15,1"},
    {"SELECT GETDATE() + CAST('2026-01-01' AS date)", "!206,16,2"},
    {"SELECT 1; SELECT * FROM nosuch; SELECT 2", "[int] 1 !208,16,1"},
    {"SELECT 1; SELECT 1/0; SELECT 2", "[int] 1[int?] !8134,16,1[int] 2"},
    {"SELECT 1; SELECT FROM", "!156,15,1"},
    {"EXEC nosuch; SELECT @@ERROR", "!2812,16,62[int] 2812"},
    {"USE nosuch", "!911,16,1"},
    {"EXEC('SELECT 1 +')", "!102,15,1"},
};

static void statements_give_the_types_rows_and_errors_of_a_server(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = run(cases[i].text);

        if (strcmp(got, cases[i].expected) == 0)
            continue;
        print_error("%s\n  gives    %s\n  expected %s\n", cases[i].text, got, cases[i].expected);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* --- control of flow ------------------------------------------------------------------------ */

static void variables_loops_and_conditions_work(void **state)
{
    (void)state;
    expect("DECLARE @i int = 0, @s nvarchar(20) = N''; WHILE 1 = 1 BEGIN SET @i += 1; "
           "IF @i = 2 CONTINUE; IF @i > 4 BREAK; SELECT @s = @s + CAST(@i AS nvarchar(5)) END "
           "SELECT @s AS s",
           "[s nvarchar(20)?] 134");
    expect("DECLARE @n int; SELECT @n = Id FROM Orders ORDER BY Id; SELECT @n, @@ROWCOUNT",
           "[int?,int] 4,4");
    expect("IF EXISTS (SELECT 1 FROM Orders WHERE Id = 99) SELECT 1 ELSE IF 1 = 0 SELECT 2 ELSE "
           "SELECT 3; RETURN; SELECT 4",
           "[int] 3");
}

static void set_options_change_what_follows(void **state)
{
    (void)state;
    expect("SET ROWCOUNT 2; SELECT Id FROM Orders ORDER BY Id; SET ROWCOUNT 0; SET LOCK_TIMEOUT 50;"
           "SELECT @@LOCK_TIMEOUT; SET LOCK_TIMEOUT -1; SET TRANSACTION ISOLATION LEVEL READ "
           "UNCOMMITTED; SET ANSI_NULLS, ANSI_WARNINGS ON; SET LANGUAGE us_english; SET DATEFORMAT "
           "ymd; SET DEADLOCK_PRIORITY LOW; SET STATISTICS TIME OFF",
           "[Id int] 1 2[int] 50");
}

static void an_error_in_try_is_told_in_catch_and_not_to_the_client(void **state)
{
    (void)state;
    expect(
        "BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH SELECT ERROR_NUMBER() AS n, ERROR_LINE() AS l, "
        "ERROR_MESSAGE() AS m END CATCH; SELECT ERROR_NUMBER() AS n",
        "[int?][n int?,l int?,m nvarchar(4000)?] 8134,1,Divide by zero error encountered."
        "[n int?] NULL");
    expect("BEGIN TRY EXEC('SELECT * FROM nosuch') END TRY BEGIN CATCH SELECT ERROR_NUMBER() END "
           "CATCH",
           "[int?] 208");
    expect("BEGIN TRY SELECT * FROM nosuch END TRY BEGIN CATCH SELECT 1 END CATCH", "!208,16,1");
    expect("BEGIN TRY RAISERROR('a %d %s', 16, 5, 7, 'x') END TRY BEGIN CATCH SELECT "
           "ERROR_MESSAGE(), ERROR_STATE(); THROW END CATCH; SELECT 1",
           "[nvarchar(4000)?,int?] a 7 x,5 !50000,16,5");
    expect("BEGIN TRY BEGIN TRY THROW 50001, 'in', 1 END TRY BEGIN CATCH THROW 50002, 'out', 2 END "
           "CATCH END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH",
           "[int?] 50002");
}

static void a_raised_error_lets_the_batch_go_on_and_a_thrown_one_ends_it(void **state)
{
    (void)state;
    expect("RAISERROR('x', 16, 1); SELECT @@ERROR", "!50000,16,1[int] 50000");
    expect("THROW 50001, 'x', 3; SELECT 1", "!50001,16,3");
    expect("RAISERROR('x', 10, 1); SELECT @@ERROR", "[int] 0");
}

static void texts_run_with_parameters_and_give_outputs_back(void **state)
{
    (void)state;
    expect("DECLARE @r int; EXEC sp_executesql N'SET @b = @a * 2; SELECT @a AS a', "
           "N'@a int, @b int OUTPUT', @a = 21, @b = @r OUTPUT; SELECT @r AS r",
           "[a int?] 21[r int?] 42");
    expect("EXEC sp_executesql N'SELECT @a', N'@a int'", "!8178,16,1");
    expect("EXEC('USE master; SELECT DB_NAME() AS d'); SELECT DB_NAME() AS d",
           "[d nvarchar(128)?] master[d nvarchar(128)?] Shop");
}

/* --- changes -------------------------------------------------------------------------------- */

static void rows_are_inserted_updated_and_deleted(void **state)
{
    (void)state;
    expect("DECLARE @t TABLE (id int IDENTITY(10, 5), n nvarchar(3) NOT NULL DEFAULT N'd', v int); "
           "INSERT @t (n, v) VALUES (N'a', 1), (DEFAULT, 2); INSERT INTO @t (v) SELECT 3; "
           "UPDATE x SET v = x.v * 10 + o.Id FROM @t AS x JOIN Orders o ON o.Id = x.v; "
           "DELETE FROM @t WHERE v = 22; SELECT *, SCOPE_IDENTITY() AS i FROM @t ORDER BY id",
           "[id int,n nvarchar(3),v int?,i numeric(38,0)?] 10,a,11,20 20,d,33,20");
    expect("CREATE TABLE #t (a int PRIMARY KEY, b varchar(2) NOT NULL); INSERT #t VALUES (1, 'ab');"
           "INSERT #t VALUES (1, 'x'); INSERT #t VALUES (2, 'abc'); INSERT #t (a) VALUES (3);"
           "INSERT #t VALUES (4, 'x', 5); SELECT 1",
           "!2627,14,1 !2628,16,1 !515,16,2 !110,15,1");
    expect("SELECT COUNT(*) FROM #t; SELECT * INTO #u FROM #t; SELECT * FROM #u; DROP TABLE #t, #u;"
           "DROP TABLE #t",
           "[int?] 1[a int,b varchar(2)] 1,ab !3701,11,5");
    expect("CREATE TABLE #e (a int, b int); INSERT INTO #e EXEC('SELECT 1, ''2'''); SELECT * FROM "
           "#e; DROP TABLE #e",
           "[a int?,b int?] 1,2");
}

static void a_rollback_undoes_and_logs_nothing(void **state)
{
    size_t records = shop->timeline->records_count;

    (void)state;
    expect("BEGIN TRAN; UPDATE Orders SET Customer = N'X'; DELETE Orders WHERE Id = 3; "
           "INSERT Orders VALUES (7, N'n', 1, NULL, 1); SELECT COUNT(*), @@TRANCOUNT FROM Orders; "
           "ROLLBACK; SELECT Customer, @@TRANCOUNT FROM Orders WHERE Id = 3",
           "[int?,int] 4,1[Customer nvarchar(20)?,int] Bob,0");
    assert_int_equal(shop->timeline->records_count, records);
    expect("BEGIN TRAN; SAVE TRAN s; DELETE Orders; ROLLBACK TRAN s; COMMIT; SELECT COUNT(*) FROM "
           "Orders",
           "[int?] 4");
    expect("COMMIT", "!3902,16,1");
    expect("SET XACT_ABORT ON; BEGIN TRAN; DELETE Orders WHERE Id = 1; SELECT 1/0; SELECT 2",
           "[int?] !8134,16,1");
    expect("SET XACT_ABORT OFF; SELECT @@TRANCOUNT, COUNT(*) FROM Orders", "[int,int?] 0,4");
}

static void a_marked_transaction_marks_only_what_it_changed(void **state)
{
    const struct timeline *timeline = shop->timeline;
    size_t before = timeline->records_count;

    (void)state;
    expect("BEGIN TRAN M1 WITH MARK 'd'; COMMIT", "");
    assert_int_equal(timeline->records_count, before);
    expect("BEGIN TRAN M2 WITH MARK 'd'; UPDATE Orders SET Customer = N'Ann' WHERE Id = 1; COMMIT "
           "TRAN M2",
           "");
    assert_int_equal(timeline->records_count, before + 2);
    assert_int_equal(timeline->records[before].kind, RECORD_CHANGE);
    assert_int_equal(timeline->records[before + 1].kind, RECORD_MARK);
    assert_string_equal(timeline->records[before + 1].mark, "M2");
    expect("UPDATE Orders SET Customer = N'Anna' WHERE Id = 1", "");
}

static void the_log_replayed_gives_the_same_table(void **state)
{
    struct database *copy = instance_add_database(instance, "Copy", false);

    (void)state;
    engine_content_define(instance->engine, copy, instance->engine, shop);
    for (size_t i = 0; i < shop->timeline->records_count; i++) {
        const struct log_record *record = &shop->timeline->records[i];

        if (record->kind == RECORD_CHANGE)
            engine_content_apply(instance->engine, copy, record->change, record->change_length);
    }
    expect("SELECT COUNT(*) FROM Copy.dbo.Orders; SELECT Id FROM Orders EXCEPT SELECT Id FROM "
           "Copy.dbo.Orders; SELECT Name FROM Copy.dbo.OpenOrders",
           "[int?] 4[Id int][Name nvarchar(20)?] Anna Bob");
    engine_content_drop(instance->engine, copy);
    assert_false(engine_table_exists(instance->engine, copy, "dbo", "Orders"));
}

static void fourteen_thousand_rows_go_in_quickly(void **state)
{
    static const struct sql_column columns[] = {
        {.name = "Id", .type = {.kind = SQL_BIGINT}},
        {.name = "Name",
         .type = {.kind = SQL_NVARCHAR, .length = 100, .nullable = true}}};
    struct database *history = instance_add_database(instance, "History", false);
    clock_t start = clock();

    (void)state;
    engine_create_table(instance->engine, history, "dbo", "Rows", columns, 2, 1, 0);
    for (int i = 0; i < 14000; i++) {
        struct sql_value values[2] = {sql_null(), sql_text("a name of some length")};

        engine_insert(instance->engine, history, "dbo", "Rows", values);
        sql_value_free(&values[1]);
    }
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 2); /* 0.1 without sanitizers */
    expect("SELECT COUNT(*), MAX(Id) FROM History.dbo.Rows", "[int?,bigint?] 14000,14000");
}

/* Sums are calls within calls, of which SQLite's parser takes few. */
static void deep_trees_are_answered_or_8631(void **state)
{
    static const struct {
        const char *begin, *link, *end, *answer;
    } chains[] = {
        {"SELECT 1", "+1", "", "!8631,17,1"},
        {"SELECT ", "- ", "1", "!8631,17,1"},
        {"SELECT 1 WHERE 1=1", " AND 1=1", "", "[int] 1"},
        {"SELECT 1 WHERE 1=2", " OR 1=1", "", "[int] 1"},
        {"SELECT COUNT(*) FROM (SELECT 1 AS a", " UNION ALL SELECT 1", ") AS q", "[int?] 301"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        struct str text = {0};

        str_add(&text, chains[i].begin);
        for (int link = 0; link < 300; link++)
            str_add(&text, chains[i].link);
        str_add(&text, chains[i].end);
        expect(str_text(&text), chains[i].answer);
        str_free(&text);
    }
}

static void what_is_executed_may_drop_the_table_that_it_fills(void **state)
{
    (void)state;
    expect("CREATE TABLE #gone (a int); INSERT #gone EXEC('DROP TABLE #gone; SELECT 1')",
           "!556,16,2");
    expect("CREATE TABLE #gone (a int); "
           "INSERT #gone EXEC('DROP TABLE #gone; CREATE TABLE #gone (a int, b int); SELECT 1'); "
           "SELECT * FROM #gone; DROP TABLE #gone",
           "!556,16,2[a int?,b int?]");
    expect("CREATE TABLE dbo.Gone (a int); INSERT dbo.Gone EXEC('SELECT 1; DROP TABLE dbo.Gone')",
           "!556,16,2");
    expect("CREATE TABLE #kept (a int); INSERT #kept EXEC('SELECT 1'); SELECT * FROM #kept; "
           "DROP TABLE #kept",
           "[a int?] 1");
}

/* --- permissions ---------------------------------------------------------------------------- */

static void a_login_without_a_user_may_not_enter_and_one_may_not_write(void **state)
{
    struct login *login = instance_add_login(instance, "reader", "pw", 0);
    struct session *other = session_open_internal(instance, "master", "test", reply);

    (void)state;
    other->login = login;
    assert_string_equal(run_as(other, "SELECT * FROM Shop.dbo.Orders"), "!916,14,2");
    assert_string_equal(run_as(other, "USE Shop"), "!916,14,2");
    login_add_user(login, "Shop", 0);
    assert_string_equal(run_as(other, "SELECT COUNT(*) FROM Shop.dbo.Orders"), "!229,14,5");
    login_add_user(login, "Shop", USER_DATA_READER);
    assert_string_equal(run_as(other, "SELECT COUNT(*) FROM Shop.dbo.Orders"), "[int?] 4");
    assert_string_equal(run_as(other, "DELETE Shop.dbo.Orders"), "!229,14,5");
    session_close_internal(other);
}

static void rights_are_granted_by_statements(void **state)
{
    struct login *login = instance_add_login(instance, "new login", "pw", 0);
    struct session *other = session_open_internal(instance, "master", "test", reply);

    (void)state;
    other->login = login;
    assert_string_equal(run_as(other, "SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE')"),
                        "[int?] 0");
    expect("GRANT VIEW SERVER STATE TO [new login]", "!4621,16,10");
    expect("USE master; GRANT VIEW SERVER STATE, CONNECT ANY DATABASE TO [new login]; USE Shop",
           "");
    assert_string_equal(run_as(other, "SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE')"),
                        "[int?] 1");
    assert_string_equal(run_as(other, "SELECT COUNT(*) FROM Shop.dbo.Orders"), "!229,14,5");
    expect("GRANT SELECT ON dbo.nosuch TO [new login]", "!15151,16,1");
    expect("CREATE USER [new login] FOR LOGIN [new login]; CREATE USER [new login]", "!15023,16,1");
    expect("GRANT EXECUTE ON dbo.Orders TO [new login]", "!102,15,1");
    expect("IF OBJECT_ID(N'dbo.Orders') IS NOT NULL GRANT SELECT ON dbo.Orders TO [new login]; "
           "ALTER ROLE db_datareader ADD MEMBER [new login]; "
           "ALTER SERVER ROLE dbcreator ADD MEMBER [new login]",
           "");
    assert_string_equal(run_as(other, "SELECT COUNT(*) FROM Shop.dbo.Orders"), "[int?] 4");
    assert_string_equal(run_as(other, "GRANT CONNECT SQL TO sa"), "!15247,16,1");
    session_close_internal(other);
}

static void a_login_reads_what_was_granted_and_nothing_else(void **state)
{
    static const char seen[] = "SELECT COUNT(*), COUNT(OBJECT_ID(N'Shop.dbo.Other')) "
                               "FROM Shop.sys.tables";
    struct login *login = instance_add_login(instance, "narrow", "pw", 0);
    struct session *other = session_open_internal(instance, "master", "test", reply);

    (void)state;
    other->login = login;
    expect("CREATE TABLE dbo.Other (Id int); CREATE USER narrow", "");
    assert_string_equal(run_as(other, "SELECT COUNT(*) FROM Shop.dbo.Orders"), "!229,14,5");
    assert_string_equal(run_as(other, seen), "[int?,int?] 0,0");
    expect("GRANT SELECT, DELETE ON OBJECT::dbo.Orders TO narrow", "");
    assert_string_equal(run_as(other, "SELECT COUNT(*) FROM Shop.dbo.Orders"), "[int?] 4");
    assert_string_equal(run_as(other, "SELECT COUNT(*) FROM Shop.dbo.Other"), "!229,14,5");
    assert_string_equal(run_as(other, seen), "[int?,int?] 1,0");
    assert_string_equal(run_as(other, "SELECT HAS_PERMS_BY_NAME('Shop.dbo.Orders', 'OBJECT', "
                                      "'SELECT'), HAS_PERMS_BY_NAME('Shop.dbo.[Other]', 'OBJECT', "
                                      "'SELECT'), HAS_PERMS_BY_NAME('Shop.dbo.Orders', 'OBJECT', "
                                      "'INSERT')"),
                        "[int?,int?,int?] 1,0,0");
    assert_string_equal(run_as(other, "UPDATE Shop.dbo.Orders SET Id = 1"), "!229,14,5");
    assert_string_equal(run_as(other, "TRUNCATE TABLE Shop.dbo.Orders"), "!1088,16,7");
    assert_string_equal(run_as(other, "DELETE Shop.dbo.Orders WHERE 1 = 0"), "");
    expect("REVOKE SELECT ON dbo.Orders FROM narrow", "");
    assert_string_equal(run_as(other, "SELECT COUNT(*) FROM Shop.dbo.Orders"), "!229,14,5");
    expect("ALTER ROLE db_datareader ADD MEMBER narrow", "");
    assert_string_equal(run_as(other, "SELECT COUNT(*) FROM Shop.dbo.Other"), "[int?] 0");
    expect("ALTER ROLE db_datareader DROP MEMBER narrow", "");
    assert_string_equal(run_as(other, "SELECT COUNT(*) FROM Shop.dbo.Other"), "!229,14,5");
    session_close_internal(other);
}

static void nobody_without_rights_writes_what_the_server_keeps(void **state)
{
    static const char *const writes[] = {
        "DELETE msdb.dbo.restorehistory",
        "UPDATE msdb.dbo.backupset SET name = N'' WHERE 1 = 0",
        "INSERT msdb.dbo.restorefile SELECT * FROM msdb.dbo.restorefile WHERE 1 = 0",
        "CREATE TABLE master.dbo.Mine (Id int)",
    };
    struct session *other = session_open_internal(instance, "master", "test", reply);

    (void)state;
    other->login = instance_add_login(instance, "nobody", "pw", 0);
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        const char *said = run_as(other, writes[i]);

        if (strcmp(said, "!229,14,5") != 0 && strcmp(said, "!262,14,1") != 0)
            fail_msg("%s: %s", writes[i], said);
    }
    assert_string_equal(run_as(other, "CREATE TABLE #mine (Id int); INSERT #mine VALUES (1); "
                                      "DELETE #mine"),
                        "");
    session_close_internal(other);
}

static void a_database_in_restore_offline_or_read_only_refuses(void **state)
{
    struct database *other = instance_add_database(instance, "Other", false);

    (void)state;
    other->state = DATABASE_RESTORING;
    expect("USE Other", "!927,14,2");
    expect("SELECT * FROM Other.dbo.t", "!927,14,2");
    other->state = DATABASE_OFFLINE;
    expect("SELECT * FROM Other.sys.objects", "!942,14,4");
    other->state = DATABASE_ONLINE;
    shop->standby = true;
    expect("DELETE Orders", "!3906,16,1");
    shop->standby = false;
}

/* --- remote calls --------------------------------------------------------------------------- */

static void a_statement_is_prepared_executed_and_forgotten_by_calls(void **state)
{
    struct seen seen = {0};
    const struct reply_observer observer = {
        .error = see_error, .columns = see_columns, .row = see_row, .context = &seen};
    struct sql_type text = type_string(SQL_NVARCHAR, 100, true);
    struct engine_parameter prepare[3] = {
        {.type = type_of(SQL_INT, true), .value = sql_null(), .output = true},
        {.type = text, .value = sql_text("@a int")},
        {.type = text, .value = sql_text("SELECT @a + 1 AS b")}};
    struct engine_parameter execute[2] = {
        {.type = type_of(SQL_INT, true)},
        {.type = type_of(SQL_INT, true), .value = sql_integer(4)}};

    (void)state;
    reply_set_observer(reply, &observer);
    assert_true(engine_run_procedure(session, "sp_prepare", prepare, 3, reply));
    execute[0].value = prepare[0].value;
    assert_int_equal(prepare[0].value.integer, 1);
    assert_true(engine_run_procedure(session, "sp_execute", execute, 2, reply));
    assert_true(engine_run_procedure(session, "sp_unprepare", execute, 1, reply));
    assert_true(engine_run_procedure(session, "sp_execute", execute, 2, reply));
    reply_set_observer(reply, NULL);
    assert_string_equal(str_text(&seen.text), "[b int?] 5 !8179,16,2");
    for (int i = 1; i < 3; i++)
        sql_value_free(&prepare[i].value);
    str_free(&seen.text);
}

static void keep_row(void *context, const struct sql_value *values, size_t count)
{
    struct str *out = context;

    str_format(out, "%lld/%zu ", (long long)values[0].integer, count);
}

static void c_code_scans_a_table_with_a_condition(void **state)
{
    struct str out = {0};

    (void)state;
    engine_scan(instance->engine, shop, "dbo", "Orders", "Id > 1 AND Customer IS NOT NULL",
                "Id DESC", keep_row, &out);
    assert_string_equal(str_text(&out), "3/5 2/5 ");
    str_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_give_the_types_rows_and_errors_of_a_server),
        cmocka_unit_test(variables_loops_and_conditions_work),
        cmocka_unit_test(set_options_change_what_follows),
        cmocka_unit_test(an_error_in_try_is_told_in_catch_and_not_to_the_client),
        cmocka_unit_test(a_raised_error_lets_the_batch_go_on_and_a_thrown_one_ends_it),
        cmocka_unit_test(texts_run_with_parameters_and_give_outputs_back),
        cmocka_unit_test(rows_are_inserted_updated_and_deleted),
        cmocka_unit_test(a_rollback_undoes_and_logs_nothing),
        cmocka_unit_test(a_marked_transaction_marks_only_what_it_changed),
        cmocka_unit_test(the_log_replayed_gives_the_same_table),
        cmocka_unit_test(fourteen_thousand_rows_go_in_quickly),
        cmocka_unit_test(what_is_executed_may_drop_the_table_that_it_fills),
        cmocka_unit_test(deep_trees_are_answered_or_8631),
        cmocka_unit_test(a_login_without_a_user_may_not_enter_and_one_may_not_write),
        cmocka_unit_test(rights_are_granted_by_statements),
        cmocka_unit_test(a_login_reads_what_was_granted_and_nothing_else),
        cmocka_unit_test(nobody_without_rights_writes_what_the_server_keeps),
        cmocka_unit_test(a_database_in_restore_offline_or_read_only_refuses),
        cmocka_unit_test(a_statement_is_prepared_executed_and_forgotten_by_calls),
        cmocka_unit_test(c_code_scans_a_table_with_a_condition),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
