/* The wire over real sockets, with a small engine and estate of the test's own behind it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/engine.h"
#include "tests/lab/estate.h"
#include "tests/lab/reply.h"
#include "tests/lab/wire.h"
#include "tests/lab/wire_types.h"
#include "tests/lab/wire_wait.h"
#include "tests/unit/lab/wire_client.h"

/* --- the engine and the estate behind the wire ------------------------------------------------ */

static struct lab lab;
static struct instance instance;
static struct instance *instances[1] = {&instance};
static struct login logins[2] = {{.name = "monitor", .password = "s3cret}'\xc3\xa9"},
                                 {.name = "gone", .password = "x", .disabled = true}};
static struct database databases[2] = {{.name = "master"},
                                       {.name = "Restoring", .state = DATABASE_RESTORING}};
static int sessions_open, sessions_released;
static char last_call[256];

struct login *instance_login(struct instance *of, const char *name)
{
    (void)of;
    for (size_t i = 0; i < 2; i++) {
        if (text_equal_nocase(logins[i].name, name))
            return &logins[i];
    }
    return NULL;
}

struct database *instance_database(struct instance *of, const char *name)
{
    (void)of;
    for (size_t i = 0; i < 2; i++) {
        if (text_equal_nocase(databases[i].name, name))
            return &databases[i];
    }
    return NULL;
}

bool session_may_use(struct session *session, struct database *database, struct reply *reply)
{
    (void)session, (void)database, (void)reply;
    return true;
}

void session_release(struct session *session)
{
    (void)session;
    sessions_released++;
}

int64_t lab_now_utc_ms(const struct lab *of)
{
    (void)of;
    return 1000;
}

int64_t instance_now_utc_ms(const struct instance *of)
{
    (void)of;
    return 1000;
}

void engine_session_open(struct session *session)
{
    (void)session;
    sessions_open++;
}

void engine_session_close(struct session *session)
{
    (void)session;
    sessions_open--;
}

static void run_rows(struct reply *reply, int count)
{
    const struct sql_column column = {.name = "n", .type = {.kind = SQL_INT, .nullable = true}};

    reply_columns(reply, &column, 1);
    for (int i = 0; i < count; i++) {
        struct sql_value value = sql_integer(i);
        reply_row(reply, &value);
    }
    reply_done(reply, REPLY_BATCH, DONE_COUNT, 193, (uint64_t)count);
}

bool engine_run_batch(struct session *session, const char *text, struct reply *reply)
{
    if (strcmp(text, "rows") == 0) {
        run_rows(reply, 3);
    } else if (strcmp(text, "many rows") == 0) {
        run_rows(reply, 20000);
    } else if (strcmp(text, "very many rows") == 0) {
        run_rows(reply, 700000);
    } else if (strcmp(text, "wait") == 0) {
        while (session_wait(session, INT64_MAX) == SESSION_GO_ON)
            continue;
        reply_done(reply, REPLY_BATCH, DONE_FINAL, 0, 0);
    } else if (strcmp(text, "progress") == 0) {
        reply_info(reply, 3211, 1, 1, NULL, "50 percent processed.");
        reply_done(reply, REPLY_BATCH, DONE_FINAL, 229, 0);
        while (session_wait(session, INT64_MAX) == SESSION_GO_ON)
            continue;
        reply_done(reply, REPLY_BATCH, DONE_FINAL, 229, 0);
    } else if (strcmp(text, "kill the waiting") == 0) {
        for (struct session *at = instance.sessions; at != NULL; at = at->next)
            at->killed = at != session;
        lab_changed();
        reply_done(reply, REPLY_BATCH, DONE_FINAL, 0, 0);
    } else if (strcmp(text, "silence") != 0) {
        reply_error(reply, 102, 15, 1, 1, NULL, "Incorrect syntax near '%s'.", text);
        reply_done(reply, REPLY_BATCH, DONE_ERROR, 253, 0);
    }
    return true;
}

