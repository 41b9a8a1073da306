/* SPDX-License-Identifier: MIT */
/*
 * Owns process_mrelease(2), and when the ballast goes.  Never allocates, never opens anything, so
 * that nothing can hold it up but the work itself.
 */
#include "reaper.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "thread.h"

#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448 /* the same on every architecture; Linux 5.15 */
#endif

/* EAGAIN: partly done, somebody held the lock; again, but not for ever. */
enum { TRIES = 3 };

static void
release(int pidfd)
{
        for (unsigned i = 0; i < TRIES; i++)
                if (syscall(SYS_process_mrelease, pidfd, 0) == 0 || errno != EAGAIN)
                        return;
}

static void *
run(void *arg)
{
        struct reaper *r = arg;
        uint64_t count;

        while (!atomic_load(&r->stop)) {
                (void)!read(r->wake_fd, &count, sizeof(count));
                if (atomic_exchange(&r->drop, false))
                        ballast_drop(r->ballast);
                while (atomic_load(&r->n_taken) != atomic_load(&r->n_put)) {
                        uint32_t n = atomic_load(&r->n_taken);

                        release(r->pidfd[n % ROSTER_MAX]);
                        atomic_store(&r->n_taken, n + 1);
                }
        }
        return NULL;
}

int
reaper_start(struct reaper *r)
{
        r->wake_fd = eventfd(0, EFD_CLOEXEC);
        if (r->wake_fd < 0)
                return -errno;
        return thread_start(&r->thread, REAPER_STACK, run, r);
}

void
reaper_stop(struct reaper *r)
{
        atomic_store(&r->stop, true);
        reaper_wake(r);
        (void)pthread_join(r->thread, NULL);
        (void)close(r->wake_fd);
}

void
reaper_put(struct reaper *r, int pidfd)
{
        uint32_t n = atomic_load(&r->n_put);

        if (n - atomic_load(&r->n_taken) >= ROSTER_MAX)
                return;
        r->pidfd[n % ROSTER_MAX] = pidfd;
        atomic_store(&r->n_put, n + 1);
}

void
reaper_drop_ballast(struct reaper *r)
{
        atomic_store(&r->drop, true);
        reaper_wake(r);
}

void
reaper_wake(struct reaper *r)
{
        uint64_t one = 1;

        (void)!write(r->wake_fd, &one, sizeof(one));
}
