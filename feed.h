/* SPDX-License-Identifier: MIT */
/*
 * The feed: a SOCK_SEQPACKET socket with a few subscribers.  Served by the errand thread; it never
 * waits for anybody.  A subscriber that does not read loses records, counted; one that asks too
 * much is asked to wait; one that sends anything but a request is closed.
 */
#ifndef OOMGUARD_FEED_H
#define OOMGUARD_FEED_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>
#include "wire.h"

enum {
        FEED_CLIENTS = 16,
        FEED_FOR_ROOT = 4, /* places that only root gets */
        FEED_PER_UID = 2,  /* places for one uid other than root */
        FEED_POLLED = 1 + FEED_CLIENTS,
        FEED_RATE = 20, /* requests a second, of one subscriber */
        FEED_NEW = 200, /* connections a second, of all together */
        FEED_CLOSERS = 8,
        FEED_CLOSER_STACK = 32 * 1024,
};

struct feed_client {
        int fd; /* -1: free */
        uint32_t uid;
        uint32_t wants;   /* WIRE_SUB_ bits */
        uint32_t dropped; /* records lost since the last one sent */
        uint32_t n_asked; /* requests in this second */
        bool leaving;     /* neither asked nor told any more, to be closed as soon as can be */
};

/* A thread that closes one descriptor, however long that takes. */
struct feed_closer {
        _Atomic bool busy;
        int fd;
};

struct feed {
        int listen_fd; /* -1: there is no feed */
        unsigned max;  /* places in use, at most FEED_CLIENTS */
        uint32_t n_new;
        uint64_t second_us; /* when the second began that n_asked and n_new count in */
        int error;          /* errno with which nobody new could be let in; 0: they can */
        bool hide;          /* names of processes are for root and their owners */
        bool bare;          /* the kernel lets no packet bring descriptors (Linux 6.16) */
        struct feed_client client[FEED_CLIENTS];
        struct feed_closer closer[FEED_CLOSERS];
        char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* A feed of nothing: to be told apart from one that is open. */
#define FEED_INIT               \
        {                       \
                .listen_fd = -1 \
        }

/*
 * Where the feed goes by default: WIRE_FEED for root, `oomguard/feed` in $XDG_RUNTIME_DIR for
 * others.  False: an unprivileged one without that folder has nowhere to put it.
 */
bool
feed_default_path(char *ret, size_t size);

/*
 * Makes the folder (its last part) and the socket; a socket that nobody serves any more is
 * replaced.  0 or a negative errno; -EADDRINUSE: somebody serves it; -ENOTSOCK: something else is
 * there.
 */
int
feed_open(struct feed *f, const char *path, unsigned max);

/* Closes every subscriber and takes the socket away.  What closers still have in hand is left to
 * them, so the struct has to outlive them. */
void
feed_close(struct feed *f);

/* Fills in what is to be polled, FEED_POLLED at most; returns how many. */
unsigned
feed_poll(struct feed *f, uint64_t now_us, struct pollfd *ret);

/* One request.  It is answered by feed_send() to that client, before it returns. */
typedef void (*feed_request_fn)(void *arg, unsigned client, const struct wire_request *req);

/* After poll(2): takes new subscribers and one request of each that has sent one. */
void
feed_serve(struct feed *f, const struct pollfd *p, unsigned n, feed_request_fn request, void *arg);

/* To one subscriber, or to all who want any of `wants`. */
void
feed_send(struct feed *f, unsigned client, const struct wire_record *rec);
void
feed_send_all(struct feed *f, uint32_t wants, const struct wire_record *rec);

/* The bits that any subscriber wants. */
uint32_t
feed_wants(const struct feed *f);

#endif
