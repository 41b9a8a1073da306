/* SPDX-License-Identifier: MIT */
/*
 * Owns the judgement of how bad things are.  Never looks at a clock, a file or a process.
 */
#include "decide.h"

#include "number.h"

#define SECOND_US UINT64_C(1000000)

/* A sample this late, or so much time suspended, makes every trend behind it worthless. */
#define LATE_US (1 * SECOND_US)
/* ... and for this long only the KILL limit acts: caches and working sets come back at once. */
#define QUIET_US (2 * SECOND_US)
/*
 * While a device is switched off SwapTotal is what is still in use of it (mm/swapfile.c,
 * si_swapinfo()), less from moment to moment.
 */
#define SWAPOFF_US (1 * SECOND_US)
/* A rise of SwapTotal so long after that is the end of a swapoff that failed: 0.6 s were seen. */
#define FAILED_US (10 * SECOND_US)
/* WATCH begins at WARN times 3/2, or this long before TERM. */
#define WATCH_AHEAD_US (5 * SECOND_US)
/* A level is left after this long above its limit times 6/5. */
#define HOLD_US (10 * SECOND_US)
/*
 * MemAvailable stands still for up to 87 ms during a fill at full speed and then jumps by 8 to
 * 126 MiB, so a rate over less is either nothing or nonsense.
 */
#define RATE_US 100000u
/*
 * What acts before a limit is reached is a fall that goes on.  Compilers that came and went in a
 * full machine, four at a time and 300 ms each, fell by 210 to 390 MiB a second over RATE_US and by
 * 15 to 90 over this; a process that filled memory at full speed by 430 over both.
 */
#define LASTING_US 250000u
/* A full stall of this share is cause enough to act between TERM and KILL. */
#define CAUSE_FULL_BP 500u
/*
 * Who fills swap stands still for most of the time, and nobody else notices: a program beside one
 * of them waited for 0.16 s at the worst.  Where so many for each processor do so at once each
 * waits for all the others, and so does everybody else: beside forty it was 2.3 s, and swap lasts
 * for as long.  They are not given the time of a window.  Once they stand still they hardly grow:
 * they are who grew before, by what KILL leaves in a few seconds.  A dozen that grow by a little
 * beside somebody else's thrash are none.
 */
#define RIVALS   8u
#define CROWD_S  4u
#define CROWD_US (2 * SECOND_US)
/* With less time than this until KILL no process ends by itself: SIGTERM would be a wasted look. */
#define RACE_US 250000u
/* Thrashing that comes and goes is judged over so many windows (as long as points are kept for),
 * with so much less of a share. */
#define SLOW_WINDOWS 5u
#define SLOW_MAX_US  (12 * SECOND_US)
#define SLOW_PART    3u
/*
 * Whatever the kernel does in a machine with nothing left that stood still for most of so long a
 * time, it is a freeze: a leak into a slow swap had 90 % for twenty seconds and more, and none of
 * it came back.  A load that shifts there stands still as much, for 3 to 8 s.
 */
#define FROZEN_US      (12 * SECOND_US)
#define FROZEN_FULL_BP 7500u
/*
 * Below TERM without a cause to end anybody it is KILL that is to be seen in time: looks are as
 * near as can be when it is no further away than this.  A machine that is full and well breathes,
 * and each breath looks like a fall; ten looks of the ordinary kind are enough to see one that goes
 * on.
 */
#define NEAR_KILL_US (1 * SECOND_US)
/* A guard that comes into a machine that is full already first learns how low it gets by itself. */
#define LEARN_US (10 * SECOND_US)
/* A quarter of the way between the least that TERM and KILL come to. */
#define LOW_STEP_LEAST_KIB ((POLICY_TERM_FLOOR_KIB - POLICY_KILL_FLOOR_KIB) / 4)
/* WATCH without a new low for this long is how the machine lives: sizes are a base again. */
#define PLATEAU_US (60 * SECOND_US)
/* From WARN on the pause of one who takes it all may be longer than that. */
#define STANDING_US (600 * SECOND_US)

/* The limits, on this machine as it is now. */
struct limits {
        uint64_t available_kib; /* for KILL */
        uint64_t least_kib;     /* KILL acts at this at the latest: its limit, or half of it */
        uint64_t easy_kib;      /* for WARN and TERM: with what can be had, but not at once */
        uint64_t below_kib;
        uint64_t low_step_kib;
};

