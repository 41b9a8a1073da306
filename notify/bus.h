/* SPDX-License-Identifier: MIT */
/*
 * The connection to the system bus, made again by itself whenever the bus comes, and the names that
 * this program holds there.  It never waits for the bus: connecting, asking for names and sending
 * are left to the event loop, and what a bus that does not read would make pile up is dropped.
 */
#ifndef NOTIFY_BUS_H
#define NOTIFY_BUS_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* Messages that wait for a bus that does not read; more are dropped. */
enum { BUS_QUEUE_MAX = 256 };

enum bus_name_state {
        BUS_NAME_NONE,    /* not asked for, or the bus is gone */
        BUS_NAME_ASKED,   /* the bus has not answered */
        BUS_NAME_QUEUED,  /* another has it; the bus gives it to us when that one goes */
        BUS_NAME_TAKEN,   /* another has it; asked for again when that one goes */
        BUS_NAME_REFUSED, /* the bus' policy is against it; asked for again on the next bus */
        BUS_NAME_OURS,
};

struct bus;

struct bus_name {
        const char *name;
        bool queue;  /* wait in line; else it is only had when it is free */
        bool wanted; /* changed by bus_want() */
        enum bus_name_state state;
        struct bus *bus;
        sd_bus_slot *request;
};

enum bus_which { BUS_GUARD, BUS_MONITOR, BUS_N_NAMES };

struct bus_calls {
        /* A new connection: put objects on it.  0 or a negative errno. */
        int (*connected)(void *arg, sd_bus *sd);
        /* It is gone; what came with it must not be used any more. */
        void (*gone)(void *arg);
        /* For the log. */
        void (*tell)(void *arg, int level, const char *text);
        void *arg;
};

struct bus {
        sd_event *event;
        sd_bus *sd;  /* NULL: none */
        bool ready;  /* the bus has greeted us */
        bool failed; /* that there is no bus was told */
        sd_event_source *retry;
        uint64_t retry_us;
        struct bus_name name[BUS_N_NAMES];
        struct bus_calls calls;
        uint64_t dropped;
        bool dropping;
};

/* 0 or a negative errno; that there is no bus is no error. */
int
bus_open(struct bus *b, sd_event *event, const struct bus_calls *calls);
void
bus_close(struct bus *b);

/* Whether a name is to be held. */
void
bus_want(struct bus *b, enum bus_which which, bool wanted);

/*
 * True when what is sent now is told as that name: it is ours, or it was asked for and the answer
 * is still to come.  The bus takes things in the order in which they are sent, so that it gives the
 * name first; what happens in between would be lost.
 */
bool
bus_speaks_as(const struct bus *b, enum bus_which which);

/* True when something can be sent: connected, and not too much is waiting. */
bool
bus_has_room(struct bus *b);

#endif
