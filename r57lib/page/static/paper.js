// A page on paper: all of it open, charts as wide as the sheet, and each document once, under the number that rows bear.
(() => {
  "use strict";
  const { r57 } = window;
  const TALL = 520; // px as drawn: half of a sheet
  const WHOLE = 830; // px as drawn that a chart may have below the title of the page
  const LONG = 25; // rows of a table that would itself go on to the next sheet
  const CHART = 760; // px, shown on 640: what is 13 px on a screen is 8 pt on paper

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
    // what stands under the page on a screen would stand alone on a last sheet
    const made = r57.element("li", "r57-made", document.querySelector(".r57-footer p")?.textContent ?? "");
    const list = r57.element("ol", "", ...items, made);
    document
      .getElementById("main")
      .append(r57.element("section", "r57-paper r57-section r57-documents", r57.element("h2", "", title), list));
  }

  /** @type {{table: Element, place: Comment}[]} */
  let moved = [];

  // A chart of half a sheet would leave as much empty before it: it is drawn smaller, and its table goes ahead to fill
  // that. On the first sheet there is nothing before it.
  function fill() {
    for (const chart of document.querySelectorAll(".r57-figure .r57-chart")) {
      const section = chart.closest(".r57-section");
      const table = section.querySelector(".r57-data");
      const first = section === document.querySelector("#main .r57-section");
      const drawing = /** @type {SVGSVGElement | null} */ (chart.querySelector("svg.marks"));
      if (!drawing || drawing.viewBox.baseVal.height < (first ? WHOLE : TALL)) continue;
      chart.classList.add("r57-tall");
      if (!table || first || table.querySelectorAll("tr").length > LONG) continue;
      const place = document.createComment("");
      table.replaceWith(place);
      chart.before(table);
      moved.push({ table, place });
    }
  }

  /** @type {HTMLDetailsElement[]} */
  let unfolded = [];

  window.addEventListener("beforeprint", () => {
    unfolded = Array.from(document.getElementById("main").querySelectorAll("details")).filter((each) => !each.open);
    for (const details of unfolded) details.open = true;
    cite();
    r57.sizeCharts(CHART);
    fill();
  });

  window.addEventListener("afterprint", () => {
    for (const details of unfolded) details.open = false;
    r57.sizeCharts();
    for (const { table, place } of moved) place.replaceWith(table);
    moved = [];
    for (const chart of document.querySelectorAll(".r57-tall")) chart.classList.remove("r57-tall");
  });
})();
