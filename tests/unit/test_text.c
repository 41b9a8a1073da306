/* SPDX-License-Identifier: MIT */
/*
 * Numbers, columns and lines, and where they end.  Never any real file.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "text.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
text_u64_reads_decimal_digits_only(void **state)
{
        static const struct {
                const char *text;
                bool good;
                uint64_t value;
                size_t taken;
        } t[] = {
                { "0", true, 0, 1 },
                { "7x", true, 7, 1 },
                { "000123 4", true, 123, 6 },
                { "18446744073709551615", true, UINT64_MAX, 20 },
                { "0000018446744073709551615", true, UINT64_MAX, 25 },
                { "18446744073709551616", false, 0, 0 },
                { "18446744073709551620", false, 0, 0 },
                { "99999999999999999999", false, 0, 0 },
                { "184467440737095516150", false, 0, 0 },
                { "", false, 0, 0 },
                { "-1", false, 0, 0 },
                { "+1", false, 0, 0 },
                { " 1", false, 0, 0 },
                { "/", false, 0, 0 },
                { ":", false, 0, 0 },
                { "x", false, 0, 0 },
                { "\xb1", false, 0, 0 },
        };

        (void)state;
        for (size_t i = 0; i < N(t); i++) {
                const char *p = t[i].text;
                uint64_t value = 42;

                assert_int_equal(text_u64(&p, p + strlen(p), &value), t[i].good);
                assert_int_equal(value, t[i].good ? t[i].value : 42);
                assert_int_equal(p - t[i].text, t[i].taken);
        }
}

static void
text_u64_stops_at_the_end_pointer(void **state)
{
        const char text[] = "1234", *p = text;
        uint64_t value;

        (void)state;
        assert_true(text_u64(&p, text + 2, &value));
        assert_int_equal(value, 12);
        assert_false(text_u64(&p, text + 2, &value));
}

static void
text_skips_blanks_and_columns_but_no_newline(void **state)
{
        const char text[] = " \t ab\tc\n d", *end = text + strlen(text), *p = text;

        (void)state;
        text_skip_blanks(&p, end);
        assert_int_equal(*p, 'a');
        p = text;
        text_skip_column(&p, end);
        assert_string_equal(p, "\tc\n d");
        text_skip_column(&p, end);
        assert_string_equal(p, "\n d");
        text_skip_column(&p, end);
        assert_string_equal(p, "\n d");
        text_skip_blanks(&end, end);
        assert_int_equal(*end, '\0');
}

static void
text_column_is_a_number_by_itself(void **state)
{
        static const char *const good[] = { " 12", "12 ", "\t 12\t3", "12\n" };
        static const char *const bad[] = { "12x", "12.5", "-12", "", " ", "\n12", "x 12", "12\r" };
        uint64_t value = 42;

        (void)state;
        for (size_t i = 0; i < N(bad); i++) {
                const char *p = bad[i];

                assert_false(text_column(&p, p + strlen(p), &value));
                assert_ptr_equal(p, bad[i]);
                assert_int_equal(value, 42);
        }
        for (size_t i = 0; i < N(good); i++) {
                const char *p = good[i];

                value = 0;
                assert_true(text_column(&p, p + strlen(p), &value));
                assert_int_equal(value, 12);
                assert_int_equal(p[-1], '2');
        }
}

static void
text_line_tells_whether_it_is_whole(void **state)
{
        const char text[] = "ab\n\ncd", *end = text + strlen(text), *p = text, *line;
        size_t len;
        bool whole;

        (void)state;
        assert_true(text_line(&p, end, &line, &len, &whole));
        assert_true(len == 2 && whole && line == text);
        assert_true(text_line(&p, end, &line, &len, &whole));
        assert_true(len == 0 && whole);
        assert_true(text_line(&p, end, &line, &len, &whole));
        assert_true(len == 2 && !whole && *line == 'c');
        assert_false(text_line(&p, end, &line, &len, &whole));
}

static void
text_accept_takes_the_whole_word_or_nothing(void **state)
{
        const char text[] = "some", *p = text;

        (void)state;
        assert_false(text_accept(&p, text + 4, "someone"));
        assert_false(text_accept(&p, text + 3, "some"));
        assert_false(text_accept(&p, text + 4, "sums"));
        assert_ptr_equal(p, text);
        assert_true(text_accept(&p, text + 4, "so"));
        assert_true(text_accept(&p, text + 4, ""));
        assert_true(text_accept(&p, text + 4, "me"));
        assert_ptr_equal(p, text + 4);
        assert_true(text_is_whole("a\n", 2));
        assert_false(text_is_whole("a\n", 1));
        assert_false(text_is_whole("\n", 0));
}

static const struct text_key keys[] = { TEXT_KEY("Mem"), TEXT_KEY("Swap") };

static bool
read_number(const struct text_scan *scan, uint64_t *ret)
{
        const char *p = scan->value;

        return text_column(&p, scan->value_end, ret) && p == scan->value_end;
}

static bool
scan(const char *text, size_t len, uint64_t value[2], uint32_t *seen)
{
        struct text_scan s = {
                .p = text, .end = text + len, .keys = keys, .n_keys = N(keys), .stop = ':'
        };

        *seen = 0;
        return text_scan_values(&s, read_number, value, seen);
}

static void
text_scan_finds_keys_at_line_starts_only(void **state)
{
        const char text[] = "Memory: 1\nXMem: 2\n Mem: 3\nMem 4\nSwap:5\nMem:  6\nMe";
        uint64_t value[2] = { 42, 43 };
        uint32_t seen;

        (void)state;
        assert_true(scan(text, strlen(text) - 2, value, &seen));
        assert_int_equal(seen, 3);
        assert_int_equal(value[0], 6);
        assert_int_equal(value[1], 5);
        assert_false(scan(text, strlen(text), value, &seen));
        value[0] = 42;
        assert_true(scan("Mem\nSwap:1\n", 11, value, &seen));
        assert_int_equal(seen, 2);
        assert_int_equal(value[0], 42);
}

static void
text_scan_refuses_torn_double_and_unreadable(void **state)
{
        static const char *const bad[] = { "",       "Mem:1",           "Mem:1\nMem:1\n",
                                           "Mem:\n", "Mem:x\nSwap:1\n", "Swap:1\nSwap:1" };
        uint64_t value[2];
        uint32_t seen;

        (void)state;
        for (size_t i = 0; i < N(bad); i++)
                assert_false(scan(bad[i], strlen(bad[i]), value, &seen));
}

int
main(void)
{
        const struct CMUnitTest cases[] = {
                cmocka_unit_test(text_u64_reads_decimal_digits_only),
                cmocka_unit_test(text_u64_stops_at_the_end_pointer),
                cmocka_unit_test(text_skips_blanks_and_columns_but_no_newline),
                cmocka_unit_test(text_column_is_a_number_by_itself),
                cmocka_unit_test(text_line_tells_whether_it_is_whole),
                cmocka_unit_test(text_accept_takes_the_whole_word_or_nothing),
                cmocka_unit_test(text_scan_finds_keys_at_line_starts_only),
                cmocka_unit_test(text_scan_refuses_torn_double_and_unreadable),
        };

        return cmocka_run_group_tests(cases, NULL, NULL);
}
