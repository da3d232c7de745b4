/* stopmark updateinfo: the file that tells BizTalk's own scripts where the databases are now. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/file.h"
#include "core/updateinfo.h"
#include "screens/cli.h"

enum { FILE_SIZE_MAX = 4 * 1024 * 1024 };

static int fail_file(const char *path, const char *what)
{
    struct error error;
    error_set(&error, ERR_IO, path, NULL, "%s: %s", what, strerror(errno));
    return cli_fail(&error);
}

/* What stands behind the path's last slash: the name on the BizTalk computers. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static void print_findings(const struct updateinfo_findings *findings, const char *path,
                           size_t *grave)
{
    for (size_t i = 0; i < findings->items_count; i++) {
        const struct updateinfo_finding *finding = &findings->items[i];
        *grave += finding->grave;
        if (finding->line > 0)
            printf("%s:%d: ", path, finding->line);
        else
            printf("%s: ", path);
        printf("%s: %s\n", finding->grave ? "error" : "warning", finding->text);
    }
}

static int check_file(const struct updateinfo *info, const char *path)
{
    char *text = file_read(path, FILE_SIZE_MAX);
    if (text == NULL)
        return fail_file(path, "cannot be read");
    struct updateinfo_findings findings = {0};
    size_t grave = 0;
    updateinfo_check(&findings, info, text);
    print_findings(&findings, path, &grave);
    printf("%s: %zu errors, %zu warnings; %zu databases must stand in it\n", path, grave,
           findings.items_count - grave, info->entries_count);
    updateinfo_findings_free(&findings);
    free(text);
    if (grave > 0) {
        fprintf(stderr, "stopmark: do not run the scripts with this file\n");
        return error_exit_status(ERR_FAILED);
    }
    return cli_print(updateinfo_commands(info, base_name(path)));
}

/* Where the facts come from, for the eyes only. */
static void tell_age(const struct updateinfo *info)
{
    char when[40];
    time_format(when, sizeof when, info->as_of_utc_ms);
    if (!info->live)
        fprintf(stderr, "stopmark: the source does not answer: its databases as last seen %s\n",
                when);
    if (info->doubt != NULL)
        fprintf(stderr, "stopmark: before the file is used: %s\n", info->doubt);
}

static int write_file(const struct updateinfo *info, const char *path)
{
    struct error error;
    char *text = updateinfo_to_xml(info, &error);
    if (text == NULL)
        return cli_fail(&error);
    if (path == NULL) {
        text[strlen(text) - 1] = '\0'; /* cli_print ends the last line */
        return cli_print(text);
    }
    bool written = file_write(path, text);
    free(text);
    if (!written)
        return fail_file(path, "cannot be written");
    printf("%s: %zu databases\n\n", path, info->entries_count);
    return cli_print(updateinfo_commands(info, base_name(path)));
}

int cmd_updateinfo(const struct cli *cli)
{
    int status;
    struct error error;
    const char *checked = cli_value(cli, OPTION_CHECK), *output = cli_value(cli, OPTION_OUTPUT);
    if (checked != NULL && output != NULL)
        return cli_usage_error(cli, "--output and --check exclude each other");
    struct config *config = cli_load_config(cli, &status);
    struct group_view *view = config == NULL ? NULL : cli_read_group(config, &status);
    struct updateinfo *info = NULL;
    if (view != NULL && (info = updateinfo_make(view, &error)) == NULL)
        status = cli_fail(&error);
    if (info != NULL) {
        tell_age(info);
        status = checked != NULL ? check_file(info, checked) : write_file(info, output);
    }
    updateinfo_free(info);
    group_view_release(view);
    config_free(config);
    return status;
}
