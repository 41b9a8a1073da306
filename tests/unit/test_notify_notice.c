/* SPDX-License-Identifier: MIT */
/*
 * Who is told what, and in which words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "decide.h"
#include "notify/notice.h"
#include "record.h"

enum { ME = 1000, OTHER = 1001 };

static const struct wire_state unknown = { .level = 0 };

static struct wire_record
record_of(enum wire_kind kind)
{
        struct wire_record rec = {
                .kind = (uint16_t)kind,
                .state = { .level = LEVEL_TERM,
                           .act = LEVEL_TERM,
                           .reason = REASON_LOW,
                           .total_kib = 8 * 1048576,
                           .available_kib = 400 * 1024,
                           .term_kib = 410 * 1024,
                           .left_us = UINT64_MAX },
                .process = { .pid = 7,
                             .uid = ME,
                             .n = 1,
                             .sig = SIGTERM,
                             .size_kib = 2 * 1048576,
                             .name = "leak",
                             .unit = "app-x-1.scope",
                             .rule = "name:leak",
                             .place = "a:1",
                             .consumers = "other 3.0 GiB, leak 2.0 GiB" },
        };

        return rec;
}

static struct notice_text
text_of(const struct wire_record *rec, const struct notice_app *app, uid_t uid, bool admin)
{
        struct notice_text text;
        struct notice n;

        assert_true(notice_make(rec, &rec->state, uid, admin, &n));
        notice_text(&n, app, "bob", &text);
        return text;
}

static void
people_are_told_of_what_concerns_them(void **state)
{
        static const struct {
                enum wire_kind kind;
                enum notice_kind notice;
        } cases[] = {
                { WIRE_STATE, NOTICE_NONE },         { WIRE_WARNING, NOTICE_WARNING },
                { WIRE_KILLING, NOTICE_NONE },       { WIRE_ESCALATED, NOTICE_NONE },
                { WIRE_KILLED, NOTICE_CLOSED },      { WIRE_REFUSED, NOTICE_NONE },
                { WIRE_GAVE_UP, NOTICE_STAYS },      { WIRE_RELEASED, NOTICE_SPARED },
                { WIRE_NOTHING, NOTICE_NOTHING },    { WIRE_RECOVERED, NOTICE_NONE },
                { WIRE_RELOADED, NOTICE_NONE },      { WIRE_FAULT, NOTICE_NONE },
                { WIRE_KERNEL_KILL, NOTICE_KERNEL }, { WIRE_SAMPLE, NOTICE_NONE },
                { WIRE_CANDIDATE, NOTICE_NONE },     { WIRE_TEXT, NOTICE_NONE },
                { WIRE_ANSWER, NOTICE_NONE },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct wire_record rec = record_of(cases[i].kind);

                if (cases[i].kind == WIRE_KERNEL_KILL)
                        rec.kernel = (struct wire_kernel){ .n = 1, .low = 1 };
                assert_int_equal(notice_kind_of(&rec), cases[i].notice);
        }
        struct wire_record rec = record_of(WIRE_WARNING);

        rec.state.flags |= WIRE_FLAG_ACTING;
        assert_int_equal(notice_kind_of(&rec), NOTICE_NONE);
        rec = record_of(WIRE_KILLING);
        rec.process.is = WIRE_IS_DRY_RUN;
        assert_int_equal(notice_kind_of(&rec), NOTICE_TRIAL);
        rec = record_of(WIRE_KERNEL_KILL);
        rec.kernel = (struct wire_kernel){ .n = 1, .low = 0 };
        assert_int_equal(notice_kind_of(&rec), NOTICE_NONE);
}

static void
nobody_else_gets_anything_that_tells_who_it_was(void **state)
{
        struct wire_record rec = record_of(WIRE_KILLED);
        struct wire_process empty = { .pid = 1, .uid = ME, .n = 1 };
        struct notice n;

        (void)state;
        assert_true(notice_make(&rec, &unknown, OTHER, false, &n));
        assert_int_equal(n.sight, SIGHT_HIDDEN);
        assert_memory_equal(&n.rec.process, &empty, sizeof(empty));
        assert_true(notice_make(&rec, &unknown, OTHER, true, &n));
        assert_int_equal(n.sight, SIGHT_OTHERS);
        assert_string_equal(n.rec.process.name, "leak");
        assert_true(notice_make(&rec, &unknown, ME, false, &n));
        assert_int_equal(n.sight, SIGHT_OWN);
        /* Which names other people's programs. */
        assert_string_equal(n.rec.process.consumers, "");
        /* The guard has kept the name back from this program, so it knows none. */
        rec.process.is = WIRE_IS_HIDDEN;
        assert_true(notice_make(&rec, &unknown, ME, true, &n));
        assert_int_equal(n.sight, SIGHT_HIDDEN);
}

