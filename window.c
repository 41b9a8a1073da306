/* SPDX-License-Identifier: MIT */
/*
 * Owns the ring of the past and the shares taken of it.  Never judges what they mean.
 */
#include "window.h"

#include <stddef.h>

#include "number.h"

static const struct window_point *
point_at(const struct window_ring *r, uint32_t back)
{
        return &r->point[(r->head + WINDOW_POINTS - back) % WINDOW_POINTS];
}

const struct window_point *
window_before(const struct window_ring *r, uint64_t now_us, uint64_t age_us, uint64_t from_us)
{
        const struct window_point *found = NULL;

        for (uint32_t back = 0; back < r->n; back++) {
                if (point_at(r, back)->now_us < from_us)
                        break;
                found = point_at(r, back);
                if (now_us - found->now_us >= age_us)
                        break;
        }
        return found;
}

void
window_add(struct window_ring *r, const struct sample *s, uint64_t supply_kib)
{
        if (r->n > 0 && s->now_us - point_at(r, 0)->now_us < WINDOW_POINT_US)
                return;
        r->head = (r->head + 1) % WINDOW_POINTS;
        if (r->n < WINDOW_POINTS)
                r->n++;
        r->point[r->head] = (struct window_point){
                .now_us = s->now_us,
                .available_kib = sample_available_kib(s),
                .supply_kib = supply_kib,
                .some_us = s->psi.some.total_us,
                .full_us = s->psi.full.total_us,
                .pgscan = s->pgscan,
                .pgsteal = s->pgsteal,
                .inside = s->inside,
                .refault = s->refault,
                .has_psi = s->has_psi,
                .has_pgscan = s->has_pgscan,
                .has_refault = s->has_refault,
        };
}

/* What a counter moved by, as a share of the time; a counter that ran back did not move. */
static uint32_t
share_bp(uint64_t now_total, uint64_t then_total, uint64_t span_us)
{
        uint64_t moved = sub_floor(now_total, then_total);

        if (span_us == 0)
                return 0;
        if (moved > span_us)
                moved = span_us;
        return (uint32_t)(moved * 10000 / span_us);
}

/* part of whole, at most all of it; all of it when there is no whole. */
static uint32_t
part_bp(uint64_t part, uint64_t whole)
{
        if (part == 0)
                return 0;
        return part >= whole ? 10000 : (uint32_t)mul_div(part, 10000, whole);
}

static void
measure_refaults(const struct sample *s, const struct window_point *then, struct window *w)
{
        uint64_t steals = sub_floor(s->pgsteal, then->pgsteal);
        uint64_t all = sub_floor(s->refault, then->refault);
        uint64_t outside = sub_floor(all, sub_floor(s->inside, then->inside));

        w->elsewhere = all >= steals / WINDOW_LITTLE_PART && outside < all / WINDOW_OUTSIDE_PART;
        w->refault_bp = w->elsewhere ? 0 : part_bp(outside, steals);
}

struct window
window_look_back(const struct window_ring *r, const struct sample *s, uint64_t window_us,
                 uint64_t from_us)
{
        const struct window_point *then = window_before(r, s->now_us, window_us, from_us);
        struct window w = { .refault_bp = WINDOW_REFAULT_BP };

        if (!then)
                return w;
        uint64_t span_us = s->now_us - then->now_us;

        w.whole = span_us >= window_us;
        if (s->has_psi && then->has_psi) {
                /* A window not yet full is judged as if nothing had happened before it. */
                if (span_us < window_us)
                        span_us = window_us;
                w.some_bp = share_bp(s->psi.some.total_us, then->some_us, span_us);
                w.full_bp = share_bp(s->psi.full.total_us, then->full_us, span_us);
        }
        w.reclaim = s->has_pgscan && then->has_pgscan && s->pgscan > then->pgscan;
        if (s->has_refault && then->has_refault)
                measure_refaults(s, then, &w);
        return w;
}

bool
window_thrashes(const struct window *w)
{
        return w->reclaim && w->refault_bp >= WINDOW_REFAULT_BP;
}
