/* The lab's own procedures for a server's line: faults and encryption, settable while it runs. */

#include <stdlib.h>

#include "core/base/text.h"
#include "tests/lab/procedures.h"
#include "tests/lab/reply.h"
#include "tests/lab/session.h"
#include "tests/lab/wire.h"
#include "tests/lab/wire_tls.h"

/* The words of enum wire_encryption and enum wire_certificate, in their order. */
static const char *const encryptions[] = {"off", "login", "on", "required"};
static const char *const certificates[] = {"good", "wrong-host", "expired",
                                           "unknown-authority"};

static int word_index(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal_nocase(words[i], word))
            return (int)i;
    }
    return -1;
}

/* The instance that the first argument names; NULL after an error. */
static struct instance *named_instance(struct session *session, const char *procedure,
                                       struct database *database,
                                       const struct sql_value *argument, struct reply *reply)
{
    const char *name = argument_text(argument);

    if (!procedure_needs_sysadmin(session, procedure, database, reply))
        return NULL;
    struct instance *instance =
        name == NULL ? NULL : lab_instance(session->instance->lab, name);
    if (instance == NULL)
        reply_error(reply, 50000, 16, 1, 1, procedure, "no such server: '%s'.",
                    name == NULL ? "" : name);
    return instance;
}

#define PARAMETER_BYTES {.kind = SQL_BIGINT, .nullable = true}

static const struct procedure_parameter line_parameters[] = {
    {.name = "@name", .type = PARAMETER_NAME},
    {.name = "@cut_after_bytes", .type = PARAMETER_BYTES, .has_default = true},
    {.name = "@garble_byte", .type = PARAMETER_BYTES, .has_default = true},
    {.name = "@bytes_per_second", .type = PARAMETER_INT, .has_default = true},
};

static bool run_line(struct session *session, struct database *database,
                     struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_line", database, &arguments[0], reply);

    *return_value = 1;
    if (instance == NULL)
        return false;
    const struct wire_fault fault = {
        .cut_after_bytes = argument_number(&arguments[1], 0),
        .garble_byte = argument_number(&arguments[2], 0),
        .trickle_bytes_per_s = (int)argument_number(&arguments[3], 0),
    };
    if (fault.cut_after_bytes < 0 || fault.garble_byte < 0 || fault.trickle_bytes_per_s < 0) {
        reply_error(reply, 50000, 16, 1, 1, "sp_lab_line", "no number of a fault is negative.");
        return false;
    }
    wire_set_fault(instance, &fault);
    *return_value = 0;
    return true;
}

static const struct procedure_parameter encryption_parameters[] = {
    {.name = "@name", .type = PARAMETER_NAME},
    {.name = "@encryption", .type = PARAMETER_NAME},
    {.name = "@certificate", .type = PARAMETER_NAME, .has_default = true},
};

/* One row: the certificate that clients are to trust. */
static void send_authority(struct reply *reply)
{
    const struct sql_column column = {
        .name = "authority", .type = {.kind = SQL_NVARCHAR, .length = SQL_LENGTH_MAX}};
    char *pem = tls_authority_pem();
    struct sql_value value = sql_text(pem);

    reply_columns(reply, &column, 1);
    reply_row(reply, &value);
    reply_done(reply, REPLY_IN_PROCEDURE, DONE_COUNT, 193, 1);
    sql_value_free(&value);
    free(pem);
}

static bool run_encryption(struct session *session, struct database *database,
                           struct sql_value *arguments, struct reply *reply, int *return_value)
{
    struct instance *instance =
        named_instance(session, "sp_lab_encryption", database, &arguments[0], reply);
    const char *certificate = argument_text(&arguments[2]);

    *return_value = 1;
    if (instance == NULL)
        return false;
    int encryption = word_index(encryptions, sizeof encryptions / sizeof encryptions[0],
                                argument_text(&arguments[1]));
    int kind = certificate == NULL ? 0
                                   : word_index(certificates,
                                                sizeof certificates / sizeof certificates[0],
                                                certificate);
    if (encryption < 0 || kind < 0) {
        reply_error(reply, 50000, 16, 1, 1, "sp_lab_encryption",
                    "encryption is off, login, on or required; the certificate good, wrong-host,"
                    " expired or unknown-authority.");
        return false;
    }
    if (!wire_set_encryption(instance, (enum wire_encryption)encryption,
                             (enum wire_certificate)kind)) {
        reply_error(reply, 50000, 16, 1, 1, "sp_lab_encryption", "no certificate could be made.");
        return false;
    }
    send_authority(reply);
    *return_value = 0;
    return true;
}

static const struct native_procedure procedures[] = {
    PROCEDURE("sp_lab_line", "master", line_parameters, run_line),
    PROCEDURE("sp_lab_encryption", "master", encryption_parameters, run_encryption),
};

struct procedure_part procedures_line(void)
{
    return (struct procedure_part){procedures, sizeof procedures / sizeof *procedures};
}
