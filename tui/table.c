#include "tui/table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tui/table_private.h"

struct table *table_new(const struct table_column *columns, size_t columns_count)
{
    struct table *table = memory_new(sizeof *table);
    table->columns = columns;
    table->columns_count = columns_count;
    table->longest[0] = memory_new_array(columns_count, sizeof(int));
    table->longest[1] = memory_new_array(columns_count, sizeof(int));
    table->widths = memory_new_array(columns_count, sizeof(int));
    table->places = memory_new_array(columns_count, sizeof(int));
    table->sort_column = -1;
    table->filter = memory_copy_text("");
    table->last_search = memory_copy_text("");
    form_input_open(&table->typed, 128, false, NULL);
    table_begin(table);
    return table;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    str_free(&table->texts);
    free(table->cells);
    free(table->rows);
    free(table->groups);
    free(table->longest[0]);
    free(table->longest[1]);
    free(table->shown);
    free(table->lines);
    free(table->wanted);
    free(table->filter);
    free(table->last_search);
    form_input_close(&table->typed);
    free(table->empty_text);
    free(table->widths);
    free(table->places);
    free(table);
}

/* --- refresh ---------------------------------------------------------------------------------- */

static size_t add_text(struct table *table, const char *text)
{
    size_t offset = table->texts.length;
    if (text == NULL)
        text = "";
    if (text_is_clean(text)) {
        str_add_bytes(&table->texts, text, strlen(text) + 1);
        return offset;
    }
    size_t size = strlen(text) * 3 + 1; /* a bad byte becomes three */
    char *clean = memory_new(size);
    text_clean(clean, size, text);
    str_add_bytes(&table->texts, clean, strlen(clean) + 1);
    free(clean);
    return offset;
}

void table_begin(struct table *table)
{
    str_clear(&table->texts);
    str_add_bytes(&table->texts, "", 1);
    table->cells_count = table->rows_count = table->groups_count = 0;
    table->shown_count = table->lines_count = 0;
    for (size_t i = 0; i < table->columns_count; i++)
        table->longest[0][i] = table->longest[1][i] = 0;
}

void table_group(struct table *table, unsigned attr, const char *heading)
{
    struct table_group *group = memory_append(table, groups);
    *group = (struct table_group){.attr = attr, .heading = add_text(table, heading)};
}

static struct table_row *add_row(struct table *table, const char *identity, unsigned attr)
{
    struct table_row *row = memory_append(table, rows);
    *row =
        (struct table_row){.cells = table->cells_count, .group = table->groups_count, .attr = attr};
    row->identity = add_text(table, identity);
    return row;
}

void table_row(struct table *table, const char *identity, unsigned attr)
{
    add_row(table, identity, attr);
}

static void number_format(char out[32], uint64_t identity)
{
    snprintf(out, 32, "#%" PRIu64, identity);
}

void table_row_id(struct table *table, uint64_t identity, unsigned attr)
{
    char text[32];
    number_format(text, identity);
    add_row(table, text, attr)->number = identity;
}

static void add_cell(struct table *table, const struct table_cell *cell, const char *text)
{
    struct table_row *row = table->rows_count > 0 ? &table->rows[table->rows_count - 1] : NULL;
    if (row == NULL || row->cells_count == table->columns_count)
        return;
    size_t column = row->cells_count++;
    struct table_cell *added = memory_append(table, cells);
    *added = *cell;
    added->text = add_text(table, text);
    int cells = text_width(table_text(table, added->text));
    for (int set = 0; set < 2; set++) {
        int sign = glyph_width((enum glyph_set)set, cell->glyph);
        int wide = cells + sign + (cells > 0 && sign > 0 ? 1 : 0);
        if (table->longest[set][column] < wide)
            table->longest[set][column] = wide;
    }
}

void table_cell(struct table *table, unsigned attr, const char *text)
{
    add_cell(table, &(struct table_cell){.attr = (uint8_t)attr}, text);
}

