/* Canvases as text, for golden screens and files. */
#include <ctype.h>

#include "core/base/text.h"
#include "tui/canvas.h"

static void add_code(struct str *out, uint32_t code)
{
    char bytes[4];
    if (code != 0)
        str_add_bytes(out, bytes, text_encode(bytes, code));
}

static bool is_blank(const struct cell *cell)
{
    return cell->code[0] == ' ' && cell->code[1] == 0;
}

void canvas_dump_text(const struct canvas *canvas, struct str *out)
{
    for (int row = 0; row < canvas->rows; row++) {
        int end = canvas->columns;
        while (end > 0 && is_blank(canvas_cell(canvas, row, end - 1)))
            end--;
        for (int column = 0; column < end; column++) {
            const struct cell *cell = canvas_cell(canvas, row, column);
            for (size_t i = 0; i < sizeof cell->code / sizeof *cell->code; i++)
                add_code(out, cell->code[i]);
        }
        str_add_char(out, '\n');
    }
}

static char attr_letter(unsigned attr)
{
    static const char letters[ATTR_COUNT + 1] = ".thsdrowcupakbeim";
    unsigned meaning = attr & ~(unsigned)ATTR_SELECTED;
    char letter = meaning < ATTR_COUNT ? letters[meaning] : '?';
    if ((attr & ATTR_SELECTED) == 0)
        return letter;
    return letter == '.' ? '#' : (char)toupper((unsigned char)letter);
}

void canvas_dump_attributes(const struct canvas *canvas, struct str *out)
{
    for (int row = 0; row < canvas->rows; row++) {
        int end = canvas->columns;
        while (end > 0 && canvas_cell(canvas, row, end - 1)->attr == ATTR_NORMAL)
            end--;
        for (int column = 0; column < end; column++)
            str_add_char(out, attr_letter(canvas_cell(canvas, row, column)->attr));
        str_add_char(out, '\n');
    }
}
