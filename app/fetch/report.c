/* SPDX-License-Identifier: BSD-3-Clause */
/* Each goes to the console whole, so that what several transfers say does not mix. */
#include "fetch/report.h"

#include "fetch/code.h"
#include "fetch/tcpinfo.h"
#include "fetch/writeout.h"

void
report_error(struct console *console, const struct options *options, int code,
             const struct pln_error *error)
{
	struct text text = { 0 };

	if (options->silent && !options->show_error)
		return;
	text_printf(&text, "pollen-fetch: (%d) %s\n", code, error->text);
	console_put(console, stderr, &text);
	text_free(&text);
}

static void
add_saved(struct text *text, const struct options *options, const struct result *result)
{
	if (options->silent)
		return;
	if (result->code == CODE_OK && result->filename != NULL && result->filename[0] != '\0')
		text_printf(text, "saved %s\n", result->filename);
	if (result->extra_bytes > 0)
		text_printf(text,
		            "pollen-fetch: warning: the server sent %llu bytes more than it "
		            "announced; they are ignored.\n",
		            (unsigned long long)result->extra_bytes);
}

void
report(struct session *session, int code, const struct pln_error *error,
       const struct result *result)
{
	const struct options *options = session->options;
	struct writeout out = { 0 };
	struct text text = { 0 };

	if (code != CODE_OK)
		report_error(&session->console, options, code, error);
	add_saved(&text, options, result);
	console_put(&session->console, stderr, &text);
	if (options->write_out != NULL)
		writeout_format(options->write_out, result, &out);
	console_put(&session->console, stdout, &out.out);
	console_put(&session->console, stderr, &out.err);
	text_clear(&text);
	if (options->tcp_info && result->tcp.size > 0)
		tcpinfo_format(&result->tcp, &text);
	console_put(&session->console, stderr, &text);
	text_free(&out.out);
	text_free(&out.err);
	text_free(&text);
}