void table_cell_key(struct table *table, unsigned attr, const char *text, int64_t key)
{
    struct table_cell cell = {.attr = (uint8_t)attr, .key = key, .has_key = true};
    add_cell(table, &cell, text);
}

void table_cell_sign(struct table *table, enum glyph glyph, const char *word, int64_t key)
{
    struct table_cell cell = {
        .attr = (uint8_t)glyph_attr(glyph), .glyph = glyph, .key = key, .has_key = true};
    add_cell(table, &cell, word);
}

void table_cell_format(struct table *table, unsigned attr, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    table_cell(table, attr, text);
}

void table_end(struct table *table)
{
    table_arrange(table);
    const struct table_row *row = table_selected_row(table);
    if (row == NULL || table->wanted == NULL)
        return;
    /* A row that is gone for good is forgotten; one that only the filter hides is not. */
    for (size_t i = 0; i < table->rows_count; i++)
        if (strcmp(table_text(table, table->rows[i].identity), table->wanted) == 0)
            return;
    free(table->wanted);
    table->wanted = memory_copy_text(table_text(table, row->identity));
}

void table_set_empty_text(struct table *table, unsigned attr, const char *text)
{
    free(table->empty_text);
    table->empty_text = memory_copy_text(text);
    table->empty_attr = attr;
}

/* --- what is there ---------------------------------------------------------------------------- */

size_t table_count(const struct table *table)
{
    return table->rows_count;
}

size_t table_shown_count(const struct table *table)
{
    return table->shown_count;
}

const struct table_row *table_selected_row(const struct table *table)
{
    return table->shown_count == 0 ? NULL : &table->rows[table->shown[table->selected]];
}

const char *table_selected(const struct table *table)
{
    const struct table_row *row = table_selected_row(table);
    return row == NULL ? NULL : table_text(table, row->identity);
}

uint64_t table_selected_id(const struct table *table, uint64_t fallback)
{
    const struct table_row *row = table_selected_row(table);
    return row == NULL ? fallback : row->number;
}

const char *table_selected_text(const struct table *table, size_t column)
{
    const struct table_row *row = table_selected_row(table);
    if (row == NULL || column >= row->cells_count)
        return "";
    return table_text(table, table->cells[row->cells + column].text);
}

void table_copy_selected(const struct table *table, struct str *out)
{
    const struct table_row *row = table_selected_row(table);
    for (size_t i = 0; row != NULL && i < row->cells_count; i++) {
        const struct table_cell *cell = &table->cells[row->cells + i];
        const char *text = table_text(table, cell->text);
        str_add(out, i > 0 ? "\t" : "");
        str_add(out, text[0] != '\0' ? text : glyph_text(GLYPH_SET_ASCII, cell->glyph));
    }
}

/* --- dump ------------------------------------------------------------------------------------- */

static void add_padded(struct str *out, const char *text, int width, int cells, enum align align)
{
    int spare = cells > width ? cells - width : 0;
    for (int i = 0; align == ALIGN_RIGHT && i < spare; i++)
        str_add_char(out, ' ');
    str_add(out, text);
    for (int i = 0; align != ALIGN_RIGHT && i < spare; i++)
        str_add_char(out, ' ');
}

static void end_line(struct str *out)
{
    while (out->length > 0 && out->text[out->length - 1] == ' ')
        out->text[--out->length] = '\0';
    str_add_char(out, '\n');
}

static void dump_row(const struct table *table, const struct table_row *row, enum glyph_set set,
                     const int *widths, struct str *out)
{
    for (size_t i = 0; i < row->cells_count; i++) {
        const struct table_cell *cell = &table->cells[row->cells + i];
        const char *text = table_text(table, cell->text);
        struct str whole = {0};
        str_add(&whole, glyph_text(set, cell->glyph));
        str_add(&whole, whole.length > 0 && text[0] != '\0' ? " " : "");
        str_add(&whole, text);
        str_add(out, i > 0 ? "  " : "");
        add_padded(out, str_text(&whole), text_width(str_text(&whole)), widths[i],
                   table->columns[i].align);
        str_free(&whole);
    }
    end_line(out);
}

