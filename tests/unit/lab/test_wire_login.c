/* PRELOGIN, LOGIN7 and requests: what is right is read, what is not is refused in its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lab/wire_login.h"
#include "tests/lab/wire_request.h"
#include "tests/lab/wire_types.h"
#include "tests/unit/lab/wire_client.h"

static size_t good_login(unsigned char *out)
{
    return client_login7(out, TDS_7_4, "us\xe9r", "p}ss", "msdb", 8000);
}

static void a_login_is_read_with_all_its_texts(void **state)
{
    unsigned char message[1024];
    struct login_request request;
    (void)state;

    assert_null(login_read(&request, (char *)message, good_login(message)));
    assert_string_equal(request.user, "us\xc3\xa9r");
    assert_string_equal(request.password, "p}ss");
    assert_string_equal(request.database, "msdb");
    assert_string_equal(request.host, "testhost");
    assert_string_equal(request.application, "test");
    assert_int_equal(request.packet_size, 8000);
    assert_int_equal(request.tds_version, TDS_7_4);
    login_forget(&request);
    assert_string_equal(request.password, "");
}

static void a_login_cut_anywhere_is_refused(void **state)
{
    unsigned char message[1024];
    size_t whole = good_login(message);
    struct login_request request;
    (void)state;

    for (size_t length = 0; length < whole; length++) {
        unsigned char *copy = malloc(length + 1);
        memcpy(copy, message, length);
        assert_non_null(login_read(&request, (char *)copy, length));
        free(copy);
    }
}

static void a_login_with_a_text_outside_is_refused(void **state)
{
    static const int pairs[] = {36, 40, 44, 48, 52, 64, 68};
    unsigned char message[1024];
    struct login_request request;
    (void)state;

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        size_t length = good_login(message);
        client_low(message + pairs[i], (uint32_t)length - 1, 2);
        client_low(message + pairs[i] + 2, 5, 2);
        assert_non_null(login_read(&request, (char *)message, length));
        client_low(message + pairs[i], 94, 2);
        client_low(message + pairs[i] + 2, 0xFFFF, 2);
        assert_non_null(login_read(&request, (char *)message, length));
    }
}

static void a_login_of_no_known_version_is_refused(void **state)
{
    unsigned char message[1024];
    struct login_request request;
    size_t length = client_login7(message, 0x05000000, "a", "b", "", 0);
    (void)state;

    assert_non_null(login_read(&request, (char *)message, length));
}

static void an_extension_block_is_read_or_refused(void **state)
{
    static const unsigned char block[] = {0x0A, 1, 0, 0, 0, 1, 0xFF};
    unsigned char message[1024];
    struct login_request request;
    size_t length = good_login(message);
    (void)state;

    message[27] = 0x10;
    client_low(message + 56, (uint32_t)length, 2);
    client_low(message + 58, 4, 2);
    client_low(message + length, (uint32_t)length + 4, 4);
    memcpy(message + length + 4, block, sizeof block);
    length += 4 + sizeof block;
    client_low(message, (uint32_t)length, 4);
    assert_null(login_read(&request, (char *)message, length));
    assert_true(request.features_asked && request.utf8_asked);
    message[length - 1] = 0x0B;
    assert_non_null(login_read(&request, (char *)message, length));
}

static void prelogin_says_what_encryption_the_client_wants(void **state)
{
    unsigned char message[64];
    struct prelogin prelogin;
    size_t length = client_prelogin(message);
    (void)state;

    assert_null(prelogin_read(&prelogin, (char *)message, length));
    assert_int_equal(prelogin.encryption, ENCRYPTION_NOT_SUPPORTED);
    for (size_t cut = 0; cut < length; cut++)
        assert_non_null(prelogin_read(&prelogin, (char *)message, cut));
}

static void headers_are_skipped_by_their_total_length(void **state)
{
    static const char message[] = {10, 0, 0, 0, 1, 2, 3, 4, 5, 6, 'x', 0};
    char *text = NULL;
    (void)state;

    assert_null(request_read_batch(message, sizeof message, TDS_7_4, &text));
    assert_string_equal(text, "x");
    free(text);
    assert_null(request_read_batch("x", 0, TDS_7_1, &text));
    assert_string_equal(text, "");
    free(text);
    assert_non_null(request_read_batch(message, 8, TDS_7_4, &text));
    assert_non_null(request_read_batch(message, 11, TDS_7_4, &text));
}

static void two_calls_in_a_message_are_read_one_after_the_other(void **state)
{
    static const uint8_t message[] = {1, 0, 'a', 0, 0, 0, 0, 0, 0x26, 1, 1, 9, 0xFF,
                                      1, 0, 'b', 0, 0, 0};
    struct byte_reader reader = {.data = message, .length = sizeof message};
    struct request_call call;
    (void)state;

    assert_null(request_read_call(&reader, TDS_7_4, &call));
    assert_string_equal(call.name, "a");
    assert_int_equal(call.parameters_count, 1);
    assert_int_equal(call.parameters[0].value.integer, 9);
    request_free_call(&call);
    assert_null(request_read_call(&reader, TDS_7_4, &call));
    assert_string_equal(call.name, "b");
    assert_int_equal(call.parameters_count, 0);
    request_free_call(&call);
    assert_int_equal(reader_left(&reader), 0);
}

static void a_commit_may_begin_the_next_transaction(void **state)
{
    static const char message[] = {4, 0, 0, 0, 7, 0, 0, 1, 2, 0};
    char *statement = NULL;
    (void)state;

    assert_null(request_read_transaction(message, sizeof message, TDS_7_4, &statement));
    assert_string_equal(statement, "COMMIT TRANSACTION SET TRANSACTION ISOLATION LEVEL READ "
                                   "COMMITTED BEGIN TRANSACTION");
    free(statement);
    for (size_t cut = 0; cut < sizeof message; cut++)
        assert_non_null(request_read_transaction(message, cut, TDS_7_4, &statement));
}

/* Changes bytes of good messages at random; nothing may read outside (the sanitizers tell). */
static void damaged_messages_are_read_within_their_bounds(void **state)
{
    unsigned seed = 7;
    (void)state;

    for (int round = 0; round < 20000; round++) {
        unsigned char message[1024];
        struct login_request request;
        struct prelogin prelogin;
        struct request_call call;
        char *text = NULL;
        size_t length = good_login(message);
        for (int i = 0; i < 6; i++)
            message[(size_t)rand_r(&seed) % (i < 3 ? 30 : length)] = (unsigned char)rand_r(&seed);
        length -= (size_t)rand_r(&seed) % length;
        unsigned char *copy = malloc(length);
        memcpy(copy, message, length);
        login_read(&request, (char *)copy, length);
        prelogin_read(&prelogin, (char *)copy, length);
        if (request_read_batch((char *)copy, length, TDS_7_1, &text) == NULL)
            free(text);
        if (request_read_transaction((char *)copy, length, TDS_7_1, &text) == NULL)
            free(text);
        struct byte_reader reader = {.data = copy, .length = length};
        while (request_read_call(&reader, TDS_7_4, &call) == NULL && reader_left(&reader) > 0)
            request_free_call(&call);
        request_free_call(&call);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_is_read_with_all_its_texts),
        cmocka_unit_test(a_login_cut_anywhere_is_refused),
        cmocka_unit_test(a_login_with_a_text_outside_is_refused),
        cmocka_unit_test(a_login_of_no_known_version_is_refused),
        cmocka_unit_test(an_extension_block_is_read_or_refused),
        cmocka_unit_test(prelogin_says_what_encryption_the_client_wants),
        cmocka_unit_test(headers_are_skipped_by_their_total_length),
        cmocka_unit_test(two_calls_in_a_message_are_read_one_after_the_other),
        cmocka_unit_test(a_commit_may_begin_the_next_transaction),
        cmocka_unit_test(damaged_messages_are_read_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
