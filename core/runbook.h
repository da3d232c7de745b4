/* The steps of a recovery that are not statements: read from the site's runbook.ini, else from the
 * text built into the program (conf/runbook.ini), checked as a whole, chosen by situation and by
 * what the group has, with names filled in. It only tells; nothing here does a step.
 *
 * Functions that read a file block. Any thread.
 */
#ifndef STOPMARK_CORE_RUNBOOK_H
#define STOPMARK_CORE_RUNBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"
#include "core/model.h"
#include "core/plan.h"

enum runbook_kind {
    RUNBOOK_MANUAL,    /* people do it; who, when and a note are kept */
    RUNBOOK_CONFIRMED, /* stopmark does it once the run was confirmed; the run proves it */
    RUNBOOK_AUTOMATIC, /* stopmark looks; nobody ticks it */
};

enum runbook_phase { /* in the order of a recovery */
                     RUNBOOK_READINESS, /* before any disaster: attested, with an age */
                     RUNBOOK_STOP,
                     RUNBOOK_SAME_SET,
                     RUNBOOK_RESTORE,
                     RUNBOOK_SURROUNDINGS,
                     RUNBOOK_REFERENCES,
                     RUNBOOK_BAM_PHASE,
                     RUNBOOK_BIZTALK,
                     RUNBOOK_PROTECT,
                     RUNBOOK_PHASES,
};

enum runbook_proof { /* what proves a step that stopmark does or looks at */
                     PROOF_NONE,
                     PROOF_PREPARED, /* locks held, files' headers read, shipping jobs off */
                     PROOF_AT_MARK,  /* every database proven by the gate */
                     PROOF_ONLINE,
                     PROOF_VERIFIED,
                     PROOF_FILES,      /* the run's files are made */
                     PROOF_NAMES,      /* the scan found no old server name */
                     PROOF_LOGINS,     /* ... no user without a login */
                     PROOF_JOBS,       /* ... no missing Agent job */
                     PROOF_OLD_SOURCE, /* ... no source that answers */
                     PROOF_DRILL,      /* a rehearsal that ended verified */
};

/* One section of the file. Texts are owned by the runbook; NULL = not there. */
struct runbook_step {
    char *id, *title, *text;
    char *verify; /* how one sees that it is done */
    char *source; /* the page of the documentation */
    int line;
    enum runbook_kind kind;
    enum runbook_phase phase;
    enum runbook_proof proof;
    unsigned situations; /* bit 1 << enum situation, or RUNBOOK_FAIL_BACK; 0 = every restore */
    unsigned databases;  /* bits RUNBOOK_*; 0 = always */
    int64_t every_ms;    /* an attestation is good for so long; DURATION_UNKNOWN = none */
};

enum { RUNBOOK_SSO = 1, RUNBOOK_BAM = 2, RUNBOOK_ALERTS = 4, RUNBOOK_RULES = 8 };
enum { RUNBOOK_FAIL_BACK = 1 << 8 }; /* beside the bits of situations: a runbook of its own */

struct runbook {
    bool built_in;              /* nobody changed it: its text is the default's */
    struct runbook_step *steps; /* in their order */
    size_t steps_count, steps_capacity;
};

/* Reads a runbook's text. NULL with every problem and its line in *problems. Owned. */
struct runbook *runbook_parse(const char *text, struct config_problems *problems);

/* The file of [restore] runbook; else runbook.ini in the folder of stopmark.ini; else in
 * /etc/stopmark; else the text that is built in. A file that cannot be read as a runbook is an
 * error, not a reason to go on. *path (may be NULL) is told which; owned. NULL with *problems. */
struct runbook *runbook_load(const struct config *config, struct config_problems *problems,
                             char **path);

/* The same for callers that can tell one problem only: ERR_CONFIG, where = path:line. */
struct runbook *runbook_open(const struct config *config, struct error *error);
void runbook_free(struct runbook *runbook);

/* What is kept of an operator's note: "@/path/to/a file" at its end becomes the path with the
 * file's size and SHA-256, so that the evidence can be told from another. NULL with *error (ERR_IO)
 * where that file cannot be read. Owned. */
char *runbook_note(const char *note, struct error *error);

/* The text that is built in; static. */
const char *runbook_default(void);

/* The step of that identifier; NULL = none. Borrowed. */
const struct runbook_step *runbook_find(const struct runbook *runbook, const char *id);

/* Contract names ("manual", "references"); static. */
const char *runbook_kind_name(enum runbook_kind kind);
const char *runbook_phase_name(enum runbook_phase phase);
/* Words for people ("References and Single Sign-On"); static. */
const char *runbook_phase_title(enum runbook_phase phase);

/* True if the step belongs to a run of that situation; steps of readiness belong to none. */
bool runbook_applies(const struct runbook_step *step, enum situation situation,
                     const struct plan *plan);

/* True if it belongs to the way back after a run; plan as above. */
bool runbook_applies_back(const struct runbook_step *step, const struct plan *plan);

/* A step's text (title or text) with {group}, {mark}, {run}, {destinations}, {management} and
 * {management_database} filled in; other braces stay. Owned. */
char *runbook_fill(const char *text, const struct plan *plan, int64_t run);

/* The same without a run: the group's name, and words for what only a run knows. Owned. */
char *runbook_fill_paper(const char *text, const char *group);

#endif
