// Pictures that move. A figure with data-interactive="NAME" stands still until NAME.js beside this file has registered
// a function book.pictures.NAME(figure, numbers, language), which then draws in its place.
"use strict";

const book = { pictures: {}, folder: new URL(".", document.currentScript.src).href };

// element("input", { type: "range" }, "text" or other elements...): a new element.
book.element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

book.start = () => {
  const language = document.documentElement.lang.startsWith("ko") ? "ko" : "en";
  for (const figure of document.querySelectorAll("[data-interactive]")) {
    const name = figure.dataset.interactive;
    const begin = () => {
      book.pictures[name](figure, JSON.parse(figure.dataset.numbers), language);
      figure.querySelector(".panels").hidden = true;
    };
    if (book.pictures[name]) begin();
    else document.head.append(Object.assign(document.createElement("script"), {
      src: `${book.folder}${name}.js`, onload: begin,
    }));
  }
};

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", book.start);
else book.start();
