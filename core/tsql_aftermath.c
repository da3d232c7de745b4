#include "core/tsql_aftermath.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/jobs_list.h"
#include "core/scan_internal.h"
#include "core/tsql.h"

/* --- pieces ----------------------------------------------------------------------------------- */

/* N'text', for names that client tools must be able to read line by line; false where it cannot
 * stand in a script. */
static bool add_literal(struct str *out, const char *text)
{
    return text != NULL && text_is_clean(text) && tsql_add_string(out, text);
}

/* A step's command: lines are fine, but one of them must not end the batch for a client tool. */
static bool add_command(struct str *out, const char *text)
{
    for (const char *line = text; line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\r\n");
        const char *word = line + strspn(line, " \t");
        if (strncasecmp(word, "GO", 2) == 0 && (word + 2 >= line + length || word[2] == ' '))
            return false;
        line += length + (line[length] != '\0');
    }
    return text != NULL && tsql_add_string(out, text);
}

/* "-- SERVER: title, as last seen 2026-..." */
static void add_head(struct str *out, const struct group_view *view, int destination,
                     const char *title)
{
    char group[300], seen[40] = "never";
    text_clean(group, sizeof group, view->config->group_name);
    if (view->source_last_seen_utc_ms != TIME_UNKNOWN)
        time_format(seen, sizeof seen, view->source_last_seen_utc_ms);
    str_format(out, "-- %s, %s: %s; the sources as last seen %s.\n"
                    "-- It may be run again: what is there already is left alone.\n",
               group, view->config->servers[destination].name, title, seen);
}

static bool is_hex(const char *text)
{
    return text != NULL && text[0] != '\0' &&
           text[strspn(text, "0123456789abcdefABCDEF")] == '\0';
}

/* --- logins ----------------------------------------------------------------------------------- */

enum { WINDOWS_USER = 2, WINDOWS_GROUP = 3 }; /* the number of a SURROUNDING_LOGIN */

/* Built in on every server, or known to no other. */
static bool is_built_in(const char *name)
{
    static const char *const heads[] = {"##", "NT SERVICE\\", "NT AUTHORITY\\", "BUILTIN\\"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strncasecmp(name, heads[i], strlen(heads[i])) == 0)
            return true;
    return strcasecmp(name, "sa") == 0;
}

static bool restores_database(const struct group_view *view, int source, int destination,
                              const char *database)
{
    for (size_t i = 0; i < view->roster_count; i++)
        if (view->roster[i].source == source && view->roster[i].destination == destination &&
            text_equal_nocase(view->roster[i].database, database))
            return true;
    return false;
}

/* A Windows user without a login comes in through a group's. Source: Windows' SIDs begin with revision 1
 * and authority 5, those that SQL Server makes are 16 bytes of any kind. */
static bool comes_through_group(const struct server_view *server, const struct surrounding_row *user)
{
    const char *sid = user->detail;
    return sid != NULL && strlen(sid) > 16 && strncmp(sid, "01", 2) == 0 &&
           strncmp(sid + 4, "000000000005", 12) == 0 && !server_view_has_login(server, sid);
}

/* Does the login have a user in a database that goes there, or is it a group that may let one in?
 * Where the users were never read every login counts. */
static bool is_used(const struct group_view *view, int source, int destination,
                    const struct surrounding_row *login)
{
    const struct server_view *server = view->servers[source];
    bool known = server->parts[PART_INSIDE].state == PART_READ;
    for (size_t i = 0; i < server->surroundings_count; i++) {
        const struct surrounding_row *row = &server->surroundings[i];
        bool its = text_equal_nocase(row->detail, login->detail) ||
                   (login->number == WINDOWS_GROUP && comes_through_group(server, row));
        if (row->kind == SURROUNDING_USER && its &&
            restores_database(view, source, destination, row->database))
            return true;
    }
    return !known;
}

static void add_creation(struct str *out, const struct surrounding_row *login, const char *name)
{
    if (login->number >= WINDOWS_USER)
        str_format(out, "    CREATE LOGIN %s FROM WINDOWS;\n", name);
    else if (is_hex(login->database))
        str_format(out, "    CREATE LOGIN %s WITH PASSWORD = 0x%s HASHED, SID = 0x%s,\n"
                        "        CHECK_POLICY = OFF;\n", name, login->database, login->detail);
    else
        str_format(out, "    PRINT N'not created: its password could not be read; put it into the "
                        "line below and take out the dashes';\n"
                        "    -- CREATE LOGIN %s WITH PASSWORD = N'...', SID = 0x%s;\n", name,
                   login->detail);
}

