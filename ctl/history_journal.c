/* SPDX-License-Identifier: MIT */
/*
 * Owns the export format.  Never keeps more than one entry, and of that only the fields that are of
 * use.
 */
#include "history_journal.h"

#include <string.h>

static const char *const names[JOURNAL_N_FIELDS] = {
        [JOURNAL_REALTIME] = "__REALTIME_TIMESTAMP",
        [JOURNAL_MONOTONIC] = "__MONOTONIC_TIMESTAMP",
        [JOURNAL_SOURCE_REALTIME] = "_SOURCE_REALTIME_TIMESTAMP",
        [JOURNAL_SOURCE_MONOTONIC] = "_SOURCE_MONOTONIC_TIMESTAMP",
        [JOURNAL_TRANSPORT] = "_TRANSPORT",
        [JOURNAL_IDENTIFIER] = "SYSLOG_IDENTIFIER",
        [JOURNAL_UID] = "_UID",
        [JOURNAL_SYSTEM_UNIT] = "_SYSTEMD_UNIT",
        [JOURNAL_UNIT] = "UNIT",
        [JOURNAL_USER_UNIT] = "USER_UNIT",
        [JOURNAL_MESSAGE] = "MESSAGE",
        [JOURNAL_MESSAGE_ID] = "MESSAGE_ID",
        [JOURNAL_N_PROCESSES] = "N_PROCESSES",
        [JOURNAL_EVENT] = "OOMGUARD_EVENT",
        [JOURNAL_OWN_PID] = "OOMGUARD_PID",
        [JOURNAL_OWN_NAME] = "OOMGUARD_NAME",
        [JOURNAL_OWN_UID] = "OOMGUARD_UID",
        [JOURNAL_OWN_UNIT] = "OOMGUARD_UNIT",
        [JOURNAL_OWN_SIGNAL] = "OOMGUARD_SIGNAL",
        [JOURNAL_OWN_REASON] = "OOMGUARD_REASON",
        [JOURNAL_OWN_AVAILABLE] = "OOMGUARD_AVAILABLE_KIB",
        [JOURNAL_OWN_SIZE] = "OOMGUARD_SIZE_KIB",
        [JOURNAL_OWN_TOOK] = "OOMGUARD_TOOK_US",
        [JOURNAL_OWN_GAVE_BACK] = "OOMGUARD_GAVE_BACK_KIB",
        [JOURNAL_OWN_CONSUMERS] = "OOMGUARD_CONSUMERS",
};

const char *
journal_field_name(enum journal_field field)
{
        return names[field];
}

const char *
journal_value(const struct journal_entry *e, enum journal_field field)
{
        return e->has[field] ? e->value[field] : NULL;
}

/* The field that was named, or -1.  Of a field that stands twice the first counts. */
static int
find_field(const struct journal *j)
{
        if (j->name_len >= JOURNAL_NAME_MAX)
                return -1;
        for (int i = 0; i < JOURNAL_N_FIELDS; i++)
                if (strlen(names[i]) == j->name_len && memcmp(names[i], j->name, j->name_len) == 0)
                        return j->entry.has[i] ? -1 : i;
        return -1;
}

static void
begin_value(struct journal *j, enum journal_state state)
{
        j->any = true;
        j->field = find_field(j);
        j->name_len = 0;
        j->state = state;
        j->size_bytes = 0;
        j->left = 0;
        if (j->field < 0)
                return;
        j->entry.has[j->field] = true;
        j->entry.len[j->field] = 0;
        j->entry.value[j->field][0] = '\0';
}

static void
add_byte(struct journal *j, char c)
{
        size_t len;

        if (j->field < 0 || j->entry.len[j->field] + 1 >= JOURNAL_VALUE_MAX)
                return;
        len = j->entry.len[j->field]++;
        j->entry.value[j->field][len] = c ? c : '?';
        j->entry.value[j->field][len + 1] = '\0';
}

static void
end_entry(struct journal *j, journal_entry_fn tell, void *arg)
{
        if (j->any)
                tell(arg, &j->entry);
        memset(j->entry.has, 0, sizeof(j->entry.has));
        j->any = false;
}

static void
take_name(struct journal *j, char c, journal_entry_fn tell, void *arg)
{
        if (c == '=') {
                begin_value(j, JOURNAL_AT_TEXT);
        } else if (c != '\n') {
                if (j->name_len < JOURNAL_NAME_MAX)
                        j->name[j->name_len] = c;
                j->name_len++;
        } else if (j->name_len > 0) {
                begin_value(j, JOURNAL_AT_SIZE);
        } else {
                end_entry(j, tell, arg);
        }
}

void
journal_feed(struct journal *j, const char *data, size_t len, journal_entry_fn tell, void *arg)
{
        for (size_t i = 0; i < len; i++) {
                switch (j->state) {
                case JOURNAL_AT_NAME:
                        take_name(j, data[i], tell, arg);
                        break;
                case JOURNAL_AT_TEXT:
                        if (data[i] == '\n')
                                j->state = JOURNAL_AT_NAME;
                        else
                                add_byte(j, data[i]);
                        break;
                case JOURNAL_AT_SIZE:
                        j->left |= (uint64_t)(unsigned char)data[i] << (8 * j->size_bytes);
                        if (++j->size_bytes == sizeof(uint64_t))
                                j->state = JOURNAL_AT_BINARY;
                        break;
                case JOURNAL_AT_BINARY:
                        /* A newline stands behind the last byte. */
                        if (j->left-- == 0)
                                j->state = JOURNAL_AT_NAME;
                        else
                                add_byte(j, data[i]);
                        break;
                }
        }
}
