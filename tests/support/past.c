#include "tests/support/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "tests/support/build_view.h"

const char *const past_names[PAST_DATABASES] = {"BizTalkMgmtDb", "BizTalkMsgBoxDb"};

enum { SOURCE, DESTINATION, ZONE_MIN = 60 };

/* How likely what is, in percent. */
struct odds {
    unsigned partial, lost, empty, damaged, bulk, taking, never_set, same_names, branch, added;
    unsigned no_full, down, older, encrypted, absent, online, at_mark, recovered, standby;
};

static const struct odds common = {.partial = 10, .lost = 4, .empty = 4, .damaged = 3, .bulk = 3,
                                   .taking = 20, .never_set = 2, .same_names = 3, .branch = 6,
                                   .added = 15, .no_full = 12, .absent = 6, .online = 6,
                                   .at_mark = 12, .recovered = 3, .standby = 12, .encrypted = 3};

static struct odds odds_of(enum past_theme theme)
{
    struct odds odds = common;
    switch (theme) {
    case PAST_FORWARD:
        odds.branch = odds.absent = odds.online = 2;
        break;
    case PAST_AT_MARK:
        odds.at_mark = 100;
        break;
    case PAST_RECOVERED:
        odds.recovered = 100;
        break;
    case PAST_DOWN:
        odds.down = 100;
        break;
    case PAST_OLDER:
        odds.older = 100;
        break;
    case PAST_ENCRYPTED:
        odds.encrypted = 80;
        break;
    case PAST_NEVER_SET:
        odds.never_set = 40;
        break;
    case PAST_TAKING:
        odds.taking = 100;
        break;
    case PAST_NO_LOG:
        odds.partial = 35;
        odds.lost = 15;
        odds.damaged = 20;
        odds.empty = 15;
        odds.added = 0;
        break;
    case PAST_BULK:
        odds.bulk = 40;
        break;
    case PAST_ABSENT:
        odds.absent = 100;
        break;
    case PAST_ONLINE:
        odds.online = 100;
        break;
    case PAST_PASSED:
        odds.at_mark = odds.absent = odds.online = 0;
        break;
    case PAST_BROKEN:
        odds.lost = odds.damaged = 12;
        odds.added = odds.at_mark = odds.absent = odds.online = 0;
        break;
    case PAST_BRANCH:
        odds.branch = 100;
        odds.added = odds.at_mark = odds.absent = odds.online = 0;
        break;
    case PAST_NO_FULL:
        odds.no_full = 100;
        odds.absent = odds.online = 25;
        break;
    case PAST_SAME_NAMES:
        odds.same_names = 60;
        odds.branch = odds.absent = odds.online = 0;
        break;
    case PAST_ADDED_FILES:
        odds.added = 100;
        odds.lost = odds.damaged = 15;
        odds.branch = odds.absent = odds.online = 0;
        break;
    case PAST_THEMES:
        break;
    }
    return odds;
}

unsigned past_random(struct past *past, unsigned limit)
{
    past->random += 0x9E3779B97F4A7C15u;
    uint64_t x = past->random;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return (unsigned)((x ^ x >> 31) % limit);
}

static bool chance(struct past *past, unsigned percent)
{
    return past_random(past, 100) < percent;
}

static oracle_lsn from_lsn(struct lsn lsn)
{
    return (oracle_lsn)lsn.number;
}

static struct lsn to_lsn(oracle_lsn number)
{
    return (struct lsn){.number = (lsn_number)number};
}

/* --- branches -------------------------------------------------------------------------------- */

/* From one set on another recovery fork, or another database of the name. */
struct branch {
    int from; /* index of a set; -1 = none */
    bool family;  /* made anew, else forked */
    bool inside;  /* the fork lies inside the first log of the new branch */
    bool back;    /* ... and before the end of the log before it */
    bool begun;
};

static void tell_branch(struct msdb_backup *backup, struct oracle_backup *file, int family,
                        int first, int last)
{
    file->family = family;
    file->first_fork = first;
    file->last_fork = last;
    snprintf(backup->family_guid, sizeof backup->family_guid, "family %d", family);
    snprintf(backup->first_fork_guid, sizeof backup->first_fork_guid, "fork %d", first);
    snprintf(backup->last_fork_guid, sizeof backup->last_fork_guid, "fork %d", last);
}

