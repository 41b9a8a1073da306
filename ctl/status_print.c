/* SPDX-License-Identifier: MIT */
/*
 * Owns how `status` looks.  Never asks anybody: the view is an argument.
 */
#include "view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "decide.h"
#include "finding.h"
#include "number.h"
#include "print.h"
#include "span.h"

enum {
        LABEL = 11,      /* columns in front of the bars */
        BAR_WIDEST = 62, /* columns of a bar on a wide terminal */
        TEXT_BESIDE = 33,
        NARROW = 64, /* below this bars stand on lines of their own */
};

/* Growth below this is not worth a line. */
#define TELL_KIBPS 1024u
/* A time further off is not in sight. */
#define TELL_LEFT_US (UINT64_C(3600) * 1000000)

/* One of the three bars, and what stands beside and below it. */
struct gauge {
        const char *label;
        uint64_t used, whole;
        enum print_colour colour;
        struct print_mark mark[3];
        unsigned n_marks;
        char text[80];
        char suffix[24];    /* left out where there is no room for it */
        char limits[3][48]; /* a clause for each mark, in its colour */
        enum print_colour limit_colour[3];
        unsigned n_limits;
};

/* ---- the heading ---- */

static enum print_colour
level_colour(uint32_t level)
{
        return level >= LEVEL_TERM ? PRINT_RED : level == LEVEL_WARN ? PRINT_YELLOW : PRINT_GREEN;
}

static const char *
level_sentence(const struct wire_state *s)
{
        if (s->reason == REASON_SWAPOFF)
                return "what is in swap that is being switched off does not fit into memory";
        switch ((enum level)s->level) {
        case LEVEL_CALM:
                return "enough memory is available";
        case LEVEL_WATCH:
                return "memory is getting scarce; who takes it is being followed";
        case LEVEL_WARN:
                return s->reason == REASON_STALL ? "programs stand still for memory"
                                                 : "memory is running out";
        case LEVEL_TERM:
                return s->reason == REASON_STALL ? "programs stand still for memory for too long"
                                                 : "memory has run out";
        case LEVEL_KILL:
                break;
        }
        if (s->reason == REASON_RACE)
                return "memory runs out too fast for a process to end by itself";
        return s->reason == REASON_STALL ? "the machine stands still for memory"
                                         : "next to no memory is left";
}

static void
print_heading(struct ctl *ctl, const struct view *v)
{
        const struct wire_state *s = &v->state;
        char text[160], version[sizeof(s->version)];

        message_wash(s->version, version, sizeof(version));
        if (v->no_guard && ctl->config)
                (void)snprintf(text, sizeof(text), "by %s: ", ctl->config);
        else if (v->no_guard)
                (void)snprintf(text, sizeof(text), "no guard: ");
        else
                (void)snprintf(text, sizeof(text), "oomguard %s: ", version);
        (void)fputs(text, ctl->out);
        print_in(ctl, level_colour(s->level), "%s", level_word((enum level)s->level));
        (void)snprintf(text, sizeof(text), "%s%s", level_sentence(s),
                       s->flags & WIRE_FLAG_ACTING ? "; a process is being ended" : "");
        (void)fprintf(ctl->out, "%s", ctl->columns < NARROW ? "\n" : ", ");
        print_wrapped(ctl, 0, text);
}

/* ---- the gauges ---- */

static void
add_limit(struct gauge *g, char sign, const char *word, bool never, uint64_t at, const char *text,
          enum print_colour colour)
{
        unsigned i = g->n_limits++;

        g->limit_colour[i] = colour;
        if (never) {
                (void)snprintf(g->limits[i], sizeof(g->limits[i]), "%s never", word);
                return;
        }
        (void)snprintf(g->limits[i], sizeof(g->limits[i]), "%c %s %s", sign, word, text);
        g->mark[g->n_marks++] = (struct print_mark){ at, sign, colour };
}

static void
add_floor(struct gauge *g, char sign, const char *word, uint64_t limit, enum print_colour colour)
{
        add_limit(g, sign, word, limit == 0, sub_floor(g->whole, limit), view_size(limit).text,
                  colour);
}

static enum print_colour
scarce_colour(uint64_t left, uint64_t warn, uint64_t term)
{
        if (left <= term)
                return PRINT_RED;
        return left <= warn ? PRINT_YELLOW : PRINT_GREEN;
}

