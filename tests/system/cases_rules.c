/* SPDX-License-Identifier: MIT */
/*
 * Who is never ended, who only when nobody else would do, who first; and that nobody gets there by
 * calling himself something.
 */
#include "cases.h"

#include <errno.h>
#include <sys/mount.h>
#include <unistd.h>

enum { ROOT, NOBODY = 65534, PERSON = 12345 };

/* One of the first two, and the third is ended; so it is with 70 MiB missing. */
static void
low(const char *rules)
{
        char text[512];

        (void)snprintf(text, sizeof(text), "%s%s", LIMITS("100M", "90M", "0%"), rules);
        memory_leave(300);
        guard_begin_with(text);
        guard_looks(5);
        memory_leave(70);
}

static void
only_this_one_is_ended(struct actor *one, struct actor *other, struct actor *another)
{
        actor_dies(one, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(other) && actor_lives(another), "one too many");
        CHECK(guard_said("SIGTERM to ") == 1, "said too much");
}

static void
what_is_protected_by_name_or_executable_is_not_ended(void)
{
        memory_make_up();
        struct actor *by_name = actor_start_ready("name=my%20precious hold=60 wait");
        struct actor *by_exe =
                actor_start_as(world_copy_subject("opt/precious", ROOT), "hold=50 wait");
        struct actor *other = actor_start_ready("hold=40 wait");

        actor_ready(by_exe, 1);
        low("[victim]\nprotect = name:my prec*\nprotect = exe:*/opt/precious\n");
        only_this_one_is_ended(other, by_name, by_exe);
}

static void
what_is_protected_by_user_or_command_line_is_not_ended(void)
{
        memory_make_up();
        struct actor *by_user = actor_start_ready("uid=65534 hold=60 wait");
        struct actor *by_line = actor_start_ready("hold=50 wait name=of-great-value");
        struct actor *other = actor_start_ready("hold=40 wait");

        low("[victim]\nprotect = user:nobody\nprotect = cmdline:*great-value\n");
        only_this_one_is_ended(other, by_user, by_line);
}

static void
what_is_avoided_is_ended_only_when_others_would_not_do(void)
{
        memory_make_up();
        struct actor *avoided = actor_start_ready("name=avoided hold=60 wait");
        struct actor *other = actor_start_ready("hold=40 wait");
        struct actor *small = actor_start_ready("name=small hold=5 wait");

        low("[victim]\navoid = name:avoided\n");
        actor_dies(other, SIGTERM);
        guard_looks(CASES_LOOKS);
        CHECK(actor_lives(avoided) && actor_lives(small), "one too many");
        memory_leave(70);
        actor_dies(avoided, SIGTERM);
        const char *line = guard_says("SIGTERM to %d ", (int)avoided->pid);

        CHECK(strstr(line, "avoided by name:avoided ("), "%s", line);
        CHECK(actor_lives(small), "one too many");
}

static void
what_is_preferred_is_ended_before_larger_ones(void)
{
        memory_make_up();
        struct actor *preferred = actor_start_ready("name=preferred hold=30 wait");
        struct actor *larger = actor_start_ready("hold=60 wait");
        struct actor *other = actor_start_ready("hold=40 wait");

        low("[victim]\nprefer = name:preferred\n");
        only_this_one_is_ended(preferred, larger, other);
        const char *line = guard_says("SIGTERM to ");

        CHECK(strstr(line, "preferred by name:preferred (") && strstr(line, "guard.conf:7)"), "%s",
              line);
}

/* All three have to be ended before memory is above the limit. */
static void
all_are_ended(struct actor *a, struct actor *b, struct actor *c)
{
        memory_leave(300);
        guard_begin_with(LIMITS("190M", "180M", "0%"));
        guard_looks(5);
        memory_leave(45);
        actor_dies(a, SIGTERM);
        actor_dies(b, SIGTERM);
        actor_dies(c, SIGTERM);
        CHECK(guard_said("nothing is ended") == 0, "not at once");
}

