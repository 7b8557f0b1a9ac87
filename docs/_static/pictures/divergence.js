// A world P of one hill or two, and a model of one Gaussian that can be moved and widened: both curves, what each place
// adds to KL(P ‖ P̃), and the sums. Everything is derived from the world's hills and the model's place and width.
"use strict";

book.pictures.divergence = (figure, numbers, language) => {
  const words = {
    en: {
      title: "Two curves and their divergence", world: "world P", model: "model P̃", value: "value",
      integrand: "what each place adds to KL(P ‖ P̃)", place: "place of P̃", width: "width of P̃",
      one: "one hill", two: "two hills", forth: "lowest KL(P ‖ P̃)", back: "lowest KL(P̃ ‖ P)",
      paid: "cross-entropy: paid", needed: "entropy: needed", wasted: "KL(P ‖ P̃): wasted",
      other: "KL(P̃ ‖ P): the other way", unit: "nats",
    },
    ko: {
      title: "두 곡선과 그 발산", world: "세계 P", model: "모델 P̃", value: "값",
      integrand: "각 자리가 KL(P ‖ P̃)에 더하는 값", place: "P̃의 자리", width: "P̃의 폭",
      one: "언덕 하나", two: "언덕 둘", forth: "가장 작은 KL(P ‖ P̃)", back: "가장 작은 KL(P̃ ‖ P)",
      paid: "교차 엔트로피: 치른 값", needed: "엔트로피: 필요한 값", wasted: "KL(P ‖ P̃): 낭비한 값",
      other: "KL(P̃ ‖ P): 거꾸로 잰 값", unit: "내트",
    },
  }[language];
  const { element, shape, colors, told } = book;
  // Every hill lies within these places to all the digits of a number, and no hill is narrower than six steps.
  const STEP = 0.05, places = book.range(-40, 40, 80 / STEP), FULL = 6;
  let world = numbers.worlds.length - 1;

  const logGaussian = (x, loc, scale) =>
    -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
  const logMixture = (x, hills) => {
    const terms = hills.map(({ weight, loc, scale }) => Math.log(weight) + logGaussian(x, loc, scale));
    const largest = Math.max(...terms);
    return largest + Math.log(terms.reduce((sum, each) => sum + Math.exp(each - largest), 0));
  };
  const integral = (each) => STEP * places.reduce((sum, x, k) => sum + each(x, k), 0);

  const place = book.slider(words.place, { min: -4, max: 4, step: 0.05, value: numbers.loc }, (v) => told(v, 2), () => draw());
  const width = book.slider(words.width, { min: 0.3, max: 3, step: 0.05, value: numbers.scale }, (v) => told(v, 2), () => draw());
  const seek = (way) => {
    const { loc, scale } = numbers.worlds[world][way];
    place.set(loc);
    width.set(scale);
    draw();
  };
  const worlds = [words.one, words.two].map((name, k) => book.button(name, () => {
    world = k;
    draw();
  }));

  const x = { from: -6, to: 6, ticks: [-4, -2, 0, 2, 4].map((at) => [at, told(at, 0)]), name: words.value };
  const curves = book.plot({ x, y: { from: 0, to: 0.72, ticks: [] }, title: `${words.world}, ${words.model}` });
  const terms = book.plot({ x, y: { from: -0.5, to: 1.3, ticks: [[0, "0"]] }, title: words.integrand });
  const drawn = book.range(x.from, x.to, 240);
  const truth = shape("path", { fill: "currentColor", "fill-opacity": 0.15, stroke: "currentColor" });
  const belief = shape("path", { fill: "none", stroke: colors.blue, "stroke-width": 2.2 });
  const gain = shape("path", { fill: colors.orange, "fill-opacity": 0.4, stroke: colors.orange, "stroke-width": 1.6 });
  curves.layer.append(truth, belief,
    shape("text", { x: curves.left + 6, y: curves.top + 12, fill: "currentColor" }, words.world),
    shape("text", { x: curves.left + 6, y: curves.top + 28, class: "blue" }, words.model));
  terms.layer.append(gain, shape("path", { class: "axis", d: terms.path([[x.from, 0], [x.to, 0]]) }));

  const bar = (name, ...parts) => {
    const value = element("output");
    const track = element("div", { class: "track", "aria-hidden": "true" }, ...parts.map((kind) => element("div", { class: kind })));
    const body = element("div", { class: "bar" }, element("span", {}, name), track, value);
    const set = (total, ...widths) => {
      value.value = `${told(total, 3)} ${words.unit}`;
      widths.forEach((each, k) => { track.children[k].style.width = `${Math.max(0, (100 * each) / FULL)}%`; });
    };
    return { body, set };
  };
  const bars = {
    needed: bar(words.needed, "needed"), wasted: bar(words.wasted, "gap", "wasted"),
    paid: bar(words.paid, "needed", "wasted"), other: bar(words.other, "other"),
  };

  const draw = () => {
    const hills = numbers.worlds[world].hills;
    const p = (at) => logMixture(at, hills), q = (at) => logGaussian(at, place.value, width.value);
    const p_log = places.map(p), q_log = places.map(q);
    const needed = -integral((_, k) => Math.exp(p_log[k]) * p_log[k]);
    const wasted = Math.max(0, integral((_, k) => Math.exp(p_log[k]) * (p_log[k] - q_log[k])));
    const other = Math.max(0, integral((_, k) => Math.exp(q_log[k]) * (q_log[k] - p_log[k])));
    truth.setAttribute("d", curves.path([[x.from, 0], ...drawn.map((at) => [at, Math.exp(p(at))]), [x.to, 0]]));
    belief.setAttribute("d", curves.path(drawn.map((at) => [at, Math.exp(q(at))])));
    gain.setAttribute("d", terms.path(
      [[x.from, 0], ...drawn.map((at) => [at, Math.exp(p(at)) * (p(at) - q(at))]), [x.to, 0]]));
    bars.needed.set(needed, needed);
    bars.wasted.set(wasted, needed, wasted);
    bars.paid.set(needed + wasted, needed, wasted);
    bars.other.set(other, other);
    worlds.forEach((each, k) => each.setAttribute("aria-pressed", k === world));
  };

  figure.append(element("div", { class: "movable", role: "group", "aria-label": words.title },
    element("div", { class: "plots" }, curves.svg, terms.svg), place.body, width.body,
    element("div", { class: "buttons" }, ...worlds,
      book.button(words.forth, () => seek("forth")), book.button(words.back, () => seek("back"))),
    element("div", { class: "bars" }, ...Object.values(bars).map((each) => each.body))));
  draw();
};
