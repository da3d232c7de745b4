#include "tests/unit/tui/canvas_check.h"
#include "tui/keys.h"
#include "tui/table.h"

static const struct table_column columns[] = {
    {.title = "name", .minimum = 4, .worth = TABLE_ALWAYS},
    {.title = "lag", .minimum = 3, .worth = 50, .align = ALIGN_RIGHT},
    {.title = "path", .minimum = 6, .ideal = 12, .worth = 10},
};

struct given {
    const char *name;
    int64_t lag;
    const char *path;
};

static void fill(struct table *table, const struct given *rows, size_t count)
{
    table_begin(table);
    for (size_t i = 0; i < count; i++) {
        char lag[24] = "?";
        if (rows[i].lag != TABLE_SORT_UNKNOWN)
            snprintf(lag, sizeof lag, "%d", (int)rows[i].lag);
        table_row(table, rows[i].name, ATTR_NORMAL);
        table_cell(table, ATTR_NORMAL, rows[i].name);
        table_cell_key(table, ATTR_NORMAL, lag, rows[i].lag);
        table_cell(table, ATTR_NORMAL, rows[i].path);
    }
    table_end(table);
}

static const struct given three[] = {
    {"beta", 9, "/b"}, {"alpha", 10, "/a"}, {"gamma", TABLE_SORT_UNKNOWN, "/c"}};

static struct table *new_table(void)
{
    struct table *table = table_new(columns, 3);
    fill(table, three, 3);
    return table;
}

/* The shown rows' first cells in order, joined. */
static const char *order(struct table *table)
{
    static char out[256];
    const char *selected = table_selected(table);
    char keep[64] = "";
    if (selected != NULL)
        strncpy(keep, selected, sizeof keep - 1);
    out[0] = '\0';
    table_move(table, -1000);
    for (size_t i = 0; i < table_shown_count(table); i++) {
        strcat(out, table_selected_text(table, 0));
        strcat(out, " ");
        table_move(table, 1);
    }
    if (selected != NULL)
        table_select(table, keep);
    return out;
}

static void press(struct table *table, const char *keys)
{
    while (*keys != '\0')
        table_key(table, (uint32_t)(unsigned char)*keys++);
}

static void rows_come_as_given_until_sorted(void **state)
{
    (void)state;
    struct table *table = new_table();
    assert_string_equal(order(table), "beta alpha gamma ");
    table_sort(table, 0, false);
    assert_string_equal(order(table), "alpha beta gamma ");
    table_sort(table, 0, true);
    assert_string_equal(order(table), "gamma beta alpha ");
    table_free(table);
}

static void unknown_values_come_last_in_both_directions(void **state)
{
    (void)state;
    struct table *table = new_table();
    table_sort(table, 1, false);
    assert_string_equal(order(table), "beta alpha gamma ");
    table_sort(table, 1, true);
    assert_string_equal(order(table), "alpha beta gamma ");
    table_free(table);
}

static void the_selection_follows_its_row_through_a_refresh(void **state)
{
    (void)state;
    struct table *table = new_table();
    assert_true(table_select(table, "alpha"));
    static const struct given more[] = {{"zeta", 1, ""}, {"beta", 9, ""}, {"alpha", 3, ""}};
    fill(table, more, 3);
    assert_string_equal(table_selected(table), "alpha");
    table_sort(table, 1, false);
    assert_string_equal(table_selected(table), "alpha");
    table_free(table);
}

static void where_the_row_is_gone_the_selection_keeps_its_place(void **state)
{
    (void)state;
    struct table *table = new_table();
    table_select(table, "alpha");
    static const struct given rest[] = {{"beta", 9, ""}, {"gamma", 3, ""}};
    fill(table, rest, 2);
    assert_string_equal(table_selected(table), "gamma");
    fill(table, three, 3);
    assert_string_equal(table_selected(table), "gamma");
    fill(table, NULL, 0);
    assert_null(table_selected(table));
    assert_string_equal(table_selected_text(table, 0), "");
    assert_int_equal(table_selected_id(table, 77), 77);
    table_free(table);
}

