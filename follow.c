/* SPDX-License-Identifier: MIT */
/*
 * Owns what is held open and known of those worth following.  Never decides who is to be ended:
 * what it ranks by only says who is worth a closer look.
 */
#include "follow.h"

#include <string.h>
#include <unistd.h>

#include "blame.h"
#include "copies.h"
#include "identity.h"
#include "number.h"
#include "procfs.h"
#include "roster.h"
#include "rules.h"

/* Shared memory below this is nobody's growth. */
#define SHARED_KIB 1024u
/* Memory that is all touched has a part in 512 for page tables; below this they are that. */
#define TABLES_KIB  1024u
#define TABLES_PART 64u
/* Above every pid: the kernel has no more than 4 Mi of them (PID_MAX_LIMIT). */
#define BROODS (1 << 23)
/* Only so many, those likely to be chosen, are worth the two more files that tell who is frozen. */
#define ASK_FROZEN 8u
/* What shows only if it is read again is read again so often: in 6 to 13 s while memory is short.
 */
#define IDENTIFY_BUILDS 64u
#define SWAPOFF_LINE    CANDIDATE_SWAPOFF "\n" /* comm */

static int
hold(struct census *c, int fd)
{
        if (fd >= 0)
                c->fd_held++;
        return fd < 0 ? -1 : fd;
}

static void
let_go(struct census *c, int *fd)
{
        if (*fd >= 0) {
                (void)close(*fd);
                c->fd_held--;
        }
        *fd = -1;
}

static void
follow_end(struct census *c, struct follow *f)
{
        let_go(c, &f->size_fd[false]);
        let_go(c, &f->size_fd[true]);
        let_go(c, &f->pidfd);
        f->pid = 0;
}

static struct follow *
follow_place(struct census *c)
{
        for (uint32_t i = 0; i < CENSUS_FOLLOWS; i++)
                if (c->follow[i].pid == 0)
                        return &c->follow[i];
        return NULL;
}

static struct follow *
follow_find(struct census *c, int32_t pid, uint64_t start_ticks)
{
        for (uint32_t i = 0; i < CENSUS_FOLLOWS; i++)
                if (c->follow[i].pid == pid && c->follow[i].start_ticks == start_ticks)
                        return &c->follow[i];
        return NULL;
}

static bool
asks_for_command_lines(const struct census *c)
{
        return rules_first_of(c->policy, RULE_CMDLINE, RULE_NONE) != NULL;
}

static void
follow_identify(struct census *c, struct follow *f, const struct proc_stat *st)
{
        struct identity_text id = { 0 };
        struct proc_status status = { .uid = UINT32_MAX }; /* who is not known is not root */
        char text[PROCFS_TEXT_MAX];
        ssize_t n = procfs_read(c->proc_fd, f->pid, 0, "status", text, sizeof(text));
        bool asked = asks_for_command_lines(c);

        if (n > 0)
                (void)proc_status_parse(text, (size_t)n, &status);
        memcpy(id.name, st->name, sizeof(id.name));
        id.uid = status.uid;
        identity_read(c->proc_fd, f->pid, c->host_mnt, asked && c->may_wait, &id);
        f->uid = status.uid;
        f->ns_init = status.ns_init;
        f->exe_id = identity_exe_id(id.exe);
        f->standing = asked && !c->may_wait ? identity_standing_unread(c->policy, &id)
                                            : identity_standing(c->policy, &id);
        f->stack = st->start_stack;
        memcpy(f->name, st->name, sizeof(f->name));
        memcpy(f->unit, id.unit, sizeof(f->unit));
        f->unit[sizeof(f->unit) - 1] = '\0'; /* shown cut; rules have seen all of it */
}

static bool
may_hold(const struct census *c)
{
        return c->fd_held < c->fd_budget;
}

static void
hold_sizes(struct census *c, struct follow *f, const struct row *r)
{
        char text[PROCFS_TEXT_MAX];
        int32_t tid = r->leaderless ? census_living_thread(c, r->pid) : 0;
        const char *file = f->size_is_status ? "status" : "statm";
        int *fd = &f->size_fd[f->size_is_status];

        *fd = hold(c, procfs_open(c->proc_fd, r->pid, tid, file));
        /* The first read allocates the file's buffer: here, not on the loop. */
        if (*fd >= 0)
                (void)procfs_reread(*fd, text, sizeof(text));
}

