/* SPDX-License-Identifier: MIT */
/*
 * Owns forking and reaping.  One pidfd and one pipe for each child, both gone when it is.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_WAIT_MS = 1000, DESCRIPTORS_MAX = 65536 };

static void
close_from(int first)
{
        if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
                return;
        /* Linux before 5.9. */
        long n = sysconf(_SC_OPEN_MAX);

        if (n < 0 || n > DESCRIPTORS_MAX)
                n = DESCRIPTORS_MAX;
        for (int fd = first; fd < n; fd++)
                (void)close(fd);
}

/* Undoes what the parent arranged for itself.  Returns where the answer goes. */
static int
become_plain(int answer_fd)
{
        sigset_t none;
        int fd;

        for (int sig = 1; sig < NSIG; sig++)
                (void)signal(sig, SIG_DFL);
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        /* Before any change of user: the file belongs to whoever the process was. */
        fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        if (fd >= 0) {
                (void)!write(fd, "0", 1);
                (void)close(fd);
        }
        if (answer_fd != STDERR_FILENO + 1) {
                (void)dup3(answer_fd, STDERR_FILENO + 1, O_CLOEXEC);
                answer_fd = STDERR_FILENO + 1;
        }
        close_from(answer_fd + 1);
        return answer_fd;
}

int
child_become(uid_t uid, gid_t gid)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct none[2] = { { 0 } };

        if (geteuid() == 0) {
                if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
                    setresuid(uid, uid, uid) < 0)
                        return -errno;
        } else if (uid != geteuid()) {
                return -EPERM;
        }
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        if (syscall(SYS_capset, &header, none) < 0)
                return -errno;
        /* Its memory is a copy of its parent's: that user may not look into it. */
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
                return -errno;
        return 0;
}

static void
forget(struct child *c)
{
        c->ended = sd_event_source_disable_unref(c->ended);
        c->late = sd_event_source_disable_unref(c->late);
        if (c->pidfd >= 0)
                (void)close(c->pidfd);
        if (c->answer_fd >= 0)
                (void)close(c->answer_fd);
        *c = (struct child)CHILD_INIT;
}

/* The number is still its own, because it has not been waited for. */
static void
end_it(const struct child *c)
{
        if (c->group)
                (void)kill(-c->pid, SIGKILL);
        (void)kill(c->pid, SIGKILL);
}

static int
reap(const struct child *c)
{
        int status;
        pid_t pid;

        /* Whom it left behind in its group ends with it: nothing may pile up. */
        if (c->group)
                (void)kill(-c->pid, SIGKILL);
        do {
                pid = waitpid(c->pid, &status, WNOHANG);
        } while (pid < 0 && errno == EINTR);
        return pid == c->pid ? status : -1;
}

static int
on_ended(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
        struct child *c = arg;
        struct child_end end = { .timed_out = c->timed_out };
        child_done *done = c->done;
        void *done_arg = c->arg;

        (void)source, (void)fd, (void)revents;
        end.status = reap(c);
        ssize_t n = read(c->answer_fd, end.answer, sizeof(end.answer));

        end.n_answer = n > 0 ? (size_t)n : 0;
        forget(c);
        done(done_arg, &end);
        return 0;
}

static int
on_late(sd_event_source *source, uint64_t now_us, void *arg)
{
        struct child *c = arg;

        (void)source, (void)now_us;
        c->timed_out = true;
        end_it(c);
        return 0;
}

static int
watch(struct child *c, sd_event *event, uint64_t limit_us)
{
        int r;

        c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0u);
        if (c->pidfd < 0)
                return -errno;
        r = sd_event_add_io(event, &c->ended, c->pidfd, EPOLLIN, on_ended, c);
        if (r < 0)
                return r;
        return sd_event_add_time_relative(event, &c->late, CLOCK_MONOTONIC, limit_us, 0, on_late,
                                          c);
}

int
child_start(struct child *c, sd_event *event, const struct child_plan *plan, child_done *done,
            void *arg)
{
        int fd[2], r;
        pid_t pid;

        if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;
        pid = fork();
        if (pid == 0) {
                if (plan->group)
                        (void)setsid();
                _exit(plan->run(plan->what, become_plain(fd[1])));
        }
        r = -errno;
        (void)close(fd[1]);
        if (pid < 0) {
                (void)close(fd[0]);
                return r;
        }
        *c = (struct child){ .pid = pid,
                             .pidfd = -1,
                             .answer_fd = fd[0],
                             .group = plan->group,
                             .done = done,
                             .arg = arg };
        r = watch(c, event, plan->limit_us);
        if (r < 0) {
                child_stop(c);
                return r;
        }
        return 0;
}

void
child_stop(struct child *c)
{
        if (!child_runs(c))
                return;
        struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

        end_it(c);
        /* One that cannot die is left to init. */
        (void)poll(&p, 1, STOP_WAIT_MS);
        (void)reap(c);
        forget(c);
}
