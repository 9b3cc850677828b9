// SPDX-License-Identifier: MIT

// The list, what a step says, and the keys.
const LIST_ROW = 20, PAGE_ROWS = 20, MAX_CHILDREN = 200;

function element(name, properties = {}, ...children) {
	const { role, label, ...own } = properties;
	const made = Object.assign(document.createElement(name), own);
	if (role) made.setAttribute("role", role);
	if (label) made.setAttribute("aria-label", label);
	made.append(...children);
	return made;
}

const timeOf = (step) => (step.at ? visible(step.at).trim() : timeText(step.b));
const took = (step) => (step.kind === "step" || step.kind === "lock" ? timeText(step.e - step.b) : "");
const textOf = (step) => (step.kind === "violation" ? "VIOLATION " : step.kind === "lock" ? `${step.l ? "exclusive" : "shared"} lock: ` : "") +
	(step.c > 1 ? `${step.c} times: ` : "") + visible(step.x) + (step.z ? `: ${visible(step.z)}` : "");

class List {
	constructor(trace, onChoice) {
		Object.assign(this, { trace, onChoice, shown: trace.steps, made: new Map() });
		this.box = $("list");
		this.rows = $("rows");
		this.box.addEventListener("scroll", () => this.fill());
		new ResizeObserver(() => this.fill()).observe(this.box);
		this.rows.addEventListener("click", (event) => {
			const row = event.target.closest(".row");
			if (row) onChoice(trace.steps[row.dataset.index]);
		});
	}

	show(steps) {
		this.shown = steps;
		this.position = new Map(steps.map((step, position) => [step, position]));
		this.rows.style.height = `${steps.length * LIST_ROW}px`;
		this.rows.replaceChildren();
		this.made.clear();
		this.fill();
	}

	// Only rows that are in sight are elements.
	fill() {
		const first = Math.max(0, Math.floor(this.box.scrollTop / LIST_ROW) - 10);
		const last = Math.min(this.shown.length, first + Math.ceil(this.box.clientHeight / LIST_ROW) + 20);
		for (const [position, row] of this.made) {
			if (position >= first && position < last) continue;
			row.remove();
			this.made.delete(position);
		}
		for (let position = first; position < last; position++)
			if (!this.made.has(position)) this.make(position);
	}

	make(position) {
		const step = this.shown[position];
		const cells = [`${step.number}`, timeOf(step), took(step), visible(step.f), visible(step.t), textOf(step)];
		const row = element("div", { className: `row ${step.kind}`, id: `row-${step.number}`, role: "option" },
			...cells.map((text) => element("span", { textContent: text })));
		row.title = cells[5];
		row.style.top = `${position * LIST_ROW}px`;
		row.dataset.index = step.index;
		row.setAttribute("aria-selected", step === this.chosen);
		row.setAttribute("aria-posinset", position + 1);
		row.setAttribute("aria-setsize", this.shown.length);
		row.setAttribute("aria-label", `step ${step.number}, at ${cells[1]}, ${cells[3]}${step.t && step.t !== step.f ? ` to ${cells[4]}` : ""}: ${cells[5]}`);
		this.rows.append(row);
		this.made.set(position, row);
	}

	choose(step) {
		this.chosen = step;
		const position = this.position.get(step);
		if (position !== undefined) {
			const y = position * LIST_ROW, box = this.box;
			if (y < box.scrollTop) box.scrollTop = y;
			else if (y + LIST_ROW > box.scrollTop + box.clientHeight) box.scrollTop = y + LIST_ROW - box.clientHeight;
			this.fill();
		}
		for (const [at, row] of this.made) row.setAttribute("aria-selected", at === position);
		this.box.setAttribute("aria-activedescendant", position === undefined ? "" : `row-${step.number}`);
	}
}

function hexDump(bytes, offset = 0) {
	const lines = [];
	for (let at = 0; at < bytes.length; at += 16) {
		const part = [...bytes.subarray(at, at + 16)];
		lines.push(`${(offset + at).toString(16).padStart(4, "0")}  ${part.map((b) => b.toString(16).padStart(2, "0")).join(" ").padEnd(47)}  ` +
			part.map((b) => (b > 0x1f && b < 0x7f ? String.fromCharCode(b) : ".")).join(""));
	}
	return element("pre", { className: "x", textContent: lines.join("\n"), tabIndex: 0, role: "group", label: "bytes" });
}

