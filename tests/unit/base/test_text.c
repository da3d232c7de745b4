#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"

static void no_control_character_survives_cleaning(void **state)
{
    static const struct {
        const char *given, *expected;
    } cases[] = {
        {"plain", "plain"},
        {"tab\tand\nnewline", "tab and newline"},
        {"\x1b[2Jcleared", "\xEF\xBF\xBD[2Jcleared"},
        {"bell\x07", "bell\xEF\xBF\xBD"},
        {"c1 \xC2\x9B" "31m", "c1 \xEF\xBF\xBD" "31m"},
        {"right \xE2\x80\xAEot left", "right \xEF\xBF\xBDot left"},
        {"isolate\xE2\x81\xA6", "isolate\xEF\xBF\xBD"},
        {"bad \xFF byte", "bad \xEF\xBF\xBD byte"},
        {"overlong \xC0\xAF", "overlong \xEF\xBF\xBD\xEF\xBF\xBD"},
        {"surrogate \xED\xA0\x80", "surrogate \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xF0\x9F\x98\x80 stays", "\xF0\x9F\x98\x80 stays"},
        {NULL, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64];
        text_clean(out, sizeof out, cases[i].given);
        assert_string_equal(out, cases[i].expected);
    }
}

static void every_byte_string_cleans_to_clean_text(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 20000; round++) {
        char raw[24], clean[96];
        size_t length = (size_t)rand() % sizeof raw;
        for (size_t i = 0; i < length; i++)
            raw[i] = (char)(rand() % 255 + 1);
        raw[length < sizeof raw ? length : sizeof raw - 1] = '\0';
        text_clean(clean, sizeof clean, raw);
        for (const char *at = clean; *at != '\0';) {
            uint32_t code = text_next(&at);
            assert_true(code >= 0x20 && code != 0x7F && !(code >= 0x80 && code < 0xA0));
        }
    }
}

static void cleaning_cuts_at_a_character(void **state)
{
    (void)state;
    char out[4];
    text_clean(out, sizeof out, "a\xC3\xA4\xC3\xA4");
    assert_string_equal(out, "a\xC3\xA4");
    text_copy(out, sizeof out, "ab\xC3\xA4");
    assert_string_equal(out, "ab");
}

static void names_compare_without_case_and_marks_do_not(void **state)
{
    (void)state;
    assert_true(text_equal_nocase("BizTalkMgmtDb", "BIZTALKMGMTDB"));
    assert_true(text_equal_nocase("\xC3\x84rger", "\xC3\xA4RGER"));
    assert_false(text_equal_nocase("SQLA", "SQLB"));
    assert_false(text_equal_nocase("SQLA", NULL));
    assert_true(text_equal_nocase(NULL, NULL));
    assert_false(text_equal("BTS_1", "bts_1"));
    assert_true(text_compare_nocase("a", "B") < 0);
}

static void the_nearest_word_is_found_by_its_distance(void **state)
{
    (void)state;
    assert_int_equal(text_distance("status", "statsu"), 2);
    assert_int_equal(text_distance("json", "jsn"), 1);
    assert_int_equal(text_distance("role", "ROLE"), 0);
    assert_int_equal(text_distance("", "abc"), 3);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_control_character_survives_cleaning),
        cmocka_unit_test(every_byte_string_cleans_to_clean_text),
        cmocka_unit_test(cleaning_cuts_at_a_character),
        cmocka_unit_test(names_compare_without_case_and_marks_do_not),
        cmocka_unit_test(the_nearest_word_is_found_by_its_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
