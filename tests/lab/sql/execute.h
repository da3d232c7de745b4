/* Calling procedures: what EXEC statements and RPC requests share. */
#ifndef STOPMARK_LAB_SQL_EXECUTE_H
#define STOPMARK_LAB_SQL_EXECUTE_H

#include "tests/lab/sql/objects.h"
#include "tests/lab/sql/run.h"

struct argument_value {
    const char *name; /* borrowed; NULL or "" = positional */
    struct sql_type type;
    struct sql_value value; /* owned; after the call an output parameter's new value */
    bool output, is_default, given_back;
    struct variable *variable; /* where an output goes; NULL = nowhere */
};

void argument_values_free(struct argument_value *arguments, size_t count);

/* Gives an output parameter's value back to the caller's variable. */
void argument_give_back(struct run *run, struct argument_value *argument,
                        const struct sql_value *value, const struct sql_type *type);

/* Runs a procedure written in C. */
enum flow execute_native(struct run *run, const struct native_procedure *procedure,
                         struct database *database, struct argument_value *arguments, size_t count,
                         int *return_value);

struct call_result {
    bool found;
    int value; /* RETURN's */
};

/* Runs a procedure by name, language procedures included. */
enum flow execute_procedure(struct run *run, const struct object_name *name,
                            struct argument_value *arguments, size_t count,
                            struct call_result *result);

/* Runs a text with parameters declared by a text. */
enum flow execute_parameterised(struct run *run, const char *text, const char *parameters,
                                struct argument_value *arguments, size_t count);

/* Splits a name into the arena; false if it is none. */
bool execute_name(struct arena *arena, const char *text, struct object_name *name);

#endif
