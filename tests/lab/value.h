/* T-SQL types and values, as the lab stores, computes and sends them.
 *
 * A value owns its bytes. Canonical forms: integers and bit in `integer`; real and float in
 * `number`; numeric as decimal digits in `bytes`; strings as UTF-8 in `bytes`; binary and
 * uniqueidentifier (16 bytes, wire order) in `bytes`; sql_variant as nvarchar if it has bytes,
 * else as int; every date and time type as 100 ns ticks
 * since 0001-01-01 00:00 in `integer` (datetimeoffset: ticks of UTC, with offset_min).
 */
#ifndef STOPMARK_LAB_VALUE_H
#define STOPMARK_LAB_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sql_kind {
    SQL_TINYINT,
    SQL_SMALLINT,
    SQL_INT,
    SQL_BIGINT,
    SQL_BIT,
    SQL_REAL,
    SQL_FLOAT,
    SQL_NUMERIC,
    SQL_DATETIME,
    SQL_DATETIME2,
    SQL_DATE,
    SQL_TIME,
    SQL_DATETIMEOFFSET,
    SQL_NVARCHAR,
    SQL_NCHAR,
    SQL_VARCHAR,
    SQL_CHAR,
    SQL_VARBINARY,
    SQL_BINARY,
    SQL_UNIQUEIDENTIFIER,
    SQL_VARIANT,
};

enum { SQL_LENGTH_MAX = -1 };

struct sql_type {
    enum sql_kind kind;
    int length;         /* characters or bytes; SQL_LENGTH_MAX; 0 where the kind has none */
    uint8_t precision;  /* numeric */
    uint8_t scale;      /* numeric, datetime2, time, datetimeoffset */
    bool nullable;
    bool case_sensitive; /* strings: the collation compares with case */
    bool sysname;        /* declared so: nvarchar(128), and COLMETADATA names the alias */
};

struct sql_value {
    bool null;
    int64_t integer;
    double number;
    int offset_min;
    char *bytes; /* owned; NULL where the kind has none */
    size_t length;
};

/* Where a column of a result comes from: COLMETADATA's flags tell it, and a client that would write
 * the result back looks there. */
enum sql_origin {
    SQL_PLAIN,    /* RESTORE and procedures: no query */
    SQL_STORED,   /* a table's or view's column */
    SQL_IDENTITY, /* the same, with IDENTITY */
    SQL_COMPUTED, /* an expression */
};

struct sql_column {
    char name[129]; /* "" = no name */
    struct sql_type type;
    enum sql_origin origin;
};

/* Constructors; texts are copied. Bytes are followed by a NUL that length does not count. */
struct sql_value sql_null(void);
struct sql_value sql_integer(int64_t integer);
struct sql_value sql_number(double number);
struct sql_value sql_text(const char *text); /* NULL text gives NULL */
struct sql_value sql_bytes(const void *bytes, size_t length);
struct sql_value sql_time_utc_ms(int64_t utc_ms, int offset_min); /* local ticks of that instant */
struct sql_value sql_value_copy(const struct sql_value *value);

/* Frees what the value owns and makes it NULL. */
void sql_value_free(struct sql_value *value);

#endif
