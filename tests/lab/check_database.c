/* DBCC CHECKDB. Source: its documentation (permission 2571, messages 2536, 8989, 2528; a damaged page
 * gives 8928 and 8939, an error each); the words are the lab's own. */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/lab/admin.h"
#include "tests/lab/engine.h"
#include "tests/lab/session.h"

enum { COMMAND_DBCC = 230, STEP_PERCENT = 5 };

/* Its phases as sys.dm_exec_requests names them. */
static void take_time(struct session *session, const struct database *database, bool physical_only)
{
    const struct lab *lab = session->instance->lab;
    int64_t duration_ms = 60 + database->data_bytes * 1000 / session->instance->restore_bytes_per_s;
    int64_t started_utc_ms = lab_now_utc_ms(lab);
    bool finished = true;
    if (physical_only) {
        duration_ms /= 2;
    }
    for (int percent = STEP_PERCENT; finished && percent <= 100; percent += STEP_PERCENT) {
        strcpy(session->command, percent <= 20 ? "DBCC ALLOC CHECK" : "DBCC TABLE CHECK");
        session->estimated_completion_ms = duration_ms * (100 - percent + STEP_PERCENT) / 100;
        finished =
            session_sleep(session, started_utc_ms + duration_ms * percent / 100) == SESSION_GO_ON;
        session->percent_complete = percent;
    }
    session->percent_complete = 0;
    session->estimated_completion_ms = 0;
}

static bool refuse(struct reply *reply)
{
    reply_done(reply, REPLY_BATCH, DONE_ERROR, COMMAND_DBCC, 0);
    return false;
}

static void say_page(const struct check_statement *statement, struct reply *reply)
{
    reply_error(reply, 8928, 16, 1, statement->line, "",
                "Object 2073058421, index 1: page (1:312) could not be worked on.");
    reply_error(reply, 8939, 16, 98, statement->line, "",
                "Object 2073058421, index 1, page (1:312): a test of its header did not hold.");
}

static bool may_check(struct session *session, struct database *database,
                      const struct check_statement *statement, struct reply *reply)
{
    if (database == NULL || database->dropped) {
        reply_error(reply, 911, 16, 1, statement->line, "", "There is no database '%s'.",
                    statement->database);
        return false;
    }
    if (!session_is_sysadmin(session)) {
        reply_error(reply, 2571, 14, 3, statement->line, "",
                    "User '%s' has no permission to run DBCC CHECKDB.",
                    session->login == NULL ? "" : session->login->name);
        return false;
    }
    return session_may_use(session, database, reply);
}

bool admin_check_database(struct session *session, const struct check_statement *statement,
                          struct reply *reply)
{
    struct database *database = instance_database(session->instance, statement->database);
    if (!may_check(session, database, statement, reply)) {
        return refuse(reply);
    }
    take_time(session, database, statement->physical_only);
    if (session_state(session) != SESSION_GO_ON) {
        return refuse(reply);
    }
    int errors = database->bad_page ? 2 : 0;
    if (!statement->no_infomsgs) {
        reply_info(reply, 2536, 1, statement->line, "", "Results of DBCC for '%s'.",
                   database->name);
    }
    if (database->bad_page) {
        say_page(statement, reply);
    }
    if (!statement->no_infomsgs || errors > 0) {
        reply_info(reply, 8989, 1, statement->line, "",
                   "CHECKDB: 0 errors of allocation and %d of consistency in database '%s'.", errors,
                   database->name);
    }
    if (errors > 0) {
        return refuse(reply);
    }
    if (!statement->no_infomsgs) {
        reply_info(reply, 2528, 1, statement->line, "", "DBCC has ended.");
    }
    reply_done(reply, REPLY_BATCH, 0, COMMAND_DBCC, 0);
    return true;
}
