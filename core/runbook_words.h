/* The words of a runbook's file and their meanings: for core/runbook*.c. Constant data; any thread.
 */
#ifndef STOPMARK_CORE_RUNBOOK_WORDS_H
#define STOPMARK_CORE_RUNBOOK_WORDS_H

#include "core/runbook.h"

struct runbook_word {
    const char *name; /* NULL ends the table */
    unsigned value;   /* a bit or a number */
};

extern const struct runbook_word runbook_situation_words[], runbook_database_words[],
    runbook_kind_words[], runbook_phase_words[], runbook_proof_words[];

/* False, *value untouched, for a word that is not in the table. */
bool runbook_word_find(const struct runbook_word *words, const char *name, unsigned *value);

#endif
