/* Between the files of convert.h's implementation only. */
#ifndef STOPMARK_LAB_SQL_CONVERT_PARTS_H
#define STOPMARK_LAB_SQL_CONVERT_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/lab/sql/convert.h"

struct conversion {
    struct sql_value *out;
    const struct sql_value *in;
    const struct sql_type *from, *to;
    int style;
    struct sql_problem *problem;
};

/* Errors 8115 and 529; both return false. */
bool convert_overflow(const struct conversion *c);
bool convert_clash(const struct conversion *c);

/* The text of a string value without blanks around it, cut to the buffer. */
const char *convert_trimmed(const struct sql_value *value, char *buffer, size_t size);

/* A value of its own; owned by the caller. */
struct sql_value convert_text_value(const char *text, size_t length);

/* Fill c->out; false fills c->problem. */
bool convert_to_string(const struct conversion *c);
bool convert_to_bytes(const struct conversion *c);
bool convert_to_guid(const struct conversion *c);

#endif
