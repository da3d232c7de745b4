#include "tui/dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tui/keys.h"
#include "tui/wrap.h"

enum { TEXT_BYTES = 1024, SECRET_BYTES = 512, WIDEST_CELLS = 76, NARROWEST_CELLS = 30 };

/* --- opening ---------------------------------------------------------------------------------- */

static void begin(struct dialog *dialog, enum dialog_kind kind, unsigned attr, const char *title,
                  const char *text)
{
    uint64_t purpose = dialog->purpose;
    dialog_close(dialog);
    dialog->kind = kind;
    dialog->attr = attr;
    dialog->purpose = purpose;
    dialog->title = memory_copy_text(title == NULL ? "" : title);
    dialog->body = pager_new();
    if (text != NULL)
        pager_add(dialog->body, ATTR_NORMAL, text);
}

void dialog_open_message(struct dialog *dialog, unsigned attr, const char *title, const char *text)
{
    begin(dialog, DIALOG_MESSAGE, attr, title, text);
}

void dialog_open_confirm(struct dialog *dialog, unsigned attr, const char *title, const char *text,
                         const char *word)
{
    begin(dialog, DIALOG_CONFIRM, attr, title, text);
    form_confirm_open(&dialog->confirm, word);
}

void dialog_open_input(struct dialog *dialog, const char *title, const char *text,
                       const char *prompt, const char *preset, bool secret)
{
    begin(dialog, secret ? DIALOG_SECRET : DIALOG_INPUT, ATTR_TITLE, title, text);
    dialog->prompt = memory_copy_text(prompt == NULL ? "" : prompt);
    form_input_open(&dialog->input, secret ? SECRET_BYTES : TEXT_BYTES, secret, preset);
}

void dialog_open_choice(struct dialog *dialog, const char *title, const char *text,
                        const struct form_choice_item *items, size_t items_count, size_t chosen)
{
    begin(dialog, DIALOG_CHOICE, ATTR_TITLE, title, text);
    dialog->choice = (struct form_choice){.items = items,
                                          .items_count = items_count,
                                          .at = chosen < items_count ? chosen : 0,
                                          .chosen = chosen};
}

bool dialog_is_open(const struct dialog *dialog)
{
    return dialog->kind != DIALOG_NONE;
}

void dialog_close(struct dialog *dialog)
{
    free(dialog->title);
    free(dialog->prompt);
    form_confirm_close(&dialog->confirm);
    pager_free(dialog->body);
    form_input_close(&dialog->input);
    *dialog = (struct dialog){0};
}

/* --- keys ------------------------------------------------------------------------------------- */

static bool has_field(const struct dialog *dialog)
{
    return dialog->kind == DIALOG_CONFIRM || dialog->kind == DIALOG_INPUT ||
           dialog->kind == DIALOG_SECRET;
}

static enum dialog_result closed(struct dialog *dialog)
{
    dialog_close(dialog);
    return DIALOG_CLOSED;
}

/* Keys that scroll the text while a field has the letters. */
static bool scroll_key(struct dialog *dialog, uint32_t key)
{
    bool scrolls =
        key == KEYS_PAGE_UP || key == KEYS_PAGE_DOWN || key == KEYS_UP || key == KEYS_DOWN;
    return scrolls && pager_key(dialog->body, key);
}

static enum dialog_result field_key(struct dialog *dialog, uint32_t key)
{
    if (scroll_key(dialog, key))
        return DIALOG_OPEN;
    enum form_result result = dialog->kind == DIALOG_CONFIRM
                                  ? form_confirm_key(&dialog->confirm, key)
                                  : form_input_key(&dialog->input, key);
    if (result == FORM_CANCELLED)
        return closed(dialog);
    return result == FORM_ACCEPTED ? DIALOG_ACCEPTED : DIALOG_OPEN;
}

static enum dialog_result message_key(struct dialog *dialog, uint32_t key)
{
    if (pager_is_typing(dialog->body)) {
        pager_key(dialog->body, key);
        return DIALOG_OPEN;
    }
    if (key == KEYS_ENTER || key == KEYS_ESC || key == 'q')
        return closed(dialog);
    pager_key(dialog->body, key);
    return DIALOG_OPEN;
}

enum dialog_result dialog_key(struct dialog *dialog, uint32_t key)
{
    if (dialog->kind == DIALOG_NONE)
        return DIALOG_CLOSED;
    if (has_field(dialog))
        return field_key(dialog, key);
    if (dialog->kind == DIALOG_MESSAGE)
        return message_key(dialog, key);
    switch (form_choice_key(&dialog->choice, key)) {
    case FORM_CANCELLED:
        return closed(dialog);
    case FORM_ACCEPTED:
        return DIALOG_ACCEPTED;
    default:
        return DIALOG_OPEN;
    }
}

