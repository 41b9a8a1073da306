/* SPDX-License-Identifier: MIT */
/*
 * Owns the table.  data/org.oomguard1.Guard.xml explains every key of it, and the manual every
 * journal field.
 */
#include "fields.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "decide.h"
#include "message.h"
#include "record.h"
#include "wirerec.h"

enum source { EVENT, RECORD, STATE, PROCESS };

enum type {
        KIB,     /* uint64_t: bytes on the bus, KiB in the journal */
        NUMBER,  /* uint64_t */
        UINT,    /* uint32_t */
        INT,     /* int32_t */
        PERCENT, /* uint32_t in basis points */
        FACTOR,  /* uint32_t, 10000 is 1 */
        FLAG,    /* bool */
        TEXT,    /* char[]; left out when empty */
};

/* When a field is left out of an event that could have it. */
enum unless { ALWAYS, UNLESS_NEVER, UNLESS_NOT_BLAMED, UNLESS_FALSE };

struct row {
        const char *bus, *journal;
        enum type type;
        enum source source;
        size_t offset;
        uint32_t kinds; /* of records that have it, a bit each */
        enum unless unless;
};

#define K(kind)  (1u << WIRE_##kind)
#define FLIGHT   (K(KILLING) | K(ESCALATED) | K(KILLED) | K(REFUSED) | K(GAVE_UP) | K(RELEASED))
#define SITUATED (FLIGHT | K(WARNING) | K(NOTHING) | K(RECOVERED) | K(KERNEL_KILL))
#define ANY      (SITUATED | K(RELOADED) | K(FAULT))
#define SOMEBODY (FLIGHT | K(WARNING) | K(CANDIDATE))
#define SCORED   (K(KILLING) | K(CANDIDATE))
#define JUDGED   (SCORED | K(ESCALATED) | K(KILLED) | K(GAVE_UP))
#define ENDED    (K(KILLED) | K(GAVE_UP))

#define OWN(member)  EVENT, offsetof(struct event, member)
#define REC(member)  RECORD, offsetof(struct wire_record, member)
#define STT(member)  STATE, offsetof(struct wire_state, member)
#define PROC(member) PROCESS, offsetof(struct wire_process, member)

