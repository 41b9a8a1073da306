/* SPDX-License-Identifier: MIT */
/*
 * The group in flight: chosen, signalled, watched, settled.  The part of the loop that acts; like
 * all of it, it allocates nothing and waits for nothing, unless nobody else has looked at /proc for
 * it.
 */
#ifndef OOMGUARD_FLIGHT_H
#define OOMGUARD_FLIGHT_H

#include "guard.h"

/* Somebody is to be ended: chooses, looks at memory once more, signals. */
void
flight_act(struct guard *g);

/* One look at the group in flight. */
void
flight_watch(struct guard *g);

/* What others took while the group in flight was ending: it hides what came back. */
void
flight_count_others(struct guard *g, uint64_t now_us);

/* Everything about a signal but the signal. */
void
flight_try(struct guard *g, struct candidate *c);

#endif
