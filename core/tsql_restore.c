#include "core/tsql_restore.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/tsql.h"

enum { LONGEST_MARK = 128 };

static const char *stop_keyword(enum stop_kind stop)
{
    return stop == STOP_AT ? "STOPATMARK = " : "STOPBEFOREMARK = ";
}

char *tsql_lsn_mark(struct lsn lsn)
{
    char digits[LSN_TEXT_SIZE];
    lsn_format(digits, sizeof digits, lsn);
    size_t zeros = strspn(digits, "0");
    return memory_format("lsn:%s", digits + zeros);
}

bool tsql_add_stop_lsn(struct str *out, enum stop_kind stop, struct lsn lsn)
{
    if (!lsn_is_known(lsn))
        return false;
    char *mark = tsql_lsn_mark(lsn);
    str_add(out, stop_keyword(stop));
    bool written = tsql_add_string(out, mark);
    free(mark);
    return written;
}

bool tsql_add_stop_clause(struct str *out, enum stop_kind stop, const char *mark,
                          int64_t after_local_ms)
{
    int length = mark == NULL ? -1 : tsql_length(mark);
    if (length < 1 || length > LONGEST_MARK || strncasecmp(mark, "lsn:", 4) == 0)
        return false;
    str_add(out, stop_keyword(stop));
    if (!tsql_add_string(out, mark))
        return false;
    if (after_local_ms == TIME_UNKNOWN)
        return true;
    char time[40];
    time_format_iso(time, sizeof time, after_local_ms);
    time[strlen(time) - 1] = '\0'; /* without the Z: the server takes it as its local time */
    str_add(out, " AFTER ");
    return tsql_add_string(out, time);
}

static bool add_device(struct str *out, const char *device)
{
    str_add(out, " FROM ");
    return tsql_add_device(out, device);
}

static bool add_head(struct str *out, const char *verb, const char *database)
{
    str_add(out, verb);
    return tsql_add_identifier(out, database);
}

static bool add_moves(struct str *out, const struct tsql_move *moves, size_t moves_count)
{
    for (size_t i = 0; i < moves_count; i++) {
        str_add(out, "MOVE ");
        if (!tsql_add_string(out, moves[i].logical_name))
            return false;
        str_add(out, " TO ");
        if (!tsql_add_string(out, moves[i].path))
            return false;
        str_add(out, ", ");
    }
    return true;
}

static void add_position(struct str *out, int position)
{
    if (position > 1)
        str_format(out, "FILE = %d, ", position);
}

bool tsql_add_restore_database(struct str *out, const char *database, const char *device,
                               int position, const struct tsql_move *moves, size_t moves_count, bool replace)
{
    if (!add_head(out, "RESTORE DATABASE ", database) || !add_device(out, device))
        return false;
    str_add(out, " WITH ");
    add_position(out, position);
    if (!add_moves(out, moves, moves_count))
        return false;
    str_add(out, replace ? "REPLACE, NORECOVERY, STATS = 5" : "NORECOVERY, STATS = 5");
    return true;
}

bool tsql_add_restore_log(struct str *out, const char *database, const char *device, int position,
                          const struct tsql_move *moves, size_t moves_count,
                          const char *stop_clause)
{
    if (!add_head(out, "RESTORE LOG ", database) || !add_device(out, device))
        return false;
    str_add(out, " WITH ");
    add_position(out, position);
    if (!add_moves(out, moves, moves_count))
        return false;
    str_format(out, "%s, NORECOVERY, STATS = 5", stop_clause);
    return true;
}

bool tsql_add_drop(struct str *out, const char *database)
{
    return add_head(out, "DROP DATABASE ", database);
}

bool tsql_add_restore_standby(struct str *out, const char *database, const char *undo_file)
{
    if (!add_head(out, "RESTORE DATABASE ", database))
        return false;
    str_add(out, " WITH STANDBY = ");
    return tsql_add_string(out, undo_file);
}

bool tsql_add_restoring(struct str *out, const char *database)
{
    if (!add_head(out, "RESTORE DATABASE ", database))
        return false;
    str_add(out, " WITH NORECOVERY");
    return true;
}

bool tsql_add_recover(struct str *out, const char *database)
{
    if (!add_head(out, "RESTORE DATABASE ", database))
        return false;
    str_add(out, " WITH RECOVERY");
    return true;
}
