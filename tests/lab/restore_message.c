#include "tests/lab/restore_message.h"

#include <string.h>

#include "core/base/text.h"

static const struct restore_message messages[] = {
#define MESSAGE(n, level, number_state, letters, words, how) \
    {.number = (n),                                          \
     .severity = (level),                                    \
     .state = (number_state),                                \
     .parameters = letters,                                  \
     .text = words,                                          \
     .cause = how},
#include "tests/lab/restore_message.def"
#undef MESSAGE
};

const struct restore_message *restore_message(int number)
{
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        if (messages[i].number == number) {
            return &messages[i];
        }
    }
    return NULL;
}

void restore_message_text(char *out, size_t size, const struct restore_message *message,
                          const char *const *parameters)
{
    size_t count = strlen(message->parameters), length = 0;

    for (const char *at = message->text; *at != '\0' && length + 1 < size; at++) {
        size_t index = *at == '%' ? (size_t)(at[1] - '1') : count;
        if (index < count) {
            text_copy(out + length, size - length, parameters[index]);
            length += strlen(out + length);
            at++;
        } else {
            out[length++] = *at;
        }
    }
    out[length] = '\0';
}
