/* SPDX-License-Identifier: MIT */
/*
 * Who asks for the ranking over the bus, and the answers.  All who ask at a time share one request
 * to the guard; nobody's call holds up anything else.
 */
#ifndef NOTIFY_BUS_CANDIDATES_H
#define NOTIFY_BUS_CANDIDATES_H

#include <systemd/sd-bus.h>
#include "link.h"

enum {
        BUS_ASKERS = 64,
        BUS_ASKERS_EACH = 4, /* of one connection */
};

#define BUS_ERROR_ABSENT  "org.oomguard1.Error.Absent"
#define BUS_ERROR_TIMEOUT "org.oomguard1.Error.Timeout"
#define BUS_ERROR_FAILED  "org.oomguard1.Error.Failed"

struct bus_candidates;

struct bus_asker {
        struct bus_candidates *all;
        sd_bus_message *call; /* NULL: free */
        sd_bus_slot *who;     /* the bus is being asked whose call it is */
        uint32_t max;
        uint32_t uid; /* valid once `who` is answered */
        bool waits;   /* for the guard */
};

struct bus_candidates {
        struct link *link;
        bool hide;  /* names are for root and the owner */
        bool asked; /* the guard has been */
        struct bus_asker asker[BUS_ASKERS];
};

/* The method call. */
int
bus_candidates_call(struct bus_candidates *c, sd_bus_message *m, sd_bus_error *ret_error);

/* The bus is gone, and everybody who asked with it. */
void
bus_candidates_drop(struct bus_candidates *c);

#endif
