/* SPDX-License-Identifier: MIT */
/*
 * A short-lived child of an event loop: forked, watched by its pidfd, ended when its time is up,
 * and heard once it has gone.  It knows nothing of what the child does, and it never waits for one
 * but in child_stop(), a second at most.
 */
#ifndef NOTIFY_CHILD_H
#define NOTIFY_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

/* What a child can write before it ends; smaller than what a pipe takes at once. */
enum { CHILD_ANSWER_MAX = 256 };

struct child_end {
        int status;     /* of wait(2); -1: not known */
        bool timed_out; /* it was ended because its time was up */
        size_t n_answer;
        unsigned char answer[CHILD_ANSWER_MAX];
};

typedef void
child_done(void *arg, const struct child_end *end);

struct child {
        sd_event_source *ended, *late;
        pid_t pid; /* 0: there is none */
        int pidfd, answer_fd;
        bool group, timed_out;
        child_done *done;
        void *arg;
};

#define CHILD_INIT                           \
        {                                    \
                .pidfd = -1, .answer_fd = -1 \
        }

struct child_plan {
        /* Runs in the child; what it returns is the exit status. */
        int (*run)(const void *what, int answer_fd);
        const void *what;
        uint64_t limit_us;
        bool group; /* it leads a process group, and all of that is ended with it */
};

/*
 * Starts one; `c` must have none.  The child has no descriptors but 0, 1, 2 (which stay as they
 * were) and answer_fd, no blocked or handled signals, an ordinary oom_score_adj, and no locked
 * memory, because that is not inherited.  `done` is called from the loop, and may start the next.
 * 0 or a negative errno.
 */
int
child_start(struct child *c, sd_event *event, const struct child_plan *plan, child_done *done,
            void *arg);

static inline bool
child_runs(const struct child *c)
{
        return c->pid != 0;
}

/* Ends it without a word to `done`. */
void
child_stop(struct child *c);

/*
 * In a child: becomes that user, for good and without any capability, and dies with its parent.
 * Who is not root can only stay who he is.  0 or a negative errno.
 */
int
child_become(uid_t uid, gid_t gid);

#endif
