// Small conveniences. Every page works without them.
(function () {
  "use strict";

  function find(selector) { return document.querySelector(selector); }

  // The secret of a link is in the fragment: it goes into the field, and out of the address bar and the history.
  // A link that is opened while this page is shown changes the fragment only, and loads nothing.
  var field = find("#link");
  function take() {
    if (location.hash.length <= 20) { return; }
    field.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    find("[data-linked]").hidden = false;
    find("[data-link-field]").hidden = true;
  }
  if (field) {
    take();
    window.addEventListener("hashchange", take);
  }

  // Until the wait is over the button can not be pressed; the server checks the time itself.
  var waiting = find("form[data-wait]");
  if (waiting) {
    var button = find("form[data-wait] button");
    var line = find("[data-countdown]");
    var until = Date.now() + Number(waiting.dataset.wait) * 1000;
    button.disabled = true;
    line.setAttribute("aria-live", "off");
    var timer = setInterval(function () {
      var seconds = Math.ceil((until - Date.now()) / 1000);
      if (seconds > 0) {
        line.textContent = waiting.dataset.text.replace("#", seconds);
        return;
      }
      clearInterval(timer);
      line.setAttribute("aria-live", "polite");
      line.textContent = waiting.dataset.ready;
      button.disabled = false;
    }, 250);
  }

  var print = find("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", function () { window.print(); });
    window.addEventListener("beforeprint", function () {
      document.querySelectorAll("details").forEach(function (each) { each.open = true; });
    });
  }

  // A quick exit takes the place of this page in the history, so that Back does not return to it.
  find("[data-leave]").addEventListener("click", function (event) {
    event.preventDefault();
    location.replace(this.href);
  });

  var summary = find("#summary");
  if (summary) { summary.focus(); }
})();
