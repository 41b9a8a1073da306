/* SPDX-License-Identifier: MIT */
/*
 * /proc/pressure/memory: what is taken, and that damage never looks like calm.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "psi.h"

static const char good[] = "some avg10=1.11 avg60=2.22 avg300=3.33 total=134829384400\n"
                           "full avg10=4.44 avg60=5.55 avg300=6.66 total=128544748770\n";

static void
psi_parse_reads_both_lines(void **state)
{
        struct psi psi;

        (void)state;
        assert_int_equal(psi_parse(good, strlen(good), &psi), 0);
        assert_int_equal(psi.some.avg10_bp, 111);
        assert_int_equal(psi.some.total_us, 134829384400);
        assert_int_equal(psi.full.avg10_bp, 444);
        assert_int_equal(psi.full.total_us, 128544748770);
}

static void
psi_parse_reads_the_extremes(void **state)
{
        static const char text[] =
                "some avg10=100.00 avg60=100.00 avg300=100.00 total=18446744073709551615\n"
                "full avg10=0.01 avg60=0.00 avg300=0.00 total=0\n";
        struct psi psi;

        (void)state;
        assert_int_equal(psi_parse(text, strlen(text), &psi), 0);
        assert_int_equal(psi.some.avg10_bp, 10000);
        assert_true(psi.some.total_us == UINT64_MAX);
        assert_int_equal(psi.full.avg10_bp, 1);
        assert_int_equal(psi.full.total_us, 0);
}

static void
assert_refused(const char *text, size_t len)
{
        struct psi psi = { .some.avg10_bp = 41, .full.total_us = 42 };

        assert_int_equal(psi_parse(text, len, &psi), -EINVAL);
        assert_int_equal(psi.some.avg10_bp, 41);
        assert_int_equal(psi.full.total_us, 42);
}

static void
psi_parse_refuses_every_prefix(void **state)
{
        (void)state;
        for (size_t len = 0; len < strlen(good); len++)
                assert_refused(good, len);
}

#define SOME "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"
#define FULL "full avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"

static void
psi_parse_refuses_damage(void **state)
{
        static const char *const damaged[] = {
                "\n",
                FULL SOME,
                SOME SOME,
                SOME FULL FULL,
                SOME FULL "x",
                SOME FULL "\n",
                " " SOME FULL,
                SOME " " FULL,
                "some avg10=0.0 avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=0.000 avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=0,00 avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=.00 avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=0 avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=100.01 avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=101.00 avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=0.00 avg60=100.01 avg300=0.00 total=1\n" FULL,
                "some avg10=0.00 avg60=0.00 avg300=100.01 total=1\n" FULL,
                "some avg10=18446744073709551616.00 avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=-1.00 avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=nan avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg60=0.00 avg10=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=0.00 avg60=0.00 total=1\n" FULL,
                "some avg10=0.00  avg60=0.00 avg300=0.00 total=1\n" FULL,
                "some avg10=0.00 avg60=0.00 avg300=0.00 total=-1\n" FULL,
                "some avg10=0.00 avg60=0.00 avg300=0.00 total=\n" FULL,
                "some avg10=0.00 avg60=0.00 avg300=0.00 total=1x\n" FULL,
                "some avg10=0.00 avg60=0.00 avg300=0.00 total=18446744073709551616\n" FULL,
                "aggr 316016073\nsome 0.00 0.03 0.05\nfull 0.00 0.03 0.05\n",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
                assert_refused(damaged[i], strlen(damaged[i]));
}

int
main(void)
{
        const struct CMUnitTest cases[] = {
                cmocka_unit_test(psi_parse_reads_both_lines),
                cmocka_unit_test(psi_parse_reads_the_extremes),
                cmocka_unit_test(psi_parse_refuses_every_prefix),
                cmocka_unit_test(psi_parse_refuses_damage),
        };

        return cmocka_run_group_tests(cases, NULL, NULL);
}
