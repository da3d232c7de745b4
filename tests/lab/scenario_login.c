#include <jansson.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/lab/model.h"
#include "tests/lab/scenario_build.h"
#include "tests/lab/scenario_read.h"

static const char PERMISSION_WORDS[] =
    "VIEW SERVER STATE, VIEW ANY DEFINITION, VIEW ANY DATABASE, CREATE ANY DATABASE,"
    " ALTER ANY DATABASE, ALTER ANY CONNECTION, CONNECT ANY DATABASE, dbcreator, sysadmin";

struct permission_word {
    const char *word;
    unsigned permissions;
};

static const struct permission_word permission_words[] = {
    {"VIEW SERVER STATE", PERMISSION_VIEW_SERVER_STATE},
    {"VIEW ANY DEFINITION", PERMISSION_VIEW_ANY_DEFINITION},
    {"VIEW ANY DATABASE", PERMISSION_VIEW_ANY_DATABASE},
    {"CREATE ANY DATABASE", PERMISSION_CREATE_ANY_DATABASE},
    {"ALTER ANY DATABASE", PERMISSION_ALTER_ANY_DATABASE},
    {"ALTER ANY CONNECTION", PERMISSION_ALTER_ANY_CONNECTION},
    {"CONNECT ANY DATABASE", PERMISSION_CONNECT_ANY_DATABASE},
    {"dbcreator", ROLE_DBCREATOR},
    {"sysadmin", PERMISSION_SYSADMIN},
};

static unsigned read_permissions(const struct node *login)
{
    struct node list = node_member(login, "permissions");
    unsigned permissions = 0;
    for (size_t i = 0; i < node_count(&list); i++) {
        struct node item = node_item(&list, i);
        const char *word = json_string_value(item.json);
        bool known = false;
        for (size_t w = 0; w < sizeof permission_words / sizeof *permission_words; w++) {
            if (word != NULL && text_equal_nocase(word, permission_words[w].word)) {
                permissions |= permission_words[w].permissions;
                known = true;
            }
        }
        if (!known) {
            node_problem(&item, "expected one of: %s", PERMISSION_WORDS);
        }
    }
    return permissions;
}

static void random_password(struct lab *lab, char out[25])
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    for (int i = 0; i < 24; i++) {
        out[i] = letters[lab_random(lab) % (sizeof letters - 1)];
    }
    out[24] = '\0';
}

static bool is_named(const struct node *list, const char *server)
{
    if (list->json == NULL) {
        return true;
    }
    for (size_t i = 0; i < node_count(list); i++) {
        struct node item = node_item(list, i);
        const char *name = json_string_value(item.json);
        if (name != NULL && text_equal_nocase(name, server)) {
            return true;
        }
    }
    return false;
}

void scenario_read_login(struct lab *lab, const struct node *login)
{
    node_check_keys(login, "name password use permissions databases servers disabled own_sids");
    const char *name = node_name(login, "name");
    const char *use = node_choice(login, "use", "monitor restore other", "other");
    const char *given = node_text(login, "password", NULL);
    unsigned permissions = read_permissions(login);
    struct node databases = node_member(login, "databases");
    struct node servers = node_member(login, "servers");
    bool own_sids = node_boolean(login, "own_sids", false);
    uint8_t sid[16];
    lab_random_guid(lab, sid);
    char password[129];
    random_password(lab, password);
    text_copy(password, sizeof password, given == NULL ? password : given);
    for (size_t i = 0; i < lab->instances_count; i++) {
        struct instance *instance = lab->instances[i];
        if (!is_named(&servers, instance->name)) {
            continue;
        }
        struct login *made = instance_add_login(instance, name, password, permissions);
        made->disabled = node_boolean(login, "disabled", false);
        text_copy(made->use, sizeof made->use, use);
        if (!own_sids) {
            memcpy(made->sid, sid, sizeof made->sid);
        }
        for (size_t d = 0; d < node_count(&databases); d++) {
            struct node item = node_item(&databases, d);
            if (json_is_string(item.json)) {
                login_add_user(made, json_string_value(item.json), USER_DATA_READER);
            } else {
                node_problem(&item, "expected the name of a database, or *");
            }
        }
    }
}
