/* The update file's text and the command lines around it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlwriter.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/updateinfo_internal.h"

/* --- the file --------------------------------------------------------------------------------- */

static void attribute(xmlTextWriterPtr out, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(out, updateinfo_xml(name), updateinfo_xml(value));
}

static void begin(xmlTextWriterPtr out, const char *name)
{
    xmlTextWriterStartElement(out, updateinfo_xml(name));
}

static void end(xmlTextWriterPtr out)
{
    xmlTextWriterEndElement(out);
}

static void comment(xmlTextWriterPtr out, const char *text)
{
    char line[1024]; /* two hyphens would end it */
    text_clean(line, sizeof line, text);
    for (char *c = line; *c; c++)
        if (c[0] == '-' && c[1] == '-')
            c[1] = '_';
    xmlTextWriterWriteFormatComment(out, " %s ", line);
}

static void write_move(xmlTextWriterPtr out, const struct updateinfo_entry *entry)
{
    begin(out, updateinfo_element(entry->place));
    if (entry->place == UPDATEINFO_OTHER)
        attribute(out, "Name", entry->name);
    attribute(out, "oldDBName", entry->database);
    attribute(out, "oldDBServer", entry->old_server);
    attribute(out, "newDBName", entry->database);
    attribute(out, "newDBServer", entry->new_server);
    if (entry->place == UPDATEINFO_MESSAGE_BOX)
        attribute(out, "IsMaster", entry->master ? "1" : "0");
    end(out);
}

static void write_property(xmlTextWriterPtr out, const char *name, const char *value)
{
    begin(out, "Property");
    attribute(out, "Name", name);
    xmlTextWriterWriteString(out, updateinfo_xml(value));
    end(out);
}

static void write_unit(xmlTextWriterPtr out, const char *unit, const char *server,
                       const char *database)
{
    bool alert = strcmp(unit, "Alert") == 0;
    begin(out, "DeploymentUnit");
    attribute(out, "Name", unit);
    write_property(out, alert ? "DBServer" : "ServerName", server);
    write_property(out, alert ? "InstanceDatabaseName" : "DatabaseName", database);
    end(out);
}

static void write_bam(xmlTextWriterPtr out, const struct updateinfo *info)
{
    bool begun = false, by_hand = false;
    for (size_t i = 0; i < info->entries_count; i++) {
        const struct updateinfo_entry *entry = &info->entries[i];
        if (!updateinfo_is_bam(entry->place))
            continue;
        if (!begun)
            begin(out, "BAM");
        begun = true;
        if (entry->by_hand && !by_hand) {
            comment(out, "not in the backup job: restored by hand; name the server where each "
                         "really stands");
            by_hand = true;
        }
        if (entry->place == UPDATEINFO_BAM_IMPORT)
            write_unit(out, "OldPrimaryImportDatabase", entry->old_server, entry->database);
        write_unit(out, updateinfo_element(entry->place), entry->new_server, entry->database);
    }
    for (size_t i = 0; begun && i < info->entries_count; i++)
        if (info->entries[i].alert)
            write_unit(out, "Alert", info->entries[i].new_server, info->entries[i].database);
    if (begun)
        end(out);
}

static void write_others(xmlTextWriterPtr out, const struct updateinfo *info)
{
    begin(out, "OtherDatabases");
    for (size_t i = 0; i < info->entries_count; i++)
        if (info->entries[i].place == UPDATEINFO_OTHER)
            write_move(out, &info->entries[i]);
    end(out);
}

static void write_head(xmlTextWriterPtr out, const struct updateinfo *info)
{
    char when[40], line[600];
    time_format(when, sizeof when, info->as_of_utc_ms);
    snprintf(line, sizeof line,
             "made by stopmark for %s from its management database as %s %s; read every line "
             "before use", info->group, info->live ? "it is, read" : "it was last seen", when);
    comment(out, line);
    if (info->doubt != NULL)
        comment(out, info->doubt);
}

