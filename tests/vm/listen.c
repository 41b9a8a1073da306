/* SPDX-License-Identifier: MIT */
/*
 * The role of those who listen to the guard: n= connections to its feed, each of which wants all
 * there is.  Reads whatever comes and checks that it is a record; never asks for anything twice.
 */
#define _GNU_SOURCE
#include "role.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../wire.h"

enum { LISTEN_MAX = 16 };

static int
come(void)
{
        static const struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = WIRE_FEED };
        const struct wire_request q = { .magic = WIRE_MAGIC,
                                        .version = WIRE_VERSION,
                                        .op = WIRE_OP_SUBSCRIBE,
                                        .id = 1,
                                        .arg = WIRE_SUB_ALL };
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof at) < 0 ||
            send(fd, &q, sizeof q, MSG_NOSIGNAL) != sizeof q)
                role_fail(WIRE_FEED);
        return fd;
}

/* The kind of the record that is there. */
static uint16_t
take(int fd)
{
        static struct wire_record rec;
        ssize_t n = recv(fd, &rec, sizeof rec, MSG_TRUNC);

        if (n == 0)
                errno = ECONNRESET;
        if (n != sizeof rec || rec.magic != WIRE_MAGIC || rec.version != WIRE_VERSION)
                role_fail("feed");
        return rec.kind;
}

/* Whoever is turned away, or hears nonsense, ends with a status that counts as a death. */
int
listen_main(struct role_options *o)
{
        struct pollfd p[LISTEN_MAX];
        nfds_t n = o->count < LISTEN_MAX ? o->count : LISTEN_MAX;

        for (nfds_t i = 0; i < n; i++) {
                p[i] = (struct pollfd){ .fd = come(), .events = POLLIN };
                while (take(p[i].fd) != WIRE_ANSWER)
                        ;
        }
        role_report(o, "ready");
        for (;;) {
                if (poll(p, n, -1) < 0)
                        role_fail("poll");
                for (nfds_t i = 0; i < n; i++)
                        if (p[i].revents)
                                (void)take(p[i].fd);
        }
        return 0;
}
