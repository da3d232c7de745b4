#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lab/value.h"

static void a_copy_owns_its_own_bytes(void **state)
{
    struct sql_value text = sql_text("abc");
    struct sql_value copy = sql_value_copy(&text);
    (void)state;

    text.bytes[0] = 'x';
    assert_string_equal(copy.bytes, "abc");
    assert_int_equal(copy.length, 3);
    sql_value_free(&text);
    sql_value_free(&copy);
    assert_true(copy.null);
    assert_null(copy.bytes);
}

static void no_text_is_null_and_an_empty_text_is_not(void **state)
{
    struct sql_value none = sql_text(NULL);
    struct sql_value empty = sql_text("");
    (void)state;

    assert_true(none.null);
    assert_false(empty.null);
    assert_non_null(empty.bytes);
    assert_int_equal(empty.length, 0);
    sql_value_free(&empty);
}

static void bytes_may_hold_nuls(void **state)
{
    struct sql_value value = sql_bytes("a\0b", 3);
    (void)state;

    assert_int_equal(value.length, 3);
    assert_memory_equal(value.bytes, "a\0b\0", 4);
    sql_value_free(&value);
}

static void an_instant_becomes_local_ticks_since_year_one(void **state)
{
    (void)state;
    /* 1970-01-01 is day 719162 of the calendar that begins with 0001-01-01 */
    assert_int_equal(sql_time_utc_ms(0, 0).integer, INT64_C(719162) * 864000000000);
    assert_int_equal(sql_time_utc_ms(1, 60).integer,
                     INT64_C(719162) * 864000000000 + 36000000000 + 10000);
    assert_int_equal(sql_time_utc_ms(0, -90).offset_min, -90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_owns_its_own_bytes),
        cmocka_unit_test(no_text_is_null_and_an_empty_text_is_not),
        cmocka_unit_test(bytes_may_hold_nuls),
        cmocka_unit_test(an_instant_becomes_local_ticks_since_year_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
