/* TLS over memory against a client of OpenSSL's own, with every kind of certificate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/lab/wire_tls.h"

struct peer {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out;
};

static struct peer new_peer(const char *host, int least_version)
{
    struct peer peer = {.context = SSL_CTX_new(TLS_client_method())};
    char *pem = tls_authority_pem();
    BIO *memory = BIO_new_mem_buf(pem, -1);
    X509 *authority = PEM_read_bio_X509(memory, NULL, NULL, NULL);

    assert_non_null(authority);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(peer.context), authority);
    X509_free(authority);
    BIO_free(memory);
    free(pem);
    SSL_CTX_set_min_proto_version(peer.context, least_version);
    peer.ssl = SSL_new(peer.context);
    peer.in = BIO_new(BIO_s_mem());
    peer.out = BIO_new(BIO_s_mem());
    SSL_set_bio(peer.ssl, peer.in, peer.out);
    SSL_set_connect_state(peer.ssl);
    SSL_set1_host(peer.ssl, host);
    return peer;
}

static void free_peer(struct peer *peer)
{
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->context);
}

/* Passes bytes to and fro until both are done or one gave up; the server's last word. */
static enum tls_progress shake(struct tls *tls, struct peer *peer)
{
    enum tls_progress progress = TLS_GOING_ON;

    for (int i = 0; i < 10; i++) {
        char bytes[16384];
        struct str out = {0};
        SSL_do_handshake(peer->ssl);
        int length = BIO_read(peer->out, bytes, sizeof bytes);
        if (length <= 0 || progress == TLS_FAILED)
            break;
        progress = tls_handshake(tls, bytes, (size_t)length, &out);
        if (out.length > 0)
            BIO_write(peer->in, out.text, (int)out.length);
        str_free(&out);
    }
    return progress;
}

static long verdict(enum wire_certificate certificate, const char *host)
{
    struct tls_identity *identity = tls_identity_new(certificate);
    struct tls *tls = tls_new(identity);
    struct peer peer = new_peer(host, TLS1_2_VERSION);

    assert_int_equal(shake(tls, &peer), TLS_ESTABLISHED);
    assert_int_equal(SSL_version(peer.ssl), TLS1_2_VERSION);
    long result = SSL_get_verify_result(peer.ssl);
    free_peer(&peer);
    tls_free(tls);
    tls_identity_free(identity);
    return result;
}

static void a_good_certificate_passes_every_check(void **state)
{
    (void)state;
    assert_int_equal(verdict(WIRE_CERTIFICATE_GOOD, "localhost"), X509_V_OK);
}

static void each_bad_certificate_fails_for_its_own_reason(void **state)
{
    (void)state;
    assert_int_equal(verdict(WIRE_CERTIFICATE_WRONG_HOST, "localhost"),
                     X509_V_ERR_HOSTNAME_MISMATCH);
    assert_int_equal(verdict(WIRE_CERTIFICATE_EXPIRED, "localhost"),
                     X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(verdict(WIRE_CERTIFICATE_UNKNOWN_AUTHORITY, "localhost"),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

static void bytes_cross_in_both_directions(void **state)
{
    struct tls_identity *identity = tls_identity_new(WIRE_CERTIFICATE_GOOD);
    struct tls *tls = tls_new(identity);
    struct peer peer = new_peer("localhost", TLS1_2_VERSION);
    char plain[64] = "", cipher[1024];
    struct str out = {0};
    (void)state;

    assert_int_equal(shake(tls, &peer), TLS_ESTABLISHED);
    assert_int_equal(tls_read(tls, plain, sizeof plain), 0);
    assert_int_equal(SSL_write(peer.ssl, "question", 8), 8);
    int length = BIO_read(peer.out, cipher, sizeof cipher);
    tls_give(tls, cipher, 5);
    assert_int_equal(tls_read(tls, plain, sizeof plain), 0);
    tls_give(tls, cipher + 5, (size_t)length - 5);
    assert_int_equal(tls_read(tls, plain, sizeof plain), 8);
    assert_memory_equal(plain, "question", 8);
    assert_true(tls_write(tls, "answer", 6, &out));
    BIO_write(peer.in, out.text, (int)out.length);
    assert_int_equal(SSL_read(peer.ssl, plain, sizeof plain), 6);
    assert_memory_equal(plain, "answer", 6);
    str_free(&out);
    free_peer(&peer);
    tls_free(tls);
    tls_identity_free(identity);
}

static void noise_and_newer_versions_end_the_handshake(void **state)
{
    struct tls_identity *identity = tls_identity_new(WIRE_CERTIFICATE_GOOD);
    struct tls *tls = tls_new(identity);
    struct str out = {0};
    (void)state;

    assert_int_equal(tls_handshake(tls, "GET / HTTP/1.0\r\n\r\n", 18, &out), TLS_FAILED);
    tls_free(tls);
    tls = tls_new(identity);
    struct peer peer = new_peer("localhost", TLS1_3_VERSION);
    assert_int_equal(shake(tls, &peer), TLS_FAILED);
    str_free(&out);
    free_peer(&peer);
    tls_free(tls);
    tls_identity_free(identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_certificate_passes_every_check),
        cmocka_unit_test(each_bad_certificate_fails_for_its_own_reason),
        cmocka_unit_test(bytes_cross_in_both_directions),
        cmocka_unit_test(noise_and_newer_versions_end_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
