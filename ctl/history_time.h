/* SPDX-License-Identifier: MIT */
/*
 * Times as people write them.  Pure but for the time zone.
 */
#ifndef HISTORY_TIME_H
#define HISTORY_TIME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * `2h`, `30min`, `3d`, `1w` before now; `today`, `yesterday` (their midnight); `2026-11-19`,
 * `2026-11-19 03:00[:00]`; `03:00` (the last time it was that); `@SECONDS` since 1970.  False when
 * it is none of these, or lies ahead.
 */
bool
history_time_parse(const char *text, uint64_t now_us, uint64_t *ret_us);

#endif
