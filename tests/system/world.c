/* SPDX-License-Identifier: MIT */
/*
 * Owns what surrounds a case: mounts, the folder, time, and its end.  Never starts anything.
 */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "group.h"
#include "guard.h"
#include "memory.h"

enum { PAUSE_MS = 3, N_PATHS = 4 };

static char folder[WORLD_PATH_MAX / 2];
static int outside_pid;

long
world_now_ms(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
world_pause(void)
{
        struct timespec ts = { 0, PAUSE_MS * 1000000L };

        guard_listen();
        (void)nanosleep(&ts, NULL);
        guard_listen();
}

int
world_outside_pid(void)
{
        return outside_pid;
}

void
world_fail(const char *file, int line, const char *format, ...)
{
        va_list ap;

        printf("%s:%d: ", file, line);
        va_start(ap, format);
        (void)vprintf(format, ap);
        va_end(ap);
        printf("\n");
        guard_show();
        memory_show();
        (void)fflush(stdout);
        group_thaw(outside_pid);
        _exit(1);
}

void
world_not_here(const char *why)
{
        printf("not run here: %s\n", why);
        (void)fflush(stdout);
        _exit(WORLD_NOT_HERE);
}

void
world_leave(void)
{
        if (guard_runs())
                CHECK(guard_end(SIGTERM) == 0, "the guard did not end cleanly");
        group_thaw(outside_pid);
        (void)fflush(stdout);
        _exit(0);
}

const char *
world_path(const char *name)
{
        static char path[N_PATHS][WORLD_PATH_MAX];
        static unsigned at;

        at = (at + 1) % N_PATHS;
        (void)snprintf(path[at], sizeof(path[at]), "%s/%s", folder, name);
        return path[at];
}

void
world_write(const char *name, const char *format, ...)
{
        FILE *f = fopen(world_path(name), "we");
        va_list ap;

        CHECK(f, "%s: %s", name, strerror(errno));
        va_start(ap, format);
        (void)vfprintf(f, format, ap);
        va_end(ap);
        CHECK(fclose(f) == 0, "%s: %s", name, strerror(errno));
}

/* Folders on the way to `path`, below the case's own. */
static void
make_folders(char *path)
{
        for (char *p = path + strlen(folder) + 1; (p = strchr(p, '/')); p++) {
                *p = '\0';
                (void)mkdir(path, 0755);
                *p = '/';
        }
}

static void
copy(const char *from, const char *to, uid_t owner)
{
        struct stat st;
        int in = open(from, O_RDONLY | O_CLOEXEC);
        int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

        CHECK(in >= 0 && out >= 0 && fstat(in, &st) == 0, "%s to %s: %s", from, to,
              strerror(errno));
        for (off_t left = st.st_size; left > 0;) {
                ssize_t n = sendfile(out, in, NULL, (size_t)left);

                CHECK(n > 0, "%s: %s", to, strerror(errno));
                left -= n;
        }
        CHECK(fchown(out, owner, owner) == 0, "%s: %s", to, strerror(errno));
        (void)close(in);
        (void)close(out);
}

const char *
world_guard(void)
{
        return world_path("oomguard");
}

const char *
world_subject(void)
{
        return world_path("subject");
}

const char *
world_copy_subject(const char *name, uid_t owner)
{
        char path[WORLD_PATH_MAX];

        (void)snprintf(path, sizeof(path), "%s", world_path(name));
        make_folders(path);
        copy(world_subject(), path, owner);
        return world_path(name);
}

/* Before there is a /proc of our own, the old one tells what we are called outside. */
static void
learn_outside_pid(void)
{
        char text[16] = { 0 };

        CHECK(readlink("/proc/self", text, sizeof(text) - 1) > 0, "/proc/self: %s",
              strerror(errno));
        outside_pid = atoi(text);
}

void
world_enter(const char *dir, const char *guard, const char *subject)
{
        const unsigned long flags = MS_NOSUID | MS_NODEV;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)prctl(PR_SET_NAME, "first");
        (void)signal(SIGPIPE, SIG_IGN);
        (void)signal(SIGINT, SIG_DFL);
        (void)signal(SIGTERM, SIG_DFL);
        (void)umask(022);
        (void)snprintf(folder, sizeof(folder), "%s", dir);
        learn_outside_pid();
        CHECK(getpid() == 1, "not the first process of a namespace");
        CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "/: %s", strerror(errno));
        CHECK(mount("proc", "/proc", "proc", flags | MS_NOEXEC, NULL) == 0, "/proc: %s",
              strerror(errno));
        CHECK(mount("none", folder, "tmpfs", flags, "mode=755") == 0, "%s: %s", folder,
              strerror(errno));
        /* Where the guard puts its feed: that of another case must not be in the way. */
        CHECK(mount("none", "/run", "tmpfs", flags, "mode=755") == 0, "/run: %s", strerror(errno));
        copy(guard, world_guard(), 0);
        copy(subject, world_subject(), 0);
}
