/* SPDX-License-Identifier: MIT */
/*
 * The machine that the cases see: people with graphical sessions as logind writes them down, a real
 * session bus for each, and notification servers.  Namespaces of its own: nothing outside can be
 * reached, and nothing stays behind.
 */
#ifndef TESTS_NOTIFY_WORLD_H
#define TESTS_NOTIFY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Files of the cases, and the programs. */
#define WORLD_PLACE "/run/test"

/* People in the made-up user database. */
enum {
        ANN = 1500, /* nobody special */
        BEN = 1501,
        ADA = 1502,  /* a member of sudo */
        HALE = 1510, /* the first of some with ailing sessions */
        N_AILING = 8,
};

/* Everything the cases may wait for comes within this, or has failed. */
#define WORLD_CAP_US 40000000u

/* Ends the cases with a line about what went wrong, and errno. */
__attribute__((format(printf, 1, 2), noreturn)) void
world_die(const char *format, ...);

/* Becomes a machine of its own and runs `cases` in it; returns its exit status.  Needs root. */
int
world_run(const char *folder_of_programs, int (*cases)(void));

/* logind's file of a session; replaced in one step, as logind does. */
void
world_session(const char *id, uid_t uid, const char *class, const char *type, const char *state);
void
world_session_ends(const char *id);

/* A session bus; `rules` are lines of its configuration's policy.  Returns its pid, once it can be
 * connected to. */
pid_t
world_bus(uid_t uid, const char *rules);

/* A notification server as that person; returns its pid, once it has its name. */
pid_t
world_server(uid_t uid, const char *const *args);
/* The same, but started by the bus when somebody asks for it. */
void
world_activated_server(uid_t uid, const char *args);

/* Does anybody listen on that socket? */
bool
world_listens(const char *path);

void
world_end(pid_t pid);
void
world_stop(pid_t pid);
void
world_go_on(pid_t pid);

/* Runs a program as that person with their bus in the environment. */
pid_t
world_spawn(uid_t uid, const char *const *argv);

/* What that person's servers have written down so far; cut to the buffer. */
const char *
world_log(uid_t uid);
/* How many lines; the i-th, from 0. */
size_t
world_log_lines(uid_t uid);
const char *
world_log_line(uid_t uid, size_t i);
void
world_log_clear(uid_t uid);

/* Pictures go to the folder $DESKTOP_PICTURES, outside of this machine. */
bool
world_wants_pictures(void);
void
world_keep_picture(const char *name, const char *path);

void
world_write(const char *path, const char *text);
void
world_mkdirs(const char *path, uid_t owner);

#endif
