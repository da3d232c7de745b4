/* Backup sets, newest first: full sets and breaks in the chain are plain to see. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "core/proof.h"
#include "screens/panel.h"
#include "screens/words.h"

enum { PARTS = PANEL_PART(PART_SERVER) | PANEL_PART(PART_HISTORY) | PANEL_PART(PART_BACKUPS) |
               PANEL_PART(PART_SHIPPING) };

static const struct table_column columns[] = {
    {.title = "Set", .minimum = 5, .worth = TABLE_ALWAYS, .align = ALIGN_RIGHT},
    {.title = "Kind", .minimum = 4, .worth = 95},
    {.title = "State", .minimum = 16, .worth = 100},
    {.title = "Time", .minimum = 11, .worth = 90, .align = ALIGN_RIGHT},
    {.title = "Age", .minimum = 7, .worth = 60, .align = ALIGN_RIGHT},
    {.title = "DBs", .minimum = 5, .worth = 70, .align = ALIGN_RIGHT},
    {.title = "Size", .minimum = 8, .worth = 50, .align = ALIGN_RIGHT},
    {.title = "At the standby", .minimum = 14, .ideal = 60, .worth = 80},
    {.title = "Mark", .minimum = 27, .ideal = 32, .worth = 40},
};

/* The set's own state: sign and word. */
static enum glyph set_state(const struct backup_set *set, const char **word)
{
    if (set->in_progress) {
        *word = "being taken";
        return GLYPH_PROGRESS;
    }
    if (!set->complete) {
        *word = set->chain == CHAIN_REPAIRED ? "partial, repaired" : "partial";
        return set->chain == CHAIN_REPAIRED ? GLYPH_WARNING : GLYPH_CRITICAL;
    }
    if (set->chain == CHAIN_BROKEN) {
        *word = "chain broken";
        return GLYPH_CRITICAL;
    }
    *word = set->chain == CHAIN_REPAIRED ? "repaired" : "complete";
    return GLYPH_OK;
}

/* One word where it is the same everywhere, else server by server. */
static void standing_text(struct str *out, const struct group_view *view,
                          const struct backup_set *set)
{
    bool same = set->standings && view->destinations_count > 0;
    for (size_t d = 1; same && d < view->destinations_count; d++)
        same = set->standings[d] == set->standings[0];
    if (same) {
        str_add(out, words_standing(set->standings[0]));
        return;
    }
    for (size_t d = 0; set->standings && d < view->destinations_count; d++)
        str_format(out, "%s%s %s", d ? ", " : "", view->servers[view->destinations[d]]->name,
                   words_standing(set->standings[d]));
}

static void add_row(struct table *table, const struct screen_world *world,
                    const struct backup_set *set)
{
    char text[WORDS_SIZE];
    const char *word = "";
    enum glyph glyph = set_state(set, &word);
    int64_t age_ms = words_age_ms(world->source_now_utc_ms, set->time_utc_ms);
    snprintf(text, sizeof text, "%lld", (long long)set->id);
    table_row(table, text, set->kind == SET_FULL ? ATTR_STRONG : ATTR_NORMAL);
    table_cell_key(table, ATTR_NORMAL, text, set->id);
    table_cell(table, ATTR_NORMAL, set_kind_name(set->kind));
    table_cell_sign(table, glyph, word, glyph);
    words_when(text, sizeof text, set->time_utc_ms, world->source_now_utc_ms);
    table_cell_key(table, ATTR_NORMAL, text, set->time_utc_ms);
    words_short(text, sizeof text, age_ms);
    table_cell_key(table, ATTR_NORMAL, text, age_ms);
    snprintf(text, sizeof text, "%zu/%zu", set->databases, set->databases_expected);
    table_cell_key(table,
                   set->databases < set->databases_expected && !set->in_progress ? ATTR_WARNING
                                                                                 : ATTR_NORMAL,
                   text, (int64_t)set->databases);
    size_format(text, sizeof text, set->size_bytes);
    table_cell_key(table, ATTR_NORMAL, text,
                   set->size_bytes < 0 ? TABLE_SORT_UNKNOWN : set->size_bytes);
    struct str standing = {0};
    standing_text(&standing, world->view, set);
    table_cell(table, ATTR_NORMAL, str_text(&standing));
    str_free(&standing);
    table_cell(table, ATTR_NORMAL, set->mark ? set->mark : "");
}

static void fill(struct table *table, const struct screen_world *world)
{
    for (size_t i = world->view->sets_count; i-- > 0;)
        add_row(table, world, &world->view->sets[i]);
}

static const struct backup_set *find(const struct group_view *view, const char *identity)
{
    long long id = strtoll(identity, NULL, 10);
    for (size_t i = 0; i < view->sets_count; i++)
        if (view->sets[i].id == id)
            return &view->sets[i];
    return NULL;
}

