#include "tests/lab/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/wire_bytes.h"
#include "tests/lab/wire_reply.h"
#include "tests/lab/wire_spill.h"
#include "tests/lab/wire_types.h"

#define NO_DONE SIZE_MAX
#define COMPILE_ERROR_COMMAND 253
/* Beyond this a reply goes on in a file. */
#define MEMORY_MAX ((size_t)1 << 20)

enum token {
    TOKEN_RETURN_STATUS = 0x79,
    TOKEN_COLUMNS = 0x81,
    TOKEN_ORDER = 0xA9,
    TOKEN_ERROR = 0xAA,
    TOKEN_INFO = 0xAB,
    TOKEN_RETURN_VALUE = 0xAC,
    TOKEN_LOGIN_ACKNOWLEDGED = 0xAD,
    TOKEN_FEATURE_ACKNOWLEDGED = 0xAE,
    TOKEN_ROW = 0xD1,
    TOKEN_ROW_WITH_NULLS = 0xD2,
    TOKEN_ENVIRONMENT = 0xE3,
    TOKEN_DONE = 0xFD,
    TOKEN_DONE_PROCEDURE = 0xFE,
    TOKEN_DONE_IN_PROCEDURE = 0xFF,
};

/* Captured: the user type of a column that was declared sysname; of the others it is 0. */
enum { USER_TYPE_SYSNAME = 256 };

struct message {
    int number, severity, state, line;
    char procedure[129];
    char *text; /* owned */
};

struct reply {
    uint32_t version;
    char server_name[129];
    struct spill spill; /* what comes before out, of a large reply */
    struct str out;
    size_t last_done; /* offset in out of a DONE that nothing follows yet; NO_DONE = none */
    bool sink, silent, too_large;
    int errors;
    const struct reply_observer *observer; /* borrowed; NULL = none */
    struct str messages; /* sink only */
    int sink_last_error;
    struct sql_column *columns; /* owned; of the current result set */
    size_t columns_count;
};

static size_t most_bytes = (size_t)2 << 30;

struct reply *reply_new(uint32_t tds_version, const char *server_name)
{
    struct reply *reply = memory_new(sizeof *reply);

    reply->version = tds_version;
    text_copy(reply->server_name, sizeof reply->server_name, server_name);
    reply->last_done = NO_DONE;
    return reply;
}

struct reply *reply_new_sink(void)
{
    struct reply *reply = reply_new(TDS_7_4, "");

    reply->sink = true;
    return reply;
}

void reply_free(struct reply *reply)
{
    if (reply == NULL)
        return;
    spill_free(&reply->spill);
    str_free(&reply->out);
    str_free(&reply->messages);
    free(reply->columns);
    free(reply);
}

void reply_begin(struct reply *reply)
{
    spill_reset(&reply->spill);
    str_clear(&reply->out);
    reply->last_done = NO_DONE;
    reply->errors = 0;
    reply->silent = reply->too_large = false;
    reply->observer = NULL;
}

void reply_set_most(size_t bytes)
{
    most_bytes = bytes;
}

bool reply_is_too_large(const struct reply *reply)
{
    return reply->too_large;
}

/* Whether there is no room for such a token: errors and ends are told in any case. */
static bool has_no_room(struct reply *reply, enum token token)
{
    if (reply->out.length + spill_left(&reply->spill) > most_bytes)
        reply->too_large = true;
    return reply->too_large && (token == TOKEN_COLUMNS || token == TOKEN_ORDER ||
                                token == TOKEN_ROW || token == TOKEN_ROW_WITH_NULLS ||
                                token == TOKEN_INFO);
}

/* Starts a token; false where nobody will see it. */
static bool token_begin(struct reply *reply, enum token token)
{
    if (reply->sink || reply->silent || has_no_room(reply, token))
        return false;
    if (reply->last_done != NO_DONE) {
        reply->out.text[reply->last_done + 1] |= DONE_MORE;
        reply->last_done = NO_DONE;
    }
    if (reply->out.length > MEMORY_MAX &&
        spill_add(&reply->spill, reply->out.text, reply->out.length))
        str_clear(&reply->out);
    bytes_add_u8(&reply->out, token);
    return true;
}

