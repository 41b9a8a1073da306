/* SPDX-License-Identifier: MIT */
/*
 * Owns what is to be said of the guard itself: whether one runs, what it may do, who is in its way.
 * Everything comes from /proc, so it is told of a guard that does not answer, too.
 */
#include "doctor.h"

#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "look.h"
#include "procstat.h"
#include "subscribe.h"
#include "text.h"

/* /proc/PID/FILE of the guard, or of this process where there is none. */
static ssize_t
read_own(const struct doctor *d, const char *file, char *ret, size_t size)
{
        char path[64];

        if (d->guard_pid > 0)
                (void)snprintf(path, sizeof(path), "/proc/%d/%s", d->guard_pid, file);
        else
                (void)snprintf(path, sizeof(path), "/proc/self/%s", file);
        return look_text(d->ctl, path, ret, size);
}

/* ---- does it run ---- */

/* The guard's arguments, a zero byte behind each; none where they cannot be read. */
struct arguments {
        char text[1024];
        size_t len;
};

static void
read_arguments(const struct doctor *d, struct arguments *ret)
{
        ssize_t n = d->guard_pid > 0 ? read_own(d, "cmdline", ret->text, sizeof(ret->text)) : 0;

        ret->len = n > 0 ? (size_t)n : 0;
}

static bool
has_argument(const struct arguments *a, const char *argument)
{
        for (size_t at = 0; at < a->len; at += strlen(a->text + at) + 1)
                if (strcmp(a->text + at, argument) == 0)
                        return true;
        return false;
}

/* What stands behind `option`, after an equals sign or as the next argument; NULL: nothing does. */
static const char *
option_value(const struct arguments *a, const char *option)
{
        size_t n = strlen(option);

        for (size_t at = 0; at < a->len; at += strlen(a->text + at) + 1) {
                const char *word = a->text + at;
                size_t next = at + strlen(word) + 1;

                if (strncmp(word, option, n) == 0 && word[n] == '=')
                        return word + n + 1;
                if (strcmp(word, option) == 0)
                        return next < a->len ? a->text + next : NULL;
        }
        return NULL;
}

/*
 * A socket stays in its folder when whoever served it was ended.  The kernel lists the sockets of a
 * network namespace, and the guard has one of its own; where that cannot be read, the socket's file
 * has to do.
 */
static bool
is_served(const struct doctor *d, const char *feed)
{
        char path[64], end[LOOK_PATH_MAX], *sockets;
        size_t len;
        bool served;

        if (d->guard_pid == 0)
                return true;
        (void)snprintf(path, sizeof(path), "/proc/%d/net/unix", d->guard_pid);
        (void)snprintf(end, sizeof(end), " %s\n", feed);
        sockets = look_all(d->ctl, path, &len);
        served = !sockets || strstr(sockets, end);
        free(sockets);
        return served;
}

/* Where it is looked for is this side's, where it is served the guard's. */
static void
look_feed(struct doctor *d, const char *served)
{
        char usual[128];
        const char *feed = d->ctl->feed;
        struct finding *f;

        if (!feed) {
                subscribe_path(d->ctl->root, usual, sizeof(usual));
                feed = usual;
        }
        if (served && strcmp(served, feed) != 0) {
                f = doctor_tell(d, FINDING_DEGRADED, "feed",
                                "the guard serves it at %s and not at %s: oomguardctl and "
                                "oomguard-notify look for it there with --feed",
                                served, feed);
                finding_remedy(f, "oomguardctl --feed %s status", served);
        } else if (look_exists(d->ctl, feed) && is_served(d, feed)) {
                (void)doctor_tell(d, FINDING_OK, "feed", "%s is there", feed);
        } else if (look_exists(d->ctl, feed)) {
                f = doctor_tell(d, FINDING_DEGRADED, "feed",
                                "%s is left from a guard that has ended, and this one does not "
                                "serve it: status and rank have to look for themselves, and nobody "
                                "is notified",
                                feed);
                finding_remedy(f, "sudo systemctl restart oomguard.service");
        } else {
                (void)doctor_tell(d, FINDING_DEGRADED, "feed",
                                  "%s is not there: status and rank have to look for themselves, "
                                  "and nobody is notified",
                                  feed);
        }
}

static void
look_running(struct doctor *d, const struct arguments *a)
{
        struct finding *f;

        if (d->guard_pid == 0) {
                f = doctor_tell(d, FINDING_MISSING, "guard",
                                "no oomguard runs, or it cannot be seen from here: nobody guards "
                                "this machine");
                finding_remedy(f, "sudo systemctl enable --now oomguard.service");
                return;
        }
        if (has_argument(a, "--dry-run") || has_argument(a, "-n"))
                (void)doctor_tell(d, FINDING_DEGRADED, "guard",
                                  "it runs as pid %d, but dry (--dry-run): it ends nobody",
                                  d->guard_pid);
        else
                (void)doctor_tell(d, FINDING_OK, "guard", "it runs as pid %d", d->guard_pid);
        if (d->n_guards > 1)
                (void)doctor_tell(d, FINDING_DEGRADED, "guard",
                                  "%u of them run: each would end somebody for the same shortage",
                                  d->n_guards);
        look_feed(d, option_value(a, "--feed"));
}

