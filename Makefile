# stopmark: `make deps demo` tries it, `make deps check` tests it.
# Everything is built under $(BUILD); BUILD, CC and SAN=1 (ASan and UBSan) choose a variant.

VERSION := 0.1.0
BUILD ?= build
CC := gcc
SAN ?= 0
PREFIX ?= /usr/local

WARNINGS := -Wall -Wextra -Werror -Wpedantic -Wshadow -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef \
	-Wvla -Wimplicit-fallthrough -Wcast-qual
OPTIMISE := -O2 -g
SANITIZE_0 :=
SANITIZE_1 := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS += -std=c17 $(OPTIMISE) $(WARNINGS) $(SANITIZE_$(SAN)) -fstack-protector-strong
CPPFLAGS += -I. -D_GNU_SOURCE -D_FORTIFY_SOURCE=$(if $(filter 1,$(SAN)),0,2) \
	-DSTOPMARK_VERSION='"$(VERSION)"' $(shell pkg-config --cflags ncursesw libxml-2.0 2>/dev/null)
LDFLAGS += $(SANITIZE_$(SAN)) -pthread
LIBS_CORE := -lct -liniparser -lsqlite3 -ljansson -lxml2 -lm
LIBS_TUI := -lpanelw -lncursesw -ltinfo
LIBS_LAB := -lsqlite3 -ljansson -lssl -lcrypto -lm

sources = $(sort $(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

BASE := $(call sources,core/base)
CORE := $(call sources,core)
TUI := $(call sources,tui)
SCREENS := $(filter-out screens/main.c,$(call sources,screens))
LAB := $(filter-out tests/lab/main.c,$(call sources,tests/lab) $(call sources,tests/lab/sql))
SUPPORT := $(call sources,tests/support)
UNIT_TESTS := $(sort $(shell find tests/unit -name 'test_*.c' 2>/dev/null))
UNIT_BINARIES := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_TESTS))

LIB_BASE := $(BUILD)/libbase.a
LIB_CORE := $(BUILD)/libcore.a
LIB_TUI := $(BUILD)/libtui.a
LIB_SCREENS := $(BUILD)/libscreens.a
LIB_LAB := $(BUILD)/liblab.a
LIB_SUPPORT := $(BUILD)/libsupport.a

.PHONY: all
all: $(if $(wildcard screens/main.c),$(BUILD)/stopmark) $(if $(wildcard tests/lab/main.c),$(BUILD)/stopmark-lab)

$(LIB_BASE): $(call objects,$(BASE))
$(LIB_CORE): $(call objects,$(CORE))
$(LIB_TUI): $(call objects,$(TUI))
$(LIB_SCREENS): $(call objects,$(SCREENS))
$(LIB_LAB): $(call objects,$(LAB))
$(LIB_SUPPORT): $(call objects,$(SUPPORT))
$(BUILD)/%.a:
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -pthread -MMD -MP -c -o $@ $<

$(BUILD)/obj/core/runbook_default.o: conf/runbook.ini
$(BUILD)/obj/core/updateinfo_schema.o: man/schema/updateinfo.rng

