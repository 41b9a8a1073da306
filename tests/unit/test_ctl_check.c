/* SPDX-License-Identifier: MIT */
/*
 * `check`: faults, rules without anybody, limits that make no sense on this machine, and a hook
 * that cannot be run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "ctl_golden.h"
#include "config.h"
#include "ctl/check_hook.h"
#include "ctl/check_limits.h"

#define MIB 1024ull
#define GIB (1024 * MIB)

static int
tear_down(void **state)
{
        (void)state;
        golden_end();
        return 0;
}

/* ---- whole machines ---- */

static void
check_of_a_server_without_swap(void **state)
{
        (void)state;
        golden_begin("server");
        golden_check("check-server.txt", ctl_check, (struct ctl){ 0 }, "check", CTL_OK, "");
        golden_check("check-server-40.txt", ctl_check, (struct ctl){ .columns = 40 }, "check",
                     CTL_OK, "");
        golden_check("check-server.json", ctl_check, (struct ctl){ .json = true }, "check", CTL_OK,
                     "");
}

static void
check_of_a_desktop_with_zram(void **state)
{
        (void)state;
        golden_begin("desktop");
        golden_check("check-desktop.txt", ctl_check, (struct ctl){ 0 }, "check", CTL_OK, "");
}

static void
check_in_a_container_without_a_configuration(void **state)
{
        (void)state;
        golden_begin("container");
        golden_check("check-container.txt", ctl_check, (struct ctl){ 0 }, "check", CTL_OK, "");
}

static void
check_names_each_fault(void **state)
{
        (void)state;
        golden_begin("oldkernel");
        golden_check("check-faults.txt", ctl_check, (struct ctl){ 0 }, "check", CTL_NO, "");
        golden_check("check-faults.json", ctl_check, (struct ctl){ .json = true }, "check", CTL_NO,
                     "");
}

static void
check_takes_a_file_by_name(void **state)
{
        (void)state;
        golden_begin("server");
        struct golden_answer a = golden_run(ctl_check, (struct ctl){ 0 }, "check nothing.conf");

        assert_int_equal(a.status, CTL_NO);
        assert_string_equal(a.out, "nothing.conf: cannot be read: No such file or directory\n"
                                   "1 fault: the guard would refuse this configuration.\n");
        golden_free(&a);
        a = golden_run(ctl_check, (struct ctl){ 0 }, "check one two");
        assert_int_equal(a.status, CTL_USAGE);
        golden_free(&a);
}

static void
check_without_proc_checks_the_syntax(void **state)
{
        (void)state;
        golden_begin(NULL);
        struct golden_answer a = golden_run(ctl_check, (struct ctl){ 0 }, "check");

        assert_int_equal(a.status, CTL_OK);
        assert_string_equal(a.err,
                            "oomguardctl: ./proc/meminfo: No such file or directory; only the "
                            "syntax is checked\n"
                            "oomguardctl: ./proc: No such file or directory; rules are not "
                            "tried\n");
        golden_free(&a);
}

/* ---- one limit at a time ---- */

struct told {
        unsigned n;
        struct finding f[16];
};

static void
note(void *arg, const struct finding *f)
{
        struct told *t = arg;

        assert_true(t->n < sizeof(t->f) / sizeof(t->f[0]));
        t->f[t->n++] = *f;
}

/* 8 GiB, 4 of them available; swap on a disk, half of it free. */
static struct check_machine
machine(void)
{
        return (struct check_machine){
                .sample = { .now_us = 1000000,
                            .boot_us = 1000000,
                            .has_psi = true,
                            .mem = { .total_kib = 8 * GIB,
                                     .available_kib = 4 * GIB,
                                     .swap_total_kib = 2 * GIB,
                                     .swap_free_kib = GIB } },
                .min_kib = 66 * MIB,
                .high_kib = 99 * MIB,
        };
}

