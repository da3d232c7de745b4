#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/plan.h"
#include "core/proof.h"
#include "core/situation.h"
#include "tests/support/build_view.h"

#define MGMT "BizTalkMgmtDb"
#define BOX "BizTalkMsgBoxDb"

enum { SOURCE, DESTINATION };

struct world {
    struct build *build;
    struct group_view *view;
    struct plan *plan;
};

static const struct plan *make(struct world *world, struct plan_request request)
{
    plan_free(world->plan);
    group_view_release(world->view);
    world->view = build_view(world->build);
    world->plan = plan_make(world->view, &request);
    return world->plan;
}

static void leave(struct world *world)
{
    plan_free(world->plan);
    group_view_release(world->view);
    build_free(world->build);
}

static const struct plan_request rehearsal = {
    .by = TARGET_NEWEST, .situation_known = true, .situation = SITUATION_REHEARSAL};

static const struct plan_database *find(const struct plan *plan, const char *original)
{
    for (size_t i = 0; i < plan->databases_count; i++)
        if (strcmp(plan->databases[i].original, original) == 0)
            return &plan->databases[i];
    fail_msg("%s is not in the plan", original);
    return NULL;
}

static void assert_reason(const struct plan *plan, const char *words)
{
    assert_false(plan->possible);
    for (size_t i = 0; i < plan->reasons_count; i++)
        if (strstr(plan->reasons[i], words) != NULL)
            return;
    for (size_t i = 0; i < plan->reasons_count; i++)
        print_error("reason: %s\n", plan->reasons[i]);
    fail_msg("no reason says '%s'", words);
}

static void add_files(struct build *build, int server, const char *database, const char *folder)
{
    char *data = memory_format("%s%s.mdf", folder, database);
    char *log = memory_format("%s%s_log.ldf", folder, database);
    char *log_name = memory_format("%s_log", database);
    build_file(build, server, database, database, data, false);
    build_file(build, server, database, log_name, log, true);
    free(data);
    free(log);
    free(log_name);
}

/* Both databases' files at the source and at the standby, in the same folder. */
static struct world open_world(void)
{
    struct world world = {.build = build_kept_up()};
    static const char *const names[] = {MGMT, BOX};
    for (size_t i = 0; i < 2; i++) {
        add_files(world.build, SOURCE, names[i], "D:\\Data\\");
        add_files(world.build, DESTINATION, names[i], "D:\\Data\\");
    }
    return world;
}

static struct world open_prefixed(const char *prefix)
{
    struct world world = open_world();
    world.build->config.rehearsal_prefix = memory_copy_text(prefix);
    return world;
}

static void close_prefixed(struct world *world)
{
    free(world->build->config.rehearsal_prefix);
    world->build->config.rehearsal_prefix = NULL;
    leave(world);
}

static const struct plan_step *full_of(const struct plan_database *database)
{
    assert_int_equal(database->steps[0].kind, STEP_RESTORE_FULL);
    return &database->steps[0];
}

static void a_rehearsal_makes_copies_from_full_sets_while_the_source_lives(void **state)
{
    (void)state;
    struct world world = open_prefixed("Try_");
    const struct plan *plan = make(&world, rehearsal);
    assert_true(plan->possible);
    assert_int_equal(plan->set, 100);
    assert_false(plan->asks_for_word);
    for (size_t i = 0; i < plan->databases_count; i++) {
        const struct plan_database *copy = &plan->databases[i];
        assert_int_equal(strncmp(copy->database, "Try_", 4), 0);
        assert_string_equal(copy->database + 4, copy->original);
        assert_int_equal(copy->route, ROUTE_FULL_RESTORE);
        assert_false(copy->must_replace);
        for (size_t k = 0; k < copy->steps_count; k++)
            assert_non_null(strstr(copy->steps[k].sql, "[Try_"));
    }
    close_prefixed(&world);
}

