/* The catalog views: a table of names, column lists and fill functions. Private to catalog*.c. */
#ifndef STOPMARK_LAB_CATALOG_H
#define STOPMARK_LAB_CATALOG_H

#include <stdbool.h>

#include "tests/lab/engine.h"
#include "tests/lab/estate.h"

typedef bool catalog_fill(struct session *session, struct database *database,
                          struct row_sink *sink);

struct catalog_view {
    const char *schema, *name;
    const char *database; /* only in this database; NULL = in every one */
    const char *columns;  /* see columns_parse */
    catalog_fill *fill;
    struct virtual_table table; /* made at the first use */
};

struct catalog_part {
    struct catalog_view *views;
    size_t count;
};

struct catalog_part catalog_databases(void);
struct catalog_part catalog_server(void);
struct catalog_part catalog_sessions(void);
struct catalog_part catalog_schema(void);
struct catalog_part catalog_agent(void);
struct catalog_part catalog_storage(void);
struct catalog_part catalog_lab(void);
struct catalog_part catalog_msdb(void);

bool catalog_has(const struct session *session, unsigned permissions);
/* VIEW SERVER STATE: true, or 300 and 297 written. */
bool catalog_needs_server_state(struct session *session);
/* A table of msdb or master: true, or 229 written. */
bool catalog_check_select(struct session *session, const char *schema, const char *name,
                          const char *database);
/* catalog_availability.c; a GUID that follows from the texts. */
catalog_fill catalog_fill_groups, catalog_fill_replicas, catalog_fill_replica_states,
    catalog_fill_database_states, catalog_fill_cluster_nodes;
void availability_guid(const char *text, const char *part, uint8_t guid[16]);

#endif