/* statm does not tell of them: as long as they are what maps the rest, they need not be told. */
static bool
tables_count(const struct row *r)
{
        return r->pagetables_kib >= TABLES_KIB &&
               r->pagetables_kib >= census_row_kib(r) / TABLES_PART;
}

/*
 * Opens what is held of a process: its sizes and its pidfd, as far as there is room.  Once status
 * is wanted statm stays open beside it: an older roster may still be reading it.
 */
static void
follow_hold(struct census *c, struct follow *f, const struct row *r)
{
        f->size_is_status |=
                c->swap || r->shmem_kib >= SHARED_KIB || tables_count(r) || r->leaderless;
        if (f->pidfd < 0 && may_hold(c))
                f->pidfd = hold(c, procfs_pidfd(c->proc_fd, r->pid, r->start_ticks));
        if (f->size_fd[f->size_is_status] < 0 && may_hold(c))
                hold_sizes(c, f, r);
}

/*
 * A leader that has ended tells nothing more, nor does a thread that has: others of the process are
 * to be asked then.
 */
static bool
still_tells(const struct follow *f)
{
        char text[PROCFS_TEXT_MAX];
        struct proc_status st;
        ssize_t n;

        if (f->size_fd[true] < 0)
                return true;
        n = procfs_reread(f->size_fd[true], text, sizeof(text));
        return n > 0 && proc_status_parse(text, (size_t)n, &st) == 0 &&
               st.anon_kib + st.swap_kib > 0;
}

/* The row is somebody else's by now, or has gone: it starts anew at the next scan. */
static void
row_forget(struct row *r)
{
        r->start_ticks = 0;
        r->anon_kib = r->shmem_kib = r->swap_kib = r->pagetables_kib = 0;
        r->hidden_mib = 0;
        r->pid = -1;
}

/* An exec has begun another stack.  One whose leader has ended shows none, and is who it was. */
static bool
has_execed(const struct follow *f, const struct proc_stat *st)
{
        return st->state != 'Z' && f->stack != st->start_stack;
}

/*
 * Programs name themselves, change their user and are moved into a unit of their own after they
 * have begun, mostly at once; only the name is seen for nothing.
 */
static bool
must_identify(const struct census *c, const struct follow *f, const struct proc_stat *st)
{
        uint64_t age = c->built - f->first;

        if (f->used < c->reidentify || has_execed(f, st))
                return true;
        if (st->state == 'Z')
                return false;
        return memcmp(f->name, st->name, sizeof(f->name)) != 0 ||
               (c->may_wait && (age == 1 || age % IDENTIFY_BUILDS == 0));
}

/* What could not be read this time is not lost: nobody falls out of his protection by it. */
static void
identify_again(struct census *c, struct follow *f, const struct proc_stat *st)
{
        bool other = f->used < c->reidentify || has_execed(f, st);
        struct follow known = *f;

        follow_identify(c, f, st);
        if (!other && ((f->exe_id == 0 && known.exe_id != 0) ||
                       (f->unit[0] == '\0' && known.unit[0] != '\0') ||
                       (f->uid == UINT32_MAX && known.uid != UINT32_MAX)))
                *f = known;
}

/* `passer`: where somebody is noted who is not to be followed any further, or NULL. */
static struct follow *
follow_row(struct census *c, struct row *r, struct proc_stat *st, struct follow *passer)
{
        struct follow *f;

        if (procfs_stat(c->proc_fd, r->pid, st) < 0 || st->start_ticks != r->start_ticks) {
                row_forget(r);
                return NULL;
        }
        r->ppid = st->ppid;
        r->pgrp = st->pgrp;
        if (st->state != 'Z')
                r->stack = row_stack(st->start_stack);
        f = follow_find(c, r->pid, r->start_ticks);
        if (passer) {
                if (f && !must_identify(c, f, st))
                        return f;
                /* Unknown, or known as what it was before an exec or a new policy. */
                *passer = (struct follow){ .pid = r->pid, .size_fd = { -1, -1 }, .pidfd = -1 };
                follow_identify(c, passer, st);
                return passer;
        }
        if (f && r->leaderless && !still_tells(f)) {
                f->start_ticks = UINT64_MAX; /* left to the rosters that it stands on */
                f = NULL;
        }
        if (f && has_execed(f, st))
                r->shmem_kib = r->hidden_mib = 0; /* what it had seen is not its own any more */
        if (f && must_identify(c, f, st))
                identify_again(c, f, st);
        if (!f) {
                f = follow_place(c);
                if (!f)
                        return NULL;
                *f = (struct follow){ .pid = r->pid,
                                      .start_ticks = r->start_ticks,
                                      .size_fd = { -1, -1 },
                                      .pidfd = -1,
                                      .first = c->built };
                follow_identify(c, f, st);
        }
        follow_hold(c, f, r);
        f->used = c->built;
        f->wanted = true;
        return f;
}

