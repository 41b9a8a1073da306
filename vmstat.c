/* SPDX-License-Identifier: MIT */
/*
 * Owns the keys of /proc/vmstat that count here.  Never compares them with anything earlier.
 */
#include <errno.h>
#include "text.h"
#include "vmstat.h"

enum {
        PGSCAN_KSWAPD,
        PGSCAN_DIRECT,
        PGSTEAL_KSWAPD,
        PGSTEAL_DIRECT,
        PGSTEAL_KHUGEPAGED,
        PGSTEAL_PROACTIVE,
        PGSTEAL_ANON,
        PGSTEAL_FILE,
        REFAULT_ANON,
        REFAULT_FILE,
        REFAULT,
        PSWPIN,
        OOM_KILL,
        N_KEYS
};

static const struct text_key keys[N_KEYS] = {
        [PGSCAN_KSWAPD] = TEXT_KEY("pgscan_kswapd"),
        [PGSCAN_DIRECT] = TEXT_KEY("pgscan_direct"),
        [PGSTEAL_KSWAPD] = TEXT_KEY("pgsteal_kswapd"),
        [PGSTEAL_DIRECT] = TEXT_KEY("pgsteal_direct"),
        [PGSTEAL_KHUGEPAGED] = TEXT_KEY("pgsteal_khugepaged"),
        [PGSTEAL_PROACTIVE] = TEXT_KEY("pgsteal_proactive"),
        [PGSTEAL_ANON] = TEXT_KEY("pgsteal_anon"),
        [PGSTEAL_FILE] = TEXT_KEY("pgsteal_file"),
        [REFAULT_ANON] = TEXT_KEY("workingset_refault_anon"),
        [REFAULT_FILE] = TEXT_KEY("workingset_refault_file"),
        [REFAULT] = TEXT_KEY("workingset_refault"),
        [PSWPIN] = TEXT_KEY("pswpin"),
        [OOM_KILL] = TEXT_KEY("oom_kill"),
};

#define REQUIRED (1u << PGSCAN_KSWAPD | 1u << PGSCAN_DIRECT)
#define STEAL    (1u << PGSTEAL_KSWAPD | 1u << PGSTEAL_DIRECT)
#define ALL      (STEAL | 1u << PGSTEAL_ANON | 1u << PGSTEAL_FILE)
#define BOTH     (1u << REFAULT_ANON | 1u << REFAULT_FILE)

int
vmstat_parse(const char *text, size_t len, struct vmstat *ret)
{
        struct text_scan scan = {
                .p = text, .end = text + len, .keys = keys, .n_keys = N_KEYS, .stop = ' '
        };
        uint64_t value[N_KEYS] = { 0 };
        uint32_t seen = 0;

        if (!text_scan_values(&scan, text_read_u64, value, &seen) || (seen & REQUIRED) != REQUIRED)
                return -EINVAL;
        /* The kernel's counters wrap, and so may their sum: differences stay right. */
        ret->pgscan = value[PGSCAN_KSWAPD] + value[PGSCAN_DIRECT];
        ret->pgsteal = value[PGSTEAL_KSWAPD] + value[PGSTEAL_DIRECT];
        ret->boxed = 0;
        if ((seen & ALL) == ALL)
                ret->boxed = value[PGSTEAL_ANON] + value[PGSTEAL_FILE] - ret->pgsteal -
                             value[PGSTEAL_KHUGEPAGED] - value[PGSTEAL_PROACTIVE];
        ret->refault = value[REFAULT_ANON] + value[REFAULT_FILE] + value[REFAULT];
        if (!(seen & 1u << REFAULT_ANON))
                ret->refault += value[PSWPIN];
        ret->has_refault =
                (seen & STEAL) == STEAL && ((seen & BOTH) == BOTH || (seen & 1u << REFAULT));
        ret->oom_kill = value[OOM_KILL];
        return 0;
}
