// Tables that can be searched and sorted, and that a live page gives away as files.
(() => {
  "use strict";
  const { r57 } = window;
  const MISSING = "–";
  const WORDS = ["words", "facts"];
  const DAYS = ["day", "period"];

  /**
   * Letters without their marks: a search for "dien bien" finds Điện Biên.
   * @param {string} text
   */
  function bare(text) {
    return text
      .normalize("NFD")
      .replace(/[\u0300-\u036f]/g, "")
      .replace(/[đĐ]/g, "d")
      .toLowerCase();
  }

  r57.bare = bare;

  /** @param {HTMLTableElement} table */
  function rows(table) {
    return Array.from(table.tBodies).flatMap((body) =>
      Array.from(body.rows).filter((row) => !row.matches(".r57-group")),
    );
  }

  r57.shownRows = (table) => rows(table).filter((row) => !row.hidden);

  // --- search --------------------------------------------------------------------------------------------------------

  /** @param {HTMLTableElement} table @param {HTMLElement} tools */
  function search(table, tools) {
    const all = rows(table);
    const texts = all.map((row) => bare(Array.from(row.cells, (cell) => cell.textContent).join("\n")));
    const box = r57.element("input", "");
    box.type = "search";
    box.placeholder = r57.word("tool.search");
    box.setAttribute("aria-label", box.placeholder);
    const count = r57.element("span", "r57-count");
    count.setAttribute("role", "status");
    box.addEventListener("input", () => {
      const wanted = bare(box.value.trim()).split(/\s+/);
      all.forEach((row, index) => {
        row.hidden = !wanted.every((word) => texts[index].includes(word));
      });
      for (const group of /** @type {NodeListOf<HTMLElement>} */ (table.querySelectorAll(".r57-group"))) {
        const others = /** @type {HTMLElement[]} */ (Array.from(group.parentElement?.children ?? []));
        group.hidden = !others.some((row) => row !== group && !row.hidden);
      }
      r57.rove(table);
      const shown = r57.shownRows(table).length;
      if (box.value.trim())
        count.dataset.query = box.value.trim(); // paper says what was searched for
      else delete count.dataset.query;
      count.textContent = box.value ? r57.word("tool.rows", { shown, all: all.length }) : "";
    });
    tools.append(box, count);
  }

  // --- sort ----------------------------------------------------------------------------------------------------------

  /**
   * What a cell is sorted by in a column of a kind: the value that it carries, or its text; null where there is none.
   * @param {HTMLTableCellElement} cell @param {string} kind
   */
  function key(cell, kind) {
    const text = WORDS.includes(kind) ? cell.textContent.trim() : cell.dataset.sort;
    if (!text || text === MISSING) return null;
    return DAYS.includes(kind) || WORDS.includes(kind) ? text : Number(text);
  }

  /** @param {HTMLTableElement} table @param {number} column @param {string} order */
  function sort(table, column, order) {
    const all = rows(table).sort((one, other) => Number(one.dataset.row) - Number(other.dataset.row));
    if (order) {
      const { kind = "words" } = table.rows[0].cells[column].dataset;
      const keys = new Map(all.map((row) => [row, key(row.cells[column], kind)]));
      const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
      const sign = order === "descending" ? -1 : 1;
      all.sort((one, other) => {
        const [a, b] = [keys.get(one) ?? null, keys.get(other) ?? null];
        if (a === null || b === null) return Number(a === null) - Number(b === null); // what is missing stays last
        return sign * (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b)));
      });
    }
    for (const row of all) row.parentElement?.append(row); // each within its group
    r57.rove(table);
  }

  /** @param {HTMLTableElement} table */
  function sorting(table) {
    const heads = Array.from(table.rows[0].cells);
    heads.forEach((head, column) => {
      if (head.dataset.kind === "drawing") return;
      const name = head.textContent;
      const button = r57.button(name, "", () => {
        const was = head.getAttribute("aria-sort");
        const order = was ? (was === "ascending" ? "descending" : "") : "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        if (order) head.setAttribute("aria-sort", order);
        sort(table, column, order);
      });
      button.className = "r57-sort";
      button.title = r57.word("tool.sort", { column: name });
      head.replaceChildren(button);
    });
  }

  /** @param {HTMLTableElement} table */
  const headsOf = (table) => Array.from(table.rows[0]?.cells ?? []);

  r57.sortOf = (root) =>
    Array.from(root.querySelectorAll(".r57-table"), (table) => {
      const heads = headsOf(table);
      const column = heads.findIndex((head) => head.hasAttribute("aria-sort"));
      const [name, order] = [heads[column]?.textContent, heads[column]?.getAttribute("aria-sort") ?? ""];
      return { order, name, column, columns: heads.length };
    });

  r57.sortAs = (root, sorts) => {
    root.querySelectorAll(".r57-table").forEach((table, index) => {
      const { order, name, column, columns } = sorts[index] ?? { order: "" };
      if (!order) return;
      const heads = headsOf(table);
      const same = heads.find((head) => head.textContent === name); // in another language it has another name
      const head = same ?? (heads.length === columns ? heads[column] : undefined);
      for (let click = 0; click < 2 && head && head.getAttribute("aria-sort") !== order; click += 1)
        head.querySelector("button")?.click();
    });
  };

  // --- files ---------------------------------------------------------------------------------------------------------

  /** @param {HTMLTableElement} table @param {HTMLElement} tools */
  function files(table, tools) {
    for (const form of ["CSV", "XLSX"]) {
      const format = form.toLowerCase();
      const button = r57.button(form, r57.word("tool.download", { form }), () => {
        const section = table.closest(".r57-section");
        const wanted = r57.shownRows(table).map((row) => Number(row.dataset.row));
        const detail = { figure: section.id, format, rows: wanted };
        section.dispatchEvent(new CustomEvent("r57-download", { bubbles: true, detail }));
      });
      button.classList.add("r57-download");
      button.dataset.format = format;
      tools.append(button);
    }
  }

  r57.toolTables = (root) => {
    for (const table of root.querySelectorAll(".r57-data .r57-table:not(.r57-begun)")) {
      table.classList.add("r57-begun");
      const all = rows(table);
      const heads = Array.from(table.rows[0].cells, (head) => head.textContent);
      all.forEach((row, index) => {
        row.dataset.row = String(index);
        Array.from(row.cells).forEach((cell, column) => {
          if (column && heads[column] !== cell.textContent.trim()) cell.dataset.label = heads[column];
          if (cell.textContent === MISSING) cell.classList.add("r57-missing");
        });
      });
      const tools = r57.element("div", "r57-tools");
      if (all.length > 5) search(table, tools);
      files(table, tools);
      sorting(table);
      table.closest(".r57-scroll").before(tools);
    }
  };
})();
