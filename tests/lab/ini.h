/* Writes a ready stopmark.ini for a lab: every server with its port, the logins of the scenario,
 * and their passwords in files of mode 0600 beside it. */
#ifndef STOPMARK_LAB_INI_H
#define STOPMARK_LAB_INI_H

#include <stdbool.h>

struct lab;

/* False after an error, with errno. */
bool ini_write(const struct lab *lab, const char *path);

#endif
