/* SPDX-License-Identifier: MIT */
/*
 * What is counted as come back inside limits: while it is wanted, and while what was told holds, to
 * the microsecond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "inside.h"

#define SECOND   UINT64_C(1000000)
#define START_US (500 * SECOND)

static struct inside in;
static struct inside_look look;

/* Memory is tight, somebody has just reclaimed inside his limit, and 40 % was told a moment ago. */
static int
set_up(void **state)
{
        (void)state;
        memset(&in, 0, sizeof(in));
        look = (struct inside_look){
                .now_us = START_US,
                .refault = 70000,
                .boxed = 300,
                .tight = true,
                .told_bp = 4000,
                .told_us = START_US,
        };
        inside_count(&in, &look);
        look.boxed++;
        inside_count(&in, &look);
        return 0;
}

/* After so long 1000 pages more have come back; how many of them count. */
static uint64_t
counted(uint64_t us)
{
        uint64_t before = in.pages;

        look.now_us += us;
        look.refault += 1000;
        inside_count(&in, &look);
        return in.pages - before;
}

static void
nothing_counts_before_it_was_wanted(void **state)
{
        (void)state;
        assert_int_equal(in.pages, 0);
        assert_true(in.wanted);
        memset(&in, 0, sizeof(in));
        look.tight = false;
        inside_count(&in, &look);
        assert_false(in.wanted);
        assert_int_equal(counted(1), 0);
}

static void
the_part_that_was_told_counts(void **state)
{
        (void)state;
        assert_int_equal(counted(1), 400);
        look.told_bp = 10000;
        assert_int_equal(counted(1), 1000);
        look.told_bp = 0;
        assert_int_equal(counted(1), 0);
        assert_int_equal(in.pages, 1400);
}

static void
numbers_that_go_back_count_for_nothing(void **state)
{
        (void)state;
        look.refault -= 5000;
        assert_int_equal(counted(1), 0);
        assert_int_equal(counted(1), 400);
}

static void
what_was_told_holds_for_five_seconds(void **state)
{
        (void)state;
        assert_int_equal(counted(5 * SECOND - 1), 400);
        assert_int_equal(counted(1), 0);
        assert_true(in.wanted);
        assert_int_equal(counted(1 * SECOND), 0);
        /* What is told then is said of all that was left open. */
        look.told_us = look.now_us;
        assert_int_equal(counted(5 * SECOND - 1), 3 * 400);
        assert_int_equal(counted(1), 0);
}

static void
what_is_told_first_is_said_of_all_since_it_was_asked(void **state)
{
        (void)state;
        memset(&in, 0, sizeof(in));
        look.told_us = 0;
        look.tight = false;
        inside_count(&in, &look);
        look.tight = true;
        assert_int_equal(counted(1), 0);
        look.boxed++;
        assert_int_equal(counted(1), 0);
        assert_int_equal(counted(1), 0);
        assert_int_equal(in.shown, 2000);
        look.told_us = look.now_us;
        assert_int_equal(counted(1), 3 * 400);
        assert_int_equal(in.shown, 3 * 400);
        assert_int_equal(counted(1), 400);
}

/* Then whoever was to tell may be held up by the machine's own thrash. */
static void
what_is_open_is_shown_for_a_second(void **state)
{
        (void)state;
        memset(&in, 0, sizeof(in));
        look.told_us = 0;
        inside_count(&in, &look);
        look.boxed++;
        inside_count(&in, &look);
        (void)counted(SECOND - 1);
        assert_int_equal(in.shown, 1000);
        (void)counted(1);
        assert_int_equal(in.shown, 0);
        look.told_us = look.now_us;
        (void)counted(1);
        assert_int_equal(in.shown, 3 * 400);
}

/* What comes back while memory is not tight is not the machine's trouble. */
static void
all_counts_while_somebody_reclaims_inside_a_limit_and_memory_is_not_tight(void **state)
{
        (void)state;
        memset(&in, 0, sizeof(in));
        look.tight = false;
        inside_count(&in, &look);
        assert_int_equal(counted(1), 0);
        look.boxed++;
        assert_int_equal(counted(1), 1000);
        assert_int_equal(counted(10 * SECOND - 1), 1000);
        assert_false(in.wanted);
        assert_int_equal(counted(1), 0);
}

/* A machine that has been up for less than ten seconds. */
static void
nothing_is_wanted_before_anybody_reclaimed_inside_a_limit(void **state)
{
        (void)state;
        memset(&in, 0, sizeof(in));
        look.now_us = 2 * SECOND;
        inside_count(&in, &look);
        inside_count(&in, &look);
        assert_false(in.wanted);
        look.boxed++;
        inside_count(&in, &look);
        assert_true(in.wanted);
}

