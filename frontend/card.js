// The card form: Stripe's own, in its frame, so that nothing of the card comes here. Only on the page of a card
// payment, behind Stripe's script; the page says in data attributes what it needs.
//
// A bank that asks for more is shown over the page, or is a page of its own that leads back here. What Stripe says is
// for the payer to read; whether the money came is for our server to find out, and the page follows by itself.

const place = document.getElementById("card-form");
const form = place?.closest("form");
const button = form?.querySelector("button");
const problem = document.getElementById("card-problem");
const DONE = ["succeeded", "processing"];

function say(text) {
  problem.textContent = text ?? "";
  problem.hidden = !text;
}

function busy(is) {
  button.disabled = is;
  button.ariaBusy = is;
}

// What Stripe says of a card or a field is written for the payer, in their language; all else is for programmers.
const readable = (error) =>
  ["card_error", "validation_error"].includes(error?.type) ? error.message : place.dataset.unexpected;

function finish() {
  place.textContent = place.dataset.taken;
  place.setAttribute("role", "status");
  say("");
  button.hidden = true;
}

// Back from a page of the bank: the address has the secret of the payment in it, which should stay nowhere.
async function returned(stripe) {
  if (!new URLSearchParams(location.search).has("payment_intent_client_secret")) return null;
  history.replaceState(null, "", location.pathname);
  const { paymentIntent } = await stripe.retrievePaymentIntent(place.dataset.secret);
  return paymentIntent ?? null;
}

async function confirm(stripe, elements) {
  busy(true);
  say("");
  try {
    // Resolves only with an error: else Stripe leads to this address.
    const { error } = await stripe.confirmPayment({
      elements,
      confirmParams: { return_url: location.origin + location.pathname },
    });
    // A payment that was made already, in another window say, is no failure.
    if (DONE.includes(error?.payment_intent?.status)) finish();
    else say(readable(error));
  } catch {
    say(place.dataset.unexpected);
  }
  busy(false);
}

async function start() {
  busy(true);
  if (!window.Stripe) {
    say(place.dataset.unreachable);
    return;
  }
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const stripe = window.Stripe(place.dataset.key, { locale: place.dataset.language });
  const before = await returned(stripe);
  if (DONE.includes(before?.status)) {
    finish();
    return;
  }
  const elements = stripe.elements({
    clientSecret: place.dataset.secret,
    appearance: { theme: isDark ? "night" : "stripe", variables: { colorPrimary: "#c8232c", borderRadius: "10px" } },
  });
  const element = elements.create("payment");
  element.on("ready", () => busy(false));
  element.on("loaderror", () => say(place.dataset.unreachable));
  element.mount(place);
  if (before) say(before.last_payment_error ? readable(before.last_payment_error) : place.dataset.declined);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!button.disabled) confirm(stripe, elements);
  });
}

if (place) start().catch(() => say(place.dataset.unreachable));
