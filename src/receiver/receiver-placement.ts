/**
 * Owns: the decision which executor hosts a receiver. Pure.
 * Does not own: which executors there are, starting it there (hosted-receivers.ts).
 *
 * A receiver waits for its source most of the time, and takes no place of a task: with one task at a time, and a receiver
 * in that place, an executor would compute nothing. But all that an executor does goes through one event loop, where the
 * blocks of its receivers are also cut and encoded; so it hosts a few of them, and no more.
 */

/** What an executor may host, as it is now. */
export interface HostingPlace {
  readonly executor: string;
  readonly hosted: number;
}

export interface PlacementWish {
  /** An executor, or a host; those of this machine are all on one. */
  readonly preferred: string | undefined;
  /** Where it failed last: only where there is no other room. */
  readonly avoid: string | undefined;
}

/** The executor for a receiver; undefined where none has room. The least loaded one, in the order of the places. */
export function choosePlace(
  places: readonly HostingPlace[],
  receiversPerExecutor: number,
  { avoid, preferred }: PlacementWish,
): string | undefined {
  const free = places.filter(({ hosted }) => hosted < receiversPerExecutor);
  const others = free.filter(({ executor }) => executor !== avoid);
  const candidates = others.length > 0 ? others : free;
  const wanted = candidates.find(({ executor }) => executor === preferred);
  if (wanted !== undefined) return wanted.executor;
  let least: HostingPlace | undefined;
  for (const place of candidates) {
    if (least === undefined || place.hosted < least.hosted) least = place;
  }
  return least?.executor;
}
