/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on sizes and rates that neither wraps nor goes below zero.  Pure.
 */
#ifndef OOMGUARD_NUMBER_H
#define OOMGUARD_NUMBER_H

#include <stdint.h>

/* a - b, but 0 where that is negative. */
static inline uint64_t
sub_floor(uint64_t a, uint64_t b)
{
        return a > b ? a - b : 0;
}

static inline uint64_t
smaller(uint64_t a, uint64_t b)
{
        return a < b ? a : b;
}

static inline uint64_t
larger(uint64_t a, uint64_t b)
{
        return a > b ? a : b;
}

/* a x b / c without overflow for the sizes and rates of any machine; c > 0. */
static inline uint64_t
mul_div(uint64_t a, uint64_t b, uint64_t c)
{
        return a / c * b + a % c * b / c;
}

#endif
