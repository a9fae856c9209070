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
      return Array.prototype.map
        .call(row.cells, function (cell) {
          return bare(cell.textContent);
        })
        .join("\n");
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
      count.textContent = box.value ? r57.word("tool.rows", { shown: shown, all: all.length }) : "";
    });
    tools.appendChild(box);
    tools.appendChild(count);
  }

  // --- sort ----------------------------------------------------------------------------------------------------------

  // A figure as the page writes it, or NaN: the marks between thousands and before decimals are those of the language.
  function value(text) {
    var locale = r57.json("r57-locale");
    var found = text.match(/[+\-−]?\d[\d.,]*/);
    if (!found) return NaN;
    var plain = found[0].replace("−", "-").split(locale.thousands).join("").replace(locale.decimal, ".");
    return Number(plain);
  }

  function comparison(column, all) {
    var texts = new Map();
    all.forEach(function (row) {
      texts.set(row, row.cells[column].textContent.trim());
    });
    var numeric = all[0] && all[0].cells[column].classList.contains("n");
    var collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
    return function (one, other) {
      var a = texts.get(one);
      var b = texts.get(other);
      if (a === MISSING || b === MISSING) return a === b ? 0 : a === MISSING ? Infinity : -Infinity;
      if (numeric) return value(a) - value(b) || 0;
      var c = one.cells[column].dataset.sort;
      var d = other.cells[column].dataset.sort;
      return c && d ? (c < d ? -1 : c > d ? 1 : 0) : collator.compare(a, b);
    };
  }

  function sort(table, column, order) {
    var body = table.tBodies[0];
    var all = rows(table);
    if (order === "none") {
      all.sort(function (one, other) {
        return one.dataset.row - other.dataset.row;
      });
    } else {
      var compare = comparison(column, all);
      all.sort(function (one, other) {
        var result = compare(one, other);
        return order === "descending" && isFinite(result) ? -result : result; // what is missing stays last
      });
    }
    all.forEach(function (row) {
      body.appendChild(row);
    });
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
        var detail = { figure: table.closest(".r57-section").id, format: form.toLowerCase(), rows: wanted };
        button.dispatchEvent(new CustomEvent("r57-download", { bubbles: true, detail: detail }));
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
