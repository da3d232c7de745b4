#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/checks.h"
#include "tests/support/build_view.h"

#define MGMT "BizTalkMgmtDb"
#define BOX "BizTalkMsgBoxDb"

enum { SOURCE = 0, DESTINATION = 1, MINUTE_MS = 60 * 1000 };

/* What a case does to the healthy small estate, and what its rule must then say. */
struct rule_case {
    const char *rule;
    void (*spoil)(struct build *build);
    enum verdict verdict;
    const char *where; /* part of it */
    const char *text;  /* part of it */
};

static void set_text(char **to, const char *text)
{
    free(*to);
    *to = memory_copy_text(text);
}

static struct job_row *job(struct build *build, int server, enum job_function function)
{
    for (size_t i = 0; i < build->servers[server]->jobs_count; i++)
        if (build->servers[server]->jobs[i].function == function)
            return &build->servers[server]->jobs[i];
    return NULL;
}

static void go_online(struct build *build)
{
    static const char *const names[] = {MGMT, BOX};
    for (size_t i = 0; i < 2; i++) {
        build_row(build, DESTINATION, names[i])->state = STATE_ONLINE;
        build_row(build, DESTINATION, names[i])->redo_lsn = (struct lsn){0};
    }
}

/* --- spoilers -------------------------------------------------------------------------------- */

