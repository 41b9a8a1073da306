/* SPDX-License-Identifier: MIT */
/*
 * `rank` and `explain`: how they look, and that the line which they advise to write is one that the
 * configuration takes and that holds for the process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include "config.h"
#include "rules.h"
#include "ctl_views.h"

static struct wire_process process[VIEWS_PROCESSES];

static struct view
view_of(struct wire_state s, uint32_t n)
{
        views_processes(process);
        return (struct view){ .state = s, .version = VIEWS_VERSION, .n = n, .process = process };
}

static struct ctl
ctl_of(struct picture *g, unsigned columns, bool colour)
{
        return (struct ctl){
                .out = g->out, .err = g->out, .columns = columns, .colour = colour, .root = ""
        };
}

static void
rank_all_widths(struct picture *g, const struct view *v)
{
        struct ctl wide = ctl_of(g, 80, false), narrow = ctl_of(g, 40, false);
        struct ctl wider = ctl_of(g, 120, false), colour = ctl_of(g, 80, true);

        picture_heading(g, "80 columns");
        rank_print(&wide, v, VIEWS_NOW_S);
        picture_heading(g, "40 columns");
        rank_print(&narrow, v, VIEWS_NOW_S);
        picture_heading(g, "120 columns");
        rank_print(&wider, v, VIEWS_NOW_S);
        picture_heading(g, "80 columns in colour");
        rank_print(&colour, v, VIEWS_NOW_S);
}

static void
rank_shows_the_order_and_what_it_is_made_of(void **state)
{
        struct picture *g = picture_open("rank.txt");
        struct view v = view_of(views_calm(), VIEWS_PROCESSES);

        (void)state;
        rank_all_widths(g, &v);
        picture_close(g);
}

static void
rank_says_who_would_be_ended_and_when_nobody(void **state)
{
        struct picture *g = picture_open("rank-headings.txt");
        struct view v = view_of(views_low(), 2);
        struct ctl ctl = ctl_of(g, 80, false);

        (void)state;
        picture_heading(g, "low");
        rank_print(&ctl, &v, VIEWS_NOW_S);
        picture_heading(g, "a swarm");
        process[1].is |= WIRE_IS_CHOSEN | WIRE_IS_BLAMED;
        rank_print(&ctl, &v, VIEWS_NOW_S);
        picture_heading(g, "nobody is chosen");
        process[0].is = process[1].is = WIRE_IS_ELIGIBLE;
        rank_print(&ctl, &v, VIEWS_NOW_S);
        picture_heading(g, "nobody may be");
        process[0].is = process[1].is = 0;
        rank_print(&ctl, &v, VIEWS_NOW_S);
        picture_heading(g, "nobody at all");
        v.n = 0;
        rank_print(&ctl, &v, VIEWS_NOW_S);
        picture_heading(g, "hidden names");
        v = view_of(views_calm(), 1);
        process[0].is |= WIRE_IS_HIDDEN;
        memset(process[0].name, 0, sizeof(process[0].name));
        memset(process[0].unit, 0, sizeof(process[0].unit));
        rank_print(&ctl, &v, VIEWS_NOW_S);
        picture_heading(g, "blind, from here, not root");
        v.state.flags |= WIRE_FLAG_BLIND;
        v.no_guard = "none is running (/run/oomguard/feed: No such file or directory)";
        v.partial = true;
        rank_print(&ctl, &v, VIEWS_NOW_S);
        picture_close(g);
}

static void
rank_as_json(void **state)
{
        struct picture *g = picture_open("rank.json");
        struct view v = view_of(views_calm(), VIEWS_PROCESSES);
        struct ctl ctl = ctl_of(g, 80, false);

        (void)state;
        rank_json(&ctl, &v);
        picture_close(g);
}

/* ---- explain ---- */

