/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segment scripts: packets, calls and assertions over time, one a line (docs/guide/scripts.md has the language). The parser turns
 * text into records and knows nothing of stacks, clocks or files: whoever runs the records decides what they mean, a stack in
 * this process or a host on the wire.
 */
#ifndef POLLEN_APP_COMMON_SCRIPT_H
#define POLLEN_APP_COMMON_SCRIPT_H

#include <pollen/types.h>

#include "common/script_words.h"

PLN_C_BEGIN

/* The most values a field may list (SACK has four blocks). */
#define SCRIPT_MAX_ITEMS 4

/* How a number's ends stand for "anything below" and "anything above". */
#define SCRIPT_LOWEST  INT64_MIN
#define SCRIPT_HIGHEST INT64_MAX

/* One value: a number with lo equal to hi, a range "lo~hi", a pair "lo:hi", or "*". */
struct script_item {
	int64_t lo, hi; /* of a time: ns; of an address: host order; of a MAC: 48 bits */
	bool any;       /* "*" */
};

/* One "key=value", bare word or positional argument of a line. */
struct script_field {
	enum script_key key;
	uint32_t column; /* of its first character, from 1 */
	bool none;       /* "key=none": it must not be there */
	bool absolute;   /* "abs:": not relative to an initial sequence number */
	uint8_t count;   /* of items; 0 for text and bare words */
	struct script_item items[SCRIPT_MAX_ITEMS];
	const char *text; /* the value as written, quotes removed; belongs to the script */
};

/* When a line happens. */
enum script_when {
	SCRIPT_WHEN_NOW = 0, /* no time is given */
	SCRIPT_WHEN_AFTER,   /* "+0.2": so long after the line before */
	SCRIPT_WHEN_AT,      /* "@1.5": since the script began */
};

/* What a packet line begins with. */
enum script_proto {
	SCRIPT_TCP = 0,
	SCRIPT_ARP,
	SCRIPT_ICMP,
	SCRIPT_UDP,
	SCRIPT_IP,  /* IPv4 with any protocol */
	SCRIPT_ETH, /* bytes behind an Ethernet header */
};

/* TCP's flags, as on the wire. */
enum script_flag {
	SCRIPT_FIN = 0x01,
	SCRIPT_SYN = 0x02,
	SCRIPT_RST = 0x04,
	SCRIPT_PSH = 0x08,
	SCRIPT_ACK = 0x10,
	SCRIPT_URG = 0x20,
	SCRIPT_ECE = 0x40,
	SCRIPT_CWR = 0x80,
};

/* One line. */
struct script_record {
	uint32_t line; /* from 1 */
	enum script_verb verb;
	enum script_when when;
	struct script_item time; /* ns, with `when` */
	enum script_proto proto; /* of packet lines */
	uint8_t flags;           /* of TCP packets: enum script_flag */
	bool has_result;         /* "= …" is there */
	int64_t result;          /* number, or negative errno */
	uint32_t first, count;   /* its fields in script.fields */
	const char *text;        /* the line as written, for messages */
};

/* A script, parsed. */
struct script {
	struct script_record *records;
	struct script_field *fields;
	uint32_t count, field_count;       /* of records; of fields */
	uint32_t capacity, field_capacity; /* allocated */
	char *lines, *words;               /* the text, cut at line ends; cut at word ends */
};

/**
 * Parse a script.
 *
 * @param text   `len` bytes, need not end in NUL
 * @param name   for messages: its file
 * @param out    untouched on failure; free with script_free
 * @param error  on failure "name:line:column: sentence"
 * @return 0; -EINVAL; -ENOMEM. Any thread.
 */
int script_parse(const char *text, size_t len, const char *name, struct script *out,
                 struct pln_error *error);

/** Free what a script holds; one that is all zero is allowed. */
void script_free(struct script *script);

/** The field of a record with this key, NULL if it is not there. */
const struct script_field *script_find(const struct script *script,
                                       const struct script_record *record, enum script_key key);

/** A value against what is wanted: `*`, a number or a range. */
bool script_item_matches(const struct script_item *item, int64_t value);

PLN_C_END

#endif
