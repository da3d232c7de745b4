#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/lsn.h"

static void twenty_five_digits_survive_a_round_trip(void **state)
{
    (void)state;
    static const char *const cases[] = {"1", "34000000012300005", "9999999999999999999999999",
                                        "18446744073709551616"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[LSN_TEXT_SIZE];
        lsn_format(text, sizeof text, lsn_parse(cases[i]));
        assert_string_equal(text, cases[i]);
    }
}

static void leading_zeros_do_not_count(void **state)
{
    (void)state;
    assert_int_equal(lsn_compare(lsn_parse("0000000000000000000000042"), lsn_parse("42")), 0);
}

static void anything_but_up_to_25_digits_is_unknown(void **state)
{
    (void)state;
    static const char *const cases[] = {NULL, "",   "0",   "-1",   "+1",
                                        " 1", "1 ", "12a", "0x1F", "12345678901234567890123456"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_false(lsn_is_known(lsn_parse(cases[i])));
    char text[LSN_TEXT_SIZE];
    lsn_format(text, sizeof text, (struct lsn){0});
    assert_string_equal(text, "");
}

static void numbers_that_a_double_cannot_tell_apart_compare_right(void **state)
{
    (void)state;
    struct lsn a = lsn_parse("34000000012300193000"), b = lsn_parse("34000000012300193001");
    assert_true(lsn_compare(a, b) < 0);
    assert_true(lsn_compare(b, a) > 0);
}

static void a_log_holds_its_first_lsn_and_not_its_last(void **state)
{
    (void)state;
    struct lsn first = lsn_parse("100"), last = lsn_parse("200");
    assert_true(lsn_is_within(first, first, last));
    assert_true(lsn_is_within(lsn_parse("199"), first, last));
    assert_false(lsn_is_within(last, first, last));
    assert_false(lsn_is_within(lsn_parse("99"), first, last));
    assert_false(lsn_is_within(first, first, first)); /* an empty log holds nothing */
}

static void of_a_backup_both_lsns_are_known_or_none(void **state)
{
    (void)state;
    struct lsn first = lsn_parse("100"), last = lsn_parse("200");
    lsn_settle_range(&first, &last);
    assert_true(lsn_is_known(first) && lsn_is_known(last));
    last = (struct lsn){0};
    lsn_settle_range(&first, &last);
    assert_false(lsn_is_known(first) || lsn_is_known(last));
    last = lsn_parse("200");
    lsn_settle_range(&first, &last);
    assert_false(lsn_is_known(first) || lsn_is_known(last));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_five_digits_survive_a_round_trip),
        cmocka_unit_test(leading_zeros_do_not_count),
        cmocka_unit_test(anything_but_up_to_25_digits_is_unknown),
        cmocka_unit_test(numbers_that_a_double_cannot_tell_apart_compare_right),
        cmocka_unit_test(a_log_holds_its_first_lsn_and_not_its_last),
        cmocka_unit_test(of_a_backup_both_lsns_are_known_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
