/* SPDX-License-Identifier: MIT */
/*
 * Owns the forms of /proc/swaps, mm_stat and arcstats.  Never judges what such swap is worth.
 */
#include <errno.h>
#include "swaps.h"
#include "number.h"
#include "text.h"

enum { BYTES_PER_KIB = 1024 };
/* What may be read in between two reads of files: a hundredth of a second at 6 GB/s. */
#define BETWEEN_KIB (64 * UINT64_C(1024))

/* N of `/dev/zramN`, also when the node is gone: `/dev/zramN\040(deleted)` (fs/d_path.c). */
static bool
read_zram_path(const char **p, const char *end, uint32_t *ret)
{
        const char *at = *p;
        uint64_t n;

        if (!text_accept(&at, end, "/dev/zram") || !text_u64(&at, end, &n) || n > UINT32_MAX)
                return false;
        (void)text_accept(&at, end, "\\040(deleted)");
        if (at < end && *at != ' ' && *at != '\t')
                return false;
        *p = at;
        *ret = (uint32_t)n;
        return true;
}

/* ` TYPE SIZE USED PRIORITY`, of which the last is not looked at. */
static bool
read_area(const char *p, const char *end, struct swap_area *ret)
{
        text_skip_column(&p, end);
        return text_column(&p, end, &ret->size_kib) && text_column(&p, end, &ret->used_kib) &&
               ret->used_kib <= ret->size_kib && p < end;
}

static void
add_area(struct swaps *sw, const struct swap_area *a)
{
        uint64_t total_kib;

        if (sw->n == SWAPS_AREAS_MAX ||
            __builtin_add_overflow(sw->total_kib, a->size_kib, &total_kib))
                return;
        sw->total_kib = total_kib;
        sw->area[sw->n++] = *a;
}

static bool
add_zram(struct swaps *sw, uint32_t id, const struct swap_area *a)
{
        if (__builtin_add_overflow(sw->zram_total_kib, a->size_kib, &sw->zram_total_kib))
                return false;
        sw->zram_used_kib += a->used_kib;
        if (sw->n_zram < SWAPS_ZRAM_MAX)
                sw->zram[sw->n_zram++] = id;
        else
                sw->zram_unlisted = true;
        return true;
}

int
swaps_parse(const char *text, size_t len, struct swaps *ret)
{
        const char *p = text, *end = text + len, *line;
        struct swaps sw = { .n = 0 };
        size_t line_len;
        bool whole;

        if (!text_is_whole(text, len) || !text_accept(&p, end, "Filename"))
                return -EINVAL;
        (void)text_line(&p, end, &line, &line_len, &whole);
        while (text_line(&p, end, &line, &line_len, &whole)) {
                const char *line_end = line + line_len;
                struct swap_area a;
                uint32_t id = 0;

                a.zram = read_zram_path(&line, line_end, &id);
                if (!a.zram)
                        text_skip_column(&line, line_end);
                bool whole_area = read_area(line, line_end, &a);

                if (a.zram && (!whole_area || !add_zram(&sw, id, &a)))
                        return -EINVAL;
                if (whole_area)
                        add_area(&sw, &a);
        }
        *ret = sw;
        return 0;
}

const struct swap_area *
swaps_going(const struct swaps *sw, uint64_t swap_total_kib)
{
        uint64_t lacks_kib = sub_floor(sw->total_kib, swap_total_kib), nearest_kib = BETWEEN_KIB;
        const struct swap_area *found = NULL;

        if (lacks_kib == 0)
                return NULL;
        for (uint32_t i = 0; i < sw->n; i++) {
                const struct swap_area *a = &sw->area[i];
                uint64_t free_kib = a->size_kib - a->used_kib;
                uint64_t far_kib = sub_floor(free_kib, lacks_kib);

                if (free_kib < lacks_kib || far_kib > nearest_kib ||
                    (far_kib == nearest_kib && found && a->used_kib >= found->used_kib))
                        continue;
                nearest_kib = far_kib;
                found = a;
        }
        return found;
}

int
zram_parse(const char *text, size_t len, struct zram_stat *ret)
{
        const char *p = text, *end = text + len;
        uint64_t stored, compressed, used, limit = 0;

        if (!text_is_whole(text, len) || !text_column(&p, end, &stored) ||
            !text_column(&p, end, &compressed) || !text_column(&p, end, &used))
                return -EINVAL;
        ret->stored_bytes = stored;
        ret->used_bytes = used;
        ret->data_bytes = compressed;
        ret->limit_bytes = text_column(&p, end, &limit) ? limit : 0;
        return 0;
}

/* `NAME  TYPE  VALUE`, of which the name has been read. */
static bool
read_kstat(const struct text_scan *scan, uint64_t *ret)
{
        const char *p = scan->value;
        uint64_t type;

        return text_column(&p, scan->value_end, &type) && text_column(&p, scan->value_end, ret) &&
               p == scan->value_end;
}

int
arcstats_parse(const char *text, size_t len, uint64_t *ret_kib)
{
        enum { SIZE, C_MIN, N_KEYS };
        static const struct text_key keys[N_KEYS] = { TEXT_KEY("size"), TEXT_KEY("c_min") };
        struct text_scan scan = {
                .p = text, .end = text + len, .keys = keys, .n_keys = N_KEYS, .stop = ' '
        };
        uint64_t value[N_KEYS];
        uint32_t seen = 0;

        if (!text_scan_values(&scan, read_kstat, value, &seen) ||
            seen != (1u << SIZE | 1u << C_MIN))
                return -EINVAL;
        *ret_kib = value[SIZE] > value[C_MIN] ? (value[SIZE] - value[C_MIN]) / BYTES_PER_KIB : 0;
        return 0;
}
