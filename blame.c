/* SPDX-License-Identifier: MIT */
/*
 * Owns the comparison of sizes now with sizes then.  Never judges weight, rules or age: that is
 * victim.c's.
 */
#include "blame.h"

#include <string.h>

#include "number.h"

/* Of several that run away at once each took at least this part of what is missing. */
#define SEVERAL_PART 8u
/* Each member of a swarm that is ended took at least this part of what they took on average: forty
 * tabs of a browser have grown by a page or two each when three of them leak. */
#define MEMBER_PART 8u
/* Of what is missing at least this part must be left when what was only taken back is not counted:
 * of 3200 MiB a job had taken 2850, all but 150 of it back, and a browser that had grown by 180 was
 * no culprit. */
#define REST_PART 4u

uint32_t
blame_swap_bp(const struct sample *s)
{
        uint64_t used_kib = sub_floor(s->mem.swap_total_kib, s->mem.swap_free_kib);
        uint64_t zram_kib = sub_floor(s->zram_total_kib, s->zram_free_kib);

        if (zram_kib > used_kib)
                zram_kib = used_kib;
        if (zram_kib == 0 || (s->zram_ratio_bp == 0 && s->zram_cost_kib == 0))
                return 0;
        uint64_t worth_bp = s->zram_cost_kib > 0 ? mul_div(s->zram_cost_kib, 10000, zram_kib)
                                                 : 10000u * (uint64_t)10000 / s->zram_ratio_bp;

        if (worth_bp > 10000)
                worth_bp = 10000;
        return (uint32_t)(zram_kib * worth_bp / used_kib);
}

/*
 * Of anonymous memory and swap, the part that is not the parent's beyond doubt.  A fork shows all
 * of its parent's pages as its own (512 MB of which it gives back 8 KiB), until it grows.
 */
static uint64_t
grown_kib(const struct candidate *c)
{
        uint64_t all_kib = c->anon_kib + c->swap_kib;

        if (!c->cow)
                return all_kib;
        return larger(sub_floor(all_kib, c->parent_kib), sub_floor(all_kib, c->first_kib));
}

static uint64_t
copied_kib(const struct candidate *c)
{
        return c->cow ? c->copied_kib : 0;
}

static uint64_t
private_kib(const struct candidate *c)
{
        return smaller(grown_kib(c) + copied_kib(c), c->anon_kib + c->swap_kib);
}

static uint64_t
shared_kib(const struct candidate *c)
{
        return c->shmem_kib / (c->sharers ? c->sharers : 1);
}

uint64_t
blame_own_kib(const struct candidate *c)
{
        return private_kib(c) + shared_kib(c) + c->pagetables_kib;
}

struct give_back
blame_gives(const struct candidate *c, uint32_t swap_bp)
{
        uint64_t all_kib = c->anon_kib + c->swap_kib, own_kib = grown_kib(c);
        uint64_t own_swap_kib = all_kib ? c->swap_kib * own_kib / all_kib : 0;
        /* Copies are what has just been written: in memory, as far as it has so much there. */
        uint64_t mem_kib = smaller(own_kib - own_swap_kib + copied_kib(c), c->anon_kib);
        uint64_t swap_kib = private_kib(c) - mem_kib;

        return (struct give_back){
                .mem_kib = mem_kib + c->pagetables_kib + shared_kib(c) + swap_kib * swap_bp / 10000,
                .swap_kib = swap_kib,
        };
}

bool
blame_lifts(const struct verdict *v, const struct sample *s, const struct give_back *g)
{
        if (v->available_kib + s->arc_kib + g->mem_kib > verdict_well_kib(v))
                return true;
        /* Where there is swap enough, and memory stands still, what is in swap is no trouble. */
        return v->swap_total_kib > 0 && v->swap_free_kib <= v->swap_warn_kib &&
               v->swap_free_kib + g->swap_kib > v->swap_warn_kib;
}

/*
 * Who goes on took at least this part of a step of late, and of what all took then.  A heap that is
 * collected every three seconds had taken 99 of the 122 MiB that were missing of late, and a leak
 * beside it 23: half a minute before the heap had been as large, and the leak smaller by 300.
 */
#define GOES_ON_STEPS 4u
#define GOES_ON_PART  4u
/* Who took at most this part of a step of late stands: a child of a swarm grows by little. */
#define STANDS_STEPS 32u

