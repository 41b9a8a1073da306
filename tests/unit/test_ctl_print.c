/* SPDX-License-Identifier: MIT */
/*
 * Layout: colours, wrapping, cells, bars and lengths of time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/print.h"
#include "ctl/span.h"

static char *written;
static size_t written_len;

static struct ctl
begin(unsigned columns, bool colour)
{
        struct ctl ctl = { .columns = columns, .colour = colour, .root = "" };

        ctl.out = ctl.err = open_memstream(&written, &written_len);
        assert_non_null(ctl.out);
        return ctl;
}

static void
end_is(struct ctl *ctl, const char *want)
{
        assert_int_equal(fclose(ctl->out), 0);
        assert_string_equal(written, want);
        free(written);
}

static void
colours_are_for_terminals_only(void **state)
{
        struct ctl ctl = begin(80, false);

        (void)state;
        print_in(&ctl, PRINT_RED, "%d", 5);
        print_in(&ctl, PRINT_PLAIN, "x");
        end_is(&ctl, "5x");
        ctl = begin(80, true);
        print_in(&ctl, PRINT_RED, "%d", 5);
        print_in(&ctl, PRINT_PLAIN, "x");
        print_in(&ctl, PRINT_DIM, "y");
        end_is(&ctl, "\033[1;31m5\033[0mx\033[2my\033[0m");
}

static void
complaints_are_whole_lines_with_the_name_in_front(void **state)
{
        struct ctl ctl = begin(80, true);

        (void)state;
        ctl_complain(&ctl, "%s: %d", "a", 1);
        end_is(&ctl, "oomguardctl: a: 1\n");
}

static void
paragraphs_are_wrapped_at_blanks(void **state)
{
        static const struct {
                unsigned columns, indent;
                const char *text, *want;
        } of[] = {
                { 20, 0, "", "" },
                { 20, 0, "one", "one\n" },
                { 20, 2, "one two three four five six", "  one two three four\n  five six\n" },
                { 20, 0, "01234567890123456789", "01234567890123456789\n" },
                { 20, 0, "01234567890123456789 x", "01234567890123456789\nx\n" },
                { 20, 0, "x 0123456789012345678", "x\n0123456789012345678\n" },
                { 20, 0, "0123456789012345678901234", "01234567890123456789\n01234\n" },
                { 20, 0, "a  b   ", "a  b\n" },
                { 20, 0,
                  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 abcdef",
                  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\nabcdef\n" },
                /* a terminal of no width still gets words */
                { 1, 4, "one two", "    one two\n" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
                struct ctl ctl = begin(of[i].columns, false);

                print_wrapped(&ctl, of[i].indent, of[i].text);
                end_is(&ctl, of[i].want);
        }
}