static void
take_fault(void *arg, const char *text)
{
        char *first = arg;

        if (first[0] == '\0')
                (void)snprintf(first, FINDING_TEXT_MAX / 2, "%s", text);
}

/*
 * The file that this side names, else the one that the running guard was started with (a relative
 * one is below its folder).  False: neither names any, so the usual one is meant.
 */
static bool
name_configuration(const struct doctor *d, const struct arguments *a, char ret[LOOK_PATH_MAX])
{
        const char *file = option_value(a, "--config");
        char below[LOOK_PATH_MAX];

        if (d->ctl->config) {
                (void)snprintf(ret, LOOK_PATH_MAX, "%s", d->ctl->config);
                return true;
        }
        if (!file)
                file = option_value(a, "-c");
        if (!file)
                return false;
        (void)snprintf(below, sizeof(below), "/proc/%d/cwd/%s", d->guard_pid, file);
        look_path(d->ctl, file[0] == '/' ? file : below, ret);
        return true;
}

static void
look_configuration(struct doctor *d, const struct arguments *a)
{
        char path[LOOK_PATH_MAX], first[FINDING_TEXT_MAX / 2] = "";
        struct policy *p = calloc(1, sizeof(*p));
        bool named = name_configuration(d, a, path);
        unsigned n_faults = 0;
        struct finding *f;

        if (!named)
                look_path(d->ctl, CONFIG_FILE, path);
        /* Only the usual file may be missing; without a name the files of its folder count, too. */
        if (p && (named || look_exists(d->ctl, CONFIG_FILE) || !d->ctl->root[0]))
                n_faults =
                        config_load(named || d->ctl->root[0] ? path : NULL, p, take_fault, first);
        free(p);
        if (n_faults == 0) {
                (void)doctor_tell(d, FINDING_OK, "configuration", "no faults%s%s",
                                  named ? " in " : "", named ? path : "");
                return;
        }
        f = doctor_tell(d, FINDING_MISSING, "configuration",
                        "%u fault%s, and a guard would not start with it: %s", n_faults,
                        n_faults == 1 ? "" : "s", first);
        finding_remedy(f, "oomguardctl%s%s check", named ? " -c " : "", named ? path : "");
}

/* ---- what it may do ---- */

static uint64_t
read_caps(const char *status)
{
        char value[64];

        return look_line(status, "CapEff", ':', value, sizeof(value)) ? strtoull(value, NULL, 16)
                                                                      : 0;
}

static void
look_privileges(struct doctor *d, const char *status)
{
        uint64_t caps = read_caps(status);
        bool may_kill = caps >> CAP_KILL & 1, may_see = caps >> CAP_SYS_PTRACE & 1;

        if (d->guard_pid == 0)
                (void)doctor_tell(
                        d, may_kill && may_see ? FINDING_OK : FINDING_DEGRADED, "privileges", "%s",
                        may_kill && may_see ? "this user may do all that a guard has to"
                                            : "a guard started by this user could end, and "
                                              "recognize, no processes but its own; start it as "
                                              "root");
        else if (!may_kill)
                (void)doctor_tell(d, FINDING_MISSING, "privileges",
                                  "the guard has no CAP_KILL: it can end no processes but those of "
                                  "its own user");
        else if (!may_see)
                (void)doctor_tell(d, FINDING_DEGRADED, "privileges",
                                  "the guard has no CAP_SYS_PTRACE: it cannot see the executables "
                                  "of other users, so exe: rules and the built-in protection by "
                                  "executable miss them");
        else
                (void)doctor_tell(d, FINDING_OK, "privileges",
                                  "the guard may end and recognize everybody");
}

static void
look_locked(struct doctor *d, const char *status)
{
        char value[64];
        const char *p = value;
        uint64_t kib = 0;
        struct finding *f;

        if (d->guard_pid == 0)
                return;
        if (look_line(status, "VmLck", ':', value, sizeof(value)))
                (void)text_u64(&p, value + strlen(value), &kib);
        if (kib > 0) {
                (void)doctor_tell(d, FINDING_OK, "mlock", "the guard stays in memory");
                return;
        }
        f = doctor_tell(d, FINDING_DEGRADED, "mlock",
                        "the guard's memory is not locked: it may be swapped out itself, and be "
                        "late; it needs CAP_IPC_LOCK, or in its unit:");
        finding_remedy(f, "LimitMEMLOCK=infinity");
}

/* The 41st number of stat is the scheduling policy, the 40th its priority. */
static bool
is_real_time(const char *stat)
{
        const char *p = strrchr(stat, ')'), *end;
        uint64_t policy;

        if (!p)
                return false;
        p++;
        end = p + strlen(p);
        for (int field = 3; field < 41; field++)
                text_skip_column(&p, end);
        return text_column(&p, end, &policy) && (policy == SCHED_FIFO || policy == SCHED_RR);
}

