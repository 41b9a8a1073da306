/* SPDX-License-Identifier: MIT */
/*
 * Blame: what ending somebody gives back, and who took what has gone missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "blame.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define MIB     1024ull
#define GIB     (1024 * MIB)

/* A machine at 300,000 KiB of 10,000,000 that had 3,000,000 when it was last calm: 2,700,000 are
 * missing, half of it is 1,350,000, and 700,001 lift it above WARN. */
struct place {
        struct roster r;
        struct verdict v;
        struct sample s;
};

static struct place place;

static void
set_up(void)
{
        memset(&place, 0, sizeof(place));
        place.v = (struct verdict){
                .total_kib = 10000000,
                .available_kib = 300000,
                .warn_kib = 1000000,
                .term_kib = 500000,
                .kill_kib = 250000,
        };
        place.r.mark[0] = (struct mark){ 1, 1000, 3000000, 0, false };
}

/* With an executable and a parent of its own, so it is of no swarm. */
static struct candidate *
add(uint64_t anon_kib, uint64_t mark_kib)
{
        struct candidate *c = &place.r.c[place.r.n++];

        *c = (struct candidate){
                .pid = 1000 + (int32_t)place.r.n,
                .ppid = 100,
                .start_ticks = place.r.n,
                .anon_kib = anon_kib,
                .sharers = 1,
                .exe_id = place.r.n,
                .standing = { .rule = -1, .builtin = -1 },
        };
        for (unsigned m = 0; m < MARK_MAX; m++)
                c->mark_kib[m] = (uint32_t)mark_kib;
        return c;
}

static void
add_swarm(unsigned n, uint64_t anon_kib, uint64_t mark_kib, int32_t ppid, uint64_t exe_id)
{
        for (unsigned i = 0; i < n; i++) {
                struct candidate *c = add(anon_kib, mark_kib);

                c->ppid = ppid;
                c->exe_id = exe_id;
        }
}

static struct blame
find(void)
{
        place.v.supply_kib = place.v.available_kib + place.v.swap_free_kib;
        return blame_find(&place.r, &place.v, &place.s);
}

static void
assert_one(int32_t pid, uint64_t took_kib)
{
        struct blame b = find();

        assert_int_equal(b.who.n, 1);
        assert_int_equal(place.r.c[b.who.member[0]].pid, pid);
        assert_int_equal(b.took_kib, took_kib);
}

static void
assert_nobody(void)
{
        assert_int_equal(find().who.n, 0);
}

/* ---- what ending gives back ---- */

static void
blame_swap_bp_is_what_zram_gives_back_and_nothing_for_a_disk(void **state)
{
        static const struct {
                uint64_t total, free, zram_total, zram_free;
                uint32_t ratio_bp, want_bp;
        } rows[] = {
                { 1000, 0, 0, 0, 0, 0 },
                { 1000, 0, 0, 0, 20000, 0 },
                { 1000, 0, 1000, 0, 20000, 5000 },
                { 1000, 0, 1000, 0, 40000, 2500 },
                { 1000, 0, 1000, 0, 10000, 10000 },
                { 1000, 0, 1000, 0, 12000, 8333 },
                { 1000, 0, 1000, 0, 9000, 10000 },
                { 1000, 0, 1000, 0, 5000, 10000 },
                { 1000, 0, 1000, 0, 0, 0 },
                { 1000, 0, 500, 0, 20000, 2500 },
                { 1000, 500, 500, 250, 20000, 2500 },
                { 1000, 1000, 1000, 1000, 20000, 0 },
                { 1000, 600, 1000, 0, 20000, 5000 }, /* zram says more than the whole: all of it */
                { 1000, 1000, 1000, 0, 20000, 0 },
                { 1000, 1001, 1000, 1001, 20000, 0 },
        };

        static const struct {
                uint64_t cost_kib;
                uint32_t ratio_bp, want_bp;
        } cost[] = {
                { 250, 10000, 2500 },
                { 1000, 10000, 10000 },
                { 1200, 10000, 10000 },
                { 250, 0, 2500 },
        };

        (void)state;
        /* What is stored costs what it costs, whatever else is stored of late. */
        for (size_t i = 0; i < N_OF(cost); i++) {
                struct sample s = {
                        .mem = { .swap_total_kib = 1000 },
                        .zram_total_kib = 1000,
                        .zram_ratio_bp = cost[i].ratio_bp,
                        .zram_cost_kib = cost[i].cost_kib,
                };

                assert_int_equal(blame_swap_bp(&s), cost[i].want_bp);
        }
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct sample s = {
                        .mem = { .swap_total_kib = rows[i].total, .swap_free_kib = rows[i].free },
                        .zram_total_kib = rows[i].zram_total,
                        .zram_free_kib = rows[i].zram_free,
                        .zram_ratio_bp = rows[i].ratio_bp,
                };

                assert_int_equal(blame_swap_bp(&s), rows[i].want_bp);
        }
}

static void
blame_gives_adds_up_memory_and_tells_swap_apart(void **state)
{
        static const struct {
                struct candidate c;
                uint32_t swap_bp;
                uint64_t mem, swap, own;
        } rows[] = {
                { { .anon_kib = 1000, .sharers = 1 }, 0, 1000, 0, 1000 },
                { { .pagetables_kib = 30, .sharers = 1 }, 0, 30, 0, 30 },
                { { .anon_kib = 1000, .swap_kib = 500, .sharers = 1 }, 0, 1000, 500, 1500 },
                { { .anon_kib = 1000, .swap_kib = 500, .sharers = 1 }, 5000, 1250, 500, 1500 },
                { { .swap_kib = 500, .sharers = 1 }, 10000, 500, 500, 500 },
                { { .shmem_kib = 900, .sharers = 1 }, 0, 900, 0, 900 },
                { { .shmem_kib = 900, .sharers = 3 }, 0, 300, 0, 300 },
                { { .shmem_kib = 900, .sharers = 0 }, 0, 900, 0, 900 },
                /* a fork: only what is beyond its parent's, or what it grew by, is its own */
                { { .anon_kib = 1000, .cow = true, .parent_kib = 1000, .first_kib = 1000 },
                  0,
                  0,
                  0,
                  0 },
                { { .anon_kib = 1100, .cow = true, .parent_kib = 1000, .first_kib = 1100 },
                  0,
                  100,
                  0,
                  100 },
                { { .anon_kib = 1000,
                    .pagetables_kib = 9,
                    .cow = true,
                    .parent_kib = 1000,
                    .first_kib = 1000 },
                  0,
                  9,
                  0,
                  9 },
                { { .anon_kib = 1100, .cow = true, .parent_kib = 2000, .first_kib = 900 },
                  0,
                  200,
                  0,
                  200 },
                { { .anon_kib = 600,
                    .swap_kib = 400,
                    .cow = true,
                    .first_kib = 500,
                    .parent_kib = 2000 },
                  5000,
                  400,
                  200,
                  500 },
                /* ... and what it has copied, but no more than all that it shows */
                { { .anon_kib = 600,
                    .swap_kib = 400,
                    .cow = true,
                    .first_kib = 500,
                    .parent_kib = 2000,
                    .copied_kib = 250 },
                  0,
                  550,
                  200,
                  750 },
                { { .anon_kib = 600,
                    .swap_kib = 400,
                    .cow = true,
                    .first_kib = 500,
                    .parent_kib = 2000,
                    .copied_kib = 400 },
                  5000,
                  600 + 150,
                  300,
                  900 },
                { { .anon_kib = 1100,
                    .cow = true,
                    .first_kib = 1000,
                    .parent_kib = 1000,
                    .copied_kib = 5000 },
                  0,
                  1100,
                  0,
                  1100 },
                { { .anon_kib = 1000, .cow = false, .parent_kib = 1000, .first_kib = 1000 },
                  0,
                  1000,
                  0,
                  1000 },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct give_back g = blame_gives(&rows[i].c, rows[i].swap_bp);

                assert_int_equal(g.mem_kib, rows[i].mem);
                assert_int_equal(g.swap_kib, rows[i].swap);
                assert_int_equal(blame_own_kib(&rows[i].c), rows[i].own);
        }
}

