/* SPDX-License-Identifier: MIT */
/*
 * Values in, values out: sentences, fields, levels of warning, journal entries, hidepid.
 */
#include "stage.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "decide.h"
#include "notify/fields.h"
#include "notify/journal.h"
#include "notify/monitor.h"
#include "notify/privacy.h"
#include "record.h"
#include "notify/sentence.h"

static bool
is_utf8(const char *text)
{
        const unsigned char *s = (const unsigned char *)text;

        while (*s) {
                int n = *s < 0x80 ? 0 : *s >= 0xf0 ? 3 : *s >= 0xe0 ? 2 : *s >= 0xc2 ? 1 : -1;

                if (n < 0)
                        return false;
                for (s++; n > 0; n--, s++)
                        if ((*s & 0xc0) != 0x80)
                                return false;
        }
        return true;
}

static void
check_sentence(const struct wire_record *rec, const char *want)
{
        char got[SENTENCE_MAX];

        assert_true(sentence_make(rec, got, sizeof(got)));
        assert_string_equal(got, want);
}

static void
sentence_of_a_warning_names_who_grows(void **state)
{
        struct wire_record rec;

        (void)state;
        fake_event(WIRE_WARNING, &rec);
        check_sentence(&rec, "memory is running out: 400 MiB available (limit 1.0 GiB), 300 MiB of "
                             "swap free (limit 1.0 GiB), falling by 50 MiB a second; 4711 (hog) "
                             "grows most, by 50 MiB a second, to 3.0 GiB");
        rec.process.pid = 0;
        rec.state.swap_total_kib = 0;
        check_sentence(&rec, "memory is running out: 400 MiB available (limit 1.0 GiB), no swap, "
                             "falling by 50 MiB a second");
}

static void
sentence_of_a_warning_says_that_swap_does_not_fit(void **state)
{
        struct wire_record rec;

        (void)state;
        fake_event(WIRE_WARNING, &rec);
        rec.state.reason = REASON_SWAPOFF;
        rec.state.fall_kibps = 0;
        rec.process.growth_kibps = 0;
        check_sentence(&rec, "swap is being switched off, and what is in there does not fit: 400 "
                             "MiB available (limit 512 MiB), 300 MiB of swap free (limit 512 MiB)");
}

static void
sentence_of_a_signal_says_that_swap_does_not_fit(void **state)
{
        struct wire_record rec;

        (void)state;
        fake_event(WIRE_KILLING, &rec);
        rec.state.reason = REASON_SWAPOFF;
        rec.state.fall_kibps = 0;
        rec.process.is |= WIRE_IS_SWAPOFF;
        rec.process.growth_kibps = 0;
        check_sentence(&rec, "SIGTERM to 4711 (hog), uid 1000, app-hog.scope, 3.0 GiB: swap is "
                             "being switched off, and what is in there does not fit: 400 MiB "
                             "available (limit 512 MiB), 300 MiB of swap free (limit 512 MiB)");
}

static void
sentence_of_a_signal_says_why(void **state)
{
        struct wire_record rec;

        (void)state;
        fake_event(WIRE_KILLING, &rec);
        check_sentence(&rec,
                       "SIGTERM to 4711 (hog), uid 1000, app-hog.scope, 3.0 GiB growing by 50 "
                       "MiB a second: 400 MiB available (limit 512 MiB), 300 MiB of swap free "
                       "(limit 512 MiB), falling by 50 MiB a second; worst score 3.5 GiB: "
                       "ends 2.0 GiB + swap 1.0 GiB + growth 512 MiB");
        rec.process.is |= WIRE_IS_SWAPOFF;
        check_sentence(&rec,
                       "SIGTERM to 4711 (hog), uid 1000, app-hog.scope, 3.0 GiB growing by 50 "
                       "MiB a second: 400 MiB available (limit 512 MiB), 300 MiB of swap free "
                       "(limit 512 MiB), falling by 50 MiB a second; it switches off swap, and "
                       "what is in there does not fit");
        rec.process.is &= ~WIRE_IS_SWAPOFF;
        rec.process.is |= WIRE_IS_BLAMED | WIRE_IS_DRY_RUN;
        rec.process.took_kib = 2 * 1048576;
        rec.process.missing_kib = 3 * 1048576;
        rec.process.since_s = 1700000000;
        rec.process.n = 9;
        rec.process.sig = SIGKILL;
        rec.process.growth_kibps = 0;
        rec.state.act = LEVEL_KILL;
        check_sentence(&rec,
                       "would send SIGKILL to 9 processes like 4711 (hog), uid 1000, "
                       "app-hog.scope, 3.0 GiB: 400 MiB available (limit 256 MiB), 300 MiB of "
                       "swap free (limit 256 MiB), falling by 50 MiB a second; took 2.0 GiB "
                       "of the 3.0 GiB that went missing since 22:13:20");
}

