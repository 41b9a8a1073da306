/* SPDX-License-Identifier: MIT */
/*
 * The hook, for real: programs run as the unprivileged user, too slow, missing, noisy.  The machine
 * is that of tests/notify/desktop.
 *   hook [FOLDER_WITH_server]
 */
#include "stage.h"

#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "notify/hook_env.h"
#include "tests/notify/desktop/world.h"

static void
it_runs_as_its_user_with_the_event_in_its_environment(void **state)
{
        (void)state;
        /* Of this program's own environment nothing may be seen. */
        assert_int_equal(setenv("SECRET", "1", 1), 0);
        write_program("{ env; id; umask; pwd; ls -l /proc/self/fd; cat; cat /proc/self/status; "
                      "cat /proc/self/oom_score_adj; cat /proc/self/limits; } > " OUT
                      ".new 2>&1; cat " OUT ".new > " OUT "; echo end >> " OUT);
        world_write(OUT ".new", "");
        assert_int_equal(chmod(OUT ".new", 0666), 0);
        use_program(PROGRAM);
        feed(WIRE_KILLED, "firefox");
        until_contains(OUT, "\nend\n");
        assert_contains(OUT, "OOMGUARD_EVENT=killed\n");
        assert_contains(OUT, "OOMGUARD_MESSAGE=4000 (firefox) ended ");
        assert_contains(OUT, "OOMGUARD_TIME=1700000000\n");
        assert_contains(OUT, "OOMGUARD_PASSED_OVER=0\n");
        assert_contains(OUT, "OOMGUARD_PID=4000\n");
        assert_contains(OUT, "OOMGUARD_NAME=firefox\n");
        assert_contains(OUT, "OOMGUARD_SIZE_KIB=3250585\n");
        assert_contains(OUT, "OOMGUARD_GAVE_BACK_KIB=3145728\n");
        assert_contains(OUT, "OOMGUARD_SIGNAL=SIGTERM\n");
        assert_contains(OUT, "LANG=C.UTF-8\n");
        assert_contains(OUT, "PATH=/usr/local/sbin:");
        assert_int_equal(count(OUT, "SECRET"), 0);
        assert_contains(OUT, "uid=990(oomguard) gid=990(oomguard) groups=990(oomguard)\n");
        assert_contains(OUT, "\n0077\n/\n");
        assert_contains(OUT, " 0 -> /dev/null\n");
        assert_contains(OUT, "\nCapPrm:\t0000000000000000\n");
        assert_contains(OUT, "\nCapEff:\t0000000000000000\n");
        assert_contains(OUT, "\nCapInh:\t0000000000000000\n");
        assert_contains(OUT, "\nCapAmb:\t0000000000000000\n");
        assert_contains(OUT, "\nSigBlk:\t0000000000000000\n");
        assert_contains(OUT, "Max core file size        0                    0 ");
        assert_contains(OUT, "Max cpu time              10                   10 ");
        /* 0, 1, 2, and the folder that ls itself has opened. */
        assert_int_equal(count(OUT, " -> "), 4);
        until_idle();
}

static void
it_leads_a_session_of_its_own(void **state)
{
        char text[64];
        int sid, pgid, pid;

        (void)state;
        write_program("read -r pid name state ppid pgrp session rest < /proc/self/stat; "
                      "echo $session $pgrp $$ > " OUT);
        use_program(PROGRAM);
        feed(WIRE_RECOVERED, "");
        until_contains(OUT, "\n");
        until_idle();
        (void)snprintf(text, sizeof(text), "%.60s", read_text(OUT));
        assert_int_equal(sscanf(text, "%d %d %d", &sid, &pgid, &pid), 3);
        assert_int_equal(sid, pid);
        assert_int_equal(pgid, pid);
}

static void
it_is_run_for_events_and_for_nothing_else(void **state)
{
        static const enum wire_kind none[] = { WIRE_STATE, WIRE_SAMPLE, WIRE_CANDIDATE, WIRE_TEXT,
                                               WIRE_ANSWER };
        static const enum wire_kind all[] = { WIRE_WARNING,  WIRE_KILLING,    WIRE_ESCALATED,
                                              WIRE_KILLED,   WIRE_REFUSED,    WIRE_GAVE_UP,
                                              WIRE_RELEASED, WIRE_NOTHING,    WIRE_RECOVERED,
                                              WIRE_RELOADED, WIRE_KERNEL_KILL };

        (void)state;
        write_program("echo \"$OOMGUARD_EVENT\" >> " OUT);
        use_program(PROGRAM);
        for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
                feed(none[i], "x");
                assert_int_equal(count_children(), 0);
        }
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                feed(all[i], "x");
                until_idle();
        }
        assert_string_equal(read_text(OUT),
                            "warning\nkilling\nescalated\nkilled\nrefused\ngave-up\nreleased\n"
                            "nothing\nrecovered\nreloaded\nkernel-kill\n");
        assert_string_equal(read_text(SAID), "");
        use_program("");
        feed(WIRE_KILLED, "x");
        assert_int_equal(count_children(), 0);
}

