#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/lab/model.h"

static struct sql_value version_text(const struct instance *instance)
{
    char text[64];
    snprintf(text, sizeof text, "%d.%d.%d.2", instance->major_version, instance->minor_version,
             instance->build);
    return sql_text(text);
}

/* The computer's part of a name such as HOST\INSTANCE. */
static struct sql_value machine_name(const struct instance *instance)
{
    char text[129];
    text_copy(text, sizeof text, instance->name);
    text[strcspn(text, "\\")] = '\0';
    return sql_text(text);
}

static struct sql_value instance_name(const struct instance *instance)
{
    const char *slash = strchr(instance->name, '\\');
    return slash == NULL ? sql_null() : sql_text(slash + 1);
}

struct number_property {
    const char *name;
    int value;
};

static const struct number_property number_properties[] = {
    {"EngineEdition", 3},     {"IsIntegratedSecurityOnly", 0},
    {"IsSingleUser", 0},      {"IsFullTextInstalled", 0},
    {"LCID", 1033},           {"ComparisonStyle", 196609},
    {"HadrManagerStatus", 2}, {"FilestreamConfiguredLevel", 0},
};

static bool has_groups(const struct instance *instance)
{
    for (size_t i = 0; i < instance->databases_count; i++) {
        if (instance->databases[i]->availability_group[0] != '\0') {
            return true;
        }
    }
    return false;
}

struct sql_value instance_property(const struct instance *instance, const char *name)
{
    if (text_equal_nocase(name, "ServerName")) {
        return sql_text(instance->name);
    }
    if (text_equal_nocase(name, "ComputerNamePhysicalNetBIOS") &&
        instance->cluster_nodes_count > 0) {
        return sql_text(instance->cluster_nodes[0]);
    }
    if (text_equal_nocase(name, "IsClustered")) {
        return sql_integer(instance->cluster_nodes_count > 0);
    }
    if (text_equal_nocase(name, "IsHadrEnabled")) {
        return sql_integer(has_groups(instance));
    }
    if (text_equal_nocase(name, "MachineName") ||
        text_equal_nocase(name, "ComputerNamePhysicalNetBIOS")) {
        return machine_name(instance);
    }
    if (text_equal_nocase(name, "InstanceName")) {
        return instance_name(instance);
    }
    if (text_equal_nocase(name, "ProductVersion")) {
        return version_text(instance);
    }
    if (text_equal_nocase(name, "ProductMajorVersion")) {
        char text[16];
        snprintf(text, sizeof text, "%d", instance->major_version);
        return sql_text(text);
    }
    if (text_equal_nocase(name, "ProductLevel")) {
        return sql_text("RTM");
    }
    if (text_equal_nocase(name, "Edition")) {
        return sql_text(instance->edition);
    }
    if (text_equal_nocase(name, "Collation")) {
        return sql_text(instance->collation);
    }
    if (text_equal_nocase(name, "InstanceDefaultDataPath")) {
        return sql_text(instance->data_path);
    }
    if (text_equal_nocase(name, "InstanceDefaultLogPath")) {
        return sql_text(instance->log_path);
    }
    if (text_equal_nocase(name, "InstanceDefaultBackupPath")) {
        return instance->major_version >= 15 ? sql_text("D:\\Backup") : sql_null();
    }
    for (size_t i = 0; i < sizeof number_properties / sizeof *number_properties; i++) {
        if (text_equal_nocase(name, number_properties[i].name)) {
            return sql_integer(number_properties[i].value);
        }
    }
    return sql_null();
}
