/* SPDX-License-Identifier: MIT */
/*
 * Owns the watermarks in zoneinfo.  Never reads the lists of the processors: zoneinfo.c does.
 */
#include "zones.h"

#include <errno.h>

#include "text.h"

/* The first word of the line, with a number behind it. */
static bool
take(const char *line, const char *end, const char *word, uint64_t *ret)
{
        text_skip_blanks(&line, end);
        return text_accept(&line, end, word) && line < end && *line == ' ' &&
               text_column(&line, end, ret);
}

int
zones_parse(const char *text, size_t len, struct zones *ret)
{
        const char *p = text, *end = text + len, *line;
        struct zones z = { .n = 0 };
        size_t line_len;
        bool whole;

        while (text_line(&p, end, &line, &line_len, &whole)) {
                uint64_t pages;

                if (take(line, line + line_len, "min", &pages)) {
                        z.min += pages;
                        z.n++;
                } else if (take(line, line + line_len, "high", &pages)) {
                        z.high += pages;
                }
        }
        if (z.n == 0 || z.high < z.min)
                return -EINVAL;
        *ret = z;
        return 0;
}
