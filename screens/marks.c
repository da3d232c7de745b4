/* The matrix: which database reaches which mark, and how; for a passed mark is not a free one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "screens/panel.h"
#include "screens/what_if.h"
#include "screens/words.h"
#include "tui/chart.h"
#include "tui/keys.h"

enum { PARTS = PANEL_PART(PART_SERVER) | PANEL_PART(PART_HISTORY) | PANEL_PART(PART_DATABASES) |
               PANEL_PART(PART_MARKS) };
enum { FOOTER_ROWS = 4, SIDE_PERCENT = 40 };

struct heading {
    char set[24], time[WORDS_SIZE];
};

/* The matrix and what its data borrows; made again with every view. */
struct marks {
    struct matrix matrix;
    struct matrix_data data;
    struct matrix_row *rows;
    struct matrix_column *columns;
    struct matrix_cell *cells;
    struct heading *headings;
    size_t *order;      /* roster index of each row */
    size_t *mark_of;    /* index into view->marks of each column, SIZE_MAX = being taken */
    struct pager *side; /* the second pane of wide terminals */
    bool moved;         /* by a person: else the newest mark that can be reached is selected */
    char selected[129]; /* the selected column's mark; "" = none */
    struct what_if what_if;
    char problem[400]; /* why assumptions were taken back; "" = they were not */
    bool reading;      /* the selected mark under the assumptions, over the matrix */
};

/* The world as it is to be shown: under the assumptions, where any are made. */
static struct screen_world as_assumed(const struct marks *marks, const struct screen_world *world)
{
    struct screen_world seen = *world;
    seen.view = what_if_view(&marks->what_if, world->view);
    return seen;
}

static void forget(struct marks *marks)
{
    free(marks->rows);
    free(marks->columns);
    free(marks->cells);
    free(marks->headings);
    free(marks->order);
    free(marks->mark_of);
    marks->data = (struct matrix_data){0};
}

/* Rows grouped by destination, those without one last. */
static size_t order_rows(struct marks *marks, const struct group_view *view)
{
    size_t count = 0;
    for (size_t d = 0; d <= view->destinations_count; d++)
        for (size_t i = 0; i < view->roster_count; i++) {
            int server = d < view->destinations_count ? view->destinations[d] : -1;
            if (view->roster[i].destination == server)
                marks->order[count++] = i;
        }
    return count;
}

static void fill_rows(struct marks *marks, const struct group_view *view)
{
    size_t count = order_rows(marks, view);
    for (size_t r = 0; r < count; r++) {
        const struct roster_entry *entry = &view->roster[marks->order[r]];
        marks->rows[r] = (struct matrix_row){.group = words_destination(view, entry),
                                             .name = entry->database};
    }
    marks->rows[count] = (struct matrix_row){.name = "whole group", .footer = true};
    marks->data.rows_count = count + 1;
}

static struct matrix_cell route_cell(const struct group_view *view, const struct mark *mark,
                                     size_t index)
{
    const struct set_file *file = &view->sets[mark->set].files[index];
    enum glyph glyph = words_route_glyph(mark->routes[index].route);
    if (view->roster[index].left_out)
        return (struct matrix_cell){.glyph = GLYPH_NONE, .second = GLYPH_NONE};
    return (struct matrix_cell){.glyph = glyph, .second = words_file_glyph(file)};
}

/* "12:00": the day stands in the line below the matrix. */
static void time_of_day(struct heading *heading, int64_t utc_ms)
{
    time_format_of_day(heading->time, sizeof heading->time, utc_ms);
    heading->time[5] = '\0';
}

static void fill_mark(struct marks *marks, const struct group_view *view, size_t column,
                      size_t index)
{
    const struct mark *mark = &view->marks[index];
    struct heading *heading = &marks->headings[column];
    size_t rows = marks->data.rows_count, columns = marks->data.columns_count;
    snprintf(heading->set, sizeof heading->set, "%lld", (long long)view->sets[mark->set].id);
    time_of_day(heading, mark->time_utc_ms);
    marks->columns[column] =
        (struct matrix_column){.heading = {heading->set, heading->time},
                               .attr = (int)index == view->readiness.newest ? ATTR_STRONG
                                                                            : ATTR_NORMAL,
                               .identity = (uint64_t)view->sets[mark->set].id};
    for (size_t r = 0; r + 1 < rows; r++)
        marks->cells[r * columns + column] = route_cell(view, mark, marks->order[r]);
    marks->cells[(rows - 1) * columns + column] =
        (struct matrix_cell){.glyph = mark->reachable ? words_route_glyph(mark->worst)
                                                      : GLYPH_UNREACHABLE,
                             .second = GLYPH_NONE};
    marks->mark_of[column] = index;
}

