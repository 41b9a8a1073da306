/* SPDX-License-Identifier: MIT */
/*
 * What is a packet and what is none: every field that a reader trusts is spoilt once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "decide.h"
#include "record.h"
#include "wire.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static bool
ok(const struct wire_record *rec)
{
        return wire_record_ok(rec, sizeof(*rec));
}

static bool
asked(enum wire_op op, uint64_t arg)
{
        struct wire_request req = {
                .magic = WIRE_MAGIC, .version = WIRE_VERSION, .op = (uint16_t)op, .arg = arg
        };

        return wire_request_ok(&req, sizeof(req));
}

static void
an_empty_record_of_each_kind_is_one(void **state)
{
        struct wire_record rec;

        (void)state;
        for (unsigned kind = 0; kind < WIRE_N_KINDS; kind++) {
                memset(&rec, 0xff, sizeof(rec));
                wire_begin(&rec, (enum wire_kind)kind);
                assert_int_equal(rec.kind, kind);
                assert_true(ok(&rec));
        }
        wire_begin(&rec, WIRE_N_KINDS);
        assert_false(ok(&rec));
        rec.kind = UINT16_MAX;
        assert_false(ok(&rec));
}

static void
a_record_has_one_size_magic_and_version(void **state)
{
        char room[2 * WIRE_BYTES] = { 0 };
        struct wire_record rec;

        (void)state;
        wire_begin(&rec, WIRE_STATE);
        memcpy(room, &rec, sizeof(rec));
        for (size_t len = 0; len < sizeof(room); len++)
                assert_int_equal(wire_record_ok(room, len), len == WIRE_BYTES);
        rec.magic = __builtin_bswap32(WIRE_MAGIC); /* of a machine with the other byte order */
        assert_false(ok(&rec));
        wire_begin(&rec, WIRE_STATE);
        rec.version = WIRE_VERSION + 1;
        assert_false(ok(&rec));
}

static void
a_record_need_not_be_aligned(void **state)
{
        char room[WIRE_BYTES + 8];
        struct wire_record rec;

        (void)state;
        wire_begin(&rec, WIRE_CANDIDATE);
        for (size_t at = 0; at < 8; at++) {
                memcpy(room + at, &rec, sizeof(rec));
                assert_true(wire_record_ok(room + at, sizeof(rec)));
        }
}

static void
numbers_of_words_are_those_of_words(void **state)
{
        struct wire_record rec;

        (void)state;
        wire_begin(&rec, WIRE_STATE);
        rec.state.level = rec.state.act = LEVEL_KILL;
        rec.state.reason = REASON_SWAPOFF;
        assert_true(ok(&rec));
        rec.state.level++;
        assert_false(ok(&rec));
        rec.state.level = UINT32_MAX;
        assert_false(ok(&rec));
        rec.state.level = 0;
        rec.state.act++;
        assert_false(ok(&rec));
        rec.state.act = 0;
        rec.state.reason++;
        assert_false(ok(&rec));
        wire_begin(&rec, WIRE_NOTHING);
        rec.cause = CAUSE_PAUSED;
        assert_true(ok(&rec));
        rec.cause++;
        assert_false(ok(&rec));
        wire_begin(&rec, WIRE_KILLING);
        rec.process.effect = RULE_PROTECT;
        assert_true(ok(&rec));
        rec.process.effect++;
        assert_false(ok(&rec));
}

static void
an_answer_is_zero_or_an_errno(void **state)
{
        static const int32_t good[] = { 0, -1, -4095 }, bad[] = { 1, -4096, INT32_MIN, INT32_MAX };
        struct wire_record rec;

        (void)state;
        wire_begin(&rec, WIRE_ANSWER);
        for (size_t i = 0; i < N_OF(good); i++) {
                rec.error = good[i];
                assert_true(ok(&rec));
        }
        for (size_t i = 0; i < N_OF(bad); i++) {
                rec.error = bad[i];
                assert_false(ok(&rec));
        }
}

static const struct {
        size_t at, size;
} names[] = {
        { offsetof(struct wire_record, process.name), PROC_NAME_MAX },
        { offsetof(struct wire_record, process.unit), PROC_UNIT_MAX },
        { offsetof(struct wire_record, process.rule), WIRE_RULE_MAX },
        { offsetof(struct wire_record, process.place), WIRE_PLACE_MAX },
        { offsetof(struct wire_record, process.consumers), WIRE_CONSUMERS_MAX },
};

static void
every_text_ends_within_its_room(void **state)
{
        static const enum wire_kind of_process[] = {
                WIRE_WARNING, WIRE_KILLING, WIRE_ESCALATED, WIRE_KILLED,
                WIRE_REFUSED, WIRE_GAVE_UP, WIRE_RELEASED,  WIRE_CANDIDATE,
        };
        static const enum wire_kind of_text[] = { WIRE_FAULT, WIRE_SAMPLE, WIRE_TEXT };
        struct wire_record rec;

        (void)state;
        for (size_t k = 0; k < N_OF(of_process); k++) {
                for (size_t i = 0; i < N_OF(names); i++) {
                        wire_begin(&rec, of_process[k]);
                        memset((char *)&rec + names[i].at, 'x', names[i].size - 1);
                        assert_true(ok(&rec));
                        memset((char *)&rec + names[i].at, 'x', names[i].size);
                        assert_false(ok(&rec));
                }
        }
        for (size_t k = 0; k < N_OF(of_text); k++) {
                wire_begin(&rec, of_text[k]);
                memset(rec.text, 'x', sizeof(rec.text) - 1);
                assert_true(ok(&rec));
                rec.text[sizeof(rec.text) - 1] = 'x';
                assert_false(ok(&rec));
        }
        wire_begin(&rec, WIRE_STATE);
        memset(rec.state.version, '9', sizeof(rec.state.version));
        assert_false(ok(&rec));
}