static void no_file_of_a_copy_is_a_file_of_the_standby(void **state)
{
    (void)state;
    struct world world = open_prefixed("Try_");
    const struct plan_step *full = full_of(find(make(&world, rehearsal), MGMT));
    assert_int_equal(full->moves_count, 2);
    assert_string_equal(full->moves[0].path, "D:\\Data\\Try_" MGMT ".mdf");
    assert_string_equal(full->moves[1].path, "D:\\Data\\Try_" MGMT "_log.ldf");
    assert_non_null(strstr(full->sql, "MOVE N'" MGMT "' TO N'D:\\Data\\Try_" MGMT ".mdf'"));
    close_prefixed(&world);
}

static void a_copy_without_a_known_file_list_is_refused(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    world.build->config.rehearsal_prefix = memory_copy_text("Try_");
    assert_reason(make(&world, rehearsal), "files of " MGMT " are not known");
    close_prefixed(&world);
}

static void a_copy_whose_name_is_taken_is_refused(void **state)
{
    (void)state;
    struct world world = open_prefixed("BizTalk");
    struct database_row *row = build_row(world.build, DESTINATION, BOX);
    free(row->name);
    row->name = memory_copy_text("biztalk" MGMT);
    assert_reason(make(&world, rehearsal), "is there already");
    close_prefixed(&world);
}

static void a_path_that_another_database_has_is_never_taken(void **state)
{
    (void)state;
    struct world world = open_prefixed("Try_");
    build_file(world.build, DESTINATION, BOX, "old", "d:\\data\\try_" MGMT ".mdf", false);
    const struct plan_step *full = full_of(find(make(&world, rehearsal), MGMT));
    assert_string_equal(full->moves[0].path, "D:\\Data\\Try_" MGMT "_2.mdf");
    close_prefixed(&world);
}

static void the_configuration_says_where_copies_go(void **state)
{
    (void)state;
    struct world world = open_prefixed("Try_");
    world.build->config.servers[DESTINATION].data_path = memory_copy_text("R:\\Rehearsal");
    world.build->config.servers[DESTINATION].log_path = memory_copy_text("S:\\Rehearsal");
    const struct plan_step *full = full_of(find(make(&world, rehearsal), MGMT));
    assert_string_equal(full->moves[0].path, "R:\\Rehearsal\\Try_" MGMT ".mdf");
    assert_string_equal(full->moves[1].path, "S:\\Rehearsal\\Try_" MGMT "_log.ldf");
    free(world.build->config.servers[DESTINATION].data_path);
    free(world.build->config.servers[DESTINATION].log_path);
    close_prefixed(&world);
}

/* The standby is not there: a full restore, whose files go where the new server has a folder. */
static void files_move_where_the_source_s_folder_is_not_used(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    add_files(world.build, SOURCE, MGMT, "X:\\Old\\");
    build_row(world.build, DESTINATION, MGMT)->state = STATE_ABSENT;
    struct database_row *row = build_row(world.build, DESTINATION, MGMT);
    free(row->name);
    row->name = memory_copy_text("SomethingElse");
    struct server_view *destination = world.build->servers[DESTINATION];
    free(destination->data_path);
    free(destination->log_path);
    destination->data_path = memory_copy_text("E:\\Data\\");
    destination->log_path = memory_copy_text("F:\\Log\\");
    struct plan_request request = {.by = TARGET_CHOSEN, .mark = "BTS_2026_11_20_12_00_00_547"};
    const struct plan_step *full = full_of(find(make(&world, request), MGMT));
    assert_int_equal(full->moves_count, 2);
    assert_string_equal(full->moves[0].path, "E:\\Data\\" MGMT ".mdf");
    assert_string_equal(full->moves[1].path, "F:\\Log\\" MGMT "_log.ldf");
    build_file(world.build, DESTINATION, BOX, "there", "x:\\old\\other.mdf", false);
    full = full_of(find(make(&world, request), MGMT));
    assert_int_equal(full->moves_count, 0);
    assert_null(strstr(full->sql, "MOVE"));
    leave(&world);
}

