/* The scan as it is kept beside a run's journal. */
#include <string.h>

#include "core/base/memory.h"
#include "core/json.h"
#include "core/scan_internal.h"

char *scan_to_json(const struct scan *scan)
{
    json_t *kinds = json_object(), *findings = json_array();
    for (int kind = 0; kind < SCAN_KINDS; kind++)
        json_object_set_new(kinds, scan_kind_name((enum scan_kind)kind),
                            json_pack("{s:b, s:o}", "looked", scan->looked[kind], "blind",
                                      json_from_text(scan->blind[kind])));
    for (size_t i = 0; i < scan->findings_count; i++) {
        const struct scan_finding *finding = &scan->findings[i];
        json_array_append_new(findings, json_pack("{s:s, s:o, s:o}", "kind",
                                                  scan_kind_name(finding->kind), "where",
                                                  json_from_text(finding->where), "text",
                                                  json_from_text(finding->text)));
    }
    return json_take_text(json_pack("{s:i, s:o, s:o, s:o}", "schema", 1, "time",
                                    json_from_time(scan->at_utc_ms), "looked", kinds, "findings",
                                    findings));
}

static void take_finding(struct scan *scan, const json_t *row)
{
    const char *name = json_to_text(json_object_get(row, "kind"));
    const char *where = json_to_text(json_object_get(row, "where"));
    const char *text = json_to_text(json_object_get(row, "text"));
    for (int kind = 0; name != NULL && text != NULL && kind < SCAN_KINDS; kind++)
        if (strcmp(name, scan_kind_name((enum scan_kind)kind)) == 0)
            scan_add(scan, (enum scan_kind)kind, memory_copy_text(where == NULL ? "" : where),
                     memory_copy_text(text));
}

struct scan *scan_from_json(const char *text)
{
    json_t *document = json_loads(text, 0, NULL);
    const json_t *findings = json_object_get(document, "findings");
    struct scan *scan = NULL;
    if (json_integer_value(json_object_get(document, "schema")) == 1 && json_is_array(findings)) {
        scan = memory_new(sizeof *scan);
        scan->at_utc_ms = json_to_time(json_object_get(document, "time"));
        for (int kind = 0; kind < SCAN_KINDS; kind++) {
            const json_t *entry = json_object_get(json_object_get(document, "looked"),
                                                  scan_kind_name((enum scan_kind)kind));
            scan->looked[kind] = json_is_true(json_object_get(entry, "looked"));
            scan->blind[kind] = memory_copy_text(json_to_text(json_object_get(entry, "blind")));
        }
        for (size_t i = 0; i < json_array_size(findings); i++)
            take_finding(scan, json_array_get(findings, i));
    }
    json_decref(document);
    return scan;
}
