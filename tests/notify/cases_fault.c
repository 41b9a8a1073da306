/* SPDX-License-Identifier: MIT */
/*
 * Bus and guard that come, go, stop and talk nonsense.
 */
#include "stage.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "cases.h"
#include "decide.h"

#define HEARD STAGE_DIR "/heard"

static char text[STAGE_TEXT], entry[16384];

static void
send_kill(int32_t pid)
{
        struct wire_record rec;

        fake_event(WIRE_KILLING, &rec);
        rec.process.pid = pid;
        fake_send(&rec);
}

static bool
journal_has(int pid)
{
        char want[64];

        (void)snprintf(want, sizeof(want), "\nOOMGUARD_PID=%d\n", pid);
        return stage_entry(want, entry, sizeof(entry));
}

static void
expect_signal(int pid)
{
        char want[64];
        pid_t listens = stage_listen(HEARD, "org.oomguard1");

        send_kill(pid);
        (void)snprintf(want, sizeof(want), "Killing (uint32 %d,", pid);
        WAIT(stage_count(HEARD, want) == 1);
        stage_reap(listens);
}

static void
a_bus_that_is_absent_at_the_start_is_found_when_it_comes(void **state)
{
        (void)state;
        (void)stage_stop_notify();
        stage_stop_bus();
        stage_start_notify();
        WAIT(fake_subscribers() == 1);
        WAIT(stage_count(STAGE_LOG, "the system bus: No such file or directory") == 1);
        send_kill(1);
        assert_true(journal_has(1));
        WAIT(stage_manager_heard("no system bus"));
        stage_start_bus();
        WAIT(stage_is_named());
        expect_signal(2);
        assert_int_equal(stage_count(STAGE_LOG, "the system bus:"), 1);
}

static void
a_bus_that_is_restarted_is_found_again_every_time(void **state)
{
        unsigned descriptors = stage_descriptors();

        (void)state;
        for (int i = 1; i <= 5; i++) {
                stage_stop_bus();
                send_kill(i);
                assert_true(journal_has(i));
                stage_start_bus();
                WAIT(stage_is_named());
        }
        expect_signal(77);
        assert_int_equal(stage_descriptors(), descriptors);
}

/* Nothing waits for it, nothing piles up, and what comes later arrives. */
static void
a_bus_that_is_stopped_holds_up_nobody(void **state)
{
        unsigned descriptors = stage_descriptors();
        unsigned long rss_kib;

        (void)state;
        stage_signal_bus(SIGSTOP);
        for (int i = 1; i <= 500; i++) {
                send_kill(i);
                if (i % 10 == 0)
                        assert_true(journal_has(i));
        }
        rss_kib = stage_rss_kib();
        for (int i = 501; i <= 2000; i++) {
                send_kill(i);
                if (i % 10 == 0)
                        assert_true(journal_has(i));
        }
        if (stage_rss_kib() > rss_kib + 512)
                fail_msg("%lu KiB resident, %lu before", stage_rss_kib(), rss_kib);
        assert_int_equal(stage_count(STAGE_LOG, "the system bus does not read"), 1);
        stage_signal_bus(SIGCONT);
        WAIT(stage_is_named());
        /* What came in time arrives, and so does what comes once that is through. */
        pid_t listens = stage_listen(HEARD, "org.oomguard1");

        WAIT((send_kill(77777), stage_count(HEARD, "Killing (uint32 77777,") > 0));
        stage_reap(listens);
        WAIT(stage_descriptors() == descriptors);
        WAIT(stage_count(STAGE_LOG, "the system bus reads again") == 1);
}

static void
a_bus_that_is_stopped_at_the_start_is_waited_for_by_nobody(void **state)
{
        (void)state;
        (void)stage_stop_notify();
        stage_signal_bus(SIGSTOP);
        stage_start_notify();
        WAIT(fake_subscribers() == 1);
        send_kill(1);
        assert_true(journal_has(1));
        stage_signal_bus(SIGCONT);
        WAIT(stage_is_named());
        expect_signal(2);
}

/* Another one has the name: it is waited for, not fought for. */
static void
a_name_that_is_held_is_had_when_it_is_free(void **state)
{
        sd_bus *other = NULL;

        (void)state;
        (void)stage_stop_notify();
        assert_true(sd_bus_open_system(&other) >= 0);
        assert_true(sd_bus_request_name(other, "org.oomguard1", 0) > 0);
        stage_start_notify();
        WAIT(fake_subscribers() == 1);
        WAIT(stage_count(STAGE_LOG, "another program is org.oomguard1") == 1);
        assert_true(sd_bus_release_name(other, "org.oomguard1") >= 0);
        WAIT(stage_is_named());
        expect_signal(3);
        sd_bus_flush_close_unref(other);
}

