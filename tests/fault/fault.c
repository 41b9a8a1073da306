/* SPDX-License-Identifier: MIT */
/*
 * main: records which system calls the guard's threads make in a whole life, then lets each of them
 * fail in turn, with each errno, and judges what came of it.
 *
 *   fault GUARD SUBJECT        as root
 *
 * FAULT=all tries everything, FAULT=none only the life in which nothing fails; otherwise it is a
 * sample, the same for the same FAULT_SEED, with each call of each thread in it.  FAULT_ONLY=TEXT:
 * only what has this in its name.  FAULT_JOBS=N beside each other.  FAULT_BRIEF=1: without the
 * guard's lines; FAULT_SHOW=1: with those of the good ones too.
 */
#include "fault.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"
#include "tests/system/group.h"
#include "tests/system/world.h"

enum {
        RUNS_MAX = 8192,
        N_CLEAN = 2,
        SAMPLE = 260,
        AT_ONCE = 10,
        AT_ONCE_MAX = 64,
        PATIENCE_MS = 90000
};

static const char *guard, *subject;
static char dir[] = "/tmp/oomguard-fault.XXXXXX";
static struct fault_run *runs; /* shared with all that follow from here; the first are clean */
static unsigned n_runs, n_vain;
static volatile sig_atomic_t stop;

static const char *const who_words[] = { "start",  "loop",  "errand",
                                         "reaper", "pulse", "a thread that is not known" };
static const char *const when_words[] = { "never", "once", "always", "late" };

/* ---- the list ---- */

static struct fault_run *
add(const struct fault *f)
{
        struct fault_run *r = &runs[n_runs];

        if (n_runs == RUNS_MAX)
                return r - 1;
        n_runs++;
        r->fault = *f;
        (void)snprintf(r->name, sizeof(r->name), "%s %s %s %s", who_words[f->who],
                       calls_name(f->call), calls_errno_name(f->error), when_words[f->when]);
        if (f->when == WHEN_ONCE)
                (void)snprintf(r->name + strlen(r->name), sizeof(r->name) - strlen(r->name),
                               " (the %uth)", f->at);
        return r;
}

static uint64_t
roll(uint64_t *seed)
{
        uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}

/* One call of one thread: every errno, once somewhere, always, and when it matters. */
static void
add_call(enum fault_who who, int call, uint32_t n_made, bool late, uint64_t *seed)
{
        const int *errnos = calls_errnos(call);
        struct fault f = { .who = who, .call = call };

        for (unsigned i = calls_short(call) ? 0 : 1;; i++) {
                f.error = i == 0 ? 0 : errnos[i - 1];
                if (i > 0 && f.error == 0)
                        return;
                f.when = WHEN_ONCE;
                f.at = 1 + (unsigned)(roll(seed) % n_made);
                (void)add(&f);
                f.when = WHEN_ALWAYS;
                (void)add(&f);
                f.when = WHEN_LATE;
                if (late)
                        (void)add(&f);
        }
}

static void
add_surroundings(void)
{
        static const unsigned files[] = { 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48 };
        static const unsigned space[] = { 4, 5, 6, 7, 8, 10, 16 };
        struct fault_run *r;

        for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                r = add(&(struct fault){ .call = -1, .n_files = files[i], .when = WHEN_ONCE });
                (void)snprintf(r->name, sizeof(r->name), "%u descriptors", files[i]);
        }
        for (unsigned i = 0; i < sizeof(space) / sizeof(space[0]); i++) {
                r = add(&(struct fault){ .call = -1, .space_mib = space[i], .when = WHEN_ONCE });
                (void)snprintf(r->name, sizeof(r->name), "%u MiB of address space", space[i]);
        }
        r = add(&(struct fault){ .call = -1, .uid = 61234, .when = WHEN_ONCE });
        (void)snprintf(r->name, sizeof(r->name), "no more processes, and no privileges");
        r = add(&(struct fault){ .call = -1, .read_only = true, .when = WHEN_ONCE });
        (void)snprintf(r->name, sizeof(r->name), "everything read-only");
}

/* What each life made at the least. */
static uint32_t
least(uint32_t a, uint32_t b)
{
        return a < b ? a : b;
}