static struct told
ask(const char *text, struct check_machine m)
{
        struct decide_state *state = calloc(1, sizeof(*state));
        struct policy *p = calloc(2, sizeof(*p));
        struct told t = { .n = 0 };

        assert_non_null(state);
        assert_non_null(p);
        config_defaults(&p[1]);
        assert_int_equal(config_parse("t", text, strlen(text), &p[0], NULL, NULL), 0);
        m.verdict = decide(&p[0], state, &m.sample);
        check_limits(&p[0], &p[1], &m, note, &t);
        free(p);
        free(state);
        return t;
}

static void
expect_one(struct told t, enum finding_state state, const char *subject, const char *words)
{
        assert_int_equal(t.n, 1);
        assert_int_equal(t.f[0].state, state);
        assert_string_equal(t.f[0].subject, subject);
        if (!strstr(t.f[0].text, words))
                fail_msg("`%s` is not in: %s", words, t.f[0].text);
}

static void
limits_that_are_in_order_are_passed_over(void **state)
{
        struct check_machine m = machine();

        (void)state;
        assert_int_equal(ask("", m).n, 0);
        m.sample.mem.swap_total_kib = m.sample.mem.swap_free_kib = 0;
        assert_int_equal(ask("", m).n, 0);
}

static void
limits_above_all_memory_are_always_reached(void **state)
{
        (void)state;
        expect_one(ask("[memory]\nwarn = 9G\n", machine()), FINDING_WARNING, "[memory] warn",
                   "always reached");
        expect_one(ask("[memory]\nwarn = 8G\n", machine()), FINDING_WARNING, "[memory] warn",
                   "always reached");
        assert_int_equal(ask("[memory]\nwarn = 7G\n", machine()).n, 0);
        /* Beside a percentage the smaller one counts. */
        assert_int_equal(ask("[memory]\nwarn = 10%, 9G\n", machine()).n, 0);
}

static void
limits_below_the_floors_are_noted(void **state)
{
        struct told t = ask("[memory]\nkill = 1M\n", machine());

        (void)state;
        assert_int_equal(t.n, 2);
        assert_int_equal(t.f[0].state, FINDING_NOTE);
        assert_string_equal(t.f[0].text,
                            "comes to 1024 KiB; 24 MiB hold, the least that leaves a process room "
                            "to end");
        assert_int_equal(t.f[1].state, FINDING_WARNING);
}

static void
limits_never_reached_are_below_no_floor(void **state)
{
        (void)state;
        assert_int_equal(ask("[memory]\nkill = 0%\n", machine()).n, 0);
}

static void
limits_that_overtake_each_other_here_are_told(void **state)
{
        (void)state;
        expect_one(ask("[memory]\nwarn = 5%\nterm = 500M\nkill = 400M\n", machine()),
                   FINDING_WARNING, "[memory] warn", "below [memory] term with 500 MiB");
        expect_one(ask("[memory]\nterm = 2%\nkill = 200M\n", machine()), FINDING_WARNING,
                   "[memory] term", "below [memory] kill");
}

static void
limits_below_the_kernels_own_are_told(void **state)
{
        struct check_machine m = machine();

        (void)state;
        expect_one(ask("[memory]\nkill = 60M\n", m), FINDING_WARNING, "[memory] kill",
                   "no more than the 66 MiB");
        expect_one(ask("[memory]\nkill = 66M\n", m), FINDING_WARNING, "[memory] kill",
                   "no more than the 66 MiB");
        assert_int_equal(ask("[memory]\nkill = 67M\n", m).n, 0);
        m.min_kib = 0; /* not known */
        assert_int_equal(ask("[memory]\nkill = 60M\n", m).n, 0);
        /* What nobody wrote is nobody's mistake. */
        m.min_kib = GIB;
        expect_one(ask("", m), FINDING_NOTE, "[memory] kill", "no more than the 1.0 GiB");
}

