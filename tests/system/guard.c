/* SPDX-License-Identifier: MIT */
/*
 * Owns the guard's process, its lines and its trace.  Never looks inside of it.
 */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

enum { LINES_MAX = 4096, LINE_SIZE = 1024, PIPE_SIZE = 4096 };

static struct {
        pid_t pid;
        int err_fd; /* -1: nobody reads */
        int trace_fd;
        bool quiet, over, expected;
        int status;
        char *line[LINES_MAX];
        int n_lines;
        char part[LINE_SIZE]; /* of a line that is not whole yet */
        size_t n_part;
        char trace[LINE_SIZE];
        size_t n_trace;
        unsigned n_looks;
        char level[16], last_look[LINE_SIZE];
} g = { .err_fd = -1, .trace_fd = -1 };

/* ---- listening ---- */

static void
keep_line(const char *text)
{
        CHECK(g.n_lines < LINES_MAX, "the guard says too much");
        g.line[g.n_lines] = strdup(text);
        CHECK(g.line[g.n_lines], "no memory");
        g.n_lines++;
}

/* A line of the trace: `s NUMBERS LEVEL ACT REASON`, or something else. */
static void
keep_look(const char *text)
{
        char level[16], act[16], reason[16];
        const char *at = text + strlen(text);

        if (strncmp(text, "s ", 2) != 0)
                return;
        for (unsigned words = 0; words < 3 && at > text; words += at[0] == ' ')
                at--;
        if (sscanf(at, "%15s %15s %15s", level, act, reason) != 3)
                return;
        g.n_looks++;
        (void)snprintf(g.level, sizeof(g.level), "%s", level);
        (void)snprintf(g.last_look, sizeof(g.last_look), "%s", text);
}

static void
split(int fd, char part[LINE_SIZE], size_t *n_part, void (*keep)(const char *))
{
        char text[16384];
        ssize_t n;

        while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0) {
                for (ssize_t i = 0; i < n; i++) {
                        if (text[i] != '\n') {
                                if (*n_part < LINE_SIZE - 1)
                                        part[(*n_part)++] = text[i];
                                continue;
                        }
                        part[*n_part] = '\0';
                        *n_part = 0;
                        keep(part);
                }
        }
}

static void
listen_all(void)
{
        split(g.err_fd, g.part, &g.n_part, keep_line);
        split(g.trace_fd, g.trace, &g.n_trace, keep_look);
}

void
guard_listen(void)
{
        static bool inside;

        /* A failure in here shows what was said, and that listens. */
        if (inside || g.pid == 0 || g.over)
                return;
        inside = true;
        if (waitpid(g.pid, &g.status, WNOHANG) == g.pid) {
                g.over = true;
                listen_all();
                CHECK(g.expected, "the guard has ended: status %x", (unsigned)g.status);
        }
        listen_all();
        inside = false;
}

void
guard_show(void)
{
        listen_all();
        for (int i = 0; i < g.n_lines; i++)
                printf("  guard: %s\n", g.line[i]);
        if (g.n_looks > 0)
                printf("  %u looks, the last: %s\n", g.n_looks, g.last_look);
}

/* ---- starting ---- */

void
guard_configure(const char *text)
{
        world_write("guard.conf", "%s", text);
}

static void
fill_pipe(int fd)
{
        char junk[512];

        memset(junk, '.', sizeof(junk));
        CHECK(fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE) >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0,
              "pipe: %s", strerror(errno));
        while (write(fd, junk, sizeof(junk)) > 0 || write(fd, junk, 1) > 0)
                ;
        CHECK(fcntl(fd, F_SETFL, 0) == 0, "pipe: %s", strerror(errno));
}

_Noreturn static void
be_guard(const struct guard_start *how, int err_fd)
{
        char *argv[16] = { (char[]){ "oomguard" }, (char[]){ "-c" } };
        unsigned n = 2;
        struct rlimit files = { how->n_files, how->n_files };

        argv[n++] = strdup(world_path("guard.conf"));
        if (!how->quiet) {
                argv[n++] = (char[]){ "--record" };
                argv[n++] = strdup(world_path("trace"));
        }
        for (unsigned i = 0; how->arg[i]; i++)
                argv[n++] = strdup(how->arg[i]);
        if (dup2(err_fd, STDERR_FILENO) < 0 || dup2(err_fd, STDOUT_FILENO) < 0)
                _exit(98);
        if (how->n_files && setrlimit(RLIMIT_NOFILE, &files) < 0)
                _exit(98);
        if (how->uid && (setgid(how->uid) < 0 || setuid(how->uid) < 0))
                _exit(98);
        if (how->where == STDERR_CLOSED)
                for (int fd = 0; fd <= STDERR_FILENO; fd++)
                        (void)close(fd);
        (void)execv(world_guard(), argv);
        _exit(98);
}

