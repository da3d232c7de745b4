/* Tokens into the tree: what is understood, and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/str.h"
#include "tests/lab/sql/parse.h"

static struct arena arena;
static struct batch batch;
static struct parse_error error;

static bool parse(const char *text)
{
    arena_free(&arena);
    batch = (struct batch){0};
    return parse_batch(&batch, &arena, text, &error);
}

static const struct statement *only(const char *text)
{
    if (!parse(text))
        fail_msg("%s: %d %s", text, error.number, error.text);
    assert_int_equal(batch.statements.items_count, 1);
    return batch.statements.items[0];
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void a_restore_log_to_a_mark_has_all_its_parts(void **state)
{
    const struct statement *statement = only(
        "RESTORE LOG [a]]b] FROM DISK = N'\\\\share\\x.bak' WITH STATS = 5, FILE = 2, NORECOVERY,"
        " STOPATMARK = N'BTS_1' AFTER '2026-11-20T12:00:00'");

    (void)state;
    assert_int_equal(statement->kind, STATEMENT_RESTORE);
    assert_int_equal(statement->restore.kind, RESTORE_LOG);
    assert_string_equal(statement->database.text, "a]b");
    assert_string_equal(statement->device.text, "\\\\share\\x.bak");
    assert_int_equal(statement->restore.end, RESTORE_NORECOVERY);
    assert_int_equal(statement->restore.stop, RESTORE_STOPATMARK);
    assert_string_equal(statement->restore.stop_name, "BTS_1");
    assert_true(statement->restore.has_after);
    assert_int_equal(statement->restore.stats_percent, 5);
    assert_non_null(statement->file_position);
}

static void a_restore_takes_variables_moves_and_flags(void **state)
{
    const struct statement *statement;

    (void)state;
    assert_true(parse("DECLARE @db sysname, @f nvarchar(260);"
                      "RESTORE DATABASE @db FROM DISK = @f WITH MOVE 'a' TO 'x', REPLACE,"
                      " MOVE 'b' TO 'y', STANDBY = 'u.tuf', CHECKSUM, RESTART"));
    statement = batch.statements.items[1];
    assert_string_equal(statement->database.variable, "@db");
    assert_string_equal(statement->device.variable, "@f");
    assert_int_equal(statement->restore.moves_count, 2);
    assert_string_equal(statement->restore.moves[1].path, "y");
    assert_true(statement->restore.replace && statement->restore.checksum);
    assert_int_equal(statement->restore.end, RESTORE_STANDBY);
    assert_string_equal(statement->restore.standby_file, "u.tuf");
}

static void recovery_alone_needs_no_device(void **state)
{
    const struct statement *statement = only("RESTORE DATABASE x WITH RECOVERY");

    (void)state;
    assert_null(statement->device.text);
    assert_int_equal(statement->restore.end, RESTORE_RECOVERY);
}

static void information_statements_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(only("RESTORE HEADERONLY FROM DISK='x'")->restore.kind, RESTORE_HEADERONLY);
    assert_int_equal(only("restore filelistonly from url = 'https://x'")->restore.device_is_url, 1);
    assert_int_equal(only("RESTORE LABELONLY FROM DISK='x'")->restore.kind, RESTORE_LABELONLY);
    assert_int_equal(only("RESTORE VERIFYONLY FROM DISK='x' WITH CHECKSUM")->restore.checksum, 1);
}

static void backup_and_alter_database_have_their_options(void **state)
{
    const struct statement *statement =
        only("BACKUP LOG x TO DISK = 'y' WITH INIT, COMPRESSION, NAME = N'n', COPY_ONLY");

    (void)state;
    assert_true(statement->backup.log && statement->backup.compression &&
                statement->backup.copy_only);
    assert_string_equal(statement->backup.name, "n");
    statement = only("ALTER DATABASE [x] SET SINGLE_USER WITH ROLLBACK IMMEDIATE");
    assert_int_equal(statement->alter.action, ALTER_USER_ACCESS);
    assert_int_equal(statement->alter.value, 1);
    assert_true(statement->alter.rollback_immediate);
    assert_int_equal(only("ALTER DATABASE x SET RECOVERY SIMPLE")->alter.value, 3);
}

static void a_marked_transaction_has_name_and_description(void **state)
{
    const struct statement *statement = only("BEGIN TRAN BTS_1 WITH MARK N'why'");

    (void)state;
    assert_int_equal(statement->kind, STATEMENT_BEGIN_TRANSACTION);
    assert_true(statement->with_mark);
    assert_string_equal(statement->name, "BTS_1");
    assert_string_equal(statement->mark_description, "why");
}

static void statements_need_no_semicolons(void **state)
{
    (void)state;
    assert_true(parse("DECLARE @a int SET @a = 1 IF @a = 1 SELECT 1 ELSE SELECT 2 PRINT 'x' "
                      "EXEC p 1, @b = 2 SELECT 3"));
    assert_int_equal(batch.statements.items_count, 6);
}

static void conditions_bind_as_not_and_or(void **state)
{
    const struct expr *where = only("SELECT 1 WHERE a = 1 OR NOT b = 2 AND c = 3")->select->where;

    (void)state;
    assert_int_equal(where->op, OP_OR);
    assert_int_equal(where->args.items[1]->op, OP_AND);
    assert_int_equal(where->args.items[1]->args.items[0]->op, OP_NOT);
}

static void aliases_come_in_three_forms(void **state)
{
    const struct select *select = only("SELECT a AS x, b y, z = c, [d].* FROM t d")->select;

    (void)state;
    assert_string_equal(select->list.items[0].alias, "x");
    assert_string_equal(select->list.items[1].alias, "y");
    assert_string_equal(select->list.items[2].alias, "z");
    assert_string_equal(select->list.items[3].star_qualifier, "d");
}

static void hints_and_options_are_passed_over(void **state)
{
    (void)state;
    only("SELECT * FROM a WITH (NOLOCK) INNER JOIN b AS c WITH (READPAST, INDEX(1)) ON 1 = 1 "
         "OPTION (RECOMPILE, MAXDOP 1)");
}

static void names_have_up_to_three_parts(void **state)
{
    const struct source *from = only("SELECT 1 FROM [d b]..[t]")->select->from;

    (void)state;
    assert_string_equal(from->name.database, "d b");
    assert_null(from->name.schema);
    assert_string_equal(from->name.name, "t");
}

/* --- errors --------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    int number, line;
    const char *message;
} mistakes[] = {
    {"SELECT FROM x", 156, 1, "Incorrect syntax near the keyword 'FROM'."},
    {"SELECT 1 +", 102, 1, "Incorrect syntax near '+'."},
    {"SELECT 1\nSELECT (2", 102, 2, "Incorrect syntax near '2'."},
    {"SELECT @x", 137, 1, "Must declare the scalar variable \"@x\"."},
    {"DECLARE @a int, @A int", 134, 1, NULL},
    {"SELECT 'abc", 105, 1, "Unclosed quotation mark after the character string 'abc'."},
    {"SELECT 1 /* x", 113, 1, "Missing end comment mark '*/'."},
    {"SELECT 1 WHERE 1", 4145, 1, NULL},
    {"IF 1 SELECT 1", 4145, 1, NULL},
    {"RESTORE LOG x FROM DISK='y' WITH NOSUCH", 155, 1,
     "'NOSUCH' is not a recognized RESTORE option."},
    {"SET NOSUCH ON", 195, 1, "'NOSUCH' is not a recognized SET option."},
    {"BEGIN SELECT 1", 102, 1, NULL},
    {"SELECT * FROM s1.d.o.t", 7202, 1, NULL},
    {"CREATE TABLE t (a nosuchtype)", 2715, 1, NULL},
    {"SELECT a FROM t GROUP a", 102, 1, NULL},
    {"x SELECT", 156, 1, NULL},
};

