/* SPDX-License-Identifier: MIT */
/*
 * The feed: what subscribers hear of what the guard does, what they may ask of it, and that none of
 * them can keep it from its work.
 */
#include "cases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "listener.h"

enum { NOBODY = 65534, SUBSCRIBERS = 16, COMERS = 200 };

#define USUAL LIMITS("110M", "100M", "0%")
#define MIB   1024u

static struct listener *
subscriber(uid_t uid, unsigned wants)
{
        struct listener *l = listener_come(uid);

        CHECK(listener_ask(l, WIRE_OP_SUBSCRIBE, wants) == 0, "not taken: %d", l->rec.error);
        return l;
}

/* ---- events ---- */

static void
a_subscriber_hears_of_the_warning_the_kill_and_its_end(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("name=hog uid=12345 hold=50 wait");

        memory_leave(300);
        guard_begin_with(USUAL);
        struct listener *l = subscriber(NOBODY, WIRE_SUB_EVENTS);

        guard_looks(5);
        memory_leave(105);
        const struct wire_record *r = listener_hears(l, WIRE_WARNING);

        memory_leave(80);
        CHECK(r->state.level >= 2 && r->state.available_kib <= 110 * MIB, "the warning: level %u",
              r->state.level);
        r = listener_hears(l, WIRE_KILLING);
        CHECK(r->process.pid == hog->pid && r->process.sig == SIGTERM, "pid %d", r->process.pid);
        CHECK(r->process.uid == 12345 && strcmp(r->process.name, "hog") == 0, "uid %u, %s",
              r->process.uid, r->process.name);
        CHECK(r->process.size_kib >= 50 * MIB && r->process.size_kib < 60 * MIB, "%llu KiB",
              (unsigned long long)r->process.size_kib);
        CHECK(r->process.score_kib > 0 && r->process.predicted_kib > 0, "no score");
        CHECK(strstr(r->process.consumers, "hog 5"), "consumers: %s", r->process.consumers);
        CHECK(r->state.available_kib <= 100 * MIB && r->state.term_kib == 100 * MIB, "the state");
        CHECK(r->mono_us > 0 && r->wall_us > 0 && r->state.total_kib == 1024 * MIB, "the state");
        r = listener_hears(l, WIRE_KILLED);
        CHECK(r->process.pid == hog->pid && r->process.gone_us > 0, "pid %d", r->process.pid);
        CHECK(r->process.real_kib >= 40 * MIB && r->state.kills == 1,
              "gave back %llu KiB, kills %llu", (unsigned long long)r->process.real_kib,
              (unsigned long long)r->state.kills);
        actor_dies(hog, SIGTERM);
        memory_set(900);
        (void)listener_hears(l, WIRE_RECOVERED);
        CHECK(l->n_dropped == 0, "%u records are lost", l->n_dropped);
}

static void
who_ignores_sigterm_is_told_of_twice(void)
{
        memory_make_up();
        struct actor *deaf = actor_start_ready("ignore hold=50 wait");

        memory_leave(300);
        guard_begin_with(USUAL "[kill]\ngrace = 1s\n");
        struct listener *l = subscriber(0, WIRE_SUB_EVENTS);

        guard_looks(5);
        memory_leave(80);
        (void)listener_hears(l, WIRE_KILLING);
        const struct wire_record *r = listener_hears(l, WIRE_ESCALATED);

        CHECK(r->process.pid == deaf->pid && r->process.term_us >= 900000, "after %llu us",
              (unsigned long long)r->process.term_us);
        r = listener_hears(l, WIRE_KILLED);
        CHECK(r->process.is & WIRE_IS_SIGKILLED, "not said to be");
}

