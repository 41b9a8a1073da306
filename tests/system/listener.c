/* SPDX-License-Identifier: MIT */
/*
 * Owns a subscriber's end of the feed.  Never judges what comes, but that it is a record.
 */
#include "listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "world.h"

static struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = WIRE_FEED };
static uint32_t last_id;

void
listener_path(const char *path)
{
        (void)snprintf(at.sun_path, sizeof(at.sun_path), "%.100s", path);
}

/* The kernel keeps the uid of the moment of connect(2); for this thread alone. */
static void
become(uid_t uid)
{
        CHECK(syscall(SYS_setresuid, -1, uid, -1) == 0, "uid %u: %s", uid, strerror(errno));
}

static bool
connects(int fd, uid_t uid)
{
        become(uid);
        int r = connect(fd, (struct sockaddr *)&at, sizeof(at));

        become(0);
        return r == 0;
}

struct listener *
listener_come(uid_t uid)
{
        struct listener *l = calloc(1, sizeof(*l));

        CHECK(l, "no memory");
        l->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        CHECK(l->fd >= 0, "socket: %s", strerror(errno));
        AWAIT(connects(l->fd, uid), "a feed at %s for uid %u: %s", at.sun_path, uid,
              strerror(errno));
        return l;
}

void
listener_go(struct listener *l)
{
        (void)close(l->fd);
        free(l);
}

bool
listener_offers(struct listener *l, enum wire_op op, uint64_t arg)
{
        struct wire_request q = { .magic = WIRE_MAGIC,
                                  .version = WIRE_VERSION,
                                  .op = (uint16_t)op,
                                  .id = ++last_id,
                                  .arg = arg };

        ssize_t n = send(l->fd, &q, sizeof(q), MSG_NOSIGNAL);

        CHECK(n == sizeof(q) || (n < 0 && errno == EPIPE), "request: %s", strerror(errno));
        return n == sizeof(q);
}

void
listener_send(struct listener *l, enum wire_op op, uint64_t arg)
{
        CHECK(listener_offers(l, op, arg), "turned away");
}

bool
listener_takes(struct listener *l)
{
        ssize_t n = recv(l->fd, &l->rec, sizeof(l->rec), MSG_TRUNC);

        if (n < 0 && errno == EAGAIN)
                return false;
        CHECK(n == WIRE_BYTES, "%zd bytes of the feed: %s", n, n < 0 ? strerror(errno) : "");
        CHECK(l->rec.magic == WIRE_MAGIC && l->rec.version == WIRE_VERSION &&
                      l->rec.kind < WIRE_N_KINDS,
              "no record: kind %u", l->rec.kind);
        l->n_dropped += l->rec.dropped;
        return true;
}

static void
keep(struct listener *l)
{
        size_t len = strnlen(l->rec.text, WIRE_TEXT_MAX);

        if (l->rec.kind == WIRE_CANDIDATE && l->n_candidates < WIRE_CANDIDATES_MAX)
                l->candidate[l->n_candidates++] = l->rec;
        if (l->rec.kind != WIRE_TEXT || l->n_text + len >= LISTENER_TEXT_MAX)
                return;
        memcpy(l->text + l->n_text, l->rec.text, len);
        l->n_text += len;
        l->text[l->n_text] = '\0';
}

static bool
is_answered(struct listener *l, uint32_t id)
{
        while (listener_takes(l)) {
                if (l->rec.id != id)
                        continue;
                if (l->rec.kind == WIRE_ANSWER)
                        return true;
                keep(l);
        }
        return false;
}

int
listener_ask(struct listener *l, enum wire_op op, uint64_t arg)
{
        l->n_candidates = 0;
        l->n_text = 0;
        l->text[0] = '\0';
        listener_send(l, op, arg);
        AWAIT(is_answered(l, last_id), "an answer to request %d", (int)op);
        return l->rec.error;
}

static bool
has_come(struct listener *l, enum wire_kind kind)
{
        while (listener_takes(l))
                if (l->rec.kind == kind)
                        return true;
        return false;
}

const struct wire_record *
listener_hears(struct listener *l, enum wire_kind kind)
{
        AWAIT(has_come(l, kind), "record %d of the feed", (int)kind);
        return &l->rec;
}
