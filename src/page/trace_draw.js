// SPDX-License-Identifier: MIT

// The picture: lanes on a canvas, because ten thousand elements would be slow.
const LABEL = 210, AXIS = 22, ROW = 18, GAP = 6, MAX_ARROWS = 400;

const colours = {
	light: { back: "#ffffff", panel: "#f4f5f7", line: "#d4d8dd", text: "#1b1f24", weak: "#57606a", chosen: "#0b57d0", no: "#a31515",
		noBack: "#f7c9c5", shared: "#bcd7f7", exclusive: "#f5c084", bars: ["#cfe0fb", "#d3ecd6", "#f6dfc0", "#e6d5f5", "#cdeaf0",
			"#f4d3de", "#e3e3b8", "#d9dde3"] },
	dark: { back: "#14171b", panel: "#1d2126", line: "#363c44", text: "#e4e7eb", weak: "#a3acb7", chosen: "#8ab8ff", no: "#ff9b94",
		noBack: "#6b1f1b", shared: "#1f4675", exclusive: "#74430c", bars: ["#24406e", "#21492a", "#594118", "#4a3266", "#174a54",
			"#5f2c3f", "#494a1c", "#3c434c"] },
};

class Picture {
	constructor(trace, canvas, tip) {
		Object.assign(this, { trace, canvas, tip, inOrder: false, chosen: undefined, isDim: () => false, top: 0, asked: false });
		this.context = canvas.getContext("2d");
		this.fit();
		new ResizeObserver(() => this.resize()).observe(canvas.parentElement);
	}

	get whole() {
		return this.inOrder ? [0, this.trace.orderEnd] : [this.trace.begin, this.trace.end];
	}

	fit() {
		const [begin, end] = this.whole;
		this.from = begin - (end - begin) * 0.01;
		this.to = end + (end - begin) * 0.01;
		this.ask();
	}

	x(at) {
		return LABEL + (at - this.from) / (this.to - this.from) * (this.width - LABEL);
	}

	at(x) {
		return this.from + (x - LABEL) / (this.width - LABEL) * (this.to - this.from);
	}

	zoom(by, x = LABEL + (this.width - LABEL) / 2) {
		const [begin, end] = this.whole, middle = this.at(x), length = this.to - this.from;
		const wanted = Math.min(Math.max(length / by, (end - begin) * 1e-7), (end - begin) * 1.1);
		this.from = middle - (middle - this.from) * wanted / length;
		this.to = this.from + wanted;
		this.pan(0);
	}

	// By a share of what is seen. Something of the trace stays in sight.
	pan(share) {
		const [begin, end] = this.whole, length = this.to - this.from;
		this.from = Math.min(Math.max(this.from + share * length, begin - length * 0.9), end - length * 0.1);
		this.to = this.from + length;
		this.ask();
	}

	setOrder(inOrder) {
		this.inOrder = inOrder;
		this.fit();
	}

	zoomTo(step) {
		const [begin, end] = this.trace.span(step, this.inOrder), [first, last] = this.whole;
		const length = Math.max(end - begin, (last - first) * 1e-6) * 1.3;
		this.from = (begin + end - length) / 2;
		this.to = this.from + length;
		this.show(step);
	}

	// Moves no further than is needed to see a step.
	show(step) {
		const [begin, end] = this.trace.span(step, this.inOrder), length = this.to - this.from;
		if (end < this.from || begin > this.to) {
			this.from = begin - length * 0.2;
			this.to = this.from + length;
		}
		if (step.y < this.top || step.y + 2 * ROW > this.top + this.height - AXIS)
			this.top = Math.max(0, step.y - (this.height - AXIS) / 2);
		this.scroll(0);
	}

	scroll(by) {
		this.top = Math.min(Math.max(0, this.top + by), Math.max(0, this.total - (this.height - AXIS)));
		this.ask();
	}

	resize() {
		const scale = devicePixelRatio || 1, box = this.canvas.parentElement.getBoundingClientRect();
		this.width = Math.max(box.width, LABEL + 100);
		this.height = box.height;
		this.canvas.width = Math.round(this.width * scale);
		this.canvas.height = Math.round(this.height * scale);
		this.context.setTransform(scale, 0, 0, scale, 0, 0);
		this.layOut();
		this.draw();
	}