static void
of_those_that_come_meanwhile_the_last_is_kept(void **state)
{
        (void)state;
        write_program("echo \"$OOMGUARD_NAME $OOMGUARD_PASSED_OVER\" >> " OUT
                      "; while [ ! -e /run/test/go ]; do sleep 0.05; done");
        use_program(PROGRAM);
        feed(WIRE_KILLED, "one");
        until_contains(OUT, "one 0\n");
        feed(WIRE_KILLED, "two");
        feed(WIRE_KILLED, "three");
        feed(WIRE_KILLED, "four");
        assert_int_equal(count_children(), 1);
        world_write("/run/test/go", "");
        until_contains(OUT, "four 2\n");
        until_idle();
        assert_string_equal(read_text(OUT), "one 0\nfour 2\n");
        feed(WIRE_KILLED, "five");
        until_contains(OUT, "five 0\n");
        until_idle();
        (void)unlink("/run/test/go");
}

static void
one_that_takes_too_long_is_ended_with_all_that_it_started(void **state)
{
        (void)state;
        write_program("trap '' TERM HUP INT; sleep 1000 & sleep 1000 & echo up >> " OUT
                      "; sleep 1000");
        use_program(PROGRAM);
        feed(WIRE_KILLED, "one");
        until_contains(OUT, "up\n");
        assert_true(count_of_user(990) >= 3);
        until_contains(SAID, "took more than 10 s and was ended");
        until_idle();
        for (uint64_t until_us = clock_us() + WORLD_CAP_US; count_of_user(990) > 0;)
                assert_true(clock_us() < until_us);
        /* The next one is run as if nothing had been. */
        write_program("echo again >> " OUT);
        feed(WIRE_KILLED, "two");
        until_contains(OUT, "again\n");
        until_contains(SAID, "works again");
        until_idle();
}

static void
what_it_leaves_behind_ends_with_it(void **state)
{
        (void)state;
        write_program("sleep 1000 & echo done >> " OUT);
        use_program(PROGRAM);
        feed(WIRE_KILLED, "one");
        until_contains(OUT, "done\n");
        until_idle();
        for (uint64_t until_us = clock_us() + WORLD_CAP_US; count_of_user(990) > 0;)
                assert_true(clock_us() < until_us);
}

static void
each_way_of_failing_is_told_once(void **state)
{
        (void)state;
        use_program("/run/test/absent");
        for (int i = 0; i < 3; i++) {
                feed(WIRE_KILLED, "x");
                until_idle();
        }
        assert_string_equal(
                read_text(SAID),
                "<4>oomguard-notify: [notify] exec: /run/test/absent cannot be run as uid 990: "
                "No such file or directory\n");
        world_write("/run/test/plain", "echo\n");
        use_program("/run/test/plain");
        feed(WIRE_KILLED, "x");
        until_idle();
        assert_contains(SAID, "/run/test/plain cannot be run as uid 990: Permission denied\n");
        use_program("/run/test");
        feed(WIRE_KILLED, "x");
        until_idle();
        assert_contains(SAID, "/run/test cannot be run as uid 990: Permission denied\n");
        write_program("exit 3");
        use_program(PROGRAM);
        for (int i = 0; i < 3; i++) {
                feed(WIRE_KILLED, "x");
                until_idle();
        }
        assert_int_equal(count(SAID, "exits with status 3; the next event goes to it"), 1);
        write_program("kill -SEGV $$");
        feed(WIRE_KILLED, "x");
        until_idle();
        assert_contains(SAID, "was ended by signal 11; ");
        /* What it says itself goes where our own lines go. */
        write_program("echo to stdout; echo to stderr >&2");
        feed(WIRE_KILLED, "x");
        until_idle();
        assert_contains(SAID, "to stdout\nto stderr\n");
        assert_contains(SAID, "works again\n");
}