/* Every call that was seen; how many are not in the table. */
static unsigned
add_all(uint64_t *seed)
{
        unsigned n_unknown = 0, n_from = n_runs;
        const struct fault_run *a = &runs[0], *b = &runs[1];

        for (enum fault_who who = 0; who < WHO_N; who++)
                for (int call = 0; call < FAULT_CALLS; call++) {
                        uint32_t n = least(a->n_calls[who][call], b->n_calls[who][call]);
                        uint32_t n_late = least(a->n_late[who][call], b->n_late[who][call]);

                        if (a->n_calls[who][call] + b->n_calls[who][call] == 0)
                                continue;
                        printf("%s: %s, %u times%s%s\n", who_words[who], calls_name(call), n,
                               calls_exempt(call) ? ", left alone: " : "",
                               calls_exempt(call) ? calls_exempt(call) : "");
                        if (who == WHO_OTHER || !calls_errnos(call)) {
                                printf("FAILED  %s: system call %d is not in the table of errnos\n",
                                       who_words[who], call);
                                n_unknown++;
                        } else if (!calls_exempt(call)) {
                                add_call(who, call, n ? n : 1, n_late > 0, seed);
                        }
                }
        printf("%u ways to fail\n", n_runs - n_from);
        return n_unknown;
}

/* Of each call of each thread one, and then any, as many as there is time for. */
static void
sample(unsigned from, uint64_t *seed)
{
        unsigned kept = from;

        for (unsigned i = n_runs; i > from + 1; i--) {
                unsigned j = from + (unsigned)(roll(seed) % (i - from));
                struct fault_run r = runs[i - 1];

                runs[i - 1] = runs[j];
                runs[j] = r;
        }
        for (unsigned i = from; i < n_runs; i++) {
                bool seen = false;

                for (unsigned k = from; k < kept && !seen; k++)
                        seen = runs[k].fault.who == runs[i].fault.who &&
                               runs[k].fault.call == runs[i].fault.call;
                if (!seen) {
                        struct fault_run r = runs[kept];

                        runs[kept++] = runs[i];
                        runs[i] = r;
                }
        }
        if (n_runs - from > SAMPLE)
                n_runs = kept > from + SAMPLE ? kept : from + SAMPLE;
}

/* ---- running them ---- */

struct job {
        pid_t pid;
        long begun_ms;
        struct fault_run *run;
};

_Noreturn static void
be_first(struct fault_run *r)
{
        if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
                _exit(1);
        world_enter(dir, guard, subject);
        scene_run(r);
}

static void
begin(struct job *job, struct fault_run *r)
{
        struct clone_args args = {
                .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC,
                .exit_signal = SIGCHLD,
        };

        (void)fflush(stdout);
        *job = (struct job){ (pid_t)syscall(SYS_clone3, &args, sizeof(args)), world_now_ms(), r };
        if (job->pid == 0)
                be_first(r);
        if (job->pid < 0) {
                (void)snprintf(r->trouble, sizeof(r->trouble), "namespaces: %s", strerror(errno));
                job->pid = 0;
        }
}

static void
end(struct job *job, int status)
{
        if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0)
                (void)snprintf(job->run->trouble, sizeof(job->run->trouble), "the scene: status %x",
                               (unsigned)status);
        group_remove(job->pid);
        job->pid = 0;
}

static void
run_all(unsigned from, unsigned n_at_once)
{
        struct job jobs[AT_ONCE_MAX] = { 0 };
        unsigned next = from, n_open = 1;

        while (n_open > 0) {
                n_open = 0;
                for (unsigned i = 0; i < n_at_once; i++) {
                        struct job *job = &jobs[i];
                        int status;

                        if (job->pid && waitpid(job->pid, &status, WNOHANG) == job->pid)
                                end(job, status);
                        if (job->pid && (stop || world_now_ms() - job->begun_ms > PATIENCE_MS))
                                (void)kill(job->pid, SIGKILL);
                        if (!job->pid && next < n_runs && !stop)
                                begin(job, &runs[next++]);
                        n_open += job->pid != 0;
                }
                (void)usleep(5000);
        }
}

/* ---- main ---- */