static void
without_its_name_there_is_nothing_to_say_of_some(void **state)
{
        struct wire_record rec = record_of(WIRE_GAVE_UP);
        struct notice n;

        (void)state;
        assert_false(notice_make(&rec, &unknown, OTHER, false, &n));
        assert_true(notice_make(&rec, &unknown, OTHER, true, &n));
        rec = record_of(WIRE_RELEASED);
        assert_false(notice_make(&rec, &unknown, OTHER, false, &n));
        assert_true(notice_make(&rec, &unknown, ME, false, &n));
        rec = record_of(WIRE_STATE);
        assert_false(notice_make(&rec, &unknown, ME, false, &n));
}

static void
a_cause_is_a_program_as_far_as_it_may_be_seen(void **state)
{
        struct wire_record one = record_of(WIRE_WARNING), two = record_of(WIRE_WARNING);
        char a[NOTICE_CAUSE_MAX], b[NOTICE_CAUSE_MAX];
        struct notice n;

        (void)state;
        memcpy(two.process.name, "other", 6);
        assert_true(notice_make(&one, &unknown, ME, false, &n));
        notice_cause(&n, a);
        assert_true(notice_make(&two, &unknown, ME, false, &n));
        notice_cause(&n, b);
        assert_string_not_equal(a, b);
        two = one;
        two.process.pid = 8;
        assert_true(notice_make(&two, &unknown, ME, false, &n));
        notice_cause(&n, b);
        assert_string_equal(a, b);
        memcpy(two.process.name, "other", 6);
        assert_true(notice_make(&one, &unknown, OTHER, false, &n));
        notice_cause(&n, a);
        assert_true(notice_make(&two, &unknown, OTHER, false, &n));
        notice_cause(&n, b);
        assert_string_equal(a, b);
}

static void
the_words_are_those_of_the_case(void **state)
{
        struct wire_record rec = record_of(WIRE_KILLED);
        struct notice_app app = { .name = "Leak & Sons", .icon = "leak" };
        struct notice_text t = text_of(&rec, &app, ME, false);

        (void)state;
        assert_string_equal(t.summary, "Leak & Sons was closed: memory ran out");
        assert_string_equal(t.body, "It held 2.0 GiB. 400 MiB of 8.0 GiB were left.");
        assert_string_equal(t.icon, "leak");
        assert_int_equal(t.urgency, 1);
        assert_false(t.transient);
        app.is_part = true;
        t = text_of(&rec, &app, ME, false);
        assert_string_equal(t.summary, "Part of Leak & Sons was closed: memory ran out");
        assert_string_equal(t.body, "Its process leak held 2.0 GiB. 400 MiB of 8.0 GiB were left.");
        t = text_of(&rec, NULL, OTHER, true);
        assert_string_equal(t.summary, "leak (bob) was closed: memory ran out");
        assert_string_equal(t.icon, "dialog-warning");
        t = text_of(&rec, NULL, OTHER, false);
        assert_string_equal(t.summary, "A program of another user was closed: memory ran out");
        assert_string_equal(t.body, "400 MiB of 8.0 GiB were left.");
        rec.process.uid = 33;
        t = text_of(&rec, NULL, ME, false);
        assert_string_equal(t.summary, "A program of the system was closed: memory ran out");
        rec.process.n = 40;
        t = text_of(&rec, NULL, ME, false);
        assert_string_equal(t.summary, "40 programs of the system were closed: memory ran out");
        rec.process.uid = ME;
        t = text_of(&rec, NULL, ME, false);
        assert_string_equal(t.summary, "40 processes of leak were closed: memory ran out");
        assert_string_equal(t.body, "They held 2.0 GiB. 400 MiB of 8.0 GiB were left.");
}

