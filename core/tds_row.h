/* How core/tds keeps a row: values as text under column names. Used by core/tds*.c and by tests
 * that decode rows without a server. One thread.
 */
#ifndef STOPMARK_CORE_TDS_ROW_H
#define STOPMARK_CORE_TDS_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tds_column {
    char name[132];
    bool null, is_time;
    const char *text; /* borrowed; not used where is_time */
    int64_t time_ms;  /* naive: without zone */
};

struct tds_row {
    struct tds_column *columns; /* borrowed */
    size_t count;
};

#endif
