/* SPDX-License-Identifier: MIT */
/*
 * Owns the socket and who sits at it.  Never knows what a request means.
 */
#include "feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wirerec.h"

/* What waits for one that does not read: some 30 records, the kernel counts its own part too. */
#define SEND_BYTES (64 * 1024)
#define SECOND_US  UINT64_C(1000000)

bool
feed_default_path(char *ret, size_t size)
{
        const char *dir = getenv("XDG_RUNTIME_DIR");
        int n;

        if (geteuid() == 0) {
                n = snprintf(ret, size, "%s", WIRE_FEED);
                return n > 0 && (size_t)n < size;
        }
        if (!dir || *dir != '/')
                return false;
        n = snprintf(ret, size, "%s/oomguard/feed", dir);
        return n > 0 && (size_t)n < size;
}

/* ---- the socket ---- */

static int
make_folder(const char *path)
{
        char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
        char *slash;

        (void)snprintf(dir, sizeof(dir), "%s", path);
        slash = strrchr(dir, '/');
        if (!slash || slash == dir)
                return 0;
        *slash = '\0';
        return mkdir(dir, 0755) == 0 || errno == EEXIST ? 0 : -errno;
}

/* Left over from a guard that was killed: nobody answers there. */
static bool
is_stale(const struct sockaddr_un *at)
{
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        bool stale;

        if (fd < 0)
                return false;
        stale = connect(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 && errno == ECONNREFUSED;
        (void)close(fd);
        return stale;
}

static int
bind_at(int fd, const struct sockaddr_un *at)
{
        if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0)
                return 0;
        if (errno != EADDRINUSE)
                return -errno;
        if (!is_stale(at))
                return -EADDRINUSE;
        if (unlink(at->sun_path) < 0 && errno != ENOENT)
                return -errno;
        return bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 ? 0 : -errno;
}

int
feed_open(struct feed *f, const char *path, unsigned max)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        int fd, r;

        *f = (struct feed)FEED_INIT;
        for (unsigned i = 0; i < FEED_CLIENTS; i++)
                f->client[i].fd = -1;
        if (strlen(path) >= sizeof(at.sun_path))
                return -ENAMETOOLONG;
        memcpy(at.sun_path, path, strlen(path));
        memcpy(f->path, at.sun_path, sizeof(f->path));
        r = make_folder(path);
        if (r < 0)
                return r;
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        r = bind_at(fd, &at);
        /* Anybody may look; who may command is asked for each request. */
        if (r == 0 && (chmod(path, 0666) < 0 || listen(fd, FEED_CLIENTS) < 0))
                r = -errno;
        if (r < 0) {
                (void)close(fd);
                return r;
        }
        f->listen_fd = fd;
        f->max = max < FEED_CLIENTS ? max : FEED_CLIENTS;
        return 0;
}

static void
client_close(struct feed_client *c)
{
        (void)close(c->fd);
        *c = (struct feed_client){ .fd = -1 };
}

void
feed_close(struct feed *f)
{
        if (f->listen_fd < 0)
                return;
        for (unsigned i = 0; i < FEED_CLIENTS; i++)
                if (f->client[i].fd >= 0)
                        client_close(&f->client[i]);
        (void)close(f->listen_fd);
        (void)unlink(f->path);
        f->listen_fd = -1;
}

/* ---- sending ---- */

/* Names, where this subscriber may not know them: of others' processes when /proc hides them. */
static void
hide_from(const struct feed *f, const struct feed_client *c, struct wire_record *rec)
{
        switch ((enum wire_kind)rec->kind) {
        case WIRE_WARNING:
        case WIRE_KILLING:
        case WIRE_ESCALATED:
        case WIRE_KILLED:
        case WIRE_REFUSED:
        case WIRE_GAVE_UP:
        case WIRE_RELEASED:
        case WIRE_CANDIDATE:
                break;
        default:
                return;
        }
        if (!f->hide || c->uid == 0)
                return;
        memset(rec->process.consumers, 0, sizeof(rec->process.consumers));
        if (rec->process.uid != c->uid)
                wire_hide(rec);
}

void
feed_send(struct feed *f, unsigned client, const struct wire_record *rec)
{
        struct feed_client *c = &f->client[client];
        struct wire_record own = *rec;
        ssize_t n;

        if (c->fd < 0)
                return;
        own.dropped = c->dropped;
        hide_from(f, c, &own);
        do {
                n = send(c->fd, &own, sizeof(own), MSG_DONTWAIT | MSG_NOSIGNAL);
        } while (n < 0 && errno == EINTR);
        if (n == (ssize_t)sizeof(own)) {
                c->dropped = 0;
                return;
        }
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
                client_close(c);
                return;
        }
        if (c->dropped < UINT32_MAX)
                c->dropped++;
}

