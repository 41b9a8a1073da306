/* SPDX-License-Identifier: MIT */
/*
 * The subscriber's end: what it asks for, what it takes for a record and what not, and that it
 * waits no longer than it is told to, whatever sits at the other end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "subscribe.h"

/* Far more than any of these takes. */
enum { CAP_MS = 20000 };

static struct subscription sub = SUBSCRIPTION_INIT;
static int guard_fd = -1; /* the other end */

static int
set_up(void **state)
{
        int fd[2];

        (void)state;
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd), 0);
        sub = (struct subscription){ .fd = fd[0] };
        guard_fd = fd[1];
        return 0;
}

static int
tear_down(void **state)
{
        (void)state;
        subscribe_close(&sub);
        if (guard_fd >= 0)
                (void)close(guard_fd);
        guard_fd = -1;
        return 0;
}

static struct wire_record
record_of(enum wire_kind kind, uint32_t id)
{
        struct wire_record rec;

        memset(&rec, 0, sizeof(rec));
        rec.magic = WIRE_MAGIC;
        rec.version = WIRE_VERSION;
        rec.kind = (uint16_t)kind;
        rec.id = id;
        return rec;
}

static void
give(const struct wire_record *rec)
{
        assert_int_equal(send(guard_fd, rec, sizeof(*rec), MSG_NOSIGNAL), sizeof(*rec));
}

static void
give_kind(enum wire_kind kind, uint32_t id)
{
        struct wire_record rec = record_of(kind, id);

        give(&rec);
}

static int
take(struct wire_record *ret)
{
        return subscribe_take(&sub, ret, CAP_MS);
}

static int64_t
clock_ms(void)
{
        struct timespec ts;

        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- asking ---- */

static void
ask_sends_one_request_and_counts_them(void **state)
{
        struct wire_request q;

        (void)state;
        assert_int_equal(subscribe_ask(&sub, WIRE_OP_PAUSE, 60), 0);
        assert_int_equal(recv(guard_fd, &q, sizeof(q), MSG_TRUNC), sizeof(q));
        assert_int_equal(q.magic, WIRE_MAGIC);
        assert_int_equal(q.version, WIRE_VERSION);
        assert_int_equal(q.op, WIRE_OP_PAUSE);
        assert_int_equal(q.arg, 60);
        assert_int_equal(q.reserved, 0);
        assert_int_equal(q.id, sub.id);
        assert_int_equal(q.id, 1);
        sub.id = UINT32_MAX;
        assert_int_equal(subscribe_ask(&sub, WIRE_OP_STATE, 0), 0);
        assert_int_equal(sub.id, 1); /* never 0 */
}

static void
ask_does_not_wait_for_a_guard_that_does_not_read(void **state)
{
        unsigned n = 0;
        int r;

        (void)state;
        do
                r = subscribe_ask(&sub, WIRE_OP_STATE, 0);
        while (r == 0 && ++n < 1000000);
        assert_int_equal(r, -EAGAIN);
}

static void
ask_says_that_the_guard_has_gone(void **state)
{
        (void)state;
        (void)close(guard_fd);
        guard_fd = -1;
        assert_int_equal(subscribe_ask(&sub, WIRE_OP_STATE, 0), -ECONNRESET);
        subscribe_close(&sub);
        assert_int_equal(subscribe_ask(&sub, WIRE_OP_STATE, 0), -ENOTCONN);
}

/* ---- taking ---- */

static void
take_hands_out_records_as_they_were_sent(void **state)
{
        struct wire_record rec = record_of(WIRE_CANDIDATE, 7), got;

        (void)state;
        rec.state.level = 3;
        rec.state.total_kib = UINT64_MAX;
        (void)strcpy(rec.process.name, "a\n\033[1mb");
        memset(rec.process.rule, 'x', sizeof(rec.process.rule) - 1);
        give(&rec);
        give_kind(WIRE_STATE, 0);
        assert_int_equal(take(&got), 1);
        assert_memory_equal(&got, &rec, sizeof(rec));
        assert_int_equal(take(&got), 1);
        assert_int_equal(got.kind, WIRE_STATE);
        assert_int_equal(subscribe_take(&sub, &got, 0), 0);
}

static void
take_refuses_packets_that_are_no_record_and_goes_on(void **state)
{
        char packet[2 * WIRE_BYTES] = { 0 };
        struct wire_record rec = record_of(WIRE_STATE, 0), got = record_of(WIRE_TEXT, 99);
        static const size_t size[] = {
                0, 1, 23, 24, WIRE_BYTES - 1, WIRE_BYTES + 1, 2 * WIRE_BYTES
        };

        (void)state;
        memcpy(packet, &rec, sizeof(rec));
        for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
                assert_int_equal(send(guard_fd, packet, size[i], 0), size[i]);
                assert_int_equal(take(&got), -EPROTO);
                assert_int_equal(got.id, 99); /* untouched */
        }
        give(&rec);
        assert_int_equal(take(&got), 1);
        assert_int_equal(got.id, 0);
}

