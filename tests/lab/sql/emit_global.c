/* @@globals: constants of the statement. */
#include <string.h>
#include <strings.h>

#include "tests/lab/estate.h"
#include "tests/lab/sql/emit.h"

static void emit_version(struct str *out, const struct instance *instance)
{
    struct str text = {0};

    str_format(&text,
               "Microsoft SQL Server %d (RTM) - %d.%d.%d.0 (X64) \n\tDeveloper Edition (64-bit) on "
               "stopmark-lab",
               instance->major_version >= 17   ? 2025
               : instance->major_version == 16 ? 2022
               : instance->major_version == 15 ? 2019
               : instance->major_version == 14 ? 2017
               : instance->major_version == 13 ? 2016
                                               : 2014,
               instance->major_version, instance->minor_version, instance->build);
    emit_text(out, str_text(&text), text.length);
    str_free(&text);
}

static bool is_global(const struct expr *expr, const char *name)
{
    return strcasecmp(expr->text, name) == 0;
}

void emit_global(struct run *run, struct str *out, const struct expr *expr)
{
    const struct session *session = run->session;
    const struct instance *instance = session->instance;
    long long number = 0;

    if (is_global(expr, "@@SERVERNAME") || is_global(expr, "@@SERVICENAME")) {
        const char *name = is_global(expr, "@@SERVERNAME") ? instance->name : "MSSQLSERVER";

        emit_text(out, name, strlen(name));
        return;
    }
    if (is_global(expr, "@@VERSION")) {
        emit_version(out, instance);
        return;
    }
    if (is_global(expr, "@@LANGUAGE")) {
        str_add(out, "'us_english'");
        return;
    }
    if (is_global(expr, "@@DBTS")) {
        str_add(out, "x'00000000000007d0'");
        return;
    }
    if (is_global(expr, "@@IDENTITY")) {
        if (run->state->has_identity)
            str_format(out, "'%lld'", (long long)run->state->identity);
        else
            str_add(out, "NULL");
        return;
    }
    if (is_global(expr, "@@SPID"))
        number = session->spid;
    else if (is_global(expr, "@@ROWCOUNT"))
        number = run->state->row_count;
    else if (is_global(expr, "@@ERROR"))
        number = run->state->last_error;
    else if (is_global(expr, "@@TRANCOUNT"))
        number = session->transaction_depth;
    else if (is_global(expr, "@@MICROSOFTVERSION"))
        number = (long long)instance->major_version << 24 |
                 (long long)instance->minor_version << 16 | instance->build;
    else if (is_global(expr, "@@NESTLEVEL"))
        number = run->state->nesting;
    else if (is_global(expr, "@@LOCK_TIMEOUT"))
        number = session->lock_timeout_ms;
    else if (is_global(expr, "@@DATEFIRST"))
        number = 7;
    else if (is_global(expr, "@@TEXTSIZE"))
        number = session->text_size > INT32_MAX ? INT32_MAX : session->text_size;
    else if (is_global(expr, "@@MAX_PRECISION"))
        number = 38;
    else if (is_global(expr, "@@FETCH_STATUS"))
        number = -1;
    else if (is_global(expr, "@@MAX_CONNECTIONS"))
        number = 32767;
    else if (is_global(expr, "@@OPTIONS"))
        number = 5432 | (session->xact_abort ? 16384 : 0) | (session->nocount ? 512 : 0);
    str_format(out, "%lld", number);
}
