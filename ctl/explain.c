/* SPDX-License-Identifier: MIT */
/*
 * The command `explain`: finds whom it is about, and looks closer where the guard's own list ends
 * before.  The sentences are explain_print.c's.
 */
#include "ctl.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "identity.h"
#include "look.h"
#include "print.h"
#include "procfs.h"
#include "source.h"
#include "text.h"

enum {
        FOUND_MAX = 64,
        WHOLE_MAX = 3, /* so many are explained; more are listed */
        LISTED_MAX = 16,
        PID_MAX = 4194304,
};

struct found {
        int32_t pid[FOUND_MAX];
        unsigned n, n_more;
};

struct asked {
        struct ctl *ctl;
        int proc_fd;
        struct source source;
        struct wire_process closer[LOCAL_WANTED + ROSTER_MAX]; /* looked at from here */
        uint32_t n_closer;
        struct found found;
};

/* ---- whom it is about ---- */

static void
found_add(struct found *f, int32_t pid)
{
        if (f->n < FOUND_MAX)
                f->pid[f->n++] = pid;
        else
                f->n_more++;
}

/* By the name that the kernel keeps, which is cut to 15 bytes, or by the executable's last part. */
static bool
is_called(int proc_fd, int32_t pid, const char *name)
{
        char exe[IDENTITY_PATH_MAX];
        struct proc_stat st;
        const char *base;

        if (procfs_stat(proc_fd, pid, &st) < 0 || st.flags & PROC_KTHREAD)
                return false;
        if (strncmp(st.name, name, PROC_NAME_MAX - 1) == 0)
                return true;
        if (procfs_link(proc_fd, pid, "exe", exe, sizeof(exe)) < 0)
                return false;
        base = strrchr(exe, '/');
        return base && strcmp(base + 1, name) == 0;
}

static void
find_by_name(struct asked *a, const char *name)
{
        DIR *dir = fdopendir(dup(a->proc_fd));
        const struct dirent *e;

        if (!dir)
                return;
        while ((e = readdir(dir))) {
                const char *p = e->d_name, *end = p + strlen(p);
                uint64_t pid;

                if (text_u64(&p, end, &pid) && p == end && pid > 0 && pid <= PID_MAX &&
                    (int32_t)pid != look_own_pid(a->ctl) &&
                    is_called(a->proc_fd, (int32_t)pid, name))
                        found_add(&a->found, (int32_t)pid);
        }
        (void)closedir(dir);
}

/* 0 or an exit status. */
static int
find(struct asked *a, const char *word)
{
        const char *p = word, *end = word + strlen(word);
        char washed[256];
        struct proc_stat st;
        uint64_t pid;

        message_wash(word, washed, sizeof(washed));
        if (text_u64(&p, end, &pid) && p == end && pid > 0 && pid <= PID_MAX &&
            procfs_stat(a->proc_fd, (int32_t)pid, &st) == 0)
                found_add(&a->found, (int32_t)pid);
        else
                find_by_name(a, word);
        if (a->found.n > 0)
                return CTL_OK;
        ctl_complain(a->ctl, "explain: no process has the number or the name `%s`", washed);
        return CTL_NO;
}

/* ---- what is known of it ---- */

static const struct wire_process *
find_in(const struct wire_process *p, uint32_t n, int32_t pid)
{
        for (uint32_t i = 0; i < n; i++)
                if (p[i].pid == pid)
                        return &p[i];
        return NULL;
}

static const struct wire_process *
known(const struct asked *a, int32_t pid)
{
        const struct wire_process *p = find_in(a->source.process, a->source.view.n, pid);

        return p ? p : find_in(a->closer, a->n_closer, pid);
}

static unsigned
n_unknown(const struct asked *a)
{
        unsigned n = 0;

        for (unsigned i = 0; i < a->found.n; i++)
                n += !known(a, a->found.pid[i]);
        return n;
}

/* Those that the guard's list is too short for, by the same rules from here. */
static int
look_closer(struct asked *a)
{
        struct local *l;
        int r = local_open(a->ctl, &l);

        if (r < 0)
                return CTL_FAILED;
        for (unsigned i = 0; i < a->found.n; i++)
                if (!known(a, a->found.pid[i]))
                        local_want(l, a->found.pid[i]);
        local_settle(l);
        r = local_candidates(l, a->closer, ROSTER_MAX);
        local_close(l);
        if (r < 0)
                return CTL_FAILED;
        a->n_closer = (uint32_t)r;
        /* Who would be ended is the guard's word. */
        for (uint32_t i = 0; i < a->n_closer; i++)
                a->closer[i].is &= ~(uint32_t)(WIRE_IS_CHOSEN | WIRE_IS_BLAMED);
        return CTL_OK;
}

static int
ask(struct asked *a)
{
        int r = source_open(&a->source, a->ctl);

        /* The local way may be asked for the small ones as well. */
        for (unsigned i = 0; r == CTL_OK && a->source.local && i < a->found.n; i++)
                local_want(a->source.local, a->found.pid[i]);
        if (r == CTL_OK)
                r = source_candidates(&a->source, ROSTER_MAX);
        if (r == CTL_OK && !a->source.local && n_unknown(a) > 0)
                r = look_closer(a);
        return r;
}

/* ---- telling ---- */