static void rows_can_be_named_by_a_number(void **state)
{
    (void)state;
    struct table *table = table_new(columns, 3);
    table_begin(table);
    for (uint64_t i = 10; i < 13; i++) {
        table_row_id(table, i, ATTR_NORMAL);
        table_cell_format(table, ATTR_NORMAL, "set %d", (int)i);
    }
    table_end(table);
    assert_true(table_select_id(table, 12));
    assert_int_equal(table_selected_id(table, 0), 12);
    assert_false(table_select_id(table, 99));
    assert_int_equal(table_selected_id(table, 0), 12);
    table_free(table);
}

static void a_filter_finds_any_cell_without_case(void **state)
{
    (void)state;
    struct table *table = new_table();
    table_select(table, "beta");
    table_filter(table, "/A");
    assert_string_equal(order(table), "alpha ");
    assert_int_equal(table_count(table), 3);
    table_filter(table, NULL);
    assert_int_equal(table_shown_count(table), 3);
    table_free(table);
}

static void the_selection_comes_back_when_the_filter_goes(void **state)
{
    (void)state;
    struct table *table = new_table();
    table_select(table, "gamma");
    press(table, "/alp");
    assert_true(table_is_typing(table));
    assert_string_equal(table_selected(table), "alpha");
    fill(table, three, 3);
    table_key(table, KEYS_ESC);
    assert_false(table_is_typing(table));
    assert_string_equal(table_filter_text(table), "");
    assert_string_equal(table_selected(table), "gamma");
    table_free(table);
}

static void enter_keeps_a_typed_filter_and_esc_then_drops_it(void **state)
{
    (void)state;
    struct table *table = new_table();
    press(table, "/q");
    assert_int_equal(table_shown_count(table), 0);
    table_key(table, KEYS_BACKSPACE);
    press(table, "eta");
    assert_true(table_key(table, KEYS_ENTER));
    assert_string_equal(table_filter_text(table), "eta");
    assert_false(table_key(table, KEYS_ENTER));
    assert_true(table_key(table, KEYS_ESC));
    assert_string_equal(table_filter_text(table), "");
    assert_false(table_key(table, KEYS_ESC));
    table_free(table);
}

static void search_goes_on_at_the_other_end(void **state)
{
    (void)state;
    struct table *table = new_table();
    assert_false(table_key(table, 'n'));
    press(table, "/a");
    table_key(table, KEYS_ESC);
    table_filter(table, NULL);
    table_select(table, "gamma");
    assert_true(table_key(table, 'n'));
    assert_string_equal(table_selected(table), "beta");
    assert_true(table_key(table, 'N'));
    assert_string_equal(table_selected(table), "gamma");
    assert_false(table_search(table, "nowhere", false));
    table_free(table);
}

static void groups_stay_together_and_hide_when_empty(void **state)
{
    (void)state;
    struct table *table = table_new(columns, 3);
    table_begin(table);
    static const char *const names[] = {"m2", "m1", "s2", "s1"};
    for (int i = 0; i < 4; i++) {
        if (i % 2 == 0)
            table_group(table, ATTR_STRONG, i == 0 ? "DRSQL1" : "DRSQL2");
        table_row(table, names[i], ATTR_NORMAL);
        table_cell(table, ATTR_NORMAL, names[i]);
    }
    table_group(table, ATTR_STRONG, "EMPTY");
    table_end(table);
    table_sort(table, 0, false);
    struct canvas canvas = canvas_open(8, 24, GLYPH_SET_UTF8);
    table_draw(table, &canvas, true);
    assert_canvas(&canvas, " name↑  lag  path\n DRSQL1\n▸m1\n m2\n DRSQL2\n s1\n s2");
    table_filter(table, "s1");
    table_draw(table, &canvas, true);
    assert_canvas(&canvas, " name↑  lag  path\n DRSQL2\n▸s1\n\n\n\n\n / s1            1 of 4");
    table_filter(table, "drsql1");
    assert_int_equal(table_shown_count(table), 2);
    canvas_close(&canvas);
    table_free(table);
}