/* clang-format off */
static const struct row rows[] = {
        { NULL, "EVENT", TEXT, OWN(word), ANY, ALWAYS },
        { "Message", NULL, TEXT, OWN(sentence), ANY, ALWAYS },
        { "TimeUSec", NULL, NUMBER, REC(wall_us), ANY, ALWAYS },
        { "DryRun", "DRY_RUN", FLAG, OWN(dry_run), SITUATED, ALWAYS },
        /* how things stood */
        { "Reason", "REASON", TEXT, OWN(reason), SITUATED, ALWAYS },
        { "Available", "AVAILABLE_KIB", KIB, STT(available_kib), SITUATED, ALWAYS },
        { "Limit", "LIMIT_KIB", KIB, OWN(limit_kib), SITUATED, ALWAYS },
        { "SwapTotal", "SWAP_TOTAL_KIB", KIB, STT(swap_total_kib), SITUATED, ALWAYS },
        { "SwapFree", "SWAP_FREE_KIB", KIB, STT(swap_free_kib), SITUATED, ALWAYS },
        { "SwapLimit", "SWAP_LIMIT_KIB", KIB, OWN(swap_limit_kib), SITUATED, ALWAYS },
        { "PressureSome", "PRESSURE_SOME", PERCENT, STT(some_bp), SITUATED, ALWAYS },
        { "PressureFull", "PRESSURE_FULL", PERCENT, STT(full_bp), SITUATED, ALWAYS },
        { "Fall", "FALL_KIBPS", KIB, STT(fall_kibps), SITUATED, ALWAYS },
        { "LeftUSec", "LEFT_US", NUMBER, STT(left_us), SITUATED, UNLESS_NEVER },
        { NULL, "MISSED", NUMBER, STT(missed), K(KERNEL_KILL), ALWAYS },
        /* why nobody is ended, and what holds the memory */
        { "Cause", "CAUSE", TEXT, OWN(cause), K(NOTHING), ALWAYS },
        { "SharedMemory", "SHARED_MEMORY_KIB", KIB, STT(shmem_kib), K(NOTHING), ALWAYS },
        { "HugePages", "HUGE_PAGES_KIB", KIB, STT(hugetlb_kib), K(NOTHING), ALWAYS },
        { "Protected", "PROTECTED_KIB", KIB, STT(protected_kib), K(NOTHING), ALWAYS },
        /* who */
        { "Pid", "PID", UINT, OWN(pid), SOMEBODY, ALWAYS },
        { "Name", "NAME", TEXT, OWN(name), SOMEBODY, ALWAYS },
        { "Uid", "UID", UINT, PROC(uid), SOMEBODY, ALWAYS },
        { "Unit", "UNIT", TEXT, OWN(unit), SOMEBODY, ALWAYS },
        { "Hidden", NULL, FLAG, OWN(hidden), SOMEBODY, UNLESS_FALSE },
        { "StartTicks", "START_TICKS", NUMBER, PROC(start_ticks), SOMEBODY, ALWAYS },
        { "Processes", "PROCESSES", UINT, OWN(processes), SOMEBODY, ALWAYS },
        { "Size", "SIZE_KIB", KIB, PROC(size_kib), SOMEBODY, ALWAYS },
        { "Growth", "GROWTH_KIBPS", KIB, PROC(growth_kibps), SOMEBODY, ALWAYS },
        /* why this one */
        { "Blamed", "BLAMED", FLAG, OWN(blamed), JUDGED, ALWAYS },
        { "Took", "TOOK_KIB", KIB, PROC(took_kib), JUDGED, UNLESS_NOT_BLAMED },
        { "Missing", "MISSING_KIB", KIB, PROC(missing_kib), JUDGED, UNLESS_NOT_BLAMED },
        { "SinceUSec", "SINCE_US", NUMBER, OWN(since_us), JUDGED, UNLESS_NOT_BLAMED },
        { "Score", "SCORE_KIB", KIB, PROC(score_kib), JUDGED, ALWAYS },
        { "Anonymous", "ANONYMOUS_KIB", KIB, PROC(anon_kib), SCORED, ALWAYS },
        { "PageTables", "PAGE_TABLES_KIB", KIB, PROC(pagetables_kib), SCORED, ALWAYS },
        { "Shared", "SHARED_KIB", KIB, PROC(shared_kib), SCORED, ALWAYS },
        { "Swap", "SWAP_KIB", KIB, PROC(swap_kib), SCORED, ALWAYS },
        { "GrowthShare", "GROWTH_SHARE_KIB", KIB, PROC(growth_kib), SCORED, ALWAYS },
        { "RuleFactor", "RULE_FACTOR", FACTOR, PROC(rule_bp), SCORED, ALWAYS },
        { "OomScoreAdj", "OOM_SCORE_ADJ", INT, PROC(adj), SCORED, ALWAYS },
        { "AdjustmentShare", "ADJUSTMENT_SHARE_KIB", KIB, PROC(adj_kib), SCORED, ALWAYS },
        { "RuleEffect", "RULE_EFFECT", TEXT, OWN(effect), SCORED, ALWAYS },
        { "Rule", "RULE", TEXT, OWN(rule), SCORED, ALWAYS },
        { "RulePlace", "RULE_PLACE", TEXT, OWN(place), SCORED, ALWAYS },
        { "RuleBuiltin", NULL, FLAG, OWN(builtin), SCORED, UNLESS_FALSE },
        { "Consumers", "CONSUMERS", TEXT, OWN(consumers), K(KILLING), ALWAYS },
        { "Chosen", NULL, FLAG, OWN(chosen), K(CANDIDATE), ALWAYS },
        { "Eligible", NULL, FLAG, OWN(eligible), K(CANDIDATE), ALWAYS },
        { "Fork", NULL, FLAG, OWN(fork), K(CANDIDATE), UNLESS_FALSE },
        /* what was done, and what came of it */
        { "Signal", "SIGNAL", TEXT, OWN(signal), FLIGHT, ALWAYS },
        { "Escalated", NULL, FLAG, OWN(sigkill_needed), K(ESCALATED), ALWAYS },
        { "AfterVain", "AFTER_VAIN", FLAG, OWN(after_vain), K(KILLING), UNLESS_FALSE },
        { "Predicted", "PREDICTED_KIB", KIB, PROC(predicted_kib), JUDGED, ALWAYS },
        { "PredictedSwap", "PREDICTED_SWAP_KIB", KIB, PROC(predicted_swap_kib), JUDGED, ALWAYS },
        { "GraceUSec", "GRACE_US", NUMBER, PROC(term_us), K(ESCALATED), ALWAYS },
        { "DurationUSec", "TOOK_US", NUMBER, PROC(gone_us), K(KILLED), ALWAYS },
        { "SigkillNeeded", "SIGKILL_NEEDED", FLAG, OWN(sigkill_needed), ENDED, ALWAYS },
        { "GaveBack", "GAVE_BACK_KIB", KIB, PROC(real_kib), ENDED, ALWAYS },
        { "GaveBackSwap", "GAVE_BACK_SWAP_KIB", KIB, PROC(real_swap_kib), ENDED, ALWAYS },
        { "StillAlive", "STILL_ALIVE", UINT, PROC(n_left), K(GAVE_UP) | K(RELEASED), ALWAYS },
        { NULL, "ERRNO", INT, PROC(error), K(REFUSED), ALWAYS },
};
/* clang-format on */

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

