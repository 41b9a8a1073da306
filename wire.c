/* SPDX-License-Identifier: MIT */
/*
 * Owns what makes a packet one.  Pure: it never sends and never repairs.
 */
#include "wire.h"

#include <string.h>

#include "decide.h"
#include "record.h"

void
wire_begin(struct wire_record *ret, enum wire_kind kind)
{
        memset(ret, 0, sizeof(*ret));
        ret->magic = WIRE_MAGIC;
        ret->version = WIRE_VERSION;
        ret->kind = (uint16_t)kind;
}

static bool
ends(const char *text, size_t size)
{
        return memchr(text, '\0', size) != NULL;
}

static bool
state_ok(const struct wire_state *s)
{
        return s->level <= LEVEL_KILL && s->act <= LEVEL_KILL && s->reason <= REASON_SWAPOFF &&
               ends(s->version, sizeof(s->version));
}

static bool
process_ok(const struct wire_process *p)
{
        return p->effect <= RULE_PROTECT && ends(p->name, sizeof(p->name)) &&
               ends(p->unit, sizeof(p->unit)) && ends(p->rule, sizeof(p->rule)) &&
               ends(p->place, sizeof(p->place)) && ends(p->consumers, sizeof(p->consumers));
}

static bool
body_ok(const struct wire_record *rec)
{
        switch ((enum wire_kind)rec->kind) {
        case WIRE_WARNING:
        case WIRE_KILLING:
        case WIRE_ESCALATED:
        case WIRE_KILLED:
        case WIRE_REFUSED:
        case WIRE_GAVE_UP:
        case WIRE_RELEASED:
        case WIRE_CANDIDATE:
                return process_ok(&rec->process);
        case WIRE_FAULT:
        case WIRE_SAMPLE:
        case WIRE_TEXT:
                return ends(rec->text, sizeof(rec->text));
        case WIRE_NOTHING:
                return rec->cause <= CAUSE_PAUSED;
        case WIRE_STATE:
        case WIRE_RECOVERED:
        case WIRE_RELOADED:
        case WIRE_KERNEL_KILL:
                return true;
        case WIRE_ANSWER:
                return rec->error <= 0 && rec->error >= -4095;
        case WIRE_N_KINDS:
                break;
        }
        return false;
}

bool
wire_record_ok(const void *packet, size_t len)
{
        struct wire_record rec;

        if (len != sizeof(rec))
                return false;
        /* The buffer that it came in need not be aligned. */
        memcpy(&rec, packet, sizeof(rec));
        return rec.magic == WIRE_MAGIC && rec.version == WIRE_VERSION && state_ok(&rec.state) &&
               body_ok(&rec);
}

static bool
arg_ok(enum wire_op op, uint64_t arg)
{
        switch (op) {
        case WIRE_OP_SUBSCRIBE:
                return arg <= WIRE_SUB_ALL;
        case WIRE_OP_CANDIDATES:
                return arg <= UINT32_MAX;
        case WIRE_OP_PAUSE:
                return arg > 0 && arg <= WIRE_PAUSE_MAX_S;
        case WIRE_OP_STATE:
        case WIRE_OP_POLICY:
        case WIRE_OP_RELOAD:
        case WIRE_OP_RESUME:
                return arg == 0;
        case WIRE_N_OPS:
                break;
        }
        return false;
}

bool
wire_request_ok(const void *packet, size_t len)
{
        struct wire_request req;

        if (len != sizeof(req))
                return false;
        memcpy(&req, packet, sizeof(req));
        return req.magic == WIRE_MAGIC && req.version == WIRE_VERSION && req.reserved == 0 &&
               arg_ok((enum wire_op)req.op, req.arg);
}
