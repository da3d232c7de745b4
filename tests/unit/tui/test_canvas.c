#include "tests/unit/tui/canvas_check.h"

static void text_is_clipped_at_every_edge_and_tells_it_at_the_right_one(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(2, 5, GLYPH_SET_UTF8);
    assert_int_equal(canvas_text(&canvas, 0, 3, ATTR_NORMAL, "abcdef"), 9);
    assert_int_equal(canvas_text(&canvas, 1, -2, ATTR_NORMAL, "xyz"), 1);
    canvas_text(&canvas, -1, 0, ATTR_NORMAL, "above");
    canvas_text(&canvas, 2, 0, ATTR_NORMAL, "below");
    assert_canvas(&canvas, "   a…\nz");
    assert_int_equal(canvas_text(&canvas, 0, 0, ATTR_NORMAL, "whole"), 5);
    canvas_text(&canvas, 1, 5, ATTR_NORMAL, "beside");
    assert_canvas(&canvas, "whole\nz");
    canvas_close(&canvas);
}

static void text_from_a_server_cannot_control_anything(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(1, 20, GLYPH_SET_UTF8);
    canvas_text(&canvas, 0, 0, ATTR_NORMAL, "a\033[2Jb\nc\x80");
    assert_canvas(&canvas, "a\xEF\xBF\xBD[2Jb c\xEF\xBF\xBD");
    canvas_close(&canvas);
}

static void wide_characters_take_two_cells_and_are_never_halved(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(1, 5, GLYPH_SET_UTF8);
    assert_int_equal(canvas_text(&canvas, 0, 0, ATTR_NORMAL, "日本語"), 6);
    assert_canvas(&canvas, "日本…");
    canvas_text(&canvas, 0, 1, ATTR_NORMAL, "x");
    assert_canvas(&canvas, " x本…");
    canvas_text(&canvas, 0, 2, ATTR_NORMAL, "y");
    assert_canvas(&canvas, " xy …");
    canvas_close(&canvas);
}

static void overwriting_in_a_region_mends_a_wide_character_outside_of_it(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(1, 4, GLYPH_SET_UTF8);
    canvas_text(&canvas, 0, 0, ATTR_NORMAL, "日本");
    struct canvas part = canvas_region(&canvas, 0, 1, 1, 2);
    canvas_text(&part, 0, 0, ATTR_NORMAL, "ab");
    assert_canvas(&canvas, " ab");
    canvas_close(&canvas);
}

static void combining_characters_stay_in_their_cell(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(1, 3, GLYPH_SET_UTF8);
    assert_int_equal(canvas_text(&canvas, 0, 0, ATTR_NORMAL, "e\xCC\x81x"), 2);
    assert_canvas(&canvas, "e\xCC\x81x");
    assert_int_equal(canvas_cell(&canvas, 0, 0)->code[1], 0x301);
    canvas_close(&canvas);
}

static void fitting_pads_aligns_and_cuts(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(5, 8, GLYPH_SET_UTF8);
    canvas_fill(&canvas, 0, 0, -1, -1, ATTR_NORMAL, '.');
    assert_int_equal(canvas_fit(&canvas, 0, 1, 5, ALIGN_LEFT, ATTR_NORMAL, "ab"), 6);
    canvas_fit(&canvas, 1, 1, 5, ALIGN_RIGHT, ATTR_NORMAL, "ab");
    canvas_fit(&canvas, 2, 1, 5, ALIGN_CENTRE, ATTR_NORMAL, "ab");
    canvas_fit(&canvas, 3, 1, 5, ALIGN_LEFT, ATTR_NORMAL, "abcdefg");
    canvas_fit(&canvas, 4, 1, 0, ALIGN_LEFT, ATTR_NORMAL, "abcdefg");
    assert_canvas(&canvas, ".ab   ..\n.   ab..\n. ab  ..\n.abcd…..\n........");
    canvas_close(&canvas);
}

static void right_aligned_text_ends_where_it_is_told(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(1, 6, GLYPH_SET_UTF8);
    assert_int_equal(canvas_right(&canvas, 0, 6, ATTR_NORMAL, "abc"), 3);
    assert_canvas(&canvas, "   abc");
    canvas_close(&canvas);
}

static void a_region_has_its_own_origin_and_clip(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(3, 6, GLYPH_SET_UTF8);
    struct canvas part = canvas_region(&canvas, 1, 2, 1, 3);
    canvas_text(&part, 0, 0, ATTR_NORMAL, "abcdef");
    canvas_text(&part, 1, 0, ATTR_NORMAL, "no");
    struct canvas inner = canvas_region(&part, 0, 1, 9, 9);
    assert_int_equal(inner.rows, 1);
    assert_int_equal(inner.columns, 2);
    canvas_text(&inner, 0, 0, ATTR_NORMAL, "XYZ");
    assert_canvas(&canvas, "\n  aX…");
    struct canvas nothing = canvas_region(&canvas, 7, 7, 2, 2);
    canvas_text(&nothing, 0, 0, ATTR_NORMAL, "no");
    assert_int_equal(nothing.rows, 0);
    canvas_close(&canvas);
}

