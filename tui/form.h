/* Fields that a person fills in: a line of text (also a secret), a word to be typed
 * exactly, a choice out of several, a tick list. Keys in, state out; no terminal needed. Esc never
 * commits.
 *
 * A secret never leaves its field's own memory: it is locked where the system allows, never
 * copied by drawing, and wiped by form_input_close(). One thread at a time.
 */
#ifndef STOPMARK_TUI_FORM_H
#define STOPMARK_TUI_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"

/* What a key did to a field. */
enum form_result {
    FORM_UNUSED,   /* not the field's key */
    FORM_USED,     /* the field changed or moved */
    FORM_ACCEPTED, /* Enter */
    FORM_CANCELLED /* Esc */
};

/* --- a line of text --------------------------------------------------------------------------- */

struct form_input {
    char *text;     /* owned, of fixed size: it is never moved */
    size_t size;    /* bytes, with the terminator */
    size_t length;  /* bytes */
    size_t cursor;  /* bytes, at a character's start */
    int first_cell; /* scrolling */
    bool secret;    /* shown as '*' */
    char **history; /* owned; newest last */
    size_t history_count, history_capacity;
    size_t history_at; /* history_count = not in it */
};

/* Makes a field for at most size_bytes - 1 bytes; NULL text = empty. Ended by form_input_close().
 */
void form_input_open(struct form_input *input, size_t size_bytes, bool secret, const char *text);

/* Wipes and frees. */
void form_input_close(struct form_input *input);

/* The text, borrowed; never NULL. */
const char *form_input_text(const struct form_input *input);

/* Replaces the text (cleaned, cut at a character), the cursor behind it. NULL = "". */
void form_input_set(struct form_input *input, const char *text);

/* Characters, Left Right Home End Backspace Delete, C-a C-e C-b C-f C-d C-h, C-u (to the start),
 * C-k (to the end), C-w (a word), Up Down (history, where there is any), Enter, Esc. Tab is unused.
 */
enum form_result form_input_key(struct form_input *input, uint32_t key);

/* Inserts a pasted text: line ends become blanks. */
void form_input_paste(struct form_input *input, const char *text);

/* Keeps the present text as the newest of the history; not for a secret, nor twice in a row. */
void form_input_remember(struct form_input *input);

/* Draws into `cells` cells, scrolled so that the cursor is seen, in ATTR_INPUT; places the visible
 * cursor if focused. */
void form_input_draw(struct form_input *input, const struct canvas *canvas, int row, int column,
                     int cells, bool focused);

/* --- a word that must be typed exactly -------------------------------------------------------- */

/* A confirmation: Enter is accepted only when the typed text is the word to the byte. */
struct form_confirm {
    struct form_input input;
    char *word;   /* owned */
    char *prompt; /* owned */
    char *hint;   /* owned; why the last Enter was not taken; NULL = none */
};

/* Asks for word (copied; `yes`, a group's or a database's name). */
void form_confirm_open(struct form_confirm *confirm, const char *word);

/* Frees; a zeroed one may be closed too. */
void form_confirm_close(struct form_confirm *confirm);

/* Keys of form_input_key; FORM_ACCEPTED only for the word itself. There is no pasting. */
enum form_result form_confirm_key(struct form_confirm *confirm, uint32_t key);

/* Draws what is to be typed, the field, and the hint; returns the row behind. */
int form_confirm_draw(struct form_confirm *confirm, const struct canvas *canvas, int row,
                      bool focused);

/* The rows that form_confirm_draw() takes in so many columns. */
int form_confirm_rows(const struct form_confirm *confirm, int columns);

/* --- one of several --------------------------------------------------------------------------- */

struct form_choice_item {
    const char *label;       /* borrowed */
    const char *explanation; /* borrowed; NULL = none; drawn wrapped below the label */
    const char *refusal;     /* borrowed; not NULL = cannot be chosen, and why */
};

struct form_choice {
    const struct form_choice_item *items; /* borrowed */
    size_t items_count;
    size_t at;     /* where the cursor is */
    size_t chosen; /* items_count = nothing yet */
    size_t first;  /* scrolling: the first item drawn */
};

/* Up Down j k Home End move, Space or a digit chooses, Enter chooses and accepts (not an item that
 * is refused), Esc cancels. */
enum form_result form_choice_key(struct form_choice *choice, uint32_t key);

/* Draws the list from the region's top, numbered; returns the row behind it. */
int form_choice_draw(struct form_choice *choice, const struct canvas *canvas, bool focused);

#endif
