/* What updateinfo's files share: the schema and the names of elements, all static. Any thread.
 * No other file includes it.
 */
#ifndef STOPMARK_CORE_UPDATEINFO_INTERNAL_H
#define STOPMARK_CORE_UPDATEINFO_INTERNAL_H

#include <libxml/xmlstring.h>

#include "core/updateinfo.h"

/* libxml2's letters are unsigned. */
static inline const xmlChar *updateinfo_xml(const char *text)
{
    return (const xmlChar *)text;
}

/* The RELAX NG schema that is built in; static. */
const char *updateinfo_schema(void);

/* The element of a place ("ManagementDB", "Database"), or the Name of its DeploymentUnit; static. */
const char *updateinfo_element(enum updateinfo_place place);

/* True for the databases that stand as a DeploymentUnit under BAM. */
bool updateinfo_is_bam(enum updateinfo_place place);

#endif