static int16_t
read_adj(const struct census *c, int32_t pid)
{
        char text[16];
        ssize_t n = procfs_read(c->proc_fd, pid, 0, "oom_score_adj", text, sizeof(text));
        bool minus = n > 0 && text[0] == '-';
        int value = 0;

        for (const char *p = text + minus; n > 0 && *p >= '0' && *p <= '9' && value <= 1000; p++)
                value = value * 10 + (*p - '0');
        if (value > 1000)
                value = 1000;
        return (int16_t)(minus ? -value : value);
}

/* How many show the same shared memory: itself, and relatives with at least half as much. */
static uint32_t
count_sharers(const struct census *c, const struct row *r)
{
        uint32_t n = 1;

        if (r->shmem_kib < SHARED_KIB)
                return 1;
        for (uint32_t i = 0; i < c->n; i++) {
                const struct row *o = &c->row[i];
                bool sibling = r->ppid > 1 && (o->ppid == r->ppid || o->pid == r->ppid);

                if (o != r && (sibling || o->ppid == r->pid) && o->shmem_kib >= r->shmem_kib / 2)
                        n++;
        }
        return n;
}

/* The guard's own ancestors: ending one of them would end the guard or what started it. */
static bool
is_family(struct census *c, int32_t pid)
{
        const struct row *r;
        int32_t at = (int32_t)getppid();

        for (unsigned depth = 0; depth < 64 && at > 0; depth++) {
                if (at == pid)
                        return true;
                r = census_find(c, at);
                at = r ? r->ppid : 0;
        }
        return false;
}

/* Of more than can be told nobody knows how much it was: then as much as now is no growth. */
static uint32_t
shmem_then_kib(const struct row *r, unsigned mark)
{
        if (r->mark_shmem_mib[mark] < UINT16_MAX)
                return (uint32_t)r->mark_shmem_mib[mark] * 1024;
        return r->shmem_kib < r->mark_kib[mark] ? r->shmem_kib : r->mark_kib[mark];
}

static void
fill(struct census *c, struct row *r, const struct follow *f, const struct proc_stat *st,
     uint64_t now_us, struct candidate *ret)
{
        const struct row *parent = census_find(c, r->ppid);

        *ret = (struct candidate){
                .pid = r->pid,
                .ppid = r->ppid,
                .gppid = parent ? parent->ppid : 0,
                .pgrp = st->pgrp,
                .start_ticks = r->start_ticks,
                .uid = f->uid,
                .adj = read_adj(c, r->pid),
                .anon_kib = r->anon_kib,
                .pagetables_kib = r->pagetables_kib,
                .shmem_kib = r->shmem_kib,
                .swap_kib = r->swap_kib,
                .growth_kibps = r->growth_kibps,
                .mapped_mib = r->mapped_mib,
                .sharers = count_sharers(c, r),
                .cow = census_forked_from(c, r) != NULL,
                .first_kib = r->first_kib,
                .copied_kib = copies_kib(c, r),
                .exe_id = f->exe_id,
                .standing = f->standing,
                .struck = r->struck,
                .unopened = r->unopened,
                .stopped = st->state == 'T' || st->state == 't',
                .ns_init = f->ns_init,
                .size_fd = f->size_fd[f->size_is_status],
                .size_is_status = f->size_is_status,
                .pidfd = f->pidfd,
        };
        if (parent)
                ret->parent_kib = (uint64_t)parent->anon_kib + parent->swap_kib;
        if (r->pid == 1 || is_family(c, r->pid))
                ret->standing = (struct standing){ RULE_PROTECT, -1, -1 };
        memcpy(ret->name, f->name, sizeof(ret->name));
        memcpy(ret->unit, f->unit, sizeof(ret->unit));
        for (unsigned m = 0; m < MARK_MAX; m++) {
                ret->mark_kib[m] = r->mark_kib[m];
                ret->mark_shmem_kib[m] = shmem_then_kib(r, m);
                ret->mark_above_kib[m] = (uint32_t)r->mark_above_mib[m] * 1024;
                ret->copied_since_kib[m] = (uint32_t)smaller(copies_since_kib(c, r, m), UINT32_MAX);
        }
        for (unsigned k = 0; k < 2; k++) {
                /* now - (now_ms - ref_ms): 32 bits of milliseconds come round every 49 days. */
                ret->ref_us[k] =
                        now_us - (uint64_t)((uint32_t)(now_us / 1000) - r->ref_ms[k]) * 1000;
                ret->ref_kib[k] = r->ref_kib[k];
        }
}

