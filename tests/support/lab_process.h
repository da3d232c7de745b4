/* A stopmark-lab of a test's own: started on free ports with a scenario, spoken to with the lab's
 * procedures, ended with the test. One at a time.
 */
#ifndef STOPMARK_SUPPORT_LAB_PROCESS_H
#define STOPMARK_SUPPORT_LAB_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/config.h"

struct lab_process {
    char directory[64]; /* holds stopmark.ini, the passwords and the state; removed at the end */
    char program[512];
    pid_t pid;
    struct config *config; /* owned */
};

/* Finds stopmark-lab beside the tests (from argv[0]). False where there is none. */
bool lab_process_find(struct lab_process *lab, const char *test_program);

/* Starts it with a scenario's name or file and loads the configuration that it writes; 0 if all is
 * well. The clock stands. */
int lab_process_start(struct lab_process *lab, const char *scenario);

/* Writes text as a scenario file into the lab's directory; its path, owned. */
char *lab_process_scenario(struct lab_process *lab, const char *text);

/* Runs T-SQL on a server with its restore login; false (and a message) after an error. */
bool lab_process_run(struct lab_process *lab, const char *server, const char *sql);

/* Ends it and removes its directory. */
void lab_process_stop(struct lab_process *lab);

#endif
