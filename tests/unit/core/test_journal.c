/* The journal: numbers, durability of intents, what a reader finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/journal.h"

/* In front of the C library's: what SQLite syncs goes through here. */
static int syncs;
int fsync(int fd)
{
    syncs++;
    return (int)syscall(SYS_fsync, fd);
}
int fdatasync(int fd)
{
    syncs++;
    return (int)syscall(SYS_fdatasync, fd);
}

static char directory[] = "/tmp/stopmark-journal-XXXXXX";

static struct journal *a_run(int64_t *run)
{
    struct journal_head head = {.group = memory_copy_text("Contoso"),
                                .mark = memory_copy_text("BTS_1"),
                                .by = memory_copy_text("anna"),
                                .host = memory_copy_text("ops1"),
                                .set = 1184,
                                .situation = SITUATION_SOURCE_LOST,
                                .started_utc_ms = 1000};
    struct error error;
    struct journal *journal = journal_create(directory, &head, "{\"plan\":1}", "abc", &error);
    assert_non_null(journal);
    *run = head.run;
    journal_head_free(&head);
    return journal;
}

static struct journal_intent an_intent(void)
{
    return (struct journal_intent){.server = "DR", .database = "Db", .step = 2,
                                   .kind = STEP_RESTORE_LOG, .sql = "RESTORE LOG [Db] ...",
                                   .set = 1184, .file = "\\\\b\\f.trn",
                                   .redo_before = lsn_parse("43000000123400001"),
                                   .state_before = STATE_RESTORING, .history_before = 7,
                                   .at_utc_ms = 2000};
}

static void every_run_gets_a_number_of_its_own(void **state)
{
    (void)state;
    int64_t first, second;
    journal_close(a_run(&first));
    journal_close(a_run(&second));
    assert_int_equal(second, first + 1);
    size_t count;
    int64_t *runs = journal_runs(directory, &count);
    assert_int_equal(runs[0], second);
    assert_int_equal(runs[1], first);
    free(runs);
}

static void two_processes_never_get_the_same_number(void **state)
{
    (void)state;
    enum { PROCESSES = 4, RUNS = 3 };
    size_t before, after;
    free(journal_runs(directory, &before));
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            for (int k = 0; k < RUNS; k++) {
                int64_t run;
                struct journal *journal = a_run(&run);
                journal_close(journal);
                if (run == 0)
                    _exit(1);
            }
            _exit(0);
        }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        wait(&status);
        assert_int_equal(status, 0);
    }
    free(journal_runs(directory, &after));
    assert_int_equal(after, before + PROCESSES * RUNS);
}

static void an_intent_without_outcome_is_found_as_unknown(void **state)
{
    (void)state;
    int64_t run;
    struct error error;
    struct journal *journal = a_run(&run);
    struct journal_intent intent = an_intent();
    assert_int_equal(journal_intend(journal, &intent, &error), ERR_OK);
    journal_close(journal);
    journal = journal_open(directory, run, JOURNAL_READ, &error);
    struct journal_content content;
    assert_int_equal(journal_read(journal, &content, &error), ERR_OK);
    assert_int_equal(content.steps_count, 1);
    assert_int_equal(content.steps[0].state, STEP_UNKNOWN);
    assert_int_equal(content.steps[0].done_utc_ms, TIME_UNKNOWN);
    assert_true(content.steps[0].of_plan);
    assert_string_equal(content.steps[0].sql, intent.sql);
    assert_int_equal(lsn_compare(content.steps[0].redo_before, intent.redo_before), 0);
    journal_content_free(&content);
    journal_close(journal);
}

