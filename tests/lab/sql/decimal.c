#include "tests/lab/sql/decimal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MOST = 38 };

static decimal_digits power_of_ten(int exponent)
{
    decimal_digits power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

static bool in_range(decimal_digits digits)
{
    decimal_digits limit = power_of_ten(DIGITS_MOST);

    return digits > -limit && digits < limit;
}

bool decimal_parse(struct decimal *out, const char *text)
{
    bool negative = false, point = false;
    int count = 0, exponent = 0;

    *out = (struct decimal){0};
    while (isspace((unsigned char)*text))
        text++;
    if (*text == '+' || *text == '-')
        negative = *text++ == '-';
    for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            continue;
        }
        count++;
        if (out->digits >= power_of_ten(DIGITS_MOST - 1)) {
            if (point)
                continue; /* digits that no numeric can hold */
            return false;
        }
        out->digits = out->digits * 10 + (*text - '0');
        out->scale += point;
    }
    if (count == 0)
        return false;
    if ((*text == 'e' || *text == 'E') &&
        (isdigit((unsigned char)text[1]) || text[1] == '-' || text[1] == '+')) {
        char *end;

        exponent = (int)strtol(text + 1, &end, 10);
        text = end;
    }
    while (isspace((unsigned char)*text))
        text++;
    if (*text != '\0' || exponent < -DIGITS_MOST || exponent > DIGITS_MOST)
        return false;
    if (negative)
        out->digits = -out->digits;
    out->scale -= exponent;
    if (out->scale < 0) {
        int missing = -out->scale;

        while (missing-- > 0) {
            if (out->digits >= power_of_ten(DIGITS_MOST - 1) ||
                out->digits <= -power_of_ten(DIGITS_MOST - 1))
                return false;
            out->digits *= 10;
        }
        out->scale = 0;
    }
    return out->scale <= DIGITS_MOST || decimal_rescale(out, DIGITS_MOST, false);
}

void decimal_format(char out[DECIMAL_TEXT_SIZE], const struct decimal *value)
{
    char reversed[DECIMAL_TEXT_SIZE];
    bool negative = value->digits < 0;
    decimal_digits digits = negative ? -value->digits : value->digits;
    int length = 0, at = 0;

    while (digits > 0 || length <= value->scale) {
        reversed[length++] = (char)('0' + (int)(digits % 10));
        digits /= 10;
    }
    if (negative)
        out[at++] = '-';
    while (length > 0) {
        if (length == value->scale)
            out[at++] = '.';
        out[at++] = reversed[--length];
    }
    out[at] = '\0';
}

double decimal_to_double(const struct decimal *value)
{
    char text[DECIMAL_TEXT_SIZE];

    decimal_format(text, value);
    return strtod(text, NULL);
}

bool decimal_from_double(struct decimal *out, double number, int scale)
{
    char text[400];

    if (!isfinite(number) || fabs(number) >= 1e38)
        return false;
    snprintf(text, sizeof text, "%.17g", number);
    return decimal_parse(out, text) && decimal_rescale(out, scale, false);
}

bool decimal_rescale(struct decimal *value, int scale, bool truncate)
{
    if (scale > value->scale) {
        decimal_digits limit = power_of_ten(DIGITS_MOST - 1);

        for (; value->scale < scale; value->scale++) {
            if (value->digits >= limit || value->digits <= -limit)
                return false;
            value->digits *= 10;
        }
        return true;
    }
    if (scale < value->scale) {
        decimal_digits power = power_of_ten(value->scale - scale);
        decimal_digits rest = value->digits % power;

        value->digits /= power;
        if (!truncate && (rest < 0 ? -rest : rest) >= power / 2 + (power % 2))
            value->digits += rest < 0 ? -1 : 1;
        value->scale = scale;
    }
    return true;
}

bool decimal_fits(const struct decimal *value, int precision)
{
    decimal_digits limit = power_of_ten(precision);

    return value->digits > -limit && value->digits < limit;
}

/* Brings both to one scale where they fit; else compares integral parts first. */
int decimal_compare(const struct decimal *a, const struct decimal *b)
{
    struct decimal x = *a, y = *b;
    int scale = a->scale > b->scale ? a->scale : b->scale;

    if (decimal_rescale(&x, scale, false) && decimal_rescale(&y, scale, false))
        return (x.digits > y.digits) - (x.digits < y.digits);
    x = *a;
    y = *b;
    decimal_rescale(&x, 0, true);
    decimal_rescale(&y, 0, true);
    return (x.digits > y.digits) - (x.digits < y.digits);
}

static bool multiply(decimal_digits *out, decimal_digits a, decimal_digits b)
{
    return !__builtin_mul_overflow(a, b, out);
}

static bool divide(struct decimal *out, const struct decimal *a, const struct decimal *b, int scale)
{
    decimal_digits rest = a->digits, quotient;
    int have = a->scale - b->scale;

    quotient = rest / b->digits;
    rest %= b->digits;
    while (have < scale) { /* long division, digit by digit */
        decimal_digits digit;

        if (!multiply(&rest, rest, 10) || !multiply(&quotient, quotient, 10))
            return false;
        digit = rest / b->digits;
        rest %= b->digits;
        quotient += digit;
        have++;
    }
    *out = (struct decimal){quotient, have};
    if (have < 0) {
        out->scale = 0;
        while (have++ < 0)
            if (!multiply(&out->digits, out->digits, 10))
                return false;
    }
    return decimal_rescale(out, scale, true) && in_range(out->digits);
}

bool decimal_compute(struct decimal *out, char op, const struct decimal *a, const struct decimal *b,
                     int scale)
{
    struct decimal x = *a, y = *b;
    int common = a->scale > b->scale ? a->scale : b->scale;

    if (op == '/')
        return divide(out, a, b, scale);
    if (op == '*') {
        *out = (struct decimal){0, a->scale + b->scale};
        return multiply(&out->digits, a->digits, b->digits) && decimal_rescale(out, scale, false) &&
               in_range(out->digits);
    }
    if (!decimal_rescale(&x, common, false) || !decimal_rescale(&y, common, false))
        return false;
    out->scale = common;
    out->digits = op == '+'   ? x.digits + y.digits
                  : op == '-' ? x.digits - y.digits
                              : x.digits % y.digits;
    return in_range(out->digits) && decimal_rescale(out, scale, false) && in_range(out->digits);
}