# .incbin is not seen by -MMD
$(BUILD)/obj/tests/lab/scenario_builtin.o: $(wildcard tests/lab/scenarios/*.json)

$(BUILD)/stopmark: $(BUILD)/obj/screens/main.o $(LIB_SCREENS) $(LIB_CORE) $(LIB_TUI) $(LIB_BASE)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_CORE) $(LIBS_TUI)

$(BUILD)/stopmark-lab: $(BUILD)/obj/tests/lab/main.o $(LIB_LAB) $(LIB_BASE)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_LAB)

# A unit test links what its folder may see: tests/unit/base only core/base, and so on.
$(BUILD)/unit/base/%: $(BUILD)/obj/tests/unit/base/%.o $(LIB_BASE)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $^ -lcmocka -lm
$(BUILD)/unit/tui/%: $(BUILD)/obj/tests/unit/tui/%.o $(LIB_TUI) $(LIB_BASE)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_TUI) -lm
$(BUILD)/unit/core/%: $(BUILD)/obj/tests/unit/core/%.o $(LIB_SUPPORT) $(LIB_CORE) $(LIB_BASE)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_CORE)
$(BUILD)/unit/screens/%: $(BUILD)/obj/tests/unit/screens/%.o $(LIB_SUPPORT) $(LIB_SCREENS) $(LIB_CORE) $(LIB_TUI) $(LIB_BASE)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_CORE) $(LIBS_TUI)
$(BUILD)/unit/lab/%: $(BUILD)/obj/tests/unit/lab/%.o $(LIB_LAB) $(LIB_BASE)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_LAB)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

.PRECIOUS: $(BUILD)/obj/%.o
.SECONDARY:

# --- dependencies -------------------------------------------------------------------------------

.PHONY: deps
deps:
	@tests/deps.sh
.PHONY: deps-deep
deps-deep: deps
	@tests/deps.sh deep

# --- tests --------------------------------------------------------------------------------------

# Every part closes with a line "NAME: N passed, N failed"; tests/check.sh adds them up.

# Unit and end-to-end tests run once, in the build with sanitizers.
CHECKS := check-rules-of-code check-docs check-rules check-restore-rules check-golden check-interop check-kill-some \
	check-cut-some check-clang check-sanitized

.PHONY: check check-deep
check:
	@tests/check.sh $(CHECKS)
check-deep: check check-deb check-scenarios check-interop-deep check-oracle check-mutants check-kill check-cut check-switches

.PHONY: check-unit
check-unit: $(UNIT_BINARIES)
	@tests/unit.sh $(UNIT_BINARIES)

# Each rule of core/rules.def needs a case where it fires, one where it does not, one where it may
# not look.
.PHONY: check-rules
check-rules: $(BUILD)/unit/core/test_checks
	@$< --figures

# Every scenario of the lab against every rule, printed as a matrix, the million rows too.
.PHONY: check-scenarios
check-scenarios: all
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/e2e/check_rules.py --deep

# The rules of RESTORE's state machine, each with its test; the messages that none provokes.
RULE_BINARIES := $(filter $(BUILD)/unit/lab/test_restore_rules_%,$(UNIT_BINARIES))
.PHONY: check-restore-rules
check-restore-rules: $(RULE_BINARIES)
	@/usr/bin/python3 -B tests/restore_rules.py --run $(RULE_BINARIES)

.PHONY: check-e2e
check-e2e: all
	@BUILD=$(BUILD) tests/e2e.sh

# Clients that this project did not write, against the lab.
.PHONY: check-interop
check-interop: all $(BUILD)/dump-shim.so
	@failed=0; for test in $(sort $(wildcard tests/interop/check_*.py)); do \
		BUILD=$(BUILD) /usr/bin/python3 -B $$test || failed=1; done; exit $$failed

# T-SQL as its documentation has it: statements, types, rows, errors, each with its page.
.PHONY: check-tsql
check-tsql: all
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/interop/check_tsql.py

# Those of them that need a Java machine (make deps-deep).
.PHONY: check-interop-deep
check-interop-deep: all
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/interop/check_drivers.py --deep

# The planner against a brute-force search by SQL Server's rules: make check-oracle RUNS=20000.
# Prints how often each route and reason was asked for; a disagreement prints its seed, and
# ORACLE_SEED=N build/unit/core/test_plan_oracle asks it again.
.PHONY: check-oracle
check-oracle: $(BUILD)/unit/core/test_plan_oracle
	@ORACLE_RUNS=$(if $(filter command environment,$(firstword $(origin RUNS))),$(RUNS),20000) $<

# What real servers were captured answering, against the lab: differences are named.
.PHONY: check-replay
check-replay: all
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/interop/check_replay.py

# What clients may send to the lab, under libFuzzer; prints the edges that were covered.
FUZZ := $(BUILD)/fuzz
RUNS ?= 1000000
FUZZ_TDS_SOURCES := tests/fuzz/fuzz_tds.c tests/lab/reply.c tests/lab/value.c \
	$(filter-out tests/lab/wire.c tests/lab/wire_connection.c tests/lab/wire_se%.c, \
	$(wildcard tests/lab/wire_*.c)) $(BASE)

$(FUZZ)/fuzz_tds: $(FUZZ_TDS_SOURCES)
	@mkdir -p $(@D)
	@clang $(CPPFLAGS) -U_FORTIFY_SOURCE -std=c17 -g -O2 -pthread \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $^ -lssl -lcrypto
.PHONY: fuzz-tds
fuzz-tds: $(FUZZ)/fuzz_tds
	@RUNS=$(RUNS) tests/fuzz/fuzz_tds.sh $(FUZZ)

$(BUILD)/dump-shim.so: tests/interop/dump_shim.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ $< -ldl

$(BUILD)/kill-shim.so: tests/e2e/kill_shim.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ $< -ldl

# The worker's connections cut at every packet, in each direction.
.PHONY: check-cut check-cut-some
check-cut: all
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/e2e/cut_matrix.py
check-cut-some: all
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/e2e/cut_matrix.py --points 15

# The worker killed at every journal sync and socket call of a clean run; some of them in check.
.PHONY: check-kill check-kill-some
check-kill: all $(BUILD)/kill-shim.so
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/e2e/kill_matrix.py
check-kill-some: all $(BUILD)/kill-shim.so
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/e2e/kill_matrix.py --points 60 \
		--route roll-forward --route full-restore
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/e2e/kill_matrix.py --points 20 \
		--route from-standby --route stopped-before

# Both matrices under every value of the lab's switches.
POINTS ?= 3
.PHONY: check-switches
check-switches: all $(BUILD)/kill-shim.so
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/e2e/switch_matrix.py --points $(POINTS)

# How long servers wait for us between two statements: 40 databases, 4 destinations, 20 logs each;
# then what 64 connections that read a million rows each take of the lab's memory.
.PHONY: bench
bench: all
	@failed=0; for bench in bench connections; do \
		BUILD=$(BUILD) /usr/bin/python3 -B tests/bench/$$bench.py || failed=1; done; exit $$failed

# Faults planted one at a time into a copy of the tree: each must make its named test fail.
.PHONY: check-mutants
check-mutants:
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/mutants/run.py

# The second compiler: everything compiles without a warning.
.PHONY: check-clang
check-clang:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang CC=clang -s all objects >$(BUILD)/clang.log || \
		{ cat $(BUILD)/clang.log; exit 1; }
	@echo "clang: 1 passed, 0 failed"

# The tests in a build with the address and undefined-behaviour sanitizers.
.PHONY: check-sanitized
check-sanitized:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/sanitized SAN=1 -s check-unit check-e2e

.PHONY: objects
objects: $(LIB_BASE) $(LIB_CORE) $(LIB_TUI) $(LIB_SCREENS) $(LIB_LAB) $(LIB_SUPPORT) \
	$(patsubst %.c,$(BUILD)/obj/%.o,$(UNIT_TESTS))

.PHONY: check-rules-of-code
check-rules-of-code: all
	@BUILD=$(BUILD) tests/rules.sh

# Every screen of frozen estates, drawn without a terminal and compared with tests/screens/golden;
# `make golden` writes the files anew: read the diff.
$(BUILD)/golden: $(BUILD)/obj/tests/screens/golden.o \
		$(LIB_SUPPORT) $(LIB_SCREENS) $(LIB_CORE) $(LIB_TUI) $(LIB_BASE)
	@$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_CORE) $(LIBS_TUI)

.PHONY: golden check-golden
golden: $(BUILD)/golden
	@mkdir -p tests/screens/golden
	@$(BUILD)/golden tests/screens/golden --write
check-golden: $(BUILD)/golden
	@$(BUILD)/golden tests/screens/golden

# --- documents ----------------------------------------------------------------------------------

PAGES := man/stopmark.1 man/stopmark.ini.5

$(BUILD)/make-man: $(BUILD)/obj/man/make_man.o
	@$(CC) $(LDFLAGS) -o $@ $^

.PHONY: docs check-docs
docs: $(BUILD)/make-man
	@for page in $(PAGES); do $(BUILD)/make-man <$$page.in >$$page; done
check-docs: $(BUILD)/make-man
	@for page in $(PAGES); do $(BUILD)/make-man <$$page.in | cmp - $$page || \
		{ echo "$$page is not what the tables say: run make docs"; exit 1; }; done
	@/usr/bin/python3 -B tests/restore_rules.py --check
	@if command -v mandoc >/dev/null; then mandoc -T lint -W warning man/*.[15]; fi
	@echo "documents agree with the tables: $(words $(PAGES)) pages"

# --- installation -------------------------------------------------------------------------------

.PHONY: install
install: all
	install -D -m 755 $(BUILD)/stopmark $(DESTDIR)$(PREFIX)/bin/stopmark
	install -D -m 755 $(BUILD)/stopmark-lab $(DESTDIR)$(PREFIX)/libexec/stopmark/stopmark-lab
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/stopmark/schema
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 man/schema/*.json man/schema/*.rng $(DESTDIR)$(PREFIX)/share/stopmark/schema
	install -m 644 conf/*.ini $(DESTDIR)$(PREFIX)/share/stopmark

# A package for this machine's release, with what the binaries were linked against as its
# dependencies. dpkg-shlibdeps (of dpkg-dev) wants a debian/control to stand beside.
DEB := $(BUILD)/deb
DEB_ARCH = $(shell dpkg --print-architecture)
.PHONY: deb
deb:
	@rm -rf $(DEB) && mkdir -p $(DEB)/root/DEBIAN $(DEB)/debian
	@$(MAKE) --no-print-directory install DESTDIR=$(abspath $(DEB)/root) PREFIX=/usr >/dev/null
	@strip --strip-unneeded $(DEB)/root/usr/bin/stopmark $(DEB)/root/usr/libexec/stopmark/stopmark-lab
	@gzip -9n $(DEB)/root/usr/share/man/man?/*
	@install -D -m 644 LICENSE $(DEB)/root/usr/share/doc/stopmark/copyright
	@printf 'Source: stopmark\n' >$(DEB)/debian/control
	@cd $(DEB) && depends=$$(dpkg-shlibdeps -O root/usr/bin/stopmark \
		root/usr/libexec/stopmark/stopmark-lab) && printf '%s\n' 'Package: stopmark' \
		'Version: $(VERSION)' 'Architecture: $(DEB_ARCH)' 'Section: database' 'Priority: optional' \
		'Maintainer: stopmark <stopmark@localhost>' "Depends: $${depends#shlibs:Depends=}" \
		'Description: operations console for BizTalk Server log shipping' \
		' Shows how far every standby is behind and which log marks all databases can reach,' \
		' and restores them to one mark, step by step, with proof.' >root/DEBIAN/control
	@dpkg-deb --root-owner-group --build $(DEB)/root $(BUILD)/stopmark_$(VERSION)_$(DEB_ARCH).deb

# The package, unpacked elsewhere, is whole: its program runs and finds its lab.
.PHONY: check-deb
check-deb: deb
	@rm -rf $(DEB)/try && dpkg-deb -x $(BUILD)/stopmark_$(VERSION)_$(DEB_ARCH).deb $(DEB)/try
	@BUILD=$(DEB)/try/usr/bin /usr/bin/python3 -B tests/e2e/package.py $(BUILD)/stopmark_$(VERSION)_$(DEB_ARCH).deb

.PHONY: demo
demo: all
	@$(BUILD)/stopmark demo

.PHONY: clean
clean:
	rm -rf build