static void
the_cause_is_told_in_numbers(void **state)
{
        struct wire_record rec = record_of(WIRE_KILLED);
        struct notice_text t;

        (void)state;
        rec.state.swap_total_kib = 2 * 1048576;
        rec.state.swap_free_kib = 20 * 1024;
        rec.process.growth_kibps = 50 * 1024;
        rec.process.is = WIRE_IS_SIGKILLED;
        t = text_of(&rec, NULL, ME, false);
        assert_string_equal(t.body,
                            "It held 2.0 GiB and grew by 50 MiB a second. 400 MiB of "
                            "8.0 GiB and 20 MiB of swap were left. What was not saved is lost.");
        rec = record_of(WIRE_KILLED);
        rec.state.reason = REASON_STALL;
        rec.state.full_bp = 4567;
        rec.process.growth_kibps = 100;
        t = text_of(&rec, NULL, ME, false);
        assert_string_equal(t.body, "It held 2.0 GiB and grew by 6000 KiB a minute. Programs stood "
                                    "still for memory 45% of the time.");
        rec = record_of(WIRE_KILLED);
        rec.process.is = WIRE_IS_BLAMED;
        rec.process.took_kib = 1048576;
        rec.process.missing_kib = 1258291;
        t = text_of(&rec, NULL, ME, false);
        assert_string_equal(t.body, "It held 2.0 GiB. Of the 1.1 GiB that went missing it took "
                                    "1.0 GiB. 400 MiB of 8.0 GiB were left.");
        rec.process.took_kib = 2 * 1048576;
        t = text_of(&rec, NULL, ME, false);
        assert_string_equal(t.body, "It held 2.0 GiB. It took all of the 1.1 GiB that went "
                                    "missing. 400 MiB of 8.0 GiB were left.");
}

static void
how_things_stand_afterwards_is_told_beside_how_they_stood(void **state)
{
        struct wire_record rec = record_of(WIRE_KILLED);
        struct wire_state cause = rec.state;
        struct notice_text text;
        struct notice n;

        (void)state;
        rec.state.available_kib = 3 * 1048576;
        assert_true(notice_make(&rec, &cause, OTHER, false, &n));
        notice_text(&n, NULL, NULL, &text);
        assert_string_equal(text.body,
                            "400 MiB of 8.0 GiB were left. 3.0 GiB are available again.");
        /* How they stood is not known. */
        assert_true(notice_make(&rec, &unknown, OTHER, false, &n));
        notice_text(&n, NULL, NULL, &text);
        assert_string_equal(text.body, "");
}

static void
a_warning_says_what_will_happen(void **state)
{
        struct wire_record rec = record_of(WIRE_WARNING);
        struct notice_text t;

        (void)state;
        rec.state.left_us = 12 * UINT64_C(1000000);
        rec.process.growth_kibps = 50 * 1024;
        t = text_of(&rec, NULL, ME, false);
        assert_string_equal(t.summary, "Memory is running out: leak is growing");
        assert_string_equal(t.body,
                            "It holds 2.0 GiB and grows by 50 MiB a second. 400 MiB of 8.0 GiB are "
                            "left. At 410 MiB, in about 12 s, a program will be closed: save your "
                            "work, or close what you do not need.");
        assert_true(t.transient);
        assert_int_equal(t.urgency, 1);
        rec.state.left_us = 200 * UINT64_C(1000000);
        rec.state.swap_total_kib = 1048576;
        rec.state.swap_free_kib = 1048576;
        rec.state.flags = WIRE_FLAG_DRY_RUN;
        rec.process.pid = 0;
        rec.process.size_kib = 0;
        t = text_of(&rec, NULL, OTHER, false);
        assert_string_equal(t.summary, "Memory is running out");
        assert_string_equal(t.body, "400 MiB of 8.0 GiB and 1.0 GiB of swap are left. When there "
                                    "is no more, in about 3 min, a program would be closed, but "
                                    "this is a dry run.");
}

