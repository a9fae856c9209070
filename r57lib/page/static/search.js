// The search over all pages of a month, on the pages that lead to them.
(() => {
  "use strict";
  const { r57 } = window;
  const MOST = 20;

  const data = document.getElementById("r57-places");
  if (!data) return;
  /** @type {[string, string, string, string, string][]} */
  const places = JSON.parse(data.textContent); // page, heading, finding, address, names of rows
  /** @param {string} text */
  const plain = (text) =>
    ` ${r57
      .bare(text)
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim()} `;
  const heads = places.map(([page, heading]) => plain(heading || page));
  const texts = places.map(([page, heading, finding, , rows]) => plain(`${page} ${heading} ${finding} ${rows}`));

  const box = r57.element("input", "");
  box.type = "search";
  box.placeholder = r57.word("tool.find");
  box.setAttribute("aria-label", box.placeholder);
  const count = r57.element("span", "r57-count");
  count.setAttribute("role", "status");
  const list = r57.element("ul", "");

  /** @param {number} index */
  function item(index) {
    const [page, heading, finding, href] = places[index];
    const link = r57.element("a", "", heading || page);
    link.href = href;
    const rest = heading ? [r57.element("span", "", page), r57.element("p", "", finding)] : [];
    return r57.element("li", "", link, ...rest);
  }

  box.addEventListener("input", () => {
    const phrase = plain(box.value).trimEnd(); // begins with a blank: the last word may be begun, the others are whole
    const wanted = phrase
      .trimStart()
      .split(" ")
      .map((word, index, all) => ` ${word}${index < all.length - 1 ? " " : ""}`);
    /** @param {number} index */
    const far = (index) => Number(!heads[index].includes(phrase)) + 2 * Number(!texts[index].includes(phrase));
    const found = texts.flatMap((text, index) => (wanted.every((word) => text.includes(word)) ? [index] : []));
    found.sort((one, other) => far(one) - far(other) || one - other); // what is called so, before what speaks of it
    if (!phrase) found.length = 0; // nothing but signs
    const shown = found.slice(0, MOST);
    list.replaceChildren(...shown.map(item));
    const said = found.length ? "tool.found" : "tool.found.none";
    count.textContent = box.value.trim() ? r57.word(said, { shown: shown.length, all: found.length }) : "";
  });
  const place = r57.element("div", "r57-search", box, count, list);
  place.setAttribute("role", "search");
  data.after(place);
})();
