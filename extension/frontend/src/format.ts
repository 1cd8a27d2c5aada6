/** Numbers and times as the view writes them. Times are UTC. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const pad = (value: number): string => String(value).padStart(2, "0");
export const MINUS = "−";

const formats = new Map<number, Intl.NumberFormat>();
const SIGNIFICANT = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });

/** Made once for each number of decimals: to make one takes far longer than to use it. */
function format(digits: number): Intl.NumberFormat {
  let known = formats.get(digits);
  if (known === undefined) {
    known = new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(digits, known);
  }
  return known;
}

export function fixed(value: number, digits: number): string {
  const text = format(digits).format(Math.abs(value));
  return (value < 0 && /[1-9]/.test(text) ? MINUS : "") + text;
}

export function percent(fraction: number, digits = 2, signed = false): string {
  return (signed && fraction > 0 ? "+" : "") + fixed(fraction * 100, digits) + "%";
}

export function money(value: number, signed = false): string {
  return (signed && value > 0 ? "+" : "") + fixed(value, 2);
}

export function quantity(value: number): string {
  return SIGNIFICANT.format(value);
}

export function whole(value: number): string {
  return format(0).format(Math.round(value));
}

export function dateTime(time: number): string {
  const d = new Date(time);
  const seconds = d.getUTCSeconds() ? `:${pad(d.getUTCSeconds())}` : "";
  return `${date(time)} ${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}${seconds}`;
}

export function date(time: number): string {
  const d = new Date(time);
  return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
}

export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${pad(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** Label of a tick at `time` where ticks are `step` ms apart: the largest unit that begins there. */
export function tickLabel(time: number, step: number): string {
  const d = new Date(time);
  const atMidnight = d.getUTCHours() === 0 && d.getUTCMinutes() === 0 && d.getUTCSeconds() === 0;
  if (!atMidnight) {
    const clock = `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`;
    return step < 60_000 ? `${clock}:${pad(d.getUTCSeconds())}` : clock;
  }
  const month = MONTHS[d.getUTCMonth()] as string;
  if (d.getUTCDate() !== 1) return `${d.getUTCDate()} ${month}`;
  return d.getUTCMonth() === 0 ? String(d.getUTCFullYear()) : month;
}
