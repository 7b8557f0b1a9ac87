// Two losses over the same two weights, seen from above, and the way down from a start that can be chosen: by pointing
// at a map, or by the sliders. Dark is low; each band is as high as its neighbours.
"use strict";

book.pictures.descent = (figure, numbers, language) => {
  const words = {
    en: {
      title: "Two losses from above, and the way down", entropy: "cross-entropy", squared: "squared error",
      w: "w at the start", b: "b at the start", rate: "length of a step", walk: "walk again", steps: "steps",
      ends: "ends at", loss: "loss",
    },
    ko: {
      title: "위에서 본 두 손실과 내려가는 길", entropy: "교차 엔트로피", squared: "제곱 오차",
      w: "출발할 때의 w", b: "출발할 때의 b", rate: "걸음의 길이", walk: "다시 걷기", steps: "걸음",
      ends: "끝나는 곳", loss: "손실",
    },
  }[language];
  const { element, shape, colors, told } = book;
  const { x, y, steps } = numbers, n = x.length;
  const LOWEST = -7, HIGHEST = 7;
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

  // Each loss of a row, and its slope in z, from z and the answer.
  const losses = [
    { name: words.entropy, at: (z, t) => softplus(z) - t * z, slope: (z, t) => sigmoid(z) - t },
    {
      name: words.squared, at: (z, t) => (t - sigmoid(z)) ** 2,
      slope: (z, t) => 2 * (sigmoid(z) - t) * sigmoid(z) * (1 - sigmoid(z)),
    },
  ];
  const mean = (each) => x.reduce((sum, _, k) => sum + each(k), 0) / n;
  const height = (loss, [w, b]) => mean((k) => loss.at(w * x[k] + b, y[k]));
  const slope = (loss, [w, b]) => [
    mean((k) => loss.slope(w * x[k] + b, y[k]) * x[k]),
    mean((k) => loss.slope(w * x[k] + b, y[k])),
  ];
  const walk = (loss, start, rate) => {
    const path = [start];
    for (let k = 0; k < steps; k++) {
      const [w, b] = path[k], [dw, db] = slope(loss, path[k]);
      path.push([w - rate * dw, b - rate * db]);
    }
    return path;
  };

  const sides = { min: LOWEST, max: HIGHEST, step: 0.1 };
  const w = book.slider(words.w, { ...sides, value: numbers.start[0] }, (v) => told(v, 1), () => draw());
  const b = book.slider(words.b, { ...sides, value: numbers.start[1] }, (v) => told(v, 1), () => draw());
  const rate = book.slider(words.rate, { min: 0.1, max: 24, step: 0.1, value: numbers.rate }, (v) => told(v, 1), () => draw());

  const scale = (name) => ({ from: LOWEST, to: HIGHEST, ticks: [-5, 0, 5].map((at) => [at, told(at, 0)]), name });
  const maps = losses.map((loss) => {
    const map = book.map((weights) => height(loss, weights), {
      x: scale("w"), y: scale("b"), title: loss.name, height: 318, pixels: 150,
      chosen: (...place) => {
        [w, b].forEach((each, k) => each.set(place[k]));
        draw();
      },
    });
    const way = shape("path", { fill: "none", stroke: "#fff", "stroke-width": 2, "stroke-linejoin": "round" });
    const start = shape("circle", { r: 6, fill: "#fff", stroke: "#000" });
    const end = shape("path", { d: "M0-8L2-3 8-2 3 2 5 8 0 5-5 8-3 2-8-2-2-3Z", fill: colors.orange, stroke: "#000" });
    map.layer.append(way, start, end);
    const value = element("output");
    const show = (path) => {
      const last = path[path.length - 1];
      way.setAttribute("d", map.path(path));
      start.setAttribute("transform", `translate(${map.across(path[0][0])} ${map.up(path[0][1])})`);
      end.setAttribute("transform", `translate(${map.across(last[0])} ${map.up(last[1])})`);
      value.value = `(${told(last[0], 2)}, ${told(last[1], 2)}), ${words.loss} ${told(height(loss, last), 3)}`;
    };
    const body = element("div", { class: "result" }, element("span", {}, `${loss.name}: ${words.ends}`), value);
    return { loss, map, show, body };
  });

  const paths = () => maps.map(({ loss }) => walk(loss, [w.value, b.value], rate.value));
  let walking = 0;
  const draw = () => {
    cancelAnimationFrame(walking);
    paths().forEach((path, k) => maps[k].show(path));
  };
  const animate = () => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return draw();
    cancelAnimationFrame(walking);
    const ways = paths(), began = performance.now();
    const frame = (now) => {
      const done = Math.min(1, (now - began) / 3000);
      ways.forEach((path, k) => maps[k].show(path.slice(0, 1 + Math.round(done * steps))));
      if (done < 1) walking = requestAnimationFrame(frame);
    };
    walking = requestAnimationFrame(frame);
    return undefined;
  };

  figure.append(element("div", { class: "movable", role: "group", "aria-label": words.title },
    element("div", { class: "plots" }, ...maps.map(({ map }) => map.svg)), w.body, b.body, rate.body,
    element("div", { class: "buttons" }, book.button(`${words.walk} (${steps} ${words.steps})`, animate)),
    element("div", { class: "results" }, ...maps.map(({ body }) => body))));
  draw();
};
