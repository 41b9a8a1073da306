/* SPDX-License-Identifier: MIT */
/*
 * The kernel's log -> what its OOM killer did.  A kill takes many lines: who asked, whose limit it
 * was, a table of tasks, and at last who was ended; this puts them together.  Pure: text in, events
 * out.  Names of processes and cgroups are hostile.
 */
#ifndef HISTORY_KERNEL_H
#define HISTORY_KERNEL_H

#include "history.h"

enum { KERNEL_SWAPPED_MAX = 512, KERNEL_COLUMNS_MAX = 16 };

/* Columns of the table of tasks that are of use; -1: not there. */
struct kernel_columns {
        int n; /* numbers between the bracket and the name; 0: no table was seen */
        int rss, anon, shmem, swap;
};

struct kernel_log {
        uint64_t page_kib;
        struct history_event next; /* in the making */
        bool open;                 /* somebody has asked for memory, nobody was ended yet */
        bool group;                /* the whole of a cgroup is ended together */
        int32_t pid;               /* who is to be ended, where it was said; 0: it was not */
        uint64_t at_us;            /* time of the first line */
        struct kernel_columns columns;
        struct {
                int32_t pid;
                uint64_t kib;
        } swapped[KERNEL_SWAPPED_MAX];
        unsigned n_swapped;
};

#define KERNEL_LOG_INIT(kib)      \
        {                         \
                .page_kib = (kib) \
        }

/*
 * One line without its time, its level and its newline.  `time_us` is any clock that runs on from
 * line to line.  True with *ret filled, but for the times, when it tells that somebody was ended.
 */
bool
kernel_log_line(struct kernel_log *k, uint64_t time_us, const char *text, size_t len,
                struct history_event *ret);

/* How a line of a kernel log in a file begins, and where its text is. */
struct kernel_stamp {
        bool has_boot;
        uint64_t boot_us;
        uint64_t wall_us; /* 0: not told */
        const char *text;
        size_t len;
};

/*
 * Takes off what stands in front of a line: a record of /dev/kmsg (`6,409,10642157,-;`), syslog's
 * date and host, any of dmesg's times, a level `<6>` or `kern  :info  : `, a caller `[   T12] `.  A
 * line without any of them is all text.  A date without a year is the latest that is not after
 * `now_us`, and none where that is 0.
 */
void
kernel_log_stamp(const char *line, size_t len, uint64_t now_us, struct kernel_stamp *ret);

#endif