static void
take_refuses_a_strange_head(void **state)
{
        struct wire_record good = record_of(WIRE_STATE, 0), bad, got;

        (void)state;
        bad = good;
        bad.magic++;
        give(&bad);
        assert_int_equal(take(&got), -EPROTO);
        bad = good;
        bad.version = WIRE_VERSION + 1;
        give(&bad);
        assert_int_equal(take(&got), -EPROTO);
        bad = good;
        bad.kind = WIRE_N_KINDS;
        give(&bad);
        assert_int_equal(take(&got), -EPROTO);
        bad.kind = UINT16_MAX;
        give(&bad);
        assert_int_equal(take(&got), -EPROTO);
        bad = record_of(WIRE_ANSWER, 1);
        bad.error = 5;
        give(&bad);
        assert_int_equal(take(&got), -EPROTO);
        bad = record_of(WIRE_NOTHING, 0);
        bad.cause = 1000;
        give(&bad);
        assert_int_equal(take(&got), -EPROTO);
}

static void
take_refuses_words_that_do_not_exist_and_texts_without_an_end(void **state)
{
        static const struct {
                enum wire_kind kind;
                size_t at, n;
        } broken[] = {
                { WIRE_STATE, offsetof(struct wire_record, state.level), 1 },
                { WIRE_STATE, offsetof(struct wire_record, state.act), 1 },
                { WIRE_STATE, offsetof(struct wire_record, state.reason), 1 },
                { WIRE_STATE, offsetof(struct wire_record, state.version), 16 },
                { WIRE_KILLING, offsetof(struct wire_record, process.effect), 1 },
                { WIRE_KILLING, offsetof(struct wire_record, process.name), PROC_NAME_MAX },
                { WIRE_KILLED, offsetof(struct wire_record, process.unit), PROC_UNIT_MAX },
                { WIRE_CANDIDATE, offsetof(struct wire_record, process.rule), WIRE_RULE_MAX },
                { WIRE_CANDIDATE, offsetof(struct wire_record, process.place), WIRE_PLACE_MAX },
                { WIRE_WARNING, offsetof(struct wire_record, process.consumers),
                  WIRE_CONSUMERS_MAX },
                { WIRE_TEXT, offsetof(struct wire_record, text), WIRE_TEXT_MAX },
                { WIRE_SAMPLE, offsetof(struct wire_record, text), WIRE_TEXT_MAX },
                { WIRE_FAULT, offsetof(struct wire_record, text), WIRE_TEXT_MAX },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
                struct wire_record rec = record_of(broken[i].kind, 0), got;

                give(&rec);
                assert_int_equal(take(&got), 1);
                memset((char *)&rec + broken[i].at, 'x', broken[i].n);
                give(&rec);
                assert_int_equal(take(&got), -EPROTO);
        }
}

static void
take_waits_no_longer_than_it_is_told(void **state)
{
        struct wire_record got;
        int64_t begin_ms = clock_ms();

        (void)state;
        assert_int_equal(subscribe_take(&sub, &got, 0), 0);
        assert_int_equal(subscribe_take(&sub, &got, 30), 0);
        assert_true(clock_ms() - begin_ms >= 29);
}

static void
take_hands_out_what_was_sent_before_the_end_and_then_says_so(void **state)
{
        struct wire_record got;

        (void)state;
        give_kind(WIRE_RECOVERED, 0);
        (void)close(guard_fd);
        guard_fd = -1;
        assert_int_equal(take(&got), 1);
        assert_int_equal(take(&got), -ECONNRESET);
        assert_int_equal(take(&got), -ECONNRESET);
        subscribe_close(&sub);
        assert_int_equal(take(&got), -ENOTCONN);
}

/* ---- a whole call ---- */

struct seen {
        unsigned n;
        uint16_t kind[8];
};

static void
note(void *arg, const struct wire_record *rec)
{
        struct seen *seen = arg;

        assert_true(seen->n < 8);
        seen->kind[seen->n++] = rec->kind;
}

