#include "core/runbook.h"

/* The file itself, so that a lost or half-installed runbook never leaves an operator without. */
__asm__(".section .rodata\n"
        ".global stopmark_runbook_default\n"
        "stopmark_runbook_default:\n"
        ".incbin \"conf/runbook.ini\"\n"
        ".byte 0\n"
        ".previous\n");

extern const char stopmark_runbook_default[];

const char *runbook_default(void)
{
    return stopmark_runbook_default;
}
