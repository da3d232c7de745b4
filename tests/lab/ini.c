#include "tests/lab/ini.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "tests/lab/estate.h"
#include "tests/lab/wire.h"

/* The whole text under a new name, then renamed: a reader never sees half of it. */
static bool write_private(const char *path, const char *text)
{
    char *temporary = memory_format("%s.new", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t length = strlen(text);
    bool good = fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, text, length) == (ssize_t)length;
    if (fd >= 0) {
        good = close(fd) == 0 && good;
    }
    good = good && rename(temporary, path) == 0;
    free(temporary);
    return good;
}

static const struct login *login_for(const struct instance *instance, const char *use)
{
    for (size_t i = 0; i < instance->logins_count; i++) {
        if (strcmp(instance->logins[i].use, use) == 0) {
            return &instance->logins[i];
        }
    }
    return NULL;
}

/* "prefix.user" and its password file "FOLDER/SERVER.use.password". */
static bool add_login(struct str *ini, const struct instance *instance, size_t number,
                      const char *use, const char *prefix, const char *folder)
{
    const struct login *login = login_for(instance, use);
    if (login == NULL) {
        return true;
    }
    char *file = memory_format("%s/server-%zu.%s.password", folder, number, use);
    char *secret = memory_format("%s\n", login->password);
    bool good = write_private(file, secret);
    str_format(ini, "%suser = %s\n%spassword_file = %s\n", prefix, login->name, prefix, file);
    free(secret);
    free(file);
    return good;
}

static bool add_server(struct str *ini, const struct instance *instance, size_t number,
                       const char *folder)
{
    str_format(ini, "\n[server %s]\nrole = %s\nhost = 127.0.0.1\nport = %d\n", instance->name,
               instance->is_source ? "source" : "destination", instance->port);
    if (instance->alias[0] != '\0') {
        str_format(ini, "aliases = %s\n", instance->alias);
    }
    if (!add_login(ini, instance, number, "monitor", "", folder)) {
        return false;
    }
    if (wire_encryption_of(instance) != WIRE_PLAIN) {
        char *authority = memory_format("%s/authority.pem", folder);
        bool written = wire_write_authority(authority);
        str_format(ini, "encryption = require\nca_file = %s\n", authority);
        free(authority);
        if (!written) {
            return false;
        }
    }
    if (!instance->is_source) {
        str_format(ini, "restores = %s\n",
                   instance->restores[0] == '\0' ? "*" : instance->restores);
    }
    return add_login(ini, instance, number, "restore", "restore_", folder);
}

bool ini_write(const struct lab *lab, const char *path)
{
    char absolute[PATH_MAX];
    char *folder = memory_copy_text(path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        free(folder);
        folder = memory_copy_text(".");
    } else if (slash == folder) {
        slash[1] = '\0';
    } else {
        *slash = '\0';
    }
    bool good = realpath(folder, absolute) != NULL;
    free(folder);
    if (!good) {
        return false;
    }
    struct str ini = {0};
    str_format(&ini, "[group]\nname = %s\n", lab->group_name);
    for (size_t i = 0; good && i < lab->instances_count; i++) {
        good = add_server(&ini, lab->instances[i], i + 1, absolute);
    }
    str_format(&ini, "\n[display]\npoll = 2s\n\n[restore]\nstate_dir = %s/state\n", absolute);
    good = good && write_private(path, str_text(&ini));
    str_free(&ini);
    return good;
}
