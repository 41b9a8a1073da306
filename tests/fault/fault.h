/* SPDX-License-Identifier: MIT */
/*
 * One run of the guard in which something fails: what is to fail, and what the run has shown.  Both
 * lie in memory that main, the run's first process and the tracer share.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* Whose call it is: threads in the order in which they are made; of the first, set-up apart. */
enum fault_who {
        WHO_START, /* the first thread, until it first waits for the next look */
        WHO_LOOP,
        WHO_ERRAND,
        WHO_REAPER,
        WHO_PULSE,
        WHO_OTHER, /* a thread that this test does not know */
        WHO_N
};

enum fault_when {
        WHEN_NEVER,  /* only records */
        WHEN_ONCE,   /* the at-th call, from 1 */
        WHEN_ALWAYS, /* all of them */
        WHEN_LATE,   /* all of them, from when memory is about to run out */
};

enum { FAULT_CALLS = 512, FAULT_SAID_MAX = 12288, FAULT_NAME_MAX = 96 };

struct fault {
        enum fault_who who;
        int call;    /* number of the system call */
        int error;   /* errno; 0: half of the bytes asked for */
        unsigned at; /* WHEN_ONCE */
        enum fault_when when;
        /* What surrounds the guard, instead of a call: */
        unsigned n_files;   /* RLIMIT_NOFILE; 0: as it is */
        unsigned space_mib; /* RLIMIT_AS */
        unsigned uid;       /* with RLIMIT_NPROC 1 */
        bool read_only;     /* all that is mounted */
};

struct fault_run {
        struct fault fault;
        char name[FAULT_NAME_MAX];

        /* The tracer's. */
        volatile int guard_pid; /* 0: not yet */
        volatile bool late;     /* set by the scene: memory is about to run out */
        uint32_t n_calls[WHO_N][FAULT_CALLS];
        uint32_t n_late[WHO_N][FAULT_CALLS]; /* of these, since then */
        uint32_t n_failed;                   /* calls that were made to fail */
        volatile bool over;
        int status; /* as of waitpid(2) */

        /* The scene's. */
        bool started, looked, ended, killed, told, fed, answered, reloaded, looked_on, stopped;
        uint32_t n_before; /* calls that had failed when memory was about to run out */
        char trouble[256]; /* the scene itself did not work */
        char said[FAULT_SAID_MAX];
        volatile uint32_t n_said;
};

/* ---- calls.c ---- */

/* Its errnos, 0 at the end; NULL: not in the table. */
const int *
calls_errnos(int call);
const char *
calls_name(int call);
/* Why it is not made to fail, or NULL. */
const char *
calls_exempt(int call);
/* Whether it may do less than it was asked for. */
bool
calls_short(int call);
const char *
calls_errno_name(int error);

/* ---- tracer.c ---- */

/* Runs the guard, with the words of argv, to its end; never returns. */
_Noreturn void
tracer_run(struct fault_run *run, const char *guard, char *const argv[]);

/* ---- scene.c ---- */

/* The whole of a guard's life, in this process's own world. */
_Noreturn void
scene_run(struct fault_run *run);

#endif
