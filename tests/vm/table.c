/* SPDX-License-Identifier: MIT */
/*
 * Finds a scenario in the table and turns its quantities into numbers: 60% is of the guest's
 * memory, 20M is MiB, and ~LO-HI behind either lets SEED scale it within these bounds.  Never
 * runs anything.
 */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the first line after the scenario's head, cut off before the next; NULL if absent. */
char *
table_find(char *text, const char *name)
{
        size_t len = strlen(name);
        char *line = text;

        while (line) {
                char *end = strchr(line, '\n');

                if (!strncmp(line, "scenario ", 9) && !strncmp(line + 9, name, len) &&
                    line[9 + len] == ' ' && end) {
                        char *next = strstr(end, "\nscenario ");

                        if (next)
                                next[1] = '\0';
                        return end + 1;
                }
                line = end ? end + 1 : NULL;
        }
        return NULL;
}

/* 0 up to 1, the same for the same seed, scenario and place in it. */
static double
draw(const struct bench *b, unsigned position)
{
        uint64_t h = 0xcbf29ce484222325u ^ b->seed * 0x9e3779b97f4a7c15u ^ position;

        for (const char *p = b->scenario; *p; p++)
                h = (h ^ (unsigned char)*p) * 0x100000001b3u;
        h ^= h >> 31;
        h *= 0x94d049bb133111ebu;
        return (double)(h >> 11) / 9007199254740992.0;
}

static double
scale(const struct bench *b, unsigned position, bool rate, double value, const char *bounds)
{
        double low = strtod(bounds, NULL);
        const char *dash = strchr(bounds, '-');
        double high = dash ? strtod(dash + 1, NULL) : low;
        double u = draw(b, position);

        if (b->seed)
                value *= rate ? 0.1 * pow(40, u) : 0.5 * pow(4, u);
        return value < low ? low : value > high ? high : value;
}

void
table_resolve(const struct bench *b, unsigned position, const char *token, char *ret, size_t size)
{
        const char *equals = strchr(token, '=');
        const char *tilde;
        const char *unit;
        double value;
        char *end;

        snprintf(ret, size, "%s", token);
        if (!equals)
                return;
        value = strtod(equals + 1, &end);
        if (end == equals + 1)
                return;
        unit = end;
        tilde = strchr(end, '~');
        if (tilde)
                value = scale(b, position, !strncmp(token, "rate=", 5), value, tilde + 1);
        if (*unit == '%')
                value *= (double)b->total_kib / 100;
        else if (*unit == 'M')
                value *= 1024;
        else if (!tilde)
                return;
        snprintf(ret, size, "%.*s=%.0f", (int)(equals - token), token, value);
}
