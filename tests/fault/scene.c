/* SPDX-License-Identifier: MIT */
/*
 * Owns one life of the guard, from its start to its end, and what it is seen to do: looks, a
 * roster, requests, SIGTERM and SIGKILL to a process that does not want to end and for a while
 * cannot, a reload, the stop.  Never judges: whatever does not happen is waited for, and noted.
 */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "subscribe.h"
#include "tests/system/actor.h"
#include "tests/system/files.h"
#include "tests/system/group.h"
#include "tests/system/guard.h"
#include "tests/system/memory.h"
#include "tests/system/world.h"

/* Waits for what a guard that has lost something need not do any more. */
enum { START_MS = 10000, SOON_MS = 2500, KILL_MS = 7000, ROSTER_MS = 400, REAP_MS = 300 };

static struct {
        struct fault_run *run;
        pid_t tracer;
        int err_fd, trace_fd;
        struct subscription sub;
        unsigned n_looks; /* of the trace */
        unsigned n_fed;   /* samples from the feed */
        bool line_begins;
} s = { .err_fd = -1, .trace_fd = -1, .sub = SUBSCRIPTION_INIT, .line_begins = true };

/* ---- listening ---- */

static void
listen_to_lines(void)
{
        struct fault_run *r = s.run;
        ssize_t n;

        while (s.err_fd >= 0 && r->n_said < FAULT_SAID_MAX - 1 &&
               (n = read(s.err_fd, r->said + r->n_said, FAULT_SAID_MAX - 1 - r->n_said)) > 0)
                r->n_said += (uint32_t)n;
}

static void
listen_to_trace(void)
{
        char text[8192];
        ssize_t n;

        while (s.trace_fd >= 0 && (n = read(s.trace_fd, text, sizeof(text))) > 0)
                for (ssize_t i = 0; i < n; i++) {
                        s.n_looks += s.line_begins && text[i] == 's';
                        s.line_begins = text[i] == '\n';
                }
}

static void
listen_to_feed(void)
{
        struct wire_record rec;
        int r;

        while (s.sub.fd >= 0 && (r = subscribe_take(&s.sub, &rec, 0)) != 0) {
                if (r < 0) {
                        subscribe_close(&s.sub);
                        return;
                }
                s.n_fed += rec.kind == WIRE_SAMPLE;
                s.run->told |= rec.kind == WIRE_KILLING;
                s.run->fed |= rec.kind == WIRE_KILLED;
        }
}

/* Whether it has said this, to anybody. */
static bool
said(const char *text)
{
        return strstr(s.run->said, text) != NULL;
}

static unsigned
n_looks(void)
{
        return s.n_looks > s.n_fed ? s.n_looks : s.n_fed;
}

/* ---- what world.c asks of a guard ---- */

void
guard_listen(void)
{
        listen_to_lines();
        listen_to_trace();
        listen_to_feed();
}

bool
guard_runs(void)
{
        return s.tracer != 0 && !s.run->over;
}

void
guard_show(void)
{
        printf("%s", s.run->said);
}

int
guard_end(int sig)
{
        if (s.run->guard_pid != 0)
                (void)kill(s.run->guard_pid, sig);
        for (long end_ms = world_now_ms() + SOON_MS; !s.run->over && world_now_ms() < end_ms;)
                world_pause();
        return s.run->over && WIFEXITED(s.run->status) ? WEXITSTATUS(s.run->status) : -1;
}

/* True when it is so within the time; at once when the guard has ended. */
#define WITHIN(ms, condition)                                                                     \
        ({                                                                                        \
                long within_end_ms = world_now_ms() + (ms);                                       \
                bool within;                                                                      \
                while (!(within = (condition)) && guard_runs() && world_now_ms() < within_end_ms) \
                        world_pause();                                                            \
                within || (condition);                                                            \
        })

static void
pass(long ms)
{
        (void)WITHIN(ms, false);
}

/* ---- the guard ---- */

/* A service manager with a watchdog: then there is a pulse. */
static void
be_manager(void)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", world_path("notify"));
        CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "notify: %s",
              strerror(errno));
        CHECK(chmod(at.sun_path, 0666) == 0, "notify: %s", strerror(errno));
        (void)setenv("NOTIFY_SOCKET", at.sun_path, 1);
        (void)setenv("WATCHDOG_USEC", "400000", 1);
}

