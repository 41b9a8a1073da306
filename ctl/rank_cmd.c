/* SPDX-License-Identifier: MIT */
/*
 * The command `rank`.  Never ranks by itself.
 */
#include "ctl.h"

#include <string.h>
#include <time.h>

#include "options.h"
#include "source.h"
#include "text.h"

enum { RANK_STANDARD = 10 };

static bool
parse_count(const char *text, uint32_t *ret)
{
        const char *p = text, *end = text + strlen(text);
        uint64_t n;

        if (!text_u64(&p, end, &n) || p != end || n == 0 || n > ROSTER_MAX)
                return false;
        *ret = (uint32_t)n;
        return true;
}

int
ctl_rank(struct ctl *ctl, int argc, char **argv)
{
        static const struct option longs[] = { { "number", required_argument, NULL, 'n' },
                                               { NULL, 0, NULL, 0 } };
        uint32_t max = RANK_STANDARD;
        struct source s;
        int c, r;

        options_begin();
        while ((c = getopt_long(argc, argv, "n:", longs, NULL)) != -1) {
                if (c != 'n')
                        return options_refuse(ctl, argv);
                if (!parse_count(optarg, &max)) {
                        ctl_complain(ctl, "rank: -n %s: not a number from 1 to %d", optarg,
                                     ROSTER_MAX);
                        return CTL_USAGE;
                }
        }
        if (options_end(ctl, argc, argv) != CTL_OK)
                return CTL_USAGE;
        r = source_open(&s, ctl);
        if (r == CTL_OK)
                r = source_candidates(&s, max);
        if (r == CTL_OK && ctl->json)
                rank_json(ctl, &s.view);
        else if (r == CTL_OK)
                rank_print(ctl, &s.view, (uint64_t)time(NULL));
        source_close(&s);
        return r;
}
