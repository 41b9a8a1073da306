/* SPDX-License-Identifier: MIT */
/*
 * Owns which level is told when.  Never holds the name against another provider.
 */
#include "monitor.h"

#include "decide.h"

#define MONITOR_PATH      "/org/freedesktop/LowMemoryMonitor"
#define MONITOR_INTERFACE "org.freedesktop.LowMemoryMonitor"

/* A program needs about this long to give something back. */
#define CRITICAL_LEFT_US UINT64_C(2000000)
#define MEDIUM_LEFT_US   UINT64_C(10000000)

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_SIGNAL_WITH_ARGS("LowMemoryWarning", SD_BUS_ARGS("y", level), 0),
        SD_BUS_VTABLE_END,
};

/* Both memory and swap, where there is any, have gone half the way from WARN to TERM. */
static bool
half_way(const struct wire_state *s)
{
        uint64_t mem_kib = s->term_kib / 2 + s->warn_kib / 2;
        uint64_t swap_kib = s->swap_term_kib / 2 + s->swap_warn_kib / 2;

        return s->available_kib <= mem_kib &&
               (s->swap_total_kib == 0 || s->swap_free_kib <= swap_kib);
}

enum monitor_level
monitor_level(const struct wire_record *rec)
{
        const struct wire_state *s = &rec->state;

        if (rec->kind == WIRE_KILLING || rec->kind == WIRE_ESCALATED || s->act >= LEVEL_TERM)
                return MONITOR_CRITICAL;
        if (s->level >= LEVEL_WATCH && s->left_us < CRITICAL_LEFT_US)
                return MONITOR_CRITICAL;
        if (s->level < LEVEL_WARN)
                return MONITOR_FINE;
        if (s->left_us < MEDIUM_LEFT_US || half_way(s))
                return MONITOR_MEDIUM;
        return MONITOR_LOW;
}

bool
monitor_due(struct monitor *m, enum monitor_level level, uint64_t now_us)
{
        unsigned rank = level == MONITOR_CRITICAL ? 2 : level == MONITOR_MEDIUM ? 1 : 0;

        if (level == MONITOR_FINE)
                return false;
        if (m->sent_us[rank] && now_us - m->sent_us[rank] < MONITOR_REPEAT_US)
                return false;
        /* Whoever has heard a higher level has heard the lower ones. */
        for (unsigned i = 0; i <= rank; i++)
                m->sent_us[i] = now_us;
        return true;
}

void
monitor_record(struct monitor *m, const struct wire_record *rec, uint64_t now_us)
{
        enum monitor_level level = monitor_level(rec);

        if (!bus_speaks_as(m->bus, BUS_MONITOR) || !bus_has_room(m->bus) ||
            !monitor_due(m, level, now_us))
                return;
        (void)sd_bus_emit_signal(m->bus->sd, MONITOR_PATH, MONITOR_INTERFACE, "LowMemoryWarning",
                                 "y", (int)level);
}

void
monitor_set(struct monitor *m, bool wanted)
{
        bus_want(m->bus, BUS_MONITOR, wanted);
}

int
monitor_connected(struct monitor *m, sd_bus *sd)
{
        return sd_bus_add_object_vtable(sd, &m->slot, MONITOR_PATH, MONITOR_INTERFACE, vtable, m);
}

void
monitor_gone(struct monitor *m)
{
        m->slot = sd_bus_slot_unref(m->slot);
}

void
monitor_init(struct monitor *m, struct bus *bus)
{
        *m = (struct monitor){ .bus = bus };
}
