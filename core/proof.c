#include "core/proof.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"

struct file_proof *proof_new(const char *path)
{
    struct file_proof *proof = memory_new(sizeof *proof);
    atomic_init(&proof->references, 1);
    proof->path = memory_copy_text(path);
    proof->asked_utc_ms = TIME_UNKNOWN;
    proof->verified_utc_ms = TIME_UNKNOWN;
    return proof;
}

struct file_proof *proof_retain(struct file_proof *proof)
{
    if (proof != NULL)
        atomic_fetch_add(&proof->references, 1);
    return proof;
}

void backup_header_free(struct backup_header *header)
{
    free(header->database);
    free(header->server);
    free(header->name);
}

void proof_release(struct file_proof *proof)
{
    if (proof == NULL || atomic_fetch_sub(&proof->references, 1) != 1)
        return;
    for (size_t i = 0; i < proof->headers_count; i++)
        backup_header_free(&proof->headers[i]);
    for (size_t i = 0; i < proof->files_count; i++) {
        free(proof->files[i].logical_name);
        free(proof->files[i].physical_name);
    }
    free(proof->headers);
    free(proof->files);
    free(proof->path);
    free(proof->problem);
    free(proof->verification_problem);
    free(proof);
}

const struct backup_header *proof_header(const struct file_proof *proof, const char *database,
                                         char type)
{
    const struct backup_header *found = NULL;
    for (size_t i = 0; i < proof->headers_count; i++) {
        const struct backup_header *header = &proof->headers[i];
        if (header->type == type && text_equal_nocase(header->database, database) &&
            (found == NULL || header->position < found->position))
            found = header;
    }
    return found;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* BackupType of RESTORE HEADERONLY. Source: its documentation. */
static char type_of(int64_t number)
{
    return number == 1 ? 'D' : number == 2 ? 'L' : number == 5 ? 'I' : '?';
}

static int64_t size_of(const struct tds_row *row, const char *column)
{
    int64_t size = tds_integer(row, column, SIZE_UNKNOWN);
    return size < 0 ? SIZE_UNKNOWN : size;
}

static void take_hex(const struct tds_row *row, const char *column, char *out, size_t size)
{
    const char *text = tds_text(row, column);
    text_copy(out, size, text == NULL ? "" : text);
}

bool proof_take_header(struct file_proof *proof, const struct tds_row *row)
{
    struct backup_header *header = memory_append(proof, headers);
    *header = (struct backup_header){
        .position = (int)tds_integer(row, "Position", 1),
        .type = type_of(tds_integer(row, "BackupType", 0)),
        .database = memory_copy_text(tds_text(row, "DatabaseName")),
        .server = memory_copy_text(tds_text(row, "ServerName")),
        .name = memory_copy_text(tds_text(row, "BackupName")),
        .first_lsn = tds_lsn(row, "FirstLSN"),
        .last_lsn = tds_lsn(row, "LastLSN"),
        .checkpoint_lsn = tds_lsn(row, "CheckpointLSN"),
        .database_backup_lsn = tds_lsn(row, "DatabaseBackupLSN"),
        .fork_point_lsn = tds_lsn(row, "ForkPointLSN"),
        .start_ms = tds_time_ms(row, "BackupStartDate"),
        .finish_ms = tds_time_ms(row, "BackupFinishDate"),
        .size_bytes = size_of(row, "BackupSize"),
        .compressed_size_bytes = size_of(row, "CompressedBackupSize"),
        .damaged = tds_bit(row, "IsDamaged") == 1,
        .copy_only = tds_bit(row, "IsCopyOnly") == 1,
        .bulk_logged = tds_bit(row, "HasBulkLoggedData") == 1,
        .has_checksums = tds_bit(row, "HasBackupChecksums") == 1,
        .software_major = (int)tds_integer(row, "SoftwareVersionMajor", 0),
    };
    tds_guid(row, "FamilyGUID", header->family_guid);
    tds_guid(row, "FirstRecoveryForkID", header->first_fork_guid);
    tds_guid(row, "RecoveryForkID", header->last_fork_guid);
    tds_guid(row, "BackupSetGUID", header->set_guid);
    take_hex(row, "EncryptorThumbprint", header->encryptor, sizeof header->encryptor);
    return true;
}

bool proof_take_file(struct file_proof *proof, const struct tds_row *row)
{
    const char *type = tds_text(row, "Type");
    struct backup_data_file *file = memory_append(proof, files);
    *file = (struct backup_data_file){
        .logical_name = memory_copy_text(tds_text(row, "LogicalName")),
        .physical_name = memory_copy_text(tds_text(row, "PhysicalName")),
        .type = type == NULL ? '?' : type[0],
        .size_bytes = size_of(row, "Size"),
        .present = tds_bit(row, "IsPresent") != 0,
    };
    take_hex(row, "TDEThumbprint", file->tde_thumbprint, sizeof file->tde_thumbprint);
    return true;
}

/* --- errors ----------------------------------------------------------------------------------- */

/* The number right before an opening bracket: "error 2(The system cannot ...)" in any language. */
static int os_error(const char *text)
{
    for (const char *at = strchr(text, '('); at != NULL; at = strchr(at + 1, '(')) {
        const char *digits = at;
        while (digits > text && digits[-1] >= '0' && digits[-1] <= '9')
            digits--;
        if (digits < at)
            return atoi(digits);
    }
    return 0;
}

static enum file_state state_of_os_error(int number)
{
    switch (number) {
    case 2:    /* file not found */
    case 3:    /* path not found */
    case 15:   /* drive not found */
    case 53:   /* network path not found */
    case 67:   /* network name not found */
    case 404:  /* a blob's address */
        return FILE_MISSING;
    case 5:    /* access denied */
    case 86:   /* wrong network password */
    case 403:
    case 1326: /* logon failure */
        return FILE_DENIED;
    default:   /* 32: somebody writes to it; 21, 64, 121: the network */
        return FILE_UNCHECKED;
    }
}

enum file_state proof_state_of_error(int server_number, const char *server_text)
{
    switch (server_number) {
    case 3201:
        return state_of_os_error(os_error(server_text));
    case 3132:  /* a stripe is missing */
    case 3183:
    case 3189:
    case 3203:
    case 3241:
    case 3242:
    case 3243:
    case 3254:
    case 3266:
    case 3270:
    case 3271:
    case 3287:
        return FILE_CORRUPT;
    case 33111: /* the certificate that encrypted it is not here */
        return FILE_DENIED;
    default:
        return FILE_UNCHECKED;
    }
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool take_header(void *context, const struct tds_row *row)
{
    return proof_take_header(context, row);
}

static bool take_file(void *context, const struct tds_row *row)
{
    return proof_take_file(context, row);
}

/* A file that cannot be used is an answer; anything else is an error of asking. */
static bool is_answer(struct file_proof *proof, const struct error *failure)
{
    proof->state = proof_state_of_error(failure->server_number, failure->server_text);
    /* 3201 without a known reason and 33111-like surprises stay unchecked, with the reason. */
    if (proof->state == FILE_UNCHECKED && failure->server_number != 3201)
        return false;
    char words[sizeof failure->server_text];
    text_clean(words, sizeof words, failure->server_text);
    proof->server_number = failure->server_number;
    proof->problem = memory_copy_text(words);
    return true;
}

struct file_proof *proof_read(struct tds_reader *reader, const char *path, int64_t now_utc_ms,
                              struct error *error)
{
    const struct tsql_argument device[] = {{.kind = ARGUMENT_DEVICE, .text = path},
                                           {.kind = ARGUMENT_INTEGER, .integer = 1}};
    struct file_proof *proof = proof_new(path);
    struct error failure;
    error_clear(&failure);
    proof->asked_utc_ms = now_utc_ms;
    if (tds_reader_run(reader, &query_header_only, device, 1, take_header, proof, &failure) ==
            ERR_OK &&
        tds_reader_run(reader, &query_file_list_only, device, 2, take_file, proof, &failure) ==
            ERR_OK) {
        proof->state = FILE_PROVEN;
        return proof;
    }
    if (is_answer(proof, &failure))
        return proof;
    *error = failure;
    proof_release(proof);
    return NULL;
}

struct file_proof *proof_fetch(const struct config *config, size_t server, const char *password,
                               const char *path, int64_t now_utc_ms, struct error *error)
{
    struct tds_options options = {.application = "stopmark monitor",
                                  .connect_timeout_ms = config->connect_timeout_ms,
                                  .query_timeout_ms = config->query_timeout_ms,
                                  .lock_timeout_ms = 2000};
    struct tds_reader *reader =
        tds_reader_open(&config->servers[server], password, &options, NULL, error);
    if (reader == NULL)
        return NULL;
    struct file_proof *proof = proof_read(reader, path, now_utc_ms, error);
    tds_reader_close(reader);
    return proof;
}

/* --- the whole file --------------------------------------------------------------------------- */

static struct file_proof *copy(const struct file_proof *from)
{
    struct file_proof *to = proof_new(from->path);
    to->state = from->state;
    to->server_number = from->server_number;
    to->problem = memory_copy_text(from->problem);
    to->asked_utc_ms = from->asked_utc_ms;
    for (size_t i = 0; i < from->headers_count; i++) {
        struct backup_header *header = memory_append(to, headers);
        *header = from->headers[i];
        header->database = memory_copy_text(header->database);
        header->server = memory_copy_text(header->server);
        header->name = memory_copy_text(header->name);
    }
    for (size_t i = 0; i < from->files_count; i++) {
        struct backup_data_file *file = memory_append(to, files);
        *file = from->files[i];
        file->logical_name = memory_copy_text(file->logical_name);
        file->physical_name = memory_copy_text(file->physical_name);
    }
    return to;
}

/* Every backup in the file; one where the headers are not known. */
static enum error_code verify_all(struct tds_reader *reader, const struct file_proof *proof,
                                  struct error *error)
{
    enum error_code code = ERR_OK;
    for (size_t i = 0; code == ERR_OK && (i == 0 || i < proof->headers_count); i++) {
        int position = i < proof->headers_count ? proof->headers[i].position : 1;
        const struct tsql_argument arguments[] = {
            {.kind = ARGUMENT_DEVICE, .text = proof->path},
            {.kind = ARGUMENT_INTEGER, .integer = position}};
        code = tds_reader_run(reader, &query_verify_only, arguments, 2, NULL, NULL, error);
    }
    return code;
}

struct file_proof *proof_verify(struct tds_reader *reader, const struct file_proof *proof,
                                int64_t now_utc_ms, struct error *error)
{
    struct error failure;
    error_clear(&failure);
    enum error_code code = verify_all(reader, proof, &failure);
    enum file_state state =
        code == ERR_OK ? FILE_PROVEN
                       : proof_state_of_error(failure.server_number, failure.server_text);
    if (state == FILE_UNCHECKED) {
        *error = failure;
        return NULL;
    }
    struct file_proof *verified = copy(proof);
    verified->verified_utc_ms = now_utc_ms;
    verified->verification = code == ERR_OK ? VERIFY_READABLE : VERIFY_FAILED;
    if (code != ERR_OK) {
        char words[sizeof failure.server_text];
        text_clean(words, sizeof words, failure.server_text);
        verified->verification_problem = memory_copy_text(words);
        verified->state = state;
        verified->server_number = failure.server_number;
        free(verified->problem);
        verified->problem = memory_copy_text(words);
    }
    return verified;
}
