/* Procedures written in C: a table per room. Private to procedures*.c, and the names for
 * sys.procedures.
 */
#ifndef STOPMARK_LAB_PROCEDURES_H
#define STOPMARK_LAB_PROCEDURES_H

#include <stddef.h>

#include "tests/lab/engine.h"
#include "tests/lab/estate.h"

struct procedure_part {
    const struct native_procedure *procedures;
    size_t count;
};

struct procedure_part procedures_system(void);
struct procedure_part procedures_file(void);
struct procedure_part procedures_agent(void);
struct procedure_part procedures_agent_help(void);
struct procedure_part procedures_biztalk(void);
struct procedure_part procedures_shipping(void);
struct procedure_part procedures_lab(void);
struct procedure_part procedures_line(void);
struct procedure_part procedures_fault(void);

/* The index-th user procedure of a database, for sys.procedures; NULL at the end. */
const char *procedure_of_database(const struct database *database, size_t index);

/* Types of parameters. */
#define PARAMETER_NAME                                        \
    {                                                         \
        .kind = SQL_NVARCHAR, .length = 128, .nullable = true \
    }
#define PARAMETER_TEXT                                         \
    {                                                          \
        .kind = SQL_NVARCHAR, .length = 4000, .nullable = true \
    }
#define PARAMETER_INT                     \
    {                                     \
        .kind = SQL_INT, .nullable = true \
    }
#define PARAMETER_BIT                     \
    {                                     \
        .kind = SQL_BIT, .nullable = true \
    }
#define PARAMETER_GUID                                               \
    {                                                                \
        .kind = SQL_UNIQUEIDENTIFIER, .length = 16, .nullable = true \
    }

#define PROCEDURE(procedure, place, list, function)                          \
    {                                                                        \
        .name = (procedure), .database = (place), .parameters = (list),      \
        .parameters_count = sizeof(list) / sizeof *(list), .run = (function) \
    }

/* The text of an argument, NULL for NULL; borrowed. */
const char *argument_text(const struct sql_value *argument);
/* The number of an argument, or otherwise for NULL. */
int64_t argument_number(const struct sql_value *argument, int64_t otherwise);

/* False after error 50000 where an argument that the procedure cannot do without is NULL. */
bool procedure_needs_value(const struct sql_value *argument, const char *parameter,
                           const char *procedure, struct reply *reply);

/* 229 unless the session is a sysadmin. */
bool procedure_needs_sysadmin(struct session *session, const char *procedure,
                              const struct database *database, struct reply *reply);

/* --- faults and time, for tests and signals: lab_control.c --------------------------------------
 */
void lab_stop_instance(struct instance *instance);
void lab_start_instance(struct instance *instance);

#endif
