/* SPDX-License-Identifier: MIT */
/*
 * Who has a session, and what a child of theirs may do.
 */
#include "cases.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
is_told(const void *arg)
{
        const uid_t *uid = arg;
        struct wire_record rec = record_of(WIRE_KILLED, *uid, "leak");

        if (count_children() == 0 && world_log_lines(*uid) == 0)
                stage_feed(&rec);
        return world_log_lines(*uid) > 0;
}

static void
sessions_come_and_go(void **state)
{
        uid_t uid = ANN;
        pid_t bus, server;

        (void)state;
        /* The folder is not there yet when this starts before logind. */
        assert_int_equal(rename("/run/systemd/sessions", "/run/systemd/later"), 0);
        stage_open();
        stage_kill(ANN, "leak", 4000);
        assert_int_equal(count_children(), 0);
        assert_int_equal(rename("/run/systemd/later", "/run/systemd/sessions"), 0);
        world_session("g", BEN, "greeter", "wayland", "active");
        world_session("m", ADA, "manager", "unspecified", "active");
        world_write("/run/systemd/sessions/r",
                    "UID=1502\nACTIVE=1\nSTATE=active\nREMOTE=1\nTYPE=tty\nCLASS=user\n");
        stage_kill(ANN, "leak", 4000);
        assert_int_equal(count_children(), 0);
        world_session("1", ANN, "user", "wayland", "active");
        world_session("1b", ANN, "user", "x11", "active");
        world_log_clear(ANN);
        bus = world_bus(ANN, "");
        server = world_server(ANN, NULL);
        stage_until(is_told, &uid);
        stage_until_idle();
        /* One of two sessions ends: nothing changes; the other ends: nobody is told. */
        world_session_ends("1b");
        stage_until_idle();
        world_log_clear(ANN);
        stage_until(is_told, &uid);
        stage_until_idle();
        world_session("1", ANN, "user", "wayland", "closing");
        for (int i = 0; i < 20; i++)
                (void)sd_event_run(stage.event, 10000);
        world_log_clear(ANN);
        stage_kill(ANN, "leak", 4000);
        assert_int_equal(count_children(), 0);
        stage_close();
        world_session_ends("1");
        world_session_ends("g");
        world_session_ends("m");
        world_session_ends("r");
        world_end(server);
        world_end(bus);
}