static void source_down(struct build *b)
{
    build_kill(b, SOURCE);
}
static void destination_down(struct build *b)
{
    build_kill(b, DESTINATION);
}
static void part_hidden(struct build *b, int server, enum view_part part)
{
    b->servers[server]->parts[part].state = PART_NOT_VISIBLE;
    error_set(&b->servers[server]->parts[part].error, ERR_PERMISSION, NULL, "GRANT X TO monitor",
              "not visible");
}
static void redo_hidden(struct build *b)
{
    build_row(b, DESTINATION, BOX)->files_visible = false;
    build_row(b, DESTINATION, BOX)->redo_lsn = (struct lsn){0};
}
static void source_jobs_hidden(struct build *b)
{
    part_hidden(b, SOURCE, PART_JOBS);
}
static void source_databases_hidden(struct build *b)
{
    part_hidden(b, SOURCE, PART_DATABASES);
}
static void source_backups_hidden(struct build *b)
{
    part_hidden(b, SOURCE, PART_BACKUPS);
}
static void source_settings_hidden(struct build *b)
{
    part_hidden(b, SOURCE, PART_SETTINGS);
}
static void standby_jobs_hidden(struct build *b)
{
    part_hidden(b, DESTINATION, PART_JOBS);
}
static void standby_databases_hidden(struct build *b)
{
    part_hidden(b, DESTINATION, PART_DATABASES);
}
static void standby_history_hidden(struct build *b)
{
    part_hidden(b, DESTINATION, PART_HISTORY);
}
static void standby_settings_hidden(struct build *b)
{
    part_hidden(b, DESTINATION, PART_SETTINGS);
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
    set_text(&build_row(b, SOURCE, BOX)->name, "X");
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
    job(b, SOURCE, JOB_BACKUP)->enabled = false;
}
static void backup_gone(struct build *b)
{
    job(b, SOURCE, JOB_BACKUP)->function = JOB_OTHER;
}
static void backup_failed(struct build *b)
{
    job(b, SOURCE, JOB_BACKUP)->last_outcome = OUTCOME_FAILED;
    set_text(&job(b, SOURCE, JOB_BACKUP)->message, "There is not enough space on the disk.");
}
static void backup_placeholder(struct build *b)
{
    set_text(&job(b, SOURCE, JOB_BACKUP)->steps, "exec sp_MarkAll 'BTS', '<destination path>'");
}
static void backup_never_ran(struct build *b)
{
    job(b, SOURCE, JOB_BACKUP)->last_run_utc_ms = TIME_UNKNOWN;
    job(b, SOURCE, JOB_BACKUP)->last_outcome = OUTCOME_UNKNOWN;
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
            set_text(&b->servers[s]->history[0]->rows[i].location, "D:\\backup");
}
static void local_path_mapped(struct build *b)
{
    local_path(b);
    for (size_t i = 0; i < b->servers[DESTINATION]->shipping_count; i++)
        set_text(&b->servers[DESTINATION]->shipping[i].log_location, "E:\\copies");
}
static struct history_row *imported_row(struct build *b, int64_t set, const char *database)
{
    struct history_chunk *chunk = b->servers[DESTINATION]->history[0];
    for (size_t i = 0; i < chunk->count; i++)
        if (chunk->rows[i].set_id == set && strcmp(chunk->rows[i].database, database) == 0)
            return &chunk->rows[i];
    return NULL;
}
static void skipped_restore(struct build *b)
{
    imported_row(b, 95, BOX)->restored = false;
    build_row(b, DESTINATION, BOX)->redo_lsn = (struct lsn){0};
}
static void skipped_flag_only(struct build *b)
{
    imported_row(b, 95, BOX)->restored = false;
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
    go_online(b);
    job(b, DESTINATION, JOB_GET_HISTORY)->enabled = false;
    job(b, DESTINATION, JOB_RESTORE_DATABASES)->enabled = false;
}
static void restore_disabled(struct build *b)
{
    job(b, DESTINATION, JOB_RESTORE_DATABASES)->enabled = false;
}
static void history_failed(struct build *b)
{
    job(b, DESTINATION, JOB_GET_HISTORY)->last_outcome = OUTCOME_FAILED;
}
static void to_mark_gone(struct build *b)
{
    job(b, DESTINATION, JOB_RESTORE_TO_MARK)->function = JOB_OTHER;
}
static void to_mark_disabled(struct build *b)
{
    job(b, DESTINATION, JOB_RESTORE_TO_MARK)->enabled = false;
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
static void encrypted(struct build *b)
{
    build_row(b, SOURCE, BOX)->encrypted = true;
}
static void dop_wide(struct build *b)
{
    b->servers[SOURCE]->max_degree_of_parallelism = 0;
}
static void dop_hidden(struct build *b)
{
    b->servers[SOURCE]->max_degree_of_parallelism = -1;
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
        set_text(&b->servers[SOURCE]->roster[i].server, "NOBODY");
    b->config.servers[DESTINATION].restores_all = false;
}

static const struct rule_case cases[] = {
    {"server-reachable", source_down, VERDICT_CRITICAL, "SQLA", "no connection"},
    {"server-reachable", destination_down, VERDICT_CRITICAL, "DRSQL1", "no connection"},
    {"visible", source_jobs_hidden, VERDICT_UNKNOWN, "SQLA", "not visible"},
    {"visible", redo_hidden, VERDICT_UNKNOWN, "DRSQL1", "redo points"},
    {"roster", foreign_server, VERDICT_CRITICAL, "NOBODY", "no alias"},
    {"recovery-model", simple_model, VERDICT_CRITICAL, "SQLA/" BOX, "SIMPLE"},
    {"recovery-model", bulk_model, VERDICT_CRITICAL, "SQLA/" MGMT, "BULK_LOGGED"},
    {"recovery-model", source_databases_hidden, VERDICT_UNKNOWN, "SQLA", "may not look"},
    {"recovery-model", source_down, VERDICT_UNKNOWN, "SQLA", "does not answer"},
    {"source-databases", source_database_gone, VERDICT_CRITICAL, "SQLA/" BOX, "not there"},
    {"source-databases", source_database_offline, VERDICT_CRITICAL, "SQLA/" BOX, "SUSPECT"},
    {"marking-objects", no_mark_log, VERDICT_CRITICAL, BOX, "MarkLog"},
    {"marking-objects", no_procedures, VERDICT_CRITICAL, BOX, "procedures"},
    {"marking-objects", objects_hidden, VERDICT_UNKNOWN, BOX, "may not look"},
    {"backup-job", backup_disabled, VERDICT_CRITICAL, "SQLA", "disabled"},
    {"backup-job", backup_gone, VERDICT_CRITICAL, "SQLA", "no job"},
    {"backup-job", backup_failed, VERDICT_CRITICAL, "SQLA", "not enough space"},
    {"backup-job", backup_placeholder, VERDICT_CRITICAL, "SQLA", "<destination path>"},
    {"backup-job", backup_never_ran, VERDICT_WARNING, "SQLA", "never run"},
    {"backup-job", source_jobs_hidden, VERDICT_UNKNOWN, "SQLA", "the Agent's jobs"},
    {"backup-age", backups_late, VERDICT_WARNING, "", "35 min 49 s, the limit is 30 min"},
    {"backup-age", backups_very_late, VERDICT_CRITICAL, "", "1 h 20 min"},
    {"backup-age", source_down, VERDICT_UNKNOWN, "", "could not look"},
    {"partial-set", partial_newest, VERDICT_CRITICAL, "", "set 101 (log) is partial: 1 of 2"},
    {"partial-set", partial_repaired, VERDICT_OK, "", "1 old partial set, repaired"},
    {"chain-gap", lost_log, VERDICT_CRITICAL, "SQLA/" BOX, "between set 100 and set 102"},
    {"chain-thief", thief, VERDICT_WARNING, "SQLA/" BOX, "CONTOSO\\veeam with Veeam"},
    {"chain-thief", copy_only_log, VERDICT_OK, "", NULL},
    {"chain-thief", source_backups_hidden, VERDICT_UNKNOWN, "SQLA", "msdb's backups"},
    {"full-set", full_gone, VERDICT_CRITICAL, "", "no complete full set"},
    {"backup-path", local_path, VERDICT_WARNING, "SQLA/", "D:\\backup\\SQLA_"},
    {"backup-path", local_path_mapped, VERDICT_OK, "", NULL},
    {"restore-gap", skipped_restore, VERDICT_CRITICAL, "DRSQL1/" BOX, "set 95"},
    {"restore-gap", skipped_flag_only, VERDICT_OK, "", NULL}, /* the LSN says it is contained */
    {"restore-gap", standby_history_hidden, VERDICT_UNKNOWN, "DRSQL1", "may not look"},
    {"standby-state", standby_absent, VERDICT_CRITICAL, "DRSQL1/" BOX, "never restored"},
    {"standby-state", standby_recovered, VERDICT_CRITICAL, "DRSQL1/" BOX, "ONLINE"},
    {"standby-state", standby_readable, VERDICT_OK, "", NULL},
    {"standby-state", go_online, VERDICT_WARNING, "DRSQL1", "failed over"},
    {"standby-state", standby_databases_hidden, VERDICT_UNKNOWN, "DRSQL1", "the databases"},
    {"live-jobs", go_online, VERDICT_CRITICAL, "DRSQL1", "is enabled where"},
    {"live-jobs", live_without_jobs, VERDICT_OK, "", NULL},
    {"shipping-jobs", restore_disabled, VERDICT_CRITICAL, "DRSQL1", "disabled"},
    {"shipping-jobs", history_failed, VERDICT_CRITICAL, "DRSQL1", "last failed"},
    {"shipping-jobs", to_mark_gone, VERDICT_CRITICAL, "DRSQL1", "no job 'Restore To Mark'"},
    {"shipping-jobs", to_mark_disabled, VERDICT_OK, "", NULL}, /* it has no schedule anyway */
    {"shipping-jobs", live_without_jobs, VERDICT_OK, "", NULL},
    {"shipping-jobs", standby_jobs_hidden, VERDICT_UNKNOWN, "DRSQL1", "the Agent's jobs"},
    {"agent", agent_stopped, VERDICT_CRITICAL, "DRSQL1", "stopped"},
    {"agent", agent_hidden, VERDICT_UNKNOWN, "SQLA", "may not look"},
    {"import-lag", not_imported, VERDICT_WARNING, "", "the import lag is 15 min"},
    {"import-lag", standby_history_hidden, VERDICT_UNKNOWN, "DRSQL1", "may not look"},
    {"apply-lag", box_behind, VERDICT_WARNING, "", "the apply lag is 1 h 5 min"},
    {"apply-lag", box_far_behind, VERDICT_CRITICAL, "", "the apply lag is 2 h 5 min"},
    {"data-loss", loss_limit, VERDICT_WARNING, "", "20 min 49 s, the limit is 1 min"},
    {"restore-time", slow, VERDICT_CRITICAL, "", "the restore time is"},
    {"versions", older_standby, VERDICT_CRITICAL, "DRSQL1", "SQL Server"},
    {"versions", newer_standby, VERDICT_WARNING, "DRSQL1", "SQL Server"},
    {"clocks", clock_ahead, VERDICT_WARNING, "DRSQL1", "2 min 0 s ahead of that of SQLA"},
    {"availability", mirrored, VERDICT_WARNING, "SQLA/" BOX, "mirrored"},
    {"availability", in_group, VERDICT_WARNING, "DRSQL1/" BOX, "availability group"},
    {"encryption", encrypted, VERDICT_WARNING, "SQLA/" BOX, "certificate"},
    {"maxdop", dop_wide, VERDICT_WARNING, "SQLA", "is 0"},
    {"maxdop", dop_hidden, VERDICT_UNKNOWN, "SQLA", "not visible"},
    {"maxdop", source_settings_hidden, VERDICT_UNKNOWN, "SQLA", "may not look"},
    {"ad-hoc-queries", queries_off, VERDICT_WARNING, "DRSQL1", "off"},
    {"ad-hoc-queries", standby_settings_hidden, VERDICT_UNKNOWN, "DRSQL1", "may not look"},
};

static void each_rule_fires_where_it_must_and_nowhere_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct build *build = build_kept_up();
        cases[i].spoil(build);
        struct group_view *view = build_view(build);
        const struct check_result *result = build_check(view, cases[i].rule);
        assert_non_null(result);
        if (result->verdict != cases[i].verdict || strstr(result->where, cases[i].where) == NULL ||
            (cases[i].text != NULL && strstr(result->text, cases[i].text) == NULL))
            fail_msg("case %zu, %s: %s [%s] %s", i, cases[i].rule, verdict_name(result->verdict),
                     result->where, result->text);
        if (result->verdict != VERDICT_OK)
            assert_true(result->remedy[0] != '\0');
        group_view_release(view);
        build_free(build);
    }
}

