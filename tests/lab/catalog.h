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

bool catalog_has(const struct session *session, unsigned permissions);
/* VIEW SERVER STATE: true, or 300 and 297 written. */
bool catalog_needs_server_state(struct session *session);
/* A table of msdb or master: true, or 229 written. */
bool catalog_check_select(struct session *session, const char *schema, const char *name,
                          const char *database);
/* A view that is always empty here. */
bool catalog_fill_empty(struct session *session, struct database *database, struct row_sink *sink);

#endif
