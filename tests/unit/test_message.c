/* SPDX-License-Identifier: MIT */
/*
 * The lines that people read, one of each kind to the letter, and names that were made to harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "message.h"
#include "sampler.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define MIB     1024ull
#define GIB     (1024 * MIB)

static struct policy policy;
static struct record rec;
static char text[MESSAGE_MAX];

/* A TERM with numbers that are easy to tell apart; the victim is a browser's tab. */
static void
set_up(enum record_kind kind)
{
        memset(&policy, 0, sizeof(policy));
        rec = (struct record){
                .kind = kind,
                .verdict = {
                        .level = LEVEL_TERM,
                        .act = LEVEL_TERM,
                        .reason = REASON_LOW,
                        .available_kib = 398 * MIB,
                        .warn_kib = 800 * MIB,
                        .term_kib = 400 * MIB,
                        .kill_kib = 200 * MIB,
                },
        };
        if (kind == RECORD_FAULT)
                return;
        rec.sample.has_refault = true;
        rec.victim = (struct record_victim){
                .pid = 4211,
                .uid = 1000,
                .n = 1,
                .sig = SIGTERM,
                .name = "chromium",
                .unit = "app-chromium.scope",
                .standing = { .rule = -1, .builtin = -1 },
                .size_kib = 3250586,
                .score = { .anon_kib = 3000 * MIB, .total_kib = 3000 * MIB, .rule_bp = 10000 },
        };
}

static void
assert_says(int level, const char *want)
{
        assert_int_equal(message_format(&rec, &policy, text, sizeof(text)), level);
        assert_string_equal(text, want);
}

static void
assert_silent(void)
{
        assert_int_equal(message_format(&rec, &policy, text, sizeof(text)), -1);
        assert_string_equal(text, "");
}

/* ---- sizes and names ---- */

