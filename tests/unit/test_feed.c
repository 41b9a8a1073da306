/* SPDX-License-Identifier: MIT */
/*
 * The feed on real sockets in a folder of its own: who gets a place, what happens to those that do
 * not behave, and what is lost and told to be.  Time is a number of the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include "fake_proc.h"
#include "feed.h"

#define SECOND_US UINT64_C(1000000)

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

enum { SOMEBODY = 12345, PATIENCE_MS = 20000, TRIES_MAX = 4096 };

static struct feed f;
static uint64_t now_us;
static char path[100];
static unsigned open_before;
static unsigned n_requests;
static struct wire_request last;
static unsigned last_client;

static int
set_up(void **state)
{
        (void)state;
        fake_open();
        assert_int_equal(chmod(fake_root, 0755), 0);
        (void)snprintf(path, sizeof(path), "%s/run/feed", fake_root);
        now_us = 100 * SECOND_US;
        n_requests = 0;
        open_before = fake_count_open();
        assert_int_equal(feed_open(&f, path, FEED_CLIENTS), 0);
        return 0;
}

/* Whatever a case did, in the end nothing is open that was not before. */
static int
tear_down(void **state)
{
        struct timespec ts = { .tv_nsec = 5000000 };

        (void)state;
        feed_close(&f);
        for (unsigned i = 0; i < PATIENCE_MS / 5 && fake_count_open() != open_before; i++)
                (void)nanosleep(&ts, NULL);
        fake_close();
        return fake_count_open() != open_before;
}

/* ---- subscribers ---- */

static int
try_connect(void)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        assert_true(fd >= 0);
        (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
        if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
                return fd;
        int r = -errno;

        (void)close(fd);
        return r;
}

/* For this thread alone: seteuid(2) signals the others, and that ends a wait of theirs. */
static void
become(uint32_t uid)
{
        assert_int_equal(syscall(SYS_setresuid, -1, uid, -1), 0);
}

/* Credentials are those of the moment of connect(2). */
static int
try_connect_as(uint32_t uid)
{
        if (geteuid() != 0)
                skip();
        become(uid);
        int fd = try_connect();

        become(0);
        return fd;
}

static void
take_request(void *arg, unsigned client, const struct wire_request *req)
{
        struct wire_record rec;

        assert_ptr_equal(arg, &f);
        n_requests++;
        last = *req;
        last_client = client;
        if (req->op == WIRE_OP_SUBSCRIBE)
                f.client[client].wants = (uint32_t)req->arg;
        wire_begin(&rec, WIRE_ANSWER);
        rec.id = req->id;
        feed_send(&f, client, &rec);
}

/* One round of the errand thread: true when there was something to do. */
static bool
serve_once(void)
{
        struct pollfd p[FEED_POLLED];
        unsigned n = feed_poll(&f, now_us, p);

        assert_in_range(n, 0, FEED_POLLED);
        if (poll(p, n, 0) <= 0)
                return false;
        feed_serve(&f, p, n, take_request, &f);
        return true;
}

/* Until there is nothing to do any more: returns how many rounds that took. */
static unsigned
serve(void)
{
        unsigned n = 0;

        while (serve_once())
                assert_true(++n < TRIES_MAX);
        return n;
}

static int
come(uint32_t uid)
{
        int fd = uid == geteuid() ? try_connect() : try_connect_as(uid);

        assert_true(fd >= 0);
        (void)serve();
        return fd;
}

static void
ask(int fd, enum wire_op op, uint64_t arg)
{
        struct wire_request q = { .magic = WIRE_MAGIC,
                                  .version = WIRE_VERSION,
                                  .op = (uint16_t)op,
                                  .id = 7,
                                  .arg = arg };

        assert_int_equal(send(fd, &q, sizeof(q), MSG_NOSIGNAL), sizeof(q));
}

static int
come_for(uint32_t uid, uint32_t wants)
{
        int fd = come(uid);
        struct wire_record rec;

        ask(fd, WIRE_OP_SUBSCRIBE, wants);
        (void)serve();
        assert_int_equal(recv(fd, &rec, sizeof(rec), 0), sizeof(rec));
        assert_int_equal(rec.kind, WIRE_ANSWER);
        return fd;
}

