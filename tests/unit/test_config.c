/* SPDX-License-Identifier: MIT */
/*
 * What the configuration accepts, what it makes of it, and what exactly it says about the rest.
 * Uses the disk only for drop-ins, below a folder of its own in the temporary folder.
 */
#include "config.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "rules.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Faults as they came, a line each. */
struct faults {
        char text[16384];
        unsigned n;
};

static void
take_fault(void *arg, const char *text)
{
        struct faults *f = arg;
        size_t len = strlen(f->text);

        assert_null(strchr(text, '\n'));
        (void)snprintf(f->text + len, sizeof(f->text) - len, "%s\n", text);
        f->n++;
}

/* Parses text that must be fine. */
static struct policy
parse_good(const char *text)
{
        struct policy p;
        struct faults f = { .n = 0 };

        (void)config_parse("t", text, strlen(text), &p, take_fault, &f);
        assert_string_equal(f.text, "");
        return p;
}

static void
expect_faults_of(const char *text, size_t len, const char *want)
{
        struct policy p, untouched;
        struct faults f = { .n = 0 };
        unsigned n;

        memset(&p, 0x5a, sizeof(p));
        memset(&untouched, 0x5a, sizeof(untouched));
        n = config_parse("t", text, len, &p, take_fault, &f);
        assert_string_equal(f.text, want);
        assert_int_equal(n, f.n);
        assert_memory_equal(&p, &untouched, sizeof(p));
}

static void
expect_faults(const char *text, const char *want)
{
        expect_faults_of(text, strlen(text), want);
}

/* What config_print makes of a policy; to be freed. */
static char *
printed(const struct policy *p)
{
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);

        assert_non_null(out);
        config_print(out, p);
        assert_int_equal(fclose(out), 0);
        return text;
}

/* The line `key = VALUE` of a section, as config_print writes it; VALUE to be freed. */
static char *
printed_value(const struct policy *p, const char *section, const char *key)
{
        char head[64], line[64], *all = printed(p), *from, *value;

        (void)snprintf(head, sizeof(head), "[%s]\n", section);
        (void)snprintf(line, sizeof(line), "\n%s = ", key);
        from = strstr(all, head);
        assert_non_null(from);
        from = strstr(from, line);
        assert_non_null(from);
        from += strlen(line);
        value = strndup(from, strcspn(from, "\n"));
        free(all);
        return value;
}

static char *
template_text(void)
{
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);

        assert_non_null(out);
        config_print_template(out);
        assert_int_equal(fclose(out), 0);
        return text;
}

static void
assert_limit(struct limit l, uint32_t bp, uint64_t kib)
{
        assert_int_equal(l.bp, bp);
        assert_int_equal(l.kib, kib);
}

/* ---- values ---- */

static void
the_defaults_are_what_the_manual_says(void **state)
{
        struct policy p;

        (void)state;
        config_defaults(&p);
        assert_limit(p.mem_warn, 1000, 1024 * 1024);
        assert_limit(p.mem_term, 500, 512 * 1024);
        assert_limit(p.mem_kill, 250, 256 * 1024);
        assert_int_equal(p.new_low_us, 10000000);
        assert_limit(p.swap_warn, 2000, LIMIT_NO_KIB);
        assert_limit(p.swap_term, 1000, LIMIT_NO_KIB);
        assert_limit(p.swap_kill, 500, LIMIT_NO_KIB);
        assert_int_equal(p.psi_term_bp, 3000);
        assert_int_equal(p.psi_kill_bp, 6000);
        assert_int_equal(p.psi_window_us, 2000000);
        assert_int_equal(p.psi_hold_us, 1000000);
        assert_limit(p.psi_below, 2500, 4 * 1024 * 1024);
        assert_int_equal(p.growth_horizon_us, 10000000);
        assert_int_equal(p.min_size_kib, 1024);
        assert_true(p.protect_defaults);
        assert_int_equal(p.n_rules, 0);
        assert_int_equal(p.grace_us, 3000000);
        assert_int_equal(p.give_up_us, 10000000);
        assert_true(p.notify_desktop && p.notify_warn && p.memory_monitor);
        assert_string_equal(p.notify_exec, "");
        assert_int_equal(p.n_files, 0);
}

/* `with` stands in front so that keys which must stay below another find room. */
struct range {
        const char *section, *key, *with;
        const char *min, *max;         /* both fine, and printed again as they stand */
        const char *below, *why_below; /* one step outside */
        const char *above, *why_above;
};

#define NEGATIVE "must not be negative"

static const struct range ranges[] = {
        { "memory", "warn", "term = 0%\nkill = 0%\n", "0%", "50%, 1024T", "-1%", NEGATIVE, "50.01%",
          "above the maximum of 50%" },
        { "memory", "term", "warn = 50%\nkill = 0%\n", "0%", "50%", "-1%", NEGATIVE, "50.01%",
          "above the maximum of 50%" },
        { "memory", "kill", "warn = 50%\nterm = 50%\n", "0%", "50%", "-0.01%", NEGATIVE, "50.01%",
          "above the maximum of 50%" },
        { "memory", "new_low", "", "0s", "60min", "-1s", NEGATIVE, "3600001ms",
          "above the maximum of 60min" },
        { "swap", "warn", "term = 0%\nkill = 0%\n", "0%", "100%", "-1%", NEGATIVE, "100.01%",
          "above the maximum of 100%" },
        { "swap", "term", "warn = 100%\nkill = 0%\n", "0%", "100%", "-1M", NEGATIVE, "100.01%",
          "above the maximum of 100%" },
        { "swap", "kill", "warn = 100%\nterm = 100%\n", "0%", "100%", "-1%", NEGATIVE, "100.01%",
          "above the maximum of 100%" },
        { "pressure", "term", "kill = 100%\n", "0%", "100%", "-1%", NEGATIVE, "100.01%",
          "above the maximum of 100%" },
        { "pressure", "kill", "", "0%", "100%", "-1%", NEGATIVE, "100.01%",
          "above the maximum of 100%" },
        { "pressure", "window", "", "100ms", "10s", "99ms", "below the minimum of 100ms", "10001ms",
          "above the maximum of 10s" },
        { "pressure", "hold", "", "0s", "1min", "-1ms", NEGATIVE, "60001ms",
          "above the maximum of 1min" },
        { "pressure", "below", "", "0%", "100%, 1024T", "-1G", NEGATIVE, "100.01%",
          "above the maximum of 100%" },
        { "victim", "growth_horizon", "", "0s", "5min", "-1s", NEGATIVE, "300001ms",
          "above the maximum of 5min" },
        { "victim", "min_size", "", "0K", "1G", "-1K", NEGATIVE, "1048577K",
          "above the maximum of 1G" },
        { "victim", "protect_defaults", "", "no", "yes", "maybe", "must be yes or no", "1",
          "must be yes or no" },
        { "kill", "grace", "", "0s", "5min", "-1s", NEGATIVE, "300001ms",
          "above the maximum of 5min" },
        { "kill", "give_up", "", "1s", "10min", "999ms", "below the minimum of 1s", "600001ms",
          "above the maximum of 10min" },
        { "notify", "desktop", "", "no", "yes", "on", "must be yes or no", "1",
          "must be yes or no" },
        { "notify", "warn", "", "no", "yes", "never", "must be yes or no", "10%",
          "must be yes or no" },
        { "notify", "exec", "", "/x", "/usr/local/lib/on oom.sh", "mail.sh",
          "must be an absolute path", "~/mail.sh", "must be an absolute path" },
        { "notify", "memory_monitor", "", "no", "auto", "yes", "must be auto or no", "1",
          "must be auto or no" },
};

