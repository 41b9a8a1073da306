/* SPDX-License-Identifier: MIT */
/*
 * From the crossing of a limit to the signal, to the death of who crossed it and to memory back: a
 * process that fills memory at 100 MB/s, at 1 GB/s or flat out, alone and among 5,000 idle
 * processes; the guard, earlyoom and nohang in turn.  And flat out, alone, the guard as it is
 * beside itself with whoever it tells stuck: the journal, the bus, 16 subscribers.
 *
 * No memory is short: the limit lies a little below what is available right before, and the filler
 * ends by itself a little below that.  In a PID namespace of its own, so nobody else is in reach.
 *
 *     kill GUARD NOTIFY [NOHANG]
 *
 * BENCH_ROUNDS (100) rounds of the guard in each, but no more than fit into BENCH_SECONDS, a third
 * of it for itself beside itself; every median says of how many it is.
 *
 * When memory crosses is seen by a thread that reads meminfo every millisecond; when the signal
 * comes, by the filler's handler; when it is dead, by its pidfd.  A guard that acts before the
 * limit, because it sees it coming, has a time below 0: the way that was left at the filler's rate.
 * Overshoot is what is missing below the limit at the signal, in time: so many ms of the growth.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "filler.h"
#include "subject.h"

enum { ROUNDS_MAX = 1000, DEATH_MS = 6000, BACK_MS = 500, AGAIN_MAX = 10 };

struct cell {
        unsigned crowd;
        uint64_t rate_kibps; /* 0: flat out */
        const char *growth, *key;
        uint64_t way_kib; /* from the start to the limit */
        enum who turn[4]; /* who is measured, over and over */
        unsigned n_turns;
};

#define BESIDE   { GUARD, EARLYOOM, GUARD, NOHANG }, 4
#define STUCK(w) { (w), GUARD }, 2
#define FAST_KIB (256 * 1024u)
#define SLOW_KIB (96 * 1024u)

static const struct cell cells[] = {
        { 0, 102400, "100 MB/s", "100m", SLOW_KIB, BESIDE },
        { 0, 1048576, "1 GB/s", "1g", FAST_KIB, BESIDE },
        { 0, 0, "flat out", "flat", FAST_KIB, BESIDE },
        { 0, 0, "flat out", "journal", FAST_KIB, STUCK(GUARD_JOURNAL) },
        { 0, 0, "flat out", "bus", FAST_KIB, STUCK(GUARD_BUS) },
        { 0, 0, "flat out", "readers", FAST_KIB, STUCK(GUARD_READERS) },
        { 5000, 102400, "100 MB/s", "100m", SLOW_KIB, BESIDE },
        { 5000, 1048576, "1 GB/s", "1g", FAST_KIB, BESIDE },
        { 5000, 0, "flat out", "flat", FAST_KIB, BESIDE },
};

/* What one round came to. */
enum what { SIGNAL, OVERSHOOT, DEATH, BACK, N_WHAT };

struct times {
        double ms[N_WHAT]; /* since the crossing; BENCH_NOTHING: there is none */
        bool crossed;      /* memory was below the limit */
};

/* Others on this machine may take or free so much in a round before it is done again. */
static uint64_t
noise_kib(const struct cell *cell)
{
        return cell->way_kib / 4;
}

/* ---- a round ---- */

enum outcome { MEASURED, DISTURBED, SURVIVED, NOT_STARTED };

