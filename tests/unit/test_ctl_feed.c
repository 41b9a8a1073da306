/* SPDX-License-Identifier: MIT */
/*
 * The commands that talk to a guard, against a feed that answers well, badly or not at all: what
 * they ask for, what they print, and what they return.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "fake_feed.h"
#include "trace.h"
#include "ctl_views.h"

static struct fake_feed feed;
static char *out, *err;
static size_t out_len, err_len;
static bool json;
static const char *feed_path; /* what --feed says */

static int
reset(void **state)
{
        (void)state;
        feed = (struct fake_feed){ .state = views_calm() };
        feed_path = feed.path;
        json = false;
        return 0;
}

/* Runs a command; what it wrote is in out and err. */
static int
run(ctl_command_fn command, char *a0, char *a1, char *a2, char *a3, char *a4)
{
        char *argv[] = { a0, a1, a2, a3, a4, NULL };
        struct ctl ctl = { .json = json, .columns = 80, .feed = feed_path, .root = "" };
        int argc = 0, r;

        while (argv[argc])
                argc++;
        free(out);
        free(err);
        ctl.out = open_memstream(&out, &out_len);
        ctl.err = open_memstream(&err, &err_len);
        assert_true(ctl.out && ctl.err);
        r = command(&ctl, argc, argv);
        (void)fclose(ctl.out);
        (void)fclose(ctl.err);
        return r;
}

static char word_status[] = "status", word_rank[] = "rank", word_explain[] = "explain";
static char word_pause[] = "pause", word_resume[] = "resume", word_reload[] = "reload";
static char word_record[] = "record";

static void
status_shows_what_the_guard_says(void **state)
{
        (void)state;
        feed.state.kills = 5;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_status, word_status, NULL, NULL, NULL, NULL), CTL_OK);
        fake_feed_close(&feed);
        assert_int_equal(feed.n_heard, 1);
        assert_int_equal(feed.last[0].op, WIRE_OP_STATE);
        assert_non_null(strstr(out, "oomguard 1.2.3: calm"));
        assert_non_null(strstr(out, "5 processes were ended"));
        assert_non_null(strstr(out, "another version"));
        assert_string_equal(err, "");
}

static void
rank_shows_as_many_as_are_asked_for(void **state)
{
        static struct wire_process p[VIEWS_PROCESSES];
        static char n[] = "-n", two[] = "2";

        (void)state;
        views_processes(p);
        feed.process = p;
        feed.n_processes = VIEWS_PROCESSES;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_rank, word_rank, n, two, NULL, NULL), CTL_OK);
        assert_non_null(strstr(out, "4711 (runaway) would be ended"));
        assert_non_null(strstr(out, "firefox"));
        assert_null(strstr(out, "chrome"));
        json = true;
        assert_int_equal(run(ctl_rank, word_rank, NULL, NULL, NULL, NULL), CTL_OK);
        fake_feed_close(&feed);
        assert_int_equal(feed.last[1].op, WIRE_OP_CANDIDATES);
        assert_int_equal(feed.last[1].arg, 2);
        assert_int_equal(feed.last[3].arg, 10);
        assert_non_null(strstr(out, "\"n_chosen\":1"));
}

static void
explain_finds_a_process_by_its_number_and_by_its_name(void **state)
{
        struct wire_process p = views_process(getpid(), "test_ctl_feed", 7 * GIB);
        char pid[16], name[PROC_NAME_MAX] = { 0 };
        FILE *comm = fopen("/proc/self/comm", "re");

        (void)state;
        assert_non_null(comm);
        assert_non_null(fgets(name, sizeof(name), comm));
        (void)fclose(comm);
        name[strcspn(name, "\n")] = '\0';
        views_text(p.name, sizeof(p.name), name);
        p.is |= WIRE_IS_CHOSEN;
        (void)snprintf(pid, sizeof(pid), "%d", getpid());
        feed.process = &p;
        feed.n_processes = 1;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_explain, word_explain, pid, NULL, NULL, NULL), CTL_OK);
        assert_non_null(strstr(out, name));
        assert_non_null(strstr(out, "it would be ended"));
        assert_non_null(strstr(out, "7.0 GiB"));
        fake_feed_close(&feed);
}

