/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes as rules files: loading must end with an answer, and everything that can be printed
 * about the result must be. A NUL byte in the input begins the next file.
 */

#include "rule/rule.h"

#define FILES_MAX 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rule_options options = { .threshold = PRIORITY_DEBUG, .keep_going = true };
	struct rule_text files[FILES_MAX];
	struct str rest = str_of(data, size);
	struct ruleset *set;
	struct buf out = { 0 };
	size_t n = 0;

	while (n < FILES_MAX && (n == 0 || rest.len)) {
		size_t end = n + 1 < FILES_MAX ? str_chr(rest, '\0') : rest.len;

		files[n++] = (struct rule_text){ "fuzz.yaml", str_of(rest.p, end) };
		rest = str_from_index(rest, end + 1);
	}
	set = ruleset_parse(files, n, &options);
	ruleset_results(&out, set, true, true);
	ruleset_results(&out, set, false, true);
	if (set->ok) {
		ruleset_describe(&out, set, (struct str){ 0 }, true);
		ruleset_describe(&out, set, (struct str){ 0 }, false);
	}
	buf_fini(&out);
	ruleset_free(set);
	return 0;
}
