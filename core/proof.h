/* What a backup file holds, as the server that will read it says (RESTORE HEADERONLY and
 * FILELISTONLY, on request VERIFYONLY): the evidence "header". One proof a file, immutable once
 * made, reference-counted and shared by successive views; any thread may read it.
 *
 * proof_read and proof_verify wait for a server; everything else is pure. Nothing here decides
 * which file may be opened: files of an unfinished set are never asked for (core/proof_want.h).
 */
#ifndef STOPMARK_CORE_PROOF_H
#define STOPMARK_CORE_PROOF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/config.h"
#include "core/lsn.h"
#include "core/model.h"
#include "core/tds.h"
#include "core/tsql.h"

/* One backup in a file: a row of RESTORE HEADERONLY. Texts are owned by the proof. */
struct backup_header {
    int position;    /* for WITH FILE = n; 1 is the default of every RESTORE */
    char type;       /* 'D' full, 'L' log, 'I' differential, '?' anything else */
    char *database;  /* as the taking server called it */
    char *server;    /* the taking server's name; may be NULL */
    char *name;      /* BackupName; may be NULL */
    struct lsn first_lsn, last_lsn, checkpoint_lsn, database_backup_lsn, fork_point_lsn;
    char family_guid[37], first_fork_guid[37], last_fork_guid[37], set_guid[37];
    int64_t start_ms, finish_ms; /* the taking server's local time, as if it were UTC */
    int64_t size_bytes, compressed_size_bytes; /* SIZE_UNKNOWN */
    bool damaged, copy_only, bulk_logged, has_checksums;
    int software_major; /* version of the SQL Server that wrote it; 0 = unknown */
    char encryptor[41]; /* thumbprint of the certificate that encrypts it, hex; "" = none */
};

/* One file of the database in the backup: a row of RESTORE FILELISTONLY (of position 1). */
struct backup_data_file {
    char *logical_name, *physical_name;
    char type; /* 'D' rows, 'L' log, 'F' full text, 'S' filestream */
    int64_t size_bytes;
    bool present; /* in this backup: a log's list names all files of the database */
    char tde_thumbprint[41]; /* hex; "" = not encrypted, or not known */
};

enum file_verification { VERIFY_NOT_ASKED, VERIFY_READABLE, VERIFY_FAILED };

struct file_proof {
    atomic_int references;
    char *path;            /* as the server opens it; "https://..." is a URL device */
    enum file_state state; /* proven, missing, corrupt, denied; unchecked: asked, not answered */
    int server_number;     /* the error's, where not proven */
    char *problem;         /* the server's own words, cleaned; NULL where proven */
    int64_t asked_utc_ms;  /* the console's clock */
    struct backup_header *headers; /* every backup in the file, as HEADERONLY lists them */
    size_t headers_count, headers_capacity;
    struct backup_data_file *files;
    size_t files_count, files_capacity;
    enum file_verification verification;
    int64_t verified_utc_ms; /* TIME_UNKNOWN = never */
    char *verification_problem;
};

/* A proof with one reference and nothing known; owned. */
struct file_proof *proof_new(const char *path);
struct file_proof *proof_retain(struct file_proof *proof);
/* NULL is allowed; the last release frees. */
void proof_release(struct file_proof *proof);

/* The backup of that database and type ('D', 'L') in the file: database is compared without case;
 * the one at the lowest position. NULL = none. Borrowed. */
const struct backup_header *proof_header(const struct file_proof *proof, const char *database,
                                         char type);

/* Decodes a row of RESTORE HEADERONLY or FILELISTONLY into a new last element of the proof. Columns
 * are taken by name: their number and the case of their names vary with the version. */
bool proof_take_header(struct file_proof *proof, const struct tds_row *row);
bool proof_take_file(struct file_proof *proof, const struct tds_row *row);

/* Frees what a header holds (not the struct). */
void backup_header_free(struct backup_header *header);

/* What an error of the server says of the file itself. FILE_UNCHECKED: nothing (it is the
 * connection, a lock, a right of the login). Source: the numbers that a RESTORE returns; 3201
 * carries the operating system's error as "n(text)". */
enum file_state proof_state_of_error(int server_number, const char *server_text);

/* Asks the server for headers and file list of one file. Owned; where the file cannot be used its
 * state says so and *error stays clear. NULL with *error where the server could not be asked or the
 * login may not (ERR_PERMISSION: CREATE ANY DATABASE, stopmark grants --proof). */
struct file_proof *proof_read(struct tds_reader *reader, const char *path, int64_t now_utc_ms,
                              struct error *error);

/* VERIFYONLY: reads the whole file. A copy of proof with the verification's outcome; owned. NULL
 * with *error as proof_read. */
struct file_proof *proof_verify(struct tds_reader *reader, const struct file_proof *proof,
                                int64_t now_utc_ms, struct error *error);

/* For a command: connects to one server with its monitoring login, reads one file, closes. server:
 * index in config->servers; after tds_prepare (a collector has called it). password may be NULL
 * with Kerberos. As proof_read. Blocks: not for the UI thread. */
struct file_proof *proof_fetch(const struct config *config, size_t server, const char *password,
                               const char *path, int64_t now_utc_ms, struct error *error);

#endif
