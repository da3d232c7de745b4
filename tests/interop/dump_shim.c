/* LD_PRELOAD shim: tells FreeTDS to write its dump, which stopmark itself never allows (it takes TDS*
 * out of its environment before anything else). The dump of each process goes to
 * $DUMP_SHIM.<process>.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *getenv(const char *name)
{
    static char *(*real)(const char *);
    static char path[4096];

    if (real == NULL) {
        void *symbol = dlsym(RTLD_NEXT, "getenv");
        memcpy(&real, &symbol, sizeof real);
    }
    if (strcmp(name, "TDSDUMP") != 0 || real("DUMP_SHIM") == NULL)
        return real(name);
    snprintf(path, sizeof path, "%s.%d", real("DUMP_SHIM"), (int)getpid());
    return path;
}
