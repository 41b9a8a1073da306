/* SPDX-License-Identifier: MIT */
/*
 * The idle tick beside a floor: guard_tick() with a real guard and a ppoll(2), against the same
 * ppoll and the same two preads with nothing done to what they gave.  In turn, CPU time; the ratio
 * is what counts.  It never starts the errand thread and signals nobody.
 *
 * Once the ppoll has no time to wait, so that what the guard adds shows undiluted; once it waits a
 * little, so that waking up and cold caches count as they do in real life.
 *
 * `tick --sleep` is the floor alone, ten times a second, for as long as it is let; `tick --crowd N`
 * is so many idle processes, and says `there` when they are.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench.h"
#include "config.h"
#include "guard.h"

enum { ROUNDS_MAX = 10000, DEEP_EVERY = 10 };

struct mode {
        const char *key, *what;
        int ticks; /* of one round */
        bool deep; /* every tenth tick also looks at the slower files, as once a second otherwise */
        bool wall;
        long wait_ns;
        double limit; /* of the ratio; 0: none */
};

/* As large as the sampler's. */
enum { TEXT_MAX = 16384 };

struct round {
        double cpu_us, wall_us;
};

static struct guard guard;
static struct share share;
static struct policy policy;
static int meminfo_fd, pressure_fd, event_fd;

static void
look_up_shortly(int fd, long ns)
{
        struct pollfd p = { .fd = fd, .events = POLLIN };
        struct timespec ts = { .tv_nsec = ns };

        (void)ppoll(&p, 1, &ts, NULL);
}

static void
floor_tick(long sleep_ns)
{
        char text[TEXT_MAX];

        (void)!pread(meminfo_fd, text, sizeof(text), 0);
        if (pressure_fd >= 0)
                (void)!pread(pressure_fd, text, sizeof(text), 0);
        look_up_shortly(event_fd, sleep_ns);
}

static struct round
per_tick(uint64_t cpu_ns, uint64_t wall_ns, int ticks)
{
        return (struct round){ (double)cpu_ns / 1e3 / ticks, (double)wall_ns / 1e3 / ticks };
}

static struct round
run_floor(const struct mode *m)
{
        uint64_t wall_ns = bench_mono_ns(), cpu_ns = bench_cpu_ns();

        for (int i = 0; i < m->ticks; i++)
                floor_tick(m->wait_ns);
        cpu_ns = bench_cpu_ns() - cpu_ns;
        return per_tick(cpu_ns, bench_mono_ns() - wall_ns, m->ticks);
}

static struct round
run_guard(const struct mode *m)
{
        uint64_t wall_ns = bench_mono_ns(), cpu_ns = bench_cpu_ns();

        for (int i = 0; i < m->ticks; i++) {
                if (m->deep && i % DEEP_EVERY == 0)
                        guard.deep_us = 0;
                (void)guard_tick(&guard);
                look_up_shortly(share.loop_fd, m->wait_ns);
        }
        cpu_ns = bench_cpu_ns() - cpu_ns;
        return per_tick(cpu_ns, bench_mono_ns() - wall_ns, m->ticks);
}

static int
open_both(void)
{
        config_defaults(&policy);
        share.loop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        share.errand_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        atomic_store(&share.policy, &policy);
        atomic_store(&share.policy_used, &policy);
        meminfo_fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
        pressure_fd = open("/proc/pressure/memory", O_RDONLY | O_CLOEXEC);
        if (guard_open(&guard, &share, &policy) < 0 || meminfo_fd < 0) {
                (void)fprintf(stderr, "tick: /proc cannot be read; not run here\n");
                return BENCH_NOT_RUN;
        }
        /* Nobody is to be signalled, whatever state the machine is in. */
        guard.dry_run = true;
        guard_rehearse(&guard);
        return 0;
}

static double guard_us[ROUNDS_MAX], floor_us[ROUNDS_MAX], ratio[ROUNDS_MAX];

static void
report(const struct mode *m, size_t n)
{
        char text[160], key[32];

        (void)snprintf(text, sizeof(text), "%s: worst round", m->what);
        (void)snprintf(key, sizeof(key), "%s-worst", m->key);
        struct bench_row worst = { .key = key,
                                   .what = text,
                                   .unit = "us",
                                   .guard = bench_worst(guard_us, n),
                                   .beside = "floor",
                                   .other = bench_worst(floor_us, n) };

        bench_print(&(struct bench_row){ .key = m->key,
                                         .what = m->what,
                                         .unit = "us",
                                         .guard = bench_median(guard_us, n),
                                         .beside = "floor",
                                         .other = bench_median(floor_us, n),
                                         .ratio = bench_median(ratio, n),
                                         .ratio_limit = m->limit });
        bench_print(&worst);
}

/* Both beside each other, in an order that alternates. */
static void
measure(const struct mode *m, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                struct round a = { 0 }, b;

                if (i % 2 == 0)
                        a = run_guard(m);
                b = run_floor(m);
                if (i % 2 == 1)
                        a = run_guard(m);
                guard_us[i] = m->wall ? a.wall_us : a.cpu_us;
                floor_us[i] = m->wall ? b.wall_us : b.cpu_us;
                ratio[i] = guard_us[i] / floor_us[i];
        }
        report(m, n);
}

int
main(int argc, char **argv)
{
        static const struct mode modes[] = {
                { "tick", "idle tick and ppoll, CPU time", 100, false, false, 0, 1.3 },
                { "tick-wall", "idle tick and ppoll, wall clock", 100, false, true, 0, 0 },
                { "tick-wait", "idle tick and ppoll that waits 1 ms, CPU time", 10, false, false,
                  1000000, 1.3 },
                { "tick-deep", "idle tick, each tenth with vmstat and swaps, CPU time", 100, true,
                  false, 0, 0 },
        };
        unsigned n = bench_setting("BENCH_ROUNDS", 300);
        int r;

        if (argc > 2 && strcmp(argv[1], "--crowd") == 0) {
                bench_crowd_start((unsigned)strtoul(argv[2], NULL, 10));
                (void)puts("there");
                (void)fflush(stdout);
                for (;;)
                        (void)pause();
        }
        r = open_both();
        if (r)
                return r;
        if (argc > 1 && strcmp(argv[1], "--sleep") == 0)
                for (;;)
                        floor_tick(100000000);
        if (n > ROUNDS_MAX)
                n = ROUNDS_MAX;
        (void)run_floor(&modes[0]);
        (void)run_guard(&modes[0]);
        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
                measure(&modes[i], n);
        if (guard.verdict.level != LEVEL_CALM) {
                (void)fprintf(stderr, "tick: this machine is short of memory: not an idle tick\n");
                return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
}
