/* SPDX-License-Identifier: MIT */
/*
 * Owns the vtable and which change is told to whom.  Never keeps more of the guard than its last
 * state.
 */
#include "bus_guard.h"

#include <string.h>

#include "bus_dict.h"
#include "decide.h"
#include "message.h"

#define GUARD_PATH      "/org/oomguard1"
#define GUARD_INTERFACE "org.oomguard1.Guard"

const char *
bus_guard_word(bool up, const struct wire_state *s)
{
        if (!up)
                return "absent";
        if (s->flags & WIRE_FLAG_PAUSED)
                return "paused";
        if (s->flags & WIRE_FLAG_ACTING)
                return "acting";
        if (s->level >= LEVEL_WARN)
                return "warn";
        return s->level == LEVEL_WATCH ? "watch" : "calm";
}

/* ---- properties ---- */

static int
get_state(sd_bus *sd, const char *path, const char *interface, const char *property,
          sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
        const struct bus_guard *g = arg;

        (void)sd;
        (void)path;
        (void)interface;
        (void)property;
        (void)ret_error;
        return sd_bus_message_append(reply, "s", bus_guard_word(g->up, &g->state));
}

static int
get_version(sd_bus *sd, const char *path, const char *interface, const char *property,
            sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
        const struct bus_guard *g = arg;
        char version[sizeof(g->state.version)];

        (void)sd;
        (void)path;
        (void)interface;
        (void)property;
        (void)ret_error;
        message_wash(g->state.version, version, sizeof(version));
        return sd_bus_message_append(reply, "s", version);
}

static int
get_dry_run(sd_bus *sd, const char *path, const char *interface, const char *property,
            sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
        const struct bus_guard *g = arg;

        (void)sd;
        (void)path;
        (void)interface;
        (void)property;
        (void)ret_error;
        return sd_bus_message_append(reply, "b", (g->state.flags & WIRE_FLAG_DRY_RUN) != 0);
}

/* The vtable's offset leads to the number itself. */
static int
get_bytes(sd_bus *sd, const char *path, const char *interface, const char *property,
          sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
        uint64_t kib = *(const uint64_t *)arg;

        (void)sd;
        (void)path;
        (void)interface;
        (void)property;
        (void)ret_error;
        return sd_bus_message_append(reply, "t", kib < UINT64_MAX / 1024 ? kib * 1024 : UINT64_MAX);
}

static int
get_percent(sd_bus *sd, const char *path, const char *interface, const char *property,
            sd_bus_message *reply, void *arg, sd_bus_error *ret_error)
{
        (void)sd;
        (void)path;
        (void)interface;
        (void)property;
        (void)ret_error;
        return sd_bus_message_append(reply, "d", *(const uint32_t *)arg / 100.0);
}

static int
call_candidates(sd_bus_message *m, void *arg, sd_bus_error *ret_error)
{
        struct bus_guard *g = arg;

        return bus_candidates_call(&g->candidates, m, ret_error);
}

#define TOLD   SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define AT(of) offsetof(struct bus_guard, state.of)

/*
 * Those without a change signal move at every look: whoever watches asks as often as it needs,
 * instead of everybody being woken once a second for ever.
 */