static void set_branch(struct branch *branch, int set, struct msdb_backup *backup,
                       struct oracle_backup *file)
{
    bool after = branch->from >= 0 && set >= branch->from;
    bool first = after && !branch->begun && !file->full;
    if (after && branch->family) {
        tell_branch(backup, file, 2, 2, 2);
    } else if (first && branch->inside && file->first != file->last) {
        if (branch->back) {
            file->first -= 5; /* behind the mark of the log before it */
            backup->first_lsn = to_lsn(file->first);
        }
        tell_branch(backup, file, 1, 1, 2);
        file->fork_point = file->first + (branch->back ? 0 : 300);
        backup->fork_point_lsn = to_lsn(file->fork_point);
    } else {
        /* a full set before the first log of the new branch is still of the old one */
        bool behind = after && (branch->begun || (!branch->inside && !file->full));
        tell_branch(backup, file, 1, behind ? 2 : 1, behind ? 2 : 1);
    }
    branch->begun = branch->begun || first;
}

/* --- sets ------------------------------------------------------------------------------------ */

struct making {
    struct past *past;
    struct odds odds;
    struct branch branches[PAST_DATABASES];
};

static struct build_set random_set(struct making *making, int64_t id, int index, bool last)
{
    struct past *past = making->past;
    const struct odds *odds = &making->odds;
    struct build_set set = {.id = id, .time_utc_ms = build_time(id)};
    bool full = !chance(past, odds->no_full) && (index == 0 || chance(past, 15));
    if (index > 0 && past->sets[index - 1].full) /* two of them would end at the same place */
        full = false;
    set.kind = full ? SET_FULL : SET_LOG;
    if (last && chance(past, odds->taking)) {
        set.kind = SET_LOG;
        set.incomplete = set.only_without = true;
        set.without = past_names[past_random(past, PAST_DATABASES)];
    } else if (chance(past, odds->partial)) {
        set.incomplete = true;
        set.without = past_names[past_random(past, PAST_DATABASES)];
        set.only_without = chance(past, 70);
    } else if (set.kind == SET_LOG && chance(past, odds->lost)) {
        set.lost = past_names[past_random(past, PAST_DATABASES)];
    }
    bool known = set.without != past_names[0] || set.only_without; /* else no history has the set */
    if (set.kind == SET_LOG && known && chance(past, odds->same_names))
        set.mark = "SAME";
    return set;
}

static bool in_history(const struct build *build, int64_t id, const char *database)
{
    if (build->servers[SOURCE]->history_count == 0)
        return false;
    const struct history_chunk *chunk = build->servers[SOURCE]->history[0];
    for (size_t i = chunk->count; i-- > 0;)
        if (chunk->rows[i].set_id == id && strcmp(chunk->rows[i].database, database) == 0)
            return true;
    return false;
}

static void note_file(struct making *making, int index, int d)
{
    struct past *past = making->past;
    struct build *build = past->build;
    const struct past_set *set = &past->sets[index];
    struct oracle_database *database = &past->databases[d];
    if (!in_history(build, set->id, past_names[d]))
        return;
    struct msdb_backup *backup = build_backup(build, past_names[d], set->id);
    struct oracle_backup *file = &database->backups[database->backups_count++];
    if (backup->type == 'L' && chance(past, making->odds.empty)) { /* the next begins there too */
        backup->last_lsn = backup->first_lsn;
        build->databases[d].taken_lsn =
            (int64_t)(backup->first_lsn.number - build_lsn(0).number);
    }
    bool guarded = making->branches[d].from == index + 1; /* its marks lie in no other log */
    backup->damaged = !guarded && chance(past, making->odds.damaged);
    backup->bulk_logged = backup->type == 'L' && chance(past, making->odds.bulk);
    *file = (struct oracle_backup){.full = backup->type == 'D',
                                   .closed = true,
                                   .readable = !backup->damaged,
                                   .bulk = backup->bulk_logged,
                                   .first = from_lsn(backup->first_lsn),
                                   .last = from_lsn(backup->last_lsn)};
    snprintf(file->path, sizeof file->path, "%s", backup->path);
    set_branch(&making->branches[d], index, backup, file);
}

/* The mark of the set that was built last, unless it was never set in this database. */
static void note_mark(struct making *making, struct past_set *set, int d, bool never)
{
    struct past *past = making->past;
    struct server_view *source = past->build->servers[SOURCE];
    struct oracle_database *database = &past->databases[d];
    set->marks[d] = -1;
    for (size_t m = source->marks_count; m-- > source->marks_count - PAST_DATABASES;) {
        struct mark_row *row = &source->marks[m];
        if (strcmp(row->database, past_names[d]) != 0)
            continue;
        snprintf(set->mark, sizeof set->mark, "%s", row->mark);
        if (never) {
            row->lsn = (struct lsn){0};
            return;
        }
        struct oracle_mark *mark = &database->marks[database->marks_count];
        snprintf(mark->name, sizeof mark->name, "%s", row->mark);
        mark->at = from_lsn(row->lsn);
        mark->time_ms = row->time_utc_ms + ZONE_MIN * 60000;
        set->marks[d] = database->marks_count++;
    }
}

