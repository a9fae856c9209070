// Draws each chart of the page from the specification beside it; the static picture stays where that is not possible.
(function () {
  "use strict";
  var locale = JSON.parse(document.getElementById("r57-locale").textContent);

  function draw(holder) {
    var spec = JSON.parse(holder.nextElementSibling.textContent);
    var stage = document.createElement("div");
    stage.className = "r57-stage";
    stage.style.width = "100%";
    holder.appendChild(stage);
    return window
      .vegaEmbed(stage, spec, { renderer: "svg", actions: false, formatLocale: locale, tooltip: { theme: "r57" } })
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

  if (window.vegaEmbed) {
    Promise.all(Array.prototype.map.call(document.querySelectorAll(".r57-chart"), draw)).then(function () {
      document.documentElement.dataset.charts = "drawn";
    });
  }
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details.r57-data").forEach(function (details) {
      details.open = true;
    });
  });
})();
