#include "core/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/str.h"
#include "core/base/text.h"
#include "core/file.h"
#include "core/journal.h"
#include "core/tsql_script.h"

/* HASHBYTES knows SHA2_256 since SQL Server 2012. */
enum { VERSION_NEEDED = 11, RUN_HASH_DIGITS = 16 };

struct making {
    const struct plan *plan;
    const struct group_view *view;
    struct script *script;
    const char **servers; /* @@SERVERNAME of every destination; borrowed */
    int *destinations;    /* their indices; the one with the management database last */
    size_t count;
};

/* --- the destinations, in the order of their second scripts ----------------------------------- */

/* Its last database in recovery order: who has the management database recovers last. */
static int last_order(const struct plan *plan, int destination)
{
    int last = -1;
    for (size_t i = 0; i < plan->databases_count; i++)
        if (plan->databases[i].destination == destination &&
            plan->databases[i].recovery_order > last)
            last = plan->databases[i].recovery_order;
    return last;
}

static bool refuse(struct error *error, const char *where, const char *hint, const char *what)
{
    error_set(error, ERR_REFUSED, where, hint, "%s", what);
    return false;
}

static bool add_destination(struct making *making, int index, struct error *error)
{
    const struct server_view *server = making->view->servers[index];
    if (server->server_name == NULL)
        return refuse(error, server->name, "ask again when the server answers",
                      "its own name was never read, so a script could not tell whether it runs on "
                      "the right server");
    if (server->version_major != 0 && server->version_major < VERSION_NEEDED)
        return refuse(error, server->name, "use the direct method",
                      "it is older than SQL Server 2012, which the codes need");
    for (size_t i = 0; i < making->count; i++)
        if (text_equal_nocase(making->servers[i], server->server_name))
            return refuse(error, server->name, "use the direct method",
                          "two destinations call themselves by the same name, so a script could "
                          "not tell them apart");
    size_t at = making->count++;
    while (at > 0 && last_order(making->plan, making->destinations[at - 1]) >
                         last_order(making->plan, index)) {
        making->servers[at] = making->servers[at - 1];
        making->destinations[at] = making->destinations[at - 1];
        at--;
    }
    making->servers[at] = server->server_name;
    making->destinations[at] = index;
    return true;
}

static bool find_destinations(struct making *making, struct error *error)
{
    for (size_t i = 0; i < making->plan->databases_count; i++) {
        int index = making->plan->databases[i].destination;
        bool known = false;
        for (size_t k = 0; k < making->count; k++)
            known = known || making->destinations[k] == index;
        if (!known && !add_destination(making, index, error))
            return false;
    }
    return true;
}

/* --- texts for people ------------------------------------------------------------------------- */

static void add_clean(struct str *out, const char *text)
{
    char clean[600];
    text_clean(clean, sizeof clean, text);
    str_add(out, clean);
}

/* The facts that head every file; each line begins with lead. */
static void add_facts(struct str *out, const struct making *making, const char *lead)
{
    const struct plan *plan = making->plan;
    char made[40], taken[40], loss[40] = "not known";
    bool gone = plan->loss_basis == LOSS_LAST_SEEN;
    time_format(made, sizeof made, plan->generated_utc_ms);
    time_format(taken, sizeof taken, plan->mark_time_utc_ms);
    if (plan->data_loss_ms != DURATION_UNKNOWN)
        duration_format(loss, sizeof loss, plan->data_loss_ms);
    char group[300], mark[300];
    text_clean(group, sizeof group, plan->group);
    text_clean(mark, sizeof mark, plan->mark);
    str_format(out,
               "%sgroup    %s\n%starget   stop %s the mark %s, set %lld, taken %s\n"
               "%sloses    %s%s%s\n"
               "%smade     %s by stopmark %s, from the plan %s\n%srun      %s\n",
               lead, group, lead, stop_kind_name(plan->stop), mark, (long long)plan->set, taken,
               lead, gone && plan->data_loss_ms != DURATION_UNKNOWN ? "at least " : "", loss,
               gone ? "" : " when this was made, and more with every minute", lead, made,
               STOPMARK_VERSION, plan->hash, lead, making->script->run);
    for (size_t i = 0; i < plan->left_out_count; i++) {
        char database[300], reason[600];
        text_clean(database, sizeof database, plan->left_out[i].database);
        text_clean(reason, sizeof reason, plan->left_out[i].reason);
        str_format(out, "%sleft out %s, for which the group is NOT proven: %s\n", lead, database,
                   reason);
    }
}

