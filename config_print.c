/* SPDX-License-Identifier: MIT */
/*
 * Owns how a policy is printed, and the file that ships.  Never checks what it prints: a policy
 * that was handed out is right.
 */
#include "config.h"
#include <string.h>
#include "keys.h"
#include "rules.h"

static void
print_rules(FILE *out, const struct policy *p, const struct key *k)
{
        for (uint32_t i = 0; i < p->n_rules; i++) {
                const struct rule *r = &p->rules[i];

                if (r->effect == (enum rule_effect)k->min)
                        (void)fprintf(out, "%s = %s:%s\n", k->name, rules_kind_word(r->kind),
                                      r->glob);
        }
        if (k->min != RULE_PROTECT || !p->protect_defaults)
                return;
        for (size_t i = 0; rules_builtin(i); i++)
                (void)fprintf(out, "# built-in: %s\n", rules_builtin(i));
}

void
config_print(FILE *out, const struct policy *p)
{
        const char *section = "";

        for (int i = 0; i < KEYS_N; i++) {
                const struct key *k = &keys[i];
                char value[VALUE_MAX];

                if (strcmp(section, k->section) != 0)
                        (void)fprintf(out, "%s[%s]\n", *section ? "\n" : "", k->section);
                section = k->section;
                if (!k->type->format) {
                        print_rules(out, p, k);
                        continue;
                }
                k->type->format(p, k, value);
                (void)fprintf(out, "%s =%s%s\n", k->name, *value ? " " : "", value);
        }
}

/* As a comment, broken between words at 80 columns. */
static void
print_help(FILE *out, const char *text)
{
        enum { WIDTH = 80 - 2 };

        while (*text) {
                size_t len = strlen(text), next = len;

                if (len > WIDTH) {
                        for (next = WIDTH; next > 1 && text[next] != ' '; next--)
                                ;
                        /* Sentences are two blanks apart. */
                        for (len = next; text[len - 1] == ' '; len--)
                                ;
                }
                (void)fprintf(out, "# %.*s\n", (int)len, text);
                text += next;
                text += strspn(text, " ");
        }
}

static const char head[] =
        "# oomguard.conf: when oomguard acts, on what, and how.\n"
        "#\n"
        "# Every key stands here with its default, commented out by a # in front.  To\n"
        "# change one, take the # away and change the value; or better, write section and\n"
        "# key into a file of your own, /etc/oomguard.conf.d/NAME.conf.  Such files are\n"
        "# read after this one, in the order of their names, and override it.\n"
        "#\n"
        "# `oomguard --check` shows what is in force, or what is wrong.  A running\n"
        "# oomguard reads its files again on SIGHUP; if anything is wrong, it keeps what\n"
        "# it had.\n"
        "#\n"
        "# Percentages may have two decimals (2.5%).  Sizes are whole numbers with K, M,\n"
        "# G or T, times with ms, s or min.  A comment needs a line of its own: nothing\n"
        "# may follow a value, and a # or ; behind a blank is refused there.\n";

void
config_print_template(FILE *out)
{
        const char *section = "";

        (void)fputs(head, out);
        for (int i = 0; i < KEYS_N; i++) {
                const struct key *k = &keys[i];

                if (strcmp(section, k->section) != 0) {
                        section = k->section;
                        (void)fprintf(out, "\n[%s]\n", section);
                        print_help(out, keys_intro(section));
                }
                (void)fputc('\n', out);
                print_help(out, k->help);
                (void)fprintf(out, "#%s =%s%s\n", k->name, *k->standard ? " " : "", k->standard);
        }
}