/*
 * Who has taken at most this part of what he had at a longer mark may be the straw on a camel's
 * back: a browser of 315 MiB took 21 in the last third of a second, and a leak of 2 MiB a second
 * had taken 208.  He is, if he took at least a part of that of late, as an old and slow leak did
 * not, which grows by little of itself, too; and if who goes on took so many times as much.
 */
#define STRAW_PART  8u
#define STRAW_LATE  4u
#define STRAW_TIMES 2u

/* What is asked of one mark, so that the searches below need not be told five things each. */
struct question {
        const struct roster *r;
        const struct verdict *v;
        const struct sample *s;
        unsigned mark;
        uint64_t missing_kib;
        uint64_t half_kib; /* took at least this */
        uint32_t swap_bp;
        bool anew;           /* what somebody only took back does not count */
        bool others_do;      /* whom a rule avoids is not to blame: others would do */
        const bool *goes_on; /* by the roster's indices: nobody else is to blame; NULL: anybody */
        bool (*same_swarm)(const struct roster *r, const struct candidate *a,
                           const struct candidate *b);
};

/*
 * What it shows more than it did at a mark, the question's or another one, as far as that is its
 * own.  Sizes of then are of what it showed: a worker that shares 500 MiB with its parent and has
 * leaked 450 since took 450, not the nothing that its own 450 of now are more than those 500.  And
 * whoever touches more of what all of them share took his part of that, whatever he has had of his
 * own all along.
 *
 * Nothing new is what it had had a moment before, given away and took back: a program that threw
 * 17 MiB of its 140 away and took them again all the time had taken all of the last 14 that were
 * missing, beside a leak that had taken 12 of them, and 180.
 */
static uint64_t
took_kib(const struct question *q, const struct candidate *c, unsigned mark)
{
        /* In whole MiB, as at the mark: what is beyond is no growth. */
        uint64_t whole_kib = c->shmem_kib / 1024 * 1024;
        uint64_t shown_kib = sub_floor(candidate_size_kib(c), whole_kib);
        uint64_t then_kib = sub_floor(c->mark_kib[mark], c->mark_shmem_kib[mark]);
        uint64_t shared_grown_kib = sub_floor(whole_kib, c->mark_shmem_kib[mark]);

        if (q->anew)
                then_kib += c->mark_above_kib[mark];
        uint64_t more_kib = sub_floor(shown_kib, then_kib);

        /* Copies do not show. */
        if (c->cow)
                more_kib += c->copied_since_kib[mark];
        return smaller(more_kib, private_kib(c) + c->pagetables_kib) +
               shared_grown_kib / (c->sharers ? c->sharers : 1);
}

/*
 * A machine that has stood below WARN is as well as it can be with what it had there: 450 MiB that
 * a leak took of 960 never lift it above 1024, and the browser that had filled it hours before was
 * blamed.  But for a quarter: what the kernel keeps of a process is missing, and is not its own.
 */
static bool
ends_it(const struct question *q, const struct give_back *g)
{
        return blame_lifts(q->v, q->s, g) ||
               (q->r->mark[q->mark].plateau &&
                g->mem_kib + g->swap_kib >= q->missing_kib - q->missing_kib / 4);
}

/* The avoided are ended only where nobody else's end would lift memory, whatever they took. */
static bool
may_be_blamed(const struct question *q, const struct candidate *c)
{
        return candidate_eligible(c) && !(q->others_do && c->standing.effect == RULE_AVOID) &&
               (!q->goes_on || q->goes_on[c - q->r->c]);
}

static bool
others_do(const struct question *q)
{
        for (uint32_t i = 0; i < q->r->n; i++) {
                const struct candidate *c = &q->r->c[i];
                struct give_back g = blame_gives(c, q->swap_bp);

                if (candidate_eligible(c) && c->standing.effect != RULE_AVOID &&
                    blame_lifts(q->v, q->s, &g))
                        return true;
        }
        return false;
}

/* Services and applications that a service manager has started have it for a parent and nothing
 * else in common; init is the parent of whoever has lost his, too. */
static bool
siblings(const struct roster *r, const struct candidate *a, const struct candidate *b)
{
        (void)r;
        return a->exe_id != 0 && a->exe_id == b->exe_id && a->ppid == b->ppid &&
               (a->ppid > 1 || a->pgrp == b->pgrp) && strcmp(a->unit, b->unit) == 0;
}

