/* The bytes of types and values, against the layouts of the protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lab/wire_bytes.h"
#include "tests/lab/wire_request.h"
#include "tests/lab/wire_types.h"

static void expect_bytes(struct str *got, const char *wanted)
{
    struct str text = {0};

    for (size_t i = 0; i < got->length; i++)
        str_format(&text, "%s%02X", i > 0 ? " " : "", (unsigned char)got->text[i]);
    assert_string_equal(str_text(&text), wanted);
    str_free(&text);
    str_free(got);
}

static void expect_announced(uint32_t version, struct sql_type type, const char *wanted)
{
    struct str out = {0};

    type.nullable = true;
    wire_add_type(&out, version, &type, true);
    expect_bytes(&out, wanted);
}

static void expect_sent(uint32_t version, struct sql_type type, struct sql_value value,
                         const char *wanted)
{
    struct str out = {0};

    type.nullable = true;
    wire_add_value(&out, version, &type, &value);
    expect_bytes(&out, wanted);
    sql_value_free(&value);
}

static void types_are_announced_as_real_servers_do(void **state)
{
    (void)state;
    expect_announced(TDS_7_4, (struct sql_type){.kind = SQL_INT}, "26 04");
    expect_announced(TDS_7_4, (struct sql_type){.kind = SQL_BIT}, "68 01");
    expect_announced(TDS_7_4, (struct sql_type){.kind = SQL_NUMERIC, .precision = 25},
                     "6C 11 19 00");
    expect_announced(TDS_7_4, (struct sql_type){.kind = SQL_DATETIME2, .scale = 3}, "2A 03");
    expect_announced(TDS_7_4, (struct sql_type){.kind = SQL_DATE}, "28");
    expect_announced(TDS_7_4, (struct sql_type){.kind = SQL_NVARCHAR, .length = 128},
                "E7 00 01 09 04 D0 00 34");
    expect_announced(TDS_7_4, (struct sql_type){.kind = SQL_NVARCHAR, .length = SQL_LENGTH_MAX},
                "E7 FF FF 09 04 D0 00 34");
    expect_announced(TDS_7_4, (struct sql_type){.kind = SQL_VARCHAR, .length = 60},
                "A7 3C 00 09 04 D0 00 34");
    expect_announced(TDS_7_4, (struct sql_type){.kind = SQL_UNIQUEIDENTIFIER}, "24 10");
}

static void old_clients_get_types_that_they_know(void **state)
{
    (void)state;
    expect_announced(TDS_7_1, (struct sql_type){.kind = SQL_NVARCHAR, .length = SQL_LENGTH_MAX},
                "63 FE FF FF 7F 09 04 D0 00 34 00 00");
    expect_announced(TDS_7_2, (struct sql_type){.kind = SQL_DATE}, "E7 44 00 09 04 D0 00 34");
    expect_sent(TDS_7_2, (struct sql_type){.kind = SQL_DATE}, sql_time_utc_ms(0, 0),
                 "14 00 31 00 39 00 37 00 30 00 2D 00 30 00 31 00 2D 00 30 00 31 00");
}

static void an_lsn_travels_with_all_its_digits(void **state)
{
    (void)state;
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_NUMERIC, .precision = 25},
                 sql_text("1000000000100001"), "0D 01 A1 06 C8 A4 7E 8D 03 00 00 00 00 00");
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_NUMERIC, .precision = 5, .scale = 2},
                 sql_text("-1.5"), "05 00 96 00 00 00");
}

static void times_are_counted_from_their_own_beginnings(void **state)
{
    struct sql_value time = sql_time_utc_ms(3, 0);
    (void)state;

    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_DATETIME}, time,
                 "08 DF 63 00 00 01 00 00 00");
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_DATETIME2, .scale = 7}, time,
                 "08 30 75 00 00 00 3A F9 0A");
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_DATETIME2, .scale = 3}, time,
                 "07 03 00 00 00 3A F9 0A");
    time.offset_min = -60;
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_DATETIMEOFFSET, .scale = 0}, time,
                 "08 00 00 00 3A F9 0A C4 FF");
}

/* A type that is never NULL: its announcement and one value. */
static void expect_fixed(enum sql_kind kind, struct sql_value value, const char *type_bytes,
                         const char *value_bytes)
{
    struct sql_type type = {.kind = kind};
    struct str out = {0};

    wire_add_type(&out, TDS_7_4, &type, true);
    expect_bytes(&out, type_bytes);
    wire_add_value(&out, TDS_7_4, &type, &value);
    expect_bytes(&out, value_bytes);
}