static void
states_and_samples_come_to_who_wants_them(void)
{
        memory_make_up();
        memory_set(500);
        guard_begin_with(USUAL);
        struct listener *states = subscriber(NOBODY, WIRE_SUB_STATE);
        struct listener *samples = subscriber(NOBODY, WIRE_SUB_SAMPLES);

        for (unsigned i = 0; i < 3; i++)
                CHECK(listener_hears(states, WIRE_STATE)->state.available_kib == 500 * MIB,
                      "the state");
        for (unsigned i = 0; i < 10; i++)
                CHECK(strncmp(listener_hears(samples, WIRE_SAMPLE)->text, "s ", 2) == 0,
                      "the sample");
        CHECK(listener_ask(states, WIRE_OP_SUBSCRIBE, 0) == 0, "not taken");
        guard_looks(CASES_LOOKS);
        CHECK(!listener_takes(states), "told although it wants nothing");
        CHECK(listener_ask(states, WIRE_OP_POLICY, 0) == 0, "no policy");
        CHECK(strstr(states->text, "term") && strstr(states->text, "100M"), "policy: %s",
              states->text);
}

static void
a_dry_run_says_so_over_the_feed(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_configure(USUAL);
        guard_begin(&(struct guard_start){ .arg = { "--dry-run" } });
        struct listener *l = subscriber(0, WIRE_SUB_EVENTS);

        guard_looks(5);
        memory_leave(80);
        const struct wire_record *r = listener_hears(l, WIRE_KILLING);

        CHECK(r->process.pid == hog->pid && (r->process.is & WIRE_IS_DRY_RUN), "not said");
        CHECK(r->state.flags & WIRE_FLAG_DRY_RUN, "not said in the state");
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(hog), "it was no dry run");
}

/* ---- candidates ---- */

static void
the_chosen_candidate_is_the_one_that_is_ended(void)
{
        memory_make_up();
        struct actor *dear = actor_start_ready("name=dear hold=80 wait");
        struct actor *small = actor_start_ready("name=small hold=20 wait");
        struct actor *hog = actor_start_ready("name=hog hold=50 wait");

        memory_leave(300);
        guard_begin_with(USUAL "[victim]\nprotect = name:dear\n");
        guard_looks(3);
        struct listener *l = listener_come(NOBODY);

        CHECK(listener_ask(l, WIRE_OP_CANDIDATES, 32) == 0, "no candidates: %d", l->rec.error);
        CHECK(l->n_candidates >= 3, "%u candidates", l->n_candidates);
        const struct wire_process *p = &l->candidate[0].process;

        CHECK(p->pid == hog->pid && (p->is & WIRE_IS_CHOSEN), "the first: %d %s", p->pid, p->name);
        CHECK(l->candidate[1].process.pid == small->pid, "the second: %s",
              l->candidate[1].process.name);
        CHECK(p->score_kib >= l->candidate[1].process.score_kib, "not ranked");
        for (unsigned i = 0; i < l->n_candidates; i++) {
                p = &l->candidate[i].process;
                if (p->pid != dear->pid)
                        continue;
                CHECK(!(p->is & (WIRE_IS_ELIGIBLE | WIRE_IS_CHOSEN)), "the protected one");
                CHECK(strcmp(p->rule, "name:dear") == 0 && strstr(p->place, "guard.conf:"),
                      "its rule: %s in %s", p->rule, p->place);
        }
        CHECK(listener_ask(l, WIRE_OP_CANDIDATES, 1) == 0 && l->n_candidates == 1, "one of them");
        CHECK(listener_ask(l, WIRE_OP_CANDIDATES, 0) == 0 && l->n_candidates == 0, "none of them");
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(dear) && actor_lives(small), "one too many");
}

static void
names_of_others_are_kept_back_where_proc_hides_them(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("name=secret uid=12345 hold=50 wait");

        CHECK(mount(NULL, "/proc", NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                    "hidepid=2") == 0,
              "hidepid: %s", strerror(errno));
        memory_leave(300);
        guard_begin_with(USUAL);
        struct listener *other = subscriber(NOBODY, WIRE_SUB_EVENTS);
        struct listener *owner = subscriber(12345, WIRE_SUB_EVENTS);
        struct listener *root = subscriber(0, WIRE_SUB_EVENTS);

        guard_looks(5);
        CHECK(listener_ask(other, WIRE_OP_CANDIDATES, 32) == 0, "no candidates");
        for (unsigned i = 0; i < other->n_candidates; i++)
                CHECK(other->candidate[i].process.name[0] == '\0', "%s",
                      other->candidate[i].process.name);
        memory_leave(80);
        CHECK(listener_hears(other, WIRE_KILLING)->process.name[0] == '\0', "told to others");
        CHECK(other->rec.process.pid == hog->pid, "not told of at all");
        CHECK(strcmp(listener_hears(owner, WIRE_KILLING)->process.name, "secret") == 0, "owner");
        CHECK(strcmp(listener_hears(root, WIRE_KILLING)->process.name, "secret") == 0, "root");
}

