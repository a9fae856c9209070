// Where each number comes from, one click away.
(() => {
  "use strict";
  const { r57 } = window;

  // --- the dialog ----------------------------------------------------------------------------------------------------

  /** @param {string} id @param {Fact | undefined} fact */
  function card(id, fact) {
    const box = r57.element("section", "r57-fact", r57.element("h3", "", id));
    if (!fact) {
      box.append(r57.element("p", "", r57.word("tool.unknown")));
      return box;
    }
    const source = r57.element("span", "", `, ${fact.title} (${fact.reported})`);
    if (fact.url.startsWith("https://")) {
      const link = r57.element("a", "", fact.publisher);
      link.href = fact.url;
      link.rel = "noopener noreferrer";
      source.prepend(link);
    } else source.prepend(fact.publisher);
    const list = r57.element("dl", "");
    /** @type {[string, string | Node][]} */
    const lines = [
      ["tool.value", fact.printed],
      ["tool.about", fact.about],
      ["tool.source", source],
      ["tool.section", fact.section],
    ];
    for (const [name, content] of lines) {
      if (content) list.append(r57.element("dt", "", r57.word(name)), r57.element("dd", "", content));
    }
    box.append(r57.element("blockquote", "", `“${fact.quote}”`), list);
    return box;
  }

  /** @param {string[]} wanted @param {Facts} facts */
  function show(wanted, facts) {
    const title = r57.element("h2", "", r57.word("tool.sources"));
    title.id = "r57-dialog-title";
    const scroll = r57.element("div", "r57-facts-list", ...wanted.map((id) => card(id, facts[id])));
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    const link = r57.button(r57.word("tool.link"), "", () => {
      dialog.close();
      r57.pick(wanted);
    });
    const close = r57.button(r57.word("tool.close"), "", () => dialog.close());
    const dialog = r57.element("dialog", "r57-dialog", title, scroll, r57.element("p", "r57-tools", link, close));
    for (const named of [dialog, scroll]) named.setAttribute("aria-labelledby", title.id);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  // --- buttons -------------------------------------------------------------------------------------------------------

  /** @param {HTMLElement} place @param {string[]} wanted @param {Facts} facts @param {string} label */
  function button(place, wanted, facts, label) {
    place.dataset.codes = wanted.join(", "); // paper has no button: it numbers their documents
    if (!wanted.length) return;
    const made = r57.button(r57.word("tool.source"), r57.word("tool.source.of", { label }), () => show(wanted, facts));
    made.classList.add("r57-fact-button");
    place.replaceChildren(made);
  }

  /** @param {HTMLTableElement} table @param {Facts} facts */
  function cite(table, facts) {
    for (const row of Array.from(table.tBodies).flatMap((body) => Array.from(body.rows))) {
      const cell = row.cells[row.cells.length - 1];
      const wanted = r57.ids(cell.textContent);
      if (!wanted.length || !wanted.every((id) => id in facts)) continue;
      row.dataset.facts = wanted.join(" ");
      cell.classList.add("r57-cite");
      button(cell, wanted, facts, (row.querySelector("th") ?? row.cells[0]).textContent.trim());
    }
    const heads = table.rows[0].cells;
    if (table.querySelector(".r57-cite")) {
      heads[heads.length - 1].replaceChildren(r57.element("span", "r57-hidden", r57.word("tool.source")));
    }
  }

  r57.toolFacts = (root) => {
    for (const data of root.querySelectorAll(".r57-facts-data:not(.r57-begun)")) {
      data.classList.add("r57-begun");
      const section = /** @type {HTMLElement} */ (data.parentElement);
      /** @type {Facts} */
      const facts = JSON.parse(data.textContent);
      for (const table of section.querySelectorAll(".r57-table")) cite(table, facts);
      for (const place of section.querySelectorAll(".r57-facts")) {
        const wanted = r57.ids(place.textContent);
        button(place, wanted, facts, wanted.join(", "));
      }
      for (const tile of section.querySelectorAll(".r57-tile")) {
        const wanted = r57.ids(tile.dataset.facts);
        if (!wanted.length) continue;
        const label = tile.querySelector(".r57-tile-label").textContent;
        const named = r57.word("tool.source.of", { label });
        tile.append(r57.button(r57.word("tool.source"), named, () => show(wanted, facts)));
      }
    }
  };
})();
