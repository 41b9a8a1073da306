/* SPDX-License-Identifier: MIT */
/*
 * The object on the bus, as busctl and gdbus see it: introspection, properties, the method.
 */
#include "stage.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cases.h"
#include "decide.h"

#define BUSCTL "timeout 20 busctl --system --json=short "
#define GET    BUSCTL "get-property org.oomguard1 /org/oomguard1 org.oomguard1.Guard "
#define CALL   BUSCTL "call org.oomguard1 /org/oomguard1 org.oomguard1.Guard Candidates u "
#define GDBUS  "timeout 20 gdbus "
#define OBJECT "--system --dest org.oomguard1 --object-path /org/oomguard1 "

static char text[STAGE_TEXT];

static bool
says(const char *command, const char *want)
{
        (void)stage_run(text, "%s 2>&1", command);
        return strstr(text, want) != NULL;
}

static void
expect(const char *command, const char *want)
{
        if (!says(command, want))
                fail_msg("%s: wanted %s in: %s", command, want, text);
}

/* The interface as a list of tags, in whatever order their attributes stand. */
static const char tags[] =
        "perl -0ne 's/<!--.*?-->//gs; /(<interface name=.org.oomguard1.Guard..*?<\\/interface>)/s "
        "or die; for ($1 =~ /<[^\\/>][^>]*>/gs) { s/[<>]//g; s/\\/$//; my ($tag, @a) = split; "
        "print join(\" \", $tag, sort @a), \"\\n\" }'";

static void
introspection_is_that_of_the_file(void **state)
{
        char *file = malloc(STAGE_TEXT);

        (void)state;
        assert_non_null(file);
        assert_int_equal(stage_run(file, "%s %s/data/org.oomguard1.Guard.xml", tags, stage_tree),
                         0);
        assert_int_equal(stage_run(text,
                                   "busctl --system introspect --xml-interface org.oomguard1 "
                                   "/org/oomguard1 | %s",
                                   tags),
                         0);
        assert_true(strlen(text) > 1000);
        assert_string_equal(text, file);
        free(file);
        expect(GDBUS "introspect " OBJECT, "Candidates(in  u max,");
}

static void
properties_are_what_the_guard_says(void **state)
{
        struct wire_record rec;

        (void)state;
        fake_record(WIRE_STATE, &rec);
        rec.state.flags |= WIRE_FLAG_DRY_RUN;
        rec.state.kills = 7;
        rec.state.missed = 2;
        fake_send(&rec);
        WAIT(says(GET "Kills", "{\"type\":\"t\",\"data\":7}"));
        expect(GET "Version", "{\"type\":\"s\",\"data\":\"0.1.0\"}");
        expect(GET "State", "{\"type\":\"s\",\"data\":\"calm\"}");
        expect(GET "DryRun", "{\"type\":\"b\",\"data\":true}");
        expect(GET "MemoryTotal", "{\"type\":\"t\",\"data\":17179869184}");
        expect(GET "MemoryAvailable", "{\"type\":\"t\",\"data\":9663676416}");
        expect(GET "SwapTotal", "{\"type\":\"t\",\"data\":4294967296}");
        expect(GET "SwapFree", "{\"type\":\"t\",\"data\":3221225472}");
        expect(GET "PressureSome", "{\"type\":\"d\",\"data\":1.25");
        expect(GET "PressureFull", "{\"type\":\"d\",\"data\":2");
        expect(GET "Missed", "{\"type\":\"t\",\"data\":2}");
        expect(GDBUS "call " OBJECT
                     "--method org.freedesktop.DBus.Properties.GetAll org.oomguard1.Guard",
               "'State': <'calm'>");
}

