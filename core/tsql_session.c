/* What every connection sends first. */
#include "core/tsql.h"

/* CT-Library logs in with ANSI defaults off; linked servers and OPENROWSET fail without them. */
#define SESSION_OPTIONS                                                                            \
    "SET ANSI_NULLS ON; SET ANSI_WARNINGS ON; SET ANSI_PADDING ON; "                               \
    "SET CONCAT_NULL_YIELDS_NULL ON; SET QUOTED_IDENTIFIER ON; SET ARITHABORT ON; "                \
    "SET IMPLICIT_TRANSACTIONS OFF; SET LANGUAGE us_english; SET DATEFORMAT ymd; "                 \
    "SET TEXTSIZE 2147483647; SET NOCOUNT ON; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; "    \
    "SET LOCK_TIMEOUT $1; "

const struct query query_script_session = {
    .name = "script session",
    .text = SESSION_OPTIONS,
    .permission = "GRANT CONNECT SQL",
    .part = PART_SERVER,
};

const struct query query_reader_session = {
    .name = "reader session",
    .text = SESSION_OPTIONS "SET DEADLOCK_PRIORITY LOW; SELECT @@SPID AS session_id",
    .permission = "GRANT CONNECT SQL",
    .part = PART_SERVER,
};

const struct query query_writer_session = {
    .name = "writer session",
    .text = SESSION_OPTIONS "SET DEADLOCK_PRIORITY NORMAL; SELECT @@SPID AS session_id",
    .permission = "GRANT CONNECT SQL",
    .part = PART_SERVER,
};
