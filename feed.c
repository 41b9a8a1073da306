/* SPDX-License-Identifier: MIT */
/*
 * Owns the socket and who sits at it.  Never knows what a request means.
 */
#include "feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thread.h"
#include "wirerec.h"

/* What waits for one that does not read: some 30 records, the kernel counts its own part too. */
#define SEND_BYTES (64 * 1024)
#define SECOND_US  UINT64_C(1000000)

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16; otherwise on parisc and sparc, where it is not found */
#endif

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
        if (mkdir(dir, 0755) < 0)
                return errno == EEXIST ? 0 : -errno;
        /* Anybody may look in, whatever the umask. */
        return chmod(dir, 0755) == 0 ? 0 : -errno;
}

/* Left over from a guard that was killed: nobody answers there.  0, or why it may not be replaced.
 */
static int
check_stale(const struct sockaddr_un *at)
{
        struct stat st;
        int fd, r;

        /* connect(2) finds nobody behind a file either, and that one is not to be removed. */
        if (lstat(at->sun_path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(st.st_mode))
                return -ENOTSOCK;
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        r = connect(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 && errno == ECONNREFUSED
                    ? 0
                    : -EADDRINUSE;
        (void)close(fd);
        return r;
}

static int
bind_at(int fd, const struct sockaddr_un *at)
{
        int r;

        if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0)
                return 0;
        if (errno != EADDRINUSE)
                return -errno;
        r = check_stale(at);
        if (r < 0)
                return r;
        if (unlink(at->sun_path) < 0 && errno != ENOENT)
                return -errno;
        return bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 ? 0 : -errno;
}

/* Inherited by every connection, from its first packet on. */
static bool
refuse_descriptors(int fd)
{
        int no = 0;

        return setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof(no)) == 0;
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
        f->bare = refuse_descriptors(fd);
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

/* ---- closing ---- */

/*
 * A packet may bring descriptors (SCM_RIGHTS), and whoever drops the last reference to one closes
 * it.  That takes as long as its sender likes: a TCP socket of his that lingers holds up close(2)
 * for hours.  Where the kernel does not keep them out, what may hold any is closed by a thread that
 * nobody waits for; while all of those are held up, nobody new is let in.
 */
static void *
run_closer(void *arg)
{
        struct feed_closer *c = arg;

        (void)close(c->fd);
        atomic_store(&c->busy, false);
        return NULL;
}

static struct feed_closer *
idle_closer(struct feed *f)
{
        for (unsigned i = 0; i < FEED_CLOSERS; i++)
                if (!atomic_load(&f->closer[i].busy))
                        return &f->closer[i];
        return NULL;
}

/* False: not now. */
static bool
close_aside(struct feed *f, int fd)
{
        struct feed_closer *c = idle_closer(f);
        pthread_t thread;

        if (!c)
                return false;
        c->fd = fd;
        atomic_store(&c->busy, true);
        if (thread_start(&thread, FEED_CLOSER_STACK, run_closer, c) < 0) {
                atomic_store(&c->busy, false);
                return false;
        }
        (void)pthread_detach(thread);
        return true;
}

/* Whoever may command the guard need not be guarded against. */
static bool
is_master(uint32_t uid)
{
        return uid == 0 || uid == geteuid();
}

static bool
close_at_once(const struct feed *f, uint32_t uid)
{
        return f->bare || is_master(uid);
}

static void
client_close(struct feed *f, struct feed_client *c)
{
        c->leaving = true;
        if (close_at_once(f, c->uid))
                (void)close(c->fd);
        else if (!close_aside(f, c->fd))
                return;
        *c = (struct feed_client){ .fd = -1 };
}

void
feed_close(struct feed *f)
{
        if (f->listen_fd < 0)
                return;
        /* Any that cannot be closed just now ends with the process. */
        for (unsigned i = 0; i < FEED_CLIENTS; i++)
                if (f->client[i].fd >= 0)
                        client_close(f, &f->client[i]);
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

        if (c->fd < 0 || c->leaving)
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
                client_close(f, c);
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

                if (c->fd >= 0 && !c->leaving && (c->wants & wants))
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
                if (f->client[i].fd >= 0 && !f->client[i].leaving)
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
                n += !is_master(f->client[i].uid);
                of_uid += f->client[i].uid == uid;
        }
        if (is_master(uid))
                return place;
        if (of_uid >= FEED_PER_UID || n + FEED_FOR_ROOT >= f->max)
                return -1;
        return place;
}

