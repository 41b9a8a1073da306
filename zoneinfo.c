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
                text_skip_blanks(&line, end);
                if (text_accept(&line, end, "managed ")) {
                        if (!add_number(line, end, &z.managed))
                                return -EINVAL;
                        any = true;
                } else if (text_accept(&line, end, "count:")) {
                        if (!add_number(line, end, &z.listed))
                                return -EINVAL;
                }
        }
        if (!any || z.listed > z.managed)
                return -EINVAL;
        *ret = z;
        return 0;
}
