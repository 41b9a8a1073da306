/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: carries out one scenario of the table, step by step, and hands what it saw to
 * the judge.  Real-time, locked and out of reach of any killer, so that it sees what happens; it
 * never ends a process of the scenario but where the scenario says so.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define READY_DEADLINE_US 180000000u
#define MAX_TOKENS        20

static struct bench bench;

static void
start_guard(struct bench *b)
{
        int fd = open("/run/start", O_WRONLY | O_CLOEXEC);
        const char *wait_s = getenv("guard_wait_s");

        if (fd < 0 || write(fd, "go\n", 3) != 3)
                snprintf(b->error, sizeof b->error, "the guard cannot be started");
        close(fd);
        bench_log(b, "guard starts");
        watch(b, wait_s ? strtoull(wait_s, NULL, 10) * 1000000 : 1500000, NULL, false);
        /* From here on an empty pipe with no writer means that it is gone. */
        b->guard_started = strcmp(getenv("daemon"), "none") != 0;
}

static void
step_start(struct bench *b, char **t, unsigned n)
{
        char kind = n > 3 ? t[1][0] : '\0';
        pid_t pid;

        if (!kind || !strchr("gibe", kind)) {
                snprintf(b->error, sizeof b->error, "bad start line");
                return;
        }
        pid = spawn_start(b, kind, t[2], t + 3);
        if (pid < 0)
                snprintf(b->error, sizeof b->error, "cannot start %s", t[2]);
        else
                subject_add(b, pid, kind, t[2]);
}

static void
step_ready(struct bench *b, const char *name)
{
        const struct subject *s = subject_find(b, name);

        if (!s || !watch(b, READY_DEADLINE_US, s, false))
                snprintf(b->error, sizeof b->error, "%s did not get ready", name);
}

static void
step_low(struct bench *b, const char *amount)
{
        b->await_kib = strtoull(strchr(amount, '=') + 1, NULL, 10);
        if (!watch(b, READY_DEADLINE_US, NULL, false))
                snprintf(b->error, sizeof b->error, "memory did not get low");
        b->await_kib = 0;
}

static void
step_renice(struct bench *b, const char *name, const char *nice)
{
        const struct subject *s = subject_find(b, name);

        if (!s || setpriority(PRIO_PROCESS, (id_t)s->pid, atoi(nice)) < 0)
                snprintf(b->error, sizeof b->error, "%s cannot be reniced", name);
}

static void
step_signal(struct bench *b, const char *name, int number)
{
        const struct subject *s = subject_find(b, name);

        if (!s || s->dead || kill(s->pid, number) < 0)
                snprintf(b->error, sizeof b->error, "%s cannot be signalled", name);
        else
                bench_log(b, "signal %d to %s", number, name);
}

/* Whoever keeps the clock from running ahead of a disk (pace=PID): of no use where none is read. */
static void
signal_pace(int number)
{
        const char *pid = getenv("pace");

        if (pid)
                (void)kill((pid_t)strtol(pid, NULL, 10), number);
}

/* With nobody to feel anything: over hours in which nothing happens the canary, who keeps the pace
 * and a supervisor who looks 50 times a second would be most of the work. */
static void
step_idle(struct bench *b, uint64_t us)
{
        uint64_t start_us = role_now_us();

        step_signal(b, "canary", SIGSTOP);
        signal_pace(SIGSTOP);
        b->tick_ms = 1000;
        watch(b, us, NULL, false);
        b->tick_ms = BENCH_TICK_MS;
        b->canary->host_us += role_now_us() - start_us;
        signal_pace(SIGCONT);
        step_signal(b, "canary", SIGCONT);
        watch(b, 200000, NULL, false); /* it says that it is there again */
}

static void
step_swap(struct bench *b, const char *size)
{
        char command[200];

        if (!strcmp(b->swap, "disk"))
                snprintf(command, sizeof command,
                         "mkswap /dev/vdb %s >/dev/null && swapon /dev/vdb", size);
        else
                snprintf(command, sizeof command,
                         "echo %sK > /sys/block/zram0/disksize && mkswap /dev/zram0 >/dev/null "
                         "&& swapon /dev/zram0",
                         size);
        if (strcmp(b->swap, "none") && system(command) != 0)
                snprintf(b->error, sizeof b->error, "no swap: %.80s", command);
}

