/* SPDX-License-Identifier: MIT */
/*
 * The canary: what a person would feel.  An ordinary process that wakes every 10 ms, touches a
 * few of its own pages, reads a small file, and records how late it was done.  Its figures are
 * in memory shared with the supervisor, so that they outlive it.
 */
#define _GNU_SOURCE
#include "role.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BEAT_US   10000
#define OWN_PAGES 1024 /* round in 2.5 s: cold enough to be evicted where all thrashes */

static void
beat(char *own, unsigned turn)
{
        char text[512];
        int fd;

        for (unsigned i = 0; i < 4; i++)
                own[(turn * 4 + i) % OWN_PAGES * ROLE_PAGE]++;
        fd = open("/d/small", O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, text, sizeof text) < 0)
                role_fail("/d/small");
        close(fd);
}

int
canary_main(struct role_options *o)
{
        struct canary_stats *s =
                mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, ROLE_CANARY_FD, 0);
        char *own = role_map(o, OWN_PAGES * 4);
        uint64_t due_us, host_us = 0;

        if (s == MAP_FAILED)
                role_fail("mmap");
        for (unsigned turn = 0; turn < OWN_PAGES; turn++)
                beat(own, turn);
        role_report(o, "ready");
        due_us = role_now_us() + BEAT_US;
        for (unsigned turn = 0;; turn++) {
                uint64_t now_us = role_now_us();
                uint64_t late_us;

                if (now_us < due_us)
                        role_sleep_us(due_us - now_us);
                beat(own, turn);
                now_us = role_now_us();
                late_us = now_us > due_us ? now_us - due_us : 0;
                /* What the host did to the guest is not the guest's doing. */
                late_us -= s->host_us - host_us < late_us ? s->host_us - host_us : late_us;
                host_us = s->host_us;
                if (late_us > s->worst_us)
                        s->worst_us = late_us;
                s->over_100ms += late_us > 100000;
                s->over_1s += late_us > 1000000;
                s->beats++;
                s->last_beat_us = now_us;
                /* Counted once, whoever is to blame. */
                due_us = (now_us > due_us + BEAT_US ? now_us : due_us) + BEAT_US;
        }
        return 0;
}
