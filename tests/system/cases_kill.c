/* SPDX-License-Identifier: MIT */
/*
 * From the first signal to the end: SIGTERM, SIGKILL, giving up, letting go, and what came back
 * beside what was promised.
 */
#include "cases.h"

#include <sys/wait.h>
#include <unistd.h>

#include "group.h"

/* Nobody is ended for so long after two kills in vain. */
enum { PAUSE_MS = 30000 };

/* What many begin with: memory for all, then 80 MiB left and 100 wanted. */
static void
low(const char *more)
{
        char text[512];

        (void)snprintf(text, sizeof(text), "%s%s", LIMITS("110M", "100M", "0%"), more);
        memory_leave(300);
        guard_begin_with(text);
        guard_looks(5);
        memory_leave(80);
}

static void
who_ignores_sigterm_gets_sigkill_after_the_grace_time(void)
{
        memory_make_up();
        struct actor *deaf = actor_start_ready("ignore hold=50 wait");
        struct actor *other = actor_start_ready("hold=40 wait");

        low("[kill]\ngrace = 500ms\n");
        actor_dies(deaf, SIGKILL);
        (void)guard_says("%d (subject) still there ", (int)deaf->pid);
        (void)guard_says("after SIGTERM (SIGKILL was needed), gave back ");
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other), "one too many");
        CHECK(guard_said("SIGTERM to ") == 1, "said too much");
}

static void
without_a_grace_time_nobody_is_asked(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");
        struct actor *other = actor_start_ready("hold=40 wait");

        low("[kill]\ngrace = 0s\n");
        actor_dies(hog, SIGKILL);
        (void)guard_says("SIGKILL to %d ", (int)hog->pid);
        (void)guard_says("%d (subject) ended ", (int)hog->pid);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other) && guard_said("SIGTERM") == 0, "it was asked");
}

static void
who_ignores_sigterm_is_let_go_when_memory_has_recovered(void)
{
        memory_make_up();
        struct actor *deaf = actor_start_ready("ignore hold=50 wait");

        low("[kill]\ngrace = 2s\n");
        (void)guard_says("SIGTERM to %d ", (int)deaf->pid);
        memory_leave(300);
        (void)guard_says("%d (subject) has not ended on SIGTERM and no longer has to",
                         (int)deaf->pid);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(deaf), "it was ended");
        CHECK(guard_said("SIGKILL") == 0, "said too much");
}

enum { DOZEN = 12 };

/* Of one parent, and deaf to SIGTERM; they leak together.  `last` are the words of the last. */
static struct actor *
leaking_dozen(const char *last)
{
        char words[256];

        (void)snprintf(words, sizeof(words), "fork=11 { ignore wait grow=0:1 } %s reap", last);
        struct actor *dozen = actor_start(words);

        actor_ready(dozen, DOZEN);
        return dozen;
}

static void
let_it_leak(struct actor *dozen, const char *more)
{
        char text[512];

        (void)snprintf(text, sizeof(text), "%s%s", LIMITS("115M", "100M", "0%"), more);
        memory_leave(140);
        guard_begin_with(text);
        guard_looks(10);
        actor_go(dozen, DOZEN);
}

static void
all_of_it_dies(struct actor *dozen, struct actor *other)
{
        for (int i = 0; i < DOZEN; i++)
                actor_child_dies(dozen, i, SIGKILL);
        (void)guard_says("%d processes like %d (subject) ended ", DOZEN,
                         (int)dozen->child[DOZEN - 1]);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(dozen) && actor_lives(other), "one too many");
        CHECK(guard_said("SIG") <= 3 && guard_said("given up") == 0, "said too much");
}

static void
a_swarm_that_ignores_sigterm_gets_sigkill_all_of_it(void)
{
        memory_make_up();
        struct actor *dozen = leaking_dozen("fork=1 { ignore wait grow=0:5 }");
        struct actor *other = actor_start_ready("hold=40 wait");

        let_it_leak(dozen, "[kill]\ngrace = 500ms\n");
        (void)guard_says("SIGTERM to %d processes like ", DOZEN);
        (void)guard_says("(subject) still there ");
        all_of_it_dies(dozen, other);
}

/* No grace time begins, at whose end the others would have theirs. */
static void
a_swarm_whose_first_is_not_asked_gets_sigkill_all_of_it(void)
{
        memory_make_up();
        struct actor *dozen = leaking_dozen("newpid { ignore wait grow=0:5 }");
        struct actor *other = actor_start_ready("hold=40 wait");

        let_it_leak(dozen, "[kill]\ngrace = 25s\ngive_up = 2s\n");
        (void)guard_says("SIGKILL to %d processes like ", DOZEN);
        all_of_it_dies(dozen, other);
        CHECK(guard_said("SIGTERM") == 0, "somebody was asked");
}

