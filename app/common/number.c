/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in and out: strict when read (no sign, no blank, nothing behind), short when written. Sizes are powers of 1024. */
#include "common/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX UINT64_C(3155760000)

int
number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end != '\0')
		return -EINVAL;
	if (errno == ERANGE || value < min || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

int
number_parse_seconds(const char *text, uint64_t *out_ns)
{
	const char *fraction = strchr(text, '.');
	char whole[32];
	uint64_t seconds;
	uint64_t ns = 0;
	uint64_t digit = PLN_NS_PER_S / 10;
	size_t len = fraction != NULL ? (size_t)(fraction - text) : strlen(text);
	int ret;

	if (len >= sizeof(whole))
		return -ERANGE;
	memcpy(whole, text, len);
	whole[len] = '\0';
	ret = number_parse(len > 0 || fraction == NULL ? whole : "0", 0, SECONDS_MAX, &seconds);
	if (ret < 0)
		return ret;
	if (fraction != NULL) {
		if (fraction[1] == '\0')
			return -EINVAL;
		for (const char *c = fraction + 1; *c != '\0'; c++) {
			if (!isdigit((unsigned char)*c))
				return -EINVAL;
			ns += digit * (uint64_t)(*c - '0');
			digit /= 10;
		}
	}
	*out_ns = seconds * PLN_NS_PER_S + ns;
	return 0;
}

int
number_parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	static const char units[] = "KMGT";
	size_t digits = strspn(text, "0123456789");
	const char *unit = text[digits] != '\0' ? strchr(units, text[digits]) : NULL;
	unsigned int shift = unit != NULL ? 10 * (unsigned int)(unit - units + 1) : 0;
	char number[24];
	uint64_t value;
	int ret;

	if (digits >= sizeof(number))
		return -ERANGE;
	if (strlen(text) != digits + (unit != NULL))
		return -EINVAL;
	memcpy(number, text, digits);
	number[digits] = '\0';
	ret = number_parse(number, 0, UINT64_MAX >> shift, &value);
	if (ret < 0)
		return ret;
	value <<= shift;
	if (value < min || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

char *
number_format_size(uint64_t bytes, char *buf, size_t len)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	if (unit == 0)
		(void)snprintf(buf, len, "%u B", (unsigned int)bytes);
	else
		(void)snprintf(buf, len, "%.*f %s",
		               value < 9.995   ? 2
		               : value < 99.95 ? 1
		                               : 0,
		               value, units[unit]);
	return buf;
}

char *
number_format_time(uint64_t ns, char *buf, size_t len)
{
	uint64_t seconds = (ns + PLN_NS_PER_S / 2) / PLN_NS_PER_S;
	unsigned int hours = (unsigned int)(seconds / 3600);

	if (hours > 99)
		(void)snprintf(buf, len, "%ud%02uh", hours / 24, hours % 24);
	else if (hours > 0)
		(void)snprintf(buf, len, "%uh%02um", hours, (unsigned int)(seconds / 60 % 60));
	else if (seconds >= 60)
		(void)snprintf(buf, len, "%um%02us", (unsigned int)(seconds / 60),
		               (unsigned int)(seconds % 60));
	else
		(void)snprintf(buf, len, "%us", (unsigned int)seconds);
	return buf;
}
