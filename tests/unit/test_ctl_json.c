/* SPDX-License-Identifier: MIT */
/*
 * JSON as it is written: commas, nesting, and strings of any bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "ctl/json.h"

static char *text;
static size_t len;

static struct json
begin(void)
{
        FILE *out = open_memstream(&text, &len);

        assert_non_null(out);
        return (struct json)JSON_INIT(out);
}

static void
expect(struct json *j, const char *want)
{
        assert_int_equal(j->depth, 0);
        assert_int_equal(fclose(j->out), 0);
        assert_string_equal(text, want);
        free(text);
}

static void
json_puts_commas_where_they_belong(void **state)
{
        struct json j = begin();

        (void)state;
        json_open(&j, NULL, '{');
        json_u64(&j, "a", 0);
        json_open(&j, "b", '[');
        json_close(&j, ']');
        json_open(&j, "c", '[');
        json_bool(&j, NULL, true);
        json_bool(&j, NULL, false);
        json_null(&j, NULL);
        json_open(&j, NULL, '{');
        json_close(&j, '}');
        json_close(&j, ']');
        json_string(&j, "d", NULL);
        json_close(&j, '}');
        expect(&j, "{\"a\":0,\"b\":[],\"c\":[true,false,null,{}],\"d\":null}\n");
}

static void
json_writes_numbers_whole(void **state)
{
        struct json j = begin();

        (void)state;
        json_open(&j, NULL, '[');
        json_u64(&j, NULL, UINT64_MAX);
        json_i64(&j, NULL, INT64_MIN);
        json_percent(&j, NULL, 0);
        json_percent(&j, NULL, 5);
        json_percent(&j, NULL, 1200);
        json_percent(&j, NULL, 1230);
        json_percent(&j, NULL, 1234);
        json_percent(&j, NULL, 10000);
        json_close(&j, ']');
        expect(&j, "[18446744073709551615,-9223372036854775808,0,0.05,12,12.3,12.34,100]\n");
}

static void
json_writes_one_document_after_the_other(void **state)
{
        struct json j = begin();

        (void)state;
        for (int i = 0; i < 2; i++) {
                json_open(&j, NULL, '{');
                json_u64(&j, "i", (uint64_t)i);
                json_close(&j, '}');
        }
        expect(&j, "{\"i\":0}\n{\"i\":1}\n");
}

static void
json_escapes_what_would_end_a_string_or_steer_a_terminal(void **state)
{
        struct json j = begin();

        (void)state;
        json_open(&j, NULL, '{');
        json_string(&j, "k\"ey", "a\"b\\c\n\t\r\x01\x1b[31m\x7f/");
        json_close(&j, '}');
        expect(&j, "{\"k\\\"ey\":\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u001b[31m\\u007f/\"}\n");
}

static void
json_keeps_valid_utf8_and_replaces_the_rest(void **state)
{
        static const struct {
                const char *raw, *want;
        } cases[] = {
                { "h\xc3\xa9", "h\xc3\xa9" },
                { "\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80" },
                { "\xe0\xa0\x80\xed\x9f\xbf", "\xe0\xa0\x80\xed\x9f\xbf" }, /* the edges */
                { "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
                { "\xc2\x80\xc2\xa0", "\\u0080\xc2\xa0" },
                { "\xf0\x8f\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xc2\x9b", "\\u009b" },                                  /* a C1 control */
                { "\xff", "\xef\xbf\xbd" },                                 /* never a first byte */
                { "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },                 /* overlong */
                { "\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* overlong */
                { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* a surrogate */
                { "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" }, /* torn at the end */
                { "\xf0\x9f", "\xef\xbf\xbd\xef\xbf\xbd" },
                { "\xc3", "\xef\xbf\xbd" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct json j = begin();
                char want[64];

                json_open(&j, NULL, '[');
                json_string(&j, NULL, cases[i].raw);
                json_close(&j, ']');
                (void)snprintf(want, sizeof(want), "[\"%s\"]\n", cases[i].want);
                expect(&j, want);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(json_puts_commas_where_they_belong),
                cmocka_unit_test(json_writes_numbers_whole),
                cmocka_unit_test(json_writes_one_document_after_the_other),
                cmocka_unit_test(json_escapes_what_would_end_a_string_or_steer_a_terminal),
                cmocka_unit_test(json_keeps_valid_utf8_and_replaces_the_rest),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
