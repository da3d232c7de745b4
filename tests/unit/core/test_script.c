#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/script.h"
#include "core/tsql_script.h"
#include "tests/support/build_view.h"

struct world {
    struct build *build;
    struct group_view *view;
    struct plan *plan;
    struct script *script;
    struct error error;
};

static struct world enter(void)
{
    struct world world = {.build = build_contoso(1, false)};
    for (size_t i = 0; i < world.build->servers_count; i++) {
        struct server_view *server = world.build->servers[i];
        if (server->server_name == NULL)
            server->server_name = memory_copy_text(server->name);
    }
    return world;
}

static struct script *make(struct world *world)
{
    script_free(world->script);
    plan_free(world->plan);
    group_view_release(world->view);
    world->view = build_view(world->build);
    struct plan_request request = {.by = TARGET_NEWEST, .method = METHOD_SCRIPT};
    world->plan = plan_make(world->view, &request);
    error_clear(&world->error);
    return world->script = script_make(world->plan, world->view, &world->error);
}

static void leave(struct world *world)
{
    script_free(world->script);
    plan_free(world->plan);
    group_view_release(world->view);
    build_free(world->build);
}

static const char *find(const struct script *script, const char *name)
{
    for (size_t i = 0; i < script->files_count; i++)
        if (strcmp(script->files[i].name, name) == 0)
            return script->files[i].text;
    fail_msg("no file %s", name);
    return "";
}

static size_t count(const char *text, const char *word)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
        found++;
    return found;
}

static void every_destination_has_two_scripts_and_management_recovers_last(void **state)
{
    (void)state;
    struct world world = enter();
    struct script *script = make(&world);
    assert_non_null(script);
    assert_int_equal(script->files_count, 5);
    assert_string_equal(script->files[0].name, "DRSQL2-1-to-mark.sql");
    assert_string_equal(script->files[3].name, "DRSQL1-2-recover.sql");
    const char *readme = find(script, "README.txt");
    const char *second = strstr(readme, "Second scripts");
    assert_non_null(second);
    assert_true(strstr(second, "DRSQL2-2-recover.sql") < strstr(second, "DRSQL1-2-recover.sql"));
    leave(&world);
}

static void the_first_script_never_recovers_and_the_second_never_restores_a_file(void **state)
{
    (void)state;
    struct world world = enter();
    struct script *script = make(&world);
    const char *first = find(script, "DRSQL1-1-to-mark.sql");
    const char *second = find(script, "DRSQL1-2-recover.sql");
    assert_int_equal(count(first, "    RESTORE LOG ["), 9);
    assert_int_equal(count(first, "WITH RECOVERY"), 0);
    assert_int_equal(count(first, "STANDBY ="), 0);
    assert_int_equal(count(second, "WITH RECOVERY"), 9);
    assert_int_equal(count(second, "    RESTORE LOG ["), 0);
    assert_true(strstr(second, "WITH STANDBY = ") < strstr(second, "WITH RECOVERY"));
    leave(&world);
}

static void every_script_is_one_batch(void **state)
{
    (void)state;
    struct world world = enter();
    struct script *script = make(&world);
    for (size_t i = 0; i + 1 < script->files_count; i++) {
        const char *text = script->files[i].text;
        assert_int_equal(count(text, "\nGO\n"), 1);
        assert_string_equal(text + strlen(text) - 4, "\nGO\n");
    }
    leave(&world);
}

static void the_second_script_asks_for_the_codes_of_all_and_holds_none(void **state)
{
    (void)state;
    struct world world = enter();
    struct script *script = make(&world);
    const char *second = find(script, "DRSQL1-2-recover.sql");
    assert_non_null(strstr(second, "@code_1 nvarchar(64) = N'', -- DRSQL2\n"));
    assert_non_null(strstr(second, "@code_2 nvarchar(64) = N''; -- DRSQL1\n"));
    assert_int_equal(count(second, "HASHBYTES"), 2);
    /* the codes are looked at before the lock is taken or a job disabled */
    assert_true(strstr(second, "HASHBYTES") < strstr(second, "sp_getapplock"));
    assert_true(strstr(second, "sp_getapplock") < strstr(second, "sp_update_job"));
    leave(&world);
}