static void write_document(xmlTextWriterPtr out, const struct updateinfo *info)
{
    xmlTextWriterStartDocument(out, NULL, "UTF-8", NULL);
    xmlTextWriterSetIndent(out, 1);
    xmlTextWriterSetIndentString(out, updateinfo_xml("  "));
    begin(out, "UpdateConfiguration");
    write_head(out, info);
    for (size_t i = 0; i < info->entries_count; i++) {
        const struct updateinfo_entry *entry = &info->entries[i];
        if (updateinfo_is_bam(entry->place) || entry->place == UPDATEINFO_OTHER)
            continue;
        if (entry->by_hand)
            comment(out, "not in the backup job: restored by hand; name the server where it "
                         "really stands");
        write_move(out, entry);
    }
    write_bam(out, info);
    write_others(out, info);
    xmlTextWriterEndDocument(out);
}

/* XML 1.0 has no place for control characters. */
static const char *unwritable(const struct updateinfo *info)
{
    for (size_t i = 0; i < info->entries_count; i++) {
        const struct updateinfo_entry *entry = &info->entries[i];
        const char *texts[] = {entry->name, entry->database, entry->old_server,
                               entry->new_server};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            if (texts[k] != NULL && !text_is_clean(texts[k]))
                return entry->database;
    }
    return NULL;
}

char *updateinfo_to_xml(const struct updateinfo *info, struct error *error)
{
    const char *bad = unwritable(info);
    if (bad != NULL) {
        char name[129];
        text_clean(name, sizeof name, bad);
        error_set(error, ERR_REFUSED, name, "write its line by hand",
                  "a name holds characters that an XML file cannot");
        return NULL;
    }
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr out = xmlNewTextWriterMemory(buffer, 0);
    write_document(out, info);
    xmlFreeTextWriter(out);
    char *text = memory_copy_text((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}

/* --- the command lines ------------------------------------------------------------------------ */

static void add_computers(struct str *out, const struct updateinfo *info, const char *file)
{
    if (info->computers_count == 0)
        str_format(out, "   every BizTalk computer of the group:\n"
                        "     cscript UpdateRegistry.vbs %s\n", file);
    for (size_t i = 0; i < info->computers_count; i++) {
        char name[129];
        text_clean(name, sizeof name, info->computers[i]);
        str_format(out, "   %s:\n     cscript UpdateRegistry.vbs %s\n", name, file);
    }
}

/* Order and folders: "How to Restore Your Databases". */
char *updateinfo_commands(const struct updateinfo *info, const char *file)
{
    struct str out = {0};
    char first[129] = "one BizTalk computer, it does not matter which";
    if (info->computers_count > 0)
        text_clean(first, sizeof first, info->computers[0]);
    str_format(&out,
               "On the BizTalk computers, as an administrator of BizTalk Server, in a command "
               "prompt\n"
               "that is 64-bit where Windows is (%%windir%%\\System32\\cmd.exe), in the folder\n"
               "   64-bit Windows: %%ProgramFiles(x86)%%\\Microsoft BizTalk Server\\Bins32\\Schema"
               "\\Restore\n"
               "   32-bit Windows: %%ProgramFiles%%\\Microsoft BizTalk Server\\Schema\\Restore\n"
               "(the product's folder carries its version's name)\n\n");
    if (info->needs_msoledbsql)
        str_add(&out, "0. The new server is SQL Server 2016 or later: where UpdateDatabase.vbs "
                      "says SQLOLEDB, change\n   it to MSOLEDBSQL, and install that driver there "
                      "first; else \"Invalid connection string attribute\".\n");
    str_format(&out, "1. Once, on one computer only:\n   %s:\n     cscript UpdateDatabase.vbs %s\n",
               first, file);
    str_format(&out, "2. Then the same file on every computer:\n");
    add_computers(&out, info, file);
    str_add(&out, "3. Only then Enterprise Single Sign-On (its master secret server first), then "
                  "the host instances.");
    return str_take(&out);
}
