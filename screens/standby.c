/* Where every standby database stands, how far behind, and how that was over the last day. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/group.h"
#include "screens/series.h"
#include "screens/panel.h"
#include "screens/words.h"
#include "tui/chart.h"
#include "tui/wrap.h"

enum { PARTS = PANEL_PART(PART_SERVER) | PANEL_PART(PART_DATABASES) | PANEL_PART(PART_SHIPPING) |
               PANEL_PART(PART_RESTORES) };
enum { LABEL_CELLS = 14, GAUGE_CELLS = 24, SPARK_CELLS = 24, DAY_MS = 86400000 };

static const struct table_column columns[] = {
    {.title = "Database", .minimum = 20, .ideal = 40, .worth = TABLE_ALWAYS},
    {.title = "State", .minimum = 14, .worth = 95},
    {.title = "Set", .minimum = 5, .worth = 90, .align = ALIGN_RIGHT},
    {.title = "Mark time", .minimum = 9, .worth = 70, .align = ALIGN_RIGHT},
    {.title = "Behind", .minimum = 6, .worth = 85, .align = ALIGN_RIGHT},
    {.title = "Lag", .minimum = 11, .worth = 80, .align = ALIGN_RIGHT},
    {.title = "Applied", .minimum = 8, .ideal = 11, .worth = 55, .align = ALIGN_RIGHT},
    {.title = "Lag, 24 h", .minimum = SPARK_CELLS, .worth = 40, .unsorted = true},
    {.title = "Mark", .minimum = 27, .ideal = 32, .worth = 30},
};

static const struct backup_set *find_set(const struct group_view *view, int64_t id)
{
    for (size_t i = view->sets_count; i-- > 0;)
        if (view->sets[i].id == id)
            return &view->sets[i];
    return NULL;
}

static enum glyph state_glyph(const struct group_view *view, const struct roster_entry *entry)
{
    if (!entry->problem && entry->state_known && !view->servers[entry->destination]->reachable)
        return GLYPH_UNKNOWN;
    return words_verdict_glyph(words_state_verdict(view, entry));
}

/* The lag at each apply of the last day as one cell per share of the day. */
static void spark_text(struct str *out, const struct group_view *view, size_t index)
{
    double values[SPARK_CELLS], top = 0;
    if (view->config->apply_lag.warning_ms != DURATION_UNKNOWN)
        top = (double)view->config->apply_lag.warning_ms; /* full height: the limit or more */
    series_apply_lag(view, index, DAY_MS, values, SPARK_CELLS);
    for (size_t i = 0; i < SPARK_CELLS; i++)
        if (!isnan(values[i]) && values[i] > top)
            top = values[i];
    for (size_t i = 0; i < SPARK_CELLS; i++) {
        int level = top > 0 ? (int)(values[i] / top * (GLYPH_SPARK_LEVELS - 1) + 0.5) : 0;
        str_add(out, isnan(values[i]) ? glyph_text(GLYPH_SET_UTF8, GLYPH_BULLET)
                                      : glyph_spark(GLYPH_SET_UTF8, level));
    }
}

