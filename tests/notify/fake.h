/* SPDX-License-Identifier: MIT */
/*
 * A guard that says what a test tells it to: a feed's socket served by a thread, which answers
 * requests by itself.  It sends anything, also what no guard would.
 */
#ifndef TEST_FAKE_H
#define TEST_FAKE_H

#include <stdbool.h>
#include "wire.h"

#define FAKE_FEED WIRE_FEED

void
fake_start(void);
void
fake_stop(void);

/* Subscribers at the moment; requests for candidates so far. */
unsigned
fake_subscribers(void);
unsigned
fake_asked(void);

/* How CANDIDATES is answered: with so many (0..32), with an error, or not at all. */
void
fake_set_candidates(unsigned n, int error, bool answers);

/* The i-th candidate that it answers with. */
void
fake_candidate(unsigned i, struct wire_record *ret);

/* To every subscriber; waits until there is room. */
void
fake_send(const struct wire_record *rec);
void
fake_send_bytes(const void *bytes, size_t n);

/* Records of a guard on a machine with 16 GiB and 4 GiB of swap. */
void
fake_record(enum wire_kind kind, struct wire_record *ret);
/* About 4711 (hog), uid 1000. */
void
fake_event(enum wire_kind kind, struct wire_record *ret);

#endif