/*
 * Free swap as far as the kernel will use it, zram at its worth: a KiB put there costs 1/ratio KiB
 * of the memory it was to save.  What is out of reach is zram's first, which may have a limit.
 */
static uint64_t
swap_worth_kib(const struct sample *s)
{
        uint64_t zram_kib = s->zram_free_kib;
        uint32_t ratio_bp = s->zram_ratio_bp;

        if (zram_kib > s->mem.swap_free_kib)
                zram_kib = s->mem.swap_free_kib;
        uint64_t disk_kib = s->mem.swap_free_kib - zram_kib;

        disk_kib = sub_floor(disk_kib, sub_floor(s->swap_barred_kib, zram_kib));
        zram_kib = sub_floor(zram_kib, s->swap_barred_kib);
        if (zram_kib == 0 || ratio_bp <= 10000)
                return disk_kib;
        return disk_kib + zram_kib - mul_div(zram_kib, 10000, ratio_bp);
}

/*
 * What is stored in zram takes memory that is nobody's own.  The ratio is the worse of overall and
 * of late, so it says nothing of what has been there for long: 4 GiB stored at 4:1 would have cost
 * 3 GiB more as soon as somebody else's pages did not compress.
 */
static uint64_t
zram_cost_kib(const struct sample *s)
{
        uint64_t used_kib = sub_floor(s->zram_total_kib, s->zram_free_kib);

        if (s->zram_cost_kib > 0)
                return s->zram_cost_kib;
        return s->zram_ratio_bp ? mul_div(used_kib, 10000, s->zram_ratio_bp) : 0;
}

/*
 * ZFS gives its cache back by itself once less than a few hundred MiB are free, but looks only once
 * a second, and MemAvailable counts none of it.  So on 8 GiB with 5 of them cached a program that
 * took 40 MiB in a second was at KILL.  Pages on the lists of other processors are for whoever
 * allocates only once the kernel has drained them, which it does not while it can reclaim nothing
 * (mm/page_alloc.c, __alloc_pages_direct_reclaim()).  Either may be waited for as long as nothing
 * stands still and half of KILL's limit is left.
 */
static void
count_rest_for_kill(const struct sample *s, const struct verdict *v, struct limits *l)
{
        l->least_kib = v->kill_kib;
        if (s->arc_kib == 0 && s->pcp_kib == 0)
                return;
        l->least_kib /= 2;
        if (s->mem.available_kib > l->least_kib && v->full_bp < CAUSE_FULL_BP)
                l->available_kib = l->easy_kib;
}

static struct limits
resolve(const struct policy *p, const struct sample *s, uint64_t most_swap_kib, struct verdict *v)
{
        uint64_t total_kib = sub_floor(s->mem.total_kib, s->mem.hugetlb_kib);
        struct limits l = {
                .available_kib = s->mem.available_kib,
                .easy_kib = sample_available_kib(s) + s->arc_kib,
                .below_kib = limit_kib(&p->psi_below, total_kib, 0),
        };

        v->total_kib = total_kib;
        v->available_kib = sample_available_kib(s);
        v->warn_kib = limit_kib(&p->mem_warn, total_kib, POLICY_WARN_FLOOR_KIB);
        v->term_kib = limit_kib(&p->mem_term, total_kib, POLICY_TERM_FLOOR_KIB);
        v->kill_kib = limit_kib(&p->mem_kill, total_kib, POLICY_KILL_FLOOR_KIB);
        v->swap_total_kib = s->mem.swap_total_kib;
        v->swap_free_kib = swap_worth_kib(s);
        v->supply_kib = l.easy_kib + s->mem.swap_free_kib + s->mem.swap_cached_kib +
                        zram_cost_kib(s) + sub_floor(most_swap_kib, s->mem.swap_total_kib);
        v->swap_warn_kib = limit_kib(&p->swap_warn, s->mem.swap_total_kib, 0);
        v->swap_term_kib = limit_kib(&p->swap_term, s->mem.swap_total_kib, 0);
        v->swap_kill_kib = limit_kib(&p->swap_kill, s->mem.swap_total_kib, 0);
        /*
         * Memory that only breathes makes ever new lows by ever less; a new one has to be lower by
         * a quarter of the way from TERM to KILL, so that there are at most four on it.  Where
         * somebody has put the two far apart a 64th of memory is no breath: with TERM at 21.7 GiB
         * of 23.5 and KILL at one, a leak was asked to end at 17.2.
         */
        l.low_step_kib = smaller(sub_floor(v->term_kib, v->kill_kib) / 4,
                                 larger(total_kib / 64, LOW_STEP_LEAST_KIB));
        count_rest_for_kill(s, v, &l);
        return l;
}

