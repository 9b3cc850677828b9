/* SPDX-License-Identifier: MIT */
#include "page/trace.h"

void page_trace_begin(FILE *to, const char *title)
{
	page_begin(to, &page_trace_style, &page_trace_script, title);
	fputs("<header><h1>", to);
	page_string(to, title);
	fputs("</h1><div id=tools role=toolbar aria-label=\"View\" hidden>"
	      "<input id=find type=search placeholder=\"Filter (/)\" aria-label=\"Filter steps\" "
	      "title=\"words, or party:KVM guest:0 vcpu:1 request:2 kind:lock\">"
	      "<output id=found aria-live=polite></output>"
	      "<select id=scale aria-label=\"Scale\"><option value=time>time to scale</option>"
	      "<option value=order>one width for each step</option></select>"
	      "<button id=out aria-label=\"Zoom out\">&#8722;</button><button id=in aria-label=\"Zoom "
	      "in\">+</button>"
	      "<button id=fit>Fit</button>"
	      "<button id=theme aria-label=\"Switch between dark and light\">Dark or light</button>"
	      "<button id=help aria-label=\"Help: keys\">?</button></div></header>\n"
	      "<dialog id=keys aria-labelledby=keys-title><h2 id=keys-title>Keys</h2><dl>"
	      "<dt>&#8595; &#8594;, &#8593; &#8592;</dt><dd>next, previous step</dd>"
	      "<dt>Shift + &#8593; &#8595;</dt><dd>the containing step, the first contained step</dd>"
	      "<dt>Home, End, PgUp, PgDn</dt><dd>first, last, 20 steps</dd>"
	      "<dt>+, -, 0</dt><dd>zoom in, out, fit all</dd><dt>w</dt><dd>zoom to the step</dd>"
	      "<dt>a, d</dt><dd>pan left, right</dd><dt>s</dt><dd>change the scale</dd>"
	      "<dt>Enter</dt><dd>go to the details of the step; Esc: back</dd>"
	      "<dt>/</dt><dd>filter: words, and party:KVM guest:0 vcpu:1 request:2 kind:lock</dd>"
	      "<dt>t</dt><dd>dark or light</dd><dt>?</dt><dd>this help; Esc closes it</dd>"
	      "<dt>mouse</dt><dd>drag: pan; Ctrl + wheel: zoom; double click: zoom to the step</dd>"
	      "</dl><form method=dialog><button>Close</button></form></dialog>\n"
	      "<noscript><p>This page needs JavaScript; it loads nothing. For a trace as text, name the "
	      "file *.txt.</p></noscript>\n"
	      "<main id=app hidden><div id=view role=img tabindex=0><canvas id=canvas></canvas>"
	      "<div id=tip hidden></div></div>\n"
	      "<div id=split><section aria-label=\"Steps\"><div id=head class=row "
	      "aria-hidden=true><span>step</span>"
	      "<span>begins</span><span>takes</span><span>from</span><span>to</span><span>what</span></div>"
	      "<div id=list role=listbox tabindex=0 aria-label=\"Steps\"><div id=rows "
	      "role=presentation></div>"
	      "</div></section>\n<section id=detail tabindex=-1 aria-label=\"Chosen "
	      "step\"></section></div></main>\n"
	      "<table id=print hidden></table>\n<script type=\"application/json\" id=data>\n",
	      to);
}

void page_trace_end(FILE *to)
{
	fputs("</script>\n", to);
	page_end(to, &page_trace_script);
}
