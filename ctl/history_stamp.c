/* SPDX-License-Identifier: MIT */
/*
 * Owns what stands in front of the text in a kernel log: /dev/kmsg's records, dmesg's brackets,
 * syslog's date and host.  Never looks at the text itself.
 */
#include "history_kernel.h"

#include <string.h>
#include <time.h>

#include "text.h"

#define DAY_US (UINT64_C(86400) * 1000000)

enum { DATE_MAX = 48, HOST_MAX = 128 };

/* Copies what may be a date, so that strptime(3) finds an end. */
static void
copy_start(char ret[DATE_MAX], const char *at, const char *end)
{
        size_t len = (size_t)(end - at);

        if (len > DATE_MAX - 1)
                len = DATE_MAX - 1;
        memcpy(ret, at, len);
        ret[len] = '\0';
}

static bool
to_wall(struct tm *tm, uint64_t *ret_us)
{
        time_t t;

        tm->tm_isdst = -1;
        t = mktime(tm);
        if (t < 0)
                return false;
        *ret_us = (uint64_t)t * 1000000;
        return true;
}

/* `6,409,10642157,-;TEXT`; more may follow the third number. */
static bool
take_record(struct kernel_stamp *s, const char *end)
{
        const char *p = s->text, *semicolon;
        uint64_t level, sequence, us;

        if (!text_u64(&p, end, &level) || !text_accept(&p, end, ",") ||
            !text_u64(&p, end, &sequence) || !text_accept(&p, end, ",") ||
            !text_u64(&p, end, &us) || !text_accept(&p, end, ","))
                return false;
        semicolon = memchr(p, ';', (size_t)(end - p));
        if (!semicolon)
                return false;
        s->has_boot = true;
        s->boot_us = us;
        s->text = semicolon + 1;
        return true;
}

/* `<6>`; dmesg -x: `kern  :err   : `.  What other facilities say is not the kernel's. */
static void
take_level(struct kernel_stamp *s, const char *end)
{
        const char *p = s->text;
        uint64_t level;

        if (text_accept(&p, end, "<") && text_u64(&p, end, &level) && text_accept(&p, end, ">")) {
                s->text = p;
        } else if (text_accept(&p, end, "kern  :")) {
                while (p < end && *p >= 'a' && *p <= 'z')
                        p++;
                text_skip_blanks(&p, end);
                if (text_accept(&p, end, ": "))
                        s->text = p;
        }
}

/* `0.000012` */
static bool
take_fraction(const char **p, const char *end)
{
        uint64_t seconds, part;

        return text_u64(p, end, &seconds) && text_accept(p, end, ".") && text_u64(p, end, &part);
}

/* dmesg -d: `<    0.000012>`, the time since the line before. */
static bool
take_delta(const char **p, const char *end)
{
        const char *at = *p;

        if (!text_accept(&at, end, "<"))
                return false;
        text_skip_blanks(&at, end);
        if (!take_fraction(&at, end) || !text_accept(&at, end, ">"))
                return false;
        *p = at;
        return true;
}

/* The end of a time in brackets: `] `, or ` <    0.000012>] `. */
static bool
take_close(const char **p, const char *end)
{
        const char *at = *p;

        if (text_accept(&at, end, " ") && !take_delta(&at, end))
                return false;
        if (!text_accept(&at, end, "]"))
                return false;
        (void)text_accept(&at, end, " ");
        *p = at;
        return true;
}

/* `[   10.642157] ` */
static bool
take_seconds(struct kernel_stamp *s, const char *end)
{
        const char *p = s->text, *digits;
        uint64_t seconds, part;

        if (!text_accept(&p, end, "["))
                return false;
        text_skip_blanks(&p, end);
        if (!text_u64(&p, end, &seconds) || seconds > UINT32_MAX || !text_accept(&p, end, "."))
                return false;
        digits = p;
        if (!text_u64(&p, end, &part) || p - digits != 6 || !take_close(&p, end))
                return false;
        s->has_boot = true;
        s->boot_us = seconds * 1000000 + part;
        s->text = p;
        return true;
}

/* dmesg -T: `[Fri Nov 20 03:14:07 2026] ` */
static bool
take_date(struct kernel_stamp *s, const char *end)
{
        char date[DATE_MAX];
        struct tm tm = { 0 };
        const char *p = s->text, *close;

        if (!text_accept(&p, end, "["))
                return false;
        copy_start(date, p, end);
        close = strptime(date, "%a %b %d %H:%M:%S %Y", &tm);
        if (!close)
                return false;
        p += close - date;
        if (!take_close(&p, end) || !to_wall(&tm, &s->wall_us))
                return false;
        s->text = p;
        return true;
}

/*
 * dmesg -e and -H: `[Nov20 03:14] ` where a minute begins, `[  +0.000012] ` within it; -d without a
 * time: `[<    0.000012>] `.  Too little for a time, so they are only taken off.
 */
