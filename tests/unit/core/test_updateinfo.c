/* The update file: what stands in it, its schema, and every mistake that people make in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/updateinfo.h"
#include "tests/support/build_view.h"

static struct build *build;
static struct group_view *view;

static int set_up(void **state)
{
    (void)state;
    build = build_contoso(1, false);
    struct server_view *source = build->servers[0];
    for (size_t i = 0; i < source->roster_count; i++) {
        if (source->roster[i].use == USE_CUSTOM)
            source->roster[i].listed_as = memory_copy_text("Orders of Contoso");
        if (strcmp(source->roster[i].database, "BizTalkMsgBoxDb") == 0)
            source->roster[i].is_master_message_box = true;
    }
    *memory_append(source, computers) = memory_copy_text("BTS01");
    view = build_view(build);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    group_view_release(view);
    build_free(build);
    return 0;
}

static struct updateinfo *make(void)
{
    struct error error;
    struct updateinfo *info = updateinfo_make(view, &error);
    assert_non_null(info);
    return info;
}

static char *make_xml(void)
{
    struct error error;
    struct updateinfo *info = make();
    char *text = updateinfo_to_xml(info, &error);
    assert_non_null(text);
    updateinfo_free(info);
    return text;
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        found++;
    return found;
}

static void every_database_of_the_group_stands_in_it_once(void **state)
{
    (void)state;
    static const char *const once[] = {
        "<ManagementDB oldDBName=\"BizTalkMgmtDb\" oldDBServer=\"SQLA\" newDBName=\"BizTalkMgmtDb\" "
        "newDBServer=\"DRSQL1\"/>",
        "<TrackingDB oldDBName=\"BizTalkDTADb\"",
        "<RuleEngineDB oldDBName=\"BizTalkRuleEngineDb\"",
        "oldDBName=\"BizTalkMsgBoxDb\" oldDBServer=\"SQLA\" newDBName=\"BizTalkMsgBoxDb\" "
        "newDBServer=\"DRSQL1\" IsMaster=\"1\"/>",
        "oldDBName=\"BizTalkMsgBoxDb2\" oldDBServer=\"SQLB\" newDBName=\"BizTalkMsgBoxDb2\" "
        "newDBServer=\"DRSQL2\" IsMaster=\"0\"/>",
        "<DeploymentUnit Name=\"OldPrimaryImportDatabase\">",
        "<DeploymentUnit Name=\"PrimaryImportDatabase\">",
        "<DeploymentUnit Name=\"ArchivingDatabase\">",
        "<DeploymentUnit Name=\"Alert\">",
        "<Database Name=\"SSO\" oldDBName=\"SSODB\"",
        "<Database Name=\"BAM Alerts Application DB\" oldDBName=\"BAMAlertsApplication\"",
        "<Database Name=\"BAM Alerts Instance DB\" oldDBName=\"BAMAlertsNSMain\"",
        "<Database Name=\"Orders of Contoso\" oldDBName=\"ContosoOrders\"",
    };
    char *text = make_xml();
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        if (count(text, once[i]) != 1)
            fail_msg("%zu times: %s\n%s", count(text, once[i]), once[i], text);
    free(text);
}

static void what_is_made_follows_the_schema_and_passes_its_own_check(void **state)
{
    (void)state;
    char *text = make_xml();
    struct updateinfo_findings findings = {0};
    struct updateinfo *info = make();
    updateinfo_check(&findings, info, text);
    for (size_t i = 0; i < findings.items_count; i++)
        fail_msg("line %d: %s", findings.items[i].line, findings.items[i].text);
    updateinfo_findings_free(&findings);
    updateinfo_free(info);
    free(text);
}

/* --- mistakes --------------------------------------------------------------------------------- */

