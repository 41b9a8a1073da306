/* SPDX-License-Identifier: MIT */
/* What a limit comes to on machines of every size, with its floor and without. */
#include "policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define N_OF(a)  (sizeof(a) / sizeof((a)[0]))
#define MIB      1024ull
#define GIB      (1024 * MIB)
#define TIB      (1024 * GIB)
#define NO_SHARE LIMIT_NO_BP
#define NO_SIZE  LIMIT_NO_KIB

struct row {
        uint32_t bp;
        uint64_t kib, total_kib, floor_kib, want_kib;
};

static void
check(const struct row *rows, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                const struct limit l = { .bp = rows[i].bp, .kib = rows[i].kib };

                assert_int_equal(limit_kib(&l, rows[i].total_kib, rows[i].floor_kib),
                                 rows[i].want_kib);
        }
}

static void
of_share_and_size_the_smaller_counts(void **state)
{
        static const struct row rows[] = {
                { 1000, 1 * GIB, 8 * GIB, 0, 8 * GIB / 10 },
                { 1000, 1 * GIB, 10 * GIB, 0, 1 * GIB },
                { 1000, 1 * GIB, 10 * GIB + 10, 0, 1 * GIB },
                { 1000, 1 * GIB, 10 * GIB - 10, 0, 1 * GIB - 1 },
                { 1000, 1 * GIB, 64 * GIB, 0, 1 * GIB },
        };

        (void)state;
        check(rows, N_OF(rows));
}

static void
a_part_that_was_not_given_does_not_count(void **state)
{
        static const struct row rows[] = {
                { 500, NO_SIZE, 64 * GIB, 0, 64 * GIB / 20 },
                { NO_SHARE, 512 * MIB, 64 * GIB, 0, 512 * MIB },
                { NO_SHARE, 512 * MIB, 64 * MIB, 0, 512 * MIB },
                { NO_SHARE, NO_SIZE, 64 * GIB, 48 * MIB, 0 },
        };

        (void)state;
        check(rows, N_OF(rows));
}

static void
nothing_in_either_part_means_never_whatever_the_floor(void **state)
{
        static const struct row rows[] = {
                { 0, NO_SIZE, 8 * GIB, 48 * MIB, 0 }, { 0, 1 * GIB, 8 * GIB, 48 * MIB, 0 },
                { 1000, 0, 8 * GIB, 48 * MIB, 0 },    { NO_SHARE, 0, 8 * GIB, 48 * MIB, 0 },
                { 0, 0, 8 * GIB, 48 * MIB, 0 },
        };

        (void)state;
        check(rows, N_OF(rows));
}

static void
a_limit_is_never_below_its_floor(void **state)
{
        static const struct row rows[] = {
                { 500, 512 * MIB, 512 * MIB, POLICY_TERM_FLOOR_KIB, 48 * MIB },
                { 250, 256 * MIB, 512 * MIB, POLICY_KILL_FLOOR_KIB, 24 * MIB },
                { 1000, 1 * GIB, 512 * MIB, POLICY_WARN_FLOOR_KIB, 72 * MIB },
                { NO_SHARE, 1, 8 * GIB, 24 * MIB, 24 * MIB },
                { NO_SHARE, 24 * MIB, 8 * GIB, 24 * MIB, 24 * MIB },
                { NO_SHARE, 24 * MIB + 1, 8 * GIB, 24 * MIB, 24 * MIB + 1 },
        };

        (void)state;
        check(rows, N_OF(rows));
}

static void
a_share_of_nothing_is_nothing_unless_there_is_a_floor(void **state)
{
        static const struct row rows[] = {
                { 1000, NO_SIZE, 0, 0, 0 },
                { 1000, 1 * GIB, 9, 0, 0 },
                { 1000, 1 * GIB, 10, 0, 1 },
                { 1000, 1 * GIB, 0, 48 * MIB, 48 * MIB },
        };

        (void)state;
        check(rows, N_OF(rows));
}

static void
shares_are_exact_to_the_kib_on_any_machine(void **state)
{
        static const struct row rows[] = {
                { 10000, NO_SIZE, 12345678, 0, 12345678 },
                { 1, NO_SIZE, 9999, 0, 0 },
                { 1, NO_SIZE, 10000, 0, 1 },
                { 3333, NO_SIZE, 29999, 0, 9998 },
                { 10000, NO_SIZE, 4096 * TIB, 0, 4096 * TIB },
                { 5000, NO_SIZE, 1ull << 53, 0, 1ull << 52 },
                { 10000, NO_SIZE, UINT64_MAX - 1, 0, UINT64_MAX - 1 },
        };

        (void)state;
        check(rows, N_OF(rows));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(of_share_and_size_the_smaller_counts),
                cmocka_unit_test(a_part_that_was_not_given_does_not_count),
                cmocka_unit_test(nothing_in_either_part_means_never_whatever_the_floor),
                cmocka_unit_test(a_limit_is_never_below_its_floor),
                cmocka_unit_test(a_share_of_nothing_is_nothing_unless_there_is_a_floor),
                cmocka_unit_test(shares_are_exact_to_the_kib_on_any_machine),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