static void
blame_lifts_when_memory_or_swap_would_be_above_warn(void **state)
{
        static const struct {
                uint64_t available, arc, swap_total, swap_free, mem, swap;
                bool lifts;
        } rows[] = {
                { 300, 0, 0, 0, 700, 0, false },     { 300, 0, 0, 0, 701, 0, true },
                { 300, 100, 0, 0, 600, 0, false },   { 300, 100, 0, 0, 601, 0, true },
                { 300, 0, 1000, 50, 0, 150, false }, { 300, 0, 1000, 50, 0, 151, true },
                { 300, 0, 0, 50, 0, 151, false },    { 300, 0, 1000, 500, 1, 0, false },
                { 300, 0, 1000, 200, 0, 1, true },   { 300, 0, 1000, 201, 0, 700, false },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct verdict v = {
                        .warn_kib = 1000,
                        .swap_warn_kib = 200,
                        .available_kib = rows[i].available,
                        .swap_total_kib = rows[i].swap_total,
                        .swap_free_kib = rows[i].swap_free,
                };
                struct sample s = { .arc_kib = rows[i].arc };
                struct give_back g = { rows[i].mem, rows[i].swap };

                assert_int_equal(blame_lifts(&v, &s, &g), rows[i].lifts);
        }
}

/* ---- one ---- */

static void
blame_finds_a_leak_beside_a_larger_steady_one(void **state)
{
        (void)state;
        set_up();
        (void)add(6000000, 6000000);
        (void)add(2800000, 100000);
        assert_one(1002, 2700000);
        assert_int_equal(find().missing_kib, 2700000);
        assert_int_equal(find().since_wall_s, 1000);
}

static void
blame_needs_half_of_what_is_missing(void **state)
{
        (void)state;
        set_up();
        (void)add(1349999, 0);
        assert_nobody();
        place.r.c[0].anon_kib = 1350000;
        assert_one(1001, 1350000);
}

static void
blame_needs_enough_to_lift_memory_above_warn(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0].supply_kib = 1500000;
        (void)add(700000, 0);
        assert_nobody();
        place.r.c[0].anon_kib++;
        assert_one(1001, 700001);
}

static void
blame_does_not_take_the_second_when_the_first_does_not_lift(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0].supply_kib = 1300000; /* a million is missing */
        (void)add(690000, 0);
        (void)add(2000000, 1400000);
        place.r.c[1].mark_kib[0] = 1875001; /* 124,999: no eighth, so it does not help to lift */
        assert_nobody();
        place.r.c[1].mark_kib[0] = 1400000; /* ended after the first, it lifts */
        assert_one(1001, 690000);
}

static void
blame_never_blames_those_who_may_not_be_ended(void **state)
{
        (void)state;
        for (unsigned how = 0; how < 4; how++) {
                set_up();
                struct candidate *c = add(5000000, 0);

                (void)add(1400000, 0);
                if (how == 0)
                        c->standing.effect = RULE_PROTECT;
                else if (how == 1)
                        c->struck = true;
                else if (how == 2)
                        c->adj = -1000;
                else
                        c->adj = -999;
                assert_one(how < 3 ? 1002 : 1001, how < 3 ? 1400000 : 2700000);
        }
}

static void
blame_goes_past_the_avoided_where_another_would_do(void **state)
{
        static const struct {
                uint64_t other_kib;
                int32_t pid;
        } rows[] = { { 700000, 1001 }, { 700001, 0 }, { 2000000, 1002 } };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                set_up();
                add(5000000, 0)->standing.effect = RULE_AVOID;
                (void)add(rows[i].other_kib, 0);
                if (rows[i].pid == 0)
                        assert_nobody();
                else
                        assert_one(rows[i].pid, rows[i].pid == 1001 ? 2700000 : 2000000);
        }
        /* Two that are avoided are no others. */
        place.r.c[1].standing.effect = RULE_AVOID;
        assert_one(1001, 2700000);
}

static void
blame_says_nothing_when_little_is_missing(void **state)
{
        (void)state;
        set_up();
        /* half the way from WARN to TERM is 250,000 */
        (void)add(3000000, 0);
        place.r.mark[0].supply_kib = 549999;
        assert_nobody();
        place.r.mark[0].supply_kib = 550000;
        assert_one(1001, 250000);
}

static void
blame_says_nothing_when_nothing_is_missing(void **state)
{
        (void)state;
        set_up();
        place.v.warn_kib = place.v.term_kib = 0;
        (void)add(3000000, 0);
        place.r.mark[0].supply_kib = 300000;
        assert_nobody();
        place.r.mark[0].supply_kib = 0;
        assert_nobody();
}

static void
blame_says_nothing_of_those_who_took_nothing(void **state)
{
        (void)state;
        set_up();
        (void)add(5000000, 5000000);
        (void)add(4000000, 5000000);
        assert_nobody();
}

/* A machine that stood at 800,000, below WARN, for long: three quarters of the 450,000 that are
 * missing since make it well again, and nothing of it lifts it above WARN. */
static void
blame_asks_whether_it_is_as_well_as_where_it_stood(void **state)
{
        (void)state;
        set_up();
        place.v.available_kib = place.v.supply_kib = 350000;
        place.r.mark[1] = place.r.mark[0];
        place.r.mark[0] = (struct mark){ 2, 2000, 800000, 0, true };
        struct candidate *browser = add(9000000, 9000000), *leak = add(455000, 5000);

        browser->mark_kib[1] = 7000000;
        leak->mark_kib[1] = 5000;
        assert_one(1002, 450000);
        assert_int_equal(find().since_wall_s, 2000);
        leak->anon_kib = 337499;
        assert_one(1001, 2000000);
        leak->anon_kib = 337500;
        assert_one(1002, 332500);
        place.r.mark[0].plateau = false;
        assert_one(1001, 2000000);
}

/* Half of what counts elsewhere: 125,000 of the 250,000 from WARN half the way to TERM. */
static void
blame_hears_a_small_loss_where_the_machine_stood(void **state)
{
        (void)state;
        set_up();
        place.v.available_kib = place.v.supply_kib = 500000;
        place.r.mark[0] = (struct mark){ 2, 2000, 625000, 0, true };
        (void)add(200000, 50000);
        assert_one(1001, 125000);
        place.r.mark[0].supply_kib--;
        assert_nobody();
}

static void
blame_takes_several_that_took_what_was_there_where_it_stood(void **state)
{
        (void)state;
        set_up();
        place.v.available_kib = place.v.supply_kib = 350000;
        place.r.mark[0] = (struct mark){ 2, 2000, 800000, 0, true };
        (void)add(9000000, 9000000);
        (void)add(150000, 0);
        (void)add(150001, 0);
        assert_nobody();
        (void)add(60000, 0);
        assert_one(1003, 150001);
}

/* 1,500,000 of the 2,700,000 were only taken back: of the rest half is 600,000. */
static void
blame_counts_what_somebody_only_took_back_when_nobody_else_is_to_blame(void **state)
{
        (void)state;
        set_up();
        struct candidate *churner = add(1600000, 100000), *leak = add(6000000, 5300000);

        assert_one(1001, 1500000);
        churner->mark_above_kib[0] = 1500000;
        assert_one(1002, 700000);
        assert_int_equal(find().missing_kib, 1200000);
        leak->mark_above_kib[0] = 100000;
        assert_one(1002, 600000);
        assert_int_equal(find().missing_kib, 1100000);
        leak->mark_above_kib[0] = 700000;
        assert_one(1001, 1500000);
        assert_int_equal(find().missing_kib, 2700000);
}

