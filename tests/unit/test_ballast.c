/* SPDX-License-Identifier: MIT */
/*
 * The ballast: resident while it is held, and not a page of it before and after, locked or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>
#include "ballast.h"

static struct ballast b;

static size_t
resident(void)
{
        static unsigned char page[BALLAST_BYTES / 4096];
        size_t n = BALLAST_BYTES / (size_t)sysconf(_SC_PAGESIZE), n_resident = 0;

        assert_int_equal(mincore(b.at, BALLAST_BYTES, page), 0);
        for (size_t i = 0; i < n; i++)
                n_resident += page[i] & 1;
        return n_resident * (size_t)sysconf(_SC_PAGESIZE);
}

static int
set_up(void **state)
{
        (void)state;
        return ballast_open(&b);
}

static int
tear_down(void **state)
{
        (void)state;
        ballast_close(&b);
        return b.at || atomic_load(&b.held);
}

static void
ballast_is_resident_only_while_it_is_held(void **state)
{
        (void)state;
        assert_int_equal(resident(), 0);
        for (unsigned i = 0; i < 3; i++) {
                assert_int_equal(ballast_hold(&b), 0);
                assert_true(atomic_load(&b.held));
                assert_int_equal(resident(), BALLAST_BYTES);
                ballast_drop(&b);
                assert_false(atomic_load(&b.held));
                assert_int_equal(resident(), 0);
        }
}

static volatile sig_atomic_t being_held, n_asked;

static void
ask_back(int sig)
{
        (void)sig;
        if (!being_held)
                return;
        ballast_drop(&b);
        n_asked++;
}

/*
 * A signal that comes while the kernel fills the ballast is handled before it counts as held.  One
 * in a thousand may come before it is being filled; then it is kept, as it should be.
 */
static void
ballast_that_is_asked_back_while_it_is_filled_is_not_kept(void **state)
{
        const struct itimerval soon = { .it_value.tv_usec = 100 };
        struct sigaction sa = { .sa_handler = ask_back }, before;
        unsigned asked = 0, kept = 0;

        (void)state;
        assert_int_equal(sigaction(SIGALRM, &sa, &before), 0);
        for (unsigned round = 0; asked < 20; round++) {
                assert_true(round < 20000);
                n_asked = 0;
                assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
                being_held = 1;
                assert_int_equal(ballast_hold(&b), 0);
                being_held = 0;
                asked += n_asked > 0;
                kept += n_asked > 0 && atomic_load(&b.held);
                assert_int_equal(resident(), atomic_load(&b.held) ? BALLAST_BYTES : 0);
                ballast_drop(&b);
        }
        assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
        assert_in_range(kept, 0, 2);
}

static void
ballast_goes_although_it_is_locked(void **state)
{
        (void)state;
        /* As the guard has it: what is touched stays.  Refused, it would prove nothing. */
        assert_int_equal(mlock2(b.at, BALLAST_BYTES, MLOCK_ONFAULT), 0);
        assert_int_equal(resident(), 0);
        assert_int_equal(ballast_hold(&b), 0);
        assert_int_equal(resident(), BALLAST_BYTES);
        assert_int_equal(madvise(b.at, BALLAST_BYTES, MADV_DONTNEED), -1);
        assert_int_equal(errno, EINVAL);
        ballast_drop(&b);
        assert_int_equal(resident(), 0);
}

static void
ballast_is_held_and_dropped_once(void **state)
{
        unsigned char *first = b.at;

        (void)state;
        ballast_drop(&b);
        assert_false(atomic_load(&b.held));
        assert_int_equal(ballast_hold(&b), 0);
        *first = 77;
        assert_int_equal(ballast_hold(&b), 0);
        assert_int_equal(*first, 77);
        ballast_drop(&b);
        *first = 78;
        ballast_drop(&b);
        assert_int_equal(*first, 78);
}

static void
ballast_that_is_refused_in_part_is_given_back_whole(void **state)
{
        char *half = (char *)b.at + BALLAST_BYTES / 2;

        (void)state;
        assert_int_equal(mprotect(half, BALLAST_BYTES / 2, PROT_READ), 0);
        assert_true(ballast_hold(&b) < 0);
        assert_false(atomic_load(&b.held));
        assert_int_equal(resident(), 0);
        assert_int_equal(mprotect(half, BALLAST_BYTES / 2, PROT_READ | PROT_WRITE), 0);
        assert_int_equal(ballast_hold(&b), 0);
        assert_int_equal(resident(), BALLAST_BYTES);
}

static void
ballast_that_could_not_be_had_is_no_matter(void **state)
{
        struct ballast none = { .at = NULL };

        (void)state;
        assert_int_equal(ballast_hold(&none), 0);
        assert_false(atomic_load(&none.held));
        ballast_drop(&none);
        ballast_close(&none);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(ballast_is_resident_only_while_it_is_held, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(
                        ballast_that_is_asked_back_while_it_is_filled_is_not_kept, set_up,
                        tear_down),
                cmocka_unit_test_setup_teardown(ballast_goes_although_it_is_locked, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(ballast_is_held_and_dropped_once, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(ballast_that_is_refused_in_part_is_given_back_whole,
                                                set_up, tear_down),
                cmocka_unit_test(ballast_that_could_not_be_had_is_no_matter),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