/* It exists only in the log that added it, whose statement moves it. */
static void a_file_that_a_log_adds_is_moved_with_that_log(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    add_files(world.build, SOURCE, MGMT, "D:\\Data\\");
    add_files(world.build, DESTINATION, MGMT, "D:\\Data\\");
    build_file(world.build, SOURCE, MGMT, "Added", "X:\\New\\added.ndf", false);
    struct server_view *source = world.build->servers[SOURCE];
    source->files[source->files_count - 1].create_lsn =
        build_backup(world.build, MGMT, 100)->first_lsn;
    free(world.build->servers[DESTINATION]->data_path);
    world.build->servers[DESTINATION]->data_path = memory_copy_text("E:\\Data\\");
    const struct plan_database *database =
        find(make(&world, (struct plan_request){.by = TARGET_NEWEST}), MGMT);
    assert_int_equal(database->route, ROUTE_ROLL_FORWARD);
    assert_int_equal(database->steps[0].moves_count, 1);
    assert_non_null(strstr(database->steps[0].sql,
                           "WITH MOVE N'Added' TO N'E:\\Data\\added.ndf', STOPATMARK"));
    leave(&world);
}

/* What the destination read of a backup; owned by the view. */
static struct file_proof *prove(struct build *build, int64_t set_id, const char *database)
{
    const struct msdb_backup *backup = build_backup(build, database, set_id);
    struct file_proof *proof = proof_new(backup->path);
    proof->state = FILE_PROVEN;
    struct backup_header *header = memory_append(proof, headers);
    *header = (struct backup_header){.position = 1,
                                     .type = backup->type,
                                     .database = memory_copy_text(database),
                                     .first_lsn = backup->first_lsn,
                                     .last_lsn = backup->last_lsn,
                                     .checkpoint_lsn = backup->checkpoint_lsn,
                                     .size_bytes = backup->size_bytes};
    memcpy(header->family_guid, backup->family_guid, sizeof header->family_guid);
    memcpy(header->first_fork_guid, backup->first_fork_guid, sizeof header->first_fork_guid);
    memcpy(header->last_fork_guid, backup->last_fork_guid, sizeof header->last_fork_guid);
    return proof;
}

static void list(struct file_proof *proof, const char *name, const char *path, char type)
{
    *memory_append(proof, files) = (struct backup_data_file){.logical_name = memory_copy_text(name),
                                                             .physical_name =
                                                                 memory_copy_text(path),
                                                             .type = type,
                                                             .present = true};
}

/* sys.master_files may be years younger than the backup: its own list counts. */
static void the_backup_s_own_file_list_wins(void **state)
{
    (void)state;
    struct world world = open_prefixed("Try_");
    struct file_proof *proof = prove(world.build, 90, MGMT);
    list(proof, "OldName", "D:\\Data\\old.mdf", 'D');
    list(proof, "OldName_log", "L:\\old.ldf", 'L');
    server_view_put_proof(world.build->servers[DESTINATION], proof);
    const struct plan_step *full = full_of(find(make(&world, rehearsal), MGMT));
    assert_int_equal(full->moves_count, 2);
    assert_string_equal(full->moves[0].name, "OldName");
    assert_non_null(strstr(full->moves[0].path, "Try_old.mdf"));
    assert_string_equal(full->moves[1].name, "OldName_log");
    assert_null(strstr(full->sql, "N'" MGMT "' TO"));
    close_prefixed(&world);
}

static void a_file_that_only_the_log_s_list_knows_is_moved_with_that_log(void **state)
{
    (void)state;
    struct world world = {.build = build_kept_up()};
    add_files(world.build, DESTINATION, MGMT, "D:\\Data\\");
    struct file_proof *proof = prove(world.build, 100, MGMT);
    list(proof, MGMT, "D:\\Data\\" MGMT ".mdf", 'D');
    list(proof, MGMT "_log", "D:\\Data\\" MGMT "_log.ldf", 'L');
    list(proof, "Added", "X:\\New\\added.ndf", 'D');
    struct server_view *destination = world.build->servers[DESTINATION];
    server_view_put_proof(destination, proof);
    free(destination->data_path);
    destination->data_path = memory_copy_text("E:\\Data\\");
    const struct plan_database *database =
        find(make(&world, (struct plan_request){.by = TARGET_NEWEST}), MGMT);
    assert_int_equal(database->route, ROUTE_ROLL_FORWARD);
    assert_int_equal(database->steps[0].moves_count, 1);
    assert_non_null(strstr(database->steps[0].sql, "MOVE N'Added' TO N'E:\\Data\\added.ndf'"));
    leave(&world);
}