bool engine_run_internal(struct session *session, const char *text, struct reply *reply)
{
    (void)session;
    snprintf(last_call, sizeof last_call, "%s", text);
    reply_transaction(reply, 8, 77);
    reply_done(reply, REPLY_BATCH, DONE_FINAL, 0, 0);
    return true;
}

bool engine_run_procedure(struct session *session, const char *name,
                          struct engine_parameter *parameters, size_t count, struct reply *reply)
{
    (void)session;
    snprintf(last_call, sizeof last_call, "%s %zu %s %s", name, count,
             count > 0 && parameters[0].value.bytes != NULL ? parameters[0].value.bytes : "",
             count > 1 ? parameters[1].name : "");
    reply_return_status(reply, 0);
    reply_done(reply, REPLY_END_OF_PROCEDURE, DONE_FINAL, 224, 0);
    return true;
}

/* --- set-up ----------------------------------------------------------------------------------- */

static pthread_t server;
static struct client client, other;

static void *serve(void *argument)
{
    (void)argument;
    wire_serve(&lab);
    return NULL;
}

static int start(void **state)
{
    (void)state;
    lab = (struct lab){.instances = instances, .instances_count = 1};
    instance = (struct instance){
        .lab = &lab, .name = "SQLA", .major_version = 16, .build = 4236, .listen_fd = -1};
    sessions_open = sessions_released = 0;
    client.fd = other.fd = -1;
    if (!wire_listen(&instance, 0))
        return -1;
    return pthread_create(&server, NULL, serve, NULL);
}

static int stop(void **state)
{
    (void)state;
    wire_stop();
    pthread_join(server, NULL);
    if (client.fd >= 0)
        close(client.fd);
    if (other.fd >= 0)
        close(other.fd);
    wire_forget(&instance);
    return instance.sessions == NULL && sessions_open == 0 ? 0 : -1;
}

static void log_in(struct client *of)
{
    assert_true(client_log_in(of, instance.port, TDS_7_4, "monitor", "s3cret}'\xe9", "", 4096));
    assert_true(client_reply_has_number(of, 0xAB, 5701));
}

/* Waits on a condition that another thread brings about. */
static void until(bool (*condition)(void))
{
    for (int i = 0; i < 1000; i++) {
        lab_lock();
        bool met = condition();
        if (!met)
            lab_wait(-1, 0, 10, NULL);
        lab_unlock();
        if (met)
            return;
    }
    fail_msg("the condition did not come about");
}

static bool no_session(void)
{
    return instance.sessions == NULL && sessions_open == 0;
}

static bool somebody_runs(void)
{
    return instance.sessions != NULL && instance.sessions->running;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void a_login_is_acknowledged_with_database_language_and_packet_size(void **state)
{
    (void)state;
    log_in(&client);
    assert_true(client_reply_has(&client, "Changed database context to 'master'."));
    assert_true(client_reply_has_number(&client, 0xAB, 5703));
    assert_true(client_reply_has(&client, "Microsoft SQL Server"));
    assert_int_equal(client_done_status(&client), DONE_FINAL);
    lab_lock();
    assert_int_equal(instance.sessions->spid, 51);
    assert_string_equal(instance.sessions->host, "testhost");
    assert_string_equal(instance.sessions->application, "test");
    lab_unlock();
}

static void older_clients_log_in_with_their_version(void **state)
{
    static const uint32_t versions[] = {0x70000000, 0x71000001, 0x72090002, 0x730A0003,
                                        0x730B0003, 0x74000004};
    (void)state;

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        unsigned char wanted[4];
        assert_true(client_log_in(&client, instance.port, versions[i], "monitor",
                                  "s3cret}'\xe9", "", 0));
        for (int j = 0; j < 4; j++)
            wanted[j] = (unsigned char)(versions[i] >> (24 - 8 * j));
        assert_non_null(memmem(client.reply, client.length, wanted, 4));
        client_batch(&client, "rows");
        assert_true(client_read_message(&client));
        assert_int_equal(client_done_status(&client), DONE_COUNT);
        assert_int_equal(client_done_command(&client), 193);
        close(client.fd);
        client.fd = -1;
    }
}

