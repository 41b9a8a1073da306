/* SPDX-License-Identifier: MIT */
/*
 * Signals and changes as real listeners get them, names as hostile as they come.
 */
#include "stage.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "decide.h"
#include "record.h"

#define HEARD STAGE_DIR "/heard"

static char text[STAGE_TEXT];

static pid_t
listen_by_busctl(void)
{
        pid_t pid = stage_spawn(HEARD, "busctl --system --json=short monitor org.oomguard1");

        WAIT(stage_count(HEARD, "Monitoring bus message stream") == 1);
        return pid;
}

static bool
heard(const char *what)
{
        return stage_count(HEARD, what) > 0;
}

/* The whole of it, byte for byte. */
static void
signal_of_a_kill_is_told_as_it_was(void **state)
{
        static const char want[] =
                "\"payload\":{\"type\":\"ussa{sv}\",\"data\":[4711,\"hog\",\"SIGTERM\",{"
                "\"Message\":{\"type\":\"s\",\"data\":\"SIGTERM to 4711 (hog), uid 1000, "
                "app-hog.scope, 3.0 GiB growing by 50 MiB a second: 400 MiB available (limit 512 "
                "MiB), 300 MiB of swap free (limit 512 MiB), falling by 50 MiB a second; worst "
                "score 3.5 GiB: ends 2.0 GiB + swap 1.0 GiB + growth 512 MiB\"},"
                "\"TimeUSec\":{\"type\":\"t\",\"data\":1700000000000000},"
                "\"DryRun\":{\"type\":\"b\",\"data\":false},"
                "\"Reason\":{\"type\":\"s\",\"data\":\"low\"},"
                "\"Available\":{\"type\":\"t\",\"data\":419430400},"
                "\"Limit\":{\"type\":\"t\",\"data\":536870912},"
                "\"SwapTotal\":{\"type\":\"t\",\"data\":4294967296},"
                "\"SwapFree\":{\"type\":\"t\",\"data\":314572800},"
                "\"SwapLimit\":{\"type\":\"t\",\"data\":536870912},"
                "\"PressureSome\":{\"type\":\"d\",\"data\":1.25},"
                "\"PressureFull\":{\"type\":\"d\",\"data\":2},"
                "\"Fall\":{\"type\":\"t\",\"data\":52428800},"
                "\"Pid\":{\"type\":\"u\",\"data\":4711},"
                "\"Name\":{\"type\":\"s\",\"data\":\"hog\"},"
                "\"Uid\":{\"type\":\"u\",\"data\":1000},"
                "\"Unit\":{\"type\":\"s\",\"data\":\"app-hog.scope\"},"
                "\"StartTicks\":{\"type\":\"t\",\"data\":123456},"
                "\"Processes\":{\"type\":\"u\",\"data\":1},"
                "\"Size\":{\"type\":\"t\",\"data\":3221225472},"
                "\"Growth\":{\"type\":\"t\",\"data\":52428800},"
                "\"Blamed\":{\"type\":\"b\",\"data\":false},"
                "\"Score\":{\"type\":\"t\",\"data\":3758096384},"
                "\"Anonymous\":{\"type\":\"t\",\"data\":2147483648},"
                "\"PageTables\":{\"type\":\"t\",\"data\":8388608},"
                "\"Shared\":{\"type\":\"t\",\"data\":0},"
                "\"Swap\":{\"type\":\"t\",\"data\":1073741824},"
                "\"GrowthShare\":{\"type\":\"t\",\"data\":536870912},"
                "\"RuleFactor\":{\"type\":\"d\",\"data\":1},"
                "\"OomScoreAdj\":{\"type\":\"i\",\"data\":0},"
                "\"AdjustmentShare\":{\"type\":\"t\",\"data\":0},"
                "\"Signal\":{\"type\":\"s\",\"data\":\"SIGTERM\"},"
                "\"Predicted\":{\"type\":\"t\",\"data\":2147483648},"
                "\"PredictedSwap\":{\"type\":\"t\",\"data\":1073741824}}]}";
        struct wire_record rec;
        pid_t pid = listen_by_busctl();

        (void)state;
        fake_event(WIRE_KILLING, &rec);
        fake_send(&rec);
        WAIT(heard("\"member\":\"Killing\""));
        /* busctl has printed doubles in more than one way. */
        (void)stage_run(text, "grep Killing " HEARD " | sed -E 's/:([0-9])\\.0+e\\+00/:\\1/g;"
                              " s/:([0-9]\\.[0-9]*[1-9])0+e\\+00/:\\1/g'");
        if (!strstr(text, want))
                fail_msg("heard %s\nwanted %s", text, want);
        assert_non_null(strstr(text, "\"path\":\"/org/oomguard1\""));
        assert_non_null(strstr(text, "\"interface\":\"org.oomguard1.Guard\""));
        stage_reap(pid);
}

