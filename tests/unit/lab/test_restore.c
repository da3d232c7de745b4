#include "tests/unit/lab/estate_fixture.h"

static void a_full_restore_leaves_the_database_restoring_at_its_last_lsn(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
    assert_true(restored(f)->redo_lsn == f->full->last_lsn);
}

static void logs_in_order_move_the_redo_lsn_along(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    for (int i = 1; i <= FIXTURE_LOGS; i++) {
        assert_true(restore_log(f, i, NULL));
        assert_true(restored(f)->redo_lsn == f->logs[i - 1]->last_lsn);
    }
}

static void a_log_without_its_database_is_3118(void **state)
{
    struct fixture *f = *state;
    assert_fails(f, restore_log(f, 1, NULL), 3118);
}

static void a_gap_between_logs_is_4305(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    assert_fails(f, restore_log(f, 2, NULL), 4305);
    assert_true(restored(f)->redo_lsn == f->full->last_lsn);
}

static void a_log_applied_already_is_4326(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && restore_log(f, 1, NULL) && restore_log(f, 2, NULL));
    assert_fails(f, restore_log(f, 1, NULL), 4326);
}

static void a_log_that_ends_at_the_redo_lsn_follows_its_switch(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && restore_log(f, 1, NULL));
    assert_fails(f, restore_log(f, 1, NULL), 4326);
    f->lab->switches.log_edge_equal_applies = true;
    assert_true(restore_log(f, 1, NULL));
    assert_true(restored(f)->redo_lsn == f->logs[0]->last_lsn);
}

static void a_missing_file_is_3201(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    f->logs[0]->state = FILE_MISSING;
    assert_fails(f, restore_log(f, 1, NULL), 3201);
    f->logs[0]->state = FILE_DENIED;
    assert_fails(f, restore_log(f, 1, NULL), 3201);
}

static void a_corrupt_file_is_3241_and_a_damaged_set_3189(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    f->logs[0]->state = FILE_CORRUPT;
    assert_fails(f, restore_log(f, 1, NULL), 3241);
    f->logs[0]->state = FILE_READABLE;
    f->logs[0]->damaged = true;
    assert_fails(f, restore_log(f, 1, NULL), 3189);
}

static void a_position_after_the_end_is_3287(void **state)
{
    struct fixture *f = *state;
    struct restore_statement statement = restore_of(RESTORE_DATABASE, f->full->path);
    statement.file_position = 2;
    assert_fails(f, admin_restore(f->session, &statement, f->reply), 3287);
}

static void a_log_on_an_online_database_is_3117(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && recover(f));
    assert_fails(f, restore_log(f, 1, NULL), 3117);
}

static void recovering_twice_is_3153(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && recover(f));
    assert_fails(f, recover(f), 3153);
}

static void a_mark_in_the_log_is_reached_inside_it(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && restore_log(f, 1, "MARK_2"));
    assert_false(last_record(f)->reached_stop);
    assert_true(restore_log(f, 2, "MARK_2"));
    assert_true(last_record(f)->reached_stop);
    lab_lsn redo = restored(f)->redo_lsn;
    assert_true(f->logs[1]->first_lsn <= redo && redo < f->logs[1]->last_lsn);
}

static void after_a_mark_the_next_log_is_4305(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && restore_log(f, 1, "MARK_2") && restore_log(f, 2, "MARK_2"));
    assert_fails(f, restore_log(f, 3, NULL), 4305);
    assert_true(restore_log(f, 2, NULL));
    assert_true(restore_log(f, 3, NULL));
}

static void a_mark_that_was_passed_is_never_found_again(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && restore_log(f, 1, NULL) && restore_log(f, 2, NULL));
    assert_true(restore_log(f, 3, "MARK_2"));
    assert_false(last_record(f)->reached_stop);
    assert_true(restored(f)->redo_lsn == f->logs[2]->last_lsn);
}

static void a_mark_name_has_case(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && restore_log(f, 1, "mark_1"));
    assert_false(last_record(f)->reached_stop);
}

