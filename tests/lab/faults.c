#include "tests/lab/faults.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/lab/session.h"

static bool same_place(const struct planted_fault *a, const struct planted_fault *b)
{
    return a->kind == b->kind && a->instance == b->instance &&
           text_equal_nocase(a->database, b->database) && text_equal_nocase(a->program, b->program);
}

static void forget(struct lab *lab, size_t index)
{
    lab->faults[index] = lab->faults[--lab->faults_count];
}

void fault_plant(struct lab *lab, const struct planted_fault *fault)
{
    for (size_t i = lab->faults_count; i-- > 0;) {
        if (same_place(&lab->faults[i], fault)) {
            forget(lab, i);
        }
    }
    if (fault->number != 0) {
        struct planted_fault *planted = memory_append(lab, faults);
        *planted = *fault;
    }
}

/* Counts one occasion of the fault; its number, or 0 while occasions are passed over. */
static int use(struct lab *lab, size_t index)
{
    struct planted_fault *fault = &lab->faults[index];
    int number = fault->number;
    if (fault->skip > 0) {
        fault->skip--;
        return 0;
    }
    if (--fault->left <= 0) {
        forget(lab, index);
    }
    return number;
}

int fault_of_restore(struct lab *lab, const struct instance *instance, const char *database,
                     int *percent)
{
    for (size_t i = 0; i < lab->faults_count; i++) {
        const struct planted_fault *fault = &lab->faults[i];
        if (fault->kind == FAULT_RESTORE && fault->instance == instance &&
            (fault->database[0] == '\0' || text_equal_nocase(fault->database, database))) {
            *percent = fault->percent;
            return use(lab, i);
        }
    }
    return 0;
}

int fault_of_statement(struct session *session)
{
    struct lab *lab = session->instance->lab;
    for (size_t i = 0; i < lab->faults_count; i++) {
        const struct planted_fault *fault = &lab->faults[i];
        if (fault->kind == FAULT_STATEMENT && fault->instance == session->instance &&
            strncasecmp(fault->program, session->application, strlen(fault->program)) == 0) {
            return use(lab, i);
        }
    }
    return 0;
}

int fault_statement_severity(int number)
{
    static const struct {
        int number, severity;
    } known[] = {{1205, 13}, {1222, 16}, {701, 17}, {9002, 17}, {596, 21}, {823, 24}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].number == number) {
            return known[i].severity;
        }
    }
    return 0;
}

/* --- folders ----------------------------------------------------------------------------------- */

static const char *const folder_words[] = {"readable", "missing", "denied", "occupied"};

/* Without the backslash at the end. */
static size_t folder_length(const char *path)
{
    size_t length = strlen(path);
    return length > 0 && path[length - 1] == '\\' ? length - 1 : length;
}

static bool names_folder(const struct folder *folder, const char *path, size_t length)
{
    return folder_length(folder->path) == length && strncasecmp(folder->path, path, length) == 0;
}

bool folder_set_state(struct instance *instance, const char *path, const char *word)
{
    for (size_t s = 0; s < sizeof folder_words / sizeof *folder_words; s++) {
        if (!text_equal_nocase(folder_words[s], word)) {
            continue;
        }
        size_t i = 0;
        while (i < instance->folders_count &&
               !names_folder(&instance->folders[i], path, folder_length(path))) {
            i++;
        }
        if (i == instance->folders_count) {
            memory_append(instance, folders);
        }
        text_copy(instance->folders[i].path, sizeof instance->folders[i].path, path);
        instance->folders[i].state = (enum folder_state)s;
        return true;
    }
    return false;
}

enum folder_state folder_state_of(const struct instance *instance, const char *file_path)
{
    const char *name = strrchr(file_path, '\\');
    size_t folder = name == NULL ? 0 : (size_t)(name - file_path);
    for (size_t i = 0; i < instance->folders_count; i++) {
        const struct folder *at = &instance->folders[i];
        size_t length = at->state == FOLDER_OCCUPIED ? strlen(file_path) : folder;
        if (at->state != FOLDER_READABLE && names_folder(at, file_path, length)) {
            return at->state;
        }
    }
    return FOLDER_READABLE;
}
