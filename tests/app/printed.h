/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program's room has written to a file so far. */
#ifndef POLLEN_TESTS_APP_PRINTED_H
#define POLLEN_TESTS_APP_PRINTED_H

#include <cstdio>
#include <string>

inline std::string
printed_to(FILE *file)
{
	std::string text;
	int c;

	rewind(file);
	while ((c = fgetc(file)) != EOF)
		text += static_cast<char>(c);
	return text;
}

#endif
