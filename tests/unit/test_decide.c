/* SPDX-License-Identifier: MIT */
/*
 * The verdict: each limit to the KiB, each time to the microsecond, and what must never happen,
 * on a machine made of numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "decide.h"

#define N_OF(a)  (sizeof(a) / sizeof((a)[0]))
#define MS       1000ull
#define SECOND   1000000ull
#define GIB      1048576ull
#define MIN_US   (60 * SECOND)
#define START_US (1000 * SECOND)

/* With a round total the limits are round: WARN 1,000,000, TERM 500,000, KILL 250,000 KiB, a new
 * low every 31,250, pressure counts below 2,500,000; of swap 20, 10 and 5 %. */
#define TOTAL 10000000ull
#define WARN  1000000ull
#define TERM  500000ull
#define KILL  250000ull
#define STEP  62500ull
#define BELOW 2500000ull

struct machine {
        struct policy p;
        struct decide_state st;
        struct sample s;
        struct verdict v;
};

static void
power_on(struct machine *m, uint64_t total_kib, uint64_t available_kib)
{
        memset(m, 0, sizeof(*m));
        m->p = (struct policy){
                .mem_warn = { 1000, 1 * GIB },
                .mem_term = { 500, GIB / 2 },
                .mem_kill = { 250, GIB / 4 },
                .new_low_us = 10 * SECOND,
                .swap_warn = { 2000, LIMIT_NO_KIB },
                .swap_term = { 1000, LIMIT_NO_KIB },
                .swap_kill = { 500, LIMIT_NO_KIB },
                .psi_term_bp = 3000,
                .psi_kill_bp = 6000,
                .psi_window_us = 2 * SECOND,
                .psi_hold_us = 1 * SECOND,
                .psi_below = { 2500, 4 * GIB },
        };
        m->s = (struct sample){
                .now_us = START_US,
                .boot_us = START_US,
                .has_psi = true,
                .has_pgscan = true,
                .mem = { .total_kib = total_kib, .available_kib = available_kib },
        };
}

static void
pass(struct machine *m, uint64_t us)
{
        m->s.now_us += us;
        m->s.boot_us += us;
}

static enum level
look(struct machine *m)
{
        m->v = decide(&m->p, &m->st, &m->s);
        return m->v.act;
}

static enum level
look_after(struct machine *m, uint64_t us)
{
        pass(m, us);
        return look(m);
}

/* Looks every tick for so long; the worst that any of them asked for. */
static enum level
stay(struct machine *m, uint64_t us)
{
        enum level worst = LEVEL_CALM;

        for (uint64_t t = 0; t < us; t += 100 * MS) {
                enum level act = look_after(m, 100 * MS);

                worst = act > worst ? act : worst;
        }
        return worst;
}

/* Tasks stand still for so many basis points of each tick, and the kernel scans. */
static enum level
press(struct machine *m, uint64_t us, uint64_t full_bp, uint64_t scan)
{
        enum level worst = LEVEL_CALM;

        for (uint64_t t = 0; t < us; t += 100 * MS) {
                m->s.psi.full.total_us += full_bp * 10;
                m->s.psi.some.total_us += full_bp * 10;
                m->s.pgscan += scan;
                enum level act = look_after(m, 100 * MS);

                worst = act > worst ? act : worst;
        }
        return worst;
}

/* Memory goes at a rate, looked at every 50 ms, until it is at `kib` exactly. */
static enum level
fall_to(struct machine *m, uint64_t kib, uint64_t kibps)
{
        uint64_t step = kibps / 20;

        while (m->s.mem.available_kib > kib) {
                uint64_t way = m->s.mem.available_kib - kib;
                uint64_t part = way % step ? way % step : step;

                assert_true(way % step == 0 || m->st.past.n == 0);
                m->s.mem.available_kib -= part;
                (void)look_after(m, 50 * MS);
        }
        return m->v.act;
}

/* Two seconds at a height, then the fall: it is at full rate when it arrives. */
static enum level
plunge(struct machine *m, uint64_t from_kib, uint64_t to_kib, uint64_t kibps)
{
        m->s.mem.available_kib = from_kib;
        for (unsigned i = 0; i < 40; i++)
                (void)look_after(m, 50 * MS);
        return fall_to(m, to_kib, kibps);
}

/* ---- low ---- */

static void
decide_resolves_limits_as_the_smaller_of_share_and_size_with_floors(void **state)
{
        static const struct {
                uint64_t total, hugetlb, warn, term, kill;
        } rows[] = {
                { TOTAL, 0, WARN, TERM, KILL },
                { TOTAL + 9999, 0, WARN + 999, TERM + 499, KILL + 249 },
                { 64 * GIB, 0, GIB, GIB / 2, GIB / 4 },
                { 64 * GIB + TOTAL, 64 * GIB, WARN, TERM, KILL },
                { 512 * 1024, 0, 72 * 1024, 48 * 1024, 24 * 1024 },
                { 900 * 1024, 0, 90 * 1024, 48 * 1024, 24 * 1024 },
                { 4 * 1024, 5 * 1024, 72 * 1024, 48 * 1024, 24 * 1024 },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, rows[i].total, rows[i].total);
                m.s.mem.hugetlb_kib = rows[i].hugetlb;
                (void)look(&m);
                assert_int_equal(m.v.warn_kib, rows[i].warn);
                assert_int_equal(m.v.term_kib, rows[i].term);
                assert_int_equal(m.v.kill_kib, rows[i].kill);
        }
        assert_int_equal(m.v.total_kib, 0);
}

static void
decide_acts_at_each_limit_and_not_a_kib_above(void **state)
{
        static const struct {
                uint64_t available, swap_total, swap_free, new_low_us;
                enum level act;
                enum reason reason;
        } rows[] = {
                /* no swap counts as none free */
                { WARN + 1, 0, 0, 10 * SECOND, LEVEL_CALM, REASON_NONE },
                { WARN, 0, 0, 10 * SECOND, LEVEL_WARN, REASON_LOW },
                { TERM + 1, 0, 0, 0, LEVEL_WARN, REASON_LOW },
                { TERM, 0, 0, 0, LEVEL_TERM, REASON_LOW },
                { TERM, 0, 0, 10 * SECOND, LEVEL_WARN, REASON_LOW },
                { KILL + 1, 0, 0, 0, LEVEL_TERM, REASON_LOW },
                { KILL + 1, 0, 0, 10 * SECOND, LEVEL_WARN, REASON_LOW },
                { KILL, 0, 0, 10 * SECOND, LEVEL_KILL, REASON_LOW },
                { 0, 0, 0, 10 * SECOND, LEVEL_KILL, REASON_LOW },
                /* plenty of swap: never low */
                { 0, 1000000, 1000000, 0, LEVEL_CALM, REASON_NONE },
                { WARN, 1000000, 200001, 0, LEVEL_CALM, REASON_NONE },
                { WARN, 1000000, 200000, 0, LEVEL_WARN, REASON_LOW },
                { TERM, 1000000, 100001, 0, LEVEL_WARN, REASON_LOW },
                { TERM, 1000000, 100000, 0, LEVEL_TERM, REASON_LOW },
                { KILL, 1000000, 50001, 10 * SECOND, LEVEL_WARN, REASON_LOW },
                { KILL, 1000000, 50000, 10 * SECOND, LEVEL_KILL, REASON_LOW },
                { WARN + 1, 1000000, 0, 0, LEVEL_CALM, REASON_NONE },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, rows[i].available);
                m.s.mem.swap_total_kib = rows[i].swap_total;
                m.s.mem.swap_free_kib = rows[i].swap_free;
                m.p.new_low_us = rows[i].new_low_us;
                assert_int_equal(look(&m), rows[i].act);
                assert_int_equal(m.v.reason, rows[i].reason);
                assert_int_equal(m.v.level >= LEVEL_WARN, rows[i].act >= LEVEL_WARN);
        }
}

static void
decide_never_reaches_a_limit_of_nothing(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 0);
        m.p.mem_kill.bp = 0;
        m.p.new_low_us = 0;
        assert_int_equal(look(&m), LEVEL_TERM);
        m.p.mem_term.bp = 0;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_WARN);
        m.p.mem_warn.kib = 0;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_CALM);
        assert_int_equal(m.v.level, LEVEL_WARN); /* held */

        power_on(&m, TOTAL, 0);
        m.s.mem.swap_total_kib = 1000;
        m.p.swap_warn.bp = m.p.swap_term.bp = m.p.swap_kill.bp = 0;
        assert_int_equal(look(&m), LEVEL_CALM);
}

static void
decide_goes_on_when_swap_comes_and_goes(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, KILL);
        m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = 1000000;
        assert_int_equal(look(&m), LEVEL_CALM);
        m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = 0;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_KILL);
        m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = 1000000;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_CALM);
}

static void
decide_counts_zram_at_what_it_is_worth(void **state)
{
        static const struct {
                uint64_t free, zram_free;
                uint32_t ratio_bp;
                uint64_t worth;
        } rows[] = {
                { 1000000, 0, 0, 1000000 },          { 1000000, 0, 20000, 1000000 },
                { 1000000, 1000000, 20000, 500000 }, { 1000000, 1000000, 40000, 750000 },
                { 1000000, 1000000, 12500, 200000 }, { 1000000, 1000000, 11000, 90910 },
                { 1000000, 1000000, 10000, 0 },      { 1000000, 1000000, 9999, 0 },
                { 1000000, 1000000, 0, 0 },          { 600000, 400000, 20000, 400000 },
                { 600000, 700000, 20000, 300000 },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, TOTAL);
                m.s.mem.swap_total_kib = 1000000;
                m.s.mem.swap_free_kib = rows[i].free;
                m.s.zram_total_kib = 1000000;
                m.s.zram_free_kib = rows[i].zram_free;
                m.s.zram_ratio_bp = rows[i].ratio_bp;
                (void)look(&m);
                assert_int_equal(m.v.swap_free_kib, rows[i].worth);
        }
}

/* Told for a second after the last time that there was less of it than before. */
static void
decide_tells_that_swap_is_being_switched_off(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, TOTAL);
        m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = 1000000;
        (void)look(&m);
        assert_false(m.v.swapoff);
        m.s.mem.swap_free_kib = 0;
        for (unsigned i = 0; i < 15; i++) {
                m.s.mem.swap_total_kib--;
                (void)look_after(&m, 100 * MS);
                assert_true(m.v.swapoff);
                assert_int_equal(m.v.swapoff_new, i < 10);
        }
        (void)stay(&m, 900 * MS);
        assert_true(m.v.swapoff && !m.v.swapoff_new);
        (void)stay(&m, 100 * MS);
        assert_false(m.v.swapoff || m.v.swapoff_new);
        m.s.mem.swap_total_kib--;
        (void)look_after(&m, 100 * MS);
        assert_true(m.v.swapoff && m.v.swapoff_new);
        (void)stay(&m, 2 * SECOND);
        m.s.mem.swap_total_kib += 5;
        (void)look_after(&m, 100 * MS);
        assert_false(m.v.swapoff);
}

/* It is known at once whether what is to be read in fits. */
static void
decide_acts_on_a_swapoff_that_does_not_fit(void **state)
{
        static const struct {
                uint64_t above_term, off, in, other_total, other_free, room;
        } rows[] = {
                { 450000, 450000, 0, 0, 0, 450000 },
                { 450000, 450001, 0, 0, 0, 450000 },
                { 450000, 0, 0, 0, 0, 450000 },
                /* what is in memory already takes none */
                { 450000, 1450000, 1000000, 0, 0, 450000 },
                { 450000, 1450001, 1000000, 0, 0, 450000 },
                { 0, 1450001, 1450002, 0, 0, 0 },
                /* other swap takes it, down to its own limit of a tenth */
                { 450000, 610000, 0, 400000, 200000, 610000 },
                { 450000, 610001, 0, 400000, 200000, 610000 },
                { 450000, 450001, 0, 400000, 30000, 450000 },
                { 450000, 1610000, 1000000, 400000, 200000, 610000 },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, TOTAL);
                bool fits = sub_floor(rows[i].off, rows[i].in) <= rows[i].room;

                m.s.mem.available_kib = TERM + rows[i].above_term;
                m.s.mem.swap_total_kib = 3000000;
                m.s.mem.swap_free_kib = rows[i].other_free;
                (void)look(&m);
                m.s.mem.swap_total_kib = rows[i].other_total + rows[i].off;
                m.s.swap_off_kib = rows[i].off;
                m.s.swap_off_in_kib = rows[i].in;
                (void)look_after(&m, 100 * MS);
                assert_int_equal(m.v.swapoff_room_kib, rows[i].room);
                assert_int_equal(m.v.act >= LEVEL_TERM, !fits);
                assert_int_equal(m.v.reason == REASON_SWAPOFF, !fits);
                assert_true(m.v.act <= LEVEL_TERM);
                /* it is on its way no more, and that is over */
                (void)stay(&m, 1 * SECOND);
                assert_true(m.v.act < LEVEL_TERM);
        }
}