static void columns_leave_in_order_of_worth(void **state)
{
    (void)state;
    struct table *table = new_table();
    struct canvas canvas = canvas_open(4, 30, GLYPH_SET_UTF8);
    table_draw(table, &canvas, false);
    assert_string_equal(row_text(&canvas, 0), " name   lag  path");
    canvas_close(&canvas);
    canvas = canvas_open(4, 17, GLYPH_SET_UTF8);
    table_draw(table, &canvas, false);
    assert_string_equal(row_text(&canvas, 0), " name lag path");
    canvas_close(&canvas);
    canvas = canvas_open(4, 12, GLYPH_SET_UTF8);
    table_draw(table, &canvas, false);
    assert_string_equal(row_text(&canvas, 0), " name  lag");
    canvas_close(&canvas);
    canvas = canvas_open(4, 7, GLYPH_SET_UTF8);
    table_draw(table, &canvas, false);
    assert_string_equal(row_text(&canvas, 0), " name");
    canvas_close(&canvas);
    canvas = canvas_open(1, 2, GLYPH_SET_UTF8);
    table_draw(table, &canvas, false);
    canvas_close(&canvas);
    table_free(table);
}

static void the_selected_row_is_reversed_marked_and_has_the_cursor(void **state)
{
    (void)state;
    struct table *table = new_table();
    table_select(table, "alpha");
    struct canvas canvas = canvas_open(4, 20, GLYPH_SET_ASCII);
    table_draw(table, &canvas, true);
    int row = 0;
    bool visible = true;
    assert_true(canvas_cursor_position(&canvas, &row, NULL, &visible));
    assert_int_equal(row, 2);
    assert_false(visible);
    assert_string_equal(row_text(&canvas, 2), ">alpha   10  /a");
    struct canvas line = canvas_region(&canvas, 2, 0, 1, -1);
    assert_attributes(&line, "###################");
    canvas_close(&canvas);
    table_free(table);
}

static void paging_scrolls_and_hints_at_what_is_hidden(void **state)
{
    (void)state;
    struct table *table = table_new(columns, 3);
    table_begin(table);
    for (int i = 0; i < 20; i++) {
        table_row_id(table, (uint64_t)i, ATTR_NORMAL);
        table_cell_format(table, ATTR_NORMAL, "%d", i);
    }
    table_end(table);
    struct canvas canvas = canvas_open(5, 8, GLYPH_SET_UTF8);
    table_draw(table, &canvas, true);
    assert_canvas(&canvas, " name\n▸0\n 1\n 2\n 3     ↓");
    table_key(table, KEYS_PAGE_DOWN);
    assert_int_equal(table_selected_id(table, 99), 3);
    table_key(table, 'j');
    table_draw(table, &canvas, true);
    assert_canvas(&canvas, " name\n 1     ↑\n 2\n 3\n▸4     ↓");
    table_key(table, 'G');
    table_draw(table, &canvas, true);
    assert_canvas(&canvas, " name\n 16    ↑\n 17\n 18\n▸19");
    table_key(table, 'g');
    assert_int_equal(table_selected_id(table, 99), 0);
    table_key(table, KEYS_UP);
    assert_int_equal(table_selected_id(table, 99), 0);
    canvas_close(&canvas);
    table_free(table);
}

static void an_empty_table_says_why(void **state)
{
    (void)state;
    struct table *table = table_new(columns, 3);
    table_set_empty_text(table, ATTR_UNKNOWN, "not allowed to read msdb");
    struct canvas canvas = canvas_open(4, 30, GLYPH_SET_UTF8);
    table_draw(table, &canvas, true);
    assert_string_equal(row_text(&canvas, 1), " not allowed to read msdb");
    fill(table, three, 3);
    table_filter(table, "zzz");
    table_draw(table, &canvas, true);
    assert_string_equal(row_text(&canvas, 1), " none of 3 contains \"zzz\";");
    canvas_close(&canvas);
    table_free(table);
}

static void a_sign_cell_shows_sign_and_word(void **state)
{
    (void)state;
    struct table *table = table_new(columns, 3);
    table_begin(table);
    table_row(table, "x", ATTR_NORMAL);
    table_cell_sign(table, GLYPH_WARNING, "late", 1);
    table_end(table);
    for (int set = 0; set < 2; set++) {
        struct canvas canvas = canvas_open(2, 24, (enum glyph_set)set);
        table_draw(table, &canvas, false);
        assert_string_equal(row_text(&canvas, 1), set == 0 ? "▸▲ late" : ">[!] late");
        canvas_close(&canvas);
    }
    struct str copied = {0};
    table_copy_selected(table, &copied);
    assert_string_equal(str_text(&copied), "late");
    str_free(&copied);
    table_free(table);
}

