/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Written: IMF-fixdate alone. Read: that, RFC 850's and asctime's, which RFC 9110 §5.6.7 asks recipients to accept. The
 * names are English whatever the locale, since no program of ours sets one.
 *
 * The calendar is counted here: gmtime and timegm take the C library's lock for time zones, which all lcores would share. It repeats
 * every 400 years, which are 146097 days, a whole number of weeks.
 */
#include "serve/httpdate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CYCLE_YEARS 400
#define CYCLE_DAYS  146097
#define DAY_S       86400
#define EPOCH       1970

static int
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_of_month(int64_t year, int month)
{
	static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month] + (month == 1 ? is_leap(year) : 0);
}

/* The remainder that is never negative. */
static int64_t
remainder_of(int64_t value, int64_t by)
{
	int64_t rest = value % by;

	return rest < 0 ? rest + by : rest;
}

static struct tm
split(int64_t seconds)
{
	int64_t second = remainder_of(seconds, DAY_S), days = (seconds - second) / DAY_S;
	int64_t rest = remainder_of(days, CYCLE_DAYS);
	int64_t year = EPOCH + (days - rest) / CYCLE_DAYS * CYCLE_YEARS;
	int month = 0;

	for (; rest >= 365 + is_leap(year); year++)
		rest -= 365 + is_leap(year);
	for (; rest >= days_of_month(year, month); month++)
		rest -= days_of_month(year, month);
	return (struct tm){ .tm_year = (int)(year - 1900),
		            .tm_mon = month,
		            .tm_mday = (int)rest + 1,
		            .tm_wday =
		                    (int)remainder_of(days + 4, 7), /* the first was a Thursday */
		            .tm_hour = (int)(second / 3600),
		            .tm_min = (int)(second / 60 % 60),
		            .tm_sec = (int)(second % 60) };
}

/* What is beyond its month's end is counted on, as timegm does. */
static int64_t
join(const struct tm *tm)
{
	int64_t year = EPOCH + remainder_of(tm->tm_year + 1900 - EPOCH, CYCLE_YEARS);
	int64_t days = (tm->tm_year + 1900 - year) / CYCLE_YEARS * CYCLE_DAYS + tm->tm_mday - 1;

	for (int month = 0; month < tm->tm_mon; month++)
		days += days_of_month(year, month);
	for (int64_t y = EPOCH; y < year; y++)
		days += 365 + is_leap(y);
	return ((days * 24 + tm->tm_hour) * 60 + tm->tm_min) * 60 + tm->tm_sec;
}

char *
httpdate_format(int64_t seconds, char *buf)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm = split(seconds);

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
	if (tm->tm_year > split(time(NULL)).tm_year + 50)
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
		*out = join(&tm);
		return true;
	}
	return false;
}