/* ---- commands ---- */

static void
a_pause_stops_killing_and_resume_lets_it_go_on(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_begin_with(USUAL);
        struct listener *l = subscriber(0, WIRE_SUB_EVENTS);

        guard_looks(5);
        CHECK(listener_ask(l, WIRE_OP_PAUSE, 3600) == 0, "not taken: %d", l->rec.error);
        CHECK((l->rec.state.flags & WIRE_FLAG_PAUSED) && l->rec.state.paused_left_us > 3000000000u,
              "not paused");
        (void)guard_says("paused for 3600 s at the request of uid 0: nobody is ended");
        memory_leave(80);
        CHECK(listener_hears(l, WIRE_NOTHING)->cause == 5, "cause %u", l->rec.cause);
        (void)guard_says("nothing is ended: the guard is paused");
        guard_looks(2 * CASES_LOOKS);
        CHECK(actor_lives(hog) && guard_said("SIGTERM") == 0, "somebody was ended");
        CHECK(guard_said("nothing is ended") == 1, "said more than once");
        CHECK(listener_ask(l, WIRE_OP_RESUME, 0) == 0, "not taken: %d", l->rec.error);
        CHECK(l->rec.state.paused_left_us == 0, "still paused");
        actor_dies(hog, SIGTERM);
        CHECK(listener_hears(l, WIRE_KILLED)->process.pid == hog->pid, "not told");
}

static void
a_pause_ends_by_itself(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_begin_with(USUAL);
        struct listener *l = subscriber(0, WIRE_SUB_EVENTS);

        guard_looks(5);
        CHECK(listener_ask(l, WIRE_OP_PAUSE, 2) == 0, "not taken: %d", l->rec.error);
        memory_leave(80);
        (void)listener_hears(l, WIRE_NOTHING);
        actor_dies(hog, SIGTERM);
}

static void
a_reload_over_the_feed_is_in_force_or_says_what_is_wrong(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("name=hog hold=50 wait");
        struct actor *other = actor_start_ready("name=other hold=40 wait");

        memory_leave(130);
        guard_begin_with(USUAL);
        guard_level("watch");
        guard_looks(10);
        struct listener *l = subscriber(0, WIRE_SUB_EVENTS);

        guard_configure(USUAL "[victim]\nmin_size = much\n[nowhere]\nx = 1\n");
        CHECK(listener_ask(l, WIRE_OP_RELOAD, 0) == -EINVAL, "it is taken: %d", l->rec.error);
        CHECK(strstr(l->text, "guard.conf:7: [victim] min_size=much: "), "faults: %s", l->text);
        CHECK(strstr(l->text, "guard.conf:8: "), "faults: %s", l->text);
        (void)guard_says("; the running configuration stays");
        CHECK(listener_ask(l, WIRE_OP_POLICY, 0) == 0 && !strstr(l->text, "much"), "the policy");
        guard_configure(USUAL "[victim]\nprotect = name:hog\n");
        CHECK(listener_ask(l, WIRE_OP_RELOAD, 0) == 0, "it is refused: %d %s", l->rec.error,
              l->text);
        (void)guard_says("reloaded; 1 rules");
        CHECK(listener_ask(l, WIRE_OP_POLICY, 0) == 0 && strstr(l->text, "name:hog"), "policy: %s",
              l->text);
        guard_looks(10);
        memory_leave(80);
        actor_dies(other, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(hog), "the old rules");
}

static void
more_faults_than_anybody_reads_are_counted_and_the_answer_comes(void)
{
        char text[8192] = "[memory]\n";

        memory_make_up();
        memory_set(500);
        guard_begin_with(USUAL);
        struct listener *l = listener_come(0);

        for (unsigned i = 0; i < 300; i++)
                (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "bad%u = 1\n", i);
        guard_configure(text);
        listener_send(l, WIRE_OP_RELOAD, 0);
        (void)guard_says("bad299");
        CHECK(listener_hears(l, WIRE_ANSWER)->error == -EINVAL, "it is taken: %d", l->rec.error);
        CHECK(listener_ask(l, WIRE_OP_RELOAD, 0) == -EINVAL, "it is taken: %d", l->rec.error);
        CHECK(strstr(l->text, "and 268 more, which are in the guard's own log"), "%s", l->text);
        CHECK(l->n_dropped == 0, "%u records are lost", l->n_dropped);
}

