/* SPDX-License-Identifier: MIT */
/*
 * The files of one process in /proc -> numbers: stat, statm, status, cgroup.  Pure: text in,
 * numbers out.  Names of processes are hostile: they may hold `)`, newlines and any byte but 0.
 */
#ifndef OOMGUARD_PROCSTAT_H
#define OOMGUARD_PROCSTAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROC_NAME_MAX = 16, PROC_UNIT_MAX = 80 };

/* /proc/PID/stat (proc_pid_stat(5)). */
struct proc_stat {
        int32_t pid;
        char name[PROC_NAME_MAX]; /* between the first ( and the last ) */
        char state;               /* R S D T t Z X I ... */
        int32_t ppid;
        int32_t pgrp;   /* 0: a kernel thread, or one that is just going */
        uint32_t flags; /* PF_*; PROC_KTHREAD marks a kernel thread */
        uint32_t n_threads;
        uint64_t start_ticks; /* clock ticks since boot */
        uint64_t resident;    /* pages */
        uint64_t start_stack; /* address; 0 when not permitted.  exec(2) moves it, fork(2) does not:
                               * a child with its parent's value still shares its parent's pages. */
};

#define PROC_KTHREAD 0x00200000u

/* 0, or -EINVAL with *ret untouched.  A text cut to a buffer will do if start_stack is in it. */
int
proc_stat_parse(const char *text, size_t len, struct proc_stat *ret);

/* /proc/PID/statm, in pages. */
struct proc_statm {
        uint64_t size;
        uint64_t resident;
        uint64_t shared; /* resident file and shared-memory pages; the rest is anonymous */
};

/* 0, or -EINVAL with *ret untouched; shared is never above resident.  All zero is a kernel thread
 * or a process past exit_mm(). */
int
proc_statm_parse(const char *text, size_t len, struct proc_statm *ret);

/* /proc/PID/status; sizes are 0 for a process without memory (kernel thread, zombie). */
struct proc_status {
        uint32_t uid; /* effective */
        uint64_t anon_kib;
        uint64_t file_kib;
        uint64_t shmem_kib;
        uint64_t pagetables_kib;
        uint64_t swap_kib;
        uint64_t mapped_kib; /* addresses in use, with memory or without */
        uint32_t n_threads;
        bool ns_init; /* pid 1 of a PID namespace other than the one /proc shows (NSpid) */
};

/* 0, or -EINVAL with *ret untouched: Uid or Threads missing, a key without its number, or the last
 * line torn.  `Name:` comes first and may hold anything, escaped or not: keys are found at the
 * start of a line and the last one of a kind counts. */
int
proc_status_parse(const char *text, size_t len, struct proc_status *ret);

/*
 * /proc/PID/cgroup -> where the process belongs: the path in systemd's own hierarchy of version 1
 * (`name=systemd`) if there is one, else that in the unified one (`0::`), without its newline.
 * Where both are there, whoever makes cgroups without systemd, as Docker does, makes them in
 * version 1 and leaves everybody in its own service in the unified one.  Cut to fit.  0, or -EINVAL
 * with ret untouched.
 */
int
proc_cgroup_parse(const char *text, size_t len, char *ret, size_t ret_size);

/* The path in the unified hierarchy alone, for its files.  The same otherwise. */
int
proc_cgroup_unified(const char *text, size_t len, char *ret, size_t ret_size);

/*
 * Innermost part of a cgroup path that ends in .service or .scope; an empty string when there is
 * none.  Cut to fit.
 */
void
proc_unit_of(const char *cgroup, char *ret, size_t ret_size);

#endif