static void
state_has_a_word_for_each_state(void **state)
{
        static const struct {
                uint32_t level, flags;
                const char *word;
        } cases[] = {
                { LEVEL_CALM, 0, "\"calm\"" },
                { LEVEL_WATCH, 0, "\"watch\"" },
                { LEVEL_WARN, 0, "\"warn\"" },
                { LEVEL_TERM, 0, "\"warn\"" },
                { LEVEL_TERM, WIRE_FLAG_ACTING, "\"acting\"" },
                { LEVEL_TERM, WIRE_FLAG_ACTING | WIRE_FLAG_PAUSED, "\"paused\"" },
        };
        struct wire_record rec;

        (void)state;
        for (size_t i = 0; i < N(cases); i++) {
                fake_record(WIRE_STATE, &rec);
                rec.state.level = cases[i].level;
                rec.state.flags = cases[i].flags;
                fake_send(&rec);
                WAIT(says(GET "State", cases[i].word));
        }
        fake_stop();
        WAIT(says(GET "State", "\"absent\""));
        expect(GET "MemoryTotal", "{\"type\":\"t\",\"data\":0}");
        fake_start();
        WAIT(fake_subscribers() == 1);
        fake_record(WIRE_STATE, &rec);
        fake_send(&rec);
        WAIT(says(GET "State", "\"calm\""));
}

static void
candidates_are_ranked_and_explained(void **state)
{
        (void)state;
        fake_set_candidates(32, 0, true);
        expect(CALL "2", "\"Name\":{\"type\":\"s\",\"data\":\"hog0\"}");
        const char *first = strstr(text, "hog0"), *second = strstr(text, "hog1");

        assert_non_null(second);
        assert_true(first < second);
        assert_null(strstr(text, "hog2"));
        assert_non_null(strstr(text, "\"Score\":{\"type\":\"t\",\"data\":3758096384}"));
        assert_non_null(strstr(text, "\"Chosen\":{\"type\":\"b\",\"data\":true}"));
        assert_non_null(strstr(text, "\"Rule\":{\"type\":\"s\",\"data\":\"name:hog1\"}"));
        assert_non_null(strstr(text, "\"RuleEffect\":{\"type\":\"s\",\"data\":\"avoid\"}"));
        expect(CALL "0", "\"hog31\"");
        expect(CALL "4000000000", "\"hog31\"");
        expect(GDBUS "call " OBJECT "--method org.oomguard1.Guard.Candidates 1",
               "'Name': <'hog0'>");
        expect(GDBUS "call " OBJECT "--method org.oomguard1.Guard.Candidates 2",
               "'RuleFactor': <0.25>");
        fake_set_candidates(0, 0, true);
        expect(CALL "5", "{\"type\":\"aa{sv}\",\"data\":[[]]}");
}

static void
candidates_are_an_error_where_there_is_no_guard(void **state)
{
        (void)state;
        fake_set_candidates(3, -EPERM, true);
        expect(CALL "5", "the guard cannot tell: Operation not permitted");
        fake_stop();
        WAIT(says(GET "State", "\"absent\""));
        expect(CALL "5", "the guard is not running");
        expect(GDBUS "call " OBJECT "--method org.oomguard1.Guard.Candidates 1",
               "org.oomguard1.Error.Absent");
}

static void
candidates_of_a_guard_that_does_not_answer_time_out(void **state)
{
        (void)state;
        fake_set_candidates(3, 0, false);
        pid_t asks = stage_spawn(STAGE_DIR "/asks", CALL "5");

        WAIT(fake_asked() == 1);
        /* Nobody else waits for that. */
        expect(GET "State", "\"calm\"");
        WAIT(stage_count(STAGE_DIR "/asks", "has not answered in time") == 1);
        stage_reap(asks);
        fake_set_candidates(3, 0, true);
        expect(CALL "1", "\"hog0\"");
}

static void
candidates_asked_for_by_a_guard_that_goes_are_an_error(void **state)
{
        (void)state;
        fake_set_candidates(3, 0, false);
        pid_t asks = stage_spawn(STAGE_DIR "/asks", CALL "5");

        WAIT(fake_asked() == 1);
        fake_stop();
        WAIT(stage_count(STAGE_DIR "/asks", "the guard is not running") == 1);
        stage_reap(asks);
}

