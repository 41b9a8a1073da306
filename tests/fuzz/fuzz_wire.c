/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a packet of the feed, both ways.  What passes for a record can be told: its sentence
 * is one printable line; hiding its names leaves none; changing its size makes it no record.  Never
 * opens a socket.
 */
#include <assert.h>
#include <string.h>
#include "message.h"
#include "wire.h"
#include "wirerec.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In range, as whoever reads it takes for granted. */
static void
check_state(const struct wire_state *s)
{
        assert(s->level <= LEVEL_KILL && s->act <= LEVEL_KILL && s->reason <= REASON_RACE);
        assert(strnlen(s->version, sizeof(s->version)) < sizeof(s->version));
}

static void
check_washed(const char *text, size_t size)
{
        char washed[WIRE_TEXT_MAX];

        assert(strnlen(text, size) < size);
        message_wash(text, washed, sizeof(washed));
        assert(strlen(washed) <= strlen(text));
        for (const char *p = washed; *p; p++)
                assert((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void
check_process(struct wire_record *rec)
{
        struct wire_process *p = &rec->process;

        check_washed(p->name, sizeof(p->name));
        check_washed(p->unit, sizeof(p->unit));
        check_washed(p->rule, sizeof(p->rule));
        check_washed(p->place, sizeof(p->place));
        check_washed(p->consumers, sizeof(p->consumers));
        assert(p->effect <= RULE_PROTECT);
        wire_hide(rec);
        assert(wire_record_ok(rec, sizeof(*rec)));
        assert((p->is & WIRE_IS_HIDDEN) && !p->name[0] && !p->unit[0] && !p->rule[0]);
}

static void
check_record(const uint8_t *data, size_t size)
{
        struct wire_record rec;

        assert(size == sizeof(rec));
        memcpy(&rec, data, sizeof(rec));
        assert(rec.magic == WIRE_MAGIC && rec.version == WIRE_VERSION);
        check_state(&rec.state);
        switch ((enum wire_kind)rec.kind) {
        case WIRE_FAULT:
        case WIRE_SAMPLE:
        case WIRE_TEXT:
                check_washed(rec.text, sizeof(rec.text));
                break;
        case WIRE_WARNING:
        case WIRE_KILLING:
        case WIRE_ESCALATED:
        case WIRE_KILLED:
        case WIRE_REFUSED:
        case WIRE_GAVE_UP:
        case WIRE_RELEASED:
        case WIRE_CANDIDATE:
                check_process(&rec);
                break;
        default:
                assert(rec.kind < WIRE_N_KINDS);
        }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (wire_record_ok(data, size)) {
                check_record(data, size);
                assert(!wire_record_ok(data, size - 1));
                assert(!wire_request_ok(data, size));
        }
        if (wire_request_ok(data, size)) {
                struct wire_request req;

                assert(size == sizeof(req));
                memcpy(&req, data, sizeof(req));
                assert(req.magic == WIRE_MAGIC && req.op < WIRE_N_OPS && req.reserved == 0);
                assert(req.op != WIRE_OP_PAUSE || (req.arg >= 1 && req.arg <= 86400));
                assert(!wire_request_ok(data, size - 1));
        }
        return 0;
}
