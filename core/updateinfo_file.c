#include "core/updateinfo_file.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/relaxng.h>

#include "core/base/memory.h"
#include "core/base/text.h"

/* --- the tree --------------------------------------------------------------------------------- */

/* Nobody's words on stderr: errors are collected. */
static void hush(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

static xmlDocPtr parse(const char *text, struct updateinfo_findings *findings)
{
    enum { OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING };
    xmlDocPtr document = xmlReadMemory(text, (int)strlen(text), "update file", NULL, OPTIONS);
    if (document != NULL)
        return document;
    const xmlError *last = xmlGetLastError();
    updateinfo_find(findings, true, last == NULL ? 0 : last->line, "this is no XML: %s",
                    last == NULL || last->message == NULL ? "it cannot be read" : last->message);
    return NULL;
}

struct form_errors {
    struct updateinfo_findings *findings;
    int root_line, told_line;
    bool told;
};

/* One broken line makes the validator complain about every element around it: the innermost
 * complaint of a line is told. */
#if LIBXML_VERSION >= 21200
static void take_form_error(void *context, const xmlError *error)
#else
static void take_form_error(void *context, xmlErrorPtr error)
#endif
{
    struct form_errors *errors = context;
    if (error->line == errors->told_line || (errors->told && error->line <= errors->root_line))
        return;
    errors->told = true;
    errors->told_line = error->line;
    updateinfo_find(errors->findings, true, error->line, "form: %s",
                    error->message == NULL ? "not as the schema says" : error->message);
}

static void check_form(xmlDocPtr document, struct updateinfo_findings *findings)
{
    const char *text = updateinfo_schema();
    xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewMemParserCtxt(text, (int)strlen(text));
    xmlRelaxNGSetParserErrors(parser, hush, hush, NULL);
    xmlRelaxNGPtr schema = xmlRelaxNGParse(parser);
    xmlRelaxNGFreeParserCtxt(parser);
    xmlRelaxNGValidCtxtPtr validator = xmlRelaxNGNewValidCtxt(schema);
    xmlNodePtr root = xmlDocGetRootElement(document);
    struct form_errors errors = {findings, root == NULL ? 0 : (int)xmlGetLineNo(root), 0, false};
    xmlRelaxNGSetValidStructuredErrors(validator, take_form_error, &errors);
    int outcome = xmlRelaxNGValidateDoc(validator, document);
    if (outcome != 0 && !errors.told)
        updateinfo_find(findings, true, 0, "form: not as the schema says");
    xmlRelaxNGFreeValidCtxt(validator);
    xmlRelaxNGFree(schema);
}

/* --- the lines -------------------------------------------------------------------------------- */

/* Owned by us, "" for none. */
static char *take(xmlChar *text)
{
    char *copy = memory_copy_text(text == NULL ? "" : (const char *)text);
    xmlFree(text);
    return copy;
}

static char *attribute(const xmlNode *node, const char *name)
{
    return take(xmlGetNoNsProp(node, updateinfo_xml(name)));
}

static bool is_element(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, updateinfo_xml(name));
}

static struct updateinfo_line *add_line(struct updateinfo_file *file, const xmlNode *node,
                                        enum updateinfo_place place)
{
    struct updateinfo_line *line = memory_append(file, lines);
    line->place = place;
    line->line = (int)xmlGetLineNo(node);
    return line;
}

static void take_move(struct updateinfo_file *file, const xmlNode *node,
                      enum updateinfo_place place)
{
    struct updateinfo_line *line = add_line(file, node, place);
    line->name = attribute(node, "Name");
    line->old_database = attribute(node, "oldDBName");
    line->old_server = attribute(node, "oldDBServer");
    line->new_database = attribute(node, "newDBName");
    line->new_server = attribute(node, "newDBServer");
    char *master = attribute(node, "IsMaster");
    line->master = strcmp(master, "1") == 0;
    free(master);
}

static char *property(const xmlNode *unit, const char *name)
{
    for (const xmlNode *node = unit->children; node != NULL; node = node->next) {
        if (!is_element(node, "Property"))
            continue;
        char *found = attribute(node, "Name");
        bool matches = strcmp(found, name) == 0;
        free(found);
        if (matches)
            return take(xmlNodeGetContent(node));
    }
    return memory_copy_text("");
}

/* PrimaryImportDatabase says where it is now, OldPrimaryImportDatabase where it was; of the others
 * the file says one place only. */
