/* SPDX-License-Identifier: MIT */
/*
 * Desktop entries, good and bad.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "notify/entry.h"

static bool
parse(const char *text, const char *lang, struct entry *ret)
{
        struct entry_locale locale;
        size_t len = strlen(text);
        /* Behind the text nothing may be read: sanitizers see it. */
        char *copy = malloc(len ? len : 1);
        bool ok;

        assert_non_null(copy);
        memcpy(copy, text, len);
        entry_locale_parse(lang, &locale);
        ok = entry_parse(copy, len, &locale, ret);
        free(copy);
        return ok;
}

static void
the_keys_are_read_from_the_first_group(void **state)
{
        struct entry e;

        (void)state;
        assert_true(parse("# comment\n\n[Desktop Entry]\nType=Application\nName = Firefox \n"
                          "Icon=firefox\nExec=/usr/lib/firefox/firefox %u\nTryExec=/opt/x/ff\n"
                          "StartupWMClass=Navigator\nCategories=Network;TerminalEmulator;\n"
                          "NoDisplay=true\n[Desktop Action new]\nName=New Window\nExec=other\n",
                          "C", &e));
        assert_string_equal(e.name, "Firefox");
        assert_string_equal(e.icon, "firefox");
        assert_string_equal(e.program, "firefox");
        assert_string_equal(e.try_exec, "ff");
        assert_string_equal(e.wm_class, "Navigator");
        assert_true(e.is_application);
        assert_true(e.no_display);
        assert_true(e.is_terminal_emulator);
        assert_false(e.is_hidden);
}

static void
the_name_is_in_the_language_that_fits_best(void **state)
{
        static const char text[] = "[Desktop Entry]\nName[de]=de\nName[sr@latin]=sr-latin\n"
                                   "Name=plain\nName[de_AT]=de_AT\nName[sr]=sr\nName[sr_RS]=sr_RS\n"
                                   "Name[sr_RS@latin]=sr_RS-latin\nName[pt_BR]=pt_BR\nName[]=x\n";
        static const struct {
                const char *lang, *name;
        } cases[] = {
                { "C", "plain" },
                { "", "plain" },
                { "POSIX", "plain" },
                { "de_DE.UTF-8", "de" },
                { "de_AT.UTF-8@euro", "de_AT" },
                { "sr_RS.UTF-8@latin", "sr_RS-latin" },
                { "sr_ME@latin", "sr-latin" },
                { "sr_RS", "sr_RS" },
                { "pt_PT.UTF-8", "plain" },
                { "d", "plain" },
        };
        struct entry e;

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_true(parse(text, cases[i].lang, &e));
                assert_string_equal(e.name, cases[i].name);
        }
}

static void
a_command_has_a_program_or_says_nothing(void **state)
{
        static const struct {
                const char *exec, *program;
        } cases[] = {
                { "firefox %u", "firefox" },
                { "/usr/bin/gimp-2.10", "gimp-2.10" },
                { "\"/opt/My App/run it\" --x", "run it" },
                { "/opt/My\\ App/run", "run" },
                { "env GDK_BACKEND=x11 A=b /usr/bin/code --new", "code" },
                { "/usr/bin/env -u X foo",
                  "X" }, /* the argument of an option; nobody is called so */
                { "sh -c \"exec foo\"", "" },
                { "/usr/bin/python3 /usr/share/x.py", "" },
                { "/usr/bin/flatpak run --command=x org.x.Y", "" },
                { "env A=b", "" },
                { "", "" },
                { "\"", "" },
                { "\\", "\\" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char text[256] = "[Desktop Entry]\nName=x\nExec=";
                struct entry e;

                strcat(text, cases[i].exec);
                assert_true(parse(text, "C", &e));
                assert_string_equal(e.program, cases[i].program);
        }
}

static void
escapes_stand_for_characters(void **state)
{
        struct entry e;

        (void)state;
        assert_true(parse("[Desktop Entry]\nName=a\\sb\\nc\\\\d\\\n", "C", &e));
        assert_string_equal(e.name, "a b c\\d\\");
}

static void
what_is_no_entry_is_refused(void **state)
{
        static const char *const texts[] = {
                "",
                "\n",
                "Name=x\n",
                "[Other]\nName=x\n",
                "[Desktop Entry]\n",
                "[Desktop Entry]\nIcon=x\n",
                "[Desktop Entry]\nName=\n",
                "[Desktop Entry]\nName\n",
                "[Desktop Entry]\n=\nName[\nName[]\nName[=\nName]=x\n",
                "[Desktop Entr",
        };
        struct entry e;

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                assert_false(parse(texts[i], "de_DE", &e));
}

static void
long_values_are_cut(void **state)
{
        size_t size = 5000;
        char *text = malloc(size);
        struct entry e;

        (void)state;
        assert_non_null(text);
        memset(text, 'n', size - 1);
        text[size - 1] = '\0';
        memcpy(text, "[Desktop Entry]\nName=", 21);
        assert_true(parse(text, "C", &e));
        assert_int_equal(strlen(e.name), sizeof(e.name) - 1);
        memcpy(text, "[Desktop Entry]\nName=x\nExec=\"", 29);
        assert_true(parse(text, "C", &e));
        memcpy(text, "[Desktop Entry]\nName=x\nName[", 28);
        assert_true(parse(text, "C", &e));
        free(text);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_keys_are_read_from_the_first_group),
                cmocka_unit_test(the_name_is_in_the_language_that_fits_best),
                cmocka_unit_test(a_command_has_a_program_or_says_nothing),
                cmocka_unit_test(escapes_stand_for_characters),
                cmocka_unit_test(what_is_no_entry_is_refused),
                cmocka_unit_test(long_values_are_cut),
        };

        return cmocka_run_group_tests_name("notify_entry", tests, NULL, NULL);
}
