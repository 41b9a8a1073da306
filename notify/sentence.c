/* SPDX-License-Identifier: MIT */
/*
 * Owns the wording of what came over the feed, which is that of the guard's own lines (message.c).
 * Never decides, never writes, and never lets a process's name through unwashed.
 */
#include "sentence.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "decide.h"
#include "line.h"
#include "message.h"
#include "record.h"

#define SECOND_US UINT64_C(1000000)
/* Slower than this is not worth a word. */
#define TELL_KIBPS 1024u

enum { ERRNO_MAX = 4095 };

/* A size for one place in a line. */
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

static void
add_washed(struct line *l, const char *text)
{
        char washed[WIRE_TEXT_MAX];

        message_wash(text, washed, sizeof(washed));
        line_add(l, "%s", washed);
}

static void
add_percent(struct line *l, uint32_t bp)
{
        line_add(l, "%u.%u%%", bp / 100, bp % 100 / 10);
}

static void
add_time(struct line *l, uint64_t us)
{
        if (us < 10 * SECOND_US)
                line_add(l, "%llu ms", (unsigned long long)(us / 1000));
        else
                line_add(l, "%llu.%llu s", (unsigned long long)(us / SECOND_US),
                         (unsigned long long)(us % SECOND_US / 100000));
}

static void
add_swap(struct line *l, const struct wire_state *s, uint64_t limit_kib)
{
        if (s->swap_total_kib == 0)
                line_add(l, ", no swap");
        else
                line_add(l, ", %s of swap free (limit %s)", sz(s->swap_free_kib).text,
                         sz(limit_kib).text);
}

/* Why: available memory, swap and pressure beside the limits that they were held against. */
static void
add_cause(struct line *l, const struct wire_state *s, uint32_t level)
{
        uint64_t mem_kib = s->warn_kib, swap_kib = s->swap_warn_kib;

        if (level >= LEVEL_TERM || s->reason == REASON_SWAPOFF) {
                mem_kib = level == LEVEL_KILL ? s->kill_kib : s->term_kib;
                swap_kib = level == LEVEL_KILL ? s->swap_kill_kib : s->swap_term_kib;
        }
        if (s->reason == REASON_STALL) {
                line_add(l, "programs stood still for memory ");
                add_percent(l, s->full_bp);
                line_add(l, " of the time, ");
                if (s->refault_bp) {
                        add_percent(l, s->refault_bp);
                        line_add(l, " of what was reclaimed had to come back, ");
                }
                line_add(l, "%s available", sz(s->available_kib).text);
                return;
        }
        if (s->reason == REASON_SWAPOFF)
                line_add(l, "swap is being switched off, and what is in there does not fit: ");
        line_add(l, "%s available (limit %s)", sz(s->available_kib).text, sz(mem_kib).text);
        add_swap(l, s, swap_kib);
        if (s->fall_kibps >= TELL_KIBPS)
                line_add(l, ", falling by %s a second", sz(s->fall_kibps).text);
        if (s->reason == REASON_RACE)
                line_add(l, ": too fast for it to end by itself");
}

/* The name is kept from some readers. */
static void
add_who(struct line *l, const struct wire_process *t)
{
        if (t->n > 1)
                line_add(l, "%u processes like ", t->n);
        line_add(l, "%d", t->pid);
        if (!t->name[0])
                return;
        line_add(l, " (");
        add_washed(l, t->name);
        line_add(l, ")");
}

static void
add_rule(struct line *l, const struct wire_process *t)
{
        if (!t->rule[0] || (t->effect != RULE_AVOID && t->effect != RULE_PREFER))
                return;
        line_add(l, ", %s by ", t->effect == RULE_AVOID ? "avoided" : "preferred");
        add_washed(l, t->rule);
        if (!t->place[0])
                return;
        line_add(l, " (");
        add_washed(l, t->place);
        line_add(l, ")");
}

