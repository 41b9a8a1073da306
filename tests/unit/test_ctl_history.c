/* SPDX-License-Identifier: MIT */
/*
 * `history`: from logs of real and made-up machines to lines and JSON, and the list of events in
 * between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "ctl_golden.h"
#include "ctl/history.h"

static int
tear_down(void **state)
{
        (void)state;
        golden_end();
        return 0;
}

/* `history OPTION=golden/ctl/FILE` */
static void
check_file(const char *name, const char *option, const char *file, struct ctl ctl, int status,
           const char *err)
{
        char line[GOLDEN_PATH_MAX + 256];

        golden_begin(NULL);
        (void)snprintf(line, sizeof(line), "history %s=%s", option, golden_path(file));
        golden_check(name, ctl_history, ctl, line, status, err);
}

/* ---- whole logs ---- */

static void
history_of_a_real_journal(void **state)
{
        (void)state;
        check_file("history-guest.txt", "--journal", "guest.export", (struct ctl){ 0 }, CTL_OK,
                   "oomguardctl: 1 journal entry by ordinary users in a guard's name is passed "
                   "over\n");
}

static void
history_of_a_real_journal_as_json(void **state)
{
        (void)state;
        check_file("history-guest.json", "--journal", "guest.export", (struct ctl){ .json = true },
                   CTL_OK, "");
}

static void
history_of_a_real_kernel_log(void **state)
{
        (void)state;
        check_file("history-guest-dmesg.txt", "--kernel-log", "guest.dmesg", (struct ctl){ 0 },
                   CTL_OK, "");
}

static void
history_in_forty_columns(void **state)
{
        (void)state;
        check_file("history-guest-40.txt", "--kernel-log", "guest.dmesg",
                   (struct ctl){ .columns = 40 }, CTL_OK, "");
}

static void
history_of_old_kernels(void **state)
{
        (void)state;
        check_file("history-old-kernels.txt", "--kernel-log", "old-kernels.log", (struct ctl){ 0 },
                   CTL_OK, "");
}

static void
history_of_new_kernels(void **state)
{
        (void)state;
        check_file("history-new-kernels.txt", "--kernel-log", "new-kernels.log", (struct ctl){ 0 },
                   CTL_OK, "");
}

static void
history_tells_once_what_the_guard_told_twice(void **state)
{
        (void)state;
        check_file("history-guard.txt", "--journal", "guard.export", (struct ctl){ 0 }, CTL_OK,
                   "oomguardctl: 2 journal entries by ordinary users in a guard's name are passed "
                   "over\n");
}

static void
history_of_other_guards(void **state)
{
        (void)state;
        check_file("history-others.txt", "--journal", "others.export", (struct ctl){ 0 }, CTL_OK,
                   "");
}

static void
history_shows_the_last_ones(void **state)
{
        char line[GOLDEN_PATH_MAX + 256];

        (void)state;
        golden_begin(NULL);
        (void)snprintf(line, sizeof(line), "history -n 1 --kernel-log %s",
                       golden_path("guest.dmesg"));
        golden_check("history-last.txt", ctl_history, (struct ctl){ 0 }, line, CTL_OK, "");
}

static void
history_says_no_when_nothing_happened(void **state)
{
        (void)state;
        check_file("history-none.txt", "--kernel-log", "server.tree", (struct ctl){ 0 }, CTL_NO,
                   "");
}

static void
history_says_what_cannot_be_read(void **state)
{
        (void)state;
        golden_begin(NULL);
        golden_check("history-unread.txt", ctl_history, (struct ctl){ 0 },
                     "history --journal=nothing.export", CTL_FAILED,
                     "oomguardctl: nothing.export: No such file or directory\n");
}

static void
history_reads_the_kernels_log_of_another_root(void **state)
{
        (void)state;
        golden_begin(NULL);
        assert_int_equal(mkdir("dev", 0755), 0);
        assert_int_equal(symlink(golden_path("guest.dmesg"), "dev/kmsg"), 0);
        struct golden_answer a = golden_run(ctl_history, (struct ctl){ 0 }, "history --since all");

        assert_int_equal(a.status, CTL_OK);
        assert_non_null(strstr(a.out, "103 (bomb)"));
        golden_free(&a);
}

