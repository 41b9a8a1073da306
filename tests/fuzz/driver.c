/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target over files, and over all files below directories, given as arguments: the
 * corpus stays a test where there is no libFuzzer.  Never makes up input of its own.
 */
#include <errno.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned n_run;

static int
run_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        (void)ftw;
        if (type == FTW_D)
                return 0;
        FILE *f = type == FTW_F ? fopen(path, "rb") : NULL;
        size_t size = (size_t)st->st_size;
        /* Exactly as large as the input, so that a sanitizer sees any byte read past it. */
        uint8_t *data = malloc(size ? size : 1);

        if (!f || !data || fread(data, 1, size, f) != size) {
                fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
                exit(1);
        }
        (void)fclose(f);
        (void)LLVMFuzzerTestOneInput(data, size);
        free(data);
        n_run++;
        return 0;
}

int
main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++) {
                if (nftw(argv[i], run_file, 8, FTW_PHYS) != 0) {
                        fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
                        return 1;
                }
        }
        if (n_run == 0) {
                fprintf(stderr, "%s: no input given\n", argv[0]);
                return 1;
        }
        printf("%s: %u inputs\n", argv[0], n_run);
        return 0;
}
