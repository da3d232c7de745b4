/* The actions of actions.def: from a key to what it does on a screen, names for the command line,
 * texts for key line, help and manual page. Constant data; any thread.
 */
#ifndef STOPMARK_SCREENS_ACTIONS_H
#define STOPMARK_SCREENS_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

/* Where an action works; a screen has several of these bits. */
enum action_scope {
    SCOPE_GLOBAL = 1,
    SCOPE_LIST = 2,    /* a table with a selected row */
    SCOPE_TEXT = 4,    /* a scrolled text */
    SCOPE_MATRIX = 8,  /* the marks */
    SCOPE_OPERATE = 16, /* where changes are allowed: not with --monitor */
    SCOPE_WIZARD = 32,
    SCOPE_RUN = 64,    /* a run is under way */
    SCOPE_DEMO = 128,  /* `stopmark demo` only */
    SCOPE_MONITOR = 256, /* --monitor only */
    SCOPE_SETS = 1024,   /* the list of sets, where changes are allowed */
    SCOPE_CHECKS = 512,  /* the list of checks, where changes are allowed */
};

enum action_id {
    ACTION_NONE,
#define A(id, name, key, second, label, worth, scopes, help) ACTION_##id,
#include "screens/actions.def"
#undef A
    ACTION_COUNT
};

struct action {
    const char *name;   /* for `:`; "" = none */
    const char *key, *second_key; /* names as keys_format gives them; "" = none */
    const char *label;  /* for the key line; "" = not shown there */
    int worth;          /* in the key line: the lowest leaves first */
    unsigned scopes;    /* enum action_scope bits */
    const char *help;   /* a sentence without a full stop */
};

/* The action's row; ACTION_NONE gives an empty one. Static. */
const struct action *action_of(enum action_id id);

/* What key does in these scopes; narrower scopes win over SCOPE_GLOBAL. ACTION_NONE = nothing. */
enum action_id action_for_key(uint32_t key, unsigned scopes);

/* The action called name in these scopes; ACTION_NONE = none. */
enum action_id action_for_name(const char *name, unsigned scopes);

/* Appends "KEY[, KEY]" for people: "?, F1". */
void action_keys(enum action_id id, struct str *out);

#endif
