#include "tests/lab/scenario_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text.h"

void node_problem(const struct node *node, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    str_format(node->problems, "%s: %s\n", node->path[0] == '\0' ? "(top)" : node->path, text);
}

struct node node_member(const struct node *object, const char *key)
{
    struct node member = {.problems = object->problems};
    snprintf(member.path, sizeof member.path, "%.150s%s%s", object->path,
             object->path[0] == '\0' ? "" : ".", key);
    member.json = json_object_get(object->json, key);
    return member;
}

size_t node_count(const struct node *array)
{
    if (array->json == NULL) {
        return 0;
    }
    if (!json_is_array(array->json)) {
        node_problem(array, "expected an array");
        return 0;
    }
    return json_array_size(array->json);
}

struct node node_item(const struct node *array, size_t index)
{
    struct node item = {.problems = array->problems, .json = json_array_get(array->json, index)};
    snprintf(item.path, sizeof item.path, "%.180s[%zu]", array->path, index);
    return item;
}

/* The known word that is nearest to word; false = none is near. */
static bool nearest(const char *known, const char *word, char *out, size_t size)
{
    int best = 4;
    out[0] = '\0';
    for (const char *at = known; *at != '\0';) {
        char one[64];
        size_t length = strcspn(at, " ");
        snprintf(one, sizeof one, "%.*s", (int)length, at);
        int distance = text_distance(one, word);
        if (distance < best) {
            best = distance;
            text_copy(out, size, one);
        }
        at += length + strspn(at + length, " ");
    }
    return out[0] != '\0';
}

static bool contains(const char *known, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = known; (at = strstr(at, word)) != NULL; at++) {
        if ((at == known || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return length > 0;
        }
    }
    return false;
}

void node_check_keys(const struct node *object, const char *known)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object->json)) {
        node_problem(object, "expected an object");
        return;
    }
    json_object_foreach(object->json, key, value)
    {
        struct node member = node_member(object, key);
        char near[64];
        if (contains(known, key)) {
            continue;
        }
        if (nearest(known, key, near, sizeof near)) {
            node_problem(&member, "unknown name; did you mean %s?", near);
        } else {
            node_problem(&member, "unknown name; known here: %s", known);
        }
    }
}

const char *node_text(const struct node *object, const char *key, const char *otherwise)
{
    struct node member = node_member(object, key);
    if (member.json == NULL || json_is_null(member.json)) {
        return otherwise;
    }
    if (!json_is_string(member.json)) {
        node_problem(&member, "expected a text");
        return otherwise;
    }
    return json_string_value(member.json);
}

const char *node_text_required(const struct node *object, const char *key)
{
    const char *text = node_text(object, key, NULL);
    struct node member = node_member(object, key);
    if (text == NULL && (member.json == NULL || json_is_null(member.json))) {
        node_problem(&member, "missing");
    }
    return text == NULL ? "" : text;
}

void node_copy_text(const struct node *object, const char *key, char *out, size_t size)
{
    const char *text = node_text(object, key, NULL);
    if (text == NULL) {
        return;
    }
    if (strlen(text) >= size) {
        struct node member = node_member(object, key);
        node_problem(&member, "longer than %zu bytes", size - 1);
    }
    text_copy(out, size, text);
}

const char *node_name(const struct node *object, const char *key)
{
    char name[NODE_NAME_BYTES + 1];
    node_copy_text(object, key, name, sizeof name);
    return node_text_required(object, key);
}

void node_check_room(const struct node *array, size_t room)
{
    if (node_count(array) > room) {
        node_problem(array, "more than %zu items", room);
    }
}

const char *node_choice(const struct node *object, const char *key, const char *choices,
                        const char *otherwise)
{
    const char *text =
        otherwise == NULL ? node_text_required(object, key) : node_text(object, key, otherwise);
    struct node member = node_member(object, key);
    if (member.json != NULL && !contains(choices, text)) {
        node_problem(&member, "expected one of: %s; found \"%s\"", choices, text);
        return otherwise == NULL ? "" : otherwise;
    }
    return text;
}

int64_t node_integer(const struct node *object, const char *key, int64_t low, int64_t high,
                     int64_t otherwise)
{
    struct node member = node_member(object, key);
    if (member.json == NULL) {
        return otherwise;
    }
    if (!json_is_integer(member.json) || json_integer_value(member.json) < low ||
        json_integer_value(member.json) > high) {
        node_problem(&member, "expected a whole number from %lld to %lld", (long long)low,
                     (long long)high);
        return otherwise;
    }
    return json_integer_value(member.json);
}

bool node_boolean(const struct node *object, const char *key, bool otherwise)
{
    struct node member = node_member(object, key);
    if (member.json == NULL) {
        return otherwise;
    }
    if (!json_is_boolean(member.json)) {
        node_problem(&member, "expected true or false");
        return otherwise;
    }
    return json_is_true(member.json);
}

int64_t node_instant(const struct node *object, const char *key, int64_t otherwise)
{
    const char *text = node_text(object, key, NULL);
    if (text == NULL) {
        return otherwise;
    }
    int64_t instant = time_parse(text);
    if (instant == TIME_UNKNOWN) {
        struct node member = node_member(object, key);
        node_problem(&member, "expected a time such as 2026-11-20T12:20:50Z; found \"%s\"", text);
        return otherwise;
    }
    return instant;
}
