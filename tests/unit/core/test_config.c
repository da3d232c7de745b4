#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/config.h"
#include "core/config_options.h"
#include "core/config_values.h"

static const char minimal[] = "[group]\n"
                              "name = Contoso production\n"
                              "[server SQLA]\n"
                              "role = source\n"
                              "host = sqla\n"
                              "user = monitor\n"
                              "[server DRSQL1]\n"
                              "role = destination\n"
                              "host = drsql1\n"
                              "port = 14333\n"
                              "user = monitor\n"
                              "restores = SQLA\n";

static char path[] = "/tmp/stopmark-config-XXXXXX";

static void write_bytes(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
}

static struct config *load_text(const char *text, struct config_problems *problems)
{
    write_bytes(text, strlen(text));
    return config_load(path, problems);
}

static void assert_loads(struct config *config, const struct config_problems *problems)
{
    for (size_t i = 0; i < problems->items_count; i++)
        print_message("line %d: %s\n", problems->items[i].line, problems->items[i].text);
    assert_non_null(config);
    assert_int_equal(problems->items_count, 0);
}

/* text must fail with a problem in that line which contains the words. */
static void assert_problem(const char *text, int line, const char *words)
{
    struct config_problems problems = {0};
    struct config *config = load_text(text, &problems);
    bool found = false;
    for (size_t i = 0; i < problems.items_count; i++)
        if (problems.items[i].line == line && strstr(problems.items[i].text, words))
            found = true;
    if (config || !found)
        for (size_t i = 0; i < problems.items_count; i++)
            print_message("line %d: %s\n", problems.items[i].line, problems.items[i].text);
    assert_null(config);
    assert_true(found);
    config_problems_free(&problems);
}

static void assert_appended_problem(const char *more, int line, const char *words)
{
    struct str text = {0};
    str_add(&text, minimal);
    str_add(&text, more);
    assert_problem(str_text(&text), line, words);
    str_free(&text);
}

static void a_minimal_file_loads_with_all_defaults(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    struct config *config = load_text(minimal, &problems);
    assert_loads(config, &problems);
    assert_string_equal(config->group_name, "Contoso production");
    assert_string_equal(config->management_database, "BizTalkMgmtDb");
    assert_int_equal(config->servers_count, 2);
    assert_int_equal(config->servers[1].port, 14333);
    assert_int_equal(config->servers[1].role, ROLE_DESTINATION);
    assert_int_equal(config->servers[0].encryption, ENCRYPTION_REQUEST);
    assert_false(config->servers[0].has_restore_login);
    assert_int_equal(config->backup_age.warning_ms, 30 * 60000);
    assert_int_equal(config->backup_age.critical_ms, 3600000);
    assert_true(config->colour);
    assert_false(config->ascii);
    assert_int_equal(config->poll_ms, 10000);
    assert_int_equal(config->escape_delay_ms, 25);
    assert_int_equal(config->lanes_per_server, 4);
    assert_non_null(config->state_dir);
    assert_null(config->journal_dir);
    config_free(config);
}

static void every_key_is_read_into_its_field(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    struct config *config = load_text("[GROUP]\nName=G\nmanagement_database = Mgmt\n"
                                      "connect_timeout=5s\nquery_timeout = 1m30s\n"
                                      "[server SQLA\\BTS]\nrole=source\nhost=a\ninstance=BTS\n"
                                      "aliases = one , two\nauth=kerberos\nencryption=require\n"
                                      "restore_user=r\nrestore_password_command = \"echo a; echo b\"\n"
                                      "[server D]\nrole=destination\nhost=d\nuser=u\n"
                                      "password_env=PW\nrestores=*\n"
                                      "[limits]\nbackup_age = none\ndata_loss=1m,2m\n"
                                      "[display]\nascii=yes\ncolour=no\npoll=2s\nescape_delay=200ms\n"
                                      "[restore]\ntarget=rule\nlanes=2\njournal_dir=/j\nstate_dir=/s\n",
                                      &problems);
    assert_loads(config, &problems);
    const struct config_server *server = &config->servers[0];
    assert_string_equal(server->name, "SQLA\\BTS");
    assert_string_equal(server->instance, "BTS");
    assert_int_equal(server->aliases_count, 2);
    assert_string_equal(server->aliases[0], "one");
    assert_string_equal(server->aliases[1], "two");
    assert_int_equal(server->monitor.auth, AUTH_KERBEROS);
    assert_true(server->has_restore_login);
    assert_string_equal(server->restore.password.command, "echo a; echo b");
    assert_string_equal(config->servers[1].monitor.password.environment, "PW");
    assert_true(config->servers[1].restores_all);
    assert_int_equal(config->query_timeout_ms, 90000);
    assert_true(config->backup_age.warning_ms == DURATION_UNKNOWN);
    assert_int_equal(config->data_loss.critical_ms, 120000);
    assert_int_equal(config->target, TARGET_RULE);
    assert_int_equal(config->escape_delay_ms, 200);
    assert_string_equal(config->journal_dir, "/j");
    assert_string_equal(config->state_dir, "/s");
    config_free(config);
}

