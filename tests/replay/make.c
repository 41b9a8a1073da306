/* SPDX-License-Identifier: MIT */
/*
 * Writes the synthetic traces beside it: small machines made of numbers, each with a story whose
 * right ending is known.  A story whose verdicts are not the right ones is not written.
 *   make DIRECTORY
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "trace.h"

#define MS     1000ull
#define SECOND 1000000ull
#define MIB    1024ull
#define GIB    (1024 * MIB)

/* A machine, its trace, and what has been decided so far. */
struct world {
        struct policy policy;
        struct decide_state state;
        struct sample s;
        struct verdict v;
        uint64_t seed;
        char *text;
        size_t text_size;
        FILE *out;
        enum level worst;       /* worst that was asked for */
        enum reason why;        /* of it */
        uint64_t first_act_kib; /* available when it first asked for TERM or KILL */
        enum level loudest;     /* worst that people were told */
};

static uint64_t
dice(struct world *w, uint64_t n)
{
        w->seed ^= w->seed << 13;
        w->seed ^= w->seed >> 7;
        w->seed ^= w->seed << 17;
        return w->seed % n;
}

__attribute__((format(printf, 2, 3))) static void
tell(struct world *w, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        (void)fputs("# ", w->out);
        (void)vfprintf(w->out, format, ap);
        (void)fputc('\n', w->out);
        va_end(ap);
}

static void
look(struct world *w, uint64_t after_us)
{
        char line[TRACE_LINE_MAX];

        w->s.now_us += after_us;
        w->s.boot_us += after_us;
        w->v = decide(&w->policy, &w->state, &w->s);
        (void)fwrite(line, 1, trace_format(&w->s, &w->v, line, sizeof(line)), w->out);
        if (w->v.act > w->worst) {
                w->worst = w->v.act;
                w->why = w->v.reason;
        }
        if (w->v.act >= LEVEL_TERM && w->first_act_kib == 0)
                w->first_act_kib = w->s.mem.available_kib;
        if (w->v.level > w->loudest)
                w->loudest = w->v.level;
}

/* So many looks in which nothing happens. */
static void
idle(struct world *w, unsigned n, uint64_t every_us)
{
        for (unsigned i = 0; i < n; i++)
                look(w, every_us);
}

/* Memory goes at a rate, looked at as often as is asked for; stops when somebody is to be ended. */
static void
fall(struct world *w, uint64_t kibps, uint64_t to_kib)
{
        while (w->s.mem.available_kib > to_kib && w->v.act < LEVEL_TERM) {
                uint64_t us = w->v.next_us, kib = kibps * us / SECOND;

                w->s.mem.available_kib -= kib < w->s.mem.available_kib ? kib : 0;
                w->s.owned_kibps = kibps * 9 / 10;
                look(w, us);
        }
        w->s.owned_kibps = 0;
}

/* The kernel takes back half of the pages that it scans, and so many percent of them come again. */
static void
stall(struct world *w, uint64_t us, uint64_t some_percent, uint64_t full_percent, uint64_t scan,
      uint64_t refault_percent)
{
        w->s.psi.some.total_us += us * some_percent / 100;
        w->s.psi.full.total_us += us * full_percent / 100;
        w->s.pgscan += scan;
        w->s.pgsteal += scan / 2;
        w->s.refault += scan / 2 * refault_percent / 100;
        look(w, us);
}

/* ---- the stories ---- */

static void
lives_at_four_percent(struct world *w)
{
        tell(w, "A machine that is full and well: 4 %% available, up and down by 12 MiB.");
        w->s.mem.total_kib = 8 * GIB;
        for (unsigned i = 0; i < 450; i++) {
                w->s.mem.available_kib = 8 * GIB / 25 - 12 * MIB + dice(w, 24 * MIB);
                stall(w, 1 * SECOND, dice(w, 4), dice(w, 2), dice(w, 500), 40);
        }
}

static void
load_shift(struct world *w)
{
        tell(w, "Two jobs change places in memory: some 83 %%, full 12 %%, a quarter available.");
        w->s.mem.total_kib = 16 * GIB;
        w->s.mem.swap_total_kib = 8 * GIB;
        w->s.mem.swap_free_kib = 7 * GIB;
        for (unsigned i = 0; i < 300; i++) {
                unsigned up = i % 60 < 30 ? i % 60 : 60 - i % 60;

                w->s.mem.available_kib = 3 * GIB + up * 32 * MIB + dice(w, 16 * MIB);
                if (w->s.mem.swap_free_kib > 3 * GIB)
                        w->s.mem.swap_free_kib -= 20 * MIB;
                stall(w, 100 * MS, 83, 12, 4000 + dice(w, 2000), 4);
        }
}

