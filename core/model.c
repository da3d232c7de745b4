#include "core/model.h"

#include "core/base/text.h"

#define NAME_OF(names, value) \
    ((size_t)(value) < sizeof(names) / sizeof *(names) ? (names)[(size_t)(value)] : "?")
#define FROM_NAME(names, value, name)                                            \
    do {                                                                         \
        for (size_t index = 0; index < sizeof(names) / sizeof *(names); index++) \
            if (text_equal((names)[index], name)) {                              \
                *(value) = index;                                                \
                return true;                                                     \
            }                                                                    \
        return false;                                                            \
    } while (0)

static const char *const server_roles[] = {
    [ROLE_SOURCE] = "source", [ROLE_DESTINATION] = "destination"};
static const char *const set_kinds[] = {[SET_FULL] = "full", [SET_LOG] = "log"};
static const char *const evidences[] = {[EVIDENCE_NONE] = NULL,
                                        [EVIDENCE_HISTORY] = "history",
                                        [EVIDENCE_MSDB] = "msdb",
                                        [EVIDENCE_HEADER] = "header"};
static const char *const routes[] = {[ROUTE_AT_MARK] = "at-mark",
                                     [ROUTE_RECOVERED_AT_MARK] = "recovered-at-mark",
                                     [ROUTE_ROLL_FORWARD] = "roll-forward",
                                     [ROUTE_FULL_RESTORE] = "full-restore",
                                     [ROUTE_UNREACHABLE] = "unreachable"};
static const char *const situations[] = {[SITUATION_SOURCE_LOST] = "source-lost",
                                         [SITUATION_PLANNED_MOVE] = "planned-move",
                                         [SITUATION_REHEARSAL] = "rehearsal",
                                         [SITUATION_MIGRATION] = "migration"};
static const char *const methods[] = {
    [METHOD_DIRECT] = "direct", [METHOD_JOBS] = "jobs", [METHOD_SCRIPT] = "script"};
static const char *const target_bys[] = {
    [TARGET_NEWEST] = "newest", [TARGET_RULE] = "rule", [TARGET_CHOSEN] = "chosen"};
static const char *const stop_kinds[] = {[STOP_AT] = "at", [STOP_BEFORE] = "before"};
static const char *const verdicts[] = {[VERDICT_OK] = "ok",
                                       [VERDICT_WARNING] = "warning",
                                       [VERDICT_CRITICAL] = "critical",
                                       [VERDICT_UNKNOWN] = "unknown",
                                       [VERDICT_ACKNOWLEDGED] = "acknowledged"};
static const char *const loss_bases[] = {[LOSS_LIVE] = "live", [LOSS_LAST_SEEN] = "last-seen"};
static const char *const chain_states[] = {
    [CHAIN_OK] = "ok", [CHAIN_BROKEN] = "broken", [CHAIN_REPAIRED] = "repaired"};
static const char *const set_standings[] = {
    [STANDING_APPLIED] = "applied",        [STANDING_SHIPPED] = "shipped",
    [STANDING_UNCHECKED] = "unchecked",    [STANDING_MISSING] = "missing",
    [STANDING_CORRUPT] = "corrupt",        [STANDING_PARTIAL] = "partial",
    [STANDING_IN_PROGRESS] = "in-progress"};
static const char *const step_kinds[] = {[STEP_RESTORE_FULL] = "restore-full",
                                         [STEP_RESTORE_LOG] = "restore-log",
                                         [STEP_PROVE] = "prove",
                                         [STEP_RECOVER] = "recover",
                                         [STEP_START_JOB] = "start-job",
                                         [STEP_JOB] = "job",
                                         [STEP_SINGLE_USER] = "single-user",
                                         [STEP_OFFLINE] = "set-offline",
                                         [STEP_ONLINE] = "set-online"};
static const char *const step_states[] = {
    [STEP_PLANNED] = "planned", [STEP_SENT] = "sent",       [STEP_DONE] = "done",
    [STEP_FAILED] = "failed",   [STEP_SKIPPED] = "skipped", [STEP_UNKNOWN] = "unknown"};
static const char *const run_states[] = {
    [RUN_PLANNED] = "planned",       [RUN_PREPARING] = "preparing",
    [RUN_RESTORING] = "restoring",   [RUN_GATE] = "gate",
    [RUN_RECOVERING] = "recovering", [RUN_VERIFYING] = "verifying",
    [RUN_AFTER] = "after",           [RUN_DONE] = "done",
    [RUN_PAUSED] = "paused",         [RUN_FAILED] = "failed",
    [RUN_ABORTED] = "aborted"};
static const char *const job_functions[] = {[JOB_OTHER] = "other",
                                            [JOB_BACKUP] = "backup",
                                            [JOB_GET_HISTORY] = "get-history",
                                            [JOB_RESTORE_DATABASES] = "restore-databases",
                                            [JOB_RESTORE_TO_MARK] = "restore-to-mark",
                                            [JOB_BIZTALK] = "biztalk"};
static const char *const job_outcomes[] = {[OUTCOME_UNKNOWN] = "unknown",
                                           [OUTCOME_FAILED] = "failed",
                                           [OUTCOME_SUCCEEDED] = "succeeded",
                                           [OUTCOME_RETRY] = "retry",
                                           [OUTCOME_CANCELLED] = "cancelled"};
