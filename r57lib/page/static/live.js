// The live half of a page: joins the page's controls and parts to the widgets of its kernel.
//
// What is on the page when this runs was sent ready-made; a change that comes before the kernel is there waits for it.
(() => {
  "use strict";
  const { r57 } = window;
  const root = document.documentElement;
  const main = document.getElementById("main");
  /** @type {Session} */
  let session; // the numbers of the kernel and its widgets
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {string[]} */
  const waiting = []; // messages for a kernel that is not there yet
  let tries = 0;
  let over = false;
  let stepping = false; // whether the reader goes through the history: the address is there, the page follows
  let renewed = false; // whether cells show what only they can make anew, with the values of the page's address
  /** @type {Promise<unknown>} */
  let asked = Promise.resolve(); // drawing, one change after the other

  /** @param {string} text */
  function say(text) {
    document.querySelector(".r57-progress").textContent = text;
  }

  // --- notices -------------------------------------------------------------------------------------------------------

  /** @param {string} kind @param {string} text @param {boolean} [reload] */
  function notice(kind, text, reload) {
    const box = document.getElementById("r57-notices");
    box.querySelector(`[data-kind="${kind}"]`)?.remove();
    if (!text) return;
    const line = r57.element("p", "r57-notice", `${text} `);
    line.dataset.kind = kind;
    if (reload) {
      const button = r57.element("button", "", r57.word("live.reload"));
      button.type = "button";
      button.addEventListener("click", () => location.reload());
      line.append(button);
    }
    box.append(line);
  }

  /** @param {string} key */
  function end(key) {
    if (over) return;
    over = true;
    root.dataset.live = "ended";
    say("");
    notice("ended", r57.word(key), true);
    socket?.close();
  }

  // --- the kernel ----------------------------------------------------------------------------------------------------

  /** @param {string} widget @param {object} data */
  function send(widget, data) {
    if (over) return;
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
  }

  function connect() {
    const url = new URL(`../../api/kernels/${session.kernel}/channels`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = `?session_id=${session.kernel}`;
    const opened = new WebSocket(url);
    socket = opened;
    opened.addEventListener("open", () => {
      tries = 0;
      for (const message of waiting.splice(0)) opened.send(message);
      root.dataset.live = "ready";
      say("");
    });
    opened.addEventListener("message", ({ data }) => {
      if (typeof data === "string") hear(JSON.parse(data));
    });
    opened.addEventListener("close", () => {
      if (over) return;
      tries += 1;
      if (tries > 3) end("live.ended");
      else setTimeout(connect, 400 * tries);
    });
  }

  /** @param {KernelMessage} message */
  function hear({ msg_type, content }) {
    if (msg_type === "status") {
      if (["dead", "restarting", "autorestarting"].includes(content.execution_state)) end("live.ended");
    }
    if (msg_type !== "comm_msg") return;
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
    if (state.words) {
      document.getElementById("r57-words").textContent = JSON.stringify(state.words);
      rename();
    }
    if (state.notice !== undefined) notice("told", state.notice);
    if (state.query !== undefined) {
      renewed ||= root.dataset.live === "ready" && Boolean(main.querySelector(".r57-shown"));
      address(location.pathname + (state.query ? `?${state.query}` : ""));
      links();
    }
    if (state.answered && renewed) location.reload();
    else if (state.answered) {
      const round = String(state.answered);
      asked = asked.then(() => {
        root.dataset.round = round;
        root.dataset.charts = "drawn";
        root.removeAttribute("data-busy");
        say(r57.word("live.updated"));
        const left = main.querySelector(
          ".r57-shown, .r57-part:not([data-part=bar]):not([data-part=header]):not(:empty)",
        );
        notice("empty", left ? "" : r57.word("live.empty"));
      });
    }
  }

  // A change of the reader's is a step of the history, which Back undoes; all else the page says of itself.
  /** @param {string} said */
  function address(said) {
    const there = said === location.pathname + location.search;
    if (stepping) {
      stepping = !there;
    } else if (root.dataset.live === "ready" && !there) {
      history.pushState(null, "", said);
    } else {
      history.replaceState(null, "", said + location.hash);
    }
  }

  window.addEventListener("popstate", () => {
    if (over) return location.reload();
    const wanted = new URLSearchParams(location.search);
    /** @type {NodeListOf<HTMLSelectElement>} */
    const controls = main.querySelectorAll(".r57-controls select");
    for (const select of controls) {
      const value = wanted.get(select.name) ?? select.dataset.default;
      const index = Array.from(select.options).findIndex((option) => option.value === value);
      if (index < 0 || index === select.selectedIndex) continue;
      stepping = true;
      select.selectedIndex = index;
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
    for (const link of found) link.search = ownLanguage();
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
      part.innerHTML = html;
      held();
      const drawn = r57.enliven(part);
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
    const box = part.querySelector("input[type=search]");
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
    if (session) act();
    else queue.push(act);
  }

  main.addEventListener("change", ({ target, isTrusted }) => {
    if (isTrusted) stepping = false;
    if (!(target instanceof HTMLSelectElement && target.matches(".r57-controls select"))) return;
    root.dataset.busy = "true";
    delete root.dataset.charts;
    say(r57.word("live.starting"));
    const state = { index: target.selectedIndex };
    later(() => send(session.session.controls[target.name], { method: "update", state, buffer_paths: [] }));
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
    later(() => send(session.session.state, { method: "custom", content }));
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

  links();
  if (main.querySelector(".r57-part")) enliven();
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector(".r57-skeleton")?.remove();
    enliven();
    const told = document.getElementById("r57-session");
    if (!told) {
      if (!document.querySelector(".r57-broken")) end("live.not_started");
      root.dataset.live = "ended";
      say("");
      return;
    }
    session = JSON.parse(told.textContent);
    if (!session.session) {
      root.dataset.page = "still";
      root.dataset.live = "ended";
      say("");
      return;
    }
    tell(session.session.told);
    connect();
    for (const act of queue.splice(0)) act();
  });
})();