static void
sentence_of_an_end_says_what_came_back(void **state)
{
        struct wire_record rec;

        (void)state;
        fake_event(WIRE_KILLED, &rec);
        rec.process.is |= WIRE_IS_SIGKILLED;
        check_sentence(&rec,
                       "4711 (hog) ended 186 ms after SIGTERM (SIGKILL was needed), gave back "
                       "1.9 GiB and 1.0 GiB of swap (predicted 2.0 GiB and 1.0 GiB of swap); "
                       "400 MiB available now");
}

static void
sentence_of_each_other_event(void **state)
{
        struct wire_record rec;

        (void)state;
        fake_event(WIRE_ESCALATED, &rec);
        rec.process.term_us = 12345678;
        rec.state.swap_total_kib = 0;
        rec.state.fall_kibps = 0;
        check_sentence(&rec, "4711 (hog) still there 12.3 s after SIGTERM; SIGKILL: 400 MiB "
                             "available (limit 512 MiB), no swap");
        fake_event(WIRE_REFUSED, &rec);
        rec.process.error = -EPERM;
        check_sentence(&rec, "4711 (hog) may not be signalled: Operation not permitted; the next "
                             "one is taken");
        rec.process.error = INT32_MIN;
        check_sentence(&rec, "4711 (hog) may not be signalled: unknown; the next one is taken");
        fake_event(WIRE_GAVE_UP, &rec);
        check_sentence(&rec, "4711 (hog) does not end and gives nothing back; given up, the next "
                             "one is taken");
        rec.process.is |= WIRE_IS_SWAPOFF;
        check_sentence(&rec,
                       "4711 (hog) does not end before all is read in that one process has in "
                       "swap; it is waited for as long as it gets on");
        fake_event(WIRE_RELEASED, &rec);
        check_sentence(&rec, "4711 (hog) has not ended on SIGTERM and no longer has to: 400 "
                             "MiB available");
        fake_record(WIRE_RECOVERED, &rec);
        check_sentence(&rec, "memory has recovered: 9.0 GiB available, 3.0 GiB of swap free");
        fake_record(WIRE_RELOADED, &rec);
        check_sentence(&rec, "the configuration was read again and is in force");
        fake_record(WIRE_KERNEL_KILL, &rec);
        rec.kernel.n = 1;
        check_sentence(&rec, "the kernel's OOM killer has ended 1 process, although 9.0 GiB are "
                             "available: inside a cgroup's own limit, it seems (`dmesg` tells)");
        fake_record(WIRE_FAULT, &rec);
        (void)strcpy(rec.text, "/proc/meminfo: I/O error\nand more");
        check_sentence(&rec, "/proc/meminfo: I/O error?and more");
}

static void
sentence_of_nothing_to_kill_has_its_cause(void **state)
{
        struct wire_record rec;
        char got[SENTENCE_MAX], other[SENTENCE_MAX] = "";

        (void)state;
        fake_event(WIRE_NOTHING, &rec);
        memset(&rec.process, 0, sizeof(rec.process));
        for (rec.cause = 0; rec.cause <= CAUSE_PAUSED; rec.cause++) {
                assert_true(wire_record_ok(&rec, sizeof(rec)));
                assert_true(sentence_make(&rec, got, sizeof(got)));
                assert_non_null(strstr(got, "protected processes 0"));
                assert_null(strstr(got, "does not say"));
                assert_string_not_equal(got, other);
                (void)strcpy(other, got);
        }
}

