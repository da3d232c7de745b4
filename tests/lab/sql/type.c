#include "tests/lab/sql/type.h"

static const struct {
    const char *name;
    int precedence;
} kinds[] = {
    [SQL_TINYINT] = {"tinyint", 12},
    [SQL_SMALLINT] = {"smallint", 13},
    [SQL_INT] = {"int", 14},
    [SQL_BIGINT] = {"bigint", 15},
    [SQL_BIT] = {"bit", 11},
    [SQL_REAL] = {"real", 18},
    [SQL_FLOAT] = {"float", 19},
    [SQL_NUMERIC] = {"numeric", 17},
    [SQL_DATETIME] = {"datetime", 23},
    [SQL_DATETIME2] = {"datetime2", 24},
    [SQL_DATE] = {"date", 21},
    [SQL_TIME] = {"time", 20},
    [SQL_DATETIMEOFFSET] = {"datetimeoffset", 25},
    [SQL_NVARCHAR] = {"nvarchar", 6},
    [SQL_NCHAR] = {"nchar", 5},
    [SQL_VARCHAR] = {"varchar", 4},
    [SQL_CHAR] = {"char", 3},
    [SQL_VARBINARY] = {"varbinary", 2},
    [SQL_BINARY] = {"binary", 1},
    [SQL_UNIQUEIDENTIFIER] = {"uniqueidentifier", 7},
    [SQL_VARIANT] = {"sql_variant", 30},
};

const char *type_name(enum sql_kind kind)
{
    return kinds[kind].name;
}

int type_precedence(enum sql_kind kind)
{
    return kinds[kind].precedence;
}

bool type_is_integer(enum sql_kind kind)
{
    return kind <= SQL_BIT;
}

bool type_is_float(enum sql_kind kind)
{
    return kind == SQL_REAL || kind == SQL_FLOAT;
}

bool type_is_number(enum sql_kind kind)
{
    return kind <= SQL_NUMERIC;
}

bool type_is_string(enum sql_kind kind)
{
    return kind >= SQL_NVARCHAR && kind <= SQL_CHAR;
}

bool type_is_national(enum sql_kind kind)
{
    return kind == SQL_NVARCHAR || kind == SQL_NCHAR;
}

bool type_is_bytes(enum sql_kind kind)
{
    return kind == SQL_VARBINARY || kind == SQL_BINARY;
}

bool type_is_time(enum sql_kind kind)
{
    return kind >= SQL_DATETIME && kind <= SQL_DATETIMEOFFSET;
}

struct sql_type type_of(enum sql_kind kind, bool nullable)
{
    struct sql_type type = {.kind = kind, .nullable = nullable};

    switch (kind) {
    case SQL_DATETIME2:
    case SQL_TIME:
    case SQL_DATETIMEOFFSET:
        type.scale = 7;
        break;
    case SQL_NUMERIC:
        type.precision = 18;
        break;
    case SQL_UNIQUEIDENTIFIER:
        type.length = 16;
        break;
    default:
        break;
    }
    return type;
}

struct sql_type type_string(enum sql_kind kind, int length, bool nullable)
{
    int most = type_is_national(kind) ? 4000 : 8000;

    if (length != SQL_LENGTH_MAX)
        length = length < 1 ? 1 : length > most ? most : length;
    return (struct sql_type){.kind = kind, .length = length, .nullable = nullable};
}

struct sql_type type_numeric(int precision, int scale, bool nullable)
{
    if (precision > 38) {
        int integral = precision - scale;

        scale = integral < 32 ? 38 - integral : scale > 6 ? 6 : scale;
        if (scale < 0)
            scale = 0;
        precision = 38;
    }
    return (struct sql_type){.kind = SQL_NUMERIC,
                             .precision = (uint8_t)precision,
                             .scale = (uint8_t)scale,
                             .nullable = nullable};
}

struct sql_type type_as_numeric(const struct sql_type *type)
{
    switch (type->kind) {
    case SQL_BIT:
        return type_numeric(1, 0, type->nullable);
    case SQL_TINYINT:
        return type_numeric(3, 0, type->nullable);
    case SQL_SMALLINT:
        return type_numeric(5, 0, type->nullable);
    case SQL_INT:
        return type_numeric(10, 0, type->nullable);
    case SQL_BIGINT:
        return type_numeric(19, 0, type->nullable);
    case SQL_NUMERIC:
        return *type;
    default:
        return type_numeric(38, 6, type->nullable);
    }
}

