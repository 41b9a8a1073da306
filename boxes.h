/* SPDX-License-Identifier: MIT */
/*
 * The control groups that are held back by a limit of their own, and which part of all that came
 * back, or was reclaimed by who needed it, did so in them.  What a container thrashes with inside
 * its limit the kernel counts among everybody's refaults, and it is nobody else's trouble: beside a
 * file being copied, a browser was ended for it.  For the errand thread: to open these files may
 * wait, and memory.stat is summed up for whoever reads it.  cgroup v2 alone: v1 does not tell
 * refaults.
 */
#ifndef OOMGUARD_BOXES_H
#define OOMGUARD_BOXES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
        BOXES_MAX = 16,    /* that are followed */
        BOXES_DEPTH = 8,   /* of the tree */
        BOXES_DIRS = 1024, /* looked at in one walk below each folder of the root */
        BOXES_FDS = 2 * BOXES_MAX + BOXES_DEPTH + 4,
};

/* One that has a limit and was half full or more at the last walk, or at its limit of late. */
struct box {
        uint64_t id; /* inode of its folder: never used again */
        uint64_t up; /* of the next one above that is followed, too; 0: none is */
        int stat_fd, events_fd;
        uint64_t refaults; /* its own and of all below it, when last read; as the next */
        uint64_t steals;   /* pgsteal_direct */
        uint64_t hits;     /* of its own limit, the same */
        uint64_t hit_us;   /* when they were seen to have moved; 0: never */
        uint64_t moved;    /* how many came back since the time before, and were reclaimed */
        uint64_t moved_steals;
        uint64_t walk;  /* number of the walk that saw it last */
        uint64_t since; /* of the walk that found it */
        bool known;     /* it has been read */
};

/* A folder on the way of a walk. */
struct boxes_level {
        int fd;
        uint64_t up; /* the next one followed, from here upwards */
        ssize_t n, at;
        char dents[2048] __attribute__((aligned(8)));
};

struct boxes {
        const char *root, *vmstat; /* as given to boxes_open(), not copied */
        uint64_t refaults, direct; /* of everybody, when last read */
        bool known;                /* these are numbers */
        int vmstat_fd;             /* -1: not open */
        uint32_t n;
        uint64_t walk, walk_due_us;
        uint64_t closed_walk; /* the last before boxes_close() */
        uint64_t first_us;    /* when it was looked for the first time since then */
        uint64_t change_due_us;
        bool changes;       /* others may take places in this walk */
        uint32_t n_limited; /* seen by this walk */
        uint32_t from, to;  /* who may take others' places: from that one on; the last that did */
        struct box box[BOXES_MAX];
        struct boxes_level level[BOXES_DEPTH];
        char text[16384];
};

/* `root` is "/sys/fs/cgroup" outside tests, `vmstat` "/proc/vmstat".  Opens nothing yet; *b is zero
 * or has been closed. */
void
boxes_open(struct boxes *b, const char *root, const char *vmstat);

/* In basis points. */
struct boxes_part {
        bool known;          /* false: too soon to tell, these are 0 for want of an answer */
        uint32_t refault_bp; /* of all that came back */
        uint32_t steal_bp;   /* of vmstat's direct; 0 where that is */
};

/*
 * Of what moved since the last time, so much did in those that have been at their limit within
 * three seconds; 0 at first, and where nothing can be read.  Looks for them four times a second,
 * and less often where that would take more than half a percent of a processor.  A limit of more
 * than `most_bytes` counts for none: what fills most of the machine is the machine's trouble.
 */
struct boxes_part
boxes_look(struct boxes *b, uint64_t most_bytes, uint64_t now_us);

/* Follows nobody any more, until the next look.  May be called again. */
void
boxes_close(struct boxes *b);

#endif
