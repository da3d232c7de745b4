/* The lab's own authority and the certificates that it signs, good and bad on purpose. Made in
 * memory once a process. Any thread.
 */
#ifndef STOPMARK_LAB_WIRE_CERTIFICATE_H
#define STOPMARK_LAB_WIRE_CERTIFICATE_H

#include <openssl/x509.h>

#include "tests/lab/wire.h"

/* A certificate of that kind with its key; both owned by the caller. NULL if OpenSSL fails. */
X509 *certificate_new(enum wire_certificate certificate, EVP_PKEY **key);

/* The authority's certificate, borrowed; NULL if OpenSSL fails. */
X509 *certificate_authority(void);

#endif
