#include "tests/lab/catalog.h"
#include "tests/lab/model.h"

static void add_time_us(struct row *row, int64_t time_us)
{
    row_add(row, time_us == INT64_MIN ? sql_null() : sql_integer(time_us));
}

/* What the lab itself saw of every RESTORE: suites assert from here, not from the product's word.
 */
static bool fill_record(struct session *session, struct database *database, struct row_sink *sink)
{
    (void)database;
    const struct lab *lab = session->instance->lab;
    for (size_t i = 0; i < lab->restores_count; i++) {
        const struct restore_record *record = &lab->restores[i];
        struct row row = {0};
        row_int(&row, (int64_t)i + 1);
        row_text(&row, record->instance);
        row_text(&row, record->database);
        row_text(&row, record->login);
        row_text(&row, record->application);
        row_text(&row, record->kind);
        row_text(&row, record->path);
        row_text(&row, record->stop_kind);
        row_text(&row, record->stop_name);
        row_text(&row, record->end);
        row_add(&row, sql_time_utc_ms(record->started_utc_ms, 0));
        row_add(&row, record->ended_utc_ms == INT64_MIN ? sql_null()
                                                        : sql_time_utc_ms(record->ended_utc_ms, 0));
        row_int(&row, record->succeeded);
        row_int(&row, record->reached_stop);
        row_int(&row, record->error_number);
        row_lsn(&row, record->redo_lsn);
        add_time_us(&row, record->done_sent_us);
        add_time_us(&row, record->next_request_us);
        row_send(&row, sink);
    }
    return true;
}

static bool fill_switches(struct session *session, struct database *database,
                          struct row_sink *sink)
{
    (void)database;
    struct switches *switches = &session->instance->lab->switches;
    for (size_t i = 0; switch_name(i) != NULL; i++) {
        struct row row = {0};
        row_text(&row, switch_name(i));
        row_int(&row, *switch_value(switches, i));
        row_send(&row, sink);
    }
    return true;
}

static struct catalog_view views[] = {
    {.schema = "dbo",
     .name = "lab_record",
     .database = "master",
     .columns = "id int not null, server_name nvarchar(128), database_name nvarchar(128),"
                "login_name nvarchar(128), program_name nvarchar(128), kind nvarchar(24),"
                "path nvarchar(520), stop_kind nvarchar(24), stop_name nvarchar(260),"
                "restore_end nvarchar(16), started_utc datetime2(3), ended_utc datetime2(3),"
                "succeeded bit, reached_stop bit, error_number int, redo_lsn numeric(25,0),"
                "done_sent_us bigint, next_request_us bigint",
     .fill = fill_record},
    {.schema = "dbo",
     .name = "lab_switches",
     .database = "master",
     .columns = "name sysname not null, value bit not null",
     .fill = fill_switches},
};

struct catalog_part catalog_lab(void)
{
    return (struct catalog_part){views, sizeof views / sizeof *views};
}
