/* Runs from the outside: refusals before anything is started, snapshots over the socket, and the
 * worker process itself, this very binary, without any server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/run_internal.h"
#include "core/secret.h"
#include "core/worker.h"

static char directory[] = "/tmp/stopmark-run-XXXXXX";

static struct config *make_config(void)
{
    char *ini = memory_format("%s/stopmark.ini", directory);
    char *state_dir = memory_format("%s/a-directory-whose-name-is-so-long-that-no-socket-address-"
                                    "could-ever-hold-it-were-it-not-for-a-trick/state", directory);
    FILE *file = fopen(ini, "w");
    fprintf(file,
            "[group]\nname = Contoso\n"
            "[server SQLA]\nrole = source\nhost = 127.0.0.1\nport = 1\nuser = m\n"
            "password_file = %s/pw\n"
            "[server DR]\nrole = destination\nhost = 127.0.0.1\nport = 1\nrestores = SQLA\n"
            "user = m\npassword_file = %s/pw\nrestore_user = r\nrestore_password_file = %s/pw\n"
            "[restore]\njournal_dir = %s\n",
            directory, directory, directory, state_dir);
    fclose(file);
    setenv("XDG_STATE_HOME", state_dir, 1);
    struct config_problems problems = {0};
    struct config *config = config_load(ini, &problems);
    for (size_t i = 0; i < problems.items_count; i++)
        print_message("%d: %s\n", problems.items[i].line, problems.items[i].text);
    assert_non_null(config);
    config_problems_free(&problems);
    free(ini);
    free(state_dir);
    return config;
}

static struct plan *make_plan(enum route route)
{
    struct plan *plan = memory_new(sizeof *plan);
    plan->group = memory_copy_text("Contoso");
    plan->mark = memory_copy_text("BTS_1");
    plan->possible = plan->gate = true;
    plan->method = METHOD_DIRECT;
    strcpy(plan->hash, "0123");
    struct plan_database *database = memory_append(plan, databases);
    database->server = memory_copy_text("DR");
    database->database = memory_copy_text("Db");
    database->route = route;
    struct plan_step *step = memory_append(database, steps);
    step->kind = STEP_RECOVER;
    step->sql = memory_copy_text("RESTORE DATABASE [Db] WITH RECOVERY");
    return plan;
}

static struct run_options options(const char *confirmed)
{
    return (struct run_options){.situation = SITUATION_SOURCE_LOST, .confirmed_group = confirmed,
                                .by = "anna"};
}

static enum error_code start(struct plan *plan, const struct run_options *how, struct error *error)
{
    struct config *config = make_config();
    int64_t run = -1;
    int missing;
    struct secrets *secrets = secrets_fetch(config, SECRET_RESTORE, &missing, error);
    enum error_code code = run_start(config, plan, how, secrets, &run, error);
    secrets_free(secrets);
    plan_free(plan);
    config_free(config);
    return code;
}

static size_t count_runs(void)
{
    struct config *config = make_config();
    size_t count;
    free(run_list(config, &count, NULL));
    config_free(config);
    return count;
}

static void a_wrong_confirmation_starts_nothing(void **state)
{
    (void)state;
    struct error error;
    struct run_options how = options("contoso");
    size_t before = count_runs();
    assert_int_equal(start(make_plan(ROUTE_AT_MARK), &how, &error), ERR_NOT_CONFIRMED);
    assert_int_equal(error_exit_status(error.code), 5);
    assert_int_equal(count_runs(), before);
}

static void what_cannot_be_carried_out_is_refused_in_words(void **state)
{
    (void)state;
    struct error error;
    struct run_options how = options("Contoso");
    how.situation = SITUATION_REHEARSAL;
    assert_int_equal(start(make_plan(ROUTE_AT_MARK), &how, &error), ERR_REFUSED);
    assert_non_null(strstr(error.what, "situation"));
    how.situation = SITUATION_SOURCE_LOST;
    struct plan *plan = make_plan(ROUTE_AT_MARK);
    plan->method = METHOD_SCRIPT;
    assert_int_equal(start(plan, &how, &error), ERR_REFUSED);
    plan = make_plan(ROUTE_UNREACHABLE);
    plan->possible = false;
    assert_int_equal(start(plan, &how, &error), ERR_NOT_REACHABLE_MARK);
}

static void a_group_that_is_online_at_the_mark_is_not_restored_again(void **state)
{
    (void)state;
    struct error error;
    struct run_options how = options("Contoso");
    assert_int_equal(start(make_plan(ROUTE_RECOVERED_AT_MARK), &how, &error), ERR_REFUSED);
    assert_int_equal(error_exit_status(error.code), 5);
}

static void a_database_is_overwritten_only_where_it_was_named(void **state)
{
    (void)state;
    struct error error;
    struct run_options how = options("Contoso");
    struct plan *plan = make_plan(ROUTE_FULL_RESTORE);
    plan->databases[0].must_replace = true;
    assert_int_equal(start(plan, &how, &error), ERR_NOT_CONFIRMED);
    assert_non_null(strstr(error.where, "DR/Db"));
}

/* The worker runs, finds no server, and ends; nothing was written anywhere. */
static void a_worker_that_finds_no_server_ends_as_refused_and_leaves_its_reason(void **state)
{
    (void)state;
    struct error error;
    struct run_options how = options("Contoso");
    assert_int_equal(start(make_plan(ROUTE_AT_MARK), &how, &error), ERR_UNREACHABLE);
    assert_int_equal(error_exit_status(error.code), 4);
    struct config *config = make_config();
    size_t count;
    struct run_summary *runs = run_list(config, &count, NULL);
    assert_true(count > 0);
    assert_int_equal(runs[0].state, RUN_FAILED);
    assert_string_equal(runs[0].by, "anna");
    assert_string_not_equal(runs[0].reason, "");
    free(runs);
    config_free(config);
}

