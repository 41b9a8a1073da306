/* SPDX-License-Identifier: MIT */
/*
 * Owns the decision whom to ask.  Never shows anything.
 */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
source_why(const struct ctl *ctl, int error, char *ret, size_t size)
{
        char path[108];

        if (ctl->feed)
                (void)snprintf(path, sizeof(path), "%s", ctl->feed);
        else
                subscribe_path(ctl->root, path, sizeof(path));
        switch (error) {
        case -ENOENT:
        case -ECONNREFUSED:
                (void)snprintf(ret, size, "none is running (%s: %s)", path, strerror(-error));
                break;
        case -EPROTO:
        case -EPROTOTYPE:
                (void)snprintf(ret, size,
                               "what answers at %s does not speak this version's language; restart "
                               "the guard after an update",
                               path);
                break;
        case -ECONNRESET:
                (void)snprintf(ret, size, "it has no place for another asker (%s)", path);
                break;
        case -ECANCELED:
                (void)snprintf(ret, size,
                               "it has a configuration of its own, and -c names another");
                break;
        case -EAGAIN:
        case -EBUSY:
        case -ETIMEDOUT:
                (void)snprintf(ret, size, "it does not answer in time (%s)", path);
                break;
        default:
                (void)snprintf(ret, size, "it cannot be reached (%s: %s)", path, strerror(-error));
                break;
        }
}

int
source_go_local(struct source *s, int error)
{
        subscribe_close(&s->sub);
        source_why(s->ctl, error, s->no_guard, sizeof(s->no_guard));
        if (s->ctl->feed) {
                ctl_complain(s->ctl, "the guard was not asked: %s", s->no_guard);
                return CTL_FAILED;
        }
        s->view.no_guard = s->no_guard;
        s->view.partial = geteuid() != 0;
        if (s->local)
                return CTL_OK;
        if (local_open(s->ctl, &s->local) < 0)
                return CTL_FAILED;
        local_settle(s->local);
        return CTL_OK;
}

int
source_open(struct source *s, struct ctl *ctl)
{
        int r;

        memset(s, 0, sizeof(*s));
        s->ctl = ctl;
        s->sub = (struct subscription)SUBSCRIPTION_INIT;
        s->view.process = s->process;
        s->view.version = OOMGUARD_VERSION;
        /* A guard of this machine knows nothing of another root, nor of another configuration. */
        if (ctl->config && !ctl->feed)
                r = -ECANCELED;
        else
                r = *ctl->root && !ctl->feed ? -ENOENT : subscribe_open(&s->sub, ctl->feed);
        return r < 0 ? source_go_local(s, r) : CTL_OK;
}

void
source_close(struct source *s)
{
        subscribe_close(&s->sub);
        local_close(s->local);
        s->local = NULL;
}

static void
take_state(void *arg, const struct wire_record *rec)
{
        struct source *s = arg;

        if (rec->kind == WIRE_STATE)
                s->view.state = rec->state;
}

static void
take_candidate(void *arg, const struct wire_record *rec)
{
        struct source *s = arg;

        if (rec->kind != WIRE_CANDIDATE || s->view.n == ROSTER_MAX)
                return;
        s->view.state = rec->state;
        s->process[s->view.n++] = rec->process;
}

int
source_state(struct source *s)
{
        if (s->sub.fd >= 0) {
                int r = subscribe_call(&s->sub, WIRE_OP_STATE, 0, SOURCE_TIMEOUT_MS, take_state, s);

                if (r == 0)
                        return CTL_OK;
                r = source_go_local(s, r);
                if (r != CTL_OK)
                        return r;
        }
        local_state(s->local, &s->view.state);
        return CTL_OK;
}

int
source_candidates(struct source *s, uint32_t max)
{
        int r = source_state(s);

        s->view.n = 0;
        if (r != CTL_OK)
                return r;
        if (s->sub.fd >= 0) {
                r = subscribe_call(&s->sub, WIRE_OP_CANDIDATES, max, SOURCE_TIMEOUT_MS,
                                   take_candidate, s);
                if (r == 0)
                        return CTL_OK;
                s->view.n = 0;
                r = source_go_local(s, r);
                if (r != CTL_OK)
                        return r;
        }
        local_state(s->local, &s->view.state);
        r = local_candidates(s->local, s->process, max < ROSTER_MAX ? max : ROSTER_MAX);
        if (r < 0) {
                ctl_complain(s->ctl, "%s/proc cannot be read: %s", s->ctl->root, strerror(-r));
                return CTL_FAILED;
        }
        s->view.n = (uint32_t)r;
        return CTL_OK;
}
