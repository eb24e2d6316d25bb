/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Written: IMF-fixdate alone. Read: that, RFC 850's and asctime's, which RFC 9110 §5.6.7 asks recipients to accept. The
 * names are English whatever the locale, since no program of ours sets one.
 */
#include "serve/httpdate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

char *
httpdate_format(int64_t seconds, char *buf)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t when = (time_t)seconds;
	struct tm tm = { .tm_mday = 1 };

	(void)gmtime_r(&when, &tm);
	(void)snprintf(buf, HTTPDATE_LEN, "%s, %02u %s %04u %02u:%02u:%02u GMT",
	               days[(unsigned int)tm.tm_wday % 7], (unsigned int)tm.tm_mday % 100,
	               months[(unsigned int)tm.tm_mon % 12],
	               (unsigned int)(tm.tm_year + 1900) % 10000, (unsigned int)tm.tm_hour % 100,
	               (unsigned int)tm.tm_min % 100, (unsigned int)tm.tm_sec % 100);
	return buf;
}

/* RFC 9110 §5.6.7: a two-digit year that seems more than 50 years ahead is of the century before. */
static void
mend_century(struct tm *tm)
{
	time_t now = time(NULL);
	struct tm today;

	(void)gmtime_r(&now, &today);
	if (tm->tm_year > today.tm_year + 50)
		tm->tm_year -= 100;
}

bool
httpdate_parse(const char *text, int64_t *out)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %e %H:%M:%S %Y",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { .tm_mday = 1 };
		const char *end = strptime(text, forms[i], &tm);

		if (end == NULL || *end != '\0')
			continue;
		if (i == 1)
			mend_century(&tm);
		*out = (int64_t)timegm(&tm);
		return true;
	}
	return false;
}