static void expect_refusal(const char *user, const char *password, const char *database,
                           uint32_t number)
{
    assert_true(client_log_in(&client, instance.port, TDS_7_4, user, password, database, 0));
    assert_true(client_reply_has_number(&client, 0xAA, number));
    assert_false(client_reply_has(&client, "Microsoft SQL Server"));
    assert_int_equal(client_done_status(&client), DONE_ERROR);
    assert_true(client_sees_end(&client));
    close(client.fd);
    client.fd = -1;
}

static void a_wrong_password_is_18456_and_the_end(void **state)
{
    (void)state;
    expect_refusal("monitor", "wrong", "", 18456);
    expect_refusal("nobody", "s3cret}'\xe9", "", 18456);
    assert_int_equal(sessions_open, 0);
}

static void a_disabled_login_is_18470(void **state)
{
    (void)state;
    expect_refusal("gone", "x", "", 18470);
}

static void a_database_that_cannot_be_opened_is_4060_and_18456(void **state)
{
    (void)state;
    expect_refusal("monitor", "s3cret}'\xe9", "Missing", 4060);
    expect_refusal("monitor", "s3cret}'\xe9", "Restoring", 4060);
    expect_refusal("monitor", "s3cret}'\xe9", "Restoring", 18456);
}

static void a_reply_is_cut_into_packets_of_the_agreed_size(void **state)
{
    (void)state;
    assert_true(
        client_log_in(&client, instance.port, TDS_7_4, "monitor", "s3cret}'\xe9", "", 512));
    client_batch(&client, "many rows");
    assert_true(client_read_message(&client));
    assert_int_equal(client.largest_packet, 512);
    assert_int_equal(client_done_status(&client), DONE_COUNT);
    assert_true(client.length > 20000 * 6);
}

static void a_reply_larger_than_memory_allows_arrives_whole(void **state)
{
    size_t bytes = 0;
    int status = 0;
    (void)state;

    log_in(&client);
    client.largest_packet = 0;
    client_batch(&client, "very many rows");
    while ((status & 1) == 0) {
        client.length = 0;
        assert_true(client_read_packet(&client, &status));
        /* every packet but the last is full */
        assert_true((status & 1) == 1 || client.length == 4088);
        bytes += client.length;
    }
    /* COLMETADATA, rows of six bytes, DONE */
    assert_int_equal(bytes, 14 + 700000 * 6 + 13);
    assert_int_equal(client_done_status(&client), DONE_COUNT);
}

static void a_request_that_writes_nothing_still_ends_its_message(void **state)
{
    (void)state;
    log_in(&client);
    client_batch(&client, "silence");
    assert_true(client_read_message(&client));
    assert_int_equal(client_done_status(&client), DONE_FINAL);
}

static void a_batch_may_span_packets(void **state)
{
    unsigned char message[64] = {22, 0, 0, 0};
    (void)state;

    log_in(&client);
    size_t length = 22 + client_utf16(message + 22, "rows");
    client_packet(client.fd, 1, 0, message, 5);
    client_packet(client.fd, 1, 0, message + 5, 20);
    client_packet(client.fd, 1, 1, message + 25, length - 25);
    assert_true(client_read_message(&client));
    assert_int_equal(client_done_command(&client), 193);
}

static void an_error_reaches_the_client_with_number_and_text(void **state)
{
    (void)state;
    log_in(&client);
    client_batch(&client, "nonsense");
    assert_true(client_read_message(&client));
    assert_true(client_reply_has_number(&client, 0xAA, 102));
    assert_true(client_reply_has(&client, "Incorrect syntax near 'nonsense'."));
    assert_int_equal(client_done_status(&client), DONE_ERROR);
}

