/* What the planner's files share: a plan while it is being made. It borrows from the view and the
 * request; what it makes belongs to the plan (plan_free). Pure; one thread. Nobody else includes
 * it.
 */
#ifndef STOPMARK_CORE_PLAN_INTERNAL_H
#define STOPMARK_CORE_PLAN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/plan.h"
#include "core/track.h"

/* Where a file of the plan is put. */
struct plan_placed {
    int destination;
    const char *name; /* logical; borrowed from the view */
    char *path;       /* owned */
    int64_t size_bytes; /* SIZE_UNKNOWN */
    bool made; /* a full restore of the plan makes it there, where no such file is yet */
};

/* Where a database stops. */
struct stop {
    char *clause; /* the same on every log of it; owned; NULL = cannot be written */
    char *name;   /* as restorehistory will show it; owned */
};

struct planning {
    const struct group_view *view; /* the view as assumed */
    const struct plan_request *request;
    struct plan *plan;
    int mark;              /* index into view->marks, -1 = none */
    struct track **tracks; /* one for each roster entry */
    struct stop *stops;    /* one for each roster entry; what rolls forward fills it */
    int64_t *durations_ms; /* one for each roster entry */
    size_t files;
    bool copies; /* a rehearsal: every database under another name, beside the standby */
    struct plan_placed *placed; /* all files of the plan */
    size_t placed_count, placed_capacity;
    size_t placed_from; /* where those of the database at hand begin */
    const struct roster_entry *placing; /* the database at hand */
    const char **there; /* logical names of the files that it has at the step at hand; borrowed */
    size_t there_count, there_capacity;
    const struct server_view *file_rows; /* whose sys.master_files tell of them; NULL = nobody's */
    int file_database;                   /* its id there */
};

/* Adds a reason (takes text) why the plan cannot be carried out. */
void plan_refuse(struct planning *planning, char *text);

/* The database's route and steps, appended to the plan; with reasons where it has none. */
void plan_add_database(struct planning *planning, size_t entry);

/* Writes the stop clause of a database for its path: the mark's name; with AFTER where that name
 * repeats in what is still to be applied and the times tell the two apart, else the mark's LSN;
 * refuses where neither can be, and any repetition where BizTalk's jobs restore. Source: domain,
 * stopping at a mark. */
void plan_write_stop(struct planning *planning, size_t entry, const struct track_path *path);

/* core/plan_jobs.c: where the method is jobs, adds them and refuses what they could not do. */
void plan_check_jobs(struct planning *planning);

/* core/plan_situation.c: refuses what the situation forbids. */
void plan_check_situation(struct planning *planning);
/* The mark that is meant by "newest": for copies and for servers that are new, the newest that full
 * sets lead to; index or -1. */
int plan_find_newest(const struct planning *planning);
/* Sets database and original; refuses a copy whose name is taken. */
void plan_name_database(struct planning *planning, struct plan_database *database,
                        const struct roster_entry *entry);

/* What a planned move sends to the sources first. */
void plan_add_source_steps(struct planning *planning);

/* core/plan_files.c: chooses a place for every file of the database at hand ... */
void plan_place_files(struct planning *planning, const struct roster_entry *entry);
/* ... and gives the step of a backup the MOVEs that its files need. */
void plan_move_files(struct planning *planning, const struct plan_database *database,
                     struct plan_step *step, const struct set_file *backup);
/* Refuses where the files that full restores make do not fit on a volume of their destination, as
 * far as its free space could be read. */
void plan_check_room(struct planning *planning);
void plan_free_files(struct planning *planning);

/* Both targets of the view, side by side; the chosen one too. */
void plan_add_alternatives(struct planning *planning);

/* plan->hash, of what will be done: not of times, sizes, estimates or reasons. */
void plan_seal(struct plan *plan, const struct plan_request *request);

#endif
