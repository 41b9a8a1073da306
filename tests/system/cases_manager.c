/* SPDX-License-Identifier: MIT */
/*
 * What the service manager hears (sd_notify(3)), and when the watchdog hears nothing.
 */
#include "cases.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "listener.h"

#define USUAL LIMITS("110M", "100M", "0%")

enum { HEARD_MAX = 16384 };

static struct {
        int fd;
        char all[HEARD_MAX]; /* what has been heard, each message in a line of its own */
        size_t n;
        unsigned n_pings;
} m;

static void
be_the_manager(const char *watchdog_us)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX };

        (void)snprintf(at.sun_path, sizeof(at.sun_path), "%.100s", world_path("notify"));
        m.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        CHECK(m.fd >= 0 && bind(m.fd, (struct sockaddr *)&at, sizeof(at)) == 0, "notify: %s",
              strerror(errno));
        (void)setenv("NOTIFY_SOCKET", at.sun_path, 1);
        if (watchdog_us)
                (void)setenv("WATCHDOG_USEC", watchdog_us, 1);
}

static void
listen_to_it(void)
{
        ssize_t n;

        while ((n = recv(m.fd, m.all + m.n, HEARD_MAX - m.n - 1, 0)) > 0) {
                m.all[m.n + (size_t)n] = '\0';
                /* They would fill the room. */
                if (strcmp(m.all + m.n, "WATCHDOG=1") == 0) {
                        m.n_pings++;
                        m.all[m.n] = '\0';
                        continue;
                }
                m.n += (size_t)n;
                m.all[m.n++] = '\n';
                m.all[m.n] = '\0';
        }
}

static const char *
heard(const char *text)
{
        listen_to_it();
        return strstr(m.all, text);
}

#define HEARS(text) AWAIT(heard(text), "the manager to hear %s; it has heard:\n%s", text, m.all)

static void
it_is_told_of_the_start_the_state_and_the_end(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        be_the_manager(NULL);
        guard_begin_with(USUAL);
        HEARS("READY=1\n");
        HEARS("STATUS=calm: 300 MiB available (term 100 MiB), none of swap free; 0 ended, 0 "
              "missed");
        CHECK(heard("READY=1\n") < heard("STATUS="), "not in this order");
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        HEARS("STATUS=warn: ");
        memory_set(900);
        HEARS("STATUS=calm: 900 MiB available (term 100 MiB), none of swap free; 1 ended, 0 "
              "missed");
        CHECK(!heard("STOPPING=1"), "too soon");
        CHECK(guard_end(SIGTERM) == 0, "not a clean end");
        HEARS("STOPPING=1\n");
        CHECK(m.n_pings == 0, "pings although there is no watchdog");
}

static void
it_is_told_of_a_pause_in_words(void)
{
        memory_make_up();
        memory_set(500);
        be_the_manager(NULL);
        guard_begin_with(USUAL);
        struct listener *l = listener_come(0);

        HEARS("STATUS=calm: ");
        CHECK(listener_ask(l, WIRE_OP_PAUSE, 600) == 0, "not taken");
        HEARS(", paused for 59");
        m.n = 0;
        CHECK(listener_ask(l, WIRE_OP_RESUME, 0) == 0, "not taken");
        HEARS("0 missed\n");
}

static void
reloads(const char *configuration)
{
        struct timespec before, after;
        const char *at;

        m.n = 0;
        m.all[0] = '\0';
        guard_configure(configuration);
        (void)clock_gettime(CLOCK_MONOTONIC, &before);
        CHECK(kill(guard_pid(), SIGHUP) == 0, "%s", strerror(errno));
        HEARS("RELOADING=1\nMONOTONIC_USEC=");
        at = heard("MONOTONIC_USEC=");
        AWAIT(heard("READY=1\n"), "the end of the reload");
        (void)clock_gettime(CLOCK_MONOTONIC, &after);
        CHECK(heard("READY=1\n") > at, "not in this order");
        long long us = atoll(at + strlen("MONOTONIC_USEC="));

        CHECK(us >= before.tv_sec * 1000000LL && us <= (after.tv_sec + 1) * 1000000LL, "%lld us",
              us);
}

