#include "tests/lab/sql/functions.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/sql/calendar.h"
#include "tests/lab/sql/cell.h"
#include "tests/lab/sql/decimal.h"
#include "tests/lab/sql/type.h"

static const struct builtin *find_in(const struct builtin *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

const struct builtin *builtin_find(const char *name)
{
    const struct builtin *found = find_in(builtins_text, builtins_text_count, name);

    if (found == NULL)
        found = find_in(builtins_math, builtins_math_count, name);
    if (found == NULL)
        found = find_in(builtins_time, builtins_time_count, name);
    if (found == NULL)
        found = find_in(builtins_system, builtins_system_count, name);
    if (found == NULL)
        found = find_in(builtins_hash, builtins_hash_count, name);
    return found != NULL ? found : find_in(builtins_query, builtins_query_count, name);
}

/* --- result types --------------------------------------------------------------------------- */

static bool any_nullable(const struct expr *call)
{
    for (size_t i = 0; i < call->args.items_count; i++)
        if (call->args.items[i]->type.nullable)
            return true;
    return false;
}

struct sql_type result_int(const struct expr *call)
{
    return type_of(SQL_INT, any_nullable(call));
}

struct sql_type result_int_not_null(const struct expr *call)
{
    (void)call;
    return type_of(SQL_INT, false);
}

struct sql_type result_bigint(const struct expr *call)
{
    return type_of(SQL_BIGINT, any_nullable(call));
}

struct sql_type result_float(const struct expr *call)
{
    return type_of(SQL_FLOAT, any_nullable(call));
}

struct sql_type result_first(const struct expr *call)
{
    struct sql_type type = call->args.items[0]->type;

    type.nullable = any_nullable(call);
    return type;
}

struct sql_type result_name(const struct expr *call)
{
    (void)call;
    return type_string(SQL_NVARCHAR, 128, true);
}

struct sql_type result_text(const struct expr *call)
{
    struct sql_type type = result_first(call);

    type.kind = type_is_national(type.kind) ? SQL_NVARCHAR : SQL_VARCHAR;
    return type;
}

/* --- calls ---------------------------------------------------------------------------------- */

void call_fail(struct call *call, int number, int state, bool ends_batch, const char *format, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (call->run != NULL)
        problem_set(&call->run->problem, number, state, ends_batch, "%s", text);
    sqlite3_result_error(call->context, text, -1);
}

const char *call_text(struct call *call, int index, size_t *length)
{
    const char *text = (const char *)sqlite3_value_text(call->values[index]);

    if (length != NULL)
        *length = (size_t)sqlite3_value_bytes(call->values[index]);
    return text == NULL ? "" : text;
}

int64_t call_integer(struct call *call, int index)
{
    return sqlite3_value_int64(call->values[index]);
}

bool call_is_null(struct call *call, int index)
{
    return index >= call->count || sqlite3_value_type(call->values[index]) == SQLITE_NULL;
}

void call_return(struct call *call, struct sql_value value)
{
    cell_result(call->context, &call->result, &value);
    sql_value_free(&value);
}

void call_return_text(struct call *call, const char *text, size_t length)
{
    sqlite3_result_text(call->context, text, (int)length, SQLITE_TRANSIENT);
}

struct registration {
    struct engine *engine;
    const struct builtin *builtin;
};

static void run_builtin(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct registration *registration = sqlite3_user_data(context);
    const struct builtin *builtin = registration->builtin;
    struct call call = {
        .context = context, .count = count, .values = values, .run = registration->engine->run};

    if ((builtin->flags & FUNCTION_TYPED) != 0) {
        call.argument = type_unpack(sqlite3_value_int64(values[0]));
        call.result = type_unpack(sqlite3_value_int64(values[1]));
        call.count -= 2;
        call.values += 2;
    }
    if ((builtin->flags & FUNCTION_NULLS) == 0)
        for (int i = 0; i < call.count; i++)
            if (sqlite3_value_type(call.values[i]) == SQLITE_NULL)
                return; /* NULL in, NULL out */
    builtin->body(&call);
}

static void register_table(struct engine *engine, const struct builtin *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct registration *registration;
        char name[64];

        if (table[i].body == NULL)
            continue;
        registration = memory_new(sizeof *registration);
        *registration = (struct registration){engine, &table[i]};
        snprintf(name, sizeof name, "f_%s", table[i].name);
        sqlite3_create_function_v2(
            engine->db, name, -1,
            SQLITE_UTF8 | ((table[i].flags & FUNCTION_CONSTANT) != 0 ? SQLITE_DETERMINISTIC : 0),
            registration, run_builtin, NULL, NULL, free);
    }
}

