/* SPDX-License-Identifier: MIT */
/*
 * The way without a guard, on made-up machines: that it says so, and that it goes by the machine's
 * own configuration.  Nothing here goes by executables of the built-in list: whether those belong
 * to root is a matter of the machine that the test runs on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include "ctl_golden.h"

static const struct ctl here = { .root = ".", .columns = 200 };

static void
put(const char *path, const char *text)
{
        char copy[256];
        FILE *f;

        (void)snprintf(copy, sizeof(copy), "%s", path);
        golden_make_folders(copy);
        f = fopen(path, "we");
        assert_non_null(f);
        (void)fputs(text, f);
        assert_int_equal(fclose(f), 0);
}

/* A process of this size that does nothing. */
static void
add_process(int pid, const char *name, unsigned anon_kib)
{
        unsigned page_kib = (unsigned)sysconf(_SC_PAGESIZE) / 1024;
        char path[64], text[512];

        (void)snprintf(path, sizeof(path), "./proc/%d/stat", pid);
        (void)snprintf(text, sizeof(text),
                       "%d (%s) S 7 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 900 9 %u 9 1 1 %d 0 0\n",
                       pid, name, anon_kib / page_kib, pid);
        put(path, text);
        (void)snprintf(path, sizeof(path), "./proc/%d/statm", pid);
        (void)snprintf(text, sizeof(text), "99999 %u 0 1 0 1 0\n", anon_kib / page_kib);
        put(path, text);
        (void)snprintf(path, sizeof(path), "./proc/%d/status", pid);
        (void)snprintf(
                text, sizeof(text),
                "Name:\t%s\nPid:\t%d\nUid:\t1000\t1000\t1000\t1000\nRssAnon:\t%u kB\n"
                "RssFile:\t0 kB\nRssShmem:\t0 kB\nVmPTE:\t0 kB\nVmSwap:\t0 kB\nThreads:\t1\n",
                name, pid, anon_kib);
        put(path, text);
        (void)snprintf(path, sizeof(path), "./proc/%d/oom_score_adj", pid);
        put(path, "0\n");
}

static struct golden_answer
answer(ctl_command_fn command, const char *line)
{
        return golden_run(command, here, line);
}

static void
says(const struct golden_answer *a, const char *text)
{
        if (!strstr(a->out, text))
                fail_msg("`%s` is not in:\n%s%s", text, a->out, a->err);
}

static void
local_way_says_that_no_guard_was_asked(void **state)
{
        struct golden_answer a;

        (void)state;
        golden_begin("desktop");
        a = answer(ctl_status, "status");
        assert_int_equal(a.status, CTL_OK);
        says(&a, "no guard: calm");
        says(&a, "8.5 GiB of 15.5 GiB available");
        says(&a, "! No guard was asked: none is running");
        assert_string_equal(a.err, "");
        golden_free(&a);
        golden_end();
}

static void
local_way_goes_by_the_machines_configuration(void **state)
{
        struct golden_answer a;

        (void)state;
        golden_begin("desktop");
        a = answer(ctl_rank, "rank");
        assert_int_equal(a.status, CTL_OK);
        says(&a, "Were memory low now, 2401 (firefox) would be ended.");
        says(&a, "preferred by exe:*/firefox (./etc/oomguard.conf:6); counts four times");
        says(&a, "by the same rules");
        golden_free(&a);
        a = answer(ctl_explain, "explain firefox");
        assert_int_equal(a.status, CTL_OK);
        says(&a, "2401 (firefox)\n");
        says(&a, "not it but 2401 (firefox) would be ended: its badness is the same");
        says(&a, "protect = exe:/usr/lib64/firefox/firefox");
        golden_free(&a);
        golden_end();
}

static void
local_way_does_not_take_its_own_shell_for_the_guards_family(void **state)
{
        struct golden_answer a;
        char line[64];

        (void)state;
        golden_begin("desktop");
        add_process(getppid(), "my-shell", 900000);
        a = answer(ctl_rank, "rank");
        (void)snprintf(line, sizeof(line), "%d (my-shell) would be ended", getppid());
        says(&a, line);
        golden_free(&a);
        golden_end();
}

