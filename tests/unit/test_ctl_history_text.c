/* SPDX-License-Identifier: MIT */
/*
 * What `history` reads: lines of the kernel and of guards, the journal's format, times; honest ones
 * and hostile ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ctl/history_reader.h"
#include "ctl/history_time.h"

/* ---- the kernel's lines ---- */

static bool
kernel(struct kernel_log *k, uint64_t time_us, const char *line, struct history_event *ret)
{
        return kernel_log_line(k, time_us, line, strlen(line), ret);
}

static void
kernel_names_end_where_the_kernel_ends_them(void **state)
{
        static const struct {
                const char *line, *name;
                int32_t pid;
                uint64_t size_kib;
        } cases[] = {
                { "Out of memory: Killed process 7 (a) total-vm:9kB) total-vm:8kB, anon-rss:4kB, "
                  "file-rss:0kB, shmem-rss:1kB, UID:5 pgtables:0kB oom_score_adj:0",
                  "a) total-vm:9kB", 7, 5 },
                { "Out of memory: Killed process 7 () total-vm:8kB, anon-rss:4kB", "", 7, 4 },
                { "Out of memory: Killed process 7 (x) y) total-vm:8kB", "x) y", 7, 0 },
                { "Killed process 7 (), UID 1, total-vm:8kB, anon-rss:4kB", "", 7, 4 },
                { "Killed process 7 (a\x1b[31mb\xff) total-vm:8kB", "a?[31mb?", 7, 0 },
                { "Out of memory (oom_kill_allocating_task): Killed process 7 (x) total-vm:1kB",
                  "x", 7, 0 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct kernel_log k = KERNEL_LOG_INIT(4);
                struct history_event e;

                assert_true(kernel(&k, 1, cases[i].line, &e));
                assert_string_equal(e.name, cases[i].name);
                assert_int_equal(e.pid, cases[i].pid);
                assert_int_equal(e.size_kib, cases[i].size_kib);
        }
}

static void
kernel_lines_that_tell_of_no_kill(void **state)
{
        static const char *const lines[] = {
                "",
                "Killed process",
                "Killed process x (y) total-vm:1kB",
                "Killed process 0 (y) total-vm:1kB",
                "Killed process 99999999999 (y) total-vm:1kB",
                "Killed process 7 y",
                "Killed process 7 (y",
                "Out of memory: Killed process",
                "Out of memory: Kill process 7 (y) score 1 or sacrifice child",
                "Out of memory and no killable processes...",
                "Memory cgroup out of memory: OOM victim 7 (x) is already exiting. Skip killing",
                "x[7]: Out of memory: Killed process 7 (y) total-vm:1kB",
                "oom-kill:constraint=",
                "oom-kill:constraint=CONSTRAINT_NONE,pid=",
                "[",
                "[ 1",
                "[  pid  ]",
                " invoked oom-killer: ",
        };
        struct kernel_log k = KERNEL_LOG_INIT(4);
        struct history_event e = { .pid = 42 };

        (void)state;
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
                assert_false(kernel(&k, 1, lines[i], &e));
        assert_int_equal(e.pid, 42);
}

static void
kernel_lines_of_another_kill_are_not_mixed_in(void **state)
{
        static const char summary[] =
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
                "oom_memcg=/a,task_memcg=/a/b.service,task=x,pid=7,uid=3";
        static const char other[] = "Out of memory: Killed process 8 (y) total-vm:1kB";
        static const char same[] = "Memory cgroup out of memory: Killed process 7 (x) total-vm:1kB";
        struct kernel_log k = KERNEL_LOG_INIT(4);
        struct history_event e;

        (void)state;
        assert_false(kernel(&k, 1, summary, &e));
        assert_true(kernel(&k, 2, other, &e));
        assert_int_equal(e.scope, SCOPE_MACHINE);
        assert_string_equal(e.limit_cgroup, "");
        assert_true(kernel(&k, 3, same, &e));
        assert_string_equal(e.limit_cgroup, "/a");
        assert_string_equal(e.unit, "b.service");
        assert_true(e.has_uid);
        assert_int_equal(e.uid, 3);
        /* Used up. */
        assert_true(kernel(&k, 4, same, &e));
        assert_string_equal(e.limit_cgroup, "");
        assert_int_equal(e.scope, SCOPE_CGROUP);
        /* Too long ago. */
        assert_false(kernel(&k, 1000000, summary, &e));
        assert_true(kernel(&k, 3600000000, same, &e));
        assert_string_equal(e.limit_cgroup, "");
}

static void
kernel_kills_of_a_whole_cgroup_tell_the_first_one_once(void **state)
{
        static const char *const lines[] = {
                "x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
                "oom_memcg=/a,task_memcg=/a/b.service,task=x,pid=7,uid=3",
                "Memory cgroup out of memory: Killed process 7 (x) total-vm:2kB, anon-rss:1kB",
                "Tasks in /a/b.service are going to be killed due to memory.oom.group set",
                "Memory cgroup out of memory: Killed process 7 (x) total-vm:2kB, anon-rss:1kB",
                "Memory cgroup out of memory: Killed process 8 (y) total-vm:2kB, anon-rss:1kB",
                "oom_reaper: reaped process 7 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        };
        struct history_reader *r = calloc(1, sizeof(*r));

        (void)state;
        assert_non_null(r);
        r->kernel = (struct kernel_log)KERNEL_LOG_INIT(4);
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
                history_take_line(r, lines[i], strlen(lines[i]), 0);
        assert_int_equal(r->history.n, 2);
        assert_int_equal(r->history.event[0].pid, 7);
        assert_int_equal(r->history.event[1].pid, 8);
        assert_string_equal(r->history.event[1].unit, "b.service");
        history_free(&r->history);
        free(r);
}

static void
kernel_cgroups_with_hostile_names_do_not_change_the_pid(void **state)
{
        static const char summary[] =
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
                "oom_memcg=/x,task=evil,pid=1,uid=0,task_memcg=/y,task=a,pid=2,uid=0,pid=7,uid=3";
        struct kernel_log k = KERNEL_LOG_INIT(4);
        struct history_event e;

        (void)state;
        assert_false(kernel(&k, 1, summary, &e));
        assert_true(kernel(&k, 2, "Memory cgroup out of memory: Killed process 7 (x) total-vm:1kB",
                           &e));
        assert_int_equal(e.uid, 3);
}

static void
kernel_tables_of_any_shape(void **state)
{
        struct kernel_log k = KERNEL_LOG_INIT(4);
        struct history_event e;
        char row[128];

        (void)state;
        assert_false(kernel(&k, 1, "x invoked oom-killer: gfp_mask=0", &e));
        assert_false(kernel(&k, 1, "[ pid ] total_vm a b c d e f g h i j k l m n o p q name", &e));
        assert_false(kernel(&k, 1, "[    1]     0     1   10   10 before the head", &e));
        assert_false(kernel(&k, 1, "[ pid ]   uid total_vm  rss swapents name", &e));
        for (int i = 1; i <= 1000; i++) {
                (void)snprintf(row, sizeof(row), "[%5d]  0  99999 %d 1 p%d", i, i, i);
                assert_false(kernel(&k, 1, row, &e));
        }
        assert_false(kernel(&k, 1, "[ 2000]  0  1 99999999999999999999 1 too many", &e));
        assert_false(kernel(&k, 1, "[ 2001]  0  1 18446744073709551615 1 too large", &e));
        assert_false(kernel(&k, 1, "[ 2002]  0  1 2", &e));
        assert_false(kernel(&k, 1, "[ 2003]  0  1 5000 0 a ] b", &e));
        assert_true(kernel(&k, 2, "Out of memory: Killed process 500 (p) total-vm:1kB", &e));
        assert_int_equal(e.n_top, HISTORY_TOP);
        assert_string_equal(e.top[0].name, "a ] b");
        assert_int_equal(e.top[0].kib, 20000);
        assert_int_equal(e.top[1].pid, 1000);
        assert_int_equal(e.top[4].pid, 997);
        assert_int_equal(e.size_kib, 4); /* its swap, from the table */
}

static void
kernel_stamps_of_every_kind(void **state)
{
        static const struct {
                const char *line, *text;
                uint64_t boot_us, wall_us;
        } cases[] = {
                { "6,409,10642157,-;a;b", "a;b", 10642157, 0 },
                { "4,1,5,c,caller=T1;a", "a", 5, 0 },
                { "<6>[   12.345678] a", "a", 12345678, 0 },
                { "[    0.000000] ", "", 0, 0 },
                { "[12345.000001][   T12] a", "a", 12345000001, 0 },
                { "[Fri Nov 20 03:14:07 2026] a", "a", 0, 1795144447000000 },
                { "2026-11-20T03:14:07.123456+02:00 host kernel: [   1.000000] a", "a", 1000000,
                  1795137247000000 },
                { "Nov 20 03:14:07 host kernel: [    1.000000] a", "a", 1000000, 0 },
                { "a", "a", 0, 0 },
                { "", "", 0, 0 },
                { "[ pid ] a", "[ pid ] a", 0, 0 },
                { "6,409", "6,409", 0, 0 },
                { "[12.34] a", "[12.34] a", 0, 0 },
                { "[Fri Nov 20 03:14:07] a", "[Fri Nov 20 03:14:07] a", 0, 0 },
                { "<6[ 1.000000] a", "<6[ 1.000000] a", 0, 0 },
                { "yesterday host kernel: a", "yesterday host kernel: a", 0, 0 },
                { "2026-11-20T03:14:07Z h kernel: a", "a", 0, 1795144447000000 },
                { "[99999999999.000000] a", "[99999999999.000000] a", 0, 0 },
                /* util-linux since 2.41 with who printed it, in each of its formats */
                { "[  100.000001] [    T1] a", "a", 100000001, 0 },
                { "[  100.000001] [  C127] a", "a", 100000001, 0 },
                { "[Fri Nov 20 03:14:07 2026] [    T1] a", "a", 0, 1795144447000000 },
                { "2026-11-20T03:14:07,123456+00:00 [ T1] a", "a", 0, 1795144447000000 },
                { "[ T1] a", "a", 0, 0 },
                { "[  100.000001] [  777] a", "[  777] a", 100000001, 0 },
                { "[  100.000001] [  pid  ] a", "[  pid  ] a", 100000001, 0 },
                { "[  100.000001] [T] a", "[T] a", 100000001, 0 },
                { "[  100.000001] [T1 a", "[T1 a", 100000001, 0 },
                /* dmesg --time-format iso */
                { "2026-11-20T03:14:07,123456+02:00 a kernel: b", "a kernel: b", 0,
                  1795137247000000 },
                { "2026-11-20T03:14:07,123456+00:00", "2026-11-20T03:14:07,123456+00:00", 0, 0 },
                { "2026-11-20T03:14:07,123456 a", "2026-11-20T03:14:07,123456 a", 0, 0 },
                { "2026-11-20T03:14:07 a", "2026-11-20T03:14:07 a", 0, 0 },
                /* dmesg -x */
                { "kern  :err   : [  100.000001] a", "a", 100000001, 0 },
                { "kern  :notice: [Fri Nov 20 03:14:07 2026] a", "a", 0, 1795144447000000 },
                { "kern  :info  : 2026-11-20T03:14:07,123456+00:00 a", "a", 0, 1795144447000000 },
                { "kern  :err   : a", "a", 0, 0 },
                { "user  :err   : a", "user  :err   : a", 0, 0 },
                { "kern  :err a", "kern  :err a", 0, 0 },
                /* dmesg -d, -e and -H */
                { "[  100.000001 <    0.000012>] a", "a", 100000001, 0 },
                { "[Fri Nov 20 03:14:07 2026 <    0.000012>] a", "a", 0, 1795144447000000 },
                { "[<    0.000012>] a", "a", 0, 0 },
                { "[Nov20 03:14] a", "a", 0, 0 },
                { "[  +0.000012] a", "a", 0, 0 },
                { "[  +0.0x] a", "[  +0.0x] a", 0, 0 },
                { "[ +] a", "[ +] a", 0, 0 },
                { "[<>] a", "[<>] a", 0, 0 },
                { "[Nov20 03:14 a", "[Nov20 03:14 a", 0, 0 },
        };

        (void)state;
        assert_int_equal(setenv("TZ", "UTC", 1), 0);
        tzset();
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct kernel_stamp s;

                kernel_log_stamp(cases[i].line, strlen(cases[i].line), 0, &s);
                assert_int_equal(s.len, strlen(cases[i].text));
                assert_memory_equal(s.text, cases[i].text, s.len);
                assert_int_equal(s.boot_us, cases[i].boot_us);
                assert_int_equal(s.wall_us, cases[i].wall_us);
        }
}

static void
kernel_dates_without_a_year_are_of_the_latest_that_has_begun(void **state)
{
        /* Friday 20 November 2026, 03:14:07 */
        static const uint64_t now_us = UINT64_C(1795144447) * 1000000;
        static const struct {
                const char *line;
                uint64_t now_us, wall_s;
        } cases[] = {
                { "Nov 20 03:14:07 host kernel: [    1.000000] a", now_us, 1795144447 },
                { "Nov 21 03:14:07 host kernel: a", now_us, 1795144447 + 86400 },
                { "Nov 21 03:14:08 host kernel: a", now_us, 1795144448 - 364 * 86400 },
                { "Jan  1 00:00:00 host kernel: a", now_us, 1767225600 },
                { "Dec 31 23:59:59 host kernel: a", now_us, 1767225599 },
                { "Feb 29 12:00:00 host kernel: a", now_us, 1709208000 },
                /* 1 March 2103: 2100 has no such day */
                { "Feb 29 12:00:00 host kernel: a", UINT64_C(4202150400) * 1000000, 3981355200 },
                { "Feb 31 12:00:00 host kernel: a", now_us, 0 },
                { "Nov 20 03:14:07 host kernel: a", 0, 0 },
                { "Nov 20 03:14:07 host kernel: a", 1, 0 },
        };

        (void)state;
        assert_int_equal(setenv("TZ", "UTC", 1), 0);
        tzset();
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct kernel_stamp s;

                kernel_log_stamp(cases[i].line, strlen(cases[i].line), cases[i].now_us, &s);
                assert_int_equal(s.len, 1);
                assert_int_equal(s.wall_us, cases[i].wall_s * 1000000);
        }
}

