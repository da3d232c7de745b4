#include "core/tsql_move.h"

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/tsql.h"

char *tsql_local_now(void)
{
    return memory_copy_text("SELECT GETDATE() AS now");
}

char *tsql_user_sessions(void)
{
    return memory_copy_text(
        "SELECT s.session_id, s.login_name, s.host_name, s.program_name,"
        " d.name AS database_name, s.open_transaction_count AS open_transactions"
        " FROM sys.dm_exec_sessions AS s"
        " JOIN sys.databases AS d ON d.database_id = s.database_id"
        " WHERE s.is_user_process = 1 AND d.database_id > 4");
}

char *tsql_last_writes(void)
{
    return memory_copy_text(
        "SELECT d.name AS database_name, u.object_id,"
        " OBJECT_NAME(u.object_id, u.database_id) AS table_name,"
        " MAX(u.last_user_update) AS last_write"
        " FROM sys.dm_db_index_usage_stats AS u"
        " JOIN sys.databases AS d ON d.database_id = u.database_id"
        " WHERE u.last_user_update IS NOT NULL"
        " GROUP BY d.name, u.object_id, u.database_id");
}

char *tsql_job_stop(const char *job_id)
{
    struct str text = {0};
    str_add(&text, "EXEC msdb.dbo.sp_stop_job @job_id = ");
    if (tsql_add_string(&text, job_id))
        return str_take(&text);
    str_free(&text);
    return NULL;
}

static char *set_database(const char *database, const char *what)
{
    struct str text = {0};
    str_add(&text, "ALTER DATABASE ");
    if (!tsql_add_identifier(&text, database)) {
        str_free(&text);
        return NULL;
    }
    str_format(&text, " SET %s", what);
    return str_take(&text);
}

char *tsql_set_single_user(const char *database)
{
    return set_database(database, "SINGLE_USER WITH NO_WAIT");
}

char *tsql_set_offline(const char *database)
{
    return set_database(database, "OFFLINE WITH NO_WAIT");
}

char *tsql_set_online(const char *database)
{
    return set_database(database, "ONLINE");
}

char *tsql_set_multi_user(const char *database)
{
    return set_database(database, "MULTI_USER");
}