static void add_login(struct str *out, const struct surrounding_row *login)
{
    struct str name = {0}, literal = {0};
    bool good = is_hex(login->detail) && login->name != NULL && text_is_clean(login->name) &&
                tsql_add_identifier(&name, login->name) && add_literal(&literal, login->name);
    if (good) {
        const char *text = str_text(&literal);
        str_format(out, "\nIF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = %s)\n"
                        "BEGIN\n    PRINT %s;\n", text, text);
        add_creation(out, login, str_text(&name));
        str_format(out, "END\nELSE IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = "
                        "%s AND sid = 0x%s)\n    PRINT %s + N' exists with another SID: in each "
                        "database ALTER USER ... WITH LOGIN';\n", text, login->detail, text);
        if (login->flag)
            str_format(out, "-- it was disabled: ALTER LOGIN %s DISABLE;\n", str_text(&name));
    } else {
        char clean[300];
        text_clean(clean, sizeof clean, login->name);
        str_format(out, "\n-- by hand: the login %s cannot be written here\n", clean);
    }
    str_free(&name);
    str_free(&literal);
}

/* The same login of an earlier source: BizTalk's logins are on all of them. */
static bool is_told(const struct group_view *view, size_t source, int destination,
                    const struct surrounding_row *login)
{
    for (size_t s = 0; s < source; s++) {
        const struct server_view *server = view->servers[s];
        for (size_t i = 0; server->role == ROLE_SOURCE && i < server->surroundings_count; i++) {
            const struct surrounding_row *row = &server->surroundings[i];
            if (row->kind == SURROUNDING_LOGIN && text_equal_nocase(row->name, login->name) &&
                text_equal_nocase(row->detail, login->detail) &&
                is_used(view, (int)s, destination, row))
                return true;
        }
    }
    return false;
}

char *tsql_logins_aftermath(const struct group_view *view, int destination)
{
    struct str out = {0};
    size_t logins = 0;
    add_head(&out, view, destination, "logins with their SIDs");
    str_add(&out, "USE master;\n");
    for (size_t s = 0; s < view->servers_count; s++) {
        const struct server_view *server = view->servers[s];
        for (size_t i = 0; server->role == ROLE_SOURCE && i < server->surroundings_count; i++) {
            const struct surrounding_row *row = &server->surroundings[i];
            if (row->kind != SURROUNDING_LOGIN || row->name == NULL || is_built_in(row->name) ||
                !is_used(view, (int)s, destination, row) || is_told(view, s, destination, row))
                continue;
            add_login(&out, row);
            logins++;
        }
    }
    if (logins == 0)
        str_add(&out, "\n-- No login is known: the monitoring login may not see them (VIEW ANY "
                      "DEFINITION), or nobody uses these databases.\n");
    str_add(&out, "GO\n");
    return str_take(&out);
}

/* --- jobs ------------------------------------------------------------------------------------- */

static void add_number(struct str *out, const char *name, int number)
{
    str_format(out, ", @%s = %d", name, number);
}

static bool add_step(struct str *out, const char *job, const struct job_step_row *step)
{
    bool good = true;
    str_format(out, "    EXEC msdb.dbo.sp_add_jobstep @job_name = %s, @step_id = %d, @step_name = ",
               job, step->step_id);
    good = add_literal(out, step->name);
    str_add(out, ",\n        @subsystem = ");
    good = add_literal(out, step->subsystem) && good;
    if (step->database != NULL) {
        str_add(out, ", @database_name = ");
        good = add_literal(out, step->database) && good;
    }
    str_add(out, ",\n        @command = ");
    good = add_command(out, step->command) && good;
    str_add(out, ",\n        ");
    str_format(out, "@on_success_action = %d", step->on_success);
    add_number(out, "on_success_step_id", step->on_success_step);
    add_number(out, "on_fail_action", step->on_fail);
    add_number(out, "on_fail_step_id", step->on_fail_step);
    add_number(out, "retry_attempts", step->retries);
    add_number(out, "retry_interval", step->retry_interval_min);
    str_add(out, ";\n");
    return good;
}

static bool add_schedule(struct str *out, const char *job, const struct job_schedule_row *row)
{
    str_format(out, "    EXEC msdb.dbo.sp_add_jobschedule @job_name = %s, @name = ", job);
    bool good = add_literal(out, row->name);
    add_number(out, "enabled", row->enabled);
    add_number(out, "freq_type", row->type);
    add_number(out, "freq_interval", row->interval);
    add_number(out, "freq_subday_type", row->subday_type);
    str_add(out, ",\n        ");
    str_format(out, "@freq_subday_interval = %d", row->subday_interval);
    add_number(out, "freq_relative_interval", row->relative);
    add_number(out, "freq_recurrence_factor", row->recurrence);
    str_add(out, ",\n        ");
    str_format(out, "@active_start_date = %d", row->start_date);
    add_number(out, "active_end_date", row->end_date);
    add_number(out, "active_start_time", row->start_time);
    add_number(out, "active_end_time", row->end_time);
    str_add(out, ";\n");
    return good;
}

