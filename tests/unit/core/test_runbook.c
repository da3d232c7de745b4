/* The runbook: the text that is built in, a site's own, what is chosen and filled in. */
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

#include "core/base/memory.h"
#include "core/runbook.h"

static struct plan_database databases[] = {
    {.server = (char[]){"DRSQL1"}, .database = (char[]){"BizTalkMgmtDb"}, .use = USE_MANAGEMENT},
    {.server = (char[]){"DRSQL1"}, .database = (char[]){"SSODB"}, .use = USE_SSO},
    {.server = (char[]){"DRSQL2"}, .database = (char[]){"Box"}, .use = USE_MESSAGE_BOX},
};
static struct plan plan = {.group = (char[]){"Contoso"}, .mark = (char[]){"BTS_1"},
                           .databases = databases, .databases_count = 3};

static void the_built_in_text_is_a_runbook(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    struct runbook *runbook = runbook_parse(runbook_default(), &problems);
    for (size_t i = 0; i < problems.items_count; i++)
        fail_msg("%d: %s", problems.items[i].line, problems.items[i].text);
    assert_non_null(runbook);
    assert_true(runbook->steps_count > 20);
    runbook_free(runbook);
}

static void steps_belong_to_situations_and_databases(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    struct runbook *runbook = runbook_parse("[a]\ntitle = A\nsituations = rehearsal\ntext = x\n"
                                            "[b]\ntitle = B\ndatabases = bam\ntext = x\n"
                                            "[c]\ntitle = C\ndatabases = sso\ntext = x\n"
                                            "[d]\ntitle = D\nsituations = fail-back\ntext = x\n"
                                            "[e]\ntitle = E\nphase = readiness\n"
                                            "every = 10d\ntext = x\n",
                                            &problems);
    assert_non_null(runbook);
    assert_false(runbook_applies(&runbook->steps[0], SITUATION_SOURCE_LOST, &plan));
    assert_true(runbook_applies(&runbook->steps[0], SITUATION_REHEARSAL, &plan));
    assert_false(runbook_applies(&runbook->steps[1], SITUATION_SOURCE_LOST, &plan));
    assert_true(runbook_applies(&runbook->steps[2], SITUATION_SOURCE_LOST, &plan));
    assert_false(runbook_applies(&runbook->steps[3], SITUATION_SOURCE_LOST, &plan));
    assert_true(runbook_applies_back(&runbook->steps[3], &plan));
    assert_false(runbook_applies_back(&runbook->steps[2], &plan));
    assert_false(runbook_applies(&runbook->steps[4], SITUATION_SOURCE_LOST, &plan));
    assert_int_equal(runbook->steps[4].every_ms, INT64_C(10) * 86400000);
    runbook_free(runbook);
}

static void names_are_filled_in_and_other_braces_stay(void **state)
{
    (void)state;
    char *text = runbook_fill("{group} {mark} {run} {destinations} {management} "
                              "{management_database} {else} {", &plan, 7);
    assert_string_equal(text, "Contoso BTS_1 7 DRSQL1, DRSQL2 DRSQL1 BizTalkMgmtDb {else} {");
    free(text);
}

