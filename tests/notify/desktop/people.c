/* SPDX-License-Identifier: MIT */
/*
 * Owns people's sessions, buses and servers, and what those have written down.
 */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 512, LOG_BYTES = 1 << 20, ARGS_MAX = 16, POLL_US = 10000 };

static uint64_t
clock_us(void)
{
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- sessions ---- */

void
world_session(const char *id, uid_t uid, const char *class, const char *type, const char *state)
{
        char made[PATH_BYTES], path[PATH_BYTES], text[512];
        FILE *f;

        (void)snprintf(text, sizeof(text),
                       "UID=%u\nACTIVE=1\nIS_DISPLAY=1\nSTATE=%s\nREMOTE=0\nTYPE=%s\nCLASS=%s\n"
                       "SCOPE=session-%s.scope\nSEAT=seat0\nLEADER=1\n",
                       (unsigned)uid, state, type, class, id);
        (void)snprintf(made, sizeof(made), "/run/systemd/.#%s", id);
        (void)snprintf(path, sizeof(path), "/run/systemd/sessions/%s", id);
        f = fopen(made, "we");
        if (!f || fputs(text, f) < 0 || fclose(f) != 0 || rename(made, path) < 0)
                world_die("%s", path);
        (void)snprintf(path, sizeof(path), "/run/user/%u", (unsigned)uid);
        world_mkdirs(path, uid);
}

void
world_session_ends(const char *id)
{
        char path[PATH_BYTES];

        (void)snprintf(path, sizeof(path), "/run/systemd/sessions/%s", id);
        if (unlink(path) < 0)
                world_die("%s", path);
}

/* ---- processes ---- */

pid_t
world_spawn(uid_t uid, const char *const *argv)
{
        pid_t pid = fork();
        char address[PATH_BYTES];

        if (pid < 0)
                world_die("fork");
        if (pid > 0)
                return pid;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)snprintf(address, sizeof(address), "unix:path=/run/user/%u/bus", (unsigned)uid);
        (void)setenv("DBUS_SESSION_BUS_ADDRESS", address, 1);
        address[strlen(address) - strlen("/bus")] = '\0';
        (void)setenv("XDG_RUNTIME_DIR", address + strlen("unix:path="), 1);
        if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
                _exit(126);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
        (void)fprintf(stderr, "world: %s: %s\n", argv[0], strerror(errno));
        _exit(127);
}

void
world_end(pid_t pid)
{
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
}

void
world_stop(pid_t pid)
{
        int status;

        (void)kill(pid, SIGSTOP);
        if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
                world_die("process %d does not stop", (int)pid);
}

void
world_go_on(pid_t pid)
{
        (void)kill(pid, SIGCONT);
}

/* ---- buses ---- */

bool
world_listens(const char *path)
{
        struct sockaddr_un to = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool yes;

        (void)snprintf(to.sun_path, sizeof(to.sun_path), "%.100s", path);
        yes = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
        (void)close(fd);
        return yes;
}

pid_t
world_bus(uid_t uid, const char *rules)
{
        char config[PATH_BYTES], services[PATH_BYTES], address[PATH_BYTES], text[2048];
        const char *argv[] = { "dbus-daemon", "--nofork", "--nopidfile", "--nosyslog",
                               NULL,          address,    NULL };
        char option[PATH_BYTES + 16];
        uint64_t until_us = clock_us() + WORLD_CAP_US;
        pid_t pid;

        (void)snprintf(config, sizeof(config), WORLD_PLACE "/bus-%u.conf", (unsigned)uid);
        (void)snprintf(services, sizeof(services), "/run/user/%u/services", (unsigned)uid);
        (void)snprintf(address, sizeof(address), "--address=unix:path=/run/user/%u/bus",
                       (unsigned)uid);
        (void)snprintf(text, sizeof(text),
                       "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-BUS Bus Configuration "
                       "1.0//EN\" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"
                       "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>"
                       "<servicedir>%s</servicedir>"
                       "<limit name=\"max_message_size\">1000000000</limit>"
                       "<limit name=\"max_incoming_bytes\">1000000000</limit>"
                       "<limit name=\"max_outgoing_bytes\">1000000000</limit>"
                       "<policy context=\"default\">"
                       "<allow send_destination=\"*\" eavesdrop=\"true\"/>"
                       "<allow eavesdrop=\"true\"/><allow own=\"*\"/>%s</policy></busconfig>\n",
                       services, rules);
        world_mkdirs(services, uid);
        world_write(config, text);
        (void)snprintf(option, sizeof(option), "--config-file=%s", config);
        argv[4] = option;
        (void)unlink(address + strlen("--address=unix:path="));
        pid = world_spawn(uid, argv);
        while (!world_listens(address + strlen("--address=unix:path="))) {
                if (clock_us() > until_us)
                        world_die("the bus of %u does not start", (unsigned)uid);
                (void)usleep(POLL_US);
        }
        return pid;
}

