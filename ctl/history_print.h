/* SPDX-License-Identifier: MIT */
/*
 * How the past is told: in lines for a person, and as JSON.
 */
#ifndef HISTORY_PRINT_H
#define HISTORY_PRINT_H

#include "ctl.h"
#include "history.h"
#include "json.h"

/* `2026-11-20 03:14:07`; `12.345 s after boot` where no more is known. */
void
history_print_time(const struct history_event *e, char *ret, size_t size);

void
history_print_event(struct ctl *ctl, const struct history_event *e);

/* As one object of an array. */
void
history_json_event(struct json *j, const struct history_event *e);

#endif