static void
who_ends_slowly_but_surely_is_signalled_once(void)
{
        memory_make_up();
        struct actor *slow = actor_start_ready("slow=300 hold=50 wait");
        struct actor *other = actor_start_ready("hold=40 wait");

        low("[kill]\ngrace = 25s\n");
        actor_dies(slow, 0);
        const char *line = guard_says("%d (subject) ended ", (int)slow->pid);

        CHECK(!strstr(line, "SIGKILL"), "%s", line);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other) && guard_said("SIG") == 2, "one too many");
}

static bool
is_stopped(pid_t pid)
{
        siginfo_t info = { 0 };

        return waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
               info.si_pid == pid;
}

static void
a_stopped_process_ends_by_sigterm_too(void)
{
        memory_make_up();
        struct actor *stopped = actor_start_ready("hold=50 wait stop");

        actor_go(stopped, 1);
        AWAIT(is_stopped(stopped->pid), "the stop");
        low("[kill]\ngrace = 25s\n");
        actor_dies(stopped, SIGTERM);
        CHECK(guard_said("SIGKILL") == 0, "said too much");
}

static void
a_leader_that_has_ended_is_ended_with_its_threads(void)
{
        memory_make_up();
        struct actor *leaderless = actor_start("name=headless thread=50");
        struct actor *other = actor_start_ready("hold=40 wait");

        actor_ready(leaderless, 1);
        low("");
        actor_dies(leaderless, SIGTERM);
        (void)guard_says("%d (headless) ended", (int)leaderless->pid);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other), "one too many");
}

static void
who_is_not_waited_for_by_his_parent_counts_as_ended(void)
{
        memory_make_up();
        struct actor *parent =
                actor_start("fork=1 { exec=/proc/self/exe name=orphan hold=50 wait } wait");
        struct actor *other = actor_start_ready("hold=40 wait");

        actor_ready(parent, 2);
        low("[kill]\ngrace = 25s\n");
        (void)guard_says("(orphan) ended ");
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other) && guard_said("SIG") == 2, "one too many");
}

static void
at_the_kill_limit_sigkill_comes_first(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("slow=60000 hold=50 wait");
        struct actor *other = actor_start_ready("hold=40 wait");

        memory_leave(300);
        guard_begin_with(LIMITS("110M", "100M", "70M"));
        guard_looks(5);
        memory_leave(60);
        actor_dies(hog, SIGKILL);
        (void)guard_says("SIGKILL to %d ", (int)hog->pid);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other) && guard_said("SIGTERM") == 0, "one too many");
}

static void
when_memory_reaches_the_kill_limit_the_grace_time_is_over(void)
{
        memory_make_up();
        struct actor *deaf = actor_start_ready("ignore hold=50 wait");

        memory_leave(300);
        guard_begin_with(LIMITS("110M", "100M", "70M") "[kill]\ngrace = 60s\n");
        guard_looks(5);
        memory_leave(80);
        (void)guard_says("SIGTERM to %d ", (int)deaf->pid);
        guard_looks(5);
        CHECK(actor_lives(deaf), "too soon");
        memory_leave(60);
        actor_dies(deaf, SIGKILL);
}

static void
the_first_process_of_another_namespace_gets_sigkill(void)
{
        memory_make_up();
        struct actor *parent = actor_start(
                "newpid { exec=/proc/self/exe name=container hold=50 wait } wait wait reap");
        struct actor *other = actor_start_ready("hold=40 wait");

        actor_ready(parent, 2);
        actor_go(parent, 3);
        low("[kill]\ngrace = 25s\n");
        (void)guard_says("SIGKILL to %d (container)", (int)parent->child[0]);
        actor_child_dies(parent, 0, SIGKILL);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other) && actor_lives(parent), "one too many");
}

static void
freeze(const struct actor *a)
{
        if (!group_freeze(world_outside_pid(), a->pid))
                world_not_here("no v1 freezer");
}

static void
memory_of_who_cannot_end_is_reaped(void)
{
        memory_make_up();
        struct actor *stuck = actor_start_ready("name=stuck hold=50 wait");
        struct actor *other = actor_start_ready("hold=40 wait");

        freeze(stuck);
        low("[kill]\ngive_up = 2s\n");
        (void)guard_says("SIGKILL to %d (stuck)", (int)stuck->pid);
        AWAIT(memory_available_kib() > 125 * 1024, "process_mrelease");
        guard_looks(2 * CASES_LOOKS);
        CHECK(actor_lives(stuck) && actor_lives(other), "one too many");
        CHECK(guard_said("gives nothing back") == 0, "it has");
        CHECK(guard_said("the next one is taken") == 0, "none is");
        group_thaw(world_outside_pid());
        actor_dies(stuck, SIGKILL);
}

