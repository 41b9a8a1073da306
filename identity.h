/* SPDX-License-Identifier: MIT */
/*
 * Who a process is, as rules ask: executable, command line, cgroup, unit.  Read once, when a
 * process is first followed.  Never judges: rules.c does.
 *
 * A command line is read under the process's mmap_lock, and whoever forks or maps holds that while
 * it waits for memory: among 800 processes that forked in a machine with none left, a scan stood
 * still for 30 s.  So it is only read where a rule asks for it, by who may wait.
 */
#ifndef OOMGUARD_IDENTITY_H
#define OOMGUARD_IDENTITY_H

#include "candidate.h"
#include "policy.h"

/* Java has its main class behind kilobytes of class path. */
enum { IDENTITY_PATH_MAX = 512, IDENTITY_CMDLINE_MAX = 4096 };

struct identity_text {
        char name[PROC_NAME_MAX];
        char exe[IDENTITY_PATH_MAX];
        char cmdline[IDENTITY_CMDLINE_MAX];
        char cgroup[IDENTITY_PATH_MAX];
        char unit[IDENTITY_PATH_MAX]; /* whole: rules are to match its end, too */
        uint32_t uid;
        bool root_exe;
};

/*
 * The host's mount namespace, as pid 1's ns/mnt shows it: under its unit the guard has one of its
 * own.  Where that cannot be read it is the guard's own, and where neither can an empty string.
 */
void
identity_host_namespace(int proc_fd, char *ret, size_t size);

/* Reads what it can: what cannot be read stays empty.  name and uid are the caller's to fill.  The
 * command line is read only when `cmdline`. */
void
identity_read(int proc_fd, int32_t pid, const char *host_mnt, bool cmdline,
              struct identity_text *ret);

/* The policy's word on it, as indices. */
struct standing
identity_standing(const struct policy *p, const struct identity_text *id);

/* The same for one whose command line was not read: what a rule might protect by it is protected.
 */
struct standing
identity_standing_unread(const struct policy *p, const struct identity_text *id);

/* A number for an executable, the same for the same path; 0 for an empty one. */
uint32_t
identity_exe_id(const char *exe);

/* True when the process's cgroup, or one above it, is frozen (cgroup v2's cgroup.events, v1's
 * freezer). */
bool
identity_frozen(int proc_fd, int32_t pid);

#endif
