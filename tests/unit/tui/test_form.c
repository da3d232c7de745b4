#include "tests/unit/tui/canvas_check.h"
#include "tui/form.h"
#include "tui/keys.h"

static void type(struct form_input *input, const char *text)
{
    for (; *text != '\0'; text++)
        form_input_key(input, (uint32_t)(unsigned char)*text);
}

static void typing_inserts_at_the_cursor(void **state)
{
    (void)state;
    struct form_input input;
    form_input_open(&input, 64, false, "ac");
    form_input_key(&input, KEYS_LEFT);
    assert_int_equal(form_input_key(&input, 'b'), FORM_USED);
    assert_string_equal(form_input_text(&input), "abc");
    form_input_key(&input, KEYS_CTRL('a'));
    form_input_key(&input, 0xFC);
    assert_string_equal(form_input_text(&input), "üabc");
    form_input_key(&input, KEYS_CTRL('e'));
    form_input_key(&input, KEYS_BACKSPACE);
    assert_string_equal(form_input_text(&input), "üab");
    form_input_close(&input);
}

static void whole_characters_are_moved_over_and_erased(void **state)
{
    (void)state;
    struct form_input input;
    form_input_open(&input, 64, false, "aüe\xCC\x81");
    form_input_key(&input, KEYS_BACKSPACE);
    assert_string_equal(form_input_text(&input), "aü");
    form_input_key(&input, KEYS_BACKSPACE);
    assert_string_equal(form_input_text(&input), "a");
    form_input_set(&input, "e\xCC\x81x");
    form_input_key(&input, KEYS_HOME);
    form_input_key(&input, KEYS_DELETE);
    assert_string_equal(form_input_text(&input), "x");
    form_input_key(&input, KEYS_DELETE);
    form_input_key(&input, KEYS_DELETE);
    assert_string_equal(form_input_text(&input), "");
    form_input_key(&input, KEYS_LEFT);
    form_input_key(&input, KEYS_RIGHT);
    form_input_key(&input, KEYS_BACKSPACE);
    form_input_close(&input);
}

static void the_keys_of_a_shell_cut_words_and_lines(void **state)
{
    (void)state;
    struct form_input input;
    form_input_open(&input, 64, false, "one two  three");
    form_input_key(&input, KEYS_CTRL('w'));
    assert_string_equal(form_input_text(&input), "one two  ");
    form_input_key(&input, KEYS_CTRL('w'));
    assert_string_equal(form_input_text(&input), "one ");
    form_input_key(&input, KEYS_LEFT);
    form_input_key(&input, KEYS_CTRL('k'));
    assert_string_equal(form_input_text(&input), "one");
    form_input_key(&input, KEYS_LEFT);
    form_input_key(&input, KEYS_CTRL('u'));
    assert_string_equal(form_input_text(&input), "e");
    form_input_close(&input);
}

static void a_full_field_takes_no_more_and_never_half_a_character(void **state)
{
    (void)state;
    struct form_input input;
    form_input_open(&input, 4, false, "aüüü");
    assert_string_equal(form_input_text(&input), "aü");
    form_input_key(&input, 'x');
    assert_string_equal(form_input_text(&input), "aü");
    form_input_set(&input, "ab");
    form_input_key(&input, 0xFC);
    assert_string_equal(form_input_text(&input), "ab");
    form_input_close(&input);
}

static void a_shorter_text_leaves_nothing_of_a_longer_one(void **state)
{
    (void)state;
    struct form_input input;
    form_input_open(&input, 32, false, "a long one");
    form_input_set(&input, "x");
    form_input_key(&input, 'y');
    assert_string_equal(form_input_text(&input), "xy");
    form_input_key(&input, KEYS_RIGHT);
    form_input_key(&input, KEYS_DELETE);
    assert_string_equal(form_input_text(&input), "xy");
    form_input_close(&input);
}

