// What else on the page comes from the same facts: the rows and marks that share a picked fact stand out.
(() => {
  "use strict";
  const { r57 } = window;
  /** @type {string[]} */
  let picked = []; // the facts that stand out now
  const rowsWithFacts = ".r57-table tbody tr[data-facts]";

  r57.ids = (text) => (text || "").split(/[\s,;]+/).filter(Boolean);

  /** @param {string[]} facts */
  function shares(facts) {
    return facts.some((id) => picked.includes(id));
  }

  /**
   * The facts of a drawn mark; those of a line are the facts of all its points.
   * @param {VegaItem | null | undefined} item
   */
  function factsOf(item) {
    if (!item?.mark) return [];
    const line = ["line", "area", "trail"].includes(item.mark.marktype);
    const points = line ? item.mark.items : [item];
    return points.flatMap(({ datum }) => (typeof datum?.facts === "string" ? r57.ids(datum.facts) : []));
  }

  // --- what stands out -----------------------------------------------------------------------------------------------

  /** @param {HTMLElement} stage */
  function paintChart(stage) {
    let found = false;
    for (const mark of /** @type {NodeListOf<VegaMark>} */ (stage.querySelectorAll(".role-mark > *"))) {
      const facts = factsOf(mark.__data__);
      if (!facts.length) continue;
      const fits = shares(facts);
      mark.classList.toggle("r57-faded", picked.length > 0 && !fits);
      found = found || fits;
    }
    return found;
  }

  /** @param {HTMLTableRowElement} row */
  function paintRow(row) {
    const fits = shares(r57.ids(row.dataset.facts));
    row.classList.toggle("r57-picked", fits);
    if (fits) {
      row.setAttribute("aria-selected", "true");
      row.cells[0].dataset.marked = r57.word("tool.marked");
    } else {
      row.removeAttribute("aria-selected");
      delete row.cells[0].dataset.marked;
    }
    return fits;
  }

  function paint() {
    return {
      rows: [...document.querySelectorAll(rowsWithFacts)].filter(paintRow).length,
      charts: [...document.querySelectorAll(".r57-stage")].filter(paintChart).length,
    };
  }

  /** @param {string} text */
  function tell(text) {
    const region = document.getElementById("r57-linked");
    region.className = picked.length ? "r57-linked" : "r57-hidden";
    region.textContent = text;
  }

  r57.pick = (facts) => {
    const same = facts.length === picked.length && facts.every((id) => picked.includes(id));
    if (!facts.length || same) return clear();
    picked = facts;
    tell(r57.word("tool.linked", paint()));
  };

  function clear() {
    if (!picked.length) return;
    picked = [];
    paint();
    tell(r57.word("tool.unlinked"));
  }

  // What was drawn anew shows the picked facts too; where none of them is left, nothing stays picked.
  r57.repaint = () => {
    if (!picked.length) return;
    const found = paint();
    if (found.rows + found.charts) tell(r57.word("tool.linked", found));
    else clear();
  };

  // --- by pointer ----------------------------------------------------------------------------------------------------

  r57.linkChart = (holder, view) => {
    view.addEventListener("click", (_, item) => r57.pick(factsOf(item)));
    view.addEventListener("mousemove", (_, item) => {
      holder.classList.toggle("r57-over", factsOf(item).length > 0);
    });
    view.addResizeListener(() => view.runAfter(r57.repaint));
  };

  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element) || String(window.getSelection())) return;
    if (target.closest("button, a, input, select, label, summary, dialog, .r57-stage svg")) return;
    const row = target.closest(rowsWithFacts);
    if (row) r57.pick(r57.ids(row.dataset.facts));
    else clear();
  });

  // --- by keyboard: one stop of the tab key a table, arrows from row to row ------------------------------------------

  /** @param {HTMLTableElement} table */
  function reachable(table) {
    return r57.shownRows(table).filter((row) => row.dataset.facts);
  }

  r57.rove = (table) => {
    reachable(table).forEach((row, index) => {
      row.tabIndex = index ? -1 : 0;
    });
  };

  /** @param {HTMLTableRowElement} row @param {number} by */
  function step(row, by) {
    const rows = reachable(row.closest("table"));
    const next = rows[rows.indexOf(row) + by];
    if (!next) return;
    row.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key === "Escape" && !document.querySelector("dialog[open]")) clear();
    if (!(target instanceof HTMLTableRowElement) || !target.matches(rowsWithFacts)) return;
    if (key === "Enter" || key === " ") r57.pick(r57.ids(target.dataset.facts));
    else if (key === "ArrowDown") step(target, 1);
    else if (key === "ArrowUp") step(target, -1);
    else return;
    event.preventDefault();
  });

  r57.toolLinks = (root) => {
    if (!document.getElementById("r57-linked")) {
      const region = r57.element("p", "r57-hidden");
      region.id = "r57-linked";
      region.setAttribute("role", "status");
      document.body.append(region);
    }
    root.querySelectorAll(".r57-table:not(.r57-linking)").forEach((table, number) => {
      table.classList.add("r57-linking");
      if (!reachable(table).length) return;
      const note = r57.element("p", "r57-hidden", r57.word("tool.pick"));
      note.id = `${table.closest(".r57-section").id}-pick-${number}`;
      table.setAttribute("aria-describedby", note.id);
      table.closest(".r57-scroll").before(note);
      r57.rove(table);
    });
  };
})();
