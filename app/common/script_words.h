/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words of segment scripts: what a line may begin with, what each takes, and what kind of value each key has. Two lists,
 * so that the parser, its messages and whoever runs a script cannot disagree.
 */
#ifndef POLLEN_APP_COMMON_SCRIPT_WORDS_H
#define POLLEN_APP_COMMON_SCRIPT_WORDS_H

#include <pollen/types.h>

PLN_C_BEGIN

/* Kinds of values. */
enum script_type {
	SCRIPT_TYPE_FLAG = 0, /* a bare word */
	SCRIPT_TYPE_NUMBER, /* integers: decimal, hexadecimal, negative, ranges, lists, `*`, none */
	SCRIPT_TYPE_TIME,   /* seconds with a fraction, ranges, kept as ns */
	SCRIPT_TYPE_ADDRESS, /* IPv4 */
	SCRIPT_TYPE_MAC,     /* six hexadecimal bytes */
	SCRIPT_TYPE_TEXT,    /* a word or "quoted text" */
	SCRIPT_TYPE_HEX,     /* an even number of hexadecimal digits */
};

/* Keys: id, spelling, kind. The first lines are of calls, then packets layer by layer, then assertions. */
#define SCRIPT_KEYS(X)                                                                             \
	X(NAME, "name", TEXT)                                                                      \
	X(VALUE, "value", TEXT)                                                                    \
	X(CONN, "conn", TEXT)                                                                      \
	X(ON, "on", TEXT)                                                                          \
	X(PORT, "port", NUMBER)                                                                    \
	X(LOCAL_PORT, "local_port", NUMBER)                                                        \
	X(FROM, "from", ADDRESS)                                                                   \
	X(TO, "to", ADDRESS)                                                                       \
	X(BACKLOG, "backlog", NUMBER)                                                              \
	X(LEN, "len", NUMBER)                                                                      \
	X(MORE, "more", FLAG)                                                                      \
	X(URGENT, "urgent", FLAG)                                                                  \
	X(PEEK, "peek", FLAG)                                                                      \
	X(TEXT, "text", TEXT)                                                                      \
	X(HOW, "how", TEXT)                                                                        \
	X(TIME, "time", TIME)                                                                      \
	X(PREFIX, "prefix", NUMBER)                                                                \
	X(GATEWAY, "gateway", ADDRESS)                                                             \
	X(ADDR, "addr", ADDRESS)                                                                   \
	X(MAC, "mac", MAC)                                                                         \
	X(BARE, "bare", FLAG)                                                                      \
	X(NOADDR, "noaddr", FLAG)                                                                  \
	X(NOWRAP, "nowrap", FLAG)                                                                  \
	X(SEED, "seed", NUMBER)                                                                    \
	X(MAX_CONNS, "max_conns", NUMBER)                                                          \
	X(MAX_TIME_WAIT, "max_time_wait", NUMBER)                                                  \
	X(BURST, "burst", FLAG)                                                                    \
	X(SMAC, "smac", MAC)                                                                       \
	X(DMAC, "dmac", MAC)                                                                       \
	X(ETHERTYPE, "ethertype", NUMBER)                                                          \
	X(VLAN, "vlan", NUMBER)                                                                    \
	X(CUT, "cut", NUMBER)                                                                      \
	X(PAD, "pad", NUMBER)                                                                      \
	X(SRC, "src", ADDRESS)                                                                     \
	X(DST, "dst", ADDRESS)                                                                     \
	X(TTL, "ttl", NUMBER)                                                                      \
	X(TOS, "tos", NUMBER)                                                                      \
	X(IPID, "ipid", NUMBER)                                                                    \
	X(DF, "df", NUMBER)                                                                        \
	X(MF, "mf", NUMBER)                                                                        \
	X(OFF, "off", NUMBER)                                                                      \
	X(FRAG, "frag", NUMBER)                                                                    \
	X(VERSION, "version", NUMBER)                                                              \
	X(IHL, "ihl", NUMBER)                                                                      \
	X(TOTLEN, "totlen", NUMBER)                                                                \
	X(PROTO, "proto", NUMBER)                                                                  \
	X(IPOPT, "ipopt", HEX)                                                                     \
	X(IPCKSUM, "ipcksum", TEXT)                                                                \
	X(CKSUM, "cksum", TEXT)                                                                    \
	X(SPORT, "sport", NUMBER)                                                                  \
	X(DPORT, "dport", NUMBER)                                                                  \
	X(SEQ, "seq", NUMBER)                                                                      \
	X(ACK, "ack", NUMBER)                                                                      \
	X(WIN, "win", NUMBER)                                                                      \
	X(UP, "up", NUMBER)                                                                        \
	X(DOFF, "doff", NUMBER)                                                                    \
	X(RESERVED, "reserved", NUMBER)                                                            \
	X(MSS, "mss", NUMBER)                                                                      \
	X(WSCALE, "wscale", NUMBER)                                                                \
	X(SACKOK, "sackok", NUMBER)                                                                \
	X(TS, "ts", NUMBER)                                                                        \
	X(SACK, "sack", NUMBER)                                                                    \
	X(OPTS, "opts", HEX)                                                                       \
	X(FASTOPEN, "fastopen", NUMBER)                                                            \
	X(UTO, "uto", NUMBER)                                                                      \
	X(TYPE, "type", NUMBER)                                                                    \
	X(CODE, "code", NUMBER)                                                                    \
	X(ID, "id", NUMBER)                                                                        \
	X(MTU, "mtu", NUMBER)                                                                      \
	X(REST, "rest", NUMBER)                                                                    \
	X(QUOTE, "quote", NUMBER)                                                                  \
	X(QPROTO, "qproto", NUMBER)                                                                \
	X(QSRC, "qsrc", ADDRESS)                                                                   \
	X(QDST, "qdst", ADDRESS)                                                                   \
	X(QSPORT, "qsport", NUMBER)                                                                \
	X(QDPORT, "qdport", NUMBER)                                                                \
	X(QLEN, "qlen", NUMBER)                                                                    \
	X(QTTL, "qttl", NUMBER)                                                                    \
	X(QOFF, "qoff", NUMBER)                                                                    \
	X(ULEN, "ulen", NUMBER)                                                                    \
	X(OP, "op", NUMBER)                                                                        \
	X(HTYPE, "htype", NUMBER)                                                                  \
	X(PTYPE, "ptype", NUMBER)                                                                  \
	X(HLEN, "hlen", NUMBER)                                                                    \
	X(PLEN, "plen", NUMBER)                                                                    \
	X(SHA, "sha", MAC)                                                                         \
	X(SPA, "spa", ADDRESS)                                                                     \
	X(THA, "tha", MAC)                                                                         \
	X(TPA, "tpa", ADDRESS)                                                                     \
	X(DATA, "data", HEX)                                                                       \
	X(STATE, "state", TEXT)                                                                    \
	X(ERROR, "error", TEXT)                                                                    \
	X(CA_STATE, "ca_state", TEXT)                                                              \
	X(SOFT_ERROR, "soft_error", TEXT)                                                          \
	X(TIMESTAMPS, "timestamps", NUMBER)                                                        \
	X(SACK_ON, "sack_on", NUMBER)                                                              \
	X(WSCALE_ON, "wscale_on", NUMBER)                                                          \
	X(ECN_ON, "ecn_on", NUMBER)                                                                \
	X(SND_WSCALE, "snd_wscale", NUMBER)                                                        \
	X(RCV_WSCALE, "rcv_wscale", NUMBER)                                                        \
	X(BACKOFF, "backoff", NUMBER)                                                              \
	X(RETRANSMITS, "retransmits", NUMBER)                                                      \
	X(TOTAL_RETRANS, "total_retrans", NUMBER)                                                  \
	X(RTO, "rto", TIME)                                                                        \
	X(RTT, "rtt", TIME)                                                                        \
	X(RTTVAR, "rttvar", TIME)                                                                  \
	X(MIN_RTT, "min_rtt", TIME)                                                                \
	X(SND_MSS, "snd_mss", NUMBER)                                                              \
	X(RCV_MSS, "rcv_mss", NUMBER)                                                              \
	X(ADVMSS, "advmss", NUMBER)                                                                \
	X(PMTU, "pmtu", NUMBER)                                                                    \
	X(UNACKED, "unacked", NUMBER)                                                              \
	X(CWND, "cwnd", NUMBER)                                                                    \
	X(CWND_BYTES, "cwnd_bytes", NUMBER)                                                        \
	X(SSTHRESH, "ssthresh", NUMBER)                                                            \
	X(SND_UNA, "snd_una", NUMBER)                                                              \
	X(SND_NXT, "snd_nxt", NUMBER)                                                              \
	X(SND_WND, "snd_wnd", NUMBER)                                                              \
	X(RCV_NXT, "rcv_nxt", NUMBER)                                                              \
	X(RCV_WND, "rcv_wnd", NUMBER)                                                              \
	X(NOTSENT, "notsent", NUMBER)                                                              \
	X(INQ, "inq", NUMBER)                                                                      \
	X(OOO, "ooo", NUMBER)                                                                      \
	X(BYTES_ACKED, "bytes_acked", NUMBER)                                                      \
	X(BYTES_RECEIVED, "bytes_received", NUMBER)                                                \
	X(BYTES_RETRANS, "bytes_retrans", NUMBER)                                                  \
	X(URGENT_BYTES, "urgent_bytes", NUMBER)                                                    \
	X(SACKED, "sacked", NUMBER)                                                                \
	X(LOST, "lost", NUMBER)                                                                    \
	X(RETRANS, "retrans", NUMBER)                                                              \
	X(PIPE, "pipe", NUMBER)                                                                    \
	X(REO_WND, "reo_wnd", TIME)                                                                \
	X(REORDERING, "reordering", NUMBER)                                                        \
	X(UNDONE, "undone", NUMBER)                                                                \
	X(DELIVERY_RATE, "delivery_rate", NUMBER)                                                  \
	X(APP_LIMITED, "app_limited", NUMBER)                                                      \
	X(PACING_RATE, "pacing_rate", NUMBER)                                                      \
	X(DELIVERED_CE, "delivered_ce", NUMBER)                                                    \
	X(DELIVERED, "delivered", NUMBER)                                                          \
	X(DSACKS, "dsacks", NUMBER)                                                                \
	X(MTU_PROBES, "mtu_probes", NUMBER)                                                        \
	X(OOO_SEGS, "ooo_segs", NUMBER)                                                            \
	X(RECEIVED_CE, "received_ce", NUMBER)                                                      \
	X(PIPE_ACK, "pipe_ack", NUMBER)                                                            \
	X(CWND_VALIDATED, "cwnd_validated", NUMBER)                                                \
	X(RECOVERIES, "recoveries", NUMBER)                                                        \
	X(TIMEOUTS, "timeouts", NUMBER)                                                            \
	X(REORDERING_SEGS, "reordering_segs", NUMBER)                                              \
	X(REORD_SEEN, "reord_seen", NUMBER)                                                        \
	X(REQUESTS, "requests", NUMBER)                                                            \
	X(NONE, "none", FLAG)

