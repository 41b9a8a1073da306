/* SPDX-License-Identifier: MIT */
/*
 * The command line, signals to the guard itself, reload, the trace, and what its lines look like.
 */
#include "cases.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- once and out ---- */

/* Exit status of the guard with these words; what it wrote is in the files `out` and `err`. */
static int
exit_of(const char *words)
{
        char text[256], *rest = NULL;
        const char *arg[16] = { NULL };
        unsigned n = 0;

        (void)snprintf(text, sizeof(text), "%s", words);
        for (char *w = strtok_r(text, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
                arg[n++] = w;
        return guard_run(arg, "out", "err");
}

static long
size_of(const char *name)
{
        FILE *f = fopen(world_path(name), "re");

        CHECK(f && fseek(f, 0, SEEK_END) == 0, "%s: %s", name, strerror(errno));
        long size = ftell(f);

        (void)fclose(f);
        return size;
}

static void
wrong_usage_ends_with_two(void)
{
        static const char *const wrong[] = { "--no-such-thing", "-x",          "word",        "-c",
                                             "--record",        "--dry-run=1", "--check word" };

        for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                CHECK(exit_of(wrong[i]) == 2, "%s is taken", wrong[i]);
                CHECK(size_of("err") > 0 && size_of("out") == 0, "%s: not told", wrong[i]);
        }
}

static void
help_and_version_end_with_zero(void)
{
        static const char *const right[] = { "--help", "-h", "--version", "-V" };

        for (unsigned i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
                CHECK(exit_of(right[i]) == 0, "%s is not taken", right[i]);
                CHECK(size_of("out") > 0 && size_of("err") == 0, "%s: not told", right[i]);
        }
}

static bool
file_has(const char *name, const char *text)
{
        char all[65536];
        FILE *f = fopen(world_path(name), "re");

        CHECK(f, "%s: %s", name, strerror(errno));
        size_t n = fread(all, 1, sizeof(all) - 1, f);

        all[n] = '\0';
        (void)fclose(f);
        return strstr(all, text) != NULL;
}

static int
check_of(const char *name)
{
        char words[WORLD_PATH_MAX + 16];

        (void)snprintf(words, sizeof(words), "--check -c %s", world_path(name));
        return exit_of(words);
}

static void
a_faulty_configuration_is_not_started_with(void)
{
        char words[WORLD_PATH_MAX + 16];

        world_write("bad.conf", "[memory]\nterm = banana\n\n[nowhere]\nx = 1\n");
        CHECK(check_of("bad.conf") == 1, "it is taken");
        CHECK(file_has("err", "bad.conf:2: [memory] term=banana: "), "the first fault");
        CHECK(file_has("err", "bad.conf:4: "), "the second fault");
        (void)snprintf(words, sizeof(words), "-c %s", world_path("bad.conf"));
        CHECK(exit_of(words) == 78, "it is started with");
        CHECK(file_has("err", "not started"), "not told");
        (void)snprintf(words, sizeof(words), "-c %s", world_path("missing.conf"));
        CHECK(exit_of(words) == 78, "it is started without");
}

static void
what_check_prints_reads_back_the_same(void)
{
        world_write("one.conf",
                    "[memory]\nwarn = 12.34%%, 900M\nterm = 7%%\nkill = 100M\nnew_low = 1500ms\n"
                    "[swap]\nterm = 0%%\n[pressure]\nterm = 12%%\nwindow = 3s\n"
                    "[victim]\nprotect = name:a b*\nprotect = exe:*/c\navoid = user:nobody\n"
                    "prefer = cmdline:*d?[ef]\nmin_size = 3M\n[kill]\ngrace = 7s\n");
        CHECK(check_of("one.conf") == 0 && size_of("err") == 0, "it is refused");
        CHECK(rename(world_path("out"), world_path("two.conf")) == 0, "%s", strerror(errno));
        CHECK(check_of("two.conf") == 0 && size_of("err") == 0, "what it printed is refused");
        CHECK(size_of("two.conf") > 0 && size_of("two.conf") == size_of("out"), "not the same");
        FILE *a = fopen(world_path("two.conf"), "re"), *b = fopen(world_path("out"), "re");
        int byte;

        CHECK(a && b, "%s", strerror(errno));
        while ((byte = fgetc(a)) != EOF)
                CHECK(byte == fgetc(b), "not the same at byte %ld", ftell(a));
        CHECK(file_has("out", "12.34%") && file_has("out", "name:a b*"), "something is missing");
}

/* ---- signals to the guard ---- */

static void
sigterm_ends_it_cleanly(void)
{
        memory_make_up();
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(3);
        CHECK(guard_end(SIGTERM) == 0, "not a clean end");
        (void)guard_says("ending on signal 15");
}

static void
sigint_ends_it_cleanly_with_somebody_in_flight(void)
{
        memory_make_up();
        struct actor *deaf = actor_start_ready("ignore hold=50 wait");

        memory_leave(80);
        guard_begin_with(LIMITS("110M", "100M", "0%") "[kill]\ngrace = 60s\n");
        (void)guard_says("SIGTERM to %d ", (int)deaf->pid);
        CHECK(guard_end(SIGINT) == 0, "not a clean end");
        (void)guard_says("ending on signal 2");
        CHECK(actor_lives(deaf), "it was ended");
}

static void
a_good_reload_is_in_force(void)
{
        memory_make_up();
        struct actor *precious = actor_start_ready("name=precious hold=50 wait");
        struct actor *other = actor_start_ready("hold=40 wait");

        memory_leave(130);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_level("watch");
        guard_looks(10);
        guard_configure(LIMITS("110M", "95M", "0%") "[victim]\nprotect = name:precious\n");
        CHECK(kill(guard_pid(), SIGHUP) == 0, "%s", strerror(errno));
        (void)guard_says("reloaded; 1 rules");
        guard_looks(10);
        /* The old limit has been reached, but not the new one. */
        memory_leave(98);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other) && guard_said("SIG") == 0, "the old limit");
        memory_leave(80);
        actor_dies(other, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(precious), "the old rules");
}

