/* SPDX-License-Identifier: MIT */
/*
 * Owns the keys of /proc/meminfo and what stands in for those that are missing.  Never judges
 * whether the memory is enough.
 */
#include <errno.h>
#include "meminfo.h"
#include "text.h"

enum key {
        MEM_TOTAL,
        MEM_FREE,
        MEM_AVAILABLE,
        ACTIVE_FILE,
        INACTIVE_FILE,
        SWAP_TOTAL,
        SWAP_FREE,
        SWAP_CACHED,
        ZSWAP,
        SHMEM,
        ANON_PAGES,
        HUGE_PAGES_TOTAL,
        HUGE_PAGE_SIZE,
        HUGETLB,
        N_KEYS
};

static const struct text_key keys[N_KEYS] = {
        [MEM_TOTAL] = TEXT_KEY("MemTotal"),
        [MEM_FREE] = TEXT_KEY("MemFree"),
        [MEM_AVAILABLE] = TEXT_KEY("MemAvailable"),
        [ACTIVE_FILE] = TEXT_KEY("Active(file)"),
        [INACTIVE_FILE] = TEXT_KEY("Inactive(file)"),
        [SWAP_TOTAL] = TEXT_KEY("SwapTotal"),
        [SWAP_FREE] = TEXT_KEY("SwapFree"),
        [SWAP_CACHED] = TEXT_KEY("SwapCached"),
        [ZSWAP] = TEXT_KEY("Zswap"),
        [SHMEM] = TEXT_KEY("Shmem"),
        [ANON_PAGES] = TEXT_KEY("AnonPages"),
        [HUGE_PAGES_TOTAL] = TEXT_KEY("HugePages_Total"),
        [HUGE_PAGE_SIZE] = TEXT_KEY("Hugepagesize"),
        [HUGETLB] = TEXT_KEY("Hugetlb"),
};

#define REQUIRED (1u << MEM_TOTAL | 1u << MEM_FREE | 1u << SWAP_TOTAL | 1u << SWAP_FREE)

struct values {
        uint64_t value[N_KEYS];
        uint32_t seen; /* a bit a key */
};

static bool
has(const struct values *v, enum key key)
{
        return v->seen & 1u << key;
}

/* `  24684092 kB`, the unit for all but the count of huge pages. */
static bool
read_value(const struct text_scan *scan, uint64_t *ret)
{
        const char *p = scan->value;
        uint64_t value;

        text_skip_blanks(&p, scan->value_end);
        if (!text_u64(&p, scan->value_end, &value) ||
            (scan->key != HUGE_PAGES_TOTAL && !text_accept(&p, scan->value_end, " kB")) ||
            p != scan->value_end)
                return false;
        /* The kernel itself keeps MemAvailable from running below zero: whoever prints such a
         * number knows nothing, and nobody is ended for it. */
        if (value > INT64_MAX && scan->key == MEM_AVAILABLE)
                return false;
        /* Per-CPU counters are summed while they move, and the sum is printed without a sign. */
        *ret = value > INT64_MAX ? 0 : value;
        return true;
}

/* Before 4.20 there is no Hugetlb; the two older keys know of one size only, the usual one. */
static bool
fill_hugetlb(struct values *v)
{
        return has(v, HUGETLB) ||
               !__builtin_mul_overflow(v->value[HUGE_PAGES_TOTAL], v->value[HUGE_PAGE_SIZE],
                                       &v->value[HUGETLB]);
}

int
meminfo_parse(const char *text, size_t len, struct meminfo *ret)
{
        struct text_scan scan = {
                .p = text, .end = text + len, .keys = keys, .n_keys = N_KEYS, .stop = ':'
        };
        struct values v = { .seen = 0 };

        if (!text_scan_values(&scan, read_value, v.value, &v.seen) ||
            (v.seen & REQUIRED) != REQUIRED || !fill_hugetlb(&v))
                return -EINVAL;
        bool estimated = !has(&v, MEM_AVAILABLE);

        /* No sum of these overflows: each is below 2^63. */
        if (estimated)
                v.value[MEM_AVAILABLE] =
                        v.value[MEM_FREE] + (v.value[ACTIVE_FILE] + v.value[INACTIVE_FILE]) / 2;
        if (v.value[MEM_TOTAL] == 0 || v.value[MEM_AVAILABLE] > v.value[MEM_TOTAL] ||
            v.value[SWAP_FREE] > v.value[SWAP_TOTAL])
                return -EINVAL;
        /* In a container lxcfs tells its own MemTotal, but the huge pages of its host. */
        if (v.value[HUGETLB] > v.value[MEM_TOTAL])
                v.value[HUGETLB] = 0;
        *ret = (struct meminfo){
                .total_kib = v.value[MEM_TOTAL],
                .free_kib = v.value[MEM_FREE],
                .available_kib = v.value[MEM_AVAILABLE],
                .swap_total_kib = v.value[SWAP_TOTAL],
                .swap_free_kib = v.value[SWAP_FREE],
                .swap_cached_kib = v.value[SWAP_CACHED],
                .zswap_kib = v.value[ZSWAP],
                .shmem_kib = v.value[SHMEM],
                .anon_kib = v.value[ANON_PAGES],
                .hugetlb_kib = v.value[HUGETLB],
                .estimated = estimated,
        };
        return 0;
}
