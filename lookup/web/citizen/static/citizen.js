// Small conveniences; every page works without them.
(function () {
  "use strict";

  // The secret of a link stands in the fragment: it goes into the field and out of the address bar and the history.
  var field = document.getElementById("link");
  if (field && location.pathname === "/r" && location.hash.length > 20) {
    field.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    var shown = document.querySelector("[data-linked]");
    var box = document.querySelector("[data-link-field]");
    if (shown && box) {
      shown.hidden = false;
      box.hidden = true;
    }
  }

  var waiting = document.querySelector("form[data-wait]");
  if (waiting) {
    var button = waiting.querySelector("button");
    var line = waiting.querySelector("[data-countdown]");
    var until = Date.now() + Number(waiting.dataset.wait) * 1000;
    button.disabled = true;
    var timer = setInterval(function () {
      var seconds = Math.ceil((until - Date.now()) / 1000);
      line.textContent = seconds > 0 ? String(seconds) + " s" : "";
      if (seconds <= 0) {
        clearInterval(timer);
        button.disabled = false;
      }
    }, 250);
  }

  var print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", function () { window.print(); });
  }

  var summary = document.getElementById("summary");
  if (summary) { summary.focus(); }
})();
