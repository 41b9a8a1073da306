/* SPDX-License-Identifier: MIT */
/*
 * /proc/zoneinfo: the watermarks, what is on the lists of the CPUs, damage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
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
                                  "        min      14\n"
                                  "        low      19\n"
                                  "        high     24\n"
                                  "        promo    29\n"
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
                                  "        min      13442\n"
                                  "        low      16802\n"
                                  "        high     20162\n"
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
        assert_int_equal(z.min, 14 + 13442);
        assert_int_equal(z.high, 24 + 20162);
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
        assert_true(z.high > 0);
}

static void
refused(const char *text, size_t len)
{
        struct zoneinfo z = { .managed = 41, .listed = 42, .min = 43, .high = 44 };

        assert_int_equal(zoneinfo_parse(text, len, &z), -EINVAL);
        assert_int_equal(z.managed, 41);
        assert_int_equal(z.listed, 42);
        assert_int_equal(z.min, 43);
        assert_int_equal(z.high, 44);
}

/* Where `word` begins, looked for from `from` on. */
static size_t
place_of(const char *word, size_t from)
{
        const char *at = strstr(kernel_6_18 + from, word);

        assert_non_null(at);
        return (size_t)(at - kernel_6_18);
}

static void
zoneinfo_parse_refuses_a_text_cut_in_a_line_or_between_watermarks(void **state)
{
        struct zoneinfo z;
        size_t managed = place_of("managed", 0);
        size_t min = place_of("min      13442", managed), high = place_of("high", min);

        (void)state;
        for (size_t len = 0; len < strlen(kernel_6_18); len++) {
                bool between = len > min && len <= high;

                if (len <= managed || kernel_6_18[len - 1] != '\n' || between)
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
                "min 5\nhigh 6\n",
                "managed 10\nmin x\nhigh 5\n",
                "managed 10\nmin 1\n",
                "managed 10\nmin 5\nhigh 4\n",
                "managed 10\nhigh \n",
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
                cmocka_unit_test(zoneinfo_parse_refuses_a_text_cut_in_a_line_or_between_watermarks),
                cmocka_unit_test(zoneinfo_parse_refuses_damage),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