/*
 * Started as one job: make's compilers have a shell or a driver of their own for a parent.  The
 * same programs in other terminals have the same grandparent too, but are no part of the job.
 */
static bool
cousins(const struct roster *r, const struct candidate *a, const struct candidate *b)
{
        (void)r;
        return a->exe_id != 0 && a->exe_id == b->exe_id && a->gppid > 1 && a->gppid == b->gppid &&
               a->pgrp > 0 && a->pgrp == b->pgrp;
}

/*
 * However they descend from each other, of one job, and all of them started since all was well: a
 * bomb of forks, or make below make without a limit.  A program of many processes that has been
 * there for a while is none of that.
 */
static bool
brood(const struct roster *r, const struct candidate *a, const struct candidate *b)
{
        return r->mark[MARK_CALM].boot_us != 0 && a->mark_kib[MARK_CALM] == 0 &&
               b->mark_kib[MARK_CALM] == 0 && a->exe_id != 0 && a->exe_id == b->exe_id &&
               a->pgrp > 0 && a->pgrp == b->pgrp;
}

/* Whether a took more than b; of equals it is the younger, so that the order of the roster does not
 * matter. */
static bool
took_more(const struct question *q, uint32_t a, uint32_t b)
{
        const struct candidate *ca = &q->r->c[a], *cb = &q->r->c[b];
        uint64_t kib_a = took_kib(q, ca, q->mark), kib_b = took_kib(q, cb, q->mark);

        if (kib_a != kib_b)
                return kib_a > kib_b;
        if (ca->start_ticks != cb->start_ticks)
                return ca->start_ticks > cb->start_ticks;
        return ca->pid > cb->pid;
}

static bool
blame_one(const struct question *q, struct blame *ret)
{
        uint64_t most_kib;
        int who = -1;

        for (uint32_t i = 0; i < q->r->n; i++)
                if (may_be_blamed(q, &q->r->c[i]) && (who < 0 || took_more(q, i, (uint32_t)who)))
                        who = (int)i;
        if (who < 0)
                return false;
        most_kib = took_kib(q, &q->r->c[who], q->mark);
        if (most_kib == 0 || most_kib < q->half_kib)
                return false;
        struct give_back g = blame_gives(&q->r->c[who], q->swap_bp);

        if (!ends_it(q, &g))
                return false;
        ret->took_kib = most_kib;
        ret->who.n = 1;
        ret->who.member[0] = (uint8_t)who;
        return true;
}

/* Puts a member where it belongs: the one that took most comes first. */
static void
group_add(const struct question *q, struct group *who, uint32_t i)
{
        uint32_t at = who->n++;

        for (; at > 0 && took_more(q, i, who->member[at - 1]); at--)
                who->member[at] = who->member[at - 1];
        who->member[at] = (uint8_t)i;
}

/* True when it took so much since the mark, or since a usual one before it that was ever set. */
static bool
took_its_part(const struct question *q, const struct candidate *c, uint64_t part_kib)
{
        for (unsigned mark = q->mark; mark <= MARK_CALM; mark++)
                if (q->r->mark[mark].boot_us != 0 && took_kib(q, c, mark) >= part_kib)
                        return true;
        return false;
}

/* What a member of the swarm of candidate `of` took at least, to be one of the guilty. */
static uint64_t
member_part_kib(const struct question *q, uint32_t of)
{
        uint64_t took = 0;
        uint32_t n = 0;

        for (uint32_t i = 0; i < q->r->n; i++) {
                if (!q->same_swarm(q->r, &q->r->c[i], &q->r->c[of]))
                        continue;
                took += took_kib(q, &q->r->c[i], q->mark);
                n++;
        }
        return n ? larger(took / n / MEMBER_PART, 1) : 1;
}

/*
 * The swarm that candidate `of` belongs to.  Only those that took their part are to be ended, but a
 * member that has paused for a moment is as guilty as the others.
 */
static uint32_t
gather(const struct question *q, uint32_t of, struct group *who, uint64_t *ret_took,
       struct give_back *ret_gives)
{
        uint64_t part_kib = member_part_kib(q, of);
        uint32_t n_all = 0;

