/* What keys do to a table. */
#include <limits.h>
#include <string.h>

#include "tui/keys.h"
#include "tui/table_private.h"

bool table_is_typing(const struct table *table)
{
    return table->typing;
}

static bool move_key(struct table *table, uint32_t key)
{
    long page = table->page > 1 ? table->page - 1 : 1;
    switch (key) {
    case KEYS_UP:
    case 'k':
        table_move(table, -1);
        return true;
    case KEYS_DOWN:
    case 'j':
        table_move(table, 1);
        return true;
    case KEYS_PAGE_UP:
    case KEYS_CTRL('b'):
        table_move(table, -page);
        return true;
    case KEYS_PAGE_DOWN:
    case KEYS_CTRL('f'):
        table_move(table, page);
        return true;
    case KEYS_HOME:
    case 'g':
        table_move(table, LONG_MIN / 2);
        return true;
    case KEYS_END:
    case 'G':
        table_move(table, LONG_MAX / 2);
        return true;
    default:
        return false;
    }
}

static bool typing_key(struct table *table, uint32_t key)
{
    if (key == KEYS_UP || key == KEYS_DOWN || key == KEYS_PAGE_UP || key == KEYS_PAGE_DOWN)
        return move_key(table, key);
    switch (form_input_key(&table->typed, key)) {
    case FORM_ACCEPTED:
        table->typing = false;
        break;
    case FORM_CANCELLED:
        table->typing = false;
        table_filter(table, NULL);
        break;
    case FORM_USED:
        table_filter(table, form_input_text(&table->typed));
        break;
    case FORM_UNUSED:
        break;
    }
    return true;
}

/* The next column that can be sorted by in a direction, -1 (as given) behind the last; columns that
 * were left out of the last drawing are passed over, for nobody would see by what is sorted. */
static int sort_neighbour(const struct table *table, int step)
{
    int count = (int)table->columns_count;
    int column = table->sort_column;
    for (int i = 0; i <= count; i++) {
        column += step;
        if (column >= count)
            column = -1;
        else if (column < -1)
            column = count - 1;
        if (column < 0 ||
            (!table->columns[column].unsorted && (table->page == 0 || table->widths[column] > 0)))
            break;
    }
    return column;
}

bool table_key(struct table *table, uint32_t key)
{
    if (table->typing)
        return typing_key(table, key);
    if (move_key(table, key))
        return true;
    switch (key) {
    case '/':
        table->typing = true;
        form_input_set(&table->typed, table->filter);
        return true;
    case 'n':
    case 'N':
        if (table->last_search[0] == '\0')
            return false;
        table_search(table, table->last_search, key == 'N');
        return true;
    case 's':
    case '>':
        table_sort(table, sort_neighbour(table, 1), table->reverse);
        return true;
    case '<':
        table_sort(table, sort_neighbour(table, -1), table->reverse);
        return true;
    case 'S':
        table_sort(table, table->sort_column, !table->reverse);
        return true;
    case KEYS_ESC:
        if (table->filter[0] == '\0')
            return false;
        table_filter(table, NULL);
        return true;
    default:
        return false;
    }
}
