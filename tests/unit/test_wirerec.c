/* SPDX-License-Identifier: MIT */
/*
 * From the guard's records to those of the wire: each kind, each number, and that nothing of a
 * rule or a name goes beyond its room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "rules.h"
#include "wirerec.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct policy policy;
static struct record rec;
static struct wire_record out;

static int
set_up(void **state)
{
        (void)state;
        memset(&policy, 0, sizeof(policy));
        memset(&out, 0xa5, sizeof(out));
        policy.psi_window_us = 2500000;
        policy.psi_term_bp = 1000;
        policy.psi_kill_bp = 4000;
        policy.n_rules = policy.n_files = 1;
        policy.rules[0] = (struct rule){
                .effect = RULE_PREFER, .kind = RULE_EXE, .glob = "/usr/bin/x*", .line = 12
        };
        (void)strcpy(policy.files[0], "/etc/oomguard.conf");
        rec = (struct record){
                .sample = { .has_psi = true,
                            .mem = { .shmem_kib = 31, .hugetlb_kib = 32 },
                            .zram_total_kib = 33,
                            .zram_free_kib = 34 },
                .verdict = { .level = LEVEL_TERM,
                             .act = LEVEL_KILL,
                             .reason = REASON_RACE,
                             .below_term = true,
                             .reclaim = true,
                             .total_kib = 1,
                             .available_kib = 2,
                             .warn_kib = 3,
                             .term_kib = 4,
                             .kill_kib = 5,
                             .swap_total_kib = 6,
                             .swap_free_kib = 7,
                             .swap_warn_kib = 8,
                             .swap_term_kib = 9,
                             .swap_kill_kib = 10,
                             .some_bp = 11,
                             .full_bp = 12,
                             .refault_bp = 13,
                             .fall_kibps = 14,
                             .left_us = 15 },
        };
        return 0;
}

static void
be_about_a_victim(enum record_kind kind)
{
        rec.kind = kind;
        rec.victim = (struct record_victim){
                .pid = 4211,
                .uid = 1000,
                .start_ticks = 77,
                .n = 3,
                .sig = SIGTERM,
                .name = "chromium",
                .unit = "app.scope",
                .standing = { RULE_PREFER, 0, -1 },
                .took_kib = 51,
                .missing_kib = 52,
                .since_wall_s = 53,
                .score = { .anon_kib = 61,
                           .pagetables_kib = 62,
                           .shared_kib = 63,
                           .swap_kib = 64,
                           .growth_kib = 65,
                           .adj_kib = 66,
                           .total_kib = 67,
                           .rule_bp = 20000,
                           .adj = -5 },
                .predicted = { 71, 72 },
                .real = { 73, 74 },
                .size_kib = 75,
                .growth_kibps = 76,
                .term_us = 81,
                .gone_us = 82,
                .n_left = 2,
                .error = -EPERM,
        };
}

static void
translate(void)
{
        assert_true(wire_of_record(&rec, &policy, &out));
        assert_true(wire_record_ok(&out, sizeof(out)));
}

/* ---- states ---- */

static void
a_state_has_every_number_of_sample_verdict_and_policy(void **state)
{
        (void)state;
        rec.kind = RECORD_STATE;
        translate();
        assert_int_equal(out.kind, WIRE_STATE);
        assert_int_equal(out.state.level, LEVEL_TERM);
        assert_int_equal(out.state.act, LEVEL_KILL);
        assert_int_equal(out.state.reason, REASON_RACE);
        assert_int_equal(out.state.flags, WIRE_FLAG_PSI | WIRE_FLAG_BELOW_TERM | WIRE_FLAG_RECLAIM);
        assert_int_equal(out.state.total_kib, 1);
        assert_int_equal(out.state.available_kib, 2);
        assert_int_equal(out.state.warn_kib, 3);
        assert_int_equal(out.state.term_kib, 4);
        assert_int_equal(out.state.kill_kib, 5);
        assert_int_equal(out.state.swap_total_kib, 6);
        assert_int_equal(out.state.swap_free_kib, 7);
        assert_int_equal(out.state.swap_warn_kib, 8);
        assert_int_equal(out.state.swap_term_kib, 9);
        assert_int_equal(out.state.swap_kill_kib, 10);
        assert_int_equal(out.state.some_bp, 11);
        assert_int_equal(out.state.full_bp, 12);
        assert_int_equal(out.state.refault_bp, 13);
        assert_int_equal(out.state.fall_kibps, 14);
        assert_int_equal(out.state.left_us, 15);
        assert_int_equal(out.state.shmem_kib, 31);
        assert_int_equal(out.state.hugetlb_kib, 32);
        assert_int_equal(out.state.zram_total_kib, 33);
        assert_int_equal(out.state.zram_free_kib, 34);
        assert_int_equal(out.state.psi_term_bp, 1000);
        assert_int_equal(out.state.psi_kill_bp, 4000);
        assert_int_equal(out.state.window_ms, 2500);
        assert_int_equal(out.state.kills, 0); /* the caller's */
}

