/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tap of the kernel's: an interface whose frames a program reads and writes. One that exists is taken as it is, but for what it must
 * have in common with the port whose frames it carries; one that does not is made, and goes with the program.
 */
#ifndef POLLEN_DEV_TAP_H
#define POLLEN_DEV_TAP_H

#include "base/error.h"
#include "dev/netif.h"

PLN_C_BEGIN

struct pln_tap_config {
	const char *name;   /* of the interface */
	struct pln_mac mac; /* it gets this one */
	uint16_t mtu;       /* and at most this, bytes */
};

struct pln_tap {
	int fd;    /* a frame a read, a frame a write, neither blocks; -1: not open */
	bool made; /* by us */
	bool up;   /* its carrier */
	char name[PLN_NETIF_NAME_LEN];
};

/* Can an interface have this name? 0 or -EINVAL, with a sentence. */
int pln_tap_check_name(const char *name, struct pln_error *error);

/*
 * Open it, made and brought up if there is none of this name. 0; -EINVAL (the name; no tap); -EBUSY (another program has it); -EPERM;
 * -ENOENT (the kernel has no taps); or another negative errno, with a sentence.
 */
int pln_tap_open(struct pln_tap *tap, const struct pln_tap_config *config, struct pln_error *error);

/* Harmless if it is not open. */
void pln_tap_close(struct pln_tap *tap);

/* Give it a carrier or take it away, as the port's link has one; a kernel that cannot leaves it on. */
void pln_tap_set_carrier(struct pln_tap *tap, bool up);

PLN_C_END

#endif
