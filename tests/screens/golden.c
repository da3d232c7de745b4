/* golden DIRECTORY [--write] [NAME]: draws every screen of frozen estates and compares text and
 * attributes with the files of the directory; --write makes the files anew (read the diff!); NAME
 * prints that case's pictures instead. Exit status 0, or 1 where a picture differs. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "tests/support/scene.h"

static struct build *healthy(void)
{
    return build_contoso(2, true);
}

/* Time passes; servers that answer are read again. */
static void pass(struct build *build, int64_t ms)
{
    build->now_utc_ms += ms;
    build->now_monotonic_ms += ms;
    for (size_t i = 0; i < build->servers_count; i++)
        if (build->servers[i]->reachable) {
            build->servers[i]->as_of_utc_ms += ms;
            build->servers[i]->as_of_monotonic_ms += ms;
            build->servers[i]->server_utc_ms += ms;
        }
}

/* Both sources are gone for five minutes. */
static struct build *sources_lost(void)
{
    struct build *build = build_contoso(2, true);
    build_kill(build, 0);
    build_kill(build, 1);
    pass(build, 5 * 60000);
    return build;
}

/* The monitoring login may not see what it should on DRSQL1. */
static struct build *not_visible(void)
{
    struct build *build = build_contoso(2, true);
    struct server_view *server = build->servers[2];
    struct part_status *jobs = &server->parts[PART_JOBS];
    jobs->state = PART_NOT_VISIBLE;
    error_set(&jobs->error, ERR_PERMISSION, server->name,
              "ALTER ROLE SQLAgentReaderRole ADD MEMBER [monitor]",
              "the login may not read msdb.dbo.sysjobs");
    while (server->jobs_count) {
        struct job_row *job = &server->jobs[--server->jobs_count];
        free(job->name);
        free(job->message);
        free(job->steps);
    }
    return build;
}

/* DRSQL2 cannot be reached. */
static struct build *one_silent(void)
{
    struct build *build = build_contoso(2, true);
    build_kill(build, 3);
    pass(build, 90000);
    return build;
}

/* The group was failed over to the newest mark; its sources are gone. */
static struct build *failed_over(void)
{
    struct build *build = build_contoso(2, true);
    build_fail_over(build, 1184, "BTS_2026_11_20_12_00_00_547");
    build_kill(build, 0);
    build_kill(build, 1);
    pass(build, 5 * 60000);
    return build;
}

/* One message box was recovered by mistake. */
static struct build *database_online(void)
{
    struct build *build = build_contoso(2, true);
    build_row(build, 3, "BizTalkMsgBoxDb2")->state = STATE_ONLINE;
    return build;
}

/* Nothing has answered yet. */
static struct build *starting(void)
{
    struct build *build = build_contoso(2, true);
    for (size_t i = 0; i < build->servers_count; i++) {
        struct server_view *fresh =
            server_view_new(build->servers[i]->name, build->servers[i]->role);
        server_view_release(build->servers[i]);
        build->servers[i] = fresh;
    }
    return build;
}

static const struct {
    const char *name;
    struct build *(*build)(void);
    const char *keys;
    bool monitor, demo;
} cases[] = {
    {"overview", healthy, "", false, false},
    {"overview-lost", sources_lost, "", false, false},
    {"overview-one-silent", one_silent, "", false, false},
    {"overview-online", database_online, "", false, false},
    {"overview-starting", starting, "", false, false},
    {"overview-live", failed_over, "", false, false},
    {"monitor", healthy, "", true, false},
    {"monitor-live", failed_over, "", true, false},
    {"sources", healthy, "2", false, false},
    {"sources-detail", healthy, "2 j Enter", false, false},
    {"sources-lost", sources_lost, "2", false, false},
    {"sets", healthy, "3", false, false},
    {"sets-detail", healthy, "3 j Enter", false, false},
    {"sets-filter", healthy, "3 / type:full", false, false},
    {"standby", healthy, "4", false, false},
    {"standby-one-silent", one_silent, "4", false, false},
    {"standby-detail", healthy, "4 Enter", false, false},
    {"standby-live", failed_over, "4", false, false},
    {"marks", healthy, "5", false, false},
    {"marks-older", healthy, "5 Left Left Left", false, false},
    {"marks-online", database_online, "5", false, false},
    {"marks-live", failed_over, "5", false, false},
    {"marks-lost", sources_lost, "5", false, false},
    {"marks-detail", healthy, "5 Left Enter", false, false},
    {"marks-what-if", healthy, "5 Left x", false, false},
    {"marks-what-if-many", healthy, "5 x p Down d Left D", false, false},
    {"marks-what-if-detail", healthy, "5 Left x Enter", false, false},
    {"jobs", healthy, "6", false, false},
    {"jobs-not-visible", not_visible, "6", false, false},
    {"checks", database_online, "7", false, false},
    {"checks-detail", database_online, "7 Enter", false, false},
    {"acknowledge", database_online, "7 a type:planned Tab", false, false},
    {"detail-search", database_online, "7 Enter / type:restore", false, false},
    {"log", database_online, "8", false, false},
    {"help", healthy, "?", false, false},
    {"paused", healthy, "Space", false, false},
    {"command", healthy, ": type:st Tab", false, false},
    {"wizard-situation", sources_lost, "R", false, false},
    {"wizard-preflight-alive", healthy, "R 1 Enter", false, true},
    {"wizard-preflight-move", healthy, "R 2 Enter", false, false},
    {"wizard-preflight-rehearsal", healthy, "R 3 Enter", false, false},
    {"wizard-preflight", sources_lost, "R 1 Enter", false, false},
    {"wizard-preflight-live", failed_over, "R 1 Enter", false, false},
    {"wizard-die", healthy, "R 1 Enter K", false, true},
    {"wizard-password", sources_lost, "R 1 Enter Enter", false, false},
    {"wizard-mark", sources_lost, "R 1 Enter Enter type:secret Enter type:secret Enter Enter", false, false},
    {"wizard-method", sources_lost, "R 1 Enter Enter type:secret Enter type:secret Enter Enter 1 Enter", false, false},
    {"wizard-method-script", sources_lost, "R 1 Enter Enter type:secret Enter type:secret Enter Enter 1 Enter 3", false, false},
    {"wizard-plan", sources_lost, "R 1 Enter Enter type:secret Enter type:secret Enter Enter 1 Enter 1 Enter", false, false},
    {"wizard-confirm", sources_lost, "R 1 Enter Enter type:secret Enter type:secret Enter Enter 1 Enter 1 Enter Enter", false, false},
    {"wizard-word", sources_lost, "R 1 Enter Enter type:secret Enter type:secret Enter Enter 1 Enter 1 Enter Enter Enter", false, false},
};

