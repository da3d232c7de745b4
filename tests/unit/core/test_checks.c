#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/checks.h"
#include "tests/support/build_view.h"
#include "tests/support/rule_cases.h"
#include "tests/support/troubles.h"

/* Calls each(context, case) for all cases of all rules. */
static void each_case(void (*each)(void *context, const struct rule_case *c), void *context)
{
    size_t tables;
    const struct rule_cases *const *all = rule_cases_all(&tables);
    for (size_t t = 0; t < tables; t++)
        for (size_t i = 0; i < all[t]->count; i++)
            each(context, &all[t]->cases[i]);
}

static void try_case(void *context, const struct rule_case *c)
{
    size_t *failures = context;
    struct build *build = rule_case_build(c);
    struct group_view *view = build_view(build);
    const struct check_result *result = build_check(view, c->rule);
    if (result == NULL)
        fail_msg("there is no rule %s", c->rule);
    if (result->verdict != c->verdict || strstr(result->where, c->where) == NULL ||
        (c->text != NULL && strstr(result->text, c->text) == NULL)) {
        print_error("%s, wanted %s [%s] %s: %s [%s] %s\n", c->rule, verdict_name(c->verdict),
                    c->where, c->text == NULL ? "" : c->text, verdict_name(result->verdict),
                    result->where, result->text);
        ++*failures;
    }
    if (result->verdict != VERDICT_OK)
        assert_true(result->remedy[0] != '\0');
    group_view_release(view);
    build_free(build);
}

static void each_rule_says_what_its_cases_say(void **state)
{
    (void)state;
    size_t failures = 0;
    each_case(try_case, &failures);
    assert_int_equal(failures, 0);
}

static void a_hidden_part_names_the_grant(void **state)
{
    (void)state;
    struct build *build = build_kept_up();
    spoil_part(build, 0, PART_JOBS);
    struct group_view *view = build_view(build);
    assert_string_equal(build_check(view, "backup-job")->remedy, "GRANT X TO monitor");
    group_view_release(view);
    build_free(build);
}

static void a_healthy_estate_raises_no_alarm(void **state)
{
    (void)state;
    for (int taking = 0; taking <= 1; taking++) {
        struct build *build = build_contoso(2, taking);
        struct group_view *view = build_view(build);
        for (size_t i = 0; i < view->checks_count; i++)
            if (view->checks[i].verdict != VERDICT_OK)
                fail_msg("%s: %s [%s] %s", view->checks[i].id,
                         verdict_name(view->checks[i].verdict), view->checks[i].where,
                         view->checks[i].text);
        group_view_release(view);
        build_free(build);
    }
}

/* --- a server that stopmark.ini does not name ---------------------------------------------------- */

/* Two sources and a destination that restores whatever there is; the second one's section has another
 * name than BizTalk's tables have for it. */
static struct build *foreign_source(void)
{
    struct build *build = build_new();
    int a = build_source(build, "SQLA", true), d = build_destination(build, "DRSQL1", NULL);
    int b = build_source(build, "SQLB", false);
    build_database(build, a, d, "BizTalkMgmtDb", USE_MANAGEMENT);
    build_database(build, b, d, "BizTalkMsgBoxDb", USE_MESSAGE_BOX);
    build_full(build, 90, true);
    for (int64_t set = 91; set <= 99; set++)
        build_log(build, set, true);
    build_log(build, 100, false);
    spoil_text(&build->config.servers[b].name, "OTHER");
    spoil_text(&build->servers[b]->name, "OTHER");
    spoil_text(&build->servers[b]->server_name, "OTHER");
    return build;
}

static void assert_unknown(const struct group_view *view, const char *id)
{
    const struct check_result *worst = build_check(view, id);
    bool said = false;
    for (size_t i = 0; i < view->checks_count; i++)
        said = said || (strcmp(view->checks[i].id, id) == 0 &&
                        view->checks[i].verdict == VERDICT_UNKNOWN &&
                        strcmp(view->checks[i].where, "SQLB") == 0 &&
                        strstr(view->checks[i].text, "no section and no alias") != NULL);
    if (!said || worst->verdict == VERDICT_OK)
        fail_msg("%s: %s [%s] %s", id, verdict_name(worst->verdict), worst->where, worst->text);
}

