// The words of a query. A Korean word loses its particle (우도를: 우도), and what no page holds in one word, as many write
// without spaces what is written with them (손실함수: 손실 함수), is cut into the longest pieces that some page holds.
const isHeld = (word) =>
  [Search._index.terms, Search._index.titleterms].some((held) => Object.hasOwn(held, word));

const withoutParticle = (word) => {
  const particle = particles.find((ending) => word.endsWith(ending) && word.length - ending.length > 1);
  return particle ? word.slice(0, -particle.length) : word;
};

const cut = (word) => {
  if (isHeld(word)) return [word];
  const found = [];
  for (let start = 0; start < word.length;) {
    let end = word.length;
    while (end > start && !isHeld(word.slice(start, end))) end--;
    if (end === start) return [word];
    found.push(word.slice(start, end));
    start = end;
  }
  return found;
};

var splitQuery = (query) =>
  (query.match(/[가-힣]+|(?:(?![가-힣])[\p{L}\p{N}_])+/gu) ?? []).flatMap((word) =>
    /^[가-힣]/.test(word) && !particles.includes(word) ? cut(withoutParticle(word)) : [word],
  );

// A page is found that holds every word. Sphinx lets words of two letters be missing beside longer ones, and most Korean
// words have two syllables: so each is searched for by itself, and the pages found for all of them remain. Of equals,
// pages in Korean come before those in English only.
const searchForAny = Search.performTermsSearch;
Search.performTermsSearch = (words, excluded) => {
  const found = [...words].map((word) => searchForAny(new Set([word]), excluded));
  const [pages = [], ...others] = found;
  return pages.flatMap((page) => {
    const same = others.map((results) => results.find(([name]) => name === page[0]));
    if (same.includes(undefined)) return [];
    const score = same.reduce((sum, result) => sum + result[4], page[4] + /[가-힣]/.test(page[1]));
    return [[...page.slice(0, 4), score, ...page.slice(5)]];
  });
};
