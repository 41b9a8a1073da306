/* SPDX-License-Identifier: MIT */
/*
 * A feed that is no guard's: in a folder of its own, answering from a thread as a test wants it to.
 */
#ifndef OOMGUARD_FAKE_FEED_H
#define OOMGUARD_FAKE_FEED_H

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "wire.h"

enum { FAKE_CLIENTS = 4 };

struct fake_feed {
        char dir[64], path[108];
        int listen_fd, stop_fd;
        int client[FAKE_CLIENTS];
        unsigned n;
        pthread_t thread;

        /* What it says; set before fake_feed_open(). */
        bool closes;  /* every asker at once */
        bool garbles; /* records of another version */
        int error;    /* of every answer */
        struct wire_state state;
        const struct wire_process *process;
        uint32_t n_processes;
        const char *const *text;        /* one WIRE_TEXT each, for POLICY and RELOAD */
        const struct wire_record *then; /* to whoever subscribes, one after the other */
        unsigned n_then;
        const struct wire_record *later; /* to whoever asks for the policy for the first time */
        unsigned n_later;

        /* What it heard. */
        struct wire_request last[16];
        unsigned n_heard;
};

static inline void
fake_send(const struct fake_feed *f, int fd, enum wire_kind kind, uint32_t id,
          const struct wire_process *p, const char *text)
{
        struct wire_record rec;

        wire_begin(&rec, kind);
        rec.id = id;
        rec.state = f->state;
        rec.error = kind == WIRE_ANSWER ? f->error : 0;
        if (p)
                rec.process = *p;
        if (text)
                memcpy(rec.text, text, strlen(text));
        if (f->garbles)
                rec.version++;
        (void)send(fd, &rec, sizeof(rec), MSG_NOSIGNAL);
}

static inline void
fake_answer(struct fake_feed *f, int fd, const struct wire_request *q)
{
        switch ((enum wire_op)q->op) {
        case WIRE_OP_STATE:
                fake_send(f, fd, WIRE_STATE, q->id, NULL, NULL);
                break;
        case WIRE_OP_CANDIDATES:
                for (uint32_t i = 0; i < f->n_processes && i < q->arg; i++)
                        fake_send(f, fd, WIRE_CANDIDATE, q->id, &f->process[i], NULL);
                break;
        case WIRE_OP_POLICY:
        case WIRE_OP_RELOAD:
                for (unsigned i = 0; f->text && f->text[i]; i++)
                        fake_send(f, fd, WIRE_TEXT, q->id, NULL, f->text[i]);
                break;
        default:
                break;
        }
        fake_send(f, fd, WIRE_ANSWER, q->id, NULL, NULL);
        for (unsigned i = 0; q->op == WIRE_OP_SUBSCRIBE && i < f->n_then; i++)
                (void)send(fd, &f->then[i], sizeof(f->then[i]), MSG_NOSIGNAL);
        for (unsigned i = 0; q->op == WIRE_OP_POLICY && i < f->n_later; i++)
                (void)send(fd, &f->later[i], sizeof(f->later[i]), MSG_NOSIGNAL);
        if (q->op == WIRE_OP_POLICY)
                f->n_later = 0;
}

static inline void
fake_hear(struct fake_feed *f, unsigned i)
{
        struct wire_request q;

        if (recv(f->client[i], &q, sizeof(q), 0) != (ssize_t)sizeof(q)) {
                (void)close(f->client[i]);
                f->client[i] = f->client[--f->n];
                return;
        }
        if (f->n_heard < 16)
                f->last[f->n_heard++] = q;
        fake_answer(f, f->client[i], &q);
}

static inline void *
fake_serve(void *arg)
{
        struct fake_feed *f = arg;

        for (;;) {
                struct pollfd p[2 + FAKE_CLIENTS] = { { .fd = f->stop_fd, .events = POLLIN },
                                                      { .fd = f->listen_fd, .events = POLLIN } };

                for (unsigned i = 0; i < f->n; i++)
                        p[2 + i] = (struct pollfd){ .fd = f->client[i], .events = POLLIN };
                if (poll(p, 2 + f->n, -1) < 0 || p[0].revents)
                        return NULL;
                for (unsigned i = f->n; i > 0; i--)
                        if (p[1 + i].revents)
                                fake_hear(f, i - 1);
                if (p[1].revents) {
                        int fd = accept(f->listen_fd, NULL, NULL);

                        if (fd >= 0 && (f->closes || f->n == FAKE_CLIENTS))
                                (void)close(fd);
                        else if (fd >= 0)
                                f->client[f->n++] = fd;
                }
        }
}

static inline void
fake_feed_open(struct fake_feed *f)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX };

        (void)strcpy(f->dir, "/tmp/oomguard-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        (void)snprintf(f->path, sizeof(f->path), "%s/feed", f->dir);
        memcpy(at.sun_path, f->path, strlen(f->path) + 1);
        f->n = f->n_heard = 0;
        f->stop_fd = eventfd(0, EFD_CLOEXEC);
        f->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        assert_true(f->stop_fd >= 0 && f->listen_fd >= 0);
        assert_int_equal(bind(f->listen_fd, (struct sockaddr *)&at, sizeof(at)), 0);
        assert_int_equal(listen(f->listen_fd, 4), 0);
        assert_int_equal(pthread_create(&f->thread, NULL, fake_serve, f), 0);
}

static inline void
fake_feed_close(struct fake_feed *f)
{
        assert_int_equal(eventfd_write(f->stop_fd, 1), 0);
        assert_int_equal(pthread_join(f->thread, NULL), 0);
        while (f->n > 0)
                (void)close(f->client[--f->n]);
        (void)close(f->listen_fd);
        (void)close(f->stop_fd);
        assert_int_equal(unlink(f->path), 0);
        assert_int_equal(rmdir(f->dir), 0);
}

#endif