static void
sentence_is_none_for_what_is_no_event(void **state)
{
        static const enum wire_kind kinds[] = { WIRE_STATE, WIRE_SAMPLE, WIRE_CANDIDATE, WIRE_TEXT,
                                                WIRE_ANSWER };
        struct wire_record rec;
        char got[SENTENCE_MAX];

        (void)state;
        for (size_t i = 0; i < N(kinds); i++) {
                fake_record(kinds[i], &rec);
                assert_false(sentence_make(&rec, got, sizeof(got)));
                assert_null(sentence_event(kinds[i]));
                assert_int_equal(journal_format(&rec, got, sizeof(got)), 0);
        }
}

/* Any bytes in the names, in a buffer of any size. */
static void
sentence_stays_utf8_and_one_line_whatever_a_name_is(void **state)
{
        struct wire_record rec;
        char got[SENTENCE_MAX];

        (void)state;
        srand(4);
        for (int i = 0; i < 3000; i++) {
                size_t size = (size_t)(rand() % SENTENCE_MAX) + 1;

                fake_event((enum wire_kind)(WIRE_WARNING + i % 7), &rec);
                for (size_t k = 0; k + 1 < sizeof(rec.process.name); k++)
                        rec.process.name[k] = (char)(rand() % 255 + 1);
                for (size_t k = 0; k + 1 < sizeof(rec.process.unit); k++)
                        rec.process.unit[k] =
                                (char)(i % 2 ? rand() % 255 + 1 : "\xe2\x82\xac"[k % 3]);
                assert_true(sentence_make(&rec, got, size) || size < 4);
                assert_true(strlen(got) < size);
                assert_true(is_utf8(got));
                for (const char *s = got; *s; s++)
                        assert_true((unsigned char)*s >= 0x20 && *s != 0x7f);
        }
}

/* ---- fields ---- */

static bool
find(const struct event *e, const char *key, struct field *ret)
{
        for (size_t i = 0; i < fields_count(); i++)
                if (fields_get(e, i, ret) && ret->bus && strcmp(ret->bus, key) == 0)
                        return true;
        return false;
}

static void
fields_are_bytes_on_the_bus_and_kib_in_the_journal(void **state)
{
        struct wire_record rec;
        struct event e;
        struct field f;
        char text[FIELDS_TEXT_MAX];

        (void)state;
        fake_event(WIRE_KILLING, &rec);
        fields_event(&e, &rec, false);
        assert_true(find(&e, "Available", &f));
        assert_int_equal(f.type, 't');
        assert_int_equal(f.t, 400 * 1048576);
        fields_text(&f, text, sizeof(text));
        assert_string_equal(text, "409600");
        assert_true(find(&e, "Limit", &f));
        assert_int_equal(f.t, 512 * 1048576);
        assert_true(find(&e, "RuleFactor", &f));
        assert_true(f.d == 1.0);
        assert_true(find(&e, "Uid", &f));
        assert_int_equal(f.u, 1000);
        assert_false(find(&e, "Took", &f));
        assert_false(find(&e, "LeftUSec", &f));
        assert_false(find(&e, "Rule", &f));
        assert_false(find(&e, "GaveBack", &f));
        assert_false(find(&e, "Hidden", &f));
        rec.state.available_kib = UINT64_MAX;
        fields_event(&e, &rec, false);
        assert_true(find(&e, "Available", &f));
        assert_true(f.t == UINT64_MAX);
}

static void
fields_of_a_warning_about_nobody_name_nobody(void **state)
{
        struct wire_record rec;
        struct event e;
        struct field f;

        (void)state;
        fake_event(WIRE_WARNING, &rec);
        fields_event(&e, &rec, false);
        assert_true(find(&e, "Name", &f));
        assert_true(find(&e, "Growth", &f));
        rec.process.pid = 0;
        fields_event(&e, &rec, false);
        assert_false(find(&e, "Name", &f));
        assert_false(find(&e, "Pid", &f));
        assert_false(find(&e, "Uid", &f));
        assert_true(find(&e, "Available", &f));
}

