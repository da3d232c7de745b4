#include "core/track_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/chain.h"
#include "core/group.h"
#include "core/proof.h"
#include "core/roster.h"

/* --- certificates ---------------------------------------------------------------------------- */

/* The only row of a kind for a database; NULL = none, or several, of which nobody knows which. */
static const struct surrounding_row *find_key(const struct server_view *source,
                                              enum surrounding kind, const char *database)
{
    const struct surrounding_row *found = NULL;
    for (size_t i = 0; i < source->surroundings_count; i++) {
        const struct surrounding_row *row = &source->surroundings[i];
        if (row->kind != kind || row->detail == NULL ||
            !text_equal_nocase(row->database, database))
            continue;
        if (found != NULL && !text_equal_nocase(found->detail, row->detail))
            return NULL;
        found = row;
    }
    return found;
}

static const struct surrounding_row *find_certificate(const struct server_view *server,
                                                      const char *thumbprint)
{
    for (size_t i = 0; i < server->surroundings_count; i++) {
        const struct surrounding_row *row = &server->surroundings[i];
        if (row->kind == SURROUNDING_CERTIFICATE && text_equal_nocase(row->detail, thumbprint))
            return row;
    }
    return NULL;
}

/* Every RESTORE of an encrypted database or backup needs the certificate there: error 33111. What
 * could not be read is not held against it: the files' proof tells. Owned. */
static char *why_no_certificate(const struct group_view *view, const struct roster_entry *entry)
{
    static const struct {
        enum surrounding kind;
        const char *what;
    } uses[] = {{SURROUNDING_ENCRYPTION_KEY, "it is encrypted"},
                {SURROUNDING_BACKUP_KEY, "its backups are encrypted"}};
    const struct server_view *destination = view->servers[entry->destination];
    if (entry->source < 0 || !group_has_part(destination, PART_KEYS))
        return NULL;
    const struct server_view *source = view->servers[entry->source];
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        const struct surrounding_row *key = find_key(source, uses[i].kind, entry->database);
        if (key == NULL || find_certificate(destination, key->detail) != NULL)
            continue;
        const struct surrounding_row *named = find_certificate(source, key->detail);
        return memory_format("%s by the certificate %s (%s), which %s does not have: restore it "
                             "there with its private key",
                             uses[i].what,
                             named != NULL && named->name != NULL ? named->name : "?", key->detail,
                             destination->name);
    }
    return NULL;
}

/* --- where it stands ------------------------------------------------------------------------- */

/* The version that wrote the backups: the source's, or where it was never seen what the newest header
 * says; 0 = not known. */
static int version_of_backups(const struct group_view *view, size_t k)
{
    const struct roster_entry *entry = &view->roster[k];
    const struct server_view *source = entry->source < 0 ? NULL : view->servers[entry->source];
    if (source != NULL && source->version_major > 0)
        return source->version_major;
    const struct server_view *destination = view->servers[entry->destination];
    for (size_t s = destination->proofs_count > 0 ? view->sets_count : 0; s-- > 0;) {
        const struct set_file *file = &view->sets[s].files[k];
        const struct file_proof *proof =
            file->present ? server_view_proof(destination, file->path) : NULL;
        const struct backup_header *header =
            proof == NULL ? NULL
                          : proof_header(proof, entry->database,
                                         view->sets[s].kind == SET_FULL ? 'D' : 'L');
        if (header != NULL && header->software_major > 0)
            return header->software_major;
    }
    return 0;
}

bool track_can_be_shown(const struct group_view *view, size_t k)
{
    int there = view->servers[view->roster[k].destination]->version_major;
    int here = version_of_backups(view, k);
    return here == 0 || there == 0 || here == there;
}

static char *why_nothing(const struct group_view *view, size_t k)
{
    const struct roster_entry *entry = &view->roster[k];
    if (entry->problem != NULL)
        return memory_copy_text(entry->problem);
    const struct server_view *destination = view->servers[entry->destination];
    if (view->down[entry->destination])
        return destination->error.what[0] != '\0'
                   ? memory_format("%s does not answer: %s", destination->name,
                                   destination->error.what)
                   : memory_format("%s does not answer", destination->name);
    int version = destination->version_major > 0 ? version_of_backups(view, k) : 0;
    if (destination->version_major < version)
        return memory_format("%s is SQL Server %d, the backups are of %d: an older version "
                             "cannot restore them",
                             destination->name, destination->version_major, version);
    if (!entry->state_known)
        return memory_format("the databases of %s are not visible", destination->name);
    const struct database_row *there = server_view_database(destination, entry->database);
    if (there != NULL && (there->mirrored || there->in_availability_group))
        return memory_format("it is %s on %s: RESTORE refuses it there (3104) until it is taken out",
                             there->mirrored ? "mirrored" : "in an availability group",
                             destination->name);
    return why_no_certificate(view, entry);
}