/* Whatever a swapoff does to memory and swap nobody took: a leak beside it has to be blamed. */
static void
decide_misses_nothing_for_a_swapoff(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, TOTAL / 2);
        m.s.mem.swap_total_kib = 8000000;
        m.s.mem.swap_free_kib = 6000000;
        (void)look(&m);
        uint64_t supply_kib = m.v.supply_kib;

        m.s.mem.swap_total_kib = 2000000;
        m.s.mem.swap_free_kib = 0;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.supply_kib, supply_kib);
        for (unsigned i = 0; i < 20; i++) {
                m.s.mem.swap_total_kib -= 100000;
                m.s.mem.available_kib -= 100000;
                (void)look_after(&m, 100 * MS);
                assert_int_equal(m.v.supply_kib, supply_kib);
                assert_int_equal(m.v.fall_kibps, 0);
        }
        m.s.mem.available_kib -= 300000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.supply_kib, supply_kib - 300000);
        /* back again, and more than there ever was */
        m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = 8000000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.supply_kib, supply_kib - 300000);
        m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = 9000000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.supply_kib, supply_kib + 700000);
}

/* Memory a little above WARN is no reason to go on telling people of a swapoff that is over. */
static void
decide_does_not_hold_a_level_for_a_swapoff_that_is_over(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, WARN + WARN / 10);
        m.s.mem.swap_total_kib = 2000000;
        (void)look(&m);
        m.s.mem.swap_total_kib = m.s.swap_off_kib = 1900000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_TERM);
        m.s.mem.swap_total_kib = 2000000;
        m.s.swap_off_kib = 0;
        (void)stay(&m, 9 * SECOND);
        assert_int_equal(m.v.level, LEVEL_WARN);
        assert_int_equal(m.v.reason, REASON_SWAPOFF);
        (void)stay(&m, 2 * SECOND);
        assert_int_equal(m.v.level, LEVEL_WATCH);
        assert_int_equal(m.v.reason, REASON_NONE);
        /* but where it is low then, that is told */
        m.s.mem.swap_total_kib = m.s.swap_off_kib = 1900000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_TERM);
        m.s.mem.available_kib = WARN;
        m.s.swap_off_kib = 0;
        (void)stay(&m, 2 * SECOND);
        assert_int_equal(m.v.level, LEVEL_WARN);
        assert_int_equal(m.v.reason, REASON_LOW);
}

/* On a slow disk SwapTotal does not fall in every second. */
static void
decide_tells_of_a_slow_swapoff_once(void **state)
{
        unsigned risen = 0;
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 2 * WARN);
        m.s.mem.swap_total_kib = 2000000;
        (void)look(&m);
        m.s.swap_off_kib = 1900000;
        for (unsigned i = 0; i < 130; i++) {
                enum level was = m.v.level;

                if (i % 13 == 0)
                        m.s.mem.swap_total_kib -= 1000;
                (void)look_after(&m, 100 * MS);
                risen += was < LEVEL_WARN && m.v.level >= LEVEL_WARN;
        }
        assert_int_equal(risen, 1);
}

static void
decide_leaves_a_swapoff_alone_where_no_limit_acts(void **state)
{
        struct machine m;

        (void)state;
        for (unsigned i = 0; i < 2; i++) {
                power_on(&m, TOTAL, TOTAL / 2);
                m.p.mem_term = (struct limit){ 0, LIMIT_NO_KIB };
                if (i > 0)
                        m.p.mem_kill = (struct limit){ 0, LIMIT_NO_KIB };
                m.s.mem.swap_total_kib = 2 * TOTAL;
                (void)look(&m);
                m.s.mem.swap_total_kib = m.s.swap_off_kib = TOTAL;
                (void)look_after(&m, 100 * MS);
                assert_int_equal(m.v.act, i > 0 ? LEVEL_CALM : LEVEL_TERM);
        }
}

/* Sixteen million KiB of swap that the kernel will not use are none. */
static void
decide_acts_beside_free_swap_that_is_barred(void **state)
{
        static const struct {
                uint64_t zram_free, barred, worth;
        } rows[] = {
                { 1000000, 800000, 100000 }, { 1000000, 1000000, 0 }, { 400000, 400000, 600000 },
                { 400000, 500000, 500000 },  { 0, 1000000, 0 },       { 0, 1000001, 0 },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, TOTAL);
                m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = m.s.zram_total_kib = 1000000;
                m.s.zram_free_kib = rows[i].zram_free;
                m.s.swap_barred_kib = rows[i].barred;
                m.s.zram_ratio_bp = 20000;
                (void)look(&m);
                assert_int_equal(m.v.swap_free_kib, rows[i].worth);
        }
        power_on(&m, TOTAL, 240000);
        m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = 16000000;
        (void)look(&m);
        assert_int_equal(m.v.act, LEVEL_CALM);
        m.s.swap_barred_kib = m.s.mem.swap_free_kib;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_KILL);
}

static void
decide_counts_what_zram_costs_as_supply_that_is_nobodys(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 5000000);
        m.s.mem.swap_total_kib = 2000000;
        m.s.mem.swap_free_kib = 1400000;
        m.s.zram_total_kib = 1000000;
        m.s.zram_free_kib = 400000;
        m.s.zram_ratio_bp = 20000;
        (void)look(&m);
        assert_int_equal(m.v.supply_kib, 5000000 + 1400000 + 300000);
        /* 100,000 go into zram: 50,000 of memory are free, and nothing has gone missing */
        m.s.mem.available_kib += 50000;
        m.s.mem.swap_free_kib -= 100000;
        m.s.zram_free_kib -= 100000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.supply_kib, 6700000);
        assert_int_equal(m.v.fall_kibps, 0);
        /* somebody's do not compress: that makes those of others no dearer */
        m.s.zram_cost_kib = 350000;
        m.s.zram_ratio_bp = 10000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.supply_kib, 6700000);
        m.s.zram_cost_kib = 0;
        m.s.zram_ratio_bp = 0; /* not known: nothing */
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.supply_kib, 5050000 + 1300000);
}

/* On its way to a slow disk, or back from it, a page is missing from both, and nobody took it. */
static void
decide_misses_nothing_that_is_in_memory_and_in_swap_at_once(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 5000000);
        m.s.mem.swap_total_kib = 2000000;
        m.s.mem.swap_free_kib = 1400000;
        (void)look(&m);
        assert_int_equal(m.v.supply_kib, 6400000);
        m.s.mem.swap_free_kib -= 300000;
        m.s.mem.swap_cached_kib += 300000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.supply_kib, 6400000);
        assert_int_equal(m.v.fall_kibps, 0);
        /* but as free swap it does not count */
        assert_int_equal(m.v.swap_free_kib, 1100000);
}

static void
decide_holds_zram_against_its_limits_at_its_worth(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, KILL);
        m.s.mem.swap_total_kib = m.s.zram_total_kib = 1000000;
        m.s.mem.swap_free_kib = m.s.zram_free_kib = 100000;
        m.s.zram_ratio_bp = 20000;
        assert_int_equal(look(&m), LEVEL_KILL);
        m.s.mem.swap_free_kib = m.s.zram_free_kib = 100002;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_WARN);
}

static void
decide_counts_the_arc_for_kill_down_to_half_of_its_limit(void **state)
{
        static const struct {
                uint64_t available, arc;
                enum level act;
        } rows[] = {
                { 400000, 600000, LEVEL_WARN },  { 400000, 600001, LEVEL_CALM },
                { 400000, 100000, LEVEL_TERM },  { 400000, 100001, LEVEL_WARN },
                { 250000, 5000000, LEVEL_CALM }, { 125001, 5000000, LEVEL_CALM },
                { 125000, 5000000, LEVEL_KILL }, { 125000, 50000000, LEVEL_KILL },
                { 250000, 0, LEVEL_KILL },       { 200000, 50000, LEVEL_KILL },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, rows[i].available);
                m.s.arc_kib = rows[i].arc;
                m.p.new_low_us = 0;
                assert_int_equal(look(&m), rows[i].act);
                /* somebody may have to be ended soon: there is to be a roster */
                assert_true(m.v.level >= LEVEL_WATCH || rows[i].available > 250000);
        }
}

static void
decide_counts_no_arc_for_kill_where_anything_stands_still(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 250000);
        m.s.arc_kib = 50000000;
        (void)look(&m);
        assert_int_equal(press(&m, 5 * SECOND, 490, 0), LEVEL_CALM);
        assert_int_equal(press(&m, 5 * SECOND, 500, 0), LEVEL_KILL);
}

/* A program that takes 300 MiB a second is seen before half of the limit is gone. */
static void
decide_looks_closely_where_only_the_arc_is_left(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 300000);
        m.s.arc_kib = 50000000;
        (void)look(&m);
        for (unsigned i = 0; i < 4; i++) {
                m.s.mem.available_kib -= 30000;
                assert_int_equal(look_after(&m, 100 * MS), LEVEL_CALM);
        }
        /* 55000 to go, at 300000 a second: half of that */
        assert_in_range(m.v.next_us, 80 * MS, 95 * MS);
}

/* What an ended process gave back stays on the lists of a CPU for a while (Linux 6.7 and later). */
static void
decide_counts_free_pages_that_the_processors_keep(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 550000);
        (void)look(&m);
        assert_int_equal(fall_to(&m, 400000, 100000), LEVEL_TERM);
        /* The victim's end, and another that goes on: MemAvailable alone does not move. */
        m.s.pcp_kib = 300000;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_WARN);
        assert_int_equal(m.v.available_kib, 700000);
        assert_false(m.v.below_term);
        assert_int_equal(m.v.fall_kibps, 0);
        for (unsigned i = 0; i < 10; i++) {
                m.s.pcp_kib -= 10000;
                assert_int_equal(look_after(&m, 100 * MS), LEVEL_WARN);
        }
        assert_int_equal(m.v.fall_kibps, 100000);
}

/* Those of other processors are not drained while nothing can be reclaimed. */
static void
decide_waits_for_them_until_half_of_kill_is_left(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 550000);
        m.s.pcp_kib = 600000;
        (void)look(&m);
        assert_int_equal(fall_to(&m, 130000, 10000), LEVEL_WARN);
        assert_int_equal(fall_to(&m, 125000, 10000), LEVEL_KILL);

        power_on(&m, TOTAL, 550000);
        m.s.pcp_kib = 600000;
        (void)look(&m);
        assert_int_equal(fall_to(&m, 255000, 10000), LEVEL_WARN);
        assert_int_equal(press(&m, 5 * SECOND, 500, 0), LEVEL_WARN);
        assert_int_equal(fall_to(&m, 250000, 10000), LEVEL_WARN);
        assert_int_equal(press(&m, 5 * SECOND, 500, 0), LEVEL_KILL);
}

static void
decide_says_whether_memory_is_below_term_cause_or_not(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, TERM);
        assert_int_equal(look(&m), LEVEL_WARN);
        assert_true(m.v.below_term);
        m.s.mem.available_kib = TERM + 1;
        (void)look_after(&m, 100 * MS);
        assert_false(m.v.below_term);
        m.s.mem.available_kib = TERM - 1;
        m.s.arc_kib = 2;
        (void)look_after(&m, 100 * MS);
        assert_false(m.v.below_term);
        m.s.arc_kib = 0;
        m.s.mem.swap_total_kib = 1000000;
        m.s.mem.swap_free_kib = 100001;
        (void)look_after(&m, 100 * MS);
        assert_false(m.v.below_term);
        m.s.mem.swap_free_kib = 100000;
        (void)look_after(&m, 100 * MS);
        assert_true(m.v.below_term);
}

/* ---- the cause that TERM needs ---- */

