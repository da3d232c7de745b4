/* Replies as tokens, and the sink that collects messages as job history shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lab/wire_reply.h"
#include "tests/lab/wire_types.h"

static struct reply *reply;
static struct str taken;

static int set_up(void **state)
{
    (void)state;
    reply = reply_new(TDS_7_4, "SQLA");
    reply_begin(reply);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    reply_free(reply);
    str_free(&taken);
    return 0;
}

static void take_all(void)
{
    str_clear(&taken);
    assert_false(reply_take(reply, &taken, SIZE_MAX));
}

static void all_but_the_last_done_say_more(void **state)
{
    (void)state;
    reply_done(reply, REPLY_BATCH, DONE_FINAL, 226, 0);
    reply_done(reply, REPLY_BATCH, DONE_COUNT, 193, 2);
    reply_end(reply, false);
    take_all();
    assert_int_equal(taken.length, 26);
    assert_int_equal(taken.text[1], DONE_MORE);
    assert_int_equal(taken.text[14], DONE_COUNT);
}

static void a_done_waits_until_it_is_known_what_follows(void **state)
{
    (void)state;
    reply_info(reply, 3211, 1, 1, NULL, "10 percent processed.");
    reply_done(reply, REPLY_BATCH, DONE_FINAL, 229, 0);
    take_all();
    assert_int_equal((unsigned char)taken.text[0], 0xAB);
    assert_null(memchr(taken.text, 0xFD, taken.length));
    reply_info(reply, 3211, 1, 1, NULL, "20 percent processed.");
    take_all();
    assert_int_equal((unsigned char)taken.text[0], 0xFD);
    assert_int_equal(taken.text[1], DONE_MORE);
}

static void a_reply_without_a_done_gets_one(void **state)
{
    (void)state;
    reply_error(reply, 102, 15, 1, 1, NULL, "Incorrect syntax near 'x'.");
    reply_end(reply, false);
    take_all();
    assert_int_equal((unsigned char)taken.text[taken.length - 13], 0xFD);
    assert_int_equal(taken.text[taken.length - 12], DONE_ERROR);
}

static void information_has_class_0_and_an_error_its_severity(void **state)
{
    (void)state;
    reply_error(reply, 50000, 10, 1, 1, NULL, "only information");
    reply_error(reply, 3013, 16, 1, 1, NULL, "an error");
    assert_int_equal(reply_errors(reply), 1);
    take_all();
    assert_int_equal((unsigned char)taken.text[0], 0xAB);
    assert_int_equal(taken.text[8], 0);
    size_t second = 3 + (unsigned char)taken.text[1];
    assert_int_equal((unsigned char)taken.text[second], 0xAA);
    assert_int_equal(taken.text[second + 8], 16);
}

static void a_row_with_many_nulls_travels_with_a_bitmap(void **state)
{
    struct sql_column columns[9];
    struct sql_value values[9];
    (void)state;

    for (int i = 0; i < 9; i++) {
        columns[i] = (struct sql_column){.name = "", .type = {.kind = SQL_INT, .nullable = true}};
        values[i] = i == 8 ? sql_integer(7) : sql_null();
    }
    reply_columns(reply, columns, 9);
    take_all();
    reply_row(reply, values);
    take_all();
    assert_int_equal(taken.length, 1 + 2 + 5);
    assert_memory_equal(taken.text, "\xd2\xff\x00\x04\x07\x00\x00\x00", 8);
}

static bool swallow(void *context, int number, int severity, int state, int line,
                    const char *procedure, const char *text)
{
    (void)severity, (void)state, (void)line, (void)procedure, (void)text;
    *(int *)context = number;
    return true;
}

static void an_observer_takes_errors_before_they_are_sent(void **state)
{
    int number = 0;
    const struct reply_observer observer = {.error = swallow, .context = &number};
    (void)state;

    assert_null(reply_set_observer(reply, &observer));
    reply_error(reply, 8134, 16, 1, 1, NULL, "Divide by zero error encountered.");
    assert_int_equal(number, 8134);
    assert_int_equal(reply_errors(reply), 0);
    assert_true(reply_is_empty(reply));
    assert_ptr_equal(reply_set_observer(reply, NULL), &observer);
}

static void a_sink_collects_messages_as_job_history_shows_them(void **state)
{
    struct reply *sink = reply_new_sink();
    (void)state;

    reply_info(sink, 3014, 1, 1, NULL, "BACKUP LOG successfully processed 1 pages.");
    reply_error(sink, 3013, 16, 1, 1, NULL, "BACKUP LOG is terminating abnormally.");
    reply_done(sink, REPLY_BATCH, DONE_ERROR, 235, 0);
    assert_string_equal(reply_sink_messages(sink),
                        "BACKUP LOG successfully processed 1 pages. [SQLSTATE 01000] (Message "
                        "3014)  BACKUP LOG is terminating abnormally. [SQLSTATE 42000] (Error "
                        "3013)");
    assert_int_equal(reply_sink_last_error(sink), 3013);
    assert_true(reply_is_empty(sink));
    reply_free(sink);
}

static void a_silent_reply_drops_what_is_written(void **state)
{
    (void)state;
    reply_set_silent(reply, true);
    reply_info(reply, 0, 1, 1, NULL, "unheard");
    reply_done(reply, REPLY_BATCH, DONE_FINAL, 0, 0);
    assert_true(reply_is_empty(reply));
}

static void a_part_of_a_reply_can_be_taken_at_a_time(void **state)
{
    (void)state;
    reply_done(reply, REPLY_BATCH, DONE_FINAL, 0, 0);
    reply_end(reply, false);
    assert_true(reply_take(reply, &taken, 5));
    assert_int_equal(taken.length, 5);
    assert_false(reply_take(reply, &taken, 100));
    assert_int_equal(taken.length, 13);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(all_but_the_last_done_say_more),
        CASE(a_done_waits_until_it_is_known_what_follows),
        CASE(a_reply_without_a_done_gets_one),
        CASE(information_has_class_0_and_an_error_its_severity),
        CASE(a_row_with_many_nulls_travels_with_a_bitmap),
        CASE(an_observer_takes_errors_before_they_are_sent),
        CASE(a_sink_collects_messages_as_job_history_shows_them),
        CASE(a_silent_reply_drops_what_is_written),
        CASE(a_part_of_a_reply_can_be_taken_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
