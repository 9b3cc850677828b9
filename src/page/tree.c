/* SPDX-License-Identifier: MIT */
#include "page/tree.h"

#include <string.h>

enum { BYTES_A_LINE = 16, OPEN_DEPTH = 3, OPEN_MEMBERS = 64 };

static void value(FILE *to, json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		page_string(to, json_string_value(v));
		break;
	case JSON_INTEGER:
		fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_REAL:
		fprintf(to, "%g", json_real_value(v));
		break;
	case JSON_TRUE:
		fputs("yes", to);
		break;
	case JSON_FALSE:
		fputs("no", to);
		break;
	default:
		fputs("none", to);
		break;
	}
}

static void span(FILE *to, const char *class, const char *text)
{
	fprintf(to, "<span class=%s>", class);
	page_string(to, text);
	fputs("</span>", to);
}

static void name_and_value(FILE *to, const char *name, json_t *v)
{
	if (name)
		span(to, "k", name);
	fputs("<span class=v>", to);
	value(to, v);
	fputs("</span>", to);
}

/* Lines of offset, hex and ASCII. */
static void dump(FILE *to, const char *hex, json_int_t offset)
{
	size_t n = strlen(hex) / 2;

	fputs("<pre class=x>", to);
	for (size_t at = 0; at < n; at += BYTES_A_LINE) {
		fprintf(to, "%04llx ", (unsigned long long)offset + at);
		for (size_t i = at; i < at + BYTES_A_LINE; i++)
			fprintf(to, i < n ? " %.2s" : "   ", hex + 2 * (i < n ? i : 0));
		fputs("  ", to);
		for (size_t i = at; i < at + BYTES_A_LINE && i < n; i++) {
			unsigned c;
			char text[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

			if (sscanf(text, "%2x", &c) != 1 || c < 0x20 || c > 0x7e)
				c = '.';
			text[0] = (char)c;
			page_text(to, text, 1);
		}
		fputc('\n', to);
	}
	fputs("</pre>", to);
}

static const char *text_of(json_t *row, const char *member)
{
	const char *text = json_string_value(json_object_get(row, member));

	return text && text[0] ? text : NULL;
}

/* A row that says more than its value. */
static void row(FILE *to, const char *name, json_t *of)
{
	const char *means = text_of(of, "means"), *note = text_of(of, "note");
	const char *bytes = text_of(of, "bytes"), *text = text_of(of, "text");
	json_t *offset = json_object_get(of, "offset");

	fputs("<details class=f><summary>", to);
	if (offset)
		fprintf(to, "<span class=o>%04llx</span>", (unsigned long long)json_integer_value(offset));
	name_and_value(to, name, json_object_get(of, ""));
	if (means)
		span(to, "m", means);
	fputs("</summary>", to);
	if (note) {
		fputs("<p>", to);
		page_string(to, note);
		fputs("</p>", to);
	}
	if (offset && bytes)
		fprintf(to, "<p class=w>offset %lld, %zu bytes</p>", (long long)json_integer_value(offset),
			strlen(bytes) / 2);
	if (bytes)
		dump(to, bytes, json_integer_value(offset));
	if (text) {
		const char *end;

		fputs("<pre class=x>", to);
		for (; (end = strchr(text, '\n')); text = end + 1) {
			page_text(to, text, (size_t)(end - text));
			fputc('\n', to);
		}
		page_string(to, text);
		fputs("</pre>", to);
	}
	fputs("</details>\n", to);
}

static void node(FILE *to, const char *name, json_t *v, unsigned depth);

static void members(FILE *to, const char *name, json_t *v, unsigned depth)
{
	const char *key;
	json_t *item;
	size_t i;

	json_object_foreach(v, key, item) node(to, key, item, depth);
	json_array_foreach(v, i, item)
	{
		char label[64];

		(void)!snprintf(label, sizeof(label), "%.40s %zu", name ? name : "", i + 1);
		node(to, label, item, depth);
	}
}

/* What stands beside the name of an object: its kind, so that a closed list can be read. */
static const char *kind_of(json_t *v)
{
	static const char *const names[] = { "kind", "subject", "name", "code", "status", "type_name" };
	const char *text = NULL;

	for (size_t i = 0; !text && i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *member = json_object_get(v, names[i]);

		text = json_string_value(json_is_object(member) ? json_object_get(member, "") : member);
	}
	return text;
}

static void node(FILE *to, const char *name, json_t *v, unsigned depth)
{
	const size_t n = json_is_array(v) ? json_array_size(v) : json_object_size(v);
	const char *kind;

	if (json_object_get(v, "")) {
		row(to, name, v);
		return;
	}
	if (!json_is_object(v) && !json_is_array(v)) {
		fputs("<div class=r>", to);
		name_and_value(to, name, v);
		fputs("</div>\n", to);
		return;
	}
	fprintf(to, "<details class=g%s><summary><span class=k>",
		depth < OPEN_DEPTH && n <= OPEN_MEMBERS ? " open" : "");
	page_string(to, name);
	fputs("</span>", to);
	kind = kind_of(v);
	if (kind)
		span(to, "m", kind);
	fprintf(to, "<span class=n>%zu</span></summary><div>\n", n);
	members(to, name, v, depth + 1);
	fputs("</div></details>\n", to);
}

void page_tree(FILE *to, json_t *tree)
{
	fputs("<div class=tree>\n", to);
	if (json_object_get(tree, "") || !(json_is_object(tree) || json_is_array(tree)))
		node(to, NULL, tree, 0);
	else
		members(to, NULL, tree, 0);
	fputs("</div>\n", to);
}

void page_tree_begin(FILE *to, const char *title)
{
	page_begin(to, &page_tree_style, &page_tree_script, title);
	fputs("<header><h1>", to);
	page_string(to, title);
	fputs("</h1><div id=tools role=toolbar aria-label=\"Page\" hidden>"
	      "<input id=find type=search placeholder=\"Filter (/)\" aria-label=\"Filter rows\">"
	      "<output id=found aria-live=polite></output>"
	      "<button id=open>Open all</button><button id=close>Close all</button>"
	      "<button id=theme aria-label=\"Switch between dark and light\">Dark or light</button>"
	      "<button id=help aria-label=\"Help: keys\">?</button></div></header>\n"
	      "<dialog id=keys aria-labelledby=keys-title><h2 id=keys-title>Keys</h2><dl>"
	      "<dt>&#8593; &#8595;</dt><dd>previous, next row that opens</dd>"
	      "<dt>&#8592; &#8594;</dt><dd>close, open it</dd>"
	      "<dt>Enter</dt><dd>open or close it</dd><dt>e, c</dt><dd>open all, close all</dd>"
	      "<dt>y</dt><dd>copy the value of the row</dd><dt>/</dt><dd>filter rows</dd>"
	      "<dt>t</dt><dd>dark or light</dd><dt>?</dt><dd>this help; Esc closes it</dd>"
	      "</dl><form method=dialog><button>Close</button></form></dialog>\n<main>\n",
	      to);
}

void page_tree_verdict(FILE *to, enum page_verdict verdict, const char *what, const char *summary)
{
	static const char *const classes[] = { "none", "yes", "no" };
	static const char *const words[] = { "No verdict", "Accepted", "Refused" };

	fprintf(to, "<section class=\"verdict %s\"><h2>%s</h2><p>", classes[verdict], words[verdict]);
	page_string(to, what);
	fputs("</p>", to);
	if (summary) {
		fputs("<p class=w>", to);
		page_string(to, summary);
		fputs("</p>", to);
	}
	fputs("</section>\n", to);
}

void page_tree_reason(FILE *to, const char *code, const char *detail)
{
	fputs("<div class=reason><code>", to);
	page_string(to, code);
	fputs("</code><span>", to);
	page_string(to, detail);
	fputs("</span></div>\n", to);
}

void page_tree_section(FILE *to, const char *heading, bool open, json_t *tree)
{
	fprintf(to, "<details class=part%s><summary><h2>", open ? " open" : "");
	page_string(to, heading);
	fputs("</h2></summary>\n", to);
	page_tree(to, tree);
	fputs("</details>\n", to);
}

void page_tree_end(FILE *to)
{
	fputs("</main>\n", to);
	page_end(to, &page_tree_script);
}
