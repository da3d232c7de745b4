/* RESTORE, BACKUP, ALTER DATABASE, DROP DATABASE, KILL: options in any order, names and devices as
 * variables. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "tests/lab/sql/parse.h"

static struct text_or_variable name_or_variable(struct parser *parser)
{
    struct text_or_variable name = {0};

    if (parser_peek(parser, 0)->kind == TOKEN_VARIABLE)
        name.variable = parser_variable(parser);
    else
        name.text = parser_identifier(parser);
    return name;
}

static struct text_or_variable text_or_variable(struct parser *parser)
{
    struct text_or_variable text = {0};

    if (parser_peek(parser, 0)->kind == TOKEN_VARIABLE)
        text.variable = parser_variable(parser);
    else if (parser_peek(parser, 0)->kind == TOKEN_STRING)
        text.text = parser_next(parser)->text;
    else
        parser_syntax_error(parser);
    return text;
}

/* DISK = '...', URL = '...' */
static struct text_or_variable device(struct parser *parser, bool *is_url)
{
    *is_url = parser_is_word(parser, 0, "URL");
    if (!*is_url && !parser_is_word(parser, 0, "DISK") && !parser_is_word(parser, 0, "TAPE"))
        parser_syntax_error(parser);
    parser_next(parser);
    parser_expect_operator(parser, "=");
    return text_or_variable(parser);
}

static const char *option_text(struct parser *parser)
{
    parser_expect_operator(parser, "=");
    if (parser_peek(parser, 0)->kind != TOKEN_STRING) {
        parser_syntax_error(parser);
        return "";
    }
    return parser_next(parser)->text;
}

static int option_number(struct parser *parser, int otherwise)
{
    if (!parser_accept_operator(parser, "="))
        return otherwise;
    if (parser_peek(parser, 0)->kind != TOKEN_INTEGER) {
        parser_syntax_error(parser);
        return otherwise;
    }
    return atoi(parser_next(parser)->text);
}

/* --- RESTORE -------------------------------------------------------------------------------- */

static void move_option(struct parser *parser, struct restore_statement *restore)
{
    struct restore_move *move;

    if (parser_peek(parser, 0)->kind != TOKEN_STRING ||
        restore->moves_count == sizeof restore->moves / sizeof *restore->moves) {
        parser_syntax_error(parser);
        return;
    }
    move = &restore->moves[restore->moves_count++];
    text_copy(move->logical_name, sizeof move->logical_name, parser_next(parser)->text);
    parser_expect_word(parser, "TO");
    if (parser_peek(parser, 0)->kind != TOKEN_STRING)
        parser_syntax_error(parser);
    else
        text_copy(move->path, sizeof move->path, parser_next(parser)->text);
}

static void stop_option(struct parser *parser, struct statement *statement, enum restore_stop stop)
{
    struct restore_statement *restore = &statement->restore;

    restore->stop = stop;
    if (stop == RESTORE_STOPAT) {
        parser_expect_operator(parser, "=");
        statement->stop_at = text_or_variable(parser);
        return;
    }
    text_copy(restore->stop_name, sizeof restore->stop_name, option_text(parser));
    if (parser_accept_word(parser, "AFTER")) {
        restore->has_after = true;
        statement->stop_at = text_or_variable(parser);
    }
}

static bool flag_option(struct parser *parser, struct restore_statement *restore)
{
    const struct {
        const char *word;
        bool *flag;
    } flags[] = {
        {"REPLACE", &restore->replace},
        {"RESTART", &restore->restart},
        {"CHECKSUM", &restore->checksum},
        {"NO_CHECKSUM", &restore->no_checksum},
        {"CONTINUE_AFTER_ERROR", &restore->continue_after_error},
        {"KEEP_REPLICATION", &restore->keep_replication},
        {"KEEP_CDC", &restore->keep_cdc},
        {"RESTRICTED_USER", &restore->restricted_user},
        {"LOADHISTORY", &restore->load_history},
    };
    static const char *const accepted[] = {
        "STOP_ON_ERROR", "NOREWIND",      "REWIND",     "UNLOAD",
        "NOUNLOAD",      "ENABLE_BROKER", "NEW_BROKER", "ERROR_BROKER_CONVERSATIONS"};

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (parser_accept_word(parser, flags[i].word)) {
            *flags[i].flag = true;
            return true;
        }
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
        if (parser_accept_word(parser, accepted[i]))
            return true;
    return false;
}

