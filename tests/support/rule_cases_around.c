/* Cases of the rules about what stands around the databases. */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "tests/support/rule_cases_internal.h"

#define THUMBPRINT "C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7C7"

static struct surrounding_row *add(struct build *b, int server, enum surrounding kind,
                                   const char *name, const char *database, const char *detail)
{
    struct surrounding_row *row = memory_append(b->servers[server], surroundings);
    row->kind = kind;
    row->name = memory_copy_text(name);
    row->database = memory_copy_text(database);
    row->detail = memory_copy_text(detail);
    row->number = 1;
    return row;
}
static struct build *two_sources(void)
{
    return build_contoso(1, false);
}
static void certificate(struct build *b, int server)
{
    add(b, server, SURROUNDING_CERTIFICATE, "TDECertificate", NULL, THUMBPRINT);
}
static void encrypted(struct build *b)
{
    build_row(b, SOURCE, BOX)->encrypted = true;
    add(b, SOURCE, SURROUNDING_ENCRYPTION_KEY, NULL, BOX, THUMBPRINT);
    certificate(b, SOURCE);
}
static void encrypted_source_lost(struct build *b)
{
    encrypted(b);
    build_kill(b, SOURCE);
}
static void encrypted_fine(struct build *b)
{
    encrypted(b);
    certificate(b, DESTINATION);
}
static void encrypted_key_hidden(struct build *b)
{
    build_row(b, SOURCE, BOX)->encrypted = true;
}
static void backups_encrypted(struct build *b)
{
    add(b, SOURCE, SURROUNDING_BACKUP_KEY, NULL, BOX, THUMBPRINT);
}
static void backups_encrypted_fine(struct build *b)
{
    backups_encrypted(b);
    certificate(b, DESTINATION);
}
static void never_backed_up(struct build *b)
{
    encrypted(b);
    struct server_view *source = b->servers[SOURCE];
    source->surroundings[source->surroundings_count - 1].number = -1;
}
static void unused_never_backed_up(struct build *b)
{
    add(b, SOURCE, SURROUNDING_CERTIFICATE, "Other", NULL, "AA")->number = -1;
}
static void to_blob(struct build *b)
{
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < b->servers[s]->history[0]->count; i++)
            spoil_text(&b->servers[s]->history[0]->rows[i].location,
                       "https://contoso.blob.core.windows.net/bts");
}
static void to_blob_fine(struct build *b)
{
    to_blob(b);
    add(b, DESTINATION, SURROUNDING_CREDENTIAL, "https://contoso.blob.core.windows.net/bts", NULL,
        NULL);
}
static void to_blob_other_container(struct build *b)
{
    to_blob(b);
    add(b, DESTINATION, SURROUNDING_CREDENTIAL, "https://contoso.blob.core.windows.net/other", NULL,
        NULL);
}
static void to_blob_short_name(struct build *b)
{
    to_blob(b);
    add(b, DESTINATION, SURROUNDING_CREDENTIAL, "https://contoso.blob.core.windows.net/bt", NULL,
        NULL);
}
static void to_blob_final_slash(struct build *b)
{
    to_blob(b);
    add(b, DESTINATION, SURROUNDING_CREDENTIAL, "https://contoso.blob.core.windows.net/bts/", NULL,
        NULL);
}
static void feature(struct build *b)
{
    add(b, SOURCE, SURROUNDING_FEATURE, "TransparentDataEncryption", BOX, NULL);
    spoil_text(&b->servers[DESTINATION]->edition, "Standard Edition (64-bit)");
}
static void feature_fine(struct build *b)
{
    add(b, SOURCE, SURROUNDING_FEATURE, "TransparentDataEncryption", BOX, NULL);
}
/* What runs at the source runs at a destination of the same edition that is not older. */
static void feature_same_edition(struct build *b)
{
    feature(b);
    spoil_text(&b->servers[SOURCE]->edition, "Standard Edition (64-bit)");
}
static void feature_older_destination(struct build *b)
{
    feature_same_edition(b);
    spoil_text(&b->servers[DESTINATION]->version, "16.0.1000.6");
}
static void feature_newer_destination(struct build *b)
{
    feature_same_edition(b);
    spoil_text(&b->servers[DESTINATION]->version, "16.0.10000.1");
}
static void users(struct build *b)
{
    static const char *const names[] = {"CONTOSO\\hosts", "CONTOSO\\admins", "app", "web"};
    for (size_t i = 0; i < 4; i++) {
        char sid[3] = {'A', (char)('0' + i), '\0'};
        add(b, SOURCE, SURROUNDING_USER, names[i], BOX, sid);
        add(b, SOURCE, SURROUNDING_LOGIN, names[i], NULL, sid);
    }
}
/* They have no login where they come from: an old orphan, a user who comes in through a group. */
static void orphans_of_old(struct build *b)
{
    add(b, SOURCE, SURROUNDING_LOGIN, "app", NULL, "A2");
    add(b, DESTINATION, SURROUNDING_LOGIN, "app", NULL, "A2");
    add(b, SOURCE, SURROUNDING_USER, "left long ago", BOX, "C0");
    add(b, SOURCE, SURROUNDING_USER, "CONTOSO\\anna", BOX, "C1");
}
static void orphans_beside_a_missing_login(struct build *b)
{
    orphans_of_old(b);
    add(b, SOURCE, SURROUNDING_LOGIN, "web", NULL, "A3");
    add(b, SOURCE, SURROUNDING_USER, "web", BOX, "A3");
}
static void logins_missing(struct build *b)
{
    users(b);
    add(b, DESTINATION, SURROUNDING_LOGIN, "CONTOSO\\hosts", NULL, "A0");
    add(b, DESTINATION, SURROUNDING_LOGIN, "app", NULL, "FF"); /* by the same name alone */
}
static void logins_missing_live(struct build *b)
{
    logins_missing(b);
    spoil_go_live(b);
}
static void logins_there(struct build *b)
{
    users(b);
    add(b, DESTINATION, SURROUNDING_LOGIN, "hosts", NULL, "A0");
    add(b, DESTINATION, SURROUNDING_LOGIN, "admins", NULL, "A1");
    add(b, DESTINATION, SURROUNDING_LOGIN, "app", NULL, "A2");
    add(b, DESTINATION, SURROUNDING_LOGIN, "web", NULL, "A3");
}
static void role_in(struct build *b, const char *database)
{
    add(b, SOURCE, SURROUNDING_BACKUP_ROLE, "BTS_BACKUP_USERS", database, NULL);
}
static void role_missing(struct build *b)
{
    struct server_view *source = b->servers[SOURCE];
    for (size_t i = 0; i < source->surroundings_count; i++)
        if (source->surroundings[i].kind == SURROUNDING_BACKUP_ROLE)
            spoil_text(&source->surroundings[i].database, "another");
    role_in(b, MGMT);
}
/* Nobody is in the role of a server that the job reaches through a link, or of its own. */
static void nobody_in_role(struct build *b, int server)
{
    struct server_view *source = b->servers[server];
    for (size_t i = 0; i < source->surroundings_count; i++)
        if (source->surroundings[i].kind == SURROUNDING_BACKUP_ROLE)
            source->surroundings[i].number = 0;
}
static void newest_set_lacks(struct build *b, const char *database)
{
    build_set(b, (struct build_set){.id = 1185,
                                    .kind = SET_LOG,
                                    .time_utc_ms = time_parse("2026-11-20 12:10:00"),
                                    .incomplete = true,
                                    .without = database,
                                    .only_without = true});
    spoil_job(b, 0, JOB_BACKUP)->last_run_utc_ms = b->now_utc_ms - MINUTE_MS; /* it ended */
}
static void role_empty_at_the_link(struct build *b)
{
    nobody_in_role(b, 1);
    newest_set_lacks(b, "BizTalkMsgBoxDb2");
}
static void role_empty_at_the_link_and_works(struct build *b)
{
    nobody_in_role(b, 1);
}
static void role_empty_at_the_jobs_server(struct build *b)
{
    nobody_in_role(b, 0);
    newest_set_lacks(b, "SSODB");
}
/* The message box is behind as many other databases as are looked into. */
static void behind_many(struct build *b)
{
    struct server_view *source = b->servers[SOURCE];
    for (int i = 0; i < VIEW_LOOKED_INTO_MAX; i++) {
        struct database_row *row = memory_append(source, databases);
        row->name = memory_format("Reports%d", i);
        row->database_id = 1000 + i;
        row->recovery_model = MODEL_FULL;
        row->files_visible = true;
    }
    struct database_row *last = &source->databases[source->databases_count - 1];
    struct database_row *box = build_row(b, SOURCE, BOX), kept = *box;
    *box = *last;
    *last = kept;
}
static void behind_many_hidden(struct build *b)
{
    behind_many(b);
    build_row(b, SOURCE, BOX)->has_mark_log = build_row(b, SOURCE, BOX)->has_marking_objects = -1;
    role_missing(b); /* as nobody asked */
}
static void marks_many(struct build *b)
{
    add(b, SOURCE, SURROUNDING_MARK_LOG, NULL, BOX, NULL)->number = 250000;
}
static void marks_few(struct build *b)
{
    add(b, SOURCE, SURROUNDING_MARK_LOG, NULL, BOX, NULL)->number = 1344;
}
static void no_way_to_import(struct build *b)
{
    b->servers[DESTINATION]->ad_hoc_distributed_queries = 0;
}
static void link_to_import(struct build *b)
{
    no_way_to_import(b);
    add(b, DESTINATION, SURROUNDING_LINKED_SERVER, "MGMT", NULL, "SQLA")->flag = true;
}
static void source_link(struct build *b, bool calls)
{
    struct server_view *source = b->servers[SOURCE];
    for (size_t i = 0; i < source->surroundings_count; i++)
        if (source->surroundings[i].kind == SURROUNDING_LINKED_SERVER)
            source->surroundings[i].flag = calls;
}
static void link_without_calls(struct build *b)
{
    source_link(b, false);
}
static void natively_shipped(struct build *b)
{
    add(b, SOURCE, SURROUNDING_NATIVE_SHIPPING, NULL, BOX, "primary");
}
static void other_natively_shipped(struct build *b)
{
    add(b, SOURCE, SURROUNDING_NATIVE_SHIPPING, NULL, "Reports", "primary");
}
static void file(struct build *b, int server, const char *path, int64_t size_bytes)
{
    struct file_row *row = memory_append(b->servers[server], files);
    row->database_id = build_row(b, server, BOX)->database_id;
    row->name = memory_copy_text("data");
    row->path = memory_copy_text(path);
    row->size_bytes = size_bytes;
}
static void disk(struct build *b, int64_t source_bytes, int64_t free_bytes)
{
    file(b, SOURCE, "E:\\data\\box.mdf", source_bytes);
    file(b, DESTINATION, "E:\\data\\box.mdf", 1000000000);
    add(b, DESTINATION, SURROUNDING_VOLUME, "E:\\", NULL, NULL)->number = free_bytes;
}
static void disk_too_small(struct build *b)
{
    disk(b, INT64_C(9000000000), INT64_C(7000000000));
}
static void disk_nearly_full(struct build *b)
{
    disk(b, 1000000000, 900000000);
}
static void disk_with_room(struct build *b)
{
    disk(b, INT64_C(9000000000), INT64_C(90000000000));
}
/* The backups go to a disk of the source, which holds no database file. */
static void backups_at(struct build *b, const char *folder, int server, int64_t free_bytes)
{
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < b->servers[s]->history[0]->count; i++)
            spoil_text(&b->servers[s]->history[0]->rows[i].location, folder);
    for (size_t i = 0; i < b->servers[SOURCE]->backups_count; i++) {
        struct msdb_backup *backup = &b->servers[SOURCE]->backups[i];
        char *path = memory_format("%s\\%s", folder, strrchr(backup->path, '\\') + 1);
        spoil_text(&backup->path, path);
        free(path);
    }
    add(b, server, SURROUNDING_VOLUME, "F:\\", NULL, NULL)->number = free_bytes;
}
static void backup_disk_nearly_full(struct build *b)
{
    backups_at(b, "F:\\backup", SOURCE, 900000000);
}
static void backup_disk_without_room_for_a_full_set(struct build *b)
{
    for (size_t i = 0; i < b->servers[SOURCE]->backups_count; i++)
        if (b->servers[SOURCE]->backups[i].type == 'D')
            b->servers[SOURCE]->backups[i].compressed_size_bytes = INT64_C(4000000000);
    backups_at(b, "F:\\backup", SOURCE, INT64_C(6000000000));
}
static void backup_disk_with_room(struct build *b)
{
    backups_at(b, "F:\\backup", SOURCE, INT64_C(60000000000));
}
static void copies_disk_nearly_full(struct build *b)
{
    backups_at(b, "\\\\backup\\bts", DESTINATION, 900000000);
    struct shipping_row *shipping = &b->servers[DESTINATION]->shipping[1];
    shipping->log_location = memory_copy_text("F:\\copies");
    shipping->full_location = memory_copy_text("F:\\copies");
}
static void disk_without_files(struct build *b)
{
    add(b, SOURCE, SURROUNDING_VOLUME, "F:\\", NULL, NULL)->number = 900000000;
}
static void other_folder(struct build *b)
{
    file(b, SOURCE, "F:\\new\\box_2.ndf", 1000000);
    file(b, DESTINATION, "E:\\data\\box.mdf", 1000000);
}
static void same_folder(struct build *b)
{
    file(b, SOURCE, "E:\\Data\\box_2.ndf", 1000000);
    file(b, DESTINATION, "E:\\data\\box.mdf", 1000000);
}
static void files_hidden(struct build *b)
{
    build_row(b, SOURCE, BOX)->files_visible = false;
}
static void agent_by_hand(struct build *b)
{
    b->servers[DESTINATION]->agent_starts_itself = 0;
}
/* Agent of a failover cluster instance is started by the cluster: its service is manual there. */
static void agent_of_a_cluster(struct build *b)
{
    agent_by_hand(b);
    b->servers[DESTINATION]->clustered = true;
}
static void agent_unknown(struct build *b)
{
    b->servers[DESTINATION]->agent_starts_itself = -1;
}

