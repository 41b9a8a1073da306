/* SPDX-License-Identifier: MIT */
/*
 * Low-memory warnings, heard by a program that uses GLib's GMemoryMonitor; and another provider.
 */
#include "stage.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "cases.h"
#include "decide.h"

#define HEARD STAGE_DIR "/heard"
#define NAME  "org.freedesktop.LowMemoryMonitor"

static char text[STAGE_TEXT];

static bool
is_owned(void)
{
        (void)stage_run(text, "busctl --system --json=short call org.freedesktop.DBus / "
                              "org.freedesktop.DBus NameHasOwner s " NAME);
        return strstr(text, "true") != NULL;
}

static void
send_level(uint32_t level, uint64_t available_mib, uint64_t left_us)
{
        struct wire_record rec;

        fake_record(WIRE_STATE, &rec);
        rec.state.level = level;
        rec.state.act = level;
        rec.state.available_kib = available_mib * 1024;
        rec.state.swap_total_kib = 0;
        rec.state.left_us = left_us;
        fake_send(&rec);
}

static void
start_notify_again(void)
{
        assert_int_equal(stage_stop_notify(), 0);
        stage_start_notify();
        WAIT(fake_subscribers() == 1);
        WAIT(is_owned());
}

static void
glib_programs_get_the_levels(void **state)
{
        struct wire_record rec;
        unsigned n;
        pid_t pid = stage_spawn(HEARD, "env GIO_USE_MEMORY_MONITOR=dbus %s", stage_helper);

        (void)state;
        WAIT(stage_count(HEARD, "listens by GMemoryMonitorDBus") == 1);
        WAIT(is_owned());
        /* GLib makes its proxy in its own time: the first level is sent until it is heard. */
        for (int i = 0; stage_count(HEARD, "level 50") == 0; i++) {
                assert_true(i < 10);
                if (i > 0)
                        start_notify_again();
                send_level(LEVEL_WARN, 1000, UINT64_MAX);
                for (int nap = 0; nap < 100 && stage_count(HEARD, "level 50") == 0; nap++)
                        stage_nap();
        }
        n = stage_count(HEARD, "level ");
        send_level(LEVEL_WARN, 700, UINT64_MAX);
        WAIT(stage_count(HEARD, "level 100") == 1);
        send_level(LEVEL_WARN, 600, 1500000);
        WAIT(stage_count(HEARD, "level 255") == 1);
        /* None is repeated so soon, and there is none for recovery. */
        fake_event(WIRE_KILLING, &rec);
        fake_send(&rec);
        send_level(LEVEL_WARN, 1000, UINT64_MAX);
        send_level(LEVEL_CALM, 9000, UINT64_MAX);
        WAIT(stage_manager_heard("STATUS=calm"));
        assert_int_equal(stage_count(HEARD, "level "), n + 2);
        stage_reap(pid);
}

static void
critical_comes_with_a_kill_at_the_latest(void **state)
{
        struct wire_record rec;
        pid_t pid = stage_listen(HEARD, NAME);

        (void)state;
        WAIT(is_owned());
        fake_event(WIRE_KILLING, &rec);
        rec.state.level = rec.state.act = LEVEL_CALM;
        fake_send(&rec);
        WAIT(stage_count(HEARD, "LowMemoryMonitor.LowMemoryWarning (byte 0xff,)") == 1);
        stage_reap(pid);
}

static void
another_provider_is_left_alone_until_it_goes(void **state)
{
        sd_bus *other = NULL;

        (void)state;
        assert_int_equal(stage_stop_notify(), 0);
        assert_true(sd_bus_open_system(&other) >= 0);
        assert_true(sd_bus_request_name(other, NAME, 0) > 0);
        stage_start_notify();
        WAIT(fake_subscribers() == 1);
        WAIT(stage_is_named());
        pid_t pid = stage_listen(HEARD, "org.oomguard1");

        WAIT(stage_count(STAGE_LOG, "another program is " NAME) == 1);
        send_level(LEVEL_WARN, 1000, UINT64_MAX);
        WAIT(stage_manager_heard("STATUS=warn"));
        WAIT(stage_count(HEARD, "<'warn'>") == 1);
        assert_int_equal(stage_count(HEARD, "LowMemoryWarning"), 0);
        assert_true(sd_bus_release_name(other, NAME) >= 0);
        WAIT(is_owned());
        send_level(LEVEL_WARN, 1000, UINT64_MAX);
        WAIT(stage_count(HEARD, "LowMemoryWarning (byte 0x32,)") == 1);
        sd_bus_flush_close_unref(other);
        stage_reap(pid);
}

static void
memory_monitor_no_gives_the_name_back(void **state)
{
        (void)state;
        WAIT(is_owned());
        stage_write(STAGE_CONFIG, "[notify]\ndesktop = no\nmemory_monitor = no\n");
        (void)kill(stage_notify_pid(), SIGHUP);
        WAIT(!is_owned());
        assert_true(stage_is_named());
        stage_write(STAGE_CONFIG, "[notify]\ndesktop = no\nmemory_monitor = auto\n");
        (void)kill(stage_notify_pid(), SIGHUP);
        WAIT(is_owned());
}

int
cases_monitor(void)
{
        const struct CMUnitTest tests[] = {
                STAGED(glib_programs_get_the_levels),
                STAGED(critical_comes_with_a_kill_at_the_latest),
                STAGED(another_provider_is_left_alone_until_it_goes),
                STAGED(memory_monitor_no_gives_the_name_back),
        };

        return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