/* 1: a record; 0: none; -1: closed. */
static int
next(int fd, struct wire_record *ret)
{
        ssize_t n = recv(fd, ret, sizeof(*ret), MSG_DONTWAIT | MSG_TRUNC);

        if (n < 0)
                return errno == EAGAIN ? 0 : -1;
        if (n == 0)
                return -1;
        assert_true(wire_record_ok(ret, (size_t)n));
        return 1;
}

static void
assert_told(int fd, enum wire_kind kind)
{
        struct wire_record rec;

        assert_int_equal(next(fd, &rec), 1);
        assert_int_equal(rec.kind, kind);
}

static void
assert_told_nothing(int fd)
{
        struct wire_record rec;

        assert_int_equal(next(fd, &rec), 0);
}

/* A closer may take its time. */
static void
assert_closed(int fd)
{
        struct pollfd p = { .fd = fd, .events = POLLIN };
        struct wire_record rec;
        int r;

        do {
                assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
                r = next(fd, &rec);
        } while (r > 0);
        assert_int_equal(r, -1);
        (void)close(fd);
}

static void
assert_served(int fd)
{
        ask(fd, WIRE_OP_STATE, 0);
        (void)serve();
        assert_told(fd, WIRE_ANSWER);
}

static void
tell_all(enum wire_kind kind, uint32_t wants)
{
        struct wire_record rec;

        wire_begin(&rec, kind);
        feed_send_all(&f, wants, &rec);
}

static unsigned
places_taken(void)
{
        unsigned n = 0;

        for (unsigned i = 0; i < FEED_CLIENTS; i++)
                n += f.client[i].fd >= 0;
        return n;
}

/* ---- the socket ---- */

static void
feed_default_path_is_in_run_for_root_and_in_the_runtime_folder_for_others(void **state)
{
        char got[108], tight[sizeof(WIRE_FEED)];

        (void)state;
        if (geteuid() != 0)
                skip();
        (void)setenv("XDG_RUNTIME_DIR", "/run/user/5", 1);
        assert_true(feed_default_path(got, sizeof(got)));
        assert_string_equal(got, WIRE_FEED);
        assert_true(feed_default_path(tight, sizeof(tight)));
        assert_false(feed_default_path(tight, sizeof(tight) - 1));
        become(SOMEBODY);
        bool there = feed_default_path(got, sizeof(got));
        bool fits = feed_default_path(tight, 8);

        (void)setenv("XDG_RUNTIME_DIR", "run/user/5", 1);
        bool relative = feed_default_path(tight, sizeof(tight));

        (void)unsetenv("XDG_RUNTIME_DIR");
        bool unset = feed_default_path(tight, sizeof(tight));

        become(0);
        assert_true(there);
        assert_string_equal(got, "/run/user/5/oomguard/feed");
        assert_false(fits || relative || unset);
}