/* An answer to nothing, so that who was turned away knows why.  There is an idle closer. */
static void
turn_away(struct feed *f, int fd, uint32_t uid)
{
        struct wire_record rec;

        wire_begin(&rec, WIRE_ANSWER);
        rec.error = -EUSERS;
        (void)send(fd, &rec, sizeof(rec), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (close_at_once(f, uid) || !close_aside(f, fd))
                (void)close(fd);
}

/* False: nobody waits any more, or nobody can be let in just now. */
static bool
take_new(struct feed *f)
{
        struct ucred who = { .uid = UINT32_MAX };
        socklen_t len = sizeof(who);
        int size = SEND_BYTES;
        int fd, place;

        /* It may be one to be turned away. */
        if (f->n_new >= FEED_NEW || (!f->bare && !idle_closer(f)))
                return false;
        fd = accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && errno == EAGAIN)
                return false;
        f->n_new++;
        if (fd < 0) {
                /* Whoever has gone meanwhile is no fault of anybody. */
                if (errno != EINTR && errno != ECONNABORTED)
                        f->error = errno;
                return false;
        }
        f->error = 0;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0) {
                (void)close(fd);
                return true;
        }
        place = find_place(f, who.uid);
        if (place < 0) {
                turn_away(f, fd, who.uid);
                return true;
        }
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
        f->client[place] = (struct feed_client){ .fd = fd, .uid = who.uid };
        return true;
}

/* All that wait, so that whoever floods the queue keeps others out as little as can be. */
static void
take_all_new(struct feed *f)
{
        for (unsigned i = 0; i < FEED_CLIENTS; i++)
                if (!take_new(f))
                        return;
}

/* Whether the next packet does; without taking it, which would close them. */
static bool
brings_descriptors(int fd)
{
        struct msghdr m = { .msg_iov = NULL };

        return recvmsg(fd, &m, MSG_PEEK | MSG_DONTWAIT) >= 0 && (m.msg_flags & MSG_CTRUNC);
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

        if (!f->bare && brings_descriptors(c->fd)) {
                client_close(f, c);
                return;
        }
        do {
                n = recv(c->fd, packet, sizeof(packet), MSG_DONTWAIT);
        } while (n < 0 && errno == EINTR);
        c->n_asked++;
        if (n < 0 && errno == EAGAIN)
                return;
        if (n <= 0 || !wire_request_ok(packet, (size_t)n)) {
                client_close(f, c);
                return;
        }
        memcpy(&req, packet, sizeof(req));
        request(arg, i, &req);
}

/* A second has begun: everybody may ask anew. */
static void
begin_second(struct feed *f, uint64_t now_us)
{
        f->second_us = now_us;
        f->n_new = 0;
        for (unsigned i = 0; i < FEED_CLIENTS; i++)
                f->client[i].n_asked = 0;
}

unsigned
feed_poll(struct feed *f, uint64_t now_us, struct pollfd *ret)
{
        unsigned n = 0;

        if (f->listen_fd < 0)
                return 0;
        if (now_us - f->second_us >= SECOND_US)
                begin_second(f, now_us);
        for (unsigned i = 0; i < FEED_CLIENTS; i++)
                if (f->client[i].leaving)
                        client_close(f, &f->client[i]);
        if (f->n_new < FEED_NEW && (f->bare || idle_closer(f)))
                ret[n++] = (struct pollfd){ .fd = f->listen_fd, .events = POLLIN };
        for (unsigned i = 0; i < FEED_CLIENTS; i++) {
                const struct feed_client *c = &f->client[i];

                if (c->fd >= 0 && !c->leaving && c->n_asked < FEED_RATE)
                        ret[n++] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
        }
        return n;
}

void
feed_serve(struct feed *f, const struct pollfd *p, unsigned n, feed_request_fn request, void *arg)
{
        for (unsigned k = 0; k < n; k++) {
                if (!p[k].revents)
                        continue;
                if (p[k].fd == f->listen_fd) {
                        take_all_new(f);
                        continue;
                }
                for (unsigned i = 0; i < FEED_CLIENTS; i++)
                        if (f->client[i].fd == p[k].fd && !f->client[i].leaving) {
                                take_request(f, i, request, arg);
                                break;
                        }
        }
}
