/* SPDX-License-Identifier: MIT */
/*
 * One scenario in the guest: the processes it started, what was seen, and the verdict.  Shared by
 * the supervisor's own files only.
 */
#pragma once

#include "role.h"

#define BENCH_MAX_SUBJECTS    4096
#define BENCH_DEAD_DEADLINE_S 300 /* the slowest leak takes 5 MB/s, of a GiB with the swap */
#define BENCH_TICK_MS         20
#define BENCH_SETTLE_US       3000000 /* long enough to see a kill too many */

struct subject {
        pid_t pid;
        enum role_kind kind;
        char name[16];
        bool ready;
        bool dead;
        int status;
};

struct kernel_kills {
        unsigned global;
        unsigned limited; /* inside the limit of a cgroup */
};

/* What the episodes that are over have come to. */
struct tally {
        unsigned episodes, failed;
        unsigned guilty, guilty_dead, innocent_killed;
        struct kernel_kills kernel;
        uint64_t worst_us; /* the canary's */
        char first[160];   /* what was wrong first */
};

struct bench {
        const char *scenario;
        const char *swap;
        uint64_t seed;
        struct subject subjects[BENCH_MAX_SUBJECTS];
        unsigned n_subjects;
        long need; /* how many guilty ones must die; -1 is all of them */
        bool kernel_may_kill;
        bool canary_may_wait;
        uint64_t total_kib;
        uint64_t lowest_kib;
        uint64_t await_kib; /* a step waits for available memory to be down to this; or 0 */
        uint64_t start_us;
        bool own_time;             /* virtual time: nothing that the host does can be seen */
        uint64_t host_worst_us;    /* the supervisor is real-time: its lateness is the host's */
        unsigned tick_ms;          /* how often the supervisor looks */
        char episode[40];          /* that is going on, or empty */
        unsigned n_steady;         /* subjects that were there before the first episode */
        struct canary_stats began; /* as of the beginning of the episode */
        struct tally past;
        struct canary_stats *canary;
        int canary_fd;
        int report_fd; /* read end; children hold the other as ROLE_REPORT_FD */
        int report_write_fd;
        int guard_fd; /* what the guard prints */
        bool guard_started;
        bool guard_ended;
        char error[120]; /* the bench itself could not do its work */
};

/* table.c: the text of the table, and numbers in it */
char *
table_find(char *text, const char *name);
void
table_resolve(const struct bench *b, unsigned position, const char *token, char *ret, size_t size);

/* subject.c: processes, their reports and deaths */
struct subject *
subject_add(struct bench *b, pid_t pid, char kind, const char *name);
struct subject *
subject_find(struct bench *b, const char *name);
void
subject_died(struct bench *b, pid_t pid, int status);
void
subject_read_reports(struct bench *b);
void
subject_reap(struct bench *b);
unsigned
subject_count(const struct bench *b, enum role_kind kind, bool dead_only);
bool
subject_was_killed(const struct subject *s);

/* spawn.c */
int
spawn_prepare(const char *name);
pid_t
spawn_start(const struct bench *b, char kind, const char *name, char **args);

/*
 * watch.c: looks until what is awaited has come (NULL: nothing is; guilty: enough of them died;
 * await_kib) or us have passed; true if it came.
 */
bool
watch(struct bench *b, uint64_t us, const struct subject *awaited, bool guilty);

/* judge.c: the verdict on an episode, into past and the log; then the one line, true is PASS */
void
judge_episode(struct bench *b);
bool
judge(struct bench *b);

/* episode.c */
void
episode_begin(struct bench *b, const char *name);
void
episode_over(struct bench *b);

void
bench_log(const struct bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
