/* Attestations: kept, the newest counts, an age with a limit, the last rehearsal by its run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/attest.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/journal.h"

static const int64_t day_ms = 86400000;
static char directory[64];
static struct config config;

static int set_up(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/stopmark-attest-XXXXXX");
    assert_non_null(mkdtemp(directory));
    config = (struct config){.state_dir = directory, .journal_dir = directory};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char *command = memory_format("rm -rf '%s'", directory);
    int status = system(command);
    free(command);
    return status;
}

static const struct attestation *item(const struct attestations *all, const char *id)
{
    for (size_t i = 0; i < all->items_count; i++)
        if (strcmp(all->items[i].id, id) == 0)
            return &all->items[i];
    fail_msg("no attestation %s", id);
    return NULL;
}

static struct attestations *read_all(void)
{
    struct error error;
    struct attestations *all = attestations_read(&config, &error);
    assert_non_null(all);
    return all;
}

static void what_was_never_attested_is_unknown(void **state)
{
    (void)state;
    struct attestations *all = read_all();
    const struct attestation *secret = item(all, "master-secret");
    assert_int_equal(attestation_verdict(secret, 0), VERDICT_UNKNOWN);
    char *words = attestation_words(secret, 0);
    assert_string_equal(words, "never attested; good for 180 d 0 h");
    free(words);
    attestations_free(all);
}

static void the_newest_counts_and_ages(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(attestation_add(&config, "master-secret", "anna", "old safe", &error), ERR_OK);
    assert_int_equal(attestation_add(&config, "master-secret", "bert", "new safe", &error), ERR_OK);
    struct attestations *all = read_all();
    const struct attestation *secret = item(all, "master-secret");
    assert_string_equal(secret->by, "bert");
    assert_string_equal(secret->note, "new safe");
    int64_t then = secret->at_utc_ms;
    assert_int_equal(attestation_verdict(secret, then + 180 * day_ms), VERDICT_OK);
    assert_int_equal(attestation_verdict(secret, then + 180 * day_ms + 1), VERDICT_WARNING);
    struct attestations *copy = attestations_copy(all);
    attestations_free(all);
    assert_string_equal(item(copy, "master-secret")->by, "bert");
    attestations_free(copy);
}

static void only_steps_of_readiness_are_attested_and_a_drill_is_a_run(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(attestation_add(&config, "fence-source", "a", "", &error), ERR_USAGE);
    assert_int_equal(attestation_add(&config, "nothing", "a", "", &error), ERR_USAGE);
    assert_int_equal(attestation_add(&config, "drill", "a", "", &error), ERR_USAGE);
}

static void a_line_that_was_cut_loses_no_other(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(attestation_add(&config, "master-secret", "anna", "x\ny", &error), ERR_OK);
    char *path = memory_format("%s/attestations.log", directory);
    FILE *file = fopen(path, "a");
    fputs("{\"id\": \"master-sec\n", file);
    fclose(file);
    free(path);
    assert_int_equal(attestation_add(&config, "logins-scripted", "bert", "", &error), ERR_OK);
    struct attestations *all = read_all();
    assert_string_equal(item(all, "master-secret")->note, "x\ny");
    assert_string_equal(item(all, "logins-scripted")->by, "bert");
    attestations_free(all);
}

static void make_run(enum situation situation, enum run_state state, int64_t ended_utc_ms)
{
    struct error error;
    struct journal_head head = {.uuid = NULL, .group = (char[]){"G"}, .mark = (char[]){"M"},
                                .by = (char[]){"carl"}, .host = (char[]){"h"},
                                .situation = situation, .started_utc_ms = ended_utc_ms - 1000};
    struct journal *journal = journal_create(directory, &head, "{}", "hash", &error);
    assert_non_null(journal);
    assert_int_equal(journal_end(journal, state, ERR_OK, NULL, ended_utc_ms, &error), ERR_OK);
    journal_close(journal);
    free(head.uuid);
}

static void the_drill_is_the_newest_rehearsal_that_was_verified(void **state)
{
    (void)state;
    make_run(SITUATION_REHEARSAL, RUN_DONE, 10 * day_ms);
    make_run(SITUATION_REHEARSAL, RUN_AFTER, 20 * day_ms);
    make_run(SITUATION_REHEARSAL, RUN_FAILED, 30 * day_ms);
    make_run(SITUATION_SOURCE_LOST, RUN_DONE, 40 * day_ms);
    struct attestations *all = read_all();
    const struct attestation *drill = item(all, "drill");
    assert_int_equal(drill->at_utc_ms, 20 * day_ms);
    assert_string_equal(drill->by, "carl");
    assert_int_equal(attestation_verdict(drill, 60 * day_ms), VERDICT_WARNING);
    attestations_free(all);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_never_attested_is_unknown),
        CASE(the_newest_counts_and_ages),
        CASE(only_steps_of_readiness_are_attested_and_a_drill_is_a_run),
        CASE(a_line_that_was_cut_loses_no_other),
        CASE(the_drill_is_the_newest_rehearsal_that_was_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
