/* Cases of the rules about servers, databases, the backup job, sets and standbys. */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "tests/support/rule_cases_internal.h"

static void source_down(struct build *b)
{
    build_kill(b, SOURCE);
}
static void destination_down(struct build *b)
{
    build_kill(b, DESTINATION);
}
static void redo_hidden(struct build *b)
{
    build_row(b, DESTINATION, BOX)->files_visible = false;
    build_row(b, DESTINATION, BOX)->redo_lsn = (struct lsn){0};
}
static void source_jobs_hidden(struct build *b)
{
    spoil_part(b, SOURCE, PART_JOBS);
}
static void source_databases_hidden(struct build *b)
{
    spoil_part(b, SOURCE, PART_DATABASES);
}
static void source_backups_hidden(struct build *b)
{
    spoil_part(b, SOURCE, PART_BACKUPS);
}
static void source_settings_hidden(struct build *b)
{
    spoil_part(b, SOURCE, PART_SETTINGS);
}
static void standby_jobs_hidden(struct build *b)
{
    spoil_part(b, DESTINATION, PART_JOBS);
}
static void standby_databases_hidden(struct build *b)
{
    spoil_part(b, DESTINATION, PART_DATABASES);
}
static void standby_history_hidden(struct build *b)
{
    spoil_part(b, DESTINATION, PART_HISTORY);
}
static void standby_settings_hidden(struct build *b)
{
    spoil_part(b, DESTINATION, PART_SETTINGS);
}
static void simple_model(struct build *b)
{
    build_row(b, SOURCE, BOX)->recovery_model = MODEL_SIMPLE;
}
static void bulk_model(struct build *b)
{
    build_row(b, SOURCE, MGMT)->recovery_model = MODEL_BULK_LOGGED;
}
static void source_database_gone(struct build *b)
{
    spoil_text(&build_row(b, SOURCE, BOX)->name, "X");
}
static void source_database_offline(struct build *b)
{
    build_row(b, SOURCE, BOX)->state = STATE_SUSPECT;
}
static void no_mark_log(struct build *b)
{
    build_row(b, SOURCE, BOX)->has_mark_log = 0;
}
static void no_procedures(struct build *b)
{
    build_row(b, SOURCE, BOX)->has_marking_objects = 0;
}
static void objects_hidden(struct build *b)
{
    build_row(b, SOURCE, BOX)->has_mark_log = -1;
}
static void backup_disabled(struct build *b)
{
    spoil_job(b, SOURCE, JOB_BACKUP)->enabled = false;
}
static void backup_gone(struct build *b)
{
    spoil_job(b, SOURCE, JOB_BACKUP)->function = JOB_OTHER;
}
static void backup_failed(struct build *b)
{
    spoil_job(b, SOURCE, JOB_BACKUP)->last_outcome = OUTCOME_FAILED;
    spoil_text(&spoil_job(b, SOURCE, JOB_BACKUP)->message, "There is not enough space on the disk.");
}
static void backup_placeholder(struct build *b)
{
    spoil_text(&spoil_job(b, SOURCE, JOB_BACKUP)->steps, "exec sp_MarkAll 'BTS', '<destination path>'");
}
static void backup_never_ran(struct build *b)
{
    spoil_job(b, SOURCE, JOB_BACKUP)->last_run_utc_ms = TIME_UNKNOWN;
    spoil_job(b, SOURCE, JOB_BACKUP)->last_outcome = OUTCOME_UNKNOWN;
}
static void backups_late(struct build *b)
{
    b->servers[SOURCE]->server_utc_ms += 15 * MINUTE_MS;
}
static void backups_very_late(struct build *b)
{
    b->servers[SOURCE]->server_utc_ms += 60 * MINUTE_MS;
}
static void partial_newest(struct build *b)
{
    build_set(b, (struct build_set){.id = 101,
                                    .kind = SET_LOG,
                                    .time_utc_ms = build_time(101) - 5 * MINUTE_MS,
                                    .incomplete = true,
                                    .without = BOX});
}
static void partial_repaired(struct build *b)
{
    partial_newest(b);
    build_full(b, 102, false);
    build_log(b, 103, false);
}
static void lost_log(struct build *b)
{
    build_set(b,
              (struct build_set){
                  .id = 101, .kind = SET_LOG, .time_utc_ms = build_time(100) + 60000, .lost = BOX});
    build_set(
        b, (struct build_set){.id = 102, .kind = SET_LOG, .time_utc_ms = build_time(100) + 120000});
}
static void add_thief(struct build *b, bool copy_only)
{
    lost_log(b);
    struct msdb_backup known = *build_backup(b, BOX, 99);
    struct msdb_backup *thief = memory_append(b->servers[SOURCE], backups);
    *thief = known;
    thief->database = memory_copy_text(BOX);
    thief->path = memory_copy_text("D:\\veeam\\box.trn");
    thief->user_name = memory_copy_text("CONTOSO\\veeam");
    thief->software = memory_copy_text("Veeam");
    thief->first_lsn = build_backup(b, BOX, 100)->last_lsn;
    thief->last_lsn = build_backup(b, BOX, 102)->first_lsn;
    thief->copy_only = copy_only;
}
static void thief(struct build *b)
{
    add_thief(b, false);
}
static void copy_only_log(struct build *b)
{
    add_thief(b, true);
}
static void full_gone(struct build *b)
{
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < b->servers[s]->history[0]->count; i++)
            if (b->servers[s]->history[0]->rows[i].kind == SET_FULL)
                b->servers[s]->history[0]->rows[i].complete = false;
}
static void local_path(struct build *b)
{
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < b->servers[s]->history[0]->count; i++)
            spoil_text(&b->servers[s]->history[0]->rows[i].location, "D:\\backup");
}
static void local_path_mapped(struct build *b)
{
    local_path(b);
    for (size_t i = 0; i < b->servers[DESTINATION]->shipping_count; i++)
        spoil_text(&b->servers[DESTINATION]->shipping[i].log_location, "E:\\copies");
}
static void skipped_restore(struct build *b)
{
    spoil_imported(b, DESTINATION, 95, BOX)->restored = false;
    build_row(b, DESTINATION, BOX)->redo_lsn = (struct lsn){0};
}
static void skipped_flag_only(struct build *b)
{
    spoil_imported(b, DESTINATION, 95, BOX)->restored = false;
}
static void standby_absent(struct build *b)
{
    build_row(b, DESTINATION, BOX)->state = STATE_ABSENT;
}
static void standby_recovered(struct build *b)
{
    build_row(b, DESTINATION, BOX)->state = STATE_ONLINE;
}
static void standby_readable(struct build *b)
{
    build_row(b, DESTINATION, BOX)->state = STATE_ONLINE;
    build_row(b, DESTINATION, BOX)->standby = true;
}
static void live_without_jobs(struct build *b)
{
    spoil_go_live(b);
    spoil_job(b, DESTINATION, JOB_GET_HISTORY)->enabled = false;
    spoil_job(b, DESTINATION, JOB_RESTORE_DATABASES)->enabled = false;
}
static void restore_disabled(struct build *b)
{
    spoil_job(b, DESTINATION, JOB_RESTORE_DATABASES)->enabled = false;
}
static void history_failed(struct build *b)
{
    spoil_job(b, DESTINATION, JOB_GET_HISTORY)->last_outcome = OUTCOME_FAILED;
}
static void to_mark_gone(struct build *b)
{
    spoil_job(b, DESTINATION, JOB_RESTORE_TO_MARK)->function = JOB_OTHER;
}
static void to_mark_disabled(struct build *b)
{
    spoil_job(b, DESTINATION, JOB_RESTORE_TO_MARK)->enabled = false;
}
static void agent_stopped(struct build *b)
{
    b->servers[DESTINATION]->agent_running = false;
}
static void agent_hidden(struct build *b)
{
    b->servers[SOURCE]->agent_running_known = false;
}
static void not_imported(struct build *b)
{
    build_set(b, (struct build_set){.id = 101,
                                    .kind = SET_LOG,
                                    .time_utc_ms = build_time(100) + 5 * MINUTE_MS,
                                    .not_imported = true});
}
static void box_behind(struct build *b)
{
    build_row(b, DESTINATION, BOX)->redo_lsn = build_backup(b, BOX, 97)->last_lsn;
}
static void box_far_behind(struct build *b)
{
    build_row(b, DESTINATION, BOX)->redo_lsn = build_backup(b, BOX, 93)->last_lsn;
}
static void older_standby(struct build *b)
{
    b->servers[DESTINATION]->version_major = 15;
}
static void newer_standby(struct build *b)
{
    b->servers[DESTINATION]->version_major = 17;
}
static void clock_ahead(struct build *b)
{
    b->servers[DESTINATION]->server_utc_ms += 120000;
}
static void mirrored(struct build *b)
{
    build_row(b, SOURCE, BOX)->mirrored = true;
}
static void in_group(struct build *b)
{
    build_row(b, DESTINATION, BOX)->in_availability_group = true;
}
static void dop_wide(struct build *b)
{
    b->servers[SOURCE]->max_degree_of_parallelism = 0;
}
static void dop_wide_at_the_standby(struct build *b)
{
    b->servers[DESTINATION]->max_degree_of_parallelism = 4;
}
static void dop_wide_where_live(struct build *b)
{
    dop_wide_at_the_standby(b);
    spoil_go_live(b);
}
static void dop_wide_at_the_old_source(struct build *b)
{
    b->servers[SOURCE]->max_degree_of_parallelism = 0;
    spoil_go_live(b);
}
static void dop_hidden(struct build *b)
{
    b->servers[SOURCE]->max_degree_of_parallelism = -1;
}
static void dop_wide_of_unknown(struct build *b)
{
    dop_wide(b);
    for (size_t i = 0; i < b->servers[SOURCE]->roster_count; i++)
        if (strcmp(b->servers[SOURCE]->roster[i].database, BOX) == 0)
            b->servers[SOURCE]->roster[i].use = USE_UNKNOWN;
}
static void queries_off(struct build *b)
{
    b->servers[DESTINATION]->ad_hoc_distributed_queries = 0;
}
static void slow(struct build *b)
{
    b->config.restore_time.critical_ms = 1;
}
static void loss_limit(struct build *b)
{
    b->config.data_loss.warning_ms = MINUTE_MS;
}
static void foreign_server(struct build *b)
{
    for (size_t i = 0; i < b->servers[SOURCE]->roster_count; i++)
        spoil_text(&b->servers[SOURCE]->roster[i].server, "NOBODY");
    b->config.servers[DESTINATION].restores_all = false;
}