static void
expect_shown(const struct range *r, const char *value)
{
        char text[256], *got;
        struct policy p;

        (void)snprintf(text, sizeof(text), "[%s]\n%s%s = %s\n", r->section, r->with, r->key, value);
        p = parse_good(text);
        got = printed_value(&p, r->section, r->key);
        assert_string_equal(got, value);
        free(got);
}

static void
expect_refusal(const struct range *r, const char *value, const char *why)
{
        char text[256], want[512];

        (void)snprintf(text, sizeof(text), "[%s]\n%s = %s\n", r->section, r->key, value);
        (void)snprintf(want, sizeof(want), "t:2: [%s] %s=%s: %s\n", r->section, r->key, value, why);
        expect_faults(text, want);
}

static void
every_key_reads_its_smallest_and_its_largest_value_and_nothing_outside(void **state)
{
        (void)state;
        for (size_t i = 0; i < N_OF(ranges); i++) {
                expect_shown(&ranges[i], ranges[i].min);
                expect_shown(&ranges[i], ranges[i].max);
                expect_refusal(&ranges[i], ranges[i].below, ranges[i].why_below);
                expect_refusal(&ranges[i], ranges[i].above, ranges[i].why_above);
        }
}

static void
no_key_is_missing_from_the_table_of_ranges(void **state)
{
        struct policy p;
        char *all;
        size_t n = 0;

        (void)state;
        config_defaults(&p);
        p.protect_defaults = false;
        all = printed(&p);
        for (const char *c = all; (c = strstr(c, " =")) != NULL; c++)
                n++;
        assert_int_equal(n, N_OF(ranges));
        free(all);
}

