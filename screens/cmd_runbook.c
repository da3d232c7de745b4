/* stopmark runbook: the steps of a recovery on paper, the attestations with their age, and ticks
 * without the screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attest.h"
#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/runbook.h"
#include "screens/cli.h"

/* --- on paper --------------------------------------------------------------------------------- */

static void add_indented(struct str *out, const char *before, const char *text)
{
    str_format(out, "     %s", before);
    for (; *text; text++) {
        str_add_char(out, *text);
        if (*text == '\n')
            str_add(out, "     ");
    }
    str_add_char(out, '\n');
}

static void add_attestations(struct str *out, const struct attestations *all)
{
    int64_t now = clock_utc_ms(clock_system());
    str_format(out, "%s\n", runbook_phase_title(RUNBOOK_READINESS));
    for (size_t i = 0; i < all->items_count; i++) {
        const struct attestation *item = &all->items[i];
        char *words = attestation_words(item, now);
        str_format(out, "  %-8s %s: %s (%s)\n", verdict_name(attestation_verdict(item, now)),
                   item->id, item->title, words);
        free(words);
    }
}

/* A text of the step; what only a run knows stands there in words. */
static void add_filled(struct str *out, const char *before, const char *text, const char *group)
{
    char *filled = runbook_fill_paper(text, group);
    add_indented(out, before, filled);
    free(filled);
}

static void add_step(struct str *out, const struct runbook_step *step, const char *group,
                     int number)
{
    char *title = runbook_fill_paper(step->title, group);
    str_format(out, "%3d. %s: %s%s\n", number, step->id, title,
               step->kind == RUNBOOK_MANUAL ? "" : " (by stopmark)");
    free(title);
    add_filled(out, "", step->text, group);
    if (step->verify != NULL)
        add_filled(out, "Seen by: ", step->verify, group);
    if (step->source != NULL)
        add_indented(out, "Documentation: ", step->source);
}

static bool belongs(const struct runbook_step *step, unsigned bit)
{
    return step->phase != RUNBOOK_READINESS &&
           (bit == RUNBOOK_FAIL_BACK ? (step->situations & bit) != 0
                                     : step->situations == 0 || (step->situations & bit) != 0);
}

static void add_steps(struct str *out, const struct runbook *runbook, const char *group,
                      unsigned bit)
{
    const char *title = "";
    int number = 0;
    for (size_t i = 0; i < runbook->steps_count; i++) {
        const struct runbook_step *step = &runbook->steps[i];
        const char *phase = bit == RUNBOOK_FAIL_BACK ? "The way back"
                                                     : runbook_phase_title(step->phase);
        if (!belongs(step, bit))
            continue;
        if (strcmp(phase, title) != 0)
            str_format(out, "\n%s\n", phase);
        title = phase;
        add_step(out, step, group, ++number);
    }
}

/* The bit of a situation's word, "fail-back" too; 0 = no such word. */
static unsigned situation_bit(const char *word)
{
    enum situation situation;
    if (strcmp(word, "fail-back") == 0)
        return RUNBOOK_FAIL_BACK;
    return situation_from_name(&situation, word) ? 1u << situation : 0;
}

static int print_paper(const struct cli *cli, const struct config *config)
{
    const char *word = cli_value(cli, OPTION_SITUATION);
    unsigned bit = situation_bit(word == NULL ? "source-lost" : word);
    struct error error;
    if (bit == 0)
        return cli_usage_error(cli, "--situation is source-lost, planned-move, rehearsal, "
                                    "migration or fail-back");
    struct runbook *runbook = runbook_open(config, &error);
    struct attestations *all = runbook == NULL ? NULL : attestations_read(config, &error);
    int status = 0;
    if (all == NULL) {
        status = cli_fail(&error);
    } else {
        struct str out = {0};
        str_format(&out, "Runbook of %s: %s\n\n", config->group_name,
                   word == NULL ? "source-lost" : word);
        add_attestations(&out, all);
        add_steps(&out, runbook, config->group_name, bit);
        out.text[--out.length] = '\0'; /* cli_print ends the last line */
        status = cli_print(str_take(&out));
    }
    attestations_free(all);
    runbook_free(runbook);
    return status;
}

/* --- ticks ------------------------------------------------------------------------------------ */

static int tick(const struct cli *cli, const struct config *config)
{
    const char *id = cli_value(cli, OPTION_TICK), *by = cli_value(cli, OPTION_BY);
    const char *note = cli_value(cli, OPTION_NOTE);
    struct error error = {0};
    long long run = 0;
    int status;
    if (by == NULL)
        by = getenv("USER");
    if (by == NULL || by[0] == '\0')
        return cli_usage_error(cli, "--by is missing: who did it?");
    if (cli->arguments.items_count > 0 && !cli_run_argument(cli, &run, &status))
        return status;
    enum error_code code = run > 0 ? report_tick(config, run, id, by, note == NULL ? "" : note,
                                                 &error)
                                   : attestation_add(config, id, by, note, &error);
    if (code != ERR_OK)
        return cli_fail(&error);
    printf("%s: %s by %s\n", id, run > 0 ? "ticked" : "attested", by);
    return 0;
}

int cmd_runbook(const struct cli *cli)
{
    int status;
    bool ticks = cli_has(cli, OPTION_TICK);
    if (!ticks && (cli_has(cli, OPTION_NOTE) || cli_has(cli, OPTION_BY)))
        return cli_usage_error(cli, "--note and --by go with --tick");
    if (!ticks && cli->arguments.items_count > 0)
        return cli_usage_error(cli, "a RUN goes with --tick; `stopmark report RUN` shows its steps");
    struct config *config = cli_load_config(cli, &status);
    if (config != NULL)
        status = ticks ? tick(cli, config) : print_paper(cli, config);
    config_free(config);
    return status;
}
