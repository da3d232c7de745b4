/* The collector against the lab's servers over real TDS. Needs stopmark-lab beside the tests. */
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
#include "core/collector.h"
#include "core/proof.h"
#include "tests/support/lab_process.h"

static struct lab_process lab;

static int start_lab(void **state)
{
    (void)state;
    return lab_process_start(&lab, "contoso");
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
    struct collector *collector = collector_start(lab.config, clock_system(), &error);
    assert_non_null(collector);
    return collector;
}

/* The group view once every server was tried. */
static struct group_view *first_view(struct collector *collector)
{
    assert_true(collector_wait_first(collector, 30000));
    return collector_view(collector);
}

static const struct server_view *server(const struct group_view *view, const char *name)
{
    int index = config_server_find(lab.config, name);
    assert_true(index >= 0);
    return view->servers[index];
}

static bool count_row(void *context, const struct history_row *row)
{
    size_t *count = context;
    (void)row;
    ++*count;
    return true;
}

static size_t history_rows(const struct server_view *view)
{
    size_t count = 0;
    server_view_each_history(view, count_row, &count);
    return count;
}

static void assert_read(const struct server_view *view, enum view_part part)
{
    const struct part_status *status = &view->parts[part];
    char line[2300];
    error_format(&status->error, line, sizeof line);
    if (status->state != PART_READ)
        print_message("%s part %d: %s\n", view->name, part, line);
    assert_int_equal(status->state, PART_READ);
}

static void the_whole_group_is_read_at_the_first_poll(void **state)
{
    (void)state;
    int64_t begin_ms = clock_monotonic_ms(clock_system());
    struct collector *collector = start();
    struct group_view *view = first_view(collector);
    print_message("first view after %d ms\n",
                  (int)(clock_monotonic_ms(clock_system()) - begin_ms));
    const struct server_view *source = server(view, "SQLA");
    for (int part = 0; part < PART_COUNT; part++)
        if (part != PART_SHIPPING && part != PART_RESTORES && part != PART_FILES &&
            part != PART_REFERENCES)
            assert_read(source, (enum view_part)part);
    assert_true(source->reachable && source->has_management);
    assert_true(history_rows(source) > 12000);
    assert_true(source->backups_count > 11000);
    assert_true(source->marks_count > 9000);
    assert_true(source->use_local_time_known);
    assert_non_null(server_view_job(source, JOB_BACKUP));
    assert_true(source->job_runs_count > 20);
    assert_true(source->job_runs[0].started_utc_ms > source->server_utc_ms - INT64_C(3600000));
    assert_string_equal(source->node, "SQLA");
    assert_true(source->surroundings_count > 10);
    const struct server_view *standby = server(view, "DRSQL1");
    for (int part = 0; part < PART_COUNT; part++)
        if (part != PART_ROSTER && part != PART_BACKUPS && part != PART_MARKS &&
            part != PART_FILES && part != PART_REFERENCES)
            assert_read(standby, (enum view_part)part);
    assert_true(standby->last_restore_set > 0);
    assert_true(history_rows(standby) > 9000);
    assert_non_null(server_view_job(standby, JOB_RESTORE_TO_MARK));
    assert_non_null(server_view_job(standby, JOB_GET_HISTORY));
    assert_non_null(server_view_job(standby, JOB_RESTORE_DATABASES));
    group_view_release(view);
    collector_stop(collector);
}

static void the_roster_has_ten_databases_and_knows_their_uses(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = first_view(collector);
    const struct server_view *source = server(view, "SQLA");
    size_t in_job = 0, others = 0, masters = 0, boxes = 0, custom = 0;
    for (size_t i = 0; i < source->roster_count; i++) {
        const struct roster_row *row = &source->roster[i];
        in_job += row->in_backup_job;
        others += !row->in_backup_job;
        masters += row->is_master_message_box;
        boxes += row->use == USE_MESSAGE_BOX;
        custom += row->in_backup_job && row->use == USE_CUSTOM;
    }
    assert_int_equal(in_job, 10);
    assert_int_equal(others, 4);
    assert_int_equal(boxes, 2);
    assert_int_equal(masters, 1);
    assert_int_equal(custom, 1);
    assert_int_equal(view->roster_count, 10);
    group_view_release(view);
    collector_stop(collector);
}

