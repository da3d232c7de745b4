/* The collector while things change: a running backup job, servers that stall and come back, logins
 * that may not see everything. Needs stopmark-lab beside the tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/collector.h"
#include "core/history.h"
#include "core/store_text.h"
#include "tests/support/lab_process.h"

static struct lab_process lab;

static int start_small(void **state)
{
    (void)state;
    return lab_process_start(&lab, "small");
}

static int stop_lab(void **state)
{
    (void)state;
    lab_process_stop(&lab);
    return 0;
}

static struct collector *start(void)
{
    struct error error = {0};
    lab.config->poll_ms = 60000;
    lab.config->query_timeout_ms = 2000;
    lab.config->connect_timeout_ms = 2000;
    struct collector *collector = collector_start(lab.config, clock_system(), &error);
    assert_non_null(collector);
    assert_true(collector_wait_first(collector, 20000));
    return collector;
}

/* A view in which every server was read after this call began; owned. */
static struct group_view *next_view(struct collector *collector,
                                    bool (*is_it)(const struct group_view *view))
{
    int64_t until_ms = clock_monotonic_ms(clock_system()) + 20000;
    struct group_view *view = collector_view(collector);
    while (!is_it(view) && clock_monotonic_ms(clock_system()) < until_ms) {
        group_view_release(view);
        collector_refresh(collector);
        struct pollfd wait = {.fd = collector_wake_fd(collector), .events = POLLIN};
        poll(&wait, 1, 1000);
        view = collector_view(collector);
    }
    assert_true(is_it(view));
    return view;
}

static int64_t newest_set(const struct server_view *view)
{
    if (!view->history_count)
        return 0;
    const struct history_chunk *chunk = view->history[view->history_count - 1];
    return chunk->rows[chunk->count - 1].set_id;
}

static int64_t wanted_set, read_after_ms;

static bool has_wanted_set(const struct group_view *view)
{
    for (size_t i = 0; i < view->servers_count; i++)
        if (newest_set(view->servers[i]) < wanted_set ||
            view->servers[i]->as_of_monotonic_ms < read_after_ms)
            return false;
    return true;
}

/* The rows of a view as text, without what differs by the time of reading. */
static char *facts_of(const struct server_view *view, const char *list)
{
    struct str text = {0};
    store_text_from_view(&text, view);
    char *begin = strstr(str_text(&text), list), *next = begin ? strchr(begin, '\n') : NULL;
    assert_non_null(next);
    struct str rows = {0};
    for (next++; *next && strcspn(next, "\t") < strcspn(next, "\n"); next = strchr(next, '\n') + 1) {
        size_t length = strcspn(next, "\n") + 1;
        /* the head line of the next list has two fields only */
        if (strcspn(strchr(next, '\t') + 1, "\t") >= strcspn(strchr(next, '\t') + 1, "\n"))
            break;
        str_add_bytes(&rows, next, length);
    }
    str_free(&text);
    return str_take(&rows);
}

static void assert_same_facts(const struct server_view *a, const struct server_view *b,
                              const char *list)
{
    char *left = facts_of(a, list), *right = facts_of(b, list);
    assert_string_equal(left, right);
    free(left);
    free(right);
}

static void after_hours_of_backups_the_view_equals_a_cold_read(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = collector_view(collector);
    wanted_set = newest_set(view->servers[0]);
    group_view_release(view);
    for (int round = 0; round < 4; round++) {
        if (round == 2) /* a partial set among them */
            assert_true(lab_process_run(&lab, "SQLSMALL", "EXEC sp_lab_backup_fails 'SSODB'"));
        if (round == 3)
            assert_true(lab_process_run(&lab, "SQLSMALL", "EXEC sp_lab_backup_fails NULL"));
        assert_true(lab_process_run(&lab, "SQLSMALL", "EXEC sp_lab_advance 3660"));
        wanted_set += 4;
        read_after_ms = clock_monotonic_ms(clock_system());
        group_view_release(next_view(collector, has_wanted_set));
    }
    view = next_view(collector, has_wanted_set);
    struct collector *other = start();
    struct group_view *cold = collector_view(other);
    for (size_t i = 0; i < view->servers_count; i++) {
        assert_same_facts(view->servers[i], cold->servers[i], "\nrows\t");
        assert_same_facts(view->servers[i], cold->servers[i], "\nbackups\t");
        assert_same_facts(view->servers[i], cold->servers[i], "\nmarks\t");
        assert_same_facts(view->servers[i], cold->servers[i], "\nrestores\t");
        assert_int_equal(view->servers[i]->last_restore_set, cold->servers[i]->last_restore_set);
    }
    group_view_release(cold);
    collector_stop(other);
    group_view_release(view);
    collector_stop(collector);
}

