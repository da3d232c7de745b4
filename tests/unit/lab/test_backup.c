/* BACKUP: the chain of logs, where it begins and where it ends, and what the set is told to be. */
#include "tests/unit/lab/restore_rules.h"

#define BACKUP(kind, name) "BACKUP " kind " Orders TO DISK = N'\\\\share\\" name ".bak'"
#define BACKED_UP "4035 3014"

static const struct backup_file *newest_file(const struct fixture *f)
{
    return f->lab->files[f->lab->files_count - 1];
}

static void after_a_recovery_the_first_full_backup_begins_the_chain(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "RECOVERY", DONE);
    assert_says(f, BACKUP("LOG", "early"), "4214 3013");
    assert_says(f, BACKUP("DATABASE", "new"), "4035 4035 3014");
    lab_lsn begun = newest_file(f)->first_lsn;
    assert_says(f, BACKUP("LOG", "first"), BACKED_UP);
    assert_true(newest_file(f)->first_lsn == begun);
    assert_true(newest_file(f)->begins_log_chain);
    lab_lsn end = newest_file(f)->last_lsn;
    assert_says(f, BACKUP("LOG", "second"), BACKED_UP);
    assert_true(newest_file(f)->first_lsn == end);
    assert_false(newest_file(f)->begins_log_chain);
}

static void a_log_of_the_new_chain_does_not_follow_the_old_one(void **state)
{
    struct fixture *f = *state;
    assert_says(f, FULL "RECOVERY", DONE);
    assert_says(f, BACKUP("DATABASE", "new"), "4035 4035 3014");
    assert_says(f, BACKUP("LOG", "first"), BACKED_UP);
    assert_says(f, "DROP DATABASE Orders", "");
    full_restored(f);
    assert_says(f, "RESTORE LOG Orders FROM DISK = N'\\\\share\\first.bak' WITH NORECOVERY",
                "4305 3013");
}

static void a_time_in_the_simple_model_breaks_the_chain(void **state)
{
    struct fixture *f = *state;
    struct session *source = session_open_internal(f->source, "master", "test", f->reply);
    assert_string_equal(say(source, BACKUP("LOG", "log4")), BACKED_UP);
    assert_string_equal(say(source, "ALTER DATABASE Orders SET RECOVERY BULK_LOGGED"), "");
    assert_string_equal(say(source, BACKUP("LOG", "log5")), BACKED_UP);
    assert_string_equal(say(source, "ALTER DATABASE Orders SET RECOVERY SIMPLE"), "");
    assert_string_equal(say(source, BACKUP("LOG", "log6")), "4208 3013");
    assert_string_equal(say(source, "ALTER DATABASE Orders SET RECOVERY FULL"), "");
    assert_string_equal(say(source, BACKUP("LOG", "log6")), "4214 3013");
    assert_string_equal(say(source, BACKUP("DATABASE", "copy") " WITH COPY_ONLY"),
                        "4035 4035 3014");
    assert_string_equal(say(source, BACKUP("LOG", "log6")), "4214 3013");
    assert_string_equal(say(source, BACKUP("DATABASE", "diff") " WITH DIFFERENTIAL"),
                        "4035 4035 3014");
    assert_string_equal(say(source, BACKUP("LOG", "log6")), BACKED_UP);
    assert_true(newest_file(f)->begins_log_chain);
    session_close_internal(source);
}

static void an_appended_set_tells_its_position(void **state)
{
    struct fixture *f = *state;
    struct session *source = session_open_internal(f->source, "master", "test", f->reply);
    assert_string_equal(say(source, BACKUP("LOG", "log3")), BACKED_UP);
    assert_int_equal(newest_file(f)->position, 2);
    struct reply *reply = reply_new_sink();
    engine_run_internal(source, BACKUP("LOG", "log3"), reply);
    assert_non_null(strstr(reply_sink_messages(reply), "on file 3."));
    reply_free(reply);
    session_close_internal(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_ONCE(after_a_recovery_the_first_full_backup_begins_the_chain)
        RULE_ONCE(a_log_of_the_new_chain_does_not_follow_the_old_one)
        RULE_ONCE(a_time_in_the_simple_model_breaks_the_chain)
        RULE_ONCE(an_appended_set_tells_its_position)
    };
    return run_rules(tests, sizeof tests / sizeof *tests);
}
