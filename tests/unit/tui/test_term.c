/* The terminal itself, in a pseudo-terminal: a child opens it and tells on a second line (a pipe)
 * what it saw; the parent types and reads what would be on the wire. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "tests/unit/tui/canvas_check.h"
#include "tui/event.h"
#include "tui/keys.h"
#include "tui/term.h"

/* No test waits longer than this: what it waits for has failed to come. */
enum { PATIENCE_MS = 10000 };

struct session {
    pid_t pid;
    int tty;    /* the master side */
    int report; /* what the child tells */
    struct str wire, told;
};

/* --- the child -------------------------------------------------------------------------------- */

static int report_fd;

static void tell(const char *text)
{
    dprintf(report_fd, "%s\n", text);
}

static void draw(struct terminal *terminal, const char *text)
{
    int rows, columns;
    term_size(terminal, &rows, &columns);
    struct canvas canvas = canvas_open(rows, columns, term_glyph_set(terminal));
    canvas_text(&canvas, 0, 0, ATTR_CRITICAL, text);
    canvas_text(&canvas, rows - 1, columns - 1, ATTR_NORMAL, "#");
    term_present(terminal, &canvas);
    canvas_close(&canvas);
}

/* Fills the screen with numbered lines. */
static void draw_lines(struct terminal *terminal, int first)
{
    int rows, columns;
    term_size(terminal, &rows, &columns);
    struct canvas canvas = canvas_open(rows, columns, term_glyph_set(terminal));
    for (int row = 0; row < rows; row++)
        canvas_format(&canvas, row, 0, ATTR_NORMAL, "this is line %d of a list", first + row);
    term_present(terminal, &canvas);
    canvas_close(&canvas);
}

/* Opens the terminal, tells every event until `q` is typed. */
static int child_run(void)
{
    struct terminal *terminal;
    struct event_loop *events;
    struct error error;
    char line[256];
    if (term_open(&terminal, NULL, &error) != ERR_OK) {
        snprintf(line, sizeof line, "refused %.200s", error.what);
        tell(line);
        return 4;
    }
    if (event_open(&events, terminal, &error) != ERR_OK)
        return 5;
    draw(terminal, "hello");
    tell("ready");
    int status = 0;
    for (struct event event;;) {
        event_wait(events, PATIENCE_MS, &event);
        char name[32] = "";
        keys_format(name, sizeof name, event.key);
        snprintf(line, sizeof line, "%d %s%.100s %d %d", (int)event.type, name,
                 event.type == EVENT_PASTE ? event.text : "",
                 event.type == EVENT_MOUSE ? event.row : event.rows,
                 event.type == EVENT_MOUSE ? event.column : event.columns);
        tell(line);
        if (event.type == EVENT_KEY && event.key == 'x')
            abort();
        if (event.type == EVENT_KEY && event.key == 'e')
            exit(3); /* atexit restores */
        if (event.type == EVENT_KEY && event.key == 'c')
            term_copy(terminal, "hi");
        if (event.type == EVENT_KEY && event.key == 'm')
            term_set_mouse(terminal, true);
        if (event.type == EVENT_KEY && event.key == 'd')
            draw(terminal, "hallo");
        if (event.type == EVENT_KEY && event.key >= '0' && event.key <= '9')
            draw_lines(terminal, (int)event.key - '0' + 100);
        if (event.type == EVENT_RESIZE)
            draw(terminal, "resized");
        if (event.type == EVENT_NONE || event.type == EVENT_QUIT || event.type == EVENT_HANGUP ||
            (event.type == EVENT_KEY && event.key == 'q'))
            break;
    }
    event_close(events);
    term_close(terminal);
    term_close(NULL);
    return status;
}

/* --- the parent ------------------------------------------------------------------------------- */

static void begin(struct session *session, const char *term)
{
    int pipes[2];
    struct winsize size = {.ws_row = 10, .ws_col = 40};
    *session = (struct session){0};
    assert_int_equal(pipe(pipes), 0);
    session->pid = forkpty(&session->tty, NULL, NULL, &size);
    assert_true(session->pid >= 0);
    if (session->pid == 0) {
        close(pipes[0]);
        report_fd = pipes[1];
        setenv("TERM", term, 1);
        unsetenv("LINES");
        unsetenv("COLUMNS");
        signal(SIGTSTP, SIG_DFL);
        exit(child_run());
    }
    close(pipes[1]);
    session->report = pipes[0];
}

