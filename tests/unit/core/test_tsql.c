#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/permit.h"
#include "core/tsql.h"
#include "core/tsql_grants.h"

static void assert_identifier(const char *name, const char *expected)
{
    struct str out = {0};
    assert_true(tsql_add_identifier(&out, name));
    assert_string_equal(str_text(&out), expected);
    str_free(&out);
}

static void assert_refused_identifier(const char *name)
{
    struct str out = {0};
    assert_false(tsql_add_identifier(&out, name));
    assert_int_equal(out.length, 0);
    str_free(&out);
}

static void identifiers_are_bracketed_with_closing_brackets_doubled(void **state)
{
    (void)state;
    assert_identifier("BizTalkMgmtDb", "[BizTalkMgmtDb]");
    assert_identifier("a]b", "[a]]b]");
    assert_identifier("]]; DROP DATABASE x --", "[]]]]; DROP DATABASE x --]");
    assert_identifier("o'brien \"x\" Größe 😀", "[o'brien \"x\" Größe 😀]");
}

static void identifiers_have_1_to_128_utf16_units(void **state)
{
    (void)state;
    char name[200] = "";
    memset(name, 'x', 128);
    struct str out = {0};
    assert_true(tsql_add_identifier(&out, name));
    str_clear(&out);
    name[128] = 'x';
    assert_refused_identifier(name);
    assert_refused_identifier("");
    assert_refused_identifier(NULL);
    memset(name, 0, sizeof name);
    for (int i = 0; i < 65; i++) /* two units each */
        str_add(&out, "😀");
    assert_refused_identifier(str_text(&out));
    assert_int_equal(tsql_length(str_text(&out)), 130);
    str_free(&out);
}

static void any_character_may_stand_in_a_name_but_bad_utf8_is_refused(void **state)
{
    (void)state;
    struct str out = {0};
    assert_true(tsql_add_identifier(&out, "a\nb\x1b\xef\xbf\xbd\xe2\x80\xae"));
    assert_string_equal(str_text(&out), "[a\nb\x1b\xef\xbf\xbd\xe2\x80\xae]");
    str_clear(&out);
    assert_true(tsql_add_string(&out, "two\nlines"));
    str_clear(&out);
    assert_refused_identifier("a\xff" "b");
    assert_false(tsql_add_string(&out, "back\\\nslash"));
    assert_false(tsql_add_string(&out, "back\\\r\nslash"));
    assert_false(tsql_add_string(&out, "\xc3"));
    assert_false(tsql_add_string(&out, NULL));
    assert_int_equal(out.length, 0);
    str_free(&out);
}

static void strings_are_national_with_quotes_doubled(void **state)
{
    (void)state;
    struct str out = {0};
    assert_true(tsql_add_string(&out, "it's \\\\share\\x ʼ"));
    assert_string_equal(str_text(&out), "N'it''s \\\\share\\x ʼ'");
    str_clear(&out);
    assert_true(tsql_add_string(&out, ""));
    assert_string_equal(str_text(&out), "N''");
    str_free(&out);
}

/* What a T-SQL lexer makes of a quoted text: NULL if it does not end exactly at the end. */
static char *unquote(const char *text, char closing)
{
    struct str out = {0};
    for (; *text; text++) {
        if (*text == closing) {
            if (text[1] != closing)
                return text[1] == '\0' ? str_take(&out) : NULL;
            text++;
        }
        str_add_char(&out, *text);
    }
    return NULL;
}

static void every_text_survives_a_round_trip_or_is_refused(void **state)
{
    (void)state;
    uint32_t random = 7;
    for (int round = 0; round < 3000; round++) {
        char text[48];
        size_t length = 0;
        while (length < 40) {
            random = random * 1664525 + 1013904223;
            uint32_t pick = random >> 24;
            static const char interesting[] = "]['\"\\;-/*\n$1 ab";
            length += pick < 200 ? (text[length] = interesting[pick % 16], 1)
                                 : text_encode(text + length, (random >> 8) % 0x10FFFF);
        }
        text[length] = '\0';
        struct str out = {0};
        if (tsql_add_identifier(&out, text)) {
            char *back = unquote(str_text(&out) + 1, ']');
            assert_string_equal(back, text);
            free(back);
        }
        str_clear(&out);
        if (tsql_add_string(&out, text)) {
            char *back = unquote(str_text(&out) + 2, '\'');
            assert_string_equal(back, text);
            free(back);
        }
        str_free(&out);
    }
}

static void arguments_are_put_in_by_kind(void **state)
{
    (void)state;
    struct query query = {.name = "q", .text = "SELECT $3 FROM $1.x WHERE a = $2 AND b >= $4 AND $5"};
    struct tsql_argument arguments[] = {
        {.kind = ARGUMENT_IDENTIFIER, .text = "d]b"},
        {.kind = ARGUMENT_INTEGER, .integer = -5},
        {.kind = ARGUMENT_COLUMN, .text = NULL},
        {.kind = ARGUMENT_TIME, .integer = INT64_C(1000)},
        {.kind = ARGUMENT_STRING, .text = "$1'"},
    };
    char *text = tsql_render(&query, arguments, 5);
    assert_string_equal(text, "SELECT NULL FROM [d]]b].x WHERE a = -5 AND b >= "
                              "N'1970-01-01T00:00:01.000' AND N'$1'''");
    free(text);
    arguments[1].integer = INT64_C(3000000000);
    text = tsql_render(&query, arguments, 5);
    assert_non_null(strstr(text, "a = CAST(3000000000 AS bigint)"));
    free(text);
    assert_null(tsql_render(&query, arguments, 4));
    arguments[0].text = "a\xff" "b";
    assert_null(tsql_render(&query, arguments, 5));
}

