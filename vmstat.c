/* SPDX-License-Identifier: MIT */
/*
 * Owns the three keys of /proc/vmstat that count here.  Never compares them with anything earlier.
 */
#include <errno.h>
#include "text.h"
#include "vmstat.h"

enum { PGSCAN_KSWAPD, PGSCAN_DIRECT, OOM_KILL, N_KEYS };

static const struct text_key keys[N_KEYS] = {
        [PGSCAN_KSWAPD] = TEXT_KEY("pgscan_kswapd"),
        [PGSCAN_DIRECT] = TEXT_KEY("pgscan_direct"),
        [OOM_KILL] = TEXT_KEY("oom_kill"),
};

#define REQUIRED (1u << PGSCAN_KSWAPD | 1u << PGSCAN_DIRECT)

static bool
read_value(const struct text_scan *scan, uint64_t *ret)
{
        const char *p = scan->value;

        return text_u64(&p, scan->value_end, ret) && p == scan->value_end;
}

int
vmstat_parse(const char *text, size_t len, struct vmstat *ret)
{
        struct text_scan scan = {
                .p = text, .end = text + len, .keys = keys, .n_keys = N_KEYS, .stop = ' '
        };
        uint64_t value[N_KEYS] = { 0 };
        uint32_t seen = 0;

        if (!text_scan_values(&scan, read_value, value, &seen) || (seen & REQUIRED) != REQUIRED)
                return -EINVAL;
        /* The kernel's counters wrap, and so may their sum: differences stay right. */
        ret->pgscan = value[PGSCAN_KSWAPD] + value[PGSCAN_DIRECT];
        ret->oom_kill = value[OOM_KILL];
        return 0;
}
