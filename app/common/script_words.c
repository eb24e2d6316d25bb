/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables behind script_words.h: what each word takes, how keys and errors are spelt. Nothing here parses a line and
 * nothing knows what the words do.
 */
#include "common/script_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ETHER_KEYS "burst smac dmac vlan cut pad none time "
#define IP_KEYS                                                                                    \
	ETHER_KEYS "conn src dst ttl tos ipid df mf off frag version ihl totlen proto ipopt "      \
		   "ipcksum "

static const char *const packet_keys[] = {
	IP_KEYS "cksum sport dport seq ack win up doff reserved mss wscale sackok ts sack opts len "
		"text fastopen uto",
	ETHER_KEYS "op htype ptype hlen plen sha spa tha tpa len",
	IP_KEYS "cksum type code id seq mtu gateway rest len text quote qproto qsrc qdst qsport "
		"qdport qlen qttl qoff",
	IP_KEYS "cksum sport dport ulen len text",
	IP_KEYS "len data",
	ETHER_KEYS "ethertype data len",
};

static const struct script_verb_spec specs[SCRIPT_VERB_COUNT] = {
	[SCRIPT_INJECT] = { "<", "", "", false },
	[SCRIPT_EXPECT] = { ">", "", "", false },
	[SCRIPT_WORLD] = { "world", "", "bare noaddr nowrap seed max_conns max_time_wait mtu",
	                   false },
	[SCRIPT_USE] = { "use", "name", "", false },
	[SCRIPT_WAIT] = { "wait", "time", "", false },
	[SCRIPT_TURN] = { "turn", "", "", false },
	[SCRIPT_DRAIN] = { "drain", "time?", "", false },
	[SCRIPT_OPTION] = { "option", "name value", "", true },
	[SCRIPT_ADDRESS] = { "address", "addr prefix", "", true },
	[SCRIPT_ROUTE] = { "route", "addr prefix gateway", "", true },
	[SCRIPT_NEIGHBOR] = { "neighbor", "addr mac", "", true },
	[SCRIPT_MTU] = { "mtu", "mtu", "", true },
	[SCRIPT_TX] = { "tx", "how", "", false },
	[SCRIPT_OPEN] = { "open", "", "conn port local_port from to", true },
	[SCRIPT_LISTEN] = { "listen", "", "conn port backlog from", true },
	[SCRIPT_ACCEPT] = { "accept", "", "conn on", true },
	[SCRIPT_SEND] = { "send", "len?", "conn more urgent text", true },
	[SCRIPT_RECEIVE] = { "receive", "len", "conn peek text", true },
	[SCRIPT_SHUTDOWN] = { "shutdown", "how", "conn", true },
	[SCRIPT_CLOSE] = { "close", "", "conn", true },
	[SCRIPT_ABORT] = { "abort", "", "conn", true },
	[SCRIPT_SET] = { "set", "name value", "conn", true },
	[SCRIPT_GET] = { "get", "name", "conn", true },
	[SCRIPT_TAKE_ERROR] = { "take_error", "", "conn", true },
	[SCRIPT_STATE] = { "state", "name", "conn", false },
	[SCRIPT_INFO] = { "info", "",
	                  "conn state error ca_state soft_error timestamps sack_on wscale_on "
	                  "ecn_on "
	                  "snd_wscale "
	                  "rcv_wscale backoff retransmits total_retrans rto rtt rttvar min_rtt "
	                  "snd_mss "
	                  "rcv_mss advmss pmtu unacked cwnd cwnd_bytes ssthresh snd_una snd_nxt "
	                  "snd_wnd "
	                  "rcv_nxt rcv_wnd notsent inq ooo bytes_acked bytes_received "
	                  "bytes_retrans urgent_bytes sacked lost retrans pipe reo_wnd "
	                  "reordering reord_seen reordering_segs timeouts recoveries "
	                  "cwnd_validated pipe_ack "
	                  "received_ce ooo_segs mtu_probes dsacks delivered delivered_ce undone "
	                  "delivery_rate app_limited pacing_rate",
	                  false },
	[SCRIPT_EVENT] = { "event", "name", "conn error", false },
	[SCRIPT_READY] = { "ready", "name", "conn", false },
	[SCRIPT_COUNTER] = { "counter", "name value", "", false },
	[SCRIPT_CONNS] = { "conns", "len", "", false },
	[SCRIPT_NEIGHBOR_IS] = { "neighbor_is", "addr state", "mac requests", false },
	[SCRIPT_ADDRESS_IS] = { "address_is", "addr state", "", false },
	[SCRIPT_RESOLVE] = { "resolve", "addr", "", true },
	[SCRIPT_PING] = { "ping", "addr", "id seq len ttl tos", true },
	[SCRIPT_PONG] = { "pong", "name", "from id seq len ttl type code", false },
	[SCRIPT_UDP_OPEN] = { "udp_open", "", "conn", true },
	[SCRIPT_UDP_BIND] = { "udp_bind", "", "conn port from", true },
	[SCRIPT_UDP_CONNECT] = { "udp_connect", "", "conn to port none", true },
	[SCRIPT_UDP_SEND] = { "udp_send", "len?", "conn to port text", true },
	[SCRIPT_UDP_RECEIVE] = { "udp_receive", "len", "conn from port ttl tos peek text", true },
	[SCRIPT_UDP_SET] = { "udp_set", "name value", "conn", true },
	[SCRIPT_UDP_ERROR] = { "udp_error", "", "conn", true },
	[SCRIPT_UDP_READY] = { "udp_ready", "name", "conn", false },
	[SCRIPT_UDP_CLOSE] = { "udp_close", "", "conn", true },
};

