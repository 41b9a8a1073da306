/* SPDX-License-Identifier: MIT */
/*
 * Owns the connection and the names.  Never knows what is said over it.
 */
#include "bus.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "message.h"

#define DBUS       "org.freedesktop.DBus"
#define DBUS_PATH  "/org/freedesktop/DBus"
#define LOCAL      "org.freedesktop.DBus.Local"
#define LOCAL_PATH "/org/freedesktop/DBus/Local"
#define SYSTEM_BUS "unix:path=/run/dbus/system_bus_socket"

#define RETRY_MIN_US UINT64_C(250000)
#define RETRY_MAX_US UINT64_C(4000000)
#define CALL_US      UINT64_C(25000000)

/* Answers to RequestName, as the D-Bus specification numbers them. */
enum { PRIMARY_OWNER = 1, IN_QUEUE = 2, EXISTS = 3, ALREADY_OWNER = 4 };

/* Asked for names only when they are free: sd-bus' flags are none. */
enum { WHEN_FREE = 0 };

__attribute__((format(printf, 3, 4))) static void
tell(const struct bus *b, int level, const char *format, ...)
{
        char text[512];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        b->calls.tell(b->calls.arg, level, text);
}

static void
retry_soon(struct bus *b)
{
        if (sd_event_source_set_time_relative(b->retry, b->retry_us) >= 0)
                (void)sd_event_source_set_enabled(b->retry, SD_EVENT_ONESHOT);
        b->retry_us = b->retry_us * 2 < RETRY_MAX_US ? b->retry_us * 2 : RETRY_MAX_US;
}

/* ---- names ---- */

static void
ask_name(struct bus_name *n);

static void
on_refused(struct bus_name *n, const sd_bus_error *error)
{
        n->state = BUS_NAME_REFUSED;
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED))
                tell(n->bus, MESSAGE_WARNING,
                     "the system bus does not let this user own %s (is its policy file in "
                     "/usr/share/dbus-1/system.d?); nobody is told over it",
                     n->name);
        else
                tell(n->bus, MESSAGE_WARNING, "the system bus does not give us %s: %s", n->name,
                     error->message ? error->message : error->name);
}

static int
on_name_answer(sd_bus_message *m, void *arg, sd_bus_error *ret_error)
{
        struct bus_name *n = arg;
        uint32_t answer = 0;

        (void)ret_error;
        n->request = sd_bus_slot_unref(n->request);
        if (sd_bus_message_is_method_error(m, NULL)) {
                on_refused(n, sd_bus_message_get_error(m));
                return 0;
        }
        if (sd_bus_message_read(m, "u", &answer) < 0)
                return 0;
        switch (answer) {
        case PRIMARY_OWNER:
        case ALREADY_OWNER:
                n->state = BUS_NAME_OURS;
                break;
        case IN_QUEUE:
                n->state = BUS_NAME_QUEUED;
                tell(n->bus, MESSAGE_WARNING,
                     "another program is %s on the system bus; this one waits until it goes",
                     n->name);
                break;
        default:
                n->state = BUS_NAME_TAKEN;
                tell(n->bus, MESSAGE_INFO,
                     "another program is %s on the system bus already; that is left to it",
                     n->name);
        }
        return 0;
}

static void
ask_name(struct bus_name *n)
{
        uint64_t flags = n->queue ? SD_BUS_NAME_QUEUE : WHEN_FREE;

        if (!n->bus->ready || !n->wanted || n->state == BUS_NAME_ASKED || n->state == BUS_NAME_OURS)
                return;
        n->request = sd_bus_slot_unref(n->request);
        if (sd_bus_request_name_async(n->bus->sd, &n->request, n->name, flags, on_name_answer, n) >=
            0)
                n->state = BUS_NAME_ASKED;
}

static int
on_released(sd_bus_message *m, void *arg, sd_bus_error *ret_error)
{
        (void)m;
        (void)arg;
        (void)ret_error;
        return 0;
}