static void
explain_says_that_there_is_no_such_process(void **state)
{
        static char nobody[] = "no such name", number[] = "4194304", dash[] = "-x";

        (void)state;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_explain, word_explain, nobody, NULL, NULL, NULL), CTL_NO);
        assert_string_equal(err, "oomguardctl: explain: no process has the number or the name `no "
                                 "such name`\n");
        assert_int_equal(run(ctl_explain, word_explain, number, NULL, NULL, NULL), CTL_NO);
        assert_int_equal(run(ctl_explain, word_explain, NULL, NULL, NULL, NULL), CTL_USAGE);
        assert_int_equal(run(ctl_explain, word_explain, dash, NULL, NULL, NULL), CTL_USAGE);
        fake_feed_close(&feed);
}

/* ---- commands to the guard ---- */

static void
pause_resume_and_reload_reach_the_guard(void **state)
{
        static char time[] = "90s";

        (void)state;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_pause, word_pause, time, NULL, NULL, NULL), CTL_OK);
        assert_non_null(strstr(out, "Paused for 1 min 30 s"));
        assert_int_equal(run(ctl_pause, word_pause, NULL, NULL, NULL, NULL), CTL_OK);
        assert_int_equal(run(ctl_resume, word_resume, NULL, NULL, NULL, NULL), CTL_OK);
        assert_int_equal(run(ctl_reload, word_reload, NULL, NULL, NULL, NULL), CTL_OK);
        json = true;
        assert_int_equal(run(ctl_resume, word_resume, NULL, NULL, NULL, NULL), CTL_OK);
        assert_string_equal(out, "{\"command\":\"resume\",\"done\":true,\"faults\":[]}\n");
        fake_feed_close(&feed);
        assert_int_equal(feed.last[0].op, WIRE_OP_PAUSE);
        assert_int_equal(feed.last[0].arg, 90);
        assert_int_equal(feed.last[1].arg, 600);
        assert_int_equal(feed.last[2].op, WIRE_OP_RESUME);
        assert_int_equal(feed.last[3].op, WIRE_OP_RELOAD);
        assert_int_equal(feed.n_heard, 5);
}

static void
pause_refuses_what_is_no_time_without_asking_anybody(void **state)
{
        static char bad[][8] = { "0", "0s", "-5s", "25h", "soon", "" };

        (void)state;
        fake_feed_open(&feed);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(run(ctl_pause, word_pause, bad[i], NULL, NULL, NULL), CTL_USAGE);
        assert_int_equal(run(ctl_resume, word_resume, bad[0], NULL, NULL, NULL), CTL_USAGE);
        fake_feed_close(&feed);
        assert_int_equal(feed.n_heard, 0);
}

static void
reload_tells_each_fault(void **state)
{
        static const char *const faults[] = { "/etc/a.conf:3: [memory] warn=x: no \"size\"",
                                              "/etc/a.conf:4: \033[1m", NULL };

        (void)state;
        feed.error = -EINVAL;
        feed.text = faults;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_reload, word_reload, NULL, NULL, NULL, NULL), CTL_NO);
        assert_string_equal(err, "oomguardctl: /etc/a.conf:3: [memory] warn=x: no \"size\"\n"
                                 "oomguardctl: /etc/a.conf:4: ?[1m\n"
                                 "oomguardctl: the running configuration stays\n");
        json = true;
        assert_int_equal(run(ctl_reload, word_reload, NULL, NULL, NULL, NULL), CTL_NO);
        assert_string_equal(out, "{\"command\":\"reload\",\"done\":false,\"faults\":[\"/etc/a.conf:"
                                 "3: [memory] warn=x: no \\\"size\\\"\",\"/etc/a.conf:4: ?[1m\"]}"
                                 "\n");
        fake_feed_close(&feed);
}

static void
who_is_not_root_is_told_so(void **state)
{
        (void)state;
        feed.error = -EPERM;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_pause, word_pause, NULL, NULL, NULL, NULL), CTL_NOT_ROOT);
        assert_non_null(strstr(err, "sudo oomguardctl pause"));
        assert_int_equal(run(ctl_reload, word_reload, NULL, NULL, NULL, NULL), CTL_NOT_ROOT);
        fake_feed_close(&feed);
}

