/* SPDX-License-Identifier: MIT */
/*
 * The victim: every part of the score, the order among candidates, and that nothing about the
 * choice depends on where somebody stands in the roster.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "victim.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

struct place {
        struct policy p;
        struct verdict v;
        struct sample s;
        struct roster r;
        struct choice ch;
};

static struct place place;

/* 300,000 KiB of 10,000,000 available, no swap, nothing known of the past: badness decides. */
static void
set_up(void)
{
        memset(&place, 0, sizeof(place));
        place.p.growth_horizon_us = 10000000;
        place.p.min_size_kib = 1024;
        place.v = (struct verdict){
                .act = LEVEL_TERM,
                .reason = REASON_LOW,
                .total_kib = 10000000,
                .available_kib = 300000,
                .warn_kib = 1000000,
                .term_kib = 500000,
                .kill_kib = 250000,
        };
        place.s.mem.total_kib = 10000000;
}

static struct candidate *
add(uint64_t anon_kib)
{
        struct candidate *c = &place.r.c[place.r.n++];

        *c = (struct candidate){
                .pid = 1000 + (int32_t)place.r.n,
                .ppid = 100,
                .start_ticks = 500,
                .anon_kib = anon_kib,
                .sharers = 1,
                .standing = { .rule = -1, .builtin = -1 },
        };
        return c;
}

/* Its pid, or 0 for nobody. */
static int32_t
chosen(void)
{
        place.v.supply_kib = place.v.available_kib + place.v.swap_free_kib;
        victim_choose(&place.p, &place.v, &place.s, &place.r, &place.ch);
        return place.ch.who.n ? place.r.c[place.ch.who.member[0]].pid : 0;
}

static struct score
score_of(const struct candidate *c)
{
        return victim_score(&place.p, &place.v, &place.s, c);
}

/* ---- the score ---- */

static void
victim_score_adds_up_what_ending_gives_back_and_what_comes_next(void **state)
{
        const struct candidate c = {
                .anon_kib = 1000000,
                .pagetables_kib = 20000,
                .shmem_kib = 90000,
                .sharers = 3,
                .swap_kib = 400000,
                .growth_kibps = 12345,
        };

        (void)state;
        set_up();
        struct score sc = score_of(&c);

        assert_int_equal(sc.anon_kib, 1000000);
        assert_int_equal(sc.pagetables_kib, 20000);
        assert_int_equal(sc.shared_kib, 30000);
        assert_int_equal(sc.swap_kib, 400000);
        assert_int_equal(sc.growth_kib, 123450);
        assert_int_equal(sc.rule_bp, 10000);
        assert_int_equal(sc.adj, 0);
        assert_int_equal(sc.adj_kib, 0);
        assert_int_equal(sc.total_kib, 1573450);
        assert_int_equal(score_of(&(struct candidate){ .shmem_kib = 50 }).shared_kib, 50);
        assert_int_equal(score_of(&(struct candidate){ .shmem_kib = 50 }).total_kib, 50);
}

static void
victim_score_weighs_swap_by_what_has_run_out(void **state)
{
        static const struct {
                enum reason reason;
                uint64_t zram_kib;
                uint32_t ratio_bp;
                uint64_t want;
        } rows[] = {
                { REASON_LOW, 0, 0, 400000 },
                { REASON_RACE, 0, 0, 400000 },
                { REASON_STALL, 0, 0, 0 },
                { REASON_LOW, 1000000, 20000, 200000 },
                { REASON_LOW, 1000000, 25000, 160000 },
                { REASON_LOW, 500000, 20000, 100000 },
                { REASON_STALL, 1000000, 20000, 0 },
        };
        const struct candidate c = { .swap_kib = 400000, .sharers = 1 };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                set_up();
                place.v.reason = rows[i].reason;
                place.s.mem.swap_total_kib = 1000000;
                place.s.zram_total_kib = rows[i].zram_kib;
                place.s.zram_ratio_bp = rows[i].ratio_bp;
                assert_int_equal(score_of(&c).swap_kib, rows[i].want);
                assert_int_equal(score_of(&c).total_kib, rows[i].want);
        }
}