static void standby_databases_show_where_they_stand(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = first_view(collector);
    const struct server_view *standby = server(view, "DRSQL1");
    const struct database_row *row = server_view_database(standby, "BizTalkMgmtDb");
    assert_non_null(row);
    assert_int_equal(row->state, STATE_RESTORING);
    assert_true(lsn_is_known(row->redo_lsn));
    assert_true(row->size_bytes > 0);
    const struct database_row *live =
        server_view_database(server(view, "SQLA"), "BizTalkMgmtDb");
    assert_non_null(live);
    assert_int_equal(live->state, STATE_ONLINE);
    assert_int_equal(live->has_mark_log, 1);
    assert_false(lsn_is_known(live->redo_lsn));
    group_view_release(view);
    collector_stop(collector);
}

static void a_healthy_group_can_fail_over(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = first_view(collector);
    for (size_t i = 0; i < view->readiness.reasons_count; i++)
        print_message("%s\n", view->readiness.reasons[i]);
    assert_true(view->readiness.possible);
    assert_true(view->sources_alive);
    assert_true(view->marks_count > 1000);
    group_view_release(view);
    collector_stop(collector);
}

static void the_files_of_the_route_are_proven_in_the_background(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = first_view(collector);
    int64_t until_ms = clock_monotonic_ms(clock_system()) + 20000;
    while (view->readiness.evidence != EVIDENCE_HEADER &&
           clock_monotonic_ms(clock_system()) < until_ms) {
        group_view_release(view);
        struct pollfd wake = {.fd = collector_wake_fd(collector), .events = POLLIN};
        poll(&wake, 1, 1000);
        view = collector_view(collector);
    }
    assert_int_equal(view->readiness.evidence, EVIDENCE_HEADER);
    assert_int_equal(view->readiness.verdict, VERDICT_OK);
    const struct server_view *standby = server(view, "DRSQL2");
    assert_read(standby, PART_FILES);
    assert_true(standby->proofs_count > 0);
    const struct file_proof *proof = standby->proofs[0];
    assert_int_equal(proof->headers_count, 1);
    assert_int_equal(proof->headers[0].position, 1);
    assert_true(lsn_is_known(proof->headers[0].first_lsn));
    assert_true(proof->files_count >= 2);
    assert_non_null(proof->files[0].logical_name);
    group_view_release(view);
    collector_stop(collector);
}

static const struct file_proof *proof_of(const struct group_view *view, size_t set, size_t entry)
{
    const struct roster_entry *of = &view->roster[entry];
    return server_view_proof(view->servers[of->destination], view->sets[set].files[entry].path);
}

static bool is_verified(const struct group_view *view, size_t set)
{
    for (size_t i = 0; i < view->roster_count; i++) {
        const struct file_proof *proof = proof_of(view, set, i);
        if (proof == NULL || proof->verification != VERIFY_READABLE)
            return false;
    }
    return true;
}

static void the_files_of_a_set_are_read_whole_on_request(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = first_view(collector);
    size_t set = view->sets_count - 1;
    while (!view->sets[set].complete)
        set--;
    assert_int_equal(collector_verify_set(collector, -7), 0);
    assert_int_equal(collector_verify_set(collector, view->sets[set].id), view->roster_count);
    int64_t until_ms = clock_monotonic_ms(clock_system()) + 30000;
    while (!is_verified(view, set) && clock_monotonic_ms(clock_system()) < until_ms) {
        group_view_release(view);
        struct pollfd wake = {.fd = collector_wake_fd(collector), .events = POLLIN};
        poll(&wake, 1, 1000);
        view = collector_view(collector);
    }
    assert_true(is_verified(view, set));
    assert_true(proof_of(view, set, 0)->headers_count == 1);
    group_view_release(view);
    collector_stop(collector);
}

