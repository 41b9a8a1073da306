/* SPDX-License-Identifier: MIT */
/*
 * Owns the namespaces: makes them, runs a case in each, and takes them down whatever happened.
 * Never judges: a case that failed has said so by its exit status and its log.
 */
#include "system.h"

#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "group.h"
#include "world.h"

enum { LOOK_MS = 50 };

_Noreturn static void
be_first_process(const struct pool_place *place, const struct pool_job *job)
{
        if (dup2(job->log_fd, STDOUT_FILENO) < 0 || dup2(job->log_fd, STDERR_FILENO) < 0)
                _exit(1);
        world_enter(place->dir, place->guard, place->subject);
        job->what->run();
        world_leave();
}

static void
begin(const struct pool_place *place, struct pool_job *job)
{
        struct clone_args args = {
                .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_PIDFD,
                .pidfd = (uint64_t)(uintptr_t)&job->pidfd,
                .exit_signal = SIGCHLD,
        };

        job->log_fd = memfd_create("log", MFD_CLOEXEC);
        job->begun_ms = world_now_ms();
        job->begun = true;
        job->pid = (int)syscall(SYS_clone3, &args, sizeof(args));
        if (job->pid == 0)
                be_first_process(place, job);
        if (job->pid < 0) {
                job->over = true;
                job->status = 1 << 8;
                (void)dprintf(job->log_fd, "namespaces: %s\n", strerror(errno));
        }
}

static void
end(struct pool_job *job)
{
        (void)waitpid(job->pid, &job->status, 0);
        (void)close(job->pidfd);
        group_remove(job->pid);
        job->over = true;
}

static void
end_late(const struct pool_place *place, struct pool_job *job)
{
        if (world_now_ms() - job->begun_ms < (long)place->patience_s * 1000)
                return;
        (void)dprintf(job->log_fd, "not over after %u s\n", place->patience_s);
        /* What is frozen cannot end, and the namespace not without it. */
        group_thaw(job->pid);
        (void)kill(job->pid, SIGKILL);
        end(job);
}

static void
reap(const struct pool_place *place, struct pool_job *jobs, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                struct pollfd p = { .fd = jobs[i].pidfd, .events = POLLIN };

                if (!jobs[i].begun || jobs[i].over)
                        continue;
                if (poll(&p, 1, 0) > 0)
                        end(&jobs[i]);
                else
                        end_late(place, &jobs[i]);
        }
}

static void
wait_for_any(const struct pool_job *jobs, size_t n)
{
        struct pollfd p[64];
        nfds_t n_polled = 0;

        for (size_t i = 0; i < n && n_polled < 64; i++)
                if (jobs[i].begun && !jobs[i].over)
                        p[n_polled++] = (struct pollfd){ .fd = jobs[i].pidfd, .events = POLLIN };
        (void)poll(p, n_polled, LOOK_MS);
}

/* Begins the next ones in order; one that wants to be alone waits for the others, and they for it.
 */
static void
fill_up(const struct pool_place *place, struct pool_job *jobs, size_t n)
{
        unsigned n_run = 0;
        bool alone = false;

        for (size_t i = 0; i < n; i++) {
                if (!jobs[i].begun || jobs[i].over)
                        continue;
                n_run++;
                alone |= jobs[i].what->alone;
        }
        for (size_t i = 0; i < n && !alone && n_run < place->n_at_once; i++) {
                if (jobs[i].begun)
                        continue;
                alone = jobs[i].what->alone;
                if (alone && n_run > 0)
                        return;
                begin(place, &jobs[i]);
                n_run++;
        }
}

void
pool_wait_for(const struct pool_place *place, struct pool_job *jobs, size_t n,
              const struct pool_job *job)
{
        while (!job->over && !place->stop) {
                fill_up(place, jobs, n);
                wait_for_any(jobs, n);
                reap(place, jobs, n);
        }
}

void
pool_end(struct pool_job *jobs, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                if (!jobs[i].begun || jobs[i].over)
                        continue;
                group_thaw(jobs[i].pid);
                (void)kill(jobs[i].pid, SIGKILL);
                end(&jobs[i]);
        }
}
