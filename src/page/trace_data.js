// SPDX-License-Identifier: MIT

// The steps of a trace, and what can be found out about them. Times are microseconds.

// What would not be seen is spelt out, as src/page/text.c does where C writes a text.
const visible = (text) => String(text).replace(
	/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|(?! )\p{Zs}/gu,
	(c) => `\\u{${c.codePointAt(0).toString(16)}}`);

function timeText(us) {
	const size = Math.abs(us);
	if (size === 0) return "0";
	if (size < 1) return `${(us * 1e3).toFixed(0)} ns`;
	if (size < 1e3) return `${+us.toFixed(3)} us`.replace("us", "\u00b5s");
	if (size < 1e6) return `${+(us / 1e3).toFixed(3)} ms`;
	return `${+(us / 1e6).toFixed(6)} s`;
}

class Trace {
	// Lines of JSON: {"blob": N, ...}, which are parsed when they are needed, and steps.
	constructor(text) {
		this.blobLines = [];
		this.steps = [];
		for (const line of text.split("\n")) {
			if (line.startsWith("{\"blob\":")) this.blobLines.push(line);
			else if (line.startsWith("{")) this.steps.push(JSON.parse(line));
		}
		this.byId = new Map();
		this.steps.forEach((step, index) => this.take(step, index));
		this.locks = this.steps.filter((step) => step.kind === "lock");
		this.begin = this.steps.reduce((least, step) => Math.min(least, step.b), Infinity);
		this.end = this.steps.reduce((most, step) => Math.max(most, step.e), -Infinity);
		if (!(this.end > this.begin)) this.end = this.begin + 1;
		this.rank();
		this.placeInLanes();
	}

	take(step, index) {
		step.index = index;
		step.number = step.id || index + 1;
		step.children = [];
		this.byId.set(step.number, step);
		step.parent = step.p ? this.byId.get(step.p) : undefined;
		if (step.parent) step.parent.children.push(step);
		step.words = [step.x, step.z ?? "", step.f, step.t, ...(step.n ?? []).flat(), ...(step.d ?? []).map((d) => d[0]),
			`party:${step.f}`, `party:${step.t}`, `kind:${step.kind}`, `request:${step.r ?? ""}`,
			`guest:${step.g ?? ""}`, `vcpu:${step.v ?? ""}`, `thread:${step.th ?? ""}`, `#${step.number}`, ""].join("\n").toLowerCase();
	}

	// Positions in the scale in which every begin and every end is one further than the one before it.
	rank() {
		const n = this.steps.length;
		const order = [];
		for (const step of this.steps) {
			order.push([step.b, 2 * step.index]);
			if (step.kind === "step" || step.kind === "lock") order.push([step.e, 2 * step.index + 1]);
		}
		// Of what is at one time, ends come first, in the reverse order of begins, but never before their own begin.
		order.sort((a, b) => a[0] - b[0] || this.atOnce(a[1], b[1]));
		this.order = new Float64Array(2 * n);
		order.forEach(([, which], position) => { this.order[which] = position; });
		for (const step of this.steps) {
			const begin = this.order[2 * step.index];
			if (step.kind === "note" || step.kind === "violation") this.order[2 * step.index + 1] = begin + 1;
			else this.order[2 * step.index + 1] = Math.max(this.order[2 * step.index + 1], begin + 1);
		}
		this.orderEnd = order.length + 1;
	}

	atOnce(a, b) {
		const isEnd = (which) => which % 2 === 1;
		const took = (which) => this.steps[which >> 1].e > this.steps[which >> 1].b;
		const key = (which) => (isEnd(which) && took(which) ? 0 : 1);
		if (key(a) !== key(b)) return key(a) - key(b);
		return key(a) === 0 ? b - a : a - b;
	}

	span(step, inOrder) {
		return inOrder ? [this.order[2 * step.index], this.order[2 * step.index + 1]] : [step.b, step.e];
	}

	static parties = ["guest program", "configfs-tsm", "guest driver", "KVM", "VMM", "host library", "store", "firmware", "TDX module",
		"quoting service", "quoting enclave", "operator", "updater", "supervisor"];

	// The party in whose lane a step is drawn: who does it.
	static laneOf(step) {
		if (step.kind === "lock") return `lock: ${step.t}`;
		return step.kind === "step" ? step.t : step.f;
	}

	// A lane for each party; in it a part for each track, so that what happens at once is side by side; in that a row
	// for each depth of calls.
	placeInLanes() {
		const lanes = new Map();
		for (const step of this.steps) {
			const party = Trace.laneOf(step);
			if (!lanes.has(party)) lanes.set(party, { party, lock: step.kind === "lock", parts: new Map() });
			const lane = lanes.get(party);
			const track = lane.lock ? 0 : step.k ?? 0;
			if (!lane.parts.has(track)) lane.parts.set(track, { track, first: step, ends: [], rows: 1 });
			const part = lane.parts.get(track);
			step.row = this.rowIn(part, step);
			part.rows = Math.max(part.rows, step.row + 1);
			step.lane = lane;
			step.part = part;
		}
		const place = (lane) => {
			const party = lane.lock ? "store" : lane.party;
			const at = Trace.parties.findIndex((name) => name === party || (name === "updater" && party.startsWith(name)));
			return (at < 0 ? Trace.parties.length : at) + (lane.lock ? 0.5 : 0);
		};
		this.lanes = [...lanes.values()].sort((a, b) => place(a) - place(b));
		this.lanes.forEach((lane, index) => { lane.index = index; });
		for (const lane of this.lanes) lane.parts = [...lane.parts.values()].sort((a, b) => a.track - b.track);
	}

	rowIn(part, step) {
		const [begin, end] = [this.order[2 * step.index], this.order[2 * step.index + 1]];
		let row = 0;
		while (row < part.ends.length && part.ends[row] > begin) row++;
		part.ends[row] = end;
		return row;
	}

	// A word is anywhere in what a step says; a number of something is that number and no longer one.
	matches(step, words) {
		return words.every((word) => step.words.includes(/^((request|guest|vcpu|thread|kind):|#)/.test(word) ? `\n${word}\n` : word));
	}

	// Who held which lock while a step went on.
	locksDuring(step) {
		const [begin, end] = this.span(step, true);
		return this.locks.filter((lock) => {
			const [lockBegin, lockEnd] = this.span(lock, true);
			return lock !== step && lockBegin < end && lockEnd > begin;
		});
	}

	blob(number) {
		const line = this.blobLines[number];
		if (typeof line === "string") {
			const blob = JSON.parse(line);
			blob.bytes = Uint8Array.from(atob(blob.base64), (c) => c.charCodeAt(0));
			this.blobLines[number] = blob;
		}
		return this.blobLines[number];
	}

	where(step) {
		const words = [];
		if (step.g !== undefined) words.push(`guest ${step.g}`);
		if (step.v !== undefined) words.push(`vCPU ${step.v}`);
		return words.join(" ");
	}
}
