/* SPDX-License-Identifier: MIT */
/*
 * Owns the translation.  Never reads a clock or a file, and never sends.
 */
#include "wirerec.h"

#include <stdio.h>
#include <string.h>

#include "message.h"
#include "rules.h"
#include "trace.h"

_Static_assert((int)TRACE_LINE_MAX <= (int)WIRE_TEXT_MAX, "a line of a trace fits");

void
wire_state_of(const struct sample *s, const struct verdict *v, const struct policy *p,
              struct wire_state *ret)
{
        *ret = (struct wire_state){
                .level = v->level,
                .act = v->act,
                .reason = v->reason,
                .flags = (s->has_psi ? WIRE_FLAG_PSI : 0) |
                         (v->below_term ? WIRE_FLAG_BELOW_TERM : 0) |
                         (v->reclaim ? WIRE_FLAG_RECLAIM : 0),
                .total_kib = v->total_kib,
                .available_kib = v->available_kib,
                .warn_kib = v->warn_kib,
                .term_kib = v->term_kib,
                .kill_kib = v->kill_kib,
                .swap_total_kib = v->swap_total_kib,
                .swap_free_kib = v->swap_free_kib,
                .swap_warn_kib = v->swap_warn_kib,
                .swap_term_kib = v->swap_term_kib,
                .swap_kill_kib = v->swap_kill_kib,
                .shmem_kib = s->mem.shmem_kib,
                .hugetlb_kib = s->mem.hugetlb_kib,
                .zram_total_kib = s->zram_total_kib,
                .zram_free_kib = s->zram_free_kib,
                .some_bp = v->some_bp,
                .full_bp = v->full_bp,
                .refault_bp = v->refault_bp,
                .psi_term_bp = p->psi_term_bp,
                .psi_kill_bp = p->psi_kill_bp,
                .window_ms = (uint32_t)(p->psi_window_us / 1000),
                .fall_kibps = v->fall_kibps,
                .left_us = v->left_us,
        };
}

/* ---- processes ---- */

static void
tell_rule(const struct standing *s, const struct policy *p, struct wire_process *ret)
{
        ret->effect = s->effect;
        if (s->rule >= 0 && (uint32_t)s->rule < p->n_rules) {
                const struct rule *r = &p->rules[s->rule];

                (void)snprintf(ret->rule, sizeof(ret->rule), "%s:%s", rules_kind_word(r->kind),
                               r->glob);
                if (r->file < p->n_files)
                        (void)snprintf(ret->place, sizeof(ret->place), "%.80s:%u",
                                       p->files[r->file], r->line);
        } else if (s->builtin >= 0) {
                (void)snprintf(ret->rule, sizeof(ret->rule), "%s",
                               rules_builtin((size_t)s->builtin));
                ret->is |= WIRE_IS_BUILTIN;
        }
}

static void
tell_score(const struct score *s, struct wire_process *ret)
{
        ret->anon_kib = s->anon_kib;
        ret->pagetables_kib = s->pagetables_kib;
        ret->shared_kib = s->shared_kib;
        ret->swap_kib = s->swap_kib;
        ret->growth_kib = s->growth_kib;
        ret->adj_kib = s->adj_kib;
        ret->score_kib = s->total_kib;
        ret->rule_bp = s->rule_bp;
        ret->adj = s->adj;
}

void
wire_process_of(const struct ranked *r, const struct choice *ch, const struct policy *p,
                struct wire_process *ret)
{
        const struct candidate *c = r->c;
        bool blamed = r->chosen && ch->blamed;

        *ret = (struct wire_process){
                .pid = c->pid,
                .uid = c->uid,
                .start_ticks = c->start_ticks,
                .n = 1,
                .is = (blamed ? WIRE_IS_BLAMED : 0) | (r->chosen ? WIRE_IS_CHOSEN : 0) |
                      (r->eligible ? WIRE_IS_ELIGIBLE : 0) | (c->cow ? WIRE_IS_COW : 0),
                .size_kib = candidate_size_kib(c),
                .growth_kibps = c->growth_kibps,
                .took_kib = blamed ? ch->blame.took_kib : 0,
                .missing_kib = blamed ? ch->blame.missing_kib : 0,
                .since_s = blamed ? ch->blame.since_wall_s : 0,
                .predicted_kib = r->gives.mem_kib,
                .predicted_swap_kib = r->gives.swap_kib,
        };
        tell_score(&r->score, ret);
        tell_rule(&c->standing, p, ret);
        memcpy(ret->name, c->name, sizeof(ret->name));
        memcpy(ret->unit, c->unit, sizeof(ret->unit));
}

