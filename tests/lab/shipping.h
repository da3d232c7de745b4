/* A destination's log shipping: the tables in master, the import of the source's history and the
 * restores of the shipping jobs, as BizTalk's own jobs do them: set k is applied once set k+1 has
 * arrived, NORECOVERY; a partial or unreadable set stops it until the next complete full set and
 * one complete log set after it. All calls need lab_lock.
 */
#ifndef STOPMARK_LAB_SHIPPING_H
#define STOPMARK_LAB_SHIPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/estate.h"

struct json_t;
struct reply;

/* DBFileLocation and LogFileLocation: the folders to read a database's backups from, which were
 * copied there; "" = where they were written. */
struct moved_files {
    char database[129]; /* "" = all */
    char full[260], log[260];
};

struct shipping {
    struct instance *instance; /* the destination; borrowed */
    char management_server[129], management_database[129];
    /* the names that the source's history has for its sources; none = every source server */
    struct source_name {
        char text[129];
    } *sources; /* owned */
    size_t sources_count, sources_capacity;
    struct moved_files *moved; /* owned; of which databases the files lie elsewhere */
    size_t moved_count, moved_capacity;
    int source_id;
    int64_t last_imported_id; /* BackupId */
    int64_t last_restore_set; /* 0 = none */
};

struct shipping *shipping_new(struct instance *destination, const struct biztalk_group *group);
/* One source server more; none = all of them. Before shipping_list_databases. */
void shipping_add_source(struct shipping *shipping, const char *source_server);
/* Fills bts_LogShippingDatabases with the group's databases of its sources. */
void shipping_list_databases(struct shipping *shipping, const struct biztalk_group *group);
/* Moves its databases' backup files to where moved says that they lie. */
void shipping_move_files(const struct shipping *shipping);
/* True if it restores the databases of that server. */
bool shipping_wants(const struct shipping *shipping, const char *server);
void shipping_free(struct shipping *shipping);

/* One imported row. */
void shipping_add_row(struct shipping *shipping, const struct sql_value *history, bool restored,
                      int64_t restored_utc_ms);
void shipping_set_last(struct shipping *shipping, struct session *session, int64_t set_id);

/* The jobs' procedures. False after an error, which is in reply. */
bool shipping_import(struct session *session, struct shipping *shipping, struct reply *reply);
bool shipping_restore(struct session *session, struct shipping *shipping, struct reply *reply);
bool shipping_restore_to_mark(struct session *session, struct shipping *shipping,
                              struct reply *reply);
/* Where it stands: {server_name, newest_set and newest_mark that Restore To Mark would go for (0 and ""
 * = none), last_restored_set}. Owned by the caller. */
struct json_t *shipping_stand(struct shipping *shipping);
/* sp_LogShippingClean: drops the restored databases and forgets the last set; one that is in use ends
 * it (3702). */
bool shipping_clean(struct session *session, struct shipping *shipping, struct reply *reply);

#endif
