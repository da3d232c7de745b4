#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"

static void an_instant_survives_being_written_and_read(void **state)
{
    static const char *const times[] = {"2026-11-20T12:00:00.547Z", "1970-01-01T00:00:00.000Z",
                                        "2028-02-29T23:59:59.999Z", "1969-12-31T23:59:59.001Z"};
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char out[40];
        time_format_iso(out, sizeof out, time_parse(times[i]));
        assert_string_equal(out, times[i]);
    }
}

static void only_times_are_read_as_times(void **state)
{
    static const char *const wrong[] = {"", "2026", "2026-13-01T00:00", "2026-11-20T24:00",
                                        "2026-11-20T12:00:00.5x", "2026-11-20", "yesterday"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_true(time_parse(wrong[i]) == TIME_UNKNOWN);
    assert_true(time_parse("2026-11-20 12:00") != TIME_UNKNOWN);
}

static void unknown_is_a_word_and_never_a_number(void **state)
{
    char out[40];
    (void)state;
    time_format_iso(out, sizeof out, TIME_UNKNOWN);
    assert_string_equal(out, "unknown");
    duration_format(out, sizeof out, DURATION_UNKNOWN);
    assert_string_equal(out, "unknown");
    size_format(out, sizeof out, -1);
    assert_string_equal(out, "unknown");
}

static void durations_have_two_units_at_most(void **state)
{
    static const struct {
        int64_t ms;
        const char *expected;
    } cases[] = {{0, "0 ms"},           {850, "850 ms"},           {1000, "1 s"},
                 {59999, "59 s"},       {60000, "1 min 0 s"},      {1250000, "20 min 50 s"},
                 {3600000, "1 h 0 min"}, {93784000, "1 d 2 h"},    {-5000, "-5 s"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[40];
        duration_format(out, sizeof out, cases[i].ms);
        assert_string_equal(out, cases[i].expected);
    }
}

static void sizes_are_powers_of_a_thousand(void **state)
{
    static const struct {
        int64_t bytes;
        const char *expected;
    } cases[] = {{0, "0 B"},          {999, "999 B"},        {1000, "1.0 kB"},
                 {1234567, "1.2 MB"}, {999600, "1.0 MB"},    {123456789012, "123 GB"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[40];
        size_format(out, sizeof out, cases[i].bytes);
        assert_string_equal(out, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_instant_survives_being_written_and_read),
        cmocka_unit_test(only_times_are_read_as_times),
        cmocka_unit_test(unknown_is_a_word_and_never_a_number),
        cmocka_unit_test(durations_have_two_units_at_most),
        cmocka_unit_test(sizes_are_powers_of_a_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