void
feed_send_all(struct feed *f, uint32_t wants, const struct wire_record *rec)
{
        if (f->listen_fd < 0)
                return;
        for (unsigned i = 0; i < FEED_CLIENTS; i++) {
                const struct feed_client *c = &f->client[i];

                if (c->fd >= 0 && (c->wants & wants))
                        feed_send(f, i, rec);
        }
}

uint32_t
feed_wants(const struct feed *f)
{
        uint32_t all = 0;

        if (f->listen_fd < 0)
                return 0;
        for (unsigned i = 0; i < FEED_CLIENTS; i++)
                if (f->client[i].fd >= 0)
                        all |= f->client[i].wants;
        return all;
}

/* ---- receiving ---- */

/* A free place that this uid may have, or -1. */
static int
find_place(const struct feed *f, uint32_t uid)
{
        unsigned n = 0, of_uid = 0;
        int place = -1;

        for (unsigned i = 0; i < f->max; i++) {
                if (f->client[i].fd < 0) {
                        place = (int)i;
                        continue;
                }
                n += f->client[i].uid != 0;
                of_uid += f->client[i].uid == uid;
        }
        if (uid == 0)
                return place;
        if (of_uid >= FEED_PER_UID || n + FEED_FOR_ROOT >= f->max)
                return -1;
        return place;
}

/* An answer to nothing, so that who was turned away knows why. */
static void
turn_away(int fd)
{
        struct wire_record rec;

        wire_begin(&rec, WIRE_ANSWER);
        rec.error = -EUSERS;
        (void)send(fd, &rec, sizeof(rec), MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)close(fd);
}

static void
take_new(struct feed *f)
{
        struct ucred who = { .uid = UINT32_MAX };
        socklen_t len = sizeof(who);
        int size = SEND_BYTES;
        int fd = accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        int place;

        f->n_new++;
        if (fd < 0)
                return;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0) {
                (void)close(fd);
                return;
        }
        place = find_place(f, who.uid);
        if (place < 0) {
                turn_away(fd);
                return;
        }
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        f->client[place] = (struct feed_client){ .fd = fd, .uid = who.uid };
}

/* One packet.  Whatever is not a request closes the connection: its sender speaks another language.
 */
static void
take_request(struct feed *f, unsigned i, feed_request_fn request, void *arg)
{
        struct feed_client *c = &f->client[i];
        /* One byte more tells a longer packet from one of the right size. */
        char packet[sizeof(struct wire_request) + 1];
        struct wire_request req;
        ssize_t n;

        do {
                n = recv(c->fd, packet, sizeof(packet), MSG_DONTWAIT);
        } while (n < 0 && errno == EINTR);
        if (n < 0 && errno == EAGAIN)
                return;
        c->n_asked++;
        if (n <= 0 || !wire_request_ok(packet, (size_t)n)) {
                client_close(c);
                return;
        }
        memcpy(&req, packet, sizeof(req));
        request(arg, i, &req);
}

unsigned
feed_poll(struct feed *f, uint64_t now_us, struct pollfd *ret)
{
        unsigned n = 0;

        if (f->listen_fd < 0)
                return 0;
        if (now_us - f->second_us >= SECOND_US) {
                f->second_us = now_us;
                f->n_new = 0;
                for (unsigned i = 0; i < FEED_CLIENTS; i++)
                        f->client[i].n_asked = 0;
        }
        if (f->n_new < FEED_RATE)
                ret[n++] = (struct pollfd){ .fd = f->listen_fd, .events = POLLIN };
        for (unsigned i = 0; i < FEED_CLIENTS; i++)
                if (f->client[i].fd >= 0 && f->client[i].n_asked < FEED_RATE)
                        ret[n++] = (struct pollfd){ .fd = f->client[i].fd, .events = POLLIN };
        return n;
}

void
feed_serve(struct feed *f, const struct pollfd *p, unsigned n, feed_request_fn request, void *arg)
{
        for (unsigned k = 0; k < n; k++) {
                if (!p[k].revents)
                        continue;
                if (p[k].fd == f->listen_fd) {
                        take_new(f);
                        continue;
                }
                for (unsigned i = 0; i < FEED_CLIENTS; i++)
                        if (f->client[i].fd == p[k].fd) {
                                take_request(f, i, request, arg);
                                break;
                        }
        }
}