/* ---- no guard ---- */

static void
a_feed_that_was_asked_for_has_to_be_there(void **state)
{
        static char time[] = "-t", second[] = "1s", to[] = "-o", null[] = "/dev/null";

        (void)state;
        feed_path = "/nowhere/feed";
        assert_int_equal(run(ctl_status, word_status, NULL, NULL, NULL, NULL), CTL_FAILED);
        assert_non_null(strstr(err, "/nowhere/feed: No such file or directory"));
        assert_int_equal(run(ctl_rank, word_rank, NULL, NULL, NULL, NULL), CTL_FAILED);
        assert_int_equal(run(ctl_pause, word_pause, NULL, NULL, NULL, NULL), CTL_FAILED);
        assert_int_equal(run(ctl_resume, word_resume, NULL, NULL, NULL, NULL), CTL_FAILED);
        assert_int_equal(run(ctl_reload, word_reload, NULL, NULL, NULL, NULL), CTL_FAILED);
        assert_int_equal(run(ctl_record, word_record, time, second, to, null), CTL_FAILED);
        assert_string_equal(out, "");
}

static void
a_feed_that_is_no_guards_is_not_believed(void **state)
{
        (void)state;
        feed.closes = true;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_status, word_status, NULL, NULL, NULL, NULL), CTL_FAILED);
        assert_non_null(strstr(err, "no place for another asker"));
        fake_feed_close(&feed);
        feed.closes = false;
        feed.garbles = true;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_status, word_status, NULL, NULL, NULL, NULL), CTL_FAILED);
        assert_non_null(strstr(err, "does not speak this version's language"));
        assert_int_equal(run(ctl_rank, word_rank, NULL, NULL, NULL, NULL), CTL_FAILED);
        fake_feed_close(&feed);
        feed.garbles = false;
        feed.error = -EAGAIN;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_rank, word_rank, NULL, NULL, NULL, NULL), CTL_FAILED);
        assert_non_null(strstr(err, "does not answer in time"));
        fake_feed_close(&feed);
}

/* ---- record ---- */

static void
sample(struct wire_record *rec, const char *line)
{
        wire_begin(rec, WIRE_SAMPLE);
        rec->state = views_calm();
        (void)snprintf(rec->text, sizeof(rec->text), "%s\n", line);
}

/* What the command wrote in a second of a feed that says this. */
static void
record_second(char *ret, size_t size)
{
        static const char *const policy[] = { "[memory]\nwarn = 1", "0%\n", NULL };
        static char time[] = "-t", second[] = "1s", to[] = "-o";
        char path[64] = "/tmp/oomguard-XXXXXX";
        int fd = mkstemp(path);
        ssize_t n;

        assert_true(fd >= 0);
        feed.text = policy;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_record, word_record, time, second, to, path), CTL_OK);
        fake_feed_close(&feed);
        n = read(fd, ret, size - 1);
        assert_true(n > 0);
        ret[n] = '\0';
        (void)close(fd);
        (void)unlink(path);
}

#define HEAD TRACE_MAGIC "\n[memory]\nwarn = 10%\n"

static void
record_writes_head_samples_and_what_happened(void **state)
{
        static struct wire_record then[2], later[4];
        char text[2048];

        (void)state;
        sample(&then[0], "s 1");
        sample(&then[1], "s 2");
        sample(&later[0], "s 3");
        later[0].dropped = 3;
        wire_begin(&later[1], WIRE_RECOVERED);
        later[1].state = views_calm();
        wire_begin(&later[2], WIRE_RELOADED);
        later[2].state = views_calm();
        sample(&later[3], "s 4");
        feed.then = then;
        feed.n_then = 2;
        feed.later = later;
        feed.n_later = 4;
        record_second(text, sizeof(text));
        /* what came while the policy was asked for stands behind it, at first and after a reload */
        assert_string_equal(text,
                            HEAD "s 1\ns 2\n# 3 records are lost here\ns 3\n"
                                 "# memory has recovered: 10.2 GiB available, 3.0 GiB of swap "
                                 "free\n# the configuration was read again and is in force\n" HEAD
                                 "s 4\n");
        assert_string_equal(strstr(err, "4 looks") ? "4 looks" : err, "4 looks");
        assert_non_null(strstr(err, "3 are lost"));
        assert_int_equal(feed.last[0].op, WIRE_OP_SUBSCRIBE);
        assert_int_equal(feed.last[0].arg, WIRE_SUB_SAMPLES);
}

