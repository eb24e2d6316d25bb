/* SPDX-License-Identifier: BSD-3-Clause */
/* Letters of iputils' ping that mean nothing here. */
#ifndef POLLEN_APP_PING_REFUSED_H
#define POLLEN_APP_PING_REFUSED_H

/* For getopt: these letters, with colons where they take a value. */
#define REFUSED_SHORTS "6CdF:Lm:N:rRS:T:"

/** Why this letter is refused, a phrase behind "is not supported:"; NULL: it is none of them. */
const char *refused_why(int letter);

#endif
