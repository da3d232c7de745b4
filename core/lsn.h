/* Log sequence numbers: SQL Server's numeric(25,0), VLF * 10^15 + block * 10^5 + slot. They do not
 * fit 64 bits or a double. Plain values, pure functions, any thread.
 *
 * A log backup holds first_lsn <= x < last_lsn: last_lsn is the LSN after its last record.
 */
#ifndef STOPMARK_CORE_LSN_H
#define STOPMARK_CORE_LSN_H

#include <stdbool.h>
#include <stddef.h>

__extension__ typedef unsigned __int128 lsn_number;

struct lsn {
    lsn_number number; /* 0 = unknown; no record has the LSN 0 */
};

enum { LSN_TEXT_SIZE = 40 };

/* True unless the LSN is unknown. */
bool lsn_is_known(struct lsn lsn);

/* <0, 0, >0. Both must be known: comparing an unknown LSN is a mistake of the caller (asserted). */
int lsn_compare(struct lsn a, struct lsn b);

/* Decimal digits as the server gives them; "" for unknown. size >= LSN_TEXT_SIZE. */
void lsn_format(char *out, size_t size, struct lsn lsn);

/* Reads 1 to 25 decimal digits; anything else (NULL, "", signs, blanks, more digits) gives
 * unknown. */
struct lsn lsn_parse(const char *digits);

/* A backup's LSNs as they were read: one without the other says nothing, so both are unknown then.
 * Wherever one of a backup's is known the other may be compared too. */
void lsn_settle_range(struct lsn *first, struct lsn *last);

/* first <= lsn < last, all known. */
bool lsn_is_within(struct lsn lsn, struct lsn first, struct lsn last);

#endif
