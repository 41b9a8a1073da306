/* SPDX-License-Identifier: MIT */
/*
 * The processes of a scenario: who they are, what they report, how they died.  Counts; never
 * says whether that was right.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct subject *
subject_add(struct bench *b, pid_t pid, char kind, const char *name)
{
        struct subject *s = &b->subjects[b->n_subjects];

        if (b->n_subjects == BENCH_MAX_SUBJECTS) {
                snprintf(b->error, sizeof b->error, "too many processes for the table");
                return NULL;
        }
        *s = (struct subject){ .pid = pid, .kind = (enum role_kind)kind };
        snprintf(s->name, sizeof s->name, "%s", name);
        b->n_subjects++;
        return s;
}

struct subject *
subject_find(struct bench *b, const char *name)
{
        for (unsigned i = 0; i < b->n_subjects; i++)
                if (!strcmp(b->subjects[i].name, name))
                        return &b->subjects[i];
        return NULL;
}

/* Exit status 0 is an end of its own choice; anything else was done to it. */
bool
subject_was_killed(const struct subject *s)
{
        return s->dead && s->status != 0;
}

void
subject_died(struct bench *b, pid_t pid, int status)
{
        /* From the newest: where thousands of processes come and go, pids come round. */
        for (unsigned i = b->n_subjects; i-- > 0;) {
                struct subject *s = &b->subjects[i];

                if (s->pid != pid || s->dead)
                        continue;
                s->dead = true;
                s->status = status;
                bench_log(b, "%s %d died: %s %d", s->name, pid,
                          WIFSIGNALED(status) ? "signal" : "exit",
                          WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
                return;
        }
}

static void
read_line(struct bench *b, const char *line)
{
        char slot[32], name[16], kind;
        int pid, status;

        if (sscanf(line, "%*s child %c %d %15s", &kind, &pid, name) == 3) {
                subject_add(b, pid, kind, name);
        } else if (sscanf(line, "%*s died %d %d", &pid, &status) == 2) {
                subject_died(b, pid, status);
        } else if (sscanf(line, "%31s", slot) == 1) {
                struct subject *s = subject_find(b, slot);

                if (s)
                        s->ready = true;
                bench_log(b, "%s", line);
        }
}

void
subject_read_reports(struct bench *b)
{
        static char text[65536];
        static size_t used;
        ssize_t n = read(b->report_fd, text + used, sizeof text - 1 - used);
        char *line = text;
        char *end;

        if (n <= 0)
                return;
        used += (size_t)n;
        text[used] = '\0';
        for (; (end = strchr(line, '\n')); line = end + 1) {
                *end = '\0';
                read_line(b, line);
        }
        used -= (size_t)(line - text);
        memmove(text, line, used);
}

void
subject_reap(struct bench *b)
{
        int status;
        pid_t pid;

        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
                subject_died(b, pid, status);
}

unsigned
subject_count(const struct bench *b, enum role_kind kind, bool dead_only)
{
        unsigned n = 0;

        for (unsigned i = 0; i < b->n_subjects; i++)
                n += b->subjects[i].kind == kind && (!dead_only || b->subjects[i].dead);
        return n;
}
