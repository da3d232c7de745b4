#include "tests/lab/catalog.h"

#include "core/base/text.h"
#include "tests/lab/model.h"
#include "tests/lab/reply.h"

bool catalog_has(const struct session *session, unsigned permissions)
{
    return session_is_sysadmin(session) || (session->login->permissions & permissions) != 0;
}

bool catalog_needs_server_state(struct session *session)
{
    if (catalog_has(session, PERMISSION_VIEW_SERVER_STATE)) {
        return true;
    }
    reply_error(session->reply, 300, 14, 1, 1, "",
                "%s permission is missing on object '%s', database '%s'.",
                session->instance->major_version >= 16 ? "VIEW SERVER PERFORMANCE STATE"
                                                       : "VIEW SERVER STATE",
                "server", "master");
    reply_error(session->reply, 297, 16, 1, 1, "", "The user may not do this.");
    return false;
}

bool catalog_check_select(struct session *session, const char *schema, const char *name,
                          const char *database)
{
    const struct database *place = instance_database(session->instance, database);
    if ((session_rights(session, place, schema, name) & RIGHT_SELECT) != 0 ||
        is_public_history(place, schema, name)) {
        return true;
    }
    reply_error(session->reply, 229, 14, 5, 1, "",
                "SELECT permission is missing on the object '%s', database '%s', schema '%s'.",
                name, database, schema);
    return false;
}

static const struct virtual_table *use(struct catalog_view *view)
{
    if (view->table.name == NULL) {
        size_t count;
        view->table = (struct virtual_table){
            .schema = view->schema,
            .name = view->name,
            .per_database = true,
            .columns = columns_parse(view->columns, &count, NULL),
            .fill = view->fill,
        };
        view->table.columns_count = count;
    }
    return &view->table;
}

const struct virtual_table *catalog_find(struct session *session, struct database *database,
                                         const char *schema, const char *name)
{
    (void)session;
    static struct catalog_part (*const parts[])(void) = {catalog_databases, catalog_server,
                                                         catalog_sessions,  catalog_schema,
                                                         catalog_agent,     catalog_storage,
                                                         catalog_lab,       catalog_msdb};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        struct catalog_part part = parts[p]();
        for (size_t i = 0; i < part.count; i++) {
            struct catalog_view *view = &part.views[i];
            if (text_equal_nocase(view->name, name) && text_equal_nocase(view->schema, schema) &&
                (view->database == NULL || text_equal_nocase(view->database, database->name))) {
                return use(view);
            }
        }
    }
    return NULL;
}