/* text with the first from replaced; owned. */
static char *replace(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (at == NULL)
        fail_msg("not there: %s in\n%s", from, text);
    return memory_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static const struct {
    const char *from, *to, *says;
    bool grave;
} mistakes[] = {
    {"newDBServer=\"DRSQL1\"", "newDBServer=\"DestinationServer\"", "placeholder", true},
    {"oldDBServer=\"SQLA\"", "oldDBServer=\"SourceServer\"", "placeholder", true},
    {"newDBServer=\"DRSQL1\"", "newDBServer=\"&quot;DRSQL1&quot;\"", "quotation mark", true},
    {"newDBServer=\"DRSQL1\"", "newDBServer=\"DRSQL9\"", "is no server of this group", true},
    {"oldDBServer=\"SQLA\"", "oldDBServer=\"SQLX\"", "is no server of this group", true},
    {"oldDBServer=\"SQLA\"", "oldDBServer=\"SQLB\"", "would find no row", true},
    {"newDBServer=\"DRSQL2\"", "newDBServer=\"DRSQL1\"", "restored on DRSQL2, not on DRSQL1", true},
    {"newDBServer=\"DRSQL1\"", "newDBServer=\"SQLA\"", "restored on DRSQL1, not on SQLA", true},
    {"newDBName=\"BAMAlertsApplication\"", "newDBName=\" BAMAlertsApplication\"", "blanks", true},
    {"oldDBName=\"SSODB\"", "oldDBName=\"SSODB \"", "blanks", true},
    {"newDBName=\"SSODB\"", "newDBName=\"SSODB2\"", "under its own name", true},
    {"newDBName=\"SSODB\"", "newDBName=\"\"", "is empty", true},
    {"oldDBName=\"BizTalkMsgBoxDb2\"", "oldDBName=\"BizTalkMgmtDb\"",
     "names the management database", true},
    {"oldDBName=\"BizTalkDTADb\"", "oldDBName=\"BizTalkDTADbX\"", "no such database", true},
    {"IsMaster=\"1\"", "IsMaster=\"0\"", "0 MessageBoxDB lines have IsMaster", true},
    {"IsMaster=\"0\"", "IsMaster=\"1\"", "2 MessageBoxDB lines have IsMaster", true},
    {"IsMaster=\"0\"", "IsMaster=\"1\"", "BizTalkMsgBoxDb2 is not the master", true},
    {"IsMaster=\"0\"", "IsMaster=\"no\"", "form:", true},
    {" IsMaster=\"0\"", "", "form:", true},
    {"<Database Name=\"Orders of Contoso\"", "<Database Name=\"Orders\"", "find no row", true},
    {"<Database Name=\"SSO\"", "<Database", "form:", true},
    {"<Database Name=\"SSO\" oldDBName=\"SSODB\"", "<Database Name=\"X\" oldDBName=\"Other\"",
     "SSODB on SQLA is missing", true},
    {"<TrackingDB ", "<TrackingDatabase ", "form:", true},
    {"<TrackingDB ", "<TrackingDatabase ", "BizTalkDTADb on SQLA is missing", true},
    {"<DeploymentUnit Name=\"OldPrimaryImportDatabase\">", "<DeploymentUnit Name=\"Old\">",
     "OldPrimaryImportDatabase is missing", true},
    {"<Property Name=\"DBServer\">DRSQL1", "<Property Name=\"DBServer\">DRSQL2",
     "alerts' instance database is restored on DRSQL1", true},
    {"<Property Name=\"InstanceDatabaseName\">BAMAlertsNSMain",
     "<Property Name=\"InstanceDatabaseName\">BAMAlertsApplication",
     "alerts' instance database is BAMAlertsNSMain", true},
    {"ArchivingDatabase\">\n      <Property Name=\"ServerName\">DRSQL1",
     "ArchivingDatabase\">\n      <Property Name=\"ServerName\">SQLA", "stays on SQLA", false},
    {"</UpdateConfiguration>", "", "no XML", true},
    {"<UpdateConfiguration>", "<UpdateInfo>", "no XML", true},
};

static void each_mistake_is_found(void **state)
{
    (void)state;
    char *good = make_xml();
    struct updateinfo *info = make();
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char *text = replace(good, mistakes[i].from, mistakes[i].to);
        struct updateinfo_findings findings = {0};
        updateinfo_check(&findings, info, text);
        bool found = false;
        for (size_t k = 0; k < findings.items_count; k++)
            found = found || (strstr(findings.items[k].text, mistakes[i].says) != NULL &&
                              findings.items[k].grave == mistakes[i].grave);
        if (!found)
            fail_msg("not found: %s -> %s (%zu findings, first: %s)", mistakes[i].from,
                     mistakes[i].to, findings.items_count,
                     findings.items_count ? findings.items[0].text : "none");
        updateinfo_findings_free(&findings);
        free(text);
    }
    updateinfo_free(info);
    free(good);
}

