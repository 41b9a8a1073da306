/* SPDX-License-Identifier: MIT */
/*
 * Requests that come over the feed, answered on the errand thread.  Anybody may ask how things
 * stand; only root, or whoever runs the guard, may command.
 */
#ifndef OOMGUARD_SERVE_H
#define OOMGUARD_SERVE_H

#include "errand.h"

/* A feed_request_fn; `arg` is the struct errand. */
void
serve_request(void *arg, unsigned client, const struct wire_request *req);

#endif