/* No swap counts as none free; a swap limit of 0 is never reached while there is swap. */
static bool
swap_low(const struct verdict *v, uint64_t limit)
{
        return v->swap_total_kib == 0 || (limit > 0 && v->swap_free_kib <= limit);
}

static bool
mem_low(uint64_t available_kib, uint64_t limit)
{
        return limit > 0 && available_kib <= limit;
}

static void
measure_pressure(struct verdict *v, const struct window *w)
{
        v->full_bp = w->full_bp;
        v->some_bp = w->some_bp;
        v->refault_bp = w->refault_bp;
        v->reclaim = w->reclaim;
}

/* KiB a second by which `now` is below `then`; 0 when it is not. */
static uint64_t
fall_kibps(uint64_t then_kib, uint64_t now_kib, uint64_t span_us)
{
        return span_us ? mul_div(sub_floor(then_kib, now_kib), SECOND_US, span_us) : 0;
}

static uint64_t
time_us(uint64_t way_kib, uint64_t kibps)
{
        if (kibps == 0 || way_kib / kibps > UINT32_MAX)
                return DECIDE_NEVER_US;
        return mul_div(way_kib, SECOND_US, kibps);
}

/* Until whatever acts next can: TERM's limits, or below them and with nobody to be ended KILL's. */
static uint64_t
left_to_act_us(const struct verdict *v)
{
        if (!v->below_term || v->act >= LEVEL_TERM)
                return v->left_us;
        uint64_t us = time_us(sub_floor(v->available_kib, v->kill_kib) +
                                      sub_floor(v->swap_free_kib, v->swap_kill_kib),
                              v->fall_kibps);

        return us < NEAR_KILL_US ? 0 : us;
}

/*
 * Half of the time to the nearest limit.  Memory alone is looked at too, as if there were no swap
 * and nothing but MemAvailable: swap may be slower than the fill.
 */
static uint64_t
next_look_us(const struct sample *s, const struct verdict *v, const struct limits *l,
             uint64_t mem_kibps)
{
        const uint64_t limit[] = { v->warn_kib, v->term_kib, v->kill_kib, l->least_kib };
        uint64_t nearest_us = left_to_act_us(v);

        for (unsigned i = 0; i < sizeof(limit) / sizeof(limit[0]); i++) {
                if (s->mem.available_kib <= limit[i])
                        continue;
                uint64_t us = time_us(s->mem.available_kib - limit[i], mem_kibps);

                if (us < nearest_us)
                        nearest_us = us;
        }
        nearest_us /= 2;
        if (nearest_us > DECIDE_TICK_US)
                return DECIDE_TICK_US;
        return nearest_us < DECIDE_TICK_MIN_US ? DECIDE_TICK_MIN_US : nearest_us;
}

/* The rate at which the supply has gone for `us`, or for as long as is known. */
static uint64_t
supply_fall_kibps(const struct decide_state *st, uint64_t now_us, uint64_t supply_kib, uint64_t us)
{
        const struct window_point *then = window_before(&st->past, now_us, us, 0);

        return then ? fall_kibps(then->supply_kib, supply_kib, now_us - then->now_us) : 0;
}

/* Returns the rate at which memory alone goes. */
static uint64_t
measure_fall(const struct decide_state *st, const struct sample *s, const struct limits *l,
             struct verdict *v)
{
        const struct window_point *then = window_before(&st->past, s->now_us, RATE_US, 0);

