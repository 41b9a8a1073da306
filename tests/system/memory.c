/* SPDX-License-Identifier: MIT */
/*
 * Owns the made-up machine: what it has, what of it the subjects hold, and the thread that keeps
 * its files true.  Never signals and never judges.
 */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "group.h"
#include "world.h"

enum { STEP_MS = 4, FLAP_STEPS = 40, SUBJECTS_MAX = 64 };

struct subject {
        char path[64];
        int statm_fd; /* held: it never answers for somebody else with the same number */
        bool shared;
};

static struct {
        pthread_mutex_t lock;
        bool runs;
        uint64_t base_kib, available_kib;
        bool fixed, by_group;
        unsigned stall_percent;
        uint64_t stall_below_kib;
        enum memory_reclaim reclaim;
        uint64_t stall_us, pages;
        enum memory_fault fault;
        _Atomic unsigned step;
        long step_us;
        struct subject subject[SUBJECTS_MAX];
        _Atomic unsigned n;
} m = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- what the subjects hold ---- */

static uint64_t
statm_kib(int fd)
{
        char text[128];
        unsigned long size, resident, shared;
        ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

        if (n <= 0)
                return 0;
        text[n] = '\0';
        if (sscanf(text, "%lu %lu %lu", &size, &resident, &shared) != 3)
                return 0;
        return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* Its part of every page: the sum over all that share a page is that page, once. */
static uint64_t
pss_kib(const char *subject)
{
        char path[96], line[128];
        unsigned long anon = 0, shmem = 0;

        (void)snprintf(path, sizeof(path), "/proc/%s/smaps_rollup", subject);
        FILE *f = fopen(path, "re");

        if (!f)
                return 0;
        while (fgets(line, sizeof(line), f)) {
                (void)sscanf(line, "Pss_Anon: %lu", &anon);
                (void)sscanf(line, "Pss_Shmem: %lu", &shmem);
        }
        (void)fclose(f);
        return anon + shmem;
}

static uint64_t
held_kib(void)
{
        uint64_t kib = 0;

        if (m.by_group)
                return group_held_kib(world_outside_pid());
        for (unsigned i = 0; i < m.n; i++)
                kib += m.subject[i].shared ? pss_kib(m.subject[i].path)
                                           : statm_kib(m.subject[i].statm_fd);
        return kib;
}

/* ---- the thread ---- */

static void
tell_stall(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        long now_us = ts.tv_sec * 1000000 + ts.tv_nsec / 1000;

        uint64_t span_us = (uint64_t)(now_us - m.step_us);

        m.step_us = now_us;
        if (m.available_kib > m.stall_below_kib)
                return;
        m.stall_us += span_us * m.stall_percent / 100;
        files_put_stall(m.stall_us);
        if (m.reclaim == MEMORY_KEEPS)
                return;
        m.pages += 1000;
        files_put_reclaim(m.pages, m.reclaim == MEMORY_THRASHES);
}

static void
step(void)
{
        uint64_t kib = held_kib();

        (void)pthread_mutex_lock(&m.lock);
        m.step++;
        m.available_kib = m.fixed ? m.base_kib : m.base_kib > kib ? m.base_kib - kib : 0;
        if (m.fault == MEMORY_GOOD)
                files_put_available(m.available_kib);
        if (m.fault == MEMORY_FLAPPING && m.step % FLAP_STEPS == 0)
                files_break(m.step % (2 * FLAP_STEPS) ? MEMORY_GOOD : MEMORY_TORN);
        tell_stall();
        (void)pthread_mutex_unlock(&m.lock);
}

static void *
keep_true(void *arg)
{
        struct sched_param sp = { .sched_priority = 2 };
        struct timespec ts = { 0, STEP_MS * 1000000 };

        (void)arg;
        /* What the dead have left must show before the guard wonders where it is. */
        (void)sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &sp);
        for (;;) {
                step();
                (void)nanosleep(&ts, NULL);
        }
        return NULL;
}

void
memory_make_up(void)
{
        pthread_t thread;
        struct timespec ts;

        m.base_kib = m.available_kib = MEMORY_TOTAL_MIB * 1024;
        files_mount(m.base_kib);
        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        m.step_us = ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
        m.runs = true;
        CHECK(pthread_create(&thread, NULL, keep_true, NULL) == 0, "no thread");
}