static void
make_read_only(void)
{
        static const char *const at[] = { "/proc", "/sys", "/dev", "/run", "/tmp", "/" };

        /* What is no mount of its own belongs to the last. */
        for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++)
                CHECK(mount(NULL, at[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0 ||
                              errno == EINVAL,
                      "%s: %s", at[i], strerror(errno));
}

static void
start(void)
{
        const struct fault *f = &s.run->fault;
        char config[WORLD_PATH_MAX], trace[WORLD_PATH_MAX], guard[WORLD_PATH_MAX];
        char *argv[] = { (char[]){ "oomguard" },
                         (char[]){ "-c" },
                         config,
                         (char[]){ "--record" },
                         trace,
                         NULL };
        int fd[2];

        (void)snprintf(config, sizeof(config), "%s", world_path("guard.conf"));
        (void)snprintf(trace, sizeof(trace), "%s", world_path("trace"));
        (void)snprintf(guard, sizeof(guard), "%s", world_guard());
        s.trace_fd = open(trace, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        CHECK(s.trace_fd >= 0 && fchmod(s.trace_fd, 0666) == 0 && pipe2(fd, O_CLOEXEC) == 0, "%s",
              strerror(errno));
        CHECK(fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0, "pipe: %s", strerror(errno));
        s.tracer = fork();
        if (s.tracer == 0) {
                if (dup2(fd[1], STDERR_FILENO) < 0 || dup2(fd[1], STDOUT_FILENO) < 0)
                        _exit(98);
                if (f->read_only)
                        make_read_only();
                tracer_run(s.run, guard, argv);
        }
        CHECK(s.tracer > 0, "fork: %s", strerror(errno));
        (void)close(fd[1]);
        s.err_fd = fd[0];
        (void)WITHIN(START_MS, said(" guards ") || n_looks() > 0);
        s.run->started = guard_runs() && (said(" guards ") || n_looks() > 0);
}

/* ---- subscribers ---- */

static bool
subscribe(void)
{
        if (s.sub.fd < 0 && subscribe_open(&s.sub, WIRE_FEED) == 0)
                (void)subscribe_ask(&s.sub, WIRE_OP_SUBSCRIBE, WIRE_SUB_ALL);
        return s.sub.fd >= 0;
}

/* Asks what there is to ask, as somebody else, and leaves; another one speaks no sense. */
static bool
ask(void)
{
        struct subscription other = SUBSCRIPTION_INIT, third = SUBSCRIPTION_INIT;
        bool good = subscribe_open(&other, WIRE_FEED) == 0 &&
                    subscribe_call(&other, WIRE_OP_STATE, 0, SOON_MS, NULL, NULL) == 0 &&
                    subscribe_call(&other, WIRE_OP_CANDIDATES, 5, SOON_MS, NULL, NULL) == 0 &&
                    subscribe_call(&other, WIRE_OP_POLICY, 0, SOON_MS, NULL, NULL) == 0;

        if (subscribe_open(&third, WIRE_FEED) == 0)
                (void)!write(third.fd, "?", 1);
        pass(50);
        subscribe_close(&other);
        subscribe_close(&third);
        return good;
}

/* ---- the life ---- */

static struct actor *deaf, *other;

static bool
somebody_has_ended(void)
{
        return !actor_lives(deaf) || !actor_lives(other);
}

/* One that is deaf to SIGTERM, and that SIGKILL cannot end either until it is thawed. */
static void
run_out(void)
{
        struct fault_run *r = s.run;

        r->n_before = r->n_failed;
        r->late = true;
        memory_leave(150);
        pass(ROSTER_MS);
        r->answered = ask();
        memory_leave(80);
        r->told = WITHIN(KILL_MS, r->told || said("SIGTERM to ") || somebody_has_ended());
        (void)group_freeze(world_outside_pid(), deaf->pid);
        (void)WITHIN(SOON_MS, said("still there") || memory_available_kib() > 120 * 1024);
        pass(REAP_MS);
        group_thaw(world_outside_pid());
        r->killed = WITHIN(KILL_MS, somebody_has_ended());
        r->ended = WITHIN(SOON_MS, said(" ended "));
        (void)WITHIN(500, r->fed);
}

static void
go_on(void)
{
        struct fault_run *r = s.run;

        memory_leave(300);
        subscribe_close(&s.sub);
        if (r->guard_pid != 0)
                (void)kill(r->guard_pid, SIGHUP);
        r->reloaded = WITHIN(SOON_MS, said("reloaded;"));
        (void)WITHIN(500, subscribe());
        unsigned from = n_looks();

        r->looked_on = WITHIN(SOON_MS, n_looks() >= from + 3);
        r->stopped = guard_end(SIGTERM) == 0;
        if (!r->over && r->guard_pid != 0)
                (void)kill(r->guard_pid, SIGKILL);
}

void
scene_run(struct fault_run *run)
{
        s.run = run;
        memory_make_up();
        be_manager();
        world_write("guard.conf",
                    "[memory]\nwarn = 110M\nterm = 100M\nkill = 0%%\nnew_low = 0s\n"
                    "[kill]\ngrace = 300ms\ngive_up = 5s\n[victim]\navoid = name:nobody\n");
        deaf = actor_start_ready("ignore name=deaf hold=50 wait");
        other = actor_start_ready("name=other hold=30 wait");
        memory_leave(300);
        start();
        if (guard_runs()) {
                (void)WITHIN(SOON_MS, subscribe());
                run->looked = WITHIN(SOON_MS, n_looks() >= 3);
                run_out();
                go_on();
        }
        for (long end_ms = world_now_ms() + SOON_MS; !run->over && world_now_ms() < end_ms;)
                world_pause();
        guard_listen();
        group_thaw(world_outside_pid());
        /* All of this namespace, so that nobody complains of its end. */
        (void)kill(-1, SIGKILL);
        _exit(0);
}