/* What the loop knows of anybody from before must not outlive the reload. */
static void
a_reload_while_calm_counts_at_the_next_moment(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("name=hog hold=50 wait");
        struct actor *other = actor_start_ready("name=other hold=40 wait");

        memory_leave(300);
        guard_begin_with(USUAL);
        guard_looks(5);
        struct listener *l = subscriber(0, WIRE_SUB_EVENTS);

        for (unsigned i = 0; i < 2; i++) {
                guard_configure(i ? USUAL "[victim]\nprotect = name:hog\n" : USUAL);
                CHECK(listener_ask(l, WIRE_OP_RELOAD, 0) == 0, "it is refused: %d", l->rec.error);
                guard_looks(3);
        }
        memory_leave(80);
        actor_dies(other, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(hog), "the old rules");
}

static void
who_is_not_root_may_ask_and_not_command(void)
{
        memory_make_up();
        memory_set(500);
        guard_begin_with(USUAL);
        struct listener *l = subscriber(NOBODY, WIRE_SUB_EVENTS);

        CHECK(listener_ask(l, WIRE_OP_STATE, 0) == 0, "the state: %d", l->rec.error);
        CHECK(listener_ask(l, WIRE_OP_CANDIDATES, 5) == 0, "candidates: %d", l->rec.error);
        CHECK(listener_ask(l, WIRE_OP_POLICY, 0) == 0, "the policy: %d", l->rec.error);
        CHECK(listener_ask(l, WIRE_OP_RELOAD, 0) == -EPERM, "reload: %d", l->rec.error);
        CHECK(listener_ask(l, WIRE_OP_PAUSE, 60) == -EPERM, "pause: %d", l->rec.error);
        CHECK(listener_ask(l, WIRE_OP_RESUME, 0) == -EPERM, "resume: %d", l->rec.error);
        CHECK(!(l->rec.state.flags & WIRE_FLAG_PAUSED), "it is paused");
        CHECK(guard_said("reloaded") == 0 && guard_said("paused") == 0, "it was done");
}

/* ---- where it is ---- */

static void
an_unprivileged_guard_has_its_feed_in_the_runtime_folder(void)
{
        memory_make_up();
        memory_set(500);
        CHECK(mkdir(world_path("runtime"), 0700) == 0 &&
                      chown(world_path("runtime"), NOBODY, NOBODY) == 0,
              "%s", strerror(errno));
        CHECK(setenv("XDG_RUNTIME_DIR", world_path("runtime"), 1) == 0, "%s", strerror(errno));
        guard_configure(USUAL);
        guard_begin(&(struct guard_start){ .uid = NOBODY });
        listener_path(world_path("runtime/oomguard/feed"));
        struct listener *l = listener_come(NOBODY);

        CHECK(listener_ask(l, WIRE_OP_PAUSE, 60) == 0, "its owner may not: %d", l->rec.error);
        CHECK(listener_ask(l, WIRE_OP_RESUME, 0) == 0, "its owner may not: %d", l->rec.error);
        /* No place of a guard of his own is kept from him. */
        for (unsigned i = 0; i < 5; i++)
                CHECK(listener_ask(listener_come(NOBODY), WIRE_OP_STATE, 0) == 0, "number %u", i);
        CHECK(access(WIRE_FEED, F_OK) < 0, "and in /run too");
        CHECK(guard_end(SIGTERM) == 0, "not a clean end");
        CHECK(access(world_path("runtime/oomguard/feed"), F_OK) < 0, "it is left behind");
}

static void
without_a_place_for_its_feed_it_says_so_once_and_guards(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_configure(USUAL);
        world_write("precious", "years of work");
        guard_begin(&(struct guard_start){ .arg = { "--feed", world_path("precious") } });
        (void)guard_says("precious: Socket operation on non-socket; oomguardctl and");
        guard_looks(5);
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(guard_said("feed") == 1, "said more than once");
        CHECK(guard_end(SIGTERM) == 0, "not a clean end");
        CHECK(access(world_path("precious"), F_OK) == 0, "what was there is gone");
}

