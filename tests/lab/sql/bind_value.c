/* Literals, variables, @@globals and columns. */
#include <string.h>
#include <strings.h>

#include "tests/lab/estate.h"
#include "tests/lab/sql/bind.h"
#include "tests/lab/sql/type.h"

static struct sql_type numeric_literal_type(const char *text)
{
    int digits = 0, scale = 0;
    bool point = false, leading = true;

    for (; *text != '\0'; text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        if (*text != '0' || point)
            leading = false;
        digits += !leading || point;
        scale += point;
    }
    return type_numeric(digits < 1 ? 1 : digits, scale, false);
}

void bind_literal(struct binder *binder, struct expr *expr)
{
    bool case_sensitive = binder->run->engine->instance->case_sensitive;
    int length;

    switch (expr->kind) {
    case EXPR_NULL:
        expr->type = type_of(SQL_INT, true);
        expr->untyped = true;
        break;
    case EXPR_INTEGER:
        expr->type = type_of(SQL_INT, false);
        break;
    case EXPR_NUMERIC:
        expr->type = numeric_literal_type(expr->text);
        break;
    case EXPR_FLOAT:
        expr->type = type_of(SQL_FLOAT, false);
        break;
    case EXPR_BYTES:
        length = (int)expr->text_length;
        expr->type = (struct sql_type){.kind = SQL_VARBINARY,
                                       .length = length > 8000 ? SQL_LENGTH_MAX
                                                 : length == 0 ? 1
                                                               : length};
        break;
    default:
        length = (int)convert_units(expr->text, expr->text_length);
        if (length > (type_is_national(expr->type.kind) ? 4000 : 8000))
            length = SQL_LENGTH_MAX;
        expr->type = type_string(expr->type.kind, length, false);
        expr->type.case_sensitive = case_sensitive;
        break;
    }
}

void bind_variable(struct binder *binder, struct expr *expr)
{
    struct frame *frame = binder->run->frame;

    for (size_t i = 0; i < frame->variables_count; i++)
        if (strcasecmp(frame->variables[i].name, expr->text) == 0) {
            if (frame->variables[i].table != NULL)
                break;
            expr->variable = (int)i;
            expr->type = frame->variables[i].type;
            expr->type.nullable = true;
            expr->type.case_sensitive = binder->run->engine->instance->case_sensitive;
            return;
        }
    binder_fail(binder, 137, 15, 2, "Must declare the scalar variable \"%s\".", expr->text);
}

void bind_global(struct binder *binder, struct expr *expr)
{
    static const struct {
        const char *name;
        enum sql_kind kind;
        int length;
    } globals[] = {{"@@SPID", SQL_SMALLINT, 0},
                   {"@@SERVERNAME", SQL_NVARCHAR, 128},
                   {"@@SERVICENAME", SQL_NVARCHAR, 128},
                   {"@@VERSION", SQL_NVARCHAR, 300},
                   {"@@ROWCOUNT", SQL_INT, 0},
                   {"@@ERROR", SQL_INT, 0},
                   {"@@TRANCOUNT", SQL_INT, 0},
                   {"@@MICROSOFTVERSION", SQL_INT, 0},
                   {"@@LANGUAGE", SQL_NVARCHAR, 128},
                   {"@@LANGID", SQL_SMALLINT, 0},
                   {"@@IDENTITY", SQL_NUMERIC, 0},
                   {"@@NESTLEVEL", SQL_INT, 0},
                   {"@@PROCID", SQL_INT, 0},
                   {"@@OPTIONS", SQL_INT, 0},
                   {"@@LOCK_TIMEOUT", SQL_INT, 0},
                   {"@@DATEFIRST", SQL_TINYINT, 0},
                   {"@@TEXTSIZE", SQL_INT, 0},
                   {"@@MAX_PRECISION", SQL_TINYINT, 0},
                   {"@@FETCH_STATUS", SQL_INT, 0},
                   {"@@MAX_CONNECTIONS", SQL_INT, 0},
                   {"@@CPU_BUSY", SQL_INT, 0},
                   {"@@DBTS", SQL_VARBINARY, 8}};

    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (strcasecmp(globals[i].name, expr->text) == 0) {
            /* captured of @@DATEFIRST and @@VERSION: they may be NULL, as their columns say */
            expr->type = type_of(globals[i].kind, strcasecmp(expr->text, "@@DATEFIRST") == 0 ||
                                                      strcasecmp(expr->text, "@@VERSION") == 0);
            expr->type.length = globals[i].length;
            expr->type.case_sensitive = binder->run->engine->instance->case_sensitive;
            if (globals[i].kind == SQL_NUMERIC)
                expr->type = type_numeric(38, 0, true);
            return;
        }
    binder_fail(binder, 137, 15, 2, "Must declare the scalar variable \"%s\".", expr->text);
}

static const char *exposed_name(const struct source *source)
{
    return source->alias != NULL ? source->alias : source->name.name;
}

static bool source_matches(const struct binder *binder, const struct source *source,
                           const struct expr *expr)
{
    const char *exposed = exposed_name(source);

    if (expr->parts[2] == NULL)
        return true;
    if (exposed == NULL || !binder_same_name(binder, exposed, expr->parts[2]))
        return false;
    if (expr->parts[1] != NULL &&
        (source->alias != NULL ||
         !binder_same_name(binder, source->name.schema == NULL ? "dbo" : source->name.schema,
                           expr->parts[1])))
        return false;
    return expr->parts[0] == NULL || source->name.database == NULL ||
           binder_same_name(binder, source->name.database, expr->parts[0]);
}

/* The number of columns found in one scope; the first is noted. */
static int find_in_scope(const struct binder *binder, const struct scope *scope, struct expr *expr,
                         bool *source_found)
{
    int found = 0;

    for (size_t i = 0; i < scope->sources_count; i++) {
        struct source *source = scope->sources[i];

        if (!source_matches(binder, source, expr))
            continue;
        *source_found = true;
        for (size_t c = 0; c < source->columns_count; c++)
            if (binder_same_name(binder, source->columns[c].name, expr->parts[3])) {
                if (found++ == 0) {
                    expr->source = source;
                    expr->column = (int)c;
                }
            }
    }
    return found;
}

void bind_column(struct binder *binder, struct expr *expr)
{
    bool source_found = false;

    for (const struct scope *scope = binder->scope; scope != NULL; scope = scope->outer) {
        int found = find_in_scope(binder, scope, expr, &source_found);

        if (found > 1) {
            binder_fail(binder, 209, 16, 1, "Ambiguous column name '%s'.", expr->parts[3]);
            return;
        }
        if (found == 1) {
            expr->type = expr->source->columns[expr->column].type;
            expr->type.case_sensitive =
                expr->type.case_sensitive || binder->run->engine->instance->case_sensitive;
            expr->collation_rank = type_is_string(expr->type.kind) ? 1 : 0;
            return;
        }
    }
    if (expr->parts[2] == NULL || source_found)
        binder_fail(binder, 207, 16, 1, "Invalid column name '%s'.", expr->parts[3]);
    else
        binder_fail(binder, 4104, 16, 1,
                    "The multi-part identifier \"%s%s%s%s%s.%s\" could not be "
                    "bound.",
                    expr->parts[0] == NULL ? "" : expr->parts[0], expr->parts[0] == NULL ? "" : ".",
                    expr->parts[1] == NULL ? "" : expr->parts[1], expr->parts[1] == NULL ? "" : ".",
                    expr->parts[2], expr->parts[3]);
}
