/* SPDX-License-Identifier: MIT */
/*
 * Owns the group in flight, from the choice to what came back.  Never decides that somebody is to
 * be ended, and says what it did only through the ring.
 */
#include "flight.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "choice.h"
#include "kill.h"
#include "procfs.h"
#include "roster.h"

/* Two kills in a row that gave back less than this part of what was predicted were in vain. */
#define VAIN_PART  4u
#define VAIN_KILLS 2u
/* ... and then nobody is ended for this long, unless candidates go on growing by this. */
#define VAIN_US     30000000u
#define OWNED_KIBPS 1024u
/* In a dry run, from one that would be ended to another. */
#define DRY_US 5000000u
/* Refused ones are struck out and the next is taken, at most so many in one tick. */
#define TRIES 8u

static void
post_flight(struct guard *g, enum record_kind kind)
{
        struct record rec = guard_record(g, kind);

        rec.victim = g->flight.told;
        rec.seq = g->flight.seq;
        for (uint32_t i = 0; i < g->flight.n; i++)
                rec.victim.n_left += !g->flight.member[i].gone;
        guard_post(g, &rec);
}

static bool
in_flight(const struct guard *g, const struct candidate *c)
{
        if (g->watch.state == WATCH_IDLE)
                return false;
        for (uint32_t i = 0; i < g->flight.n; i++)
                if (g->flight.member[i].c.pid == c->pid &&
                    g->flight.member[i].c.start_ticks == c->start_ticks)
                        return true;
        return false;
}

/* What others took while the group in flight was ending: it hides what came back. */
void
flight_count_others(struct guard *g, uint64_t now_us)
{
        const struct roster *r = &g->roster->roster;
        uint64_t kibps = 0;

        if (g->watch.state == WATCH_IDLE)
                return;
        for (uint32_t i = 0; i < r->n; i++)
                if (!in_flight(g, &r->c[i]))
                        kibps += r->c[i].growth_kibps;
        g->flight.others_kib += kibps * ((now_us - g->flight.at_us) / 1000) / 1000;
        g->flight.at_us = now_us;
}

static void
report_nobody(struct guard *g, enum nobody_cause cause)
{
        struct record rec = guard_record(g, RECORD_NOBODY);

        if (g->told_nobody)
                return;
        g->told_nobody = true;
        rec.cause = cause;
        rec.protected_kib = g->roster ? g->roster->roster.protected_kib : 0;
        guard_post(g, &rec);
}

static void
strike(struct guard *g, struct candidate *c)
{
        struct share *sh = g->share;
        uint32_t n = atomic_load(&sh->n_strikes);

        c->struck = true;
        census_strike(&g->own, c->pid, c->start_ticks, c->unopened);
        /* Whoever holds a pidfd of it may still end it. */
        if (c->unopened)
                return;
        sh->strike[n % STRIKES] = (struct strike){ c->pid, c->start_ticks };
        atomic_store(&sh->n_strikes, n + 1);
        guard_wake_errand(g);
}

static int
signal_for(const struct guard *g, const struct candidate *c)
{
        /* When the last one ended and gave nothing back, its memory lives on in somebody else: a
         * hog that forks away on SIGTERM would do so for ever. */
        bool kill = g->vain > 0 || watch_kills_first(g->policy, &g->verdict, c);

        return kill ? SIGKILL : SIGTERM;
}

static void
close_ours(struct candidate *c)
{
        if (!c->pidfd_ours)
                return;
        (void)close(c->pidfd);
        c->pidfd = -1;
        c->pidfd_ours = false;
}

static int
send_to(struct guard *g, struct candidate *c, int sig)
{
        int r;

        if (c->pidfd < 0) {
                c->pidfd = procfs_pidfd(g->own.proc_fd, c->pid, c->start_ticks);
                c->unopened = c->pidfd < 0;
                if (c->unopened)
                        return c->pidfd == -ESRCH || c->pidfd == -ENOENT ? KILL_GONE : c->pidfd;
                c->pidfd_ours = true;
        }
        r = kill_send(c->pidfd, sig);
        if (r == KILL_SENT && sig == SIGTERM && c->stopped)
                (void)kill_send(c->pidfd, SIGCONT);
        if (r != KILL_SENT || sig == 0)
                close_ours(c);
        return r;
}

static void
flight_add(struct guard *g, struct candidate *c)
{
        g->flight.member[g->flight.n++] = (struct flight_member){ .c = *c };
        if (c->pidfd_ours) {
                /* The flight's to close from now on. */
                c->pidfd = -1;
                c->pidfd_ours = false;
        }
}

/* Nobody is in flight any more. */
static void
land(struct guard *g, enum record_kind kind)
{
        post_flight(g, kind);
        for (uint32_t i = 0; i < g->flight.n; i++)
                close_ours(&g->flight.member[i].c);
        guard_publish_use(g);
}

