/* SPDX-License-Identifier: Apache-2.0 */
#include "regex.h"

#include <cstdio>
#include <new>
#include <re2/re2.h>

struct regex {
	RE2 re;

	regex(const re2::StringPiece &pattern, const RE2::Options &options) : re(pattern, options)
	{
	}
};

struct regex *regex_new(const char *pattern, size_t len, char *why, size_t why_size)
{
	RE2::Options options(RE2::POSIX);
	struct regex *r;

	options.set_log_errors(false);
	r = new (std::nothrow) regex(re2::StringPiece(pattern, len), options);
	if (!r) {
		snprintf(why, why_size, "out of memory");
		return nullptr;
	}
	if (!r->re.ok()) {
		snprintf(why, why_size, "%s", r->re.error().c_str());
		delete r;
		return nullptr;
	}
	return r;
}

void regex_free(struct regex *r)
{
	delete r;
}

bool regex_matches(const struct regex *r, const char *text, size_t len)
{
	return RE2::FullMatch(re2::StringPiece(text, len), r->re);
}