        v->left_us = DECIDE_NEVER_US;
        if (!then || s->now_us - then->now_us < RATE_US)
                return 0;
        v->fall_known = true;
        v->fall_kibps = supply_fall_kibps(st, s->now_us, v->supply_kib, RATE_US);
        v->lasting_kibps = supply_fall_kibps(st, s->now_us, v->supply_kib, LASTING_US);
        if (v->lasting_kibps > v->fall_kibps)
                v->lasting_kibps = v->fall_kibps;
        v->left_us = time_us(sub_floor(l->easy_kib, v->term_kib) +
                                     sub_floor(v->swap_free_kib, v->swap_term_kib),
                             v->fall_kibps);
        return fall_kibps(then->available_kib, v->available_kib, s->now_us - then->now_us);
}

static void
note_low(struct decide_state *st, const struct sample *s, const struct limits *l, uint64_t term_kib)
{
        uint64_t kib = l->easy_kib;

        if (!st->began) {
                st->low_kib = kib;
                if (mem_low(l->easy_kib, term_kib))
                        st->learn_until_us = s->now_us + LEARN_US;
        }
        if (s->now_us < st->learn_until_us) {
                st->low_kib = kib < st->low_kib ? kib : st->low_kib;
                return;
        }
        if (kib < st->low_kib && st->low_kib - kib >= l->low_step_kib) {
                st->low_kib = kib;
                st->low_at_us = s->now_us;
                st->low_known = true;
        }
}

static bool
low_is_new(const struct policy *p, const struct decide_state *st, uint64_t now_us)
{
        return st->low_known && now_us - st->low_at_us <= p->new_low_us;
}

/*
 * True when this sample alone, or what a fall that lasts does within one tick, is at the limit.  To
 * act early needs an owner: at least half of the fall is growth of processes that may be ended.
 */
static bool
reaches(const struct verdict *v, uint64_t available_kib, uint64_t limit, uint64_t swap_limit,
        bool owned)
{
        uint64_t early_kib = owned ? mul_div(v->lasting_kibps, DECIDE_TICK_US, SECOND_US) : 0;
        bool swap = v->swap_total_kib == 0 ||
                    (swap_limit > 0 && sub_floor(v->swap_free_kib, early_kib) <= swap_limit);

        /* What falls is taken from one of the two at a time, so it may not count for both. */
        if (swap_low(v, swap_limit))
                return mem_low(sub_floor(available_kib, early_kib), limit);
        return swap && mem_low(available_kib, limit);
}

static bool
is_owned(const struct sample *s, const struct verdict *v)
{
        return v->fall_kibps > 0 && s->owned_kibps >= v->fall_kibps / 2;
}

static enum level
judge_low(const struct policy *p, struct decide_state *st, const struct sample *s,
          const struct limits *l, const struct window *w, struct verdict *v)
{
        /* Where the kernel reclaims for nobody, whoever stands still does so at a limit of his own.
         */
        bool stands_still =
                v->full_bp >= CAUSE_FULL_BP && !w->elsewhere && (w->reclaim || !s->has_pgscan);
        bool owned = is_owned(s, v);

        v->below_term = mem_low(l->easy_kib, v->term_kib) && swap_low(v, v->swap_term_kib);
        if (mem_low(l->available_kib, v->kill_kib) && swap_low(v, v->swap_kill_kib)) {
                v->reason = REASON_LOW;
                return LEVEL_KILL;
        }
        if (reaches(v, l->available_kib, v->kill_kib, v->swap_kill_kib, owned)) {
                v->reason = REASON_RACE;
                return LEVEL_KILL;
        }
        if (!reaches(v, l->easy_kib, v->term_kib, v->swap_term_kib, owned)) {
                bool warn = mem_low(l->easy_kib, v->warn_kib) && swap_low(v, v->swap_warn_kib);

                v->reason = warn ? REASON_LOW : REASON_NONE;
                return warn ? LEVEL_WARN : LEVEL_CALM;
        }
        v->reason = REASON_LOW;
        if (p->new_low_us > 0 && !low_is_new(p, st, s->now_us) && !stands_still)
                return LEVEL_WARN;
        if (owned && v->kill_kib > 0 &&
            time_us(sub_floor(l->available_kib, v->kill_kib), v->lasting_kibps) < RACE_US) {
                v->reason = REASON_RACE;
                return LEVEL_KILL;
        }
        return LEVEL_TERM;
}

/* Since when a share has been at or above its limit without a gap; 0: it is not. */
static uint64_t
held_since(uint64_t since_us, bool above, uint64_t now_us)
{
        if (!above)
                return 0;
        return since_us ? since_us : now_us;
}