static void
kernel_dates_without_a_year_are_of_the_local_zone(void **state)
{
        static const char line[] = "Jul  1 12:00:00 host kernel: a";
        struct kernel_stamp s;

        (void)state;
        assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
        tzset();
        kernel_log_stamp(line, sizeof(line) - 1, UINT64_C(1795144447) * 1000000, &s);
        assert_int_equal(s.wall_us / 1000000, 1782900000);
        assert_int_equal(setenv("TZ", "UTC", 1), 0);
        tzset();
}

static void
history_passes_over_what_syslog_dates_before_since(void **state)
{
        static const char *const lines[] = {
                "Nov 18 03:14:07 host kernel: [  100.000001] Out of memory: Killed process 7 (x) "
                "total-vm:1kB",
                "Nov 20 03:14:07 host kernel: [  100.000001] Out of memory: Killed process 7 (y) "
                "total-vm:1kB",
        };
        struct history_reader *r = calloc(1, sizeof(*r));

        (void)state;
        assert_non_null(r);
        assert_int_equal(setenv("TZ", "UTC", 1), 0);
        tzset();
        r->kernel = (struct kernel_log)KERNEL_LOG_INIT(4);
        r->now_us = UINT64_C(1795144447) * 1000000;
        for (int i = 0; i < 2; i++)
                history_take_line(r, lines[i], strlen(lines[i]), 0);
        assert_int_equal(r->history.n, 2);
        history_free(&r->history);
        r->since_us = r->now_us - UINT64_C(86400000000);
        for (int i = 0; i < 2; i++)
                history_take_line(r, lines[i], strlen(lines[i]), 0);
        assert_int_equal(r->history.n, 1);
        assert_string_equal(r->history.event[0].name, "y");
        history_free(&r->history);
        free(r);
}

