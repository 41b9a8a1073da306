/* SPDX-License-Identifier: MIT */
/*
 * The ballast in the running guard: memory that it holds from WATCH on, and gives back with a
 * SIGKILL where memory is at its end, so that whoever had it can end.
 */
#include "cases.h"

#include <sys/mman.h>

#include "../../ballast.h"

/* Neighbours that the kernel shows as one mapping with it may move by this. */
enum { HELD_KIB = BALLAST_BYTES / 1024, SLACK_KIB = 256, MAPPINGS_MAX = 512 };

/* The anonymous memory of each mapping.  Of the process as a whole it would not do: a sanitizer's
 * shadow moves by megabytes. */
struct mappings {
        unsigned n;
        struct mapping {
                unsigned long begin, kib;
        } m[MAPPINGS_MAX];
};

static struct mappings calm;
static unsigned long ballast_begin;

/* smaps counts page by page: status may be wrong by some pages a processor. */
static void
look_at_mappings(struct mappings *ret)
{
        unsigned long begin, end, kib;
        char path[64], line[512];

        (void)snprintf(path, sizeof(path), "/proc/%d/smaps", (int)guard_pid());
        FILE *f = fopen(path, "re");

        CHECK(f, "%s cannot be read", path);
        ret->n = 0;
        while (fgets(line, sizeof(line), f)) {
                if (sscanf(line, "%lx-%lx ", &begin, &end) == 2) {
                        CHECK(ret->n < MAPPINGS_MAX, "%s has more mappings", path);
                        ret->m[ret->n++] = (struct mapping){ .begin = begin };
                } else if (sscanf(line, "Anonymous: %lu", &kib) == 1 && ret->n > 0) {
                        ret->m[ret->n - 1].kib = kib;
                }
        }
        (void)fclose(f);
}

static unsigned long
kib_at(const struct mappings *ms, unsigned long begin)
{
        for (unsigned i = 0; i < ms->n; i++)
                if (ms->m[i].begin == begin)
                        return ms->m[i].kib;
        return 0;
}

static bool
has_grown_by_it(const struct mapping *m)
{
        unsigned long was = kib_at(&calm, m->begin);

        return m->kib >= was + HELD_KIB && m->kib <= was + HELD_KIB + SLACK_KIB;
}

static bool
is_held(void)
{
        struct mappings now;

        look_at_mappings(&now);
        for (unsigned i = 0; i < now.n; i++)
                if (has_grown_by_it(&now.m[i])) {
                        ballast_begin = now.m[i].begin;
                        return true;
                }
        return false;
}

static bool
is_given_back(void)
{
        struct mappings now;

        look_at_mappings(&now);
        return kib_at(&now, ballast_begin) <= kib_at(&calm, ballast_begin) + SLACK_KIB;
}

static void
needs_a_kernel_for_it(void)
{
        void *page = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (page == MAP_FAILED || madvise(page, 1, MADV_DONTNEED_LOCKED) < 0)
                world_not_here("the kernel cannot take locked memory back (before Linux 5.18)");
}

/* Memory is going: it is held. */
static void
watch(const char *configuration)
{
        needs_a_kernel_for_it();
        memory_leave(300);
        guard_begin_with(configuration);
        guard_looks(5);
        look_at_mappings(&calm);
        memory_leave(180);
        guard_level("watch");
        AWAIT(is_held(), "the ballast to be held");
}

static void
the_ballast_is_given_back_with_sigkill_at_the_end_of_memory(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        watch(LIMITS("130M", "100M", "70M"));
        /* What it leaves is no more than WARN, where nothing else gives the ballast back. */
        memory_leave(60);
        actor_dies(hog, SIGKILL);
        AWAIT(is_given_back(), "the ballast to be given back");
        guard_looks(CASES_LOOKS);
        CHECK(is_given_back(), "held again while memory is low");
}

static void
the_ballast_is_given_back_when_sigterm_was_not_enough(void)
{
        memory_make_up();
        struct actor *deaf = actor_start_ready("ignore hold=50 wait");

        watch(LIMITS("130M", "100M", "70M") "[kill]\ngrace = 60s\n");
        memory_leave(85);
        (void)guard_says("SIGTERM to %d ", (int)deaf->pid);
        guard_looks(CASES_LOOKS);
        CHECK(is_held(), "given back with SIGTERM");
        memory_leave(60);
        actor_dies(deaf, SIGKILL);
        AWAIT(is_given_back(), "the ballast to be given back");
}

static void
the_ballast_stays_at_a_sigkill_with_memory_left(void)
{
        memory_make_up();
        struct actor *deaf = actor_start_ready("ignore hold=50 wait");

        watch(LIMITS("130M", "100M", "30M") "[kill]\ngrace = 500ms\n");
        memory_leave(75);
        actor_dies(deaf, SIGKILL);
        (void)guard_says("after SIGTERM (SIGKILL was needed)");
        guard_looks(CASES_LOOKS);
        CHECK(is_held(), "given back");
}

static void
the_ballast_is_given_back_when_memory_has_recovered(void)
{
        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        watch(LIMITS("130M", "100M", "70M"));
        memory_leave(300);
        guard_level("calm");
        AWAIT(is_given_back(), "the ballast to be given back");
        CHECK(actor_lives(hog), "it was ended");
}

const struct system_case cases_ballast[] = {
        CASE(the_ballast_is_given_back_with_sigkill_at_the_end_of_memory),
        CASE(the_ballast_is_given_back_when_sigterm_was_not_enough),
        CASE(the_ballast_stays_at_a_sigkill_with_memory_left),
        CASE(the_ballast_is_given_back_when_memory_has_recovered),
        CASE_END,
};