// The rows of `jurat show`, as src/page/tree.c writes them.
function treeOf(name, value, bytes, depth = 0) {
	const text = (v) => (v === true ? "yes" : v === false ? "no" : v === null ? "none" : visible(v));
	const key = element("span", { className: "k", textContent: visible(name) });
	if (value === null || typeof value !== "object")
		return element("div", { className: "r" }, key, element("span", { className: "v", textContent: text(value) }));
	if (Object.hasOwn(value, "")) return rowOf(key, value, bytes, text);
	const members = Array.isArray(value) ? value.map((item, i) => [`${name} ${i + 1}`, item]) : Object.entries(value);
	const kind = value.kind ?? value.subject ?? value.name ?? value.status;
	const group = element("details", { className: "g", open: depth < 2 && members.length <= 64 }, element("summary", {}, key,
		typeof kind === "string" ? element("span", { className: "m", textContent: visible(kind) }) : "",
		element("span", { className: "n", textContent: members.length })));
	group.append(element("div", {}, ...members.map(([member, item]) => treeOf(member, item, bytes, depth + 1))));
	return group;
}

function rowOf(key, row, bytes, text) {
	const hasPlace = row.offset !== undefined;
	const summary = element("summary", {}, hasPlace ? element("span", { className: "o", textContent: row.offset.toString(16).padStart(4, "0") }) : "",
		key, element("span", { className: "v", textContent: text(row[""]) }),
		row.means ? element("span", { className: "m", textContent: visible(row.means) }) : "");
	const details = element("details", { className: "f" }, summary);
	details.addEventListener("toggle", () => {
		if (details.childElementCount > 1) return;
		if (row.note) details.append(element("p", { textContent: visible(row.note) }));
		if (hasPlace && row.size !== undefined) {
			details.append(element("p", { className: "w", textContent: `offset ${row.offset}, ${row.size} bytes` }),
				hexDump(bytes.subarray(row.offset, row.offset + row.size), row.offset));
		}
		if (row.text) details.append(element("pre", { className: "x", textContent: row.text.split("\n").map(visible).join("\n") }));
	});
	return details;
}

class Detail {
	constructor(trace) {
		this.trace = trace;
		this.box = $("detail");
	}

	link(step) {
		return element("a", { href: `#step-${step.number}`, textContent: `${step.number}: ${visible(step.x)}` });
	}

	show(step) {
		const facts = [["from", visible(step.f)], ["to", visible(step.t)], ["begins", step.at ? visible(step.at).trim() : timeText(step.b)],
			["ends", step.u ? "had not ended when the trace ended" : step.kind === "step" || step.kind === "lock" ? `${timeText(step.e)} (takes ${took(step)})` : ""],
			["times", step.c > 1 ? `${step.c}, in succession` : ""], ["result", step.z ? visible(step.z) : ""],
			["lock", step.kind === "lock" ? (step.l ? "exclusive" : "shared") : ""],
			["request", step.r], ["guest", step.g], ["vCPU", step.v], ["thread", step.th], ["track", step.k],
			...(step.n ?? []).map(([name, value]) => [visible(name), visible(value)])];
		const list = element("dl");
		for (const [name, value] of facts)
			if (value !== undefined && value !== "") list.append(element("dt", { textContent: name }), element("dd", { textContent: value, className: "mono" }));
		this.box.replaceChildren(element("h2", { textContent: `Step ${step.number}: ${textOf(step)}` }), list);
		this.showAround(step);
		for (const [name, total, number] of step.d ?? []) this.showBytes(visible(name), total, number);
		this.box.scrollTop = 0;
	}

	section(heading, steps, label = (step) => this.link(step)) {
		if (steps.length === 0) return;
		this.box.append(element("h3", { textContent: heading }),
			element("ul", {}, ...steps.slice(0, MAX_CHILDREN).map((step) => element("li", {}, label(step)))));
		if (steps.length > MAX_CHILDREN) this.box.append(element("p", { textContent: `and ${steps.length - MAX_CHILDREN} more` }));
	}

	showAround(step) {
		const around = [];
		for (let at = step.parent; at; at = at.parent) around.unshift(at);
		this.section("Contained in", around);
		this.section("Contains", step.children);
		this.section("Locks held meanwhile", this.trace.locksDuring(step), (lock) => element("span", {},
			`${visible(lock.t)}: ${lock.l ? "exclusive" : "shared"}, by ${visible(lock.f)} (`,
			element("a", { href: `#step-${lock.number}`, textContent: `step ${lock.number}` }), ")"));
	}

