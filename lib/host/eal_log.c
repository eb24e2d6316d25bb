/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's log stream. A driver may log from threads of its own; the stream's lock orders them, and quoting takes it too.
 */
#include "host/eal_log.h"

#include <rte_log.h>

#include "base/text.h"

/* What drivers say as a warning or an error although all is well. */
static const char *const harmless[] = {
	"No DPDK runtime directory created",
	"Failed to send start req to secondary",
	"Failed to register mp action callback",
	"failed to create multiq qdisc",
	"Disabling rte flow support",
	"No legacy callbacks",
	"No free hugepages reported",
	"No available hugepages reported",
	"VFIO support could not be initialized",
	"Cannot open /dev/vfio",
	"Invalid 'command line' arguments", /* something before it tells which */
	"No valid MAC in devargs or device",
	"skipping unrecognized data section",
	"No bpffs found",
	"without a working bpffs",
	"Falling back to loading single prog",
};

static bool
is_harmless(const char *line)
{
	for (size_t i = 0; i < PLN_ARRAY_LEN(harmless); i++) {
		if (strstr(line, harmless[i]) != NULL)
			return true;
	}
	return line[0] == '\0';
}

void
pln_eal_log_remember(struct pln_eal_log *log, const char *line, size_t len)
{
	char *slot = log->lines[log->count % PLN_EAL_LOG_LINES];
	const char *last = log->lines[(log->count + PLN_EAL_LOG_LINES - 1) % PLN_EAL_LOG_LINES];
	char cut[PLN_EAL_LOG_LINE_LEN];

	while (len > 0 && strchr("\n .", line[len - 1]) != NULL)
		len--;
	if (len >= sizeof(cut))
		len = sizeof(cut) - 1;
	memcpy(cut, line, len);
	cut[len] = '\0';
	if (is_harmless(cut) || (log->count > 0 && strcmp(last, cut) == 0))
		return;
	memcpy(slot, cut, len + 1);
	log->count++;
}

static ssize_t
write_log(void *cookie, const char *buf, size_t len)
{
	struct pln_eal_log *log = cookie;
	int level = rte_log_cur_msg_loglevel();

	if (level > 0 && level <= (int)RTE_LOG_WARNING)
		pln_eal_log_remember(log, buf, len);
	if (log->show)
		fwrite(buf, 1, len, stderr);
	return (ssize_t)len;
}

int
pln_eal_log_open(struct pln_eal_log *log, bool show)
{
	cookie_io_functions_t functions = { .write = write_log };

	memset(log, 0, sizeof(*log));
	log->show = show;
	log->stream = fopencookie(log, "w", functions);
	if (log->stream == NULL)
		return -ENOMEM;
	rte_openlog_stream(log->stream);
	return 0;
}

void
pln_eal_log_close(struct pln_eal_log *log)
{
	if (log->stream == NULL)
		return;
	rte_openlog_stream(NULL);
	fclose(log->stream);
	log->stream = NULL;
}

size_t
pln_eal_log_quote(struct pln_eal_log *log, unsigned int max, char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);
	unsigned int from;

	if (log->stream != NULL)
		flockfile(log->stream);
	if (max > PLN_EAL_LOG_LINES)
		max = PLN_EAL_LOG_LINES;
	from = log->count > max ? log->count - max : 0;
	for (unsigned int i = from; i < log->count; i++)
		pln_text_add(&text, "%s%s", i > from ? "; " : "",
		             log->lines[i % PLN_EAL_LOG_LINES]);
	if (log->stream != NULL)
		funlockfile(log->stream);
	return text.used;
}