static void
blame_looks_further_back_for_another_than_one_that_only_took_back(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0].supply_kib = 1700000;
        place.r.mark[1] = (struct mark){ 1, 900, 8000000, 0, false };
        struct candidate *churner = add(1500000, 1500000), *leak = add(6000000, 1000000);

        churner->mark_kib[0] = 100000;
        leak->mark_kib[0] = 5500000;
        assert_one(1001, 1400000);
        /* what is left of what was missing is less than a quarter, and noise */
        churner->mark_above_kib[0] = 1050001;
        assert_one(1002, 5000000);
        churner->mark_above_kib[0] = 1050000;
        assert_one(1002, 350000);
        /* ... or less than half of the way from where all is well to TERM */
        place.r.mark[0].supply_kib = 1000000;
        churner->mark_kib[0] = 800000;
        leak->mark_kib[0] = 5700000;
        churner->mark_above_kib[0] = 450001;
        assert_one(1002, 5000000);
        churner->mark_above_kib[0] = 450000;
        assert_one(1002, 250000);
        place.r.mark[0].supply_kib = 1700000;
        churner->mark_kib[0] = 100000;
        /* and when it is nobody else */
        churner->mark_above_kib[0] = 1400000;
        leak->mark_kib[1] = 5500000;
        assert_one(1001, 1400000);
}

/* Others that gave as much back as was taken back leave nothing to be left out. */
static void
blame_leaves_out_no_more_than_was_taken_back_on_the_whole(void **state)
{
        (void)state;
        set_up();
        struct candidate *churner = add(1000000, 0), *other = add(500000, 1500000);

        (void)add(2000000, 650000);
        churner->mark_kib[0] = 1;
        churner->mark_above_kib[0] = 999999;
        assert_one(1003, 1350000);
        assert_int_equal(find().missing_kib, 2700000);
        other->mark_kib[0] = 1400000;
        assert_one(1003, 1350000);
        assert_int_equal(find().missing_kib, 2700000 - 99999);
}

/* The machine has stood for long: nobody is to blame for what he took before that. */
static void
blame_looks_no_further_back_than_where_it_stood_for_another(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0].plateau = true;
        place.r.mark[MARK_CALM] = (struct mark){ 1, 900, 8000000, 0, false };
        struct candidate *job = add(2500000, 2000000);

        job->mark_kib[0] = 1000000;
        (void)add(6000000, 6000000);
        place.r.c[1].mark_kib[MARK_CALM] = 1000000;
        job->mark_above_kib[0] = 1500000;
        place.r.mark[0].supply_kib = 2300000;
        assert_one(1001, 1500000);
        place.r.mark[0].plateau = false;
        assert_one(1002, 5000000);
}

/* Several that run away at once, too, are asked for before one that only took back. */
static void
blame_prefers_several_to_one_that_only_took_back(void **state)
{
        (void)state;
        set_up();
        struct candidate *churner = add(2500000, 1000000);

        (void)add(1000000, 450000);
        (void)add(900000, 450000);
        assert_one(1001, 1500000);
        churner->mark_above_kib[0] = 1500000;
        assert_one(1002, 550000);
}

/* ---- longer marks ---- */

/*
 * A heap that swings by 1,200,000 and a leak that has taken 300,000 of the 1,500,000 that went
 * missing within the last swing, which is less than a quarter.  Half a minute before, the heap had
 * been in the middle of a swing, and the leak smaller by 1,500,000.  A step is 250,000.
 */
static struct candidate *heap, *leak;

static void
set_up_heap(unsigned longer)
{
        set_up();
        place.r.mark[0] = (struct mark){ 100, 1100, 1800000, 0, false };
        place.r.mark[longer] = (struct mark){ 50, 1050, 2400000, 0, false };
        heap = add(3200000, 2600000);
        heap->mark_above_kib[longer] = 600000;
        heap->mark_kib[0] = 2000000;
        heap->mark_above_kib[0] = 1200000;
        leak = add(2000000, 500000);
        leak->mark_kib[0] = 1700000;
}

static void
blame_finds_who_goes_on_beside_a_heap(void **state)
{
        (void)state;
        for (unsigned longer = MARK_HALF; longer <= MARK_MINUTE; longer++) {
                set_up_heap(longer);
                assert_one(1002, 1500000);
                assert_int_equal(find().missing_kib, 2100000);
                assert_int_equal(find().since_wall_s, 1050);
                place.r.mark[longer].boot_us = 0;
                assert_one(1001, 1200000);
        }
}

/* What went on since a mark that lies further back is told by that one. */
static void
blame_asks_longer_marks_only_what_is_of_late(void **state)
{
        (void)state;
        set_up_heap(MARK_HALF);
        place.r.mark[0].boot_us = 49;
        assert_one(1001, 1200000);
        place.r.mark[MARK_CALM] = place.r.mark[0];
        place.r.mark[MARK_CALM].boot_us = 51;
        leak->mark_kib[MARK_CALM] = 1900000;
        heap->mark_kib[MARK_CALM] = 3200000;
        assert_one(1002, 1500000);
}

/* A quarter of a step, and of what all have taken of late. */
static void
blame_takes_for_going_on_what_is_no_noise(void **state)
{
        (void)state;
        set_up_heap(MARK_HALF);
        leak->mark_kib[0] = 2000000 - 62500;
        assert_one(1002, 1500000);
        leak->mark_kib[0]++;
        assert_one(1001, 1200000);
        set_up_heap(MARK_HALF);
        place.r.mark[0].supply_kib = 4000000;
        for (unsigned i = 0; i < 10; i++)
                (void)add(200000, 110000);
        assert_one(1002, 1500000);
        leak->mark_kib[0] = 2000000 - 299999;
        place.r.c[2].anon_kib++;
        assert_nobody();
}

/* Since half a minute ago another one has taken 3,000,000, and stands for as long as is known. */
static void
blame_of_who_goes_on_leaves_out_who_has_stood_since(void **state)
{
        (void)state;
        set_up_heap(MARK_HALF);
        struct candidate *other = add(3000000, 0);

        other->mark_kib[0] = 3000000 - 7812;
        place.r.mark[MARK_HALF].supply_kib += 3000000;
        assert_one(1002, 1500000);
        other->mark_kib[0]--;
        assert_one(1001, 1200000);
        /* Of whom nobody may end it is not known. */
        other->mark_kib[0] = 3000000;
        other->adj = -1000;
        assert_one(1001, 1200000);
        /* An eighth of all it must be: of 12,000,000 it is. */
        set_up_heap(MARK_HALF);
        other = add(9900000, 0);
        other->mark_kib[0] = 9900000;
        place.r.mark[MARK_HALF].supply_kib += 9900000;
        assert_one(1002, 1500000);
        place.r.mark[MARK_HALF].supply_kib += 8;
        other->anon_kib += 8;
        assert_one(1001, 1200000);
}

static void
blame_takes_the_worst_of_several_that_go_on(void **state)
{
        (void)state;
        set_up_heap(MARK_HALF);
        leak->anon_kib -= 800000;
        leak->mark_kib[0] = 1200000 - 150000;
        struct candidate *other = add(1300000, 500000);

        other->mark_kib[0] = 1300000 - 150000;
        assert_one(1003, 800000);
        /* Who has stood since is none of them. */
        other->mark_kib[0] = 1300000;
        assert_one(1002, 700000);
}

/*
 * A browser that had 4,000,000 for long took 260,000 of the last 300,000; a leak took the rest,
 * and 900,000 since half a minute ago.
 */
static struct candidate *straw;

