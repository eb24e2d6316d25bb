/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that is fetched in parts: which part is free, whose, done, and whether it still makes sense to go on. One transfer
 * leads: it makes the split, waits for the others to leave, and names the file. The others, on any lcore, take parts and write
 * them to their places in the same file.
 *
 * What is shared: the state of each part (taken by compare-and-swap), the number of workers, the reason to stop. All else is
 * written before the split is published, or by who holds a part.
 */
#ifndef POLLEN_APP_FETCH_SPLIT_H
#define POLLEN_APP_FETCH_SPLIT_H

#include <pollen/types.h>

PLN_C_BEGIN

/* The first part, that of the leader's first request: what tells whether there can be more. */
#define SPLIT_FIRST (UINT64_C(1) << 20)

/* Why a split stops, beside an enum code: it is not the server's file any more, so no part of it is of use. */
#define SPLIT_CHANGED (-1)
#define SPLIT_OVER    (-2) /* all parts are there */

struct split_part {
	uint64_t first, end; /* bytes of the file: [first, end) */
	uint64_t got;        /* of them, from the front; written by its holder */
	int state;           /* enum in split.c; atomic */
};

struct split {
	/* Written by who makes it, before others know of it. */
	char *url;
	char *user, *password;    /* of that URL, NULL for none */
	char *etag;               /* of the first answer, NULL for none */
	char *modified;           /* its Last-Modified, NULL for none */
	const char *validator;    /* one of the two, for If-Range */
	bool is_foreign;          /* as in struct request */
	struct pln_endpoint peer; /* all parts come from the same address */
	int fd;
	uint64_t begin, end; /* what is fetched of the file: [begin, end); end is its length */
	uint32_t parts;
	struct split_part *part;
	/* Helpers that an lcore may still send; after publication its own. */
	uint32_t *wanted;
	struct split *older; /* of whoever keeps it until nobody can look at it any more */
	/* Shared; atomic. */
	uint32_t workers;  /* helpers that have joined and not left */
	uint32_t connects; /* connections that helpers opened */
	uint32_t stopping; /* who gets here first may write `error` */
	int stopped;       /* SPLIT_CHANGED, SPLIT_OVER or an enum code; 0: go on */
	struct pln_error error;
};

/**
 * Divide [begin, end): a first part of SPLIT_FIRST bytes, taken; the rest in about four parts for each connection.
 *
 * @param connections  1 or more
 * @param lcores       who may help
 * @return NULL when memory is out
 */
struct split *split_create(uint64_t begin, uint64_t end, uint32_t connections, uint32_t lcores);
void split_destroy(struct split *split);

/** An lcore sends a helper, if it still may. Its thread. @return false: no more are wanted. */
bool split_join(struct split *split, uint32_t lcore);

/** A helper has gone: it touches neither file nor split any more. @param connects connections that it opened */
void split_leave(struct split *split, uint32_t connects);

/** How many helpers there are. */
uint32_t split_workers(const struct split *split);

/** Take the first part that is free. @return its number, or -1. */
int split_claim(struct split *split);

/** What of a taken part has been written is in its `got`: it is done if that is all, else free again. */
void split_release(struct split *split, int part);

/** Is every part done? */
bool split_is_complete(const struct split *split);

/** Nobody shall go on. The first reason counts. @param error NULL for none */
void split_stop(struct split *split, int reason, const struct pln_error *error);

/** @return the reason, 0: there is none. */
int split_stopped(const struct split *split);

/** Up to where the file is whole: of parts that are held, nothing counts. */
uint64_t split_whole(const struct split *split);

/** Bytes of all parts that are written; when nobody holds one. */
uint64_t split_received(const struct split *split);

PLN_C_END

#endif