static void
tell_victim(const struct record_victim *t, const struct policy *p, struct wire_process *ret)
{
        *ret = (struct wire_process){
                .pid = t->pid,
                .uid = t->uid,
                .start_ticks = t->start_ticks,
                .n = t->n,
                .sig = t->sig,
                .is = (t->dry_run ? WIRE_IS_DRY_RUN : 0) | (t->blamed ? WIRE_IS_BLAMED : 0) |
                      (t->after_vain ? WIRE_IS_AFTER_VAIN : 0) |
                      (t->swapoff ? WIRE_IS_SWAPOFF : 0) | (t->killed ? WIRE_IS_SIGKILLED : 0) |
                      WIRE_IS_CHOSEN | WIRE_IS_ELIGIBLE,
                .size_kib = t->size_kib,
                .growth_kibps = t->growth_kibps,
                .took_kib = t->blamed ? t->took_kib : 0,
                .missing_kib = t->blamed ? t->missing_kib : 0,
                .since_s = t->blamed ? t->since_wall_s : 0,
                .predicted_kib = t->predicted.mem_kib,
                .predicted_swap_kib = t->predicted.swap_kib,
                .real_kib = t->real.mem_kib,
                .real_swap_kib = t->real.swap_kib,
                .term_us = t->term_us,
                .gone_us = t->gone_us,
                .n_left = t->n_left,
                .error = t->error,
        };
        tell_score(&t->score, ret);
        tell_rule(&t->standing, p, ret);
        memcpy(ret->name, t->name, sizeof(ret->name));
        memcpy(ret->unit, t->unit, sizeof(ret->unit));
}

/* ---- records ---- */

static enum wire_kind
level_kind(const struct record *rec)
{
        if (rec->verdict.level >= LEVEL_WARN && rec->was < LEVEL_WARN)
                return WIRE_WARNING;
        if (rec->verdict.level < LEVEL_WARN && rec->was >= LEVEL_WARN)
                return WIRE_RECOVERED;
        return WIRE_STATE;
}

/* WIRE_N_KINDS: nothing goes out. */
static enum wire_kind
kind_of(const struct record *rec)
{
        switch (rec->kind) {
        case RECORD_SAMPLE:
                return WIRE_SAMPLE;
        case RECORD_STATE:
                return WIRE_STATE;
        case RECORD_LEVEL:
                return level_kind(rec);
        case RECORD_FAULT:
                return WIRE_FAULT;
        case RECORD_LATE:
                return WIRE_N_KINDS;
        case RECORD_SIGNAL:
                return WIRE_KILLING;
        case RECORD_ESCALATED:
                return WIRE_ESCALATED;
        case RECORD_ENDED:
                return WIRE_KILLED;
        case RECORD_REFUSED:
                return WIRE_REFUSED;
        case RECORD_GAVE_UP:
                return WIRE_GAVE_UP;
        case RECORD_RELEASED:
                return WIRE_RELEASED;
        case RECORD_NOBODY:
                return WIRE_NOTHING;
        case RECORD_KERNEL:
                return WIRE_KERNEL_KILL;
        }
        return WIRE_N_KINDS;
}

bool
wire_of_record(const struct record *rec, const struct policy *p, struct wire_record *ret)
{
        enum wire_kind kind = kind_of(rec);

        if (kind == WIRE_N_KINDS)
                return false;
        wire_begin(ret, kind);
        wire_state_of(&rec->sample, &rec->verdict, p, &ret->state);
        switch (kind) {
        case WIRE_SAMPLE:
                (void)trace_format(&rec->sample, &rec->verdict, ret->text, sizeof(ret->text));
                break;
        case WIRE_FAULT:
                (void)message_format(rec, p, ret->text, sizeof(ret->text));
                break;
        case WIRE_KERNEL_KILL:
                ret->kernel = (struct wire_kernel){ .n = rec->kernel.n, .low = rec->kernel.low };
                break;
        case WIRE_NOTHING:
                ret->cause = rec->cause;
                ret->state.protected_kib = rec->protected_kib;
                break;
        case WIRE_KILLING:
        case WIRE_ESCALATED:
        case WIRE_KILLED:
        case WIRE_REFUSED:
        case WIRE_GAVE_UP:
        case WIRE_RELEASED:
                tell_victim(&rec->victim, p, &ret->process);
                break;
        default:
                break;
        }
        return true;
}

void
wire_hide(struct wire_record *rec)
{
        struct wire_process *p = &rec->process;

        p->is |= WIRE_IS_HIDDEN;
        memset(p->name, 0, sizeof(p->name));
        memset(p->unit, 0, sizeof(p->unit));
        memset(p->rule, 0, sizeof(p->rule));
        memset(p->place, 0, sizeof(p->place));
        memset(p->consumers, 0, sizeof(p->consumers));
}
