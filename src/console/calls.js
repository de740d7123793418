// The last calls of this shift. The list shows no numbers: one may be withheld by the time it is looked at, so it is asked for
// anew when the call is chosen.

import { nameOnly } from "./answer.js";
import { recall, remember } from "./desk.js";

const CALLS_KEPT = 100;

const byId = (id) => document.getElementById(id);

export class Calls {
  /// Calls that are chosen from `list`.
  constructor(list) {
    this.list = list;
    this.calls = recall(sessionStorage, "calls", []);
    this.keep();
  }

  /// Remembers that `hit` was answered.
  remember(hit) {
    const others = this.calls.filter((call) => call.hit.id !== hit.id);
    this.calls = [{ time: Date.now(), hit }, ...others].slice(0, CALLS_KEPT);
    this.keep();
    this.draw();
  }

  clear() {
    this.calls = [];
    this.keep();
    this.draw();
  }

  /// Keeps them over a reload, without any number.
  keep() {
    remember(sessionStorage, "calls", this.calls.map(({ time, hit }) => ({ time, hit: { ...nameOnly(hit, hit.status), locality: hit.locality } })));
  }

  draw() {
    this.list.set(this.calls, 0);
    byId("calls-none").hidden = this.calls.length > 0;
    byId("calls-clear").hidden = this.calls.length === 0;
  }
}
