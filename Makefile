# oomguard: build, test, install.  `make` builds the guard, `make check` proves it.
VERSION  = 0.1.0
PREFIX  ?= /usr/local
CC      ?= cc
BUILD   ?= build

WARN     = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wpointer-arith -Wcast-align
ifdef WERROR
WARN    += -Werror
endif
CFLAGS  ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -DOOMGUARD_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=gnu17 -fstack-protector-strong -fPIE $(WARN) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)
LDLIBS   = -linih -pthread

# Text and numbers in, numbers out: no clock, no file, no floating point (see tests/gates).
PURE  = text psi meminfo zoneinfo vmstat swaps zram procstat window decide blame victim rank watch wire inside
# What the loop runs once memory is locked, beside the pure ones.
LOOP  = sampler procfs roster kill ring thread reaper choice flight guard
# What may block: set-up and the errand thread.
EDGE  = census copies hidden follow identity rules config config_print loader keys patterns values line message trace \
        wirerec feed subscribe sdnotify pulse boxes tell serve errand ballast report harden host

# What people use; each has a main of the folder's own name.  NOTIFY=no does without libsystemd.
CTL     = $(patsubst ctl/%.c,$(BUILD)/ctl/%.o,$(wildcard ctl/*.c))
TELLER  = $(patsubst notify/%.c,$(BUILD)/notify/%.o,$(wildcard notify/*.c))
# One that is older than 247 (sd_event_add_time_relative) is as good as none.
ifndef NOTIFY
TOO_OLD := $(shell pkg-config --exists 'libsystemd < 247' 2>/dev/null && \
                   pkg-config --modversion libsystemd)
NOTIFY  := $(if $(TOO_OLD),no,yes)
endif
PROGRAMS = oomguard oomguardctl $(if $(filter yes,$(NOTIFY)),oomguard-notify)

OBJ   = $(patsubst %,$(BUILD)/%.o,$(PURE) $(LOOP) $(EDGE))
LIB   = $(BUILD)/liboomguard.a
UNIT  = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

all: $(PROGRAMS)
ifdef TOO_OLD
	@echo "oomguard-notify is left out: it needs libsystemd 247 or later, here it is $(TOO_OLD)"
endif

oomguard: $(BUILD)/oomguard.o $(LIB)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

oomguardctl: $(CTL) $(BUILD)/notify/sentence.o $(LIB)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

oomguard-notify: $(TELLER) $(LIB)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS) -lsystemd

# Everything of a program but its main, for tests.
$(BUILD)/libctl.a: $(filter-out %/ctl.o,$(CTL)) $(BUILD)/notify/sentence.o
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/libnotify.a: $(filter-out %/notify.o,$(TELLER))
	@rm -f $@
	@$(AR) rcs $@ $^

$(LIB): $(OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/ctl/%.o: ctl/%.c | $(BUILD)
	@echo "  CC    $<"
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/notify/%.o: notify/%.c | $(BUILD)
	@echo "  CC    $<"
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c | $(BUILD)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD) $(BUILD)/unit:
	@mkdir -p $@

$(BUILD)/unit/%: tests/unit/%.c $(LIB) | $(BUILD)/unit
	@echo "  TEST  $<"
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(LIB) $(LDLIBS) -lcmocka

# ---- tests ----

FUZZ    = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
CORPUS  = $(FUZZ:%=$(BUILD)/fuzz/%)
SYSTEM  = $(BUILD)/system/system $(BUILD)/system/subject
SUBJECT_C = $(wildcard tests/system/subject*.c)
SYSTEM_C  = $(filter-out $(SUBJECT_C),$(wildcard tests/system/*.c))
TRACES  = $(wildcard tests/replay/*.trace)
SCANNED = census copies hidden follow identity rules # the loop's own scan goes through these

# Of oomguard-notify, what needs no bus.
FUZZ_NOTIFY = appinfo entry notice

$(BUILD)/fuzz/appinfo: $(FUZZ_NOTIFY:%=$(BUILD)/notify/%.o)
$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c tests/fuzz/driver.c $(LIB)
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIB) $(LDLIBS)

$(BUILD)/system/system: $(SYSTEM_C) $(wildcard tests/system/*.h)
	@mkdir -p $(@D)
	@echo "  TEST  tests/system"
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(SYSTEM_C) -pthread -lcmocka

$(BUILD)/system/subject: $(SUBJECT_C) $(wildcard tests/system/*.h)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(SUBJECT_C) -pthread

$(BUILD)/replay: tests/replay/replay.c tests/replay/reader.c tests/replay/reader.h $(LIB)
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter-out %.h,$^) $(LDLIBS)

$(BUILD)/unit/test_ctl_%: tests/unit/test_ctl_%.c $(BUILD)/libctl.a $(LIB) | $(BUILD)/unit
	@echo "  TEST  $<"
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< \
	        $(BUILD)/libctl.a $(LIB) $(LDLIBS) -lcmocka

$(BUILD)/unit/test_notify_%: tests/unit/test_notify_%.c $(BUILD)/libnotify.a $(LIB) | $(BUILD)/unit
	@echo "  TEST  $<"
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< \
	        $(BUILD)/libnotify.a $(LIB) $(LDLIBS) -lsystemd -lcmocka

# What oomguard-notify starts, in a machine of its own.
TELLING   = $(BUILD)/notify/desktop $(BUILD)/notify/hook $(BUILD)/notify/server
DESKTOP_C = $(filter-out %/server.c,$(wildcard tests/notify/desktop/*.c))
HOOK_C    = $(wildcard tests/notify/hook/*.c) tests/notify/desktop/world.c tests/notify/desktop/people.c

$(BUILD)/notify/server: tests/notify/desktop/server.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< -lsystemd

$(BUILD)/notify/desktop: $(DESKTOP_C) $(wildcard tests/notify/desktop/*.h) $(BUILD)/libnotify.a $(LIB)
	@echo "  TEST  tests/notify/desktop"
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(DESKTOP_C) \
	        $(BUILD)/libnotify.a $(LIB) $(LDLIBS) -lsystemd -lcmocka

$(BUILD)/notify/hook: $(HOOK_C) $(wildcard tests/notify/*/*.h) $(BUILD)/libnotify.a $(LIB)
	@echo "  TEST  tests/notify/hook"
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(HOOK_C) \
	        $(BUILD)/libnotify.a $(LIB) $(LDLIBS) -lsystemd -lcmocka

# The whole of oomguard-notify, with a bus and a journal of its own.
NOTIFY_C  = $(filter-out %/gmonitor.c,$(wildcard tests/notify/*.c))
NOTIFIED  = $(BUILD)/notified/notify $(BUILD)/notified/gmonitor
GIO       = $(shell pkg-config --cflags gio-2.0 | sed 's/-I/-isystem /g')

$(BUILD)/notified/notify: $(NOTIFY_C) $(wildcard tests/notify/*.h) $(BUILD)/libnotify.a $(LIB)
	@mkdir -p $(@D)
	@echo "  TEST  tests/notify"
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(NOTIFY_C) \
	        $(BUILD)/libnotify.a $(LIB) $(LDLIBS) -lsystemd -lcmocka

$(BUILD)/notified/gmonitor: tests/notify/gmonitor.c
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(GIO) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(shell pkg-config --libs gio-2.0)

# The made-up traces, anew.
traces: tests/replay/make.c tests/replay/stories.c tests/replay/make.h $(LIB)
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $(BUILD)/make-traces \
	        $(filter-out %.h,$^) $(LDLIBS)
	@$(BUILD)/make-traces tests/replay

# What goes wrong to either side of each default, on the recorded traces: bench/results/tuning.md.
tune: $(LIB)
	@tests/replay/tune.sh $(BUILD) > $(BUILD)/tuning.md
	@mv $(BUILD)/tuning.md bench/results/tuning.md

unit: $(UNIT)

# What proves the program, without a virtual machine; under three minutes.
check: $(PROGRAMS) $(UNIT) $(CORPUS) $(BUILD)/replay $(SYSTEM) $(TELLING) $(NOTIFIED) check-format
	@PURE="$(PURE)" LOOP="$(LOOP) $(SCANNED)" CC="$(CC)" tests/run.sh \
	        "tests/gates/gates.sh $(BUILD)" "tests/gates/examples.sh ./oomguard $(BUILD)" $(UNIT) \
	        $(foreach f,$(FUZZ),"$(BUILD)/fuzz/$(f) tests/fuzz/corpus/$(f)") \
	        "$(BUILD)/replay tests/replay/expect $(TRACES)" \
	        "$(BUILD)/system/system ./oomguard $(BUILD)/system/subject" \
	        "$(BUILD)/notified/notify ./oomguard-notify $(BUILD)/notified/gmonitor ." \
	        $(BUILD)/notify/desktop $(BUILD)/notify/hook

# The unit tests and the corpora once more, with every access watched.
SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
check-san:
	@$(MAKE) -s CC=clang BUILD=$(BUILD)/san CFLAGS="$(SANITIZE)" LDFLAGS="$(SANITIZE)" \
	        CPPFLAGS="-D_GNU_SOURCE -DOOMGUARD_VERSION='\"$(VERSION)\"'" run-units

run-units: $(UNIT) $(CORPUS) $(BUILD)/replay
	@tests/run.sh $(UNIT) $(foreach f,$(FUZZ),"$(BUILD)/fuzz/$(f) tests/fuzz/corpus/$(f)") \
	        "$(BUILD)/replay tests/replay/expect $(TRACES)"

# libFuzzer proper: FUZZ_SECONDS each.
FUZZ_SECONDS ?= 60
fuzz:
	@for f in $(FUZZ); do \
	        mkdir -p $(BUILD)/fuzzing/$$f && \
	        clang $(CPPFLAGS) -I. -std=gnu17 -O1 -g -fsanitize=fuzzer,address,undefined \
	                -fno-sanitize-recover=all -o $(BUILD)/fuzzing/$$f.bin tests/fuzz/fuzz_$$f.c \
	                $(patsubst %,%.c,$(filter-out guard choice flight reaper ballast pulse boxes thread errand tell serve feed harden host report,$(PURE) $(LOOP) $(EDGE))) \
	                $(FUZZ_NOTIFY:%=notify/%.c) $(LDLIBS) && \
	        $(BUILD)/fuzzing/$$f.bin -max_total_time=$(FUZZ_SECONDS) -close_fd_mask=1 \
	                $(BUILD)/fuzzing/$$f tests/fuzz/corpus/$$f || exit 1; done

# ---- how far the tests reach ----

# Branches of the pure modules that the unit tests, traces and corpora take; fails below 95 % of any.
COVERAGE = -O0 -g --coverage -fprofile-abs-path
coverage:
	@$(MAKE) -s CC=gcc BUILD=$(CURDIR)/$(BUILD)/coverage CFLAGS="$(COVERAGE)" LDFLAGS="--coverage" \
	        CPPFLAGS="-D_GNU_SOURCE -DOOMGUARD_VERSION='\"$(VERSION)\"'" run-coverage

run-coverage: $(UNIT) $(CORPUS) $(BUILD)/replay
	@PURE="$(PURE)" tests/coverage.sh $(BUILD) $(UNIT) \
	        $(foreach f,$(FUZZ),"$(BUILD)/fuzz/$(f) tests/fuzz/corpus/$(f)") \
	        "$(BUILD)/replay tests/replay/expect $(TRACES)"

FAULT_C = $(wildcard tests/fault/*.c) $(patsubst %,tests/system/%.c,world memory files actor group)

$(BUILD)/fault/fault: $(FAULT_C) $(wildcard tests/fault/*.h tests/system/*.h) $(LIB)
	@mkdir -p $(@D)
	@echo "  TEST  tests/fault"
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(FAULT_C) $(LIB) $(LDLIBS)

# Every system call made to fail; FAULT=all for all of it: see tests/fault/README.md.
check-fault: oomguard $(BUILD)/fault/fault $(SYSTEM)
	@$(BUILD)/fault/fault ./oomguard $(BUILD)/system/subject

# The whole guard with every access of its threads watched: a life with subscribers, and all real
# kills.  Without address randomization: the sanitizer's map of memory does not bear much of it.
TSAN = -O1 -g -fno-omit-frame-pointer -fsanitize=thread

$(BUILD)/tsan/oomguard: $(wildcard *.c *.h)
	@mkdir -p $(@D)
	@echo "  TSAN  $@"
	@clang $(filter-out -D_FORTIFY_SOURCE=%,$(CPPFLAGS)) -std=gnu17 -fPIE -pie $(TSAN) -o $@ oomguard.c \
	        $(patsubst %,%.c,$(PURE) $(LOOP) $(EDGE)) $(LDLIBS)

check-tsan: $(BUILD)/tsan/oomguard $(BUILD)/fault/fault $(SYSTEM)
	@tests/run.sh \
	        "FAULT=none setarch -R $(BUILD)/fault/fault $(BUILD)/tsan/oomguard $(BUILD)/system/subject" \
	        "setarch -R $(BUILD)/system/system $(BUILD)/tsan/oomguard $(BUILD)/system/subject"

.PHONY: coverage run-coverage check-fault check-tsan

SOURCES = $(wildcard *.c *.h ctl/*.[ch] notify/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch] bench/*.[ch])
format:
	clang-format -i $(SOURCES)

check-format:
	@clang-format --dry-run -Werror $(SOURCES)

TIDY = -*,bugprone-*,clang-analyzer-*,performance-*,-bugprone-easily-swappable-parameters,$\
       -bugprone-reserved-identifier,-bugprone-narrowing-conversions,$\
       -bugprone-not-null-terminated-result,-performance-no-int-to-ptr,$\
       -clang-analyzer-valist.Uninitialized,$\
       -clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
ANALYZED = $(wildcard *.c ctl/*.c notify/*.c)
analyze:
	@echo $(ANALYZED) | xargs -n 1 -P $$(nproc) \
	        gcc $(CPPFLAGS) -I. -std=gnu17 -O2 $(WARN) -Werror -fanalyzer -c -o /dev/null
	@printf '%s\n' $(ANALYZED) | xargs -I FILE -P $$(nproc) clang-tidy --quiet \
	        --warnings-as-errors='*' --checks='$(TIDY)' FILE -- $(CPPFLAGS) -I. -std=gnu17
	@cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
	        --suppress=missingIncludeSystem $(filter -D%,$(CPPFLAGS)) -I. $(ANALYZED)

# Both compilers with warnings as errors, and the other architecture as far as it links here.
check-builds:
	@for cc in gcc clang; do \
	        $(MAKE) -s CC=$$cc BUILD=$(BUILD)/$$cc WERROR=1 $(BUILD)/$$cc/oomguard.o \
	                $(BUILD)/$$cc/libctl.a $(BUILD)/$$cc/ctl/ctl.o \
	                $(BUILD)/$$cc/libnotify.a $(BUILD)/$$cc/notify/notify.o || exit 1; done
	@$(MAKE) -s CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar BUILD=$(BUILD)/arm64 WERROR=1 \
	        CPPFLAGS="-D_GNU_SOURCE -DOOMGUARD_VERSION='\"$(VERSION)\"'" arm64

# Linked only where arm64's libinih is installed (dpkg --add-architecture arm64): bootstrap sees to
# that on Debian, Ubuntu keeps it elsewhere.
ARM64_INIH = $(wildcard /usr/lib/aarch64-linux-gnu/libinih.so)
arm64: $(LIB) $(BUILD)/oomguard.o
ifneq ($(ARM64_INIH),)
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $(BUILD)/oomguard $(BUILD)/oomguard.o $(LIB) $(LDLIBS)
else
	@echo "arm64: compiled, not linked here: libinih:arm64 is not installed"
endif

# Real machines running out of memory; VM=, REPEAT=, SEED=: see tests/vm/README.md.
check-vm: oomguard
	@tests/vm/run.sh ./oomguard

# An hour, in the guest's time, of random episodes in one machine; SOAK_MINUTES=, SEED=.
SOAK_MINUTES ?= 60
soak: oomguard
	@VM=soak SOAK_MINUTES=$(SOAK_MINUTES) SEED=$${SEED:-$$(date +%s)} tests/vm/run.sh ./oomguard

# The same scenarios under other daemons; VM=, DAEMONS=, FORCE=: see tests/vm/compare/README.md.
compare-vm: oomguard
	@tests/vm/compare.sh ./oomguard bench/results/vm.md

bench: oomguard
	@bench/run.sh

# All that a change has to pass.
check-all:
	@tests/run.sh "$(MAKE) -s check-builds" "$(MAKE) -s analyze" "$(MAKE) -s check" \
	        "$(MAKE) -s check-san" "$(MAKE) -s check-fault" "VM=smoke $(MAKE) -s check-vm" \
	        "PACKAGE='static deb service' $(MAKE) -s check-package"

# ---- installing ----

# NOTIFY=no is the guard and oomguardctl alone: no libsystemd, no D-Bus.
UNITDIR ?= $(PREFIX)/lib/systemd/system
# The system bus reads its configuration from /usr and /etc only, whatever the prefix.
DBUSDIR ?= $(if $(filter /usr,$(PREFIX)),/usr/share,/etc)/dbus-1/system.d
MANDIR   = $(PREFIX)/share/man
UNITS    = oomguard.service data/oomguard.slice

# MODE:SOURCE:TARGET of every file.
INSTALLED = 755:oomguard:$(PREFIX)/sbin/oomguard \
            755:oomguardctl:$(PREFIX)/bin/oomguardctl \
            644:oomguard.conf:$(PREFIX)/share/oomguard/oomguard.conf \
            644:$(BUILD)/units/oomguard.service:$(UNITDIR)/oomguard.service \
            644:$(BUILD)/units/oomguard.slice:$(UNITDIR)/oomguard.slice \
            644:data/oomguardctl.bash:$(PREFIX)/share/bash-completion/completions/oomguardctl \
            644:man/oomguard.8:$(MANDIR)/man8/oomguard.8 \
            644:man/oomguard.conf.5:$(MANDIR)/man5/oomguard.conf.5 \
            644:man/oomguardctl.1:$(MANDIR)/man1/oomguardctl.1
ifeq ($(NOTIFY),yes)
UNITS    += oomguard-notify.service
INSTALLED += 755:oomguard-notify:$(PREFIX)/sbin/oomguard-notify \
            644:$(BUILD)/units/oomguard-notify.service:$(UNITDIR)/oomguard-notify.service \
            644:data/oomguard.sysusers:$(PREFIX)/lib/sysusers.d/oomguard.conf \
            644:data/oomguard.catalog:$(PREFIX)/lib/systemd/catalog/oomguard.catalog \
            644:data/org.oomguard1.conf:$(DBUSDIR)/org.oomguard1.conf \
            644:data/org.oomguard1.Guard.xml:$(PREFIX)/share/dbus-1/interfaces/org.oomguard1.Guard.xml \
            644:data/oomguard.desktop:$(PREFIX)/share/applications/oomguard.desktop \
            644:data/oomguard.svg:$(PREFIX)/share/icons/hicolor/scalable/apps/oomguard.svg \
            644:man/oomguard-notify.8:$(MANDIR)/man8/oomguard-notify.8 \
            644:man/org.oomguard1.5:$(MANDIR)/man5/org.oomguard1.5
endif
CONF     = $(DESTDIR)/etc/oomguard.conf
SERVICES = $(filter %.service,$(UNITS))

# With the prefix in them.
units: $(UNITS)
	@mkdir -p $(BUILD)/units
	@for u in $(UNITS); do \
	        sed 's,=/usr/sbin/,=$(PREFIX)/sbin/,' $$u > $(BUILD)/units/$${u##*/} || exit 1; done

# A configuration that is there already is somebody's: it stays.
install: all units
	@set -e; for f in $(INSTALLED); do \
	        from=$${f#*:}; install -D -m $${f%%:*} $${from%%:*} $(DESTDIR)$${from#*:}; done
	@install -d -m 755 $(DESTDIR)/etc/oomguard.conf.d
	@if [ -e $(CONF) ]; then echo "$(CONF) stays as it is"; \
	        else install -m 644 oomguard.conf $(CONF); fi
	@[ "$(DESTDIR)" ] || echo "now: systemd-sysusers; journalctl --update-catalog;" \
	        "systemctl daemon-reload; systemctl enable --now $(SERVICES)"

# The configuration goes only if nobody has changed it.
uninstall:
	@[ "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemctl disable --now $(SERVICES) || true
	@if cmp -s oomguard.conf $(CONF); then rm -f $(CONF); \
	        elif [ -e $(CONF) ]; then echo "$(CONF) was changed and stays"; fi
	@for f in $(INSTALLED); do rm -f $(DESTDIR)$${f##*:} || exit 1; done
	@rmdir $(DESTDIR)$(PREFIX)/share/oomguard $(DESTDIR)/etc/oomguard.conf.d 2>/dev/null || true

# What is committed, as a tarball that can be built, checked and packaged.
dist:
	@git archive --prefix=oomguard-$(VERSION)/ -o oomguard-$(VERSION).tar.gz HEAD
	@echo oomguard-$(VERSION).tar.gz

# Units, manuals, the Debian package, and the package at work in virtual machines.
check-package: all
	@tests/package/run.sh

clean:
	rm -rf $(BUILD) oomguard oomguardctl oomguard-notify

.PHONY: all unit check check-san run-units fuzz format check-format analyze check-builds arm64 \
        check-vm soak compare-vm bench traces tune check-all install uninstall dist units check-package \
        clean
.SECONDARY:
-include $(wildcard $(BUILD)/*.d $(BUILD)/*/*.d)