/*
 * Thrashing that comes and goes: a working set a little too large showed 1 to 50 % from second to
 * second, for minutes.  Over a longer time, and with no more than TERM available, a smaller share
 * is as much of a nuisance.
 */
static bool
stalls_slowly(const struct policy *p, const struct decide_state *st, const struct sample *s,
              const struct limits *l, struct verdict *v)
{
        uint64_t window_us = p->psi_window_us * SLOW_WINDOWS;

        if (window_us > SLOW_MAX_US)
                window_us = SLOW_MAX_US;
        struct window w = window_look_back(&st->past, s, window_us, st->pressure_from_us);

        if (!s->has_refault || !w.whole || !window_thrashes(&w) ||
            !mem_low(l->easy_kib, v->term_kib) || p->psi_term_bp == 0 || w.full_bp == 0 ||
            w.full_bp < p->psi_term_bp / SLOW_PART)
                return false;
        measure_pressure(v, &w);
        return true;
}

/* Nothing is left, and it has stood still for a long time, for whatever reason. */
static bool
is_frozen(const struct policy *p, const struct decide_state *st, const struct sample *s,
          const struct limits *l, struct verdict *v)
{
        struct window w = window_look_back(&st->past, s, FROZEN_US, st->pressure_from_us);

        if (!s->has_psi || !w.whole || !w.reclaim || !mem_low(l->available_kib, v->kill_kib) ||
            p->psi_kill_bp == 0 || w.full_bp < FROZEN_FULL_BP || w.full_bp < p->psi_kill_bp)
                return false;
        measure_pressure(v, &w);
        return true;
}

static bool
stalls_in_a_crowd(const struct policy *p, const struct decide_state *st, const struct sample *s,
                  const struct limits *l, struct verdict *v)
{
        if (st->crowd_us == 0 || s->now_us - st->crowd_us >= CROWD_US || !s->has_psi ||
            p->psi_kill_bp == 0 || !mem_low(l->available_kib, v->kill_kib))
                return false;
        struct window w = window_look_back(&st->past, s, LASTING_US, st->pressure_from_us);

        if (!w.whole || !w.reclaim || w.full_bp < p->psi_kill_bp)
                return false;
        measure_pressure(v, &w);
        return true;
}

static enum level
judge_stall(const struct policy *p, struct decide_state *st, const struct sample *s,
            const struct limits *l, const struct window *w, struct verdict *v)
{
        bool gate = s->has_psi && window_thrashes(w) && v->tight;
        bool term = gate && p->psi_term_bp > 0 && v->full_bp >= p->psi_term_bp;
        bool kill = gate && p->psi_kill_bp > 0 && v->full_bp >= p->psi_kill_bp;

        st->term_since_us = held_since(st->term_since_us, term, s->now_us);
        st->kill_since_us = held_since(st->kill_since_us, kill, s->now_us);
        if (kill && s->now_us - st->kill_since_us >= p->psi_hold_us)
                return LEVEL_KILL;
        if (term && s->now_us - st->term_since_us >= p->psi_hold_us)
                return LEVEL_TERM;
        if (stalls_slowly(p, st, s, l, v) || is_frozen(p, st, s, l, v) ||
            stalls_in_a_crowd(p, st, s, l, v))
                return LEVEL_TERM;
        /* People can know before the hold time is over. */
        return term ? LEVEL_WARN : LEVEL_CALM;
}

/*
 * What is in swap that is being switched off has to go somewhere, and whether it will fit is known
 * at once.  The kernel does not look at signals before it has read in all that one process has
 * there (mm/swapfile.c, unuse_mm()), so at TERM it is too late: of 280 MiB all but five came in,
 * and for a second and more nothing was left.
 */
static enum level
judge_swapoff(const struct policy *p, const struct sample *s, const struct limits *l,
              struct verdict *v)
{
        uint64_t act_kib = v->term_kib ? v->term_kib : v->kill_kib;
        /* SwapTotal has what is still in there, and will have it no more. */
        uint64_t stays_kib = sub_floor(s->mem.swap_total_kib, s->swap_off_kib);
        uint64_t off_kib = sub_floor(s->swap_off_kib, s->swap_off_in_kib);

