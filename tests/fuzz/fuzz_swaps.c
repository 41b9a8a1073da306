/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as /proc/swaps, mm_stat and arcstats: refused with nothing touched, or plausible.
 * Never looks at particular values; tests/unit does.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "swaps.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_swaps(const char *text, size_t len)
{
        struct swaps got, before;

        memset(&got, 0x5a, sizeof(got));
        memset(&before, 0x5a, sizeof(before));
        if (swaps_parse(text, len, &got) != 0) {
                assert(memcmp(&got, &before, sizeof(got)) == 0);
                return;
        }
        assert(got.zram_used_kib <= got.zram_total_kib);
        assert(got.n_zram <= SWAPS_ZRAM_MAX);
        assert(got.n <= SWAPS_AREAS_MAX);
        assert(!swaps_going(&got, got.total_kib));

        const struct swap_area *going = swaps_going(&got, got.total_kib / 2);

        assert(!going || (going >= got.area && going < got.area + got.n));
}

static void
try_zram(const char *text, size_t len)
{
        struct zram_stat got = { 42, 43, 44 };

        if (zram_parse(text, len, &got) != 0)
                assert(got.stored_bytes == 42 && got.used_bytes == 43 && got.data_bytes == 44);
}

static void
try_arcstats(const char *text, size_t len)
{
        uint64_t kib = 42ull << 54; /* no number of bytes has so many KiB */
        int r = arcstats_parse(text, len, &kib);

        assert(r == 0 ? kib < 1ull << 54 : r == -EINVAL && kib == 42ull << 54);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        try_swaps((const char *)data, size);
        try_zram((const char *)data, size);
        try_arcstats((const char *)data, size);
        return 0;
}
