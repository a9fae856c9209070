// Where each number comes from, one click away; and what else on the page comes from the same facts.
(function () {
  "use strict";
  var r57 = window.r57;


  function ids(text) {
    return (text || "").split(/[\s,;]+/).filter(Boolean);
  }

  // --- the dialog ----------------------------------------------------------------------------------------------------

  function line(list, name, content) {
    if (!content) return;
    list.appendChild(r57.element("dt", "", name));
    var value = r57.element("dd");
    if (content.nodeType) value.appendChild(content);
    else value.textContent = content;
    list.appendChild(value);
  }

  function card(id, fact) {
    var box = r57.element("section", "r57-fact");
    box.appendChild(r57.element("h3", "", id));
    if (!fact) {
      box.appendChild(r57.element("p", "", r57.word("tool.unknown")));
      return box;
    }
    var quote = r57.element("blockquote", "", "“" + fact.quote + "”");
    box.appendChild(quote);
    var list = r57.element("dl");
    line(list, r57.word("tool.about"), fact.about);
    var source = r57.element("span");
    if (/^https:\/\//.test(fact.url)) {
      var link = r57.element("a", "", fact.publisher);
      link.href = fact.url;
      link.rel = "noopener noreferrer";
      source.appendChild(link);
    } else source.appendChild(document.createTextNode(fact.publisher));
    source.appendChild(document.createTextNode(", " + fact.title + " (" + fact.reported + ")"));
    line(list, r57.word("tool.source"), source);
    line(list, r57.word("tool.section"), fact.section);
    box.appendChild(list);
    return box;
  }

  function show(wanted, facts) {
    var dialog = r57.element("dialog", "r57-dialog");
    var title = r57.element("h2", "", r57.word("tool.sources"));
    title.id = "r57-dialog-title";
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.appendChild(title);
    var scroll = r57.element("div", "r57-facts-list");
    scroll.tabIndex = 0;
    wanted.forEach(function (id) {
      scroll.appendChild(card(id, facts[id]));
    });
    dialog.appendChild(scroll);
    var tools = r57.element("p", "r57-tools");
    tools.appendChild(
      r57.button(r57.word("tool.link"), "", function () {
        dialog.close();
        pick(wanted);
      })
    );
    tools.appendChild(
      r57.button(r57.word("tool.close"), "", function () {
        dialog.close();
      })
    );
    dialog.appendChild(tools);
    dialog.addEventListener("close", function () {
      dialog.remove();
    });
    document.body.appendChild(dialog);
    dialog.showModal();
  }

  // --- what shares a fact --------------------------------------------------------------------------------------------

  var picked = [];
  var fading = 0;

  function shares(facts) {
    return facts.some(function (id) {
      return picked.includes(id);
    });
  }

  function eachMark(act) {
    document.querySelectorAll(".r57-stage svg [role=graphics-symbol], .r57-stage svg path, .r57-stage svg text").forEach(
      function (mark) {
        var item = mark.__data__;
        var datum = item && item.datum;
        if (datum && typeof datum.facts === "string") act(mark, ids(datum.facts));
      }
    );
  }

  function pick(wanted) {
    picked = wanted.slice().sort().join() === picked.slice().sort().join() ? [] : wanted;
    var marks = 0;
    var rows = 0;
    eachMark(function (mark, facts) {
      var fits = picked.length > 0 && shares(facts);
      mark.classList.toggle("r57-faded", picked.length > 0 && !fits);
      marks += fits;
    });
    document.querySelectorAll(".r57-table tbody tr").forEach(function (row) {
      var fits = picked.length > 0 && shares(ids(row.dataset.facts));
      row.classList.toggle("r57-picked", fits);
      rows += fits;
    });
    var told = picked.length ? r57.word("tool.linked", { rows: rows, marks: marks }) : r57.word("tool.unlinked");
    live().textContent = told;
    clearTimeout(fading);
    if (!picked.length) {
      fading = setTimeout(function () {
        live().textContent = "";
      }, 3000);
    }
  }

  function live() {
    var region = document.getElementById("r57-linked");
    if (!region) {
      region = r57.element("p", "r57-linked");
      region.id = "r57-linked";
      region.setAttribute("role", "status");
      document.body.appendChild(region);
    }
    return region;
  }

  r57.linkChart = function (holder, view) {
    view.addEventListener("click", function (event, item) {
      var facts = item && item.datum && item.datum.facts;
      if (typeof facts === "string") pick(ids(facts));
      else if (picked.length) pick(picked.slice());
    });
  };

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && picked.length && !document.querySelector("dialog[open]")) pick(picked.slice());
  });

  // --- buttons -------------------------------------------------------------------------------------------------------

  function buttons(place, wanted, facts) {
    place.textContent = "";
    wanted.forEach(function (id, index) {
      if (index) place.appendChild(document.createTextNode(", "));
      var button = r57.button(id, r57.word("tool.fact", { fact: id }), function () {
        show([id], facts);
      });
      button.classList.add("r57-fact-button");
      place.appendChild(button);
    });
  }

  function table(found, facts) {
    found.querySelectorAll("tbody tr").forEach(function (row) {
      var cell = row.cells[row.cells.length - 1];
      var wanted = ids(cell.textContent);
      if (!wanted.length || !wanted.every(function (id) { return id in facts; })) return;
      row.dataset.facts = wanted.join(" ");
      buttons(cell, wanted, facts);
      row.addEventListener("click", function (event) {
        if (!event.target.closest("button, a") && !String(window.getSelection())) pick(wanted);
      });
    });
  }

  r57.toolFacts = function (root) {
    root.querySelectorAll(".r57-facts-data:not(.r57-begun)").forEach(function (data) {
      data.classList.add("r57-begun");
      var section = data.parentNode;
      var facts = JSON.parse(data.textContent);
      section.querySelectorAll(".r57-table").forEach(function (found) {
        table(found, facts);
      });
      section.querySelectorAll(".r57-facts").forEach(function (place) {
        buttons(place, ids(place.textContent), facts);
      });
      section.querySelectorAll(".r57-tile").forEach(function (tile) {
        var wanted = ids(tile.dataset.facts);
        var name = tile.querySelector(".r57-tile-label").textContent;
        if (!wanted.length) return;
        tile.appendChild(
          r57.button(r57.word("tool.source"), r57.word("tool.source.of", { label: name }), function () {
            show(wanted, facts);
          })
        );
      });
    });
  };

})();