static void
each_record_becomes_its_kind_or_none(void **state)
{
        static const struct {
                enum record_kind from;
                enum wire_kind to;
        } kinds[] = {
                { RECORD_SAMPLE, WIRE_SAMPLE },       { RECORD_STATE, WIRE_STATE },
                { RECORD_FAULT, WIRE_FAULT },         { RECORD_SIGNAL, WIRE_KILLING },
                { RECORD_ESCALATED, WIRE_ESCALATED }, { RECORD_ENDED, WIRE_KILLED },
                { RECORD_REFUSED, WIRE_REFUSED },     { RECORD_GAVE_UP, WIRE_GAVE_UP },
                { RECORD_RELEASED, WIRE_RELEASED },   { RECORD_NOBODY, WIRE_NOTHING },
                { RECORD_KERNEL, WIRE_KERNEL_KILL },
        };

        (void)state;
        for (size_t i = 0; i < N_OF(kinds); i++) {
                rec.kind = kinds[i].from;
                translate();
                assert_int_equal(out.kind, kinds[i].to);
        }
        rec.kind = RECORD_LATE;
        assert_false(wire_of_record(&rec, &policy, &out));
        rec.kind = (enum record_kind)99;
        assert_false(wire_of_record(&rec, &policy, &out));
}

static void
a_change_of_level_warns_once_and_recovers_once(void **state)
{
        (void)state;
        for (unsigned was = LEVEL_CALM; was <= LEVEL_KILL; was++) {
                for (unsigned is = LEVEL_CALM; is <= LEVEL_KILL; is++) {
                        enum wire_kind kind = WIRE_STATE;

                        rec.kind = RECORD_LEVEL;
                        rec.was = (enum level)was;
                        rec.verdict.level = (enum level)is;
                        if (was < LEVEL_WARN && is >= LEVEL_WARN)
                                kind = WIRE_WARNING;
                        if (was >= LEVEL_WARN && is < LEVEL_WARN)
                                kind = WIRE_RECOVERED;
                        translate();
                        assert_int_equal(out.kind, kind);
                }
        }
}

static void
a_sample_is_a_line_of_a_trace_and_a_fault_a_sentence(void **state)
{
        (void)state;
        rec.kind = RECORD_SAMPLE;
        translate();
        assert_memory_equal(out.text, "s ", 2);
        assert_int_equal(out.text[strlen(out.text) - 1], '\n');
        rec.kind = RECORD_FAULT;
        rec.fault = (struct record_fault){ 0, -EIO, 1, false };
        translate();
        assert_non_null(strstr(out.text, "/proc/meminfo: Input/output error"));
}

static void
nothing_to_kill_says_why_and_what_is_protected(void **state)
{
        (void)state;
        rec.kind = RECORD_NOBODY;
        rec.cause = CAUSE_PAUSED;
        rec.protected_kib = 91;
        translate();
        assert_int_equal(out.cause, CAUSE_PAUSED);
        assert_int_equal(out.state.protected_kib, 91);
}

/* ---- processes ---- */

