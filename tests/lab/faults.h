/* Faults that are planted while the lab runs: RESTOREs and statements that fail with a number, and
 * folders of a server that are not as they should be. Where the model itself can lead to an error
 * (a file that is missing, an LSN that does not fit) nothing is planted. All calls need lab_lock.
 */
#ifndef STOPMARK_LAB_FAULTS_H
#define STOPMARK_LAB_FAULTS_H

#include <stdbool.h>

#include "tests/lab/estate.h"

enum fault_kind {
    FAULT_RESTORE,   /* RESTORE DATABASE and LOG of a database */
    FAULT_STATEMENT, /* any statement but those of the lab's own logins */
};

struct planted_fault {
    enum fault_kind kind;
    struct instance *instance; /* borrowed */
    char database[129];        /* FAULT_RESTORE; "" = any */
    char program[129];         /* FAULT_STATEMENT: how the application's name begins; "" = any */
    int number;
    int percent;    /* FAULT_RESTORE: how far it gets; -1 = not into its work */
    int skip, left; /* occasions to pass over, then to spoil */
};

/* Plants one; number 0 takes away those of the same kind, server and database or program. */
void fault_plant(struct lab *lab, const struct planted_fault *fault);

/* The number with which the RESTORE that begins its work now fails, and at which percent of it (-1:
 * not into it); 0 = none. One occasion is used up. */
int fault_of_restore(struct lab *lab, const struct instance *instance, const char *database,
                     int *percent);

/* The number with which the session's next statement fails, 0 = none. Uses it up. */
int fault_of_statement(struct session *session);

/* Severity of the errors that fault_of_statement may tell; 0 = it cannot be planted. */
int fault_statement_severity(int number);

enum folder_state { FOLDER_READABLE, FOLDER_MISSING, FOLDER_DENIED, FOLDER_OCCUPIED };

struct folder {
    char path[261]; /* FOLDER_OCCUPIED: a file's path */
    enum folder_state state;
};

/* "missing", "denied", "occupied", "readable"; false = another word. */
bool folder_set_state(struct instance *instance, const char *path, const char *word);
/* What is wrong with the folder of a file's path, or with the path itself (occupied). */
enum folder_state folder_state_of(const struct instance *instance, const char *file_path);

#endif
