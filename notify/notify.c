/* SPDX-License-Identifier: MIT */
/*
 * main of oomguard-notify: what the guard publishes goes on to the bus, to low-memory warnings, to
 * the journal, to people's desktops and to the administrator's hook.  None of them holds up
 * another, and the guard holds on without any of this.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "bus.h"
#include "bus_guard.h"
#include "config.h"
#include "desktop.h"
#include "hook.h"
#include "journal.h"
#include "link.h"
#include "message.h"
#include "monitor.h"
#include "privacy.h"
#include "report.h"
#include "sdnotify.h"

/* 78: as the guard, EX_CONFIG of sysexits.h. */
enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 };

#define TELL_LOST_US UINT64_C(60000000)
#define PULSE_US     UINT64_C(1000000)

struct options {
        const char *config;
        const char *feed;
};

struct notify {
        const struct options *options;
        sd_event *event;
        struct report report;
        struct sdnotify manager;
        sd_event_source *pulse;
        bool ready; /* the manager has been told */
        struct policy policies[2];
        struct policy *policy, *spare;
        struct link *link;
        struct bus bus;
        struct bus_guard guard;
        struct monitor monitor;
        struct journal *journal;
        struct desktop *desktop;
        struct hook *hook;
        uint64_t lost, lost_told_us; /* records */
        char status[160];            /* as told last */
};

static struct notify notify;

static void
print_help(FILE *out)
{
        (void)fputs(
                "oomguard-notify [-c FILE] [--feed PATH] [--help] [--version]\n"
                "\n"
                "Tells programs and people what oomguard sees and does.\n"
                "\n"
                "  -c, --config FILE   read FILE and FILE.d/*.conf (default " CONFIG_FILE ")\n"
                "      --feed PATH     the guard's socket (default " WIRE_FEED ", or\n"
                "                      oomguard/feed in $XDG_RUNTIME_DIR)\n"
                "  -h, --help          this text\n"
                "  -V, --version       the version\n"
                "\n"
                "SIGHUP reads the configuration again, SIGTERM and SIGINT end it.\n"
                "Exit status: 0 ended as asked, 1 start failed, 2 wrong usage, 78 faults in the "
                "configuration.\n",
                out);
}

/* -1 to go on, else the exit status. */
static int
parse_arguments(int argc, char **argv, struct options *o)
{
        enum { OPT_FEED = 256 };
        static const struct option longs[] = {
                { "config", required_argument, NULL, 'c' },
                { "feed", required_argument, NULL, OPT_FEED },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'V' },
                { NULL, 0, NULL, 0 },
        };
        int c;

        while ((c = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1) {
                switch (c) {
                case 'c':
                        o->config = optarg;
                        break;
                case OPT_FEED:
                        o->feed = optarg;
                        break;
                case 'h':
                        print_help(stdout);
                        return EXIT_SUCCESS;
                case 'V':
                        (void)puts("oomguard-notify " OOMGUARD_VERSION);
                        return EXIT_SUCCESS;
                default:
                        (void)fputs("oomguard-notify --help lists what it takes\n", stderr);
                        return EXIT_USAGE;
                }
        }
        if (optind == argc)
                return -1;
        (void)fprintf(stderr, "oomguard-notify: %s: it takes no arguments but options\n",
                      argv[optind]);
        return EXIT_USAGE;
}

static uint64_t
now_us(void)
{
        uint64_t us = 0;

        (void)sd_event_now(notify.event, CLOCK_MONOTONIC, &us);
        return us;
}

static void
tell(void *arg, int level, const char *text)
{
        (void)arg;
        report_line(&notify.report, level, "%s", text);
}

/* ---- the service manager ---- */

/* For what the manager could not take just now. */
static void
pulse_soon(void)
{
        uint64_t watchdog_us = notify.manager.watchdog_us;

        if (!notify.pulse)
                return;
        (void)sd_event_source_set_time_relative(notify.pulse,
                                                watchdog_us ? watchdog_us / 4 : PULSE_US);
        (void)sd_event_source_set_enabled(notify.pulse, SD_EVENT_ONESHOT);
}

