/* SPDX-License-Identifier: MIT */
/*
 * Owns the stage's processes, sockets and files.
 */
#include "stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char *stage_program, *stage_helper, *stage_tree;

static struct {
        pid_t bus, notify;
        int journal_fd, manager_fd;
        char manager[65536]; /* all that the service manager was told */
        size_t n_manager;
} stage = { .journal_fd = -1, .manager_fd = -1 };

static const char bus_config[] =
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\""
        " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
        "<busconfig><type>system</type><listen>unix:path=" STAGE_BUS "</listen>"
        "<auth>EXTERNAL</auth><policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/>"
        "<allow send_destination=\"*\"/><allow send_type=\"signal\"/>"
        "<allow receive_sender=\"*\"/></policy></busconfig>\n";

uint64_t
stage_now_ms(void)
{
        struct timespec ts = { 0 };

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void
stage_nap(void)
{
        const struct timespec ts = { .tv_nsec = 10000000 };

        (void)nanosleep(&ts, NULL);
}

void
stage_complain(const char *what)
{
        char *text = malloc(STAGE_TEXT);

        (void)fprintf(stderr, "never came true: %s\n", what);
        if (text && stage_run(text, "cat " STAGE_LOG) == 0)
                (void)fprintf(stderr, "%s", text);
        free(text);
}

void
stage_write(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static int
map_to_root(uid_t uid, gid_t gid)
{
        char uids[64], gids[64];

        (void)snprintf(uids, sizeof(uids), "0 %u 1", uid);
        (void)snprintf(gids, sizeof(gids), "0 %u 1", gid);
        stage_write("/proc/self/setgroups", "deny");
        stage_write("/proc/self/uid_map", uids);
        stage_write("/proc/self/gid_map", gids);
        return 0;
}

int
stage_enter(void)
{
        uid_t uid = geteuid();
        gid_t gid = getegid();

        if (unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) < 0)
                return -errno;
        if (uid != 0)
                (void)map_to_root(uid, gid);
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0 || mkdir(STAGE_DIR, 0755) < 0)
                return -errno;
        (void)setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=" STAGE_BUS, 1);
        (void)setenv("LC_ALL", "C.UTF-8", 1);
        (void)setenv("TZ", "UTC", 1);
        (void)signal(SIGPIPE, SIG_IGN);
        return 0;
}

/* ---- processes ---- */

static pid_t
spawn_shell(const char *out, const char *command)
{
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid > 0)
                return pid;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open(out, O_WRONLY | O_CREAT | O_APPEND, 0644);

        if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
                _exit(126);
        (void)close(fd);
        (void)execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
}

pid_t
stage_spawn(const char *path, const char *format, ...)
{
        char command[2048] = "exec ";
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(command + 5, sizeof(command) - 5, format, ap);
        va_end(ap);
        (void)unlink(path);
        return spawn_shell(path, command);
}

void
stage_reap(pid_t pid)
{
        if (pid <= 0)
                return;
        (void)kill(pid, SIGCONT);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
}

