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

#define WALK_US   250000u
#define WALK_PART 200u
/* A place is kept for longer than from one hit to the next, or nobody would be seen at work. */
#define CHANGE_US 2500000u
/* Nobody seen at his limit within this time: then that is the answer. */
#define FIRST_US 1000000u
/*
 * The limit is at work for so long after it was hit.  What the kernel takes for others makes room:
 * beside a load that moved into swap a container that read a file all the time hit its limit only
 * once in two seconds.
 */
#define HIT_US 3000000u

enum { REFAULT_ANON, REFAULT_FILE, REFAULT, STEAL, N_STAT };

static const struct text_key stat_keys[N_STAT] = {
        [REFAULT_ANON] = TEXT_KEY("workingset_refault_anon"),
        [REFAULT_FILE] = TEXT_KEY("workingset_refault_file"),
        [REFAULT] = TEXT_KEY("workingset_refault"), /* before 5.9 */
        [STEAL] = TEXT_KEY("pgsteal_direct"),
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
        if (!b->changes)
                return NULL;
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

/* NULL when there is no place for it, or it has gone. */
static struct box *
add(struct boxes *b, int dir, uint64_t id, uint64_t now_us)
{
        /* Its own hits: memory.events has those of all below it, too. */
        int events_fd = open_file(dir, "memory.events.local");
        int stat_fd = events_fd < 0 ? -1 : open_file(dir, "memory.stat");
        struct box *box = stat_fd < 0 ? NULL : place(b, now_us);

        if (!box) {
                close_fd(events_fd);
                close_fd(stat_fd);
                return NULL;
        }
        *box = (struct box){
                .id = id, .stat_fd = stat_fd, .events_fd = events_fd, .since = b->walk
        };
        return box;
}

/* Its number when it is followed, else 0. */
static uint64_t
follow(struct boxes *b, int dir, enum kind kind, uint64_t up, uint64_t now_us)
{
        struct stat st;

        if (fstat(dir, &st) < 0)
                return 0;
        struct box *box = find(b, st.st_ino);

        if (kind == LIMITED) {
                uint32_t nth = b->n_limited++;

                if (!box && (b->n < BOXES_MAX || nth >= b->from)) {
                        box = add(b, dir, st.st_ino, now_us);
                        b->to = box ? nth + 1 : b->to;
                }
        } else if (box && !is_at_work(box, now_us)) {
                box = NULL;
        }
        if (!box)
                return 0;
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
                uint64_t id = kind == BARE ? 0 : follow(b, fd, kind, l->up, now_us);

                if (kind != BARE && depth + 1 < BOXES_DEPTH)
                        b->level[++depth] = (struct boxes_level){ .fd = fd, .up = id ? id : l->up };
                else
                        close_fd(fd);
        }
}

/* ---- what came back ---- */

static bool
read_values(struct boxes *b, int fd, const struct text_key *keys, unsigned n_keys, uint64_t *value)
{
        ssize_t n = pread(fd, b->text, sizeof(b->text), 0);
        uint32_t seen = 0;

        if (n < 0)
                return false;
        struct text_scan scan = {
                .p = b->text, .end = b->text + n, .keys = keys, .n_keys = n_keys, .stop = ' '
        };

        return text_scan_values(&scan, text_read_u64, value, &seen);
}

/* False: it has gone. */
static bool
read_box(struct boxes *b, struct box *box, uint64_t now_us)
{
        uint64_t event[N_EVENTS] = { 0 }, stat[N_STAT] = { 0 };

        if (!read_values(b, box->events_fd, event_keys, N_EVENTS, event) ||
            !read_values(b, box->stat_fd, stat_keys, N_STAT, stat))
                return false;
        uint64_t hits = event[HIGH] + event[MAX];
        uint64_t refaults = stat[REFAULT_ANON] + stat[REFAULT_FILE] + stat[REFAULT];

        if (box->known && hits != box->hits)
                box->hit_us = now_us;
        box->moved = box->known ? sub_floor(refaults, box->refaults) : 0;
        box->moved_steals = box->known ? sub_floor(stat[STEAL], box->steals) : 0;
        box->refaults = refaults;
        box->steals = stat[STEAL];
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

struct moved {
        uint64_t refaults, steals;
        uint32_t n_work; /* limits that are at work */
};

static struct moved
moved_inside(struct boxes *b, uint64_t now_us)
{
        struct moved moved = { 0 };

        for (uint32_t i = b->n; i-- > 0;)
                if (b->box[i].walk != b->walk || !read_box(b, &b->box[i], now_us))
                        forget(b, i);
        for (uint32_t i = 0; i < b->n; i++) {
                const struct box *box = &b->box[i];

                if (!is_at_work(box, now_us) || is_counted_above(b, box, now_us))
                        continue;
                moved.n_work++;
                moved.refaults += box->moved;
                moved.steals += box->moved_steals;
        }
        return moved;
}

/* vmstat is printed in parts of a page at most: fs/seq_file.c. */
static bool
read_all(struct boxes *b, struct moved *ret)
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
        *ret = (struct moved){ 0 };
        if (b->known)
                *ret = (struct moved){ .refaults = sub_floor(vm.refault, b->refaults),
                                       .steals = sub_floor(vm.direct, b->direct) };
        b->refaults = vm.refault;
        b->direct = vm.direct;
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
        b->changes = now_us >= b->change_due_us;
        walk(b, most, now_us);
        /* The next change goes on behind the last one that got a place, and then from the
         * beginning. */
        if (b->changes) {
                b->from = b->to > b->from ? b->to : 0;
                b->change_due_us = now_us + CHANGE_US;
        }
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

static uint32_t
part_bp(uint64_t part, uint64_t all)
{
        if (part >= all)
                return all > 0 ? 10000 : 0;
        return (uint32_t)mul_div(part, 10000, all);
}

/*
 * Whether nothing is an answer: a limit is seen at work when it is hit between two looks, and one
 * that has just begun to fill was none yet at the last walk.
 */
static bool
is_known(const struct boxes *b, const struct moved *inside, uint64_t now_us)
{
        return b->known && b->walk != b->closed_walk &&
               (inside->n_work > 0 || now_us - b->first_us >= FIRST_US);
}

struct boxes_part
boxes_look(struct boxes *b, uint64_t most_bytes, uint64_t now_us)
{
        struct moved all;

        walk_if_due(b, most_bytes, now_us);
        struct moved inside = moved_inside(b, now_us);

        bool known = is_known(b, &inside, now_us);

        if (!b->known)
                b->first_us = now_us;
        if (!read_all(b, &all))
                return (struct boxes_part){ .known = true };
        return (struct boxes_part){ known, part_bp(inside.refaults, all.refaults),
                                    part_bp(inside.steals, all.steals) };
}

void
boxes_close(struct boxes *b)
{
        while (b->n > 0)
                forget(b, b->n - 1);
        close_fd(b->vmstat_fd);
        b->vmstat_fd = -1;
        b->known = false;
        b->closed_walk = b->walk;
}
