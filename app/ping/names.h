/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses with their names, as ping prints who answered: "router.example (192.0.2.1)". */
#ifndef POLLEN_APP_PING_NAMES_H
#define POLLEN_APP_PING_NAMES_H

#include <pollen/types.h>

PLN_C_BEGIN

#define NAMES_KEPT     8
#define NAMES_TEXT_LEN 320

struct interrupt;

struct names {
	bool is_numeric;                   /* ask nobody */
	const struct interrupt *interrupt; /* ends the waiting; NULL: nothing does */
	unsigned int count;
	unsigned int next; /* the slot that is given up for the next one */
	struct {
		struct pln_addr addr;
		char text[NAMES_TEXT_LEN];
	} kept[NAMES_KEPT];
};

/**
 * "name (address)", or the address alone where there is no name. The first time that an address is asked for, the system's
 * resolver is waited for, until the user has enough: then it is the address.
 *
 * @return text of `names`, valid until NAMES_KEPT others have been asked for
 */
const char *names_get(struct names *names, const struct pln_addr *addr);

PLN_C_END

#endif
