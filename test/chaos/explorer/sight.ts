/**
 * Owns: what the world sees of an application, in order.
 * `call` is how many calls of the file port had been made by then: what was seen before a crash is what has to hold after it.
 */
export type Sight = { readonly call: number } & (
  | {
      readonly kind: "output";
      readonly name: string;
      readonly timeMs: number;
      readonly data: string;
    }
  | { readonly kind: "output done"; readonly name: string; readonly timeMs: number }
  | { readonly kind: "batch done"; readonly timeMs: number }
  | { readonly kind: "acknowledged"; readonly source: string; readonly until: number }
  | { readonly kind: "opened"; readonly source: string; readonly from: number }
);

/** One life as the world saw it. */
export type Seen = readonly Sight[];

/** What there was up to a crash before that call. */
export function seenBefore(sights: Seen, call: number): Seen {
  return sights.filter((sight) => sight.call <= call);
}

/** The output that shows what came from a source. */
export function sourceOutput(source: string): string {
  return `from ${source}`;
}
