/* Reports: what they say of a run, as Markdown and JSON; files and ticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/report.h"

static char directory[] = "/tmp/stopmark-report-XXXXXX";

static struct config configuration(void)
{
    static char group[] = "Contoso", path[] = "/nowhere/stopmark.ini";
    return (struct config){.state_dir = directory, .group_name = group, .path = path};
}

static struct plan_database *add_database(struct plan *plan, const char *name)
{
    struct plan_database *database = memory_append(plan, databases);
    database->server = memory_copy_text("DR");
    database->database = memory_copy_text(name);
    database->reason = NULL;
    database->use = USE_SSO;
    struct plan_step *step = memory_append(database, steps);
    step->kind = STEP_RECOVER;
    step->sql = memory_copy_text("RESTORE DATABASE [x] WITH RECOVERY");
    return database;
}

/* A run of two databases in the state given, both verified or one. */
static int64_t make_run(enum run_state state, int verified)
{
    struct plan *plan = memory_new(sizeof *plan);
    plan->group = memory_copy_text("Contoso");
    plan->mark = memory_copy_text("BTS_1");
    plan->possible = true;
    plan->set = 1184;
    add_database(plan, "A|b");
    add_database(plan, "B");
    struct journal_head head = {.group = memory_copy_text("Contoso"),
                                .mark = memory_copy_text("BTS_1"),
                                .by = memory_copy_text("anna"),
                                .host = memory_copy_text("ops1"),
                                .set = 1184, .started_utc_ms = 1000};
    struct error error;
    char *json = plan_to_json(plan);
    struct journal *journal = journal_create(directory, &head, json, "hash", &error);
    assert_non_null(journal);
    struct journal_intent intent = {.server = "DR", .database = "A|b", .step = 0,
                                    .kind = STEP_RECOVER, .sql = "RESTORE DATABASE [A|b]",
                                    .at_utc_ms = 2000};
    journal_intend(journal, &intent, &error);
    struct journal_outcome outcome = {.intent = intent.id, .state = STEP_DONE,
                                      .state_after = STATE_ONLINE, .text = "found online",
                                      .at_utc_ms = 2500};
    journal_conclude(journal, &outcome, &error);
    for (int i = 0; i < verified; i++) {
        struct journal_verified found = {.server = "DR", .database = i == 0 ? "A|b" : "B",
                                         .proven = true, .verified = true,
                                         .state = STATE_ONLINE, .at_mark = true,
                                         .marklog_has_mark = true, .read_write = true,
                                         .evidence = "seen"};
        journal_verified(journal, &found, 3000, &error);
    }
    journal_message(journal, 2600, "a \x1b[31mred\x1b[0m message", &error);
    journal_decide(journal, 1000, "anna", "confirmed", &error);
    if (state != RUN_RESTORING)
        journal_end(journal, state, state == RUN_DONE || state == RUN_AFTER ? ERR_OK : ERR_NOT_PROVEN,
                    state == RUN_DONE || state == RUN_AFTER ? NULL : "it broke", 4000, &error);
    else
        journal_set_state(journal, state, &error);
    journal_close(journal);
    int64_t run = head.run;
    journal_head_free(&head);
    free(json);
    plan_free(plan);
    return run;
}

static struct report *load(int64_t run)
{
    struct config config = configuration();
    struct error error;
    struct report *report = report_load(&config, run, &error);
    assert_non_null(report);
    return report;
}

static void a_done_run_with_all_databases_verified_is_ok(void **state)
{
    (void)state;
    struct report *report = load(make_run(RUN_DONE, 2));
    assert_int_equal(report->verdict, VERDICT_OK);
    assert_non_null(strstr(report->verdict_text, "BTS_1"));
    assert_int_equal(report->databases_count, 2);
    report_free(report);
}

static void one_unverified_database_is_never_ok(void **state)
{
    (void)state;
    struct report *report = load(make_run(RUN_DONE, 1));
    assert_int_not_equal(report->verdict, VERDICT_OK);
    report_free(report);
}

static void a_failed_run_is_critical_and_one_under_way_undecided(void **state)
{
    (void)state;
    struct report *report = load(make_run(RUN_FAILED, 2));
    assert_int_equal(report->verdict, VERDICT_CRITICAL);
    assert_string_equal(report->summary.reason, "it broke");
    report_free(report);
    report = load(make_run(RUN_RESTORING, 0));
    assert_int_equal(report->verdict, VERDICT_UNKNOWN);
    assert_int_equal(report->databases[1].state_known, false);
    report_free(report);
}

static void the_json_has_the_contracts_fields(void **state)
{
    (void)state;
    struct report *report = load(make_run(RUN_DONE, 2));
    char *text = report_to_json(report);
    json_t *document = json_loads(text, 0, NULL);
    static const char *const fields[] = {
        "schema", "run", "uuid", "state", "situation", "mark", "stop", "method", "by", "host",
        "started", "ended", "verdict", "databases", "steps", "messages", "decisions", "manual"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        assert_non_null(json_object_get(document, fields[i]));
    assert_string_equal(json_string_value(json_object_get(document, "verdict")), "ok");
    const json_t *first = json_array_get(json_object_get(document, "databases"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "state")), "ONLINE");
    assert_true(json_is_true(json_object_get(first, "at_mark")));
    assert_int_equal(json_integer_value(json_object_get(first, "later_marks")), 0);
    json_decref(document);
    free(text);
    report_free(report);
}

