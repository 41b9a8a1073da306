/* SPDX-License-Identifier: MIT */
/*
 * `replay`: the recorded verdicts again, other verdicts under another policy, and traces that are
 * none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include "ctl_golden.h"
#include "trace.h"

/* Below golden/ctl, so that what is printed does not depend on where the tree is. */
#define SLOW_LEAK "../../../replay/slow-leak.trace"
#define BOMB      "../../../replay/bomb.trace"

static int
set_up(void **state)
{
        (void)state;
        golden_begin(NULL);
        return 0;
}

static int
tear_down(void **state)
{
        (void)state;
        golden_end();
        return 0;
}

static void
put(const char *path, const char *text)
{
        FILE *f = fopen(path, "wb");

        assert_non_null(f);
        (void)fputs(text, f);
        assert_int_equal(fclose(f), 0);
}

/* Traces are named by where they are from golden/ctl. */
static void
check(const char *name, struct ctl ctl, const char *line, int status, const char *err)
{
        char here[GOLDEN_PATH_MAX], config[GOLDEN_PATH_MAX + 64];

        assert_non_null(getcwd(here, sizeof(here)));
        if (ctl.config) {
                (void)snprintf(config, sizeof(config), "%s/%s", here, ctl.config);
                ctl.config = config;
        }
        assert_int_equal(chdir(golden_home), 0);
        golden_check(name, ctl_replay, ctl, line, status, err);
        assert_int_equal(chdir(here), 0);
}

static void
replay_gives_the_recorded_verdicts(void **state)
{
        char line[GOLDEN_PATH_MAX + 256];
        glob_t g;

        (void)state;
        (void)snprintf(line, sizeof(line), "%s/../../../replay/*.trace", golden_home);
        assert_int_equal(glob(line, 0, NULL, &g), 0);
        assert_true(g.gl_pathc >= 11);
        for (size_t i = 0; i < g.gl_pathc; i++) {
                (void)snprintf(line, sizeof(line), "replay %s", g.gl_pathv[i]);
                struct golden_answer a = golden_run(ctl_replay, (struct ctl){ 0 }, line);

                assert_string_equal(a.err, "");
                assert_int_equal(a.status, CTL_OK);
                assert_non_null(strstr(a.out, "as"));
                golden_free(&a);
        }
        globfree(&g);
}

static void
replay_of_several_sums_up(void **state)
{
        (void)state;
        check("replay-same.txt", (struct ctl){ 0 }, "replay " BOMB " " SLOW_LEAK, CTL_OK, "");
}

static void
replay_under_another_policy_shows_what_would_differ(void **state)
{
        (void)state;
        put("t.conf", "[memory]\nwarn = 20%\nterm = 8%\n");
        check("replay-other.txt", (struct ctl){ .config = "t.conf" }, "replay " SLOW_LEAK " " BOMB,
              CTL_NO, "");
        check("replay-other-40.txt", (struct ctl){ .config = "t.conf", .columns = 40 },
              "replay -n 1 " SLOW_LEAK, CTL_NO, "");
        check("replay-other.json", (struct ctl){ .config = "t.conf", .json = true },
              "replay -n 2 " SLOW_LEAK, CTL_NO, "");
}

static void
replay_under_the_same_policy_differs_in_nothing(void **state)
{
        (void)state;
        put("t.conf", "[victim]\nprotect_defaults = no\n");
        check("replay-forced-same.txt", (struct ctl){ .config = "t.conf" }, "replay " BOMB, CTL_OK,
              "");
}

/* A head, and looks at a machine that is full from the second one on. */
static void
put_trace(const char *path, const char *head, bool twice, const char *tail)
{
        static const char *const looks[] = {
                "s 100100000 100100000 19 8388608 0 7340032 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 calm "
                "calm none\n",
                "s 100200000 100200000 19 8388608 0 7340032 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 calm "
                "calm none\n",
        };
        FILE *f = fopen(path, "wb");

        assert_non_null(f);
        for (int i = 0; i < (twice ? 2 : 1); i++)
                (void)fprintf(f, "%s\n%s\n%s", TRACE_MAGIC, head, looks[i]);
        (void)fputs(tail, f);
        assert_int_equal(fclose(f), 0);
}

static void
replay_takes_over_what_a_reload_has_changed(void **state)
{
        (void)state;
        put_trace("a.trace", "[memory]\nwarn = 10%\n# a word in between", true, "");
        struct golden_answer a = golden_run(ctl_replay, (struct ctl){ 0 }, "replay a.trace");

        assert_string_equal(a.err, "");
        assert_int_equal(a.status, CTL_OK);
        assert_string_equal(a.out, "a.trace: 2 looks over 0.100 s, as recorded\n");
        golden_free(&a);
}