/* --- conversion ----------------------------------------------------------------------------- */

/* ts_cast(value, from, to, style, try) */
static void cast(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct engine *engine = sqlite3_user_data(context);
    struct sql_type from = type_unpack(sqlite3_value_int64(values[1]));
    struct sql_type to = type_unpack(sqlite3_value_int64(values[2]));
    struct sql_value in = cell_read(values[0], &from), out;
    struct sql_problem problem = {0};

    (void)count;
    if (from.kind == SQL_VARIANT && sqlite3_value_type(values[0]) == SQLITE_FLOAT)
        from.kind = SQL_FLOAT;
    if (convert_value(&out, &in, &from, &to, sqlite3_value_int(values[3]), &problem)) {
        cell_result(context, &to, &out);
    } else if (sqlite3_value_int(values[4]) == 0) {
        if (engine->run != NULL)
            engine->run->problem = problem;
        sqlite3_result_error(context, problem.text, -1);
    }
    sql_value_free(&in);
    sql_value_free(&out);
}

/* --- arithmetic ----------------------------------------------------------------------------- */

static bool integer_arithmetic(char op, int64_t a, int64_t b, int64_t *out)
{
    switch (op) {
    case '+':
        return !__builtin_add_overflow(a, b, out);
    case '-':
        return !__builtin_sub_overflow(a, b, out);
    case '*':
        return !__builtin_mul_overflow(a, b, out);
    case '/':
        *out = b == -1 ? -a : a / b;
        return !(b == -1 && a == INT64_MIN);
    case '%':
        *out = b == -1 ? 0 : a % b;
        return true;
    case '&':
        *out = a & b;
        return true;
    case '|':
        *out = a | b;
        return true;
    default:
        *out = a ^ b;
        return true;
    }
}

static void arithmetic_overflow(struct call *call)
{
    call_fail(call, 8115, 2, false,
              "Arithmetic overflow error converting expression to data type %s.",
              type_name(call->result.kind));
}

static void integer_result(struct call *call, char op)
{
    static const struct {
        int64_t least, most;
    } ranges[] = {[SQL_TINYINT] = {0, 255},
                  [SQL_SMALLINT] = {INT16_MIN, INT16_MAX},
                  [SQL_INT] = {INT32_MIN, INT32_MAX},
                  [SQL_BIGINT] = {INT64_MIN, INT64_MAX},
                  [SQL_BIT] = {0, 1}};
    int64_t out;

    if (!integer_arithmetic(op, call_integer(call, 0), call_integer(call, 1), &out) ||
        out < ranges[call->result.kind].least || out > ranges[call->result.kind].most)
        arithmetic_overflow(call);
    else
        sqlite3_result_int64(call->context, out);
}

static void numeric_result(struct call *call, char op)
{
    struct decimal a, b, out;
    char text[DECIMAL_TEXT_SIZE];

    if (!decimal_parse(&a, call_text(call, 0, NULL)) ||
        !decimal_parse(&b, call_text(call, 1, NULL)) ||
        ((op == '/' || op == '%') && b.digits == 0)) {
        call_fail(call, 8134, 1, false, "Divide by zero error encountered.");
        return;
    }
    if (!decimal_compute(&out, op, &a, &b, call->result.scale)) {
        arithmetic_overflow(call);
        return;
    }
    decimal_format(text, &out);
    call_return_text(call, text, strlen(text));
}

static void float_result(struct call *call, char op)
{
    double a = sqlite3_value_double(call->values[0]), b = sqlite3_value_double(call->values[1]);
    double out = op == '+'   ? a + b
                 : op == '-' ? a - b
                 : op == '*' ? a * b
                 : op == '/' ? a / b
                             : fmod(a, b);

    if (!isfinite(out))
        arithmetic_overflow(call);
    else
        sqlite3_result_double(call->context, out);
}