static void add_set(struct making *making, int64_t id, int index, bool last)
{
    struct past *past = making->past;
    struct build_set made = random_set(making, id, index, last);
    struct past_set *set = &past->sets[past->sets_count++];
    *set = (struct past_set){.id = id, .full = made.kind == SET_FULL, .marks = {-1, -1}};
    build_set(past->build, made);
    /* Where a name repeats, nothing tells which of its marks is the missing one. */
    int never = !set->full && made.mark == NULL && chance(past, making->odds.never_set)
                    ? (int)past_random(past, PAST_DATABASES)
                    : -1;
    for (int d = 0; d < PAST_DATABASES; d++) {
        note_file(making, index, d);
        if (!set->full)
            note_mark(making, set, d, d == never);
    }
}

/* The newest set may still be under way: nobody opens its files. */
static void take_last(struct making *making)
{
    struct past *past = making->past;
    struct past_set *last = &past->sets[past->sets_count - 1];
    bool any = false;
    for (int d = 0; d < PAST_DATABASES; d++)
        any = any || in_history(past->build, last->id, past_names[d]);
    const struct history_chunk *chunk =
        past->build->servers[SOURCE]->history_count > 0 ? past->build->servers[SOURCE]->history[0]
                                                        : NULL;
    bool open = any && !chunk->rows[chunk->count - 1].complete;
    if (!open || !chance(past, making->odds.taking + 30))
        return;
    past->build->servers[SOURCE]->jobs[0].running = true;
    last->in_progress = true;
    for (int d = 0; d < PAST_DATABASES; d++)
        if (in_history(past->build, last->id, past_names[d]))
            past->databases[d].backups[past->databases[d].backups_count - 1].closed = false;
}

/* Times that do not tell two marks of a name apart. */
static void blur_times(struct past *past)
{
    struct server_view *source = past->build->servers[SOURCE];
    for (size_t m = 0; m < source->marks_count; m++)
        if (strcmp(source->marks[m].mark, "SAME") == 0)
            source->marks[m].time_utc_ms = build_time(100);
    for (int d = 0; d < PAST_DATABASES; d++)
        for (int m = 0; m < past->databases[d].marks_count; m++)
            if (strcmp(past->databases[d].marks[m].name, "SAME") == 0)
                past->databases[d].marks[m].time_ms = build_time(100) + ZONE_MIN * 60000;
}

/* --- where the databases stand --------------------------------------------------------------- */

static void add_restore(struct past *past, int d, const struct oracle_backup *file)
{
    struct server_view *server = past->build->servers[DESTINATION];
    struct restore_row *row = memory_append(server, restores);
    *row = (struct restore_row){.restore_history_id = ++past->build->restore_id,
                                .database = memory_copy_text(past_names[d]),
                                .type = file->full ? 'D' : 'L',
                                .finished_utc_ms = build_time(100),
                                .first_lsn = to_lsn(file->first),
                                .last_lsn = to_lsn(file->last),
                                .size_bytes = SIZE_UNKNOWN,
                                .path = memory_copy_text(file->path)};
}

/* Two marks of one name in one file: without a redo point nobody knows at which it stopped. */
static bool is_twice(const struct oracle_database *database, const struct oracle_backup *file,
                     const char *name)
{
    int found = 0;
    for (int m = 0; m < database->marks_count; m++)
        found += strcmp(database->marks[m].name, name) == 0 &&
                 database->marks[m].at >= file->first && database->marks[m].at < file->last;
    return found > 1;
}

/* A stop at the mark of the set, if it lies in the set's own file; hidden: its place will not be
 * seen. */
static bool stop_at(struct past *past, int d, int s, bool hidden)
{
    struct oracle_database *database = &past->databases[d];
    const struct past_set *set = &past->sets[s];
    const struct msdb_backup *backup =
        set->full || set->in_progress || set->marks[d] < 0 ||
                !in_history(past->build, set->id, past_names[d])
            ? NULL
            : build_backup(past->build, past_names[d], set->id);
    const struct oracle_backup *file = NULL;
    for (int i = 0; backup != NULL && i < database->backups_count; i++)
        if (strcmp(database->backups[i].path, backup->path) == 0)
            file = &database->backups[i];
    oracle_lsn at = set->marks[d] < 0 ? 0 : database->marks[set->marks[d]].at;
    if (file == NULL || at < file->first || at >= file->last ||
        (hidden && is_twice(database, file, set->mark)))
        return false;
    build_stop_at(past->build, past_names[d], set->id, set->mark);
    struct database_row *row = build_row(past->build, DESTINATION, past_names[d]);
    database->redo = at + 1;
    row->redo_lsn = to_lsn(database->redo);
    database->stands_at = set->marks[d];
    database->state = ORACLE_RESTORING;
    database->family = file->family;
    database->fork = file->last_fork;
    return true;
}