static char *why_no_log_continues(const struct track *track, struct lsn redo, const char *server)
{
    size_t i = track->logs_count;
    while (i > 0 && (!lsn_is_known(track->logs[i - 1].file->first_lsn) ||
                     lsn_compare(track->logs[i - 1].file->first_lsn, redo) > 0))
        i--;
    if (i < track->logs_count && track->logs[i].broken != NULL)
        return memory_copy_text(track->logs[i].broken);
    return memory_format("no log in the history continues it where it stands on %s", server);
}

/* Without a redo point only what was recorded tells where it stands, and that must be beyond
 * doubt: a log applied again behind its mark runs to its end without a word (4329). Owned. */
static char *why_place_is_uncertain(const struct roster_entry *entry, const char *server)
{
    if (lsn_is_known(entry->redo_lsn))
        return NULL;
    if (entry->at_mark != NULL)
        return memory_format(
            "it stopped at %s on %s, and how far is not visible%s", entry->at_mark, server,
            entry->standby ? " in STANDBY" : ": GRANT VIEW ANY DEFINITION to the login");
    if (entry->redo_visible && !entry->standby)
        return memory_format("its last full restore on %s did not finish", server);
    return NULL;
}

/* The file that was restored last, whatever became of it since: by its place it is known to which
 * branch the database belongs. */
static const struct set_file *find_restored(const struct track *track, const char **name,
                                            char text[40])
{
    const struct group_view *view = track->view;
    const struct roster_entry *entry = &view->roster[track->entry];
    const struct set_file *found = NULL;
    bool exact = false;
    for (size_t s = view->sets_count; s-- > 0 && !exact;) {
        const struct set_file *file = &view->sets[s].files[track->entry];
        if (!file->present || !lsn_is_known(file->first_lsn) || !lsn_is_known(file->last_lsn) ||
            lsn_compare(file->first_lsn, file->last_lsn) == 0)
            continue;
        exact = lsn_is_known(entry->restored_first_lsn) &&
                lsn_is_known(entry->restored_last_lsn) &&
                lsn_compare(file->first_lsn, entry->restored_first_lsn) == 0 &&
                lsn_compare(file->last_lsn, entry->restored_last_lsn) == 0 &&
                lsn_compare(track->place, file->last_lsn) <= 0;
        if (!exact && (found != NULL || lsn_compare(file->last_lsn, track->place) != 0))
            continue;
        found = file;
        snprintf(text, 40, "%sset %lld", view->sets[s].kind == SET_FULL ? "full " : "",
                 (long long)view->sets[s].id);
    }
    *name = text;
    return found;
}

/* The log that holds its place may be of another branch than what was applied last: SQL Server
 * refuses it with 4330. Owned. */
static char *why_start_is_other_branch(const struct track *track)
{
    if (track->start >= track->logs_count)
        return NULL;
    const char *name;
    char text[40];
    const struct set_file *restored = find_restored(track, &name, text);
    const struct set_file *start = track->logs[track->start].file;
    if (restored == NULL || restored == start)
        return NULL;
    char *log = track_log_name(track, track->start);
    char *why = track_why_other_branch(restored, track->place, name, start, log);
    free(log);
    return why;
}

/* Where it stopped inside a log, that log goes on with it, though another one may hold the place
 * too. */
static size_t log_of_restore(const struct track *track)
{
    const struct roster_entry *entry = &track->view->roster[track->entry];
    bool known =
        lsn_is_known(entry->restored_first_lsn) && lsn_is_known(entry->restored_last_lsn);
    for (size_t i = track->logs_count; known && i-- > 0;) {
        const struct set_file *file = track->logs[i].file;
        if (lsn_is_known(file->first_lsn) && lsn_is_known(file->last_lsn) &&
            lsn_compare(file->first_lsn, entry->restored_first_lsn) == 0 &&
            lsn_compare(file->last_lsn, entry->restored_last_lsn) == 0 &&
            lsn_is_within(track->place, file->first_lsn, file->last_lsn))
            return i;
    }
    return SIZE_MAX;
}

/* Its place by the redo point; where that is not shown, by the end of what was restored last. */
static void find_place(struct track *track, const char *server)
{
    const struct roster_entry *entry = &track->view->roster[track->entry];
    track->start = SIZE_MAX;
    track->place = entry->redo_lsn;
    track->place_seen = lsn_is_known(track->place);
    if (!track->place_seen && entry->at_mark == NULL)
        track->place = entry->restored_last_lsn;
    if (!lsn_is_known(track->place))
        return;
    track->start = log_of_restore(track);
    if (track->start == SIZE_MAX)
        track->start = track_log_at(track, track->place);
    track->start_by_lsn = track->start != SIZE_MAX;
    if (track->start_by_lsn)
        track->cannot_roll = why_start_is_other_branch(track);
    else if (track_lsns_are_known(track))
        track->cannot_roll = why_no_log_continues(track, track->place, server);
}

