/* What can be known of a terminal before curses takes it over. Alone in its file because <term.h>
 * makes macros of common words; it stands last. */
#include "tui/term.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

bool term_is_usable(void)
{
    const char *name = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || name == NULL || name[0] == '\0')
        return false;
    int status = 0;
    if (setupterm(name, STDOUT_FILENO, &status) != OK)
        return false;
    const char *place = tigetstr("cup");
    bool usable = place != NULL && place != (const char *)-1;
    del_curterm(cur_term);
    return usable;
}

bool term_is_utf8(void)
{
    const char *name = nl_langinfo(CODESET);
    return strcmp(name, "UTF-8") == 0 || strcmp(name, "utf8") == 0;
}
