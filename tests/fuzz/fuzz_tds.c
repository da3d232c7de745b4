/* libFuzzer target: what a client may send. The first byte chooses a TDS version, the rest is the
 * client's byte stream: packets, and in them every message that the lab reads. Values of procedure
 * calls are written back as tokens, so that the writing side sees every type too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lab/wire_login.h"
#include "tests/lab/wire_packet.h"
#include "tests/lab/wire_reply.h"
#include "tests/lab/wire_request.h"
#include "tests/lab/wire_types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t versions[] = {TDS_7_0, TDS_7_1, TDS_7_2, TDS_7_3_A, TDS_7_3_B, TDS_7_4};

static void read_calls(const char *bytes, size_t length, uint32_t version)
{
    struct byte_reader reader = {.data = (const uint8_t *)bytes, .length = length};
    struct reply *reply = reply_new(version, "FUZZ");
    struct request_call call = {0};
    struct str out = {0};

    if (request_skip_headers(&reader, version) == NULL) {
        while (request_read_call(&reader, version, &call) == NULL) {
            for (size_t i = 0; i < call.parameters_count; i++)
                reply_return_value(reply, (int)i, call.parameters[i].name,
                                   &call.parameters[i].type, &call.parameters[i].value);
            reply_info(reply, 1, 1, 1, call.name, "%s", call.name);
            request_free_call(&call);
            if (reader_left(&reader) == 0)
                break;
        }
        request_free_call(&call);
    }
    reply_end(reply, false);
    reply_take(reply, &out, SIZE_MAX);
    str_free(&out);
    reply_free(reply);
}

static void read_message(const struct packet_link *link, uint32_t version)
{
    const char *bytes = str_text(&link->body);
    size_t length = link->body.length;
    struct prelogin prelogin;
    struct login_request request;
    char *text = NULL;

    switch (link->body_type) {
    case PACKET_PRELOGIN: prelogin_read(&prelogin, bytes, length); break;
    case PACKET_LOGIN7: login_read(&request, bytes, length); break;
    case PACKET_SQL_BATCH: request_read_batch(bytes, length, version, &text); break;
    case PACKET_TRANSACTION: request_read_transaction(bytes, length, version, &text); break;
    case PACKET_RPC: read_calls(bytes, length, version); break;
    default: break;
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packet_link link;
    int fds[2];

    if (size < 1 || size > 60000 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return 0;
    uint32_t version = versions[data[0] % (sizeof versions / sizeof versions[0])];
    packet_link_open(&link, fds[0], NULL);
    if (send(fds[1], data + 1, size - 1, MSG_NOSIGNAL) >= 0) {
        close(fds[1]);
        while (packet_receive(&link) == PACKET_COMPLETE) {
            read_message(&link, version);
            packet_next(&link);
        }
    } else {
        close(fds[1]);
    }
    packet_link_free(&link);
    close(fds[0]);
    return 0;
}
