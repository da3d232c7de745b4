#include "tests/unit/tui/canvas_check.h"
#include "tui/keys.h"
#include "tui/theme.h"

static void every_name_comes_back_as_its_key(void **state)
{
    (void)state;
    char name[32];
    for (uint32_t key = KEYS_ENTER; key <= KEYS_OTHER; key++) {
        keys_format(name, sizeof name, key);
        assert_string_not_equal(name, "");
        assert_int_equal(keys_parse(name), key);
    }
    for (uint32_t key = ' '; key < 0x7F; key++) {
        keys_format(name, sizeof name, key);
        assert_int_equal(keys_parse(name), key);
    }
}

static void names_are_those_that_people_know(void **state)
{
    (void)state;
    char name[32];
    keys_format(name, sizeof name, KEYS_CTRL('l'));
    assert_string_equal(name, "C-l");
    keys_format(name, sizeof name, KEYS_F(12));
    assert_string_equal(name, "F12");
    keys_format(name, sizeof name, KEYS_PAGE_UP);
    assert_string_equal(name, "PgUp");
    keys_format(name, sizeof name, 0xFC);
    assert_string_equal(name, "ü");
    keys_format(name, sizeof name, KEYS_NONE);
    assert_string_equal(name, "");
}

static void other_spellings_are_understood(void **state)
{
    (void)state;
    assert_int_equal(keys_parse("ctrl-L"), KEYS_CTRL('l'));
    assert_int_equal(keys_parse("^l"), KEYS_CTRL('l'));
    assert_int_equal(keys_parse("PAGEUP"), KEYS_PAGE_UP);
    assert_int_equal(keys_parse("escape"), KEYS_ESC);
    assert_int_equal(keys_parse("f5"), KEYS_F(5));
    assert_int_equal(keys_parse("ü"), 0xFC);
    assert_int_equal(keys_parse("^"), '^');
}

static void nonsense_is_no_key(void **state)
{
    (void)state;
    assert_int_equal(keys_parse(NULL), KEYS_NONE);
    assert_int_equal(keys_parse(""), KEYS_NONE);
    assert_int_equal(keys_parse("F13"), KEYS_NONE);
    assert_int_equal(keys_parse("F0"), KEYS_NONE);
    assert_int_equal(keys_parse("C-"), KEYS_NONE);
    assert_int_equal(keys_parse("C-1"), KEYS_NONE);
    assert_int_equal(keys_parse("Entr"), KEYS_NONE);
    assert_int_equal(keys_parse("\x80"), KEYS_NONE);
}

static void only_characters_can_be_typed(void **state)
{
    (void)state;
    assert_true(keys_is_character('a'));
    assert_true(keys_is_character(' '));
    assert_true(keys_is_character(0x65E5));
    assert_false(keys_is_character(0x1B));
    assert_false(keys_is_character(0x9B));
    assert_false(keys_is_character(KEYS_UP));
    assert_false(keys_is_character(KEYS_NONE));
}

static void themes_are_found_by_name_without_case(void **state)
{
    (void)state;
    assert_string_equal(theme_find(NULL)->name, "dark");
    assert_string_equal(theme_find("")->name, "dark");
    assert_string_equal(theme_find("MONO")->name, "mono");
    assert_null(theme_find("pink"));
    size_t count = 0;
    while (theme_at(count) != NULL)
        count++;
    assert_int_equal(count, 3);
}

static void without_colours_what_is_wrong_still_stands_out(void **state)
{
    (void)state;
    const struct theme *mono = theme_find("mono");
    assert_false(mono->colours);
    assert_true(mono->styles[ATTR_CRITICAL].look != mono->styles[ATTR_OK].look);
    assert_true(mono->styles[ATTR_WARNING].look != mono->styles[ATTR_OK].look);
    assert_true(mono->styles[ATTR_CRITICAL].look != mono->styles[ATTR_WARNING].look);
    assert_int_equal(mono->selected, THEME_REVERSE);
    /* Reverse is the selection's alone, but for the tab that is open. */
    for (int i = 0; i < ATTR_COUNT; i++)
        if (i != ATTR_TAB_HERE)
            assert_int_equal(mono->styles[i].look & THEME_REVERSE, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_comes_back_as_its_key),
        cmocka_unit_test(names_are_those_that_people_know),
        cmocka_unit_test(other_spellings_are_understood),
        cmocka_unit_test(nonsense_is_no_key),
        cmocka_unit_test(only_characters_can_be_typed),
        cmocka_unit_test(themes_are_found_by_name_without_case),
        cmocka_unit_test(without_colours_what_is_wrong_still_stands_out),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
