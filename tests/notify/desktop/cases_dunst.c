/* SPDX-License-Identifier: MIT */
/*
 * The same before a notification server that people use: dunst, in an X server without a screen.
 * With $DESKTOP_PICTURES set, pictures of what was to be seen are left in that folder.
 */
#include "cases.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNIT   "app-gnome-web-4000.scope"
#define CONFIG "/home/ann/dunstrc"
#define NUMBER "/home/ann/number"

/* Large enough to be read in a README, and nothing that moves. */
static const char dunstrc[] =
        "[global]\nfont = DejaVu Sans 11\nwidth = 560\nheight = 300\norigin = top-right\n"
        "offset = 0x0\nframe_width = 1\nframe_color = \"#5a6b7b\"\nseparator_height = 1\n"
        "padding = 12\nhorizontal_padding = 14\ntext_icon_padding = 14\nmarkup = full\n"
        "format = \"<b>%s</b>\\n%b\"\nword_wrap = yes\nicon_position = left\nmin_icon_size = 48\n"
        "max_icon_size = 48\nicon_path = /usr/share/icons/Adwaita/48x48/legacy/:"
        "/usr/share/icons/Adwaita/48x48/status/\nshow_age_threshold = -1\nidle_threshold = 0\n"
        "[urgency_normal]\nbackground = \"#26303a\"\nforeground = \"#f2f4f6\"\ntimeout = 0\n"
        "[urgency_critical]\nbackground = \"#26303a\"\nforeground = \"#f2f4f6\"\n"
        "frame_color = \"#d2483f\"\ntimeout = 0\n";

static pid_t bus, x_server, dunst;

static bool
have(const char *program)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "/usr/bin/%s", program);
        return access(path, X_OK) == 0;
}

static pid_t
spawn_to(const char *out, const char *const *argv)
{
        int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666),
            kept = dup(STDOUT_FILENO);
        pid_t pid;

        assert_true(fd >= 0);
        (void)dup2(fd, STDOUT_FILENO);
        pid = world_spawn(ANN, argv);
        (void)dup2(kept, STDOUT_FILENO);
        (void)close(kept);
        (void)close(fd);
        return pid;
}

/* A number that dunst tells of itself, or -1. */
static int
ask_dunst(const char *what)
{
        const char *argv[] = { "dunstctl", "count", what, NULL };
        int number = -1, status;
        FILE *f;

        if (waitpid(spawn_to(NUMBER, argv), &status, 0) < 0 || status != 0)
                return -1;
        f = fopen(NUMBER, "re");
        if (f) {
                if (fscanf(f, "%d", &number) != 1)
                        number = -1;
                (void)fclose(f);
        }
        return number;
}

static bool
is_shown(const void *arg)
{
        const int *n = arg;

        return ask_dunst("displayed") == *n;
}

static bool
x_is_up(const void *arg)
{
        (void)arg;
        return world_listens("/tmp/.X11-unix/X7");
}

static bool
dunst_is_up(const void *arg)
{
        (void)arg;
        return ask_dunst("history") >= 0;
}

static void
open_screen(void)
{
        const char *x_argv[] = { "Xvfb",      ":7",  "-screen", "0", "620x420x24",
                                 "-nolisten", "tcp", "-ac",     NULL };
        const char *dunst_argv[] = { "dunst", "-config", CONFIG, NULL };

        world_session("1", ANN, "user", "x11", "active");
        bus = world_bus(ANN, "");
        world_write(CONFIG, dunstrc);
        world_write(NUMBER, "");
        world_mkdirs("/tmp/.X11-unix", 0);
        assert_int_equal(chmod("/tmp/.X11-unix", 01777), 0);
        assert_int_equal(setenv("DISPLAY", ":7", 1), 0);
        assert_int_equal(setenv("HOME", "/home/ann", 1), 0);
        stage_open();
        x_server = world_spawn(ANN, x_argv);
        stage_until(x_is_up, NULL);
        dunst = world_spawn(ANN, dunst_argv);
        stage_until(dunst_is_up, NULL);
}

static void
close_screen(void)
{
        stage_close();
        world_end(dunst);
        world_end(x_server);
        world_end(bus);
        (void)unsetenv("DISPLAY");
        world_session_ends("1");
}

/* The window is drawn some time after dunst has counted it. */
static void
take_picture(const char *name)
{
        const char *argv[] = { "import", "-display", ":7",      "-silent", "-window",
                               "root",   "-trim",    "+repage", NULL,      NULL };
        char path[128];
        int status;

        if (!world_wants_pictures())
                return;
        (void)usleep(1000000);
        (void)snprintf(path, sizeof(path), "/home/ann/%s.png", name);
        argv[8] = path;
        assert_true(waitpid(world_spawn(ANN, argv), &status, 0) > 0);
        assert_int_equal(status, 0);
        world_keep_picture(name, path);
}

static void
feed(enum wire_kind kind)
{
        struct wire_record rec = record_of(kind, ANN, "web");

        (void)snprintf(rec.process.unit, sizeof(rec.process.unit), UNIT);
        if (kind == WIRE_KILLED)
                rec.state.available_kib = 3670016;
        stage_feed(&rec);
}

static void
dunst_shows_a_warning_and_the_kill_in_its_place(void **state)
{
        int one = 1, two = 2;

        (void)state;
        if (!have("dunst") || !have("Xvfb")) {
                print_message("dunst or Xvfb is not installed\n");
                skip();
        }
        open_screen();
        put_desktop_file("/home/ann/.local/share", "web",
                         "[Desktop Entry]\nType=Application\nName=Web\nIcon=web-browser\n"
                         "Exec=web %U\n");
        feed(WIRE_WARNING);
        stage_until(is_shown, &one);
        stage_until_idle();
        take_picture("warning");
        feed(WIRE_KILLING);
        feed(WIRE_KILLED);
        stage_until_idle();
        assert_int_equal(ask_dunst("displayed"), 1);
        take_picture("kill");
        stage_kill(ANN, "<b>&amp;\033[1m", 4001);
        stage_until(is_shown, &two);
        stage_until_idle();
        take_picture("hostile");
        close_screen();
}

static void
a_stopped_dunst_shows_it_when_it_goes_on(void **state)
{
        int three = 3;

        (void)state;
        if (!have("dunst") || !have("Xvfb")) {
                print_message("dunst or Xvfb is not installed\n");
                skip();
        }
        open_screen();
        world_stop(dunst);
        /* It shows the same text once. */
        stage_kill(ANN, "first", 4000);
        stage_kill(ANN, "second", 4001);
        /* Long enough that the first child gives up waiting. */
        for (uint64_t until_us = clock_now_us() + 9000000; clock_now_us() < until_us;)
                assert_true(sd_event_run(stage.event, 100000) >= 0);
        assert_true(count_children() <= 1);
        world_go_on(dunst);
        stage_kill(ANN, "third", 4002);
        stage_until(is_shown, &three);
        stage_until_idle();
        close_screen();
}

const struct CMUnitTest cases_dunst[] = {
        cmocka_unit_test(dunst_shows_a_warning_and_the_kill_in_its_place),
        cmocka_unit_test(a_stopped_dunst_shows_it_when_it_goes_on),
};
const size_t n_cases_dunst = sizeof(cases_dunst) / sizeof(cases_dunst[0]);
