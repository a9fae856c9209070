// Shows our charts and figures in JupyterLab. Written by hand in the form that a bundler would give it (a container of
// module federation), so that nothing need be built. What it asks for lies beside it; it never asks the internet.
(() => {
  "use strict";
  const CHART = "application/vnd.r57.chart+json";
  const FIGURE = "application/vnd.r57.figure+json";
  const here = /** @type {HTMLScriptElement} */ (document.currentScript).src;
  /** @type {Lab["shared"]} */
  let shared; // the modules of JupyterLab
  /** @type {Promise<CSSStyleSheet> | undefined} */
  let ready; // our style, when Vega is there too: asked for when something is first shown

  /** @param {string} name */
  function beside(name) {
    return new URL(name, here).href;
  }

  /**
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag @param {string} name @param {(string | Node)[]} content
   */
  function element(tag, name, ...content) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.append(...content);
    return made;
  }

  async function load() {
    const vega = new Promise((resolve, reject) => {
      const script = element("script", ""); // a module: its hundreds of names stay its own
      Object.assign(script, { type: "module", src: beside("vega.js"), onload: resolve, onerror: reject });
      document.head.append(script);
    });
    const style = await fetch(beside("page.css"));
    const sheet = await new CSSStyleSheet().replace(await style.text());
    await vega;
    return sheet;
  }

  // --- charts --------------------------------------------------------------------------------------------------------

  const loader = {
    load: () => Promise.reject(new Error("a chart holds its own data")),
    /** @param {string} uri @param {{context?: string}} [about] */
    sanitize: (uri, about) =>
      about?.context === "href" && /^https?:/.test(uri)
        ? Promise.resolve({ href: uri, target: "_blank", rel: "noopener noreferrer" })
        : Promise.reject(new Error("a chart asks for nothing outside itself")),
  };

  // What a chart of another theme than ours leaves open.
  const ink = "var(--r57-ink)";
  const muted = "var(--r57-muted)";
  const grid = "var(--r57-grid)";
  const looks = {
    background: "transparent",
    axis: { labelColor: muted, titleColor: muted, domainColor: grid, tickColor: grid, gridColor: grid },
    header: { labelColor: ink, titleColor: muted },
    legend: { labelColor: ink, titleColor: muted },
    title: { color: ink, subtitleColor: muted },
    text: { color: ink },
    rule: { color: ink },
  };

  /**
   * Once the place of a chart has a width: a cell that is out of sight has none.
   * @param {HTMLElement} stage @returns {Promise<void>}
   */
  function seen(stage) {
    return new Promise((resolve) => {
      const watch = new ResizeObserver(() => {
        if (!stage.clientWidth) return;
        watch.disconnect();
        resolve();
      });
      watch.observe(stage);
    });
  }

  /** @param {LabChart} told @param {object} more */
  function options(told, more) {
    const always = { actions: false, ast: true, config: looks, defaultStyle: false, loader };
    return { ...always, formatLocale: told.locale, ...more };
  }

  /** @param {LabChart} told of a notebook of an earlier release, its specification as a tree */
  const specification = ({ spec }) => (typeof spec === "string" ? JSON.parse(spec) : structuredClone(spec));

  /** @param {HTMLElement} holder @param {LabChart} told @returns {Promise<() => void>} its end */
  async function draw(holder, told) {
    const stage = element("div", "r57-stage");
    holder.replaceChildren(stage);
    await seen(stage);
    const tooltip = { theme: "r57", disableDefaultStyle: true };
    const spec = specification(told);
    const { view, finalize } = await window.vegaEmbed(stage, spec, options(told, { renderer: "svg", tooltip }));
    holder.classList.add("r57-live");
    holder.after(element("p", "r57-tools", ...["PNG", "SVG"].map((form) => tool(form, holder, told))));
    if (spec.width !== "container") return finalize;
    let width = stage.clientWidth;
    const follow = new ResizeObserver(() => {
      if (!stage.clientWidth || stage.clientWidth === width) return;
      width = stage.clientWidth;
      view.width(width).runAsync();
    });
    follow.observe(stage);
    return () => {
      follow.disconnect();
      finalize();
    };
  }

  // --- pictures: by themselves, with their finding above and their documents below, in the light colours ----------------

  /** @param {string} form @param {HTMLElement} holder @param {LabChart} told */
  function tool(form, holder, told) {
    const button = element("button", "r57-tool", form);
    button.type = "button";
    button.addEventListener("click", () => save(form.toLowerCase(), holder, told));
    return button;
  }

  /** @param {string} text @param {number} width */
  function lines(text, width) {
    const wrapped = text
      .trim()
      .replace(/\s+/g, " ")
      .replace(new RegExp(`(.{1,${width}})(?: |$)`, "g"), "$1\n");
    return wrapped.split("\n").filter(Boolean);
  }

  /** @param {string} form @param {HTMLElement} holder @param {LabChart} told */
  async function save(form, holder, told) {
    const spec = JSON.parse(
      JSON.stringify(specification(told))
        .replace(/var\(--[\w-]+, (#\w{6})\)/g, "$1")
        .replace(/calc\((\d+) [^)]*\)\)/g, "$1"),
    );
    if (spec.width === "container") spec.width = 640;
    const title = { text: lines(told.title, 62), subtitle: lines(told.subtitle, 92) };
    Object.assign(spec, { background: "#FFFFFF", padding: 16 }, told.title ? { title } : {});
    const sources = holder.closest(".r57-part")?.querySelector(".r57-sources p")?.textContent || "";
    const text = { text: { value: lines(sources, 88) }, x: { value: 0 }, y: { signal: "height + 34" } };
    const type = { font: { value: spec.config?.font }, fontSize: { value: 12 }, lineHeight: { value: 17 } };
    const update = { ...text, ...type, fill: { value: "#5A6472" }, baseline: { value: "top" } };
    /** @param {VegaSpec} drawing */
    const patch = (drawing) => ({ ...drawing, marks: [...drawing.marks, { type: "text", encode: { update } }] });
    const { view, finalize } = await window.vegaEmbed(
      element("div", ""),
      spec,
      options(told, { renderer: "none", patch }),
    );
    const drawn = new Blob([await view.toSVG()], { type: "image/svg+xml" });
    const canvas = form === "png" && (await view.toCanvas(2));
    const link = element("a", "");
    link.href = URL.createObjectURL(canvas ? await new Promise((done) => canvas.toBlob(done, "image/png")) : drawn);
    link.download = `${told.name || "chart"}.${form}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    finalize();
  }

  /** @param {LabChart} told */
  function chart(told) {
    const caption = element("figcaption", "");
    if (told.title) caption.append(element("p", "r57-title", told.title));
    if (told.subtitle) caption.append(element("p", "r57-subtitle", told.subtitle));
    const holder = element("div", "r57-chart");
    holder.setAttribute("role", "img");
    holder.setAttribute("aria-label", told.description);
    return element("figure", "r57-figure", caption, holder);
  }

  /**
   * A part of a page, as its HTML has it; no script of it ever runs.
   * @param {string} html
   */
  function part(html) {
    const { body } = new DOMParser().parseFromString(html, "text/html");
    for (const link of body.querySelectorAll("a")) {
      if (/^https?:/.test(link.getAttribute("href") || "")) link.setAttribute("target", "_blank");
      else link.removeAttribute("href"); // to a page that is not here
    }
    return element("div", "r57-part", ...body.childNodes);
  }

  /** @param {Lab["Widget"]} Widget */
  function shown(Widget) {
    return class extends Widget {
      root = this.node.attachShadow({ mode: "open" });
      end = () => {};

      /** @param {string} mime what JupyterLab asks for: in a notebook that is not trusted, never HTML */
      constructor(mime) {
        super();
        this.mime = mime;
      }

      /** @param {{data: LabBundle}} model */
      async renderModel({ data }) {
        ready ??= load();
        this.root.adoptedStyleSheets = [await ready];
        const told = data[CHART];
        const body = this.mime === FIGURE ? part(data["text/html"]) : chart(told);
        body.lang = data[this.mime === FIGURE ? FIGURE : CHART].language;
        this.end();
        this.root.replaceChildren(body);
        const holder = /** @type {HTMLElement | null} */ (body.querySelector(".r57-chart"));
        if (!told || !holder) return;
        draw(holder, told).then(
          (end) => {
            this.end = end;
          },
          (error) => holder.replaceChildren(element("pre", "", String(error))),
        );
      }

      dispose() {
        this.end();
        super.dispose();
      }
    };
  }

  async function extension() {
    const [lumino] = Object.values(shared["@lumino/widgets"]);
    const Shown = shown((await lumino.get())().Widget);
    /** @param {string} mime @param {boolean} safe @param {number} rank */
    const factory = (mime, safe, rank) => ({
      id: `r57-charts:${mime}`,
      rank,
      dataType: "json",
      rendererFactory: { safe, mimeTypes: [mime], createRenderer: () => new Shown(mime) },
    });
    const theme = element("link", "");
    Object.assign(theme, { rel: "stylesheet", href: beside("theme.css") });
    document.head.append(theme);
    // HTML is for trusted notebooks alone; in any other, the chart stands by itself.
    return { __esModule: true, default: [factory(FIGURE, false, 0), factory(CHART, true, 1)] };
  }

  window._JUPYTERLAB ??= {}; // another extension may have come first
  window._JUPYTERLAB["r57-charts"] = {
    init: (scope) => {
      shared = scope;
    },
    get: () => extension().then((module) => () => module),
  };
})();