static void add_row(struct table *table, const struct screen_world *world, size_t index,
                    const struct server_view *server)
{
    const struct group_view *view = world->view;
    const struct roster_entry *entry = &view->roster[index];
    const struct lag_entry *lag = &view->lags[index];
    const struct mark *at = words_recovered_at(view, index);
    bool produces = view->readiness.live && group_entry_is_online(entry);
    const struct backup_set *set = at != NULL ? &view->sets[at->set]
                                   : produces ? NULL
                                              : find_set(view, lag->last_set);
    int64_t set_id = set != NULL ? set->id : produces ? 0 : lag->last_set;
    char text[WORDS_SIZE], identity[400];
    enum glyph glyph = state_glyph(view, entry);
    snprintf(identity, sizeof identity, "%s/%s", words_destination(view, entry), entry->database);
    table_row(table, identity, server ? panel_attr(world, server, PARTS) : ATTR_STALE);
    table_cell(table, ATTR_NORMAL, entry->database);
    table_cell_sign(table, glyph,
                    entry->problem          ? "no destination"
                    : !entry->state_known   ? "not known"
                    : entry->standby        ? "STANDBY"
                                            : database_state_name(entry->state),
                    glyph);
    snprintf(text, sizeof text, "%lld", (long long)set_id);
    table_cell_key(table, ATTR_NORMAL, set_id ? text : "?", set_id);
    words_when(text, sizeof text, set ? set->time_utc_ms : TIME_UNKNOWN, world->source_now_utc_ms);
    table_cell_key(table, ATTR_NORMAL, set ? text : "?", set ? set->time_utc_ms : TIME_UNKNOWN);
    snprintf(text, sizeof text, "%d set%s", lag->lag_sets, lag->lag_sets == 1 ? "" : "s");
    table_cell_key(table, lag->lag_sets > 1 ? ATTR_WARNING : ATTR_NORMAL,
                   produces ? "-" : lag->lag_sets < 0 ? "?" : text,
                   lag->lag_sets < 0 ? TABLE_SORT_UNKNOWN : lag->lag_sets);
    words_duration(text, sizeof text, lag->lag_ms);
    table_cell_key(table,
                   produces ? ATTR_NORMAL
                            : words_verdict_attr(words_against_limit(lag->lag_ms,
                                                                     &view->config->apply_lag)),
                   produces ? "-" : lag->lag_ms == DURATION_UNKNOWN ? "?" : text, lag->lag_ms);
    int64_t applied_ms = series_last_apply_ms(view, index);
    words_when(text, sizeof text, applied_ms, world->source_now_utc_ms);
    table_cell_key(table, ATTR_NORMAL, applied_ms == TIME_UNKNOWN ? "?" : text, applied_ms);
    struct str spark = {0};
    spark_text(&spark, view, index);
    table_cell(table, ATTR_SECONDARY, str_text(&spark));
    str_free(&spark);
    table_cell(table, ATTR_NORMAL, set && set->mark ? set->mark : "");
}

static void fill(struct table *table, const struct screen_world *world)
{
    const struct group_view *view = world->view;
    for (size_t d = 0; d <= view->destinations_count; d++) {
        bool homeless = d == view->destinations_count;
        int server = homeless ? -1 : view->destinations[d];
        char heading[300];
        snprintf(heading, sizeof heading, "%s",
                 homeless ? "Without a certain destination" : view->servers[server]->name);
        table_group(table, homeless ? ATTR_CRITICAL : ATTR_STRONG, heading);
        for (size_t i = 0; i < view->roster_count; i++)
            if (view->roster[i].destination == server || (homeless && view->roster[i].destination < 0))
                add_row(table, world, i, homeless ? NULL : view->servers[server]);
    }
}

/* "all on set 1183, mark ..." or where each stands. */
static void draw_shared(const struct screen_world *world, const struct canvas *canvas, int row)
{
    const struct group_view *view = world->view;
    int64_t least = INT64_MAX, most = 0;
    for (size_t i = 0; i < view->roster_count; i++) {
        if (view->roster[i].left_out)
            continue;
        int64_t set = view->lags[i].last_set;
        least = set < least ? set : least;
        most = set > most ? set : most;
    }
    int column = canvas_text(canvas, row, 1, ATTR_SECONDARY, "All have applied");
    if (!view->roster_count || least == 0 || least == INT64_MAX) {
        canvas_text(canvas, row, column + 2, ATTR_UNKNOWN, "not known of every database");
        return;
    }
    const struct backup_set *set = find_set(view, least);
    column = canvas_format(canvas, row, column + 2, ATTR_STRONG, "set %lld", (long long)least);
    column = canvas_text(canvas, row, column + 2, ATTR_NORMAL, set && set->mark ? set->mark : "");
    if (least != most)
        canvas_format(canvas, row, column + 2, ATTR_WARNING, "the furthest is on %lld",
                      (long long)most);
}