static void
add_since(struct line *l, uint64_t wall_s)
{
        time_t t = (time_t)wall_s;
        struct tm tm;

        if (wall_s && localtime_r(&t, &tm))
                line_add(l, " since %02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* What the score is made of, so that nobody has to guess why it was this one. */
static void
add_score(struct line *l, const struct wire_process *t)
{
        if (t->is & WIRE_IS_BLAMED) {
                /* Others may have given back meanwhile: more than all of it would read oddly. */
                if (t->took_kib >= t->missing_kib)
                        line_add(l, "; took all of the %s that went missing",
                                 sz(t->missing_kib).text);
                else
                        line_add(l, "; took %s of the %s that went missing", sz(t->took_kib).text,
                                 sz(t->missing_kib).text);
                add_since(l, t->since_s);
                return;
        }
        if (t->is & WIRE_IS_SWAPOFF) {
                line_add(l, "; it switches off swap, and what is in there does not fit");
                return;
        }
        line_add(l, "; worst score %s: ends %s", sz(t->score_kib).text,
                 sz(t->anon_kib + t->pagetables_kib + t->shared_kib).text);
        if (t->swap_kib)
                line_add(l, " + swap %s", sz(t->swap_kib).text);
        if (t->growth_kib)
                line_add(l, " + growth %s", sz(t->growth_kib).text);
        if (t->adj)
                line_add(l, ", oom_score_adj %d", t->adj);
        add_rule(l, t);
}

/* ---- one for each event ---- */

static void
say_warning(struct line *l, const struct wire_record *rec)
{
        const struct wire_process *t = &rec->process;

        if (rec->state.reason != REASON_SWAPOFF)
                line_add(l, "memory is running out: ");
        add_cause(l, &rec->state, LEVEL_WARN);
        if (t->pid <= 0 || t->growth_kibps < TELL_KIBPS)
                return;
        line_add(l, "; ");
        add_who(l, t);
        line_add(l, " grows most, by %s a second", sz(t->growth_kibps).text);
        if (t->size_kib)
                line_add(l, ", to %s", sz(t->size_kib).text);
}

static void
say_killing(struct line *l, const struct wire_record *rec)
{
        const struct wire_process *t = &rec->process;

        line_add(l, "%s%s to ", t->is & WIRE_IS_DRY_RUN ? "would send " : "",
                 t->sig == SIGKILL ? "SIGKILL" : "SIGTERM");
        add_who(l, t);
        line_add(l, ", uid %u", t->uid);
        if (t->unit[0]) {
                line_add(l, ", ");
                add_washed(l, t->unit);
        }
        line_add(l, ", %s", sz(t->size_kib).text);
        if (t->growth_kibps >= TELL_KIBPS)
                line_add(l, " growing by %s a second", sz(t->growth_kibps).text);
        line_add(l, ": ");
        add_cause(l, &rec->state, rec->state.act);
        if (rec->state.reason != REASON_SWAPOFF)
                add_score(l, t);
        if (t->is & WIRE_IS_AFTER_VAIN)
                line_add(l, "; no SIGTERM, because the one before gave nothing back");
}

static void
add_gives(struct line *l, uint64_t mem_kib, uint64_t swap_kib)
{
        line_add(l, "%s", sz(mem_kib).text);
        if (swap_kib)
                line_add(l, " and %s of swap", sz(swap_kib).text);
}

static void
say_killed(struct line *l, const struct wire_record *rec)
{
        const struct wire_process *t = &rec->process;

        add_who(l, t);
        line_add(l, " ended ");
        add_time(l, t->gone_us);
        line_add(l, " after %s", t->sig == SIGKILL ? "SIGKILL" : "SIGTERM");
        if ((t->is & WIRE_IS_SIGKILLED) && t->sig != SIGKILL)
                line_add(l, " (SIGKILL was needed)");
        line_add(l, ", gave back ");
        add_gives(l, t->real_kib, t->real_swap_kib);
        line_add(l, " (predicted ");
        add_gives(l, t->predicted_kib, t->predicted_swap_kib);
        line_add(l, "); %s available now", sz(rec->state.available_kib).text);
}

static void
say_flight(struct line *l, const struct wire_record *rec)
{
        const struct wire_process *t = &rec->process;

        add_who(l, t);
        switch ((enum wire_kind)rec->kind) {
        case WIRE_ESCALATED:
                line_add(l, " still there ");
                add_time(l, t->term_us);
                line_add(l, " after SIGTERM; SIGKILL: ");
                add_cause(l, &rec->state, rec->state.act == LEVEL_KILL ? LEVEL_KILL : LEVEL_TERM);
                break;
        case WIRE_REFUSED:
                line_add(l, " may not be signalled: %s; the next one is taken",
                         t->error < 0 && t->error >= -ERRNO_MAX ? strerror(-t->error) : "unknown");
                break;
        case WIRE_GAVE_UP:
                if (rec->state.act < LEVEL_TERM)
                        line_add(l, " does not end; given up, %s available without it",
                                 sz(rec->state.available_kib).text);
                else if (t->is & WIRE_IS_SWAPOFF)
                        line_add(l, " does not end before all is read in that one process has in "
                                    "swap; it is waited for as long as it gets on");
                else
                        line_add(l,
                                 " does not end and gives nothing back; given up, the next one is "
                                 "taken");
                break;
        default:
                line_add(l, " has not ended on SIGTERM and no longer has to: %s available",
                         sz(rec->state.available_kib).text);
        }
}

static const char *
cause_words(uint32_t cause)
{
        switch ((enum nobody_cause)cause) {
        case CAUSE_NOBODY:
                return "there is no process that may be";
        case CAUSE_TMPFS:
                return "what has gone missing lies in tmpfs (clear /tmp or /dev/shm), and no "
                       "process is to blame";
        case CAUSE_IN_VAIN:
                return "all that may be ended would together not be enough";
        case CAUSE_NO_EFFECT:
                return "the last two gave next to nothing back";
        case CAUSE_BLIND:
                return "other people's processes are hidden (hidepid), so the cause may be too";
        case CAUSE_PAUSED:
                return "the guard is paused (oomguardctl resume ends that)";
        }
        return "the guard does not say why";
}

static void
say_nothing(struct line *l, const struct wire_record *rec)
{
        const struct wire_state *s = &rec->state;

        line_add(l, "nothing is ended: %s; ", cause_words(rec->cause));
        add_cause(l, s, s->act);
        line_add(l, "; held by tmpfs and shared memory %s, huge pages %s, protected processes %s",
                 sz(s->shmem_kib).text, sz(s->hugetlb_kib).text, sz(s->protected_kib).text);
}

static void
say_recovered(struct line *l, const struct wire_state *s)
{
        line_add(l, "memory has recovered: %s available", sz(s->available_kib).text);
        if (s->swap_total_kib)
                line_add(l, ", %s of swap free", sz(s->swap_free_kib).text);
}

static void
say_kernel(struct line *l, const struct wire_record *rec)
{
        const struct wire_state *s = &rec->state;
        unsigned long long n = rec->kernel.n;

        line_add(l, "the kernel's OOM killer has ended %llu process%s", n, n == 1 ? "" : "es");
        if (rec->kernel.low) {
                line_add(l, " before the guard could: ");
                add_cause(l, s, LEVEL_KILL);
                return;
        }
        line_add(l,
                 ", although %s are available: inside a cgroup's own limit, it seems (`dmesg` "
                 "tells)",
                 sz(s->available_kib).text);
}

const char *
sentence_event(enum wire_kind kind)
{
        static const char *const words[WIRE_N_KINDS] = {
                [WIRE_WARNING] = "warning",     [WIRE_KILLING] = "killing",
                [WIRE_ESCALATED] = "escalated", [WIRE_KILLED] = "killed",
                [WIRE_REFUSED] = "refused",     [WIRE_GAVE_UP] = "gave-up",
                [WIRE_RELEASED] = "released",   [WIRE_NOTHING] = "nothing",
                [WIRE_RECOVERED] = "recovered", [WIRE_RELOADED] = "reloaded",
                [WIRE_FAULT] = "fault",         [WIRE_KERNEL_KILL] = "kernel-kill",
        };

        return (unsigned)kind < WIRE_N_KINDS ? words[kind] : NULL;
}

/* A line that was too long may have been cut within a character: what is left of that goes. */
static void
drop_torn_end(char *text)
{
        size_t n = strlen(text), back = 0;

        while (back < n && back < 3 && ((unsigned char)text[n - 1 - back] & 0xc0) == 0x80)
                back++;
        if (back == n)
                return;
        unsigned char lead = (unsigned char)text[n - 1 - back];
        size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;

        if (want > back)
                text[n - 1 - back] = '\0';
}

bool
sentence_make(const struct wire_record *rec, char *ret, size_t size)
{
        struct line l = { ret, size };

        if (size == 0)
                return false;
        ret[0] = '\0';
        switch ((enum wire_kind)rec->kind) {
        case WIRE_WARNING:
                say_warning(&l, rec);
                break;
        case WIRE_KILLING:
                say_killing(&l, rec);
                break;
        case WIRE_KILLED:
                say_killed(&l, rec);
                break;
        case WIRE_ESCALATED:
        case WIRE_REFUSED:
        case WIRE_GAVE_UP:
        case WIRE_RELEASED:
                say_flight(&l, rec);
                break;
        case WIRE_NOTHING:
                say_nothing(&l, rec);
                break;
        case WIRE_RECOVERED:
                say_recovered(&l, &rec->state);
                break;
        case WIRE_RELOADED:
                line_add(&l, "the configuration was read again and is in force");
                break;
        case WIRE_FAULT:
                add_washed(&l, rec->text);
                break;
        case WIRE_KERNEL_KILL:
                say_kernel(&l, rec);
                break;
        default:
                return false;
        }
        drop_torn_end(ret);
        return ret[0] != '\0';
}