static void
feed_open_lets_everybody_in_whatever_the_umask(void **state)
{
        struct stat st;

        (void)state;
        feed_close(&f);
        assert_int_equal(rmdir(fake_path("run")), 0);
        mode_t mask = umask(0077);
        int r = feed_open(&f, path, FEED_CLIENTS);

        (void)umask(mask);
        assert_int_equal(r, 0);
        assert_int_equal(stat(path, &st), 0);
        assert_true(S_ISSOCK(st.st_mode));
        assert_int_equal(st.st_mode & 0777, 0666);
        assert_int_equal(stat(fake_path("run"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0755);
}

static void
feed_open_leaves_a_folder_that_is_there_as_it_is(void **state)
{
        struct stat st;

        (void)state;
        feed_close(&f);
        assert_int_equal(chmod(fake_path("run"), 0710), 0);
        assert_int_equal(feed_open(&f, path, FEED_CLIENTS), 0);
        assert_int_equal(stat(fake_path("run"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0710);
}

static void
feed_open_replaces_a_socket_that_nobody_serves(void **state)
{
        (void)state;
        /* As after a SIGKILL: the name stays. */
        (void)close(f.listen_fd);
        assert_int_equal(try_connect(), -ECONNREFUSED);
        assert_int_equal(feed_open(&f, path, FEED_CLIENTS), 0);
        int fd = come(geteuid());

        assert_served(fd);
        (void)close(fd);
}

static void
feed_open_does_not_take_the_feed_of_another(void **state)
{
        static struct feed second;

        (void)state;
        int fd = come(geteuid());

        assert_int_equal(feed_open(&second, path, FEED_CLIENTS), -EADDRINUSE);
        assert_int_equal(second.listen_fd, -1);
        feed_close(&second);
        assert_served(fd);
        int late = come(geteuid());

        assert_served(late);
        (void)close(fd);
        (void)close(late);
}

/* Nor when the other has no time to let anybody in. */
static void
feed_open_does_not_take_a_feed_whose_queue_is_full(void **state)
{
        static struct feed second;
        int fd[64];
        unsigned n = 0;

        (void)state;
        while (n < 64 && (fd[n] = try_connect()) >= 0)
                n++;
        assert_in_range(n, 1, 63);
        assert_int_equal(fd[n], -EAGAIN);
        assert_int_equal(feed_open(&second, path, FEED_CLIENTS), -EADDRINUSE);
        while (n > 0)
                (void)close(fd[--n]);
}

static void
feed_open_removes_nothing_that_is_no_socket(void **state)
{
        struct stat st;

        (void)state;
        feed_close(&f);
        fake_text(1, "precious", "years of work");
        (void)snprintf(path, sizeof(path), "%s", fake_path("1/precious"));
        assert_int_equal(feed_open(&f, path, FEED_CLIENTS), -ENOTSOCK);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_size, strlen("years of work"));
        (void)snprintf(path, sizeof(path), "%s", fake_path("link"));
        assert_int_equal(symlink("1/precious", path), 0);
        assert_int_equal(feed_open(&f, path, FEED_CLIENTS), -ENOTSOCK);
        assert_int_equal(lstat(path, &st), 0);
        (void)snprintf(path, sizeof(path), "%s", fake_path("1"));
        assert_int_equal(feed_open(&f, path, FEED_CLIENTS), -ENOTSOCK);
        assert_int_equal(f.listen_fd, -1);
}

static void
feed_open_says_why_it_cannot(void **state)
{
        char longer[256];

        (void)state;
        feed_close(&f);
        memset(longer, 'a', sizeof(longer));
        longer[0] = '/';
        longer[sizeof(((struct sockaddr_un *)0)->sun_path)] = '\0';
        assert_int_equal(feed_open(&f, longer, FEED_CLIENTS), -ENAMETOOLONG);
        assert_int_equal(feed_open(&f, fake_path("a/b/c"), FEED_CLIENTS), -ENOENT);
        fake_text(1, "file", "");
        assert_int_equal(feed_open(&f, fake_path("1/file/feed"), FEED_CLIENTS), -ENOTDIR);
        assert_true(feed_open(&f, "", FEED_CLIENTS) < 0);
        assert_int_equal(f.listen_fd, -1);
        assert_int_equal(fake_count_open(), open_before);
}

static void
feed_close_takes_the_socket_away_and_ends_everybody(void **state)
{
        (void)state;
        int fd = come(geteuid());

        feed_close(&f);
        assert_closed(fd);
        assert_int_equal(try_connect(), -ENOENT);
        feed_close(&f);
}

/* Nobody sits there, and nothing is sent anywhere. */
static void
a_feed_that_is_not_open_does_nothing(void **state)
{
        static struct feed none = FEED_INIT;
        struct pollfd p[FEED_POLLED];
        struct wire_record rec;

        (void)state;
        wire_begin(&rec, WIRE_STATE);
        assert_int_equal(feed_poll(&none, now_us, p), 0);
        feed_send_all(&none, WIRE_SUB_ALL, &rec);
        assert_int_equal(feed_wants(&none), 0);
        feed_close(&none);
}

/* ---- requests ---- */

static void
a_request_is_handed_on_as_it_came_and_answered(void **state)
{
        struct wire_record rec;

        (void)state;
        int fd = come(geteuid()), other = come(geteuid());

        ask(fd, WIRE_OP_PAUSE, 99);
        (void)serve();
        assert_int_equal(n_requests, 1);
        assert_int_equal(last.op, WIRE_OP_PAUSE);
        assert_int_equal(last.arg, 99);
        assert_int_equal(last.id, 7);
        assert_int_equal(f.client[last_client].uid, geteuid());
        assert_int_equal(next(fd, &rec), 1);
        assert_int_equal(rec.id, 7);
        assert_told_nothing(other);
        (void)close(fd);
        (void)close(other);
}

static void
whatever_is_no_request_closes_the_connection_and_no_other(void **state)
{
        static const size_t sizes[] = { 0, 1, 23, 25, 48, WIRE_BYTES, 65536 };
        static char junk[65536];
        struct wire_request good = { .magic = WIRE_MAGIC, .version = WIRE_VERSION };
        struct wire_request bad[6];

        (void)state;
        int other = come(geteuid());

        memcpy(junk, &good, sizeof(good));
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                int fd = come(geteuid());

                assert_int_equal(send(fd, junk, sizes[i], MSG_NOSIGNAL), sizes[i]);
                (void)serve();
                assert_closed(fd);
        }
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                bad[i] = good;
        bad[0].magic ^= 1;
        bad[1].version++;
        bad[2].op = WIRE_N_OPS;
        bad[3].reserved = 1;
        bad[4].arg = WIRE_SUB_ALL + 1;
        bad[5].op = WIRE_OP_PAUSE; /* for no time at all */
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                int fd = come(geteuid());

                assert_int_equal(send(fd, &bad[i], sizeof(bad[i]), 0), sizeof(bad[i]));
                (void)serve();
                assert_closed(fd);
        }
        assert_int_equal(n_requests, 0);
        assert_int_equal(places_taken(), 1);
        assert_served(other);
        (void)close(other);
}

static void
one_that_floods_is_asked_to_wait_and_others_are_not(void **state)
{
        (void)state;
        int fd = come(geteuid()), other = come(geteuid());

        for (unsigned i = 0; i < 3 * FEED_RATE; i++)
                ask(fd, WIRE_OP_STATE, 0);
        (void)serve();
        assert_int_equal(n_requests, FEED_RATE);
        assert_served(other);
        now_us += SECOND_US - 1;
        (void)serve();
        assert_int_equal(n_requests, FEED_RATE + 1);
        now_us += 1;
        (void)serve();
        assert_int_equal(n_requests, 2 * FEED_RATE + 1);
        (void)close(fd);
        (void)close(other);
}

/* Between two requests of the one, one of the other. */
static void
a_round_takes_one_request_of_each(void **state)
{
        (void)state;
        int fd = come(geteuid()), other = come(geteuid());

        for (unsigned i = 0; i < 5; i++)
                ask(fd, WIRE_OP_STATE, 0);
        ask(other, WIRE_OP_STATE, 0);
        assert_true(serve_once());
        assert_int_equal(n_requests, 2);
        assert_told(other, WIRE_ANSWER);
        (void)close(fd);
        (void)close(other);
}

static void
one_that_goes_leaves_its_place(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 200; i++) {
                int fd = come_for(geteuid(), WIRE_SUB_EVENTS);

                tell_all(WIRE_RELOADED, WIRE_SUB_ALL);
                assert_int_equal(places_taken(), 1);
                /* Some read what was sent, some do not. */
                if (i & 1)
                        assert_told(fd, WIRE_RELOADED);
                (void)close(fd);
                (void)serve();
                assert_int_equal(places_taken(), 0);
                now_us += SECOND_US / 50;
        }
        assert_int_equal(fake_count_open(), open_before + 1);
}