static void restore_option(struct parser *parser, struct statement *statement)
{
    struct restore_statement *restore = &statement->restore;

    if (parser_accept_word(parser, "NORECOVERY")) {
        restore->end = RESTORE_NORECOVERY;
    } else if (parser_accept_word(parser, "RECOVERY")) {
        restore->end = RESTORE_RECOVERY;
    } else if (parser_accept_word(parser, "STANDBY")) {
        restore->end = RESTORE_STANDBY;
        text_copy(restore->standby_file, sizeof restore->standby_file, option_text(parser));
    } else if (parser_accept_word(parser, "MOVE")) {
        move_option(parser, restore);
    } else if (parser_accept_word(parser, "STATS")) {
        restore->stats_percent = option_number(parser, 10);
    } else if (parser_accept_word(parser, "FILE")) {
        parser_expect_operator(parser, "=");
        statement->file_position = parser_expression(parser);
    } else if (parser_accept_word(parser, "STOPAT")) {
        stop_option(parser, statement, RESTORE_STOPAT);
    } else if (parser_accept_word(parser, "STOPATMARK")) {
        stop_option(parser, statement, RESTORE_STOPATMARK);
    } else if (parser_accept_word(parser, "STOPBEFOREMARK")) {
        stop_option(parser, statement, RESTORE_STOPBEFOREMARK);
    } else if (parser_accept_word(parser, "BUFFERCOUNT") ||
               parser_accept_word(parser, "MAXTRANSFERSIZE") ||
               parser_accept_word(parser, "BLOCKSIZE")) {
        option_number(parser, 0);
    } else if (parser_accept_word(parser, "MEDIANAME") ||
               parser_accept_word(parser, "MEDIAPASSWORD") ||
               parser_accept_word(parser, "CREDENTIAL") || parser_accept_word(parser, "PASSWORD")) {
        option_text(parser);
    } else if (!flag_option(parser, restore)) {
        const struct token *token = parser_peek(parser, 0);

        if (token->kind == TOKEN_WORD && !parser_is_reserved(token->text))
            parser_fail(parser, 155, 15, 1, token->line, "'%s' is not a recognized RESTORE option.",
                        token->text);
        parser_syntax_error(parser);
    }
}

static struct statement *restore_statement(struct parser *parser)
{
    static const struct {
        const char *word;
        enum restore_kind kind;
        bool named;
    } kinds[] = {
        {"DATABASE", RESTORE_DATABASE, true},      {"LOG", RESTORE_LOG, true},
        {"HEADERONLY", RESTORE_HEADERONLY, false}, {"FILELISTONLY", RESTORE_FILELISTONLY, false},
        {"LABELONLY", RESTORE_LABELONLY, false},   {"VERIFYONLY", RESTORE_VERIFYONLY, false}};
    struct statement *statement = parser_new_statement(parser, STATEMENT_RESTORE);
    bool found = false, named = false;

    statement->restore.line = statement->line;
    parser_next(parser);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !found; i++)
        if (parser_accept_word(parser, kinds[i].word)) {
            found = true;
            named = kinds[i].named;
            statement->restore.kind = kinds[i].kind;
        }
    if (!found)
        parser_syntax_error(parser);
    if (named)
        statement->database = name_or_variable(parser);
    if (parser_accept_word(parser, "FROM")) {
        if (parser_is_operator(parser, 1, "=")) {
            statement->device = device(parser, &statement->restore.device_is_url);
        } else {
            statement->device = name_or_variable(parser);
            statement->restore.device_is_name = true;
        }
        if (parser_is_operator(parser, 0, ",")) /* stripes: the lab has none */
            parser_syntax_error(parser);
    } else if (!named) {
        parser_syntax_error(parser);
    }
    if (parser_accept_word(parser, "WITH"))
        do
            restore_option(parser, statement);
        while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    return statement;
}

/* --- BACKUP --------------------------------------------------------------------------------- */

