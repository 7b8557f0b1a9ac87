// Seven yes in ten, among ten people or thousands: the likelihood of a share p, multiplied as it stands and added up in
// logarithms. The product is truly multiplied, row by row, and falls to zero where the computer's numbers end.
"use strict";

book.pictures.likelihood = (figure, numbers, language) => {
  const words = {
    en: {
      title: "A product, and a sum of logarithms", share: "p, the share believed", people: "people asked",
      product: "multiplied", sum: "logarithms added", mean: "loss", unit: "nats", each: "nats a person",
      hill: "likelihood / its maximum", log: "log-likelihood − its maximum", axis: "p",
      gone: "every product is 0: no hill is left",
    },
    ko: {
      title: "곱, 그리고 로그의 합", share: "p, 믿는 비율", people: "물어본 사람 수",
      product: "곱하면", sum: "로그를 더하면", mean: "손실", unit: "내트", each: "내트(한 사람당)",
      hill: "우도 / 최댓값", log: "로그우도 − 최댓값", axis: "p", gone: "곱이 모두 0이라 언덕이 없습니다",
    },
  }[language];
  const { element, shape, colors, told } = book;
  const { sizes, yes } = numbers, DEEPEST = -60;
  const digits = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((raised, k) => [k, raised])) };

  const product = (p, n) => {
    let value = 1;
    for (let k = 0; k < n; k++) value *= k < Math.round(yes * n) ? p : 1 - p;
    return value;
  };
  const logarithms = (p, n) => {
    const k = Math.round(yes * n);
    return k * Math.log(p) + (n - k) * Math.log1p(-p);
  };
  const scientific = (value) => {
    if (value === 0) return "0";
    const [front, power] = value.toExponential(2).split("e");
    return `${front} · 10${[...power.replace("+", "")].map((each) => digits[each]).join("")}`;
  };

  const share = book.slider(words.share, { min: 0.01, max: 0.99, step: 0.01, value: numbers.p }, (v) => told(v, 2), () => draw());
  const people = book.slider(words.people, { min: 0, max: sizes.length - 1, step: 1, value: 0 },
    (k) => sizes[k].toLocaleString("en"), () => draw());

  const x = { from: 0, to: 1, ticks: [0, 0.5, 1].map((at) => [at, told(at, at % 1 ? 1 : 0)]), name: words.axis };
  const hill = book.plot({ x, y: { from: 0, to: 1.05, ticks: [[0, "0"], [1, "1"]] }, title: words.hill });
  const log = book.plot({ x, y: { from: DEEPEST, to: 3, ticks: [[0, "0"], [-30, "−30"], [-60, "−60"]] }, title: words.log });
  const line = () => shape("path", { fill: "none", stroke: colors.blue, "stroke-width": 2.2 });
  const dot = () => shape("circle", { r: 5, fill: colors.vermilion });
  const [hilly, logged, on_hill, on_log] = [line(), line(), dot(), dot()];
  const gone = shape("text", { x: (hill.left + hill.right) / 2, y: 120, "text-anchor": "middle", fill: "currentColor" }, words.gone);
  hill.layer.append(hilly, on_hill, gone);
  log.layer.append(logged, on_log);
  const drawn = book.range(0.005, 0.995, 198);
  const [multiplied, added, loss] = [element("output"), element("output"), element("output")];

  const draw = () => {
    const n = sizes[people.value], p = share.value;
    const top = product(yes, n), highest = logarithms(yes, n);
    const height = (at) => (top > 0 ? product(at, n) / top : 0);
    const depth = (at) => logarithms(at, n) - highest;
    hilly.setAttribute("d", hill.path(drawn.map((at) => [at, height(at)])));
    logged.setAttribute("d", log.path(drawn.map((at) => [at, depth(at)])));
    for (const [plot, mark, y] of [[hill, on_hill, height(p)], [log, on_log, Math.max(DEEPEST, depth(p))]]) {
      mark.setAttribute("cx", plot.across(p));
      mark.setAttribute("cy", plot.up(y));
    }
    gone.style.display = top > 0 ? "none" : "";
    multiplied.value = scientific(product(p, n));
    added.value = `${told(logarithms(p, n), 2)} ${words.unit}`;
    loss.value = `${told(-logarithms(p, n) / n, 4)} ${words.each}`;
  };

  const row = (name, output) => element("div", { class: "result" }, element("span", {}, name), output);
  figure.append(element("div", { class: "movable", role: "group", "aria-label": words.title },
    element("div", { class: "plots" }, hill.svg, log.svg), share.body, people.body,
    element("div", { class: "results" },
      row(words.product, multiplied), row(words.sum, added), row(words.mean, loss))));
  draw();
};