/* The bus' policy as it is on a machine, with our own file and without. */
static void
a_bus_that_refuses_the_name_is_told_of_once(void **state)
{
        static const char strict[] =
                "<busconfig><type>system</type><listen>unix:path=" STAGE_BUS "</listen>"
                "<auth>EXTERNAL</auth><policy context=\"default\"><allow user=\"*\"/>"
                "<deny own=\"*\"/><deny send_type=\"method_call\"/><allow send_type=\"signal\"/>"
                "<allow send_requested_reply=\"true\" send_type=\"method_return\"/>"
                "<allow send_requested_reply=\"true\" send_type=\"error\"/>"
                "<allow receive_type=\"method_call\"/><allow receive_type=\"method_return\"/>"
                "<allow receive_type=\"error\"/><allow receive_type=\"signal\"/>"
                "<allow send_destination=\"org.freedesktop.DBus\"/></policy>%s</busconfig>\n";
        char config[4096], include[1024];

        (void)state;
        (void)snprintf(config, sizeof(config), strict, "");
        stage_write(STAGE_DIR "/bus.conf", config);
        stage_stop_bus();
        stage_start_bus();
        WAIT(stage_count(STAGE_LOG, "does not let this user own org.oomguard1") == 1);
        send_kill(1);
        assert_true(journal_has(1));
        (void)snprintf(include, sizeof(include), "<include>%s/data/org.oomguard1.conf</include>",
                       stage_tree);
        (void)snprintf(config, sizeof(config), strict, include);
        stage_write(STAGE_DIR "/bus.conf", config);
        stage_stop_bus();
        stage_start_bus();
        WAIT(stage_is_named());
        expect_signal(2);
        assert_int_equal(stage_run(text, "busctl --system call org.oomguard1 /org/oomguard1 "
                                         "org.oomguard1.Guard Candidates u 1"),
                         0);
        assert_non_null(strstr(text, "hog0"));
        /* Within a namespace of users there is nobody else. */
        if (stage_has_others())
                assert_int_equal(
                        stage_run(text, "" STAGE_AS_OTHER "busctl --system get-property "
                                        "org.oomguard1 /org/oomguard1 org.oomguard1.Guard State"),
                        0);
}

static void
a_guard_that_goes_is_found_again_every_time(void **state)
{
        unsigned descriptors = stage_descriptors();

        (void)state;
        for (int i = 1; i <= 10; i++) {
                fake_stop();
                WAIT(stage_count(STAGE_LOG, "the guard is not there") == (unsigned)i);
                fake_start();
                WAIT(fake_subscribers() == 1);
                send_kill(i);
                assert_true(journal_has(i));
        }
        assert_int_equal(stage_descriptors(), descriptors);
        expect_signal(77);
}

/* What is no record is passed over, and what comes next is not. */
static void
nonsense_from_the_feed_does_no_harm(void **state)
{
        struct wire_record rec;
        char bytes[4 * sizeof(rec)];

        (void)state;
        fake_event(WIRE_KILLING, &rec);
        fake_send_bytes("", 0);
        fake_send_bytes("x", 1);
        fake_send_bytes(&rec, sizeof(rec) - 1);
        memset(bytes, 0xff, sizeof(bytes));
        fake_send_bytes(bytes, sizeof(bytes));
        fake_send_bytes(bytes, sizeof(rec));
        rec.version++;
        fake_send(&rec);
        fake_event(WIRE_KILLING, &rec);
        rec.kind = WIRE_N_KINDS;
        fake_send(&rec);
        fake_event(WIRE_KILLING, &rec);
        memset(rec.process.name, 'x', sizeof(rec.process.name));
        fake_send(&rec);
        fake_event(WIRE_KILLING, &rec);
        rec.state.reason = 99;
        fake_send(&rec);
        /* Of a request that nobody made. */
        fake_event(WIRE_CANDIDATE, &rec);
        rec.id = 4242;
        fake_send(&rec);
        fake_record(WIRE_ANSWER, &rec);
        rec.id = 4242;
        rec.error = -EPERM;
        fake_send(&rec);
        send_kill(5);
        assert_true(stage_entry("OOMGUARD_EVENT=", entry, sizeof(entry)));
        assert_non_null(strstr(entry, "\nOOMGUARD_PID=5\n"));
        assert_int_equal(fake_subscribers(), 1);
        assert_true(stage_is_named());
}

/* Every number at its largest. */
static void
absurd_numbers_do_no_harm(void **state)
{
        struct wire_record rec;

        (void)state;
        for (int kind = WIRE_STATE; kind < WIRE_N_KINDS; kind++) {
                if (kind == WIRE_ANSWER || kind == WIRE_SAMPLE || kind == WIRE_TEXT)
                        continue;
                memset(&rec, kind % 2 ? 0xff : 0x80, sizeof(rec));
                fake_record((enum wire_kind)kind, &rec);
                memset(&rec.process, kind % 2 ? 0xff : 0x7f, sizeof(rec.process));
                rec.state.available_kib = rec.state.total_kib = UINT64_MAX;
                rec.state.fall_kibps = rec.state.kills = UINT64_MAX;
                rec.state.full_bp = rec.state.refault_bp = UINT32_MAX;
                rec.state.reason = REASON_STALL;
                rec.process.effect = RULE_AVOID;
                rec.process.name[sizeof(rec.process.name) - 1] = '\0';
                rec.process.unit[sizeof(rec.process.unit) - 1] = '\0';
                rec.process.rule[sizeof(rec.process.rule) - 1] = '\0';
                rec.process.place[sizeof(rec.process.place) - 1] = '\0';
                rec.process.consumers[sizeof(rec.process.consumers) - 1] = '\0';
                rec.text[sizeof(rec.text) - 1] = '\0';
                rec.id = 0;
                assert_true(wire_record_ok(&rec, sizeof(rec)));
                fake_send(&rec);
        }
        send_kill(6);
        assert_true(journal_has(6));
        expect_signal(7);
}

int
cases_fault(void)
{
        const struct CMUnitTest tests[] = {
                STAGED(a_bus_that_is_absent_at_the_start_is_found_when_it_comes),
                STAGED(a_bus_that_is_restarted_is_found_again_every_time),
                STAGED(a_bus_that_is_stopped_holds_up_nobody),
                STAGED(a_bus_that_is_stopped_at_the_start_is_waited_for_by_nobody),
                STAGED(a_name_that_is_held_is_had_when_it_is_free),
                STAGED(a_bus_that_refuses_the_name_is_told_of_once),
                STAGED(a_guard_that_goes_is_found_again_every_time),
                STAGED(nonsense_from_the_feed_does_no_harm),
                STAGED(absurd_numbers_do_no_harm),
        };

        return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