static void
step(struct bench *b, char **t, unsigned n)
{
        uint64_t seconds = n > 1 ? strtoull(t[1], NULL, 10) : BENCH_DEAD_DEADLINE_S;

        if (!strcmp(t[0], "start"))
                step_start(b, t, n);
        else if (!strcmp(t[0], "then")) {
                step_start(b, t, n);
                watch(b, (uint64_t)BENCH_DEAD_DEADLINE_S * 1000000, NULL, true);
        } else if (!strcmp(t[0], "ready") && n == 2)
                step_ready(b, t[1]);
        else if (!strcmp(t[0], "wait"))
                watch(b, seconds * 1000000, NULL, false);
        else if (!strcmp(t[0], "idle"))
                step_idle(b, seconds * 1000000);
        else if (!strcmp(t[0], "need"))
                b->need = (long)seconds;
        else if (!strcmp(t[0], "dead"))
                watch(b, seconds * 1000000, NULL, true);
        else if (!strcmp(t[0], "low") && n == 2)
                step_low(b, t[1]);
        else if (!strcmp(t[0], "renice") && n == 3)
                step_renice(b, t[1], t[2]);
        else if (!strcmp(t[0], "stop") && n == 2)
                step_signal(b, t[1], SIGSTOP);
        else if (!strcmp(t[0], "swap") && n == 2)
                step_swap(b, strchr(t[1], '=') + 1);
        else if (!strcmp(t[0], "guard"))
                start_guard(b);
        else if (!strcmp(t[0], "begin") && n == 2)
                episode_begin(b, t[1]);
        else if (!strcmp(t[0], "over"))
                episode_over(b);
        else if (!strcmp(t[0], "kernel-may-kill"))
                b->kernel_may_kill = true;
        else if (!strcmp(t[0], "canary-may-wait"))
                b->canary_may_wait = true;
        else
                snprintf(b->error, sizeof b->error, "no such step: %s", t[0]);
}

/* Lines given to the shell or to the guard's configuration; everything else is tokens. */
static void
run_line(struct bench *b, char *line, unsigned position)
{
        static char resolved[MAX_TOKENS][64];
        char *tokens[MAX_TOKENS + 1] = { NULL };
        unsigned n = 0;

        if (!strncmp(line, "do ", 3)) {
                bench_log(b, "%s", line);
                if (system(line + 3) != 0)
                        snprintf(b->error, sizeof b->error, "failed: %.100s", line + 3);
                return;
        }
        for (char *t = strtok(line, " \t"); t && n < MAX_TOKENS; t = strtok(NULL, " \t"), n++) {
                table_resolve(b, position * MAX_TOKENS + n, t, resolved[n], sizeof resolved[n]);
                tokens[n] = resolved[n];
        }
        step(b, tokens, n);
}

static void
append_config(const char *line)
{
        FILE *f = fopen("/etc/oomguard.conf", "a");

        if (f) {
                fprintf(f, "%s\n", line);
                fclose(f);
        }
}

/* Every copy is made before memory is short; writing them out later would compete with swap. */
static void
prepare_program(struct bench *b, const char *line)
{
        char name[16], role[16];

        if (sscanf(line, "start %*s %15s %15s", name, role) != 2 &&
            sscanf(line, "then %*s %15s %15s", name, role) != 2)
                return;
        bool swarm = !strcmp(role, "swarm") || !strcmp(role, "job");
        bool again = !strcmp(role, "respawn");

        if (spawn_prepare(name) < 0 || (swarm && spawn_prepare("swarmling") < 0) ||
            (again && spawn_prepare("again") < 0))
                snprintf(b->error, sizeof b->error, "cannot copy the program for %s", name);
}