static bool source_is_lost(const struct group_view *view)
{
    return !view->servers[0]->reachable && view->servers[0]->error.code != ERR_OK;
}

static bool source_is_lost_for_its_login(const struct group_view *view)
{
    return source_is_lost(view) && view->servers[0]->error.code == ERR_LOGIN_REFUSED;
}

static bool source_is_back(const struct group_view *view)
{
    return view->servers[0]->reachable;
}

static void a_server_that_stalls_is_lost_alone_and_comes_back(void **state)
{
    (void)state;
    struct collector *collector = start();
    assert_true(lab_process_run(&lab, "DRSMALL", "EXEC sp_lab_server 'SQLSMALL', 'stall'"));
    struct group_view *view = next_view(collector, source_is_lost);
    assert_true(view->servers[1]->reachable);
    assert_true(view->servers[0]->history_count > 0); /* what was known stays */
    assert_false(view->servers[0]->from_disk);
    group_view_release(view);
    assert_true(lab_process_run(&lab, "DRSMALL", "EXEC sp_lab_server 'SQLSMALL', 'start'"));
    group_view_release(next_view(collector, source_is_back));
    collector_stop(collector);
}

static void a_source_that_refuses_the_login_is_told_from_one_that_is_away(void **state)
{
    (void)state;
    struct collector *collector = start();
    assert_true(lab_process_run(&lab, "SQLSMALL",
                                "EXEC sp_lab_login 'SQLSMALL', 'stopmark_monitor', 'locked'"));
    assert_true(lab_process_run(&lab, "SQLSMALL", "EXEC sp_lab_kill 'SQLSMALL', 'stopmark monitor'"));
    struct group_view *view = next_view(collector, source_is_lost_for_its_login);
    assert_int_equal(view->servers[0]->life, LIFE_ANSWERS);
    group_view_release(view);
    collector_stop(collector);
    kill(lab.pid, SIGUSR1); /* the lab's word for: the sources die */
    collector = start();
    view = next_view(collector, source_is_lost);
    assert_int_equal(view->servers[0]->error.code, ERR_UNREACHABLE);
    assert_int_equal(view->servers[0]->life, LIFE_NONE);
    group_view_release(view);
    collector_stop(collector);
    kill(lab.pid, SIGUSR2);
}

static void stopping_takes_about_a_second_while_a_query_is_stalled(void **state)
{
    (void)state;
    struct collector *collector = start();
    assert_true(lab_process_run(&lab, "DRSMALL", "EXEC sp_lab_server 'SQLSMALL', 'stall'"));
    collector_refresh(collector);
    struct pollfd wait = {.fd = collector_wake_fd(collector), .events = POLLIN};
    poll(&wait, 1, 500);
    int64_t begin_ms = clock_monotonic_ms(clock_system());
    collector_stop(collector);
    assert_true(clock_monotonic_ms(clock_system()) - begin_ms < 3000);
    assert_true(lab_process_run(&lab, "DRSMALL", "EXEC sp_lab_server 'SQLSMALL', 'start'"));
}

/* --- logins that see little -------------------------------------------------------------------- */

#define SCENARIO(servers, monitor, backup) SCENARIO_WITH("", servers, monitor, backup)
/* database: further ones, each with a comma behind it. */
#define SCENARIO_WITH(database, servers, monitor, backup)                                           \
    "{\"group\": \"Group\", \"now\": \"2026-11-20T12:20:50Z\", \"servers\": [" servers "],"          \
    " \"databases\": ["                                                                            \
    "  {\"name\": \"BizTalkMgmtDb\", \"server\": \"SQLSMALL\", \"role\": \"management\","             \
    "   \"data_mb\": 40, \"log_kb_per_second\": 1}," database                                      \
    "  {\"name\": \"BizTalkMsgBoxDb\", \"server\": \"SQLSMALL\", \"role\": \"master-messagebox\","    \
    "   \"data_mb\": 220, \"log_kb_per_second\": 6}],"                                             \
    " \"logins\": [{\"name\": \"stopmark_monitor\", \"use\": \"monitor\", " monitor "},"             \
    "  {\"name\": \"stopmark_restore\", \"use\": \"restore\", \"permissions\": [\"sysadmin\"]}],"     \
    " \"backup\": {\"location\": \"\\\\\\\\backup\\\\small\", \"every_minutes\": 15" backup "},"       \
    " \"history\": {\"days\": 1, \"mark_ms\": 547}}"
