/* SPDX-License-Identifier: MIT */
/*
 * Owns paths and descriptors below /proc/PID.  Never parses and never decides.
 */
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How a status begins, and the only line of it that may be of any length. */
static const char name[] = "Name:\t";
static const char groups[] = "Groups:";
/* So many more reads for them, 6,000 groups and more: who has still more is read from statm. */
enum { GROUPS_READS = 16 };

struct path {
        char *at;
        char *end; /* of the room, one byte kept for the zero */
};

static void
put_text(struct path *p, const char *text)
{
        while (*text && p->at < p->end)
                *p->at++ = *text++;
}

static void
put_number(struct path *p, int32_t number)
{
        char digits[12];
        char *d = digits + sizeof(digits) - 1;
        uint32_t left = number > 0 ? (uint32_t)number : 0;

        *d = '\0';
        do {
                *--d = (char)('0' + left % 10);
                left /= 10;
        } while (left);
        put_text(p, d);
}

void
procfs_path(char *ret, size_t size, int32_t pid, int32_t tid, const char *file)
{
        struct path p = { ret, ret + size - 1 };

        put_number(&p, pid);
        if (tid) {
                put_text(&p, "/task/");
                put_number(&p, tid);
        }
        put_text(&p, "/");
        put_text(&p, file);
        *p.at = '\0';
}

int
procfs_open(int proc_fd, int32_t pid, int32_t tid, const char *file)
{
        char path[PROCFS_PATH_MAX];
        int fd;

        procfs_path(path, sizeof(path), pid, tid, file);
        fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        return fd < 0 ? -errno : fd;
}

static ssize_t
read_at(int fd, char *ret, size_t size, size_t at)
{
        ssize_t n;

        do {
                n = pread(fd, ret, size, (off_t)at);
        } while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : n;
}

/*
 * A status filled by its groups: anybody with a user namespace may have 65,536 of them, and some
 * networks give everybody hundreds.  Reads on from behind their line, in its place.  The length of
 * all then, still `room` if there are too many of them, or a negative errno.
 */
static ssize_t
leave_out_groups(int fd, char *text, size_t room)
{
        char *line = (char *)memrchr(text, '\n', room) + 1;
        size_t left = room - (size_t)(line - text), at = room;
        ssize_t n;

        for (unsigned i = 0; i < GROUPS_READS; i++) {
                n = read_at(fd, line, left, at);
                if (n <= 0)
                        return n;
                at += (size_t)n;
                char *end = memchr(line, '\n', (size_t)n);

                if (!end)
                        continue;
                size_t kept = (size_t)(line + n - (end + 1));

                memmove(line, end + 1, kept);
                n = read_at(fd, line + kept, left - kept, at);
                return n < 0 ? n : line - text + (ssize_t)kept + n;
        }
        return (ssize_t)room;
}

/* The same status in the same room, whatever its length, as far as that can be had. */
static ssize_t
fit_status(int fd, char *text, size_t room)
{
        const char *last = memrchr(text, '\n', room);
        ssize_t n = (ssize_t)room;

        if (!last)
                return n;
        if (strncmp(last + 1, groups, sizeof(groups) - 1) == 0)
                n = leave_out_groups(fd, text, room);
        if (n < (ssize_t)room)
                return n;
        last = memrchr(text, '\n', room);
        return last - text + 1;
}

ssize_t
procfs_reread(int fd, char *ret, size_t size)
{
        ssize_t n = read_at(fd, ret, size - 1, 0);

        if (n < 0)
                return n;
        ret[n] = '\0';
        if ((size_t)n == size - 1 && strncmp(ret, name, sizeof(name) - 1) == 0) {
                n = fit_status(fd, ret, size - 1);
                if (n >= 0)
                        ret[n] = '\0';
        }
        return n;
}

ssize_t
procfs_read(int proc_fd, int32_t pid, int32_t tid, const char *file, char *ret, size_t size)
{
        int fd = procfs_open(proc_fd, pid, tid, file);

        if (fd < 0)
                return fd;
        ssize_t n = procfs_reread(fd, ret, size);

        (void)close(fd);
        return n;
}

int
procfs_stat(int proc_fd, int32_t pid, struct proc_stat *ret)
{
        char text[PROCFS_TEXT_MAX];
        ssize_t n = procfs_read(proc_fd, pid, 0, "stat", text, sizeof(text));

        return n < 0 ? (int)n : proc_stat_parse(text, (size_t)n, ret);
}

ssize_t
procfs_link(int proc_fd, int32_t pid, const char *file, char *ret, size_t size)
{
        char path[PROCFS_PATH_MAX];
        ssize_t n;

        procfs_path(path, sizeof(path), pid, 0, file);
        n = readlinkat(proc_fd, path, ret, size - 1);
        if (n < 0)
                return -errno;
        ret[n] = '\0';
        return n;
}

int
procfs_pidfd(int proc_fd, int32_t pid, uint64_t start_ticks)
{
        struct proc_stat st;
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);

        if (fd < 0)
                return -errno;
        /* The pidfd pins whoever has the number now; the start time says whether that is still the
         * process that was meant. */
        int r = procfs_stat(proc_fd, pid, &st);

        if (r < 0 || st.start_ticks != start_ticks) {
                (void)close(fd);
                return r < 0 ? r : -ESRCH;
        }
        return fd;
}