void dialog_paste(struct dialog *dialog, const char *text)
{
    if (dialog->kind == DIALOG_INPUT || dialog->kind == DIALOG_SECRET)
        form_input_paste(&dialog->input, text);
}

const char *dialog_text(const struct dialog *dialog)
{
    return form_input_text(dialog->kind == DIALOG_CONFIRM ? &dialog->confirm.input
                                                          : &dialog->input);
}

size_t dialog_chosen(const struct dialog *dialog)
{
    return dialog->choice.chosen;
}

/* --- drawing ---------------------------------------------------------------------------------- */

static const char *foot(const struct dialog *dialog)
{
    switch (dialog->kind) {
    case DIALOG_MESSAGE:
        return "Enter or Esc closes";
    case DIALOG_CHOICE:
        return "Enter takes it, Esc goes back";
    default:
        return "Enter accepts, Esc goes back";
    }
}

static int choice_rows(const struct dialog *dialog, int columns)
{
    int rows = 0;
    for (size_t i = 0; i < dialog->choice.items_count; i++) {
        const struct form_choice_item *item = &dialog->choice.items[i];
        rows += 1 + (item->explanation == NULL ? 0 : wrap_rows(item->explanation, columns - 7)) +
                (item->refusal == NULL ? 0 : wrap_rows(item->refusal, columns - 7));
    }
    return rows;
}

/* Rows below the text: prompt, field, hint; or the items; or the foot alone. */
static int lower_rows(const struct dialog *dialog, int columns)
{
    if (dialog->kind == DIALOG_CHOICE)
        return choice_rows(dialog, columns) + 2;
    if (!has_field(dialog))
        return 1;
    if (dialog->kind == DIALOG_CONFIRM)
        return form_confirm_rows(&dialog->confirm, columns);
    return wrap_rows(dialog->prompt, columns) + 3;
}

static void draw_lower(struct dialog *dialog, const struct canvas *canvas)
{
    int last = canvas->rows - 1;
    if (dialog->kind == DIALOG_CHOICE) {
        struct canvas list = canvas_region(canvas, 0, 0, last, -1);
        form_choice_draw(&dialog->choice, &list, true);
    } else if (dialog->kind == DIALOG_CONFIRM) {
        form_confirm_draw(&dialog->confirm, canvas, 0, true);
        return;
    } else if (has_field(dialog)) {
        int row = wrap_draw(canvas, 0, ATTR_STRONG, dialog->prompt);
        form_input_draw(&dialog->input, canvas, row, 0, canvas->columns, true);
    }
    canvas_fit(canvas, last, 0, canvas->columns, ALIGN_LEFT, ATTR_SECONDARY, foot(dialog));
}

void dialog_draw(struct dialog *dialog, const struct canvas *canvas)
{
    enum { FRAME = 2, PADDING = 1 };
    if (dialog->kind == DIALOG_NONE)
        return;
    int widest = canvas->columns - 2 < WIDEST_CELLS ? canvas->columns - 2 : WIDEST_CELLS;
    int columns = widest < NARROWEST_CELLS ? canvas->columns : widest;
    int inner = columns - FRAME - 2 * PADDING;
    int text = pager_rows(dialog->body, inner), lower = lower_rows(dialog, inner);
    int rows = FRAME + text + lower + (text > 0 ? 1 : 0);
    if (rows > canvas->rows)
        rows = canvas->rows;
    struct canvas box = canvas_region(canvas, (canvas->rows - rows) / 2,
                                      (canvas->columns - columns) / 2, rows, columns);
    canvas_fill(&box, 0, 0, -1, -1, ATTR_NORMAL, ' ');
    canvas_frame(&box, NULL);
    int title = text_width(dialog->title) < columns - 6 ? text_width(dialog->title) : columns - 6;
    if (title > 0) {
        canvas_fill(&box, 0, 2, 1, title + 2, dialog->attr, ' ');
        canvas_fit(&box, 0, 3, title, ALIGN_LEFT, dialog->attr, dialog->title);
    }
    /* Where the room is short, the text scrolls: what is asked must be seen whole. */
    int upper = rows - FRAME - lower;
    if (upper > 0 && text > 0) {
        struct canvas body = canvas_region(&box, 1, 1 + PADDING, upper, inner);
        struct canvas seen = canvas_region(&body, 0, 0, upper > 1 ? upper - 1 : 1, -1);
        pager_draw(dialog->body, &seen, dialog->kind == DIALOG_MESSAGE);
    }
    struct canvas below = canvas_region(&box, 1 + (upper > 0 ? upper : 0), 1 + PADDING,
                                        rows - FRAME - (upper > 0 ? upper : 0), inner);
    draw_lower(dialog, &below);
}