static void
a_value_may_be_written_in_many_ways(void **state)
{
        static const struct {
                const char *section, *key, *value, *shown;
        } rows[] = {
                { "memory", "warn", "1G, 10%", "10%, 1G" },
                { "memory", "warn", "  10% ,1024M  ", "10%, 1G" },
                { "memory", "warn", "10%,\t1g", "10%, 1G" },
                { "memory", "warn", "33.33%", "33.33%" },
                { "memory", "warn", "12.50%", "12.5%" },
                { "memory", "warn", "010.05%", "10.05%" },
                { "memory", "warn", "600M", "600M" },
                { "memory", "warn", "0", "0%" },
                { "memory", "warn", "0%, 1G", "0%, 1G" },
                { "memory", "warn", "10%, 0K", "10%, 0K" },
                { "memory", "warn", "1048577k", "1048577K" },
                { "swap", "kill", "100M", "100M" },
                { "swap", "kill", "5%, 100M", "5%, 100M" },
                { "pressure", "kill", "60.5%", "60.5%" },
                { "pressure", "term", "0", "0%" },
                { "kill", "grace", "0", "0s" },
                { "kill", "grace", "1500ms", "1500ms" },
                { "kill", "grace", "2000MS", "2s" },
                { "kill", "grace", "1MIN", "1min" },
                { "kill", "grace", "90S", "90s" },
                { "victim", "min_size", "0", "0K" },
                { "victim", "min_size", "2048K", "2M" },
                { "victim", "protect_defaults", "NO", "no" },
                { "notify", "memory_monitor", "Auto", "auto" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                char text[128], *got;
                struct policy p;

                (void)snprintf(text, sizeof(text), "[%s]\n%s=%s\n", rows[i].section, rows[i].key,
                               rows[i].value);
                p = parse_good(text);
                got = printed_value(&p, rows[i].section, rows[i].key);
                assert_string_equal(got, rows[i].shown);
                free(got);
        }
}

static void
an_empty_path_takes_back_the_one_before(void **state)
{
        char *all;
        struct policy p;

        (void)state;
        p = parse_good("[notify]\nexec = /a/b\n");
        assert_string_equal(p.notify_exec, "/a/b");
        p = parse_good("[notify]\nexec =\n");
        assert_string_equal(p.notify_exec, "");
        all = printed(&p);
        assert_non_null(strstr(all, "\nexec =\n"));
        free(all);
}

static void
a_limit_keeps_which_parts_it_was_given(void **state)
{
        struct policy p;

        (void)state;
        p = parse_good("[memory]\nwarn = 40%\nterm = 600M\nkill = 1.25%, 3M\n"
                       "[swap]\nwarn = 0\n");
        assert_limit(p.mem_warn, 4000, LIMIT_NO_KIB);
        assert_limit(p.mem_term, LIMIT_NO_BP, 600 * 1024);
        assert_limit(p.mem_kill, 125, 3 * 1024);
        assert_limit(p.swap_warn, 0, LIMIT_NO_KIB);
}

/* ---- faults of values ---- */

static void
a_value_that_is_none_is_told_with_its_reason(void **state)
{
        static const struct {
                const char *section, *key, *value, *why;
        } rows[] = {
                { "memory", "warn", "", "no value" },
                { "memory", "warn", "10", "needs a unit: %, K, M, G or T" },
                { "memory", "warn", "10%, 5", "needs a unit: %, K, M, G or T" },
                { "memory", "warn", "10%,", "has an empty part" },
                { "memory", "warn", ",10%", "has an empty part" },
                { "memory", "warn", "10%, 1G, 2G", "has a third part" },
                { "memory", "warn", "10%, 1G,", "has a third part" },
                { "memory", "warn", "10%, 5%", "has two percentages" },
                { "memory", "warn", "0, 5%", "has two percentages" },
                { "memory", "warn", "1G, 512M", "has two sizes" },
                { "memory", "warn", "2.555%", "has more than two decimals" },
                { "memory", "warn", "2.%", "has no digit after the point" },
                { "memory", "warn", ".5%", "not a number" },
                { "memory", "warn", "%", "not a number" },
                { "memory", "warn", "nan%", "not a number" },
                { "memory", "warn", "inf", "not a number" },
                { "memory", "warn", "+5%", "not a number" },
                { "memory", "warn", "-5%", "must not be negative" },
                { "memory", "warn", "-0", "must not be negative" },
                { "memory", "warn", "1e1%", "\"e1%\" is not a unit: use %" },
                { "memory", "warn", "1e3M", "\"e3M\" is not a unit: use %, K, M, G or T" },
                { "memory", "warn", "0x10M", "\"x10M\" is not a unit: use %, K, M, G or T" },
                { "memory", "warn", "5%%", "\"%%\" is not a unit: use %" },
                { "memory", "warn", "5% x", "\"% x\" is not a unit: use %, K, M, G or T" },
                { "memory", "warn", "5 %", "\" %\" is not a unit: use %" },
                { "memory", "warn", "1KiB", "\"KiB\" is not a unit: use %, K, M, G or T" },
                { "memory", "warn", "1GB", "\"GB\" is not a unit: use %, K, M, G or T" },
                { "memory", "warn", "1.5G", "must be a whole number with a unit: %, K, M, G or T" },
                { "memory", "warn", "18446744073709551616K", "too large a number" },
                { "memory", "warn", "18446744073709551616%", "too large a number" },
                { "memory", "warn", "184467440737095517%", "too large a number" },
                { "memory", "warn", "17592186044416G", "too large a number" },
                { "memory", "warn", "17592186044415G", "above the maximum of 1024T" },
                { "pressure", "kill", "60", "needs a unit: %" },
                { "pressure", "kill", "60%, 1G", "\"%, 1G\" is not a unit: use %" },
                { "kill", "grace", "3", "needs a unit: ms, s or min" },
                { "kill", "grace", "3h", "\"h\" is not a unit: use ms, s or min" },
                { "kill", "grace", "1.5s", "must be a whole number with a unit: ms, s or min" },
                { "kill", "grace", "1,5s", "must be a whole number with a unit: ms, s or min" },
                { "kill", "grace", "3s 500ms", "\"s 500ms\" is not a unit: use ms, s or min" },
                { "kill", "grace", "307445734562min", "too large a number" },
                { "kill", "grace", "", "no value" },
                { "victim", "min_size", "5%", "\"%\" is not a unit: use K, M, G or T" },
                { "victim", "min_size", "7", "needs a unit: K, M, G or T" },
                { "victim", "protect_defaults", "", "no value" },
                { "victim", "protect_defaults", "yes no", "must be yes or no" },
                { "notify", "memory_monitor", "", "no value" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct range r = { .section = rows[i].section, .key = rows[i].key };

                expect_refusal(&r, rows[i].value, rows[i].why);
        }
}

static void
a_limit_above_the_one_before_it_is_told_where_the_later_key_stands(void **state)
{
        static const struct {
                const char *text, *want;
        } rows[] = {
                { "[memory]\nkill = 10%\n",
                  "t:2: [memory] kill=10%: above term=5%, 512M (the default)\n" },
                { "[memory]\nterm = 2%\n",
                  "t:2: [memory] term=2%: below kill=2.5%, 256M (the default)\n" },
                { "[memory]\nkill = 4%\nterm = 3%\n",
                  "t:3: [memory] term=3%: below kill=4% (t:2)\n" },
                { "[memory]\nterm = 3%\nkill = 3.01%\n",
                  "t:3: [memory] kill=3.01%: above term=3% (t:2)\n" },
                { "[memory]\nkill = 1%, 513M\n",
                  "t:2: [memory] kill=1%, 513M: above term=5%, 512M (the default)\n" },
                { "[memory]\nwarn = 4%\n",
                  "t:2: [memory] warn=4%: below term=5%, 512M (the default)\n" },
                { "[memory]\nterm = 2G\n",
                  "t:2: [memory] term=2G: above warn=10%, 1G (the default)\n" },
                { "[swap]\nkill = 11%\n", "t:2: [swap] kill=11%: above term=10% (the default)\n" },
                { "[swap]\nwarn = 9%\n", "t:2: [swap] warn=9%: below term=10% (the default)\n" },
                { "[pressure]\nkill = 29%\n",
                  "t:2: [pressure] kill=29%: below term=30% (the default)\n" },
                { "[pressure]\nterm = 70%\n",
                  "t:2: [pressure] term=70%: above kill=60% (the default)\n" },
                { "[memory]\nwarn = 1%\nkill = 20%\n",
                  "t:2: [memory] warn=1%: below term=5%, 512M (the default)\n"
                  "t:3: [memory] kill=20%: above term=5%, 512M (the default)\n" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++)
                expect_faults(rows[i].text, rows[i].want);
}

static void
limits_are_compared_part_by_part_and_never_with_never(void **state)
{
        (void)state;
        (void)parse_good("[memory]\nkill = 5%, 512M\nterm = 5%, 512M\nwarn = 5%, 512M\n");
        (void)parse_good("[memory]\nterm = 6%\nkill = 400M\n"); /* nothing in common */
        (void)parse_good("[memory]\nwarn = 0%\n");
        (void)parse_good("[memory]\nterm = 0%\n");
        (void)parse_good("[memory]\nkill = 40%, 0K\n");
        (void)parse_good("[swap]\nterm = 0\n");
        (void)parse_good("[pressure]\nkill = 0%\n");
        (void)parse_good("[pressure]\nterm = 60%\n");
}

static void
a_refused_value_is_not_told_a_second_time_for_its_order(void **state)
{
        (void)state;
        expect_faults("[memory]\nterm = 20\nkill = 15%\n",
                      "t:2: [memory] term=20: needs a unit: %, K, M, G or T\n");
}

/* ---- lines ---- */

static void
damaged_lines_are_told_with_their_number(void **state)
{
        static const struct {
                const char *text, *want;
        } rows[] = {
                { "\n\nterm = 5%\n", "t:3: term = 5%: key before any section\n" },
                { "[memory]\n  term = 5%\n", "t:2:   term = 5%: line begins with a blank\n" },
                { "[memory]\nwarn = 10%\n\tkill = 5%\n",
                  "t:3: ?kill = 5%: line begins with a blank\n" },
                { " [memory]\n", "t:1:  [memory]: line begins with a blank\n" },
                { "[memory]\nterm\n", "t:2: term: missing =\n" },
                { "[memory]\nterm: 5%\n", "t:2: term: 5%: missing =\n" },
                { "[victim]\nprotect name:a=b\n", "t:2: protect name:a=b: missing =\n" },
                { "[memory]\n= 5%\n", "t:2: = 5%: no key before the =\n" },
                { "[memory\nterm = 5%\n", "t:1: [memory: missing ]\n" },
                { "[memory] # x\n", "t:1: [memory] # x: text after the ]\n" },
                { "[memory]\nterm = 5% ; five\n",
                  "t:2: term = 5% ; five: a comment needs a line of its own (in a pattern write "
                  "[;] or [#])\n" },
                { "[memory]\nterm = 5%\t# five\n",
                  "t:2: term = 5%?# five: a comment needs a line of its own (in a pattern write "
                  "[;] or [#])\n" },
                { "[memory]\nte\033[2Jrm = 5%\n",
                  "t:2: te?[2Jrm = 5%: holds a control character\n" },
                { "[memory]\nterm = 5%\r, 1G\n",
                  "t:2: term = 5%?, 1G: holds a control character\n" },
                { "[nonsense]\nterm = 5%\nfoo\n[kill]\ngrace = x\n",
                  "t:1: [nonsense]: unknown section\n"
                  "t:5: [kill] grace=x: not a number\n" },
                { "[Memory]\n", "t:1: [Memory]: unknown section, is [memory] meant?\n" },
                { "[memory ]\n", "t:1: [memory ]: unknown section, is [memory] meant?\n" },
                { "[]\n", "t:1: []: unknown section\n" },
                { "[x]\n[x]\n", "t:1: [x]: unknown section\nt:2: [x]: unknown section\n" },
                { "[memory]\ntrem = 5%\n", "t:2: [memory] trem=5%: unknown key, is term meant?\n" },
                { "[memory]\nnewlow = 5s\n",
                  "t:2: [memory] newlow=5s: unknown key, is new_low meant?\n" },
                { "[memory]\ngrace = 5s\n", "t:2: [memory] grace=5s: unknown key\n" },
                { "[memory]\nx = y = z\n", "t:2: [memory] x=y = z: unknown key\n" },
                { "[memory]\nterm = 5%\n\nterm = 4%\n",
                  "t:4: [memory] term=4%: stands twice, first in line 2\n" },
                { "[kill]\ngrace = x\n[memory]\n[kill]\ngrace = 1s\n",
                  "t:2: [kill] grace=x: not a number\n"
                  "t:5: [kill] grace=1s: stands twice, first in line 2\n" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++)
                expect_faults(rows[i].text, rows[i].want);
}

static void
a_zero_byte_is_told_wherever_it_stands(void **state)
{
        static const char key[] = "[memory]\nterm = 5%\0, 1G\nkill = 1%\n";
        static const char comment[] = "# a\0b\n";

        (void)state;
        expect_faults_of(key, sizeof(key) - 1, "t:2: term = 5%: holds a zero byte\n");
        expect_faults_of(comment, sizeof(comment) - 1, "t:1: # a: holds a zero byte\n");
        expect_faults_of("\0", 1, "t:1: : holds a zero byte\n");
}

static void
a_line_as_long_as_allowed_is_read_and_a_longer_one_told(void **state)
{
        char text[2048], line[512];
        struct policy p;

        (void)state;
        memset(line, ' ', sizeof(line));
        memcpy(line, "grace =", 7);
        memcpy(line + 196 - 2, "7s", 3);
        (void)snprintf(text, sizeof(text), "[kill]\n%s\n", line);
        p = parse_good(text);
        assert_int_equal(p.grace_us, 7000000);

        (void)snprintf(text, sizeof(text), "[kill]\ngive_up = 9s\ngrace =  %s\n", line + 7);
        expect_faults(text, "t:3: grace =                                                     "
                            "...: line is too long\n");
        /* What inih would make of the rest of such a line must not be read either. */
        memset(line, ' ', sizeof(line));
        memcpy(line, "grace = 1s", 10);
        memcpy(line + 199, "give_up = 9s", 13);
        (void)snprintf(text, sizeof(text), "[kill]\n%s\n", line);
        expect_faults(text, "t:2: grace = 1s                                                  "
                            "...: line is too long\n");
}

static void
comments_and_blank_lines_may_have_any_length_and_begin_anywhere(void **state)
{
        char text[4096], dashes[1000];
        struct policy p;

        (void)state;
        memset(dashes, '-', sizeof(dashes) - 1);
        dashes[sizeof(dashes) - 1] = '\0';
        (void)snprintf(text, sizeof(text),
                       "#%s\n;%s\n   # kill = 9%%\n\t; x\n%*s\n[kill]\n#%s\n\n  \ngrace = 7s\n"
                       "   # indented\n  ",
                       dashes, dashes, 900, "", dashes);
        p = parse_good(text);
        assert_int_equal(p.grace_us, 7000000);
}

static void
a_long_value_is_cut_where_it_is_told(void **state)
{
        (void)state;
        expect_faults("[kill]\ngrace = "
                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
                      "t:2: [kill] grace="
                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...: "
                      "not a number\n");
        expect_faults("[kill]\ngrace = \xc3\xa4\x9b\n", "t:2: [kill] grace=???: not a number\n");
}

static void
crlf_a_bom_and_a_missing_last_newline_are_read(void **state)
{
        struct policy p;

        (void)state;
        p = parse_good("\xef\xbb\xbf[kill]\r\ngrace = 7s\r\n\r\n# x\r\n[victim]\r\n"
                       "protect = name:a\r\navoid = name:b\r\navoid =\r\n[kill]\r\ngive_up = 8s");
        assert_int_equal(p.grace_us, 7000000);
        assert_int_equal(p.give_up_us, 8000000);
        assert_int_equal(p.n_rules, 1);
        assert_string_equal(p.rules[0].glob, "a");
        /* A second mark is text like any other. */
        expect_faults("\xef\xbb\xbf\xef\xbb\xbf[kill]\n",
                      "t:1: ???[kill]: key before any section\n");
}

static void
an_empty_file_gives_the_defaults(void **state)
{
        struct policy p = parse_good(""), standard;
        char *a = printed(&p), *b;

        (void)state;
        config_defaults(&standard);
        b = printed(&standard);
        assert_string_equal(a, b);
        assert_int_equal(p.n_files, 1);
        assert_string_equal(p.files[0], "t");
        free(a);
        free(b);
}

/* ---- rules ---- */

static void
rules_are_kept_in_order_with_their_place(void **state)
{
        struct policy p;

        (void)state;
        p = parse_good("[victim]\nprotect = name:a b\nprefer = exe:*/x\nprotect=cmdline:q;r#s = t\n"
                       "avoid = user:root\navoid = user:4711\nprefer = unit: foo*.service\n"
                       "avoid = cgroup:/user.slice/*\nprefer = cmdline:a [;] [#]\n");
        assert_int_equal(p.n_rules, 8);
        assert_int_equal(p.rules[0].effect, RULE_PROTECT);
        assert_int_equal(p.rules[0].kind, RULE_NAME);
        assert_string_equal(p.rules[0].glob, "a b");
        assert_int_equal(p.rules[0].line, 2);
        assert_int_equal(p.rules[1].effect, RULE_PREFER);
        assert_int_equal(p.rules[1].kind, RULE_EXE);
        assert_string_equal(p.rules[2].glob, "q;r#s = t");
        assert_int_equal(p.rules[3].effect, RULE_AVOID);
        assert_int_equal(p.rules[3].kind, RULE_USER);
        assert_string_equal(p.rules[3].glob, "root");
        assert_int_equal(p.rules[3].uid, 0);
        assert_int_equal(p.rules[4].uid, 4711);
        assert_int_equal(p.rules[5].kind, RULE_UNIT);
        assert_string_equal(p.rules[5].glob, "foo*.service");
        assert_int_equal(p.rules[6].kind, RULE_CGROUP);
        assert_int_equal(p.rules[6].line, 8);
        assert_string_equal(p.rules[7].glob, "a [;] [#]");
}

static void
an_empty_value_clears_its_own_list_and_no_other(void **state)
{
        struct policy p;

        (void)state;
        p = parse_good("[victim]\nprotect = name:a\navoid = name:b\nprotect = name:c\n"
                       "protect =\nprefer = name:d\nprotect = name:e\n");
        assert_int_equal(p.n_rules, 3);
        assert_string_equal(p.rules[0].glob, "b");
        assert_string_equal(p.rules[1].glob, "d");
        assert_string_equal(p.rules[2].glob, "e");
}

static void
a_rule_that_can_match_nothing_is_told(void **state)
{
#define KINDS "must begin with name:, exe:, cmdline:, user:, unit: or cgroup:"
#define COMM  "can match nothing, the kernel keeps 15 bytes of a name (use exe:)"
#define PATH  "can match nothing, a path must begin with / or *"
#define UNIT  "can match nothing, a unit must end in .service, .scope or *"
        static const struct {
                const char *value, *why;
        } rows[] = {
                { "firefox", KINDS },
                { "comm:firefox", KINDS },
                { "Name:firefox", KINDS },
                { ":x", KINDS },
                { "name:", "has an empty pattern" },
                { "user:", "has an empty pattern" },
                { "name:1234567890123456", COMM },
                { "name:123456789012345?*", COMM },
                { "name:[ab]234567890123\\45[[:alpha:]]", COMM },
                { "name:a[b", "has a [ without its ], write \\[ for the sign" },
                { "exe:/a[", "has a [ without its ], write \\[ for the sign" },
                { "name:a[]", "has a [ without its ], write \\[ for the sign" },
                { "name:a\\", "ends in a \\ with nothing behind it" },
                { "exe:firefox", PATH },
                { "cgroup:user.slice/*", PATH },
                { "unit:sshd", UNIT },
                { "unit:*.slice", UNIT },
                { "unit:*s", UNIT },
                { "user:no-such-user-here", "unknown user" },
                { "user:*", "unknown user" },
                { "user:-1", "unknown user" },
                { "user:4294967295", "too large a number for a user" },
                { "user:99999999999999999999", "too large a number for a user" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                struct range r = { .section = "victim", .key = "avoid" };

                expect_refusal(&r, rows[i].value, rows[i].why);
        }
}

static void
globs_on_the_edge_are_read(void **state)
{
        static const char *const globs[] = {
                "name:123456789012345",
                "name:*1234567890*12345*",
                "name:[[:alpha:]x]23456789012345",
                "name:[]]",
                "name:[\\]]",
                "name:[!]a]",
                "name:a\\*",
                "name:\\[x",
                "exe:*",
                "exe:?usr/bin/x",
                "exe:[/]x",
                "cgroup:/",
                "unit:*",
                "unit:a.scope",
                "unit:*.service",
                "unit:*e",
                "unit:a?",
                "unit:[ab]pe",
                "cmdline:*--type=renderer*",
                "user:4294967294",
        };

        (void)state;
        for (size_t i = 0; i < N_OF(globs); i++) {
                char text[128];
                struct policy p;

                (void)snprintf(text, sizeof(text), "[victim]\nprefer = %s\n", globs[i]);
                p = parse_good(text);
                assert_int_equal(p.n_rules, 1);
                assert_string_equal(p.rules[0].glob, strchr(globs[i], ':') + 1);
        }
}

static void
too_many_rules_and_too_long_a_pattern_are_told(void **state)
{
        char text[8192] = "[victim]\n", pattern[256];
        size_t len = strlen(text);
        struct policy p;

        (void)state;
        for (int i = 0; i < POLICY_RULES_MAX; i++)
                len += (size_t)snprintf(text + len, sizeof(text) - len, "avoid = name:a%d\n", i);
        assert_int_equal(parse_good(text).n_rules, POLICY_RULES_MAX);
        (void)snprintf(text + len, sizeof(text) - len, "prefer = name:b\n");
        expect_faults(text, "t:130: [victim] prefer=name:b: is one rule more than the maximum of "
                            "128\n");

        memset(pattern, 'x', sizeof(pattern));
        pattern[POLICY_PATTERN_MAX - 1] = '\0';
        (void)snprintf(text, sizeof(text), "[victim]\nprotect = cmdline:%s\n", pattern);
        p = parse_good(text);
        assert_string_equal(p.rules[0].glob, pattern);
        (void)snprintf(text, sizeof(text), "[victim]\nprotect = cmdline:%sx\n", pattern);
        expect_faults(text, "t:2: [victim] protect=cmdline:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                            "xxxxxxxxxxxx...: has a pattern of 160 bytes, the maximum is 159\n");
}

static void
every_built_in_pattern_would_pass_as_a_rule(void **state)
{
        (void)state;
        for (size_t i = 0; rules_builtin(i); i++) {
                char text[256];

                (void)snprintf(text, sizeof(text), "[victim]\nprotect = %s\n", rules_builtin(i));
                (void)parse_good(text);
        }
}

/* ---- printing ---- */

static void
what_is_printed_reads_back_and_prints_the_same(void **state)
{
        static const char *const texts[] = {
                "",
                "[memory]\nwarn = 33.33%\nterm = 7.1%, 3T\nkill = 1K\nnew_low = 0\n[swap]\n"
                "warn = 1M\nterm = 0\nkill = 3%, 2G\n[pressure]\nterm=0%\nkill = 12.34%\n"
                "window = 1234ms\nhold = 0\nbelow = 0K\n[victim]\ngrowth_horizon = 61s\n"
                "min_size = 0\nprotect_defaults = no\nprefer = name:x y\nprotect = exe:*/z\n"
                "avoid = user:root\nprefer = cmdline:a;b\nprotect = name:[;]\n[kill]\n"
                "grace = 0\ngive_up = 120s\n",
        };

        (void)state;
        for (size_t i = 0; i < N_OF(texts); i++) {
                struct policy p = parse_good(texts[i]), q;
                char *a = printed(&p), *b;

                q = parse_good(a);
                b = printed(&q);
                assert_string_equal(a, b);
                free(a);
                free(b);
        }
}

static void
the_built_in_list_is_printed_only_while_it_is_in_force(void **state)
{
        struct policy p = parse_good("[victim]\nprotect = name:a\n");
        char *on = printed(&p), *off;

        (void)state;
        assert_non_null(strstr(on, "\nprotect_defaults = yes\nprotect = name:a\n# built-in: "));
        assert_non_null(strstr(on, "\n# built-in: exe:*/sshd\n"));
        p.protect_defaults = false;
        off = printed(&p);
        assert_non_null(strstr(off, "\nprotect = name:a\n"));
        assert_null(strstr(off, "built-in"));
        free(on);
        free(off);
}

static void
the_shipped_file_is_the_template(void **state)
{
        char *want = template_text(), got[16384];
        FILE *f = fopen("oomguard.conf", "r");
        size_t len;

        (void)state;
        if (!f)
                fail_msg("oomguard.conf is not here: run this from the top folder");
        len = fread(got, 1, sizeof(got) - 1, f);
        got[len] = '\0';
        (void)fclose(f);
        assert_string_equal(got, want);
        free(want);
}

static void
the_template_gives_the_defaults_as_it_is_and_with_every_key_opened(void **state)
{
        char *text = template_text(), *want, *got;
        struct policy p;
        size_t n = 0;

        (void)state;
        config_defaults(&p);
        want = printed(&p);
        p = parse_good(text);
        got = printed(&p);
        assert_string_equal(got, want);
        free(got);

        for (char *c = text; (c = strstr(c, "\n#")) != NULL; c++) {
                if (c[2] >= 'a' && c[2] <= 'z') {
                        memmove(c + 1, c + 2, strlen(c + 2) + 1);
                        n++;
                }
        }
        assert_int_equal(n, N_OF(ranges) + 3); /* and the three lists */
        p = parse_good(text);
        got = printed(&p);
        assert_string_equal(got, want);
        free(got);
        free(want);
        free(text);
}

static void
the_template_fits_a_terminal(void **state)
{
        char *text = template_text();

        (void)state;
        for (const char *c = text; *c; c += strcspn(c, "\n") + 1) {
                size_t len = strcspn(c, "\n");

                assert_true(len <= 80);
                assert_true(len == 0 || c[len - 1] != ' ');
        }
        free(text);
}

/* ---- files ---- */

struct place {
        char dir[64];
        char conf[128];
};

static int
set_up(void **state)
{
        struct place *at = calloc(1, sizeof(*at));

        (void)snprintf(at->dir, sizeof(at->dir), "/tmp/oomguard-test-XXXXXX");
        if (!mkdtemp(at->dir)) {
                free(at);
                return -1;
        }
        (void)snprintf(at->conf, sizeof(at->conf), "%s/c", at->dir);
        *state = at;
        return 0;
}

static int
tear_down(void **state)
{
        struct place *at = *state;
        char command[128];
        int r;

        (void)snprintf(command, sizeof(command), "rm -rf '%s'", at->dir);
        r = system(command);
        free(at);
        return r;
}

/* Writes dir/name. */
static void
put(const struct place *at, const char *name, const char *text)
{
        char path[512];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s", at->dir, name);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void
make_dir(const struct place *at, const char *name)
{
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s", at->dir, name);
        assert_int_equal(mkdir(path, 0700), 0);
}

/* Loads dir/c and compares the faults, which `want` gives without the folder in front. */
static struct policy
load(const struct place *at, const char *want)
{
        struct policy p, untouched;
        struct faults f = { .n = 0 };
        char shown[sizeof(f.text)] = "";
        unsigned n;

        memset(&p, 0x5a, sizeof(p));
        memset(&untouched, 0x5a, sizeof(untouched));
        n = config_load(at->conf, &p, take_fault, &f);
        for (const char *c = f.text; *c;) {
                size_t len = strlen(shown), skip = strlen(at->dir) + 1;

                if (strncmp(c, at->dir, skip - 1) == 0)
                        c += skip;
                else
                        (void)snprintf(shown + len, sizeof(shown) - len, "%c", *c++);
        }
        assert_string_equal(shown, want);
        assert_int_equal(n, f.n);
        if (n > 0)
                assert_memory_equal(&p, &untouched, sizeof(p));
        return p;
}

static void
a_later_file_overrides_and_names_are_ordered_by_their_bytes(void **state)
{
        const struct place *at = *state;
        struct policy p;

        put(at, "c", "[kill]\ngrace = 1s\ngive_up = 20s\n[victim]\nprotect = name:a\n");
        make_dir(at, "c.d");
        put(at, "c.d/b.conf", "[kill]\ngrace = 4s\n[victim]\nprotect = name:c\n");
        put(at, "c.d/B.conf", "[kill]\ngrace = 3s\n");
        put(at, "c.d/10.conf", "[kill]\ngrace = 2s\n[victim]\nprotect = name:b\n");
        put(at, "c.d/z.conf~", "[kill]\ngrace = 9s\n");
        put(at, "c.d/z.conf.bak", "broken");
        put(at, "c.d/.z.conf", "broken");
        put(at, "c.d/conf", "broken");
        p = load(at, "");
        assert_int_equal(p.grace_us, 4000000);
        assert_int_equal(p.give_up_us, 20000000);
        assert_int_equal(p.n_files, 4);
        assert_string_equal(p.files[0], at->conf);
        assert_string_equal(strrchr(p.files[1], '/'), "/10.conf");
        assert_string_equal(strrchr(p.files[2], '/'), "/B.conf");
        assert_string_equal(strrchr(p.files[3], '/'), "/b.conf");
        assert_int_equal(p.n_rules, 3);
        assert_int_equal(p.rules[2].file, 3);
        assert_int_equal(p.rules[2].line, 4);

        put(at, "c.d/c.conf", "[victim]\nprotect =\n");
        assert_int_equal(load(at, "").n_rules, 0);
}

static void
every_fault_in_every_file_is_told(void **state)
{
        const struct place *at = *state;

        put(at, "c", "[kill]\ngrace = 1\n[memory]\nkill = 4%\nfoo\n");
        make_dir(at, "c.d");
        put(at, "c.d/1.conf", "grace = 1s\n");
        put(at, "c.d/2.conf", "[kill]\ngrace = 2s\ngrace = 2s\n[memory]\nterm = 3%\n");
        (void)load(at, "c:2: [kill] grace=1: needs a unit: ms, s or min\n"
                       "c:5: foo: missing =\n"
                       "c.d/1.conf:1: grace = 1s: key before any section\n"
                       "c.d/2.conf:3: [kill] grace=2s: stands twice, first in line 2\n"
                       "c.d/2.conf:5: [memory] term=3%: below kill=4% (c:4)\n");
}

static void
a_drop_in_may_make_good_what_was_out_of_order(void **state)
{
        const struct place *at = *state;

        put(at, "c", "[memory]\nkill = 8%\n");
        make_dir(at, "c.d");
        put(at, "c.d/1.conf", "[memory]\nterm = 9%\n");
        (void)load(at, "");
}

/* As files of the service manager's are masked. */
static void
a_link_to_dev_null_masks_a_file_and_nothing_else(void **state)
{
        const struct place *at = *state;
        char path[512];
        struct policy p;

        put(at, "c", "[kill]\ngrace = 1s\n");
        make_dir(at, "c.d");
        put(at, "c.d/1.conf", "[kill]\ngive_up = 20s\n");
        (void)snprintf(path, sizeof(path), "%s.d/2.conf", at->conf);
        assert_int_equal(symlink("/dev/null", path), 0);
        put(at, "c.d/3.conf", "[kill]\ngrace = 3s\n");
        p = load(at, "");
        assert_int_equal(p.grace_us, 3000000);
        assert_int_equal(p.give_up_us, 20000000);
        assert_int_equal(p.n_files, 3);
        assert_string_equal(strrchr(p.files[2], '/'), "/3.conf");

        assert_int_equal(unlink(at->conf), 0);
        assert_int_equal(symlink("/dev/null", at->conf), 0);
        p = load(at, "");
        assert_int_equal(p.n_files, 2);
        (void)snprintf(path, sizeof(path), "%s.d/4.conf", at->conf);
        assert_int_equal(symlink("/dev/zero", path), 0);
        (void)load(at, "c.d/4.conf: cannot be read: Not a regular file\n");
}

static void
files_that_cannot_be_read_are_told(void **state)
{
        const struct place *at = *state;
        char path[512];

        (void)load(at, "c: cannot be read: No such file or directory\n");
        make_dir(at, "c");
        (void)load(at, "c: cannot be read: Is a directory\n");
        assert_int_equal(rmdir(at->conf), 0);
        assert_int_equal(mkfifo(at->conf, 0600), 0);
        (void)load(at, "c: cannot be read: Not a regular file\n");
        assert_int_equal(unlink(at->conf), 0);

        put(at, "c", "");
        put(at, "c.d", "");
        (void)load(at, "c.d: cannot be read: Not a directory\n");
        (void)snprintf(path, sizeof(path), "%s.d", at->conf);
        assert_int_equal(unlink(path), 0);
        make_dir(at, "c.d");
        make_dir(at, "c.d/1.conf");
        (void)snprintf(path, sizeof(path), "%s.d/2.conf", at->conf);
        assert_int_equal(symlink("nowhere", path), 0);
        (void)load(at, "c.d/1.conf: cannot be read: Is a directory\n"
                       "c.d/2.conf: cannot be read: No such file or directory\n");
}

static void
a_file_beyond_all_measure_is_told(void **state)
{
        const struct place *at = *state;

        put(at, "c", "#");
        assert_int_equal(truncate(at->conf, 1024 * 1024 + 1), 0);
        (void)load(at, "c: cannot be read: File too large\n");
}

static void
too_many_files_and_too_long_a_path_are_told(void **state)
{
        const struct place *at = *state;
        char name[256], want[512];

        put(at, "c", "");
        make_dir(at, "c.d");
        for (int i = 10; i < 10 + POLICY_FILES_MAX - 1; i++) {
                (void)snprintf(name, sizeof(name), "c.d/%d.conf", i);
                put(at, name, "");
        }
        assert_int_equal(load(at, "").n_files, POLICY_FILES_MAX);
        put(at, "c.d/99.conf", "");
        (void)load(at, "c.d/99.conf: is one file more than the maximum of 16\n");

        (void)snprintf(name, sizeof(name), "c.d/%0230d.conf", 1);
        assert_int_equal(unlink(at->conf), 0);
        put(at, "c", "");
        (void)snprintf(want, sizeof(want), "rm -f %s/c.d/*", at->dir);
        assert_int_equal(system(want), 0);
        put(at, name, "");
        (void)snprintf(want, sizeof(want), "%.*s: the path is longer than 255 bytes\n",
                       (int)(256 - strlen(at->dir) - 1), name);
        (void)load(at, want);
}

static void
control_characters_of_a_path_are_replaced(void **state)
{
        const struct place *at = *state;

        put(at, "c", "");
        make_dir(at, "c.d");
        put(at, "c.d/a\n\033[2J.conf", "x\n");
        (void)load(at, "c.d/a??[2J.conf:1: x: key before any section\n");
}

static void
without_any_file_the_defaults_hold(void **state)
{
        struct policy p, standard;
        struct faults f = { .n = 0 };
        char *a, *b;

        (void)state;
        if (access(CONFIG_FILE, F_OK) == 0 || access(CONFIG_FILE ".d", F_OK) == 0)
                skip(); /* this machine has a configuration of its own */
        assert_int_equal(config_load(NULL, &p, take_fault, &f), 0);
        config_defaults(&standard);
        a = printed(&p);
        b = printed(&standard);
        assert_string_equal(a, b);
        assert_int_equal(p.n_files, 0);
        free(a);
        free(b);
}

static void
faults_are_counted_without_anybody_to_hear_them(void **state)
{
        struct policy p;

        (void)state;
        assert_int_equal(config_parse("t", "x\ny\n", 4, &p, NULL, NULL), 2);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_defaults_are_what_the_manual_says),
                cmocka_unit_test(
                        every_key_reads_its_smallest_and_its_largest_value_and_nothing_outside),
                cmocka_unit_test(no_key_is_missing_from_the_table_of_ranges),
                cmocka_unit_test(a_value_may_be_written_in_many_ways),
                cmocka_unit_test(an_empty_path_takes_back_the_one_before),
                cmocka_unit_test(a_limit_keeps_which_parts_it_was_given),
                cmocka_unit_test(a_value_that_is_none_is_told_with_its_reason),
                cmocka_unit_test(
                        a_limit_above_the_one_before_it_is_told_where_the_later_key_stands),
                cmocka_unit_test(limits_are_compared_part_by_part_and_never_with_never),
                cmocka_unit_test(a_refused_value_is_not_told_a_second_time_for_its_order),
                cmocka_unit_test(damaged_lines_are_told_with_their_number),
                cmocka_unit_test(a_zero_byte_is_told_wherever_it_stands),
                cmocka_unit_test(a_line_as_long_as_allowed_is_read_and_a_longer_one_told),
                cmocka_unit_test(comments_and_blank_lines_may_have_any_length_and_begin_anywhere),
                cmocka_unit_test(a_long_value_is_cut_where_it_is_told),
                cmocka_unit_test(crlf_a_bom_and_a_missing_last_newline_are_read),
                cmocka_unit_test(an_empty_file_gives_the_defaults),
                cmocka_unit_test(rules_are_kept_in_order_with_their_place),
                cmocka_unit_test(an_empty_value_clears_its_own_list_and_no_other),
                cmocka_unit_test(a_rule_that_can_match_nothing_is_told),
                cmocka_unit_test(globs_on_the_edge_are_read),
                cmocka_unit_test(too_many_rules_and_too_long_a_pattern_are_told),
                cmocka_unit_test(every_built_in_pattern_would_pass_as_a_rule),
                cmocka_unit_test(what_is_printed_reads_back_and_prints_the_same),
                cmocka_unit_test(the_built_in_list_is_printed_only_while_it_is_in_force),
                cmocka_unit_test(the_shipped_file_is_the_template),
                cmocka_unit_test(
                        the_template_gives_the_defaults_as_it_is_and_with_every_key_opened),
                cmocka_unit_test(the_template_fits_a_terminal),
                cmocka_unit_test_setup_teardown(
                        a_later_file_overrides_and_names_are_ordered_by_their_bytes, set_up,
                        tear_down),
                cmocka_unit_test_setup_teardown(every_fault_in_every_file_is_told, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(a_drop_in_may_make_good_what_was_out_of_order,
                                                set_up, tear_down),
                cmocka_unit_test_setup_teardown(a_link_to_dev_null_masks_a_file_and_nothing_else,
                                                set_up, tear_down),
                cmocka_unit_test_setup_teardown(files_that_cannot_be_read_are_told, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(a_file_beyond_all_measure_is_told, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(too_many_files_and_too_long_a_path_are_told, set_up,
                                                tear_down),
                cmocka_unit_test_setup_teardown(control_characters_of_a_path_are_replaced, set_up,
                                                tear_down),
                cmocka_unit_test(without_any_file_the_defaults_hold),
                cmocka_unit_test(faults_are_counted_without_anybody_to_hear_them),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
