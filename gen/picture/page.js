"use strict";
// Shows the data of the page. All text goes into the page as text, never as markup; the state is in the fragment.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const text = (at) => data.texts[at];
  const nodes = data.nodes.map(([box, name, kind, facts, isolation, isTarget, badges, members], i) => ({
    i, box, name, kind, isolation, isTarget, badges, members, fact: text(facts),
    title: box < 0 ? name : data.boxes[box] + "/" + name, out: [], into: [], within: [],
  }));
  const edges = data.edges.map(([from, to, state, ports, half, notes, causes, undeclared], i) => {
    const e = { i, from: nodes[from], to: nodes[to], state, ports, half, undeclared, notes: notes.map(text), causes: [] };
    for (let c = 0; c < causes.length; c += 5) {
      const at = text(causes[c]) + (causes[c + 1] ? ":" + causes[c + 1] + ":" + causes[c + 2] : "");
      e.causes.push({ at, object: text(causes[c + 3]), text: text(causes[c + 4]) });
    }
    e.from.out.push(e);
    e.to.into.push(e);
    return e;
  });
  for (const set of nodes) for (const m of set.members) nodes[m].within.push(set);
  // What is a badge of many is an edge of one: where a node is looked at alone. Their other ends may be no nodes.
  const ends = new Map(nodes.map((n) => [n.title, n]));
  const pinned = nodes.flatMap((n) => n.badges.map((b) => {
    const [name, , title, ports, isSource] = data.badges[b];
    if (!ends.has(title)) ends.set(title, { i: -1, box: -1, name: title, title, kind: "pods", isolation: "others", fact: "", badges: [], members: [], out: [], into: [], within: [] });
    const e = { i: -1, from: isSource ? ends.get(title) : n, to: isSource ? n : ends.get(title), state: "same", ports, half: "", notes: [], causes: [], badge: name };
    e.from.out.push(e);
    e.to.into.push(e);
    return e;
  }));
  const many = 60; // nodes: above it namespaces come first
  const drawing = $("drawing").querySelector("svg");

  // make returns an element with some properties and children; strings become text.
  const make = (tag, props = {}, ...children) => {
    const el = props.svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [k, v] of Object.entries(props)) {
      if (k === "svg") continue;
      if (k === "click") el.addEventListener("click", v);
      else el.setAttribute(k, v);
    }
    el.append(...children.filter((c) => c !== null));
    return el;
  };
  const button = (label, click, props = {}) => make("button", { type: "button", click, ...props }, label);
  const counted = (n, what) => n + " " + what + (n === 1 ? "" : "s");

  // The state is what the fragment says.
  const read = () => new URLSearchParams(location.hash.slice(1));
  const changed = (changes) => {
    const s = read();
    for (const [k, v] of Object.entries(changes)) v === null || v === "" ? s.delete(k) : s.set(k, v);
    return s.toString();
  };
  const go = (changes) => { location.hash = changed(changes); };
  const keyOf = (e) => e.from.title + " -> " + e.to.title + " " + (e.badge || e.state);

  const views = [["picture", "picture"], ["namespaces", "namespaces"], ["matrix", "matrix"]];
  const hasView = { picture: drawing !== null, namespaces: data.boxes.length > 1, matrix: true };
  const first = drawing ? "picture" : nodes.length > many && hasView.namespaces ? "namespaces" : "matrix";

  let shown = { node: () => true, edge: () => true };
  const filter = (s) => {
    const hide = new Set(s.getAll("hide").flatMap((x) => x.split(",")).filter((x) => x !== ""));
    const all = !data.isChange || s.get("all") === "1";
    const node = (n) => n.box < 0 || !hide.has(data.boxes[n.box]);
    shown = { hide, node, edge: (e) => node(e.from) && node(e.to) && (all || e.state !== "same" && e.state !== "half") };
    const gone = edges.filter((e) => !node(e.from) || !node(e.to)).length;
    $("hidden").hidden = hide.size === 0;
    $("hidden").textContent = hide.size === 0 ? "" : counted(hide.size, "namespace") + " hidden, with " + counted(gone, "edge");
  };

  const classOf = (e) => e.state + (e.half ? " half" : "");
  const label = (e) => (e.state === "same" || e.state === "half" ? "" : e.state + ", ") + e.ports + (e.half ? " (" + e.half + " half)" : "") + (e.notes.length && !e.half ? " *" : "");
  const lines = (e) => [e.from.title + " → " + e.to.title + ": " + label(e), ...e.notes];
  const focus = (n) => go({ focus: n.title, edge: null, q: null });
  const choose = (e) => go({ edge: keyOf(e) });

  // edgeItem shows one end of an edge, and its ports.
  const edgeItem = (e, other, of) => make("li", { class: classOf(e) + (other.kind === "outside" ? " warn" : "") },
    button(other.name, () => focus(other), { title: other.title }), " ",
    button(label(e), () => choose(e), { class: "ports", title: lines(e).join("\n") }),
    of ? make("small", {}, " as one of " + of.title) : null);

  // byBox groups ends under headings of their namespaces.
  const byBox = (list, end) => {
    const groups = new Map();
    for (const [e, set] of list) {
      const b = end(e).box;
      if (!groups.has(b)) groups.set(b, []);
      groups.get(b).push(edgeItem(e, end(e), set));
    }
    return [...groups].sort((a, b) => a[0] - b[0]).flatMap(([b, items]) => [make("h3", {}, b < 0 ? "in no namespace" : data.boxes[b]), make("ul", {}, ...items)]);
  };

  const card = (n) => make("div", { class: "card " + n.isolation + " " + n.kind },
    make("h2", {}, n.title),
    n.fact ? make("div", { class: "fact" }, n.fact) : n.isolation === "both" ? make("div", {}, "isolated for both directions") : null,
    n.members.length ? make("div", {}, "may hold " + counted(n.members.length, "node") + " of this page") : null,
    make("div", {}, ...n.badges.map((b) => make("span", { class: "badge", title: data.badges[b][1] }, data.badges[b][0]))));

  // focusView shows who reaches an end, and whom it reaches, by itself and as one of the sets that it may be in.
  const focusView = (title) => {
    const list = nodes.filter((n) => n.title === title);
    if (list.length === 0 && ends.has(title)) list.push(ends.get(title));
    if (list.length === 0) return [make("p", {}, "There is nothing called " + title + " here.")];
    const collect = (of) => list.flatMap((n) => [...of(n).map((e) => [e, null]), ...n.within.flatMap((set) => of(set).filter((e) => !e.undeclared).map((e) => [e, set]))]).filter(([e]) => shown.edge(e));
    const into = collect((n) => n.into), out = collect((n) => n.out);
    const side = (name, found, end) => make("section", { "aria-label": name }, make("h2", {}, name + " (" + found.length + ")"), ...(found.length ? byBox(found, end) : [make("p", {}, "nobody")]));
    return [make("div", { class: "columns", id: "focus" }, side("callers", into, (e) => e.from), make("div", {}, ...list.slice(0, 1).map(card)), side("callees", out, (e) => e.to))];
  };

  const namespacesView = () => {
    const places = data.boxes.map((name, i) => ({ name, i })).filter((b) => !shown.hide.has(b.name));
    if (nodes.some((n) => n.box < 0)) places.push({ name: "(in no namespace)", i: -1 });
    const counts = new Map();
    for (const e of edges) if (shown.edge(e)) {
      const k = e.from.box + " " + e.to.box;
      counts.set(k, (counts.get(k) || 0) + 1);
    }
    const open = (b) => go({ view: "matrix", ns: b.name, focus: null });
    const head = make("thead", {}, make("tr", {}, make("th", {}, "from ↓ to →"), ...places.map((b) => make("th", { scope: "col" }, button(b.name, () => open(b))))));
    const rows = places.map((a) => make("tr", {}, make("th", { scope: "row" }, button(a.name, () => open(a))), ...places.map((b) => {
      const n = counts.get(a.i + " " + b.i);
      return make("td", a.i === b.i ? { class: "own" } : {}, n ? button(String(n), () => open(a), { title: a.name + " → " + b.name + ": " + counted(n, "edge") }) : "");
    })));
    return [make("table", { id: "namespaces" }, head, make("tbody", {}, ...rows))];
  };

  // matrixView has a row for each source and a column for each target. Those of a namespace are a square on the diagonal.
  const matrixView = (ns) => {
    const inside = (n) => (n.box < 0 ? "(in no namespace)" : data.boxes[n.box]) === ns;
    const list = edges.filter((e) => shown.edge(e) && (!ns || inside(e.from) || inside(e.to)));
    const ends = new Set(list.flatMap((e) => [e.from, e.to]));
    const all = nodes.filter((n) => shown.node(n) && (ends.has(n) || (ns ? inside(n) : !data.isChange || !$("changes").checked)));
    const size = all.length <= 40 ? 18 : all.length <= 120 ? 11 : 4;
    const named = size > 10, room = named ? Math.min(280, 12 + 6.5 * Math.max(0, ...all.map((n) => n.title.length))) : 8;
    const at = new Map(all.map((n, i) => [n, room + i * size]));
    const edge = room + all.length * size + 8;
    const svg = make("svg", { svg: 1, class: "matrix", width: edge, height: edge, viewBox: `0 0 ${edge} ${edge}`, tabindex: 0, role: "application", "aria-label": "matrix: arrow keys walk through the edges, Enter shows one" });
    for (let i = 0; i < all.length;) {
      let j = i;
      while (j < all.length && all[j].box === all[i].box) j++;
      if (all[i].box >= 0) svg.append(make("rect", { svg: 1, class: "square", x: at.get(all[i]), y: at.get(all[i]), width: (j - i) * size, height: (j - i) * size }, make("title", { svg: 1 }, data.boxes[all[i].box])));
      i = j;
    }
    if (named) for (const n of all) {
      const p = at.get(n) + size - 4;
      svg.append(make("text", { svg: 1, class: "row", x: room - 4, y: p, click: () => focus(n) }, n.title), make("text", { svg: 1, transform: `translate(${p},${room - 4}) rotate(-90)`, click: () => focus(n) }, n.title));
    }
    const chosen = read().get("edge");
    const cells = list.map((e) => {
      const beyond = e.from.kind === "outside" || e.to.kind === "outside" ? " beyond" : e.from.box !== e.to.box ? " across" : "";
      const cell = make("rect", { svg: 1, class: "cell " + classOf(e) + beyond + (keyOf(e) === chosen ? " chosen" : ""), "data-edge": e.i, x: at.get(e.to), y: at.get(e.from), width: size - 1, height: size - 1, click: () => choose(e) }, make("title", { svg: 1 }, lines(e).join("\n")));
      svg.append(cell);
      return cell;
    });
    svg.addEventListener("keydown", (ev) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[ev.key];
      if (!step || cells.length === 0) return;
      ev.preventDefault();
      const now = list.findIndex((e) => keyOf(e) === read().get("edge"));
      choose(list[now < 0 ? 0 : (now + step + list.length) % list.length]);
    });
    return [make("h2", {}, (ns ? ns + ": " : "") + counted(all.length, "node") + ", " + counted(list.length, "edge")), svg];
  };

  const details = (key) => {
    const e = edges.find((x) => keyOf(x) === key) || pinned.find((x) => keyOf(x) === key);
    $("details").hidden = !e;
    if (!e) return $("details").replaceChildren();
    const items = [...e.notes.map((n) => make("li", {}, n)), ...e.causes.map((c) => make("li", {}, c.at ? make("code", {}, c.at) : null, c.at ? " " : "", (c.object ? c.object + ": " : "") + c.text))];
    if (e.causes.length === 0) items.push(make("li", {}, "no one pod stands for all of this: `npgen explain` says why"));
    $("details").replaceChildren(make("h2", { class: classOf(e) }, e.from.title + " → " + e.to.title), make("div", { class: "ports" }, label(e)), make("h3", {}, e.state === "closed" ? "what opened it" : "what opens it"), make("ul", {}, ...items),
      make("div", {}, button("show " + e.from.title, () => focus(e.from)), button("show " + e.to.title, () => focus(e.to)), button("close", () => go({ edge: null }))));
  };

  const results = (q) => {
    const word = q.toLowerCase();
    const found = word === "" ? [] : [...new Set([...nodes, ...ends.values()])].filter((n) => n.title.toLowerCase().includes(word) || n.badges.some((b) => data.badges[b][0].toLowerCase().includes(word)));
    const titles = [...new Set(found.map((n) => n.title))], most = 50;
    $("results").hidden = word === "";
    $("results").replaceChildren(...titles.slice(0, most).map((t) => make("li", {}, button(t, () => go({ focus: t, q: null, edge: null })))),
      ...(titles.length > most ? [make("li", {}, "and " + (titles.length - most) + " more")] : titles.length ? [] : [make("li", {}, "nothing here has that in its name")]));
  };

  const render = () => {
    const s = read(), at = s.get("focus");
    $("changes").checked = s.get("all") !== "1";
    filter(s);
    const view = at ? "focus" : hasView[s.get("view")] ? s.get("view") : first;
    $("drawing").hidden = view !== "picture";
    $("view").hidden = view === "picture";
    $("view").replaceChildren(...(view === "focus" ? focusView(at) : view === "namespaces" ? namespacesView() : view === "matrix" ? matrixView(s.get("ns")) : []));
    if (drawing) {
      for (const el of drawing.querySelectorAll("[data-edge]")) el.classList.toggle("gone", !shown.edge(edges[el.dataset.edge]));
      for (const el of drawing.querySelectorAll("[data-node]")) el.classList.toggle("gone", !shown.node(nodes[el.dataset.node]));
    }
    $("views").replaceChildren(...views.filter(([v]) => hasView[v]).map(([v, name]) => button(name, () => go({ view: v, focus: null, ns: null }), { "aria-current": String(v === view) })));
    if (document.activeElement !== $("search")) $("search").value = s.get("q") || "";
    results(s.get("q") || "");
    details(s.get("edge"));
  };

  $("title").textContent = data.title;
  $("summary").textContent = data.summary;
  $("only").hidden = !data.isChange;
  $("changes").addEventListener("change", () => go({ all: $("changes").checked ? null : "1" }));
  $("notes").replaceChildren(...data.notes.map((n) => make("li", {}, n)));
  $("legend").replaceChildren(...data.badges.map(([name, words]) => make("li", {}, button(name, () => go({ q: name })), " ", words.slice(name.length + 2))));
  $("hiding").hidden = data.boxes.length < 2;
  const boxes = data.boxes.map((name) => {
    const input = make("input", { type: "checkbox", checked: "" });
    input.addEventListener("change", () => go({ hide: boxes.filter((b) => !b.input.checked).map((b) => b.name).join(",") }));
    return { name, input };
  });
  $("boxes").replaceChildren(...boxes.map((b) => make("label", {}, b.input, " " + b.name)));
  for (const name of read().getAll("hide").flatMap((x) => x.split(","))) for (const b of boxes) if (b.name === name) b.input.checked = false;
  $("search").addEventListener("input", () => { // no step of the history for each letter
    history.replaceState(null, "", "#" + changed({ q: $("search").value }));
    render();
  });
  if (drawing) {
    for (const el of drawing.querySelectorAll("[data-edge]")) el.addEventListener("click", () => choose(edges[el.dataset.edge]));
    for (const el of drawing.querySelectorAll("[data-node]")) {
      el.setAttribute("tabindex", 0);
      el.addEventListener("click", () => focus(nodes[el.dataset.node]));
      el.addEventListener("keydown", (ev) => { if (ev.key === "Enter") focus(nodes[el.dataset.node]); });
    }
  }
  document.addEventListener("keydown", (ev) => {
    const typing = document.activeElement === $("search");
    if (ev.key === "/" && !typing) {
      ev.preventDefault();
      $("search").focus();
    } else if (ev.key === "Escape") {
      $("search").value = "";
      $("search").blur();
      const s = read();
      go(s.has("q") ? { q: null } : s.has("edge") ? { edge: null } : { focus: null, ns: null });
    } else if (ev.key === "ArrowDown" || ev.key === "ArrowUp") {
      const found = [...$("results").querySelectorAll("button")], now = found.indexOf(document.activeElement);
      if (!found.length || now < 0 && !typing) return;
      ev.preventDefault();
      const next = now + (ev.key === "ArrowDown" ? 1 : -1);
      next < 0 ? $("search").focus() : found[Math.min(next, found.length - 1)].focus();
    } else if (ev.key === "Enter" && typing) {
      const one = $("results").querySelector("button");
      if (one) { $("search").blur(); one.click(); }
    }
  });
  window.addEventListener("hashchange", render);
  render();
})();
