/* SPDX-License-Identifier: MIT */
/*
 * A record as a dictionary on the bus (a{sv}), by the table of fields.c.
 */
#ifndef NOTIFY_BUS_DICT_H
#define NOTIFY_BUS_DICT_H

#include <systemd/sd-bus.h>
#include "fields.h"

/* 0 or a negative errno. */
int
bus_dict_append(sd_bus_message *m, const struct event *e);

#endif
