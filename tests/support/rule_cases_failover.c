/* Cases of the rules about failing over, and about the time after it. */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "tests/support/rule_cases_internal.h"

static const int64_t day_ms = INT64_C(86400000);

static void nothing_imported(struct build *b)
{
    spoil_purge(b, INT64_MAX);
}
static void box_recovered(struct build *b)
{
    build_row(b, DESTINATION, BOX)->state = STATE_ONLINE;
    build_row(b, DESTINATION, BOX)->redo_lsn = (struct lsn){0};
}
static void live_beside_source(struct build *b)
{
    spoil_go_live(b);
}
static void live_source_without_job(struct build *b)
{
    spoil_go_live(b);
    spoil_job(b, SOURCE, JOB_BACKUP)->enabled = false;
    build_row(b, SOURCE, MGMT)->sessions = build_row(b, SOURCE, BOX)->sessions = 0;
}
static void live_source_offline(struct build *b)
{
    spoil_go_live(b);
    build_row(b, SOURCE, MGMT)->state = STATE_OFFLINE;
    build_row(b, SOURCE, BOX)->state = STATE_OFFLINE;
}
static void live_source_hidden(struct build *b)
{
    live_source_without_job(b);
    spoil_part(b, SOURCE, PART_JOBS);
}
static void live_source_in_use_hidden(struct build *b)
{
    live_source_hidden(b);
    build_row(b, SOURCE, BOX)->sessions = 1;
}
static void live_with_jobs(struct build *b)
{
    spoil_go_live(b);
    build_job(b, DESTINATION, JOB_BACKUP, "Backup BizTalk Server (BizTalkMgmtDb)");
}
static void live_without_jobs_source_unseen(struct build *b)
{
    spoil_go_live(b);
    spoil_job(b, SOURCE, JOB_BACKUP)->function = JOB_OTHER;
}
static void live_jobs_hidden(struct build *b)
{
    spoil_go_live(b);
    spoil_part(b, DESTINATION, PART_JOBS);
}
static void readable(struct build *b, int64_t sessions)
{
    struct database_row *row = build_row(b, DESTINATION, BOX);
    row->state = STATE_ONLINE;
    row->standby = true;
    row->sessions = sessions;
}
static void read_by_two(struct build *b)
{
    readable(b, 2);
}
static void read_by_nobody(struct build *b)
{
    readable(b, 0);
}
static void readers_hidden(struct build *b)
{
    readable(b, -1);
}
static struct shipping_row *shipping(struct build *b)
{
    return &b->servers[DESTINATION]->shipping[1];
}
static void mapped_elsewhere(struct build *b)
{
    spoil_text(&shipping(b)->log_location, "E:\\copies");
    spoil_text(&shipping(b)->full_location, "\\\\backup\\bts");
}
/* The next file was read from there too. */
static void read_elsewhere_again(struct build *b)
{
    struct server_view *server = b->servers[DESTINATION];
    for (size_t i = server->restores_count; i-- > 0;) {
        struct restore_row *row = &server->restores[i];
        if (strcmp(row->database, BOX) != 0)
            continue;
        struct restore_row next = *row;
        next.restore_history_id = 1000;
        next.database = memory_copy_text(row->database);
        next.stop_at_mark = memory_copy_text(row->stop_at_mark);
        next.path = memory_copy_text("\\\\backup\\bts\\next.bak");
        *memory_append(server, restores) = next;
        return;
    }
}
static void mapped_half(struct build *b)
{
    spoil_text(&shipping(b)->log_location, "\\\\backup\\bts\\");
}
static void mapped_and_used(struct build *b)
{
    spoil_text(&shipping(b)->log_location, "\\\\backup\\bts\\");
    spoil_text(&shipping(b)->full_location, "\\\\BACKUP\\bts");
}
static void other_collation(struct build *b)
{
    spoil_text(&b->servers[DESTINATION]->collation, "Latin1_General_CI_AS");
}
static void binary_collation(struct build *b)
{
    spoil_text(&b->servers[SOURCE]->collation, "Latin1_General_BIN2");
    spoil_text(&b->servers[DESTINATION]->collation, "Latin1_General_BIN2");
}
static void archive_backed_up(struct build *b, int64_t finish_utc_ms)
{
    struct roster_row *row = memory_append(b->servers[SOURCE], roster);
    row->server = memory_copy_text("SQLA");
    row->database = memory_copy_text("BAMArchive");
    row->use = USE_BAM_ARCHIVE;
    struct msdb_backup *backup = memory_append(b->servers[SOURCE], backups);
    backup->database = memory_copy_text("BAMArchive");
    backup->path = memory_copy_text("\\\\backup\\bam\\archive.bak");
    backup->type = 'D';
    backup->start_utc_ms = backup->finish_utc_ms = finish_utc_ms;
}
static void archive_newer(struct build *b)
{
    archive_backed_up(b, b->now_utc_ms - MINUTE_MS);
}
static void archive_older_too(struct build *b)
{
    archive_newer(b);
    archive_backed_up(b, b->now_utc_ms - 600 * MINUTE_MS);
}
static void archive_never_backed_up(struct build *b)
{
    archive_newer(b);
    b->servers[SOURCE]->backups[b->servers[SOURCE]->backups_count - 1].type = 'L';
}
static void archive_without_mark(struct build *b)
{
    archive_older_too(b);
    spoil_purge(b, INT64_MAX);
}
static void archive_elsewhere(struct build *b)
{
    archive_older_too(b);
    struct server_view *source = b->servers[SOURCE];
    for (size_t i = 0; i < source->roster_count; i++)
        if (source->roster[i].use == USE_BAM_ARCHIVE)
            spoil_text(&source->roster[i].server, "SQLOLAP");
}
static void archive_hidden(struct build *b)
{
    archive_newer(b);
    spoil_part(b, SOURCE, PART_BACKUPS);
}