/* ---- from a record to an event ---- */

static void
put(char *to, size_t size, const char *word)
{
        (void)snprintf(to, size, "%s", word ? word : "");
}

static const char *
cause_word(const struct wire_record *rec)
{
        static const char *const words[] = {
                [CAUSE_NOBODY] = "nobody",   [CAUSE_TMPFS] = "tmpfs",
                [CAUSE_IN_VAIN] = "in-vain", [CAUSE_NO_EFFECT] = "no-effect",
                [CAUSE_BLIND] = "blind",     [CAUSE_PAUSED] = "paused",
        };

        if (rec->kind != WIRE_NOTHING || rec->cause >= sizeof(words) / sizeof(words[0]))
                return "";
        return words[rec->cause];
}

static const char *
effect_word(uint32_t effect)
{
        switch ((enum rule_effect)effect) {
        case RULE_PREFER:
                return "prefer";
        case RULE_AVOID:
                return "avoid";
        case RULE_PROTECT:
                return "protect";
        case RULE_NONE:
                break;
        }
        return "";
}

/* The limits that count for this: those of what was done, else those of the warning. */
static void
find_limits(struct event *e)
{
        const struct wire_state *s = &e->rec.state;
        uint32_t level = s->act;

        if (e->rec.kind == WIRE_ESCALATED && level < LEVEL_TERM)
                level = LEVEL_TERM;
        if (e->rec.kind == WIRE_KERNEL_KILL)
                level = LEVEL_KILL;
        if (e->rec.kind == WIRE_WARNING || e->rec.kind == WIRE_RECOVERED)
                level = LEVEL_WARN;
        e->limit_kib = s->warn_kib;
        e->swap_limit_kib = s->swap_warn_kib;
        if (level < LEVEL_TERM)
                return;
        e->limit_kib = level == LEVEL_KILL ? s->kill_kib : s->term_kib;
        e->swap_limit_kib = level == LEVEL_KILL ? s->swap_kill_kib : s->swap_term_kib;
}

static void
fill_process(struct event *e)
{
        const struct wire_process *p = &e->rec.process;

        e->has_process = p->pid > 0;
        e->pid = p->pid > 0 ? (uint32_t)p->pid : 0;
        e->processes = p->n;
        e->blamed = p->is & WIRE_IS_BLAMED;
        e->builtin = p->is & WIRE_IS_BUILTIN;
        e->sigkill_needed = (p->is & WIRE_IS_SIGKILLED) || e->rec.kind == WIRE_ESCALATED;
        e->after_vain = p->is & WIRE_IS_AFTER_VAIN;
        e->chosen = p->is & WIRE_IS_CHOSEN;
        e->eligible = p->is & WIRE_IS_ELIGIBLE;
        e->fork = p->is & WIRE_IS_COW;
        e->hidden = p->is & WIRE_IS_HIDDEN;
        if (p->is & WIRE_IS_DRY_RUN)
                e->dry_run = true;
        e->since_us = p->since_s < UINT64_MAX / 1000000 ? p->since_s * 1000000 : UINT64_MAX;
        put(e->signal, sizeof(e->signal),
            e->rec.kind == WIRE_ESCALATED || p->sig == SIGKILL ? "SIGKILL" : "SIGTERM");
        put(e->effect, sizeof(e->effect), effect_word(p->effect));
        message_wash(p->name, e->name, sizeof(e->name));
        message_wash(p->unit, e->unit, sizeof(e->unit));
        message_wash(p->rule, e->rule, sizeof(e->rule));
        message_wash(p->place, e->place, sizeof(e->place));
        message_wash(p->consumers, e->consumers, sizeof(e->consumers));
}

