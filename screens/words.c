#include "screens/words.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/group.h"

enum glyph words_verdict_glyph(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_OK:
        return GLYPH_OK;
    case VERDICT_WARNING:
    case VERDICT_ACKNOWLEDGED:
        return GLYPH_WARNING;
    case VERDICT_CRITICAL:
        return GLYPH_CRITICAL;
    case VERDICT_UNKNOWN:
        break;
    }
    return GLYPH_UNKNOWN;
}

unsigned words_verdict_attr(enum verdict verdict)
{
    return glyph_attr(words_verdict_glyph(verdict));
}

enum glyph words_route_glyph(enum route route)
{
    switch (route) {
    case ROUTE_AT_MARK:
    case ROUTE_RECOVERED_AT_MARK:
        return GLYPH_AT_MARK;
    case ROUTE_ROLL_FORWARD:
        return GLYPH_ROLL_FORWARD;
    case ROUTE_FULL_RESTORE:
        return GLYPH_FULL_RESTORE;
    case ROUTE_UNREACHABLE:
        break;
    }
    return GLYPH_UNREACHABLE;
}

const char *words_route(enum route route)
{
    switch (route) {
    case ROUTE_AT_MARK:
        return "at the mark";
    case ROUTE_RECOVERED_AT_MARK:
        return "online at the mark";
    case ROUTE_ROLL_FORWARD:
        return "roll forward";
    case ROUTE_FULL_RESTORE:
        return "full restore";
    case ROUTE_UNREACHABLE:
        break;
    }
    return "not reachable";
}

enum glyph words_standing_glyph(enum set_standing standing)
{
    switch (standing) {
    case STANDING_APPLIED:
        return GLYPH_FILE_APPLIED;
    case STANDING_SHIPPED:
        return GLYPH_FILE_SHIPPED;
    case STANDING_UNCHECKED:
        return GLYPH_FILE_UNCHECKED;
    case STANDING_MISSING:
    case STANDING_PARTIAL:
        return GLYPH_FILE_MISSING;
    case STANDING_CORRUPT:
        return GLYPH_FILE_CORRUPT;
    case STANDING_IN_PROGRESS:
        return GLYPH_BEING_TAKEN;
    }
    return GLYPH_NOT_KNOWN;
}

const char *words_standing(enum set_standing standing)
{
    switch (standing) {
    case STANDING_APPLIED:
        return "applied";
    case STANDING_SHIPPED:
        return "shipped";
    case STANDING_UNCHECKED:
        return "not checked";
    case STANDING_MISSING:
        return "file missing";
    case STANDING_CORRUPT:
        return "file corrupt";
    case STANDING_PARTIAL:
        return "partial";
    case STANDING_IN_PROGRESS:
        return "being taken";
    }
    return "not known";
}

enum glyph words_file_glyph(const struct set_file *file)
{
    if (!file->present)
        return GLYPH_NONE;
    if (file->restored)
        return GLYPH_FILE_APPLIED;
    switch (file->state) {
    case FILE_UNCHECKED:
        return GLYPH_FILE_UNCHECKED;
    case FILE_PROVEN:
        return GLYPH_FILE_SHIPPED;
    case FILE_MISSING:
        return GLYPH_FILE_MISSING;
    case FILE_CORRUPT:
        return GLYPH_FILE_CORRUPT;
    case FILE_DENIED:
        break;
    }
    return GLYPH_NOT_KNOWN;
}

const char *words_file(const struct set_file *file)
{
    if (!file->present)
        return "no file in this set";
    if (file->restored)
        return "applied";
    switch (file->state) {
    case FILE_UNCHECKED:
        return "not checked";
    case FILE_PROVEN:
        return "readable";
    case FILE_MISSING:
        return "missing";
    case FILE_CORRUPT:
        return "corrupt";
    case FILE_DENIED:
        return "may not be read by the service";
    }
    return "not known";
}

const char *words_evidence(enum evidence evidence)
{
    switch (evidence) {
    case EVIDENCE_HEADER:
        return "file headers read";
    case EVIDENCE_MSDB:
        return "msdb of the source";
    case EVIDENCE_HISTORY:
        return "history tables only";
    case EVIDENCE_NONE:
        break;
    }
    return "no evidence";
}

