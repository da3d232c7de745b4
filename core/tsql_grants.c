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

/* One right: what it is for, and what else it permits. */
static void add_grant(struct str *out, const struct names *names, const char *right,
                      const char *why, const char *also)
{
    str_format(out, "-- %s. Also permits: %s.\nGRANT %s TO %s;\n", why, also, right,
               str_text(&names->login));
}

static void add_member(struct str *out, const struct names *names, const char *role,
                       const char *why, const char *also)
{
    str_format(out, "-- %s. Also permits: %s.\nALTER %s ADD MEMBER %s;\n", why, also, role,
               str_text(&names->login));
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
    add_grant(out, names, "VIEW SERVER STATE", "Sessions, services, disks, progress",
              "reading the statements of all sessions, which may hold data");
    add_grant(out, names, "VIEW ANY DEFINITION", "Files, redo points, certificates, logins, links",
              "reading the definition of every object on this server");
    add_grant(out, names, "CONNECT ANY DATABASE", "Looking for MarkLog and users",
              "being in every database, later ones too, without reading its data");
    add_use(out, "msdb");
    add_user(out, names);
    add_member(out, names, "ROLE db_datareader", "Backups, marks, restores, jobs",
               "reading everything in msdb: job steps, mails, packages");
}

/* Only one of the sources hosts the management database; which one need not be known here. */
static bool add_management(struct str *out, const struct names *names)
{
    static const char *const tables[] = {"adm_BackupHistory", "admv_BackupDatabases", "adm_Group",
                                         "adm_MessageBox",    "adm_OtherBackupDatabases",
                                         "adm_BackupSettings", "adm_ForceFullBackup", "adm_Server",
                                         "adm_OtherDatabases", "TDDS_Sources", "TDDS_Destinations"};
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
    str_format(out,
               "GO\n-- Sets, marks, the group's databases. Also permits: nothing.\n"
               "IF DB_ID(%s) IS NOT NULL\n    EXEC (%s);\n",
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
    str_add(out, "-- What was imported and restored. Also permits: nothing.\n");
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        str_format(out, "GRANT SELECT ON dbo.%s TO %s;\n", tables[i], login);
}

static void add_restore(struct str *out, const struct names *names)
{
    add_use(out, "master");
    add_member(out, names, "SERVER ROLE dbcreator", "RESTORE and its headers",
               "creating, altering, dropping and restoring every database of this server");
    add_grant(out, names, "SELECT ALL USER SECURABLES",
              "MarkLog in what was restored (SQL Server 2014 or later)",
              "reading all data of all databases");
    str_add(out, "-- [restore] checkdb asks for more: sysadmin, or db_owner in each database. Not "
                 "given here.\n");
    add_use(out, "msdb");
    add_member(out, names, "ROLE SQLAgentOperatorRole", "Disabling BizTalk's jobs",
               "seeing, starting, stopping and disabling every job, and having jobs of its own");
}

/* A planned move and a migration write to the sources; a site that knows neither leaves it out. */
static void add_move(struct str *out, const struct names *names)
{
    add_use(out, "master");
    add_grant(out, names, "ALTER ANY DATABASE",
              "A planned move or migration sets the group's databases OFFLINE",
              "altering and setting OFFLINE every database of this server");
    add_use(out, "msdb");
    add_member(out, names, "ROLE SQLAgentOperatorRole",
               "A planned move or migration disables the jobs and runs the backup job once",
               "seeing, starting, stopping and disabling every job, and having jobs of its own");
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
                  "RESTORE HEADERONLY asks for it: files are proven, not believed",
                  "creating databases, and restoring backups as databases of its own");
    }
    if (destination && grants->restore)
        add_restore(out, names);
    if (!destination && grants->restore)
        add_move(out, names);
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
