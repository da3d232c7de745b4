#include "tests/unit/tui/canvas_check.h"
#include "tui/bar.h"
#include "tui/dialog.h"
#include "tui/keys.h"
#include "tui/pager.h"

static enum dialog_result type(struct dialog *dialog, const char *text)
{
    enum dialog_result result = DIALOG_OPEN;
    for (; *text != '\0'; text++)
        result = dialog_key(dialog, (uint32_t)(unsigned char)*text);
    return result;
}

/* --- dialogs ---------------------------------------------------------------------------------- */

static void enter_enter_confirms_nothing(void **state)
{
    (void)state;
    struct dialog dialog = {0};
    dialog_open_confirm(&dialog, ATTR_WARNING, "Abort the run", "It stops.", "yes");
    for (int i = 0; i < 5; i++)
        assert_int_equal(dialog_key(&dialog, KEYS_ENTER), DIALOG_OPEN);
    type(&dialog, "y");
    assert_int_equal(dialog_key(&dialog, KEYS_ENTER), DIALOG_OPEN);
    dialog_paste(&dialog, "es");
    assert_string_equal(dialog_text(&dialog), "y");
    type(&dialog, "es");
    assert_int_equal(dialog_key(&dialog, KEYS_ENTER), DIALOG_ACCEPTED);
    assert_string_equal(dialog_text(&dialog), "yes");
    dialog_close(&dialog);
    assert_false(dialog_is_open(&dialog));
}

static void esc_never_commits(void **state)
{
    (void)state;
    struct dialog dialog = {0};
    dialog_open_confirm(&dialog, ATTR_WARNING, "Sure", NULL, "yes");
    type(&dialog, "yes");
    assert_int_equal(dialog_key(&dialog, KEYS_ESC), DIALOG_CLOSED);
    assert_false(dialog_is_open(&dialog));
    assert_string_equal(dialog_text(&dialog), "");
    assert_int_equal(dialog_key(&dialog, KEYS_ENTER), DIALOG_CLOSED);
}

static void a_message_is_closed_by_its_keys_only(void **state)
{
    (void)state;
    struct dialog dialog = {0};
    dialog_open_message(&dialog, ATTR_TITLE, "Help", "text");
    assert_int_equal(dialog_key(&dialog, 'x'), DIALOG_OPEN);
    assert_int_equal(dialog_key(&dialog, 'q'), DIALOG_CLOSED);
    dialog_open_message(&dialog, ATTR_TITLE, "Help", "text");
    assert_int_equal(dialog_key(&dialog, KEYS_ENTER), DIALOG_CLOSED);
}

static void a_password_is_read_back_and_wiped(void **state)
{
    (void)state;
    struct dialog dialog = {0};
    dialog_open_input(&dialog, "Login", NULL, "Password:", NULL, true);
    type(&dialog, "p");
    dialog_paste(&dialog, "w\n");
    assert_int_equal(dialog_key(&dialog, KEYS_ENTER), DIALOG_ACCEPTED);
    assert_string_equal(dialog_text(&dialog), "pw ");
    struct canvas canvas = canvas_open(8, 40, GLYPH_SET_UTF8);
    dialog_draw(&dialog, &canvas);
    struct str text = {0};
    canvas_dump_text(&canvas, &text);
    assert_null(strstr(str_text(&text), "pw"));
    assert_non_null(strstr(str_text(&text), "***"));
    str_free(&text);
    canvas_close(&canvas);
    dialog_close(&dialog);
    assert_string_equal(dialog_text(&dialog), "");
}

static void a_choice_gives_its_item(void **state)
{
    (void)state;
    static const struct form_choice_item items[] = {{.label = "a"}, {.label = "b"}};
    struct dialog dialog = {.purpose = 7};
    dialog_open_choice(&dialog, "Which", "one", items, 2, 2);
    assert_int_equal(dialog.purpose, 7);
    dialog_key(&dialog, KEYS_DOWN);
    assert_int_equal(dialog_key(&dialog, KEYS_ENTER), DIALOG_ACCEPTED);
    assert_int_equal(dialog_chosen(&dialog), 1);
    dialog_close(&dialog);
}