/* --- result sets ------------------------------------------------------------------------------ */

/* Source: MS-TDS, COLMETADATA; captured: which of them SQL Server 2022 sets. */
static unsigned column_flags(const struct sql_column *column)
{
    enum { NULLABLE = 0x01, UPDATEABLE_UNKNOWN = 0x08, IDENTITY = 0x10, COMPUTED = 0x20 };
    static const unsigned of_origin[] = {
        [SQL_STORED] = UPDATEABLE_UNKNOWN, [SQL_IDENTITY] = IDENTITY, [SQL_COMPUTED] = COMPUTED};

    return of_origin[column->origin] | (column->type.nullable ? NULLABLE : 0);
}

void reply_columns(struct reply *reply, const struct sql_column *columns, size_t count)
{
    free(reply->columns);
    reply->columns = memory_new_array(count, sizeof *columns);
    memcpy(reply->columns, columns, count * sizeof *columns);
    reply->columns_count = count;

    if (reply->observer != NULL && reply->observer->columns != NULL) {
        reply->observer->columns(reply->observer->context, columns, count);
        return;
    }
    if (!token_begin(reply, TOKEN_COLUMNS))
        return;
    bytes_add_u16(&reply->out, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        bytes_add_low(&reply->out, columns[i].type.sysname ? USER_TYPE_SYSNAME : 0,
                      reply->version >= TDS_7_2 ? 4 : 2);
        bytes_add_u16(&reply->out, column_flags(&columns[i]));
        wire_add_type(&reply->out, reply->version, &columns[i].type, true);
        bytes_add_b_varchar(&reply->out, columns[i].name);
    }
}

void reply_order(struct reply *reply, const uint16_t *columns, size_t count)
{
    bool observed = reply->observer != NULL && reply->observer->columns != NULL;

    if (observed || count == 0 || !token_begin(reply, TOKEN_ORDER))
        return;
    bytes_add_u16(&reply->out, (unsigned)count * 2);
    for (size_t i = 0; i < count; i++)
        bytes_add_u16(&reply->out, columns[i]);
}

/* A row with NULLs is shorter with a bitmap than with a NULL in each place. */
static bool row_wants_bitmap(const struct reply *reply, const struct sql_value *values)
{
    size_t nulls = 0;

    for (size_t i = 0; i < reply->columns_count; i++)
        nulls += values[i].null;
    return reply->version >= TDS_7_3_B && nulls > (reply->columns_count + 7) / 8;
}

/* A column that the binder took for NOT NULL has no way to say NULL on the wire. */
static void check_nulls(const struct reply *reply, const struct sql_value *values)
{
    for (size_t i = 0; i < reply->columns_count; i++) {
        if (values[i].null && !reply->columns[i].type.nullable)
            log_write(LOG_ERROR, "NULL in the column '%s' of a result, which is NOT NULL",
                      reply->columns[i].name);
    }
}

void reply_row(struct reply *reply, const struct sql_value *values)
{
    if (reply->observer != NULL && reply->observer->row != NULL) {
        reply->observer->row(reply->observer->context, values);
        return;
    }
    check_nulls(reply, values);
    bool bitmap = row_wants_bitmap(reply, values);
    if (!token_begin(reply, bitmap ? TOKEN_ROW_WITH_NULLS : TOKEN_ROW))
        return;
    for (size_t i = 0; bitmap && i < reply->columns_count; i += 8) {
        unsigned bits = 0;
        for (size_t j = i; j < i + 8 && j < reply->columns_count; j++)
            bits |= (unsigned)values[j].null << (j - i);
        bytes_add_u8(&reply->out, bits);
    }
    for (size_t i = 0; i < reply->columns_count; i++) {
        if (!bitmap || !values[i].null)
            wire_add_value(&reply->out, reply->version, &reply->columns[i].type, &values[i]);
    }
}