static void an_attention_ends_a_running_request_in_two_messages(void **state)
{
    (void)state;
    log_in(&client);
    client_batch(&client, "wait");
    until(somebody_runs);
    client_packet(client.fd, 6, 1, NULL, 0);
    assert_true(client_read_message(&client));
    assert_int_equal(client_done_status(&client), DONE_ERROR);
    assert_true(client_read_message(&client));
    assert_int_equal(client.length, 13);
    assert_int_equal(client_done_status(&client), DONE_ATTENTION);
    assert_int_equal(client_done_command(&client), 0xFD);
    client_batch(&client, "rows");
    assert_true(client_read_message(&client));
    assert_int_equal(client_done_command(&client), 193);
}

static void an_attention_with_nothing_running_is_acknowledged(void **state)
{
    (void)state;
    log_in(&client);
    client_packet(client.fd, 6, 1, NULL, 0);
    assert_true(client_read_message(&client));
    assert_int_equal(client_done_status(&client), DONE_ATTENTION);
}

static void progress_arrives_while_the_request_still_runs(void **state)
{
    int status = 0;
    (void)state;

    log_in(&client);
    client_batch(&client, "progress");
    client.length = 0;
    assert_true(client_read_packet(&client, &status));
    assert_int_equal(status & 1, 0);
    assert_true(client_reply_has_number(&client, 0xAB, 3211));
    client_packet(client.fd, 6, 1, NULL, 0);
    client.length = 0;
    assert_true(client_read_packet(&client, &status));
    assert_int_equal(status & 1, 1);
    /* the DONE of the information says MORE, the last one ERROR */
    assert_int_equal(client.length, 26);
    assert_int_equal(client.reply[1], DONE_MORE);
    assert_int_equal(client_done_status(&client), DONE_ERROR);
}

static void a_killed_session_gets_596_and_the_end(void **state)
{
    (void)state;
    log_in(&client);
    log_in(&other);
    client_batch(&client, "wait");
    until(somebody_runs);
    client_batch(&other, "kill the waiting");
    assert_true(client_read_message(&other));
    assert_true(client_read_message(&client));
    assert_true(client_reply_has_number(&client, 0xAA, 596));
    assert_int_equal(client_done_status(&client), DONE_FATAL | DONE_ERROR);
    assert_true(client_sees_end(&client));
}

static void an_idle_session_that_is_killed_is_cut(void **state)
{
    (void)state;
    log_in(&client);
    log_in(&other);
    client_batch(&other, "kill the waiting");
    assert_true(client_read_message(&other));
    assert_true(client_sees_end(&client));
}

static void a_client_that_goes_away_ends_its_running_request(void **state)
{
    (void)state;
    log_in(&client);
    client_batch(&client, "wait");
    until(somebody_runs);
    close(client.fd);
    client.fd = -1;
    until(no_session);
    assert_int_equal(sessions_released, 1);
}

static void a_client_that_does_not_read_stalls_nobody_else(void **state)
{
    (void)state;
    log_in(&client);
    for (int i = 0; i < 40; i++)
        client_batch(&client, "many rows");
    log_in(&other);
    client_batch(&other, "rows");
    assert_true(client_read_message(&other));
    assert_int_equal(client_done_command(&other), 193);
}

static void a_stopped_instance_cuts_and_refuses_until_it_is_started(void **state)
{
    (void)state;
    log_in(&client);
    lab_lock();
    instance.stopped = true;
    wire_instance_stopped(&instance);
    lab_unlock();
    assert_true(client_sees_end(&client));
    assert_int_equal(client_connect(instance.port), -1);
    lab_lock();
    instance.stopped = false;
    wire_instance_started(&instance);
    lab_unlock();
    close(client.fd);
    log_in(&client);
}

static void a_stalled_instance_accepts_and_never_answers(void **state)
{
    unsigned char message[64];
    (void)state;

    instance.stalled = true;
    client.fd = client_connect(instance.port);
    assert_true(client.fd >= 0);
    client_packet(client.fd, 18, 1, message, client_prelogin(message));
    struct pollfd readable = {.fd = client.fd, .events = POLLIN};
    assert_int_equal(poll(&readable, 1, 200), 0);
    lab_lock();
    instance.stalled = false;
    lab_changed();
    lab_unlock();
    assert_true(client_read_message(&client));
}

