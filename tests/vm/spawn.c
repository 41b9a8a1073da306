/* SPDX-License-Identifier: MIT */
/*
 * Starts a role as an ordinary user's process with an executable of its own.  Never waits for
 * one.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USER     1000
#define MAX_ARGS 20

struct place {
        uid_t uid;
        const char *adj;
        const char *nice;
        const char *cgroup;
        bool pid_namespace;
};

/* A copy, not a link: the guard tells executables apart by inode. */
int
spawn_prepare(const char *name)
{
        char path[80];
        ssize_t n;
        int in, out;

        snprintf(path, sizeof path, ROLE_BIN_DIR "/%s", name);
        in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
        if (in < 0 || out < 0)
                return -errno;
        while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
                ;
        close(in);
        close(out);
        return n < 0 ? -errno : 0;
}

static void
write_text(const char *path, const char *text)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, text, strlen(text)) < 0)
                role_fail(path);
        close(fd);
}

/* Where the environment names a cgroup for the session, each program is in one of its own. */
static void
enter_cgroup(const char *folder, const char *name)
{
        const char *session = getenv("session");
        char path[120];

        if (folder) {
                snprintf(path, sizeof path, "%s/cgroup.procs", folder);
        } else if (session) {
                snprintf(path, sizeof path, "%s/%s", session, name);
                if (mkdir(path, 0755) < 0 && errno != EEXIST)
                        role_fail(path);
                snprintf(path, sizeof path, "%s/%s/cgroup.procs", session, name);
        } else {
                return;
        }
        write_text(path, "0");
}

_Noreturn static void
become(const struct bench *b, const char *name, const struct place *at, char **argv)
{
        char path[80];

        setpgid(0, 0);
        enter_cgroup(at->cgroup, name);
        write_text("/proc/self/oom_score_adj", at->adj);
        if (at->nice && setpriority(PRIO_PROCESS, 0, atoi(at->nice)) < 0)
                role_fail("nice");
        /* A job of its own, as whatever starts programs for people makes of each. */
        if (setpgid(0, 0) < 0)
                role_fail("setpgid");
        if (setgroups(0, NULL) < 0 || setgid(at->uid) < 0 || setuid(at->uid) < 0)
                role_fail("setuid");
        dup2(b->report_write_fd, ROLE_REPORT_FD);
        dup2(b->canary_fd, ROLE_CANARY_FD);
        snprintf(path, sizeof path, ROLE_BIN_DIR "/%s", name);
        execv(path, argv);
        role_fail(path);
}

/* What is said of the process's place is taken out of the arguments; the rest is the role's. */
static void
split_args(char **args, char **argv, struct place *at)
{
        unsigned n = 3;

        for (; *args && n < MAX_ARGS; args++) {
                if (!strncmp(*args, "adj=", 4))
                        at->adj = *args + 4;
                else if (!strncmp(*args, "uid=", 4))
                        at->uid = (uid_t)atoi(*args + 4);
                else if (!strncmp(*args, "nice=", 5))
                        at->nice = *args + 5;
                else if (!strncmp(*args, "cg=", 3))
                        at->cgroup = *args + 3;
                else if (!strcmp(*args, "ns=pid"))
                        at->pid_namespace = true;
                else
                        argv[n++] = *args;
        }
}

/* args is the role and its options. */
pid_t
spawn_start(const struct bench *b, char kind, const char *name, char **args)
{
        char *argv[MAX_ARGS + 1] = { NULL };
        struct place at = { .uid = USER, .adj = "0" };
        char slot[32];
        pid_t pid;

        snprintf(slot, sizeof slot, "slot=%s", name);
        argv[0] = (char *)name;
        argv[1] = args[0];
        argv[2] = slot;
        split_args(args + 1, argv, &at);
        pid = (pid_t)syscall(SYS_clone, SIGCHLD | (at.pid_namespace ? CLONE_NEWPID : 0), NULL, NULL,
                             NULL, 0L);
        if (pid == 0)
                become(b, name, &at, argv);
        if (pid > 0)
                bench_log(b, "start %c %s as pid %d", kind, name, pid);
        return pid;
}
