#include "tests/lab/wire_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "tests/lab/wire_certificate.h"

struct tls_identity {
    SSL_CTX *context;
};

struct tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
};

struct tls_identity *tls_identity_new(enum wire_certificate certificate)
{
    struct tls_identity *identity = memory_new(sizeof *identity);
    EVP_PKEY *key = NULL;
    X509 *x509 = certificate_new(certificate, &key);

    identity->context = SSL_CTX_new(TLS_server_method());
    bool made = x509 != NULL && identity->context != NULL &&
                SSL_CTX_set_max_proto_version(identity->context, TLS1_2_VERSION) == 1 &&
                SSL_CTX_use_certificate(identity->context, x509) == 1 &&
                SSL_CTX_use_PrivateKey(identity->context, key) == 1;
    X509_free(x509);
    EVP_PKEY_free(key);
    if (made)
        return identity;
    tls_identity_free(identity);
    return NULL;
}

void tls_identity_free(struct tls_identity *identity)
{
    if (identity == NULL)
        return;
    SSL_CTX_free(identity->context);
    free(identity);
}

struct tls *tls_new(struct tls_identity *identity)
{
    struct tls *tls = memory_new(sizeof *tls);

    tls->ssl = SSL_new(identity->context);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    free(tls);
}

static void take_output(struct tls *tls, struct str *out)
{
    char bytes[4096];
    int got;

    while ((got = BIO_read(tls->out, bytes, sizeof bytes)) > 0)
        str_add_bytes(out, bytes, (size_t)got);
}

void tls_give(struct tls *tls, const void *bytes, size_t length)
{
    if (length > 0)
        BIO_write(tls->in, bytes, (int)length);
}

enum tls_progress tls_handshake(struct tls *tls, const void *bytes, size_t length,
                                struct str *out)
{
    ERR_clear_error();
    tls_give(tls, bytes, length);
    int result = SSL_do_handshake(tls->ssl);
    int error = SSL_get_error(tls->ssl, result);
    take_output(tls, out);
    if (result == 1)
        return TLS_ESTABLISHED;
    return error == SSL_ERROR_WANT_READ ? TLS_GOING_ON : TLS_FAILED;
}

ssize_t tls_read(struct tls *tls, void *bytes, size_t size)
{
    ERR_clear_error();
    int got = SSL_read(tls->ssl, bytes, size > INT32_MAX ? INT32_MAX : (int)size);

    if (got > 0)
        return got;
    return SSL_get_error(tls->ssl, got) == SSL_ERROR_WANT_READ ? 0 : -1;
}

bool tls_write(struct tls *tls, const void *bytes, size_t length, struct str *out)
{
    ERR_clear_error();
    if (length > 0 && SSL_write(tls->ssl, bytes, (int)length) <= 0)
        return false;
    take_output(tls, out);
    return true;
}