static void an_indented_line_continues_the_text(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    struct runbook *runbook =
        runbook_parse("# c\n[a]\ntitle = T = 1; 2\ntext = one\n   two\n\n   three\n", &problems);
    assert_non_null(runbook);
    assert_string_equal(runbook->steps[0].title, "T = 1; 2");
    assert_string_equal(runbook->steps[0].text, "one\ntwo\nthree");
    runbook_free(runbook);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line;
        const char *what;
    } cases[] = {
        {"title = x\n", 1, "before the first"},
        {"[a\ntitle = x\ntext = y\n", 1, "one word"},
        {"[a b]\ntitle = x\ntext = y\n", 1, "one word"},
        {"[a]\ntitle = x\ntext = y\n[a]\ntitle = x\ntext = y\n", 4, "twice, first in line 1"},
        {"[a]\ntitle = x\ntext = y\nwhat = x\n", 4, "unknown key 'what'"},
        {"[a]\ntitle = x\ntitle = z\ntext = y\n", 3, "twice"},
        {"[a]\nnonsense\ntitle = x\ntext = y\n", 2, "key = value"},
        {"[a]\nsituations = source-lots\ntitle = x\ntext = y\n", 2, "did you mean 'source-lost'"},
        {"[a]\nkind = manuel\ntitle = x\ntext = y\n", 2, "did you mean 'manual'"},
        {"[a]\nphase = later\ntitle = x\ntext = y\n", 2, "unknown word 'later'"},
        {"[a]\n  more\ntitle = x\ntext = y\n", 2, "indented"},
        {"[a]\ntitle = x\n", 1, "has no text"},
        {"[a]\ntext = x\n", 1, "has no title"},
        {"[a]\nkind = automatic\ntitle = x\ntext = y\n", 1, "needs a proof"},
        {"[a]\nproof = online\ntitle = x\ntext = y\n", 1, "a proof goes with"},
        {"[a]\nphase = readiness\ntitle = x\ntext = y\n", 1, "needs every"},
        {"[a]\nphase = readiness\nevery = often\ntitle = x\ntext = y\n", 3, "a duration"},
        {"[a]\nevery = 3d\ntitle = x\ntext = y\n", 1, "goes with phase = readiness"},
        {"[sso-database]\ntitle = x\ntext = y\n[update-registry]\ntitle = x\ntext = y\n", 1,
         "[sso-database] must stand behind [update-registry]"},
        {"[sso-server-name]\ntitle = x\ntext = y\n[reconnect-console]\ntitle = x\ntext = y\n", 1,
         "[sso-server-name] must stand behind [reconnect-console]"},
        {"[reconnect-console]\ntitle = x\ntext = y\n[restart-wmi]\ntitle = x\ntext = y\n", 1,
         "[reconnect-console] must stand behind [restart-wmi]"},
        {"[enable-processing]\ntitle = x\ntext = y\n[start-services]\ntitle = x\ntext = y\n", 1,
         "must stand behind [start-services]"},
        {"# nothing\n", 0, "no step"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config_problems problems = {0};
        struct runbook *runbook = runbook_parse(cases[i].text, &problems);
        if (runbook != NULL)
            fail_msg("taken as good: %s", cases[i].text);
        bool found = false;
        for (size_t k = 0; k < problems.items_count; k++)
            found = found || (problems.items[k].line == cases[i].line &&
                              strstr(problems.items[k].text, cases[i].what) != NULL);
        if (!found)
            fail_msg("not %d: %s, but %d: %s", cases[i].line, cases[i].what,
                     problems.items[0].line, problems.items[0].text);
        config_problems_free(&problems);
    }
}

static void all_mistakes_are_told_at_once_in_the_order_of_their_lines(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    assert_null(runbook_parse("[a]\nkind = x\nphase = y\n[b]\ntitle = t\n[c]\nfoo = 1\n", &problems));
    assert_true(problems.items_count >= 6);
    for (size_t i = 1; i < problems.items_count; i++)
        assert_true(problems.items[i - 1].line <= problems.items[i].line);
    config_problems_free(&problems);
}

static struct plan_database whole_group[] = {
    {.server = (char[]){"DR"}, .database = (char[]){"BizTalkMgmtDb"}, .use = USE_MANAGEMENT},
    {.server = (char[]){"DR"}, .database = (char[]){"SSODB"}, .use = USE_SSO},
    {.server = (char[]){"DR"}, .database = (char[]){"Bam"}, .use = USE_BAM_PRIMARY_IMPORT},
    {.server = (char[]){"DR"}, .database = (char[]){"Alerts"}, .use = USE_BAM_ALERTS},
    {.server = (char[]){"DR"}, .database = (char[]){"Rules"}, .use = USE_RULE_ENGINE},
};

