// SPDX-License-Identifier: BSD-3-Clause
// The report's page with scripts: plots with one cursor in time, zoom, a chunk map that
// plays, a table that sorts and chooses lines. Without scripts the page shows still
// plots. What is looked at stands in the address, so that a link shows the same.
"use strict";
(() => {
const D = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement, $ = id => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#999999"];
const line = i => D.policies[i].line;
const color = i => COLORS[line(i) % 7], dash = i => line(i) % 14 >= 7 ? "6 4" : "none";
const begin = D.begin, end = D.time[D.time.length - 1];
// The cursor begins where most memory is free: that is what people ask about.
const fullest = D.time[D.free.indexOf(Math.max(...D.free))];
const state = { t: fullest, from: begin, to: end, off: new Set(), sort: "", down: false };

function bytes(b) {
	if (b === null || !isFinite(b)) return "none";
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let u = 0;
	while (Math.abs(b) >= 1024 && u < 4) { b /= 1024; u++; }
	return (u === 0 || b >= 100 ? b.toFixed(0) : b.toPrecision(3)) + " " + units[u];
}
// As fine as a step of the axis, or a hundredth of what is shown.
function seconds(s, fine = (state.to - state.from) / 1000) {
	const [factor, unit] = end < 1e-3 ? [1e6, " us"] : end < 1 ? [1e3, " ms"] : [1, " s"];
	return (s * factor).toFixed(clamp(-Math.floor(Math.log10(fine * factor) + 1e-9), 0, 9)) + unit;
}
function make(name, attributes, parent) {
	const e = document.createElementNS(SVG, name);
	for (const k in attributes) e.setAttribute(k, attributes[k]);
	if (parent) parent.append(e);
	return e;
}
// The last interval that begins at or before a time: intervals end at D.time.
function at(t) {
	let lo = 0, hi = D.time.length - 1;
	while (lo < hi) {
		const mid = (lo + hi) >> 1;
		if (D.time[mid] < t) lo = mid + 1; else hi = mid;
	}
	return lo;
}
const clamp = (v, lo, hi) => Math.min(Math.max(v, lo), hi);
// Steps of 1, 2, 5 in decimal for times, of powers of two for bytes.
function step(range, count, binary) {
	const rough = range / count;
	if (binary) return 2 ** Math.ceil(Math.log2(rough));
	const p = 10 ** Math.floor(Math.log10(rough)), m = rough / p;
	return p * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

// --- what is looked at, and its address ---

let waiting = 0;
const drawers = [];
function redraw() {
	if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; drawers.forEach(d => d()); });
}
function save() {
	const parts = ["t=" + state.t.toFixed(6)];
	if (state.from > begin || state.to < end) parts.push("zoom=" + state.from.toFixed(6) + "," + state.to.toFixed(6));
	if (state.off.size) parts.push("off=" + [...state.off].sort((a, b) => a - b).join(","));
	if (state.sort) parts.push("sort=" + state.sort + (state.down ? ",down" : ""));
	history.replaceState(null, "", "#" + parts.join("&"));
}
function load() {
	for (const part of location.hash.slice(1).split("&")) {
		const [key, value = ""] = part.split("="), list = value.split(",");
		if (key === "t" && isFinite(+value)) state.t = clamp(+value, begin, end);
		if (key === "zoom" && +list[0] < +list[1]) { state.from = clamp(+list[0], begin, end); state.to = clamp(+list[1], begin, end); }
		if (key === "off") state.off = new Set(list.map(Number).filter(i => i >= 0 && i < D.policies.length));
		if (key === "sort") { state.sort = list[0]; state.down = list[1] === "down"; }
	}
	if (!(state.from < state.to)) { state.from = begin; state.to = end; }
}
let saving = 0;
function changed() {
	redraw();
	clearTimeout(saving);
	saving = setTimeout(save, 200);
}
function setTime(t) { state.t = clamp(t, begin, end); changed(); }
function setZoom(from, to) {
	state.from = clamp(from, begin, end);
	state.to = clamp(to, begin, end);
	if (!(state.to - state.from > (end - begin) / 1e4)) { state.from = begin; state.to = end; }
	changed();
}

// --- charts over time ---

// options: label, height, top(): the greatest value, paint(group, x, y): the data, read(i): HTML of the readout.
function chart(host, options) {
	const box = document.createElement("div"), read = document.createElement("div");
	box.className = "chart";
	box.tabIndex = 0;
	box.setAttribute("role", "application");
	box.setAttribute("aria-label", options.label + ". Arrow keys move the time cursor, plus and minus zoom, 0 shows all.");
	read.className = "read";
	read.setAttribute("aria-live", "polite");
	host.append(box, read);
	const svg = make("svg", { role: "img", "aria-label": options.label }, null);
	box.append(svg);
	let drag = null;
	const width = () => box.clientWidth || 800, height = options.height;
	// Room for addresses of 12 digits.
	const margin = { get left() { return width() < 600 ? 88 : 108; }, right: 12, top: 8, bottom: 24 };
	const toTime = px => state.from + clamp((px - margin.left) / (width() - margin.left - margin.right), 0, 1) * (state.to - state.from);
	const place = e => e.clientX - box.getBoundingClientRect().left;
	function draw() {
		const w = width(), h = height, top = options.top ? options.top() : 1;
		const x = t => margin.left + (t - state.from) / (state.to - state.from) * (w - margin.left - margin.right);
		const y = v => h - margin.bottom - v / top * (h - margin.top - margin.bottom);
		svg.replaceChildren();
		svg.setAttribute("viewBox", "0 0 " + w + " " + h);
		svg.setAttribute("height", h);
		const clip = "clip-" + host.id;
		make("rect", { x: margin.left, y: 0, width: Math.max(w - margin.left - margin.right, 1), height: h }, make("clipPath", { id: clip }, svg));
		if (options.top) {
			const s = step(top, 6, true);
			for (let v = 0; v <= top; v += s) {
				make("line", { class: "grid", x1: margin.left, x2: w - margin.right, y1: y(v), y2: y(v) }, svg);
				make("text", { x: margin.left - 6, y: y(v) + 4, "text-anchor": "end" }, svg).textContent = bytes(v);
			}
		}
		const s = step(state.to - state.from, Math.max(Math.floor(w / 130), 2), false);
		for (let t = Math.ceil(state.from / s) * s; t <= state.to; t += s) {
			make("line", { class: "grid", x1: x(t), x2: x(t), y1: h - margin.bottom, y2: h - margin.bottom + 5 }, svg);
			make("text", { x: x(t), y: h - 5, "text-anchor": x(t) > w - 50 ? "end" : "middle" }, svg).textContent = seconds(t, s);
		}
		options.paint(make("g", { "clip-path": "url(#" + clip + ")" }, svg), x, y, w, h, margin);
		if (state.t >= state.from && state.t <= state.to)
			make("line", { class: "cursor", x1: x(state.t), x2: x(state.t), y1: 0, y2: h - margin.bottom }, svg);
		if (drag)
			make("rect", { class: "drag", x: Math.min(drag[0], drag[1]), y: 0, width: Math.abs(drag[1] - drag[0]), height: h - margin.bottom }, svg);
		read.innerHTML = "<b>" + seconds(state.t) + "</b>" + options.read(at(state.t));
	}
	box.addEventListener("pointerdown", e => { if (e.button === 0) { drag = [place(e), place(e)]; box.setPointerCapture(e.pointerId); } });
	box.addEventListener("pointermove", e => { if (drag) drag[1] = place(e); if (!playing) setTime(toTime(place(e))); });
	box.addEventListener("pointerup", e => {
		const d = drag;
		drag = null;
		if (d && Math.abs(d[1] - d[0]) > 6) setZoom(toTime(Math.min(d[0], d[1])), toTime(Math.max(d[0], d[1])));
		else setTime(toTime(place(e)));
	});
	box.addEventListener("pointercancel", () => { drag = null; redraw(); });
	box.addEventListener("dblclick", () => setZoom(begin, end));
	box.addEventListener("keydown", e => {
		const span = state.to - state.from, fine = span / (e.shiftKey ? 10 : 100), middle = clamp(state.t, state.from, state.to);
		const keys = { ArrowLeft: () => setTime(state.t - fine), ArrowRight: () => setTime(state.t + fine), Home: () => setTime(state.from),
			End: () => setTime(state.to), "0": () => setZoom(begin, end), Escape: () => setZoom(begin, end),
			"+": () => setZoom(middle - span / 4, middle + span / 4), "-": () => setZoom(middle - span, middle + span) };
		if (keys[e.key]) { keys[e.key](); e.preventDefault(); }
	});
	drawers.push(draw);
	new ResizeObserver(redraw).observe(box);
}

// Values hold for whole intervals: a path of steps. first: begin of the first interval.
function steps(values, x, y) {
	let d = "", pen = false;
	for (let i = 0; i < values.length; i++) {
		const a = i ? D.time[i - 1] : D.begin, v = values[i];
		if (v === null || D.time[i] < state.from && i + 1 < values.length && D.time[i + 1] < state.from) { pen = false; continue; }
		d += (pen ? "L" : "M") + x(a).toFixed(1) + " " + y(v).toFixed(1) + "L" + x(D.time[i]).toFixed(1) + " " + y(v).toFixed(1);
		pen = true;
		if (a > state.to) break;
	}
	return d;
}
const sum = (...lists) => D.time.map((_, i) => lists.reduce((s, l) => s + (l[i] || 0), 0));
const greatest = lists => lists.reduce((m, l) => l.reduce((n, v) => v > n ? v : n, m), 1);
const mark = (fill, text) => "<span><i style=\"background:" + fill + "\"></i>" + text + "</span> ";

function memoryChart() {
	const used = sum(D.in_use, D.manual), retained = sum(used, D.free), mapped = sum(retained, D.released);
	const bands = [[mapped, "var(--released)"], [retained, "var(--free)"], [used, "var(--used)"], [D.manual, "var(--manual)"]];
	chart($("memory-live"), {
		label: "Memory over time: in use, free and released", height: 320,
		top: () => greatest([mapped, D.goal]) * 1.04,
		paint(g, x, y) {
			for (const [values, fill] of bands)
				make("path", { d: steps(values, x, y) + "L" + x(end) + " " + y(0) + "L" + x(D.begin) + " " + y(0) + "Z", fill }, g);
			make("path", { d: steps(D.goal, x, y), fill: "none", stroke: "var(--goal)", "stroke-dasharray": "5 3", "stroke-width": 1.8 }, g);
			if (D.limit.some(v => v !== null))
				make("path", { d: steps(D.limit, x, y), fill: "none", stroke: "var(--text)", "stroke-dasharray": "2 3" }, g);
		},
		read: i => mark("var(--used)", bytes(D.in_use[i]) + " in use") + mark("var(--manual)", bytes(D.manual[i]) + " manual") +
			mark("var(--free)", bytes(D.free[i]) + " free") + mark("var(--released)", bytes(D.released[i]) + " released") +
			(D.goal[i] === null ? "" : mark("var(--goal)", "goal " + bytes(D.goal[i]))),
	});
}

// A piece of a policy's line, as in the chart.
const sample = i => {
	const s = make("svg", { class: "line", viewBox: "0 0 32 10", "aria-hidden": "true" });
	make("line", { x1: 0, x2: 32, y1: 5, y2: 5, stroke: color(i), "stroke-width": 4, "stroke-dasharray": dash(i) }, s);
	return s.outerHTML;
};

function policiesChart() {
	if (!$("policies-live")) return;
	const used = sum(D.in_use, D.manual);
	chart($("policies-live"), {
		label: "What each policy retained over time", height: 320,
		top: () => greatest(D.policies.filter((_, i) => !state.off.has(i)).map(p => p.retained).concat([used])) * 1.04,
		paint(g, x, y) {
			make("path", { d: steps(used, x, y) + "L" + x(end) + " " + y(0) + "L" + x(D.begin) + " " + y(0) + "Z", fill: "var(--released)" }, g);
			D.policies.forEach((p, i) => {
				if (!state.off.has(i))
					make("path", { d: steps(p.retained, x, y), fill: "none", stroke: color(i), "stroke-width": p.own ? 3 : 1.6,
						"stroke-dasharray": dash(i), "data-policy": p.name }, g);
			});
		},
		read: i => D.policies.map((p, n) => state.off.has(n) ? "" : "<span>" + sample(n) + escape(p.name) + " " + bytes(p.retained[i]) + "</span> ").join(""),
	});
}
function escape(text) {
	const e = document.createElement("span");
	e.textContent = text;
	return e.innerHTML;
}

// --- addresses: over time, and at the cursor's ---

let cells = null; // for each column and row: the shares of 255 in use and released, and 255 where anything is mapped
const P = D.plane;
function columnAt(t) {
	let c = 0;
	while (c + 1 < P.columns && P.end[c] < t) c++;
	return c;
}
function rgb(name) {
	const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	probe.fillStyle = getComputedStyle(root).getPropertyValue(name).trim();
	probe.fillRect(0, 0, 1, 1);
	return probe.getImageData(0, 0, 1, 1).data;
}
// Mixes the colours of what a cell holds by its shares; nothing mapped is the page's own colour.
function paintCell(data, o, used, released, mapped, c) {
	for (let k = 0; k < 3; k++) {
		const mix = (c.used[k] * used + c.released[k] * released + c.free[k] * (255 - used - released)) / 255;
		data[o + k] = mapped ? mix : c.page[k];
	}
	data[o + 3] = 255;
}
const palette = () => ({ used: rgb("--used"), free: rgb("--free"), released: rgb("--released"), page: rgb("--page") });
const cell = (column, row) => 3 * (column * P.rows.length + row);

function addressesChart() {
	const still = document.createElement("canvas");
	let theme = null;
	function image() {
		const c = palette(), key = JSON.stringify(c);
		if (key === theme) return;
		theme = key;
		still.width = P.columns;
		still.height = P.rows.length;
		const context = still.getContext("2d"), picture = context.createImageData(P.columns, P.rows.length);
		for (let col = 0; col < P.columns; col++)
			for (let row = 0; row < P.rows.length; row++) {
				const o = cell(col, row);
				paintCell(picture.data, 4 * (row * P.columns + col), cells[o], cells[o + 1], cells[o + 2], c);
			}
		context.putImageData(picture, 0, 0);
	}
	chart($("addresses-live"), {
		label: "Addresses over time", height: 340,
		paint(g, x, y, w, h, margin) {
			image();
			const left = x(P.begin), right = x(P.end[P.columns - 1]);
			make("image", { href: still.toDataURL(), x: left, y: margin.top, width: right - left, height: h - margin.top - margin.bottom,
				preserveAspectRatio: "none", style: "image-rendering:pixelated" }, g);
			for (const at of [0, 0.5, 1]) {
				const row = Math.min(Math.floor(at * P.rows.length), P.rows.length - 1), text = make("text", { x: margin.left - 6,
					y: margin.top + 10 + at * (h - margin.top - margin.bottom - 12), "text-anchor": "end" }, g.parentNode);
				text.textContent = P.rows[row].slice(2);
			}
		},
		read: () => mark("var(--used)", "in use") + mark("var(--free)", "free") + mark("var(--released)", "released"),
	});
}

let playing = 0;
function mapView() {
	const canvas = $("map"), slider = $("map-time"), button = $("map-play"), text = $("map-text");
	const small = document.createElement("canvas");
	let wide = 1, high = 1;
	slider.max = P.columns - 1;
	slider.addEventListener("input", () => setTime(+slider.value ? P.end[slider.value] : P.begin));
	function tick() {
		const next = columnAt(state.t) + 1;
		if (next >= P.columns) { toggle(); return; }
		setTime(P.end[next]);
	}
	function toggle() {
		if (playing) { clearInterval(playing); playing = 0; }
		else { if (columnAt(state.t) >= P.columns - 1) setTime(P.begin); playing = setInterval(tick, 60); }
		button.textContent = playing ? "Pause" : "Play";
		redraw();
	}
	button.addEventListener("click", toggle);
	canvas.addEventListener("pointermove", e => {
		const r = canvas.getBoundingClientRect(), row = Math.floor((e.clientY - r.top) / r.height * high) * wide +
			Math.floor((e.clientX - r.left) / r.width * wide);
		if (row < 0 || row >= P.rows.length) return;
		const o = cell(columnAt(state.t), row), share = v => Math.round(v / 2.55) + " %";
		text.textContent = P.rows[row] + ": " + (cells[o + 2] ? share(cells[o]) + " in use, " + share(255 - cells[o] - cells[o + 1]) +
			" free, " + share(cells[o + 1]) + " released, of " + bytes(P.row_bytes) : "not mapped");
	});
	drawers.push(() => {
		const column = columnAt(state.t), c = palette(), room = canvas.parentNode.clientWidth || 800;
		// Cells as large as lets the map be a quarter as high as it has room to be wide.
		const scale = clamp(Math.floor(Math.sqrt(room * room / 4 / P.rows.length)), 4, 28);
		wide = Math.max(Math.min(Math.floor(room / scale), P.rows.length), 1);
		high = Math.ceil(P.rows.length / wide);
		small.width = wide;
		small.height = high;
		const context = small.getContext("2d"), picture = context.createImageData(wide, high);
		for (let row = 0; row < P.rows.length; row++) {
			const o = cell(column, row);
			paintCell(picture.data, 4 * row, cells[o], cells[o + 1], cells[o + 2], c);
		}
		context.putImageData(picture, 0, 0);
		canvas.width = wide * scale;
		canvas.height = high * scale;
		const to = canvas.getContext("2d");
		to.imageSmoothingEnabled = false;
		to.drawImage(small, 0, 0, canvas.width, canvas.height);
		to.strokeStyle = getComputedStyle(root).getPropertyValue("--page");
		for (let i = 0; scale > 6 && i <= wide; i++) { to.beginPath(); to.moveTo(i * scale, 0); to.lineTo(i * scale, canvas.height); to.stroke(); }
		for (let i = 0; scale > 6 && i <= high; i++) { to.beginPath(); to.moveTo(0, i * scale); to.lineTo(canvas.width, i * scale); to.stroke(); }
		slider.value = column;
		slider.setAttribute("aria-valuetext", seconds(state.t));
		$("map-when").textContent = seconds(state.t);
	});
}

async function unpack(text) {
	const packed = Uint8Array.from(atob(text), c => c.charCodeAt(0));
	const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

// --- the table ---

function table() {
	const t = $("policies-table"), body = t.tBodies[0], rows = [...body.rows], heads = [...t.tHead.rows[0].cells];
	const value = (row, i) => i === 0 ? row.cells[0].textContent : row.cells[i].dataset.value === "" ? NaN : +row.cells[i].dataset.value;
	function sort() {
		const i = heads.findIndex(h => h.dataset.name === state.sort);
		heads.forEach((h, n) => h.setAttribute("aria-sort", n !== i ? "none" : state.down ? "descending" : "ascending"));
		const order = i < 0 ? rows : rows.slice().sort((a, b) => {
			const u = value(a, i), v = value(b, i), d = i === 0 ? u.localeCompare(v) : u - v;
			if (i > 0 && (isNaN(u) || isNaN(v))) return isNaN(u) - isNaN(v);
			return state.down ? -d : d;
		});
		body.append(...order);
	}
	heads.forEach(h => {
		const b = document.createElement("button");
		b.append(...h.childNodes);
		h.append(b);
		b.addEventListener("click", () => {
			state.down = state.sort === h.dataset.name && !state.down;
			state.sort = h.dataset.name;
			sort();
			changed();
		});
	});
	rows.forEach((row, i) => {
		const label = document.createElement("label"), box = document.createElement("input"), name = [...row.cells[0].childNodes];
		box.type = "checkbox";
		box.checked = !state.off.has(i);
		box.addEventListener("change", () => { if (box.checked) state.off.delete(i); else state.off.add(i); changed(); });
		label.innerHTML = sample(i);
		label.prepend(box);
		label.append(...name);
		row.cells[0].append(label);
	});
	sort();
}

function themes() {
	const chosen = $("theme");
	chosen.addEventListener("change", () => {
		if (chosen.value) root.dataset.theme = chosen.value; else delete root.dataset.theme;
		redraw();
	});
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

async function start() {
	load();
	root.classList.add("scripted");
	themes();
	table();
	memoryChart();
	policiesChart();
	if (P && $("addresses-live")) {
		cells = await unpack(P.cells);
		addressesChart();
		mapView();
	}
	addEventListener("hashchange", () => { load(); redraw(); });
	redraw();
	root.classList.add("ready");
}
start();
})();
