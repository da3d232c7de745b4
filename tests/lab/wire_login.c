#include "tests/lab/wire_login.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/lab/wire_bytes.h"
#include "tests/lab/wire_types.h"

enum prelogin_option {
    OPTION_VERSION = 0,
    OPTION_ENCRYPTION = 1,
    OPTION_INSTANCE = 2,
    OPTION_THREAD = 3,
    OPTION_MARS = 4,
    OPTION_END = 0xFF,
};

/* --- PRELOGIN --------------------------------------------------------------------------------- */

static const char *read_option(struct prelogin *prelogin, int option, const uint8_t *data,
                               size_t length)
{
    if (option == OPTION_ENCRYPTION) {
        if (length != 1)
            return "PRELOGIN encryption is not one byte";
        prelogin->encryption = data[0] & 0x0F;
    }
    if (option == OPTION_INSTANCE) {
        size_t size = length < sizeof prelogin->instance ? length : sizeof prelogin->instance - 1;
        memcpy(prelogin->instance, data, size);
        prelogin->instance[size] = '\0';
        prelogin->has_instance = true;
    }
    return NULL;
}

const char *prelogin_read(struct prelogin *prelogin, const char *bytes, size_t length)
{
    struct byte_reader table = {.data = (const uint8_t *)bytes, .length = length};

    *prelogin = (struct prelogin){.encryption = -1};
    for (;;) {
        int option = reader_u8(&table);
        if (table.failed)
            return "PRELOGIN without an end of its options";
        if (option == OPTION_END)
            return NULL;
        struct byte_reader data = {
            .data = (const uint8_t *)bytes, .length = length, .at = reader_u16_be(&table)};
        size_t size = reader_u16_be(&table);
        if (table.failed || data.at > length)
            return "PRELOGIN option outside the message";
        const uint8_t *option_data = reader_take(&data, size);
        if (option_data == NULL)
            return "PRELOGIN option outside the message";
        const char *fault = read_option(prelogin, option, option_data, size);
        if (fault != NULL)
            return fault;
    }
}

void prelogin_answer(struct str *out, int major, int minor, int build, int encryption)
{
    static const struct {
        uint8_t option, size;
    } options[] = {{OPTION_VERSION, 6}, {OPTION_ENCRYPTION, 1}, {OPTION_INSTANCE, 1},
                   {OPTION_THREAD, 0},  {OPTION_MARS, 1}};
    enum { COUNT = sizeof options / sizeof options[0] };
    unsigned at = COUNT * 5 + 1;

    for (size_t i = 0; i < COUNT; i++) {
        bytes_add_u8(out, options[i].option);
        bytes_add_u16_be(out, at);
        bytes_add_u16_be(out, options[i].size);
        at += options[i].size;
    }
    bytes_add_u8(out, OPTION_END);
    bytes_add_u8(out, (unsigned)major);
    bytes_add_u8(out, (unsigned)minor);
    bytes_add_u16_be(out, (unsigned)build);
    bytes_add_u16_be(out, 0);
    bytes_add_u8(out, (unsigned)encryption);
    bytes_add_u8(out, 0); /* the instance's name is ours */
    bytes_add_u8(out, 0); /* no MARS */
}

/* --- LOGIN7 ----------------------------------------------------------------------------------- */

/* The fixed part of 7.0 and 7.1, and the rest that 7.2 added. Source: MS-TDS, LOGIN7. */
enum { FIXED_SIZE_OLD = 86, FIXED_SIZE = 94, NAME_UNITS_MAX = 128 };

/* Reads the text that the pair at `at` points to. False if it leaves the message. */
static bool read_text(const char *bytes, size_t length, size_t at, char out[129])
{
    struct byte_reader pair = {.data = (const uint8_t *)bytes, .length = length, .at = at};
    size_t offset = reader_u16(&pair);
    size_t units = reader_u16(&pair);

    if (pair.failed || units > NAME_UNITS_MAX)
        return false;
    if (units == 0) {
        out[0] = '\0';
        return true;
    }
    if (offset < FIXED_SIZE_OLD || offset > length)
        return false;
    struct byte_reader data = {.data = (const uint8_t *)bytes, .length = length, .at = offset};
    char *text = reader_utf16(&data, units);
    text_copy(out, 129, text);
    free(text);
    return !data.failed;
}

