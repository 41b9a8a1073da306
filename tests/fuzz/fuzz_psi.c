/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as /proc/pressure/memory: refused with nothing touched, or plausible.
 * Never looks at particular values; tests/unit does.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "psi.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct psi got, before;

        memset(&got, 0x5a, sizeof(got));
        memset(&before, 0x5a, sizeof(before));
        int r = psi_parse((const char *)data, size, &got);

        if (r != 0) {
                assert(r == -EINVAL);
                assert(memcmp(&got, &before, sizeof(got)) == 0);
                return 0;
        }
        assert(got.some.avg10_bp <= 10000 && got.full.avg10_bp <= 10000);
        assert(psi_parse((const char *)data, size - 1, &got) == -EINVAL);
        return 0;
}
