import type { LiveAction } from "../../stream/src/index.ts";
import { age } from "./words.ts";

/** An answer that takes longer than this is said to be missing. */
export const ANSWER_MS = 4_000;

const UNDER_WAY: Record<LiveAction, string> = {
  pause_entries: "Pausing entries", resume_entries: "Resuming entries", flatten: "Flattening", stop: "Stopping",
};
const COMMANDS: Record<LiveAction, string> = { pause_entries: "pause", resume_entries: "resume", flatten: "flatten", stop: "stop" };

/** What was asked of a session and does not show in its stream yet. */
export interface Request {
  action: LiveAction;
  /** When, epoch ms. */
  since: number;
  /** Whether the server has taken it. */
  taken: boolean;
}

/** Whether it is to be feared that nobody heard it. */
export function isUnheard({ since, taken }: Request, now: number): boolean {
  return !taken && now - since >= ANSWER_MS;
}

/** What is said of a request that is under way. */
export function requestWords(request: Request, id: string, now: number): string {
  if (isUnheard(request, now)) return `No answer yet. ${otherWay(request.action, id)}`;
  const told = `${UNDER_WAY[request.action]}…`;
  const waited = now - request.since;
  return waited < ANSWER_MS ? told : `${told} asked for ${age(waited)}, not done yet`;
}

/** What to do where nobody knows whether it was heard. */
export function otherWay(action: LiveAction, id: string): string {
  return `It may not have been done: try \`workbench live ${COMMANDS[action]} ${id}\``;
}
