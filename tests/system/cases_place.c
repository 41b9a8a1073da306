/* SPDX-License-Identifier: MIT */
/*
 * Where and as whom the guard runs: few descriptors, nobody who reads, no privileges, processes
 * that it may not see, a kernel that lets it signal nobody.
 */
#include "cases.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534, N_OTHERS = 24 };

/* Memory gets low, and the only one that is large has to go. */
static void
still_ends(struct actor *hog)
{
        memory_leave(80);
        actor_dies(hog, SIGTERM);
}

static void
thirty_two_descriptors_are_enough(void)
{
        memory_make_up();
        struct actor *others[N_OTHERS];

        for (unsigned i = 0; i < N_OTHERS; i++)
                others[i] = actor_start_ready("hold=3 wait");
        struct actor *hog = actor_start_ready("hold=50 wait");
        struct actor *leak = actor_start_ready("hold=5 wait grow=0:10");

        memory_leave(300);
        guard_configure(LIMITS("110M", "100M", "0%"));
        guard_begin(&(struct guard_start){ .n_files = 32 });
        guard_looks(5);
        still_ends(hog);
        memory_leave(140);
        actor_go(leak, 1);
        actor_dies(leak, SIGTERM);
        for (unsigned i = 0; i < N_OTHERS; i++)
                CHECK(actor_lives(others[i]), "one too many");
        CHECK(guard_said("Too many open files") == 0, "said too much");
}

static void
while_memory_is_plentiful_nobody_is_followed(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");
        struct actor *brief = actor_start_ready("hold=20 wait exit");

        memory_leave(300);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(5);
        unsigned n = guard_descriptors();

        memory_leave(140);
        AWAIT(guard_descriptors() >= n + 4, "them to be followed");
        actor_go(brief, 1);
        actor_dies(brief, 0);
        memory_leave(300);
        guard_level("calm");
        AWAIT(guard_descriptors() == n, "them to be let go of");
        guard_looks(CASES_LOOKS);
        CHECK(guard_descriptors() == n, "followed again");
        still_ends(hog);
}

static void
a_full_pipe_that_nobody_reads_stops_nothing(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_configure(LIMITS("110M", "100M", "0%"));
        guard_begin(&(struct guard_start){ .where = STDERR_FULL });
        guard_looks(5);
        still_ends(hog);
        guard_looks(CASES_LOOKS);
}

/* Three descriptors that everybody believes to be taken. */
static void
closed(bool quiet)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_configure(LIMITS("110M", "100M", "0%"));
        guard_begin(&(struct guard_start){ .where = STDERR_CLOSED, .quiet = quiet });
        still_ends(hog);
        if (!quiet)
                guard_looks(CASES_LOOKS);
}

static void
with_no_stdin_stdout_and_stderr_it_guards(void)
{
        closed(true);
}

/* Nothing but the trace is in the trace. */
static void
with_no_stderr_its_lines_go_nowhere_else(void)
{
        char line[4096];

        closed(false);
        CHECK(guard_end(SIGTERM) == 0, "not a clean end");
        FILE *f = fopen(world_path("trace"), "re");

        CHECK(f && fgets(line, sizeof(line), f), "no trace");
        CHECK(strcmp(line, "oomguard trace 1\n") == 0, "begins with %s", line);
        while (fgets(line, sizeof(line), f))
                CHECK(line[0] != '<', "in the trace: %s", line);
        (void)fclose(f);
}