static void markdown_escapes_bars_and_holds_no_control_characters(void **state)
{
    (void)state;
    struct report *report = load(make_run(RUN_DONE, 2));
    char *text = report_to_markdown(report);
    assert_non_null(strstr(text, "A\\|b"));
    assert_null(strchr(text, '\x1b'));
    assert_non_null(strstr(text, "RESTORE DATABASE [A|b]"));
    free(text);
    report_free(report);
}

static void both_files_are_written_for_their_owner_only(void **state)
{
    (void)state;
    struct config config = configuration();
    struct report *report = load(make_run(RUN_DONE, 2));
    struct error error;
    char *path = NULL;
    assert_int_equal(report_write(&config, report, &path, &error), ERR_OK);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    free(path);
    path = memory_format("%s/report-%lld.json", directory, (long long)report->summary.run);
    assert_int_equal(stat(path, &about), 0);
    free(path);
    report_free(report);
}

static void a_tick_is_kept_with_who_and_note_and_can_be_taken_back(void **state)
{
    (void)state;
    struct config config = configuration();
    int64_t run = make_run(RUN_DONE, 2);
    struct error error;
    struct report *report = load(run);
    assert_true(report->manual_count > 5);
    char *id = memory_copy_text(report->manual[0].id);
    report_free(report);
    assert_int_equal(report_tick(&config, run, id, "bert", "power cut", &error), ERR_OK);
    report = load(run);
    assert_true(report->manual[0].ticked);
    assert_string_equal(report->manual[0].by, "bert");
    assert_string_equal(report->manual[0].note, "power cut");
    report_free(report);
    assert_int_equal(report_tick(&config, run, id, NULL, NULL, &error), ERR_OK);
    report = load(run);
    assert_false(report->manual[0].ticked);
    report_free(report);
    assert_int_equal(report_tick(&config, run, "no-such-step", "b", "", &error), ERR_USAGE);
    free(id);
}

static void the_last_tick_ends_a_verified_run_and_one_taken_back_opens_it(void **state)
{
    (void)state;
    struct config config = configuration();
    int64_t run = make_run(RUN_AFTER, 2);
    struct error error;
    struct report *steps = load(run);
    for (size_t i = 0; i < steps->manual_count; i++) {
        if (steps->manual[i].by_run || steps->manual[i].back)
            continue;
        struct report *before = load(run);
        assert_int_equal(before->summary.state, RUN_AFTER);
        report_free(before);
        assert_int_equal(report_tick(&config, run, steps->manual[i].id, "b", "", &error), ERR_OK);
    }
    struct report *report = load(run);
    assert_int_equal(report->summary.state, RUN_DONE);
    report_free(report);
    assert_int_equal(report_tick(&config, run, steps->manual[0].id, NULL, NULL, &error), ERR_OK);
    report = load(run);
    assert_int_equal(report->summary.state, RUN_AFTER);
    report_free(report);
    report_free(steps);
}

static void what_the_run_proves_is_not_ticked_by_hand(void **state)
{
    (void)state;
    struct config config = configuration();
    int64_t run = make_run(RUN_AFTER, 2);
    struct report *report = load(run);
    size_t proven = 0, back = 0;
    for (size_t i = 0; i < report->manual_count; i++) {
        struct error error;
        const struct manual_step *step = &report->manual[i];
        back += step->back;
        if (!step->by_run)
            continue;
        proven += step->ticked;
        assert_int_equal(report_tick(&config, run, step->id, "b", "", &error), ERR_REFUSED);
        if (strcmp(step->id, "verified") == 0) {
            assert_true(step->ticked);
            assert_string_equal(step->note, "2 of 2 databases verified");
        }
    }
    assert_true(proven > 0 && back > 0);
    char *text = report_to_markdown(report);
    assert_non_null(strstr(text, "## Fail back (0 of "));
    assert_non_null(strstr(text, "### References and Enterprise Single Sign-On"));
    free(text);
    report_free(report);
}

static void evidence_is_kept_with_the_tick_and_what_cannot_be_read_is_no_evidence(void **state)
{
    (void)state;
    struct config config = configuration();
    int64_t run = make_run(RUN_AFTER, 2);
    struct error error;
    char *path = memory_format("%s/evidence.txt", directory);
    FILE *file = fopen(path, "w");
    fputs("abc", file);
    fclose(file);
    char *note = memory_format("done @%s", path);
    assert_int_equal(report_tick(&config, run, "fence-source", "bert", note, &error), ERR_OK);
    struct report *report = load(run);
    for (size_t i = 0; i < report->manual_count; i++)
        if (strcmp(report->manual[i].id, "fence-source") == 0)
            assert_non_null(strstr(report->manual[i].note, "3 bytes, sha256 ba7816bf"));
    report_free(report);
    unlink(path);
    assert_int_equal(report_tick(&config, run, "stop-processing", "b", note, &error), ERR_IO);
    free(note);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_done_run_with_all_databases_verified_is_ok),
        cmocka_unit_test(one_unverified_database_is_never_ok),
        cmocka_unit_test(a_failed_run_is_critical_and_one_under_way_undecided),
        cmocka_unit_test(the_json_has_the_contracts_fields),
        cmocka_unit_test(markdown_escapes_bars_and_holds_no_control_characters),
        cmocka_unit_test(both_files_are_written_for_their_owner_only),
        cmocka_unit_test(a_tick_is_kept_with_who_and_note_and_can_be_taken_back),
        cmocka_unit_test(what_the_run_proves_is_not_ticked_by_hand),
        cmocka_unit_test(evidence_is_kept_with_the_tick_and_what_cannot_be_read_is_no_evidence),
        cmocka_unit_test(the_last_tick_ends_a_verified_run_and_one_taken_back_opens_it),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
