/* SPDX-License-Identifier: MIT */
/*
 * Owns the judgement of limits.  Never looks at the machine: it is an argument.
 */
#include "check_limits.h"

#include <inttypes.h>
#include <string.h>

#include "message.h"
#include "number.h"

/* One limit with all that is known of it here. */
struct limit_here {
        const char *key;
        const struct limit *limit, *standard;
        uint64_t kib;       /* what it comes to */
        uint64_t floor_kib; /* it never comes to less */
};

struct job {
        const struct policy *p, *standard;
        const struct check_machine *m;
        check_tell_fn tell;
        void *arg;
        struct limit_here mem[3], swap[3]; /* warn, term, kill */
};

struct size {
        char text[32];
};

static struct size
sz(uint64_t kib)
{
        struct size s = { .text = "" };

        message_size(kib, s.text, sizeof(s.text));
        return s;
}

static bool
same_limit(const struct limit *a, const struct limit *b)
{
        return a->bp == b->bp && a->kib == b->kib;
}

static bool
is_written(const struct limit_here *l)
{
        return !same_limit(l->limit, l->standard);
}

/* What nobody has written is no mistake of anybody's. */
static enum finding_state
weight(bool written)
{
        return written ? FINDING_WARNING : FINDING_NOTE;
}

/* ---- memory ---- */

static void
check_never_above(const struct job *j, const struct limit_here *l)
{
        struct finding f;

        if (l->kib == 0 || l->kib < j->m->verdict.total_kib)
                return;
        finding_set(&f, FINDING_WARNING, l->key,
                    "comes to %s, and the machine has %s: it is always reached", sz(l->kib).text,
                    sz(j->m->verdict.total_kib).text);
        finding_remedy(&f, "%s = 5%%, 512M", strchr(l->key, ' ') + 1);
        j->tell(j->arg, &f);
}

static void
check_floor(const struct job *j, const struct limit_here *l)
{
        uint64_t bare_kib = limit_kib(l->limit, j->m->verdict.total_kib, 0);
        struct finding f;

        if (l->kib == 0 || bare_kib >= l->floor_kib)
                return;
        finding_set(&f, FINDING_NOTE, l->key,
                    "comes to %s; %s hold, the least that leaves a process room to end",
                    sz(bare_kib).text, sz(l->floor_kib).text);
        j->tell(j->arg, &f);
}

/* A percentage beside a size: each part was in order, what they come to is not. */
static void
check_order(const struct job *j, const struct limit_here *high, const struct limit_here *low,
            const char *what_happens)
{
        struct finding f;

        if (high->kib == 0 || low->kib == 0 || high->kib >= low->kib)
                return;
        finding_set(&f, FINDING_WARNING, high->key, "comes to %s, below %s with %s: %s",
                    sz(high->kib).text, low->key, sz(low->kib).text, what_happens);
        j->tell(j->arg, &f);
}

static void
check_watermark(const struct job *j)
{
        const struct limit_here *kill = &j->mem[2];
        struct finding f;

        if (kill->kib == 0 || j->m->min_kib == 0 || kill->kib > j->m->min_kib)
                return;
        finding_set(&f, weight(is_written(kill)), kill->key,
                    "comes to %s, no more than the %s that the kernel keeps for itself (min "
                    "watermarks; high: %s): when memory goes fast, the kernel's own OOM killer may "
                    "be first",
                    sz(kill->kib).text, sz(j->m->min_kib).text, sz(j->m->high_kib).text);
        if (is_written(kill))
                finding_remedy(&f, "kill = %" PRIu64 "M", j->m->min_kib / 512 + 1);
        j->tell(j->arg, &f);
}

static void
check_reached(const struct job *j)
{
        const struct verdict *v = &j->m->verdict;
        const struct limit_here *term = &j->mem[1];
        bool swap = v->swap_total_kib == 0 ||
                    (v->swap_term_kib > 0 && v->swap_free_kib <= v->swap_term_kib);
        struct finding f;

        if (term->kib == 0 || v->available_kib > term->kib || !swap)
                return;
        finding_set(&f, FINDING_WARNING, term->key,
                    "comes to %s, and only %s are available now: a guard with these limits would "
                    "end somebody as soon as less is",
                    sz(term->kib).text, sz(v->available_kib).text);
        j->tell(j->arg, &f);
}

static void
check_nothing_acts(const struct job *j)
{
        bool stall = j->m->sample.has_psi && (j->p->psi_term_bp > 0 || j->p->psi_kill_bp > 0);
        struct finding f;

        if (j->mem[1].kib > 0 || j->mem[2].kib > 0 || stall)
                return;
        finding_set(&f, FINDING_WARNING, "all limits",
                    "none of [memory] term and kill, [pressure] term and kill is ever reached: "
                    "the guard warns at most, and ends nobody");
        j->tell(j->arg, &f);
}

static void
check_min_size(const struct job *j)
{
        uint64_t most_kib = j->m->verdict.total_kib + j->m->verdict.swap_total_kib;
        struct finding f;

        if (j->p->min_size_kib < most_kib / 2)
                return;
        finding_set(&f, FINDING_WARNING, "[victim] min_size",
                    "comes to %s of the %s there are: hardly any process can be that large, so "
                    "hardly any may be ended",
                    sz(j->p->min_size_kib).text, sz(most_kib).text);
        j->tell(j->arg, &f);
}

