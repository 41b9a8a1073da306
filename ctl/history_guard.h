/* SPDX-License-Identifier: MIT */
/*
 * What guards say of their kills -> reports: oomguard's own lines (message.c words them), its
 * structured journal entries, systemd-oomd's, earlyoom's and nohang's lines.  Pure.
 */
#ifndef HISTORY_GUARD_H
#define HISTORY_GUARD_H

#include "history.h"

enum guard_says {
        GUARD_NOTHING, /* no kill in it */
        GUARD_REPORT,  /* *ret and *ret_kind are filled */
};

/* One line, with or without `<4>` and `oomguard: ` in front. */
enum guard_says
guard_line(const char *text, size_t len, struct history_event *ret, enum history_kind *ret_kind);

/* The fields of a journal entry that oomguard-notify writes; NULL for one that is not there. */
struct guard_fields {
        const char *message, *message_id, *event, *pid, *name, *uid, *unit, *sig, *reason,
                *available_kib, *size_kib, *took_us, *gave_back_kib, *consumers;
};

enum guard_says
guard_fields_read(const struct guard_fields *f, struct history_event *ret,
                  enum history_kind *ret_kind);

/* systemd-oomd tells its candidates in lines of their own before it tells whom it took. */
struct oomd_log {
        struct history_event next;
        bool open;
        uint64_t at_us;
        char path[HISTORY_PATH_MAX];
};

/* One line of systemd-oomd's.  True with *ret filled when a cgroup was ended. */
bool
oomd_line(struct oomd_log *o, uint64_t time_us, const char *text, size_t len,
          struct history_event *ret);

/* The service manager's word on it: `UNIT: systemd-oomd killed N process(es) in this unit.` */
bool
oomd_manager_line(const char *unit, const char *n_processes, const char *text, size_t len,
                  struct history_event *ret);

/* Lines of other killers of single processes: `earlyoom`, `nohang`. */
bool
other_line(const char *by, const char *text, size_t len, struct history_event *ret);

/* `2.1 GiB`, `340 MiB`, `43.3G`, `388.4M`, `512B`: a size as people read it, in KiB; it moves *p
 * behind it.  False when there is none. */
bool
guard_size(const char **p, uint64_t *ret_kib);

#endif
