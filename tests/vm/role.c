/* SPDX-License-Identifier: MIT */
/*
 * Options, reports and page filling for every role.  Owns the random pool pages are made from;
 * never decides what a role does with them.
 */
#define _GNU_SOURCE
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

#define POOL_BYTES 65536

static const char *const backing_names[] = {
        [ROLE_ANON] = "anon",
        [ROLE_HUGE] = "huge",
        [ROLE_SHM] = "shm",
        [ROLE_MEMFD] = "memfd",
};
static const char *const term_names[] = {
        [ROLE_TERM_DIE] = "die",
        [ROLE_TERM_IGNORE] = "ignore",
        [ROLE_TERM_FORK] = "fork",
};

static int
parse_name(const char *value, const char *const *names, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (!strcmp(value, names[i]))
                        return (int)i;
        return -EINVAL;
}

static int
parse_option(const char *key, const char *value, struct role_options *o)
{
        const struct {
                const char *key;
                uint64_t *number;
        } numbers[] = {
                { "size", &o->size_kib },   { "rate", &o->rate_kib_s },
                { "until", &o->until_kib }, { "touch", &o->touch_kib_s },
                { "n", &o->count },         { "ms", &o->child_ms },
        };
        int r = 0;

        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
                if (!strcmp(key, numbers[i].key)) {
                        *numbers[i].number = strtoull(value, NULL, 10);
                        return 0;
                }
        }
        if (!strcmp(key, "slot"))
                o->slot = value;
        else if (!strcmp(key, "fill"))
                o->half_random = !strcmp(value, "half");
        else if (!strcmp(key, "back") && (r = parse_name(value, backing_names, 4)) >= 0)
                o->backing = (enum role_backing)r;
        else if (!strcmp(key, "term") && (r = parse_name(value, term_names, 3)) >= 0)
                o->term = (enum role_term)r;
        else
                return -EINVAL;
        return 0;
}

int
role_parse_options(char **argv, struct role_options *ret)
{
        struct role_options o = { .slot = "-" };

        for (; *argv; argv++) {
                char *equals = strchr(*argv, '=');

                if (!equals)
                        return -EINVAL;
                *equals = '\0';
                if (parse_option(*argv, equals + 1, &o) < 0)
                        return -EINVAL;
                *equals = '=';
        }
        *ret = o;
        return 0;
}

void
role_report(const struct role_options *o, const char *format, ...)
{
        char line[160];
        va_list ap;
        int n = snprintf(line, sizeof line, "%s ", o->slot);

        va_start(ap, format);
        n += vsnprintf(line + n, sizeof line - (size_t)n, format, ap);
        va_end(ap);
        line[n++] = '\n';
        /* Shorter than PIPE_BUF, so lines of many processes never mix. */
        if (write(ROLE_REPORT_FD, line, (size_t)n) != n)
                _exit(3);
}

void
role_mourn(const struct role_options *o)
{
        for (;;) {
                int status;
                pid_t pid = wait(&status);

                if (pid > 0)
                        role_report(o, "died %d %d", pid, status);
                else
                        role_sleep_us(200000);
        }
}

uint64_t
role_now_us(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void
role_sleep_us(uint64_t us)
{
        struct timespec ts = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

        nanosleep(&ts, NULL);
}

uint64_t
role_random(void)
{
        static uint64_t x;

        if (!x)
                x = 0x9e3779b97f4a7c15u ^ ((uint64_t)getpid() << 32);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        return x;
}

uint64_t
role_available_kib(void)
{
        static int fd = -1;
        char text[512];
        const char *at;
        ssize_t n;

        if (fd < 0)
                fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
        n = pread(fd, text, sizeof text - 1, 0);
        if (n <= 0)
                return UINT64_MAX;
        text[n] = '\0';
        at = strstr(text, "MemAvailable:");
        return at ? strtoull(at + 13, NULL, 10) : UINT64_MAX;
}

void
role_fail(const char *what)
{
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
        _exit(2);
}

/*
 * zram compresses page by page, so pages cut from one random pool at changing offsets are as
 * incompressible as fresh random ones, and filling runs at the speed of memcpy: a bomb is to be
 * as fast as the guest can touch pages, not as fast as it can make random numbers.
 */
void
role_fill_page(char *page, bool half)
{
        static uint64_t pool[POOL_BYTES / 8];
        static size_t at;

        if (!pool[0])
                for (size_t i = 0; i < POOL_BYTES / 8; i++)
                        pool[i] = role_random();
        at = (at + 72) % (POOL_BYTES - ROLE_PAGE);
        memcpy(page, (char *)pool + at, half ? ROLE_PAGE / 2 : ROLE_PAGE);
}

char *
role_map(const struct role_options *o, uint64_t size_kib)
{
        int flags = MAP_NORESERVE |
                    (o->backing <= ROLE_HUGE ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
        char path[] = "/dev/shm/bench.XXXXXX";
        char *p;
        int fd = -1;

        if (o->backing == ROLE_SHM) {
                fd = mkostemp(path, O_CLOEXEC);
                unlink(path); /* so that the memory goes when the process does */
        } else if (o->backing == ROLE_MEMFD) {
                fd = memfd_create("bench", MFD_CLOEXEC);
        }
        if (fd >= 0 && ftruncate(fd, (off_t)size_kib * 1024) < 0)
                role_fail("ftruncate");
        p = mmap(NULL, size_kib * 1024, PROT_READ | PROT_WRITE, flags, fd, 0);
        if (p == MAP_FAILED)
                role_fail("mmap");
        if (o->backing == ROLE_HUGE)
                madvise(p, size_kib * 1024, MADV_HUGEPAGE);
        return p;
}
