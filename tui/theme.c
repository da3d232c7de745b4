#include "tui/theme.h"

#include "core/base/text.h"

/* Numbers of the 256-colour palette stand first, those of the 8-colour one second; -1 is the
 * terminal's own. Ok is a bluish green, critical a light red that leans to orange and is bold, so
 * that deuteranopes see them apart; neither dim nor plain blue is used, for both are unreadable on
 * many screens. */
enum { OWN = THEME_DEFAULT_COLOUR };

static const struct theme
    themes[] =
        {
            {
                .name = "dark",
                .colours = true,
                .selected = {OWN, OWN, .reverse = true},
                .styles =
                    {
                        [ATTR_NORMAL] = {OWN, OWN},
                        [ATTR_TITLE] = {OWN, OWN, .bold = true},
                        [ATTR_HEADER] = {117, 6},
                        [ATTR_STRONG] = {OWN, OWN, .bold = true},
                        [ATTR_SECONDARY] = {248, OWN},
                        [ATTR_RULE] = {243, OWN},
                        [ATTR_OK] = {79, 2},
                        [ATTR_WARNING] = {220, 3, .bold = true},
                        [ATTR_CRITICAL] = {209, 1, .bold = true},
                        [ATTR_UNKNOWN] = {183, 5, .bold = true},
                        [ATTR_PROGRESS] = {117, 6},
                        [ATTR_STALE] = {246, OWN, .underline = true},
                        [ATTR_KEY] = {117, 6, .bold = true},
                        [ATTR_TAB] = {248, OWN},
                        [ATTR_TAB_HERE] = {OWN, OWN, .bold = true, .reverse = true},
                        [ATTR_INPUT] = {OWN, OWN, .underline = true},
                        [ATTR_MATCH] = {220, 3, .bold = true, .underline = true},
                    },
            },
            {
                .name = "light",
                .colours = true,
                .selected = {OWN, OWN, .reverse = true},
                .styles =
                    {
                        [ATTR_NORMAL] = {OWN, OWN},
                        [ATTR_TITLE] = {OWN, OWN, .bold = true},
                        [ATTR_HEADER] = {24, 4},
                        [ATTR_STRONG] = {OWN, OWN, .bold = true},
                        [ATTR_SECONDARY] = {240, OWN},
                        [ATTR_RULE] = {245, OWN},
                        [ATTR_OK] = {29, 2},
                        [ATTR_WARNING] = {130, 3, .bold = true},
                        [ATTR_CRITICAL] = {160, 1, .bold = true},
                        [ATTR_UNKNOWN] = {91, 5, .bold = true},
                        [ATTR_PROGRESS] = {24, 4},
                        [ATTR_STALE] = {241, OWN, .underline = true},
                        [ATTR_KEY] = {24, 4, .bold = true},
                        [ATTR_TAB] = {240, OWN},
                        [ATTR_TAB_HERE] = {OWN, OWN, .bold = true, .reverse = true},
                        [ATTR_INPUT] = {OWN, OWN, .underline = true},
                        [ATTR_MATCH] = {130, 3, .bold = true, .underline = true},
                    },
            },
            {
                .name = "mono",
                .selected = {OWN, OWN, .reverse = true},
                .styles =
                    {
                        [ATTR_TITLE] = {OWN, OWN, .bold = true},
                        [ATTR_HEADER] = {OWN, OWN, .bold = true},
                        [ATTR_STRONG] = {OWN, OWN, .bold = true},
                        [ATTR_WARNING] = {OWN, OWN, .bold = true},
                        [ATTR_CRITICAL] = {OWN, OWN, .bold = true, .underline = true},
                        [ATTR_UNKNOWN] = {OWN, OWN, .bold = true},
                        [ATTR_STALE] = {OWN, OWN, .underline = true},
                        [ATTR_KEY] = {OWN, OWN, .bold = true},
                        [ATTR_TAB_HERE] = {OWN, OWN, .bold = true, .reverse = true},
                        [ATTR_INPUT] = {OWN, OWN, .underline = true},
                        [ATTR_MATCH] = {OWN, OWN, .bold = true, .underline = true},
                    },
            },
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
