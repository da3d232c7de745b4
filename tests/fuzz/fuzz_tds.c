/* libFuzzer target: what a client may send. The first byte chooses a TDS version, the rest is the
 * client's byte stream: packets, and in them every message that the lab reads. Values of procedure
 * calls are written back as tokens, and the characters of a batch choose further tokens with the
 * batch's own text in them, so that the writing side sees every type and token too.
 *
 * FUZZ_TDS_SEEN=FILE: what was met is written there at the end: packet types, types of parameters,
 * tokens.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lab/wire_login.h"
#include "tests/lab/wire_packet.h"
#include "tests/lab/wire_reply.h"
#include "tests/lab/wire_request.h"
#include "tests/lab/wire_types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t versions[] = {TDS_7_0, TDS_7_1, TDS_7_2, TDS_7_3_A, TDS_7_3_B, TDS_7_4};

/* --- what was met ----------------------------------------------------------------------------- */

static bool packets_seen[256], types_seen[256], tokens_seen[256];

static void write_seen(FILE *file, const char *what, const bool seen[256])
{
    fprintf(file, "%s", what);
    for (int i = 0; i < 256; i++) {
        if (seen[i])
            fprintf(file, " %02X", (unsigned)i);
    }
    fputc('\n', file);
}

static void write_all_seen(void)
{
    FILE *file = fopen(getenv("FUZZ_TDS_SEEN"), "w");

    if (file == NULL)
        return;
    write_seen(file, "packets", packets_seen);
    write_seen(file, "types", types_seen);
    write_seen(file, "tokens", tokens_seen);
    fclose(file);
}

/* The first token of a reply that holds just one, whatever follows it. */
static void see_token(struct reply *reply)
{
    struct str out = {0};

    reply_end(reply, false);
    reply_take(reply, &out, SIZE_MAX);
    if (out.length > 0)
        tokens_seen[(unsigned char)out.text[0]] = true;
    str_free(&out);
}

/* --- writing ---------------------------------------------------------------------------------- */

enum { ROW_COLUMNS = 20 };

/* One column of each kind; every third value is NULL if nulls says so, then all of them. */
static void write_rows(struct reply *reply, const char *text, bool nulls)
{
    struct sql_column columns[ROW_COLUMNS] = {0};
    struct sql_value values[ROW_COLUMNS];

    for (int i = 0; i < ROW_COLUMNS; i++) {
        bool bytes = i >= SQL_NVARCHAR || i == SQL_NUMERIC;
        columns[i].type = (struct sql_type){.kind = (enum sql_kind)i,
                                            .length = i % 2 == 0 ? SQL_LENGTH_MAX : 20,
                                            .precision = 25,
                                            .scale = i == SQL_NUMERIC ? 3 : 5,
                                            .nullable = nulls};
        values[i] = nulls && i % 3 != 0 ? sql_null() : bytes ? sql_text(text) : sql_integer(i);
    }
    reply_columns(reply, columns, ROW_COLUMNS);
    see_token(reply);
    reply_begin(reply);
    reply_row(reply, values);
    see_token(reply);
    for (int i = 0; i < ROW_COLUMNS; i++)
        sql_value_free(&values[i]);
}

/* A token by its letter; the text goes wherever a token has one. */
static void write_token(struct reply *reply, char letter, const char *text)
{
    static const uint16_t order[] = {1, 2};

    reply_begin(reply);
    switch (letter) {
    case 'a': write_rows(reply, text, false); return;
    case 'b': write_rows(reply, text, true); return;
    case 'c': reply_order(reply, order, 2); break;
    case 'd': reply_error(reply, 50000, 16, 1, 1, text, "%s", text); break;
    case 'e': reply_info(reply, 0, 1, 1, text, "%s", text); break;
    case 'f': reply_done(reply, REPLY_BATCH, DONE_COUNT, 193, UINT64_MAX); break;
    case 'g': reply_done(reply, REPLY_IN_PROCEDURE, 0, 193, 0); break;
    case 'h': reply_done(reply, REPLY_END_OF_PROCEDURE, 0, 224, 0); break;
    case 'i': reply_return_status(reply, -1); break;
    case 'j': reply_login_acknowledged(reply, TDS_7_4, 16, 0, 4236); break;
    case 'k': reply_feature_acknowledged(reply, "\x0A\1\0\0\0\1", 6); break;
    case 'l': reply_database_changed(reply, text, text); break;
    case 'm': reply_transaction(reply, 8, UINT64_MAX); break;
    case 'n': reply_transaction(reply, 10, 1); break;
    case 'o': reply_collation(reply, true); break;
    case 'p': reply_language(reply, text); break;
    case 'q': reply_packet_size(reply, 512, 32767); break;
    case 'r': reply_session_reset(reply); break;
    default: return;
    }
    see_token(reply);
}

static void write_tokens(const char *text, uint32_t version)
{
    struct reply *reply = reply_new(version, text);

    for (size_t i = 0; i < 32 && text[i] != '\0'; i++)
        write_token(reply, text[i], text);
    reply_free(reply);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The type byte of a call's first parameter, where the message has the shape of the corpus: headers,
 * a procedure by number, a parameter named @x. */
static void see_parameter_type(const char *bytes, size_t length, uint32_t version)
{
    static const char head[] = "\x02@\0x\0\1";
    size_t at = (version >= TDS_7_2 ? 22 : 0) + 6;

    if (length > at + 6 && memcmp(bytes + at, head, 6) == 0)
        types_seen[(unsigned char)bytes[at + 6]] = true;
}

static void read_calls(const char *bytes, size_t length, uint32_t version)
{
    struct byte_reader reader = {.data = (const uint8_t *)bytes, .length = length};
    struct reply *reply = reply_new(version, "FUZZ");
    struct request_call call = {0};
    struct str out = {0};

    see_parameter_type(bytes, length, version);
    if (request_skip_headers(&reader, version) == NULL) {
        while (request_read_call(&reader, version, &call) == NULL) {
            for (size_t i = 0; i < call.parameters_count; i++) {
                tokens_seen[0xAC] = true;
                reply_return_value(reply, (int)i, call.parameters[i].name,
                                   &call.parameters[i].type, &call.parameters[i].value);
            }
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

    packets_seen[link->body_type] = true;
    switch (link->body_type) {
    case PACKET_PRELOGIN: prelogin_read(&prelogin, bytes, length); break;
    case PACKET_LOGIN7: login_read(&request, bytes, length); break;
    case PACKET_SQL_BATCH:
        if (request_read_batch(bytes, length, version, &text) == NULL)
            write_tokens(text, version);
        break;
    case PACKET_TRANSACTION: request_read_transaction(bytes, length, version, &text); break;
    case PACKET_RPC: read_calls(bytes, length, version); break;
    default: break;
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packet_link link;
    static bool begun;

    if (!begun && getenv("FUZZ_TDS_SEEN") != NULL)
        atexit(write_all_seen);
    begun = true;
    if (size < 1 || size > 60000)
        return 0;
    uint32_t version = versions[data[0] % (sizeof versions / sizeof versions[0])];
    /* as if the socket had given all of it and then its end: system calls would cost the most */
    packet_link_open(&link, -1, NULL);
    str_add_bytes(&link.in, data + 1, size - 1);
    link.closed = true;
    while (packet_receive(&link) == PACKET_COMPLETE) {
        read_message(&link, version);
        packet_next(&link);
    }
    packet_link_free(&link);
    return 0;
}
