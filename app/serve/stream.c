/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One job at a time, of half the read-ahead at most, so that one is being sent while the next is being read. All clients of a
 * version share its descriptor; each read is followed by a look whether the file still is that version.
 */
#include "serve/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
free_stream(struct stream *s)
{
	for (; s->count > 0; s->count--) {
		chunk_drop(s->chunk[s->first]);
		s->first = (s->first + 1) % STREAM_CHUNKS;
	}
	files_put(s->file);
	free(s);
}

static void
keep_chunk(struct stream *s, struct chunk *chunk, size_t len)
{
	size_t at = (s->first + s->count++) % STREAM_CHUNKS;

	s->chunk[at] = chunk;
	s->len[at] = len;
}

static size_t
chunks_of(size_t len)
{
	return (len + SLAB_CHUNK - 1) / SLAB_CHUNK;
}

static void
on_read(struct reader_job *job)
{
	struct stream *s = job->ctx;

	s->is_busy = false;
	for (size_t i = 0; i < chunks_of(job->len); i++) {
		size_t rest = job->len - i * SLAB_CHUNK;

		if (job->result < 0)
			chunk_drop(job->chunk[i]);
		else
			keep_chunk(s, job->chunk[i], rest < SLAB_CHUNK ? rest : SLAB_CHUNK);
	}
	if (job->result < 0)
		s->error = job->result;
	if (s->is_abandoned)
		free_stream(s);
	else
		s->ready(s->ctx);
}

struct stream *
stream_begin(struct file *file, uint64_t first, uint64_t len, size_t limit)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->file = file;
	s->next = first;
	s->end = first + len;
	s->limit = limit < STREAM_CHUNKS ? limit : STREAM_CHUNKS;
	return s;
}

bool
stream_pump(struct stream *stream)
{
	struct stream *s = stream;
	struct files *files = s->file->files;
	size_t room = s->limit - s->count;
	size_t half = s->limit > 1 ? s->limit / 2 : 1;
	size_t wanted = half < READER_CHUNKS ? half : READER_CHUNKS;
	size_t count = 0;

	if (s->is_busy || s->error != 0 || s->next == s->end || s->count > s->limit - half)
		return true;
	wanted = wanted < room ? wanted : room;
	if (s->end - s->next < (uint64_t)wanted * SLAB_CHUNK)
		wanted = chunks_of((size_t)(s->end - s->next));
	s->job = (struct reader_job){
		.verb = READER_READ,
		.fd = s->file->fd,
		.id = s->file->id,
		.offset = s->next,
		.done = on_read,
		.ctx = s,
	};
	(void)files_make_room(files, wanted);
	while (count < wanted && (s->job.chunk[count] = slab_get(&files->slab)) != NULL)
		count++;
	if (count == 0)
		return false;
	s->job.len = count * SLAB_CHUNK;
	if (s->end - s->next < s->job.len)
		s->job.len = (size_t)(s->end - s->next);
	s->next += s->job.len;
	s->is_busy = true;
	reader_put(files->reader, &s->job);
	return true;
}

const struct chunk *
stream_peek(const struct stream *stream, size_t *len)
{
	if (stream->count == 0)
		return NULL;
	*len = stream->len[stream->first];
	return stream->chunk[stream->first];
}

struct chunk *
stream_take(struct stream *stream)
{
	struct chunk *chunk = stream->chunk[stream->first];

	stream->first = (stream->first + 1) % STREAM_CHUNKS;
	stream->count--;
	return chunk;
}

void
stream_end(struct stream *stream)
{
	if (stream == NULL)
		return;
	if (stream->is_busy)
		stream->is_abandoned = true;
	else
		free_stream(stream);
}
