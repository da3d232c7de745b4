/* Between the import and the restores of a destination's shipping. All calls need lab_lock. */
#ifndef STOPMARK_LAB_SHIPPING_RUN_H
#define STOPMARK_LAB_SHIPPING_RUN_H

#include "tests/lab/shipping.h"
#include "tests/lab/value.h"

/* T-SQL in master, as the system; errors are dropped. */
void shipping_run_sql(struct shipping *shipping, struct session *session, const char *text);
/* Re-creates the source's Agent jobs on the destination, as they were. */
void shipping_copy_jobs(struct shipping *shipping);

#endif