	layOut() {
		let y = GAP / 2;
		for (const lane of this.trace.lanes) {
			lane.y = y;
			for (const part of lane.parts) {
				part.y = y;
				y += part.rows * ROW + 2;
			}
			y += GAP;
			lane.height = y - lane.y;
		}
		this.total = y;
		for (const step of this.trace.steps) step.y = step.part.y + step.row * ROW;
	}

	ask() {
		if (this.asked || this.width === undefined) return;
		this.asked = true;
		requestAnimationFrame(() => { this.asked = false; this.draw(); });
	}

	draw() {
		const c = this.context;
		this.look = colours[page.isDark() ? "dark" : "light"];
		c.font = "11px system-ui, \"DejaVu Sans\", sans-serif";
		c.textBaseline = "middle";
		c.fillStyle = this.look.back;
		c.fillRect(0, 0, this.width, this.height);
		c.save();
		c.beginPath();
		c.rect(0, AXIS, this.width, this.height - AXIS);
		c.clip();
		c.translate(0, AXIS - this.top);
		this.drawLanes();
		this.drawSteps();
		c.restore();
		this.drawAxis();
	}

	drawLanes() {
		const c = this.context;
		this.trace.lanes.forEach((lane, index) => {
			c.fillStyle = index % 2 ? this.look.back : this.look.panel;
			c.fillRect(0, lane.y - GAP / 2, this.width, lane.height);
			for (const part of lane.parts.slice(1)) {
				c.fillStyle = this.look.line;
				c.fillRect(LABEL, part.y - 2, this.width, 1);
			}
		});
	}

	// Over the steps, because bars may begin left of what is seen.
	drawLabels() {
		const c = this.context;
		this.trace.lanes.forEach((lane, index) => {
			c.fillStyle = index % 2 ? this.look.back : this.look.panel;
			c.fillRect(0, lane.y - GAP / 2, LABEL, lane.height);
			for (const part of lane.parts) {
				const where = lane.lock || lane.parts.length < 2 ? "" : this.trace.where(part.first) || `track ${part.track}`;
				if (part === lane.parts[0]) {
					c.fillStyle = this.look.text;
					c.font = `${lane.lock ? "italic " : "600 "}11px system-ui, "DejaVu Sans", sans-serif`;
					c.fillText(this.cut(lane.party, LABEL - 16 - (where ? c.measureText(where).width + 6 : 0)), 8, part.y + ROW / 2);
				}
				c.font = "11px system-ui, \"DejaVu Sans\", sans-serif";
				c.fillStyle = this.look.weak;
				c.textAlign = "right";
				c.fillText(where, LABEL - 6, part.y + ROW / 2);
				c.textAlign = "left";
			}
		});
		c.fillStyle = this.look.line;
		c.fillRect(LABEL - 1, 0, 1, this.total);
	}

	// As much of a text as has room.
	cut(text, room) {
		const c = this.context;
		if (room < 14) return "";
		let n = Math.min(text.length, Math.floor(room / 4.2));
		if (n === text.length && c.measureText(text).width <= room) return text;
		while (n > 0 && c.measureText(text.slice(0, n)).width > room - 8) n -= Math.ceil(n / 12);
		return n > 0 ? `${text.slice(0, n)}\u2026` : "";
	}

	colourOf(step) {
		if (step.kind === "violation") return this.look.noBack;
		if (step.kind === "lock") return step.l ? this.look.exclusive : this.look.shared;
		return this.look.bars[step.lane.index % this.look.bars.length];
	}

	drawSteps() {
		const seen = [], lastX = new Map();
		const order = this.trace.order;
		for (const step of this.trace.steps) {
			const begin = this.inOrder ? order[2 * step.index] : step.b, end = this.inOrder ? order[2 * step.index + 1] : step.e;
			if (end < this.from || begin > this.to) continue;
			if (step.y + ROW < this.top || step.y > this.top + this.height) continue;
			const x = Math.max(this.x(begin), LABEL - 2), width = Math.max(Math.min(this.x(end), this.width + 2) - x, 2);
			// Of those that share their pixels, one is drawn.
			const key = step.y, pixel = Math.round(x);
			if (width <= 2 && pixel - lastX.get(key) < 2 && step !== this.chosen) continue;
			lastX.set(key, pixel);
			seen.push([step, x, width]);
		}
		this.seen = seen;
		for (const [step, x, width] of seen) this.drawStep(step, x, width);
		if (seen.length <= MAX_ARROWS)
			for (const [step] of seen) this.drawArrow(step, step === this.chosen);
		else if (this.chosen)
			this.drawArrow(this.chosen, true);
		this.drawLabels();
	}

