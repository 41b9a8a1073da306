/* SPDX-License-Identifier: MIT */
/*
 * Owns the watchdog's pings.  Never looks at anything but two counters, and opens nothing.
 */
#include "pulse.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "sampler.h"
#include "thread.h"

/* A quarter of the watchdog's time: three may be lost, or late, before anybody is ended for it. */
#define PING_PART 4u

bool
pulse_lives(struct pulse_seen *seen, uint64_t ticks, uint64_t errands, uint64_t now_us)
{
        bool ticked = ticks != seen->ticks;

        if (errands != seen->errands || seen->errand_us == 0)
                seen->errand_us = now_us;
        seen->ticks = ticks;
        seen->errands = errands;
        return ticked && now_us - seen->errand_us < PULSE_ERRAND_US;
}

static void
rest(int ms)
{
        struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

        (void)nanosleep(&ts, NULL);
}

static void *
run(void *arg)
{
        struct pulse *p = arg;
        struct pollfd stop = { .fd = p->stop_fd, .events = POLLIN };
        int wait_ms = (int)(p->sd->watchdog_us / PING_PART / 1000);

        if (wait_ms < 1)
                wait_ms = 1;
        while (!atomic_load(&p->stop)) {
                /* poll(2) wants memory, a rest does not. */
                if (poll(&stop, 1, wait_ms) < 0)
                        rest(wait_ms);
                if (atomic_load(&p->stop))
                        break;
                if (pulse_lives(&p->seen, atomic_load(&p->share->ticks),
                                atomic_load(&p->share->errands), sampler_now_us()))
                        (void)sdnotify_send(p->sd, "WATCHDOG=1");
        }
        return NULL;
}

int
pulse_start(struct pulse *p, const struct share *share, struct sdnotify *sd)
{
        int error;

        *p = (struct pulse){ .share = share, .sd = sd, .stop_fd = -1 };
        if (sd->fd < 0 || sd->watchdog_us == 0)
                return 0;
        p->stop_fd = eventfd(0, EFD_CLOEXEC);
        if (p->stop_fd < 0)
                return -errno;
        error = thread_start(&p->thread, PULSE_STACK, run, p);
        if (error < 0) {
                (void)close(p->stop_fd);
                p->stop_fd = -1;
        }
        return error;
}

void
pulse_stop(struct pulse *p)
{
        uint64_t one = 1;

        if (p->stop_fd < 0)
                return;
        atomic_store(&p->stop, true);
        (void)!write(p->stop_fd, &one, sizeof(one));
        (void)pthread_join(p->thread, NULL);
        (void)close(p->stop_fd);
        p->stop_fd = -1;
}
