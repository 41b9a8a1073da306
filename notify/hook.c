/* SPDX-License-Identifier: MIT */
/*
 * Owns running the hook.  It is never waited for: an event that comes meanwhile takes the place of
 * the one that waits.
 */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "hook_env.h"
#include "message.h"
#include "policy.h"
#include "report.h"
#include "sentence.h"

#define SECOND_US UINT64_C(1000000)
#define LIMIT_US  (10 * SECOND_US)
#define AGAIN_US  SECOND_US

enum {
        NAMES_BYTES = 16384,
        CPU_MAX_S = 10,
        FILES_MAX = 1024,
};

static const char *const users[] = POLICY_HOOK_USERS;

struct hook {
        sd_event *event;
        struct report report;
        char exec[POLICY_EXEC_MAX]; /* empty: none */
        uid_t uid;
        gid_t gid;

        struct child child;
        char running[POLICY_EXEC_MAX]; /* what the child runs, whatever a reload says */
        struct hook_env env;
        sd_event_source *again;

        bool waits;
        struct wire_record waiting;
        uint32_t passed_over;
        int said; /* what was reported last: a wait status, or a negative errno; 0: all is well */
};

static void
run_next(struct hook *h);

/* ---- in the child ---- */

static void
limit(int what, rlim_t value)
{
        struct rlimit r = { value, value };

        (void)setrlimit((__rlimit_resource_t)what, &r);
}

static int
run(const void *what, int answer_fd)
{
        const struct hook *h = what;
        char *argv[] = { (char *)(uintptr_t)h->running, NULL };
        int fd = open("/dev/null", O_RDONLY), r;

        if (fd >= 0 && fd != STDIN_FILENO) {
                (void)dup2(fd, STDIN_FILENO);
                (void)close(fd);
        }
        /* What it says goes where this program's own lines go. */
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
        limit(RLIMIT_CORE, 0);
        limit(RLIMIT_CPU, CPU_MAX_S);
        limit(RLIMIT_NOFILE, FILES_MAX);
        (void)umask(077);
        r = child_become(h->uid, h->gid);
        if (r >= 0 && chdir("/") < 0)
                r = -errno;
        if (r >= 0) {
                (void)execve(h->running, argv, (char *const *)(uintptr_t)h->env.line);
                r = -errno;
        }
        (void)!write(answer_fd, &r, sizeof(r));
        return 127;
}

/* ---- outside ---- */

/* Each way of failing is told once, until something else happens. */
static void
report_end(struct hook *h, const struct child_end *end)
{
        int r = 0;

        if (end->n_answer == sizeof(r))
                memcpy(&r, end->answer, sizeof(r));
        else
                r = end->timed_out ? -ETIMEDOUT : end->status;
        if (r == h->said)
                return;
        h->said = r;
        if (r == 0)
                report_line(&h->report, MESSAGE_NOTICE, "[notify] exec: %s works again",
                            h->running);
        else if (end->timed_out)
                report_line(&h->report, MESSAGE_WARNING,
                            "[notify] exec: %s took more than %llu s and was ended; the next event "
                            "goes to it all the same",
                            h->running, (unsigned long long)(LIMIT_US / SECOND_US));
        else if (r < 0)
                report_line(&h->report, MESSAGE_WARNING,
                            "[notify] exec: %s cannot be run as uid %u: %s", h->running,
                            (unsigned)h->uid, strerror(-r));
        else if (WIFSIGNALED(r))
                report_line(&h->report, MESSAGE_WARNING,
                            "[notify] exec: %s was ended by signal %d; the next event goes to it "
                            "all the same",
                            h->running, WTERMSIG(r));
        else
                report_line(&h->report, MESSAGE_WARNING,
                            "[notify] exec: %s exits with status %d; the next event goes to it all "
                            "the same",
                            h->running, WEXITSTATUS(r));
}

static void
on_done(void *arg, const struct child_end *end)
{
        struct hook *h = arg;

        report_end(h, end);
        run_next(h);
}

static int
on_again(sd_event_source *source, uint64_t now_us, void *arg)
{
        struct hook *h = arg;

        (void)source, (void)now_us;
        h->again = sd_event_source_disable_unref(h->again);
        run_next(h);
        return 0;
}

static void
run_next(struct hook *h)
{
        struct child_plan plan = { .run = run, .what = h, .limit_us = LIMIT_US, .group = true };

        if (!h->waits || child_runs(&h->child) || h->again || !h->exec[0])
                return;
        memcpy(h->running, h->exec, sizeof(h->running));
        hook_env_make(&h->waiting, h->passed_over, &h->env);
        if (child_start(&h->child, h->event, &plan, on_done, h) < 0) {
                /* No memory for a child; soon there is. */
                if (sd_event_add_time_relative(h->event, &h->again, CLOCK_MONOTONIC, AGAIN_US, 0,
                                               on_again, h) < 0)
                        h->again = NULL;
                return;
        }
        h->waits = false;
        h->passed_over = 0;
}

void
hook_record(struct hook *h, const struct wire_record *rec)
{
        if (!h->exec[0] || !sentence_event((enum wire_kind)rec->kind))
                return;
        if (h->waits)
                h->passed_over++;
        h->waiting = *rec;
        h->waits = true;
        run_next(h);
}

/* False when there is none of them. */
static bool
find_user(struct hook *h)
{
        char buffer[NAMES_BYTES];
        struct passwd pw, *found = NULL;

        h->uid = geteuid();
        h->gid = getegid();
        if (h->uid != 0)
                return true;
        for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
                if (getpwnam_r(users[i], &pw, buffer, sizeof(buffer), &found) != 0 || !found ||
                    found->pw_uid == 0)
                        continue;
                h->uid = found->pw_uid;
                h->gid = found->pw_gid;
                return true;
        }
        return false;
}

void
hook_set_policy(struct hook *h, const struct policy *p)
{
        memcpy(h->exec, p->notify_exec, sizeof(h->exec));
        h->exec[sizeof(h->exec) - 1] = '\0';
        h->said = 0;
        if (!h->exec[0]) {
                h->waits = false;
                h->passed_over = 0;
                return;
        }
        if (find_user(h))
                return;
        report_line(&h->report, MESSAGE_WARNING,
                    "[notify] exec: there is no user oomguard or nobody; %s is not run", h->exec);
        h->exec[0] = '\0';
}

int
hook_new(struct hook **ret, sd_event *event)
{
        struct hook *h = calloc(1, sizeof(*h));

        if (!h)
                return -ENOMEM;
        report_open(&h->report, "oomguard-notify");
        h->event = sd_event_ref(event);
        h->child = (struct child)CHILD_INIT;
        *ret = h;
        return 0;
}

void
hook_free(struct hook *h)
{
        if (!h)
                return;
        child_stop(&h->child);
        (void)sd_event_source_disable_unref(h->again);
        (void)sd_event_unref(h->event);
        report_close(&h->report);
        free(h);
}
