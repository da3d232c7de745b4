/* A walk over the fields of a row, in one of two directions: writing them as text or reading them
 * back. Each kind of row has one function that names its fields once. Pure; for core/store_text.c.
 */
#ifndef STOPMARK_CORE_STORE_WALK_H
#define STOPMARK_CORE_STORE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"
#include "core/lsn.h"

/* Rows are read and written in the same order by the functions below: a walk with two directions
 * keeps both in one place. */
struct walk {
    struct str *out; /* being filled, or */
    const char *at;  /* being read: the next field, or the end of the line */
};

/* Which of the two directions. */
bool walk_is_reading(const struct walk *walk);

/* NULL is kept; what is read is owned by the row. */
void walk_text(struct walk *walk, char **text);
void walk_integer(struct walk *walk, int64_t *number);
void walk_int(struct walk *walk, int *number);
void walk_bool(struct walk *walk, bool *flag);
void walk_char(struct walk *walk, char *letter);
/* A short text without anything to escape. */
void walk_plain(struct walk *walk, char *text, size_t size);
void walk_lsn(struct walk *walk, struct lsn *lsn);
void walk_guid(struct walk *walk, char guid[37]);

/* A field of an enumeration, as its number. */
#define WALK_ENUM(walk, type, field)                                                               \
    do {                                                                                           \
        int number_ = (int)(field);                                                                \
        walk_int(walk, &number_);                                                                  \
        (field) = (type)number_;                                                                   \
    } while (0)

#endif
