/* SPDX-License-Identifier: MIT */
/*
 * Owns stderr.  Never waits for its reader.
 */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"

/* sd-daemon(3): `<N>` in front of a line is its level. */
enum { PREFIX_MAX = 32 };

void
report_open(struct report *r, const char *name)
{
        struct stat st;

        *r = (struct report){ .name = name, .fd = STDERR_FILENO };
        r->is_socket = fstat(STDERR_FILENO, &st) == 0 && S_ISSOCK(st.st_mode);
        r->plain = isatty(STDERR_FILENO) == 1;
        if (r->is_socket)
                return;
        int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND | O_CLOEXEC);

        if (fd >= 0) {
                r->fd = fd;
                r->owned = true;
        }
}

void
report_close(struct report *r)
{
        if (r->owned)
                (void)close(r->fd);
        *r = (struct report){ .name = r->name, .fd = STDERR_FILENO };
}

static bool
put(const struct report *r, const char *text, size_t len)
{
        struct pollfd p = { .fd = r->fd, .events = POLLOUT };
        ssize_t n;

        /* Not opened anew, so it may be one that waits: there has to be room first. */
        if (!r->owned && !r->is_socket && (poll(&p, 1, 0) <= 0 || !(p.revents & POLLOUT)))
                return false;
        do {
                n = r->is_socket ? send(r->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL)
                                 : write(r->fd, text, len);
        } while (n < 0 && errno == EINTR);
        return n == (ssize_t)len;
}

void
report_line(struct report *r, int level, const char *format, ...)
{
        char text[MESSAGE_MAX + PREFIX_MAX];
        size_t n = 0;
        va_list ap;

        if (r->lost) {
                int len = snprintf(text, sizeof(text),
                                   "%s%s: %llu lines are lost: nobody read them\n",
                                   r->plain ? "" : "<4>", r->name, (unsigned long long)r->lost);

                if (!put(r, text, (size_t)len)) {
                        r->lost++;
                        return;
                }
                r->lost = 0;
        }
        if (!r->plain)
                n = (size_t)snprintf(text, sizeof(text), "<%d>", level);
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s: ", r->name);
        va_start(ap, format);
        int len = vsnprintf(text + n, sizeof(text) - n - 1, format, ap);

        va_end(ap);
        if (len < 0)
                return;
        n += strlen(text + n);
        text[n++] = '\n';
        if (!put(r, text, n))
                r->lost++;
}
