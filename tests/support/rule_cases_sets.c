/* Cases of the rules that look at sets, files and marks more closely. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "tests/support/rule_cases_internal.h"

static struct mark_row *mark_of(struct build *b, int64_t set, const char *database)
{
    struct lsn lsn = build_backup(b, database, set)->last_lsn;
    for (size_t i = 0; i < b->servers[SOURCE]->marks_count; i++) {
        struct mark_row *row = &b->servers[SOURCE]->marks[i];
        if (strcmp(row->database, database) == 0 && lsn_compare(row->lsn, lsn) < 0 &&
            row->time_utc_ms == build_time(set))
            return row;
    }
    return NULL;
}
static void mark_unknown(struct build *b)
{
    spoil_text(&mark_of(b, 100, BOX)->mark, "BTS_another");
}
static void next_mark_unknown(struct build *b)
{
    struct server_view *source = b->servers[SOURCE];
    for (size_t i = source->marks_count; i-- > 0;)
        if (strcmp(source->marks[i].database, BOX) == 0) {
            spoil_text(&source->marks[i].mark, "BTS_another");
            return;
        }
}
static void next_mark_outside(struct build *b)
{
    struct server_view *source = b->servers[SOURCE];
    for (size_t i = source->marks_count; i-- > 0;)
        if (strcmp(source->marks[i].database, BOX) == 0) {
            source->marks[i].lsn.number += 1000;
            return;
        }
}
static void mark_outside(struct build *b)
{
    mark_of(b, 99, BOX)->lsn = build_backup(b, BOX, 100)->last_lsn;
}
static void old_mark_unknown(struct build *b)
{
    spoil_text(&mark_of(b, 92, BOX)->mark, "BTS_another");
}
static void each_history(struct build *b, int64_t set, void (*change)(struct history_row *row))
{
    for (size_t s = 0; s < b->servers_count; s++)
        for (size_t i = 0; i < b->servers[s]->history[0]->count; i++)
            if (b->servers[s]->history[0]->rows[i].set_id == set)
                change(&b->servers[s]->history[0]->rows[i]);
}
static void name_same(struct history_row *row)
{
    spoil_text(&row->mark, "BTS_2026_11_20_11_45_00_547");
}
static void name_lsn(struct history_row *row)
{
    spoil_text(&row->mark, "lsn:34000000012300000");
}
static void name_long(struct history_row *row)
{
    spoil_text(&row->mark, "BizTalkProduction_2026_11_20_12_00_00_547");
}
static void next_name_long(struct build *b)
{
    each_history(b, 101, name_long);
}
static void next_name_lsn(struct build *b)
{
    each_history(b, 101, name_lsn);
}
static void same_name(struct build *b)
{
    each_history(b, 100, name_same);
}
static void lsn_name(struct build *b)
{
    each_history(b, 100, name_lsn);
}
static void long_name(struct build *b)
{
    each_history(b, 100, name_long);
}
static void no_sets(struct build *b)
{
    spoil_purge(b, INT64_MAX);
}
static void damaged_file(struct build *b)
{
    build_backup(b, BOX, 100)->damaged = true;
}
static void damaged_old_file(struct build *b)
{
    build_backup(b, BOX, 90)->damaged = true; /* of the full set that a newer one replaced */
    build_full(b, 101, false);
    build_row(b, DESTINATION, BOX)->redo_lsn = build_backup(b, BOX, 100)->last_lsn;
}
static void bulk_in_newest(struct build *b)
{
    build_backup(b, BOX, 100)->bulk_logged = true;
}
static void bulk_long_ago(struct build *b)
{
    build_backup(b, BOX, 95)->bulk_logged = true;
}
static void replaced(struct build *b)
{
    snprintf(build_backup(b, BOX, 100)->family_guid, 37, "FB000000-0000-0000-0000-000000000000");
}
static void forked(struct build *b)
{
    for (int64_t set = 97; set <= 100; set++) {
        snprintf(build_backup(b, BOX, set)->first_fork_guid, 37,
                 "0%d000000-0000-0000-0000-000000000000", set >= 99);
        snprintf(build_backup(b, BOX, set)->last_fork_guid, 37,
                 "0%d000000-0000-0000-0000-000000000000", set >= 99);
    }
}
static void forked_and_full(struct build *b)
{
    forked(b);
    build_full(b, 101, false);
    build_log(b, 102, false);
    snprintf(build_backup(b, BOX, 101)->first_fork_guid, 37,
             "01000000-0000-0000-0000-000000000000");
    snprintf(build_backup(b, BOX, 101)->last_fork_guid, 37,
             "01000000-0000-0000-0000-000000000000");
}
/* The schedule of full sets, and the procedure of the clean-up, with its days. */
static void clean(struct build *b, char frequency, const char *procedure, const char *days)
{
    struct job_row *job = spoil_job(b, SOURCE, JOB_BACKUP);
    free(job->steps);
    job->steps = memory_format("exec sp_BackupAllFull_Schedule '%c', 'BTS', '\\\\b'\n"
                               "exec %s @DaysToKeep = %s",
                               frequency, procedure, days);
}
static void days_pass(struct build *b, int days)
{
    for (size_t s = 0; s < b->servers_count; s++)
        b->servers[s]->server_utc_ms += INT64_C(24) * 60 * MINUTE_MS * days;
}
static const char stock[] = "sp_DeleteBackupHistory", own[] = "sp_DeleteBackupHistoryAndFiles";