static void in_ascii_every_cell_is_ascii(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(3, 20, GLYPH_SET_ASCII);
    int column = canvas_sign(&canvas, 0, 0, GLYPH_CRITICAL);
    assert_int_equal(column, 3);
    canvas_text(&canvas, 0, 4, ATTR_NORMAL, "ü ▸ ● … 日é");
    canvas_rule(&canvas, 1);
    canvas_text(&canvas, 2, 0, ATTR_NORMAL, "e\xCC\x81x");
    assert_canvas(&canvas, "[X] ? > * ~ ???\n--------------------\nex");
    canvas_close(&canvas);
}

static void every_sign_has_both_forms_and_single_cells_where_promised(void **state)
{
    (void)state;
    for (int i = 1; i < GLYPH_COUNT; i++) {
        assert_int_equal(glyph_width(GLYPH_SET_UTF8, (enum glyph)i), 1);
        const char *ascii = glyph_text(GLYPH_SET_ASCII, (enum glyph)i);
        assert_true(ascii[0] != '\0');
        for (const char *at = ascii; *at != '\0'; at++)
            assert_true(*at >= ' ' && *at < 0x7F);
        if (i > GLYPH_DONE)
            assert_int_equal(strlen(ascii), 1);
    }
    /* Verdicts differ by shape in both forms. */
    for (int i = GLYPH_OK; i <= GLYPH_PROGRESS; i++)
        for (int j = i + 1; j <= GLYPH_PROGRESS; j++)
            for (int set = 0; set < 2; set++)
                assert_string_not_equal(glyph_text((enum glyph_set)set, (enum glyph)i),
                                        glyph_text((enum glyph_set)set, (enum glyph)j));
}

static void the_attribute_map_has_a_letter_for_every_meaning(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(2, 20, GLYPH_SET_UTF8);
    for (int i = 0; i < ATTR_COUNT; i++)
        canvas_paint(&canvas, 0, i, 1, (unsigned)i);
    canvas_sign(&canvas, 1, 0, GLYPH_OK);
    canvas_select(&canvas, 1, 0, 3);
    assert_attributes(&canvas, ".thsdrowcupakbeim\nO##");
    canvas_close(&canvas);
}

static void a_frame_carries_its_title(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(3, 12, GLYPH_SET_UTF8);
    canvas_frame(&canvas, "Log");
    assert_canvas(&canvas, "┌─ Log ────┐\n│          │\n└──────────┘");
    canvas_close(&canvas);
}

static void the_cursor_is_kept_in_grid_coordinates(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(4, 8, GLYPH_SET_UTF8);
    int row = 0, column = 0;
    bool visible = false;
    assert_false(canvas_cursor_position(&canvas, &row, &column, &visible));
    struct canvas part = canvas_region(&canvas, 1, 2, 2, 2);
    canvas_cursor(&part, 1, 1, true);
    canvas_cursor(&part, 5, 5, false);
    assert_true(canvas_cursor_position(&canvas, &row, &column, &visible));
    assert_int_equal(row, 2);
    assert_int_equal(column, 3);
    assert_true(visible);
    canvas_clear(&canvas);
    assert_false(canvas_cursor_position(&canvas, NULL, NULL, NULL));
    canvas_close(&canvas);
}

static void big_letters_are_as_wide_as_announced(void **state)
{
    (void)state;
    struct canvas canvas = canvas_open(CANVAS_BIG_ROWS, 40, GLYPH_SET_ASCII);
    assert_int_equal(canvas_big(&canvas, 0, 0, ATTR_OK, "No"), canvas_big_width("No"));
    assert_canvas(&canvas, "#   #  ###\n##  # #   #\n# # # #   #\n#  ## #   #\n#   #  ###");
    assert_int_equal(canvas_big_width(""), 0);
    canvas_close(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_clipped_at_every_edge_and_tells_it_at_the_right_one),
        cmocka_unit_test(text_from_a_server_cannot_control_anything),
        cmocka_unit_test(wide_characters_take_two_cells_and_are_never_halved),
        cmocka_unit_test(overwriting_in_a_region_mends_a_wide_character_outside_of_it),
        cmocka_unit_test(combining_characters_stay_in_their_cell),
        cmocka_unit_test(fitting_pads_aligns_and_cuts),
        cmocka_unit_test(right_aligned_text_ends_where_it_is_told),
        cmocka_unit_test(a_region_has_its_own_origin_and_clip),
        cmocka_unit_test(in_ascii_every_cell_is_ascii),
        cmocka_unit_test(every_sign_has_both_forms_and_single_cells_where_promised),
        cmocka_unit_test(the_attribute_map_has_a_letter_for_every_meaning),
        cmocka_unit_test(a_frame_carries_its_title),
        cmocka_unit_test(the_cursor_is_kept_in_grid_coordinates),
        cmocka_unit_test(big_letters_are_as_wide_as_announced),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
