/* HASHBYTES: what is hashed are the bytes of the value as SQL Server keeps it, UTF-16 for nvarchar. */
#include <openssl/evp.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/text.h"
#include "tests/lab/sql/functions.h"
#include "tests/lab/sql/type.h"
#include "tests/lab/wire_bytes.h"

static struct sql_type result_hash(const struct expr *call)
{
    (void)call;
    return (struct sql_type){.kind = SQL_VARBINARY, .length = 8000, .nullable = true};
}

static void add_bytes(struct str *bytes, const struct call *call)
{
    const char *value = sqlite3_value_blob(call->values[1]);
    size_t length = (size_t)sqlite3_value_bytes(call->values[1]);

    if (type_is_national(call->argument.kind))
        bytes_add_utf16(bytes, value, length, SIZE_MAX);
    else
        str_add_bytes(bytes, value, length);
}

/* NULL for an algorithm that it does not know. */
static void hash_bytes(struct call *call)
{
    static const struct {
        const char *name, *digest;
    } algorithms[] = {{"MD5", "MD5"},           {"SHA", "SHA1"},
                      {"SHA1", "SHA1"},         {"SHA2_256", "SHA256"},
                      {"SHA2_512", "SHA512"}};
    const char *name = (const char *)sqlite3_value_text(call->values[0]);

    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        struct str bytes = {0};

        if (!text_equal_nocase(name, algorithms[i].name))
            continue;
        add_bytes(&bytes, call);
        if (EVP_Digest(str_text(&bytes), bytes.length, digest, &size,
                       EVP_get_digestbyname(algorithms[i].digest), NULL) == 1)
            sqlite3_result_blob(call->context, digest, (int)size, SQLITE_TRANSIENT);
        str_free(&bytes);
    }
}

const struct builtin builtins_hash[] = {
    {"HASHBYTES", 2, 2, "sa", result_hash, FUNCTION_TYPED | FUNCTION_LAST | FUNCTION_CONSTANT,
     hash_bytes},
};
const size_t builtins_hash_count = sizeof builtins_hash / sizeof *builtins_hash;