static const char *const exe_of[VIEWS_PROCESSES] = {
        "/home/me/bin/runaway",
        "/usr/lib/firefox/firefox",
        "/opt/chrome/chrome",
        "/usr/bin/python3.11",
        "",
        "/usr/lib/xorg/Xorg",
        "/usr/bin/my-database",
        "/usr/bin/untouchable",
        "/usr/bin/tiny",
};

static struct explained
explained(unsigned i)
{
        return (struct explained){ &process[i], exe_of[i], i == 3, i != 4 };
}

static void
explain_speaks_of_each_kind_of_process(void **state)
{
        struct picture *g = picture_open("explain.txt");
        struct view v = view_of(views_calm(), VIEWS_PROCESSES);
        struct ctl ctl = ctl_of(g, 80, false);

        (void)state;
        for (unsigned i = 0; i < VIEWS_PROCESSES; i++) {
                struct explained e = explained(i);

                picture_heading(g, exe_of[i]);
                explain_print(&ctl, &v, &e, VIEWS_NOW_S);
        }
        picture_close(g);
}

static void
explain_says_why_another_one_would_be_ended(void **state)
{
        struct picture *g = picture_open("explain-others.txt");
        struct view v = view_of(views_low(), VIEWS_PROCESSES);
        struct ctl ctl = ctl_of(g, 80, false), narrow = ctl_of(g, 40, true);
        struct explained e = explained(1);

        (void)state;
        picture_heading(g, "another one weighs more");
        process[0].is &= ~WIRE_IS_BLAMED;
        process[0].score_kib = 7 * GIB;
        explain_print(&ctl, &v, &e, VIEWS_NOW_S);
        picture_heading(g, "it weighs most");
        e = explained(0);
        explain_print(&ctl, &v, &e, VIEWS_NOW_S);
        picture_heading(g, "the worst of a few that took half together");
        process[0].is |= WIRE_IS_BLAMED;
        process[0].took_kib = 1 * GIB;
        explain_print(&ctl, &v, &e, VIEWS_NOW_S);
        process[0].took_kib = 2 * GIB + 200 * MIB;
        picture_heading(g, "one of two");
        process[0].is |= WIRE_IS_BLAMED;
        process[1].is |= WIRE_IS_BLAMED | WIRE_IS_CHOSEN;
        explain_print(&ctl, &v, &e, VIEWS_NOW_S);
        picture_heading(g, "one of three, while the guard is paused");
        process[2].is |= WIRE_IS_BLAMED | WIRE_IS_CHOSEN;
        v.state.flags |= WIRE_FLAG_PAUSED;
        view_tell_source(&ctl, &v);
        explain_print(&ctl, &v, &e, VIEWS_NOW_S);
        picture_heading(g, "nobody, 40 columns in colour, another configuration");
        process[0].is = process[1].is = WIRE_IS_ELIGIBLE;
        narrow.config = "/tmp/my.conf";
        explain_print(&narrow, &v, &e, VIEWS_NOW_S);
        picture_heading(g, "blind");
        v.state.flags |= WIRE_FLAG_BLIND;
        explain_print(&ctl, &v, &e, VIEWS_NOW_S);
        picture_close(g);
}

static void
explain_as_json(void **state)
{
        struct picture *g = picture_open("explain.json");
        struct view v = view_of(views_calm(), VIEWS_PROCESSES);
        struct json j = JSON_INIT(g->out);

        (void)state;
        json_open(&j, NULL, '[');
        for (unsigned i = 0; i < VIEWS_PROCESSES; i++) {
                struct explained e = explained(i);

                explain_json(&j, &v, &e);
        }
        json_close(&j, ']');
        picture_close(g);
}

/* ---- the advice ---- */

static void
fault(void *arg, const char *text)
{
        print_error("%s\n", text);
        (*(unsigned *)arg)++;
}