/* Every step of a situation, in its order; which must be that of the documentation, and keep
 * services from writing where the old references point. */
static void assert_steps(enum situation situation, const char *const *wanted)
{
    struct config_problems problems = {0};
    struct runbook *runbook = runbook_parse(runbook_default(), &problems);
    struct plan whole = {.databases = whole_group, .databases_count = 5};
    for (size_t i = 0; i < runbook->steps_count; i++) {
        if (!runbook_applies(&runbook->steps[i], situation, &whole))
            continue;
        if (*wanted == NULL || strcmp(runbook->steps[i].id, *wanted) != 0)
            fail_msg("situation %d: [%s] stands where [%s] should", (int)situation,
                     runbook->steps[i].id, *wanted == NULL ? "nothing" : *wanted);
        wanted++;
    }
    assert_null(*wanted);
    runbook_free(runbook);
}

/* What follows on the proof, wherever the databases came from. */
#define AFTER                                                                                      \
    "consistency-check", "owners", "run-files", "jobs-present", "jobs-proven", "logins-present",   \
        "logins-proven", "linked-servers", "cluster-name", "edit-update-file", "update-database",  \
        "update-registry", "names-proven", "sso-database"
#define SERVICES                                                                                   \
    "start-services", "restart-wmi", "reconnect-console", "sso-server-name", "bam-databases",      \
        "tracking-analysis", "bam-references", "bam-alerts", "bam-portal", "bam-activities",       \
        "rules", "sql-adapters", "applications", "enable-jobs", "enable-processing"

static void the_steps_stand_in_the_documented_order(void **state)
{
    (void)state;
    static const char *const lost[] = {
        "incident", "stop-processing", "stop-bam", "stop-services", "fence-source",
        "fence-proven", "freeze-files", "same-set", "at-mark", "online", "verified", AFTER, "sso-secret", SERVICES,
        "lost-work", "configure-backup", "new-standby", NULL};
    static const char *const moved[] = {
        "incident", "stop-processing", "stop-bam", "stop-services", "stop-jobs", "no-sessions",
        "freeze-files", "same-set", "at-mark", "online", "verified", AFTER, SERVICES,
        "configure-backup", "new-standby", "fence-old", NULL};
    static const char *const rehearsed[] = {"at-mark", "verified", "rehearsal-look",
                                            "rehearsal-drop", NULL};
    assert_steps(SITUATION_SOURCE_LOST, lost);
    assert_steps(SITUATION_PLANNED_MOVE, moved);
    assert_steps(SITUATION_MIGRATION, moved);
    assert_steps(SITUATION_REHEARSAL, rehearsed);
}

/* BizTalkAnalysisDb is in no backup set, so no plan tells whether there is one. */
static void the_tracking_analysis_stands_there_without_bam_too(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    struct runbook *runbook = runbook_parse(runbook_default(), &problems);
    assert_true(runbook_applies(runbook_find(runbook, "tracking-analysis"), SITUATION_SOURCE_LOST,
                                &plan));
    assert_false(runbook_applies(runbook_find(runbook, "bam-portal"), SITUATION_SOURCE_LOST,
                                 &plan));
    runbook_free(runbook);
}

static void phases_follow_one_another(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    struct runbook *runbook = runbook_parse(runbook_default(), &problems);
    for (size_t i = 1; i < runbook->steps_count; i++)
        if (!(runbook->steps[i].situations & (RUNBOOK_FAIL_BACK | 1u << SITUATION_REHEARSAL)))
            assert_true(runbook->steps[i].phase >= runbook->steps[i - 1].phase);
    runbook_free(runbook);
}

