/* SPDX-License-Identifier: MIT */
/*
 * Owns the loop.  Never writes a log, never resolves a name, never waits
 * for the errand thread.
 */
#include "guard.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "choice.h"
#include "flight.h"
#include "number.h"
#include "roster.h"

/*
 * Sizes on the roster are read so often, and oftener only where memory falls fast: with swap all
 * 128 of them would cost 0.8 ms.
 */
#define REFRESH_US      100000u
#define REFRESH_FAST_US 20000u
/* While CALM the slower files are looked at so often: who is ended inside of a limit must be seen
 * before memory gets low, or it would count as one that came too late here. */
#define DEEP_US 1000000u
/* So long before TERM a roster is wanted as soon as can be. */
#define NEAR_US 5000000u
/* How things stand is told so often. */
#define STATE_US 1000000u
/* What the kernel ends inside of limits, which may be many a second, is told so often. */
#define LIMITED_US 60000000u
/* A file that is bad now and then is said to be bad once, not each time. */
#define FAULT_OVER_US 5000000u
/* ppoll(2) on ten descriptors or more allocates a page every time. */
#define POLLED_VICTIMS 4u

void
guard_wake_errand(const struct guard *g)
{
        uint64_t one = 1;

        /* Only ever full when it has not been read: then there is nothing more to say. */
        (void)!write(g->share->errand_fd, &one, sizeof(one));
}

struct record
guard_record(const struct guard *g, enum record_kind kind)
{
        struct record rec = { .kind = kind };

        rec.sample = g->sample;
        rec.verdict = g->verdict;
        return rec;
}

void
guard_post(struct guard *g, const struct record *rec)
{
        (void)ring_put(&g->share->ring, rec);
        guard_wake_errand(g);
}

/* ---- news from the errand thread ---- */

void
guard_publish_use(struct guard *g)
{
        /* In this order: whoever sees the newer roster in use sees what is still in flight, too. */
        atomic_store(&g->share->flight_seq, g->watch.state != WATCH_IDLE ? g->flight.seq : 0);
        atomic_store(&g->share->used_seq, g->roster ? g->roster->seq : 0);
}

static void
take_news(struct guard *g)
{
        struct numbered_roster *next = NULL;
        const struct policy *policy = atomic_load(&g->share->policy);

        if (policy != g->policy) {
                census_set_policy(&g->own, policy);
                g->policy_n = atomic_load(&g->share->policy_n);
                g->policy = policy;
                atomic_store(&g->share->policy_used, policy);
        }
        /* Nearly always there is none, and looking is cheaper than taking. */
        if (atomic_load(&g->share->next_roster))
                next = atomic_exchange(&g->share->next_roster, NULL);
        if (!next)
                return;
        if (g->roster)
                roster_adopt(&next->roster, &g->roster->roster);
        g->roster = next;
        guard_publish_use(g);
}

/* ---- sample and decide ---- */

static void
refresh(struct guard *g, struct sample *s)
{
        s->owned_kibps = g->owned_kibps;
        s->rivals = g->rivals;
        if (g->verdict.level < LEVEL_WATCH || !g->roster) {
                s->owned_kibps = 0;
                s->rivals = 0;
                return;
        }
        uint64_t every_us = g->verdict.next_us < DECIDE_TICK_US ? REFRESH_FAST_US : REFRESH_US;

        /* With some slack, so that it is every tick and not every other. */
        if (s->now_us - g->refreshed_us + DECIDE_TICK_MIN_US < every_us)
                return;
        g->owned_kibps = roster_refresh_in_turns(&g->roster->roster, s->now_us);
        s->owned_kibps = g->owned_kibps;
        s->rivals = g->rivals = roster_growers(&g->roster->roster) / g->n_cpu;
        g->refreshed_us = s->now_us;
        flight_count_others(g, s->now_us);
}

static void
look_inside(struct guard *g, struct sample *s)
{
        /* Stored last, so read first: no part is taken for newer than it is. */
        uint64_t told_us = atomic_load(&g->share->inside_us);
        struct inside_look l = {
                .now_us = s->now_us,
                .refault = s->refault,
                .boxed = g->sampler.boxed,
                .direct = g->sampler.direct,
                .stalls = g->sampler.stalls,
                .tight = g->verdict.tight || g->verdict.available_kib <= g->verdict.term_kib,
                .told_bp = atomic_load(&g->share->inside_bp),
                .told_steal_bp = atomic_load(&g->share->inside_steal_bp),
                .told_us = told_us,
        };

        inside_count(&g->inside, &l);
        s->inside = g->inside.shown;
        s->pgsteal -= g->inside.steals;
}

