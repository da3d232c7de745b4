/* What a client asks once it is logged in: a batch, a procedure call, a transaction. Reads the
 * messages strictly and hands out plain structs; runs nothing. Pure functions, any thread.
 */
#ifndef STOPMARK_LAB_WIRE_REQUEST_H
#define STOPMARK_LAB_WIRE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/engine.h"
#include "tests/lab/wire_bytes.h"

/* Skips ALL_HEADERS (7.2 and later) by its total length. NULL = well, else a static reason. */
const char *request_skip_headers(struct byte_reader *reader, uint32_t tds_version);

/* SQLBatch: *text is owned UTF-8. NULL = well, else a static reason and no text. */
const char *request_read_batch(const char *bytes, size_t length, uint32_t tds_version,
                               char **text);

/* A transaction manager's request, as the statement that does the same: *statement is owned. NULL
 * = well, else a static reason. */
const char *request_read_transaction(const char *bytes, size_t length, uint32_t tds_version,
                                     char **statement);

/* One procedure call of an RPC message. */
struct request_call {
    char *name;                         /* owned */
    struct engine_parameter *parameters; /* owned, with their values */
    size_t parameters_count, parameters_capacity;
};

/* Reads the next call; headers are skipped already. NULL = well, else a static reason; the call is
 * to be freed in both cases. */
const char *request_read_call(struct byte_reader *reader, uint32_t tds_version,
                              struct request_call *call);

void request_free_call(struct request_call *call);

/* A TYPE_INFO and the value behind it, as parameters have them (wire_values.c). NULL = well, else a
 * static reason and nothing to free. */
const char *request_read_value(struct byte_reader *reader, uint32_t tds_version,
                               struct sql_type *type, struct sql_value *value);

#endif