static void
tell_manager(void)
{
        const struct wire_state *s = &notify.guard.state;
        char status[sizeof(notify.status)], ended[48] = "";

        if (!notify.guard.up)
                (void)snprintf(status, sizeof(status), "the guard is absent");
        else
                (void)snprintf(status, sizeof(status), "%s%s", bus_guard_word(true, s),
                               s->flags & WIRE_FLAG_DRY_RUN ? " (dry run)" : "");
        if (notify.guard.up && s->kills > 0)
                (void)snprintf(ended, sizeof(ended), "; %llu ended so far",
                               (unsigned long long)s->kills);
        (void)strncat(status, ended, sizeof(status) - strlen(status) - 1);
        if (!notify.bus.ready)
                (void)strncat(status, "; no system bus", sizeof(status) - strlen(status) - 1);
        if (strcmp(status, notify.status) == 0)
                return;
        if (sdnotify_send(&notify.manager, "STATUS=%s", status))
                memcpy(notify.status, status, sizeof(status));
        else
                pulse_soon();
}

/* The watchdog's ping, and what the manager could not take before. */
static int
on_pulse(sd_event_source *source, uint64_t usec, void *arg)
{
        (void)source;
        (void)usec;
        (void)arg;
        if (notify.manager.watchdog_us)
                (void)sdnotify_send(&notify.manager, "WATCHDOG=1");
        if (!notify.ready)
                notify.ready = sdnotify_send(&notify.manager, "READY=1");
        tell_manager();
        if (notify.manager.watchdog_us || !notify.ready)
                pulse_soon();
        return 0;
}

static int
open_manager(void)
{
        int r = sdnotify_open(&notify.manager);

        /* Telling everybody else goes on without. */
        if (r < 0)
                report_line(&notify.report, MESSAGE_WARNING,
                            "$NOTIFY_SOCKET: %s; the service manager is not told", strerror(-r));
        if (notify.manager.fd < 0)
                return 0;
        return sd_event_add_time_relative(notify.event, &notify.pulse, CLOCK_MONOTONIC, 0, 1000,
                                          on_pulse, NULL);
}

/* ---- configuration ---- */

static void
use_policy(struct policy *p)
{
        if (p != notify.policy)
                notify.spare = notify.policy;
        notify.policy = p;
        desktop_set_policy(notify.desktop, p);
        hook_set_policy(notify.hook, p);
        monitor_set(&notify.monitor, p->memory_monitor);
}

static void
tell_start_fault(void *arg, const char *text)
{
        (void)arg;
        report_line(&notify.report, MESSAGE_ERROR, "%s; not started", text);
}

static void
tell_reload_fault(void *arg, const char *text)
{
        (void)arg;
        report_line(&notify.report, MESSAGE_ERROR, "%s; the running configuration stays", text);
}

static void
reload(void)
{
        struct policy *p = notify.spare;

        (void)sdnotify_send(&notify.manager, "RELOADING=1\nMONOTONIC_USEC=%llu",
                            (unsigned long long)now_us());
        if (config_load(notify.options->config, p, tell_reload_fault, NULL) == 0) {
                use_policy(p);
                report_line(&notify.report, MESSAGE_INFO,
                            "the configuration was read again and is in force");
        }
        notify.ready = sdnotify_send(&notify.manager, "READY=1");
        if (!notify.ready)
                pulse_soon();
}

static int
on_hangup(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
        (void)source;
        (void)si;
        (void)arg;
        reload();
        return 0;
}

/* ---- the guard ---- */

static void
tell_lost(void)
{
        uint64_t lost = link_lost(notify.link), now = now_us();

        if (lost == notify.lost || now - notify.lost_told_us < TELL_LOST_US)
                return;
        report_line(&notify.report, MESSAGE_WARNING,
                    "%llu records of the guard are lost: they came faster than they could be read",
                    (unsigned long long)(lost - notify.lost));
        notify.lost = lost;
        notify.lost_told_us = now;
}

static void
on_record(void *arg, const struct wire_record *rec)
{
        (void)arg;
        /* First those that have little time. */
        monitor_record(&notify.monitor, rec, now_us());
        bus_guard_record(&notify.guard, rec);
        journal_record(notify.journal, rec);
        desktop_record(notify.desktop, rec);
        hook_record(notify.hook, rec);
        tell_manager();
        tell_lost();
        /* One request to the guard is enough for both. */
        if (rec->kind == WIRE_RELOADED)
                reload();
}