static void
limits_that_are_reached_already_are_told(void **state)
{
        struct check_machine m = machine();

        (void)state;
        /* Swap is not low. */
        assert_int_equal(ask("[memory]\nwarn = 6G\nterm = 5G\n", m).n, 0);
        m.sample.mem.swap_free_kib = 0;
        expect_one(ask("[memory]\nwarn = 6G\nterm = 5G\n", m), FINDING_WARNING, "[memory] term",
                   "only 4.0 GiB are available now");
        m.sample.mem.swap_total_kib = 0;
        expect_one(ask("[memory]\nwarn = 6G\nterm = 5G\n", m), FINDING_WARNING, "[memory] term",
                   "only 4.0 GiB are available now");
}

static void
limits_of_swap_without_swap_are_told_when_written(void **state)
{
        struct check_machine m = machine();

        (void)state;
        m.sample.mem.swap_total_kib = m.sample.mem.swap_free_kib = 0;
        expect_one(ask("[swap]\nkill = 1%\n", m), FINDING_WARNING, "[swap]", "has no swap");
}

static void
limits_of_swap_on_zram_alone_are_weighed(void **state)
{
        struct check_machine m = machine();

        (void)state;
        m.sample.zram_total_kib = 2 * GIB;
        m.sample.zram_free_kib = GIB;
        m.sample.zram_ratio_bp = 20000;
        expect_one(ask("", m), FINDING_NOTE, "[swap]",
                   "2.0 GiB of it, when empty, are worth 1.0 GiB");
        expect_one(ask("[swap]\nwarn = 60%\n", m), FINDING_WARNING, "[swap] warn",
                   "always reached");
        /* 100 % says that swap does not matter, and means it. */
        assert_int_equal(ask("[swap]\nwarn = 100%\n", m).f[0].state, FINDING_NOTE);
        /* Not alone. */
        m.sample.zram_total_kib = GIB;
        assert_int_equal(ask("[swap]\nwarn = 60%\n", m).n, 0);
}

static void
limits_of_pressure_without_psi_are_told(void **state)
{
        struct check_machine m = machine();

        (void)state;
        m.sample.has_psi = false;
        expect_one(ask("", m), FINDING_NOTE, "[pressure]", "psi=1");
        expect_one(ask("[pressure]\nterm = 20%\n", m), FINDING_WARNING, "[pressure]", "psi=1");
        expect_one(ask("[pressure]\nterm = 0%\n", m), FINDING_WARNING, "[pressure]", "psi=1");
        expect_one(ask("[pressure]\nkill = 0%\n", m), FINDING_WARNING, "[pressure]", "psi=1");
        assert_int_equal(ask("[pressure]\nterm = 0%\nkill = 0%\n", m).n, 0);
}

static void
limits_that_never_act_are_told(void **state)
{
        struct check_machine m = machine();
        const char never[] = "[memory]\nterm = 0%\nkill = 0%\n";

        (void)state;
        assert_int_equal(ask(never, m).n, 0); /* standing still is still acted on */
        m.sample.has_psi = false;
        struct told t = ask(never, m);

        assert_int_equal(t.n, 2);
        assert_string_equal(t.f[0].subject, "all limits");
}

static void
limits_of_size_that_nobody_reaches_are_told(void **state)
{
        struct check_machine m = machine();

        (void)state;
        m.sample.mem.total_kib = 1 * GIB;
        m.sample.mem.available_kib = 512 * MIB;
        m.sample.mem.swap_total_kib = m.sample.mem.swap_free_kib = 0;
        m.min_kib = 10 * MIB;
        struct told t = ask("[victim]\nmin_size = 1G\n", m);
        unsigned n = 0;

        for (unsigned i = 0; i < t.n; i++)
                n += strcmp(t.f[i].subject, "[victim] min_size") == 0;
        assert_int_equal(n, 1);
}

