/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * At most ten draws a second on a terminal, a line every three seconds elsewhere. The current rate is over the last five
 * seconds, and the remaining time is by that rate, so it follows a link that changes. Rates are of this transfer; percentage
 * and size count what was there before.
 */
#include "fetch/meter.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/number.h"

#define DRAW_NS    (PLN_NS_PER_S / 10)
#define LINE_NS    (3 * PLN_NS_PER_S)
#define BAR_MIN    10
#define WIDTH_TEXT 75 /* columns that the rest of the line may take */
#define BAR_MAX    40
#define TEXT_MAX   256
#define TEXT_LEN   32
#define LEFT_LEN   64

void
meter_init(struct meter *meter, FILE *out)
{
	struct winsize size = { 0 };

	memset(meter, 0, sizeof(*meter));
	meter->out = out;
	meter->width = 80;
	if (out == NULL)
		return;
	meter->is_terminal = isatty(fileno(out)) == 1;
	if (meter->is_terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		meter->width = size.ws_col;
}

void
meter_start(struct meter *meter, uint64_t now, uint64_t offset)
{
	meter->start = now;
	meter->offset = offset;
	meter->next = now + (meter->is_terminal ? DRAW_NS : LINE_NS);
	meter->samples[0] = (struct meter_sample){ now, 0 };
	meter->count = 1;
}

static uint64_t
rate(uint64_t bytes, uint64_t ns)
{
	return ns > 0 ? (uint64_t)((double)bytes * 1e9 / (double)ns) : 0;
}

/* Bytes a second since the oldest moment that is remembered. */
static uint64_t
current_rate(const struct meter *meter, const struct meter_sample *at)
{
	unsigned int oldest = meter->count > METER_SAMPLES ? meter->count % METER_SAMPLES : 0;
	const struct meter_sample *s = &meter->samples[oldest];

	return rate(at->bytes - s->bytes, at->now - s->now);
}

static void
add_bar(char bar[BAR_MAX + 4], unsigned int percent, unsigned int cells)
{
	unsigned int full = percent * cells / 100;

	if (cells < BAR_MIN) {
		bar[0] = '\0';
		return;
	}
	bar[0] = '[';
	for (unsigned int i = 0; i < cells; i++)
		bar[1 + i] = i < full ? '=' : i == full ? '>' : ' ';
	memcpy(bar + 1 + cells, "] ", 3);
}

/* "ETA 3s" while it runs, "in 4s" when it is over. */
static void
format_rest(const struct meter *meter, const struct meter_sample *at, uint64_t total, char *buf)
{
	uint64_t current = current_rate(meter, at);
	uint64_t left = total - at->bytes;
	char time[TEXT_LEN] = "--";

	if (at->bytes >= total) {
		(void)snprintf(buf, LEFT_LEN, "in %s",
		               number_format_time(at->now - meter->start, time, sizeof(time)));
		return;
	}
	if (current > 0)
		(void)number_format_time((uint64_t)((double)left * 1e9 / (double)current), time,
		                         sizeof(time));
	(void)snprintf(buf, LEFT_LEN, "ETA %s", time);
}

int
meter_format(const struct meter *meter, const struct meter_sample *at, uint64_t total, char *buf,
             size_t len)
{
	uint64_t there = meter->offset + at->bytes;
	char done[TEXT_LEN];
	char whole[TEXT_LEN];
	char speed[TEXT_LEN];
	char average[TEXT_LEN];
	char left[LEFT_LEN];
	char bar[BAR_MAX + 4] = "";
	unsigned int percent = 100;

	(void)number_format_size(there, done, sizeof(done));
	(void)number_format_size(current_rate(meter, at), speed, sizeof(speed));
	(void)number_format_size(rate(at->bytes, at->now - meter->start), average, sizeof(average));
	if (total == UINT64_MAX)
		return snprintf(buf, len, "%10s  %s%10s/s  avg %10s/s", done, meter->note, speed,
		                average);
	if (meter->offset + total > 0)
		percent = (unsigned int)((double)there * 100 / (double)(meter->offset + total));
	if (meter->is_terminal && meter->width > WIDTH_TEXT)
		add_bar(bar, percent,
		        meter->width - WIDTH_TEXT < BAR_MAX ? meter->width - WIDTH_TEXT : BAR_MAX);
	format_rest(meter, at, total, left);
	return snprintf(buf, len, "%3u%% %s%s of %s  %s%s/s  avg %s/s  %s", percent, bar, done,
	                number_format_size(meter->offset + total, whole, sizeof(whole)),
	                meter->note, speed, average, left);
}

static void
draw(struct meter *meter, uint64_t now, uint64_t bytes, uint64_t total)
{
	char line[TEXT_MAX];
	const struct meter_sample at = { now, bytes };
	int len = meter_format(meter, &at, total, line, sizeof(line));

	if (!meter->is_terminal) {
		(void)fprintf(meter->out, "%s\n", line);
		return;
	}
	if (len >= (int)meter->width && meter->width > 0 && meter->width < sizeof(line))
		line[meter->width - 1] = '\0';
	(void)fprintf(meter->out, "\r%s\033[K", line);
	(void)fflush(meter->out);
	meter->is_drawn = true;
}

void
meter_update(struct meter *meter, uint64_t now, uint64_t bytes, uint64_t total)
{
	if (meter->out == NULL || now < meter->next)
		return;
	meter->next = now + (meter->is_terminal ? DRAW_NS : LINE_NS);
	draw(meter, now, bytes, total);
	meter->samples[meter->count % METER_SAMPLES] = (struct meter_sample){ now, bytes };
	meter->count++;
}

void
meter_end(struct meter *meter, uint64_t now, uint64_t bytes, uint64_t total)
{
	if (meter->out == NULL)
		return;
	draw(meter, now, bytes, total);
	if (meter->is_terminal)
		(void)fputc('\n', meter->out);
	meter->is_drawn = false;
}

void
meter_hide(struct meter *meter)
{
	if (meter->out == NULL || !meter->is_drawn)
		return;
	(void)fputs("\r\033[K", meter->out);
	(void)fflush(meter->out);
	meter->is_drawn = false;
}
