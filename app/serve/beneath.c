/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * openat2(2) with RESOLVE_BENEATH: the kernel itself refuses "..", absolute links and links that leave, with no moment
 * between the look and the opening. Where it is not to be had, each name of the path is opened for itself with O_NOFOLLOW:
 * stricter, since links inside the folder are refused too, and as safe.
 */
#include "serve/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READING (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define TRIES   8 /* EAGAIN: something was renamed meanwhile */

int
beneath_open(int root, const char *path)
{
	const struct open_how how = {
		.flags = READING,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	for (int i = 0; i < TRIES; i++) {
		long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno == ENOSYS || errno == EPERM)
			return beneath_walk(root, path);
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

/* Open the name that ends at `end`, below `dir`, which is closed unless it is the root. */
static int
step(int dir, int root, const char *name, size_t len, bool is_last)
{
	char text[256];
	int fd;
	int error;

	if (len >= sizeof(text)) {
		fd = -1;
		error = ENAMETOOLONG;
	} else {
		memcpy(text, name, len);
		text[len] = '\0';
		fd = strcmp(text, "..") == 0
		             ? -1
		             : openat(dir, text,
		                      is_last ? READING | O_NOFOLLOW
		                              : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		error = strcmp(text, "..") == 0 ? EXDEV : errno;
	}
	if (dir != root)
		(void)close(dir);
	return fd >= 0 ? fd : -error;
}

int
beneath_walk(int root, const char *path)
{
	const char *name = path;
	int dir = root;

	if (path[0] == '/')
		return -EXDEV;
	for (;;) {
		size_t len = strcspn(name, "/");

		dir = step(dir, root, name, len, name[len] == '\0');
		if (dir < 0 || name[len] == '\0')
			return dir;
		name += len + 1;
	}
}
