// Some numbers and a Gaussian that can be moved and widened: each number is worth the height of the bell above it, and
// the loss is the mean of their negative logarithms.
"use strict";

book.pictures.bell = (figure, numbers, language) => {
  const words = {
    en: {
      title: "Numbers under a bell", place: "mean μ", width: "width σ", loss: "loss", unit: "nats a number",
      error: "mean squared error", best: "most likely bell", density: "density",
    },
    ko: {
      title: "종 아래의 숫자들", place: "평균 μ", width: "폭 σ", loss: "손실", unit: "내트(숫자 하나당)",
      error: "평균 제곱 오차", best: "가장 그럴듯한 종", density: "밀도",
    },
  }[language];
  const { element, shape, colors, told } = book;
  const { y, from, to, name } = numbers;
  const mean = (list) => list.reduce((sum, each) => sum + each, 0) / list.length;
  const logDensity = (at, loc, scale) => -0.5 * ((at - loc) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);

  const place = book.slider(words.place, { min: from, max: to, step: 0.01, value: numbers.loc }, (v) => told(v, 2), () => draw());
  const width = book.slider(words.width, { min: 0.3, max: 3, step: 0.01, value: numbers.scale }, (v) => told(v, 2), () => draw());
  const best = book.button(words.best, () => {
    const centre = mean(y);
    place.set(centre);
    width.set(Math.sqrt(mean(y.map((each) => (each - centre) ** 2))));
    draw();
  });

  const ticks = book.range(Math.ceil(from), Math.floor(to), Math.floor(to) - Math.ceil(from)).map((at) => [at, told(at, 0)]);
  const plot = book.plot({
    x: { from, to, ticks, name: name[language] }, y: { from: 0, to: 1.4, ticks: [], name: words.density }, width: 420, height: 230,
  });
  const bell = shape("path", { fill: "none", stroke: colors.blue, "stroke-width": 2.2 });
  const stems = shape("path", { fill: "none", stroke: colors.orange, "stroke-width": 2.2 });
  plot.layer.append(stems, bell, ...y.map((each) => shape("circle", { cx: plot.across(each), cy: plot.up(0), r: 4.5, fill: "currentColor" })));
  const drawn = book.range(from, to, 240);
  const [loss, error] = [element("output"), element("output")];

  const draw = () => {
    const loc = place.value, scale = width.value;
    const density = (at) => Math.exp(logDensity(at, loc, scale));
    bell.setAttribute("d", plot.path(drawn.map((at) => [at, density(at)])));
    stems.setAttribute("d", y.map((at) => plot.path([[at, 0], [at, density(at)]])).join(""));
    loss.value = `${told(-mean(y.map((at) => logDensity(at, loc, scale))), 3)} ${words.unit}`;
    error.value = told(mean(y.map((at) => (at - loc) ** 2)), 3);
  };

  const row = (of, output) => element("div", { class: "result" }, element("span", {}, of), output);
  figure.append(element("div", { class: "movable", role: "group", "aria-label": words.title },
    element("div", { class: "plots" }, plot.svg), place.body, width.body,
    element("div", { class: "buttons" }, best),
    element("div", { class: "results" }, row(words.loss, loss), row(words.error, error))));
  draw();
};