/* The password's bytes have their halves swapped and are XORed with 0xA5. */
static bool read_password(const char *bytes, size_t length, char out[129])
{
    struct byte_reader pair = {.data = (const uint8_t *)bytes, .length = length, .at = 44};
    size_t offset = reader_u16(&pair);
    size_t units = reader_u16(&pair);
    uint8_t plain[NAME_UNITS_MAX * 2];

    out[0] = '\0';
    if (units > NAME_UNITS_MAX)
        return false;
    if (units == 0)
        return true;
    if (offset < FIXED_SIZE_OLD || offset + units * 2 > length)
        return false;
    for (size_t i = 0; i < units * 2; i++) {
        unsigned byte = (unsigned char)bytes[offset + i] ^ 0xA5u;
        plain[i] = (uint8_t)(byte >> 4 | byte << 4);
    }
    struct byte_reader data = {.data = plain, .length = units * 2};
    char *text = reader_utf16(&data, units);
    text_copy(out, 129, text);
    explicit_bzero(text, strlen(text));
    explicit_bzero(plain, sizeof plain);
    free(text);
    return true;
}

static const char *read_features(struct login_request *request, const char *bytes, size_t length)
{
    struct byte_reader pair = {.data = (const uint8_t *)bytes, .length = length, .at = 56};
    struct byte_reader block = {.data = (const uint8_t *)bytes, .length = length};

    block.at = reader_u16(&pair);
    if (reader_u16(&pair) != 4 || block.at > length)
        return "LOGIN7 extension without its offset";
    size_t at = reader_u32(&block);
    if (block.failed || at > length)
        return "LOGIN7 extension outside the message";
    block.at = at;
    for (;;) {
        int feature = reader_u8(&block);
        if (!block.failed && feature == 0xFF)
            return NULL;
        uint32_t size = reader_u32(&block);
        if (reader_take(&block, size) == NULL)
            return "LOGIN7 extension without an end";
        request->features_asked = true;
        request->utf8_asked |= feature == 0x0A;
    }
}

static const char *read_texts(struct login_request *request, const char *bytes, size_t length)
{
    const struct {
        size_t at;
        char *out;
    } texts[] = {
        {36, request->host},     {40, request->user},     {48, request->application},
        {52, request->server},   {60, request->interface}, {64, request->language},
        {68, request->database},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!read_text(bytes, length, texts[i].at, texts[i].out))
            return "LOGIN7 text outside the message or too long";
    }
    if (!read_password(bytes, length, request->password))
        return "LOGIN7 password outside the message or too long";
    return NULL;
}

const char *login_read(struct login_request *request, const char *bytes, size_t length)
{
    struct byte_reader fixed = {.data = (const uint8_t *)bytes, .length = length};
    uint32_t declared = reader_u32(&fixed);

    *request = (struct login_request){.tds_version = reader_u32(&fixed)};
    request->packet_size = reader_u32(&fixed);
    reader_take(&fixed, 12); /* client version, process, connection */
    reader_u8(&fixed);       /* byte order, characters, floats: all x86's in practice */
    unsigned flags2 = reader_u8(&fixed);
    unsigned type_flags = reader_u8(&fixed);
    unsigned flags3 = reader_u8(&fixed);
    if (fixed.failed || length < FIXED_SIZE_OLD)
        return "LOGIN7 shorter than its fixed part";
    if (declared > length || declared < FIXED_SIZE_OLD)
        return "LOGIN7 declares a length that it does not have";
    if (request->tds_version < TDS_7_0 || request->tds_version > 0x7FFFFFFF)
        return "LOGIN7 of an unknown TDS version";
    if (request->tds_version >= TDS_7_2 && declared < FIXED_SIZE)
        return "LOGIN7 shorter than its fixed part";
    length = declared;
    request->language_fatal = (flags2 & 1) != 0;
    request->odbc = (flags2 & 2) != 0;
    request->integrated = (flags2 & 0x80) != 0;
    request->read_only_intent = (type_flags & 0x20) != 0;
    const char *fault = read_texts(request, bytes, length);
    if (fault == NULL && request->tds_version >= TDS_7_4 && (flags3 & 0x10) != 0)
        fault = read_features(request, bytes, length);
    return fault;
}

void login_forget(struct login_request *request)
{
    explicit_bzero(request->password, sizeof request->password);
}
