/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The access log: what a server says of each response goes through a ring to a thread that writes it, as a line in the
 * combined format with the time it took behind it, in microseconds. A ring that is full loses the line and counts it.
 */
#ifndef POLLEN_APP_SERVE_JOURNAL_H
#define POLLEN_APP_SERVE_JOURNAL_H

#include <sched.h>
#include <stdio.h>

#include <pollen/types.h>

PLN_C_BEGIN

struct client;
struct journal;
struct spsc;

#define JOURNAL_REQUEST 256 /* bytes of the request line that are kept, with its NUL */
#define JOURNAL_FIELD   96  /* of Referer and User-Agent each */
#define JOURNAL_LINE    2048

struct journal_entry {
	struct pln_addr peer;
	unsigned int status;
	int64_t wall_s; /* seconds since 1970 */
	uint64_t bytes; /* of content */
	uint64_t took_us;
	char request[JOURNAL_REQUEST];
	char referer[JOURNAL_FIELD]; /* empty: none */
	char agent[JOURNAL_FIELD];
};

/**
 * Open the file, to be written behind what it has.
 *
 * @param path   "-" for standard output
 * @return 0 or a negative errno with a sentence
 */
int journal_create(const char *path, struct journal **out, struct pln_error *error);

/**
 * Start the thread.
 *
 * @param lanes  how many servers
 * @param cpus   where the thread may run, NULL for where this one may
 * @return 0 or a negative errno with a sentence
 */
int journal_start(struct journal *journal, unsigned int lanes, const cpu_set_t *cpus,
                  struct pln_error *error);

/** The ring of server number `i`. */
struct spsc *journal_lane(struct journal *journal, unsigned int i);

/** Write what is there, end the thread if there is one. NULL is allowed. @return 0, or the errno of a write that failed, negative. */
int journal_destroy(struct journal *journal);

/** Log a client's response. The server's thread. */
void journal_note(const struct client *client);

/** A line without its end. @param buf JOURNAL_LINE bytes. @return its length. */
size_t journal_format(const struct journal_entry *entry, char *buf);

PLN_C_END

#endif
