/* SPDX-License-Identifier: MIT */
/*
 * The ranking: that it begins with those whom victim_choose() takes, goes on in the order in which
 * they would follow, and does not depend on where somebody stands in the roster.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "rank.h"

struct place {
        struct policy p;
        struct verdict v;
        struct sample s;
        struct roster r;
        struct choice ch;
        struct ranked ranked[ROSTER_MAX];
};

static struct place place;

/* Low at TERM: 300,000 KiB of 10,000,000 available, no swap. */
static void
set_up(void)
{
        memset(&place, 0, sizeof(place));
        place.p.growth_horizon_us = 10000000;
        place.p.min_size_kib = 1024;
        place.v = (struct verdict){
                .level = LEVEL_TERM,
                .act = LEVEL_TERM,
                .reason = REASON_LOW,
                .total_kib = 10000000,
                .available_kib = 300000,
                .supply_kib = 300000,
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

static uint32_t
ranked_max(uint32_t max)
{
        return rank_candidates(&place.p, &place.v, &place.s, &place.r, &place.ch, place.ranked,
                               max);
}

static uint32_t
ranked(void)
{
        return ranked_max(ROSTER_MAX);
}

/* ---- the verdict ---- */

static void
rank_verdict_leaves_a_verdict_that_acts_as_it_is(void **state)
{
        struct verdict v;

        (void)state;
        set_up();
        place.v.act = LEVEL_KILL;
        place.v.reason = REASON_STALL;
        v = rank_verdict(&place.v);
        assert_memory_equal(&v, &place.v, sizeof(v));
}

static void
rank_verdict_makes_of_a_calm_one_what_it_would_be_at_term(void **state)
{
        struct verdict v;

        (void)state;
        set_up();
        place.v.level = place.v.act = LEVEL_CALM;
        place.v.reason = REASON_NONE;
        place.v.available_kib = 7000000;
        place.v.supply_kib = 8000000;
        place.v.swap_total_kib = 1000000;
        place.v.swap_free_kib = 900000;
        place.v.swap_term_kib = 100000;
        v = rank_verdict(&place.v);
        assert_int_equal(v.level, LEVEL_TERM);
        assert_int_equal(v.act, LEVEL_TERM);
        assert_int_equal(v.reason, REASON_LOW);
        assert_int_equal(v.available_kib, 500000);
        assert_int_equal(v.swap_free_kib, 100000);
        assert_true(v.below_term);
        /* what has really gone missing stays as it is */
        assert_int_equal(v.supply_kib, 8000000);
        /* a limit that is off is none to stand at */
        place.v.term_kib = 0;
        assert_int_equal(rank_verdict(&place.v).available_kib, 250000);
        /* low already, but without a cause to act */
        place.v.act = LEVEL_WARN;
        place.v.available_kib = 200000;
        assert_int_equal(rank_verdict(&place.v).available_kib, 200000);
}

/* ---- the order ---- */

static void
rank_puts_the_worst_first_and_the_protected_last(void **state)
{
        static const int32_t order[] = { 1003, 1002, 1005, 1001, 1004, 1006 };

        (void)state;
        set_up();
        add(9000000)->standing.effect = RULE_PROTECT;
        (void)add(2000000);
        (void)add(3000000);
        add(2500000)->adj = -1000;
        add(4000000)->standing.effect = RULE_AVOID;
        add(1000000)->struck = true;
        assert_int_equal(ranked(), 6);
        for (unsigned i = 0; i < 6; i++) {
                assert_int_equal(place.ranked[i].c->pid, order[i]);
                assert_int_equal(place.ranked[i].chosen, i == 0);
                assert_int_equal(place.ranked[i].eligible, i < 3);
        }
        assert_int_equal(place.ranked[2].score.total_kib, 1000000);
        assert_int_equal(place.ranked[0].gives.mem_kib, 3000000);
}

static void
rank_counts_the_too_small_among_those_who_may_not(void **state)
{
        (void)state;
        set_up();
        (void)add(1023);
        (void)add(1024);
        add(500000)->standing.effect = RULE_PROTECT;
        place.v.available_kib = 499990;
        assert_int_equal(ranked(), 3);
        assert_int_equal(place.ranked[0].c->pid, 1002);
        assert_true(place.ranked[0].chosen);
        assert_int_equal(place.ranked[1].c->pid, 1003);
        assert_int_equal(place.ranked[2].c->pid, 1001);
        assert_false(place.ranked[2].eligible);
}

/* Whatever min_size says: ending it would change nothing. */
static void
rank_says_that_nobody_may_be_ended_who_has_nothing(void **state)
{
        (void)state;
        set_up();
        place.p.min_size_kib = 0;
        (void)add(0);
        (void)add(1);
        place.v.available_kib = 500000;
        assert_int_equal(ranked(), 2);
        assert_int_equal(place.ranked[0].c->pid, 1002);
        assert_true(place.ranked[0].eligible);
        assert_false(place.ranked[1].eligible);
}

static void
rank_never_ranks_more_than_a_roster_holds(void **state)
{
        (void)state;
        set_up();
        while (place.r.n < ROSTER_MAX)
                (void)add(5000);
        assert_int_equal(ranked_max(UINT32_MAX), ROSTER_MAX);
        assert_int_equal(ranked_max(ROSTER_MAX + 1), ROSTER_MAX);
        assert_int_equal(ranked_max(0), 0);
}

static void
rank_puts_the_one_to_blame_before_the_largest(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0] = (struct mark){ 1, 77, 3000000, 0, false };
        add(6000000)->mark_kib[0] = 6000000;
        (void)add(2000000);
        assert_int_equal(ranked(), 2);
        assert_true(place.ch.blamed);
        assert_int_equal(place.ranked[0].c->pid, 1002);
        assert_true(place.ranked[0].chosen);
        assert_false(place.ranked[1].chosen);
        assert_true(place.ranked[1].score.total_kib > place.ranked[0].score.total_kib);
}

static void
rank_puts_a_whole_swarm_first(void **state)
{
        (void)state;
        set_up();
        place.r.mark[0] = (struct mark){ 1, 77, 3000000, 0, false };
        add(6000000)->mark_kib[0] = 6000000;
        for (unsigned i = 0; i < 8; i++)
                add(200000 + i)->exe_id = 5;
        assert_int_equal(ranked(), 9);
        assert_int_equal(place.ch.who.n, 8);
        for (unsigned i = 0; i < 8; i++) {
                assert_true(place.ranked[i].chosen);
                assert_int_equal(place.ranked[i].c->anon_kib, 200007 - i);
        }
        assert_false(place.ranked[8].chosen);
}

static void
rank_says_nobody_is_chosen_where_nobody_is(void **state)
{
        (void)state;
        set_up();
        assert_int_equal(ranked(), 0);
        (void)add(300);
        (void)add(2000);
        assert_int_equal(ranked(), 2);
        assert_int_equal(place.ch.why_nobody, NOBODY_IN_VAIN);
        assert_false(place.ranked[0].chosen);
        assert_true(place.ranked[0].eligible);
        assert_int_equal(place.ranked[0].c->pid, 1002);
}

static void
rank_asks_what_would_be_while_all_is_well(void **state)
{
        (void)state;
        set_up();
        place.v.act = place.v.level = LEVEL_CALM;
        place.v.reason = REASON_NONE;
        place.v.available_kib = place.v.supply_kib = 6000000;
        (void)add(2000000);
        (void)add(2500000);
        assert_int_equal(ranked(), 2);
        assert_true(place.ranked[0].chosen);
        assert_int_equal(place.ranked[0].c->pid, 1002);
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
        c->swap_kib = dice(seed) % 3 * 50000;
        c->growth_kibps = dice(seed) % 10 == 0 ? 20000 : 0;
        c->adj = (int16_t)(dice(seed) % 5 ? 0 : (int)(dice(seed) % 2001) - 1000);
        c->standing.effect = (enum rule_effect)(dice(seed) % 4 ? 0 : dice(seed) % 4);
        c->struck = dice(seed) % 20 == 0;
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
                place.v.swap_term_kib = 100000;
                place.v.swap_warn_kib = 200000;
        }
        place.v.act = (enum level)(dice(seed) % 5);
        place.v.reason = (enum reason)(1 + dice(seed) % 3);
        for (unsigned m = 0; m < MARK_MAX; m++)
                place.r.mark[m] =
                        (struct mark){ dice(seed) % 2, m, dice(seed) % 5 * 800000, 0, false };
        for (unsigned i = 0; i < n; i++)
                random_candidate(add(0), seed);
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
rank_does_not_depend_on_the_order_of_the_roster(void **state)
{
        uint64_t seed = 5;

        (void)state;
        for (unsigned run = 0; run < 3000; run++) {
                int32_t pid[ROSTER_MAX];
                uint32_t n;

                random_place(&seed);
                n = ranked();
                assert_int_equal(n, place.r.n);
                for (uint32_t i = 0; i < n; i++)
                        pid[i] = place.ranked[i].c->pid;
                shuffle(&seed);
                assert_int_equal(ranked(), n);
                for (uint32_t i = 0; i < n; i++)
                        assert_int_equal(place.ranked[i].c->pid, pid[i]);
        }
}

static void
rank_of_a_few_is_the_beginning_of_the_whole(void **state)
{
        uint64_t seed = 6;

        (void)state;
        for (unsigned run = 0; run < 1000; run++) {
                struct ranked all[ROSTER_MAX];
                uint32_t max = (uint32_t)(dice(&seed) % 12), n;

                random_place(&seed);
                n = ranked();
                memcpy(all, place.ranked, sizeof(all));
                memset(place.ranked, 0, sizeof(place.ranked));
                assert_int_equal(ranked_max(max), n < max ? n : max);
                for (uint32_t i = 0; i < max && i < n; i++)
                        assert_ptr_equal(place.ranked[i].c, all[i].c);
                assert_null(place.ranked[max].c);
        }
}

static void
rank_begins_with_those_whom_victim_choose_takes(void **state)
{
        unsigned n_swarms = 0, n_nobody = 0;
        uint64_t seed = 7;

        (void)state;
        for (unsigned run = 0; run < 3000; run++) {
                struct choice ch;
                struct verdict v;
                uint32_t n;

                random_place(&seed);
                v = rank_verdict(&place.v);
                victim_choose(&place.p, &v, &place.s, &place.r, &ch);
                n = ranked();
                n_swarms += ch.who.n > 1;
                n_nobody += ch.who.n == 0;
                assert_int_equal(place.ch.why_nobody, ch.why_nobody);
                assert_int_equal(place.ch.who.n, ch.who.n);
                for (uint32_t i = 0; i < n; i++) {
                        assert_int_equal(place.ranked[i].chosen, i < ch.who.n);
                        if (i < ch.who.n)
                                assert_ptr_equal(place.ranked[i].c, &place.r.c[ch.who.member[i]]);
                }
        }
        assert_true(n_swarms > 20 && n_nobody > 20);
}

/* Without blame: when the first is struck out, the second is the one. */
static void
rank_goes_on_in_the_order_in_which_they_would_be_taken(void **state)
{
        uint64_t seed = 8;

        (void)state;
        for (unsigned run = 0; run < 500; run++) {
                struct ranked all[ROSTER_MAX];
                struct verdict v;
                uint32_t n;

                random_place(&seed);
                memset(place.r.mark, 0, sizeof(place.r.mark));
                /* in a stall nothing is in vain, and everybody's turn comes */
                place.v.act = LEVEL_KILL;
                place.v.reason = REASON_STALL;
                v = rank_verdict(&place.v);
                n = ranked();
                memcpy(all, place.ranked, sizeof(all));
                for (uint32_t i = 0; i < n && all[i].eligible; i++) {
                        struct candidate *c = &place.r.c[all[i].c - place.r.c];
                        struct choice ch;

                        victim_choose(&place.p, &v, &place.s, &place.r, &ch);
                        assert_int_equal(ch.who.n, 1);
                        assert_ptr_equal(&place.r.c[ch.who.member[0]], c);
                        c->struck = true;
                }
        }
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(rank_verdict_leaves_a_verdict_that_acts_as_it_is),
                cmocka_unit_test(rank_verdict_makes_of_a_calm_one_what_it_would_be_at_term),
                cmocka_unit_test(rank_puts_the_worst_first_and_the_protected_last),
                cmocka_unit_test(rank_counts_the_too_small_among_those_who_may_not),
                cmocka_unit_test(rank_says_that_nobody_may_be_ended_who_has_nothing),
                cmocka_unit_test(rank_never_ranks_more_than_a_roster_holds),
                cmocka_unit_test(rank_puts_the_one_to_blame_before_the_largest),
                cmocka_unit_test(rank_puts_a_whole_swarm_first),
                cmocka_unit_test(rank_says_nobody_is_chosen_where_nobody_is),
                cmocka_unit_test(rank_asks_what_would_be_while_all_is_well),
                cmocka_unit_test(rank_does_not_depend_on_the_order_of_the_roster),
                cmocka_unit_test(rank_of_a_few_is_the_beginning_of_the_whole),
                cmocka_unit_test(rank_begins_with_those_whom_victim_choose_takes),
                cmocka_unit_test(rank_goes_on_in_the_order_in_which_they_would_be_taken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
