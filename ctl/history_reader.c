/* SPDX-License-Identifier: MIT */
/*
 * Owns the question whose words an entry has, and whether they may be believed: fields that begin
 * with a `_` come from journald itself, all others from whoever wrote the entry.
 */
#include "history_reader.h"

#include <string.h>

#include "text.h"

/* Ordinary users begin here. */
enum { SYSTEM_UID_END = 1000 };
/* A kernel line is in the journal this long after it was printed, at most. */
#define DELAY_US UINT64_C(3600000000)
/* systemd's SD_MESSAGE_UNIT_OOMD_KILL */
#define OOMD_KILL_ID "d989611b15e44c9dbf31e3c81256e4ed"

static uint64_t
number_of(const struct journal_entry *e, enum journal_field field)
{
        const char *p = e->value[field], *end = p + e->len[field];
        uint64_t number;

        return e->has[field] && text_u64(&p, end, &number) && p == end ? number : 0;
}

static bool
field_is(const struct journal_entry *e, enum journal_field field, const char *text)
{
        return e->has[field] && strcmp(e->value[field], text) == 0;
}

/* When it happened, as exactly as is known. */
static uint64_t
wall_of(const struct journal_entry *e)
{
        uint64_t wall = number_of(e, JOURNAL_REALTIME), source;
        uint64_t mono = number_of(e, JOURNAL_MONOTONIC);

        if (e->has[JOURNAL_SOURCE_REALTIME])
                return number_of(e, JOURNAL_SOURCE_REALTIME);
        source = number_of(e, JOURNAL_SOURCE_MONOTONIC);
        if (source > 0 && mono >= source && mono - source < DELAY_US && wall > mono - source)
                return wall - (mono - source);
        return wall;
}

/* True for what the system wrote: one of its users, or a unit that root has set up. */
static bool
is_systems(const struct journal_entry *e)
{
        static const char *const units[] = {
                "oomguard.service",     "oomguard-notify.service",
                "systemd-oomd.service", "earlyoom.service",
                "init.scope",
        };

        if (e->has[JOURNAL_UID] && e->len[JOURNAL_UID] > 0 &&
            number_of(e, JOURNAL_UID) < SYSTEM_UID_END)
                return true;
        for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
                if (field_is(e, JOURNAL_SYSTEM_UNIT, units[i]))
                        return true;
        return false;
}

static void
add(struct history_reader *r, enum history_kind kind, struct history_event *event, uint64_t wall_us)
{
        event->wall_us = wall_us;
        if (wall_us == 0 || wall_us >= r->since_us)
                history_add(&r->history, kind, event);
}

static struct guard_fields
fields_of(const struct journal_entry *e)
{
        return (struct guard_fields){
                .message = journal_value(e, JOURNAL_MESSAGE),
                .message_id = journal_value(e, JOURNAL_MESSAGE_ID),
                .event = journal_value(e, JOURNAL_EVENT),
                .pid = journal_value(e, JOURNAL_OWN_PID),
                .name = journal_value(e, JOURNAL_OWN_NAME),
                .uid = journal_value(e, JOURNAL_OWN_UID),
                .unit = journal_value(e, JOURNAL_OWN_UNIT),
                .sig = journal_value(e, JOURNAL_OWN_SIGNAL),
                .reason = journal_value(e, JOURNAL_OWN_REASON),
                .available_kib = journal_value(e, JOURNAL_OWN_AVAILABLE),
                .size_kib = journal_value(e, JOURNAL_OWN_SIZE),
                .took_us = journal_value(e, JOURNAL_OWN_TOOK),
                .gave_back_kib = journal_value(e, JOURNAL_OWN_GAVE_BACK),
                .consumers = journal_value(e, JOURNAL_OWN_CONSUMERS),
        };
}

/* What an entry that the kernel has not written says; false: no kill is in it. */
static bool
read_entry(struct history_reader *r, const struct journal_entry *e, uint64_t wall_us,
           struct history_event *ret, enum history_kind *ret_kind)
{
        const char *text = e->value[JOURNAL_MESSAGE];
        size_t len = e->len[JOURNAL_MESSAGE];
        struct guard_fields f = fields_of(e);

        *ret_kind = REPORT_KILL;
        if (field_is(e, JOURNAL_MESSAGE_ID, OOMD_KILL_ID)) {
                const char *unit = journal_value(e, JOURNAL_UNIT);

                return oomd_manager_line(unit ? unit : journal_value(e, JOURNAL_USER_UNIT),
                                         journal_value(e, JOURNAL_N_PROCESSES), text, len, ret);
        }
        if (f.event || f.pid)
                return guard_fields_read(&f, ret, ret_kind) == GUARD_REPORT;
        if (field_is(e, JOURNAL_IDENTIFIER, "oomguard"))
                return guard_line(text, len, ret, ret_kind) == GUARD_REPORT;
        if (field_is(e, JOURNAL_IDENTIFIER, "systemd-oomd"))
                return oomd_line(&r->oomd, wall_us, text, len, ret);
        if (field_is(e, JOURNAL_IDENTIFIER, "earlyoom"))
                return other_line("earlyoom", text, len, ret);
        return false;
}

void
history_take_entry(void *arg, const struct journal_entry *e)
{
        struct history_reader *r = arg;
        struct history_event event;
        enum history_kind kind;
        uint64_t wall_us = wall_of(e);

        r->n_entries++;
        if (!e->has[JOURNAL_MESSAGE])
                return;
        if (field_is(e, JOURNAL_TRANSPORT, "kernel")) {
                r->n_kernel++;
                if (!kernel_log_line(&r->kernel, wall_us, e->value[JOURNAL_MESSAGE],
                                     e->len[JOURNAL_MESSAGE], &event))
                        return;
                event.boot_us = number_of(e, JOURNAL_SOURCE_MONOTONIC);
                add(r, REPORT_KILL, &event, wall_us);
                return;
        }
        if (!read_entry(r, e, wall_us, &event, &kind))
                return;
        if (is_systems(e))
                add(r, kind, &event, wall_us);
        else if (event.killer != KILLER_OOMD) /* managers of users tell of their own units */
                r->n_foreign++;
}

void
history_take_line(struct history_reader *r, const char *line, size_t len, uint64_t boot_wall_us)
{
        struct history_event event;
        struct kernel_stamp s;
        uint64_t wall_us;

        kernel_log_stamp(line, len, r->now_us, &s);
        r->n_kernel++;
        if (!kernel_log_line(&r->kernel, s.has_boot ? s.boot_us : s.wall_us, s.text, s.len, &event))
                return;
        wall_us = s.wall_us;
        if (wall_us == 0 && s.has_boot && boot_wall_us > 0)
                wall_us = boot_wall_us + s.boot_us;
        if (s.has_boot)
                event.boot_us = s.boot_us;
        add(r, REPORT_KILL, &event, wall_us);
}