static void
set_up_straw(unsigned longer)
{
        set_up();
        place.r.mark[0] = (struct mark){ 100, 1100, 600000, 0, false };
        place.r.mark[MARK_CALM] = (struct mark){ 90, 1090, 650000, 0, false };
        place.r.mark[longer] = (struct mark){ 50, 1050, 1460000, 0, false };
        straw = add(4260000, 4000000);
        leak = add(1500000, 600000);
        leak->mark_kib[0] = 1460000;
        leak->mark_kib[MARK_CALM] = 1410000;
}

static void
blame_takes_who_goes_on_for_the_cause_and_not_the_straw(void **state)
{
        (void)state;
        for (unsigned longer = MARK_HALF; longer <= MARK_MINUTE; longer++) {
                set_up_straw(longer);
                assert_one(1002, 900000);
                assert_int_equal(find().missing_kib, 1160000);
                assert_int_equal(find().since_wall_s, 1050);
                place.r.mark[longer].boot_us = 0;
                assert_one(1001, 260000);
        }
        /* A minute says it where half of one does not. */
        set_up_straw(MARK_MINUTE);
        place.r.mark[MARK_HALF] = (struct mark){ 80, 1080, 700000, 0, false };
        leak->mark_kib[MARK_HALF] = 1360000;
        assert_one(1002, 900000);
}

/* An eighth of what it had: more is no straw. */
static void
blame_takes_for_a_straw_only_who_had_most_of_it_for_long(void **state)
{
        (void)state;
        set_up_straw(MARK_HALF);
        straw->mark_kib[MARK_HALF] = 2080000;
        straw->anon_kib = 2340000;
        straw->mark_kib[0] = straw->mark_kib[MARK_CALM] = 2080000;
        assert_one(1002, 900000);
        straw->anon_kib += 8;
        assert_one(1001, 260008);
        /* Nor is who has started since. */
        set_up_straw(MARK_HALF);
        straw->mark_kib[MARK_HALF] = 0;
        assert_one(1001, 260000);
        /* Nor a worker that had what it had in common with its parent. */
        set_up_straw(MARK_HALF);
        place.v.warn_kib = 550000;
        assert_one(1002, 900000);
        straw->cow = true;
        straw->parent_kib = straw->first_kib = 4000000;
        assert_one(1001, 260000);
}

/* An old and slow leak grows by little of itself, too, but not of late only. */
static void
blame_takes_no_slow_leak_for_a_straw(void **state)
{
        (void)state;
        set_up_straw(MARK_MINUTE);
        place.v.warn_kib = 550000;
        place.r.mark[MARK_CALM].boot_us = 0;
        place.r.mark[0].supply_kib = 300000 + 190000;
        place.r.mark[MARK_MINUTE].supply_kib += 180000;
        straw->mark_kib[MARK_MINUTE] = 4260000 - 440000;
        straw->mark_kib[0] = 4260000 - 110000;
        leak->mark_kib[0] = 1500000 - 80000;
        assert_one(1002, 900000);
        straw->mark_kib[0]++;
        assert_one(1001, 109999);
        /* Nor where it took most since a mark that lies further back. */
        set_up_straw(MARK_MINUTE);
        place.r.mark[0].boot_us = 49;
        assert_one(1001, 260000);
}

/* Twice as much as the straw. */
static void
blame_takes_the_straw_where_nobody_took_twice_as_much(void **state)
{
        (void)state;
        set_up_straw(MARK_HALF);
        leak->mark_kib[MARK_HALF] = 1500000 - 520000;
        place.r.mark[MARK_HALF].supply_kib = 300000 + 780000;
        assert_one(1002, 520000);
        leak->mark_kib[MARK_HALF]++;
        assert_one(1001, 260000);
        /* Nor where it does not go on. */
        set_up_straw(MARK_HALF);
        leak->mark_kib[0] = leak->mark_kib[MARK_CALM] = 1500000;
        assert_one(1001, 260000);
}

/* Of a swarm none is a straw. */
static void
blame_takes_no_swarm_for_a_straw(void **state)
{
        (void)state;
        set_up_straw(MARK_HALF);
        straw->anon_kib = 4000000;
        add_swarm(SWARM_MIN, 500000, 500000 - 260000 / SWARM_MIN, 50, 77);
        assert_int_equal(find().who.n, SWARM_MIN);
}

static void
blame_tmpfs_asks_no_longer_marks(void **state)
{
        (void)state;
        set_up_heap(MARK_HALF);
        place.v.supply_kib = 300000;
        place.s.mem.shmem_kib = 2000000;
        assert_true(blame_tmpfs(&place.r, &place.v, &place.s));
        place.r.mark[0].boot_us = 0;
        assert_false(blame_tmpfs(&place.r, &place.v, &place.s));
}

/* Neither copies nor shared memory have been had before. */
static void
blame_takes_copies_and_shared_memory_for_something_new(void **state)
{
        (void)state;
        set_up();
        struct candidate *churner = add(1600000, 100000), *other = add(4000000, 4000000);

        churner->mark_above_kib[0] = 1500000;
        assert_one(1001, 1500000);
        other->cow = true;
        other->parent_kib = other->first_kib = 4000000;
        other->copied_kib = other->copied_since_kib[0] = 710000;
        assert_one(1002, 710000);
        other->cow = false;
        other->shmem_kib = 700 * MIB;
        other->mark_above_kib[0] = 4000000;
        assert_one(1002, 700 * MIB);
}

static void
blame_counts_swap_as_missing_and_as_taken(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0].supply_kib = 5000000;
        place.v.swap_total_kib = place.s.mem.swap_total_kib = 2000000;
        place.v.swap_free_kib = 100000;
        place.v.swap_warn_kib = 400000;
        add(300000, 300000)->swap_kib = 2300000;
        assert_one(1001, 2300000);
        assert_int_equal(find().missing_kib, 4600000);
        place.r.c[0].swap_kib--;
        assert_nobody();
}

static void
blame_counts_only_its_part_of_shared_memory(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(100000, 0);

        c->shmem_kib = 2540 * MIB;
        c->sharers = 2;
        assert_one(1001, 100000 + 1270 * MIB);
        c->sharers = 3;
        assert_nobody();
}

static void
blame_spares_a_copy_on_write_child(void **state)
{
        (void)state;
        set_up();
        (void)add(4000000, 1300000);
        struct candidate *child = add(4000000, 0);

        child->cow = true;
        child->parent_kib = child->first_kib = 4000000;
        assert_one(1001, 2700000);
        /* the parent grew before; a child that grows itself is another matter */
        child->anon_kib = 6900000;
        place.r.mark[0].supply_kib = 3300000;
        assert_one(1002, 2900000);
}

/* A database that saves itself: what its fork shows stays as it is, and the database writes. */
static void
blame_finds_the_fork_that_keeps_copies(void **state)
{
        (void)state;
        set_up();
        (void)add(6000000, 6000000);
        (void)add(4000000, 4000000);
        struct candidate *saver = add(4000000, 4000000);

        saver->cow = true;
        saver->parent_kib = saver->first_kib = 4000000;
        saver->copied_kib = 3600000;
        saver->copied_since_kib[0] = 2600000;
        assert_one(1003, 2600000);
        saver->copied_since_kib[0] = 0;
        assert_nobody();
        place.r.mark[1] = place.r.mark[0];
        saver->copied_since_kib[1] = 2500000;
        assert_one(1003, 2500000);
        /* One that was forked since has what it shows, as far as that is copied. */
        saver->mark_kib[0] = saver->copied_since_kib[1] = 0;
        assert_one(1003, 2700000);
        saver->copied_kib = 2600000;
        assert_one(1003, 2600000);
        saver->copied_kib = 0;
        assert_nobody();
}

/* A worker that shows 500 MiB of its parent's and has leaked 450; a backend with 8 GiB of buffers.
 */