static void
it_is_told_when_a_reload_begins_and_ends_well_or_not(void)
{
        memory_make_up();
        memory_set(500);
        be_the_manager(NULL);
        guard_begin_with(USUAL);
        HEARS("READY=1\n");
        reloads(LIMITS("120M", "100M", "0%"));
        (void)guard_says("reloaded; 0 rules");
        guard_looks(5);
        reloads("[memory]\nterm = banana\n");
        (void)guard_says("the running configuration stays");
}

/* Stops the loop's thread alone, as nothing but a debugger can; it goes on when this ends. */
static pid_t
stop_the_loop(void)
{
        int ready[2];
        char byte;
        pid_t pid;

        CHECK(pipe(ready) == 0, "%s", strerror(errno));
        pid = fork();
        if (pid == 0) {
                bool good = ptrace(PTRACE_SEIZE, guard_pid(), NULL, NULL) == 0 &&
                            ptrace(PTRACE_INTERRUPT, guard_pid(), NULL, NULL) == 0 &&
                            waitpid(guard_pid(), NULL, __WALL) == guard_pid();

                (void)!write(ready[1], good ? "y" : "n", 1);
                for (;;)
                        (void)pause();
        }
        CHECK(pid > 0 && read(ready[0], &byte, 1) == 1, "%s", strerror(errno));
        if (byte != 'y')
                world_not_here("no thread may be traced here");
        return pid;
}

static void
wait_ms(long ms)
{
        long end_ms = world_now_ms() + ms;

        while (world_now_ms() < end_ms)
                world_pause();
        listen_to_it();
}

static void
the_watchdog_hears_the_loop_and_not_the_guard_without_it(void)
{
        memory_make_up();
        memory_set(500);
        be_the_manager("1200000");
        guard_begin_with(USUAL);
        listen_to_it();
        AWAIT((listen_to_it(), m.n_pings >= 5), "five pings");
        pid_t tracer = stop_the_loop();

        /* One may be under way: the loop had ticked since the one before. */
        wait_ms(700);
        unsigned before = m.n_pings;

        wait_ms(2000);
        CHECK(m.n_pings == before, "%u pings of a guard whose loop stands still",
              m.n_pings - before);
        /* The rest of it is well, and would have gone on telling. */
        CHECK(listener_ask(listener_come(0), WIRE_OP_STATE, 0) == 0, "not even the feed");
        CHECK(kill(tracer, SIGKILL) == 0 && waitpid(tracer, NULL, 0) == tracer, "%s",
              strerror(errno));
        AWAIT((listen_to_it(), m.n_pings > before), "it to be heard again");
}

/* Nobody takes anything from the socket: the guard must not wait, and must say so later. */
static void
a_manager_that_does_not_listen_holds_nothing_up(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        be_the_manager("20000");
        guard_begin_with(USUAL);
        /* The queue of a datagram socket is short (net.unix.max_dgram_qlen). */
        guard_looks(60);
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        guard_looks(CASES_LOOKS);
        memory_set(900);
        AWAIT(heard("STATUS=calm: 900 MiB"), "what came later");
}

static void
an_address_that_nobody_listens_at_is_said_once(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        (void)setenv("NOTIFY_SOCKET", world_path("nobody"), 1);
        guard_begin_with(USUAL);
        guard_looks(CASES_LOOKS);
        (void)guard_says("NOTIFY_SOCKET=%s: No such file or directory; not told",
                         world_path("nobody"));
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        CHECK(guard_said("NOTIFY_SOCKET") == 1, "said more than once");
}

const struct system_case cases_manager[] = {
        CASE(it_is_told_of_the_start_the_state_and_the_end),
        CASE(it_is_told_of_a_pause_in_words),
        CASE(it_is_told_when_a_reload_begins_and_ends_well_or_not),
        CASE(the_watchdog_hears_the_loop_and_not_the_guard_without_it),
        CASE(a_manager_that_does_not_listen_holds_nothing_up),
        CASE(an_address_that_nobody_listens_at_is_said_once),
        CASE_END,
};
