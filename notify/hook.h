/* SPDX-License-Identifier: MIT */
/*
 * The hook: a program of the administrator's, run for each event as an unprivileged user with the
 * event in its environment.  One at a time, ended after ten seconds; of the events that come
 * meanwhile the last is kept.
 */
#ifndef NOTIFY_HOOK_H
#define NOTIFY_HOOK_H

#include <systemd/sd-event.h>
#include "policy.h"
#include "wire.h"

struct hook;

/* 0 or a negative errno. */
int
hook_new(struct hook **ret, sd_event *event);
void
hook_free(struct hook *h);

/* Before the first record, and after every reload: policy.notify_exec, empty for none. */
void
hook_set_policy(struct hook *h, const struct policy *p);

void
hook_record(struct hook *h, const struct wire_record *rec);

#endif