static void
victim_score_scales_by_rules(void **state)
{
        static const struct {
                enum rule_effect effect;
                uint64_t anon, want;
        } rows[] = {
                { RULE_NONE, 1234567, 1234567 },
                { RULE_PREFER, 1234567, 4938268 },
                { RULE_AVOID, 1234567, 308641 },
                { RULE_AVOID, 99, 24 },
                { RULE_PREFER, 99, 396 },
                { RULE_PREFER, 1ull << 50, 1ull << 52 },
                { RULE_AVOID, 1ull << 50, 1ull << 48 },
        };

        (void)state;
        set_up();
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct candidate c = {
                        .anon_kib = rows[i].anon,
                        .sharers = 1,
                        .standing.effect = rows[i].effect,
                };
                uint64_t got = score_of(&c).total_kib;

                /* to the KiB but for a rounding */
                assert_in_range(got, rows[i].want - 1, rows[i].want);
        }
        assert_int_equal(VICTIM_PREFER_BP, 40000);
        assert_int_equal(VICTIM_AVOID_BP, 2500);
}

static void
victim_score_scales_by_a_positive_adj_and_takes_away_for_a_negative_one(void **state)
{
        static const struct {
                int16_t adj;
                enum rule_effect effect;
                uint64_t anon, swap_total, want, adj_kib;
        } rows[] = {
                { 0, RULE_NONE, 100000, 0, 100000, 0 },
                { 300, RULE_NONE, 100000, 0, 130000, 0 },
                { 1000, RULE_NONE, 100000, 0, 200000, 0 },
                { 1, RULE_NONE, 999, 0, 999, 0 },
                { 1, RULE_NONE, 123456, 0, 123579, 0 },
                { 900, RULE_NONE, 123999, 0, 235598, 0 },
                { 500, RULE_PREFER, 100000, 0, 600000, 0 },
                { -1, RULE_NONE, 100000, 0, 90000, 10000 },
                { -100, RULE_NONE, 1500000, 0, 500000, 1000000 },
                { -100, RULE_NONE, 1500000, 2000000, 300000, 1200000 },
                { -100, RULE_NONE, 900000, 0, 0, 1000000 },
                { -999, RULE_NONE, 9000000, 0, 0, 9990000 },
                { -100, RULE_PREFER, 500000, 0, 1000000, 1000000 },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct candidate c = {
                        .anon_kib = rows[i].anon,
                        .sharers = 1,
                        .adj = rows[i].adj,
                        .standing.effect = rows[i].effect,
                };

                set_up();
                place.s.mem.swap_total_kib = rows[i].swap_total;
                struct score sc = score_of(&c);

                assert_int_equal(sc.total_kib, rows[i].want);
                assert_int_equal(sc.adj_kib, rows[i].adj_kib);
                assert_int_equal(sc.adj, rows[i].adj);
        }
}

static void
victim_score_counts_of_a_fork_only_what_is_its_own(void **state)
{
        const struct candidate c = {
                .anon_kib = 520000,
                .pagetables_kib = 1000,
                .sharers = 1,
                .cow = true,
                .parent_kib = 520000,
                .first_kib = 519000,
        };

        (void)state;
        set_up();
        assert_int_equal(score_of(&c).anon_kib, 1000);
        assert_int_equal(score_of(&c).total_kib, 2000);
}

/* ---- the choice ---- */

static void
victim_choose_takes_the_worst(void **state)
{
        (void)state;
        set_up();
        (void)add(400000);
        (void)add(900000);
        (void)add(500000);
        assert_int_equal(chosen(), 1002);
        assert_int_equal(place.ch.who.n, 1);
        assert_false(place.ch.blamed);
        assert_int_equal(place.ch.why_nobody, NOBODY_NONE);
        assert_int_equal(place.ch.score.total_kib, 900000);
        assert_int_equal(place.ch.gives.mem_kib, 900000);
}

static void
victim_choose_lets_a_runaway_outweigh_a_small_tab_of_high_adj(void **state)
{
        (void)state;
        set_up();
        add(100000)->adj = 300;
        (void)add(4000000);
        assert_int_equal(chosen(), 1002);
}

