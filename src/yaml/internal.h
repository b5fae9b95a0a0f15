/* SPDX-License-Identifier: Apache-2.0 */
#ifndef YAML_INTERNAL_H
#define YAML_INTERNAL_H

/*
 * libyaml is given a stand-in for the file, byte for byte as long as it, in which bytes it
 * would refuse (control characters, no UTF-8) or count differently (several bytes as one
 * character) are replaced by a letter. So its marks are byte offsets, columns count bytes, and
 * a stray byte in a description does not keep a rules file from loading. The values are then
 * decoded from the file itself, which also tells where each of their bytes came from.
 */

#include "yaml/tree.h"

#include <yaml.h>

#define YAML_FILE_MAX  ((size_t)64 << 20)
#define YAML_DEPTH_MAX 128
/* Nodes of a file, and nodes a walk of it meets when it follows every alias. */
#define YAML_NODES_MAX  ((size_t)4 << 20)
#define YAML_EXPAND_MAX ((size_t)16 << 20)

/* UTF-16 and UTF-32 to UTF-8, without the byte order mark; other text is returned as it is. */
struct str yaml_to_utf8(struct arena *arena, struct str text);
/* Surrogates and what is beyond Unicode become U+FFFD. Returns the number of bytes. */
size_t yaml_put_utf8(char out[4], uint32_t c);
/* The stand-in: see above. */
char *yaml_standin(struct arena *arena, struct str text);

/* The letter that stands for a replaced byte: nothing in YAML's grammar. */
#define STANDIN 'x'
bool yaml_needs_standin(char c);

/*
 * The value of a scalar and its runs. [start, end) are the event's marks; `decoded` is libyaml's
 * reading of the stand-in, which the result must agree with: false when it does not.
 */
struct scalar_source {
	const struct document *doc;
	size_t start, end;
	yaml_scalar_style_t style;
	bool has_properties; /* a tag or an anchor comes first */
	struct str decoded;
};
bool yaml_scalar_text(struct arena *arena, const struct scalar_source *from,
		      struct source_text *out);

/* The byte after tags and anchors and the blanks behind them. */
size_t yaml_skip_properties(struct str text, size_t at, size_t end);

#endif
