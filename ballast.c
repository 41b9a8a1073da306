/* SPDX-License-Identifier: MIT */
/*
 * Owns one mapping.  Never decides when it is time.
 */
#include "ballast.h"

#include <errno.h>

int
ballast_open(struct ballast *b)
{
        void *at = mmap(NULL, BALLAST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                        -1, 0);

        if (at == MAP_FAILED)
                return -errno;
        if (madvise(at, BALLAST_BYTES, MADV_DONTNEED_LOCKED) < 0) {
                int r = -errno;

                (void)munmap(at, BALLAST_BYTES);
                return r;
        }
        b->at = at;
        return 0;
}

void
ballast_close(struct ballast *b)
{
        if (b->at)
                (void)munmap(b->at, BALLAST_BYTES);
        b->at = NULL;
        atomic_store(&b->held, false);
}

int
ballast_hold(struct ballast *b)
{
        unsigned drops = atomic_load(&b->drops);

        if (!b->at || atomic_load(&b->held))
                return 0;
        if (madvise(b->at, BALLAST_BYTES, MADV_POPULATE_WRITE) < 0) {
                int r = -errno;

                (void)madvise(b->at, BALLAST_BYTES, MADV_DONTNEED_LOCKED);
                return r;
        }
        atomic_store(&b->held, true);
        if (atomic_load(&b->drops) != drops)
                ballast_drop(b);
        return 0;
}
