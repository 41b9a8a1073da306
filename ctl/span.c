/* SPDX-License-Identifier: MIT */
/*
 * Owns how lengths of time are written.  Never asks a clock.
 */
#include "span.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

#define YEAR_S (366 * UINT64_C(86400))

bool
span_parse(const char *text, uint64_t *ret_s)
{
        static const struct {
                const char *word;
                uint64_t s;
        } unit[] = { { "", 1 },        { "s", 1 },     { "sec", 1 },
                     { "m", 60 },      { "min", 60 },  { "h", 3600 },
                     { "hour", 3600 }, { "d", 86400 }, { "day", 86400 } };
        const char *p = text, *end = text + strlen(text);
        uint64_t n;

        if (!text_u64(&p, end, &n))
                return false;
        text_skip_blanks(&p, end);
        for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
                if (strcmp(p, unit[i].word) != 0)
                        continue;
                if (n > YEAR_S / unit[i].s)
                        return false;
                *ret_s = n * unit[i].s;
                return true;
        }
        return false;
}

static void
two(char ret[SPAN_TEXT_MAX], uint64_t a, const char *a_unit, uint64_t b, const char *b_unit)
{
        if (b > 0)
                (void)snprintf(ret, SPAN_TEXT_MAX, "%llu %s %u %s", (unsigned long long)a, a_unit,
                               (unsigned)b, b_unit);
        else
                (void)snprintf(ret, SPAN_TEXT_MAX, "%llu %s", (unsigned long long)a, a_unit);
}

void
span_format(uint64_t us, char ret[SPAN_TEXT_MAX])
{
        uint64_t s = us / 1000000;

        if (us < 1000000)
                two(ret, us / 1000, "ms", 0, "");
        else if (s < 60)
                two(ret, s, "s", 0, "");
        else if (s < 3600)
                two(ret, s / 60, "min", s % 60, "s");
        else if (s < 86400)
                two(ret, s / 3600, "h", s % 3600 / 60, "min");
        else
                two(ret, s / 86400, "d", s % 86400 / 3600, "h");
}