static void
one_that_will_not_write_any_more_is_closed(void **state)
{
        (void)state;
        int fd = come_for(geteuid(), WIRE_SUB_EVENTS);

        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        (void)serve();
        assert_int_equal(places_taken(), 0);
        assert_closed(fd);
}

static void
one_that_will_not_read_any_more_is_closed_when_it_is_told(void **state)
{
        (void)state;
        int fd = come_for(geteuid(), WIRE_SUB_EVENTS);

        assert_int_equal(shutdown(fd, SHUT_RD), 0);
        (void)serve();
        tell_all(WIRE_RELOADED, WIRE_SUB_ALL);
        assert_int_equal(places_taken(), 0);
        (void)close(fd);
}

/* ---- places ---- */

static void
one_uid_gets_two_places_and_is_told_why_not_more(void **state)
{
        struct wire_record rec;

        (void)state;
        int a = come(SOMEBODY), b = come(SOMEBODY), c = come(SOMEBODY), d = come(SOMEBODY + 1);

        assert_int_equal(places_taken(), 3);
        assert_int_equal(next(c, &rec), 1);
        assert_int_equal(rec.kind, WIRE_ANSWER);
        assert_int_equal(rec.error, -EUSERS);
        assert_int_equal(rec.id, 0);
        assert_closed(c);
        assert_served(a);
        assert_served(b);
        assert_served(d);
        (void)close(a);
        (void)serve();
        a = come(SOMEBODY);
        assert_served(a);
        (void)close(a);
        (void)close(b);
        (void)close(d);
}

