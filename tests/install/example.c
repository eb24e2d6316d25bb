/* SPDX-License-Identifier: BSD-3-Clause */
/* A program outside the tree, in the language that C and C++ share: it uses the installed headers and library alone. */
#include <stdio.h>
#include <string.h>

#include <pollen/types.h>

int
main(void)
{
	struct pln_addr addr;
	char text[PLN_ADDR_TEXT_LEN];

	if (pln_addr_parse("192.0.2.1", &addr) != 0)
		return 1;
	printf("%s\n", pln_addr_format(&addr, text));
	return strcmp(text, "192.0.2.1") == 0 ? 0 : 1;
}
