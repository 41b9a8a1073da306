/* SPDX-License-Identifier: MIT */
/*
 * The object /org/oomguard1 on the system bus: how things stand as properties, what happens as
 * signals, the ranking as a method.  It can be asked by anybody and commands nothing; who may see
 * other people's processes is looked at where the machine hides them (hidepid).
 */
#ifndef NOTIFY_BUS_GUARD_H
#define NOTIFY_BUS_GUARD_H

#include "bus.h"
#include "bus_candidates.h"
#include "link.h"

struct bus_guard {
        struct bus *bus;
        sd_bus_slot *slot;
        bool up; /* there is a guard */
        bool hide;
        struct wire_state state;
        struct bus_candidates candidates;
};

/* `hide`: names of processes are not for everybody on this machine. */
void
bus_guard_init(struct bus_guard *g, struct bus *bus, struct link *link, bool hide);

/* For struct bus_calls. */
int
bus_guard_connected(struct bus_guard *g, sd_bus *sd);
void
bus_guard_gone(struct bus_guard *g);

/* The guard came or went. */
void
bus_guard_link(struct bus_guard *g, bool up);

/* Every record that belongs to no request. */
void
bus_guard_record(struct bus_guard *g, const struct wire_record *rec);

/* `calm`, `watch`, `warn`, `acting`, `paused`, `absent`. */
const char *
bus_guard_word(bool up, const struct wire_state *s);

#endif
