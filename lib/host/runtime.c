/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL puts sockets and shared files below ROOT/dpdk/PREFIX and never removes the folder. Where it cannot write, it goes on half
 * of the time and dies without a word the other half; we say so before it starts.
 */
#include "host/runtime.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
pln_runtime_root(const char *runtime_directory, const char *xdg_runtime_dir, unsigned int uid)
{
	if (runtime_directory != NULL)
		return runtime_directory;
	if (uid == 0)
		return "/var/run";
	return xdg_runtime_dir != NULL ? xdg_runtime_dir : "/tmp";
}

int
pln_runtime_check(struct pln_runtime *runtime, const char *root, struct pln_error *error)
{
	char path[sizeof(runtime->root) + 8];
	const char *folder = path;

	if (strlen(root) >= sizeof(runtime->root))
		return pln_error_set(error, -EACCES, "The runtime folder's name is too long: %s.",
		                     root);
	snprintf(runtime->root, sizeof(runtime->root), "%s", root);
	snprintf(path, sizeof(path), "%s/dpdk", root);
	runtime->had_dpdk = access(path, F_OK) == 0;
	if (!runtime->had_dpdk)
		folder = root;
	if (access(folder, W_OK | X_OK) == 0)
		return 0;
	return pln_error_set(
		error, -EACCES,
		"EAL cannot write its runtime folder %s: %s. Set RUNTIME_DIRECTORY to a "
		"private folder: export RUNTIME_DIRECTORY=$(mktemp -d)",
		folder, strerror(errno));
}

/* The files EAL makes are plain ones and sockets; folders are not its, and stay. */
static void
empty_folder(int fd)
{
	DIR *folder = fdopendir(fd);
	const struct dirent *entry;

	if (folder == NULL) {
		close(fd);
		return;
	}
	while ((entry = readdir(folder)) != NULL)
		unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
}

void
pln_runtime_remove(const struct pln_runtime *runtime, const char *prefix)
{
	char path[sizeof(runtime->root) + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/dpdk/%s", runtime->root, prefix);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		empty_folder(fd);
	rmdir(path);
	if (runtime->had_dpdk)
		return;
	snprintf(path, sizeof(path), "%s/dpdk", runtime->root);
	rmdir(path);
}
