// SPDX-License-Identifier: MIT

// Evidence as a tree: <details> open and close by themselves; this is what is quicker with a script.
const rows = () => [...document.querySelectorAll("main summary")].filter((row) => row.checkVisibility());

function openAll(open) {
	for (const details of document.querySelectorAll("main details"))
		if (open || !details.classList.contains("part")) details.open = open;
}

// Rows that do not match are hidden, with the lists that have no other.
function filter(words) {
	const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
	const matches = (row) => wanted.every((word) => row.textContent.toLowerCase().includes(word));
	let found = 0;
	for (const row of document.querySelectorAll("main .r, main .f")) {
		row.hidden = !matches(row);
		found += !row.hidden;
	}
	for (const group of [...document.querySelectorAll("main .g, main .part")].reverse()) {
		const some = group.querySelector(".r:not([hidden]), .f:not([hidden])") !== null;
		group.hidden = wanted.length > 0 && !some;
		if (wanted.length > 0 && some) group.open = true;
	}
	$("found").textContent = wanted.length > 0 ? `${found} rows` : "";
}

function move(by) {
	const all = rows();
	const at = all.indexOf(document.activeElement.closest("summary"));
	const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
	if (next) next.focus();
}

// Closes the row that has the focus, or goes to the list around it.
function close() {
	const details = document.activeElement.closest("details");
	if (!details) return;
	if (details.open) details.open = false;
	else details.parentElement.closest("details")?.querySelector("summary").focus();
}

const keys = {
	ArrowDown: () => move(1),
	ArrowUp: () => move(-1),
	ArrowRight: () => { const d = document.activeElement.closest("details"); if (d) d.open = true; },
	ArrowLeft: close,
	e: () => openAll(true),
	c: () => openAll(false),
	y: () => {
		const value = document.activeElement.closest("summary")?.querySelector(".v");
		if (value) $("found").textContent = `${page.copy(value)} characters copied`;
	},
	t: page.switchTheme,
	"/": () => $("find").focus(),
	"?": page.help,
};

page.begin();
$("open").addEventListener("click", () => openAll(true));
$("close").addEventListener("click", () => openAll(false));
$("find").addEventListener("input", () => filter($("find").value));
$("find").addEventListener("keydown", (event) => {
	if (event.key !== "Escape") return;
	$("find").value = "";
	filter("");
	$("find").blur();
});
document.addEventListener("keydown", (event) => {
	if (page.isTyping(event) || !Object.hasOwn(keys, event.key)) return;
	event.preventDefault();
	keys[event.key]();
});