static void
who_calls_himself_sshd_is_not_protected(void)
{
        memory_make_up();
        struct actor *by_name = actor_start_ready("name=sshd hold=60 wait");
        struct actor *by_init = actor_start_ready("uid=12345 name=init hold=50 wait");
        struct actor *by_line = actor_start_ready("hold=40 wait name=/usr/sbin/sshd");

        all_are_ended(by_name, by_init, by_line);
}

static void
a_trusted_path_that_is_not_roots_is_not_protected(void)
{
        memory_make_up();
        struct actor *a = actor_start_as(world_copy_subject("a/bin/sshd", NOBODY), "hold=60 wait");
        struct actor *b =
                actor_start_as(world_copy_subject("b/sbin/agetty", PERSON), "hold=50 wait");
        struct actor *c = actor_start_as(world_copy_subject("c/sbin/sshds", ROOT), "hold=40 wait");

        actor_ready(a, 1);
        actor_ready(b, 1);
        actor_ready(c, 1);
        all_are_ended(a, b, c);
}

static void
a_trusted_path_in_another_mount_namespace_is_not_protected(void)
{
        memory_make_up();
        const char *path = world_copy_subject("sbin/agetty", ROOT);
        char words[WORLD_PATH_MAX + 64];

        (void)snprintf(words, sizeof(words), "newmnt=%s hold=60 wait", path);
        struct actor *a = actor_start_ready(words);
        struct actor *b = actor_start_ready("hold=50 wait");
        struct actor *c = actor_start_ready("hold=40 wait");

        all_are_ended(a, b, c);
}

/* A real path of the system, in this mount namespace only. */
static const char *
put_into_local_sbin(const char *name)
{
        static char path[64];
        static const char folder[] = "/usr/local/sbin";

        CHECK(mount("none", folder, "tmpfs", 0, "mode=755") == 0, "%s: %s", folder,
              strerror(errno));
        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        CHECK(mount(folder, folder, NULL, MS_BIND, NULL) == 0, "%s: %s", folder, strerror(errno));
        FILE *f = fopen(path, "we");

        CHECK(f && fclose(f) == 0, "%s: %s", path, strerror(errno));
        CHECK(mount(world_subject(), path, NULL, MS_BIND, NULL) == 0, "%s: %s", path,
              strerror(errno));
        return path;
}

static void
the_built_in_protection_is_real(void)
{
        memory_make_up();
        struct actor *trusted = actor_start_as(put_into_local_sbin("agetty"), "hold=60 wait");
        struct actor *plain = actor_start_ready("hold=40 wait");
        struct actor *init = actor_start_ready("name=init hold=50 wait");

        actor_ready(trusted, 1);
        low("");
        only_this_one_is_ended(plain, trusted, init);
}

static void
the_built_in_protection_can_be_switched_off(void)
{
        memory_make_up();
        struct actor *trusted = actor_start_as(put_into_local_sbin("agetty"), "hold=60 wait");
        struct actor *plain = actor_start_ready("hold=40 wait");
        struct actor *other = actor_start_ready("hold=20 wait");

        actor_ready(trusted, 1);
        low("[victim]\nprotect_defaults = no\n");
        only_this_one_is_ended(trusted, plain, other);
}

const struct system_case cases_rules[] = {
        CASE(what_is_protected_by_name_or_executable_is_not_ended),
        CASE(what_is_protected_by_user_or_command_line_is_not_ended),
        CASE(what_is_avoided_is_ended_only_when_others_would_not_do),
        CASE(what_is_preferred_is_ended_before_larger_ones),
        CASE(who_calls_himself_sshd_is_not_protected),
        CASE(a_trusted_path_that_is_not_roots_is_not_protected),
        CASE(a_trusted_path_in_another_mount_namespace_is_not_protected),
        CASE(the_built_in_protection_is_real),
        CASE(the_built_in_protection_can_be_switched_off),
        CASE_END,
};