/* Whether somebody has the name; asked as that person, because the bus takes nobody else. */
static bool
has_server(uid_t uid)
{
        const char *argv[] = { "busctl",
                               "--user",
                               "--timeout=5",
                               "call",
                               "org.freedesktop.DBus",
                               "/org/freedesktop/DBus",
                               "org.freedesktop.DBus",
                               "GetNameOwner",
                               "s",
                               "org.freedesktop.Notifications",
                               NULL };
        int out = open("/dev/null", O_WRONLY | O_CLOEXEC), kept = dup(STDOUT_FILENO),
            kept_err = dup(STDERR_FILENO), status;

        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(out, STDERR_FILENO);
        pid_t pid = world_spawn(uid, argv);

        (void)dup2(kept, STDOUT_FILENO);
        (void)dup2(kept_err, STDERR_FILENO);
        (void)close(kept);
        (void)close(kept_err);
        (void)close(out);
        return waitpid(pid, &status, 0) == pid && status == 0;
}

static void
wait_for_server(uid_t uid)
{
        uint64_t until_us = clock_us() + WORLD_CAP_US;

        while (!has_server(uid)) {
                if (clock_us() > until_us)
                        world_die("the server of %u does not start", (unsigned)uid);
                (void)usleep(POLL_US);
        }
}

static void
log_path(uid_t uid, char *ret, size_t size)
{
        (void)snprintf(ret, size, "/run/user/%u/log", (unsigned)uid);
}

pid_t
world_server(uid_t uid, const char *const *args)
{
        const char *argv[ARGS_MAX] = { WORLD_PLACE "/server" };
        char log[PATH_BYTES];
        size_t n = 2;
        pid_t pid;

        log_path(uid, log, sizeof(log));
        argv[1] = log;
        for (; args && *args && n + 1 < ARGS_MAX; args++)
                argv[n++] = *args;
        pid = world_spawn(uid, argv);
        wait_for_server(uid);
        return pid;
}

void
world_activated_server(uid_t uid, const char *args)
{
        char path[PATH_BYTES], text[PATH_BYTES * 2];

        (void)snprintf(path, sizeof(path),
                       "/run/user/%u/services/org.freedesktop.Notifications.service",
                       (unsigned)uid);
        (void)snprintf(text, sizeof(text),
                       "[D-BUS Service]\nName=org.freedesktop.Notifications\n"
                       "Exec=" WORLD_PLACE "/server /run/user/%u/log %s\n",
                       (unsigned)uid, args);
        world_write(path, text);
}

/* ---- what was written down ---- */

const char *
world_log(uid_t uid)
{
        static char text[LOG_BYTES];
        char path[PATH_BYTES];
        size_t n = 0;
        FILE *f;

        log_path(uid, path, sizeof(path));
        f = fopen(path, "re");
        if (f) {
                n = fread(text, 1, sizeof(text) - 1, f);
                (void)fclose(f);
        }
        text[n] = '\0';
        return text;
}

size_t
world_log_lines(uid_t uid)
{
        size_t n = 0;

        for (const char *p = world_log(uid); (p = strchr(p, '\n')) != NULL; p++)
                n++;
        return n;
}

const char *
world_log_line(uid_t uid, size_t i)
{
        static char line[16384];
        const char *p = world_log(uid);

        for (; i > 0 && p; i--) {
                p = strchr(p, '\n');
                p = p ? p + 1 : NULL;
        }
        (void)snprintf(line, sizeof(line), "%.*s", p ? (int)strcspn(p, "\n") : 0, p ? p : "");
        return line;
}

void
world_log_clear(uid_t uid)
{
        char path[PATH_BYTES];

        log_path(uid, path, sizeof(path));
        (void)unlink(path);
}
