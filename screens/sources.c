/* The databases of the group at their sources: those of the backup job, and apart from them those
 * that other methods back up and that are never restored to a mark. */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "screens/panel.h"
#include "screens/words.h"

enum { PARTS = PANEL_PART(PART_SERVER) | PANEL_PART(PART_DATABASES) | PANEL_PART(PART_ROSTER) |
               PANEL_PART(PART_BACKUPS) };

static const struct table_column columns[] = {
    {.title = "Server", .minimum = 6, .worth = 80},
    {.title = "Database", .minimum = 20, .ideal = 40, .worth = TABLE_ALWAYS},
    {.title = "State", .minimum = 8, .ideal = 18, .worth = 95},
    {.title = "Model", .minimum = 6, .worth = 85},
    {.title = "Last log", .minimum = 8, .worth = 75, .align = ALIGN_RIGHT},
    {.title = "Last full", .minimum = 9, .worth = 70, .align = ALIGN_RIGHT},
    {.title = "Role", .minimum = 10, .worth = 60, .ideal = 22},
    {.title = "Usage", .minimum = 12, .worth = 45, .ideal = 21},
    {.title = "Runtime", .minimum = 7, .worth = 44},
    {.title = "Size", .minimum = 7, .worth = 50, .align = ALIGN_RIGHT},
    {.title = "Marking", .minimum = 7, .worth = 40},
    {.title = "Node", .minimum = 4, .worth = 20, .ideal = 15},
    {.title = "Availability", .minimum = 12, .worth = 22, .ideal = 24},
};

/* One database of the source group, from the management database's own list. */
struct source {
    const struct server_view *server; /* NULL = its server is not configured */
    const char *server_name, *database;
    enum database_use use;
    bool in_backup_job;
    const struct database_row *row; /* NULL = not seen there */
};

static struct source source_of(const struct group_view *view, const char *server_name,
                               const char *database, enum database_use use, bool in_backup_job)
{
    struct source source = {.server_name = server_name ? server_name : "",
                            .database = database ? database : "",
                            .use = use,
                            .in_backup_job = in_backup_job};
    int index = server_name ? config_server_find(view->config, server_name) : -1;
    if (index >= 0 && (size_t)index < view->servers_count) {
        source.server = view->servers[index];
        source.server_name = source.server->name;
        source.row = server_view_database(source.server, source.database);
    }
    return source;
}

/* Calls row() for every database; true stops. From the management server's roster, else from the
 * group's. */
static void each_source(const struct group_view *view,
                        bool (*row)(void *context, const struct source *source), void *context)
{
    const struct server_view *management =
        view->management >= 0 ? view->servers[view->management] : NULL;
    if (management && management->roster_count) {
        for (size_t i = 0; i < management->roster_count; i++) {
            const struct roster_row *r = &management->roster[i];
            struct source source =
                source_of(view, r->server, r->database, r->use, r->in_backup_job);
            if (row(context, &source))
                return;
        }
        return;
    }
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct roster_entry *entry = &view->roster[i];
        struct source source =
            source_of(view, entry->source_server, entry->database, entry->use, true);
        if (row(context, &source))
            return;
    }
}

/* The newest backup of that type that msdb knows; TIME_UNKNOWN = none. */
static int64_t last_backup_ms(const struct source *source, char type)
{
    int64_t last_ms = TIME_UNKNOWN;
    size_t count = source->server ? source->server->backups_count : 0;
    for (size_t i = count; i-- > 0;) { /* from the newest: most names are then never compared */
        const struct msdb_backup *backup = &source->server->backups[i];
        if (backup->type == type && backup->finish_utc_ms > last_ms &&
            text_equal_nocase(backup->database, source->database))
            last_ms = backup->finish_utc_ms;
    }
    return last_ms;
}

static enum glyph verdict_of(const struct source *source)
{
    if (!source->server || !source->row || !source->server->reachable)
        return GLYPH_UNKNOWN;
    if (source->row->state != STATE_ONLINE)
        return GLYPH_CRITICAL;
    if (!source->in_backup_job)
        return GLYPH_OK;
    if (source->row->recovery_model == MODEL_SIMPLE)
        return GLYPH_CRITICAL;
    if (source->row->recovery_model != MODEL_FULL || source->row->has_marking_objects == 0)
        return GLYPH_WARNING;
    return GLYPH_OK;
}

static void time_cell(struct table *table, const struct screen_world *world, int64_t utc_ms,
                      bool visible)
{
    char when[WORDS_SIZE];
    words_when(when, sizeof when, utc_ms, world->source_now_utc_ms);
    if (utc_ms == TIME_UNKNOWN)
        table_cell_key(table, ATTR_SECONDARY, visible ? "none" : "?", TABLE_SORT_UNKNOWN);
    else
        table_cell_key(table, ATTR_NORMAL, when, utc_ms);
}

static const char *yes_no(int value)
{
    return value > 0 ? "present" : value == 0 ? "missing" : "?";
}

static const char *node_of(const struct server_view *server)
{
    return !server                   ? "?"
           : server->node != NULL    ? server->node
           : server->machine != NULL ? server->machine
                                     : "?";
}

