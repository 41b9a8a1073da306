/* SPDX-License-Identifier: MIT */
/*
 * The stage on which oomguard-notify is tested: a /run of its own (in a mount namespace), a private
 * system bus, a journal's socket that the test reads itself, a service manager's socket, and a
 * guard that says what it is told to (fake.c).  Nothing of the machine's own is touched.
 */
#ifndef TEST_STAGE_H
#define TEST_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/types.h>
#include "fake.h"

#define STAGE_DIR     "/run/stage"
#define STAGE_BUS     STAGE_DIR "/bus"
#define STAGE_CONFIG  STAGE_DIR "/oomguard.conf"
#define STAGE_LOG     STAGE_DIR "/log"
#define STAGE_MANAGER STAGE_DIR "/manager"
#define STAGE_JOURNAL "/run/systemd/journal/socket"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Without a bound on the machine's speed: until it is so, but not for ever. */
#define WAIT(condition) assert_true(stage_wait(condition, #condition))
#define stage_wait(condition, what)                                   \
        ({                                                            \
                uint64_t until_ = stage_now_ms() + STAGE_PATIENCE_MS; \
                bool so_ = (condition);                               \
                while (!so_ && stage_now_ms() < until_) {             \
                        stage_nap();                                  \
                        so_ = (condition);                            \
                }                                                     \
                if (!so_)                                             \
                        stage_complain(what);                         \
                so_;                                                  \
        })

enum { STAGE_PATIENCE_MS = 30000, STAGE_TEXT = 256 * 1024 };

extern const char *stage_program; /* oomguard-notify */
extern const char *stage_helper;  /* a client of GLib's GMemoryMonitor */
extern const char *stage_tree;    /* the sources, for data/ */

uint64_t
stage_now_ms(void);
void
stage_nap(void);
void
stage_complain(const char *what);

/* Once, before everything: the namespace.  0 or a negative errno. */
int
stage_enter(void);

/* A guard, a bus, a journal and oomguard-notify, all up and connected; and their end. */
int
stage_begin(void **state);
int
stage_end(void **state);

/* Parts of it. */
void
stage_start_bus(void);
void
stage_stop_bus(void); /* killed */
void
stage_signal_bus(int sig);
void
stage_start_notify(void);
/* SIGTERM; its exit status. */
int
stage_stop_notify(void);
pid_t
stage_notify_pid(void);
void
stage_open_journal(void);
void
stage_close_journal(void);
void
stage_write(const char *path, const char *text);

/* In front of a command: as a user who is not root.  Only where there is one. */
#define STAGE_AS_OTHER "setpriv --reuid 65534 --regid 65534 --clear-groups "
bool
stage_has_others(void);

/* True when org.oomguard1 has an owner. */
bool
stage_is_named(void);

/* Runs a shell command on that bus; its exit status.  What it prints is in ret, up to STAGE_TEXT.
 */
__attribute__((format(printf, 2, 3))) int
stage_run(char *ret, const char *format, ...);
/* In the background, its output going to `path`. */
__attribute__((format(printf, 2, 3))) pid_t
stage_spawn(const char *path, const char *format, ...);
void
stage_reap(pid_t pid);
/* gdbus, printing to `path` what the owner of a name says from now on. */
pid_t
stage_listen(const char *path, const char *name);

/* How often a text stands in a file. */
unsigned
stage_count(const char *path, const char *text);

/* The next entry of the journal that has this text; false when none comes.  Others are passed. */
bool
stage_entry(const char *text, char *ret, size_t size);
/* Entries taken out of the journal's socket just now. */
unsigned
stage_drain_journal(void);

/* What the service manager was told so far has this text. */
bool
stage_manager_heard(const char *text);

/* Of oomguard-notify: open descriptors, resident KiB, children. */
unsigned
stage_descriptors(void);
unsigned long
stage_rss_kib(void);

#endif
