/* SPDX-License-Identifier: MIT */
/*
 * Owns what is to be said of swap, on disks and in zram.
 */
#include "doctor.h"

#include <inttypes.h>
#include <string.h>

#include "host.h"
#include "look.h"
#include "message.h"
#include "number.h"
#include "swaps.h"
#include "zram.h"

/* Less than this is stored: its ratio says nothing yet. */
#define LITTLE_BYTES (UINT64_C(64) * 1024 * 1024)

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

/* Half of memory, as swapon's friends take it. */
static void
half_of_memory(const struct doctor *d, char *ret, size_t size)
{
        uint64_t mib = d->mem.total_kib / 1024 / 2;

        if (mib >= 1024)
                (void)snprintf(ret, size, "%" PRIu64 "G", (mib + 512) / 1024);
        else
                (void)snprintf(ret, size, "%" PRIu64 "M", mib);
}

static void
tell_none(struct doctor *d)
{
        struct finding *f;
        char half[32];

        if (d->container) {
                (void)doctor_tell(d, FINDING_DEGRADED, "swap",
                                  "none; that is for the host of this container to change");
                return;
        }
        f = doctor_tell(d, FINDING_DEGRADED, "swap",
                        "none: what nobody uses stays in memory, and low memory alone decides. "
                        "Swap in compressed memory (zram) holds two to three times its cost.  "
                        "Until the next boot by these commands; for good by the package "
                        "systemd-zram-generator or zram-tools.  A swap file serves as well:");
        half_of_memory(d, half, sizeof(half));
        finding_remedy(f, "sudo modprobe zram");
        finding_remedy(f, "sudo zramctl /dev/zram0 --size %s --algorithm zstd", half);
        finding_remedy(f, "sudo mkswap /dev/zram0 && sudo swapon -p 100 /dev/zram0");
        finding_remedy(f, "# or:");
        finding_remedy(f, "sudo fallocate -l %s /swapfile && sudo chmod 600 /swapfile", half);
        finding_remedy(f, "sudo mkswap /swapfile && sudo swapon /swapfile");
}

/* What all zram devices hold together. */
static struct zram_stat
zram_all(const struct doctor *d, const struct swaps *s)
{
        struct zram_stat all = { 0 };

        for (uint32_t i = 0; i < s->n_zram; i++) {
                char name[ZRAM_PATH_MAX], path[ZRAM_PATH_MAX + 8], text[256];
                struct zram_stat one;
                ssize_t n;

                zram_path(name, s->zram[i]);
                (void)snprintf(path, sizeof(path), "/sys/%s", name);
                n = look_text(d->ctl, path, text, sizeof(text));
                if (n > 0 && zram_parse(text, (size_t)n, &one) == 0) {
                        all.stored_bytes += one.stored_bytes;
                        all.used_bytes += one.used_bytes;
                }
        }
        return all;
}

static void
tell_zram(struct doctor *d, const struct swaps *s)
{
        struct zram_stat all = zram_all(d, s);
        uint64_t tenths;

        if (s->zram_total_kib == 0)
                return;
        if (all.stored_bytes < LITTLE_BYTES || all.used_bytes == 0) {
                (void)doctor_tell(d, FINDING_OK, "zram", "%s, next to nothing in it yet",
                                  sz(s->zram_total_kib).text);
                return;
        }
        tenths = mul_div(all.stored_bytes, 10, all.used_bytes);
        if (tenths < 15)
                (void)doctor_tell(d, FINDING_DEGRADED, "zram",
                                  "%s, compressed by no more than %" PRIu64 ".%" PRIu64
                                  ":1: what is put there costs nearly as much memory as it frees",
                                  sz(s->zram_total_kib).text, tenths / 10, tenths % 10);
        else
                (void)doctor_tell(d, FINDING_OK, "zram",
                                  "%s, compressed by %" PRIu64 ".%" PRIu64
                                  ":1; its free part is counted at what it is worth",
                                  sz(s->zram_total_kib).text, tenths / 10, tenths % 10);
}

/* Both compress, one into the other. */
static void
look_zswap(struct doctor *d, const struct swaps *s)
{
        char text[16];
        struct finding *f;

        if (s->zram_total_kib == 0 ||
            look_text(d->ctl, "/sys/module/zswap/parameters/enabled", text, sizeof(text)) <= 0 ||
            text[0] != 'Y')
                return;
        f = doctor_tell(d, FINDING_DEGRADED, "zswap",
                        "it is on beside zram: what goes to zram is compressed twice");
        finding_remedy(f, "echo N | sudo tee /sys/module/zswap/parameters/enabled");
}

static void
look_swappiness(struct doctor *d, bool all_zram)
{
        uint64_t value, pages;
        struct finding *f;

        if (!look_u64(d->ctl, "/proc/sys/vm/swappiness", &value))
                return;
        if (value == 0 && host_bars_swap(d->ctl->root)) {
                f = doctor_tell(d, FINDING_DEGRADED, "swappiness",
                                "0, and the kernel has the multi-generational LRU: nothing is put "
                                "into swap, however much is free");
                doctor_sysctl(f, "vm.swappiness", all_zram ? 100 : 60);
        } else if (value < 10) {
                f = doctor_tell(d, FINDING_DEGRADED, "swappiness",
                                "%" PRIu64 ": swap is hardly used until memory has run out, and "
                                "files that are in use are dropped instead",
                                value);
                doctor_sysctl(f, "vm.swappiness", all_zram ? 100 : 60);
        } else if (all_zram && value < 60) {
                f = doctor_tell(d, FINDING_DEGRADED, "swappiness",
                                "%" PRIu64 " suits a disk; zram is as fast as memory", value);
                doctor_sysctl(f, "vm.swappiness", 100);
        } else {
                (void)doctor_tell(d, FINDING_OK, "swappiness", "%" PRIu64, value);
        }
        if (!all_zram || !look_u64(d->ctl, "/proc/sys/vm/page-cluster", &pages) || pages == 0)
                return;
        f = doctor_tell(d, FINDING_DEGRADED, "page-cluster",
                        "%" PRIu64 ": with every page that is needed from zram, up to %u others "
                        "are unpacked",
                        pages, pages < 16 ? (1u << pages) - 1 : 65535);
        doctor_sysctl(f, "vm.page-cluster", 0);
}

void
doctor_swap(struct doctor *d)
{
        char text[4096];
        ssize_t n = look_text(d->ctl, "/proc/swaps", text, sizeof(text));
        struct swaps s = { 0 };

        if (!d->has_mem)
                return;
        if (d->mem.swap_total_kib == 0) {
                tell_none(d);
                return;
        }
        if (n > 0)
                (void)swaps_parse(text, (size_t)n, &s);
        uint64_t disk_kib = sub_floor(d->mem.swap_total_kib, s.zram_total_kib);

        if (disk_kib > 0 && disk_kib + s.zram_total_kib < d->mem.total_kib / 20)
                (void)doctor_tell(d, FINDING_DEGRADED, "swap",
                                  "%s, less than 5 %% of memory: it is full at once",
                                  sz(d->mem.swap_total_kib).text);
        else
                (void)doctor_tell(d, FINDING_OK, "swap", "%s, %s free%s",
                                  sz(d->mem.swap_total_kib).text, sz(d->mem.swap_free_kib).text,
                                  disk_kib == 0 ? ", all of it zram" : "");
        tell_zram(d, &s);
        look_zswap(d, &s);
        look_swappiness(d, disk_kib == 0);
}
