/* SPDX-License-Identifier: MIT */
/*
 * Owns the form of /proc/pressure/memory.  Never judges what the numbers mean.
 */
#include <errno.h>
#include <stdbool.h>
#include "psi.h"
#include "text.h"

enum { PERCENT_MAX = 100, BP_PER_PERCENT = 100 };

/* `12.34`: always two decimals (kernel/sched/psi.c, psi_show) and never above 100.00. */
static bool
read_percent(const char **p, const char *end, uint32_t *ret_bp)
{
        const char *at = *p;
        uint64_t percent, hundredths;

        if (!text_u64(&at, end, &percent) || !text_accept(&at, end, "."))
                return false;
        const char *point = at;

        if (!text_u64(&at, end, &hundredths) || at - point != 2)
                return false;
        if (percent > PERCENT_MAX || (percent == PERCENT_MAX && hundredths > 0))
                return false;
        *ret_bp = (uint32_t)(percent * BP_PER_PERCENT + hundredths);
        *p = at;
        return true;
}

static bool
read_line(const char **p, const char *end, const char *name, struct psi_line *ret)
{
        uint32_t avg60_bp, avg300_bp;

        return text_accept(p, end, name) && text_accept(p, end, " avg10=") &&
               read_percent(p, end, &ret->avg10_bp) && text_accept(p, end, " avg60=") &&
               read_percent(p, end, &avg60_bp) && text_accept(p, end, " avg300=") &&
               read_percent(p, end, &avg300_bp) && text_accept(p, end, " total=") &&
               text_u64(p, end, &ret->total_us) && text_accept(p, end, "\n");
}

int
psi_parse(const char *text, size_t len, struct psi *ret)
{
        const char *p = text, *end = text + len;
        struct psi psi;

        if (!read_line(&p, end, "some", &psi.some) || !read_line(&p, end, "full", &psi.full) ||
            p != end)
                return -EINVAL;
        *ret = psi;
        return 0;
}
