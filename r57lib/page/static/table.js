// Tables that can be searched and sorted, and that a live page gives away as files.
(function () {
  "use strict";
  var r57 = window.r57;
  var MISSING = "–";

  // Letters without their marks: a search for "dien bien" finds Điện Biên.
  function bare(text) {
    return text
      .normalize("NFD")
      .replace(/[\u0300-\u036f]/g, "")
      .replace(/[đĐ]/g, "d")
      .toLowerCase();
  }

  function rows(table) {
    return Array.prototype.slice.call(table.tBodies[0].rows);
  }

  r57.shownRows = function (table) {
    return rows(table).filter(function (row) {
      return !row.hidden;
    });
  };

  // --- search --------------------------------------------------------------------------------------------------------

  function search(table, tools) {
    var all = rows(table);
    var texts = all.map(function (row) {
      return bare(Array.prototype.map.call(row.cells, function (cell) { return cell.textContent; }).join("\n"));
    });
    var box = document.createElement("input");
    box.type = "search";
    box.placeholder = r57.word("tool.search");
    box.setAttribute("aria-label", r57.word("tool.search"));
    var count = r57.element("span", "r57-count");
    count.setAttribute("role", "status");
    box.addEventListener("input", function () {
      var wanted = bare(box.value.trim()).split(/\s+/);
      var shown = 0;
      all.forEach(function (row, index) {
        var fits = wanted.every(function (word) {
          return texts[index].includes(word);
        });
        row.hidden = !fits;
        shown += fits;
      });
      r57.rove(table);
      count.textContent = box.value ? r57.word("tool.rows", { shown: shown, all: all.length }) : "";
    });
    tools.appendChild(box);
    tools.appendChild(count);
  }

  // --- sort ----------------------------------------------------------------------------------------------------------

  // A figure as the page writes it, or null: the marks between thousands and before decimals are those of the language.
  function figure(text, marks) {
    var found = text.match(/[+\-−]?\d[\d.,]*/);
    if (!found) return null;
    return Number(found[0].replace("−", "-").split(marks.thousands).join("").replace(marks.decimal, "."));
  }

  // What each row is sorted by in a column: the keys that its cells carry, else their figures, else their texts;
  // null where there is none.
  function keys(column, all) {
    var marks = r57.locale;
    var keyed = all.some(function (row) { return row.cells[column].dataset.sort; });
    var numeric = all[0].cells[column].classList.contains("n");
    return new Map(
      all.map(function (row) {
        var cell = row.cells[column];
        var text = cell.textContent.trim();
        if (keyed) return [row, cell.dataset.sort ? key(cell.dataset.sort) : null];
        if (text === MISSING || !text) return [row, null];
        return [row, numeric ? figure(text, marks) : text];
      })
    );
  }

  function key(text) {
    return isNaN(text) ? text : Number(text);
  }

  function sorted(all, column, order) {
    var by = keys(column, all);
    var collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
    var sign = order === "descending" ? -1 : 1;
    return all.sort(function (one, other) {
      var a = by.get(one);
      var b = by.get(other);
      if (a === null || b === null) return (a === null) - (b === null); // what is missing stays last
      return sign * (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b));
    });
  }

  function sort(table, column, order) {
    var all = rows(table).sort(function (one, other) {
      return one.dataset.row - other.dataset.row;
    });
    if (order !== "none" && all.length) sorted(all, column, order);
    table.tBodies[0].append.apply(table.tBodies[0], all);
    r57.rove(table);
  }

  function sorting(table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var name = head.textContent;
      head.textContent = "";
      var button = r57.button(name, "", function () {
        var next = { none: "ascending", ascending: "descending", descending: "none" };
        var order = next[head.getAttribute("aria-sort") || "none"];
        heads.forEach(function (other) {
          other.removeAttribute("aria-sort");
        });
        if (order !== "none") head.setAttribute("aria-sort", order);
        sort(table, column, order);
      });
      button.className = "r57-sort";
      button.title = r57.word("tool.sort", { column: name });
      head.appendChild(button);
    });
  }

  // --- files ---------------------------------------------------------------------------------------------------------

  function files(table, tools) {
    ["CSV", "XLSX"].forEach(function (form) {
      var button = r57.button(form, r57.word("tool.download", { form: form }), function () {
        var wanted = r57.shownRows(table).map(function (row) {
          return Number(row.dataset.row);
        });
        var section = table.closest(".r57-section");
        var detail = { figure: section.id, format: form.toLowerCase(), rows: wanted };
        section.dispatchEvent(new CustomEvent("r57-download", { bubbles: true, detail: detail }));
      });
      button.classList.add("r57-download");
      button.dataset.format = form.toLowerCase();
      tools.appendChild(button);
    });
  }

  r57.toolTables = function (root) {
    root.querySelectorAll(".r57-data .r57-table:not(.r57-begun)").forEach(function (table) {
      table.classList.add("r57-begun");
      rows(table).forEach(function (row, index) {
        row.dataset.row = index;
      });
      var tools = r57.element("div", "r57-tools");
      if (rows(table).length > 5) search(table, tools);
      files(table, tools);
      sorting(table);
      table.parentNode.before(tools);
    });
  };
})();
