/* SPDX-License-Identifier: MIT */
/*
 * The past: every process that somebody ended for lack of memory, as plain values.  Lines and
 * journal entries are read into reports (history_kernel.c, history_guard.c, history_oomd.c), and
 * reports are put together into events here.  Pure: text and numbers in, numbers out.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        HISTORY_TOP = 5, /* largest consumers that are kept */
        HISTORY_NAME_MAX = 64,
        HISTORY_PATH_MAX = 192,
        HISTORY_WHY_MAX = 384,
        HISTORY_EVENTS_MAX = 20000,
};

enum history_killer { KILLER_GUARD, KILLER_KERNEL, KILLER_OOMD, KILLER_OTHER };

/* Where the kernel ran out. */
enum history_scope {
        SCOPE_UNKNOWN,
        SCOPE_MACHINE,
        SCOPE_CGROUP, /* inside a limit */
        SCOPE_CPUSET,
        SCOPE_POLICY, /* memory bound to NUMA nodes */
};

enum history_ending { ENDING_UNKNOWN, ENDING_ENDED, ENDING_GAVE_UP, ENDING_RELEASED };

/* What a report is about: a new kill, or news of one. */
enum history_kind { REPORT_KILL, REPORT_ESCALATED, REPORT_ENDING };

/* Who told of an event: the same one told by several is one event. */
enum history_source { SOURCE_LINE = 1, SOURCE_FIELDS = 2, SOURCE_KERNEL = 4, SOURCE_MANAGER = 8 };

struct history_consumer {
        char name[HISTORY_NAME_MAX];
        int32_t pid; /* 0: a cgroup, or not known */
        uint64_t kib;
};

/* Numbers that were not told are 0, texts empty. */
struct history_event {
        uint64_t wall_us; /* 0: not known */
        uint64_t boot_us; /* since boot, by the kernel's clock; 0: not known */
        enum history_killer killer;
        char by[HISTORY_NAME_MAX]; /* KILLER_OTHER: its name */
        uint32_t told;             /* enum history_source, or-ed */
        int32_t pid;
        uint32_t n; /* processes ended as one, 1 for one */
        bool has_uid;
        uint32_t uid;
        char name[HISTORY_NAME_MAX];
        char unit[HISTORY_PATH_MAX]; /* unit of the process, or the cgroup that was ended */
        uint64_t size_kib;           /* memory and swap that it held */
        char why[HISTORY_WHY_MAX];   /* in the killer's words */
        struct history_consumer top[HISTORY_TOP]; /* the largest first */
        unsigned n_top;

        /* KILLER_GUARD */
        bool dry_run;
        int sig;       /* of the first signal; 0: not known */
        bool sig_kill; /* SIGKILL was sent, first or later */
        enum history_ending ending;
        uint64_t took_us, gave_back_kib, available_kib;

        /* KILLER_KERNEL */
        enum history_scope scope;
        char limit_cgroup[HISTORY_PATH_MAX]; /* whose limit it was */
        uint64_t limit_kib, usage_kib;
        char asked[HISTORY_NAME_MAX]; /* who asked for memory */
        bool has_swap;
        uint64_t swap_total_kib, swap_free_kib;
};

struct history {
        struct history_event *event;
        size_t n, room;
        uint64_t n_dropped; /* older ones that did not fit in */
        bool no_memory;
};

/* An event with nothing known of it. */
struct history_event
history_event_init(enum history_killer killer, uint64_t wall_us);

/* A consumer among the largest, if it is one. */
void
history_top_add(struct history_event *e, const char *name, int32_t pid, uint64_t kib);

/*
 * Takes a report in.  News of a kill, and a kill that another source has told already, fill in what
 * the event does not know yet.
 */
void
history_add(struct history *h, enum history_kind kind, const struct history_event *report);

/* By time; those without one stay in their order. */
void
history_sort(struct history *h);

void
history_free(struct history *h);

/* Copies text of a length, washed: printable and valid UTF-8. */
void
history_copy(char *ret, size_t size, const char *text, size_t len);

#endif
