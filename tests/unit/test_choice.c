/* SPDX-License-Identifier: MIT */
/*
 * The way to a choice: which roster is good enough, and when the loop looks by itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "choice.h"
#include "fake_proc.h"
#include "roster.h"

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define N_OF(a)    (sizeof(a) / sizeof((a)[0]))
#define MIB        UINT64_C(1024)
#define NOW_US     UINT64_C(100000000)

enum { OLD = 500, NEW = 600, SWAPOFF = 700 };

static struct guard g;
static struct share share;
static struct policy policy;
static struct numbered_roster from_errand;

/* The errand thread has seen somebody steady; a larger one has come since, and memory falls. */
static int
set_up(void **state)
{
        (void)state;
        fake_open();
        memset(&g, 0, sizeof(g));
        memset(&share, 0, sizeof(share));
        g.share = &share;
        memset(&policy, 0, sizeof(policy));
        memset(&from_errand, 0, sizeof(from_errand));
        policy.growth_horizon_us = 10000000;
        g.policy = &policy;
        g.roster = &from_errand;
        g.sample.now_us = NOW_US;
        g.sample.mem.total_kib = 1000 * MIB;
        g.sample.mem.available_kib = 40 * MIB;
        g.verdict = (struct verdict){
                .level = LEVEL_TERM,
                .act = LEVEL_TERM,
                .reason = REASON_LOW,
                .available_kib = 40 * MIB,
                .warn_kib = 72 * MIB,
                .term_kib = 48 * MIB,
                .kill_kib = 24 * MIB,
                .fall_known = true,
                .fall_kibps = 100 * MIB,
        };
        assert_int_equal(
                census_open(&g.own, fake_root, g.own_row, GUARD_ROWS, g.own_slot, GUARD_SLOTS, 8),
                0);
        census_set_policy(&g.own, &policy);
        fake_put((struct fake){ .pid = OLD, .ppid = 1, .start_ticks = 7, .anon_kib = 200 * MIB });
        fake_put((struct fake){ .pid = NEW, .ppid = 1, .start_ticks = 8, .anon_kib = 500 * MIB });
        from_errand.seq = 1;
        from_errand.due_us = NOW_US + 1000000;
        from_errand.roster.made_us = NOW_US - 300000;
        from_errand.roster.n = 1;
        from_errand.roster.c[0] = (struct candidate){
                .pid = OLD,
                .start_ticks = 7,
                .anon_kib = 200 * MIB,
                .sharers = 1,
                .size_fd = -1,
                .pidfd = -1,
                .standing = { RULE_NONE, -1, -1 },
        };
        return 0;
}

static int
tear_down(void **state)
{
        (void)state;
        census_close(&g.own);
        fake_close();
        return 0;
}

static int32_t
chosen(void)
{
        struct choice ch;

        assert_true(choice_make(&g, &ch));
        assert_int_equal(ch.why_nobody, NOBODY_NONE);
        return g.roster->roster.c[ch.who.member[0]].pid;
}

static void
choice_make_looks_again_when_an_aged_roster_explains_nothing(void **state)
{
        (void)state;
        assert_int_equal(chosen(), NEW);
        assert_ptr_equal(g.roster, &g.own_roster);
}

static void
choice_make_is_content_with_a_fresh_roster(void **state)
{
        (void)state;
        from_errand.roster.made_us = NOW_US - 250000;
        assert_int_equal(chosen(), OLD);
        assert_ptr_equal(g.roster, &from_errand);
}

/* With thousands of processes a scan takes its time, and the next one comes as much later. */
static void
choice_make_is_content_with_a_roster_that_took_long(void **state)
{
        (void)state;
        from_errand.roster.took_us = 10000;
        assert_int_equal(chosen(), OLD);
        from_errand.roster.took_us = 9999;
        assert_int_equal(chosen(), NEW);
}

/* To open files would wait for the very memory that is missing. */
static void
choice_make_opens_nothing_at_kill_for_a_roster_that_is_not_overdue(void **state)
{
        (void)state;
        g.sample.mem.available_kib = g.verdict.kill_kib;
        assert_int_equal(chosen(), OLD);
        from_errand.due_us = NOW_US - 500001;
        assert_int_equal(chosen(), NEW);
}

static void
choice_make_is_content_with_an_aged_roster_while_nothing_falls(void **state)
{
        (void)state;
        g.verdict.fall_kibps = 0;
        assert_int_equal(chosen(), OLD);
}

/* After a suspend or a late look nothing is known of the fall, and that is not nothing falls. */
static void
choice_make_is_content_with_no_overdue_roster_while_the_fall_is_not_known(void **state)
{
        (void)state;
        g.verdict.fall_known = false;
        g.verdict.fall_kibps = 0;
        g.sample.mem.available_kib = g.verdict.kill_kib;
        assert_int_equal(chosen(), OLD);
        from_errand.due_us = NOW_US - 500001;
        assert_int_equal(chosen(), NEW);
}

/*
 * The loop looked by itself once, long ago; who was new and small then is large and steady now.  It
 * is judged by the marks that the errand thread hands over while all is well.
 */
