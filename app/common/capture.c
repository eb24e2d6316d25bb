/* SPDX-License-Identifier: BSD-3-Clause */
/* Compiles a capture filter for Ethernet frames of any length. A file's name ends at the first comma. */
#include "common/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"

#define SNAPLEN 262144

static int
compile(const char *text, struct bpf_program *out, struct pln_error *error)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN);
	int ret = 0;

	if (pcap == NULL)
		return fault_set(error, -ENOMEM, "out of memory.");
	if (pcap_compile(pcap, out, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		ret = fault_set(error, -EINVAL,
		                "the capture filter '%s' is no filter: %s. It is written as for "
		                "tcpdump, as in --pcap file.pcapng,'tcp port 80'.",
		                text, pcap_geterr(pcap));
	pcap_close(pcap);
	return ret;
}

int
capture_parse(const char *value, char **path, struct bpf_program **filter, struct pln_error *error)
{
	size_t len = strcspn(value, ",");
	struct bpf_program *program = NULL;
	char *name;
	int ret = 0;

	if (len == 0)
		return fault_set(error, -EINVAL, "--pcap needs a file's name.");
	if (value[len] == ',') {
		program = calloc(1, sizeof(*program));
		ret = program == NULL ? fault_set(error, -ENOMEM, "out of memory.")
		                      : compile(value + len + 1, program, error);
	}
	name = strndup(value, len);
	if (ret < 0 || name == NULL) {
		free(name);
		free(program);
		return ret < 0 ? ret : fault_set(error, -ENOMEM, "out of memory.");
	}
	capture_free(*path, *filter);
	*path = name;
	*filter = program;
	return 0;
}

void
capture_free(char *path, struct bpf_program *filter)
{
	free(path);
	if (filter != NULL)
		pcap_freecode(filter);
	free(filter);
}
