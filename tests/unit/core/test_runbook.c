/* The runbook: the text that is built in, a site's own, what is chosen and filled in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/runbook.h"

static struct plan_database databases[] = {
    {.server = (char[]){"DRSQL1"}, .database = (char[]){"BizTalkMgmtDb"}, .use = USE_MANAGEMENT},
    {.server = (char[]){"DRSQL1"}, .database = (char[]){"SSODB"}, .use = USE_SSO},
    {.server = (char[]){"DRSQL2"}, .database = (char[]){"Box"}, .use = USE_MESSAGE_BOX},
};
static struct plan plan = {.group = (char[]){"Contoso"}, .mark = (char[]){"BTS_1"},
                           .databases = databases, .databases_count = 3};

static void the_built_in_text_is_a_runbook(void **state)
{
    (void)state;
    struct error error;
    struct runbook *runbook = runbook_parse(runbook_default(), "built-in", &error);
    assert_non_null(runbook);
    assert_true(runbook->steps_count > 20);
    runbook_free(runbook);
}

static void steps_belong_to_situations_and_databases(void **state)
{
    (void)state;
    struct error error;
    struct runbook *runbook = runbook_parse("[a]\ntitle = A\nsituations = rehearsal\ntext = x\n"
                                            "[b]\ntitle = B\ndatabases = bam\ntext = x\n"
                                            "[c]\ntitle = C\ndatabases = sso\ntext = x\n",
                                            "t", &error);
    assert_non_null(runbook);
    assert_false(runbook_applies(&runbook->steps[0], SITUATION_SOURCE_LOST, &plan));
    assert_true(runbook_applies(&runbook->steps[0], SITUATION_REHEARSAL, &plan));
    assert_false(runbook_applies(&runbook->steps[1], SITUATION_SOURCE_LOST, &plan));
    assert_true(runbook_applies(&runbook->steps[2], SITUATION_SOURCE_LOST, &plan));
    runbook_free(runbook);
}

static void names_are_filled_in_and_other_braces_stay(void **state)
{
    (void)state;
    char *text = runbook_fill("{group} {mark} {run} {destinations} {management} "
                              "{management_database} {else} {", &plan, 7);
    assert_string_equal(text, "Contoso BTS_1 7 DRSQL1, DRSQL2 DRSQL1 BizTalkMgmtDb {else} {");
    free(text);
}

static void an_indented_line_continues_the_text(void **state)
{
    (void)state;
    struct error error;
    struct runbook *runbook =
        runbook_parse("# c\n[a]\ntitle = T = 1; 2\ntext = one\n   two\n\n   three\n", "t", &error);
    assert_non_null(runbook);
    assert_string_equal(runbook->steps[0].title, "T = 1; 2");
    assert_string_equal(runbook->steps[0].text, "one\ntwo\nthree");
    runbook_free(runbook);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *where, *what;
    } cases[] = {
        {"title = x\n", "t:1", "before the first"},
        {"[a\n", "t:1", "section"},
        {"[a]\ntitle = x\ntext = y\n[a]\n", "t:4", "twice"},
        {"[a]\nwhat = x\n", "t:2", "known keys"},
        {"[a]\nsituations = lost\n", "t:2", "lost"},
        {"[a]\n  more\n", "t:2", "indented"},
        {"[a]\ntitle = x\n", "t:2", "lacks"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        assert_null(runbook_parse(cases[i].text, "t", &error));
        assert_int_equal(error.code, ERR_CONFIG);
        assert_string_equal(error.where, cases[i].where);
        assert_non_null(strstr(error.what, cases[i].what));
    }
}

static void a_sites_own_file_replaces_the_built_in_one(void **state)
{
    (void)state;
    struct error error;
    char directory[] = "/tmp/stopmark-runbook-XXXXXX";
    assert_non_null(mkdtemp(directory));
    char *ini = memory_format("%s/stopmark.ini", directory);
    char *own = memory_format("%s/runbook.ini", directory);
    struct runbook *runbook = runbook_load(ini, &error);
    assert_true(runbook->steps_count > 20);
    runbook_free(runbook);
    FILE *file = fopen(own, "w");
    fputs("[only]\ntitle = Only\ntext = this\n", file);
    fclose(file);
    runbook = runbook_load(ini, &error);
    assert_int_equal(runbook->steps_count, 1);
    runbook_free(runbook);
    file = fopen(own, "w");
    fputs("broken\n", file);
    fclose(file);
    assert_null(runbook_load(ini, &error));
    assert_non_null(strstr(error.where, "runbook.ini:1"));
    unlink(own);
    rmdir(directory);
    free(own);
    free(ini);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_text_is_a_runbook),
        cmocka_unit_test(steps_belong_to_situations_and_databases),
        cmocka_unit_test(names_are_filled_in_and_other_braces_stay),
        cmocka_unit_test(an_indented_line_continues_the_text),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(a_sites_own_file_replaces_the_built_in_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