static void recovery_with_an_unreached_mark_leaves_the_database_restoring(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    struct restore_statement statement = restore_of(RESTORE_LOG, f->logs[0]->path);
    statement.stop = RESTORE_STOPATMARK;
    strcpy(statement.stop_name, "MARK_2");
    statement.end = RESTORE_RECOVERY;
    assert_true(admin_restore(f->session, &statement, f->reply));
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
}

static void stopping_before_a_mark_leaves_its_transaction_out(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    struct restore_statement statement = restore_of(RESTORE_LOG, f->logs[0]->path);
    statement.stop = RESTORE_STOPBEFOREMARK;
    strcpy(statement.stop_name, "MARK_1");
    assert_true(admin_restore(f->session, &statement, f->reply));
    assert_true(last_record(f)->reached_stop);
    const struct log_record *mark =
        timeline_find_mark(f->origin->timeline, "MARK_1", 0, f->logs[0]->last_lsn, NULL);
    assert_non_null(mark);
    assert_true(restored(f)->redo_lsn == mark->begin_lsn && mark->begin_lsn < mark->lsn);
}

static void an_lsn_is_a_mark_too(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    const struct log_record *mark =
        timeline_find_mark(f->origin->timeline, "MARK_1", 0, f->logs[0]->last_lsn, NULL);
    char digits[26], name[40];
    lab_lsn_format(digits, mark->lsn);
    snprintf(name, sizeof name, "lsn:%s", digits);
    assert_true(restore_log(f, 1, name));
    assert_true(last_record(f)->reached_stop);
    assert_true(restored(f)->redo_lsn > mark->lsn);
    assert_fails(f, restore_log(f, 1, "lsn:abc"), 4334);
}

static void a_mark_name_in_restore_database_is_4340(void **state)
{
    struct fixture *f = *state;
    struct restore_statement statement = restore_of(RESTORE_DATABASE, f->full->path);
    statement.stop = RESTORE_STOPATMARK;
    strcpy(statement.stop_name, "MARK_1");
    assert_fails(f, admin_restore(f->session, &statement, f->reply), 4340);
}

static void a_session_in_the_database_blocks_with_3101(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    struct restore_statement standby = restore_of(RESTORE_DATABASE, NULL);
    standby.end = RESTORE_STANDBY;
    strcpy(standby.standby_file, "D:\\undo.dat");
    assert_true(admin_restore(f->session, &standby, f->reply));
    struct session *reader = session_open_internal(f->destination, "Orders", "reader", f->reply);
    assert_fails(f, restore_log(f, 1, NULL), 3101);
    session_close_internal(reader);
    f->session->database = restored(f);
    assert_fails(f, restore_log(f, 1, NULL), 3102);
    f->session->database = instance_database(f->destination, "master");
    assert_true(restore_log(f, 1, NULL));
}

static void another_family_is_3154_without_replace(void **state)
{
    struct fixture *f = *state;
    instance_add_database(f->destination, "Orders", false);
    struct restore_statement statement = restore_of(RESTORE_DATABASE, f->full->path);
    assert_fails(f, admin_restore(f->session, &statement, f->reply), 3154);
    statement.replace = true;
    assert_true(admin_restore(f->session, &statement, f->reply));
}

static void an_online_database_with_a_log_tail_is_3159(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && recover(f));
    assert_fails(f, restore_full(f), 3159);
}

static void a_file_of_another_database_in_the_way_is_1834_and_3119(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    struct restore_statement statement = restore_of(RESTORE_DATABASE, f->full->path);
    strcpy(statement.database, "Copy");
    assert_fails(f, admin_restore(f->session, &statement, f->reply), 1834);
    statement.moves_count = 2;
    strcpy(statement.moves[0].logical_name, "Orders");
    strcpy(statement.moves[0].path, "D:\\Data\\Copy.mdf");
    strcpy(statement.moves[1].logical_name, "Orders_log");
    strcpy(statement.moves[1].path, "L:\\Log\\Copy.ldf");
    assert_true(admin_restore(f->session, &statement, f->reply));
    strcpy(statement.moves[1].logical_name, "no such file");
    assert_fails(f, admin_restore(f->session, &statement, f->reply), 3234);
}

