/* SPDX-License-Identifier: MIT */
/*
 * The command line, the configuration, and what the service manager is told.
 */
#include "stage.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "decide.h"

static char text[STAGE_TEXT];

static void
help_and_version_are_told(void **state)
{
        (void)state;
        assert_int_equal(stage_run(text, "%s --help", stage_program), 0);
        assert_non_null(strstr(text, "--feed PATH"));
        assert_int_equal(stage_run(text, "%s -V", stage_program), 0);
        assert_non_null(strstr(text, "oomguard-notify "));
}

static void
wrong_usage_is_status_2(void **state)
{
        (void)state;
        assert_int_equal(stage_run(text, "%s --nonsense 2>&1", stage_program), 2);
        assert_int_equal(stage_run(text, "%s file 2>&1", stage_program), 2);
        assert_non_null(strstr(text, "file: it takes no arguments but options"));
}

static void
a_faulty_configuration_at_the_start_is_status_78(void **state)
{
        (void)state;
        stage_write(STAGE_CONFIG, "[notify]\ndesktop = perhaps\n");
        assert_int_equal(stage_run(text, "%s -c " STAGE_CONFIG " 2>&1", stage_program), 78);
        assert_non_null(strstr(text, STAGE_CONFIG ":2: [notify] desktop"));
        assert_non_null(strstr(text, "; not started"));
        assert_int_equal(stage_run(text, "%s -c /nowhere 2>&1", stage_program), 78);
        assert_non_null(strstr(text, "/nowhere: cannot be read"));
}

static void
the_manager_is_told_how_things_stand(void **state)
{
        struct wire_record rec;

        (void)state;
        assert_true(stage_manager_heard("READY=1\n"));
        assert_true(stage_manager_heard("STATUS=calm\n"));
        fake_event(WIRE_KILLED, &rec);
        rec.state.kills = 1;
        rec.state.flags |= WIRE_FLAG_ACTING;
        fake_send(&rec);
        WAIT(stage_manager_heard("STATUS=acting; 1 ended so far\n"));
        fake_stop();
        WAIT(stage_manager_heard("STATUS=the guard is absent\n"));
        stage_stop_bus();
        WAIT(stage_manager_heard("STATUS=the guard is absent; no system bus\n"));
        assert_int_equal(stage_stop_notify(), 0);
        assert_true(stage_manager_heard("STOPPING=1\n"));
}

static void
a_reload_is_told_with_its_time(void **state)
{

        (void)state;
        (void)kill(stage_notify_pid(), SIGHUP);
        WAIT(stage_manager_heard("RELOADING=1\nMONOTONIC_USEC="));
        WAIT(stage_count(STAGE_LOG, "read again and is in force") == 1);
        stage_write(STAGE_CONFIG, "[notify]\ndesktop = perhaps\n");
        (void)kill(stage_notify_pid(), SIGHUP);
        WAIT(stage_count(STAGE_LOG, "the running configuration stays") == 1);
        assert_true(stage_is_named());
        assert_int_equal(stage_stop_notify(), 0);
}

static void
a_reload_of_the_guard_is_one_of_this_program_too(void **state)
{
        struct wire_record rec;

        (void)state;
        fake_record(WIRE_RELOADED, &rec);
        fake_send(&rec);
        WAIT(stage_count(STAGE_LOG, "read again and is in force") == 1);
}

static void
the_watchdog_is_pinged(void **state)
{
        (void)state;
        (void)stage_stop_notify();
        (void)setenv("WATCHDOG_USEC", "200000", 1);
        stage_start_notify();
        WAIT(stage_manager_heard("WATCHDOG=1\n"));
        WAIT(stage_manager_heard("WATCHDOG=1\nWATCHDOG=1\nWATCHDOG=1\n"));
        (void)unsetenv("WATCHDOG_USEC");
}

static void
a_feed_elsewhere_is_named_on_the_command_line(void **state)
{
        (void)state;
        (void)stage_stop_notify();
        assert_int_equal(rename(FAKE_FEED, STAGE_DIR "/feed"), 0);
        pid_t other = stage_spawn(STAGE_LOG, "%s -c " STAGE_CONFIG " --feed " STAGE_DIR "/feed",
                                  stage_program);

        WAIT(fake_subscribers() == 1);
        stage_reap(other);
}

/* Who is not root is refused nothing but names; it goes on with what is left. */
static void
without_privileges_it_runs_all_the_same(void **state)
{
        (void)state;
        (void)stage_stop_notify();
        if (!stage_has_others())
                skip();
        assert_int_equal(stage_run(text,
                                   "cp %s " STAGE_DIR "/program && chmod 755 " STAGE_DIR "/program",
                                   stage_program),
                         0);
        pid_t other = stage_spawn(STAGE_LOG, STAGE_AS_OTHER STAGE_DIR "/program -c " STAGE_CONFIG);

        WAIT(fake_subscribers() == 1);
        WAIT(stage_is_named());
        (void)kill(other, SIGTERM);
        stage_reap(other);
        WAIT(fake_subscribers() == 0);
}

int
cases_command(void)
{
        const struct CMUnitTest tests[] = {
                CASE(help_and_version_are_told),
                CASE(wrong_usage_is_status_2),
                CASE(a_faulty_configuration_at_the_start_is_status_78),
                STAGED(the_manager_is_told_how_things_stand),
                STAGED(a_reload_is_told_with_its_time),
                STAGED(a_reload_of_the_guard_is_one_of_this_program_too),
                STAGED(the_watchdog_is_pinged),
                STAGED(a_feed_elsewhere_is_named_on_the_command_line),
                STAGED(without_privileges_it_runs_all_the_same),
        };

        return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
