/* SPDX-License-Identifier: MIT */
/*
 * Owns how a time may be written.
 */
#include "history_time.h"

#include <string.h>
#include <time.h>

#include "text.h"

#define SECOND_US UINT64_C(1000000)
/* No clock goes further. */
#define FAR_S (UINT64_C(1) << 40)

static const struct {
        const char *word;
        uint64_t seconds;
} units[] = {
        { "s", 1 },          { "sec", 1 },      { "min", 60 },     { "m", 60 },
        { "h", 3600 },       { "hour", 3600 },  { "hours", 3600 }, { "d", 86400 },
        { "day", 86400 },    { "days", 86400 }, { "w", 604800 },   { "week", 604800 },
        { "weeks", 604800 },
};

/* `2h`, or `2 hours` and even `2 hours ago`. */
static bool
parse_span(const char *text, uint64_t now_us, uint64_t *ret_us)
{
        const char *p = text, *end = text + strlen(text);
        uint64_t n;

        if (!text_u64(&p, end, &n))
                return false;
        text_skip_blanks(&p, end);
        size_t len = strcspn(p, " ");

        if (p[len] != '\0' && strcmp(p + len, " ago") != 0)
                return false;
        for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
                if (strlen(units[i].word) != len || memcmp(units[i].word, p, len) != 0)
                        continue;
                if (n > FAR_S / units[i].seconds)
                        return false;
                uint64_t us = n * units[i].seconds * SECOND_US;

                *ret_us = us < now_us ? now_us - us : 0;
                return true;
        }
        return false;
}

/* Two digits, at most `max`. */
static bool
take_two(const char **p, int max, int *ret)
{
        const char *at = *p;

        if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
                return false;
        *ret = (at[0] - '0') * 10 + at[1] - '0';
        *p = at + 2;
        return *ret <= max;
}

/* `03:00` or `03:00:00`, to the end. */
static bool
parse_clock(const char *p, struct tm *tm)
{
        tm->tm_sec = 0;
        if (!take_two(&p, 23, &tm->tm_hour) || *p++ != ':' || !take_two(&p, 59, &tm->tm_min))
                return false;
        return *p == '\0' || (*p++ == ':' && take_two(&p, 59, &tm->tm_sec) && *p == '\0');
}

/* `2026-11-19`, with or without a time behind it. */
static bool
parse_date(const char *p, struct tm *tm)
{
        int century, year, month;

        if (!take_two(&p, 99, &century) || !take_two(&p, 99, &year) || *p++ != '-' ||
            !take_two(&p, 12, &month) || month == 0 || *p++ != '-' ||
            !take_two(&p, 31, &tm->tm_mday) || tm->tm_mday == 0)
                return false;
        tm->tm_year = century * 100 + year - 1900;
        tm->tm_mon = month - 1;
        tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
        return *p == '\0' || ((*p == ' ' || *p == 'T') && parse_clock(p + 1, tm));
}

/* mktime(3) would make 3 March of 31 February. */
static bool
to_us(const struct tm *tm, uint64_t *ret_us)
{
        struct tm copy = *tm;
        time_t t;

        copy.tm_isdst = -1;
        t = mktime(&copy);
        if (t < 0 || copy.tm_mday != tm->tm_mday || copy.tm_mon != tm->tm_mon)
                return false;
        *ret_us = (uint64_t)t * SECOND_US;
        return true;
}

static void
to_midnight(struct tm *tm)
{
        tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
}

/* The day before, at noon so that no change of the clock can hide it. */
static bool
day_before(struct tm *tm)
{
        struct tm noon = *tm;
        time_t t;

        noon.tm_hour = 12;
        noon.tm_min = noon.tm_sec = 0;
        noon.tm_isdst = -1;
        t = mktime(&noon);
        if (t < 86400)
                return false;
        t -= 86400;
        if (!localtime_r(&t, &noon))
                return false;
        tm->tm_year = noon.tm_year;
        tm->tm_mon = noon.tm_mon;
        tm->tm_mday = noon.tm_mday;
        return true;
}

bool
history_time_parse(const char *text, uint64_t now_us, uint64_t *ret_us)
{
        time_t now = (time_t)(now_us / SECOND_US);
        const char *p = text + 1, *end = text + strlen(text);
        struct tm tm, clock;
        uint64_t us;

        if (!localtime_r(&now, &tm))
                return false;
        clock = tm;
        if (*text == '@') {
                if (!text_u64(&p, end, &us) || p != end || us > FAR_S)
                        return false;
                us *= SECOND_US;
        } else if (strcmp(text, "today") == 0 || strcmp(text, "yesterday") == 0) {
                to_midnight(&tm);
                if ((*text == 'y' && !day_before(&tm)) || !to_us(&tm, &us))
                        return false;
        } else if (parse_clock(text, &clock)) {
                if (!to_us(&clock, &us))
                        return false;
                if (us > now_us && (!day_before(&clock) || !to_us(&clock, &us)))
                        return false;
        } else if (parse_date(text, &tm)) {
                if (!to_us(&tm, &us))
                        return false;
        } else if (!parse_span(text, now_us, &us)) {
                return false;
        }
        if (us > now_us)
                return false;
        *ret_us = us;
        return true;
}
