/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a line of a trace: refused with nothing touched, or read so that writing it gives a
 * line that reads the same; and whatever was read, decide() answers it, twice alike.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "trace.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct policy policy = {
        .mem_warn = { 1000, 1048576 },
        .mem_term = { 500, 524288 },
        .mem_kill = { 250, 262144 },
        .new_low_us = 10000000,
        .swap_warn = { 2000, LIMIT_NO_KIB },
        .swap_term = { 1000, LIMIT_NO_KIB },
        .swap_kill = { 500, LIMIT_NO_KIB },
        .psi_term_bp = 3000,
        .psi_kill_bp = 6000,
        .psi_window_us = 2000000,
        .psi_hold_us = 1000000,
        .psi_below = { 2500, 4194304 },
};

/* A line by itself: what it says survives being written again. */
static void
check_round(const struct sample *s, const struct trace_verdict *said)
{
        const struct verdict v = { .level = said->level, .act = said->act, .reason = said->reason };
        char once[TRACE_LINE_MAX], again[TRACE_LINE_MAX];
        struct trace_verdict got_v;
        struct sample got;
        size_t n = trace_format(s, &v, once, sizeof(once));

        assert(n < sizeof(once) && once[n - 1] == '\n');
        assert(trace_parse(once, n - 1, &got, &got_v) == 0);
        assert(trace_format(&got, &v, again, sizeof(again)) == n);
        assert(memcmp(once, again, n) == 0);
        assert(got_v.level == said->level && got_v.act == said->act);
        assert(got_v.reason == said->reason);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct decide_state a, b;
        const char *text = (const char *)data, *end = text + size;

        a = b = (struct decide_state)DECIDE_STATE_INIT;
        while (text < end) {
                const char *stop = memchr(text, '\n', (size_t)(end - text));
                size_t len = (size_t)((stop ? stop : end) - text);
                struct trace_verdict v, v_before;
                struct sample s, before;

                memset(&s, 0x5a, sizeof(s));
                memset(&v, 0x5a, sizeof(v));
                memcpy(&before, &s, sizeof(s));
                memcpy(&v_before, &v, sizeof(v));
                int r = trace_parse(text, len, &s, &v);

                text += len + (stop != NULL);
                if (r != 0) {
                        assert(r == -EINVAL);
                        assert(memcmp(&s, &before, sizeof(s)) == 0);
                        assert(memcmp(&v, &v_before, sizeof(v)) == 0);
                        continue;
                }
                check_round(&s, &v);
                struct verdict one = decide(&policy, &a, &s), two = decide(&policy, &b, &s);

                assert(one.act == two.act && one.level == two.level);
                assert(one.next_us >= DECIDE_TICK_MIN_US && one.next_us <= DECIDE_TICK_US);
                assert(one.level >= one.act && one.full_bp <= 10000);
        }
        return 0;
}