static void
blame_finds_who_took_memory_beside_what_he_shares(void **state)
{
        (void)state;
        set_up();
        (void)add(6000000, 6000000);
        struct candidate *worker = add(500000 + 1500000, 500000);

        worker->cow = true;
        worker->parent_kib = worker->first_kib = 500000;
        assert_one(1002, 1500000);

        set_up();
        (void)add(6000000, 6000000);
        struct candidate *backend = add(10000 + 1500000, 8 * GIB + 10000);

        backend->shmem_kib = backend->mark_shmem_kib[0] = 8 * GIB;
        backend->sharers = 100;
        assert_one(1002, 1500000);
}

/* Buffers that thirty share, touched by one that has had 1.2 GB of its own for long. */
static void
blame_takes_touching_what_is_shared_for_a_part_of_it(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0].supply_kib = 300000 + 1200000;
        struct candidate *backend = add(1200000, 1200000 + 500000);

        backend->shmem_kib = 3000000;
        backend->mark_shmem_kib[0] = 500000;
        backend->sharers = 30;
        (void)add(1000000, 100000);
        assert_one(1002, 900000);
        /* 2500000 by two */
        backend->sharers = 2;
        assert_one(1001, 1200000);
}

static void
blame_asks_the_newest_mark_first(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0] = (struct mark){ 4, 4000, 2000000, 0, false };
        place.r.mark[1] = (struct mark){ 3, 3000, 3000000, 0, false };
        place.r.mark[3] = (struct mark){ 1, 1000, 9000000, 0, false };
        struct candidate *late = add(1800000, 0), *early = add(6000000, 0);

        early->mark_kib[0] = early->mark_kib[1] = 6000000;
        assert_one(late->pid, 1700000);
        assert_int_equal(find().since_wall_s, 4000);
        assert_int_equal(find().missing_kib, 1700000);

        /* nobody since the newest: the one before */
        late->mark_kib[0] = 1700000;
        assert_one(late->pid, 1800000);
        assert_int_equal(find().since_wall_s, 3000);

        late->mark_kib[1] = 1700000;
        assert_one(early->pid, 6000000);
        assert_int_equal(find().since_wall_s, 1000);
        assert_int_equal(find().missing_kib, 8700000);
}

static void
blame_finds_no_swarm_of_those_who_may_not_be_ended(void **state)
{
        (void)state;
        set_up();
        add_swarm(SWARM_MIN, 400000, 0, 500, 77);
        for (unsigned i = 0; i < SWARM_MIN; i++)
                place.r.c[i].struck = true;
        assert_nobody();
}

/* "took 3.0 GiB of the 2.6 GiB that went missing" would be nonsense. */
static void
blame_says_that_he_took_all_when_others_gave_back_meanwhile(void **state)
{
        (void)state;
        set_up();
        struct candidate *c = add(2700000, 0);

        assert_one(1001, 2700000);
        c->anon_kib = 2700001;
        assert_one(1001, 2700000);
        /* a swarm too */
        set_up();
        add_swarm(SWARM_MIN, 400000, 0, 500, 77);
        struct blame b = find();

        assert_int_equal(b.who.n, SWARM_MIN);
        assert_int_equal(b.missing_kib, 2700000);
        assert_int_equal(b.took_kib, 2700000);
}

static void
blame_leaves_out_a_mark_that_was_never_set(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0].boot_us = 0;
        (void)add(5000000, 0);
        assert_nobody();
}

static void
blame_takes_the_younger_of_two_who_took_the_same(void **state)
{
        (void)state;
        for (unsigned order = 0; order < 2; order++) {
                set_up();
                (void)add(2000000, 0);
                (void)add(2000000, 0);
                place.r.c[order].start_ticks = 9;
                assert_one(1001 + (int32_t)order, 2000000);
                /* started in the same tick: the later number */
                place.r.c[0].start_ticks = place.r.c[1].start_ticks = 9;
                place.r.c[0].pid = order ? 7 : 8;
                place.r.c[1].pid = order ? 8 : 7;
                assert_one(8, 2000000);
        }
}

/* ---- tmpfs ---- */

static void
blame_tmpfs_says_that_half_of_what_is_missing_lies_there(void **state)
{
        static const struct {
                uint64_t then_kib, now_kib;
                bool tmpfs;
        } rows[] = {
                { 0, 1350000, true },       { 0, 1349999, false },       { 100000, 1450000, true },
                { 100000, 1449999, false }, { 9000000, 1350000, false },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                set_up();
                place.v.supply_kib = 300000; /* 2,700,000 are missing */
                place.r.mark[0].shmem_kib = rows[i].then_kib;
                place.s.mem.shmem_kib = rows[i].now_kib;
                assert_int_equal(blame_tmpfs(&place.r, &place.v, &place.s), rows[i].tmpfs);
        }
}

static void
blame_tmpfs_asks_the_newest_mark_since_which_anything_is_missing(void **state)
{
        (void)state;
        set_up();
        place.v.supply_kib = 300000;
        place.s.mem.shmem_kib = 1350000;
        place.r.mark[1] = place.r.mark[0];
        place.r.mark[0] = (struct mark){ 2, 2000, 549999, 1350000, false };
        assert_true(blame_tmpfs(&place.r, &place.v, &place.s));
        place.r.mark[0].supply_kib = 550000;
        assert_false(blame_tmpfs(&place.r, &place.v, &place.s));
        place.r.mark[0].boot_us = place.r.mark[1].boot_us = 0;
        assert_false(blame_tmpfs(&place.r, &place.v, &place.s));
}

/* ---- several ---- */

/* Three that took 30 % each, and a steady one that outweighs them. */
static void
add_several(void)
{
        (void)add(6000000, 6000000);
        for (unsigned i = 0; i < 3; i++)
                (void)add(810000 + i, 0);
}

static void
blame_takes_the_worst_of_several_that_took_half_together(void **state)
{
        (void)state;
        set_up();
        add_several();
        assert_one(1004, 810002);
        place.r.c[3].adj = -1000;
        assert_one(1003, 810001);
        /* two of 30 % took half, one did not, and who took no eighth does not count */
        place.r.c[2].struck = true;
        (void)add(337499, 0);
        (void)add(337499, 0);
        assert_nobody();
        place.r.c[4].anon_kib = 337500;
        place.r.c[5].anon_kib = 337500;
        assert_one(1002, 810000);
}

static void
blame_needs_several_to_have_taken_half(void **state)
{
        (void)state;
        set_up();
        (void)add(6000000, 6000000);
        (void)add(700000, 0);
        (void)add(649999, 0);
        assert_nobody();
        place.r.c[2].anon_kib++;
        assert_one(1002, 700000);
}

static void
blame_needs_several_to_lift_memory_above_warn_together(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0].supply_kib = 1000000;
        (void)add(233333, 0);
        (void)add(233333, 0);
        (void)add(233334, 0);
        assert_nobody();
        place.r.c[1].pagetables_kib = 1;
        assert_one(1003, 233334);
}

static void
blame_takes_the_youngest_of_several_that_took_the_same(void **state)
{
        (void)state;
        set_up();
        add_several();
        for (unsigned i = 1; i < 4; i++)
                place.r.c[i].anon_kib = 810000;
        place.r.c[2].start_ticks = 99;
        assert_one(1003, 810000);
}

static void
blame_prefers_one_and_a_swarm_of_any_mark_to_several(void **state)
{
        (void)state;
        set_up();
        add_several();
        place.r.mark[3] = (struct mark){ 0, 500, 9000000, 0, false };
        place.r.c[0].mark_kib[3] = 0;
        assert_one(1004, 810002);
        place.r.mark[3].boot_us = 1;
        assert_one(1001, 6000000);
        place.r.c[0].mark_kib[3] = 6000000;
        add_swarm(8, 600000, 600000, 50, 77);
        for (unsigned i = 4; i < 12; i++)
                place.r.c[i].mark_kib[3] = 0;
        assert_int_equal(find().who.n, 8);
        assert_int_equal(find().since_wall_s, 500);
}

