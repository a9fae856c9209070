// What else on the page comes from the same facts: the rows and marks that share a picked fact stand out.
(function () {
  "use strict";
  var r57 = window.r57;
  var picked = []; // the facts that stand out now
  var rowsWithFacts = ".r57-table tbody tr[data-facts]";

  r57.ids = function (text) {
    return (text || "").split(/[\s,;]+/).filter(Boolean);
  };

  function shares(facts) {
    return facts.some(function (id) {
      return picked.includes(id);
    });
  }

  // The facts of a drawn mark; those of a line are the facts of all its points.
  function factsOf(item) {
    if (!item || !item.mark) return [];
    var line = ["line", "area", "trail"].includes(item.mark.marktype);
    var points = line ? item.mark.items : [item];
    return points.flatMap(function (point) {
      return r57.ids(point.datum && typeof point.datum.facts === "string" ? point.datum.facts : "");
    });
  }

  // --- what stands out -----------------------------------------------------------------------------------------------

  function paintChart(stage) {
    var found = false;
    stage.querySelectorAll(".role-mark > *").forEach(function (mark) {
      var facts = factsOf(mark.__data__);
      if (!facts.length) return;
      var fits = shares(facts);
      mark.classList.toggle("r57-faded", picked.length > 0 && !fits);
      found = found || fits;
    });
    return found;
  }

  function paintRow(row) {
    var fits = shares(r57.ids(row.dataset.facts));
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

  function count(selector, paint) {
    return Array.prototype.filter.call(document.querySelectorAll(selector), paint).length;
  }

  function paint() {
    return { rows: count(rowsWithFacts, paintRow), charts: count(".r57-stage", paintChart) };
  }

  function tell(text) {
    var region = document.getElementById("r57-linked");
    region.className = picked.length ? "r57-linked" : "r57-hidden";
    region.textContent = text;
  }

  r57.pick = function (facts) {
    var same = facts.length === picked.length && facts.every(function (id) { return picked.includes(id); });
    if (!facts.length || same) return clear();
    picked = facts;
    return tell(r57.word("tool.linked", paint()));
  };

  function clear() {
    if (!picked.length) return;
    picked = [];
    paint();
    tell(r57.word("tool.unlinked"));
  }

  // What was drawn anew shows the picked facts too; where none of them is left, nothing stays picked.
  r57.repaint = function () {
    if (!picked.length) return;
    var found = paint();
    if (found.rows + found.charts) tell(r57.word("tool.linked", found));
    else clear();
  };

  // --- by pointer ----------------------------------------------------------------------------------------------------

  r57.linkChart = function (holder, view) {
    view.addEventListener("click", function (event, item) {
      r57.pick(factsOf(item));
    });
    view.addEventListener("mousemove", function (event, item) {
      holder.classList.toggle("r57-over", factsOf(item).length > 0);
    });
    view.addResizeListener(function () {
      view.runAfter(r57.repaint);
    });
  };

  document.addEventListener("click", function (event) {
    if (!event.target.closest || String(window.getSelection())) return;
    if (event.target.closest("button, a, input, select, label, summary, dialog, .r57-stage svg")) return;
    var row = event.target.closest(rowsWithFacts);
    if (row) r57.pick(r57.ids(row.dataset.facts));
    else clear();
  });

  // --- by keyboard: one stop of the tab key a table, arrows from row to row ------------------------------------------

  function reachable(table) {
    return r57.shownRows(table).filter(function (row) {
      return row.dataset.facts;
    });
  }

  r57.rove = function (table) {
    reachable(table).forEach(function (row, index) {
      row.tabIndex = index ? -1 : 0;
    });
  };

  function step(row, by) {
    var rows = reachable(row.closest("table"));
    var next = rows[rows.indexOf(row) + by];
    if (!next) return;
    row.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) clear();
    if (!event.target.matches || !event.target.matches(rowsWithFacts)) return;
    var steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Enter" || event.key === " ") r57.pick(r57.ids(event.target.dataset.facts));
    else if (steps[event.key]) step(event.target, steps[event.key]);
    else return;
    event.preventDefault();
  });

  function hint(table, number) {
    var note = r57.element("p", "r57-hidden", r57.word("tool.pick"));
    note.id = table.closest(".r57-section").id + "-pick-" + number;
    table.setAttribute("aria-describedby", note.id);
    table.parentNode.before(note);
  }

  r57.toolLinks = function (root) {
    if (!document.getElementById("r57-linked")) {
      var region = r57.element("p", "r57-hidden");
      region.id = "r57-linked";
      region.setAttribute("role", "status");
      document.body.appendChild(region);
    }
    root.querySelectorAll(".r57-table:not(.r57-linking)").forEach(function (table, number) {
      table.classList.add("r57-linking");
      if (!reachable(table).length) return;
      hint(table, number);
      r57.rove(table);
    });
  };
})();