static void the_last_outcome_of_an_intent_stands(void **state)
{
    (void)state;
    int64_t run;
    struct error error;
    struct journal *journal = a_run(&run);
    struct journal_intent intent = an_intent();
    assert_int_equal(journal_intend(journal, &intent, &error), ERR_OK);
    struct journal_outcome outcome = {.intent = intent.id, .state = STEP_UNKNOWN, .at_utc_ms = 1};
    assert_int_equal(journal_conclude(journal, &outcome, &error), ERR_OK);
    outcome = (struct journal_outcome){.intent = intent.id, .state = STEP_DONE,
                                       .mark_reached = true, .state_after = STATE_RESTORING,
                                       .standby_after = true, .history_after = 8,
                                       .redo_after = lsn_parse("5"), .text = "reached",
                                       .at_utc_ms = 2};
    assert_int_equal(journal_conclude(journal, &outcome, &error), ERR_OK);
    struct journal_content content;
    assert_int_equal(journal_read(journal, &content, &error), ERR_OK);
    assert_int_equal(content.steps_count, 1);
    assert_int_equal(content.steps[0].state, STEP_DONE);
    assert_true(content.steps[0].mark_reached);
    assert_string_equal(content.steps[0].text, "reached");
    assert_true(content.steps[0].standby_after);
    assert_int_equal(content.steps[0].history_before, 7);
    assert_int_equal(content.steps[0].history_after, 8);
    journal_content_free(&content);
    journal_close(journal);
}

static void head_plan_and_notes_come_back(void **state)
{
    (void)state;
    int64_t run;
    struct error error;
    struct journal *journal = a_run(&run);
    assert_int_equal(journal_revise(journal, "{\"plan\":2}", "def", "anna", 5, &error), ERR_OK);
    assert_int_equal(journal_set_prepared(journal, &error), ERR_OK);
    assert_int_equal(journal_message(journal, 6, "hello", &error), ERR_OK);
    assert_int_equal(journal_decide(journal, 7, "anna", "confirmed", &error), ERR_OK);
    assert_int_equal(journal_job(journal, "DR", "id", "BTS Log Shipping", true, &error), ERR_OK);
    assert_int_equal(journal_job(journal, "DR", "id", "BTS Log Shipping", false, &error), ERR_OK);
    assert_int_equal(journal_end(journal, RUN_FAILED, ERR_TIMEOUT, "too slow", 9, &error), ERR_OK);
    struct journal_content content;
    assert_int_equal(journal_read(journal, &content, &error), ERR_OK);
    assert_int_equal(content.head.run, run);
    assert_int_equal(content.head.state, RUN_FAILED);
    assert_int_equal(content.head.code, ERR_TIMEOUT);
    assert_true(content.head.prepared);
    assert_string_equal(content.head.reason, "too slow");
    assert_int_equal(strlen(content.head.uuid), 36);
    assert_string_equal(content.plan, "{\"plan\":2}");
    assert_string_equal(content.hash, "def");
    assert_string_equal(content.messages[0].text, "hello");
    assert_string_equal(content.decisions[0].by, "anna");
    assert_int_equal(content.jobs_count, 1);
    assert_true(content.jobs[0].was_enabled); /* a resume finds what the run disabled itself */
    journal_content_free(&content);
    assert_int_equal(journal_reopen(journal, &error), ERR_OK);
    struct journal_head head;
    assert_int_equal(journal_read_head(journal, &head, &error), ERR_OK);
    assert_int_equal(head.ended_utc_ms, TIME_UNKNOWN);
    assert_null(head.reason);
    journal_head_free(&head);
    journal_close(journal);
}