static void
history_refuses_what_it_does_not_understand(void **state)
{
        static const char *const lines[] = {
                "history --since tomorrow",
                "history --since 2026-02-31",
                "history -n 0",
                "history -n x",
                "history now",
                "history --until 3h",
        };

        (void)state;
        golden_begin(NULL);
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                struct golden_answer a = golden_run(ctl_history, (struct ctl){ 0 }, lines[i]);

                assert_int_equal(a.status, CTL_USAGE);
                assert_int_equal(a.out_len, 0);
                assert_true(a.err_len > 0);
                golden_free(&a);
        }
}

/* ---- events ---- */

static struct history_event
event_at(enum history_killer killer, int32_t pid, uint64_t wall_s, uint32_t told)
{
        struct history_event e = history_event_init(killer, wall_s * 1000000);

        e.pid = pid;
        e.told = told;
        return e;
}

static void
history_keeps_the_latest_when_there_are_too_many(void **state)
{
        struct history h = { .n = 0 };

        (void)state;
        for (int32_t i = 1; i <= HISTORY_EVENTS_MAX * 2; i++) {
                struct history_event e =
                        event_at(KILLER_KERNEL, i, 1000 + (uint64_t)i, SOURCE_KERNEL);

                history_add(&h, REPORT_KILL, &e);
        }
        assert_true(h.n <= HISTORY_EVENTS_MAX);
        assert_true(h.n >= HISTORY_EVENTS_MAX / 2);
        assert_int_equal(h.n + h.n_dropped, HISTORY_EVENTS_MAX * 2);
        assert_int_equal(h.event[h.n - 1].pid, HISTORY_EVENTS_MAX * 2);
        history_free(&h);
}

static void
history_tells_the_same_pid_apart_by_time(void **state)
{
        struct history h = { .n = 0 };
        struct history_event a = event_at(KILLER_KERNEL, 7, 1000, SOURCE_KERNEL);
        struct history_event b = event_at(KILLER_KERNEL, 7, 9000, SOURCE_KERNEL);

        (void)state;
        history_add(&h, REPORT_KILL, &b);
        history_add(&h, REPORT_KILL, &a);
        history_add(&h, REPORT_KILL, &a);
        assert_int_equal(h.n, 2);
        history_sort(&h);
        assert_int_equal(h.event[0].wall_us, 1000000000);
        assert_int_equal(h.event[1].wall_us, 9000000000);
        history_free(&h);
}

static void
history_tells_kernel_kills_without_a_date_apart_by_the_kernels_clock(void **state)
{
        struct history h = { .n = 0 };
        struct history_event a = event_at(KILLER_KERNEL, 7, 0, SOURCE_KERNEL), b = a;

        (void)state;
        a.boot_us = 100000000;
        b.boot_us = 5000000000;
        history_add(&h, REPORT_KILL, &a);
        history_add(&h, REPORT_KILL, &b);
        assert_int_equal(h.n, 2);
        a.boot_us += 1000000;
        history_add(&h, REPORT_KILL, &a);
        assert_int_equal(h.n, 2);
        /* With a date from elsewhere the date decides, as the clock begins anew at each boot. */
        a.wall_us = 1000000000;
        history_add(&h, REPORT_KILL, &a);
        a.boot_us = 0;
        history_add(&h, REPORT_KILL, &a);
        assert_int_equal(h.n, 3);
        history_free(&h);
}

static void
history_keeps_kernel_kills_apart_that_have_no_time_at_all(void **state)
{
        struct history h = { .n = 0 };
        struct history_event a = event_at(KILLER_KERNEL, 7, 0, SOURCE_KERNEL), b = a;

        (void)state;
        b.boot_us = 100000000;
        history_add(&h, REPORT_KILL, &a);
        history_add(&h, REPORT_KILL, &a);
        history_add(&h, REPORT_KILL, &b);
        assert_int_equal(h.n, 3);
        history_free(&h);
}

