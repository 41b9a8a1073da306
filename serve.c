/* SPDX-License-Identifier: MIT */
/*
 * Owns the answers.  Never touches the socket but through the feed.
 */
#include "serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "message.h"
#include "sampler.h"
#include "tell.h"
#include "wirerec.h"

#define SECOND_US UINT64_C(1000000)

/* What is sent at once waits in the socket's buffer, and the answer at its end must find room. */
enum { FAULTS_SENT = 32 };

struct asker {
        struct errand *e;
        unsigned client;
        uint32_t id;
        unsigned n_faults;
};

static void
send_to(const struct asker *a, struct wire_record *w)
{
        w->id = a->id;
        feed_send(&a->e->feed, a->client, w);
}

static void
answer(const struct asker *a, int error)
{
        struct wire_record *w = &a->e->told.out;

        tell_state(a->e, w, WIRE_ANSWER);
        w->error = error;
        send_to(a, w);
}

/* ---- what anybody may ask ---- */

static void
send_text(const struct asker *a, const char *text, size_t len)
{
        struct wire_record *w = &a->e->told.out;

        while (len > 0) {
                size_t part = len < WIRE_TEXT_MAX - 1 ? len : WIRE_TEXT_MAX - 1;

                tell_state(a->e, w, WIRE_TEXT);
                memcpy(w->text, text, part);
                send_to(a, w);
                text += part;
                len -= part;
        }
}

static int
send_policy(const struct asker *a)
{
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);

        if (!out)
                return -errno;
        config_print(out, a->e->current);
        if (fclose(out) != 0) {
                free(text);
                return -ENOMEM;
        }
        send_text(a, text, len);
        free(text);
        return 0;
}

static int
send_candidates(const struct asker *a, uint64_t max)
{
        static struct ranked ranked[WIRE_CANDIDATES_MAX]; /* the errand thread's alone */
        struct errand *e = a->e;
        struct wire_record *w = &e->told.out;
        struct verdict v;
        struct choice ch;
        uint32_t n = max < WIRE_CANDIDATES_MAX ? (uint32_t)max : WIRE_CANDIDATES_MAX;

        if (!e->told.any)
                return -EAGAIN;
        if (!errand_show(e))
                return -EIO;
        v = rank_verdict(&e->told.last.verdict);
        n = rank_candidates(e->current, &v, &e->told.last.sample, &e->shown, &ch, ranked, n);
        for (uint32_t i = 0; i < n; i++) {
                tell_state(e, w, WIRE_CANDIDATE);
                wire_process_of(&ranked[i], &ch, e->current, &w->process);
                send_to(a, w);
        }
        return 0;
}

/* ---- what only root may ---- */

static bool
may_command(const struct asker *a)
{
        uint32_t uid = a->e->feed.client[a->client].uid;

        return uid == 0 || uid == geteuid();
}

static void
send_fault(void *arg, const char *text)
{
        struct asker *a = arg;

        if (a->n_faults++ < FAULTS_SENT)
                send_text(a, text, strlen(text));
}

static int
reload(struct asker *a)
{
        char text[96];
        int r = errand_reload(a->e, send_fault, a);

        if (a->n_faults > FAULTS_SENT) {
                (void)snprintf(text, sizeof(text), "and %u more, which are in the guard's own log",
                               a->n_faults - FAULTS_SENT);
                send_text(a, text, strlen(text));
        }
        return r > 0 ? -EINVAL : r;
}

static void
pause_until(const struct asker *a, uint64_t seconds)
{
        struct errand *e = a->e;
        uint32_t uid = e->feed.client[a->client].uid;

        atomic_store(&e->share->paused_until_us,
                     seconds ? sampler_now_us() + seconds * SECOND_US : 0);
        if (seconds)
                report_line(e->report, MESSAGE_WARNING,
                            "paused for %llu s at the request of uid %u: nobody is ended",
                            (unsigned long long)seconds, uid);
        else
                report_line(e->report, MESSAGE_NOTICE, "resumed at the request of uid %u", uid);
        e->told.status_us = 0;
}

static int
command(struct asker *a, const struct wire_request *req)
{
        if (!may_command(a))
                return -EPERM;
        if (req->op == WIRE_OP_RELOAD)
                return reload(a);
        pause_until(a, req->op == WIRE_OP_PAUSE ? req->arg : 0);
        return 0;
}

void
serve_request(void *arg, unsigned client, const struct wire_request *req)
{
        struct errand *e = arg;
        struct asker a = { e, client, req->id, 0 };
        int error = 0;

        switch ((enum wire_op)req->op) {
        case WIRE_OP_SUBSCRIBE:
                e->feed.client[client].wants = (uint32_t)req->arg;
                /* Whoever has just come wants to know how things stand. */
                if (req->arg & WIRE_SUB_STATE)
                        e->told.level = UINT32_MAX;
                break;
        case WIRE_OP_STATE:
                tell_state(e, &e->told.out, WIRE_STATE);
                send_to(&a, &e->told.out);
                break;
        case WIRE_OP_CANDIDATES:
                error = send_candidates(&a, req->arg);
                break;
        case WIRE_OP_POLICY:
                error = send_policy(&a);
                break;
        case WIRE_OP_RELOAD:
        case WIRE_OP_PAUSE:
        case WIRE_OP_RESUME:
                error = command(&a, req);
                break;
        case WIRE_N_OPS:
                error = -EINVAL;
                break;
        }
        answer(&a, error);
}
