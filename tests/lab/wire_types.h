/* T-SQL types and values as TDS writes them into COLMETADATA, ROW and RETURNVALUE, for each
 * protocol version: what an old client does not know goes out as the type that real servers send
 * instead. A type that cannot be NULL goes out in its fixed form where it has one, without a length
 * before each value. Any thread.
 */
#ifndef STOPMARK_LAB_WIRE_TYPES_H
#define STOPMARK_LAB_WIRE_TYPES_H

#include <stdint.h>

#include "core/base/str.h"
#include "tests/lab/value.h"

/* The versions as LOGIN7 names them. Source: MS-TDS, LOGIN7 TDSVersion. */
enum {
    TDS_7_0 = 0x70000000,
    TDS_7_1 = 0x71000000,
    TDS_7_2 = 0x72090002,
    TDS_7_3_A = 0x730A0003,
    TDS_7_3_B = 0x730B0003,
    TDS_7_4 = 0x74000004,
};

/* Five bytes of SQL_Latin1_General_CP1_CI_AS, or of its case-sensitive sister. */
void wire_add_collation(struct str *s, bool case_sensitive);

/* TYPE_INFO; behind it, for an old client's ntext, text or image, an empty table name where
 * in_columns. */
void wire_add_type(struct str *s, uint32_t version, const struct sql_type *type, bool in_columns);

/* The value behind a TYPE_INFO, NULL included. Texts are cut to the type's length. */
void wire_add_value(struct str *s, uint32_t version, const struct sql_type *type,
                    const struct sql_value *value);

#endif