/* ---- the guard's lines ---- */

static enum guard_says
guard(const char *line, struct history_event *e, enum history_kind *kind)
{
        return guard_line(line, strlen(line), e, kind);
}

static void
guard_names_end_at_the_last_bracket_that_can_end_them(void **state)
{
        struct history_event e;
        enum history_kind kind;

        (void)state;
        assert_int_equal(
                guard("<4>oomguard: SIGTERM to 7 (a), uid 0, 1 Mi), uid 9, foo, bar.scope, "
                      "93 MiB: why: really",
                      &e, &kind),
                GUARD_REPORT);
        assert_string_equal(e.name, "a), uid 0, 1 Mi");
        assert_int_equal(e.uid, 9);
        assert_string_equal(e.unit, "foo, bar.scope");
        assert_int_equal(e.size_kib, 93 * 1024);
        assert_string_equal(e.why, "why: really");
        assert_int_equal(e.sig, SIGTERM);
        assert_false(e.sig_kill);

        assert_int_equal(guard("7 (a) ended ) ended 12.5 s after SIGKILL, gave back 0 (predicted "
                               "1 MiB); 5 MiB available now",
                               &e, &kind),
                         GUARD_REPORT);
        assert_string_equal(e.name, "a) ended ");
        assert_int_equal(kind, REPORT_ENDING);
        assert_int_equal(e.took_us, 12500000);
        assert_int_equal(e.gave_back_kib, 0);
        assert_int_equal(e.available_kib, 5 * 1024);
        assert_true(e.sig_kill);
}

