/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options that differ from port to port: --interface, --ip, --mac, --share and --gw. A program that uses several ports takes all but the
 * last once for each, in the order of the ports; a gateway goes to the port whose subnet it is in. To a program of one port the last one counts.
 */
#ifndef POLLEN_APP_COMMON_HOSTPORTS_H
#define POLLEN_APP_COMMON_HOSTPORTS_H

#include <pollen/host.h>

PLN_C_BEGIN

#define HOSTPORTS_MAX        32
#define HOSTPORTS_SOURCE_LEN 256

struct hostopts;

/* How often one of them was given, and by whom: the command line or a section of a file. Another source begins anew. */
struct hostports_list {
	unsigned int count;
	char source[HOSTPORTS_SOURCE_LEN];
};

struct hostports {
	bool many; /* the program uses all ports that it is given addresses for */
	struct hostports_list interfaces, addrs, macs, shares, gateways;
	struct pln_host_port_config
		more[HOSTPORTS_MAX - 1]; /* the first port is in struct pln_host_config */
	char *interface[HOSTPORTS_MAX];
	char *share[HOSTPORTS_MAX];
	struct pln_addr gateway[HOSTPORTS_MAX]; /* as they came */
};

/** Take one. @return 0 or a negative errno with a sentence. */
int hostports_take_interface(struct hostopts *opts, const char *value, struct pln_error *error);
int hostports_take_share(struct hostopts *opts, const char *value, struct pln_error *error);
int hostports_take_ip(struct hostopts *opts, const char *value, struct pln_error *error);
int hostports_take_mac(struct hostopts *opts, const char *value, struct pln_error *error);
int hostports_take_gateway(struct hostopts *opts, const char *value, struct pln_error *error);

/** When all are in: which port has what. @return 0 or a negative errno with a sentence. */
int hostports_finish(struct hostopts *opts, struct pln_error *error);

void hostports_free(struct hostports *ports);

PLN_C_END

#endif
