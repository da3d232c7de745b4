/* What RESTORE says: one table (restore_message.def) of numbers, severities, states and texts.
 * Nothing here knows of sessions or replies. Any thread: the table is constant.
 */
#ifndef STOPMARK_LAB_RESTORE_MESSAGE_H
#define STOPMARK_LAB_RESTORE_MESSAGE_H

#include <stddef.h>

struct restore_message {
    int number, severity, state;
    const char *parameters; /* a letter for each, in order: see the table */
    const char *text;       /* %1 ... %9 stand for the parameters */
    const char *cause;      /* what makes the lab say it */
};

/* NULL = not in the table. Borrowed, constant. */
const struct restore_message *restore_message(int number);

/* Writes the text with its parameters (borrowed; count of them as the table says) to out, which
 * gets at most size bytes with the end's NUL. */
void restore_message_text(char *out, size_t size, const struct restore_message *message,
                          const char *const *parameters);

#endif
