/* Reading JSON with checks: every problem becomes one line with the path of the value. */
#ifndef STOPMARK_LAB_SCENARIO_READ_H
#define STOPMARK_LAB_SCENARIO_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

struct node {
    json_t *json; /* borrowed; NULL = absent */
    struct str *problems;
    char path[200];
};

void node_problem(const struct node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A member; absent members are NULL nodes. */
struct node node_member(const struct node *object, const char *key);
/* The array's items; 0 for an absent one, a problem for what is no array. */
size_t node_count(const struct node *array);
struct node node_item(const struct node *array, size_t index);

/* A problem for each key that is not in known ("a b c"), with the nearest one. */
void node_check_keys(const struct node *object, const char *known);

/* Values; otherwise NULL (or required) makes an absent one a problem. Texts are borrowed. */
const char *node_text(const struct node *object, const char *key, const char *otherwise);
const char *node_text_required(const struct node *object, const char *key);
/* node_text into a buffer, which stays as it is where the text is absent; what does not fit is a
 * problem. */
void node_copy_text(const struct node *object, const char *key, char *out, size_t size);
/* A required name; the lab keeps NODE_NAME_BYTES of one, and a longer one is a problem. */
enum { NODE_NAME_BYTES = 128 };
const char *node_name(const struct node *object, const char *key);
/* A problem where the list has more than room items. */
void node_check_room(const struct node *array, size_t room);
/* One of the words in choices ("source destination"). */
const char *node_choice(const struct node *object, const char *key, const char *choices,
                        const char *otherwise);
int64_t node_integer(const struct node *object, const char *key, int64_t low, int64_t high,
                     int64_t otherwise);
bool node_boolean(const struct node *object, const char *key, bool otherwise);
/* "2026-11-20T12:20:50Z" */
int64_t node_instant(const struct node *object, const char *key, int64_t otherwise);

#endif