/* ts_math(op, result, a, b) on operands of the result's kind */
static void math(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct engine *engine = sqlite3_user_data(context);
    struct call call = {.context = context,
                        .count = count - 2,
                        .values = values + 2,
                        .run = engine->run,
                        .result = type_unpack(sqlite3_value_int64(values[1]))};
    char op = *(const char *)sqlite3_value_text(values[0]);

    if (call_is_null(&call, 0) || call_is_null(&call, 1))
        return;
    if ((op == '/' || op == '%') && call.result.kind != SQL_NUMERIC &&
        sqlite3_value_double(call.values[1]) == 0) {
        call_fail(&call, 8134, 1, false, "Divide by zero error encountered.");
        return;
    }
    if (call.result.kind == SQL_NUMERIC)
        numeric_result(&call, op);
    else if (type_is_float(call.result.kind))
        float_result(&call, op);
    else if (call.result.kind == SQL_DATETIME) /* datetime + days, both as ticks */
        sqlite3_result_int64(context, call_integer(&call, 0) +
                                          (op == '-' ? -1 : 1) * (call_integer(&call, 1) -
                                                                  INT64_C(693595) * TICKS_PER_DAY));
    else
        integer_result(&call, op);
}

/* --- LIKE ----------------------------------------------------------------------------------- */

static uint32_t fold(uint32_t code, bool case_sensitive)
{
    return case_sensitive ? code : cell_lower(code);
}

/* The next character, which may be NUL. */
static uint32_t next_character(const char **at)
{
    if (**at != '\0')
        return text_next(at);
    (*at)++;
    return 0;
}

/* [abc], [a-f], [^x]; *pattern is behind the '['. False and *pattern unmoved without a ']'. */
static bool match_set(const char **pattern, const char *end, uint32_t code, bool case_sensitive,
                      bool *closed)
{
    const char *at = *pattern;
    bool negated = at < end && *at == '^', found = false, first = true;

    if (negated)
        at++;
    *closed = false;
    while (at < end && (*at != ']' || first)) {
        uint32_t low = fold(next_character(&at), case_sensitive), high = low;

        first = false;
        if (at + 1 < end && *at == '-' && at[1] != ']') {
            at++;
            high = fold(next_character(&at), case_sensitive);
        }
        found = found || (code >= low && code <= high);
    }
    if (at >= end)
        return false;
    *closed = true;
    *pattern = at + 1;
    return found != negated;
}

static bool like(const char *text, const char *text_end, const char *pattern,
                 const char *pattern_end, uint32_t escape, bool case_sensitive)
{
    while (pattern < pattern_end) {
        uint32_t want = next_character(&pattern), code;
        bool literal = escape != 0 && want == escape && pattern < pattern_end;

        if (literal)
            want = next_character(&pattern);
        if (!literal && want == '%') {
            for (const char *at = text;; next_character(&at)) {
                if (like(at, text_end, pattern, pattern_end, escape, case_sensitive))
                    return true;
                if (at >= text_end)
                    return false;
            }
        }
        if (text >= text_end)
            return false;
        code = fold(next_character(&text), case_sensitive);
        if (!literal && want == '[') {
            bool closed;
            bool matched = match_set(&pattern, pattern_end, code, case_sensitive, &closed);

            if (!closed || !matched)
                return false;
        } else if ((literal || want != '_') && fold(want, case_sensitive) != code) {
            return false;
        }
    }
    while (text < text_end && *text == ' ') /* blanks at the text's end do not matter */
        text++;
    return text >= text_end;
}

bool function_like(const char *text, size_t length, const char *pattern, size_t pattern_length,
                   uint32_t escape, bool case_sensitive)
{
    return like(text, text + length, pattern, pattern + pattern_length, escape, case_sensitive);
}

/* ts_like(text, pattern, escape, case_sensitive) */
static void like_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct call call = {.context = context, .count = count, .values = values};
    size_t length, pattern_length;
    const char *text, *pattern, *escape;

    if (call_is_null(&call, 0) || call_is_null(&call, 1))
        return;
    text = call_text(&call, 0, &length);
    pattern = call_text(&call, 1, &pattern_length);
    escape = call_text(&call, 2, NULL);
    sqlite3_result_int(context, function_like(text, length, pattern, pattern_length,
                                              *escape == '\0' ? 0 : text_next(&escape),
                                              call_integer(&call, 3) != 0));
}

