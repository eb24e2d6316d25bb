/* SPDX-License-Identifier: BSD-3-Clause */
/* Opens files below a folder and nowhere else, whatever their paths and symbolic links say. */
#ifndef POLLEN_APP_SERVE_BENEATH_H
#define POLLEN_APP_SERVE_BENEATH_H

#include <pollen/types.h>

PLN_C_BEGIN

/**
 * Open a file for reading, without waiting for the other end of a pipe.
 *
 * @param root  a folder's descriptor
 * @param path  relative, not empty
 * @return a descriptor; -EXDEV (it leads out of the folder); -ENOENT, -ENOTDIR, -EACCES, …
 */
int beneath_open(int root, const char *path);

/** The same for kernels before 5.6 and sandboxes that refuse openat2(2): no symbolic link is followed, -ELOOP. */
int beneath_walk(int root, const char *path);

PLN_C_END

#endif
