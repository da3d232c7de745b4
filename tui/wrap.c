#include "tui/wrap.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"

/* Where a line that begins at text and holds at most `cells` cells ends; *next is where the
 * following one begins. text has no newline. */
static const char *line_end(const char *text, int cells, const char **next)
{
    const char *at = text, *blank = NULL;
    int width = 0;
    bool word_seen = false;
    while (*at != '\0') {
        const char *start = at;
        uint32_t code = text_next(&at);
        if (code == ' ' && word_seen)
            blank = start;
        word_seen = word_seen || code != ' ';
        width += text_char_width(code);
        if (width > cells && start > text) {
            const char *end = blank != NULL ? blank : start;
            *next = end;
            while (**next == ' ')
                (*next)++;
            return end;
        }
    }
    *next = at;
    return at;
}

static void add_line(struct wrap *wrap, int indent, const char *text, size_t length)
{
    struct str line = {0};
    for (int i = 0; i < indent; i++)
        str_add_char(&line, ' ');
    while (length > 0 && text[length - 1] == ' ')
        length--;
    str_add_bytes(&line, text, length);
    *memory_append(wrap, lines) = str_take(&line);
}

/* One line of the source, cleaned; its leading blanks indent what is continued. */
static void add_paragraph(struct wrap *wrap, const char *text, int cells)
{
    int indent = (int)strspn(text, " ");
    if (indent > cells / 2)
        indent = 0;
    const char *next;
    const char *end = line_end(text, cells, &next);
    add_line(wrap, 0, text, (size_t)(end - text));
    while (*next != '\0') {
        const char *start = next;
        end = line_end(start, cells - indent, &next);
        add_line(wrap, indent, start, (size_t)(end - start));
    }
}

void wrap_add(struct wrap *wrap, const char *text, int cells)
{
    if (text == NULL)
        text = "";
    if (cells < 1)
        cells = 1;
    for (;;) {
        size_t length = strcspn(text, "\n");
        char *piece = memory_new(length + 1);
        memcpy(piece, text, length);
        char *clean = memory_new(length * 3 + 1); /* a bad byte becomes three */
        text_clean(clean, length * 3 + 1, piece);
        add_paragraph(wrap, clean, cells);
        free(clean);
        free(piece);
        if (text[length] == '\0')
            return;
        text += length + 1;
    }
}

void wrap_free(struct wrap *wrap)
{
    for (size_t i = 0; i < wrap->lines_count; i++)
        free(wrap->lines[i]);
    free(wrap->lines);
    *wrap = (struct wrap){0};
}

int wrap_draw(const struct canvas *canvas, int row, unsigned attr, const char *text)
{
    struct wrap wrap = {0};
    wrap_add(&wrap, text, canvas->columns);
    for (size_t i = 0; i < wrap.lines_count; i++)
        canvas_text(canvas, row++, 0, attr, wrap.lines[i]);
    wrap_free(&wrap);
    return row;
}

int wrap_rows(const char *text, int cells)
{
    struct wrap wrap = {0};
    wrap_add(&wrap, text, cells);
    int rows = (int)wrap.lines_count;
    wrap_free(&wrap);
    return rows;
}