static void copies_that_do_not_fit_are_refused_before_the_first_write(void **state)
{
    (void)state;
    struct world world = open_prefixed("Try_");
    struct server_view *destination = world.build->servers[DESTINATION];
    *memory_append(destination, surroundings) = (struct surrounding_row){
        .kind = SURROUNDING_VOLUME, .name = memory_copy_text("D:\\"), .number = 4000000};
    assert_true(make(&world, rehearsal)->possible); /* four files of a million bytes */
    destination->surroundings[destination->surroundings_count - 1].number--;
    assert_reason(make(&world, rehearsal), "and 4.0 MB is free");
    close_prefixed(&world);
}

static void moves_survive_the_journal(void **state)
{
    (void)state;
    struct world world = open_prefixed("Try_");
    struct error error = {0};
    char *json = plan_to_json(make(&world, rehearsal));
    struct plan *back = plan_from_json(json, &error);
    assert_non_null(back);
    const struct plan_database *copy = find(back, BOX);
    assert_string_equal(copy->database, "Try_" BOX);
    assert_int_equal(full_of(copy)->moves_count, 2);
    assert_string_equal(full_of(copy)->moves[0].name, BOX);
    plan_free(back);
    free(json);
    close_prefixed(&world);
}

/* --- moves ---------------------------------------------------------------------------------------- */

static const struct plan_request move = {
    .by = TARGET_NEWEST, .situation_known = true, .situation = SITUATION_PLANNED_MOVE};

static struct world open_move(void)
{
    struct world world = {.build = build_kept_up()};
    world.build->config.servers[SOURCE].has_restore_login = true;
    return world;
}

static size_t count_steps(const struct plan *plan, enum step_kind kind, const char *words)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->source_steps_count; i++)
        count += plan->source_steps[i].kind == kind &&
                 strstr(plan->source_steps[i].sql, words) != NULL;
    return count;
}

static void a_move_shows_every_statement_that_the_sources_get(void **state)
{
    (void)state;
    struct world world = open_move();
    const struct plan *plan = make(&world, move);
    assert_true(plan->possible);
    assert_false(plan->mark_made);
    assert_true(count_steps(plan, STEP_JOB, "@enabled = 0") > 0);
    assert_int_equal(count_steps(plan, STEP_JOB, "sp_start_job"), 1);
    assert_int_equal(count_steps(plan, STEP_SINGLE_USER, "SET SINGLE_USER WITH NO_WAIT"), 2);
    assert_int_equal(count_steps(plan, STEP_OFFLINE, "[" MGMT "] SET OFFLINE WITH NO_WAIT"), 1);
    assert_int_equal(count_steps(plan, STEP_OFFLINE, "ROLLBACK"), 0);
    assert_string_equal(find(plan, MGMT)->source, "SQLA");
    leave(&world);
}

static void a_move_is_refused_without_its_source_or_the_right_to_write_there(void **state)
{
    (void)state;
    struct world world = open_move();
    world.build->config.servers[SOURCE].has_restore_login = false;
    assert_reason(make(&world, move), "no restore login");
    build_kill(world.build, SOURCE);
    assert_reason(make(&world, move), "SQLA does not answer");
    leave(&world);
}

static void a_move_goes_to_its_own_mark_and_no_other(void **state)
{
    (void)state;
    struct world world = open_move();
    struct plan_request request = move;
    request.by = TARGET_RULE;
    assert_reason(make(&world, request), "the mark that it makes itself");
    request = move;
    request.stop = STOP_BEFORE;
    assert_reason(make(&world, request), "never before");
    leave(&world);
}

