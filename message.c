/* SPDX-License-Identifier: MIT */
/*
 * Owns the wording.  Never decides and never writes.
 */
#include "message.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "line.h"
#include "rules.h"
#include "sampler.h"

void
message_size(uint64_t kib, char *ret, size_t size)
{
        if (kib == 0)
                (void)snprintf(ret, size, "0");
        else if (kib < 10240)
                (void)snprintf(ret, size, "%llu KiB", (unsigned long long)kib);
        else if (kib < 1048576)
                (void)snprintf(ret, size, "%llu MiB", (unsigned long long)(kib / 1024));
        else
                (void)snprintf(ret, size, "%llu.%llu GiB", (unsigned long long)(kib / 1048576),
                               (unsigned long long)(kib % 1048576 * 10 / 1048576));
}

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

/* Characters that cannot be seen, or that change the order or the lines of what stands around them:
 * U+200B to U+200F, U+2028 to U+202E, U+2060 to U+2069 and U+FEFF. */
static bool
rearranges(const unsigned char *s)
{
        if (s[0] == 0xef)
                return s[1] == 0xbb && s[2] == 0xbf;
        if (s[0] != 0xe2)
                return false;
        return (s[1] == 0x80 &&
                ((s[2] >= 0xa8 && s[2] <= 0xae) || (s[2] >= 0x8b && s[2] <= 0x8f))) ||
               (s[1] == 0x81 && s[2] >= 0xa0 && s[2] <= 0xa9);
}

/* U+FDD0 to U+FDEF, U+FFFE and U+FFFF: no characters, and D-Bus refuses a message that has one. */
static bool
is_none(const unsigned char *s)
{
        return s[0] == 0xef &&
               ((s[1] == 0xb7 && s[2] >= 0x90 && s[2] <= 0xaf) || (s[1] == 0xbf && s[2] >= 0xbe));
}

/* Length of the valid UTF-8 sequence at s that is no control character, or 0. */
static size_t
good_sequence(const unsigned char *s)
{
        if (s[0] >= 0x20 && s[0] < 0x7f)
                return 1;
        if (s[0] >= 0xc2 && s[0] < 0xe0 && (s[1] & 0xc0) == 0x80)
                /* U+0080 to U+009F are controls, U+061C turns the order round. */
                return (s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xd8 && s[1] == 0x9c) ? 0 : 2;
        if (s[0] >= 0xe0 && s[0] < 0xf0 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80) {
                bool overlong = s[0] == 0xe0 && s[1] < 0xa0;
                bool surrogate = s[0] == 0xed && s[1] >= 0xa0;

                return overlong || surrogate || rearranges(s) || is_none(s) ? 0 : 3;
        }
        if (s[0] >= 0xf0 && s[0] < 0xf5 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80 &&
            (s[3] & 0xc0) == 0x80) {
                bool overlong = s[0] == 0xf0 && s[1] < 0x90;
                bool beyond = s[0] == 0xf4 && s[1] >= 0x90;
                bool none = (s[1] & 0x0f) == 0x0f && s[2] == 0xbf && s[3] >= 0xbe;
                bool tag = s[0] == 0xf3 && s[1] == 0xa0; /* U+E0000 to U+E0FFF cannot be seen */

                return overlong || beyond || none || tag ? 0 : 4;
        }
        return 0;
}

void
message_wash(const char *name, char *ret, size_t size)
{
        const unsigned char *s = (const unsigned char *)name;
        size_t n = 0;

        while (*s) {
                size_t len = good_sequence(s);

                if (n + (len ? len : 1) >= size)
                        break;
                if (len == 0) {
                        ret[n++] = '?';
                        s++;
                        continue;
                }
                memcpy(ret + n, s, len);
                n += len;
                s += len;
        }
        ret[n] = '\0';
}

static void
add_percent(struct line *l, uint64_t bp)
{
        line_add(l, "%llu.%llu%%", (unsigned long long)(bp / 100),
                 (unsigned long long)(bp % 100 / 10));
}