void
guard_look(struct guard *g)
{
        struct sample s;
        bool deep = g->verdict.level >= LEVEL_WATCH || g->verdict.full_bp > 0 ||
                    g->sample.now_us - g->deep_us >= DEEP_US;

        sampler_take(&g->sampler, deep, &s);
        if (deep)
                g->deep_us = s.now_us;
        look_inside(g, &s);
        if (atomic_load(&g->share->swap_barred))
                s.swap_barred_kib = s.mem.swap_free_kib;
        s.after_kill = g->after_kill;
        g->after_kill = false;
        refresh(g, &s);
        g->sample = s;
        g->verdict = decide(g->policy, &g->decide, &g->sample);
        /* What happens must find room in the ring, whoever wants to see every look. */
        if (atomic_load(&g->share->recording) && ring_half_free(&g->share->ring)) {
                struct record rec = guard_record(g, RECORD_SAMPLE);

                guard_post(g, &rec);
        }
}

/* For one writer and a reader that wants the last value: nothing has to be locked for that, ten
 * times a tick. */
#define TELL(field, value) atomic_store_explicit(&sh->field, (value), memory_order_release)

static void
publish(struct guard *g)
{
        struct share *sh = g->share;
        const struct verdict *v = &g->verdict;
        /* At TERM already, each breath of a full machine takes no time to get there. */
        bool near = v->left_us > 0 ? v->left_us < NEAR_US : v->next_us < DECIDE_TICK_US;
        bool hot = v->level >= LEVEL_WATCH &&
                   (v->act >= LEVEL_TERM || near || g->watch.state != WATCH_IDLE);
        bool wake = (hot && !atomic_load(&sh->hot)) ||
                    (g->inside.wanted && !atomic_load(&sh->boxes)) ||
                    (v->swapoff && !atomic_load(&sh->swapoff)) ||
                    atomic_load(&sh->level) != (int)v->level;

        TELL(ticks, atomic_load(&sh->ticks) + 1);
        TELL(settled, v->settled);
        TELL(plateau, v->plateau); /* before the supply: no mark of a movement is one */
        TELL(acting, g->watch.state != WATCH_IDLE);
        TELL(swap, g->sample.mem.swap_total_kib > 0);
        TELL(swapoff, v->swapoff);
        TELL(supply_kib, v->supply_kib);
        TELL(shmem_kib, g->sample.mem.shmem_kib);
        TELL(step_kib, verdict_step_kib(v));
        TELL(hot, hot);
        TELL(boxes, g->inside.wanted);
        TELL(level, (int)v->level);
        if (wake)
                guard_wake_errand(g);
}

/* ---- reports ---- */

static void
report_faults(struct guard *g)
{
        for (unsigned i = 0; i < SAMPLER_N_FILES; i++) {
                bool new = g->sampler.faults[i] != g->fault_seen[i];
                /* Only the two that are read at every look can be seen to recover. */
                bool over = !new && g->fault_told[i] && i <= SAMPLER_PRESSURE &&
                            g->sample.now_us - g->fault_at_us[i] >= FAULT_OVER_US;

                if (new)
                        g->fault_at_us[i] = g->sample.now_us;
                g->fault_seen[i] = g->sampler.faults[i];
                if (!over && (!new || g->fault_told[i]))
                        continue;
                struct record rec = guard_record(g, RECORD_FAULT);

                rec.fault = (struct record_fault){ i, g->sampler.last_error[i],
                                                   g->sampler.faults[i], over };
                g->fault_told[i] = !over;
                guard_post(g, &rec);
        }
}

static void
report_level(struct guard *g)
{
        struct record rec;

        if (g->verdict.dropped) {
                rec = guard_record(g, RECORD_LATE);
                guard_post(g, &rec);
        }
        if (g->verdict.level == g->told)
                return;
        rec = guard_record(g, RECORD_LEVEL);
        rec.was = g->told;
        g->told = g->verdict.level;
        if (g->told < LEVEL_WARN) {
                g->told_nobody = false;
                g->told_dry = 0;
                g->vain = 0;
                g->vain_until_us = 0;
        }
        guard_post(g, &rec);
}

static void
report_state(struct guard *g)
{
        struct record rec;

        if (g->state_us != 0 && g->sample.now_us - g->state_us < STATE_US)
                return;
        g->state_us = g->sample.now_us;
        rec = guard_record(g, RECORD_STATE);
        guard_post(g, &rec);
}