/* ---- what a case says ---- */

bool
memory_by_group(void)
{
        m.by_group = group_count(world_outside_pid());
        return m.by_group;
}

void
memory_set(unsigned mib)
{
        (void)pthread_mutex_lock(&m.lock);
        m.base_kib = mib * 1024ull;
        m.fixed = false;
        (void)pthread_mutex_unlock(&m.lock);
}

void
memory_leave(unsigned mib)
{
        uint64_t want_kib = mib * 1024ull;

        (void)pthread_mutex_lock(&m.lock);
        m.base_kib = want_kib + held_kib();
        m.fixed = false;
        unsigned from = m.step;

        (void)pthread_mutex_unlock(&m.lock);
        AWAIT(m.step > from + 1, "the made-up memory");
}

void
memory_fix(unsigned mib)
{
        (void)pthread_mutex_lock(&m.lock);
        m.base_kib = mib * 1024ull;
        m.fixed = true;
        (void)pthread_mutex_unlock(&m.lock);
}

void
memory_count(const char *path, bool shared)
{
        char statm[96];
        struct subject *s = &m.subject[m.n];

        CHECK(m.n < SUBJECTS_MAX, "too many subjects");
        (void)snprintf(s->path, sizeof(s->path), "%s", path);
        (void)snprintf(statm, sizeof(statm), "/proc/%s/statm", path);
        s->shared = shared;
        s->statm_fd = open(statm, O_RDONLY | O_CLOEXEC);
        CHECK(s->statm_fd >= 0, "%s: %s", statm, strerror(errno));
        m.n++; /* last: the thread reads on */
}

void
memory_swap(unsigned total_mib, unsigned free_mib)
{
        (void)pthread_mutex_lock(&m.lock);
        files_put_swap(total_mib * 1024ull, free_mib * 1024ull);
        (void)pthread_mutex_unlock(&m.lock);
}

void
memory_swap_underflow(void)
{
        (void)pthread_mutex_lock(&m.lock);
        files_put_swap_below_zero();
        (void)pthread_mutex_unlock(&m.lock);
}

void
memory_stall(unsigned percent, unsigned below_mib, enum memory_reclaim reclaim)
{
        (void)pthread_mutex_lock(&m.lock);
        m.stall_below_kib = below_mib * 1024ull;
        m.stall_percent = percent;
        m.reclaim = reclaim;
        (void)pthread_mutex_unlock(&m.lock);
}

void
memory_break(enum memory_fault fault)
{
        (void)pthread_mutex_lock(&m.lock);
        m.fault = fault;
        files_break(fault);
        (void)pthread_mutex_unlock(&m.lock);
}

/* Free pages that the processors keep: 1 GiB of 24 was seen.  A made-up machine has none. */
static uint64_t
listed_kib(void)
{
        uint64_t pages = 0;
        unsigned long count;
        struct stat mem, zones;
        char line[128];
        FILE *f = fopen("/proc/zoneinfo", "re");

        CHECK(f && stat("/proc/meminfo", &mem) == 0 && fstat(fileno(f), &zones) == 0,
              "zoneinfo: %s", strerror(errno));
        while (mem.st_dev == zones.st_dev && fgets(line, sizeof(line), f))
                if (sscanf(line, " count: %lu", &count) == 1)
                        pages += count;
        (void)fclose(f);
        return pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

uint64_t
memory_available_kib(void)
{
        unsigned long kib = 0;
        char line[128];
        FILE *f = fopen("/proc/meminfo", "re");

        CHECK(f, "meminfo: %s", strerror(errno));
        while (fgets(line, sizeof(line), f))
                (void)sscanf(line, "MemAvailable: %lu", &kib);
        (void)fclose(f);
        return kib + listed_kib();
}

void
memory_show(void)
{
        if (m.runs)
                printf("  available %llu KiB of %llu, %u subjects counted, stall %u%%\n",
                       (unsigned long long)m.available_kib, (unsigned long long)m.base_kib, m.n,
                       m.stall_percent);
}