static void copy_and_dump_are_text(void **state)
{
    (void)state;
    struct table *table = new_table();
    struct str out = {0};
    table_copy_selected(table, &out);
    assert_string_equal(str_text(&out), "beta\t9\t/b");
    str_clear(&out);
    table_dump(table, GLYPH_SET_UTF8, &out);
    assert_string_equal(str_text(&out),
                        "name   lag  path\nbeta     9  /b\nalpha   10  /a\ngamma    ?  /c\n");
    str_free(&out);
    table_free(table);
}

static void sort_keys_walk_the_columns_and_back_to_as_given(void **state)
{
    (void)state;
    struct table *table = new_table();
    static const int expected[] = {0, 1, 2, -1};
    for (int i = 0; i < 4; i++) {
        assert_true(table_key(table, 's'));
        assert_int_equal(table_sort_column(table), expected[i]);
    }
    table_key(table, '<');
    assert_int_equal(table_sort_column(table), 2);
    table_key(table, 'S');
    assert_true(table_sort_reverse(table));
    char text[64];
    table_describe(table, text, sizeof text);
    assert_string_equal(text, "3, by path reversed");
    table_free(table);
}

static void a_click_selects_a_row_or_sorts_by_a_title(void **state)
{
    (void)state;
    struct table *table = new_table();
    struct canvas canvas = canvas_open(5, 30, GLYPH_SET_UTF8);
    table_draw(table, &canvas, true);
    assert_true(table_click(table, 3, 5));
    assert_string_equal(table_selected(table), "gamma");
    assert_false(table_click(table, 4, 5));
    assert_true(table_click(table, 0, 2));
    assert_int_equal(table_sort_column(table), 0);
    assert_true(table_click(table, 0, 2));
    assert_true(table_sort_reverse(table));
    canvas_close(&canvas);
    table_free(table);
}

static void hostile_texts_are_cleaned_and_too_many_cells_ignored(void **state)
{
    (void)state;
    struct table *table = table_new(columns, 3);
    table_begin(table);
    table_cell(table, ATTR_NORMAL, "no row yet");
    table_row(table, "x", ATTR_NORMAL);
    table_cell(table, ATTR_NORMAL, "a\033b");
    for (int i = 0; i < 5; i++)
        table_cell(table, ATTR_NORMAL, NULL);
    table_end(table);
    assert_string_equal(table_selected_text(table, 0), "a\xEF\xBF\xBD"
                                                       "b");
    assert_string_equal(table_selected_text(table, 2), "");
    assert_string_equal(table_selected_text(table, 3), "");
    table_free(table);
}

static void keys_that_are_not_the_tables_stay_unused(void **state)
{
    (void)state;
    struct table *table = new_table();
    assert_false(table_key(table, KEYS_ENTER));
    assert_false(table_key(table, 'q'));
    assert_false(table_key(table, KEYS_F(1)));
    assert_false(table_key(table, KEYS_LEFT));
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_as_given_until_sorted),
        cmocka_unit_test(unknown_values_come_last_in_both_directions),
        cmocka_unit_test(the_selection_follows_its_row_through_a_refresh),
        cmocka_unit_test(where_the_row_is_gone_the_selection_keeps_its_place),
        cmocka_unit_test(rows_can_be_named_by_a_number),
        cmocka_unit_test(a_filter_finds_any_cell_without_case),
        cmocka_unit_test(the_selection_comes_back_when_the_filter_goes),
        cmocka_unit_test(enter_keeps_a_typed_filter_and_esc_then_drops_it),
        cmocka_unit_test(search_goes_on_at_the_other_end),
        cmocka_unit_test(groups_stay_together_and_hide_when_empty),
        cmocka_unit_test(columns_leave_in_order_of_worth),
        cmocka_unit_test(the_selected_row_is_reversed_marked_and_has_the_cursor),
        cmocka_unit_test(paging_scrolls_and_hints_at_what_is_hidden),
        cmocka_unit_test(an_empty_table_says_why),
        cmocka_unit_test(a_sign_cell_shows_sign_and_word),
        cmocka_unit_test(copy_and_dump_are_text),
        cmocka_unit_test(sort_keys_walk_the_columns_and_back_to_as_given),
        cmocka_unit_test(a_click_selects_a_row_or_sorts_by_a_title),
        cmocka_unit_test(hostile_texts_are_cleaned_and_too_many_cells_ignored),
        cmocka_unit_test(keys_that_are_not_the_tables_stay_unused),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
