/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options that every program of ours has: which port, which addresses, how checksums and memory are done, what is
 * captured and traced. They end up in a struct pln_host_config.
 *
 * Two spellings: "EAL args -- options", and options alone; then EAL's arguments come from --eal, from a configuration
 * file's eal line, from POLLEN_EAL_ARGS, or from the library itself.
 */
#ifndef POLLEN_APP_COMMON_HOSTOPTS_H
#define POLLEN_APP_COMMON_HOSTOPTS_H

#include <getopt.h>

#include <pollen/host.h>

#include "common/hostports.h"

PLN_C_BEGIN

enum hostopts_opt {
	HOSTOPTS_FIRST = 0x200,
	HOSTOPTS_INTERFACE = HOSTOPTS_FIRST,
	HOSTOPTS_IP,
	HOSTOPTS_GW,
	HOSTOPTS_MAC,
	HOSTOPTS_MTU,
	HOSTOPTS_VLAN,
	HOSTOPTS_ACD,
	HOSTOPTS_CSUM,
	HOSTOPTS_MEM,
	HOSTOPTS_TSO,
	HOSTOPTS_LRO,
	HOSTOPTS_POLL,
	HOSTOPTS_PCAP,
	HOSTOPTS_TRACE,
	HOSTOPTS_EAL,
	HOSTOPTS_CONFIG,
	HOSTOPTS_SET,
	HOSTOPTS_NEIGH,
	HOSTOPTS_STEER,
	HOSTOPTS_NO_PROBE,
	HOSTOPTS_SHARE,
	HOSTOPTS_END,
};

/* Entries for a program's own table. */
/* clang-format off */
#define HOSTOPTS_TABLE                                                  \
	{ "interface", required_argument, NULL, HOSTOPTS_INTERFACE },   \
	{ "ip", required_argument, NULL, HOSTOPTS_IP },                 \
	{ "gw", required_argument, NULL, HOSTOPTS_GW },                 \
	{ "mac", required_argument, NULL, HOSTOPTS_MAC },               \
	{ "mtu", required_argument, NULL, HOSTOPTS_MTU },               \
	{ "vlan", required_argument, NULL, HOSTOPTS_VLAN },             \
	{ "acd", required_argument, NULL, HOSTOPTS_ACD },               \
	{ "csum", required_argument, NULL, HOSTOPTS_CSUM },             \
	{ "mem", required_argument, NULL, HOSTOPTS_MEM },               \
	{ "tso", required_argument, NULL, HOSTOPTS_TSO },               \
	{ "lro", required_argument, NULL, HOSTOPTS_LRO },               \
	{ "poll", required_argument, NULL, HOSTOPTS_POLL },             \
	{ "pcap", required_argument, NULL, HOSTOPTS_PCAP },             \
	{ "trace", no_argument, NULL, HOSTOPTS_TRACE },                 \
	{ "eal", required_argument, NULL, HOSTOPTS_EAL },               \
	{ "set", required_argument, NULL, HOSTOPTS_SET },               \
	{ "neigh", required_argument, NULL, HOSTOPTS_NEIGH },           \
	{ "share", required_argument, NULL, HOSTOPTS_SHARE },           \
	{ "config", required_argument, NULL, HOSTOPTS_CONFIG }

/* The same for programs that run on several lcores. */
#define HOSTOPTS_LCORES_TABLE                                           \
	{ "steer", required_argument, NULL, HOSTOPTS_STEER },           \
	{ "no-probe", no_argument, NULL, HOSTOPTS_NO_PROBE }
/* clang-format on */

/* Their part of --help. */
extern const char hostopts_help[];
extern const char hostopts_lcores_help[];

#define HOSTOPTS_ORIGIN_LEN 256

/* --set NAME=VALUE or --neigh ADDR=MAC, done when the stack is there. */
struct hostopts_wish {
	struct hostopts_wish *next;
	char *origin; /* file, line, section and key; NULL: a command line's */
	bool is_neigh;
	struct pln_addr addr;
	struct pln_mac mac;
	char *value; /* behind the name */
	char name[];
};

struct hostopts {
	struct pln_host_config config; /* points into what stands below */
	struct bpf_program *filter;    /* of --pcap, NULL for none */
	struct hostports ports;
	char *capture_path;
	char **eal_words;                 /* of --eal or POLLEN_EAL_ARGS */
	char **eal_slice;                 /* of the words before "--" */
	struct hostopts_wish *wishes;     /* in their order */
	struct hostopts_wish **last_wish; /* where the next one goes */
	bool trace;
	char origin[HOSTOPTS_ORIGIN_LEN];  /* of what is taken next; empty: the command line */
	char source[HOSTPORTS_SOURCE_LEN]; /* its file and section; empty: the command line */
};

/** Nothing chosen, but that a program that idles sleeps (--poll=adaptive). @param program argv[0], which must stay */
void hostopts_init(struct hostopts *opts, const char *program);

/**
 * Cut "EAL args --" off a command line.
 *
 * @param argc, argv  in: the whole; out: the program's name and its own options
 * @return 0 or -ENOMEM
 */
int hostopts_split(struct hostopts *opts, int *argc, char ***argv);

/**
 * Take an option of the table above.
 *
 * @return 1 taken; 0 not ours; negative errno with a sentence
 */
int hostopts_take(struct hostopts *opts, int opt, const char *value, struct pln_error *error);

/**
 * When all options are in: what they must be to each other, and POLLEN_EAL_ARGS where none were given.
 *
 * @return 0 or a negative errno with a sentence
 */
int hostopts_finish(struct hostopts *opts, struct pln_error *error);

/** --set and --neigh, on the stack that was made. @return 0 or a negative errno with a sentence. */
int hostopts_apply(const struct hostopts *opts, struct pln_stack *stack, struct pln_error *error);

void hostopts_free(struct hostopts *opts);

PLN_C_END

#endif