static void
local_way_finds_one_that_is_too_small_for_the_list(void **state)
{
        struct golden_answer a;

        (void)state;
        golden_begin("desktop");
        for (int i = 0; i < 140; i++)
                add_process(10000000 + i, "large", 5000);
        add_process(3000, "little", 700);
        a = answer(ctl_rank, "rank -n 128");
        assert_null(strstr(a.out, "little"));
        golden_free(&a);
        a = answer(ctl_explain, "explain little");
        assert_int_equal(a.status, CTL_OK);
        says(&a, "3000 (little)");
        says(&a, "It holds 700 KiB");
        says(&a, "It does not grow.");
        says(&a, "smaller than [victim] min_size");
        golden_free(&a);
        golden_end();
}

/* One of them has this test's own number, which is nobody's in a folder. */
static void
explain_lists_those_of_one_name_when_they_are_many(void **state)
{
        struct golden_answer a;
        int first = getpid() > 4 ? getpid() - 4 : getpid(); /* none is too large for a number */
        char text[32];

        (void)state;
        golden_begin("desktop");
        for (int i = 0; i < 5; i++)
                add_process(first + i, "twin", 5000 + 1000 * (unsigned)i);
        a = answer(ctl_explain, "explain twin");
        assert_int_equal(a.status, CTL_OK);
        says(&a, "5 processes have the name `twin`");
        for (int i = 0; i < 5; i++) {
                (void)snprintf(text, sizeof(text), "%d twin", first + i);
                says(&a, text);
        }
        assert_null(strstr(a.out, "firefox"));
        golden_free(&a);
        golden_end();
}

static void
local_way_takes_the_defaults_when_the_configuration_has_faults(void **state)
{
        struct ctl mine = { .root = ".", .config = "./etc/mine.conf" };
        struct golden_answer a;

        (void)state;
        golden_begin("desktop");
        put("./etc/oomguard.conf", "[memory]\nwarn = soon\n");
        put("./etc/mine.conf", "[memory]\nwarn = soon\n");
        a = answer(ctl_status, "status");
        assert_int_equal(a.status, CTL_OK);
        says(&a, "w warn 1.0 GiB");
        assert_non_null(strstr(a.err, "oomguardctl: ./etc/oomguard.conf:2: [memory] warn=soon"));
        assert_non_null(strstr(a.err, "oomguardctl: the defaults are taken instead\n"));
        golden_free(&a);
        a = golden_run(ctl_status, mine, "status");
        assert_int_equal(a.status, CTL_FAILED);
        assert_string_equal(a.out, "");
        assert_non_null(strstr(a.err, "the configuration has faults; nothing is shown"));
        golden_free(&a);
        golden_end();
}

static void
local_way_says_what_it_cannot_read(void **state)
{
        struct golden_answer a;

        (void)state;
        golden_begin(NULL);
        a = answer(ctl_status, "status");
        assert_int_equal(a.status, CTL_FAILED);
        assert_string_equal(a.err, "oomguardctl: ./proc/meminfo cannot be read: No such file or "
                                   "directory\n");
        golden_free(&a);
        a = answer(ctl_explain, "explain 1");
        assert_int_equal(a.status, CTL_FAILED);
        golden_free(&a);
        golden_end();
        /* Faults of a file are no faults of the configuration. */
        golden_begin("desktop");
        put("./proc/meminfo", "MemTotal: many kB\n");
        a = answer(ctl_status, "status");
        assert_int_equal(a.status, CTL_FAILED);
        assert_string_equal(a.err,
                            "oomguardctl: ./proc/meminfo cannot be read: Invalid argument\n");
        golden_free(&a);
        golden_end();
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(local_way_says_that_no_guard_was_asked),
                cmocka_unit_test(local_way_goes_by_the_machines_configuration),
                cmocka_unit_test(local_way_does_not_take_its_own_shell_for_the_guards_family),
                cmocka_unit_test(local_way_finds_one_that_is_too_small_for_the_list),
                cmocka_unit_test(explain_lists_those_of_one_name_when_they_are_many),
                cmocka_unit_test(local_way_takes_the_defaults_when_the_configuration_has_faults),
                cmocka_unit_test(local_way_says_what_it_cannot_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
