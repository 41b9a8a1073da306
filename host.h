/* SPDX-License-Identifier: MIT */
/*
 * What kind of place this is, looked at once at the start: whether other people's processes can be
 * seen or signalled, and whether a limit stands over the guard itself.  Of what may change, whether
 * the kernel uses swap, whoever asks has to ask again.  It never changes anything.
 */
#ifndef OOMGUARD_HOST_H
#define OOMGUARD_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The system call without which nobody can be ended and that is refused here, with its errno: by a
 * kernel before 5.3, or by a filter.  NULL when it is none; what else goes wrong, such as too few
 * descriptors, tells nothing of the place.
 */
const char *
host_refused_call(int *ret_errno);

/*
 * True when /proc is of another PID namespace than this process, or does not know it: whom a number
 * means there is not whom a signal to that number would reach.
 */
bool
host_proc_is_foreign(void);

/*
 * True when the kernel puts nothing into swap, however much is free: with swappiness 0 the
 * multi-generational LRU takes pages of files only (mm/vmscan.c, get_swappiness()).  The older LRU
 * does turn to swap then, once there are hardly any.  It may be changed at any time.  `root` stands
 * before every path: "".
 */
bool
host_bars_swap(const char *root);

/* True when /proc hides processes from us (hidepid=1 or 2 without the privilege to look behind). */
bool
host_hides_processes(int proc_fd);

/*
 * True when /proc shows every process of the machine: none is hidden from us, and our PID namespace
 * is the first one, whose number is fixed (PROC_PID_INIT_INO in linux/proc_ns.h).
 */
bool
host_shows_everybody(int proc_fd);

/* True when /proc is mounted so that it hides processes from other users, whatever we may see
 * (hidepid= in the mounts of pid 1: a service has a /proc of its own, which hides nothing).  `root`
 * stands before every path: "". */
bool
host_hides_from_others(const char *root);

/*
 * Others that end processes for lack of memory and run here as well (systemd-oomd, earlyoom, ...):
 * their names, with commas between.  False, with *ret empty: none.
 */
bool
host_other_guards(int proc_fd, char *ret, size_t size);

/*
 * The least memory limit of a cgroup at or above this process's own, in KiB, with its path; 0 when
 * there is none below the machine's own memory.  `root` stands before every path: "".
 */
uint64_t
host_memory_limit(const char *root, uint64_t total_kib, char *ret_path, size_t size);

#endif
