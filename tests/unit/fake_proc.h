/* SPDX-License-Identifier: MIT */
/*
 * A tree that looks like /proc, in a folder of its own: processes come, change and go as a test
 * wants them.  Their numbers are above any that a kernel gives (PID), unless a test takes that of a
 * child of its own, so that no real process is ever meant.
 */
#ifndef OOMGUARD_FAKE_PROC_H
#define OOMGUARD_FAKE_PROC_H

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PID = 10000000 };

static char fake_root[64];

struct fake {
        int32_t pid, ppid, pgrp;
        int32_t tid; /* written as a thread of pid */
        uint64_t start_ticks, stack;
        uint32_t uid, flags, n_threads;
        char state; /* 0: S */
        uint64_t anon_kib, file_kib, shmem_kib, swap_kib, pagetables_kib;
        uint64_t addresses_kib; /* 0: a little more than is resident */
        bool no_memory;         /* nothing is left, or never was */
        const char *name;
        const char *nspid;
        const char *groups; /* more lines of status */
};

static inline void
fake_open(void)
{
        bool fast = access("/dev/shm", W_OK | X_OK) == 0;

        (void)snprintf(fake_root, sizeof(fake_root), "%s/oomguard-XXXXXX",
                       fast ? "/dev/shm" : "/tmp");
        assert_non_null(mkdtemp(fake_root));
}

static inline int
fake_unlink(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
        (void)st;
        (void)kind;
        (void)ftw;
        return remove(path);
}

static inline void
fake_remove(const char *path)
{
        (void)nftw(path, fake_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void
fake_close(void)
{
        fake_remove(fake_root);
}

/* What is at `format` below the tree; the answer holds until the next call. */
static inline const char *
fake_path(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline const char *
fake_path(const char *format, ...)
{
        static char path[512];
        int n = snprintf(path, sizeof(path), "%s/", fake_root);
        va_list args;

        va_start(args, format);
        (void)vsnprintf(path + n, sizeof(path) - (size_t)n, format, args);
        va_end(args);
        return path;
}

/* Writes a file of a process in place, so that who holds it open reads the new text. */
static inline void
fake_bytes(int32_t pid, const char *file, const char *text, size_t len)
{
        (void)mkdir(fake_path("%d", pid), 0755);
        int fd =
                open(fake_path("%d/%s", pid, file), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, len), len);
        (void)close(fd);
}

static inline void
fake_text(int32_t pid, const char *file, const char *text)
{
        fake_bytes(pid, file, text, strlen(text));
}

static inline void
fake_link(int32_t pid, const char *file, const char *target)
{
        (void)mkdir(fake_path("%d", pid), 0755);
        (void)mkdir(fake_path("%d/ns", pid), 0755);
        (void)unlink(fake_path("%d/%s", pid, file));
        assert_int_equal(symlink(target, fake_path("%d/%s", pid, file)), 0);
}

static inline void
fake_lose(int32_t pid, const char *file)
{
        fake_remove(fake_path("%d/%s", pid, file));
}

static inline void
fake_end(int32_t pid)
{
        fake_remove(fake_path("%d", pid));
}

static inline uint64_t
fake_shared(const struct fake *f)
{
        return (f->file_kib + f->shmem_kib) / ((uint64_t)sysconf(_SC_PAGESIZE) / 1024);
}

static inline uint64_t
fake_resident(const struct fake *f)
{
        uint64_t page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;

        return f->no_memory ? 0 : f->anon_kib / page_kib + fake_shared(f);
}

/* Pages that have an address. */
static inline uint64_t
fake_mapped(const struct fake *f)
{
        uint64_t page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;

        return f->addresses_kib ? f->addresses_kib / page_kib : fake_resident(f) + 1000;
}

static inline void
fake_status(const struct fake *f, char *text, size_t size)
{
        int n = snprintf(text, size, "Name:\t%s\nPid:\t%d\nUid:\t%u\t%u\t%u\t%u\n%sNSpid:\t%s\n",
                         f->name ? f->name : "x", f->pid, f->uid, f->uid, f->uid, f->uid,
                         f->groups ? f->groups : "", f->nspid ? f->nspid : "1");

        if (!f->no_memory)
                n += snprintf(text + n, size - (size_t)n,
                              "VmSize:\t%" PRIu64 " kB\nRssAnon:\t%" PRIu64
                              " kB\nRssFile:\t%" PRIu64 " kB\nRssShmem:\t%" PRIu64
                              " kB\nVmPTE:\t%" PRIu64 " kB\nVmSwap:\t%" PRIu64 " kB\n",
                              fake_mapped(f) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024, f->anon_kib,
                              f->file_kib, f->shmem_kib, f->pagetables_kib, f->swap_kib);
        (void)snprintf(text + n, size - (size_t)n, "Threads:\t%u\n", f->n_threads);
}

static inline void
fake_statm(const struct fake *f, char *text, size_t size)
{
        if (f->no_memory)
                (void)snprintf(text, size, "0 0 0 0 0 0 0\n");
        else
                (void)snprintf(text, size, "%" PRIu64 " %" PRIu64 " %" PRIu64 " 1 0 1 0\n",
                               fake_mapped(f), fake_resident(f), fake_shared(f));
}

/* Writes, or writes anew, stat, statm and status: of a thread status alone. */
static inline void
fake_put(struct fake f)
{
        char text[16384];

        f.n_threads += f.n_threads == 0;
        fake_status(&f, text, sizeof(text));
        if (f.tid) {
                char file[64];

                (void)mkdir(fake_path("%d", f.pid), 0755);
                (void)mkdir(fake_path("%d/task", f.pid), 0755);
                (void)mkdir(fake_path("%d/task/%d", f.pid, f.tid), 0755);
                (void)snprintf(file, sizeof(file), "task/%d/status", f.tid);
                fake_text(f.pid, file, text);
                return;
        }
        fake_text(f.pid, "status", text);
        fake_statm(&f, text, sizeof(text));
        fake_text(f.pid, "statm", text);
        (void)snprintf(text, sizeof(text),
                       "%d (%s) %c %d %d 1 0 -1 %u 1 2 3 4 5 6 7 8 20 0 %u 0 %" PRIu64 " 9 %" PRIu64
                       " 9 1 1 %" PRIu64 " 0 0\n",
                       f.pid, f.name ? f.name : "x", f.state ? f.state : 'S', f.ppid, f.pgrp,
                       f.flags, f.n_threads, f.start_ticks, fake_resident(&f), f.stack);
        fake_text(f.pid, "stat", text);
}

/* How many descriptors this process has open. */
static inline unsigned
fake_count_open(void)
{
        unsigned n = 0;

        for (int fd = 0; fd < 1024; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

#endif