static void a_line_that_is_commented_out_is_missing_and_the_check_says_where_it_is(void **state)
{
    (void)state;
    char *good = make_xml();
    char *open = replace(good, "<RuleEngineDB ", "<!-- <RuleEngineDB ");
    char *text = replace(open, "newDBName=\"BizTalkRuleEngineDb\" newDBServer=\"DRSQL1\"/>",
                         "newDBName=\"BizTalkRuleEngineDb\" newDBServer=\"DRSQL1\"/> -->");
    struct updateinfo *info = make();
    struct updateinfo_findings findings = {0};
    updateinfo_check(&findings, info, text);
    assert_int_equal(findings.items_count, 1);
    assert_non_null(strstr(findings.items[0].text,
                           "BizTalkRuleEngineDb on SQLA is missing: it stands in a comment only"));
    updateinfo_findings_free(&findings);
    updateinfo_free(info);
    free(text);
    free(open);
    free(good);
}

static void a_line_that_stands_twice_is_found_with_both_numbers(void **state)
{
    (void)state;
    char *good = make_xml();
    static const char line[] = "<TrackingDB oldDBName=\"BizTalkDTADb\" oldDBServer=\"SQLA\" "
                               "newDBName=\"BizTalkDTADb\" newDBServer=\"DRSQL1\"/>";
    char *twice = memory_format("%s\n%s", line, line);
    char *text = replace(good, line, twice);
    struct updateinfo *info = make();
    struct updateinfo_findings findings = {0};
    updateinfo_check(&findings, info, text);
    bool found = false;
    for (size_t i = 0; i < findings.items_count; i++)
        found = found || (strstr(findings.items[i].text, "stands twice, in line") != NULL &&
                          findings.items[i].line > 0);
    assert_true(found);
    updateinfo_findings_free(&findings);
    updateinfo_free(info);
    free(text);
    free(twice);
    free(good);
}

/* --- where it comes from ---------------------------------------------------------------------- */

static void with_the_source_dead_it_comes_from_what_was_last_seen_and_says_so(void **state)
{
    (void)state;
    build_kill(build, 0);
    build_kill(build, 1);
    group_view_release(view);
    view = build_view(build);
    struct updateinfo *info = make();
    struct error error;
    assert_false(info->live);
    char *text = updateinfo_to_xml(info, &error);
    assert_non_null(strstr(text, "as it was last seen"));
    free(text);
    updateinfo_free(info);
}

static bool finds(const struct updateinfo *info, const char *text, const char *words)
{
    struct updateinfo_findings findings = {0};
    bool found = false;
    updateinfo_check(&findings, info, text);
    for (size_t i = 0; i < findings.items_count; i++)
        found = found || strstr(findings.items[i].text, words) != NULL;
    updateinfo_findings_free(&findings);
    return found;
}

/* BizTalk's tables may not be read: what a database is for, and which message box is the master, is
 * for people to say, and the file does not pass for whole. */
static void what_biztalks_tables_did_not_tell_is_said_in_the_file(void **state)
{
    (void)state;
    struct error error;
    struct server_view *source = build->servers[0];
    for (size_t i = 0; i < source->roster_count; i++) {
        source->roster[i].is_master_message_box = false;
        if (strcmp(source->roster[i].database, "BizTalkMsgBoxDb2") == 0)
            source->roster[i].use = USE_UNKNOWN;
    }
    struct updateinfo *info = make();
    assert_non_null(info->doubt);
    assert_non_null(strstr(info->doubt, "BizTalkMsgBoxDb2"));
    char *text = updateinfo_to_xml(info, &error);
    assert_non_null(strstr(text, "what BizTalkMsgBoxDb2 is for is not known"));
    assert_non_null(strstr(text, "which message box is the master is not known"));
    assert_true(finds(info, text, "what BizTalkMsgBoxDb2 is for is not known"));
    assert_true(finds(info, text, "0 MessageBoxDB lines have IsMaster"));
    /* people say it: the master, and a message box in its place */
    char *box = strstr(text, "<MessageBoxDB oldDBName=\"BizTalkMsgBoxDb\"");
    *strstr(strstr(box, "IsMaster"), "0") = '1';
    assert_false(finds(info, text, "master message box"));
    char *other = strstr(text, "<Database Name=\"BizTalkMsgBoxDb2\"");
    assert_non_null(other);
    char *end = strstr(other, "/>"), *edited;
    edited = memory_format("%.*s%s", (int)(other - text), text, end + 2);
    char *whole = memory_format(
        "%.*s<MessageBoxDB %.*s IsMaster=\"0\"/>%s", (int)(strstr(edited, "<MessageBoxDB") - edited),
        edited, (int)(end - strstr(other, "oldDBName")), strstr(other, "oldDBName"),
        strstr(edited, "<MessageBoxDB"));
    struct updateinfo_findings findings = {0};
    updateinfo_check(&findings, info, whole);
    for (size_t i = 0; i < findings.items_count; i++)
        fail_msg("%d: %s\n%s", findings.items[i].line, findings.items[i].text, whole);
    updateinfo_findings_free(&findings);
    free(whole);
    free(edited);
    free(text);
    updateinfo_free(info);
}

