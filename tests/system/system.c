/* SPDX-License-Identifier: MIT */
/*
 * main: the guard against real processes, with real signals, each case in namespaces of its own.
 * Every case is a cmocka test; one that was not run is never one that passed.
 *
 *   system [GUARD [SUBJECT]]
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system.h"
#include "world.h"

enum { CASES_MAX = 128, LOG_MAX = 16384, PATIENCE_S = 75, AT_ONCE = 8 };

static const struct system_case *const lists[] = {
        cases_choice, cases_rules,   cases_kill,    cases_nobody, cases_verdict,
        cases_fault,  cases_place,   cases_command, cases_crowd,  cases_real,
        cases_feed,   cases_manager, cases_ballast,
};

static struct pool_place place = { .n_at_once = AT_ONCE, .patience_s = PATIENCE_S };
static struct pool_job jobs[CASES_MAX];
static size_t n_jobs;
static char guard[4096], subject[4096], dir[] = "/tmp/oomguard-system.XXXXXX";

/* Namespaces need root.  Whoever wants to go without says so, and gets no test that passed. */
static bool
is_left_out(void)
{
        const char *value = getenv("OOMGUARD_SYSTEM_NOT_HERE");

        return value && strcmp(value, "1") == 0;
}

static void
run_case(void **state)
{
        struct pool_job *job = *state;
        char log[LOG_MAX];

        if (is_left_out())
                skip();
        pool_wait_for(&place, jobs, n_jobs, job);
        if (place.stop)
                fail_msg("stopped by signal %d", place.stop);
        ssize_t n = pread(job->log_fd, log, sizeof(log) - 1, 0);

        log[n > 0 ? n : 0] = '\0';
        (void)close(job->log_fd);
        if (WIFEXITED(job->status) && WEXITSTATUS(job->status) == WORLD_NOT_HERE) {
                (void)fprintf(stderr, "%s: %s", job->what->name, log);
                skip();
        }
        if (!WIFEXITED(job->status) || WEXITSTATUS(job->status) != 0) {
                (void)fprintf(stderr, "%s: status %x\n%s", job->what->name, (unsigned)job->status,
                              log);
                fail();
        }
}

static void
collect(struct CMUnitTest tests[CASES_MAX], const char *only)
{
        for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
                for (const struct system_case *c = lists[i]; c->name; c++) {
                        if (only && !strstr(c->name, only))
                                continue;
                        if (n_jobs == CASES_MAX)
                                abort();
                        jobs[n_jobs].what = c;
                        tests[n_jobs] = (struct CMUnitTest){ .name = c->name,
                                                             .test_func = run_case,
                                                             .initial_state = &jobs[n_jobs] };
                        n_jobs++;
                }
        }
}

/* Nothing is left behind: no process, no control group, no folder. */
static void
stop(int sig)
{
        place.stop = sig;
}

static bool
find_programs(int argc, char **argv)
{
        const char *path = argc > 1 ? argv[1] : getenv("OOMGUARD");
        char self[4096];

        (void)snprintf(self, sizeof(self), "%s", argv[0]);
        char beside[4096 + 16];

        (void)snprintf(beside, sizeof(beside), "%s/subject", dirname(self));
        if (!realpath(path ? path : "./oomguard", guard) ||
            !realpath(argc > 2 ? argv[2] : beside, subject)) {
                (void)fprintf(stderr, "system: no guard or no subject: %s\n", strerror(errno));
                return false;
        }
        place.guard = guard;
        place.subject = subject;
        return true;
}

int
main(int argc, char **argv)
{
        static struct CMUnitTest tests[CASES_MAX];
        const char *at_once = getenv("OOMGUARD_SYSTEM_JOBS");
        const char *only = getenv("OOMGUARD_SYSTEM_ONLY");

        if (!find_programs(argc, argv))
                return EXIT_FAILURE;
        if (geteuid() != 0 && !is_left_out()) {
                (void)fputs("system: not root, so there is no namespace to run in; "
                            "OOMGUARD_SYSTEM_NOT_HERE=1 leaves it out\n",
                            stderr);
                return EXIT_FAILURE;
        }
        if (!mkdtemp(dir) || chmod(dir, 0755) < 0) {
                perror(dir);
                return EXIT_FAILURE;
        }
        place.dir = dir;
        if (at_once && atoi(at_once) > 0)
                place.n_at_once = (unsigned)atoi(at_once);
        (void)signal(SIGINT, stop);
        (void)signal(SIGTERM, stop);
        collect(tests, only);
        if (n_jobs == 0)
                (void)fprintf(stderr, "system: no case has \"%s\" in its name\n", only);
        int failed = cmocka_run_group_tests_name("system", tests, NULL, NULL);

        pool_end(jobs, n_jobs);
        (void)rmdir(dir);
        return failed == 0 && n_jobs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
