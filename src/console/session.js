// Signing in: the token goes to the server once, which keeps it in a cookie no script can read.

import { askJson, ask, Failure, closeLine, openLine, UNAUTHORIZED } from "./desk.js";
import { notice } from "./page.js";
import { inWords } from "./problem.js";
import { word } from "./words.js";

/// How long to wait before it is asked again who is signed in.
const LOOK_AGAIN_MS = 3_000;

const byId = (id) => document.getElementById(id);

/// Tabs of this browser have one cookie: who signs in or out in one does in all.
const tabs = new BroadcastChannel("chahao-session");

/// Whether the server wants to hear which hit was chosen.
let choices = false;

/// Tells the server which hit was the one for what was typed, where it wants to hear it; nobody waits for that.
export function tellChoice(query, id, place) {
  if (!choices) return;
  const headers = { "content-type": "application/json" };
  ask("/v1/choices", {}, { method: "POST", keepalive: true, headers, body: JSON.stringify({ query, id, place }) }).catch(() => {});
}

function draw(session, begins) {
  choices = session.choices;
  if (session.name || !session.needed) begins(session.name ?? "");
  // What a line is asked comes with the cookie it was opened with.
  if (session.name || !session.needed) openLine();
  else closeLine();
  byId("caller").hidden = !session.name;
  byId("caller-name").textContent = session.name ?? "";
}

/// Who is signed in: `begins` hears it whenever it is looked at; `again` is called once somebody signed in.
export function startSession(begins, again) {
  const dialog = byId("sign-in");
  // Any answer may say that a token is needed: it may have been revoked meanwhile.
  addEventListener(UNAUTHORIZED, () => {
    byId("caller").hidden = true;
    if (!dialog.open) dialog.showModal();
  });
  byId("sign-in-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = byId("sign-in-token");
    const token = field.value.trim();
    try {
      draw(await askJson("/v1/session", {}, { method: "POST", headers: { authorization: `Bearer ${token}` } }), begins);
      tabs.postMessage("in");
      field.value = "";
      byId("sign-in-failed").textContent = "";
      dialog.close();
      again();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      byId("sign-in-failed").textContent = error.status === 401 ? word("sign_in_unknown") : inWords(error);
      field.select();
    }
  });
  byId("sign-out").addEventListener("click", async () => {
    // What was looked up is not for whoever comes next.
    sessionStorage.clear();
    try {
      await ask("/v1/session", {}, { method: "DELETE" });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      notice(word("sign_out_failed", inWords(error)));
      return;
    }
    tabs.postMessage("out");
    location.reload();
  });
  let lookAgain = null;
  const look = () => askJson("/v1/session").then((session) => {
    draw(session, begins);
    if (session.needed && !session.name) dispatchEvent(new Event(UNAUTHORIZED));
    else dialog.close();
    // A server that cannot tell now is asked again.
  }, () => {
    clearTimeout(lookAgain);
    lookAgain = setTimeout(look, LOOK_AGAIN_MS);
  });
  tabs.onmessage = look;
  look();
}