static void
add_time(struct line *l, uint64_t us)
{
        if (us < 10000000)
                line_add(l, "%llu ms", (unsigned long long)(us / 1000));
        else
                line_add(l, "%llu.%llu s", (unsigned long long)(us / 1000000),
                         (unsigned long long)(us % 1000000 / 100000));
}

static void
add_swap(struct line *l, const struct verdict *v, uint64_t limit_kib)
{
        if (v->swap_total_kib == 0)
                line_add(l, ", no swap");
        else
                line_add(l, ", %s of swap free (limit %s)", sz(v->swap_free_kib).text,
                         sz(limit_kib).text);
}

/* Why: available memory, swap and pressure beside the limits that they were held against. */
static void
add_cause(struct line *l, const struct record *rec, enum level level)
{
        const struct verdict *v = &rec->verdict;
        uint64_t mem = v->warn_kib, swap = v->swap_warn_kib;

        if (level >= LEVEL_TERM || v->reason == REASON_SWAPOFF) {
                mem = level == LEVEL_KILL ? v->kill_kib : v->term_kib;
                swap = level == LEVEL_KILL ? v->swap_kill_kib : v->swap_term_kib;
        }
        if (v->reason == REASON_STALL) {
                line_add(l, "programs stood still for memory ");
                add_percent(l, v->full_bp);
                line_add(l, " of the time, ");
                if (rec->sample.has_refault) {
                        add_percent(l, v->refault_bp);
                        line_add(l, " of what was reclaimed had to come back, ");
                }
                line_add(l, "%s available", sz(v->available_kib).text);
                return;
        }
        if (v->reason == REASON_SWAPOFF)
                line_add(l, "swap is being switched off, and what is in there does not fit: ");
        line_add(l, "%s available (limit %s)", sz(v->available_kib).text, sz(mem).text);
        add_swap(l, v, swap);
        if (v->fall_kibps >= 1024)
                line_add(l, ", falling by %s a second", sz(v->fall_kibps).text);
        if (v->reason == REASON_RACE)
                line_add(l, ": too fast for it to end by itself");
}

static void
add_who(struct line *l, const struct record_victim *t)
{
        char name[64];

        message_wash(t->name, name, sizeof(name));
        if (t->n > 1)
                line_add(l, "%u processes like ", t->n);
        line_add(l, "%d (%s)", t->pid, name);
}

static void
add_rule(struct line *l, const struct standing *s, const struct policy *p)
{
        const struct rule *r;

        if (s->rule < 0 || (uint32_t)s->rule >= p->n_rules)
                return;
        r = &p->rules[s->rule];
        line_add(l, ", %s by %s:%s (%s:%u)", r->effect == RULE_AVOID ? "avoided" : "preferred",
                 rules_kind_word(r->kind), r->glob, r->file < p->n_files ? p->files[r->file] : "?",
                 r->line);
}

