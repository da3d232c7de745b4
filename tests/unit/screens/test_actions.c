#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "screens/actions.h"
#include "tui/keys.h"

/* The sets of scopes that screens have at once. */
static const unsigned together[] = {
    SCOPE_GLOBAL | SCOPE_LIST | SCOPE_OPERATE | SCOPE_DEMO,
    SCOPE_GLOBAL | SCOPE_TEXT | SCOPE_OPERATE | SCOPE_DEMO,
    SCOPE_GLOBAL | SCOPE_MATRIX | SCOPE_OPERATE | SCOPE_DEMO,
    SCOPE_GLOBAL | SCOPE_WIZARD | SCOPE_RUN | SCOPE_OPERATE | SCOPE_DEMO,
};

static void every_key_has_a_name_that_is_read_back(void **state)
{
    (void)state;
    for (int i = 1; i < ACTION_COUNT; i++) {
        const struct action *action = action_of((enum action_id)i);
        assert_int_not_equal(keys_parse(action->key), KEYS_NONE);
        if (action->second_key[0])
            assert_int_not_equal(keys_parse(action->second_key), KEYS_NONE);
        assert_true(action->help[0] != '\0');
        assert_true(action->help[strlen(action->help) - 1] != '.');
    }
}

static void no_key_means_two_things_on_one_screen(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof together / sizeof *together; t++)
        for (int a = 1; a < ACTION_COUNT; a++)
            for (int b = a + 1; b < ACTION_COUNT; b++) {
                const struct action *one = action_of((enum action_id)a);
                const struct action *two = action_of((enum action_id)b);
                if (!(one->scopes & together[t]) || !(two->scopes & together[t]))
                    continue;
                if (strcmp(one->key, two->key) == 0)
                    fail_msg("%s: \"%s\" and \"%s\"", one->key, one->help, two->help);
            }
}

static void names_are_found_only_where_they_work(void **state)
{
    (void)state;
    assert_int_equal(action_for_name("sets", SCOPE_GLOBAL), ACTION_SETS);
    assert_int_equal(action_for_name("SETS", SCOPE_GLOBAL), ACTION_SETS);
    assert_int_equal(action_for_name("restore", SCOPE_GLOBAL), ACTION_NONE);
    assert_int_equal(action_for_name("", SCOPE_GLOBAL), ACTION_NONE);
    assert_int_equal(action_for_key('R', SCOPE_GLOBAL), ACTION_NONE);
    assert_int_equal(action_for_key('R', SCOPE_GLOBAL | SCOPE_OPERATE), ACTION_RESTORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_a_name_that_is_read_back),
        cmocka_unit_test(no_key_means_two_things_on_one_screen),
        cmocka_unit_test(names_are_found_only_where_they_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