static void
a_swapoff_that_does_not_fit_is_told_as_one(void **state)
{
        struct wire_record rec = record_of(WIRE_WARNING);

        (void)state;
        rec.state.reason = REASON_SWAPOFF;
        rec.state.swap_total_kib = 600 * 1024;
        struct notice_text text = text_of(&rec, NULL, ME, false);

        assert_string_equal(text.summary, "What is in swap does not fit into memory");
        assert_string_equal(text.body,
                            "Swap is being switched off. 400 MiB of 8.0 GiB and 0 of swap are "
                            "left. oomguard tries to stop that, and what is left stays.");
        rec.state.flags = WIRE_FLAG_DRY_RUN;
        text = text_of(&rec, NULL, ME, false);
        assert_string_equal(text.body,
                            "Swap is being switched off. 400 MiB of 8.0 GiB and 0 of swap "
                            "are left. That would be stopped, but this is a dry run.");
        rec = record_of(WIRE_KILLED);
        (void)strcpy(rec.process.name, "swapoff");
        rec.process.is = WIRE_IS_SWAPOFF | WIRE_IS_SIGKILLED;
        rec.state.total_kib = 0;
        text = text_of(&rec, NULL, ME, false);
        assert_string_equal(text.summary, "swapoff was closed: what is in swap does not fit");
        assert_string_equal(text.body, "It was switching swap off; what is left in there stays.");
        rec = record_of(WIRE_KILLING);
        rec.process.is = WIRE_IS_SWAPOFF | WIRE_IS_DRY_RUN;
        text = text_of(&rec, NULL, ME, false);
        assert_string_equal(text.summary, "leak would be closed: what is in swap does not fit");
        rec = record_of(WIRE_GAVE_UP);
        rec.process.is = WIRE_IS_SWAPOFF;
        text = text_of(&rec, NULL, ME, false);
        assert_string_equal(text.summary, "leak is still switching swap off");
        assert_string_equal(text.body,
                            "What is in swap does not fit into memory, but the kernel does "
                            "not let go of it yet.");
}

static void
what_concerns_everybody_names_nobody(void **state)
{
        struct wire_record rec = record_of(WIRE_NOTHING);
        struct notice_text t;

        (void)state;
        rec.cause = CAUSE_TMPFS;
        memcpy(rec.text, "leak", 5);
        t = text_of(&rec, NULL, OTHER, false);
        assert_string_equal(t.summary, "Memory is running out, and nothing can be closed");
        assert_string_equal(t.body, "It lies in temporary files: delete large ones in /tmp or "
                                    "/dev/shm. 400 MiB of 8.0 GiB are left.");
        assert_true(t.transient);
        rec = record_of(WIRE_KERNEL_KILL);
        rec.kernel = (struct wire_kernel){ .n = 1, .low = 1 };
        t = text_of(&rec, NULL, OTHER, false);
        assert_string_equal(t.summary, "The kernel closed a program: memory ran out");
        rec = record_of(WIRE_GAVE_UP);
        t = text_of(&rec, NULL, ME, false);
        assert_string_equal(t.summary, "leak could not be closed");
        rec = record_of(WIRE_RELEASED);
        t = text_of(&rec, NULL, ME, false);
        assert_string_equal(t.summary, "leak was asked to close");
}

static void
names_come_out_readable(void **state)
{
        static const struct {
                const char *from, *to;
        } cases[] = {
                { "firefox", "firefox" },
                { "a\nb\033c", "a?b?c" },
                { "\xff\xfe", "??" },
                { "gr\xc3\xbc\xc3\x9f", "grüß" },
                { "abcdefghijklmno", "abcdefghijklmno…" },
                { "abcdefghijklmn\xc3", "abcdefghijklmn…" },
                { "abcdefghijklm\xe2\x82", "abcdefghijklm…" },
                { "abcdefghijkl\xf0\x9f\x98", "abcdefghijkl…" },
                { "abcdefghijkl\xe2\x82\xac", "abcdefghijkl€…" },
                { "abcdefghijklm\xff\xff", "abcdefghijklm??…" },
                { "x\xe2\x80\xaey", "x???y" },      /* right to left override */
                { "x\xd8\x9cy", "x??y" },           /* arabic letter mark */
                { "x\xe2\x80\x8by", "x???y" },      /* zero width space */
                { "x\xef\xbb\xbfy", "x???y" },      /* byte order mark */
                { "x\xef\xbf\xbfy", "x???y" },      /* no character: D-Bus refuses it */
                { "x\xef\xb7\x90y", "x???y" },      /* nor is this */
                { "x\xf4\x8f\xbf\xbey", "x????y" }, /* nor this */
                { "x\xf3\xa0\x81\x81y", "x????y" }, /* a tag */
                { "", "" },
        };
        char name[NOTICE_NAME_MAX];

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                notice_name(cases[i].from, name, sizeof(name));
                assert_string_equal(name, cases[i].to);
        }
}

