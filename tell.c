/* SPDX-License-Identifier: MIT */
/*
 * Owns what is said and to whom.  Never decides, and never waits for whoever is told.
 */
#include "tell.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "message.h"
#include "sampler.h"
#include "trace.h"
#include "wirerec.h"

#define SECOND_US UINT64_C(1000000)
/* Numbers alone are not worth waking the service manager more often. */
#define STATUS_US (10 * SECOND_US)

static uint64_t
wall_us(void)
{
        struct timespec ts;

        if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
                return 0;
        return (uint64_t)ts.tv_sec * SECOND_US + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- the feed ---- */

/* What the loop does not know of itself. */
static void
complete(const struct errand *e, struct wire_record *w)
{
        const struct told *t = &e->told;
        struct wire_state *s = &w->state;
        uint64_t until_us = atomic_load(&e->share->paused_until_us);

        w->mono_us = sampler_now_us();
        w->wall_us = wall_us();
        s->paused_left_us = until_us > w->mono_us ? until_us - w->mono_us : 0;
        s->flags |= (e->dry_run ? WIRE_FLAG_DRY_RUN : 0) | (e->blind ? WIRE_FLAG_BLIND : 0) |
                    (s->paused_left_us ? WIRE_FLAG_PAUSED : 0) |
                    (atomic_load(&e->share->acting) ? WIRE_FLAG_ACTING : 0);
        s->kills = t->kills;
        s->missed = t->missed;
        s->last_kill_s = t->last_kill_s;
        s->lost = t->lost;
        (void)snprintf(s->version, sizeof(s->version), "%s", OOMGUARD_VERSION);
}

void
tell_state(const struct errand *e, struct wire_record *ret, enum wire_kind kind)
{
        wire_begin(ret, kind);
        if (e->told.any)
                wire_state_of(&e->told.last.sample, &e->told.last.verdict, e->current, &ret->state);
        complete(e, ret);
}

void
tell_event(struct errand *e, enum wire_kind kind)
{
        tell_state(e, &e->told.out, kind);
        feed_send_all(&e->feed, WIRE_SUB_ALL, &e->told.out);
}

/* Of those that were seen last, the one that grows most. */
static void
name_grower(const struct errand *e, struct wire_process *ret)
{
        const struct candidate *most = NULL;
        struct choice none = { .blamed = false };
        struct ranked r = { .eligible = true };

        for (uint32_t i = 0; i < e->shown.n; i++) {
                const struct candidate *c = &e->shown.c[i];

                if (c->growth_kibps > 0 && (!most || c->growth_kibps > most->growth_kibps))
                        most = c;
        }
        if (!most)
                return;
        r.c = most;
        r.eligible = candidate_eligible(most);
        wire_process_of(&r, &none, e->current, ret);
}

/* The largest of those that were seen last and are not named yet; ROSTER_MAX when there is none. */
static uint32_t
next_consumer(const struct errand *e, const bool named[ROSTER_MAX])
{
        uint64_t most_kib = 0;
        uint32_t most = ROSTER_MAX;

        for (uint32_t i = 0; i < e->shown.n; i++) {
                if (named[i] || candidate_size_kib(&e->shown.c[i]) <= most_kib)
                        continue;
                most_kib = candidate_size_kib(&e->shown.c[i]);
                most = i;
        }
        return most;
}

/* Adds one, whole or not at all. */
static void
add_consumer(char *ret, size_t size, const char *raw_name, uint64_t size_kib)
{
        size_t at = strlen(ret);
        char name[64], kib[32];

        message_wash(raw_name, name, sizeof(name));
        message_size(size_kib, kib, sizeof(kib));
        int n = snprintf(ret + at, size - at, "%s%s %s", at ? ", " : "", name, kib);

        if (n < 0 || (size_t)n >= size - at)
                ret[at] = '\0';
}

/*
 * `firefox 2.1 GiB, postgres 800 MiB, ...`.  Who has just been signalled is named as he was then:
 * by the time that this is told he may be smaller, or gone, or may never have been seen here.
 */
static void
name_consumers(const struct errand *e, struct wire_process *p)
{
        bool named[ROSTER_MAX] = { false };
        bool victim_named = p->n != 1; /* members of a group are named each for himself */
        char *ret = p->consumers;

        ret[0] = '\0';
        for (uint32_t i = 0; i < e->shown.n && p->n == 1; i++)
                named[i] = e->shown.c[i].pid == p->pid;
        for (unsigned k = 0; k < 5; k++) {
                uint32_t i = next_consumer(e, named);
                uint64_t kib = i < ROSTER_MAX ? candidate_size_kib(&e->shown.c[i]) : 0;

                if (!victim_named && p->size_kib >= kib) {
                        victim_named = true;
                        add_consumer(ret, sizeof(p->consumers), p->name, p->size_kib);
                } else if (i < ROSTER_MAX) {
                        named[i] = true;
                        add_consumer(ret, sizeof(p->consumers), e->shown.c[i].name, kib);
                }
        }
}

static uint32_t
who_wants(enum wire_kind kind)
{
        if (kind == WIRE_SAMPLE)
                return WIRE_SUB_SAMPLES;
        return kind == WIRE_STATE ? WIRE_SUB_STATE : WIRE_SUB_ALL;
}

static void
send_record(struct errand *e, const struct record *rec)
{
        struct wire_record *w = &e->told.out;

        if (feed_wants(&e->feed) == 0 || !wire_of_record(rec, e->current, w))
                return;
        complete(e, w);
        if (w->kind == WIRE_WARNING)
                name_grower(e, &w->process);
        if (w->kind == WIRE_KILLING)
                name_consumers(e, &w->process);
        feed_send_all(&e->feed, who_wants((enum wire_kind)w->kind), w);
}

/* ---- the trace ---- */

static void
write_trace(struct errand *e, const struct record *rec)
{
        char line[TRACE_LINE_MAX];
        size_t n = trace_format(&rec->sample, &rec->verdict, line, sizeof(line));

        if (fwrite(line, 1, n, e->trace) == n)
                return;
        report_line(e->report, MESSAGE_ERROR, "--record: %s; recording ends, guarding goes on",
                    strerror(errno));
        (void)fclose(e->trace);
        e->trace = NULL;
}

/* ---- records ---- */

static void
count(struct told *t, const struct record *rec)
{
        if (rec->kind == RECORD_ENDED) {
                t->kills += rec->victim.n;
                t->last_kill_s = wall_us() / SECOND_US;
        }
        if (rec->kind == RECORD_KERNEL && rec->kernel.low)
                t->missed += rec->kernel.n;
}

static void
tell_record(struct errand *e, const struct record *rec)
{
        char text[MESSAGE_MAX];
        int level = message_format(rec, e->current, text, sizeof(text));

        if (level >= 0) {
                report_line(e->report, level, "%s", text);
                if (e->trace)
                        (void)fprintf(e->trace, "# %s\n", text);
        } else if (rec->kind == RECORD_SAMPLE && e->trace) {
                write_trace(e, rec);
        }
        e->told.last = *rec;
        e->told.any = true;
        count(&e->told, rec);
        send_record(e, rec);
}

/* Between two states something may have changed that no record of its own tells of. */
static void
send_changes(struct errand *e)
{
        struct wire_record *w = &e->told.out;

        if (!(feed_wants(&e->feed) & WIRE_SUB_STATE))
                return;
        tell_state(e, w, WIRE_STATE);
        if (w->state.level == e->told.level && w->state.flags == e->told.flags)
                return;
        e->told.level = w->state.level;
        e->told.flags = w->state.flags;
        feed_send_all(&e->feed, WIRE_SUB_STATE, w);
}

void
tell_drain(struct errand *e)
{
        struct record rec;

        while (ring_take(&e->share->ring, &rec))
                tell_record(e, &rec);
        send_changes(e);
        uint64_t lost = atomic_load(&e->share->ring.lost);

        if (lost != e->told.lost) {
                report_line(e->report, MESSAGE_WARNING, "%llu records of the loop are lost",
                            (unsigned long long)(lost - e->told.lost));
                e->told.lost = lost;
        }
        if (e->trace)
                (void)fflush(e->trace);
        atomic_store(&e->share->recording, e->trace || (feed_wants(&e->feed) & WIRE_SUB_SAMPLES));
}

/* ---- the service manager ---- */

static bool
send_status(const struct errand *e)
{
        const struct told *t = &e->told;
        const struct verdict *v = &t->last.verdict;
        char available[32], term[32], swap[32], paused[48] = "";
        uint64_t until_us = atomic_load(&e->share->paused_until_us), now_us = sampler_now_us();

        if (until_us > now_us)
                (void)snprintf(paused, sizeof(paused), ", paused for %llu s",
                               (unsigned long long)((until_us - now_us) / SECOND_US));
        message_size(v->available_kib, available, sizeof(available));
        message_size(v->term_kib, term, sizeof(term));
        message_size(v->swap_free_kib, swap, sizeof(swap));
        return sdnotify_send(&e->sd,
                             "STATUS=%s: %s available (term %s), %s of swap free; %llu ended, "
                             "%llu missed%s%s",
                             level_word(v->level), available, term,
                             v->swap_total_kib ? swap : "none", (unsigned long long)t->kills,
                             (unsigned long long)t->missed, paused, e->dry_run ? ", dry run" : "");
}

void
tell_manager(struct errand *e, uint64_t now_us)
{
        struct told *t = &e->told;

        if (e->sd.fd < 0 || !t->any)
                return;
        if (!t->ready)
                t->ready = sdnotify_send(&e->sd, "READY=1");
        if ((t->last.verdict.level != t->status_level || t->status_us == 0 ||
             now_us - t->status_us >= STATUS_US) &&
            send_status(e)) {
                t->status_level = t->last.verdict.level;
                t->status_us = now_us;
        }
}