void
bus_want(struct bus *b, enum bus_which which, bool wanted)
{
        struct bus_name *n = &b->name[which];

        n->wanted = wanted;
        if (wanted) {
                ask_name(n);
                return;
        }
        n->request = sd_bus_slot_unref(n->request);
        if (b->ready && n->state != BUS_NAME_NONE)
                (void)sd_bus_release_name_async(b->sd, NULL, n->name, on_released, NULL);
        n->state = BUS_NAME_NONE;
}

bool
bus_speaks_as(const struct bus *b, enum bus_which which)
{
        enum bus_name_state state = b->name[which].state;

        return b->ready && (state == BUS_NAME_OURS || state == BUS_NAME_ASKED);
}

/* NameAcquired and NameLost are told to us alone; NameOwnerChanged to everybody. */
static int
on_name_signal(sd_bus_message *m, void *arg, sd_bus_error *ret_error)
{
        const char *member = sd_bus_message_get_member(m), *name = NULL, *before, *after;
        struct bus *b = arg;
        struct bus_name *n = NULL;

        (void)ret_error;
        if (!member || sd_bus_message_read(m, "s", &name) < 0)
                return 0;
        for (int i = 0; i < BUS_N_NAMES; i++)
                if (strcmp(b->name[i].name, name) == 0)
                        n = &b->name[i];
        if (!n || !n->wanted)
                return 0;
        if (strcmp(member, "NameAcquired") == 0) {
                n->state = BUS_NAME_OURS;
        } else if (strcmp(member, "NameLost") == 0) {
                if (n->state != BUS_NAME_OURS)
                        return 0;
                n->state = BUS_NAME_TAKEN;
                tell(b, MESSAGE_WARNING, "%s was taken from us on the system bus", n->name);
        } else if (sd_bus_message_read(m, "ss", &before, &after) >= 0 && !*after &&
                   n->state == BUS_NAME_TAKEN) {
                ask_name(n);
        }
        return 0;
}

/* ---- the connection ---- */

static void
drop_connection(struct bus *b)
{
        bool was_ready = b->ready;

        b->ready = false;
        for (int i = 0; i < BUS_N_NAMES; i++) {
                b->name[i].request = sd_bus_slot_unref(b->name[i].request);
                b->name[i].state = BUS_NAME_NONE;
        }
        if (was_ready)
                b->calls.gone(b->calls.arg);
        /* Not flushed: that would wait for the bus. */
        b->sd = sd_bus_close_unref(b->sd);
}

static void
tell_no_bus(struct bus *b, const char *why)
{
        if (!b->failed)
                tell(b, MESSAGE_WARNING, "the system bus: %s; tried again until it is there", why);
        b->failed = true;
}

static int
on_disconnected(sd_bus_message *m, void *arg, sd_bus_error *ret_error)
{
        struct bus *b = arg;

        (void)m;
        (void)ret_error;
        tell_no_bus(b, b->ready ? "it has gone" : "it does not answer");
        /* The connection is taken down by the timer: not from within itself. */
        if (b->ready)
                b->retry_us = RETRY_MIN_US;
        retry_soon(b);
        return 0;
}

static int
on_connected(sd_bus_message *m, void *arg, sd_bus_error *ret_error)
{
        struct bus *b = arg;

        (void)m;
        (void)ret_error;
        b->ready = true;
        int r = b->calls.connected(b->calls.arg, b->sd);

        if (r < 0) {
                tell_no_bus(b, strerror(-r));
                retry_soon(b);
                return 0;
        }
        b->retry_us = RETRY_MIN_US;
        if (b->failed)
                tell(b, MESSAGE_INFO, "the system bus is there");
        b->failed = false;
        for (int i = 0; i < BUS_N_NAMES; i++)
                ask_name(&b->name[i]);
        return 0;
}

