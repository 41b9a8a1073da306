/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a configuration: either faults, each a readable line, and nothing written; or a
 * policy that prints, reads back without a fault and prints the same again.
 */
#include "config.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)          \
        do {                      \
                if (!(condition)) \
                        abort();  \
        } while (0)

static void
take_fault(void *arg, const char *text)
{
        unsigned *n = arg;

        CHECK(strncmp(text, "fuzz:", 5) == 0 && strlen(text) < 1024);
        for (const char *c = text; *c; c++)
                CHECK(*c >= ' ' && *c <= '~');
        ++*n;
}

static char *
print(const struct policy *p, size_t *ret_len)
{
        char *text = NULL;
        FILE *out = open_memstream(&text, ret_len);

        CHECK(out);
        config_print(out, p);
        CHECK(fclose(out) == 0);
        return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct policy p, q, untouched;
        unsigned n_told = 0, n;
        char *once, *twice;
        size_t once_len, twice_len;

        memset(&p, 0xa5, sizeof(p));
        memset(&untouched, 0xa5, sizeof(untouched));
        n = config_parse("fuzz", (const char *)data, size, &p, take_fault, &n_told);
        CHECK(n == n_told);
        if (n > 0) {
                CHECK(memcmp(&p, &untouched, sizeof(p)) == 0);
                return 0;
        }
        CHECK(p.n_rules <= POLICY_RULES_MAX && p.n_files == 1);
        once = print(&p, &once_len);
        CHECK(config_parse("fuzz", once, once_len, &q, take_fault, &n_told) == 0);
        twice = print(&q, &twice_len);
        CHECK(once_len == twice_len && memcmp(once, twice, once_len) == 0);
        free(once);
        free(twice);
        return 0;
}