static void logs_after_a_recovery_elsewhere_conflict_with_4330(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && restore_log(f, 1, NULL) && recover(f));
    struct database *fork = restored(f);
    int64_t now = lab_now_utc_ms(f->lab);
    struct backup_file *full =
        database_backup(fork, "\\\\share\\fork.bak", 'D', false, now, now, 400000, "sa");
    struct restore_statement statement = restore_of(RESTORE_DATABASE, full->path);
    statement.replace = true;
    assert_true(admin_restore(f->session, &statement, f->reply));
    /* the source's next log comes from the path that was left */
    restored(f)->redo_lsn = f->logs[1]->first_lsn + 1;
    assert_fails(f, restore_log(f, 2, NULL), 4330);
}

static void an_interrupted_full_restore_takes_no_log(void **state)
{
    struct fixture *f = *state;
    f->session->killed = true;
    assert_fails(f, restore_full(f), 3204);
    f->session->killed = false;
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
    assert_fails(f, restore_log(f, 1, NULL), 4319);
    assert_true(restore_full(f));
    assert_true(restore_log(f, 1, NULL));
}

static void an_interrupted_log_can_be_sent_again(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    f->session->killed = true;
    assert_fails(f, restore_log(f, 1, NULL), 3204);
    f->session->killed = false;
    assert_true(restored(f)->redo_lsn == f->full->last_lsn);
    assert_true(restore_log(f, 1, NULL));
}

static void a_restore_inside_a_transaction_is_3021(void **state)
{
    struct fixture *f = *state;
    f->session->transaction_depth = 1;
    assert_false(restore_full(f));
    f->session->transaction_depth = 0;
    assert_null(instance_database(f->destination, "Orders"));
}

static void content_follows_the_redo_lsn(void **state)
{
    struct fixture *f = *state;
    struct restore_statement standby = restore_of(RESTORE_DATABASE, NULL);
    standby.end = RESTORE_STANDBY;
    strcpy(standby.standby_file, "D:\\undo.dat");
    assert_true(restore_full(f) && restore_log(f, 1, "MARK_2") && restore_log(f, 2, "MARK_2"));
    assert_true(admin_restore(f->session, &standby, f->reply));
    assert_true(restored(f)->standby);
    assert_true(engine_table_exists(f->destination->engine, restored(f), "dbo", "MarkLog"));
}

static void an_encrypted_backup_without_its_certificate_is_33111(void **state)
{
    struct fixture *f = *state;
    f->full->encrypted = true;
    memset(f->full->tde_thumbprint, 7, sizeof f->full->tde_thumbprint);
    assert_fails(f, restore_full(f), 33111);
    f->destination->has_certificate = true;
    assert_fails(f, restore_full(f), 33111);
    memset(f->destination->certificate_thumbprint, 7, sizeof f->full->tde_thumbprint);
    assert_true(restore_full(f));
}

static void a_mirrored_database_cannot_be_restored_over_with_3104(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && recover(f));
    restored(f)->mirrored = true;
    assert_fails(f, restore_full(f), 3104);
}

static void a_newer_version_s_backup_is_3169(void **state)
{
    struct fixture *f = *state;
    f->destination->major_version = 15;
    assert_fails(f, restore_full(f), 3169);
}

static void a_full_disk_is_3257(void **state)
{
    struct fixture *f = *state;
    f->destination->disk_free_bytes = 1000;
    assert_fails(f, restore_full(f), 3257);
}

static void the_wrong_kind_of_set_is_3135(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    struct restore_statement statement = restore_of(RESTORE_LOG, f->full->path);
    assert_fails(f, admin_restore(f->session, &statement, f->reply), 3135);
    statement = restore_of(RESTORE_DATABASE, f->logs[0]->path);
    assert_fails(f, admin_restore(f->session, &statement, f->reply), 3135);
}

static void a_stop_inside_bulk_logged_work_is_4341(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    f->logs[0]->bulk_logged = true;
    assert_fails(f, restore_log(f, 1, "MARK_1"), 4341);
    assert_true(restore_log(f, 1, NULL));
}

