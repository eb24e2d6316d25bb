/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One UDP socket, and what the user may ask of it: <pollen/udp.h> with the room's instance in place of the stack. Handles have a bit
 * that TCP's never have, so that one is not taken for the other.
 */
#ifndef POLLEN_UDP_USOCK_H
#define POLLEN_UDP_USOCK_H

#include "udp/udp.h"

PLN_C_BEGIN

#define PLN_USOCK_ERRORS 8U /* that wait, of one socket */

struct pln_usock_opts {
	uint32_t rcvbuf, rcvq;
	uint8_t ttl, tos;
	uint8_t mtu_discover; /* as PLN_UDP_OPT_MTU_DISCOVER has it */
	bool broadcast, no_checksum, errors, reuseaddr;
};

struct pln_udp_sock {
	struct pln_udp *udp;
	uint64_t handle;
	void *cookie;
	struct pln_udp_sock *ready_next;
	bool is_ready; /* on the list */
	bool is_bound; /* in the flow table under `key` */
	bool has_peer;
	uint32_t ev_bits; /* enum pln_event_bit, not told yet */
	struct pln_flow_key key;
	struct pln_be32
		bound_addr; /* as bound; key.local may have been chosen since, for the peer */
	int error, soft_error;
	struct pln_usock_opts opts;
	struct pln_pktq rxq;     /* pkt->data is the payload, the UDP header stands before it */
	uint32_t rx_bytes;       /* of buffers that rxq pins */
	struct pln_ip_path path; /* to the last destination, neigh NULL: none */
	struct pln_udp_error errors[PLN_USOCK_ERRORS];
	unsigned int errors_head, errors_count;
	uint64_t sent, received, bytes_sent, bytes_received, dropped, icmp_errors;
};

/* The socket of a handle, NULL when it is dead or none. */
struct pln_udp_sock *pln_usock_find(struct pln_udp *udp, uint64_t handle);

/* An event for the application. */
void pln_usock_tell(struct pln_udp_sock *s, uint32_t bits);

/* An error for the application, which it takes once. */
void pln_usock_fail(struct pln_udp_sock *s, int error);

/* Let go of the way to the last destination. */
void pln_usock_forget_path(struct pln_udp_sock *s);

int pln_usock_open(struct pln_udp *udp, void *cookie, uint64_t *sock);
int pln_usock_bind(struct pln_udp_sock *s, const struct pln_endpoint *local);
int pln_usock_connect(struct pln_udp_sock *s, const struct pln_endpoint *remote);
ssize_t pln_usock_send(struct pln_udp_sock *s, const struct pln_udp_out *out);
ssize_t pln_usock_receive(struct pln_udp_sock *s, struct pln_udp_in *in);
int pln_usock_receive_views(struct pln_udp_sock *s, struct pln_udp_in *in,
                            struct pln_udp_view *views, unsigned int max);
int pln_usock_consume(struct pln_udp_sock *s);
void pln_usock_close(struct pln_udp_sock *s);
int pln_usock_opt_set(struct pln_udp_sock *s, enum pln_udp_opt opt, int64_t value);
int pln_usock_opt_get(const struct pln_udp_sock *s, enum pln_udp_opt opt, int64_t *value);
int pln_usock_error_take(struct pln_udp_sock *s);
int pln_usock_errors(struct pln_udp_sock *s, struct pln_udp_error *errors, unsigned int max);
void pln_usock_info(const struct pln_udp_sock *s, struct pln_udp_info *info);
int pln_usock_readiness(const struct pln_udp_sock *s);
size_t pln_usock_dump(struct pln_udp *udp, char *buf, size_t len); /* all of them */

/* A socket without a port gets one, of any address: `remote` decides where the search begins (RFC 6056). 0, -EADDRNOTAVAIL. */
int pln_usock_autobind(struct pln_udp_sock *s, const struct pln_flow_key *remote);

/* Is it an address one may send to? 0, *broadcast set; -EOPNOTSUPP, -EACCES, -EINVAL, -EAFNOSUPPORT. */
int pln_usock_check_remote(const struct pln_udp_sock *s, const struct pln_endpoint *remote,
                           struct pln_be32 *addr, bool *broadcast);

/* The address of ours that a packet to `dst` leaves from. 0 or -ENETUNREACH. */
int pln_usock_source_for(const struct pln_udp_sock *s, struct pln_be32 dst, struct pln_be32 *src);

PLN_C_END

#endif
