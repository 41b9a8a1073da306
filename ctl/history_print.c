/* SPDX-License-Identifier: MIT */
/*
 * Owns how an event reads.  Never decides what is one.
 */
#include "history_print.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "finding.h"
#include "message.h"
#include "print.h"

enum { INDENT = 4, TEXT_MAX = 1536 };

/* A text in the making. */
struct line {
        char text[TEXT_MAX];
};

__attribute__((format(printf, 2, 3))) static void
add(struct line *l, const char *format, ...)
{
        size_t used = strlen(l->text);
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(l->text + used, sizeof(l->text) - used, format, ap);
        va_end(ap);
}

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
to_tm(uint64_t wall_us, struct tm *ret)
{
        time_t t = (time_t)(wall_us / 1000000);

        return wall_us > 0 && localtime_r(&t, ret) != NULL;
}

void
history_print_time(const struct history_event *e, char *ret, size_t size)
{
        struct tm tm;

        if (to_tm(e->wall_us, &tm))
                (void)strftime(ret, size, "%Y-%m-%d %H:%M:%S", &tm);
        else if (e->boot_us > 0)
                (void)snprintf(ret, size, "%" PRIu64 ".%03u s after boot", e->boot_us / 1000000,
                               (unsigned)(e->boot_us % 1000000 / 1000));
        else
                (void)snprintf(ret, size, "time not known");
}

/* `119 (runaway), 93 MiB, uid 1000, in foo.scope` */
static void
add_who(struct line *l, const struct history_event *e)
{
        if (e->killer == KILLER_OOMD) {
                add(l, "%s", e->unit[0] ? e->unit : "a cgroup");
                if (e->n > 0)
                        add(l, " (%u process%s)", e->n, e->n == 1 ? "" : "es");
        } else if (e->pid == 0) {
                add(l, "%u process%s", e->n, e->n == 1 ? "" : "es");
        } else {
                if (e->n > 1)
                        add(l, "%u processes like ", e->n);
                add(l, "%d", e->pid);
                if (e->name[0])
                        add(l, " (%s)", e->name);
        }
        if (e->size_kib > 0)
                add(l, ", %s", sz(e->size_kib).text);
        if (e->has_uid)
                add(l, ", uid %u", e->uid);
        if (e->unit[0] && e->killer != KILLER_OOMD)
                add(l, ", in %s", e->unit);
}

static void
add_guard_head(struct line *l, const struct history_event *e)
{
        bool released = e->ending == ENDING_RELEASED;

        if (e->dry_run)
                add(l, "the guard (dry run) would have ended ");
        else if (e->ending == ENDING_GAVE_UP)
                add(l, "the guard could not end ");
        else
                add(l, "the guard %s ", released ? "asked" : "ended");
        add_who(l, e);
        if (released)
                add(l, ", to end; memory came back first");
}

static void
add_kernel_head(struct line *l, const struct history_event *e)
{
        add(l, "the kernel ended ");
        add_who(l, e);
        switch (e->scope) {
        case SCOPE_MACHINE:
                add(l, ": the machine was out of memory");
                break;
        case SCOPE_CGROUP:
                add(l, ": over the limit of %s",
                    e->limit_cgroup[0] ? e->limit_cgroup : "its cgroup");
                if (e->limit_kib > 0)
                        add(l, ", %s", sz(e->limit_kib).text);
                break;
        case SCOPE_CPUSET:
                add(l, ": the memory of its cpuset was used up");
                break;
        case SCOPE_POLICY:
                add(l, ": the NUMA nodes that memory was bound to were used up");
                break;
        case SCOPE_UNKNOWN:
                break;
        }
}

static void
add_head(struct line *l, const struct history_event *e)
{
        switch (e->killer) {
        case KILLER_GUARD:
                add_guard_head(l, e);
                return;
        case KILLER_KERNEL:
                add_kernel_head(l, e);
                return;
        case KILLER_OOMD:
                add(l, "systemd-oomd ended ");
                break;
        case KILLER_OTHER:
                add(l, "%s ended ", e->by);
                break;
        }
        add_who(l, e);
}

static void
add_time(struct line *l, uint64_t us)
{
        if (us < 10000000)
                add(l, "%" PRIu64 " ms", us / 1000);
        else
                add(l, "%" PRIu64 ".%" PRIu64 " s", us / 1000000, us % 1000000 / 100000);
}

/* How it went. */
static void
add_course(struct line *l, const struct history_event *e)
{
        if (e->dry_run || e->sig == 0)
                return;
        add(l, "%s", e->sig == SIGKILL ? "SIGKILL" : "SIGTERM");
        if (e->sig != SIGKILL && e->sig_kill)
                add(l, ", then SIGKILL");
        if (e->took_us > 0) {
                add(l, "; it ended ");
                add_time(l, e->took_us);
                add(l, " later");
        }
        if (e->ending == ENDING_ENDED)
                add(l, " and gave back %s", sz(e->gave_back_kib).text);
        if (e->ending == ENDING_ENDED && e->available_kib > 0)
                add(l, "; %s were available then", sz(e->available_kib).text);
}

static void
add_kernel_course(struct line *l, const struct history_event *e)
{
        if (e->asked[0] && strcmp(e->asked, e->name) != 0)
                add(l, "%s asked for memory", e->asked);
        if (e->scope == SCOPE_CGROUP && e->usage_kib > 0)
                add(l, "%s%s were in use", l->text[0] ? "; " : "", sz(e->usage_kib).text);
        if (e->scope != SCOPE_MACHINE || !e->has_swap)
                return;
        if (e->swap_total_kib == 0)
                add(l, "%sthere was no swap", l->text[0] ? "; " : "");
        else
                add(l, "%s%s of %s of swap were free", l->text[0] ? "; " : "",
                    sz(e->swap_free_kib).text, sz(e->swap_total_kib).text);
}