/* ---- ranking ---- */

/* Since the moment that makes the most of it, of those that are remembered. */
static uint32_t
row_took(const struct census *c, const struct row *r)
{
        uint32_t kib = census_row_kib(r), least = kib;

        for (unsigned m = 0; m < MARK_MAX; m++)
                if (c->mark[m].boot_us != 0 && r->mark_kib[m] < least)
                        least = r->mark_kib[m];
        return kib - least;
}

/* What is nobody else's, as far as rows tell, but for shared memory. */
static uint64_t
row_own_kib(struct census *c, const struct row *r)
{
        return census_private_kib(c, r) + copies_kib(c, r) + r->pagetables_kib;
}

/* The place of a family, its own or still a free one; NULL when there are too many. */
static struct family *
family_of(struct family *table, int32_t of)
{
        uint32_t h = (uint32_t)of * 2654435761u >> 22;

        for (uint32_t i = 0; i < 16; i++) {
                struct family *f = &table[(h + i) % CENSUS_FAMILIES];

                if (f->of == of || f->of == 0)
                        return f;
        }
        return NULL;
}

static void
family_add(struct family *table, int32_t of, uint64_t took_kib)
{
        struct family *f = family_of(table, of);

        if (!f)
                return;
        f->of = of;
        f->n++;
        f->took_kib += took_kib;
}

/* Of those started since all was well, by what they are of one job; 0: it is none of them. */
static int32_t
brood_of(const struct census *c, const struct row *r)
{
        bool young = c->mark[MARK_CALM].boot_us != 0 && r->mark_kib[MARK_CALM] == 0;

        return young && r->pgrp > 0 ? BROODS + r->pgrp : 0;
}

static int32_t
grandparent(struct census *c, const struct row *r)
{
        const struct row *parent = census_find(c, r->ppid);

        return parent ? parent->ppid : 0;
}

static void
count_takers(struct census *c, struct family *table)
{
        for (uint32_t i = 0; i < c->n; i++) {
                const struct row *r = &c->row[i];
                uint64_t took_kib = row_took(c, r);

                if (took_kib == 0)
                        continue;
                /* 150 workers of 62 MiB, 60 of them their parent's, did not take 9 GiB. */
                took_kib = smaller(took_kib, row_own_kib(c, r));
                int32_t gppid = grandparent(c, r), brood = brood_of(c, r);

                family_add(table, r->ppid, took_kib);
                /* init is everybody's: who has it for a grandparent is nobody's cousin. */
                if (gppid > 1)
                        family_add(table, -gppid, took_kib);
                if (brood != 0)
                        family_add(table, brood, took_kib);
        }
}

/* Those who took nothing count as members, and make no family of their own: there is no room for
 * those of a thousand parents, and a bomb would find none left. */
static void
count_families(struct census *c, struct family *table)
{
        memset(table, 0, CENSUS_FAMILIES * sizeof(table[0]));
        count_takers(c, table);
        for (uint32_t i = 0; i < c->n; i++) {
                const struct row *r = &c->row[i];

                if (row_took(c, r) > 0)
                        continue;
                int32_t brood = brood_of(c, r);
                struct family *f = family_of(table, r->ppid);

                if (f && f->of == r->ppid)
                        f->n++;
                f = brood != 0 ? family_of(table, brood) : NULL;
                if (f && f->of == brood)
                        f->n++;
        }
}