static void
limits_over_this_place_are_noted(void **state)
{
        struct check_machine m = machine();

        (void)state;
        m.cgroup_limit_kib = 512 * MIB;
        (void)snprintf(m.cgroup_limit_path, sizeof(m.cgroup_limit_path), "/x/memory.max");
        expect_one(ask("", m), FINDING_NOTE, "[memory]",
                   "/x/memory.max limits this place to 512 MiB");
}

/* ---- the hook ---- */

static struct told
ask_hook(const char *exec)
{
        struct policy *p = calloc(1, sizeof(*p));
        struct told t = { .n = 0 };

        assert_non_null(p);
        (void)snprintf(p->notify_exec, sizeof(p->notify_exec), "%s", exec);
        check_hook(&(struct ctl){ .root = "." }, p, note, &t);
        free(p);
        return t;
}

static void
write_hook(const char *text)
{
        FILE *f = fopen("opt/bin/tell", "w");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

/* A program of a machine of its own. */
static void
begin_hook(mode_t folder, mode_t file)
{
        golden_begin(NULL);
        assert_int_equal(mkdir("opt", 0755), 0);
        assert_int_equal(mkdir("opt/bin", 0755), 0);
        write_hook("");
        assert_int_equal(chmod("opt/bin/tell", file), 0);
        assert_int_equal(chmod("opt/bin", folder), 0);
}

static void
a_script_that_its_user_may_not_read_is_told(void **state)
{
        (void)state;
        begin_hook(0755, 0711);
        assert_int_equal(ask_hook("/opt/bin/tell").n, 0);
        write_hook("\177ELF");
        assert_int_equal(ask_hook("/opt/bin/tell").n, 0);
        write_hook("#!/bin/sh\n");
        expect_one(ask_hook("/opt/bin/tell"), FINDING_WARNING, "[notify] exec",
                   "may not execute /opt/bin/tell (mode 0711)");
        assert_int_equal(chmod("opt/bin/tell", 0755), 0);
        assert_int_equal(ask_hook("/opt/bin/tell").n, 0);
}

static void
a_hook_that_can_be_run_is_passed_over(void **state)
{
        static const struct {
                mode_t folder, file;
        } good[] = { { 0755, 0755 }, { 0711, 0775 }, { 01777, 0555 } };

        (void)state;
        assert_int_equal(ask_hook("").n, 0);
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                begin_hook(good[i].folder, good[i].file);
                assert_int_equal(ask_hook("/opt/bin/tell").n, 0);
                golden_end();
        }
}

static void
a_hook_that_is_not_there_is_told(void **state)
{
        (void)state;
        begin_hook(0755, 0755);
        expect_one(ask_hook("/opt/bin/tel"), FINDING_WARNING, "[notify] exec",
                   "/opt/bin/tel is not run: it cannot be found (No such file or directory)");
        expect_one(ask_hook("/opt/bin/tell --now"), FINDING_WARNING, "[notify] exec",
                   "it cannot be found");
        expect_one(ask_hook("/opt/bin"), FINDING_WARNING, "[notify] exec", "no regular file");
        assert_int_equal(symlink("tell", "opt/bin/link"), 0);
        assert_int_equal(ask_hook("/opt/bin/link").n, 0);
}

static void
a_hook_that_its_user_may_not_run_is_told(void **state)
{
        (void)state;
        begin_hook(0755, 0744);
        struct told t = ask_hook("/opt/bin/tell");

        expect_one(t, FINDING_WARNING, "[notify] exec",
                   "may not execute /opt/bin/tell (mode 0744)");
        assert_string_equal(t.f[0].remedy, "sudo chmod a+rx /opt/bin/tell");
        golden_end();
        begin_hook(0700, 0755);
        t = ask_hook("/opt/bin/tell");
        expect_one(t, FINDING_WARNING, "[notify] exec", "may not enter /opt/bin (mode 0700)");
        assert_string_equal(t.f[0].remedy, "sudo chmod a+x /opt/bin");
        golden_end();
        /* One reason is enough. */
        begin_hook(0700, 0600);
        expect_one(ask_hook("/opt/bin/tell"), FINDING_WARNING, "[notify] exec", "may not enter");
}