static void a_hidden_part_names_the_grant(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    source_jobs_hidden(build);
    struct group_view *view = build_view(build);
    assert_string_equal(build_check(view, "backup-job")->remedy, "GRANT X TO monitor");
    group_view_release(view);
    build_free(build);
}

static void a_healthy_estate_raises_no_alarm(void **state)
{
    (void)state;
    for (int taking = 0; taking <= 1; taking++) {
        struct build *build = build_contoso(2, taking);
        struct group_view *view = build_view(build);
        for (size_t i = 0; i < view->checks_count; i++)
            if (view->checks[i].verdict != VERDICT_OK)
                fail_msg("%s: %s [%s] %s", view->checks[i].id,
                         verdict_name(view->checks[i].verdict), view->checks[i].where,
                         view->checks[i].text);
        group_view_release(view);
        build_free(build);
    }
}

static void destinations_on_different_sets_are_told_when_it_lasts(void **state)
{
    (void)state;
    struct build *build = build_contoso(1, false);
    build_row(build, 3, "BizTalkMsgBoxDb2")->redo_lsn =
        build_backup(build, "BizTalkMsgBoxDb2", 1180)->last_lsn;
    struct group_view *view = build_view(build);
    const struct check_result *result = build_check(view, "destinations-differ");
    assert_int_equal(result->verdict, VERDICT_WARNING);
    assert_string_equal(result->where, "DRSQL2");
    assert_non_null(strstr(result->text, "set 1180, another destination on set 1183"));
    group_view_release(view);
    /* A set that came a minute ago is applied by one and not yet by the other. */
    build_row(build, 3, "BizTalkMsgBoxDb2")->redo_lsn =
        build_backup(build, "BizTalkMsgBoxDb2", 1182)->last_lsn;
    for (int i = 0; i < 4; i++)
        build->servers[i]->server_utc_ms -= 19 * MINUTE_MS;
    view = build_view(build);
    assert_int_equal(build_check(view, "destinations-differ")->verdict, VERDICT_OK);
    group_view_release(view);
    build_free(build);
}

static void every_rule_stands_once_or_more_and_is_documented(void **state)
{
    (void)state;
    struct build *build = build_small(); /* no sets at all */
    struct group_view *view = build_view(build);
    size_t count;
    const struct check_rule *rules = checks_rules(&count);
    assert_true(count >= 12);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(build_check(view, rules[i].id));
        assert_ptr_equal(checks_rule(rules[i].id), &rules[i]);
        assert_true(strlen(rules[i].why) > 10 && strlen(rules[i].remedy) > 10);
        bool tried = strcmp(rules[i].id, "stamps") == 0 || /* in test_chain.c */
                     strcmp(rules[i].id, "destinations-differ") == 0;
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
            tried = tried || strcmp(cases[c].rule, rules[i].id) == 0;
        assert_true(tried);
    }
    group_view_release(view);
    build_free(build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_fires_where_it_must_and_nowhere_else),
        cmocka_unit_test(a_hidden_part_names_the_grant),
        cmocka_unit_test(a_healthy_estate_raises_no_alarm),
        cmocka_unit_test(destinations_on_different_sets_are_told_when_it_lasts),
        cmocka_unit_test(every_rule_stands_once_or_more_and_is_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
