import {
  StreamClient, type Clock, type Position, type SocketLike, type StreamOptions, type StreamStatus, type WireMessage,
} from "../stream/src/index.ts";

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

  end(code: number, reason = ""): void {
    this.onclose?.({ code, reason });
  }
}

interface Timer {
  at: number;
  action: () => void;
}

/** A clock whose timers run when a test says so. */
export class FakeClock implements Clock {
  time = 1_000_000;
  timers: Timer[] = [];
  chance = 0;
  now = (): number => this.time;
  random = (): number => this.chance;

  setTimeout(action: () => void, ms: number): unknown {
    const timer = { at: this.time + ms, action };
    this.timers.push(timer);
    return timer;
  }

  clearTimeout(id: unknown): void {
    this.timers = this.timers.filter((timer) => timer !== id);
  }

  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.reduce<Timer | null>((a, b) => (b.at <= end && (a === null || b.at < a.at) ? b : a), null);
      if (next === null) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.at);
      next.action();
    }
    this.time = end;
  }
}

export const connected = (seq: number, epoch = "e1"): WireMessage => ({ type: "connected", data: { epoch, seq } });
export const event = (seq: number, type = "trade", data: any = { n: seq }): WireMessage => ({ type, seq, data });

/** A client on fake sockets and a fake clock, and what it told. */
export function harness(options: StreamOptions = {}) {
  const sockets: FakeSocket[] = [];
  const positions: Position[] = [];
  const states: StreamStatus[] = [];
  const heard: number[] = [];
  const clock = new FakeClock();
  const factory = (position: Position): FakeSocket => {
    positions.push(position);
    sockets.push(new FakeSocket());
    return sockets.at(-1) as FakeSocket;
  };
  const client = new StreamClient(factory, { clock, onStatus: (status) => states.push(status), ...options });
  client.on("trade", (_data, message) => heard.push(message.seq as number));
  return { client, sockets, positions, states, heard, clock, socket: () => sockets.at(-1) as FakeSocket };
}