static void
look_real_time(struct doctor *d)
{
        char stat[1024];
        struct finding *f;

        if (d->guard_pid == 0 || read_own(d, "stat", stat, sizeof(stat)) <= 0)
                return;
        if (is_real_time(stat)) {
                (void)doctor_tell(d, FINDING_OK, "real time", "the guard's loop runs first");
                return;
        }
        f = doctor_tell(d, FINDING_DEGRADED, "real time",
                        "the guard runs among all others and may be late on a busy machine; it "
                        "needs CAP_SYS_NICE, or in its unit:");
        finding_remedy(f, "CPUSchedulingPolicy=fifo");
        finding_remedy(f, "CPUSchedulingPriority=1");
}

static void
look_adj(struct doctor *d)
{
        char text[32];
        struct finding *f;

        if (d->guard_pid == 0 || read_own(d, "oom_score_adj", text, sizeof(text)) <= 0)
                return;
        text[strcspn(text, "\n")] = '\0';
        if (strcmp(text, "-1000") == 0) {
                (void)doctor_tell(d, FINDING_OK, "oom_score_adj",
                                  "-1000: the kernel's own killer leaves the guard alone");
                return;
        }
        f = doctor_tell(
                d, FINDING_DEGRADED, "oom_score_adj",
                "%s: the kernel may end the guard when it runs out of memory; in its unit:", text);
        finding_remedy(f, "OOMScoreAdjust=-1000");
}

/* ---- who is in its way ---- */

/* Options of the file system that is mounted at /proc, as far as there is a hidepid among them. */
static bool
find_hidepid(const struct doctor *d, char *ret, size_t size)
{
        size_t len = 0;
        char *text = look_all(d->ctl, "/proc/self/mounts", &len);
        bool found = false;

        for (char *line = text ? strtok(text, "\n") : NULL; line; line = strtok(NULL, "\n")) {
                const char *at = strstr(line, " /proc proc "), *option;

                option = at ? strstr(at, "hidepid=") : NULL;
                found = option != NULL;
                if (option)
                        (void)snprintf(ret, size, "%.*s", (int)strcspn(option, ", "), option);
        }
        free(text);
        return found && strcmp(ret, "hidepid=0") != 0 && strcmp(ret, "hidepid=off") != 0;
}

static void
look_hidepid(struct doctor *d, const char *status)
{
        bool behind = read_caps(status) >> CAP_SYS_PTRACE & 1;
        char option[64] = "";

        if (!look_exists(d->ctl, "/proc/self/mounts"))
                return;
        if (!find_hidepid(d, option, sizeof(option)))
                (void)doctor_tell(d, FINDING_OK, "hidepid", "/proc shows everybody");
        else if (behind)
                (void)doctor_tell(d, FINDING_OK, "hidepid",
                                  "/proc hides processes (%s), not from who has CAP_SYS_PTRACE",
                                  option);
        else
                (void)doctor_tell(d, FINDING_MISSING, "hidepid",
                                  "/proc hides other people's processes (%s) from %s: nobody is "
                                  "ended while the cause may be hidden; run the guard with "
                                  "CAP_SYS_PTRACE",
                                  option, d->guard_pid ? "the guard" : "this user");
}

/* The service that it runs in, which need not be called like it: nohang has two. */
static void
find_service(const struct doctor *d, const struct doctor_process *p, char *ret, size_t size)
{
        char path[64], text[4096], cgroup[4096];
        ssize_t n;
        size_t len;

        (void)snprintf(path, sizeof(path), "/proc/%d/cgroup", p->pid);
        n = look_text(d->ctl, path, text, sizeof(text));
        ret[0] = '\0';
        if (n > 0 && proc_cgroup_parse(text, (size_t)n, cgroup, sizeof(cgroup)) == 0)
                proc_unit_of(cgroup, ret, size);
        len = strlen(ret);
        if (len <= 8 || strcmp(ret + len - 8, ".service") != 0)
                (void)snprintf(ret, size, "%s.service", p->name);
}

static void
look_killers(struct doctor *d)
{
        struct finding *f;
        char service[256];

        for (unsigned i = 0; i < d->n_killers; i++) {
                const struct doctor_process *k = &d->killer[i];
                bool cgroups = strcmp(k->name, "systemd-oomd") == 0 || strcmp(k->name, "oomd") == 0;

                f = doctor_tell(d, FINDING_DEGRADED, k->name,
                                "it runs as well (pid %d) and ends %s by limits of its own: two "
                                "guards may answer the same shortage with two kills",
                                k->pid, cgroups ? "whole cgroups" : "processes");
                find_service(d, k, service, sizeof(service));
                finding_remedy(f, "sudo systemctl disable --now %s", service);
        }
        if (d->n_killers == 0)
                (void)doctor_tell(d, FINDING_OK, "other guards", "none runs beside it");
}

void
doctor_guard(struct doctor *d)
{
        char status[DOCTOR_STATUS_MAX] = "";
        struct arguments a;

        read_arguments(d, &a);
        look_running(d, &a);
        look_configuration(d, &a);
        (void)read_own(d, "status", status, sizeof(status));
        look_privileges(d, status);
        look_locked(d, status);
        look_real_time(d);
        look_adj(d);
        look_hidepid(d, status);
        look_killers(d);
}
