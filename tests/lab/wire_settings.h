/* What the wire keeps of an instance: how it encrypts and which faults its line has. Set under
 * lab_lock, read by the connections' threads without it.
 */
#ifndef STOPMARK_LAB_WIRE_SETTINGS_H
#define STOPMARK_LAB_WIRE_SETTINGS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/wire.h"

struct tls_identity;

struct wire_settings {
    _Atomic enum wire_encryption encryption;
    struct tls_identity *_Atomic identity; /* NULL until encryption was first set */
    struct tls_identity **retired;         /* owned; handshakes may still use them */
    size_t retired_count, retired_capacity;
    /* the faults; generation changes with each setting */
    atomic_uint generation;
    _Atomic int64_t cut_after_bytes, garble_byte;
    atomic_int trickle_bytes_per_s;
};

/* The instance's settings, made where there are none; borrowed. */
struct wire_settings *wire_settings_of(struct instance *instance);

#endif