        if (!v->swapoff)
                return LEVEL_CALM;
        v->swapoff_room_kib = sub_floor(l->easy_kib, act_kib) +
                              sub_floor(v->swap_free_kib, limit_kib(&p->swap_term, stays_kib, 0));
        return act_kib > 0 && off_kib > v->swapoff_room_kib ? LEVEL_TERM : LEVEL_CALM;
}

/* Full, and the supply has not moved by a step for long: sizes seen then tell who moved it. */
static bool
stands(struct decide_state *st, const struct sample *s, const struct verdict *v)
{
        uint64_t step_kib = verdict_step_kib(v);

        if (!st->began || sub_floor(v->supply_kib, st->stand_kib) >= step_kib ||
            sub_floor(st->stand_kib, v->supply_kib) >= step_kib) {
                st->stand_kib = v->supply_kib;
                st->stand_at_us = s->now_us;
        }
        return v->level == LEVEL_WARN && sub_floor(s->now_us, st->stand_at_us) >= STANDING_US;
}

static bool
well_above(uint64_t available_kib, uint64_t limit)
{
        return limit == 0 || available_kib > limit + limit / 5;
}

/* True while what would have to be left for `held` to end is still too near. */
static bool
still_near(const struct verdict *v, const struct limits *l, enum level held)
{
        uint64_t limit = held == LEVEL_WATCH ? v->warn_kib + v->warn_kib / 2 : v->warn_kib;

        /* WATCH begins whatever swap there is, and so it ends. */
        return !well_above(l->easy_kib, limit) &&
               (held == LEVEL_WATCH || swap_low(v, v->swap_warn_kib + v->swap_warn_kib / 5));
}

/*
 * What people are told.  It rises at once and falls one level at a time, each held for HOLD_US:
 * TERM and KILL are held as WARN, because what is only held must not end anybody.  Memory was not
 * low for a swapoff, so what is available says nothing of when that is over: a little above WARN it
 * would have been told of for hours.  Returns what this look alone would be told as.
 */
static enum level
hold_level(struct decide_state *st, const struct sample *s, const struct limits *l,
           struct verdict *v)
{
        bool watch = mem_low(l->easy_kib, v->warn_kib + v->warn_kib / 2) ||
                     v->left_us <= WATCH_AHEAD_US || mem_low(s->mem.available_kib, v->kill_kib);
        enum level now = v->act > LEVEL_CALM ? v->act : watch ? LEVEL_WATCH : LEVEL_CALM;

        if (now >= st->held || now > LEVEL_WARN) {
                st->held = now;
                st->held_reason = v->reason;
                st->held_at_us = s->now_us;
        } else if (st->held > LEVEL_WARN) {
                st->held = LEVEL_WARN;
                st->held_at_us = s->now_us;
        } else if (st->held_reason != REASON_SWAPOFF && still_near(v, l, st->held)) {
                st->held_at_us = s->now_us;
        } else if (s->now_us - st->held_at_us >= HOLD_US) {
                st->held = st->held <= LEVEL_WATCH ? now : LEVEL_WATCH;
                st->held_at_us = s->now_us;
        }
        v->level = st->held;
        if (v->reason == REASON_NONE && v->level >= LEVEL_WARN)
                v->reason = st->held_reason;
        if (v->level == LEVEL_CALM) {
                st->low_kib = l->easy_kib;
                st->low_known = false;
        }
        return now;
}

/*
 * A heap of which each fill foretold TERM within five seconds, and which was collected every three,
 * kept WATCH for good, and what the machine looked like before it was there was the base: of WATCH
 * that is only held the past is as good as of CALM.
 */
static bool
is_settled(const struct decide_state *st, const struct verdict *v, enum level now, uint64_t now_us)
{
        if (v->level != LEVEL_WATCH)
                return v->level == LEVEL_CALM;
        return now == LEVEL_CALM || !st->low_known || now_us - st->low_at_us >= PLATEAU_US;
}

