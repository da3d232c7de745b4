/* Between reading a scenario and making its past. Private to scenario*.c. */
#ifndef STOPMARK_LAB_SCENARIO_BUILD_H
#define STOPMARK_LAB_SCENARIO_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/biztalk.h"
#include "tests/lab/estate.h"

enum { HISTORY_EXCEPTIONS = 64 };

struct history_exception {
    int64_t utc_ms;
    struct database *fails_at;    /* partial: its backup fails; NULL = the start fails */
    struct database *stolen_from; /* somebody else takes a log backup of it to path */
    char path[520];
};

/* A set that the scenario lists, in place of the ones that the schedule would make. */
struct history_set {
    int64_t id, utc_ms;
    bool full, complete;
    char stamp[129]; /* its mark, and in its files' names; "" = made from the time */
    const struct database *without[GROUP_MEMBERS]; /* it has no file of these */
    size_t without_count;
};

/* Where a destination's database stands, if not where the others do. */
struct standby_position {
    const struct instance *instance;
    char database[129]; /* "" = all of the instance */
    int behind;
    int64_t applied; /* the last set that it has, in place of behind; 0 = by behind */
    bool native_secondary; /* of SQL Server's own log shipping, too */
    bool mirror;                 /* it is the mirror of a database elsewhere */
    char availability_group[129]; /* it is on a secondary replica of; "" = none */
    enum { POSITION_RESTORING, POSITION_STANDBY, POSITION_ONLINE, POSITION_ABSENT } state;
};

enum { STANDBY_POSITIONS = 64 };

/* The past that the scenario asks for. */
struct history_plan {
    int64_t now_utc_ms, start_utc_ms, every_ms;
    int mark_ms;
    int backup_hour;
    int behind;       /* log sets that the destinations have not applied; 1 = the healthy one */
    int old_rows;     /* rows of the history whose files are gone; before the sets */
    int not_imported; /* sets that they do not know yet */
    struct history_exception exceptions[HISTORY_EXCEPTIONS];
    size_t exceptions_count;
    struct standby_position positions[STANDBY_POSITIONS];
    size_t positions_count;
    struct history_set *sets; /* listed, ascending; owned */
    size_t sets_count, sets_capacity;
};

struct node;

/* One item of logins[]: the login on every server that it names. */
void scenario_read_login(struct lab *lab, const struct node *login);

/* backup, history and standby[]: what the past is to be. */
void scenario_read_past(const struct node *top, struct lab *lab, struct biztalk_group *group,
                        struct history_plan *plan);

/* shipping_schema: how BizTalk's tables in master are defined. Before anything makes them. */
void scenario_read_shipping_schema(struct lab *lab, const struct node *top);
/* The shipping of every destination: its sources, moved_files[], bts_LogShippingDatabases. */
void scenario_make_shipping(struct lab *lab, const struct biztalk_group *group,
                            const struct node *top);

/* Takes every set of the past, with its rows, and brings the destinations up. */
void scenario_make_history(struct biztalk_group *group, const struct history_plan *plan);

/* jobs[]: what is not as it should be with them. After scenario_make_jobs. */
void scenario_read_jobs(const struct node *top, struct lab *lab, const struct history_plan *plan);

/* The Agent jobs of sources and destinations, with runs of the past. */
void scenario_make_jobs(struct biztalk_group *group, const struct history_plan *plan);

#endif