static void
victim_choose_takes_the_one_that_grows_before_a_larger_steady_one(void **state)
{
        (void)state;
        set_up();
        (void)add(3000000);
        add(1000000)->growth_kibps = 200000;
        assert_int_equal(chosen(), 1002); /* 1,000,000 + 2,000,000: a tie, and the later pid */
        place.r.c[1].growth_kibps--;
        assert_int_equal(chosen(), 1001);
}

static void
victim_choose_takes_one_that_is_swapped_out_whole(void **state)
{
        (void)state;
        set_up();
        place.v.swap_total_kib = place.s.mem.swap_total_kib = 2000000;
        add(0)->swap_kib = 1000000;
        (void)add(100000);
        assert_int_equal(chosen(), 1001);
        place.v.reason = REASON_STALL;
        assert_int_equal(chosen(), 1002);
}

static void
victim_choose_prefers_and_avoids(void **state)
{
        (void)state;
        set_up();
        (void)add(400001);
        add(100001)->standing.effect = RULE_PREFER;
        add(1600000)->standing.effect = RULE_AVOID;
        assert_int_equal(chosen(), 1002);
        place.r.c[2].anon_kib = 1600024;
        assert_int_equal(chosen(), 1003);
}

static void
victim_choose_never_takes_those_who_may_not_be_ended(void **state)
{
        (void)state;
        set_up();
        add(5000000)->standing.effect = RULE_PROTECT;
        add(4000000)->adj = -1000;
        add(3000000)->struck = true;
        assert_int_equal(chosen(), 0);
        assert_int_equal(place.ch.why_nobody, NOBODY_ELIGIBLE);
        (void)add(300000);
        assert_int_equal(chosen(), 1004);
}

static void
victim_choose_gives_a_tie_to_the_younger(void **state)
{
        (void)state;
        set_up();
        for (unsigned i = 0; i < 4; i++)
                (void)add(600000);
        assert_int_equal(chosen(), 1004); /* of one age the later pid */
        place.r.c[1].start_ticks = 501;
        assert_int_equal(chosen(), 1002);
        place.r.c[2].start_ticks = 502;
        assert_int_equal(chosen(), 1003);
}

static void
victim_choose_takes_a_score_of_nothing_only_when_nothing_else_is_left(void **state)
{
        (void)state;
        set_up();
        add(2000000)->adj = -900;
        add(3000000)->adj = -900;
        (void)add(2000);
        assert_int_equal(chosen(), 1003);
        place.r.n = 2;
        assert_int_equal(chosen(), 1002); /* then the larger */
        assert_int_equal(place.ch.score.total_kib, 0);
        place.r.c[1].anon_kib = 2000000;
        place.r.c[0].start_ticks = 501;
        assert_int_equal(chosen(), 1001); /* then the younger */
}

static void
victim_choose_leaves_those_below_min_size(void **state)
{
        (void)state;
        set_up();
        place.v.available_kib = 500000;
        (void)add(1023);
        assert_int_equal(chosen(), 0);
        assert_int_equal(place.ch.why_nobody, NOBODY_ELIGIBLE);
        place.r.c[0].anon_kib = 1024;
        assert_int_equal(chosen(), 1001);
        place.r.c[0].anon_kib = 1000;
        place.r.c[0].swap_kib = 24;
        assert_int_equal(chosen(), 1001);
        /* Nor is he blamed, whatever he took. */
        place.r.mark[0] = (struct mark){ 1, 1000, 3000000, 0, false };
        place.v.supply_kib = 500000;
        place.r.c[0].anon_kib = 2500000;
        place.r.c[0].swap_kib = 0;
        (void)add(4000000);
        place.r.c[1].mark_kib[0] = 4000000;
        place.p.min_size_kib = 2500000;
        assert_int_equal(chosen(), 1001);
        place.p.min_size_kib++;
        assert_int_equal(chosen(), 1002);
        set_up();
        place.v.available_kib = 500000;
        (void)add(1);
        place.p.min_size_kib = 0;
        place.r.c[0].anon_kib = 1;
        place.r.c[0].swap_kib = 0;
        assert_int_equal(chosen(), 1001);
        place.r.c[0].anon_kib = 0;
        assert_int_equal(chosen(), 0);
        assert_int_equal(place.ch.why_nobody, NOBODY_ELIGIBLE);
}

