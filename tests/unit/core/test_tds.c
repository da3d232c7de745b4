/* Connections against a scripted peer of a few lines; the lab is the real test bed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/tds.h"
#include "core/tds_error.h"

/* --- a server that answers PRELOGIN with "no encryption" and refuses every login -------------- */

struct peer {
    int listener, port;
    pthread_t thread;
    bool got_login; /* LOGIN7 arrived: with it, the password */
};

static bool read_all(int fd, unsigned char *bytes, size_t length)
{
    while (length) {
        ssize_t got = read(fd, bytes, length);
        if (got <= 0)
            return false;
        bytes += got;
        length -= (size_t)got;
    }
    return true;
}

/* Reads one packet; its type, or -1. */
static int read_packet(int fd)
{
    unsigned char header[8], body[4096];
    if (!read_all(fd, header, sizeof header))
        return -1;
    size_t length = (size_t)header[2] * 256 + header[3] - sizeof header;
    return length <= sizeof body && read_all(fd, body, length) ? header[0] : -1;
}

static void send_packet(int fd, const unsigned char *body, size_t length)
{
    unsigned char packet[512] = {4, 1, 0, (unsigned char)(length + 8), 0, 51, 1, 0};
    memcpy(packet + 8, body, length);
    ssize_t sent = send(fd, packet, length + 8, MSG_NOSIGNAL);
    (void)sent;
}

static void answer(struct peer *peer, int fd)
{
    static const unsigned char prelogin[] = {0,    0, 11, 0, 6, 1, 0, 17, 0, 1,
                                             0xff, 16, 0, 0, 0, 0, 0, 2};
    static const unsigned char refusal[] = {
        0xaa, 22, 0,   0x18, 0x48, 0, 0, 1, 14, 3, 0, 'n', 0, 'o', 0, '!', 0, 1, 'S', 0, 0, 1, 0, 0, 0,
        0xfd, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    if (read_packet(fd) != 18)
        return;
    send_packet(fd, prelogin, sizeof prelogin);
    if (read_packet(fd) != 16)
        return;
    peer->got_login = true;
    send_packet(fd, refusal, sizeof refusal);
    read_packet(fd); /* until the client has gone */
}

static void *serve(void *argument)
{
    struct peer *peer = argument;
    int fd;
    while ((fd = accept(peer->listener, NULL, NULL)) >= 0) {
        answer(peer, fd);
        close(fd);
    }
    return NULL;
}

static void start_peer(struct peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(peer->listener, 4), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &length), 0);
    peer->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

static void stop_peer(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
}

/* Tries to open a reader; false always, with the reason. */
static enum error_code open_with(struct peer *peer, enum encryption_kind encryption,
                                 const char *password, struct error *error)
{
    char name[] = "S", host[] = "127.0.0.1", user[] = "u";
    struct config_server server = {
        .name = name, .line = 3, .host = host, .port = peer->port, .encryption = encryption};
    server.monitor.user = user;
    struct config config = {.servers = &server, .servers_count = 1};
    struct tds_options options = {.application = "test", .connect_timeout_ms = 5000};
    assert_int_equal(tds_prepare(&config, error), ERR_OK);
    struct tds_reader *reader = tds_reader_open(&server, password, &options, NULL, error);
    assert_null(reader);
    tds_finish();
    return error->code;
}

static void a_refused_login_is_told_with_the_server_s_words(void **state)
{
    (void)state;
    struct peer peer = {0};
    struct error error = {0};
    start_peer(&peer);
    assert_int_equal(open_with(&peer, ENCRYPTION_REQUEST, "pw", &error), ERR_LOGIN_REFUSED);
    assert_int_equal(error.server_number, 18456);
    assert_string_equal(error.server_text, "no!");
    assert_true(error.hint[0] != '\0');
    stop_peer(&peer);
    assert_true(peer.got_login);
}

static void required_encryption_sends_no_password_to_a_plaintext_server(void **state)
{
    (void)state;
    struct peer peer = {0};
    struct error error = {0};
    start_peer(&peer);
    assert_int_equal(open_with(&peer, ENCRYPTION_REQUIRE, "pw", &error), ERR_UNREACHABLE);
    assert_non_null(strstr(error.hint, "encryption = require"));
    stop_peer(&peer);
    assert_false(peer.got_login);
}

static void a_login_without_a_password_is_not_tried(void **state)
{
    (void)state;
    struct peer peer = {0};
    struct error error = {0};
    start_peer(&peer);
    assert_int_equal(open_with(&peer, ENCRYPTION_OFF, NULL, &error), ERR_NO_PASSWORD);
    stop_peer(&peer);
    assert_false(peer.got_login);
}

static void variables_that_override_freetds_are_unset(void **state)
{
    (void)state;
    struct config config = {0};
    struct error error;
    setenv("TDSDUMP", "/tmp/x", 1);
    setenv("TDSVER", "5.0", 1);
    assert_int_equal(tds_prepare(&config, &error), ERR_OK);
    assert_null(getenv("TDSDUMP"));
    assert_null(getenv("TDSVER"));
    assert_non_null(getenv("FREETDSCONF"));
    tds_finish();
    assert_null(getenv("FREETDSCONF"));
}

static void only_a_lost_deadlock_or_lock_is_worth_sending_again(void **state)
{
    (void)state;
    static const int numbers[] = {1205, 1222, 1204, 229, 596, 0};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct error failure = {.code = ERR_SERVER_ERROR, .server_number = numbers[i]};
        assert_int_equal(tds_error_passes(&failure), i < 2);
    }
}

static void a_missing_permission_names_the_grant(void **state)
{
    (void)state;
    struct error failure = {.code = ERR_SERVER_ERROR, .server_number = 229}, error;
    assert_int_equal(tds_error_classify(&error, &failure, "GRANT SELECT"), ERR_PERMISSION);
    assert_string_equal(error.hint, "GRANT SELECT");
    failure.server_number = 1222;
    assert_int_equal(tds_error_classify(&error, &failure, "GRANT SELECT"), ERR_SERVER_ERROR);
    assert_string_equal(error.hint, "");
    assert_int_equal(tds_error_login(NULL, &failure), ERR_LOGIN_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_login_is_told_with_the_server_s_words),
        cmocka_unit_test(required_encryption_sends_no_password_to_a_plaintext_server),
        cmocka_unit_test(a_login_without_a_password_is_not_tried),
        cmocka_unit_test(variables_that_override_freetds_are_unset),
        cmocka_unit_test(only_a_lost_deadlock_or_lock_is_worth_sending_again),
        cmocka_unit_test(a_missing_permission_names_the_grant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
