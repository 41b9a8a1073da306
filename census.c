/* SPDX-License-Identifier: MIT */
/*
 * Owns the table of processes and what is held open of them.  Never decides who is to be ended;
 * what it ranks by only says who is worth a closer look.
 */
#include "census.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "copies.h"
#include "follow.h"
#include "hidden.h"
#include "identity.h"
#include "procfs.h"
#include "roster.h"

/* From here on the full account (status) is worth twice the reading time: shared memory shows, and
 * page tables do. */
#define LARGE_KIB 16384u
/* A page of addresses takes an entry of 8 bytes in the page tables. */
#define ENTRIES_PER_KIB 128u
/* Below this the resident size will do for one never seen before. */
#define LITTLE_KIB 4096u
/* When the table is full, room is made for this part of it. */
#define ROOM_PART 16u
/* What a row has room for. */
#define START_MAX (UINT64_MAX >> 16)
/* Kernel threads are asked again after so many scans: their numbers go to others in the end. */
#define KERNEL_PASSES 64u
/*
 * A peak is remembered for so long, or twice.  Garbage collectors and the like swing within
 * seconds; kept until all is well, which may be for days, the peak of a program that had once been
 * larger hid that it ran away, and a browser was to blame that had filled memory since.
 */
#define PEAK_US UINT64_C(30000000)

