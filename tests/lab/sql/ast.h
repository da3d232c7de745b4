/* The typed tree of a batch. The parser makes it, the binder fills in sources, columns and types
 * and makes conversions explicit, the emitter turns it into SQLite's SQL, the runner walks it.
 * All nodes live in the batch's arena.
 */
#ifndef STOPMARK_LAB_SQL_AST_H
#define STOPMARK_LAB_SQL_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/lab/admin.h"
#include "tests/lab/sql/arena.h"
#include "tests/lab/value.h"

struct select;
struct source;
struct table;
struct builtin;

/* database.schema.name; NULL where not written. */
struct object_name {
    const char *database, *schema, *name;
    int line;
};

/* --- expressions ---------------------------------------------------------------------------- */

enum operator_kind {
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MODULO,
    OP_BIT_AND,
    OP_BIT_OR,
    OP_BIT_XOR,
    OP_NEGATE,
    OP_BIT_NOT,
    OP_EQUAL,
    OP_NOT_EQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_AND,
    OP_OR,
    OP_NOT,
};

enum expr_kind {
    EXPR_NULL,
    EXPR_INTEGER,
    EXPR_NUMERIC, /* text: its digits */
    EXPR_FLOAT,
    EXPR_STRING,
    EXPR_BYTES,
    EXPR_COLUMN,     /* name_parts until bound */
    EXPR_VARIABLE,   /* text: "@x" */
    EXPR_GLOBAL,     /* text: "@@x" */
    EXPR_ARITHMETIC, /* op; args 1 or 2 */
    EXPR_CALL,       /* text: the function's name */
    EXPR_CONVERT,    /* args[0] to type; style; try_convert */
    EXPR_CASE,       /* args: when, then, ..., [else]; has_else; simple CASE is rewritten */
    EXPR_SUBQUERY,
    EXPR_COLLATE,
    EXPR_KEYWORD, /* a date part */
    EXPR_STAR,    /* COUNT(*) */
    /* predicates from here on */
    EXPR_COMPARE, /* op */
    EXPR_LOGIC,   /* op AND, OR, NOT */
    EXPR_IS_NULL,
    EXPR_BETWEEN,
    EXPR_IN, /* args[0] in the others, or in select */
    EXPR_LIKE,
    EXPR_EXISTS,
    EXPR_QUANTIFIED, /* args[0] op ANY/ALL (select) */
};

struct expr_list {
    struct expr **items;
    size_t items_count, items_capacity;
};

struct order_item {
    struct expr *expr;
    bool descending;
    int ordinal; /* bound: 1-based column of the select list; 0 = expr */
};

struct order_list {
    struct order_item *items;
    size_t items_count, items_capacity;
};

struct window {
    struct expr_list partition;
    struct order_list order;
    char *frame; /* "ROWS BETWEEN ..." in SQLite's words; NULL = default */
};

struct expr {
    enum expr_kind kind;
    int line;
    struct sql_type type; /* bound */
    bool untyped;         /* bound: a NULL that has no type of its own */
    int collation_rank;   /* bound: 0 default, 1 a column's, 2 explicit */
    const char *text;
    size_t text_length;
    int64_t integer;
    const char *parts[4]; /* EXPR_COLUMN: [database, schema, table,] column; right-aligned */
    enum operator_kind op;
    bool negated;  /* NOT LIKE, IS NOT NULL, ... */
    bool distinct; /* COUNT(DISTINCT x) */
    bool all;      /* EXPR_QUANTIFIED */
    bool has_else, try_convert;
    struct expr_list args;
    struct select *select;
    struct window *over;
    struct order_list within; /* STRING_AGG ... WITHIN GROUP */
    /* bound */
    struct source *source;
    int column;
    int variable; /* index in the frame */
    const struct builtin *builtin;
    struct sql_type from_type; /* EXPR_CONVERT */
};

static inline bool expr_is_predicate(const struct expr *expr)
{
    return expr->kind >= EXPR_COMPARE;
}

