/* SPDX-License-Identifier: MIT */
/*
 * Looks on while a scenario runs: reports, deaths, what the guard says, how much memory is left.
 * Never starts or ends anything.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
bench_log(const struct bench *b, const char *format, ...)
{
        uint64_t ms = (role_now_us() - b->start_us) / 1000;
        va_list ap;

        printf("%4llu.%03llu ", (unsigned long long)ms / 1000, (unsigned long long)ms % 1000);
        va_start(ap, format);
        vprintf(format, ap);
        va_end(ap);
        putchar('\n');
}

static void
read_guard(struct bench *b)
{
        static char text[4096];
        static size_t used;
        ssize_t n = read(b->guard_fd, text + used, sizeof text - 1 - used);
        char *line = text;
        char *end;

        if (n <= 0) {
                b->guard_ended |= n == 0 && b->guard_started;
                return;
        }
        used += (size_t)n;
        text[used] = '\0';
        for (; (end = strchr(line, '\n')); line = end + 1) {
                *end = '\0';
                bench_log(b, "guard: %s", line);
        }
        used -= (size_t)(line - text);
        memmove(text, line, used);
        if (used == sizeof text - 1)
                used = 0;
}

static bool
guilty_are_dead(const struct bench *b)
{
        unsigned dead = subject_count(b, ROLE_GUILTY, true);
        unsigned need = b->need < 0 ? subject_count(b, ROLE_GUILTY, false) : (unsigned)b->need;

        return dead && dead >= need;
}

static void
read_text(const char *path, char *ret, size_t size)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

        ret[n < 0 ? 0 : n] = '\0';
        close(fd);
}

static uint64_t
find_number(const char *text, const char *key)
{
        const char *at = strstr(text, key);

        return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* Once a second, for whoever reads the log: how the machine is. */
static void
log_state(struct bench *b)
{
        static char text[8192];
        static uint64_t last_us, some_us, full_us, scanned;
        uint64_t now_us = role_now_us();
        uint64_t some, full, scan, swap_mib;
        const char *line;

        if (now_us - last_us < 1000000)
                return;
        read_text("/proc/meminfo", text, sizeof text);
        swap_mib = find_number(text, "SwapFree:") / 1024;
        read_text("/proc/pressure/memory", text, sizeof text);
        line = strstr(text, "full");
        some = find_number(text, "total=");
        full = line ? find_number(line, "total=") : 0;
        read_text("/proc/vmstat", text, sizeof text);
        scan = find_number(text, "pgscan_kswapd ") + find_number(text, "pgscan_direct ");
        bench_log(b, "available %llu swap %llu MiB, some %llu full %llu ms, scanned %llu",
                  (unsigned long long)role_available_kib() / 1024, (unsigned long long)swap_mib,
                  (unsigned long long)(some - some_us) / 1000,
                  (unsigned long long)(full - full_us) / 1000,
                  (unsigned long long)(scan - scanned));
        last_us = now_us;
        some_us = some;
        full_us = full;
        scanned = scan;
}

/* For whoever reads the log: when the canary waited, and once each time that it waits for long, on
 * what.  A stack that the kernel does not show costs nothing but the line. */
static void
log_canary(struct bench *b)
{
        static char stack[1024];
        static uint64_t told_us, delays;
        const struct canary_stats *c = b->canary;
        const struct subject *s = subject_find(b, "canary");
        char path[32];

        if (c->over_100ms > delays)
                bench_log(b, "canary was late, the worst so far %llu ms",
                          (unsigned long long)c->worst_us / 1000);
        delays = c->over_100ms;
        if (!s || !c->beats || c->last_beat_us == told_us ||
            role_now_us() - c->last_beat_us < 300000)
                return;
        told_us = c->last_beat_us;
        snprintf(path, sizeof path, "/proc/%d/stack", (int)s->pid);
        read_text(path, stack, sizeof stack);
        for (char *line = stack; (line = strchr(line, '\n')); line++)
                *line = ' ';
        bench_log(b, "canary waits: %s", stack);
}

bool
watch(struct bench *b, uint64_t us, const struct subject *awaited, bool guilty)
{
        uint64_t end_us = role_now_us() + us;

        for (;;) {
                struct pollfd p = { .fd = b->report_fd, .events = POLLIN };
                uint64_t before_us;
                uint64_t available_kib = role_available_kib();
                uint64_t late_us;

                subject_read_reports(b);
                subject_reap(b);
                read_guard(b);
                log_state(b);
                log_canary(b);
                if (available_kib < b->lowest_kib)
                        b->lowest_kib = available_kib;
                if ((awaited && (awaited->ready || awaited->dead)) ||
                    (guilty && guilty_are_dead(b)) ||
                    (b->await_kib && available_kib <= b->await_kib))
                        return true;
                before_us = role_now_us();
                if (before_us >= end_us)
                        return false;
                poll(&p, 1, (int)b->tick_ms);
                late_us = role_now_us() - before_us;
                late_us = late_us > b->tick_ms * 1000 ? late_us - b->tick_ms * 1000 : 0;
                if (b->own_time)
                        continue; /* whatever was late, the guest was */
                if (late_us > BENCH_TICK_MS * 1000)
                        b->canary->host_us += late_us;
                if (late_us > b->host_worst_us)
                        b->host_worst_us = late_us;
        }
}