const struct reply_observer *reply_set_observer(struct reply *reply,
                                                const struct reply_observer *observer)
{
    const struct reply_observer *before = reply->observer;

    reply->observer = observer;
    return before;
}

/* --- messages --------------------------------------------------------------------------------- */

/* INFO and ERROR have the same shape. */
static void add_message(struct reply *reply, enum token token,
                        const struct message *message)
{
    if (!token_begin(reply, token))
        return;
    struct str *out = &reply->out;
    size_t length_at = out->length;
    bytes_add_u16(out, 0);
    bytes_add_u32(out, (uint32_t)message->number);
    bytes_add_u8(out, (unsigned)message->state);
    bytes_add_u8(out, (unsigned)message->severity);
    bytes_add_us_varchar(out, message->text);
    bytes_add_b_varchar(out, reply->server_name);
    bytes_add_b_varchar(out, message->procedure);
    bytes_add_low(out, (uint64_t)message->line, reply->version >= TDS_7_2 ? 4 : 2);
    bytes_put_u16(out, length_at, (unsigned)(out->length - length_at - 2));
}

/* Job history shows messages this way. Source: msdb.dbo.sysjobhistory.message. */
static void sink_message(struct reply *reply, const struct message *message, bool error)
{
    if (reply->messages.length > 0)
        str_add(&reply->messages, "  ");
    str_format(&reply->messages, "%s [SQLSTATE %s] (%s %d)", message->text,
               error ? "42000" : "01000", error ? "Error" : "Message", message->number);
    if (error)
        reply->sink_last_error = message->number;
}

/* A text of any length: PRINT's has up to 8000 characters. Owned. */
__attribute__((format(printf, 1, 0))) static char *format_text(const char *format,
                                                               va_list arguments)
{
    va_list again;

    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    size_t size = length < 0 ? 1 : (size_t)length + 1;
    char *text = memory_new(size);
    vsnprintf(text, size, format, arguments);
    return text;
}

void reply_info(struct reply *reply, int number, int state, int line, const char *procedure,
                const char *format, ...)
{
    struct message message = {.number = number, .state = state, .line = line};
    va_list arguments;

    va_start(arguments, format);
    message.text = format_text(format, arguments);
    va_end(arguments);
    text_copy(message.procedure, sizeof message.procedure, procedure != NULL ? procedure : "");
    if (reply->sink && !reply->silent)
        sink_message(reply, &message, false);
    add_message(reply, TOKEN_INFO, &message);
    free(message.text);
}

/* True where a TRY block wants the error for itself. */
static bool swallowed(const struct reply *reply, const struct message *message)
{
    const struct reply_observer *observer = reply->observer;

    return observer != NULL && observer->error != NULL &&
           observer->error(observer->context, message->number, message->severity, message->state,
                           message->line, message->procedure, message->text);
}

void reply_error(struct reply *reply, int number, int severity, int state, int line,
                 const char *procedure, const char *format, ...)
{
    struct message message = {
        .number = number, .severity = severity, .state = state, .line = line};
    va_list arguments;

    va_start(arguments, format);
    message.text = format_text(format, arguments);
    va_end(arguments);
    text_copy(message.procedure, sizeof message.procedure, procedure != NULL ? procedure : "");
    bool error = severity > 10;
    if (error && swallowed(reply, &message)) {
        free(message.text);
        return;
    }
    if (error) {
        reply->errors++;
    } else if (severity == 10) {
        message.severity = 0; /* captured: information has wire class 0 */
    }
    if (reply->sink && !reply->silent)
        sink_message(reply, &message, error);
    add_message(reply, error ? TOKEN_ERROR : TOKEN_INFO, &message);
    free(message.text);
}

int reply_errors(const struct reply *reply)
{
    return reply->errors;
}