static void a_log_is_skipped_by_its_end_where_the_plan_knows_it(void **state)
{
    (void)state;
    struct world world = enter();
    make(&world);
    char digits[LSN_TEXT_SIZE], expected[128];
    const struct plan_database *database = &world.plan->databases[0];
    lsn_format(digits, sizeof digits, database->steps[0].last_lsn);
    snprintf(expected, sizeof expected, "@redo < %s)", digits);
    assert_non_null(strstr(find(world.script, "DRSQL1-1-to-mark.sql"), expected));
    leave(&world);
}

static void a_destination_whose_own_name_is_unknown_is_refused(void **state)
{
    (void)state;
    struct world world = enter();
    free(world.build->servers[3]->server_name);
    world.build->servers[3]->server_name = NULL;
    assert_null(make(&world));
    assert_int_equal(world.error.code, ERR_REFUSED);
    assert_string_equal(world.error.where, "DRSQL2");
    leave(&world);
}

static void two_destinations_of_one_name_are_refused(void **state)
{
    (void)state;
    struct world world = enter();
    free(world.build->servers[3]->server_name);
    world.build->servers[3]->server_name = memory_copy_text("drsql1");
    assert_null(make(&world));
    assert_int_equal(world.error.code, ERR_REFUSED);
    leave(&world);
}

static void a_server_before_2012_is_refused(void **state)
{
    (void)state;
    struct world world = enter();
    for (size_t i = 0; i < world.build->servers_count; i++)
        world.build->servers[i]->version_major = 10;
    assert_null(make(&world));
    assert_non_null(strstr(world.error.what, "2012"));
    leave(&world);
}

static void what_client_tools_take_for_something_else_may_not_stand_in_a_script(void **state)
{
    (void)state;
    assert_true(tsql_script_may_hold("O'Brien [prod] ÄÖ"));
    assert_false(tsql_script_may_hold("a\nGO\nb"));
    assert_false(tsql_script_may_hold("$(PATH)"));
    assert_false(tsql_script_may_hold("a\x1b[0m"));
    assert_false(tsql_script_may_hold(NULL));
}

static void quotes_in_names_are_doubled_at_every_depth(void **state)
{
    (void)state;
    struct world world = enter();
    make(&world);
    struct plan_database *database = &world.plan->databases[0];
    free(database->database);
    database->database = memory_copy_text("a'b]c");
    struct script *script = script_make(world.plan, world.view, &world.error);
    assert_non_null(script);
    const char *first = find(script, "DRSQL1-1-to-mark.sql");
    assert_non_null(strstr(first, "@name = N'a''b]c'"));
    assert_non_null(strstr(first, "FROM [a''b]]c].dbo.MarkLog"));
    script_free(script);
    leave(&world);
}

static void files_are_written_once(void **state)
{
    (void)state;
    struct world world = enter();
    make(&world);
    char directory[] = "/tmp/stopmark-script-XXXXXX", path[512];
    assert_non_null(mkdtemp(directory));
    assert_int_equal(script_write(world.script, directory, &world.error), ERR_OK);
    struct stat status;
    for (size_t i = 0; i < world.script->files_count; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, world.script->files[i].name);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
        assert_int_equal(status.st_nlink, 1);
        assert_int_equal(status.st_size, strlen(world.script->files[i].text));
    }
    unlink(path); /* one is missing, the others are there: still nothing is written */
    assert_int_equal(script_write(world.script, directory, &world.error), ERR_REFUSED);
    assert_int_not_equal(stat(path, &status), 0);
    for (size_t i = 0; i < world.script->files_count; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, world.script->files[i].name);
        unlink(path);
    }
    assert_int_equal(rmdir(directory), 0);
    leave(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_destination_has_two_scripts_and_management_recovers_last),
        cmocka_unit_test(the_first_script_never_recovers_and_the_second_never_restores_a_file),
        cmocka_unit_test(every_script_is_one_batch),
        cmocka_unit_test(the_second_script_asks_for_the_codes_of_all_and_holds_none),
        cmocka_unit_test(a_log_is_skipped_by_its_end_where_the_plan_knows_it),
        cmocka_unit_test(a_destination_whose_own_name_is_unknown_is_refused),
        cmocka_unit_test(two_destinations_of_one_name_are_refused),
        cmocka_unit_test(a_server_before_2012_is_refused),
        cmocka_unit_test(what_client_tools_take_for_something_else_may_not_stand_in_a_script),
        cmocka_unit_test(quotes_in_names_are_doubled_at_every_depth),
        cmocka_unit_test(files_are_written_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
