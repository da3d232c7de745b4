#include <math.h>

#include "tests/unit/tui/canvas_check.h"
#include "tui/chart.h"
#include "tui/keys.h"

static void a_sparkline_stands_right_and_scales_to_its_peak(void **state)
{
    (void)state;
    static const double values[] = {0, 50, 100};
    struct canvas canvas = canvas_open(1, 8, GLYPH_SET_UTF8);
    assert_int_equal(chart_sparkline(&canvas, 0, 1, 5, values, 3, 0, NAN), 6);
    assert_canvas(&canvas, "   ▁▅█");
    canvas_close(&canvas);
}

static void what_is_not_known_is_a_gap_and_not_a_zero(void **state)
{
    (void)state;
    static const double values[] = {1, NAN, 1};
    for (int set = 0; set < 2; set++) {
        struct canvas canvas = canvas_open(1, 3, (enum glyph_set)set);
        chart_sparkline(&canvas, 0, 0, 3, values, 3, 0, NAN);
        assert_canvas(&canvas, set == 0 ? "█·█" : "#?#");
        canvas_close(&canvas);
    }
}

static void a_peak_survives_when_many_values_share_a_cell(void **state)
{
    (void)state;
    double values[100] = {0};
    values[37] = 10;
    struct canvas canvas = canvas_open(1, 10, GLYPH_SET_UTF8);
    chart_sparkline(&canvas, 0, 0, 10, values, 100, 0, 5);
    assert_canvas(&canvas, "▁▁▁█▁▁▁▁▁▁");
    assert_attributes(&canvas, "...w");
    chart_sparkline(&canvas, 0, 0, 10, NULL, 0, 0, NAN);
    assert_canvas(&canvas, "");
    canvas_close(&canvas);
}

static void a_gauge_is_full_only_at_the_end(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(5, 12, GLYPH_SET_ASCII);
    assert_int_equal(chart_gauge(&canvas, 0, 0, 5, 0.999, ATTR_OK), 5 + CHART_PERCENT_CELLS);
    chart_gauge(&canvas, 1, 0, 5, 1, ATTR_OK);
    chart_gauge(&canvas, 2, 0, 5, 0.001, ATTR_OK);
    chart_gauge(&canvas, 3, 0, 5, NAN, ATTR_OK);
    chart_gauge(&canvas, 4, 0, 5, -3, ATTR_OK);
    assert_canvas(&canvas, "####.  99 %\n##### 100 %\n#....   0 %\n?????   ? %\n.....   0 %");
    canvas_close(&canvas);
}

static void a_limit_gauge_takes_the_meaning_of_the_limit_it_passed(void **state)
{
    (void)state;
    static const struct {
        double value;
        unsigned attr;
    } cases[] = {{10, ATTR_OK}, {25, ATTR_WARNING}, {30, ATTR_CRITICAL}, {99, ATTR_CRITICAL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct canvas canvas = canvas_open(1, 20, GLYPH_SET_UTF8);
        chart_limit_gauge(&canvas, 0, 0, 20, cases[i].value, 25, 30);
        assert_int_equal(canvas_cell(&canvas, 0, 0)->attr, cases[i].attr);
        canvas_close(&canvas);
    }
    struct canvas canvas = canvas_open(1, 4, GLYPH_SET_UTF8);
    chart_limit_gauge(&canvas, 0, 0, 4, NAN, 25, 30);
    assert_canvas(&canvas, "????");
    chart_limit_gauge(&canvas, 0, 0, 4, 0, NAN, NAN);
    assert_canvas(&canvas, "░░░░");
    canvas_close(&canvas);
}

/* --- the matrix ------------------------------------------------------------------------------- */

enum { ROWS = 4, COLUMNS = 6 };

struct world {
    struct matrix_row rows[ROWS];
    struct matrix_column columns[COLUMNS];
    struct matrix_cell cells[ROWS * COLUMNS];
    struct matrix_data data;
};

static void make_world(struct world *world)
{
    static const char *const sets[] = {"1180", "1181", "1182", "1183", "1184", "1185"};
    static const struct matrix_row rows[] = {{.group = "DRSQL1", .name = "Mgmt"},
                                             {.group = "DRSQL1", .name = "MsgBox"},
                                             {.group = "DRSQL2", .name = "MsgBox2"},
                                             {.name = "whole group", .footer = true}};
    memset(world, 0, sizeof *world);
    memcpy(world->rows, rows, sizeof rows);
    for (int i = 0; i < COLUMNS; i++)
        world->columns[i] =
            (struct matrix_column){.heading = {sets[i]}, .identity = 1180u + (uint64_t)i};
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        world->cells[i].glyph = i % COLUMNS == 5 ? GLYPH_BEING_TAKEN : GLYPH_ROLL_FORWARD;
        world->cells[i].second = GLYPH_FILE_SHIPPED;
    }
    world->data = (struct matrix_data){.heading_labels = {"set"},
                                       .rows = world->rows,
                                       .rows_count = ROWS,
                                       .columns = world->columns,
                                       .columns_count = COLUMNS,
                                       .cells = world->cells};
}