static void a_run_without_a_worker_cannot_be_attached(void **state)
{
    (void)state;
    struct config *config = make_config();
    struct error error;
    assert_null(run_attach(config, 1, &error));
    assert_null(run_attach(config, 4711, &error));
    assert_int_equal(error.code, ERR_USAGE);
    config_free(config);
}

static void a_snapshot_survives_its_way_over_the_socket(void **state)
{
    (void)state;
    struct run_snapshot *snapshot = memory_new(sizeof *snapshot);
    snapshot->summary = (struct run_summary){.run = 7, .state = RUN_GATE, .alive = true,
                                             .mark = "BTS_1", .by = "anna", .host = "ops1",
                                             .started_utc_ms = 5, .ended_utc_ms = INT64_MIN};
    struct run_database *database = memory_append(snapshot, databases);
    *database = (struct run_database){.server = "DR", .database = "Db \"quoted\"",
                                      .state = LANE_RESTORING, .step = 2, .steps = 3,
                                      .percent = 61.5, .left_ms = INT64_MIN, .set = 1184};
    *memory_append(snapshot, messages) = memory_copy_text("one\ntwo");
    snapshot->can_abort = snapshot->prepared = true;
    snapshot->at_mark = 4;
    error_set(&snapshot->error, ERR_TIMEOUT, "DR", "wait", "slow");
    char *line = run_snapshot_to_json(snapshot);
    assert_null(strchr(line, '\n'));
    struct run_snapshot *copy = run_snapshot_from_json(line);
    assert_int_equal(copy->summary.run, 7);
    assert_int_equal(copy->summary.state, RUN_GATE);
    assert_int_equal(copy->summary.ended_utc_ms, INT64_MIN);
    assert_string_equal(copy->databases[0].database, "Db \"quoted\"");
    assert_int_equal(copy->databases[0].left_ms, INT64_MIN);
    assert_true(copy->databases[0].percent > 61 && copy->databases[0].percent < 62);
    assert_int_equal(copy->messages_count, 1);
    assert_true(copy->can_abort && copy->prepared && !copy->can_pause);
    assert_int_equal(copy->error.code, ERR_TIMEOUT);
    assert_string_equal(copy->error.hint, "wait");
    free(line);
    run_snapshot_free(copy);
    run_snapshot_free(snapshot);
    assert_null(run_snapshot_from_json("{}"));
    assert_null(run_snapshot_from_json("no json"));
}

static void the_socket_is_its_owners_only_and_no_path_is_too_long_for_it(void **state)
{
    (void)state;
    struct config *config = make_config();
    journal_make_directory(config->state_dir);
    assert_true(strlen(config->state_dir) > sizeof ((struct sockaddr_un *)0)->sun_path);
    int listening = run_socket(config, "some-uuid", true);
    assert_true(listening >= 0);
    char *path = memory_format("%s/some-uuid.sock", config->state_dir);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_true(run_worker_answers(config, "some-uuid"));
    close(listening);
    assert_false(run_worker_answers(config, "some-uuid"));
    run_socket_remove(config, "some-uuid");
    free(path);
    config_free(config);
}

static void command_names_lead_back_to_their_commands(void **state)
{
    (void)state;
    for (int i = RUN_COMMAND_PAUSE; i <= RUN_COMMAND_ABORT_NOW; i++) {
        enum run_command command;
        assert_true(run_command_from_name(&command, run_command_name((enum run_command)i)));
        assert_int_equal(command, i);
    }
    enum run_command command;
    assert_false(run_command_from_name(&command, "drop"));
    assert_false(run_command_from_name(&command, NULL));
}

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    char *path = memory_format("%s/pw", directory);
    FILE *file = fopen(path, "w");
    fputs("secret\n", file);
    fclose(file);
    chmod(path, 0600);
    free(path);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    char *command = memory_format("rm -rf '%s'", directory);
    int result = system(command);
    free(command);
    return result;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], WORKER_COMMAND) == 0)
        return worker_main(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_confirmation_starts_nothing),
        cmocka_unit_test(what_cannot_be_carried_out_is_refused_in_words),
        cmocka_unit_test(a_group_that_is_online_at_the_mark_is_not_restored_again),
        cmocka_unit_test(a_database_is_overwritten_only_where_it_was_named),
        cmocka_unit_test(a_worker_that_finds_no_server_ends_as_refused_and_leaves_its_reason),
        cmocka_unit_test(a_run_without_a_worker_cannot_be_attached),
        cmocka_unit_test(a_snapshot_survives_its_way_over_the_socket),
        cmocka_unit_test(the_socket_is_its_owners_only_and_no_path_is_too_long_for_it),
        cmocka_unit_test(command_names_lead_back_to_their_commands),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
