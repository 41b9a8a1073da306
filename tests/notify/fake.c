/* SPDX-License-Identifier: MIT */
/*
 * Owns the made-up guard's socket and its thread.
 */
#include "fake.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "decide.h"

enum { CLIENTS = 8 };

static struct {
        pthread_t thread;
        pthread_mutex_t lock;
        bool runs, stop;
        int listen_fd;
        int client[CLIENTS]; /* 0: free */
        bool subscribed[CLIENTS];
        unsigned asked, n;
        int error;
        bool answers;
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER, .n = 3, .answers = true };

static void
must(bool so, const char *what)
{
        if (so)
                return;
        perror(what);
        abort();
}

static void
send_to(int fd, const void *bytes, size_t n)
{
        ssize_t r;

        do {
                r = send(fd, bytes, n, MSG_NOSIGNAL);
        } while (r < 0 && errno == EINTR);
}

static void
answer(int fd, const struct wire_request *req)
{
        struct wire_record rec;

        if (req->op == WIRE_OP_CANDIDATES) {
                fake.asked++;
                if (!fake.answers)
                        return;
                for (unsigned i = 0; fake.error == 0 && i < fake.n; i++) {
                        fake_candidate(i, &rec);
                        rec.id = req->id;
                        send_to(fd, &rec, sizeof(rec));
                }
        }
        wire_begin(&rec, WIRE_ANSWER);
        rec.id = req->id;
        if (req->op == WIRE_OP_CANDIDATES)
                rec.error = fake.error;
        send_to(fd, &rec, sizeof(rec));
}

static void
serve(int i)
{
        struct wire_request req;
        ssize_t n = recv(fake.client[i], &req, sizeof(req), MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN)
                return;
        if (n != (ssize_t)sizeof(req) || !wire_request_ok(&req, sizeof(req))) {
                (void)close(fake.client[i]);
                fake.client[i] = 0;
                fake.subscribed[i] = false;
                return;
        }
        answer(fake.client[i], &req);
        if (req.op == WIRE_OP_SUBSCRIBE)
                fake.subscribed[i] = true;
}

static void
take_new(void)
{
        int fd = accept4(fake.listen_fd, NULL, NULL, SOCK_CLOEXEC);

        for (int i = 0; fd >= 0 && i < CLIENTS; i++) {
                if (fake.client[i])
                        continue;
                fake.client[i] = fd;
                return;
        }
        if (fd >= 0)
                (void)close(fd);
}

static void *
run(void *arg)
{
        (void)arg;
        for (;;) {
                struct pollfd p[1 + CLIENTS];

                (void)pthread_mutex_lock(&fake.lock);
                p[0] = (struct pollfd){ .fd = fake.listen_fd, .events = POLLIN };
                for (int i = 0; i < CLIENTS; i++)
                        p[1 + i] = (struct pollfd){ .fd = fake.client[i] ? fake.client[i] : -1,
                                                    .events = POLLIN };
                bool stop = fake.stop;
                (void)pthread_mutex_unlock(&fake.lock);
                if (stop)
                        return NULL;
                if (poll(p, 1 + CLIENTS, 20) <= 0)
                        continue;
                (void)pthread_mutex_lock(&fake.lock);
                if (p[0].revents)
                        take_new();
                for (int i = 0; i < CLIENTS; i++)
                        if (p[1 + i].revents && fake.client[i] == p[1 + i].fd)
                                serve(i);
                (void)pthread_mutex_unlock(&fake.lock);
        }
}

void
fake_start(void)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = FAKE_FEED };

        (void)mkdir("/run/oomguard", 0755);
        (void)unlink(FAKE_FEED);
        fake.listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        must(fake.listen_fd >= 0, "socket");
        must(bind(fake.listen_fd, (struct sockaddr *)&at, sizeof(at)) == 0, FAKE_FEED);
        must(chmod(FAKE_FEED, 0666) == 0, FAKE_FEED);
        must(listen(fake.listen_fd, CLIENTS) == 0, FAKE_FEED);
        fake.stop = false;
        fake.runs = true;
        fake_set_candidates(3, 0, true);
        must(pthread_create(&fake.thread, NULL, run, NULL) == 0, "thread");
}

void
fake_stop(void)
{
        if (!fake.runs)
                return;
        (void)pthread_mutex_lock(&fake.lock);
        fake.stop = true;
        (void)pthread_mutex_unlock(&fake.lock);
        (void)pthread_join(fake.thread, NULL);
        for (int i = 0; i < CLIENTS; i++) {
                if (fake.client[i])
                        (void)close(fake.client[i]);
                fake.client[i] = 0;
                fake.subscribed[i] = false;
        }
        (void)close(fake.listen_fd);
        (void)unlink(FAKE_FEED);
        fake.runs = false;
        fake.asked = 0;
}