static void
a_name_of_nothing_has_a_number(void **state)
{
        struct wire_record rec = record_of(WIRE_KILLED);

        (void)state;
        rec.process.name[0] = '\0';
        assert_string_equal(text_of(&rec, NULL, ME, false).summary,
                            "Process 7 was closed: memory ran out");
}

static void
an_icon_that_has_to_be_washed_is_none(void **state)
{
        struct wire_record rec = record_of(WIRE_KILLED);
        struct notice_app app = { .name = "A", .icon = "x\n" };

        (void)state;
        assert_string_equal(text_of(&rec, &app, ME, false).icon, "dialog-warning");
        memcpy(app.icon, "file:///a%20b", 14);
        assert_string_equal(text_of(&rec, &app, ME, false).icon, "file:///a%20b");
}

static void
markup_is_escaped_where_it_would_be_read(void **state)
{
        char text[64];

        (void)state;
        assert_false(notice_needs_escape("plain \"quoted\" text; it's fine"));
        assert_true(notice_needs_escape("a & b"));
        assert_true(notice_needs_escape("<b>"));
        notice_escape("<b>&amp;</b>", text, sizeof(text));
        assert_string_equal(text, "&lt;b&gt;&amp;amp;&lt;/b&gt;");
        /* Never half an entity. */
        notice_escape("aaaa&", text, 8);
        assert_string_equal(text, "aaaa");
        notice_escape("aaa&", text, 9);
        assert_string_equal(text, "aaa&amp;");
}

/* The longest of everything: nothing is cut within a character, nothing runs over. */
static void
the_longest_texts_fit(void **state)
{
        struct wire_record rec = record_of(WIRE_WARNING);
        struct notice_app app = { .is_part = true };
        struct notice_text t;
        struct notice n;

        (void)state;
        for (size_t i = 0; i + 3 < sizeof(app.name); i += 3)
                memcpy(app.name + i, "€", 4);
        memset(&rec.state, 0xff, sizeof(rec.state));
        rec.state.reason = REASON_LOW;
        rec.state.left_us = 59 * UINT64_C(1000000);
        rec.process.growth_kibps = rec.process.size_kib = rec.process.real_kib = UINT64_MAX;
        rec.process.is = WIRE_IS_BLAMED | WIRE_IS_SIGKILLED;
        rec.process.took_kib = rec.process.missing_kib = UINT64_MAX;
        for (int kind = 0; kind < WIRE_N_KINDS; kind++) {
                rec.kind = (uint16_t)kind;
                if (!notice_make(&rec, &rec.state, ME, true, &n))
                        continue;
                n.sight = SIGHT_OTHERS;
                notice_text(&n, &app, "a-user-with-quite-a-long-name-of-63-bytes-at-most-x", &t);
                assert_true(strlen(t.summary) > 0 && strlen(t.summary) < sizeof(t.summary) - 1);
                assert_true(strlen(t.body) < sizeof(t.body) - 1);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(people_are_told_of_what_concerns_them),
                cmocka_unit_test(nobody_else_gets_anything_that_tells_who_it_was),
                cmocka_unit_test(without_its_name_there_is_nothing_to_say_of_some),
                cmocka_unit_test(a_cause_is_a_program_as_far_as_it_may_be_seen),
                cmocka_unit_test(the_words_are_those_of_the_case),
                cmocka_unit_test(the_cause_is_told_in_numbers),
                cmocka_unit_test(how_things_stand_afterwards_is_told_beside_how_they_stood),
                cmocka_unit_test(a_warning_says_what_will_happen),
                cmocka_unit_test(a_swapoff_that_does_not_fit_is_told_as_one),
                cmocka_unit_test(what_concerns_everybody_names_nobody),
                cmocka_unit_test(names_come_out_readable),
                cmocka_unit_test(a_name_of_nothing_has_a_number),
                cmocka_unit_test(an_icon_that_has_to_be_washed_is_none),
                cmocka_unit_test(markup_is_escaped_where_it_would_be_read),
                cmocka_unit_test(the_longest_texts_fit),
        };

        return cmocka_run_group_tests_name("notify_notice", tests, NULL, NULL);
}