/* A log set that is being taken has a column but no mark to go to yet. */
static void fill_being_taken(struct marks *marks, size_t column, const struct backup_set *set)
{
    struct heading *heading = &marks->headings[column];
    size_t rows = marks->data.rows_count, columns = marks->data.columns_count;
    snprintf(heading->set, sizeof heading->set, "%lld", (long long)set->id);
    time_of_day(heading, set->time_utc_ms);
    marks->columns[column] = (struct matrix_column){.heading = {heading->set, heading->time},
                                                    .attr = ATTR_PROGRESS,
                                                    .identity = (uint64_t)set->id};
    for (size_t r = 0; r < rows; r++)
        marks->cells[r * columns + column] =
            (struct matrix_cell){.glyph = GLYPH_BEING_TAKEN, .second = GLYPH_NONE};
    marks->mark_of[column] = SIZE_MAX;
}

static bool has_mark(const struct group_view *view, size_t set)
{
    for (size_t i = view->marks_count; i-- > 0;)
        if (view->marks[i].set == set)
            return true;
    return false;
}

static void update(void *self, const struct screen_world *world)
{
    struct marks *marks = self;
    if (!what_if_follow(&marks->what_if, world->view, marks->problem, sizeof marks->problem))
        marks->reading = false;
    const struct group_view *view = what_if_view(&marks->what_if, world->view);
    const struct backup_set *last =
        view->sets_count ? &view->sets[view->sets_count - 1] : NULL;
    bool being_taken = last && last->kind == SET_LOG && last->in_progress &&
                       !has_mark(view, view->sets_count - 1);
    size_t columns = view->marks_count + being_taken;
    forget(marks);
    marks->rows = memory_new_array(view->roster_count + 1, sizeof *marks->rows);
    marks->order = memory_new_array(view->roster_count + 1, sizeof *marks->order);
    marks->columns = memory_new_array(columns + 1, sizeof *marks->columns);
    marks->headings = memory_new_array(columns + 1, sizeof *marks->headings);
    marks->mark_of = memory_new_array(columns + 1, sizeof *marks->mark_of);
    marks->cells = memory_new_array((view->roster_count + 1) * (columns + 1), sizeof *marks->cells);
    fill_rows(marks, view);
    marks->data.columns_count = columns;
    for (size_t i = 0; i < view->marks_count; i++)
        if (view->sets[view->marks[i].set].in_progress)
            fill_being_taken(marks, i, &view->sets[view->marks[i].set]);
        else
            fill_mark(marks, view, i, i);
    if (being_taken)
        fill_being_taken(marks, columns - 1, last);
    marks->data.rows = marks->rows;
    marks->data.columns = marks->columns;
    marks->data.cells = marks->cells;
    marks->data.column_cells = 5;
    marks->data.heading_labels[0] = "set";
    marks->data.heading_labels[1] = "mark";
    const struct mark *newest = words_mark(view, view->readiness.newest);
    if (!marks->moved && newest)
        matrix_select(&marks->matrix, (uint64_t)view->sets[newest->set].id);
}

static const struct mark *selected_mark(struct marks *marks, const struct group_view *view)
{
    size_t column = matrix_selected_column(&marks->matrix, &marks->data);
    if (column >= marks->data.columns_count || marks->mark_of[column] == SIZE_MAX)
        return NULL;
    return &view->marks[marks->mark_of[column]];
}

/* "newest by roll forward: ...  newest at any price: ..." */
static void draw_newest(const struct group_view *view, const struct canvas *canvas, int row)
{
    const struct mark *free_one = NULL, *any = NULL;
    if (view->readiness.live) {
        canvas_fit(canvas, row, 1, canvas->columns - 2, ALIGN_LEFT, ATTR_WARNING,
                   "the group was failed over: every F would overwrite the production");
        return;
    }
    for (size_t i = view->marks_count; i-- > 0 && !free_one;) {
        if (view->marks[i].by_roll_forward)
            free_one = &view->marks[i];
        if (view->marks[i].reachable && !any)
            any = &view->marks[i];
    }
    int column = canvas_text(canvas, row, 1, ATTR_SECONDARY, "newest by roll forward:");
    column = free_one ? canvas_format(canvas, row, column + 1, ATTR_OK, "%lld %s",
                                      (long long)view->sets[free_one->set].id, free_one->name)
                      : canvas_text(canvas, row, column + 1, ATTR_CRITICAL, "none");
    column = canvas_text(canvas, row, column + 2, ATTR_SECONDARY, "at any price:");
    if (any)
        canvas_format(canvas, row, column + 1, any->by_roll_forward ? ATTR_OK : ATTR_WARNING,
                      "%lld", (long long)view->sets[any->set].id);
    else
        canvas_text(canvas, row, column + 1, ATTR_CRITICAL, "none");
}

