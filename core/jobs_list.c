#include "core/jobs_list.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"

static const struct {
    enum database_use use;
    bool master_only; /* only with the master message box */
    const char *format;
} documented[] = {
    {USE_MANAGEMENT, false, "Backup BizTalk Server (%s)"},
    {USE_MANAGEMENT, false, "CleanupBTFExpiredEntriesJob_%s"},
    {USE_MANAGEMENT, false, "Monitor BizTalk Server (%s)"},
    {USE_TRACKING, false, "DTA Purge and Archive (%s)"},
    {USE_MESSAGE_BOX, false, "MessageBox_DeadProcesses_Cleanup_%s"},
    {USE_MESSAGE_BOX, false, "MessageBox_Message_Cleanup_%s"},
    {USE_MESSAGE_BOX, false, "MessageBox_Message_ManageRefCountLog_%s"},
    {USE_MESSAGE_BOX, false, "MessageBox_Parts_Cleanup_%s"},
    {USE_MESSAGE_BOX, false, "MessageBox_UpdateStats_%s"},
    {USE_MESSAGE_BOX, false, "PurgeSubscriptionsJob_%s"},
    {USE_MESSAGE_BOX, false, "TrackedMessages_Copy_%s"},
    {USE_MESSAGE_BOX, true, "Operations_OperateOnInstances_OnMaster_%s"},
    {USE_RULE_ENGINE, false, "Rules_Database_Cleanup_%s"},
};

/* The formats are all of this one shape. */
static void fill(char *out, size_t size, const char *format, const char *database)
{
    const char *place = strstr(format, "%s");
    snprintf(out, size, "%.*s%s%s", (int)(place - format), format, database, place + 2);
}

bool jobs_list_name(const struct roster_entry *entry, size_t i, char *out, size_t size)
{
    for (size_t k = 0; k < sizeof documented / sizeof *documented; k++) {
        if (documented[k].use != entry->use ||
            (documented[k].master_only && !entry->is_master_message_box) || i-- > 0)
            continue;
        fill(out, size, documented[k].format, entry->database);
        return true;
    }
    return false;
}

static int destination_of(const struct group_view *view, int source, const char *database)
{
    for (size_t i = 0; i < view->roster_count; i++)
        if (view->roster[i].source == source &&
            text_equal_nocase(view->roster[i].database, database))
            return view->roster[i].destination;
    return -1;
}

int jobs_list_destination(const struct group_view *view, int source, const struct job_row *job)
{
    const struct server_view *server = view->servers[source];
    for (size_t i = 0; i < server->job_steps_count; i++) {
        const struct job_step_row *step = &server->job_steps[i];
        if (!text_equal(step->job_id, job->job_id) || step->database == NULL)
            continue;
        int destination = destination_of(view, source, step->database);
        if (destination >= 0)
            return destination;
    }
    return -1;
}

bool jobs_list_stays_disabled(const char *name)
{
    static const char cleanup[] = "MessageBox_Message_Cleanup_";
    return strncasecmp(name, cleanup, sizeof cleanup - 1) == 0;
}
