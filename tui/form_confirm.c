/* A word that must be typed exactly before anything happens. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tui/form.h"
#include "tui/wrap.h"

enum { WORD_BYTES = 1024 };

void form_confirm_open(struct form_confirm *confirm, const char *word)
{
    *confirm = (struct form_confirm){.word = memory_copy_text(word)};
    confirm->prompt = memory_format("Type %s and press Enter; Esc leaves all as it is:", word);
    form_input_open(&confirm->input, WORD_BYTES, false, NULL);
}

void form_confirm_close(struct form_confirm *confirm)
{
    free(confirm->word);
    free(confirm->prompt);
    free(confirm->hint);
    form_input_close(&confirm->input);
    *confirm = (struct form_confirm){0};
}

static void set_hint(struct form_confirm *confirm)
{
    const char *typed = form_input_text(&confirm->input);
    const char *why = typed[0] == '\0'                          ? "Nothing was typed"
                      : text_equal_nocase(typed, confirm->word) ? "Capitals count"
                                                                : "That is not it";
    free(confirm->hint);
    confirm->hint = memory_format("%s; it must be %s", why, confirm->word);
}

enum form_result form_confirm_key(struct form_confirm *confirm, uint32_t key)
{
    enum form_result result = form_input_key(&confirm->input, key);
    if (result == FORM_ACCEPTED && !text_equal(form_input_text(&confirm->input), confirm->word)) {
        set_hint(confirm);
        return FORM_USED;
    }
    if (result == FORM_USED) {
        free(confirm->hint);
        confirm->hint = NULL;
    }
    return result;
}

int form_confirm_draw(struct form_confirm *confirm, const struct canvas *canvas, int row,
                      bool focused)
{
    struct canvas below = canvas_region(canvas, row, 0, -1, -1);
    int at = wrap_draw(&below, 0, ATTR_STRONG, confirm->prompt);
    form_input_draw(&confirm->input, &below, at, 0, below.columns, focused);
    if (confirm->hint != NULL)
        canvas_fit(&below, at + 1, 0, below.columns, ALIGN_LEFT, ATTR_WARNING, confirm->hint);
    return row + at + 2;
}

int form_confirm_rows(const struct form_confirm *confirm, int columns)
{
    return wrap_rows(confirm->prompt, columns) + 2;
}
