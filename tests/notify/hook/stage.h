/* SPDX-License-Identifier: MIT */
/*
 * What the cases share: the module under test in a loop of its own, a program for it to run, and
 * what that program and the module have said.
 */
#ifndef TESTS_NOTIFY_HOOK_STAGE_H
#define TESTS_NOTIFY_HOOK_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/types.h>
#include "notify/hook.h"

#define PROGRAM "/run/test/hook"
#define OUT     "/run/test/out"
#define SAID    "/run/test/said" /* this process's stderr */

extern struct hook *hook;

uint64_t
clock_us(void);
const char *
read_text(const char *path);
void
until_contains(const char *path, const char *text);
void
assert_contains(const char *path, const char *text);
size_t
count(const char *path, const char *text);
size_t
count_children(void);
void
until_idle(void);
size_t
count_descriptors(void);
/* How many processes that user has. */
size_t
count_of_user(uid_t uid);

/* A shell script in PROGRAM. */
void
write_program(const char *script);
void
use_program(const char *path);

int
open_hook(void **state);
int
close_hook(void **state);

struct wire_record
record_of(enum wire_kind kind, const char *name);
void
feed(enum wire_kind kind, const char *name);

#endif
