/* The restore wizard as a state machine: which step it is at, what was chosen, why the next step
 * may or may not be entered. Pure: no terminal, no server, no file, no clock of its own; plans
 * come from the planner. The screens draw it (wizard_screen.c) and do what must wait (wizard_work.h).
 *
 * Everything before Confirm only reads. Nothing is ever confirmed but by typing. Main thread only.
 */
#ifndef STOPMARK_SCREENS_WIZARD_H
#define STOPMARK_SCREENS_WIZARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"
#include "core/model.h"
#include "core/plan.h"
#include "core/run.h"
#include "core/view.h"

enum wizard_step {
    WIZARD_SITUATION,
    WIZARD_PREFLIGHT,
    WIZARD_MARK,
    WIZARD_METHOD,
    WIZARD_PLAN,
    WIZARD_CONFIRM,
    WIZARD_RUN,
    WIZARD_VERIFY,
    WIZARD_AFTER,
    WIZARD_REPORT,
    WIZARD_STEPS
};

/* What Preflight found. */
struct wizard_finding {
    enum verdict verdict;
    bool blocks;          /* Next stays off until it is gone */
    char *text, *remedy;  /* owned; remedy NULL = nothing to do */
};

/* How far the passwords of the restore login are known. */
enum wizard_secrets { SECRETS_NOT_ASKED, SECRETS_FETCHING, SECRETS_MISSING, SECRETS_READY, SECRETS_FAILED };

/* What the run is to the wizard. */
enum wizard_run_phase {
    WIZARD_RUN_NONE,
    WIZARD_RUN_STARTING, /* PREPARE has not answered yet */
    WIZARD_RUN_REFUSED,  /* nothing was written */
    WIZARD_RUN_WATCHED,  /* snapshots come */
    WIZARD_RUN_LOST,     /* its worker does not answer */
};

struct wizard {
    enum wizard_step step;
    bool situation_chosen;
    enum situation situation;
    struct wizard_finding *findings;
    size_t findings_count, findings_capacity;
    enum wizard_secrets secrets;
    char secrets_why[600];     /* SECRETS_MISSING: for whom; SECRETS_FAILED: why */
    bool mark_chosen;
    enum target_by by;
    char mark[129];            /* TARGET_CHOSEN */
    enum stop_kind stop;
    bool method_chosen;
    enum method method;
    struct plan *plan;         /* owned; NULL = none made yet */
    char **replace;            /* owned texts: SERVER/DB that may be overwritten, each typed */
    size_t replace_count, replace_capacity;
    bool word_typed;           /* the price of full restores was confirmed */
    bool stopped_typed;        /* a move: processing is stopped, which is a person's to say */
    bool confirmed;            /* the group's name was typed */
    enum wizard_run_phase phase;
    int64_t run;               /* 0 = none */
    struct error run_error;
    struct run_snapshot *snapshot; /* owned; NULL = none yet */
    struct report *report;     /* owned; NULL = not read yet */
};

/* A wizard at its first step. Owned. */
struct wizard *wizard_new(void);
void wizard_free(struct wizard *wizard);

/* "Situation", "Preflight", ... Static. */
const char *wizard_step_title(enum wizard_step step);

/* Why a method cannot be chosen in this version, in words; NULL = it can. Static. */
const char *wizard_method_refusal(enum method method);

/* Chooses; false (and no change) where it is refused or the run has begun. A new choice forgets
 * plan and confirmation. */
bool wizard_choose_situation(struct wizard *wizard, enum situation situation);
bool wizard_choose_mark(struct wizard *wizard, enum target_by by, const char *mark);
bool wizard_choose_method(struct wizard *wizard, enum method method);
void wizard_choose_stop(struct wizard *wizard, enum stop_kind stop);

/* Looks again: findings for the situation chosen. demo: the lab's sources can be made to die. */
void wizard_preflight(struct wizard *wizard, const struct group_view *view, bool demo);

/* Makes the plan anew out of view and choices; a plan with another hash forgets the confirmation. */
void wizard_make_plan(struct wizard *wizard, const struct group_view *view);

/* True if the next step may be entered; else why not, one sentence. */
bool wizard_may_go_on(const struct wizard *wizard, char *why, size_t size);

/* One step on (false and why where it may not) or back (false at the first step and once the run
 * has begun). */
bool wizard_next(struct wizard *wizard, const struct group_view *view, char *why, size_t size);
bool wizard_back(struct wizard *wizard);

/* What must be typed next to confirm the plan, and the question: first the words "full restore"
 * where a roll forward would do, then "stopped" before a move, last the group's name.
 * False when all is typed. */
bool wizard_next_word(const struct wizard *wizard, const char *group, char *word, size_t word_size,
                      char *question, size_t question_size);

/* What was typed; true if it was the word asked for. */
bool wizard_type_word(struct wizard *wizard, const char *group, const char *typed);

/* Allows (by its typed name) that SERVER/DB is overwritten; the plan must be made again. */
void wizard_allow_replace(struct wizard *wizard, const char *server_database);

/* The first database of the plan that must be overwritten and is not allowed yet, as SERVER/DB;
 * false = none. */
bool wizard_must_replace(const struct wizard *wizard, char *out, size_t size);

/* The run: being started, started, refused, a snapshot (taken), its worker gone. */
void wizard_run_starting(struct wizard *wizard);
void wizard_run_started(struct wizard *wizard, int64_t run);
void wizard_run_refused(struct wizard *wizard, const struct error *error);
void wizard_run_snapshot(struct wizard *wizard, struct run_snapshot *snapshot);
void wizard_run_lost(struct wizard *wizard, const struct error *error);
/* A live or unfinished run of before is taken up. */
void wizard_adopt(struct wizard *wizard, const struct run_summary *summary);

/* The report was read (taken); NULL forgets it. */
void wizard_set_report(struct wizard *wizard, struct report *report);

/* True while the run's worker may still do something. */
bool wizard_is_running(const struct wizard *wizard);

#endif
