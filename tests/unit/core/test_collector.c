#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/collector.h"
#include "core/tds.h"

static char directory[] = "/tmp/stopmark-collector-XXXXXX";

/* A port on which connections are accepted (by the kernel) and never answered. */
static int silent_listener(int *port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* A port that nobody listens on. */
static int closed_port(void)
{
    int port;
    close(silent_listener(&port));
    return port;
}

static struct config_server make_server(const char *name, int line, int port)
{
    struct config_server server = {.name = memory_copy_text(name),
                                   .line = line,
                                   .host = memory_copy_text("127.0.0.1"),
                                   .port = port};
    server.monitor.user = memory_copy_text("monitor");
    server.monitor.password.environment = memory_copy_text("STOPMARK_TEST_PW");
    return server;
}

static struct config *make_config(int source_port, int destination_port, int64_t timeout_ms)
{
    struct config *config = memory_new(sizeof *config);
    config->group_name = memory_copy_text("G");
    config->management_database = memory_copy_text("BizTalkMgmtDb");
    config->theme = memory_copy_text("dark");
    config->state_dir = memory_copy_text(directory);
    config->poll_ms = 60000;
    config->connect_timeout_ms = timeout_ms;
    config->query_timeout_ms = timeout_ms;
    *memory_append(config, servers) = make_server("SRC", 1, source_port);
    *memory_append(config, servers) = make_server("DST", 2, destination_port);
    config->servers[1].role = ROLE_DESTINATION;
    config->servers[1].restores_all = true;
    return config;
}

static int64_t now_ms(void)
{
    return clock_monotonic_ms(clock_system());
}

static void before_the_first_answer_there_is_a_view_with_nothing_known(void **state)
{
    (void)state;
    int port, fd = silent_listener(&port);
    struct config *config = make_config(port, port, 20000);
    struct error error;
    struct collector *collector = collector_start(config, clock_system(), &error);
    assert_non_null(collector);
    struct group_view *view = collector_view(collector);
    assert_non_null(view);
    assert_int_equal(view->servers_count, 2);
    assert_false(view->servers[0]->reachable);
    assert_false(view->readiness.possible);
    group_view_release(view);
    assert_false(collector_wait_first(collector, 50));
    collector_stop(collector);
    config_free(config);
    close(fd);
}

static void stopping_takes_about_a_second_although_servers_never_answer(void **state)
{
    (void)state;
    int port, fd = silent_listener(&port);
    struct config *config = make_config(port, port, 60000);
    struct error error;
    struct collector *collector = collector_start(config, clock_system(), &error);
    assert_non_null(collector);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 5000), 1); /* they are connecting now */
    int64_t begin_ms = now_ms();
    collector_stop(collector);
    assert_true(now_ms() - begin_ms < 2500);
    config_free(config);
    close(fd);
}

static void a_dead_server_does_not_keep_another_from_being_told(void **state)
{
    (void)state;
    int port, fd = silent_listener(&port);
    struct config *config = make_config(closed_port(), port, 30000);
    struct error error;
    struct collector *collector = collector_start(config, clock_system(), &error);
    assert_non_null(collector);
    int64_t until_ms = now_ms() + 5000;
    enum error_code code = ERR_OK;
    while (code == ERR_OK && now_ms() < until_ms) {
        struct pollfd wait = {.fd = collector_wake_fd(collector), .events = POLLIN};
        poll(&wait, 1, 1000);
        struct group_view *view = collector_view(collector);
        code = view->servers[0]->error.code;
        assert_int_equal(view->servers[1]->error.code, ERR_OK);
        group_view_release(view);
    }
    assert_int_equal(code, ERR_UNREACHABLE);
    collector_stop(collector);
    config_free(config);
    close(fd);
}

static void a_silent_server_is_told_after_the_time_out(void **state)
{
    (void)state;
    int port, fd = silent_listener(&port);
    struct config *config = make_config(port, closed_port(), 1000);
    struct error error;
    struct collector *collector = collector_start(config, clock_system(), &error);
    assert_non_null(collector);
    assert_true(collector_wait_first(collector, 6000));
    struct group_view *view = collector_view(collector);
    assert_int_equal(view->servers[0]->error.code, ERR_TIMEOUT);
    assert_int_equal(view->servers[1]->error.code, ERR_UNREACHABLE);
    group_view_release(view);
    collector_stop(collector);
    config_free(config);
    close(fd);
}

static void without_a_password_nothing_starts(void **state)
{
    (void)state;
    struct config *config = make_config(1, 1, 1000);
    free(config->servers[1].monitor.password.environment);
    config->servers[1].monitor.password.environment = NULL;
    struct error error;
    assert_null(collector_start(config, clock_system(), &error));
    assert_int_equal(error.code, ERR_NO_PASSWORD);
    assert_string_equal(error.where, "DST");
    config_free(config);
}

static void a_writer_is_refused_without_a_permit(void **state)
{
    (void)state;
    struct config *config = make_config(1, 1, 1000);
    config->servers[1].has_restore_login = true;
    struct tds_options options = {.application = "test", .connect_timeout_ms = 1000};
    struct error error;
    assert_null(tds_writer_open(NULL, &config->servers[1], "x", &options, NULL, &error));
    assert_int_equal(error.code, ERR_REFUSED);
    config_free(config);
}

int main(void)
{
    if (!mkdtemp(directory))
        return 1;
    setenv("STOPMARK_TEST_PW", "secret", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_answer_there_is_a_view_with_nothing_known),
        cmocka_unit_test(stopping_takes_about_a_second_although_servers_never_answer),
        cmocka_unit_test(a_dead_server_does_not_keep_another_from_being_told),
        cmocka_unit_test(a_silent_server_is_told_after_the_time_out),
        cmocka_unit_test(without_a_password_nothing_starts),
        cmocka_unit_test(a_writer_is_refused_without_a_permit),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(directory);
    return failed;
}
