/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a transfer adds to its lcore's progress, and the meter of its own that it has when no others are under way. A try that fails
 * expects in the end what it received, so that the sums of all agree when all are over.
 */
#include "fetch/crew.h"

void
transfer_draw(struct transfer *transfer)
{
	struct transfer *t = transfer;
	struct meter *meter = &t->session->meter;
	uint64_t now = run_clock();
	struct progress sum;

	/* What other lcores write is looked at when it is time to, not in each turn. */
	if (!t->is_metered || now < meter->next)
		return;
	crew_progress(t->session->crew, &sum);
	meter_update(meter, now, sum.received - t->metered, t->total);
}

uint64_t
transfer_received(const struct transfer *transfer)
{
	return transfer->fetched > 0 ? transfer->fetched : transfer->exchange.response.body_bytes;
}

void
transfer_count_begin(struct transfer *transfer)
{
	struct transfer *t = transfer;
	struct progress *progress = &t->session->progress;
	struct progress sum;

	crew_progress(t->session->crew, &sum);
	t->metered = sum.received;
	t->is_counted = true;
	if (t->total != UINT64_MAX) {
		progress_add(&progress->unknown, -1);
		progress_add(&progress->expected, (int64_t)t->total);
	}
}

void
transfer_count(struct transfer *transfer)
{
	struct transfer *t = transfer;
	uint64_t bytes = t->exchange.response.body_bytes;

	if (!t->is_saving && !t->is_placing)
		return;
	if (bytes != t->counted) {
		progress_add(&t->session->progress.received, (int64_t)(bytes - t->counted));
		t->counted = bytes;
	}
	if (t->exchange.state == EXCHANGE_BODY)
		transfer_draw(t);
}

void
transfer_count_end(struct transfer *transfer)
{
	struct transfer *t = transfer;
	struct progress *progress = &t->session->progress;

	if (!t->is_counted)
		return;
	t->is_counted = false;
	progress_add(&progress->expected, (int64_t)transfer_received(t));
	if (t->total != UINT64_MAX) {
		progress_add(&progress->unknown, 1);
		progress_add(&progress->expected, -(int64_t)t->total);
	}
}