static void
victim_choose_ends_nobody_in_vain(void **state)
{
        (void)state;
        set_up();
        (void)add(100000);
        (void)add(90000);
        add(5000000)->standing.effect = RULE_PROTECT;
        place.r.rest_kib = 10000;
        assert_int_equal(chosen(), 0); /* all together: 500,000, which is TERM */
        assert_int_equal(place.ch.why_nobody, NOBODY_IN_VAIN);
        place.r.rest_kib = 10001;
        assert_int_equal(chosen(), 1001);
        place.r.rest_kib = 0;
        place.v.reason = REASON_STALL;
        assert_int_equal(chosen(), 1001);
        place.v.reason = REASON_LOW;
        place.v.term_kib = 0; /* off: what counts is KILL */
        place.v.available_kib = 50000;
        place.r.c[0].anon_kib = 110000;
        assert_int_equal(chosen(), 0);
        place.r.c[0].anon_kib = 110001;
        assert_int_equal(chosen(), 1001);
}

static void
victim_choose_counts_swap_as_a_way_out(void **state)
{
        (void)state;
        set_up();
        place.v.swap_total_kib = place.s.mem.swap_total_kib = 1000000;
        place.v.swap_term_kib = 100000;
        place.v.swap_free_kib = 50000;
        add(1000)->swap_kib = 50000;
        assert_int_equal(chosen(), 0);
        assert_int_equal(place.ch.why_nobody, NOBODY_IN_VAIN);
        place.r.c[0].swap_kib = 50001;
        assert_int_equal(chosen(), 1001);
        assert_int_equal(place.ch.gives.mem_kib, 1000);
        assert_int_equal(place.ch.gives.swap_kib, 50001);
}

static void
victim_choose_counts_zram_as_memory_that_comes_back(void **state)
{
        (void)state;
        set_up();
        place.v.swap_total_kib = place.s.mem.swap_total_kib = 1000000;
        place.s.zram_total_kib = 1000000;
        place.s.zram_ratio_bp = 20000;
        place.v.swap_term_kib = 900000;
        add(1000)->swap_kib = 398000;
        assert_int_equal(chosen(), 0);
        place.r.c[0].swap_kib = 398002;
        assert_int_equal(chosen(), 1001);
        assert_int_equal(place.ch.gives.mem_kib, 1000 + 199001);
}

static void
victim_choose_blames_before_it_weighs(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0] = (struct mark){ 1, 77, 3000000, 0, false };
        add(6000000)->mark_kib[0] = 6000000;
        (void)add(2000000);
        assert_int_equal(chosen(), 1002);
        assert_true(place.ch.blamed);
        assert_int_equal(place.ch.blame.took_kib, 2000000);
        assert_int_equal(place.ch.blame.missing_kib, 2700000);
        assert_int_equal(place.ch.blame.since_wall_s, 77);
        assert_int_equal(place.ch.score.total_kib, 2000000);
        place.r.mark[0].boot_us = 0;
        assert_int_equal(chosen(), 1001);
        assert_false(place.ch.blamed);
}

static void
victim_choose_ends_a_swarm_as_one(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0] = (struct mark){ 1, 77, 3000000, 0, false };
        add(6000000)->mark_kib[0] = 6000000;
        for (unsigned i = 0; i < 8; i++) {
                struct candidate *c = add(200000);

                c->exe_id = 5;
                c->pagetables_kib = 100;
                c->shmem_kib = 8000;
                c->sharers = 8;
                c->growth_kibps = 10;
                c->swap_kib = 1000;
                c->adj = -1;
        }
        place.s.mem.swap_total_kib = 10000;
        (void)chosen();
        assert_int_equal(place.ch.who.n, 8);
        assert_true(place.ch.blamed);
        assert_int_equal(place.ch.score.anon_kib, 1600000);
        assert_int_equal(place.ch.score.pagetables_kib, 800);
        assert_int_equal(place.ch.score.shared_kib, 8000);
        assert_int_equal(place.ch.score.swap_kib, 8000);
        assert_int_equal(place.ch.score.growth_kib, 800);
        assert_int_equal(place.ch.score.adj_kib, 8 * 10010);
        assert_int_equal(place.ch.score.adj, -1);
        assert_int_equal(place.ch.score.rule_bp, 10000);
        assert_int_equal(place.ch.score.total_kib, 1617600 - 80080);
        assert_int_equal(place.ch.gives.mem_kib, 1608800);
        assert_int_equal(place.ch.gives.swap_kib, 8000);
}