static char *file_name(const struct making *making, size_t server, const char *ending)
{
    char *name = memory_format("%s-%s.sql",
                               making->view->servers[making->destinations[server]]->name, ending);
    for (char *p = name; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || strchr("/\\:*?\"<>| ", *p) != NULL)
            *p = '_';
    return name;
}

static void add_head(struct str *out, const struct making *making, size_t server, int number)
{
    char *first = file_name(making, server, "1-to-mark");
    char *second = file_name(making, server, "2-recover");
    str_format(out, "-- %s\n--\n", number == 1 ? first : second);
    add_facts(out, making, "-- ");
    str_add(out, "-- server   ");
    add_clean(out, making->servers[server]);
    str_add(out, ", and no other\n--\n");
    if (number == 1)
        str_format(out,
                   "-- Takes every database of this server to the mark, leaves them RESTORING, and "
                   "prints this\n-- server's code once each is proven to be there. Run the first "
                   "scripts of all %zu server(s),\n-- in any order, and keep what they print. "
                   "Recovery asks for all codes; it is in\n-- %s.\n",
                   making->count, second);
    else
        str_format(out,
                   "-- Recovers the databases of this server: THERE IS NO WAY BACK. First run\n-- %s "
                   "here and its like on all other servers; then write every\n-- server's code into "
                   "the lines below.\n",
                   first);
    str_add(out,
            "--\n-- One batch, for SSMS, sqlcmd, tsql and bsqldb. It stops at the first thing that "
            "is not as it\n-- should be and says STOPPED and why. It may be run again at any time: "
            "what is done is seen\n-- and not done twice.\n--\n");
    free(first);
    free(second);
}

static void add_file(struct making *making, char *name, char *text)
{
    struct script_file *file = memory_append(making->script, files);
    *file = (struct script_file){name, text};
}

static const char order[] =
    "Before\n"
    "  1. The old servers must be off, or at least have no BizTalk working on them: the scripts cannot\n"
    "     see them. Two living groups would each take a part of the work.\n"
    "  2. Whoever runs the scripts needs what `stopmark grants --restore` gives on every server below.\n"
    "  3. No run of stopmark may be under way; the scripts take the same lock, but each on its own\n"
    "     server and only while it runs.\n"
    "\n";

static const char ending[] =
    "\n"
    "If a script stops\n"
    "  It says STOPPED and why; above that stands what the server said. Put it right and run the same\n"
    "  file again. No code, no recovery: as long as one server has no code, run no second script\n"
    "  anywhere, and leave the databases RESTORING. If a mark cannot be reached on one server, make\n"
    "  new scripts for another mark, and run the first ones of all servers again. If you cancelled a\n"
    "  script, close its window before you go on: the lock belongs to its connection.\n"
    "\n"
    "What this method promises, and what not\n"
    "  Every first script proves its databases by their redo points and restorehistory; every second\n"
    "  one proves them again, reads MarkLog in STANDBY where the versions allow it, and refuses without\n"
    "  the codes of all servers. But nobody watches: there is no journal, no lock over all servers, and\n"
    "  a code says what was true when it was printed. Keep the output of every script: it is the only\n"
    "  report. The direct method of stopmark has all that.\n"
    "\n"
    "Afterwards\n"
    "  The databases are online, BizTalk's shipping jobs stay disabled. The manual steps are those of\n"
    "  every restore: update the references (stopmark updateinfo), Enterprise SSO, then the hosts; see\n"
    "  stopmark-runbook(5).\n";

static char *read_me(const struct making *making)
{
    struct str out = {0};
    str_add(&out, "Restoring a BizTalk group to one mark, by hand\n\n");
    add_facts(&out, making, "  ");
    str_format(&out, "\n%s", order);
    str_add(&out, "First scripts: on every server, in any order, also at the same time\n");
    for (size_t i = 0; i < making->count; i++) {
        char *name = file_name(making, i, "1-to-mark");
        str_format(&out, "  [ ] %s on ", name);
        add_clean(&out, making->servers[i]);
        str_add(&out, "\n      its code: ____-____-____-____\n");
        free(name);
    }
    str_add(&out, "\nSecond scripts: only with all codes, in this order, one after the other\n");
    for (size_t i = 0; i < making->count; i++) {
        char *name = file_name(making, i, "2-recover");
        str_format(&out, "  [ ] %s on ", name);
        add_clean(&out, making->servers[i]);
        str_add(&out, "\n");
        free(name);
    }
    str_format(&out,
               "\nHow\n"
               "  SSMS: open the file, connect to the server that it names, run it whole.\n"
               "  sqlcmd -S SERVER -i FILE        tsql -S SERVER -U LOGIN < FILE\n"
               "  The codes are written into the second scripts, lines \"FILL IN\", by any editor.\n"
               "%s",
               ending);
    return str_take(&out);
}

