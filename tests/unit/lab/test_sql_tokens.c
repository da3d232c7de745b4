/* How batches end: the DONE tokens of SQL Server, statement by statement, as they were captured
 * from one (command, count, more, error), with the messages between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lab/agent.h"
#include "tests/lab/engine.h"
#include "tests/lab/estate.h"
#include "tests/lab/wire_reply.h"
#include "tests/lab/wire_types.h"

static struct lab *lab;
static struct session *session;
static struct reply *reply;
static struct str taken;

static int set_up(void **state)
{
    (void)state;
    lab_lock();
    lab = lab_new(1, INT64_C(1795177250000));
    reply = reply_new(TDS_7_4, "SQLA");
    session = session_open_internal(lab_add_instance(lab, "SQLA"), "master", "test", reply);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    session_close_internal(session);
    reply_free(reply);
    lab_free(lab);
    lab_unlock();
    str_free(&taken);
    return 0;
}

static unsigned number_at(const unsigned char *at, int bytes)
{
    unsigned number = 0;

    for (int i = bytes; i-- > 0;)
        number = number << 8 | at[i];
    return number;
}

/* Behind one column's type: fixed kinds, the nullable ones, strings with their collation. */
static const unsigned char *skip_type(const unsigned char *at)
{
    switch (*at++) {
    case 0x26: /* integers that may be NULL */
    case 0x68:
    case 0x6D:
    case 0x6F:
        return at + 1;
    case 0xA7:
    case 0xE7:
        return at + 7;
    default:
        return at;
    }
}

static const unsigned char *skip_columns(const unsigned char *at)
{
    unsigned count = number_at(at, 2);

    at += 2;
    while (count-- > 0) {
        at = skip_type(at + 6);
        at += 1 + 2 * *at;
    }
    return at;
}

/* "192m" a DONE of command 192 with MORE; "c1" counts one row; "e" says error. I and E are messages, S a result set without its rows: batches here have none but
 * those that come at the end, where reading stops. */
static const char *shown(void)
{
    static struct str out;
    const unsigned char *at = (const unsigned char *)taken.text, *end = at + taken.length;

    str_clear(&out);
    while (at < end) {
        unsigned token = *at++;

        if (token == 0xFD || token == 0xFE || token == 0xFF) {
            unsigned status = number_at(at, 2);

            str_format(&out, "%s%s%u", out.length == 0 ? "" : " ",
                       token == 0xFE   ? "p"
                       : token == 0xFF ? "i"
                                       : "",
                       number_at(at + 2, 2));
            if ((status & DONE_COUNT) != 0)
                str_format(&out, "c%u", number_at(at + 4, 4));
            str_add(&out, (status & DONE_ERROR) != 0 ? "e" : "");
            str_add(&out, (status & DONE_MORE) != 0 ? "m" : "");
            at += 12;
        } else if (token == 0xAB || token == 0xAA || token == 0xE3) {
            if (token != 0xE3)
                str_format(&out, "%s%c%u", out.length == 0 ? "" : " ", token == 0xAB ? 'I' : 'E',
                           number_at(at + 2, 4));
            at += 2 + number_at(at, 2);
        } else if (token == 0x81) {
            str_add(&out, out.length == 0 ? "S" : " S");
            at = skip_columns(at);
        } else if (token == 0x79) {
            str_add(&out, out.length == 0 ? "R" : " R");
            at += 4;
        } else if (token == 0xD1) { /* a row of one int or NULL */
            at += 1 + *at;
        } else {
            str_format(&out, " ?%02X", token);
            break;
        }
    }
    return str_text(&out);
}

static const struct {
    const char *text, *tokens;
} cases[] = {
    /* captured */
    {"PRINT 'a'; PRINT 'b'", "I0 247m I0 247"},
    {"IF 1=0 PRINT 'skip'; PRINT 'after'", "192m I0 247"},
    {"IF 1=1 PRINT 'yes'; PRINT 'after'", "192m I0 247m I0 247"},
    {"IF 1=0 PRINT 'skip'", "192"},
    {"BEGIN PRINT 'a'; PRINT 'b'; END", "I0 247m I0 247"},
    {"IF 1=1 BEGIN PRINT 'a'; PRINT 'b'; END; PRINT 'c'", "192m I0 247m I0 247m I0 247"},
    {"BEGIN TRY PRINT 'a'; END TRY BEGIN CATCH PRINT 'caught'; END CATCH", "349m I0 247m 351"},
    {"BEGIN TRY RAISERROR('oops',16,1); END TRY BEGIN CATCH PRINT 'caught'; END CATCH",
     "349m 246m 350m I0 247m 351"},
    {"WHILE 1=0 PRINT 'skip'; PRINT 'after'", "192m I0 247"},
    {"DECLARE @i INT=0; WHILE @i<2 BEGIN SET @i=@i+1; PRINT 'loop'; END",
     "193c1m 192m 193c1m I0 247m 192m 193c1m I0 247m 192"},
    {"SET NOCOUNT ON; IF 1=0 PRINT 'skip'; PRINT 'after'; SET NOCOUNT OFF",
     "185m 192m I0 247m 185"},
    {"SELECT CAST(NULL AS int) AS x", "S 193c1"},
    {"RESTORE LOG x FROM DISK='y' WITH NOSUCH", "E155 253e"},
    /* documented */
    {"SELECT FROM", "E156 253e"},
    {"SELECT * FROM nosuch", "E208 253e"},
    {"RAISERROR('x', 16, 1); PRINT 'after'", "E50000 246em I0 247"},
    {"RAISERROR('x', 10, 1)", "I50000 246"},
    {"USE master", "I5701 226"},
    {"USE nosuch", "E911 226e"},
    {"CREATE TABLE #t (a int); INSERT #t VALUES (1), (2); UPDATE #t SET a = 3; DELETE #t",
     "198m 195c2m 197c2m 196c2"},
    {"INSERT #t VALUES ('x')", "E245 195e"},
    {"BEGIN TRAN; INSERT #t VALUES (1); ROLLBACK", "212m 195c1m 210"},
    {"SELECT 1/0 AS x; PRINT 'after'", "S E8134 193em I0 247"},
    {"EXEC('PRINT ''in''')", "I0 i247"},
    {"EXEC sp_executesql N'PRINT ''in'''", "I0 i247m R p224"},
    {"EXEC nosuch; PRINT 'after'", "E2812 224em I0 247"},
};

static void batches_end_as_those_of_a_server(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got;

        reply_begin(reply);
        engine_run_batch(session, cases[i].text, reply);
        reply_end(reply, false);
        str_clear(&taken);
        reply_take(reply, &taken, SIZE_MAX);
        got = shown();
        if (strcmp(got, cases[i].tokens) != 0)
            fail_msg("%s\n  gives    %s\n  expected %s", cases[i].text, got, cases[i].tokens);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_end_as_those_of_a_server),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