static void
four_places_are_kept_for_root_who_may_have_all(void **state)
{
        int fd[FEED_CLIENTS + 1];
        unsigned n = 0;

        (void)state;
        for (uint32_t i = 0; i < FEED_CLIENTS; i++)
                fd[n++] = come(SOMEBODY + i);
        assert_int_equal(places_taken(), FEED_CLIENTS - FEED_FOR_ROOT);
        for (; n > FEED_CLIENTS - FEED_FOR_ROOT; n--)
                assert_closed(fd[n - 1]);
        for (unsigned i = 0; i < FEED_FOR_ROOT; i++)
                fd[n++] = come(0);
        assert_int_equal(places_taken(), FEED_CLIENTS);
        assert_served(fd[n - 1]);
        assert_closed(come(0));
        while (n > 0)
                (void)close(fd[--n]);
        (void)serve();
        for (; n < FEED_CLIENTS; n++)
                fd[n] = come(0);
        assert_int_equal(places_taken(), FEED_CLIENTS);
        assert_closed(come(SOMEBODY));
        while (n > 0)
                (void)close(fd[--n]);
}

static void
where_descriptors_are_few_so_are_places(void **state)
{
        (void)state;
        feed_close(&f);
        assert_int_equal(feed_open(&f, path, FEED_FOR_ROOT), 0);
        int fd[FEED_FOR_ROOT];

        assert_closed(come(SOMEBODY));
        for (unsigned i = 0; i < FEED_FOR_ROOT; i++)
                fd[i] = come(0);
        assert_int_equal(places_taken(), FEED_FOR_ROOT);
        assert_closed(come(0));
        for (unsigned i = 0; i < FEED_FOR_ROOT; i++)
                (void)close(fd[i]);
        feed_close(&f);
        assert_int_equal(feed_open(&f, path, 1000), 0);
        assert_int_equal(f.max, FEED_CLIENTS);
}

static void
no_more_than_so_many_are_let_in_or_turned_away_in_a_second(void **state)
{
        unsigned n = 0;
        int fd;

        (void)state;
        while (n < 2 * FEED_NEW) {
                fd = try_connect();
                if (fd < 0 && serve() == 0)
                        break;
                if (fd >= 0) {
                        (void)close(fd);
                        n++;
                }
        }
        /* Those beyond are in the kernel's queue. */
        assert_in_range(n, FEED_NEW, FEED_NEW + 2 * FEED_CLIENTS);
        now_us += SECOND_US;
        assert_true(serve() > 0);
        fd = come(geteuid());
        assert_served(fd);
        (void)close(fd);
}

/* ---- sending ---- */

static void
everybody_gets_what_he_wants(void **state)
{
        (void)state;
        int events = come_for(geteuid(), WIRE_SUB_EVENTS);
        int states = come_for(geteuid(), WIRE_SUB_STATE | WIRE_SUB_EVENTS);
        int silent = come(geteuid());

        assert_int_equal(feed_wants(&f), WIRE_SUB_STATE | WIRE_SUB_EVENTS);
        tell_all(WIRE_RELOADED, WIRE_SUB_ALL);
        tell_all(WIRE_STATE, WIRE_SUB_STATE);
        tell_all(WIRE_SAMPLE, WIRE_SUB_SAMPLES);
        assert_told(events, WIRE_RELOADED);
        assert_told_nothing(events);
        assert_told(states, WIRE_RELOADED);
        assert_told(states, WIRE_STATE);
        assert_told_nothing(states);
        assert_told_nothing(silent);
        (void)close(states);
        (void)serve();
        assert_int_equal(feed_wants(&f), WIRE_SUB_EVENTS);
        (void)close(events);
        (void)close(silent);
        (void)serve();
        assert_int_equal(feed_wants(&f), 0);
}

