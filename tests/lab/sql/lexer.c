#include "tests/lab/sql/lexer.h"

#include <ctype.h>
#include <string.h>

#include "core/base/str.h"

struct lexer {
    struct token_list *list;
    struct arena *arena;
    const char *at;
    int line;
};

static bool is_name_start(unsigned char c)
{
    return isalpha(c) || c == '_' || c == '#' || c >= 0x80;
}

static bool is_name_part(unsigned char c)
{
    return is_name_start(c) || isdigit(c) || c == '@' || c == '$';
}

static struct token *add_token(struct lexer *lexer, enum token_kind kind, const char *text,
                               size_t length)
{
    struct token *token = arena_append(lexer->arena, lexer->list, tokens);

    token->kind = kind;
    token->text = arena_copy(lexer->arena, text, length);
    token->length = length;
    token->line = lexer->line;
    return token;
}

static bool fail(struct lexer *lexer, int number, int line, const char *text, size_t length)
{
    lexer->list->error = number;
    lexer->list->error_line = line;
    lexer->list->error_text = arena_copy(lexer->arena, text, length);
    return false;
}

static bool skip_comment(struct lexer *lexer)
{
    int depth = 0;
    int line = lexer->line;

    do {
        if (lexer->at[0] == '/' && lexer->at[1] == '*') {
            depth++;
            lexer->at += 2;
        } else if (lexer->at[0] == '*' && lexer->at[1] == '/') {
            depth--;
            lexer->at += 2;
        } else if (*lexer->at == '\0') {
            return fail(lexer, 113, line, "", 0);
        } else {
            lexer->line += *lexer->at++ == '\n';
        }
    } while (depth > 0);
    return true;
}

/* Reads '...', "..." or [...]; lexer->at is on the opening character. A doubled closing character
 * stands for itself; a backslash before a line's end joins lines inside a string. */
static bool read_quoted(struct lexer *lexer, enum token_kind kind, char closing, bool national)
{
    struct str text = {0};
    int line = lexer->line;
    const char *start = ++lexer->at;
    struct token *token;

    for (;;) {
        if (*lexer->at == '\0') {
            str_free(&text);
            return fail(lexer, 105, line, start, strnlen(start, 64));
        }
        if (*lexer->at == closing) {
            if (lexer->at[1] != closing)
                break;
            lexer->at++;
        } else if (kind == TOKEN_STRING && *lexer->at == '\\') {
            size_t skip = lexer->at[1] == '\n'                           ? 2
                          : lexer->at[1] == '\r' && lexer->at[2] == '\n' ? 3
                                                                         : 0;

            if (skip > 0) {
                lexer->at += skip;
                lexer->line++;
                continue;
            }
        }
        lexer->line += *lexer->at == '\n';
        str_add_char(&text, *lexer->at++);
    }
    lexer->at++;
    token = add_token(lexer, kind, str_text(&text), text.length);
    token->line = line;
    token->national = national;
    str_free(&text);
    return true;
}

static void read_number(struct lexer *lexer)
{
    const char *start = lexer->at;
    enum token_kind kind = TOKEN_INTEGER;

    while (isdigit((unsigned char)*lexer->at))
        lexer->at++;
    if (*lexer->at == '.') {
        kind = TOKEN_DECIMAL;
        lexer->at++;
        while (isdigit((unsigned char)*lexer->at))
            lexer->at++;
    }
    if (*lexer->at == 'e' || *lexer->at == 'E') {
        kind = TOKEN_FLOAT;
        lexer->at++;
        if (*lexer->at == '+' || *lexer->at == '-')
            lexer->at++;
        while (isdigit((unsigned char)*lexer->at))
            lexer->at++;
    }
    add_token(lexer, kind, start, (size_t)(lexer->at - start));
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void read_binary(struct lexer *lexer)
{
    struct str bytes = {0};
    const char *digits = lexer->at + 2;
    size_t count = 0, i = 0;

    while (hex_value(digits[count]) >= 0)
        count++;
    if (count % 2 == 1)
        str_add_char(&bytes, (char)hex_value(digits[i++]));
    for (; i < count; i += 2)
        str_add_char(&bytes, (char)(hex_value(digits[i]) * 16 + hex_value(digits[i + 1])));
    lexer->at = digits + count;
    add_token(lexer, TOKEN_BINARY, str_text(&bytes), bytes.length);
    str_free(&bytes);
}

static void read_word(struct lexer *lexer, enum token_kind kind, size_t prefix)
{
    const char *start = lexer->at;

    lexer->at += prefix;
    while (is_name_part((unsigned char)*lexer->at))
        lexer->at++;
    add_token(lexer, kind, start, (size_t)(lexer->at - start));
}

static bool read_operator(struct lexer *lexer)
{
    static const char *const two[] = {
        "<=", ">=", "<>", "!=", "!<", "!>", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "::"};

    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        if (lexer->at[0] == two[i][0] && lexer->at[1] == two[i][1]) {
            add_token(lexer, TOKEN_OPERATOR, lexer->at, 2);
            lexer->at += 2;
            return true;
        }
    if (strchr("()+-*/%=<>,.;&|^~:{}", *lexer->at) == NULL)
        return fail(lexer, 102, lexer->line, lexer->at, 1);
    add_token(lexer, TOKEN_OPERATOR, lexer->at++, 1);
    return true;
}

static bool read_token(struct lexer *lexer)
{
    const char *at = lexer->at;

    if ((*at == 'N' || *at == 'n') && at[1] == '\'') {
        lexer->at++;
        return read_quoted(lexer, TOKEN_STRING, '\'', true);
    }
    if (*at == '\'')
        return read_quoted(lexer, TOKEN_STRING, '\'', false);
    if (*at == '[')
        return read_quoted(lexer, TOKEN_NAME, ']', false);
    if (*at == '"')
        return read_quoted(lexer, TOKEN_NAME, '"', false);
    if (at[0] == '@' && at[1] == '@')
        read_word(lexer, TOKEN_GLOBAL, 2);
    else if (*at == '@')
        read_word(lexer, TOKEN_VARIABLE, 1);
    else if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        read_binary(lexer);
    else if (isdigit((unsigned char)*at) || (*at == '.' && isdigit((unsigned char)at[1])))
        read_number(lexer);
    else if (is_name_start((unsigned char)*at))
        read_word(lexer, TOKEN_WORD, 1);
    else
        return read_operator(lexer);
    return true;
}

bool lexer_run(struct token_list *list, struct arena *arena, const char *text)
{
    struct lexer lexer = {.list = list, .arena = arena, .at = text, .line = 1};

    for (;;) {
        const char *at = lexer.at;

        if (*at == '\0') {
            add_token(&lexer, TOKEN_END, "", 0);
            return true;
        }
        if (at[0] == '-' && at[1] == '-') {
            lexer.at += strcspn(at, "\n");
        } else if (at[0] == '/' && at[1] == '*') {
            if (!skip_comment(&lexer))
                return false;
        } else if (isspace((unsigned char)*at) || (unsigned char)*at < 0x20) {
            lexer.line += *at == '\n';
            lexer.at++;
        } else if ((unsigned char)at[0] == 0xC2 && (unsigned char)at[1] == 0xA0) {
            lexer.at += 2;
        } else if (!read_token(&lexer)) {
            return false;
        }
    }
}