static void
slow_leak(struct world *w)
{
        tell(w, "A leak of 20 MiB a second, no swap.  Asked to end at TERM, and it does.");
        w->s.mem.total_kib = 8 * GIB;
        w->s.mem.available_kib = 900 * MIB;
        idle(w, 5, 100 * MS);
        fall(w, 20 * MIB, 0);
        idle(w, 3, 100 * MS);
        w->s.mem.available_kib = 5 * GIB;
        idle(w, 30, 1 * SECOND);
}

static void
bomb(struct world *w)
{
        tell(w, "2.5 GiB a second from 7 GiB: there is no time to ask.");
        w->s.mem.total_kib = 8 * GIB;
        w->s.mem.available_kib = 7 * GIB;
        idle(w, 5, 100 * MS);
        fall(w, 5 * GIB / 2, 0);
        w->s.mem.available_kib = 7 * GIB;
        idle(w, 30, 1 * SECOND);
}

static void
jvm(struct world *w)
{
        tell(w, "A JVM touches 60 %% of memory at 5 GiB a second and stops there: it must live.");
        w->s.mem.total_kib = 16 * GIB;
        w->s.mem.available_kib = 14 * GIB;
        idle(w, 5, 100 * MS);
        fall(w, 5 * GIB, 9 * GIB / 2);
        idle(w, 20, 1 * SECOND);
}

static void
thrash(struct world *w)
{
        tell(w, "Everything stands still more and more though 5 GiB of swap are free.");
        w->s.mem.total_kib = 8 * GIB;
        w->s.mem.swap_total_kib = 6 * GIB;
        w->s.mem.swap_free_kib = 5 * GIB;
        w->s.mem.available_kib = 600 * MIB;
        for (unsigned i = 0; i < 150; i++)
                stall(w, 100 * MS, 20 + i / 2, i * 4 / 5 < 90 ? i * 4 / 5 : 90, 20000, 45);
        w->s.mem.available_kib = 4 * GIB;
        idle(w, 30, 1 * SECOND);
}

static void
slow_swap(struct world *w)
{
        tell(w, "A healthy job is written to slow swap: standing still, but nothing comes back.");
        w->s.mem.total_kib = 8 * GIB;
        w->s.mem.swap_total_kib = 6 * GIB;
        w->s.mem.swap_free_kib = 5 * GIB;
        w->s.mem.available_kib = 600 * MIB;
        for (unsigned i = 0; i < 150; i++) {
                w->s.mem.swap_free_kib -= 8 * MIB;
                stall(w, 100 * MS, 95, 80, 20000, 4);
        }
        w->s.mem.available_kib = 4 * GIB;
        idle(w, 30, 1 * SECOND);
}

static void
suspend(struct world *w)
{
        tell(w, "Suspended for eight hours; what comes back at once takes memory for a second.");
        w->s.mem.total_kib = 8 * GIB;
        w->s.mem.available_kib = 900 * MIB;
        for (unsigned i = 0; i < 20; i++) {
                w->s.mem.available_kib -= 2 * MIB;
                look(w, 100 * MS);
        }
        w->s.boot_us += 8 * 3600 * SECOND;
        for (unsigned i = 0; i < 15; i++) {
                w->s.mem.available_kib = 400 * MIB - i * 10 * MIB;
                w->s.owned_kibps = 100 * MIB;
                stall(w, 100 * MS, 90, 60, 20000, 60);
        }
        w->s.owned_kibps = 0;
        w->s.mem.available_kib = 3 * GIB;
        idle(w, 30, 1 * SECOND);
}

static void
container(struct world *w)
{
        tell(w, "A container thrashes inside its own limit: the machine reclaims nothing.");
        w->s.mem.total_kib = 32 * GIB;
        w->s.mem.available_kib = 3 * GIB;
        for (unsigned i = 0; i < 200; i++) {
                if (i == 100)
                        w->s.mem.available_kib = 23 * GIB;
                stall(w, 100 * MS, 95, 90, 0, 0);
        }
}