static uint32_t
clamp32(uint64_t value)
{
        return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static uint64_t
page_kib(void)
{
        return (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* ---- rows by pid ---- */

static uint32_t
hash_pid(const struct census *c, int32_t pid)
{
        return ((uint32_t)pid * 2654435761u >> 8) & c->slot_mask;
}

struct row *
census_find(struct census *c, int32_t pid)
{
        for (uint32_t h = hash_pid(c, pid); c->slot[h]; h = (h + 1) & c->slot_mask)
                if (c->row[c->slot[h] - 1].pid == pid)
                        return &c->row[c->slot[h] - 1];
        return NULL;
}

static void
slot_put(struct census *c, uint32_t index)
{
        uint32_t h = hash_pid(c, c->row[index].pid);

        while (c->slot[h])
                h = (h + 1) & c->slot_mask;
        c->slot[h] = (uint16_t)(index + 1);
}

static void
slots_rebuild(struct census *c)
{
        memset(c->slot, 0, ((size_t)c->slot_mask + 1) * sizeof(c->slot[0]));
        for (uint32_t i = 0; i < c->n; i++)
                slot_put(c, i);
}

uint32_t
census_row_kib(const struct row *r)
{
        return clamp32((uint64_t)r->anon_kib + r->swap_kib + r->shmem_kib + r->pagetables_kib);
}

const struct row *
census_forked_from(struct census *c, const struct row *r)
{
        const struct row *parent = census_find(c, r->ppid);

        return parent && r->stack != 0 && parent->stack == r->stack ? parent : NULL;
}

uint64_t
census_private_kib(struct census *c, const struct row *r)
{
        const struct row *parent = census_forked_from(c, r);
        uint64_t kib = (uint64_t)r->anon_kib + r->swap_kib;

        if (!parent)
                return kib;
        return larger(sub_floor(kib, (uint64_t)parent->anon_kib + parent->swap_kib),
                      sub_floor(kib, r->first_kib));
}

/* Rows are told apart by their size to the next power of two. */
static unsigned
magnitude(const struct row *r)
{
        uint64_t kib = census_row_kib(r) + (uint64_t)r->growth_kibps * CENSUS_HORIZON_S;

        return kib ? 64 - (unsigned)__builtin_clzll(kib) : 0;
}

/*
 * The smallest rows give way, a sixteenth of the table at once: it takes a pass over all of them,
 * and on a machine with thousands more than fit every new one would ask for it.
 */
static void
make_room(struct census *c)
{
        uint32_t n_of[65] = { 0 }, left = c->max / ROOM_PART + 1, kept = 0;
        unsigned last = 0;

        for (uint32_t i = 0; i < c->n; i++)
                n_of[magnitude(&c->row[i])]++;
        for (; last < 64 && n_of[last] < left; last++)
                left -= n_of[last];
        for (uint32_t i = 0; i < c->n; i++) {
                struct row *r = &c->row[i];
                unsigned m = magnitude(r);

                if (m > last || (m == last && left == 0)) {
                        c->row[kept++] = *r;
                        continue;
                }
                left -= m == last;
                if (r->pass == c->pass)
                        c->unkept_kib += census_row_kib(r);
                if (census_row_kib(r) > c->least_kib)
                        c->least_kib = census_row_kib(r);
        }
        c->n = kept;
        slots_rebuild(c);
}

static bool
too_small(const struct census *c, uint32_t kib)
{
        return c->least_kib > 0 && kib <= c->least_kib;
}

/* A place for a process of this size, or NULL: then everybody in the table is larger. */
static struct row *
row_place(struct census *c, uint32_t kib)
{
        if (c->n >= c->max)
                make_room(c);
        return too_small(c, kib) ? NULL : &c->row[c->n++];
}

/* ---- one process ---- */

/* What statm and, where it is worth it, status say. */
struct sizes {
        uint64_t anon_kib, shmem_kib, swap_kib, pagetables_kib;
        uint64_t mapped_kib;
        uint32_t statm; /* as in struct row */
        bool steady;    /* those of the row: nothing else was read */
};

/* False when it has gone.  What cannot be understood leaves *ret as it was: statm has to do. */
static bool
read_status(struct census *c, int32_t pid, int32_t tid, struct sizes *ret)
{
        char text[PROCFS_TEXT_MAX];
        struct proc_status st;
        ssize_t n = procfs_read(c->proc_fd, pid, tid, "status", text, sizeof(text));

        if (n <= 0)
                return false;
        if (proc_status_parse(text, (size_t)n, &st) == 0)
                *ret = (struct sizes){ .anon_kib = st.anon_kib,
                                       .shmem_kib = st.shmem_kib,
                                       .swap_kib = st.swap_kib,
                                       .pagetables_kib = st.pagetables_kib,
                                       .mapped_kib = st.mapped_kib,
                                       .statm = ret->statm };
        return true;
}

/* Another number where any of the three is another, but for one time in four billion. */
static uint32_t
digest(const struct proc_statm *sm)
{
        uint64_t mixed = (sm->size * UINT64_C(0x9e3779b97f4a7c15) + sm->resident) *
                                 UINT64_C(0x9e3779b97f4a7c15) +
                         sm->shared;

        return (uint32_t)(mixed * UINT64_C(0x9e3779b97f4a7c15) >> 32) | 1;
}

enum statm_says { STATM_GONE, STATM_EMPTY, STATM_SIZES };

/* The most that a process of these numbers may have: what is resident, or what maps its addresses.
 */
static uint64_t
at_most_kib(const struct proc_statm *sm)
{
        uint64_t resident_kib = sm->resident * page_kib(), tables_kib = sm->size / ENTRIES_PER_KIB;

        return resident_kib > tables_kib ? resident_kib : tables_kib;
}

static enum statm_says
read_statm(struct census *c, int32_t pid, struct sizes *ret, uint64_t *ret_at_most_kib)
{
        char text[128];
        struct proc_statm sm;
        ssize_t n = procfs_read(c->proc_fd, pid, 0, "statm", text, sizeof(text));

        if (n == -EACCES || n == -EPERM)
                c->n_unreadable++;
        if (n <= 0 || proc_statm_parse(text, (size_t)n, &sm) < 0)
                return STATM_GONE;
        if (sm.size == 0)
                return STATM_EMPTY;
        uint64_t anon = sm.resident > sm.shared ? sm.resident - sm.shared : 0;

        *ret = (struct sizes){ .anon_kib = anon * page_kib(), .statm = digest(&sm) };
        *ret_at_most_kib = at_most_kib(&sm);
        return STATM_SIZES;
}

/* Any thread that still has memory; 0: none. */
int32_t
census_living_thread(struct census *c, int32_t pid)
{
        char path[PROCFS_PATH_MAX];
        char buf[1024] __attribute__((aligned(8)));
        int32_t found = 0;
        int fd;

        procfs_path(path, sizeof(path), pid, 0, "task");
        fd = openat(c->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return 0;
        ssize_t n = syscall(SYS_getdents64, fd, buf, sizeof(buf));

        for (ssize_t at = 0; at < n && !found; at += procfs_dent(buf, at)->reclen) {
                const struct dent *d = procfs_dent(buf, at);
                struct sizes s = { 0 };
                int32_t tid = 0;

                for (const char *ch = d->name; *ch >= '0' && *ch <= '9'; ch++)
                        tid = tid * 10 + (*ch - '0');
                if (tid > 0 && tid != pid && read_status(c, pid, tid, &s) &&
                    s.anon_kib + s.swap_kib > 0)
                        found = tid;
        }
        (void)close(fd);
        return found;
}

/*
 * No memory in sight: a kernel thread, a zombie, one just exiting, or a leader that has ended while
 * other threads go on.  True with sizes for the last of these.
 */
static bool
look_behind(struct census *c, int32_t pid, struct proc_stat *st, struct sizes *ret)
{
        int32_t *known = &c->kernel[(uint32_t)pid % CENSUS_KERNEL];

        if (*known == pid || (st->pid == 0 && procfs_stat(c->proc_fd, pid, st) < 0))
                return false;
        if (st->flags & PROC_KTHREAD) {
                *known = pid;
                return false;
        }
        if (st->state != 'Z' || st->n_threads < 2)
                return false;
        int32_t tid = census_living_thread(c, pid);

        return tid != 0 && read_status(c, pid, tid, ret);
}

static void
row_start(const struct census *c, struct row *r, const struct proc_stat *st, uint32_t kib)
{
        *r = (struct row){
                .start_ticks = st->start_ticks & START_MAX,
                .stack = row_stack(st->start_stack),
                .pid = st->pid,
                .ppid = st->ppid,
                .pgrp = st->pgrp,
                .first_kib = kib,
                .unowned_kib = clamp32(c->unowned.most_kib),
                .fresh_mark = true,
        };
}

static uint32_t
row_unshared_kib(const struct row *r)
{
        return (uint32_t)sub_floor(census_row_kib(r), r->shmem_kib);
}

/* How much more than now it has had of late. */
static uint16_t
row_above_mib(const struct row *r)
{
        uint64_t peak_kib = larger(r->peak_kib[0], r->peak_kib[1]);

        return (uint16_t)smaller(sub_floor(peak_kib, row_unshared_kib(r)) / 1024, UINT16_MAX);
}

/* As it is now; or it was not there. */
static void
row_mark(struct row *r, unsigned m, bool was_there)
{
        r->mark_kib[m] = was_there ? census_row_kib(r) : 0;
        r->mark_above_mib[m] = was_there ? row_above_mib(r) : 0;
        uint32_t shmem_mib = was_there ? r->shmem_kib / 1024 : 0;

        r->mark_shmem_mib[m] = (uint16_t)(shmem_mib < UINT16_MAX ? shmem_mib : UINT16_MAX);
}

/*
 * What it had at each moment that is remembered: nothing if it started since.  If it was there
 * already but unknown, its size of now has to do: nobody is blamed for not having been looked at.
 */
static void
row_marks(const struct census *c, struct row *r)
{
        uint64_t tick_us = 1000000u / (uint64_t)sysconf(_SC_CLK_TCK);
        uint64_t start_us = r->start_ticks * tick_us;

        for (unsigned m = 0; m < MARK_MAX; m++)
                row_mark(r, m, start_us < c->mark[m].boot_us);
        r->fresh_mark = false;
}

bool
census_shmem_stays(const struct census *c)
{
        return c->swap && c->low;
}

static void
update_shared(const struct census *c, struct row *r, const struct sizes *s)
{
        struct shared_seen seen = { s->shmem_kib, (uint16_t)(s->mapped_kib / 1024) };

        if (census_shmem_stays(c))
                seen = shared_left((struct shared_seen){ r->shmem_kib, r->mapped_mib }, seen);
        r->hidden_mib = (uint16_t)smaller((seen.shmem_kib - s->shmem_kib) / 1024, UINT16_MAX);
        r->shmem_kib = clamp32(seen.shmem_kib);
        r->mapped_mib = seen.mapped_mib;
}

static void
row_update(const struct census *c, struct row *r, const struct sizes *s, uint64_t now_us)
{
        uint32_t now_ms = (uint32_t)(now_us / 1000);

        r->anon_kib = clamp32(s->anon_kib);
        if (!s->steady)
                update_shared(c, r, s);
        r->swap_kib = clamp32(s->swap_kib);
        r->pagetables_kib = clamp32(s->pagetables_kib);
        r->statm = s->statm;
        uint32_t kib = census_row_kib(r);

        r->peak_kib[0] = (uint32_t)larger(r->peak_kib[0], row_unshared_kib(r));
        if (r->ref_ms[0] == 0) {
                r->ref_ms[0] = r->ref_ms[1] = now_ms ? now_ms : 1;
                r->ref_kib[0] = r->ref_kib[1] = kib;
                return;
        }
        uint32_t span_ms = now_ms - r->ref_ms[0];

        if (span_ms >= ROSTER_GROWTH_US / 1000)
                r->growth_kibps =
                        kib > r->ref_kib[0]
                                ? clamp32((uint64_t)(kib - r->ref_kib[0]) * 1000 / span_ms)
                                : 0;
        if (now_ms - r->ref_ms[1] >= ROSTER_REF_US / 1000) {
                r->ref_ms[0] = r->ref_ms[1];
                r->ref_kib[0] = r->ref_kib[1];
                r->ref_ms[1] = now_ms;
                r->ref_kib[1] = kib;
        }
}

/* What went to swap or came back has moved its resident size, and what it took its size; only what
 * it lets go of in swap (MADV_DONTNEED) shows in none of them before its turn. */
static bool
is_steady(const struct census *c, const struct row *r, const struct sizes *now)
{
        return r && now->statm && r->statm == now->statm &&
               ((uint32_t)r->pid + c->pass) % CENSUS_STEADY != 0;
}

static bool
read_sizes(struct census *c, int32_t pid, const struct row *r, struct proc_stat *st,
           struct sizes *ret)
{
        uint64_t most_kib = 0;

        switch (read_statm(c, pid, ret, &most_kib)) {
        case STATM_GONE:
                return false;
        case STATM_EMPTY:
                return look_behind(c, pid, st, ret);
        case STATM_SIZES:
                break;
        }
        if (!c->swap) {
                ret->statm = 0;
                return most_kib < LARGE_KIB || read_status(c, pid, 0, ret);
        }
        if (!is_steady(c, r, ret))
                return read_status(c, pid, 0, ret);
        *ret = (struct sizes){ .anon_kib = r->anon_kib,
                               .shmem_kib = r->shmem_kib,
                               .swap_kib = r->swap_kib,
                               .pagetables_kib = r->pagetables_kib,
                               .statm = r->statm,
                               .steady = true };
        return true;
}

/*
 * One never seen before has to be identified anyway, and what identifies it tells its resident size
 * too: with swap, status alone is still to be read; without, the little need nothing else: at worst
 * the file pages too much, until the next scan or refresh reads statm.  False for all that this
 * does not settle.
 */
static bool
read_new(struct census *c, int32_t pid, struct proc_stat *st, struct sizes *ret)
{
        struct proc_stat now;

        if (c->kernel[(uint32_t)pid % CENSUS_KERNEL] == pid ||
            procfs_stat(c->proc_fd, pid, &now) < 0)
                return false;
        uint64_t kib = now.resident * page_kib();

        *st = now;
        *ret = (struct sizes){ .anon_kib = kib };
        if (kib == 0)
                return false;
        return c->swap ? read_status(c, pid, 0, ret) : kib < LITTLE_KIB;
}

static void
visit(struct census *c, int32_t pid, uint64_t now_us)
{
        struct row *r = census_find(c, pid);
        struct proc_stat st = { 0 };
        struct sizes s = { 0 };

        if (r || !read_new(c, pid, &st, &s))
                if (!read_sizes(c, pid, r, &st, &s))
                        return;
        c->n_seen++;
        uint32_t kib = clamp32(s.anon_kib + s.swap_kib + s.shmem_kib + s.pagetables_kib);

        if (!r) {
                if (too_small(c, kib)) {
                        c->unkept_kib += kib;
                        return;
                }
                if (st.pid == 0 && procfs_stat(c->proc_fd, pid, &st) < 0)
                        return;
                r = row_place(c, kib);
                if (!r) {
                        c->unkept_kib += kib;
                        return;
                }
                row_start(c, r, &st, clamp32(s.anon_kib + s.swap_kib));
                slot_put(c, (uint32_t)(r - c->row));
        }
        r->pass = c->pass;
        r->leaderless = st.state == 'Z';
        row_update(c, r, &s, now_us);
        if (r->fresh_mark)
                row_marks(c, r);
}

/* Takes out whoever this scan has not seen; the anonymous memory that they had. */
static uint64_t
drop_unseen(struct census *c)
{
        uint64_t left_kib = 0;
        uint32_t kept = 0;

        for (uint32_t i = 0; i < c->n; i++) {
                if (c->row[i].pass != c->pass) {
                        left_kib += c->row[i].anon_kib;
                        continue;
                }
                if (kept != i)
                        c->row[kept] = c->row[i];
                kept++;
        }
        c->n = kept;
        slots_rebuild(c);
        return left_kib;
}

/* All of /proc, by its numbers. */
static int
visit_all(struct census *c, uint64_t now_us)
{
        char *buf = c->work.dents;
        ssize_t n;

        if (lseek(c->proc_fd, 0, SEEK_SET) < 0)
                return -errno;
        while ((n = syscall(SYS_getdents64, c->proc_fd, buf, sizeof(c->work.dents))) > 0) {
                for (ssize_t at = 0; at < n; at += procfs_dent(buf, at)->reclen) {
                        const char *name = procfs_dent(buf, at)->name;
                        int32_t pid = 0;

                        while (*name >= '0' && *name <= '9' && pid < INT32_MAX / 10)
                                pid = pid * 10 + (*name++ - '0');
                        if (*name == '\0' && pid > 0 && pid != c->own_pid)
                                visit(c, pid, now_us);
                }
        }
        return n < 0 ? -errno : 0;
}

static bool
read_meminfo(const struct census *c, struct meminfo *ret)
{
        char text[PROCFS_TEXT_MAX];
        int fd = openat(c->proc_fd, "meminfo", O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return false;
        ssize_t n = procfs_reread(fd, text, sizeof(text));

        (void)close(fd);
        return n > 0 && meminfo_parse(text, (size_t)n, ret) == 0;
}

/* What somebody had had longer ago says nothing of what he does now: of two halves of a minute the
 * older one is forgotten. */
static void
age_peaks(struct census *c, uint64_t now_us)
{
        if (now_us - c->peaks_us < PEAK_US)
                return;
        for (uint32_t i = 0; i < c->n; i++) {
                struct row *r = &c->row[i];

                r->peak_kib[1] = now_us - c->peaks_us < 2 * PEAK_US ? r->peak_kib[0] : 0;
                r->peak_kib[0] = 0;
        }
        c->peaks_us = now_us;
}

int
census_scan(struct census *c, uint64_t now_us, bool swap)
{
        struct meminfo before, after;

        age_peaks(c, now_us);
        c->pass++;
        c->swap = swap;
        c->n_seen = 0;
        c->n_unreadable = 0;
        c->unkept_kib = 0;
        if (c->n + c->max / ROOM_PART + 1 < c->max)
                c->least_kib = 0;
        if (c->pass % KERNEL_PASSES == 0)
                memset(c->kernel, 0, sizeof(c->kernel));
        /* Only one of many scans knows what had been there before. */
        bool looked = c->may_wait && read_meminfo(c, &before);
        int r = visit_all(c, now_us);

        if (r == 0)
                copies_leave(c, now_us, drop_unseen(c));
        looked = r == 0 && looked && read_meminfo(c, &after);
        if (looked && census_shmem_stays(c))
                hidden_bound(c, &before, &after);
        else
                hidden_forget(c);
        if (looked && c->sees_all)
                copies_count(c, &before, &after);
        else
                copies_forget(c);
        return r;
}

/* Each mark from `first` on takes the place of the next, and the one in `last` is forgotten. */
static void
push_marks(struct census *c, unsigned first, unsigned last)
{
        struct unowned *u = &c->unowned;
        size_t n = last - first;

        memmove(&c->mark[first + 1], &c->mark[first], n * sizeof(c->mark[0]));
        memmove(&u->mark_kib[first + 1], &u->mark_kib[first], n * sizeof(u->mark_kib[0]));
        for (uint32_t i = 0; i < c->n; i++) {
                struct row *r = &c->row[i];

                memmove(&r->mark_kib[first + 1], &r->mark_kib[first], n * sizeof(r->mark_kib[0]));
                memmove(&r->mark_shmem_mib[first + 1], &r->mark_shmem_mib[first],
                        n * sizeof(r->mark_shmem_mib[0]));
                memmove(&r->mark_above_mib[first + 1], &r->mark_above_mib[first],
                        n * sizeof(r->mark_above_mib[0]));
        }
}

static void
put_mark(struct census *c, unsigned to, const struct mark *now)
{
        c->mark[to] = *now;
        c->unowned.mark_kib[to] = c->unowned.most_kib;
        for (uint32_t i = 0; i < c->n; i++)
                row_mark(&c->row[i], to, true);
}

/* Calm again: what was remembered of the last trouble says nothing of the next. */
static void
mark_calm(struct census *c, const struct mark *now)
{
        struct unowned *u = &c->unowned;

        memset(c->mark, 0, MARK_CALM * sizeof(c->mark[0]));
        memset(u->mark_kib, 0xff, MARK_CALM * sizeof(u->mark_kib[0]));
        put_mark(c, MARK_CALM, now);
        /* Who was there before anything was known: from here on there is a base. */
        for (uint32_t i = 0; i < c->n; i++)
                if (c->row[i].unowned_kib == UINT32_MAX)
                        c->row[i].unowned_kib = clamp32(u->most_kib);
}

void
census_mark(struct census *c, const struct mark *now, bool calm)
{
        if (calm) {
                mark_calm(c, now);
                return;
        }
        if (!now->plateau || !c->mark[0].plateau)
                push_marks(c, 0, MARK_CALM - 1);
        put_mark(c, 0, now);
}

void
census_mark_time(struct census *c, const struct mark *now)
{
        push_marks(c, MARK_HALF, MARK_MINUTE);
        put_mark(c, MARK_HALF, now);
}

void
census_strike(struct census *c, int32_t pid, uint64_t start_ticks, bool unopened)
{
        struct row *r = census_find(c, pid);

        if (!r || r->start_ticks != start_ticks)
                return;
        r->struck = true;
        r->unopened = unopened;
}

void
census_set_policy(struct census *c, const struct policy *p)
{
        c->policy = p;
        c->reidentify = c->built + 1;
}

int
census_open(struct census *c, const char *proc, struct row *row, uint32_t max, uint16_t *slot,
            uint32_t n_slots, int fd_budget)
{
        memset(c, 0, sizeof(*c));
        c->proc_fd = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (c->proc_fd < 0)
                return -errno;
        c->row = row;
        c->max = max;
        c->slot = slot;
        c->slot_mask = n_slots - 1;
        c->fd_budget = fd_budget;
        c->own_pid = (int32_t)getpid();
        for (uint32_t i = 0; i < CENSUS_FOLLOWS; i++)
                c->follow[i].size_fd[0] = c->follow[i].size_fd[1] = c->follow[i].pidfd = -1;
        memset(c->unowned.mark_kib, 0xff, sizeof(c->unowned.mark_kib));
        hidden_forget(c);
        copies_forget(c);
        identity_host_namespace(c->proc_fd, c->host_mnt, sizeof(c->host_mnt));
        return 0;
}

void
census_forget(struct census *c)
{
        follow_end_all(c);
        hidden_forget(c);
        copies_forget(c);
        c->n = 0;
        slots_rebuild(c);
}

void
census_close(struct census *c)
{
        follow_end_all(c);
        if (c->proc_fd >= 0)
                (void)close(c->proc_fd);
        c->proc_fd = -1;
}