static bool stop_somewhere(struct past *past, int d, bool hidden)
{
    for (int tries = 0; tries < 8; tries++)
        if (stop_at(past, d, (int)past_random(past, (unsigned)past->sets_count), hidden))
            return true;
    return false;
}

static void hide(struct database_row *row, bool standby)
{
    row->state = STATE_ONLINE;
    row->standby = row->read_only = standby;
    row->redo_lsn = (struct lsn){0};
}

/* Whole behind some backup. False where there is none to stand behind. */
static bool stand_behind(struct past *past, int d, struct oracle_database *database)
{
    struct database_row *row = build_row(past->build, DESTINATION, past_names[d]);
    const struct oracle_backup *file =
        database->backups_count == 0
            ? NULL
            : &database->backups[past_random(past, (unsigned)database->backups_count)];
    if (file == NULL || !file->closed || file->first == file->last)
        return false;
    database->state = ORACLE_RESTORING;
    database->redo = file->last;
    database->family = file->family;
    database->fork = file->last_fork;
    row->redo_lsn = to_lsn(file->last);
    if (chance(past, 60))
        add_restore(past, d, file);
    return true;
}

static void place(struct making *making, int d)
{
    struct past *past = making->past;
    const struct odds *odds = &making->odds;
    struct oracle_database *database = &past->databases[d];
    struct database_row *row = build_row(past->build, DESTINATION, past_names[d]);
    bool standby = chance(past, odds->standby);
    database->state = ORACLE_ABSENT;
    database->stands_at = -1;
    if (chance(past, odds->recovered) && stop_somewhere(past, d, true)) {
        database->state = ORACLE_ONLINE;
        hide(row, false);
    } else if (chance(past, odds->at_mark) && stop_somewhere(past, d, standby)) {
        past->opaque[d] = standby;
        if (standby)
            hide(row, true);
    } else if (chance(past, odds->online)) {
        database->state = ORACLE_ONLINE;
        hide(row, false);
    } else if (!chance(past, odds->absent) && stand_behind(past, d, database)) {
        if (standby) {
            if (past->build->restore_id == 0 ||
                past->build->servers[DESTINATION]->restores_count == 0 ||
                strcmp(past->build->servers[DESTINATION]
                           ->restores[past->build->servers[DESTINATION]->restores_count - 1]
                           .database,
                       past_names[d]) != 0)
                return; /* nothing would tell where it stands */
            database->state = ORACLE_STANDBY;
            hide(row, true);
        }
    } else {
        row->state = STATE_ABSENT;
    }
}

/* --- added files ----------------------------------------------------------------------------- */

static void give(struct past *past, int d, const struct oracle_backup *file)
{
    struct oracle_database *database = &past->databases[d];
    struct oracle_backup *copy = &database->backups[database->backups_count++];
    *copy = *file;
    copy->closed = copy->readable = true;
    snprintf(copy->path, sizeof copy->path, "E:\\added\\%d.bin", past->added_count);
    struct added_file *added = &past->added[past->added_count++];
    *added = (struct added_file){.destination = DESTINATION,
                                 .database = memory_copy_text(past_names[d]),
                                 .kind = file->full ? SET_FULL : SET_LOG,
                                 .file = {.path = copy->path,
                                          .first_lsn = to_lsn(copy->first),
                                          .last_lsn = to_lsn(copy->last),
                                          .bulk_logged = copy->bulk,
                                          .size_bytes = SIZE_UNKNOWN}};
}

/* A copy of a damaged file, what a hole lacks (not always all of it), a full backup from elsewhere. */
static void add_files(struct making *making)
{
    struct past *past = making->past;
    for (int d = 0; d < PAST_DATABASES; d++) {
        struct oracle_database *database = &past->databases[d];
        int count = database->backups_count;
        oracle_lsn end = 0;
        for (int i = 0; i < count && past->added_count < PAST_ADDED; i++) {
            const struct oracle_backup *file = &database->backups[i];
            struct oracle_backup bridge = {.first = end, .last = file->first};
            bool hole = !file->full && end != 0 && end < file->first;
            if (hole && chance(past, 25))
                bridge.first += chance(past, 50) ? 1 : 0, bridge.last -= 1;
            if (hole && chance(past, 80))
                give(past, d, &bridge);
            else if (!file->readable && file->closed && chance(past, 60))
                give(past, d, file);
            else if (!file->full && file->closed && file->last - file->first >= 1000 &&
                     chance(past, 3))
                give(past, d, &(struct oracle_backup){.full = true, .first = file->first,
                                                      .last = file->last - 400});
            end = file->full ? end : file->last;
        }
    }
}

