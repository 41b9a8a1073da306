/* SPDX-License-Identifier: MIT */
/*
 * Whether this machine keeps people's processes from one another (hidepid).  Where it does, what
 * everybody can hear must not name them.
 */
#ifndef NOTIFY_PRIVACY_H
#define NOTIFY_PRIVACY_H

#include <stdbool.h>
#include <stddef.h>

/* True when a /proc that this text (of /proc/PID/mountinfo) lists hides processes.  Pure. */
bool
privacy_hides(const char *mountinfo, size_t len);

/* The same of init's mounts, because a unit may have a /proc of its own; else of our own. */
bool
privacy_on_this_machine(void);

#endif