static enum outcome
evaluate(const struct cell *cell, uint64_t limit_kib, uint64_t dead_ns, struct times *ret)
{
        struct filler_says f = filler_hear();
        uint64_t cross_ns = filler_crossed_ns();
        uint64_t back_ns = filler_back_ns(f.signal_ns, limit_kib);
        double kib_per_ns = (double)f.signal_kib / (double)(f.signal_ns - f.began_ns);
        double below_kib = (double)limit_kib - (double)filler_available_kib(f.signal_ns);

        /* Others gave back what the filler took, or it was really let be. */
        if (!f.signal_ns)
                return filler_available_kib(dead_ns) > limit_kib ? DISTURBED : SURVIVED;
        if (filler_missed(f.signal_ns) || (cross_ns && filler_missed(cross_ns)))
                return DISTURBED;
        /* At or before the limit, by the filler's own account, give or take the noise. */
        if (f.signal_kib + noise_kib(cell) < cell->way_kib && cross_ns && cross_ns < f.signal_ns)
                return DISTURBED;
        ret->ms[OVERSHOOT] = below_kib / kib_per_ns / 1e6;
        ret->ms[SIGNAL] = ret->ms[OVERSHOOT];
        if (cross_ns && cross_ns <= f.signal_ns)
                ret->ms[SIGNAL] = (double)(f.signal_ns - cross_ns) / 1e6;
        else if (ret->ms[SIGNAL] > 0)
                ret->ms[SIGNAL] = 0;
        ret->ms[DEATH] = ret->ms[SIGNAL] + (double)(dead_ns - f.signal_ns) / 1e6;
        ret->crossed = cross_ns != 0;
        ret->ms[BACK] = BENCH_NOTHING;
        if (cross_ns && back_ns > cross_ns)
                ret->ms[BACK] = (double)(back_ns - cross_ns) / 1e6;
        return MEASURED;
}

static uint64_t
await_death(pid_t pid)
{
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        struct pollfd p = { .fd = fd, .events = POLLIN };

        (void)poll(&p, 1, DEATH_MS);
        (void)close(fd);
        return bench_mono_ns();
}

/* Until there is again as much as before, or for so long. */
static void
await_memory(uint64_t limit_kib)
{
        struct timespec ts = { .tv_nsec = 5000000 };
        uint64_t from_ns = bench_mono_ns();

        while (bench_mono_ns() - from_ns < BACK_MS * 1000000ull &&
               filler_back_ns(from_ns, limit_kib) == 0)
                (void)nanosleep(&ts, NULL);
}

static enum outcome
run_round(const struct cell *cell, enum who who, struct times *ret)
{
        uint64_t before_kib = bench_meminfo_kib("MemAvailable");
        uint64_t limit_kib = before_kib - cell->way_kib;
        enum outcome outcome = DISTURBED;
        struct subject s;
        pid_t pid = filler_start(cell->way_kib, cell->rate_kibps);

        if (!subject_start(&s, who, limit_kib, limit_kib + cell->way_kib / 4)) {
                (void)fprintf(stderr, "kill: %s has not started as meant: %s\n", subject_name(who),
                              s.text);
                outcome = NOT_STARTED;
        } else if (bench_meminfo_kib("MemAvailable") + noise_kib(cell) / 2 > before_kib) {
                filler_go(limit_kib);
                uint64_t dead_ns = await_death(pid);

                await_memory(limit_kib);
                filler_rest();
                outcome = evaluate(cell, limit_kib, dead_ns, ret);
        }
        bench_end(pid);
        subject_end(&s);
        return outcome;
}

/* ---- results ---- */

struct series {
        double ms[N_WHAT][ROUNDS_MAX];
        unsigned n[N_WHAT];
        unsigned n_survived, n_crossed;
};

static struct series series[N_WHO];

static void
add(struct series *s, enum outcome outcome, const struct times *t)
{
        s->n_survived += outcome == SURVIVED;
        s->n_crossed += outcome == MEASURED && t->crossed;
        for (unsigned w = 0; w < N_WHAT && outcome == MEASURED; w++)
                if (t->ms[w] > BENCH_NOTHING)
                        s->ms[w][s->n[w]++] = t->ms[w];
}

struct measured {
        const char *key, *what;
        double median_limit, worst_limit;
};

static const struct measured measured[N_WHAT] = {
        [SIGNAL] = { "signal", "crossing to signal", 10, 20 },
        [OVERSHOOT] = { "overshoot", "overshoot at the signal, in growth", 10, 25 },
        [DEATH] = { "death", "crossing to death", 0, 0 },
        [BACK] = { "back", "crossing to memory back above the limit", 0, 0 },
};

static double
median_of(enum who who, enum what w)
{
        struct series *s = &series[who];

        return s->n[w] ? bench_median(s->ms[w], s->n[w]) : BENCH_NOTHING;
}

static double
worst_of(enum who who, enum what w)
{
        struct series *s = &series[who];

        return s->n[w] ? bench_worst(s->ms[w], s->n[w]) : BENCH_NOTHING;
}