/* A group has one master: where there is one message box, it is that. */
static void a_single_message_box_is_the_master(void **state)
{
    (void)state;
    struct server_view *source = build->servers[0];
    size_t boxes = 0;
    for (size_t i = 0; i < source->roster_count; i++) {
        source->roster[i].is_master_message_box = false;
        if (strcmp(source->roster[i].database, "BizTalkMsgBoxDb2") == 0)
            source->roster[i].use = USE_CUSTOM;
    }
    struct updateinfo *info = make();
    for (size_t i = 0; i < info->entries_count; i++)
        if (info->entries[i].place == UPDATEINFO_MESSAGE_BOX) {
            assert_true(info->entries[i].master);
            boxes++;
        }
    assert_int_equal(boxes, 1);
    assert_null(info->doubt);
    updateinfo_free(info);
}

static void without_an_inventory_there_is_no_file(void **state)
{
    (void)state;
    struct build *small = build_new();
    build_destination(small, "DRSQL1", NULL);
    struct group_view *empty = build_view(small);
    struct error error;
    assert_null(updateinfo_make(empty, &error));
    assert_int_equal(error.code, ERR_UNREACHABLE);
    group_view_release(empty);
    build_free(small);
}

static void names_survive_the_file_and_those_that_xml_cannot_hold_are_refused(void **state)
{
    (void)state;
    struct updateinfo *info = make();
    struct error error;
    for (size_t i = 0; i < info->entries_count; i++)
        if (info->entries[i].place == UPDATEINFO_MANAGEMENT) {
            free(info->entries[i].database);
            info->entries[i].database = memory_copy_text("Mgmt <&> \xc3\xbc");
        }
    char *text = updateinfo_to_xml(info, &error);
    assert_non_null(strstr(text, "Mgmt &lt;&amp;&gt; \xc3\xbc"));
    struct updateinfo_findings findings = {0};
    updateinfo_check(&findings, info, text);
    assert_int_equal(findings.items_count, 0);
    free(text);
    info->entries[0].database[0] = '\x01';
    assert_null(updateinfo_to_xml(info, &error));
    assert_int_equal(error.code, ERR_REFUSED);
    updateinfo_free(info);
}

static void the_command_lines_name_each_computer_and_the_order(void **state)
{
    (void)state;
    struct updateinfo *info = make();
    info->needs_msoledbsql = true;
    char *text = updateinfo_commands(info, "U.xml");
    const char *database = strstr(text, "cscript UpdateDatabase.vbs U.xml");
    const char *registry = strstr(text, "BTS01:\n     cscript UpdateRegistry.vbs U.xml");
    const char *sso = strstr(text, "Enterprise Single Sign-On");
    assert_non_null(database);
    assert_non_null(registry);
    assert_true(database < registry && registry < sso);
    assert_non_null(strstr(text, "MSOLEDBSQL"));
    assert_non_null(strstr(text, "Bins32\\Schema\\Restore"));
    free(text);
    info->needs_msoledbsql = false;
    text = updateinfo_commands(info, "U.xml");
    assert_null(strstr(text, "MSOLEDBSQL"));
    free(text);
    updateinfo_free(info);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_database_of_the_group_stands_in_it_once),
        CASE(what_is_made_follows_the_schema_and_passes_its_own_check),
        CASE(each_mistake_is_found),
        CASE(a_line_that_is_commented_out_is_missing_and_the_check_says_where_it_is),
        CASE(a_line_that_stands_twice_is_found_with_both_numbers),
        CASE(with_the_source_dead_it_comes_from_what_was_last_seen_and_says_so),
        CASE(what_biztalks_tables_did_not_tell_is_said_in_the_file),
        CASE(a_single_message_box_is_the_master),
        CASE(without_an_inventory_there_is_no_file),
        CASE(names_survive_the_file_and_those_that_xml_cannot_hold_are_refused),
        CASE(the_command_lines_name_each_computer_and_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
