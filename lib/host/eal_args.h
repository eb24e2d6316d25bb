/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL's command line: what the user gave is passed through untouched, and what is missing is put behind it. Pure decisions on
 * strings and numbers; the rules are in docs/guide/ports.md.
 */
#ifndef POLLEN_HOST_EAL_ARGS_H
#define POLLEN_HOST_EAL_ARGS_H

#include <pollen/host.h>

#include "base/error.h"

PLN_C_BEGIN

#define PLN_EAL_ARGS_MAX  96U       /* words in all */
#define PLN_EAL_ARGS_TEXT 4096U     /* bytes of those we make */
#define PLN_EAL_PREFIX    "pollen-" /* and the process id: our --file-prefix */

enum pln_eal_memory {
	PLN_EAL_MEMORY_USER = 0, /* what the user's arguments say */
	PLN_EAL_MEMORY_HUGE,     /* hugepages, --in-memory */
	PLN_EAL_MEMORY_ORDINARY, /* --no-huge --no-shconf -m N */
	PLN_EAL_MEMORY_SHARED,   /* hugepages in EAL's shared files */
};

/* What the user's arguments hold: bits of pln_eal_scan.has. */
enum pln_eal_has {
	PLN_EAL_HAS_NO_HUGE = 1 << 0,
	PLN_EAL_HAS_IN_MEMORY = 1 << 1,
	PLN_EAL_HAS_LEGACY_MEM = 1 << 2,
	PLN_EAL_HAS_HUGE_OPTION = 1 << 3, /* another one that only makes sense with hugepages */
	PLN_EAL_HAS_MEGABYTES = 1 << 4,
	PLN_EAL_HAS_SINGLE_FILE = 1 << 5,
	PLN_EAL_HAS_PREFIX = 1 << 6,
	PLN_EAL_HAS_NO_PCI = 1 << 7,
	PLN_EAL_HAS_LCORES = 1 << 8,
	PLN_EAL_HAS_NO_TELEMETRY = 1 << 9,
	PLN_EAL_HAS_LOG_LEVEL = 1 << 10,
	PLN_EAL_HAS_HELP = 1 << 11,
	PLN_EAL_HAS_SECONDARY = 1 << 12,
	PLN_EAL_HAS_PCI_PORT = 1 << 13,
	PLN_EAL_HAS_SHARED_VDEV = 1 << 14, /* one that needs --single-file-segments */
};

struct pln_eal_scan {
	uint32_t has;         /* enum pln_eal_has */
	uint32_t megabytes;   /* of -m */
	const char *pci_port; /* the first PCI address after -a, as given; NULL */
	uint32_t lcores;      /* of -l, --lcores or -c, counted; 0: none given */
};

struct pln_eal_args_input {
	const char *program;
	char **user;              /* NULL-terminated, or NULL */
	const char *const *vdevs; /* a --vdev of ours each; NULL-terminated, or NULL */
	const char *lcores;       /* for --lcores when the user chose none */
	enum pln_host_mem mem;
	uint64_t need_bytes;      /* of memory */
	uint64_t hugepages_bytes; /* free */
	int pid;
};

struct pln_eal_args {
	int argc;
	char *argv[PLN_EAL_ARGS_MAX + 1]; /* ends with NULL; EAL may reorder it */
	enum pln_eal_memory memory;
	bool own_prefix; /* the --file-prefix is ours */
	struct pln_eal_scan scan;
	size_t used;
	char text[PLN_EAL_ARGS_TEXT]; /* what argv points into */
};

/* What is in the user's arguments. */
struct pln_eal_scan pln_eal_args_scan(char **user);

/* Bytes of -m and of what we ask for, in the megabytes that EAL counts in. */
uint32_t pln_eal_args_megabytes(uint64_t bytes);

/* @return 0; -EINVAL (a pair that EAL refuses); -ENOMEM (shared memory without hugepages enough); -E2BIG (too many words) */
int pln_eal_args_build(const struct pln_eal_args_input *in, struct pln_eal_args *out,
                       struct pln_error *error);

/* Split a line (the environment's POLLEN_EAL_ARGS) at blanks, quotes respected, into at most `max` - 1 words and a NULL. `line` is
 * written to. @return the words' count, -E2BIG, or -EINVAL (a quote that is not closed). */
int pln_eal_args_split(char *line, char **words, unsigned int max);

/* The whole command line as one would type it. @return length, cut to what fits. */
size_t pln_eal_args_print(const struct pln_eal_args *args, char *buf, size_t len);

PLN_C_END

#endif