static uint64_t
swarm_took_kib(struct family *table, int32_t of)
{
        const struct family *f = of != 0 ? family_of(table, of) : NULL;

        return f && f->of == of && f->n >= SWARM_MIN ? f->took_kib : 0;
}

/* How large the largest is that it took memory with. */
static uint32_t
count_kin(struct census *c, const struct row *r, struct family *table)
{
        const int32_t of[] = { r->ppid, -grandparent(c, r), brood_of(c, r) };
        uint32_t n = 1;

        for (unsigned i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
                const struct family *f = of[i] != 0 ? family_of(table, of[i]) : NULL;

                if (f && f->of == of[i] && f->n > n)
                        n = f->n;
        }
        return n;
}

/*
 * Who switches swap off has next to no memory, and no place on a roster by that: by its name it is
 * found among all.
 */
static int32_t
find_swapoff(const struct census *c)
{
        char text[PROC_NAME_MAX + 1];

        for (uint32_t i = 0; i < c->n; i++) {
                ssize_t n = procfs_read(c->proc_fd, c->row[i].pid, 0, "comm", text, sizeof(text));

                if (n == (ssize_t)sizeof(SWAPOFF_LINE) - 1 &&
                    memcmp(text, SWAPOFF_LINE, (size_t)n) == 0)
                        return c->row[i].pid;
        }
        return 0;
}

/* Worth of a closer look: size, what it would take next, and what its swarm took with it. */
static uint64_t
row_weight(struct census *c, const struct row *r, struct family *table)
{
        uint64_t weight =
                (uint64_t)census_row_kib(r) + (uint64_t)r->growth_kibps * CENSUS_HORIZON_S;

        if (r->pid == c->swapoff_pid)
                return UINT64_MAX;
        if (row_took(c, r) == 0)
                return weight;
        weight = larger(weight, swarm_took_kib(table, r->ppid));
        weight = larger(weight, swarm_took_kib(table, brood_of(c, r)));
        return larger(weight, swarm_took_kib(table, -grandparent(c, r)));
}

/* The heaviest first.  Insertion: most rows are lighter than the last of the picks. */
static uint32_t
pick_add(struct pick *list, uint32_t n, uint32_t max, struct pick p)
{
        uint32_t at = n;

        if (n == max && p.weight <= list[n - 1].weight)
                return n;
        if (n < max)
                n++;
        else
                at = n - 1;
        for (; at > 0 && list[at - 1].weight < p.weight; at--)
                list[at] = list[at - 1];
        list[at] = p;
        return n;
}

static bool
is_picked(const struct pick *list, uint32_t n, uint32_t row)
{
        for (uint32_t i = 0; i < n; i++)
                if (list[i].row == row)
                        return true;
        return false;
}

/*
 * Who has most of his own has a place, whatever others show: three hundred backends that share
 * 8 GiB would leave none to the one process that takes memory.
 */
static void
place_owners(struct pick *list, const struct pick *own, uint32_t n_own)
{
        uint32_t end = ROSTER_MAX;

        for (uint32_t i = 0; i < n_own; i++) {
                if (is_picked(list, ROSTER_MAX, own[i].row))
                        continue;
                do
                        end--;
                while (is_picked(own, n_own, list[end].row));
                list[end] = own[i];
        }
}

static uint32_t
rank(struct census *c, struct family *table, struct pick *ret)
{
        struct pick *own = c->work.rank.own;
        uint32_t n = 0, n_own = 0;

        for (uint32_t i = 0; i < c->n; i++) {
                const struct row *r = &c->row[i];
                uint64_t next_kib = (uint64_t)r->growth_kibps * CENSUS_HORIZON_S;

                n = pick_add(ret, n, ROSTER_MAX, (struct pick){ row_weight(c, r, table), i });
                n_own = pick_add(own, n_own, CENSUS_OWN,
                                 (struct pick){ row_own_kib(c, r) + next_kib, i });
        }
        if (n == ROSTER_MAX)
                place_owners(ret, own, n_own);
        return n;
}

/*
 * One that stood on no roster that is in use.  Not simply on none since that of the flight: a group
 * that takes its time keeps that in use, and whoever came and went meanwhile would fill the places.
 */
static bool
is_done_with(const struct census *c, const struct follow *f, uint64_t done)
{
        bool flies = c->flight != 0 && f->first <= c->flight && c->flight <= f->used;

        return f->pid != 0 && !f->wanted && f->used < done && !flies;
}

