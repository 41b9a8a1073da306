/* SPDX-License-Identifier: MIT */
/*
 * Owns who is told next.  One child at a time for each person, so that one hung session holds up
 * nobody else, and a bounded queue behind it.
 */
#include "desktop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "message.h"
#include "notice.h"
#include "popup.h"
#include "report.h"
#include "sessions.h"
#include "waiting.h"

#define SECOND_US UINT64_C(1000000)
/* Under pressure there may be no memory for a child; soon there is. */
#define AGAIN_US SECOND_US
/* One notice stays on the screen until it is clicked away; those that follow within this do not. */
#define CRITICAL_EVERY_US (600 * SECOND_US)

enum { SIGNALLED_MAX = 8 };

struct recipient {
        struct desktop *d;
        struct recipient *next;
        struct person person;
        bool gone; /* has no session any more: goes when its child has */

        struct child child;
        struct popup popup; /* what the child shows */
        sd_event_source *again;

        struct waiting waiting;
        struct causes causes;
        struct popup_shown passing; /* the warning on the screen */
        uint64_t passing_at_us, critical_at_us;
        enum popup_outcome said; /* what was reported of this person last */
};

struct desktop {
        sd_event *event;
        struct sessions *sessions;
        struct recipient *recipients;
        struct report report;
        bool enabled, warns;
        /* How things stood when those were signalled who have not ended yet. */
        struct {
                int32_t pid; /* 0: a free place */
                uint64_t start_ticks;
                struct wire_state state;
        } signalled[SIGNALLED_MAX];
        uint32_t n_signalled;
};

static void
show_next(struct recipient *to);

static uint64_t
clock_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * SECOND_US + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- people ---- */

static void
recipient_free(struct recipient *to)
{
        child_stop(&to->child);
        (void)sd_event_source_disable_unref(to->again);
        free(to);
}

static void
recipient_drop(struct recipient *to)
{
        struct recipient **at = &to->d->recipients;

        while (*at && *at != to)
                at = &(*at)->next;
        if (*at)
                *at = to->next;
        recipient_free(to);
}

static struct recipient *
recipient_find(struct desktop *d, uid_t uid)
{
        for (struct recipient *to = d->recipients; to; to = to->next)
                if (to->person.uid == uid)
                        return to;
        return NULL;
}

static void
recipient_add(struct desktop *d, const struct person *p)
{
        struct recipient *to = recipient_find(d, p->uid);

        if (!to) {
                to = calloc(1, sizeof(*to));
                /* Told of at the next change of sessions, if there is memory then. */
                if (!to)
                        return;
                to->d = d;
                to->child = (struct child)CHILD_INIT;
                to->next = d->recipients;
                d->recipients = to;
        }
        to->person = *p;
        to->gone = false;
}

static void
on_people(void *arg, const struct people *people)
{
        struct desktop *d = arg;
        struct recipient *next;

        for (struct recipient *to = d->recipients; to; to = to->next)
                to->gone = true;
        for (uint32_t i = 0; i < people->n; i++)
                recipient_add(d, &people->p[i]);
        for (struct recipient *to = d->recipients; to; to = next) {
                next = to->next;
                if (to->gone && !child_runs(&to->child))
                        recipient_drop(to);
        }
}

/* ---- showing ---- */

/* Each state of things is told once, on stderr: who waits for a notice should find out why. */
static void
report_outcome(struct recipient *to, const struct popup_answer *a)
{
        static const char *const why[POPUP_N_OUTCOMES] = {
                [POPUP_NOT_ALLOWED] = "this program may not become that user",
                [POPUP_NO_BUS] = "there is no session bus in /run/user, or it refuses",
                [POPUP_NO_SERVER] = "no program shows notifications there",
                [POPUP_NO_ANSWER] = "no answer came in time; it may be shown later",
                [POPUP_REFUSED] = "the notification server answered with an error",
                [POPUP_DIED] = "the child that tells them was ended",
        };
        /* Where a reason is more than the code that came with it. */
        bool is_clear = a->outcome == POPUP_NO_SERVER || a->outcome == POPUP_NO_ANSWER ||
                        a->outcome == POPUP_DIED || a->error >= 0;
        unsigned uid = (unsigned)to->person.uid;

        if (!a->desktop || a->outcome == to->said || a->outcome >= POPUP_N_OUTCOMES)
                return;
        to->said = (enum popup_outcome)a->outcome;
        if (a->outcome == POPUP_SHOWN)
                report_line(&to->d->report, MESSAGE_NOTICE, "uid %u gets notifications again", uid);
        else
                report_line(&to->d->report, MESSAGE_WARNING,
                            "uid %u did not get a notification: %s%s%s; the next is tried anew",
                            uid, why[a->outcome], is_clear ? "" : ": ",
                            is_clear ? "" : strerror(-a->error));
}

static void
on_shown(void *arg, const struct child_end *end)
{
        struct recipient *to = arg;
        struct popup_answer a = { .outcome = POPUP_DIED,
                                  .error = end->timed_out ? -ETIMEDOUT : 0,
                                  .desktop = !to->popup.person.console };

        if (end->n_answer == sizeof(a))
                memcpy(&a, end->answer, sizeof(a));
        a.shown.owner[sizeof(a.shown.owner) - 1] = '\0';
        report_outcome(to, &a);
        if (a.outcome == POPUP_SHOWN && notice_is_passing(to->popup.notice.kind)) {
                to->passing = a.shown;
                to->passing_at_us = clock_us();
        }
        to->popup.notice.kind = NOTICE_NONE;
        if (to->gone)
                recipient_drop(to);
        else
                show_next(to);
}

