/* SPDX-License-Identifier: MIT */
/*
 * The cases, and what they share: the module under test in a loop of its own, records to feed it,
 * and waiting for things to happen.
 */
#ifndef TESTS_NOTIFY_DESKTOP_CASES_H
#define TESTS_NOTIFY_DESKTOP_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <systemd/sd-event.h>
#include "notify/desktop.h"
#include "world.h"

struct stage {
        sd_event *event;
        struct desktop *desktop;
        struct policy policy;
};

extern struct stage stage;

/* desktop = yes, warn = yes. */
void
stage_open(void);
void
stage_close(void);

/* Runs the loop until `done` says so; fails when it does not within the cap. */
void
stage_until(bool (*done)(const void *arg), const void *arg);

/* Until that person's servers have written down so many lines. */
void
stage_until_lines(uid_t uid, size_t n);

/* Until no child is left. */
void
stage_until_idle(void);

/* A record with a state of 15.4 GiB, 498 MiB of which are available, and a process of that person's
 * that holds 3.1 GiB and grows by 120 MiB a second. */
struct wire_record
record_of(enum wire_kind kind, uid_t uid, const char *name);
void
stage_feed(const struct wire_record *rec);

/* Killing and then killed. */
void
stage_kill(uid_t uid, const char *name, int32_t pid);

size_t
count_children(void);
size_t
count_descriptors(void);
uint64_t
clock_now_us(void);

/* Files of that name in a folder of .desktop files. */
void
put_desktop_file(const char *data_dir, const char *id, const char *text);

#define CONTAINS(line, text)                                         \
        do {                                                         \
                if (!strstr(line, text))                             \
                        fail_msg("`%s` is not in `%s`", text, line); \
        } while (0)
#define LACKS(line, text)                                        \
        do {                                                     \
                if (strstr(line, text))                          \
                        fail_msg("`%s` is in `%s`", text, line); \
        } while (0)

extern const struct CMUnitTest cases_show[], cases_people[], cases_ailing[], cases_dunst[];
extern const size_t n_cases_show, n_cases_people, n_cases_ailing, n_cases_dunst;

#endif
