// The live half of a page: joins the page's controls and parts to the widgets of its kernel.
//
// What is on the page when this runs was sent ready-made; a change that comes before the kernel is there waits for it.
(function () {
  "use strict";
  var root = document.documentElement;
  var main = document.getElementById("main");
  var session = null; // the numbers of the kernel and its widgets
  var socket = null;
  var waiting = []; // messages for a kernel that is not there yet
  var tries = 0;
  var over = false;
  var asked = Promise.resolve(); // drawing, one change after the other

  var words = window.r57.word;

  function say(text) {
    document.querySelector(".r57-progress").textContent = text;
  }

  // --- notices -------------------------------------------------------------------------------------------------------

  function notice(kind, text, reload) {
    var box = document.getElementById("r57-notices");
    var old = box.querySelector('[data-kind="' + kind + '"]');
    if (old) old.remove();
    if (!text) return;
    var line = document.createElement("p");
    line.className = "r57-notice";
    line.dataset.kind = kind;
    line.textContent = text + " ";
    if (reload) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = words("live.reload");
      button.addEventListener("click", function () {
        location.reload();
      });
      line.appendChild(button);
    }
    box.appendChild(line);
  }

  function end(key) {
    if (over) return;
    over = true;
    root.dataset.live = "ended";
    say("");
    notice("ended", words(key), true);
    if (socket) socket.close();
  }

  // --- the kernel ----------------------------------------------------------------------------------------------------

  function send(widget, data) {
    if (over) return;
    var message = JSON.stringify({
      channel: "shell",
      header: {
        msg_id: crypto.getRandomValues(new Uint32Array(4)).join("-"),
        msg_type: "comm_msg",
        version: "5.3",
        username: "",
        session: session ? session.kernel : "",
        date: new Date().toISOString(),
      },
      parent_header: {},
      metadata: {},
      content: { comm_id: widget, data: data },
      buffers: [],
    });
    if (socket && socket.readyState === 1) socket.send(message);
    else waiting.push(message);
  }

  function connect() {
    var url = new URL("../../api/kernels/" + session.kernel + "/channels", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = "?session_id=" + session.kernel;
    socket = new WebSocket(url);
    socket.addEventListener("open", function () {
      tries = 0;
      waiting.splice(0).forEach(function (message) {
        socket.send(message);
      });
      root.dataset.live = "ready";
      say("");
    });
    socket.addEventListener("message", function (event) {
      if (typeof event.data === "string") hear(JSON.parse(event.data));
    });
    socket.addEventListener("close", function () {
      if (over) return;
      tries += 1;
      if (tries > 3) end("live.ended");
      else setTimeout(connect, 400 * tries);
    });
  }

  function hear(message) {
    var content = message.content;
    if (message.msg_type === "status") {
      var state = content.execution_state;
      if (state === "dead" || state === "restarting" || state === "autorestarting") end("live.ended");
      return;
    }
    if (message.msg_type !== "comm_msg") return;
    if (content.data.method === "custom") {
      if (content.data.content.file) save(content.data.content);
      return;
    }
    if (content.data.method !== "update") return;
    if (content.comm_id === session.session.state) tell(content.data.state);
    else if (typeof content.data.state.value === "string") {
      var part = Object.keys(session.parts).find(function (name) {
        return session.parts[name] === content.comm_id;
      });
      if (content.comm_id === session.session.bar) part = "bar";
      if (part) swap(part, content.data.state.value);
    }
  }

  // --- what it tells -------------------------------------------------------------------------------------------------

  function tell(state) {
    if (state.words) document.getElementById("r57-words").textContent = JSON.stringify(state.words);
    if (state.locale) document.getElementById("r57-locale").textContent = JSON.stringify(state.locale);
    if ("language" in state) root.lang = state.language;
    if (state.month) root.dataset.month = state.month;
    if (state.words) rename();
    if ("notice" in state) notice("told", state.notice, false);
    if ("query" in state) {
      history.replaceState(null, "", location.pathname + (state.query ? "?" + state.query : ""));
      links();
    }
    if (state.answered) {
      asked = asked.then(function () {
        root.dataset.round = state.answered;
        root.dataset.charts = "drawn";
        root.removeAttribute("data-busy");
        say(words("live.updated"));
        var left = main.querySelector(".r57-part:not([data-part=bar]):not([data-part=header]):not(:empty)");
        notice("empty", left ? "" : words("live.empty"), false);
      });
    }
  }

  function rename() {
    document.querySelectorAll("[data-word]").forEach(function (element) {
      var text = words(element.dataset.word);
      if (text) element.textContent = text;
    });
    document.title = words(document.querySelector("title").dataset.word) || document.title;
  }

  // The language goes with the reader from page to page; the other filters belong to their page.
  function links() {
    document.querySelectorAll(".r57-page-link, .r57-nav a[data-word='live.home']").forEach(function (link) {
      link.search = ownLanguage();
    });
  }

  function ownLanguage() {
    var language = new URLSearchParams(location.search).get("language");
    return language ? "?language=" + encodeURIComponent(language) : "";
  }

  // --- parts ---------------------------------------------------------------------------------------------------------

  function find(name) {
    return main.querySelector('.r57-part[data-part="' + name + '"]');
  }

  function swap(name, html) {
    asked = asked.then(function () {
      var part = find(name);
      if (!part) return null;
      var held = hold(part);
      var typed = search(part, "");
      part.innerHTML = html;
      held();
      var drawn = window.r57.enliven(part);
      search(part, typed);
      return drawn;
    });
  }

  // The words that are searched for in a part; with `typed` they are searched for again.
  function search(part, typed) {
    var box = part.querySelector("input[type=search]");
    if (box && typed) {
      box.value = typed;
      box.dispatchEvent(new Event("input"));
    }
    return box ? box.value : "";
  }

  // What the reader has opened, typed and focused in a part stays, and so does the place of the page.
  function hold(part) {
    var active = document.activeElement;
    var anchor = active && active !== document.body && active.closest(".r57-part") ? active : null;
    var top = anchor ? anchor.getBoundingClientRect().top : 0;
    var name = anchor && part.contains(anchor) ? anchor.id || anchor.name : "";
    var open = Array.prototype.map.call(part.querySelectorAll("details"), function (each) {
      return each.open;
    });
    return function () {
      part.querySelectorAll("details").forEach(function (each, index) {
        if (open[index] !== undefined) each.open = open[index];
      });
      var again = name ? document.getElementById(name) : anchor;
      if (!again) return;
      if (name) again.focus({ preventScroll: true });
      window.scrollBy(0, again.getBoundingClientRect().top - top);
    };
  }

  // --- controls and downloads ----------------------------------------------------------------------------------------

  function choose(select) {
    root.dataset.busy = "true";
    delete root.dataset.charts;
    say(words("live.starting"));
    var pick = { index: select.selectedIndex };
    later(function () {
      send(session.session.controls[select.name], { method: "update", state: pick, buffer_paths: [] });
    });
  }

  var queue = [];
  function later(act) {
    if (session) act();
    else queue.push(act);
  }

  main.addEventListener("change", function (event) {
    if (event.target.matches(".r57-controls select")) choose(event.target);
  });
  main.addEventListener("submit", function (event) {
    event.preventDefault();
  });
  main.addEventListener("click", function (event) {
    if (event.target.closest(".r57-reset")) location.assign(location.pathname + ownLanguage());
  });
  main.addEventListener("r57-download", function (event) {
    later(function () {
      send(session.session.state, { method: "custom", content: event.detail });
    });
  });

  function save(answer) {
    var bytes = Uint8Array.from(atob(answer.base64), function (char) {
      return char.charCodeAt(0);
    });
    window.r57.save(new Blob([bytes], { type: answer.type }), answer.file);
  }

  // --- the start -----------------------------------------------------------------------------------------------------

  function drawn() {
    root.dataset.charts = "drawn";
  }

  function bind() {
    var told = document.getElementById("r57-session");
    var bones = document.querySelector(".r57-skeleton");
    if (bones) bones.remove();
    asked = asked.then(function () {
      return window.r57.enliven(main);
    });
    asked.then(drawn);
    if (!told) {
      if (!document.querySelector(".r57-broken")) end("live.not_started");
      root.dataset.live = "ended";
      say("");
      return;
    }
    session = JSON.parse(told.textContent);
    tell(session.session.told);
    connect();
    queue.splice(0).forEach(function (act) {
      act();
    });
  }

  links();
  if (main.querySelector(".r57-part")) {
    asked = window.r57.enliven(main);
    asked.then(drawn);
  }
  document.addEventListener("DOMContentLoaded", bind);
})();
