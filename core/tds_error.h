/* Server error numbers to error codes. Keyed on numbers only: servers speak many languages.
 * Pure; any thread. */
#ifndef STOPMARK_CORE_TDS_ERROR_H
#define STOPMARK_CORE_TDS_ERROR_H

#include <stdbool.h>

#include "core/base/error.h"

/* Copies failure to *error (may be NULL) with its code: ERR_PERMISSION with the grant in the hint,
 * ERR_TIMEOUT for a lock time-out, else ERR_SERVER_ERROR. permission may be NULL. */
enum error_code tds_error_classify(struct error *error, const struct error *failure,
                                   const char *permission);

/* The same for an error during login: ERR_LOGIN_REFUSED with a hint. */
enum error_code tds_error_login(struct error *error, const struct error *failure);

/* True for a lost deadlock (1205) or a lock that was not had in time (1222): SQL Server's own advice
 * is to send the statement again. */
bool tds_error_passes(const struct error *error);

#endif