/* A hundred at a time share a few requests, and nobody goes without an answer. */
static void
candidates_asked_for_by_many_are_asked_for_once(void **state)
{
        (void)state;
        fake_set_candidates(3, 0, false);
        assert_int_equal(
                stage_run(text, "for i in $(seq 20); do " CALL "1 > " STAGE_DIR "/many.$i 2>&1 & "
                                "done; wait; cat " STAGE_DIR "/many.*; rm " STAGE_DIR "/many.*"),
                0);
        assert_true(fake_asked() <= 4);
        unsigned n = 0;

        for (const char *at = strstr(text, "in time"); at; at = strstr(at + 1, "in time"))
                n++;
        assert_int_equal(n, 20);
}

static void
one_caller_cannot_take_every_place(void **state)
{
        (void)state;
        fake_set_candidates(3, 0, false);
        pid_t asks = stage_spawn(STAGE_DIR "/asks", "%s many", stage_helper);

        WAIT(stage_count(STAGE_DIR "/asks", "LimitsExceeded") == 4);
        WAIT(stage_count(STAGE_DIR "/asks", "Error.Timeout") == 4);
        stage_reap(asks);
}

static void
start_where_proc_hides(void)
{
        (void)stage_stop_notify();
        stage_write(STAGE_DIR "/mountinfo",
                    "22 28 0:21 / /proc rw - proc proc rw,hidepid=invisible\n");
        assert_int_equal(mount(STAGE_DIR "/mountinfo", "/proc/1/mountinfo", NULL, MS_BIND, NULL),
                         0);
        stage_start_notify();
        WAIT(stage_is_named());
        WAIT(fake_subscribers() == 1);
        assert_int_equal(umount("/proc/1/mountinfo"), 0);
}

/* What /proc hides from people, the bus does not tell everybody either. */
static void
names_are_kept_where_proc_hides_them(void **state)
{
        struct wire_record rec;

        (void)state;
        start_where_proc_hides();
        pid_t listens = stage_listen(STAGE_DIR "/heard", "org.oomguard1");

        fake_event(WIRE_KILLING, &rec);
        fake_send(&rec);
        WAIT(stage_count(STAGE_DIR "/heard", "Killing (uint32 4711, '', 'SIGTERM'") == 1);
        assert_int_equal(stage_count(STAGE_DIR "/heard", "hog"), 0);
        stage_reap(listens);
        /* Root may know: the test runs as root, of the machine or of its namespace. */
        expect(CALL "1", "\"hog0\"");
}

/* Of the candidates, only the second is this user's. */
static void
names_of_candidates_are_for_root_and_the_owner(void **state)
{
        (void)state;
        if (!stage_has_others())
                skip();
        start_where_proc_hides();
        expect(STAGE_AS_OTHER CALL "3", "\"Hidden\":{\"type\":\"b\",\"data\":true}");
        assert_null(strstr(text, "hog0"));
        assert_null(strstr(text, "hog2"));
        assert_non_null(strstr(text, "\"Name\":{\"type\":\"s\",\"data\":\"hog1\"}"));
}

int
cases_bus(void)
{
        const struct CMUnitTest tests[] = {
                STAGED(introspection_is_that_of_the_file),
                STAGED(properties_are_what_the_guard_says),
                STAGED(state_has_a_word_for_each_state),
                STAGED(candidates_are_ranked_and_explained),
                STAGED(candidates_are_an_error_where_there_is_no_guard),
                STAGED(candidates_of_a_guard_that_does_not_answer_time_out),
                STAGED(candidates_asked_for_by_a_guard_that_goes_are_an_error),
                STAGED(candidates_asked_for_by_many_are_asked_for_once),
                STAGED(one_caller_cannot_take_every_place),
                STAGED(names_are_kept_where_proc_hides_them),
                STAGED(names_of_candidates_are_for_root_and_the_owner),
        };

        return cmocka_run_group_tests_name("bus", tests, NULL, NULL);
}