enum script_key {
#define SCRIPT_KEY(id, word, type) SCRIPT_KEY_##id,
	SCRIPT_KEYS(SCRIPT_KEY)
#undef SCRIPT_KEY
	SCRIPT_KEY_COUNT,
};

/* What a line begins with; docs/guide/scripts.md tells what each means. */
enum script_verb {
	SCRIPT_INJECT = 0,
	SCRIPT_EXPECT,
	SCRIPT_WORLD,
	SCRIPT_USE,
	SCRIPT_WAIT,
	SCRIPT_TURN,
	SCRIPT_DRAIN,
	SCRIPT_OPTION,
	SCRIPT_ADDRESS,
	SCRIPT_ROUTE,
	SCRIPT_NEIGHBOR,
	SCRIPT_MTU,
	SCRIPT_TX,
	SCRIPT_OPEN,
	SCRIPT_LISTEN,
	SCRIPT_ACCEPT,
	SCRIPT_SEND,
	SCRIPT_RECEIVE,
	SCRIPT_SHUTDOWN,
	SCRIPT_CLOSE,
	SCRIPT_ABORT,
	SCRIPT_SET,
	SCRIPT_GET,
	SCRIPT_TAKE_ERROR,
	SCRIPT_STATE,
	SCRIPT_INFO,
	SCRIPT_EVENT,
	SCRIPT_READY,
	SCRIPT_COUNTER,
	SCRIPT_CONNS,
	SCRIPT_NEIGHBOR_IS,
	SCRIPT_ADDRESS_IS,
	SCRIPT_RESOLVE,
	SCRIPT_PING,
	SCRIPT_PONG,
	SCRIPT_UDP_OPEN,
	SCRIPT_UDP_BIND,
	SCRIPT_UDP_CONNECT,
	SCRIPT_UDP_SEND,
	SCRIPT_UDP_RECEIVE,
	SCRIPT_UDP_SET,
	SCRIPT_UDP_ERROR,
	SCRIPT_UDP_READY,
	SCRIPT_UDP_CLOSE,
	SCRIPT_VERB_COUNT,
};

/* What a word is and takes. */
struct script_verb_spec {
	const char *word;
	const char *
		positional; /* keys of arguments without "key=", in order; '?' behind one that may be left out */
	const char *keys; /* the others it takes */
	bool result;      /* may end in "= RESULT" */
};

/** What a line that begins with `verb` takes. */
const struct script_verb_spec *script_verb_spec(enum script_verb verb);

/** What a packet line of a protocol (enum script_proto) takes. */
const char *script_packet_keys(unsigned int proto);

/** A key by its spelling, SCRIPT_KEY_COUNT if there is none. */
enum script_key script_key_find(const char *word);

/** Spelling of a key. */
const char *script_key_word(enum script_key key);

/** Kind of a key's values. */
enum script_type script_key_type(enum script_key key);

/** Is `word` in a list of words parted by blanks? A '?' behind one of the list does not count. */
bool script_list_has(const char *list, const char *word);

/** A result: an integer, or the name of an errno, which becomes negative. @return 0 or -EINVAL. */
int script_result_parse(const char *text, int64_t *out);

/** The name of a negative errno, NULL if scripts know none. */
const char *script_errno_name(int64_t value);

PLN_C_END

#endif
