/* SPDX-License-Identifier: MIT */
/*
 * Owns the connection to the feed: when to try again, what has been asked and not answered, whether
 * the guard is heard of.  Never believes a packet that is no record.
 */
#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#define RETRY_MIN_US UINT64_C(100000)
#define RETRY_MAX_US UINT64_C(2000000)
/* The guard makes one ranking a second for all who ask, and may be busy with something better. */
#define ANSWER_US UINT64_C(5000000)

/* Records taken in one go, so that a flood leaves the other sources their turn. */
enum { TAKE_AT_ONCE = 64 };

struct link {
        sd_event *event;
        const char *path;
        struct link_calls calls;
        struct subscription feed;
        sd_event_source *readable;
        sd_event_source *timer; /* connected: silence; otherwise the next try */
        sd_event_source *deadline;
        uint64_t retry_us;
        bool up;
        bool told; /* that it is absent */
        uint32_t subscribe_id;
        uint64_t lost;

        link_candidates_fn answer; /* NULL: nothing is asked */
        void *answer_arg;
        uint32_t answer_id;
        unsigned n;
        struct wire_record got[WIRE_CANDIDATES_MAX];
};

static int
arm(sd_event_source *timer, uint64_t us)
{
        int r = sd_event_source_set_time_relative(timer, us);

        return r < 0 ? r : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void
finish_answer(struct link *l, int error)
{
        link_candidates_fn answer = l->answer;

        if (!answer)
                return;
        l->answer = NULL;
        (void)sd_event_source_set_enabled(l->deadline, SD_EVENT_OFF);
        answer(l->answer_arg, error, l->got, error < 0 ? 0 : l->n);
}

static void
set_absent(struct link *l, int error)
{
        bool was = l->up || !l->told;

        l->up = false;
        l->told = true;
        if (was)
                l->calls.changed(l->calls.arg, error);
}

static void
set_up(struct link *l)
{
        (void)arm(l->timer, LINK_SILENT_US);
        if (l->up)
                return;
        l->up = true;
        l->told = false;
        l->retry_us = RETRY_MIN_US;
        l->calls.changed(l->calls.arg, 0);
}

static void
hang_up(struct link *l, int error)
{
        l->readable = sd_event_source_disable_unref(l->readable);
        subscribe_close(&l->feed);
        (void)arm(l->timer, l->retry_us);
        l->retry_us = l->retry_us * 2 < RETRY_MAX_US ? l->retry_us * 2 : RETRY_MAX_US;
        finish_answer(l, -ENOTCONN);
        set_absent(l, error);
}

/* ---- what comes ---- */

/* 0 to go on, or a negative errno to hang up. */
static int
take_answer(struct link *l, const struct wire_record *rec)
{
        /* An answer to nothing: the guard has turned this program away. */
        if (rec->id == 0 || rec->id == l->subscribe_id) {
                if (rec->error == 0)
                        set_up(l);
                return rec->error;
        }
        if (l->answer && rec->id == l->answer_id)
                finish_answer(l, rec->error);
        return 0;
}

static int
take_record(struct link *l, const struct wire_record *rec)
{
        l->lost += rec->dropped;
        if (rec->kind == WIRE_ANSWER)
                return take_answer(l, rec);
        if (l->up)
                (void)arm(l->timer, LINK_SILENT_US);
        else if (rec->id == 0)
                set_up(l); /* silent for a while, and heard again */
        if (rec->id == 0) {
                l->calls.record(l->calls.arg, rec);
                return 0;
        }
        if (l->answer && rec->id == l->answer_id && rec->kind == WIRE_CANDIDATE &&
            l->n < WIRE_CANDIDATES_MAX)
                l->got[l->n++] = *rec;
        return 0;
}

static int
on_readable(sd_event_source *source, int fd, uint32_t events, void *arg)
{
        struct link *l = arg;

        (void)source;
        (void)fd;
        for (int i = 0; i < TAKE_AT_ONCE; i++) {
                struct wire_record rec;
                int r = subscribe_take(&l->feed, &rec, 0);

                /* Not a record: it is passed over, and what follows may be one. */
                if (r == -EPROTO) {
                        l->lost++;
                        continue;
                }
                if (r > 0)
                        r = take_record(l, &rec);
                else if (r == 0 && (events & (EPOLLHUP | EPOLLERR)))
                        r = -ECONNRESET;
                else if (r == 0)
                        return 0;
                if (r < 0) {
                        hang_up(l, r);
                        return 0;
                }
        }
        return 0;
}

/* ---- connecting ---- */

static int
dial(struct link *l)
{
        int r = subscribe_open(&l->feed, l->path);

        if (r < 0)
                return r;
        r = subscribe_ask(&l->feed, WIRE_OP_SUBSCRIBE, WIRE_SUB_EVENTS | WIRE_SUB_STATE);
        if (r < 0)
                return r;
        l->subscribe_id = l->feed.id;
        return sd_event_add_io(l->event, &l->readable, l->feed.fd, EPOLLIN, on_readable, l);
}

static int
on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
        struct link *l = arg;
        int r;

        (void)source;
        (void)usec;
        if (l->feed.fd >= 0) {
                /* The connection stays: whoever is stopped or busy may go on where it was. */
                finish_answer(l, -ETIMEDOUT);
                set_absent(l, -ETIMEDOUT);
                return 0;
        }
        r = dial(l);
        if (r < 0)
                hang_up(l, r);
        else
                (void)arm(l->timer, LINK_SILENT_US);
        return 0;
}

static int
on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
        (void)source;
        (void)usec;
        finish_answer(arg, -ETIMEDOUT);
        return 0;
}

/* ---- for others ---- */

int
link_ask_candidates(struct link *l, link_candidates_fn answer, void *arg)
{
        int r;

        if (!l->up)
                return -ENOTCONN;
        if (l->answer)
                return -EBUSY;
        r = subscribe_ask(&l->feed, WIRE_OP_CANDIDATES, WIRE_CANDIDATES_MAX);
        if (r < 0)
                return r;
        r = arm(l->deadline, ANSWER_US);
        if (r < 0)
                return r;
        l->answer = answer;
        l->answer_arg = arg;
        l->answer_id = l->feed.id;
        l->n = 0;
        return 0;
}

bool
link_is_up(const struct link *l)
{
        return l->up;
}

uint64_t
link_lost(const struct link *l)
{
        return l->lost;
}

int
link_new(struct link **ret, sd_event *event, const char *path, const struct link_calls *calls)
{
        struct link *l = calloc(1, sizeof(*l));
        int r;

        if (!l)
                return -ENOMEM;
        l->event = sd_event_ref(event);
        l->path = path;
        l->calls = *calls;
        l->feed = (struct subscription)SUBSCRIPTION_INIT;
        l->retry_us = RETRY_MIN_US;
        r = sd_event_add_time_relative(event, &l->timer, CLOCK_MONOTONIC, 0, RETRY_MIN_US / 2,
                                       on_timer, l);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &l->deadline, CLOCK_MONOTONIC, 0, 0,
                                               on_deadline, l);
        if (r >= 0)
                r = sd_event_source_set_enabled(l->deadline, SD_EVENT_OFF);
        if (r < 0) {
                link_free(l);
                return r;
        }
        *ret = l;
        return 0;
}

void
link_free(struct link *l)
{
        if (!l)
                return;
        sd_event_source_disable_unref(l->readable);
        sd_event_source_disable_unref(l->timer);
        sd_event_source_disable_unref(l->deadline);
        subscribe_close(&l->feed);
        sd_event_unref(l->event);
        free(l);
}
