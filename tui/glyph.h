/* Every sign that the program shows, in one table: a UTF-8 and an ASCII form of each. A state is
 * told by its sign and a word, never by colour alone.
 *
 * Constant data; any thread.
 */
#ifndef STOPMARK_TUI_GLYPH_H
#define STOPMARK_TUI_GLYPH_H

#include <stdbool.h>
#include <stdint.h>

enum glyph_set { GLYPH_SET_UTF8, GLYPH_SET_ASCII };

enum glyph {
    GLYPH_NONE, /* no sign at all: nothing is drawn, a blank cell in a matrix */
    /* Verdicts: one cell in UTF-8, up to four in ASCII ("[ok]"). */
    GLYPH_OK,
    GLYPH_WARNING,
    GLYPH_CRITICAL,
    GLYPH_UNKNOWN,
    GLYPH_PROGRESS,
    GLYPH_DONE, /* a finished step */
    /* The marks matrix: one cell in both. */
    GLYPH_ROLL_FORWARD,
    GLYPH_FULL_RESTORE,
    GLYPH_AT_MARK,
    GLYPH_UNREACHABLE,
    GLYPH_BEING_TAKEN,
    GLYPH_NOT_KNOWN,
    /* Files, for the matrix's second line: one cell in both. */
    GLYPH_FILE_APPLIED,
    GLYPH_FILE_SHIPPED,
    GLYPH_FILE_UNCHECKED,
    GLYPH_FILE_MISSING,
    GLYPH_FILE_CORRUPT,
    /* Ornaments: one cell in both. */
    GLYPH_ARROW, /* source to destinations */
    GLYPH_ARROW_LEFT,
    GLYPH_CURRENT, /* the current step or row */
    GLYPH_ASCENDING,
    GLYPH_DESCENDING,
    GLYPH_MORE_UP, /* there is more above */
    GLYPH_MORE_DOWN,
    GLYPH_BULLET, /* between parts of a line */
    GLYPH_ELLIPSIS,
    GLYPH_LINE,
    GLYPH_LINE_VERTICAL,
    GLYPH_CORNER_TOP_LEFT,
    GLYPH_CORNER_TOP_RIGHT,
    GLYPH_CORNER_BOTTOM_LEFT,
    GLYPH_CORNER_BOTTOM_RIGHT,
    GLYPH_TEE_LEFT,
    GLYPH_TEE_RIGHT,
    GLYPH_BAR_FULL,
    GLYPH_BAR_EMPTY,
    GLYPH_LIMIT,  /* where a limit lies on a bar */
    GLYPH_CHOSEN, /* radio button on, off */
    GLYPH_NOT_CHOSEN,
    GLYPH_TICKED, /* tick box on, off */
    GLYPH_NOT_TICKED,
    GLYPH_COUNT
};

enum { GLYPH_SPARK_LEVELS = 8 };

/* The sign as text, static. */
const char *glyph_text(enum glyph_set set, enum glyph glyph);

/* The cells that the sign takes: 1, or up to 4 for a verdict in ASCII. */
int glyph_width(enum glyph_set set, enum glyph glyph);

/* The attribute (enum attr of canvas.h) that belongs to a verdict or a matrix sign; ATTR_NORMAL
 * for an ornament. */
unsigned glyph_attr(enum glyph glyph);

/* One cell of a sparkline; level 0 (lowest) to GLYPH_SPARK_LEVELS - 1, clamped. */
const char *glyph_spark(enum glyph_set set, int level);

/* One cell that stands for code where only ASCII may be shown: the ASCII form of the program's own
 * one-cell signs, ASCII characters themselves, '?' for all else. */
char glyph_ascii(uint32_t code);

#endif
