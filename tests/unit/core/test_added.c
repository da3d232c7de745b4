#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/added.h"
#include "core/base/memory.h"

static struct backup_header *add_header(struct file_proof *proof, int position, char type)
{
    struct backup_header *header = memory_append(proof, headers);
    *header = (struct backup_header){.position = position,
                                     .type = type,
                                     .database = memory_copy_text("Orders"),
                                     .first_lsn = {.number = (lsn_number)(100 * position)},
                                     .last_lsn = {.number = (lsn_number)(100 * position + 50)},
                                     .family_guid = "a family",
                                     .size_bytes = 4096};
    return header;
}

static struct added_file take(struct file_proof *proof)
{
    struct added_file added = added_from_proof(proof, proof->path, 2);
    assert_string_equal(added.file.path, proof->path);
    assert_int_equal(added.destination, 2);
    return added;
}

static void leave(struct file_proof *proof, struct added_file added)
{
    struct added_files files = {0};
    *memory_append(&files, items) = added;
    added_free(&files);
    proof_release(proof);
}

static void a_file_is_what_its_header_says_whatever_it_is_called(void **state)
{
    (void)state;
    struct file_proof *proof = proof_new("D:\\Payroll_Full.bak");
    proof->state = FILE_PROVEN;
    add_header(proof, 1, 'L')->bulk_logged = true;
    struct added_file added = take(proof);
    assert_null(added.problem);
    assert_int_equal(added.kind, SET_LOG);
    assert_string_equal(added.database, "Orders");
    assert_true(added.file.first_lsn.number == 100 && added.file.last_lsn.number == 150);
    assert_string_equal(added.file.family_guid, "a family");
    assert_int_equal(added.file.evidence, EVIDENCE_HEADER);
    assert_int_equal(added.file.size_bytes, 4096);
    assert_true(added.file.bulk_logged);
    leave(proof, added);
}

/* Every RESTORE without FILE = n reads the first one. */
static void of_several_backups_in_a_file_the_first_counts(void **state)
{
    (void)state;
    struct file_proof *proof = proof_new("D:\\device.bak");
    proof->state = FILE_PROVEN;
    add_header(proof, 2, 'L');
    add_header(proof, 1, 'D');
    struct added_file added = take(proof);
    assert_int_equal(added.kind, SET_FULL);
    assert_true(added.file.first_lsn.number == 100);
    leave(proof, added);
}

static void what_cannot_be_used_says_why(void **state)
{
    (void)state;
    static const struct {
        enum file_state state;
        char type; /* 0: no header */
        bool damaged;
        const char *problem;
    } cases[] = {
        {FILE_MISSING, 0, false, "the server's words"},
        {FILE_DENIED, 0, false, "the server's words"},
        {FILE_PROVEN, 0, false, "it holds no backup"},
        {FILE_PROVEN, 'I', false, "it is no full and no log backup"},
        {FILE_PROVEN, '?', false, "it is no full and no log backup"},
        {FILE_PROVEN, 'L', true, "its header says that it is damaged"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file_proof *proof = proof_new("D:\\x.trn");
        proof->state = cases[i].state;
        if (cases[i].state != FILE_PROVEN)
            proof->problem = memory_copy_text("the server's words");
        if (cases[i].type != 0)
            add_header(proof, 1, cases[i].type)->damaged = cases[i].damaged;
        struct added_file added = take(proof);
        assert_string_equal(added.problem, cases[i].problem);
        leave(proof, added);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_what_its_header_says_whatever_it_is_called),
        cmocka_unit_test(of_several_backups_in_a_file_the_first_counts),
        cmocka_unit_test(what_cannot_be_used_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
