/* SPDX-License-Identifier: MIT */
/*
 * Owns the walk through the control groups and the open files of those with a limit.  Never judges.
 */
#include "boxes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "number.h"
#include "procfs.h"
#include "text.h"
#include "vmstat.h"

#define WALK_US   1000000u
#define WALK_PART 200u
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

static int
open_file(int dir, const char *name)
{
        return openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static int
open_folder(int dir, const char *name)
{
        return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static void
close_fd(int fd)
{
        if (fd >= 0)
                (void)close(fd);
}

/* ---- which of them ---- */

/* A number, or `max`: UINT64_MAX. */
static bool
read_size(int dir, const char *name, uint64_t *ret)
{
        char text[32];
        int fd = open_file(dir, name);

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
        if (max > most || !read_size(dir, "memory.current", &current) || current == 0)
                return ROOMY;
        return current >= max / 2 ? LIMITED : ROOMY;
}

static bool
is_at_work(const struct box *box, uint64_t now_us)
{
        return box->hit_us != 0 && now_us - box->hit_us < HIT_US;
}

static struct box *
find(struct boxes *b, uint64_t id)
{
        for (uint32_t i = 0; i < b->n; i++)
                if (b->box[i].id == id)
                        return &b->box[i];
        return NULL;
}

/* Where everything is taken, the one followed for longest whose limit is not at work: page cache
 * fills any container to half of its limit, and there may be dozens. */
static struct box *
place(struct boxes *b, uint64_t now_us)
{
        struct box *oldest = NULL;

        if (b->n < BOXES_MAX)
                return &b->box[b->n++];
        for (uint32_t i = 0; i < b->n; i++)
                if (b->box[i].since < b->walk && !is_at_work(&b->box[i], now_us) &&
                    (!oldest || b->box[i].since < oldest->since))
                        oldest = &b->box[i];
        if (oldest) {
                close_fd(oldest->stat_fd);
                close_fd(oldest->events_fd);
        }
        return oldest;
}

/* Its number when it is followed, else 0. */
static uint64_t
follow(struct boxes *b, int dir, uint64_t up, uint64_t now_us)
{
        struct stat st;

        if (fstat(dir, &st) < 0)
                return 0;
        struct box *box = find(b, st.st_ino);
        uint32_t nth = b->n_limited++;

        if (!box && b->n == BOXES_MAX && nth < b->from)
                return 0;
        if (!box) {
                /* Its own hits: memory.events has those of all below it, too. */
                int events_fd = open_file(dir, "memory.events.local");
                int stat_fd = events_fd < 0 ? -1 : open_file(dir, "memory.stat");

                box = stat_fd < 0 ? NULL : place(b, now_us);
                if (!box) {
                        close_fd(events_fd);
                        close_fd(stat_fd);
                        return 0;
                }
                *box = (struct box){ .id = st.st_ino,
                                     .stat_fd = stat_fd,
                                     .events_fd = events_fd,
                                     .since = b->walk };
                b->to = nth + 1;
        }
        box->up = up;
        box->walk = b->walk;
        return box->id;
}

static void
forget(struct boxes *b, uint32_t i)
{
        close_fd(b->box[i].stat_fd);
        close_fd(b->box[i].events_fd);
        b->box[i] = b->box[--b->n];
}

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

/* Each folder of the root has its share: a user may make as many as he likes below one. */
static void
walk(struct boxes *b, uint64_t most, uint64_t now_us)
{
        unsigned depth = 0, left = BOXES_DIRS;

        b->level[0] = (struct boxes_level){ .fd = open_folder(AT_FDCWD, b->root) };
        if (b->level[0].fd < 0)
                return;
        for (;;) {
                struct boxes_level *l = &b->level[depth];
                const char *name = depth == 0 || left > 0 ? next_folder(l) : NULL;

                if (!name) {
                        (void)close(l->fd);
                        if (depth-- == 0)
                                return;
                        continue;
                }
                left = depth == 0 ? BOXES_DIRS : left - 1;
                int fd = open_folder(l->fd, name);
                enum kind kind = fd < 0 ? BARE : kind_of(fd, most);
                uint64_t id = kind == LIMITED ? follow(b, fd, l->up, now_us) : 0;

                if (kind != BARE && depth + 1 < BOXES_DEPTH)
                        b->level[++depth] = (struct boxes_level){ .fd = fd, .up = id ? id : l->up };
                else
                        close_fd(fd);
        }
}

/* ---- what came back ---- */

static bool
read_sum(struct boxes *b, int fd, const struct text_key *keys, unsigned n_keys, uint64_t *ret)
{
        ssize_t n = pread(fd, b->text, sizeof(b->text), 0);
        struct text_scan scan = {
                .p = b->text, .end = b->text + n, .keys = keys, .n_keys = n_keys, .stop = ' '
        };
        uint64_t value[N_STAT] = { 0 };
        uint32_t seen = 0;

        if (n < 0 || !text_scan_values(&scan, text_read_u64, value, &seen))
                return false;
        *ret = 0;
        for (unsigned i = 0; i < n_keys; i++)
                *ret += value[i];
        return true;
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
        box->moved = box->known ? sub_floor(refaults, box->refaults) : 0;
        box->refaults = refaults;
        box->hits = hits;
        box->known = true;
        return true;
}

/* What came back below one that is at work is counted there already. */
static bool
is_counted_above(struct boxes *b, const struct box *box, uint64_t now_us)
{
        for (unsigned depth = 0; depth < BOXES_DEPTH && box->up != 0; depth++) {
                box = find(b, box->up);
                if (!box)
                        return false;
                if (is_at_work(box, now_us))
                        return true;
        }
        return false;
}

static uint64_t
moved_inside(struct boxes *b, uint64_t now_us)
{
        uint64_t moved = 0;

        for (uint32_t i = b->n; i-- > 0;)
                if (b->box[i].walk != b->walk || !read_box(b, &b->box[i], now_us))
                        forget(b, i);
        for (uint32_t i = 0; i < b->n; i++)
                if (is_at_work(&b->box[i], now_us) && !is_counted_above(b, &b->box[i], now_us))
                        moved += b->box[i].moved;
        return moved;
}

/* vmstat is printed in parts of a page at most: fs/seq_file.c. */
static bool
read_all(struct boxes *b, uint64_t *ret_moved)
{
        struct vmstat vm;
        size_t len = 0;
        ssize_t n;

        if (b->vmstat_fd < 0)
                b->vmstat_fd = open(b->vmstat, O_RDONLY | O_CLOEXEC);
        do {
                n = pread(b->vmstat_fd, b->text + len, sizeof(b->text) - len, (off_t)len);
                len += n > 0 ? (size_t)n : 0;
        } while (n > 0);
        if (n < 0 || vmstat_parse(b->text, len, &vm) < 0)
                return false;
        *ret_moved = b->known ? sub_floor(vm.refault, b->refaults) : 0;
        b->refaults = vm.refault;
        b->known = true;
        return true;
}

static uint64_t
cpu_us(void)
{
        struct timespec ts = { 0 };

        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
        return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static void
walk_if_due(struct boxes *b, uint64_t most, uint64_t now_us)
{
        uint64_t begin_us = cpu_us();

        if (now_us < b->walk_due_us)
                return;
        b->walk++;
        b->n_limited = b->to = 0;
        walk(b, most, now_us);
        /* The next walk goes on behind the last one that got a place, and then from the beginning.
         */
        b->from = b->to > b->from ? b->to : 0;
        uint64_t rest_us = (cpu_us() - begin_us) * WALK_PART;

        b->walk_due_us = now_us + (rest_us > WALK_US ? rest_us : WALK_US);
}

void
boxes_open(struct boxes *b, const char *root, const char *vmstat)
{
        b->root = root;
        b->vmstat = vmstat;
        b->vmstat_fd = -1;
}

uint32_t
boxes_look(struct boxes *b, uint64_t most_bytes, uint64_t now_us)
{
        uint64_t all;

        walk_if_due(b, most_bytes, now_us);
        uint64_t inside = moved_inside(b, now_us);

        if (!read_all(b, &all) || all == 0)
                return 0;
        return inside >= all ? 10000 : (uint32_t)mul_div(inside, 10000, all);
}

void
boxes_close(struct boxes *b)
{
        while (b->n > 0)
                forget(b, b->n - 1);
        close_fd(b->vmstat_fd);
        b->vmstat_fd = -1;
        b->known = false;
}