static void
decide_takes_a_low_for_new_only_by_a_quarter_of_the_way_to_kill(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 520000);
        assert_int_equal(look(&m), LEVEL_WARN);
        m.s.mem.available_kib = 520000 - STEP + 1;
        assert_int_equal(look_after(&m, 1 * SECOND), LEVEL_WARN);
        m.s.mem.available_kib = 520000 - STEP;
        assert_int_equal(look_after(&m, 1 * SECOND), LEVEL_TERM);
        assert_int_equal(m.v.reason, REASON_LOW);
        /* the next step counts from there */
        assert_int_equal(stay(&m, 10 * SECOND), LEVEL_TERM);
        m.s.mem.available_kib -= STEP - 1;
        assert_int_equal(stay(&m, 1 * SECOND), LEVEL_WARN);
        m.s.mem.available_kib -= 1;
        assert_int_equal(look_after(&m, 1 * SECOND), LEVEL_TERM);
}

/* With limits far apart, as somebody has who tries it: 500 MiB below where it began is a new low.
 */
static void
decide_takes_a_low_for_new_by_a_64th_of_memory_at_the_most(void **state)
{
        const uint64_t low_kib = 8000000 - TOTAL / 64;
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 8000000);
        m.p.mem_warn = (struct limit){ 10000, 7950000 };
        m.p.mem_term = (struct limit){ 10000, 7900000 };
        (void)look(&m);
        m.s.mem.available_kib = low_kib + 1;
        assert_int_equal(look_after(&m, 1 * SECOND), LEVEL_WARN);
        m.s.mem.available_kib = low_kib;
        assert_int_equal(look_after(&m, 1 * SECOND), LEVEL_TERM);
}

/* 48 and 24 MiB are the least that the limits come to: a quarter of that is more than a 64th. */
static void
decide_takes_a_low_for_new_by_6_mib_on_the_smallest_machine(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, 128 * 1024, 50 * 1024);
        (void)look(&m);
        m.s.mem.available_kib = 44 * 1024 + 1;
        assert_int_equal(look_after(&m, 1 * SECOND), LEVEL_WARN);
        m.s.mem.available_kib = 44 * 1024;
        assert_int_equal(look_after(&m, 1 * SECOND), LEVEL_TERM);
}

static void
decide_takes_no_low_for_new_that_is_the_same(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 510000);
        m.p.mem_kill = m.p.mem_term; /* no way between the two: any lower one is new */
        m.s.mem.swap_total_kib = 1000000;
        m.s.mem.swap_free_kib = 90000;
        (void)look(&m);
        m.s.mem.available_kib = 400000;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_TERM);
        (void)stay(&m, 11 * SECOND);
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_WARN);
        m.s.mem.available_kib--;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_TERM);
}

static void
decide_learns_for_ten_seconds_how_low_a_full_machine_gets(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 490000);
        assert_int_equal(look(&m), LEVEL_WARN);
        m.s.mem.available_kib = 400000;
        assert_int_equal(stay(&m, 10 * SECOND - 100 * MS), LEVEL_WARN);
        assert_int_equal(stay(&m, 1 * SECOND), LEVEL_WARN);
        m.s.mem.available_kib = 400000 - STEP;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_TERM);

        power_on(&m, TOTAL, 490000);
        (void)look(&m);
        m.s.mem.available_kib = 490000 - STEP;
        assert_int_equal(stay(&m, 10 * SECOND - 100 * MS), LEVEL_WARN);
        m.s.mem.available_kib -= STEP;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_TERM);
}

static void
decide_learns_nothing_when_it_comes_before_the_trouble(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 500001);
        (void)look(&m);
        m.s.mem.available_kib = 500001 - STEP;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_TERM);
}

static void
decide_does_not_take_a_low_from_before_a_suspend_for_new(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 520000);
        (void)look(&m);
        m.s.mem.available_kib = 400000;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_TERM);
        m.s.boot_us += 3600 * SECOND;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_WARN);
        assert_int_equal(stay(&m, 3 * SECOND), LEVEL_WARN);
}

static void
decide_remembers_a_new_low_for_exactly_new_low(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 520000);
        (void)look(&m);
        m.s.mem.available_kib = 400000;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_TERM);
        for (unsigned i = 0; i < 10; i++)
                assert_int_equal(look_after(&m, 1 * SECOND), LEVEL_TERM);
        assert_int_equal(look_after(&m, 1), LEVEL_WARN);
        assert_true(m.v.below_term);
}

static void
decide_forgets_the_lowest_once_calm(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 300000);
        (void)look(&m);
        m.s.mem.available_kib = 9000000;
        (void)stay(&m, 30 * SECOND);
        assert_int_equal(m.v.level, LEVEL_CALM);
        /* higher than before, and new all the same */
        m.s.mem.available_kib = 490000;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_TERM);
}

static void
decide_does_not_take_an_old_low_for_new_after_calm(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, TOTAL);
        (void)look(&m);
        m.s.mem.available_kib = 600000;
        (void)look_after(&m, 100 * MS);
        assert_true(m.st.low_known);
        m.s.mem.available_kib = 9000000;
        (void)stay(&m, 30 * SECOND);
        assert_false(m.st.low_known);
}

static void
decide_takes_a_full_stall_of_a_twentieth_as_a_cause(void **state)
{
        static const struct {
                uint64_t bp;
                enum level act;
        } rows[] = { { 490, LEVEL_WARN }, { 500, LEVEL_TERM }, { 550, LEVEL_TERM } };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, 400000);
                (void)look(&m);
                assert_int_equal(stay(&m, 20 * SECOND), LEVEL_WARN);
                (void)press(&m, 5 * SECOND, rows[i].bp, 1);
                assert_int_equal(m.v.full_bp, rows[i].bp);
                assert_int_equal(m.v.act, rows[i].act);
        }
}

/* A unit that is held back at its MemoryHigh on a machine that is full, and well. */
static void
decide_takes_no_stall_without_reclaim_as_a_cause(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 400000);
        (void)look(&m);
        assert_int_equal(stay(&m, 20 * SECOND), LEVEL_WARN);
        (void)press(&m, 5 * SECOND, 9000, 0);
        assert_int_equal(m.v.act, LEVEL_WARN);
        /* Where the kernel does not say, it may. */
        m.s.has_pgscan = false;
        (void)press(&m, 5 * SECOND, 9000, 0);
        assert_int_equal(m.v.act, LEVEL_TERM);
}

static void
decide_takes_no_stall_inside_a_limit_as_a_cause(void **state)
{
        static const struct {
                uint64_t refault, inside;
                enum level act;
        } rows[] = { { 0, 0, LEVEL_TERM }, { 800, 700, LEVEL_TERM }, { 800, 701, LEVEL_WARN } };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, 400000);
                m.s.has_refault = true;
                (void)look(&m);
                assert_int_equal(stay(&m, 20 * SECOND), LEVEL_WARN);
                for (unsigned n = 0; n < 50; n++) {
                        m.s.pgsteal += 1000;
                        m.s.refault += rows[i].refault;
                        m.s.inside += rows[i].inside;
                        (void)press(&m, 100 * MS, 2000, 1);
                }
                assert_int_equal(m.v.act, rows[i].act);
        }
}

static void
decide_takes_no_stall_of_some_as_a_cause(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 400000);
        (void)look(&m);
        for (unsigned i = 0; i < 100; i++) {
                m.s.psi.some.total_us += 100 * MS;
                assert_int_equal(look_after(&m, 100 * MS), LEVEL_WARN);
        }
        assert_int_equal(m.v.some_bp, 10000);
}

/* A small generator: the same numbers on every machine. */
static uint64_t
dice(uint64_t *seed)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return *seed;
}

static void
decide_ends_nobody_on_a_machine_that_lives_at_four_percent_for_an_hour(void **state)
{
        uint64_t seed = 42;
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 415000);
        for (unsigned i = 0; i < 36000; i++) {
                m.s.mem.available_kib = 385000 + dice(&seed) % STEP;
                m.s.psi.some.total_us += dice(&seed) % 30000;
                m.s.psi.full.total_us += dice(&seed) % 4000;
                m.s.pgscan += dice(&seed) % 1000;
                m.s.owned_kibps = dice(&seed) % 2000;
                assert_true(look_after(&m, 100 * MS) <= LEVEL_WARN);
        }
        assert_int_equal(m.v.level, LEVEL_WARN);
}

/* ---- stall ---- */

static void
decide_acts_on_a_stall_while_the_kernel_reclaims_and_memory_is_low(void **state)
{
        static const struct {
                uint64_t available, bp, scan;
                bool psi, pgscan;
                enum level act;
        } rows[] = {
                { BELOW, 3000, 1, true, true, LEVEL_TERM },
                { BELOW, 2990, 1, true, true, LEVEL_CALM },
                { BELOW, 5990, 1, true, true, LEVEL_TERM },
                { BELOW, 6000, 1, true, true, LEVEL_KILL },
                { BELOW, 10000, 1, true, true, LEVEL_KILL },
                { BELOW + 1, 10000, 1, true, true, LEVEL_CALM },
                /* a container thrashing inside its own limit */
                { BELOW, 10000, 0, true, true, LEVEL_CALM },
                { BELOW, 10000, 1, true, false, LEVEL_CALM },
                { BELOW, 10000, 1, false, true, LEVEL_CALM },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, rows[i].available);
                m.s.has_psi = rows[i].psi;
                m.s.has_pgscan = rows[i].pgscan;
                (void)look(&m);
                assert_int_equal(press(&m, 10 * SECOND, rows[i].bp, rows[i].scan), rows[i].act);
                assert_int_equal(m.v.reason, rows[i].act ? REASON_STALL : REASON_NONE);
        }
}

static void
decide_kills_nobody_on_pressure_alone(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 2 * BELOW);
        (void)look(&m);
        assert_int_equal(press(&m, 60 * SECOND, 10000, 1000), LEVEL_CALM);
        assert_int_equal(m.v.full_bp, 10000);
        assert_true(m.v.reclaim);
        assert_int_equal(m.v.level, LEVEL_CALM);
}

static void
decide_counts_the_arc_as_memory_in_a_stall(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 2000000);
        m.s.arc_kib = BELOW - 2000000 + 1;
        (void)look(&m);
        assert_int_equal(press(&m, 10 * SECOND, 10000, 1), LEVEL_CALM);
        m.s.arc_kib--;
        assert_int_equal(press(&m, 10 * SECOND, 10000, 1), LEVEL_KILL);
}

static void
decide_waits_for_the_hold_time_and_warns_meanwhile(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        (void)look(&m);
        (void)press(&m, 10 * SECOND, 0, 1);
        /* at 3 s/10 of nothing but stall the share of two seconds is at 30 % */
        assert_int_equal(press(&m, 500 * MS, 10000, 1), LEVEL_CALM);
        assert_int_equal(m.v.full_bp, 2500);
        assert_int_equal(press(&m, 100 * MS, 10000, 1), LEVEL_WARN);
        assert_int_equal(m.v.full_bp, 3000);
        assert_int_equal(m.v.reason, REASON_STALL);
        assert_int_equal(press(&m, 900 * MS, 10000, 1), LEVEL_WARN);
        assert_int_equal(press(&m, 100 * MS, 10000, 1), LEVEL_TERM);
        /* 60 % came 0.6 s after 30 % */
        assert_int_equal(press(&m, 500 * MS, 10000, 1), LEVEL_TERM);
        assert_int_equal(press(&m, 100 * MS, 10000, 1), LEVEL_KILL);
}

static void
decide_starts_the_hold_time_anew_after_a_gap(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        m.p.psi_window_us = 100 * MS;
        (void)look(&m);
        assert_int_equal(press(&m, 1000 * MS, 5000, 1), LEVEL_WARN);
        assert_int_equal(press(&m, 100 * MS, 0, 1), LEVEL_CALM);
        assert_int_equal(press(&m, 1000 * MS, 5000, 1), LEVEL_WARN);
        assert_int_equal(press(&m, 100 * MS, 5000, 1), LEVEL_TERM);
        /* and a look at which the kernel does not reclaim is a gap too */
        assert_int_equal(press(&m, 100 * MS, 5000, 0), LEVEL_CALM);
        assert_int_equal(press(&m, 1000 * MS, 5000, 1), LEVEL_WARN);
}

static void
decide_never_acts_on_a_pressure_limit_of_nothing(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        m.p.psi_kill_bp = 0;
        (void)look(&m);
        assert_int_equal(press(&m, 10 * SECOND, 10000, 1), LEVEL_TERM);
        power_on(&m, TOTAL, BELOW);
        m.p.psi_term_bp = 0;
        (void)look(&m);
        assert_int_equal(press(&m, 10 * SECOND, 10000, 1), LEVEL_KILL);
        m.p.psi_kill_bp = 0;
        assert_int_equal(press(&m, 10 * SECOND, 10000, 1), LEVEL_CALM);
}

