#include "tests/lab/wire_settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "tests/lab/estate.h"
#include "tests/lab/wire_tls.h"

struct wire_settings *wire_settings_of(struct instance *instance)
{
    if (instance->wire == NULL)
        instance->wire = memory_new(sizeof *instance->wire);
    return instance->wire;
}

bool wire_set_encryption(struct instance *instance, enum wire_encryption encryption,
                         enum wire_certificate certificate)
{
    struct wire_settings *settings = wire_settings_of(instance);

    if (encryption != WIRE_PLAIN) {
        struct tls_identity *identity = tls_identity_new(certificate);
        if (identity == NULL)
            return false;
        /* a handshake may still use the old one: it stays until the end */
        identity = atomic_exchange(&settings->identity, identity);
        settings->retired = memory_grow(settings->retired, &settings->retired_capacity,
                                        settings->retired_count, sizeof *settings->retired);
        settings->retired[settings->retired_count++] = identity;
    }
    atomic_store(&settings->encryption, encryption);
    return true;
}

enum wire_encryption wire_encryption_of(const struct instance *instance)
{
    return instance->wire == NULL ? WIRE_PLAIN : atomic_load(&instance->wire->encryption);
}

void wire_set_fault(struct instance *instance, const struct wire_fault *fault)
{
    struct wire_settings *settings = wire_settings_of(instance);
    const struct wire_fault none = {0};

    if (fault == NULL)
        fault = &none;
    atomic_store(&settings->cut_after_bytes, fault->cut_after_bytes);
    atomic_store(&settings->garble_byte, fault->garble_byte);
    atomic_store(&settings->trickle_bytes_per_s, fault->trickle_bytes_per_s);
    atomic_fetch_add(&settings->generation, 1);
}

void wire_forget(struct instance *instance)
{
    struct wire_settings *settings = instance->wire;

    if (settings == NULL)
        return;
    for (size_t i = 0; i < settings->retired_count; i++)
        tls_identity_free(settings->retired[i]);
    tls_identity_free(atomic_load(&settings->identity));
    free(settings->retired);
    free(settings);
    instance->wire = NULL;
}

bool wire_write_authority(const char *path)
{
    char *pem = tls_authority_pem();
    size_t length = strlen(pem);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    bool written = fd >= 0 && length > 0 && write(fd, pem, length) == (ssize_t)length;
    if (fd >= 0)
        written = close(fd) == 0 && written;
    free(pem);
    return written;
}
