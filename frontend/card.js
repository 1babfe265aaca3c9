// The card form: Stripe's own, in its frame, so that nothing of the card comes here. Only on the page of a card
// payment, behind Stripe's script; the page says in data attributes what it needs.

const place = document.getElementById("card-form");
const form = place?.closest("form");
const problem = document.getElementById("card-problem");

function say(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

async function start() {
  if (!window.Stripe) {
    say(place.dataset.unreachable);
    return;
  }
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const stripe = window.Stripe(place.dataset.key, { locale: place.dataset.language });
  const elements = stripe.elements({
    clientSecret: place.dataset.secret,
    appearance: { theme: isDark ? "night" : "stripe", variables: { colorPrimary: "#c8232c", borderRadius: "10px" } },
  });
  elements.create("payment").mount(place);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    say("");
    // Where the bank asks for more, Stripe comes back to this address.
    const { error } = await stripe.confirmPayment({ elements, confirmParams: { return_url: place.dataset.back } });
    if (error) say(error.message);
    button.disabled = false;
  });
}

if (place) start();