static void one_day(struct build *b)
{
    clean(b, 'd', own, "1");
}
static void two_days(struct build *b)
{
    clean(b, 'd', own, "2");
}
/* BizTalk's own procedure keeps the newest full set, however old it is. */
static void one_day_of_stock(struct build *b)
{
    clean(b, 'd', stock, "1");
}
static void month_of_stock(struct build *b)
{
    clean(b, 'm', stock, "14");
    days_pass(b, 30);
}
/* A newer full set is complete and no good: then the last usable one leaves. */
static void stock_with_a_bad_newer_full(struct build *b)
{
    one_day_of_stock(b);
    build_full(b, 101, false);
    build_backup(b, BOX, 101)->damaged = true;
}
static void month_of_own(struct build *b)
{
    clean(b, 'm', own, "14");
    days_pass(b, 13);
}
static void stock_cleans_nothing(struct build *b)
{
    clean(b, 'm', stock, "14");
    days_pass(b, 50);
}
static void days_of_own_by_variable(struct build *b)
{
    clean(b, 'd', own, "");
}
static void nothing_cleared(struct build *b)
{
    spoil_text(&spoil_job(b, SOURCE, JOB_BACKUP)->steps,
               "exec sp_BackupAllFull_Schedule 'd', 'BTS', '\\\\b'");
}
static void old_history(struct build *b)
{
    days_pass(b, 30);
}
static void full_is_old(struct build *b)
{
    days_pass(b, 2);
}
static void purged_what_is_needed(struct build *b)
{
    build_row(b, DESTINATION, BOX)->redo_lsn = build_backup(b, BOX, 94)->last_lsn;
    spoil_purge(b, 97);
}
static void purged_what_is_applied(struct build *b)
{
    spoil_purge(b, 99);
}

static const struct rule_case cases[] = {
    RECURS("mark-missing", mark_unknown, next_mark_unknown, VERDICT_CRITICAL, "SQLA/" BOX,
           "in 1 databases and not"),
    RECURS("mark-missing", mark_outside, next_mark_outside, VERDICT_CRITICAL, "SQLA/" BOX,
           "set 99 lies outside"),
    CASE("mark-missing", old_mark_unknown, VERDICT_OK, "", "newest 3 log sets"),
    BLIND("mark-missing", SOURCE, PART_MARKS),
    CASE("mark-names", same_name, VERDICT_WARNING, "set 100", "also that of set 99"),
    RECURS("mark-names", lsn_name, next_name_lsn, VERDICT_CRITICAL, "SQLA", "for an LSN"),
    RECURS("mark-names", long_name, next_name_long, VERDICT_WARNING, "SQLA", "longer than"),
    CASE("mark-names", no_sets, VERDICT_UNKNOWN, "", "no mark is known"),
    HEALTHY("mark-names"),
    CASE("backup-files", damaged_file, VERDICT_CRITICAL, "DRSQL1/" BOX, "was damaged"),
    CASE("backup-files", damaged_old_file, VERDICT_OK, "", "none known to be bad"),
    BLIND("backup-files", SOURCE, PART_BACKUPS),
    BLIND("backup-files", DESTINATION, PART_FILES),
    CASE("bulk-logged", bulk_in_newest, VERDICT_WARNING, "SQLA/" BOX, "set 100"),
    CASE("bulk-logged", bulk_long_ago, VERDICT_OK, "", NULL),
    BLIND("bulk-logged", SOURCE, PART_BACKUPS),
    CASE("recovery-path", replaced, VERDICT_CRITICAL, "SQLA/" BOX, "before set 100"),
    CASE("recovery-path", forked, VERDICT_CRITICAL, "SQLA/" BOX, "before set 99"),
    CASE("recovery-path", forked_and_full, VERDICT_OK, "", NULL),
    BLIND("recovery-path", SOURCE, PART_BACKUPS),
    CASE("retention", one_day, VERDICT_CRITICAL, "SQLA", "full set, 90, leaves in 21 h"),
    CASE("retention", two_days, VERDICT_WARNING, "SQLA", "leaves in 1 d 21 h"),
    CASE("retention", one_day_of_stock, VERDICT_OK, "", "90, stays until a newer one is complete"),
    CASE("retention", month_of_stock, VERDICT_OK, "", "90, stays until"),
    CASE("retention", stock_with_a_bad_newer_full, VERDICT_CRITICAL, "SQLA", "90, leaves in 21 h"),
    CASE("retention", month_of_own, VERDICT_CRITICAL, "SQLA", "leaves in 21 h"),
    CASE("retention", days_of_own_by_variable, VERDICT_UNKNOWN, "", "cannot be read"),
    HEALTHY("retention"),
    BLIND("retention", SOURCE, PART_JOBS),
    CASE("history-kept", nothing_cleared, VERDICT_WARNING, "SQLA", "no step"),
    CASE("history-kept", month_of_stock, VERDICT_OK, "", "14 days"),
    CASE("history-kept", stock_cleans_nothing, VERDICT_WARNING, "SQLA", "goes back 50 d"),
    CASE("history-kept", old_history, VERDICT_WARNING, "SQLA", "goes back 30 d"),
    HEALTHY("history-kept"),
    BLIND("history-kept", SOURCE, PART_JOBS),
    CASE("history-needed", purged_what_is_needed, VERDICT_CRITICAL, "DRSQL1/" BOX, "is set 97"),
    CASE("history-needed", purged_what_is_applied, VERDICT_OK, "", NULL),
    BLIND("history-needed", DESTINATION, PART_DATABASES),
    CASE("full-age", month_of_stock, VERDICT_OK, "", "is 30 d"),
    CASE("full-age", full_is_old, VERDICT_WARNING, "SQLA", "full set, 90, is 2 d"),
    HEALTHY("full-age"),
    BLIND("full-age", SOURCE, PART_JOBS),
};

const struct rule_cases rule_cases_sets = {cases, sizeof cases / sizeof *cases};