static void
on_link(void *arg, int error)
{
        (void)arg;
        bus_guard_link(&notify.guard, error == 0);
        if (error == 0)
                report_line(&notify.report, MESSAGE_INFO, "the guard is there");
        else if (error == -EUSERS)
                report_line(&notify.report, MESSAGE_WARNING,
                            "the guard has no place left for one more that listens; tried again "
                            "until there is one");
        else if (error == -ETIMEDOUT)
                report_line(&notify.report, MESSAGE_WARNING,
                            "the guard has not been heard of for %llu s; listening goes on",
                            (unsigned long long)(LINK_SILENT_US / 1000000));
        else
                report_line(&notify.report, MESSAGE_NOTICE,
                            "the guard is not there (%s); tried again until it is",
                            error == -ECONNRESET ? "it has gone" : strerror(-error));
        tell_manager();
}

/* ---- the bus ---- */

static int
on_bus(void *arg, sd_bus *sd)
{
        int r = bus_guard_connected(&notify.guard, sd);

        (void)arg;
        if (r >= 0)
                r = monitor_connected(&notify.monitor, sd);
        tell_manager();
        return r;
}

static void
on_bus_gone(void *arg)
{
        (void)arg;
        bus_guard_gone(&notify.guard);
        monitor_gone(&notify.monitor);
        tell_manager();
}

/* ---- start and end ---- */

static int
open_signals(void)
{
        sigset_t set;
        int r;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGHUP);
        (void)sigaddset(&set, SIGCHLD);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
        /* Without a handler of ours sd-event ends the loop. */
        r = sd_event_add_signal(notify.event, NULL, SIGTERM, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(notify.event, NULL, SIGINT, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(notify.event, NULL, SIGHUP, on_hangup, NULL);
        return r;
}

static int
open_all(void)
{
        static const struct bus_calls bus_calls = { .connected = on_bus,
                                                    .gone = on_bus_gone,
                                                    .tell = tell };
        static const struct link_calls link_calls = { .record = on_record, .changed = on_link };
        int r = open_signals();

        if (r >= 0)
                r = open_manager();
        if (r >= 0)
                r = journal_new(&notify.journal, notify.event);
        if (r >= 0)
                r = desktop_new(&notify.desktop, notify.event);
        if (r >= 0)
                r = hook_new(&notify.hook, notify.event);
        if (r >= 0)
                r = link_new(&notify.link, notify.event, notify.options->feed, &link_calls);
        if (r >= 0)
                r = bus_open(&notify.bus, notify.event, &bus_calls);
        if (r < 0)
                return r;
        bus_guard_init(&notify.guard, &notify.bus, notify.link, privacy_on_this_machine());
        monitor_init(&notify.monitor, &notify.bus);
        bus_want(&notify.bus, BUS_GUARD, true);
        use_policy(notify.policy);
        return 0;
}

static void
close_all(void)
{
        bus_close(&notify.bus);
        link_free(notify.link);
        hook_free(notify.hook);
        desktop_free(notify.desktop);
        journal_free(notify.journal);
        sd_event_source_disable_unref(notify.pulse);
        sdnotify_close(&notify.manager);
        sd_event_unref(notify.event);
}

static int
run(void)
{
        int r;

        notify.policy = &notify.policies[0];
        notify.spare = &notify.policies[1];
        if (config_load(notify.options->config, notify.policy, tell_start_fault, NULL) > 0)
                return EXIT_CONFIG;
        r = sd_event_new(&notify.event);
        if (r >= 0)
                r = open_all();
        if (r < 0) {
                report_line(&notify.report, MESSAGE_ERROR, "%s; not started", strerror(-r));
                close_all();
                return EXIT_FAILURE;
        }
        r = sd_event_loop(notify.event);
        (void)sdnotify_send(&notify.manager, "STOPPING=1");
        if (r < 0)
                report_line(&notify.report, MESSAGE_ERROR, "the event loop: %s; ended",
                            strerror(-r));
        close_all();
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
        struct options o = { 0 };
        int status = parse_arguments(argc, argv, &o);

        if (status >= 0)
                return status;
        notify.options = &o;
        notify.manager.fd = -1;
        report_open(&notify.report, "oomguard-notify");
        status = run();
        report_close(&notify.report);
        return status;
}
