/* Inside the terminal room: what curses calls a key, and what we call it. Main thread only; owns
 * nothing.
 */
#ifndef STOPMARK_TUI_TERM_KEYS_H
#define STOPMARK_TUI_TERM_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* Our number for a character (is_function false) or a curses function key; KEYS_NONE for what is
 * no key at all (a resize). */
uint32_t term_key_translate(bool is_function, uint32_t code);

#endif
