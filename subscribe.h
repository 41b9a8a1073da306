/* SPDX-License-Identifier: MIT */
/*
 * The other end of the feed: how oomguardctl and oomguard-notify talk to the guard.  It never waits
 * longer than it is told to, and it believes nothing: what is no record of wire.h is refused.
 */
#ifndef OOMGUARD_SUBSCRIBE_H
#define OOMGUARD_SUBSCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include "wire.h"

struct subscription {
        int fd;      /* -1: not connected; readable when there is a record */
        uint32_t id; /* of the last request */
};

#define SUBSCRIPTION_INIT \
        {                 \
                .fd = -1  \
        }

/*
 * Where the guard's feed is: WIRE_FEED when there is one, else `oomguard/feed` in $XDG_RUNTIME_DIR,
 * where a guard puts it that runs without privileges.  `root` stands before what is looked at, and
 * not before what comes back; "" outside tests.
 */
void
subscribe_path(const char *root, char *ret, size_t size);

/* Connects; path NULL: subscribe_path().  0 or a negative errno (-ENOENT, -ECONNREFUSED: no guard
 * there). */
int
subscribe_open(struct subscription *s, const char *path);
void
subscribe_close(struct subscription *s);

/* Sends a request without waiting; s->id is its id.  0 or a negative errno (-EAGAIN: the guard does
 * not read). */
int
subscribe_ask(struct subscription *s, enum wire_op op, uint64_t arg);

/*
 * The next record.  1: there is one; 0: none came within timeout_ms (0: does not wait, -1: waits);
 * -ECONNRESET: the guard has closed; -EPROTO: what came is no record (the connection stays); or
 * another negative errno.
 */
int
subscribe_take(struct subscription *s, struct wire_record *ret, int timeout_ms);

/*
 * Asks, and hands every record that belongs to the answer to `got` (which may be NULL) until
 * WIRE_ANSWER; records of other kinds in between are passed over.  Returns the answer's error (0 or
 * a negative errno), or -ETIMEDOUT when it has not come within timeout_ms altogether.
 */
int
subscribe_call(struct subscription *s, enum wire_op op, uint64_t arg, int timeout_ms,
               void (*got)(void *arg, const struct wire_record *rec), void *got_arg);

#endif