        who->n = 0;
        *ret_took = 0;
        *ret_gives = (struct give_back){ 0 };
        for (uint32_t i = 0; i < q->r->n; i++) {
                const struct candidate *c = &q->r->c[i];
                uint64_t kib = took_kib(q, c, q->mark);

                if (!q->same_swarm(q->r, c, &q->r->c[of]))
                        continue;
                n_all++;
                if (!took_its_part(q, c, part_kib) || !may_be_blamed(q, c))
                        continue;
                struct give_back g = blame_gives(c, q->swap_bp);

                *ret_took += kib;
                ret_gives->mem_kib += g.mem_kib;
                ret_gives->swap_kib += g.swap_kib;
                group_add(q, who, i);
        }
        return n_all;
}

/* By descent or by job, whatever program it is. */
static bool
related(const struct candidate *a, const struct candidate *b)
{
        return a->ppid == b->ppid || (a->gppid > 1 && a->gppid == b->gppid) ||
               (a->pgrp > 0 && a->pgrp == b->pgrp);
}

/*
 * How many there are of the swarm of `c`, of which `n_all` are on the roster: of all its relatives
 * the part that the swarm has of those on it.
 */
static uint32_t
swarm_size(const struct roster *r, const struct candidate *c, uint32_t n_all)
{
        uint32_t n_related = 0;

        for (uint32_t i = 0; i < r->n; i++)
                n_related += related(&r->c[i], c) ? 1 : 0;
        return n_related > n_all ? (uint32_t)((uint64_t)c->kin * n_all / n_related) : c->kin;
}

/*
 * Where there are more of them than fit on the roster, the `n_all` that are on it stand for the
 * others: of 374 that took 337 MiB it had 128, with 124.
 */
static uint64_t
enough_kib(const struct question *q, const struct group *who, uint32_t n_all)
{
        if (who->n < ROSTER_MAX / 2)
                return q->half_kib;
        uint32_t n = swarm_size(q->r, &q->r->c[who->member[0]], n_all);

        if (n <= n_all)
                return q->half_kib;
        return mul_div(q->half_kib, n_all > n / 2 ? n_all : n / 2, n);
}

static bool
blame_swarm(const struct question *q, struct blame *ret)
{
        struct group who;
        struct give_back g;
        uint64_t took;
        uint32_t n_all;
        bool found = false;

        ret->took_kib = 0;
        for (uint32_t i = 0; i < q->r->n; i++) {
                bool first = true;

                for (uint32_t j = 0; j < i && first; j++)
                        first = !q->same_swarm(q->r, &q->r->c[j], &q->r->c[i]);
                if (!first)
                        continue;
                n_all = gather(q, i, &who, &took, &g);
                if (n_all < SWARM_MIN || who.n == 0 || took < enough_kib(q, &who, n_all) ||
                    took < ret->took_kib || !ends_it(q, &g))
                        continue;
                if (found && took == ret->took_kib &&
                    !took_more(q, who.member[0], ret->who.member[0]))
                        continue;
                ret->took_kib = took;
                ret->who = who;
                found = true;
        }
        return found;
}

/*
 * A few that run away at once, none of which took half: two thirds of a machine may be steady, and
 * by its weight it would be ended first.  The one of them that took most goes, if together they
 * took half, and ending all of them would end the shortage.
 */
static bool
blame_several(const struct question *q, struct blame *ret)
{
        uint64_t part_kib = larger(q->half_kib * 2, q->missing_kib) / SEVERAL_PART, took = 0;
        struct give_back gives = { 0 };
        int who = -1;

        for (uint32_t i = 0; i < q->r->n; i++) {
                const struct candidate *c = &q->r->c[i];
                uint64_t kib = took_kib(q, c, q->mark);

                if (!may_be_blamed(q, c) || kib == 0 || kib < part_kib)
                        continue;
                struct give_back g = blame_gives(c, q->swap_bp);

                took += kib;
                gives.mem_kib += g.mem_kib;
                gives.swap_kib += g.swap_kib;
                if (who < 0 || took_more(q, i, (uint32_t)who))
                        who = (int)i;
        }
        if (who < 0 || took < q->half_kib || !ends_it(q, &gives))
                return false;
        ret->took_kib = took_kib(q, &q->r->c[who], q->mark);
        ret->who.n = 1;
        ret->who.member[0] = (uint8_t)who;
        return true;
}

