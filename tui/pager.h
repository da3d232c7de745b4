/* A text that is longer than its window: wrapped, scrolled, searched. For help, details, statements
 * and logs. Lines may carry an attribute. Pure model and drawing. One thread at a time.
 */
#ifndef STOPMARK_TUI_PAGER_H
#define STOPMARK_TUI_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "tui/canvas.h"
#include "tui/form.h"

struct pager;

/* An empty text. Owned: pager_free(). */
struct pager *pager_new(void);

/* Frees the pager; NULL does nothing. */
void pager_free(struct pager *pager);

/* Forgets the text, keeps the position and the search: for a refresh. */
void pager_clear(struct pager *pager);

/* Appends text (newlines begin lines, NULL = "") with an attribute; a call begins a new line. */
void pager_add(struct pager *pager, unsigned attr, const char *text);

/* Appends a formatted text. */
void pager_format(struct pager *pager, unsigned attr, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends "label  value" with the label in ATTR_SECONDARY, padded to label_cells; the value is
 * wrapped beside it. */
void pager_field(struct pager *pager, int label_cells, const char *label, unsigned attr,
                 const char *value);

/* Appends a heading: an empty line before it (not at the start), ATTR_TITLE. */
void pager_heading(struct pager *pager, const char *text);

/* Back to the first line. */
void pager_home(struct pager *pager);

/* Arrows, j k, Space PgUp PgDn C-f C-b, g G Home End, `/` n N (search). True if used. */
bool pager_key(struct pager *pager, uint32_t key);

/* True while a search text is being typed: then every key belongs to the pager. */
bool pager_is_typing(const struct pager *pager);

/* Draws the visible lines, what is above and below, and the search line while typed. */
void pager_draw(struct pager *pager, const struct canvas *canvas, bool focused);

/* The rows that the whole text takes in a window of so many columns. */
int pager_rows(struct pager *pager, int columns);

/* Appends the whole text, unwrapped: what `w` saves and `y` copies. */
void pager_dump(const struct pager *pager, struct str *out);

#endif
