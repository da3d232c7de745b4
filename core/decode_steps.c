/* What the steps of an Agent job say: arguments of the procedures that they call, and the error
 * numbers in the message of a run. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/decode.h"

/* Moves over blanks and comments. */
static const char *skip(const char *at)
{
    for (;;) {
        while (isspace((unsigned char)*at))
            at++;
        if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end != NULL ? end + 2 : at + strlen(at);
        } else if (at[0] == '-' && at[1] == '-') {
            at += strcspn(at, "\n");
        } else {
            return at;
        }
    }
}

/* A word of T-SQL at *at, moved behind it: a text without its quotes, a number, a name. Owned; NULL
 * where nothing of the kind stands there. */
static char *take_value(const char **at)
{
    struct str out = {0};
    const char *from = *at;
    if (*from == 'N' && from[1] == '\'')
        from++;
    if (*from == '\'') {
        for (from++; *from != '\0'; from++) {
            if (*from == '\'' && *++from != '\'')
                break;
            str_add_char(&out, *from);
        }
    } else {
        while (isalnum((unsigned char)*from) || *from == '@' || *from == '_' || *from == '-' ||
               *from == '.')
            str_add_char(&out, *from++);
    }
    bool nothing = from == *at;
    *at = from;
    if (!nothing)
        return out.length > 0 ? str_take(&out) : memory_copy_text("");
    str_free(&out);
    return NULL;
}

/* True where a name of a procedure ends at text: "sp_MarkAll" is not found in "sp_MarkAllDatabases". */
static bool is_end_of_name(const char *text)
{
    return !isalnum((unsigned char)*text) && *text != '_';
}

/* Behind the procedure's name at its next call from `from` on; NULL = none. */
static const char *find_call(const char *from, const char *procedure)
{
    size_t length = strlen(procedure);
    for (const char *at = from; at != NULL && (at = strcasestr(at, procedure)) != NULL; at++)
        if (is_end_of_name(at + length))
            return at + length + (at[length] == ']');
    return NULL;
}

char *decode_step_argument(const char *steps, const char *procedure, int position, const char *name)
{
    const char *at = find_call(steps, procedure);
    for (int here = 1; at != NULL; here++) {
        at = skip(at);
        char *value = take_value(&at);
        if (value == NULL)
            return NULL;
        at = skip(at);
        bool named = value[0] == '@' && *at == '=';
        bool wanted = named ? strcasecmp(value + 1, name) == 0 : here == position;
        if (named) {
            free(value);
            at = skip(at + 1);
            value = take_value(&at);
            at = skip(at);
        }
        if (wanted)
            return value;
        free(value);
        at = *at == ',' ? at + 1 : NULL;
    }
    return NULL;
}

bool decode_step_calls(const char *steps, const char *procedure)
{
    return find_call(steps, procedure) != NULL;
}

bool decode_message_has_error(const char *message, int number)
{
    /* Agent's own English words, whatever the server's language: "[SQLSTATE 42000] (Error 3201)" */
    static const char mark[] = "(Error ";
    for (const char *at = message; at != NULL && (at = strstr(at, mark)) != NULL; at++)
        if (strtol(at + strlen(mark), NULL, 10) == number)
            return true;
    return false;
}

int decode_message_system_error(const char *message)
{
    /* "... error 5(Access is denied.)": the number right before a bracket, in any language */
    for (const char *at = message; at != NULL && *at != '\0'; at++) {
        if (!isdigit((unsigned char)*at))
            continue;
        char *end;
        long number = strtol(at, &end, 10);
        bool first = at == message || at[-1] == ' ';
        if (first && *end == '(' && isalpha((unsigned char)end[1]) && number < 20000)
            return (int)number;
        at = end - 1;
    }
    return 0;
}
