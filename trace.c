/* SPDX-License-Identifier: MIT */
/*
 * Owns the syntax of traces.  Never judges: it writes what was decided.
 */
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "text.h"

/*
 * The numbers of a line in their order, all decimal; flags are a sum of bits.  The last ones
 * came later: a line without them has 0 there.
 */
enum { N_NUMBERS = 30, N_NUMBERS_MIN = 22 };
enum {
        FLAG_PSI = 1,
        FLAG_PGSCAN = 2,
        FLAG_STALE = 4,
        FLAG_ESTIMATED = 8,
        FLAG_REFAULT = 16,
        FLAG_AFTER_KILL = 32
};

static void
numbers_of(const struct sample *s, uint64_t n[N_NUMBERS])
{
        uint64_t flags = (s->has_psi ? FLAG_PSI : 0) | (s->has_pgscan ? FLAG_PGSCAN : 0) |
                         (s->stale ? FLAG_STALE : 0) | (s->mem.estimated ? FLAG_ESTIMATED : 0) |
                         (s->has_refault ? FLAG_REFAULT : 0) |
                         (s->after_kill ? FLAG_AFTER_KILL : 0);
        const uint64_t all[N_NUMBERS] = {
                s->now_us,
                s->boot_us,
                flags,
                s->mem.total_kib,
                s->mem.free_kib,
                s->mem.available_kib,
                s->mem.swap_total_kib,
                s->mem.swap_free_kib,
                s->mem.shmem_kib,
                s->mem.hugetlb_kib,
                s->psi.some.total_us,
                s->psi.full.total_us,
                s->psi.some.avg10_bp,
                s->psi.full.avg10_bp,
                s->pgscan,
                s->zram_total_kib,
                s->zram_free_kib,
                s->zram_ratio_bp,
                s->arc_kib,
                s->owned_kibps,
                s->pgsteal,
                s->refault,
                s->mem.swap_cached_kib,
                s->zram_cost_kib,
                s->inside,
                s->swap_barred_kib,
                s->pcp_kib,
                s->rivals,
                s->swap_off_kib,
                s->swap_off_in_kib,
        };

        memcpy(n, all, sizeof(all));
}

static struct sample
sample_of(const uint64_t n[N_NUMBERS])
{
        return (struct sample){
                .now_us = n[0],
                .boot_us = n[1],
                .has_psi = n[2] & FLAG_PSI,
                .has_pgscan = n[2] & FLAG_PGSCAN,
                .has_refault = n[2] & FLAG_REFAULT,
                .after_kill = n[2] & FLAG_AFTER_KILL,
                .stale = n[2] & FLAG_STALE,
                .mem = { .estimated = n[2] & FLAG_ESTIMATED,
                         .total_kib = n[3],
                         .free_kib = n[4],
                         .available_kib = n[5],
                         .swap_total_kib = n[6],
                         .swap_free_kib = n[7],
                         .shmem_kib = n[8],
                         .hugetlb_kib = n[9],
                         .swap_cached_kib = n[22] },
                .psi = { .some = { (uint32_t)n[12], n[10] }, .full = { (uint32_t)n[13], n[11] } },
                .pgscan = n[14],
                .zram_total_kib = n[15],
                .zram_free_kib = n[16],
                .zram_ratio_bp = (uint32_t)n[17],
                .zram_cost_kib = n[23],
                .arc_kib = n[18],
                .owned_kibps = n[19],
                .pgsteal = n[20],
                .refault = n[21],
                .inside = n[24],
                .swap_barred_kib = n[25],
                .pcp_kib = n[26],
                .rivals = (uint32_t)n[27],
                .swap_off_kib = n[28],
                .swap_off_in_kib = n[29],
        };
}

void
trace_begin(FILE *out, const struct policy *p)
{
        (void)fprintf(out, "%s\n", TRACE_MAGIC);
        config_print(out, p);
}

size_t
trace_format(const struct sample *s, const struct verdict *v, char *ret, size_t size)
{
        uint64_t n[N_NUMBERS];
        size_t at = 1;

        numbers_of(s, n);
        ret[0] = 's';
        for (unsigned i = 0; i < N_NUMBERS; i++)
                at += (size_t)snprintf(ret + at, size - at, " %llu", (unsigned long long)n[i]);
        at += (size_t)snprintf(ret + at, size - at, " %s %s %s\n", level_word(v->level),
                               level_word(v->act), reason_word(v->reason));
        return at;
}

/* Takes ` WORD` when it is one of the words of `word_of`; its number, or -1. */
static int
take_word(const char **p, const char *end, const char *(*word_of)(unsigned), unsigned n)
{
        int found = -1;

        if (!text_accept(p, end, " "))
                return -1;
        for (unsigned i = 0; i < n && found < 0; i++)
                if (text_accept(p, end, word_of(i)))
                        found = (int)i;
        return found;
}

static const char *
level_of(unsigned i)
{
        return level_word((enum level)i);
}

static const char *
reason_of(unsigned i)
{
        return reason_word((enum reason)i);
}

int
trace_parse(const char *line, size_t len, struct sample *ret, struct trace_verdict *ret_v)
{
        const char *p = line, *end = line + len;
        uint64_t n[N_NUMBERS] = { 0 };

        if (!text_accept(&p, end, "s"))
                return -EINVAL;
        for (unsigned i = 0; i < N_NUMBERS; i++) {
                const char *at = p;

                if (text_accept(&at, end, " ") && text_u64(&at, end, &n[i]))
                        p = at;
                else if (i < N_NUMBERS_MIN)
                        return -EINVAL;
        }
        if (n[12] > UINT32_MAX || n[13] > UINT32_MAX || n[17] > UINT32_MAX || n[27] > UINT32_MAX)
                return -EINVAL;
        int level = take_word(&p, end, level_of, LEVEL_KILL + 1);
        int act = take_word(&p, end, level_of, LEVEL_KILL + 1);
        int reason = take_word(&p, end, reason_of, REASON_SWAPOFF + 1);

        if (level < 0 || act < 0 || reason < 0 || p != end)
                return -EINVAL;
        *ret = sample_of(n);
        *ret_v = (struct trace_verdict){ (enum level)level, (enum level)act, (enum reason)reason };
        return 0;
}
