/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fast Open's cookies, RFC 7413 §4.1.2 (server) and §4.1.3 (client). It decides whether a cookie is good and what is remembered of a
 * server.
 *
 * Theory: data in a SYN is delivered before the handshake has proven that the client is where it says it is, so the proof must have been
 * given before: the cookie, which only who receives at that address can have seen. It is a keyed hash of the two addresses, so the server
 * keeps nothing. Cookies must end some day, and not all at once: the server makes them with one key and accepts the key before it too.
 * Where the user has given no key the hash takes in the number of the day, which is the same as a new key every midnight.
 */
#include "tcp/ext/fo_cookie.h"

#define TURN_NS (UINT64_C(24) * 3600 * PLN_NS_PER_S)
#define AGE_NS  (UINT64_C(7) * 24 * 3600 * PLN_NS_PER_S) /* of what a client remembers */
#define SHUN_NS (UINT64_C(3600) * PLN_NS_PER_S)

void
pln_fo_cookie_keys_init(struct pln_fo_cookie_keys *keys, const struct pln_siphash_key *secret)
{
	struct pln_siphash_key key = pln_siphash_derive(secret, "TCP Fast Open");

	*keys = (struct pln_fo_cookie_keys){ .key = { key, key } };
}

void
pln_fo_cookie_keys_turn(struct pln_fo_cookie_keys *keys, const struct pln_siphash_key *key)
{
	keys->key[1] = keys->given ? keys->key[0] : *key;
	keys->key[0] = *key;
	keys->given = true;
}

/* With the key in use (0), or the one before (1). */
static void
seal(const struct pln_fo_cookie_keys *keys, const struct pln_be32 ends[2], uint64_t now,
     unsigned int which, uint8_t *cookie)
{
	uint64_t turn = keys->given ? 0 : now / TURN_NS - which, hash;
	uint8_t text[16];

	memcpy(text, ends, 8);
	memcpy(text + 8, &turn, 8);
	hash = pln_siphash(&keys->key[which], text, sizeof(text));
	memcpy(cookie, &hash, PLN_FASTOPEN_COOKIE);
}

void
pln_fo_cookie_make(const struct pln_fo_cookie_keys *keys, struct pln_be32 client,
                   struct pln_be32 server, uint64_t now, uint8_t *cookie)
{
	const struct pln_be32 ends[2] = { client, server };

	seal(keys, ends, now, 0, cookie);
}

enum pln_fo_cookie_verdict
pln_fo_cookie_check(const struct pln_fo_cookie_keys *keys, const struct pln_be32 ends[2],
                    uint64_t now, const struct pln_tcp_fastopen *option)
{
	uint8_t cookie[PLN_FASTOPEN_COOKIE];

	if (option->len != PLN_FASTOPEN_COOKIE)
		return PLN_FASTOPEN_BAD;
	seal(keys, ends, now, 0, cookie);
	if (memcmp(cookie, option->cookie, sizeof(cookie)) == 0)
		return PLN_FASTOPEN_GOOD;
	seal(keys, ends, now, 1, cookie);
	return memcmp(cookie, option->cookie, sizeof(cookie)) == 0 ? PLN_FASTOPEN_OLD
	                                                           : PLN_FASTOPEN_BAD;
}

static struct pln_fo_cookie_server *
find(struct pln_fo_cookie_cache *cache, struct pln_be32 addr)
{
	for (unsigned int i = 0; i < cache->count; i++) {
		if (cache->server[i].addr.raw == addr.raw)
			return &cache->server[i];
	}
	return NULL;
}

const struct pln_fo_cookie_server *
pln_fo_cookie_find(const struct pln_fo_cookie_cache *cache, struct pln_be32 addr, uint64_t now)
{
	for (unsigned int i = 0; i < cache->count; i++) {
		const struct pln_fo_cookie_server *s = &cache->server[i];

		if (s->addr.raw != addr.raw)
			continue;
		return now - s->learned_ns < AGE_NS && now >= s->shunned_ns ? s : NULL;
	}
	return NULL;
}

/* Where a new one goes: a free place, or that of the one learned longest ago. */
static struct pln_fo_cookie_server *
make_place(struct pln_fo_cookie_cache *cache)
{
	struct pln_fo_cookie_server *oldest = &cache->server[0];

	if (cache->count < PLN_FASTOPEN_SERVERS)
		return &cache->server[cache->count++];
	for (unsigned int i = 1; i < PLN_FASTOPEN_SERVERS; i++) {
		if (cache->server[i].learned_ns < oldest->learned_ns)
			oldest = &cache->server[i];
	}
	return oldest;
}

void
pln_fo_cookie_learn(struct pln_fo_cookie_cache *cache, const struct pln_fo_cookie_server *server)
{
	struct pln_fo_cookie_server *s = find(cache, server->addr);
	uint64_t shunned = s != NULL ? s->shunned_ns : 0;

	if (s == NULL)
		s = make_place(cache);
	*s = *server;
	s->shunned_ns = shunned;
}

void
pln_fo_cookie_shun(struct pln_fo_cookie_cache *cache, struct pln_be32 addr, uint64_t now)
{
	struct pln_fo_cookie_server *s = find(cache, addr);

	if (s != NULL)
		s->shunned_ns = now + SHUN_NS;
}