static void
each_event_has_its_signal(void **state)
{
        static const struct {
                enum wire_kind kind;
                const char *want;
        } cases[] = {
                { WIRE_WARNING, "Guard.Warning ({'Message': <'memory is running out" },
                { WIRE_KILLING, "Guard.Killing (uint32 4711, 'hog', 'SIGTERM', {" },
                { WIRE_ESCALATED, "Guard.Killing (uint32 4711, 'hog', 'SIGKILL', {" },
                { WIRE_KILLED, "Guard.Killed (uint32 4711, 'hog', {" },
                { WIRE_GAVE_UP, "Guard.GaveUp (uint32 4711, 'hog', {" },
                { WIRE_NOTHING, "Guard.NothingToKill ({'Message': <'nothing is ended" },
                { WIRE_RECOVERED, "Guard.Recovered ({'Message': <'memory has recovered" },
        };
        struct wire_record rec;
        pid_t pid = stage_listen(HEARD, "org.oomguard1");

        (void)state;
        for (size_t i = 0; i < N(cases); i++) {
                fake_event(cases[i].kind, &rec);
                fake_send(&rec);
                WAIT(heard(cases[i].want));
        }
        assert_true(heard("'Escalated': <true>"));
        assert_true(heard("'DurationUSec': <uint64 186000>"));
        assert_true(heard("'GaveBack': <uint64 2143289344>"));
        assert_true(heard("'Cause': <'nobody'>"));
        assert_int_equal(stage_count(HEARD, "org.oomguard1.Guard.Killed"), 1);
        fake_event(WIRE_RELEASED, &rec);
        fake_send(&rec);
        WAIT(stage_count(HEARD, "Guard.GaveUp (uint32 4711") == 2);
        stage_reap(pid);
}

static void
properties_tell_of_changes_and_only_of_those(void **state)
{
        struct wire_record rec;
        pid_t pid = stage_listen(HEARD, "org.oomguard1");

        (void)state;
        for (int i = 0; i < 5; i++) {
                fake_record(WIRE_STATE, &rec);
                rec.state.available_kib -= (uint64_t)i * 1024;
                fake_send(&rec);
        }
        rec.state.level = LEVEL_WATCH;
        fake_send(&rec);
        WAIT(heard("'State': <'watch'>"));
        assert_int_equal(stage_count(HEARD, "PropertiesChanged"), 1);
        rec.state.kills = 1;
        rec.state.flags |= WIRE_FLAG_DRY_RUN;
        rec.state.swap_total_kib = 0;
        rec.state.missed = 3;
        fake_send(&rec);
        WAIT(heard("'Kills': <uint64 1>"));
        assert_int_equal(stage_count(HEARD, "PropertiesChanged"), 2);
        assert_true(heard("'DryRun': <true>"));
        assert_true(heard("'SwapTotal': <uint64 0>"));
        assert_true(heard("'Missed': <uint64 3>"));
        assert_false(heard("MemoryAvailable"));
        fake_stop();
        WAIT(heard("'State': <'absent'>"));
        stage_reap(pid);
}

