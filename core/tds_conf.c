/* The private freetds.conf: a file that exists only while this process does (a memory file, so
 * nothing is left behind after a crash), readable by this process alone. FreeTDS 1.3 can be told
 * encryption, CA and TDS version in no other way: setting CS_SEC_ENCRYPTION returns success and
 * changes nothing.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/tds.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* guarded */
static int conf_fd = -1;
static int users; /* who prepared and has not finished */
static char *written; /* what the file holds */

/* Variables that would override the file, or send a copy of the traffic somewhere. */
static const char *const overriding[] = {"TDSDUMP",  "TDSDUMPCONFIG", "TDSVER",     "TDSPORT",
                                         "TDSHOST",  "TDSQUERY",      "TDSLOCALE",  "FREETDS",
                                         "DSQUERY",  "DSLISTEN",      "TDSMAXCONN", "SYBASE"};

static void add_server(struct str *out, const struct config_server *server)
{
    static const char *const encryptions[] = {
        [ENCRYPTION_OFF] = "off",
        [ENCRYPTION_REQUEST] = "request",
        [ENCRYPTION_REQUIRE] = "require",
    };
    str_format(out, "[line-%d]\nhost = %s\n", server->line, server->host);
    if (server->instance)
        str_format(out, "instance = %s\n", server->instance);
    else
        str_format(out, "port = %d\n", server->port ? server->port : 1433);
    str_format(out, "tds version = 7.4\nclient charset = UTF-8\ntext size = 2147483647\n"
                    "enable tls v1 = no\nencryption = %s\n",
               encryptions[server->encryption]);
    /* without a CA file FreeTDS checks no certificate at all */
    if (server->ca_file)
        str_format(out, "ca file = %s\ncheck certificate hostname = yes\n", server->ca_file);
    str_add(out, "\n");
}

static bool write_all(int fd, const char *text, size_t length)
{
    while (length) {
        ssize_t wrote = write(fd, text, length);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        text += wrote;
        length -= (size_t)wrote;
    }
    return true;
}

/* FreeTDS keeps copies of passwords in ordinary memory, which only a missing core dump protects.
 * One byte is what Linux takes for "none", also where cores go to a program (core(5)). */
static void forbid_core_dumps(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur > 1) {
        limit.rlim_cur = 1;
        setrlimit(RLIMIT_CORE, &limit);
    }
}

/* Guarded. */
static void remove_file(void)
{
    if (conf_fd >= 0)
        close(conf_fd);
    conf_fd = -1;
    users = 0;
    free(written);
    written = NULL;
    unsetenv("FREETDSCONF");
}

/* Guarded. */
static enum error_code write_file(const struct str *text, struct error *error)
{
    remove_file();
    conf_fd = memfd_create("freetds.conf", MFD_CLOEXEC);
    if (conf_fd < 0 || fchmod(conf_fd, 0600) != 0 ||
        !write_all(conf_fd, str_text(text), text->length))
        return error_set(error, ERR_IO, "freetds.conf", NULL, "cannot make it: %s",
                         strerror(errno));
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", conf_fd);
    setenv("FREETDSCONF", path, 1);
    written = memory_copy_text(str_text(text));
    return ERR_OK;
}

enum error_code tds_prepare(const struct config *config, struct error *error)
{
    enum error_code code = ERR_OK;
    struct str text = {0};
    for (size_t i = 0; i < config->servers_count; i++)
        add_server(&text, &config->servers[i]);
    pthread_mutex_lock(&lock);
    /* A second user of the same servers: other threads may be connecting by the file right now. */
    if (written == NULL || strcmp(written, str_text(&text)) != 0) {
        for (size_t i = 0; i < sizeof overriding / sizeof overriding[0]; i++)
            unsetenv(overriding[i]);
        forbid_core_dumps();
        code = write_file(&text, error);
    }
    users += code == ERR_OK;
    pthread_mutex_unlock(&lock);
    str_free(&text);
    return code;
}

void tds_finish(void)
{
    pthread_mutex_lock(&lock);
    if (users > 0 && --users == 0)
        remove_file();
    pthread_mutex_unlock(&lock);
}