/* Reads both lines until `what` is told (or, on_wire, written); false if it never is. */
static bool until(struct session *session, const char *what, bool on_wire)
{
    int64_t end = clock_monotonic_ms(clock_system()) + PATIENCE_MS;
    while (clock_monotonic_ms(clock_system()) < end) {
        struct str *seen = on_wire ? &session->wire : &session->told;
        if (strstr(str_text(seen), what) != NULL)
            return true;
        struct pollfd fds[2] = {{.fd = session->tty, .events = POLLIN},
                                {.fd = session->report, .events = POLLIN}};
        if (poll(fds, 2, 100) <= 0)
            continue;
        char bytes[4096];
        bool ended = fds[1].revents != 0;
        for (int i = 0; i < 2; i++) {
            ssize_t got = fds[i].revents != 0 ? read(fds[i].fd, bytes, sizeof bytes) : 0;
            for (ssize_t at = 0; at < got; at++)
                if (bytes[at] != '\0')
                    str_add_char(i == 0 ? &session->wire : &session->told, bytes[at]);
            ended = ended && got <= 0;
        }
        if (ended)
            return strstr(str_text(seen), what) != NULL;
    }
    return false;
}

static void type(struct session *session, const char *bytes)
{
    str_clear(&session->wire);
    str_clear(&session->told);
    assert_int_equal(write(session->tty, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

/* Waits for the child's end; its wait status. */
static int finish(struct session *session)
{
    int status = -1;
    until(session, "\001never\001", true);
    waitpid(session->pid, &status, 0);
    close(session->tty);
    close(session->report);
    str_free(&session->wire);
    str_free(&session->told);
    return status;
}

static bool is_cooked(const struct session *session)
{
    struct termios modes;
    return tcgetattr(session->tty, &modes) == 0 && (modes.c_lflag & (ICANON | ECHO)) != 0;
}

static void the_screen_is_shown_and_given_back(void **state)
{
    (void)state;
    struct session session;
    begin(&session, "xterm-256color");
    assert_true(until(&session, "ready", false));
    assert_true(until(&session, "hello", true));
    assert_true(until(&session, "\033[?1049h", true));
    assert_false(is_cooked(&session));
    type(&session, "q");
    assert_true(until(&session, "\033[?1049l", true));
    assert_true(until(&session, "\033[?2004l", true));
    until(&session, "\001never\001", true); /* the modes follow the last byte */
    assert_true(is_cooked(&session));
    assert_int_equal(finish(&session), 0);
}

static void exit_and_a_crash_give_it_back_too(void **state)
{
    (void)state;
    static const char *const ways[] = {"e", "x"};
    for (int i = 0; i < 2; i++) {
        struct session session;
        begin(&session, "xterm-256color");
        assert_true(until(&session, "ready", false));
        type(&session, ways[i]);
        assert_true(until(&session, "\033[?1049l", true));
        int status = finish(&session);
        if (i == 0)
            assert_int_equal(WEXITSTATUS(status), 3);
        else
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

static void only_what_changed_is_sent(void **state)
{
    (void)state;
    struct session session;
    begin(&session, "xterm-256color");
    assert_true(until(&session, "ready", false));
    assert_true(until(&session, "#", true));
    type(&session, "d");
    assert_true(until(&session, "a", true));
    assert_true(session.wire.length < 60);
    type(&session, "q");
    assert_int_equal(finish(&session), 0);
}

static void a_list_scrolls_by_one_line_cheaply_and_never_by_several_at_once(void **state)
{
    (void)state;
    struct session session;
    begin(&session, "xterm-256color");
    assert_true(until(&session, "ready", false));
    type(&session, "1");
    assert_true(until(&session, "110", true));
    type(&session, "2");
    assert_true(until(&session, "111", true));
    assert_null(strstr(str_text(&session.wire), "110"));
    type(&session, "6d");
    assert_true(until(&session, "hallo", true));
    assert_null(strstr(str_text(&session.wire), "\033[4S"));
    type(&session, "q");
    assert_int_equal(finish(&session), 0);
}

static void keys_arrive_by_their_names(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *told;
    } cases[] = {
        {"j", "1 j 0 0"},
        {"\r", "1 Enter"},
        {"\t", "1 Tab"},
        {"\033[Z", "1 S-Tab"},
        {"\033OA", "1 Up"},
        {"\033[6~", "1 PgDn"},
        {"\033OP", "1 F1"},
        {"\033[24~", "1 F12"},
        {"\x7f", "1 Backspace"},
        {"\x03", "1 C-c"},
        {"\xC3\xBC", "1 ü"},
        {"\033[1;5C", "1 Other"},
        {"\033[200~two words\033[201~", "2 two words"},
    };
    struct session session;
    begin(&session, "xterm-256color");
    assert_true(until(&session, "ready", false));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        type(&session, cases[i].bytes);
        assert_true(until(&session, cases[i].told, false));
    }
    type(&session, "\033");
    assert_true(until(&session, "1 Esc", false));
    type(&session, "m\033[<0;5;3M");
    assert_true(until(&session, "3  2 4", false));
    type(&session, "c");
    assert_true(until(&session, "\033]52;c;aGk=\033\\", true));
    type(&session, "q");
    assert_int_equal(finish(&session), 0);
}

static void a_new_size_is_taken_over(void **state)
{
    (void)state;
    struct session session;
    begin(&session, "xterm-256color");
    assert_true(until(&session, "ready", false));
    struct winsize size = {.ws_row = 20, .ws_col = 60};
    ioctl(session.tty, TIOCSWINSZ, &size);
    assert_true(until(&session, "4  20 60", false));
    assert_true(until(&session, "resized", true));
    type(&session, "\x0c");
    assert_true(until(&session, "4  20 60", false));
    assert_true(until(&session, "resized", true));
    type(&session, "q");
    assert_int_equal(finish(&session), 0);
}

static void ctrl_z_gives_the_screen_away_and_fg_takes_it_back(void **state)
{
    (void)state;
    struct session session;
    begin(&session, "xterm-256color");
    assert_true(until(&session, "ready", false));
    type(&session, "\x1a");
    assert_true(until(&session, "\033[?1049l", true));
    /* Its process group is an orphan here, so the kernel may refuse the stop; either way it goes
     * on and paints anew. */
    kill(session.pid, SIGCONT);
    assert_true(until(&session, "resized", true));
    type(&session, "q");
    assert_int_equal(finish(&session), 0);
}

static void term_and_a_lost_line_end_it(void **state)
{
    (void)state;
    struct session session;
    begin(&session, "xterm-256color");
    assert_true(until(&session, "ready", false));
    kill(session.pid, SIGTERM);
    assert_true(until(&session, "\033[?1049l", true));
    assert_int_equal(finish(&session), 0);
    begin(&session, "xterm-256color");
    assert_true(until(&session, "ready", false));
    close(session.tty);
    session.tty = open("/dev/null", O_RDWR);
    assert_int_equal(WIFEXITED(finish(&session)), 1);
}

static void an_unusable_terminal_is_refused_in_words(void **state)
{
    (void)state;
    static const char *const names[] = {"dumb", "no-such-terminal", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct session session;
        begin(&session, names[i]);
        assert_true(until(&session, "refused the terminal (TERM=", false));
        assert_int_equal(WEXITSTATUS(finish(&session)), 4);
    }
}

static void other_terminals_work(void **state)
{
    (void)state;
    static const char *const names[] = {"vt100", "linux", "xterm", "screen", "tmux"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct session session;
        begin(&session, names[i]);
        bool ready = until(&session, "ready", false) || strstr(str_text(&session.told), "refused");
        assert_true(ready);
        if (strstr(str_text(&session.told), "ready") != NULL) {
            assert_true(until(&session, "hello", true));
            assert_null(strchr(str_text(&session.wire), '\a'));
            type(&session, "q");
        }
        finish(&session);
    }
}

static void no_color_means_none(void **state)
{
    (void)state;
    struct session session;
    for (int i = 0; i < 2; i++) {
        i == 0 ? setenv("NO_COLOR", "1", 1) : unsetenv("NO_COLOR");
        begin(&session, "xterm-256color");
        assert_true(until(&session, "hello", true));
        bool coloured = strstr(str_text(&session.wire), "38;5;") != NULL;
        assert_int_equal(coloured, i == 1);
        assert_true(until(&session, "ready", false));
        type(&session, "q");
        assert_int_equal(finish(&session), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_screen_is_shown_and_given_back),
        cmocka_unit_test(exit_and_a_crash_give_it_back_too),
        cmocka_unit_test(only_what_changed_is_sent),
        cmocka_unit_test(a_list_scrolls_by_one_line_cheaply_and_never_by_several_at_once),
        cmocka_unit_test(keys_arrive_by_their_names),
        cmocka_unit_test(a_new_size_is_taken_over),
        cmocka_unit_test(ctrl_z_gives_the_screen_away_and_fg_takes_it_back),
        cmocka_unit_test(term_and_a_lost_line_end_it),
        cmocka_unit_test(an_unusable_terminal_is_refused_in_words),
        cmocka_unit_test(other_terminals_work),
        cmocka_unit_test(no_color_means_none),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
