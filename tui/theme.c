#include "tui/theme.h"

#include "core/base/text.h"

/* Numbers of the 256-colour palette stand first, those of the 8-colour one second; -1 is the
 * terminal's own. Ok is a bluish green, critical a light red that leans to orange and is bold, so
 * that deuteranopes see them apart; neither dim nor plain blue is used, for both are unreadable on
 * many screens. */
enum { OWN = THEME_DEFAULT_COLOUR };

static const struct theme_style dark[ATTR_COUNT] = {
    [ATTR_NORMAL] = {OWN, OWN, THEME_PLAIN},
    [ATTR_TITLE] = {OWN, OWN, THEME_BOLD},
    [ATTR_HEADER] = {117, 6, THEME_PLAIN},
    [ATTR_STRONG] = {OWN, OWN, THEME_BOLD},
    [ATTR_SECONDARY] = {248, OWN, THEME_PLAIN},
    [ATTR_RULE] = {243, OWN, THEME_PLAIN},
    [ATTR_OK] = {79, 2, THEME_PLAIN},
    [ATTR_WARNING] = {220, 3, THEME_BOLD},
    [ATTR_CRITICAL] = {209, 1, THEME_BOLD},
    [ATTR_UNKNOWN] = {183, 5, THEME_BOLD},
    [ATTR_PROGRESS] = {117, 6, THEME_PLAIN},
    [ATTR_STALE] = {246, OWN, THEME_UNDERLINE},
    [ATTR_KEY] = {117, 6, THEME_BOLD},
    [ATTR_TAB] = {248, OWN, THEME_PLAIN},
    [ATTR_TAB_HERE] = {OWN, OWN, THEME_BOLD | THEME_REVERSE},
    [ATTR_INPUT] = {OWN, OWN, THEME_UNDERLINE},
    [ATTR_MATCH] = {220, 3, THEME_BOLD | THEME_UNDERLINE},
};

static const struct theme_style light[ATTR_COUNT] = {
    [ATTR_NORMAL] = {OWN, OWN, THEME_PLAIN},
    [ATTR_TITLE] = {OWN, OWN, THEME_BOLD},
    [ATTR_HEADER] = {24, 4, THEME_PLAIN},
    [ATTR_STRONG] = {OWN, OWN, THEME_BOLD},
    [ATTR_SECONDARY] = {240, OWN, THEME_PLAIN},
    [ATTR_RULE] = {245, OWN, THEME_PLAIN},
    [ATTR_OK] = {29, 2, THEME_PLAIN},
    [ATTR_WARNING] = {130, 3, THEME_BOLD},
    [ATTR_CRITICAL] = {160, 1, THEME_BOLD},
    [ATTR_UNKNOWN] = {91, 5, THEME_BOLD},
    [ATTR_PROGRESS] = {24, 4, THEME_PLAIN},
    [ATTR_STALE] = {241, OWN, THEME_UNDERLINE},
    [ATTR_KEY] = {24, 4, THEME_BOLD},
    [ATTR_TAB] = {240, OWN, THEME_PLAIN},
    [ATTR_TAB_HERE] = {OWN, OWN, THEME_BOLD | THEME_REVERSE},
    [ATTR_INPUT] = {OWN, OWN, THEME_UNDERLINE},
    [ATTR_MATCH] = {130, 3, THEME_BOLD | THEME_UNDERLINE},
};

static const struct theme_style mono[ATTR_COUNT] = {
    [ATTR_TITLE] = {OWN, OWN, THEME_BOLD},
    [ATTR_HEADER] = {OWN, OWN, THEME_BOLD},
    [ATTR_STRONG] = {OWN, OWN, THEME_BOLD},
    [ATTR_WARNING] = {OWN, OWN, THEME_BOLD},
    [ATTR_CRITICAL] = {OWN, OWN, THEME_BOLD | THEME_UNDERLINE},
    [ATTR_UNKNOWN] = {OWN, OWN, THEME_BOLD},
    [ATTR_STALE] = {OWN, OWN, THEME_UNDERLINE},
    [ATTR_KEY] = {OWN, OWN, THEME_BOLD},
    [ATTR_TAB_HERE] = {OWN, OWN, THEME_BOLD | THEME_REVERSE},
    [ATTR_INPUT] = {OWN, OWN, THEME_UNDERLINE},
    [ATTR_MATCH] = {OWN, OWN, THEME_BOLD | THEME_UNDERLINE},
};

static const struct theme themes[] = {
    {.name = "dark", .colours = true, .styles = dark, .selected = THEME_REVERSE},
    {.name = "light", .colours = true, .styles = light, .selected = THEME_REVERSE},
    {.name = "mono", .styles = mono, .selected = THEME_REVERSE},
};

const struct theme *theme_find(const char *name)
{
    if (name == NULL || name[0] == '\0')
        return &themes[0];
    for (size_t i = 0; i < sizeof themes / sizeof *themes; i++)
        if (text_equal_nocase(themes[i].name, name))
            return &themes[i];
    return NULL;
}

const struct theme *theme_at(size_t index)
{
    return index < sizeof themes / sizeof *themes ? &themes[index] : NULL;
}
