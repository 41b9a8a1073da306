/* SPDX-License-Identifier: MIT */
/*
 * Memory pressure, as the kernel prints it in /proc/pressure/memory.  Pure: text in, numbers out.
 * Only `total` decides anything: it is fresh at every read, while avg10 moves every two seconds
 * (kernel/sched/psi.c, psi_show) and is kept here for display.
 */
#ifndef OOMGUARD_PSI_H
#define OOMGUARD_PSI_H

#include <stddef.h>
#include <stdint.h>

struct psi_line {
        uint32_t avg10_bp; /* 10000 is 100 %; the kernel's two decimals fit exactly */
        uint64_t total_us; /* stalled since boot */
};

struct psi {
        struct psi_line some;
        struct psi_line full;
};

/* 0, or -EINVAL with *ret untouched: a torn read must not look like calm. */
int
psi_parse(const char *text, size_t len, struct psi *ret);

#endif