static void
record_asks_again_when_the_policy_may_be_torn_or_old(void **state)
{
        static struct wire_record then[3];
        char text[2048];

        (void)state;
        sample(&then[0], "s 1");
        wire_begin(&then[1], WIRE_RELOADED);
        then[1].state = views_calm();
        sample(&then[2], "s 2");
        then[2].dropped = 1;
        feed.then = then;
        feed.n_then = 3;
        record_second(text, sizeof(text));
        assert_string_equal(text, HEAD "# the configuration was read again and is in force\n"
                                       "# 1 records are lost here\ns 2\n");
        assert_int_equal(feed.n_heard, 3);
        assert_non_null(strstr(err, "1 look in"));
}

static void
record_says_where_it_cannot_write(void **state)
{
        static char time[] = "-t", second[] = "1s", to[] = "-o", nowhere[] = "/nowhere/x";
        static char full[] = "/dev/full", bad[] = "soon";
        static const char *const policy[] = { "[memory]\n", NULL };

        (void)state;
        feed.text = policy;
        fake_feed_open(&feed);
        assert_int_equal(run(ctl_record, word_record, time, second, to, nowhere), CTL_FAILED);
        assert_non_null(strstr(err, "/nowhere/x: No such file or directory"));
        assert_int_equal(run(ctl_record, word_record, time, second, to, full), CTL_FAILED);
        assert_non_null(strstr(err, "/dev/full: No space left on device"));
        assert_int_equal(run(ctl_record, word_record, time, bad, NULL, NULL), CTL_USAGE);
        json = true;
        assert_int_equal(run(ctl_record, word_record, NULL, NULL, NULL, NULL), CTL_USAGE);
        fake_feed_close(&feed);
}

static void
wrong_options_are_named(void **state)
{
        static char bad[] = "--wrong", n[] = "-n", zero[] = "0", more[] = "more";

        (void)state;
        assert_int_equal(run(ctl_status, word_status, bad, NULL, NULL, NULL), CTL_USAGE);
        assert_non_null(strstr(err, "--wrong"));
        assert_int_equal(run(ctl_status, word_status, more, NULL, NULL, NULL), CTL_USAGE);
        assert_non_null(strstr(err, "more"));
        assert_int_equal(run(ctl_rank, word_rank, n, zero, NULL, NULL), CTL_USAGE);
        assert_int_equal(run(ctl_rank, word_rank, n, NULL, NULL, NULL), CTL_USAGE);
        assert_non_null(strstr(err, "-n"));
        assert_int_equal(run(ctl_record, word_record, bad, NULL, NULL, NULL), CTL_USAGE);
}

#define AFRESH(test) cmocka_unit_test_setup(test, reset)

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                AFRESH(status_shows_what_the_guard_says),
                AFRESH(rank_shows_as_many_as_are_asked_for),
                AFRESH(explain_finds_a_process_by_its_number_and_by_its_name),
                AFRESH(explain_says_that_there_is_no_such_process),
                AFRESH(pause_resume_and_reload_reach_the_guard),
                AFRESH(pause_refuses_what_is_no_time_without_asking_anybody),
                AFRESH(reload_tells_each_fault),
                AFRESH(who_is_not_root_is_told_so),
                AFRESH(a_feed_that_was_asked_for_has_to_be_there),
                AFRESH(a_feed_that_is_no_guards_is_not_believed),
                AFRESH(record_writes_head_samples_and_what_happened),
                AFRESH(record_asks_again_when_the_policy_may_be_torn_or_old),
                AFRESH(record_says_where_it_cannot_write),
                AFRESH(wrong_options_are_named),
        };

        return cmocka_run_group_tests(tests, pictures_begin, pictures_end);
}
