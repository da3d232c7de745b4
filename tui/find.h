/* Looks for a piece of text in another without regard to case, as filters and searches do. Pure;
 * any thread.
 */
#ifndef STOPMARK_TUI_FIND_H
#define STOPMARK_TUI_FIND_H

#include <stddef.h>

/* The first place of piece in text, borrowed from text; NULL if there is none. *length_bytes
 * (NULL = not wanted) is what it takes there, which may differ from piece. An empty piece is found
 * at the start. */
const char *find_nocase(const char *text, const char *piece, size_t *length_bytes);

#endif
