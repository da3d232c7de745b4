/* DBCC CHECKDB on the lab's servers. */
#include "tests/unit/lab/restore_rules.h"

static void online(struct fixture *f)
{
    assert_says(f, "RESTORE DATABASE Orders FROM DISK = N'\\\\share\\full.bak'", DONE);
}

static void it_tells_that_nothing_is_wrong(void **state)
{
    struct fixture *f = *state;
    online(f);
    assert_says(f, "DBCC CHECKDB (N'Orders')", "2536 8989 2528");
    assert_says(f, "dbcc checkdb ([Orders]) with physical_only, no_infomsgs", "");
}

static void a_bad_page_is_two_errors_and_a_summary(void **state)
{
    struct fixture *f = *state;
    online(f);
    database_becomes(f, "bad-page");
    assert_says(f, "DBCC CHECKDB (Orders) WITH NO_INFOMSGS, ALL_ERRORMSGS", "8928 8939 8989");
    database_becomes(f, "good");
    assert_says(f, "DBCC CHECKDB (Orders) WITH NO_INFOMSGS, ALL_ERRORMSGS", "");
}

static void it_needs_an_open_database_and_the_right(void **state)
{
    struct fixture *f = *state;
    assert_says(f, "DBCC CHECKDB (N'Nowhere')", "911");
    full_restored(f);
    assert_says(f, "DBCC CHECKDB (Orders)", "927");
    struct session *poor = session_with(f, PERMISSION_VIEW_SERVER_STATE);
    assert_string_equal(say(poor, "DBCC CHECKDB (Orders)"), "2571");
    session_close_internal(poor);
    assert_says(f, "DBCC CHECKDB (Orders) WITH NONSENSE", "102");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_ONCE(it_tells_that_nothing_is_wrong)
        RULE_ONCE(a_bad_page_is_two_errors_and_a_summary)
        RULE_ONCE(it_needs_an_open_database_and_the_right)
    };
    return run_rules(tests, sizeof tests / sizeof *tests);
}
