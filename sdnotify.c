/* SPDX-License-Identifier: MIT */
/*
 * Owns the socket to the service manager.  Never knows what state the guard is in.
 */
#include "sdnotify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "text.h"

/* Microseconds from $WATCHDOG_USEC, when they are meant for this process. */
static uint64_t
watchdog_us(void)
{
        const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
        uint64_t us = 0, whom = 0;

        if (!usec || !text_u64(&usec, usec + strlen(usec), &us) || *usec)
                return 0;
        if (pid &&
            (!text_u64(&pid, pid + strlen(pid), &whom) || *pid || whom != (uint64_t)getpid()))
                return 0;
        return us;
}

int
sdnotify_open(struct sdnotify *s)
{
        struct sockaddr_un to = { .sun_family = AF_UNIX };
        const char *path = getenv("NOTIFY_SOCKET");
        size_t len;

        *s = (struct sdnotify){ .fd = -1 };
        if (!path || !*path)
                return 0;
        len = strlen(path);
        if ((*path != '/' && *path != '@') || len < 2)
                return -EINVAL;
        if (len >= sizeof(to.sun_path))
                return -ENAMETOOLONG;
        memcpy(to.sun_path, path, len);
        if (*path == '@')
                to.sun_path[0] = '\0';
        s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (s->fd < 0)
                return -errno;
        len += offsetof(struct sockaddr_un, sun_path) + (*path == '/');
        if (connect(s->fd, (struct sockaddr *)&to, (socklen_t)len) < 0) {
                int r = -errno;

                sdnotify_close(s);
                return r;
        }
        s->watchdog_us = watchdog_us();
        return 0;
}

void
sdnotify_close(struct sdnotify *s)
{
        if (s->fd >= 0)
                (void)close(s->fd);
        *s = (struct sdnotify){ .fd = -1 };
}

bool
sdnotify_send(const struct sdnotify *s, const char *format, ...)
{
        char text[512];
        va_list ap;
        int n;

        if (s->fd < 0)
                return true;
        va_start(ap, format);
        n = vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        if (n < 0 || (size_t)n >= sizeof(text))
                return false;
        return send(s->fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) == n;
}
