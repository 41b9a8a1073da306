/* SPDX-License-Identifier: MIT */
/*
 * From the guard's own values to what travels over the feed: states, records, candidates.  Numbers
 * of rules become their texts here, because the reader has no policy to look them up in.
 */
#ifndef OOMGUARD_WIREREC_H
#define OOMGUARD_WIREREC_H

#include "rank.h"
#include "record.h"
#include "wire.h"

/* How things stand.  Left 0 for the caller: what neither sample nor verdict tells (flags of the
 * guard itself, kills, missed, lost, version, ...). */
void
wire_state_of(const struct sample *s, const struct verdict *v, const struct policy *p,
              struct wire_state *ret);

/* A candidate with its place in the ranking. */
void
wire_process_of(const struct ranked *r, const struct choice *ch, const struct policy *p,
                struct wire_process *ret);

/*
 * A record of the loop, state included.  False when nothing of it goes over the feed.  Whoever
 * grows at a WIRE_WARNING and the consumers at a WIRE_KILLING are the caller's to fill in.
 */
bool
wire_of_record(const struct record *rec, const struct policy *p, struct wire_record *ret);

/* What this reader must not know of somebody else's process is taken out. */
void
wire_hide(struct wire_record *rec);

#endif