static int longer(int a, int b)
{
    return a == SQL_LENGTH_MAX || b == SQL_LENGTH_MAX ? SQL_LENGTH_MAX : a > b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

struct sql_type type_unify(const struct sql_type *a, const struct sql_type *b)
{
    const struct sql_type *high = type_precedence(a->kind) >= type_precedence(b->kind) ? a : b;
    struct sql_type type = *high;

    type.nullable = a->nullable || b->nullable;
    if (high->kind == SQL_NUMERIC && type_is_number(a->kind) && type_is_number(b->kind)) {
        struct sql_type x = type_as_numeric(a), y = type_as_numeric(b);
        int scale = most(x.scale, y.scale);
        int integral = most(x.precision - x.scale, y.precision - y.scale);

        return type_numeric(integral + scale > 38 ? 38 : integral + scale, scale, type.nullable);
    }
    if (a->kind == SQL_DATETIME && b->kind == SQL_DATETIME)
        return type;
    if ((type_is_string(a->kind) && type_is_string(b->kind)) ||
        (type_is_bytes(a->kind) && type_is_bytes(b->kind))) {
        type.length = longer(a->length, b->length);
        if (a->kind != b->kind || a->length != b->length)
            type.kind = high->kind == SQL_NCHAR    ? SQL_NVARCHAR
                        : high->kind == SQL_CHAR   ? SQL_VARCHAR
                        : high->kind == SQL_BINARY ? SQL_VARBINARY
                                                   : high->kind;
    }
    if (a->kind == b->kind && a->scale != b->scale)
        type.scale = a->scale > b->scale ? a->scale : b->scale;
    return type;
}

struct sql_type type_arithmetic(enum operator_kind op, const struct sql_type *a,
                                const struct sql_type *b)
{
    const struct sql_type *high = type_precedence(a->kind) >= type_precedence(b->kind) ? a : b;
    bool nullable = a->nullable || b->nullable || op == OP_DIVIDE || op == OP_MODULO;
    struct sql_type x, y;
    int p1, s1, p2, s2;

    if (type_is_float(high->kind))
        return type_of(high->kind, nullable);
    if (high->kind != SQL_NUMERIC) {
        nullable = a->nullable || b->nullable || true;
        return type_of(high->kind == SQL_BIT ? SQL_INT : high->kind, nullable);
    }
    x = type_as_numeric(a);
    y = type_as_numeric(b);
    p1 = x.precision, s1 = x.scale, p2 = y.precision, s2 = y.scale;
    switch (op) {
    case OP_MULTIPLY:
        return type_numeric(p1 + p2 + 1, s1 + s2, nullable);
    case OP_DIVIDE:
        return type_numeric(p1 - s1 + s2 + most(6, s1 + p2 + 1), most(6, s1 + p2 + 1), nullable);
    case OP_MODULO:
        return type_numeric((p1 - s1 < p2 - s2 ? p1 - s1 : p2 - s2) + most(s1, s2), most(s1, s2),
                            nullable);
    default:
        return type_numeric(most(s1, s2) + most(p1 - s1, p2 - s2) + 1, most(s1, s2), true);
    }
}

bool type_converts_implicitly(enum sql_kind from, enum sql_kind to)
{
    if (from == to || to == SQL_VARIANT)
        return true;
    if (from == SQL_VARIANT)
        return false;
    if (type_is_string(from))
        return !type_is_bytes(to);
    if (type_is_string(to))
        return true;
    if (type_is_number(from) && type_is_number(to))
        return true;
    if (type_is_time(from) && type_is_time(to))
        return !((from == SQL_DATE && to == SQL_TIME) || (from == SQL_TIME && to == SQL_DATE));
    if (type_is_bytes(from))
        return type_is_bytes(to) || type_is_integer(to) || to == SQL_NUMERIC ||
               to == SQL_UNIQUEIDENTIFIER || to == SQL_DATETIME;
    if (type_is_bytes(to))
        return type_is_number(from) || from == SQL_UNIQUEIDENTIFIER;
    return (type_is_number(from) && to == SQL_DATETIME);
}

bool type_same(const struct sql_type *a, const struct sql_type *b)
{
    return a->kind == b->kind && a->length == b->length && a->precision == b->precision &&
           a->scale == b->scale;
}

int64_t type_pack(const struct sql_type *type)
{
    return (int64_t)type->kind | (int64_t)type->precision << 8 | (int64_t)type->scale << 16 |
           (int64_t)type->case_sensitive << 24 | (int64_t)(type->length + 1) << 32;
}

struct sql_type type_unpack(int64_t packed)
{
    return (struct sql_type){.kind = (enum sql_kind)(packed & 0xFF),
                             .precision = (uint8_t)(packed >> 8 & 0xFF),
                             .scale = (uint8_t)(packed >> 16 & 0xFF),
                             .case_sensitive = (packed >> 24 & 1) != 0,
                             .nullable = true,
                             .length = (int)(packed >> 32) - 1};
}
