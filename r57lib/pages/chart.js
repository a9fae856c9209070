// Draws the charts of a page from the specifications beside them, and gives them away as pictures.
// The static picture of a chart stays where it cannot be drawn.
(function () {
  "use strict";
  var r57 = (window.r57 = window.r57 || {});
  var views = new Map(); // the holder of each chart -> what is drawn in it

  r57.json = function (id) {
    return JSON.parse(document.getElementById(id).textContent);
  };

  // A text of the page in its language, with values in the places of their names.
  r57.word = function (key, values) {
    var text = r57.json("r57-words")[key] || "";
    return text.replace(/\{(\w+)\}/g, function (whole, name) {
      return values && name in values ? values[name] : whole;
    });
  };

  r57.element = function (tag, name, text) {
    var element = document.createElement(tag);
    if (name) element.className = name;
    if (text) element.textContent = text;
    return element;
  };

  r57.button = function (text, label, act) {
    var button = r57.element("button", "r57-tool", text);
    button.type = "button";
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  };

  function options(more) {
    var base = { actions: false, ast: true, formatLocale: r57.json("r57-locale"), defaultStyle: false };
    return Object.assign(base, more);
  }

  function draw(holder) {
    var stage = r57.element("div", "r57-stage");
    stage.style.width = "100%";
    holder.classList.add("r57-begun");
    holder.appendChild(stage);
    var spec = JSON.parse(holder.nextElementSibling.textContent);
    return window
      .vegaEmbed(stage, spec, options({ renderer: "svg", tooltip: { theme: "r57", disableDefaultStyle: true } }))
      .then(function (drawn) {
        var still = holder.querySelector(":scope > svg");
        if (still) still.remove();
        holder.classList.add("r57-live");
        views.set(holder, drawn);
        holder.parentNode.appendChild(pictures(holder, spec));
        if (r57.linkChart) r57.linkChart(holder, drawn.view);
      })
      .catch(function (error) {
        stage.remove();
        console.error("chart not drawn", error);
      });
  }

  r57.drawCharts = function (root) {
    views.forEach(function (drawn, holder) {
      if (holder.isConnected) return;
      drawn.finalize();
      views.delete(holder);
    });
    if (!window.vegaEmbed) return Promise.resolve();
    return Promise.all(Array.prototype.map.call(root.querySelectorAll(".r57-chart:not(.r57-begun)"), draw));
  };

  // --- pictures ------------------------------------------------------------------------------------------------------

  function pictures(holder, spec) {
    var tools = r57.element("p", "r57-tools");
    ["PNG", "SVG"].forEach(function (form) {
      var label = r57.word("tool.picture", { form: form });
      tools.appendChild(
        r57.button(form, label, function () {
          picture(holder, spec, form.toLowerCase());
        })
      );
    });
    return tools;
  }

  // The chart by itself: its finding, measure and source inside, in the light colours, on white.
  function standing(section, spec) {
    var text = JSON.stringify(spec).replace(/var\(--[\w-]+, (#\w{6})\)/g, "$1");
    var alone = JSON.parse(text);
    var read = function (selector) {
      var found = section.querySelector(selector);
      return found ? found.textContent.trim().replace(/\s+/g, " ") : "";
    };
    alone.title = {
      text: lines(read(".r57-title"), 62),
      subtitle: lines(read(".r57-subtitle"), 92).concat(lines(read(".r57-sources"), 92)),
    };
    alone.width = 640;
    alone.background = "#FFFFFF";
    alone.padding = 16;
    return alone;
  }

  function lines(text, width) {
    var found = [];
    text.split(" ").forEach(function (word) {
      var last = found.length - 1;
      if (last >= 0 && found[last].length + word.length < width) found[last] += " " + word;
      else if (word) found.push(word);
    });
    return found;
  }

  function picture(holder, spec, form) {
    var section = holder.closest(".r57-section");
    var stage = r57.element("div", "r57-hidden");
    document.body.appendChild(stage);
    return window
      .vegaEmbed(stage, standing(section, spec), options({ renderer: "svg" }))
      .then(function (drawn) {
        var made = form === "svg" ? drawn.view.toSVG() : drawn.view.toCanvas(2).then(blob);
        return Promise.resolve(made).then(function (content) {
          var month = document.documentElement.dataset.month;
          var name = [section.id, month, document.documentElement.lang, form].filter(Boolean).join(".");
          r57.save(form === "svg" ? new Blob([content], { type: "image/svg+xml" }) : content, name);
          drawn.finalize();
          stage.remove();
        });
      });
  }

  function blob(canvas) {
    return new Promise(function (resolve) {
      canvas.toBlob(resolve, "image/png");
    });
  }

  r57.save = function (content, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(function () {
      URL.revokeObjectURL(link.href);
    }, 10000);
  };
})();