static void
guard_lines_that_tell_of_no_kill(void **state)
{
        static const char *const lines[] = {
                "",
                "oomguard: ",
                "oomguard: 0.1.0 guards 742 MiB of memory and 0 of swap",
                "oomguard: nothing is ended: there is no process that may be",
                "oomguard: ending on signal 15",
                "SIGTERM to",
                "SIGTERM to x (y), uid 0, 1 MiB: z",
                "SIGTERM to 0 (y), uid 0, 1 MiB: z",
                "SIGTERM to 7 (y), uid x, 1 MiB: z",
                "SIGTERM to 7 (y), uid 0, 1 MiB",
                "SIGTERM to 7 (y), uid 0, big: z",
                "SIGTERM to 7 (y) ended",
                "SIGTERM to 99999999999 (y), uid 0, 1 MiB: z",
                "SIGTERM to 0 processes like 7 (y), uid 0, 1 MiB: z",
                "7 (y)",
                "7 (a name that is longer than any) ended 1 ms after SIGTERM",
                "7 (y) may not be signalled: Operation not permitted; the next one is taken",
                "SIGSTOP to 7 (y), uid 0, 1 MiB: z",
        };
        struct history_event e = { .pid = 42 };
        enum history_kind kind;

        (void)state;
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
                assert_int_equal(guard(lines[i], &e, &kind), GUARD_NOTHING);
        assert_int_equal(e.pid, 42);
}

