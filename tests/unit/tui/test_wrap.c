#include "tests/unit/tui/canvas_check.h"
#include "tui/find.h"
#include "tui/wrap.h"

static void check(const char *text, int cells, const char *expected)
{
    struct wrap wrap = {0};
    struct str joined = {0};
    wrap_add(&wrap, text, cells);
    for (size_t i = 0; i < wrap.lines_count; i++)
        str_format(&joined, "%s%s", i > 0 ? "|" : "", wrap.lines[i]);
    assert_string_equal(str_text(&joined), expected);
    str_free(&joined);
    wrap_free(&wrap);
}

static void lines_break_at_blanks(void **state)
{
    (void)state;
    check("the quick brown fox", 10, "the quick|brown fox");
    check("the quick brown fox", 9, "the quick|brown fox");
    check("the quick", 100, "the quick");
}

static void a_word_that_is_too_long_breaks_anywhere(void **state)
{
    (void)state;
    check("abcdefghij", 4, "abcd|efgh|ij");
    check("ab cdefghij", 4, "ab|cdef|ghij");
    check("日本語", 3, "日|本|語");
}

static void newlines_begin_lines_and_empty_lines_stay(void **state)
{
    (void)state;
    check("a\n\nb", 10, "a||b");
    check("", 10, "");
    check(NULL, 10, "");
}

static void continuations_keep_the_indent(void **state)
{
    (void)state;
    check("  one two three", 9, "  one two|  three");
}

static void a_width_of_nothing_still_ends(void **state)
{
    (void)state;
    check("ab", 0, "a|b");
    check("ab", -5, "a|b");
}

static void control_characters_do_not_survive(void **state)
{
    (void)state;
    check("a\tb\033c", 10,
          "a b\xEF\xBF\xBD"
          "c");
}

static void drawing_tells_the_row_behind(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(4, 6, GLYPH_SET_UTF8);
    assert_int_equal(wrap_draw(&canvas, 1, ATTR_NORMAL, "one two three"), 4);
    assert_canvas(&canvas, "\none\ntwo\nthree");
    assert_int_equal(wrap_rows("one two three", 6), 3);
    canvas_close(&canvas);
}

static void finding_ignores_case_and_tells_the_place(void **state)
{
    (void)state;
    size_t length = 0;
    const char *text = "Gebühren";
    assert_ptr_equal(find_nocase(text, "BÜH", &length), text + 2);
    assert_int_equal(length, 4);
    assert_null(find_nocase(text, "x", NULL));
    assert_ptr_equal(find_nocase(text, "", NULL), text);
    assert_null(find_nocase("", "a", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_at_blanks),
        cmocka_unit_test(a_word_that_is_too_long_breaks_anywhere),
        cmocka_unit_test(newlines_begin_lines_and_empty_lines_stay),
        cmocka_unit_test(continuations_keep_the_indent),
        cmocka_unit_test(a_width_of_nothing_still_ends),
        cmocka_unit_test(control_characters_do_not_survive),
        cmocka_unit_test(drawing_tells_the_row_behind),
        cmocka_unit_test(finding_ignores_case_and_tells_the_place),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
