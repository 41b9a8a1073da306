/* SPDX-License-Identifier: MIT */
/*
 * What journald gets, read from its socket; and a journald that is stopped, slow, gone.
 */
#include "stage.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "decide.h"
#include "notify/catalog.h"

static char entry[16384];

static void
expect(const char *want)
{
        if (!strstr(entry, want))
                fail_msg("wanted %s in %s", want, entry);
}

static void
send_event(enum wire_kind kind, int32_t pid)
{
        struct wire_record rec;

        fake_event(kind, &rec);
        if (kind == WIRE_NOTHING || kind == WIRE_RECOVERED || kind == WIRE_RELOADED ||
            kind == WIRE_KERNEL_KILL)
                memset(&rec.process, 0, sizeof(rec.process));
        else
                rec.process.pid = pid;
        if (kind == WIRE_KERNEL_KILL)
                rec.kernel = (struct wire_kernel){ .n = 1, .low = 1 };
        fake_send(&rec);
}

static void
a_kill_has_all_its_fields(void **state)
{
        static const char *const fields[] = {
                "MESSAGE=SIGTERM to 4711 (hog), uid 1000, ",
                "\nPRIORITY=4\n",
                "\nSYSLOG_IDENTIFIER=oomguard\n",
                "\nMESSAGE_ID=" OOMGUARD_MESSAGE_KILLING "\n",
                "\nOBJECT_PID=4711\n",
                "\nOOMGUARD_EVENT=killing\n",
                "\nOOMGUARD_PID=4711\n",
                "\nOOMGUARD_NAME=hog\n",
                "\nOOMGUARD_UID=1000\n",
                "\nOOMGUARD_UNIT=app-hog.scope\n",
                "\nOOMGUARD_SIGNAL=SIGTERM\n",
                "\nOOMGUARD_REASON=low\n",
                "\nOOMGUARD_AVAILABLE_KIB=409600\n",
                "\nOOMGUARD_LIMIT_KIB=524288\n",
                "\nOOMGUARD_SWAP_FREE_KIB=307200\n",
                "\nOOMGUARD_SIZE_KIB=3145728\n",
                "\nOOMGUARD_GROWTH_KIBPS=51200\n",
                "\nOOMGUARD_SCORE_KIB=3670016\n",
                "\nOOMGUARD_BLAMED=yes\n",
                "\nOOMGUARD_TOOK_KIB=2097152\n",
                "\nOOMGUARD_MISSING_KIB=3145728\n",
                "\nOOMGUARD_PREDICTED_KIB=2097152\n",
                "\nOOMGUARD_PROCESSES=1\n",
                "\nOOMGUARD_RULE=name:hog\n",
                "\nOOMGUARD_CONSUMERS=hog 3.0 GiB, firefox 2.1 GiB\n",
                "\nOOMGUARD_DRY_RUN=no\n",
        };
        struct wire_record rec;

        (void)state;
        fake_event(WIRE_KILLING, &rec);
        rec.process.is |= WIRE_IS_BLAMED;
        rec.process.took_kib = 2097152;
        rec.process.missing_kib = 3145728;
        rec.process.effect = RULE_PREFER;
        (void)strcpy(rec.process.rule, "name:hog");
        (void)strcpy(rec.process.consumers, "hog 3.0 GiB, firefox 2.1 GiB");
        fake_send(&rec);
        assert_true(stage_entry("OOMGUARD_EVENT=killing", entry, sizeof(entry)));
        for (size_t i = 0; i < N(fields); i++)
                expect(fields[i]);
        send_event(WIRE_KILLED, 4711);
        assert_true(stage_entry("OOMGUARD_EVENT=killed", entry, sizeof(entry)));
        expect("\nMESSAGE_ID=" OOMGUARD_MESSAGE_KILLED "\n");
        expect("\nOOMGUARD_GAVE_BACK_KIB=2093056\n");
        expect("\nOOMGUARD_TOOK_US=186000\n");
        expect("\nPRIORITY=5\n");
        assert_null(strstr(entry, "OBJECT_PID"));
}

