/* Between the import and the restores of a destination's shipping: its tables in master, whatever
 * their definition. All calls need lab_lock. */
#ifndef STOPMARK_LAB_SHIPPING_RUN_H
#define STOPMARK_LAB_SHIPPING_RUN_H

#include "tests/lab/shipping.h"
#include "tests/lab/value.h"

struct row;

enum shipping_table_id { TABLE_HISTORY, TABLE_LAST, TABLE_DATABASES };

/* The tables' columns as the lab has them; values of those that a definition lacks are NULL. */
enum shipped_column {
    SHIPPED_SOURCE,
    SHIPPED_ID,
    SHIPPED_SET,
    SHIPPED_MARK,
    SHIPPED_DATABASE,
    SHIPPED_SERVER,
    SHIPPED_FILE,
    SHIPPED_LOCATION,
    SHIPPED_TYPE,
    SHIPPED_TIME,
    SHIPPED_COMPLETE,
    SHIPPED_RESTORED,
    SHIPPED_RESTORED_TIME,
    SHIPPED_COLUMNS
};
enum last_column { LAST_SOURCE, LAST_SET, LAST_COLUMNS };
enum listed_column {
    LISTED_SOURCE,
    LISTED_SERVER,
    LISTED_DATABASE,
    LISTED_FULL_LOCATION,
    LISTED_LOG_LOCATION,
    LISTED_COLUMNS
};

void shipping_create_tables(const struct shipping *shipping);
/* The column's name in this estate; NULL = it is not there. */
const char *shipping_column(const struct shipping *shipping, enum shipping_table_id table,
                            size_t column);
/* Inserts the row and empties it. */
void shipping_insert(const struct shipping *shipping, enum shipping_table_id table,
                     struct row *ours);
/* Calls each for every row; where and order are T-SQL over the table's columns, or NULL. */
typedef void shipping_row(void *context, const struct sql_value *ours);
void shipping_scan(const struct shipping *shipping, enum shipping_table_id table, const char *where,
                   const char *order, shipping_row *each, void *context);

/* T-SQL in master, as the system; errors are dropped. */
void shipping_run_sql(struct shipping *shipping, struct session *session, const char *text);
/* Re-creates the source's Agent jobs on the destination, as they were. */
void shipping_copy_jobs(struct shipping *shipping);

#endif