static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", get_version, 0, TOLD),
        SD_BUS_PROPERTY("State", "s", get_state, 0, TOLD),
        SD_BUS_PROPERTY("DryRun", "b", get_dry_run, 0, TOLD),
        SD_BUS_PROPERTY("MemoryTotal", "t", get_bytes, AT(total_kib), TOLD),
        SD_BUS_PROPERTY("MemoryAvailable", "t", get_bytes, AT(available_kib), 0),
        SD_BUS_PROPERTY("SwapTotal", "t", get_bytes, AT(swap_total_kib), TOLD),
        SD_BUS_PROPERTY("SwapFree", "t", get_bytes, AT(swap_free_kib), 0),
        SD_BUS_PROPERTY("PressureSome", "d", get_percent, AT(some_bp), 0),
        SD_BUS_PROPERTY("PressureFull", "d", get_percent, AT(full_bp), 0),
        SD_BUS_PROPERTY("Kills", "t", NULL, AT(kills), TOLD),
        SD_BUS_PROPERTY("Missed", "t", NULL, AT(missed), TOLD),
        SD_BUS_METHOD_WITH_ARGS("Candidates", SD_BUS_ARGS("u", max),
                                SD_BUS_RESULT("aa{sv}", candidates), call_candidates,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("Warning", SD_BUS_ARGS("a{sv}", details), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Killing",
                                SD_BUS_ARGS("u", pid, "s", name, "s", signal, "a{sv}", details), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Killed", SD_BUS_ARGS("u", pid, "s", name, "a{sv}", details), 0),
        SD_BUS_SIGNAL_WITH_ARGS("GaveUp", SD_BUS_ARGS("u", pid, "s", name, "a{sv}", details), 0),
        SD_BUS_SIGNAL_WITH_ARGS("NothingToKill", SD_BUS_ARGS("a{sv}", details), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Recovered", SD_BUS_ARGS("a{sv}", details), 0),
        SD_BUS_VTABLE_END,
};

/* ---- what is sent ---- */

/* Names of the properties that differ, NULL behind the last. */
static void
find_changes(bool up_before, const struct wire_state *before, bool up, const struct wire_state *s,
             const char *ret[8])
{
        unsigned n = 0;

        if (strcmp(before->version, s->version) != 0)
                ret[n++] = "Version";
        if (strcmp(bus_guard_word(up_before, before), bus_guard_word(up, s)) != 0)
                ret[n++] = "State";
        if ((before->flags ^ s->flags) & WIRE_FLAG_DRY_RUN)
                ret[n++] = "DryRun";
        if (before->total_kib != s->total_kib)
                ret[n++] = "MemoryTotal";
        if (before->swap_total_kib != s->swap_total_kib)
                ret[n++] = "SwapTotal";
        if (before->kills != s->kills)
                ret[n++] = "Kills";
        if (before->missed != s->missed)
                ret[n++] = "Missed";
        ret[n] = NULL;
}

static void
set_state(struct bus_guard *g, bool up, const struct wire_state *s)
{
        const char *changes[8];

        find_changes(g->up, &g->state, up, s, changes);
        g->up = up;
        g->state = *s;
        if (changes[0] && bus_speaks_as(g->bus, BUS_GUARD) && bus_has_room(g->bus))
                (void)sd_bus_emit_properties_changed_strv(g->bus->sd, GUARD_PATH, GUARD_INTERFACE,
                                                          (char **)changes);
}

/* The signal for a kind of record, with what stands before the dictionary. */
static const char *
signal_of(enum wire_kind kind, const char **ret_before)
{
        *ret_before = "";
        switch (kind) {
        case WIRE_WARNING:
                return "Warning";
        case WIRE_KILLING:
        case WIRE_ESCALATED:
                *ret_before = "uss";
                return "Killing";
        case WIRE_KILLED:
                *ret_before = "us";
                return "Killed";
        case WIRE_GAVE_UP:
        case WIRE_RELEASED:
                *ret_before = "us";
                return "GaveUp";
        case WIRE_NOTHING:
                return "NothingToKill";
        case WIRE_RECOVERED:
                return "Recovered";
        default:
                return NULL;
        }
}

static int
emit(struct bus_guard *g, const char *signal, const char *before, const struct event *e)
{
        sd_bus_message *m = NULL;
        int r = sd_bus_message_new_signal(g->bus->sd, &m, GUARD_PATH, GUARD_INTERFACE, signal);

        if (r >= 0 && before[0] != '\0')
                r = sd_bus_message_append(m, "us", e->pid, e->name);
        if (r >= 0 && strcmp(before, "uss") == 0)
                r = sd_bus_message_append(m, "s", e->signal);
        if (r >= 0)
                r = bus_dict_append(m, e);
        if (r >= 0)
                r = sd_bus_send(g->bus->sd, m, NULL);
        sd_bus_message_unref(m);
        return r;
}

void
bus_guard_record(struct bus_guard *g, const struct wire_record *rec)
{
        const char *before, *signal = signal_of((enum wire_kind)rec->kind, &before);
        struct event e;

        set_state(g, true, &rec->state);
        if (!signal || !bus_speaks_as(g->bus, BUS_GUARD) || !bus_has_room(g->bus))
                return;
        fields_event(&e, rec, g->hide);
        (void)emit(g, signal, before, &e);
}

void
bus_guard_link(struct bus_guard *g, bool up)
{
        static const struct wire_state nothing;

        /* What it says of itself comes with its first record. */
        if (!up)
                set_state(g, false, &nothing);
}

int
bus_guard_connected(struct bus_guard *g, sd_bus *sd)
{
        return sd_bus_add_object_vtable(sd, &g->slot, GUARD_PATH, GUARD_INTERFACE, vtable, g);
}

void
bus_guard_gone(struct bus_guard *g)
{
        g->slot = sd_bus_slot_unref(g->slot);
        bus_candidates_drop(&g->candidates);
}

void
bus_guard_init(struct bus_guard *g, struct bus *bus, struct link *link, bool hide)
{
        *g = (struct bus_guard){ .bus = bus, .hide = hide };
        g->candidates.link = link;
        g->candidates.hide = hide;
}
