/* Text from servers and files made fit to be seen: valid UTF-8, no control or direction-changing
 * characters, known width. Every text that did not come from this program's own sources passes
 * text_clean before a terminal, a log or a document sees it.
 *
 * Width is that of the terminal's cells by the C locale functions, so main() calls setlocale; the
 * functions themselves are pure and safe in any thread.
 */
#ifndef STOPMARK_BASE_TEXT_H
#define STOPMARK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies text (NULL counts as "") into out, at most size bytes with the terminator, cut at a
 * character. Invalid bytes, control characters and bidirectional controls become U+FFFD; tab and
 * newline become one blank. */
void text_clean(char *out, size_t size, const char *text);

/* True if text is valid UTF-8 without control characters and without U+FFFD. */
bool text_is_clean(const char *text);

/* Decodes the character at *at and moves *at behind it; 0 at the end; U+FFFD for a bad byte. */
uint32_t text_next(const char **at);

/* Appends code as UTF-8 to out (room for 4 bytes), returns the number of bytes. */
size_t text_encode(char out[4], uint32_t code);

/* The cells that a character takes: 0 (combining), 1 or 2. Control characters count 1. */
int text_char_width(uint32_t code);

/* The cells that text takes. */
int text_width(const char *text);

/* Compares two names as a case-insensitive SQL Server collation would for the characters that
 * have simple case pairs (towlower); <0, 0, >0. */
int text_compare_nocase(const char *a, const char *b);

/* text_compare_nocase(a, b) == 0; NULL equals only NULL. */
bool text_equal_nocase(const char *a, const char *b);

/* Equal to the byte; NULL equals only NULL. */
bool text_equal(const char *a, const char *b);

/* Copies text into out cut at a character so that it fits, always terminated. */
void text_copy(char *out, size_t size, const char *text);

/* The number of single-edit steps between two words, letters without case; for "did you mean". */
int text_distance(const char *a, const char *b);

#endif