static void
a_bad_reload_changes_nothing(void)
{
        memory_make_up();
        struct actor *precious = actor_start_ready("name=precious hold=50 wait");
        struct actor *other = actor_start_ready("hold=40 wait");

        memory_leave(300);
        guard_begin_with(LIMITS("110M", "100M", "0%") "[victim]\nprotect = name:precious\n");
        guard_looks(5);
        guard_configure(LIMITS("50M", "49M", "0%") "[victim]\nmin_size = much\n");
        CHECK(kill(guard_pid(), SIGHUP) == 0, "%s", strerror(errno));
        const char *line = guard_says("guard.conf:7: [victim] min_size=much: ");

        CHECK(strstr(line, "; the running configuration stays"), "%s", line);
        CHECK(guard_said("reloaded") == 0, "said too much");
        guard_looks(5);
        memory_leave(80);
        actor_dies(other, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(precious), "the rules have changed");
}

/* ---- what it writes ---- */

static void
a_trace_holds_what_was_seen_and_done(void)
{
        char line[4096];
        bool act = false, said = false;

        memory_make_up();
        struct actor *hog = actor_start_ready("hold=50 wait");

        memory_leave(300);
        guard_begin_with(LIMITS("110M", "100M", "0%"));
        guard_looks(5);
        memory_leave(80);
        actor_dies(hog, SIGTERM);
        guard_looks(5);
        CHECK(guard_end(SIGTERM) == 0, "not a clean end");
        FILE *f = fopen(world_path("trace"), "re");

        CHECK(f && fgets(line, sizeof(line), f), "no trace");
        CHECK(strcmp(line, "oomguard trace 1\n") == 0, "begins with %s", line);
        while (fgets(line, sizeof(line), f)) {
                act |= strncmp(line, "s ", 2) == 0 && strstr(line, " term term low\n");
                said |= strncmp(line, "# SIGTERM to ", 13) == 0;
        }
        (void)fclose(f);
        CHECK(act, "the verdict is not in it");
        CHECK(said, "the signal is not in it");
}

static void
what_it_says_is_one_clean_line(const char *line)
{
        for (const char *c = line; *c; c++)
                CHECK((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f, "byte %02x in: %s",
                      (unsigned char)*c, line);
}

static void
hostile_names_are_washed(void)
{
        static const struct {
                const char *name, *shown;
        } who[] = {
                { "a)%20Z%201%20(b", "(a) Z 1 (b)" },
                { "x%0aUid:%090%090", "(x?Uid:?0?0)" },
                { "%1b[31mred%07", "(?[31mred?)" },
                { "%ff%fe%c3%28%9b1m", "(??"
                                       "?(?1m)" },
                { "%0a<0>forged", "(?<0>forged)" },
        };
        enum { N = sizeof(who) / sizeof(who[0]) };
        struct actor *a[N];

        memory_make_up();
        for (unsigned i = 0; i < N; i++) {
                char words[96];

                (void)snprintf(words, sizeof(words), "uid=12345 name=%s hold=%u wait", who[i].name,
                               50 - i);
                a[i] = actor_start_ready(words);
        }
        memory_leave(400);
        guard_begin_with(LIMITS("285M", "280M", "0%"));
        guard_looks(5);
        memory_leave(55);
        for (unsigned i = 0; i < N; i++) {
                actor_dies(a[i], SIGTERM);
                what_it_says_is_one_clean_line(
                        guard_says("SIGTERM to %d %s, uid 12345, ", (int)a[i]->pid, who[i].shown));
                what_it_says_is_one_clean_line(
                        guard_says("%d %s ended ", (int)a[i]->pid, who[i].shown));
        }
}

const struct system_case cases_command[] = {
        CASE(wrong_usage_ends_with_two),
        CASE(help_and_version_end_with_zero),
        CASE(a_faulty_configuration_is_not_started_with),
        CASE(what_check_prints_reads_back_the_same),
        CASE(sigterm_ends_it_cleanly),
        CASE(sigint_ends_it_cleanly_with_somebody_in_flight),
        CASE(a_good_reload_is_in_force),
        CASE(a_bad_reload_changes_nothing),
        CASE(a_trace_holds_what_was_seen_and_done),
        CASE(hostile_names_are_washed),
        CASE_END,
};
