/* Conversion of values between T-SQL's types, with the errors that real servers give. Pure.
 */
#ifndef STOPMARK_LAB_SQL_CONVERT_H
#define STOPMARK_LAB_SQL_CONVERT_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/lab/value.h"

/* An error found while values were computed. */
struct sql_problem {
    int number; /* 0 = none */
    int severity, state;
    bool ends_batch; /* a failed conversion does; a division by zero does not */
    char text[400];
};

void problem_set(struct sql_problem *problem, int number, int state, bool ends_batch,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Converts *in of type from into *out (owned by the caller). style: CONVERT's, 0 = default. False
 * fills *problem; *out is NULL then. Strings that are too long are cut, as CAST does. */
bool convert_value(struct sql_value *out, const struct sql_value *in, const struct sql_type *from,
                   const struct sql_type *to, int style, struct sql_problem *problem);

/* The number of UTF-16 units of a text. */
size_t convert_units(const char *text, size_t length);

/* The bytes of the first units UTF-16 units of text. */
size_t convert_unit_bytes(const char *text, size_t length, size_t units);

/* A uniqueidentifier's text, 36 characters, from its wire order; size >= 37. */
void convert_guid_format(char out[37], const unsigned char guid[16]);

#endif
