/* SPDX-License-Identifier: MIT */
/*
 * Desktop notifications: each person with a graphical session, or with a desktop on a text console,
 * is told when a program was ended, and warned before it comes to that.  A session's bus is reached
 * by a short-lived child that has become that person; this process never connects to one, and never
 * waits for one.
 */
#ifndef NOTIFY_DESKTOP_H
#define NOTIFY_DESKTOP_H

#include <systemd/sd-event.h>
#include "policy.h"
#include "wire.h"

struct desktop;

/* 0 or a negative errno. */
int
desktop_new(struct desktop **ret, sd_event *event);
void
desktop_free(struct desktop *d); /* NULL is fine; ends its children */

/* Before the first record, and after every reload. */
void
desktop_set_policy(struct desktop *d, const struct policy *p);

/* Every record of the feed comes here; those that nobody is told of are passed over. */
void
desktop_record(struct desktop *d, const struct wire_record *rec);

#endif