static int
watch(struct bus *b)
{
        static const char *const members[] = { "NameAcquired", "NameLost" };
        int r = sd_bus_match_signal_async(b->sd, NULL, LOCAL, LOCAL_PATH, LOCAL, "Connected",
                                          on_connected, NULL, b);

        if (r >= 0)
                r = sd_bus_match_signal_async(b->sd, NULL, LOCAL, LOCAL_PATH, LOCAL, "Disconnected",
                                              on_disconnected, NULL, b);
        for (size_t i = 0; r >= 0 && i < sizeof(members) / sizeof(members[0]); i++)
                r = sd_bus_match_signal_async(b->sd, NULL, DBUS, DBUS_PATH, DBUS, members[i],
                                              on_name_signal, NULL, b);
        for (int i = 0; r >= 0 && i < BUS_N_NAMES; i++) {
                char rule[256];

                if (b->name[i].queue)
                        continue;
                (void)snprintf(rule, sizeof(rule),
                               "type='signal',sender='" DBUS "',path='" DBUS_PATH
                               "',interface='" DBUS "',member='NameOwnerChanged',arg0='%s'",
                               b->name[i].name);
                r = sd_bus_add_match_async(b->sd, NULL, rule, on_name_signal, NULL, b);
        }
        return r;
}

static int
dial(struct bus *b)
{
        static const int send_bytes = 256 * 1024;
        const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
        int r = sd_bus_new(&b->sd);

        if (r >= 0)
                r = sd_bus_set_address(b->sd, address ? address : SYSTEM_BUS);
        if (r >= 0)
                r = sd_bus_set_bus_client(b->sd, 1);
        if (r >= 0)
                r = sd_bus_set_connected_signal(b->sd, 1);
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(b->sd, CALL_US);
        if (r >= 0)
                r = sd_bus_attach_event(b->sd, b->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_start(b->sd);
        if (r < 0)
                return r;
        /* sd-bus makes it 8 MiB, all of which a bus that does not read would be left with. */
        (void)setsockopt(sd_bus_get_fd(b->sd), SOL_SOCKET, SO_SNDBUF, &send_bytes,
                         sizeof(send_bytes));
        /* Refused before the start; the answers come by the event loop, after this. */
        return watch(b);
}

static int
on_retry(sd_event_source *source, uint64_t usec, void *arg)
{
        struct bus *b = arg;
        int r;

        (void)source;
        (void)usec;
        drop_connection(b);
        r = dial(b);
        if (r >= 0)
                return 0;
        tell_no_bus(b, strerror(-r));
        drop_connection(b);
        retry_soon(b);
        return 0;
}

bool
bus_has_room(struct bus *b)
{
        uint64_t n = 0;

        if (!b->ready)
                return false;
        if (sd_bus_get_n_queued_write(b->sd, &n) >= 0 && n < BUS_QUEUE_MAX) {
                if (b->dropping && n == 0) {
                        tell(b, MESSAGE_NOTICE,
                             "the system bus reads again; %llu messages were dropped meanwhile",
                             (unsigned long long)b->dropped);
                        b->dropping = false;
                        b->dropped = 0;
                }
                return true;
        }
        b->dropped++;
        if (!b->dropping)
                tell(b, MESSAGE_WARNING,
                     "the system bus does not read; what is to be told there is dropped");
        b->dropping = true;
        return false;
}

int
bus_open(struct bus *b, sd_event *event, const struct bus_calls *calls)
{
        *b = (struct bus){
                .event = event,
                .retry_us = RETRY_MIN_US,
                .calls = *calls,
                .name = { [BUS_GUARD] = { .name = "org.oomguard1", .queue = true },
                          [BUS_MONITOR] = { .name = "org.freedesktop.LowMemoryMonitor" } },
        };
        for (int i = 0; i < BUS_N_NAMES; i++)
                b->name[i].bus = b;
        return sd_event_add_time_relative(event, &b->retry, CLOCK_MONOTONIC, 0, 1000, on_retry, b);
}

void
bus_close(struct bus *b)
{
        drop_connection(b);
        b->retry = sd_event_source_disable_unref(b->retry);
}