static void mistakes_are_named_with_number_line_and_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        if (parse(mistakes[i].text))
            fail_msg("understood: %s", mistakes[i].text);
        if (error.number != mistakes[i].number || error.line != mistakes[i].line)
            fail_msg("%s: %d line %d %s", mistakes[i].text, error.number, error.line, error.text);
        if (mistakes[i].message != NULL)
            assert_string_equal(error.text, mistakes[i].message);
    }
}

static void deep_nesting_is_refused_and_does_not_crash(void **state)
{
    struct str text = {0};

    (void)state;
    str_add(&text, "SELECT ");
    for (int i = 0; i < 20000; i++)
        str_add(&text, "(");
    assert_false(parse(str_text(&text)));
    assert_int_equal(error.number, 191);
    str_free(&text);
}

/* Trees that grow by repetition alone, without a bracket. */
static void a_long_chain_is_refused_and_does_not_crash(void **state)
{
    static const struct {
        const char *begin, *link, *end;
    } chains[] = {
        {"SELECT ", "- ", "1"},
        {"SELECT ", "+ ", "1"},
        {"SELECT ", "~", "1"},
        {"SELECT 1", "+1", ""},
        {"SELECT 1", "*1", ""},
        {"SELECT 'a'", " COLLATE Latin1_General_BIN", ""},
        {"SELECT 1 WHERE ", "NOT ", "1=1"},
        {"SELECT 1 WHERE 1=1", " AND 1=1", ""},
        {"SELECT 1 WHERE 1=1", " OR 1=1", ""},
        {"SELECT 1", " UNION ALL SELECT 1", ""},
        {"SELECT 1", " INTERSECT SELECT 1", ""},
        {"", "(", "SELECT 1"},
        {"SELECT 1 FROM ", "(", "t"},
        {"SELECT 1 FROM t", ", t", ""},
        {"SELECT 1 FROM t", " CROSS JOIN t", ""},
        {"SELECT 1 FROM t", " JOIN t ON 1=1", ""},
        {"", "BEGIN ", "SELECT 1"},
        {"", "IF 1=1 ", "SELECT 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        struct str text = {0};

        str_add(&text, chains[i].begin);
        for (int link = 0; link < 200000; link++)
            str_add(&text, chains[i].link);
        str_add(&text, chains[i].end);
        if (parse(str_text(&text)) != (i == 1)) /* a plus sign leaves nothing behind */
            fail_msg("%s%s: %d", chains[i].begin, chains[i].link, error.number);
        if (i != 1 && error.number != 191)
            fail_msg("%s%s: %d", chains[i].begin, chains[i].link, error.number);
        str_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restore_log_to_a_mark_has_all_its_parts),
        cmocka_unit_test(a_restore_takes_variables_moves_and_flags),
        cmocka_unit_test(recovery_alone_needs_no_device),
        cmocka_unit_test(information_statements_are_told_apart),
        cmocka_unit_test(backup_and_alter_database_have_their_options),
        cmocka_unit_test(a_marked_transaction_has_name_and_description),
        cmocka_unit_test(statements_need_no_semicolons),
        cmocka_unit_test(conditions_bind_as_not_and_or),
        cmocka_unit_test(aliases_come_in_three_forms),
        cmocka_unit_test(hints_and_options_are_passed_over),
        cmocka_unit_test(names_have_up_to_three_parts),
        cmocka_unit_test(mistakes_are_named_with_number_line_and_token),
        cmocka_unit_test(deep_nesting_is_refused_and_does_not_crash),
        cmocka_unit_test(a_long_chain_is_refused_and_does_not_crash),
    };

    return cmocka_run_group_tests(tests, NULL, tear_down);
}