static void the_newest_column_stands_right_and_is_selected(void **state)
{
    (void)state;
    struct world world;
    make_world(&world);
    struct matrix matrix = {0};
    struct canvas canvas = canvas_open(6, 32, GLYPH_SET_UTF8);
    matrix_draw(&matrix, &world.data, &canvas, true);
    assert_canvas(&canvas, " set           ◂1184  1185\n"
                           "▸DRSQL1 Mgmt      ▶     ◌\n"
                           "        MsgBox    ▶     ◌\n"
                           " DRSQL2 MsgBox2   ▶     ◌\n"
                           " whole group      ▶     ◌");
    assert_int_equal(matrix_selected_column(&matrix, &world.data), 5);
    canvas_close(&canvas);
}

static void moving_left_scrolls_into_history(void **state)
{
    (void)state;
    struct world world;
    make_world(&world);
    struct matrix matrix = {0};
    struct canvas canvas = canvas_open(6, 32, GLYPH_SET_UTF8);
    matrix_draw(&matrix, &world.data, &canvas, true);
    for (int i = 0; i < 3; i++)
        assert_true(matrix_key(&matrix, &world.data, KEYS_LEFT));
    matrix_draw(&matrix, &world.data, &canvas, true);
    assert_string_equal(row_text(&canvas, 0), " set           ◂1182  1183 ▸");
    matrix_key(&matrix, &world.data, KEYS_HOME);
    matrix_draw(&matrix, &world.data, &canvas, true);
    assert_string_equal(row_text(&canvas, 0), " set            1180  1181 ▸");
    assert_int_equal(matrix_selected_column(&matrix, &world.data), 0);
    canvas_close(&canvas);
}

static void a_selected_column_stays_selected_when_a_new_one_comes(void **state)
{
    (void)state;
    struct world world;
    make_world(&world);
    struct matrix matrix = {0}, follower = {0};
    world.data.columns_count = 5;
    matrix_key(&matrix, &world.data, KEYS_LEFT);
    assert_int_equal(matrix_selected_column(&matrix, &world.data), 3);
    world.data.columns_count = 6;
    assert_int_equal(matrix_selected_column(&matrix, &world.data), 3);
    /* Who stands on the newest follows it. */
    assert_int_equal(matrix_selected_column(&follower, &world.data), 5);
    matrix_key(&matrix, &world.data, KEYS_END);
    world.data.columns_count = 5;
    assert_int_equal(matrix_selected_column(&matrix, &world.data), 4);
    /* A column that is gone: the newest. */
    matrix_select(&matrix, 7);
    assert_int_equal(matrix_selected_column(&matrix, &world.data), 4);
}

static void the_footer_stays_when_rows_scroll(void **state)
{
    (void)state;
    struct world world;
    make_world(&world);
    struct matrix matrix = {0};
    struct canvas canvas = canvas_open(4, 40, GLYPH_SET_ASCII);
    matrix_key(&matrix, &world.data, 'G');
    matrix_draw(&matrix, &world.data, &canvas, true);
    assert_canvas(&canvas, " set               <1183  1184  1185\n"
                           " DRSQL1 MsgBox        >     >     ~    ^\n"
                           ">DRSQL2 MsgBox2       >     >     ~\n"
                           " whole group          >     >     ~");
    assert_int_equal(matrix.row, 2);
    canvas_close(&canvas);
}

static void a_second_line_shows_the_files(void **state)
{
    (void)state;
    struct world world;
    make_world(&world);
    world.data.second_line = true;
    struct matrix matrix = {0};
    struct canvas canvas = canvas_open(10, 40, GLYPH_SET_UTF8);
    matrix_draw(&matrix, &world.data, &canvas, false);
    assert_string_equal(row_text(&canvas, 2), "                      +     +     +");
    canvas_close(&canvas);
}

static void an_empty_matrix_and_a_tiny_window_do_no_harm(void **state)
{
    (void)state;
    struct world world;
    make_world(&world);
    struct matrix matrix = {0};
    struct canvas canvas = canvas_open(1, 3, GLYPH_SET_UTF8);
    matrix_draw(&matrix, &world.data, &canvas, true);
    canvas_close(&canvas);
    world.data.columns_count = world.data.rows_count = 0;
    canvas = canvas_open(5, 20, GLYPH_SET_UTF8);
    matrix_draw(&matrix, &world.data, &canvas, true);
    matrix_key(&matrix, &world.data, KEYS_LEFT);
    matrix_key(&matrix, &world.data, KEYS_DOWN);
    assert_int_equal(matrix_selected_column(&matrix, &world.data), 0);
    assert_false(matrix_key(&matrix, &world.data, 'x'));
    canvas_close(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sparkline_stands_right_and_scales_to_its_peak),
        cmocka_unit_test(what_is_not_known_is_a_gap_and_not_a_zero),
        cmocka_unit_test(a_peak_survives_when_many_values_share_a_cell),
        cmocka_unit_test(a_gauge_is_full_only_at_the_end),
        cmocka_unit_test(a_limit_gauge_takes_the_meaning_of_the_limit_it_passed),
        cmocka_unit_test(the_newest_column_stands_right_and_is_selected),
        cmocka_unit_test(moving_left_scrolls_into_history),
        cmocka_unit_test(a_selected_column_stays_selected_when_a_new_one_comes),
        cmocka_unit_test(the_footer_stays_when_rows_scroll),
        cmocka_unit_test(a_second_line_shows_the_files),
        cmocka_unit_test(an_empty_matrix_and_a_tiny_window_do_no_harm),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