static bool add_parts(struct str *out, const struct server_view *server, const struct job_row *job,
                      const char *name)
{
    bool good = true;
    for (size_t i = 0; i < server->job_steps_count; i++)
        if (text_equal(server->job_steps[i].job_id, job->job_id))
            good = add_step(out, name, &server->job_steps[i]) && good;
    for (size_t i = 0; i < server->job_schedules_count; i++)
        if (text_equal(server->job_schedules[i].job_id, job->job_id))
            good = add_schedule(out, name, &server->job_schedules[i]) && good;
    return good;
}

static void add_job(struct str *out, const struct group_view *view,
                    const struct server_view *server, const struct job_row *job)
{
    struct str name = {0}, body = {0};
    bool good = add_literal(&name, job->name) && add_parts(&body, server, job, str_text(&name));
    const char *old = scan_old_name_in(view, job->steps);
    if (!good) {
        char clean[300];
        text_clean(clean, sizeof clean, job->name);
        str_format(out, "\n-- by hand: the job %s cannot be written safely here\nGO\n", clean);
    } else {
        if (old != NULL)
            str_format(out, "\n-- A step of the next job names %s: correct it before it is enabled.",
                       old);
        str_format(out, "\nIF NOT EXISTS (SELECT 1 FROM msdb.dbo.sysjobs WHERE name = %s)\nBEGIN\n"
                        "    EXEC msdb.dbo.sp_add_job @job_name = %s, @enabled = 0;\n%s"
                        "    EXEC msdb.dbo.sp_add_jobserver @job_name = %s, @server_name = "
                        "N'(local)';\nEND\nGO\n",
                   str_text(&name), str_text(&name), str_text(&body), str_text(&name));
    }
    str_free(&name);
    str_free(&body);
}

/* Why a job is left to a person who looked at it: it may have been disabled for the move alone, it
 * would work for an old server, or it is the backup job, whose path and whose standby are new. */
static void add_doubts(struct str *out, const struct job_row *job, const char *old)
{
    if (!job->enabled)
        str_add(out, "-- disabled when it was last seen:\n");
    if (job->function == JOB_BACKUP)
        str_add(out, "-- once its steps name the new path (a step of the runbook of its own):\n");
    else if (old != NULL)
        str_format(out, "-- once its steps name %s no more:\n", old);
    if (!job->enabled || job->function == JOB_BACKUP || old != NULL)
        str_add(out, "-- ");
}

static void add_enabling(struct str *out, const struct group_view *view, const struct job_row *job)
{
    struct str name = {0};
    const char *old = scan_old_name_in(view, job->steps);
    if (!jobs_list_stays_disabled(job->name) && add_literal(&name, job->name)) {
        add_doubts(out, job, old);
        str_format(out, "EXEC msdb.dbo.sp_update_job @job_name = %s, @enabled = 1;\n",
                   str_text(&name));
    }
    str_free(&name);
}

/* Calls for every job of a source that belongs on the destination; their number. */
static size_t each_job(struct str *out, const struct group_view *view, int destination, bool enable)
{
    size_t jobs = 0;
    for (size_t s = 0; s < view->servers_count; s++) {
        const struct server_view *server = view->servers[s];
        for (size_t i = 0; server->role == ROLE_SOURCE && i < server->jobs_count; i++) {
            if (jobs_list_destination(view, (int)s, &server->jobs[i]) != destination)
                continue;
            jobs++;
            if (enable)
                add_enabling(out, view, &server->jobs[i]);
            else
                add_job(out, view, server, &server->jobs[i]);
        }
    }
    return jobs;
}

char *tsql_jobs_aftermath(const struct group_view *view, int destination)
{
    struct str out = {0};
    add_head(&out, view, destination, "Agent jobs, created disabled");
    if (each_job(&out, view, destination, false) == 0)
        str_add(&out, "-- No job of the source is known: the monitoring login may not read msdb "
                      "there.\n");
    return str_take(&out);
}

char *tsql_jobs_enable_aftermath(const struct group_view *view, int destination)
{
    struct str out = {0};
    add_head(&out, view, destination, "enables the Agent jobs");
    str_add(&out, "-- A step of the runbook of its own: after the references and Enterprise Single "
                  "Sign-On.\n");
    each_job(&out, view, destination, true);
    str_add(&out, "GO\n");
    return str_take(&out);
}