/* The selected column in words. */
static void draw_selected(const struct group_view *view, const struct mark *mark,
                          const struct canvas *canvas, int row)
{
    char when[WORDS_SIZE], loss[WORDS_SIZE];
    if (!mark) {
        canvas_text(canvas, row, 1, ATTR_SECONDARY, "this set is still being taken");
        return;
    }
    time_format(when, sizeof when, mark->time_utc_ms);
    words_loss(loss, sizeof loss, mark->data_loss_ms, view->readiness.loss_basis);
    int column = canvas_text(canvas, row, 1, ATTR_STRONG, mark->name);
    if (mark->time_utc_ms != TIME_UNKNOWN) /* month and day: a year's cells are the loss's */
        column = canvas_format(canvas, row, column + 2, ATTR_NORMAL, "%.5s", when + 5);
    enum route worst = mark->reachable ? mark->worst : ROUTE_UNREACHABLE;
    column = canvas_text(canvas, row, column + 2, glyph_attr(words_route_glyph(worst)),
                         words_route(worst));
    if (!view->readiness.live)
        canvas_format(canvas, row, column + 2, ATTR_NORMAL, "loses %s", loss);
}

static void draw_legend(const struct canvas *canvas, int row, bool files)
{
    static const struct {
        enum glyph glyph;
        const char *text;
    } legend[] = {{GLYPH_ROLL_FORWARD, "roll forward"}, {GLYPH_FULL_RESTORE, "full restore"},
                  {GLYPH_AT_MARK, "at it"},             {GLYPH_UNREACHABLE, "not at all"},
                  {GLYPH_BEING_TAKEN, "being taken"},   {GLYPH_FILE_APPLIED, "file applied"},
                  {GLYPH_FILE_SHIPPED, "shipped"},      {GLYPH_FILE_UNCHECKED, "not checked"},
                  {GLYPH_FILE_MISSING, "missing"},      {GLYPH_FILE_CORRUPT, "corrupt"}};
    enum { ROUTE_SIGNS = 5 };
    int column = 1;
    for (size_t i = 0; i < (files ? sizeof legend / sizeof *legend : (size_t)ROUTE_SIGNS); i++) {
        if (i == ROUTE_SIGNS) {
            column = 1;
            row++;
        }
        column = canvas_sign(canvas, row, column, legend[i].glyph);
        column = canvas_text(canvas, row, column + 1, ATTR_SECONDARY, legend[i].text) + 2;
    }
}

/* Lines above the matrix; the row behind them. */
static int draw_head(const struct marks *marks, const struct screen_world *world,
                     const struct canvas *canvas)
{
    int row = what_if_draw(&marks->what_if, canvas, 0);
    if (marks->problem[0] != '\0') {
        int column = canvas_text(canvas, row, 1, ATTR_WARNING, "what-if taken back:");
        canvas_text(canvas, row++, column + 1, ATTR_NORMAL, marks->problem);
    }
    return panel_problems(canvas, row, world, PANEL_ANY_ROLE, PARTS, 2);
}