static void
victim_choose_ends_nobody_for_what_lies_in_tmpfs(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0] = (struct mark){ 1, 77, 3000000, 0, false };
        place.s.mem.shmem_kib = 2000000;
        add(6000000)->mark_kib[0] = 6000000;
        assert_int_equal(chosen(), 0);
        assert_int_equal(place.ch.why_nobody, NOBODY_TMPFS);
        /* in a stall any page makes room for others */
        place.v.reason = REASON_STALL;
        assert_int_equal(chosen(), 1001);
        /* and where somebody is to blame it is him */
        place.v.reason = REASON_LOW;
        (void)add(1350000);
        assert_int_equal(chosen(), 1002);
        assert_true(place.ch.blamed);
}

/* What is in swap does not fit: who switches it off goes, small as it is, unless somebody leaks. */
static void
victim_choose_takes_who_switches_swap_off(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0] = (struct mark){ 1, 77, 3000000, 0, false };
        add(6000000)->mark_kib[0] = 6000000;
        struct candidate *off = add(1);

        (void)strcpy(off->name, "swapoff");
        assert_int_equal(chosen(), 1001);
        place.v.swapoff = place.v.swapoff_new = true;
        for (unsigned i = 0; i < 2; i++) {
                place.v.reason = i ? REASON_STALL : REASON_LOW;
                assert_int_equal(chosen(), 1002);
                assert_true(place.ch.swapoff && !place.ch.blamed);
                assert_int_equal(place.ch.gives.mem_kib, 1);
        }
        struct candidate *other = add(1);

        (void)strcpy(other->name, "swapoff");
        other->start_ticks = off->start_ticks + 1;
        assert_int_equal(chosen(), 1003);
        off->start_ticks = other->start_ticks + 1;
        assert_int_equal(chosen(), 1002);
        (void)add(1350000);
        assert_int_equal(chosen(), 1004);
        assert_true(place.ch.blamed && !place.ch.swapoff);
}

/* It is looked for by the errand thread, for a second; then whoever is worst has to do. */
static void
victim_choose_waits_for_who_switches_swap_off(void **state)
{
        (void)state;
        set_up();
        add(6000000)->mark_kib[0] = 6000000;
        place.v.swapoff = place.v.swapoff_new = true;
        assert_int_equal(chosen(), 0);
        assert_int_equal(place.ch.why_nobody, NOBODY_YET);
        place.v.swapoff_new = false;
        assert_int_equal(chosen(), 1001);
        (void)strcpy(add(1)->name, "swapoff");
        place.r.c[1].standing.effect = RULE_PROTECT;
        assert_int_equal(chosen(), 1001);
}

/* The kernel lets go of it when it has read in all that one process has there, and not before. */
static void
victim_choose_waits_for_a_swapoff_that_cannot_be_ended(void **state)
{
        (void)state;
        set_up();
        add(6000000)->mark_kib[0] = 6000000;
        place.v.swapoff = true;
        struct candidate *off = add(1);

        (void)strcpy(off->name, "swapoff");
        for (unsigned i = 0; i < 2; i++) {
                off->struck = i == 0;
                off->adj = i == 0 ? 0 : -1000;
                assert_int_equal(chosen(), 0);
                assert_int_equal(place.ch.why_nobody, NOBODY_YET);
        }
        /* another one may be ended, and whoever leaks */
        (void)strcpy(add(1)->name, "swapoff");
        assert_int_equal(chosen(), 1003);
        place.r.mark[0] = (struct mark){ 1, 77, 3000000, 0, false };
        (void)add(1350000);
        assert_int_equal(chosen(), 1004);
        /* and it is no reason to wait once it does not get on any more */
        place.v.swapoff = false;
        place.r.n = 2;
        assert_int_equal(chosen(), 1001);
}

