/* SPDX-License-Identifier: MIT */
/*
 * Owns the stories: what happens in each, and how it must end.
 */
#include "make.h"

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
drowns(struct world *w)
{
        tell(w,
             "A leak into slow swap with nothing left: still for eight seconds, a rest, and then "
             "for good.  Nothing comes back.");
        w->s.mem.total_kib = 8 * GIB;
        w->s.mem.swap_total_kib = 6 * GIB;
        w->s.mem.swap_free_kib = 5 * GIB;
        w->s.mem.available_kib = 40 * MIB;
        for (unsigned i = 0; i < 280; i++) {
                bool rests = i >= 80 && i < 120;

                w->s.mem.swap_free_kib -= 2 * MIB;
                stall(w, 100 * MS, rests ? 20 : 95, rests ? 10 : 90, 20000, 4);
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

static void
drags(struct world *w)
{
        tell(w, "A working set a little too large: every other second stands still for a quarter.");
        w->s.mem.total_kib = 8 * GIB;
        w->s.mem.swap_total_kib = 6 * GIB;
        w->s.mem.swap_free_kib = 5 * GIB;
        w->s.mem.available_kib = 300 * MIB;
        for (unsigned i = 0; i < 250; i++)
                stall(w, 100 * MS, 40, i % 20 < 10 ? 25 : 1, 20000, 45);
}

static void
hiccups(struct world *w)
{
        tell(w,
             "Four seconds out of twelve a fifth stands still: a nuisance, and no more than that.");
        w->s.mem.total_kib = 8 * GIB;
        w->s.mem.swap_total_kib = 6 * GIB;
        w->s.mem.swap_free_kib = 5 * GIB;
        w->s.mem.available_kib = 300 * MIB;
        for (unsigned i = 0; i < 360; i++)
                stall(w, 100 * MS, 40, i % 120 >= 80 ? 20 : 1, 20000, 45);
}

/* 390 MiB to 290 and back in sixteen seconds. */
static void
breathe(struct world *w, unsigned seconds)
{
        for (unsigned i = 0; i < 2 * seconds; i++) {
                unsigned step = i % 32 < 16 ? i % 32 : 32 - i % 32;

                w->s.mem.available_kib = 390 * MIB - step * 25 * MIB / 4;
                look(w, 500 * MS);
        }
}

static void
breathes(struct world *w)
{
        tell(w, "The guard comes into a machine that is full, and breathes.");
        w->s.mem.total_kib = 8 * GIB;
        breathe(w, 80);
}

static void
leaks_when_full(struct world *w)
{
        tell(w, "The same, and after twenty-four seconds 30 MiB a second leak away.");
        w->s.mem.total_kib = 8 * GIB;
        breathe(w, 24);
        fall(w, 30 * MIB, 0);
}

static void
fills_swap(struct world *w)
{
        tell(w, "Memory is as low as ever, in half a minute a job fills swap, and all goes well.");
        w->s.mem.total_kib = 8 * GIB;
        w->s.mem.swap_total_kib = 2 * GIB;
        w->s.mem.swap_free_kib = 2 * GIB;
        w->s.mem.available_kib = 2 * GIB;
        fall(w, 400 * MIB, 310 * MIB);
        for (unsigned i = 0; i < 300; i++) {
                w->s.mem.swap_free_kib -= w->s.mem.swap_free_kib > 150 * MIB ? 8 * MIB : 0;
                stall(w, 100 * MS, 4, 2, 2000, 4);
        }
}

static void
leaks_into_swap(struct world *w)
{
        tell(w, "The same by somebody who needs five seconds for it, and goes on.");
        w->s.mem.total_kib = 8 * GIB;
        w->s.mem.swap_total_kib = 2 * GIB;
        w->s.mem.swap_free_kib = 2 * GIB;
        w->s.mem.available_kib = 2 * GIB;
        fall(w, 400 * MIB, 310 * MIB);
        while (w->v.act < LEVEL_TERM && w->s.mem.swap_free_kib > 40 * MIB) {
                w->s.mem.swap_free_kib -= 36 * MIB;
                stall(w, 100 * MS, 4, 2, 2000, 4);
        }
}

const struct story stories[] = {
        { "lives-at-four-percent", lives_at_four_percent, LEVEL_WARN, REASON_LOW, 0, 0,
          LEVEL_WARN },
        { "load-shift", load_shift, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_CALM },
        { "slow-leak", slow_leak, LEVEL_TERM, REASON_LOW, 405 * MIB, 412 * MIB, LEVEL_TERM },
        { "bomb", bomb, LEVEL_KILL, REASON_RACE, 250 * MIB, 666 * MIB, LEVEL_KILL },
        { "jvm", jvm, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_WATCH },
        { "thrash", thrash, LEVEL_KILL, REASON_STALL, 600 * MIB, 600 * MIB, LEVEL_KILL },
        { "slow-swap", slow_swap, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_WATCH },
        { "drowns", drowns, LEVEL_TERM, REASON_STALL, 40 * MIB, 40 * MIB, LEVEL_TERM },
        { "suspend", suspend, LEVEL_WARN, REASON_LOW, 0, 0, LEVEL_WARN },
        { "container", container, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_CALM },
        { "zram", zram, LEVEL_TERM, REASON_LOW, 150 * MIB, 150 * MIB, LEVEL_TERM },
        { "builds", builds, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_WATCH },
        { "drags", drags, LEVEL_TERM, REASON_STALL, 300 * MIB, 300 * MIB, LEVEL_TERM },
        { "hiccups", hiccups, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_WATCH },
        { "breathes", breathes, LEVEL_WARN, REASON_LOW, 0, 0, LEVEL_WARN },
        { "leaks-when-full", leaks_when_full, LEVEL_TERM, REASON_LOW, 205 * MIB, 250 * MIB,
          LEVEL_TERM },
        { "fills-swap", fills_swap, LEVEL_WARN, REASON_LOW, 0, 0, LEVEL_WARN },
        { "leaks-into-swap", leaks_into_swap, LEVEL_TERM, REASON_LOW, 280 * MIB, 312 * MIB,
          LEVEL_TERM },
        { NULL, NULL, LEVEL_CALM, REASON_NONE, 0, 0, LEVEL_CALM },
};
