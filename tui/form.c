#include "tui/form.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tui/keys.h"

void form_input_open(struct form_input *input, size_t size_bytes, bool secret, const char *text)
{
    *input = (struct form_input){.size = size_bytes < 2 ? 2 : size_bytes, .secret = secret};
    input->text = memory_new(input->size);
    if (secret)
        mlock(input->text, input->size); /* where the limit allows; nothing hangs on it */
    form_input_set(input, text);
}

void form_input_close(struct form_input *input)
{
    if (input->text != NULL) {
        explicit_bzero(input->text, input->size);
        if (input->secret)
            munlock(input->text, input->size);
    }
    free(input->text);
    for (size_t i = 0; i < input->history_count; i++)
        free(input->history[i]);
    free(input->history);
    *input = (struct form_input){0};
}

const char *form_input_text(const struct form_input *input)
{
    return input->text == NULL ? "" : input->text;
}

void form_input_set(struct form_input *input, const char *text)
{
    explicit_bzero(input->text, input->size); /* behind the text there are only zeros, always */
    text_clean(input->text, input->size, text);
    input->length = input->cursor = strlen(input->text);
    input->first_cell = 0;
    input->history_at = input->history_count;
}

/* --- editing ---------------------------------------------------------------------------------- */

/* The start of the character before `at`, with what combines with it. */
static size_t step_left(const struct form_input *input, size_t at)
{
    while (at > 0) {
        do
            at--;
        while (at > 0 && ((unsigned char)input->text[at] & 0xC0) == 0x80);
        const char *here = input->text + at;
        if (text_char_width(text_next(&here)) > 0)
            break;
    }
    return at;
}

static size_t step_right(const struct form_input *input, size_t at)
{
    const char *here = input->text + at;
    if (text_next(&here) == 0)
        return at;
    for (const char *next = here; *next != '\0'; here = next)
        if (text_char_width(text_next(&next)) > 0)
            break;
    return (size_t)(here - input->text);
}

static void erase(struct form_input *input, size_t from, size_t to)
{
    memmove(input->text + from, input->text + to, input->length - to);
    input->length -= to - from;
    memset(input->text + input->length, 0, input->size - input->length);
    input->cursor = from;
}

static bool insert(struct form_input *input, const char *bytes, size_t length)
{
    if (input->length + length >= input->size)
        return false;
    char *here = input->text + input->cursor;
    memmove(here + length, here, input->length - input->cursor);
    memcpy(here, bytes, length);
    input->length += length;
    input->cursor += length;
    return true;
}

static size_t word_start(const struct form_input *input)
{
    size_t at = input->cursor;
    while (at > 0 && input->text[at - 1] == ' ')
        at--;
    while (at > 0 && input->text[at - 1] != ' ')
        at--;
    return at;
}

void form_input_paste(struct form_input *input, const char *text)
{
    while (*text != '\0') {
        uint32_t code = text_next(&text);
        char raw[5] = {0}, bytes[8];
        raw[text_encode(raw, code)] = '\0';
        text_clean(bytes, sizeof bytes, raw);
        if (!insert(input, bytes, strlen(bytes)))
            return;
        explicit_bzero(raw, sizeof raw);
        explicit_bzero(bytes, sizeof bytes);
    }
}

/* --- history ---------------------------------------------------------------------------------- */

void form_input_remember(struct form_input *input)
{
    if (input->secret || input->length == 0)
        return;
    if (input->history_count == 0 ||
        strcmp(input->history[input->history_count - 1], input->text) != 0)
        *memory_append(input, history) = memory_copy_text(input->text);
    input->history_at = input->history_count;
}

static enum form_result recall(struct form_input *input, bool older)
{
    if (input->history_count == 0)
        return FORM_UNUSED;
    size_t at = input->history_at;
    if (older && at > 0)
        at--;
    else if (!older && at < input->history_count)
        at++;
    if (at != input->history_at) {
        form_input_set(input, at < input->history_count ? input->history[at] : "");
        input->history_at = at;
    }
    return FORM_USED;
}

/* --- keys ------------------------------------------------------------------------------------- */

static enum form_result type(struct form_input *input, uint32_t key)
{
    char bytes[4];
    if (!keys_is_character(key))
        return FORM_UNUSED;
    insert(input, bytes, text_encode(bytes, key));
    explicit_bzero(bytes, sizeof bytes);
    return FORM_USED;
}

enum form_result form_input_key(struct form_input *input, uint32_t key)
{
    switch (key) {
    case KEYS_ENTER:
        return FORM_ACCEPTED;
    case KEYS_ESC:
        return FORM_CANCELLED;
    case KEYS_UP:
    case KEYS_DOWN:
        return recall(input, key == KEYS_UP);
    case KEYS_LEFT:
    case KEYS_CTRL('b'):
        input->cursor = step_left(input, input->cursor);
        return FORM_USED;
    case KEYS_RIGHT:
    case KEYS_CTRL('f'):
        input->cursor = step_right(input, input->cursor);
        return FORM_USED;
    case KEYS_HOME:
    case KEYS_CTRL('a'):
        input->cursor = 0;
        return FORM_USED;
    case KEYS_END:
    case KEYS_CTRL('e'):
        input->cursor = input->length;
        return FORM_USED;
    case KEYS_BACKSPACE:
        erase(input, step_left(input, input->cursor), input->cursor);
        return FORM_USED;
    case KEYS_DELETE:
    case KEYS_CTRL('d'):
        erase(input, input->cursor, step_right(input, input->cursor));
        return FORM_USED;
    case KEYS_CTRL('u'):
        erase(input, 0, input->cursor);
        return FORM_USED;
    case KEYS_CTRL('k'):
        erase(input, input->cursor, input->length);
        return FORM_USED;
    case KEYS_CTRL('w'):
        erase(input, word_start(input), input->cursor);
        return FORM_USED;
    default:
        return type(input, key);
    }
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* The cells of the text's first `bytes` bytes as they are shown. */
static int shown_cells(const struct form_input *input, size_t bytes)
{
    int cells = 0;
    for (const char *at = input->text; at < input->text + bytes;) {
        int width = text_char_width(text_next(&at));
        cells += input->secret ? 1 : width;
    }
    return cells;
}

void form_input_draw(struct form_input *input, const struct canvas *canvas, int row, int column,
                     int cells, bool focused)
{
    if (cells < 1)
        return;
    int cursor = shown_cells(input, input->cursor), all = shown_cells(input, input->length);
    if (cursor < input->first_cell)
        input->first_cell = cursor;
    if (cursor >= input->first_cell + cells)
        input->first_cell = cursor - cells + 1;
    if (input->first_cell > 0 && all - input->first_cell < cells - 1)
        input->first_cell = all < cells ? 0 : all - cells + 1;
    struct canvas field = canvas_region(canvas, row, column, 1, cells);
    canvas_fill(&field, 0, 0, 1, -1, ATTR_INPUT, ' ');
    if (input->secret)
        canvas_fill(&field, 0, 0, 1, all - input->first_cell, ATTR_INPUT, '*');
    else
        canvas_typed(&field, 0, -input->first_cell, ATTR_INPUT, input->text);
    if (focused)
        canvas_cursor(&field, 0, cursor - input->first_cell, true);
}
