/* SPDX-License-Identifier: MIT */
/*
 * Owns the list of events, and the question which reports are about the same one.
 */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"

/* Two sources tell of the same kill within this time; a pid does not come round again in it. */
#define SAME_US UINT64_C(60000000)
/* The kernel's clock stands still while the machine is suspended, so its times may be off. */
#define SAME_KERNEL_US UINT64_C(120000000)
/* The guard looks at the kernel's count ten times a second, or once in ten seconds while calm. */
#define SAME_COUNT_US UINT64_C(20000000)
/* A unit's manager notices when the cgroup is empty, which a slow death puts off. */
#define SAME_CGROUP_US UINT64_C(60000000)

struct history_event
history_event_init(enum history_killer killer, uint64_t wall_us)
{
        return (struct history_event){ .killer = killer, .wall_us = wall_us, .n = 1 };
}

void
history_copy(char *ret, size_t size, const char *text, size_t len)
{
        char copy[1024];

        if (len > sizeof(copy) - 1)
                len = sizeof(copy) - 1;
        memcpy(copy, text, len);
        copy[len] = '\0';
        message_wash(copy, ret, size);
}

void
history_top_add(struct history_event *e, const char *name, int32_t pid, uint64_t kib)
{
        unsigned at = e->n_top;

        while (at > 0 && e->top[at - 1].kib < kib)
                at--;
        if (at == HISTORY_TOP)
                return;
        if (e->n_top < HISTORY_TOP)
                e->n_top++;
        memmove(&e->top[at + 1], &e->top[at], (e->n_top - at - 1) * sizeof(e->top[0]));
        e->top[at] = (struct history_consumer){ .pid = pid, .kib = kib };
        message_wash(name, e->top[at].name, sizeof(e->top[at].name));
}

static uint64_t
apart_us(uint64_t a, uint64_t b)
{
        return a > b ? a - b : b - a;
}

/* `unit` is the last part of the path, or the whole of it. */
static bool
is_last_part(const char *path, const char *unit)
{
        size_t len = strlen(path), tail = strlen(unit);

        if (tail == 0 || tail > len || strcmp(path + len - tail, unit) != 0)
                return false;
        return tail == len || path[len - tail - 1] == '/';
}

static bool
same_cgroup(const struct history_event *a, const struct history_event *b)
{
        return is_last_part(a->unit, b->unit) || is_last_part(b->unit, a->unit);
}

/*
 * A kernel log may tell no date: then the kernel's own clock decides, and where that is not known
 * either the same pid may well be another process.  That clock begins anew at each boot, so a
 * report without a date is only the same as one with a date when it is the very same line.
 */
static bool
same_kernel_time(const struct history_event *a, const struct history_event *b, uint64_t within_us)
{
        if (a->wall_us > 0 && b->wall_us > 0)
                return apart_us(a->wall_us, b->wall_us) <= within_us;
        if (a->boot_us == 0 || b->boot_us == 0)
                return false;
        if (a->wall_us > 0 || b->wall_us > 0)
                return a->boot_us == b->boot_us;
        return apart_us(a->boot_us, b->boot_us) <= within_us;
}

static bool
same_kernel_kill(const struct history_event *a, const struct history_event *b)
{
        /* The guard only sees that the kernel's count has risen, not whom it was. */
        if (a->pid == 0 || b->pid == 0)
                return same_kernel_time(a, b, SAME_COUNT_US);
        return a->pid == b->pid && same_kernel_time(a, b, SAME_KERNEL_US);
}

/* True when both are about the same process, or the same cgroup, at the same time. */
static bool
same_victim(const struct history_event *a, const struct history_event *b)
{
        uint64_t apart = apart_us(a->wall_us, b->wall_us);

        if (a->killer != b->killer || strcmp(a->by, b->by) != 0)
                return false;
        if (a->killer == KILLER_OOMD)
                return apart <= SAME_CGROUP_US && same_cgroup(a, b);
        if (a->killer == KILLER_KERNEL)
                return same_kernel_kill(a, b);
        return a->pid == b->pid && apart <= SAME_US;
}

static void
fill_text(char *to, size_t size, const char *from)
{
        if (to[0] == '\0')
                (void)message_wash(from, to, size);
}

static void
fill_kib(uint64_t *to, uint64_t from)
{
        if (*to == 0)
                *to = from;
}

