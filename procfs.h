/* SPDX-License-Identifier: MIT */
/*
 * Reading one process's files below a held /proc descriptor: openat, read, close, into the caller's
 * buffer, no heap.  It never parses: procstat.c does.  Opening allocates in the kernel and may
 * therefore wait for memory; the loop comes here only when nobody else has looked for it.
 */
#ifndef OOMGUARD_PROCFS_H
#define OOMGUARD_PROCFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "procstat.h"

/* Large enough for stat and statm, and for status (kernel 6.18: 1.5 kB) less its groups. */
enum { PROCFS_TEXT_MAX = 4096, PROCFS_PATH_MAX = 96 };

/* struct linux_dirent64, as getdents64(2) fills a buffer with it. */
struct dent {
        uint64_t ino;
        int64_t off;
        uint16_t reclen;
        uint8_t type;
        char name[];
};
enum { DENT_FOLDER = 4 }; /* DT_DIR */

/* getdents64(2) aligns every entry. */
static inline const struct dent *
procfs_dent(const char *buf, ssize_t at)
{
        return (const struct dent *)(const void *)(buf + at);
}

/* Writes "PID/FILE", or "PID/task/TID/FILE" when tid is not 0. */
void
procfs_path(char *ret, size_t size, int32_t pid, int32_t tid, const char *file);

/* Opens it for reading.  A descriptor or a negative errno. */
int
procfs_open(int proc_fd, int32_t pid, int32_t tid, const char *file);

/* Bytes read (at most size - 1; a zero is put behind them), or a negative errno: -ENOENT and -ESRCH
 * when the process has gone. */
ssize_t
procfs_read(int proc_fd, int32_t pid, int32_t tid, const char *file, char *ret, size_t size);

/* The same for a held descriptor, from its start.  Of a status that is too long the line of groups
 * is left out (there may be 65,536 of them), and then whatever follows the last line that fits. */
ssize_t
procfs_reread(int fd, char *ret, size_t size);

/* stat of a process.  0 or a negative errno. */
int
procfs_stat(int proc_fd, int32_t pid, struct proc_stat *ret);

/* Target of a link such as exe or ns/mnt.  Length (cut to size - 1) or a negative errno. */
ssize_t
procfs_link(int proc_fd, int32_t pid, const char *file, char *ret, size_t size);

/* A pidfd (pidfd_open(2)) proven to be the process that started at start_ticks, or a negative
 * errno; -ESRCH when it is another one by now. */
int
procfs_pidfd(int proc_fd, int32_t pid, uint64_t start_ticks);

#endif
