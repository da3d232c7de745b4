/* Text of a batch into tokens: nested comments, N'' strings, [brackets], "quoted" names, numbers,
 * @variables, @@globals, operators, each with its line. It knows no grammar; a word is a word.
 * Tokens live in the arena given.
 */
#ifndef STOPMARK_LAB_SQL_LEXER_H
#define STOPMARK_LAB_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/lab/sql/arena.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* a bare identifier or keyword */
    TOKEN_NAME,   /* [x] or "x": never a keyword */
    TOKEN_STRING, /* without its quotes, '' undone */
    TOKEN_BINARY, /* 0x...: its bytes */
    TOKEN_INTEGER,
    TOKEN_DECIMAL,  /* digits with a point */
    TOKEN_FLOAT,    /* digits with an exponent */
    TOKEN_VARIABLE, /* with its @ */
    TOKEN_GLOBAL,   /* with its @@ */
    TOKEN_OPERATOR, /* text holds it: "<=", "(", ... */
};

struct token {
    enum token_kind kind;
    char *text; /* UTF-8 */
    size_t length;
    bool national; /* N'...' */
    int line;      /* 1-based */
};

struct token_list {
    struct token *tokens; /* ends with TOKEN_END */
    size_t tokens_count, tokens_capacity;
    int error; /* 0, 105 unclosed string, 113 unclosed comment, 102 unknown character */
    int error_line;
    char *error_text; /* what the message names */
};

/* Cuts text into *list. False sets list->error. */
bool lexer_run(struct token_list *list, struct arena *arena, const char *text);

#endif
