#include "core/checks.h"

void checks_build(struct group_view *view)
{
    (void)view;
}