/* --- queries -------------------------------------------------------------------------------- */

struct select_item {
    struct expr *expr;          /* NULL: * */
    const char *star_qualifier; /* x.*; NULL = every source */
    const char *alias;          /* NULL = none */
    const char *variable;       /* SELECT @v = expr */
    int line;
};

struct select_item_list {
    struct select_item *items;
    size_t items_count, items_capacity;
};

struct name_list {
    const char **items;
    size_t items_count, items_capacity;
};

enum source_kind {
    SOURCE_NAME, /* until bound */
    SOURCE_STORED,
    SOURCE_VIRTUAL,
    SOURCE_DERIVED, /* (SELECT ...) x, a view or VALUES */
    SOURCE_CTE,
    SOURCE_JOIN,
};

enum join_kind { JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL, JOIN_CROSS };

struct source {
    enum source_kind kind;
    int line;
    struct object_name name;
    const char *alias;
    struct name_list column_names; /* AS x(a, b) */
    struct select *select;         /* SOURCE_DERIVED */
    enum join_kind join;
    struct source *left, *right;
    struct expr *on;
    /* bound */
    int id; /* "s<id>" in SQLite's SQL */
    struct sql_column *columns;
    size_t columns_count;
    struct table *table;     /* SOURCE_STORED */
    const char *sqlite_name; /* SOURCE_VIRTUAL: the filled table; SOURCE_CTE: its name */
};

struct cte {
    const char *name;
    struct name_list column_names;
    struct select *select;
    /* bound */
    const char *sqlite_name;
    struct sql_column *columns;
    size_t columns_count;
    bool recursive;
};

struct cte_list {
    struct cte *items;
    size_t items_count, items_capacity;
};

enum select_kind {
    SELECT_QUERY,
    SELECT_VALUES,
    SELECT_UNION,
    SELECT_UNION_ALL,
    SELECT_EXCEPT,
    SELECT_INTERSECT
};

struct row_list {
    struct expr_list *items;
    size_t items_count, items_capacity;
};

struct select {
    enum select_kind kind;
    int line;
    struct cte_list ctes;
    /* SELECT_QUERY */
    bool distinct;
    struct expr *top;
    struct select_item_list list;
    struct object_name into;
    struct source *from; /* NULL = none */
    struct expr *where, *having;
    struct expr_list group_by;
    /* SELECT_VALUES */
    struct row_list rows;
    /* set operations */
    struct select *left, *right;
    /* the whole */
    struct order_list order_by;
    struct expr *offset, *fetch;
    /* bound */
    struct select_item_list bound; /* stars expanded */
    struct sql_column *columns;
    size_t columns_count;
    bool aggregates; /* it has aggregates or GROUP BY */
    /* part of a CTE that names itself: its column of depth, in SQLite's words; NULL = none */
    const char *depth;
};

/* --- statements ----------------------------------------------------------------------------- */

enum statement_kind {
    STATEMENT_SELECT,
    STATEMENT_INSERT,
    STATEMENT_UPDATE,
    STATEMENT_DELETE,
    STATEMENT_TRUNCATE,
    STATEMENT_DECLARE,
    STATEMENT_SET_VARIABLE,
    STATEMENT_SET_OPTION,
    STATEMENT_IF,
    STATEMENT_WHILE,
    STATEMENT_BREAK,
    STATEMENT_CONTINUE,
    STATEMENT_BLOCK,
    STATEMENT_TRY,
    STATEMENT_THROW,
    STATEMENT_RAISERROR,
    STATEMENT_PRINT,
    STATEMENT_RETURN,
    STATEMENT_USE,
    STATEMENT_EXECUTE,
    STATEMENT_EXECUTE_TEXT,
    STATEMENT_WAITFOR,
    STATEMENT_BEGIN_TRANSACTION,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_SAVE,
    STATEMENT_CREATE_TABLE,
    STATEMENT_DROP_TABLE,
    STATEMENT_RESTORE,
    STATEMENT_BACKUP,
    STATEMENT_ALTER_DATABASE,
    STATEMENT_DROP_DATABASE,
    STATEMENT_KILL,
    STATEMENT_CHECK_DATABASE, /* DBCC CHECKDB */
    STATEMENT_GRANT,
    STATEMENT_REVOKE,
    STATEMENT_CREATE_USER,
    STATEMENT_ADD_MEMBER,
    STATEMENT_DROP_MEMBER,
};