static bool
file_has(const char *name, const char *text)
{
        char all[8192];
        FILE *f = fopen(world_path(name), "re");

        if (!f)
                return false;
        size_t n = fread(all, 1, sizeof(all) - 1, f);

        all[n] = '\0';
        (void)fclose(f);
        return strstr(all, text) != NULL;
}

static void
a_second_guard_does_not_take_the_feed_from_the_first(void)
{
        memory_make_up();
        memory_set(500);
        guard_begin_with(USUAL);
        struct listener *l = subscriber(0, WIRE_SUB_EVENTS);
        pid_t pid = fork();

        if (pid == 0) {
                if (!freopen(world_path("second"), "w", stderr))
                        _exit(98);
                (void)execl(world_guard(), "oomguard", "-c", world_path("guard.conf"), NULL);
                _exit(98);
        }
        AWAIT(file_has("second", "another guard is there"), "the second to say so");
        AWAIT(file_has("second", " guards "), "the second to guard");
        CHECK(listener_ask(l, WIRE_OP_STATE, 0) == 0, "the first does not answer");
        CHECK(kill(pid, SIGTERM) == 0 && waitpid(pid, NULL, 0) == pid, "%s", strerror(errno));
        CHECK(listener_ask(listener_come(0), WIRE_OP_STATE, 0) == 0, "the way is gone");
}

static void
what_a_guard_that_was_killed_left_behind_is_taken_over(void)
{
        memory_make_up();
        memory_set(500);
        guard_begin_with(USUAL);
        CHECK(listener_ask(listener_come(0), WIRE_OP_STATE, 0) == 0, "no feed");
        CHECK(guard_end(SIGKILL) == -1, "an end of its own");
        CHECK(access(WIRE_FEED, F_OK) == 0, "nothing is left behind");
        guard_begin_with(USUAL);
        CHECK(listener_ask(listener_come(0), WIRE_OP_STATE, 0) == 0, "no feed");
        CHECK(guard_said("feed") == 0, "said too much");
}

/* ---- those that do not behave ---- */

static void
sixteen_that_do_not_read_stop_nothing_and_are_told_what_they_lost(void)
{
        struct listener *deaf[SUBSCRIBERS];
        struct actor *hog[3];

        memory_make_up();
        for (unsigned i = 0; i < 3; i++)
                hog[i] = actor_start_ready(i == 0 ? "hold=50 wait" : "hold=40 wait");
        memory_leave(300);
        guard_begin_with(USUAL);
        for (unsigned i = 0; i < SUBSCRIBERS; i++)
                deaf[i] = subscriber(0, WIRE_SUB_ALL);
        /* More than any queue holds. */
        guard_looks(150);
        memory_leave(80);
        actor_dies(hog[0], SIGTERM);
        (void)guard_says("%d (subject) ended ", (int)hog[0]->pid);
        memory_leave(300);
        for (unsigned i = 0; i < SUBSCRIBERS; i++) {
                while (listener_takes(deaf[i]))
                        ;
                CHECK(listener_ask(deaf[i], WIRE_OP_STATE, 0) == 0, "not answered");
                CHECK(deaf[i]->n_dropped > 0, "nothing was lost, or it is not told");
        }
        guard_looks(5);
        memory_leave(80);
        for (unsigned i = 0; i < SUBSCRIBERS; i++)
                (void)listener_hears(deaf[i], WIRE_KILLED);
        guard_looks(CASES_LOOKS);
        CHECK(guard_said("are lost") == 0, "the loop had to drop records");
}