/* What RESTORE VERIFYONLY said, where somebody asked for it. */
static void describe_verification(struct pager *pager, const struct group_view *view, size_t index,
                                  const struct set_file *file)
{
    int destination = view->roster[index].destination;
    const struct file_proof *proof =
        destination < 0 ? NULL : server_view_proof(view->servers[destination], file->path);
    if (proof == NULL)
        return;
    if (proof->problem != NULL)
        pager_field(pager, 8, "  error", ATTR_CRITICAL, proof->problem);
    if (proof->verification == VERIFY_NOT_ASKED)
        return;
    char time[WORDS_SIZE], text[WORDS_LINE];
    time_format(time, sizeof time, proof->verified_utc_ms);
    snprintf(text, sizeof text, "%s at %s",
             proof->verification == VERIFY_READABLE ? "read whole, readable"
                                                    : "read whole, not readable",
             time);
    pager_field(pager, 8, "  whole",
                proof->verification == VERIFY_READABLE ? ATTR_OK : ATTR_CRITICAL, text);
}

static void describe_file(struct pager *pager, const struct group_view *view, size_t index,
                          const struct set_file *file)
{
    char label[300], first[LSN_TEXT_SIZE], last[LSN_TEXT_SIZE], size[WORDS_SIZE], text[500];
    snprintf(label, sizeof label, "%s  %s", words_destination(view, &view->roster[index]),
             view->roster[index].database);
    enum glyph glyph = words_file_glyph(file);
    pager_format(pager, glyph == GLYPH_NONE ? ATTR_WARNING : ATTR_STRONG, "%s: %s", label,
                 words_file(file));
    if (!file->present)
        return;
    lsn_format(first, sizeof first, file->first_lsn);
    lsn_format(last, sizeof last, file->last_lsn);
    size_format(size, sizeof size, file->size_bytes);
    pager_field(pager, 8, "  file", ATTR_NORMAL, file->path ? file->path : "?");
    snprintf(text, sizeof text, "%s to %s, %s, %s%s", first[0] ? first : "?",
             last[0] ? last : "?", size, words_evidence(file->evidence),
             file->bulk_logged ? ", bulk-logged" : "");
    pager_field(pager, 8, "  LSN", ATTR_NORMAL, text);
    describe_verification(pager, view, index, file);
}

static void describe(struct pager *pager, const struct screen_world *world, const char *identity)
{
    const struct group_view *view = world->view;
    const struct backup_set *set = find(view, identity);
    char text[WORDS_LINE];
    if (!set) {
        pager_add(pager, ATTR_UNKNOWN, "this set is no longer in the history");
        return;
    }
    const char *word = "";
    enum glyph glyph = set_state(set, &word);
    snprintf(text, sizeof text, "Set %lld, %s", (long long)set->id, set_kind_name(set->kind));
    pager_heading(pager, text);
    pager_field(pager, 14, "State", glyph_attr(glyph), word);
    pager_field(pager, 14, "Mark", ATTR_NORMAL,
                set->mark ? set->mark : "none: a full set holds no mark");
    time_format(text, sizeof text, set->time_utc_ms);
    pager_field(pager, 14, "Time", ATTR_NORMAL, text);
    snprintf(text, sizeof text, "%zu of %zu", set->databases, set->databases_expected);
    pager_field(pager, 14, "Databases", ATTR_NORMAL, text);
    for (size_t d = 0; set->standings && d < view->destinations_count; d++)
        pager_field(pager, 14, view->servers[view->destinations[d]]->name,
                    glyph_attr(words_standing_glyph(set->standings[d])),
                    words_standing(set->standings[d]));
    pager_heading(pager, "Files");
    for (size_t i = 0; set->files && i < view->roster_count; i++)
        describe_file(pager, view, i, &set->files[i]);
}

const struct list_kind list_sets = {.name = "sets",
                                    .columns = columns,
                                    .columns_count = sizeof columns / sizeof *columns,
                                    .fill = fill,
                                    .describe = describe,
                                    .empty = "no sets in the history that can be seen",
                                    .role = PANEL_ANY_ROLE,
                                    .parts = PARTS};

static void *open_sets(const struct screen_world *world, const char *argument)
{
    (void)world;
    (void)argument;
    return list_open(&list_sets);
}

static struct reaction key_pressed(void *self, const struct screen_world *world, uint32_t key,
                                   enum action_id action)
{
    const char *selected = list_selected(self);
    if (action != ACTION_VERIFY || selected == NULL || list_is_typing(self))
        return list_key(self, world, key, action);
    const struct backup_set *set = find(world->view, selected);
    if (set == NULL || !set->complete || set->in_progress)
        return reaction_message(ATTR_WARNING, "only files of a complete set are opened");
    struct reaction reaction = reaction_message(
        ATTR_NORMAL, "the destinations read the files of set %lld whole; Enter shows what comes of it",
        (long long)set->id);
    reaction.verify_set = set->id;
    return reaction;
}

static const enum action_id bar[] = {ACTION_DETAILS, ACTION_FILTER, ACTION_SORT, ACTION_VERIFY,
                                     ACTION_NONE};

const struct screen_ops screen_sets = {
    .name = "sets",
    .title = "Sets",
    .about = "One row a backup set, newest first. A log set holds a mark in every database; a full "
             "set holds none. A partial set stops BizTalk's own jobs until the next full set and "
             "one complete log set after it. Enter shows the files, path by path.",
    .scopes = SCOPE_LIST | SCOPE_SETS,
    .bar = bar,
    .open = open_sets,
    .update = list_update,
    .draw = list_draw,
    .key = key_pressed,
    .is_typing = list_is_typing,
    .typing_bar = list_typing_bar,
    .click = list_click,
    .dump = list_dump,
    .copy = list_copy,
    .close = list_close};
