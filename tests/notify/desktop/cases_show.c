/* SPDX-License-Identifier: MIT */
/*
 * What is shown, and to whom.
 */
#include "cases.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIREFOX "app-gnome-firefox-4000.scope"

static pid_t bus[3], server[3];

static int
open_sessions(void **state)
{
        static const char *const markup[] = { "markup", NULL };

        (void)state;
        (void)unlink(
                "/sys/fs/cgroup/user.slice/user-1500.slice/user@1500.service/app.slice/" FIREFOX
                "/cgroup.events");
        world_session("1", ANN, "user", "wayland", "active");
        world_session("2", BEN, "user", "x11", "online");
        world_session("3", ADA, "user", "x11", "active");
        for (int i = 0; i < 3; i++) {
                bus[i] = world_bus((uid_t)(ANN + i), "");
                world_log_clear((uid_t)(ANN + i));
                server[i] = world_server((uid_t)(ANN + i), markup);
        }
        put_desktop_file("/home/ann/.local/share", "firefox",
                         "[Desktop Entry]\nType=Application\nName=Firefox\nName[de]=Feuerfuchs\n"
                         "Icon=firefox\nExec=/usr/bin/firefox %u\n");
        stage_open();
        return 0;
}

static int
close_sessions(void **state)
{
        (void)state;
        stage_close();
        for (int i = 0; i < 3; i++) {
                world_end(server[i]);
                world_end(bus[i]);
        }
        world_session_ends("1");
        world_session_ends("2");
        world_session_ends("3");
        return 0;
}

static void
feed_with_unit(enum wire_kind kind, const char *name, const char *unit)
{
        struct wire_record rec = record_of(kind, ANN, name);

        (void)snprintf(rec.process.unit, sizeof(rec.process.unit), "%s", unit);
        if (kind == WIRE_KILLED)
                rec.state.available_kib = 3670016;
        stage_feed(&rec);
}

static void
a_warning_becomes_the_kill_notice_in_place(void **state)
{
        const char *line;

        (void)state;
        feed_with_unit(WIRE_WARNING, "firefox", FIREFOX);
        stage_until_lines(ANN, 1);
        line = world_log_line(ANN, 0);
        CONTAINS(line, "id=1 replaces=0 app=<Memory guard> icon=<firefox> "
                       "summary=<Memory is running out: Firefox is growing> ");
        CONTAINS(line, "body=<It holds 3.0 GiB and grows by 120 MiB a second. 900 MiB of 15.3 GiB "
                       "are left. At 512 MiB, in about 12 s, a program will be closed: ");
        CONTAINS(line, " urgency=1 transient=true desktop-entry=<oomguard> expires=-1");
        stage_until_idle();
        feed_with_unit(WIRE_KILLING, "firefox", FIREFOX);
        feed_with_unit(WIRE_KILLED, "firefox", FIREFOX);
        stage_until_lines(ANN, 2);
        line = world_log_line(ANN, 1);
        CONTAINS(line, "id=1 replaces=1 app=<Memory guard> icon=<firefox> "
                       "summary=<Firefox was closed: memory ran out> ");
        CONTAINS(line, "body=<It held 3.0 GiB and grew by 120 MiB a second. 498 MiB of 15.3 GiB "
                       "were left. 3.5 GiB are available again.>");
        CONTAINS(line, " urgency=2 desktop-entry=");
        LACKS(line, "transient");
        stage_until_idle();
        /* The next one gets a place of its own, and does not stay on the screen. */
        stage_kill(ANN, "gimp", 4001);
        stage_until_lines(ANN, 3);
        line = world_log_line(ANN, 2);
        CONTAINS(line, "id=2 replaces=0 ");
        CONTAINS(line, "summary=<gimp was closed: memory ran out>");
        CONTAINS(line, "icon=<dialog-warning>");
        CONTAINS(line, " urgency=1 ");
}

static void
names_are_seen_by_the_owner_and_by_administrators(void **state)
{
        const char *line;

        (void)state;
        feed_with_unit(WIRE_WARNING, "firefox", FIREFOX);
        stage_until_lines(ANN, 1);
        stage_until_lines(BEN, 1);
        stage_until_lines(ADA, 1);
        CONTAINS(world_log_line(ADA, 0), "summary=<Memory is running out: firefox (ann) is ");
        /* Names of applications are those of their owner's files, not of the administrator's. */
        CONTAINS(world_log_line(ADA, 0), "icon=<dialog-warning>");
        line = world_log_line(BEN, 0);
        CONTAINS(line, "summary=<Memory is running out: A program of another user is growing>");
        CONTAINS(line, "body=<900 MiB of 15.3 GiB are left. ");
        LACKS(line, "irefox");
        stage_until_idle();
        feed_with_unit(WIRE_KILLING, "firefox", FIREFOX);
        feed_with_unit(WIRE_KILLED, "firefox", FIREFOX);
        stage_until_lines(BEN, 2);
        stage_until_lines(ADA, 2);
        line = world_log_line(BEN, 1);
        CONTAINS(line, "summary=<A program of another user was closed: memory ran out>");
        LACKS(line, "irefox");
        LACKS(line, "3.0 GiB");
        CONTAINS(line, " urgency=1 ");
        CONTAINS(world_log_line(ADA, 1), "summary=<firefox (ann) was closed: memory ran out>");
}

