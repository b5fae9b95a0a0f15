/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H

/* Output templates such as "%proc.name opened %fd.name": compiled once, rendered per alert. */

#include "diag/diag.h"
#include "field/field.h"

struct template;

/*
 * Compiles a template into the arena. NULL with one LOAD_ERR_COMPILE_OUTPUT in *d when a token
 * is no field; *unknown as for pool_add. `text` is the author's; the language is in
 * spec/fields_notes.md, "Output formatting language". A leading '*' is not needed: absent
 * values always print "<NA>".
 */
struct template *template_compile(struct arena *arena, const struct source_text *text,
				  const struct static_fields *statics, struct diags *d,
				  bool *unknown);

/* The text of the alert. */
void template_render(const struct template *t, const struct field_ctx *ctx, struct buf *out);

/* Every field in order of first use, transformers' inner fields included, each once. */
size_t template_fields(const struct template *t, const struct field_ref **out);

/* A JSON value as `output_fields` has it: number, boolean, string or null. */
void val_json(struct buf *out, const struct val *v, const struct field_ctx *ctx);
/* A JSON string literal, quotes included; bytes that are no UTF-8 become U+FFFD. */
void json_string(struct buf *out, struct str s);
/* The escaping Falco applies to a text line: that of a JSON string, without the quotes. */
void json_escape(struct buf *out, struct str s);

#endif