static void draw(void *self, const struct screen_world *real, const struct canvas *canvas)
{
    struct marks *marks = self;
    struct screen_world seen = as_assumed(marks, real), *world = &seen;
    const struct mark *mark = selected_mark(marks, world->view);
    text_copy(marks->selected, sizeof marks->selected, mark ? mark->name : "");
    int row = draw_head(marks, real, canvas);
    if (marks->reading && mark) {
        struct canvas inside = canvas_region(canvas, row, 0, -1, -1);
        pager_clear(marks->side);
        marks_describe(marks->side, world, mark->name);
        pager_draw(marks->side, &inside, true);
        return;
    }
    if (!marks->data.columns_count) {
        canvas_text(canvas, row + 1, 1, ATTR_SECONDARY,
                    world->starting ? "waiting for the first answer"
                                    : "no log set with a mark is known");
        return;
    }
    marks->data.second_line = canvas->rows > 2 * (int)marks->data.rows_count + 8;
    int foot_rows = marks->data.second_line ? FOOTER_ROWS : FOOTER_ROWS - 1;
    int columns = canvas->columns, rows = canvas->rows - row - foot_rows;
    if (columns >= PANEL_WIDE_COLUMNS) {
        int side = columns * SIDE_PERCENT / 100;
        columns -= side;
        struct canvas inside = canvas_region(canvas, row, columns + 1, -1, -1);
        pager_clear(marks->side);
        if (mark)
            marks_describe(marks->side, world, mark->name);
        pager_draw(marks->side, &inside, false);
    }
    struct canvas body = canvas_region(canvas, row, 0, rows, columns);
    matrix_draw(&marks->matrix, &marks->data, &body, true);
    struct canvas foot = canvas_region(canvas, canvas->rows - foot_rows, 0, -1, columns);
    draw_selected(world->view, mark, &foot, 0);
    draw_newest(world->view, &foot, 1);
    draw_legend(&foot, 2, marks->data.second_line);
}

/* Makes or takes back what the action assumes of the selected column and row. False where nothing
 * there can be assumed. */
static bool assume(struct marks *marks, const struct group_view *view, enum action_id action)
{
    size_t column = matrix_selected_column(&marks->matrix, &marks->data), row = marks->matrix.row;
    bool in_row = row + 1 < marks->data.rows_count;
    const struct roster_entry *entry = in_row ? &view->roster[marks->order[row]] : NULL;
    if (action == ACTION_IF_SOURCES) {
        for (size_t i = 0; i < view->servers_count; i++)
            if (view->servers[i]->role == ROLE_SOURCE)
                what_if_toggle(&marks->what_if,
                               memory_format("server-down=%s", view->servers[i]->name));
        return true;
    }
    if (action == ACTION_IF_DOWN) {
        if (entry == NULL || entry->destination < 0)
            return false;
        what_if_toggle(&marks->what_if,
                       memory_format("server-down=%s", view->servers[entry->destination]->name));
        return true;
    }
    if (column >= marks->data.columns_count)
        return false;
    long long set = (long long)marks->data.columns[column].identity;
    if (action == ACTION_IF_PARTIAL) {
        what_if_toggle(&marks->what_if, memory_format("set-partial=%lld", set));
        return true;
    }
    for (size_t s = 0; in_row && s < view->sets_count; s++)
        if (view->sets[s].id == set && view->sets[s].files[marks->order[row]].present) {
            what_if_toggle(&marks->what_if,
                           memory_format("file-missing=%lld/%s", set, entry->database));
            return true;
        }
    return false;
}

/* Assumptions; REACT_UNUSED for any other key. */
static struct reaction what_if_key(struct marks *marks, const struct screen_world *world,
                                   enum action_id action)
{
    marks->problem[0] = '\0';
    if (action == ACTION_IF_CLEAR) {
        if (!what_if_is_on(&marks->what_if))
            return reaction_message(ATTR_SECONDARY, "nothing is assumed");
        what_if_clear(&marks->what_if);
        marks->reading = false;
    } else if (action == ACTION_IF_MISSING || action == ACTION_IF_PARTIAL ||
               action == ACTION_IF_DOWN || action == ACTION_IF_SOURCES) {
        if (!assume(marks, world->view, action))
            return reaction_message(ATTR_SECONDARY,
                                    "nothing to assume here: select a database's row and a set "
                                    "that has its file");
        size_t column = matrix_selected_column(&marks->matrix, &marks->data);
        if (column < marks->data.columns_count)
            matrix_select(&marks->matrix, marks->data.columns[column].identity);
        marks->moved = true; /* the column stays, whatever becomes the newest */
    } else {
        return (struct reaction){0};
    }
    update(marks, world);
    return reaction_used();
}

/* Over the matrix: how the selected mark would be reached; scrolls until it is left. */
static struct reaction reading_key(struct marks *marks, uint32_t key, enum action_id action)
{
    if (action == ACTION_BACK || action == ACTION_DETAILS || key == KEYS_ENTER)
        marks->reading = false;
    else if (key == '/' || !pager_key(marks->side, key)) /* no typing here */
        return (struct reaction){0};
    return reaction_used();
}