static void
add_since(struct line *l, uint64_t wall_s)
{
        time_t t = (time_t)wall_s;
        struct tm tm;

        if (localtime_r(&t, &tm))
                line_add(l, " since %02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* What the score is made of, so that nobody has to guess why it was this one. */
static void
add_score(struct line *l, const struct record_victim *t, const struct policy *p)
{
        const struct score *s = &t->score;

        if (t->blamed) {
                /* Others may have given back meanwhile: more than all of it would read oddly. */
                if (t->took_kib >= t->missing_kib)
                        line_add(l, "; took all of the %s that went missing",
                                 sz(t->missing_kib).text);
                else
                        line_add(l, "; took %s of the %s that went missing", sz(t->took_kib).text,
                                 sz(t->missing_kib).text);
                add_since(l, t->since_wall_s);
                return;
        }
        if (t->swapoff) {
                line_add(l, "; it switches off swap, and what is in there does not fit");
                return;
        }
        line_add(l, "; worst score %s: ends %s", sz(s->total_kib).text,
                 sz(s->anon_kib + s->pagetables_kib + s->shared_kib).text);
        if (s->swap_kib)
                line_add(l, " + swap %s", sz(s->swap_kib).text);
        if (s->growth_kib)
                line_add(l, " + growth %s", sz(s->growth_kib).text);
        if (s->adj)
                line_add(l, ", oom_score_adj %d", s->adj);
        add_rule(l, &t->standing, p);
}

static int
say_signal(struct line *l, const struct record *rec, const struct policy *p)
{
        const struct record_victim *t = &rec->victim;
        char unit[PROC_UNIT_MAX];

        message_wash(t->unit, unit, sizeof(unit));
        line_add(l, "%s%s to ", t->dry_run ? "would send " : "",
                 t->sig == SIGKILL ? "SIGKILL" : "SIGTERM");
        add_who(l, t);
        line_add(l, ", uid %u", t->uid);
        if (unit[0])
                line_add(l, ", %s", unit);
        line_add(l, ", %s", sz(t->size_kib).text);
        if (t->growth_kibps >= 1024)
                line_add(l, " growing by %s a second", sz(t->growth_kibps).text);
        line_add(l, ": ");
        add_cause(l, rec, rec->verdict.act);
        if (rec->verdict.reason != REASON_SWAPOFF)
                add_score(l, t, p);
        if (t->after_vain)
                line_add(l, "; no SIGTERM, because the one before gave nothing back");
        return MESSAGE_WARNING;
}

static void
add_gives(struct line *l, const struct give_back *g)
{
        line_add(l, "%s", sz(g->mem_kib).text);
        if (g->swap_kib)
                line_add(l, " and %s of swap", sz(g->swap_kib).text);
}

static int
say_ended(struct line *l, const struct record *rec)
{
        const struct record_victim *t = &rec->victim;

        add_who(l, t);
        line_add(l, " ended ");
        add_time(l, t->gone_us);
        line_add(l, " after %s", t->sig == SIGKILL ? "SIGKILL" : "SIGTERM");
        if (t->killed && t->sig != SIGKILL)
                line_add(l, " (SIGKILL was needed)");
        line_add(l, ", gave back ");
        add_gives(l, &t->real);
        line_add(l, " (predicted ");
        add_gives(l, &t->predicted);
        line_add(l, "); %s available now", sz(rec->verdict.available_kib).text);
        return MESSAGE_NOTICE;
}

static int
say_level(struct line *l, const struct record *rec)
{
        const struct verdict *v = &rec->verdict;

        if (v->level < LEVEL_WARN && rec->was >= LEVEL_WARN) {
                line_add(l, "memory has recovered: %s available", sz(v->available_kib).text);
                if (v->swap_total_kib)
                        line_add(l, ", %s of swap free", sz(v->swap_free_kib).text);
                return MESSAGE_INFO;
        }
        if (v->level < LEVEL_WARN || rec->was >= LEVEL_WARN)
                return -1;
        if (v->reason != REASON_SWAPOFF)
                line_add(l, "memory is running out: ");
        add_cause(l, rec, LEVEL_WARN);
        return MESSAGE_WARNING;
}

static int
say_nobody(struct line *l, const struct record *rec)
{
        const struct sample *s = &rec->sample;

        line_add(l, "nothing is ended: ");
        switch (rec->cause) {
        case CAUSE_NOBODY:
                line_add(l, "there is no process that may be");
                break;
        case CAUSE_TMPFS:
                line_add(l, "what has gone missing lies in tmpfs (clear /tmp or /dev/shm), and no "
                            "process "
                            "is to blame");
                break;
        case CAUSE_IN_VAIN:
                line_add(l, "all that may be ended would together not be enough");
                break;
        case CAUSE_NO_EFFECT:
                line_add(l, "the last two gave next to nothing back");
                break;
        case CAUSE_PAUSED:
                line_add(l, "the guard is paused (oomguardctl resume ends that)");
                break;
        case CAUSE_BLIND:
                line_add(l,
                         "other people's processes are hidden (hidepid), so the cause may be too");
                break;
        }
        line_add(l, "; ");
        add_cause(l, rec, rec->verdict.act);
        line_add(l, "; held by tmpfs and shared memory %s, huge pages %s, protected processes %s",
                 sz(s->mem.shmem_kib).text, sz(s->mem.hugetlb_kib).text,
                 sz(rec->protected_kib).text);
        return MESSAGE_ERROR;
}

static int
say_kernel(struct line *l, const struct record *rec)
{
        unsigned long long n = rec->kernel.n;

        line_add(l, "the kernel's OOM killer has ended %llu process%s", n, n == 1 ? "" : "es");
        if (rec->kernel.low) {
                line_add(l, " before the guard could: ");
                add_cause(l, rec, LEVEL_KILL);
                return MESSAGE_ERROR;
        }
        line_add(l,
                 ", although %s are available: inside a cgroup's own limit, it seems (`dmesg` "
                 "tells)",
                 sz(rec->verdict.available_kib).text);
        return MESSAGE_NOTICE;
}

static int
say_fault(struct line *l, const struct record *rec)
{
        static const char *const file[SAMPLER_N_FILES] = {
                [SAMPLER_MEMINFO] = "/proc/meminfo",
                [SAMPLER_PRESSURE] = "/proc/pressure/memory",
                [SAMPLER_VMSTAT] = "/proc/vmstat",
                [SAMPLER_SWAPS] = "/proc/swaps or zram's mm_stat",
                [SAMPLER_ARC] = "/proc/spl/kstat/zfs/arcstats",
                [SAMPLER_ZONES] = "/proc/zoneinfo",
        };
        const struct record_fault *f = &rec->fault;

        if (f->over) {
                line_add(l, "%s can be read again, after %llu faults", file[f->file],
                         (unsigned long long)f->n);
                return MESSAGE_NOTICE;
        }
        line_add(l, "%s: %s; the last good numbers stay, guarding goes on", file[f->file],
                 strerror(-f->error));
        return MESSAGE_WARNING;
}

static int
say_flight(struct line *l, const struct record *rec)
{
        const struct record_victim *t = &rec->victim;

        add_who(l, t);
        switch (rec->kind) {
        case RECORD_ESCALATED:
                line_add(l, " still there ");
                add_time(l, t->term_us);
                line_add(l, " after SIGTERM; SIGKILL: ");
                add_cause(l, rec, rec->verdict.act == LEVEL_KILL ? LEVEL_KILL : LEVEL_TERM);
                return MESSAGE_WARNING;
        case RECORD_REFUSED:
                line_add(l, " may not be signalled: %s; the next one is taken",
                         strerror(-t->error));
                return MESSAGE_WARNING;
        case RECORD_GAVE_UP:
                if (rec->verdict.act < LEVEL_TERM) {
                        line_add(l, " does not end; given up, %s available without it",
                                 sz(rec->verdict.available_kib).text);
                        return MESSAGE_NOTICE;
                }
                if (t->swapoff) {
                        line_add(l, " does not end before all is read in that one process has in "
                                    "swap; it is waited for as long as it gets on");
                        return MESSAGE_WARNING;
                }
                line_add(l,
                         " does not end and gives nothing back; given up, the next one is taken");
                return MESSAGE_ERROR;
        default:
                line_add(l, " has not ended on SIGTERM and no longer has to: %s available",
                         sz(rec->verdict.available_kib).text);
                return MESSAGE_NOTICE;
        }
}

int
message_format(const struct record *rec, const struct policy *p, char *ret, size_t size)
{
        struct line l = { ret, size };

        ret[0] = '\0';
        switch (rec->kind) {
        case RECORD_SAMPLE:
        case RECORD_STATE:
                return -1;
        case RECORD_KERNEL:
                return say_kernel(&l, rec);
        case RECORD_LEVEL:
                return say_level(&l, rec);
        case RECORD_FAULT:
                return say_fault(&l, rec);
        case RECORD_LATE:
                line_add(&l, "the machine was suspended or stood still; trends start anew");
                return MESSAGE_NOTICE;
        case RECORD_SIGNAL:
                return say_signal(&l, rec, p);
        case RECORD_ENDED:
                return say_ended(&l, rec);
        case RECORD_NOBODY:
                return say_nobody(&l, rec);
        case RECORD_ESCALATED:
        case RECORD_REFUSED:
        case RECORD_GAVE_UP:
        case RECORD_RELEASED:
                return say_flight(&l, rec);
        }
        return -1;
}
