#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/secret.h"

static char path[] = "/tmp/stopmark-secret-XXXXXX";

static void write_file(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

/* Fetches for one server with that source; the result is owned. */
static struct secrets *fetch(struct password_source source, int *missing, struct error *error)
{
    struct config_server server = {.name = (char[]){"S"}, .role = ROLE_DESTINATION};
    server.monitor.password = source;
    struct config config = {.servers = &server, .servers_count = 1};
    error_clear(error);
    return secrets_fetch(&config, SECRET_MONITOR, missing, error);
}

static void assert_password(struct password_source source, const char *expected)
{
    int missing;
    struct error error;
    struct secrets *secrets = fetch(source, &missing, &error);
    assert_non_null(secrets);
    assert_int_equal(missing, -1);
    assert_string_equal(secrets_get(secrets, 0), expected);
    secrets_free(secrets);
}

static void assert_refused(struct password_source source)
{
    int missing;
    struct error error;
    assert_null(fetch(source, &missing, &error));
    assert_int_equal(error.code, ERR_NO_PASSWORD);
    assert_true(error.what[0] != '\0');
}

static void the_first_line_of_a_file_is_the_password(void **state)
{
    (void)state;
    write_file("pass wört\r\nsecond\n", 0600);
    assert_password((struct password_source){.file = path}, "pass wört");
    write_file("x", 0640);
    assert_password((struct password_source){.file = path}, "x");
}

static void a_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    write_file("x\n", 0644);
    assert_refused((struct password_source){.file = path});
    write_file("x\n", 0660);
    assert_refused((struct password_source){.file = path});
}

static void an_empty_or_missing_file_is_refused(void **state)
{
    (void)state;
    write_file("\nx\n", 0600);
    assert_refused((struct password_source){.file = path});
    assert_refused((struct password_source){.file = (char[]){"/nonexistent/file"}});
    assert_refused((struct password_source){.file = (char[]){"/tmp"}});
}

static void a_command_gives_the_password(void **state)
{
    (void)state;
    assert_password((struct password_source){.command = (char[]){"echo secret; echo more"}},
                    "secret");
}

static void a_command_that_fails_is_told(void **state)
{
    (void)state;
    assert_refused((struct password_source){.command = (char[]){"echo secret; exit 3"}});
    assert_refused((struct password_source){.command = (char[]){"true"}});
}

static void a_command_inherits_no_descriptor(void **state)
{
    (void)state;
    int fd = fcntl(0, F_DUPFD, 77); /* not close-on-exec, as FreeTDS's sockets */
    assert_int_equal(fd, 77);
    assert_password(
        (struct password_source){.command = (char[]){"[ -e /proc/$$/fd/77 ] && echo open || echo shut"}},
        "shut");
    close(fd);
}

static void a_password_variable_is_read_but_not_handed_to_commands(void **state)
{
    (void)state;
    setenv("STOPMARK_TEST_PASSWORD", "from environment", 1);
    assert_password((struct password_source){.environment = (char[]){"STOPMARK_TEST_PASSWORD"}},
                    "from environment");
    struct config_server servers[2] = {{.name = (char[]){"A"}}, {.name = (char[]){"B"}}};
    servers[0].monitor.password.environment = (char[]){"STOPMARK_TEST_PASSWORD"};
    servers[1].monitor.password.command = (char[]){"echo x$STOPMARK_TEST_PASSWORD"};
    struct config config = {.servers = servers, .servers_count = 2};
    int missing;
    struct error error;
    struct secrets *secrets = secrets_fetch(&config, SECRET_MONITOR, &missing, &error);
    assert_non_null(secrets);
    assert_string_equal(secrets_get(secrets, 1), "x");
    secrets_free(secrets);
    unsetenv("STOPMARK_TEST_PASSWORD");
    assert_refused((struct password_source){.environment = (char[]){"STOPMARK_TEST_PASSWORD"}});
}

static void a_server_without_a_source_is_missing_until_set_by_hand(void **state)
{
    (void)state;
    int missing;
    struct error error;
    struct secrets *secrets = fetch((struct password_source){0}, &missing, &error);
    assert_non_null(secrets);
    assert_int_equal(missing, 0);
    assert_null(secrets_get(secrets, 0));
    secrets_set(secrets, 0, "typed");
    assert_string_equal(secrets_get(secrets, 0), "typed");
    secrets_free(secrets);
}

static void kerberos_needs_no_password(void **state)
{
    (void)state;
    struct config_server server = {.name = (char[]){"S"}, .monitor.auth = AUTH_KERBEROS};
    struct config config = {.servers = &server, .servers_count = 1};
    int missing;
    struct error error;
    struct secrets *secrets = secrets_fetch(&config, SECRET_MONITOR, &missing, &error);
    assert_non_null(secrets);
    assert_int_equal(missing, -1);
    assert_null(secrets_get(secrets, 0));
    secrets_free(secrets);
}

static void only_destinations_with_a_restore_login_need_its_password(void **state)
{
    (void)state;
    struct config_server servers[3] = {
        {.name = (char[]){"S"}, .role = ROLE_SOURCE, .has_restore_login = true},
        {.name = (char[]){"D"}, .role = ROLE_DESTINATION},
        {.name = (char[]){"E"}, .role = ROLE_DESTINATION, .has_restore_login = true}};
    struct config config = {.servers = servers, .servers_count = 3};
    int missing;
    struct error error;
    struct secrets *secrets = secrets_fetch(&config, SECRET_RESTORE, &missing, &error);
    assert_non_null(secrets);
    assert_int_equal(missing, 2);
    secrets_free(secrets);
}

static void secrets_cross_a_pipe_unchanged(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct secrets *sent = secrets_new(3);
    secrets_set(sent, 0, "a");
    secrets_set(sent, 2, "c c");
    assert_true(secrets_send(sent, fds[1]));
    struct secrets *received = secrets_receive(fds[0], 3);
    assert_non_null(received);
    assert_string_equal(secrets_get(received, 0), "a");
    assert_null(secrets_get(received, 1));
    assert_string_equal(secrets_get(received, 2), "c c");
    assert_true(secrets_send(sent, fds[1]));
    assert_null(secrets_receive(fds[0], 2));
    secrets_free(sent);
    secrets_free(received);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_of_a_file_is_the_password),
        cmocka_unit_test(a_file_that_others_can_read_is_refused),
        cmocka_unit_test(an_empty_or_missing_file_is_refused),
        cmocka_unit_test(a_command_gives_the_password),
        cmocka_unit_test(a_command_that_fails_is_told),
        cmocka_unit_test(a_command_inherits_no_descriptor),
        cmocka_unit_test(a_password_variable_is_read_but_not_handed_to_commands),
        cmocka_unit_test(a_server_without_a_source_is_missing_until_set_by_hand),
        cmocka_unit_test(kerberos_needs_no_password),
        cmocka_unit_test(only_destinations_with_a_restore_login_need_its_password),
        cmocka_unit_test(secrets_cross_a_pipe_unchanged),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