/* Less is too little to say who is running away.  Where the machine had stood for long, half as
 * much tells. */
static uint64_t
least_missing_kib(const struct mark *m, const struct verdict *v)
{
        return verdict_step_kib(v) / (m->plateau ? 2 : 1);
}

/* What has gone missing since a mark; 0 when it is too little. */
static uint64_t
missing_kib(const struct mark *m, const struct verdict *v)
{
        uint64_t kib = sub_floor(m->supply_kib, v->supply_kib);

        return m->boot_us != 0 && kib >= least_missing_kib(m, v) ? kib : 0;
}

bool
blame_tmpfs(const struct roster *r, const struct verdict *v, const struct sample *s)
{
        for (unsigned m = 0; m <= MARK_CALM; m++) {
                uint64_t kib = missing_kib(&r->mark[m], v);

                if (kib > 0)
                        return sub_floor(s->mem.shmem_kib, r->mark[m].shmem_kib) >= kib / 2;
        }
        return false;
}

static bool
blame_one_or_swarm(const struct question *q, struct blame *ret)
{
        struct question families = *q, jobs = *q, broods = *q;

        families.same_swarm = siblings;
        jobs.same_swarm = cousins;
        broods.same_swarm = brood;
        return blame_one(q, ret) || blame_swarm(&families, ret) || blame_swarm(&jobs, ret) ||
               blame_swarm(&broods, ret);
}

/*
 * How much more those who may be ended only took back since the mark than they gave away: by so
 * much the supply was higher then, for a moment.  24 MiB were missing since one, of which 16 were
 * such a swing; a leak had taken the other 7, and that was no half of 24.
 */
static uint64_t
back_kib(const struct question *q)
{
        struct question all = *q;
        uint64_t retaken_kib = 0, given_kib = 0;

        all.anew = false;
        for (uint32_t i = 0; i < q->r->n; i++) {
                const struct candidate *c = &q->r->c[i];

                if (!candidate_eligible(c))
                        continue;
                retaken_kib += took_kib(&all, c, q->mark) - took_kib(q, c, q->mark);
                given_kib += sub_floor(c->mark_kib[q->mark], candidate_size_kib(c));
        }
        return sub_floor(retaken_kib, given_kib);
}

/* What is missing since the question's mark: without what was only taken back, where the rest is
 * more than noise. */
static uint64_t
asked_kib(const struct question *q)
{
        const struct mark *m = &q->r->mark[q->mark];
        uint64_t kib = missing_kib(m, q->v);

        if (!q->anew || kib == 0)
                return kib;
        uint64_t rest_kib = sub_floor(kib, back_kib(q));

        return rest_kib >= larger(least_missing_kib(m, q->v), kib / REST_PART) ? rest_kib : kib;
}

/* Asks at each usual mark, the latest first, and leaves the one that answers in the question. */
static bool
ask_marks(struct question *q, bool (*ask)(const struct question *q, struct blame *ret),
          struct blame *ret)
{
        for (q->mark = 0; q->mark <= MARK_CALM; q->mark++) {
                *ret = (struct blame){
                        .missing_kib = asked_kib(q),
                        .since_wall_s = q->r->mark[q->mark].wall_s,
                };
                q->missing_kib = ret->missing_kib;
                q->half_kib = q->missing_kib / 2;
                if (ret->missing_kib == 0)
                        continue;
                if (ask(q, ret)) {
                        /* Others gave back meanwhile: it took all that is missing, and no more. */
                        ret->took_kib = smaller(ret->took_kib, ret->missing_kib);
                        return true;
                }
                /* Where the machine has stood since, what lies further back is not asked for before
                 * what was only taken back counts. */
                if (q->anew && q->r->mark[q->mark].plateau)
                        return false;
        }
        return false;
}

/* The oldest usual mark that is later than a longer one; MARK_MAX: none is. */
static unsigned
mark_of_late(const struct roster *r, unsigned longer)
{
        for (unsigned m = MARK_CALM + 1; m-- > 0;)
                if (r->mark[m].boot_us > r->mark[longer].boot_us)
                        return m;
        return MARK_MAX;
}

