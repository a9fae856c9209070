// Shows our charts and figures in JupyterLab. Written by hand in the form that a bundler would give it (a container of
// module federation), so that nothing need be built. What it asks for lies beside it; it never asks the internet.
(() => {
  "use strict";
  const CHART = "application/vnd.r57.chart+json";
  const FIGURE = "application/vnd.r57.figure+json";
  const here = document.currentScript.src;
  const beside = (name) => new URL(name, here).href;
  let lumino; // the @lumino/widgets of JupyterLab
  let ready; // the style of what we show, and Vega: once, when something is first shown

  function element(tag, name, ...content) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.append(...content);
    return made;
  }

  function load() {
    ready ??= Promise.all([
      fetch(beside("page.css")).then((answer) => answer.text()),
      new Promise((resolve, reject) => {
        const script = element("script", ""); // a module: its hundreds of names stay its own
        Object.assign(script, { type: "module", src: beside("vega.js"), onload: resolve, onerror: reject });
        document.head.append(script);
      }),
    ]).then(([css]) => new CSSStyleSheet().replace(css));
    return ready;
  }

  // --- charts --------------------------------------------------------------------------------------------------------

  const loader = {
    load: () => Promise.reject(new Error("a chart holds its own data")),
    sanitize: (uri, { context } = {}) =>
      context === "href" && /^https?:/.test(uri)
        ? Promise.resolve({ href: uri, target: "_blank", rel: "noopener noreferrer" })
        : Promise.reject(new Error("a chart asks for nothing outside itself")),
  };

  // What a chart of another theme than ours leaves open.
  const text = { labelColor: "var(--r57-muted)", titleColor: "var(--r57-muted)" };
  const lines = { domainColor: "var(--r57-grid)", tickColor: "var(--r57-grid)", gridColor: "var(--r57-grid)" };
  const looks = {
    background: "transparent",
    view: { stroke: null },
    axis: { ...text, ...lines },
    header: text,
    legend: text,
    title: { color: "var(--r57-ink)", subtitleColor: "var(--r57-muted)" },
    text: { color: "var(--r57-ink)" },
    rule: { color: "var(--r57-ink)" },
  };

  function options(told, more) {
    return { actions: false, ast: true, defaultStyle: false, formatLocale: told.locale, loader, config: looks, ...more };
  }

  function seen(stage) {
    return new Promise((resolve) => {
      const watch = new ResizeObserver(() => {
        if (!stage.clientWidth) return; // a cell that is out of sight has no width
        watch.disconnect();
        resolve();
      });
      watch.observe(stage);
    });
  }

  async function draw(holder, told) {
    const stage = element("div", "r57-stage");
    holder.replaceChildren(stage);
    await seen(stage);
    const tooltip = { theme: "r57", disableDefaultStyle: true };
    const drawn = await window.vegaEmbed(stage, told.spec, options(told, { renderer: "svg", tooltip }));
    holder.classList.add("r57-live");
    if (told.spec.width !== "container") return () => drawn.finalize();
    let width = stage.clientWidth;
    const follow = new ResizeObserver(() => {
      if (!stage.clientWidth || stage.clientWidth === width) return;
      width = stage.clientWidth;
      drawn.view.width(width).runAsync();
    });
    follow.observe(stage);
    return () => {
      follow.disconnect();
      drawn.finalize();
    };
  }

  function chart(told) {
    const caption = element("figcaption", "");
    for (const part of ["title", "subtitle"]) {
      if (told[part]) caption.append(element("p", `r57-${part}`, told[part]));
    }
    const holder = element("div", "r57-chart");
    holder.setAttribute("role", "img");
    holder.setAttribute("aria-label", told.description);
    return element("figure", "r57-figure", caption, holder);
  }

  // --- a part of a page, as its HTML has it ----------------------------------------------------------------------------

  function part(html) {
    const { body } = new DOMParser().parseFromString(html, "text/html"); // no script of it ever runs
    for (const link of body.querySelectorAll("a")) {
      if (/^https?:/.test(link.getAttribute("href"))) link.target = "_blank";
      else link.removeAttribute("href"); // to a page that is not here
    }
    return element("div", "r57-part", ...body.childNodes);
  }

  function shown(Widget) {
    return class extends Widget {
      constructor() {
        super();
        this.root = this.node.attachShadow({ mode: "open" });
        this.ends = [];
      }

      async renderModel({ data }) {
        this.end();
        this.root.adoptedStyleSheets = [await load()];
        const told = data[CHART];
        const body = FIGURE in data ? part(data["text/html"]) : chart(told);
        body.lang = (told || data[FIGURE]).language;
        this.root.replaceChildren(body);
        const holder = body.querySelector(".r57-chart");
        if (!told || !holder) return;
        draw(holder, told).then(
          (end) => this.ends.push(end),
          (error) => holder.replaceChildren(element("pre", "", String(error))),
        );
      }

      end() {
        for (const end of this.ends.splice(0)) end();
      }

      dispose() {
        this.end();
        super.dispose();
      }
    };
  }

  async function extension() {
    const [version] = Object.values(lumino);
    const Shown = shown((await version.get())().Widget);
    const factory = (mime, safe, rank) => ({
      id: `r57-charts:${safe ? "chart" : "figure"}`,
      rank,
      dataType: "json",
      rendererFactory: { safe, mimeTypes: [mime], createRenderer: () => new Shown() },
    });
    const theme = element("link", "");
    Object.assign(theme, { rel: "stylesheet", href: beside("theme.css") });
    document.head.append(theme);
    // HTML is for trusted notebooks alone; in any other, the chart by itself.
    return { __esModule: true, default: [factory(FIGURE, false, 0), factory(CHART, true, 1)] };
  }

  window._JUPYTERLAB ??= {}; // another extension may have come first
  window._JUPYTERLAB["r57-charts"] = {
    init: (scope) => {
      lumino = scope["@lumino/widgets"];
    },
    get: () => extension().then((module) => () => module),
  };
})();
