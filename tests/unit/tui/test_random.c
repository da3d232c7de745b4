/* Whatever is typed in whatever window with whatever data: nothing is drawn outside, the model
 * stays whole, and the sanitizers stay silent. The sequence is the same in every run. */
#include <math.h>

#include "tests/unit/tui/canvas_check.h"
#include "tui/bar.h"
#include "tui/chart.h"
#include "tui/dialog.h"
#include "tui/keys.h"
#include "tui/pager.h"
#include "tui/table.h"

static uint32_t seed;

static uint32_t next_number(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static uint32_t next_key(void)
{
    static const uint32_t keys[] = {
        KEYS_UP,
        KEYS_DOWN,
        KEYS_LEFT,
        KEYS_RIGHT,
        KEYS_HOME,
        KEYS_END,
        KEYS_PAGE_UP,
        KEYS_PAGE_DOWN,
        KEYS_ENTER,
        KEYS_ESC,
        KEYS_BACKSPACE,
        KEYS_DELETE,
        KEYS_TAB,
        '/',
        'n',
        'N',
        's',
        'S',
        '<',
        '>',
        'g',
        'G',
        'j',
        'k',
        'a',
        'b',
        ' ',
        '1',
        '3',
        0xFC,
        0x65E5,
        0x301,
        KEYS_CTRL('u'),
        KEYS_CTRL('w'),
        KEYS_CTRL('k'),
        KEYS_CTRL('a'),
    };
    return keys[next_number(sizeof keys / sizeof *keys)];
}

/* Texts as bad as they get. */
static const char *next_text(void)
{
    static const char *const texts[] = {
        "",
        "a",
        "BizTalkMsgBoxDb",
        "日本語データベース",
        "Gebühren",
        "\033[2J",
        "e\xCC\x81",
        "\xFF\xFE",
        "tab\tand\nline",
        ("\xE2\x80\xAE"
         "reversed"),
        "a b c d e f g h i j k",
        "\xCC\x81",
        "🙂 emoji",
    };
    return texts[next_number(sizeof texts / sizeof *texts)];
}

/* A canvas of any size whose inner region is drawn on; its margin must stay as it is. */
struct window {
    struct canvas whole, inner;
};

static struct window next_window(void)
{
    struct window window;
    int rows = 1 + (int)next_number(20), columns = 1 + (int)next_number(60);
    window.whole = canvas_open(rows + 2, columns + 2, (enum glyph_set)next_number(2));
    canvas_fill(&window.whole, 0, 0, -1, -1, ATTR_RULE, '%');
    window.inner = canvas_region(&window.whole, 1, 1, rows, columns);
    return window;
}

static void check_window(struct window *window)
{
    const struct canvas *whole = &window->whole;
    for (int row = 0; row < whole->rows; row++)
        for (int column = 0; column < whole->columns; column++) {
            const struct cell *cell = canvas_cell(whole, row, column);
            bool margin =
                row == 0 || column == 0 || row == whole->rows - 1 || column == whole->columns - 1;
            if (margin)
                assert_true(cell->code[0] == '%' && cell->attr == ATTR_RULE);
            /* The right half of a wide character stands behind its left half. */
            if (cell->code[0] == 0)
                assert_int_equal(canvas_cell(whole, row, column - 1)->code[0] > 0xFF, 1);
            assert_true(cell->code[0] == 0 || cell->code[0] >= ' ');
            if (canvas_set(whole) == GLYPH_SET_ASCII)
                assert_true(cell->code[0] >= ' ' && cell->code[0] < 0x7F);
        }
    canvas_close(&window->whole);
}

static void tables_survive(void **state)
{
    (void)state;
    static const struct table_column columns[] = {
        {.title = "日本", .minimum = 3, .worth = TABLE_ALWAYS},
        {.title = "b", .minimum = 1, .ideal = 9, .worth = 5, .align = ALIGN_RIGHT},
        {.title = "a long title", .minimum = 8, .worth = 50, .align = ALIGN_CENTRE},
        {.title = "d", .minimum = 12, .ideal = 4, .worth = 7, .unsorted = true},
    };
    struct table *table = table_new(columns, 4);
    seed = 1;
    for (int round = 0; round < 3000; round++) {
        if (next_number(4) == 0) {
            table_begin(table);
            uint32_t rows = next_number(30);
            for (uint32_t i = 0; i < rows; i++) {
                if (next_number(6) == 0)
                    table_group(table, ATTR_STRONG, next_text());
                table_row_id(table, next_number(40), (unsigned)next_number(ATTR_COUNT));
                table_cell(table, ATTR_NORMAL, next_text());
                table_cell_key(table, ATTR_OK, next_text(),
                               next_number(3) == 0 ? TABLE_SORT_UNKNOWN : next_number(9));
                table_cell_sign(table, (enum glyph)next_number(GLYPH_COUNT), next_text(), 1);
            }
            table_end(table);
        }
        table_key(table, next_key());
        table_click(table, (int)next_number(20) - 2, (int)next_number(60) - 2);
        struct window window = next_window();
        table_draw(table, &window.inner, next_number(2) == 0);
        check_window(&window);
        assert_true(table_shown_count(table) <= table_count(table));
        assert_int_equal(table_selected(table) == NULL, table_shown_count(table) == 0);
    }
    table_free(table);
}

static void matrices_survive(void **state)
{
    (void)state;
    enum { ROWS = 9, COLUMNS = 14 };
    struct matrix_row rows[ROWS];
    struct matrix_column columns[COLUMNS];
    struct matrix_cell cells[ROWS * COLUMNS];
    struct matrix matrix = {0};
    seed = 2;
    for (int round = 0; round < 3000; round++) {
        struct matrix_data data = {.rows = rows,
                                   .rows_count = next_number(ROWS + 1),
                                   .columns = columns,
                                   .columns_count = next_number(COLUMNS + 1),
                                   .cells = cells,
                                   .heading_labels = {next_text(), NULL},
                                   .second_line = next_number(2) == 0};
        for (size_t i = 0; i < ROWS; i++)
            rows[i] = (struct matrix_row){.group = next_number(3) == 0 ? NULL : next_text(),
                                          .name = next_text(),
                                          .footer = i + 1 == data.rows_count};
        for (size_t i = 0; i < COLUMNS; i++)
            columns[i] = (struct matrix_column){.heading = {next_text(), NULL}, .identity = i + 1};
        for (size_t i = 0; i < ROWS * COLUMNS; i++)
            cells[i] = (struct matrix_cell){.glyph = (enum glyph)next_number(GLYPH_COUNT)};
        matrix_key(&matrix, &data, next_key());
        struct window window = next_window();
        matrix_draw(&matrix, &data, &window.inner, true);
        check_window(&window);
        size_t column = matrix_selected_column(&matrix, &data);
        assert_true(column < data.columns_count || data.columns_count == 0);
    }
}

static void dialogs_and_pagers_survive(void **state)
{
    (void)state;
    static const struct form_choice_item items[] = {{.label = "a", .explanation = "日本語 text"},
                                                    {.label = "b", .refusal = "no"},
                                                    {.label = "c"}};
    struct dialog dialog = {0};
    seed = 3;
    for (int round = 0; round < 4000; round++) {
        if (!dialog_is_open(&dialog)) {
            switch (next_number(5)) {
            case 0:
                dialog_open_message(&dialog, ATTR_OK, next_text(), next_text());
                break;
            case 1:
                dialog_open_confirm(&dialog, ATTR_OK, next_text(), next_text(), "yes");
                break;
            case 2:
                dialog_open_input(&dialog, next_text(), NULL, next_text(), next_text(), true);
                break;
            case 3:
                dialog_open_input(&dialog, next_text(), NULL, NULL, next_text(), false);
                break;
            default:
                dialog_open_choice(&dialog, next_text(), next_text(), items, 3, 3);
                break;
            }
            for (uint32_t i = next_number(9); i > 0; i--)
                pager_field(dialog.body, (int)next_number(20), next_text(), ATTR_OK, next_text());
        }
        dialog_paste(&dialog, next_text());
        if (dialog_key(&dialog, next_key()) == DIALOG_ACCEPTED) {
            if (dialog.kind == DIALOG_CONFIRM)
                assert_string_equal(dialog_text(&dialog), "yes");
            if (dialog.kind == DIALOG_CHOICE)
                assert_int_not_equal(dialog_chosen(&dialog), 1);
        }
        struct window window = next_window();
        dialog_draw(&dialog, &window.inner);
        check_window(&window);
    }
    dialog_close(&dialog);
}

static void bars_and_charts_survive(void **state)
{
    (void)state;
    seed = 4;
    for (int round = 0; round < 3000; round++) {
        struct window window = next_window();
        struct canvas *canvas = &window.inner;
        struct bar_part parts[4];
        struct bar_tab tabs[4];
        struct bar_key keys[4];
        double values[50];
        for (int i = 0; i < 4; i++) {
            parts[i] = (struct bar_part){.text = next_text(),
                                         .glyph = (enum glyph)next_number(GLYPH_DONE),
                                         .worth = (int)next_number(9),
                                         .right = next_number(2) == 0};
            tabs[i] = (struct bar_tab){"1", next_text(), next_number(2) == 0};
            keys[i] = (struct bar_key){"F1", next_text(), (int)next_number(9)};
        }
        for (int i = 0; i < 50; i++)
            values[i] = next_number(5) == 0 ? NAN : (double)next_number(1000) - 100;
        bar_header(canvas, 0, parts, 4);
        bar_tabs(canvas, 1, tabs, 4, next_number(5));
        bar_tab_at(canvas, tabs, 4, next_number(5), (int)next_number(60));
        bar_keys(canvas, 2, keys, 4);
        bar_message(canvas, 3, (unsigned)next_number(ATTR_COUNT), next_text());
        int cells = (int)next_number(40) - 2;
        chart_sparkline(canvas, 4, (int)next_number(9) - 2, cells, values, next_number(51), 0, 500);
        chart_gauge(canvas, 5, 0, cells, values[0] / 500, ATTR_OK);
        chart_limit_gauge(canvas, 6, 0, cells, values[1], values[2], values[3]);
        canvas_big(canvas, 7, -3, ATTR_OK, next_text());
        canvas_frame(canvas, next_text());
        check_window(&window);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_survive),
        cmocka_unit_test(matrices_survive),
        cmocka_unit_test(dialogs_and_pagers_survive),
        cmocka_unit_test(bars_and_charts_survive),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