void reply_set_silent(struct reply *reply, bool silent)
{
    reply->silent = silent;
}

const char *reply_sink_messages(const struct reply *reply)
{
    return str_text(&reply->messages);
}

int reply_sink_last_error(const struct reply *reply)
{
    return reply->sink_last_error;
}

/* --- the ends of statements ------------------------------------------------------------------- */

void reply_done(struct reply *reply, enum reply_scope scope, int status, int current_command,
                uint64_t rows)
{
    enum token token = scope == REPLY_END_OF_PROCEDURE ? TOKEN_DONE_PROCEDURE
                       : scope == REPLY_IN_PROCEDURE   ? TOKEN_DONE_IN_PROCEDURE
                                                       : TOKEN_DONE;
    if (!token_begin(reply, token))
        return;
    reply->last_done = reply->out.length - 1;
    bytes_add_u16(&reply->out, (unsigned)status);
    bytes_add_u16(&reply->out, (unsigned)current_command);
    bytes_add_low(&reply->out, rows, reply->version >= TDS_7_2 ? 8 : 4);
}

void reply_return_status(struct reply *reply, int value)
{
    if (token_begin(reply, TOKEN_RETURN_STATUS))
        bytes_add_u32(&reply->out, (uint32_t)value);
}

void reply_return_value(struct reply *reply, int ordinal, const char *name,
                        const struct sql_type *type, const struct sql_value *value)
{
    if (!token_begin(reply, TOKEN_RETURN_VALUE))
        return;
    struct sql_type nullable = *type; /* an output parameter always may be NULL */
    nullable.nullable = true;
    bytes_add_u16(&reply->out, (unsigned)ordinal);
    bytes_add_b_varchar(&reply->out, name);
    bytes_add_u8(&reply->out, 1); /* an output parameter */
    bytes_add_low(&reply->out, 0, reply->version >= TDS_7_2 ? 4 : 2);
    bytes_add_u16(&reply->out, 1);
    wire_add_type(&reply->out, reply->version, &nullable, false);
    wire_add_value(&reply->out, reply->version, &nullable, value);
}

void reply_end(struct reply *reply, bool attention)
{
    reply->silent = false;
    reply->observer = NULL;
    if (reply->last_done == NO_DONE)
        reply_done(reply, REPLY_BATCH, reply->errors > 0 ? DONE_ERROR : 0, COMPILE_ERROR_COMMAND,
                   0);
    if (attention && reply->last_done != NO_DONE)
        reply->out.text[reply->last_done + 1] |= DONE_ERROR;
    reply->last_done = NO_DONE;
}

size_t reply_place(const struct reply *reply)
{
    return (size_t)reply->spill.written + reply->out.length;
}

void reply_take_back(struct reply *reply, size_t place)
{
    size_t spilled = (size_t)reply->spill.written;

    if (place >= reply_place(reply))
        return;
    reply->last_done = NO_DONE;
    reply->out.length = place > spilled ? place - spilled : 0;
    spill_cut(&reply->spill, (off_t)place);
}

bool reply_is_empty(const struct reply *reply)
{
    return reply->out.length == 0 && spill_left(&reply->spill) == 0;
}

bool reply_take(struct reply *reply, struct str *out, size_t max)
{
    size_t taken = spill_take(&reply->spill, out, max);
    size_t length = reply->last_done == NO_DONE ? reply->out.length : reply->last_done;

    if (taken < max && length > 0) {
        size_t part = length < max - taken ? length : max - taken;
        str_add_bytes(out, reply->out.text, part);
        memmove(reply->out.text, reply->out.text + part, reply->out.length - part);
        reply->out.length -= part;
        length -= part;
        if (reply->last_done != NO_DONE)
            reply->last_done -= part;
    }
    return length > 0 || spill_left(&reply->spill) > 0;
}

/* --- changes of the session's environment ----------------------------------------------------- */