static void
warnings_come_once_for_each_cause_and_kills_always(void **state)
{
        struct wire_record rec = record_of(WIRE_WARNING, ANN, "leak");

        (void)state;
        for (int i = 0; i < 5; i++)
                stage_feed(&rec);
        rec = record_of(WIRE_WARNING, ANN, "other");
        stage_until_idle();
        stage_feed(&rec);
        stage_until_idle();
        stage_kill(ANN, "leak", 4000);
        stage_until_idle();
        stage_kill(ANN, "leak", 4001);
        stage_until_idle();
        assert_int_equal(world_log_lines(ANN), 4);
        CONTAINS(world_log_line(ANN, 0), "leak is growing");
        CONTAINS(world_log_line(ANN, 1), "id=1 replaces=1 ");
        CONTAINS(world_log_line(ANN, 1), "other is growing");
        CONTAINS(world_log_line(ANN, 2), "id=1 replaces=1 ");
        CONTAINS(world_log_line(ANN, 3), "id=2 replaces=0 ");
        /* To whom it is not shown, every program is the same. */
        assert_int_equal(world_log_lines(BEN), 3);
}

static void
the_configuration_is_heeded(void **state)
{
        struct wire_record rec = record_of(WIRE_WARNING, ANN, "leak");

        (void)state;
        stage.policy.notify_warn = false;
        desktop_set_policy(stage.desktop, &stage.policy);
        stage_feed(&rec);
        stage_kill(ANN, "leak", 4000);
        stage_until_idle();
        assert_int_equal(world_log_lines(ANN), 1);
        CONTAINS(world_log_line(ANN, 0), "leak was closed");
        stage.policy.notify_desktop = false;
        desktop_set_policy(stage.desktop, &stage.policy);
        stage_kill(ANN, "leak", 4001);
        stage_until_idle();
        assert_int_equal(world_log_lines(ANN), 1);
        stage.policy.notify_desktop = true;
        stage.policy.notify_warn = true;
        desktop_set_policy(stage.desktop, &stage.policy);
        stage_feed(&rec);
        stage_until_idle();
        assert_int_equal(world_log_lines(ANN), 2);
}

/* What a process may call itself, and what is to be seen of it. */
static const struct {
        const char *name, *summary, *body;
} hostile[] = {
        { "<b>x</b>", "<b>x</b> was", "<It held" },
        { "&amp;&#60;", "&amp;&#60; was", "<It held" },
        { "a\nb\tc", "a?b?c was", "<It held" },
        { "\033[31mred", "?[31mred was", "<It held" },
        { "\xe2\x80\xaegpj.exe", "?gpj.exe was", "<It held" },
        { "\xff\xfe\x80", "??? was", "<It held" },
        { "\xef\xbf\xbe\xef\xb7\x90", "?? was", "<It held" },
        { "abcdefghijklmn\xc3", "abcdefghijklmn… was", "<It held" },
        { "abcdefghijkl\xe2\x82\xac", "abcdefghijkl€… was", "<It held" },
        { "", "Process 4000 was", "<It held" },
};

static void
hostile_names_arrive_and_do_no_harm(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
                struct wire_record rec = record_of(WIRE_KILLED, ANN, hostile[i].name);
                const char *line;

                /* In the body too: a part of an application is called by its own name there. */
                stage_feed(&rec);
                stage_until_lines(ANN, i + 1);
                line = world_log_line(ANN, i);
                CONTAINS(line, hostile[i].summary);
                CONTAINS(line, hostile[i].body);
                stage_until_idle();
        }
}

static void
a_part_of_an_application_is_not_the_application(void **state)
{
        const char *line;

        (void)state;
        world_mkdirs(
                "/sys/fs/cgroup/user.slice/user-1500.slice/user@1500.service/app.slice/" FIREFOX,
                0);
        world_write("/sys/fs/cgroup/user.slice/user-1500.slice/user@1500.service/app.slice/" FIREFOX
                    "/cgroup.events",
                    "populated 1\nfrozen 0\n");
        feed_with_unit(WIRE_KILLED, "<b>Tab</b> & \"x\"", FIREFOX);
        stage_until_lines(ANN, 1);
        line = world_log_line(ANN, 0);
        CONTAINS(line, "summary=<Part of Firefox was closed: memory ran out>");
        CONTAINS(line, "body=<Its process &lt;b&gt;Tab&lt;/b&gt; &amp; ");
        stage_until_idle();
        world_write("/sys/fs/cgroup/user.slice/user-1500.slice/user@1500.service/app.slice/" FIREFOX
                    "/cgroup.events",
                    "populated 0\nfrozen 0\n");
        feed_with_unit(WIRE_KILLED, "Isolated Web Co", FIREFOX);
        stage_until_lines(ANN, 2);
        CONTAINS(world_log_line(ANN, 1), "summary=<Firefox was closed: memory ran out>");
}

