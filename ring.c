/* SPDX-License-Identifier: MIT */
/*
 * Owns the order of records between two threads.  Never waits.
 */
#include "ring.h"

#include <string.h>

bool
ring_put(struct ring *r, const struct record *rec)
{
        uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

        if (head - atomic_load_explicit(&r->tail, memory_order_acquire) >= RING_RECORDS) {
                atomic_fetch_add_explicit(&r->lost, 1, memory_order_relaxed);
                return false;
        }
        memcpy(&r->record[head % RING_RECORDS], rec, sizeof(*rec));
        atomic_store_explicit(&r->head, head + 1, memory_order_release);
        return true;
}

bool
ring_half_free(struct ring *r)
{
        uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

        if (head - atomic_load_explicit(&r->tail, memory_order_acquire) < RING_RECORDS / 2)
                return true;
        atomic_fetch_add_explicit(&r->lost, 1, memory_order_relaxed);
        return false;
}

bool
ring_take(struct ring *r, struct record *ret)
{
        uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

        if (tail == atomic_load_explicit(&r->head, memory_order_acquire))
                return false;
        memcpy(ret, &r->record[tail % RING_RECORDS], sizeof(*ret));
        atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
        return true;
}