static void a_time_that_was_passed_is_4335_and_one_not_reached_leaves_restoring(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f));
    struct restore_statement statement = restore_of(RESTORE_LOG, f->logs[0]->path);
    struct sql_value later = sql_time_utc_ms(FIXTURE_NOW + 86400000, 0);
    statement.stop = RESTORE_STOPAT;
    statement.stop_at_ticks = later.integer;
    statement.end = RESTORE_RECOVERY;
    assert_true(admin_restore(f->session, &statement, f->reply));
    assert_int_equal(restored(f)->state, DATABASE_RESTORING);
    struct sql_value earlier = sql_time_utc_ms(FIXTURE_NOW + 1000, 0);
    struct restore_statement second = restore_of(RESTORE_LOG, f->logs[1]->path);
    second.stop = RESTORE_STOPAT;
    second.stop_at_ticks = earlier.integer;
    assert_false(admin_restore(f->session, &second, f->reply));
    int number = last_record(f)->error_number;
    assert_true(number == 4335 || number == 4338);
}

static void an_alter_of_a_restoring_database_is_5052(void **state)
{
    struct fixture *f = *state;
    struct alter_database_statement alter = {.action = ALTER_USER_ACCESS, .value = 1, .line = 1};
    strcpy(alter.database, "Orders");
    assert_true(restore_full(f));
    assert_false(admin_alter_database(f->session, &alter, f->reply));
    assert_int_equal(reply_sink_last_error(f->reply), 5069);
    assert_non_null(strstr(reply_sink_messages(f->reply), "5052"));
}

static void single_user_evicts_the_others(void **state)
{
    struct fixture *f = *state;
    assert_true(restore_full(f) && recover(f));
    struct session *other = session_open_internal(f->destination, "Orders", "other", f->reply);
    struct alter_database_statement alter = {
        .action = ALTER_USER_ACCESS, .value = 1, .rollback_immediate = true, .line = 1};
    strcpy(alter.database, "Orders");
    assert_true(admin_alter_database(f->session, &alter, f->reply));
    assert_true(other->killed);
    session_close_internal(other);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_full_restore_leaves_the_database_restoring_at_its_last_lsn),
        CASE(logs_in_order_move_the_redo_lsn_along),
        CASE(a_log_without_its_database_is_3118),
        CASE(a_gap_between_logs_is_4305),
        CASE(a_log_applied_already_is_4326),
        CASE(a_log_that_ends_at_the_redo_lsn_follows_its_switch),
        CASE(a_missing_file_is_3201),
        CASE(a_corrupt_file_is_3241_and_a_damaged_set_3189),
        CASE(a_position_after_the_end_is_3287),
        CASE(a_log_on_an_online_database_is_3117),
        CASE(recovering_twice_is_3153),
        CASE(a_mark_in_the_log_is_reached_inside_it),
        CASE(after_a_mark_the_next_log_is_4305),
        CASE(a_mark_that_was_passed_is_never_found_again),
        CASE(a_mark_name_has_case),
        CASE(recovery_with_an_unreached_mark_leaves_the_database_restoring),
        CASE(stopping_before_a_mark_leaves_its_transaction_out),
        CASE(an_lsn_is_a_mark_too),
        CASE(a_mark_name_in_restore_database_is_4340),
        CASE(a_session_in_the_database_blocks_with_3101),
        CASE(another_family_is_3154_without_replace),
        CASE(an_online_database_with_a_log_tail_is_3159),
        CASE(a_file_of_another_database_in_the_way_is_1834_and_3119),
        CASE(logs_after_a_recovery_elsewhere_conflict_with_4330),
        CASE(an_interrupted_full_restore_takes_no_log),
        CASE(an_interrupted_log_can_be_sent_again),
        CASE(a_restore_inside_a_transaction_is_3021),
        CASE(content_follows_the_redo_lsn),
        CASE(an_encrypted_backup_without_its_certificate_is_33111),
        CASE(a_mirrored_database_cannot_be_restored_over_with_3104),
        CASE(a_newer_version_s_backup_is_3169),
        CASE(a_full_disk_is_3257),
        CASE(the_wrong_kind_of_set_is_3135),
        CASE(a_stop_inside_bulk_logged_work_is_4341),
        CASE(a_time_that_was_passed_is_4335_and_one_not_reached_leaves_restoring),
        CASE(an_alter_of_a_restoring_database_is_5052),
        CASE(single_user_evicts_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
