/* SPDX-License-Identifier: MIT */
/*
 * What was promised beside what came back: counted by the kernel page by page for the subjects
 * alone, and seen in the real memory of the machine, of which there is no lack.  Others move that
 * number by a GiB a second at times, so nothing is held against it but itself.
 */
#include "cases.h"

#include "group.h"

static double
mib_after(const char *line, const char *word)
{
        const char *at = strstr(line, word);
        char unit[8] = "";
        double size = 0;

        CHECK(at, "%s", line);
        (void)sscanf(at + strlen(word), "%lf %7s", &size, unit);
        return unit[0] == 'K' ? size / 1024 : unit[0] == 'G' ? size * 1024 : size;
}

static bool
is_about(double mib, double other, double tolerance)
{
        return mib >= other - tolerance && mib <= other + tolerance;
}

/* ---- by the kernel's account of a control group ---- */

/*
 * What the kernel counts comes in lots of 64 pages a processor, holds the page tables (1/512 of the
 * pages), the stack in the kernel and a few pages of program text: 3 MiB in all are given for that.
 */
static void
gives_back(const char *words, unsigned n_ready, double mib)
{
        memory_make_up();
        if (!memory_by_group())
                world_not_here("no control group that counts memory");
        struct actor *a = actor_start(words);

        actor_ready(a, n_ready);
        memory_leave(300);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(5);
        memory_leave(80);
        const char *line = guard_says("(subject) ended");
        double real = mib_after(line, "gave back "), promised = mib_after(line, "(predicted ");

        CHECK(is_about(real, mib, 3), "really %.0f and not %.0f: %s", real, mib, line);
        CHECK(is_about(promised, mib, 3), "promised %.0f and not %.0f: %s", promised, mib, line);
        guard_looks(CASES_LOOKS);
        CHECK(guard_said("SIGTERM to ") == 1, "one too many");
}

static void
anonymous_memory_is_given_back_as_promised(void)
{
        gives_back("hold=60 wait", 1, 60);
}

static void
huge_pages_are_given_back_as_promised(void)
{
        gives_back("thp=60 wait", 1, 60);
}

static void
shared_memory_of_one_is_given_back_as_promised(void)
{
        gives_back("shm=60 wait", 1, 60);
}

/* The child shows 25 + 45 MiB and has 45 of its own, more than anybody else. */
static void
of_a_copy_on_write_child_only_its_own_is_promised(void)
{
        gives_back("name=parent hold=25 fork=1 { name=subject hold=45 wait } wait", 2, 45);
}

/* ---- in the real memory ---- */

/* Ends the one subject that there is; it grows until that helps, whatever others do. */
static void
begin_real(void)
{
        char text[256];
        unsigned long mib = (unsigned long)(memory_available_kib() / 1024);

        CHECK(mib > 1024, "less than 1 GiB of memory is available here");
        mib -= 300;
        (void)snprintf(text, sizeof(text),
                       "[memory]\nwarn = %luM\nterm = %luM\nkill = 0%%\nnew_low = 0s\n", mib + 16,
                       mib);
        guard_begin_with(text);
        guard_looks(5);
}

static double
size_mib(const struct actor *a)
{
        char path[32], text[128];
        unsigned long size, resident = 0, shared = 0;

        (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)a->pid);
        FILE *f = fopen(path, "re");

        if (!f)
                return 0;
        while (fgets(text, sizeof(text), f)) {
                if (sscanf(text, "RssAnon: %lu", &size) == 1)
                        resident = size;
                if (sscanf(text, "RssShmem: %lu", &size) == 1)
                        shared = size;
        }
        (void)fclose(f);
        return (double)(resident + shared) / 1024;
}

/*
 * The promise is the size that the process had, give or take what it grew by between two looks of
 * each.  What is said to have come back is nothing that the machine did not show meanwhile.
 */
static void
really_gives_back(const char *words)
{
        char text[64];
        double last = 0, least = 1e9, most = 0;

        (void)snprintf(text, sizeof(text), "wait %s=0:300", words);
        struct actor *hog = actor_start_ready(text);

        begin_real();
        actor_go(hog, 1);
        while (guard_line_of("%d (subject) ended ", (int)hog->pid) < 0) {
                double size = size_mib(hog), available = (double)memory_available_kib() / 1024;

                last = size > 0 ? size : last;
                least = available < least ? available : least;
                most = available > most ? available : most;
                world_pause();
        }
        actor_dies(hog, SIGTERM);
        const char *line = guard_says("%d (subject) ended ", (int)hog->pid);
        double real = mib_after(line, "gave back "), promised = mib_after(line, "(predicted ");

        CHECK(is_about(promised, last, 64 + last / 8), "promised %.0f of %.0f: %s", promised, last,
              line);
        CHECK(real <= most - least + 64, "%.0f came back, but %.0f moved: %s", real, most - least,
              line);
}

static void
a_real_leak_is_ended(void)
{
        really_gives_back("grow");
}

static void
a_real_leak_of_shared_memory_is_ended(void)
{
        really_gives_back("growshm");
}

static void
a_real_leak_of_huge_pages_is_ended(void)
{
        really_gives_back("growthp");
}

const struct system_case cases_real[] = {
        CASE(anonymous_memory_is_given_back_as_promised),
        CASE(huge_pages_are_given_back_as_promised),
        CASE(shared_memory_of_one_is_given_back_as_promised),
        CASE(of_a_copy_on_write_child_only_its_own_is_promised),
        CASE_ALONE(a_real_leak_is_ended),
        CASE_ALONE(a_real_leak_of_shared_memory_is_ended),
        CASE_ALONE(a_real_leak_of_huge_pages_is_ended),
        CASE_END,
};