static void the_next_poll_equals_the_first(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = first_view(collector);
    const struct server_view *before = server(view, "SQLA");
    int64_t until_ms = clock_monotonic_ms(clock_system()) + 20000;
    struct group_view *next = NULL;
    do {
        group_view_release(next);
        collector_refresh(collector);
        struct pollfd wait = {.fd = collector_wake_fd(collector), .events = POLLIN};
        assert_true(poll(&wait, 1, 10000) == 1);
        next = collector_view(collector);
    } while (server(next, "SQLA")->as_of_monotonic_ms == before->as_of_monotonic_ms &&
             clock_monotonic_ms(clock_system()) < until_ms);
    const struct server_view *after = server(next, "SQLA");
    assert_true(after->as_of_monotonic_ms > before->as_of_monotonic_ms);
    assert_int_equal(history_rows(after), history_rows(before));
    assert_int_equal(after->backups_count, before->backups_count);
    assert_int_equal(after->marks_count, before->marks_count);
    assert_int_equal(after->history_count, before->history_count);
    for (size_t i = 0; i < after->history_count; i++)
        assert_ptr_equal(after->history[i], before->history[i]); /* shared, not copied */
    group_view_release(next);
    group_view_release(view);
    collector_stop(collector);
}

static void with_the_sources_dead_the_last_good_views_are_there(void **state)
{
    (void)state;
    kill(lab.pid, SIGUSR1); /* the lab's word for: the sources die */
    struct collector *collector = start();
    struct group_view *view = first_view(collector);
    const struct server_view *source = server(view, "SQLA");
    assert_false(source->reachable);
    assert_true(source->from_disk);
    assert_true(history_rows(source) > 12000);
    assert_true(source->marks_count > 9000);
    assert_true(server(view, "DRSQL1")->reachable);
    assert_false(view->sources_alive);
    assert_int_equal(view->roster_count, 10);
    group_view_release(view);
    collector_stop(collector);
    kill(lab.pid, SIGUSR2);
}

static size_t references_to(const struct server_view *view, const char *old)
{
    size_t count = 0;
    for (size_t i = 0; i < view->surroundings_count; i++)
        count += view->surroundings[i].kind == SURROUNDING_REFERENCE &&
                 strcmp(view->surroundings[i].detail, old) == 0;
    return count;
}

/* Where nothing was restored there is nothing to look into; where it was, the names are read; a
 * table that may not be read is told by its name's grant, and the others are read all the same. */
static void server_names_are_read_inside_databases_that_were_restored(void **state)
{
    (void)state;
    struct collector *collector = start();
    struct group_view *view = first_view(collector);
    assert_int_equal(server(view, "DRSQL1")->parts[PART_REFERENCES].state, PART_NOT_ASKED);
    assert_int_equal(references_to(server(view, "DRSQL1"), "SQLA"), 0);
    group_view_release(view);
    collector_stop(collector);

    assert_true(lab_process_run(&lab, "DRSQL1", "RESTORE DATABASE BizTalkMgmtDb WITH RECOVERY"));
    collector = start();
    view = first_view(collector);
    const struct server_view *live = server(view, "DRSQL1");
    assert_read(live, PART_REFERENCES);
    size_t before = references_to(live, "SQLA");
    assert_true(before >= 5);
    group_view_release(view);
    collector_stop(collector);

    /* the monitoring login has no user in this one */
    assert_true(lab_process_run(&lab, "DRSQL1", "RESTORE DATABASE BAMPrimaryImport WITH RECOVERY"));
    assert_true(lab_process_run(&lab, "DRSQL1", "CREATE TABLE BAMPrimaryImport.dbo."
                                                "bam_Metadata_ReferencedDatabases"
                                                " (ServerName nvarchar(128) NOT NULL)"));
    collector = start();
    view = first_view(collector);
    live = server(view, "DRSQL1");
    assert_int_equal(live->parts[PART_REFERENCES].error.code, ERR_PERMISSION);
    assert_int_equal(references_to(live, "SQLA"), before);
    group_view_release(view);
    collector_stop(collector);
}

int main(int count, char **arguments)
{
    (void)count;
    if (!lab_process_find(&lab, arguments[0])) {
        printf("no lab at %s: nothing tested\n", lab.program);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_group_is_read_at_the_first_poll),
        cmocka_unit_test(the_roster_has_ten_databases_and_knows_their_uses),
        cmocka_unit_test(standby_databases_show_where_they_stand),
        cmocka_unit_test(a_healthy_group_can_fail_over),
        cmocka_unit_test(the_files_of_the_route_are_proven_in_the_background),
        cmocka_unit_test(the_files_of_a_set_are_read_whole_on_request),
        cmocka_unit_test(the_next_poll_equals_the_first),
        cmocka_unit_test(with_the_sources_dead_the_last_good_views_are_there),
        cmocka_unit_test(server_names_are_read_inside_databases_that_were_restored),
    };
    return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
