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
      mark.classList.toggle("r57-chosen", fits);
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
    region.textContent = text;
    const bar = /** @type {HTMLElement} */ (region.parentElement);
    bar.className = picked.length ? "r57-linked" : "r57-hidden";
    for (const button of bar.querySelectorAll("button")) button.remove();
    if (!picked.length) return;
    const row = document.querySelector(".r57-picked");
    const first = r57.button(r57.word("tool.linked.first"), "", () => {
      for (let fold = row?.closest("details"); fold; fold = fold.parentElement?.closest("details"))
        fold.setAttribute("open", "");
      row?.scrollIntoView({ block: "center" });
      /** @type {HTMLElement | null} */ (row)?.focus();
    });
    bar.append(...(row ? [first] : []), r57.button(r57.word("tool.linked.clear"), "", clear));
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
    view.addResizeListener(() =>
      view.runAfter(() => {
        r57.repaint();
        setTimeout(() => reach(holder)); // when the marks of the new size are drawn
      }),
    );
    reach(holder);
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

  // --- by keyboard, in a chart: one stop of the tab key, arrows from mark to mark as one reads ------------------------

  /** @type {WeakMap<Element, Element[]>} */
  const order = new WeakMap(); // of each mark all marks of its chart

  /** @param {HTMLElement} holder */
  function reach(holder) {
    const every = /** @type {NodeListOf<VegaMark>} */ (holder.querySelectorAll(".r57-stage .role-mark > *"));
    const bearing = [...every].filter((mark) => factsOf(mark.__data__).length && named(mark));
    const kind = (/** @type {VegaMark} */ mark) => mark.__data__?.mark?.marktype ?? "";
    const found = ["rect", "symbol"]
      .map((each) => bearing.filter((mark) => kind(mark) === each))
      .find((some) => some.length);
    // A course over time is read to the right, rows are read down.
    const along = bearing.some(({ __data__: item }) => item?.datum && "day" in item.datum && !("row" in item.datum));
    const boxes = new Map((found ?? []).map((mark) => [mark, mark.getBoundingClientRect()]));
    const marks = [
      ...new Map([...boxes].map(([mark, { x, y }]) => [`${Math.round(x)} ${Math.round(y)}`, mark])).values(),
    ];
    marks.sort((one, other) => {
      const [a, b] = [boxes.get(one), boxes.get(other)];
      const [right, down] = [(a?.x ?? 0) - (b?.x ?? 0), (a?.y ?? 0) - (b?.y ?? 0)];
      return along || Math.abs(down) < 4 ? right : down;
    });
    if (!marks.length) return;
    holder.setAttribute("role", "group"); // a picture has no parts
    marks.forEach((mark, index) => {
      order.set(mark, marks);
      for (let part = /** @type {Element | null} */ (mark); part && part !== holder; part = part.parentElement) {
        part.removeAttribute("aria-hidden"); // the drawing as a whole was one picture
      }
      mark.setAttribute("tabindex", index ? "-1" : "0");
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", named(mark));
    });
  }

  /** @param {VegaMark} mark */
  function named(mark) {
    const tip = mark.__data__?.tooltip;
    if (tip) return typeof tip === "object" ? Object.values(tip).join(", ") : String(tip);
    const { name, row, column, text } = mark.__data__?.datum ?? {};
    if (!text) return ""; // a rung on which nothing stands
    const lead = typeof row === "string" && /\p{Lu}|\s/u.test(row) ? row : name; // else it is the code of a row
    return [lead, column, text].filter(Boolean).join(", ").replace(/\s+/g, " ");
  }

  // What the pointer shows, the keyboard shows as well.
  for (const [said, meant] of [
    ["focusin", "pointermove"],
    ["focusout", "pointerout"],
  ]) {
    document.addEventListener(said, ({ target }) => {
      if (!(target instanceof SVGElement) || !order.has(target)) return;
      const { x, y, width, height } = target.getBoundingClientRect();
      const place = { bubbles: true, clientX: x + width / 2, clientY: y + height / 2 };
      target.dispatchEvent(new PointerEvent(meant, place));
    });
  }

  document.addEventListener("keydown", (event) => {
    const marks = event.target instanceof SVGElement && order.get(event.target);
    if (!marks) return;
    const place = marks.indexOf(event.target);
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -place, End: marks.length - 1 - place };
    const next = marks[place + (by[/** @type {keyof typeof by} */ (event.key)] ?? 0)];
    if (event.key === "Enter" || event.key === " ") r57.pick(factsOf(/** @type {VegaMark} */ (event.target).__data__));
    else if (!(event.key in by)) return;
    else if (next && next !== event.target) {
      event.target.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      /** @type {SVGElement} */ (next).focus();
    }
    event.preventDefault();
  });

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
      const region = r57.element("p", "");
      region.id = "r57-linked";
      region.setAttribute("role", "status");
      document.body.append(r57.element("div", "r57-hidden", region));
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