int
stage_run(char *ret, const char *format, ...)
{
        char command[2048];
        va_list ap;
        size_t n;

        va_start(ap, format);
        (void)vsnprintf(command, sizeof(command), format, ap);
        va_end(ap);
        FILE *f = popen(command, "re");

        assert_non_null(f);
        n = fread(ret, 1, STAGE_TEXT - 1, f);
        ret[n] = '\0';
        int status = pclose(f);

        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * gdbus says who owns the name before it asks the bus for his signals, and what is sent meanwhile
 * it never prints.  So another one watches what the bus is asked.
 */
pid_t
stage_listen(const char *path, const char *name)
{
        pid_t watches = stage_spawn(STAGE_DIR "/asked", "busctl --system --json=short monitor "
                                                        "org.freedesktop.DBus");
        pid_t listens;

        WAIT(stage_count(STAGE_DIR "/asked", "Monitoring bus message stream") == 1);
        listens = stage_spawn(path, "gdbus monitor --system --dest %s", name);
        WAIT(stage_count(path, "is owned by") == 1);
        WAIT(stage_count(STAGE_DIR "/asked", "\"type='signal',sender=':") > 0);
        stage_reap(watches);
        return listens;
}

void
stage_start_bus(void)
{
        struct stat st;

        (void)unlink(STAGE_BUS);
        stage.bus = stage_spawn(STAGE_DIR "/bus.log",
                                "dbus-daemon --nofork --nopidfile --config-file=" STAGE_DIR
                                "/bus.conf");
        WAIT(stat(STAGE_BUS, &st) == 0);
}

void
stage_stop_bus(void)
{
        stage_reap(stage.bus);
        stage.bus = 0;
        (void)unlink(STAGE_BUS);
}

void
stage_signal_bus(int sig)
{
        assert_int_equal(kill(stage.bus, sig), 0);
}

pid_t
stage_notify_pid(void)
{
        return stage.notify;
}

void
stage_start_notify(void)
{
        /* For this one alone: a dbus-daemon would wait for a manager that does not read. */
        (void)setenv("NOTIFY_SOCKET", STAGE_MANAGER, 1);
        stage.notify = stage_spawn(STAGE_LOG, "%s --config " STAGE_CONFIG, stage_program);
        (void)unsetenv("NOTIFY_SOCKET");
}

int
stage_stop_notify(void)
{
        int status = 0;
        pid_t pid = stage.notify;

        if (pid <= 0)
                return -1;
        stage.notify = 0;
        if (kill(pid, SIGTERM) < 0 ||
            !stage_wait(waitpid(pid, &status, WNOHANG) == pid, "its end")) {
                stage_reap(pid);
                return -1;
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool
stage_has_others(void)
{
        return system(STAGE_AS_OTHER "true 2>/dev/null") == 0;
}

bool
stage_is_named(void)
{
        char *text = malloc(STAGE_TEXT);
        bool named;

        assert_non_null(text);
        (void)stage_run(text, "timeout 5 busctl --system --json=short call org.freedesktop.DBus / "
                              "org.freedesktop.DBus NameHasOwner s org.oomguard1 2>&1");
        named = strstr(text, "true") != NULL;
        free(text);
        return named;
}

unsigned
stage_count(const char *path, const char *text)
{
        FILE *f = fopen(path, "re");
        char *all = NULL;
        size_t size = 0;
        unsigned n = 0;

        if (!f)
                return 0;
        /* No zero is in it: all of it. */
        if (getdelim(&all, &size, '\0', f) > 0)
                for (const char *at = strstr(all, text); at; at = strstr(at + 1, text))
                        n++;
        free(all);
        (void)fclose(f);
        return n;
}

/* ---- sockets ---- */

static int
open_socket(const char *path)
{
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        assert_true(fd >= 0);
        (void)unlink(path);
        (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
        assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
        (void)chmod(path, 0666);
        return fd;
}

void
stage_open_journal(void)
{
        (void)mkdir("/run/systemd", 0755);
        (void)mkdir("/run/systemd/journal", 0755);
        stage.journal_fd = open_socket(STAGE_JOURNAL);
}

void
stage_close_journal(void)
{
        if (stage.journal_fd >= 0)
                (void)close(stage.journal_fd);
        stage.journal_fd = -1;
        (void)unlink(STAGE_JOURNAL);
}

static bool
next_entry(char *ret, size_t size)
{
        ssize_t n = recv(stage.journal_fd, ret, size - 1, MSG_DONTWAIT);

        ret[n > 0 ? n : 0] = '\0';
        return n > 0;
}

bool
stage_entry(const char *text, char *ret, size_t size)
{
        uint64_t until_ms = stage_now_ms() + STAGE_PATIENCE_MS;

        while (stage_now_ms() < until_ms) {
                while (next_entry(ret, size))
                        if (strstr(ret, text))
                                return true;
                stage_nap();
        }
        stage_complain(text);
        return false;
}

unsigned
stage_drain_journal(void)
{
        char text[16384];
        unsigned n = 0;

        while (next_entry(text, sizeof(text)))
                n++;
        return n;
}

bool
stage_manager_heard(const char *text)
{
        char *at = stage.manager + stage.n_manager;
        size_t room = sizeof(stage.manager) - stage.n_manager;
        ssize_t n;

        while (room > 1 && (n = recv(stage.manager_fd, at, room - 1, MSG_DONTWAIT)) > 0) {
                at[n] = '\n';
                stage.n_manager += (size_t)n + 1;
                at = stage.manager + stage.n_manager;
                room = sizeof(stage.manager) - stage.n_manager;
        }
        *at = '\0';
        return strstr(stage.manager, text) != NULL;
}

/* ---- what it uses ---- */

unsigned
stage_descriptors(void)
{
        char path[64];
        unsigned n = 0;

        (void)snprintf(path, sizeof(path), "/proc/%d/fd", stage.notify);
        DIR *d = opendir(path);

        assert_non_null(d);
        while (readdir(d))
                n++;
        (void)closedir(d);
        return n;
}

unsigned long
stage_rss_kib(void)
{
        char *text = malloc(STAGE_TEXT);
        unsigned long kib = 0;

        assert_non_null(text);
        assert_int_equal(
                stage_run(text, "sed -n 's/^VmRSS:[^0-9]*//p' /proc/%d/status", stage.notify), 0);
        kib = strtoul(text, NULL, 10);
        free(text);
        assert_true(kib > 0);
        return kib;
}

/* ---- all of it ---- */

int
stage_begin(void **state)
{
        struct wire_record rec;

        /* A case that has failed at its start is not ended by cmocka. */
        (void)stage_end(state);
        stage_write(STAGE_CONFIG, "[notify]\ndesktop = no\n");
        stage.n_manager = 0;
        stage.manager_fd = open_socket(STAGE_MANAGER);
        stage_open_journal();
        stage_write(STAGE_DIR "/bus.conf", bus_config);
        stage_start_bus();
        fake_start();
        stage_start_notify();
        WAIT(fake_subscribers() == 1);
        WAIT(stage_is_named());
        fake_record(WIRE_STATE, &rec);
        fake_send(&rec);
        WAIT(stage_manager_heard("STATUS=calm"));
        return 0;
}

int
stage_end(void **state)
{
        /* However a case leaves things, it ends when it is told to. */
        int status = stage.notify > 0 ? stage_stop_notify() : 0;

        (void)state;
        fake_stop();
        stage_stop_bus();
        stage_close_journal();
        if (stage.manager_fd >= 0)
                (void)close(stage.manager_fd);
        stage.manager_fd = -1;
        (void)unlink(STAGE_MANAGER);
        return status;
}
