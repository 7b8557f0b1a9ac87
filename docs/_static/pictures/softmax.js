// Logits and probabilities of a few classes, each movable: a logit moves all probabilities, a probability moves the
// logits. Everything is derived from the logits in `z`.
"use strict";

book.pictures.softmax = (figure, numbers, language) => {
  const words = {
    en: {
      title: "Three logits and their probabilities",
      logit: "logit of", probability: "probability of", shift: "add 1 to every logit", reset: "start again",
      doubt: "entropy", bits: "bits", under: "under", normal: "normal", overweight: "overweight",
    },
    ko: {
      title: "세 로짓과 그 확률",
      logit: "로짓:", probability: "확률:", shift: "모든 로짓에 1 더하기", reset: "처음으로",
      doubt: "엔트로피", bits: "비트", under: "저체중", normal: "정상", overweight: "과체중",
    },
  }[language];
  const { element, colors, told } = book;
  const palette = [colors.blue, colors.green, colors.orange];
  const LOWEST = -6, HIGHEST = 6, LEAST = 0.001;
  let z = [...numbers.z];

  const softmax = () => {
    const largest = Math.max(...z);
    const exponentials = z.map((each) => Math.exp(each - largest));
    const sum = exponentials.reduce((a, b) => a + b);
    return exponentials.map((each) => each / sum);
  };

  const rows = numbers.names.map((name, k) => {
    const spoken = words[name] ?? name;
    const logit = element("input", {
      type: "range", min: LOWEST, max: HIGHEST, step: 0.01, "aria-label": `${words.logit} ${spoken}`,
    });
    const probability = element("input", {
      type: "range", min: LEAST, max: 1 - 2 * LEAST, step: 0.001, "aria-label": `${words.probability} ${spoken}`,
    });
    const shown = { logit: element("output"), probability: element("output") };
    logit.addEventListener("input", () => {
      z[k] = Number(logit.value);
      draw();
    });
    probability.addEventListener("input", () => {
      // This class takes p, the others share the rest as before. Shifting all logits keeps the distribution,
      // so of all answers take the one whose logits have the mean that they had.
      const p = Number(probability.value), now = softmax();
      const wanted = now.map((each, j) => (j === k ? p : (each * (1 - p)) / (1 - now[k])));
      const mean = (list) => list.reduce((a, b) => a + b) / list.length;
      const logs = wanted.map(Math.log);
      const shift = mean(z) - mean(logs);
      z = logs.map((each) => Math.min(HIGHEST, Math.max(LOWEST, each + shift)));
      draw();
    });
    const body = element("div", { class: "class-row" },
      element("span", { class: "class-name" }, spoken),
      element("label", { class: "control" }, element("span", { class: "symbol" }, "z"), logit, shown.logit),
      element("label", { class: "control" }, element("span", { class: "symbol" }, "p"), probability, shown.probability));
    body.style.setProperty("--class-color", palette[k]);
    return { body, logit, probability, shown };
  });

  const share = element("div", { class: "share", "aria-hidden": "true" }, ...rows.map((row, k) => {
    const part = element("div");
    part.style.background = palette[k];
    return part;
  }));
  const doubt = element("output", { class: "doubt" });
  const shift = book.button(words.shift, () => {
    // At the end of the scale the three go round to its other end together: only their differences count.
    const by = Math.max(...z) + 1 > HIGHEST ? LOWEST - Math.min(...z) : 1;
    z = z.map((each) => each + by);
    draw();
  });
  const reset = book.button(words.reset, () => {
    z = [...numbers.z];
    draw();
  });

  const draw = () => {
    const p = softmax();
    rows.forEach((row, k) => {
      row.logit.value = z[k];
      row.probability.value = p[k];
      row.shown.logit.value = told(z[k], 2);
      row.shown.probability.value = `${(100 * p[k]).toFixed(1)} %`;
      row.probability.setAttribute("aria-valuetext", row.shown.probability.value);
      share.children[k].style.width = `${100 * p[k]}%`;
    });
    const entropy = p.reduce((sum, each) => sum - (each > 0 ? each * Math.log2(each) : 0), 0);
    doubt.value = `${words.doubt}: ${entropy.toFixed(2)} ${words.bits}`;
  };

  figure.append(element("div", { class: "movable", role: "group", "aria-label": words.title },
    ...rows.map((row) => row.body), share,
    element("div", { class: "buttons" }, shift, reset, doubt)));
  draw();
};
