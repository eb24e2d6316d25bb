/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hash table, a list by last use, and for each file a chain of reader's jobs: open, read piece by piece, ready; later open
 * again, to see whether it still is the same. What changes while it is read is begun anew, three times. What is larger than
 * a quarter of the cache, or finds no room because all of it is being sent, is not kept but streamed by each client.
 */
#include "serve/files.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define TRIES 3

static void on_opened(struct reader_job *job);

/* ------------------------------------------------------------------------------------------------ the table */

/* FNV-1a from a basis that nobody outside knows. */
static uint64_t
hash_of(const struct files *files, const char *path)
{
	uint64_t hash = files->basis;

	for (const char *c = path; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 32;
}

static struct file *
find(const struct files *files, const char *path, uint64_t hash)
{
	struct file *file = files->buckets[hash & files->mask];

	while (file != NULL && (file->hash != hash || strcmp(file->path, path) != 0))
		file = file->chain;
	return file;
}

static void
list_newest(struct file *file)
{
	struct files *files = file->files;

	file->newer = NULL;
	file->older = files->newest;
	*(files->newest != NULL ? &files->newest->newer : &files->oldest) = file;
	files->newest = file;
}

static void
unlist(struct file *file)
{
	struct files *files = file->files;

	*(file->older != NULL ? &file->older->newer : &files->oldest) = file->newer;
	*(file->newer != NULL ? &file->newer->older : &files->newest) = file->older;
}

static void
drop_chunks(struct file *file)
{
	for (size_t i = 0; i < file->chunk_count; i++)
		if (file->chunks[i] != NULL)
			chunk_drop(file->chunks[i]);
	free(file->chunks);
	file->chunks = NULL;
	file->chunk_count = 0;
	file->loaded = 0;
}

static void
free_file(struct file *file)
{
	drop_chunks(file);
	if (file->fd >= 0)
		(void)close(file->fd);
	file->files->count--;
	free(file);
}

static void
on_closed(struct reader_job *job)
{
	struct file *file = job->ctx;

	file->fd = -1;
	free_file(file);
}

/* Nobody can find it; when nobody uses it either, it goes. */
static void
release(struct file *file)
{
	if (file->is_linked || file->users > 0 || file->is_busy)
		return;
	if (file->fd < 0) {
		free_file(file);
		return;
	}
	file->job = (struct reader_job){
		.verb = READER_CLOSE,
		.fd = file->fd,
		.done = on_closed,
		.ctx = file,
	};
	file->is_busy = true;
	reader_put(file->files->reader, &file->job);
}

static void
unlink_file(struct file *file)
{
	struct file **at = &file->files->buckets[file->hash & file->files->mask];

	while (*at != file)
		at = &(*at)->chain;
	*at = file->chain;
	unlist(file);
	file->is_linked = false;
}

bool
files_make_room(struct files *files, size_t chunks)
{
	struct file *file = files->oldest;

	while (file != NULL && files->slab.free_count < chunks) {
		struct file *newer = file->newer;

		if (file->state == FILE_READY && file->users == 0 && !file->is_busy) {
			files->evicted++;
			unlink_file(file);
			release(file);
		}
		file = newer;
	}
	return files->slab.free_count >= chunks;
}

static bool
has_room_for_one(struct files *files)
{
	if (files->count < files->max)
		return true;
	for (struct file *file = files->oldest; file != NULL; file = file->newer) {
		if (file->state != FILE_READY || file->users > 0 || file->is_busy || file->fd >= 0)
			continue;
		files->evicted++;
		unlink_file(file);
		release(file);
		return true;
	}
	return false;
}

static struct file *
new_file(struct files *files, const char *path)
{
	size_t len = strlen(path);
	struct file *file;

	if (!has_room_for_one(files))
		return NULL;
	file = calloc(1, sizeof(*file) + len + 1);
	if (file == NULL)
		return NULL;
	memcpy(file->path, path, len + 1);
	file->files = files;
	file->fd = -1;
	file->hash = hash_of(files, path);
	file->chain = files->buckets[file->hash & files->mask];
	files->buckets[file->hash & files->mask] = file;
	file->is_linked = true;
	list_newest(file);
	files->count++;
	return file;
}

/* ------------------------------------------------------------------------------------------------ answers */

/* All who wait get the file, or the error. */
static void
answer(struct file *file, int error)
{
	struct file_want *want = file->wants;

	file->wants = NULL;
	file->users++; /* ours: nobody's ready() frees it */
	while (want != NULL) {
		struct file_want *next = want->next;

		want->on = NULL;
		want->error = error;
		want->file = error == 0 ? file : NULL;
		file->users += error == 0;
		want->ready(want);
		want = next;
	}
	files_put(file);
}

static void
give_up(struct file *file, int error)
{
	unlink_file(file);
	answer(file, error);
}

static void
ready(struct file *file)
{
	file->state = FILE_READY;
	file->checked_ns = file->files->now;
	answer(file, 0);
}

/* ------------------------------------------------------------------------------------------------ jobs */

static void
put_job(struct file *file)
{
	file->is_busy = true;
	file->job.ctx = file;
	reader_put(file->files->reader, &file->job);
}

static void
open_file(struct file *file)
{
	file->job = (struct reader_job){
		.verb = READER_OPEN,
		.fd = -1,
		.path = file->path,
		.done = on_opened,
	};
	if (file->state == FILE_READY)
		file->job.known = file->id;
	put_job(file);
}

static void on_read(struct reader_job *job);

static void
read_next(struct file *file)
{
	size_t left = file->chunk_count - file->loaded;
	size_t count = left < READER_CHUNKS ? left : READER_CHUNKS;
	uint64_t offset = (uint64_t)file->loaded * SLAB_CHUNK;
	uint64_t rest = file->id.size - offset;

	file->job = (struct reader_job){
		.verb = READER_READ,
		.fd = file->fd,
		.id = file->id,
		.closes = count == left,
		.closes_failed = true,
		.offset = offset,
		.len = rest < count * SLAB_CHUNK ? (size_t)rest : count * SLAB_CHUNK,
		.done = on_read,
	};
	memcpy(file->job.chunk, file->chunks + file->loaded, count * sizeof(struct chunk *));
	put_job(file);
}

static void
on_read(struct reader_job *job)
{
	struct file *file = job->ctx;

	file->is_busy = false;
	file->fd = job->fd;
	if (job->result == -ESTALE && ++file->tries < TRIES) {
		drop_chunks(file);
		file->state = FILE_OPENING;
		open_file(file);
	} else if (job->result < 0) {
		drop_chunks(file);
		give_up(file, job->result == -ESTALE ? -EBUSY : job->result);
	} else {
		file->loaded += (job->len + SLAB_CHUNK - 1) / SLAB_CHUNK;
		if (file->loaded == file->chunk_count)
			ready(file);
		else
			read_next(file);
	}
}

/* Chunks for all of it. @return false: it cannot be kept in memory now. */
static bool
take_chunks(struct file *file)
{
	struct files *files = file->files;
	size_t count = (size_t)((file->id.size + SLAB_CHUNK - 1) / SLAB_CHUNK);

	if (file->id.size > files->largest || !files_make_room(files, count))
		return false;
	file->chunks = calloc(count + 1, sizeof(struct chunk *));
	if (file->chunks == NULL)
		return false;
	file->chunk_count = count;
	for (size_t i = 0; i < count; i++)
		file->chunks[i] = slab_get(&files->slab);
	return true;
}

/* It is open: into memory with it, or let each client stream it. */
static void
load(struct file *file, const struct reader_job *job)
{
	file->id = job->id;
	file->fd = job->fd;
	if (take_chunks(file)) {
		file->state = FILE_LOADING;
		read_next(file);
	} else {
		file->is_streamed = true;
		ready(file);
	}
}

/* Another version is on disk now: who waits, waits for that. The old one stays with those who send it. */
static void
replace(struct file *old, const struct reader_job *job)
{
	struct reader_job opened = *job;
	struct file *file;

	unlink_file(old);
	file = new_file(old->files, old->path);
	if (file == NULL) {
		(void)close(opened.fd);
		answer(old, -ENFILE);
		return;
	}
	file->wants = old->wants;
	old->wants = NULL;
	for (struct file_want *want = file->wants; want != NULL; want = want->next)
		want->on = file;
	release(old);
	load(file, &opened);
}

static void
on_opened(struct reader_job *job)
{
	struct file *file = job->ctx;

	file->is_busy = false;
	if (job->result < 0)
		give_up(file, job->result);
	else if (file->state == FILE_OPENING)
		load(file, job);
	else if (job->fd < 0)
		ready(file);
	else
		replace(file, job);
}

/* ------------------------------------------------------------------------------------------------ the outside */

int
files_init(struct files *files, const struct files_config *config)
{
	size_t buckets = 1;
	int ret;

	memset(files, 0, sizeof(*files));
	ret = slab_init(&files->slab, config->cache, config->cache_bytes);
	if (ret < 0)
		return ret;
	files->max = files->slab.count + config->max_clients;
	files->largest = (uint64_t)files->slab.count * SLAB_CHUNK / 4;
	files->fresh_ns = config->fresh_ns;
	(void)getrandom(&files->basis, sizeof(files->basis), GRND_NONBLOCK);
	while (buckets < files->max)
		buckets *= 2;
	files->mask = buckets - 1;
	files->buckets = calloc(buckets, sizeof(struct file *));
	if (files->buckets == NULL) {
		files_free(files);
		return -ENOMEM;
	}
	/* At most one job of each file, and one of each client's stream. */
	ret = reader_create(&(struct reader_config){ .root = config->root,
	                                             .jobs = files->max + config->max_clients,
	                                             .threaded = config->threaded,
	                                             .cpus = config->cpus },
	                    &files->reader);
	if (ret < 0)
		files_free(files);
	return ret;
}

void
files_free(struct files *files)
{
	if (files->reader != NULL) {
		reader_stop(files->reader);
		while (reader_pending(files->reader) > 0)
			(void)reader_collect(files->reader);
	}
	for (struct file *file = files->oldest, *newer; file != NULL; file = newer) {
		newer = file->newer;
		assert(!file->is_busy && file->users == 0);
		free_file(file);
	}
	reader_destroy(files->reader);
	free(files->buckets);
	slab_free(&files->slab);
	memset(files, 0, sizeof(*files));
}

int
files_get(struct files *files, const char *path, struct file_want *want)
{
	struct file *file = find(files, path, hash_of(files, path));

	if (file != NULL && file->state == FILE_READY &&
	    files->now - file->checked_ns < files->fresh_ns) {
		files->hits++;
		unlist(file);
		list_newest(file);
		file->users++;
		want->file = file;
		want->error = 0;
		return 1;
	}
	files->misses++;
	if (file == NULL) {
		file = new_file(files, path);
		if (file == NULL)
			return -ENFILE;
		open_file(file);
	} else if (file->state == FILE_READY && !file->is_busy) {
		unlist(file);
		list_newest(file);
		open_file(file);
	}
	want->next = file->wants;
	want->on = file;
	want->file = NULL;
	file->wants = want;
	return 0;
}

void
files_cancel(struct file_want *want)
{
	struct file_want **at;

	if (want->on == NULL)
		return;
	at = &want->on->wants;
	while (*at != want)
		at = &(*at)->next;
	*at = want->next;
	want->on = NULL;
}

void
files_put(struct file *file)
{
	assert(file->users > 0);
	file->users--;
	/* A descriptor is not kept for nobody. */
	if (file->users == 0 && file->is_streamed && file->is_linked && !file->is_busy)
		unlink_file(file);
	release(file);
}