static void
a_victim_has_every_number(void **state)
{
        const struct wire_process *p = &out.process;

        (void)state;
        be_about_a_victim(RECORD_ENDED);
        translate();
        assert_int_equal(p->pid, 4211);
        assert_int_equal(p->uid, 1000);
        assert_int_equal(p->start_ticks, 77);
        assert_int_equal(p->n, 3);
        assert_int_equal(p->sig, SIGTERM);
        assert_int_equal(p->is, WIRE_IS_CHOSEN | WIRE_IS_ELIGIBLE);
        assert_int_equal(p->anon_kib, 61);
        assert_int_equal(p->pagetables_kib, 62);
        assert_int_equal(p->shared_kib, 63);
        assert_int_equal(p->swap_kib, 64);
        assert_int_equal(p->growth_kib, 65);
        assert_int_equal(p->adj_kib, 66);
        assert_int_equal(p->score_kib, 67);
        assert_int_equal(p->rule_bp, 20000);
        assert_int_equal(p->adj, -5);
        assert_int_equal(p->predicted_kib, 71);
        assert_int_equal(p->predicted_swap_kib, 72);
        assert_int_equal(p->real_kib, 73);
        assert_int_equal(p->real_swap_kib, 74);
        assert_int_equal(p->size_kib, 75);
        assert_int_equal(p->growth_kibps, 76);
        assert_int_equal(p->term_us, 81);
        assert_int_equal(p->gone_us, 82);
        assert_int_equal(p->n_left, 2);
        assert_int_equal(p->error, -EPERM);
        assert_string_equal(p->name, "chromium");
        assert_string_equal(p->unit, "app.scope");
        assert_int_equal(p->effect, RULE_PREFER);
        assert_string_equal(p->rule, "exe:/usr/bin/x*");
        assert_string_equal(p->place, "/etc/oomguard.conf:12");
}

static void
blame_is_told_of_those_who_are_blamed_only(void **state)
{
        (void)state;
        be_about_a_victim(RECORD_SIGNAL);
        translate();
        assert_int_equal(out.process.took_kib + out.process.missing_kib + out.process.since_s, 0);
        rec.victim.blamed = true;
        translate();
        assert_int_equal(out.process.took_kib, 51);
        assert_int_equal(out.process.missing_kib, 52);
        assert_int_equal(out.process.since_s, 53);
        assert_true(out.process.is & WIRE_IS_BLAMED);
}

static void
what_was_special_about_a_kill_is_in_its_flags(void **state)
{
        (void)state;
        be_about_a_victim(RECORD_SIGNAL);
        rec.victim.dry_run = rec.victim.after_vain = rec.victim.killed = rec.victim.swapoff = true;
        translate();
        assert_int_equal(out.process.is, WIRE_IS_DRY_RUN | WIRE_IS_AFTER_VAIN | WIRE_IS_SIGKILLED |
                                                 WIRE_IS_SWAPOFF | WIRE_IS_CHOSEN |
                                                 WIRE_IS_ELIGIBLE);
}

static void
a_rule_of_the_list_that_is_built_in_has_no_place(void **state)
{
        (void)state;
        be_about_a_victim(RECORD_SIGNAL);
        rec.victim.standing = (struct standing){ RULE_PROTECT, -1, 0 };
        translate();
        assert_string_equal(out.process.rule, rules_builtin(0));
        assert_string_equal(out.process.place, "");
        assert_true(out.process.is & WIRE_IS_BUILTIN);
}

/* A reload may have taken the rule away that a record still points to. */
static void
a_rule_that_there_is_no_more_is_left_out(void **state)
{
        (void)state;
        be_about_a_victim(RECORD_SIGNAL);
        rec.victim.standing.rule = 1;
        translate();
        assert_string_equal(out.process.rule, "");
        rec.victim.standing.rule = INT16_MAX;
        translate();
        assert_string_equal(out.process.rule, "");
        rec.victim.standing.rule = 0;
        policy.n_files = 0;
        translate();
        assert_string_equal(out.process.rule, "exe:/usr/bin/x*");
        assert_string_equal(out.process.place, "");
}

static void
the_longest_rule_name_and_unit_fit(void **state)
{
        (void)state;
        be_about_a_victim(RECORD_SIGNAL);
        policy.rules[0].kind = RULE_CMDLINE;
        policy.rules[0].line = UINT32_MAX;
        memset(policy.rules[0].glob, 'g', sizeof(policy.rules[0].glob) - 1);
        memset(policy.files[0], 'f', sizeof(policy.files[0]) - 1);
        memset(rec.victim.name, '\n', sizeof(rec.victim.name) - 1);
        memset(rec.victim.unit, '\xff', sizeof(rec.victim.unit) - 1);
        translate();
        assert_int_equal(strlen(out.process.rule),
                         strlen("cmdline:") + sizeof(policy.rules[0].glob) - 1);
        assert_non_null(strstr(out.process.place, ":4294967295"));
        assert_int_equal(strlen(out.process.name), sizeof(rec.victim.name) - 1);
        assert_int_equal(strlen(out.process.unit), sizeof(rec.victim.unit) - 1);
        assert_string_equal(out.process.consumers, "");
}

