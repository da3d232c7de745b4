#include "core/updateinfo_internal.h"

/* The schema itself, so that a check never depends on an installed file. */
__asm__(".section .rodata\n"
        ".global stopmark_updateinfo_schema\n"
        "stopmark_updateinfo_schema:\n"
        ".incbin \"man/schema/updateinfo.rng\"\n"
        ".byte 0\n"
        ".previous\n");

extern const char stopmark_updateinfo_schema[];

const char *updateinfo_schema(void)
{
    return stopmark_updateinfo_schema;
}
