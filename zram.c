/* SPDX-License-Identifier: MIT */
/*
 * Owns the judgement of zram's ratio and the names of its files.  Never opens or reads one, never
 * knows how many devices there are.
 */
#include "zram.h"
#include <string.h>
#include "number.h"

/*
 * Less than this part of the swap says nothing about what comes next, but some MiB always do and
 * some more are always enough: on a small machine a leak that does not compress stands it still for
 * as long as it takes to notice.
 */
#define ZRAM_STEP_PART      64u
#define ZRAM_STEP_MIN_BYTES (4ull << 20)
#define ZRAM_STEP_MAX_BYTES (64ull << 20)
/*
 * So few pages cost more in gaps between them than in themselves (0.98 MB for 0.28 MB of data), but
 * what the data came to already tells when it does not compress: a swarm had stood the machine
 * still for 0.5 s more by the time that the first 5 MiB were stored.
 */
#define ZRAM_EARLY_BYTES (1ull << 20)
/* zram keeps what does not compress as it is, so below 1:1 is the noise of pages freed in between.
 * Zero pages cost nothing, but nobody promises more of them. */
#define ZRAM_MIN_BP 10000u
#define ZRAM_MAX_BP 100000u

/* What was stored to what it costs, within limits; stored > 0. */
static uint32_t
ratio_bp(uint64_t stored, uint64_t used)
{
        if (used <= stored / (ZRAM_MAX_BP / ZRAM_MIN_BP))
                return ZRAM_MAX_BP;
        if (used >= stored)
                return ZRAM_MIN_BP;
        while (stored > UINT64_MAX / 10000) {
                stored /= 2;
                used /= 2;
        }
        return (uint32_t)(stored * 10000 / used);
}

static uint64_t
step_bytes(uint64_t total_kib)
{
        uint64_t step = total_kib * (1024 / ZRAM_STEP_PART);

        if (step < ZRAM_STEP_MIN_BYTES)
                return ZRAM_STEP_MIN_BYTES;
        return step > ZRAM_STEP_MAX_BYTES ? ZRAM_STEP_MAX_BYTES : step;
}

/* No better than what is not known. */
static uint32_t
early_bp(const struct zram_stat *all)
{
        if (all->stored_bytes < ZRAM_EARLY_BYTES)
                return ZRAM_UNKNOWN_BP;
        uint32_t bp = ratio_bp(all->stored_bytes, all->data_bytes);

        return bp < ZRAM_UNKNOWN_BP ? bp : ZRAM_UNKNOWN_BP;
}

/* Begins anew: all that is there is of old. */
static void
restart(struct zram_window *w, const struct zram_stat *all)
{
        for (unsigned i = 0; i < ZRAM_MARKS; i++) {
                w->mark[i].stored_bytes = all->stored_bytes;
                w->mark[i].used_bytes = all->used_bytes;
        }
        w->ratio_bp = 0;
}

/* The oldest mark goes, and this is the newest: they are a step or more apart. */
static void
add_mark(struct zram_window *w, const struct zram_stat *all)
{
        memmove(&w->mark[0], &w->mark[1], (ZRAM_MARKS - 1) * sizeof(w->mark[0]));
        w->mark[ZRAM_MARKS - 1].stored_bytes = all->stored_bytes;
        w->mark[ZRAM_MARKS - 1].used_bytes = all->used_bytes;
}

/*
 * A leak that does not compress hides behind what is there already, so what came last, two steps of
 * it or three, counts too when it is worse.  By amount and not by time: the sleeping programs that
 * go first compressed five to one, and over two seconds a leak into 350 MiB stood the machine still
 * for 1.3 s before it showed.
 */
uint32_t
zram_judge(struct zram_window *w, uint64_t total_kib, const struct zram_stat *all)
{
        uint64_t step = step_bytes(total_kib);
        uint64_t stored = all->stored_bytes;
        uint64_t first = w->mark[0].stored_bytes, last = w->mark[ZRAM_MARKS - 1].stored_bytes;

        /* From nothing is what overall says.  And what came late may be what has gone. */
        if ((last == 0 && stored >= step) || (last > stored && last - stored >= step)) {
                restart(w, all);
        } else if (stored >= first && stored - first >= step) {
                w->ratio_bp =
                        ratio_bp(stored - first, sub_floor(all->used_bytes, w->mark[0].used_bytes));
                if (stored >= last && stored - last >= step)
                        add_mark(w, all);
        }
        if (stored < step)
                return early_bp(all);
        uint32_t total_bp = ratio_bp(stored, all->used_bytes);

        return w->ratio_bp && w->ratio_bp < total_bp ? w->ratio_bp : total_bp;
}

uint64_t
zram_barred_kib(uint64_t free_kib, uint64_t left_bytes, uint32_t ratio_bp)
{
        return sub_floor(free_kib, mul_div(left_bytes / 1024, ratio_bp, 10000));
}

/* Appends the decimal digits of n. */
static char *
put_u32(char *p, uint32_t n)
{
        char digit[10]; /* of 2^32 - 1 */
        int n_digits = 0;

        do {
                digit[n_digits++] = (char)('0' + n % 10);
                n /= 10;
        } while (n > 0);
        while (n_digits > 0)
                *p++ = digit[--n_digits];
        return p;
}

void
zram_path(char ret[ZRAM_PATH_MAX], uint32_t id)
{
        static const char head[] = "block/zram", tail[] = "/mm_stat";
        char *p;

        _Static_assert(sizeof(head) + 10 + sizeof(tail) <= ZRAM_PATH_MAX, "10 digits fit");
        memcpy(ret, head, sizeof(head) - 1);
        p = put_u32(ret + sizeof(head) - 1, id);
        memcpy(p, tail, sizeof(tail));
}
