/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies public structs between a program and a library of different ages. Decides what size is
 * believed: at least the size field and something behind it, and nothing that would make us read or
 * write beyond what the caller has.
 */
#include "stack/sized.h"

#define SIZE_MIN_BYTES (sizeof(size_t) + 1)

static bool
is_zero(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] != 0)
			return false;
	}
	return true;
}

int
pln_sized_take(void *dst, size_t len, const void *src)
{
	size_t size;

	if (src == NULL)
		return -EINVAL;
	memcpy(&size, src, sizeof(size));
	if (size < SIZE_MIN_BYTES)
		return -EINVAL;
	if (size > len && !is_zero((const uint8_t *)src + len, size - len))
		return -EINVAL;
	memset(dst, 0, len);
	memcpy(dst, src, size < len ? size : len);
	memcpy(dst, &len, sizeof(len)); /* from here on it is ours, and whole */
	return 0;
}

int
pln_sized_give(void *dst, const void *src, size_t len)
{
	size_t size;

	if (dst == NULL)
		return -EINVAL;
	memcpy(&size, dst, sizeof(size));
	if (size < SIZE_MIN_BYTES)
		return -EINVAL;
	if (size > len)
		memset((uint8_t *)dst + len, 0, size - len);
	memcpy(dst, src, size < len ? size : len);
	memcpy(dst, &size, sizeof(size));
	return 0;
}
