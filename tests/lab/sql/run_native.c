/* Procedures written in C: arguments matched to parameters, converted, given back. */
#include "tests/lab/sql/execute.h"

#include <stdlib.h>
#include <strings.h>

#include "core/base/memory.h"
#include "tests/lab/estate.h"
#include "tests/lab/sql/type.h"

static enum flow default_argument(struct run *run, const struct native_procedure *procedure,
                                  const struct procedure_parameter *parameter,
                                  struct sql_value *out)
{
    struct sql_type text_type = type_string(SQL_NVARCHAR, SQL_LENGTH_MAX, true);
    struct sql_value text;

    *out = sql_null();
    if (!parameter->has_default) {
        run->procedure = procedure->name;
        run_raise(run, 201, 16, 4,
                  "Procedure or function '%s' expects parameter '%s', which was not supplied.",
                  procedure->name, parameter->name);
        run->procedure = NULL;
        return run->raised ? FLOW_ERROR : FLOW_END;
    }
    if (parameter->default_text == NULL)
        return FLOW_NEXT;
    text = sql_text(parameter->default_text);
    convert_value(out, &text, &text_type, &parameter->type, 0, &run->problem);
    sql_value_free(&text);
    return FLOW_NEXT;
}

/* Which parameter an argument is for; -1 after an error. */
static int parameter_index(struct run *run, const struct native_procedure *procedure,
                           const struct argument_value *argument, size_t position)
{
    if (argument->name == NULL || *argument->name == '\0') {
        if (position < procedure->parameters_count)
            return (int)position;
        run_raise(run, 8144, 16, 2, "Procedure or function %s has too many arguments specified.",
                  procedure->name);
        return -1;
    }
    for (size_t i = 0; i < procedure->parameters_count; i++)
        if (strcasecmp(procedure->parameters[i].name, argument->name) == 0)
            return (int)i;
    run_raise(run, 8145, 16, 1, "%s is not a parameter for procedure %s.", argument->name,
              procedure->name);
    return -1;
}

static enum flow match_arguments(struct run *run, const struct native_procedure *procedure,
                                 struct argument_value *arguments, size_t count,
                                 struct sql_value *values, struct argument_value **matched)
{
    for (size_t i = 0; i < count; i++) {
        int index = parameter_index(run, procedure, &arguments[i], i);

        if (index < 0)
            return run->raised ? FLOW_ERROR : FLOW_END;
        matched[index] = &arguments[i];
    }
    for (size_t i = 0; i < procedure->parameters_count; i++) {
        struct sql_problem problem = {0};
        enum flow flow = FLOW_NEXT;

        if (matched[i] == NULL || matched[i]->is_default)
            flow = default_argument(run, procedure, &procedure->parameters[i], &values[i]);
        else if (!convert_value(&values[i], &matched[i]->value, &matched[i]->type,
                                &procedure->parameters[i].type, 0, &problem)) {
            run_raise(run, 8114, 16, 5, "Error converting data type %s to %s.",
                      type_name(matched[i]->type.kind),
                      type_name(procedure->parameters[i].type.kind));
            flow = run->raised ? FLOW_ERROR : FLOW_END;
        }
        if (flow != FLOW_NEXT)
            return flow;
    }
    return FLOW_NEXT;
}

enum flow execute_native(struct run *run, const struct native_procedure *procedure,
                         struct database *database, struct argument_value *arguments, size_t count,
                         int *return_value)
{
    size_t slots = procedure->parameters_count + 1;
    struct sql_value *values = memory_new_array(slots, sizeof *values);
    struct argument_value **matched = memory_new_array(slots, sizeof *matched);
    enum flow flow;

    for (size_t i = 0; i < slots; i++)
        values[i] = sql_null();
    flow = match_arguments(run, procedure, arguments, count, values, matched);
    if (flow == FLOW_NEXT) {
        bool ok;

        run->state->nesting++;
        ok = procedure->run(run->session, database, values, run->reply, return_value);
        run->state->nesting--;
        run->state->run = run;
        flow = run_after_foreign(run, ok);
    }
    for (size_t i = 0; i < procedure->parameters_count; i++) {
        if (flow == FLOW_NEXT && procedure->parameters[i].output && matched[i] != NULL &&
            matched[i]->output)
            argument_give_back(run, matched[i], &values[i], &procedure->parameters[i].type);
        sql_value_free(&values[i]);
    }
    free(values);
    free(matched);
    return flow;
}
