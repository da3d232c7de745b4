/* Errors: a code with an exit status, and what an operator needs: what failed, where, the server's
 * number and own words, and what to do next.
 *
 * Never prints and never allocates: a struct error is a plain value, copied by assignment.
 * Any thread, each with its own struct.
 */
#ifndef STOPMARK_BASE_ERROR_H
#define STOPMARK_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

enum error_code {
#define X(code, exit_status, text) ERR_##code,
#include "core/base/error.def"
#undef X
    ERR_COUNT
};

struct error {
    enum error_code code;
    int server_number;   /* the server's message number; 0 = not from a server */
    int server_severity; /* as received; 0 for information */
    int server_state;
    char where[132];         /* server, SERVER/database or path:line; "" = nowhere in particular */
    char what[512];          /* what failed, one sentence without a full stop */
    char server_text[1024];  /* the server's own words, cleaned; "" = none */
    char hint[512];          /* what to do next; "" = nothing known */
};

/* Fills *e (which may be NULL: then only the code is returned) and returns code. where and hint
 * may be NULL. Texts that are too long are cut at a character. */
enum error_code error_set(struct error *e, enum error_code code, const char *where,
                          const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Empties *e: code ERR_OK, all texts "". */
void error_clear(struct error *e);

/* The process's exit status for a code. Source: the table error.def, a contract. */
int error_exit_status(enum error_code code);

/* The code's sentence, static. */
const char *error_text(enum error_code code);

/* The code's name ("NOT_PROVEN"), static; for journals and JSON. */
const char *error_name(enum error_code code);

/* The inverse of error_name; ERR_FAILED for an unknown name. */
enum error_code error_from_name(const char *name);

/* Writes "where: what: server error N: words (hint)" into out, one line, cut at a character. */
void error_format(const struct error *e, char *out, size_t size);

#endif
