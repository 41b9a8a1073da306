/* SPDX-License-Identifier: MIT */
/*
 * Owns the memory that the subject takes.  Never says anything.
 */
#include "subject.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, KEPT_MAX = 4096 };
#define HUGE_SIZE (2 * MIB)

static struct kept {
        void *at;
        size_t size;
} kept[KEPT_MAX];
static unsigned n_kept;

void
subject_fail(const char *what)
{
        perror(what);
        _exit(99);
}

void
subject_sleep_ms(long ms)
{
        struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

        while (nanosleep(&ts, &ts) < 0)
                ;
}

static void
touch(char *at, size_t size)
{
        for (size_t i = 0; i < size; i += PAGE)
                at[i] = (char)(i / PAGE | 1);
}

void
subject_take(size_t size, int flags, bool huge)
{
        size_t room = huge ? size + HUGE_SIZE : size;
        char *at = mmap(NULL, room, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

        if (at == MAP_FAILED || n_kept == KEPT_MAX)
                subject_fail("mmap");
        kept[n_kept++] = (struct kept){ at, room };
        if (huge) {
                at += HUGE_SIZE - (uintptr_t)at % HUGE_SIZE;
                if (madvise(at, size, MADV_HUGEPAGE) < 0)
                        subject_fail("MADV_HUGEPAGE");
        }
        touch(at, size);
}

void
subject_touch(void)
{
        volatile char sum = 0;

        for (unsigned i = 0; i < n_kept; i++)
                for (size_t at = 0; at < kept[i].size; at += PAGE)
                        sum = (char)(sum + ((char *)kept[i].at)[at]);
}

void
subject_give_back(void)
{
        while (n_kept > 0) {
                n_kept--;
                (void)munmap(kept[n_kept].at, kept[n_kept].size);
        }
}

void
subject_unmap(void)
{
        for (unsigned i = 0; i < n_kept; i++)
                if (madvise(kept[i].at, kept[i].size, MADV_DONTNEED) < 0)
                        subject_fail("MADV_DONTNEED");
}

/* Steps of 2 MiB at most, so that huge pages come whole. */
void
subject_grow(const char *value, int flags, bool huge)
{
        char *rest;
        size_t end = strtoul(value, &rest, 10) * MIB, rate = strtoul(rest + 1, NULL, 10) * MIB;
        size_t step = huge || rate >= 100 * MIB ? HUGE_SIZE : MIB / 4;

        if (*rest != ':' || rate == 0)
                subject_fail("grow");
        for (size_t size = 0; end == 0 || size < end; size += step) {
                subject_take(step, flags, huge);
                subject_sleep_ms((long)(step * 1000 / rate));
        }
}
