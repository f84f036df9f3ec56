// Opens Razorpay's checkout with the data that the app stored for this tab, and returns to `return_to` with the result
// in the fragment: the three fields that prove a payment, `closed`, or `failed` with the last reason. With this
// machine's stand-in as provider, opens the stand-in's page instead.
(() => {
  const SCRIPT = "https://checkout.razorpay.com/v1/checkout.js";
  const LOCAL = ["127.0.0.1", "localhost", "[::1]"];
  const TEXTS = {
    en: {
      title: "Payment",
      opening: "Opening the payment window…",
      nothing: "There is nothing to pay here. Choose a plan first.",
      blocked: "Razorpay’s payment window couldn’t be loaded. Check your connection, or a blocker in your browser.",
      again: "Try again",
      hosted: "Pay on Razorpay’s own page",
      back: (site) => `Back to ${site}`,
    },
    hi: {
      title: "भुगतान",
      opening: "भुगतान की विंडो खुल रही है…",
      nothing: "यहाँ कोई भुगतान बाकी नहीं है। पहले एक प्लान चुनें।",
      blocked: "Razorpay की भुगतान विंडो लोड नहीं हो पाई। अपना कनेक्शन या ब्राउज़र का ब्लॉकर देखें।",
      again: "फिर कोशिश करें",
      hosted: "Razorpay के अपने पेज पर भुगतान करें",
      back: (site) => `${site} पर लौटें`,
    },
  };
  const text = TEXTS[document.documentElement.lang] ?? TEXTS.en;
  const element = (id) => document.getElementById(id);

  function show(problem, request) {
    element("status").textContent = "";
    element("problem").textContent = problem;
    element("problem").hidden = false;
    element("ways").hidden = false;
    element("again").hidden = !request;
    element("back").href = request?.return_to ?? "/billing";
    if (!request?.short_url || request.order_id) return; // an order has no page of the provider
    element("hosted").href = request.short_url;
    element("hosted").hidden = false;
  }

  /** The data from the app, or null. It returns only to a page of this site. */
  function read() {
    try {
      const request = JSON.parse(sessionStorage.getItem("oneai.payment"));
      return request && /^\/(?:credits|checkout\/(?:offer\/)?[\w%-]+)$/.test(request.return_to) ? request : null;
    } catch {
      return null;
    }
  }

  function leave(request, fields) {
    location.replace(`${request.return_to}#${new URLSearchParams(fields)}`);
  }

  function open(request) {
    let failed = null;
    const checkout = new window.Razorpay({
      key: request.key_id,
      ...(request.order_id ? { order_id: request.order_id } : { subscription_id: request.subscription_id }),
      // The payment also authorizes the debits of an automatic recharge.
      ...(request.recurring ? { customer_id: request.customer_id, recurring: "1" } : {}),
      name: request.site_name,
      description: request.description,
      prefill: request.email ? { email: request.email } : {},
      theme: { color: "#2f5d50" },
      modal: {
        confirm_close: true,
        ondismiss: () => leave(request, failed === null ? { closed: "" } : { failed }),
      },
      handler: ({ razorpay_payment_id, razorpay_subscription_id, razorpay_order_id, razorpay_signature }) => {
        const paid = request.order_id ? { razorpay_order_id } : { razorpay_subscription_id };
        leave(request, { razorpay_payment_id, ...paid, razorpay_signature });
      },
    });
    checkout.on("payment.failed", ({ error }) => {
      failed = error?.description ?? "";
    });
    checkout.open();
  }

  function start() {
    const request = read();
    if (!request) return show(text.nothing, null);
    element("problem").hidden = true;
    element("ways").hidden = true;
    element("status").textContent = text.opening;
    if (request.short_url && LOCAL.includes(new URL(request.short_url).hostname)) {
      const back = new URLSearchParams({ return_to: location.origin + request.return_to });
      const page = request.order_id ? new URL(`../o/${request.order_id}`, request.short_url) : request.short_url;
      return location.replace(`${page}?${back}`);
    }
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => open(request);
    script.onerror = () => show(text.blocked, request);
    document.head.append(script);
  }

  const site = read()?.site_name ?? "OneAI";
  document.title = `${text.title} · ${site}`;
  for (const id of ["title", "again", "hosted"]) element(id).textContent = text[id];
  element("back").textContent = text.back(site);
  element("again").addEventListener("click", start);
  start();
})();