static struct record_victim
tell_victim(const struct guard *g, const struct choice *ch, const struct candidate *lead, int sig)
{
        struct record_victim t = {
                .pid = lead->pid,
                .uid = lead->uid,
                .start_ticks = lead->start_ticks,
                .n = ch->who.n,
                .sig = sig,
                .dry_run = g->dry_run,
                .after_vain = g->vain > 0 && !watch_kills_first(g->policy, &g->verdict, lead),
                .standing = lead->standing,
                .blamed = ch->blamed,
                .swapoff = ch->swapoff,
                .took_kib = ch->blame.took_kib,
                .missing_kib = ch->blame.missing_kib,
                .since_wall_s = ch->blame.since_wall_s,
                .score = ch->score,
                .predicted = ch->gives,
        };

        for (uint32_t i = 0; i < ch->who.n; i++) {
                const struct candidate *c = &g->roster->roster.c[ch->who.member[i]];

                t.size_kib += candidate_size_kib(c);
                t.growth_kibps += c->growth_kibps;
        }
        memcpy(t.name, lead->name, sizeof(t.name));
        memcpy(t.unit, lead->unit, sizeof(t.unit));
        return t;
}

/* The size that the group still shows, and whether all of it has gone. */
static struct watch_look
look_at_flight(struct guard *g)
{
        struct watch_look l = {
                .now_us = g->sample.now_us,
                .gone = true,
                .verdict = &g->verdict,
        };

        for (uint32_t i = 0; i < g->flight.n; i++) {
                struct flight_member *m = &g->flight.member[i];

                if (!m->gone)
                        m->gone = kill_is_gone(m->c.pidfd);
                if (m->gone)
                        continue;
                l.gone = false;
                (void)roster_read(&m->c);
                l.victim_kib += candidate_size_kib(&m->c);
        }
        return l;
}

/* Memory at its end, and whoever has just had SIGKILL may be waiting for some of it. */
static void
make_way(struct guard *g)
{
        if (g->sample.mem.available_kib <= g->verdict.kill_kib)
                reaper_drop_ballast(g->reaper);
}

static void
take_off(struct guard *g, const struct choice *ch, const struct candidate *lead, int sig)
{
        struct watch_look l;

        g->flight.seq = g->roster->seq;
        g->flight.from_mem_kib = g->verdict.available_kib;
        g->flight.from_swap_kib = g->verdict.swap_free_kib;
        g->flight.others_kib = 0;
        g->flight.at_us = g->sample.now_us;
        g->flight.killed = sig == SIGKILL;
        g->flight.told = tell_victim(g, ch, lead, sig);
        g->flight.told.n = g->flight.n;
        g->flight.told.killed = g->flight.killed;
        if (sig == SIGKILL)
                make_way(g);
        l = look_at_flight(g);
        l.expect_kib = ch->gives.mem_kib;
        watch_begin(&g->watch, &l, sig == SIGKILL);
        guard_publish_use(g);
        post_flight(g, RECORD_SIGNAL);
}

static void
would_have(struct guard *g, const struct choice *ch)
{
        const struct candidate *lead = &g->roster->roster.c[ch->who.member[0]];
        struct record rec = guard_record(g, RECORD_SIGNAL);

        /* Nobody ends, so it goes on: that is told once, and another one not at every look. */
        if (g->told_dry == lead->pid ||
            (g->told_dry != 0 && g->sample.now_us - g->told_dry_us < DRY_US))
                return;
        g->told_dry = lead->pid;
        g->told_dry_us = g->sample.now_us;
        rec.victim = tell_victim(g, ch, lead, signal_for(g, lead));
        guard_post(g, &rec);
}

static void
report_refused(struct guard *g, const struct choice *ch, struct candidate *c, int error)
{
        struct record rec = guard_record(g, RECORD_REFUSED);

        rec.victim = tell_victim(g, ch, c, signal_for(g, c));
        rec.victim.error = error;
        guard_post(g, &rec);
}

/* Want of descriptors or of memory is no fault of the candidate: it stays the one to be ended. */
static bool
is_passing(int error)
{
        return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -EAGAIN;
}

/* True when somebody was signalled. */
static bool
kill_group(struct guard *g, const struct choice *ch)
{
        struct candidate *lead = NULL;
        int lead_sig = 0;

        g->flight.n = 0;
        for (uint32_t i = 0; i < ch->who.n; i++) {
                struct candidate *c = &g->roster->roster.c[ch->who.member[i]];
                /* With the first one's SIGKILL no grace time begins, at whose end the others would
                 * have theirs. */
                int sig = lead_sig == SIGKILL ? SIGKILL : signal_for(g, c);
                int r = send_to(g, c, sig);

                if (r == KILL_SENT) {
                        flight_add(g, c);
                        if (!lead) {
                                lead = c;
                                lead_sig = sig;
                        }
                        continue;
                }
                if (is_passing(r))
                        continue;
                strike(g, c);
                if (r != KILL_GONE)
                        report_refused(g, ch, c, r == KILL_REFUSED ? -EPERM : r);
        }
        if (lead)
                take_off(g, ch, lead, lead_sig);
        return lead != NULL;
}

