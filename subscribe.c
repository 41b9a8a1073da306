/* SPDX-License-Identifier: MIT */
/*
 * Owns the subscriber's end of the socket.  Never interprets a record (wire.c says what is one),
 * and never connects again by itself.
 */
#include "subscribe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_ms(void)
{
        struct timespec ts = { 0 };

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A moment to wait for; timeout_ms below 0 waits for ever. */
static int64_t
deadline_ms(int timeout_ms)
{
        return timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;
}

/* What poll(2) is to be told until then. */
static int
left_ms(int64_t deadline)
{
        int64_t left;

        if (deadline == INT64_MAX)
                return -1;
        left = deadline - now_ms();
        return left > 0 ? (int)left : 0;
}

void
subscribe_path(const char *root, char *ret, size_t size)
{
        const char *dir = getenv("XDG_RUNTIME_DIR");
        char usual[1024];

        (void)snprintf(usual, sizeof(usual), "%s%s", root, WIRE_FEED);
        if (access(usual, F_OK) == 0 || !dir || *dir != '/' ||
            (size_t)snprintf(ret, size, "%s/oomguard/feed", dir) >= size)
                (void)snprintf(ret, size, "%s", WIRE_FEED);
}

int
subscribe_open(struct subscription *s, const char *path)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        int r;

        if (path && strlen(path) >= sizeof(at.sun_path))
                return -ENAMETOOLONG;
        if (path)
                memcpy(at.sun_path, path, strlen(path) + 1);
        else
                subscribe_path("", at.sun_path, sizeof(at.sun_path));
        /* Non-blocking: a guard whose queue of callers is full must not keep this one waiting. */
        s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (s->fd < 0)
                return -errno;
        s->id = 0;
        if (connect(s->fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
                return 0;
        r = -errno;
        subscribe_close(s);
        return r;
}

void
subscribe_close(struct subscription *s)
{
        if (s->fd >= 0)
                (void)close(s->fd);
        s->fd = -1;
}

int
subscribe_ask(struct subscription *s, enum wire_op op, uint64_t arg)
{
        struct wire_request q = {
                .magic = WIRE_MAGIC, .version = WIRE_VERSION, .op = (uint16_t)op, .arg = arg
        };

        if (s->fd < 0)
                return -ENOTCONN;
        /* 0 is the id of records that nobody asked for. */
        if (++s->id == 0)
                s->id = 1;
        q.id = s->id;
        if (send(s->fd, &q, sizeof(q), MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(q))
                return 0;
        return errno == EPIPE ? -ECONNRESET : -errno;
}

/* ---- reading ---- */

/* A read of nothing is the end, or else a packet of nothing. */
static int
nothing_came(const struct subscription *s)
{
        struct pollfd p = { .fd = s->fd, .events = POLLRDHUP };

        return poll(&p, 1, 0) > 0 ? -ECONNRESET : -EPROTO;
}

static int
take_now(struct subscription *s, struct wire_record *ret)
{
        struct wire_record rec;
        /* MSG_TRUNC: the length of what was sent, not of what fits. */
        ssize_t n = recv(s->fd, &rec, sizeof(rec), MSG_DONTWAIT | MSG_TRUNC);

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return nothing_came(s);
        if (!wire_record_ok(&rec, (size_t)n))
                return -EPROTO;
        *ret = rec;
        return 1;
}

int
subscribe_take(struct subscription *s, struct wire_record *ret, int timeout_ms)
{
        int64_t deadline = deadline_ms(timeout_ms);
        struct pollfd p = { .fd = s->fd, .events = POLLIN };

        if (s->fd < 0)
                return -ENOTCONN;
        for (;;) {
                int left = left_ms(deadline);
                int r = take_now(s, ret);

                if (r != 0 || left == 0)
                        return r;
                if (poll(&p, 1, left) < 0 && errno != EINTR)
                        return -errno;
        }
}

int
subscribe_call(struct subscription *s, enum wire_op op, uint64_t arg, int timeout_ms,
               void (*got)(void *arg, const struct wire_record *rec), void *got_arg)
{
        int64_t deadline = deadline_ms(timeout_ms);
        int r = subscribe_ask(s, op, arg), left;

        if (r < 0)
                return r;
        /* Others' records may come without end: the time is looked at after each. */
        do {
                struct wire_record rec = { 0 };

                left = left_ms(deadline);
                r = subscribe_take(s, &rec, left);
                if (r < 0)
                        return r;
                if (r != 1 || rec.id != s->id)
                        continue;
                if (rec.kind == WIRE_ANSWER)
                        return rec.error;
                if (got)
                        got(got_arg, &rec);
        } while (left != 0);
        return -ETIMEDOUT;
}