/* --- renamed --------------------------------------------------------------------------------- */

static const char *family_of(const struct server_view *source, const char *database)
{
    for (size_t i = source->backups_count; i-- > 0;)
        if (text_equal_nocase(source->backups[i].database, database))
            return source->backups[i].family_guid;
    return "";
}

/* The database of the source's backup that was restored to another of the destination's. */
static bool is_of_family(const struct server_view *source, const struct restore_row *row,
                         const char *family)
{
    for (size_t i = source->backups_count; row->set_guid[0] != '\0' && i-- > 0;)
        if (strcmp(source->backups[i].set_guid, row->set_guid) == 0)
            return strcmp(source->backups[i].family_guid, family) == 0;
    return false;
}

/* The standby that it has there under an earlier name: of the same family, and no other database of
 * the group is called so. Borrowed; NULL = none. */
static const char *find_earlier_name(const struct group_view *view,
                                     const struct roster_entry *entry)
{
    const struct server_view *destination = view->servers[entry->destination];
    const struct server_view *source = entry->source < 0 ? NULL : view->servers[entry->source];
    const char *family = source == NULL ? "" : family_of(source, entry->database);
    for (size_t i = family[0] == '\0' ? 0 : destination->restores_count; i-- > 0;) {
        const struct restore_row *row = &destination->restores[i];
        const struct database_row *there = server_view_database(destination, row->database);
        bool standing = there != NULL && (there->state == STATE_RESTORING || there->standby);
        if (standing && !text_equal_nocase(row->database, entry->database) &&
            roster_find(view, NULL, row->database) < 0 && is_of_family(source, row, family))
            return row->database;
    }
    return NULL;
}

static char *why_absent(const struct group_view *view, const struct roster_entry *entry)
{
    const char *server = view->servers[entry->destination]->name;
    const char *earlier = find_earlier_name(view, entry);
    return earlier == NULL
               ? memory_format("it is not on %s", server)
               : memory_format("it is not on %s: it was renamed, and its standby is called %s "
                               "there; the next full set goes under the new name",
                               server, earlier);
}

static void find_start(struct track *track)
{
    const struct group_view *view = track->view;
    const struct roster_entry *entry = &view->roster[track->entry];
    track->cannot_restore = why_nothing(view, track->entry);
    if (track->cannot_restore != NULL)
        return;
    const char *server = view->servers[entry->destination]->name;
    if (entry->state == STATE_ABSENT)
        track->cannot_roll = why_absent(view, entry);
    else if (entry->state != STATE_RESTORING && !entry->standby)
        track->cannot_roll = memory_format("it is %s on %s, not RESTORING",
                                           database_state_name(entry->state), server);
    else
        track->cannot_roll = why_place_is_uncertain(entry, server);
    if (track->cannot_roll == NULL)
        find_place(track, server);
    if (track->cannot_roll != NULL)
        return;
    if (track->start == SIZE_MAX && entry->applied_set == 0) {
        track->cannot_roll = memory_format("nobody recorded what was applied to it on %s", server);
        return;
    }
    if (track->start == SIZE_MAX)
        track->start = track_log_after_set(track, entry->applied_set);
    track->cannot_roll =
        track_begins_behind(track, track->start, track->place)
            ? why_no_log_continues(track, track->place, server)
            : track_why_lost(track, track->start, track->place, entry->applied_set);
    if (track->cannot_roll != NULL)
        return;
    track->can_roll = true;
    track->passed_text = entry->applied_set != 0
                             ? memory_format("it is past this mark: it has set %lld whole",
                                             (long long)entry->applied_set)
                             : memory_copy_text("it is past this mark");
}

struct track *track_build(const struct group_view *view, size_t entry)
{
    struct track *track = memory_new(sizeof *track);
    track->view = view;
    track->entry = entry;
    track->log_of_set = memory_new_array(view->sets_count, sizeof *track->log_of_set);
    track_collect(track);
    find_start(track);
    return track;
}

void track_free(struct track *track)
{
    if (track == NULL)
        return;
    for (size_t i = 0; i < track->logs_count; i++)
        free(track->logs[i].broken);
    for (size_t i = 0; i < track->fulls_count; i++)
        free(track->fulls[i].broken);
    free(track->logs);
    free(track->fulls);
    free(track->log_of_set);
    free(track->cannot_roll);
    free(track->cannot_restore);
    free(track->passed_text);
    free(track);
}