/* What keeps the database available, in a word. */
static const char *availability_of(const struct server_view *server, const struct database_row *row)
{
    return !server || !row              ? "?"
           : row->mirrored              ? "mirrored"
           : row->in_availability_group ? "availability group"
           : server->clustered          ? "cluster"
                                        : "single server";
}

struct filling {
    struct table *table;
    const struct screen_world *world;
    bool in_backup_job;
};

static bool add_row(void *context, const struct source *source)
{
    struct filling *filling = context;
    struct table *table = filling->table;
    char identity[400], size[WORDS_SIZE] = "?";
    if (source->in_backup_job != filling->in_backup_job)
        return false;
    snprintf(identity, sizeof identity, "%s/%s", source->server_name, source->database);
    unsigned attr =
        source->server ? panel_attr(filling->world, source->server, PARTS) : ATTR_STALE;
    const struct database_row *row = source->row;
    bool visible = source->server && source->server->parts[PART_BACKUPS].state == PART_READ;
    table_row(table, identity, attr);
    table_cell(table, ATTR_NORMAL, source->server_name);
    table_cell(table, ATTR_NORMAL, source->database);
    table_cell_sign(table, verdict_of(source),
                    !source->server ? "no such server"
                    : row           ? database_state_name(row->state)
                                    : "not seen",
                    verdict_of(source));
    table_cell(table, row && row->recovery_model != MODEL_FULL && source->in_backup_job
                          ? ATTR_CRITICAL
                          : ATTR_NORMAL,
               row ? recovery_model_name(row->recovery_model) : "?");
    time_cell(table, filling->world, last_backup_ms(source, 'L'), visible);
    time_cell(table, filling->world, last_backup_ms(source, 'D'), visible);
    table_cell(table, ATTR_NORMAL, database_use_name(source->use));
    table_cell(table, ATTR_NORMAL, database_use_usage(source->use));
    table_cell(table, ATTR_NORMAL, database_use_is_runtime(source->use) ? "yes" : "no");
    if (row && row->size_bytes >= 0)
        size_format(size, sizeof size, row->size_bytes);
    table_cell_key(table, ATTR_NORMAL, size,
                   row && row->size_bytes >= 0 ? row->size_bytes : TABLE_SORT_UNKNOWN);
    table_cell(table, ATTR_NORMAL,
               source->in_backup_job ? yes_no(row ? row->has_marking_objects : -1) : "");
    table_cell(table, ATTR_NORMAL, node_of(source->server));
    bool odd = row && (row->mirrored || row->in_availability_group);
    table_cell(table, odd ? ATTR_WARNING : ATTR_NORMAL, availability_of(source->server, row));
    return false;
}

static void fill(struct table *table, const struct screen_world *world)
{
    struct filling filling = {.table = table, .world = world, .in_backup_job = true};
    table_group(table, ATTR_STRONG, "In the backup job: restored to the mark");
    each_source(world->view, add_row, &filling);
    filling.in_backup_job = false;
    table_group(table, ATTR_STRONG, "By other means: never restored to a mark");
    each_source(world->view, add_row, &filling);
}

struct finding {
    const char *identity;
    struct source found;
    bool is_found;
};

static bool find(void *context, const struct source *source)
{
    struct finding *finding = context;
    char identity[400];
    snprintf(identity, sizeof identity, "%s/%s", source->server_name, source->database);
    if (!text_equal(identity, finding->identity))
        return false;
    finding->found = *source;
    finding->is_found = true;
    return true;
}

static void field_size(struct pager *pager, int64_t size_bytes)
{
    char text[WORDS_SIZE];
    size_format(text, sizeof text, size_bytes);
    pager_field(pager, 18, "Size", ATTR_NORMAL, text);
}

static void describe_row(struct pager *pager, const struct database_row *row)
{
    char text[200];
    snprintf(text, sizeof text, "%s%s%s", database_state_name(row->state),
             row->standby ? ", standby" : "", row->read_only ? ", read-only" : "");
    pager_field(pager, 18, "State", row->state == STATE_ONLINE ? ATTR_OK : ATTR_CRITICAL, text);
    pager_field(pager, 18, "Recovery model",
                row->recovery_model == MODEL_FULL ? ATTR_OK : ATTR_CRITICAL,
                recovery_model_name(row->recovery_model));
    field_size(pager, row->size_bytes);
    pager_field(pager, 18, "Marking objects", ATTR_NORMAL, yes_no(row->has_marking_objects));
    pager_field(pager, 18, "MarkLog", ATTR_NORMAL, yes_no(row->has_mark_log));
    pager_field(pager, 18, "Encrypted (TDE)", row->encrypted ? ATTR_WARNING : ATTR_NORMAL,
                row->encrypted ? "yes: the destination needs its certificate" : "no");
    pager_field(pager, 18, "Mirroring", row->mirrored ? ATTR_WARNING : ATTR_NORMAL,
                !row->mirrored                ? "none"
                : row->availability != NULL ? row->availability
                                            : "mirrored");
    pager_field(pager, 18, "Availability group",
                row->in_availability_group ? ATTR_WARNING : ATTR_NORMAL,
                row->in_availability_group ? "yes: see the conditions for BizTalk" : "none");
    pager_field(pager, 18, "Collation", ATTR_NORMAL, row->collation ? row->collation : "?");
    if (row->sessions >= 0)
        snprintf(text, sizeof text, "%lld", (long long)row->sessions);
    pager_field(pager, 18, "Sessions", ATTR_NORMAL, row->sessions >= 0 ? text : "not visible");
}

