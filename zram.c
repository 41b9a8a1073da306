/* SPDX-License-Identifier: MIT */
/*
 * Owns the judgement of zram's ratio and the names of its files.  Never opens or reads one, never
 * knows how many devices there are.
 */
#include "zram.h"
#include <stdbool.h>
#include <string.h>

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
/* How long a window of newly stored pages lasts at least. */
#define ZRAM_WINDOW_US 2000000u
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

/*
 * A leak that does not compress hides behind what is there already, so the last window counts too
 * when it is worse.  It is looked at as soon as it holds enough, not only at its end: a bomb does
 * not wait for two seconds.
 */
uint32_t
zram_judge(struct zram_window *w, uint64_t now_us, uint64_t total_kib, const struct zram_stat *all)
{
        uint64_t step = step_bytes(total_kib);
        uint64_t stored = all->stored_bytes, used = all->used_bytes;
        bool again = false;

        if (stored >= w->stored_bytes && stored - w->stored_bytes >= step) {
                uint64_t cost = used > w->used_bytes ? used - w->used_bytes : 0;

                w->ratio_bp = ratio_bp(stored - w->stored_bytes, cost);
                again = now_us - w->since_us >= ZRAM_WINDOW_US;
        } else if (w->stored_bytes > stored && w->stored_bytes - stored >= step) {
                /* What came late may be what has gone. */
                w->ratio_bp = 0;
                again = true;
        }
        if (again) {
                w->stored_bytes = stored;
                w->used_bytes = used;
                w->since_us = now_us;
        }
        if (stored < step)
                return early_bp(all);
        uint32_t total_bp = ratio_bp(stored, used);

        return w->ratio_bp && w->ratio_bp < total_bp ? w->ratio_bp : total_bp;
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