static void
without_privileges_it_says_so_and_ends_its_own(void)
{
        memory_make_up();
        struct actor *roots = actor_start_ready("hold=60 wait");
        struct actor *own = actor_start_ready("uid=65534 hold=40 wait");

        memory_leave(300);
        guard_configure(LIMITS("110M", "100M", "0%"));
        guard_begin(&(struct guard_start){ .uid = NOBODY });
        (void)guard_says("without CAP_KILL only processes of the same user can be ended");
        (void)guard_says("without CAP_SYS_PTRACE executables of other users cannot be told");
        guard_looks(5);
        memory_leave(80);
        (void)guard_says("%d (subject) may not be signalled: Operation not permitted; the next",
                         (int)roots->pid);
        actor_dies(own, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(guard_said("may not be signalled") == 1, "said more than once");
        CHECK(guard_said("SIGTERM to ") == 1, "said too much");
        CHECK(actor_lives(roots), "how could it");
}

static void
hide_processes(void)
{
        CHECK(mount(NULL, "/proc", NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                    "hidepid=2") == 0,
              "hidepid: %s", strerror(errno));
}

static void
where_processes_are_hidden_it_says_so_and_ends_nobody(void)
{
        memory_make_up();
        struct actor *roots = actor_start_ready("hold=60 wait");
        struct actor *own = actor_start_ready("uid=65534 hold=40 wait");

        memory_leave(300);
        hide_processes();
        guard_configure(LIMITS("110M", "100M", "0%"));
        guard_begin(&(struct guard_start){ .uid = NOBODY });
        (void)guard_says("/proc hides other people's processes (hidepid)");
        guard_looks(5);
        memory_leave(80);
        (void)guard_says("nothing is ended: other people's processes are hidden (hidepid)");
        guard_looks(2 * CASES_LOOKS);
        CHECK(guard_said("nothing is ended") == 1, "said more than once");
        CHECK(actor_lives(roots) && actor_lives(own), "somebody was ended");
}

static void
processes_are_not_hidden_from_root(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("uid=65534 hold=60 wait");

        memory_leave(300);
        hide_processes();
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(5);
        still_ends(hog);
        CHECK(guard_said("hidepid") == 0, "said too much");
}

/* As before Linux 5.3, for all that this case starts from here on. */
static void
take_pidfds_away(void)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                world_not_here("there are no filters of system calls");
}

static void
where_nobody_can_be_signalled_it_is_not_started(void)
{
        char line[1024];

        memory_make_up();
        world_write("any.conf", "%s", LIMITS("110M", "100M", "0%"));
        take_pidfds_away();
        CHECK(guard_run((const char *const[]){ "-c", world_path("any.conf"), NULL }, "out",
                        "err") == 78,
              "it is started");
        FILE *f = fopen(world_path("err"), "re");

        CHECK(f && fgets(line, sizeof(line), f), "not told");
        CHECK(strstr(line, "pidfd_open: Function not implemented: ") &&
                      strstr(line, "Linux 5.3 ") && strstr(line, "; not started\n"),
              "told %s", line);
        (void)fclose(f);
}

static void
where_nobody_can_be_signalled_a_dry_run_goes_on(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=60 wait");

        memory_leave(300);
        take_pidfds_away();
        guard_configure(LIMITS("110M", "100M", "0%"));
        guard_begin(&(struct guard_start){ .arg = { "--dry-run" } });
        (void)guard_says("pidfd_open: Function not implemented: ");
        guard_looks(5);
        CHECK(guard_said("not started") == 0 && actor_lives(hog), "it was ended");
}

/* From here on whatever this case starts is in a PID namespace of its own, with the /proc of this.
 */
static void
take_proc_away(void)
{
        if (unshare(CLONE_NEWPID) < 0)
                world_not_here("there are no PID namespaces");
}

static void
where_proc_shows_other_processes_than_can_be_ended_it_is_not_started(void)
{
        char line[1024];

        memory_make_up();
        world_write("any.conf", "%s", LIMITS("110M", "100M", "0%"));
        take_proc_away();
        CHECK(guard_run((const char *const[]){ "-c", world_path("any.conf"), NULL }, "out",
                        "err") == 78,
              "it is started");
        FILE *f = fopen(world_path("err"), "re");

        CHECK(f && fgets(line, sizeof(line), f), "not told");
        CHECK(strstr(line, "/proc is of another PID namespace: ") &&
                      strstr(line, "; not started\n"),
              "told %s", line);
        (void)fclose(f);
}

const struct system_case cases_place[] = {
        CASE(thirty_two_descriptors_are_enough),
        CASE(while_memory_is_plentiful_nobody_is_followed),
        CASE(a_full_pipe_that_nobody_reads_stops_nothing),
        CASE(with_no_stdin_stdout_and_stderr_it_guards),
        CASE(with_no_stderr_its_lines_go_nowhere_else),
        CASE(without_privileges_it_says_so_and_ends_its_own),
        CASE(where_processes_are_hidden_it_says_so_and_ends_nobody),
        CASE(processes_are_not_hidden_from_root),
        CASE(where_nobody_can_be_signalled_it_is_not_started),
        CASE(where_nobody_can_be_signalled_a_dry_run_goes_on),
        CASE(where_proc_shows_other_processes_than_can_be_ended_it_is_not_started),
        CASE_END,
};