/* It writes the trace itself, whoever it is; it is there before, so that it can be listened to. */
static void
open_trace(uid_t uid)
{
        int fd = open(world_path("trace"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        CHECK(fd >= 0 && fchown(fd, uid, uid) == 0, "trace: %s", strerror(errno));
        g.trace_fd = fd;
}

void
guard_begin(const struct guard_start *how)
{
        int fd[2];

        CHECK(g.pid == 0 || g.over, "it runs already");
        CHECK(pipe2(fd, O_CLOEXEC) == 0, "pipe: %s", strerror(errno));
        if (how->where == STDERR_FULL)
                fill_pipe(fd[1]);
        CHECK(fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0, "pipe: %s", strerror(errno));
        if (!how->quiet)
                open_trace(how->uid);
        g.over = g.expected = false;
        g.quiet = how->quiet;
        g.n_looks = 0;
        g.pid = fork();
        if (g.pid == 0)
                be_guard(how, fd[1]);
        CHECK(g.pid > 0, "fork: %s", strerror(errno));
        (void)close(fd[1]);
        g.err_fd = how->where == STDERR_READ ? fd[0] : -1;
        /* A full pipe has a reader, who does not read; it is left open. */
        if (how->where == STDERR_CLOSED)
                (void)close(fd[0]);
        if (how->where == STDERR_READ)
                (void)guard_says(" guards ");
        if (!how->quiet)
                guard_looks(2);
}

void
guard_begin_with(const char *configuration)
{
        guard_configure(configuration);
        guard_begin(&(struct guard_start){ .uid = 0 });
}

bool
guard_runs(void)
{
        guard_listen();
        return g.pid != 0 && !g.over;
}

pid_t
guard_pid(void)
{
        return g.pid;
}

unsigned
guard_descriptors(void)
{
        char path[64];
        unsigned n = 0;

        (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)g.pid);
        DIR *dir = opendir(path);

        CHECK(dir, "%s: %s", path, strerror(errno));
        while (readdir(dir))
                n++;
        (void)closedir(dir);
        return n;
}

/* ---- what it says ---- */

static int
find_line(const char *text, int from)
{
        for (int i = from; i < g.n_lines; i++)
                if (strstr(g.line[i], text))
                        return i;
        return -1;
}

__attribute__((format(printf, 2, 0))) static void
format_text(char text[LINE_SIZE], const char *format, va_list ap)
{
        (void)vsnprintf(text, LINE_SIZE, format, ap);
}

unsigned
guard_said(const char *format, ...)
{
        char text[LINE_SIZE];
        unsigned n = 0;
        va_list ap;

        va_start(ap, format);
        format_text(text, format, ap);
        va_end(ap);
        guard_listen();
        for (int i = find_line(text, 0); i >= 0; i = find_line(text, i + 1))
                n++;
        return n;
}

int
guard_line_of(const char *format, ...)
{
        char text[LINE_SIZE];
        va_list ap;

        va_start(ap, format);
        format_text(text, format, ap);
        va_end(ap);
        guard_listen();
        return find_line(text, 0);
}

const char *
guard_says(const char *format, ...)
{
        char text[LINE_SIZE];
        va_list ap;

        va_start(ap, format);
        format_text(text, format, ap);
        va_end(ap);
        AWAIT(find_line(text, 0) >= 0, "the guard to say: %s", text);
        return g.line[find_line(text, 0)];
}

void
guard_looks(unsigned n)
{
        guard_listen();
        unsigned from = g.n_looks;

        CHECK(!g.quiet, "without a trace nobody knows");
        AWAIT(g.n_looks >= from + n, "%u looks of the guard", n);
}

void
guard_level(const char *word)
{
        AWAIT(strcmp(g.level, word) == 0, "level %s", word);
}

/* ---- its end ---- */

int
guard_end(int sig)
{
        CHECK(guard_runs(), "the guard does not run");
        g.expected = true;
        CHECK(kill(g.pid, sig) == 0, "kill: %s", strerror(errno));
        AWAIT(g.over, "the guard to end on signal %d", sig);
        return WIFEXITED(g.status) ? WEXITSTATUS(g.status) : -1;
}

int
guard_run(const char *const arg[], const char *out, const char *err)
{
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                char *argv[16] = { (char[]){ "oomguard" } };

                for (unsigned i = 0; arg[i]; i++)
                        argv[i + 1] = strdup(arg[i]);
                if (!freopen(world_path(out), "w", stdout) ||
                    !freopen(world_path(err), "w", stderr))
                        _exit(98);
                (void)execv(world_guard(), argv);
                _exit(98);
        }
        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid, "fork: %s", strerror(errno));
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
