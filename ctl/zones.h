/* SPDX-License-Identifier: MIT */
/*
 * /proc/zoneinfo -> what the kernel keeps free for itself.  Pure: text in, numbers out.
 */
#ifndef ZONES_H
#define ZONES_H

#include <stddef.h>
#include <stdint.h>

/* Summed over all zones, in pages. */
struct zones {
        uint64_t min;  /* below it, whoever asks for memory has to look for some himself first */
        uint64_t high; /* reclaim in the background goes on up to it */
        unsigned n;
};

/* 0, or -EINVAL with *ret untouched: no zone with both in it, or a number that is none. */
int
zones_parse(const char *text, size_t len, struct zones *ret);

#endif