/* `but` is none of them, unless it is NULL. */
static void
find_who_goes_on(const struct question *q, unsigned late, const struct candidate *but, bool *ret)
{
        uint64_t all_kib = 0;

        for (uint32_t i = 0; i < q->r->n; i++)
                if (candidate_eligible(&q->r->c[i]))
                        all_kib += took_kib(q, &q->r->c[i], late);
        uint64_t least_kib =
                larger(larger(verdict_step_kib(q->v) / GOES_ON_STEPS, all_kib / GOES_ON_PART), 1);

        for (uint32_t i = 0; i < q->r->n; i++)
                ret[i] = candidate_eligible(&q->r->c[i]) && &q->r->c[i] != but &&
                         took_kib(q, &q->r->c[i], late) >= least_kib;
}

/*
 * What whoever goes on must have taken since a longer mark: half of what all of them took, half of
 * what is missing but for swings and for what those took who have stood since, and enough of the
 * whole to be worth a thought.
 */
static uint64_t
longer_half_kib(const struct question *q, unsigned late)
{
        uint64_t going_kib = 0, stood_kib = 0;

        for (uint32_t i = 0; i < q->r->n; i++) {
                const struct candidate *c = &q->r->c[i];
                uint64_t kib = took_kib(q, c, q->mark);

                if (q->goes_on[i])
                        going_kib += kib;
                else if (candidate_eligible(c) &&
                         took_kib(q, c, late) <= verdict_step_kib(q->v) / STANDS_STEPS)
                        stood_kib += kib;
        }
        uint64_t rest_kib = sub_floor(q->missing_kib, back_kib(q) + stood_kib);

        return larger(larger(going_kib, rest_kib) / 2, q->missing_kib / SEVERAL_PART);
}

/* Took most since `found`.  What counts is its own: what a worker shares with its parent it has not
 * had for long, but not at all. */
static bool
may_be_straw(const struct question *q, const struct candidate *c, unsigned found)
{
        uint64_t kib = took_kib(q, c, q->mark);

        return q->r->mark[found].boot_us > q->r->mark[q->mark].boot_us &&
               took_kib(q, c, found) >= kib / STRAW_LATE &&
               kib <= sub_floor(blame_own_kib(c), kib) / STRAW_PART;
}

/*
 * Where the usual marks lie within one swing of somebody, they say little: a leak beside it took
 * less since than he did.  Over half a minute or a whole one he took nothing, and it did.  The same
 * is asked where `straw`, unless it is NULL, took most since the mark of the question.
 */
static bool
ask_longer(struct question q, const struct candidate *straw, struct blame *ret)
{
        bool goes_on[ROSTER_MAX];
        unsigned found = q.mark;

        q.goes_on = goes_on;
        for (q.mark = MARK_HALF; q.mark <= MARK_MINUTE; q.mark++) {
                const struct mark *m = &q.r->mark[q.mark];
                unsigned late = mark_of_late(q.r, q.mark);

                q.missing_kib = missing_kib(m, q.v);
                if (q.missing_kib == 0 || late == MARK_MAX ||
                    (straw && !may_be_straw(&q, straw, found)))
                        continue;
                find_who_goes_on(&q, late, straw, goes_on);
                q.half_kib = longer_half_kib(&q, late);
                if (straw)
                        q.half_kib = larger(q.half_kib, took_kib(&q, straw, q.mark) * STRAW_TIMES);
                *ret = (struct blame){ .missing_kib = q.missing_kib, .since_wall_s = m->wall_s };
                if (blame_one(&q, ret) || blame_several(&q, ret)) {
                        ret->took_kib = smaller(ret->took_kib, ret->missing_kib);
                        return true;
                }
        }
        return false;
}

static bool
ask_all(struct question *q, struct blame *ret)
{
        return ask_marks(q, blame_one_or_swarm, ret) || ask_marks(q, blame_several, ret);
}

struct blame
blame_find(const struct roster *r, const struct verdict *v, const struct sample *s)
{
        struct question q = { .r = r, .v = v, .s = s, .swap_bp = blame_swap_bp(s), .anew = true };
        struct blame b, longer;

        q.others_do = others_do(&q);
        if (ask_all(&q, &b))
                return b.who.n == 1 && ask_longer(q, &r->c[b.who.member[0]], &longer) ? longer : b;
        if (ask_longer(q, NULL, &b))
                return b;
        q.anew = false;
        return ask_all(&q, &b) ? b : (struct blame){ 0 };
}
