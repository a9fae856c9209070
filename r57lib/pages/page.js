// Draws each chart of the page from the specification beside it; the static picture stays where that is not possible.
(function () {
  "use strict";
  function draw(holder) {
    var spec = JSON.parse(holder.nextElementSibling.textContent);
    var locale = JSON.parse(document.getElementById("r57-locale").textContent);
    var stage = document.createElement("div");
    stage.className = "r57-stage";
    stage.style.width = "100%";
    holder.appendChild(stage);
    holder.classList.add("r57-begun");
    return window
      .vegaEmbed(stage, spec, { renderer: "svg", actions: false, ast: true, formatLocale: locale, tooltip: { theme: "r57" } })
      .then(function () {
        var still = holder.querySelector(":scope > svg");
        if (still) still.remove();
        holder.classList.add("r57-live");
      })
      .catch(function (error) {
        stage.remove();
        console.error("chart not drawn", error);
      });
  }
  function enliven(root) {
    if (!window.vegaEmbed) return Promise.resolve();
    return Promise.all(Array.prototype.map.call(root.querySelectorAll(".r57-chart:not(.r57-begun)"), draw));
  }
  window.r57 = { enliven: enliven };
  if (document.documentElement.dataset.page !== "live") {
    enliven(document).then(function () {
      document.documentElement.dataset.charts = "drawn";
    });
  }
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details.r57-data").forEach(function (details) {
      details.open = true;
    });
  });
})();