struct assignment {
    const char *column;   /* UPDATE ... SET column = */
    const char *variable; /* SET @v =; SET @v = column = is not supported */
    struct expr *value;   /* NULL in UPDATE: DEFAULT */
    enum operator_kind op;
    bool compound; /* += and the like: op */
    int line;
    int bound_column;
};

struct assignment_list {
    struct assignment *items;
    size_t items_count, items_capacity;
};

struct column_definition {
    struct sql_column column;
    bool identity, primary_key;
    int64_t identity_seed, identity_step;
    struct expr *default_value; /* NULL = none */
};

struct column_definition_list {
    struct column_definition *items;
    size_t items_count, items_capacity;
};

struct declaration {
    const char *name;
    struct sql_type type;
    struct expr *value; /* NULL = none */
    bool is_table;
    struct column_definition_list columns;
};

struct declaration_list {
    struct declaration *items;
    size_t items_count, items_capacity;
};

struct argument {
    const char *name;   /* "@x"; NULL = positional */
    struct expr *value; /* NULL: DEFAULT */
    bool output;
};

struct argument_list {
    struct argument *items;
    size_t items_count, items_capacity;
};

struct statement_list {
    struct statement **items;
    size_t items_count, items_capacity;
};

/* A name or a text in an administrative statement that may be written as a variable. */
struct text_or_variable {
    const char *text;     /* NULL = not given */
    const char *variable; /* "@x" */
};

struct statement {
    enum statement_kind kind;
    int line;
    struct select *select; /* SELECT, INSERT's source */
    /* INSERT, UPDATE, DELETE, TRUNCATE, CREATE TABLE, DROP TABLE */
    struct object_name target;
    const char *target_variable; /* a table variable */
    struct name_list columns;
    bool default_values, if_exists;
    struct assignment_list assignments;
    struct source *from;
    struct expr *where, *top;
    struct cte_list ctes;
    struct column_definition_list definitions;
    struct object_name *drop_names;
    size_t drop_names_count, drop_names_capacity;
    /* DECLARE, SET */
    struct declaration_list declarations;
    /* SET option: the words that name options, and whether ON or the value */
    struct name_list options;
    bool on;
    struct expr *value; /* SET option value, WAITFOR, PRINT, KILL */
    /* IF, WHILE, TRY */
    struct expr *condition;
    struct statement *body, *otherwise;
    struct statement_list statements; /* BLOCK, TRY */
    struct statement_list handler;    /* CATCH */
    /* RAISERROR, THROW, EXECUTE */
    struct argument_list arguments;
    bool nowait, seterror;
    const char *return_variable;
    struct object_name procedure;
    const char *procedure_variable;
    struct statement *execute; /* INSERT ... EXEC */
    /* transactions: name, WITH MARK */
    const char *name;
    const char *name_variable;
    bool with_mark;
    const char *mark_description;
    bool until_time; /* WAITFOR TIME */
    /* GRANT, REVOKE: the right's words in options; on: an object is named (target); name: to whom.
     * CREATE USER: name, login. Roles: name, member, server_role. */
    const char *login, *member;
    bool server_role;
    /* administration; texts resolved at run time */
    struct text_or_variable database, device, stop_at;
    struct expr *file_position;
    struct restore_statement restore;
    struct backup_statement backup;
    struct alter_database_statement alter;
    struct check_statement check;
};

struct batch {
    struct statement_list statements;
    /* variables declared, in order of declaration; the frame is made from it */
    struct declaration_list variables;
};

#endif