/* A kill of the kernel's own is one that came too late here; while memory is plentiful it is some
 * cgroup's limit, and nobody's fault but its own. */
static void
report_kernel(struct guard *g)
{
        bool low = g->verdict.level >= LEVEL_WARN || g->told >= LEVEL_WARN;
        uint64_t was = g->oom_kill, is = g->sampler.oom_kill;
        uint64_t n = is > was ? is - was : 0;
        struct record rec;

        g->oom_kill = is;
        if (!low) {
                /* Each judged by the moment it was seen in, whenever it is told. */
                g->oom_limited += n;
                n = g->oom_limited;
        }
        if (n == 0)
                return;
        if (!low && g->oom_told_us != 0 && g->sample.now_us - g->oom_told_us < LIMITED_US)
                return;
        if (!low) {
                g->oom_limited = 0;
                g->oom_told_us = g->sample.now_us;
        }
        rec = guard_record(g, RECORD_KERNEL);
        rec.kernel = (struct record_kernel){ n, low };
        guard_post(g, &rec);
}

/* ---- the loop ---- */

uint64_t
guard_tick(struct guard *g)
{
        take_news(g);
        guard_look(g);
        if (g->watch.state != WATCH_IDLE)
                flight_watch(g);
        if (g->watch.state == WATCH_IDLE && g->verdict.act >= LEVEL_TERM)
                flight_act(g);
        publish(g);
        report_kernel(g);
        report_level(g);
        report_faults(g);
        report_state(g);
        return g->verdict.next_us;
}

static void
wait(struct guard *g, uint64_t us)
{
        struct pollfd p[1 + POLLED_VICTIMS] = { { .fd = g->share->loop_fd, .events = POLLIN } };
        struct timespec ts = { .tv_sec = 0, .tv_nsec = (long)us * 1000 };
        nfds_t n = 1;
        uint64_t count;

        if (g->watch.state == WATCH_TERM || g->watch.state == WATCH_KILL)
                for (uint32_t i = 0; i < g->flight.n && n <= POLLED_VICTIMS; i++)
                        if (!g->flight.member[i].gone)
                                p[n++] = (struct pollfd){ .fd = g->flight.member[i].c.pidfd,
                                                          .events = POLLIN };
        if (ppoll(p, n, &ts, NULL) > 0 && p[0].revents)
                (void)!read(g->share->loop_fd, &count, sizeof(count));
}

void
guard_run(struct guard *g)
{
        while (!atomic_load(&g->share->stop))
                wait(g, guard_tick(g));
}

void
guard_rehearse(struct guard *g)
{
        struct choice ch;

        for (uint32_t i = 0; i < GUARD_ROWS; i++)
                g->own_row[i].pid = 0;
        memset(g->own_slot, 0, sizeof(g->own_slot));
        memset(&g->decide, 0, sizeof(g->decide));
        guard_look(g);
        choice_own_scan(g);
        if (g->roster) {
                (void)roster_refresh(&g->roster->roster, g->sample.now_us);
                victim_choose(g->policy, &g->verdict, &g->sample, &g->roster->roster, &ch);
                if (g->roster->roster.n > 0)
                        (void)flight_try(g, &g->roster->roster.c[0]);
        }
        /* Whoever was seen now says nothing of the trouble in which this census is asked. */
        census_forget(&g->own);
        g->roster = NULL;
        g->oom_kill = g->sampler.oom_kill;
        memset(&g->decide, 0, sizeof(g->decide));
        memset(&g->verdict, 0, sizeof(g->verdict));
}

int
guard_open(struct guard *g, struct share *share, const struct policy *policy)
{
        int r;

        long n_cpu = sysconf(_SC_NPROCESSORS_ONLN);

        g->n_cpu = n_cpu > 0 ? (uint32_t)n_cpu : 1;
        g->share = share;
        g->policy = policy;
        g->sampler = (struct sampler)SAMPLER_INIT;
        r = sampler_open(&g->sampler, "/proc", "/sys");
        if (r < 0)
                return r;
        r = census_open(&g->own, "/proc", g->own_row, GUARD_ROWS, g->own_slot, GUARD_SLOTS, 8);
        if (r == 0)
                census_set_policy(&g->own, policy);
        return r;
}

void
guard_close(struct guard *g)
{
        sampler_close(&g->sampler);
        census_close(&g->own);
}