static void
two_hundred_that_come_and_go_leave_nothing_open(void)
{
        memory_make_up();
        memory_set(500);
        guard_begin_with(USUAL);
        struct listener *l = listener_come(0);

        CHECK(listener_ask(l, WIRE_OP_STATE, 0) == 0, "no feed");
        guard_looks(5);
        unsigned before = guard_descriptors(), served = 0;

        for (unsigned i = 0; i < COMERS; i++) {
                struct listener *one = listener_come(i % 2 ? NOBODY : 0);

                if (i % 3 == 0)
                        served += listener_offers(one, WIRE_OP_SUBSCRIBE, WIRE_SUB_ALL) ? 1 : 0;
                if (i % 5 == 0)
                        (void)send(one->fd, "rubbish", 7, MSG_NOSIGNAL);
                listener_go(one);
        }
        AWAIT(guard_descriptors() == before, "%u descriptors, there are %u", before,
              guard_descriptors());
        CHECK(served > 0, "nobody was let in");
        CHECK(listener_ask(l, WIRE_OP_STATE, 0) == 0, "no feed any more");
}

/* ---- the kernel was first ---- */

static void
kernel_has_killed(unsigned n)
{
        int fd = open(world_path("vmstat"), O_RDWR | O_CLOEXEC);
        char text[4096] = "", digits[16];

        CHECK(fd >= 0 && pread(fd, text, sizeof(text) - 1, 0) > 0, "vmstat: %s", strerror(errno));
        const char *at = strstr(text, "\noom_kill ");

        CHECK(at, "there is none in vmstat");
        (void)snprintf(digits, sizeof(digits), "%08u", n);
        CHECK(pwrite(fd, digits, 8, at - text + 10) == 8, "vmstat: %s", strerror(errno));
        (void)close(fd);
}

static void
what_the_kernel_ends_counts_as_missed_only_while_memory_is_low(void)
{
        memory_make_up();
        memory_set(500);
        kernel_has_killed(4711);
        guard_begin_with(LIMITS("200M", "100M", "0%"));
        struct listener *l = subscriber(NOBODY, WIRE_SUB_EVENTS);

        guard_looks(CASES_LOOKS);
        CHECK(guard_said("OOM killer") == 0, "what was before it is told");
        kernel_has_killed(4713);
        CHECK(listener_hears(l, WIRE_KERNEL_KILL)->state.missed == 0, "counted");
        (void)guard_says("the kernel's OOM killer has ended 2 processes, although 500 MiB");
        /* More of them, not told for a while, are no others when memory gets low meanwhile. */
        kernel_has_killed(4750);
        guard_looks(2 * CASES_LOOKS);
        memory_set(150);
        (void)listener_hears(l, WIRE_WARNING);
        kernel_has_killed(4751);
        CHECK(listener_hears(l, WIRE_KERNEL_KILL)->state.missed == 1, "missed %llu",
              (unsigned long long)l->rec.state.missed);
        (void)guard_says("the kernel's OOM killer has ended 1 process before the guard could: ");
        CHECK(listener_ask(l, WIRE_OP_STATE, 0) == 0 && l->rec.state.missed == 1, "forgotten");
}

const struct system_case cases_feed[] = {
        CASE(a_subscriber_hears_of_the_warning_the_kill_and_its_end),
        CASE(who_ignores_sigterm_is_told_of_twice),
        CASE(states_and_samples_come_to_who_wants_them),
        CASE(a_dry_run_says_so_over_the_feed),
        CASE(the_chosen_candidate_is_the_one_that_is_ended),
        CASE(names_of_others_are_kept_back_where_proc_hides_them),
        CASE(a_pause_stops_killing_and_resume_lets_it_go_on),
        CASE(a_pause_ends_by_itself),
        CASE(a_reload_over_the_feed_is_in_force_or_says_what_is_wrong),
        CASE(more_faults_than_anybody_reads_are_counted_and_the_answer_comes),
        CASE(a_reload_while_calm_counts_at_the_next_moment),
        CASE(who_is_not_root_may_ask_and_not_command),
        CASE(an_unprivileged_guard_has_its_feed_in_the_runtime_folder),
        CASE(without_a_place_for_its_feed_it_says_so_once_and_guards),
        CASE(a_second_guard_does_not_take_the_feed_from_the_first),
        CASE(what_a_guard_that_was_killed_left_behind_is_taken_over),
        CASE(sixteen_that_do_not_read_stop_nothing_and_are_told_what_they_lost),
        CASE(two_hundred_that_come_and_go_leave_nothing_open),
        CASE(what_the_kernel_ends_counts_as_missed_only_while_memory_is_low),
        CASE_END,
};