void table_dump(const struct table *table, enum glyph_set set, struct str *out)
{
    int *widths = memory_new_array(table->columns_count, sizeof *widths);
    for (size_t i = 0; i < table->columns_count; i++) {
        int title = text_width(table->columns[i].title);
        widths[i] = table->longest[set][i] > title ? table->longest[set][i] : title;
        str_add(out, i > 0 ? "  " : "");
        add_padded(out, table->columns[i].title, title, widths[i], table->columns[i].align);
    }
    end_line(out);
    for (size_t i = 0; i < table->lines_count; i++) {
        const struct table_line *line = &table->lines[i];
        if (line->heading)
            str_format(out, "%s\n", table_text(table, table->groups[line->index].heading));
        else
            dump_row(table, &table->rows[table->shown[line->index]], set, widths, out);
    }
    free(widths);
}

/* --- selection, sorting, filter --------------------------------------------------------------- */

bool table_select(struct table *table, const char *identity)
{
    for (size_t i = 0; i < table->shown_count; i++) {
        const char *here = table_text(table, table->rows[table->shown[i]].identity);
        if (strcmp(here, identity) == 0) {
            char *wanted = memory_copy_text(here);
            free(table->wanted);
            table->wanted = wanted;
            table->selected = i;
            return true;
        }
    }
    return false;
}

bool table_select_id(struct table *table, uint64_t identity)
{
    char text[32];
    number_format(text, identity);
    return table_select(table, text);
}

void table_move(struct table *table, long rows)
{
    if (table->shown_count == 0)
        return;
    long last = (long)table->shown_count - 1, at = (long)table->selected;
    at = rows > last - at ? last : rows < -at ? 0 : at + rows;
    table->selected = (size_t)at;
    free(table->wanted);
    table->wanted = memory_copy_text(table_selected(table));
}

void table_sort(struct table *table, int column, bool reverse)
{
    table->sort_column = column >= 0 && (size_t)column < table->columns_count ? column : -1;
    table->reverse = reverse;
    table_arrange(table);
}

int table_sort_column(const struct table *table)
{
    return table->sort_column;
}

bool table_sort_reverse(const struct table *table)
{
    return table->reverse;
}

void table_filter(struct table *table, const char *text)
{
    char *filter = memory_copy_text(text == NULL ? "" : text);
    free(table->filter);
    table->filter = filter;
    if (filter[0] != '\0') {
        free(table->last_search);
        table->last_search = memory_copy_text(filter);
    }
    table_arrange(table);
}

const char *table_filter_text(const struct table *table)
{
    return table->filter;
}

bool table_search(struct table *table, const char *text, bool backwards)
{
    size_t count = table->shown_count;
    for (size_t step = 1; step <= count; step++) {
        size_t at = (table->selected + (backwards ? count - step : step)) % count;
        if (!table_row_contains(table, &table->rows[table->shown[at]], text))
            continue;
        table_move(table, (long)at - (long)table->selected);
        return true;
    }
    return false;
}

void table_describe(const struct table *table, char *out, size_t size)
{
    struct str text = {0};
    if (table->filter[0] != '\0')
        str_format(&text, "%zu of %zu, filter \"%s\"", table->shown_count, table->rows_count,
                   table->filter);
    else
        str_format(&text, "%zu", table->rows_count);
    if (table->sort_column >= 0)
        str_format(&text, ", by %s%s", table->columns[table->sort_column].title,
                   table->reverse ? " reversed" : "");
    else if (table->reverse)
        str_add(&text, ", reversed");
    text_copy(out, size, str_text(&text));
    str_free(&text);
}