static void
decide_judges_a_window_that_is_not_full_as_if_nothing_was_before(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        (void)look(&m);
        (void)press(&m, 500 * MS, 10000, 1);
        assert_int_equal(m.v.full_bp, 2500);
        assert_int_equal(m.v.some_bp, 2500);
}

static void
decide_can_look_back_over_the_longest_window(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        m.p.psi_window_us = 10 * SECOND;
        (void)look(&m);
        for (unsigned i = 0; i < 1000; i++) {
                m.s.psi.full.total_us += 5 * MS;
                (void)look_after(&m, 5 * MS);
        }
        for (unsigned i = 0; i < 1400; i++) {
                (void)look_after(&m, 5 * MS);
        }
        /* 3 s of stall in the last 10 s */
        assert_int_equal(m.v.full_bp, 3000);
}

static void
decide_keeps_256_points_and_takes_the_oldest_when_all_are_younger(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        m.p.psi_window_us = 60 * SECOND; /* longer than any that can be configured */
        (void)look(&m);
        for (unsigned i = 0; i < 400; i++) {
                m.s.psi.full.total_us += 50 * MS;
                (void)look_after(&m, 50 * MS);
        }
        assert_int_equal(m.v.full_bp, 256 * 50 * 10000 / 60000);
}

static void
decide_needs_the_scan_counter_at_both_ends_of_the_window(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        m.s.has_pgscan = false;
        (void)look(&m);
        m.s.has_pgscan = true;
        m.s.pgscan = 1000000;
        (void)press(&m, 2 * SECOND, 0, 0);
        assert_false(m.v.reclaim);
        (void)press(&m, 100 * MS, 0, 1);
        assert_true(m.v.reclaim);
}

static void
decide_takes_standing_still_for_thrashing_only_where_pages_come_back(void **state)
{
        static const struct {
                uint64_t steal, refault; /* per tick */
                bool counted;
                uint32_t bp;
                enum level act;
        } rows[] = {
                { 10000, 0, true, 0, LEVEL_CALM },
                { 10000, 400, true, 400, LEVEL_CALM },
                { 10000, 2499, true, 2499, LEVEL_CALM },
                { 10000, 2500, true, 2500, LEVEL_KILL },
                { 10000, 9999, true, 9999, LEVEL_KILL },
                { 10000, 10000, true, 10000, LEVEL_KILL },
                { 10000, 100000, true, 10000, LEVEL_KILL },
                { 0, 1, true, 10000, LEVEL_KILL },
                { 0, 0, true, 0, LEVEL_CALM },
                /* a kernel that does not count them cannot tell */
                { 0, 0, false, 2500, LEVEL_KILL },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, BELOW);
                m.s.has_refault = rows[i].counted;
                (void)look(&m);
                for (unsigned n = 0; n < 50; n++) {
                        m.s.pgsteal += rows[i].steal;
                        m.s.refault += rows[i].refault;
                        (void)press(&m, 100 * MS, 8000, 1);
                }
                assert_int_equal(m.v.refault_bp, rows[i].bp);
                assert_int_equal(m.v.act, rows[i].act);
        }
}

static void
decide_compares_refaults_only_where_both_ends_of_the_window_counted_them(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        (void)look(&m);
        m.s.has_refault = true;
        m.s.pgsteal = m.s.refault = 1000000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.refault_bp, 2500);
        (void)stay(&m, 2 * SECOND);
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.refault_bp, 0);
        m.s.has_refault = false;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.refault_bp, 2500);
        m.s.has_refault = true;
        m.s.refault -= 5; /* backwards is standing still */
        m.s.pgsteal += 5;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.refault_bp, 0);
}

static void
decide_forgets_what_stood_still_before_a_kill(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        (void)look(&m);
        assert_int_equal(press(&m, 4 * SECOND, 5000, 10), LEVEL_TERM);
        m.s.after_kill = true;
        assert_int_equal(press(&m, 100 * MS, 5000, 10), LEVEL_CALM);
        m.s.after_kill = false;
        /* It has to come to the share within a window, and hold, once more. */
        assert_int_equal(press(&m, 2 * SECOND, 5000, 10), LEVEL_WARN);
        assert_int_equal(press(&m, 1 * SECOND, 5000, 10), LEVEL_TERM);
}

static void
decide_forgets_what_stood_still_before_a_swapoff_failed(void **state)
{
        struct machine m;

        (void)state;
        for (unsigned found = 0; found < 2; found++) {
                power_on(&m, TOTAL, BELOW);
                m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = TOTAL;
                (void)look(&m);
                assert_int_equal(press(&m, 4 * SECOND, 5000, 10), LEVEL_TERM);
                m.s.mem.swap_total_kib -= 1000;
                m.s.mem.swap_free_kib -= 1000;
                m.s.swap_off_kib = found;
                assert_int_equal(press(&m, 100 * MS, 5000, 10), LEVEL_TERM);
                m.s.mem.swap_total_kib += 1000;
                m.s.swap_off_kib = 0;
                assert_int_equal(press(&m, 2 * SECOND, 5000, 10), found ? LEVEL_WARN : LEVEL_TERM);
                assert_int_equal(press(&m, 1 * SECOND, 5000, 10), LEVEL_TERM);
        }
        /* one that came to its end says nothing of swap that is new long after */
        power_on(&m, TOTAL, BELOW);
        m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = TOTAL;
        (void)look(&m);
        m.s.swap_off_kib = 1000;
        m.s.mem.swap_total_kib -= 1000;
        m.s.mem.swap_free_kib -= 1000;
        (void)look_after(&m, 100 * MS);
        m.s.swap_off_kib = 0;
        (void)stay(&m, 10 * SECOND);
        assert_int_equal(press(&m, 4 * SECOND, 5000, 10), LEVEL_TERM);
        m.s.mem.swap_total_kib += 5000;
        assert_int_equal(press(&m, 100 * MS, 5000, 10), LEVEL_TERM);
        /* where SwapTotal moves all the time nobody switches anything off */
        for (unsigned i = 0; i < 50; i++) {
                m.s.mem.swap_total_kib += i % 2 ? 4 : -4ull;
                assert_int_equal(press(&m, 100 * MS, 5000, 10), LEVEL_TERM);
        }
}

/* Plenty of swap, so that only standing still can ask for anything; every tick the same. */
static enum level
drag(struct machine *m, uint64_t us, uint64_t full_bp, uint64_t refault)
{
        enum level worst = LEVEL_CALM;

        for (uint64_t t = 0; t < us; t += 100 * MS) {
                m->s.pgsteal += 1000;
                m->s.refault += refault;
                enum level act = press(m, 100 * MS, full_bp, 10);

                worst = act > worst ? act : worst;
        }
        return worst;
}

static void
set_out_to_drag(struct machine *m, uint64_t available_kib)
{
        power_on(m, TOTAL, available_kib);
        m->s.mem.swap_total_kib = m->s.mem.swap_free_kib = 4 * GIB;
        m->s.has_refault = true;
        (void)look(m);
}

static void
decide_asks_when_a_third_of_the_share_goes_on_for_five_windows(void **state)
{
        static const struct {
                uint64_t available_kib, full_bp, refault;
                bool counted;
                enum level act;
        } rows[] = {
                { 500000, 1000, 250, true, LEVEL_TERM },  { 500000, 990, 250, true, LEVEL_CALM },
                { 500000, 1000, 249, true, LEVEL_CALM },  { 500001, 1000, 250, true, LEVEL_CALM },
                { 500000, 1000, 250, false, LEVEL_CALM },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                set_out_to_drag(&m, rows[i].available_kib);
                m.s.has_refault = rows[i].counted;
                assert_int_equal(drag(&m, 9900 * MS, rows[i].full_bp, rows[i].refault), LEVEL_CALM);
                assert_int_equal(drag(&m, 1 * SECOND, rows[i].full_bp, rows[i].refault),
                                 rows[i].act);
                if (rows[i].act == LEVEL_TERM) {
                        assert_int_equal(m.v.reason, REASON_STALL);
                        assert_int_equal(m.v.full_bp, rows[i].full_bp);
                }
        }
}

static void
decide_looks_back_for_twelve_seconds_at_most(void **state)
{
        struct machine m;

        (void)state;
        set_out_to_drag(&m, 400000);
        m.p.psi_window_us = 10 * SECOND;
        assert_int_equal(drag(&m, 11900 * MS, 1500, 900), LEVEL_CALM);
        assert_int_equal(drag(&m, 200 * MS, 1500, 900), LEVEL_TERM);
}

/* Nothing comes back, and still it is a freeze.  KILL is at 250,000 KiB. */
static void
decide_asks_when_nothing_was_left_and_stood_still_for_twelve_seconds(void **state)
{
        static const struct {
                uint64_t available_kib, full_bp, scan;
                enum level act;
        } rows[] = {
                { 250000, 7500, 10, LEVEL_TERM }, { 250000, 7490, 10, LEVEL_CALM },
                { 250001, 7500, 10, LEVEL_CALM }, { 250000, 7500, 0, LEVEL_CALM },
                { 0, 9000, 10, LEVEL_TERM },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                set_out_to_drag(&m, rows[i].available_kib);
                m.s.pgsteal += 1000;
                assert_int_equal(press(&m, 11900 * MS, rows[i].full_bp, rows[i].scan), LEVEL_CALM);
                assert_int_equal(press(&m, 200 * MS, rows[i].full_bp, rows[i].scan), rows[i].act);
                if (rows[i].act == LEVEL_TERM)
                        assert_int_equal(m.v.reason, REASON_STALL);
        }
}

/* A load that shifts stands still as much, but not as long; and after a kill it is counted anew. */
static void
decide_takes_no_shorter_freeze_for_one(void **state)
{
        struct machine m;

        (void)state;
        set_out_to_drag(&m, 100000);
        for (unsigned i = 0; i < 5; i++) {
                assert_int_equal(press(&m, 8 * SECOND, 9000, 10), LEVEL_CALM);
                assert_int_equal(press(&m, 4 * SECOND, 0, 10), LEVEL_CALM);
        }
        assert_int_equal(press(&m, 9 * SECOND, 9000, 10), LEVEL_CALM);
        m.s.after_kill = true;
        assert_int_equal(press(&m, 100 * MS, 9000, 10), LEVEL_CALM);
        m.s.after_kill = false;
        assert_int_equal(press(&m, 11800 * MS, 9000, 10), LEVEL_CALM);
        assert_int_equal(press(&m, 300 * MS, 9000, 10), LEVEL_TERM);
        /* a share that is asked for counts, if it is more; and never is never */
        m.p.psi_kill_bp = 9500;
        assert_int_equal(press(&m, 1 * SECOND, 9000, 10), LEVEL_CALM);
        m.p.psi_kill_bp = 0;
        assert_int_equal(press(&m, 1 * SECOND, 9000, 10), LEVEL_CALM);
}

/* So many share growth until KILL's 250,000 KiB, by so much a tick, and then stand still. */
static enum level
crowd_by(struct machine *m, uint32_t rivals, uint64_t owned_kibps, uint64_t left_kib,
         uint64_t step_kib)
{
        set_out_to_drag(m, left_kib + 20 * step_kib);
        for (; m->s.mem.available_kib > left_kib; m->s.mem.available_kib -= step_kib) {
                m->s.rivals = rivals;
                m->s.owned_kibps = owned_kibps;
                assert_int_equal(look_after(m, 100 * MS), LEVEL_CALM);
        }
        m->s.rivals = 0;
        m->s.owned_kibps = 0;
        return press(m, 300 * MS, 6000, 10);
}

static enum level
crowd(struct machine *m, uint32_t rivals, uint64_t owned_kibps, uint64_t left_kib)
{
        return crowd_by(m, rivals, owned_kibps, left_kib, 10000);
}

static void
decide_gives_a_crowd_that_fills_swap_no_time(void **state)
{
        static const struct {
                uint32_t rivals;
                uint64_t owned_kibps, left_kib;
                enum level act;
        } rows[] = {
                { 8, 100000, 250000, LEVEL_TERM }, { 40, 50000, 250000, LEVEL_TERM },
                { 7, 100000, 250000, LEVEL_CALM }, { 8, 49999, 250000, LEVEL_CALM },
                { 8, 100000, 260000, LEVEL_CALM },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                assert_int_equal(crowd(&m, rows[i].rivals, rows[i].owned_kibps, rows[i].left_kib),
                                 rows[i].act);
                if (rows[i].act == LEVEL_TERM) {
                        assert_int_equal(m.v.reason, REASON_STALL);
                        assert_int_equal(m.v.full_bp, 6000);
                }
        }
}

