/* SPDX-License-Identifier: MIT */
/*
 * org.freedesktop.LowMemoryMonitor: tells programs to give memory back before anybody is ended
 * (GLib's GMemoryMonitor, WebKit, the Flatpak portal listen).  Provided only where nobody else
 * does.  There is no signal for recovery: silence means that all is well.
 */
#ifndef NOTIFY_MONITOR_H
#define NOTIFY_MONITOR_H

#include "bus.h"
#include "wire.h"

/* Levels of that interface; receivers take them as the lower ends of ranges. */
enum monitor_level {
        MONITOR_FINE = 0,
        MONITOR_LOW = 50,
        MONITOR_MEDIUM = 100,
        MONITOR_CRITICAL = 255, /* processes are about to be ended */
};

/* While a level holds it is repeated: receivers take 20 s of silence for recovery. */
#define MONITOR_REPEAT_US UINT64_C(15000000)

struct monitor {
        struct bus *bus;
        sd_bus_slot *slot;
        /* When a level at least this high was last sent; 0: never. */
        uint64_t sent_us[3];
};

/* What a record asks to be told.  Pure. */
enum monitor_level
monitor_level(const struct wire_record *rec);

/* Whether to tell it now, given what was told before; remembers that it was.  Pure. */
bool
monitor_due(struct monitor *m, enum monitor_level level, uint64_t now_us);

void
monitor_init(struct monitor *m, struct bus *bus);

/* For struct bus_calls. */
int
monitor_connected(struct monitor *m, sd_bus *sd);
void
monitor_gone(struct monitor *m);

/* policy.memory_monitor. */
void
monitor_set(struct monitor *m, bool wanted);

void
monitor_record(struct monitor *m, const struct wire_record *rec, uint64_t now_us);

#endif
