/* SPDX-License-Identifier: Apache-2.0 */
#include "syntax.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_name(char c)
{
	return is_letter(c) || is_digit(c) || c == '_';
}

/* Form feed and vertical tab end a bare value without being blanks; backspace is the reverse. */
static bool ends_bare(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '(' || c == ')' || c == '"' ||
	       c == '\'' || c == '=' || c == ',';
}

bool lex_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\b' || c == '\r' || c == '\n';
}

static bool more(const struct lexer *l, size_t ahead)
{
	return l->at + ahead < l->text.len;
}

static char peek(const struct lexer *l, size_t ahead)
{
	return more(l, ahead) ? l->text.p[l->at + ahead] : '\0';
}

static bool take(struct lexer *l, size_t len, struct str *out)
{
	if (len == 0)
		return false;
	*out = str_of(l->text.p + l->at, len);
	l->at += len;
	return true;
}

void lex_blanks(struct lexer *l)
{
	while (more(l, 0) && lex_is_blank(peek(l, 0)))
		l->at++;
}

bool lex_literal(struct lexer *l, struct str word)
{
	if (!str_starts_with(str_from_index(l->text, l->at), word))
		return false;
	l->at += word.len;
	return true;
}

static size_t identifier_length(const struct lexer *l, size_t from)
{
	size_t n = from;

	if (!is_letter(peek(l, n)))
		return 0;
	while (is_name(peek(l, n)))
		n++;
	return n - from;
}

bool lex_identifier(struct lexer *l, struct str *out)
{
	return take(l, identifier_length(l, 0), out);
}

bool lex_field(struct lexer *l, struct str *out)
{
	size_t n = identifier_length(l, 0), part;
	bool dotted = false;

	while (n && peek(l, n) == '.' && (part = identifier_length(l, n + 1)) > 0) {
		n += 1 + part;
		dotted = true;
	}
	return dotted && take(l, n, out);
}

/* "0x" hex+ | [+-] digit+ ["." digit*] [("e" | "E") ("+" | "-") digit+] */
bool lex_number(struct lexer *l, struct str *out)
{
	size_t n = 0, digits, exponent;

	if (peek(l, 0) == '0' && peek(l, 1) == 'x' && is_hex(peek(l, 2))) {
		for (n = 3; is_hex(peek(l, n));)
			n++;
		return take(l, n, out);
	}
	if (peek(l, 0) == '+' || peek(l, 0) == '-')
		n++;
	for (digits = n; is_digit(peek(l, n));)
		n++;
	if (n == digits)
		return false;
	if (peek(l, n) == '.')
		for (n++; is_digit(peek(l, n));)
			n++;
	if ((peek(l, n) == 'e' || peek(l, n) == 'E') &&
	    (peek(l, n + 1) == '+' || peek(l, n + 1) == '-')) {
		for (exponent = n + 2; is_digit(peek(l, exponent));)
			exponent++;
		if (exponent > n + 2)
			n = exponent;
	}
	return take(l, n, out);
}

bool lex_bare(struct lexer *l, struct str *out)
{
	size_t n = 0;

	while (more(l, n) && !ends_bare(peek(l, n)))
		n++;
	return take(l, n, out);
}

bool lex_key(struct lexer *l, struct str *out)
{
	size_t n = 0;

	while (more(l, n) && !strchr(" \t\b\r\n\f\v\"'[]", peek(l, n)))
		n++;
	return take(l, n, out);
}

/* What a backslash and `c` stand for inside quotes of kind `quote`; -1: not an escape. */
static int unescape(char c, char quote)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case ' ': /* the blank is lost: "\ " is one backslash */
	case '\\':
		return '\\';
	case '/':
		return '/';
	default:
		return c == quote ? c : -1;
	}
}

/*
 * The closing quote is the first one without a backslash directly before it, even if that
 * backslash is itself escaped: as Falco reads it.
 */
enum lex_quoted lex_quoted(struct lexer *l, struct arena *arena, struct str *out)
{
	const char quote = peek(l, 0);
	const char *text = l->text.p + l->at + 1;
	size_t len = 0, n = 0;
	char *decoded;

	if (quote != '"' && quote != '\'')
		return QUOTED_NONE;
	while (more(l, 1 + len) && !(text[len] == quote && (len == 0 || text[len - 1] != '\\')))
		len++;
	if (!more(l, 1 + len))
		return QUOTED_NONE;

	l->at += len + 2;
	decoded = arena_bytes(arena, len + 1);
	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)text[i];

		if (c == '\\') {
			c = i + 1 < len ? unescape(text[i + 1], quote) : -1;
			if (c < 0) {
				*out = str_of(text + i, i + 1 < len ? 2 : 1);
				return QUOTED_BAD_ESCAPE;
			}
			i++;
		}
		decoded[n++] = (char)c;
	}
	decoded[n] = '\0';
	*out = str_of(decoded, n);
	return QUOTED_OK;
}