static void all_problems_are_told_at_once_in_line_order(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    assert_null(load_text("[group]\nnmae = x\n[server A]\nrole = sauce\nport = 0\n[limts]\n",
                          &problems));
    assert_true(problems.items_count >= 6);
    for (size_t i = 1; i < problems.items_count; i++)
        assert_true(problems.items[i - 1].line <= problems.items[i].line);
    config_problems_free(&problems);
}

static void a_misspelt_name_is_answered_with_the_nearest(void **state)
{
    (void)state;
    assert_appended_problem("[display]\ncolor = no\n", 14, "did you mean colour?");
    assert_appended_problem("[limts]\n", 13, "[limits]");
    assert_problem("[group]\nname=x\n[server SQLA]\nrole=source\nhost=a\nuser=u\n[server "
                   "D]\nrole=destination\nhost=d\nuser=u\nrestores=SQLB\n",
                   7, "did you mean SQLA?");
}

static void a_wrong_value_says_what_was_expected(void **state)
{
    (void)state;
    assert_appended_problem("[limits]\nbackup_age = 1h\n", 14, "two durations");
    assert_appended_problem("[limits]\nbackup_age = 2h, 1h\n", 14, "warning then critical");
    assert_appended_problem("[display]\npoll = 10\n", 14, "duration with its unit");
    assert_appended_problem("[restore]\njournal_dir = runs\n", 14, "an absolute path");
    assert_appended_problem("[server X]\nrole=source\nuser=u\nhost=a b\n", 16, "host name");
}

static void the_traps_of_the_format_are_errors(void **state)
{
    (void)state;
    assert_appended_problem("[display]\ntheme = dark ; mine\n", 14, "double quotes");
    assert_appended_problem("[display]\ntheme = dark\\\n", 14, "backslash");
    assert_appended_problem("# comment \\\n", 13, "backslash");
    assert_appended_problem("[display]\ntheme = \"dark\n", 14, "closing quote");
    assert_appended_problem("[display\n", 13, "]");
    assert_appended_problem("just words\n", 13, "key = value");
    assert_appended_problem("[GROUP]\n", 13, "stands twice, first in line 1");
    assert_appended_problem("[server sqla]\nrole=source\nhost=x\nuser=u\n", 13, "stands twice");
    assert_appended_problem("restores = SQLA\n", 13, "stands twice in [server DRSQL1]");
    assert_problem("name = x\n", 1, "before the first section");
    assert_problem("\xEF\xBB\xBF[group]\nname=x\n", 1, "byte order mark");
    assert_appended_problem("[display]\ntheme = a\x01z\n", 14, "clean UTF-8");
}

static void an_over_long_line_is_an_error(void **state)
{
    (void)state;
    struct str text = {0};
    str_add(&text, "[display]\ntheme = ");
    for (int i = 0; i < 1100; i++)
        str_add_char(&text, 'x');
    str_add(&text, "\n");
    assert_appended_problem(str_text(&text), 14, "longer than");
    str_free(&text);
}

static void a_nul_byte_is_an_error(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    write_bytes("[group]\nname = a\0b\n", 19);
    assert_null(config_load(path, &problems));
    bool found = false;
    for (size_t i = 0; i < problems.items_count; i++)
        found = found || strstr(problems.items[i].text, "NUL");
    assert_true(found);
    config_problems_free(&problems);
}

static void a_source_has_one_destination(void **state)
{
    (void)state;
    assert_appended_problem("[server DR2]\nrole=destination\nhost=e\nuser=u\nrestores=*\n", 13,
                            "restored by [server DRSQL1] already");
}

static void a_group_needs_a_source_and_a_destination(void **state)
{
    (void)state;
    assert_problem("[group]\nname=x\n", 0, "role = source");
    assert_problem("[group]\nname=x\n", 0, "role = destination");
}

static void logins_must_be_whole(void **state)
{
    (void)state;
    assert_appended_problem("auth = kerberos\n", 7, "no user");
    assert_appended_problem("password_env=A\npassword_file=/b\n", 7, "only one of");
    assert_appended_problem("restore_password_env=A\n", 7, "restore_user is missing");
    assert_appended_problem("instance=A\n", 7, "exclude each other");
}

static void a_server_is_found_by_every_form_of_its_name(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    struct config *config = load_text("[group]\nname=x\n"
                                      "[server SQLA]\nrole=source\nhost=127.0.0.1\nport=5001\n"
                                      "user=u\naliases=BTSSQL\n"
                                      "[server DR]\nrole=destination\nhost=127.0.0.1\nport=5002\n"
                                      "user=u\nrestores=btssql\n"
                                      "[server DRI]\nrole=source\nhost=h\ninstance=I\nuser=u\n",
                                      &problems);
    assert_loads(config, &problems);
    assert_int_equal(config_server_find(config, "sqla"), 0);
    assert_int_equal(config_server_find(config, "BtsSql"), 0);
    assert_int_equal(config_server_find(config, "SQLA,5001"), 0);
    assert_int_equal(config_server_find(config, "tcp:BTSSQL,5001"), 0);
    assert_int_equal(config_server_find(config, "127.0.0.1,5002"), 1);
    assert_int_equal(config_server_find(config, "h\\i"), 2);
    assert_int_equal(config_server_find(config, "127.0.0.1"), -1);
    assert_int_equal(config_server_find(config, "nobody"), -1);
    assert_int_equal(config_server_find(config, ""), -1);
    assert_int_equal(config_server_find(config, NULL), -1);
    config_free(config);
}

