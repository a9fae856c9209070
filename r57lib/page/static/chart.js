// Draws the charts of a page from the specifications beside them, and gives them away as pictures.
// The static picture of a chart stays where it cannot be drawn. A page holds charts in Vega; what a kernel sends is
// Vega-Lite, and the Vega of a server compiles it first.
(() => {
  "use strict";
  const r57 = /** @type {R57} */ ({});
  window.r57 = r57;
  /** @type {Map<HTMLElement, { finalize(): void, view: VegaView, wide: boolean }>} */
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

  // A text that lies packed in the page.
  /** @param {string} id */
  async function unpack(id) {
    const packed = /** @type {HTMLElement} */ (document.getElementById(id));
    const bytes = Uint8Array.from(atob(packed.textContent), (char) => char.charCodeAt(0));
    packed.remove();
    if (typeof DecompressionStream !== "undefined") {
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      return new Response(stream).text();
    }
    return new TextDecoder().decode(window.r57gunzip(bytes));
  }

  // A page that stands alone holds its charts and Vega packed.
  async function unpackAll() {
    if (!document.getElementById("r57-vega")) return;
    const [charts, vega] = await Promise.all(["r57-charts", "r57-vega"].map(unpack));
    const lines = charts.split("\n");
    document.querySelectorAll(".r57-spec").forEach((place, number) => {
      place.textContent = lines[number];
    });
    const script = r57.element("script", "");
    script.textContent = vega;
    document.head.append(script);
  }

  const PATIENCE = 30_000;

  /** @param {string} address @returns {Promise<unknown>} */
  function load(address) {
    return new Promise((done, failed) => {
      const script = r57.element("script", "");
      const fail = () => {
        script.remove();
        failed(new Error(`${address} is not to be had`));
      };
      setTimeout(fail, PATIENCE); // says nothing where it has loaded
      Object.assign(script, { src: address, onload: done, onerror: fail });
      document.head.append(script);
    });
  }

  /** @type {Promise<unknown> | undefined} */
  let whole;
  let rehearsed = false;
  // A server sends a small Vega, which draws what was compiled; the whole one comes when it is asked for.
  r57.wholeVega = () => {
    const address = document.documentElement.dataset.wholeVega;
    if (!address) return Promise.resolve();
    whole ??= load(address).catch((error) => {
      whole = undefined; // a line that was lost for a moment is asked again
      throw error;
    });
    return whole;
  };

  // The first drawing of a Vega takes longer than the next: it is made unseen, while a kernel is waited for.
  r57.readyVega = async () => {
    await r57.wholeVega();
    const known = document.querySelector(".r57-chart + .r57-spec")?.textContent;
    if (!known || rehearsed || document.documentElement.dataset.live !== "starting") return;
    rehearsed = true;
    const unseen = options({ renderer: "svg", tooltip: false });
    const { finalize } = await window.vegaEmbed(r57.element("div", ""), JSON.parse(known), unseen);
    finalize();
  };

  /** @param {number} [milliseconds] */
  const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

  // Without the whole Vega what a kernel sent cannot be drawn: the page comes again under its address, ready-made.
  const required = () =>
    r57
      .wholeVega()
      .catch(() => pause(2000).then(r57.wholeVega))
      .catch((error) => {
        location.reload();
        throw error;
      });

  /** @param {object} more */
  function options(more) {
    const always = { actions: false, ast: true, defaultStyle: false, hover: false };
    return { ...always, formatLocale: r57.json("r57-locale"), ...more };
  }

  // Whether a chart is as wide as its place.
  /** @param {VegaSignal} signal */
  const fits = ({ name, init }) => name === "width" && init?.includes("containerSize");

  /** @param {HTMLElement} holder */
  async function draw(holder) {
    const stage = r57.element("div", "r57-stage");
    stage.style.width = "100%";
    holder.classList.add("r57-begun");
    holder.append(stage);
    const data = /** @type {HTMLElement} */ (holder.nextElementSibling);
    try {
      const spec = JSON.parse(data.textContent);
      if (data.dataset.vega || spec.$schema?.includes("vega-lite")) await required();
      const sliders = r57.element("div", "r57-sliders"); // beside the chart: a picture holds no controls
      const looks = { renderer: "svg", bind: sliders, tooltip: { theme: "r57", disableDefaultStyle: true } };
      const { finalize, vgSpec, view } = await window.vegaEmbed(stage, spec, options(looks));
      holder.querySelector(":scope > svg")?.remove();
      holder.classList.add("r57-live");
      views.set(holder, { finalize, view, wide: vgSpec.signals?.some(fits) ?? false });
      const tools = r57.element("p", "r57-tools");
      for (const form of ["PNG", "SVG"]) {
        const label = r57.word("tool.picture", { form });
        tools.append(r57.button(form, label, () => picture(holder, tried(vgSpec, view), form.toLowerCase())));
      }
      data.after(...(sliders.childElementCount ? [sliders] : []), tools);
      r57.linkChart(holder, view);
    } catch (error) {
      stage.remove();
      holder.classList.remove("r57-begun");
      console.error("chart not drawn", error);
    }
  }

  /** @type {Promise<void> | undefined} */
  let unpacked;
  r57.drawCharts = async (root) => {
    for (const [holder, drawn] of views) {
      if (holder.isConnected) continue;
      drawn.finalize();
      views.delete(holder);
    }
    unpacked ??= unpackAll();
    await unpacked.catch((error) => console.error("charts not drawn", error));
    if (!("vegaEmbed" in window)) await r57.wholeVega().catch(() => {});
    if (!("vegaEmbed" in window)) return;
    /** @type {NodeListOf<HTMLElement>} */
    const holders = root.querySelectorAll(".r57-chart:not(.r57-begun)");
    for (const holder of holders) {
      if (holder.classList.contains("r57-begun")) continue;
      await draw(holder);
      await pause(); // the first chart is live, and what a reader does is heard, meanwhile
    }
  };

  /** @type {Map<VegaView, number>} */
  const widths = new Map(); // as they were on the screen

  // Each chart that is as wide as its place so many pixels wide; without a number as wide as before.
  r57.sizeCharts = (pixels) => {
    for (const { view, wide } of views.values()) {
      if (!wide) continue;
      if (!widths.has(view)) widths.set(view, view.width());
      view.width(pixels ?? widths.get(view) ?? 0).run();
    }
    if (!pixels) widths.clear();
  };

  // The specification with the sliders where a reader has put them.
  /** @param {VegaSpec} spec @param {VegaView} view */
  function tried(spec, view) {
    /** @param {VegaSignal} each */
    const put = (each) => (each.bind ? { ...each, value: view.signal(each.name) } : each);
    return { ...spec, signals: spec.signals?.map(put) };
  }

  // --- pictures ------------------------------------------------------------------------------------------------------

  /**
   * The chart by itself: its finding and measure above it, in the light colours, on white.
   * @param {HTMLElement} section @param {VegaSpec} spec @returns {VegaSpec}
   */
  function standing(section, spec) {
    /** @type {VegaSpec} */
    const alone = JSON.parse(
      JSON.stringify(spec)
        .replace(/var\(--[\w-]+, (#\w{6})\)/g, "$1")
        .replace(/calc\((\d+) [^)]*\)\)/g, "$1"),
    );
    const title = {
      ...{ anchor: "start", offset: 12 }, // by charts/base.py: a compiled chart without a title has forgotten them
      text: lines(read(section, ".r57-title"), 62),
      subtitle: lines(read(section, ".r57-subtitle"), 92),
    };
    const signals = alone.signals?.map((each) => (fits(each) ? { name: "width", value: 640 } : each));
    return { ...alone, signals, title, background: "#FFFFFF", padding: 16 };
  }

  /**
   * Its documents with their dates, below it.
   * @param {HTMLElement} section @param {VegaSpec} drawing @returns {VegaSpec}
   */
  function signed(section, drawing) {
    const text = read(section, ".r57-sources p");
    const update = {
      text: { value: lines(text, 88) },
      x: { value: 0 },
      y: { signal: "height + 34" },
      font: { value: drawing.config?.style?.["group-title"]?.font },
      fontSize: { value: 12 },
      lineHeight: { value: 17 },
      fill: { value: "#5A6472" },
      baseline: { value: "top" },
    };
    return { ...drawing, marks: [...drawing.marks, { type: "text", encode: { update } }] };
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

  /** @param {HTMLElement} holder @param {VegaSpec} spec @param {string} form */
  async function picture(holder, spec, form) {
    const section = holder.closest(".r57-section");
    const stage = document.body.appendChild(r57.element("div", "r57-hidden"));
    let drawn;
    try {
      const alone = signed(section, standing(section, spec));
      drawn = await window.vegaEmbed(stage, alone, options({ renderer: "none", tooltip: false }));
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
