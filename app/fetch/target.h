/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a body goes. A file is written as NAME.part and gets its name when it is complete, so that under the final name there
 * is never less than all; what an interrupted fetch leaves is for -C -. A part that is written in several places at once has a
 * file NAME.part.split beside it, which says up to where it is whole: nothing behind that is ever taken for the file's.
 */
#ifndef POLLEN_APP_FETCH_TARGET_H
#define POLLEN_APP_FETCH_TARGET_H

#include <pollen/types.h>

PLN_C_BEGIN

struct target {
	char *name;      /* final path, NULL for standard output */
	char *part;      /* path while it is written */
	char *mark;      /* path of what says that the part has holes */
	char *found;     /* the file that -C - goes on with: part, or name */
	int fd;          /* -1: not open */
	uint64_t offset; /* bytes that are there already and are kept */
	bool create_dirs;
	bool is_special; /* a device or pipe: written to as it is */
};

/**
 * Name it; nothing is touched.
 *
 * @param dir   folder that a relative name is put in, NULL for none
 * @param name  "-" for standard output
 * @return CODE_OK or CODE_MEMORY with a sentence
 */
int target_init(struct target *target, const char *dir, const char *name, struct pln_error *error);

/** Can it be written at all? Is it a folder? Asked before anything is fetched. @return CODE_OK or CODE_WRITE. */
int target_check(const struct target *target, struct pln_error *error);

/** Look for what an earlier fetch left: sets found and offset. */
void target_find_part(struct target *target);

/**
 * Open it for writing at `offset`: what is behind is cut off.
 *
 * @return CODE_OK, CODE_WRITE, CODE_RESUME with a sentence
 */
int target_open(struct target *target, uint64_t offset, struct pln_error *error);

/**
 * It is complete: give it its name.
 *
 * @param mtime  seconds since 1970, -1: leave it
 * @return CODE_OK or CODE_WRITE with a sentence
 */
int target_commit(struct target *target, int64_t mtime, struct pln_error *error);

/**
 * It is about to be written in several places, and whole up to `bytes`: say so beside it. Again when more is.
 *
 * @return CODE_OK or CODE_WRITE with a sentence
 */
int target_mark(struct target *target, uint64_t bytes, struct pln_error *error);

/** Nobody writes any more: cut it off at `bytes`, up to where it is whole. @return CODE_OK or CODE_WRITE with a sentence. */
int target_unmark(struct target *target, uint64_t bytes, struct pln_error *error);

/** It is not complete: keep the part if it holds anything. @return the bytes it holds. */
uint64_t target_keep(struct target *target);

void target_free(struct target *target);

/**
 * The file name in a Content-Disposition header (RFC 6266), made harmless: the last part of any path, no control characters,
 * not hidden, not empty.
 *
 * @return to be freed; NULL when the header names none
 */
char *target_name_from_disposition(const char *value);

PLN_C_END

#endif