#define PLAIN_SERVERS                                                                              \
    "{\"name\": \"SQLSMALL\", \"role\": \"source\"},"                                              \
    "{\"name\": \"DRSMALL\", \"role\": \"destination\", \"restores\": \"*\"}"
#define SEES_ALL                                                                                   \
    "\"permissions\": [\"VIEW SERVER STATE\", \"VIEW ANY DEFINITION\"], \"databases\": [\"*\"]"

static int start_scenario(const char *text)
{
    char *path = lab_process_scenario(&lab, text);
    int failed = path ? lab_process_start(&lab, path) : 1;
    free(path);
    return failed;
}

static int start_blind(void **state)
{
    (void)state;
    return start_scenario(
        SCENARIO(PLAIN_SERVERS, "\"permissions\": [], \"databases\": []", ""));
}

static int start_local_time(void **state)
{
    (void)state;
    return start_scenario(
        SCENARIO("{\"name\": \"SQLSMALL\", \"role\": \"source\", \"utc_offset_minutes\": -300},"
                 "{\"name\": \"DRSMALL\", \"role\": \"destination\", \"restores\": \"*\"}",
                 SEES_ALL, ", \"use_local_time\": true"));
}

static int start_encrypted(void **state)
{
    (void)state;
    return start_scenario(SCENARIO(
        "{\"name\": \"SQLSMALL\", \"role\": \"source\", \"encryption\": \"required\"},"
        "{\"name\": \"DRSMALL\", \"role\": \"destination\", \"restores\": \"*\","
        " \"encryption\": \"on\", \"certificate\": \"wrong-host\"}",
        SEES_ALL, ""));
}

static void assert_hidden(const struct server_view *view, enum view_part part)
{
    const struct part_status *status = &view->parts[part];
    if (status->state != PART_NOT_VISIBLE)
        print_message("%s part %d: state %d, error %d\n", view->name, (int)part,
                      (int)status->state, status->error.server_number);
    assert_int_equal(status->state, PART_NOT_VISIBLE);
    assert_true(status->error.hint[0] != '\0');
}

static void what_a_login_may_not_see_names_the_grant_and_is_never_none(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = collector_view(collector);
    const struct server_view *source = view->servers[0], *standby = view->servers[1];
    assert_true(source->reachable && standby->reachable);
    assert_hidden(source, PART_ROSTER);
    assert_hidden(source, PART_HISTORY);
    assert_hidden(source, PART_JOBS);
    assert_true(source->has_management); /* known from sys.databases */
    assert_hidden(standby, PART_JOBS);
    const struct database_row *row = server_view_database(standby, "BizTalkMgmtDb");
    assert_non_null(row);
    assert_false(row->files_visible);
    assert_int_equal(row->sessions, -1);
    assert_false(view->readiness.possible);
    group_view_release(view);
    collector_stop(collector);
}

/* --- databases that nobody can open any more ----------------------------------------------------- */

static int start_hideable(void **state)
{
    (void)state;
    return start_scenario(SCENARIO_WITH(
        "{\"name\": \"Passing\", \"server\": \"SQLSMALL\", \"role\": \"none\", \"data_mb\": 1},",
        PLAIN_SERVERS, SEES_ALL, ""));
}

static size_t count_inside(const struct server_view *view, enum surrounding kind,
                           const char *database)
{
    size_t count = 0;
    for (size_t i = 0; i < view->surroundings_count; i++)
        count += view->surroundings[i].kind == kind &&
                 text_equal_nocase(view->surroundings[i].database, database);
    return count;
}

/* A fresh start reads from disk what the last one knew. */
static void assert_inside(const char *database, size_t users, size_t roles)
{
    struct collector *collector = start();
    struct group_view *view = collector_view(collector);
    assert_true(view->servers[0]->reachable);
    assert_int_equal(view->servers[0]->parts[PART_INSIDE].state, PART_READ);
    assert_int_equal(count_inside(view->servers[0], SURROUNDING_USER, database), users);
    assert_int_equal(count_inside(view->servers[0], SURROUNDING_BACKUP_ROLE, database), roles);
    group_view_release(view);
    collector_stop(collector);
}