	showBytes(name, total, number) {
		if (number === undefined) {
			this.box.append(element("h3", { textContent: `${name}: ${total} bytes, not in this trace` }));
			return;
		}
		const blob = this.trace.blob(number), kept = blob.bytes.length;
		this.box.append(element("h3", { textContent: `${name}: ${total} bytes${kept < total ? `, the first ${kept} are in this trace` : ""}` }));
		if (blob.tree) this.box.append(element("div", { className: "tree" }, ...Object.entries(blob.tree).map(([member, item]) => treeOf(member, item, blob.bytes))));
		if (blob.undecoded) this.box.append(element("p", { className: "w", textContent: "Not decoded: this page has 24 MB of decoded rows, which is its limit. `jurat show` decodes these bytes from a file." }));
		const raw = element("details", { className: "g", open: !blob.tree }, element("summary", { textContent: "bytes" }));
		const dump = () => { if (raw.open && raw.childElementCount === 1) raw.append(hexDump(blob.bytes)); };
		raw.addEventListener("toggle", dump);
		dump();
		this.box.append(raw);
	}
}

class App {
	constructor(trace) {
		this.trace = trace;
		$("app").hidden = false;
		this.picture = new Picture(trace, $("canvas"), $("tip"));
		this.list = new List(trace, (step) => this.choose(step));
		this.detail = new Detail(trace);
		this.words = [];
		this.list.show(trace.steps);
		this.tools();
		this.mouse();
		document.addEventListener("keydown", (event) => this.key(event));
		document.addEventListener("theme", () => this.picture.ask());
		addEventListener("hashchange", () => this.follow());
		addEventListener("beforeprint", () => this.beforePrint());
		if (trace.steps.length > 0 && trace.steps.every((step) => step.at)) this.setScale("order");
		if (!this.follow() && trace.steps.length > 0) this.choose(trace.steps.find((step) => step.kind === "violation") ?? trace.steps[0], false);
		$("view").setAttribute("aria-label", `Picture of ${trace.steps.length} steps in ${trace.lanes.length} lanes. The list below it has the same steps.`);
	}

	tools() {
		$("in").addEventListener("click", () => this.picture.zoom(1.6));
		$("out").addEventListener("click", () => this.picture.zoom(1 / 1.6));
		$("fit").addEventListener("click", () => this.picture.fit());
		$("scale").addEventListener("change", () => this.setScale($("scale").value));
		$("find").addEventListener("input", () => this.filter($("find").value));
		$("find").addEventListener("keydown", (event) => {
			if (event.key === "Escape") { $("find").value = ""; this.filter(""); }
			if (event.key === "Escape" || event.key === "Enter") $("list").focus();
		});
	}

	setScale(scale) {
		$("scale").value = scale;
		this.picture.setOrder(scale === "order");
		if (this.chosen) this.picture.show(this.chosen);
	}

	filter(text) {
		this.words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
		const found = this.words.length > 0 ? this.trace.steps.filter((step) => this.trace.matches(step, this.words)) : this.trace.steps;
		const all = new Set(found);
		this.picture.isDim = this.words.length > 0 ? (step) => !all.has(step) : () => false;
		this.list.show(found);
		$("found").textContent = this.words.length > 0 ? `${found.length} steps` : "";
		if (found.length > 0 && !all.has(this.chosen)) this.choose(found[0], false);
		else if (this.chosen) this.list.choose(this.chosen);
		this.picture.ask();
	}