/* New servers have no databases yet; a planned move has a standby, and asks before it is made anew. */
static void a_migration_makes_from_full_sets_what_is_not_there(void **state)
{
    (void)state;
    struct world world = open_move();
    static const char *const names[] = {MGMT, BOX};
    for (size_t i = 0; i < 2; i++) {
        struct database_row *row = build_row(world.build, DESTINATION, names[i]);
        row->state = STATE_ABSENT;
        row->redo_lsn = (struct lsn){0};
    }
    struct plan_request request = move;
    request.situation = SITUATION_MIGRATION;
    const struct plan *plan = make(&world, request);
    assert_true(plan->possible);
    assert_int_equal(plan->set, 100);
    assert_int_equal(find(plan, MGMT)->route, ROUTE_FULL_RESTORE);
    assert_false(find(plan, MGMT)->must_replace);
    assert_reason(make(&world, move), "at the price of full restores");
    leave(&world);
}

/* They restore the standby's own databases, and recover at once. */
static void biztalks_jobs_make_no_copies_and_no_move(void **state)
{
    (void)state;
    struct world world = open_world();
    struct plan_request request = rehearsal;
    request.method = METHOD_JOBS;
    assert_reason(make(&world, request), "the standby's own databases: use direct");
    leave(&world);
    world = open_move();
    request = move;
    request.method = METHOD_JOBS;
    assert_reason(make(&world, request), "which BizTalk's jobs cannot: use direct");
    leave(&world);
}

static void what_a_move_found_out_survives_the_journal(void **state)
{
    (void)state;
    struct world world = open_move();
    struct error error = {0};
    make(&world, move);
    struct plan *plan = world.plan;
    plan->mark_made = true;
    plan->loss_proof = memory_copy_text("0, proven: nobody wrote");
    plan->data_loss_ms = 0;
    *memory_append(plan, quiet) = (struct plan_quiet){memory_copy_text("SQLA"), 1763640062810};
    char *json = plan_to_json(plan);
    struct plan *back = plan_from_json(json, &error);
    assert_non_null(back);
    assert_true(back->mark_made);
    assert_int_equal(back->data_loss_ms, 0);
    assert_string_equal(back->loss_proof, plan->loss_proof);
    assert_int_equal(back->quiet_count, 1);
    assert_int_equal(back->quiet[0].since_local_ms, 1763640062810);
    assert_int_equal(back->source_steps_count, plan->source_steps_count);
    plan_free(back);
    free(json);
    leave(&world);
}

static void every_situation_tells_what_it_does_and_promises(void **state)
{
    (void)state;
    for (int i = SITUATION_SOURCE_LOST; i <= SITUATION_MIGRATION; i++) {
        const struct situation_traits *traits = situation_traits((enum situation)i);
        assert_non_null(traits->does);
        assert_non_null(traits->promises);
        assert_false(traits->needs_dead_sources && traits->needs_living_sources);
        assert_true(traits->copies != traits->stops_shipping);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rehearsal_makes_copies_from_full_sets_while_the_source_lives),
        cmocka_unit_test(no_file_of_a_copy_is_a_file_of_the_standby),
        cmocka_unit_test(a_copy_without_a_known_file_list_is_refused),
        cmocka_unit_test(a_copy_whose_name_is_taken_is_refused),
        cmocka_unit_test(a_path_that_another_database_has_is_never_taken),
        cmocka_unit_test(the_configuration_says_where_copies_go),
        cmocka_unit_test(files_move_where_the_source_s_folder_is_not_used),
        cmocka_unit_test(a_file_that_a_log_adds_is_moved_with_that_log),
        cmocka_unit_test(the_backup_s_own_file_list_wins),
        cmocka_unit_test(a_file_that_only_the_log_s_list_knows_is_moved_with_that_log),
        cmocka_unit_test(copies_that_do_not_fit_are_refused_before_the_first_write),
        cmocka_unit_test(moves_survive_the_journal),
        cmocka_unit_test(a_move_shows_every_statement_that_the_sources_get),
        cmocka_unit_test(a_move_is_refused_without_its_source_or_the_right_to_write_there),
        cmocka_unit_test(a_move_goes_to_its_own_mark_and_no_other),
        cmocka_unit_test(a_migration_makes_from_full_sets_what_is_not_there),
        cmocka_unit_test(biztalks_jobs_make_no_copies_and_no_move),
        cmocka_unit_test(what_a_move_found_out_survives_the_journal),
        cmocka_unit_test(every_situation_tells_what_it_does_and_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