static void
message_size_is_short_and_never_wrong_by_a_unit(void **state)
{
        static const struct {
                uint64_t kib;
                const char *want;
        } rows[] = {
                { 0, "0" },
                { 1, "1 KiB" },
                { 10239, "10239 KiB" },
                { 10240, "10 MiB" },
                { 11263, "10 MiB" },
                { 11264, "11 MiB" },
                { 1048575, "1023 MiB" },
                { 1048576, "1.0 GiB" },
                { 1153433, "1.0 GiB" },
                { 1153434, "1.1 GiB" },
                { 2097151, "1.9 GiB" },
                { UINT64_MAX, "17592186044415.9 GiB" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                char got[32];

                message_size(rows[i].kib, got, sizeof(got));
                assert_string_equal(got, rows[i].want);
        }
}

static void
message_wash_lets_only_printable_utf8_through(void **state)
{
        static const struct {
                const char *name, *want;
        } rows[] = {
                { "", "" },
                { "chromium", "chromium" },
                { "Web Content", "Web Content" },
                { "~ }", "~ }" },
                { "foo) Z ", "foo) Z " },
                { "a\nb\tc\rd", "a?b?c?d" },
                { "\033[31mred", "?[31mred" },
                { "del\177", "del?" },
                { "\001\037", "??" },
                { "\xc3\xa4", "\xc3\xa4" },
                { "\xc2\xa0x", "\xc2\xa0x" },
                { "\xc2\x9bx", "??x" }, /* CSI in one character */
                { "\xc2\x80", "??" },
                { "\xdf\xbf", "\xdf\xbf" },
                { "\xc0\xaf", "??" }, /* overlong */
                { "\xc1\xbf", "??" },
                { "\xe0\xa0\x80", "\xe0\xa0\x80" },
                { "\xe0\x9f\xbf", "???" },
                { "\xe2\x82\xac", "\xe2\x82\xac" },
                { "\xef\xbf\xbd", "\xef\xbf\xbd" },
                { "\xed\x9f\xbf", "\xed\x9f\xbf" },
                { "\xed\xa0\x80", "???" }, /* half a surrogate pair */
                { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
                { "\xf0\x90\x80\x80", "\xf0\x90\x80\x80" },
                { "\xf0\x8f\xbf\xbf", "????" },
                { "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd" },
                { "\xf4\x8f\xbf\xbf", "????" }, /* no character: D-Bus refuses it */
                { "\xf0\x9f\xbf\xbe", "????" },
                { "\xef\xbf\xbe", "???" },
                { "\xef\xb7\x90", "???" },
                { "\xef\xb7\xb0", "\xef\xb7\xb0" },
                { "\xef\xbb\xbf", "???" }, /* cannot be seen */
                { "\xe2\x80\x8b", "???" },
                { "\xe2\x81\xa0", "???" },
                { "\xe2\x81\xaa", "\xe2\x81\xaa" },
                { "\xf3\xa0\x81\x81", "????" },
                { "\xd8\x9c", "??" }, /* turns the order round */
                { "\xd8\x9b", "\xd8\x9b" },
                { "\xf4\x90\x80\x80", "????" },
                { "\xf5\x80\x80\x80", "????" },
                { "\xff\xfe", "??" },
                { "\xc1\xbf\xbf", "???" },
                { "\xf0(\x98\x80", "?(??" },
                { "\xc1\xbf\xbf\xbf", "????" },
                { "\xc3\xa4\n", "\xc3\xa4?" },
                { "\xe2\x82\xac\n", "\xe2\x82\xac?" },
                { "\xf0\x9f\x98\x80\n", "\xf0\x9f\x98\x80?" },
                { "\x80", "?" },
                { "\xf0\x9f\x98", "???" }, /* cut */
                { "\xe2\x82", "??" },
                { "\xe2(\xa1", "?(?" },
                { "\xc3", "?" },
                { "\xf0\x9f(\x80", "?\?(?" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                char got[64];

                message_wash(rows[i].name, got, sizeof(got));
                assert_string_equal(got, rows[i].want);
        }
}

static void
message_wash_never_cuts_a_character(void **state)
{
        static const struct {
                size_t size;
                const char *want;
        } rows[] = {
                { 1, "" },
                { 2, "a" },
                { 4, "a" },
                { 5, "a\xe2\x82\xac" },
                { 6, "a\xe2\x82\xac\x62" },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(rows); i++) {
                char got[8];

                message_wash("a\xe2\x82\xac\x62", got, rows[i].size);
                assert_string_equal(got, rows[i].want);
                message_wash("\xff\xff\xff\xff\xff\xff", got, rows[i].size);
                assert_int_equal(strlen(got), rows[i].size - 1);
        }
}

/* ---- a first signal ---- */

static void
message_levels_are_those_of_sd_daemon(void **state)
{
        (void)state;
        assert_int_equal(MESSAGE_ERROR, 3);
        assert_int_equal(MESSAGE_WARNING, 4);
        assert_int_equal(MESSAGE_NOTICE, 5);
        assert_int_equal(MESSAGE_INFO, 6);
}

static void
message_says_whom_why_and_by_what_score(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        assert_says(MESSAGE_WARNING,
                    "SIGTERM to 4211 (chromium), uid 1000, app-chromium.scope, 3.1 GiB: 398 MiB "
                    "available (limit 400 MiB), no swap; worst score 2.9 GiB: ends 2.9 GiB");
}

static void
message_says_every_part_of_the_score(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        rec.victim.unit[0] = '\0';
        rec.victim.growth_kibps = 20 * MIB;
        rec.victim.score = (struct score){
                .anon_kib = 1000 * MIB,
                .pagetables_kib = 20 * MIB,
                .shared_kib = 30 * MIB,
                .swap_kib = 40 * MIB,
                .growth_kib = 50 * MIB,
                .adj = -17,
                .total_kib = 60 * MIB,
        };
        rec.verdict.swap_total_kib = 2 * GIB;
        rec.verdict.swap_free_kib = 100 * MIB;
        rec.verdict.swap_term_kib = 200 * MIB;
        rec.verdict.fall_kibps = 12 * MIB;
        assert_says(MESSAGE_WARNING,
                    "SIGTERM to 4211 (chromium), uid 1000, 3.1 GiB growing by 20 MiB a second: 398 "
                    "MiB available (limit 400 MiB), 100 MiB of swap free (limit 200 MiB), falling "
                    "by 12 MiB a second; worst score 60 MiB: ends 1.0 GiB + swap 40 MiB + growth "
                    "50 MiB, oom_score_adj -17");
}

static void
message_says_which_rule_counted(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        policy.n_rules = 2;
        policy.n_files = 1;
        memcpy(policy.files[0], "/etc/oomguard.conf", 19);
        policy.rules[1] = (struct rule){ RULE_PREFER, RULE_NAME, 0, 0, 14, "chrom*" };
        rec.victim.standing.rule = 1;
        assert_says(MESSAGE_WARNING,
                    "SIGTERM to 4211 (chromium), uid 1000, app-chromium.scope, 3.1 GiB: 398 MiB "
                    "available (limit 400 MiB), no swap; worst score 2.9 GiB: ends 2.9 GiB, "
                    "preferred by name:chrom* (/etc/oomguard.conf:14)");
        policy.rules[0] = policy.rules[1];
        rec.victim.standing.rule = 0;
        (void)message_format(&rec, &policy, text, sizeof(text));
        assert_non_null(strstr(text, ", preferred by name:chrom* (/etc/oomguard.conf:14)"));
        rec.victim.standing.rule = 1;
        policy.rules[1] = (struct rule){ RULE_AVOID, RULE_EXE, 0, 1, 3, "*/x" };
        assert_says(MESSAGE_WARNING,
                    "SIGTERM to 4211 (chromium), uid 1000, app-chromium.scope, 3.1 GiB: 398 MiB "
                    "available (limit 400 MiB), no swap; worst score 2.9 GiB: ends 2.9 GiB, "
                    "avoided by exe:*/x (?:3)");
        /* the policy has changed since: a rule that is not there is not named */
        rec.victim.standing.rule = 2;
        assert_says(MESSAGE_WARNING,
                    "SIGTERM to 4211 (chromium), uid 1000, app-chromium.scope, 3.1 GiB: 398 MiB "
                    "available (limit 400 MiB), no swap; worst score 2.9 GiB: ends 2.9 GiB");
}

static void
message_says_what_the_blamed_took_and_since_when(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        rec.victim.blamed = true;
        rec.victim.took_kib = 3040871; /* 2.9 GiB */
        rec.victim.missing_kib = 3250586;
        rec.victim.since_wall_s = 14 * 3600 + 3 * 60 + 7;
        assert_says(MESSAGE_WARNING,
                    "SIGTERM to 4211 (chromium), uid 1000, app-chromium.scope, 3.1 GiB: 398 MiB "
                    "available (limit 400 MiB), no swap; took 2.9 GiB of the 3.1 GiB that went "
                    "missing since 14:03:07");
}

static void
message_says_why_it_did_not_ask_after_one_that_gave_nothing_back(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        rec.victim.sig = SIGKILL;
        rec.victim.after_vain = true;
        assert_says(MESSAGE_WARNING,
                    "SIGKILL to 4211 (chromium), uid 1000, app-chromium.scope, 3.1 GiB: 398 MiB "
                    "available (limit 400 MiB), no swap; worst score 2.9 GiB: ends 2.9 GiB; no "
                    "SIGTERM, because the one before gave nothing back");
}

static void
message_says_that_it_switches_off_swap(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        rec.victim.swapoff = true;
        assert_says(MESSAGE_WARNING,
                    "SIGTERM to 4211 (chromium), uid 1000, app-chromium.scope, 3.1 GiB: 398 MiB "
                    "available (limit 400 MiB), no swap; it switches off swap, and what is in "
                    "there does not fit");
}

static void
message_says_that_swap_does_not_fit(void **state)
{
        (void)state;
        set_up(RECORD_LEVEL);
        rec.was = LEVEL_CALM;
        rec.verdict.level = rec.verdict.act = LEVEL_TERM;
        rec.verdict.reason = REASON_SWAPOFF;
        rec.verdict.fall_kibps = 0;
        assert_says(MESSAGE_WARNING,
                    "swap is being switched off, and what is in there does not fit: 398 MiB "
                    "available (limit 400 MiB), no swap");
        set_up(RECORD_SIGNAL);
        rec.verdict.reason = REASON_SWAPOFF;
        rec.victim.swapoff = true;
        assert_says(MESSAGE_WARNING,
                    "SIGTERM to 4211 (chromium), uid 1000, app-chromium.scope, 3.1 GiB: swap is "
                    "being switched off, and what is in there does not fit: 398 MiB available "
                    "(limit 400 MiB), no swap");
}

static void
message_says_how_many_there_are_of_a_swarm(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        rec.victim.n = 2;
        (void)message_format(&rec, &policy, text, sizeof(text));
        assert_non_null(strstr(text, "SIGTERM to 2 processes like 4211 (chromium), "));
        rec.victim.n = 12;
        rec.victim.dry_run = true;
        rec.victim.sig = SIGKILL;
        rec.verdict.act = LEVEL_KILL;
        rec.verdict.available_kib = 150 * MIB;
        assert_says(MESSAGE_WARNING,
                    "would send SIGKILL to 12 processes like 4211 (chromium), uid 1000, "
                    "app-chromium.scope, 3.1 GiB: 150 MiB available (limit 200 MiB), no swap; "
                    "worst score 2.9 GiB: ends 2.9 GiB");
}

static void
message_says_that_it_was_a_race(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        rec.victim.sig = SIGKILL;
        rec.verdict.act = LEVEL_KILL;
        rec.verdict.reason = REASON_RACE;
        rec.verdict.fall_kibps = 2 * GIB;
        rec.verdict.swap_total_kib = GIB;
        rec.verdict.swap_kill_kib = 50 * MIB;
        assert_says(MESSAGE_WARNING,
                    "SIGKILL to 4211 (chromium), uid 1000, app-chromium.scope, 3.1 GiB: 398 MiB "
                    "available (limit 200 MiB), 0 of swap free (limit 50 MiB), falling by 2.0 GiB "
                    "a second: too fast for it to end by itself; worst score 2.9 GiB: ends 2.9 "
                    "GiB");
}

static void
message_says_how_long_everything_stood_still(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        rec.verdict.reason = REASON_STALL;
        rec.verdict.full_bp = 4129;
        rec.verdict.refault_bp = 3050;
        assert_says(MESSAGE_WARNING,
                    "SIGTERM to 4211 (chromium), uid 1000, app-chromium.scope, 3.1 GiB: programs "
                    "stood still for memory 41.2% of the time, 30.5% of what was reclaimed had to "
                    "come back, 398 MiB available; worst score 2.9 GiB: ends 2.9 GiB");
        rec.verdict.full_bp = 10000;
        (void)message_format(&rec, &policy, text, sizeof(text));
        assert_non_null(strstr(text, "memory 100.0% of the time"));
        rec.verdict.full_bp = 305;
        (void)message_format(&rec, &policy, text, sizeof(text));
        assert_non_null(strstr(text, "memory 3.0% of the time"));
}

static void
message_does_not_mention_a_growth_or_fall_below_a_mebibyte(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        rec.victim.growth_kibps = rec.verdict.fall_kibps = 1023;
        (void)message_format(&rec, &policy, text, sizeof(text));
        assert_null(strstr(text, "growing"));
        assert_null(strstr(text, "falling"));
        rec.victim.growth_kibps = rec.verdict.fall_kibps = 1024;
        (void)message_format(&rec, &policy, text, sizeof(text));
        assert_non_null(strstr(text, " growing by 1024 KiB a second"));
        assert_non_null(strstr(text, ", falling by 1024 KiB a second"));
}

/* ---- what came of it ---- */

static void
message_says_how_it_ended(void **state)
{
        (void)state;
        set_up(RECORD_ENDED);
        rec.victim.gone_us = 342999;
        rec.victim.real = (struct give_back){ 3 * GIB, 0 };
        rec.victim.predicted = (struct give_back){ 3300000, 40 * MIB };
        rec.verdict.available_kib = 4 * GIB;
        assert_says(MESSAGE_NOTICE,
                    "4211 (chromium) ended 342 ms after SIGTERM, gave back 3.0 GiB (predicted 3.1 "
                    "GiB and 40 MiB of swap); 4.0 GiB available now");
        rec.victim.killed = true;
        rec.victim.gone_us = 9999999;
        (void)message_format(&rec, &policy, text, sizeof(text));
        assert_non_null(strstr(text, "ended 9999 ms after SIGTERM (SIGKILL was needed), gave"));
        rec.victim.gone_us = 10000000;
        rec.victim.n = 8;
        rec.victim.sig = SIGKILL;
        assert_says(MESSAGE_NOTICE,
                    "8 processes like 4211 (chromium) ended 10.0 s after SIGKILL, gave back 3.0 "
                    "GiB (predicted 3.1 GiB and 40 MiB of swap); 4.0 GiB available now");
        rec.victim.gone_us = 12990000;
        (void)message_format(&rec, &policy, text, sizeof(text));
        assert_non_null(strstr(text, "ended 12.9 s after SIGKILL, gave"));
}

static void
message_says_what_happens_in_flight(void **state)
{
        (void)state;
        set_up(RECORD_ESCALATED);
        rec.victim.term_us = 3000000;
        assert_says(MESSAGE_WARNING, "4211 (chromium) still there 3000 ms after SIGTERM; SIGKILL: "
                                     "398 MiB available (limit 400 MiB), no swap");
        rec.verdict.act = LEVEL_WARN; /* below TERM, without a cause of its own any more */
        assert_says(MESSAGE_WARNING, "4211 (chromium) still there 3000 ms after SIGTERM; SIGKILL: "
                                     "398 MiB available (limit 400 MiB), no swap");
        rec.verdict.act = LEVEL_KILL;
        assert_says(MESSAGE_WARNING, "4211 (chromium) still there 3000 ms after SIGTERM; SIGKILL: "
                                     "398 MiB available (limit 200 MiB), no swap");
        set_up(RECORD_REFUSED);
        rec.victim.error = -EPERM;
        assert_says(MESSAGE_WARNING, "4211 (chromium) may not be signalled: Operation not "
                                     "permitted; the next one is taken");
        set_up(RECORD_GAVE_UP);
        assert_says(MESSAGE_ERROR, "4211 (chromium) does not end and gives nothing back; given up, "
                                   "the next one is taken");
        rec.victim.swapoff = true;
        assert_says(MESSAGE_WARNING, "4211 (chromium) does not end before all is read in that one "
                                     "process has in swap; it is waited for as long as it gets on");
        set_up(RECORD_RELEASED);
        assert_says(MESSAGE_NOTICE, "4211 (chromium) has not ended on SIGTERM and no longer "
                                    "has to: 398 MiB available");
}

static void
message_says_why_nobody_is_ended(void **state)
{
        static const struct {
                enum nobody_cause cause;
                const char *want;
        } rows[] = {
                { CAUSE_NOBODY, "there is no process that may be" },
                { CAUSE_TMPFS, "what has gone missing lies in tmpfs (clear /tmp or /dev/shm), and "
                               "no process is to blame" },
                { CAUSE_IN_VAIN, "all that may be ended would together not be enough" },
                { CAUSE_NO_EFFECT, "the last two gave next to nothing back" },
                { CAUSE_PAUSED, "the guard is paused (oomguardctl resume ends that)" },
                { CAUSE_BLIND, "other people's processes are hidden (hidepid), so the cause may be "
                               "too" },
        };

        (void)state;
        set_up(RECORD_NOBODY);
        rec.sample.mem.shmem_kib = 2 * GIB;
        rec.sample.mem.hugetlb_kib = 0;
        rec.protected_kib = 700 * MIB;
        for (size_t i = 0; i < N_OF(rows); i++) {
                rec.cause = rows[i].cause;
                assert_int_equal(message_format(&rec, &policy, text, sizeof(text)), MESSAGE_ERROR);
                assert_memory_equal(text, "nothing is ended: ", 18);
                assert_memory_equal(text + 18, rows[i].want, strlen(rows[i].want));
                assert_string_equal(text + 18 + strlen(rows[i].want),
                                    "; 398 MiB available (limit 400 MiB), no swap; held by tmpfs "
                                    "and shared memory 2.0 GiB, huge pages 0, protected processes "
                                    "700 MiB");
        }
}

static void
message_says_that_the_kernel_was_first(void **state)
{
        (void)state;
        set_up(RECORD_KERNEL);
        rec.verdict.act = LEVEL_CALM;
        rec.kernel = (struct record_kernel){ 1, true };
        assert_says(MESSAGE_ERROR, "the kernel's OOM killer has ended 1 process before the guard "
                                   "could: 398 MiB available (limit 200 MiB), no swap");
        rec.kernel.n = 3;
        assert_says(MESSAGE_ERROR, "the kernel's OOM killer has ended 3 processes before the guard "
                                   "could: 398 MiB available (limit 200 MiB), no swap");
}

/* Inside of somebody's own limit it is nobody's fault but his. */
static void
message_says_that_the_kernel_ended_somebody_while_memory_was_plentiful(void **state)
{
        (void)state;
        set_up(RECORD_KERNEL);
        rec.verdict.available_kib = 9 * GIB;
        rec.kernel = (struct record_kernel){ 2, false };
        assert_says(MESSAGE_NOTICE,
                    "the kernel's OOM killer has ended 2 processes, although 9.0 GiB are "
                    "available: inside a cgroup's own limit, it seems (`dmesg` tells)");
}

/* ---- levels, faults ---- */

static void
message_says_when_memory_runs_out_and_when_it_has_recovered(void **state)
{
        (void)state;
        set_up(RECORD_LEVEL);
        rec.was = LEVEL_WATCH;
        rec.verdict.level = LEVEL_WARN;
        assert_says(MESSAGE_WARNING,
                    "memory is running out: 398 MiB available (limit 800 MiB), no swap");
        rec.verdict.swap_total_kib = GIB;
        rec.verdict.swap_free_kib = 100 * MIB;
        rec.verdict.swap_warn_kib = 200 * MIB;
        assert_says(MESSAGE_WARNING, "memory is running out: 398 MiB available (limit 800 MiB), "
                                     "100 MiB of swap free (limit 200 MiB)");
        rec.was = LEVEL_WARN;
        rec.verdict.level = LEVEL_WATCH;
        assert_says(MESSAGE_INFO, "memory has recovered: 398 MiB available, 100 MiB of swap free");
        rec.verdict.swap_total_kib = 0;
        assert_says(MESSAGE_INFO, "memory has recovered: 398 MiB available");
}

static void
message_says_nothing_of_a_change_that_is_nobodys_business(void **state)
{
        static const enum level silent[][2] = {
                { LEVEL_CALM, LEVEL_WATCH }, { LEVEL_WATCH, LEVEL_CALM },
                { LEVEL_WARN, LEVEL_TERM },  { LEVEL_TERM, LEVEL_KILL },
                { LEVEL_KILL, LEVEL_WARN },
        };

        (void)state;
        set_up(RECORD_LEVEL);
        for (size_t i = 0; i < N_OF(silent); i++) {
                rec.was = silent[i][0];
                rec.verdict.level = silent[i][1];
                assert_silent();
        }
        set_up(RECORD_SAMPLE);
        assert_silent();
        set_up(RECORD_STATE);
        assert_silent();
        rec.kind = (enum record_kind)99;
        assert_silent();
}

static void
message_says_which_file_cannot_be_read(void **state)
{
        static const char *const file[SAMPLER_N_FILES] = {
                "/proc/meminfo",
                "/proc/pressure/memory",
                "/proc/vmstat",
                "/proc/swaps or zram's mm_stat",
                "/proc/spl/kstat/zfs/arcstats",
                "/proc/zoneinfo",
        };

        (void)state;
        set_up(RECORD_FAULT);
        for (uint32_t i = 0; i < SAMPLER_N_FILES; i++) {
                char want[160];

                rec.fault = (struct record_fault){ i, -EIO, 7, false };
                (void)snprintf(want, sizeof(want),
                               "%s: Input/output error; the last good numbers stay, guarding goes "
                               "on",
                               file[i]);
                assert_says(MESSAGE_WARNING, want);
                rec.fault.over = true;
                (void)snprintf(want, sizeof(want), "%s can be read again, after 7 faults", file[i]);
                assert_says(MESSAGE_NOTICE, want);
        }
}

static void
message_says_that_trends_were_dropped(void **state)
{
        (void)state;
        set_up(RECORD_LATE);
        assert_says(MESSAGE_NOTICE, "the machine was suspended or stood still; trends start anew");
}

/* ---- hostile ---- */

static void
message_never_lets_a_name_through_unwashed(void **state)
{
        static const enum record_kind kinds[] = {
                RECORD_SIGNAL,  RECORD_ESCALATED, RECORD_ENDED,
                RECORD_REFUSED, RECORD_GAVE_UP,   RECORD_RELEASED,
        };

        (void)state;
        for (size_t i = 0; i < N_OF(kinds); i++) {
                set_up(kinds[i]);
                rec.victim.error = -EPERM;
                memcpy(rec.victim.name, "x\n<0>\033[2J\xff\x9b", 12);
                memcpy(rec.victim.unit, "a\nb.service", 12);
                (void)message_format(&rec, &policy, text, sizeof(text));
                for (const char *p = text; *p; p++)
                        assert_in_range((unsigned char)*p, 0x20, 0x7e);
                assert_non_null(strstr(text, "4211 (x?<0>?[2J?\?)"));
                assert_int_equal(strstr(text, "a?b.service") != NULL, kinds[i] == RECORD_SIGNAL);
        }
}

static void
message_is_cut_to_the_buffer_and_always_ends(void **state)
{
        (void)state;
        for (size_t size = 1; size < 400; size++) {
                char *buffer = malloc(size);

                assert_non_null(buffer);
                set_up(RECORD_SIGNAL);
                memset(rec.victim.unit, 'u', sizeof(rec.victim.unit) - 1);
                rec.victim.score.adj = 5;
                (void)message_format(&rec, &policy, buffer, size);
                assert_true(strlen(buffer) < size);
                free(buffer);
        }
}

static void
message_of_the_largest_numbers_fits(void **state)
{
        (void)state;
        set_up(RECORD_SIGNAL);
        memset(&rec.verdict, 0xff, sizeof(rec.verdict));
        rec.verdict.act = LEVEL_TERM;
        rec.verdict.reason = REASON_RACE;
        memset(&rec.victim.score, 0x7f, sizeof(rec.victim.score));
        memset(rec.victim.unit, 'u', sizeof(rec.victim.unit) - 1);
        policy.n_rules = policy.n_files = 1;
        memset(policy.files[0], 'f', sizeof(policy.files[0]) - 1);
        policy.rules[0].line = UINT32_MAX;
        memset(policy.rules[0].glob, 'g', sizeof(policy.rules[0].glob) - 1);
        rec.victim.standing.rule = 0;
        rec.victim.pid = INT32_MIN;
        rec.victim.n = UINT32_MAX;
        rec.victim.size_kib = rec.victim.growth_kibps = UINT64_MAX;
        assert_int_equal(message_format(&rec, &policy, text, sizeof(text)), MESSAGE_WARNING);
        assert_true(strlen(text) < sizeof(text) - 1);
        /* and a time that no calendar knows */
        rec.victim.blamed = true;
        rec.victim.since_wall_s = INT64_MAX;
        assert_int_equal(message_format(&rec, &policy, text, sizeof(text)), MESSAGE_WARNING);
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(message_size_is_short_and_never_wrong_by_a_unit),
                cmocka_unit_test(message_wash_lets_only_printable_utf8_through),
                cmocka_unit_test(message_wash_never_cuts_a_character),
                cmocka_unit_test(message_levels_are_those_of_sd_daemon),
                cmocka_unit_test(message_says_whom_why_and_by_what_score),
                cmocka_unit_test(message_says_every_part_of_the_score),
                cmocka_unit_test(message_says_which_rule_counted),
                cmocka_unit_test(message_says_what_the_blamed_took_and_since_when),
                cmocka_unit_test(message_says_why_it_did_not_ask_after_one_that_gave_nothing_back),
                cmocka_unit_test(message_says_that_it_switches_off_swap),
                cmocka_unit_test(message_says_that_swap_does_not_fit),
                cmocka_unit_test(message_says_how_many_there_are_of_a_swarm),
                cmocka_unit_test(message_says_that_it_was_a_race),
                cmocka_unit_test(message_says_how_long_everything_stood_still),
                cmocka_unit_test(message_does_not_mention_a_growth_or_fall_below_a_mebibyte),
                cmocka_unit_test(message_says_how_it_ended),
                cmocka_unit_test(message_says_what_happens_in_flight),
                cmocka_unit_test(message_says_why_nobody_is_ended),
                cmocka_unit_test(message_says_that_the_kernel_was_first),
                cmocka_unit_test(
                        message_says_that_the_kernel_ended_somebody_while_memory_was_plentiful),
                cmocka_unit_test(message_says_when_memory_runs_out_and_when_it_has_recovered),
                cmocka_unit_test(message_says_nothing_of_a_change_that_is_nobodys_business),
                cmocka_unit_test(message_says_which_file_cannot_be_read),
                cmocka_unit_test(message_says_that_trends_were_dropped),
                cmocka_unit_test(message_never_lets_a_name_through_unwashed),
                cmocka_unit_test(message_is_cut_to_the_buffer_and_always_ends),
                cmocka_unit_test(message_of_the_largest_numbers_fits),
        };

        /* The wall clock of the lines below is everybody's. */
        (void)setenv("TZ", "UTC0", 1);
        tzset();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