static void users_of_a_database_that_was_taken_offline_stay_known(void **state)
{
    (void)state;
    assert_inside("BizTalkMsgBoxDb", 1, 1);
    assert_inside("BizTalkMgmtDb", 1, 1);
    assert_true(lab_process_run(&lab, "SQLSMALL",
                                "ALTER DATABASE BizTalkMsgBoxDb SET OFFLINE WITH NO_WAIT"));
    assert_inside("BizTalkMsgBoxDb", 1, 1); /* hidden from the login by now */
    assert_true(lab_process_run(&lab, "SQLSMALL",
                                "EXEC sp_lab_database 'SQLSMALL', 'BizTalkMgmtDb', 'suspect'"));
    assert_inside("BizTalkMgmtDb", 1, 1);
    assert_inside("BizTalkMsgBoxDb", 1, 1);
    assert_true(lab_process_run(&lab, "SQLSMALL",
                                "EXEC sp_lab_database 'SQLSMALL', 'BizTalkMgmtDb', 'online'"));
    assert_inside("BizTalkMgmtDb", 1, 1); /* read anew, not twice */
    assert_true(lab_process_run(&lab, "SQLSMALL", "ALTER DATABASE BizTalkMsgBoxDb SET ONLINE"));
    assert_inside("BizTalkMsgBoxDb", 1, 1);
}

/* Nobody asks for the users of a database that was never marked, and then was dropped. */
static void users_of_a_database_that_is_no_part_of_the_group_are_forgotten_with_it(void **state)
{
    (void)state;
    assert_inside("Passing", 1, 0);
    assert_true(lab_process_run(&lab, "SQLSMALL", "DROP DATABASE Passing"));
    assert_inside("Passing", 0, 0);
}

/* A message box that has another name than usual; BizTalk's own tables are hidden but for two. */
static int start_unlisted(void **state)
{
    (void)state;
    int failed = start_scenario(SCENARIO_WITH(
        "{\"name\": \"Postbox\", \"server\": \"SQLSMALL\", \"role\": \"messagebox\","
        " \"data_mb\": 1},",
        PLAIN_SERVERS,
        "\"permissions\": [\"VIEW SERVER STATE\", \"VIEW ANY DEFINITION\"],"
        " \"databases\": [\"master\", \"msdb\"]", ""));
    return failed || !lab_process_run(&lab, "SQLSMALL",
                                      "USE BizTalkMgmtDb; CREATE USER stopmark_monitor;"
                                      " GRANT SELECT ON dbo.adm_BackupHistory TO stopmark_monitor;"
                                      " GRANT SELECT ON dbo.admv_BackupDatabases TO"
                                      " stopmark_monitor");
}

static enum database_use use_of(const struct server_view *view, const char *database)
{
    for (size_t i = 0; i < view->roster_count; i++)
        if (strcmp(view->roster[i].database, database) == 0)
            return view->roster[i].use;
    return USE_CUSTOM; /* not in the roster */
}

static void assert_use(enum database_use use, const char *lacking)
{
    struct collector *collector = start();
    struct group_view *view = collector_view(collector);
    const struct part_status status = view->servers[0]->parts[PART_ROSTER];
    enum database_use postbox = use_of(view->servers[0], "Postbox");
    enum database_use box = use_of(view->servers[0], "BizTalkMsgBoxDb");
    group_view_release(view);
    collector_stop(collector);
    assert_int_equal(status.state, PART_READ);
    assert_int_equal(status.error.code, lacking != NULL ? ERR_PERMISSION : ERR_OK);
    if (lacking != NULL)
        assert_non_null(strstr(status.error.server_text, lacking));
    assert_int_equal(postbox, use);
    assert_int_equal(box, USE_MESSAGE_BOX);
}

static void grant(const char *table)
{
    char *sql = memory_format("USE BizTalkMgmtDb; GRANT SELECT ON dbo.%s TO stopmark_monitor", table);
    assert_true(lab_process_run(&lab, "SQLSMALL", sql));
    free(sql);
}

/* It is custom only where all tables that could tell otherwise were read. */
static void a_database_whose_use_is_hidden_is_not_taken_for_custom(void **state)
{
    (void)state;
    assert_use(USE_UNKNOWN, "adm_Group");
    grant("adm_Group");
    assert_use(USE_UNKNOWN, "adm_MessageBox");
    grant("adm_OtherBackupDatabases");
    grant("adm_BackupSettings");
    grant("adm_Server");
    assert_use(USE_UNKNOWN, "adm_MessageBox");
    grant("adm_MessageBox");
    assert_use(USE_MESSAGE_BOX, NULL);
}

/* --- names ------------------------------------------------------------------------------------- */

static const char odd_name[] = "Mgmt]; DROP o'x Größe";

