/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pollen-fetch: files over HTTP/1.1 through Pollen's own TCP/IP stack, with curl's options and exit codes. URLs are fetched
 * in their order; the exit code is that of the last one that failed, so that no failure is hidden by what came after it.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "common/fault.h"
#include "fetch/code.h"
#include "fetch/tcpinfo.h"
#include "fetch/transfer.h"
#include "fetch/writeout.h"

static void
print_error(const struct options *options, int code, const struct pln_error *error)
{
	if (options->silent && !options->show_error)
		return;
	(void)fprintf(stderr, "pollen-fetch: (%d) %s\n", code, error->text);
}

static void
print_result(const struct options *options, const struct result *result)
{
	struct writeout out = { 0 };
	struct text info = { 0 };

	if (options->write_out != NULL) {
		writeout_format(options->write_out, result, &out);
		(void)fwrite(text_get(&out.out), 1, out.out.len, stdout);
		(void)fflush(stdout);
		(void)fwrite(text_get(&out.err), 1, out.err.len, stderr);
	}
	if (options->tcp_info && result->tcp.size > 0) {
		tcpinfo_format(&result->tcp, &info);
		(void)fputs(text_get(&info), stderr);
	}
	text_free(&out.out);
	text_free(&out.err);
	text_free(&info);
}

static void
print_saved(const struct options *options, const struct result *result)
{
	if (result->code == CODE_OK && !options->silent && result->filename != NULL &&
	    result->filename[0] != '\0')
		(void)fprintf(stderr, "saved %s\n", result->filename);
	if (result->extra_bytes > 0 && !options->silent)
		(void)fprintf(stderr,
		              "pollen-fetch: warning: the server sent %llu bytes more than it "
		              "announced; they are ignored.\n",
		              (unsigned long long)result->extra_bytes);
}

static int
fetch_url(struct session *session, unsigned int number)
{
	const struct options *options = session->options;
	struct pln_error error = { 0 };
	struct result result = { 0 };
	struct transfer transfer = {
		.session = session,
		.options = options,
		.result = &result,
		.error = &error,
		.typed = options->urls.at[number],
		.number = number,
	};
	int code = transfer_run(&transfer);

	meter_hide(&session->meter);
	if (code != CODE_OK)
		print_error(options, code, &error);
	print_saved(options, &result);
	print_result(options, &result);
	transfer_free(&transfer);
	result_free(&result);
	return code;
}

/* An error of one URL does not keep the next from being tried, unless it is of the port or the user's wish. */
static bool
may_go_on(const struct session *session, int failed)
{
	bool is_of_port = failed == CODE_INIT || failed == CODE_PORT || failed == CODE_MEMORY;

	return failed < 128 && !(is_of_port && session->run.host == NULL);
}

static int
fetch_all(const struct options *options)
{
	struct pln_error error = { 0 };
	struct interrupt *interrupt;
	struct session session;
	int code;
	int failed;

	if (interrupt_start(&interrupt) < 0) {
		(void)fault_set(&error, CODE_MEMORY, "a thread could not be started.");
		print_error(options, CODE_MEMORY, &error);
		return CODE_MEMORY;
	}
	failed = session_init(&session, options, interrupt, &error);
	if (failed != CODE_OK)
		print_error(options, failed, &error);
	for (size_t i = 0; i < options->urls.count && may_go_on(&session, failed); i++) {
		code = fetch_url(&session, (unsigned int)i);
		if (code != CODE_OK)
			failed = code;
	}
	session_end(&session);
	if (interrupt_signal(interrupt) != 0)
		failed = 128 + interrupt_signal(interrupt);
	interrupt_stop(interrupt);
	return failed;
}

static void
print_version(void)
{
	(void)printf("pollen-fetch " POLLEN_VERSION "\n"
	             "HTTP/1.1 by llhttp %d.%d.%d, URLs by %s\n",
	             LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH,
	             curl_version());
}

int
main(int argc, char **argv)
{
	struct pln_error error = { 0 };
	struct options options;
	int code = CODE_OK;

	if (options_parse(&options, argc, argv, &error) < 0) {
		(void)fprintf(
			stderr,
			"pollen-fetch: (%d) %s\n%sTry 'pollen-fetch --help' for the options.\n",
			CODE_INIT, error.text, options_usage);
		code = CODE_INIT;
	} else if (options.action == OPTIONS_HELP) {
		(void)printf("%s%s%s", options_usage, options_help, hostopts_help);
	} else if (options.action == OPTIONS_VERSION) {
		print_version();
	} else {
		code = fetch_all(&options);
	}
	options_free(&options);
	return code;
}