/*
 * True while processes that may be ended are what takes the memory.  Then ending them is not in
 * vain, however little came back: two dozen that leak together take it all before it can be
 * counted, and with nobody ended for half a minute the kernel had to kill twelve of them.
 */
static bool
is_owned(const struct guard *g)
{
        return g->owned_kibps >= OWNED_KIBPS && g->owned_kibps >= g->verdict.fall_kibps / 2;
}

/* Memory once more, between choosing and killing: a scan takes time, and help may have come. */
static bool
still_so(struct guard *g)
{
        guard_look(g);
        return g->verdict.act >= LEVEL_TERM;
}

static enum nobody_cause
cause_of(enum why_nobody why)
{
        switch (why) {
        case NOBODY_TMPFS:
                return CAUSE_TMPFS;
        case NOBODY_IN_VAIN:
                return CAUSE_IN_VAIN;
        default:
                return CAUSE_NOBODY;
        }
}

void
flight_act(struct guard *g)
{
        struct choice ch;

        if (g->blind) {
                report_nobody(g, CAUSE_BLIND);
                return;
        }
        if (g->sample.now_us < atomic_load(&g->share->paused_until_us)) {
                report_nobody(g, CAUSE_PAUSED);
                g->told_paused = true;
                return;
        }
        if (g->told_paused) {
                /* Whatever is in the way from here on is another matter. */
                g->told_paused = false;
                g->told_nobody = false;
        }
        if (g->sample.now_us < g->vain_until_us && !is_owned(g)) {
                report_nobody(g, CAUSE_NO_EFFECT);
                return;
        }
        for (unsigned i = 0; i < TRIES; i++) {
                if (!choice_make(g, &ch))
                        return;
                if (ch.why_nobody == NOBODY_YET)
                        return;
                if (ch.why_nobody != NOBODY_NONE) {
                        report_nobody(g, cause_of(ch.why_nobody));
                        return;
                }
                if (!still_so(g))
                        return;
                if (g->dry_run) {
                        would_have(g, &ch);
                        return;
                }
                if (kill_group(g, &ch))
                        return;
        }
}

/* ---- after the signal ---- */

static void
escalate(struct guard *g)
{
        for (uint32_t i = 0; i < g->flight.n; i++)
                if (!g->flight.member[i].gone)
                        (void)kill_send(g->flight.member[i].c.pidfd, SIGKILL);
        make_way(g);
        g->flight.killed = true;
        g->flight.told.killed = true;
        g->flight.told.term_us = g->sample.now_us - g->watch.sent_us;
        post_flight(g, RECORD_ESCALATED);
}

static uint64_t
risen(uint64_t now_kib, uint64_t from_kib)
{
        return now_kib > from_kib ? now_kib - from_kib : 0;
}

static void
settle(struct guard *g)
{
        struct record_victim *t = &g->flight.told;
        uint64_t predicted = t->predicted.mem_kib + t->predicted.swap_kib;

        t->gone_us = g->watch.gone_us - g->watch.sent_us;
        t->real.mem_kib =
                risen(g->verdict.available_kib + g->flight.others_kib, g->flight.from_mem_kib);
        t->real.swap_kib = risen(g->verdict.swap_free_kib, g->flight.from_swap_kib);
        if ((t->real.mem_kib + t->real.swap_kib) * VAIN_PART < predicted)
                g->vain++;
        else
                g->vain = 0;
        if (g->vain >= VAIN_KILLS) {
                g->vain_until_us = g->sample.now_us + VAIN_US;
                g->told_nobody = false;
                g->vain = 0;
        }
        g->after_kill = true;
        land(g, RECORD_ENDED);
}

static void
give_up(struct guard *g)
{
        for (uint32_t i = 0; i < g->flight.n; i++) {
                const struct flight_member *m = &g->flight.member[i];

                for (uint32_t j = 0; !m->gone && j < g->roster->roster.n; j++) {
                        struct candidate *c = &g->roster->roster.c[j];

                        if (c->pid == m->c.pid && c->start_ticks == m->c.start_ticks)
                                strike(g, c);
                }
        }
        land(g, RECORD_GAVE_UP);
}

static void
ask_to_reap(struct guard *g)
{
        for (uint32_t i = 0; i < g->flight.n; i++)
                if (!g->flight.member[i].gone)
                        reaper_put(g->reaper, g->flight.member[i].c.pidfd);
        reaper_wake(g->reaper);
}

void
flight_watch(struct guard *g)
{
        struct watch_look l = look_at_flight(g);

        switch (watch_step(&g->watch, g->policy, &l)) {
        case DO_SIGKILL:
                escalate(g);
                break;
        case DO_REAP:
                ask_to_reap(g);
                break;
        case DO_GIVE_UP:
                give_up(g);
                break;
        case DO_RELEASE:
                land(g, RECORD_RELEASED);
                break;
        case DO_DONE:
                settle(g);
                break;
        case DO_SETTLE:
        case DO_NOTHING:
                break;
        }
}

void
flight_try(struct guard *g, struct candidate *c)
{
        (void)send_to(g, c, 0);
}
