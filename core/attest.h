/* Attestations: what no server can tell, said by people and good for a while (the master secret's
 * backup), and the age of the last rehearsal. The runbook's steps of readiness name them; they are
 * kept in attestations.log beside the runs' journals, one line each, never changed.
 *
 * Functions that read or write block on the disk: not for the thread that paints.
 */
#ifndef STOPMARK_CORE_ATTEST_H
#define STOPMARK_CORE_ATTEST_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"
#include "core/model.h"

struct attestation {
    char *id, *title, *text;
    bool by_run;       /* the age of a run, not of somebody's word */
    int64_t every_ms;  /* it is good for so long */
    int64_t at_utc_ms; /* the newest; TIME_UNKNOWN = never */
    char *by, *note;   /* NULL where there is none */
};

struct attestations {
    bool by_site; /* the site wrote its own runbook: what it asks for is wanted, not suggested */
    struct attestation *items; /* in the runbook's order */
    size_t items_count, items_capacity;
};

/* All that the runbook asks for, with the newest of each. NULL with *error where runbook or log
 * cannot be read. Owned. */
struct attestations *attestations_read(const struct config *config, struct error *error);
/* A copy; NULL for NULL. Owned. */
struct attestations *attestations_copy(const struct attestations *attestations);
void attestations_free(struct attestations *attestations);

/* Keeps one, from now; note may name evidence (runbook_note). ERR_USAGE for an identifier that is
 * no attestation of people, ERR_IO. */
enum error_code attestation_add(const struct config *config, const char *id, const char *by,
                                const char *note, struct error *error);

/* OK, WARNING (older than it may be) or UNKNOWN (never given). Pure. */
enum verdict attestation_verdict(const struct attestation *attestation, int64_t now_utc_ms);

/* "12 d old, good for 180 d; by bert: note", one line, cleaned; owned. Pure. */
char *attestation_words(const struct attestation *attestation, int64_t now_utc_ms);

#endif
