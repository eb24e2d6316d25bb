/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pollen-fetch: files over HTTP/1.1 through Pollen's own TCP/IP stack, with curl's options and exit codes. URLs are fetched
 * in their order, or many at once (-Z); the exit code is that of the last one that failed, so that no failure is hidden by what
 * came after it.
 */
#include <curl/curl.h>
#include <stdio.h>

#include "common/fault.h"
#include "fetch/code.h"
#include "fetch/crew.h"

static void
print_error(const struct options *options, int code, const struct pln_error *error)
{
	if (!options->silent || options->show_error)
		(void)fprintf(stderr, "pollen-fetch: (%d) %s\n", code, error->text);
}

static int
fetch_all(const struct options *options)
{
	struct pln_error error = { 0 };
	struct interrupt *interrupt;
	struct crew crew;
	int code;

	if (interrupt_start(&interrupt) < 0) {
		(void)fault_set(&error, CODE_MEMORY, "a thread could not be started.");
		print_error(options, CODE_MEMORY, &error);
		return CODE_MEMORY;
	}
	code = crew_init(&crew, options, interrupt, &error);
	if (code != CODE_OK)
		print_error(options, code, &error);
	else
		code = crew_run(&crew);
	crew_end(&crew);
	interrupt_stop(interrupt);
	return code;
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
		(void)printf("%s%s%s%s", options_usage, options_help, hostopts_lcores_help,
		             hostopts_help);
	} else if (options.action == OPTIONS_VERSION) {
		print_version();
	} else {
		code = fetch_all(&options);
	}
	options_free(&options);
	return code;
}