static struct gauge
memory_gauge(const struct wire_state *s)
{
        struct gauge g = {
                .label = "memory",
                .used = sub_floor(s->total_kib, s->available_kib),
                .whole = s->total_kib,
                .colour = scarce_colour(s->available_kib, s->warn_kib, s->term_kib),
        };

        (void)snprintf(g.text, sizeof(g.text), "%s of %s", view_size(s->available_kib).text,
                       view_size(s->total_kib).text);
        (void)snprintf(g.suffix, sizeof(g.suffix), " available");
        add_floor(&g, 'w', "warn", s->warn_kib, PRINT_YELLOW);
        add_floor(&g, 't', "term", s->term_kib, PRINT_RED);
        add_floor(&g, 'k', "kill", s->kill_kib, PRINT_RED);
        return g;
}

static struct gauge
swap_gauge(const struct wire_state *s)
{
        struct gauge g = {
                .label = "swap",
                .used = sub_floor(s->swap_total_kib, s->swap_free_kib),
                .whole = s->swap_total_kib,
                .colour = scarce_colour(s->swap_free_kib, s->swap_warn_kib, s->swap_term_kib),
        };

        if (s->swap_total_kib == 0) {
                (void)snprintf(g.text, sizeof(g.text), "none");
                return g;
        }
        (void)snprintf(g.text, sizeof(g.text), "%s of %s", view_size(s->swap_free_kib).text,
                       view_size(s->swap_total_kib).text);
        (void)snprintf(g.suffix, sizeof(g.suffix), " free");
        add_floor(&g, 'w', "warn", s->swap_warn_kib, PRINT_YELLOW);
        add_floor(&g, 't', "term", s->swap_term_kib, PRINT_RED);
        add_floor(&g, 'k', "kill", s->swap_kill_kib, PRINT_RED);
        return g;
}

static void
add_share(struct gauge *g, char sign, const char *word, uint32_t bp, enum print_colour colour)
{
        char text[24];

        (void)snprintf(text, sizeof(text), "%u.%u%%", bp / 100, bp % 100 / 10);
        add_limit(g, sign, word, bp == 0, bp, text, colour);
}

static struct gauge
pressure_gauge(const struct wire_state *s)
{
        struct gauge g = { .label = "pressure", .used = s->full_bp, .colour = PRINT_GREEN };

        if (!(s->flags & WIRE_FLAG_PSI)) {
                (void)snprintf(g.text, sizeof(g.text), "not measured");
                return g;
        }
        g.whole = 10000;
        if (s->psi_kill_bp > 0 && s->full_bp >= s->psi_kill_bp)
                g.colour = PRINT_RED;
        else if (s->psi_term_bp > 0 && s->full_bp >= s->psi_term_bp)
                g.colour = PRINT_YELLOW;
        (void)snprintf(g.text, sizeof(g.text), "full %u.%u%%, some %u.%u%%", s->full_bp / 100,
                       s->full_bp % 100 / 10, s->some_bp / 100, s->some_bp % 100 / 10);
        (void)snprintf(g.suffix, sizeof(g.suffix), " of %u.%u s", s->window_ms / 1000,
                       s->window_ms % 1000 / 100);
        add_share(&g, 't', "term", s->psi_term_bp, PRINT_RED);
        add_share(&g, 'k', "kill", s->psi_kill_bp, PRINT_RED);
        return g;
}

static void
print_limits(struct ctl *ctl, const struct gauge *g, unsigned indent)
{
        unsigned at = indent;

        if (g->n_limits == 0)
                return;
        (void)fprintf(ctl->out, "%*s", (int)indent, "");
        for (unsigned i = 0; i < g->n_limits; i++) {
                unsigned width = print_width(g->limits[i]);

                if (i > 0 && at + 2 + width > ctl->columns) {
                        (void)fprintf(ctl->out, "\n%*s", (int)indent, "");
                        at = indent;
                } else if (i > 0) {
                        (void)fputs("  ", ctl->out);
                        at += 2;
                }
                print_in(ctl, g->limit_colour[i], "%s", g->limits[i]);
                at += width;
        }
        (void)fputc('\n', ctl->out);
}

/* The numbers, with what they are of as far as there is room. */
static void
print_numbers(struct ctl *ctl, const struct gauge *g, unsigned at)
{
        unsigned width = at + print_width(g->text) + print_width(g->suffix);

        (void)fprintf(ctl->out, "%s%s\n", g->text, width <= ctl->columns ? g->suffix : "");
}