/* --- around the databases --------------------------------------------------------------------- */

static void add_row(struct past *past, int server, enum surrounding kind, const char *database,
                    const char *thumbprint)
{
    struct surrounding_row *row = memory_append(past->build->servers[server], surroundings);
    *row = (struct surrounding_row){.kind = kind,
                                    .name = memory_copy_text("TdeCert"),
                                    .detail = memory_copy_text(thumbprint),
                                    .database = memory_copy_text(database)};
}

/* Some databases are encrypted, and not every destination can read that. */
static void encrypt(struct making *making)
{
    static const char *const thumbprints[PAST_DATABASES] = {"C7AB", "D8BC"};
    struct past *past = making->past;
    for (int d = 0; d < PAST_DATABASES; d++) {
        if (!chance(past, making->odds.encrypted))
            continue;
        bool there = chance(past, 40);
        add_row(past, SOURCE, SURROUNDING_ENCRYPTION_KEY, past_names[d], thumbprints[d]);
        if (there)
            add_row(past, DESTINATION, SURROUNDING_CERTIFICATE, NULL, thumbprints[d]);
        past->databases[d].certificate_missing = !there;
    }
}

/* The files of one kind were moved: the destination reads them elsewhere. */
static void move_files(struct making *making)
{
    struct past *past = making->past;
    for (int d = 0; d < PAST_DATABASES; d++) {
        struct shipping_row *row = &past->build->servers[DESTINATION]->shipping[d];
        bool full = chance(past, 50);
        if (!chance(past, 10))
            continue;
        char **location = full ? &row->full_location : &row->log_location;
        *location = memory_copy_text(chance(past, 50) ? "M:\\moved\\" : "M:\\moved");
        for (int i = 0; i < past->databases[d].backups_count; i++) {
            struct oracle_backup *file = &past->databases[d].backups[i];
            char name[ORACLE_TEXT];
            if (file->full != full || strncmp(file->path, "\\\\", 2) != 0)
                continue;
            snprintf(name, sizeof name, "%s", strrchr(file->path, '\\') + 1);
            snprintf(file->path, sizeof file->path, "M:\\moved\\%.500s", name);
        }
    }
}

/* --- the whole ------------------------------------------------------------------------------- */

static void choose_branches(struct making *making, int sets)
{
    struct past *past = making->past;
    for (int d = 0; d < PAST_DATABASES; d++) {
        bool branch = chance(past, making->odds.branch);
        making->branches[d] = (struct branch){
            .from = branch ? 1 + (int)past_random(past, (unsigned)sets - 1) : -1,
            .family = chance(past, 45), .inside = chance(past, 60), .back = chance(past, 50)};
    }
}

struct past *past_make(uint64_t seed, enum past_theme theme)
{
    struct past *past = memory_new(sizeof *past);
    struct making making = {.past = past, .odds = odds_of(theme)};
    past->random = seed;
    past->build = build_small();
    int sets = 3 + (int)past_random(past, PAST_SETS - 3);
    choose_branches(&making, sets);
    for (int i = 0; i < sets; i++)
        add_set(&making, 101 - sets + i, i, i + 1 == sets);
    take_last(&making);
    if (chance(past, 40))
        blur_times(past);
    bool branched = making.branches[0].from >= 0 || making.branches[1].from >= 0;
    if (!branched && chance(past, making.odds.added))
        add_files(&making);
    for (int d = 0; d < PAST_DATABASES; d++)
        place(&making, d);
    encrypt(&making);
    move_files(&making);
    for (int i = 0; i < 2; i++)
        past->build->servers[i]->utc_offset_min = ZONE_MIN;
    bool down = chance(past, making.odds.down), older = chance(past, making.odds.older);
    for (int d = 0; d < PAST_DATABASES; d++) {
        past->databases[d].server_answers = !down;
        past->databases[d].server_older = older;
    }
    if (older)
        past->build->servers[DESTINATION]->version_major = 15;
    if (down)
        build_kill(past->build, DESTINATION);
    return past;
}

void past_free(struct past *past)
{
    for (int i = 0; i < past->added_count; i++)
        free(past->added[i].database);
    build_free(past->build);
    free(past);
}
