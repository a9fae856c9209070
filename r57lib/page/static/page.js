// Brings a page to life: charts, tables, sources. A live page does so itself, whenever a part of it is swapped.
(() => {
  "use strict";
  const { r57 } = window;

  // A line of links to the sections of the page, above the first of them.
  function contents() {
    document.querySelector(".r57-contents")?.remove();
    const heads = [...document.querySelectorAll(".r57-section[id]:not(.r57-folded) h2")];
    const links = heads.map((head) => {
      const link = r57.element("a", "", head.textContent);
      link.href = `#${head.closest(".r57-section").id}`;
      return link;
    });
    const place = [...document.querySelectorAll(".r57-header, .r57-units, .r57-controls, .r57-brief")].pop();
    if (links.length < 3 || !place) return;
    const list = r57.element("nav", "r57-contents", r57.element("span", "", `${r57.word("tool.contents")}:`), ...links);
    list.setAttribute("aria-label", r57.word("tool.contents"));
    (place.closest(".r57-part") ?? place).after(list);
  }

  const AHEAD = 48; // px, by which the left column must be the longer one before a part stands in the right

  const BLANK = 300; // px

  // A wide table that would leave a high blank above it: folded, its part stands beside the others.
  /** @param {Element} part */
  function fold(part) {
    for (const table of part.querySelectorAll("details.r57-data[open]:not([data-seen])")) {
      const details = /** @type {HTMLDetailsElement} */ (table);
      details.dataset.seen = "yes"; // what a reader opens stays open
      details.open = false;
    }
  }

  // Two columns on a desk: a part stands in the shorter one, and never above the part before it.
  function level(folding = false) {
    const main = document.getElementById("main");
    let [left, right] = [0, 0];
    for (const part of /** @type {Iterable<HTMLElement>} */ (main.children)) {
      if (folding && Math.abs(left - right) > BLANK && part.offsetWidth > main.clientWidth / 2) fold(part);
      const height = part.offsetHeight && part.offsetHeight + Number.parseFloat(getComputedStyle(part).marginTop);
      const half = part.offsetWidth < main.clientWidth / 2;
      const beside = half && right + AHEAD < left;
      part.classList.toggle("r57-right", beside);
      part.classList.toggle("r57-left", half && !beside);
      if (!half) left = right = Math.max(left, right) + height;
      else if (beside) right += height;
      else left += height;
    }
  }

  // On the web the line of code that reads a file says where it is, so that it runs elsewhere.
  function address() {
    if (!location.protocol.startsWith("http")) return;
    for (const code of document.querySelectorAll(".r57-files code")) {
      const link = code.closest(".r57-files").querySelector("a[href]");
      code.textContent = code.textContent.replace(/figures\/[^"]+/, link.href);
    }
  }

  window.addEventListener("resize", () => level());

  r57.enliven = async (root) => {
    contents();
    address();
    level();
    r57.toolTables(root);
    r57.toolFacts(root);
    r57.toolLinks(root);
    await r57.drawCharts(root);
    r57.repaint();
    level(true);
  };

  const { dataset } = document.documentElement;
  if (dataset.page !== "live") {
    r57.enliven(document).then(() => {
      dataset.charts = "drawn";
    });
  }
})();
