#include "core/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

static const struct {
    const char *name;
    int exit_status;
    const char *text;
} codes[ERR_COUNT] = {
#define X(code, exit_status, text) [ERR_##code] = {#code, exit_status, text},
#include "core/base/error.def"
#undef X
};

enum error_code error_set(struct error *e, enum error_code code, const char *where,
                          const char *hint, const char *format, ...)
{
    if (e == NULL)
        return code;
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_clear(e);
    e->code = code;
    text_clean(e->what, sizeof e->what, text);
    text_clean(e->where, sizeof e->where, where == NULL ? "" : where);
    text_clean(e->hint, sizeof e->hint, hint == NULL ? "" : hint);
    return code;
}

void error_clear(struct error *e)
{
    memset(e, 0, sizeof *e);
}

int error_exit_status(enum error_code code)
{
    return code < ERR_COUNT ? codes[code].exit_status : 1;
}

const char *error_text(enum error_code code)
{
    return code < ERR_COUNT ? codes[code].text : "unknown error";
}

const char *error_name(enum error_code code)
{
    return code < ERR_COUNT ? codes[code].name : "FAILED";
}

enum error_code error_from_name(const char *name)
{
    for (int i = 0; i < ERR_COUNT; i++)
        if (strcmp(codes[i].name, name) == 0)
            return (enum error_code)i;
    return ERR_FAILED;
}

void error_format(const struct error *e, char *out, size_t size)
{
    char number[32] = "";
    if (e->server_number != 0)
        snprintf(number, sizeof number, "server error %d: ", e->server_number);
    char line[3072];
    snprintf(line, sizeof line, "%s%s%s%s%s%s%s%s%s", e->where, e->where[0] ? ": " : "",
             e->what[0] ? e->what : error_text(e->code), number[0] || e->server_text[0] ? ": " : "",
             number, e->server_text, e->hint[0] ? " (" : "", e->hint, e->hint[0] ? ")" : "");
    text_clean(out, size, line);
}