/* ts_fit(value, units, table, column): the value, or error 2628 where it is too long. */
static void fit(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct engine *engine = sqlite3_user_data(context);
    struct call call = {.context = context, .count = count, .values = values, .run = engine->run};
    bool is_text = sqlite3_value_type(values[0]) == SQLITE_TEXT;
    size_t length, room = (size_t)sqlite3_value_int(values[1]);
    const char *text = call_text(&call, 0, &length);
    const struct table *table;
    int column;

    while (is_text && length > 0 && text[length - 1] == ' ' && convert_units(text, length) > room)
        length--; /* blanks at the end may be cut */
    if ((is_text ? convert_units(text, length) : length) <= room) {
        if (is_text)
            call_return_text(&call, text, length);
        else
            sqlite3_result_value(context, values[0]);
        return;
    }
    table = store_find_id(engine, sqlite3_value_int(values[2]));
    column = sqlite3_value_int(values[3]);
    call_fail(&call, 2628, 1, false,
              "String or binary data would be truncated in table '%s.%s', column '%s'. Truncated "
              "value: '%.*s'.",
              table->schema, table->name, table->columns[column].name,
              (int)convert_unit_bytes(text, length, room > 100 ? 100 : room), text);
}

/* ts_identity(table): the next value of its identity column. */
static void identity(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct engine *engine = sqlite3_user_data(context);
    struct table *table = store_find_id(engine, sqlite3_value_int(values[0]));

    (void)count;
    if (table == NULL)
        return;
    sqlite3_result_int64(context, table->identity_next);
    if (engine->run != NULL) {
        engine->run->state->identity = table->identity_next;
        engine->run->state->has_identity = true;
    }
    table->identity_next += table->identity_step;
}

/* ts_depth(depth): one more; error 530 beyond the recursion that is allowed by default. */
static void depth(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct engine *engine = sqlite3_user_data(context);
    struct call call = {.context = context, .count = count, .values = values, .run = engine->run};
    int64_t level = call_integer(&call, 0) + 1;

    if (level > 100)
        call_fail(&call, 530, 1, false,
                  "The statement terminated. The maximum recursion 100 has been exhausted before "
                  "statement completion.");
    else
        sqlite3_result_int64(context, level);
}

/* ts_rows(count): what TOP and FETCH take; error 1060 for the rest. */
static void rows(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct engine *engine = sqlite3_user_data(context);
    struct call call = {.context = context, .count = count, .values = values, .run = engine->run};

    if (call_is_null(&call, 0) || call_integer(&call, 0) < 0)
        call_fail(&call, 1060, 1, false,
                  "The number of rows provided for a TOP or FETCH clauses row count parameter must "
                  "be an integer.");
    else
        sqlite3_result_int64(context, call_integer(&call, 0));
}

void functions_open(struct engine *engine)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;

    register_table(engine, builtins_text, builtins_text_count);
    register_table(engine, builtins_math, builtins_math_count);
    register_table(engine, builtins_time, builtins_time_count);
    register_table(engine, builtins_system, builtins_system_count);
    register_table(engine, builtins_hash, builtins_hash_count);
    sqlite3_create_function(engine->db, "ts_cast", 5, flags, engine, cast, NULL, NULL);
    sqlite3_create_function(engine->db, "ts_math", 4, flags, engine, math, NULL, NULL);
    sqlite3_create_function(engine->db, "ts_like", 4, flags, engine, like_function, NULL, NULL);
    sqlite3_create_function(engine->db, "ts_fit", 4, SQLITE_UTF8, engine, fit, NULL, NULL);
    sqlite3_create_function(engine->db, "ts_identity", 1, SQLITE_UTF8, engine, identity, NULL,
                            NULL);
    sqlite3_create_function(engine->db, "ts_rows", 1, flags, engine, rows, NULL, NULL);
    sqlite3_create_function(engine->db, "ts_depth", 1, SQLITE_UTF8, engine, depth, NULL, NULL);
    functions_open_aggregates(engine);
}
