#include "core/runbook_words.h"

#include <string.h>

const struct runbook_word runbook_situation_words[] = {
    {"source-lost", 1u << SITUATION_SOURCE_LOST},
    {"planned-move", 1u << SITUATION_PLANNED_MOVE},
    {"rehearsal", 1u << SITUATION_REHEARSAL},
    {"migration", 1u << SITUATION_MIGRATION},
    {"fail-back", RUNBOOK_FAIL_BACK},
    {NULL, 0},
};

const struct runbook_word runbook_database_words[] = {
    {"sso", RUNBOOK_SSO},
    {"bam", RUNBOOK_BAM},
    {"alerts", RUNBOOK_ALERTS},
    {"rules", RUNBOOK_RULES},
    {NULL, 0},
};

const struct runbook_word runbook_kind_words[] = {
    {"manual", RUNBOOK_MANUAL},
    {"confirmed", RUNBOOK_CONFIRMED},
    {"automatic", RUNBOOK_AUTOMATIC},
    {NULL, 0},
};

const struct runbook_word runbook_phase_words[] = {
    {"readiness", RUNBOOK_READINESS},
    {"stop", RUNBOOK_STOP},
    {"same-set", RUNBOOK_SAME_SET},
    {"restore", RUNBOOK_RESTORE},
    {"surroundings", RUNBOOK_SURROUNDINGS},
    {"references", RUNBOOK_REFERENCES},
    {"bam", RUNBOOK_BAM_PHASE},
    {"biztalk", RUNBOOK_BIZTALK},
    {"protect", RUNBOOK_PROTECT},
    {NULL, 0},
};

const struct runbook_word runbook_proof_words[] = {
    {"prepared", PROOF_PREPARED},     {"at-mark", PROOF_AT_MARK},
    {"online", PROOF_ONLINE},         {"verified", PROOF_VERIFIED},
    {"files", PROOF_FILES},           {"no-old-names", PROOF_NAMES},
    {"logins-present", PROOF_LOGINS}, {"jobs-present", PROOF_JOBS},
    {"old-source-away", PROOF_OLD_SOURCE}, {"drill", PROOF_DRILL},
    {NULL, 0},
};

bool runbook_word_find(const struct runbook_word *words, const char *name, unsigned *value)
{
    for (; words->name != NULL; words++)
        if (strcmp(words->name, name) == 0) {
            *value = words->value;
            return true;
        }
    return false;
}

static const char *name_of(const struct runbook_word *words, unsigned value)
{
    for (; words->name != NULL; words++)
        if (words->value == value)
            return words->name;
    return "?";
}

const char *runbook_kind_name(enum runbook_kind kind)
{
    return name_of(runbook_kind_words, kind);
}

const char *runbook_phase_name(enum runbook_phase phase)
{
    return name_of(runbook_phase_words, phase);
}

const char *runbook_phase_title(enum runbook_phase phase)
{
    static const char *const titles[RUNBOOK_PHASES] = {
        [RUNBOOK_READINESS] = "Readiness, attested before any disaster",
        [RUNBOOK_STOP] = "The source is stopped and stays away",
        [RUNBOOK_SAME_SET] = "All destinations on the same set",
        [RUNBOOK_RESTORE] = "Restore to the mark",
        [RUNBOOK_SURROUNDINGS] = "Jobs, logins, linked servers",
        [RUNBOOK_REFERENCES] = "References and Enterprise Single Sign-On",
        [RUNBOOK_BAM_PHASE] = "Business Activity Monitoring",
        [RUNBOOK_BIZTALK] = "BizTalk runs again",
        [RUNBOOK_PROTECT] = "Protected again",
    };
    return phase < RUNBOOK_PHASES ? titles[phase] : "?";
}
