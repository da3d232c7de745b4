/* Text into tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/str.h"
#include "tests/lab/sql/lexer.h"

static const char *const kinds[] = {"end",     "word",  "name",     "string", "binary",  "integer",
                                    "decimal", "float", "variable", "global", "operator"};

/* "word:SELECT integer:1 ..." without the end. */
static void expect_tokens(const char *text, const char *expected)
{
    struct arena arena = {0};
    struct token_list list = {0};
    struct str shown = {0};

    assert_true(lexer_run(&list, &arena, text));
    for (size_t i = 0; i + 1 < list.tokens_count; i++)
        str_format(&shown, "%s%s:%s", i == 0 ? "" : " ", kinds[list.tokens[i].kind],
                   list.tokens[i].kind == TOKEN_BINARY ? "" : list.tokens[i].text);
    assert_string_equal(str_text(&shown), expected);
    str_free(&shown);
    arena_free(&arena);
}

static void words_numbers_and_operators_are_cut(void **state)
{
    (void)state;
    expect_tokens("SELECT a1,-2.5e3<>@x", "word:SELECT word:a1 operator:, operator:- float:2.5e3 "
                                          "operator:<> variable:@x");
    expect_tokens("1 .5 2. @@SPID 0x1F", "integer:1 decimal:.5 decimal:2. global:@@SPID binary:");
}

static void comments_nest_and_vanish(void **state)
{
    (void)state;
    expect_tokens("a /* b /* c */ d */ e -- f\ng", "word:a word:e word:g");
}

static void quotes_double_inside_their_own_kind(void **state)
{
    (void)state;
    expect_tokens("N'it''s' 'a\"b' [x]]y] \"p\"\"q\"",
                  "string:it's string:a\"b name:x]y name:p\"q");
}

static void a_word_in_brackets_is_no_keyword(void **state)
{
    (void)state;
    expect_tokens("[SELECT]", "name:SELECT");
}

static void lines_are_counted_inside_strings_and_comments(void **state)
{
    struct arena arena = {0};
    struct token_list list = {0};

    (void)state;
    assert_true(lexer_run(&list, &arena, "a\n/*\n*/ 'x\ny' b"));
    assert_int_equal(list.tokens[0].line, 1);
    assert_int_equal(list.tokens[1].line, 3);
    assert_int_equal(list.tokens[2].line, 4);
    arena_free(&arena);
}

static void a_backslash_before_a_line_end_joins_lines_in_a_string(void **state)
{
    (void)state;
    expect_tokens("'a\\\nb\\c'", "string:ab\\c");
}

static void expect_error(const char *text, int number)
{
    struct arena arena = {0};
    struct token_list list = {0};

    assert_false(lexer_run(&list, &arena, text));
    assert_int_equal(list.error, number);
    arena_free(&arena);
}

static void what_is_not_closed_is_an_error(void **state)
{
    (void)state;
    expect_error("SELECT 'abc", 105);
    expect_error("SELECT [abc", 105);
    expect_error("/* a /* b */", 113);
    expect_error("SELECT 1 ? 2", 102);
}

static void letters_of_any_script_make_names(void **state)
{
    (void)state;
    expect_tokens("größe #tmp _x$y@z", "word:größe word:#tmp word:_x$y@z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_numbers_and_operators_are_cut),
        cmocka_unit_test(comments_nest_and_vanish),
        cmocka_unit_test(quotes_double_inside_their_own_kind),
        cmocka_unit_test(a_word_in_brackets_is_no_keyword),
        cmocka_unit_test(lines_are_counted_inside_strings_and_comments),
        cmocka_unit_test(a_backslash_before_a_line_end_joins_lines_in_a_string),
        cmocka_unit_test(what_is_not_closed_is_an_error),
        cmocka_unit_test(letters_of_any_script_make_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
