/* SPDX-License-Identifier: MIT */
/*
 * The past: which point is found, and what a window comes to at its edges.  What decisions make of
 * it is test_decide.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "window.h"

#define MS UINT64_C(1000)

static struct window_ring ring;

static void
add(uint64_t now_us, uint64_t full_us)
{
        const struct sample s = {
                .now_us = now_us,
                .has_psi = true,
                .psi = { .some = { 0, full_us }, .full = { 0, full_us } },
        };

        window_add(&ring, &s, now_us);
}

static struct window
look_back(uint64_t now_us, uint64_t full_us, uint64_t window_us)
{
        const struct sample s = {
                .now_us = now_us,
                .has_psi = true,
                .psi = { .some = { 0, full_us }, .full = { 0, full_us } },
        };

        return window_look_back(&ring, &s, window_us, 0);
}

static int
clear(void **state)
{
        (void)state;
        memset(&ring, 0, sizeof(ring));
        return 0;
}

static void
points_are_kept_fifty_milliseconds_apart(void **state)
{
        (void)state;
        add(1000 * MS, 0);
        add(1049 * MS, 0);
        assert_int_equal(ring.n, 1);
        add(1050 * MS, 0);
        assert_int_equal(ring.n, 2);
}

static void
the_newest_point_that_is_old_enough_is_found(void **state)
{
        (void)state;
        assert_null(window_before(&ring, 1000 * MS, 0, 0));
        for (uint64_t i = 0; i < 5; i++)
                add(1000 * MS + i * 100 * MS, 0);
        assert_int_equal(window_before(&ring, 1400 * MS, 0, 0)->now_us, 1400 * MS);
        assert_int_equal(window_before(&ring, 1400 * MS, 100 * MS, 0)->now_us, 1300 * MS);
        assert_int_equal(window_before(&ring, 1400 * MS, 101 * MS, 0)->now_us, 1200 * MS);
        /* all are younger: the oldest */
        assert_int_equal(window_before(&ring, 1400 * MS, 500 * MS, 0)->now_us, 1000 * MS);
        assert_int_equal(window_before(&ring, 1400 * MS, 500 * MS, 1200 * MS)->now_us, 1200 * MS);
        assert_null(window_before(&ring, 1400 * MS, 0, 1401 * MS));
}

static void
the_ring_forgets_the_oldest(void **state)
{
        (void)state;
        for (uint64_t i = 0; i < WINDOW_POINTS + 10; i++)
                add(1000 * MS + i * WINDOW_POINT_US, 0);
        assert_int_equal(ring.n, WINDOW_POINTS);
        assert_int_equal(window_before(&ring, 1000000 * MS, UINT64_MAX, 0)->now_us,
                         1000 * MS + 10 * (uint64_t)WINDOW_POINT_US);
}

static void
a_window_of_no_length_has_no_share(void **state)
{
        (void)state;
        add(1000 * MS, 0);
        struct window w = look_back(1000 * MS, 500, 0);

        assert_true(w.whole);
        assert_int_equal(w.full_bp, 0);
        assert_int_equal(w.some_bp, 0);
}

static void
a_share_is_never_more_than_all_and_never_less_than_nothing(void **state)
{
        (void)state;
        add(1000 * MS, 5000);
        assert_int_equal(look_back(1100 * MS, 5000 + 50 * MS, 100 * MS).full_bp, 5000);
        assert_int_equal(look_back(1100 * MS, 5000 + 900 * MS, 100 * MS).full_bp, 10000);
        assert_int_equal(look_back(1100 * MS, 0, 100 * MS).full_bp, 0);
        /* as if nothing had happened before a window that is not whole */
        struct window w = look_back(1100 * MS, 5000 + 50 * MS, 200 * MS);

        assert_false(w.whole);
        assert_int_equal(w.full_bp, 2500);
}

static void
what_comes_back_inside_limits_does_not_count(void **state)
{
        static const struct {
                uint64_t steal, inside, refault;
                uint32_t refault_bp;
                bool elsewhere;
        } t[] = {
                { 1000, 0, 300, 3000, false },
                { 1000, 100, 300, 2000, false },
                /* less than an eighth of it outside */
                { 1000, 700, 800, 1000, false },
                { 1000, 701, 800, 0, true },
                { 1000, 800, 800, 0, true },
                { 1000, 900, 800, 0, true },
                { 0, 800, 800, 0, true },
                { 0, 200, 800, 10000, false },
                /* and not of next to nothing */
                { 16000, 1000, 1000, 0, true },
                { 16000, 999, 999, 0, false },
                { 1000, 0, 0, 0, false },
                { 1000, 500, 0, 0, false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
                struct sample s = { .now_us = 1000 * MS, .has_pgscan = true, .has_refault = true };

                s.pgsteal = s.refault = s.inside = 70000;
                (void)clear(state);
                window_add(&ring, &s, 0);
                s.now_us += 100 * MS;
                s.pgsteal += t[i].steal;
                s.inside += t[i].inside;
                s.refault += t[i].refault;
                struct window w = window_look_back(&ring, &s, 100 * MS, 0);

                assert_int_equal(w.refault_bp, t[i].refault_bp);
                assert_int_equal(w.elsewhere, t[i].elsewhere);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(points_are_kept_fifty_milliseconds_apart, clear),
                cmocka_unit_test_setup(the_newest_point_that_is_old_enough_is_found, clear),
                cmocka_unit_test_setup(the_ring_forgets_the_oldest, clear),
                cmocka_unit_test_setup(a_window_of_no_length_has_no_share, clear),
                cmocka_unit_test_setup(a_share_is_never_more_than_all_and_never_less_than_nothing,
                                       clear),
                cmocka_unit_test_setup(what_comes_back_inside_limits_does_not_count, clear),
        };

        return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
