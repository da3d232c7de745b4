/* Letters five rows high, for a screen that is read from across the room. */
#include <ctype.h>
#include <string.h>

#include "core/base/text.h"
#include "tui/canvas.h"

struct big_letter {
    char character;
    const char *rows[CANVAS_BIG_ROWS]; /* all of one width, '#' = block */
};

static const struct big_letter letters[] = {
    {'0', {"#####", "#   #", "#   #", "#   #", "#####"}},
    {'1', {" # ", "## ", " # ", " # ", "###"}},
    {'2', {"#####", "    #", "#####", "#    ", "#####"}},
    {'3', {"#####", "    #", " ####", "    #", "#####"}},
    {'4', {"#   #", "#   #", "#####", "    #", "    #"}},
    {'5', {"#####", "#    ", "#####", "    #", "#####"}},
    {'6', {"#####", "#    ", "#####", "#   #", "#####"}},
    {'7', {"#####", "    #", "   # ", "  #  ", "  #  "}},
    {'8', {"#####", "#   #", "#####", "#   #", "#####"}},
    {'9', {"#####", "#   #", "#####", "    #", "#####"}},
    {'A', {" ### ", "#   #", "#####", "#   #", "#   #"}},
    {'B', {"#### ", "#   #", "#### ", "#   #", "#### "}},
    {'C', {" ####", "#    ", "#    ", "#    ", " ####"}},
    {'D', {"#### ", "#   #", "#   #", "#   #", "#### "}},
    {'E', {"#####", "#    ", "#### ", "#    ", "#####"}},
    {'F', {"#####", "#    ", "#### ", "#    ", "#    "}},
    {'G', {" ####", "#    ", "#  ##", "#   #", " ####"}},
    {'H', {"#   #", "#   #", "#####", "#   #", "#   #"}},
    {'I', {"###", " # ", " # ", " # ", "###"}},
    {'J', {"    #", "    #", "    #", "#   #", " ### "}},
    {'K', {"#   #", "#  # ", "###  ", "#  # ", "#   #"}},
    {'L', {"#    ", "#    ", "#    ", "#    ", "#####"}},
    {'M', {"#   #", "## ##", "# # #", "#   #", "#   #"}},
    {'N', {"#   #", "##  #", "# # #", "#  ##", "#   #"}},
    {'O', {" ### ", "#   #", "#   #", "#   #", " ### "}},
    {'P', {"#### ", "#   #", "#### ", "#    ", "#    "}},
    {'Q', {" ### ", "#   #", "# # #", "#  # ", " ## #"}},
    {'R', {"#### ", "#   #", "#### ", "#  # ", "#   #"}},
    {'S', {" ####", "#    ", " ### ", "    #", "#### "}},
    {'T', {"#####", "  #  ", "  #  ", "  #  ", "  #  "}},
    {'U', {"#   #", "#   #", "#   #", "#   #", " ### "}},
    {'V', {"#   #", "#   #", "#   #", " # # ", "  #  "}},
    {'W', {"#   #", "#   #", "# # #", "## ##", "#   #"}},
    {'X', {"#   #", " # # ", "  #  ", " # # ", "#   #"}},
    {'Y', {"#   #", " # # ", "  #  ", "  #  ", "  #  "}},
    {'Z', {"#####", "   # ", "  #  ", " #   ", "#####"}},
    {'-', {"   ", "   ", "###", "   ", "   "}},
    {'.', {" ", " ", " ", " ", "#"}},
    {':', {" ", "#", " ", "#", " "}},
    {'%', {"#   #", "   # ", "  #  ", " #   ", "#   #"}},
    {'/', {"    #", "   # ", "  #  ", " #   ", "#    "}},
    {'?', {"#####", "    #", "  ###", "     ", "  #  "}},
    {' ', {"   ", "   ", "   ", "   ", "   "}},
};

static const struct big_letter *letter_find(uint32_t code)
{
    size_t count = sizeof letters / sizeof *letters;
    for (size_t i = 0; i < count; i++)
        if (code < 0x80 && toupper((int)code) == letters[i].character)
            return &letters[i];
    return &letters[count - 1];
}

int canvas_big_width(const char *text)
{
    int width = 0;
    while (*text != '\0')
        width += (int)strlen(letter_find(text_next(&text))->rows[0]) + 1;
    return width > 0 ? width - 1 : 0;
}

int canvas_big(const struct canvas *canvas, int row, int column, unsigned attr, const char *text)
{
    while (*text != '\0') {
        const struct big_letter *letter = letter_find(text_next(&text));
        int width = (int)strlen(letter->rows[0]);
        for (int r = 0; r < CANVAS_BIG_ROWS; r++)
            for (int c = 0; c < width; c++)
                if (letter->rows[r][c] == '#')
                    canvas_glyph(canvas, row + r, column + c, GLYPH_BAR_FULL, attr);
        column += width + (*text != '\0');
    }
    return column;
}
