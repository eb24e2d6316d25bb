/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The thread looks into each ring every few milliseconds; nobody wakes it, so a line costs its server a copy and no system
 * call. What a client said is printed with \xHH in place of quotes, backslashes and what is not printable: a line is a line
 * whatever was asked for.
 */
#include "serve/journal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/fault.h"
#include "common/spsc.h"
#include "serve/client.h"

#define SLOTS   4096 /* lines that may wait */
#define REST_NS (5 * PLN_NS_PER_MS)

struct journal {
	FILE *file;
	pthread_t thread;
	atomic_bool is_over;
	int error; /* of the first write that failed */
	bool is_running;
	unsigned int lanes;
	struct spsc **lane;
};

/* ------------------------------------------------------------------------------------------------ a line */

static size_t
put_escaped(const char *text, char *buf)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = 0;

	if (*text == '\0')
		text = "-";
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			buf[len++] = *text;
			continue;
		}
		buf[len++] = '\\';
		buf[len++] = 'x';
		buf[len++] = hex[c >> 4];
		buf[len++] = hex[c & 15];
	}
	buf[len] = '\0';
	return len;
}

size_t
journal_format(const struct journal_entry *entry, char *buf)
{
	char request[4 * JOURNAL_REQUEST];
	char referer[4 * JOURNAL_FIELD];
	char agent[4 * JOURNAL_FIELD];
	char peer[PLN_ADDR_TEXT_LEN];
	char date[40] = "-";
	time_t when = (time_t)entry->wall_s;
	struct tm tm;
	int n;

	(void)put_escaped(entry->request, request);
	(void)put_escaped(entry->referer, referer);
	(void)put_escaped(entry->agent, agent);
	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(date, sizeof(date), "%d/%b/%Y:%H:%M:%S +0000", &tm);
	n = snprintf(buf, JOURNAL_LINE, "%s - - [%s] \"%s\" %u %llu \"%s\" \"%s\" %llu",
	             pln_addr_format(&entry->peer, peer), date, request, entry->status,
	             (unsigned long long)entry->bytes, referer, agent,
	             (unsigned long long)entry->took_us);
	return n > 0 ? (size_t)n : 0;
}

static void
copy_field(const struct client *client, const char *name, char *out)
{
	const char *value = head_field(&client->head, name, NULL);

	(void)snprintf(out, JOURNAL_FIELD, "%s", value != NULL ? value : "");
}

void
journal_note(const struct client *client)
{
	struct server *server = client->server;
	const struct head *head = &client->head;
	struct journal_entry entry = {
		.peer = client->peer,
		.status = client->status,
		.wall_s = server->wall_s,
		.bytes = client->sent,
		.took_us = (server->now - client->began_ns) / PLN_NS_PER_US,
	};

	if (server->config.log == NULL)
		return;
	if (head->fields != 0)
		(void)snprintf(entry.request, sizeof(entry.request), "%.*s %.*s HTTP/%u.%u",
		               (int)head_method_len(head), head->method, JOURNAL_REQUEST - 40,
		               head_target(head), head->parser.http_major % 10U,
		               head->parser.http_minor % 10U);
	copy_field(client, "Referer", entry.referer);
	copy_field(client, "User-Agent", entry.agent);
	if (!spsc_put(server->config.log, &entry))
		server_add(&server->stats.log_lost, 1);
}

/* ------------------------------------------------------------------------------------------------ the thread */

static void
write_line(struct journal *journal, const struct journal_entry *entry)
{
	char line[JOURNAL_LINE];

	(void)journal_format(entry, line);
	if (fprintf(journal->file, "%s\n", line) < 0 && journal->error == 0)
		journal->error = errno;
}

static unsigned int
write_waiting(struct journal *journal)
{
	struct journal_entry entry;
	unsigned int count = 0;

	for (unsigned int i = 0; i < journal->lanes; i++) {
		for (unsigned int n = 0; n < SLOTS && spsc_take(journal->lane[i], &entry); n++) {
			write_line(journal, &entry);
			count++;
		}
	}
	return count;
}

static void *
work(void *arg)
{
	struct journal *journal = arg;
	bool is_over;

	do {
		is_over = atomic_load(&journal->is_over);
		if (write_waiting(journal) > 0) {
			if (fflush(journal->file) != 0 && journal->error == 0)
				journal->error = errno;
		} else if (!is_over) {
			(void)nanosleep(&(struct timespec){ .tv_nsec = (long)REST_NS }, NULL);
		}
	} while (!is_over);
	return NULL;
}

int
journal_create(const char *path, struct journal **out, struct pln_error *error)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL)
		return fault_set(error, -ENOMEM, "out of memory.");
	journal->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "ae");
	if (journal->file == NULL) {
		free(journal);
		return fault_set(error, -errno, "--access-log %s: %s.", path, strerror(errno));
	}
	*out = journal;
	return 0;
}

static int
make_lanes(struct journal *journal, unsigned int lanes)
{
	journal->lane = calloc(lanes, sizeof(struct spsc *));
	if (journal->lane == NULL)
		return -ENOMEM;
	for (journal->lanes = 0; journal->lanes < lanes; journal->lanes++) {
		journal->lane[journal->lanes] = spsc_create(SLOTS, sizeof(struct journal_entry));
		if (journal->lane[journal->lanes] == NULL)
			return -ENOMEM;
	}
	return 0;
}

int
journal_start(struct journal *journal, unsigned int lanes, const cpu_set_t *cpus,
              struct pln_error *error)
{
	pthread_attr_t attr;

	if (make_lanes(journal, lanes) < 0)
		return fault_set(error, -ENOMEM, "out of memory.");
	(void)pthread_attr_init(&attr);
	if (cpus != NULL)
		(void)pthread_attr_setaffinity_np(&attr, sizeof(*cpus), cpus);
	journal->is_running = pthread_create(&journal->thread, &attr, work, journal) == 0;
	(void)pthread_attr_destroy(&attr);
	if (!journal->is_running)
		return fault_set(error, -EAGAIN, "a thread could not be started.");
	return 0;
}

struct spsc *
journal_lane(struct journal *journal, unsigned int i)
{
	return journal->lane[i];
}

int
journal_destroy(struct journal *journal)
{
	int error;

	if (journal == NULL)
		return 0;
	atomic_store(&journal->is_over, true);
	if (journal->is_running)
		(void)pthread_join(journal->thread, NULL);
	for (unsigned int i = 0; i < journal->lanes; i++)
		spsc_destroy(journal->lane[i]);
	free(journal->lane);
	if (journal->file != stdout && fclose(journal->file) != 0 && journal->error == 0)
		journal->error = errno;
	error = journal->error;
	free(journal);
	return -error;
}