static void no_rule_says_ok_of_a_source_that_the_configuration_does_not_name(void **state)
{
    static const char *const rules[] = {
        "recovery-model", "source-databases", "marking-objects", "chain-gap", "chain-thief",
        "maxdop", "encryption", "backup-encryption", "certificate-backup", "edition", "logins",
        "backup-role", "mark-log-size", "linked-servers", "native-log-shipping", "disk-space",
        "file-paths", "collation", "versions", "availability", "mark-missing", "backup-files",
        "bulk-logged", "recovery-path", "source-jobs"};
    static const char *const live[] = {"two-masters", "jobs-after-failover"};
    (void)state;
    struct build *build = foreign_source();
    struct group_view *view = build_view(build);
    assert_int_equal(build_check(view, "roster")->verdict, VERDICT_WARNING);
    assert_string_equal(build_check(view, "roster")->where, "SQLB/BizTalkMsgBoxDb");
    assert_non_null(strstr(build_check(view, "roster")->text, "'SQLB' is no section and no alias"));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        assert_unknown(view, rules[i]);
    group_view_release(view);
    spoil_go_live(build);
    view = build_view(build);
    for (size_t i = 0; i < sizeof live / sizeof *live; i++)
        assert_unknown(view, live[i]);
    group_view_release(view);
    build_free(build);
}

/* --- acknowledged findings -------------------------------------------------------------------- */

/* A text with each of its numbers as one '#': what words say whatever the set. */
static void shape_of(char *out, size_t size, const char *text)
{
    size_t length = 0;
    for (; *text != '\0' && length + 1 < size; text++) {
        bool digit = *text >= '0' && *text <= '9';
        if (!digit || length == 0 || out[length - 1] != '#')
            out[length++] = digit ? '#' : *text;
    }
    out[length] = '\0';
}

static bool same_shape(const char *a, const char *b)
{
    char left[600], right[600];
    shape_of(left, sizeof left, a);
    shape_of(right, sizeof right, b);
    return strcmp(left, right) == 0;
}

/* True if the rule found something at that place before, but for a number in its name, and nothing
 * by which an acknowledgement would know this finding. */
static bool is_forgotten(const struct group_view *before, const struct check_result *now)
{
    bool stood = false;
    for (size_t i = 0; i < before->checks_count; i++) {
        const struct check_result *old = &before->checks[i];
        if (strcmp(old->id, now->id) != 0)
            continue;
        if (strcmp(old->where, now->where) == 0 && strcmp(old->topic, now->topic) == 0)
            return false;
        stood = stood || same_shape(old->where, now->where);
    }
    return stood;
}

struct next_set {
    enum set_kind kind;
    size_t failures, findings;
};

static void try_next_set(void *context, const struct rule_case *c)
{
    struct next_set *next = context;
    struct build *build = rule_case_build(c);
    struct group_view *before = build_view(build);
    if (rule_case_fires(c) && build_next_set(build, next->kind)) {
        if (c->again != NULL)
            c->again(build);
        struct group_view *after = build_view(build);
        for (size_t i = 0; i < after->checks_count; i++) {
            const struct check_result *now = &after->checks[i];
            if (strcmp(now->id, c->rule) != 0 || now->verdict == VERDICT_OK)
                continue;
            next->findings++;
            if (is_forgotten(before, now)) {
                print_error("%s [%s] %s: not known any more by '%s'\n", now->id, now->where,
                            now->text, now->topic);
                next->failures++;
            }
        }
        group_view_release(after);
    }
    group_view_release(before);
    build_free(build);
}

/* Who accepted a finding is not asked again a quarter of an hour later. */
static void one_more_set_leaves_an_acknowledged_finding_acknowledged(void **state)
{
    (void)state;
    size_t failures = 0;
    for (int kind = SET_FULL; kind <= SET_LOG; kind++) {
        struct next_set next = {.kind = (enum set_kind)kind};
        each_case(try_next_set, &next);
        failures += next.failures;
        assert_true(next.findings > 100);
    }
    assert_int_equal(failures, 0);
}

/* --- how many ---------------------------------------------------------------------------------- */

struct tally {
    const char *rule;
    size_t cases, fires, quiet, blind;
};