static void
zram(struct world *w)
{
        tell(w, "zram at 2.5:1 fills up: a free KiB of it is worth 0.6.");
        w->s.mem.total_kib = 4 * GIB;
        w->s.mem.swap_total_kib = w->s.zram_total_kib = 4 * GIB;
        w->s.zram_ratio_bp = 25000;
        w->s.mem.available_kib = 150 * MIB;
        w->s.mem.swap_free_kib = 1400 * MIB;
        while (w->v.act < LEVEL_TERM && w->s.mem.swap_free_kib > 10 * MIB) {
                w->s.mem.swap_free_kib -= 10 * MIB;
                w->s.zram_free_kib = w->s.mem.swap_free_kib;
                stall(w, 100 * MS, 25, 8, 20000, 4);
        }
        w->s.mem.available_kib = 2 * GIB;
        w->s.mem.swap_free_kib = w->s.zram_free_kib = 3 * GIB;
        idle(w, 30, 1 * SECOND);
}

static void
builds(struct world *w)
{
        tell(w, "A build whose links take 5 GiB at 1 GiB a second and give them back.");
        w->s.mem.total_kib = 8 * GIB;
        for (unsigned i = 0; i < 4; i++) {
                w->s.mem.available_kib = 6 * GIB;
                idle(w, 10, 500 * MS);
                fall(w, GIB, GIB + GIB / 10);
        }
        w->s.mem.available_kib = 6 * GIB;
        idle(w, 30, 1 * SECOND);
}

/* A story and its right ending. */
struct story {
        const char *name;
        void (*live)(struct world *w);
        enum level worst;
        enum reason why;
        uint64_t act_min_kib, act_max_kib; /* available when it first acts */
        enum level loudest;
};

static const struct story stories[] = {
        { "lives-at-four-percent", lives_at_four_percent, LEVEL_WARN, REASON_LOW, 0, 0,
          LEVEL_WARN },
        { "load-shift", load_shift, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_CALM },
        { "slow-leak", slow_leak, LEVEL_TERM, REASON_LOW, 405 * MIB, 412 * MIB, LEVEL_TERM },
        { "bomb", bomb, LEVEL_KILL, REASON_RACE, 250 * MIB, 666 * MIB, LEVEL_KILL },
        { "jvm", jvm, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_WATCH },
        { "thrash", thrash, LEVEL_KILL, REASON_STALL, 600 * MIB, 600 * MIB, LEVEL_KILL },
        { "slow-swap", slow_swap, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_WATCH },
        { "suspend", suspend, LEVEL_WARN, REASON_LOW, 0, 0, LEVEL_WARN },
        { "container", container, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_CALM },
        { "zram", zram, LEVEL_TERM, REASON_LOW, 150 * MIB, 150 * MIB, LEVEL_TERM },
        { "builds", builds, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_WATCH },
};

static bool
ends_right(const struct story *st, const struct world *w)
{
        bool right = w->worst == st->worst && w->loudest == st->loudest &&
                     (w->worst == LEVEL_CALM || w->why == st->why) &&
                     w->first_act_kib >= st->act_min_kib && w->first_act_kib <= st->act_max_kib;

        if (!right)
                (void)fprintf(stderr, "%s: %s by %s, first at %llu MiB, told %s: not written\n",
                              st->name, level_word(w->worst), reason_word(w->why),
                              (unsigned long long)(w->first_act_kib / MIB), level_word(w->loudest));
        return right;
}

static bool
write_story(const char *dir, const struct story *st)
{
        static struct world w;
        char path[512];
        FILE *f;

        w = (struct world){
                .state = DECIDE_STATE_INIT,
                .seed = 20,
                .s = { .now_us = 100 * SECOND,
                       .boot_us = 100 * SECOND,
                       .has_psi = true,
                       .has_pgscan = true,
                       .has_refault = true },
        };
        config_defaults(&w.policy);
        /* The list of the protected is no part of any verdict. */
        w.policy.protect_defaults = false;
        w.v.next_us = DECIDE_TICK_US;
        w.out = open_memstream(&w.text, &w.text_size);
        if (!w.out)
                return false;
        (void)fprintf(w.out, "%s\n", TRACE_MAGIC);
        config_print(w.out, &w.policy);
        st->live(&w);
        (void)fclose(w.out);
        (void)snprintf(path, sizeof(path), "%s/%s.trace", dir, st->name);
        f = ends_right(st, &w) ? fopen(path, "w") : NULL;
        bool written = f && fwrite(w.text, 1, w.text_size, f) == w.text_size;

        free(w.text);
        return (!f || fclose(f) == 0) && written;
}

int
main(int argc, char **argv)
{
        bool all = argc == 2;

        for (size_t i = 0; argc == 2 && i < sizeof(stories) / sizeof(stories[0]); i++)
                all = write_story(argv[1], &stories[i]) && all;
        return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