static void backup_option(struct parser *parser, struct statement *statement)
{
    struct backup_statement *backup = &statement->backup;
    const struct {
        const char *word;
        bool *flag;
        bool value;
    } flags[] = {
        {"COMPRESSION", &backup->compression, true},
        {"NO_COMPRESSION", &backup->compression, false},
        {"CHECKSUM", &backup->checksum, true},
        {"NO_CHECKSUM", &backup->checksum, false},
        {"COPY_ONLY", &backup->copy_only, true},
        {"DIFFERENTIAL", &backup->differential, true},
        {"INIT", &backup->init, true},
        {"NOINIT", &backup->init, false},
        {"FORMAT", &backup->format, true},
        {"NOFORMAT", &backup->format, false},
        {"NORECOVERY", &backup->norecovery, true},
        {"NO_TRUNCATE", &backup->no_truncate, true},
    };
    static const char *const accepted[] = {
        "SKIP",   "NOSKIP",   "REWIND",        "NOREWIND",
        "UNLOAD", "NOUNLOAD", "STOP_ON_ERROR", "CONTINUE_AFTER_ERROR"};

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (parser_accept_word(parser, flags[i].word)) {
            *flags[i].flag = flags[i].value;
            return;
        }
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
        if (parser_accept_word(parser, accepted[i]))
            return;
    if (parser_accept_word(parser, "NAME"))
        text_copy(backup->name, sizeof backup->name, option_text(parser));
    else if (parser_accept_word(parser, "DESCRIPTION"))
        text_copy(backup->description, sizeof backup->description, option_text(parser));
    else if (parser_accept_word(parser, "STATS"))
        backup->stats_percent = option_number(parser, 10);
    else if (parser_accept_word(parser, "MEDIANAME") ||
             parser_accept_word(parser, "MEDIADESCRIPTION") ||
             parser_accept_word(parser, "CREDENTIAL"))
        option_text(parser);
    else if (parser_accept_word(parser, "BUFFERCOUNT") ||
             parser_accept_word(parser, "MAXTRANSFERSIZE") ||
             parser_accept_word(parser, "BLOCKSIZE") || parser_accept_word(parser, "RETAINDAYS"))
        option_number(parser, 0);
    else if (parser_peek(parser, 0)->kind == TOKEN_WORD)
        parser_fail(parser, 155, 15, 1, parser_peek(parser, 0)->line,
                    "'%s' is not a recognized BACKUP option.", parser_peek(parser, 0)->text);
    else
        parser_syntax_error(parser);
}

static struct statement *backup_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_BACKUP);

    statement->backup.line = statement->line;
    parser_next(parser);
    statement->backup.log = parser_is_word(parser, 0, "LOG");
    if (!parser_accept_word(parser, "LOG"))
        parser_expect_word(parser, "DATABASE");
    statement->database = name_or_variable(parser);
    parser_expect_word(parser, "TO");
    statement->device = device(parser, &statement->backup.device_is_url);
    if (parser_accept_word(parser, "WITH"))
        do
            backup_option(parser, statement);
        while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    return statement;
}

/* --- ALTER and DROP DATABASE, KILL ---------------------------------------------------------- */

static void termination(struct parser *parser, struct alter_database_statement *alter)
{
    if (!parser_accept_word(parser, "WITH"))
        return;
    if (parser_accept_word(parser, "NO_WAIT"))
        return;
    parser_expect_word(parser, "ROLLBACK");
    alter->rollback_immediate = true;
    if (parser_accept_word(parser, "IMMEDIATE"))
        return;
    parser_expect_word(parser, "AFTER");
    if (parser_peek(parser, 0)->kind == TOKEN_INTEGER)
        parser_next(parser);
    else
        parser_syntax_error(parser);
    parser_accept_word(parser, "SECONDS");
}

static void recovery_model(struct parser *parser, struct alter_database_statement *alter)
{
    alter->action = ALTER_RECOVERY_MODEL;
    if (parser_accept_word(parser, "FULL"))
        alter->value = 1;
    else if (parser_accept_word(parser, "BULK_LOGGED"))
        alter->value = 2;
    else if (parser_accept_word(parser, "SIMPLE"))
        alter->value = 3;
    else
        parser_syntax_error(parser);
}

