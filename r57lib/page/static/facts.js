// Where each number comes from, one click away.
(function () {
  "use strict";
  var r57 = window.r57;

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
    line(list, r57.word("tool.value"), fact.printed);
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
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-labelledby", title.id);
    wanted.forEach(function (id) {
      scroll.appendChild(card(id, facts[id]));
    });
    dialog.appendChild(scroll);
    var tools = r57.element("p", "r57-tools");
    tools.appendChild(
      r57.button(r57.word("tool.link"), "", function () {
        dialog.close();
        r57.pick(wanted);
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
      var wanted = r57.ids(cell.textContent);
      if (!wanted.length || !wanted.every(function (id) { return id in facts; })) return;
      row.dataset.facts = wanted.join(" ");
      buttons(cell, wanted, facts);
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
        buttons(place, r57.ids(place.textContent), facts);
      });
      section.querySelectorAll(".r57-tile").forEach(function (tile) {
        var wanted = r57.ids(tile.dataset.facts);
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