static void
on_signal(int sig)
{
        stop = sig;
}

static unsigned
env_number(const char *name, unsigned otherwise)
{
        const char *text = getenv(name);

        return text && atoi(text) > 0 ? (unsigned)atoi(text) : otherwise;
}

static bool
prepare(int argc, char **argv)
{
        static char guard_path[4096], subject_path[4096];

        if (argc != 3 || !realpath(argv[1], guard_path) || !realpath(argv[2], subject_path)) {
                (void)fprintf(stderr, "fault GUARD SUBJECT: %s\n", strerror(errno));
                return false;
        }
        guard = guard_path;
        subject = subject_path;
        runs = mmap(NULL, sizeof(*runs) * RUNS_MAX, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (geteuid() != 0 || runs == MAP_FAILED || !mkdtemp(dir) || chmod(dir, 0755) < 0) {
                (void)fprintf(stderr, "fault: %s\n",
                              geteuid() != 0 ? "there is no namespace for who is not root"
                                             : strerror(errno));
                return false;
        }
        (void)signal(SIGINT, on_signal);
        (void)signal(SIGTERM, on_signal);
        return true;
}

/* Nothing failed, so nothing is known: it is none that passed. */
static bool
is_vain(const struct fault_run *r)
{
        return r->fault.call >= 0 && r->fault.when != WHEN_NEVER && r->n_failed == 0 &&
               r->trouble[0] == '\0';
}

static unsigned
judge_all(unsigned from)
{
        unsigned n_failed = 0;

        for (unsigned i = from; i < n_runs; i++) {
                char why[256] = "";

                if (is_vain(&runs[i])) {
                        n_vain++;
                        printf("vain    %s: it never came to that\n", runs[i].name);
                        continue;
                }
                if (judge(&runs[i], why, sizeof(why))) {
                        if (getenv("FAULT_SHOW")) {
                                printf("ok      %s\n", runs[i].name);
                                judge_show(&runs[i]);
                        }
                        continue;
                }
                n_failed++;
                printf("FAILED  %s: %s (%u calls failed)\n", runs[i].name, why, runs[i].n_failed);
                if (!getenv("FAULT_BRIEF"))
                        judge_show(&runs[i]);
        }
        return n_failed;
}

static void
keep_only(unsigned from, const char *only)
{
        unsigned kept = from;

        for (unsigned i = from; only && i < n_runs; i++)
                if (strstr(runs[i].name, only))
                        runs[kept++] = runs[i];
        if (only)
                n_runs = kept;
}

/* Clean lives first: what is to fail is learnt from them.  How many calls are unknown. */
static unsigned
learn(uint64_t *seed, unsigned *ret_failed)
{
        const char *all = getenv("FAULT");
        unsigned n_unknown;

        for (unsigned i = 0; i < N_CLEAN; i++)
                (void)snprintf(add(&(struct fault){ .when = WHEN_NEVER })->name, FAULT_NAME_MAX,
                               "nothing");
        run_all(0, N_CLEAN);
        judge_learn(runs, N_CLEAN);
        *ret_failed = judge_all(0);
        if (*ret_failed > 0 || (all && strcmp(all, "none") == 0))
                return 0;
        n_unknown = add_all(seed);
        if (!all || strcmp(all, "all") != 0)
                sample(N_CLEAN, seed);
        add_surroundings();
        keep_only(N_CLEAN, getenv("FAULT_ONLY"));
        return n_unknown;
}

int
main(int argc, char **argv)
{
        uint64_t seed = env_number("FAULT_SEED", 1);
        unsigned n_at_once = env_number("FAULT_JOBS", AT_ONCE), n_failed, n_unknown;

        if (!prepare(argc, argv))
                return EXIT_FAILURE;
        if (n_at_once > AT_ONCE_MAX)
                n_at_once = AT_ONCE_MAX;
        n_unknown = learn(&seed, &n_failed);
        if (n_failed == 0) {
                run_all(N_CLEAN, n_at_once);
                n_failed = judge_all(N_CLEAN);
        }
        (void)rmdir(dir);
        printf("%u passed, %u failed\n", n_runs - n_failed - n_vain, n_failed + n_unknown);
        return n_failed + n_unknown == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