static void the_box_stands_in_the_middle_and_shows_all(void **state)
{
    (void)state;
    struct dialog dialog = {0};
    dialog_open_message(&dialog, ATTR_TITLE, "Hi", "some text");
    struct canvas canvas = canvas_open(7, 34, GLYPH_SET_ASCII);
    dialog_draw(&dialog, &canvas);
    assert_canvas(&canvas, "\n"
                           " +- Hi -------------------------+\n"
                           " | some text                    |\n"
                           " |                              |\n"
                           " | Enter or Esc closes          |\n"
                           " +------------------------------+");
    canvas_close(&canvas);
    dialog_close(&dialog);
}

static void in_a_low_window_the_question_stays_whole(void **state)
{
    (void)state;
    struct dialog dialog = {0};
    struct str text = {0};
    for (int i = 0; i < 50; i++)
        str_format(&text, "line %d\n", i);
    dialog_open_confirm(&dialog, ATTR_CRITICAL, "Sure", str_text(&text), "yes");
    struct canvas canvas = canvas_open(8, 60, GLYPH_SET_UTF8);
    dialog_draw(&dialog, &canvas);
    assert_non_null(strstr(row_text(&canvas, 4), "Type yes"));
    dialog_key(&dialog, KEYS_PAGE_DOWN);
    dialog_draw(&dialog, &canvas);
    assert_null(strstr(row_text(&canvas, 1), "line 0 "));
    canvas_close(&canvas);
    canvas = canvas_open(2, 5, GLYPH_SET_UTF8);
    dialog_draw(&dialog, &canvas);
    canvas_close(&canvas);
    str_free(&text);
    dialog_close(&dialog);
}

/* --- pager ------------------------------------------------------------------------------------ */

static void a_pager_wraps_scrolls_and_searches(void **state)
{
    (void)state;
    struct pager *pager = pager_new();
    pager_heading(pager, "Title");
    pager_field(pager, 6, "name", ATTR_OK, "one two three");
    for (int i = 0; i < 10; i++)
        pager_format(pager, ATTR_NORMAL, "line %d", i);
    struct canvas canvas = canvas_open(4, 16, GLYPH_SET_UTF8);
    pager_draw(pager, &canvas, true);
    assert_canvas(&canvas, "Title\nname   one two\n       three\nline 0         ↓");
    assert_true(pager_key(pager, KEYS_END));
    pager_draw(pager, &canvas, true);
    assert_canvas(&canvas, "line 6         ↑\nline 7\nline 8\nline 9");
    for (const char *keys = "/LINE 2"; *keys != '\0'; keys++)
        pager_key(pager, (uint32_t)(unsigned char)*keys);
    assert_true(pager_is_typing(pager));
    pager_draw(pager, &canvas, true);
    assert_string_equal(row_text(&canvas, 3), "/ LINE 2");
    pager_key(pager, KEYS_ENTER);
    assert_false(pager_is_typing(pager));
    pager_draw(pager, &canvas, true);
    assert_string_equal(row_text(&canvas, 0), "line 2         ↑");
    assert_false(pager_key(pager, 'q'));
    struct str out = {0};
    pager_clear(pager);
    pager_field(pager, 6, "name", ATTR_OK, "value");
    pager_dump(pager, &out);
    assert_string_equal(str_text(&out), "name   value\n");
    str_free(&out);
    canvas_close(&canvas);
    pager_free(pager);
}

static void a_narrow_pager_puts_labels_above_their_values(void **state)
{
    (void)state;
    struct pager *pager = pager_new();
    pager_field(pager, 10, "database", ATTR_OK, "BizTalkMsgBoxDb");
    struct canvas canvas = canvas_open(3, 18, GLYPH_SET_UTF8);
    pager_draw(pager, &canvas, false);
    assert_canvas(&canvas, "database\n  BizTalkMsgBoxDb");
    canvas_close(&canvas);
    pager_free(pager);
}

static void a_refresh_keeps_the_pagers_position(void **state)
{
    (void)state;
    struct pager *pager = pager_new();
    struct canvas canvas = canvas_open(3, 20, GLYPH_SET_UTF8);
    for (int round = 0; round < 2; round++) {
        pager_clear(pager);
        for (int i = 0; i < 10; i++)
            pager_format(pager, ATTR_NORMAL, "line %d", i);
        pager_draw(pager, &canvas, true);
        if (round == 0)
            pager_key(pager, KEYS_PAGE_DOWN);
    }
    assert_non_null(strstr(row_text(&canvas, 0), "line 2"));
    canvas_close(&canvas);
    pager_free(pager);
}

/* --- bars ------------------------------------------------------------------------------------- */

