#include "screens/actions.h"

#include <string.h>

#include "core/base/text.h"
#include "tui/keys.h"

static const struct action actions[ACTION_COUNT] = {
    [ACTION_NONE] = {.name = "", .key = "", .second_key = "", .label = "", .help = ""},
#define A(id, action_name, action_key, second, action_label, action_worth, action_scopes, text)    \
    [ACTION_##id] = {.name = action_name,                                                          \
                     .key = action_key,                                                            \
                     .second_key = second,                                                         \
                     .label = action_label,                                                        \
                     .worth = action_worth,                                                        \
                     .scopes = action_scopes,                                                      \
                     .help = text},
#include "screens/actions.def"
#undef A
};

const struct action *action_of(enum action_id id)
{
    return &actions[(unsigned)id < ACTION_COUNT ? id : ACTION_NONE];
}

static bool has_key(const struct action *action, uint32_t key)
{
    return (action->key[0] && keys_parse(action->key) == key) ||
           (action->second_key[0] && keys_parse(action->second_key) == key);
}

enum action_id action_for_key(uint32_t key, unsigned scopes)
{
    enum action_id global = ACTION_NONE;
    if (key == KEYS_NONE)
        return ACTION_NONE;
    for (int i = 1; i < ACTION_COUNT; i++) {
        if (!(actions[i].scopes & scopes) || !has_key(&actions[i], key))
            continue;
        if (actions[i].scopes & scopes & ~(unsigned)SCOPE_GLOBAL)
            return (enum action_id)i;
        global = (enum action_id)i;
    }
    return global;
}

enum action_id action_for_name(const char *name, unsigned scopes)
{
    if (!name || !name[0])
        return ACTION_NONE;
    for (int i = 1; i < ACTION_COUNT; i++)
        if ((actions[i].scopes & scopes) && text_equal_nocase(actions[i].name, name))
            return (enum action_id)i;
    return ACTION_NONE;
}

void action_keys(enum action_id id, struct str *out)
{
    const struct action *action = action_of(id);
    str_add(out, action->key);
    if (action->second_key[0])
        str_format(out, ", %s", action->second_key);
}
