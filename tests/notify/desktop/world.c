/* SPDX-License-Identifier: MIT */
/*
 * Owns the namespaces and the files in them.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 512 };

void
world_die(const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        (void)fputs("world: ", stderr);
        (void)vfprintf(stderr, format, ap);
        (void)fprintf(stderr, ": %s\n", strerror(errno));
        va_end(ap);
        exit(1);
}

/* ---- files ---- */

void
world_write(const char *path, const char *text)
{
        char made[PATH_BYTES];
        FILE *f;

        (void)snprintf(made, sizeof(made), "%s.new", path);
        f = fopen(made, "we");
        if (!f || fputs(text, f) < 0 || fclose(f) != 0 || chmod(made, 0644) < 0 ||
            rename(made, path) < 0)
                world_die("%s", path);
}

void
world_mkdirs(const char *path, uid_t owner)
{
        char part[PATH_BYTES];

        (void)snprintf(part, sizeof(part), "%s", path);
        for (char *p = part + 1;; p++) {
                char c = *p;

                if (c != '/' && c != '\0')
                        continue;
                *p = '\0';
                if (mkdir(part, 0755) == 0) {
                        if (chown(part, owner, owner) < 0)
                                world_die("%s", part);
                } else if (errno != EEXIST) {
                        world_die("%s", part);
                }
                *p = c;
                if (c == '\0')
                        return;
        }
}

static void
copy_program(const char *folder, const char *name)
{
        char from[PATH_BYTES], to[PATH_BYTES], buffer[65536];
        size_t n;
        FILE *in, *out;

        (void)snprintf(from, sizeof(from), "%s/%s", folder, name);
        (void)snprintf(to, sizeof(to), WORLD_PLACE "/%s", name);
        in = fopen(from, "re");
        out = fopen(to, "we");
        if (!in || !out)
                world_die("%s", from);
        while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0)
                if (fwrite(buffer, 1, n, out) != n)
                        world_die("%s", to);
        (void)fclose(in);
        if (fclose(out) != 0 || chmod(to, 0755) < 0)
                world_die("%s", to);
}

static void
mount_over(const char *path, const char *text)
{
        char made[PATH_BYTES];

        (void)snprintf(made, sizeof(made), WORLD_PLACE "/%s", strrchr(path, '/') + 1);
        world_write(made, text);
        if (mount(made, path, NULL, MS_BIND, NULL) < 0)
                world_die("%s", path);
}

static void
make_users(void)
{
        char passwd[4096], group[1024];
        size_t n;

        n = (size_t)snprintf(passwd, sizeof(passwd),
                             "root:x:0:0:root:/root:/bin/sh\n"
                             "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
                             "oomguard:x:990:990::/nonexistent:/bin/false\n"
                             "ann:x:%d:%d::/home/ann:/bin/sh\nben:x:%d:%d::/home/ben:/bin/sh\n"
                             "ada:x:%d:%d::/home/ada:/bin/sh\n",
                             ANN, ANN, BEN, BEN, ADA, ADA);
        for (int i = 0; i < N_AILING; i++)
                n += (size_t)snprintf(passwd + n, sizeof(passwd) - n,
                                      "ailing%d:x:%d:%d::/home/ailing%d:/bin/sh\n", i, HALE + i,
                                      HALE + i, i);
        (void)snprintf(group, sizeof(group),
                       "root:x:0:\nsudo:x:27:ada\nnogroup:x:65534:\noomguard:x:990:\n"
                       "ann:x:%d:\nben:x:%d:\nada:x:%d:\n",
                       ANN, BEN, ADA);
        mount_over("/etc/passwd", passwd);
        mount_over("/etc/group", group);
        if (access("/etc/nsswitch.conf", F_OK) == 0)
                mount_over("/etc/nsswitch.conf", "passwd: files\ngroup: files\n");
        world_mkdirs("/home/ann", ANN);
        world_mkdirs("/home/ben", BEN);
        world_mkdirs("/home/ada", ADA);
}

static void
tmpfs(const char *path)
{
        if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
                world_die("%s", path);
}

static void
furnish(const char *folder)
{
        static const char *const programs[] = { "server", NULL };
        char here[PATH_BYTES];

        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                world_die("/");
        /* Where the programs are may be under what is about to be covered. */
        int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                world_die("%s", folder);
        (void)snprintf(here, sizeof(here), "/proc/self/fd/%d", fd);
        tmpfs("/run");
        world_mkdirs(WORLD_PLACE, 0);
        for (size_t i = 0; programs[i]; i++)
                copy_program(here, programs[i]);
        (void)close(fd);
        if (mount("proc", "/proc", "proc", 0, NULL) < 0)
                world_die("/proc");
        tmpfs("/home");
        tmpfs("/tmp");
        if (chmod("/tmp", 01777) < 0)
                world_die("/tmp");
        tmpfs("/sys/fs/cgroup");
        world_mkdirs("/run/systemd/sessions", 0);
        world_mkdirs("/run/systemd/users", 0);
        world_mkdirs("/run/user", 0);
        make_users();
}

/* ---- pictures ---- */

/* Opened before the namespaces are: a path would lead to another place there. */
static int pictures_fd = -1;

bool
world_wants_pictures(void)
{
        return pictures_fd >= 0;
}

void
world_keep_picture(const char *name, const char *path)
{
        char to[PATH_BYTES], buffer[65536];
        FILE *in = fopen(path, "re"), *out;
        size_t n;
        int fd;

        (void)snprintf(to, sizeof(to), "%s.png", name);
        fd = openat(pictures_fd, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        out = fd >= 0 ? fdopen(fd, "w") : NULL;
        if (!in || !out)
                world_die("%s", path);
        while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0)
                if (fwrite(buffer, 1, n, out) != n)
                        world_die("%s", to);
        (void)fclose(in);
        if (fclose(out) != 0)
                world_die("%s", to);
}

/* The first process of the namespace: whatever is left over ends with it. */
static int
be_init(pid_t tester)
{
        int status = 0;
        pid_t pid;

        while ((pid = wait(&status)) > 0)
                if (pid == tester)
                        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        return 1;
}

int
world_run(const char *folder, int (*cases)(void))
{
        const char *pictures = getenv("DESKTOP_PICTURES");
        int status = 1;
        pid_t pid, tester;

        if (pictures)
                pictures_fd = open(pictures, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC) < 0)
                world_die("a machine of its own (this needs root)");
        pid = fork();
        if (pid < 0)
                world_die("fork");
        if (pid > 0) {
                (void)waitpid(pid, &status, 0);
                return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        }
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        furnish(folder);
        tester = fork();
        if (tester == 0)
                exit(cases());
        exit(be_init(tester));
}
