/* SPDX-License-Identifier: MIT */
/*
 * Properties: what holds for every case is tried on many that are made up by dice.  The dice follow
 * a seed, so a case that fails is had again with OOMGUARD_SEED; OOMGUARD_ROUNDS asks for more of
 * them.  Of failing cases the smallest that can be found is shown.
 */
#ifndef OOMGUARD_PROPERTY_H
#define OOMGUARD_PROPERTY_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* More tries than this do not make a case much smaller. */
enum { PROPERTY_SHRINKS = 3000, PROPERTY_WHY_MAX = 256 };

struct dice {
        uint64_t state;
};

/* What a case has shown: why it fails, and whether it was about the property at all. */
struct finding {
        char why[PROPERTY_WHY_MAX]; /* empty: the property holds */
        bool telling;
};

struct property {
        /* Makes up a case of that size (1..max), keeps it for `show`, and tries it. */
        void (*try)(struct dice *d, unsigned size, struct finding *ret);
        void (*show)(void);
        unsigned max, rounds;
        unsigned telling_percent; /* at least so many of the cases must be telling */
};

/* splitmix64 */
static inline uint64_t
dice_u64(struct dice *d)
{
        uint64_t z = (d->state += UINT64_C(0x9e3779b97f4a7c15));

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}

/* from..to, both included. */
static inline uint64_t
dice_in(struct dice *d, uint64_t from, uint64_t to)
{
        return to <= from ? from : from + dice_u64(d) % (to - from + 1);
}

static inline bool
dice_percent(struct dice *d, unsigned percent)
{
        return dice_u64(d) % 100 < percent;
}

/* Any magnitude up to 2^bits. */
static inline uint64_t
dice_size(struct dice *d, unsigned bits)
{
        return dice_u64(d) >> (64 - dice_in(d, 1, bits));
}

/* The value, or one or two beside it: where mistakes live. */
static inline uint64_t
dice_near(struct dice *d, uint64_t value)
{
        uint64_t up = dice_in(d, 0, 4);

        return value + up > 2 ? value + up - 2 : 0;
}

__attribute__((format(printf, 2, 3))) static inline void
finding_add(struct finding *f, const char *format, ...)
{
        va_list ap;

        if (f->why[0] != '\0')
                return;
        va_start(ap, format);
        (void)vsnprintf(f->why, sizeof(f->why), format, ap);
        va_end(ap);
}

#define HOLDS(finding, condition, ...)                       \
        do {                                                 \
                if (!(condition))                            \
                        finding_add((finding), __VA_ARGS__); \
        } while (0)

static inline uint64_t
property_env(const char *name, uint64_t otherwise)
{
        const char *text = getenv(name);

        return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static inline struct finding
property_try(const struct property *p, uint64_t seed, unsigned size)
{
        struct finding f = { .telling = false };
        struct dice d = { seed };

        p->try(&d, size, &f);
        return f;
}

/* A smaller case that fails, if there is one; *seed and *size are then its.  A case is mostly the
 * beginning of the next larger one of its seed. */
static inline void
property_shrink(const struct property *p, uint64_t *seed, unsigned *size)
{
        for (unsigned smaller = 1; smaller < *size; smaller++)
                if (property_try(p, *seed, smaller).why[0] != '\0')
                        *size = smaller;
        for (unsigned i = 0; i<PROPERTY_SHRINKS && * size> 1; i++) {
                struct dice d = { *seed + i };
                uint64_t other = dice_u64(&d);
                unsigned smaller = (unsigned)dice_in(&d, 1, *size - 1);

                if (property_try(p, other, smaller).why[0] == '\0')
                        continue;
                *seed = other;
                *size = smaller;
        }
}

/* False when a case fails, which is then shown. */
static inline bool
property_holds(const struct property *p)
{
        uint64_t seed = property_env("OOMGUARD_SEED", 1);
        uint64_t rounds = property_env("OOMGUARD_ROUNDS", 1) * p->rounds;
        struct dice d = { seed };
        uint64_t n_telling = 0;

        for (uint64_t i = 0; i < rounds; i++) {
                uint64_t one = dice_u64(&d);
                unsigned size = (unsigned)dice_in(&d, 1, p->max);
                struct finding f = property_try(p, one, size);

                n_telling += f.telling;
                if (f.why[0] == '\0')
                        continue;
                property_shrink(p, &one, &size);
                f = property_try(p, one, size);
                (void)printf("OOMGUARD_SEED=%" PRIu64 ", round %" PRIu64
                             ", shrunk to size %u: %s\n",
                             seed, i, size, f.why);
                p->show();
                return false;
        }
        if (n_telling * 100 >= rounds * p->telling_percent)
                return true;
        (void)printf("OOMGUARD_SEED=%" PRIu64 ": only %" PRIu64 " of %" PRIu64
                     " cases were about it\n",
                     seed, n_telling, rounds);
        return false;
}

#endif