/* Cuts the scenario into lines, in place; what must be known first is done here. */
static unsigned
read_scenario(struct bench *b, char *text, char **lines, unsigned max, bool *ret_guard)
{
        static char swap_line[] = "swap size=50%";
        char *swap = swap_line;
        unsigned n = 0;

        for (char *line = strtok(text, "\n"); line && n < max; line = strtok(NULL, "\n")) {
                line += strspn(line, " \t");
                prepare_program(b, line);
                if (!strncmp(line, "config ", 7))
                        append_config(line + 7);
                else if (!strncmp(line, "swap ", 5))
                        swap = line;
                else if (*line && *line != '#')
                        lines[n++] = line;
                *ret_guard |= !strcmp(line, "guard");
        }
        run_line(b, swap, 0);
        return n;
}

static void
set_up(struct bench *b)
{
        struct sched_param sp = { .sched_priority = 50 };
        int fds[2];
        int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, "-1000", 5) != 5 || mlockall(MCL_CURRENT | MCL_FUTURE) < 0 ||
            sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &sp) < 0)
                role_fail("set-up");
        close(fd);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        if (pipe2(fds, O_CLOEXEC) < 0)
                role_fail("pipe");
        /* Above the numbers the children find them under, so that dup2 always copies. */
        b->report_fd = fcntl(fds[0], F_DUPFD_CLOEXEC, 10);
        b->report_write_fd = fcntl(fds[1], F_DUPFD_CLOEXEC, 10);
        fcntl(b->report_fd, F_SETFL, O_NONBLOCK);
        fd = memfd_create("canary", MFD_CLOEXEC);
        b->canary_fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
        ftruncate(b->canary_fd, ROLE_PAGE);
        b->canary = mmap(NULL, ROLE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, b->canary_fd, 0);
        b->guard_fd = open("/run/guard", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        close(fds[0]);
        close(fds[1]);
        close(fd);
}

static uint64_t
read_total_kib(void)
{
        unsigned long long kib = 0;
        FILE *f = fopen("/proc/meminfo", "re");

        if (!f || fscanf(f, "MemTotal: %llu", &kib) != 1)
                role_fail("/proc/meminfo");
        fclose(f);
        return kib;
}

static void
run_steps(struct bench *b, char **lines, unsigned n, bool own_guard)
{
        char *canary[] = { (char *)"canary", NULL };

        sync();
        subject_add(b, spawn_start(b, ROLE_INNOCENT, "canary", canary), ROLE_INNOCENT, "canary");
        step_ready(b, "canary");
        if (!own_guard)
                start_guard(b);
        for (unsigned i = 0; i < n && !*b->error; i++)
                run_line(b, lines[i], i + 1);
        if (!*b->error)
                watch(b, BENCH_SETTLE_US, NULL, false);
}

int
run_main(const char *table, const char *name, const char *swap)
{
        static char text[262144];
        static char *lines[2000]; /* an hour of episodes */
        struct bench *b = &bench;
        FILE *f = fopen(table, "re");
        bool own_guard = false;
        char *scenario;
        unsigned n;

        setvbuf(stdout, NULL, _IOLBF, 0);
        if (!f || fread(text, 1, sizeof text - 1, f) == 0 || !(scenario = table_find(text, name)))
                role_fail(name);
        fclose(f);
        b->scenario = name;
        b->swap = swap;
        b->own_time = getenv("vm_clock") && !strcmp(getenv("vm_clock"), "virtual");
        b->seed = getenv("seed") ? strtoull(getenv("seed"), NULL, 10) : 0;
        b->need = -1;
        b->tick_ms = BENCH_TICK_MS;
        b->start_us = role_now_us();
        b->lowest_kib = UINT64_MAX;
        b->total_kib = read_total_kib();
        set_up(b);
        if (spawn_prepare("canary") < 0)
                role_fail("canary");
        n = read_scenario(b, scenario, lines, sizeof lines / sizeof *lines, &own_guard);
        run_steps(b, lines, n, own_guard);
        return judge(b) ? 0 : 1;
}
