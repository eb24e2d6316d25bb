/* SPDX-License-Identifier: BSD-3-Clause */
/* A request's target as the path of a file, and a path as a target. */
#ifndef POLLEN_APP_SERVE_URIPATH_H
#define POLLEN_APP_SERVE_URIPATH_H

#include <pollen/types.h>

PLN_C_BEGIN

#define URIPATH_MAX 4096 /* bytes of a path with its NUL */

/**
 * Take a target in origin-form or absolute-form (RFC 9112 §3.2) apart.
 *
 * @param out    URIPATH_MAX bytes: the path below the root, without the first slash, percent-decoded, without dot segments;
 *               empty for the root itself, a slash at the end where the target has one
 * @param query  into target: from its "?" on, or its end
 * @return 0; 400 (malformed, a NUL, above the root); 404 (longer than any file's path)
 */
unsigned int uripath_parse(const char *target, char *out, const char **query);

/** "/" and the path, percent-encoded; cut to what fits. @return its length, as snprintf would. */
size_t uripath_encode(const char *path, char *buf, size_t room);

PLN_C_END

#endif