static const char *const database_states[] = {
    [STATE_ONLINE] = "ONLINE",         [STATE_RESTORING] = "RESTORING",
    [STATE_RECOVERING] = "RECOVERING", [STATE_RECOVERY_PENDING] = "RECOVERY_PENDING",
    [STATE_SUSPECT] = "SUSPECT",       [STATE_EMERGENCY] = "EMERGENCY",
    [STATE_OFFLINE] = "OFFLINE"};
static const char *const recovery_models[] = {[MODEL_UNKNOWN] = "unknown",
                                              [MODEL_FULL] = "FULL",
                                              [MODEL_BULK_LOGGED] = "BULK_LOGGED",
                                              [MODEL_SIMPLE] = "SIMPLE"};
static const char *const database_uses[] = {[USE_MANAGEMENT] = "Management",
                                            [USE_MESSAGE_BOX] = "MessageBox",
                                            [USE_TRACKING] = "Tracking",
                                            [USE_SSO] = "Enterprise Single Sign-On",
                                            [USE_BAM_PRIMARY_IMPORT] = "BAM Primary Import",
                                            [USE_BAM_ALERTS] = "BAM Alerts",
                                            [USE_RULE_ENGINE] = "Rule Engine",
                                            [USE_CUSTOM] = "custom",
                                            [USE_BAM_STAR_SCHEMA] = "BAM Star Schema",
                                            [USE_BAM_ARCHIVE] = "BAM Archive",
                                            [USE_BAM_ANALYSIS] = "BAM Analysis",
                                            [USE_TRACKING_ANALYSIS] = "Tracking Analysis",
                                            [USE_UNKNOWN] = "unknown"};

#define NAMES(function, type, table)      \
    const char *function(enum type value) \
    {                                     \
        return NAME_OF(table, value);     \
    }

NAMES(server_role_name, server_role, server_roles)
NAMES(set_kind_name, set_kind, set_kinds)
NAMES(evidence_name, evidence, evidences)
NAMES(route_name, route, routes)
NAMES(situation_name, situation, situations)
NAMES(method_name, method, methods)
NAMES(target_by_name, target_by, target_bys)
NAMES(stop_kind_name, stop_kind, stop_kinds)
NAMES(verdict_name, verdict, verdicts)
NAMES(loss_basis_name, loss_basis, loss_bases)
NAMES(chain_state_name, chain_state, chain_states)
NAMES(set_standing_name, set_standing, set_standings)
NAMES(step_kind_name, step_kind, step_kinds)
NAMES(step_state_name, step_state, step_states)
NAMES(run_state_name, run_state, run_states)
NAMES(job_function_name, job_function, job_functions)
NAMES(job_outcome_name, job_outcome, job_outcomes)
NAMES(recovery_model_name, recovery_model, recovery_models)
NAMES(database_use_name, database_use, database_uses)

/* Source: the BizTalk documentation's table of the group's databases. */
const char *database_use_usage(enum database_use value)
{
    switch (value) {
    case USE_MANAGEMENT:
    case USE_SSO:
        return "low read/write";
    case USE_MESSAGE_BOX:
        return "high read/write";
    case USE_TRACKING:
        return "high write, low read";
    case USE_BAM_PRIMARY_IMPORT:
    case USE_BAM_STAR_SCHEMA:
    case USE_BAM_ANALYSIS:
        return "may be high";
    case USE_TRACKING_ANALYSIS:
        return "high";
    case USE_RULE_ENGINE:
        return "low";
    case USE_BAM_ALERTS:
    case USE_BAM_ARCHIVE:
    case USE_CUSTOM:
    case USE_UNKNOWN:
        break;
    }
    return "";
}

bool database_use_is_runtime(enum database_use value)
{
    return value == USE_MANAGEMENT || value == USE_MESSAGE_BOX || value == USE_TRACKING ||
           value == USE_SSO;
}

bool database_use_may_be_left_out(enum database_use value)
{
    return value == USE_CUSTOM || value == USE_BAM_ALERTS || value == USE_RULE_ENGINE;
}

const char *database_state_name(enum database_state value)
{
    return value == STATE_ABSENT ? "ABSENT" : NAME_OF(database_states, value);
}

#define FROM(function, type, table)                   \
    bool function(enum type *value, const char *name) \
    {                                                 \
        FROM_NAME(table, value, name);                \
    }

FROM(situation_from_name, situation, situations)
FROM(method_from_name, method, methods)
FROM(run_state_from_name, run_state, run_states)
FROM(step_kind_from_name, step_kind, step_kinds)
FROM(step_state_from_name, step_state, step_states)
FROM(target_by_from_name, target_by, target_bys)
FROM(route_from_name, route, routes)
FROM(evidence_from_name, evidence, evidences)
FROM(stop_kind_from_name, stop_kind, stop_kinds)
FROM(loss_basis_from_name, loss_basis, loss_bases)
FROM(database_use_from_name, database_use, database_uses)

const char *server_life_text(enum server_life life)
{
    switch (life) {
    case LIFE_NONE:
        return "does not answer";
    case LIFE_SILENT:
        return "counts as lost: its port takes connections, but nothing behind it answers as SQL "
               "Server would; make sure that nobody works with it any more";
    case LIFE_UNTOLD:
        return "may live: its host answers, but no SQL Browser there tells the instance's port; "
               "name the port in stopmark.ini, or switch the host off";
    case LIFE_ANSWERS:
        break;
    }
    return "answers";
}
