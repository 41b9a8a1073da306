/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as /proc/meminfo: refused with nothing touched, or plausible.
 * Never looks at particular values; tests/unit does.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include "meminfo.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct meminfo got, before;

        memset(&got, 0x5a, sizeof(got));
        memset(&before, 0x5a, sizeof(before));
        int r = meminfo_parse((const char *)data, size, &got);

        if (r != 0) {
                assert(r == -EINVAL);
                assert(memcmp(&got, &before, sizeof(got)) == 0);
                return 0;
        }
        assert(got.total_kib > 0);
        assert(got.available_kib <= got.total_kib && got.hugetlb_kib <= got.total_kib);
        assert(got.swap_free_kib <= got.swap_total_kib);
        assert(meminfo_parse((const char *)data, size - 1, &got) == -EINVAL ||
               data[size - 2] == '\n');
        return 0;
}