static void
print_gauge(struct ctl *ctl, const struct gauge *g)
{
        bool narrow = ctl->columns < NARROW;
        unsigned columns = ctl->columns - (narrow ? 4 : LABEL + TEXT_BESIDE + 2);
        unsigned label = print_width(g->label), pad = narrow ? 1 : LABEL - 2 - label;

        if (columns > BAR_WIDEST)
                columns = BAR_WIDEST;
        (void)fputs("  ", ctl->out);
        print_in(ctl, PRINT_BOLD, "%s", g->label);
        (void)fprintf(ctl->out, "%*s", (int)pad, "");
        if (narrow || g->whole == 0)
                print_numbers(ctl, g, 2 + label + pad);
        if (g->whole == 0)
                return;
        if (narrow)
                (void)fputs("  ", ctl->out);
        print_bar(ctl, g->used, g->whole, columns, g->colour, g->mark, g->n_marks);
        if (narrow) {
                (void)fputc('\n', ctl->out);
        } else {
                (void)fputs("  ", ctl->out);
                print_numbers(ctl, g, LABEL + columns + 2);
        }
        print_limits(ctl, g, narrow ? 4 : LABEL + 1);
}

/* ---- sentences below ---- */

__attribute__((format(printf, 3, 4))) static void
tell(struct ctl *ctl, bool off, const char *format, ...)
{
        char text[512];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        print_in(ctl, PRINT_YELLOW, "%s", off ? "! " : "  ");
        finding_flow(ctl, 2, 2, text);
}

static void
tell_fall(struct ctl *ctl, const struct wire_state *s)
{
        char left[SPAN_TEXT_MAX];

        if (s->fall_kibps < TELL_KIBPS)
                return;
        span_format(s->left_us, left);
        if (s->left_us == 0)
                tell(ctl, false, "Falling by %s a second.", view_size(s->fall_kibps).text);
        else if (s->left_us < TELL_LEFT_US)
                tell(ctl, false,
                     "Falling by %s a second: at that rate the limit of term is reached in %s.",
                     view_size(s->fall_kibps).text, left);
        else
                tell(ctl, false, "Falling by %s a second: the limits are more than an hour away.",
                     view_size(s->fall_kibps).text);
}

/* What lies in memory and no process gives back. */
static void
tell_holders(struct ctl *ctl, const struct wire_state *s)
{
        if (s->zram_total_kib > 0)
                tell(ctl, false,
                     "zram: %s of %s free; swap on it counts for what it is worth in memory.",
                     view_size(s->zram_free_kib).text, view_size(s->zram_total_kib).text);
        if (s->shmem_kib >= s->total_kib / 4)
                tell(ctl, false,
                     "tmpfs and shared memory hold %s; of files in /tmp and /dev/shm, ending a "
                     "process gives nothing back.",
                     view_size(s->shmem_kib).text);
        if (s->hugetlb_kib >= s->total_kib / 4)
                tell(ctl, false, "Huge pages hold %s; no limit counts them.",
                     view_size(s->hugetlb_kib).text);
}

static void
tell_kills(struct ctl *ctl, const struct view *v, uint64_t now_s)
{
        const struct wire_state *s = &v->state;
        const char *many = s->kills == 1 ? "process was" : "processes were";

        if (v->no_guard)
                return;
        if (s->kills == 0)
                tell(ctl, false, "Nobody was ended since the guard was started.");
        else if (s->last_kill_s == 0)
                tell(ctl, false, "%" PRIu64 " %s ended since the guard was started.", s->kills,
                     many);
        else
                tell(ctl, false,
                     "%" PRIu64 " %s ended since the guard was started, the last at %s.", s->kills,
                     many, view_time(s->last_kill_s, now_s).text);
        if (s->missed > 0)
                tell(ctl, true,
                     "%" PRIu64
                     " %s ended by the kernel's own OOM killer in that time, when memory "
                     "was low (oomguardctl history).",
                     s->missed, s->missed == 1 ? "process was" : "processes were");
}

/* What is off or degraded. */
static void
tell_degraded(struct ctl *ctl, const struct view *v)
{
        const struct wire_state *s = &v->state;
        char left[SPAN_TEXT_MAX];

        span_format(s->paused_left_us, left);
        if (s->flags & WIRE_FLAG_PAUSED)
                tell(ctl, true, "Paused for another %s: nobody is ended (oomguardctl resume).",
                     left);
        if (s->flags & WIRE_FLAG_DRY_RUN)
                tell(ctl, true, "Dry run: it is only said who would have been ended.");
        if (s->flags & WIRE_FLAG_BLIND)
                tell(ctl, true,
                     "/proc hides other people's processes (hidepid): nobody is ended, because the "
                     "cause may be hidden too.");
        if (!(s->flags & WIRE_FLAG_PSI))
                tell(ctl, true,
                     "The kernel does not measure memory pressure (boot with psi=1): the limits of "
                     "memory go on alone.");
        if (s->swap_total_kib == 0)
                tell(ctl, true, "Without swap memory alone decides (oomguardctl doctor).");
        if (s->lost > 0)
                tell(ctl, true, "%" PRIu64 " records of the guard's loop were lost.", s->lost);
        if (!v->no_guard && strcmp(s->version, v->version) != 0)
                tell(ctl, true,
                     "The guard is another version than this program (%s): restart it after an "
                     "update.",
                     v->version);
}