static int draw_gauge(const struct canvas *canvas, int row, const char *label, int64_t value_ms,
                      const struct limit *limit)
{
    char value[WORDS_SIZE], limit_text[WORDS_SIZE];
    words_duration(value, sizeof value, value_ms);
    words_limit(limit_text, sizeof limit_text, limit);
    canvas_text(canvas, row, 1, ATTR_SECONDARY, label);
    int column = chart_limit_gauge(
        canvas, row, 1 + LABEL_CELLS, GAUGE_CELLS,
        value_ms == DURATION_UNKNOWN ? NAN : (double)value_ms,
        limit->warning_ms == DURATION_UNKNOWN ? NAN : (double)limit->warning_ms,
        limit->critical_ms == DURATION_UNKNOWN ? NAN : (double)limit->critical_ms);
    column = canvas_text(canvas, row, column + 1,
                         words_verdict_attr(words_against_limit(value_ms, limit)), value);
    canvas_text(canvas, row, column + 2, ATTR_SECONDARY, limit_text);
    return row + 1;
}

/* Over the databases of the production: nothing is applied to them, and no gauge counts. */
static int draw_live(const struct canvas *canvas, int row)
{
    int column = canvas_sign(canvas, row, 1, GLYPH_WARNING);
    struct canvas inside =
        canvas_region(canvas, row, column + 1, -1, canvas->columns - column - 2);
    row += wrap_draw(&inside, 0, ATTR_NORMAL,
                     "the group was failed over: these databases are the production, recovered at "
                     "the mark of their set; nothing is applied any more");
    return row + (canvas->rows >= 16);
}

static int head(const struct screen_world *world, const struct canvas *canvas, int row)
{
    const struct group_view *view = world->view;
    if (view->readiness.live)
        return draw_live(canvas, row);
    draw_shared(world, canvas, row++);
    row = draw_gauge(canvas, row, "Backup age", view->lag.backup_age_ms, &view->config->backup_age);
    if (canvas->rows >= 14)
        row = draw_gauge(canvas, row, "Import lag", view->lag.import_ms,
                         &view->config->import_lag);
    row = draw_gauge(canvas, row, "Apply lag", view->lag.apply_ms, &view->config->apply_lag);
    return row + (canvas->rows >= 16);
}

static void describe_restores(struct pager *pager, const struct screen_world *world, size_t index)
{
    const struct roster_entry *entry = &world->view->roster[index];
    size_t shown = 0;
    pager_heading(pager, "Newest restores");
    if (entry->destination < 0)
        return;
    const struct server_view *server = world->view->servers[entry->destination];
    for (size_t i = server->restores_count; i-- > 0 && shown < 12;) {
        const struct restore_row *row = &server->restores[i];
        char when[WORDS_SIZE];
        if (!text_equal_nocase(row->database, entry->database))
            continue;
        words_when(when, sizeof when, row->finished_utc_ms, world->source_now_utc_ms);
        pager_format(pager, ATTR_NORMAL, "%s  %s  %s%s%s", when, row->type == 'D' ? "full" : "log",
                     row->path ? row->path : "?", row->stop_at_mark ? "  stopped at " : "",
                     row->stop_at_mark ? row->stop_at_mark : "");
        shown++;
    }
    if (!shown)
        pager_add(pager, ATTR_SECONDARY, "none seen");
}

