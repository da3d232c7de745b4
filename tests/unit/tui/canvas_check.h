/* What the tests of the terminal library share: a canvas as text. */
#ifndef STOPMARK_TESTS_UNIT_TUI_CANVAS_CHECK_H
#define STOPMARK_TESTS_UNIT_TUI_CANVAS_CHECK_H

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/str.h"
#include "tui/canvas.h"

/* Compares the canvas's text, rows separated by newlines, trailing blank rows left out. */
static inline void assert_canvas(const struct canvas *canvas, const char *expected)
{
    struct str text = {0};
    canvas_dump_text(canvas, &text);
    while (text.length > 0 && text.text[text.length - 1] == '\n')
        text.text[--text.length] = '\0';
    assert_string_equal(str_text(&text), expected);
    str_free(&text);
}

/* The same for the attribute map. */
static inline void assert_attributes(const struct canvas *canvas, const char *expected)
{
    struct str text = {0};
    canvas_dump_attributes(canvas, &text);
    while (text.length > 0 && text.text[text.length - 1] == '\n')
        text.text[--text.length] = '\0';
    assert_string_equal(str_text(&text), expected);
    str_free(&text);
}

/* One row of the canvas, trailing blanks cut; static. */
static inline const char *row_text(const struct canvas *canvas, int row)
{
    static char out[1024];
    struct str text = {0};
    struct canvas line = canvas_region(canvas, row, 0, 1, -1);
    canvas_dump_text(&line, &text);
    size_t length = text.length > 0 ? text.length - 1 : 0;
    if (length >= sizeof out)
        length = sizeof out - 1;
    memcpy(out, str_text(&text), length);
    out[length] = '\0';
    str_free(&text);
    return out;
}

/* Group set-up: widths of characters come from the locale. */
static inline int use_utf8(void **state)
{
    (void)state;
    return setlocale(LC_ALL, "C.UTF-8") == NULL;
}

#endif
