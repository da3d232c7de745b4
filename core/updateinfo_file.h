/* An update file as read: its form checked by the schema, its lines taken out of the tree. For
 * core/updateinfo_check.c; pure, any thread.
 */
#ifndef STOPMARK_CORE_UPDATEINFO_FILE_H
#define STOPMARK_CORE_UPDATEINFO_FILE_H

#include "core/updateinfo_internal.h"

/* One database in the file; texts owned, "" where the file has none. */
struct updateinfo_line {
    enum updateinfo_place place;
    int line;
    char *name, *old_database, *new_database, *new_server;
    char *old_server; /* NULL for the BAM units that have none */
    bool master;
};

struct updateinfo_file {
    struct updateinfo_line *lines;
    size_t lines_count, lines_capacity;
    char **comments;
    size_t comments_count, comments_capacity;
    bool has_bam, has_import, has_old_import;
    int alert_line; /* 0 = no such unit */
    char *alert_server, *alert_database;
};

/* NULL with a finding where it is no XML or no update file at all. Owned. */
struct updateinfo_file *updateinfo_file_read(const char *text,
                                             struct updateinfo_findings *findings);
void updateinfo_file_free(struct updateinfo_file *file);

/* True if a comment of the file holds the name. */
bool updateinfo_in_comment(const struct updateinfo_file *file, const char *name);

/* Adds a finding; formatted, cleaned. */
void updateinfo_find(struct updateinfo_findings *findings, bool grave, int line,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