static void
add_top(struct line *l, const struct history_event *e)
{
        for (unsigned i = 0; i < e->n_top; i++) {
                const struct history_consumer *c = &e->top[i];

                add(l, "%s",
                    i > 0                      ? ", "
                    : e->scope == SCOPE_CGROUP ? "largest in it: "
                                               : "largest then: ");
                if (c->pid > 0)
                        add(l, "%d (%s)", c->pid, c->name);
                else
                        add(l, "%s", c->name);
                add(l, " %s", sz(c->kib).text);
        }
}

static void
print_line(struct ctl *ctl, struct line *l)
{
        if (l->text[0] == '\0')
                return;
        (void)fprintf(ctl->out, "%*s", INDENT, "");
        finding_flow(ctl, INDENT, INDENT, l->text);
        l->text[0] = '\0';
}

void
history_print_event(struct ctl *ctl, const struct history_event *e)
{
        struct line l = { .text = "" };
        char when[64];

        history_print_time(e, when, sizeof(when));
        print_in(ctl, PRINT_BOLD, "%s", when);
        (void)fputc(' ', ctl->out);
        add_head(&l, e);
        finding_flow(ctl, (unsigned)strlen(when) + 1, INDENT, l.text);
        l.text[0] = '\0';
        if (e->killer == KILLER_KERNEL)
                add_kernel_course(&l, e);
        else
                add_course(&l, e);
        print_line(ctl, &l);
        if (e->why[0])
                add(&l, "because: %s", e->why);
        print_line(ctl, &l);
        add_top(&l, e);
        print_line(ctl, &l);
}

/* ---- JSON ---- */

static const char *
killer_word(const struct history_event *e)
{
        static const char *const words[] = {
                [KILLER_GUARD] = "oomguard",
                [KILLER_KERNEL] = "kernel",
                [KILLER_OOMD] = "systemd-oomd",
        };

        return e->killer == KILLER_OTHER ? e->by : words[e->killer];
}

static const char *
scope_word(enum history_scope scope)
{
        static const char *const words[] = {
                [SCOPE_MACHINE] = "machine", [SCOPE_CGROUP] = "cgroup",
                [SCOPE_CPUSET] = "cpuset",   [SCOPE_POLICY] = "memory-policy",
                [SCOPE_UNKNOWN] = NULL,
        };

        return words[scope];
}

static const char *
ending_word(enum history_ending ending)
{
        static const char *const words[] = {
                [ENDING_UNKNOWN] = NULL,
                [ENDING_ENDED] = "ended",
                [ENDING_GAVE_UP] = "gave-up",
                [ENDING_RELEASED] = "released",
        };

        return words[ending];
}

static void
json_text(struct json *j, const char *key, const char *text)
{
        json_string(j, key, text[0] ? text : NULL);
}

static void
json_known(struct json *j, const char *key, uint64_t number)
{
        if (number > 0)
                json_u64(j, key, number);
        else
                json_null(j, key);
}

static void
json_time(struct json *j, const struct history_event *e)
{
        char text[64] = "";
        struct tm tm;

        if (to_tm(e->wall_us, &tm))
                (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &tm);
        json_text(j, "time", text);
        json_known(j, "wall_us", e->wall_us);
        json_known(j, "boot_us", e->boot_us);
}

static void
json_killer(struct json *j, const struct history_event *e)
{
        if (e->killer == KILLER_KERNEL) {
                json_string(j, "scope", scope_word(e->scope));
                json_text(j, "limit_cgroup", e->limit_cgroup);
                json_known(j, "limit_kib", e->limit_kib);
                json_known(j, "usage_kib", e->usage_kib);
                json_text(j, "asked", e->asked);
                if (e->has_swap) {
                        json_u64(j, "swap_total_kib", e->swap_total_kib);
                        json_u64(j, "swap_free_kib", e->swap_free_kib);
                }
                return;
        }
        json_string(j, "signal", e->sig == 0 ? NULL : e->sig == SIGKILL ? "SIGKILL" : "SIGTERM");
        json_bool(j, "sigkill", e->sig_kill);
        json_bool(j, "dry_run", e->dry_run);
        json_string(j, "ending", ending_word(e->ending));
        json_known(j, "took_us", e->took_us);
        json_known(j, "gave_back_kib", e->gave_back_kib);
        json_known(j, "available_kib", e->available_kib);
}

void
history_json_event(struct json *j, const struct history_event *e)
{
        json_open(j, NULL, '{');
        json_time(j, e);
        json_string(j, "killer", killer_word(e));
        json_known(j, "pid", (uint64_t)(e->pid > 0 ? e->pid : 0));
        json_known(j, "processes", e->n);
        json_text(j, "name", e->name);
        if (e->has_uid)
                json_u64(j, "uid", e->uid);
        else
                json_null(j, "uid");
        json_text(j, "unit", e->unit);
        json_known(j, "size_kib", e->size_kib);
        json_text(j, "why", e->why);
        json_killer(j, e);
        json_open(j, "largest", '[');
        for (unsigned i = 0; i < e->n_top; i++) {
                json_open(j, NULL, '{');
                json_string(j, "name", e->top[i].name);
                json_known(j, "pid", (uint64_t)(e->top[i].pid > 0 ? e->top[i].pid : 0));
                json_u64(j, "size_kib", e->top[i].kib);
                json_close(j, '}');
        }
        json_close(j, ']');
        json_close(j, '}');
}
