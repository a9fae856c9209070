// Draws the charts of a page from the specifications beside them, and gives them away as pictures.
// The static picture of a chart stays where it cannot be drawn.
(function () {
  "use strict";
  var r57 = (window.r57 = window.r57 || {});
  var views = new Map(); // the holder of each chart -> what is drawn in it

  r57.json = function (id) {
    return JSON.parse(document.getElementById(id).textContent);
  };

  // The page's texts and marks of numbers: read each time, for a live page changes its language.
  Object.defineProperties(r57, {
    words: { get: function () { return r57.json("r57-words"); } },
    locale: { get: function () { return r57.json("r57-locale"); } },
  });

  // A text of the page in its language, with values in the places of their names.
  r57.word = function (key, values) {
    var text = r57.words[key] || "";
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
    var base = { actions: false, ast: true, formatLocale: r57.locale, defaultStyle: false };
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

  // The chart by itself: its finding and measure above it, in the light colours, on white.
  function standing(section, spec) {
    var alone = JSON.parse(JSON.stringify(spec).replace(/var\(--[\w-]+, (#\w{6})\)/g, "$1"));
    alone.title = {
      text: lines(read(section, ".r57-title"), 62),
      subtitle: lines(read(section, ".r57-subtitle"), 92),
    };
    return Object.assign(alone, { width: 640, background: "#FFFFFF", padding: 16 });
  }

  // Its documents with their dates, below it.
  function signed(section, font) {
    var many = read(section, ".r57-many summary");
    var text = many ? many + ": " + read(section, ".r57-many p") : read(section, ".r57-sources");
    var look = { text: { value: lines(text, 88) }, x: { value: 0 }, y: { signal: "height + 34" } };
    Object.assign(look, { font: { value: font }, fontSize: { value: 12 }, lineHeight: { value: 17 } });
    Object.assign(look, { fill: { value: "#5A6472" }, baseline: { value: "top" } });
    return function (drawing) {
      drawing.marks.push({ type: "text", encode: { update: look } });
      return drawing;
    };
  }

  function read(section, selector) {
    var found = section.querySelector(selector);
    return found ? found.textContent.trim().replace(/\s+/g, " ") : "";
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
    var stage = document.body.appendChild(r57.element("div", "r57-hidden"));
    var more = { renderer: "none", tooltip: false, patch: signed(section, spec.config.font) };
    return window
      .vegaEmbed(stage, standing(section, spec), options(more))
      .then(function (drawn) {
        return file(drawn.view, form).finally(function () {
          drawn.finalize();
        });
      })
      .then(function (content) {
        var month = document.documentElement.dataset.month;
        r57.save(content, [section.id, month, document.documentElement.lang, form].filter(Boolean).join("."));
      })
      .catch(function (error) {
        console.error("picture not made", error);
      })
      .finally(function () {
        stage.remove();
      });
  }

  function file(view, form) {
    if (form === "png") return view.toCanvas(2).then(blob);
    return view.toSVG().then(function (text) {
      return new Blob([text], { type: "image/svg+xml" });
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