static void
a_hook_that_anybody_may_write_is_told(void **state)
{
        (void)state;
        begin_hook(0755, 0757);
        struct told t = ask_hook("/opt/bin/tell");

        expect_one(t, FINDING_WARNING, "[notify] exec",
                   "anybody may write /opt/bin/tell (mode 0757)");
        assert_string_equal(t.f[0].remedy, "sudo chmod o-w /opt/bin/tell");
        golden_end();
        begin_hook(0777, 0755);
        expect_one(ask_hook("/opt/bin/tell"), FINDING_WARNING, "[notify] exec",
                   "anybody may write /opt/bin (mode 0777)");
}

static void
a_hook_where_its_service_does_not_look_is_told(void **state)
{
        (void)state;
        begin_hook(0755, 0755);
        assert_int_equal(rename("opt/bin", "tmp"), 0);
        expect_one(ask_hook("/tmp/tell"), FINDING_WARNING, "[notify] exec", "a /tmp");
}

static void
check_warns_of_the_hook(void **state)
{
        (void)state;
        begin_hook(0755, 0644);
        FILE *f = fopen("conf", "w");

        assert_non_null(f);
        (void)fputs("[notify]\nexec = /opt/bin/tell\n", f);
        assert_int_equal(fclose(f), 0);
        struct golden_answer a =
                golden_run(ctl_check, (struct ctl){ .columns = 200 }, "check conf");

        assert_int_equal(a.status, CTL_OK);
        assert_non_null(strstr(a.out, "may not execute /opt/bin/tell (mode 0644)"));
        assert_non_null(strstr(a.out, "1 warning;"));
        golden_free(&a);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(check_of_a_server_without_swap, tear_down),
                cmocka_unit_test_teardown(check_of_a_desktop_with_zram, tear_down),
                cmocka_unit_test_teardown(check_in_a_container_without_a_configuration, tear_down),
                cmocka_unit_test_teardown(check_names_each_fault, tear_down),
                cmocka_unit_test_teardown(check_takes_a_file_by_name, tear_down),
                cmocka_unit_test_teardown(check_without_proc_checks_the_syntax, tear_down),
                cmocka_unit_test(limits_that_are_in_order_are_passed_over),
                cmocka_unit_test(limits_above_all_memory_are_always_reached),
                cmocka_unit_test(limits_below_the_floors_are_noted),
                cmocka_unit_test(limits_never_reached_are_below_no_floor),
                cmocka_unit_test(limits_that_overtake_each_other_here_are_told),
                cmocka_unit_test(limits_below_the_kernels_own_are_told),
                cmocka_unit_test(limits_that_are_reached_already_are_told),
                cmocka_unit_test(limits_of_swap_without_swap_are_told_when_written),
                cmocka_unit_test(limits_of_swap_on_zram_alone_are_weighed),
                cmocka_unit_test(limits_of_pressure_without_psi_are_told),
                cmocka_unit_test(limits_that_never_act_are_told),
                cmocka_unit_test(limits_of_size_that_nobody_reaches_are_told),
                cmocka_unit_test(limits_over_this_place_are_noted),
                cmocka_unit_test_teardown(a_hook_that_is_not_there_is_told, tear_down),
                cmocka_unit_test(a_hook_that_can_be_run_is_passed_over),
                cmocka_unit_test(a_script_that_its_user_may_not_read_is_told),
                cmocka_unit_test_teardown(a_hook_that_its_user_may_not_run_is_told, tear_down),
                cmocka_unit_test_teardown(a_hook_that_anybody_may_write_is_told, tear_down),
                cmocka_unit_test_teardown(a_hook_where_its_service_does_not_look_is_told,
                                          tear_down),
                cmocka_unit_test_teardown(check_warns_of_the_hook, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
