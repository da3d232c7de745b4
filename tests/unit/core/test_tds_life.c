#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/tds_life.h"

enum { SHORT_MS = 400, LONG_MS = 20000 };

/* An address of 127/8 that no other test program has: the Browser's port is fixed. */
static struct sockaddr_in own_address(int port)
{
    pid_t pid = getpid();
    uint32_t host = 0x7f200001u + ((uint32_t)pid << 4 & 0xfffff0u);
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(host)};
}

struct stand {
    struct config_server server;
    char host[32];
    int listener;
    pthread_t thread;
};

/* A port that takes connections; nobody answers there until answer() runs. */
static void stand_open(struct stand *stand)
{
    struct sockaddr_in address = own_address(0);
    socklen_t length = sizeof address;
    *stand = (struct stand){.listener = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(stand->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(stand->listener, 8), 0);
    assert_int_equal(getsockname(stand->listener, (struct sockaddr *)&address, &length), 0);
    assert_non_null(inet_ntop(AF_INET, &address.sin_addr, stand->host, sizeof stand->host));
    stand->server.name = stand->server.host = stand->host;
    stand->server.port = ntohs(address.sin_port);
}

static enum server_life life(const struct stand *stand, enum error_code code, int64_t timeout_ms)
{
    struct error failure = {.code = code};
    return tds_life(&stand->server, &failure, timeout_ms, NULL);
}

/* Answers one connection as a server does a PRELOGIN: after it was asked. */
static void *answer_main(void *context)
{
    struct stand *stand = context;
    unsigned char question[64], answer = 4;
    int fd = accept(stand->listener, NULL, NULL);
    if (fd >= 0 && recv(fd, question, sizeof question, 0) > 0 && question[0] == 0x12)
        send(fd, &answer, 1, MSG_NOSIGNAL);
    if (fd >= 0)
        close(fd);
    return NULL;
}

static enum server_life life_of_one_that_answers(enum error_code code)
{
    struct stand stand;
    stand_open(&stand);
    assert_int_equal(pthread_create(&stand.thread, NULL, answer_main, &stand), 0);
    enum server_life found = life(&stand, code, LONG_MS);
    shutdown(stand.listener, SHUT_RDWR); /* who was not asked waits no longer */
    assert_int_equal(pthread_join(stand.thread, NULL), 0);
    close(stand.listener);
    return found;
}

static void whatever_failed_on_this_side_a_server_that_speaks_tds_lives(void **state)
{
    (void)state;
    static const enum error_code codes[] = {ERR_UNREACHABLE, ERR_TIMEOUT, ERR_CONNECTION_LOST,
                                            ERR_NO_PASSWORD, ERR_FAILED};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_int_equal(life_of_one_that_answers(codes[i]), LIFE_ANSWERS);
}

static void an_open_port_alone_is_no_answer_and_a_closed_one_none(void **state)
{
    (void)state;
    struct stand stand;
    stand_open(&stand);
    assert_int_equal(life(&stand, ERR_TIMEOUT, SHORT_MS), LIFE_SILENT);
    close(stand.listener);
    assert_int_equal(life(&stand, ERR_TIMEOUT, LONG_MS), LIFE_NONE);
}

static void what_the_server_itself_said_is_an_answer(void **state)
{
    (void)state;
    struct stand stand;
    stand_open(&stand);
    close(stand.listener);
    assert_int_equal(life(&stand, ERR_LOGIN_REFUSED, LONG_MS), LIFE_ANSWERS);
    assert_int_equal(life(&stand, ERR_SERVER_ERROR, LONG_MS), LIFE_ANSWERS);
    assert_int_equal(life(&stand, ERR_PERMISSION, LONG_MS), LIFE_ANSWERS);
    assert_int_equal(life(&stand, ERR_CANCELLED, LONG_MS), LIFE_NONE);
}

static void a_named_instance_is_dead_only_where_its_browser_knows_no_such_one(void **state)
{
    (void)state;
    struct stand stand;
    stand_open(&stand);
    stand.server.port = 0;
    stand.server.instance = (char[]){"BIZTALK"};
    /* The host says that nobody listens there: it is up. */
    assert_int_equal(life(&stand, ERR_UNREACHABLE, LONG_MS), LIFE_UNTOLD);
    struct sockaddr_in address = own_address(1434);
    int browser = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(browser, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(life(&stand, ERR_UNREACHABLE, SHORT_MS), LIFE_NONE);
    char question[64] = "";
    assert_int_equal(recv(browser, question, sizeof question, 0), 9);
    assert_string_equal(question, "\x04" "BIZTALK");
    close(browser);
    close(stand.listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_failed_on_this_side_a_server_that_speaks_tds_lives),
        cmocka_unit_test(an_open_port_alone_is_no_answer_and_a_closed_one_none),
        cmocka_unit_test(what_the_server_itself_said_is_an_answer),
        cmocka_unit_test(a_named_instance_is_dead_only_where_its_browser_knows_no_such_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