static void
names_are_one_line_and_readable(void **state)
{
        struct wire_record rec = record_of(WIRE_KILLED, "");

        (void)state;
        memcpy(rec.process.name, "a\nPATH=/x\033\xff", 12);
        write_program("env >> " OUT "; echo end >> " OUT);
        use_program(PROGRAM);
        hook_record(hook, &rec);
        until_contains(OUT, "\nend\n");
        until_idle();
        assert_contains(OUT, "\nOOMGUARD_NAME=a?PATH=/x??\n");
        assert_int_equal(count(OUT, "\nPATH=/x"), 0);
        assert_int_equal(count(OUT, "\033"), 0);
}

static void
a_hundred_events_leave_nothing_behind(void **state)
{
        size_t fds;

        (void)state;
        write_program("exit 0");
        use_program(PROGRAM);
        feed(WIRE_KILLED, "x");
        until_idle();
        fds = count_descriptors();
        for (int i = 0; i < 100; i++) {
                feed(WIRE_KILLED, "x");
                assert_true(count_children() <= 1);
                if (i % 3 == 0)
                        until_idle();
        }
        until_idle();
        assert_int_equal(count_descriptors(), fds);
}

static void
without_the_packages_user_it_is_nobody(void **state)
{
        (void)state;
        world_write("/run/test/few", "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n");
        assert_int_equal(mount("/run/test/few", "/etc/passwd", NULL, MS_BIND, NULL), 0);
        write_program("id -u >> " OUT);
        use_program(PROGRAM);
        feed(WIRE_KILLED, "x");
        until_contains(OUT, "65534\n");
        until_idle();
        world_write("/run/test/none", "root:x:0:0::/:/bin/sh\n");
        assert_int_equal(mount("/run/test/none", "/etc/passwd", NULL, MS_BIND, NULL), 0);
        use_program(PROGRAM);
        assert_contains(SAID, "there is no user oomguard or nobody; " PROGRAM " is not run\n");
        feed(WIRE_KILLED, "x");
        assert_int_equal(count_children(), 0);
        assert_int_equal(umount2("/etc/passwd", MNT_DETACH), 0);
        assert_int_equal(umount2("/etc/passwd", MNT_DETACH), 0);
}

static void
ending_does_not_wait_for_it(void **state)
{
        uint64_t at_us;

        (void)state;
        write_program("trap '' TERM; echo up >> " OUT "; sleep 1000");
        use_program(PROGRAM);
        feed(WIRE_KILLED, "x");
        until_contains(OUT, "up\n");
        at_us = clock_us();
        hook_free(hook);
        hook = NULL;
        assert_true(clock_us() - at_us < 5000000);
        assert_int_equal(count_children(), 0);
}

static void
every_extra_variable_has_a_meaning(void **state)
{
        struct wire_record rec = record_of(WIRE_KILLED, "x");
        static struct hook_env env;
        const char *meaning, *name;

        (void)state;
        hook_env_make(&rec, 7, &env);
        assert_null(env.line[env.n]);
        for (size_t i = 0; (name = hook_env_extra(i, &meaning)) != NULL; i++) {
                assert_true(strlen(meaning) > 0);
                assert_int_equal(strncmp(env.line[i], name, strlen(name)), 0);
                assert_int_equal(env.line[i][strlen(name)], '=');
        }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_hook, close_hook)

static int
run_cases(void)
{
        const struct CMUnitTest cases[] = {
                CASE(it_runs_as_its_user_with_the_event_in_its_environment),
                CASE(it_leads_a_session_of_its_own),
                CASE(it_is_run_for_events_and_for_nothing_else),
                CASE(of_those_that_come_meanwhile_the_last_is_kept),
                CASE(one_that_takes_too_long_is_ended_with_all_that_it_started),
                CASE(what_it_leaves_behind_ends_with_it),
                CASE(each_way_of_failing_is_told_once),
                CASE(names_are_one_line_and_readable),
                CASE(a_hundred_events_leave_nothing_behind),
                CASE(without_the_packages_user_it_is_nobody),
                CASE(ending_does_not_wait_for_it),
                CASE(every_extra_variable_has_a_meaning),
        };

        cmocka_set_test_filter(getenv("HOOK_ONLY"));
        return cmocka_run_group_tests_name("hook", cases, NULL, NULL);
}

int
main(int argc, char **argv)
{
        static char self[PATH_MAX];

        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        return world_run(argc > 1 ? argv[1] : dirname(strncpy(self, argv[0], PATH_MAX - 1)),
                         run_cases);
}