/* Before anything was told for the first time nothing is known. */
static void
what_was_never_told_counts_for_nothing(void **state)
{
        (void)state;
        look.told_us = 0;
        assert_int_equal(counted(1), 0);
}

static void
it_is_wanted_for_ten_seconds_after_memory_was_tight(void **state)
{
        (void)state;
        look.tight = false;
        look.told_us += 60 * SECOND;
        look.boxed++;
        (void)counted(10 * SECOND - 1);
        assert_true(in.wanted);
        assert_int_equal(counted(1), 1000);
        assert_false(in.wanted);
        look.tight = true;
        look.boxed++;
        assert_int_equal(counted(1), 0);
        assert_true(in.wanted);
        assert_int_equal(counted(1), 2 * 400);
}

static void
it_is_wanted_for_ten_seconds_after_somebody_reclaimed_inside_a_limit(void **state)
{
        (void)state;
        (void)counted(10 * SECOND - 1);
        assert_true(in.wanted);
        (void)counted(1);
        assert_false(in.wanted);
        look.boxed++;
        (void)counted(1);
        assert_true(in.wanted);
        (void)counted(10 * SECOND - 1);
        assert_true(in.wanted);
        (void)counted(1);
        assert_false(in.wanted);
}

/* After so long 1000 pages more were reclaimed directly, and somebody began to or nobody did. */
static uint64_t
steals(uint64_t us, bool stalled)
{
        uint64_t before = in.steals;

        look.now_us += us;
        look.direct += 1000;
        look.stalls += stalled;
        inside_count(&in, &look);
        return in.steals - before;
}

static void
whatever_was_reclaimed_while_nobody_stalled_was_inside(void **state)
{
        (void)state;
        assert_int_equal(in.steals, 0);
        assert_int_equal(steals(1, false), 1000);
        look.told_steal_bp = 3000;
        assert_int_equal(steals(1, true), 300);
        assert_int_equal(steals(1 * SECOND - 1, false), 300);
        assert_int_equal(steals(1, false), 1000);
        look.direct -= 5000;
        assert_int_equal(steals(1, false), 0);
}

static void
of_what_was_reclaimed_while_somebody_stalled_nothing_is_known_before_it_is_told(void **state)
{
        (void)state;
        look.told_steal_bp = 3000;
        look.told_us = 0;
        assert_int_equal(steals(1, true), 0);
        look.told_us = look.now_us;
        /* To a window that began before pgsteal must not run back. */
        assert_int_equal(steals(1, true), 300);
        assert_int_equal(steals(1, true), 300);
}

static void
it_is_wanted_while_it_may_have_been_inside(void **state)
{
        (void)state;
        (void)counted(10 * SECOND);
        assert_false(in.wanted);
        (void)steals(1, true);
        assert_true(in.wanted);
        (void)counted(10 * SECOND - 1);
        assert_true(in.wanted);
        (void)counted(1);
        assert_false(in.wanted);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(nothing_counts_before_it_was_wanted, set_up),
                cmocka_unit_test_setup(the_part_that_was_told_counts, set_up),
                cmocka_unit_test_setup(numbers_that_go_back_count_for_nothing, set_up),
                cmocka_unit_test_setup(what_was_told_holds_for_five_seconds, set_up),
                cmocka_unit_test_setup(what_was_never_told_counts_for_nothing, set_up),
                cmocka_unit_test_setup(what_is_told_first_is_said_of_all_since_it_was_asked,
                                       set_up),
                cmocka_unit_test_setup(what_is_open_is_shown_for_a_second, set_up),
                cmocka_unit_test_setup(
                        all_counts_while_somebody_reclaims_inside_a_limit_and_memory_is_not_tight,
                        set_up),
                cmocka_unit_test_setup(nothing_is_wanted_before_anybody_reclaimed_inside_a_limit,
                                       set_up),
                cmocka_unit_test_setup(it_is_wanted_for_ten_seconds_after_memory_was_tight, set_up),
                cmocka_unit_test_setup(
                        it_is_wanted_for_ten_seconds_after_somebody_reclaimed_inside_a_limit,
                        set_up),
                cmocka_unit_test_setup(whatever_was_reclaimed_while_nobody_stalled_was_inside,
                                       set_up),
                cmocka_unit_test_setup(
                        of_what_was_reclaimed_while_somebody_stalled_nothing_is_known_before_it_is_told,
                        set_up),
                cmocka_unit_test_setup(it_is_wanted_while_it_may_have_been_inside, set_up),
        };

        return cmocka_run_group_tests_name("inside", tests, NULL, NULL);
}
