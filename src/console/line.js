// The line: a WebSocket for lookups, over which a browser has its answer sooner than by a request. Where there is none,
// or it breaks, they are asked by requests.

/// A line that does not answer so long is taken for dead; a lookup takes a thousandth of it.
const SILENT_MS = 1_000;
/// How long to wait before another line is opened: after a failure, and at most.
const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 60_000;

export class Line {
  /// A line that says `tab` is asking.
  constructor(tab) {
    this.address = new URL(`line?tab=${tab}`, import.meta.url);
    this.address.protocol = this.address.protocol === "https:" ? "wss:" : "ws:";
    this.socket = null;
    this.again = null;
    this.waits = AGAIN_MS;
    this.asked = 0;
    /// Questions without an answer: what to do with it, by their number.
    this.open = new Map();
  }

  /// Opens it; where it is open, another one in its place: as somebody else, for whom the browser has another cookie.
  begin() {
    clearTimeout(this.again);
    this.leave();
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.onopen = () => { this.waits = AGAIN_MS; };
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(data);
      this.open.get(answer.id)?.(answer);
    };
    socket.onclose = () => this.broke(socket);
  }

  /// Closes it: what was asked over it is asked otherwise.
  leave() {
    const { socket } = this;
    this.socket = null;
    socket?.close();
    for (const answer of this.open.values()) answer(null);
  }

  /// Has another one opened in a while, where it is `socket` that broke.
  broke(socket) {
    if (this.socket !== socket) return;
    this.leave();
    this.again = setTimeout(() => this.begin(), this.waits);
    this.waits = Math.min(this.waits * 2, AGAIN_MS_MAX);
  }

  /// The answer to the lookup at `address` as `{ status, body }`; null where it must be asked for by a request.
  ask(address) {
    const { socket } = this;
    if (socket?.readyState !== WebSocket.OPEN) return null;
    this.asked += 1;
    const id = this.asked;
    return new Promise((resolve) => {
      const silent = setTimeout(() => this.broke(socket), SILENT_MS);
      this.open.set(id, (answer) => {
        clearTimeout(silent);
        this.open.delete(id);
        resolve(answer);
      });
      socket.send(`${id} ${address}`);
    });
  }
}
