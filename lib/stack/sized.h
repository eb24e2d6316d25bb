/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Public structs begin with their own size, as the caller's compiler saw it, so that they can grow. A
 * shorter one comes from an older program: what it does not know is zero, which means the default. A
 * longer one comes from a newer program: it is taken when what we do not know is zero.
 */
#ifndef POLLEN_STACK_SIZED_H
#define POLLEN_STACK_SIZED_H

#include "base/decl.h"

PLN_C_BEGIN

/* Copy the caller's struct into `dst`, `len` bytes long. 0 or -EINVAL. */
int pln_sized_take(void *dst, size_t len, const void *src);

/* Fill the caller's struct, whose size field stays, with what fits of `src`. 0 or -EINVAL. */
int pln_sized_give(void *dst, const void *src, size_t len);

PLN_C_END

#endif
