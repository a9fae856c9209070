// What the scripts of a page share, and what they take from the page, its server and Vega. Read by `make script` alone.

type Fact = Record<"printed" | "about" | "publisher" | "title" | "reported" | "url" | "section" | "quote", string>;
type Facts = Record<string, Fact>;

type Sort = { order: string; name?: string; column: number; columns: number };

interface R57 {
  json(id: "r57-words" | "r57-locale"): Record<string, string>;
  word(key: string, values?: Record<string, string | number>): string;
  element<K extends keyof HTMLElementTagNameMap>(
    tag: K,
    name: string,
    ...content: (string | Node)[]
  ): HTMLElementTagNameMap[K];
  button(text: string, label: string, act: () => unknown): HTMLButtonElement;
  bare(text: string): string;
  save(content: Blob, name: string): void;
  ids(text: string | undefined): string[];
  shownRows(table: HTMLTableElement): HTMLTableRowElement[];
  rove(table: HTMLTableElement): void;
  pick(facts: string[]): void;
  repaint(): void;
  linkChart(holder: HTMLElement, view: VegaView): void;
  toolTables(root: ParentNode): void;
  sortOf(root: ParentNode): Sort[];
  sortAs(root: ParentNode, sorts: Sort[]): void;
  toolFacts(root: ParentNode): void;
  toolLinks(root: ParentNode): void;
  drawCharts(root: ParentNode): Promise<void>;
  wholeVega(): Promise<unknown>;
  readyVega(): Promise<void>;
  sizeCharts(pixels?: number): void;
  enliven(root: ParentNode): Promise<void>;
}

interface Window {
  r57: R57;
  vegaEmbed(stage: Element, spec: object, options: object): Promise<VegaDrawn>; // absent where Vega could not start
  r57gunzip(packed: Uint8Array): Uint8Array; // where charts are packed in the page
}

interface Navigator {
  connection?: { saveData: boolean }; // Chromium alone
}

// --- JupyterLab, as far as our extension knows it ------------------------------------------------------------------------

interface LabChart {
  name?: string;
  title: string;
  subtitle: string;
  description: string;
  language: string;
  locale: object;
  spec: string | { width?: unknown; config?: { font?: string } };
}

interface LabBundle {
  "application/vnd.r57.chart+json": LabChart;
  "application/vnd.r57.figure+json": { language: string };
  "text/html": string;
}

interface Lab {
  Widget: new () => { node: HTMLElement; dispose(): void };
  shared: Record<string, Record<string, { get(): Promise<() => { Widget: Lab["Widget"] }> }>>;
}

interface Window {
  _JUPYTERLAB?: Record<string, { init(scope: Lab["shared"]): void; get(module: string): Promise<() => object> }>;
}

// --- what every page has, by its templates; what is picked out of it is HTML unless a script says otherwise ---------

interface Document {
  getElementById(id: "main" | "r57-words" | "r57-locale" | "r57-linked" | "r57-notices"): HTMLElement;
}

interface ParentNode {
  querySelector(place: ".r57-progress" | ".r57-tile-label"): HTMLElement;
  querySelector(place: "a[href]"): HTMLAnchorElement;
  querySelectorAll(tables: ".r57-table" | `${string}.r57-table:not(${string})`): NodeListOf<HTMLTableElement>;
  querySelectorAll(rows: `${string}tr[data-facts]`): NodeListOf<HTMLTableRowElement>;
  querySelectorAll(details: "details" | "details.r57-data"): NodeListOf<HTMLDetailsElement>;
  querySelectorAll<E extends Element = HTMLElement>(selector: string): NodeListOf<E>;
}

interface Element {
  closest(place: ".r57-section" | ".r57-scroll" | ".r57-files"): HTMLElement;
  closest(place: "table"): HTMLTableElement;
  closest(place: string): HTMLElement | null;
}

// --- Vega ------------------------------------------------------------------------------------------------------------

interface VegaSignal {
  name: string;
  init?: string;
  value?: unknown;
  bind?: object;
}

interface VegaSpec {
  marks: object[];
  signals?: VegaSignal[];
  config: { style: { "group-title": { font: string } } };
  title?: object;
  background?: string;
  padding?: number;
}

interface VegaItem {
  datum?: Record<string, unknown>;
  tooltip?: unknown;
  mark?: { marktype: string; items: VegaItem[] };
}

interface VegaMark extends SVGElement {
  __data__?: VegaItem;
}

interface VegaView {
  signal(name: string): unknown;
  addEventListener(type: string, act: (event: unknown, item: VegaItem | null | undefined) => void): void;
  addResizeListener(act: () => void): void;
  runAfter(act: () => void): void;
  runAsync(): Promise<unknown>;
  width(pixels: number): VegaView;
  width(): number;
  run(): void;
  toCanvas(scale: number): Promise<{ toBlob(act: (picture: Blob) => void, type: string): void }>;
  toSVG(): Promise<string>;
}

interface VegaDrawn {
  vgSpec: VegaSpec;
  view: VegaView;
  finalize(): void;
}

// --- the kernel of a live page -----------------------------------------------------------------------------------------

interface Told {
  words?: Record<string, string>;
  locale?: object;
  language?: string;
  month?: string;
  notice?: string;
  query?: string;
  answered?: number;
  version?: string;
  lists?: Record<string, [string, string][]>;
}

interface Session {
  kernel: string;
  parts: Record<string, string>;
  session: { controls: Record<string, string>; bar: string; state: string; told: Told; said: Told };
}

interface SentFile {
  file: string;
  type: string;
  base64: string;
}

interface KernelMessage {
  msg_type: string;
  content: {
    execution_state: string;
    comm_id: string;
    data:
      | { method: "custom"; content: SentFile }
      | { method: "update"; state: Told & { value?: unknown } }
      | { method: "echo_update" };
  };
}
