/* SPDX-License-Identifier: MIT */
/*
 * Owns the questions about the place.  Never on the loop.
 */
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "procfs.h"
#include "text.h"

static bool
is_refusal(int error)
{
        return error == ENOSYS || error == EPERM || error == EACCES;
}

/* To ourselves, so that no privilege can be lacking. */
const char *
host_refused_call(int *ret_errno)
{
        int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
        const char *call = "pidfd_open";
        int error = fd < 0 ? errno : 0;

        if (fd >= 0) {
                call = "pidfd_send_signal";
                if (syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) < 0)
                        error = errno;
                (void)close(fd);
        }
        if (!is_refusal(error))
                return NULL;
        *ret_errno = error;
        return call;
}

bool
host_proc_is_foreign(void)
{
        char text[16], own[16];
        ssize_t n = readlink("/proc/self", text, sizeof(text) - 1);

        if (n < 0)
                return errno == ENOENT && access("/proc/meminfo", F_OK) == 0;
        text[n] = '\0';
        (void)snprintf(own, sizeof(own), "%d", (int)getpid());
        return strcmp(text, own) != 0;
}

/* What a file says, with a zero behind it; an empty string: nothing. */
static void
read_short(const char *root, const char *path, char *ret, size_t size)
{
        char whole[1024];

        (void)snprintf(whole, sizeof(whole), "%s%s", root, path);
        int fd = open(whole, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, ret, size - 1);

        if (fd >= 0)
                (void)close(fd);
        ret[n > 0 ? n : 0] = '\0';
}

/* Without the heap: it is asked once a second, or with every scan. */
bool
host_bars_swap(const char *root)
{
        char enabled[32], swappiness[32];

        read_short(root, "/sys/kernel/mm/lru_gen/enabled", enabled, sizeof(enabled));
        read_short(root, "/proc/sys/vm/swappiness", swappiness, sizeof(swappiness));
        /* A mask in hexadecimal, whose lowest bit is the LRU itself. */
        return (strtoul(enabled, NULL, 16) & 1) && strcmp(swappiness, "0\n") == 0;
}

bool
host_hides_processes(int proc_fd)
{
        char text[PROCFS_TEXT_MAX];

        /* Everybody may read the statm of init, unless hidepid is on: then it is EPERM (1), or pid
         * 1 does not exist (2). */
        ssize_t n = procfs_read(proc_fd, 1, 0, "statm", text, sizeof(text));

        return n == -EPERM || n == -EACCES || n == -ENOENT;
}

bool
host_shows_everybody(int proc_fd)
{
        static const char first[] = "pid:[4026531836]";
        char text[64];
        ssize_t n = readlinkat(proc_fd, "self/ns/pid", text, sizeof(text));

        return n == (ssize_t)sizeof(first) - 1 && memcmp(text, first, (size_t)n) == 0 &&
               !host_hides_processes(proc_fd);
}

/* Of pid 1, or else our own. */
static FILE *
open_mounts(const char *root)
{
        char path[1024];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/proc/1/mountinfo", root);
        f = fopen(path, "re");
        if (f)
                return f;
        (void)snprintf(path, sizeof(path), "%s/proc/self/mountinfo", root);
        return fopen(path, "re");
}

bool
host_hides_from_others(const char *root)
{
        char line[1024];
        bool hides = false;
        FILE *f = open_mounts(root);

        if (!f)
                return false;
        /* `ID PARENT MAJOR:MINOR ROOT MOUNTPOINT ... - proc proc rw,hidepid=invisible`, or =2; the
         * last one on /proc is the one that is seen. */
        while (fgets(line, sizeof(line), f)) {
                char *type = strstr(line, " - proc ");
                const char *option = type ? strstr(type, "hidepid=") : NULL;

                if (type && strstr(line, " /proc "))
                        hides = option && strncmp(option, "hidepid=0", 9) != 0 &&
                                strncmp(option, "hidepid=off", 11) != 0;
        }
        (void)fclose(f);
        return hides;
}

/* As /proc names them; oomguard's own are called otherwise. */
static const char *const guards[] = { "systemd-oomd", "earlyoom", "nohang", "oomd", "lmkd" };

static void
add_guard(const char *comm, char *ret, size_t size)
{
        for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
                size_t len = strlen(guards[i]), used = strlen(ret);

                if (strncmp(comm, guards[i], len) == 0 && comm[len] == '\n')
                        (void)snprintf(ret + used, size - used, "%s%s", used ? ", " : "",
                                       guards[i]);
        }
}

bool
host_other_guards(int proc_fd, char *ret, size_t size)
{
        int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;

        ret[0] = '\0';
        if (!dir) {
                if (fd >= 0)
                        (void)close(fd);
                return false;
        }
        while ((entry = readdir(dir))) {
                char comm[64];
                long pid = strtol(entry->d_name, NULL, 10);

                if (pid > 0 && pid <= INT32_MAX &&
                    procfs_read(proc_fd, (int32_t)pid, 0, "comm", comm, sizeof(comm)) > 0)
                        add_guard(comm, ret, size);
        }
        (void)closedir(dir);
        return ret[0] != '\0';
}

/* A limit in bytes from `path`, in KiB; 0 for none. */
static uint64_t
read_limit(const char *path)
{
        char text[64];
        const char *p = text;
        uint64_t bytes;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return 0;
        n = procfs_reread(fd, text, sizeof(text));
        (void)close(fd);
        return n > 0 && text_u64(&p, text + n, &bytes) ? bytes / 1024 : 0;
}

/* The path of the v1 memory controller's line in /proc/self/cgroup, or of the v2 line. */
static bool
own_cgroup(const char *root, bool v1, char *ret, size_t size)
{
        char text[PROCFS_TEXT_MAX], path[1024];
        ssize_t n;
        char *at;

        (void)snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return false;
        n = procfs_reread(fd, text, sizeof(text));
        (void)close(fd);
        if (n <= 0)
                return false;
        if (!v1)
                return proc_cgroup_unified(text, (size_t)n, ret, size) == 0;
        at = strstr(text, ":memory:");
        if (!at)
                return false;
        at += strlen(":memory:");
        at[strcspn(at, "\n")] = '\0';
        (void)snprintf(ret, size, "%s", at);
        return true;
}

static void
walk_up(const char *root, const char *mount, const char *file, char *cgroup, uint64_t *least_kib,
        char *ret_path, size_t size)
{
        for (;;) {
                char path[1024];
                const char *own = strcmp(cgroup, "/") == 0 ? "" : cgroup;

                (void)snprintf(path, sizeof(path), "%s%s%s/%s", root, mount, own, file);
                uint64_t kib = read_limit(path);

                if (kib > 0 && kib < *least_kib) {
                        *least_kib = kib;
                        (void)snprintf(ret_path, size, "%s", path);
                }
                char *slash = strrchr(cgroup, '/');

                if (!slash || cgroup[0] == '\0')
                        return;
                *slash = '\0';
        }
}

uint64_t
host_memory_limit(const char *root, uint64_t total_kib, char *ret_path, size_t size)
{
        char cgroup[512];
        uint64_t least_kib = total_kib;

        if (own_cgroup(root, false, cgroup, sizeof(cgroup)))
                walk_up(root, "/sys/fs/cgroup", "memory.max", cgroup, &least_kib, ret_path, size);
        if (own_cgroup(root, true, cgroup, sizeof(cgroup)))
                walk_up(root, "/sys/fs/cgroup/memory", "memory.limit_in_bytes", cgroup, &least_kib,
                        ret_path, size);
        return least_kib < total_kib ? least_kib : 0;
}
