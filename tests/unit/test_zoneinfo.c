/* SPDX-License-Identifier: MIT */
/*
 * /proc/zoneinfo: what is on the lists of the CPUs, damage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "zoneinfo.h"

/* Some of the lines of kernel 6.18, in their order: two zones, two processors. */
static const char kernel_6_18[] = "Node 0, zone      DMA\n"
                                  "  per-node stats\n"
                                  "      nr_inactive_anon 530988\n"
                                  "      nr_swapcached 0\n"
                                  "  pages free     3840\n"
                                  "        boost    0\n"
                                  "        high     24\n"
                                  "        spanned  4095\n"
                                  "        present  3998\n"
                                  "        managed  3840\n"
                                  "        protection: (0, 3019, 15307, 15307, 15307)\n"
                                  "      nr_free_pages 3840\n"
                                  "  pagesets\n"
                                  "    cpu: 0\n"
                                  "              count:    0\n"
                                  "              high:     0\n"
                                  "              batch:    1\n"
                                  "              high_min: 10\n"
                                  "              high_max: 240\n"
                                  "  vm stats threshold: 4\n"
                                  "  node_unreclaimable:  0\n"
                                  "Node 0, zone   Normal\n"
                                  "  pages free     2044948\n"
                                  "        managed  3145728\n"
                                  "  pagesets\n"
                                  "    cpu: 0\n"
                                  "              count:    8273\n"
                                  "              high:     8468\n"
                                  "              high_min: 8468\n"
                                  "              high_max: 196608\n"
                                  "    cpu: 1\n"
                                  "              count:    6631\n"
                                  "              high:     8468\n"
                                  "              high_min: 8468\n"
                                  "              high_max: 196608\n"
                                  "Node 0, zone  Movable\n"
                                  "        managed  0\n"
                                  "        protection: (0, 0, 0, 0, 0)\n";

static void
zoneinfo_parse_adds_up_all_zones_and_processors(void **state)
{
        struct zoneinfo z;

        (void)state;
        assert_int_equal(zoneinfo_parse(kernel_6_18, strlen(kernel_6_18), &z), 0);
        assert_int_equal(z.managed, 3840 + 3145728);
        assert_int_equal(z.listed, 8273 + 6631);
}

static void
zoneinfo_parse_reads_this_machine(void **state)
{
        static char text[1 << 20];
        struct zoneinfo z;
        FILE *f = fopen("/proc/zoneinfo", "r");

        (void)state;
        if (!f)
                skip();
        size_t len = fread(text, 1, sizeof(text), f);

        assert_int_equal(fclose(f), 0);
        assert_int_equal(zoneinfo_parse(text, len, &z), 0);
        assert_true(z.managed > 0);
}

static void
refused(const char *text, size_t len)
{
        struct zoneinfo z = { 41, 42 };

        assert_int_equal(zoneinfo_parse(text, len, &z), -EINVAL);
        assert_int_equal(z.managed, 41);
        assert_int_equal(z.listed, 42);
}

static void
zoneinfo_parse_refuses_a_text_cut_in_a_line(void **state)
{
        struct zoneinfo z;
        size_t from = (size_t)(strstr(kernel_6_18, "managed") - kernel_6_18);

        (void)state;
        for (size_t len = 0; len < strlen(kernel_6_18); len++) {
                if (len == 0 || kernel_6_18[len - 1] != '\n' || len < from)
                        refused(kernel_6_18, len);
                else
                        assert_int_equal(zoneinfo_parse(kernel_6_18, len, &z), 0);
        }
}

static void
zoneinfo_parse_refuses_damage(void **state)
{
        static const char *const bad[] = {
                "junk\n",
                "managed \n",
                "managed -1\n",
                "managed 1 2\n",
                "managed 18446744073709551616\n",
                "managed 18446744073709551615\nmanaged 1\n",
                "managed 10\ncount:\n",
                "managed 10\ncount: x\n",
                "managed 10\ncount: 5\ncount: 18446744073709551615\n",
                "managed 10\ncount: 11\n",
                "count: 0\n",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                refused(bad[i], strlen(bad[i]));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(zoneinfo_parse_adds_up_all_zones_and_processors),
                cmocka_unit_test(zoneinfo_parse_reads_this_machine),
                cmocka_unit_test(zoneinfo_parse_refuses_a_text_cut_in_a_line),
                cmocka_unit_test(zoneinfo_parse_refuses_damage),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