static const struct rule_case cases[] = {
    CASE("encryption", encrypted, VERDICT_CRITICAL, "SQLA/" BOX, "TDECertificate"),
    CASE("encryption", encrypted_source_lost, VERDICT_CRITICAL, "SQLA/" BOX, "does not have"),
    CASE("encryption", encrypted_fine, VERDICT_OK, "", "1 encrypted databases"),
    CASE("encryption", encrypted_key_hidden, VERDICT_UNKNOWN, "SQLA/" BOX, "may not look"),
    {.rule = "encryption",
     .spoil = encrypted,
     .verdict = VERDICT_UNKNOWN,
     .where = "DRSQL1",
     .text = "may not look",
     .hides = true,
     .hidden_server = DESTINATION,
     .hidden_part = PART_KEYS},
    CASE("backup-encryption", backups_encrypted, VERDICT_CRITICAL, "SQLA/" BOX, "its backups are"),
    CASE("backup-encryption", backups_encrypted_fine, VERDICT_OK, "", NULL),
    BLIND("backup-encryption", SOURCE, PART_KEYS),
    CASE("certificate-backup", never_backed_up, VERDICT_CRITICAL, "SQLA", "TDECertificate"),
    CASE("certificate-backup", unused_never_backed_up, VERDICT_OK, "", NULL),
    BLIND("certificate-backup", SOURCE, PART_KEYS),
    CASE("backup-credential", to_blob, VERDICT_CRITICAL, "DRSQL1/", "no credential for https"),
    CASE("backup-credential", to_blob_other_container, VERDICT_CRITICAL, "DRSQL1/", NULL),
    CASE("backup-credential", to_blob_short_name, VERDICT_CRITICAL, "DRSQL1/", NULL),
    CASE("backup-credential", to_blob_final_slash, VERDICT_OK, "", "are there"),
    CASE("backup-credential", to_blob_fine, VERDICT_OK, "", "are there"),
    BLIND("backup-credential", DESTINATION, PART_KEYS),
    CASE("edition", feature, VERDICT_CRITICAL, "SQLA/" BOX, "Standard"),
    CASE("edition", feature_same_edition, VERDICT_OK, "", NULL),
    CASE("edition", feature_newer_destination, VERDICT_OK, "", NULL),
    CASE("edition", feature_older_destination, VERDICT_CRITICAL, "SQLA/" BOX, "Standard"),
    CASE("edition", feature_fine, VERDICT_OK, "", NULL),
    BLIND("edition", SOURCE, PART_INSIDE),
    CASE("logins", logins_missing, VERDICT_WARNING, "DRSQL1",
         "3 logins of the databases' users are not there with their SID: CONTOSO\\admins, app, web"),
    CASE("logins", logins_missing_live, VERDICT_CRITICAL, "DRSQL1", NULL),
    CASE("logins", logins_there, VERDICT_OK, "", NULL),
    CASE("logins", orphans_of_old, VERDICT_OK, "", NULL),
    CASE("logins", orphans_beside_a_missing_login, VERDICT_WARNING, "DRSQL1",
         "1 login of the databases' users is not there with its SID: web"),
    BLIND("logins", DESTINATION, PART_LOGINS),
    BLIND("logins", SOURCE, PART_LOGINS),
    CASE("backup-role", role_missing, VERDICT_WARNING, "SQLA/" BOX, "BTS_BACKUP_USERS"),
    HEALTHY("backup-role"),
    {.rule = "backup-role",
     .estate = two_sources,
     .spoil = role_empty_at_the_link,
     .verdict = VERDICT_WARNING,
     .where = "SQLB/BizTalkMsgBoxDb2",
     .text = "nobody is in its role BTS_BACKUP_USERS"},
    {.rule = "backup-role",
     .estate = two_sources,
     .spoil = role_empty_at_the_link_and_works,
     .verdict = VERDICT_OK,
     .where = "",
     .text = "1 database, which is backed up all the same"},
    {.rule = "backup-role",
     .estate = two_sources,
     .spoil = role_empty_at_the_jobs_server,
     .verdict = VERDICT_OK,
     .where = ""},
    CASE("backup-role", behind_many_hidden, VERDICT_UNKNOWN, "SQLA/" BOX, "more than 250"),
    CASE("marking-objects", behind_many_hidden, VERDICT_UNKNOWN, "SQLA/" BOX, "more than 250"),
    CASE("mark-log-size", behind_many_hidden, VERDICT_UNKNOWN, "SQLA/" BOX, "more than 250"),
    CASE("edition", behind_many_hidden, VERDICT_UNKNOWN, "SQLA/" BOX, "more than 250"),
    CASE("logins", behind_many_hidden, VERDICT_UNKNOWN, "SQLA/" BOX, "more than 250"),
    BLIND("backup-role", SOURCE, PART_INSIDE),
    CASE("mark-log-size", marks_many, VERDICT_WARNING, "SQLA/" BOX, "250000"),
    CASE("mark-log-size", marks_few, VERDICT_OK, "", "1344"),
    BLIND("mark-log-size", SOURCE, PART_INSIDE),
    CASE("linked-servers", no_way_to_import, VERDICT_CRITICAL, "DRSQL1", "neither"),
    CASE("linked-servers", link_to_import, VERDICT_OK, "", NULL),
    {.rule = "linked-servers", .estate = two_sources, .verdict = VERDICT_OK, .where = ""},
    {.rule = "linked-servers",
     .estate = two_sources,
     .spoil = link_without_calls,
     .verdict = VERDICT_WARNING,
     .where = "SQLA",
     .text = "for SQLB allows no remote"},
    BLIND("linked-servers", SOURCE, PART_LINKS),
    CASE("native-log-shipping", natively_shipped, VERDICT_WARNING, "SQLA/" BOX, "as primary"),
    CASE("native-log-shipping", other_natively_shipped, VERDICT_OK, "", NULL),
    BLIND("native-log-shipping", DESTINATION, PART_LINKS),
    CASE("disk-space", disk_too_small, VERDICT_CRITICAL, "DRSQL1", "will take 8.0 GB more"),
    CASE("disk-space", disk_nearly_full, VERDICT_WARNING, "DRSQL1", "E:\\ has 900 MB left"),
    CASE("disk-space", disk_with_room, VERDICT_OK, "", "a share's space cannot be seen"),
    CASE("disk-space", backup_disk_nearly_full, VERDICT_WARNING, "SQLA", "F:\\ has 900 MB left"),
    CASE("disk-space", backup_disk_without_room_for_a_full_set, VERDICT_WARNING, "SQLA",
         "the newest full set took 8.0 GB there"),
    CASE("disk-space", backup_disk_with_room, VERDICT_OK, "", "the backups' too"),
    CASE("disk-space", copies_disk_nearly_full, VERDICT_WARNING, "DRSQL1", "F:\\ has 900 MB left"),
    CASE("disk-space", disk_without_files, VERDICT_OK, "", "cannot be seen"),
    BLIND("disk-space", DESTINATION, PART_VOLUMES),
    CASE("file-paths", other_folder, VERDICT_WARNING, "DRSQL1/" BOX, "F:\\new\\box_2.ndf"),
    CASE("file-paths", same_folder, VERDICT_OK, "", NULL),
    CASE("file-paths", files_hidden, VERDICT_UNKNOWN, "SQLA", "may not look"),
    BLIND("file-paths", DESTINATION, PART_DATABASES),
    CASE("agent-start", agent_by_hand, VERDICT_WARNING, "DRSQL1", "does not start"),
    CASE("agent-start", agent_of_a_cluster, VERDICT_OK, "", NULL),
    CASE("agent-start", agent_unknown, VERDICT_UNKNOWN, "DRSQL1", "may not look"),
    HEALTHY("agent-start"),
};

const struct rule_cases rule_cases_around = {cases, sizeof cases / sizeof *cases};