/* --- making ----------------------------------------------------------------------------------- */

/* Two pairs made of the same plan have different codes: the older ones say nothing of today. */
static char *name_run(const struct plan *plan)
{
    char made[40];
    time_format_iso(made, sizeof made, plan->generated_utc_ms);
    made[strcspn(made, ".Z")] = '\0';
    return memory_format("%.*s %s", RUN_HASH_DIGITS, plan->hash, made);
}

static bool add_server(struct making *making, size_t server, struct error *error)
{
    const struct server_view *view = making->view->servers[making->destinations[server]];
    int64_t now = making->plan->generated_utc_ms;
    if (view->server_utc_ms != TIME_UNKNOWN) /* as of the last read: a little early does no harm */
        now = view->server_utc_ms;
    struct tsql_script parts = {
        .plan = making->plan,
        .run = making->script->run,
        .servers = making->servers,
        .destinations = making->destinations,
        .servers_count = making->count,
        .server = server,
        .made_local_ms = now / 1000 * 1000 + (int64_t)view->utc_offset_min * 60000,
    };
    for (int number = 1; number <= 2; number++) {
        struct str out = {0};
        char *body = number == 1 ? tsql_script_to_mark(&parts) : tsql_script_recover(&parts);
        if (body == NULL)
            return refuse(error, view->name, "use the direct method",
                          "a name or a path cannot stand in a script: it holds a control character "
                          "or \"$(\", which client tools take for something else");
        add_head(&out, making, server, number);
        str_add(&out, body);
        free(body);
        add_file(making, file_name(making, server, number == 1 ? "1-to-mark" : "2-recover"),
                 str_take(&out));
    }
    return true;
}

static bool make(struct making *making, struct error *error)
{
    if (!making->plan->possible)
        return refuse(error, making->plan->group, "`stopmark plan` says why",
                      "there is no possible plan");
    if (!find_destinations(making, error))
        return false;
    making->script->run = name_run(making->plan);
    for (size_t i = 0; i < making->count; i++)
        if (!add_server(making, i, error))
            return false;
    add_file(making, memory_copy_text("README.txt"), read_me(making));
    return true;
}

struct script *script_make(const struct plan *plan, const struct group_view *view,
                           struct error *error)
{
    struct making making = {.plan = plan, .view = view, .script = memory_new(sizeof *making.script)};
    making.servers = memory_new_array(view->servers_count, sizeof *making.servers);
    making.destinations = memory_new_array(view->servers_count, sizeof *making.destinations);
    bool made = make(&making, error);
    free(making.servers);
    free(making.destinations);
    if (made)
        return making.script;
    script_free(making.script);
    return NULL;
}

void script_free(struct script *script)
{
    if (script == NULL)
        return;
    for (size_t i = 0; i < script->files_count; i++) {
        free(script->files[i].name);
        free(script->files[i].text);
    }
    free(script->files);
    free(script->run);
    free(script);
}

/* --- writing ---------------------------------------------------------------------------------- */

static enum error_code refuse_existing(const struct script *script, const char *directory,
                                       struct error *error)
{
    for (size_t i = 0; i < script->files_count; i++) {
        struct stat status;
        char *path = memory_format("%s/%s", directory, script->files[i].name);
        bool there = lstat(path, &status) == 0;
        if (there)
            error_set(error, ERR_REFUSED, path,
                      "give another directory; somebody may be working with these files",
                      "it is there already; nothing was written");
        free(path);
        if (there)
            return ERR_REFUSED;
    }
    return ERR_OK;
}

enum error_code script_write(const struct script *script, const char *directory,
                             struct error *error)
{
    if (!journal_make_directory(directory))
        return error_set(error, ERR_IO, directory, NULL, "the directory cannot be made: %s",
                         strerror(errno));
    enum error_code code = refuse_existing(script, directory, error);
    for (size_t i = 0; i < script->files_count && code == ERR_OK; i++) {
        char *path = memory_format("%s/%s", directory, script->files[i].name);
        if (!file_write_new(path, script->files[i].text))
            code = error_set(error, ERR_IO, path, NULL, "it cannot be written: %s",
                             strerror(errno));
        free(path);
    }
    return code;
}