/* Whether the line protects a process with this name, executable and unit. */
static bool
protects(const char *line, const char *name, const char *exe, const char *unit)
{
        static struct policy p;
        const struct identity id = { .name = name, .exe = exe, .unit = unit, .uid = 1000 };
        char text[512];
        unsigned faults = 0;
        int n = snprintf(text, sizeof(text), "[victim]\n%s\n", line);

        assert_int_equal(config_parse("advice", text, (size_t)n, &p, fault, &faults), 0);
        assert_int_equal(faults, 0);
        p.protect_defaults = false;
        return rules_match(&p, &id).effect == RULE_PROTECT;
}

static void
the_advice_is_a_line_that_holds(void **state)
{
        static const struct {
                const char *name, *exe, *unit;
                bool system_unit;
                const char *line, *file;
        } of[] = {
                { "firefox", "/usr/lib/firefox/firefox", "app.scope", false,
                  "protect = exe:/usr/lib/firefox/firefox", "firefox" },
                { "odd", "/tmp/a [b]*?\\c", "", false, "protect = exe:/tmp/a \\[b]\\*\\?\\\\c",
                  "odd" },
                { "backup", "/usr/bin/python3.11", "backup.service", true,
                  "protect = unit:backup.service", "backup" },
                { "backup", "/usr/bin/python3.11", "backup.service", false, "protect = name:backup",
                  "backup" },
                { "my script", "/bin/bash", "", false, "protect = name:my script", "my_script" },
                { "node-red", "/usr/bin/node", "", false, "protect = name:node-red", "node-red" },
                { "nodejs-thing", "/usr/bin/nodething", "", false,
                  "protect = exe:/usr/bin/nodething", "nodejs-thing" },
                { "sshd", "/usr/sbin/sshd", "ssh.service", true, "protect = exe:/usr/sbin/sshd",
                  "sshd" },
                { "wine", "/usr/lib/wine/wine64-preloader", "", false, "protect = name:wine",
                  "wine" },
                { "(sd-pam)", "", "", false, "protect = name:(sd-pam)", "_sd-pam_" },
                { "-bash", "/usr/bin/bash", "", false, "protect = name:-bash", "_bash" },
                { "semi", "/tmp/a ;b", "", false, "protect = name:semi", "semi" },
                { "hash", "/tmp/a #b", "", false, "protect = name:hash", "hash" },
                { "ctl", "/tmp/a\nb", "", false, "protect = name:ctl", "ctl" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
                struct wire_process p = views_process(1, of[i].name, 1000);
                struct explained e = { &p, of[i].exe, of[i].system_unit, true };
                char line[256], file[PROC_NAME_MAX];

                views_text(p.unit, sizeof(p.unit), of[i].unit);
                assert_true(explain_protection(&e, line, sizeof(line), file, sizeof(file)));
                assert_string_equal(line, of[i].line);
                assert_string_equal(file, of[i].file);
                assert_true(protects(line, of[i].name, of[i].exe, of[i].unit));
                assert_false(protects(line, "other", "/usr/bin/other", "other.service"));
        }
}

static void
there_is_no_advice_where_no_line_would_hold(void **state)
{
        static const char *const name[] = { "",  "\033[1m", "\xff", "a\nb",
                                            " ", "end ",    "a #b", "a ;" };

        (void)state;
        for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
                struct wire_process p = views_process(1, name[i], 1000);
                struct explained e = { &p, "", false, true };
                char line[256], file[PROC_NAME_MAX];

                assert_false(explain_protection(&e, line, sizeof(line), file, sizeof(file)));
        }
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(rank_shows_the_order_and_what_it_is_made_of),
                cmocka_unit_test(rank_says_who_would_be_ended_and_when_nobody),
                cmocka_unit_test(rank_as_json),
                cmocka_unit_test(explain_speaks_of_each_kind_of_process),
                cmocka_unit_test(explain_says_why_another_one_would_be_ended),
                cmocka_unit_test(explain_as_json),
                cmocka_unit_test(the_advice_is_a_line_that_holds),
                cmocka_unit_test(there_is_no_advice_where_no_line_would_hold),
        };

        return cmocka_run_group_tests(tests, pictures_begin, pictures_end);
}