static void
decide_takes_nothing_else_for_a_crowd(void **state)
{
        struct machine m;

        (void)state;
        (void)crowd(&m, 8, 100000, 250000);
        /* less than the share, nobody reclaims, it was two seconds ago, or pressure never counts */
        assert_int_equal(press(&m, 300 * MS, 5900, 10), LEVEL_CALM);
        (void)crowd(&m, 8, 100000, 250000);
        (void)press(&m, 300 * MS, 6000, 0);
        assert_int_equal(press(&m, 300 * MS, 6000, 0), LEVEL_CALM);
        (void)crowd(&m, 8, 100000, 250000);
        assert_int_equal(press(&m, 1600 * MS, 6000, 10), LEVEL_TERM);
        assert_int_equal(press(&m, 300 * MS, 6000, 10), LEVEL_CALM);
        /* a quarter of KILL's limit in a second, and less */
        assert_int_equal(crowd_by(&m, 8, 62500, 250000, 6250), LEVEL_TERM);
        assert_int_equal(crowd_by(&m, 8, 62500, 250000, 6249), LEVEL_CALM);
        (void)crowd(&m, 8, 100000, 250000);
        m.p.psi_kill_bp = 0;
        assert_int_equal(press(&m, 300 * MS, 6000, 10), LEVEL_CALM);
}

static void
decide_asks_nothing_slowly_where_pressure_never_counts(void **state)
{
        struct machine m;

        (void)state;
        set_out_to_drag(&m, 400000);
        m.p.psi_term_bp = m.p.psi_kill_bp = 0;
        assert_int_equal(drag(&m, 20 * SECOND, 2900, 900), LEVEL_CALM);
}

/* A third of the smallest shares is none, and that is always reached. */
static void
decide_asks_nothing_where_nothing_stands_still_however_small_the_share(void **state)
{
        struct machine m;

        (void)state;
        for (unsigned has_psi = 0; has_psi < 2; has_psi++) {
                set_out_to_drag(&m, 400000);
                m.p.psi_term_bp = 2;
                m.s.has_psi = has_psi;
                assert_int_equal(drag(&m, 20 * SECOND, 0, 900), LEVEL_CALM);
        }
}

static void
decide_tells_the_share_that_it_has_judged_by(void **state)
{
        struct machine m;

        (void)state;
        set_out_to_drag(&m, 400000);
        m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = 0;
        (void)drag(&m, 12 * SECOND, 1000, 900);
        /* The slow window is at its share too, but it is memory that asks. */
        assert_int_equal(drag(&m, 2 * SECOND, 2000, 900), LEVEL_TERM);
        assert_int_equal(m.v.reason, REASON_LOW);
        assert_int_equal(m.v.full_bp, 2000);
}

static void
decide_asks_nothing_in_a_healthy_load_shift(void **state)
{
        uint64_t seed = 7;
        struct machine m;

        (void)state;
        power_on(&m, 16 * GIB, 3 * GIB);
        m.s.mem.swap_total_kib = 8 * GIB;
        m.s.mem.swap_free_kib = 6 * GIB;
        (void)look(&m);
        for (unsigned i = 0; i < 1200; i++) {
                m.s.mem.available_kib = 3 * GIB + dice(&seed) % GIB;
                m.s.mem.swap_free_kib -= m.s.mem.swap_free_kib > 3 * GIB ? GIB / 200 : 0;
                m.s.psi.some.total_us += 83 * MS;
                m.s.psi.full.total_us += 12 * MS;
                m.s.pgscan += 5000;
                assert_int_equal(look_after(&m, 100 * MS), LEVEL_CALM);
        }
        assert_in_range(m.v.some_bp, 8200, 8400);
        assert_in_range(m.v.full_bp, 1190, 1210);
}

/* ---- race ---- */

static void
decide_acts_early_by_what_falls_in_a_tick_when_somebody_owns_the_fall(void **state)
{
        /* 1,000,000 KiB/s: 100,000 a tick */
        static const struct {
                uint64_t to, owned;
                enum level act;
                enum reason reason;
        } rows[] = {
                { TERM + 100000, 500000, LEVEL_TERM, REASON_LOW },
                { TERM + 100000, 499999, LEVEL_WARN, REASON_LOW },
                { TERM + 100001, 500000, LEVEL_WARN, REASON_LOW },
                { TERM + 100000, UINT64_MAX, LEVEL_TERM, REASON_LOW },
                { TERM + 1, 0, LEVEL_WARN, REASON_LOW },
                { TERM, 0, LEVEL_TERM, REASON_LOW },
                /* 250 ms before KILL nobody ends by himself */
                { KILL + 250000, 500000, LEVEL_TERM, REASON_LOW },
                { KILL + 249999, 500000, LEVEL_KILL, REASON_RACE },
                { KILL + 249999, 499999, LEVEL_TERM, REASON_LOW },
                { KILL + 1, 0, LEVEL_TERM, REASON_LOW },
                { KILL, 0, LEVEL_KILL, REASON_LOW },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, 0);
                m.s.owned_kibps = rows[i].owned;
                assert_int_equal(plunge(&m, rows[i].to + 1000000, rows[i].to, 1000000),
                                 rows[i].act);
                assert_int_equal(m.v.fall_kibps, 1000000);
                assert_int_equal(m.v.reason, rows[i].reason);
        }
}

static void
decide_acts_early_by_no_more_than_what_lasts_for_a_quarter_of_a_second(void **state)
{
        /* A fall of 1,000,000 KiB/s that began so long ago: what it comes to over 250 ms. */
        static const struct {
                uint64_t began_us, early_kib;
        } rows[] = {
                { 100 * MS, 40000 },  { 150 * MS, 60000 },  { 200 * MS, 80000 },
                { 250 * MS, 100000 }, { 900 * MS, 100000 },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                for (unsigned beyond = 0; beyond < 2; beyond++) {
                        uint64_t to_kib = TERM + rows[i].early_kib + beyond;

                        power_on(&m, TOTAL, 0);
                        m.s.owned_kibps = UINT64_MAX;
                        assert_int_equal(plunge(&m, to_kib + rows[i].began_us, to_kib, 1000000),
                                         beyond ? LEVEL_WARN : LEVEL_TERM);
                        assert_int_equal(m.v.fall_kibps, 1000000);
                        assert_int_equal(m.v.lasting_kibps, rows[i].early_kib * 10);
                }
        }
}

static void
decide_takes_nothing_for_a_race_where_kill_is_off(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 0);
        m.p.mem_kill.bp = 0;
        m.s.owned_kibps = 1000000;
        assert_int_equal(plunge(&m, 1100000, 100000, 1000000), LEVEL_TERM);
        assert_int_equal(m.v.fall_kibps, 1000000);
}

static void
decide_kills_early_even_where_the_low_is_not_new(void **state)
{
        static const struct {
                uint64_t to, owned;
                enum level act;
        } rows[] = {
                { KILL + 100001, 1000000, LEVEL_WARN },
                { KILL + 100000, 1000000, LEVEL_KILL },
                { KILL + 100000, 400000, LEVEL_WARN },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, KILL + 1);
                (void)look(&m);
                m.s.owned_kibps = rows[i].owned;
                assert_int_equal(plunge(&m, 1350000 + rows[i].to - KILL, rows[i].to, 1000000),
                                 rows[i].act);
        }
        assert_int_equal(m.v.reason, REASON_LOW);
}

static void
decide_takes_what_falls_from_memory_or_from_swap_but_not_from_both(void **state)
{
        static const struct {
                uint64_t to, swap_free;
                enum level act;
        } rows[] = {
                { TERM + 100000, 100000, LEVEL_TERM }, { TERM + 100001, 100000, LEVEL_WARN },
                { TERM, 200000, LEVEL_TERM },          { TERM, 200001, LEVEL_CALM },
                { TERM + 1, 200000, LEVEL_WARN },      { TERM + 50000, 150000, LEVEL_WARN },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, 0);
                m.s.mem.swap_total_kib = 1000000;
                m.s.mem.swap_free_kib = rows[i].swap_free;
                m.s.owned_kibps = 1000000;
                assert_int_equal(plunge(&m, rows[i].to + 1000000, rows[i].to, 1000000),
                                 rows[i].act);
        }
}

static void
decide_lets_a_jvm_live_that_touches_ten_gigabytes_at_once(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, 16 * GIB, 14 * GIB);
        (void)look(&m);
        (void)stay(&m, 5 * SECOND);
        while (m.s.mem.available_kib > 4 * GIB) {
                uint64_t us = m.v.next_us, kib = 5 * GIB * us / SECOND;

                m.s.mem.available_kib -= kib;
                m.s.owned_kibps = 5 * GIB;
                assert_true(look_after(&m, us) <= LEVEL_WATCH);
        }
        assert_true(stay(&m, 10 * SECOND) <= LEVEL_WATCH);
        assert_true(m.v.level <= LEVEL_WATCH);
}

static void
decide_is_not_late_for_a_bomb(void **state)
{
        enum level act = LEVEL_CALM;
        struct machine m;

        (void)state;
        power_on(&m, 8 * GIB, 7 * GIB);
        (void)look(&m);
        (void)stay(&m, 1 * SECOND);
        while (act < LEVEL_TERM) {
                uint64_t us = m.v.next_us, kib = 5 * GIB / 2 * us / SECOND;

                m.s.mem.available_kib -= kib;
                m.s.owned_kibps = 2 * GIB;
                act = look_after(&m, us);
        }
        assert_int_equal(act, LEVEL_KILL);
        assert_int_equal(m.v.reason, REASON_RACE);
        assert_in_range(m.v.available_kib, m.v.kill_kib, m.v.term_kib + GIB / 4);
}

/* ---- rates and the next look ---- */

static void
decide_measures_a_fall_over_a_tick_at_least(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 9000000);
        (void)look(&m);
        m.s.mem.available_kib -= 90000;
        (void)look_after(&m, 99999);
        assert_int_equal(m.v.fall_kibps, 0);
        assert_true(m.v.left_us == DECIDE_NEVER_US);
        m.s.mem.available_kib -= 10000;
        (void)look_after(&m, 1);
        assert_int_equal(m.v.fall_kibps, 1000000);
        assert_int_equal(m.v.left_us, 8400000);
}

static void
decide_keeps_points_fifty_milliseconds_apart(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 9000000);
        (void)look(&m);
        (void)look_after(&m, 49999);
        assert_int_equal(m.st.past.n, 1);
        (void)look_after(&m, 1);
        assert_int_equal(m.st.past.n, 2);
        (void)look_after(&m, 50 * MS);
        assert_int_equal(m.st.past.n, 3);
}

static void
decide_sees_no_fall_where_memory_rises_or_goes_into_swap(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 2000000);
        m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = 1000000;
        (void)look(&m);
        m.s.mem.available_kib += 100000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.fall_kibps, 0);
        m.s.mem.swap_free_kib -= 100000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.fall_kibps, 1000000);
        m.s.mem.swap_free_kib -= 100000;
        m.s.mem.available_kib += 100000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.fall_kibps, 0);
        /* memory and swap above TERM, both at the rate of both */
        m.s.mem.swap_free_kib -= 50000;
        m.s.mem.available_kib -= 50000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.fall_kibps, 1000000);
        assert_int_equal(m.v.left_us, 2150000 - TERM + 750000 - 100000);
}

static void
decide_looks_again_at_half_the_time_to_the_nearest_limit(void **state)
{
        static const struct {
                uint64_t to, next_us;
        } rows[] = {
                { 3000000, 100000 },      { WARN + 200000, 100000 }, { WARN + 180000, 90000 },
                { WARN + 100000, 50000 }, { WARN + 12000, 6000 },    { WARN + 9000, 5000 },
                { WARN + 1, 5000 },       { WARN, 100000 },          { TERM + 160000, 80000 },
                { TERM + 40000, 20000 },  { TERM, 100000 },          { KILL + 60000, 30000 },
                { KILL + 10002, 5001 },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, 0);
                m.s.mem.swap_total_kib = m.s.mem.swap_free_kib = 100000000;
                (void)plunge(&m, rows[i].to + 1000000, rows[i].to, 1000000);
                assert_int_equal(m.v.next_us, rows[i].next_us);
        }
}

