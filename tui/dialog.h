/* Boxes over a screen: a message to read, a question to be answered by typing, a field, a menu.
 * Nothing is ever confirmed by Enter alone, and Esc never commits: a dialog that changes something
 * asks for a word (`yes`, a database's or group's name) that must be typed exactly.
 *
 * Pure model and drawing: a key goes in, a result comes out. The caller flushes typed-ahead keys
 * (event_flush_input) before it opens a question. One thread at a time.
 */
#ifndef STOPMARK_TUI_DIALOG_H
#define STOPMARK_TUI_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"
#include "tui/form.h"
#include "tui/pager.h"

enum dialog_kind {
    DIALOG_NONE,    /* nothing is open */
    DIALOG_MESSAGE, /* Enter, Esc or q closes it; the rest scrolls */
    DIALOG_CONFIRM, /* a word is typed exactly, then Enter */
    DIALOG_INPUT,   /* a text is asked for */
    DIALOG_SECRET,  /* a password is asked for */
    DIALOG_CHOICE   /* one of several */
};

enum dialog_result {
    DIALOG_OPEN,     /* still open */
    DIALOG_ACCEPTED, /* confirmed, or answered: dialog_text(), dialog_chosen() */
    DIALOG_CLOSED    /* Esc, or a message was read: nothing is to be done */
};

struct dialog {
    enum dialog_kind kind;
    unsigned attr;      /* of the title: ATTR_WARNING, ATTR_CRITICAL, ... */
    char *title;        /* owned */
    struct pager *body; /* owned */
    struct form_confirm confirm;
    char *prompt; /* owned */
    struct form_input input;
    struct form_choice choice;
    uint64_t purpose; /* the caller's own: what the answer is for */
};

/* Every opening ends what was open before, copies its texts, and leaves the body empty
 * where text is NULL; more can be added with dialog->body. A struct dialog begins zeroed. */

/* A message. */
void dialog_open_message(struct dialog *dialog, unsigned attr, const char *title, const char *text);

/* A question whose answer is `word`, typed exactly (case counts). */
void dialog_open_confirm(struct dialog *dialog, unsigned attr, const char *title, const char *text,
                         const char *word);

/* A question for a text; secret: a password, never shown. preset may be NULL. */
void dialog_open_input(struct dialog *dialog, const char *title, const char *text,
                       const char *prompt, const char *preset, bool secret);

/* A menu; items is borrowed until the dialog closes. */
void dialog_open_choice(struct dialog *dialog, const char *title, const char *text,
                        const struct form_choice_item *items, size_t items_count, size_t chosen);

/* True while a dialog is open: then every key is its own. */
bool dialog_is_open(const struct dialog *dialog);

/* Takes a key. On DIALOG_ACCEPTED the answer can be read until dialog_close() or the next open; on
 * DIALOG_CLOSED the dialog has ended itself. */
enum dialog_result dialog_key(struct dialog *dialog, uint32_t key);

/* Takes a paste: into the field of an input; a confirmation is not to be pasted and ignores it. */
void dialog_paste(struct dialog *dialog, const char *text);

/* The typed text, borrowed; "" where there is none. */
const char *dialog_text(const struct dialog *dialog);

/* The chosen item; items_count if there is none. */
size_t dialog_chosen(const struct dialog *dialog);

/* Ends the dialog, wipes the field. */
void dialog_close(struct dialog *dialog);

/* Draws the box in the middle of the canvas, as large as its text needs and the canvas allows. */
void dialog_draw(struct dialog *dialog, const struct canvas *canvas);

#endif
