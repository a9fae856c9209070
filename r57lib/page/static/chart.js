// Draws the charts of a page from the specifications beside them, and gives them away as pictures.
// The static picture of a chart stays where it cannot be drawn.
(() => {
  "use strict";
  const r57 = /** @type {R57} */ ({});
  window.r57 = r57;
  /** @type {Map<HTMLElement, VegaDrawn>} */
  const views = new Map(); // the holder of each chart -> what is drawn in it

  // Read each time, for a live page changes its language.
  r57.json = (id) => JSON.parse(document.getElementById(id).textContent);

  // A text of the page in its language, with values in the places of their names.
  r57.word = (key, values = {}) =>
    (r57.json("r57-words")[key] || "").replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

  r57.element = (tag, name, ...content) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...content);
    return element;
  };

  r57.button = (text, label, act) => {
    const button = r57.element("button", "r57-tool", text);
    button.type = "button";
    if (label) button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  };

  /** @param {object} more */
  function options(more) {
    return { actions: false, ast: true, formatLocale: r57.json("r57-locale"), defaultStyle: false, ...more };
  }

  /** @param {HTMLElement} holder */
  async function draw(holder) {
    const stage = r57.element("div", "r57-stage");
    stage.style.width = "100%";
    holder.classList.add("r57-begun");
    holder.append(stage);
    const data = /** @type {Element} */ (holder.nextElementSibling);
    try {
      const spec = JSON.parse(data.textContent);
      const sliders = r57.element("div", "r57-sliders"); // beside the chart: a picture holds no controls
      const looks = { renderer: "svg", bind: sliders, tooltip: { theme: "r57", disableDefaultStyle: true } };
      const drawn = await window.vegaEmbed(stage, spec, options(looks));
      holder.querySelector(":scope > svg")?.remove();
      holder.classList.add("r57-live");
      views.set(holder, drawn);
      const tools = r57.element("p", "r57-tools");
      for (const form of ["PNG", "SVG"]) {
        const label = r57.word("tool.picture", { form });
        tools.append(r57.button(form, label, () => picture(holder, tried(spec, drawn.view), form.toLowerCase())));
      }
      data.after(...(sliders.childElementCount ? [sliders] : []), tools);
      r57.linkChart(holder, drawn.view);
    } catch (error) {
      stage.remove();
      console.error("chart not drawn", error);
    }
  }

  r57.drawCharts = async (root) => {
    for (const [holder, drawn] of views) {
      if (holder.isConnected) continue;
      drawn.finalize();
      views.delete(holder);
    }
    if ("vegaEmbed" in window) await Promise.all(Array.from(root.querySelectorAll(".r57-chart:not(.r57-begun)"), draw));
  };

  /** @type {Map<VegaView, number>} */
  const widths = new Map(); // as they were on the screen

  // Each chart that is as wide as its place so many pixels wide; without a number as wide as before.
  r57.sizeCharts = (pixels) => {
    for (const { spec, view } of views.values()) {
      if (spec.width !== "container") continue;
      if (!widths.has(view)) widths.set(view, view.width());
      view.width(pixels ?? widths.get(view) ?? 0).run();
    }
    if (!pixels) widths.clear();
  };

  /**
   * The specification with the sliders where a reader has put them.
   * @template {{params?: {name: string}[]}} S
   * @param {S} spec @param {VegaView} view
   */
  function tried(spec, view) {
    if (!spec.params) return spec;
    return { ...spec, params: spec.params.map((each) => ({ ...each, value: view.signal(each.name) })) };
  }

  // --- pictures ------------------------------------------------------------------------------------------------------

  /**
   * The chart by itself: its finding and measure above it, in the light colours, on white.
   * @param {HTMLElement} section @param {object} spec
   */
  function standing(section, spec) {
    const alone = JSON.parse(JSON.stringify(spec).replace(/var\(--[\w-]+, (#\w{6})\)/g, "$1"));
    const title = {
      text: lines(read(section, ".r57-title"), 62),
      subtitle: lines(read(section, ".r57-subtitle"), 92),
    };
    const width = alone.width === "container" ? { width: 640 } : {};
    return { ...alone, ...width, title, background: "#FFFFFF", padding: 16 };
  }

  /**
   * Its documents with their dates, below it.
   * @param {HTMLElement} section @param {string} font @returns {(drawing: VegaSpec) => VegaSpec}
   */
  function signed(section, font) {
    const text = read(section, ".r57-sources p");
    const update = {
      text: { value: lines(text, 88) },
      x: { value: 0 },
      y: { signal: "height + 34" },
      font: { value: font },
      fontSize: { value: 12 },
      lineHeight: { value: 17 },
      fill: { value: "#5A6472" },
      baseline: { value: "top" },
    };
    return (drawing) => {
      drawing.marks.push({ type: "text", encode: { update } });
      return drawing;
    };
  }

  /** @param {HTMLElement} section @param {string} selector */
  function read(section, selector) {
    const found = section.querySelector(selector);
    return found ? found.textContent.trim().replace(/\s+/g, " ") : "";
  }

  /** @param {string} text @param {number} width */
  function lines(text, width) {
    /** @type {string[]} */
    const found = [];
    for (const word of text.split(" ")) {
      const last = found.length - 1;
      if (last >= 0 && found[last].length + word.length < width) found[last] += ` ${word}`;
      else if (word) found.push(word);
    }
    return found;
  }

  /** @param {HTMLElement} holder @param {{config: {font: string}}} spec @param {string} form */
  async function picture(holder, spec, form) {
    const section = holder.closest(".r57-section");
    const stage = document.body.appendChild(r57.element("div", "r57-hidden"));
    const looks = { renderer: "none", tooltip: false, patch: signed(section, spec.config.font) };
    let drawn;
    try {
      drawn = await window.vegaEmbed(stage, standing(section, spec), options(looks));
      const { month } = document.documentElement.dataset;
      const name = [section.id, month, document.documentElement.lang, form].filter(Boolean).join(".");
      if (form === "svg") return r57.save(new Blob([await drawn.view.toSVG()], { type: "image/svg+xml" }), name);
      const canvas = await drawn.view.toCanvas(2);
      r57.save(await new Promise((resolve) => canvas.toBlob(resolve, "image/png")), name);
    } catch (error) {
      console.error("picture not made", error);
    } finally {
      drawn?.finalize();
      stage.remove();
    }
  }

  r57.save = (content, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
})();
