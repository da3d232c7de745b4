/* The file that BizTalk's UpdateDatabase.vbs and UpdateRegistry.vbs read (SampleUpdateInfo.xml):
 * made from what is known of the group, live or last known, and checked after people edited it.
 *
 * Pure but for libxml2's own memory: no file, no server. Any thread. Elements and attributes:
 * "How to Configure the Destination System for Log Shipping" and "How to Move the BAM Primary
 * Import Database" of BizTalk Server's documentation; what the scripts look up in them is said
 * where it matters.
 */
#ifndef STOPMARK_CORE_UPDATEINFO_H
#define STOPMARK_CORE_UPDATEINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/view.h"

enum updateinfo_place { /* where a database stands in the file */
                        UPDATEINFO_MANAGEMENT,
                        UPDATEINFO_MESSAGE_BOX,
                        UPDATEINFO_TRACKING,
                        UPDATEINFO_RULES,
                        UPDATEINFO_TRACKING_ANALYSIS,
                        UPDATEINFO_BAM_IMPORT,
                        UPDATEINFO_BAM_ARCHIVE,
                        UPDATEINFO_BAM_ANALYSIS,
                        UPDATEINFO_BAM_STAR,
                        UPDATEINFO_OTHER,
};

/* One database of the group. Texts are owned by the updateinfo. */
struct updateinfo_entry {
    enum updateinfo_place place;
    char *name; /* OtherDatabases: its Name, which is DefaultDatabaseName in BizTalk's table */
    char *database;
    char *old_server; /* as BizTalk's tables spell it: the scripts look for that */
    char *new_server; /* equal to old_server where it does not move */
    bool master;      /* the master message box */
    bool unknown;     /* what it is for is not known: a message box, perhaps */
    bool alert;       /* the BAM alerts' instance database: the unit Alert names it too */
    bool by_hand;     /* not in the backup job: people restore it, perhaps elsewhere */
};

struct updateinfo {
    char *group;
    int64_t as_of_utc_ms; /* when the management database was read last */
    bool live;            /* it answers now */
    char *doubt; /* what BizTalk's tables, which could not be read, did not tell; NULL = nothing */
    bool needs_msoledbsql; /* a new server is SQL Server 2016 or later */
    struct updateinfo_entry *entries;
    size_t entries_count, entries_capacity;
    char **computers; /* the BizTalk computers, where known */
    size_t computers_count, computers_capacity;
    char **known_servers; /* every name that may stand in the file */
    size_t known_servers_count, known_servers_capacity;
};

/* What the file must say for that group. NULL with *error where the inventory was never read
 * (ERR_UNREACHABLE) or a database has no certain destination (ERR_REFUSED). Owned. */
struct updateinfo *updateinfo_make(const struct group_view *view, struct error *error);
void updateinfo_free(struct updateinfo *info);

/* The file's text, UTF-8. NULL with *error where a name cannot stand in XML. Owned. */
char *updateinfo_to_xml(const struct updateinfo *info, struct error *error);

/* One thing that is wrong or worth a look in an edited file. */
struct updateinfo_finding {
    bool grave; /* the scripts would fail or write something wrong */
    int line;   /* 0 = the file as a whole */
    char *text;
};

struct updateinfo_findings {
    struct updateinfo_finding *items; /* by line */
    size_t items_count, items_capacity;
};

/* Compares a file's text with what it must say. */
void updateinfo_check(struct updateinfo_findings *findings, const struct updateinfo *info,
                      const char *text);
void updateinfo_findings_free(struct updateinfo_findings *findings);

/* The command lines for the BizTalk computers, to be read out over a phone; file = its name there.
 * Owned. */
char *updateinfo_commands(const struct updateinfo *info, const char *file);

#endif
