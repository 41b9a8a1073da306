/* SPDX-License-Identifier: MIT */
/*
 * Owns the question.  What cannot be read hides nothing: then the mounts say nothing of hidepid.
 */
#include "privacy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* The options behind the separator: ` - proc proc rw,hidepid=invisible`. */
static bool
options_hide(const char *options, const char *end)
{
        static const char key[] = "hidepid=";
        const char *value = memmem(options, (size_t)(end - options), key, sizeof(key) - 1);

        if (!value)
                return false;
        value += sizeof(key) - 1;
        return !text_accept(&value, end, "0") && !text_accept(&value, end, "off");
}

bool
privacy_hides(const char *mountinfo, size_t len)
{
        const char *p = mountinfo, *line;
        bool whole, hides = false;
        size_t n;

        /* The last one mounted there is the one that is seen. */
        while (text_line(&p, mountinfo + len, &line, &n, &whole)) {
                const char *type = memmem(line, n, " - proc ", 8);

                if (type && memmem(line, (size_t)(type - line), " /proc ", 7))
                        hides = options_hide(type, line + n);
        }
        return hides;
}

bool
privacy_on_this_machine(void)
{
        static const char *const files[] = { "/proc/1/mountinfo", "/proc/self/mountinfo" };
        bool hides = false;

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                FILE *f = fopen(files[i], "re");
                char *text = NULL;
                size_t size = 0;
                ssize_t n;

                if (!f)
                        continue;
                n = getdelim(&text, &size, '\0', f);
                if (n > 0)
                        hides = privacy_hides(text, (size_t)n);
                free(text);
                (void)fclose(f);
                if (n > 0)
                        break;
        }
        return hides;
}
