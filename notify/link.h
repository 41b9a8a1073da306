/* SPDX-License-Identifier: MIT */
/*
 * The link to the guard: its feed, connected again by itself whenever the guard comes.  It never
 * waits, and it never says what a record means.
 */
#ifndef NOTIFY_LINK_H
#define NOTIFY_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>
#include "subscribe.h"

/* A guard that keeps the connection but has not been heard of for so long counts as absent: it
 * tells how things stand once a second. */
#define LINK_SILENT_US UINT64_C(30000000)

struct link;

struct link_calls {
        /* Every record that belongs to no request. */
        void (*record)(void *arg, const struct wire_record *rec);
        /* The guard is there (0), or is not: -ENOENT, -ECONNREFUSED, -ECONNRESET, -ETIMEDOUT
         * (silent), -EUSERS (no place left), or another negative errno.  Told when it changes. */
        void (*changed)(void *arg, int error);
        void *arg;
};

/* `n` records of WIRE_CANDIDATE, or a negative errno and none. */
typedef void (*link_candidates_fn)(void *arg, int error, const struct wire_record *rec, unsigned n);

/* path NULL: where a guard puts it.  Both strings and calls are kept.  0 or a negative errno; that
 * there is no guard is no error. */
int
link_new(struct link **ret, sd_event *event, const char *path, const struct link_calls *calls);
void
link_free(struct link *l); /* NULL is fine */

bool
link_is_up(const struct link *l);

/*
 * Asks for the ranking; `answer` is called later, once, unless the link is freed before.  0, -EBUSY
 * (it was asked for already and the answer has not come), -ENOTCONN, or another negative errno.
 */
int
link_ask_candidates(struct link *l, link_candidates_fn answer, void *arg);

/* Records that the guard could not hand over because this program did not read them in time, and
 * packets that were no records. */
uint64_t
link_lost(const struct link *l);

#endif