static void describe_entry(struct pager *pager, const struct screen_world *world, size_t index)
{
    const struct roster_entry *entry = &world->view->roster[index];
    const struct lag_entry *lag = &world->view->lags[index];
    char text[WORDS_LINE], number[LSN_TEXT_SIZE];
    enum glyph glyph = state_glyph(world->view, entry);
    pager_field(pager, 16, "Destination", ATTR_NORMAL, words_destination(world->view, entry));
    pager_field(pager, 16, "Source", ATTR_NORMAL, entry->source_server);
    pager_field(pager, 16, "Used as", ATTR_NORMAL, database_use_name(entry->use));
    if (entry->problem)
        pager_field(pager, 16, "Problem", ATTR_CRITICAL, entry->problem);
    snprintf(text, sizeof text, "%s%s",
             entry->state_known ? database_state_name(entry->state) : "not known",
             entry->standby ? ", readable standby" : "");
    pager_field(pager, 16, "State", glyph_attr(glyph), text);
    if (world->view->readiness.live && group_entry_is_online(entry)) {
        const struct mark *at = words_recovered_at(world->view, index);
        pager_field(pager, 16, "Recovered at", ATTR_NORMAL, at != NULL ? at->name : "not known");
        describe_restores(pager, world, index);
        return;
    }
    snprintf(text, sizeof text, "%lld", (long long)lag->last_set);
    pager_field(pager, 16, "Last set applied", ATTR_NORMAL, lag->last_set ? text : "none known");
    snprintf(text, sizeof text, "%d", lag->lag_sets);
    pager_field(pager, 16, "Sets behind", ATTR_NORMAL,
                lag->lag_sets < 0    ? "not known"
                : lag->lag_sets == 1 ? "1, the normal one"
                                     : text);
    words_duration(text, sizeof text, lag->lag_ms);
    pager_field(pager, 16, "Behind by", ATTR_NORMAL, text);
    struct str spark = {0};
    spark_text(&spark, world->view, index);
    pager_field(pager, 16, "Lag, 24 h", ATTR_NORMAL, str_text(&spark));
    str_free(&spark);
    lsn_format(number, sizeof number, entry->redo_lsn);
    pager_field(pager, 16, "Redo LSN", ATTR_NORMAL, number[0] ? number : "not visible");
    pager_field(pager, 16, "Stands at mark", ATTR_NORMAL, entry->at_mark ? entry->at_mark : "no");
    describe_restores(pager, world, index);
}

static void describe(struct pager *pager, const struct screen_world *world, const char *identity)
{
    for (size_t i = 0; i < world->view->roster_count; i++) {
        const struct roster_entry *entry = &world->view->roster[i];
        char here[400];
        snprintf(here, sizeof here, "%s/%s", words_destination(world->view, entry),
                 entry->database);
        if (!text_equal(here, identity))
            continue;
        pager_heading(pager, identity);
        describe_entry(pager, world, i);
        return;
    }
    pager_add(pager, ATTR_SECONDARY, "no longer in the roster");
}

const struct list_kind list_standby = {.name = "standby",
                                       .columns = columns,
                                       .columns_count = sizeof columns / sizeof *columns,
                                       .fill = fill,
                                       .describe = describe,
                                       .head = head,
                                       .empty = "no standby database is known yet",
                                       .role = ROLE_DESTINATION,
                                       .parts = PARTS};

static void *open_standby(const struct screen_world *world, const char *argument)
{
    (void)world;
    (void)argument;
    return list_open(&list_standby);
}

const struct screen_ops screen_standby = {
    .name = "standby",
    .title = "Standby",
    .about = "Per destination and database: its state (RESTORING is healthy), the last set applied, "
             "how many complete log sets are newer (1 is normal: the newest is kept for the mark) "
             "and how far its content is behind the source. On top: what all of them share, and the "
             "three ages against their limits.",
    .scopes = SCOPE_LIST,
    .bar = list_bar,
    .open = open_standby,
    .update = list_update,
    .draw = list_draw,
    .key = list_key,
    .is_typing = list_is_typing,
    .typing_bar = list_typing_bar,
    .click = list_click,
    .dump = list_dump,
    .copy = list_copy,
    .close = list_close};
