/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H

/* Output templates such as "%proc.name opened %fd.name": compiled once, rendered per alert. */

#include "diag/diag.h"
#include "field/field.h"

struct template;

/*
 * Compiles a template into the arena. NULL with one LOAD_ERR_COMPILE_OUTPUT in *d when a token
 * is no field; *unknown (may be NULL) as for pool_add. `text` is the author's; the language is in
 * spec/fields_notes.md, "Output formatting language". A leading '*' is accepted and means nothing:
 * absent values always print "<NA>".
 */
struct template *template_compile(struct arena *arena, const struct source_text *text,
				  const struct static_fields *statics, struct diags *d,
				  bool *unknown);

/* Appends the text of the alert; true when every field in it had a value. */
bool template_render(const struct template *t, const struct field_ctx *ctx, struct buf *out);

/* Every field in order of first use, transformers' inner fields included, each once. */
size_t template_fields(const struct template *t, const struct field_ref **out);

/*
 * The field's value as `output_fields` has it: null when it is absent, the time of the event as
 * a number for the fields that print it.
 */
void field_json(struct buf *out, const struct field_ref *ref, const struct field_ctx *ctx);
/* A JSON value: number, boolean, string or array. */
void val_json(struct buf *out, const struct val *v, const struct field_ctx *ctx);

/* A JSON string literal, quotes included; bytes that are no UTF-8 become U+FFFD. */
void json_string(struct buf *out, struct str s);
/* What stands between the quotes of such a literal. */
void json_escape(struct buf *out, struct str s);
/*
 * A line of a text alert: one line whatever the values hold. Control characters are written as
 * JSON escapes and bytes that are no UTF-8 become U+FFFD; quotes and backslashes stay.
 */
void text_escape(struct buf *out, struct str s);

#endif
