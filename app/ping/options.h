/* SPDX-License-Identifier: BSD-3-Clause */
/* pollen-ping's command line: iputils' letters; with --arp those of arping. Long names are for configuration files. */
#ifndef POLLEN_APP_PING_OPTIONS_H
#define POLLEN_APP_PING_OPTIONS_H

#include "common/hostopts.h"

PLN_C_BEGIN

#define PING_PATTERN_MAX 16

/* Exit codes besides 0, as iputils has them. */
enum ping_exit {
	PING_EXIT_NO_REPLY = 1, /* also: a number that is none, no target */
	PING_EXIT_ERROR = 2,
};

enum ping_pmtu {
	PING_PMTU_WANT, /* DF where it fits, fragments where it does not */
	PING_PMTU_DO,   /* never a fragment */
	PING_PMTU_DONT, /* DF is never set */
};

/* What --arp asks. */
enum ping_arp_mode {
	PING_ARP_WHO,      /* who has it? */
	PING_ARP_DAD,      /* -D: does anybody have it? */
	PING_ARP_REQUESTS, /* -U: we have it, said in requests */
	PING_ARP_REPLIES,  /* -A: we have it, said in replies */
};

struct ping_options {
	struct hostopts host;
	const char *target; /* of argv */
	char *device;       /* -I NAME, to be printed; NULL for none */
	char *hdr_path;     /* --hdr */
	struct pln_addr source;
	uint64_t count; /* 0: until interrupted */
	uint64_t interval_ns;
	uint64_t linger_ns;   /* how long the last echo is waited for; PLN_NEVER: for ever */
	uint64_t deadline_ns; /* 0: none */
	uint32_t size;        /* payload bytes */
	uint32_t preload;     /* echoes sent without waiting */
	int32_t ident;        /* -1: random */
	uint8_t pattern[PING_PATTERN_MAX];
	uint8_t pattern_len; /* 0: counting bytes */
	uint8_t ttl;         /* 0: the stack's */
	uint8_t tos;
	enum ping_pmtu pmtu;
	enum ping_arp_mode arp_mode;
	bool arp;
	bool adaptive;
	bool audible;
	bool broadcast;  /* the target may be a broadcast; with --arp: never ask by unicast */
	bool first_only; /* with --arp -f */
	bool flood;
	bool has_interval;
	bool json;
	bool named; /* look for names although the target is a number */
	bool numeric;
	bool outstanding;
	bool quiet;
	bool timestamps;
	bool verbose;
	int exit_code; /* after a failure: what to leave with */
	enum ping_action {
		PING_RUN,
		PING_HELP,
		PING_VERSION
	} action;
};

/** @param out to be freed with ping_options_free, also after a failure. @return 0 or a negative errno with a sentence. */
int ping_options_parse(struct ping_options *out, int argc, char **argv, struct pln_error *error);

void ping_options_free(struct ping_options *options);

extern const char ping_usage[];
extern const char ping_help[];

PLN_C_END

#endif
