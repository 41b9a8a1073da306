/* SPDX-License-Identifier: MIT */
/*
 * Owns the keys of /proc/vmstat that count here.  Never compares them with anything earlier.
 */
#include <errno.h>
#include <string.h>
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
        STALL_DMA,
        STALL_DMA32,
        STALL_NORMAL,
        STALL_HIGH,
        STALL_MOVABLE,
        STALL_DEVICE,
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
        [STALL_DMA] = TEXT_KEY("allocstall_dma"),
        [STALL_DMA32] = TEXT_KEY("allocstall_dma32"),
        [STALL_NORMAL] = TEXT_KEY("allocstall_normal"),
        [STALL_HIGH] = TEXT_KEY("allocstall_high"),
        [STALL_MOVABLE] = TEXT_KEY("allocstall_movable"),
        [STALL_DEVICE] = TEXT_KEY("allocstall_device"),
};

#define REQUIRED (1u << PGSCAN_KSWAPD | 1u << PGSCAN_DIRECT)
#define STEAL    (1u << PGSTEAL_KSWAPD | 1u << PGSTEAL_DIRECT)
#define ALL      (STEAL | 1u << PGSTEAL_ANON | 1u << PGSTEAL_FILE)
#define BOTH     (1u << REFAULT_ANON | 1u << REFAULT_FILE)

/*
 * As events these counters leave out what is reclaimed inside limits, as statistics of a node they
 * do not (mm/vmscan.c: events in 6.18, statistics in 7.2).  Statistics are printed first, and the
 * first of the events is pgpgin (mm/vmstat.c).
 */
static bool
are_mixed(const char *text, size_t len)
{
        static const char events[] = "\npgpgin ", direct[] = "\npgsteal_direct ";
        const char *end = memmem(text, len, events, sizeof(events) - 1);

        return end && memmem(text, (size_t)(end - text), direct, sizeof(direct) - 1);
}

static void
take_apart(struct vmstat *v, const uint64_t value[N_KEYS])
{
        for (int i = STALL_DMA; i <= STALL_DEVICE; i++)
                v->stalls += value[i];
        v->direct = value[PGSTEAL_DIRECT];
        v->pgscan = value[PGSCAN_KSWAPD] + v->stalls;
        v->boxed = 0;
}

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
        ret->direct = ret->stalls = 0;
        if (are_mixed(text, len))
                take_apart(ret, value);
        return 0;
}
