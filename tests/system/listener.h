/* SPDX-License-Identifier: MIT */
/*
 * A subscriber of the guard's feed, as a case sees it.  It speaks the wire by itself and shares
 * only the layout of its packets with the guard.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <sys/types.h>

#include "../../wire.h"

enum { LISTENER_TEXT_MAX = 32768 };

struct listener {
        int fd;
        unsigned n_dropped;     /* records lost, as told by the guard */
        struct wire_record rec; /* the last one */
        /* What belonged to the last answer. */
        struct wire_record candidate[WIRE_CANDIDATES_MAX];
        unsigned n_candidates;
        char text[LISTENER_TEXT_MAX];
        size_t n_text;
};

/* Where the feed of the next ones is; WIRE_FEED at first. */
void
listener_path(const char *path);

/* Connects as that user; waits until there is a feed. */
struct listener *
listener_come(uid_t uid);
void
listener_go(struct listener *l);

/* Asks, and waits for the answer: its error. */
int
listener_ask(struct listener *l, enum wire_op op, uint64_t arg);

/* Asks, and waits for nothing.  False: it was turned away, for want of a place: those of who has
 * gone are free when the guard has come round to it. */
bool
listener_offers(struct listener *l, enum wire_op op, uint64_t arg);

/* The same, and must not be turned away. */
void
listener_send(struct listener *l, enum wire_op op, uint64_t arg);

/* The next record, if there is one. */
bool
listener_takes(struct listener *l);

/* Waits for the next record of that kind; others are passed over. */
const struct wire_record *
listener_hears(struct listener *l, enum wire_kind kind);

#endif