static struct statement *alter_database(struct parser *parser)
{
    static const struct {
        const char *word;
        enum alter_database_action action;
        int value;
    } states[] = {{"MULTI_USER", ALTER_USER_ACCESS, 0},
                  {"SINGLE_USER", ALTER_USER_ACCESS, 1},
                  {"RESTRICTED_USER", ALTER_USER_ACCESS, 2},
                  {"OFFLINE", ALTER_OFFLINE, 0},
                  {"ONLINE", ALTER_ONLINE, 0},
                  {"READ_ONLY", ALTER_READ_ONLY, 0},
                  {"READ_WRITE", ALTER_READ_WRITE, 0}};
    struct statement *statement = parser_new_statement(parser, STATEMENT_ALTER_DATABASE);
    struct alter_database_statement *alter = &statement->alter;
    bool found = false;

    alter->line = statement->line;
    parser_next(parser);
    parser_next(parser);
    if (parser_accept_word(parser, "CURRENT"))
        statement->database.text = "";
    else
        statement->database.text = parser_identifier(parser);
    parser_expect_word(parser, "SET");
    if (parser_accept_word(parser, "RECOVERY")) {
        recovery_model(parser, alter);
        found = true;
    }
    for (size_t i = 0; i < sizeof states / sizeof *states && !found; i++)
        if (parser_accept_word(parser, states[i].word)) {
            found = true;
            alter->action = states[i].action;
            alter->value = states[i].value;
        }
    if (!found)
        parser_syntax_error(parser);
    termination(parser, alter);
    return statement;
}

static struct statement *drop_database(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_DROP_DATABASE);

    parser_next(parser);
    parser_next(parser);
    if (parser_is_word(parser, 0, "IF")) {
        parser_next(parser);
        parser_expect_word(parser, "EXISTS");
        statement->if_exists = true;
    }
    do {
        struct object_name name = {.line = statement->line, .name = parser_identifier(parser)};

        *arena_append(parser->arena, statement, drop_names) = name;
    } while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    return statement;
}

/* --- DBCC ------------------------------------------------------------------------------------ */

static void check_option(struct parser *parser, struct check_statement *check)
{
    if (parser_accept_word(parser, "PHYSICAL_ONLY"))
        check->physical_only = true;
    else if (parser_accept_word(parser, "NO_INFOMSGS"))
        check->no_infomsgs = true;
    else if (parser_accept_word(parser, "ALL_ERRORMSGS"))
        check->all_errormsgs = true;
    else if (!parser_accept_word(parser, "TABLOCK") &&
             !parser_accept_word(parser, "EXTENDED_LOGICAL_CHECKS") &&
             !parser_accept_word(parser, "DATA_PURITY"))
        parser_syntax_error(parser);
}

static struct statement *check_statement(struct parser *parser)
{
    struct statement *statement = parser_new_statement(parser, STATEMENT_CHECK_DATABASE);

    statement->check.line = statement->line;
    parser_next(parser);
    parser_expect_word(parser, "CHECKDB");
    if (parser_accept_operator(parser, "(")) {
        if (parser_peek(parser, 0)->kind == TOKEN_STRING)
            statement->database = text_or_variable(parser);
        else
            statement->database = name_or_variable(parser);
        if (parser_accept_operator(parser, ","))
            parser_expect_word(parser, "NOINDEX");
        parser_expect_operator(parser, ")");
    }
    if (parser_accept_word(parser, "WITH"))
        do
            check_option(parser, &statement->check);
        while (!parser_failed(parser) && parser_accept_operator(parser, ","));
    return statement;
}

struct statement *parser_admin_statement(struct parser *parser)
{
    if (parser_is_word(parser, 0, "DBCC"))
        return check_statement(parser);
    if (parser_is_word(parser, 0, "RESTORE"))
        return restore_statement(parser);
    if (parser_is_word(parser, 0, "BACKUP"))
        return backup_statement(parser);
    if (parser_is_word(parser, 0, "ALTER") && parser_is_word(parser, 1, "DATABASE"))
        return alter_database(parser);
    if (parser_is_word(parser, 0, "DROP") && parser_is_word(parser, 1, "DATABASE"))
        return drop_database(parser);
    if (parser_is_word(parser, 0, "KILL")) {
        struct statement *statement = parser_new_statement(parser, STATEMENT_KILL);

        parser_next(parser);
        statement->value = parser_expression(parser);
        return statement;
    }
    return NULL;
}