/* ---- a swarm ---- */

static void
blame_finds_a_swarm_of_eight_with_one_parent_and_one_executable(void **state)
{
        static const struct {
                unsigned n;
                uint64_t anon;
                bool swarm;
        } rows[] = {
                { 8, 170000, true },  { 8, 168750, true }, { 8, 168749, false },
                { 7, 300000, false }, { 9, 300000, true }, { 120, 20000, true },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                set_up();
                (void)add(5000000, 5000000);
                add_swarm(rows[i].n, rows[i].anon, 0, 50, 77);
                struct blame b = find();

                assert_int_equal(b.who.n, rows[i].swarm ? rows[i].n : 0);
                if (rows[i].swarm)
                        assert_int_equal(b.took_kib, rows[i].n * rows[i].anon);
        }
}

static void
blame_takes_no_strangers_for_a_swarm(void **state)
{
        (void)state;
        set_up();
        add_swarm(4, 300000, 0, 50, 77);
        add_swarm(4, 300000, 0, 51, 77);
        assert_nobody();
        set_up();
        add_swarm(4, 300000, 0, 50, 77);
        add_swarm(4, 300000, 0, 50, 78);
        assert_nobody();
        /* of an executable that is not known nobody can say that it is the same */
        set_up();
        add_swarm(8, 300000, 0, 50, 0);
        assert_nobody();
}

/* Tabs of a browser, of which three leak: the others have grown by a page or two, or have shared
 * memory that is no whole number of MiB. */
static void
blame_spares_members_of_a_swarm_that_hardly_grew(void **state)
{
        const uint64_t least_kib =
                8480; /* an eighth of 67843, which is what they took on average */

        (void)state;
        set_up();
        add_swarm(40, 100000, 100000, 50, 77);
        for (unsigned i = 0; i < 40; i++) {
                place.r.c[i].shmem_kib = 512512;
                for (unsigned m = 0; m < MARK_MAX; m++) {
                        place.r.c[i].mark_kib[m] += 512512;
                        place.r.c[i].mark_shmem_kib[m] = 512000;
                }
                place.r.c[i].anon_kib += i < 3 ? 800000 : i < 6 ? least_kib : least_kib - 1;
        }
        assert_int_equal(find().who.n, 6);
}

/* Each has a parent of its own: a shell, a compiler's driver. */
static void
add_cousins(unsigned n, int32_t gppid, int32_t pgrp)
{
        for (unsigned i = 0; i < n; i++) {
                struct candidate *c = add(300000, 0);

                c->exe_id = 77;
                c->ppid = 5000 + (int32_t)place.r.n;
                c->gppid = gppid;
                c->pgrp = pgrp;
        }
}

static void
blame_takes_cousins_of_one_job_for_a_swarm(void **state)
{
        (void)state;
        set_up();
        add_cousins(8, 50, 40);
        assert_int_equal(find().who.n, 8);
        /* siblings with known ancestors are still siblings */
        set_up();
        add_cousins(4, 50, 40);
        add_cousins(4, 50, 40);
        place.r.c[1].ppid = place.r.c[0].ppid;
        assert_int_equal(find().who.n, 8);
}

/* Each forked by another one, in one process group; all was well at the last mark. */
static void
add_brood(unsigned n, uint64_t anon_kib, int32_t pgrp)
{
        place.r.mark[MARK_CALM] = place.r.mark[0];
        for (unsigned i = 0; i < n; i++) {
                struct candidate *c = add(anon_kib, 0);

                c->exe_id = 77;
                c->ppid = 5000 + (int32_t)place.r.n;
                c->gppid = 7000 + (int32_t)place.r.n;
                c->pgrp = pgrp;
        }
}

/* What a service manager has started, or init has taken in, has that in common and no more. */
static void
blame_takes_no_services_of_one_program_for_siblings(void **state)
{
        (void)state;
        for (int32_t parent = 1; parent <= 1000; parent += 999) {
                set_up();
                add_swarm(SWARM_MIN, 200000, 0, parent, 77);
                assert_int_equal(find().who.n, SWARM_MIN);
                for (unsigned i = 0; i < SWARM_MIN; i++)
                        (void)snprintf(place.r.c[i].unit, sizeof(place.r.c[i].unit),
                                       "app-%u.service", i);
                assert_nobody();
        }
        set_up();
        add_swarm(SWARM_MIN, 200000, 0, 1, 77);
        for (unsigned i = 0; i < SWARM_MIN; i++)
                place.r.c[i].pgrp = 10 + (int32_t)i;
        assert_nobody();
}

/* Where WARN says nothing of when memory is well, the default's distance from TERM does. */
static void
blame_takes_no_noise_for_a_loss_where_warn_is_off(void **state)
{
        const uint64_t warn[] = { 0, 500000, 400000 };

        (void)state;
        for (size_t i = 0; i < N_OF(warn); i++) {
                set_up();
                place.v.warn_kib = warn[i];
                place.v.supply_kib = 300000;
                place.r.mark[0].supply_kib = 300000 + 249999;
                (void)add(900000, 700000);
                assert_int_equal(blame_find(&place.r, &place.v, &place.s).who.n, 0);
                place.r.mark[0].supply_kib++;
                assert_int_equal(blame_find(&place.r, &place.v, &place.s).who.n, 1);
                /* It would not make it well. */
                place.r.c[0].anon_kib = 850000 - 1;
                place.v.available_kib = 150000;
                assert_int_equal(blame_find(&place.r, &place.v, &place.s).who.n, 0);
        }
}

/* Pressure alone acts, so no limit says how much is worth a thought. */
static void
blame_takes_no_noise_for_a_loss_where_all_limits_are_off(void **state)
{
        static const struct {
                uint64_t total_kib, step_kib;
        } rows[] = { { 1000000, 50000 }, { 10000000, 256 * MIB } };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                set_up();
                place.v.warn_kib = place.v.term_kib = place.v.kill_kib = 0;
                place.v.total_kib = rows[i].total_kib;
                (void)add(900000, 0);
                place.r.mark[0].supply_kib = 300000 + rows[i].step_kib - 1;
                assert_nobody();
                place.r.mark[0].supply_kib++;
                assert_int_equal(find().who.n, 1);
        }
}

static void
blame_takes_a_brood_for_a_swarm(void **state)
{
        (void)state;
        set_up();
        (void)add(5000000, 5000000);
        add_brood(8, 300000, 40);
        assert_int_equal(find().who.n, 8);
        set_up();
        add_brood(7, 300000, 40);
        assert_nobody();
}

static void
blame_takes_nobody_for_a_brood_that_is_of_another_job_or_older(void **state)
{
        (void)state;
        set_up();
        add_brood(4, 300000, 40);
        add_brood(4, 300000, 41);
        assert_nobody();
        set_up();
        add_brood(8, 300000, 0);
        assert_nobody();
        set_up();
        add_brood(8, 300000, 40);
        place.r.c[3].exe_id = 78;
        assert_nobody();
        /* A program of many processes that was there when all was well, and has grown since. */
        set_up();
        add_brood(8, 300000, 40);
        place.r.c[3].mark_kib[MARK_CALM] = 1;
        assert_nobody();
        /* Nobody knows when all was well. */
        set_up();
        add_brood(8, 300000, 40);
        place.r.mark[MARK_CALM].boot_us = 0;
        assert_nobody();
}

