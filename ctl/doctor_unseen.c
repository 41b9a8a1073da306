/* SPDX-License-Identifier: MIT */
/*
 * Owns what is to be said of memory that no guard of memory sees: of graphics cards, bound to
 * nodes, kept for devices, and under limits of its own.
 */
#include "doctor.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "look.h"
#include "message.h"
#include "text.h"

enum { CGROUPS_MAX = 4096, CGROUP_DEPTH = 6 };

struct size {
        char text[32];
};

static struct size
sz(uint64_t kib)
{
        struct size s = { .text = "" };

        message_size(kib, s.text, sizeof(s.text));
        return s;
}

/* ---- graphics ---- */

struct cards {
        struct doctor *d;
        unsigned n;
        uint64_t own_kib;
};

static void
take_card(void *arg, const char *name)
{
        struct cards *c = arg;
        char path[128];
        uint64_t bytes;

        /* `card0`; its connectors are `card0-HDMI-A-1`. */
        if (strncmp(name, "card", 4) != 0 || name[4] == '\0' ||
            strspn(name + 4, "0123456789") != strlen(name + 4))
                return;
        c->n++;
        (void)snprintf(path, sizeof(path), "/sys/class/drm/%.32s/device/mem_info_vram_total", name);
        if (look_u64(c->d->ctl, path, &bytes))
                c->own_kib += bytes / 1024;
}

static void
look_graphics(struct doctor *d)
{
        struct cards c = { .d = d };

        (void)look_folder(d->ctl, "/sys/class/drm", take_card, &c);
        if (c.n == 0) {
                (void)doctor_tell(d, FINDING_OK, "graphics", "no card");
                return;
        }
        (void)doctor_tell(d, FINDING_DEGRADED, "graphics",
                          "%u card%s%s%s: what programs hold there, and what its driver holds in "
                          "memory for them, shows in no process and counts for none",
                          c.n, c.n == 1 ? "" : "s", c.own_kib ? " with " : "",
                          c.own_kib ? sz(c.own_kib).text : "");
}

/* ---- parts of memory that are not for everybody ---- */

static void
look_cma(struct doctor *d)
{
        char text[8192], value[64];
        const char *p = value;
        uint64_t kib = 0;

        if (look_text(d->ctl, "/proc/meminfo", text, sizeof(text)) <= 0)
                return;
        if (look_line(text, "CmaTotal", ':', value, sizeof(value)))
                (void)text_u64(&p, value + strlen(value), &kib);
        if (kib == 0)
                (void)doctor_tell(d, FINDING_OK, "CMA", "none is set aside");
        else
                (void)doctor_tell(d, FINDING_DEGRADED, "CMA",
                                  "%s are set aside for devices: their free part counts as free, "
                                  "but much of what the kernel needs cannot be put there",
                                  sz(kib).text);
        if (d->has_mem && d->mem.hugetlb_kib > d->mem.total_kib / 2)
                (void)doctor_tell(d, FINDING_DEGRADED, "huge pages",
                                  "%s of %s are reserved for them and for nobody else; limits are "
                                  "of the rest",
                                  sz(d->mem.hugetlb_kib).text, sz(d->mem.total_kib).text);
}

static void
take_node(void *arg, const char *name)
{
        unsigned *n = arg;

        if (strncmp(name, "node", 4) == 0 && name[4] >= '0' && name[4] <= '9')
                (*n)++;
}

static void
look_nodes(struct doctor *d)
{
        unsigned n = 0;

        (void)look_folder(d->ctl, "/sys/devices/system/node", take_node, &n);
        if (n <= 1)
                (void)doctor_tell(d, FINDING_OK, "NUMA", "one node");
        else
                (void)doctor_tell(d, FINDING_DEGRADED, "NUMA",
                                  "%u nodes: who is bound to one of them can run out while the "
                                  "others have memory, and that is not seen",
                                  n);
}

/* ---- limits ---- */

struct limits {
        const struct doctor *d;
        unsigned n_seen, n_limited;
        uint64_t total_kib;
        char first[256];
};

static void
count_limit(struct limits *l, const char *folder, const char *file)
{
        char path[LOOK_PATH_MAX];
        uint64_t bytes;

        if (snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path) ||
            !look_u64(l->d->ctl, path, &bytes) || bytes / 1024 >= l->total_kib)
                return;
        if (l->n_limited++ == 0)
                (void)snprintf(l->first, sizeof(l->first), "%s, %s", strrchr(folder, '/') + 1,
                               sz(bytes / 1024).text);
}

static int
is_folder(const struct dirent *e)
{
        return e->d_type == DT_DIR && e->d_name[0] != '.';
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

static void
walk(struct limits *l, const char *folder, unsigned depth) // NOLINT(misc-no-recursion)
{
        struct dirent **names = NULL;
        char full[LOOK_PATH_MAX], path[LOOK_PATH_MAX];
        int n;

        look_path(l->d->ctl, folder, full);
        n = scandir(full, &names, is_folder, by_bytes);
        for (int i = 0; i < n; i++) {
                if (l->n_seen < CGROUPS_MAX && snprintf(path, sizeof(path), "%s/%s", folder,
                                                        names[i]->d_name) < (int)sizeof(path)) {
                        l->n_seen++;
                        count_limit(l, path, "memory.max");
                        count_limit(l, path, "memory.limit_in_bytes");
                        if (depth < CGROUP_DEPTH)
                                walk(l, path, depth + 1);
                }
                free(names[i]);
        }
        free(names);
}

static void
look_limits(struct doctor *d)
{
        struct limits l = { .d = d, .total_kib = d->mem.total_kib };
        char path[512];
        uint64_t own_kib;

        if (!d->has_mem)
                return;
        own_kib = host_memory_limit(d->ctl->root, d->mem.total_kib, path, sizeof(path));
        if (own_kib > 0) {
                /* A test's folder is no part of the path. */
                (void)doctor_tell(d, FINDING_DEGRADED, "own limit",
                                  "%s limits this place to %s: the guard's limits are of the whole "
                                  "machine, and that one is not guarded",
                                  path + strlen(d->ctl->root), sz(own_kib).text);
        } else if (d->container) {
                (void)doctor_tell(d, FINDING_DEGRADED, "container",
                                  "a guard belongs on the host: from in here it sees the host's "
                                  "memory, and only the processes of this container");
        }
        walk(&l, "/sys/fs/cgroup", 0);
        if (l.n_limited == 0)
                (void)doctor_tell(d, FINDING_OK, "limits", "no cgroup has one of its own");
        else
                (void)doctor_tell(d, FINDING_DEGRADED, "limits",
                                  "%u cgroup%s a limit of %s own (%s%s): who runs into that is "
                                  "ended by the kernel, and `history` shows it",
                                  l.n_limited, l.n_limited == 1 ? " has" : "s have",
                                  l.n_limited == 1 ? "its" : "their",
                                  l.n_limited == 1 ? "" : "such as ", l.first);
}

void
doctor_unseen(struct doctor *d)
{
        look_graphics(d);
        look_cma(d);
        look_nodes(d);
        look_limits(d);
}
