/* SPDX-License-Identifier: MIT */
/*
 * Sessions that are not well, all at once: nobody else waits for them, nothing piles up, and once
 * they are well they are told again.
 */
#include "cases.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum ailment {
        STOPPED_SERVER,
        ABSENT_SERVER,
        SLOW_SERVER, /* started by the bus, takes 1.5 s */
        STOPPED_BUS,
        NO_BUS,
        REFUSING_BUS,
        FALSE_BUS,  /* not a socket */
        OTHERS_BUS, /* a socket, but somebody else's */
        N_AILMENTS
};

_Static_assert((int)N_AILMENTS == (int)N_AILING, "one for each");

static struct {
        pid_t bus, server;
} them[N_AILMENTS];

static const char refuse[] = "<deny user=\"*\"/>";

static uid_t
of(int ailment)
{
        return (uid_t)(HALE + ailment);
}

static void
fall_ill(void)
{
        char id[16], path[128];

        for (int a = 0; a < N_AILMENTS; a++) {
                (void)snprintf(id, sizeof(id), "a%d", a);
                world_session(id, of(a), "user", "x11", "active");
                world_log_clear(of(a));
                if (a == NO_BUS || a == FALSE_BUS)
                        continue;
                them[a].bus = world_bus(of(a), a == REFUSING_BUS ? refuse : "");
        }
        them[STOPPED_SERVER].server = world_server(of(STOPPED_SERVER), NULL);
        world_stop(them[STOPPED_SERVER].server);
        world_activated_server(of(SLOW_SERVER), "delay=1500");
        /* The bus has to see the file. */
        (void)kill(them[SLOW_SERVER].bus, SIGHUP);
        them[STOPPED_BUS].server = world_server(of(STOPPED_BUS), NULL);
        world_stop(them[STOPPED_BUS].bus);
        (void)snprintf(path, sizeof(path), "/run/user/%u/bus", (unsigned)of(FALSE_BUS));
        world_write(path, "");
        (void)snprintf(path, sizeof(path), "/run/user/%u/bus", (unsigned)of(OTHERS_BUS));
        assert_int_equal(chown(path, BEN, BEN), 0);
}

static void
get_well(void)
{
        world_go_on(them[STOPPED_SERVER].server);
        world_go_on(them[STOPPED_BUS].bus);
        them[ABSENT_SERVER].server = world_server(of(ABSENT_SERVER), NULL);
        world_end(them[REFUSING_BUS].bus);
        world_end(them[OTHERS_BUS].bus);
        for (int a = 0; a < N_AILMENTS; a++)
                if (a == NO_BUS || a == REFUSING_BUS || a == FALSE_BUS || a == OTHERS_BUS) {
                        them[a].bus = world_bus(of(a), "");
                        them[a].server = world_server(of(a), NULL);
                }
}

static void
leave(void)
{
        char id[16];

        for (int a = 0; a < N_AILMENTS; a++) {
                (void)snprintf(id, sizeof(id), "a%d", a);
                world_session_ends(id);
                if (them[a].server)
                        world_end(them[a].server);
                world_end(them[a].bus);
        }
}

enum { CHILDREN_MAX = 64 };

