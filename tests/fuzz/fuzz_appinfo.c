/* SPDX-License-Identifier: MIT */
/*
 * Desktop entries, names of units and names of processes, as oomguard-notify reads them in a child.
 */
#include <stdint.h>
#include <string.h>
#include "notify/appinfo.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
cut(const uint8_t *data, size_t len, char *ret, size_t size)
{
        size_t n = len < size ? len : size - 1;

        memcpy(ret, data, n);
        ret[n] = '\0';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char unit[PROC_UNIT_MAX], name[PROC_NAME_MAX], ids[APPINFO_IDS_MAX][APPINFO_ID_MAX];
        char washed[NOTICE_NAME_MAX], escaped[5 * NOTICE_NAME_MAX];
        struct entry_locale locale;
        struct entry e;
        uint32_t n;

        entry_locale_parse("sr_RS.UTF-8@latin", &locale);
        if (entry_parse((const char *)data, size, &locale, &e) &&
            (e.name[0] == '\0' || strlen(e.name) >= sizeof(e.name)))
                __builtin_trap();
        cut(data, size, unit, sizeof(unit));
        n = appinfo_ids_of_unit(unit, ids);
        for (uint32_t i = 0; i < n; i++)
                if (ids[i][0] == '\0' || strchr(ids[i], '/'))
                        __builtin_trap();
        cut(data, size, name, sizeof(name));
        notice_name(name, washed, sizeof(washed));
        notice_escape(washed, escaped, sizeof(escaped));
        if (strpbrk(washed, "\n\r\033") || strpbrk(escaped, "<>"))
                __builtin_trap();
        return 0;
}
