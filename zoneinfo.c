/* SPDX-License-Identifier: MIT */
/*
 * Owns the form of /proc/zoneinfo.  Never judges what is free and for whom.
 */
#include "zoneinfo.h"
#include <errno.h>
#include <stdbool.h>
#include "text.h"

/* Adds the number that is all there is left of the line. */
static bool
add_number(const char *p, const char *end, uint64_t *sum)
{
        uint64_t n;

        return text_column(&p, end, &n) && p == end && !__builtin_add_overflow(*sum, n, sum);
}

/* The sum that the line adds to; NULL for one of no interest. */
static uint64_t *
sum_of(struct zoneinfo *z, const char **line, const char *end)
{
        text_skip_blanks(line, end);
        if (text_accept(line, end, "count:"))
                return &z->listed;
        if (text_accept(line, end, "min "))
                return &z->min;
        if (text_accept(line, end, "high "))
                return &z->high;
        if (text_accept(line, end, "managed "))
                return &z->managed;
        return NULL;
}

int
zoneinfo_parse(const char *text, size_t len, struct zoneinfo *ret)
{
        const char *p = text, *line;
        size_t line_len;
        struct zoneinfo z = { 0 };
        bool any = false, whole;

        while (text_line(&p, text + len, &line, &line_len, &whole)) {
                const char *end = line + line_len;

                if (!whole)
                        return -EINVAL;
                uint64_t *sum = sum_of(&z, &line, end);

                if (sum && !add_number(line, end, sum))
                        return -EINVAL;
                any |= sum == &z.managed;
        }
        if (!any || z.high < z.min || z.listed > z.managed)
                return -EINVAL;
        *ret = z;
        return 0;
}
