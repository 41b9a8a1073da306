/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as /proc/zoneinfo: refused with nothing touched, or plausible.
 * Never looks at particular values; tests/unit does.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "zoneinfo.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct zoneinfo got, before;

        memset(&got, 0x5a, sizeof(got));
        memset(&before, 0x5a, sizeof(before));
        int r = zoneinfo_parse((const char *)data, size, &got);

        if (r != 0) {
                assert(r == -EINVAL);
                assert(memcmp(&got, &before, sizeof(got)) == 0);
                return 0;
        }
        assert(data[size - 1] == '\n');
        assert(got.listed <= got.managed);
        assert(got.min <= got.high);
        return 0;
}
