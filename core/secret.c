#include "core/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/secret_command.h"

enum { PASSWORD_SIZE = 516 }; /* 128 UTF-16 units are at most 384 bytes of UTF-8 */

struct slot {
    bool present;
    char password[PASSWORD_SIZE];
};

struct secrets {
    size_t count, mapped_bytes;
    struct slot slots[]; /* in locked memory that no core dump holds */
};

struct secrets *secrets_new(size_t servers_count)
{
    size_t size = sizeof(struct secrets) + (servers_count ? servers_count : 1) * sizeof(struct slot);
    struct secrets *secrets =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secrets == MAP_FAILED)
        abort();
    /* Either may be refused by a limit; the passwords are still wiped and still not dumped where
     * the other works. */
    (void)mlock(secrets, size);
    (void)madvise(secrets, size, MADV_DONTDUMP);
    secrets->count = servers_count;
    secrets->mapped_bytes = size;
    return secrets;
}

void secrets_free(struct secrets *secrets)
{
    if (!secrets)
        return;
    size_t size = secrets->mapped_bytes;
    explicit_bzero(secrets, size);
    munmap(secrets, size);
}

void secrets_set(struct secrets *secrets, size_t server, const char *password)
{
    struct slot *slot = &secrets->slots[server];
    explicit_bzero(slot->password, sizeof slot->password);
    text_copy(slot->password, sizeof slot->password, password);
    slot->present = true;
}

const char *secrets_get(const struct secrets *secrets, size_t server)
{
    if (server >= secrets->count || !secrets->slots[server].present)
        return NULL;
    return secrets->slots[server].password;
}

/* --- fetching --------------------------------------------------------------------------------- */

/* Ends the text at the first line end; false for an empty or over-long line. */
static bool keep_first_line(char *text, size_t size)
{
    size_t length = strcspn(text, "\r\n");
    bool fine = length > 0 && length < size - 1;
    text[length] = '\0';
    return fine;
}

static enum error_code read_password_file(char *out, size_t size, const char *path,
                                          struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return error_set(error, ERR_NO_PASSWORD, path, NULL, "the password file: %s",
                         strerror(errno));
    struct stat status;
    enum error_code code = ERR_OK;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        code = error_set(error, ERR_NO_PASSWORD, path, NULL, "the password file is no plain file");
    else if (status.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP))
        code = error_set(error, ERR_NO_PASSWORD, path, "chmod 600 (or 640 for a group of operators)",
                         "others can read or change the password file");
    else if (status.st_uid != getuid() && status.st_uid != 0)
        code = error_set(error, ERR_NO_PASSWORD, path, "it must belong to you or to root",
                         "the password file belongs to somebody else");
    ssize_t got = code ? 0 : read(fd, out, size - 1);
    close(fd);
    if (code)
        return code;
    out[got > 0 ? got : 0] = '\0';
    if (!keep_first_line(out, size))
        return error_set(error, ERR_NO_PASSWORD, path, NULL,
                         "the password file has no usable first line");
    return ERR_OK;
}

static enum error_code read_password_variable(char *out, size_t size, const char *name,
                                              struct error *error)
{
    const char *value = getenv(name);
    if (!value || !*value)
        return error_set(error, ERR_NO_PASSWORD, name, NULL,
                         "the environment variable is not set");
    text_copy(out, size, value);
    return ERR_OK;
}

static enum error_code fetch_one(struct secrets *secrets, size_t server,
                                 const struct config *config,
                                 const struct password_source *source, struct error *error)
{
    char password[PASSWORD_SIZE] = "";
    enum error_code code;
    if (source->command) {
        code = secret_command_run(password, sizeof password, source->command, config, error);
        if (!code && !keep_first_line(password, sizeof password))
            code = error_set(error, ERR_NO_PASSWORD, config->servers[server].name, NULL,
                             "the password command printed no usable first line");
    } else if (source->file) {
        code = read_password_file(password, sizeof password, source->file, error);
    } else {
        code = read_password_variable(password, sizeof password, source->environment, error);
    }
    if (!code)
        secrets_set(secrets, server, password);
    explicit_bzero(password, sizeof password);
    return code;
}

/* The login that is wanted of a server, or NULL where it needs no password. */
static const struct config_login *wanted_login(const struct config_server *server,
                                               enum secret_purpose purpose)
{
    bool restores = purpose == SECRET_MOVE || server->role == ROLE_DESTINATION;
    if (purpose != SECRET_MONITOR && (!restores || !server->has_restore_login))
        return NULL;
    const struct config_login *login =
        purpose == SECRET_MONITOR ? &server->monitor : &server->restore;
    return login->auth == AUTH_SQL ? login : NULL;
}

struct secrets *secrets_fetch(const struct config *config, enum secret_purpose purpose,
                              int *missing, struct error *error)
{
    struct secrets *secrets = secrets_new(config->servers_count);
    *missing = -1;
    for (size_t i = 0; i < config->servers_count; i++) {
        const struct config_login *login = wanted_login(&config->servers[i], purpose);
        if (!login)
            continue;
        const struct password_source *source = &login->password;
        if (!source->command && !source->file && !source->environment) {
            if (*missing < 0)
                *missing = (int)i;
        } else if (fetch_one(secrets, i, config, source, error)) {
            secrets_free(secrets);
            return NULL;
        }
    }
    return secrets;
}

/* --- through the pipe ------------------------------------------------------------------------- */

static bool transfer(int fd, void *bytes, size_t length, bool writing)
{
    char *at = bytes;
    while (length) {
        ssize_t moved = writing ? write(fd, at, length) : read(fd, at, length);
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved <= 0)
            return false;
        at += moved;
        length -= (size_t)moved;
    }
    return true;
}

bool secrets_send(const struct secrets *secrets, int fd)
{
    struct secrets *copy = secrets_new(secrets->count); /* write() wants bytes that may change */
    memcpy(copy->slots, secrets->slots, secrets->count * sizeof(struct slot));
    uint64_t count = secrets->count;
    bool fine = transfer(fd, &count, sizeof count, true) &&
                transfer(fd, copy->slots, secrets->count * sizeof(struct slot), true);
    secrets_free(copy);
    return fine;
}

struct secrets *secrets_receive(int fd, size_t servers_count)
{
    uint64_t count = 0;
    if (!transfer(fd, &count, sizeof count, false) || count != servers_count)
        return NULL;
    struct secrets *secrets = secrets_new(servers_count);
    if (!transfer(fd, secrets->slots, servers_count * sizeof(struct slot), false)) {
        secrets_free(secrets);
        return NULL;
    }
    for (size_t i = 0; i < servers_count; i++)
        secrets->slots[i].password[PASSWORD_SIZE - 1] = '\0';
    return secrets;
}
