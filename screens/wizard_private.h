/* What the wizard screen's files share: its state, its pages, its work in threads. Main thread
 * only; nobody but they and their tests includes this.
 */
#ifndef STOPMARK_SCREENS_WIZARD_PRIVATE_H
#define STOPMARK_SCREENS_WIZARD_PRIVATE_H

#include "core/secret.h"
#include "screens/screen.h"
#include "screens/wizard.h"
#include "tui/dialog.h"
#include "tui/form.h"
#include "tui/pager.h"

enum { WIZARD_MARKS = 40, WIZARD_SITUATIONS = 4, WIZARD_METHODS = 3, WIZARD_RUNS = 8 };

enum wizard_question {
    ASK_NOTHING,
    ASK_AGAIN,    /* the run is over: look at it again, or begin anew */
    ASK_RUNS,     /* which unfinished run to take up, or a new one */
    ASK_PASSWORD, /* of the restore login at secret_server */
    ASK_WORD,     /* the words of Confirm */
    ASK_REPLACE,  /* SERVER/DB may be overwritten */
    ASK_ABORT,
    ASK_ABORT_NOW,
    ASK_TICK_BY,
    ASK_TICK_NOTE
};

struct wizard_screen {
    struct wizard *wizard;
    const struct config *config; /* borrowed */
    struct tasks *tasks;         /* borrowed */
    struct notices *notices;     /* borrowed */
    struct dialog dialog;
    enum wizard_question question;
    char asked_word[300];        /* what the open confirmation wants typed */
    struct secrets *secrets;     /* owned; NULL = not fetched */
    size_t secret_server;        /* whose password is asked for */
    struct form_choice situations, marks, methods, runs;
    char *method_words[WIZARD_METHODS]; /* owned */
    char *situation_words[WIZARD_SITUATIONS]; /* what each does and promises; owned */
    struct form_choice_item situation_items[WIZARD_SITUATIONS], method_items[WIZARD_METHODS];
    struct form_choice_item mark_items[WIZARD_MARKS + 2], run_items[WIZARD_RUNS + 1];
    char *mark_labels[WIZARD_MARKS + 2], *mark_explanations[WIZARD_MARKS + 2]; /* owned */
    char mark_names[WIZARD_MARKS + 2][129];
    char *run_labels[WIZARD_RUNS], *run_words[WIZARD_RUNS]; /* owned */
    struct run_summary unfinished[WIZARD_RUNS];
    size_t unfinished_count;
    bool resume_wanted;                    /* once the passwords are there */
    struct pager *pager;                   /* preflight, plan, report: the long pages */
    enum wizard_step pager_step;           /* the step that the pager holds */
    struct run_client *client;             /* owned; NULL = not attached */
    size_t manual_at;                      /* After: the step that the cursor is on */
    char tick_by[129];
    char *markdown, *report_path;          /* owned; NULL = not made yet */
    size_t busy;                           /* tasks under way */
    char status[600];                      /* what came of the last of them */
    unsigned status_attr;
    char note[200];                        /* for the message line of other screens */
    enum action_id run_bar[8];             /* the keys that do something to the run now */
    int64_t started_monotonic_ms;          /* of the start that PREPARE has not answered */
};

/* --- wizard_work.c: what waits, in threads ------------------------------------------------------ */

void wizard_work_list_runs(struct wizard_screen *screen);
void wizard_work_fetch_secrets(struct wizard_screen *screen);
/* Starts the run of the plan; secrets and plan stay untouched until it has answered. */
void wizard_work_start(struct wizard_screen *screen);
/* Attaches to wizard->run; resume: starts a worker for it first. */
void wizard_work_attach(struct wizard_screen *screen, bool resume);
void wizard_work_load_report(struct wizard_screen *screen, bool write_files);
/* Looks at what the fail-over left behind, keeps it with the run and loads the report anew. */
void wizard_work_scan(struct wizard_screen *screen, const struct group_view *view);
void wizard_work_tick(struct wizard_screen *screen, const char *step_id, const char *by,
                      const char *note);

/* After secrets came or one was typed: which server still needs one; false = none. */
bool wizard_missing_secret(const struct wizard_screen *screen, size_t *server);
void wizard_judge_secrets(struct wizard_screen *screen);
void wizard_say(struct wizard_screen *screen, unsigned attr, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- wizard_pages.c, wizard_page_run.c: drawing -------------------------------------------------- */

/* Fills the choices anew (marks, loss and time change with every view). */
void wizard_fill_choices(struct wizard_screen *screen, const struct screen_world *world);
void wizard_draw_page(struct wizard_screen *screen, const struct screen_world *world,
                      const struct canvas *canvas);
void wizard_draw_run(struct wizard_screen *screen, const struct screen_world *world,
                     const struct canvas *canvas);
void wizard_fill_verify(struct wizard_screen *screen);
void wizard_draw_after(struct wizard_screen *screen, const struct canvas *canvas);
/* A runbook text without the line breaks of its page. Owned. */
char *wizard_reflow(const char *text);
/* Text of the long pages into the pager. */
void wizard_fill_pager(struct wizard_screen *screen, const struct screen_world *world);

/* --- wizard_keys.c ------------------------------------------------------------------------------- */

struct reaction wizard_key(void *self, const struct screen_world *world, uint32_t key,
                           enum action_id action);
/* Opens the question whether a run that is over is looked at again. */
void wizard_ask_again(struct wizard_screen *screen);
/* Opens the question about unfinished runs, if there are any. */
void wizard_ask_runs(struct wizard_screen *screen);

#endif
