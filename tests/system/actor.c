/* SPDX-License-Identifier: MIT */
/*
 * Owns the subjects' processes and pipes.  Never signals them: that is what the guard is for.
 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "group.h"
#include "memory.h"
#include "world.h"

enum { ARGS_MAX = 40 };

_Noreturn static void
be_subject(const char *path, const char *words, int in_fd, int out_fd)
{
        char *argv[ARGS_MAX] = { (char[]){ "subject" } };
        char *text = strdup(words), *rest = NULL;
        unsigned n = 1;

        for (char *w = strtok_r(text, " ", &rest); w && n < ARGS_MAX - 1;
             w = strtok_r(NULL, " ", &rest))
                argv[n++] = w;
        if (dup2(in_fd, STDIN_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0)
                _exit(98);
        /* Where there is no such group, nobody counts by it. */
        (void)group_join(world_outside_pid());
        (void)execv(path, argv);
        perror(path);
        _exit(98);
}

/* fork(2), under a number of our choice if that is not 0. */
static pid_t
fork_as(pid_t pid)
{
        struct clone_args args = {
                .exit_signal = SIGCHLD,
                .set_tid = (uint64_t)(uintptr_t)&pid,
                .set_tid_size = pid ? 1 : 0,
        };

        return pid ? (pid_t)syscall(SYS_clone3, &args, sizeof(args)) : fork();
}

static struct actor *
start(const char *path, const char *words, pid_t number)
{
        struct actor *a = calloc(1, sizeof(*a));
        int in[2], out[2];

        CHECK(a && pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipe: %s",
              strerror(errno));
        a->pid = fork_as(number);
        if (a->pid == 0)
                be_subject(path, words, in[0], out[1]);
        CHECK(a->pid > 0, "fork: %s", strerror(errno));
        (void)close(in[0]);
        (void)close(out[1]);
        a->in_fd = in[1];
        a->out_fd = out[0];
        CHECK(fcntl(a->out_fd, F_SETFL, O_NONBLOCK) == 0, "pipe: %s", strerror(errno));
        return a;
}

static void
count(const struct actor *a)
{
        char path[16];

        (void)snprintf(path, sizeof(path), "%d", (int)a->pid);
        memory_count(path, a->shared);
}

struct actor *
actor_start_uncounted(const char *words)
{
        return start(world_subject(), words, 0);
}

struct actor *
actor_start_as(const char *path, const char *words)
{
        struct actor *a = start(path, words, 0);

        count(a);
        return a;
}

struct actor *
actor_start(const char *words)
{
        return actor_start_as(world_subject(), words);
}

struct actor *
actor_start_numbered(pid_t pid, const char *words)
{
        struct actor *a = start(world_subject(), words, pid);

        count(a);
        return a;
}

struct actor *
actor_start_sharing(const char *words)
{
        struct actor *a = start(world_subject(), words, 0);

        a->shared = true;
        count(a);
        return a;
}

/* ---- what it says ---- */

static void
new_child(struct actor *a, pid_t pid)
{
        char path[16];

        CHECK(a->n_children < ACTOR_CHILDREN_MAX, "too many children");
        a->child[a->n_children] = pid;
        a->died[a->n_children] = -1;
        a->n_children++;
        (void)snprintf(path, sizeof(path), "%d", (int)pid);
        memory_count(path, a->shared);
}

static void
child_died(struct actor *a, pid_t pid, int sig)
{
        for (int i = 0; i < a->n_children; i++)
                if (a->child[i] == pid)
                        a->died[i] = sig;
}

static void
take_line(struct actor *a, const char *line)
{
        char path[64];
        int pid, sig;

        if (strcmp(line, "ready") == 0) {
                a->n_ready++;
        } else if (strcmp(line, "done") == 0) {
                a->done = true;
        } else if (sscanf(line, "pid %d", &pid) == 1) {
                new_child(a, pid);
        } else if (sscanf(line, "died %d %d", &pid, &sig) == 2) {
                child_died(a, pid, sig);
        } else if (sscanf(line, "thread %d", &pid) == 1) {
                (void)snprintf(path, sizeof(path), "%d/task/%d", (int)a->pid, pid);
                memory_count(path, false);
                a->n_ready++;
        } else {
                CHECK(false, "a subject says: %s", line);
        }
}

static void
listen_to(struct actor *a)
{
        ssize_t n;

        while ((n = read(a->out_fd, a->text + a->n_text, ACTOR_TEXT_MAX - 1 - a->n_text)) > 0) {
                char *line = a->text, *end;

                a->n_text += (size_t)n;
                a->text[a->n_text] = '\0';
                while ((end = strchr(line, '\n'))) {
                        *end = '\0';
                        take_line(a, line);
                        line = end + 1;
                }
                a->n_text = strlen(line);
                memmove(a->text, line, a->n_text);
        }
        if (!a->over && waitpid(a->pid, &a->status, WNOHANG) == a->pid)
                a->over = true;
}

static bool
is_ready(struct actor *a)
{
        listen_to(a);
        CHECK(a->n_ready >= a->n_waited || !a->over, "%d has ended, status %x", (int)a->pid,
              (unsigned)a->status);
        return a->n_ready >= a->n_waited;
}

void
actor_ready(struct actor *a, unsigned n)
{
        a->n_waited += n;
        AWAIT(is_ready(a), "%d to be ready", (int)a->pid);
}

void
actor_go(struct actor *a, unsigned n)
{
        while (n-- > 0)
                CHECK(write(a->in_fd, "\n", 1) == 1, "pipe: %s", strerror(errno));
}

struct actor *
actor_start_ready(const char *words)
{
        struct actor *a = actor_start(words);

        actor_ready(a, 1);
        return a;
}

static bool
is_done(struct actor *a)
{
        listen_to(a);
        return a->done;
}

void
actor_done(struct actor *a)
{
        AWAIT(is_done(a), "%d to be done", (int)a->pid);
}

/* ---- its end ---- */

bool
actor_lives(struct actor *a)
{
        listen_to(a);
        return !a->over;
}

void
actor_dies(struct actor *a, int sig)
{
        AWAIT(!actor_lives(a), "%d to end", (int)a->pid);
        int by = WIFSIGNALED(a->status) ? WTERMSIG(a->status) : 0;

        CHECK(by == sig, "%d ended by signal %d and not %d", (int)a->pid, by, sig);
}

bool
actor_child_lives(struct actor *a, int index)
{
        listen_to(a);
        CHECK(index < a->n_children, "child %d is not there yet", index);
        return a->died[index] < 0;
}

void
actor_child_dies(struct actor *a, int index, int sig)
{
        AWAIT(!actor_child_lives(a, index), "child %d to end", (int)a->child[index]);
        CHECK(a->died[index] == sig, "child %d ended by signal %d and not %d", (int)a->child[index],
              a->died[index], sig);
}