struct key {
	const char *word;
	enum script_type type;
};

static const struct key keys[SCRIPT_KEY_COUNT] = {
#define SCRIPT_KEY(id, word, type) [SCRIPT_KEY_##id] = { word, SCRIPT_TYPE_##type },
	SCRIPT_KEYS(SCRIPT_KEY)
#undef SCRIPT_KEY
};

struct named_errno {
	const char *name;
	int value;
};

#define ERRNO(x)                                                                                   \
	{                                                                                          \
#x, x                                                                              \
	}

static const struct named_errno errnos[] = {
	ERRNO(EAGAIN),       ERRNO(EBADF),         ERRNO(EINVAL),       ERRNO(EPIPE),
	ERRNO(ENOTCONN),     ERRNO(EISCONN),       ERRNO(ECONNRESET),   ERRNO(ECONNREFUSED),
	ERRNO(ECONNABORTED), ERRNO(ETIMEDOUT),     ERRNO(EHOSTUNREACH), ERRNO(ENETUNREACH),
	ERRNO(EADDRINUSE),   ERRNO(EADDRNOTAVAIL), ERRNO(EMSGSIZE),     ERRNO(ENOBUFS),
	ERRNO(ENOMEM),       ERRNO(EOPNOTSUPP),    ERRNO(ENOPROTOOPT),  ERRNO(ERANGE),
	ERRNO(ENOENT),       ERRNO(EEXIST),        ERRNO(ENOSPC),       ERRNO(EAFNOSUPPORT),
	ERRNO(EACCES),       ERRNO(EDESTADDRREQ),  ERRNO(EPROTO),       ERRNO(EHOSTDOWN),
	ERRNO(ENETDOWN),     ERRNO(EALREADY),      ERRNO(EINPROGRESS),  ERRNO(EIO),
};

const struct script_verb_spec *
script_verb_spec(enum script_verb verb)
{
	return &specs[verb];
}

const char *
script_packet_keys(unsigned int proto)
{
	return packet_keys[proto];
}

enum script_key
script_key_find(const char *word)
{
	for (unsigned int i = 0; i < SCRIPT_KEY_COUNT; i++)
		if (strcmp(keys[i].word, word) == 0)
			return (enum script_key)i;
	return SCRIPT_KEY_COUNT;
}

const char *
script_key_word(enum script_key key)
{
	return keys[key].word;
}

enum script_type
script_key_type(enum script_key key)
{
	return keys[key].type;
}

bool
script_list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; *at != '\0'; at += strspn(at, " ")) {
		size_t span = strcspn(at, " "), n = at[span - 1] == '?' ? span - 1 : span;

		if (n == len && strncmp(at, word, n) == 0)
			return true;
		at += span;
	}
	return false;
}

int
script_result_parse(const char *text, int64_t *out)
{
	char *end;
	long long number;

	for (size_t i = 0; i < sizeof(errnos) / sizeof(*errnos); i++) {
		if (strcmp(errnos[i].name, text) == 0) {
			*out = -errnos[i].value;
			return 0;
		}
	}
	errno = 0;
	number = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || number < 0)
		return -EINVAL;
	*out = number;
	return 0;
}

const char *
script_errno_name(int64_t value)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(*errnos); i++)
		if (value == -errnos[i].value)
			return errnos[i].name;
	return NULL;
}
