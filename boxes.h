/* SPDX-License-Identifier: MIT */
/*
 * The control groups that are held back by a limit of their own, and how many pages came back in
 * them.  What a container thrashes with inside its limit the kernel counts among everybody's
 * refaults, and it is nobody else's trouble: beside a file being copied, a browser was ended for
 * it. For the errand thread: to open these files may wait, and memory.stat is summed up for whoever
 * reads it.  cgroup v2 alone: v1 does not tell refaults.
 */
#ifndef OOMGUARD_BOXES_H
#define OOMGUARD_BOXES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
        BOXES_MAX = 16,   /* that are followed */
        BOXES_DEPTH = 8,  /* of the tree */
        BOXES_DIRS = 4096 /* looked at in one walk */
};

/* One that has a limit and was half full or more at the last walk. */
struct box {
        uint64_t id; /* inode of its folder: never used again */
        int stat_fd, events_fd;
        uint64_t refaults; /* its own, when last read */
        uint64_t hits;     /* of its limit, the same */
        uint64_t hit_us;   /* when they were seen to have moved; 0: never */
        bool known;        /* it has been read */
        bool seen;         /* by this walk */
};

/* A folder on the way of a walk. */
struct boxes_level {
        int fd;
        ssize_t n, at;
        char dents[2048] __attribute__((aligned(8)));
};

struct boxes {
        struct box box[BOXES_MAX];
        uint32_t n;
        uint64_t refaults;  /* pages that came back in all of them, as long as they were followed */
        uint64_t walked_us; /* CLOCK_MONOTONIC; 0: never */
        struct boxes_level level[BOXES_DEPTH];
        char text[8192]; /* memory.stat: 2 KiB in Linux 6.12, a page at most */
};

/*
 * Looks for them below `root` ("/sys/fs/cgroup" outside tests), once a second, and once in
 * five while one of them is at its limit, reads all that it follows, and adds what came back since
 * the last time to b->refaults.  A limit of more than `most_bytes` counts for none: what fills most
 * of the machine is the machine's trouble. Nothing there, or nothing that can be read: nothing is
 * added.
 */
void
boxes_look(struct boxes *b, const char *root, uint64_t most_bytes, uint64_t now_us);

/* Follows nobody any more; b->refaults stays.  May be called again, and on zeroes. */
void
boxes_close(struct boxes *b);

#endif
