/* SPDX-License-Identifier: MIT */
/*
 * Owns the walk through the control groups and the open files of those with a limit.  Never judges.
 */
#include "boxes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "number.h"
#include "procfs.h"
#include "text.h"

/* So often where somebody is known whose limit is at work, and else. */
#define WALK_US   5000000u
#define SEARCH_US 1000000u
/* The limit is at work for so long after it was hit: what the kernel takes for others makes room.
 */
#define HIT_US 1000000u

enum { REFAULT_ANON, REFAULT_FILE, REFAULT, N_STAT };

static const struct text_key stat_keys[N_STAT] = {
        [REFAULT_ANON] = TEXT_KEY("workingset_refault_anon"),
        [REFAULT_FILE] = TEXT_KEY("workingset_refault_file"),
        [REFAULT] = TEXT_KEY("workingset_refault"), /* before 5.9 */
};

/* How often a charge had to reclaim for memory.high and for memory.max. */
enum { HIGH, MAX, N_EVENTS };

static const struct text_key event_keys[N_EVENTS] = {
        [HIGH] = TEXT_KEY("high"),
        [MAX] = TEXT_KEY("max"),
};

static bool
read_value(const struct text_scan *scan, uint64_t *ret)
{
        const char *p = scan->value;

        return text_u64(&p, scan->value_end, ret) && p == scan->value_end;
}

/* ---- one of them ---- */

/* A number, or `max`: UINT64_MAX. */
static bool
read_size(int dir, const char *name, uint64_t *ret)
{
        char text[32];
        int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

        if (fd < 0)
                return false;
        ssize_t n = read(fd, text, sizeof(text));
        const char *p = text;

        (void)close(fd);
        if (n <= 0)
                return false;
        *ret = UINT64_MAX;
        return text_accept(&p, text + n, "max\n") ||
               (text_u64(&p, text + n, ret) && text_accept(&p, text + n, "\n"));
}

enum kind { BARE, ROOMY, LIMITED };

/* Without a memory.max memory is not controlled here, and so it is nowhere below. */
static enum kind
kind_of(int dir, uint64_t most)
{
        uint64_t max, high, current;

        if (!read_size(dir, "memory.max", &max))
                return BARE;
        if (read_size(dir, "memory.high", &high) && high < max)
                max = high;
        if (max > most || !read_size(dir, "memory.current", &current))
                return ROOMY;
        return current >= max / 2 ? LIMITED : ROOMY;
}

static void
close_box(const struct box *box)
{
        if (box->stat_fd >= 0)
                (void)close(box->stat_fd);
        if (box->events_fd >= 0)
                (void)close(box->events_fd);
}

static void
follow(struct boxes *b, int dir)
{
        struct stat st;

        if (fstat(dir, &st) < 0)
                return;
        for (uint32_t i = 0; i < b->n; i++)
                if (b->box[i].id == st.st_ino) {
                        b->box[i].seen = true;
                        return;
                }
        if (b->n == BOXES_MAX)
                return;
        struct box box = {
                .id = st.st_ino,
                .stat_fd = openat(dir, "memory.stat", O_RDONLY | O_CLOEXEC | O_NOFOLLOW),
                .events_fd = openat(dir, "memory.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW),
                .seen = true,
        };

        if (box.stat_fd >= 0 && box.events_fd >= 0)
                b->box[b->n++] = box;
        else
                close_box(&box);
}

static void
forget(struct boxes *b, uint32_t i)
{
        close_box(&b->box[i]);
        b->box[i] = b->box[--b->n];
}

static bool
read_sum(struct boxes *b, int fd, const struct text_key *keys, unsigned n_keys, uint64_t *ret)
{
        ssize_t n = pread(fd, b->text, sizeof(b->text), 0);
        struct text_scan scan = {
                .p = b->text, .end = b->text + n, .keys = keys, .n_keys = n_keys, .stop = ' '
        };
        uint64_t value[N_STAT] = { 0 };
        uint32_t seen = 0;

        if (n < 0 || !text_scan_values(&scan, read_value, value, &seen))
                return false;
        *ret = 0;
        for (unsigned i = 0; i < n_keys; i++)
                *ret += value[i];
        return true;
}

static bool
is_at_work(const struct box *box, uint64_t now_us)
{
        return box->hit_us != 0 && now_us - box->hit_us < HIT_US;
}

/* False: it has gone. */
static bool
read_box(struct boxes *b, struct box *box, uint64_t now_us)
{
        uint64_t refaults, hits;

        if (!read_sum(b, box->events_fd, event_keys, N_EVENTS, &hits) ||
            !read_sum(b, box->stat_fd, stat_keys, N_STAT, &refaults))
                return false;
        if (box->known && hits != box->hits)
                box->hit_us = now_us;
        if (is_at_work(box, now_us))
                b->refaults += sub_floor(refaults, box->refaults);
        box->refaults = refaults;
        box->hits = hits;
        box->known = true;
        return true;
}

/* ---- all of them ---- */

/* The next folder in there, or NULL. */
static const char *
next_folder(struct boxes_level *l)
{
        for (;;) {
                if (l->at >= l->n) {
                        l->n = syscall(SYS_getdents64, l->fd, l->dents, sizeof(l->dents));
                        l->at = 0;
                        if (l->n <= 0)
                                return NULL;
                }
                const struct dent *d = procfs_dent(l->dents, l->at);

                l->at += d->reclen;
                if (d->type == DENT_FOLDER && d->name[0] != '.')
                        return d->name;
        }
}

static int
open_folder(int dir, const char *name)
{
        return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* What is below one that is followed is counted in that one. */
static void
walk(struct boxes *b, const char *root, uint64_t most)
{
        unsigned depth = 0, left = BOXES_DIRS;

        b->level[0] = (struct boxes_level){ .fd = open_folder(AT_FDCWD, root) };
        if (b->level[0].fd < 0)
                return;
        for (;;) {
                const char *name = left > 0 ? next_folder(&b->level[depth]) : NULL;

                if (!name) {
                        (void)close(b->level[depth].fd);
                        if (depth-- == 0)
                                return;
                        continue;
                }
                left--;
                int fd = open_folder(b->level[depth].fd, name);
                enum kind kind = fd < 0 ? BARE : kind_of(fd, most);

                if (kind == ROOMY && depth + 1 < BOXES_DEPTH) {
                        b->level[++depth] = (struct boxes_level){ .fd = fd };
                        continue;
                }
                if (kind == LIMITED)
                        follow(b, fd);
                if (fd >= 0)
                        (void)close(fd);
        }
}

static uint64_t
next_walk_us(const struct boxes *b, uint64_t now_us)
{
        for (uint32_t i = 0; i < b->n; i++)
                if (is_at_work(&b->box[i], now_us))
                        return b->walked_us + WALK_US;
        return b->walked_us + SEARCH_US;
}

void
boxes_look(struct boxes *b, const char *root, uint64_t most_bytes, uint64_t now_us)
{
        if (b->walked_us == 0 || now_us >= next_walk_us(b, now_us)) {
                for (uint32_t i = 0; i < b->n; i++)
                        b->box[i].seen = false;
                walk(b, root, most_bytes);
                b->walked_us = now_us;
        }
        for (uint32_t i = b->n; i-- > 0;)
                if (!b->box[i].seen || !read_box(b, &b->box[i], now_us))
                        forget(b, i);
}

void
boxes_close(struct boxes *b)
{
        while (b->n > 0)
                forget(b, b->n - 1);
        b->walked_us = 0;
}