/* Half of what is missing is 1,350,000: those on the roster stand for twice as many at most. */
static void
blame_takes_those_on_the_roster_for_all_of_a_swarm_that_does_not_fit(void **state)
{
        static const struct {
                unsigned n, others, kin;
                uint64_t anon_kib;
                bool swarm;
        } rows[] = {
                { 128, 0, 374, 5500, true },   { 128, 0, 374, 5000, false },
                { 128, 0, 160, 8500, true },   { 128, 0, 160, 8400, false },
                { 128, 0, 128, 10600, true },  { 128, 0, 128, 10500, false },
                { 64, 64, 374, 11000, true },  { 64, 64, 374, 10500, false },
                { 70, 58, 75, 18100, true },   { 70, 58, 75, 17900, false },
                { 63, 65, 374, 11500, false },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                set_up();
                for (unsigned k = 0; k < rows[i].others; k++) {
                        struct candidate *c = add(20000, 20000);

                        c->gppid = 3000 + (int32_t)k;
                        c->pgrp = k % 2 ? 4000 + (int32_t)k : 0;
                }
                add_brood(rows[i].n, rows[i].anon_kib, 40);
                for (unsigned k = rows[i].others; k < place.r.n; k++)
                        place.r.c[k].kin = rows[i].kin;
                assert_int_equal(find().who.n, rows[i].swarm ? rows[i].n : 0);
        }
}

/* Half of what is missing is 1,350,000; of all 191 there are 100 on the roster, who took 100/191.
 */
static void
blame_takes_cousins_on_the_roster_for_all_of_them(void **state)
{
        static const struct {
                uint64_t anon_kib;
                unsigned n;
        } rows[] = { { 7100, 100 }, { 7010, 0 } };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                set_up();
                (void)add(9000000, 9000000);
                add_cousins(100, 50, 40);
                add_cousins(20, 50, 41); /* another job in another terminal */
                for (unsigned k = 1; k < place.r.n; k++) {
                        place.r.c[k].anon_kib = k <= 100 ? rows[i].anon_kib : 0;
                        place.r.c[k].kin = 230;
                }
                assert_int_equal(find().who.n, rows[i].n);
        }
}

/* 70 workers of one kind and 58 of the 80 of another one, of one supervisor. */
static void
blame_takes_no_relatives_of_another_kind_for_a_swarm_that_does_not_fit(void **state)
{
        static const struct {
                uint64_t anon_kib;
                unsigned n;
        } rows[] = { { 16400, 0 }, { 16500, 70 } };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                set_up();
                add_swarm(58, 20000, 20000, 40, 8);
                add_swarm(70, rows[i].anon_kib, 0, 40, 7);
                for (unsigned k = 0; k < place.r.n; k++)
                        place.r.c[k].kin = 150;
                assert_int_equal(find().who.n, rows[i].n);
        }
}

static void
blame_takes_no_cousins_of_another_job_for_a_swarm(void **state)
{
        static const struct {
                int32_t gppid, pgrp;
        } other[] = { { 50, 41 }, { 51, 40 } };
        static const struct {
                int32_t gppid, pgrp;
        } unknown[] = { { 0, 40 }, { 1, 40 }, { 50, 0 } };

        (void)state;
        for (size_t i = 0; i < N_OF(other); i++) {
                set_up();
                add_cousins(4, 50, 40);
                add_cousins(4, other[i].gppid, other[i].pgrp);
                assert_nobody();
        }
        for (size_t i = 0; i < N_OF(unknown); i++) {
                set_up();
                add_cousins(8, unknown[i].gppid, unknown[i].pgrp);
                assert_nobody();
        }
}

static void
blame_spares_members_that_took_nothing_or_may_not_be_ended(void **state)
{
        (void)state;
        set_up();
        add_swarm(10, 300000, 0, 50, 77);
        place.r.c[0].mark_kib[0] = 300000;
        place.r.c[3].standing.effect = RULE_PROTECT;
        place.r.c[5].adj = -1000;
        place.r.c[6].struck = true;
        struct blame b = find();

        assert_int_equal(b.who.n, 6);
        assert_int_equal(b.took_kib, 6 * 300000);
        for (uint32_t i = 0; i < b.who.n; i++) {
                unsigned at = b.who.member[i];

                assert_true(at != 0 && at != 3 && at != 5 && at != 6);
        }
}

static void
blame_ends_a_member_of_a_swarm_that_only_pauses(void **state)
{
        (void)state;
        set_up();
        add_swarm(8, 300000, 0, 50, 77);
        place.r.mark[0] = (struct mark){ 4, 4000, 2500000, 0, false };
        place.r.c[2].mark_kib[0] = 300000;
        /* the one mark before was never set: nobody knows that it took anything */
        assert_int_equal(find().who.n, 7);
        place.r.mark[3] = (struct mark){ 1, 1000, 3000000, 0, false };
        struct blame b = find();

        assert_int_equal(b.who.n, 8);
        assert_int_equal(b.took_kib, 7 * 300000);
        assert_int_equal(b.since_wall_s, 4000);
        assert_int_equal(b.who.member[7], 2);
        place.r.c[2].mark_kib[3] = 300000;
        assert_int_equal(find().who.n, 7);
}

static void
blame_counts_the_spared_as_part_of_the_swarm(void **state)
{
        (void)state;
        set_up();
        add_swarm(8, 1, 1, 50, 77);
        place.r.c[4].anon_kib = place.r.c[5].anon_kib = 800001;
        struct blame b = find();

        assert_int_equal(b.who.n, 2);
        assert_int_equal(b.took_kib, 1600000);
}

static void
blame_names_the_member_that_took_most_first(void **state)
{
        (void)state;
        set_up();
        add_swarm(9, 200000, 0, 50, 77);
        place.r.c[4].anon_kib = 400000;
        place.r.c[7].anon_kib = 300000;
        place.r.c[2].start_ticks = 99;
        struct blame b = find();

        assert_int_equal(b.who.n, 9);
        assert_int_equal(b.who.member[0], 4);
        assert_int_equal(b.who.member[1], 7);
        assert_int_equal(b.who.member[2], 2); /* of equals the youngest */
        assert_int_equal(b.who.member[3], 8);
}

static void
blame_prefers_a_single_one_to_a_swarm(void **state)
{
        (void)state;
        set_up();
        add_swarm(8, 400000, 0, 50, 77);
        (void)add(1350000, 0);
        assert_one(1009, 1350000);
}

static void
blame_takes_the_swarm_that_took_more(void **state)
{
        (void)state;
        for (unsigned order = 0; order < 2; order++) {
                set_up();
                add_swarm(8, order ? 300000 : 250000, 0, 50, 77);
                add_swarm(8, order ? 250000 : 300000, 0, 51, 77);
                struct blame b = find();

                assert_int_equal(b.who.n, 8);
                assert_int_equal(b.took_kib, 2400000);
                assert_int_equal(place.r.c[b.who.member[0]].ppid, order ? 50 : 51);
        }
}

static void
blame_takes_the_younger_of_two_swarms_that_took_the_same(void **state)
{
        (void)state;
        for (unsigned order = 0; order < 2; order++) {
                set_up();
                add_swarm(8, 300000, 0, 50, 77);
                add_swarm(8, 300000, 0, 51, 77);
                place.r.c[order ? 3 : 12].start_ticks = 99;
                struct blame b = find();

                assert_int_equal(b.who.n, 8);
                assert_int_equal(place.r.c[b.who.member[0]].ppid, order ? 50 : 51);
        }
}

static void
blame_needs_a_swarm_to_lift_memory_above_warn_too(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0].supply_kib = 1000000;
        add_swarm(8, 87500, 0, 50, 77);
        assert_nobody();
        place.r.c[0].anon_kib++;
        assert_int_equal(find().who.n, 8);
}