static void describe_backups(struct pager *pager, const struct source *source,
                             const struct screen_world *world)
{
    size_t shown = 0;
    pager_heading(pager, "Newest backups in msdb");
    for (size_t i = source->server->backups_count; i-- > 0 && shown < 12;) {
        const struct msdb_backup *backup = &source->server->backups[i];
        char when[WORDS_SIZE], size[WORDS_SIZE];
        if (!text_equal_nocase(backup->database, source->database))
            continue;
        words_when(when, sizeof when, backup->finish_utc_ms, world->source_now_utc_ms);
        size_format(size, sizeof size, backup->size_bytes);
        pager_format(pager, backup->damaged ? ATTR_CRITICAL : ATTR_NORMAL, "%s  %c  %s  %s%s  by %s",
                     when, backup->type, size, backup->path ? backup->path : "?",
                     backup->copy_only ? " (copy only)" : "",
                     backup->user_name ? backup->user_name : "?");
        shown++;
    }
    if (!shown)
        pager_add(pager, ATTR_SECONDARY, "none seen");
}

static void describe(struct pager *pager, const struct screen_world *world, const char *identity)
{
    struct finding finding = {.identity = identity};
    each_source(world->view, find, &finding);
    pager_heading(pager, identity);
    if (!finding.is_found) {
        pager_add(pager, ATTR_UNKNOWN, "no longer in the list of the group's databases");
        return;
    }
    const struct source *source = &finding.found;
    char problem[WORDS_LINE];
    pager_field(pager, 18, "Role", ATTR_NORMAL, database_use_name(source->use));
    pager_field(pager, 18, "Usage", ATTR_NORMAL,
                database_use_usage(source->use)[0] ? database_use_usage(source->use)
                                                   : "not documented");
    pager_field(pager, 18, "Runtime", ATTR_NORMAL,
                database_use_is_runtime(source->use) ? "yes: runtime operations work with it"
                                                     : "no");
    pager_field(pager, 18, "Backed up", source->in_backup_job ? ATTR_NORMAL : ATTR_WARNING,
                source->in_backup_job
                    ? "by the backup job, marked with the group"
                    : "by other means; never restored to a mark, see the runbook");
    if (!source->server) {
        pager_field(pager, 18, "Server", ATTR_CRITICAL,
                    "BizTalk names a server that the configuration does not know; add it, or an alias");
        return;
    }
    for (int part = 0; part < PART_COUNT; part++)
        if ((PARTS & PANEL_PART(part)) &&
            words_part_problem(problem, sizeof problem, source->server, (enum view_part)part,
                               world->now_monotonic_ms)) {
            pager_field(pager, 18, "Problem", ATTR_WARNING, problem);
            if (!source->server->reachable)
                break; /* then every part has the same one */
        }
    if (source->row)
        describe_row(pager, source->row);
    else
        pager_field(pager, 18, "State", ATTR_UNKNOWN, "not seen on that server");
    pager_field(pager, 18, "Version", ATTR_NORMAL,
                source->server->version ? source->server->version : "?");
    pager_field(pager, 18, "Edition", ATTR_NORMAL,
                source->server->edition ? source->server->edition : "?");
    pager_field(pager, 18, "Cluster", ATTR_NORMAL,
                source->server->clustered ? "yes, as the documentation recommends"
                                          : "not clustered");
    pager_field(pager, 18, "Node", ATTR_NORMAL, node_of(source->server));
    describe_backups(pager, source, world);
}

const struct list_kind list_sources = {.name = "sources",
                                       .columns = columns,
                                       .columns_count = sizeof columns / sizeof *columns,
                                       .fill = fill,
                                       .describe = describe,
                                       .empty = "no database of the group is known yet",
                                       .role = ROLE_SOURCE,
                                       .parts = PARTS};

static void *open_sources(const struct screen_world *world, const char *argument)
{
    (void)world;
    (void)argument;
    return list_open(&list_sources);
}

const struct screen_ops screen_sources = {
    .name = "sources",
    .title = "Sources",
    .about = "One row a database of the group at its source. Those of the backup job are marked "
             "together and restored to one mark. Those that other methods back up (BAM star "
             "schema, archive, analysis) stand apart: they are never restored to a mark.",
    .scopes = SCOPE_LIST,
    .bar = list_bar,
    .open = open_sources,
    .update = list_update,
    .draw = list_draw,
    .key = list_key,
    .is_typing = list_is_typing,
    .typing_bar = list_typing_bar,
    .click = list_click,
    .dump = list_dump,
    .copy = list_copy,
    .close = list_close};