	drawStep(step, x, width) {
		const c = this.context, height = ROW - 2, dim = this.isDim(step);
		c.globalAlpha = dim ? 0.25 : 1;
		c.fillStyle = this.colourOf(step);
		c.fillRect(x, step.y, width, height);
		if (width > 4) {
			c.strokeStyle = this.look.line;
			c.lineWidth = 1;
			c.strokeRect(x + 0.5, step.y + 0.5, width - 1, height - 1);
		}
		if (step.kind === "violation" || step.kind === "note") {
			c.fillStyle = step.kind === "note" ? this.look.weak : this.look.no;
			c.fillRect(x, step.y, 3, height);
		}
		if (step === this.chosen) {
			c.strokeStyle = this.look.chosen;
			c.lineWidth = 2;
			c.strokeRect(x - 1, step.y - 1, width + 2, height + 2);
		}
		if (width > 18) {
			const label = step.kind === "lock" ? `${step.l ? "exclusive" : "shared"}: ${step.f}` : step.x;
			c.fillStyle = this.look.text;
			c.fillText(this.cut((step.c > 1 ? `${step.c}\u00d7 ` : "") + label, width - 6), x + 4, step.y + ROW / 2 - 1);
		}
		c.globalAlpha = 1;
	}

	// From the party that calls to the one that is called.
	drawArrow(step, strong) {
		if (step.kind !== "step" || step.f === step.t) return;
		const lane = this.trace.lanes.find((one) => one.party === step.f);
		if (!lane) return;
		const from = step.parent && step.parent.lane === lane ? step.parent
			: lane.parts.find((part) => part.track === (step.k ?? 0)) ?? lane.parts[0];
		const c = this.context, x = Math.round(this.x(this.trace.span(step, this.inOrder)[0])) + 0.5;
		if (x < LABEL || x > this.width) return;
		const down = step.y > from.y, begin = from.y + (down ? ROW - 2 : 0), end = step.y + (down ? 0 : ROW - 2);
		c.strokeStyle = c.fillStyle = strong ? this.look.chosen : this.look.weak;
		c.lineWidth = strong ? 2 : 1;
		c.globalAlpha = strong ? 1 : 0.55;
		c.beginPath();
		c.moveTo(x, begin);
		c.lineTo(x, end);
		c.stroke();
		c.beginPath();
		c.moveTo(x, end);
		c.lineTo(x - 3, end + (down ? -6 : 6));
		c.lineTo(x + 3, end + (down ? -6 : 6));
		c.fill();
		c.globalAlpha = 1;
	}

	drawAxis() {
		const c = this.context, length = this.to - this.from, room = (this.width - LABEL) / 110;
		let unit = 10 ** Math.ceil(Math.log10(length / room));
		if (unit / 5 * room >= length) unit /= 5;
		else if (unit / 2 * room >= length) unit /= 2;
		if (this.inOrder) unit = Math.max(1, unit);
		c.fillStyle = this.look.panel;
		c.fillRect(0, 0, this.width, AXIS);
		c.fillStyle = this.look.line;
		c.fillRect(0, AXIS - 1, this.width, 1);
		for (let at = Math.ceil(this.from / unit) * unit; at <= this.to; at += unit) {
			const x = this.x(at);
			if (x < LABEL) continue;
			c.fillStyle = this.look.line;
			c.fillRect(Math.round(x), 14, 1, AXIS - 14);
			c.fillStyle = this.look.weak;
			if (!this.inOrder) c.fillText(timeText(Math.abs(at) < unit / 2 ? 0 : at), x + 3, AXIS / 2 - 1);
		}
		c.fillStyle = this.look.panel;
		c.fillRect(0, 0, LABEL, AXIS - 1);
		c.fillStyle = this.look.weak;
		c.fillText(this.inOrder ? "in order" : `${timeText(length)} in sight`, 8, AXIS / 2);
	}

	// The step at a place of the canvas; the last that was drawn there.
	hit(x, y) {
		const inside = y - AXIS + this.top;
		if (x < LABEL || y < AXIS) return undefined;
		return this.seen?.findLast(([step, left, width]) =>
			inside >= step.y && inside < step.y + ROW && x >= left - 2 && x <= left + width + 2)?.[0];
	}
}
