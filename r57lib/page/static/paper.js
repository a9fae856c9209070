// A page on paper: all of it open, charts as wide as the sheet, and each document once, under the number that rows bear.
(() => {
  "use strict";
  const { r57 } = window;
  const CHART = 640; // px, of the 680 between the margins of A4

  /** @param {Iterable<number>} numbers "1–3, 7" */
  function spans(numbers) {
    /** @type {[number, number][]} */
    const found = [];
    for (const number of [...new Set(numbers)].sort((one, other) => one - other)) {
      const last = found[found.length - 1];
      if (last && number === last[1] + 1) last[1] = number;
      else found.push([number, number]);
    }
    return found.map(([from, to]) => (from === to ? from : `${from}${to === from + 1 ? ", " : "–"}${to}`)).join(", ");
  }

  /** @param {string} text */
  function line(text) {
    return text.replace(/\s+/g, " ").trim().replace(/[.;]$/, "");
  }

  /** @param {Element} sources */
  function cited(sources) {
    return Array.from(sources.querySelectorAll("p > span"), (each) => line(each.textContent));
  }

  // The documents of the page in reading order, each with the facts that are taken from it.
  function documents() {
    const page = document.getElementById("main");
    const all = Array.from(page.querySelectorAll(".r57-sources")).flatMap(cited);
    const held = new Map(all.map((each) => [each, /** @type {string[]} */ ([])]));
    /** @type {Map<string, string>} */
    const from = new Map(); // fact -> its document
    for (const data of page.querySelectorAll(".r57-facts-data")) {
      for (const [id, fact] of Object.entries(/** @type {Facts} */ (JSON.parse(data.textContent)))) {
        if (from.has(id)) continue;
        const start = line(`${fact.publisher}, ${fact.title} (${fact.reported}`);
        const found = [...held.keys()].find((each) => each.startsWith(start)) ?? `${start})`;
        held.set(found, [...(held.get(found) ?? []), id]);
        from.set(id, found);
      }
    }
    return { held, from };
  }

  function cite() {
    for (const old of document.querySelectorAll(".r57-paper")) old.remove();
    const { held, from } = documents();
    if (!held.size) return;
    const places = new Map([...held.keys()].map((each, index) => [each, index + 1]));
    /** @param {(string | undefined)[]} lines */
    const numbers = (lines) => spans(lines.flatMap((each) => places.get(each ?? "") ?? []));
    for (const place of document.querySelectorAll("[data-codes], .r57-tile, .r57-when")) {
      const { codes, facts } = (place.closest(".r57-brief li") ?? place).dataset;
      place.dataset.documents = numbers(r57.ids(codes ?? facts).map((id) => from.get(id)));
    }
    const title = r57.word("tool.source");
    for (const sources of document.querySelectorAll(".r57-sources")) {
      const own = numbers(cited(sources));
      if (own) sources.after(r57.element("p", "r57-paper r57-cited", `${title}: [${own}]`));
    }
    const items = Array.from(held, ([each, ids]) =>
      r57.element("li", "", `${each} `, r57.element("span", "", ids.join(", "))),
    );
    const list = r57.element("ol", "", ...items);
    document
      .getElementById("main")
      .append(r57.element("section", "r57-paper r57-section r57-documents", r57.element("h2", "", title), list));
  }

  /** @type {HTMLDetailsElement[]} */
  let unfolded = [];

  window.addEventListener("beforeprint", () => {
    unfolded = Array.from(document.getElementById("main").querySelectorAll("details")).filter((each) => !each.open);
    for (const details of unfolded) details.open = true;
    cite();
    r57.sizeCharts(CHART);
  });

  window.addEventListener("afterprint", () => {
    for (const details of unfolded) details.open = false;
    r57.sizeCharts();
  });
})();
