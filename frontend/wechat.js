// Paying inside WeChat: its browser brings a bridge, which is given what our server signed. What the bridge says is for
// the buyer to read; whether the money came is for the server to find out, and the page follows by itself.

const place = document.getElementById("wechat-pay");
const form = place?.closest("form");
const BRIDGE_SECONDS = 8;

function say(text, isOver) {
  const said = document.getElementById("wechat-said");
  said.textContent = text;
  said.hidden = !text;
  form.querySelector("[data-again]").hidden = !isOver;
  place.disabled = !isOver;
}

function pay() {
  say("", false);
  window.WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(place.dataset.request), (answer) => {
    const outcome = String(answer?.err_msg ?? "").split(":")[1];
    if (outcome === "ok") say(place.dataset.ok, false);
    else say(outcome === "cancel" ? place.dataset.cancelled : place.dataset.failed, true);
  });
}

if (place) {
  form.addEventListener("submit", (event) => {
    // The other button asks WeChat anew who pays, by way of the server.
    if (event.submitter !== place) return;
    event.preventDefault();
    if (window.WeixinJSBridge) pay();
  });
  if (window.WeixinJSBridge) pay();
  else {
    const late = setTimeout(() => say(place.dataset.unreachable, true), BRIDGE_SECONDS * 1000);
    document.addEventListener("WeixinJSBridgeReady", () => {
      clearTimeout(late);
      pay();
    }, { once: true });
  }
}
