/* For the tests of the RESTORE state machine's rules: T-SQL in, the sequence of messages out, each
 * compared with its true number, severity, state and parameters. Static functions, for test files
 * only. A file defines RULES_PART to its RULE_... macros' work before including this. */
#ifndef STOPMARK_UNIT_LAB_RESTORE_RULES_H
#define STOPMARK_UNIT_LAB_RESTORE_RULES_H

#include <stdlib.h>

#include "tests/lab/faults.h"
#include "tests/lab/restore_message.h"
#include "tests/unit/lab/estate_fixture.h"

struct told {
    int number, severity, state;
    char text[600];
};

static struct told told[64];
static size_t told_count;
static size_t told_columns, told_rows;
static char told_first[300];
static bool switch_on; /* the switch of a rule that runs under both values */

/* All numbers that were ever seen, for the closing line. */
static int ever_seen[200];
static size_t ever_seen_count;

static void remember(int number)
{
    for (size_t i = 0; i < ever_seen_count; i++) {
        if (ever_seen[i] == number) {
            return;
        }
    }
    ever_seen[ever_seen_count++] = number;
}

static bool rules_see_error(void *context, int number, int severity, int state, int line,
                            const char *procedure, const char *text)
{
    (void)context;
    (void)line;
    (void)procedure;
    assert_true(told_count < sizeof told / sizeof *told);
    told[told_count] =
        (struct told){.number = number, .severity = severity, .state = state, .text = ""};
    text_copy(told[told_count++].text, sizeof told[0].text, text);
    return false;
}

static void rules_see_columns(void *context, const struct sql_column *columns, size_t count)
{
    (void)context;
    (void)columns;
    told_columns = count;
    told_rows = 0;
}

static void rules_see_row(void *context, const struct sql_value *values)
{
    (void)context;
    if (told_rows++ > 0) {
        return;
    }
    if (values[0].null) {
        strcpy(told_first, "NULL");
    } else if (values[0].bytes != NULL) {
        text_copy(told_first, sizeof told_first, values[0].bytes);
    } else {
        snprintf(told_first, sizeof told_first, "%lld", (long long)values[0].integer);
    }
}

/* Runs a batch in a session; returns the numbers of all its messages in order, "4035 3014". */
static inline const char *say(struct session *session, const char *text)
{
    static char numbers[400];
    struct reply *reply = reply_new_sink(), *before = session->reply;
    struct reply_observer observer = {
        .error = rules_see_error, .columns = rules_see_columns, .row = rules_see_row};
    told_count = told_columns = told_rows = 0;
    told_first[0] = numbers[0] = '\0';
    session->reply = reply;
    reply_set_observer(reply, &observer);
    engine_run_batch(session, text, reply);
    for (const char *at = reply_sink_messages(reply); *at != '\0'; at++) {
        int number;
        if (sscanf(at, "] (Error %d)", &number) == 1 || sscanf(at, "] (Message %d)", &number) == 1) {
            size_t length = strlen(numbers);
            snprintf(numbers + length, sizeof numbers - length, "%s%d", length == 0 ? "" : " ",
                     number);
            remember(number);
        }
    }
    session->reply = before;
    reply_free(reply);
    return numbers;
}

#define assert_says(f, text, numbers) assert_string_equal(say((f)->session, (text)), (numbers))

/* The error of that number among those of the last batch, with its severity, state and
 * parameters in order (as the table's text has them; the last argument is NULL). */
static inline void assert_told(int number, int severity, int state, ...)
{
    const struct restore_message *message = restore_message(number);
    const char *parameters[10] = {0};
    char expected[600];
    size_t count = 0, i = 0;
    va_list arguments;
    va_start(arguments, state);
    for (const char *at; (at = va_arg(arguments, const char *)) != NULL;) {
        parameters[count++] = at;
    }
    va_end(arguments);
    assert_non_null(message);
    assert_int_equal(count, strlen(message->parameters));
    while (i < told_count && told[i].number != number) {
        i++;
    }
    assert_true(i < told_count);
    assert_int_equal(told[i].severity, severity);
    assert_int_equal(told[i].state, state);
    restore_message_text(expected, sizeof expected, message, parameters);
    assert_string_equal(told[i].text, expected);
}

#define FULL "RESTORE DATABASE Orders FROM DISK = N'\\\\share\\full.bak' WITH "
#define LOG(n) "RESTORE LOG Orders FROM DISK = N'\\\\share\\log" #n ".bak' WITH "
#define DONE "4035 4035 3014"

static inline void full_restored(struct fixture *f)
{
    assert_says(f, FULL "NORECOVERY", DONE);
}

static inline void file_becomes(struct fixture *f, const char *name, const char *state)
{
    char text[300];
    snprintf(text, sizeof text, "EXEC sp_lab_file N'\\\\share\\%s.bak', N'%s'", name, state);
    assert_says(f, text, "");
}

static inline void database_becomes(struct fixture *f, const char *state)
{
    char text[300];
    snprintf(text, sizeof text, "EXEC sp_lab_database N'DRSQL1', N'Orders', N'%s'", state);
    assert_says(f, text, "");
}

/* A session on the destination, of a login with these permissions. */
static inline struct session *session_with(struct fixture *f, unsigned permissions)
{
    struct login *login = instance_add_login(f->destination, "somebody", "secret", permissions);
    struct session *session = session_open_internal(f->destination, "master", "somebody", f->reply);
    session->login = login;
    return session;
}

struct rule_variant {
    const char *switch_name;
    bool value;
};

static inline int rules_setup(void **state)
{
    const struct rule_variant *variant = *state;
    fixture_setup(state);
    struct fixture *f = *state;
    switch_on = variant != NULL && variant->value;
    for (size_t i = 0; variant != NULL && switch_name(i) != NULL; i++) {
        if (strcmp(switch_name(i), variant->switch_name) == 0) {
            *switch_value(&f->lab->switches, i) = variant->value;
            return 0;
        }
    }
    return variant == NULL ? 0 : 1;
}

#define RULE_ONCE(test)                                               \
    {.name = #test, .test_func = test, .setup_func = rules_setup, \
     .teardown_func = fixture_teardown},
#define RULE_TWICE(test, switched)                                          \
    {.name = #test " [" #switched " off]",                                  \
     .test_func = test,                                                     \
     .setup_func = rules_setup,                                             \
     .teardown_func = fixture_teardown,                                     \
     .initial_state = &(struct rule_variant){#switched, false}},            \
        {.name = #test " [" #switched " on]",                               \
         .test_func = test,                                                 \
         .setup_func = rules_setup,                                         \
         .teardown_func = fixture_teardown,                                 \
         .initial_state = &(struct rule_variant){#switched, true}},

/* Runs them; the closing line tells make check-restore-rules which messages were seen. */
static inline int run_rules(const struct CMUnitTest *tests, size_t count)
{
    int failed = _cmocka_run_group_tests("rules", tests, count, NULL, NULL);
    printf("messages seen:");
    for (size_t i = 0; i < ever_seen_count; i++) {
        printf(" %d", ever_seen[i]);
    }
    printf("\n");
    return failed;
}

#endif
