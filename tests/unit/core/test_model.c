#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/json.h"
#include "core/model.h"

static void the_contracts_words_are_those_of_the_documents(void **state)
{
    (void)state;
    assert_string_equal(route_name(ROUTE_ROLL_FORWARD), "roll-forward");
    assert_string_equal(route_name(ROUTE_RECOVERED_AT_MARK), "recovered-at-mark");
    assert_string_equal(situation_name(SITUATION_SOURCE_LOST), "source-lost");
    assert_string_equal(step_kind_name(STEP_RESTORE_FULL), "restore-full");
    assert_string_equal(set_standing_name(STANDING_IN_PROGRESS), "in-progress");
    assert_string_equal(loss_basis_name(LOSS_LAST_SEEN), "last-seen");
    assert_string_equal(verdict_name(VERDICT_ACKNOWLEDGED), "acknowledged");
    assert_string_equal(database_state_name(STATE_RESTORING), "RESTORING");
    assert_null(evidence_name(EVIDENCE_NONE)); /* null in JSON, never a word */
    assert_string_equal(route_name((enum route)99), "?");
}

static void every_run_state_has_a_name_of_its_own_that_leads_back(void **state)
{
    (void)state;
    for (int i = RUN_PLANNED; i <= RUN_ABORTED; i++) {
        enum run_state back = RUN_PLANNED;
        assert_true(run_state_from_name(&back, run_state_name((enum run_state)i)));
        assert_int_equal(back, i);
    }
    for (int i = STEP_PLANNED; i <= STEP_UNKNOWN; i++) {
        enum step_state back = STEP_PLANNED;
        assert_true(step_state_from_name(&back, step_state_name((enum step_state)i)));
        assert_int_equal(back, i);
    }
}

static void an_unknown_word_changes_nothing(void **state)
{
    (void)state;
    enum situation situation = SITUATION_REHEARSAL;
    enum method method = METHOD_SCRIPT;
    assert_false(situation_from_name(&situation, "source lost"));
    assert_false(method_from_name(&method, ""));
    assert_int_equal(situation, SITUATION_REHEARSAL);
    assert_int_equal(method, METHOD_SCRIPT);
}

static void unknown_is_null_in_json_and_null_is_unknown(void **state)
{
    (void)state;
    json_t *values[] = {json_from_time(TIME_UNKNOWN), json_from_duration(DURATION_UNKNOWN),
                        json_from_text(NULL), json_from_size(SIZE_UNKNOWN)};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(json_is_null(values[i]));
    assert_true(json_to_time(values[0]) == TIME_UNKNOWN);
    assert_true(json_to_duration(values[1]) == DURATION_UNKNOWN);
    assert_null(json_to_text(values[2]));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        json_decref(values[i]);
}

static void times_and_durations_survive_json(void **state)
{
    static const int64_t values_ms[] = {0, 1, 999, 1000, -5000, 547, INT64_C(1795176000547)};
    (void)state;
    for (size_t i = 0; i < sizeof values_ms / sizeof *values_ms; i++) {
        json_t *time = json_from_time(values_ms[i]);
        json_t *duration = json_from_duration(values_ms[i]);
        assert_int_equal(json_to_time(time), values_ms[i]);
        assert_int_equal(json_to_duration(duration), values_ms[i]);
        json_decref(time);
        json_decref(duration);
    }
}

static void a_text_that_is_not_utf8_still_makes_a_document(void **state)
{
    (void)state;
    json_t *value = json_from_text("a\xff\x1b");
    assert_string_equal(json_to_text(value), "a\xef\xbf\xbd\xef\xbf\xbd");
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_contracts_words_are_those_of_the_documents),
        cmocka_unit_test(every_run_state_has_a_name_of_its_own_that_leads_back),
        cmocka_unit_test(an_unknown_word_changes_nothing),
        cmocka_unit_test(unknown_is_null_in_json_and_null_is_unknown),
        cmocka_unit_test(times_and_durations_survive_json),
        cmocka_unit_test(a_text_that_is_not_utf8_still_makes_a_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