static int start_odd_names(void **state)
{
    (void)state;
    struct str text = {0};
    const char *from = SCENARIO(PLAIN_SERVERS, SEES_ALL, ""), *name = "BizTalkMgmtDb";
    for (const char *at; (at = strstr(from, name)); from = at + strlen(name)) {
        str_add_bytes(&text, from, (size_t)(at - from));
        str_add(&text, odd_name);
    }
    str_add(&text, from);
    int failed = start_scenario(str_text(&text));
    str_free(&text);
    if (!failed) {
        free(lab.config->management_database);
        lab.config->management_database = memory_copy_text(odd_name);
    }
    return failed;
}

static void any_name_survives_quoting(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = collector_view(collector);
    const struct server_view *source = view->servers[0];
    assert_int_equal(source->parts[PART_ROSTER].state, PART_READ);
    assert_int_equal(source->parts[PART_HISTORY].state, PART_READ);
    assert_true(source->history_count > 0);
    assert_string_equal(source->management_database, odd_name);
    const struct database_row *row = server_view_database(source, odd_name);
    assert_non_null(row);
    assert_int_equal(row->has_mark_log, 1);
    bool found = false;
    for (size_t i = 0; i < source->roster_count; i++)
        found = found || (source->roster[i].use == USE_MANAGEMENT &&
                          text_equal(source->roster[i].database, odd_name));
    assert_true(found);
    group_view_release(view);
    collector_stop(collector);
}

/* --- clocks and encryption --------------------------------------------------------------------- */

static void local_stamps_are_found_out(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = collector_view(collector);
    const struct server_view *source = view->servers[0];
    assert_int_equal(source->utc_offset_min, -300);
    assert_true(source->use_local_time_known);
    assert_true(source->use_local_time);
    group_view_release(view);
    collector_stop(collector);
}

static void the_certificate_is_checked_and_all_is_read_over_tls(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = collector_view(collector);
    assert_true(view->servers[0]->reachable);
    assert_true(view->servers[0]->history_count > 0);
    assert_false(view->servers[1]->reachable); /* made for another host */
    assert_int_equal(view->servers[1]->error.code, ERR_UNREACHABLE);
    assert_int_equal(view->servers[1]->life, LIFE_ANSWERS); /* alive, whatever its certificate says */
    assert_non_null(strstr(view->servers[1]->error.hint, "certificate"));
    group_view_release(view);
    assert_true(lab_process_run(&lab, "SQLSMALL", "EXEC sp_lab_server 'SQLSMALL', 'stall'"));
    group_view_release(next_view(collector, source_is_lost)); /* time-outs work inside TLS */
    collector_stop(collector);
}

int main(int count, char **arguments)
{
    (void)count;
    if (!lab_process_find(&lab, arguments[0])) {
        printf("no lab at %s: nothing tested\n", lab.program);
        return 0;
    }
    const struct CMUnitTest changes[] = {
        cmocka_unit_test(after_hours_of_backups_the_view_equals_a_cold_read),
        cmocka_unit_test(a_server_that_stalls_is_lost_alone_and_comes_back),
        cmocka_unit_test(stopping_takes_about_a_second_while_a_query_is_stalled),
        cmocka_unit_test(a_source_that_refuses_the_login_is_told_from_one_that_is_away),
    };
    const struct CMUnitTest permissions[] = {
        cmocka_unit_test(what_a_login_may_not_see_names_the_grant_and_is_never_none),
    };
    const struct CMUnitTest hidden[] = {
        cmocka_unit_test(users_of_a_database_that_was_taken_offline_stay_known),
        cmocka_unit_test(users_of_a_database_that_is_no_part_of_the_group_are_forgotten_with_it),
    };
    const struct CMUnitTest names[] = {
        cmocka_unit_test(any_name_survives_quoting),
    };
    const struct CMUnitTest clocks[] = {
        cmocka_unit_test(local_stamps_are_found_out),
    };
    const struct CMUnitTest encryption[] = {
        cmocka_unit_test(the_certificate_is_checked_and_all_is_read_over_tls),
    };
    int failed = cmocka_run_group_tests(changes, start_small, stop_lab);
    failed += cmocka_run_group_tests(permissions, start_blind, stop_lab);
    failed += cmocka_run_group_tests(hidden, start_hideable, stop_lab);
    const struct CMUnitTest unlisted[] = {
        cmocka_unit_test(a_database_whose_use_is_hidden_is_not_taken_for_custom),
    };
    failed += cmocka_run_group_tests(unlisted, start_unlisted, stop_lab);
    failed += cmocka_run_group_tests(names, start_odd_names, stop_lab);
    failed += cmocka_run_group_tests(clocks, start_local_time, stop_lab);
    return failed + cmocka_run_group_tests(encryption, start_encrypted, stop_lab);
}
