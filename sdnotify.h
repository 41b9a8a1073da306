/* SPDX-License-Identifier: MIT */
/*
 * Tells the service manager (sd_notify(3)): one datagram to $NOTIFY_SOCKET, without libsystemd,
 * which would be more than the rest of the guard, and without ever waiting for pid 1, as
 * libsystemd's own would.
 */
#ifndef OOMGUARD_SDNOTIFY_H
#define OOMGUARD_SDNOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct sdnotify {
        int fd;               /* -1: nobody wants to know */
        uint64_t watchdog_us; /* 0: no watchdog */
};

/* From the environment.  0, also when nobody wants to know, or a negative errno: then fd is -1. */
int
sdnotify_open(struct sdnotify *s);
void
sdnotify_close(struct sdnotify *s);

/* One message, such as "READY=1".  False when it could not be handed over just now. */
__attribute__((format(printf, 2, 3))) bool
sdnotify_send(const struct sdnotify *s, const char *format, ...);

#endif