	// The step that the address of the page names.
	follow() {
		const step = this.trace.byId.get(Number(/^#step-(\d+)$/.exec(location.hash)?.[1]));
		if (step && step !== this.chosen) this.choose(step, false);
		return step !== undefined;
	}

	choose(step, link = true) {
		this.chosen = this.picture.chosen = step;
		this.list.choose(step);
		this.detail.show(step);
		if (this.picture.height) this.picture.show(step);
		if (link) this.link();
	}

	// The address names the step, but not each one that is passed by a key that is held: browsers limit that.
	link() {
		clearTimeout(this.linking);
		this.linking = setTimeout(() => history.replaceState(null, "", `#step-${this.chosen.number}`), 100);
	}

	move(by) {
		const shown = this.list.shown, at = this.list.position.get(this.chosen) ?? -1;
		const next = shown[Math.min(Math.max(at + by, 0), shown.length - 1)];
		if (next) this.choose(next);
	}

	key(event) {
		if (event.key === "Escape" && !$("keys").open) { $("list").focus(); return; }
		if (page.isTyping(event)) return;
		// In the details of a step, keys move as they do in any text.
		if ($("detail").contains(document.activeElement) && /^(Arrow|Page|Home|End|Enter)/.test(event.key)) return;
		if (event.target.tagName === "BUTTON" && event.key === "Enter") return;
		const picture = this.picture, chosen = this.chosen;
		const actions = {
			ArrowDown: () => (event.shiftKey ? chosen?.children[0] && this.choose(chosen.children[0]) : this.move(1)),
			ArrowUp: () => (event.shiftKey ? chosen?.parent && this.choose(chosen.parent) : this.move(-1)),
			ArrowRight: () => this.move(1), ArrowLeft: () => this.move(-1),
			PageDown: () => this.move(PAGE_ROWS), PageUp: () => this.move(-PAGE_ROWS),
			Home: () => this.move(-Infinity), End: () => this.move(Infinity),
			"+": () => picture.zoom(1.6), "=": () => picture.zoom(1.6), "-": () => picture.zoom(1 / 1.6), 0: () => picture.fit(),
			w: () => chosen && picture.zoomTo(chosen), a: () => picture.pan(-0.2), d: () => picture.pan(0.2),
			s: () => this.setScale(picture.inOrder ? "time" : "order"),
			Enter: () => $("detail").focus(), "/": () => $("find").focus(), t: page.switchTheme, "?": page.help,
		};
		if (!Object.hasOwn(actions, event.key)) return;
		event.preventDefault();
		actions[event.key]();
	}

	mouse() {
		const canvas = $("canvas"), picture = this.picture;
		let last;
		canvas.addEventListener("pointerdown", (event) => {
			last = { x: event.offsetX, y: event.offsetY, moved: false };
			canvas.setPointerCapture(event.pointerId);
		});
		canvas.addEventListener("pointermove", (event) => {
			this.point(event);
			if (!last) return;
			const dx = event.offsetX - last.x, dy = event.offsetY - last.y;
			if (!last.moved && Math.abs(dx) + Math.abs(dy) < 4) return;
			picture.pan(-dx / (picture.width - LABEL));
			picture.scroll(-dy);
			last = { x: event.offsetX, y: event.offsetY, moved: true };
		});
		canvas.addEventListener("pointerup", (event) => {
			const step = last && !last.moved ? picture.hit(event.offsetX, event.offsetY) : undefined;
			last = undefined;
			if (step) this.choose(step);
		});
		canvas.addEventListener("pointerleave", () => { $("tip").hidden = true; });
		canvas.addEventListener("dblclick", (event) => {
			const step = picture.hit(event.offsetX, event.offsetY);
			if (step) picture.zoomTo(step);
		});
		canvas.addEventListener("wheel", (event) => {
			event.preventDefault();
			if (event.ctrlKey || event.metaKey) picture.zoom(Math.exp(-event.deltaY / 300), event.offsetX);
			else if (event.shiftKey) picture.pan(event.deltaY / 800);
			else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) picture.pan(event.deltaX / 800);
			else picture.scroll(event.deltaY);
		}, { passive: false });
	}

	point(event) {
		const step = this.picture.hit(event.offsetX, event.offsetY), tip = $("tip");
		tip.hidden = !step;
		if (!step) return;
		const where = this.trace.where(step);
		tip.textContent = `${step.number}. ${visible(step.f)}${step.t && step.t !== step.f ? ` \u2192 ${visible(step.t)}` : ""}: ${textOf(step)}` +
			`${took(step) ? ` (${took(step)})` : ""}${where ? `, ${where}` : ""}`;
		tip.style.left = `${Math.min(event.offsetX + 14, Math.max(0, this.picture.width - tip.offsetWidth - 8))}px`;
		tip.style.top = `${Math.min(event.offsetY + 18, Math.max(0, this.picture.height - tip.offsetHeight - 4))}px`;
	}

	// On paper there is no list that scrolls: all that pass the filter.
	beforePrint() {
		const head = ["step", "begins", "takes", "from", "to", "what"], body = element("tbody");
		for (const step of this.list.shown) {
			const cells = [step.number, timeOf(step), took(step), visible(step.f), visible(step.t), textOf(step)];
			body.append(element("tr", {}, ...cells.map((text) => element("td", { textContent: text }))));
		}
		$("print").replaceChildren(element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { textContent: text })))), body);
		$("print").hidden = false;
		this.picture.draw();
	}
}

page.begin();
const app = new App(new Trace($("data").textContent));
