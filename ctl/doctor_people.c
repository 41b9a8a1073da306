/* SPDX-License-Identifier: MIT */
/*
 * Owns what is to be said of the ways to people: bus, notifier, sessions, journal.
 */
#include "doctor.h"

#include <string.h>

#include "look.h"
#include "text.h"

static void
look_bus(struct doctor *d)
{
        bool bus = look_exists(d->ctl, "/run/dbus/system_bus_socket");
        struct finding *f;

        if (!bus) {
                (void)doctor_tell(d, FINDING_DEGRADED, "bus",
                                  "no D-Bus here: the guard does without, but programs cannot be "
                                  "warned nor ask it");
                return;
        }
        (void)doctor_tell(d, FINDING_OK, "bus", "D-Bus is there");
        if (d->notifier_pid > 0) {
                (void)doctor_tell(d, FINDING_OK, "notifier", "it runs as pid %d", d->notifier_pid);
                return;
        }
        f = doctor_tell(d, FINDING_DEGRADED, "notifier",
                        "no oomguard-notify runs: nobody is notified of a kill or warned before "
                        "one; the guard itself does without");
        finding_remedy(f, "sudo systemctl enable --now oomguard-notify.service");
}

struct sessions {
        struct doctor *d;
        unsigned n_graphical, n_reached, n_console;
        char unreached[128]; /* uids of those that are not */
};

static bool
is_on_console(const char *text, const char *type)
{
        char remote[8] = "", seat[32] = "";

        (void)look_line(text, "REMOTE", '=', remote, sizeof(remote));
        (void)look_line(text, "SEAT", '=', seat, sizeof(seat));
        return strcmp(type, "tty") == 0 && strcmp(remote, "1") != 0 && seat[0] != '\0';
}

/* A file of logind's, of `KEY=VALUE` lines. */
static void
take_session(void *arg, const char *name)
{
        struct sessions *s = arg;
        char path[128], text[2048], type[32] = "", class[32] = "", uid[32] = "", bus[96];
        size_t used;

        (void)snprintf(path, sizeof(path), "/run/systemd/sessions/%.64s", name);
        if (look_text(s->d->ctl, path, text, sizeof(text)) <= 0)
                return;
        (void)look_line(text, "TYPE", '=', type, sizeof(type));
        (void)look_line(text, "CLASS", '=', class, sizeof(class));
        (void)look_line(text, "UID", '=', uid, sizeof(uid));
        if (strncmp(class, "user", 4) != 0)
                return;
        if (strcmp(type, "x11") != 0 && strcmp(type, "wayland") != 0) {
                s->n_console += is_on_console(text, type);
                return;
        }
        s->n_graphical++;
        (void)snprintf(bus, sizeof(bus), "/run/user/%s/bus", uid);
        if (look_exists(s->d->ctl, bus)) {
                s->n_reached++;
                return;
        }
        used = strlen(s->unreached);
        (void)snprintf(s->unreached + used, sizeof(s->unreached) - used, "%s%s", used ? ", " : "",
                       uid);
}

static void
look_sessions(struct doctor *d)
{
        struct sessions s = { .d = d };

        if (look_folder(d->ctl, "/run/systemd/sessions", take_session, &s) < 0)
                (void)doctor_tell(d, FINDING_DEGRADED, "sessions",
                                  "no logind here: sessions cannot be found, so nobody is notified "
                                  "on a desktop");
        else if (s.n_graphical == 0)
                (void)doctor_tell(d, FINDING_OK, "sessions", "none is graphical");
        else if (s.n_reached == s.n_graphical)
                (void)doctor_tell(d, FINDING_OK, "sessions",
                                  "%u graphical, %s a bus to be notified on", s.n_graphical,
                                  s.n_graphical == 1 ? "with" : "each with");
        else
                (void)doctor_tell(d, FINDING_DEGRADED, "sessions",
                                  "%u graphical, %u without a bus of their own (uid %s): those are "
                                  "not notified",
                                  s.n_graphical, s.n_graphical - s.n_reached, s.unreached);
        if (s.n_console > 0)
                (void)doctor_tell(d, FINDING_NOTE, "consoles",
                                  "%u session%s on a text console: a desktop begun there (sway, "
                                  "startx) is notified while DISPLAY or WAYLAND_DISPLAY is among "
                                  "what `systemctl --user show-environment` tells",
                                  s.n_console, s.n_console == 1 ? "" : "s");
}

static void
look_journal(struct doctor *d)
{
        struct finding *f;

        if (!look_exists(d->ctl, "/run/systemd/journal/socket")) {
                (void)doctor_tell(d, FINDING_DEGRADED, "journal",
                                  "no journald here: `history` has the kernel's log alone, and the "
                                  "guard's own lines are wherever its stderr goes");
                return;
        }
        if (look_exists(d->ctl, "/var/log/journal")) {
                (void)doctor_tell(d, FINDING_OK, "journal", "kept on disk");
                return;
        }
        f = doctor_tell(d, FINDING_DEGRADED, "journal",
                        "kept in memory only: what happened is forgotten at the next boot");
        finding_remedy(f, "sudo mkdir -p /var/log/journal");
        finding_remedy(f, "sudo systemctl restart systemd-journald");
}

void
doctor_people(struct doctor *d)
{
        look_bus(d);
        look_sessions(d);
        look_journal(d);
}