static void
a_server_without_markup_gets_the_text_as_it_is(void **state)
{
        (void)state;
        world_end(server[0]);
        server[0] = world_server(ANN, NULL);
        world_mkdirs(
                "/sys/fs/cgroup/user.slice/user-1500.slice/user@1500.service/app.slice/" FIREFOX,
                0);
        world_write("/sys/fs/cgroup/user.slice/user-1500.slice/user@1500.service/app.slice/" FIREFOX
                    "/cgroup.events",
                    "populated 1\n");
        feed_with_unit(WIRE_KILLED, "<b>Tab</b>", FIREFOX);
        stage_until_lines(ANN, 1);
        CONTAINS(world_log_line(ANN, 0), "body=<Its process <b>Tab</b> held ");
}

static void
gnome_gets_no_desktop_entry_and_may_refuse_to_replace(void **state)
{
        static const char *const gnome[] = { "name=gnome-shell", "strict", NULL };

        (void)state;
        world_end(server[0]);
        server[0] = world_server(ANN, gnome);
        feed_with_unit(WIRE_WARNING, "firefox", FIREFOX);
        stage_until_lines(ANN, 1);
        LACKS(world_log_line(ANN, 0), "desktop-entry");
        stage_until_idle();
        feed_with_unit(WIRE_KILLED, "firefox", FIREFOX);
        stage_until_lines(ANN, 2);
        CONTAINS(world_log_line(ANN, 1), "id=2 replaces=0 ");
        CONTAINS(world_log_line(ANN, 1), "Firefox was closed");
}

static void
language_and_places_are_those_of_the_session(void **state)
{
        static const char *const german[] = { "env=LANG=C.UTF-8", "env=LC_MESSAGES=fr_FR.UTF-8",
                                              "env=LANGUAGE=de:en",
                                              "env=XDG_DATA_DIRS=/home/ann/data", NULL };

        (void)state;
        world_end(server[0]);
        server[0] = world_server(ANN, german);
        feed_with_unit(WIRE_KILLED, "firefox", FIREFOX);
        stage_until_lines(ANN, 1);
        CONTAINS(world_log_line(ANN, 0), "summary=<Feuerfuchs was closed: ");
        put_desktop_file("/home/ann/data", "leak",
                         "[Desktop Entry]\nType=Application\nName=Leaky\nIcon=/opt/x y.png\n"
                         "Exec=leak\n");
        stage_until_idle();
        stage_kill(ANN, "leak", 4001);
        stage_until_lines(ANN, 2);
        CONTAINS(world_log_line(ANN, 1), "summary=<Leaky was closed: ");
        CONTAINS(world_log_line(ANN, 1), "icon=<file:///opt/x%20y.png>");
}

static void
another_server_is_not_asked_to_replace_anything(void **state)
{
        (void)state;
        feed_with_unit(WIRE_WARNING, "firefox", FIREFOX);
        stage_until_lines(ANN, 1);
        stage_until_idle();
        world_end(server[0]);
        server[0] = world_server(ANN, NULL);
        feed_with_unit(WIRE_KILLED, "firefox", FIREFOX);
        stage_until_lines(ANN, 2);
        CONTAINS(world_log_line(ANN, 1), "replaces=0 ");
}

static void
a_dry_run_says_so(void **state)
{
        struct wire_record rec = record_of(WIRE_KILLING, ANN, "leak");

        (void)state;
        rec.process.is |= WIRE_IS_DRY_RUN;
        stage_feed(&rec);
        stage_feed(&rec);
        stage_until_idle();
        assert_int_equal(world_log_lines(ANN), 1);
        CONTAINS(world_log_line(ANN, 0), "summary=<leak would be closed: memory ran out>");
        CONTAINS(world_log_line(ANN, 0), "This is a dry run: nothing is closed.>");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_sessions, close_sessions)

const struct CMUnitTest cases_show[] = {
        CASE(a_warning_becomes_the_kill_notice_in_place),
        CASE(names_are_seen_by_the_owner_and_by_administrators),
        CASE(warnings_come_once_for_each_cause_and_kills_always),
        CASE(the_configuration_is_heeded),
        CASE(hostile_names_arrive_and_do_no_harm),
        CASE(a_part_of_an_application_is_not_the_application),
        CASE(a_server_without_markup_gets_the_text_as_it_is),
        CASE(gnome_gets_no_desktop_entry_and_may_refuse_to_replace),
        CASE(language_and_places_are_those_of_the_session),
        CASE(another_server_is_not_asked_to_replace_anything),
        CASE(a_dry_run_says_so),
};
const size_t n_cases_show = sizeof(cases_show) / sizeof(cases_show[0]);
