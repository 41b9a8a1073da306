/* SPDX-License-Identifier: MIT */
/*
 * The world of one case: a PID and a mount namespace with a /proc of their own, a folder in memory,
 * and the end of the case, good or bad.  Everything below runs in the case's own first process.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <sys/types.h>

/* How long something that must happen is waited for.  It is no assertion of speed. */
enum { WORLD_PATIENCE_MS = 30000, WORLD_PATH_MAX = 128, WORLD_NOT_HERE = 77 };

/* Makes the process the first of its world. */
void
world_enter(const char *dir, const char *guard, const char *subject);

/* The case is over and good, if the guard ends cleanly. */
_Noreturn void
world_leave(void);

/* The case is over and has failed: says where and why, with all that the guard has said. */
__attribute__((format(printf, 3, 4))) _Noreturn void
world_fail(const char *file, int line, const char *format, ...);

/* The case is over and says nothing: this place has not what it needs.  It has not passed. */
_Noreturn void
world_not_here(const char *why);

#define CHECK(condition, ...)                                        \
        do {                                                         \
                if (!(condition))                                    \
                        world_fail(__FILE__, __LINE__, __VA_ARGS__); \
        } while (0)

/* Waits until it is so. */
#define AWAIT(condition, ...)                                                                      \
        do {                                                                                       \
                long await_end_ms = world_now_ms() + WORLD_PATIENCE_MS;                            \
                while (!(condition)) {                                                             \
                        if (world_now_ms() > await_end_ms)                                         \
                                world_fail(__FILE__, __LINE__, "waited in vain for " __VA_ARGS__); \
                        world_pause();                                                             \
                }                                                                                  \
        } while (0)

long
world_now_ms(void);

/* A few milliseconds, in which the guard is listened to. */
void
world_pause(void);

/* This process as seen from outside of its namespace. */
int
world_outside_pid(void);

/* Paths of files in the case's own folder; valid until the next but three. */
const char *
world_path(const char *name);

/* Writes a file there. */
__attribute__((format(printf, 2, 3))) void
world_write(const char *name, const char *format, ...);

/* A copy of the subject there, in folders that are made, owned by somebody; its path. */
const char *
world_copy_subject(const char *name, uid_t owner);

/* The two programs, copied there so that everybody can run them. */
const char *
world_guard(void);
const char *
world_subject(void);

#endif