static void
guard_sizes_as_people_read_them(void **state)
{
        static const struct {
                const char *text;
                uint64_t kib;
                size_t taken;
        } cases[] = {
                { "0", 0, 1 },
                { "12 KiB", 12, 6 },
                { "93 MiB,", 95232, 6 },
                { "2.1 GiB", 2202009, 7 },
                { "43.3G", 45403340, 5 },
                { "388.4M", 397721, 6 },
                { "2048B", 2, 5 },
                { "1.5 TiB", 1610612736, 7 },
                { "5.75M", 5836, 5 },
        };
        static const char *const bad[] = {
                "", "x", "12", "1.5", "18446744073709551615 TiB", "-1 M"
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const char *p = cases[i].text;
                uint64_t kib = 7;

                assert_true(guard_size(&p, &kib));
                assert_int_equal(kib, cases[i].kib);
                assert_int_equal(p - cases[i].text, cases[i].taken);
        }
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                const char *p = bad[i];
                uint64_t kib = 7;

                assert_false(guard_size(&p, &kib));
                assert_int_equal(kib, 7);
                assert_ptr_equal(p, bad[i]);
        }
}

static void
guard_fields_are_told_by_word_by_id_or_by_sentence(void **state)
{
        static const struct {
                struct guard_fields f;
                enum guard_says says;
                enum history_kind kind;
                int sig;
                enum history_ending ending;
        } cases[] = {
                { { .event = "killing", .pid = "7", .sig = "SIGKILL" },
                  GUARD_REPORT,
                  REPORT_KILL,
                  SIGKILL,
                  ENDING_UNKNOWN },
                { { .event = "killing", .pid = "7", .sig = "15" },
                  GUARD_REPORT,
                  REPORT_KILL,
                  SIGTERM,
                  ENDING_UNKNOWN },
                { { .event = "killing", .pid = "7", .sig = "17" },
                  GUARD_REPORT,
                  REPORT_KILL,
                  0,
                  ENDING_UNKNOWN },
                { { .message_id = "0c523a7d7e924fb9a802babe26a20cce", .pid = "7" },
                  GUARD_REPORT,
                  REPORT_ENDING,
                  0,
                  ENDING_ENDED },
                { { .message_id = "71444528b20f4a34bf67ba61daec4d1b", .pid = "7" },
                  GUARD_REPORT,
                  REPORT_ENDING,
                  0,
                  ENDING_GAVE_UP },
                { { .message_id = "1fc11a8b909c4e6585c8569ff64d4f10", .pid = "7" },
                  GUARD_REPORT,
                  REPORT_ESCALATED,
                  0,
                  ENDING_UNKNOWN },
                { { .event = "released", .pid = "7" },
                  GUARD_REPORT,
                  REPORT_ENDING,
                  0,
                  ENDING_RELEASED },
                { { .message = "7 (x) has not ended on SIGTERM and no longer has to: 1 MiB",
                    .pid = "7" },
                  GUARD_REPORT,
                  REPORT_ENDING,
                  0,
                  ENDING_RELEASED },
                { { .event = "refused", .pid = "7" }, GUARD_NOTHING, 0, 0, 0 },
                { { .event = "warning", .pid = "7" }, GUARD_NOTHING, 0, 0, 0 },
                { { .event = "killing", .pid = "0" }, GUARD_NOTHING, 0, 0, 0 },
                { { .event = "killing", .pid = "7x" }, GUARD_NOTHING, 0, 0, 0 },
                { { .event = "killing", .pid = "4294967303" }, GUARD_NOTHING, 0, 0, 0 },
                { { .event = "killing" }, GUARD_NOTHING, 0, 0, 0 },
                { { .message_id = "1980cc01c1b0423a8831d6bf6b9f3eec", .pid = "7" },
                  GUARD_NOTHING,
                  0,
                  0,
                  0 },
                { { .pid = "7" }, GUARD_NOTHING, 0, 0, 0 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct history_event e = { .pid = 42 };
                enum history_kind kind = REPORT_KILL;

                assert_int_equal(guard_fields_read(&cases[i].f, &e, &kind), cases[i].says);
                if (cases[i].says == GUARD_NOTHING) {
                        assert_int_equal(e.pid, 42);
                        continue;
                }
                assert_int_equal(e.pid, 7);
                assert_int_equal(kind, cases[i].kind);
                assert_int_equal(e.sig, cases[i].sig);
                assert_int_equal(e.ending, cases[i].ending);
        }
}

static void
guard_consumers_keep_their_names(void **state)
{
        struct guard_fields f = { .event = "killing",
                                  .pid = "7",
                                  .consumers = "a, b 1 MiB 2.0 GiB, c 512 KiB, , 3, d, e 1 MiB" };
        struct history_event e;
        enum history_kind kind;

        (void)state;
        assert_int_equal(guard_fields_read(&f, &e, &kind), GUARD_REPORT);
        assert_int_equal(e.n_top, 3);
        assert_string_equal(e.top[0].name, "a, b 1 MiB");
        assert_int_equal(e.top[0].kib, 2 * 1024 * 1024);
        assert_string_equal(e.top[2].name, "c");
        f.consumers = "no size at all";
        assert_int_equal(guard_fields_read(&f, &e, &kind), GUARD_REPORT);
        assert_int_equal(e.n_top, 0);
}

static void
oomd_lines_that_tell_of_no_kill(void **state)
{
        static const char *const lines[] = {
                "",
                "Killed",
                "Killed x due to memory pressure",
                "Killed /x",
                "Path: /x",
                "Swap Usage: 1G",
                "Marked /x for killing",
                "systemd-oomd killed",
        };
        struct oomd_log o = { .open = false };
        struct history_event e = { .pid = 42 };

        (void)state;
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
                assert_false(oomd_line(&o, 1, lines[i], strlen(lines[i]), &e));
        assert_int_equal(e.pid, 42);
}

/* ---- the journal's format ---- */

struct seen {
        unsigned n;
        char message[4][JOURNAL_VALUE_MAX];
        size_t len[4];
};

static void
note_entry(void *arg, const struct journal_entry *e)
{
        struct seen *s = arg;

        assert_true(s->n < 4);
        s->len[s->n] = e->has[JOURNAL_MESSAGE] ? e->len[JOURNAL_MESSAGE] : 0;
        (void)snprintf(s->message[s->n], JOURNAL_VALUE_MAX, "%s",
                       e->has[JOURNAL_MESSAGE] ? e->value[JOURNAL_MESSAGE] : "(none)");
        s->n++;
}

static void
journal_entries_come_whole_however_they_are_cut(void **state)
{
        static const char text[] = "__CURSOR=x\nMESSAGE=one=1\n_UID=0\n\n"
                                   "MESSAGE\n\x06\0\0\0\0\0\0\0a\n\n\0=b\nOTHER\n\x02\0\0\0\0\0\0\0"
                                   "\n\n\n\n"
                                   "X=y\n\n"
                                   "MESSAGE=first\nMESSAGE=second\n\n\n";

        (void)state;
        for (size_t piece = 1; piece <= sizeof(text) - 1; piece++) {
                struct journal *j = calloc(1, sizeof(*j));
                struct seen s = { .n = 0 };

                assert_non_null(j);
                for (size_t at = 0; at < sizeof(text) - 1; at += piece) {
                        size_t left = sizeof(text) - 1 - at;

                        journal_feed(j, text + at, left < piece ? left : piece, note_entry, &s);
                }
                free(j);
                assert_int_equal(s.n, 4);
                assert_string_equal(s.message[0], "one=1");
                assert_string_equal(s.message[1], "a\n\n?=b");
                assert_string_equal(s.message[2], "(none)");
                assert_string_equal(s.message[3], "first");
        }
}

static void
journal_values_of_any_length_take_the_same_room(void **state)
{
        struct journal *j = calloc(1, sizeof(*j));
        struct seen s = { .n = 0 };
        char chunk[4096];

        (void)state;
        assert_non_null(j);
        memset(chunk, 'x', sizeof(chunk));
        journal_feed(j, "MESSAGE=", 8, note_entry, &s);
        for (int i = 0; i < 1000; i++)
                journal_feed(j, chunk, sizeof(chunk), note_entry, &s);
        journal_feed(j, "\n", 1, note_entry, &s);
        for (int i = 0; i < 1000; i++) /* a name without an end */
                journal_feed(j, chunk, sizeof(chunk), note_entry, &s);
        journal_feed(j, "=y\n\n", 4, note_entry, &s);
        assert_int_equal(s.n, 1);
        assert_int_equal(s.len[0], JOURNAL_VALUE_MAX - 1);
        /* A binary value that says to be as long as can be swallows the rest, and nothing else. */
        journal_feed(j, "MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff", 16, note_entry, &s);
        for (int i = 0; i < 100; i++)
                journal_feed(j, chunk, sizeof(chunk), note_entry, &s);
        assert_int_equal(s.n, 1);
        free(j);
}

/* ---- times ---- */

static void
history_times_as_people_write_them(void **state)
{
        /* Friday 20 November 2026, 03:14:07 */
        static const uint64_t now_s = 1795144447;
        static const struct {
                const char *text;
                uint64_t want_s;
        } cases[] = {
                { "2h", now_s - 7200 },
                { "30min", now_s - 1800 },
                { "90s", now_s - 90 },
                { "3 days", now_s - 259200 },
                { "1 week ago", now_s - 604800 },
                { "today", now_s - 3 * 3600 - 14 * 60 - 7 },
                { "yesterday", now_s - 3 * 3600 - 14 * 60 - 7 - 86400 },
                { "03:00", now_s - 14 * 60 - 7 },
                { "04:00", now_s - 14 * 60 - 7 + 3600 - 86400 },
                { "03:14:07", now_s },
                { "2026-11-19", now_s - 3 * 3600 - 14 * 60 - 7 - 86400 },
                { "2026-11-19 03:00", now_s - 14 * 60 - 7 - 86400 },
                { "2026-11-19T03:00:30", now_s - 14 * 60 + 23 - 86400 },
                { "@1000", 1000 },
                { "99999w", 0 },
        };
        static const char *const bad[] = {
                "",
                "x",
                "2",
                "2 hours from now",
                "-2h",
                "2026-11-21",
                "2026-02-30",
                "2026-13-01",
                "2026-00-01",
                "2026-11-19 25:00",
                "24:00",
                "3:00",
                "03:00x",
                "@",
                "@-1",
                "@99999999999",
                "2h30",
                "2026-11-19 ",
                "18446744073709551615w",
        };

        (void)state;
        assert_int_equal(setenv("TZ", "UTC", 1), 0);
        tzset();
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                uint64_t us = 7;

                assert_true(history_time_parse(cases[i].text, now_s * 1000000, &us));
                assert_int_equal(us, cases[i].want_s * 1000000);
        }
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                uint64_t us = 7;

                assert_false(history_time_parse(bad[i], now_s * 1000000, &us));
                assert_int_equal(us, 7);
        }
}

