// Measures a page from inside, on its own clock: set before any script of the page, it sees every shadow root and canvas.
(function (settings) {
  "use strict";
  var roots = [document];
  var canvases = new WeakMap(); // canvas -> the texts drawn on it
  var probe = { content: null, chart: null, charts: null, asked: null, redrawn: null, last: null };
  var wanted = []; // texts that only the new chart holds
  window.benchProbe = probe;

  function all(selector) {
    roots = roots.filter(function (root) {
      return root === document || root.host.isConnected;
    });
    return roots.flatMap(function (root) {
      return Array.from(root.querySelectorAll(selector));
    });
  }

  function visible(element) {
    return element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  }

  function textsOf(chart) {
    if (chart.tagName === "CANVAS") return canvases.get(chart) || new Set();
    var texts = Array.from(chart.querySelectorAll("text"));
    return new Set(
      texts.map(function (text) {
        return text.textContent;
      }),
    );
  }

  function liveCharts() {
    return all(settings.charts).filter(function (chart) {
      return textsOf(chart).size > 3 && visible(chart);
    });
  }

  function tick() {
    var now = performance.now();
    if (probe.content === null) {
      var heading = all("h1").some(function (each) {
        return each.textContent.trim() && visible(each);
      });
      if (heading) probe.content = now;
    }
    if (probe.charts === null) {
      var live = liveCharts().length;
      if (live && probe.chart === null) probe.chart = now;
      if (live >= settings.expected) probe.charts = now;
    }
    if (probe.asked !== null && probe.redrawn === null && wanted.length && liveCharts().some(showsWanted)) {
      probe.redrawn = performance.now();
    }
  }

  function showsWanted(chart) {
    var texts = textsOf(chart);
    return wanted.every(function (text) {
      return texts.has(text);
    });
  }

  function heard(records) {
    var drawn = records.some(function (record) {
      return record.target.nodeType === 1 && record.target.closest(settings.area);
    });
    if (!drawn || probe.asked === null) return; // until then each frame is near enough, and costs the page less
    probe.last = performance.now();
    tick();
  }

  function watch(root) {
    new MutationObserver(heard).observe(root, { childList: true, subtree: true, characterData: true });
  }

  var attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function () {
    var root = attach.apply(this, arguments);
    roots.push(root);
    watch(root);
    return root;
  };

  var fill = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text) {
    if (!canvases.has(this.canvas)) canvases.set(this.canvas, new Set());
    canvases.get(this.canvas).add(String(text));
    if (probe.asked !== null && this.canvas.matches(settings.charts)) {
      probe.last = performance.now();
      Promise.resolve().then(tick);
    }
    return fill.apply(this, arguments);
  };

  function frame() {
    tick();
    requestAnimationFrame(frame);
  }

  // A change begins here: `texts` will be in one of the charts when it is drawn anew, and are in none of them now.
  function arm(texts) {
    all("canvas").forEach(function (canvas) {
      canvases.delete(canvas);
    });
    wanted = texts;
    probe.redrawn = probe.last = null;
    probe.asked = performance.now();
  }

  function labels(option) {
    return [option.value, option.textContent.trim()];
  }

  window.benchChoose = function (wish, texts) {
    var found = all("select option").find(function (option) {
      return labels(option).includes(wish);
    });
    if (!found) throw new Error("no select offers " + wish);
    var select = found.closest("select");
    arm(texts);
    select.selectedIndex = found.index;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };

  window.benchArmOnPress = function (texts) {
    document.addEventListener(
      "pointerdown",
      function () {
        arm(texts);
      },
      { capture: true, once: true },
    );
  };

  // Searches a table for what stands in its last row and not in its first, and waits until the first row is gone.
  window.benchSearch = function () {
    var found = null;
    document.querySelectorAll(".r57-data input[type=search]").forEach(function (box) {
      var rows = box.closest(".r57-data").querySelectorAll("tbody tr");
      if (found || rows.length < 2) return;
      var cell = Array.from(rows[rows.length - 1].cells).find(function (each) {
        return each.textContent.trim() && !rows[0].textContent.includes(each.textContent.trim());
      });
      if (cell) found = { box: box, first: rows[0], text: cell.textContent.trim() };
    });
    if (!found) return null;
    found.box.closest(".r57-data").open = true;
    var start = performance.now();
    found.box.value = found.text;
    found.box.dispatchEvent(new Event("input", { bubbles: true }));
    return new Promise(function (resolve) {
      function look() {
        if (!visible(found.first)) resolve(performance.now() - start);
        else if (performance.now() - start > 5000) resolve(null);
        else setTimeout(look, 0);
      }
      look();
    });
  };

  watch(document);
  requestAnimationFrame(frame);
})
