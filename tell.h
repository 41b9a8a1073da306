/* SPDX-License-Identifier: MIT */
/*
 * Telling: what becomes of a record of the loop on the errand thread, namely a line on stderr, a
 * line of the trace, a packet for the feed's subscribers, and the words that the service manager
 * shows.
 */
#ifndef OOMGUARD_TELL_H
#define OOMGUARD_TELL_H

#include "errand.h"

/* Takes everything out of the ring and tells it. */
void
tell_drain(struct errand *e);

/* How things stand, to be sent; the body is left empty. */
void
tell_state(const struct errand *e, struct wire_record *ret, enum wire_kind kind);

/* Something of the errand thread's own: to all who want events. */
void
tell_event(struct errand *e, enum wire_kind kind);

/* To the service manager: ready, and the state in words. */
void
tell_manager(struct errand *e, uint64_t now_us);

#endif