static void a_call_by_number_reaches_the_engine_by_name(void **state)
{
    unsigned char message[256] = {22, 0, 0, 0};
    unsigned char *at = message + 22;
    (void)state;

    log_in(&client);
    static const unsigned char head[] = {0xFF, 0xFF, 10, 0, 0, 0};
    memcpy(at, head, sizeof head);
    at += sizeof head;
    static const unsigned char statement[] = {0, 0, 0xE7, 16, 0, 9, 4, 0xD0, 0, 0x34, 16, 0};
    memcpy(at, statement, sizeof statement);
    at += sizeof statement;
    at += client_utf16(at, "SELECT 1");
    static const unsigned char number[] = {2, '@', 0, 'x', 0, 1, 0x26, 4, 4, 7, 0, 0, 0};
    memcpy(at, number, sizeof number);
    at += sizeof number;
    client_packet(client.fd, 3, 1, message, (size_t)(at - message));
    assert_true(client_read_message(&client));
    assert_string_equal(last_call, "sp_executesql 2 SELECT 1 @x");
    assert_int_equal(client.reply[0], 0x79);
    assert_int_equal(client_done_command(&client), 224);
}

static void a_transaction_request_becomes_the_statement(void **state)
{
    unsigned char message[] = {22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                               0,  0, 0, 0, 0, 0, 5, 0, 0, 4, 'a', 0, ']', 0};
    (void)state;

    log_in(&client);
    client_packet(client.fd, 14, 1, message, sizeof message);
    assert_true(client_read_message(&client));
    assert_string_equal(last_call, "BEGIN TRANSACTION [a]]]");
    assert_int_equal(client.reply[0], 0xE3);
    assert_int_equal(client.reply[3], 8);
}

static void nonsense_closes_its_connection_and_no_other(void **state)
{
    static const unsigned char messages[][12] = {
        {99, 1, 0, 8},                   /* unknown type */
        {1, 1, 0, 7},                    /* shorter than a header */
        {1, 1, 0xFF, 0xFF},              /* longer than any packet */
        {1, 1, 0, 12, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF}, /* ALL_HEADERS too long */
        {3, 1, 0, 12, 0, 0, 0, 0, 4, 0, 0, 0},  /* a call without anything */
        {14, 1, 0, 12, 0, 0, 0, 0, 4, 0, 0, 0}, /* a transaction request without a kind */
        {7, 1, 0, 12, 0, 0, 0, 0, 4, 0, 0, 0},  /* bulk load */
        {16, 1, 0, 12, 0, 0, 0, 0, 4, 0, 0, 0}, /* a second login */
    };
    (void)state;

    log_in(&other);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        log_in(&client);
        assert_true(send(client.fd, messages[i], sizeof messages[i], MSG_NOSIGNAL) > 0);
        assert_true(client_sees_end(&client));
        close(client.fd);
        client.fd = -1;
    }
    client_batch(&other, "rows");
    assert_true(client_read_message(&other));
}

static void noise_instead_of_a_login_is_survived(void **state)
{
    unsigned seed = 1;
    (void)state;

    for (int round = 0; round < 200; round++) {
        unsigned char noise[600];
        size_t length = 1 + (size_t)rand_r(&seed) % sizeof noise;
        for (size_t i = 0; i < length; i++)
            noise[i] = (unsigned char)rand_r(&seed);
        int fd = client_connect(instance.port);
        assert_true(fd >= 0);
        if (round % 2 == 0)
            client_packet(fd, round % 4 == 0 ? 18 : 16, 1, noise, length);
        else if (send(fd, noise, length, MSG_NOSIGNAL) < 0)
            fail();
        close(fd);
    }
    log_in(&client);
}