unsigned
fake_subscribers(void)
{
        unsigned n = 0;

        (void)pthread_mutex_lock(&fake.lock);
        for (int i = 0; i < CLIENTS; i++)
                n += fake.subscribed[i];
        (void)pthread_mutex_unlock(&fake.lock);
        return n;
}

unsigned
fake_asked(void)
{
        (void)pthread_mutex_lock(&fake.lock);
        unsigned n = fake.asked;

        (void)pthread_mutex_unlock(&fake.lock);
        return n;
}

void
fake_set_candidates(unsigned n, int error, bool answers)
{
        (void)pthread_mutex_lock(&fake.lock);
        fake.n = n;
        fake.error = error;
        fake.answers = answers;
        (void)pthread_mutex_unlock(&fake.lock);
}

void
fake_send_bytes(const void *bytes, size_t n)
{
        (void)pthread_mutex_lock(&fake.lock);
        for (int i = 0; i < CLIENTS; i++)
                if (fake.subscribed[i])
                        send_to(fake.client[i], bytes, n);
        (void)pthread_mutex_unlock(&fake.lock);
}

void
fake_send(const struct wire_record *rec)
{
        fake_send_bytes(rec, sizeof(*rec));
}

/* ---- what it says ---- */

#define GIB UINT64_C(1048576)

void
fake_record(enum wire_kind kind, struct wire_record *ret)
{
        struct wire_state *s = &ret->state;

        wire_begin(ret, kind);
        ret->wall_us = 1700000000000000;
        *s = (struct wire_state){
                .level = LEVEL_CALM,
                .act = LEVEL_CALM,
                .flags = WIRE_FLAG_PSI,
                .total_kib = 16 * GIB,
                .available_kib = 9 * GIB,
                .warn_kib = GIB,
                .term_kib = GIB / 2,
                .kill_kib = GIB / 4,
                .swap_total_kib = 4 * GIB,
                .swap_free_kib = 3 * GIB,
                .swap_warn_kib = GIB,
                .swap_term_kib = GIB / 2,
                .swap_kill_kib = GIB / 4,
                .shmem_kib = GIB / 8,
                .some_bp = 125,
                .full_bp = 200,
                .window_ms = 2000,
                .left_us = UINT64_MAX,
                .version = "0.1.0",
        };
}

void
fake_event(enum wire_kind kind, struct wire_record *ret)
{
        struct wire_state *s = &ret->state;

        fake_record(kind, ret);
        s->level = kind == WIRE_WARNING ? LEVEL_WARN : LEVEL_TERM;
        s->act = s->level;
        s->reason = REASON_LOW;
        s->available_kib = 400 * 1024;
        s->swap_free_kib = 300 * 1024;
        s->fall_kibps = 50 * 1024;
        ret->process = (struct wire_process){
                .pid = 4711,
                .uid = 1000,
                .start_ticks = 123456,
                .n = 1,
                .sig = SIGTERM,
                .is = WIRE_IS_CHOSEN | WIRE_IS_ELIGIBLE,
                .size_kib = 3 * GIB,
                .growth_kibps = 50 * 1024,
                .anon_kib = 2 * GIB,
                .pagetables_kib = 8192,
                .swap_kib = GIB,
                .growth_kib = GIB / 2,
                .score_kib = 3 * GIB + GIB / 2,
                .rule_bp = 10000,
                .predicted_kib = 2 * GIB,
                .predicted_swap_kib = GIB,
                .name = "hog",
                .unit = "app-hog.scope",
        };
        if (kind == WIRE_KILLED || kind == WIRE_GAVE_UP) {
                ret->process.real_kib = 2 * GIB - 4096;
                ret->process.real_swap_kib = GIB;
                ret->process.gone_us = 186000;
        }
}

void
fake_candidate(unsigned i, struct wire_record *ret)
{
        fake_event(WIRE_CANDIDATE, ret);
        ret->process.pid = (int32_t)(4711 + i);
        ret->process.uid = i == 1 ? 65534 : 1000 + i; /* the second is nobody's */
        ret->process.score_kib -= i * 1024;
        (void)snprintf(ret->process.name, sizeof(ret->process.name), "hog%u", i);
        if (i > 0)
                ret->process.is = WIRE_IS_ELIGIBLE;
        if (i == 1) {
                ret->process.effect = RULE_AVOID;
                ret->process.rule_bp = 2500;
                (void)snprintf(ret->process.rule, sizeof(ret->process.rule), "name:hog1");
                (void)snprintf(ret->process.place, sizeof(ret->process.place), "/etc/x.conf:7");
        }
}
