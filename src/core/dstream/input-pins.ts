/**
 * Owns: what the inputs of a graph choose for a batch and have to know after a restart, by the uid of the input; and
 * which inputs cannot go on after one.
 * Does not own: the choosing (input-node.ts), the journal and the checkpoint that keep it.
 */
import { StreamError } from "../../base/index.ts";
import type { InputStream } from "./stream.ts";

/** Plain data of inputs, by uid. */
export type ByInput = Readonly<Record<string, unknown>>;

/** What these inputs are to give the batch of that time; chosen once, also where it is asked for again. */
export async function allocateInputs(
  inputs: readonly InputStream[],
  timeMs: number,
): Promise<ByInput> {
  const pins: [string, unknown][] = [];
  for (const input of inputs) {
    if (input.replay === "pinned") pins.push([input.uid, await input.allocateAt(timeMs)]);
  }
  return Object.fromEntries(pins);
}

/**
 * Tells inputs what an earlier life chose for a batch that is replayed. An input that chooses and did not then, as it is
 * new in the program, and one whose batches cannot be replayed, have no records in it.
 */
export function adoptInputs(inputs: readonly InputStream[], timeMs: number, pins: ByInput): void {
  for (const input of inputs) {
    if (Object.hasOwn(pins, input.uid)) input.adopt(timeMs, pins[input.uid]);
    else if (input.replay !== "source") input.leaveOutOf(timeMs);
  }
}

/** What inputs have to know after a restart of the batches up to `untilMs`, the last one that is allocated. */
export function snapshotInputs(inputs: readonly InputStream[], untilMs: number): ByInput {
  const states = inputs.map((input) => [input.uid, input.snapshot(untilMs)] as const);
  return Object.fromEntries(states.filter(([, state]) => state !== undefined));
}

/** Lets inputs go on from there, before they are started. */
export function restoreInputs(inputs: readonly InputStream[], states: ByInput): void {
  for (const input of inputs) {
    if (Object.hasOwn(states, input.uid)) input.restore(states[input.uid]);
  }
}

/** The inputs that a restart would lose records of: they cannot go on, or their batches cannot be replayed. */
export function inputsThatCannotResume(inputs: readonly InputStream[]): readonly InputStream[] {
  return inputs.filter(({ isResumable }) => !isResumable);
}

/**
 * Throws `input_not_resumable` when there are such inputs besides those that are allowed by name: by the uid, or by
 * what listeners call it.
 */
export function assertResumable(
  inputs: readonly InputStream[],
  allowed: ReadonlySet<string> = new Set(),
): void {
  const refused = inputsThatCannotResume(inputs).filter(
    ({ name, uid }) => ![name, uid].some((known) => allowed.has(known)),
  );
  if (refused.length === 0) return;
  const names = refused.map(({ uid, name }) => `${name} (${uid})`);
  throw new StreamError("input_not_resumable", { inputs: names.join(", ") });
}