static void
call_hands_over_its_own_records_and_returns_the_answer(void **state)
{
        struct wire_record answer = record_of(WIRE_ANSWER, 1);
        struct seen seen = { 0 };

        (void)state;
        give_kind(WIRE_STATE, 0);
        give_kind(WIRE_CANDIDATE, 1);
        give_kind(WIRE_KILLING, 0);
        give_kind(WIRE_ANSWER, 77); /* to a question of before */
        give_kind(WIRE_CANDIDATE, 1);
        give_kind(WIRE_TEXT, 1);
        answer.error = -EPERM;
        give(&answer);
        give_kind(WIRE_CANDIDATE, 1);
        assert_int_equal(subscribe_call(&sub, WIRE_OP_CANDIDATES, 5, CAP_MS, note, &seen), -EPERM);
        assert_int_equal(seen.n, 3);
        assert_int_equal(seen.kind[0], WIRE_CANDIDATE);
        assert_int_equal(seen.kind[1], WIRE_CANDIDATE);
        assert_int_equal(seen.kind[2], WIRE_TEXT);
        /* nobody has to listen */
        answer = record_of(WIRE_ANSWER, 2);
        give_kind(WIRE_STATE, 2);
        give(&answer);
        assert_int_equal(subscribe_call(&sub, WIRE_OP_STATE, 0, CAP_MS, NULL, NULL), 0);
}

static void
call_gives_up_on_a_guard_that_does_not_answer(void **state)
{
        (void)state;
        give_kind(WIRE_STATE, 0);
        give_kind(WIRE_CANDIDATE, 1);
        assert_int_equal(subscribe_call(&sub, WIRE_OP_CANDIDATES, 5, 30, NULL, NULL), -ETIMEDOUT);
        assert_int_equal(subscribe_call(&sub, WIRE_OP_CANDIDATES, 5, 0, NULL, NULL), -ETIMEDOUT);
}

static void
call_says_what_went_wrong(void **state)
{
        (void)state;
        assert_int_equal(send(guard_fd, "?", 1, 0), 1);
        assert_int_equal(subscribe_call(&sub, WIRE_OP_STATE, 0, CAP_MS, NULL, NULL), -EPROTO);
        (void)close(guard_fd);
        guard_fd = -1;
        assert_int_equal(subscribe_call(&sub, WIRE_OP_STATE, 0, CAP_MS, NULL, NULL), -ECONNRESET);
}

struct flood {
        int fd;
        unsigned n;
};

/* Talks on and on about something else. */
static void *
flood(void *arg)
{
        struct flood *f = arg;
        struct wire_record rec = record_of(WIRE_STATE, 0);

        while (send(f->fd, &rec, sizeof(rec), MSG_NOSIGNAL) == (ssize_t)sizeof(rec))
                f->n++;
        return NULL;
}

static void
call_is_not_kept_by_a_guard_that_talks_of_other_things(void **state)
{
        struct flood f = { .fd = guard_fd };
        pthread_t thread;

        (void)state;
        assert_int_equal(pthread_create(&thread, NULL, flood, &f), 0);
        assert_int_equal(subscribe_call(&sub, WIRE_OP_STATE, 0, 50, NULL, NULL), -ETIMEDOUT);
        subscribe_close(&sub);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(f.n > 0);
}

/* ---- connecting ---- */

static char folder[64];

static int
make_folder(void **state)
{
        (void)state;
        (void)strcpy(folder, "/tmp/oomguard-XXXXXX");
        assert_non_null(mkdtemp(folder));
        return 0;
}

static int
remove_folder(void **state)
{
        char path[128];

        (void)state;
        (void)snprintf(path, sizeof(path), "%s/oomguard/feed", folder);
        (void)unlink(path);
        (void)snprintf(path, sizeof(path), "%s/oomguard", folder);
        (void)rmdir(path);
        assert_int_equal(rmdir(folder), 0);
        return 0;
}

/* A socket that listens (or is only bound) at folder/oomguard/feed. */
static int
serve(bool listening, char path[108])
{
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        char dir[128];

        assert_true(fd >= 0);
        (void)snprintf(dir, sizeof(dir), "%s/oomguard", folder);
        assert_int_equal(mkdir(dir, 0700), 0);
        (void)snprintf(path, 108, "%s/oomguard/feed", folder);
        (void)strcpy(at.sun_path, path);
        assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
        if (listening)
                assert_int_equal(listen(fd, 1), 0);
        return fd;
}