/* The three RESTOREs that restore nothing. */
static bool is_file_question(const char *text)
{
    return strcmp(text, "RESTORE HEADERONLY FROM $1") == 0 ||
           strcmp(text, "RESTORE FILELISTONLY FROM $1 WITH FILE = $2") == 0 ||
           strcmp(text, "RESTORE VERIFYONLY FROM $1 WITH FILE = $2") == 0;
}

static void every_statement_has_a_name_and_a_permission(void **state)
{
    (void)state;
    size_t count;
    const struct query *const *all = tsql_queries(&count);
    assert_true(count > 25);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(all[i]->name);
        assert_non_null(all[i]->permission);
        assert_true(strncmp(all[i]->text, "SELECT", 6) == 0 ||
                    strncmp(all[i]->text, "SET", 3) == 0 || is_file_question(all[i]->text));
        assert_null(strstr(all[i]->text, "BTS_BackupJob_Lock"));
        assert_null(strstr(all[i]->text, "applock"));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(all[i]->name, all[j]->name);
    }
}

static void grants_quote_the_login_wherever_it_stands(void **state)
{
    (void)state;
    struct tsql_grants grants = {.server = "SQLA",
                                 .role = ROLE_SOURCE,
                                 .login = "o'brien]x",
                                 .management_database = "BizTalkMgmtDb"};
    char *script = tsql_grants_script(&grants);
    assert_non_null(script);
    assert_non_null(strstr(script, "GRANT VIEW SERVER STATE TO [o'brien]]x];"));
    assert_non_null(strstr(script, "name = N'o''brien]x')"));
    assert_non_null(strstr(script, "TO [o''brien]]x];")); /* inside the inner statement */
    assert_non_null(strstr(script, "IF DB_ID(N'BizTalkMgmtDb') IS NOT NULL"));
    free(script);
    grants.login = "a\nb";
    assert_null(tsql_grants_script(&grants));
}

static void only_what_was_asked_for_is_granted(void **state)
{
    (void)state;
    struct tsql_grants grants = {.server = "DR",
                                 .role = ROLE_DESTINATION,
                                 .login = "m",
                                 .management_database = "BizTalkMgmtDb"};
    char *script = tsql_grants_script(&grants);
    assert_null(strstr(script, "CREATE ANY DATABASE"));
    assert_null(strstr(script, "dbcreator"));
    assert_non_null(strstr(script, "GRANT SELECT ON dbo.bts_LogShippingHistory TO [m];"));
    free(script);
    grants.proof = true;
    script = tsql_grants_script(&grants);
    assert_non_null(strstr(script, "GRANT CREATE ANY DATABASE TO [m];"));
    free(script);
    grants.restore = true;
    script = tsql_grants_script(&grants);
    assert_non_null(strstr(script, "ALTER SERVER ROLE dbcreator ADD MEMBER [m];"));
    free(script);
    grants.role = ROLE_SOURCE;
    script = tsql_grants_script(&grants);
    assert_non_null(strstr(script, "GRANT ALTER ANY DATABASE TO [m];"));
    assert_null(strstr(script, "dbcreator"));
    free(script);
    grants.restore = false;
    script = tsql_grants_script(&grants);
    assert_null(strstr(script, "ALTER ANY DATABASE"));
    free(script);
}

static void a_permit_needs_the_group_s_name(void **state)
{
    (void)state;
    struct error error;
    struct permit *permit = permit_issue("Contoso", "Contoso", "run 1", &error);
    assert_non_null(permit);
    assert_string_equal(permit_purpose(permit), "run 1");
    permit_free(permit);
    assert_null(permit_issue("Contoso", "contoso", "run 1", &error));
    assert_int_equal(error.code, ERR_NOT_CONFIRMED);
    assert_null(permit_issue("Contoso", NULL, "run 1", &error));
}

static void a_read_only_process_gets_no_permit(void **state)
{
    (void)state;
    struct error error;
    permit_forbid_all();
    assert_false(permit_possible());
    assert_null(permit_issue("Contoso", "Contoso", "run 1", &error));
    assert_int_equal(error.code, ERR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_are_bracketed_with_closing_brackets_doubled),
        cmocka_unit_test(identifiers_have_1_to_128_utf16_units),
        cmocka_unit_test(any_character_may_stand_in_a_name_but_bad_utf8_is_refused),
        cmocka_unit_test(strings_are_national_with_quotes_doubled),
        cmocka_unit_test(every_text_survives_a_round_trip_or_is_refused),
        cmocka_unit_test(arguments_are_put_in_by_kind),
        cmocka_unit_test(every_statement_has_a_name_and_a_permission),
        cmocka_unit_test(grants_quote_the_login_wherever_it_stands),
        cmocka_unit_test(only_what_was_asked_for_is_granted),
        cmocka_unit_test(a_permit_needs_the_group_s_name),
        cmocka_unit_test(a_read_only_process_gets_no_permit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
