/* The look after a fail-over, and the scripts that come with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/jobs_list.h"
#include "core/scan.h"
#include "core/tsql_aftermath.h"
#include "tests/support/build_view.h"

enum { SQLA = 0, SQLB = 1, DRSQL1 = 2, DRSQL2 = 3 };

static struct build *build;
static struct group_view *view;

static void surround(int server, enum surrounding kind, const char *name, const char *detail,
                     const char *database, int64_t number)
{
    *memory_append(build->servers[server], surroundings) = (struct surrounding_row){
        .kind = kind,
        .name = memory_copy_text(name),
        .detail = memory_copy_text(detail),
        .database = memory_copy_text(database),
        .number = number,
        .moment_utc_ms = TIME_UNKNOWN,
    };
}

static void read_part(int server, enum view_part part)
{
    build->servers[server]->parts[part].state = PART_READ;
    build->servers[server]->parts[part].read_monotonic_ms = build->now_monotonic_ms;
}

/* A contoso estate that was failed over, its sources dead, with nothing left to do. */
static int set_up(void **state)
{
    (void)state;
    build = build_contoso(1, false);
    for (int s = DRSQL1; s <= DRSQL2; s++) {
        struct server_view *server = build->servers[s];
        for (size_t i = 0; i < server->databases_count; i++)
            server->databases[i].state = STATE_ONLINE;
        for (size_t i = 0; i < server->jobs_count; i++)
            server->jobs[i].enabled = false;
        read_part(s, PART_REFERENCES);
        read_part(s, PART_LINKS);
        read_part(s, PART_LOGINS);
        read_part(s, PART_INSIDE);
        read_part(s, PART_JOBS);
    }
    for (int s = SQLA; s <= SQLB; s++) {
        read_part(s, PART_LOGINS);
        read_part(s, PART_INSIDE);
        build_kill(build, s);
    }
    build->servers[SQLA]->roster[0].is_master_message_box = false;
    view = build_view(build);
    for (size_t i = 0; i < view->roster_count; i++) {
        char name[300];
        for (size_t k = 0; jobs_list_name(&view->roster[i], k, name, sizeof name); k++)
            build_job(build, view->roster[i].destination, JOB_BIZTALK, name)->enabled = false;
    }
    group_view_release(view);
    view = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    group_view_release(view);
    view = NULL;
    build_free(build);
    return 0;
}

static struct scan *look(void)
{
    group_view_release(view);
    view = build_view(build);
    assert_true(scan_applies(view));
    return scan_make(view);
}

static void assert_found(enum scan_kind kind, const char *where, const char *text)
{
    struct scan *scan = look();
    bool found = false;
    for (size_t i = 0; i < scan->findings_count; i++)
        found = found || (scan->findings[i].kind == kind &&
                          strcmp(scan->findings[i].where, where) == 0 &&
                          strstr(scan->findings[i].text, text) != NULL);
    if (!found)
        fail_msg("not found: %s: %s (%zu findings, first: %s)", where, text, scan->findings_count,
                 scan->findings_count ? scan->findings[0].text : "none");
    assert_int_equal(scan->findings_count, scan_count(scan, kind));
    scan_free(scan);
}

static void assert_nothing(void)
{
    struct scan *scan = look();
    for (size_t i = 0; i < scan->findings_count; i++)
        fail_msg("%s: %s", scan->findings[i].where, scan->findings[i].text);
    scan_free(scan);
}

static void a_finished_fail_over_has_nothing_left(void **state)
{
    (void)state;
    struct scan *scan = look();
    for (int kind = 0; kind < SCAN_KINDS; kind++)
        if (!scan->looked[kind])
            fail_msg("%s: %s", scan_kind_name((enum scan_kind)kind), scan->blind[kind]);
    scan_free(scan);
    assert_nothing();
}

static void the_scan_is_for_groups_that_were_failed_over(void **state)
{
    (void)state;
    struct build *standby = build_contoso(1, false);
    struct group_view *group = build_view(standby);
    assert_false(scan_applies(group));
    group_view_release(group);
    build_free(standby);
}

/* --- old names -------------------------------------------------------------------------------- */

