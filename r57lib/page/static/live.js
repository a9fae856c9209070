// The live half of a page: a page is read without a kernel, and sleeps. When a control is touched it asks for a kernel,
// and joins its controls and parts to the kernel's widgets; when that is gone, it sleeps again, and nothing is lost.
(() => {
  "use strict";
  const { r57 } = window;
  const LEFT_SECONDS = 120; // a page out of sight for so long gives its kernel back
  const PATIENT_SECONDS = 20; // so long a server that cannot be reached is asked again and again
  const ASKED_SECONDS = 30; // a kernel that has not come by then is lost on the way
  const SILENT_SECONDS = 4; // a line that says nothing for so long is asked whether it is there, and has as long to answer
  const root = document.documentElement;
  const main = document.getElementById("main");
  /** @type {Session | undefined} */
  let session; // the numbers of the kernel and its widgets; none while the page sleeps
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {string[]} */
  const waiting = []; // messages for a kernel whose line is not open yet
  let tries = 0;
  let rounds = 0; // changes that have been answered
  let read = false; // whether the page has been shown as its address says
  let waking = false;
  /** @type {(() => void) | undefined} */
  let missed; // the change that could not be made
  /** @type {(() => void)[]} */
  let unheard = []; // what was asked of a kernel that has said nothing since
  let doubtful = false; // whether lines that the browser keeps open may be dead
  let version = "";
  let stepping = false; // whether the reader goes through the history: the address is there, the page follows
  let renewed = false; // whether cells show what only they can make anew, with the values of the page's address
  /** @type {Promise<unknown>} */
  let asked = Promise.resolve(); // drawing, one change after the other

  /** @param {string} text */
  function say(text) {
    document.querySelector(".r57-progress").textContent = text;
  }

  // --- notices -------------------------------------------------------------------------------------------------------

  /** @param {string} kind @param {string} text @param {(() => void)} [again] */
  function notice(kind, text, again) {
    const box = document.getElementById("r57-notices");
    box.querySelector(`[data-kind="${kind}"]`)?.remove();
    if (!text) return;
    const line = r57.element("p", "r57-notice", `${text} `);
    line.dataset.kind = kind;
    if (again) {
      const button = r57.element("button", "", r57.word("live.again"));
      button.type = "button";
      button.addEventListener("click", again);
      line.append(button);
    }
    box.append(line);
  }

  // --- the kernel ----------------------------------------------------------------------------------------------------

  /** @param {string | undefined} widget @param {object} data */
  function send(widget, data) {
    if (!session || !widget) return;
    const message = JSON.stringify({
      channel: "shell",
      header: {
        msg_id: crypto.getRandomValues(new Uint32Array(4)).join("-"),
        msg_type: "comm_msg",
        version: "5.3",
        username: "",
        session: session.kernel,
        date: new Date().toISOString(),
      },
      parent_header: {},
      metadata: {},
      content: { comm_id: widget, data },
      buffers: [],
    });
    if (socket?.readyState === 1) socket.send(message);
    else waiting.push(message);
    listen();
  }

  // A line may be dead and look alive, as after a laptop's sleep or in another network: then it is silent.
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;
  function listen() {
    clearTimeout(silence);
    silence = setTimeout(probe, SILENT_SECONDS * 1000);
  }

  function probe() {
    clearTimeout(silence);
    if (!session) return;
    if (socket?.readyState === 1) socket.send("ping");
    silence = setTimeout(() => {
      doubtful = true;
      if (session) sleep();
    }, SILENT_SECONDS * 1000);
  }

  /**
   * Ask for a kernel with the values of the controls; where they are `changed`, the page follows them.
   * @param {boolean} changed
   */
  async function wake(changed) {
    if (waking) return;
    waking = true;
    missed = undefined;
    root.dataset.live = "starting";
    r57.readyVega().catch(() => {}); // what the kernel sends is Vega-Lite
    const wanted = chosen();
    try {
      const shown = changed || wanted !== ownLanguage() ? "" : `${version}/${root.lang}`;
      const sent = new DOMParser().parseFromString(await ask(location.pathname + wanted, shown), "text/html");
      /** @type {Session} */
      const joined = JSON.parse(sent.querySelector("#r57-session")?.textContent || "");
      const { told, said } = joined.session;
      session = joined;
      notice("asleep", "");
      if (changed || told.version !== version) {
        /** @type {NodeListOf<HTMLElement>} */
        const parts = sent.querySelectorAll(".r57-part");
        for (const part of parts) swap(part.dataset.part || "", part.innerHTML);
        tell({ ...told, ...said });
      }
      version = told.version || "";
      if (changed) settle();
      connect(joined.kernel);
      for (const act of queue.splice(0)) act();
    } catch (error) {
      queue.length = 0;
      sleep();
      follow(location.search);
      root.removeAttribute("data-busy");
      root.dataset.charts = "drawn";
      const key = error instanceof Refusal ? error.word : "live.unreachable";
      const again = () => {
        follow(wanted);
        root.dataset.busy = "true";
        wake(true);
      };
      missed = changed ? again : undefined;
      notice("asleep", r57.word(key), missed);
    } finally {
      waking = false;
    }
  }

  /**
   * The live half of a page; during an outage the server is asked again, as most are over in seconds.
   * @param {string} address @param {string} shown
   */
  async function ask(address, shown) {
    const begun = Date.now();
    for (let pause = 0.5; ; pause *= 2) {
      try {
        if (doubtful) await reach();
        const answer = await fetch(address, { headers: { "X-R57-Live": shown }, signal: within(ASKED_SECONDS) });
        const down = answer.status === 502 || answer.status === 504; // a proxy whose server starts again
        if (!down && !answer.ok) throw new Refusal(answer.status);
        if (!down) return await answer.text();
      } catch (error) {
        if (error instanceof Refusal || !navigator.onLine) throw error;
        doubtful = true;
      }
      if (Date.now() - begun + pause * 1000 > PATIENT_SECONDS * 1000) throw new Error("not reached");
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    }
  }

  /** Find a line to the server that is alive: a browser keeps six, and those that say nothing are given up at once. */
  async function reach() {
    const { src } = /** @type {HTMLScriptElement} */ (document.querySelector("script[src]"));
    /** @type {RequestInit} */
    const head = { method: "HEAD", cache: "no-store", signal: within(SILENT_SECONDS / 2) };
    await new Promise((found, lost) => {
      for (let line = 0; line < 6; line += 1) fetch(src, head).then(found, lost);
    });
    doubtful = false;
  }

  /** @param {number} seconds */
  function within(seconds) {
    const ending = new AbortController();
    setTimeout(() => ending.abort(), seconds * 1000);
    return ending.signal;
  }

  class Refusal extends Error {
    /** @param {number} status */
    constructor(status) {
      super(String(status));
      this.word = status === 503 ? "live.busy" : status < 500 ? "live.signed_out" : "live.not_started";
    }
  }

  /** The kernel is gone, or no longer needed; a change that it has not answered is asked for anew. */
  function sleep() {
    const unanswered = Boolean(session && root.hasAttribute("data-busy"));
    const line = socket;
    session = socket = undefined;
    line?.close();
    clearTimeout(silence);
    queue.push(...unheard.splice(0));
    waiting.length = tries = 0;
    root.dataset.live = "asleep";
    say("");
    if (unanswered || queue.length) wake(unanswered);
  }

  /** @param {string} kernel */
  function connect(kernel) {
    const url = new URL(`../../api/kernels/${kernel}/channels`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = `?session_id=${kernel}`;
    const opened = new WebSocket(url);
    socket = opened;
    opened.addEventListener("open", () => {
      tries = 0;
      for (const message of waiting.splice(0)) opened.send(message);
      root.dataset.live = "ready";
      if (!root.hasAttribute("data-busy")) say("");
    });
    opened.addEventListener("message", ({ data }) => {
      if (socket !== opened || typeof data !== "string") return;
      clearTimeout(silence);
      unheard = [];
      if (root.hasAttribute("data-busy")) listen();
      hear(JSON.parse(data));
    });
    opened.addEventListener("close", () => {
      if (socket !== opened) return;
      tries += 1;
      if (tries > 3) sleep();
      else
        setTimeout(() => {
          if (socket === opened) connect(kernel);
        }, 400 * tries);
    });
  }

  // A page that nobody looks at keeps no kernel.
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let leaving;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (!document.hidden) back();
    else if (session) leaving = setTimeout(sleep, LEFT_SECONDS * 1000);
  });
  window.addEventListener("online", back);
  document.addEventListener("resume", back);

  /** The reader is there again, or the network: a change that was missed is made, and a line that is dead is found. */
  function back() {
    if (missed) missed();
    else if (socket?.readyState === 1) probe();
  }

  /** @param {KernelMessage} message */
  function hear({ msg_type, content }) {
    if (msg_type === "status") {
      if (["dead", "restarting", "autorestarting"].includes(content.execution_state)) sleep();
    }
    if (msg_type !== "comm_msg" || !session) return;
    const { comm_id, data } = content;
    if (data.method === "custom") {
      if (data.content.file) save(data.content);
    } else if (data.method === "update") {
      if (comm_id === session.session.state) return tell(data.state);
      if (typeof data.state.value !== "string") return;
      /** @type {Record<string, string>} */
      const parts = { ...session.parts, bar: session.session.bar };
      const part = Object.keys(parts).find((name) => parts[name] === comm_id);
      if (part) swap(part, data.state.value);
    }
  }

  // --- what it tells -------------------------------------------------------------------------------------------------

  /** @param {Told} state */
  function tell(state) {
    if (state.locale) document.getElementById("r57-locale").textContent = JSON.stringify(state.locale);
    if (state.language !== undefined) {
      renewed ||= Boolean(root.lang !== state.language && main.querySelector(".r57-said"));
      root.lang = state.language;
    }
    if (state.month) root.dataset.month = state.month;
    if (state.lists) lists = state.lists;
    if (state.words) {
      document.getElementById("r57-words").textContent = JSON.stringify(state.words);
      rename();
    }
    if (state.notice !== undefined) notice("told", state.notice);
    if (state.query !== undefined) {
      renewed ||= read && Boolean(main.querySelector(".r57-shown"));
      address(location.pathname + (state.query ? `?${state.query}` : ""));
      links();
    }
    if (state.answered && renewed) location.reload();
    else if (state.answered) settle();
  }

  /** A change is answered when all that it changed is drawn. */
  function settle() {
    rounds += 1;
    const round = String(rounds);
    asked = asked.then(() => {
      root.dataset.round = round;
      root.dataset.charts = "drawn";
      root.removeAttribute("data-busy");
      say(r57.word("live.updated"));
      const left = main.querySelector(".r57-shown, .r57-part:not([data-part=bar]):not([data-part=header]):not(:empty)");
      notice("empty", left ? "" : r57.word("live.empty"));
    });
  }

  // A change of the reader's is a step of the history, which Back undoes; all else the page says of itself.
  /** @param {string} said */
  function address(said) {
    const there = said === location.pathname + location.search;
    if (stepping) {
      stepping = !there;
    } else if (read && !there) {
      history.pushState(null, "", said);
    } else {
      history.replaceState(null, "", said + location.hash);
    }
  }

  /** @returns {NodeListOf<HTMLSelectElement>} */
  const controls = () => main.querySelectorAll(".r57-controls select");

  /** What is chosen, as an address has it: what is not the first choice. */
  function chosen() {
    const query = new URLSearchParams();
    for (const { name, value, dataset } of controls()) if (value !== dataset.default) query.append(name, value);
    return query.size ? `?${query}` : "";
  }

  // --- controls with thousands of choices ----------------------------------------------------------------------------

  /** @type {Record<string, [string, string][]>} */
  let lists = {}; // by the name of a control: the words and the value of each choice
  const OFFERED = 50; // so many are shown; who wants another types more of it

  /** What a reader types a choice into, beside the hidden control that holds it. @param {Element} select */
  const boxOf = (select) => /** @type {HTMLInputElement | null} */ (select.parentElement?.querySelector("input"));

  /**
   * The place of a value among the options of a control, which so gets it where it is one of thousands; -1 for none.
   * @param {HTMLSelectElement} select @param {string} value
   */
  function placeOf(select, value) {
    const place = Array.from(select.options).findIndex((option) => option.value === value);
    const found = place < 0 && lists[select.name]?.find((choice) => choice[1] === value);
    if (!found) return place;
    select.add(new Option(...found));
    return select.options.length - 1;
  }

  /** @param {HTMLInputElement} box */
  function offer(box) {
    const list = /** @type {HTMLElement} */ (box.nextElementSibling);
    const { name } = /** @type {HTMLSelectElement} */ (list.nextElementSibling);
    const words = r57.bare(box.value.trim()).split(/\s+/);
    const found = lists[name].slice(1).filter(([label]) => words.every((word) => r57.bare(label).includes(word)));
    list.replaceChildren(
      ...found.slice(0, OFFERED).map(([label, value], place) => {
        const item = r57.element("li", "", label);
        item.id = `${list.id}-${place}`;
        item.dataset.value = value;
        item.setAttribute("role", "option");
        return item;
      }),
    );
    if (found.length !== 1 && box.value) {
      const count = { shown: list.children.length, all: found.length };
      const line = r57.element("li", "r57-count", r57.word(found.length ? "tool.offered" : "tool.rows.none", count));
      line.setAttribute("role", "presentation");
      list.append(line);
    }
    list.hidden = !list.children.length;
    box.setAttribute("aria-expanded", String(!list.hidden));
    mark(box, found.length === 1 ? 0 : -1);
  }

  /** @param {HTMLInputElement} box */
  const items = (box) =>
    Array.from(/** @type {NodeListOf<HTMLElement>} */ (box.nextElementSibling?.querySelectorAll("[role=option]")));

  /** @param {HTMLInputElement} box @param {number} place */
  function mark(box, place) {
    const all = items(box);
    all.forEach((item, each) => {
      item.setAttribute("aria-selected", String(each === place));
    });
    all[place]?.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", all[place]?.id ?? "");
  }

  /** The list goes, and the box says what is chosen. @param {HTMLInputElement} box */
  function close(box) {
    const list = /** @type {HTMLElement} */ (box.nextElementSibling);
    const select = /** @type {HTMLSelectElement} */ (list.nextElementSibling);
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.value = select.value ? select.selectedOptions[0].text : "";
  }

  /** @param {HTMLInputElement} box @param {string} value */
  function choose(box, value) {
    const select = /** @type {HTMLSelectElement} */ (box.nextElementSibling?.nextElementSibling);
    const other = select.value !== value;
    select.selectedIndex = placeOf(select, value);
    close(box);
    stepping = false;
    if (other) select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** @param {EventTarget | null} target */
  const isBox = (target) => target instanceof HTMLInputElement && target.matches(".r57-controls [role=combobox]");

  main.addEventListener("input", ({ target }) => {
    if (isBox(target)) offer(/** @type {HTMLInputElement} */ (target));
  });
  main.addEventListener("keydown", (event) => {
    if (!isBox(event.target)) return;
    const box = /** @type {HTMLInputElement} */ (event.target);
    const all = items(box);
    const place = all.findIndex((item) => item.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") close(box);
    else if (event.key === "Enter" && !box.value) choose(box, "");
    else if (event.key === "Enter" && all[place]) choose(box, all[place].dataset.value ?? "");
    else if (step && box.getAttribute("aria-expanded") === "false") offer(box);
    else if (step) mark(box, Math.min(Math.max(place + step, 0), all.length - 1));
    else return;
    event.preventDefault();
  });
  main.addEventListener("pointerdown", (event) => {
    const item = event.target instanceof Element && event.target.closest(".r57-offered [role=option]");
    if (!(item instanceof HTMLElement)) return;
    event.preventDefault(); // the box keeps the focus
    choose(/** @type {HTMLInputElement} */ (item.parentElement?.previousElementSibling), item.dataset.value ?? "");
  });
  // A box that was emptied means all; what else was typed and not chosen goes.
  main.addEventListener("focusout", ({ target }) => {
    if (!isBox(target)) return;
    const box = /** @type {HTMLInputElement} */ (target);
    if (box.value) close(box);
    else choose(box, "");
  });

  /**
   * Have the controls say what an address says.
   * @param {string} query @returns {HTMLSelectElement[]} those that said something else
   */
  function follow(query) {
    const wanted = new URLSearchParams(query);
    return Array.from(controls()).filter((select) => {
      const value = wanted.get(select.name) ?? select.dataset.default ?? "";
      const index = placeOf(select, value);
      if (index < 0 || index === select.selectedIndex) return false;
      select.selectedIndex = index;
      const box = boxOf(select);
      if (box) close(box);
      return true;
    });
  }

  window.addEventListener("popstate", () => {
    for (const select of follow(location.search)) {
      stepping = true;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  function rename() {
    for (const element of document.querySelectorAll("[data-word]")) {
      const text = r57.word(element.dataset.word || "");
      if (text) element.textContent = text;
    }
  }

  // The language goes with the reader from page to page; the other filters belong to their page.
  function links() {
    /** @type {NodeListOf<HTMLAnchorElement>} */
    const found = document.querySelectorAll(".r57-nav li a");
    for (const link of found) link.search = `?language=${root.lang}`;
  }

  function ownLanguage() {
    const language = new URLSearchParams(location.search).get("language");
    return language ? `?language=${encodeURIComponent(language)}` : "";
  }

  // --- parts ---------------------------------------------------------------------------------------------------------

  /** @param {string} name @param {string} html */
  function swap(name, html) {
    asked = asked.then(() => {
      const part = main.querySelector(`.r57-part[data-part="${name}"]`);
      if (!part) return;
      const held = hold(part);
      const typed = search(part, "");
      const sorts = r57.sortOf(part);
      part.innerHTML = html;
      held();
      const drawn = r57.enliven(part);
      r57.sortAs(part, sorts);
      search(part, typed);
      return drawn;
    });
  }

  /**
   * The words that are searched for in a part; with `typed` they are searched for again.
   * @param {Element} part @param {string} typed
   */
  function search(part, typed) {
    /** @type {HTMLInputElement | null} */
    const box = part.querySelector("input[type=search]:not([role])");
    if (box && typed) {
      box.value = typed;
      box.dispatchEvent(new Event("input"));
    }
    return box ? box.value : "";
  }

  /**
   * What the reader has opened, typed and focused in a part stays, and so does the place of the page.
   * @param {Element} part
   */
  function hold(part) {
    const active = document.activeElement;
    const anchor = active?.closest(".r57-part") ? /** @type {HTMLElement} */ (active) : null;
    const top = anchor ? anchor.getBoundingClientRect().top : 0;
    const id = anchor && part.contains(anchor) ? anchor.id : "";
    const open = Array.from(part.querySelectorAll("details"), (each) => each.open);
    return () => {
      part.querySelectorAll("details").forEach((each, index) => {
        each.open = open[index] ?? each.open;
      });
      const again = id ? document.getElementById(id) : anchor;
      if (!again?.isConnected) return;
      if (id) again.focus({ preventScroll: true });
      window.scrollBy(0, again.getBoundingClientRect().top - top);
    };
  }

  // --- controls and downloads ----------------------------------------------------------------------------------------

  /** @type {(() => void)[]} */
  const queue = []; // what to do when there is a session

  /** @param {() => void} act */
  function later(act) {
    if (session) {
      unheard.push(act);
      return act();
    }
    queue.push(act);
    wake(false);
  }

  main.addEventListener("change", ({ target, isTrusted }) => {
    if (isTrusted) stepping = false;
    if (!(target instanceof HTMLSelectElement && target.matches(".r57-controls select"))) return;
    // The page in the other language is there; and what only its cells can make anew, they make for its address.
    const elsewhere = target.name === "language" || main.querySelector(".r57-shown");
    if (!session && !waking && elsewhere) {
      if (stepping) location.reload();
      else location.assign(location.pathname + chosen());
      return;
    }
    root.dataset.busy = "true";
    delete root.dataset.charts;
    say(r57.word("live.starting"));
    const place = lists[target.name]?.findIndex((choice) => choice[1] === target.value);
    const state = { index: place ?? target.selectedIndex };
    const act = () => send(session?.session.controls[target.name], { method: "update", state, buffer_paths: [] });
    if (session) act();
    else if (waking) queue.push(act);
    else wake(true);
  });
  // Whoever opens a menu is about to choose: the kernel comes meanwhile.
  main.addEventListener("pointerdown", ({ target }) => {
    const control = target instanceof HTMLSelectElement || isBox(target);
    if (!session && control && !main.querySelector(".r57-shown")) wake(false);
  });
  // The address holds all that is chosen. Where a network has no https, a page may copy only what is selected.
  document.querySelector(".r57-copy")?.addEventListener("click", ({ currentTarget }) => {
    const button = /** @type {HTMLButtonElement} */ (currentTarget);
    const text = r57.element("input", "");
    text.value = location.href;
    button.append(text);
    text.select();
    const copied = document.execCommand("copy");
    text.remove();
    button.focus();
    button.textContent = copied ? r57.word("tool.copied") : location.href;
    setTimeout(() => {
      button.textContent = r57.word("tool.copy");
    }, 3000);
  });
  main.addEventListener("submit", (event) => event.preventDefault());
  main.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest(".r57-reset")) location.assign(location.pathname + ownLanguage());
  });
  main.addEventListener("r57-download", (event) => {
    const content = /** @type {CustomEvent} */ (event).detail;
    later(() => send(session?.session.state, { method: "custom", content }));
  });

  /** @param {SentFile} answer */
  function save(answer) {
    const bytes = Uint8Array.from(atob(answer.base64), (char) => char.charCodeAt(0));
    r57.save(new Blob([bytes], { type: answer.type }), answer.file);
  }

  // --- the start -----------------------------------------------------------------------------------------------------

  function enliven() {
    asked = asked.then(() => r57.enliven(main));
    asked.then(() => {
      root.dataset.charts = "drawn";
    });
  }

  // The whole Vega lies in the browser's store when a control asks for it: fetched when there is nothing else to do.
  function fetchVega() {
    const { wholeVega } = root.dataset;
    if (!wholeVega || !controls().length || navigator.connection?.saveData) return;
    const idle = window.requestIdleCallback ?? setTimeout; // Safari has none
    idle(() =>
      fetch(wholeVega, { priority: "low" }).then(
        (answer) => answer.blob(),
        () => {},
      ),
    );
  }

  links();
  if (main.querySelector(".r57-part")) enliven();
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector(".r57-skeleton")?.remove();
    enliven();
    asked.then(fetchVega);
    const told = document.getElementById("r57-told");
    if (!told && !document.querySelector(".r57-broken")) notice("asleep", r57.word("live.not_started"));
    const state = told && JSON.parse(told.textContent);
    if (state) {
      version = state.version;
      tell(state);
    } else if (told) {
      root.dataset.page = "still";
    }
    root.dataset.live = state ? "asleep" : "ended";
    say("");
    read = true;
  });
})();