static void
fields_hide_all_that_names_a_process(void **state)
{
        struct wire_record rec;
        struct event e;
        struct field f;

        (void)state;
        fake_event(WIRE_KILLING, &rec);
        (void)strcpy(rec.process.rule, "name:hog");
        (void)strcpy(rec.process.consumers, "hog 3.0 GiB");
        fields_event(&e, &rec, true);
        assert_true(find(&e, "Hidden", &f));
        for (size_t i = 0; i < fields_count(); i++)
                if (fields_get(&e, i, &f) && f.type == 's')
                        assert_null(strstr(f.s, "hog"));
        assert_true(find(&e, "Pid", &f));
        assert_true(find(&e, "Size", &f));
}

/* Every key of the table is explained in the file that ships. */
static void
fields_are_documented(void **state)
{
        static const enum wire_kind kinds[] = { WIRE_WARNING,  WIRE_KILLING, WIRE_ESCALATED,
                                                WIRE_KILLED,   WIRE_REFUSED, WIRE_GAVE_UP,
                                                WIRE_RELEASED, WIRE_NOTHING, WIRE_RECOVERED,
                                                WIRE_CANDIDATE };
        char *text = malloc(STAGE_TEXT), key[64];
        struct wire_record rec;
        unsigned n = 0;

        (void)state;
        assert_non_null(text);
        assert_int_equal(stage_run(text, "cat %s/data/org.oomguard1.Guard.xml", stage_tree), 0);
        for (size_t k = 0; k < N(kinds); k++) {
                struct event e;
                struct field f;

                fake_event(kinds[k], &rec);
                if (kinds[k] == WIRE_NOTHING || kinds[k] == WIRE_RECOVERED)
                        memset(&rec.process, 0, sizeof(rec.process));
                else
                        rec.process.is |= WIRE_IS_BLAMED;
                rec.state.left_us = 5;
                fields_event(&e, &rec, false);
                for (size_t i = 0; i < fields_count(); i++) {
                        if (!fields_get(&e, i, &f) || !f.bus)
                                continue;
                        (void)snprintf(key, sizeof(key), "%s %c ", f.bus, f.type);
                        if (!strstr(text, key))
                                fail_msg("data/org.oomguard1.Guard.xml does not explain %s", key);
                        n++;
                }
        }
        assert_true(n > 100);
        free(text);
}

/* ---- levels ---- */

static enum monitor_level
level_of(uint32_t level, uint32_t act, uint64_t available_kib, uint64_t left_us)
{
        struct wire_record rec;

        fake_record(WIRE_STATE, &rec);
        rec.state.level = level;
        rec.state.act = act;
        rec.state.available_kib = available_kib;
        rec.state.swap_total_kib = 0;
        rec.state.left_us = left_us;
        return monitor_level(&rec);
}

static void
monitor_level_rises_with_the_shortage(void **state)
{
        const uint64_t mib = 1024;
        struct wire_record rec;

        (void)state;
        assert_int_equal(level_of(LEVEL_CALM, LEVEL_CALM, 9000 * mib, UINT64_MAX), MONITOR_FINE);
        /* One big program starts on a machine with much room. */
        assert_int_equal(level_of(LEVEL_CALM, LEVEL_CALM, 9000 * mib, 1000000), MONITOR_FINE);
        assert_int_equal(level_of(LEVEL_WATCH, LEVEL_WATCH, 1500 * mib, 4000000), MONITOR_FINE);
        assert_int_equal(level_of(LEVEL_WATCH, LEVEL_WATCH, 1500 * mib, 1900000), MONITOR_CRITICAL);
        assert_int_equal(level_of(LEVEL_WARN, LEVEL_WARN, 1000 * mib, UINT64_MAX), MONITOR_LOW);
        assert_int_equal(level_of(LEVEL_WARN, LEVEL_WARN, 1000 * mib, 9000000), MONITOR_MEDIUM);
        assert_int_equal(level_of(LEVEL_WARN, LEVEL_WARN, 760 * mib, UINT64_MAX), MONITOR_MEDIUM);
        assert_int_equal(level_of(LEVEL_WARN, LEVEL_TERM, 500 * mib, UINT64_MAX), MONITOR_CRITICAL);
        fake_event(WIRE_KILLING, &rec);
        rec.state.level = rec.state.act = LEVEL_CALM;
        assert_int_equal(monitor_level(&rec), MONITOR_CRITICAL);
        /* Much swap is free still. */
        fake_event(WIRE_WARNING, &rec);
        rec.state.swap_free_kib = 1000 * mib;
        assert_int_equal(monitor_level(&rec), MONITOR_LOW);
}

