/* SPDX-License-Identifier: BSD-3-Clause */
/* What options must be to each other, what follows from them, and how they end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "fetch/options.h"

/* An -O too many says nothing that would not happen anyway. */
static int
check_outputs(const struct options *o, struct pln_error *error)
{
	size_t streams = 0;
	size_t count = 0;

	for (size_t i = 0; i < o->outputs.count; i++) {
		const char *name = o->outputs.at[i];

		count = name != NULL ? i + 1 : count;
		streams += name != NULL && strcmp(name, "-") == 0;
	}
	if (count > o->urls.count)
		return fault_set(error, -EINVAL, "there are more -o (%zu) than URLs (%zu).", count,
		                 o->urls.count);
	if (o->parallel && streams > 1)
		return fault_set(error, -EINVAL,
		                 "-Z would mix %zu files on standard output: give -o - once.",
		                 streams);
	return 0;
}

static int
check_split(const struct options *o, struct pln_error *error)
{
	if (o->split > 1 && (o->head || o->has_data || o->include || o->method != NULL))
		return fault_set(error, -EINVAL,
		                 "-x fetches the parts of a file: it excludes -I, -d, -i and -X.");
	if (o->split > 1 && o->range != NULL)
		return fault_set(error, -EINVAL, "-x and -r exclude each other.");
	return 0;
}

int
options_check(struct options *options, struct pln_error *error)
{
	struct options *o = options;

	if (o->urls.count == 0)
		return fault_set(error, -EINVAL, "no URL was given.");
	if (o->resume && o->range != NULL)
		return fault_set(error, -EINVAL, "-C and -r exclude each other.");
	if (o->head && o->has_data)
		return fault_set(error, -EINVAL, "-I and -d exclude each other.");
	if (o->checksum != NULL && (o->urls.count != 1 || o->head))
		return fault_set(error, -EINVAL, "--checksum wants one URL and a body.");
	if (check_outputs(o, error) < 0 || check_split(o, error) < 0)
		return -EINVAL;
	return hostopts_finish(&o->host, error);
}

const char *
options_method(const struct options *options)
{
	if (options->method != NULL)
		return options->method;
	if (options->head)
		return "HEAD";
	return options->has_data ? "POST" : "GET";
}

static void
free_strings(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->at[i]);
	free(strings->at);
}

void
options_free(struct options *options)
{
	hostopts_free(&options->host);
	free_strings(&options->urls);
	free_strings(&options->outputs);
	free_strings(&options->headers);
	free_strings(&options->resolves);
	free(options->output_dir);
	free(options->user_agent);
	free(options->method);
	free(options->range);
	free(options->write_out);
	free(options->checksum);
	text_free(&options->data);
	memset(options, 0, sizeof(*options));
}
