import type { Clock, SocketLike, WireMessage } from "../src/stream/index.ts";

/** A WebSocket that a test drives. */
export class FakeSocket implements SocketLike {
  onopen: ((event: unknown) => void) | null = null;
  onmessage: ((event: { data: any }) => void) | null = null;
  onclose: ((event: { code: number; reason?: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  readonly sent: string[] = [];
  closed = false;

  send(data: string): void {
    this.sent.push(data);
  }

  close(): void {
    this.closed = true;
  }

  say(...messages: WireMessage[]): void {
    for (const message of messages) this.onmessage?.({ data: JSON.stringify(message) });
  }

  end(code: number): void {
    this.onclose?.({ code });
  }
}

/** A clock whose timers run when a test says so. */
export class FakeClock implements Clock {
  time = 1_000_000;
  timers: { at: number; action: () => void }[] = [];
  now = (): number => this.time;
  random = (): number => 0;

  setTimeout(action: () => void, ms: number): unknown {
    const timer = { at: this.time + ms, action };
    this.timers.push(timer);
    return timer;
  }

  clearTimeout(id: unknown): void {
    this.timers = this.timers.filter((timer) => timer !== id);
  }

  pass(ms: number): void {
    this.time += ms;
    const due = this.timers.filter((timer) => timer.at <= this.time);
    this.timers = this.timers.filter((timer) => timer.at > this.time);
    due.forEach((timer) => timer.action());
  }
}

export const connected = (seq: number, epoch = "e1"): WireMessage => ({ type: "connected", data: { epoch, seq } });
export const event = (seq: number, type = "trade", data: any = { n: seq }): WireMessage => ({ type, seq, data });