static void the_last_tick_of_a_step_stands(void **state)
{
    (void)state;
    int64_t run;
    struct error error;
    struct journal *journal = a_run(&run);
    journal_tick(journal, "a", true, "anna", "done", 1, &error);
    journal_tick(journal, "b", true, "anna", NULL, 2, &error);
    journal_tick(journal, "a", false, NULL, NULL, 3, &error);
    struct journal_content content;
    assert_int_equal(journal_read(journal, &content, &error), ERR_OK);
    assert_int_equal(content.ticks_count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(content.ticks[i].ticked, strcmp(content.ticks[i].step_id, "b") == 0);
    journal_content_free(&content);
    journal_close(journal);
}

static void an_intent_survives_the_kill_of_its_writer(void **state)
{
    (void)state;
    int64_t run;
    struct error error;
    journal_close(a_run(&run));
    pid_t child = fork();
    if (child == 0) {
        struct journal *journal = journal_open(directory, run, JOURNAL_WRITE, &error);
        struct journal_intent intent = an_intent();
        if (journal == NULL || journal_intend(journal, &intent, &error) != ERR_OK)
            _exit(1);
        kill(getpid(), 9);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    struct journal *journal = journal_open(directory, run, JOURNAL_READ, &error);
    struct journal_content content;
    assert_int_equal(journal_read(journal, &content, &error), ERR_OK);
    assert_int_equal(content.steps_count, 1);
    journal_content_free(&content);
    journal_close(journal);
}

static void a_missing_run_is_named(void **state)
{
    (void)state;
    struct error error;
    assert_null(journal_open(directory, 4711, JOURNAL_READ, &error));
    assert_int_equal(error.code, ERR_USAGE);
    assert_non_null(strstr(error.what, "4711"));
}

static void the_file_is_its_owners_only(void **state)
{
    (void)state;
    int64_t run;
    journal_close(a_run(&run));
    char *path = memory_format("%s/run-%04lld.journal", directory, (long long)run);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    free(path);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
    (void)state;
    char *command = memory_format("rm -rf '%s'", directory);
    int result = system(command);
    free(command);
    return result;
}

static void an_intent_is_on_the_disk_before_it_counts(void **state)
{
    (void)state;
    int64_t run;
    struct error error;
    struct journal *journal = a_run(&run);
    struct journal_intent intent = an_intent();
    int before = syncs;
    assert_int_equal(journal_intend(journal, &intent, &error), ERR_OK);
    /* the rollback journal, the database, the truncated rollback journal */
    assert_true(syncs - before >= 3);
    before = syncs;
    struct journal_outcome outcome = {.intent = intent.id, .state = STEP_DONE, .at_utc_ms = 1};
    assert_int_equal(journal_conclude(journal, &outcome, &error), ERR_OK);
    assert_true(syncs - before >= 3);
    journal_close(journal);
}

static void where_a_database_stood_before_comes_back_with_its_intent(void **state)
{
    (void)state;
    int64_t run;
    struct error error;
    struct journal *journal = a_run(&run);
    struct journal_intent intent = an_intent();
    intent.kind = STEP_RECOVER;
    intent.state_before = STATE_ONLINE;
    intent.standby_before = true;
    assert_int_equal(journal_intend(journal, &intent, &error), ERR_OK);
    struct journal_content content;
    assert_int_equal(journal_read(journal, &content, &error), ERR_OK);
    assert_int_equal(content.steps[0].kind, STEP_RECOVER);
    assert_int_equal(content.steps[0].state_before, STATE_ONLINE);
    assert_true(content.steps[0].standby_before);
    journal_content_free(&content);
    journal_close(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_gets_a_number_of_its_own),
        cmocka_unit_test(two_processes_never_get_the_same_number),
        cmocka_unit_test(an_intent_without_outcome_is_found_as_unknown),
        cmocka_unit_test(the_last_outcome_of_an_intent_stands),
        cmocka_unit_test(head_plan_and_notes_come_back),
        cmocka_unit_test(the_last_tick_of_a_step_stands),
        cmocka_unit_test(an_intent_survives_the_kill_of_its_writer),
        cmocka_unit_test(a_missing_run_is_named),
        cmocka_unit_test(the_file_is_its_owners_only),
        cmocka_unit_test(an_intent_is_on_the_disk_before_it_counts),
        cmocka_unit_test(where_a_database_stood_before_comes_back_with_its_intent),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