static void take_unit(struct updateinfo_file *file, const xmlNode *unit, const char *name)
{
    for (int place = UPDATEINFO_BAM_IMPORT; place <= UPDATEINFO_BAM_STAR; place++) {
        if (strcmp(name, updateinfo_element((enum updateinfo_place)place)) != 0)
            continue;
        struct updateinfo_line *line = add_line(file, unit, (enum updateinfo_place)place);
        line->name = memory_copy_text("");
        line->new_server = property(unit, "ServerName");
        line->new_database = property(unit, "DatabaseName");
        file->has_import = file->has_import || place == UPDATEINFO_BAM_IMPORT;
    }
    if (strcmp(name, "OldPrimaryImportDatabase") == 0)
        file->has_old_import = true;
    if (strcmp(name, "Alert") == 0 && file->alert_line == 0) {
        file->alert_line = (int)xmlGetLineNo(unit);
        file->alert_server = property(unit, "DBServer");
        file->alert_database = property(unit, "InstanceDatabaseName");
    }
}

static const xmlNode *find_unit(const xmlNode *bam, const char *name)
{
    for (const xmlNode *node = bam->children; node != NULL; node = node->next) {
        if (!is_element(node, "DeploymentUnit"))
            continue;
        char *found = attribute(node, "Name");
        bool matches = strcmp(found, name) == 0;
        free(found);
        if (matches)
            return node;
    }
    return NULL;
}

/* A unit that has no old place of its own is compared by the new one. */
static void fill_old_places(struct updateinfo_file *file, const xmlNode *bam)
{
    const xmlNode *old = find_unit(bam, "OldPrimaryImportDatabase");
    for (size_t i = 0; i < file->lines_count; i++) {
        struct updateinfo_line *line = &file->lines[i];
        if (line->old_server != NULL)
            continue;
        bool own = line->place == UPDATEINFO_BAM_IMPORT && old != NULL;
        line->old_server = own ? property(old, "ServerName") : NULL;
        line->old_database = own ? property(old, "DatabaseName")
                                 : memory_copy_text(line->new_database);
    }
}

static void take_comments(struct updateinfo_file *file, const xmlNode *parent)
{
    for (const xmlNode *node = parent->children; node != NULL; node = node->next) {
        if (node->type == XML_COMMENT_NODE && node->content != NULL)
            *memory_append(file, comments) = memory_copy_text((const char *)node->content);
        else if (node->type == XML_ELEMENT_NODE)
            take_comments(file, node);
    }
}

static void take_children(struct updateinfo_file *file, const xmlNode *parent)
{
    for (const xmlNode *node = parent->children; node != NULL; node = node->next) {
        for (int place = UPDATEINFO_MANAGEMENT; place <= UPDATEINFO_TRACKING_ANALYSIS; place++)
            if (is_element(node, updateinfo_element((enum updateinfo_place)place)))
                take_move(file, node, (enum updateinfo_place)place);
        if (is_element(node, "Database"))
            take_move(file, node, UPDATEINFO_OTHER);
        if (is_element(node, "OtherDatabases") || is_element(node, "BAM"))
            take_children(file, node);
        if (is_element(node, "DeploymentUnit")) {
            char *name = attribute(node, "Name");
            take_unit(file, node, name);
            free(name);
        }
        if (is_element(node, "BAM")) {
            file->has_bam = true;
            fill_old_places(file, node);
        }
    }
}

struct updateinfo_file *updateinfo_file_read(const char *text,
                                             struct updateinfo_findings *findings)
{
    xmlDocPtr document = parse(text, findings);
    if (document == NULL)
        return NULL;
    check_form(document, findings);
    const xmlNode *root = xmlDocGetRootElement(document);
    struct updateinfo_file *file = NULL;
    if (root != NULL && is_element(root, "UpdateConfiguration")) {
        file = memory_new(sizeof *file);
        take_children(file, root);
        take_comments(file, root);
    }
    xmlFreeDoc(document);
    return file;
}

void updateinfo_file_free(struct updateinfo_file *file)
{
    if (file == NULL)
        return;
    for (size_t i = 0; i < file->lines_count; i++) {
        struct updateinfo_line *line = &file->lines[i];
        free(line->name);
        free(line->old_database);
        free(line->old_server);
        free(line->new_database);
        free(line->new_server);
    }
    for (size_t i = 0; i < file->comments_count; i++)
        free(file->comments[i]);
    free(file->lines);
    free(file->comments);
    free(file->alert_server);
    free(file->alert_database);
    free(file);
}

bool updateinfo_in_comment(const struct updateinfo_file *file, const char *name)
{
    for (size_t i = 0; i < file->comments_count; i++)
        if (strcasestr(file->comments[i], name) != NULL)
            return true;
    return false;
}