static void
print_row(const struct cell *cell, enum what w, enum who peer, bool worst)
{
        const struct measured *m = &measured[w];
        enum who us = cell->turn[0];
        char key[64], what[200], of[32];
        struct bench_row row = { .key = key, .what = what, .unit = "ms", .itself = us != GUARD };

        row.early = series[us].n[SIGNAL] > 0 && series[us].n_crossed == 0;
        if (series[us].n[w] == 0 && series[peer].n[w] == 0)
                return;
        (void)snprintf(key, sizeof(key), "%s-%s-%u%s%s", m->key, cell->key, cell->crowd,
                       peer == NOHANG ? "-nohang" : "", worst ? "-worst" : "");
        (void)snprintf(of, sizeof(of), "median of %u", series[us].n[w]);
        (void)snprintf(what, sizeof(what), "%s, %s, %u others%s%s, %s", m->what, cell->growth,
                       cell->crowd, us == GUARD ? "" : ", ", us == GUARD ? "" : subject_name(us),
                       worst ? "worst" : of);
        row.beside = series[peer].n[w] ? subject_name(peer) : NULL;
        row.guard = worst ? worst_of(us, w) : median_of(us, w);
        row.other = worst ? worst_of(peer, w) : median_of(peer, w);
        /* Beside the second peer they would be the same rows again. */
        if (peer != NOHANG)
                row.limit = worst ? m->worst_limit : m->median_limit;
        bench_print(&row);
}

static void
print(const struct cell *cell)
{
        for (unsigned w = 0; w < N_WHAT; w++) {
                print_row(cell, (enum what)w, cell->turn[1], false);
                print_row(cell, (enum what)w, cell->turn[1], true);
                if (cell->turn[0] == GUARD && series[NOHANG].n[w] > 0)
                        print_row(cell, (enum what)w, NOHANG, false);
        }
}

/* ---- the rounds ---- */

static unsigned
run_again(const struct cell *cell, enum who who, uint64_t end_ns)
{
        struct times t;
        enum outcome o = run_round(cell, who, &t);
        unsigned n_again = 0;

        for (; o == DISTURBED && n_again < AGAIN_MAX && bench_mono_ns() < end_ns; n_again++)
                o = run_round(cell, who, &t);
        add(&series[who], o, &t);
        return n_again;
}

static void
run(const struct cell *cell, unsigned n_rounds)
{
        unsigned seconds = bench_setting("BENCH_SECONDS", 3600);
        uint64_t end_ns;
        unsigned n_again = 0, i = 0;

        memset(series, 0, sizeof(series));
        bench_crowd_start(cell->crowd);
        /* Two of the four turns, and the shorter ones. */
        end_ns = bench_mono_ns() + seconds * 1000000000ull / (cell->turn[0] == GUARD ? 1 : 3);
        for (; series[cell->turn[0]].n[SIGNAL] < n_rounds && bench_mono_ns() < end_ns; i++)
                for (unsigned k = 0; k < cell->n_turns; k++) {
                        enum who who = cell->turn[(i + k) % cell->n_turns];

                        if (subject_here(who))
                                n_again += run_again(cell, who, end_ns);
                }
        print(cell);
        (void)fprintf(stderr,
                      "kill: %s, %u others, %s: %u rounds again because others used memory or the "
                      "CPUs; not ended: %u and %u\n",
                      cell->growth, cell->crowd, subject_name(cell->turn[0]), n_again,
                      series[cell->turn[0]].n_survived, series[cell->turn[1]].n_survived);
}

int
main(int argc, char **argv)
{
        unsigned n = bench_setting("BENCH_ROUNDS", 100);

        if (argc < 3 || argc > 4) {
                (void)fprintf(stderr, "usage: kill GUARD NOTIFY [NOHANG]\n");
                return 2;
        }
        if (n > ROUNDS_MAX / 2)
                n = ROUNDS_MAX / 2;
        if (bench_meminfo_kib("MemAvailable") < 4 * (FAST_KIB + FILLER_BEYOND_KIB)) {
                (void)fprintf(stderr, "kill: too little memory is available; not run here\n");
                return BENCH_NOT_RUN;
        }
        bench_enter_space();
        subject_set(argv[1], argv[2], argv[3]);
        if (!filler_open())
                return EXIT_FAILURE;
        filler_be_prompt();
        srandom((unsigned)bench_mono_ns());
        for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
                run(&cells[i], n);
        bench_crowd_end();
        return EXIT_SUCCESS;
}
