/* SPDX-License-Identifier: MIT */
/*
 * Traces: one line of plain numbers a look, the sample and the verdict on it, so that a recorded
 * hour can be judged again.  A trace begins with TRACE_MAGIC and the policy in the configuration's
 * own syntax; the same stands again where the policy was reloaded.  Samples are the lines that
 * begin with `s `; what was said stands between them behind `# `.
 */
#ifndef OOMGUARD_TRACE_H
#define OOMGUARD_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "decide.h"
#include "record.h"

#define TRACE_MAGIC "oomguard trace 1"
enum { TRACE_LINE_MAX = 640 };

/* What a line says was the verdict. */
struct trace_verdict {
        enum level level, act;
        enum reason reason;
};

/* The head: magic and policy. */
void
trace_begin(FILE *out, const struct policy *p);

/* The line for a look, with its newline; its length. */
size_t
trace_format(const struct sample *s, const struct verdict *v, char *ret, size_t size);

/* One line, without its newline.  0, or -EINVAL with both untouched. */
int
trace_parse(const char *line, size_t len, struct sample *ret, struct trace_verdict *ret_v);

#endif