static void enter_accepts_and_esc_cancels_and_tab_is_not_its_own(void **state)
{
    (void)state;
    struct form_input input;
    form_input_open(&input, 16, false, NULL);
    assert_int_equal(form_input_key(&input, KEYS_ENTER), FORM_ACCEPTED);
    assert_int_equal(form_input_key(&input, KEYS_ESC), FORM_CANCELLED);
    assert_int_equal(form_input_key(&input, KEYS_TAB), FORM_UNUSED);
    assert_int_equal(form_input_key(&input, KEYS_UP), FORM_UNUSED);
    assert_int_equal(form_input_key(&input, KEYS_F(1)), FORM_UNUSED);
    form_input_close(&input);
}

static void a_secret_is_drawn_as_stars_and_not_remembered(void **state)
{
    (void)state;
    struct form_input input;
    form_input_open(&input, 64, true, NULL);
    type(&input, "hunter2");
    struct canvas canvas = canvas_open(1, 12, GLYPH_SET_UTF8);
    form_input_draw(&input, &canvas, 0, 1, 10, true);
    assert_canvas(&canvas, " *******");
    int column = 0;
    bool visible = false;
    canvas_cursor_position(&canvas, NULL, &column, &visible);
    assert_int_equal(column, 8);
    assert_true(visible);
    form_input_remember(&input);
    assert_int_equal(input.history_count, 0);
    assert_string_equal(form_input_text(&input), "hunter2");
    canvas_close(&canvas);
    form_input_close(&input);
    assert_string_equal(form_input_text(&input), "");
}

static void a_long_text_scrolls_with_the_cursor(void **state)
{
    (void)state;
    struct form_input input;
    form_input_open(&input, 64, false, "abcdefghij");
    struct canvas canvas = canvas_open(1, 5, GLYPH_SET_UTF8);
    form_input_draw(&input, &canvas, 0, 0, 5, true);
    assert_canvas(&canvas, "ghij");
    form_input_key(&input, KEYS_HOME);
    form_input_draw(&input, &canvas, 0, 0, 5, true);
    assert_canvas(&canvas, "abcde");
    form_input_key(&input, KEYS_END);
    form_input_key(&input, KEYS_CTRL('u'));
    form_input_draw(&input, &canvas, 0, 0, 5, true);
    assert_canvas(&canvas, "");
    canvas_close(&canvas);
    form_input_close(&input);
}

static void a_paste_becomes_one_clean_line(void **state)
{
    (void)state;
    struct form_input input;
    form_input_open(&input, 32, false, NULL);
    form_input_paste(&input, "a\nb\033c");
    assert_string_equal(form_input_text(&input), "a b\xEF\xBF\xBD"
                                                 "c");
    form_input_close(&input);
}

static void history_is_walked_with_the_arrows(void **state)
{
    (void)state;
    struct form_input input;
    form_input_open(&input, 32, false, "first");
    form_input_remember(&input);
    form_input_remember(&input);
    form_input_set(&input, "second");
    form_input_remember(&input);
    form_input_set(&input, NULL);
    assert_int_equal(input.history_count, 2);
    form_input_key(&input, KEYS_UP);
    assert_string_equal(form_input_text(&input), "second");
    form_input_key(&input, KEYS_UP);
    form_input_key(&input, KEYS_UP);
    assert_string_equal(form_input_text(&input), "first");
    form_input_key(&input, KEYS_DOWN);
    form_input_key(&input, KEYS_DOWN);
    assert_string_equal(form_input_text(&input), "");
    form_input_close(&input);
}