static void
one_that_does_not_read_loses_records_and_is_told_how_many(void **state)
{
        enum { SENT = 500 };
        struct wire_record rec;
        unsigned n = 0;

        (void)state;
        int slow = come_for(geteuid(), WIRE_SUB_EVENTS);
        int quick = come_for(geteuid(), WIRE_SUB_EVENTS);

        for (unsigned i = 0; i < SENT; i++) {
                tell_all(WIRE_RELOADED, WIRE_SUB_ALL);
                assert_int_equal(next(quick, &rec), 1);
                assert_int_equal(rec.dropped, 0);
        }
        while (next(slow, &rec) == 1) {
                assert_int_equal(rec.dropped, 0);
                n++;
        }
        /* Room for an answer with all candidates. */
        assert_in_range(n, WIRE_CANDIDATES_MAX + 1, SENT - 1);
        tell_all(WIRE_RELOADED, WIRE_SUB_ALL);
        tell_all(WIRE_RELOADED, WIRE_SUB_ALL);
        assert_int_equal(next(slow, &rec), 1);
        assert_int_equal(rec.dropped, SENT - n);
        assert_int_equal(next(slow, &rec), 1);
        assert_int_equal(rec.dropped, 0);
        (void)close(slow);
        (void)close(quick);
}

static void
the_count_of_lost_records_does_not_come_round(void **state)
{
        struct wire_record rec;

        (void)state;
        int fd = come_for(geteuid(), WIRE_SUB_EVENTS);

        for (unsigned i = 0; i < 200; i++)
                tell_all(WIRE_RELOADED, WIRE_SUB_ALL);
        for (unsigned i = 0; i < FEED_CLIENTS; i++)
                if (f.client[i].fd >= 0)
                        f.client[i].dropped = UINT32_MAX;
        tell_all(WIRE_RELOADED, WIRE_SUB_ALL);
        while (next(fd, &rec) == 1)
                ;
        tell_all(WIRE_RELOADED, WIRE_SUB_ALL);
        assert_int_equal(next(fd, &rec), 1);
        assert_int_equal(rec.dropped, UINT32_MAX);
        (void)close(fd);
}

/* ---- names ---- */

static struct wire_record
record_with_names(enum wire_kind kind, uint32_t uid)
{
        struct wire_record rec;

        wire_begin(&rec, kind);
        rec.process.pid = 4211;
        rec.process.uid = uid;
        rec.process.size_kib = 1000;
        (void)strcpy(rec.process.name, "secret");
        (void)strcpy(rec.process.unit, "secret.scope");
        (void)strcpy(rec.process.rule, "name:secret");
        (void)strcpy(rec.process.place, "/etc/secret:1");
        (void)strcpy(rec.process.consumers, "secret 1 GiB");
        return rec;
}

static bool
has(const struct wire_record *rec, const char *text)
{
        return memmem(rec, sizeof(*rec), text, strlen(text)) != NULL;
}

static void
names_go_to_everybody_where_proc_hides_nothing(void **state)
{
        struct wire_record rec = record_with_names(WIRE_KILLING, 1), got;

        (void)state;
        int fd = come_for(SOMEBODY, WIRE_SUB_EVENTS);

        feed_send_all(&f, WIRE_SUB_ALL, &rec);
        assert_int_equal(next(fd, &got), 1);
        assert_memory_equal(&got, &rec, sizeof(rec));
        (void)close(fd);
}

static void
hidden_names_go_to_root_and_their_owner_only(void **state)
{
        static const enum wire_kind kinds[] = {
                WIRE_WARNING, WIRE_KILLING, WIRE_ESCALATED, WIRE_KILLED,
                WIRE_REFUSED, WIRE_GAVE_UP, WIRE_RELEASED,  WIRE_CANDIDATE,
        };

        (void)state;
        int root = come_for(0, WIRE_SUB_EVENTS), owner = come_for(SOMEBODY, WIRE_SUB_EVENTS);
        int other = come_for(SOMEBODY + 1, WIRE_SUB_EVENTS);

        f.hide = true;
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
                struct wire_record rec = record_with_names(kinds[i], SOMEBODY), got;

                feed_send_all(&f, WIRE_SUB_ALL, &rec);
                assert_int_equal(next(root, &got), 1);
                assert_memory_equal(&got, &rec, sizeof(rec));
                assert_int_equal(next(owner, &got), 1);
                assert_string_equal(got.process.name, "secret");
                assert_string_equal(got.process.rule, "name:secret");
                assert_string_equal(got.process.consumers, ""); /* they are other people's too */
                assert_false(got.process.is & WIRE_IS_HIDDEN);
                assert_int_equal(next(other, &got), 1);
                assert_false(has(&got, "secret"));
                assert_true(got.process.is & WIRE_IS_HIDDEN);
                assert_int_equal(got.process.size_kib, 1000);
        }
        (void)close(root);
        (void)close(owner);
        (void)close(other);
}

/* ---- descriptors ---- */

