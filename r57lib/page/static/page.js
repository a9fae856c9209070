// Brings a page to life: charts, tables, sources. A live page does so itself, whenever a part of it is swapped.
(function () {
  "use strict";
  var r57 = window.r57;

  r57.enliven = function (root) {
    r57.toolTables(root);
    r57.toolFacts(root);
    r57.toolLinks(root);
    return r57.drawCharts(root).then(r57.repaint);
  };

  if (document.documentElement.dataset.page !== "live") {
    r57.enliven(document).then(function () {
      document.documentElement.dataset.charts = "drawn";
    });
  }

  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details.r57-data").forEach(function (details) {
      details.open = true;
    });
  });
})();