static struct reaction open_details(struct marks *marks, const struct mark *mark)
{
    char argument[300];
    if (!mark)
        return reaction_message(ATTR_SECONDARY, "there is no mark to go to in this column");
    if (what_if_is_on(&marks->what_if)) {
        marks->reading = true;
        return reaction_used();
    }
    snprintf(argument, sizeof argument, "mark\n%s", mark->name);
    return reaction_push(&screen_detail, argument);
}

static struct reaction key_pressed(void *self, const struct screen_world *real, uint32_t key,
                                   enum action_id action)
{
    struct marks *marks = self;
    struct reaction reaction = what_if_key(marks, real, action);
    if (reaction.kind != REACT_UNUSED || reaction.message[0] != '\0')
        return reaction;
    struct screen_world seen = as_assumed(marks, real);
    const struct mark *mark = selected_mark(marks, seen.view);
    if (action == ACTION_RESTORE && what_if_is_on(&marks->what_if))
        return reaction_message(ATTR_WARNING,
                                "what is shown is assumed: c clears it, then R restores");
    if (marks->reading)
        return reading_key(marks, key, action);
    if (action == ACTION_DETAILS || key == KEYS_ENTER)
        return open_details(marks, mark);
    if (action == ACTION_RESTORE)
        return reaction_push(&screen_wizard, mark ? mark->name : "");
    if (!matrix_key(&marks->matrix, &marks->data, key))
        return (struct reaction){0};
    marks->moved = true;
    return reaction_used();
}

static void dump(void *self, const struct screen_world *world, enum glyph_set set,
                 struct str *out)
{
    struct marks *marks = self;
    const struct group_view *view = what_if_view(&marks->what_if, world->view);
    char assumed[1000];
    what_if_describe(&marks->what_if, assumed, sizeof assumed);
    if (what_if_is_on(&marks->what_if))
        str_format(out, "WHAT IF %s (not real)\n", assumed);
    for (size_t c = 0; c < marks->data.columns_count; c++) {
        if (marks->mark_of[c] == SIZE_MAX)
            continue;
        const struct mark *mark = &view->marks[marks->mark_of[c]];
        str_format(out, "%s  %s  ", marks->headings[c].set, mark->name);
        for (size_t r = 0; r < marks->data.rows_count; r++)
            str_add(out, glyph_text(set, marks->cells[r * marks->data.columns_count + c].glyph));
        str_format(out, "  %s\n", words_route(mark->worst));
    }
}

static void copy(void *self, struct str *out)
{
    const struct marks *marks = self;
    str_add(out, marks->selected);
}

static void *open_marks(const struct screen_world *world, const char *argument)
{
    struct marks *marks = memory_new(sizeof *marks);
    (void)world;
    (void)argument;
    marks->side = pager_new();
    return marks;
}

static void close_marks(void *self)
{
    struct marks *marks = self;
    forget(marks);
    pager_free(marks->side);
    what_if_clear(&marks->what_if);
    free(marks);
}

static const enum action_id bar[] = {ACTION_DETAILS, ACTION_OLDER, ACTION_NEWER,
                                     ACTION_IF_MISSING, ACTION_NONE};

static const enum action_id assumed_bar[] = {ACTION_DETAILS,    ACTION_OLDER,    ACTION_NEWER,
                                             ACTION_IF_MISSING, ACTION_IF_CLEAR, ACTION_NONE};

static const enum action_id *bar_now(const void *self)
{
    const struct marks *marks = self;
    return what_if_is_on(&marks->what_if) ? assumed_bar : bar;
}

const struct screen_ops screen_marks = {
    .name = "marks",
    .title = "Marks",
    .about = "Rows are databases, columns are marks, the newest right. A cell says how that "
             "database would get to that mark: by rolling forward from where it stands, only from "
             "a full backup because it has already passed the mark, or not at all. The last row is "
             "the worst of its column. Enter: how, on what evidence, what would be lost and how "
             "long it takes; R starts the restore wizard with the selected mark.\n"
             "What if: x takes the selected database's file of the selected set for missing, p the "
             "set for partial, d the database's destination for down, D the sources; the same key "
             "again takes it back, c takes back all. What is shown then is assumed, and says so; "
             "nothing of it reaches a server or a restore.",
    .scopes = SCOPE_MATRIX,
    .bar = bar,
    .bar_now = bar_now,
    .open = open_marks,
    .update = update,
    .draw = draw,
    .key = key_pressed,
    .dump = dump,
    .copy = copy,
    .close = close_marks};