/* Before memory is low it is nobody's turn but his, whoever took how much. */
static void
victim_choose_takes_nobody_but_a_swapoff_before_memory_is_low(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0] = (struct mark){ 1, 77, 3000000, 0, false };
        (void)add(1350000);
        place.v.reason = REASON_SWAPOFF;
        place.v.swapoff = true;
        assert_int_equal(chosen(), 0);
        assert_int_equal(place.ch.why_nobody, NOBODY_YET);
        (void)strcpy(add(1)->name, "swapoff");
        assert_int_equal(chosen(), 1002);
        assert_true(place.ch.swapoff && !place.ch.blamed);
        place.r.c[1].standing.effect = RULE_PROTECT;
        assert_int_equal(chosen(), 0);
        assert_int_equal(place.ch.why_nobody, NOBODY_YET);
        place.v.reason = REASON_LOW;
        assert_int_equal(chosen(), 1001);
        assert_true(place.ch.blamed);
}

static void
victim_choose_says_nobody_of_an_empty_roster(void **state)
{
        (void)state;
        set_up();
        assert_int_equal(chosen(), 0);
        assert_int_equal(place.ch.why_nobody, NOBODY_ELIGIBLE);
}

/* ---- whatever the roster ---- */

static uint64_t
dice(uint64_t *seed)
{
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return *seed;
}

/* Few different sizes, so that ties and swarms are many. */
static void
random_candidate(struct candidate *c, uint64_t *seed)
{
        c->start_ticks = dice(seed) % 4;
        c->anon_kib = dice(seed) % 8 * 100000;
        c->shmem_kib = dice(seed) % 3 * 90000;
        c->sharers = (uint32_t)(dice(seed) % 4);
        c->swap_kib = dice(seed) % 3 * 50000;
        c->pagetables_kib = dice(seed) % 2 * 100;
        c->growth_kibps = dice(seed) % 10 == 0 ? 20000 : 0;
        c->adj = (int16_t)(dice(seed) % 5 ? 0 : (int)(dice(seed) % 2001) - 1000);
        c->standing.effect = (enum rule_effect)(dice(seed) % 4 ? 0 : dice(seed) % 4);
        c->struck = dice(seed) % 20 == 0;
        c->cow = dice(seed) % 10 == 0;
        c->parent_kib = dice(seed) % 5 * 100000;
        c->first_kib = dice(seed) % 5 * 100000;
        c->copied_kib = dice(seed) % 5 * 100000;
        c->exe_id = dice(seed) % 3;
        c->ppid = 100 + (int32_t)(dice(seed) % 2);
        for (unsigned m = 0; m < MARK_MAX; m++)
                c->mark_kib[m] = dice(seed) % 2 ? 0 : (uint32_t)c->anon_kib;
}

static void
random_place(uint64_t *seed)
{
        unsigned n = (unsigned)(dice(seed) % 40);

        set_up();
        if (dice(seed) % 2) {
                place.s.mem.swap_total_kib = place.v.swap_total_kib = 1000000;
                place.v.swap_warn_kib = 200000;
                place.v.swap_term_kib = 100000;
                place.s.zram_total_kib = dice(seed) % 2 ? 1000000 : 0;
                place.s.zram_ratio_bp = (uint32_t)(dice(seed) % 40000);
        }
        place.v.reason = (enum reason)(1 + dice(seed) % 3);
        place.s.mem.shmem_kib = dice(seed) % 4 * 500000;
        for (unsigned m = 0; m < MARK_MAX; m++)
                place.r.mark[m] = (struct mark){ dice(seed) % 2, m, dice(seed) % 5 * 800000,
                                                 dice(seed) % 3 * 500000, dice(seed) % 4 == 0 };
        for (unsigned i = 0; i < n; i++)
                random_candidate(add(0), seed);
}

static uint64_t
set_of(const struct choice *ch)
{
        uint64_t set = 0;

        for (uint32_t i = 0; i < ch->who.n; i++)
                set += (uint64_t)place.r.c[ch->who.member[i]].pid * 1000003u;
        return set;
}

static void
shuffle(uint64_t *seed)
{
        for (uint32_t i = place.r.n; i > 1; i--) {
                uint32_t j = (uint32_t)(dice(seed) % i);
                struct candidate c = place.r.c[i - 1];

                place.r.c[i - 1] = place.r.c[j];
                place.r.c[j] = c;
        }
}

