"use strict";
// Data come from files that anyone may have written: they reach the page as text and attributes only, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const charts = data.charts;
  const hidden = new Set();
  const SVG = "http://www.w3.org/2000/svg";

  // -- drawing
  function el(name, attributes, parent, text) {
    const made = document.createElementNS(SVG, name);
    for (const key in attributes) if (attributes[key] !== undefined && attributes[key] !== "") made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  }
  function canvas(box, width, height, label) {
    const svg = el("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, box);
    return svg;
  }
  // all panels first: each is as wide as the others leave it
  function holders(box, count) {
    return Array.from({ length: count }, () => box.appendChild(document.createElement("div")));
  }
  function widthOf(box) { return Math.max(240, Math.floor(box.clientWidth) || 640); }
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  function fit(text, pixels) {
    let shown = text.length > 80 ? text.slice(0, 80) + "…" : text;
    while (shown.length > 2 && ruler.measureText(shown).width > pixels) shown = shown.slice(0, -2) + "…";
    return shown;
  }
  function sym(value, linear) { return value <= linear ? 0.5 * Math.max(value, 0) / linear : 0.5 + Math.log10(value / linear); }
  function decades(low, high) {
    const found = [];
    for (let p = Math.ceil(Math.log10(low) - 1e-9); p <= Math.floor(Math.log10(high) + 1e-9); p++) found.push(Math.pow(10, p));
    return found;
  }
  function num(value, digits) {
    if (value === null || value === undefined) return "–";
    return String(Number(value.toPrecision(digits || 4)));
  }
  function si(value, unit) {
    if (value === null) return "–";
    const size = Math.abs(value);
    const [scale, prefix] = size >= 1e9 ? [1e9, "G"] : size >= 1e6 ? [1e6, "M"] : size >= 1e3 ? [1e3, "k"] : size >= 1 || size === 0 ? [1, ""] : size >= 1e-3 ? [1e-3, "m"] : [1e-6, "µ"];
    return `${num(value / scale, 3)} ${prefix}${unit}`;
  }
  const SHAPES = [
    r => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`,
    r => `M${-r},${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
    r => `M0,${-1.2 * r}L${1.2 * r},${r}H${-1.2 * r}z`,
    r => `M0,${-1.35 * r}L${1.35 * r},0L0,${1.35 * r}L${-1.35 * r},0z`,
    r => `M0,${1.2 * r}L${1.2 * r},${-r}H${-1.2 * r}z`,
  ];
  function mark(parent, x, y, index, colour, tip, radius) {
    const shape = SHAPES[index % SHAPES.length](radius || 4.2);
    return el("path", { d: shape, transform: `translate(${x.toFixed(1)},${y.toFixed(1)})`, fill: colour, class: "mark", "data-tip": tip }, parent);
  }
  const colourOf = index => charts.palette[index % charts.palette.length];
  const shown = index => !hidden.has(index);

  // -- what the pointer stands on
  const tip = document.getElementById("tip");
  function say(text, event) {
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const box = tip.getBoundingClientRect();
    const x = Math.min(event.clientX + 14, window.innerWidth - box.width - 8);
    const y = event.clientY + 18 + box.height > window.innerHeight ? event.clientY - box.height - 12 : event.clientY + 18;
    tip.style.left = `${Math.max(4, x)}px`;
    tip.style.top = `${Math.max(4, y)}px`;
  }
  function point(event) {
    const target = event.target instanceof Element ? event.target : null;
    const curves = target && target.closest("svg.curves");
    if (curves) return say(nearest(curves, event), event);
    const at = target && target.closest("[data-tip]");
    say(at ? at.getAttribute("data-tip") : "", event);
  }
  document.addEventListener("pointermove", point);
  document.addEventListener("pointerdown", point);
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

  // -- tables that sort: numbers as numbers, then words, codes last
  function keyOf(cell) {
    if (cell.dataset.v !== undefined) return [0, Number(cell.dataset.v)];
    if (cell.tagName === "TH" || (cell.dataset.t !== undefined && cell.textContent.trim())) return [1, cell.textContent.trim()];
    return [2, cell.textContent.trim()];
  }
  function sort(table, column, down) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows).map(row => [keyOf(row.cells[column]), row]);
    rows.sort(([a], [b]) => {
      if (a[0] !== b[0]) return a[0] - b[0];
      const order = a[0] === 0 ? a[1] - b[1] : a[1].localeCompare(b[1], "en", { numeric: true });
      return a[0] === 2 || !down ? order : -order;
    });
    for (const [, row] of rows) body.appendChild(row);
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = table.tHead.rows[table.tHead.rows.length - 1].cells;
    Array.from(heads).forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
      const first = head.dataset.better === "max" ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const next = head.getAttribute("aria-sort") === first ? other : first;
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", next);
      sort(table, column, next === "descending");
    }));
  }

  // -- figures of all instances
  function median(values) {
    const sorted = values.slice().sort((a, b) => a - b), middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
  function nothing(box, text) {
    const p = document.createElement("p");
    p.className = "hint";
    p.textContent = text;
    box.appendChild(p);
  }
  const FLOOR = 0.01;
  function gapAxis(svg, x, top, bottom, most, label) {
    for (const tick of [0, ...decades(FLOOR, most)]) {
      el("line", { x1: x(tick), x2: x(tick), y1: top, y2: bottom, class: "grid" }, svg);
      if (tick === FLOOR && x(tick) - x(0) < 24) continue;
      el("text", { x: x(tick), y: bottom + 14, "text-anchor": "middle" }, svg, String(Number(tick.toPrecision(3))));
    }
    el("text", { x: x(most), y: bottom + 30, "text-anchor": "end" }, svg, label);
  }
  function drawGap(box) {
    const rows = charts.methods.map((m, i) => ({ i, name: m[0], all: charts.gap.filter(r => r[0] === i) }))
      .filter(r => shown(r.i) && r.all.length)
      .map(r => ({ ...r, good: r.all.filter(g => g[2] !== null) }));
    if (!rows.some(r => r.good.length)) return nothing(box, "No gap is known: no method certified a bound, or none has a plan.");
    rows.forEach(r => { r.middle = r.good.length ? median(r.good.map(g => g[2])) : Infinity; });
    rows.sort((a, b) => b.good.length - a.good.length || a.middle - b.middle);
    const width = widthOf(box), names = Math.min(150, width * 0.34), codes = 62, step = 22, perLine = Math.max(1, Math.floor(width / 120));
    const top = 12 + 17 * Math.ceil(charts.instances.length / perLine), bottom = top + step * rows.length, most = Math.max(1, ...rows.flatMap(r => r.good.map(g => g[2]))) * 1.3;
    const x = v => names + 10 + (width - names - codes - 18) * (sym(v, FLOOR) / sym(most, FLOOR));
    const svg = canvas(box, width, bottom + 36, "Gap of every method on every instance");
    charts.instances.forEach((name, i) => {
      const at = [(i % perLine) * (width / perLine) + 6, 8 + 17 * Math.floor(i / perLine)];
      mark(svg, at[0], at[1], i, colourOf(i));
      el("text", { x: at[0] + 9, y: at[1] + 4 }, svg, fit(name, width / perLine - 18));
    });
    gapAxis(svg, x, top, bottom, most, "gap (%)");
    rows.forEach((row, place) => {
      const y = top + step * (place + 0.5);
      el("text", { x: names, y: y + 4, "text-anchor": "end", class: "strong", "data-tip": row.name }, svg, fit(row.name, names));
      const values = row.good.map(g => Math.max(g[2], 0));
      if (values.length) {
        el("line", { x1: x(Math.min(...values)), x2: x(Math.max(...values)), y1: y, y2: y, class: "range" }, svg);
        el("line", { x1: x(Math.max(row.middle, 0)), x2: x(Math.max(row.middle, 0)), y1: y - 7, y2: y + 7, class: "median" }, svg);
      }
      for (const g of row.good) mark(svg, x(Math.max(g[2], 0)), y, g[1], colourOf(g[1]), `${row.name}\n${charts.instances[g[1]]}: gap ${num(g[2])} %`);
      const counts = new Map();
      for (const g of row.all) if (g[2] === null) counts.set(g[3] || "–", (counts.get(g[3] || "–") || 0) + 1);
      el("text", { x: width, y: y + 4, "text-anchor": "end" }, svg, Array.from(counts, ([code, n]) => `${n} ${code}`).join(", "));
    });
  }
  function drawEffort(box) {
    const rows = charts.effort.filter(r => shown(r[0]));
    if (!rows.length) return nothing(box, "No method has both a time and a gap.");
    const width = widthOf(box), left = 44, height = 330, bottom = height - 36, top = 10;
    const times = rows.map(r => Math.max(r[2], 1e-3)), low = Math.min(...times) / 1.5, high = Math.max(...times) * 1.5;
    const most = Math.max(1, ...rows.map(r => r[3])) * 1.3;
    const x = t => left + (width - left - 10) * (Math.log(Math.max(t, 1e-3) / low) / Math.log(high / low));
    const y = g => bottom - (bottom - top) * (sym(g, FLOOR) / sym(most, FLOOR));
    const svg = canvas(box, width, height, "Time against gap");
    for (const tick of decades(low, high)) {
      el("line", { x1: x(tick), x2: x(tick), y1: top, y2: bottom, class: "grid" }, svg);
      el("text", { x: x(tick), y: bottom + 14, "text-anchor": "middle" }, svg, num(tick));
    }
    for (const tick of [0, ...decades(FLOOR, most)]) {
      el("line", { x1: left, x2: width, y1: y(tick), y2: y(tick), class: "grid" }, svg);
      el("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, svg, num(tick));
    }
    el("text", { x: width, y: height - 6, "text-anchor": "end" }, svg, "seconds");
    el("text", { x: left + 4, y: top + 6 }, svg, "gap (%)");
    for (const r of rows) {
      const name = charts.methods[r[0]][0];
      mark(svg, x(r[2]), y(r[3]), Math.floor(r[0] / charts.palette.length), charts.methods[r[0]][1], `${name}\n${charts.instances[r[1]]}: gap ${num(r[3])} %, ${num(r[2])} s`, 4.6);
    }
  }
  const panels = new WeakMap();
  function drawAnytime(box) {
    const parts = charts.anytime.map(p => [p, p.curves.filter(c => shown(c.method))]).filter(([, mine]) => mine.length);
    if (!parts.length) return nothing(box, "No method reported a plan.");
    const end = Math.max(0.01, ...parts.flatMap(([, mine]) => mine.map(c => Math.max(c.limit || 0, c.points[c.points.length - 1][0]))));
    holders(box, parts.length).forEach((holder, place) => {
      const [{ panel: label, to }, mine] = parts[place];
      const width = widthOf(holder), height = Math.round(Math.min(240, width * 0.66)), left = 36, top = 24, bottom = height - 20;
      const start = 1e-3, most = Math.max(1, ...mine.flatMap(c => c.points.map(p => p[1]))) * 1.3;
      const x = t => left + (width - left - 8) * (Math.log(Math.max(t, start) / start) / Math.log(end / start));
      const y = g => bottom - (bottom - top) * (sym(g, FLOOR) / sym(most, FLOOR));
      const svg = canvas(holder, width, height, `Gap over time on ${label}`);
      svg.classList.add("curves");
      el("rect", { x: 0, y: 0, width, height, fill: "none", "pointer-events": "all" }, svg);
      el("text", { x: 0, y: 12, class: "title" }, svg, fit(label, width * 0.6));
      if (to !== "certified bound") el("text", { x: width, y: 12, "text-anchor": "end" }, svg, to === "mixed" ? "to bound or best known" : `to the ${to}`);
      for (const tick of decades(start, end)) {
        el("line", { x1: x(tick), x2: x(tick), y1: top, y2: bottom, class: "grid" }, svg);
        el("text", { x: x(tick), y: bottom + 14, "text-anchor": "middle" }, svg, num(tick) + (tick === 1 ? " s" : ""));
      }
      for (const tick of [0, ...decades(FLOOR, most)]) {
        el("line", { x1: left, x2: width, y1: y(tick), y2: y(tick), class: "grid" }, svg);
        el("text", { x: left - 5, y: y(tick) + 4, "text-anchor": "end" }, svg, num(tick) + (tick === 1 ? "%" : ""));
      }
      for (const c of mine) {
        const [, colour, dashes] = charts.methods[c.method];
        const last = c.points[c.points.length - 1], stop = Math.max(Math.min(c.limit || 0, end), last[0]);
        let d = "";
        c.points.forEach((p, i) => { d += (i ? `H${x(p[0]).toFixed(1)}V` : `M${x(p[0]).toFixed(1)},`) + y(p[1]).toFixed(1); });
        d += `H${x(stop).toFixed(1)}`;
        el("path", { d, stroke: colour, "stroke-dasharray": dashes, class: "series", "data-method": c.method }, svg);
        mark(svg, x(stop), y(last[1]), Math.floor(c.method / charts.palette.length), colour, undefined, 3.4);
      }
      panels.set(svg, { mine, x, y, width });
    });
  }
  function nearest(svg, event) {
    const { mine, x, y, width } = panels.get(svg);
    const box = svg.getBoundingClientRect(), scale = width / box.width;
    const px = (event.clientX - box.left) * scale, py = (event.clientY - box.top) * scale;
    let best = null;
    for (const c of mine) {
      let at = null;
      for (const p of c.points) if (x(p[0]) <= px + 1) at = p;
      if (at && (!best || Math.abs(y(at[1]) - py) < best.off)) best = { off: Math.abs(y(at[1]) - py), c, at };
    }
    for (const path of svg.querySelectorAll(".series")) path.classList.toggle("dimmed", !!best && best.off < 40 && Number(path.dataset.method) !== best.c.method);
    return best && best.off < 40 ? `${charts.methods[best.c.method][0]}\ngap ${num(best.at[1])} % from ${num(best.at[0])} s` : "";
  }
  document.addEventListener("pointerout", event => {
    const svg = event.target instanceof Element && event.target.closest("svg.curves");
    if (svg && !svg.contains(event.relatedTarget)) for (const path of svg.querySelectorAll(".dimmed")) path.classList.remove("dimmed");
  });
  const CHARTS = { gap: drawGap, effort: drawEffort, anytime: drawAnytime };
  function drawCharts() {
    for (const figure of document.querySelectorAll("[data-chart]")) {
      const box = figure.querySelector(".canvas");
      box.replaceChildren();
      CHARTS[figure.dataset.chart](box);
    }
  }
  const toggles = document.getElementById("toggles");
  charts.methods.forEach(([name, colour, dashes], index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    const swatch = el("svg", { viewBox: "0 0 28 10", "aria-hidden": "true" }, button);
    el("line", { x1: 0, x2: 28, y1: 5, y2: 5, stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dashes, class: "series" }, swatch);
    button.appendChild(document.createTextNode(name));
    button.addEventListener("click", () => {
      if (!hidden.delete(index)) hidden.add(index);
      button.setAttribute("aria-pressed", String(shown(index)));
      drawCharts();
    });
    toggles.appendChild(button);
  });

  // -- pictures of plans
  const TIER = { d: "device", e: "edge", c: "cloud", m: "mixed", "-": "none" };
  const WORD = { d: "device", e: "edge", c: "cloud", m: "device, edge or cloud: the cut runs through it", "-": "not run" };
  function blockTip(net, i) {
    return `up to layer ${net.blocks[i]}\n${si(net.operations[i], "FLOP")}, puts out ${si(net.bytes[i], "B")}`;
  }
  function route(task, row) {
    const used = new Set(row[1]);
    return [used.has("d") || used.has("m") || !row[2] ? "device" : null, row[2], row[3] === row[2] ? null : row[3]].filter(Boolean).join(" → ");
  }
  function drawTasks(box, scene, plan) {
    const width = widthOf(box), narrow = width < 640, names = narrow ? 0 : 150, words = narrow ? 0 : 230, step = narrow ? 35 : 21;
    const svg = canvas(box, width, step * plan.tasks.length + 4, "Which layers of every task run where");
    plan.tasks.forEach((row, k) => {
      const task = scene.tasks[k], net = scene.networks[task[0]], top = step * k, bar = top + (narrow ? 17 : 3), all = width - names - words;
      const version = row[0] ? ` (${net.versions[row[0]]})` : "", late = task[3] !== null && row[4] > task[3];
      const about = `${route(task, row)} · ${si(row[4], "s")}${late ? " (late)" : ""}`;
      const full = `task ${k}: ${net.name}${version}\n${about}\nsource ${task[1]}, weight ${num(task[2])}${task[3] === null ? "" : `, deadline ${si(task[3], "s")}`}`;
      const name = `${k}  ${net.name}${version}`;
      el("text", { x: 0, y: narrow ? top + 12 : bar + 11, class: "strong", "data-tip": full }, svg, fit(name, narrow ? width * 0.42 : names - 8));
      el("text", { x: width, y: narrow ? top + 12 : bar + 11, "text-anchor": "end", "data-tip": full }, svg, fit(about, narrow ? width * 0.56 : words - 12));
      const size = all / row[1].length, space = size > 5 ? 1 : size > 2.5 ? 0.5 : 0;
      Array.from(row[1]).forEach((letter, i) => el("rect", { x: (names + i * size).toFixed(2), y: bar, width: (size - space).toFixed(2), height: 14, class: TIER[letter], "data-tip": `${net.name}: ${blockTip(net, i)}\n${WORD[letter]}` }, svg));
    });
  }
  function drawNetworks(box, scene, plan) {
    const width = widthOf(box), narrow = width < 640, names = narrow ? 0 : 150, high = 46, step = high + (narrow ? 26 : 12);
    const svg = canvas(box, width, step * plan.networks.length + 18, "Share of tasks that run each block on device, edge and cloud");
    plan.networks.forEach(([index, tasks, ...tiers], place) => {
      const net = scene.networks[index], top = step * place + (narrow ? 18 : 4), size = (width - names) / net.blocks.length;
      if (narrow) el("text", { x: 0, y: top - 5, class: "strong" }, svg, fit(`${net.name} · ${tasks} tasks`, width));
      else {
        el("text", { x: 0, y: top + 18, class: "strong" }, svg, fit(net.name, names - 8));
        el("text", { x: 0, y: top + 33 }, svg, `${tasks} tasks`);
      }
      net.blocks.forEach((_, i) => {
        const about = `${net.name}: ${blockTip(net, i)}\n` + ["device", "edge", "cloud"].map((t, j) => `${t} ${num(100 * tiers[j][i], 3)} %`).join(", ");
        let y = top + high;
        ["device", "edge", "cloud"].forEach((tier, j) => {
          const h = high * tiers[j][i];
          y -= h;
          if (h > 0) el("rect", { x: (names + i * size).toFixed(2), y: y.toFixed(2), width: Math.max(0.5, size - (size > 5 ? 1 : 0)).toFixed(2), height: h.toFixed(2), class: tier, "data-tip": about }, svg);
        });
      });
    });
    el("text", { x: names, y: step * plan.networks.length + 12 }, svg, "first layers");
    el("text", { x: width, y: step * plan.networks.length + 12, "text-anchor": "end" }, svg, "last layers");
  }
  function drawDrawn(box, plan) {
    if (!plan.image) { box.textContent = plan.missing; return; }
    const image = new Image();
    image.src = plan.image;
    image.alt = `Plan of ${plan.method}`;
    box.append(image);
  }
  function drawLoads(box, scene, plan) {
    if (!plan.loads.length) return nothing(box, "This plan uses no shared resource.");
    const width = widthOf(box), names = Math.min(120, width * 0.3), words = Math.min(190, width * 0.42), step = 23, most = Math.max(...plan.loads.map(l => l[1]), 1e-12);
    const svg = canvas(box, width, step * plan.loads.length + 26, "Seconds of work on each shared resource");
    el("text", { x: width, y: 11, "text-anchor": "end" }, svg, width < 420 ? "work, users, shares" : "seconds of work, users, shares");
    plan.loads.forEach(([resource, seconds, users, least, largest], place) => {
      const [name, kind] = scene.resources[resource], y = 18 + step * place, long = Math.max(1, (width - names - words - 6) * seconds / most);
      const range = users === 1 || least === largest ? num(largest, 2) : `${num(least, 2)}–${num(largest, 2)}`;
      const full = `${name} (${kind})\n${num(seconds)} s of work alone, ${users} ${users === 1 ? "user" : "users"}, shares ${range}`;
      el("text", { x: 0, y: y + 13, class: "strong", "data-tip": full }, svg, fit(name, names - 6));
      const group = el("g", {}, svg);
      if (plan.shares) {
        let x = names;
        const total = plan.shares[place].reduce((sum, row) => sum + row[1], 0) || 1;
        for (const [task, share] of plan.shares[place]) {
          const w = long * share / total;
          el("rect", { x: x.toFixed(2), y: y + 2, width: Math.max(0.4, w - (w > 3 ? 0.8 : 0)).toFixed(2), height: 14, class: "use", "data-tip": `${full}\ntask ${task}: share ${num(share, 3)}` }, group);
          x += w;
        }
      } else el("rect", { x: names, y: y + 2, width: long.toFixed(2), height: 14, class: "use", "data-tip": full }, group);
      el("text", { x: width, y: y + 13, "text-anchor": "end", "data-tip": full }, svg, fit(`${num(seconds, 3)} s · ${users} · ${range}`, words));
    });
    const rest = [plan.others ? `${plan.others} more in use` : "", plan.idle ? `${plan.idle} idle` : ""].filter(Boolean).join(", ");
    if (rest) el("text", { x: 0, y: 18 + step * plan.loads.length + 5 }, svg, rest);
  }
  function drawMap(box, map, plan) {
    const at = new Map(map.fixed.map((f, i) => [f[0], i])), users = new Map((plan ? plan.sites : []));
    holders(box, map.windows.length).forEach((holder, place) => {
      const [title, x0, y0, w0, h0] = map.windows[place];
      const width = widthOf(holder), square = Math.max(w0, h0) || 1, ratio = Math.min(1, Math.max(0.45, (h0 || square) / (w0 || square)));
      const height = Math.round(width * (map.schematic ? 0.62 : ratio));
      const scale = map.schematic ? 0 : Math.min((width - 24) / (w0 || 1), (height - 34) / (h0 || 1));
      const X = map.schematic ? x => 30 + (width - 60) * (x - x0) / (w0 || 1) : x => width / 2 + (x - x0 - w0 / 2) * scale;
      const Y = map.schematic ? y => height - 12 - (height - 44) * (y - y0) / (h0 || 1) : y => (height + 16) / 2 - (y - y0 - h0 / 2) * scale;
      const inside = (x, y) => x >= x0 && x <= x0 + w0 && y >= y0 && y <= y0 + h0;
      const svg = canvas(holder, width, height, `Map: ${title}`);
      el("rect", { x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 3, class: "frame" }, svg);
      el("text", { x: 10, y: 17, class: "title" }, svg, map.schematic ? "schematic: devices, sites, clouds" : title);
      for (const [a, b] of map.links) {
        const p = map.fixed[a], q = map.fixed[b];
        if (inside(p[2], p[3]) && inside(q[2], q[3])) el("line", { x1: X(p[2]).toFixed(1), y1: Y(p[3]).toFixed(1), x2: X(q[2]).toFixed(1), y2: Y(q[3]).toFixed(1), class: "core" }, svg);
      }
      if (map.cells) {
        const most = Math.max(...map.cells.map(c => c[2]));
        for (const [x, y, n] of map.cells) if (inside(x, y)) el("circle", { cx: X(x).toFixed(1), cy: Y(y).toFixed(1), r: (1 + 5 * Math.sqrt(n / most)).toFixed(1), class: "device", opacity: 0.7, "data-tip": `${n} devices` }, svg);
      }
      if (plan && plan.attached && map.devices) plan.attached.forEach((node, k) => {
        const f = map.fixed[at.get(node)], d = map.devices[k];
        if (f && inside(d[0], d[1]) && inside(f[2], f[3])) el("line", { x1: X(d[0]).toFixed(1), y1: Y(d[1]).toFixed(1), x2: X(f[2]).toFixed(1), y2: Y(f[3]).toFixed(1), class: f[1] === 2 ? "tie far" : "tie" }, svg);
      });
      if (map.devices) map.devices.forEach(([x, y], k) => {
        const node = plan && plan.attached ? plan.attached[k] : undefined, f = node >= 0 ? map.fixed[at.get(node)] : null;
        const where = node === undefined ? "" : f ? `, through ${f[4]}` : ", stays on its device";
        if (inside(x, y)) el("circle", { cx: X(x).toFixed(1), cy: Y(y).toFixed(1), r: map.devices.length > 300 ? 1.8 : 3, class: "device", "data-tip": `task ${k}${where}` }, svg);
      });
      const named = map.fixed.filter(f => f[1] !== 3).length <= 14, taken = [];
      for (const [node, tier, x, y, name] of [...map.fixed].sort((p, q) => (q[1] === 3) - (p[1] === 3))) {
        if (!inside(x, y)) continue;
        const cx = X(x), cy = Y(y), count = users.get(node) || 0, about = `${name}${tier === 3 ? "" : `\n${count} ${count === 1 ? "task" : "tasks"} come here`}`;
        if (tier === 3) { el("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: 2, class: "router", "data-tip": name }, svg); continue; }
        if (count && plan) el("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: (6 + 14 * Math.sqrt(count / Math.max(...users.values()))).toFixed(1), class: "halo", "data-tip": about }, svg);
        el("path", { d: SHAPES[tier === 2 ? 1 : 2](tier === 2 ? 6 : 5.5), transform: `translate(${cx.toFixed(1)},${cy.toFixed(1)})`, class: `mark ${tier === 2 ? "cloud" : "edge"}`, "data-tip": about }, svg);
        if (named && !taken.some(([a, b]) => Math.abs(a - cx) < 46 && Math.abs(b - cy) < 13)) {
          taken.push([cx, cy]);
          const turned = cx > width - 70;
          el("text", { x: cx + (turned ? -10 : 10), y: cy + 4, "text-anchor": turned ? "end" : "start" }, svg, fit(name, 90));
        }
      }
      if (!map.schematic && scale > 0) {
        const metres = Math.pow(10, Math.floor(Math.log10((width * 0.35) / scale))), long = metres * scale;
        el("line", { x1: width - 12 - long, x2: width - 12, y1: height - 10, y2: height - 10, class: "axis" }, svg);
        el("text", { x: width - 12, y: height - 15, "text-anchor": "end" }, svg, metres >= 1000 ? `${metres / 1000} km` : `${metres} m`);
      }
    });
  }
  function drawPage(page) {
    const picture = data.pages[Number(page.dataset.page)], select = page.querySelector("select");
    const plan = select ? picture.plans[Number(select.value || 0)] : null;
    const draw = (kind, how) => {
      const box = page.querySelector(`.picture.${kind} .canvas`);
      if (!box) return;
      box.replaceChildren();
      how(box);
    };
    if (plan) {
      page.querySelector(".about").textContent = `value ${num(plan.value, 6)}` + (plan.gap === null ? "" : `, gap ${(100 * plan.gap).toFixed(2)} %`)
        + (plan.work.some(share => share > 0) ? `; work: device ${num(100 * plan.work[0], 3)} %, edge ${num(100 * plan.work[1], 3)} %, cloud ${num(100 * plan.work[2], 3)} %` : "");
      draw("plan", box => "image" in plan ? drawDrawn(box, plan) : (plan.tasks ? drawTasks : drawNetworks)(box, picture.scene, plan));
      draw("loads", box => drawLoads(box, picture.scene, plan));
    }
    if (picture.map) draw("map", box => drawMap(box, picture.map, plan));
  }
  const pages = Array.from(document.querySelectorAll(".page"));
  for (const page of pages) {
    const picture = data.pages[Number(page.dataset.page)], select = page.querySelector("select");
    if (select) {
      picture.plans.forEach((plan, i) => select.add(new Option(plan.method, String(i))));
      select.addEventListener("change", () => drawPage(page));
    }
    page.addEventListener("toggle", event => { if (event.target === page && page.open) drawPage(page); });
  }

  // -- draw, and again for another width or for paper
  let width = 0;
  function drawAll() {
    width = document.documentElement.clientWidth;
    drawCharts();
    for (const page of pages) if (page.open) drawPage(page);
  }
  let waiting = 0;
  window.addEventListener("resize", () => {
    if (document.documentElement.clientWidth === width) return;
    window.clearTimeout(waiting);
    waiting = window.setTimeout(drawAll, 120);
  });
  window.addEventListener("beforeprint", () => { for (const details of document.querySelectorAll("details")) details.open = true; for (const page of pages) drawPage(page); });
  drawAll();
  document.documentElement.dataset.drawn = "yes";
})();
