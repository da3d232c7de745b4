/* What a rehearsal does beside restoring: it shows that the standby is still one, and how the
 * copies are removed. */
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/text.h"
#include "core/execute_internal.h"
#include "core/tsql_restore.h"
#include "core/tsql_write.h"

static bool take_standing(void *context, const struct tds_row *row)
{
    struct live *live = context;
    live->state = (enum database_state)tds_integer(row, "state", STATE_ABSENT);
    live->standby = tds_bit(row, "is_in_standby") == 1;
    return true;
}

/* Tells the statement that removes a copy; nobody but the operator sends it. */
static void tell_drop(struct lane *lane)
{
    struct str drop = {0};
    if (tsql_add_drop(&drop, lane->plan->database))
        execution_note(lane->execution, "%s: nobody but you removes this copy, by hand: %s",
                       lane->where, str_text(&drop));
    str_free(&drop);
}

/* The standby's own database of a copy is not this run's: it is only looked at. */
static bool look_at_standby(struct lane *lane, struct link *link)
{
    struct live live = {.state = STATE_ABSENT};
    struct error error;
    error_clear(&error);
    if (link_run(link, tsql_database_state(lane->plan->original), take_standing, &live, NULL,
                 &error) != ERR_OK)
        return lane_fail(lane, &error);
    execution_note(lane->execution, "%s: the standby's own %s is %s%s", lane->where,
                   lane->plan->original, database_state_name(live.state),
                   live.standby ? " in standby" : "");
    tell_drop(lane);
    return true;
}

void rehearsal_tell_drops(struct execution *execution)
{
    for (size_t i = 0; i < execution->lanes_count; i++)
        if (execution->lanes[i].live.state != STATE_ABSENT &&
            execution->lanes[i].where[0] != '\0')
            tell_drop(&execution->lanes[i]);
}

bool rehearsal_verify(struct execution *execution, struct error *error)
{
    return execution_each_lane(execution, look_at_standby, error);
}
