/* msdb's tables of backup and restore history, and the rows that BACKUP and RESTORE write there.
 * All calls need lab_lock.
 */
#ifndef STOPMARK_LAB_MSDB_H
#define STOPMARK_LAB_MSDB_H

#include "tests/lab/estate.h"

/* Defines backupset, backupmediafamily, restorehistory, logmarkhistory, ... in msdb. */
void msdb_create_tables(struct database *msdb);

/* The rows of a backup set in the instance's msdb; returns backup_set_id. foreign: written by a
 * RESTORE of another server's backup; a set that is there already is not written again. */
int msdb_write_backup(struct instance *instance, const struct backup_file *file);

/* SQL Server's own log shipping of a database: a row in log_shipping_primary_databases. */
void msdb_write_native_shipping(struct database *database);
/* The other side of it: the database is a secondary of one of that name on the primary server. */
void msdb_write_native_secondary(struct database *database, const char *primary_server);

struct msdb_restore {
    const struct backup_file *file;
    const char *database_name, *user_name;
    bool replace, recovery, restart;
    bool verified; /* VERIFYONLY WITH LOADHISTORY: restore_type V */
    int64_t finished_utc_ms;
    int64_t stop_at_utc_ms;     /* INT64_MIN = none */
    const char *stop_mark_name; /* NULL = none */
    bool stop_before;
};

/* The rows of a completed RESTORE of a file. */
void msdb_write_restore(struct instance *instance, const struct msdb_restore *restore);

#endif