static void
replay_does_not_ask_for_users_that_are_not_here(void **state)
{
        (void)state;
        put_trace("a.trace", "[victim]\nprotect = user:nobody-of-that-name\nprefer = exe:*/x",
                  false, "");
        struct golden_answer a = golden_run(ctl_replay, (struct ctl){ 0 }, "replay a.trace");

        assert_string_equal(a.err, "");
        assert_int_equal(a.status, CTL_OK);
        golden_free(&a);
}

static void
replay_bears_a_torn_last_line(void **state)
{
        (void)state;
        put_trace("a.trace", "", false, "s 100200000 1002000");
        struct golden_answer a = golden_run(ctl_replay, (struct ctl){ 0 }, "replay a.trace");

        assert_string_equal(a.err, "");
        assert_int_equal(a.status, CTL_OK);
        assert_non_null(strstr(a.out, "1 look over"));
        golden_free(&a);
}

static void
replay_says_what_is_no_trace(void **state)
{
        static const struct {
                const char *text, *err;
        } cases[] = {
                { "", "oomguardctl: a.trace: no samples in it\n" },
                { "hello\n",
                  "oomguardctl: a.trace:1: not a trace: its first line is not `" TRACE_MAGIC
                  "`\n" },
                { TRACE_MAGIC "\n", "oomguardctl: a.trace: no samples in it\n" },
                { TRACE_MAGIC "\n[memory]\nterm = 150%\ns 1\n",
                  "oomguardctl: a.trace:3: [memory] term=150%: above the maximum of 50%\n" },
                { TRACE_MAGIC "\ns 1 2 3\n",
                  "oomguardctl: a.trace:2: damaged sample; it is passed over\n"
                  "oomguardctl: a.trace: no samples in it\n" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                put("a.trace", cases[i].text);
                struct golden_answer a =
                        golden_run(ctl_replay, (struct ctl){ 0 }, "replay a.trace");

                assert_string_equal(a.err, cases[i].err);
                assert_int_equal(a.status, CTL_FAILED);
                assert_int_equal(a.out_len, 0);
                golden_free(&a);
        }
        struct golden_answer a = golden_run(ctl_replay, (struct ctl){ 0 }, "replay nothing.trace");

        assert_string_equal(a.err, "oomguardctl: nothing.trace: No such file or directory\n");
        assert_int_equal(a.status, CTL_FAILED);
        golden_free(&a);
}

static void
replay_refuses_a_head_without_an_end(void **state)
{
        FILE *f = fopen("a.trace", "wb");

        (void)state;
        assert_non_null(f);
        (void)fputs(TRACE_MAGIC "\n", f);
        for (int i = 0; i < 100000; i++)
                (void)fputs("x\n", f);
        (void)fputs("s 1\n", f);
        (void)fclose(f);
        struct golden_answer a = golden_run(ctl_replay, (struct ctl){ 0 }, "replay a.trace");

        assert_int_equal(a.status, CTL_FAILED);
        assert_non_null(strstr(a.err, "the head of the trace is longer than 64 kB"));
        golden_free(&a);
}

static void
replay_wants_a_trace_and_a_right_configuration(void **state)
{
        static const char *const lines[] = { "replay", "replay -n x a", "replay -n 1001 a",
                                             "replay -n -1 a", "replay -z a" };

        (void)state;
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                struct golden_answer a = golden_run(ctl_replay, (struct ctl){ 0 }, lines[i]);

                assert_int_equal(a.status, CTL_USAGE);
                assert_int_equal(a.out_len, 0);
                golden_free(&a);
        }
        put("bad.conf", "[memory]\nterm = lots\n");
        put_trace("a.trace", "", false, "");
        struct golden_answer a =
                golden_run(ctl_replay, (struct ctl){ .config = "bad.conf" }, "replay a.trace");

        assert_int_equal(a.status, CTL_FAILED);
        assert_non_null(strstr(a.err, "bad.conf:2: [memory] term=lots"));
        assert_int_equal(a.out_len, 0);
        golden_free(&a);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(replay_gives_the_recorded_verdicts),
                cmocka_unit_test(replay_of_several_sums_up),
                cmocka_unit_test(replay_under_another_policy_shows_what_would_differ),
                cmocka_unit_test(replay_under_the_same_policy_differs_in_nothing),
                cmocka_unit_test(replay_takes_over_what_a_reload_has_changed),
                cmocka_unit_test(replay_does_not_ask_for_users_that_are_not_here),
                cmocka_unit_test(replay_bears_a_torn_last_line),
                cmocka_unit_test(replay_says_what_is_no_trace),
                cmocka_unit_test(replay_refuses_a_head_without_an_end),
                cmocka_unit_test(replay_wants_a_trace_and_a_right_configuration),
        };
        struct CMUnitTest with[sizeof(tests) / sizeof(tests[0])];

        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
                with[i] = tests[i];
                with[i].setup_func = set_up;
                with[i].teardown_func = tear_down;
        }
        return cmocka_run_group_tests(with, NULL, NULL);
}