static const struct {
    int rows, columns;
    enum glyph_set set;
    const char *suffix;
} sizes[] = {
    {24, 80, GLYPH_SET_UTF8, "80x24"},
    {40, 132, GLYPH_SET_UTF8, "132x40"},
    {15, 60, GLYPH_SET_UTF8, "60x15"},
    {5, 20, GLYPH_SET_UTF8, "20x5"},
    {24, 80, GLYPH_SET_ASCII, "80x24-ascii"},
};

enum { CASES = sizeof cases / sizeof *cases, SIZES = sizeof sizes / sizeof *sizes };

/* Not every case in every size: small and ASCII pictures of the main panels only. */
static bool wanted(size_t c, size_t s)
{
    if (s < 2)
        return true;
    return !strchr(cases[c].name, '-') || (s == 2 && !strncmp(cases[c].name, "wizard", 6));
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    struct str text = {0};
    char bytes[4096];
    size_t length;
    if (!file)
        return NULL;
    while ((length = fread(bytes, 1, sizeof bytes, file)) > 0)
        str_add_bytes(&text, bytes, length);
    fclose(file);
    return str_take(&text);
}

static void show_difference(const char *path, const char *was, const char *is)
{
    fprintf(stderr, "%s differs; first different line:\n", path);
    while (*was && *was == *is) {
        was++;
        is++;
    }
    fprintf(stderr, "  was: %.*s\n  is:  %.*s\n", (int)strcspn(was, "\n"), was,
            (int)strcspn(is, "\n"), is);
}

/* 0 = as it was (or written). */
static int settle(const char *path, const char *picture, bool write)
{
    if (write) {
        FILE *file = fopen(path, "w");
        if (!file || fputs(picture, file) < 0 || fclose(file) != 0) {
            fprintf(stderr, "%s: %s\n", path, strerror(errno));
            return 1;
        }
        return 0;
    }
    char *before = read_file(path);
    int failed = !before || strcmp(before, picture) != 0;
    if (!before)
        fprintf(stderr, "%s is missing; `make golden` writes it\n", path);
    else if (failed)
        show_difference(path, before, picture);
    free(before);
    return failed;
}

static int draw_case(size_t c, const char *directory, bool write, bool print, int *drawn)
{
    int failed = 0;
    struct scene *scene = scene_new(cases[c].build(), cases[c].monitor, cases[c].demo);
    char *warm = scene_picture(scene, 24, 80, GLYPH_SET_UTF8, false);
    free(warm);
    scene_keys(scene, cases[c].keys);
    for (size_t s = 0; s < SIZES; s++) {
        if (!wanted(c, s))
            continue;
        char *path = memory_format("%s/%s-%s.txt", directory, cases[c].name, sizes[s].suffix);
        char *picture =
            scene_picture(scene, sizes[s].rows, sizes[s].columns, sizes[s].set, !print);
        if (print)
            printf("== %s %s\n%s", cases[c].name, sizes[s].suffix, picture);
        else
            failed += settle(path, picture, write);
        ++*drawn;
        free(picture);
        free(path);
    }
    scene_free(scene);
    return failed;
}

int main(int argc, char **argv)
{
    bool write = argc > 2 && !strcmp(argv[2], "--write");
    const char *only = argc > 2 && !write ? argv[2] : NULL;
    int failed = 0, drawn = 0;
    setlocale(LC_ALL, "C.UTF-8");
    if (argc < 2)
        return 1;
    for (size_t c = 0; c < CASES; c++)
        if (!only || !strcmp(only, cases[c].name))
            failed += draw_case(c, argv[1], write, only != NULL, &drawn);
    if (!write && !only)
        printf("golden screens: %d passed, %d failed\n", drawn - failed, failed);
    return failed > 0;
}