/* ---- swap ---- */

static void
check_no_swap(const struct job *j)
{
        bool written =
                is_written(&j->swap[0]) || is_written(&j->swap[1]) || is_written(&j->swap[2]);
        struct finding f;

        if (j->m->verdict.swap_total_kib > 0 || !written)
                return;
        finding_set(&f, FINDING_WARNING, "[swap]",
                    "this machine has no swap, so these limits decide nothing: low memory alone "
                    "does");
        j->tell(j->arg, &f);
}

/* Free zram is paid for out of memory: so much less of it is worth anything. */
static void
check_zram(const struct job *j)
{
        const struct sample *s = &j->m->sample;
        uint64_t total_kib = j->m->verdict.swap_total_kib, ratio_bp = s->zram_ratio_bp;
        bool told = false;
        struct finding f;

        if (total_kib == 0 || s->zram_total_kib < total_kib || ratio_bp < 10000)
                return;
        uint64_t worth_kib = total_kib - mul_div(total_kib, 10000, ratio_bp);

        for (unsigned i = 0; i < 3; i++) {
                const struct limit_here *l = &j->swap[i];

                if (l->kib == 0 || l->limit->bp == 10000 || l->kib < worth_kib)
                        continue;
                told = true;
                finding_set(&f, FINDING_WARNING, l->key,
                            "comes to %s, but all swap is zram: %s of it, when empty, are worth %s "
                            "at %llu.%llu:1, so the limit is always reached",
                            sz(l->kib).text, sz(total_kib).text, sz(worth_kib).text,
                            (unsigned long long)(ratio_bp / 10000),
                            (unsigned long long)(ratio_bp % 10000 / 1000));
                j->tell(j->arg, &f);
        }
        if (told)
                return;
        finding_set(&f, FINDING_NOTE, "[swap]",
                    "all swap is zram: %s of it, when empty, are worth %s at %llu.%llu:1, and so "
                    "they are counted",
                    sz(total_kib).text, sz(worth_kib).text, (unsigned long long)(ratio_bp / 10000),
                    (unsigned long long)(ratio_bp % 10000 / 1000));
        j->tell(j->arg, &f);
}

/* ---- pressure, place ---- */

static void
check_pressure(const struct job *j)
{
        const struct policy *p = j->p, *s = j->standard;
        bool written = p->psi_term_bp != s->psi_term_bp || p->psi_kill_bp != s->psi_kill_bp ||
                       p->psi_window_us != s->psi_window_us || p->psi_hold_us != s->psi_hold_us ||
                       !same_limit(&p->psi_below, &s->psi_below);
        struct finding f;

        if (j->m->sample.has_psi || (p->psi_term_bp == 0 && p->psi_kill_bp == 0))
                return;
        finding_set(&f, weight(written), "[pressure]",
                    "the kernel does not measure memory pressure, so these limits decide nothing; "
                    "put psi=1 on its command line");
        j->tell(j->arg, &f);
}

static void
check_place(const struct job *j)
{
        struct finding f;

        if (j->m->cgroup_limit_kib == 0)
                return;
        finding_set(&f, FINDING_NOTE, "[memory]",
                    "%s limits this place to %s; the guard's limits are of the whole machine, and "
                    "that one is not guarded",
                    j->m->cgroup_limit_path, sz(j->m->cgroup_limit_kib).text);
        j->tell(j->arg, &f);
}

void
check_limits(const struct policy *p, const struct policy *standard, const struct check_machine *m,
             check_tell_fn tell, void *arg)
{
        const struct verdict *v = &m->verdict;
        struct job j = {
                .p = p,
                .standard = standard,
                .m = m,
                .tell = tell,
                .arg = arg,
                .mem = { { "[memory] warn", &p->mem_warn, &standard->mem_warn, v->warn_kib,
                           POLICY_WARN_FLOOR_KIB },
                         { "[memory] term", &p->mem_term, &standard->mem_term, v->term_kib,
                           POLICY_TERM_FLOOR_KIB },
                         { "[memory] kill", &p->mem_kill, &standard->mem_kill, v->kill_kib,
                           POLICY_KILL_FLOOR_KIB } },
                .swap = { { "[swap] warn", &p->swap_warn, &standard->swap_warn, v->swap_warn_kib,
                            0 },
                          { "[swap] term", &p->swap_term, &standard->swap_term, v->swap_term_kib,
                            0 },
                          { "[swap] kill", &p->swap_kill, &standard->swap_kill, v->swap_kill_kib,
                            0 } },
        };

        for (unsigned i = 0; i < 3; i++) {
                check_never_above(&j, &j.mem[i]);
                check_floor(&j, &j.mem[i]);
        }
        check_order(&j, &j.mem[0], &j.mem[1], "nobody is told before somebody is ended");
        check_order(&j, &j.mem[1], &j.mem[2], "nobody is asked to end before he is ended");
        check_watermark(&j);
        check_reached(&j);
        check_nothing_acts(&j);
        check_min_size(&j);
        check_no_swap(&j);
        check_zram(&j);
        check_pressure(&j);
        check_place(&j);
}