static void every_situation_has_its_steps_and_the_way_back_its_own(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    struct runbook *runbook = runbook_parse(runbook_default(), &problems);
    size_t counts[4] = {0}, back = 0, attested = 0;
    for (size_t i = 0; i < runbook->steps_count; i++) {
        for (int s = SITUATION_SOURCE_LOST; s <= SITUATION_MIGRATION; s++)
            counts[s] += runbook_applies(&runbook->steps[i], (enum situation)s, &plan);
        back += runbook_applies_back(&runbook->steps[i], &plan);
        attested += runbook->steps[i].every_ms != DURATION_UNKNOWN;
    }
    assert_true(counts[SITUATION_SOURCE_LOST] >= 30 && counts[SITUATION_PLANNED_MOVE] >= 30);
    assert_true(counts[SITUATION_MIGRATION] >= 25 && counts[SITUATION_REHEARSAL] >= 4);
    assert_true(counts[SITUATION_REHEARSAL] < 10);
    assert_true(back >= 10 && attested >= 4);
    runbook_free(runbook);
}

static void a_note_names_its_evidence_by_size_and_hash(void **state)
{
    (void)state;
    struct error error;
    char path[] = "/tmp/stopmark-evidence-XXXXXX";
    int fd = mkstemp(path);
    assert_true(write(fd, "abc", 3) == 3);
    close(fd);
    char *note = memory_format("restored by two @%s", path);
    char *kept = runbook_note(note, &error);
    assert_non_null(strstr(kept, "restored by two /tmp/stopmark-evidence-"));
    assert_non_null(strstr(kept, "(3 bytes, sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9"
                                 "cb410ff61f20015ad)"));
    free(kept);
    unlink(path);
    assert_null(runbook_note(note, &error));
    assert_int_equal(error.code, ERR_IO);
    free(note);
    kept = runbook_note("mail to ops@/nobody", &error);
    assert_string_equal(kept, "mail to ops@/nobody");
    free(kept);
}

static void a_sites_own_file_replaces_the_built_in_one(void **state)
{
    (void)state;
    struct error error;
    struct config_problems problems = {0};
    char directory[] = "/tmp/stopmark-runbook-XXXXXX";
    assert_non_null(mkdtemp(directory));
    char *ini = memory_format("%s/stopmark.ini", directory);
    char *own = memory_format("%s/runbook.ini", directory);
    struct config config = {.path = ini};
    struct runbook *runbook = runbook_open(&config, &error);
    assert_true(runbook->steps_count > 20);
    runbook_free(runbook);
    FILE *file = fopen(own, "w");
    fputs("[only]\ntitle = Only\ntext = this\n", file);
    fclose(file);
    char *path;
    runbook = runbook_load(&config, &problems, &path);
    assert_int_equal(runbook->steps_count, 1);
    assert_string_equal(path, own);
    free(path);
    runbook_free(runbook);
    file = fopen(own, "w");
    fputs("broken\n", file);
    fclose(file);
    assert_null(runbook_open(&config, &error));
    assert_non_null(strstr(error.where, "runbook.ini:1"));
    config.runbook = (char[]){"/nowhere/at all.ini"}; /* named, so nothing stands in for it */
    assert_null(runbook_load(&config, &problems, NULL));
    assert_non_null(strstr(problems.items[0].text, "cannot be read"));
    config_problems_free(&problems);
    unlink(own);
    rmdir(directory);
    free(own);
    free(ini);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_text_is_a_runbook),
        cmocka_unit_test(steps_belong_to_situations_and_databases),
        cmocka_unit_test(names_are_filled_in_and_other_braces_stay),
        cmocka_unit_test(an_indented_line_continues_the_text),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(all_mistakes_are_told_at_once_in_the_order_of_their_lines),
        cmocka_unit_test(the_steps_stand_in_the_documented_order),
        cmocka_unit_test(the_tracking_analysis_stands_there_without_bam_too),
        cmocka_unit_test(phases_follow_one_another),
        cmocka_unit_test(every_situation_has_its_steps_and_the_way_back_its_own),
        cmocka_unit_test(a_note_names_its_evidence_by_size_and_hash),
        cmocka_unit_test(a_sites_own_file_replaces_the_built_in_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
