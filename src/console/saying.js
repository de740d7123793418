// The answer in words: as a text message on the clipboard, and as it is read out.

import { ask, Failure } from "./desk.js";
import { copyText, notice, tell } from "./page.js";
import { inWords } from "./problem.js";
import { element, shown } from "./text.js";
import { language, word } from "./words.js";

/// What an answer is copied in, by the language of the interface, and read out in.
const WRITTEN = { "zh-Hans": "zh", "zh-Hant": "zh-Hant", en: "en" };
const SPOKEN = ["zh", "yue", "en"];
const TAGS = { zh: "zh-CN", yue: "yue-Hant-HK", en: "en" };

async function answerAs(id, format, lang) {
  return (await (await ask(`/v1/listings/${encodeURIComponent(id)}`, { format, lang })).text()).trim();
}

function failed(error) {
  if (!(error instanceof Failure)) throw error;
  notice(word("failed", inWords(error)));
}

/// What is said of the call that is answered.
export const saying = {
  id: null,
  /// Which of the spoken languages is shown.
  at: -1,

  begin(id) {
    this.id = id;
    this.at = -1;
  },

  end() {
    this.begin(null);
  },

  async copy() {
    const { id } = this;
    if (!id) return;
    try {
      const text = await answerAs(id, "text", WRITTEN[language()]);
      // Nobody wants the text of the call before on the clipboard.
      if (id !== this.id) return;
      await copyText(text);
      notice(word("copied"));
    } catch (error) {
      if (error instanceof Failure) failed(error);
      else notice(word("copy_failed"));
    }
  },

  /// Shows the answer as it is read out: in Mandarin, Cantonese, English, and not any more.
  next() {
    if (!this.id) return;
    this.at = this.at + 1 < SPOKEN.length ? this.at + 1 : -1;
    this.draw();
  },

  async draw() {
    const place = document.getElementById("spoken");
    const { id, at } = this;
    place.hidden = at < 0;
    if (at < 0) return;
    try {
      const text = await answerAs(id, "speech", SPOKEN[at]);
      if (id !== this.id || at !== this.at) return;
      place.replaceChildren(element("p", { lang: TAGS[SPOKEN[at]] }, shown(text, [], TAGS[SPOKEN[at]])));
      tell([text], 0);
    } catch (error) {
      failed(error);
    }
  },
};
