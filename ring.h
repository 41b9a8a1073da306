/* SPDX-License-Identifier: MIT */
/*
 * The ring between the loop and the errand thread: one writer, one reader, fixed records, no lock,
 * no wait.  When it is full a record is lost and counted.
 */
#ifndef OOMGUARD_RING_H
#define OOMGUARD_RING_H

#include <stdatomic.h>
#include "record.h"

enum { RING_RECORDS = 128 };

struct ring {
        _Atomic uint32_t head, tail; /* written, read; both count for ever */
        _Atomic uint64_t lost;
        struct record record[RING_RECORDS];
};

/* false: full, the record is lost. */
bool
ring_put(struct ring *r, const struct record *rec);

/* True while less than half of it waits to be read; a record that is left out for that counts as
 * lost.  For the writer. */
bool
ring_half_free(struct ring *r);

/* false: empty. */
bool
ring_take(struct ring *r, struct record *ret);

#endif