static void old_names_are_found_in_tables_links_and_steps(void **state)
{
    (void)state;
    surround(DRSQL1, SURROUNDING_REFERENCE, "adm_Group.TrackingDBServerName", "sqla",
             "BizTalkMgmtDb", -1);
    assert_found(SCAN_OLD_NAME, "DRSQL1/BizTalkMgmtDb", "adm_Group.TrackingDBServerName names SQLA");
    surround(DRSQL1, SURROUNDING_REFERENCE, "TDDS_Destinations.ConnectionString",
             "SSPI;server=SQLB;database=BizTalkDTADb", "BizTalkMgmtDb", -1);
    assert_found(SCAN_OLD_NAME, "DRSQL1/BizTalkMgmtDb", "names SQLB");
    surround(DRSQL2, SURROUNDING_LINKED_SERVER, "OLD", "SQLA,1433", NULL, 1);
    assert_found(SCAN_OLD_NAME, "DRSQL2", "the linked server OLD leads to SQLA");
    struct job_row *job = build_job(build, DRSQL2, JOB_BIZTALK, "TrackedMessages_Copy_X");
    job->enabled = false;
    free(job->steps);
    job->steps = memory_copy_text("exec bts_CopyTrackedMessagesToDTA 'SQLA', 'BizTalkDTADb'");
    assert_found(SCAN_OLD_NAME, "DRSQL2", "a step of the job TrackedMessages_Copy_X names SQLA");
}