static void
hostile_names_arrive_harmless(void **state)
{
        static const struct {
                const char *name, *washed;
        } names[] = {
                { "<b>&amp;\"'</b>", "<b>&amp;\\\"'</b>" },
                { "a\nPRIORITY=0", "a?PRIORITY=0" },
                { "\x1b]0;x\x07y", "?]0;x?y" },
                { "\xff\xfe\xc3(\x80", "??"
                                       "?(?" },
                { "\xe2\x80\xae"
                  "evil",
                  "???evil" },
                /* U+FFFE is UTF-8, and dbus-daemon hangs up on whoever sends it. */
                { "x\xef\xbf\xbe", "x???" },
                { "gr\xc3\xb6\xc3\x9f\x65", "gr\xc3\xb6\xc3\x9f\x65" },
        };
        struct wire_record rec;
        char entry[16384], want[256];
        pid_t pid = listen_by_busctl();

        (void)state;
        for (size_t i = 0; i < N(names); i++) {
                fake_event(WIRE_KILLING, &rec);
                rec.process.pid = (int32_t)(100 + i);
                (void)snprintf(rec.process.name, sizeof(rec.process.name), "%s", names[i].name);
                (void)snprintf(rec.process.unit, sizeof(rec.process.unit), "%s", names[i].name);
                (void)snprintf(rec.process.consumers, sizeof(rec.process.consumers), "%s",
                               names[i].name);
                fake_send(&rec);
                (void)snprintf(want, sizeof(want), "[%zu,\"%s\",\"SIGTERM\"", 100 + i,
                               names[i].washed);
                WAIT(heard(want));
                assert_true(stage_entry("OOMGUARD_NAME=", entry, sizeof(entry)));
                if (!strchr(names[i].washed, '\\')) {
                        (void)snprintf(want, sizeof(want), "\nOOMGUARD_NAME=%s\n", names[i].washed);
                        assert_non_null(strstr(entry, want));
                        (void)snprintf(want, sizeof(want), "\nOOMGUARD_UNIT=%s\n", names[i].washed);
                        assert_non_null(strstr(entry, want));
                }
                assert_null(strstr(entry, "\nPRIORITY=0"));
        }
        stage_reap(pid);
}

static void
two_hundred_kills_in_a_row_leave_nothing_behind(void **state)
{
        struct wire_record rec;
        unsigned before = 0;
        unsigned long rss_kib = 0;
        pid_t pid = stage_listen(HEARD, "org.oomguard1");

        (void)state;
        for (int i = 0; i < 250; i++) {
                /* What is made once is made by then. */
                if (i == 50) {
                        WAIT(heard("Killed (uint32 49,"));
                        before = stage_descriptors();
                        rss_kib = stage_rss_kib();
                }
                fake_event(WIRE_KILLING, &rec);
                rec.process.pid = i;
                fake_send(&rec);
                fake_event(WIRE_KILLED, &rec);
                rec.process.pid = i;
                fake_send(&rec);
                (void)stage_drain_journal();
        }
        WAIT(heard("Killed (uint32 249,"));
        (void)stage_drain_journal();
        WAIT(stage_descriptors() == before);
        if (stage_rss_kib() > rss_kib + 256)
                fail_msg("%lu KiB resident, %lu before", stage_rss_kib(), rss_kib);
        assert_int_equal(stage_run(text, "grep -c 'Guard.Kill' " HEARD), 0);
        assert_string_equal(text, "500\n");
        stage_reap(pid);
}

int
cases_signals(void)
{
        const struct CMUnitTest tests[] = {
                STAGED(signal_of_a_kill_is_told_as_it_was),
                STAGED(each_event_has_its_signal),
                STAGED(properties_tell_of_changes_and_only_of_those),
                STAGED(hostile_names_arrive_harmless),
                STAGED(two_hundred_kills_in_a_row_leave_nothing_behind),
        };

        return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
