// Four ways down one surface, the loss of the diet model over two weights: the start is chosen on the map or by sliders,
// and the number of steps is moved along the paths.
"use strict";

book.pictures.optimizers = (figure, numbers, language) => {
  const words = {
    en: {
      title: "Four ways down one surface", a: "weight of height", b: "weight of weight", a_start: "weight of height at the start",
      b_start: "weight of weight at the start", steps: "steps taken", above: "above the lowest loss",
      "gradient descent": "gradient descent", SGD: "SGD", Adam: "Adam", Newton: "Newton",
    },
    ko: {
      title: "한 표면을 내려가는 네 가지 방법", a: "키의 가중치", b: "몸무게의 가중치", a_start: "출발할 때 키의 가중치",
      b_start: "출발할 때 몸무게의 가중치", steps: "걸음 수", above: "가장 낮은 손실보다 높은 만큼",
      "gradient descent": "경사 하강법", SGD: "SGD", Adam: "Adam", Newton: "뉴턴법",
    },
  }[language];
  const { element, shape, told } = book;
  const { rows, answers, bias, best, most } = numbers, n = rows.length;
  const every = rows.map((_, k) => k);
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  const z = ([a, b], k) => a * rows[k][0] + b * rows[k][1] + bias;
  const mean = (each, list = every) => list.reduce((sum, k) => sum + each(k), 0) / list.length;
  const loss = (w) => mean((k) => softplus(z(w, k)) - answers[k] * z(w, k));
  const slope = (w, list = every) => [0, 1].map((j) => mean((k) => (sigmoid(z(w, k)) - answers[k]) * rows[k][j], list));
  const moved = (w, by) => w.map((each, j) => each + by[j]);

  // Each way is a walk: from where it stands, and what it remembers, to the next place. The rates are those of the chapter.
  const ways = {
    "gradient descent": () => (w) => moved(w, slope(w).map((each) => -2 * each)),
    SGD: () => {
      let speed = [0, 0], seed = 1;
      // The generator of Park and Miller: the same rows for every start.
      const drawn = () => Math.floor(((seed = (seed * 48271) % 2147483647) / 2147483647) * n);
      return (w) => {
        const push = slope(w, Array.from({ length: 64 }, drawn));
        speed = speed.map((each, j) => 0.9 * each - 0.3 * push[j]);
        return moved(w, speed);
      };
    },
    Adam: () => {
      let first = [0, 0], second = [0, 0], t = 0;
      return (w) => {
        const g = slope(w);
        t += 1;
        first = first.map((each, j) => 0.9 * each + 0.1 * g[j]);
        second = second.map((each, j) => 0.99 * each + 0.01 * g[j] ** 2);
        return moved(w, first.map((each, j) =>
          (-0.3 * (each / (1 - 0.9 ** t))) / (Math.sqrt(second[j] / (1 - 0.99 ** t)) + 1e-8)));
      };
    },
    Newton: () => (w) => {
      const curve = (i, j) => mean((k) => sigmoid(z(w, k)) * (1 - sigmoid(z(w, k))) * rows[k][i] * rows[k][j]);
      const [aa, ab, bb] = [curve(0, 0), curve(0, 1), curve(1, 1)], [ga, gb] = slope(w), size = aa * bb - ab * ab;
      return moved(w, [-(bb * ga - ab * gb) / size, -(aa * gb - ab * ga) / size]);
    },
  };
  const walk = (way, start) => {
    const step = ways[way](), path = [start];
    for (let k = 0; k < most; k++) path.push(step(path[k]));
    return path;
  };

  const x = { from: -3.6, to: 1.8, ticks: [-3, -2, -1, 0, 1].map((at) => [at, told(at, 0)]), name: words.a };
  const y = { from: -0.8, to: 5.8, ticks: [0, 2, 4].map((at) => [at, told(at, 0)]), name: words.b };
  const a = book.slider(words.a_start, { min: x.from, max: x.to, step: 0.1, value: numbers.start[0] }, (v) => told(v, 1), () => again());
  const b = book.slider(words.b_start, { min: y.from, max: y.to, step: 0.1, value: numbers.start[1] }, (v) => told(v, 1), () => again());
  const steps = book.slider(words.steps, { min: 0, max: most, step: 1, value: numbers.steps }, (v) => told(v, 0), () => draw());

  const lowest = loss(best);
  const maps = Object.keys(ways).map((way) => {
    const map = book.map(loss, {
      x, y, title: words[way], height: 270, pixels: 60,
      chosen: (...place) => {
        [a, b].forEach((each, k) => each.set(place[k]));
        again();
      },
    });
    const path = shape("path", { fill: "none", stroke: "#fff", "stroke-width": 1.8, "stroke-linejoin": "round" });
    const end = shape("circle", { r: 4.5, fill: "#E69F00", stroke: "#000" });
    const goal = shape("path", { d: `M${map.across(best[0]) - 5} ${map.up(best[1]) - 5}l10 10m0-10l-10 10`, stroke: "#fff", "stroke-width": 2 });
    map.layer.append(goal, path, end);
    const value = element("output");
    return { way, map, path, end, value };
  });

  let paths;
  const again = () => {
    paths = maps.map(({ way }) => walk(way, [a.value, b.value]));
    draw();
  };
  const draw = () => maps.forEach(({ map, path, end, value }, k) => {
    // A jump can lead out of the numbers that a computer has.
    const so_far = paths[k].slice(0, steps.value + 1), stood = so_far.filter((w) => w.every(Number.isFinite));
    const last = stood[stood.length - 1];
    path.setAttribute("d", map.path(stood));
    end.setAttribute("transform", `translate(${map.across(last[0])} ${map.up(last[1])})`);
    value.value = stood.length < so_far.length ? "∞" : told(loss(last) - lowest, 4);
  });

  figure.append(element("div", { class: "movable", role: "group", "aria-label": words.title },
    element("div", { class: "plots" }, ...maps.map(({ map }) => map.svg)), a.body, b.body, steps.body,
    element("p", {}, `${words.above}:`),
    element("div", { class: "results" }, ...maps.map(({ way, value }) =>
      element("div", { class: "result" }, element("span", {}, words[way]), value)))));
  again();
};
