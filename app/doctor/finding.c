/* SPDX-License-Identifier: BSD-3-Clause */
/* Findings as lines for people, or as one JSON object a line. The exit code is the worst verdict. */
#include "doctor/finding.h"

#include <stdarg.h>
#include <string.h>

#include "common/jsonout.h"

static const char *const verdict_names[] = { "ok", "warning", "failed" };

struct finding
finding_of(enum verdict verdict, const char *check, const char *format, ...)
{
	struct finding finding = { .verdict = verdict, .check = check };
	va_list args;

	va_start(args, format);
	(void)vsnprintf(finding.seen, sizeof(finding.seen), format, args);
	va_end(args);
	return finding;
}

void
finding_mend(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(finding->mend, sizeof(finding->mend), format, args);
	va_end(args);
}

void
finding_add(struct finding *finding, const char *format, ...)
{
	size_t used = strlen(finding->seen);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(finding->seen + used, sizeof(finding->seen) - used, format, args);
	va_end(args);
}

void
report_add(struct report *report, const struct finding *finding)
{
	const char *verdict = verdict_names[finding->verdict];

	report->counts[finding->verdict]++;
	if (report->json) {
		struct jsonout object = jsonout_begin(report->out);

		jsonout_text(&object, "type", "check");
		jsonout_text(&object, "check", finding->check);
		if (report->port != NULL)
			jsonout_text(&object, "port", report->port);
		jsonout_text(&object, "verdict", verdict);
		jsonout_text(&object, "seen", finding->seen);
		if (finding->mend[0] != '\0')
			jsonout_text(&object, "mend", finding->mend);
		jsonout_end(&object);
		return;
	}
	(void)fprintf(report->out, "%-8s %-14s %s%s%s\n", verdict, finding->check,
	              report->port != NULL ? report->port : "", report->port != NULL ? ": " : "",
	              finding->seen);
	if (finding->mend[0] != '\0')
		(void)fprintf(report->out, "%-8s %-14s %s\n", "", "mend with:", finding->mend);
	(void)fflush(report->out);
}

void
report_end(const struct report *report)
{
	const unsigned int *counts = report->counts;

	if (report->json) {
		struct jsonout object = jsonout_begin(report->out);

		jsonout_text(&object, "type", "summary");
		jsonout_text(&object, "verdict", verdict_names[report_exit_code(report)]);
		jsonout_number(&object, "ok", counts[VERDICT_OK]);
		jsonout_number(&object, "warnings", counts[VERDICT_WARNING]);
		jsonout_number(&object, "failed", counts[VERDICT_FAILED]);
		jsonout_end(&object);
		return;
	}
	(void)fprintf(report->out, "%u ok, %u warning%s, %u failed\n", counts[VERDICT_OK],
	              counts[VERDICT_WARNING], counts[VERDICT_WARNING] == 1 ? "" : "s",
	              counts[VERDICT_FAILED]);
}

int
report_exit_code(const struct report *report)
{
	if (report->counts[VERDICT_FAILED] > 0)
		return VERDICT_FAILED;
	return report->counts[VERDICT_WARNING] > 0 ? VERDICT_WARNING : VERDICT_OK;
}
