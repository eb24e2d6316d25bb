/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP Fast Open (RFC 7413): the cookies that a server makes and checks, and those that a client was given. When data rides on a SYN is
 * tcp/fastopen's.
 */
#ifndef POLLEN_TCP_EXT_FO_COOKIE_H
#define POLLEN_TCP_EXT_FO_COOKIE_H

#include "base/bytes.h"
#include "base/siphash.h"
#include "wire/tcp_opts.h"

PLN_C_BEGIN

#define PLN_FASTOPEN_COOKIE 8U /* bytes of ours */

/* A server's keys. */
struct pln_fo_cookie_keys {
	struct pln_siphash_key key[2]; /* the one in use; the one before it */
	bool given; /* by the user, who turns them; else one secret is turned by the clock */
};

enum pln_fo_cookie_verdict {
	PLN_FASTOPEN_BAD,
	PLN_FASTOPEN_OLD, /* made with the key before: good, and a new one is due */
	PLN_FASTOPEN_GOOD,
};

/* From a secret: cookies then last for 1 to 2 days. */
void pln_fo_cookie_keys_init(struct pln_fo_cookie_keys *keys, const struct pln_siphash_key *secret);

/* A key of the user's: the one before it is good until the next is given. */
void pln_fo_cookie_keys_turn(struct pln_fo_cookie_keys *keys, const struct pln_siphash_key *key);

/* The cookie of a client's address at one of ours, PLN_FASTOPEN_COOKIE bytes. */
void pln_fo_cookie_make(const struct pln_fo_cookie_keys *keys, struct pln_be32 client,
                        struct pln_be32 server, uint64_t now, uint8_t *cookie);

/* Is this one, of `len` bytes? */
enum pln_fo_cookie_verdict pln_fo_cookie_check(const struct pln_fo_cookie_keys *keys,
                                               const struct pln_be32 ends[2], uint64_t now,
                                               const struct pln_tcp_fastopen *option);

#define PLN_FASTOPEN_SERVERS 64U

/* What a client knows of a server. */
struct pln_fo_cookie_server {
	struct pln_be32 addr;
	uint16_t mss;                   /* as the server announced it */
	struct pln_tcp_fastopen cookie; /* len 0: none */
	uint64_t learned_ns,
		shunned_ns; /* when it was given; until when no data is sent in a SYN */
};

struct pln_fo_cookie_cache {
	struct pln_fo_cookie_server server[PLN_FASTOPEN_SERVERS];
	unsigned int count;
};

/* What is known of a server, NULL for nothing that is of use: no cookie, too old, or data in a SYN was lost not long ago. */
const struct pln_fo_cookie_server *pln_fo_cookie_find(const struct pln_fo_cookie_cache *cache,
                                                      struct pln_be32 addr, uint64_t now);

/* A server gave a cookie. The one heard of longest ago makes room. */
void pln_fo_cookie_learn(struct pln_fo_cookie_cache *cache,
                         const struct pln_fo_cookie_server *server);

/* A SYN with data was not answered: none for a while. */
void pln_fo_cookie_shun(struct pln_fo_cookie_cache *cache, struct pln_be32 addr, uint64_t now);

PLN_C_END

#endif