const char *words_situation(enum situation situation)
{
    switch (situation) {
    case SITUATION_SOURCE_LOST:
        return "source lost";
    case SITUATION_PLANNED_MOVE:
        return "planned move";
    case SITUATION_REHEARSAL:
        return "rehearsal";
    case SITUATION_MIGRATION:
        return "migration";
    }
    return "?";
}

const char *words_lane(enum lane_state state)
{
    switch (state) {
    case LANE_WAITING:
        return "waiting";
    case LANE_RESTORING:
        return "restoring";
    case LANE_AT_MARK:
        return "at the mark";
    case LANE_PROVEN:
        return "proven";
    case LANE_RECOVERING:
        return "recovering";
    case LANE_ONLINE:
        return "online";
    case LANE_VERIFIED:
        return "verified";
    case LANE_PAUSED:
        return "paused";
    case LANE_FAILED:
        return "failed";
    }
    return "?";
}

enum glyph words_lane_glyph(enum lane_state state)
{
    switch (state) {
    case LANE_WAITING:
        return GLYPH_BULLET;
    case LANE_RESTORING:
    case LANE_RECOVERING:
        return GLYPH_PROGRESS;
    case LANE_AT_MARK:
    case LANE_PROVEN:
    case LANE_ONLINE:
    case LANE_VERIFIED:
        return GLYPH_OK;
    case LANE_PAUSED:
        return GLYPH_WARNING;
    case LANE_FAILED:
        break;
    }
    return GLYPH_CRITICAL;
}

const char *words_run_state(enum run_state state)
{
    switch (state) {
    case RUN_PLANNED:
        return "planned";
    case RUN_PREPARING:
        return "preparing: locks, files, jobs";
    case RUN_RESTORING:
        return "restoring";
    case RUN_GATE:
        return "at the gate: proving every database";
    case RUN_RECOVERING:
        return "recovering: the point of no return";
    case RUN_VERIFYING:
        return "verifying";
    case RUN_AFTER:
        return "restored; manual steps remain";
    case RUN_DONE:
        return "done";
    case RUN_PAUSED:
        return "paused";
    case RUN_FAILED:
        return "failed";
    case RUN_ABORTED:
        return "aborted";
    }
    return "?";
}

const char *words_part(enum view_part part)
{
    static const char *const names[PART_COUNT] = {
        [PART_SERVER] = "server",           [PART_DATABASES] = "databases",
        [PART_ROSTER] = "group",            [PART_HISTORY] = "backup history",
        [PART_BACKUPS] = "msdb backups",    [PART_MARKS] = "mark history",
        [PART_SHIPPING] = "log shipping",   [PART_RESTORES] = "restore history",
        [PART_JOBS] = "Agent jobs",         [PART_SETTINGS] = "settings",
        [PART_FILES] = "backup files",      [PART_KEYS] = "keys and certificates",
        [PART_LOGINS] = "logins",           [PART_INSIDE] = "insides of databases",
        [PART_LINKS] = "linked servers",    [PART_VOLUMES] = "disks",
        [PART_REFERENCES] = "references",
    };
    return (unsigned)part < PART_COUNT ? names[part] : "?";
}

void words_placed(char *out, size_t size, const char *where, const char *text)
{
    size_t length = strlen(where);
    bool named = length == 0 || !strncmp(text, where, length);
    snprintf(out, size, "%s%s%s", named ? "" : where, named ? "" : ": ", text);
}

const struct mark *words_recovered_at(const struct group_view *view, size_t index)
{
    for (size_t i = view->marks_count; view->readiness.live && i-- > 0;)
        if (view->marks[i].routes[index].route == ROUTE_RECOVERED_AT_MARK)
            return &view->marks[i];
    return NULL;
}

enum verdict words_state_verdict(const struct group_view *view, const struct roster_entry *entry)
{
    if (entry->problem)
        return VERDICT_CRITICAL;
    if (!entry->state_known)
        return VERDICT_UNKNOWN;
    if (!view->readiness.live)
        return entry->state == STATE_RESTORING || entry->standby ? VERDICT_OK : VERDICT_CRITICAL;
    if (group_entry_is_online(entry))
        return VERDICT_OK;
    return database_use_may_be_left_out(entry->use) ? VERDICT_WARNING : VERDICT_CRITICAL;
}
