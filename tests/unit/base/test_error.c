#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/str.h"

static void the_exit_statuses_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_int_equal(error_exit_status(ERR_OK), 0);
    assert_int_equal(error_exit_status(ERR_NOT_PROVEN), 1);
    assert_int_equal(error_exit_status(ERR_USAGE), 2);
    assert_int_equal(error_exit_status(ERR_NO_PASSWORD), 3);
    assert_int_equal(error_exit_status(ERR_UNREACHABLE), 4);
    assert_int_equal(error_exit_status(ERR_LOCKED), 5);
    for (int code = 0; code < ERR_COUNT; code++)
        assert_int_equal(error_from_name(error_name((enum error_code)code)), code);
}

static void an_error_reads_where_what_the_servers_words_and_what_to_do(void **state)
{
    (void)state;
    struct error e;
    error_set(&e, ERR_SERVER_ERROR, "DRSQL1/SSODB", "put the file back", "the log of set %d failed", 7);
    e.server_number = 3201;
    strcpy(e.server_text, "cannot open");
    char line[512];
    error_format(&e, line, sizeof line);
    assert_string_equal(line, "DRSQL1/SSODB: the log of set 7 failed: server error 3201: "
                              "cannot open (put the file back)");
    error_set(&e, ERR_LOCKED, NULL, NULL, "%s", "");
    error_format(&e, line, sizeof line);
    assert_string_equal(line, "another run holds the lock");
}

static void hostile_text_is_cleaned_on_its_way_in(void **state)
{
    (void)state;
    struct error e;
    error_set(&e, ERR_FAILED, "a\x1b[31m", NULL, "b\x07");
    assert_null(strchr(e.where, '\x1b'));
    assert_null(strchr(e.what, '\x07'));
}

static void a_buffer_grows_and_hands_its_text_over(void **state)
{
    (void)state;
    struct str s = {0};
    assert_string_equal(str_text(&s), "");
    for (int i = 0; i < 1000; i++)
        str_format(&s, "%d,", i);
    str_add(&s, NULL);
    assert_int_equal(s.length, 10 * 2 + 90 * 3 + 900 * 4);
    char *text = str_take(&s);
    assert_int_equal(strlen(text), 3890);
    assert_null(s.text);
    free(text);
}

static void an_array_grows_with_zeroed_elements(void **state)
{
    (void)state;
    struct {
        int *items;
        size_t items_count, items_capacity;
    } list = {0};
    for (int i = 0; i < 100; i++) {
        int *item = memory_append(&list, items);
        assert_int_equal(*item, 0);
        *item = i;
    }
    assert_int_equal(list.items_count, 100);
    assert_int_equal(list.items[99], 99);
    free(list.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_statuses_are_those_of_the_contract),
        cmocka_unit_test(an_error_reads_where_what_the_servers_words_and_what_to_do),
        cmocka_unit_test(hostile_text_is_cleaned_on_its_way_in),
        cmocka_unit_test(a_buffer_grows_and_hands_its_text_over),
        cmocka_unit_test(an_array_grows_with_zeroed_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
