// Pictures that move. A figure with data-interactive="NAME" stands still until NAME.js beside this file has registered
// a function book.pictures.NAME(figure, numbers, language), which then draws in its place. What those share is here:
// elements, sliders, numbers in words, and a small plot.
"use strict";

const book = { pictures: {}, folder: new URL(".", document.currentScript.src).href };

// The palette of the style sheet.
book.colors = Object.fromEntries(
  ["blue", "orange", "green", "purple", "vermilion"].map((name) => [name, `var(--book-${name})`]));

const attributed = (made, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

// element("input", { type: "range" }, "text" or other elements...): a new element.
book.element = (tag, attributes = {}, ...children) => attributed(document.createElement(tag), attributes, children);

// The same within a drawing.
book.shape = (tag, attributes = {}, ...children) =>
  attributed(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

book.button = (words, pressed) => {
  const made = book.element("button", { type: "button" }, words);
  made.addEventListener("click", pressed);
  return made;
};

// A number as it is read: digits after the point, a true minus.
book.told = (value, digits) => {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return (Object.is(Number(value.toFixed(digits)), -0) ? 0 : value).toFixed(digits).replace("-", "−");
};

// A slider between its name and its value. `read(value)` writes the value, `moved(value)` follows each move.
book.slider = (name, { min, max, step, value }, read, moved) => {
  const input = book.element("input", { type: "range", min, max, step, "aria-label": name });
  const output = book.element("output");
  const show = () => {
    output.value = read(Number(input.value));
    input.setAttribute("aria-valuetext", output.value);
  };
  input.addEventListener("input", () => {
    show();
    moved(Number(input.value));
  });
  const set = (to) => {
    input.value = to;
    show();
  };
  set(value);
  const body = book.element("label", { class: "slider" }, book.element("span", {}, name), input, output);
  return { body, input, set, get value() { return Number(input.value); } };
};

// Axes from `x` and `y`, each { from, to, ticks: [[place, words], ...], name }; `path(points)` writes a line through
// points of these axes, and `layer` takes what is drawn on them.
book.plot = ({ x, y, title = "", width = 318, height = 210 }) => {
  const left = 42, right = width - 8, top = title ? 24 : 8, bottom = height - 40;
  const across = (value) => left + ((value - x.from) / (x.to - x.from)) * (right - left);
  const up = (value) => bottom - ((value - y.from) / (y.to - y.from)) * (bottom - top);
  const text = (words, attributes) => book.shape("text", attributes, words);
  const clip = `clip${book.plot.count = (book.plot.count ?? 0) + 1}`;
  const layer = book.shape("g", { "clip-path": `url(#${clip})` });
  const svg = book.shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "plot", "aria-hidden": "true" },
    book.shape("clipPath", { id: clip },
      book.shape("rect", { x: left, y: top - 2, width: right - left, height: bottom - top + 4 })),
    layer,
    book.shape("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` }),
    ...x.ticks.map(([at, words]) => text(words, { x: across(at), y: bottom + 16, "text-anchor": "middle" })),
    ...y.ticks.map(([at, words]) => text(words, { x: left - 5, y: up(at) + 4, "text-anchor": "end" })),
    text(x.name, { x: (left + right) / 2, y: height - 6, "text-anchor": "middle" }),
    text(y.name ?? "", { x: 0, y: 0, "text-anchor": "middle", transform: `translate(11 ${(top + bottom) / 2}) rotate(-90)` }),
    text(title, { x: (left + right) / 2, y: 14, "text-anchor": "middle", class: "title" }));
  const inside = (value) => Math.min(1e5, Math.max(-1e5, value));
  const path = (points) => points.map(([a, b], k) =>
    `${k ? "L" : "M"}${inside(across(a)).toFixed(1)} ${inside(up(b)).toFixed(1)}`).join("");
  return { svg, layer, path, across, up, left, right, top, bottom };
};

// A map of height([x, y]) over two axes, as the address of an image: cividis, dark is low, in bands that are narrow in
// the valleys.
book.relief = (height, x, y, pixels = 100, bands = 14) => {
  const ramp = [[0, 34, 78], [53, 69, 108], [102, 105, 112], [148, 142, 119], [200, 184, 102], [254, 232, 56]];
  const color = (share) => {
    const at = share * (ramp.length - 1), k = Math.min(ramp.length - 2, Math.floor(at));
    return ramp[k].map((each, j) => each + (at - k) * (ramp[k + 1][j] - each));
  };
  const place = (axis, share) => axis.from + share * (axis.to - axis.from);
  const heights = Array.from({ length: pixels * pixels }, (_, k) =>
    height([place(x, ((k % pixels) + 0.5) / pixels), place(y, 1 - (Math.floor(k / pixels) + 0.5) / pixels)]));
  const low = heights.reduce((a, b) => Math.min(a, b)), high = heights.reduce((a, b) => Math.max(a, b));
  const canvas = book.element("canvas", { width: pixels, height: pixels });
  const context = canvas.getContext("2d"), image = context.createImageData(pixels, pixels);
  heights.forEach((each, k) => {
    const band = Math.floor(bands * Math.sqrt((each - low) / (high - low)) * 0.9999) / (bands - 1);
    image.data.set([...color(band), 255], 4 * k);
  });
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
};

// A relief within axes, on which a place is chosen by pointing: chosen(x, y).
book.map = (height, { pixels, chosen, ...axes }) => {
  const map = book.plot(axes), { x, y } = axes;
  map.layer.append(book.shape("image", {
    href: book.relief(height, x, y, pixels), x: map.left, y: map.top, width: map.right - map.left,
    height: map.bottom - map.top, preserveAspectRatio: "none",
  }));
  const point = (event) => {
    if (event.type === "pointermove" && !(event.buttons && event.pointerType === "mouse")) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.svg.getScreenCTM().inverse());
    const within = (value, axis) => Math.min(axis.to, Math.max(axis.from, value));
    chosen(within(x.from + ((at.x - map.left) / (map.right - map.left)) * (x.to - x.from), x),
      within(y.from + ((map.bottom - at.y) / (map.bottom - map.top)) * (y.to - y.from), y));
  };
  map.svg.addEventListener("click", point);
  map.svg.addEventListener("pointermove", point);
  map.svg.classList.add("choose");
  return map;
};

// n + 1 places from `from` to `to`.
book.range = (from, to, n) => Array.from({ length: n + 1 }, (_, k) => from + ((to - from) * k) / n);

const loaded = (source) => new Promise((resolve) => {
  document.head.append(Object.assign(document.createElement("script"), { src: source, onload: resolve }));
});

book.start = () => {
  const language = document.documentElement.lang.startsWith("ko") ? "ko" : "en";
  for (const figure of document.querySelectorAll("[data-interactive]")) {
    const name = figure.dataset.interactive;
    const begin = () => {
      book.pictures[name](figure, JSON.parse(figure.dataset.numbers), language);
      figure.querySelector(".panels").hidden = true;
    };
    if (book.pictures[name]) begin();
    else loaded(`${book.folder}${name}.js`).then(begin);
  }
};

// Images that are broader than the window are moved sideways, by keys, too.
addEventListener("load", () => {
  for (const image of document.querySelectorAll(".bd-article p > img")) {
    const frame = image.parentElement;
    if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
  }
});

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", book.start);
else book.start();