static bool
take_relative(struct kernel_stamp *s, const char *end)
{
        char date[DATE_MAX];
        struct tm tm = { 0 };
        const char *p = s->text, *close;

        if (!text_accept(&p, end, "["))
                return false;
        copy_start(date, p, end);
        close = strptime(date, "%b%d %H:%M", &tm);
        if (close) {
                p += close - date;
        } else if (!take_delta(&p, end)) {
                text_skip_blanks(&p, end);
                if (!text_accept(&p, end, "+") || !take_fraction(&p, end))
                        return false;
        }
        if (!take_close(&p, end))
                return false;
        s->text = p;
        return true;
}

/*
 * `2026-11-20T03:14:07.123456+00:00`; dmesg writes a comma, and syslog may leave the zone out.
 * Returns what follows, NULL where it is no date; *ret_us is 0 for one before 1970.
 */
static const char *
read_iso(const char *date, const char *point, bool need_zone, uint64_t *ret_us)
{
        struct tm tm = { 0 };
        const char *rest = strptime(date, "%Y-%m-%dT%H:%M:%S", &tm), *zone;
        long off_s = 0;
        time_t t;

        if (!rest)
                return NULL;
        rest += *rest == *point ? 1 + strspn(rest + 1, "0123456789") : 0;
        zone = strptime(rest, "%z", &tm);
        if (zone) {
                rest = zone;
                off_s = tm.tm_gmtoff;
        } else if (need_zone) {
                return NULL;
        }
        t = timegm(&tm);
        *ret_us = t > off_s ? (uint64_t)(t - off_s) * 1000000 : 0;
        return rest;
}

/* dmesg --time-format iso: `2026-11-20T03:14:07,123456+00:00 ` */
static bool
take_iso(struct kernel_stamp *s, const char *end)
{
        char date[DATE_MAX];
        const char *rest;
        uint64_t us;

        copy_start(date, s->text, end);
        rest = strchr(date, ',') ? read_iso(date, ",", true, &us) : NULL;
        if (!rest || *rest != ' ')
                return false;
        s->wall_us = us;
        s->text += rest - date + 1;
        return true;
}

/*
 * `[   T12] `: the task or the CPU that printed it.  The kernel puts it right behind the time,
 * dmesg puts a blank between.  Rows and heads of the table of tasks have brackets too.
 */
static void
take_caller(struct kernel_stamp *s, const char *end)
{
        const char *p = s->text;
        uint64_t number;

        if (!text_accept(&p, end, "["))
                return;
        text_skip_blanks(&p, end);
        if (!text_accept(&p, end, "T") && !text_accept(&p, end, "C"))
                return;
        if (!text_u64(&p, end, &number) || !text_accept(&p, end, "]"))
                return;
        (void)text_accept(&p, end, " ");
        s->text = p;
}

/* The last time that it was this day of a year, by a clock that may be a day ahead of this one; 0
 * where that cannot be told. */
static uint64_t
latest_us(const struct tm *date, uint64_t now_us)
{
        /* Around 2100 a 29 February is eight years from the next. */
        enum { YEARS_BACK = 8 };
        time_t now = (time_t)(now_us / 1000000);
        struct tm today;

        if (now_us == 0 || !localtime_r(&now, &today))
                return 0;
        for (int back = 0; back <= YEARS_BACK; back++) {
                struct tm tm = *date;
                uint64_t us;

                tm.tm_year = today.tm_year - back;
                /* mktime(3) makes 1 March of a 29 February that the year does not have. */
                if (to_wall(&tm, &us) && us <= now_us + DAY_US && tm.tm_mday == date->tm_mday)
                        return us;
        }
        return 0;
}

/* syslog: `2026-11-20T03:14:07.123456+00:00 HOST kernel: `; an older one tells no year. */
static void
take_syslog(struct kernel_stamp *s, const char *end, uint64_t now_us)
{
        static const char tag[] = " kernel: ";
        size_t len = (size_t)(end - s->text);
        const char *at = memmem(s->text, len < HOST_MAX ? len : HOST_MAX, tag, sizeof(tag) - 1);
        char date[DATE_MAX];
        struct tm tm = { 0 };

        if (!at)
                return;
        copy_start(date, s->text, end);
        if (!read_iso(date, ".", false, &s->wall_us)) {
                if (!strptime(date, "%b %d %H:%M:%S ", &tm))
                        return;
                s->wall_us = latest_us(&tm, now_us);
        }
        s->text = at + sizeof(tag) - 1;
}

void
kernel_log_stamp(const char *line, size_t len, uint64_t now_us, struct kernel_stamp *ret)
{
        const char *end = line + len;
        struct kernel_stamp s = { .text = line };

        if (!take_record(&s, end)) {
                take_level(&s, end);
                if (!take_iso(&s, end)) {
                        take_syslog(&s, end, now_us);
                        take_level(&s, end);
                        (void)(take_seconds(&s, end) || take_date(&s, end) ||
                               take_relative(&s, end));
                }
                take_caller(&s, end);
        }
        s.len = (size_t)(end - s.text);
        *ret = s;
}