static int
on_again(sd_event_source *source, uint64_t now_us, void *arg)
{
        struct recipient *to = arg;

        (void)source, (void)now_us;
        to->again = sd_event_source_disable_unref(to->again);
        show_next(to);
        return 0;
}

/* Takes what is to be shown from the queue, if nothing is left over from a failed attempt. */
static bool
take(struct recipient *to)
{
        struct popup *p = &to->popup;
        uint64_t now_us = clock_us();

        if (p->notice.kind != NOTICE_NONE)
                return true;
        if (!waiting_take(&to->waiting, &p->notice))
                return false;
        if (p->notice.kind == NOTICE_CLOSED && p->notice.sight == SIGHT_OWN &&
            (to->critical_at_us == 0 || now_us - to->critical_at_us >= CRITICAL_EVERY_US)) {
                p->notice.critical = true;
                to->critical_at_us = now_us;
        }
        p->before = (struct popup_shown){ .id = 0 };
        if (to->passing.id && now_us - to->passing_at_us < CAUSES_EVERY_US)
                p->before = to->passing;
        /* What was done stays: the notice after it gets a place of its own. */
        to->passing = (struct popup_shown){ .id = 0 };
        return true;
}

static void
show_next(struct recipient *to)
{
        struct child_plan plan = { .run = popup_run,
                                   .what = &to->popup,
                                   .limit_us = POPUP_LIMIT_US };
        struct desktop *d = to->d;

        if (child_runs(&to->child) || to->again || !take(to))
                return;
        to->popup.person = to->person;
        if (child_start(&to->child, d->event, &plan, on_shown, to) >= 0)
                return;
        if (sd_event_add_time_relative(d->event, &to->again, CLOCK_MONOTONIC, AGAIN_US, 0, on_again,
                                       to) < 0)
                to->again = NULL; /* the next record is the next attempt */
}

/* ---- records ---- */

static void
remember_signalled(struct desktop *d, const struct wire_record *rec)
{
        uint32_t i = d->n_signalled++ % SIGNALLED_MAX;

        d->signalled[i].pid = rec->process.pid;
        d->signalled[i].start_ticks = rec->process.start_ticks;
        d->signalled[i].state = rec->state;
}

/* How things stood when it was signalled; zeros when that is not known. */
static struct wire_state
cause_of(const struct desktop *d, const struct wire_record *rec)
{
        if (rec->kind != WIRE_KILLED)
                return (struct wire_state){ .level = 0 };
        for (uint32_t i = 0; i < SIGNALLED_MAX; i++)
                if (d->signalled[i].pid > 0 && d->signalled[i].pid == rec->process.pid &&
                    d->signalled[i].start_ticks == rec->process.start_ticks)
                        return d->signalled[i].state;
        return (struct wire_state){ .level = 0 };
}

static void
tell(struct recipient *to, const struct wire_record *rec, const struct wire_state *cause)
{
        struct notice n;
        char what[NOTICE_CAUSE_MAX];

        if (!notice_make(rec, cause, to->person.uid, to->person.admin, &n))
                return;
        notice_cause(&n, what);
        if (notice_is_limited(n.kind) && !causes_due(&to->causes, what, clock_us()))
                return;
        waiting_push(&to->waiting, &n);
        show_next(to);
}

void
desktop_record(struct desktop *d, const struct wire_record *rec)
{
        enum notice_kind kind = notice_kind_of(rec);
        struct wire_state cause;

        if (rec->kind == WIRE_KILLING)
                remember_signalled(d, rec);
        if (rec->kind == WIRE_RECOVERED)
                for (struct recipient *to = d->recipients; to; to = to->next)
                        waiting_drop_warning(&to->waiting);
        if (kind == NOTICE_NONE || !d->enabled || (notice_is_passing(kind) && !d->warns))
                return;
        sessions_refresh(d->sessions);
        cause = cause_of(d, rec);
        for (struct recipient *to = d->recipients; to; to = to->next)
                if (!to->gone)
                        tell(to, rec, &cause);
}

void
desktop_set_policy(struct desktop *d, const struct policy *p)
{
        d->enabled = p->notify_desktop;
        d->warns = p->notify_warn;
        if (d->enabled)
                return;
        for (struct recipient *to = d->recipients; to; to = to->next)
                memset(&to->waiting, 0, sizeof(to->waiting));
}

int
desktop_new(struct desktop **ret, sd_event *event)
{
        struct desktop *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        report_open(&d->report, "oomguard-notify");
        d->event = sd_event_ref(event);
        r = sessions_new(&d->sessions, event, on_people, d);
        if (r < 0) {
                desktop_free(d);
                return r;
        }
        on_people(d, sessions_people(d->sessions));
        *ret = d;
        return 0;
}

void
desktop_free(struct desktop *d)
{
        struct recipient *to;

        if (!d)
                return;
        while ((to = d->recipients) != NULL) {
                d->recipients = to->next;
                recipient_free(to);
        }
        sessions_free(d->sessions);
        (void)sd_event_unref(d->event);
        report_close(&d->report);
        free(d);
}
