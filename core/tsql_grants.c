#include "core/tsql_grants.h"

#include "core/base/text.h"
#include "core/tsql.h"

/* The names as they stand in statements. */
struct names {
    struct str login, login_text, management, management_text;
};

/* A script is read by client tools, to which a line "GO" ends a batch wherever it stands: no name in
 * it may hold a newline. */
static bool quote(struct names *names, const struct tsql_grants *grants)
{
    return grants->login != NULL && text_is_clean(grants->login) && grants->server != NULL &&
           text_is_clean(grants->server) && grants->management_database != NULL &&
           text_is_clean(grants->management_database) &&
           tsql_add_identifier(&names->login, grants->login) &&
           tsql_add_string(&names->login_text, grants->login) &&
           tsql_add_identifier(&names->management, grants->management_database) &&
           tsql_add_string(&names->management_text, grants->management_database);
}

static void free_names(struct names *names)
{
    str_free(&names->login);
    str_free(&names->login_text);
    str_free(&names->management);
    str_free(&names->management_text);
}

static void add_grant(struct str *out, const struct names *names, const char *right,
                      const char *why)
{
    str_format(out, "GRANT %s TO %s; -- %s\n", right, str_text(&names->login), why);
}

/* A user for the login in the current database. */
static void add_user(struct str *out, const struct names *names)
{
    const char *login = str_text(&names->login);
    str_format(out,
               "IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = %s) "
               "CREATE USER %s FOR LOGIN %s;\n",
               str_text(&names->login_text), login, login);
}

static void add_use(struct str *out, const char *database)
{
    str_format(out, "GO\nUSE %s;\n", database);
}

/* Both logins look at the server, its databases and msdb. */
static void add_common(struct str *out, const struct names *names)
{
    add_grant(out, names, "VIEW SERVER STATE", "sessions, services, progress");
    add_grant(out, names, "VIEW ANY DEFINITION", "files, redo points, procedures");
    add_grant(out, names, "CONNECT ANY DATABASE", "to look for MarkLog; it gives no data");
    add_use(out, "msdb");
    add_user(out, names);
    str_format(out, "ALTER ROLE db_datareader ADD MEMBER %s; -- backups, marks, restores, jobs\n",
               str_text(&names->login));
}

/* Only one of the sources hosts the management database; which one need not be known here. */
static bool add_management(struct str *out, const struct names *names)
{
    static const char *const tables[] = {"adm_BackupHistory", "admv_BackupDatabases", "adm_Group",
                                         "adm_MessageBox",    "adm_OtherBackupDatabases",
                                         "adm_BackupSettings", "adm_ForceFullBackup", "adm_Server"};
    const char *login = str_text(&names->login);
    struct str inner = {0}, quoted = {0};
    str_format(&inner,
               "USE %s; IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = %s) "
               "CREATE USER %s FOR LOGIN %s;",
               str_text(&names->management), str_text(&names->login_text), login, login);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        str_format(&inner, " IF OBJECT_ID(N'dbo.%s') IS NOT NULL GRANT SELECT ON dbo.%s TO %s;",
                   tables[i], tables[i], login);
    bool fine = tsql_add_string(&quoted, str_text(&inner));
    str_format(out, "GO\nIF DB_ID(%s) IS NOT NULL\n    EXEC (%s);\n",
               str_text(&names->management_text), str_text(&quoted));
    str_free(&inner);
    str_free(&quoted);
    return fine;
}

static void add_destination(struct str *out, const struct names *names)
{
    static const char *const tables[] = {"bts_LogShippingHistory", "bts_LogShippingLastRestoreSet",
                                         "bts_LogShippingDatabases"};
    const char *login = str_text(&names->login);
    add_use(out, "master");
    add_user(out, names);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        str_format(out, "GRANT SELECT ON dbo.%s TO %s;\n", tables[i], login);
}

static void add_restore(struct str *out, const struct names *names)
{
    const char *login = str_text(&names->login);
    add_use(out, "master");
    str_format(out, "ALTER SERVER ROLE dbcreator ADD MEMBER %s; -- RESTORE, HEADERONLY\n", login);
    add_grant(out, names, "SELECT ALL USER SECURABLES",
              "to read MarkLog in what was restored; SQL Server 2014 or later");
    add_use(out, "msdb");
    str_format(out,
               "ALTER ROLE SQLAgentOperatorRole ADD MEMBER %s; -- to disable BizTalk's jobs\n",
               login);
}

static bool add_script(struct str *out, const struct names *names,
                       const struct tsql_grants *grants)
{
    bool destination = grants->role == ROLE_DESTINATION;
    str_format(out, "-- %s (%s): to be run by an administrator. The login must exist.\n",
               grants->server, server_role_name(grants->role));
    str_add(out, "USE master;\n");
    add_common(out, names);
    if (destination)
        add_destination(out, names);
    else if (!add_management(out, names))
        return false;
    if (destination && grants->proof && !grants->restore) {
        add_use(out, "master");
        add_grant(out, names, "CREATE ANY DATABASE",
                  "RESTORE HEADERONLY asks for it: files are proven, not believed");
    }
    if (destination && grants->restore)
        add_restore(out, names);
    str_add(out, "GO\n");
    return true;
}

char *tsql_grants_script(const struct tsql_grants *grants)
{
    struct names names = {0};
    struct str out = {0};
    bool fine = quote(&names, grants) && add_script(&out, &names, grants);
    free_names(&names);
    if (fine)
        return str_take(&out);
    str_free(&out);
    return NULL;
}