static void
decide_looks_again_sooner_when_swap_is_what_runs_out(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 400000);
        m.s.mem.swap_total_kib = 1000000;
        m.s.mem.swap_free_kib = 260000;
        (void)look(&m);
        m.s.mem.swap_free_kib -= 100000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.left_us, 60000);
        assert_int_equal(m.v.next_us, 30000);
}

/* Below TERM, how low it gets is known: there is no cause to end anybody. */
static void
live_full(struct machine *m, uint64_t lowest_kib, uint64_t kib)
{
        power_on(m, TOTAL, lowest_kib);
        (void)look(m);
        (void)stay(m, 11 * SECOND);
        m->s.mem.available_kib = kib;
        (void)stay(m, 1 * SECOND);
        assert_true(m->v.below_term);
        assert_int_equal(m->v.act, LEVEL_WARN);
}

static void
decide_does_not_hurry_while_a_full_machine_breathes(void **state)
{
        struct machine m;

        (void)state;
        live_full(&m, 400000, 450000);
        for (unsigned i = 0; i < 600; i++) {
                m.s.mem.available_kib = 450000 - i % 8 * 2000;
                assert_int_equal(look_after(&m, 100 * MS), LEVEL_WARN);
                assert_int_equal(m.v.left_us, m.v.fall_kibps ? 0 : DECIDE_NEVER_US);
                assert_int_equal(m.v.next_us, 100 * MS);
        }
}

static void
decide_looks_as_near_as_can_be_where_a_full_machine_falls_towards_kill(void **state)
{
        static const struct {
                uint64_t to, kibps, next_us;
        } rows[] = {
                { KILL + 100000, 100000, 100000 }, { KILL + 99980, 100000, 5000 },
                { KILL + 60000, 100000, 5000 },    { KILL + 20, 100000, 5000 },
                { KILL + 140000, 140000, 100000 }, { KILL + 139980, 140000, 5000 },
                { KILL + 20000, 20000, 100000 },   { KILL + 19980, 20000, 5000 },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                live_full(&m, KILL + 1, 499980);
                assert_int_equal(
                        plunge(&m, rows[i].to + rows[i].kibps / 2, rows[i].to, rows[i].kibps),
                        LEVEL_WARN);
                assert_int_equal(m.v.next_us, rows[i].next_us);
        }
}

/* The same with swap: KILL is as far as both. */
static void
decide_counts_swap_on_the_way_to_kill(void **state)
{
        struct machine m;

        (void)state;
        live_full(&m, KILL + 1, 400000);
        m.s.mem.swap_total_kib = 1000000;
        m.s.mem.swap_free_kib = 90000;
        (void)stay(&m, 1 * SECOND);
        assert_true(m.v.below_term);
        m.s.mem.swap_free_kib -= 18000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.fall_kibps, 180000);
        assert_int_equal(m.v.next_us, 5000);
        m.s.mem.swap_free_kib -= 15000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.fall_kibps, 150000);
        assert_int_equal(m.v.next_us, 100000);
}

static void
decide_looks_as_near_as_can_be_while_somebody_is_to_be_ended(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 0);
        assert_int_equal(plunge(&m, TERM + 100000, TERM, 10000), LEVEL_TERM);
        assert_int_equal(m.v.next_us, 5000);
        m.s.mem.available_kib -= 1;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_TERM);
        assert_int_equal(m.v.next_us, 5000);
}

static void
decide_is_not_confused_by_memory_that_stands_still_and_then_jumps(void **state)
{
        const uint64_t jump = 126 * 1024, every = 87 * MS, real = jump * SECOND / every;
        uint64_t at = 0, kib = 9000000;
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, kib);
        (void)look(&m);
        (void)stay(&m, 1 * SECOND);
        /* at every tick that may be asked for, and the counter moves in jumps only */
        for (uint64_t tick = 5 * MS; tick <= 100 * MS; tick += 5 * MS) {
                unsigned n = 0;

                for (at = 0; at < 2 * SECOND; at += tick) {
                        m.s.mem.available_kib = kib - at / every * jump;
                        (void)look_after(&m, tick);
                        if (at < 300 * MS)
                                continue;
                        assert_in_range(m.v.fall_kibps, real / 2, real * 2);
                        n++;
                }
                assert_true(n > 10);
                m.s.mem.available_kib = kib;
                (void)stay(&m, 1 * SECOND);
        }
}

static void
decide_sees_a_limit_coming_only_while_it_is_in_sight(void **state)
{
        struct machine m;

        (void)state;
        /* 1 KiB/s: in UINT32_MAX seconds at the latest, or never */
        power_on(&m, 1ull << 40, (1ull << 40) - 1);
        (void)look(&m);
        m.s.mem.available_kib -= 1;
        (void)look_after(&m, 1000 * MS);
        assert_int_equal(m.v.fall_kibps, 1);
        assert_true(m.v.left_us == DECIDE_NEVER_US);
        power_on(&m, 1ull << 40, UINT32_MAX + GIB / 2 + 1);
        (void)look(&m);
        m.s.mem.available_kib -= 1;
        (void)look_after(&m, 1000 * MS);
        assert_int_equal(m.v.left_us, UINT32_MAX * SECOND);
}

/* ---- suspended, late, stale, torn ---- */

static void
decide_drops_trends_after_a_second_late_or_suspended(void **state)
{
        static const struct {
                int64_t now_us, boot_us;
                bool dropped;
        } rows[] = {
                { 1100000, 1100000, false },
                { 1100001, 1100001, true },
                { 100000, 1100000, false },
                { 100000, 1100001, true },
                { -1, -1, true },
                { 0, 0, false },
                { 100000, -5000000, false },
                { 3600000000, 3600000000, true },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, 0);
                m.s.boot_us += 77 * SECOND; /* slept before */
                m.s.psi.full.total_us = 1;
                (void)plunge(&m, 3000000, 2000000, 1000000);
                assert_int_equal(m.v.fall_kibps, 1000000);
                m.s.psi.full.total_us = 1000000000;
                m.s.now_us = (uint64_t)((int64_t)m.s.now_us + rows[i].now_us);
                m.s.boot_us = (uint64_t)((int64_t)m.s.boot_us + rows[i].boot_us);
                (void)look(&m);
                assert_int_equal(m.v.dropped, rows[i].dropped);
                if (!rows[i].dropped)
                        continue;
                assert_int_equal(m.v.fall_kibps, 0);
                assert_true(m.v.left_us == DECIDE_NEVER_US);
                assert_int_equal(m.v.full_bp, 0);
                assert_false(m.v.reclaim);
                assert_int_equal(m.v.next_us, 100000);
                assert_false((look_after(&m, 100 * MS), m.v.dropped));
        }
}

/* The loop scans by itself: nobody was late for that. */
static void
decide_takes_what_the_loop_was_at_work_for_no_gap(void **state)
{
        static const struct {
                int64_t busy_us;
                uint64_t next_us;
                bool dropped;
        } rows[] = {
                { 3000000, 4100000, false }, /* the look at its end, and the next one in time */
                { 3000000, 4100001, true },
                { -3000000, 1100000, false }, /* what had ended before says nothing */
                { -3000000, 1100001, true },
        };
        struct machine m;

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                power_on(&m, TOTAL, 0);
                (void)look(&m);
                decide_was_busy(&m.st, (uint64_t)((int64_t)m.s.now_us + rows[i].busy_us));
                (void)look_after(&m, rows[i].next_us);
                assert_int_equal(m.v.dropped, rows[i].dropped);
        }
}

static void
decide_never_takes_its_first_sample_for_a_late_one(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, TERM);
        m.p.new_low_us = 0;
        m.s.boot_us += 1000 * SECOND;
        assert_int_equal(look(&m), LEVEL_TERM);
        assert_false(m.v.dropped);
}

static void
decide_is_quiet_for_two_seconds_after_a_suspend_but_for_the_kill_limit(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, WARN + 1);
        m.p.new_low_us = 0;
        (void)look(&m);
        m.s.boot_us += 8 * 3600 * SECOND;
        m.s.mem.available_kib = TERM;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_WARN);
        assert_true(m.v.dropped);
        assert_int_equal(stay(&m, 1900 * MS), LEVEL_WARN);
        assert_int_equal(look_after(&m, 99999), LEVEL_WARN);
        assert_int_equal(look_after(&m, 1), LEVEL_TERM);

        m.s.boot_us += 2 * SECOND;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_WARN);
        m.s.mem.available_kib = KILL;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_KILL);
        assert_int_equal(m.v.reason, REASON_LOW);
}

static void
decide_takes_a_race_for_no_kill_limit_while_quiet(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 2000000);
        m.s.owned_kibps = 1000000;
        (void)look(&m);
        m.s.boot_us += 2 * SECOND;
        (void)look_after(&m, 50 * MS);
        m.s.mem.available_kib = 1000000;
        for (unsigned i = 0; i < 14; i++) {
                m.s.mem.available_kib -= 50000;
                assert_true(look_after(&m, 50 * MS) <= LEVEL_WARN);
        }
        m.s.mem.available_kib -= 50000;
        assert_int_equal(look_after(&m, 50 * MS), LEVEL_KILL);
        assert_int_equal(m.v.reason, REASON_LOW);
}

static void
decide_starts_a_stall_anew_after_a_suspend(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        (void)look(&m);
        assert_int_equal(press(&m, 10 * SECOND, 5000, 1), LEVEL_TERM);
        m.s.boot_us += 2 * SECOND;
        (void)look_after(&m, 100 * MS);
        /* 1.2 s until the share of a window that was empty is 30 % again, and a second of it */
        assert_true(press(&m, 2100 * MS, 5000, 1) <= LEVEL_WARN);
        assert_int_equal(press(&m, 100 * MS, 5000, 1), LEVEL_TERM);
}

static void
decide_makes_no_point_of_a_stale_sample(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 5000000);
        (void)look(&m);
        m.s.stale = true;
        for (unsigned i = 0; i < 5; i++)
                (void)look_after(&m, 100 * MS);
        assert_int_equal(m.st.past.n, 1);
        /* what fell meanwhile is spread over all of the time */
        m.s.stale = false;
        m.s.mem.available_kib -= 600000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.fall_kibps, 1000000);
        assert_int_equal(m.st.past.n, 2);
}

static void
decide_never_looks_calm_on_a_stale_sample(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, KILL);
        (void)look(&m);
        m.s.stale = true;
        for (unsigned i = 0; i < 50; i++)
                assert_int_equal(look_after(&m, 100 * MS), LEVEL_KILL);
}

static void
decide_takes_counters_that_run_backwards_for_standing_still(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        m.s.psi.full.total_us = m.s.psi.some.total_us = 1000000000;
        m.s.pgscan = 1000000;
        (void)look(&m);
        m.s.psi.full.total_us = m.s.psi.some.total_us = 5;
        m.s.pgscan = 5;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.full_bp, 0);
        assert_int_equal(m.v.some_bp, 0);
        assert_false(m.v.reclaim);
        assert_int_equal(m.v.act, LEVEL_CALM);
}

static void
decide_never_finds_more_stall_than_time(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        (void)look(&m);
        (void)stay(&m, 3 * SECOND);
        m.s.psi.full.total_us = m.s.psi.some.total_us = UINT64_MAX;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.full_bp, 10000);
        assert_int_equal(m.v.some_bp, 10000);
}

/* ---- what people are told ---- */

static void
decide_watches_from_three_halves_of_warn(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 1500001);
        (void)look(&m);
        assert_int_equal(m.v.level, LEVEL_CALM);
        m.s.mem.available_kib = 1500000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_WATCH);
        assert_int_equal(m.v.act, LEVEL_CALM);
        assert_int_equal(m.v.reason, REASON_NONE);
}

static void
decide_watches_from_five_seconds_before_term(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, TERM + 5100001);
        (void)look(&m);
        m.s.mem.available_kib -= 100000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_CALM);
        m.s.mem.available_kib -= 100001;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_WATCH);

        power_on(&m, TOTAL, TERM + 5100000);
        (void)look(&m);
        m.s.mem.available_kib -= 100000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.left_us, 5 * SECOND);
        assert_int_equal(m.v.level, LEVEL_WATCH);
}

