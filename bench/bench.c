/* SPDX-License-Identifier: MIT */
/*
 * Owns the surroundings of a measurement.  Never measures, and never touches a process that it did
 * not start.
 */
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CROWD_MAX = 20000, TIME_LIMIT_S = 1800 };

static pid_t crowd[CROWD_MAX];
static unsigned n_crowd;

static uint64_t
clock_ns(clockid_t clock)
{
        struct timespec ts = { 0 };

        (void)clock_gettime(clock, &ts);
        return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t
bench_mono_ns(void)
{
        return clock_ns(CLOCK_MONOTONIC);
}

uint64_t
bench_cpu_ns(void)
{
        return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t
bench_cpu_of_ns(pid_t pid)
{
        clockid_t clock;

        /* The scheduler's own sum, not the ticks of /proc/PID/stat. */
        return clock_getcpuclockid(pid, &clock) == 0 ? clock_ns(clock) : 0;
}

static int
compare(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

double
bench_median(double *value, size_t n)
{
        qsort(value, n, sizeof(value[0]), compare);
        return n % 2 ? value[n / 2] : (value[n / 2 - 1] + value[n / 2]) / 2;
}

double
bench_worst(const double *value, size_t n)
{
        double worst = value[0];

        for (size_t i = 1; i < n; i++)
                if (value[i] > worst)
                        worst = value[i];
        return worst;
}

unsigned
bench_setting(const char *name, unsigned otherwise)
{
        const char *text = getenv(name);
        long value = text ? strtol(text, NULL, 10) : 0;

        return value > 0 && value < 1000000 ? (unsigned)value : otherwise;
}

uint64_t
bench_meminfo_kib(const char *key)
{
        unsigned long long kib = 0;
        size_t len = strlen(key);
        char line[128];
        FILE *f = fopen("/proc/meminfo", "re");

        while (f && fgets(line, sizeof(line), f))
                if (strncmp(line, key, len) == 0 && line[len] == ':') {
                        (void)sscanf(line + len + 1, "%llu", &kib);
                        break;
                }
        if (f)
                (void)fclose(f);
        return kib;
}

static void
not_here(const char *what)
{
        (void)fprintf(stderr, "bench: %s: %s; not run here\n", what, strerror(errno));
        exit(BENCH_NOT_RUN);
}

static pid_t
start_idle(void)
{
        pid_t parent = getpid();
        pid_t pid = fork();

        if (pid != 0)
                return pid;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
                _exit(0);
        for (;;)
                (void)pause();
}

void
bench_enter_space(void)
{
        pid_t child;
        int status;

        if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
                not_here("a PID namespace");
        child = fork();
        if (child < 0)
                not_here("fork");
        if (child > 0) {
                /* The child dies with us. */
                (void)alarm(TIME_LIMIT_S);
                while (waitpid(child, &status, 0) < 0 && errno == EINTR)
                        ;
                exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
        }
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
            mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
                not_here("a /proc of its own");
        /* Pid 2 is taken for the kernel's by some: nobody who matters shall have it. */
        for (int i = 0; i < 2; i++)
                if (start_idle() < 0)
                        not_here("fork");
}

void
bench_end(pid_t pid)
{
        int status;

        if (pid <= 0)
                return;
        (void)kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
}

void
bench_crowd_start(unsigned n)
{
        while (n_crowd < n && n_crowd < CROWD_MAX) {
                crowd[n_crowd] = start_idle();
                if (crowd[n_crowd] < 0)
                        not_here("idle processes");
                n_crowd++;
        }
}

void
bench_crowd_end(void)
{
        int status;

        for (unsigned i = 0; i < n_crowd; i++)
                (void)kill(crowd[i], SIGKILL);
        for (unsigned i = 0; i < n_crowd; i++)
                (void)waitpid(crowd[i], &status, 0);
        n_crowd = 0;
}

static void
print_number(double value, const char *unit)
{
        if (value <= BENCH_NOTHING)
                (void)printf("\t-");
        else
                (void)printf("\t%.*f %s", value > 99.95 || value < -99.95 ? 0 : 2, value, unit);
}

void
bench_print(const struct bench_row *row)
{
        double ratio = row->ratio;
        const char *says = "-";

        if (ratio <= 0 && row->guard > 0 && row->other > 0)
                ratio = row->guard / row->other;
        (void)printf("%s\t%s", row->key, row->what);
        print_number(row->guard, row->unit);
        (void)printf("\t%s", row->beside ? row->beside : "-");
        print_number(row->beside ? row->other : BENCH_NOTHING, row->unit);
        if (row->beside && ratio > 0)
                (void)printf("\t%.2f", ratio);
        else
                (void)printf("\t-");
        if (row->ratio_limit > 0) {
                (void)printf("\tratio %.2f", row->ratio_limit);
                says = ratio <= row->ratio_limit ? "reached" : "missed";
        } else if (row->limit > 0) {
                (void)printf("\t%g %s", row->limit, row->unit);
                says = row->guard <= row->limit ? "reached" : "missed";
        } else {
                (void)printf("\t-");
        }
        if (row->guard <= BENCH_NOTHING)
                says = row->early ? "acted before" : "not run";
        if (row->beside && row->other > BENCH_NOTHING && row->guard > row->other && !row->itself &&
            strcmp(row->beside, "floor") != 0 && says[0] != 'm')
                says = says[0] == 'r' ? "reached; peer better" : "peer better";
        (void)printf("\t%s\n", says);
        (void)fflush(stdout);
}