static void what_is_never_null_goes_out_without_lengths(void **state)
{
    (void)state;
    expect_fixed(SQL_TINYINT, sql_integer(7), "30", "07");
    expect_fixed(SQL_BIT, sql_integer(1), "32", "01");
    expect_fixed(SQL_SMALLINT, sql_integer(-2), "34", "FE FF");
    expect_fixed(SQL_INT, sql_integer(1), "38", "01 00 00 00");
    expect_fixed(SQL_BIGINT, sql_integer(1), "7F", "01 00 00 00 00 00 00 00");
    expect_fixed(SQL_REAL, sql_number(0.5), "3B", "00 00 00 3F");
    expect_fixed(SQL_FLOAT, sql_number(0.5), "3E", "00 00 00 00 00 00 E0 3F");
    expect_fixed(SQL_DATETIME, sql_time_utc_ms(3, 0), "3D", "DF 63 00 00 01 00 00 00");
    expect_fixed(SQL_DATE, sql_time_utc_ms(0, 0), "28", "03 3A F9 0A");
}

static void every_type_has_a_null(void **state)
{
    (void)state;
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_INT}, sql_null(), "00");
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_NVARCHAR, .length = 5}, sql_null(),
                 "FF FF");
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_NVARCHAR, .length = SQL_LENGTH_MAX},
                 sql_null(), "FF FF FF FF FF FF FF FF");
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_VARIANT}, sql_null(), "00 00 00 00");
    expect_sent(TDS_7_1, (struct sql_type){.kind = SQL_NVARCHAR, .length = SQL_LENGTH_MAX},
                 sql_null(), "00");
}

static void texts_are_cut_and_padded_to_their_type(void **state)
{
    (void)state;
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_NVARCHAR, .length = 2}, sql_text("abc"),
                 "04 00 61 00 62 00");
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_CHAR, .length = 3}, sql_text("a"),
                 "03 00 61 20 20");
    /* a character of two units is not cut in half */
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_NVARCHAR, .length = 2},
                 sql_text("a\xf0\x9f\x98\x80"), "02 00 61 00");
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_VARCHAR, .length = 4},
                 sql_text("\xe2\x82\xac\xce\xa9"), "02 00 80 3F");
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_NVARCHAR, .length = SQL_LENGTH_MAX},
                 sql_text(""), "00 00 00 00 00 00 00 00 00 00 00 00");
}

static void bad_utf8_becomes_the_replacement_character(void **state)
{
    (void)state;
    expect_sent(TDS_7_4, (struct sql_type){.kind = SQL_NVARCHAR, .length = 9},
                 sql_text("\xff\xc3"), "04 00 FD FF FD FF");
}

/* What is written as a RETURNVALUE's type and value must read back the same as a parameter. */
static void expect_round_trip(struct sql_type type, struct sql_value value)
{
    struct str out = {0};
    struct sql_type type_back;
    struct sql_value back;

    type.nullable = true;
    wire_add_type(&out, TDS_7_4, &type, false);
    wire_add_value(&out, TDS_7_4, &type, &value);
    struct byte_reader reader = {.data = (const uint8_t *)out.text, .length = out.length};
    assert_null(request_read_value(&reader, TDS_7_4, &type_back, &back));
    assert_int_equal(reader_left(&reader), 0);
    assert_int_equal(type_back.kind, type.kind);
    assert_int_equal(back.null, value.null);
    assert_int_equal(back.integer, value.integer);
    assert_int_equal(back.offset_min, value.offset_min);
    assert_true(back.number >= value.number && back.number <= value.number);
    assert_int_equal(back.length, value.length);
    if (value.bytes != NULL)
        assert_memory_equal(back.bytes, value.bytes, value.length);
    sql_value_free(&back);
    sql_value_free(&value);
    str_free(&out);
}