static void
blame_counts_what_a_swarm_has_in_swap(void **state)
{
        (void)state;
        set_up();
        place.v.swap_total_kib = place.s.mem.swap_total_kib = 2000000;
        place.s.zram_total_kib = 2000000;
        place.s.zram_ratio_bp = 20000;
        place.r.mark[0].supply_kib = 1500000;
        add_swarm(8, 10000, 0, 50, 77);
        /* 80,000 in memory and 8 x 155,000 in zram, which give half of that back: 700,000 */
        for (unsigned i = 0; i < 8; i++)
                place.r.c[i].swap_kib = 155000;
        place.v.swap_warn_kib = 1500000;
        assert_nobody();
        for (unsigned i = 0; i < 2; i++)
                place.r.c[i].swap_kib++;
        place.r.c[2].anon_kib++;
        assert_int_equal(find().who.n, 8);
        /* and the swap itself */
        set_up();
        place.v.swap_total_kib = place.s.mem.swap_total_kib = 2000000;
        place.v.swap_warn_kib = 400000;
        place.r.mark[0].supply_kib = 1200000;
        add_swarm(8, 10000, 0, 50, 77);
        for (unsigned i = 0; i < 8; i++)
                place.r.c[i].swap_kib = 50000;
        assert_nobody();
        for (unsigned i = 0; i < 8; i++)
                place.r.c[i].swap_kib = 55000;
        assert_int_equal(find().who.n, 8);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(blame_swap_bp_is_what_zram_gives_back_and_nothing_for_a_disk),
                cmocka_unit_test(blame_gives_adds_up_memory_and_tells_swap_apart),
                cmocka_unit_test(blame_lifts_when_memory_or_swap_would_be_above_warn),
                cmocka_unit_test(blame_finds_a_leak_beside_a_larger_steady_one),
                cmocka_unit_test(blame_needs_half_of_what_is_missing),
                cmocka_unit_test(blame_needs_enough_to_lift_memory_above_warn),
                cmocka_unit_test(blame_does_not_take_the_second_when_the_first_does_not_lift),
                cmocka_unit_test(blame_never_blames_those_who_may_not_be_ended),
                cmocka_unit_test(blame_goes_past_the_avoided_where_another_would_do),
                cmocka_unit_test(blame_says_nothing_when_little_is_missing),
                cmocka_unit_test(blame_says_nothing_when_nothing_is_missing),
                cmocka_unit_test(blame_says_nothing_of_those_who_took_nothing),
                cmocka_unit_test(blame_asks_whether_it_is_as_well_as_where_it_stood),
                cmocka_unit_test(blame_hears_a_small_loss_where_the_machine_stood),
                cmocka_unit_test(blame_takes_several_that_took_what_was_there_where_it_stood),
                cmocka_unit_test(
                        blame_counts_what_somebody_only_took_back_when_nobody_else_is_to_blame),
                cmocka_unit_test(blame_looks_further_back_for_another_than_one_that_only_took_back),
                cmocka_unit_test(blame_looks_no_further_back_than_where_it_stood_for_another),
                cmocka_unit_test(blame_leaves_out_no_more_than_was_taken_back_on_the_whole),
                cmocka_unit_test(blame_prefers_several_to_one_that_only_took_back),
                cmocka_unit_test(blame_takes_copies_and_shared_memory_for_something_new),
                cmocka_unit_test(blame_finds_who_goes_on_beside_a_heap),
                cmocka_unit_test(blame_asks_longer_marks_only_what_is_of_late),
                cmocka_unit_test(blame_takes_for_going_on_what_is_no_noise),
                cmocka_unit_test(blame_of_who_goes_on_leaves_out_who_has_stood_since),
                cmocka_unit_test(blame_takes_the_worst_of_several_that_go_on),
                cmocka_unit_test(blame_takes_who_goes_on_for_the_cause_and_not_the_straw),
                cmocka_unit_test(blame_takes_for_a_straw_only_who_had_most_of_it_for_long),
                cmocka_unit_test(blame_takes_no_slow_leak_for_a_straw),
                cmocka_unit_test(blame_takes_the_straw_where_nobody_took_twice_as_much),
                cmocka_unit_test(blame_takes_no_swarm_for_a_straw),
                cmocka_unit_test(blame_tmpfs_asks_no_longer_marks),
                cmocka_unit_test(blame_counts_swap_as_missing_and_as_taken),
                cmocka_unit_test(blame_counts_only_its_part_of_shared_memory),
                cmocka_unit_test(blame_spares_a_copy_on_write_child),
                cmocka_unit_test(blame_finds_the_fork_that_keeps_copies),
                cmocka_unit_test(blame_finds_who_took_memory_beside_what_he_shares),
                cmocka_unit_test(blame_takes_touching_what_is_shared_for_a_part_of_it),
                cmocka_unit_test(blame_takes_no_noise_for_a_loss_where_all_limits_are_off),
                cmocka_unit_test(blame_takes_cousins_on_the_roster_for_all_of_them),
                cmocka_unit_test(
                        blame_takes_no_relatives_of_another_kind_for_a_swarm_that_does_not_fit),
                cmocka_unit_test(blame_asks_the_newest_mark_first),
                cmocka_unit_test(blame_finds_no_swarm_of_those_who_may_not_be_ended),
                cmocka_unit_test(blame_says_that_he_took_all_when_others_gave_back_meanwhile),
                cmocka_unit_test(blame_leaves_out_a_mark_that_was_never_set),
                cmocka_unit_test(blame_takes_the_younger_of_two_who_took_the_same),
                cmocka_unit_test(blame_tmpfs_says_that_half_of_what_is_missing_lies_there),
                cmocka_unit_test(blame_tmpfs_asks_the_newest_mark_since_which_anything_is_missing),
                cmocka_unit_test(blame_takes_the_worst_of_several_that_took_half_together),
                cmocka_unit_test(blame_needs_several_to_have_taken_half),
                cmocka_unit_test(blame_needs_several_to_lift_memory_above_warn_together),
                cmocka_unit_test(blame_takes_the_youngest_of_several_that_took_the_same),
                cmocka_unit_test(blame_prefers_one_and_a_swarm_of_any_mark_to_several),
                cmocka_unit_test(blame_finds_a_swarm_of_eight_with_one_parent_and_one_executable),
                cmocka_unit_test(blame_spares_members_of_a_swarm_that_hardly_grew),
                cmocka_unit_test(blame_takes_no_strangers_for_a_swarm),
                cmocka_unit_test(blame_takes_cousins_of_one_job_for_a_swarm),
                cmocka_unit_test(blame_takes_no_services_of_one_program_for_siblings),
                cmocka_unit_test(blame_takes_no_noise_for_a_loss_where_warn_is_off),
                cmocka_unit_test(blame_takes_a_brood_for_a_swarm),
                cmocka_unit_test(blame_takes_nobody_for_a_brood_that_is_of_another_job_or_older),
                cmocka_unit_test(
                        blame_takes_those_on_the_roster_for_all_of_a_swarm_that_does_not_fit),
                cmocka_unit_test(blame_takes_no_cousins_of_another_job_for_a_swarm),
                cmocka_unit_test(blame_spares_members_that_took_nothing_or_may_not_be_ended),
                cmocka_unit_test(blame_ends_a_member_of_a_swarm_that_only_pauses),
                cmocka_unit_test(blame_counts_the_spared_as_part_of_the_swarm),
                cmocka_unit_test(blame_names_the_member_that_took_most_first),
                cmocka_unit_test(blame_prefers_a_single_one_to_a_swarm),
                cmocka_unit_test(blame_takes_the_swarm_that_took_more),
                cmocka_unit_test(blame_takes_the_younger_of_two_swarms_that_took_the_same),
                cmocka_unit_test(blame_needs_a_swarm_to_lift_memory_above_warn_too),
                cmocka_unit_test(blame_counts_what_a_swarm_has_in_swap),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