static void only_the_very_word_confirms(void **state)
{
    (void)state;
    struct form_confirm confirm;
    form_confirm_open(&confirm, "Contoso");
    assert_int_equal(form_confirm_key(&confirm, KEYS_ENTER), FORM_USED);
    assert_non_null(strstr(confirm.hint, "Nothing was typed"));
    type(&confirm.input, "contoso");
    assert_int_equal(form_confirm_key(&confirm, KEYS_ENTER), FORM_USED);
    assert_non_null(strstr(confirm.hint, "Capitals count"));
    form_confirm_key(&confirm, KEYS_CTRL('u'));
    assert_null(confirm.hint);
    type(&confirm.input, "Contoso ");
    assert_int_equal(form_confirm_key(&confirm, KEYS_ENTER), FORM_USED);
    struct canvas canvas = canvas_open(5, 30, GLYPH_SET_UTF8);
    assert_int_equal(form_confirm_draw(&confirm, &canvas, 0, true),
                     form_confirm_rows(&confirm, 30));
    assert_string_equal(row_text(&canvas, 2), "Contoso");
    assert_string_equal(row_text(&canvas, 3), "That is not it; it must be Co…");
    canvas_close(&canvas);
    form_confirm_key(&confirm, KEYS_BACKSPACE);
    assert_int_equal(form_confirm_key(&confirm, KEYS_ENTER), FORM_ACCEPTED);
    assert_int_equal(form_confirm_key(&confirm, KEYS_ESC), FORM_CANCELLED);
    form_confirm_close(&confirm);
    form_confirm_close(&confirm);
}

static const struct form_choice_item items[] = {
    {.label = "one", .explanation = "the first of them"},
    {.label = "two", .refusal = "not now"},
    {.label = "three"},
};

static void a_refused_choice_cannot_be_taken(void **state)
{
    (void)state;
    struct form_choice choice = {.items = items, .items_count = 3, .chosen = 3};
    assert_int_equal(form_choice_key(&choice, KEYS_DOWN), FORM_USED);
    assert_int_equal(form_choice_key(&choice, KEYS_ENTER), FORM_USED);
    assert_int_equal(choice.chosen, 3);
    assert_int_equal(form_choice_key(&choice, '3'), FORM_USED);
    assert_int_equal(choice.chosen, 2);
    assert_int_equal(form_choice_key(&choice, '2'), FORM_USED);
    assert_int_equal(choice.chosen, 2);
    form_choice_key(&choice, 'g');
    assert_int_equal(form_choice_key(&choice, KEYS_ENTER), FORM_ACCEPTED);
    assert_int_equal(choice.chosen, 0);
    assert_int_equal(form_choice_key(&choice, KEYS_ESC), FORM_CANCELLED);
    assert_int_equal(form_choice_key(&choice, 'x'), FORM_UNUSED);
    assert_int_equal(form_choice_key(&choice, '9'), FORM_UNUSED);
}

static void a_choice_tells_numbers_reasons_and_what_is_chosen(void **state)
{
    (void)state;
    struct form_choice choice = {.items = items, .items_count = 3, .at = 1, .chosen = 0};
    struct canvas canvas = canvas_open(8, 30, GLYPH_SET_UTF8);
    assert_int_equal(form_choice_draw(&choice, &canvas, true), 5);
    assert_canvas(&canvas, "  ◉ 1 one\n      the first of them\n▸ ○ 2 two\n      not now\n"
                           "  ○ 3 three");
    canvas_close(&canvas);
    /* Too low a window scrolls to where the cursor is. */
    canvas = canvas_open(2, 30, GLYPH_SET_UTF8);
    form_choice_draw(&choice, &canvas, true);
    assert_string_equal(row_text(&canvas, 1), "      not now");
    canvas_close(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typing_inserts_at_the_cursor),
        cmocka_unit_test(whole_characters_are_moved_over_and_erased),
        cmocka_unit_test(the_keys_of_a_shell_cut_words_and_lines),
        cmocka_unit_test(a_full_field_takes_no_more_and_never_half_a_character),
        cmocka_unit_test(a_shorter_text_leaves_nothing_of_a_longer_one),
        cmocka_unit_test(enter_accepts_and_esc_cancels_and_tab_is_not_its_own),
        cmocka_unit_test(a_secret_is_drawn_as_stars_and_not_remembered),
        cmocka_unit_test(a_long_text_scrolls_with_the_cursor),
        cmocka_unit_test(a_paste_becomes_one_clean_line),
        cmocka_unit_test(history_is_walked_with_the_arrows),
        cmocka_unit_test(only_the_very_word_confirms),
        cmocka_unit_test(a_refused_choice_cannot_be_taken),
        cmocka_unit_test(a_choice_tells_numbers_reasons_and_what_is_chosen),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
