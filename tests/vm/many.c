/* SPDX-License-Identifier: MIT */
/*
 * The roles that are many processes: a swarm, a crowd, thousands of short lives.  Each parent
 * tells the supervisor of its children and of their deaths; it never holds memory itself.
 */
#define _GNU_SOURCE
#include "role.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void
start_swarmling(const struct role_options *o)
{
        char rate[40], size[40];
        pid_t pid = fork();

        snprintf(rate, sizeof rate, "rate=%llu", (unsigned long long)o->rate_kib_s);
        snprintf(size, sizeof size, "size=%llu", (unsigned long long)o->size_kib);
        if (pid < 0)
                role_fail("fork");
        if (pid == 0) {
                execl(ROLE_BIN_DIR "/swarmling", "swarmling", "grow", "slot=-", rate, size,
                      (char *)NULL);
                role_fail("swarmling");
        }
        role_report(o, "child %c %d swarmling", ROLE_GUILTY, pid);
}

/* Children of an executable of their own, each leaking: n=, rate= and size= are per child. */
int
swarm_main(struct role_options *o)
{
        for (uint64_t i = 0; i < o->count; i++)
                start_swarmling(o);
        role_report(o, "ready");
        role_mourn(o);
}

/* The same, each below a process of its own that waits for it: as make has a shell for each. */
int
job_main(struct role_options *o)
{
        for (uint64_t i = 0; i < o->count; i++) {
                pid_t pid = fork();

                if (pid < 0)
                        role_fail("fork");
                if (pid == 0) {
                        start_swarmling(o);
                        role_mourn(o);
                }
                role_report(o, "child %c %d shell", ROLE_INNOCENT, pid);
        }
        role_report(o, "ready");
        role_mourn(o);
}

/* n= processes that do nothing. */
int
crowd_main(struct role_options *o)
{
        for (uint64_t i = 0; i < o->count; i++) {
                pid_t pid = fork();

                if (pid < 0)
                        role_fail("fork");
                if (pid == 0) {
                        for (;;)
                                pause();
                }
                role_report(o, "child %c %d idler", ROLE_INNOCENT, pid);
        }
        role_report(o, "ready");
        role_mourn(o);
}

/*
 * As many short lives a second as the guest can make.  A killed one counts as an innocent: the
 * guard had no business with it.
 */
int
brief_main(struct role_options *o)
{
        role_report(o, "ready");
        for (;;) {
                int status;
                pid_t pid = fork();

                if (pid == 0) {
                        char *p = role_map(o, 64);

                        for (size_t i = 0; i < 16; i++)
                                p[i * ROLE_PAGE] = 1;
                        _exit(0);
                }
                if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status)) {
                        role_report(o, "child %c %d mayfly", ROLE_INNOCENT, pid);
                        role_report(o, "died %d %d", pid, status);
                }
        }
        return 0;
}