static void parameters_are_read_as_they_are_written(void **state)
{
    struct sql_value offset = sql_time_utc_ms(86399999, 0);
    (void)state;

    offset.offset_min = -330;
    expect_round_trip((struct sql_type){.kind = SQL_TINYINT}, sql_integer(255));
    expect_round_trip((struct sql_type){.kind = SQL_SMALLINT}, sql_integer(-2));
    expect_round_trip((struct sql_type){.kind = SQL_INT}, sql_integer(INT32_MIN));
    expect_round_trip((struct sql_type){.kind = SQL_BIGINT}, sql_integer(INT64_MIN));
    expect_round_trip((struct sql_type){.kind = SQL_BIGINT}, sql_null());
    expect_round_trip((struct sql_type){.kind = SQL_BIT}, sql_integer(1));
    expect_round_trip((struct sql_type){.kind = SQL_REAL}, sql_number(0.5));
    expect_round_trip((struct sql_type){.kind = SQL_FLOAT}, sql_number(-1e300));
    expect_round_trip((struct sql_type){.kind = SQL_NUMERIC, .precision = 25},
                      sql_text("9999999999999999999999999"));
    expect_round_trip((struct sql_type){.kind = SQL_NUMERIC, .precision = 38, .scale = 38},
                      sql_text("-0.12345678901234567890123456789012345678"));
    expect_round_trip((struct sql_type){.kind = SQL_DATETIME}, sql_time_utc_ms(7, 0));
    expect_round_trip((struct sql_type){.kind = SQL_DATETIME2, .scale = 7},
                      sql_time_utc_ms(86399999, 0));
    expect_round_trip((struct sql_type){.kind = SQL_DATE}, sql_time_utc_ms(0, 0));
    expect_round_trip((struct sql_type){.kind = SQL_TIME, .scale = 3}, sql_integer(12340000));
    expect_round_trip((struct sql_type){.kind = SQL_DATETIMEOFFSET, .scale = 7}, offset);
    expect_round_trip((struct sql_type){.kind = SQL_NVARCHAR, .length = 20},
                      sql_text("h\xc3\xa9llo \xf0\x9f\x98\x80"));
    expect_round_trip((struct sql_type){.kind = SQL_NVARCHAR, .length = SQL_LENGTH_MAX},
                      sql_text("long"));
    expect_round_trip((struct sql_type){.kind = SQL_VARCHAR, .length = 20},
                      sql_text("\xe2\x82\xac\xc3\xbc"));
    expect_round_trip((struct sql_type){.kind = SQL_VARBINARY, .length = 20},
                      sql_bytes("\0\1\2", 3));
    expect_round_trip((struct sql_type){.kind = SQL_VARBINARY, .length = SQL_LENGTH_MAX},
                      sql_bytes("", 0));
    expect_round_trip((struct sql_type){.kind = SQL_UNIQUEIDENTIFIER},
                      sql_bytes("0123456789abcdef", 16));
}

static void a_parameter_cut_anywhere_is_refused(void **state)
{
    static const uint8_t whole[] = {0xE7, 0xFF, 0xFF, 9, 4,   0xD0, 0, 0x34, 4, 0, 0, 0, 0, 0,
                                    0,    0,    4,    0, 0,   0,    'a', 0,  'b', 0, 0, 0, 0, 0};
    struct sql_type type;
    struct sql_value value;
    (void)state;

    for (size_t length = 0; length <= sizeof whole; length++) {
        struct byte_reader reader = {.data = whole, .length = length};
        const char *fault = request_read_value(&reader, TDS_7_4, &type, &value);
        assert_int_equal(fault == NULL, length == sizeof whole);
        sql_value_free(&value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_announced_as_real_servers_do),
        cmocka_unit_test(old_clients_get_types_that_they_know),
        cmocka_unit_test(an_lsn_travels_with_all_its_digits),
        cmocka_unit_test(times_are_counted_from_their_own_beginnings),
        cmocka_unit_test(what_is_never_null_goes_out_without_lengths),
        cmocka_unit_test(every_type_has_a_null),
        cmocka_unit_test(texts_are_cut_and_padded_to_their_type),
        cmocka_unit_test(bad_utf8_becomes_the_replacement_character),
        cmocka_unit_test(parameters_are_read_as_they_are_written),
        cmocka_unit_test(a_parameter_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