static void
victim_choose_does_not_depend_on_the_order_of_the_roster(void **state)
{
        unsigned n_swarms = 0, n_blamed = 0, n_nobody = 0;
        uint64_t seed = 3;

        (void)state;
        for (unsigned run = 0; run < 5000; run++) {
                random_place(&seed);
                int32_t lead = chosen();
                struct choice before = place.ch;
                uint64_t set = set_of(&before);

                n_swarms += before.who.n > 1;
                n_blamed += before.blamed;
                n_nobody += before.who.n == 0;
                for (unsigned i = 0; i < 3; i++) {
                        shuffle(&seed);
                        assert_int_equal(chosen(), lead);
                        assert_int_equal(place.ch.who.n, before.who.n);
                        assert_int_equal(set_of(&place.ch), set);
                        assert_int_equal(place.ch.why_nobody, before.why_nobody);
                        assert_int_equal(place.ch.gives.mem_kib, before.gives.mem_kib);
                        assert_int_equal(place.ch.score.total_kib, before.score.total_kib);
                }
        }
        assert_true(n_swarms > 50 && n_blamed > 500 && n_nobody > 50);
}

static void
victim_choose_never_hits_anybody_who_may_not_be_ended(void **state)
{
        uint64_t seed = 4;

        (void)state;
        for (unsigned run = 0; run < 20000; run++) {
                random_place(&seed);
                (void)chosen();
                assert_true((place.ch.who.n == 0) == (place.ch.why_nobody != NOBODY_NONE));
                for (uint32_t i = 0; i < place.ch.who.n; i++) {
                        const struct candidate *c = &place.r.c[place.ch.who.member[i]];

                        assert_true(place.ch.who.member[i] < place.r.n);
                        assert_int_not_equal(c->standing.effect, RULE_PROTECT);
                        assert_false(c->struck);
                        assert_int_not_equal(c->adj, -1000);
                }
        }
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(victim_score_adds_up_what_ending_gives_back_and_what_comes_next),
                cmocka_unit_test(victim_score_weighs_swap_by_what_has_run_out),
                cmocka_unit_test(victim_score_scales_by_rules),
                cmocka_unit_test(
                        victim_score_scales_by_a_positive_adj_and_takes_away_for_a_negative_one),
                cmocka_unit_test(victim_score_counts_of_a_fork_only_what_is_its_own),
                cmocka_unit_test(victim_choose_takes_the_worst),
                cmocka_unit_test(victim_choose_lets_a_runaway_outweigh_a_small_tab_of_high_adj),
                cmocka_unit_test(victim_choose_takes_the_one_that_grows_before_a_larger_steady_one),
                cmocka_unit_test(victim_choose_takes_one_that_is_swapped_out_whole),
                cmocka_unit_test(victim_choose_prefers_and_avoids),
                cmocka_unit_test(victim_choose_never_takes_those_who_may_not_be_ended),
                cmocka_unit_test(victim_choose_gives_a_tie_to_the_younger),
                cmocka_unit_test(
                        victim_choose_takes_a_score_of_nothing_only_when_nothing_else_is_left),
                cmocka_unit_test(victim_choose_leaves_those_below_min_size),
                cmocka_unit_test(victim_choose_ends_nobody_in_vain),
                cmocka_unit_test(victim_choose_counts_swap_as_a_way_out),
                cmocka_unit_test(victim_choose_counts_zram_as_memory_that_comes_back),
                cmocka_unit_test(victim_choose_blames_before_it_weighs),
                cmocka_unit_test(victim_choose_ends_a_swarm_as_one),
                cmocka_unit_test(victim_choose_ends_nobody_for_what_lies_in_tmpfs),
                cmocka_unit_test(victim_choose_takes_who_switches_swap_off),
                cmocka_unit_test(victim_choose_waits_for_who_switches_swap_off),
                cmocka_unit_test(victim_choose_waits_for_a_swapoff_that_cannot_be_ended),
                cmocka_unit_test(victim_choose_takes_nobody_but_a_swapoff_before_memory_is_low),
                cmocka_unit_test(victim_choose_says_nobody_of_an_empty_roster),
                cmocka_unit_test(victim_choose_does_not_depend_on_the_order_of_the_roster),
                cmocka_unit_test(victim_choose_never_hits_anybody_who_may_not_be_ended),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
