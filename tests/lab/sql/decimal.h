/* Exact decimal numbers of up to 38 digits: T-SQL's numeric. Pure; nothing becomes floating point
 * but where a float is asked for.
 */
#ifndef STOPMARK_LAB_SQL_DECIMAL_H
#define STOPMARK_LAB_SQL_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 decimal_digits;

struct decimal {
    decimal_digits digits; /* value * 10^scale */
    int scale;
};

enum { DECIMAL_TEXT_SIZE = 48 };

/* Reads "[+-]digits[.digits][e...]" with blanks around; false for anything else or more than 38
 * digits. */
bool decimal_parse(struct decimal *out, const char *text);
void decimal_format(char out[DECIMAL_TEXT_SIZE], const struct decimal *value);
double decimal_to_double(const struct decimal *value);
bool decimal_from_double(struct decimal *out, double number, int scale);

/* Rounds half away from zero (truncate: cuts). False on more than 38 digits. */
bool decimal_rescale(struct decimal *value, int scale, bool truncate);

/* True if it has at most precision digits. */
bool decimal_fits(const struct decimal *value, int precision);

int decimal_compare(const struct decimal *a, const struct decimal *b);

/* op: '+', '-', '*', '/', '%'; the result has the scale given. False on overflow; the caller looks
 * for a zero divisor. */
bool decimal_compute(struct decimal *out, char op, const struct decimal *a, const struct decimal *b,
                     int scale);

#endif
