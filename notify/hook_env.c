/* SPDX-License-Identifier: MIT */
/*
 * Owns the list of what is in a hook's environment.  It never looks into its own.
 */
#include "hook_env.h"

#include <stdio.h>

#include "fields.h"

enum extra { EXTRA_PATH, EXTRA_LANG, EXTRA_MESSAGE, EXTRA_TIME, EXTRA_PASSED_OVER };

/* The manual copies this.  Every other variable is OOMGUARD_ and the name of a journal field. */
static const struct {
        const char *name, *meaning;
} extras[] = {
        [EXTRA_PATH] = { "PATH", "the system's programs" },
        [EXTRA_LANG] = { "LANG", "C.UTF-8" },
        [EXTRA_MESSAGE] = { "OOMGUARD_MESSAGE", "the event in one sentence, without a full stop" },
        [EXTRA_TIME] = { "OOMGUARD_TIME", "when it happened, in seconds since 1970" },
        [EXTRA_PASSED_OVER] = { "OOMGUARD_PASSED_OVER",
                                "events that came while the program ran for an earlier one, and "
                                "that it is not run for" },
};

enum { N_EXTRAS = sizeof(extras) / sizeof(extras[0]) };

const char *
hook_env_extra(size_t i, const char **ret_meaning)
{
        if (i >= N_EXTRAS)
                return NULL;
        *ret_meaning = extras[i].meaning;
        return extras[i].name;
}

/* All of a variable or nothing of it. */
static void
put(struct hook_env *env, const char *prefix, const char *name, const char *value)
{
        size_t size = sizeof(env->text) - env->used;
        char *at = env->text + env->used;
        int n = snprintf(at, size, "%s%s=%s", prefix, name, value);

        if (n < 0 || (size_t)n >= size || env->n == HOOK_ENV_MAX)
                return;
        env->line[env->n++] = at;
        env->line[env->n] = NULL;
        env->used += (size_t)n + 1;
}

void
hook_env_make(const struct wire_record *rec, uint32_t passed_over, struct hook_env *ret)
{
        char number[32];
        struct event e;

        ret->n = 0;
        ret->used = 0;
        ret->line[0] = NULL;
        fields_event(&e, rec, false);
        put(ret, "", extras[EXTRA_PATH].name,
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        put(ret, "", extras[EXTRA_LANG].name, "C.UTF-8");
        put(ret, "", extras[EXTRA_MESSAGE].name, e.sentence);
        (void)snprintf(number, sizeof(number), "%llu",
                       (unsigned long long)(rec->wall_us / 1000000));
        put(ret, "", extras[EXTRA_TIME].name, number);
        (void)snprintf(number, sizeof(number), "%u", passed_over);
        put(ret, "", extras[EXTRA_PASSED_OVER].name, number);
        for (size_t i = 0; i < fields_count(); i++) {
                char text[FIELDS_TEXT_MAX];
                struct field f;

                if (!fields_get(&e, i, &f) || !f.journal)
                        continue;
                fields_text(&f, text, sizeof(text));
                put(ret, "OOMGUARD_", f.journal, text);
        }
}
