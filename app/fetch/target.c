/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files on disk: NAME.part while it grows, locked against a second fetch of the same, renamed when complete. With -C - the
 * part of an earlier fetch is continued; failing that, a file of the final name (another program may have left it short): it
 * becomes the part once the server has agreed to send the rest.
 */
#include "fetch/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fault.h"
#include "fetch/code.h"
#include "fetch/text.h"

#define MARK_WORD "whole"

/* A symbolic link stays one: what it points to is replaced. */
static void
resolve_link(struct text *path)
{
	struct stat st;
	char *real;

	if (path->failed || lstat(path->data, &st) != 0 || !S_ISLNK(st.st_mode))
		return;
	real = realpath(path->data, NULL);
	if (real == NULL)
		return;
	text_clear(path);
	text_puts(path, real);
	free(real);
}

int
target_init(struct target *target, const char *dir, const char *name, struct pln_error *error)
{
	struct text path = { 0 };
	struct text part = { 0 };
	struct text mark = { 0 };
	struct stat st;

	memset(target, 0, sizeof(*target));
	target->fd = -1;
	if (strcmp(name, "-") == 0)
		return CODE_OK;
	if (dir != NULL && name[0] != '/')
		text_printf(&path, "%s/", dir);
	text_puts(&path, name);
	resolve_link(&path);
	text_printf(&part, "%s.part", text_get(&path));
	text_printf(&mark, "%s.split", text_get(&part));
	if (path.failed || part.failed || mark.failed) {
		text_free(&path);
		text_free(&part);
		text_free(&mark);
		return fault_set(error, CODE_MEMORY, "out of memory.");
	}
	target->name = path.data;
	target->part = part.data;
	target->mark = mark.data;
	target->is_special =
		stat(path.data, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
	return CODE_OK;
}

static int
fail_write(struct pln_error *error, const char *path, int number)
{
	const char *hint = "";

	if (number == ENOENT)
		hint = " --create-dirs makes missing folders.";
	else if (number == ENOSPC || number == EDQUOT)
		hint = " Make room and run it again with -C - to go on.";
	return fault_set(error, CODE_WRITE, "%s cannot be written: %s.%s", path, strerror(number),
	                 hint);
}

/* The folder that holds the target. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int
target_check(const struct target *target, struct pln_error *error)
{
	struct stat st;
	char *folder;
	int ret = CODE_OK;

	if (target->name == NULL || target->is_special)
		return CODE_OK;
	if (stat(target->name, &st) == 0 && S_ISDIR(st.st_mode))
		return fault_set(error, CODE_WRITE,
		                 "%s is a folder: give a file's name with -o, or the folder with "
		                 "--output-dir.",
		                 target->name);
	folder = folder_of(target->name);
	if (folder == NULL)
		return fault_set(error, CODE_MEMORY, "out of memory.");
	if (access(folder, W_OK | X_OK) != 0 && !(errno == ENOENT && target->create_dirs))
		ret = fail_write(error, target->name, errno);
	free(folder);
	return ret;
}

static int
make_dirs(const char *path, struct pln_error *error)
{
	char *copy = strdup(path);
	int ret = CODE_OK;

	if (copy == NULL)
		return fault_set(error, CODE_MEMORY, "out of memory.");
	for (char *slash = strchr(copy + 1, '/'); slash != NULL && ret == CODE_OK;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0777) != 0 && errno != EEXIST)
			ret = fail_write(error, copy, errno);
		*slash = '/';
	}
	free(copy);
	return ret;
}

/* Up to where a part with holes is whole; UINT64_MAX: it has none. */
static uint64_t
read_mark(const struct target *target)
{
	FILE *file = fopen(target->mark, "re");
	char line[64] = "";
	uint64_t bytes = 0;

	if (file == NULL)
		return UINT64_MAX;
	if (fgets(line, sizeof(line), file) != NULL &&
	    strncmp(line, MARK_WORD " ", sizeof(MARK_WORD)) == 0)
		bytes = strtoull(line + sizeof(MARK_WORD), NULL, 10);
	(void)fclose(file);
	return bytes;
}

int
target_mark(struct target *target, uint64_t bytes, struct pln_error *error)
{
	int fd = open(target->mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	char line[64];
	int len = snprintf(line, sizeof(line), MARK_WORD " %020llu\n", (unsigned long long)bytes);
	ssize_t n;

	if (fd < 0)
		return fail_write(error, target->mark, errno);
	/* One write of always the same length: who reads it finds the old or the new. */
	n = pwrite(fd, line, (size_t)len, 0);
	if (n != len) {
		(void)close(fd);
		return fail_write(error, target->mark, n < 0 ? errno : ENOSPC);
	}
	(void)close(fd);
	return CODE_OK;
}

int
target_unmark(struct target *target, uint64_t bytes, struct pln_error *error)
{
	if (ftruncate(target->fd, (off_t)bytes) != 0)
		return fail_write(error, target->part, errno);
	(void)unlink(target->mark);
	return CODE_OK;
}

void
target_find_part(struct target *target)
{
	char *candidates[] = { target->part, target->name };
	struct stat st;

	for (int i = 0; i < 2 && target->name != NULL && !target->is_special; i++) {
		if (stat(candidates[i], &st) == 0 && S_ISREG(st.st_mode)) {
			target->found = candidates[i];
			target->offset = (uint64_t)st.st_size;
			if (i == 0 && read_mark(target) < target->offset)
				target->offset = read_mark(target);
			return;
		}
	}
}

static int
open_part(struct target *target, struct pln_error *error)
{
	int fd = open(target->part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);

	if (fd < 0)
		return fail_write(error, target->part, errno);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		(void)close(fd);
		return fault_set(error, CODE_WRITE,
		                 "%s is being written by another program, or for another URL.",
		                 target->part);
	}
	target->fd = fd;
	return CODE_OK;
}

static int
open_special(struct target *target, struct pln_error *error)
{
	target->fd = open(target->name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return target->fd < 0 ? fail_write(error, target->name, errno) : CODE_OK;
}

int
target_open(struct target *target, uint64_t offset, struct pln_error *error)
{
	int ret;

	if (target->name == NULL) {
		target->fd = STDOUT_FILENO;
		return CODE_OK;
	}
	if (target->is_special)
		return open_special(target, error);
	ret = target->create_dirs ? make_dirs(target->name, error) : CODE_OK;
	if (ret == CODE_OK)
		ret = target_check(target, error);
	if (ret != CODE_OK)
		return ret;
	if (offset > 0 && target->found == target->name && rename(target->name, target->part) != 0)
		return fail_write(error, target->part, errno);
	ret = open_part(target, error);
	if (ret != CODE_OK)
		return ret;
	if (ftruncate(target->fd, (off_t)offset) != 0 ||
	    lseek(target->fd, (off_t)offset, SEEK_SET) < 0)
		ret = fail_write(error, target->part, errno);
	else
		(void)unlink(target->mark);
	target->offset = offset;
	return ret;
}

static int
close_file(struct target *target)
{
	int fd = target->fd;

	target->fd = -1;
	return target->name != NULL && fd >= 0 ? close(fd) : 0;
}

int
target_commit(struct target *target, int64_t mtime, struct pln_error *error)
{
	if (target->name == NULL) {
		target->fd = -1;
		return CODE_OK;
	}
	if (mtime >= 0 && target->fd >= 0) {
		const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = mtime } };

		(void)futimens(target->fd, times);
	}
	/* A full disk may be told of only here. */
	if (close_file(target) != 0)
		return fail_write(error, target->is_special ? target->name : target->part, errno);
	if (!target->is_special && rename(target->part, target->name) != 0)
		return fail_write(error, target->name, errno);
	return CODE_OK;
}

uint64_t
target_keep(struct target *target)
{
	struct stat st = { 0 };

	if (target->name == NULL || target->is_special || target->fd < 0) {
		(void)close_file(target);
		return 0;
	}
	(void)fstat(target->fd, &st);
	(void)close_file(target);
	if (st.st_size == 0)
		(void)unlink(target->part);
	return (uint64_t)st.st_size;
}

void
target_free(struct target *target)
{
	(void)close_file(target);
	free(target->name);
	free(target->part);
	free(target->mark);
	memset(target, 0, sizeof(*target));
	target->fd = -1;
}