static void
release_old(struct census *c, uint64_t done)
{
        for (uint32_t i = 0; i < CENSUS_FOLLOWS; i++) {
                struct follow *f = &c->follow[i];

                if (is_done_with(c, f, done))
                        follow_end(c, f);
                f->wanted = false;
        }
}

/* Nobody is on it yet. */
static void
begin(const struct census *c, uint64_t now_us, struct roster *ret)
{
        ret->made_us = now_us;
        ret->n_seen = c->n_seen;
        ret->shmem_stays = census_shmem_stays(c);
        ret->n = 0;
        ret->rest_kib = c->unkept_kib;
        ret->protected_kib = 0;
        memcpy(ret->mark, c->mark, sizeof(ret->mark));
        for (uint32_t i = 0; i < c->n; i++)
                ret->rest_kib += census_row_kib(&c->row[i]);
}

static void
make(struct census *c, uint64_t now_us, struct follow *passer, struct roster *ret)
{
        struct family *table = c->work.rank.family;
        struct pick *pick = c->work.rank.pick;
        uint32_t n;

        begin(c, now_us, ret);
        c->swapoff_pid = c->swapoff ? find_swapoff(c) : 0;
        count_families(c, table);
        n = rank(c, table, pick);
        for (uint32_t i = 0; i < n; i++) {
                struct row *r = &c->row[pick[i].row];
                struct candidate *to = &ret->c[ret->n];
                struct proc_stat st;
                struct follow *f;

                ret->rest_kib -= census_row_kib(r);
                f = follow_row(c, r, &st, passer);
                if (!f) {
                        /* Nothing if it has gone; else there was no place to follow it from. */
                        ret->rest_kib += census_row_kib(r);
                        continue;
                }
                fill(c, r, f, &st, now_us, to);
                to->kin = count_kin(c, r, table);
                if (i < ASK_FROZEN)
                        to->frozen = identity_frozen(c->proc_fd, r->pid);
                if (to->standing.effect == RULE_PROTECT)
                        ret->protected_kib += blame_own_kib(to);
                ret->n++;
        }
}

void
follow_build(struct census *c, uint64_t now_us, uint64_t done, struct roster *ret)
{
        c->built++;
        release_old(c, done);
        make(c, now_us, NULL, ret);
}

void
follow_adopt(struct census *c, struct roster *r, const struct roster *before)
{
        if (!asks_for_command_lines(c))
                return;
        for (uint32_t i = 0; i < r->n; i++) {
                const struct candidate *b = roster_find(before, &r->c[i]);
                struct follow *f = b ? follow_find(c, b->pid, b->start_ticks) : NULL;

                if (!f)
                        continue;
                f->standing = b->standing;
                r->c[i].standing = b->standing;
        }
}

void
follow_keep_past(struct census *c, const struct roster *r)
{
        for (uint32_t i = 0; i < r->n; i++) {
                const struct candidate *from = &r->c[i];
                struct row *to = census_find(c, from->pid);

                if (!to || to->start_ticks != from->start_ticks)
                        continue;
                to->first_kib = (uint32_t)from->first_kib;
                to->shmem_kib = (uint32_t)from->shmem_kib;
                to->mapped_mib = from->mapped_mib;
                for (unsigned m = 0; m < MARK_MAX; m++) {
                        to->mark_kib[m] = from->mark_kib[m];
                        to->mark_shmem_mib[m] = (uint16_t)(from->mark_shmem_kib[m] / 1024);
                        to->mark_above_mib[m] = (uint16_t)(from->mark_above_kib[m] / 1024);
                }
        }
}

void
follow_nobody(struct census *c, uint64_t now_us, uint64_t done, struct roster *ret)
{
        c->built++;
        release_old(c, done);
        begin(c, now_us, ret);
}

void
follow_show(struct census *c, uint64_t now_us, struct roster *ret)
{
        struct follow passer;

        make(c, now_us, &passer, ret);
        for (uint32_t i = 0; i < ret->n; i++)
                ret->c[i].size_fd = ret->c[i].pidfd = -1;
}

void
follow_end_all(struct census *c)
{
        for (uint32_t i = 0; i < CENSUS_FOLLOWS; i++)
                if (c->follow[i].pid != 0)
                        follow_end(c, &c->follow[i]);
}