/* A request with a descriptor: 0 or -errno. */
static int
ask_with(int fd, int passed)
{
        struct wire_request q = { .magic = WIRE_MAGIC,
                                  .version = WIRE_VERSION,
                                  .op = WIRE_OP_STATE };
        struct iovec v = { &q, sizeof(q) };
        union {
                struct cmsghdr head;
                char room[CMSG_SPACE(sizeof(int))];
        } control = { .head = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
        struct msghdr m = { .msg_iov = &v,
                            .msg_iovlen = 1,
                            .msg_control = control.room,
                            .msg_controllen = sizeof(control.room) };

        memcpy(CMSG_DATA(&control.head), &passed, sizeof(passed));
        return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* As on a kernel that cannot keep them out. */
static void
let_descriptors_in(void)
{
        int yes = 1;

        (void)setsockopt(f.listen_fd, SOL_SOCKET, SO_PASSRIGHTS, &yes, sizeof(yes));
        f.bare = false;
}

static void
the_kernel_keeps_descriptors_out_where_it_can(void **state)
{
        (void)state;
        if (!f.bare)
                skip();
        int fd = come(geteuid());
        int unseen = try_connect();

        assert_int_equal(ask_with(fd, STDERR_FILENO), -EPERM);
        assert_int_equal(ask_with(unseen, STDERR_FILENO), -EPERM);
        assert_served(fd);
        (void)close(fd);
        (void)close(unseen);
}

/* Two ends of a pipe: when the other one has gone too, nobody holds the one that was sent. */
static void
a_descriptor_that_is_sent_along_closes_the_connection_and_stays_nowhere(void **state)
{
        int fd[2];

        (void)state;
        let_descriptors_in();
        int evil = come(geteuid()), other = come(geteuid());

        assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
        assert_int_equal(ask_with(evil, fd[1]), 0);
        (void)close(fd[1]);
        (void)serve();
        assert_closed(evil);
        assert_int_equal(n_requests, 0);
        struct pollfd p = { .fd = fd[0], .events = POLLIN };

        assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
        assert_int_equal(p.revents, POLLHUP);
        assert_served(other);
        (void)close(other);
        (void)close(fd[0]);
}

/* A TCP socket with bytes that its peer does not take, and the order to wait for that on close. */
static void
make_lingering(int ret[2])
{
        struct sockaddr_in at = { .sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        struct linger hour = { 1, 3600 };
        socklen_t len = sizeof(at);
        static char junk[65536];
        int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(door >= 0);
        assert_int_equal(bind(door, (struct sockaddr *)&at, sizeof(at)), 0);
        assert_int_equal(listen(door, 1), 0);
        assert_int_equal(getsockname(door, (struct sockaddr *)&at, &len), 0);
        ret[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(ret[0] >= 0);
        assert_int_equal(connect(ret[0], (struct sockaddr *)&at, sizeof(at)), 0);
        ret[1] = accept4(door, NULL, NULL, SOCK_CLOEXEC);
        assert_true(ret[1] >= 0);
        (void)close(door);
        while (send(ret[0], junk, sizeof(junk), MSG_DONTWAIT) > 0)
                ;
        assert_int_equal(setsockopt(ret[0], SOL_SOCKET, SO_LINGER, &hour, sizeof(hour)), 0);
}

static unsigned
closers_busy(void)
{
        unsigned n = 0;

        for (unsigned i = 0; i < FEED_CLOSERS; i++)
                n += atomic_load(&f.closer[i].busy);
        return n;
}

static void
wait_for_closers(void)
{
        struct timespec ts = { .tv_nsec = 5000000 };

        for (unsigned i = 0; i < PATIENCE_MS / 5 && closers_busy() > 0; i++)
                (void)nanosleep(&ts, NULL);
        assert_int_equal(closers_busy(), 0);
}

/* Sends one along that nobody can close within an hour; returns its peer, whose end frees it. */
static int
leave_a_lingering_one(int fd)
{
        int tcp[2];

        make_lingering(tcp);
        assert_int_equal(ask_with(fd, tcp[0]), 0);
        (void)close(tcp[0]);
        return tcp[1];
}

static void
a_descriptor_that_cannot_be_closed_holds_nobody_up(void **state)
{
        (void)state;
        let_descriptors_in();
        int evil = come(SOMEBODY), other = come(0);
        int peer = leave_a_lingering_one(evil);

        (void)serve();
        assert_closed(evil);
        assert_served(other);
        assert_int_equal(closers_busy(), 1);
        assert_int_equal(places_taken(), 1);
        (void)close(peer);
        wait_for_closers();
        (void)close(other);
}

/* It sits in a packet that is not looked at, because the one before is no request. */
static void
a_descriptor_behind_a_bad_packet_holds_nobody_up(void **state)
{
        (void)state;
        let_descriptors_in();
        int evil = come(SOMEBODY), other = come(0);

        assert_int_equal(send(evil, "x", 1, 0), 1);
        int peer = leave_a_lingering_one(evil);

        (void)serve();
        assert_closed(evil);
        assert_served(other);
        (void)close(peer);
        wait_for_closers();
        (void)close(other);
}

static void
one_that_is_turned_away_with_a_descriptor_holds_nobody_up(void **state)
{
        int peer[FEED_CLOSERS], evil;

        (void)state;
        let_descriptors_in();
        int a = come(SOMEBODY), b = come(SOMEBODY), other = come(0);

        wait_for_closers();
        for (unsigned i = 0; i < FEED_CLOSERS; i++) {
                evil = try_connect_as(SOMEBODY);
                assert_true(evil >= 0);
                peer[i] = leave_a_lingering_one(evil);
                (void)close(evil);
                (void)serve();
                assert_served(other);
        }
        assert_int_equal(closers_busy(), FEED_CLOSERS);
        /* Whoever comes now has to wait, and nothing else has. */
        int late = try_connect();

        assert_true(late >= 0);
        ask(late, WIRE_OP_STATE, 0);
        assert_served(other);
        /* A place is given back when there is somebody to close what sat on it. */
        assert_int_equal(places_taken(), 3);
        (void)close(a);
        (void)serve();
        assert_int_equal(places_taken(), 3);
        assert_told_nothing(late);
        for (unsigned i = 0; i < FEED_CLOSERS; i++)
                (void)close(peer[i]);
        wait_for_closers();
        (void)serve();
        assert_int_equal(places_taken(), 3);
        assert_told(late, WIRE_ANSWER);
        (void)close(late);
        (void)close(b);
        (void)close(other);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                CASE(feed_default_path_is_in_run_for_root_and_in_the_runtime_folder_for_others),
                CASE(feed_open_lets_everybody_in_whatever_the_umask),
                CASE(feed_open_leaves_a_folder_that_is_there_as_it_is),
                CASE(feed_open_replaces_a_socket_that_nobody_serves),
                CASE(feed_open_does_not_take_the_feed_of_another),
                CASE(feed_open_does_not_take_a_feed_whose_queue_is_full),
                CASE(feed_open_removes_nothing_that_is_no_socket),
                CASE(feed_open_says_why_it_cannot),
                CASE(feed_close_takes_the_socket_away_and_ends_everybody),
                CASE(a_feed_that_is_not_open_does_nothing),
                CASE(a_request_is_handed_on_as_it_came_and_answered),
                CASE(whatever_is_no_request_closes_the_connection_and_no_other),
                CASE(one_that_floods_is_asked_to_wait_and_others_are_not),
                CASE(a_round_takes_one_request_of_each),
                CASE(one_that_goes_leaves_its_place),
                CASE(one_that_will_not_write_any_more_is_closed),
                CASE(one_that_will_not_read_any_more_is_closed_when_it_is_told),
                CASE(one_uid_gets_two_places_and_is_told_why_not_more),
                CASE(four_places_are_kept_for_root_who_may_have_all),
                CASE(where_descriptors_are_few_so_are_places),
                CASE(no_more_than_so_many_are_let_in_or_turned_away_in_a_second),
                CASE(everybody_gets_what_he_wants),
                CASE(one_that_does_not_read_loses_records_and_is_told_how_many),
                CASE(the_count_of_lost_records_does_not_come_round),
                CASE(names_go_to_everybody_where_proc_hides_nothing),
                CASE(hidden_names_go_to_root_and_their_owner_only),
                CASE(the_kernel_keeps_descriptors_out_where_it_can),
                CASE(a_descriptor_that_is_sent_along_closes_the_connection_and_stays_nowhere),
                CASE(a_descriptor_that_cannot_be_closed_holds_nobody_up),
                CASE(a_descriptor_behind_a_bad_packet_holds_nobody_up),
                CASE(one_that_is_turned_away_with_a_descriptor_holds_nobody_up),
        };

        (void)signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