static void count_case(void *context, const struct rule_case *c)
{
    struct tally *tally = context;
    if (tally->rule != NULL && strcmp(tally->rule, c->rule) != 0)
        return;
    tally->cases++;
    tally->fires += rule_case_fires(c);
    tally->quiet += rule_case_is_quiet(c);
    tally->blind += rule_case_is_blind(c);
}

static struct tally tally_of(const char *rule)
{
    struct tally tally = {.rule = rule};
    each_case(count_case, &tally);
    return tally;
}

static void every_rule_stands_once_or_more_and_is_documented(void **state)
{
    (void)state;
    struct build *build = build_small(); /* no sets at all */
    struct group_view *view = build_view(build);
    size_t count;
    const struct check_rule *rules = checks_rules(&count);
    assert_true(count >= 45);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(build_check(view, rules[i].id));
        assert_ptr_equal(checks_rule(rules[i].id), &rules[i]);
        assert_true(strlen(rules[i].why) > 10 && strlen(rules[i].remedy) > 10);
        assert_true(strlen(rules[i].source) > 5);
        struct tally tally = tally_of(rules[i].id);
        if (tally.fires == 0 || tally.quiet == 0 || tally.blind == 0)
            fail_msg("%s has %zu cases where it fires, %zu where it does not, %zu where it may not "
                     "look",
                     rules[i].id, tally.fires, tally.quiet, tally.blind);
    }
    group_view_release(view);
    build_free(build);
}

/* True if every rule that the trouble names exists, and something names it. */
static bool is_covered(const struct trouble *trouble)
{
    char rules[200], *rest = rules;
    bool fine = trouble->rules[0] != '\0' || trouble->instead != NULL;
    snprintf(rules, sizeof rules, "%s", trouble->rules);
    for (char *id; (id = strsep(&rest, " ")) != NULL && trouble->rules[0] != '\0';)
        fine = fine && checks_rule(id) != NULL;
    return fine;
}

static size_t print_troubles(void)
{
    size_t count, uncovered = 0;
    const struct trouble *troubles = troubles_all(&count);
    for (size_t i = 0; i < count; i++)
        if (!is_covered(&troubles[i])) {
            printf("nothing names: %s\n", troubles[i].words);
            uncovered++;
        }
    printf("troubles: %zu\ntroubles that nothing names: %zu\n", count, uncovered);
    return uncovered;
}

static void every_known_trouble_is_named_by_something(void **state)
{
    (void)state;
    size_t count;
    const struct trouble *troubles = troubles_all(&count);
    for (size_t i = 0; i < count; i++)
        if (!is_covered(&troubles[i]))
            fail_msg("nothing names: %s", troubles[i].words);
}

/* For `make check-rules`: figures, and the names of rules that lack a case. */
static int print_figures(void)
{
    size_t rules_count, without[3] = {0};
    const struct check_rule *rules = checks_rules(&rules_count);
    static const char *const words[] = {"where it fires", "where it does not",
                                        "where it may not look"};
    for (size_t i = 0; i < rules_count; i++) {
        struct tally tally = tally_of(rules[i].id);
        size_t counts[] = {tally.fires, tally.quiet, tally.blind};
        for (size_t k = 0; k < 3; k++)
            if (counts[k] == 0) {
                printf("%s: no case %s\n", rules[i].id, words[k]);
                without[k]++;
            }
    }
    printf("rules: %zu\ncases: %zu\n", rules_count, tally_of(NULL).cases);
    for (size_t k = 0; k < 3; k++)
        printf("rules without a case %s: %zu\n", words[k], without[k]);
    bool fine = print_troubles() + without[0] + without[1] + without[2] == 0;
    printf("check-rules: %d passed, %d failed\n", fine, !fine);
    return fine ? 0 : 1;
}

int main(int count, char **words)
{
    if (count > 1 && strcmp(words[1], "--figures") == 0)
        return print_figures();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_says_what_its_cases_say),
        cmocka_unit_test(a_hidden_part_names_the_grant),
        cmocka_unit_test(one_more_set_leaves_an_acknowledged_finding_acknowledged),
        cmocka_unit_test(a_healthy_estate_raises_no_alarm),
        cmocka_unit_test(no_rule_says_ok_of_a_source_that_the_configuration_does_not_name),
        cmocka_unit_test(every_known_trouble_is_named_by_something),
        cmocka_unit_test(every_rule_stands_once_or_more_and_is_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