static void never_tried(struct build *b)
{
    struct server_view *server = b->servers[SOURCE];
    server->reachable = false;
    server->as_of_monotonic_ms = TIME_UNKNOWN;
}
static void nothing_known(struct build *b)
{
    for (size_t i = 0; i < b->servers[SOURCE]->roster_count; i++)
        b->servers[SOURCE]->roster[i].in_backup_job = false;
    spoil_purge(b, INT64_MAX);
}
static void version_hidden(struct build *b)
{
    b->servers[DESTINATION]->version_major = 0;
    spoil_part(b, DESTINATION, PART_SERVER);
}
static void zone_undecided(struct build *b)
{
    b->servers[SOURCE]->use_local_time_known = false;
    b->servers[SOURCE]->utc_offset_min = 60;
    for (size_t i = 0; i < b->servers[SOURCE]->backups_count; i++) /* nothing to compare with */
        b->servers[SOURCE]->backups[i].finish_utc_ms = TIME_UNKNOWN;
}
static void management_unknown(struct build *b)
{
    b->servers[SOURCE]->has_management = false;
}
static void backup_succeeded(struct build *b)
{
    spoil_job(b, SOURCE, JOB_BACKUP)->running = true; /* a set is being taken */
    spoil_job(b, SOURCE, JOB_BACKUP)->running_since_utc_ms = b->now_utc_ms - 20000;
}
static struct build *two_destinations(void)
{
    return build_contoso(1, false);
}
static void second_behind(struct build *b)
{
    build_row(b, 3, "BizTalkMsgBoxDb2")->redo_lsn =
        build_backup(b, "BizTalkMsgBoxDb2", 1180)->last_lsn;
}
/* A set that came a minute ago is applied by one and not yet by the other. */
static void second_a_minute_behind(struct build *b)
{
    build_row(b, 3, "BizTalkMsgBoxDb2")->redo_lsn =
        build_backup(b, "BizTalkMsgBoxDb2", 1182)->last_lsn;
    for (int i = 0; i < 4; i++)
        b->servers[i]->server_utc_ms -= 19 * MINUTE_MS;
}
static void second_hidden(struct build *b)
{
    spoil_part(b, 3, PART_DATABASES);
}

