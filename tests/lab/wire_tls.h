/* TLS 1.2 over memory: ciphertext in and out as bytes, so that it can ride inside TDS packets
 * during the handshake and on the bare socket afterwards. Makes its own test authority and
 * certificates, good and bad ones, at start; nothing is read from disk. One thread per struct tls;
 * the rest any.
 *
 * Source for the cap at TLS 1.2: FreeTDS 1.3 hangs at the login where TLS 1.3 is agreed.
 */
#ifndef STOPMARK_LAB_WIRE_TLS_H
#define STOPMARK_LAB_WIRE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/base/str.h"
#include "tests/lab/wire.h"

struct tls_identity; /* a server's key and certificate */
struct tls;          /* one connection */

/* A certificate of that kind; owned, tls_identity_free. NULL if OpenSSL fails. */
struct tls_identity *tls_identity_new(enum wire_certificate certificate);
void tls_identity_free(struct tls_identity *identity);

/* The test authority's certificate as PEM; owned. */
char *tls_authority_pem(void);

struct tls *tls_new(struct tls_identity *identity); /* owned; identity borrowed */
void tls_free(struct tls *tls);

enum tls_progress { TLS_GOING_ON, TLS_ESTABLISHED, TLS_FAILED };

/* Takes the client's handshake bytes and appends the answer to out. */
enum tls_progress tls_handshake(struct tls *tls, const void *bytes, size_t length,
                                struct str *out);

/* Takes ciphertext that came from the socket. */
void tls_give(struct tls *tls, const void *bytes, size_t length);

/* Plain bytes out of what was given: their number, 0 = more ciphertext is needed, -1 = the end. */
ssize_t tls_read(struct tls *tls, void *bytes, size_t size);

/* Appends the ciphertext of bytes to out; false if the connection is broken. */
bool tls_write(struct tls *tls, const void *bytes, size_t length, struct str *out);

#endif