void
fields_event(struct event *ret, const struct wire_record *rec, bool hide)
{
        bool somebody = rec->kind < WIRE_N_KINDS && (SOMEBODY & (1u << rec->kind));

        memset(ret, 0, sizeof(*ret));
        ret->rec = *rec;
        if (hide && somebody)
                wire_hide(&ret->rec);
        ret->dry_run = rec->state.flags & WIRE_FLAG_DRY_RUN;
        put(ret->word, sizeof(ret->word), sentence_event((enum wire_kind)rec->kind));
        put(ret->cause, sizeof(ret->cause), cause_word(rec));
        if (rec->state.reason != REASON_NONE)
                put(ret->reason, sizeof(ret->reason), reason_word((enum reason)rec->state.reason));
        find_limits(ret);
        if (somebody)
                fill_process(ret);
        (void)sentence_make(&ret->rec, ret->sentence, sizeof(ret->sentence));
}

/* ---- one after the other ---- */

size_t
fields_count(void)
{
        return N_ROWS;
}

static const void *
locate(const struct event *e, const struct row *row)
{
        const void *base = e;

        switch (row->source) {
        case EVENT:
                break;
        case RECORD:
                base = &e->rec;
                break;
        case STATE:
                base = &e->rec.state;
                break;
        case PROCESS:
                base = &e->rec.process;
                break;
        }
        return (const char *)base + row->offset;
}

static void
read_number(const struct row *row, const void *at, struct field *ret)
{
        uint64_t number = 0;

        memcpy(&number, at, sizeof(number));
        ret->type = 't';
        ret->t = number;
        if (row->type != KIB)
                return;
        ret->is_size = true;
        ret->kib = number;
        ret->t = number < UINT64_MAX / 1024 ? number * 1024 : UINT64_MAX;
}

static void
read_small(const struct row *row, const void *at, struct field *ret)
{
        uint32_t number = 0;

        memcpy(&number, at, sizeof(number));
        switch (row->type) {
        case INT:
                ret->type = 'i';
                memcpy(&ret->i, at, sizeof(ret->i));
                break;
        case PERCENT:
                ret->type = 'd';
                ret->d = number / 100.0;
                break;
        case FACTOR:
                ret->type = 'd';
                ret->d = number / 10000.0;
                break;
        default:
                ret->type = 'u';
                ret->u = number;
        }
}

static bool
left_out(const struct event *e, const struct row *row, const struct field *f)
{
        switch (row->unless) {
        case ALWAYS:
                break;
        case UNLESS_NEVER:
                return f->t == DECIDE_NEVER_US;
        case UNLESS_NOT_BLAMED:
                return !e->blamed;
        case UNLESS_FALSE:
                return !f->b;
        }
        return f->type == 's' && !*f->s;
}

bool
fields_get(const struct event *e, size_t i, struct field *ret)
{
        const struct row *row = &rows[i];
        const void *at = locate(e, row);

        if (e->rec.kind >= WIRE_N_KINDS || !(row->kinds & (1u << e->rec.kind)))
                return false;
        /* A warning may be about nobody. */
        if (!e->has_process && row->kinds == SOMEBODY)
                return false;
        *ret = (struct field){ .bus = row->bus, .journal = row->journal };
        switch (row->type) {
        case KIB:
        case NUMBER:
                read_number(row, at, ret);
                break;
        case FLAG:
                ret->type = 'b';
                ret->b = *(const bool *)at;
                break;
        case TEXT:
                ret->type = 's';
                ret->s = at;
                break;
        default:
                read_small(row, at, ret);
        }
        return !left_out(e, row, ret);
}

void
fields_text(const struct field *f, char *ret, size_t size)
{
        switch (f->type) {
        case 't':
                (void)snprintf(ret, size, "%llu", (unsigned long long)(f->is_size ? f->kib : f->t));
                break;
        case 'u':
                (void)snprintf(ret, size, "%u", f->u);
                break;
        case 'i':
                (void)snprintf(ret, size, "%d", f->i);
                break;
        case 'd':
                (void)snprintf(ret, size, "%.2f", f->d);
                break;
        case 'b':
                (void)snprintf(ret, size, "%s", f->b ? "yes" : "no");
                break;
        default:
                (void)snprintf(ret, size, "%s", f->s);
        }
}