/* Whatever the bytes are: what is taken for a record has words for its numbers and ends. */
static void
whatever_comes_is_refused_or_can_be_read(void **state)
{
        struct wire_record rec;
        uint32_t seed = 7;
        unsigned n_ok = 0;

        (void)state;
        for (unsigned round = 0; round < 20000; round++) {
                wire_begin(&rec, (enum wire_kind)(round % WIRE_N_KINDS));
                for (unsigned i = 0; i < 1 + round % 5; i++) {
                        seed = seed * 1664525 + 1013904223;
                        ((unsigned char *)&rec)[seed >> 8 & (WIRE_BYTES - 1)] =
                                (unsigned char)(seed >> 20);
                }
                if (!ok(&rec))
                        continue;
                n_ok++;
                assert_true(strlen(level_word((enum level)rec.state.level)) > 0);
                assert_true(strlen(level_word((enum level)rec.state.act)) > 0);
                (void)reason_word((enum reason)rec.state.reason);
                assert_true(strnlen(rec.state.version, sizeof(rec.state.version)) <
                            sizeof(rec.state.version));
        }
        assert_in_range(n_ok, 1000, 19999);
}

static void
a_request_has_one_size_magic_version_and_nothing_reserved(void **state)
{
        struct wire_request good = { .magic = WIRE_MAGIC, .version = WIRE_VERSION }, bad;
        char room[64] = { 0 };

        (void)state;
        memcpy(room, &good, sizeof(good));
        for (size_t len = 0; len < sizeof(room); len++)
                assert_int_equal(wire_request_ok(room, len), len == sizeof(good));
        bad = good;
        bad.magic++;
        assert_false(wire_request_ok(&bad, sizeof(bad)));
        bad = good;
        bad.version = 0;
        assert_false(wire_request_ok(&bad, sizeof(bad)));
        bad = good;
        bad.reserved = 1;
        assert_false(wire_request_ok(&bad, sizeof(bad)));
        bad = good;
        bad.op = WIRE_N_OPS;
        assert_false(wire_request_ok(&bad, sizeof(bad)));
        bad.op = UINT16_MAX;
        assert_false(wire_request_ok(&bad, sizeof(bad)));
        bad = good;
        bad.id = UINT32_MAX;
        assert_true(wire_request_ok(&bad, sizeof(bad)));
}

static void
a_request_asks_for_what_there_is(void **state)
{
        static const enum wire_op plain[] = { WIRE_OP_STATE, WIRE_OP_POLICY, WIRE_OP_RELOAD,
                                              WIRE_OP_RESUME };

        (void)state;
        for (size_t i = 0; i < N_OF(plain); i++) {
                assert_true(asked(plain[i], 0));
                assert_false(asked(plain[i], 1));
                assert_false(asked(plain[i], UINT64_MAX));
        }
        assert_true(asked(WIRE_OP_SUBSCRIBE, 0));
        assert_true(asked(WIRE_OP_SUBSCRIBE, WIRE_SUB_ALL));
        assert_false(asked(WIRE_OP_SUBSCRIBE, WIRE_SUB_ALL + 1));
        assert_false(asked(WIRE_OP_SUBSCRIBE, UINT64_C(1) << 32));
        assert_true(asked(WIRE_OP_CANDIDATES, 0));
        assert_true(asked(WIRE_OP_CANDIDATES, UINT32_MAX));
        assert_false(asked(WIRE_OP_CANDIDATES, UINT64_C(1) << 32));
        assert_false(asked(WIRE_OP_PAUSE, 0));
        assert_true(asked(WIRE_OP_PAUSE, 1));
        assert_true(asked(WIRE_OP_PAUSE, WIRE_PAUSE_MAX_S));
        assert_false(asked(WIRE_OP_PAUSE, WIRE_PAUSE_MAX_S + 1));
        assert_false(asked(WIRE_OP_PAUSE, UINT64_MAX));
}

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_empty_record_of_each_kind_is_one),
                cmocka_unit_test(a_record_has_one_size_magic_and_version),
                cmocka_unit_test(a_record_need_not_be_aligned),
                cmocka_unit_test(numbers_of_words_are_those_of_words),
                cmocka_unit_test(an_answer_is_zero_or_an_errno),
                cmocka_unit_test(every_text_ends_within_its_room),
                cmocka_unit_test(whatever_comes_is_refused_or_can_be_read),
                cmocka_unit_test(a_request_has_one_size_magic_version_and_nothing_reserved),
                cmocka_unit_test(a_request_asks_for_what_there_is),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