static size_t environment_begin(struct reply *reply, unsigned type)
{
    if (!token_begin(reply, TOKEN_ENVIRONMENT))
        return 0;
    size_t at = reply->out.length;
    bytes_add_u16(&reply->out, 0);
    bytes_add_u8(&reply->out, type);
    return at;
}

static void environment_end(struct reply *reply, size_t at)
{
    bytes_put_u16(&reply->out, at, (unsigned)(reply->out.length - at - 2));
}

static void environment_texts(struct reply *reply, unsigned type, const char *to, const char *from)
{
    size_t at = environment_begin(reply, type);

    if (at == 0)
        return;
    bytes_add_b_varchar(&reply->out, to);
    bytes_add_b_varchar(&reply->out, from);
    environment_end(reply, at);
}

static void change_database(struct reply *reply, const char *from, const char *to, int state)
{
    environment_texts(reply, 1, to, from);
    reply_info(reply, 5701, state, 1, NULL, "Changed database context to '%s'.", to);
}

void reply_database_changed(struct reply *reply, const char *from, const char *to)
{
    change_database(reply, from, to, 1);
}

void reply_login_database(struct reply *reply, const char *from, const char *to)
{
    change_database(reply, from, to, 2);
}

void reply_language(struct reply *reply, const char *language)
{
    environment_texts(reply, 2, language, "");
    reply_info(reply, 5703, 1, 1, NULL, "Changed language setting to %s.", language);
}

void reply_packet_size(struct reply *reply, int from, int to)
{
    char old_size[12], new_size[12];

    snprintf(old_size, sizeof old_size, "%d", from);
    snprintf(new_size, sizeof new_size, "%d", to);
    environment_texts(reply, 4, new_size, old_size);
}

void reply_collation(struct reply *reply, bool case_sensitive)
{
    size_t at = reply->version >= TDS_7_1 ? environment_begin(reply, 7) : 0;

    if (at == 0)
        return;
    bytes_add_u8(&reply->out, 5);
    wire_add_collation(&reply->out, case_sensitive);
    bytes_add_u8(&reply->out, 0);
    environment_end(reply, at);
}

void reply_transaction(struct reply *reply, int kind, uint64_t descriptor)
{
    size_t at = reply->version >= TDS_7_2 ? environment_begin(reply, (unsigned)kind) : 0;

    if (at == 0)
        return;
    /* a begun transaction has a new value and no old one; an ended one the other way round */
    if (kind != 8)
        bytes_add_u8(&reply->out, 0);
    bytes_add_u8(&reply->out, 8);
    bytes_add_u64(&reply->out, descriptor);
    if (kind == 8)
        bytes_add_u8(&reply->out, 0);
    environment_end(reply, at);
}

void reply_session_reset(struct reply *reply)
{
    environment_texts(reply, 18, "", "");
}

void reply_login_acknowledged(struct reply *reply, uint32_t tds_version, int major, int minor,
                              int build)
{
    if (!token_begin(reply, TOKEN_LOGIN_ACKNOWLEDGED))
        return;
    size_t at = reply->out.length;
    bytes_add_u16(&reply->out, 0);
    bytes_add_u8(&reply->out, 1); /* interface: T-SQL */
    bytes_add_u32_be(&reply->out, tds_version);
    bytes_add_b_varchar(&reply->out, "Microsoft SQL Server");
    bytes_add_u8(&reply->out, (unsigned)major);
    bytes_add_u8(&reply->out, (unsigned)minor);
    bytes_add_u16_be(&reply->out, (unsigned)build);
    bytes_put_u16(&reply->out, at, (unsigned)(reply->out.length - at - 2));
}

void reply_feature_acknowledged(struct reply *reply, const void *features, size_t length)
{
    if (!token_begin(reply, TOKEN_FEATURE_ACKNOWLEDGED))
        return;
    str_add_bytes(&reply->out, features, length);
    bytes_add_u8(&reply->out, 0xFF);
}
