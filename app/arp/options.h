/* SPDX-License-Identifier: BSD-3-Clause */
/* pollen-arp's command line: a verb, and what it is about. */
#ifndef POLLEN_APP_ARP_OPTIONS_H
#define POLLEN_APP_ARP_OPTIONS_H

#include "common/hostopts.h"

PLN_C_BEGIN

#define ARP_SCAN_PREFIX_MIN 16 /* bits: 65536 addresses are the most that are asked for */

enum arp_verb {
	ARP_SHOW,
	ARP_ADD,
	ARP_DEL,
	ARP_PROBE,
	ARP_SCAN,
};

struct arp_options {
	struct hostopts host;
	enum arp_verb verb;
	char **operands; /* of argv, behind the verb */
	int operand_count;
	const char *config;   /* the file that add and del change; NULL: none was named */
	struct pln_addr addr; /* of add, del, probe, scan */
	struct pln_mac mac;   /* of add */
	uint8_t prefix_len;   /* of scan */
	uint64_t wait_ns;     /* how long answers are waited for */
	uint64_t rate;        /* requests a second */
	bool json;
	bool verbose;
	enum arp_action {
		ARP_RUN,
		ARP_HELP,
		ARP_VERSION
	} action;
};

/** @param out to be freed with arp_options_free, also after a failure. @return 0 or a negative errno with a sentence. */
int arp_options_parse(struct arp_options *out, int argc, char **argv, struct pln_error *error);

void arp_options_free(struct arp_options *options);

extern const char arp_usage[];
extern const char arp_help[];

PLN_C_END

#endif