static void
decide_leaves_a_level_after_ten_seconds_above_its_limit_plus_a_fifth(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, WARN);
        (void)look(&m);
        assert_int_equal(m.v.level, LEVEL_WARN);
        /* not above: for ever */
        m.s.mem.available_kib = 1200000;
        (void)stay(&m, 5 * MIN_US);
        assert_int_equal(m.v.level, LEVEL_WARN);
        assert_int_equal(m.v.reason, REASON_LOW);
        assert_int_equal(m.v.act, LEVEL_CALM);
        /* one level at a time, though it is far above */
        m.s.mem.available_kib = 9000000;
        (void)stay(&m, 9900 * MS);
        (void)look_after(&m, 99999);
        assert_int_equal(m.v.level, LEVEL_WARN);
        (void)look_after(&m, 1);
        assert_int_equal(m.v.level, LEVEL_WATCH);
        assert_int_equal(m.v.reason, REASON_NONE);
        (void)stay(&m, 9900 * MS);
        (void)look_after(&m, 99999);
        assert_int_equal(m.v.level, LEVEL_WATCH);
        (void)look_after(&m, 1);
        assert_int_equal(m.v.level, LEVEL_CALM);
}

static void
decide_leaves_warn_a_kib_above_its_limit_plus_a_fifth(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, WARN);
        (void)look(&m);
        m.s.mem.available_kib = 1200001;
        (void)stay(&m, 10 * SECOND);
        assert_int_equal(m.v.level, LEVEL_WATCH);
        m.s.mem.available_kib = 1800000;
        (void)stay(&m, 5 * MIN_US);
        assert_int_equal(m.v.level, LEVEL_WATCH);
        m.s.mem.available_kib = 1800001;
        (void)stay(&m, 10 * SECOND);
        assert_int_equal(m.v.level, LEVEL_CALM);
}

static void
decide_starts_the_ten_seconds_anew_with_every_look_below(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, WARN);
        (void)look(&m);
        for (unsigned i = 0; i < 10; i++) {
                m.s.mem.available_kib = 1300000;
                (void)stay(&m, 9900 * MS);
                assert_int_equal(m.v.level, LEVEL_WARN);
                m.s.mem.available_kib = 1200000;
                (void)stay(&m, 100 * MS);
        }
        m.s.mem.available_kib = 1300000;
        (void)stay(&m, 10 * SECOND);
        assert_int_equal(m.v.level, LEVEL_WATCH);
}

static void
decide_leaves_warn_when_swap_is_free_again(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, WARN);
        m.s.mem.swap_total_kib = 1000000;
        m.s.mem.swap_free_kib = 200000;
        (void)look(&m);
        assert_int_equal(m.v.level, LEVEL_WARN);
        m.s.mem.swap_free_kib = 240000;
        (void)stay(&m, 5 * MIN_US);
        assert_int_equal(m.v.level, LEVEL_WARN);
        m.s.mem.swap_free_kib = 240001;
        (void)stay(&m, 10 * SECOND);
        assert_int_equal(m.v.level, LEVEL_WATCH);
}

static void
decide_holds_term_and_kill_as_a_warning_only(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, KILL);
        (void)look(&m);
        assert_int_equal(m.v.level, LEVEL_KILL);
        m.s.mem.available_kib = 9000000;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_CALM);
        assert_int_equal(m.v.level, LEVEL_WARN);
        assert_int_equal(m.v.reason, REASON_LOW);
        (void)stay(&m, 9900 * MS);
        assert_int_equal(m.v.level, LEVEL_WARN);
        (void)stay(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_WATCH);
}

static void
decide_never_tells_less_than_it_asks_for(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        m.p.new_low_us = 0;
        (void)look(&m);
        assert_int_equal(press(&m, 10 * SECOND, 10000, 1), LEVEL_KILL);
        m.s.mem.available_kib = TERM;
        m.s.has_psi = false;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_TERM);
        assert_int_equal(m.v.level, LEVEL_TERM);
        m.s.mem.available_kib = 9000000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_WARN);
        assert_int_equal(m.v.reason, REASON_LOW);
}

static void
decide_says_of_a_held_level_why_it_came(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, BELOW);
        (void)look(&m);
        assert_int_equal(press(&m, 10 * SECOND, 5000, 1), LEVEL_TERM);
        m.s.mem.available_kib = 9000000;
        (void)stay(&m, 5 * SECOND);
        assert_int_equal(m.v.act, LEVEL_CALM);
        assert_int_equal(m.v.level, LEVEL_WARN);
        assert_int_equal(m.v.reason, REASON_STALL);
}

static void
decide_says_of_a_held_level_why_it_was_last_deserved(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, WARN);
        (void)look(&m);
        assert_int_equal(m.v.reason, REASON_LOW);
        m.s.mem.available_kib = WARN + 1;
        m.p.psi_hold_us = 60 * SECOND;
        assert_int_equal(press(&m, 5 * SECOND, 5000, 1), LEVEL_WARN);
        assert_int_equal(m.v.reason, REASON_STALL);
        m.s.mem.available_kib = 9000000;
        assert_int_equal(look_after(&m, 100 * MS), LEVEL_CALM);
        assert_int_equal(m.v.level, LEVEL_WARN);
        assert_int_equal(m.v.reason, REASON_STALL);
}

static void
decide_holds_a_level_over_a_suspend(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, WARN);
        (void)look(&m);
        m.s.mem.available_kib = 9000000;
        (void)stay(&m, 9 * SECOND);
        m.s.boot_us += 3600 * SECOND;
        (void)stay(&m, 9 * SECOND);
        assert_int_equal(m.v.level, LEVEL_WARN);
        (void)stay(&m, 2 * SECOND);
        assert_int_equal(m.v.level, LEVEL_WATCH);
}

static void
decide_takes_a_minute_without_a_new_low_for_how_the_machine_lives(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 9000000);
        (void)look(&m);
        assert_true(m.v.settled);
        m.s.mem.available_kib = 1400000;
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_WATCH);
        assert_false(m.v.settled);
        (void)stay(&m, 59900 * MS);
        (void)look_after(&m, 99999);
        assert_false(m.v.settled);
        (void)look_after(&m, 1);
        assert_true(m.v.settled);
        /* never from WARN on */
        m.s.mem.available_kib = WARN;
        (void)stay(&m, 10 * MIN_US);
        assert_false(m.v.settled);
}

/* A fall foretells TERM, and ends far from it. */
static void
decide_takes_for_a_base_what_watch_only_holds_on_to(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 9000000);
        (void)look(&m);
        for (int i = 0; i < 5; i++) {
                m.s.mem.available_kib -= 200000;
                (void)look_after(&m, 100 * MS);
        }
        assert_int_equal(m.v.level, LEVEL_WATCH);
        assert_false(m.v.settled);
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_WATCH);
        assert_true(m.v.settled);
        /* What would begin it does not settle. */
        m.s.mem.available_kib = WARN + WARN / 2;
        (void)look_after(&m, 100 * MS);
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_WATCH);
        assert_false(m.v.settled);
}

/* WARN at 1,000,000 and TERM at 500,000: a quarter of a million moves it. */
static void
decide_sees_that_a_full_machine_has_stood_for_ten_minutes(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 1200000);
        (void)look(&m);
        (void)stay(&m, 11 * MIN_US);
        assert_false(m.v.plateau); /* WATCH is no full machine */
        m.s.mem.available_kib = 950000;
        (void)look_after(&m, 100 * MS);
        m.s.mem.available_kib = 701000; /* from 950,000 that is no step */
        (void)look_after(&m, 100 * MS);
        assert_int_equal(m.v.level, LEVEL_WARN);
        (void)stay(&m, 10 * MIN_US - 200 * MS);
        (void)look_after(&m, 99999);
        assert_false(m.v.plateau);
        (void)look_after(&m, 1);
        assert_true(m.v.plateau);
        m.s.mem.available_kib = 700000;
        (void)look_after(&m, 100 * MS);
        assert_false(m.v.plateau);
        (void)stay(&m, 10 * MIN_US - 100 * MS);
        assert_false(m.v.plateau);
        (void)look_after(&m, 100 * MS);
        assert_true(m.v.plateau);
        m.s.mem.available_kib = 9000000;
        (void)stay(&m, MIN_US);
        assert_false(m.v.plateau);
}

/* A leak has what ZFS gives back of its cache, and available memory stays what it is. */
static void
decide_counts_the_cache_of_zfs_as_supply(void **state)
{
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, 600000);
        m.s.arc_kib = 2000000;
        (void)look(&m);
        assert_int_equal(m.v.supply_kib, 2600000);
        assert_true(m.v.settled);
        for (int i = 0; i < 100; i++) {
                m.s.arc_kib -= 15000;
                (void)look_after(&m, 100 * MS);
                assert_int_equal(m.v.supply_kib, 600000 + m.s.arc_kib);
        }
        assert_int_equal(m.v.fall_kibps, 150000);
        (void)stay(&m, 61 * SECOND);
        assert_int_equal(m.v.level, LEVEL_WATCH);
        assert_true(m.v.settled);
        /* A new low is one of both together. */
        m.s.arc_kib -= 63000;
        (void)look_after(&m, 100 * MS);
        assert_false(m.v.settled);
}

/* ---- whatever the numbers are ---- */

static uint64_t
odd_number(uint64_t *seed)
{
        static const uint64_t odd[] = {
                0,
                1,
                4096,
                UINT32_MAX,
                UINT64_MAX,
                UINT64_MAX - 3,
                UINT64_MAX / 2,
                1ull << 53,
                1ull << 63,
                18446744073709551612ull,
        };
        uint64_t n = dice(seed);

        switch (n % 4) {
        case 0:
                return odd[n / 4 % N_OF(odd)];
        case 1:
                return dice(seed);
        default:
                return dice(seed) % (1ull << (n / 4 % 40 + 1));
        }
}

static void
odd_sample(struct sample *s, uint64_t *seed)
{
        uint64_t flags = dice(seed);

        s->now_us = flags & 1 ? s->now_us + dice(seed) % 200000 : odd_number(seed);
        s->boot_us = flags & 2 ? s->boot_us + dice(seed) % 200000 : odd_number(seed);
        s->mem = (struct meminfo){
                .total_kib = odd_number(seed),
                .available_kib = odd_number(seed),
                .swap_total_kib = odd_number(seed),
                .swap_free_kib = odd_number(seed),
                .hugetlb_kib = odd_number(seed),
        };
        s->psi.some.total_us = odd_number(seed);
        s->psi.full.total_us = odd_number(seed);
        s->pgscan = odd_number(seed);
        s->zram_total_kib = odd_number(seed);
        s->zram_free_kib = odd_number(seed);
        s->zram_ratio_bp = (uint32_t)odd_number(seed);
        s->arc_kib = odd_number(seed);
        s->owned_kibps = odd_number(seed);
        s->has_psi = flags & 4;
        s->pgsteal = odd_number(seed);
        s->refault = odd_number(seed);
        s->inside = odd_number(seed);
        s->has_refault = flags & 32;
        s->has_pgscan = flags & 8;
        s->stale = flags & 16;
}

static void
decide_survives_absurd_numbers(void **state)
{
        uint64_t seed = 99;
        struct machine m;

        (void)state;
        power_on(&m, TOTAL, TOTAL);
        for (unsigned i = 0; i < 200000; i++) {
                odd_sample(&m.s, &seed);
                (void)look(&m);
                assert_in_range(m.v.next_us, 5 * MS, 100 * MS);
                assert_true(m.v.act <= LEVEL_KILL && m.v.level >= m.v.act);
                assert_true(m.v.reason <= REASON_RACE);
                assert_true(m.v.full_bp <= 10000 && m.v.some_bp <= 10000);
                assert_true((m.v.reason == REASON_NONE) == (m.v.level < LEVEL_WARN));
        }
}

/* A run of plausible samples: every kind of machine, going up and down. */
static void
plausible_step(struct sample *s, uint64_t *seed)
{
        uint64_t us = dice(seed) % 100 == 0 ? 3 * SECOND : 5 * MS + dice(seed) % (95 * MS);
        uint64_t step = dice(seed) % 300000;

        s->now_us += us;
        s->boot_us += us + (dice(seed) % 200 == 0 ? 60 * SECOND : 0);
        if (dice(seed) % 5 < 2)
                s->mem.available_kib += s->mem.available_kib + step < TOTAL ? step : 0;
        else
                s->mem.available_kib -= s->mem.available_kib > step ? step : 0;
        if (s->mem.swap_total_kib)
                s->mem.swap_free_kib = dice(seed) % (s->mem.swap_total_kib / 2);
        s->psi.full.total_us += dice(seed) % (us + 1);
        s->psi.some.total_us += us;
        s->pgscan += dice(seed) % 2;
        s->pgsteal += dice(seed) % 100;
        s->refault += dice(seed) % 100;
        s->inside += dice(seed) % 4 ? 0 : dice(seed) % 300;
        s->has_refault = dice(seed) % 2;
        s->arc_kib = dice(seed) % 3 == 0 ? dice(seed) % 200000 : 0;
        s->stale = dice(seed) % 20 == 0;
}