static void
open_connects_to_a_guard_and_takes_its_answers(void **state)
{
        struct subscription s = SUBSCRIPTION_INIT;
        struct wire_record rec = record_of(WIRE_ANSWER, 1);
        char path[108];
        int server = serve(true, path), peer;

        (void)state;
        assert_int_equal(subscribe_open(&s, path), 0);
        assert_true(s.fd >= 0);
        peer = accept(server, NULL, NULL);
        assert_true(peer >= 0);
        assert_int_equal(send(peer, &rec, sizeof(rec), 0), sizeof(rec));
        assert_int_equal(subscribe_call(&s, WIRE_OP_RESUME, 0, CAP_MS, NULL, NULL), 0);
        subscribe_close(&s);
        subscribe_close(&s);
        assert_int_equal(s.fd, -1);
        (void)close(peer);
        (void)close(server);
}

static void
open_says_why_there_is_no_guard(void **state)
{
        struct subscription s = SUBSCRIPTION_INIT;
        char path[108], nowhere[128], long_path[200];
        int server = serve(false, path);

        (void)state;
        (void)snprintf(nowhere, sizeof(nowhere), "%s/nowhere", folder);
        memset(long_path, 'x', sizeof(long_path) - 1);
        long_path[sizeof(long_path) - 1] = '\0';
        assert_int_equal(subscribe_open(&s, nowhere), -ENOENT);
        assert_int_equal(subscribe_open(&s, path), -ECONNREFUSED);
        assert_int_equal(subscribe_open(&s, long_path), -ENAMETOOLONG);
        assert_int_equal(s.fd, -1);
        (void)close(server);
}

static void
open_does_not_wait_in_a_guards_queue(void **state)
{
        struct subscription s[8] = { 0 };
        char path[108];
        int server = serve(true, path), r = 0;
        unsigned n = 0;

        (void)state;
        while (n < 8 && (r = subscribe_open(&s[n], path)) == 0)
                n++;
        assert_int_equal(r, -EAGAIN);
        while (n > 0)
                subscribe_close(&s[--n]);
        (void)close(server);
}

static void
path_is_the_systems_feed_or_else_ones_own(void **state)
{
        char path[108], dir[64];

        (void)state;
        (void)snprintf(dir, sizeof(dir), "%s", folder);
        assert_int_equal(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
        subscribe_path("", path, sizeof(path));
        if (access(WIRE_FEED, F_OK) == 0) {
                assert_string_equal(path, WIRE_FEED);
        } else {
                char own[128];

                (void)snprintf(own, sizeof(own), "%s/oomguard/feed", dir);
                assert_string_equal(path, own);
                /* what does not fit is no path */
                subscribe_path("", path, strlen(own));
                assert_memory_equal(path, WIRE_FEED, sizeof(WIRE_FEED));
        }
        /* below the root of a test there is none of the system's */
        subscribe_path(folder, path, sizeof(path));
        assert_memory_equal(path, dir, strlen(dir));
        assert_int_equal(setenv("XDG_RUNTIME_DIR", "run", 1), 0);
        subscribe_path("", path, sizeof(path));
        assert_string_equal(path, WIRE_FEED);
        assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
        subscribe_path("", path, sizeof(path));
        assert_string_equal(path, WIRE_FEED);
}

#define IN_PAIR(test)   cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                IN_PAIR(ask_sends_one_request_and_counts_them),
                IN_PAIR(ask_does_not_wait_for_a_guard_that_does_not_read),
                IN_PAIR(ask_says_that_the_guard_has_gone),
                IN_PAIR(take_hands_out_records_as_they_were_sent),
                IN_PAIR(take_refuses_packets_that_are_no_record_and_goes_on),
                IN_PAIR(take_refuses_a_strange_head),
                IN_PAIR(take_refuses_words_that_do_not_exist_and_texts_without_an_end),
                IN_PAIR(take_waits_no_longer_than_it_is_told),
                IN_PAIR(take_hands_out_what_was_sent_before_the_end_and_then_says_so),
                IN_PAIR(call_hands_over_its_own_records_and_returns_the_answer),
                IN_PAIR(call_gives_up_on_a_guard_that_does_not_answer),
                IN_PAIR(call_says_what_went_wrong),
                IN_PAIR(call_is_not_kept_by_a_guard_that_talks_of_other_things),
                IN_FOLDER(open_connects_to_a_guard_and_takes_its_answers),
                IN_FOLDER(open_says_why_there_is_no_guard),
                IN_FOLDER(open_does_not_wait_in_a_guards_queue),
                IN_FOLDER(path_is_the_systems_feed_or_else_ones_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