static void
each_event_has_one_entry_with_its_id(void **state)
{
        static const struct {
                enum wire_kind kind;
                const char *event, *id, *priority;
        } cases[] = {
                { WIRE_WARNING, "warning", OOMGUARD_MESSAGE_WARNING, "4" },
                { WIRE_ESCALATED, "escalated", OOMGUARD_MESSAGE_ESCALATED, "4" },
                { WIRE_REFUSED, "refused", NULL, "4" },
                { WIRE_GAVE_UP, "gave-up", OOMGUARD_MESSAGE_GAVE_UP, "3" },
                { WIRE_RELEASED, "released", NULL, "5" },
                { WIRE_NOTHING, "nothing", OOMGUARD_MESSAGE_NOTHING, "3" },
                { WIRE_RECOVERED, "recovered", OOMGUARD_MESSAGE_RECOVERED, "6" },
                { WIRE_RELOADED, "reloaded", OOMGUARD_MESSAGE_RELOADED, "6" },
                { WIRE_KERNEL_KILL, "kernel-kill", OOMGUARD_MESSAGE_KERNEL_KILL, "3" },
        };
        char want[128];

        (void)state;
        for (size_t i = 0; i < N(cases); i++) {
                (void)snprintf(want, sizeof(want), "\nOOMGUARD_EVENT=%s\n", cases[i].event);
                send_event(cases[i].kind, 4711);
                assert_true(stage_entry(want, entry, sizeof(entry)));
                (void)snprintf(want, sizeof(want), "\nPRIORITY=%s\n", cases[i].priority);
                expect(want);
                if (cases[i].id) {
                        (void)snprintf(want, sizeof(want), "\nMESSAGE_ID=%s\n", cases[i].id);
                        expect(want);
                } else {
                        assert_null(strstr(entry, "MESSAGE_ID"));
                }
        }
        assert_int_equal(stage_drain_journal(), 0);
}

/* It does not read, the others get all, what waits is bounded; then it reads. */
static void
a_journal_that_is_full_holds_up_nobody(void **state)
{
        pid_t listens = stage_listen(STAGE_DIR "/heard", "org.oomguard1");
        unsigned long rss_kib;

        (void)state;
        for (int i = 1; i <= 200; i++)
                send_event(WIRE_KILLING, i);
        WAIT(stage_count(STAGE_DIR "/heard", "Killing (uint32 200,") == 1);
        rss_kib = stage_rss_kib();
        /* The bus keeps up step by step: what waits for it on a busy machine is not the journal's.
         */
        for (int i = 201; i <= 1200; i++) {
                char heard[64];

                send_event(WIRE_KILLING, i);
                if (i % 50 != 0)
                        continue;
                (void)snprintf(heard, sizeof(heard), "Killing (uint32 %d,", i);
                WAIT(stage_count(STAGE_DIR "/heard", heard) == 1);
        }
        if (stage_rss_kib() > rss_kib + 512)
                fail_msg("%lu KiB resident, %lu before", stage_rss_kib(), rss_kib);
        assert_true(stage_entry("OOMGUARD_PID=1\n", entry, sizeof(entry)));
        assert_true(stage_entry("entries are lost: the journal did not take them", entry,
                                sizeof(entry)));
        unsigned long lost = strtoul(entry + strlen("MESSAGE="), NULL, 10);

        assert_true(lost > 500 && lost < 1200);
        /* The latest are what was kept, in their order. */
        for (int i = 1137; i <= 1200; i++) {
                char want[64];

                (void)snprintf(want, sizeof(want), "\nOOMGUARD_PID=%d\n", i);
                assert_true(stage_entry("OOMGUARD_PID=", entry, sizeof(entry)));
                expect(want);
        }
        send_event(WIRE_KILLING, 9999);
        assert_true(stage_entry("\nOOMGUARD_PID=9999\n", entry, sizeof(entry)));
        stage_reap(listens);
}

static void
a_journal_that_is_absent_is_done_without_until_it_comes(void **state)
{
        struct wire_record rec;
        pid_t listens = stage_listen(STAGE_DIR "/heard", "org.oomguard1");

        (void)state;
        stage_close_journal();
        send_event(WIRE_KILLING, 1);
        WAIT(stage_count(STAGE_DIR "/heard", "Killing (uint32 1,") == 1);
        /* One record after the other: all of the first is told by then. */
        fake_record(WIRE_STATE, &rec);
        fake_send(&rec);
        WAIT(stage_count(STAGE_DIR "/heard", "'State': <'calm'>") == 1);
        stage_open_journal();
        send_event(WIRE_KILLING, 2);
        assert_true(stage_entry("OOMGUARD_PID=", entry, sizeof(entry)));
        expect("\nOOMGUARD_PID=2\n");
        stage_reap(listens);
}

int
cases_journal(void)
{
        const struct CMUnitTest tests[] = {
                STAGED(a_kill_has_all_its_fields),
                STAGED(each_event_has_one_entry_with_its_id),
                STAGED(a_journal_that_is_full_holds_up_nobody),
                STAGED(a_journal_that_is_absent_is_done_without_until_it_comes),
        };

        return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