static void
decide_gives_the_same_verdict_on_the_same_samples(void **state)
{
        struct machine a, b;
        uint64_t seed = 5;

        (void)state;
        power_on(&a, TOTAL, TOTAL / 5);
        b = a;
        for (unsigned i = 0; i < 20000; i++) {
                plausible_step(&a.s, &seed);
                b.s = a.s;
                (void)look(&a);
                (void)look(&b);
                assert_memory_equal(&a.v.level, &b.v.level, sizeof(a.v.level));
                assert_int_equal(a.v.act, b.v.act);
                assert_int_equal(a.v.reason, b.v.reason);
                assert_int_equal(a.v.next_us, b.v.next_us);
                assert_int_equal(a.v.fall_kibps, b.v.fall_kibps);
                assert_int_equal(a.v.full_bp, b.v.full_bp);
                assert_int_equal(a.v.settled, b.v.settled);
        }
}

static void
decide_is_never_milder_for_less_memory(void **state)
{
        struct machine a, b;
        uint64_t seed = 6;
        unsigned acted = 0;

        (void)state;
        for (unsigned run = 0; run < 40; run++) {
                power_on(&a, TOTAL, TOTAL / 5);
                a.s.mem.swap_total_kib = run % 2 ? 1000000 : 0;
                /* Whose growth it is does not change with what is missing: all, or nobody's. */
                a.s.owned_kibps = run % 4 < 2 ? 0 : UINT64_MAX;
                for (unsigned i = 0; i < 500; i++) {
                        plausible_step(&a.s, &seed);
                        b = a;
                        b.s.mem.available_kib -= dice(&seed) % (b.s.mem.available_kib + 1);
                        if (dice(&seed) % 2)
                                b.s.mem.swap_free_kib -= dice(&seed) % (b.s.mem.swap_free_kib + 1);
                        assert_true(look(&a) <= look(&b));
                        assert_true(a.v.level <= b.v.level);
                        acted += a.v.act >= LEVEL_TERM;
                }
        }
        assert_true(acted > 500);
}

static void
every_level_and_reason_has_its_word(void **state)
{
        static const char *const level[] = { "calm", "watch", "warn", "term", "kill" };
        static const char *const reason[] = { "none", "low", "stall", "race" };

        (void)state;
        for (unsigned i = 0; i < N_OF(level); i++)
                assert_string_equal(level_word((enum level)i), level[i]);
        for (unsigned i = 0; i < N_OF(reason); i++)
                assert_string_equal(reason_word((enum reason)i), reason[i]);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(
                        decide_resolves_limits_as_the_smaller_of_share_and_size_with_floors),
                cmocka_unit_test(decide_acts_at_each_limit_and_not_a_kib_above),
                cmocka_unit_test(decide_never_reaches_a_limit_of_nothing),
                cmocka_unit_test(decide_goes_on_when_swap_comes_and_goes),
                cmocka_unit_test(decide_counts_zram_at_what_it_is_worth),
                cmocka_unit_test(decide_tells_that_swap_is_being_switched_off),
                cmocka_unit_test(decide_acts_on_a_swapoff_that_does_not_fit),
                cmocka_unit_test(decide_misses_nothing_for_a_swapoff),
                cmocka_unit_test(decide_does_not_hold_a_level_for_a_swapoff_that_is_over),
                cmocka_unit_test(decide_tells_of_a_slow_swapoff_once),
                cmocka_unit_test(decide_leaves_a_swapoff_alone_where_no_limit_acts),
                cmocka_unit_test(decide_acts_beside_free_swap_that_is_barred),
                cmocka_unit_test(decide_counts_what_zram_costs_as_supply_that_is_nobodys),
                cmocka_unit_test(decide_misses_nothing_that_is_in_memory_and_in_swap_at_once),
                cmocka_unit_test(decide_holds_zram_against_its_limits_at_its_worth),
                cmocka_unit_test(decide_counts_the_arc_for_kill_down_to_half_of_its_limit),
                cmocka_unit_test(decide_counts_no_arc_for_kill_where_anything_stands_still),
                cmocka_unit_test(decide_looks_closely_where_only_the_arc_is_left),
                cmocka_unit_test(decide_counts_free_pages_that_the_processors_keep),
                cmocka_unit_test(decide_waits_for_them_until_half_of_kill_is_left),
                cmocka_unit_test(decide_says_whether_memory_is_below_term_cause_or_not),
                cmocka_unit_test(decide_takes_a_low_for_new_only_by_a_quarter_of_the_way_to_kill),
                cmocka_unit_test(decide_takes_a_low_for_new_by_a_64th_of_memory_at_the_most),
                cmocka_unit_test(decide_takes_a_low_for_new_by_6_mib_on_the_smallest_machine),
                cmocka_unit_test(decide_learns_for_ten_seconds_how_low_a_full_machine_gets),
                cmocka_unit_test(decide_learns_nothing_when_it_comes_before_the_trouble),
                cmocka_unit_test(decide_does_not_take_a_low_from_before_a_suspend_for_new),
                cmocka_unit_test(decide_takes_no_low_for_new_that_is_the_same),
                cmocka_unit_test(decide_remembers_a_new_low_for_exactly_new_low),
                cmocka_unit_test(decide_forgets_the_lowest_once_calm),
                cmocka_unit_test(decide_does_not_take_an_old_low_for_new_after_calm),
                cmocka_unit_test(decide_takes_a_full_stall_of_a_twentieth_as_a_cause),
                cmocka_unit_test(decide_takes_no_stall_without_reclaim_as_a_cause),
                cmocka_unit_test(decide_takes_no_stall_inside_a_limit_as_a_cause),
                cmocka_unit_test(decide_takes_no_stall_of_some_as_a_cause),
                cmocka_unit_test(
                        decide_ends_nobody_on_a_machine_that_lives_at_four_percent_for_an_hour),
                cmocka_unit_test(
                        decide_acts_on_a_stall_while_the_kernel_reclaims_and_memory_is_low),
                cmocka_unit_test(decide_kills_nobody_on_pressure_alone),
                cmocka_unit_test(decide_counts_the_arc_as_memory_in_a_stall),
                cmocka_unit_test(decide_waits_for_the_hold_time_and_warns_meanwhile),
                cmocka_unit_test(decide_starts_the_hold_time_anew_after_a_gap),
                cmocka_unit_test(decide_never_acts_on_a_pressure_limit_of_nothing),
                cmocka_unit_test(decide_judges_a_window_that_is_not_full_as_if_nothing_was_before),
                cmocka_unit_test(decide_can_look_back_over_the_longest_window),
                cmocka_unit_test(decide_keeps_256_points_and_takes_the_oldest_when_all_are_younger),
                cmocka_unit_test(decide_needs_the_scan_counter_at_both_ends_of_the_window),
                cmocka_unit_test(
                        decide_takes_standing_still_for_thrashing_only_where_pages_come_back),
                cmocka_unit_test(
                        decide_compares_refaults_only_where_both_ends_of_the_window_counted_them),
                cmocka_unit_test(decide_asks_when_a_third_of_the_share_goes_on_for_five_windows),
                cmocka_unit_test(decide_looks_back_for_twelve_seconds_at_most),
                cmocka_unit_test(
                        decide_asks_when_nothing_was_left_and_stood_still_for_twelve_seconds),
                cmocka_unit_test(decide_takes_no_shorter_freeze_for_one),
                cmocka_unit_test(decide_gives_a_crowd_that_fills_swap_no_time),
                cmocka_unit_test(decide_takes_nothing_else_for_a_crowd),
                cmocka_unit_test(decide_asks_nothing_slowly_where_pressure_never_counts),
                cmocka_unit_test(
                        decide_asks_nothing_where_nothing_stands_still_however_small_the_share),
                cmocka_unit_test(decide_tells_the_share_that_it_has_judged_by),
                cmocka_unit_test(decide_forgets_what_stood_still_before_a_kill),
                cmocka_unit_test(decide_forgets_what_stood_still_before_a_swapoff_failed),
                cmocka_unit_test(decide_asks_nothing_in_a_healthy_load_shift),
                cmocka_unit_test(
                        decide_acts_early_by_what_falls_in_a_tick_when_somebody_owns_the_fall),
                cmocka_unit_test(
                        decide_acts_early_by_no_more_than_what_lasts_for_a_quarter_of_a_second),
                cmocka_unit_test(decide_takes_nothing_for_a_race_where_kill_is_off),
                cmocka_unit_test(decide_kills_early_even_where_the_low_is_not_new),
                cmocka_unit_test(
                        decide_takes_what_falls_from_memory_or_from_swap_but_not_from_both),
                cmocka_unit_test(decide_lets_a_jvm_live_that_touches_ten_gigabytes_at_once),
                cmocka_unit_test(decide_is_not_late_for_a_bomb),
                cmocka_unit_test(decide_measures_a_fall_over_a_tick_at_least),
                cmocka_unit_test(decide_keeps_points_fifty_milliseconds_apart),
                cmocka_unit_test(decide_sees_no_fall_where_memory_rises_or_goes_into_swap),
                cmocka_unit_test(decide_looks_again_at_half_the_time_to_the_nearest_limit),
                cmocka_unit_test(decide_looks_again_sooner_when_swap_is_what_runs_out),
                cmocka_unit_test(decide_does_not_hurry_while_a_full_machine_breathes),
                cmocka_unit_test(
                        decide_looks_as_near_as_can_be_where_a_full_machine_falls_towards_kill),
                cmocka_unit_test(decide_counts_swap_on_the_way_to_kill),
                cmocka_unit_test(decide_looks_as_near_as_can_be_while_somebody_is_to_be_ended),
                cmocka_unit_test(decide_is_not_confused_by_memory_that_stands_still_and_then_jumps),
                cmocka_unit_test(decide_sees_a_limit_coming_only_while_it_is_in_sight),
                cmocka_unit_test(decide_drops_trends_after_a_second_late_or_suspended),
                cmocka_unit_test(decide_takes_what_the_loop_was_at_work_for_no_gap),
                cmocka_unit_test(decide_never_takes_its_first_sample_for_a_late_one),
                cmocka_unit_test(
                        decide_is_quiet_for_two_seconds_after_a_suspend_but_for_the_kill_limit),
                cmocka_unit_test(decide_takes_a_race_for_no_kill_limit_while_quiet),
                cmocka_unit_test(decide_starts_a_stall_anew_after_a_suspend),
                cmocka_unit_test(decide_makes_no_point_of_a_stale_sample),
                cmocka_unit_test(decide_never_looks_calm_on_a_stale_sample),
                cmocka_unit_test(decide_takes_counters_that_run_backwards_for_standing_still),
                cmocka_unit_test(decide_never_finds_more_stall_than_time),
                cmocka_unit_test(decide_watches_from_three_halves_of_warn),
                cmocka_unit_test(decide_watches_from_five_seconds_before_term),
                cmocka_unit_test(
                        decide_leaves_a_level_after_ten_seconds_above_its_limit_plus_a_fifth),
                cmocka_unit_test(decide_leaves_warn_a_kib_above_its_limit_plus_a_fifth),
                cmocka_unit_test(decide_starts_the_ten_seconds_anew_with_every_look_below),
                cmocka_unit_test(decide_leaves_warn_when_swap_is_free_again),
                cmocka_unit_test(decide_holds_term_and_kill_as_a_warning_only),
                cmocka_unit_test(decide_never_tells_less_than_it_asks_for),
                cmocka_unit_test(decide_says_of_a_held_level_why_it_came),
                cmocka_unit_test(decide_says_of_a_held_level_why_it_was_last_deserved),
                cmocka_unit_test(decide_holds_a_level_over_a_suspend),
                cmocka_unit_test(decide_takes_a_minute_without_a_new_low_for_how_the_machine_lives),
                cmocka_unit_test(decide_takes_for_a_base_what_watch_only_holds_on_to),
                cmocka_unit_test(decide_sees_that_a_full_machine_has_stood_for_ten_minutes),
                cmocka_unit_test(decide_counts_the_cache_of_zfs_as_supply),
                cmocka_unit_test(decide_survives_absurd_numbers),
                cmocka_unit_test(decide_gives_the_same_verdict_on_the_same_samples),
                cmocka_unit_test(decide_is_never_milder_for_less_memory),
                cmocka_unit_test(every_level_and_reason_has_its_word),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
