#include "core/base/clock.h"
#include "tests/lab/estate.h"
#include "tests/lab/model.h"

static const int64_t TICKS_PER_MS = 10000;
static const int64_t UNIX_EPOCH_TICKS = 621355968000000000;

int64_t lab_now_utc_ms(const struct lab *lab)
{
    if (lab->speed <= 0) {
        return lab->now_base_utc_ms;
    }
    int64_t elapsed_ms = clock_monotonic_ms(clock_system()) - lab->monotonic_base_ms;
    return lab->now_base_utc_ms + (int64_t)((double)elapsed_ms * lab->speed);
}

int64_t instance_now_utc_ms(const struct instance *instance)
{
    return lab_now_utc_ms(instance->lab) + instance->clock_offset_ms;
}

int64_t datetime_rounded(int64_t ms)
{
    /* the digits that it shows end in 0, 3 or 7 */
    static const int last_digit[] = {0, 0, 3, 3, 3, 7, 7, 7, 7, 10};
    return ms / 10 * 10 + last_digit[ms % 10];
}

int64_t local_ms_of_ticks(int64_t ticks)
{
    return (ticks - UNIX_EPOCH_TICKS) / TICKS_PER_MS;
}

int64_t instance_utc_of_local(const struct instance *instance, int64_t ticks)
{
    return local_ms_of_ticks(ticks) - (int64_t)instance->utc_offset_min * 60000 - instance->clock_offset_ms;
}

/* Days since 1970-01-01 to year, month, day (proleptic Gregorian). */
static void civil_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int64_t local_ms(const struct instance *instance, int64_t utc_ms)
{
    return utc_ms + instance->clock_offset_ms + (int64_t)instance->utc_offset_min * 60000;
}

int instance_agent_date(const struct instance *instance, int64_t utc_ms)
{
    int64_t ms = local_ms(instance, utc_ms);
    int64_t days = ms / 86400000 - (ms % 86400000 < 0);
    int year, month, day;
    civil_from_days(days, &year, &month, &day);
    return year * 10000 + month * 100 + day;
}

int instance_agent_time(const struct instance *instance, int64_t utc_ms)
{
    int64_t seconds = local_ms(instance, utc_ms) / 1000 % 86400;
    return (int)(seconds / 3600 * 10000 + seconds / 60 % 60 * 100 + seconds % 60);
}