/* The master secret attested so many days ago; TIME_UNKNOWN = never. */
static void attest(struct build *b, int64_t days)
{
    *memory_append(b->attestations, items) = (struct attestation){
        .id = memory_copy_text("master-secret"),
        .title = memory_copy_text("The master secret is backed up"),
        .every_ms = 180 * day_ms,
        .at_utc_ms = days == TIME_UNKNOWN ? TIME_UNKNOWN : b->now_utc_ms - days * day_ms,
        .by = memory_copy_text("anna"),
    };
}
static void attested_long_ago(struct build *b)
{
    attest(b, 200);
}
static void attested_at_the_limit(struct build *b)
{
    attest(b, 180);
}
static void never_attested(struct build *b)
{
    attest(b, TIME_UNKNOWN);
}
static void never_attested_though_asked(struct build *b)
{
    attest(b, TIME_UNKNOWN);
    b->attestations->by_site = true;
}
static void no_rehearsal_for_long(struct build *b)
{
    attest(b, 40);
    struct attestation *drill = &b->attestations->items[0];
    spoil_text(&drill->id, "drill");
    drill->by_run = true;
    drill->every_ms = 35 * day_ms;
}
static void attestations_not_read(struct build *b)
{
    attestations_free(b->attestations);
    b->attestations = NULL;
}

static const struct rule_case cases[] = {
    CASE("common-mark", nothing_imported, VERDICT_CRITICAL, "", "no complete log set"),
    CASE("common-mark", box_recovered, VERDICT_CRITICAL, "", "with full restores"),
    CASE("common-mark", spoil_go_live, VERDICT_OK, "", "failed over"),
    HEALTHY("common-mark"),
    BLIND("common-mark", DESTINATION, PART_DATABASES),
    CASE("two-masters", live_beside_source, VERDICT_CRITICAL, "SQLA", "2 of the group's databases"),
    CASE("two-masters", live_source_without_job, VERDICT_WARNING, "SQLA", "are online here too"),
    CASE("two-masters", live_source_offline, VERDICT_OK, "", "destinations alone"),
    CASE("two-masters", live_source_hidden, VERDICT_UNKNOWN, "SQLA", "may not look"),
    CASE("two-masters", live_source_in_use_hidden, VERDICT_CRITICAL, "SQLA", "1 session in them"),
    HEALTHY("two-masters"),
    CASE("jobs-after-failover", live_beside_source, VERDICT_WARNING, "DRSQL1", "1 of BizTalk's"),
    CASE("jobs-after-failover", live_without_jobs_source_unseen, VERDICT_WARNING, "DRSQL1",
         "nothing backs the group up"),
    CASE("jobs-after-failover", live_with_jobs, VERDICT_OK, "", "are where"),
    CASE("jobs-after-failover", live_jobs_hidden, VERDICT_UNKNOWN, "DRSQL1", "may not look"),
    HEALTHY("jobs-after-failover"),
    CASE("standby-readers", read_by_two, VERDICT_WARNING, "DRSQL1/" BOX, "2 sessions read"),
    CASE("standby-readers", read_by_nobody, VERDICT_OK, "", NULL),
    CASE("standby-readers", readers_hidden, VERDICT_UNKNOWN, "DRSQL1/" BOX, "may not look"),
    BLIND("standby-readers", DESTINATION, PART_DATABASES),
    RECURS("moved-files", mapped_elsewhere, read_elsewhere_again, VERDICT_WARNING, "DRSQL1/" BOX, "E:\\copies"),
    CASE("moved-files", mapped_half, VERDICT_WARNING, "DRSQL1/" BOX, "DBFileLocation is not"),
    CASE("moved-files", mapped_and_used, VERDICT_OK, "", "1 databases are read from"),
    BLIND("moved-files", DESTINATION, PART_SHIPPING),
    CASE("collation", other_collation, VERDICT_WARNING, "DRSQL1", "Latin1_General_CI_AS"),
    CASE("collation", binary_collation, VERDICT_WARNING, "SQLA", "binary collation"),
    HEALTHY("collation"),
    BLIND("collation", DESTINATION, PART_SERVER),
    CASE("bam-order", archive_newer, VERDICT_WARNING, "SQLA/BAMArchive", "newer than the mark"),
    CASE("bam-order", archive_older_too, VERDICT_OK, "", NULL),
    CASE("bam-order", archive_never_backed_up, VERDICT_UNKNOWN, "SQLA/BAMArchive",
         "no full backup of it is known"),
    CASE("bam-order", archive_without_mark, VERDICT_UNKNOWN, "SQLA/BAMArchive", "no mark"),
    CASE("bam-order", archive_elsewhere, VERDICT_UNKNOWN, "SQLOLAP/BAMArchive", "no section"),
    CASE("bam-order", archive_hidden, VERDICT_UNKNOWN, "SQLA", "may not look"),
    CASE("attested", attested_long_ago, VERDICT_WARNING, "master-secret", "200 d 0 h old"),
    CASE("attested", no_rehearsal_for_long, VERDICT_WARNING, "drill", "40 d 0 h old"),
    CASE("attested", attested_at_the_limit, VERDICT_OK, "", NULL),
    CASE("attested", never_attested, VERDICT_OK, "", "never attested: master-secret"),
    CASE("attested", never_attested_though_asked, VERDICT_UNKNOWN, "master-secret", "never"),
    CASE("attested", attestations_not_read, VERDICT_UNKNOWN, "", "could not look"),
};

const struct rule_cases rule_cases_failover = {cases, sizeof cases / sizeof *cases};
