// Tosses imagined before the experiment, tosses seen in it: the belief before, the likelihood, and the belief after, each
// divided by its maximum. m heads and k tails imagined are the belief p^m·(1 − p)^k.
"use strict";

book.pictures.prior = (figure, numbers, language) => {
  const words = {
    en: {
      title: "A belief, data, and the belief after it", axis: "p, the probability of heads", before: "belief before",
      likelihood: "likelihood", after: "belief after", imagined_heads: "heads imagined", imagined_tails: "tails imagined",
      seen_heads: "heads seen", seen_tails: "tails seen", best: "most believable p", alone: "likelihood alone",
      none: "any p is as good",
    },
    ko: {
      title: "믿음, 데이터, 그 뒤의 믿음", axis: "p, 앞면의 확률", before: "이전의 믿음", likelihood: "우도",
      after: "이후의 믿음", imagined_heads: "상상한 앞면", imagined_tails: "상상한 뒷면", seen_heads: "본 앞면",
      seen_tails: "본 뒷면", best: "가장 믿을 만한 p", alone: "우도만 보면", none: "어떤 p든 마찬가지",
    },
  }[language];
  const { element, shape, colors, told } = book;
  const slider = (name, most, value) =>
    book.slider(name, { min: 0, max: most, step: 1, value }, (v) => told(v, 0), () => draw());
  const [a, b] = numbers.imagined, [h, t] = numbers.seen;
  const imagined = [slider(words.imagined_heads, 100, a), slider(words.imagined_tails, 100, b)];
  const seen = [slider(words.seen_heads, 300, h), slider(words.seen_tails, 300, t)];

  const plot = book.plot({
    x: { from: 0, to: 1, ticks: [0, 0.5, 1].map((at) => [at, told(at, at % 1 ? 1 : 0)]), name: words.axis },
    y: { from: 0, to: 1.08, ticks: [[0, "0"], [1, "1"]] }, width: 420, height: 240,
  });
  const curve = (color, name, row, style) => {
    const path = shape("path", { fill: "none", stroke: color, "stroke-width": 2.2, ...style });
    const label = shape("text", { x: plot.left + 8, y: plot.top + 16 + 16 * row, class: row === 1 ? "orange" : row === 2 ? "blue" : "" }, name);
    plot.layer.append(path, label);
    return path;
  };
  const before = curve("currentColor", words.before, 0, { "stroke-dasharray": "5 4" });
  const likelihood = curve(colors.orange, words.likelihood, 1, {});
  const after = curve(colors.blue, words.after, 2, {});
  const drawn = book.range(0.001, 0.999, 499);
  const [best, alone] = [element("output"), element("output")];

  const share = (heads, tails) => (heads + tails ? heads / (heads + tails) : NaN);
  // heads·log p + tails·log(1 − p), with 0·log 0 = 0.
  const log = (p, heads, tails) => (heads && heads * Math.log(p)) + (tails && tails * Math.log1p(-p));
  const hill = (heads, tails) => {
    const top = heads + tails ? log(share(heads, tails), heads, tails) : 0;
    return plot.path(drawn.map((p) => [p, Math.exp(log(p, heads, tails) - top)]));
  };

  const draw = () => {
    const [m, k] = imagined.map((each) => each.value), [n, l] = seen.map((each) => each.value);
    before.setAttribute("d", hill(m, k));
    likelihood.setAttribute("d", hill(n, l));
    after.setAttribute("d", hill(m + n, k + l));
    best.value = m + n + k + l ? told(share(m + n, k + l), 3) : words.none;
    alone.value = n + l ? told(share(n, l), 3) : words.none;
  };

  const row = (name, output) => element("div", { class: "result" }, element("span", {}, name), output);
  figure.append(element("div", { class: "movable", role: "group", "aria-label": words.title },
    element("div", { class: "plots" }, plot.svg), ...imagined.map((each) => each.body), ...seen.map((each) => each.body),
    element("div", { class: "results" }, row(words.best, best), row(words.alone, alone))));
  draw();
};