/* A suspend or a long gap: forgets the trends and is quiet for a while. */
static bool
drop_trends(struct decide_state *st, const struct sample *s)
{
        uint64_t ahead_us = sub_floor(s->boot_us, s->now_us);
        bool late = s->now_us < st->last_us || s->now_us - st->last_us > DECIDE_TICK_US + LATE_US ||
                    ahead_us > st->last_ahead_us + LATE_US;
        bool drop = st->began && late;

        if (drop) {
                st->past.n = 0;
                st->term_since_us = st->kill_since_us = 0;
                st->quiet_until_us = s->now_us + QUIET_US;
                st->held_at_us = s->now_us;
                st->low_known = false;
                st->learn_until_us = st->quiet_until_us;
        }
        st->last_us = s->now_us;
        st->last_ahead_us = ahead_us;
        return drop;
}

/* A victim or a swapoff has ended: what stood still before says nothing of what that changed. */
static void
forget_pressure(struct decide_state *st, const struct sample *s)
{
        st->pressure_from_us = s->now_us;
        st->term_since_us = st->kill_since_us = 0;
}

/*
 * A swapoff that has failed gives its area back at a moment when nothing else is left, and
 * everything has stood still for it: a browser was ended for that, one look later.
 */
static void
note_swapoff(struct decide_state *st, const struct sample *s, struct verdict *v)
{
        uint64_t total_kib = s->mem.swap_total_kib;
        bool going = st->swapoff_us != 0 && s->now_us - st->swapoff_us < SWAPOFF_US;

        if (st->began && total_kib < st->swap_total_kib) {
                if (!going) {
                        st->swapoff_from_us = s->now_us;
                        st->swapoff_found = false;
                }
                st->swapoff_us = s->now_us;
                going = true;
        }
        if (going && s->swap_off_kib > 0)
                st->swapoff_found = true;
        if (total_kib > st->swap_total_kib && st->swapoff_found) {
                if (s->now_us - st->swapoff_us < FAILED_US)
                        forget_pressure(st, s);
                st->swapoff_found = false;
        }
        st->swap_total_kib = total_kib;
        st->most_swap_kib = larger(st->most_swap_kib, total_kib);
        v->swapoff = going;
        v->swapoff_new = going && s->now_us - st->swapoff_from_us < SWAPOFF_US;
}

struct verdict
decide(const struct policy *p, struct decide_state *st, const struct sample *s)
{
        struct verdict v = { .dropped = drop_trends(st, s) };
        enum level low, stall;

        note_swapoff(st, s, &v);
        if (s->after_kill)
                forget_pressure(st, s);
        struct window w = window_look_back(&st->past, s, p->psi_window_us, st->pressure_from_us);

        measure_pressure(&v, &w);
        struct limits l = resolve(p, s, st->most_swap_kib, &v);
        uint64_t mem_kibps = measure_fall(st, s, &l, &v);

        v.tight = mem_low(l.easy_kib, l.below_kib);
        note_low(st, s, &l, v.term_kib);
        if (s->rivals >= RIVALS && is_owned(s, &v) && v.fall_kibps >= v.kill_kib / CROWD_S)
                st->crowd_us = s->now_us;
        low = judge_low(p, st, s, &l, &w, &v);
        stall = judge_stall(p, st, s, &l, &w, &v);
        v.act = low;
        if (stall > low) {
                v.act = stall;
                v.reason = REASON_STALL;
        } else {
                /* It may be the slow window that was measured last, and decided nothing. */
                measure_pressure(&v, &w);
        }
        if (judge_swapoff(p, s, &l, &v) > v.act) {
                v.act = LEVEL_TERM;
                v.reason = REASON_SWAPOFF;
        }
        if (s->now_us < st->quiet_until_us && v.act > LEVEL_WARN &&
            !(v.act == LEVEL_KILL && v.reason == REASON_LOW))
                v.act = LEVEL_WARN;
        v.next_us = next_look_us(s, &v, &l, mem_kibps);
        enum level now = hold_level(st, s, &l, &v);

        v.settled = is_settled(st, &v, now, s->now_us);
        v.plateau = stands(st, s, &v);
        if (!s->stale)
                window_add(&st->past, s, v.supply_kib);
        st->began = true;
        return v;
}

void
decide_was_busy(struct decide_state *st, uint64_t until_us)
{
        if (until_us > st->last_us)
                st->last_us = until_us;
}

const char *
level_word(enum level level)
{
        static const char *const word[] = { "calm", "watch", "warn", "term", "kill" };

        return word[level];
}

const char *
reason_word(enum reason reason)
{
        static const char *const word[] = { "none", "low", "stall", "race", "swapoff" };

        return word[reason];
}
