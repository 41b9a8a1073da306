/* SPDX-License-Identifier: MIT */
/*
 * Owns the way from a field to the bus.  Never chooses what is told.
 */
#include "bus_dict.h"

static int
append_field(sd_bus_message *m, const struct field *f)
{
        switch (f->type) {
        case 't':
                return sd_bus_message_append(m, "{sv}", f->bus, "t", f->t);
        case 'u':
                return sd_bus_message_append(m, "{sv}", f->bus, "u", f->u);
        case 'i':
                return sd_bus_message_append(m, "{sv}", f->bus, "i", f->i);
        case 'd':
                return sd_bus_message_append(m, "{sv}", f->bus, "d", f->d);
        case 'b':
                return sd_bus_message_append(m, "{sv}", f->bus, "b", f->b);
        default:
                return sd_bus_message_append(m, "{sv}", f->bus, "s", f->s);
        }
}

int
bus_dict_append(sd_bus_message *m, const struct event *e)
{
        int r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "{sv}");

        for (size_t i = 0; r >= 0 && i < fields_count(); i++) {
                struct field f;

                if (fields_get(e, i, &f) && f.bus)
                        r = append_field(m, &f);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}