static void
widths_are_those_of_characters(void **state)
{
        (void)state;
        assert_int_equal(print_width(""), 0);
        assert_int_equal(print_width("abc"), 3);
        assert_int_equal(print_width("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 3);
        assert_int_equal(print_width("\xff\xc3x\x80"), 4);
        /* cut in the middle: never beyond the end */
        assert_int_equal(print_width("\xf0\x9f"), 2);
}

static void
cells_are_cut_and_padded_and_washed(void **state)
{
        static const struct {
                const char *text;
                unsigned columns;
                bool right;
                const char *want;
        } of[] = {
                { "abc", 5, false, "[abc  ]" },
                { "abc", 5, true, "[  abc]" },
                { "abcdef", 5, true, "[abcde]" },
                { "abc", 0, false, "[]" },
                { "\xc3\xa9\xc3\xa9\xc3\xa9", 2, false, "[\xc3\xa9\xc3\xa9]" },
                { "a\033[1m\n\xff", 8, false, "[a?[1m?? ]" },
                { "", 3, false, "[   ]" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
                struct ctl ctl = begin(80, true);

                (void)fputc('[', ctl.out);
                print_cell(&ctl, of[i].text, of[i].columns, of[i].right);
                (void)fputc(']', ctl.out);
                end_is(&ctl, of[i].want);
        }
}

static void
bar_is(uint64_t used, uint64_t whole, unsigned columns, const char *want)
{
        struct ctl ctl = begin(80, false);

        print_bar(&ctl, used, whole, columns, PRINT_GREEN, NULL, 0);
        end_is(&ctl, want);
}

static void
bars_show_a_part_of_a_whole(void **state)
{
        (void)state;
        bar_is(0, 100, 12, "[----------]");
        bar_is(1, 100, 12, "[#---------]");
        bar_is(50, 100, 12, "[#####-----]");
        bar_is(99, 100, 12, "[#########-]");
        bar_is(100, 100, 12, "[##########]");
        bar_is(200, 100, 12, "[##########]");
        bar_is(5, 0, 12, "[----------]");
        bar_is(UINT64_MAX / 2, UINT64_MAX, 12, "[####------]");
        bar_is(UINT64_MAX, UINT64_MAX, 12, "[##########]");
        bar_is(1, 2, 0, "[#]");
        bar_is(1, 1, 3, "[#]");
}

static void
marks_stand_where_they_belong_and_none_hides_another(void **state)
{
        const struct print_mark apart[] = { { 20, 'w', PRINT_YELLOW }, { 70, 't', PRINT_RED } };
        const struct print_mark same[] = { { 99, 'w', PRINT_YELLOW },
                                           { 99, 't', PRINT_RED },
                                           { 100, 'k', PRINT_RED } };
        const struct print_mark left[] = { { 0, 'a', PRINT_RED }, { 0, 'b', PRINT_RED } };
        struct ctl ctl = begin(80, false);

        (void)state;
        print_bar(&ctl, 50, 100, 12, PRINT_GREEN, apart, 2);
        print_bar(&ctl, 50, 100, 12, PRINT_GREEN, same, 3);
        print_bar(&ctl, 50, 100, 12, PRINT_GREEN, left, 2);
        /* more marks than places: no more than the bar is wide */
        print_bar(&ctl, 50, 100, 4, PRINT_GREEN, same, 3);
        end_is(&ctl, "[##w##--t--][#####--wtk][ba###-----][tk]");
}

static void
bars_in_colour_begin_and_end_each_of_them(void **state)
{
        const struct print_mark mark = { 75, 't', PRINT_RED };
        struct ctl ctl = begin(80, true);

        (void)state;
        print_bar(&ctl, 50, 100, 6, PRINT_GREEN, &mark, 1);
        end_is(&ctl, "[\033[32m##\033[0m\033[2m-\033[0m\033[1;31mt\033[0m]");
}

static void
lengths_of_time_are_read(void **state)
{
        static const struct {
                const char *text;
                uint64_t s;
        } good[] = { { "5", 5 },       { "90s", 90 },  { "90 s", 90 },
                     { "10min", 600 }, { "10m", 600 }, { "2h", 7200 },
                     { "1d", 86400 },  { "0s", 0 },    { "366d", 31622400 } };
        static const char *const bad[] = {
                "",         "s",   "-5s", "5x",   "5ss",
                "1.5h",     " 5s", "5s ", "367d", "99999999999999999999s",
                "5 min 3 s"
        };
        uint64_t s = 7;

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_false(span_parse(bad[i], &s));
        assert_int_equal(s, 7);
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                assert_true(span_parse(good[i].text, &s));
                assert_int_equal(s, good[i].s);
        }
}

static void
lengths_of_time_are_written(void **state)
{
        static const struct {
                uint64_t us;
                const char *text;
        } of[] = { { 0, "0 ms" },
                   { 999999, "999 ms" },
                   { 1000000, "1 s" },
                   { 59999999, "59 s" },
                   { UINT64_C(60000000), "1 min" },
                   { UINT64_C(200000000), "3 min 20 s" },
                   { UINT64_C(3900000000), "1 h 5 min" },
                   { UINT64_C(183600000000), "2 d 3 h" },
                   { UINT64_MAX, "213503982 d 8 h" } };

        (void)state;
        for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
                char text[SPAN_TEXT_MAX];

                span_format(of[i].us, text);
                assert_string_equal(text, of[i].text);
        }
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(colours_are_for_terminals_only),
                cmocka_unit_test(complaints_are_whole_lines_with_the_name_in_front),
                cmocka_unit_test(paragraphs_are_wrapped_at_blanks),
                cmocka_unit_test(widths_are_those_of_characters),
                cmocka_unit_test(cells_are_cut_and_padded_and_washed),
                cmocka_unit_test(bars_show_a_part_of_a_whole),
                cmocka_unit_test(marks_stand_where_they_belong_and_none_hides_another),
                cmocka_unit_test(bars_in_colour_begin_and_end_each_of_them),
                cmocka_unit_test(lengths_of_time_are_read),
                cmocka_unit_test(lengths_of_time_are_written),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
