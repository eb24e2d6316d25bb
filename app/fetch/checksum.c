/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 by libcrypto, over the file as it lies on the disk: so the part of an earlier fetch is checked along with the rest. */
#include "fetch/checksum.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/fault.h"
#include "fetch/code.h"

static bool
hash_file(FILE *file, char hex[2 * EVP_MAX_MD_SIZE + 1])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned char block[65536];
	unsigned int len = 0;
	size_t n;
	bool is_good = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	while (is_good && (n = fread(block, 1, sizeof(block), file)) > 0)
		is_good = EVP_DigestUpdate(ctx, block, n) == 1;
	is_good = is_good && ferror(file) == 0 && EVP_DigestFinal_ex(ctx, digest, &len) == 1;
	EVP_MD_CTX_free(ctx);
	hex[0] = '\0';
	for (size_t i = 0; i < len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return is_good;
}

int
checksum_check(const char *path, const char *expected, struct pln_error *error)
{
	FILE *file = fopen(path, "re");
	const char *wanted = strchr(expected, '=') + 1;
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	bool is_read;

	if (file == NULL)
		return fault_set(error, CODE_WRITE, "%s cannot be read back: %s.", path,
		                 strerror(errno));
	is_read = hash_file(file, hex);
	(void)fclose(file);
	if (!is_read)
		return fault_set(error, CODE_WRITE, "%s cannot be read back.", path);
	if (strcasecmp(hex, wanted) != 0)
		return fault_set(error, CODE_CHECKSUM,
		                 "The checksum is wrong: %s was promised, %s arrived.", wanted,
		                 hex);
	return CODE_OK;
}
