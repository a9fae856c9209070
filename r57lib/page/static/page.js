// Brings a page to life: charts, tables, sources. A live page does so itself, whenever a part of it is swapped.
(() => {
  "use strict";
  const { r57 } = window;

  r57.enliven = async (root) => {
    r57.toolTables(root);
    r57.toolFacts(root);
    r57.toolLinks(root);
    await r57.drawCharts(root);
    r57.repaint();
  };

  const { dataset } = document.documentElement;
  if (dataset.page !== "live") {
    r57.enliven(document).then(() => {
      dataset.charts = "drawn";
    });
  }

  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details.r57-data")) details.open = true;
  });
})();