static const struct bar_part parts[] = {
    {.text = "stopmark", .worth = 90},
    {.text = NULL},
    {.text = "group", .worth = 80},
    {.text = "SQLA", .worth = 10, .right = true},
    {.text = "live", .glyph = GLYPH_OK, .attr = ATTR_OK, .worth = 100, .right = true},
};

static void the_header_drops_its_least_worthy_parts(void **state)
{
    (void)state;
    static const struct {
        int columns;
        const char *expected;
    } cases[] = {
        {40, " stopmark  group           SQLA  ● live"},
        {30, " stopmark  group       ● live"},
        {18, " stopmark  ● live"},
        {12, "     ● live"},
        {6, " ● l…"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct canvas canvas = canvas_open(1, cases[i].columns, GLYPH_SET_UTF8);
        bar_header(&canvas, 0, parts, 5);
        assert_canvas(&canvas, cases[i].expected);
        canvas_close(&canvas);
    }
}

static void tabs_shorten_and_are_found_by_a_click(void **state)
{
    (void)state;
    static const struct bar_tab tabs[] = {
        {"1", "Overview", false}, {"2", "Sources", false}, {"R", "Restore", true}};
    struct canvas canvas = canvas_open(1, 40, GLYPH_SET_UTF8);
    bar_tabs(&canvas, 0, tabs, 3, 0);
    assert_canvas(&canvas, " 1Overview 2Sources           R Restore");
    assert_int_equal(bar_tab_at(&canvas, tabs, 3, 0, 12), 1);
    assert_int_equal(bar_tab_at(&canvas, tabs, 3, 0, 31), 2);
    assert_int_equal(bar_tab_at(&canvas, tabs, 3, 0, 25), 3);
    canvas_close(&canvas);
    canvas = canvas_open(1, 24, GLYPH_SET_UTF8);
    bar_tabs(&canvas, 0, tabs, 3, 0);
    assert_canvas(&canvas, " 1Overview 2Sou… R Res…");
    canvas_close(&canvas);
    canvas = canvas_open(1, 16, GLYPH_SET_UTF8);
    bar_tabs(&canvas, 0, tabs, 3, 1);
    assert_canvas(&canvas, " 1 2Sources  R");
    canvas_close(&canvas);
}

static void a_message_carries_the_sign_of_its_meaning(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(1, 20, GLYPH_SET_ASCII);
    bar_message(&canvas, 0, ATTR_CRITICAL, "no answer from DRSQL1");
    assert_canvas(&canvas, " [X] no answer fro~");
    bar_message(&canvas, 0, ATTR_NORMAL, "");
    assert_canvas(&canvas, "");
    canvas_close(&canvas);
}

static void the_key_line_keeps_what_matters_most(void **state)
{
    (void)state;
    static const struct bar_key keys[] = {
        {"Enter", "details", 50}, {"/", "filter", 10}, {"q", "quit", 90}};
    struct canvas canvas = canvas_open(1, 40, GLYPH_SET_UTF8);
    bar_keys(&canvas, 0, keys, 3);
    assert_canvas(&canvas, " Enter details  / filter  q quit");
    canvas_close(&canvas);
    canvas = canvas_open(1, 24, GLYPH_SET_UTF8);
    bar_keys(&canvas, 0, keys, 3);
    assert_canvas(&canvas, " Enter details  q quit");
    canvas_close(&canvas);
    canvas = canvas_open(1, 4, GLYPH_SET_UTF8);
    bar_keys(&canvas, 0, keys, 3);
    assert_canvas(&canvas, "");
    canvas_close(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enter_enter_confirms_nothing),
        cmocka_unit_test(esc_never_commits),
        cmocka_unit_test(a_message_is_closed_by_its_keys_only),
        cmocka_unit_test(a_password_is_read_back_and_wiped),
        cmocka_unit_test(a_choice_gives_its_item),
        cmocka_unit_test(the_box_stands_in_the_middle_and_shows_all),
        cmocka_unit_test(in_a_low_window_the_question_stays_whole),
        cmocka_unit_test(a_pager_wraps_scrolls_and_searches),
        cmocka_unit_test(a_narrow_pager_puts_labels_above_their_values),
        cmocka_unit_test(a_refresh_keeps_the_pagers_position),
        cmocka_unit_test(the_header_drops_its_least_worthy_parts),
        cmocka_unit_test(tabs_shorten_and_are_found_by_a_click),
        cmocka_unit_test(a_message_carries_the_sign_of_its_meaning),
        cmocka_unit_test(the_key_line_keeps_what_matters_most),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