void
status_print(struct ctl *ctl, const struct view *v, uint64_t now_s)
{
        struct gauge memory = memory_gauge(&v->state), swap = swap_gauge(&v->state);
        struct gauge pressure = pressure_gauge(&v->state);

        print_heading(ctl, v);
        (void)fputc('\n', ctl->out);
        print_gauge(ctl, &memory);
        print_gauge(ctl, &swap);
        print_gauge(ctl, &pressure);
        (void)fputc('\n', ctl->out);
        tell_fall(ctl, &v->state);
        tell_holders(ctl, &v->state);
        tell_kills(ctl, v, now_s);
        tell_degraded(ctl, v);
        if (v->no_guard)
                tell(ctl, true,
                     "No guard was asked: %s. This is what one would see, looked up from here; "
                     "nobody is ended.",
                     v->no_guard);
}

/* ---- JSON ---- */

static void
json_limits(struct json *j, const char *key, const uint64_t value[5], const char *free_key)
{
        json_open(j, key, '{');
        json_u64(j, "total_kib", value[0]);
        json_u64(j, free_key, value[1]);
        json_u64(j, "warn_kib", value[2]);
        json_u64(j, "term_kib", value[3]);
        json_u64(j, "kill_kib", value[4]);
        json_close(j, '}');
}

static void
json_pressure(struct json *j, const struct wire_state *s)
{
        json_open(j, "pressure", '{');
        json_bool(j, "measured", s->flags & WIRE_FLAG_PSI);
        json_u64(j, "window_ms", s->window_ms);
        json_percent(j, "some_percent", s->some_bp);
        json_percent(j, "full_percent", s->full_bp);
        json_percent(j, "refault_percent", s->refault_bp);
        json_percent(j, "term_percent", s->psi_term_bp);
        json_percent(j, "kill_percent", s->psi_kill_bp);
        json_bool(j, "reclaim", s->flags & WIRE_FLAG_RECLAIM);
        json_close(j, '}');
}

static void
json_guard(struct json *j, const struct view *v)
{
        const struct wire_state *s = &v->state;

        if (v->no_guard) {
                json_null(j, "guard");
                return;
        }
        json_open(j, "guard", '{');
        json_string(j, "version", s->version);
        json_bool(j, "dry_run", s->flags & WIRE_FLAG_DRY_RUN);
        json_bool(j, "acting", s->flags & WIRE_FLAG_ACTING);
        json_bool(j, "paused", s->flags & WIRE_FLAG_PAUSED);
        json_u64(j, "paused_left_s", s->paused_left_us / 1000000);
        json_u64(j, "kills", s->kills);
        json_u64(j, "missed", s->missed);
        if (s->last_kill_s)
                json_u64(j, "last_kill", s->last_kill_s);
        else
                json_null(j, "last_kill");
        json_u64(j, "lost_records", s->lost);
        json_close(j, '}');
}

void
status_json(struct ctl *ctl, const struct view *v)
{
        const struct wire_state *s = &v->state;
        const uint64_t memory[] = { s->total_kib, s->available_kib, s->warn_kib, s->term_kib,
                                    s->kill_kib };
        const uint64_t swap[] = { s->swap_total_kib, s->swap_free_kib, s->swap_warn_kib,
                                  s->swap_term_kib, s->swap_kill_kib };
        struct json j = JSON_INIT(ctl->out);

        json_open(&j, NULL, '{');
        view_json_source(&j, v);
        json_string(&j, "level", level_word((enum level)s->level));
        json_string(&j, "act", level_word((enum level)s->act));
        json_string(&j, "reason", reason_word((enum reason)s->reason));
        json_limits(&j, "memory", memory, "available_kib");
        json_limits(&j, "swap", swap, "free_kib");
        json_pressure(&j, s);
        json_u64(&j, "zram_total_kib", s->zram_total_kib);
        json_u64(&j, "zram_free_kib", s->zram_free_kib);
        json_u64(&j, "shmem_kib", s->shmem_kib);
        json_u64(&j, "hugetlb_kib", s->hugetlb_kib);
        json_u64(&j, "fall_kib_per_s", s->fall_kibps);
        if (s->left_us == UINT64_MAX)
                json_null(&j, "left_ms");
        else
                json_u64(&j, "left_ms", s->left_us / 1000);
        json_bool(&j, "below_term", s->flags & WIRE_FLAG_BELOW_TERM);
        json_bool(&j, "blind", s->flags & WIRE_FLAG_BLIND);
        json_guard(&j, v);
        json_close(&j, '}');
}
