/* xp_fileexist, which no page describes. Source: scripts in use: three flags in one row, or, where a
 * second argument takes it, the first of them alone. */
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "tests/lab/faults.h"
#include "tests/lab/model.h"
#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"

static const struct procedure_parameter fileexist_parameters[] = {
    {.name = "@filename", .type = PARAMETER_TEXT},
    {.name = "@exists",
     .type = PARAMETER_INT,
     .has_default = true,
     .default_text = "-1", /* nobody takes it: NULL is a variable that was never set */
     .output = true},
};

static bool can_be_seen(const struct instance *instance, const struct backup_file *file)
{
    enum folder_state folder = folder_state_of(instance, file->path);

    return folder != FOLDER_MISSING && folder != FOLDER_DENIED &&
           (file->state < FILE_MISSING || file->state == FILE_DENIED ||
            file->state == FILE_IN_USE || file->state > FILE_NO_LOGON);
}

/* A backup, or a file of one of the instance's databases. */
static bool is_file(struct instance *instance, const char *path)
{
    const struct backup_file *backup = lab_file(instance->lab, instance, path);

    if (backup != NULL) {
        return can_be_seen(instance, backup);
    }
    for (size_t i = 0; i < instance->databases_count; i++) {
        const struct database *database = instance->databases[i];
        for (size_t f = 0; f < database->files_count; f++) {
            if (text_equal_nocase(database->files[f].physical_name, path)) {
                return true;
            }
        }
    }
    return folder_state_of(instance, path) == FOLDER_OCCUPIED;
}

/* The lab has no folders of their own: those of its files are there. */
static bool holds(const char *folder, const char *path)
{
    size_t length = strlen(folder);

    while (length > 0 && (folder[length - 1] == '\\' || folder[length - 1] == '/')) {
        length--;
    }
    return length > 0 && strlen(path) > length && strncasecmp(folder, path, length) == 0 &&
           (path[length] == '\\' || path[length] == '/');
}

static bool is_folder(const struct instance *instance, const char *path)
{
    const struct lab *lab = instance->lab;

    for (size_t i = 0; i < lab->files_count; i++) {
        const struct backup_file *file = lab->files[i];
        if (holds(path, file->path) && (file->local_to == NULL || file->local_to == instance)) {
            return folder_state_of(instance, file->path) != FOLDER_MISSING;
        }
    }
    return holds(path, instance->data_path) || holds(path, instance->log_path) ||
           text_equal_nocase(path, instance->data_path) ||
           text_equal_nocase(path, instance->log_path);
}

static bool parent_is_folder(const struct instance *instance, const char *path)
{
    char parent[261];

    text_copy(parent, sizeof parent, path);
    size_t end = strlen(parent);
    while (end > 0 && parent[end - 1] != '\\' && parent[end - 1] != '/') {
        end--;
    }
    parent[end] = '\0';
    return end > 0 && is_folder(instance, parent);
}

static void send_flags(struct reply *reply, const bool flags[3])
{
    static const char *const names[] = {"File Exists", "File is a Directory",
                                        "Parent Directory Exists"};
    struct sql_column columns[3] = {0};
    struct row row = {0};

    for (size_t i = 0; i < 3; i++) {
        text_copy(columns[i].name, sizeof columns[i].name, names[i]);
        columns[i].type = (struct sql_type){.kind = SQL_INT, .nullable = true};
        row_int(&row, flags[i]);
    }
    reply_columns(reply, columns, 3);
    reply_row(reply, row.values);
    row_free(&row);
    reply_done(reply, REPLY_IN_PROCEDURE, DONE_MORE | DONE_COUNT, 193, 1);
}

static bool run_fileexist(struct session *session, struct database *database,
                          struct sql_value *arguments, struct reply *reply, int *return_value)
{
    (void)database;
    struct instance *instance = session->instance;

    *return_value = 1;
    if (!procedure_needs_value(&arguments[0], "@filename", "xp_fileexist", reply)) {
        return false;
    }
    const char *path = argument_text(&arguments[0]);
    bool folder = is_folder(instance, path);
    const bool flags[] = {!folder && is_file(instance, path), folder,
                          parent_is_folder(instance, path)};
    if (argument_number(&arguments[1], 0) == -1) {
        send_flags(reply, flags);
    } else {
        sql_value_free(&arguments[1]);
        arguments[1] = sql_integer(flags[0]);
    }
    *return_value = 0;
    return true;
}

static const struct native_procedure procedures[] = {
    PROCEDURE("xp_fileexist", "", fileexist_parameters, run_fileexist),
};

struct procedure_part procedures_file(void)
{
    return (struct procedure_part){procedures, sizeof procedures / sizeof *procedures};
}
