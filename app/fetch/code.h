/* SPDX-License-Identifier: BSD-3-Clause */
/* Exit codes: curl's numbers with curl's meanings, and one of our own. In pollen-fetch a struct pln_error carries them as its code. */
#ifndef POLLEN_APP_FETCH_CODE_H
#define POLLEN_APP_FETCH_CODE_H

enum code {
	CODE_OK = 0,
	CODE_PROTOCOL = 1, /* https://, ftp://, or a server that speaks no HTTP */
	CODE_INIT = 2,     /* wrong options, or EAL did not start */
	CODE_URL = 3,      /* not a URL */
	CODE_RESOLVE = 6,  /* no address for the host's name */
	CODE_CONNECT = 7,  /* refused, unreachable, no ARP reply */
	CODE_WEIRD = 8,    /* HTTP, but wrong */
	CODE_PARTIAL = 18, /* fewer bytes than were announced */
	CODE_HTTP = 22,    /* status 400 or above, with --fail */
	CODE_WRITE = 23,   /* the target could not be written */
	CODE_MEMORY = 27,
	CODE_TIMEOUT = 28,   /* --connect-timeout, --max-time, or TCP gave up connecting */
	CODE_RANGE = 33,     /* the server does not send ranges */
	CODE_RESUME = 36,    /* the part on disk and the server's file do not fit */
	CODE_GIVEN_UP = 42,  /* another URL failed, and --fail-early was given */
	CODE_PORT = 45,      /* no port, or it cannot be used */
	CODE_REDIRECTS = 47, /* too many */
	CODE_EMPTY = 52,     /* closed without a byte of reply */
	CODE_RECV = 56,      /* reset, or given up, while receiving */
	CODE_CHECKSUM = 100, /* the body's hash is not the one that --checksum gave */
};

#endif
