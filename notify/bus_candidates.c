/* SPDX-License-Identifier: MIT */
/*
 * Owns the calls that are not answered yet.  Never ranks anybody: that is the guard's.
 */
#include "bus_candidates.h"

#include <errno.h>
#include <string.h>

#include "bus_dict.h"

static void
free_asker(struct bus_asker *a)
{
        sd_bus_slot_unref(a->who);
        sd_bus_message_unref(a->call);
        a->who = NULL;
        a->call = NULL;
        a->waits = false;
}

/* ---- answers ---- */

static void
answer_error(struct bus_asker *a, int error)
{
        switch (error) {
        case -ENOTCONN:
                (void)sd_bus_reply_method_errorf(a->call, BUS_ERROR_ABSENT,
                                                 "the guard is not running: its feed is not there");
                break;
        case -ETIMEDOUT:
                (void)sd_bus_reply_method_errorf(a->call, BUS_ERROR_TIMEOUT,
                                                 "the guard has not answered in time");
                break;
        default:
                (void)sd_bus_reply_method_errorf(a->call, BUS_ERROR_FAILED,
                                                 "the guard cannot tell: %s", strerror(-error));
        }
        free_asker(a);
}

static int
append_all(const struct bus_asker *a, sd_bus_message *m, const struct wire_record *rec, unsigned n)
{
        int r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "a{sv}");

        for (unsigned i = 0; r >= 0 && i < n && i < a->max; i++) {
                bool others = a->uid != 0 && a->uid != rec[i].process.uid;
                struct event e;

                fields_event(&e, &rec[i], a->all->hide && others);
                r = bus_dict_append(m, &e);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static void
answer_asker(struct bus_asker *a, const struct wire_record *rec, unsigned n)
{
        sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_return(a->call, &m);

        if (r >= 0)
                r = append_all(a, m, rec, n);
        if (r >= 0)
                r = sd_bus_send(NULL, m, NULL);
        sd_bus_message_unref(m);
        if (r < 0)
                answer_error(a, r);
        else
                free_asker(a);
}

static void
on_answer(void *arg, int error, const struct wire_record *rec, unsigned n)
{
        struct bus_candidates *c = arg;

        c->asked = false;
        for (int i = 0; i < BUS_ASKERS; i++) {
                struct bus_asker *a = &c->asker[i];

                if (!a->call || !a->waits)
                        continue;
                if (error < 0)
                        answer_error(a, error);
                else
                        answer_asker(a, rec, n);
        }
}

/* ---- questions ---- */

static void
ask_guard(struct bus_asker *a)
{
        struct bus_candidates *c = a->all;
        int r = 0;

        a->waits = true;
        if (c->asked)
                return;
        r = link_ask_candidates(c->link, on_answer, c);
        if (r < 0)
                answer_error(a, r);
        else
                c->asked = true;
}

static int
on_who(sd_bus_message *m, void *arg, sd_bus_error *ret_error)
{
        struct bus_asker *a = arg;

        (void)ret_error;
        a->who = sd_bus_slot_unref(a->who);
        /* Whose call it is cannot be told: then it is nobody's in particular. */
        if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "u", &a->uid) < 0)
                a->uid = UINT32_MAX;
        ask_guard(a);
        return 0;
}

static struct bus_asker *
find_place(struct bus_candidates *c, const char *sender)
{
        struct bus_asker *place = NULL;
        int n = 0;

        for (int i = 0; i < BUS_ASKERS; i++) {
                struct bus_asker *a = &c->asker[i];
                const char *other;

                if (!a->call) {
                        place = a;
                        continue;
                }
                other = sd_bus_message_get_sender(a->call);
                n += sender && other && strcmp(sender, other) == 0;
        }
        return n < BUS_ASKERS_EACH ? place : NULL;
}

int
bus_candidates_call(struct bus_candidates *c, sd_bus_message *m, sd_bus_error *ret_error)
{
        const char *sender = sd_bus_message_get_sender(m);
        struct bus_asker *a = find_place(c, sender);
        uint32_t max = 0;
        int r = sd_bus_message_read(m, "u", &max);

        if (r < 0)
                return r;
        if (!a)
                return sd_bus_error_setf(ret_error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                         "too many have asked and wait for the answer");
        *a = (struct bus_asker){ .all = c, .call = sd_bus_message_ref(m), .uid = UINT32_MAX };
        a->max = max == 0 || max > WIRE_CANDIDATES_MAX ? WIRE_CANDIDATES_MAX : max;
        if (!c->hide || !sender) {
                ask_guard(a);
                return 1;
        }
        r = sd_bus_call_method_async(sd_bus_message_get_bus(m), &a->who, "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                     "GetConnectionUnixUser", on_who, a, "s", sender);
        if (r < 0) {
                free_asker(a);
                return r;
        }
        return 1;
}

void
bus_candidates_drop(struct bus_candidates *c)
{
        for (int i = 0; i < BUS_ASKERS; i++)
                if (c->asker[i].call)
                        free_asker(&c->asker[i]);
}