static void
history_knows_a_kernel_line_without_its_date_by_the_microsecond(void **state)
{
        struct history h = { .n = 0 };
        struct history_event dated = event_at(KILLER_KERNEL, 7, 1000, SOURCE_KERNEL);
        struct history_event undated = event_at(KILLER_KERNEL, 7, 0, SOURCE_KERNEL);

        (void)state;
        dated.boot_us = undated.boot_us = 100000001;
        history_add(&h, REPORT_KILL, &undated);
        history_add(&h, REPORT_KILL, &dated);
        history_add(&h, REPORT_KILL, &undated);
        assert_int_equal(h.n, 1);
        assert_int_equal(h.event[0].wall_us, 1000000000);
        undated.boot_us++;
        history_add(&h, REPORT_KILL, &undated);
        assert_int_equal(h.n, 2);
        history_free(&h);
}

static void
history_tells_killers_apart(void **state)
{
        struct history h = { .n = 0 };
        struct history_event a = event_at(KILLER_KERNEL, 7, 1000, SOURCE_KERNEL);
        struct history_event b = event_at(KILLER_GUARD, 7, 1000, SOURCE_LINE);
        struct history_event c = event_at(KILLER_OTHER, 7, 1000, SOURCE_LINE), d = c;

        (void)state;
        (void)snprintf(c.by, sizeof(c.by), "earlyoom");
        (void)snprintf(d.by, sizeof(d.by), "another");
        history_add(&h, REPORT_KILL, &a);
        history_add(&h, REPORT_KILL, &b);
        history_add(&h, REPORT_KILL, &c);
        history_add(&h, REPORT_KILL, &d);
        assert_int_equal(h.n, 4);
        /* Another source, the same kill: what was not known is filled in, what was stays. */
        b.told = SOURCE_FIELDS;
        b.size_kib = 100;
        b.n = 3;
        history_add(&h, REPORT_KILL, &b);
        b.told = SOURCE_MANAGER;
        b.size_kib = 200;
        b.n = 2;
        history_add(&h, REPORT_KILL, &b);
        assert_int_equal(h.n, 4);
        assert_int_equal(h.event[1].size_kib, 100);
        assert_int_equal(h.event[1].n, 3);
        history_free(&h);
}

static void
history_takes_news_of_somebody_unknown_for_a_kill(void **state)
{
        struct history h = { .n = 0 };
        struct history_event e = event_at(KILLER_GUARD, 7, 1000, SOURCE_LINE);

        (void)state;
        e.ending = ENDING_ENDED;
        history_add(&h, REPORT_ENDING, &e);
        assert_int_equal(h.n, 1);
        history_add(&h, REPORT_ENDING, &e);
        assert_int_equal(h.n, 1);
        history_free(&h);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(history_of_a_real_journal, tear_down),
                cmocka_unit_test_teardown(history_of_a_real_journal_as_json, tear_down),
                cmocka_unit_test_teardown(history_of_a_real_kernel_log, tear_down),
                cmocka_unit_test_teardown(history_in_forty_columns, tear_down),
                cmocka_unit_test_teardown(history_of_old_kernels, tear_down),
                cmocka_unit_test_teardown(history_of_new_kernels, tear_down),
                cmocka_unit_test_teardown(history_tells_once_what_the_guard_told_twice, tear_down),
                cmocka_unit_test_teardown(history_of_other_guards, tear_down),
                cmocka_unit_test_teardown(history_shows_the_last_ones, tear_down),
                cmocka_unit_test_teardown(history_says_no_when_nothing_happened, tear_down),
                cmocka_unit_test_teardown(history_says_what_cannot_be_read, tear_down),
                cmocka_unit_test_teardown(history_reads_the_kernels_log_of_another_root, tear_down),
                cmocka_unit_test_teardown(history_refuses_what_it_does_not_understand, tear_down),
                cmocka_unit_test(history_keeps_the_latest_when_there_are_too_many),
                cmocka_unit_test(history_tells_the_same_pid_apart_by_time),
                cmocka_unit_test(
                        history_tells_kernel_kills_without_a_date_apart_by_the_kernels_clock),
                cmocka_unit_test(history_keeps_kernel_kills_apart_that_have_no_time_at_all),
                cmocka_unit_test(history_knows_a_kernel_line_without_its_date_by_the_microsecond),
                cmocka_unit_test(history_tells_killers_apart),
                cmocka_unit_test(history_takes_news_of_somebody_unknown_for_a_kill),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
