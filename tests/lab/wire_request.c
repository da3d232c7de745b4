#include "tests/lab/wire_request.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/wire_types.h"

const char *request_skip_headers(struct byte_reader *reader, uint32_t tds_version)
{
    if (tds_version < TDS_7_2)
        return NULL;
    uint32_t total = reader_u32(reader);
    if (reader->failed || total < 4 || reader_take(reader, total - 4) == NULL)
        return "ALL_HEADERS longer than the message";
    return NULL;
}

const char *request_read_batch(const char *bytes, size_t length, uint32_t tds_version, char **text)
{
    struct byte_reader reader = {.data = (const uint8_t *)bytes, .length = length};
    const char *fault = request_skip_headers(&reader, tds_version);

    if (fault != NULL)
        return fault;
    if (reader_left(&reader) % 2 != 0)
        return "SQL batch with half a character";
    *text = reader_utf16(&reader, reader_left(&reader) / 2);
    return NULL;
}

/* --- transactions ----------------------------------------------------------------------------- */

enum transaction_request {
    TRANSACTION_BEGIN = 5,
    TRANSACTION_COMMIT = 7,
    TRANSACTION_ROLLBACK = 8,
    TRANSACTION_SAVE = 9,
};

/* A counted name (length in bytes) as a bracketed identifier with a blank before, or nothing. */
static void add_name(struct str *statement, struct byte_reader *reader)
{
    size_t size = reader_u8(reader);
    char *name = reader_utf16(reader, size / 2);

    if (name[0] != '\0')
        str_add(statement, " [");
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == ']')
            str_add_char(statement, ']');
        str_add_char(statement, *at);
    }
    if (name[0] != '\0')
        str_add_char(statement, ']');
    free(name);
}

static void add_isolation(struct str *statement, unsigned level)
{
    static const char *const levels[] = {NULL,           "READ UNCOMMITTED", "READ COMMITTED",
                                         "REPEATABLE READ", "SERIALIZABLE",  "SNAPSHOT"};

    if (level > 0 && level < sizeof levels / sizeof levels[0])
        str_format(statement, "SET TRANSACTION ISOLATION LEVEL %s ", levels[level]);
}

const char *request_read_transaction(const char *bytes, size_t length, uint32_t tds_version,
                                     char **statement)
{
    struct byte_reader reader = {.data = (const uint8_t *)bytes, .length = length};
    struct str text = {0};
    const char *fault = request_skip_headers(&reader, tds_version);

    if (fault != NULL)
        return fault;
    unsigned kind = reader_u16(&reader);
    switch (kind) {
    case TRANSACTION_BEGIN:
        add_isolation(&text, reader_u8(&reader));
        str_add(&text, "BEGIN TRANSACTION");
        break;
    case TRANSACTION_COMMIT: str_add(&text, "COMMIT TRANSACTION"); break;
    case TRANSACTION_ROLLBACK: str_add(&text, "ROLLBACK TRANSACTION"); break;
    case TRANSACTION_SAVE: str_add(&text, "SAVE TRANSACTION"); break;
    default: return "transaction request of an unknown kind";
    }
    add_name(&text, &reader);
    if (kind == TRANSACTION_COMMIT || kind == TRANSACTION_ROLLBACK) {
        /* bit 0: begin the next one at once */
        if ((reader_u8(&reader) & 1) != 0) {
            str_add_char(&text, ' ');
            add_isolation(&text, reader_u8(&reader));
            str_add(&text, "BEGIN TRANSACTION");
            add_name(&text, &reader);
        }
    }
    *statement = str_take(&text);
    if (!reader.failed)
        return NULL;
    free(*statement);
    *statement = NULL;
    return "transaction request cut short";
}

/* --- procedure calls -------------------------------------------------------------------------- */

/* Source: MS-TDS, RPC ProcIDs; those that clients use without cursors. */
static const char *procedure_name(unsigned id)
{
    static const char *const names[] = {
        NULL,           "sp_cursor",      "sp_cursoropen",     "sp_cursorprepare",
        "sp_cursorexecute", "sp_cursorprepexec", "sp_cursorunprepare", "sp_cursorfetch",
        "sp_cursoroption", "sp_cursorclose", "sp_executesql",  "sp_prepare",
        "sp_execute",   "sp_prepexec",    "sp_prepexecrpc",    "sp_unprepare",
    };

    return id < sizeof names / sizeof names[0] ? names[id] : NULL;
}

static const char *read_call_name(struct byte_reader *reader, struct request_call *call)
{
    size_t units = reader_u16(reader);

    if (units != 0xFFFF) {
        call->name = reader_utf16(reader, units);
        return reader->failed || units == 0 ? "RPC without a name" : NULL;
    }
    call->name = memory_copy_text(procedure_name(reader_u16(reader)));
    return call->name == NULL ? "RPC of an unknown procedure number" : NULL;
}

/* True at the byte that parts one call from the next: 0xFF, or 0x80 before 7.2; and 0xFE, not
 * executed, which nobody sends. No name is that long, so it is no parameter. */
static bool at_separator(const struct byte_reader *reader, uint32_t tds_version)
{
    uint8_t byte = reader->data[reader->at];

    return tds_version >= TDS_7_2 ? byte == 0xFF || byte == 0xFE : byte == 0x80;
}

static const char *read_parameter(struct byte_reader *reader, uint32_t tds_version,
                                  struct request_call *call)
{
    enum { STATUS_OUTPUT = 1, STATUS_DEFAULT = 2 };
    struct engine_parameter *parameter = memory_append(call, parameters);
    char *name = reader_utf16(reader, reader_u8(reader));

    parameter->value = sql_null();
    text_copy(parameter->name, sizeof parameter->name, name);
    free(name);
    unsigned status = reader_u8(reader);
    parameter->output = (status & STATUS_OUTPUT) != 0;
    parameter->is_default = (status & STATUS_DEFAULT) != 0;
    return request_read_value(reader, tds_version, &parameter->type, &parameter->value);
}

const char *request_read_call(struct byte_reader *reader, uint32_t tds_version,
                              struct request_call *call)
{
    *call = (struct request_call){0};
    const char *fault = read_call_name(reader, call);
    reader_u16(reader); /* options: with recompile, no metadata */
    while (fault == NULL && reader_left(reader) > 0) {
        if (at_separator(reader, tds_version)) {
            reader_u8(reader);
            break;
        }
        if (call->parameters_count >= 2100)
            return "RPC with more than 2100 parameters";
        fault = read_parameter(reader, tds_version, call);
    }
    return fault == NULL && reader->failed ? "RPC cut short" : fault;
}

void request_free_call(struct request_call *call)
{
    for (size_t i = 0; i < call->parameters_count; i++)
        sql_value_free(&call->parameters[i].value);
    free(call->parameters);
    free(call->name);
    *call = (struct request_call){0};
}