static void many_connections_work_at_once(void **state)
{
    enum { COUNT = 100 };
    static struct client clients[2];
    int fds[COUNT];
    (void)state;

    for (int i = 0; i < COUNT; i++) {
        assert_true(client_log_in(&clients[0], instance.port, TDS_7_4, "monitor",
                                  "s3cret}'\xe9", "", 0));
        fds[i] = clients[0].fd;
    }
    for (int i = 0; i < COUNT; i++) {
        clients[0].fd = fds[i];
        client_batch(&clients[0], "rows");
    }
    for (int i = 0; i < COUNT; i++) {
        clients[0].fd = fds[i];
        assert_true(client_read_message(&clients[0]));
        close(fds[i]);
    }
    until(no_session);
}

static void a_line_is_cut_after_so_many_bytes(void **state)
{
    (void)state;
    log_in(&client);
    lab_lock();
    wire_set_fault(&instance, &(struct wire_fault){.cut_after_bytes = 5000});
    lab_unlock();
    client_batch(&client, "many rows");
    assert_false(client_read_message(&client));
    assert_int_equal(client.length, 4088);
    lab_lock();
    wire_set_fault(&instance, NULL);
    lab_unlock();
    close(client.fd);
    log_in(&client);
}

static void a_garbled_line_has_one_wrong_byte(void **state)
{
    (void)state;
    log_in(&client);
    lab_lock();
    wire_set_fault(&instance, &(struct wire_fault){.garble_byte = 9});
    lab_unlock();
    client_batch(&client, "rows");
    assert_true(client_read_message(&client));
    assert_int_equal(client.reply[0], 0x81 ^ 0xFF);
    client_batch(&client, "rows");
    assert_true(client_read_message(&client));
    assert_int_equal(client.reply[0], 0x81);
}

static void a_slow_line_brings_everything_in_the_end(void **state)
{
    (void)state;
    log_in(&client);
    lab_lock();
    wire_set_fault(&instance, &(struct wire_fault){.trickle_bytes_per_s = 200});
    lab_unlock();
    client_batch(&client, "rows");
    assert_true(client_read_message(&client));
    assert_int_equal(client_done_command(&client), 193);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(a_login_is_acknowledged_with_database_language_and_packet_size),
        SERVED(older_clients_log_in_with_their_version),
        SERVED(a_wrong_password_is_18456_and_the_end),
        SERVED(a_disabled_login_is_18470),
        SERVED(a_database_that_cannot_be_opened_is_4060_and_18456),
        SERVED(a_reply_is_cut_into_packets_of_the_agreed_size),
        SERVED(a_reply_larger_than_memory_allows_arrives_whole),
        SERVED(a_request_that_writes_nothing_still_ends_its_message),
        SERVED(a_batch_may_span_packets),
        SERVED(an_error_reaches_the_client_with_number_and_text),
        SERVED(an_attention_ends_a_running_request_in_two_messages),
        SERVED(an_attention_with_nothing_running_is_acknowledged),
        SERVED(progress_arrives_while_the_request_still_runs),
        SERVED(a_killed_session_gets_596_and_the_end),
        SERVED(an_idle_session_that_is_killed_is_cut),
        SERVED(a_client_that_goes_away_ends_its_running_request),
        SERVED(a_client_that_does_not_read_stalls_nobody_else),
        SERVED(a_stopped_instance_cuts_and_refuses_until_it_is_started),
        SERVED(a_stalled_instance_accepts_and_never_answers),
        SERVED(a_call_by_number_reaches_the_engine_by_name),
        SERVED(a_transaction_request_becomes_the_statement),
        SERVED(nonsense_closes_its_connection_and_no_other),
        SERVED(noise_instead_of_a_login_is_survived),
        SERVED(a_line_is_cut_after_so_many_bytes),
        SERVED(a_garbled_line_has_one_wrong_byte),
        SERVED(a_slow_line_brings_everything_in_the_end),
        SERVED(many_connections_work_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