static void
read_exe(int proc_fd, const struct wire_process *p, char *ret, size_t size)
{
        static const char deleted[] = " (deleted)";
        struct proc_stat st;
        size_t len;

        *ret = '\0';
        /* The number may be somebody else's by now. */
        if (procfs_stat(proc_fd, p->pid, &st) < 0 || st.start_ticks != p->start_ticks ||
            procfs_link(proc_fd, p->pid, "exe", ret, size) < 0) {
                *ret = '\0';
                return;
        }
        len = strlen(ret);
        if (len > sizeof(deleted) - 1 && strcmp(ret + len - (sizeof(deleted) - 1), deleted) == 0)
                ret[len - (sizeof(deleted) - 1)] = '\0';
}

static bool
is_system_unit(int proc_fd, const struct wire_process *p)
{
        static const char slice[] = "/system.slice/";
        char text[PROCFS_TEXT_MAX], cgroup[IDENTITY_PATH_MAX];
        ssize_t n = procfs_read(proc_fd, p->pid, 0, "cgroup", text, sizeof(text));
        size_t len = strlen(p->unit);

        return n > 0 && len > 8 && strcmp(p->unit + len - 8, ".service") == 0 &&
               proc_cgroup_parse(text, (size_t)n, cgroup, sizeof(cgroup)) == 0 &&
               strncmp(cgroup, slice, sizeof(slice) - 1) == 0;
}

static void
tell_one(struct asked *a, const struct wire_process *p, struct json *j)
{
        char exe[IDENTITY_PATH_MAX];
        const struct explained e = { p, exe, is_system_unit(a->proc_fd, p), geteuid() == 0 };

        read_exe(a->proc_fd, p, exe, sizeof(exe));
        if (a->ctl->json)
                explain_json(j, &a->source.view, &e);
        else
                explain_print(a->ctl, &a->source.view, &e, (uint64_t)time(NULL));
}

static void
tell_without_memory(struct asked *a, int32_t pid)
{
        char text[256];

        (void)snprintf(text, sizeof(text),
                       "%d has no memory of its own: it is a thread of the kernel, has ended, or "
                       "belongs to the guard or to this program. It would never be ended.",
                       pid);
        print_wrapped(a->ctl, 0, text);
}

/* Those after the first come after an empty line. */
static void
tell_whole(struct asked *a)
{
        struct json j = JSON_INIT(a->ctl->out);

        if (a->ctl->json) {
                json_open(&j, NULL, '{');
                view_json_source(&j, &a->source.view);
                json_open(&j, "explained", '[');
        } else {
                view_tell_source(a->ctl, &a->source.view);
        }
        for (unsigned i = 0; i < a->found.n; i++) {
                const struct wire_process *p = known(a, a->found.pid[i]);

                if (i > 0 && !a->ctl->json)
                        (void)fputs("\n----\n\n", a->ctl->out);
                if (p)
                        tell_one(a, p, &j);
                else if (!a->ctl->json)
                        tell_without_memory(a, a->found.pid[i]);
        }
        if (a->ctl->json) {
                json_close(&j, ']');
                json_close(&j, '}');
        }
}

static void
tell_list(struct asked *a, const char *word)
{
        struct wire_process p[ROSTER_MAX];
        struct view v = a->source.view;
        char washed[256], text[512];

        v.process = p;
        v.n = 0;
        for (uint32_t i = 0; i < a->source.view.n + a->n_closer && v.n < LISTED_MAX; i++) {
                const struct wire_process *of = i < a->source.view.n
                                                        ? &a->source.process[i]
                                                        : &a->closer[i - a->source.view.n];
                bool asked = false;

                for (unsigned k = 0; k < a->found.n; k++)
                        asked |= a->found.pid[k] == of->pid;
                if (asked && !find_in(p, v.n, of->pid))
                        p[v.n++] = *of;
        }
        message_wash(word, washed, sizeof(washed));
        view_tell_source(a->ctl, &v);
        (void)snprintf(text, sizeof(text),
                       "%u processes have the name `%s`. `oomguardctl explain PID` tells of one of "
                       "them. The largest:",
                       a->found.n + a->found.n_more, washed);
        print_wrapped(a->ctl, 0, text);
        (void)fputc('\n', a->ctl->out);
        rank_print_table(a->ctl, &v, (uint64_t)time(NULL));
}

static int
explain(struct asked *a, const char *word)
{
        int r = find(a, word);

        if (r == CTL_OK)
                r = ask(a);
        if (r != CTL_OK)
                return r;
        if (a->found.n <= WHOLE_MAX || a->ctl->json)
                tell_whole(a);
        else
                tell_list(a, word);
        return CTL_OK;
}

int
ctl_explain(struct ctl *ctl, int argc, char **argv)
{
        struct asked *a;
        char proc[512];
        int r = CTL_FAILED;

        if (argc != 2 || (argv[1][0] == '-' && argv[1][1] != '\0')) {
                ctl_complain(ctl, "explain: it takes one argument, the number or the name of a "
                                  "process");
                return CTL_USAGE;
        }
        a = calloc(1, sizeof(*a));
        if (!a)
                return CTL_FAILED;
        a->ctl = ctl;
        a->source.sub = (struct subscription)SUBSCRIPTION_INIT;
        (void)snprintf(proc, sizeof(proc), "%s/proc", ctl->root);
        a->proc_fd = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (a->proc_fd < 0) {
                ctl_complain(ctl, "%s cannot be read", proc);
        } else {
                r = explain(a, argv[1]);
                (void)close(a->proc_fd);
        }
        source_close(&a->source);
        free(a);
        return r;
}
