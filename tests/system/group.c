/* SPDX-License-Identifier: MIT */
/*
 * Owns the control groups of the cases.  Never leaves one behind, and none frozen.
 */
#include "group.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 128, TRIES = 1000 };

static const char freezer[] = "/sys/fs/cgroup/freezer";
/* v1 where it is, else v2. */
static const char *const memory[] = { "/sys/fs/cgroup/memory", "/sys/fs/cgroup" };
static const char *const usage[] = { "/memory.usage_in_bytes", "/memory.current" };

static void
path_of(char ret[PATH_SIZE], const char *root, int owner, const char *file)
{
        (void)snprintf(ret, PATH_SIZE, "%s/oomguard-system-%d%s", root, owner, file);
}

static bool
put(const char *root, int owner, const char *file, const char *text)
{
        char path[PATH_SIZE];

        path_of(path, root, owner, file);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

        if (fd >= 0)
                (void)close(fd);
        return done;
}

static bool
get(const char *root, int owner, const char *file, char ret[32])
{
        char path[PATH_SIZE];

        path_of(path, root, owner, file);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return false;
        ssize_t n = read(fd, ret, 31);

        (void)close(fd);
        ret[n > 0 ? n : 0] = '\0';
        return n > 0;
}

static void
wait_a_bit(void)
{
        struct timespec ts = { 0, 5000000 };

        (void)nanosleep(&ts, NULL);
}

static bool
make(const char *root, int owner)
{
        char path[PATH_SIZE];

        path_of(path, root, owner, "");
        return mkdir(path, 0755) == 0;
}

bool
group_freeze(int owner, int pid)
{
        char text[32] = "";

        (void)snprintf(text, sizeof(text), "%d", pid);
        if (access("/sys/fs/cgroup/freezer/cgroup.procs", W_OK) < 0 || !make(freezer, owner) ||
            !put(freezer, owner, "/cgroup.procs", text) ||
            !put(freezer, owner, "/freezer.state", "FROZEN"))
                return false;
        for (unsigned i = 0; i < TRIES; i++) {
                if (get(freezer, owner, "/freezer.state", text) && strstr(text, "FROZEN"))
                        return true;
                wait_a_bit();
        }
        return false;
}

void
group_thaw(int owner)
{
        (void)put(freezer, owner, "/freezer.state", "THAWED");
}

/* Index of the hierarchy in which the case has a group, or -1. */
static int
counted_in(int owner)
{
        char text[32];

        for (int i = 0; i < 2; i++)
                if (get(memory[i], owner, usage[i], text))
                        return i;
        return -1;
}

bool
group_count(int owner)
{
        return (access("/sys/fs/cgroup/memory/memory.usage_in_bytes", R_OK) == 0 &&
                make(memory[0], owner) && counted_in(owner) == 0) ||
               (access("/sys/fs/cgroup/cgroup.controllers", R_OK) == 0 && make(memory[1], owner) &&
                counted_in(owner) == 1);
}

bool
group_join(int owner)
{
        int i = counted_in(owner);

        return i >= 0 && put(memory[i], owner, "/cgroup.procs", "0");
}

uint64_t
group_held_kib(int owner)
{
        char text[32] = "";
        int i = counted_in(owner);

        if (i < 0 || !get(memory[i], owner, usage[i], text))
                return 0;
        return strtoull(text, NULL, 10) / 1024;
}

static void
take_down(const char *root, int owner)
{
        char path[PATH_SIZE];

        path_of(path, root, owner, "");
        if (access(path, F_OK) < 0)
                return;
        for (unsigned i = 0; i < TRIES && rmdir(path) < 0; i++)
                wait_a_bit();
}

void
group_remove(int owner)
{
        group_thaw(owner);
        take_down(freezer, owner);
        take_down(memory[0], owner);
        take_down(memory[1], owner);
}