static void
choice_make_knows_nothing_of_its_own_scan_of_long_ago(void **state)
{
        (void)state;
        g.roster = NULL;
        g.own.mark[MARK_CALM] = (struct mark){ .boot_us = 1 };
        assert_int_equal(chosen(), NEW);
        fake_put((struct fake){ .pid = NEW, .ppid = 1, .start_ticks = 8, .anon_kib = 400 * MIB });
        from_errand.roster.n = 0;
        from_errand.roster.mark[MARK_CALM] =
                (struct mark){ .boot_us = NOW_US - 5000000,
                               .supply_kib = g.verdict.supply_kib + 300 * MIB };
        g.roster = &from_errand;
        assert_int_equal(chosen(), NEW);
        for (uint32_t i = 0; i < g.roster->roster.n; i++)
                assert_int_equal(g.roster->roster.c[i].mark_kib[MARK_CALM],
                                 candidate_size_kib(&g.roster->roster.c[i]));
}

/* Nor does who was given up become somebody new. */
static void
choice_make_leaves_alone_whom_it_gave_up(void **state)
{
        (void)state;
        g.roster = NULL;
        share.strike[0] = (struct strike){ NEW, 8 };
        share.strike[1] = (struct strike){ OLD, 6 }; /* another one of that number, before */
        atomic_store(&share.n_strikes, 2);
        assert_int_equal(chosen(), OLD);
}

/* A scan of more than a second would else count as a gap, and drop what led to it. */
static void
choice_make_does_not_count_its_own_scan_as_a_gap(void **state)
{
        (void)state;
        g.decide.last_us = 1;
        g.roster = NULL;
        (void)chosen();
        assert_true(g.decide.last_us > 1);
}

static void
choice_make_is_content_with_an_aged_roster_that_says_who_took_it(void **state)
{
        (void)state;
        from_errand.roster.mark[0] =
                (struct mark){ .boot_us = 1, .supply_kib = g.verdict.supply_kib + 200 * MIB };
        assert_int_equal(chosen(), OLD);
}

static void
choice_make_does_not_trust_a_roster_of_another_policy(void **state)
{
        (void)state;
        from_errand.roster.made_us = NOW_US;
        from_errand.policy_n = 1;
        assert_int_equal(chosen(), NEW);
}

static void
choice_make_looks_by_itself_when_nobody_has(void **state)
{
        (void)state;
        g.roster = NULL;
        assert_int_equal(chosen(), NEW);
}

/* It has next to no memory, and the errand thread, which would know it by its name, is late. */
static void
choice_make_looks_for_who_switches_swap_off_when_nobody_has(void **state)
{
        struct choice ch;

        (void)state;
        fake_put((struct fake){
                .pid = SWAPOFF, .ppid = 1, .start_ticks = 9, .anon_kib = 40, .name = "swapoff" });
        fake_text(SWAPOFF, "comm", "swapoff\n");
        g.verdict.reason = REASON_SWAPOFF;
        g.verdict.swapoff = true;
        assert_true(choice_make(&g, &ch));
        assert_int_equal(ch.why_nobody, NOBODY_YET);
        assert_ptr_equal(g.roster, &from_errand);
        from_errand.due_us = NOW_US - 600000;
        assert_int_equal(chosen(), SWAPOFF);
        assert_ptr_equal(g.roster, &g.own_roster);
}

/* Struck for want of a pidfd holds at the loop's next look, and not where somebody holds one. */
static void
choice_own_scan_keeps_whom_it_could_not_open_apart_from_the_given_up(void **state)
{
        struct roster next;

        (void)state;
        g.roster = NULL;
        assert_int_equal(chosen(), NEW);
        for (uint32_t i = 0; i < g.roster->roster.n; i++) {
                const struct candidate *c = &g.roster->roster.c[i];

                census_strike(&g.own, c->pid, c->start_ticks, c->pid == NEW);
        }
        choice_own_scan(&g);
        next = g.roster->roster;
        for (uint32_t i = 0; i < next.n; i++) {
                assert_true(next.c[i].struck);
                assert_int_equal(next.c[i].unopened, next.c[i].pid == NEW);
                next.c[i].struck = next.c[i].unopened = false;
                next.c[i].pidfd = 1000;
        }
        roster_adopt(&next, &g.roster->roster);
        for (uint32_t i = 0; i < next.n; i++)
                assert_int_equal(next.c[i].struck, next.c[i].pid != NEW);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(choice_make_looks_again_when_an_aged_roster_explains_nothing),
                CASE(choice_make_is_content_with_a_fresh_roster),
                CASE(choice_make_is_content_with_a_roster_that_took_long),
                CASE(choice_make_opens_nothing_at_kill_for_a_roster_that_is_not_overdue),
                CASE(choice_make_is_content_with_an_aged_roster_while_nothing_falls),
                CASE(choice_make_is_content_with_no_overdue_roster_while_the_fall_is_not_known),
                CASE(choice_make_knows_nothing_of_its_own_scan_of_long_ago),
                CASE(choice_make_leaves_alone_whom_it_gave_up),
                CASE(choice_make_does_not_count_its_own_scan_as_a_gap),
                CASE(choice_make_is_content_with_an_aged_roster_that_says_who_took_it),
                CASE(choice_make_does_not_trust_a_roster_of_another_policy),
                CASE(choice_make_looks_by_itself_when_nobody_has),
                CASE(choice_make_looks_for_who_switches_swap_off_when_nobody_has),
                CASE(choice_own_scan_keeps_whom_it_could_not_open_apart_from_the_given_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
