// Vega as pages call it: of vega-embed what chart.js asks for, for charts that were compiled when the page was made.

import * as known from "transforms";
import { transforms } from "vega-dataflow";
import { expressionInterpreter } from "vega-interpreter";
import { parse } from "vega-parser";
import { Handler } from "vega-tooltip";
import { View } from "vega-view";

Object.assign(transforms, known);

window.vegaEmbed = async (stage, spec, { bind, formatLocale, renderer, tooltip }) => {
  const view = new View(parse(spec, {}, { ast: true }), {
    expr: expressionInterpreter,
    locale: { number: formatLocale },
    renderer,
  });
  if (renderer !== "none") {
    stage.classList.add("vega-embed");
    view.tooltip(new Handler(tooltip).call).initialize(stage, bind);
  }
  await view.runAsync();
  return { view, vgSpec: spec, finalize: () => view.finalize() };
};