static void
a_candidate_says_what_it_holds_and_how_it_stands(void **state)
{
        struct candidate c = { .pid = 9,
                               .uid = 8,
                               .start_ticks = 7,
                               .anon_kib = 100,
                               .swap_kib = 10,
                               .shmem_kib = 1,
                               .growth_kibps = 6,
                               .cow = true,
                               .standing = { RULE_NONE, -1, -1 },
                               .name = "a" };
        struct ranked r = { .c = &c,
                            .score = { .total_kib = 5 },
                            .gives = { 4, 3 },
                            .chosen = true,
                            .eligible = true };
        struct choice ch = { .blamed = true,
                             .blame = { .took_kib = 21, .missing_kib = 22, .since_wall_s = 23 } };

        (void)state;
        wire_begin(&out, WIRE_CANDIDATE);
        wire_process_of(&r, &ch, &policy, &out.process);
        assert_true(wire_record_ok(&out, sizeof(out)));
        assert_int_equal(out.process.is,
                         WIRE_IS_BLAMED | WIRE_IS_CHOSEN | WIRE_IS_ELIGIBLE | WIRE_IS_COW);
        assert_int_equal(out.process.size_kib, 111);
        assert_int_equal(out.process.growth_kibps, 6);
        assert_int_equal(out.process.score_kib, 5);
        assert_int_equal(out.process.predicted_kib, 4);
        assert_int_equal(out.process.predicted_swap_kib, 3);
        assert_int_equal(out.process.took_kib, 21);
        assert_string_equal(out.process.rule, "");
        /* Somebody else is to blame. */
        r.chosen = false;
        wire_process_of(&r, &ch, &policy, &out.process);
        assert_int_equal(out.process.is, WIRE_IS_ELIGIBLE | WIRE_IS_COW);
        assert_int_equal(out.process.took_kib, 0);
}

static void
what_is_hidden_leaves_numbers_and_no_byte_of_a_name(void **state)
{
        (void)state;
        be_about_a_victim(RECORD_SIGNAL);
        (void)strcpy(rec.victim.name, "secret");
        (void)strcpy(rec.victim.unit, "secret.scope");
        (void)strcpy(policy.rules[0].glob, "/secret");
        (void)strcpy(policy.files[0], "/secret");
        translate();
        (void)strcpy(out.process.consumers, "secret 1 GiB");
        /* Behind the end of a shorter one. */
        memcpy(out.process.name + 8, "secret", 6);
        wire_hide(&out);
        assert_null(memmem(&out, sizeof(out), "secret", 6));
        assert_true(out.process.is & WIRE_IS_HIDDEN);
        assert_int_equal(out.process.pid, 4211);
        assert_int_equal(out.process.size_kib, 75);
        assert_true(wire_record_ok(&out, sizeof(out)));
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int
main(void)
{
        static const struct CMUnitTest tests[] = {
                CASE(a_state_has_every_number_of_sample_verdict_and_policy),
                CASE(each_record_becomes_its_kind_or_none),
                CASE(a_change_of_level_warns_once_and_recovers_once),
                CASE(a_sample_is_a_line_of_a_trace_and_a_fault_a_sentence),
                CASE(nothing_to_kill_says_why_and_what_is_protected),
                CASE(a_victim_has_every_number),
                CASE(blame_is_told_of_those_who_are_blamed_only),
                CASE(what_was_special_about_a_kill_is_in_its_flags),
                CASE(a_rule_of_the_list_that_is_built_in_has_no_place),
                CASE(a_rule_that_there_is_no_more_is_left_out),
                CASE(the_longest_rule_name_and_unit_fit),
                CASE(a_candidate_says_what_it_holds_and_how_it_stands),
                CASE(what_is_hidden_leaves_numbers_and_no_byte_of_a_name),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