static size_t
list_children(int *ret)
{
        char path[64];
        size_t n = 0;
        FILE *f;

        (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
        f = fopen(path, "re");
        assert_non_null(f);
        while (n < CHILDREN_MAX && fscanf(f, "%d", &ret[n]) == 1)
                n++;
        (void)fclose(f);
        return n;
}

/* Those that were there when it began, but for buses and servers, have ended by themselves. */
struct first {
        size_t n;
        int pid[CHILDREN_MAX];
};

static bool
have_ended(const void *arg)
{
        const struct first *first = arg;
        int pid[CHILDREN_MAX];
        size_t n = list_children(pid);

        for (size_t i = 0; i < first->n; i++)
                for (size_t k = 0; k < n; k++)
                        if (pid[k] == first->pid[i])
                                return false;
        return true;
}

static struct first
list_first(const int *before, size_t n_before)
{
        struct first first = { .n = 0 };
        int pid[CHILDREN_MAX];
        size_t n = list_children(pid);

        for (size_t i = 0; i < n; i++) {
                bool is_new = true;

                for (size_t k = 0; k < n_before; k++)
                        is_new &= before[k] != pid[i];
                if (is_new)
                        first.pid[first.n++] = pid[i];
        }
        return first;
}

static void
nobody_waits_for_an_ailing_session(void **state)
{
        struct wire_record rec = record_of(WIRE_KERNEL_KILL, 0, "");
        int before[CHILDREN_MAX];
        size_t fds, n_before;
        struct first first;
        pid_t bus, server;

        (void)state;
        fall_ill();
        world_session("1", ANN, "user", "x11", "active");
        world_log_clear(ANN);
        bus = world_bus(ANN, "");
        server = world_server(ANN, NULL);
        stage_open();
        /* And one for the loop's own clock. */
        fds = count_descriptors() + 1;
        n_before = list_children(before);
        stage_kill(ANN, "leak", 4000);
        first = list_first(before, n_before);
        assert_int_equal(first.n, N_AILMENTS + 1);
        stage_until_lines(ANN, 1);
        stage_until_lines(of(SLOW_SERVER), 1);
        /* The healthy one is told while others still wait. */
        assert_true(count_children() >= 1);
        stage_feed(&rec);
        stage_until_lines(ANN, 2);
        assert_true(count_children() >= 1);
        /* A child for each of them at most, however much there is to tell. */
        for (int i = 0; i < 50; i++)
                stage_kill(BEN, "leak", 5000 + i);
        assert_true(count_children() <= N_AILMENTS + 1);
        stage_until(have_ended, &first);
        get_well();
        stage_until_idle();
        /* What was sent to those that were stopped has arrived, the first included. */
        CONTAINS(world_log_line(of(STOPPED_SERVER), 0), "A program of another user was closed");
        CONTAINS(world_log(of(STOPPED_SERVER)), "more programs were closed");
        CONTAINS(world_log(of(STOPPED_BUS)), "more programs were closed");
        assert_true(count_descriptors() <= fds);
        for (int a = 0; a < N_AILMENTS; a++) {
                world_log_clear(of(a));
                stage_kill(of(a), "last", 6000 + a);
        }
        for (int a = 0; a < N_AILMENTS; a++) {
                stage_until_lines(of(a), 1);
                CONTAINS(world_log_line(of(a), 0), "was closed: memory ran out");
        }
        stage_until_idle();
        stage_close();
        world_end(server);
        world_end(bus);
        world_session_ends("1");
        leave();
}

/* Programs that the notices of that person tell of. */
static size_t
programs_told(uid_t uid)
{
        size_t n = 0;

        for (size_t i = 0; i < world_log_lines(uid); i++) {
                unsigned more = 0;
                const char *line = world_log_line(uid, i), *s = strstr(line, "summary=<");

                if (s && sscanf(s, "summary=<%u more program", &more) == 1)
                        n += more;
                else if (strstr(line, "was closed"))
                        n++;
        }
        return n;
}

static bool
all_are_told(const void *arg)
{
        const size_t *n = arg;

        return programs_told(ANN) >= *n;
}

static void
two_hundred_kills_in_a_row_leave_nothing_behind(void **state)
{
        size_t n = 200, fds, used;
        pid_t bus, server;

        (void)state;
        world_session("1", ANN, "user", "x11", "active");
        world_log_clear(ANN);
        bus = world_bus(ANN, "");
        server = world_server(ANN, NULL);
        stage_open();
        /* And one for the loop's own clock. */
        fds = count_descriptors() + 1;
        for (int i = 0; i < (int)n; i++) {
                stage_kill(ANN, "leak", 4000 + i);
                assert_true(sd_event_run(stage.event, 0) >= 0);
                assert_true(count_children() <= 1);
        }
        stage_until(all_are_told, &n);
        stage_until_idle();
        assert_int_equal(programs_told(ANN), n);
        /* Several of them whole, and one or a few numbers. */
        assert_true(world_log_lines(ANN) >= 6);
        assert_int_equal(count_descriptors(), fds);
        /* And now one by one, each of which is shown. */
        world_log_clear(ANN);
        used = mallinfo2().uordblks;
        for (int i = 0; i < 50; i++) {
                stage_kill(ANN, "leak", 5000 + i);
                stage_until_idle();
        }
        assert_int_equal(world_log_lines(ANN), 50);
        assert_int_equal(count_descriptors(), fds);
        /* Not even one notice's worth. */
        assert_true(mallinfo2().uordblks <= used + 1024);
        stage_close();
        assert_int_equal(count_children(), 0);
        world_end(server);
        world_end(bus);
        world_session_ends("1");
}

static void
ending_does_not_wait_for_anybody(void **state)
{
        pid_t bus, server;
        uint64_t at_us;

        (void)state;
        world_session("1", ANN, "user", "x11", "active");
        bus = world_bus(ANN, "");
        server = world_server(ANN, NULL);
        world_stop(server);
        stage_open();
        stage_kill(ANN, "leak", 4000);
        assert_int_equal(count_children(), 1);
        at_us = clock_now_us();
        stage_close();
        assert_int_equal(count_children(), 0);
        assert_true(clock_now_us() - at_us < 5000000);
        world_go_on(server);
        world_end(server);
        world_end(bus);
        world_session_ends("1");
}

const struct CMUnitTest cases_ailing[] = {
        cmocka_unit_test(nobody_waits_for_an_ailing_session),
        cmocka_unit_test(two_hundred_kills_in_a_row_leave_nothing_behind),
        cmocka_unit_test(ending_does_not_wait_for_anybody),
};
const size_t n_cases_ailing = sizeof(cases_ailing) / sizeof(cases_ailing[0]);
