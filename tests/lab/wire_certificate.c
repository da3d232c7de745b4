#include "tests/lab/wire_certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "core/base/str.h"
#include "tests/lab/wire_tls.h"

enum { DAY_S = 86400 };

struct authority {
    X509 *certificate;
    EVP_PKEY *key;
};

static struct authority authority; /* made once; lives as long as the process */
static pthread_once_t authority_once = PTHREAD_ONCE_INIT;

static void add_extension(X509 *certificate, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    if (extension != NULL)
        X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* An unsigned certificate for a name, valid from and to so many days from now. */
static X509 *new_certificate(const char *name, long serial, EVP_PKEY *key, int from_days,
                             int to_days)
{
    X509 *certificate = X509_new();
    const unsigned char *text = (const unsigned char *)name;

    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), (long)from_days * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(certificate), (long)to_days * DAY_S);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, text, -1,
                               -1, 0);
    return certificate;
}

static struct authority new_authority(const char *name)
{
    struct authority made = {.key = EVP_EC_gen("P-256")};

    if (made.key == NULL)
        return made;
    made.certificate = new_certificate(name, 1, made.key, -1, 3650);
    X509_set_issuer_name(made.certificate, X509_get_subject_name(made.certificate));
    add_extension(made.certificate, made.certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made.certificate, made.certificate, NID_key_usage, "critical,keyCertSign");
    add_extension(made.certificate, made.certificate, NID_subject_key_identifier, "hash");
    X509_sign(made.certificate, made.key, EVP_sha256());
    return made;
}

static void make_authority(void)
{
    authority = new_authority("stopmark lab authority");
}

X509 *certificate_authority(void)
{
    pthread_once(&authority_once, make_authority);
    return authority.certificate;
}

X509 *certificate_new(enum wire_certificate kind, EVP_PKEY **key)
{
    bool wrong_host = kind == WIRE_CERTIFICATE_WRONG_HOST;
    bool expired = kind == WIRE_CERTIFICATE_EXPIRED;
    struct authority stranger = {0};
    const struct authority *signer = &authority;

    if (certificate_authority() == NULL)
        return NULL;
    if (kind == WIRE_CERTIFICATE_UNKNOWN_AUTHORITY) {
        stranger = new_authority("another authority");
        signer = &stranger;
    }
    *key = EVP_EC_gen("P-256");
    if (*key == NULL || signer->certificate == NULL)
        return NULL;
    X509 *certificate =
        new_certificate(wrong_host ? "elsewhere.example" : "localhost", 2 + (long)kind, *key,
                        expired ? -20 : -1, expired ? -10 : 3650);
    X509_set_issuer_name(certificate, X509_get_subject_name(signer->certificate));
    add_extension(certificate, signer->certificate, NID_basic_constraints, "CA:FALSE");
    add_extension(certificate, signer->certificate, NID_ext_key_usage, "serverAuth");
    add_extension(certificate, signer->certificate, NID_subject_alt_name,
                  wrong_host ? "DNS:elsewhere.example" : "DNS:localhost,IP:127.0.0.1");
    X509_sign(certificate, signer->key, EVP_sha256());
    X509_free(stranger.certificate);
    EVP_PKEY_free(stranger.key);
    return certificate;
}

char *tls_authority_pem(void)
{
    BIO *memory = BIO_new(BIO_s_mem());
    struct str text = {0};
    char *bytes;

    if (certificate_authority() != NULL)
        PEM_write_bio_X509(memory, authority.certificate);
    long length = BIO_get_mem_data(memory, &bytes);
    str_add_bytes(&text, bytes, length > 0 ? (size_t)length : 0);
    BIO_free(memory);
    return str_take(&text);
}
