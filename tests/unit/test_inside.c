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
        look.told_us = look.now_us;
        assert_int_equal(counted(5 * SECOND - 1), 400);
        assert_int_equal(counted(1), 0);
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
        /* Wanted by the look before it. */
        assert_int_equal(counted(1), 400);
        assert_false(in.wanted);
        assert_int_equal(counted(1), 0);
        look.tight = true;
        assert_int_equal(counted(1), 0);
        assert_true(in.wanted);
        assert_int_equal(counted(1), 400);
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

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(nothing_counts_before_it_was_wanted, set_up),
                cmocka_unit_test_setup(the_part_that_was_told_counts, set_up),
                cmocka_unit_test_setup(numbers_that_go_back_count_for_nothing, set_up),
                cmocka_unit_test_setup(what_was_told_holds_for_five_seconds, set_up),
                cmocka_unit_test_setup(what_was_never_told_counts_for_nothing, set_up),
                cmocka_unit_test_setup(it_is_wanted_for_ten_seconds_after_memory_was_tight, set_up),
                cmocka_unit_test_setup(
                        it_is_wanted_for_ten_seconds_after_somebody_reclaimed_inside_a_limit,
                        set_up),
        };

        return cmocka_run_group_tests_name("inside", tests, NULL, NULL);
}
