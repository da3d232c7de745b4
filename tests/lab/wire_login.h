/* The two messages before a session: PRELOGIN and LOGIN7, read strictly: every offset and length is
 * checked, what does not fit is refused with a reason. Knows nothing of logins or databases. Pure
 * functions, any thread.
 */
#ifndef STOPMARK_LAB_WIRE_LOGIN_H
#define STOPMARK_LAB_WIRE_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

enum prelogin_encryption {
    ENCRYPTION_OFF = 0, /* the login only */
    ENCRYPTION_ON = 1,
    ENCRYPTION_NOT_SUPPORTED = 2,
    ENCRYPTION_REQUIRED = 3,
};

struct prelogin {
    int encryption; /* -1 = the client did not say */
    bool has_instance;
    char instance[129];
};

/* Reads PRELOGIN; NULL = well, else a static reason. */
const char *prelogin_read(struct prelogin *prelogin, const char *bytes, size_t length);

/* Appends the answer: version, encryption, instance accepted, no MARS. */
void prelogin_answer(struct str *out, int major, int minor, int build, int encryption);

struct login_request {
    uint32_t tds_version;
    uint32_t packet_size;
    bool odbc, integrated, read_only_intent, language_fatal;
    bool features_asked; /* an extension block came */
    bool utf8_asked;
    char interface[129], host[129], user[129], password[129], application[129], server[129], language[129],
        database[129];
};

/* Reads LOGIN7; NULL = well, else a static reason. Wipe with login_forget: it holds a password. */
const char *login_read(struct login_request *request, const char *bytes, size_t length);

/* Overwrites the password. */
void login_forget(struct login_request *request);

#endif