static const struct rule_case cases[] = {
    CASE("server-reachable", source_down, VERDICT_CRITICAL, "SQLA", "no connection"),
    CASE("server-reachable", destination_down, VERDICT_CRITICAL, "DRSQL1", "no connection"),
    CASE("visible", source_jobs_hidden, VERDICT_UNKNOWN, "SQLA", "not visible"),
    CASE("visible", redo_hidden, VERDICT_UNKNOWN, "DRSQL1", "redo points"),
    CASE("roster", foreign_server, VERDICT_CRITICAL, "NOBODY", "no alias"),
    CASE("recovery-model", simple_model, VERDICT_CRITICAL, "SQLA/" BOX, "SIMPLE"),
    CASE("recovery-model", bulk_model, VERDICT_CRITICAL, "SQLA/" MGMT, "BULK_LOGGED"),
    CASE("recovery-model", source_databases_hidden, VERDICT_UNKNOWN, "SQLA", "may not look"),
    CASE("recovery-model", source_down, VERDICT_UNKNOWN, "SQLA", "does not answer"),
    CASE("source-databases", source_database_gone, VERDICT_CRITICAL, "SQLA/" BOX, "not there"),
    CASE("source-databases", source_database_offline, VERDICT_CRITICAL, "SQLA/" BOX, "SUSPECT"),
    CASE("marking-objects", no_mark_log, VERDICT_CRITICAL, BOX, "MarkLog"),
    CASE("marking-objects", no_procedures, VERDICT_CRITICAL, BOX, "procedures"),
    CASE("marking-objects", objects_hidden, VERDICT_UNKNOWN, BOX, "may not look"),
    CASE("backup-job", backup_disabled, VERDICT_CRITICAL, "SQLA", "disabled"),
    CASE("backup-job", backup_gone, VERDICT_CRITICAL, "SQLA", "no job"),
    CASE("backup-job", backup_failed, VERDICT_CRITICAL, "SQLA", "not enough space"),
    CASE("backup-job", backup_placeholder, VERDICT_CRITICAL, "SQLA", "<destination path>"),
    CASE("backup-job", backup_never_ran, VERDICT_WARNING, "SQLA", "never run"),
    CASE("backup-job", source_jobs_hidden, VERDICT_UNKNOWN, "SQLA", "the Agent's jobs"),
    CASE("backup-age", backups_late, VERDICT_WARNING, "", "35 min 49 s, the limit is 30 min"),
    CASE("backup-age", backups_very_late, VERDICT_CRITICAL, "", "1 h 20 min"),
    CASE("backup-age", source_down, VERDICT_UNKNOWN, "", "could not look"),
    CASE("partial-set", partial_newest, VERDICT_CRITICAL, "", "set 101 (log) is partial: 1 of 2"),
    CASE("partial-set", partial_repaired, VERDICT_OK, "", "1 old partial set, repaired"),
    CASE("chain-gap", lost_log, VERDICT_CRITICAL, "SQLA/" BOX, "between set 100 and set 102"),
    CASE("chain-thief", thief, VERDICT_WARNING, "SQLA/" BOX, "CONTOSO\\veeam with Veeam"),
    CASE("chain-thief", copy_only_log, VERDICT_OK, "", NULL),
    CASE("chain-thief", source_backups_hidden, VERDICT_UNKNOWN, "SQLA", "msdb's backups"),
    CASE("full-set", full_gone, VERDICT_CRITICAL, "", "no complete full set"),
    CASE("backup-path", local_path, VERDICT_WARNING, "SQLA/", "D:\\backup\\SQLA_"),
    CASE("backup-path", local_path_mapped, VERDICT_OK, "", NULL),
    CASE("restore-gap", skipped_restore, VERDICT_CRITICAL, "DRSQL1/" BOX, "set 95"),
    CASE("restore-gap", skipped_flag_only, VERDICT_OK, "", NULL), /* the LSN says it is contained */
    CASE("restore-gap", standby_history_hidden, VERDICT_UNKNOWN, "DRSQL1", "may not look"),
    CASE("standby-state", standby_absent, VERDICT_CRITICAL, "DRSQL1/" BOX, "never restored"),
    CASE("standby-state", standby_recovered, VERDICT_CRITICAL, "DRSQL1/" BOX, "ONLINE"),
    CASE("standby-state", standby_readable, VERDICT_OK, "", NULL),
    CASE("standby-state", spoil_go_live, VERDICT_WARNING, "DRSQL1", "failed over"),
    CASE("standby-state", standby_databases_hidden, VERDICT_UNKNOWN, "DRSQL1", "the databases"),
    CASE("live-jobs", spoil_go_live, VERDICT_CRITICAL, "DRSQL1", "is enabled where"),
    CASE("live-jobs", live_without_jobs, VERDICT_OK, "", NULL),
    CASE("shipping-jobs", restore_disabled, VERDICT_CRITICAL, "DRSQL1", "disabled"),
    CASE("shipping-jobs", history_failed, VERDICT_CRITICAL, "DRSQL1", "last failed"),
    CASE("shipping-jobs", to_mark_gone, VERDICT_CRITICAL, "DRSQL1", "no job 'Restore To Mark'"),
    CASE("shipping-jobs", to_mark_disabled, VERDICT_OK, "", NULL), /* it has no schedule anyway */
    CASE("shipping-jobs", live_without_jobs, VERDICT_OK, "", NULL),
    CASE("shipping-jobs", standby_jobs_hidden, VERDICT_UNKNOWN, "DRSQL1", "the Agent's jobs"),
    CASE("agent", agent_stopped, VERDICT_CRITICAL, "DRSQL1", "stopped"),
    CASE("agent", agent_hidden, VERDICT_UNKNOWN, "SQLA", "may not look"),
    CASE("import-lag", not_imported, VERDICT_WARNING, "", "the import lag is 15 min"),
    CASE("import-lag", standby_history_hidden, VERDICT_UNKNOWN, "DRSQL1", "may not look"),
    CASE("apply-lag", box_behind, VERDICT_WARNING, "", "the apply lag is 1 h 5 min"),
    CASE("apply-lag", box_far_behind, VERDICT_CRITICAL, "", "the apply lag is 2 h 5 min"),
    CASE("data-loss", loss_limit, VERDICT_WARNING, "", "20 min 49 s, the limit is 1 min"),
    CASE("restore-time", slow, VERDICT_CRITICAL, "", "the restore time is"),
    CASE("versions", older_standby, VERDICT_CRITICAL, "DRSQL1", "SQL Server"),
    CASE("versions", newer_standby, VERDICT_WARNING, "DRSQL1", "SQL Server"),
    CASE("clocks", clock_ahead, VERDICT_WARNING, "DRSQL1", "2 min 0 s ahead of that of SQLA"),
    CASE("availability", mirrored, VERDICT_WARNING, "SQLA/" BOX, "mirrored"),
    CASE("availability", in_group, VERDICT_WARNING, "DRSQL1/" BOX, "availability group"),
    CASE("maxdop", dop_wide, VERDICT_WARNING, "SQLA", "is 0"),
    CASE("maxdop", dop_wide_at_the_standby, VERDICT_WARNING, "DRSQL1",
         "is 4: after a fail-over BizTalk Server needs 1 here"),
    CASE("maxdop", dop_wide_where_live, VERDICT_WARNING, "DRSQL1", "is 4"),
    CASE("maxdop", dop_wide_at_the_old_source, VERDICT_OK, "", NULL),
    CASE("maxdop", standby_settings_hidden, VERDICT_UNKNOWN, "DRSQL1", "may not look"),
    CASE("maxdop", dop_wide_of_unknown, VERDICT_UNKNOWN, "SQLA", "what BizTalkMsgBoxDb is for"),
    CASE("maxdop", dop_hidden, VERDICT_UNKNOWN, "SQLA", "not visible"),
    CASE("maxdop", source_settings_hidden, VERDICT_UNKNOWN, "SQLA", "may not look"),
    CASE("ad-hoc-queries", queries_off, VERDICT_WARNING, "DRSQL1", "off"),
    CASE("ad-hoc-queries", standby_settings_hidden, VERDICT_UNKNOWN, "DRSQL1", "may not look"),
    HEALTHY("server-reachable"),
    CASE("server-reachable", never_tried, VERDICT_UNKNOWN, "SQLA", "not read yet"),
    HEALTHY("visible"),
    HEALTHY("roster"),
    CASE("roster", nothing_known, VERDICT_UNKNOWN, "", "no server has told"),
    HEALTHY("recovery-model"),
    HEALTHY("source-databases"),
    BLIND("source-databases", SOURCE, PART_DATABASES),
    HEALTHY("marking-objects"),
    CASE("backup-job", backup_succeeded, VERDICT_OK, "", NULL),
    HEALTHY("backup-age"),
    BLIND("partial-set", SOURCE, PART_HISTORY),
    HEALTHY("chain-gap"),
    BLIND("chain-gap", SOURCE, PART_BACKUPS),
    HEALTHY("full-set"),
    BLIND("full-set", SOURCE, PART_HISTORY),
    BLIND("backup-path", SOURCE, PART_HISTORY),
    BLIND("live-jobs", DESTINATION, PART_JOBS),
    HEALTHY("agent"),
    HEALTHY("import-lag"),
    HEALTHY("apply-lag"),
    BLIND("apply-lag", DESTINATION, PART_DATABASES),
    {.rule = "destinations-differ",
     .estate = two_destinations,
     .spoil = second_behind,
     .verdict = VERDICT_WARNING,
     .where = "DRSQL2",
     .text = "set 1180, another destination on set 1183"},
    {.rule = "destinations-differ",
     .estate = two_destinations,
     .spoil = second_a_minute_behind,
     .verdict = VERDICT_OK,
     .where = ""},
    {.rule = "destinations-differ",
     .estate = two_destinations,
     .spoil = second_hidden,
     .verdict = VERDICT_UNKNOWN,
     .where = "DRSQL2",
     .text = "may not look"},
    HEALTHY("data-loss"),
    CASE("data-loss", nothing_known, VERDICT_UNKNOWN, "", "no mark"),
    HEALTHY("restore-time"),
    CASE("restore-time", nothing_known, VERDICT_UNKNOWN, "", "no mark"),
    HEALTHY("versions"),
    CASE("versions", version_hidden, VERDICT_UNKNOWN, "DRSQL1", "may not look"),
    CASE("stamps", zone_undecided, VERDICT_WARNING, "SQLA", "cannot be told"),
    HEALTHY("stamps"),
    CASE("stamps", management_unknown, VERDICT_UNKNOWN, "", "cannot be told"),
    HEALTHY("clocks"),
    BLIND("clocks", DESTINATION, PART_SERVER),
    HEALTHY("availability"),
    BLIND("availability", DESTINATION, PART_DATABASES),
    HEALTHY("encryption"),
    BLIND("encryption", SOURCE, PART_DATABASES),
    HEALTHY("maxdop"),
    HEALTHY("ad-hoc-queries"),
};

const struct rule_cases rule_cases_first = {cases, sizeof cases / sizeof *cases};
