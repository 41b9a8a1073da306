/* SPDX-License-Identifier: MIT */
/*
 * A case, and the namespaces that it runs in.  pool.c runs many beside each other; the case itself
 * is the first process of a PID namespace, so that nothing outside can be reached and nothing of it
 * can stay behind.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

struct system_case {
        const char *name; /* NULL ends a list */
        void (*run)(void);
        bool alone; /* looks at the real memory: nobody else may move it */
};

#define CASE(function)                     \
        {                                  \
#function, function, false \
        }
#define CASE_ALONE(function)              \
        {                                 \
#function, function, true \
        }
#define CASE_END                  \
        {                         \
                NULL, NULL, false \
        }

extern const struct system_case cases_choice[], cases_rules[], cases_kill[], cases_nobody[],
        cases_verdict[], cases_fault[], cases_place[], cases_command[], cases_crowd[], cases_real[],
        cases_feed[], cases_manager[], cases_ballast[];

/* What all cases need, set by main. */
struct pool_place {
        const char *guard, *subject; /* paths of the two programs */
        const char *dir;             /* an empty folder: each case mounts one of its own there */
        unsigned n_at_once;
        unsigned patience_s; /* a case that takes longer is ended, and has failed */
        volatile int stop;   /* set by a signal: nothing is waited for any more */
};

struct pool_job {
        const struct system_case *what;
        int pid; /* 0: not begun, or over */
        int pidfd;
        int log_fd;
        long begun_ms;
        bool begun, over;
        int status; /* as of waitpid(2) */
};

/* Runs jobs, in order and as many at once as there is room for, until this one is over, or until
 * it is all to stop. */
void
pool_wait_for(const struct pool_place *place, struct pool_job *jobs, size_t n,
              const struct pool_job *job);

/* Ends what still runs. */
void
pool_end(struct pool_job *jobs, size_t n);

#endif
