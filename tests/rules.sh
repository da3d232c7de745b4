#!/bin/bash
# The rules of the house, checked: which folder may include what, where FreeTDS, curses, SQLite and
# T-SQL may stand, and, in the built objects, that the user interface can reach no blocking call.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
failed=0
rules=0

fail() {
    failed=$((failed + 1))
    printf 'rule broken: %s\n' "$1"
    sed 's/^/    /' <<<"$2"
}

# includes FOLDER-FILES FORBIDDEN-REGEX MESSAGE
includes() {
    local found
    rules=$((rules + 1))
    # shellcheck disable=SC2086
    found=$(grep -nE "^#include [<\"]($2)" $1 2>/dev/null)
    [ -z "$found" ] || fail "$3" "$found"
}

includes "core/base/*.[ch]" 'core/[^b]|tui/|screens/|tests/|curses|ncurses|ctpublic|sqlite3|jansson' \
    'core/base includes nothing but itself'
includes "core/*.[ch]" 'tui/|screens/|tests/|curses|ncurses|panel' \
    'core knows no terminal, no screen, no test'
includes "tui/*.[ch]" 'core/[^b]|screens/|tests/|ctpublic|sqlite3|jansson|libxml' \
    'tui includes only itself and core/base'
includes "screens/*.[ch]" 'tests/|curses|ncurses|panel|ctpublic|cspublic|sybdb|sqlite3' \
    'screens include no curses, no FreeTDS, no SQLite, no test'
includes "tests/lab/*.[ch] tests/lab/sql/*.[ch]" 'core/[^b]|tui/|screens/|ctpublic|sybdb' \
    'the lab includes nothing of the product but core/base'

includes "tests/support/oracle.[ch]" 'core/|tui/|screens/|tests/support/[^o]' \
    'the oracle shares nothing with the program'

# only PATTERN ALLOWED-FILES MESSAGE: the pattern stands in no other product file
only() {
    local found
    rules=$((rules + 1))
    found=$(grep -lE "$1" core/*.[ch] core/base/*.[ch] tui/*.[ch] screens/*.[ch] 2>/dev/null |
        grep -vE "^($2)\$")
    [ -z "$found" ] || fail "$3" "$found"
}

only '^#include <(ctpublic|cspublic|cstypes|sybdb|sybfront)\.h>' 'core/tds[a-z_]*\.[ch]' \
    'FreeTDS stands in core/tds only'
only '^#include <(curses|ncurses|ncursesw/[a-z]*|panel|term|term_entry)\.h>' 'tui/term[a-z_]*\.[ch]' \
    "curses stands in tui's terminal files only"
only '^#include <sqlite3\.h>' 'core/(journal|store)[a-z_]*\.[ch]' \
    'SQLite stands in journal and store only'
only '^#include <iniparser\.h>|^#include <iniparser/' 'core/(config|runbook)[a-z_]*\.[ch]' \
    'iniparser stands in config and runbook only'
only '"[^"]*\b(SELECT [A-Za-z@*(].* FROM |INSERT INTO \[|UPDATE \[|EXECUTE? (dbo|msdb|master|sp_)|RESTORE (DATABASE|LOG|HEADERONLY|FILELISTONLY|VERIFYONLY) (\[|FROM|%))' \
    'core/(tsql[a-z_]*|journal[a-z_]*|store[a-z_]*)\.[ch]' 'T-SQL text stands in core/tsql only'

# The lab does not know the product's statements: no table of texts to compare with.
rules=$((rules + 1))
found=$(grep -nE '(strn?(case)?(cmp|str)|text_(equal|compare)[a-z_]*)\([^)]*"(SELECT|RESTORE|BACKUP|EXEC|UPDATE) ' tests/lab/*.c tests/lab/sql/*.c 2>/dev/null)
[ -z "$found" ] || fail 'the lab compares no statement texts' "$found"

# Nor does any beginning of a statement of core/tsql stand in the lab. (A permission's name may.)
rules=$((rules + 1))
texts=$(grep -ohE '"(SELECT|RESTORE|BACKUP|EXEC|UPDATE|INSERT|DECLARE|SET|IF|ALTER) [^"]{14,}' \
    core/tsql*.c | cut -c2-34 | grep -v 'USER SECURABLES' | sort -u)
[ "$(wc -l <<<"$texts")" -ge 50 ] || fail 'the statements of core/tsql are found' "$texts"
found=$(grep -nF -f <(echo "$texts") tests/lab/*.c tests/lab/sql/*.c)
[ -z "$found" ] || fail 'no statement of the product stands in the lab' "$found"

# symbols ARCHIVE FORBIDDEN MESSAGE
symbols() {
    local found
    [ -e "$1" ] || return
    rules=$((rules + 1))
    found=$(nm --undefined-only "$1" 2>/dev/null | awk '{print $NF}' | sort -u | grep -E "^($2)\$")
    [ -z "$found" ] || fail "$3" "$found"
}

symbols "$build/libtui.a" 'sqlite3_.*|ct_.*|cs_.*|connect|getaddrinfo|sleep|usleep|nanosleep|system|popen' \
    'tui reaches no network, no database and does not sleep'
symbols "$build/libscreens.a" 'sqlite3_.*|ct_.*|cs_.*|connect|getaddrinfo|sleep|usleep|nanosleep|system|popen' \
    'screens reach no network, no database and do not sleep'
symbols "$build/libcore.a" 'initscr|newterm|wgetch|printf|puts|exit|system|popen' \
    'core neither prints nor exits nor knows curses'

# What the lab needs and neither has itself nor finds in core/base, nothing of the product defines.
rules=$((rules + 1))
defined() {
    nm --defined-only --extern-only "$@" 2>/dev/null | awk 'NF == 3 {print $3}' | sort -u
}
found=$(nm --undefined-only "$build/liblab.a" 2>/dev/null | awk 'NF == 2 {print $2}' | sort -u |
    comm -23 - <(defined "$build/liblab.a" "$build/libbase.a") |
    comm -12 - <(defined "$build/libcore.a" "$build/libtui.a" "$build/libscreens.a"))
[ -z "$found" ] || fail 'the lab links nothing of the product but core/base' "$found"

# No test sleeps: it waits for a condition with a time limit.
rules=$((rules + 1))
found=$(grep -rnE '\b(u|nano)?sleep\(' tests/unit tests/support tests/e2e --include='*.c' --include='*.py' 2>/dev/null |
    grep -v 'pause between looks')
[ -z "$found" ] || fail 'tests do not sleep' "$found"

echo "rules of the code: $rules, broken: $failed"
exit $((failed > 0))
