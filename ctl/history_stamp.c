/* SPDX-License-Identifier: MIT */
/*
 * Owns what stands in front of the text in a kernel log: /dev/kmsg's records, dmesg's brackets,
 * syslog's date and host.  Never looks at the text itself.
 */
#include "history_kernel.h"

#include <string.h>
#include <time.h>

#include "text.h"

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

/* `<6>` */
static void
take_level(struct kernel_stamp *s, const char *end)
{
        const char *p = s->text;
        uint64_t level;

        if (text_accept(&p, end, "<") && text_u64(&p, end, &level) && text_accept(&p, end, ">"))
                s->text = p;
}

/* `[   10.642157] `; a CPU or a task may stand behind the number: `[   10.642157][   T12] `. */
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
        if (!text_u64(&p, end, &part) || p - digits != 6 || !text_accept(&p, end, "]"))
                return false;
        if (p < end && *p == '[') {
                const char *close = memchr(p, ']', (size_t)(end - p));

                if (close && close - p < 16)
                        p = close + 1;
        }
        (void)text_accept(&p, end, " ");
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
        if (!close || *close != ']' || !to_wall(&tm, &s->wall_us))
                return false;
        s->text = p + (close - date) + 1;
        (void)text_accept(&s->text, end, " ");
        return true;
}

/* syslog: `2026-11-20T03:14:07.123456+00:00 HOST kernel: `; an older one tells no year. */
static void
take_syslog(struct kernel_stamp *s, const char *end)
{
        static const char tag[] = " kernel: ";
        size_t len = (size_t)(end - s->text);
        const char *at = memmem(s->text, len < HOST_MAX ? len : HOST_MAX, tag, sizeof(tag) - 1);
        char date[DATE_MAX];
        struct tm tm = { 0 };
        const char *rest;

        if (!at)
                return;
        copy_start(date, s->text, end);
        rest = strptime(date, "%Y-%m-%dT%H:%M:%S", &tm);
        if (rest) {
                long off_s = 0;

                rest += *rest == '.' ? 1 + strspn(rest + 1, "0123456789") : 0;
                if (strptime(rest, "%z", &tm))
                        off_s = tm.tm_gmtoff;
                time_t t = timegm(&tm);

                s->wall_us = t > off_s ? (uint64_t)(t - off_s) * 1000000 : 0;
        } else if (!strptime(date, "%b %d %H:%M:%S ", &tm)) {
                return;
        }
        s->text = at + sizeof(tag) - 1;
}

void
kernel_log_stamp(const char *line, size_t len, struct kernel_stamp *ret)
{
        const char *end = line + len;
        struct kernel_stamp s = { .text = line };

        if (!take_record(&s, end)) {
                take_syslog(&s, end);
                take_level(&s, end);
                if (!take_seconds(&s, end))
                        (void)take_date(&s, end);
        }
        s.len = (size_t)(end - s.text);
        *ret = s;
}
