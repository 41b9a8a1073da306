/* SPDX-License-Identifier: MIT */
/*
 * Owns the complaints about options.  Never knows which there are.
 */
#include "options.h"

#include "message.h"

void
options_begin(void)
{
        opterr = 0;
        optind = 0; /* glibc: everything anew */
}

int
options_refuse(struct ctl *ctl, char **argv)
{
        char word[64];

        /* A short one is in optopt; a long one is the word that was just passed over. */
        if (optopt > 0 && optopt < 256) {
                ctl_complain(ctl, "%s: -%c is no option of it, or wants a value", argv[0], optopt);
                return CTL_USAGE;
        }
        message_wash(argv[optind > 1 ? optind - 1 : 1], word, sizeof(word));
        ctl_complain(ctl, "%s: %s is no option of it, or its value is missing or too much", argv[0],
                     word);
        return CTL_USAGE;
}

int
options_end(struct ctl *ctl, int argc, char **argv)
{
        char word[64];

        if (optind >= argc)
                return CTL_OK;
        message_wash(argv[optind], word, sizeof(word));
        ctl_complain(ctl, "%s: %s: it takes no such argument", argv[0], word);
        return CTL_USAGE;
}