static void what_is_shown_is_the_same_configuration_with_commands_masked(void **state)
{
    (void)state;
    struct config_problems problems = {0};
    struct config *config = load_text(minimal, &problems);
    assert_loads(config, &problems);
    char *shown = config_show(config);
    assert_non_null(strstr(shown, "backup_age = 30m, 1h\n"));
    assert_non_null(strstr(shown, "escape_delay = 25ms\n"));
    assert_non_null(strstr(shown, "restores = SQLA\n"));
    config_free(config);
    config = load_text(shown, &problems);
    assert_loads(config, &problems);
    char *again = config_show(config);
    assert_string_equal(again, shown);
    free(again);
    free(shown);
    config_free(config);
    config = load_text("[group]\nname=x\n[server A]\nrole=source\nhost=a\nuser=u\n"
                       "password_command=echo hunter2\n"
                       "[server D]\nrole=destination\nhost=d\nuser=u\nrestores=*\n",
                       &problems);
    assert_loads(config, &problems);
    shown = config_show(config);
    assert_null(strstr(shown, "hunter2"));
    assert_non_null(strstr(shown, "password_command = ****"));
    free(shown);
    config_free(config);
}

static void durations_need_units(void **state)
{
    (void)state;
    int64_t ms = 0;
    assert_true(config_read_duration(&ms, "1h 30m"));
    assert_int_equal(ms, 5400000);
    assert_true(config_read_duration(&ms, "1d"));
    assert_int_equal(ms, 86400000);
    assert_false(config_read_duration(&ms, "1"));
    assert_false(config_read_duration(&ms, ""));
    assert_false(config_read_duration(&ms, "-1s"));
    assert_false(config_read_duration(&ms, "1001d"));
    assert_false(config_read_duration(&ms, "999999999999d"));
}

static void the_sample_is_valid_and_the_one_installed(void **state)
{
    (void)state;
    char *sample = config_sample();
    struct config_problems problems = {0};
    struct config *config = load_text(sample, &problems);
    assert_loads(config, &problems);
    config_free(config);
    if (getenv("STOPMARK_WRITE_SAMPLE")) {
        FILE *out = fopen("conf/stopmark.ini", "w");
        assert_non_null(out);
        fputs(sample, out);
        fclose(out);
    }
    FILE *file = fopen("conf/stopmark.ini", "r");
    assert_non_null(file);
    struct str installed = {0};
    char buffer[4096];
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0)
        str_add_bytes(&installed, buffer, got);
    fclose(file);
    assert_string_equal(sample, str_text(&installed));
    str_free(&installed);
    free(sample);
}

static void any_mutilated_file_is_answered_without_harm(void **state)
{
    (void)state;
    uint32_t random = 12345;
    char text[sizeof minimal];
    for (int round = 0; round < 400; round++) {
        memcpy(text, minimal, sizeof minimal);
        for (int hits = 0; hits < 3; hits++) {
            random = random * 1664525 + 1013904223;
            text[(random >> 8) % (sizeof minimal - 1)] = (char)(random >> 24);
        }
        struct config_problems problems = {0};
        write_bytes(text, sizeof minimal - 1);
        struct config *config = config_load(path, &problems);
        assert_true((config == NULL) == (problems.items_count > 0));
        config_free(config);
        config_problems_free(&problems);
    }
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minimal_file_loads_with_all_defaults),
        cmocka_unit_test(every_key_is_read_into_its_field),
        cmocka_unit_test(all_problems_are_told_at_once_in_line_order),
        cmocka_unit_test(a_misspelt_name_is_answered_with_the_nearest),
        cmocka_unit_test(a_wrong_value_says_what_was_expected),
        cmocka_unit_test(the_traps_of_the_format_are_errors),
        cmocka_unit_test(an_over_long_line_is_an_error),
        cmocka_unit_test(a_nul_byte_is_an_error),
        cmocka_unit_test(a_source_has_one_destination),
        cmocka_unit_test(a_group_needs_a_source_and_a_destination),
        cmocka_unit_test(logins_must_be_whole),
        cmocka_unit_test(a_server_is_found_by_every_form_of_its_name),
        cmocka_unit_test(what_is_shown_is_the_same_configuration_with_commands_masked),
        cmocka_unit_test(durations_need_units),
        cmocka_unit_test(the_sample_is_valid_and_the_one_installed),
        cmocka_unit_test(any_mutilated_file_is_answered_without_harm),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