static void
monitor_repeats_a_level_every_15_s_and_a_higher_one_at_once(void **state)
{
        struct monitor m;
        uint64_t t = 1000000;

        (void)state;
        monitor_init(&m, NULL);
        assert_false(monitor_due(&m, MONITOR_FINE, t));
        assert_true(monitor_due(&m, MONITOR_LOW, t));
        assert_false(monitor_due(&m, MONITOR_LOW, t + 14999999));
        assert_true(monitor_due(&m, MONITOR_LOW, t + 15000000));
        assert_true(monitor_due(&m, MONITOR_CRITICAL, t + 15000001));
        /* Down again: those who listen have heard more than that a moment ago. */
        assert_false(monitor_due(&m, MONITOR_MEDIUM, t + 15000002));
        assert_false(monitor_due(&m, MONITOR_LOW, t + 30000000));
        assert_true(monitor_due(&m, MONITOR_LOW, t + 30000002));
        assert_true(monitor_due(&m, MONITOR_MEDIUM, t + 30000003));
}

static void
privacy_is_read_from_the_mounts(void **state)
{
        static const struct {
                const char *text;
                bool hides;
        } cases[] = {
                { "22 28 0:21 / /proc rw,nosuid shared:5 - proc proc rw\n", false },
                { "22 28 0:21 / /proc rw,nosuid shared:5 - proc proc rw,hidepid=invisible\n",
                  true },
                { "22 28 0:21 / /proc rw - proc proc rw,gid=4,hidepid=2\n", true },
                { "22 28 0:21 / /proc rw - proc proc rw,hidepid=0\n", false },
                { "22 28 0:21 / /proc rw - proc proc rw,hidepid=off\n", false },
                { "22 28 0:21 / /srv/proc rw - proc proc rw,hidepid=2\n", false },
                { "22 28 0:21 / /proc rw - proc proc rw,hidepid=2\n"
                  "23 22 0:22 / /proc rw - proc proc rw\n",
                  false },
                { "23 22 0:22 / /proc rw - tmpfs hidepid=2 rw\n", false },
                { "", false },
                { "/proc  - proc ", false },
        };

        (void)state;
        for (size_t i = 0; i < N(cases); i++)
                assert_int_equal(privacy_hides(cases[i].text, strlen(cases[i].text)),
                                 cases[i].hides);
}

int
cases_fields(void)
{
        const struct CMUnitTest tests[] = {
                CASE(sentence_of_a_warning_names_who_grows),
                CASE(sentence_of_a_warning_says_that_swap_does_not_fit),
                CASE(sentence_of_a_signal_says_that_swap_does_not_fit),
                CASE(sentence_of_a_signal_says_why),
                CASE(sentence_of_an_end_says_what_came_back),
                CASE(sentence_of_each_other_event),
                CASE(sentence_of_nothing_to_kill_has_its_cause),
                CASE(sentence_is_none_for_what_is_no_event),
                CASE(sentence_stays_utf8_and_one_line_whatever_a_name_is),
                CASE(fields_are_bytes_on_the_bus_and_kib_in_the_journal),
                CASE(fields_of_a_warning_about_nobody_name_nobody),
                CASE(fields_hide_all_that_names_a_process),
                CASE(fields_are_documented),
                CASE(monitor_level_rises_with_the_shortage),
                CASE(monitor_repeats_a_level_every_15_s_and_a_higher_one_at_once),
                CASE(privacy_is_read_from_the_mounts),
        };

        return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
