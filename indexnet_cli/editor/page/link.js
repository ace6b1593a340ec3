/* The talk with the program: operations one after the other, mattes as they come. */
import {Unsent} from "./unsent.js";

const RETRY = 1000, AT_ONCE = 64;

const KEPT = "What you paint is kept in this page, and sent again.";

const told = response => JSON.parse(response.headers.get("X-Told"));
export const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

export class Refused extends Error {
  /* again: whether it is not the request that is wrong, and may be asked again. */
  constructor(message, again) {
    super(message);
    this.again = again;
  }
}

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
  };
  const response = await fetch(path, options);
  if (!response.ok) {
    const text = await response.text();
    let message = text;
    try {
      const {error, hint} = JSON.parse(text);
      message = [error, hint].filter(Boolean).join(" ");
    } catch { /* a refusal in plain text */ }
    throw new Refused(message, response.status >= 500);
  }
  return response;
}

export class Link {
  /* on: {connected(yes), done(state, operations, missed), refused(message, lost)}. */
  constructor(on) {
    this.on = on;
    this.queue = [];
    this.unsent = new Unsent();
    this.revision = 0;
    this.connected = true;
  }

  async state() { return (await ask("state")).json(); }

  /* Send what a page before this one could not, of the picture of that digest. */
  async resume(digest) {
    this.unsent = new Unsent(digest);
    const left = this.unsent.all();
    for (let n = 0; n < left.length; n += AT_ONCE) {
      const operations = left.slice(n, n + AT_ONCE);
      await ask("operations", {operations});
      operations.forEach(each => this.unsent.drop(each));
    }
    return left.length;
  }

  async image() { return new Uint8Array(await (await ask("image")).arrayBuffer()); }

  async trimap(box) {
    const {left, top, width, height} = box;
    const response = await ask(`trimap?left=${left}&top=${top}&width=${width}&height=${height}`);
    return {...told(response), levels: new Uint8Array(await response.arrayBuffer())};
  }

  /* Whether all that was done here is known there. */
  get settled() { return !this.queue.length; }

  send(operation) {
    this.queue.push(operation);
    this.unsent.keep(operation);
    if (!this.sending) this.sending = this.#flush().finally(() => { this.sending = null; });
    return this.sending;
  }

  /* An operation counts once however often it is sent, so that a lost answer does no harm. */
  async #flush() {
    while (this.queue.length) {
      const operations = this.queue.slice(0, AT_ONCE);
      try {
        const state = await (await ask("operations", {operations})).json();
        this.#settle(operations);
        this.#isConnected(true);
        const missed = state.revision !== this.revision + operations.length;  // another page's
        this.revision = state.revision;
        await this.on.done(state, operations, missed);
      } catch (error) {
        if (error instanceof Refused && !error.again) {
          this.#settle(operations);
          this.on.refused(error.message, true);
        } else {
          if (error instanceof Refused) this.on.refused(`${error.message} ${KEPT}`);
          else this.#isConnected(false);
          await pause(RETRY);
        }
      }
    }
  }

  #settle(operations) {
    this.queue.splice(0, operations.length);
    operations.forEach(each => this.unsent.drop(each));
  }

  async command(path, body = {}) {
    const state = await (await ask(path, body)).json();
    this.revision = state.revision;
    return state;
  }

  /* Mattes as they come, without end: take(message, body). */
  async listen(take) {
    let serial = 0;
    for (;;) {
      try {
        const response = await ask(`matte?after=${serial}`);
        if (response.status === 200) {
          const message = told(response);
          serial = message.serial;
          await take(message, new Uint8Array(await response.arrayBuffer()));
        }
        this.#isConnected(true);
      } catch (error) {
        if (error instanceof Refused) this.on.refused(error.message);
        else { this.#isConnected(false); serial = 0; }  // another program counts anew
        await pause(RETRY);
      }
    }
  }

  #isConnected(yes) {
    if (yes !== this.connected) this.on.connected(this.connected = yes);
  }
}
