/* SPDX-License-Identifier: BSD-3-Clause */
/* What a file is, by the end of its name. */
#ifndef POLLEN_APP_SERVE_MIME_H
#define POLLEN_APP_SERVE_MIME_H

#include <pollen/types.h>

PLN_C_BEGIN

/** The value of Content-Type; "application/octet-stream" for what is not known. */
const char *mime_type(const char *path);

PLN_C_END

#endif