/* Runs what may not change this process in one that may. */
static void
apart(void (*run)(void))
{
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
                run();
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

/* Asserts need cmocka's own process; here a false one ends it. */
static void
must(bool is_so)
{
        if (!is_so)
                _exit(1);
}

/* What it says on stderr from here on. */
static void
write_down(void)
{
        int fd = open("/run/test/said", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        must(fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
}

static void
read_said(char *ret, size_t size)
{
        FILE *f = fopen("/run/test/said", "re");
        size_t n;

        assert_non_null(f);
        n = fread(ret, 1, size - 1, f);
        ret[n] = '\0';
        (void)fclose(f);
}

static void
kill_twice(void)
{
        write_down();
        stage_open();
        for (int i = 0; i < 2; i++) {
                stage_kill(ANN, "leak", 4000 + i);
                must(count_children() == 1);
                stage_until_idle();
        }
        stage_close();
}

/* logind goes on calling such a session a text console. */
static void
a_desktop_begun_on_a_console_is_told(void **state)
{
        static const char *const display[][2] = { { "env=WAYLAND_DISPLAY=wayland-1", NULL },
                                                  { "env=DISPLAY=:0", NULL } };
        char text[1024];

        (void)state;
        world_session("t", ANN, "user", "tty", "active");
        for (size_t i = 0; i < sizeof(display) / sizeof(display[0]); i++) {
                pid_t bus = world_bus(ANN, ""), server = world_server(ANN, display[i]);

                world_log_clear(ANN);
                apart(kill_twice);
                read_said(text, sizeof(text));
                assert_string_equal(text, "");
                assert_int_equal(world_log_lines(ANN), 2);
                CONTAINS(world_log_line(ANN, 0), "leak was closed: memory ran out");
                world_end(server);
                world_end(bus);
        }
        world_session_ends("t");
}

static void
a_login_on_a_console_is_left_alone(void **state)
{
        static const char *const no_display[] = { "env=LANG=C.UTF-8", "env=DISPLAY=", NULL };
        char text[1024];
        pid_t bus, server;

        (void)state;
        world_session("t", ANN, "user", "tty", "active");
        world_log_clear(ANN);
        apart(kill_twice);
        read_said(text, sizeof(text));
        assert_string_equal(text, "");
        bus = world_bus(ANN, "");
        apart(kill_twice);
        read_said(text, sizeof(text));
        assert_string_equal(text, "");
        server = world_server(ANN, no_display);
        apart(kill_twice);
        read_said(text, sizeof(text));
        assert_string_equal(text, "");
        world_end(server);
        server = world_server(ANN, NULL);
        apart(kill_twice);
        assert_int_equal(world_log_lines(ANN), 0);
        /* With a graphical session beside it nobody looks for a display. */
        world_session("1", ANN, "user", "wayland", "active");
        apart(kill_twice);
        assert_int_equal(world_log_lines(ANN), 2);
        world_end(server);
        world_end(bus);
        world_session_ends("1");
        world_session_ends("t");
}

static pid_t
only_child(void)
{
        char path[64];
        int pid = 0, last = 0;
        FILE *f;

        /* The latest: buses and servers were started before. */
        (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
        f = fopen(path, "re");
        assert_non_null(f);
        while (fscanf(f, "%d", &pid) == 1)
                last = pid > last ? pid : last;
        (void)fclose(f);
        return last;
}

static void
read_all(pid_t pid, const char *name, char *ret, size_t size)
{
        char path[64];
        size_t n = 0;
        FILE *f;

        (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
        f = fopen(path, "re");
        if (f) {
                n = fread(ret, 1, size - 1, f);
                (void)fclose(f);
        }
        ret[n] = '\0';
}

static bool
is_ann(const void *arg)
{
        char text[4096];

        (void)arg;
        read_all(only_child(), "status", text, sizeof(text));
        return strstr(text, "\nUid:\t1500\t1500\t1500\t1500\n") != NULL;
}

static size_t
count_descriptors_of(pid_t pid)
{
        char path[64];
        struct dirent *d;
        size_t n = 0;
        DIR *dir;

        (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
        dir = opendir(path);
        assert_non_null(dir);
        while ((d = readdir(dir)) != NULL)
                n += d->d_name[0] != '.';
        (void)closedir(dir);
        return n;
}

static void
put_adj(const char *adj)
{
        FILE *f = fopen("/proc/self/oom_score_adj", "we");

        assert_non_null(f);
        assert_true(fputs(adj, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

/* Seen while it waits for a server that is stopped. */
static void
the_child_is_that_person_and_nothing_more(void **state)
{
        const gid_t groups[] = { 27, 990 };
        sigset_t blocked, before;
        char text[4096], adj[32];
        pid_t bus, server, child;

        (void)state;
        /* What it must not pass on. */
        assert_int_equal(setgroups(2, groups), 0);
        put_adj("300");
        (void)sigfillset(&blocked);
        assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, &before), 0);
        world_session("1", ANN, "user", "wayland", "active");
        bus = world_bus(ANN, "");
        server = world_server(ANN, NULL);
        world_stop(server);
        stage_open();
        stage_kill(ANN, "leak", 4000);
        stage_until(is_ann, NULL);
        child = only_child();
        read_all(child, "status", text, sizeof(text));
        CONTAINS(text, "\nGid:\t1500\t1500\t1500\t1500\n");
        CONTAINS(text, "\nGroups:\t \n");
        CONTAINS(text, "\nCapPrm:\t0000000000000000\n");
        CONTAINS(text, "\nCapEff:\t0000000000000000\n");
        CONTAINS(text, "\nCapInh:\t0000000000000000\n");
        CONTAINS(text, "\nCapAmb:\t0000000000000000\n");
        CONTAINS(text, "\nSigBlk:\t0000000000000000\n");
        CONTAINS(text, "\nVmLck:\t       0 kB\n");
        read_all(child, "oom_score_adj", adj, sizeof(adj));
        assert_string_equal(adj, "0\n");
        put_adj("0");
        assert_int_equal(setgroups(0, NULL), 0);
        assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
        /* Standard ones, the answer, the bus. */
        assert_true(count_descriptors_of(child) <= 5);
        world_go_on(server);
        stage_until_idle();
        stage_close();
        world_end(server);
        world_end(bus);
        world_session_ends("1");
}

static void
run_as_ann(void)
{
        must(setgroups(0, NULL) == 0 && setresgid(ANN, ANN, ANN) == 0 &&
             setresuid(ANN, ANN, ANN) == 0);
        stage_open();
        stage_kill(ANN, "leak", 4000);
        stage_until_lines(ANN, 1);
        stage_until_idle();
        stage_close();
}

static void
without_privileges_one_tells_oneself(void **state)
{
        pid_t bus, server;

        (void)state;
        world_session("1", ANN, "user", "wayland", "active");
        world_session("2", BEN, "user", "wayland", "active");
        world_log_clear(ANN);
        world_log_clear(BEN);
        bus = world_bus(ANN, "");
        server = world_server(ANN, NULL);
        apart(run_as_ann);
        assert_int_equal(world_log_lines(ANN), 1);
        world_end(server);
        world_end(bus);
        world_session_ends("1");
        world_session_ends("2");
}

static void
run_without_setuid(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2];

        must(syscall(SYS_capget, &header, data) == 0);
        data[0].effective &= ~(1u << CAP_SETUID);
        data[0].permitted &= ~(1u << CAP_SETUID);
        must(syscall(SYS_capset, &header, data) == 0);
        write_down();
        stage_open();
        for (int i = 0; i < 3; i++) {
                stage_kill(ANN, "leak", 4000);
                stage_until_idle();
        }
        stage_close();
}

static void
who_may_not_become_somebody_says_so_once(void **state)
{
        char text[1024];

        (void)state;
        world_session("1", ANN, "user", "wayland", "active");
        apart(run_without_setuid);
        read_said(text, sizeof(text));
        assert_string_equal(text,
                            "<4>oomguard-notify: uid 1500 did not get a notification: this program "
                            "may not become that user: Operation not permitted; the next is "
                            "tried anew\n");
        world_session_ends("1");
}

/* The most memory that the child was seen to have, in KiB. */
static unsigned long most_kib;

static bool
is_over(const void *arg)
{
        char text[4096];
        const char *p;

        (void)arg;
        if (count_children() == 0)
                return true;
        read_all(only_child(), "status", text, sizeof(text));
        p = strstr(text, "\nVmHWM:");
        if (p && strstr(text, "Uid:\t1500\t") && strtoul(p + 7, NULL, 10) > most_kib)
                most_kib = strtoul(p + 7, NULL, 10);
        return false;
}

static void
a_server_cannot_make_the_child_grow(void **state)
{
        static const char *const huge[] = { "huge", NULL };
        pid_t bus, server;

        (void)state;
        world_session("1", ANN, "user", "wayland", "active");
        world_log_clear(ANN);
        bus = world_bus(ANN, "");
        server = world_server(ANN, huge);
        stage_open();
        most_kib = 0;
        stage_kill(ANN, "leak", 4000);
        stage_until(is_over, NULL);
        assert_true(most_kib > 0 && most_kib < 60 * 1024);
        /* And is told again when it has come to its senses. */
        world_end(server);
        server = world_server(ANN, NULL);
        world_log_clear(ANN);
        stage_kill(ANN, "leak", 4001);
        stage_until_lines(ANN, 1);
        stage_until_idle();
        stage_close();
        world_end(server);
        world_end(bus);
        world_session_ends("1");
}

const struct CMUnitTest cases_people[] = {
        cmocka_unit_test(sessions_come_and_go),
        cmocka_unit_test(a_desktop_begun_on_a_console_is_told),
        cmocka_unit_test(a_login_on_a_console_is_left_alone),
        cmocka_unit_test(without_privileges_one_tells_oneself),
        cmocka_unit_test(who_may_not_become_somebody_says_so_once),
        cmocka_unit_test(a_server_cannot_make_the_child_grow),
        cmocka_unit_test(the_child_is_that_person_and_nothing_more),
};
const size_t n_cases_people = sizeof(cases_people) / sizeof(cases_people[0]);