static void
who_cannot_end_is_given_up_and_the_next_one_taken(void)
{
        memory_make_up();
        /* Shared memory stays until the very end; private memory can be had before. */
        struct actor *stuck = actor_start_sharing("name=stuck shm=50 wait");
        struct actor *next = actor_start_ready("hold=40 wait");
        struct actor *other = actor_start_ready("hold=30 wait");

        actor_ready(stuck, 1);
        freeze(stuck);
        low("[kill]\ngive_up = 2s\n");
        (void)guard_says("SIGKILL to %d (stuck)", (int)stuck->pid);
        (void)guard_says("%d (stuck) does not end and gives nothing back; given up",
                         (int)stuck->pid);
        actor_dies(next, SIGTERM);
        CHECK(actor_lives(stuck), "it was not stuck");
        guard_looks(CASES_LOOKS);
        CHECK(guard_said("SIGKILL to ") == 1, "signalled again");
        CHECK(guard_line_of("SIGTERM to ") > guard_line_of("given up"), "two at a time");
        CHECK(actor_lives(other), "one too many");
        group_thaw(world_outside_pid());
        actor_dies(stuck, SIGKILL);
}

static void
who_gave_nothing_back_twice_is_the_last_for_a_while(void)
{
        memory_make_up();
        struct actor *first = actor_start_ready("hold=50 wait");
        struct actor *second = actor_start_ready("hold=45 wait");
        struct actor *third = actor_start_ready("hold=40 wait");

        memory_fix(300);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(5);
        memory_fix(80);
        actor_dies(first, SIGTERM);
        /* Whoever forks away on SIGTERM is not asked a second time. */
        actor_dies(second, SIGKILL);
        (void)guard_says("no SIGTERM, because the one before gave nothing back");
        (void)guard_says("nothing is ended: the last two gave next to nothing back");
        guard_looks(2 * CASES_LOOKS);
        CHECK(actor_lives(third), "the third was ended in vain");
        CHECK(guard_said("nothing is ended") == 1, "said more than once");
}

static void
who_grows_while_nobody_is_ended_is_ended_all_the_same(void)
{
        memory_make_up();
        struct actor *first = actor_start_ready("hold=50 wait");
        struct actor *second = actor_start_ready("hold=45 wait");
        struct actor *leak = actor_start_ready("hold=10 wait grow=0:8");
        struct actor *steady = actor_start_ready("hold=40 wait");

        memory_fix(300);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(5);
        long before_ms = world_now_ms();

        memory_fix(80);
        actor_dies(first, SIGTERM);
        actor_dies(second, SIGKILL);
        (void)guard_says("nothing is ended: the last two gave next to nothing back");
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(leak), "ended while it did not grow");
        actor_go(leak, 1);
        actor_dies(leak, SIGTERM);
        CHECK(world_now_ms() - before_ms < PAUSE_MS, "only when the pause was over");
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(steady), "the pause is over for everybody");
}

const struct system_case cases_kill[] = {
        CASE(who_ignores_sigterm_is_let_go_when_memory_has_recovered),
        CASE(who_ignores_sigterm_gets_sigkill_after_the_grace_time),
        CASE(without_a_grace_time_nobody_is_asked),
        CASE(a_swarm_that_ignores_sigterm_gets_sigkill_all_of_it),
        CASE(a_swarm_whose_first_is_not_asked_gets_sigkill_all_of_it),
        CASE(who_ends_slowly_but_surely_is_signalled_once),
        CASE(a_stopped_process_ends_by_sigterm_too),
        CASE(a_leader_that_has_ended_is_ended_with_its_threads),
        CASE(who_is_not_waited_for_by_his_parent_counts_as_ended),
        CASE(at_the_kill_limit_sigkill_comes_first),
        CASE(when_memory_reaches_the_kill_limit_the_grace_time_is_over),
        CASE(the_first_process_of_another_namespace_gets_sigkill),
        CASE(memory_of_who_cannot_end_is_reaped),
        CASE(who_cannot_end_is_given_up_and_the_next_one_taken),
        CASE(who_gave_nothing_back_twice_is_the_last_for_a_while),
        CASE(who_grows_while_nobody_is_ended_is_ended_all_the_same),
        CASE_END,
};
