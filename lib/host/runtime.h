/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The folder in which EAL keeps what belongs to a running process: where it is, whether it can be written, and its removal.
 */
#ifndef POLLEN_HOST_RUNTIME_H
#define POLLEN_HOST_RUNTIME_H

#include "base/error.h"

PLN_C_BEGIN

struct pln_runtime {
	char root[256]; /* what RUNTIME_DIRECTORY or the user's rank says */
	bool had_dpdk;  /* root/dpdk was there before us */
};

/* EAL's choice, from the environment's values (NULL: not set) and the user id. */
const char *pln_runtime_root(const char *runtime_directory, const char *xdg_runtime_dir,
                             unsigned int uid);

/* Look whether EAL will be able to write. @return 0, or -EACCES with a sentence. */
int pln_runtime_check(struct pln_runtime *runtime, const char *root, struct pln_error *error);

/* Remove root/dpdk/`prefix` and what EAL leaves there, and root/dpdk if we brought it and it is empty. */
void pln_runtime_remove(const struct pln_runtime *runtime, const char *prefix);

PLN_C_END

#endif
