/* SPDX-License-Identifier: MIT */
/*
 * Owns pidfd_send_signal(2).  Never chooses.
 */
#include "kill.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

int
kill_send(int pidfd, int sig)
{
        if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) == 0)
                return KILL_SENT;
        if (errno == ESRCH)
                return KILL_GONE;
        return errno == EPERM ? KILL_REFUSED : -errno;
}

bool
kill_is_gone(int pidfd)
{
        struct pollfd p = { .fd = pidfd, .events = POLLIN };

        /* POLLIN is a zombie; with POLLHUP it has been reaped as well. */
        return poll(&p, 1, 0) > 0 && (p.revents & (POLLIN | POLLHUP)) != 0;
}