static void
history_yesterday_is_a_day_where_clocks_change(void **state)
{
        uint64_t us;

        (void)state;
        /* Berlin, 25 October 2026: the day has 25 hours.  The day after, at noon: */
        assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
        tzset();
        assert_true(history_time_parse("yesterday", UINT64_C(1793012400) * 1000000, &us));
        assert_int_equal(us / 1000000, 1792879200);
        assert_int_equal(setenv("TZ", "UTC", 1), 0);
        tzset();
}

/* Any bytes at all: nothing is read beyond them, nothing is made up of them. */
static void
history_reads_any_bytes(void **state)
{
        struct history_reader *r = calloc(1, sizeof(*r));
        struct journal *j = calloc(1, sizeof(*j));
        uint32_t x = 1;

        (void)state;
        assert_non_null(r);
        assert_non_null(j);
        r->kernel = (struct kernel_log)KERNEL_LOG_INIT(4);
        for (int i = 0; i < 20000; i++) {
                char noise[64];

                for (size_t k = 0; k < sizeof(noise); k++) {
                        x = x * 1664525u + 1013904223u;
                        noise[k] = (char)(x >> 24);
                }
                history_take_line(r, noise, sizeof(noise), 0);
                journal_feed(j, noise, sizeof(noise), history_take_entry, r);
        }
        assert_int_equal(r->history.n, 0);
        history_free(&r->history);
        free(j);
        free(r);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(kernel_names_end_where_the_kernel_ends_them),
                cmocka_unit_test(kernel_lines_that_tell_of_no_kill),
                cmocka_unit_test(kernel_lines_of_another_kill_are_not_mixed_in),
                cmocka_unit_test(kernel_kills_of_a_whole_cgroup_tell_the_first_one_once),
                cmocka_unit_test(kernel_cgroups_with_hostile_names_do_not_change_the_pid),
                cmocka_unit_test(kernel_tables_of_any_shape),
                cmocka_unit_test(kernel_stamps_of_every_kind),
                cmocka_unit_test(kernel_dates_without_a_year_are_of_the_latest_that_has_begun),
                cmocka_unit_test(kernel_dates_without_a_year_are_of_the_local_zone),
                cmocka_unit_test(history_passes_over_what_syslog_dates_before_since),
                cmocka_unit_test(guard_names_end_at_the_last_bracket_that_can_end_them),
                cmocka_unit_test(guard_lines_that_tell_of_no_kill),
                cmocka_unit_test(guard_sizes_as_people_read_them),
                cmocka_unit_test(guard_fields_are_told_by_word_by_id_or_by_sentence),
                cmocka_unit_test(guard_consumers_keep_their_names),
                cmocka_unit_test(oomd_lines_that_tell_of_no_kill),
                cmocka_unit_test(journal_entries_come_whole_however_they_are_cut),
                cmocka_unit_test(journal_values_of_any_length_take_the_same_room),
                cmocka_unit_test(history_times_as_people_write_them),
                cmocka_unit_test(history_yesterday_is_a_day_where_clocks_change),
                cmocka_unit_test(history_reads_any_bytes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