/* What is known already stays: the first to tell is nearest to what happened. */
static void
fill_in(struct history_event *e, const struct history_event *r)
{
        fill_text(e->name, sizeof(e->name), r->name);
        fill_text(e->unit, sizeof(e->unit), r->unit);
        fill_text(e->why, sizeof(e->why), r->why);
        fill_text(e->asked, sizeof(e->asked), r->asked);
        fill_text(e->limit_cgroup, sizeof(e->limit_cgroup), r->limit_cgroup);
        fill_kib(&e->wall_us, r->wall_us);
        fill_kib(&e->size_kib, r->size_kib);
        fill_kib(&e->limit_kib, r->limit_kib);
        fill_kib(&e->usage_kib, r->usage_kib);
        fill_kib(&e->took_us, r->took_us);
        fill_kib(&e->gave_back_kib, r->gave_back_kib);
        fill_kib(&e->available_kib, r->available_kib);
        if (!e->has_uid && r->has_uid) {
                e->has_uid = true;
                e->uid = r->uid;
        }
        if (e->sig == 0)
                e->sig = r->sig;
        if (e->pid == 0 && r->pid != 0) {
                e->pid = r->pid;
                e->n = r->n;
                e->wall_us = r->wall_us;
                e->boot_us = r->boot_us;
                e->has_swap = r->has_swap;
                e->swap_total_kib = r->swap_total_kib;
                e->swap_free_kib = r->swap_free_kib;
        } else if ((r->pid != 0 || e->killer == KILLER_OOMD) && e->n < r->n) {
                e->n = r->n;
        }
        if (e->scope == SCOPE_UNKNOWN)
                e->scope = r->scope;
        if (e->ending == ENDING_UNKNOWN)
                e->ending = r->ending;
        if (e->n_top == 0) {
                memcpy(e->top, r->top, sizeof(e->top));
                e->n_top = r->n_top;
        }
        e->sig_kill = e->sig_kill || r->sig_kill;
        e->dry_run = e->dry_run || r->dry_run;
        e->told |= r->told;
}

/* The event that a report is about, or NULL. */
static struct history_event *
find(struct history *h, enum history_kind kind, const struct history_event *r)
{
        /* No more are looked at than can be told within a minute or two. */
        enum { FAR = 4096 };
        size_t least = h->n > FAR ? h->n - FAR : 0;

        for (size_t i = h->n; i > least; i--) {
                struct history_event *e = &h->event[i - 1];

                if (kind != REPORT_KILL) {
                        /* However long it took: the latest that is still open. */
                        if (e->killer == r->killer && e->pid == r->pid)
                                return e;
                        continue;
                }
                if (!same_victim(e, r))
                        continue;
                /* The guard may signal the same process once more; others repeat themselves. */
                return e->killer == KILLER_GUARD && (e->told & r->told) ? NULL : e;
        }
        return NULL;
}

static bool
make_room(struct history *h)
{
        size_t room = h->room ? h->room * 2 : 64;
        struct history_event *more;

        if (room > HISTORY_EVENTS_MAX)
                room = HISTORY_EVENTS_MAX;
        if (h->n < h->room)
                return true;
        if (h->room >= HISTORY_EVENTS_MAX) {
                /* The older half goes at once: one at a time would move all the others. */
                size_t gone = h->n / 2;

                memmove(h->event, h->event + gone, (h->n - gone) * sizeof(h->event[0]));
                h->n -= gone;
                h->n_dropped += gone;
                return true;
        }
        more = realloc(h->event, room * sizeof(h->event[0]));
        if (!more) {
                h->no_memory = true;
                return false;
        }
        h->event = more;
        h->room = room;
        return true;
}

void
history_add(struct history *h, enum history_kind kind, const struct history_event *report)
{
        struct history_event *e = find(h, kind, report);

        if (e)
                fill_in(e, report);
        else if (make_room(h))
                h->event[h->n++] = *report;
}

/* qsort(3) need not be stable, so the order in which they came goes along. */
struct place {
        uint64_t wall_us;
        size_t at;
};

static int
by_time(const void *a, const void *b)
{
        const struct place *p = a, *q = b;

        if (p->wall_us != q->wall_us)
                return p->wall_us < q->wall_us ? -1 : 1;
        return p->at < q->at ? -1 : p->at > q->at;
}

void
history_sort(struct history *h)
{
        struct place *place = calloc(h->n ? h->n : 1, sizeof(*place));
        struct history_event *sorted = calloc(h->n ? h->n : 1, sizeof(*sorted));

        if (!place || !sorted) {
                h->no_memory = true;
                free(place);
                free(sorted);
                return;
        }
        for (size_t i = 0; i < h->n; i++)
                place[i] = (struct place){ h->event[i].wall_us, i };
        qsort(place, h->n, sizeof(*place), by_time);
        for (size_t i = 0; i < h->n; i++)
                sorted[i] = h->event[place[i].at];
        free(place);
        free(h->event);
        h->event = sorted;
        h->room = h->n ? h->n : 1;
}

void
history_free(struct history *h)
{
        free(h->event);
        *h = (struct history){ .event = NULL };
}