static void names_that_only_begin_alike_are_not_old(void **state)
{
    (void)state;
    static const char *const fine[] = {"SQLAX", "XSQLA", "DRSQL1", "SQL", "server=SQLA2;", "sqlab_x"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        surround(DRSQL1, SURROUNDING_REFERENCE, "T.C", fine[i], "BizTalkMgmtDb", -1);
    assert_nothing();
    surround(DRSQL1, SURROUNDING_REFERENCE, "TDDS_Sources.SourceName", "SQLA_BizTalkMsgBoxDb",
             "BizTalkMgmtDb", -1);
    assert_found(SCAN_OLD_NAME, "DRSQL1/BizTalkMgmtDb", "names SQLA");
}

static void a_name_that_moved_to_the_destination_is_not_old(void **state)
{
    (void)state;
    struct config_server *destination = &build->config.servers[DRSQL1];
    *memory_append(destination, aliases) = memory_copy_text("SQLA"); /* a cluster name that moved */
    surround(DRSQL1, SURROUNDING_REFERENCE, "adm_Group.X", "SQLA", "BizTalkMgmtDb", -1);
    struct scan *scan = look();
    assert_int_equal(scan_count(scan, SCAN_OLD_NAME), 0);
    scan_free(scan);
}

/* --- logins, jobs, sources -------------------------------------------------------------------- */

static void a_user_without_a_login_is_found_by_its_sid(void **state)
{
    (void)state;
    surround(DRSQL1, SURROUNDING_LOGIN, "bts", "0A01", NULL, 1);
    surround(DRSQL1, SURROUNDING_USER, "bts", "0a01", "BizTalkMgmtDb", -1);
    assert_nothing();
    surround(SQLA, SURROUNDING_LOGIN, "host", "0b02", NULL, 1);
    surround(DRSQL1, SURROUNDING_USER, "host", "0B02", "BizTalkMgmtDb", -1);
    assert_found(SCAN_LOGIN, "DRSQL1/BizTalkMgmtDb", "the user host has no login here (SID 0x0B02)");
}

/* An old orphan, or somebody who comes in through a Windows group: nothing was lost on the way. */
static void a_user_that_had_no_login_at_its_source_either_is_no_finding(void **state)
{
    (void)state;
    surround(SQLA, SURROUNDING_LOGIN, "bts", "0A01", NULL, 1);
    surround(SQLB, SURROUNDING_LOGIN, "host", "0B02", NULL, 1); /* another source's login */
    surround(DRSQL1, SURROUNDING_LOGIN, "bts", "0A01", NULL, 1);
    surround(DRSQL1, SURROUNDING_USER, "host", "0B02", "BizTalkMgmtDb", -1);
    assert_nothing();
    /* where the source's logins were never seen it may have had one */
    build->servers[SQLA]->parts[PART_LOGINS].state = PART_NOT_VISIBLE;
    build->servers[SQLA]->parts[PART_LOGINS].read_monotonic_ms = TIME_UNKNOWN;
    assert_found(SCAN_LOGIN, "DRSQL1/BizTalkMgmtDb", "the user host has no login here (SID 0x0B02)");
}

static void users_of_databases_that_are_not_the_groups_do_not_count(void **state)
{
    (void)state;
    surround(DRSQL1, SURROUNDING_USER, "host", "0B02", "Payroll", -1);
    assert_nothing();
}

static void a_job_of_the_documents_list_is_missed(void **state)
{
    (void)state;
    struct server_view *server = build->servers[DRSQL1];
    for (size_t i = 0; i < server->jobs_count; i++)
        if (strcmp(server->jobs[i].name, "DTA Purge and Archive (BizTalkDTADb)") == 0) {
            free(server->jobs[i].name);
            server->jobs[i].name = memory_copy_text("Another");
        }
    assert_found(SCAN_JOB, "DRSQL1", "the job DTA Purge and Archive (BizTalkDTADb) is missing");
}

static struct job_row *add_site_job(const char *command)
{
    static const char id[] = "11111111-2222-3333-4444-555555555555";
    struct job_row *job = build_job(build, SQLA, JOB_OTHER, "Contoso nightly");
    strcpy(job->job_id, id);
    free(job->steps);
    job->steps = memory_copy_text(command);
    struct job_step_row *step = memory_append(build->servers[SQLA], job_steps);
    *step = (struct job_step_row){.step_id = 1, .name = memory_copy_text("Purge 'it'"),
                                  .subsystem = memory_copy_text("TSQL"),
                                  .command = memory_copy_text(command),
                                  .database = memory_copy_text("ContosoOrders"),
                                  .on_success = 1, .on_fail = 2};
    strcpy(step->job_id, id);
    struct job_schedule_row *schedule = memory_append(build->servers[SQLA], job_schedules);
    *schedule = (struct job_schedule_row){.name = memory_copy_text("Nightly"), .enabled = true,
                                          .type = 4, .interval = 1, .subday_type = 1,
                                          .start_date = 20260101, .end_date = 99991231,
                                          .start_time = 20000, .end_time = 235959};
    strcpy(schedule->job_id, id);
    return job;
}

static void a_sites_own_job_in_the_groups_databases_is_missed_too(void **state)
{
    (void)state;
    add_site_job("exec dbo.Purge");
    assert_found(SCAN_JOB, "DRSQL1", "the job Contoso nightly is missing");
}

static void shipping_that_is_enabled_beside_production_is_found(void **state)
{
    (void)state;
    struct server_view *server = build->servers[DRSQL2];
    for (size_t i = 0; i < server->jobs_count; i++)
        if (server->jobs[i].function == JOB_RESTORE_DATABASES)
            server->jobs[i].enabled = true;
    assert_found(SCAN_JOB, "DRSQL2", "is enabled although production is here");
}

static void an_old_source_that_works_is_found(void **state)
{
    (void)state;
    struct server_view *source = build->servers[SQLA];
    source->reachable = true;
    for (size_t i = 0; i < source->databases_count; i++)
        source->databases[i].sessions = i == 0 ? 3 : 0;
    struct scan *scan = look();
    assert_true(scan_count(scan, SCAN_OLD_SOURCE) >= 2);
    scan_free(scan);
    for (size_t i = 0; i < source->databases_count; i++)
        source->databases[i].state = STATE_OFFLINE; /* set so by a planned move */
    for (size_t i = 0; i < source->jobs_count; i++)
        source->jobs[i].enabled = false;
    scan = look();
    assert_int_equal(scan_count(scan, SCAN_OLD_SOURCE), 0);
    scan_free(scan);
}

/* "No old source answers" is proven by silence alone. */
static void an_old_source_that_refuses_the_login_answers(void **state)
{
    (void)state;
    struct server_view *source = build->servers[SQLA];
    error_set(&source->error, ERR_LOGIN_REFUSED, "SQLA", "unlock it", "the login is locked");
    source->life = LIFE_ANSWERS;
    assert_found(SCAN_OLD_SOURCE, "SQLA", "it answers, and nothing can be seen there: the login is "
                                          "locked");
}

static void assert_blind(enum scan_kind kind, const char *words)
{
    struct scan *scan = look();
    assert_false(scan->looked[kind]);
    assert_non_null(scan->blind[kind]);
    if (strstr(scan->blind[kind], words) == NULL)
        fail_msg("%s, not %s", scan->blind[kind], words);
    scan_free(scan);
}

static void an_old_source_that_shows_nothing_is_not_away(void **state)
{
    (void)state;
    struct server_view *source = build->servers[SQLA];
    source->reachable = true;
    for (size_t i = 0; i < source->databases_count; i++)
        source->databases[i].state = STATE_OFFLINE;
    for (size_t i = 0; i < source->jobs_count; i++)
        source->jobs[i].enabled = false;
    assert_nothing();
    const enum view_part parts[] = {PART_DATABASES, PART_JOBS};
    for (size_t i = 0; i < 2; i++) {
        struct part_status *status = &source->parts[parts[i]], before = *status;
        status->state = PART_NOT_VISIBLE;
        error_set(&status->error, ERR_PERMISSION, "SQLA", "GRANT it", "it is not visible");
        assert_blind(SCAN_OLD_SOURCE, "SQLA: it is not visible; GRANT it");
        *status = before;
    }
    source->databases[0].state = STATE_ONLINE; /* whoever works there would not be seen */
    source->databases[0].sessions = -1;
    assert_blind(SCAN_OLD_SOURCE, "SQLA: the sessions in its databases are not visible; GRANT VIEW "
                                  "SERVER STATE");
}

static void an_old_source_that_was_never_asked_is_not_away(void **state)
{
    (void)state;
    error_clear(&build->servers[SQLB]->error);
    assert_blind(SCAN_OLD_SOURCE, "SQLB: not read yet");
}

static void an_old_source_that_the_configuration_does_not_name_is_not_away(void **state)
{
    (void)state;
    free(build->config.servers[SQLB].name);
    build->config.servers[SQLB].name = memory_copy_text("OTHER");
    free(build->servers[SQLB]->server_name);
    build->servers[SQLB]->server_name = memory_copy_text("OTHER");
    assert_blind(SCAN_OLD_SOURCE, "SQLB is no section and no alias");
}

static void what_may_not_be_read_is_never_taken_for_nothing(void **state)
{
    (void)state;
    static const struct {
        enum view_part part;
        enum scan_kind kind;
    } cases[] = {
        {PART_REFERENCES, SCAN_OLD_NAME}, {PART_LINKS, SCAN_OLD_NAME}, {PART_JOBS, SCAN_OLD_NAME},
        {PART_LOGINS, SCAN_LOGIN},        {PART_INSIDE, SCAN_LOGIN},   {PART_JOBS, SCAN_JOB},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct part_status *status = &build->servers[DRSQL1]->parts[cases[i].part];
        struct part_status before = *status;
        status->state = PART_NOT_VISIBLE;
        error_set(&status->error, ERR_PERMISSION, "DRSQL1", "GRANT it", "it is not visible");
        struct scan *scan = look();
        assert_false(scan->looked[cases[i].kind]);
        assert_non_null(strstr(scan->blind[cases[i].kind], "DRSQL1: it is not visible; GRANT it"));
        scan_free(scan);
        *status = before;
    }
}

static void a_scan_survives_its_file(void **state)
{
    (void)state;
    surround(DRSQL1, SURROUNDING_REFERENCE, "T.C", "SQLA \"x\"", "Db", -1);
    build->servers[DRSQL2]->parts[PART_LOGINS].state = PART_FAILED;
    struct scan *scan = look();
    char *text = scan_to_json(scan);
    struct scan *copy = scan_from_json(text);
    assert_non_null(copy);
    assert_int_equal(copy->findings_count, scan->findings_count);
    assert_string_equal(copy->findings[0].text, scan->findings[0].text);
    assert_false(copy->looked[SCAN_LOGIN]);
    assert_true(copy->looked[SCAN_JOB]);
    assert_int_equal(copy->at_utc_ms, scan->at_utc_ms);
    scan_free(copy);
    scan_free(scan);
    free(text);
    assert_null(scan_from_json("{}"));
    assert_null(scan_from_json("nonsense"));
}

/* --- scripts ---------------------------------------------------------------------------------- */

static void the_login_script_keeps_sids_and_hashes_and_needs_no_second_run(void **state)
{
    (void)state;
    surround(SQLA, SURROUNDING_LOGIN, "bts]host", "0A01", "0200AB", 1);
    surround(SQLA, SURROUNDING_LOGIN, "CONTOSO\\BizTalk Users", "0105", NULL, 3);
    surround(SQLA, SURROUNDING_LOGIN, "o'hara", "0C03", NULL, 1);
    surround(SQLA, SURROUNDING_LOGIN, "unused", "0D04", "0200CD", 1);
    surround(SQLA, SURROUNDING_LOGIN, "sa", "01", "0200EF", 1);
    surround(SQLA, SURROUNDING_USER, "a", "0a01", "BizTalkMgmtDb", -1);
    surround(SQLA, SURROUNDING_USER, "b", "0105", "BizTalkMgmtDb", -1);
    surround(SQLA, SURROUNDING_USER, "c", "0C03", "SSODB", -1);
    surround(SQLA, SURROUNDING_USER, "sa", "01", "SSODB", -1);
    view = build_view(build);
    char *text = tsql_logins_aftermath(view, DRSQL1);
    assert_non_null(strstr(text, "WHERE name = N'bts]host')"));
    assert_non_null(strstr(text, "CREATE LOGIN [bts]]host] WITH PASSWORD = 0x0200AB HASHED, "
                                 "SID = 0x0A01,"));
    assert_non_null(strstr(text, "CREATE LOGIN [CONTOSO\\BizTalk Users] FROM WINDOWS;"));
    assert_non_null(strstr(text, "-- CREATE LOGIN [o'hara] WITH PASSWORD = N'...', SID = 0x0C03;"));
    assert_non_null(strstr(text, "WHERE name = N'o''hara')"));
    assert_null(strstr(text, "unused"));
    assert_null(strstr(text, "[sa]"));
    free(text);
    text = tsql_logins_aftermath(view, DRSQL2); /* restores SQLB's only */
    assert_null(strstr(text, "CREATE LOGIN"));
    free(text);
}

static void a_login_name_that_could_end_a_batch_is_left_to_people(void **state)
{
    (void)state;
    surround(SQLA, SURROUNDING_LOGIN, "x\nGO\nDROP DATABASE y", "0A01", NULL, 1);
    surround(SQLA, SURROUNDING_USER, "a", "0A01", "BizTalkMgmtDb", -1);
    view = build_view(build);
    char *text = tsql_logins_aftermath(view, DRSQL1);
    assert_null(strstr(text, "\nDROP DATABASE"));
    assert_non_null(strstr(text, "by hand"));
    free(text);
}

static void jobs_are_created_disabled_with_all_that_makes_them(void **state)
{
    (void)state;
    add_site_job("exec dbo.Purge 'all',\n  1");
    view = build_view(build);
    char *text = tsql_jobs_aftermath(view, DRSQL1);
    assert_non_null(strstr(text, "IF NOT EXISTS (SELECT 1 FROM msdb.dbo.sysjobs WHERE name = "
                                 "N'Contoso nightly')"));
    assert_non_null(strstr(text, "sp_add_job @job_name = N'Contoso nightly', @enabled = 0;"));
    assert_non_null(strstr(text, "@step_name = N'Purge ''it'''"));
    assert_non_null(strstr(text, "@command = N'exec dbo.Purge ''all'',\n  1'"));
    assert_non_null(strstr(text, "sp_add_jobschedule @job_name = N'Contoso nightly'"));
    assert_non_null(strstr(text, "@active_start_date = 20260101"));
    assert_non_null(strstr(text, "sp_add_jobserver @job_name = N'Contoso nightly'"));
    assert_null(strstr(text, "@enabled = 1;"));
    free(text);
    text = tsql_jobs_enable_aftermath(view, DRSQL1);
    assert_non_null(strstr(text, "\nEXEC msdb.dbo.sp_update_job @job_name = N'Contoso nightly', "
                                 "@enabled = 1;"));
    free(text);
    text = tsql_jobs_aftermath(view, DRSQL2);
    assert_null(strstr(text, "Contoso nightly"));
    free(text);
}

static void a_job_that_names_an_old_server_is_enabled_by_people(void **state)
{
    (void)state;
    add_site_job("exec [SQLB].X.dbo.Y");
    view = build_view(build);
    char *text = tsql_jobs_aftermath(view, DRSQL1);
    assert_non_null(strstr(text, "A step of the next job names SQLB"));
    free(text);
    text = tsql_jobs_enable_aftermath(view, DRSQL1);
    assert_non_null(strstr(text, "-- once its steps name SQLB no more:\n-- EXEC"));
    assert_null(strstr(text, "\nEXEC"));
    free(text);
}

/* Which group it is that lets a user in is not known here: all of them are made. */
static void the_login_script_makes_the_groups_through_which_users_come_in(void **state)
{
    (void)state;
    surround(SQLA, SURROUNDING_LOGIN, "CONTOSO\\BizTalk Hosts", "010500000000000515000000AA", NULL, 3);
    surround(SQLA, SURROUNDING_USER, "an old orphan of SQL Server", "0A01", "BizTalkMgmtDb", -1);
    view = build_view(build);
    char *text = tsql_logins_aftermath(view, DRSQL1);
    assert_null(strstr(text, "CREATE LOGIN"));
    free(text);
    surround(SQLA, SURROUNDING_USER, "CONTOSO\\host", "010500000000000515000000BB", "BizTalkMgmtDb", -1);
    group_view_release(view);
    view = build_view(build);
    text = tsql_logins_aftermath(view, DRSQL1);
    assert_non_null(strstr(text, "CREATE LOGIN [CONTOSO\\BizTalk Hosts] FROM WINDOWS;"));
    free(text);
    text = tsql_logins_aftermath(view, DRSQL2);
    assert_null(strstr(text, "CREATE LOGIN"));
    free(text);
}

/* Somebody disabled it, for the move or for good: who enables decides. */
static void a_job_that_was_disabled_when_last_seen_is_named_and_left_to_people(void **state)
{
    (void)state;
    add_site_job("exec dbo.Purge");
    struct server_view *source = build->servers[SQLA];
    source->jobs[source->jobs_count - 1].enabled = false;
    build_job(build, SQLA, JOB_BIZTALK, "MessageBox_Message_Cleanup_Box")->enabled = false;
    view = build_view(build);
    char *text = tsql_jobs_enable_aftermath(view, DRSQL1);
    assert_non_null(strstr(text, "-- disabled when it was last seen:\n-- EXEC "
                                 "msdb.dbo.sp_update_job @job_name = N'Contoso nightly'"));
    assert_null(strstr(text, "\nEXEC msdb.dbo.sp_update_job @job_name = N'Contoso nightly'"));
    assert_null(strstr(text, "MessageBox_Message_Cleanup")); /* it stays disabled for good */
    free(text);
}

static void a_command_that_would_end_the_batch_is_left_to_people(void **state)
{
    (void)state;
    add_site_job("exec a\nGO\nexec b");
    view = build_view(build);
    char *text = tsql_jobs_aftermath(view, DRSQL1);
    assert_non_null(strstr(text, "by hand: the job Contoso nightly"));
    assert_null(strstr(text, "exec b"));
    free(text);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_finished_fail_over_has_nothing_left),
        CASE(the_scan_is_for_groups_that_were_failed_over),
        CASE(old_names_are_found_in_tables_links_and_steps),
        CASE(names_that_only_begin_alike_are_not_old),
        CASE(a_name_that_moved_to_the_destination_is_not_old),
        CASE(a_user_without_a_login_is_found_by_its_sid),
        CASE(a_user_that_had_no_login_at_its_source_either_is_no_finding),
        CASE(users_of_databases_that_are_not_the_groups_do_not_count),
        CASE(a_job_of_the_documents_list_is_missed),
        CASE(a_sites_own_job_in_the_groups_databases_is_missed_too),
        CASE(shipping_that_is_enabled_beside_production_is_found),
        CASE(an_old_source_that_works_is_found),
        CASE(an_old_source_that_refuses_the_login_answers),
        CASE(an_old_source_that_shows_nothing_is_not_away),
        CASE(an_old_source_that_was_never_asked_is_not_away),
        CASE(an_old_source_that_the_configuration_does_not_name_is_not_away),
        CASE(what_may_not_be_read_is_never_taken_for_nothing),
        CASE(a_scan_survives_its_file),
        CASE(the_login_script_keeps_sids_and_hashes_and_needs_no_second_run),
        CASE(a_login_name_that_could_end_a_batch_is_left_to_people),
        CASE(jobs_are_created_disabled_with_all_that_makes_them),
        CASE(a_job_that_names_an_old_server_is_enabled_by_people),
        CASE(the_login_script_makes_the_groups_through_which_users_come_in),
        CASE(a_job_that_was_disabled_when_last_seen_is_named_and_left_to_people),
        CASE(a_command_that_would_end_the_batch_is_left_to_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
